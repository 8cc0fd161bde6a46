/* fork, exit in the child, wait: so many times, beside so many MB of heap that the parent has written. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long turns = atol(argv[1]);
    long cells = atol(argv[2]) * 131072;
    long *heap = malloc((cells + 1) * sizeof *heap);
    for (long i = 0; i < cells; i += 64) heap[i] = i;
    long wrong = 0;
    for (long turn = 0; turn < turns; turn++) {
        int status;
        pid_t child = fork();
        if (child == 0) _exit(7);
        pid_t pid = wait(&status);
        if (pid != child || WEXITSTATUS(status) != 7) wrong++;
    }
    free(heap);
    printf("wrong: %ld\n", wrong);
}
