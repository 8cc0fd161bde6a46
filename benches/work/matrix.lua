local function matrix(n, seed)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do row[j + 1] = (i * seed + j) % 10 end
    rows[i + 1] = row
  end
  return rows
end

local n = tonumber(arg[1])
local a = matrix(n, 3)
local b = matrix(n, 7)
local trace = 0
for i = 1, n do
  local row = a[i]
  for j = 1, n do
    local sum = 0
    for k = 1, n do sum = sum + row[k] * b[k][j] end
    if i == j then trace = trace + sum end
  end
end
print(trace)
