local function bodies()
  local all = {}
  for i = 0, 4 do
    local at = (i + 1) * 1.0
    all[#all + 1] = {
      x = at * 1.5, y = at * at * 0.25, z = 3.0 - at,
      vx = 0.01 * at, vy = 0.02 - 0.003 * at, vz = 0.005 * at,
      mass = 1.0 / at,
    }
  end
  return all
end

local function advance(all, dt)
  local n = #all
  for i = 1, n do
    local a = all[i]
    for j = i + 1, n do
      local b = all[j]
      local dx = a.x - b.x
      local dy = a.y - b.y
      local dz = a.z - b.z
      local squared = dx * dx + dy * dy + dz * dz + 0.01
      local pull = dt / (squared * squared)
      local to_a = b.mass * pull
      local to_b = a.mass * pull
      a.vx = a.vx - dx * to_a
      a.vy = a.vy - dy * to_a
      a.vz = a.vz - dz * to_a
      b.vx = b.vx + dx * to_b
      b.vy = b.vy + dy * to_b
      b.vz = b.vz + dz * to_b
    end
  end
  for i = 1, n do
    local body = all[i]
    body.x = body.x + dt * body.vx
    body.y = body.y + dt * body.vy
    body.z = body.z + dt * body.vz
  end
end

local steps = tonumber(arg[1])
local all = bodies()
for step = 1, steps do advance(all, 0.001) end
for _, body in ipairs(all) do
  print(string.format("%.9f %.9f %.9f", body.x, body.y, body.z))
end
