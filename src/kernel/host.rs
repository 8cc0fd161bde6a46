//! What the machine needs of the world outside: its terminal, its program files, an observer. The kernel knows only this trait.

use super::event::Event;
use super::process::Process;
use crate::abi::{Builtin, Errno, Signal};
use crate::bytecode::image::Verified;
use crate::vm::Fault;

/// Which of the terminal's streams; on a real terminal both end on one screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// What descriptor 1 is opened to.
    Out,
    /// What descriptor 2 is opened to.
    Err,
}

/// What the host has to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Some bytes, never none.
    Bytes(Vec<u8>),
    /// The end of the input, for good.
    End,
    /// Nothing yet; more may come. Never the answer where the machine asked the host to wait.
    NotYet,
}

/// Something from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// A key of the terminal: SIGINT or SIGTSTP to the foreground group.
    Key(Signal),
    /// The run is to end now.
    Quit,
}

/// A process that a fault is about to kill.
#[derive(Debug)]
pub struct Crash<'a> {
    /// The tick.
    pub tick: u64,
    /// The process, its context still there.
    pub process: &'a Process,
    /// What it did.
    pub fault: &'a Fault,
    /// How often in a row its handler has come back to it; 0 where the fault kills.
    pub again: u64,
    /// Where it last read, where that met the end of a file.
    pub end: Option<crate::source::Span>,
}

/// The machine's memory has run out, and a process is about to be killed for it.
#[derive(Debug)]
pub struct OutOfMemory {
    /// Who, and where.
    pub by: super::ledger::Act,
    /// The memory of the machine in bytes.
    pub limit: u64,
    /// How many processes share it.
    pub processes: u64,
    /// Who uses most: roles, ids and bytes, the largest first.
    pub largest: Vec<(String, super::process::Pid, u64)>,
}

/// A process that makes a call over and over, and always in vain.
#[derive(Debug)]
pub struct Repeated {
    /// Who, and where.
    pub by: super::ledger::Act,
    /// Which call.
    pub builtin: Builtin,
    /// Why it fails; none where it does not fail, and has come to the end of a file.
    pub errno: Option<Errno>,
    /// How often in a row by now; for a fork that meets the limit of processes, how many there are.
    pub count: u64,
    /// How often it has slept in between.
    pub sleeps: u64,
    /// The wait that last collected a child of it.
    pub collected: Option<super::process::Deed>,
    /// What a poll has found, where it is one that answers at once.
    pub ready: Option<i64>,
    /// The call that made the pipe that nobody reads any more, and who has closed its last read end.
    pub broken: Option<(super::process::Deed, Option<super::ledger::Act>)>,
}

/// A process that goes round a loop which only waits, and nobody can end that any more.
#[derive(Debug)]
pub struct Endless {
    /// Who, and the loop.
    pub by: super::ledger::Act,
    /// How often it has gone round.
    pub turns: u64,
    /// Whether it asks the kernel in each turn.
    pub asks: bool,
    /// A child of it that has ended and was not waited for, where it asks.
    pub zombie: Option<std::sync::Arc<super::process::Lineage>>,
    /// Whether other processes are left, which all wait.
    pub others: bool,
}

impl Repeated {
    /// A call of a process, of which nothing else is known.
    pub(crate) fn of(by: super::ledger::Act, builtin: Builtin) -> Repeated {
        Repeated { by, builtin, errno: None, count: 0, sleeps: 0, collected: None, ready: None, broken: None }
    }
}

/// What lies in the script's directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostNode {
    /// A regular file of so many bytes.
    File(u64),
    /// A directory.
    Directory,
}

/// The world outside.
pub trait Host {
    /// Writes to the terminal; how many bytes went, or why not.
    ///
    /// # Errors
    /// `EIO` where the real output is gone.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Errno>;

    /// Reads from the terminal's line discipline: up to `max` bytes, waiting for them where `wait` is set.
    fn read(&mut self, max: usize, wait: bool) -> Input;

    /// Loads a program by the name a script gave it.
    ///
    /// # Errors
    /// As execve(2): ENOENT, EACCES, ENOTDIR, ENOEXEC.
    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno>;

    /// Compiles a program that a script wrote itself.
    ///
    /// # Errors
    /// As execve(2): ENOEXEC where it is no program.
    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        let _ = (name, text);
        Err(Errno::ENOEXEC)
    }

    /// What a path below the script's directory leads to, the empty path being that directory; none where there is nothing, or
    /// where it leads out.
    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        let _ = path;
        None
    }

    /// The names in a directory below the script's.
    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        let _ = path;
        Vec::new()
    }

    /// The contents of a file below the script's directory.
    ///
    /// # Errors
    /// EACCES where it may not be read, EFBIG where it has more than `most` bytes.
    fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        let _ = (path, most);
        Err(Errno::EACCES)
    }

    /// Something from outside, if there is anything; asked between quanta.
    fn poll(&mut self) -> Option<Outside> {
        None
    }

    /// Told that a fault kills a process, while the process can still be looked at, or that it comes back to one for ever.
    fn fault(&mut self, crash: &Crash<'_>) {
        let _ = crash;
    }

    /// Told that a process is about to be killed, since the machine's memory has run out.
    fn out_of_memory(&mut self, out: &OutOfMemory) {
        let _ = out;
    }

    /// Told of a loop that only waits, where nobody is left who could end it.
    fn spins(&mut self, endless: &Endless) {
        let _ = endless;
    }

    /// Told of a call that has failed very often in a row.
    fn repeated(&mut self, repeated: &Repeated) {
        let _ = repeated;
    }

    /// The run is over: everything written must be on its way.
    fn finish(&mut self) {}

    /// Told of every process that has gone for good, with its accounts.
    fn ended(&mut self, process: &Process) {
        let _ = process;
    }

    /// Told of every event whose kind [`super::Config::watch`] asks for.
    fn event(&mut self, event: &Event) {
        let _ = event;
    }
}
