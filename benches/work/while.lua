local n = tonumber(arg[1])
local x = 0
local i = 0
while i < n do
  x = (x ~ i) + 3
  i = i + 1
end
print(x)
