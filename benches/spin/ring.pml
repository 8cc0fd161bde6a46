/* The model of ring.proc, step by step: every `atomic` is one system call, as in proc. A pipe keeps its bytes in a page, and what was read
 * of a page is free again when the page is empty, so how much was read of it is part of the state. */
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
    atomic {
        if
        :: bytes[me] > 0 -> take(); goto writing
        :: bytes[me] == 0 -> asleep_in[me] = 1; goto asleep
        fi
    }
asleep:
    atomic { !asleep_in[me] -> take(); goto writing }
writing:
    atomic {
        pass_on();
        round++;
        if
        :: round < ROUNDS -> goto reading
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
making:
    atomic {                         /* pipe */
        child++;
        if
        :: child < N -> goto making
        :: else -> child = 0; goto forking
        fi
    }
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
