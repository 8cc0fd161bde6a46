import sys


class Body:
    __slots__ = ("x", "y", "z", "vx", "vy", "vz", "mass")


def bodies():
    everything = []
    for i in range(5):
        at = float(i + 1)
        body = Body()
        body.x, body.y, body.z = at * 1.5, at * at * 0.25, 3.0 - at
        body.vx, body.vy, body.vz = 0.01 * at, 0.02 - 0.003 * at, 0.005 * at
        body.mass = 1.0 / at
        everything.append(body)
    return everything


def advance(everything, dt):
    n = len(everything)
    for i in range(n):
        a = everything[i]
        for j in range(i + 1, n):
            b = everything[j]
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            squared = dx * dx + dy * dy + dz * dz + 0.01
            pull = dt / (squared * squared)
            to_a = b.mass * pull
            to_b = a.mass * pull
            a.vx -= dx * to_a
            a.vy -= dy * to_a
            a.vz -= dz * to_a
            b.vx += dx * to_b
            b.vy += dy * to_b
            b.vz += dz * to_b
    for body in everything:
        body.x += dt * body.vx
        body.y += dt * body.vy
        body.z += dt * body.vz


def main():
    steps = int(sys.argv[1])
    everything = bodies()
    for step in range(steps):
        advance(everything, 0.001)
    for body in everything:
        print("%.9f %.9f %.9f" % (body.x, body.y, body.z))


main()
