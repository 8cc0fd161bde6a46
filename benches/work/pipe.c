/* 64 bytes go through a pipe to another process and back: so many times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long turns = atol(argv[1]);
    char message[64], text[64];
    memset(message, 'x', sizeof message);
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0) return 1;
    if (fork() == 0) {
        close(down[1]);
        close(up[0]);
        ssize_t n;
        while ((n = read(down[0], text, 64)) > 0)
            if (write(up[1], text, n) != n) _exit(1);
        _exit(0);
    }
    close(down[0]);
    close(up[1]);
    long wrong = 0;
    for (long turn = 0; turn < turns; turn++) {
        if (write(down[1], message, 64) != 64) wrong++;
        if (read(up[0], text, 64) != 64) wrong++;
    }
    close(down[1]);
    wait(NULL);
    printf("wrong: %ld\n", wrong);
}
