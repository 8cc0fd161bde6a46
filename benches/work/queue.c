/* A message of 64 bytes goes through a queue to another process and another comes back: so many times. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    long turns = atol(argv[1]);
    char message[64], text[64];
    unsigned prio;
    memset(message, 'x', sizeof message);
    struct mq_attr sizes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    mqd_t down = mq_open("/bench-down", O_CREAT | O_RDWR, 0600, &sizes);
    mqd_t up = mq_open("/bench-up", O_CREAT | O_RDWR, 0600, &sizes);
    if (down < 0 || up < 0) {
        perror("mq_open");
        return 1;
    }
    mq_unlink("/bench-down");
    mq_unlink("/bench-up");
    if (fork() == 0) {
        for (long turn = 0; turn < turns; turn++) {
            ssize_t n = mq_receive(down, text, 64, &prio);
            if (n < 0 || mq_send(up, text, n, prio) != 0) _exit(1);
        }
        _exit(0);
    }
    long wrong = 0;
    for (long turn = 0; turn < turns; turn++) {
        if (mq_send(down, message, 64, 1) != 0) wrong++;
        if (mq_receive(up, text, 64, &prio) != 64 || prio != 1) wrong++;
    }
    wait(NULL);
    printf("wrong: %ld\n", wrong);
}
