local n = tonumber(arg[1])
local write = io.write
for i = 0, n - 1 do write(i, "\n") end
