import sys


def main():
    n = int(sys.argv[1])
    prime = [True] * n
    count = 0
    for i in range(2, n):
        if prime[i]:
            count += 1
            j = i * i
            while j < n:
                prime[j] = False
                j += i
    print(count)


main()
