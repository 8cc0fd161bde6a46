//! The table of built-in functions: one row each. The checker's signatures, the two dispatches, the
//! trace, the reference and `proc explain` all expand from it.
//!
//! A row reads: variant, name, group, `[required] [optional] [rest]`, `(results)`, `{properties}`, man page,
//! sentence. *Library* functions run inside the processor on the process's own memory and never block;
//! *system calls* leave the processor for the kernel.

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Param {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `str`
    Str,
    /// `status`
    Status,
    /// `ptr`
    Ptr,
    /// `fn(int)`, or one of `SIG_DFL`, `SIG_IGN`
    Handler,
    /// `[str]`
    Strings,
    /// `[int]`
    Ints,
    /// `int` or `float`
    Number,
    /// Absolute or relative seconds: `int` or `float`
    Seconds,
    /// A `str` or any array
    Sized,
    /// Any array
    Array,
    /// A value of the element type of the first argument
    Element,
    /// A value of the same type as the first argument: `int`, `float` or `str`
    Same,
    /// Anything that `print` can show: int, float, bool, str, ptr, and arrays, tuples' parts and structs of them
    Printable,
    /// A value of any type
    Any,
    /// A condition, as in `if`
    Condition,
    /// A printf format, checked against the rest where it is a literal
    Format,
    /// What `int(x)`, `float(x)` convert from: int, float, bool, str, status
    Convertible,
}

/// What one part of a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `str`
    Str,
    /// `status`
    Status,
    /// `ptr`
    Ptr,
    /// `fn(int)`
    Handler,
    /// `[str]`
    Strings,
    /// `[int]`
    Ints,
    /// The element type of the first argument
    Element,
    /// The type of the first argument
    Same,
    /// An array whose elements have the type of the second argument
    ArrayOfSecond,
    /// Does not return
    Never,
}

/// Where a function is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// By the processor, on the process's own memory.
    Library,
    /// By the kernel.
    Syscall,
}

/// A property of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Property {
    /// May put the process to sleep.
    Blocks,
    /// `SA_RESTART` makes it again after a handler.
    Restarts,
    /// Async-signal-safe: may be called in a handler (signal-safety(7)).
    Safe,
    /// Its failure is commonly overlooked, and matters.
    Check,
}

/// One row.
#[derive(Debug)]
pub struct Row {
    /// Its name in a program.
    pub name: &'static str,
    /// The chapter of the reference it stands in.
    pub group: &'static str,
    /// Library or system call.
    pub class: Class,
    /// Arguments that must be given.
    pub required: &'static [(&'static str, Param)],
    /// Arguments that may follow.
    pub optional: &'static [(&'static str, Param)],
    /// Any number of further arguments.
    pub rest: Option<(&'static str, Param)>,
    /// The parts of the result; none for a function that returns nothing.
    pub results: &'static [Outcome],
    /// Properties.
    pub properties: &'static [Property],
    /// The man page, `fork(2)`; empty where C has no such function.
    pub man: &'static str,
    /// One sentence.
    pub sentence: &'static str,
}

/// Calls `$callback!` with every row.
#[macro_export]
macro_rules! for_each_builtin {
    ($callback:ident) => {
        $callback! {
            // Strings and arrays.
            Library Len, len, "Strings and arrays", [x: Sized] [] [], (Int), {Safe}, "", "The number of bytes of a string or of elements of an array.";
            Library Push, push, "Strings and arrays", [a: Array, x: Element] [] [], (), {}, "", "Adds `x` at the end of `a`.";
            Library Pop, pop, "Strings and arrays", [a: Array] [] [], (Element), {}, "", "Takes the last element off `a` and returns it; an empty array is an index fault.";
            Library Chr, chr, "Strings and arrays", [i: Int] [] [], (Str), {}, "", "The string of the one byte `i` (its low 8 bits).";
            Library Split, split, "Strings and arrays", [s: Str, sep: Str] [] [], (Strings), {}, "strtok(3)", "The parts of `s` between occurrences of `sep`; with an empty `sep`, its words between white space.";
            Library Join, join, "Strings and arrays", [a: Strings, sep: Str] [] [], (Str), {}, "", "The elements of `a` with `sep` between them.";
            Library Trim, trim, "Strings and arrays", [s: Str] [] [], (Str), {}, "", "`s` without white space at both ends.";
            Library Find, find, "Strings and arrays", [s: Str, t: Str] [] [], (Int), {}, "strstr(3)", "The index of the first `t` in `s`, or -1.";
            Library Contains, contains, "Strings and arrays", [s: Str, t: Str] [] [], (Bool), {}, "strstr(3)", "Whether `t` occurs in `s`.";
            Library StartsWith, starts_with, "Strings and arrays", [s: Str, t: Str] [] [], (Bool), {}, "strncmp(3)", "Whether `s` begins with `t`.";
            Library EndsWith, ends_with, "Strings and arrays", [s: Str, t: Str] [] [], (Bool), {}, "", "Whether `s` ends with `t`.";
            Library Replace, replace, "Strings and arrays", [s: Str, a: Str, b: Str] [] [], (Str), {}, "", "`s` with every `a` replaced by `b`; an empty `a` changes nothing.";
            Library Repeat, repeat, "Strings and arrays", [s: Str, n: Int] [] [], (Str), {}, "", "`n` copies of `s` in a row; none where `n` is negative.";
            Library Upper, upper, "Strings and arrays", [s: Str] [] [], (Str), {}, "toupper(3)", "`s` with the ASCII letters in upper case.";
            Library Lower, lower, "Strings and arrays", [s: Str] [] [], (Str), {}, "tolower(3)", "`s` with the ASCII letters in lower case.";
            Library Sort, sort, "Strings and arrays", [a: Array] [] [], (), {}, "qsort(3)", "Sorts an array of int, float or str in place, ascending; equal elements keep their order.";
            Library Reverse, reverse, "Strings and arrays", [a: Array] [] [], (), {}, "", "Reverses `a` in place.";
            Library Min, min, "Strings and arrays", [a: Number, b: Same] [] [], (Same), {Safe}, "", "The smaller of two numbers of one type.";
            Library Max, max, "Strings and arrays", [a: Number, b: Same] [] [], (Same), {Safe}, "", "The larger of two numbers of one type.";
            Library Abs, abs, "Strings and arrays", [x: Number] [] [], (Same), {Safe}, "abs(3)", "The absolute value; that of the smallest int is itself.";
            Library Array, array, "Strings and arrays", [n: Int, x: Any] [] [], (ArrayOfSecond), {}, "", "An array of `n` elements, each `x`.";
            // Conversions.
            Library ToInt, int, "Conversions", [x: Convertible] [] [], (Int), {Safe}, "strtol(3)", "`x` as an int: floats are cut toward zero, a text that is not a number aborts, a status gives its raw word.";
            Library ToFloat, float, "Conversions", [x: Convertible] [] [], (Float), {Safe}, "strtod(3)", "`x` as a float.";
            Library ToStr, str, "Conversions", [x: Printable] [] [], (Str), {}, "", "`x` as `print` would show it.";
            Library ParseInt, parse_int, "Conversions", [s: Str] [] [], (Bool, Int), {}, "strtol(3)", "Whether `s` is an integer, and its value, 0 where it is not; never aborts.";
            Library Sprintf, sprintf, "Output", [fmt: Format] [] [args: Any], (Str), {}, "sprintf(3)", "The formatted text as a string.";
            // Status words.
            Library Wifexited, WIFEXITED, "Processes", [s: Status] [] [], (Bool), {Safe}, "wait(2)", "Whether the child ended by `exit` or by the end of its program.";
            Library Wexitstatus, WEXITSTATUS, "Processes", [s: Status] [] [], (Int), {Safe}, "wait(2)", "The low 8 bits of the exit code; only meaningful where WIFEXITED holds.";
            Library Wifsignaled, WIFSIGNALED, "Processes", [s: Status] [] [], (Bool), {Safe}, "wait(2)", "Whether a signal killed the child.";
            Library Wtermsig, WTERMSIG, "Processes", [s: Status] [] [], (Int), {Safe}, "wait(2)", "The signal that killed the child.";
            Library Wifstopped, WIFSTOPPED, "Processes", [s: Status] [] [], (Bool), {Safe}, "wait(2)", "Whether the child was stopped (with WUNTRACED).";
            Library Wstopsig, WSTOPSIG, "Processes", [s: Status] [] [], (Int), {Safe}, "wait(2)", "The signal that stopped the child.";
            Library Wifcontinued, WIFCONTINUED, "Processes", [s: Status] [] [], (Bool), {Safe}, "wait(2)", "Whether the child was continued (with WCONTINUED).";
            Library Wcoredump, WCOREDUMP, "Processes", [s: Status] [] [], (Bool), {Safe}, "wait(2)", "Whether the child left a core image; never, since the core limit is 0.";
            // Signals as sets.
            Library Sigmask, sigmask, "Signals", [] [] [sigs: Int], (Int), {Safe}, "sigsetops(3)", "The set of these signals as an int; a number outside 1 to 31 adds nothing.";
            Library Strsignal, strsignal, "Signals", [sig: Int] [] [], (Str), {}, "strsignal(3)", "The text that describes a signal.";
            Library Strerror, strerror, "Errors", [e: Int] [] [], (Str), {}, "strerror(3)", "The text that describes an errno.";
            // Memory by hand.
            Library Malloc, malloc, "Memory", [cells: Int] [] [], (Ptr), {Check}, "malloc(3)", "A block of so many cells of one int, with what was there before; `nil` where the heap is full.";
            Library Calloc, calloc, "Memory", [cells: Int] [] [], (Ptr), {Check}, "calloc(3)", "A block of so many cells, all 0; `nil` where the heap is full.";
            Library Realloc, realloc, "Memory", [p: Ptr, cells: Int] [] [], (Ptr), {Check}, "realloc(3)", "Changes the size of a block, moving it where it must; `nil` and the old block kept where the heap is full.";
            Library Free, free, "Memory", [p: Ptr] [] [], (), {}, "free(3)", "Gives a block back; `free(nil)` does nothing.";
            Library Assert, assert, "Errors", [cond: Condition] [msg: Str] [], (), {}, "assert(3)", "Aborts the process, with both sides of a comparison shown, where the condition does not hold.";
            // Output through stdio.
            Syscall Print, print, "Output", [] [] [args: Printable], (), {Blocks Restarts}, "puts(3)", "Writes its arguments with a space between and a newline after, through the process's stdout buffer.";
            Syscall Printf, printf, "Output", [fmt: Format] [] [args: Any], (Int), {Blocks Restarts}, "printf(3)", "Writes formatted text through the stdout buffer; the number of bytes.";
            Syscall Eprint, eprint, "Output", [] [] [args: Printable], (), {Blocks Restarts}, "fprintf(3)", "As `print`, unbuffered to descriptor 2.";
            Syscall Eprintf, eprintf, "Output", [fmt: Format] [] [args: Any], (Int), {Blocks Restarts}, "fprintf(3)", "As `printf`, unbuffered to descriptor 2.";
            Syscall Dprintf, dprintf, "Output", [fd: Int, fmt: Format] [] [args: Any], (Int), {Blocks Restarts}, "dprintf(3)", "Writes formatted text to a descriptor, unbuffered.";
            Syscall Fflush, fflush, "Output", [] [] [], (Int), {Blocks Restarts}, "fflush(3)", "Writes what the stdout buffer holds.";
            Syscall Setvbuf, setvbuf, "Output", [mode: Int] [] [], (Int), {Blocks Restarts}, "setvbuf(3)", "Chooses how stdout is buffered: _IONBF, _IOLBF or _IOFBF.";
            Syscall Perror, perror, "Errors", [msg: Str] [] [], (), {Blocks Restarts}, "perror(3)", "Writes `msg: ` and the text of `errno` to descriptor 2.";
            // Processes.
            Syscall Fork, fork, "Processes", [] [] [], (Int), {Safe Check}, "fork(2)", "Makes a child, a copy of this process: 0 in the child, the child's pid in the parent, -1 on failure.";
            Syscall Exec, exec, "Processes", [path: Str] [] [args: Str], (Int), {Safe}, "execv(3)", "Replaces this program by another, with `path` as argv[0]; returns only on failure.";
            Syscall Execv, execv, "Processes", [path: Str, argv: Strings] [] [], (Int), {Safe}, "execv(3)", "Replaces this program by another, with `argv` whole; returns only on failure.";
            Syscall Execl, execl, "Processes", [path: Str, arg0: Str] [] [args: Str], (Int), {Safe}, "execl(3)", "Replaces this program by another, with argv spelled out; returns only on failure.";
            Syscall Exit, exit, "Processes", [code: Int] [] [], (Never), {Blocks}, "exit(3)", "Flushes stdout and ends the process; the low 8 bits of `code` reach the parent.";
            Syscall ExitNow, _exit, "Processes", [code: Int] [] [], (Never), {Safe}, "_exit(2)", "Ends the process at once; what the stdout buffer holds is lost.";
            Syscall Wait, wait, "Processes", [] [] [], (Int, Status), {Blocks Restarts Safe}, "wait(2)", "Waits for any child to end: its pid and status, or -1.";
            Syscall Waitpid, waitpid, "Processes", [pid: Int, options: Int] [] [], (Int, Status), {Blocks Restarts Safe}, "waitpid(2)", "Waits for a change of a child: one pid, any (-1), the own group (0), group -pid; WNOHANG WUNTRACED WCONTINUED.";
            Syscall Getpid, getpid, "Processes", [] [] [], (Int), {Safe}, "getpid(2)", "The id of this process.";
            Syscall Getppid, getppid, "Processes", [] [] [], (Int), {Safe}, "getppid(2)", "The id of the parent; 1, init, for an orphan.";
            Syscall Getpgid, getpgid, "Processes", [pid: Int] [] [], (Int), {Safe}, "getpgid(2)", "The process group of `pid`, 0 for this one.";
            Syscall Getpgrp, getpgrp, "Processes", [] [] [], (Int), {Safe}, "getpgrp(2)", "The process group of this process.";
            Syscall Setpgid, setpgid, "Processes", [pid: Int, pgid: Int] [] [], (Int), {Safe}, "setpgid(2)", "Moves this process or a child into a group; 0 stands for this process, and for its own pid.";
            Syscall Getsid, getsid, "Processes", [pid: Int] [] [], (Int), {Safe}, "getsid(2)", "The session of `pid`, 0 for this one.";
            Syscall Setsid, setsid, "Processes", [] [] [], (Int), {Safe}, "setsid(2)", "Makes a new session and group led by this process, without a terminal.";
            Syscall Tcgetpgrp, tcgetpgrp, "Processes", [fd: Int] [] [], (Int), {Safe}, "tcgetpgrp(3)", "The foreground process group of the terminal.";
            Syscall Tcsetpgrp, tcsetpgrp, "Processes", [fd: Int, pgid: Int] [] [], (Int), {Safe}, "tcsetpgrp(3)", "Makes a group the foreground group of the terminal.";
            Syscall Tcgetattr, tcgetattr, "Processes", [fd: Int] [] [], (Int, Int), {Safe}, "termios(3)", "0 or -1, then the terminal's local flags, of which the machine knows TOSTOP.";
            Syscall Tcsetattr, tcsetattr, "Processes", [fd: Int, flags: Int] [] [], (Int), {Safe}, "termios(3)", "Sets the terminal's local flags, of which the machine knows TOSTOP.";
            Syscall Isatty, isatty, "Processes", [fd: Int] [] [], (Bool), {Safe}, "isatty(3)", "Whether a descriptor is the terminal.";
            Syscall SchedYield, sched_yield, "Processes", [] [] [], (Int), {Safe}, "sched_yield(2)", "Goes to the back of the queue of ready processes.";
            Syscall Nice, nice, "Processes", [inc: Int] [] [], (Int), {}, "nice(2)", "Adds to the nice value and returns the new one.";
            Syscall Getenv, getenv, "Processes", [name: Str] [] [], (Str), {}, "getenv(3)", "A variable of the environment, \"\" if unset.";
            Syscall Setenv, setenv, "Processes", [name: Str, value: Str] [] [], (Int), {}, "setenv(3)", "Sets a variable of the environment; children and new programs inherit it.";
            Syscall Getrlimit, getrlimit, "Processes", [resource: Int] [] [], (Int, Int, Int), {}, "getrlimit(2)", "0 or -1, then the soft and the hard limit.";
            Syscall Setrlimit, setrlimit, "Processes", [resource: Int, n: Int] [] [], (Int), {}, "setrlimit(2)", "Sets the soft limit of RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_STACK or RLIMIT_DATA.";
            Syscall Ps, ps, "Processes", [] [] [], (), {Blocks Restarts}, "ps(1)", "Prints the process table.";
            Syscall Pstree, pstree, "Processes", [] [] [], (), {Blocks Restarts}, "pstree(1)", "Prints the tree of processes.";
            // Time.
            Syscall Sleep, sleep, "Time", [seconds: Int] [] [], (Int), {Blocks Safe}, "sleep(3)", "Sleeps so many virtual seconds; the seconds left where a handler cut it short.";
            Syscall Nanosleep, nanosleep, "Time", [seconds: Int, nanoseconds: Int] [] [], (Int, Int, Int), {Blocks}, "nanosleep(2)", "Sleeps so long; 0 or -1, then what is left of the time, in seconds and nanoseconds, where a signal cut it short.";
            Syscall Usleep, usleep, "Time", [us: Int] [] [], (Int), {Blocks}, "usleep(3)", "Sleeps so many virtual microseconds.";
            Syscall Alarm, alarm, "Time", [seconds: Int] [] [], (Int), {Safe}, "alarm(2)", "Sends SIGALRM after so many seconds, 0 cancels; the seconds that were left of the one before.";
            Syscall Pause, pause, "Time", [] [] [], (Int), {Blocks Safe}, "pause(2)", "Sleeps until a handler has run; always -1, EINTR.";
            Syscall Time, time, "Time", [] [] [], (Int), {Safe}, "time(2)", "Virtual seconds since 1970.";
            Syscall Now, now, "Time", [] [] [], (Int), {Safe}, "clock_gettime(2)", "Virtual microseconds since 1970.";
            Syscall Clock, clock, "Time", [] [] [], (Int), {}, "clock(3)", "The ticks this process has used.";
            // Signals.
            Syscall SignalCall, signal, "Signals", [sig: Int, handler: Handler] [] [], (Handler), {Safe}, "signal(2)", "Sets what a signal does, with BSD semantics; the old handler, or SIG_ERR.";
            Syscall Sigaction, sigaction, "Signals", [sig: Int] [handler: Handler, mask: Int, flags: Int] [], (Int, Handler, Int, Int), {Safe}, "sigaction(2)", "0 or -1, then the old handler, mask and flags; with `sig` alone it only reads.";
            Syscall Kill, kill, "Signals", [pid: Int, sig: Int] [] [], (Int), {Safe}, "kill(2)", "Sends a signal to a process, a group (-pgid), the own group (0) or all (-1).";
            Syscall Killpg, killpg, "Signals", [pgid: Int, sig: Int] [] [], (Int), {Safe}, "killpg(3)", "Sends a signal to a process group, 0 for the own.";
            Syscall Raise, raise, "Signals", [sig: Int] [] [], (Int), {Safe}, "raise(3)", "Sends a signal to this process.";
            Syscall Sigprocmask, sigprocmask, "Signals", [how: Int, set: Int] [] [], (Int, Int), {Safe}, "sigprocmask(2)", "0 or -1, then the old mask; SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK.";
            Syscall Sigpending, sigpending, "Signals", [] [] [], (Int, Int), {Safe}, "sigpending(2)", "0, then the set of blocked signals that wait.";
            Syscall Sigsuspend, sigsuspend, "Signals", [mask: Int] [] [], (Int), {Blocks Safe}, "sigsuspend(2)", "Sleeps with another mask until a handler has run; always -1, EINTR.";
            Syscall Sigwait, sigwait, "Signals", [set: Int] [] [], (Int, Int), {Blocks}, "sigwait(3)", "Takes a pending signal of the set, sleeping until there is one: 0, then its number.";
            // Descriptors.
            Syscall Pipe, pipe, "Descriptors", [] [] [], (Int, Int), {Safe Check}, "pipe(2)", "A new pipe: its read end and its write end, (-1, -1) on failure.";
            Syscall Pipe2, pipe2, "Descriptors", [flags: Int] [] [], (Int, Int), {Safe Check}, "pipe(2)", "A new pipe with O_NONBLOCK, O_CLOEXEC.";
            Syscall Read, read, "Descriptors", [fd: Int, n: Int] [] [], (Int, Str), {Blocks Restarts Safe}, "read(2)", "Up to `n` bytes: how many, 0 at end of file, -1 on failure, and the bytes.";
            Syscall Write, write, "Descriptors", [fd: Int, s: Str] [] [], (Int), {Blocks Restarts Safe}, "write(2)", "Writes the bytes of `s`: how many went, or -1.";
            Syscall Getline, getline, "Descriptors", [fd: Int] [] [], (Int, Str), {Blocks Restarts}, "getline(3)", "The next line without its newline: its length and text; -1 at end of file (errno 0) or on failure.";
            Syscall Close, close, "Descriptors", [fd: Int] [] [], (Int), {Safe}, "close(2)", "Closes a descriptor.";
            Syscall Dup, dup, "Descriptors", [fd: Int] [] [], (Int), {Safe Check}, "dup(2)", "A copy of a descriptor under the lowest free number.";
            Syscall Dup2, dup2, "Descriptors", [old: Int, new: Int] [] [], (Int), {Safe Check}, "dup2(2)", "Makes `new` a copy of `old`, closing what `new` was.";
            Syscall Fcntl, fcntl, "Descriptors", [fd: Int, cmd: Int] [arg: Int] [], (Int), {Safe}, "fcntl(2)", "F_GETFL F_SETFL (O_NONBLOCK, O_APPEND), F_GETFD F_SETFD (FD_CLOEXEC).";
            Syscall Poll, poll, "Descriptors", [fds: Ints, events: Ints, timeout_ms: Int] [] [], (Int, Ints), {Blocks Safe}, "poll(2)", "Sleeps until one of the descriptors is ready for its events (POLLIN, POLLOUT), or the time is over, -1 for ever: how many are, and what each is ready for.";
            // Files.
            Syscall Open, open, "Files", [path: Str, flags: Int] [mode: Int] [], (Int), {Blocks Restarts Safe Check}, "open(2)", "Opens or creates a file: the lowest free descriptor, or -1. A named pipe sleeps until the other end is opened.";
            Syscall Lseek, lseek, "Files", [fd: Int, offset: Int, whence: Int] [] [], (Int), {Safe}, "lseek(2)", "Moves the place of the next read or write, from the start, the present place or the end (SEEK_SET, SEEK_CUR, SEEK_END); the new place.";
            Syscall Unlink, unlink, "Files", [path: Str] [] [], (Int), {Safe}, "unlink(2)", "Removes a name; the file goes when nobody has it open any more.";
            Syscall Rename, rename, "Files", [old: Str, new: Str] [] [], (Int), {Safe}, "rename(2)", "Gives a file another name, replacing what stood there in one step.";
            Syscall Filesize, filesize, "Files", [path: Str] [] [], (Int), {}, "stat(2)", "The size of a file in bytes, or -1.";
            Syscall Mkfifo, mkfifo, "Files", [path: Str] [mode: Int] [], (Int), {Safe Check}, "mkfifo(3)", "Makes a named pipe.";
            Syscall Mkdir, mkdir, "Files", [path: Str] [mode: Int] [], (Int), {Safe}, "mkdir(2)", "Makes a directory.";
            Syscall Rmdir, rmdir, "Files", [path: Str] [] [], (Int), {Safe}, "rmdir(2)", "Removes an empty directory.";
            Syscall Readdir, readdir, "Files", [path: Str] [] [], (Strings), {}, "readdir(3)", "The names in a directory in order, without `.` and `..`; none, and `errno`, on failure.";
            Syscall Getcwd, getcwd, "Files", [] [] [], (Str), {}, "getcwd(3)", "The path of the working directory; scripts start in /home/student, which is their own directory.";
            Syscall Chdir, chdir, "Files", [path: Str] [] [], (Int), {Safe}, "chdir(2)", "Changes the working directory of this process.";
            // Message queues.
            Syscall MqOpen, mq_open, "Message queues", [name: Str, flags: Int] [maxmsg: Int, msgsize: Int] [], (Int), {Check}, "mq_open(3)", "Opens or creates a queue: a descriptor, or -1; 10 messages of 8192 bytes unless said otherwise.";
            Syscall MqSend, mq_send, "Message queues", [q: Int, msg: Str, prio: Int] [] [], (Int), {Blocks Restarts Check}, "mq_send(3)", "Sends a message; sleeps while the queue is full.";
            Syscall MqReceive, mq_receive, "Message queues", [q: Int] [size: Int] [], (Int, Str, Int), {Blocks Restarts Check}, "mq_receive(3)", "Takes the most urgent message: its length, text and priority; sleeps while the queue is empty.";
            Syscall MqTimedsend, mq_timedsend, "Message queues", [q: Int, msg: Str, prio: Int, deadline: Seconds] [] [], (Int), {Blocks Restarts Check}, "mq_timedsend(3)", "As `mq_send`, until an absolute virtual time.";
            Syscall MqTimedreceive, mq_timedreceive, "Message queues", [q: Int, size: Int, deadline: Seconds] [] [], (Int, Str, Int), {Blocks Restarts Check}, "mq_timedreceive(3)", "As `mq_receive`, until an absolute virtual time.";
            Syscall MqGetattr, mq_getattr, "Message queues", [q: Int] [] [], (Int, Int, Int, Int, Int), {}, "mq_getattr(3)", "0 or -1, then flags, maxmsg, msgsize and the number of messages waiting.";
            Syscall MqSetattr, mq_setattr, "Message queues", [q: Int, flags: Int] [] [], (Int, Int, Int, Int, Int), {}, "mq_setattr(3)", "Sets or clears O_NONBLOCK; the old attributes follow.";
            Syscall MqNotify, mq_notify, "Message queues", [q: Int, sig: Int] [] [], (Int), {Check}, "mq_notify(3)", "Asks for a signal when a message comes to the empty queue; 0 withdraws, `SIGEV_NONE` takes the place without a signal.";
            Syscall MqClose, mq_close, "Message queues", [q: Int] [] [], (Int), {}, "mq_close(3)", "Closes a queue's descriptor.";
            Syscall MqUnlink, mq_unlink, "Message queues", [name: Str] [] [], (Int), {}, "mq_unlink(3)", "Removes a queue's name; the queue goes with its last close.";
            // Errors and chance.
            Syscall Abort, abort, "Errors", [] [] [], (Never), {Safe}, "abort(3)", "Ends the process by SIGABRT, even after its handler returned.";
            Syscall Rand, rand, "Chance", [n: Int] [] [], (Int), {}, "rand(3)", "A number from 0 to n-1, from the run's seed.";
            Syscall Choose, choose, "Chance", [n: Int] [] [], (Int), {}, "", "Any number from 0 to n-1: the run's seed picks, an exploration tries all.";
        }
    };
}

macro_rules! define_builtins {
    ($($class:ident $variant:ident, $name:ident, $group:literal,
       [$($p:ident : $pk:ident),*] [$($o:ident : $ok:ident),*] [$($r:ident : $rk:ident)?],
       ($($res:ident),*), {$($prop:ident)*}, $man:literal, $sentence:literal;)*) => {
        /// A built-in function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant's sentence is its row")]
        pub enum Builtin { $($variant,)* }

        impl Builtin {
            /// Every built-in, in the order of the table.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$variant,)*];

            const ROWS: &'static [Row] = &[$(Row {
                name: stringify!($name),
                group: $group,
                class: Class::$class,
                required: &[$((stringify!($p), Param::$pk)),*],
                optional: &[$((stringify!($o), Param::$ok)),*],
                rest: { let rest: &[(&str, Param)] = &[$((stringify!($r), Param::$rk))?]; if rest.is_empty() { None } else { Some(rest[0]) } },
                results: &[$(Outcome::$res),*],
                properties: &[$(Property::$prop),*],
                man: $man,
                sentence: $sentence,
            },)*];
        }
    };
}

for_each_builtin!(define_builtins);

/// Every built-in, sorted by name when `proc` itself is compiled: a run of a moment has no time to build a table.
static BY_NAME: [Builtin; Builtin::ALL.len()] = {
    let mut sorted = [Builtin::ALL[0]; Builtin::ALL.len()];
    let mut held = 0;
    while held < sorted.len() {
        let mut at = held;
        while at > 0 && is_before(Builtin::ROWS[held].name, Builtin::ROWS[sorted[at - 1] as usize].name) {
            sorted[at] = sorted[at - 1];
            at -= 1;
        }
        sorted[at] = Builtin::ALL[held];
        held += 1;
    }
    sorted
};

/// `one < other`, where it can be asked at compile time.
const fn is_before(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return one[at] < other[at];
        }
        at += 1;
    }
    one.len() < other.len()
}

impl Builtin {
    /// Its row.
    #[inline]
    pub fn row(self) -> &'static Row {
        &Self::ROWS[self as usize]
    }

    /// Its name in a program.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Finds a built-in by its name in a program.
    pub fn find(name: &str) -> Option<Builtin> {
        let found = BY_NAME.binary_search_by(|builtin| builtin.name().cmp(name));
        found.ok().and_then(|at| BY_NAME.get(at)).copied()
    }

    /// The built-in with this number, as it stands in an instruction.
    #[inline]
    pub fn from_number(number: u8) -> Option<Builtin> {
        Self::ALL.get(number as usize).copied()
    }

    /// Whether it never returns when it succeeds (`exit`, `_exit`, `abort`).
    #[inline]
    pub fn never_returns(self) -> bool {
        matches!(self.row().results, [Outcome::Never])
    }

    /// Whether it is a system call that answers -1 and an errno when it fails.
    pub fn can_fail(self) -> bool {
        let answers = matches!(self.row().results, [Outcome::Int, ..]);
        let always = matches!(
            self,
            Builtin::Getpid
                | Builtin::Getppid
                | Builtin::Getpgrp
                | Builtin::Time
                | Builtin::Now
                | Builtin::Clock
                | Builtin::Sleep
                | Builtin::Alarm
                | Builtin::Rand
                | Builtin::Choose
                | Builtin::SchedYield
        );
        matches!(self.row().class, Class::Syscall) && answers && !always
    }

    /// The errno with which it fails where a person only asks that it fail.
    pub fn usual_failure(self) -> super::Errno {
        use super::Errno;
        match self {
            Builtin::Fork => Errno::EAGAIN,
            Builtin::Pipe | Builtin::Pipe2 | Builtin::Dup | Builtin::Dup2 | Builtin::MqOpen | Builtin::Open => {
                Errno::EMFILE
            }
            Builtin::Exec | Builtin::Execv | Builtin::Execl => Errno::ENOENT,
            Builtin::Kill | Builtin::Killpg => Errno::ESRCH,
            Builtin::Wait | Builtin::Waitpid => Errno::ECHILD,
            Builtin::Setpgid | Builtin::Setsid | Builtin::Tcsetpgrp => Errno::EPERM,
            Builtin::MqSend | Builtin::MqReceive => Errno::EAGAIN,
            _ => Errno::EIO,
        }
    }

    /// Whether its row has the property.
    #[inline]
    pub fn has(self, property: Property) -> bool {
        self.row().properties.contains(&property)
    }
}

impl Row {
    /// The signature as a person writes it: `waitpid(pid: int, options: int) -> (int, status)`.
    pub fn signature(&self) -> String {
        let mut text = format!("{}(", self.name);
        let mut first = true;
        let mut put = |text: &mut String, part: String| {
            if !std::mem::take(&mut first) {
                text.push_str(", ");
            }
            text.push_str(&part);
        };
        for (name, kind) in self.required {
            put(&mut text, format!("{name}: {}", kind.words()));
        }
        for (at, (name, kind)) in self.optional.iter().enumerate() {
            let open = if at == 0 { "[" } else { "" };
            let close = if at + 1 == self.optional.len() { "]" } else { "" };
            put(&mut text, format!("{open}{name}: {}{close}", kind.words()));
        }
        if let Some((name, kind)) = self.rest {
            put(&mut text, format!("{name}: {}...", kind.words()));
        }
        text.push(')');
        match self.results {
            [] | [Outcome::Never] => {}
            [one] => text.push_str(&format!(" -> {}", one.words())),
            many => {
                let parts: Vec<&str> = many.iter().map(|part| part.words()).collect();
                text.push_str(&format!(" -> ({})", parts.join(", ")));
            }
        }
        text
    }
}

impl Param {
    /// How the reference writes it.
    pub fn words(self) -> &'static str {
        match self {
            Param::Int => "int",
            Param::Float => "float",
            Param::Str => "str",
            Param::Status => "status",
            Param::Ptr => "ptr",
            Param::Handler => "fn(int)",
            Param::Strings => "[str]",
            Param::Ints => "[int]",
            Param::Number | Param::Seconds => "int or float",
            Param::Sized => "str or array",
            Param::Array => "[T]",
            Param::Element => "T",
            Param::Same => "the same",
            Param::Printable => "printable",
            Param::Any => "any",
            Param::Condition => "condition",
            Param::Format => "str",
            Param::Convertible => "int, float, bool, str or status",
        }
    }
}

impl Outcome {
    /// How the reference writes it.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Int => "int",
            Outcome::Float => "float",
            Outcome::Bool => "bool",
            Outcome::Str => "str",
            Outcome::Status => "status",
            Outcome::Ptr => "ptr",
            Outcome::Handler => "fn(int)",
            Outcome::Strings => "[str]",
            Outcome::Ints => "[int]",
            Outcome::Element => "T",
            Outcome::Same => "the same",
            Outcome::ArrayOfSecond => "[T]",
            Outcome::Never => "never",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for builtin in Builtin::ALL {
            assert_eq!(Builtin::find(builtin.name()), Some(*builtin));
        }
        for name in ["", "_", "for", "forks", "printg", "zzz"] {
            assert_eq!(Builtin::find(name), None);
        }
    }
}
