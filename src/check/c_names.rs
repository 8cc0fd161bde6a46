//! Names that C has and Proc has not, or has in another shape, and what to write instead.

/// What to write instead of a name of C; source code in backquotes.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(c, _)| *c == name).map(|(_, help)| *help).or_else(|| of_family(name))
}

/// What to write instead of a type of C.
pub(super) fn of_type(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(c, _)| *c == name).map(|(_, help)| *help)
}

fn of_family(name: &str) -> Option<&'static str> {
    const FAMILIES: &[(&str, &str)] = &[
        (
            "sem_",
            "semaphores are not simulated; a pipe or a message queue can hold tokens: `read` takes one, `write` gives one back",
        ),
        ("pthread_", "threads are not simulated: Proc is about processes, so `fork` instead"),
        (
            "shm_",
            "shared memory is not simulated: after `fork` each process has its own memory, so use a pipe or a message queue",
        ),
        (
            "shm",
            "shared memory is not simulated: after `fork` each process has its own memory, so use a pipe or a message queue",
        ),
        ("msg", "System V message queues are not simulated; the POSIX ones are: `mq_open`, `mq_send`, `mq_receive`"),
        (
            "sem",
            "semaphores are not simulated; a pipe or a message queue can hold tokens: `read` takes one, `write` gives one back",
        ),
        ("std::", "there are no modules: every built-in is known by its bare name"),
    ];
    // `message` or `seminar` are words of their own; only System V's exact names are meant here.
    let system_v =
        ["shmget", "shmat", "shmdt", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semctl"];
    FAMILIES
        .iter()
        .find(|(prefix, _)| name.starts_with(prefix) && (prefix.ends_with(['_', ':']) || system_v.contains(&name)))
        .map(|(_, help)| *help)
}

const NAMES: &[(&str, &str)] = &[
    (
        "NULL",
        "the null pointer is `nil`; arguments that C fills in through a pointer are results here: `let (pid, status) = wait();`",
    ),
    ("null", "the null pointer is `nil`"),
    ("None", "the null pointer is `nil`"),
    ("True", "write `true`"),
    ("False", "write `false`"),
    ("TRUE", "write `true`"),
    ("FALSE", "write `false`"),
    ("stdin", "descriptors are plain numbers: 0 is standard input, as in `getline(0)`"),
    (
        "stdout",
        "`print` and `printf` write to standard output by themselves, `fflush()` empties its buffer, and `write(1, s)` goes past it",
    ),
    ("stderr", "`eprint` and `eprintf` write to standard error; its descriptor is 2"),
    ("puts", "`print(s)` writes a text and a newline"),
    ("fputs", "`print(s)` writes to standard output, `eprint(s)` to standard error, `write(fd, s)` to a descriptor"),
    ("putchar", "`printf(\"%c\", c)` writes one character"),
    ("println", "`print(...)` writes its arguments with spaces between and a newline"),
    ("echo", "`print(...)` writes its arguments with spaces between and a newline"),
    ("cout", "`print(...)` writes its arguments with spaces between and a newline"),
    ("fprintf", "for standard error write `eprintf(\"...\", ...)`; for a descriptor `dprintf(fd, \"...\", ...)`"),
    ("vprintf", "`printf(\"...\", ...)` takes any number of arguments"),
    ("snprintf", "`sprintf(\"...\", ...)` gives the text as a str of its own"),
    ("strlen", "`len(s)` is the number of bytes of a string"),
    ("length", "`len(x)` is the length of a string or an array"),
    ("size", "`len(x)` is the length of a string or an array"),
    (
        "sizeof",
        "`len(x)` is the length of a string or an array; a cell of `malloc` holds one int, so sizes are counted in cells",
    ),
    ("atoi", "`int(s)` converts and aborts where `s` is no number; `let (ok, n) = parse_int(s);` tells you"),
    ("atol", "`int(s)` converts and aborts where `s` is no number; `let (ok, n) = parse_int(s);` tells you"),
    ("strtol", "`let (ok, n) = parse_int(s);` converts and tells whether `s` was a number"),
    ("atof", "`float(s)` converts a text to a float"),
    ("itoa", "`str(n)` gives the text of a number"),
    ("strcmp", "strings are compared by content: `a == b`, `a < b`"),
    ("strncmp", "strings are compared by content: `a == b`; a beginning with `starts_with(s, t)`"),
    ("strcpy", "strings are values: `a = b`"),
    ("strncpy", "strings are values: `a = b[0..n]`"),
    ("strcat", "`a + b` joins two strings"),
    ("strdup", "strings are values: `a = b` is enough"),
    (
        "strstr",
        "`find(s, t)` gives the index of the first `t` in `s`, or -1; `contains(s, t)` only whether there is one",
    ),
    ("strchr", "`find(s, t)` gives the index of the first `t` in `s`, or -1"),
    ("strtok", "`split(s, sep)` gives the parts as an array; with `\"\"` it splits at white space"),
    ("toupper", "`upper(s)` gives a text in capitals"),
    ("tolower", "`lower(s)` gives a text in small letters"),
    ("memset", "`calloc(n)` gives cells that are all 0, `[0; n]` an array of zeros"),
    ("memcpy", "copy in a loop, or take a slice: `a[0..n]` is a new array"),
    ("append", "`push(a, x)` adds at the end of an array"),
    (
        "execlp",
        "`exec(path, arg...)` puts the name in by itself; `execl(path, arg0, arg...)` is as in C; the program is looked for beside the script",
    ),
    ("execle", "`execl(path, arg0, arg...)` keeps the environment; change it before with `setenv`"),
    (
        "execvp",
        "`execv(path, argv)` takes the whole argv as an array: `execv(\"ls\", [\"ls\", \"-l\"])`; the program is looked for beside the script",
    ),
    ("execve", "`execv(path, argv)` keeps the environment; change it before with `setenv`"),
    ("execvpe", "`execv(path, argv)` keeps the environment; change it before with `setenv`"),
    ("system", "there is no shell: `fork()`, `exec(...)` in the child and `wait()` in the parent"),
    ("popen", "`pipe()`, `fork()`, `dup2` and `exec` are what popen is made of"),
    ("vfork", "`fork()` copies memory only when it is written to, so there is no need for vfork"),
    ("clone", "`fork()` makes a process; threads are not simulated"),
    ("wait3", "`waitpid(-1, options)` waits for any child"),
    ("wait4", "`waitpid(pid, options)` waits for one child"),
    ("waitid", "`waitpid(pid, options)` waits for one child"),
    ("WAIT_ANY", "-1 means any child: `waitpid(-1, 0)`"),
    ("scanf", "`let (n, line) = getline(0);` reads a line of standard input, `int(line)` makes it a number"),
    ("gets", "`let (n, line) = getline(0);` reads a line of standard input"),
    ("fgets", "`let (n, line) = getline(0);` reads a line of standard input"),
    ("getchar", "`let (n, c) = read(0, 1);` reads one byte of standard input"),
    ("input", "`let (n, line) = getline(0);` reads a line of standard input"),
    ("open", "there are no files: use `pipe`, `mq_open`, or standard input (descriptor 0)"),
    ("creat", "there are no files: use `pipe`, `mq_open`, or standard input (descriptor 0)"),
    ("fopen", "there are no files: use `pipe`, `mq_open`, or standard input (descriptor 0)"),
    ("fclose", "there are no FILE streams: `close(fd)` closes a descriptor, `fflush()` empties the buffer of stdout"),
    ("fdopen", "there are no FILE streams: `dprintf(fd, ...)` and `getline(fd)` work on descriptors"),
    ("fileno", "descriptors are plain numbers: 0, 1 and 2 are standard input, output and error"),
    ("mkfifo", "named pipes are not simulated: make a `pipe()` before `fork()`"),
    ("lseek", "there are no files, and pipes cannot be rewound"),
    (
        "select",
        "`select` is not simulated: make the descriptor non-blocking with `fcntl(fd, F_SETFL, O_NONBLOCK)`, or fork a reader for each",
    ),
    (
        "poll",
        "`poll` is not simulated: make the descriptor non-blocking with `fcntl(fd, F_SETFL, O_NONBLOCK)`, or fork a reader for each",
    ),
    (
        "mmap",
        "shared memory is not simulated: after `fork` each process has its own memory, so use a pipe or a message queue",
    ),
    ("socket", "sockets are not simulated: use a pipe or a message queue"),
    (
        "sigemptyset",
        "a set of signals is an int: `0` is the empty one, `sigmask(SIGINT, SIGTERM)` one with two members",
    ),
    ("sigfillset", "a set of signals is an int: `~0` is the full one"),
    ("sigaddset", "a set of signals is an int: `set = set | sigmask(SIGINT)` adds a member"),
    ("sigdelset", "a set of signals is an int: `set = set & ~sigmask(SIGINT)` takes a member out"),
    ("sigismember", "a set of signals is an int: `set & sigmask(SIGINT)` is not 0 for a member"),
    ("sigset_t", "a set of signals is an int"),
    ("sigqueue", "signals carry no data here: `kill(pid, sig)`"),
    ("setitimer", "`alarm(seconds)` sends SIGALRM; `usleep(us)` sleeps for less than a second"),
    ("nanosleep", "`usleep(us)` sleeps so many microseconds"),
    ("gettimeofday", "`now()` gives microseconds, `time()` seconds"),
    ("clock_gettime", "`now()` gives microseconds, `time()` seconds"),
    ("atexit", "call your function before `exit(code)`"),
    ("on_exit", "call your function before `exit(code)`"),
    ("_Exit", "`_exit(code)` ends the process at once"),
    ("quick_exit", "`_exit(code)` ends the process at once"),
    ("exit_group", "`exit(code)` ends the process"),
    ("srand", "`rand(n)` takes its numbers from the run's seed: `--seed`"),
    ("random", "`rand(n)` gives a number from 0 to n-1"),
    ("gettid", "threads are not simulated: `getpid()`"),
    ("setpgrp", "`setpgid(0, 0)` makes a group of this process's own"),
    ("argc", "`len(argv)` is the number of arguments, the program's name included"),
    ("environ", "`getenv(name)` reads a variable, `setenv(name, value)` sets it"),
    ("putenv", "`setenv(name, value)` sets a variable of the environment"),
    ("self", "there are no methods: a struct is a parameter like any other"),
    ("this", "there are no methods: a struct is a parameter like any other"),
    ("pid_t", "a process id is an `int`"),
    ("size_t", "a size is an `int`"),
    ("char", "a character is an `int`, a text is a `str`"),
    ("string", "the type of texts is `str`"),
    ("var", "variables are declared with `let`"),
    ("auto", "variables are declared with `let`"),
    ("exec_", "the calls are `exec`, `execv` and `execl`"),
];

const TYPES: &[(&str, &str)] = &[
    ("pid_t", "a process id is an `int`"),
    ("size_t", "a size is an `int`"),
    ("ssize_t", "a size is an `int`"),
    ("mqd_t", "the descriptor of a message queue is an `int`"),
    ("sigset_t", "a set of signals is an `int`"),
    ("time_t", "seconds are an `int`"),
    ("sighandler_t", "a handler is a `fn(int)`"),
    ("long", "there is one integer type, `int`, and it has 64 bits"),
    ("short", "there is one integer type, `int`, and it has 64 bits"),
    ("unsigned", "there is one integer type, `int`, and it has 64 bits"),
    ("signed", "there is one integer type, `int`, and it has 64 bits"),
    ("integer", "there is one integer type, `int`, and it has 64 bits"),
    ("Int", "types are written in small letters: `int`"),
    ("i32", "there is one integer type, `int`, and it has 64 bits"),
    ("i64", "there is one integer type, `int`, and it has 64 bits"),
    ("u32", "there is one integer type, `int`, and it has 64 bits"),
    ("u64", "there is one integer type, `int`, and it has 64 bits"),
    ("usize", "there is one integer type, `int`, and it has 64 bits"),
    ("int32_t", "there is one integer type, `int`, and it has 64 bits"),
    ("int64_t", "there is one integer type, `int`, and it has 64 bits"),
    ("uint32_t", "there is one integer type, `int`, and it has 64 bits"),
    ("uint64_t", "there is one integer type, `int`, and it has 64 bits"),
    ("double", "floats are `float`, with the 64 bits of C's double"),
    ("f64", "floats are `float`, with the 64 bits of C's double"),
    ("f32", "floats are `float`, with the 64 bits of C's double"),
    ("char", "a character is an `int`, a text is a `str`"),
    ("string", "the type of texts is `str`"),
    ("String", "the type of texts is `str`"),
    ("boolean", "the type of `true` and `false` is `bool`"),
    ("_Bool", "the type of `true` and `false` is `bool`"),
    ("void", "a function that gives nothing has no `->`; a pointer to cells is a `ptr`"),
    ("array", "an array type is written `[int]`, `[str]`"),
    ("list", "an array type is written `[int]`, `[str]`"),
    ("pointer", "a pointer to cells is a `ptr`"),
    ("FILE", "there are no FILE streams: descriptors are ints"),
];
