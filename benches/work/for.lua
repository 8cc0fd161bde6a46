local n = tonumber(arg[1])
local x = 0
for i = 0, n - 1 do
  x = x + (i & 7)
end
print(x)
