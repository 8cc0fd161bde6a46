//! Signals 1 to 31 with Linux's numbers, default actions and texts, and sets of them.

/// What a signal does where nothing else is asked for (signal(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefaultAction {
    /// The process ends.
    Terminate,
    /// The process ends and would leave a core image (the core limit here is 0).
    Core,
    /// Nothing.
    Ignore,
    /// The process stops.
    Stop,
    /// A stopped process continues.
    Continue,
}

macro_rules! signals {
    ($($name:ident = $number:literal, $action:ident, $text:literal;)*) => {
        /// A signal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the texts are in the table")]
        pub enum Signal { $($name = $number,)* }

        impl Signal {
            /// Every signal, by number.
            pub const ALL: &'static [Signal] = &[$(Signal::$name,)*];

            /// Its name, `SIGINT`.
            pub fn name(self) -> &'static str {
                match self { $(Signal::$name => stringify!($name),)* }
            }

            /// Its default action.
            pub fn default_action(self) -> DefaultAction {
                match self { $(Signal::$name => DefaultAction::$action,)* }
            }

            /// Its text as strsignal(3) gives it.
            pub fn text(self) -> &'static str {
                match self { $(Signal::$name => $text,)* }
            }
        }
    };
}

signals! {
    SIGHUP = 1, Terminate, "Hangup";
    SIGINT = 2, Terminate, "Interrupt";
    SIGQUIT = 3, Core, "Quit";
    SIGILL = 4, Core, "Illegal instruction";
    SIGTRAP = 5, Core, "Trace/breakpoint trap";
    SIGABRT = 6, Core, "Aborted";
    SIGBUS = 7, Core, "Bus error";
    SIGFPE = 8, Core, "Floating point exception";
    SIGKILL = 9, Terminate, "Killed";
    SIGUSR1 = 10, Terminate, "User defined signal 1";
    SIGSEGV = 11, Core, "Segmentation fault";
    SIGUSR2 = 12, Terminate, "User defined signal 2";
    SIGPIPE = 13, Terminate, "Broken pipe";
    SIGALRM = 14, Terminate, "Alarm clock";
    SIGTERM = 15, Terminate, "Terminated";
    SIGSTKFLT = 16, Terminate, "Stack fault";
    SIGCHLD = 17, Ignore, "Child exited";
    SIGCONT = 18, Continue, "Continued";
    SIGSTOP = 19, Stop, "Stopped (signal)";
    SIGTSTP = 20, Stop, "Stopped";
    SIGTTIN = 21, Stop, "Stopped (tty input)";
    SIGTTOU = 22, Stop, "Stopped (tty output)";
    SIGURG = 23, Ignore, "Urgent I/O condition";
    SIGXCPU = 24, Core, "CPU time limit exceeded";
    SIGXFSZ = 25, Core, "File size limit exceeded";
    SIGVTALRM = 26, Terminate, "Virtual timer expired";
    SIGPROF = 27, Terminate, "Profiling timer expired";
    SIGWINCH = 28, Ignore, "Window changed";
    SIGIO = 29, Terminate, "I/O possible";
    SIGPWR = 30, Terminate, "Power failure";
    SIGSYS = 31, Core, "Bad system call";
}

impl Signal {
    /// Its number.
    #[inline]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The signal with this number.
    pub fn from_number(number: i64) -> Option<Signal> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::ALL.get(at).copied()
    }

    /// Finds a signal by name, with or without `SIG`, or by number.
    pub fn find(word: &str) -> Option<Signal> {
        if let Ok(number) = word.parse() {
            return Self::from_number(number);
        }
        let upper = word.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.iter().copied().find(|signal| &signal.name()[3..] == bare)
    }

    /// Whether it can be neither caught, blocked nor ignored.
    pub fn is_untouchable(self) -> bool {
        matches!(self, Signal::SIGKILL | Signal::SIGSTOP)
    }

    /// Whether Linux delivers it before lower-numbered ones (the synchronous signals).
    pub fn is_synchronous(self) -> bool {
        use Signal::*;
        matches!(self, SIGSEGV | SIGBUS | SIGILL | SIGTRAP | SIGFPE | SIGSYS)
    }
}

/// A set of signals: bit `n - 1` stands for signal `n`, as in the kernel's sigset_t.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SignalSet(pub u32);

impl SignalSet {
    /// No signal.
    pub const EMPTY: SignalSet = SignalSet(0);
    /// All of 1 to 31.
    pub const FULL: SignalSet = SignalSet(0x7fff_ffff);
    /// SIGKILL and SIGSTOP, which no mask can hold.
    pub const UNTOUCHABLE: SignalSet = SignalSet(1 << 8 | 1 << 18);

    /// The set a program gave as an int; what is not a signal, and SIGKILL and SIGSTOP, are dropped.
    pub fn from_program(bits: i64) -> Self {
        SignalSet(bits as u32 & Self::FULL.0 & !Self::UNTOUCHABLE.0)
    }

    /// The set of one signal.
    #[inline]
    pub fn of(signal: Signal) -> Self {
        SignalSet(1 << (signal.number() - 1))
    }

    /// Whether the signal is in the set.
    #[inline]
    pub fn contains(self, signal: Signal) -> bool {
        self.0 & Self::of(signal).0 != 0
    }

    /// Whether the set is empty.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a signal.
    #[inline]
    pub fn insert(&mut self, signal: Signal) {
        self.0 |= Self::of(signal).0;
    }

    /// Removes a signal.
    #[inline]
    pub fn remove(&mut self, signal: Signal) {
        self.0 &= !Self::of(signal).0;
    }

    /// Union.
    #[must_use]
    #[inline]
    pub fn union(self, other: Self) -> Self {
        SignalSet(self.0 | other.0)
    }

    /// The signals of this set that are not in the other.
    #[must_use]
    #[inline]
    pub fn without(self, other: Self) -> Self {
        SignalSet(self.0 & !other.0)
    }

    /// Those in both.
    #[must_use]
    #[inline]
    pub fn intersection(self, other: Self) -> Self {
        SignalSet(self.0 & other.0)
    }

    /// Its signals in rising order.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        Signal::ALL.iter().copied().filter(move |signal| self.contains(*signal))
    }

    /// The one Linux delivers next: a synchronous signal first, then the lowest number (DLVR-06, DLVR-10).
    pub fn next_to_deliver(self) -> Option<Signal> {
        self.iter().find(|signal| signal.is_synchronous()).or_else(|| self.iter().next())
    }
}
