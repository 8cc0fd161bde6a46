//! The facts that the ledger keeps: what they are made of, and nothing of how they come about or what is said of them.

use std::sync::Arc;

use super::Act;
use crate::abi::{Builtin, Errno, Signal, Status};
use crate::kernel::event::{Origin, Shown};
use crate::kernel::file::Kind;
use crate::kernel::mqueue::QueueId;
use crate::kernel::process::{Deed, Lineage, Pid};
use crate::source::Span;

/// A child that its parent never waited for.
#[derive(Debug)]
pub struct Unwaited {
    /// The parent, and where it ended.
    pub parent: Act,
    /// The children, the first few.
    pub children: Vec<Arc<Lineage>>,
    /// Whether the parent was killed by a signal.
    pub killed: bool,
    /// The longest time that one of them lay as a zombie, in ticks; 0 where all were running still.
    pub longest: u64,
    /// How many were zombies.
    pub zombies: u64,
    /// How many children the parent has made after the first of the zombies had ended.
    pub parent_forks: u32,
}

/// A child that outlived the script.
#[derive(Debug)]
pub struct Orphan {
    /// The child.
    pub child: Arc<Lineage>,
    /// The parent that ended, and where.
    pub parent: Act,
    /// Where it wrote to the terminal after the script had ended.
    pub spoke: Option<Span>,
    /// Where it asked for its parent and got init.
    pub asked: Option<Span>,
    /// When its parent ended, and the session it was in then.
    pub left: (u64, Pid),
    /// How long it lived on, where it has ended in the session in which its parent left it.
    pub lived: Option<u64>,
}

/// An exit code of which only a part survived.
#[derive(Debug)]
pub struct Cut {
    /// Who ended, and where.
    pub by: Act,
    /// The code.
    pub code: i64,
    /// The wait that collected it.
    pub collected: Option<Act>,
}

/// A signal that was dropped, since one of its kind was pending.
#[derive(Debug)]
pub struct Merged {
    /// Which.
    pub signal: Signal,
    /// To whom.
    pub target: Act,
    /// Who sent the first, and where.
    pub first: Origin,
    /// Who sent the second, and where.
    pub second: Origin,
    /// The role of the second's sender.
    pub sender: Option<Arc<Lineage>>,
    /// Whether the target had it blocked.
    pub blocked: bool,
    /// Whether the target has a handler for it.
    pub handled: bool,
}

/// What the descriptor of a call that failed refers to.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// How it was opened: `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
    pub access: i64,
    /// The call that gave the descriptor.
    pub made: Deed,
    /// The call that made the pipe or queue.
    pub object: Option<Deed>,
    /// How long a message may be, where it is a queue.
    pub max_size: i64,
}

/// A call that failed.
#[derive(Debug)]
pub struct Failure {
    /// Who made it, and where.
    pub by: Act,
    /// Which.
    pub builtin: Builtin,
    /// Why it failed.
    pub errno: Errno,
    /// Its arguments.
    pub args: Vec<Shown>,
    /// Where the descriptor it wanted was closed before.
    pub closed: Option<Deed>,
    /// Where the child it wanted had been collected.
    pub collected: Option<Deed>,
    /// Who made the open file non-blocking, where that is the reason.
    pub flagged: Option<(Deed, Option<Arc<Lineage>>)>,
    /// What its descriptor refers to, where it has one that is open.
    pub target: Option<Target>,
    /// The process that a wait was for, though it is no child of the caller's; that leads no group, though a signal was for its group.
    pub stranger: Option<Arc<Lineage>>,
    /// Whether the caller has ever made a child.
    pub parent: bool,
    /// Whether the caller ignores SIGCHLD, so that its children go without a status.
    pub vanish: bool,
    /// Whether `--fail` has made it fail.
    pub forced: bool,
}

/// A call that a handler interrupted for good.
#[derive(Debug)]
pub struct Interrupted {
    /// Who made it, and where.
    pub by: Act,
    /// Which.
    pub builtin: Builtin,
    /// By which signal.
    pub signal: Signal,
    /// Where its handler was installed.
    pub installed: Option<Span>,
    /// Where the signal came from.
    pub origin: Option<Origin>,
    /// Where the alarm was set, where it was one.
    pub alarm: Option<Span>,
}

/// A wait that could have taken any of several children.
#[derive(Debug)]
pub struct Chosen {
    /// Who waited, and where.
    pub by: Act,
    /// Whom it got.
    pub got: Arc<Lineage>,
    /// How it had ended.
    pub status: Status,
    /// Another child that was there.
    pub other: Arc<Lineage>,
}

/// A process that a signal killed.
#[derive(Debug, Clone)]
pub struct Death {
    /// Who, and where it stood.
    pub by: Act,
    /// By which signal.
    pub signal: Signal,
    /// Where the signal came from.
    pub origin: Option<Origin>,
    /// The process that sent it, where one did.
    pub sender: Option<Arc<Lineage>>,
    /// Where its alarm was set, where it was one.
    pub alarm: Option<Span>,
    /// The call in which it was killed.
    pub call: Option<Builtin>,
    /// Whether the sender meant a whole group.
    pub group: bool,
}

/// The children of one place.
#[derive(Debug)]
pub struct Serial {
    /// Who makes them.
    pub by: Act,
    /// How many.
    pub count: u64,
    /// Whether this very fork has made their maker, which has come back to it.
    pub again: bool,
    /// Whether one was made while another child of the process was alive.
    pub together: bool,
    /// The first ones, and when they were made.
    pub begun: Vec<(u64, Arc<Lineage>)>,
    /// When the last was made.
    pub last: u64,
}

/// A process that the terminal has stopped.
#[derive(Debug)]
pub struct Background {
    /// Who, and where it wanted the terminal.
    pub by: Act,
    /// By which signal.
    pub signal: Signal,
    /// Where somebody has continued it first.
    pub continued: Option<Span>,
}

/// A signal that a process kept blocked to its end.
#[derive(Debug)]
pub struct Unheard {
    /// Who, and where it ended.
    pub by: Act,
    /// Where the signal was sent.
    pub sent: Span,
    /// Who sent it.
    pub sender: Option<Arc<Lineage>>,
    /// Where signals were blocked last.
    pub blocked: Option<Deed>,
}

/// A copy of a descriptor that changed nothing, and whose original was made something else later.
#[derive(Debug)]
pub struct VainCopy {
    /// Who made the original something else, and where.
    pub by: Act,
    /// Where the copy was made.
    pub at: Span,
    /// The number that was copied.
    pub original: i64,
    /// The number that it was copied to.
    pub copy: i64,
}

/// A write that would not wait.
#[derive(Debug)]
pub struct Short {
    /// Who, and where.
    pub by: Act,
    /// How many bytes went.
    pub went: i64,
    /// How many there were.
    pub wanted: usize,
}

/// A process in a loop that only waits.
#[derive(Debug)]
pub struct Spin {
    /// Who, and the loop.
    pub by: Act,
    /// The call by which it asks, where it does.
    pub asks: Option<Span>,
    /// How often it has gone round, at least.
    pub turns: u64,
    /// The instructions that were surely spent in it.
    pub ticks: u64,
}

/// A message that waited while a later one was received.
#[derive(Debug)]
pub struct Passed {
    /// Who received, and where.
    pub by: Act,
    /// The one received: its priority, its beginning, and who sent it.
    pub taken: (i64, Vec<u8>, Deed),
    /// The one that waits.
    pub waits: (i64, Vec<u8>, Deed),
    /// The queue.
    pub queue: QueueId,
    /// What was in the queue at this receive and at those that followed, the one that was taken first.
    pub steps: Vec<Vec<(i64, Vec<u8>)>>,
}
