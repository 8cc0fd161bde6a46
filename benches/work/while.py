import sys


def main():
    n = int(sys.argv[1])
    x = 0
    i = 0
    while i < n:
        x = (x ^ i) + 3
        i += 1
    print(x)


main()
