/* The model of mutex.proc, step by step: every statement between two semicolons is one system call, as in proc, and every `atomic` is one.
 * A queue hands a message to whoever has slept longest. */
#define N 5
#define TURNS 3

chan lock = [1] of { bit };
chan room = [1] of { bit };
chan sleepers = [N] of { byte };     /* who sleeps in mq_receive(lock), in order */
bit handed[N];                       /* whether a message was handed to a sleeper */
bit ended[N];                        /* whether a child has ended and was not waited for */
byte left;                           /* how many such children there are */
byte calls;                          /* what the parent has done */

proctype Member(byte me) {
    byte turn, who;
again:
    atomic {
        if
        :: nempty(lock) -> lock ? 1; goto inside
        :: empty(lock) -> sleepers ! me; goto asleep
        fi
    }
asleep:
    atomic { handed[me] -> handed[me] = 0; goto inside }
inside:
    room ! 1;
    room ? 1;
    atomic {
        if
        :: nempty(sleepers) -> sleepers ? who; handed[who] = 1; who = 0
        :: empty(sleepers) -> lock ! 1
        fi;
        turn++;
        if
        :: turn < TURNS -> goto again
        :: else -> goto leaving
        fi
    }
leaving:
    atomic { ended[me] = 1; left++; goto end_gone }
end_gone:
    false
}

/* wait: the eldest of those that have ended. */
inline collect() {
    who = 0;
    do
    :: ended[who] -> break
    :: else -> who++
    od;
    ended[who] = 0;
    who = 0;
    left--;
    child++
}

init {
    byte child, who;
    calls++;                         /* mq_open */
    calls++;                         /* mq_open */
    atomic { lock ! 1; calls++ };
forking:
    atomic {
        run Member(child);
        child++;
        if
        :: child < N -> goto forking
        :: else -> child = 0; goto waiting
        fi
    }
waiting:
    atomic {
        if
        :: left > 0 -> collect(); goto waiting
        :: left == 0 && child < N -> goto asleep
        :: left == 0 && child == N -> goto leaving
        fi
    }
asleep:
    atomic { left > 0 -> collect(); goto waiting }
leaving:
    calls++;                         /* exit */
end_gone:
    false
}
