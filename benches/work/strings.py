import sys


def main():
    turns = int(sys.argv[1])
    words = []
    for i in range(1000):
        words.append("word" + str(i))
    text = ",".join(words)
    seen = 0
    for turn in range(turns):
        parts = text.split(",")
        long = []
        for part in parts:
            if len(part) > 5:
                long.append(part)
        seen += len(";".join(long))
    print(seen)


main()
