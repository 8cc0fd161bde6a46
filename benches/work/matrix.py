import sys


def matrix(n, seed):
    rows = []
    for i in range(n):
        row = [0] * n
        for j in range(n):
            row[j] = (i * seed + j) % 10
        rows.append(row)
    return rows


def main():
    n = int(sys.argv[1])
    a = matrix(n, 3)
    b = matrix(n, 7)
    trace = 0
    for i in range(n):
        row = a[i]
        for j in range(n):
            total = 0
            for k in range(n):
                total += row[k] * b[k][j]
            if i == j:
                trace += total
    print(trace)


main()
