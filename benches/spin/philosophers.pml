/* The model of philosophers.proc, step by step: every `atomic` is one system call, as in proc. A write wakes whoever has slept longest in
 * read; somebody else may be quicker, and then the sleeper goes to the end of the queue.
 * A label stands before an `if` and not before an `atomic`, since SPIN would go on without a break where one jumps from one into another. */
#define N 4
#define DINNERS 2

chan fork_[N] = [1] of { bit };
chan sleepers[N] = [N] of { byte };  /* who sleeps in read of a fork's pipe, in order */
bit awake[N];                        /* whether a sleeper was woken */
bit ended[N];                        /* whether a child has ended and was not waited for */
byte left;                           /* how many such children there are */
byte calls;                          /* what the parent has done */

inline give(f) {
    fork_[f] ! 1;
    if
    :: nempty(sleepers[f]) -> sleepers[f] ? who; awake[who] = 1; who = 0
    :: empty(sleepers[f])
    fi
}

proctype Philosopher(byte me) {
    byte dinner, who;
    byte first = (me < (me + 1) % N -> me : (me + 1) % N);
    byte second = me + (me + 1) % N - first;
one:
    if
    :: atomic { nempty(fork_[first]) -> fork_[first] ? 1; goto two }
    :: atomic { empty(fork_[first]) -> sleepers[first] ! me; goto asleep_one }
    fi;
asleep_one:
    if
    :: atomic { awake[me] && nempty(fork_[first]) -> awake[me] = 0; fork_[first] ? 1; goto two }
    :: atomic { awake[me] && empty(fork_[first]) -> awake[me] = 0; sleepers[first] ! me; goto asleep_one }
    fi;
two:
    if
    :: atomic { nempty(fork_[second]) -> fork_[second] ? 1; goto eating }
    :: atomic { empty(fork_[second]) -> sleepers[second] ! me; goto asleep_two }
    fi;
asleep_two:
    if
    :: atomic { awake[me] && nempty(fork_[second]) -> awake[me] = 0; fork_[second] ? 1; goto eating }
    :: atomic { awake[me] && empty(fork_[second]) -> awake[me] = 0; sleepers[second] ! me; goto asleep_two }
    fi;
eating:
    atomic { give(second) };
    atomic {
        give(first);
        dinner++;
        if
        :: dinner < DINNERS -> goto one
        :: else -> goto leaving
        fi
    };
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
making:
    calls++;                         /* pipe */
    atomic {                         /* write */
        fork_[child] ! 1;
        child++;
        if
        :: child < N -> goto making
        :: else -> child = 0; goto forking
        fi
    };
forking:
    if
    :: atomic {
        child < N -> run Philosopher(child);
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
