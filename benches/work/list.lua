local turns = tonumber(arg[1])
local head = nil
for i = 0, 999 do head = { value = i, next = head } end
local sum = 0
for turn = 1, turns do
  local node = head
  while node ~= nil do
    sum = sum + node.value
    node = node.next
  end
end
print(sum)
