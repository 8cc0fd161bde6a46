//! What happens in a run, as one typed enum: the trace, the timeline and the notes are made from it.

use super::process::{Pid, State};
use super::wait::WaitFor;
use crate::abi::{Builtin, Errno, Signal, Status};
use crate::source::Span;

/// Kinds of events a host can ask for; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watch(pub u8);

impl Watch {
    /// Nothing.
    pub const NONE: Watch = Watch(0);
    /// System calls.
    pub const SYSCALL: Watch = Watch(1);
    /// Changes of state and switches.
    pub const SCHED: Watch = Watch(2);
    /// Signals.
    pub const SIGNAL: Watch = Watch(4);
    /// Pages and heap growth.
    pub const MEMORY: Watch = Watch(8);
    /// All of them.
    pub const ALL: Watch = Watch(15);

    /// Whether all kinds of `other` are asked for.
    pub fn has(self, other: Watch) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Watch) -> Watch {
        Watch(self.0 | other.0)
    }
}

/// An argument or result of a call, as a trace shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A number, or a set or flag word that the trace decodes by position.
    Int(i64),
    /// A bool.
    Bool(bool),
    /// A float.
    Float(f64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list of strings.
    List(Vec<Vec<u8>>),
    /// A function by name, or SIG_DFL, SIG_IGN, SIG_ERR.
    Handler(String),
    /// A status.
    Status(Status),
    /// Anything else, already as text.
    Text(String),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// With these results.
    Done(Vec<Shown>),
    /// With -1 and an errno.
    Failed(Errno),
    /// It does not return.
    NoReturn,
    /// A handler interrupted it and it will be made again.
    Restart,
}

/// Who or what caused a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A process, by kill, killpg or raise, at a place in its source.
    Process(Pid, Span),
    /// The kernel on behalf of a process: SIGCHLD of a child, SIGPIPE, a fault, SIGHUP of an orphaned group, mq_notify.
    Kernel(Pid),
    /// The clock: an alarm set by the process itself.
    Timer,
    /// The terminal's keys or `--send`.
    Outside,
}

/// One event. Each carries the tick and the process it happened to.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Ticks since the start.
    pub tick: u64,
    /// To whom.
    pub pid: Pid,
    /// The role of that process: `parent`, `child 1.2`, `init`.
    pub role: String,
    /// Where in the source the process stands.
    pub span: Span,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A system call is answered (or made, where it does not return).
    Call {
        /// Which.
        builtin: Builtin,
        /// Its arguments.
        args: Vec<Shown>,
        /// Its answer.
        answer: Answer,
    },
    /// A system call must wait.
    Waits {
        /// Which.
        builtin: Builtin,
        /// Its arguments.
        args: Vec<Shown>,
        /// What for.
        reason: WaitFor,
    },
    /// A process was made.
    Born {
        /// By whom.
        parent: Pid,
    },
    /// A process ended.
    Ended {
        /// How.
        status: Status,
    },
    /// A zombie was collected.
    Reaped {
        /// By whom.
        by: Pid,
    },
    /// It was adopted by init.
    Adopted {
        /// The parent that ended.
        from: Pid,
    },
    /// Its state changed.
    State {
        /// From.
        from: State,
        /// To.
        to: State,
    },
    /// It was put on the processor.
    Dispatched,
    /// Its quantum is spent.
    Preempted,
    /// The clock jumped, since everybody waited.
    ClockJumped {
        /// To this tick.
        to: u64,
    },
    /// A signal was generated for it.
    SignalSent {
        /// Which.
        signal: Signal,
        /// By whom.
        origin: Origin,
        /// What became of it at once.
        fate: Fate,
    },
    /// A handler begins.
    HandlerEntered {
        /// Of which signal.
        signal: Signal,
    },
    /// A handler has returned.
    HandlerLeft,
    /// A fault.
    Faulted {
        /// In words.
        text: String,
    },
    /// Pages were copied or the heap grew, since the last such event of this process.
    Memory {
        /// Pages copied because they were shared.
        copied: u64,
        /// The heap's size in bytes.
        heap: u64,
    },
}

/// What becomes of a signal when it is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is pending, and will be acted on as soon as the process runs.
    Pending,
    /// It is pending and blocked.
    Blocked,
    /// It was pending already: the two are one.
    Merged,
    /// It was dropped: ignored, or meant for init or a process that has ended.
    Dropped,
}
