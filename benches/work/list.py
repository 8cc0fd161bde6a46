import sys


class Node:
    __slots__ = ("value", "next")

    def __init__(self, value, following):
        self.value = value
        self.next = following


def main():
    turns = int(sys.argv[1])
    head = None
    for i in range(1000):
        head = Node(i, head)
    total = 0
    for turn in range(turns):
        node = head
        while node is not None:
            total += node.value
            node = node.next
    print(total)


main()
