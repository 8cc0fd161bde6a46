/* The model of ring.proc: a pipe is a channel with room enough, a statement is a system call. */
#define N 5
#define ROUNDS 2

chan pipe_[N] = [4] of { bit };
chan ended = [N] of { bit };

proctype Member(byte me) {
    byte round;
    pipe_[(me + 1) % N] ! 1;
    do
    :: round < ROUNDS ->
        pipe_[me] ? 1;
        pipe_[(me + 1) % N] ! 1;
        round++
    :: else -> break
    od;
    ended ! 1
}

init {
    byte i;
    for (i : 0 .. N - 1) { run Member(i) }
    for (i : 0 .. N - 1) { ended ? 1 }
}
