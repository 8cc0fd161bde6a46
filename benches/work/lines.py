import sys


def main():
    n = int(sys.argv[1])
    write = sys.stdout.write
    for i in range(n):
        write(f"{i}\n")


main()
