local turns = tonumber(arg[1])
local words = {}
for i = 0, 999 do words[#words + 1] = "word" .. i end
local text = table.concat(words, ",")
local seen = 0
for turn = 1, turns do
  local parts = {}
  for part in string.gmatch(text, "[^,]+") do parts[#parts + 1] = part end
  local long = {}
  for _, part in ipairs(parts) do
    if #part > 5 then long[#long + 1] = part end
  end
  seen = seen + #table.concat(long, ";")
end
print(seen)
