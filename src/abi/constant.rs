//! The constants that every program can name, with Linux's values: flags, options, limits. Errnos and
//! signals come from their own tables.

use super::{Errno, Signal, errno, signal};

macro_rules! constants {
    ($($name:ident = $value:expr;)*) => {
        /// The flags and options by name.
        pub const FLAGS: &[(&str, i64)] = &[$((stringify!($name), $value),)*];
        $(#[allow(missing_docs, reason = "named as in the man pages")] pub const $name: i64 = $value;)*
    };
}

constants! {
    WNOHANG = 1; WUNTRACED = 2; WCONTINUED = 8;
    SIG_BLOCK = 0; SIG_UNBLOCK = 1; SIG_SETMASK = 2;
    SA_NOCLDSTOP = 1; SA_NOCLDWAIT = 2; SA_RESTART = 0x1000_0000; SA_NODEFER = 0x4000_0000; SA_RESETHAND = 0x8000_0000;
    O_RDONLY = 0; O_WRONLY = 1; O_RDWR = 2; O_CREAT = 0o100; O_EXCL = 0o200; O_TRUNC = 0o1000; O_APPEND = 0o2000;
    O_NONBLOCK = 0o4000; O_DIRECTORY = 0o200000; O_CLOEXEC = 0o2000000; O_ACCMODE = 3;
    SEEK_SET = 0; SEEK_CUR = 1; SEEK_END = 2;
    POLLIN = 1; POLLOUT = 4; POLLERR = 8; POLLHUP = 16; POLLNVAL = 32;
    F_DUPFD = 0; F_GETFD = 1; F_SETFD = 2; F_GETFL = 3; F_SETFL = 4; FD_CLOEXEC = 1;
    STDIN_FILENO = 0; STDOUT_FILENO = 1; STDERR_FILENO = 2;
    _IOFBF = 0; _IOLBF = 1; _IONBF = 2;
    RLIMIT_DATA = 2; RLIMIT_STACK = 3; RLIMIT_NPROC = 6; RLIMIT_NOFILE = 7;
    EXIT_SUCCESS = 0; EXIT_FAILURE = 1;
    PIPE_BUF = 4096;
    SIGEV_NONE = -1;
    TOSTOP = 0o400;
    EWOULDBLOCK = 11;
    INT_MAX = 0x7fff_ffff; INT_MIN = -0x8000_0000;
}

/// The value of a built-in constant that is an int.
pub fn find(name: &str) -> Option<i64> {
    if name.starts_with("SIG")
        && let Some(signal) = signal::Signal::ALL.iter().find(|signal| signal.name() == name)
    {
        return Some(i64::from(signal.number()));
    }
    if name.starts_with('E')
        && let Some(errno) = errno::Errno::ALL.iter().find(|errno| errno.name() == name)
    {
        return Some(errno.number());
    }
    FLAGS.iter().find(|(flag, _)| *flag == name).map(|(_, value)| *value)
}

/// Every built-in constant's name, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    let signals = Signal::ALL.iter().map(|signal| signal.name());
    let errnos = Errno::ALL.iter().map(|errno| errno.name());
    FLAGS.iter().map(|(name, _)| *name).chain(signals).chain(errnos).chain(["SIG_DFL", "SIG_IGN", "SIG_ERR"])
}
