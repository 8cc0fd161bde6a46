/* The model of philosophers.proc: a fork is a token in a channel, a statement is a system call. */
#define N 4
#define DINNERS 2

chan fork_[N] = [1] of { bit };
chan ended = [N] of { bit };

proctype Philosopher(byte me) {
    byte first, second, dinner;
    d_step {
        if
        :: me < (me + 1) % N -> first = me; second = (me + 1) % N
        :: else -> first = (me + 1) % N; second = me
        fi
    }
    do
    :: dinner < DINNERS ->
        fork_[first] ? 1;
        fork_[second] ? 1;
        fork_[second] ! 1;
        fork_[first] ! 1;
        dinner++
    :: else -> break
    od;
    ended ! 1
}

init {
    byte i;
    for (i : 0 .. N - 1) { fork_[i] ! 1 }
    for (i : 0 .. N - 1) { run Philosopher(i) }
    for (i : 0 .. N - 1) { ended ? 1 }
}
