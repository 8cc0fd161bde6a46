/* The model of mutex.proc: a queue is a channel of one message, a statement is a system call. */
#define N 5
#define TURNS 3

chan lock = [1] of { bit };
chan room = [1] of { bit };
chan ended = [N] of { bit };

proctype Member(byte me) {
    byte turn;
    do
    :: turn < TURNS ->
        lock ? 1;
        room ! 1;
        room ? 1;
        lock ! 1;
        turn++
    :: else -> break
    od;
    ended ! 1
}

init {
    byte i;
    lock ! 1;
    for (i : 0 .. N - 1) { run Member(i) }
    for (i : 0 .. N - 1) { ended ? 1 }
}
