/* The model of mutex.proc, step by step: every statement between two semicolons is one system call, as in proc, and so is every `atomic`.
 * A queue hands a message to whoever has slept longest.
 * A label stands before an `if` and not before an `atomic`, since SPIN would go on without a break where one jumps from one into another. */
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
    if
    :: atomic { nempty(lock) -> lock ? 1; goto inside }
    :: atomic { empty(lock) -> sleepers ! me; goto asleep }
    fi;
asleep:
    if
    :: atomic { handed[me] -> handed[me] = 0; goto inside }
    fi;
inside:
    room ! 1;
    room ? 1;
    if
    :: atomic { nempty(sleepers) -> sleepers ? who; handed[who] = 1; who = 0; turn++; if :: turn < TURNS -> goto again :: else -> goto leaving fi }
    :: atomic { empty(sleepers) -> lock ! 1; turn++; if :: turn < TURNS -> goto again :: else -> goto leaving fi }
    fi;
leaving:
    atomic { ended[me] = 1; left++ };
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
    if
    :: atomic {
        child < N -> run Member(child);
        child++;
        if
        :: child < N -> goto forking
        :: else -> child = 0; goto waiting
        fi
    }
    fi;
waiting:
    if
    :: atomic { left > 0 -> collect(); goto waiting }
    :: atomic { left == 0 && child < N -> goto asleep }
    :: atomic { left == 0 && child == N -> goto leaving }
    fi;
asleep:
    if
    :: atomic { left > 0 -> collect(); goto waiting }
    fi;
leaving:
    calls++;                         /* exit */
end_gone:
    false
}
