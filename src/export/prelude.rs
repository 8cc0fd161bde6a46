//! The prelude of an exported file: what the language has and C has not. Only the parts that a program uses are written, each with
//! the parts that it uses itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A part: its name, what it uses, its text. In an array's part `@A` stands for the array's type and `@T` for an element's.
type Part = (&'static str, &'static [&'static str], &'static str);

/// The parts in the order in which they are written.
const PARTS: &[Part] = &[
    ("in_range", &[], "\
/* An index outside an array or string is a fault here: the process gets SIGSEGV. */
static long in_range(long i, long n)
{
    static volatile long *volatile nowhere = NULL;
    if (i < 0 || i >= n)
        *nowhere = i;
    return i;
}
"),
    ("str", &[], "\
/* A string: bytes that never change, and their number. There is always a '\\0' behind the last one, so p serves as a C string.
   Nothing is freed: these programs are small, and a process gives all its memory back when it ends. */
typedef struct { const char *p; long n; } str;
#define STR(literal) ((str){literal, sizeof(literal) - 1})
"),
    ("str_new", &["str"], "\
static str str_new(const char *p, long n)
{
    char *copy = malloc(n + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, p, n);
    copy[n] = '\\0';
    return (str){copy, n};
}
"),
    ("str_of", &["str_new"], "\
static str str_of(const char *text)
{
    return text == NULL ? STR(\"\") : str_new(text, strlen(text));
}
"),
    ("str_cat", &["str"], "\
static str str_cat(str a, str b)
{
    char *both = malloc(a.n + b.n + 1);
    if (both == NULL)
        abort();
    memcpy(both, a.p, a.n);
    memcpy(both + a.n, b.p, b.n);
    both[a.n + b.n] = '\\0';
    return (str){both, a.n + b.n};
}
"),
    ("str_eq", &["str"], "\
static bool str_eq(str a, str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}
"),
    ("str_cmp", &["str"], "\
static int str_cmp(str a, str b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}
"),
    ("str_at", &["str", "in_range"], "\
static long str_at(str s, long i)
{
    return (unsigned char)s.p[in_range(i, s.n)];
}
"),
    ("str_slice", &["str_new", "in_range"], "\
static str str_slice(str s, long from, long to)
{
    in_range(to, s.n + 1);
    in_range(from, to + 1);
    return str_new(s.p + from, to - from);
}
"),
    ("str_find", &["str"], "\
static long str_find(str s, str t)
{
    const char *place = t.n == 0 ? s.p : memmem(s.p, s.n, t.p, t.n);
    return place == NULL ? -1 : place - s.p;
}
"),
    ("str_starts", &["str"], "\
static bool str_starts(str s, str t)
{
    return s.n >= t.n && memcmp(s.p, t.p, t.n) == 0;
}
"),
    ("str_ends", &["str"], "\
static bool str_ends(str s, str t)
{
    return s.n >= t.n && memcmp(s.p + s.n - t.n, t.p, t.n) == 0;
}
"),
    ("str_trim", &["str_new"], "\
static str str_trim(str s)
{
    long from = 0, to = s.n;
    while (from < to && isspace((unsigned char)s.p[from]))
        from++;
    while (to > from && isspace((unsigned char)s.p[to - 1]))
        to--;
    return str_new(s.p + from, to - from);
}
"),
    ("str_replace", &["str_new", "str_cat", "str_find"], "\
static str str_replace(str s, str old, str new)
{
    str result = STR(\"\");
    long at;
    while (old.n > 0 && (at = str_find(s, old)) >= 0) {
        result = str_cat(str_cat(result, str_new(s.p, at)), new);
        s = str_new(s.p + at + old.n, s.n - at - old.n);
    }
    return str_cat(result, s);
}
"),
    ("str_repeat", &["str"], "\
static str str_repeat(str s, long times)
{
    long n = times > 0 ? s.n * times : 0;
    char *all = malloc(n + 1);
    if (all == NULL)
        abort();
    for (long i = 0; i < n; i++)
        all[i] = s.p[i % s.n];
    all[n] = '\\0';
    return (str){all, n};
}
"),
    ("str_upper", &["str"], "\
static str str_upper(str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL)
        abort();
    for (long i = 0; i <= s.n; i++)
        copy[i] = toupper((unsigned char)s.p[i]);
    return (str){copy, s.n};
}
"),
    ("str_lower", &["str"], "\
static str str_lower(str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL)
        abort();
    for (long i = 0; i <= s.n; i++)
        copy[i] = tolower((unsigned char)s.p[i]);
    return (str){copy, s.n};
}
"),
    ("str_chr", &["str_new"], "\
static str str_chr(long byte)
{
    char c = byte;
    return str_new(&c, 1);
}
"),
    ("str_printf", &["str"], "\
/* printf into a new string. */
__attribute__((format(printf, 1, 2)))
static str str_printf(const char *how, ...)
{
    char *text;
    va_list values;
    va_start(values, how);
    int n = vasprintf(&text, how, values);
    va_end(values);
    if (n < 0)
        abort();
    return (str){text, n};
}
"),
    ("show_float", &["str_printf"], "\
/* The shortest text that reads back as the same number. */
static str show_float(double x)
{
    int digits = 0;
    if (x != x || x - x != 0)
        return x != x ? STR(\"nan\") : x > 0 ? STR(\"inf\") : STR(\"-inf\");
    while (digits < 17 && strtod(str_printf(\"%.*e\", digits, x).p, NULL) != x)
        digits++;
    str text = str_printf(\"%.*e\", digits, x);
    int exponent = atoi(strchr(text.p, 'e') + 1);
    if (x != 0 && (exponent < -4 || exponent >= 16))
        return text;
    return str_printf(\"%.*f\", digits - exponent > 1 ? digits - exponent : 1, x);
}
"),
    ("str_quoted", &["str_printf", "str_cat"], "\
static str str_quoted(str s)
{
    str result = STR(\"\\\"\");
    for (long i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '\"' || c == '\\\\')
            result = str_cat(result, str_printf(\"\\\\%c\", c));
        else if (c == '\\n')
            result = str_cat(result, STR(\"\\\\n\"));
        else if (c == '\\t')
            result = str_cat(result, STR(\"\\\\t\"));
        else if (c == '\\r')
            result = str_cat(result, STR(\"\\\\r\"));
        else if (c == 0)
            result = str_cat(result, STR(\"\\\\0\"));
        else if (c < ' ' || c == 127)
            result = str_cat(result, str_printf(\"\\\\x%02x\", c));
        else
            result = str_cat(result, str_printf(\"%c\", c));
    }
    return str_cat(result, STR(\"\\\"\"));
}
"),
    ("parse_int", &["str_trim"], "\
/* Whether the text is an integer, and its value. */
static bool parse_int(str text, long *value)
{
    char *end;
    text = str_trim(text);
    *value = 0;
    errno = 0;
    long number = strtol(text.p, &end, 10);
    if (text.n == 0 || end != text.p + text.n || errno != 0)
        return false;
    *value = number;
    return true;
}
"),
    ("to_long", &["parse_int"], "\
/* The number that a text stands for; a text that is none ends the process. */
static long to_long(str text)
{
    long value;
    int saved = errno;
    if (!parse_int(text, &value)) {
        fprintf(stderr, \"\\\"%s\\\" is not a number\\n\", text.p);
        abort();
    }
    errno = saved;
    return value;
}
"),
    ("to_double", &["str_trim"], "\
static double to_double(str text)
{
    char *end;
    text = str_trim(text);
    double value = strtod(text.p, &end);
    if (text.n == 0 || end != text.p + text.n) {
        fprintf(stderr, \"\\\"%s\\\" is not a number\\n\", text.p);
        abort();
    }
    return value;
}
"),
    ("NEW", &[], "\
/* A new record with these fields. */
#define NEW(type, ...) ((type *)memcpy(new_bytes(sizeof(type)), &(type){__VA_ARGS__}, sizeof(type)))
static void *new_bytes(size_t n)
{
    void *p = malloc(n);
    if (p == NULL)
        abort();
    return p;
}
"),
    ("AT", &["in_range"], "\
/* The element i of a growable array. */
#define AT(a, i) ((a)->at[in_range((i), (a)->n)])
"),
    ("array:type", &[], "\
/* A growable array of @E. */
typedef struct { @Tat; long n, room; } @A;
"),
    ("array:of", &["array:push"], "\
static @A *@A_of(long n, const @Tfrom)
{
    @A *a = calloc(1, sizeof *a);
    if (a == NULL)
        abort();
    for (long i = 0; i < n; i++)
        @A_push(a, from[i]);
    return a;
}
"),
    ("array:push", &["array:type"], "\
static void @A_push(@A *a, @Vx)
{
    if (a->n == a->room) {
        a->room = a->room == 0 ? 4 : 2 * a->room;
        a->at = realloc(a->at, a->room * sizeof *a->at);
        if (a->at == NULL)
            abort();
    }
    a->at[a->n++] = x;
}
"),
    ("array:pop", &["array:type", "in_range"], "\
static @V@A_pop(@A *a)
{
    in_range(a->n - 1, a->n);
    return a->at[--a->n];
}
"),
    ("array:fill", &["array:of"], "\
static @A *@A_fill(long n, @Vx)
{
    @A *a = @A_of(0, NULL);
    for (long i = 0; i < n; i++)
        @A_push(a, x);
    return a;
}
"),
    ("array:slice", &["array:of", "in_range"], "\
static @A *@A_slice(@A *a, long from, long to)
{
    in_range(to, a->n + 1);
    in_range(from, to + 1);
    return @A_of(to - from, a->at + from);
}
"),
    ("array:reverse", &["array:type"], "\
static void @A_reverse(@A *a)
{
    for (long i = 0, j = a->n - 1; i < j; i++, j--) {
        @Vx = a->at[i];
        a->at[i] = a->at[j];
        a->at[j] = x;
    }
}
"),
    ("array:sort", &["array:type"], "\
static int @A_order(const void *a, const void *b)
{
    @Vx = *(@Tconst)a;
    @Vy = *(@Tconst)b;
    return (x > y) - (x < y);
}

static void @A_sort(@A *a)
{
    if (a->n > 1)
        qsort(a->at, a->n, sizeof *a->at, @A_order);
}
"),
    ("array:sort_str", &["array:type", "str_cmp"], "\
static int @A_order(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void @A_sort(@A *a)
{
    if (a->n > 1)
        qsort(a->at, a->n, sizeof *a->at, @A_order);
}
"),
    ("str_split", &["array:of(strs)", "str_find", "str_slice"], "\
/* The parts between separators; with an empty one, the words between white space. */
static strs *str_split(str s, str separator)
{
    strs *parts = strs_of(0, NULL);
    long from = 0, at;
    if (separator.n == 0) {
        while (from < s.n) {
            while (from < s.n && isspace((unsigned char)s.p[from]))
                from++;
            for (at = from; at < s.n && !isspace((unsigned char)s.p[at]); at++)
                ;
            if (at > from)
                strs_push(parts, str_slice(s, from, at));
            from = at;
        }
        return parts;
    }
    while ((at = str_find(str_slice(s, from, s.n), separator)) >= 0) {
        strs_push(parts, str_slice(s, from, from + at));
        from += at + separator.n;
    }
    strs_push(parts, str_slice(s, from, s.n));
    return parts;
}
"),
    ("str_join", &["array:type(strs)", "str_cat"], "\
static str str_join(strs *parts, str between)
{
    str result = STR(\"\");
    for (long i = 0; i < parts->n; i++)
        result = str_cat(i > 0 ? str_cat(result, between) : result, parts->at[i]);
    return result;
}
"),
    ("c_argv", &["array:type(strs)"], "\
/* The arguments of a new program, as execv wants them. */
static char **c_argv(strs *words)
{
    char **argv = calloc(words->n + 1, sizeof *argv);
    if (argv == NULL)
        abort();
    for (long i = 0; i < words->n; i++)
        argv[i] = (char *)words->at[i].p;
    return argv;
}
"),
    ("arguments", &["array:of(strs)", "str_of"], "\
/* The program's own arguments, argv[0] first. */
static strs *arguments;
"),
    ("sigmask", &[], "\
/* Sets of signals as the bits of a number, and as the sigset_t that the calls want. */
#undef sigmask
#define sigmask(sig) ((sig) >= 1 && (sig) <= 31 ? 1L << ((sig) - 1) : 0)
"),
    ("SET", &["sigmask"], "\
#define SET(bits) ((sigset_t[]){sigset_of(bits)})
static sigset_t sigset_of(long bits)
{
    sigset_t set;
    sigemptyset(&set);
    for (int sig = 1; sig <= 31; sig++)
        if (bits & sigmask(sig))
            sigaddset(&set, sig);
    return set;
}
"),
    ("bits_of", &["sigmask"], "\
static long bits_of(const sigset_t *set)
{
    long bits = 0;
    for (int sig = 1; sig <= 31; sig++)
        if (sigismember(set, sig) == 1)
            bits |= sigmask(sig);
    return bits;
}
"),
    ("change_mask", &["SET", "bits_of"], "\
/* sigprocmask, giving the old mask. */
static int change_mask(int how, long set, long *old)
{
    sigset_t before;
    sigemptyset(&before);
    int result = sigprocmask(how, SET(set), &before);
    *old = result == 0 ? bits_of(&before) : 0;
    return result;
}
"),
    ("pending_signals", &["bits_of"], "\
/* sigpending */
static int pending_signals(long *waiting)
{
    sigset_t set;
    int result = sigpending(&set);
    *waiting = bits_of(&set);
    return result;
}
"),
    ("wait_signal", &["SET"], "\
/* sigwait */
static int wait_signal(long set, long *sig)
{
    int number = 0;
    int result = sigwait(SET(set), &number);
    *sig = number;
    return result;
}
"),
    ("old_action", &["bits_of"], "\
/* sigaction, taking the old action apart. */
static int old_action(int sig, const struct sigaction *new, sighandler_t *handler, long *mask, long *flags)
{
    struct sigaction old = {0};
    int result = sigaction(sig, new, &old);
    *handler = old.sa_handler;
    *mask = bits_of(&old.sa_mask);
    *flags = (unsigned)old.sa_flags & ~0x04000000u;     /* without the C library's own SA_RESTORER */
    return result;
}
"),
    ("read_str", &["str_new"], "\
/* read into a new string. */
static long read_str(int fd, long most, str *text)
{
    char *buffer = malloc(most > 0 ? most : 1);
    if (buffer == NULL)
        abort();
    long n = read(fd, buffer, most);
    int saved = errno;
    *text = n > 0 ? str_new(buffer, n) : STR(\"\");
    free(buffer);
    errno = saved;
    return n;
}
"),
    ("read_line", &["str_new"], "\
/* The next line without its newline. It reads byte by byte, so that nothing behind the line is taken away from other readers. */
static long read_line(int fd, str *line)
{
    long n = 0, room = 128, got;
    char *buffer = malloc(room), c;
    if (buffer == NULL)
        abort();
    *line = STR(\"\");
    while ((got = read(fd, &c, 1)) == 1 && c != '\\n') {
        if (n == room && (buffer = realloc(buffer, room *= 2)) == NULL)
            abort();
        buffer[n++] = c;
    }
    if (got == 0)
        errno = 0;
    if (got < 0 || (got == 0 && n == 0)) {
        free(buffer);
        return -1;
    }
    *line = str_new(buffer, n);
    free(buffer);
    return n;
}
"),
    ("write_str", &["str"], "\
static long write_str(int fd, str text)
{
    return write(fd, text.p, text.n);
}
"),
    ("mq_send_str", &["str"], "\
static int mq_send_str(mqd_t q, str message, long priority)
{
    return mq_send(q, message.p, message.n, priority);
}
"),
    ("mq_receive_str", &["str_new"], "\
/* mq_receive into a new string; a size of -1 stands for the size of the queue's messages. */
static long mq_receive_str(mqd_t q, long size, const struct timespec *deadline, str *message, long *priority)
{
    struct mq_attr attr;
    unsigned urgency = 0;
    if (size < 0) {
        if (mq_getattr(q, &attr) < 0)
            attr.mq_msgsize = 0;
        size = attr.mq_msgsize;
    }
    char *buffer = malloc(size + 1);
    if (buffer == NULL)
        abort();
    long n = deadline == NULL ? mq_receive(q, buffer, size, &urgency) : mq_timedreceive(q, buffer, size, &urgency, deadline);
    int saved = errno;
    *message = n > 0 ? str_new(buffer, n) : STR(\"\");
    *priority = urgency;
    free(buffer);
    errno = saved;
    return n;
}
"),
    ("UNTIL", &[], "\
/* A time in seconds since 1970 as the calls want it. */
#define UNTIL(seconds) (&(struct timespec){(time_t)(seconds), (long)(((seconds) - (time_t)(seconds)) * 1e9)})
"),
    ("queue_attr", &[], "\
/* mq_getattr, taken apart. */
static int queue_attr(mqd_t q, long *flags, long *maxmsg, long *msgsize, long *waiting)
{
    struct mq_attr attr = {0};
    int result = mq_getattr(q, &attr);
    *flags = attr.mq_flags;
    *maxmsg = attr.mq_maxmsg;
    *msgsize = attr.mq_msgsize;
    *waiting = attr.mq_curmsgs;
    return result;
}
"),
    ("change_queue", &[], "\
/* mq_setattr, giving the old attributes. */
static int change_queue(mqd_t q, long new_flags, long *flags, long *maxmsg, long *msgsize, long *waiting)
{
    struct mq_attr attr = {0};
    int result = mq_setattr(q, &(struct mq_attr){.mq_flags = new_flags}, &attr);
    *flags = attr.mq_flags;
    *maxmsg = attr.mq_maxmsg;
    *msgsize = attr.mq_msgsize;
    *waiting = attr.mq_curmsgs;
    return result;
}
"),
    ("mq_notify_signal", &[], "\
/* mq_notify by a signal; 0 withdraws. */
static int mq_notify_signal(mqd_t q, int sig)
{
    return mq_notify(q, sig == 0 ? NULL : &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig});
}
"),
    ("now", &[], "\
/* Microseconds since 1970. */
static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}
"),
    ("file_size", &[], "\
static long file_size(const char *path)
{
    struct stat about;
    return stat(path, &about) < 0 ? -1 : about.st_size;
}
"),
    ("read_dir", &["array:of(strs)", "array:sort_str(strs)", "str_of"], "\
/* The names in a directory, in order. */
static strs *read_dir(const char *path)
{
    strs *names = strs_of(0, NULL);
    struct dirent *entry;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return names;
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, \".\") != 0 && strcmp(entry->d_name, \"..\") != 0)
            strs_push(names, str_of(entry->d_name));
    closedir(dir);
    strs_sort(names);
    return names;
}
"),
    ("working_directory", &["str_of"], "\
static str working_directory(void)
{
    char path[PATH_MAX];
    return str_of(getcwd(path, sizeof path));
}
"),
    ("poll_for", &["array:of(ints)"], "\
/* poll, with the descriptors and their events in two lists. */
static int poll_for(ints *fds, ints *events, long timeout, ints **ready)
{
    long n = fds->n < events->n ? fds->n : events->n;
    struct pollfd *all = calloc(n + 1, sizeof *all);
    if (all == NULL)
        abort();
    for (long i = 0; i < n; i++)
        all[i] = (struct pollfd){.fd = fds->at[i], .events = events->at[i]};
    int result = poll(all, n, timeout);
    int saved = errno;
    *ready = ints_of(0, NULL);
    for (long i = 0; i < n; i++)
        ints_push(*ready, result < 0 ? 0 : all[i].revents);
    free(all);
    errno = saved;
    return result;
}
"),
    ("min_long", &[], "static long min_long(long a, long b) { return a < b ? a : b; }\n"),
    ("max_long", &[], "static long max_long(long a, long b) { return a > b ? a : b; }\n"),
    ("min_double", &[], "static double min_double(double a, double b) { return a < b ? a : b; }\n"),
    ("max_double", &[], "static double max_double(double a, double b) { return a > b ? a : b; }\n"),
    ("sleep_for", &[], "\
/* nanosleep, taken apart. */
static int sleep_for(long seconds, long nanoseconds, long *left, long *left_nanoseconds)
{
    struct timespec rest = {0, 0};
    int result = nanosleep(&(struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds}, &rest);
    *left = rest.tv_sec;
    *left_nanoseconds = rest.tv_nsec;
    return result;
}
"),
    ("get_limit", &[], "\
static int get_limit(int resource, long *soft, long *hard)
{
    struct rlimit limit = {0, 0};
    int result = getrlimit(resource, &limit);
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return result;
}
"),
    ("set_limit", &[], "\
/* setrlimit of the soft limit. */
static int set_limit(int resource, long soft)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0)
        return -1;
    limit.rlim_cur = soft;
    return setrlimit(resource, &limit);
}
"),
    ("terminal_flags", &[], "\
/* tcgetattr: the terminal's local flags. */
static int terminal_flags(int fd, long *flags)
{
    struct termios settings = {0};
    int result = tcgetattr(fd, &settings);
    *flags = settings.c_lflag & TOSTOP;
    return result;
}
"),
    ("set_terminal_flags", &[], "\
/* tcsetattr of TOSTOP; the other flags stay. */
static int set_terminal_flags(int fd, long flags)
{
    struct termios settings;
    if (tcgetattr(fd, &settings) < 0)
        return -1;
    settings.c_lflag = (settings.c_lflag & ~(tcflag_t)TOSTOP) | (flags & TOSTOP);
    return tcsetattr(fd, TCSANOW, &settings);
}
"),
];

/// A kind of array that a program uses: its C type's name, a declarator of a pointer to its elements, one of an element, and words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ArrayType {
    /// `ints`
    pub(super) name: String,
    /// `long *`
    pub(super) pointer: String,
    /// `long `
    pub(super) value: String,
}

/// The parts a program uses.
#[derive(Debug, Default)]
pub(super) struct Prelude {
    used: BTreeSet<String>,
    arrays: Vec<ArrayType>,
}

impl Prelude {
    /// Notes that a part is used, and gives its name back.
    pub(super) fn need(&mut self, part: &'static str) -> &'static str {
        self.mark(part, None);
        part
    }

    /// Notes that a part for a kind of array is used (`push`), and gives the function's name (`ints_push`).
    pub(super) fn need_array(&mut self, array: &ArrayType, part: &str) -> String {
        self.add_array(array);
        self.mark(&format!("array:{part}"), Some(&array.name));
        format!("{}_{part}", array.name)
    }

    /// Notes a kind of array whose type alone is used.
    pub(super) fn add_array(&mut self, array: &ArrayType) {
        if !self.arrays.contains(array) {
            self.arrays.push(array.clone());
        }
        self.mark("array:type", Some(&array.name));
    }

    fn mark(&mut self, part: &str, array: Option<&str>) {
        let key = match array {
            Some(array) if part.starts_with("array:") => format!("{part}({array})"),
            _ => part.to_owned(),
        };
        if !self.used.insert(key) {
            return;
        }
        let Some((_, needs, _)) = PARTS.iter().find(|(name, ..)| *name == part) else { return };
        for need in *needs {
            let (bare, of) = match need.strip_suffix(')').and_then(|need| need.split_once('(')) {
                Some((bare, of)) => (bare, Some(of)),
                None => (*need, None),
            };
            let Some(of) = of else {
                self.mark(need, array);
                continue;
            };
            let value = if of == "strs" { self.need("str") } else { "long" };
            let list = ArrayType { name: of.to_owned(), pointer: format!("{value} *"), value: format!("{value} ") };
            if !self.arrays.contains(&list) {
                self.arrays.push(list);
            }
            self.mark(bare, Some(of));
        }
    }

    /// Whether a part is used.
    pub(super) fn has(&self, part: &str) -> bool {
        self.used.contains(part)
    }

    /// Whether nothing is used.
    pub(super) fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// The text of the parts in use.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Array parts are written for one kind after another, at the place of their first part.
        let mut arrays_done = false;
        for (name, _, part) in PARTS {
            if name.starts_with("array:") {
                if !std::mem::replace(&mut arrays_done, true) {
                    self.arrays.iter().for_each(|array| self.array(array, &mut text));
                }
            } else if self.used.contains(*name) {
                put(&mut text, part);
            }
        }
        text
    }

    fn array(&self, array: &ArrayType, to: &mut String) {
        const ORDER: &[&str] = &[
            "array:type",
            "array:push",
            "array:of",
            "array:pop",
            "array:fill",
            "array:slice",
            "array:reverse",
            "array:sort",
            "array:sort_str",
        ];
        for part in ORDER {
            if !self.used.contains(&format!("{part}({})", array.name)) {
                continue;
            }
            if let Some((_, _, text)) = PARTS.iter().find(|(name, ..)| name == part) {
                let text = text
                    .replace("const @T", &format!("{}const *", array.value))
                    .replace("@Tconst", &format!("{}const *", array.value));
                put(
                    to,
                    &text
                        .replace("@A", &array.name)
                        .replace("@E", array.value.trim_end())
                        .replace("@T", &array.pointer)
                        .replace("@V", &array.value),
                );
            }
        }
    }
}

fn put(to: &mut String, text: &str) {
    if !to.is_empty() {
        to.push('\n');
    }
    let _ = write!(to, "{text}");
}

/// The names that the prelude takes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = [
        "str",
        "STR",
        "SET",
        "AT",
        "NEW",
        "UNTIL",
        "new_bytes",
        "sigset_of",
        "ints",
        "strs",
        "floats",
        "bools",
        "main",
    ];
    PARTS.iter().map(|(name, ..)| *name).filter(|name| !name.contains(':')).chain(own)
}
