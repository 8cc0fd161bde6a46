local function quicksort(a, low, high)
  local i = low
  local j = high
  local pivot = a[(low + high) // 2]
  while i <= j do
    while a[i] < pivot do i = i + 1 end
    while a[j] > pivot do j = j - 1 end
    if i <= j then
      local kept = a[i]
      a[i] = a[j]
      a[j] = kept
      i = i + 1
      j = j - 1
    end
  end
  if low < j then quicksort(a, low, j) end
  if i < high then quicksort(a, i, high) end
end

-- Tables of Lua begin at 1, so the places are one further on than in the other languages.
local n = tonumber(arg[1])
local a = {}
local x = 42
for i = 1, n do
  x = (x * 1103515245 + 12345) & 0x7fffffff
  a[i] = x
end
quicksort(a, 1, n)
for i = 2, n do
  if a[i - 1] > a[i] then print("not sorted") end
end
print(a[1] .. " " .. a[n // 2 + 1] .. " " .. a[n])
