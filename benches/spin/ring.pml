/* The model of ring.proc, step by step: every `atomic` is one system call, as in proc. A pipe keeps its bytes in a page, and what was read
 * of a page is free again when the page is empty, so how much was read of it is part of the state.
 * A label stands before an `if` and not before an `atomic`, since SPIN would go on without a break where one jumps from one into another. */
#define N 5
#define ROUNDS 2

byte bytes[N];                       /* in each pipe */
byte gone[N];                        /* read of the page that they lie in */
bit asleep_in[N];                    /* whether the reader of a pipe sleeps; it is the only one */
bit ended[N];                        /* whether a child has ended and was not waited for */
byte left;                           /* how many such children there are */
byte calls;                          /* what the parent has done */

inline pass_on() {
    bytes[next]++;
    if
    :: asleep_in[next] && bytes[next] == 1 -> asleep_in[next] = 0
    :: else
    fi
}

inline take() {
    bytes[me]--;
    if
    :: bytes[me] == 0 -> gone[me] = 0
    :: else -> gone[me]++
    fi
}

proctype Member(byte me) {
    byte round;
    byte next = (me + 1) % N;
    atomic { pass_on() };
reading:
    if
    :: atomic { bytes[me] > 0 -> take(); goto writing }
    :: atomic { bytes[me] == 0 -> asleep_in[me] = 1; goto asleep }
    fi;
asleep:
    if
    :: atomic { !asleep_in[me] -> take(); goto writing }
    fi;
writing:
    if
    :: atomic {
        true -> pass_on();
        round++;
        if
        :: round < ROUNDS -> goto reading
        :: else -> goto leaving
        fi
    }
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
making:
    if
    :: atomic {                      /* pipe */
        child < N -> child++;
        if
        :: child < N -> goto making
        :: else -> child = 0; goto forking
        fi
    }
    fi;
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
    atomic {                         /* exit: the pipes are gone, with what is left in them */
        calls++;
        child = 0;
        do
        :: child < N -> bytes[child] = 0; gone[child] = 0; child++
        :: else -> break
        od;
        child = 0
    };
end_gone:
    false
}
