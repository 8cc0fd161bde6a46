import sys


def main():
    n = int(sys.argv[1])
    x = 0
    for i in range(n):
        x = x + (i & 7)
    print(x)


main()
