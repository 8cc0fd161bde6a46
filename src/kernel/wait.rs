//! Why a process is blocked, as data: the scheduler, the report of a stuck run, the trace and `ps()` read the same value.

use super::file::FileId;
use super::mqueue::QueueId;
use super::pipe::PipeId;
use super::process::Pid;
use crate::abi::SignalSet;

/// Which children a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// Any child.
    Any,
    /// One child.
    Pid(Pid),
    /// The children of one process group.
    Group(Pid),
}

/// What a blocked process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// A change of a child.
    Child(Which),
    /// Bytes, or the end of file, in a pipe.
    PipeReadable(PipeId, FileId),
    /// Room in a pipe.
    PipeWritable(PipeId, FileId),
    /// A message in a queue.
    QueueNotEmpty(QueueId, FileId),
    /// Room in a queue.
    QueueNotFull(QueueId, FileId),
    /// Somebody who opens a named pipe for reading.
    FifoReader(PipeId),
    /// Somebody who opens a named pipe for writing.
    FifoWriter(PipeId),
    /// One of several descriptors to be ready (`poll`).
    Poll,
    /// A line from the terminal.
    Terminal,
    /// The clock.
    Sleep,
    /// A signal that runs a handler (`pause`, `sigsuspend`).
    Signal,
    /// A pending signal of the set (`sigwait`).
    SignalOf(SignalSet),
}
