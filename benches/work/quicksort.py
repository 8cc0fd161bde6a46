import sys


def quicksort(a, low, high):
    i = low
    j = high
    pivot = a[(low + high) // 2]
    while i <= j:
        while a[i] < pivot:
            i += 1
        while a[j] > pivot:
            j -= 1
        if i <= j:
            kept = a[i]
            a[i] = a[j]
            a[j] = kept
            i += 1
            j -= 1
    if low < j:
        quicksort(a, low, j)
    if i < high:
        quicksort(a, i, high)


def main():
    n = int(sys.argv[1])
    a = [0] * n
    x = 42
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        a[i] = x
    quicksort(a, 0, n - 1)
    for i in range(1, n):
        if a[i - 1] > a[i]:
            print("not sorted")
    print(a[0], a[n // 2], a[n - 1])


main()
