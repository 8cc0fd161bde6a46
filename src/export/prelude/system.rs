//! System calls, with what the language makes of their arguments and results.

use super::Part;

/// The parts in the order in which they are written.
pub(super) const PARTS: &[Part] = &[
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
