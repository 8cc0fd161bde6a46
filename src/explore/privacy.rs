//! Who can notice the next step of a process, as far as the process itself tells, but for what it prints on the terminal.

use super::futures::{Calls, Futures};
use super::stepper::{Pause, Sleep, Stepper, argument};
use crate::abi::{Builtin, Signal};
use crate::kernel::Pid;
use crate::kernel::file::{Descriptor, Kind, OpenFile};
use crate::kernel::pipe::PipeId;
use crate::kernel::process::{Process, State};

/// Who can notice a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Privacy {
    /// Perhaps somebody.
    Never,
    /// Nobody, unless another makes one of these calls.
    Unless(Calls),
    /// It ends, and with it these ends of pipes are closed: nobody, if nobody is left to look.
    Ends(Ends),
    /// It closes these ends of pipes.
    Closes(Ends),
    /// It reads from this pipe. If that is empty and nobody else can read it, it will sleep, and nobody can tell whether it sleeps already; if
    /// there is as much as it wants, nobody can change that.
    Reads(PipeId, Wanted),
    /// It writes into this pipe. If everybody else who has an end of it sleeps until there is something to read, nobody can do anything about it.
    Writes(PipeId),
    /// It waits for this child, or for any. If none has ended it will sleep, and nobody can tell whether it sleeps already; if the
    /// one that it will collect has ended, that one is collected, whatever happens before.
    Waits(Option<Pid>),
    /// It waits for any child, and does not look at which it was.
    WaitsBlindly,
}

/// Ends of pipes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ends {
    /// Those that can be read.
    pub(super) read: Vec<PipeId>,
    /// Those that can be written.
    pub(super) written: Vec<PipeId>,
}

impl Ends {
    fn add(&mut self, kind: Kind) {
        if let Kind::PipeRead(pipe) | Kind::PipeBoth(pipe) = kind {
            self.read.push(pipe);
        }
        if let Kind::PipeWrite(pipe) | Kind::PipeBoth(pipe) = kind {
            self.written.push(pipe);
        }
    }

    /// Whether one of them is of this pipe.
    pub(super) fn has(&self, pipe: PipeId) -> bool {
        self.read.contains(&pipe) || self.written.contains(&pipe)
    }

    /// All that a process holds.
    pub(super) fn of(stepper: &Stepper, process: &Process) -> Ends {
        let mut ends = Ends::default();
        open_files(stepper, process).for_each(|(_, file)| ends.add(file.kind));
        ends
    }
}

/// How much a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// So many bytes.
    Bytes(usize),
    /// A line.
    Line,
}

/// What a process has open.
pub(super) fn open_files<'s>(
    stepper: &'s Stepper,
    process: &Process,
) -> impl Iterator<Item = (&'s Descriptor, &'s OpenFile)> {
    let machine = &stepper.machine;
    machine.files.entries(process.files).filter_map(|(_, entry)| Some((entry, machine.open_file(entry.file)?)))
}

/// Who can notice the next step of a process.
pub(super) fn privacy(stepper: &Stepper, futures: &mut Futures, process: &Process) -> Privacy {
    // A handler of SIGCHLD runs when a child ends, whenever that is.
    if process.signals.handles(Signal::SIGCHLD) && !process.children.is_empty() {
        return Privacy::Never;
    }
    if futures.waits_blindly(process) && !process.children.is_empty() {
        return Privacy::WaitsBlindly;
    }
    let nobody = Privacy::Unless(Calls::NONE);
    let adversarial = stepper.rules.sleep == Sleep::Adversarial;
    if let (State::Blocked(_), Some(call)) = (process.state, process.call.as_deref()) {
        let sleeps = matches!(call.request.builtin, Builtin::Sleep | Builtin::Usleep | Builtin::Nanosleep);
        let times = if stepper.tells_time { Calls::of(super::reduce::TIMES) } else { Calls::NONE };
        return if sleeps && adversarial { Privacy::Unless(times) } else { Privacy::Never };
    }
    if process.call.is_some() {
        return Privacy::Never;
    }
    if stepper.pauses.get(&process.pid) == Some(&Pause::Point) {
        return nobody;
    }
    stepper.next_call(process).map_or(Privacy::Never, |call| of_call(stepper, process, call))
}

/// Who can notice a call that a process stands before.
fn of_call(stepper: &Stepper, process: &Process, call: Builtin) -> Privacy {
    use Builtin::*;
    let kind = |fd: i64| stepper.machine.lookup(process.pid, fd).ok().map(|(_, file)| (file.kind, file.nonblocking()));
    let private = match call {
        Read if argument(process, 2) > 0 => match kind(argument(process, 1)) {
            Some((Kind::PipeRead(pipe), false)) => {
                return Privacy::Reads(pipe, Wanted::Bytes(argument(process, 2) as usize));
            }
            _ => false,
        },
        Getline => match kind(argument(process, 1)) {
            Some((Kind::PipeRead(pipe), false)) => return Privacy::Reads(pipe, Wanted::Line),
            _ => false,
        },
        Wait | Waitpid if process.children.is_empty() => true,
        Wait => return Privacy::Waits(None),
        Waitpid if argument(process, 2) == 0 => match argument(process, 1) {
            -1 => return Privacy::Waits(None),
            child if child > 0 => {
                return u32::try_from(child).map_or(Privacy::Never, |pid| Privacy::Waits(Some(Pid(pid))));
            }
            _ => false,
        },
        Getpid | Getpgrp | Getenv | Setenv | Getrlimit | Isatty | Choose | Pipe | Pipe2 | Dup => true,
        Fork => return Privacy::Unless(Calls::of(&[Setrlimit])),
        Exit | ExitNow if leaves_nothing(stepper, process, call) => {
            return Privacy::Ends(Ends::of(stepper, process));
        }
        Close => return closes(kind(argument(process, 1))),
        Dup2 if argument(process, 1) != argument(process, 2) => match kind(argument(process, 2)) {
            None => true,
            closed => return closes(closed),
        },
        Rand => !stepper.rules.seeded,
        SignalCall | Sigaction | Sigprocmask | Sigpending => process.children.is_empty(),
        Sleep | Usleep | Nanosleep => stepper.rules.sleep == self::Sleep::Adversarial,
        Print | Printf | Fflush => return writes(kind(1)),
        Eprint | Eprintf | Perror => return writes(kind(2)),
        Write | Dprintf => return writes(kind(argument(process, 1))),
        _ => false,
    };
    if private { Privacy::Unless(Calls::NONE) } else { Privacy::Never }
}

/// Who can notice that a descriptor is closed.
fn closes(kind: Option<(Kind, bool)>) -> Privacy {
    let mut ends = Ends::default();
    match kind {
        Some((kind @ (Kind::PipeRead(_) | Kind::PipeWrite(_)), _)) => ends.add(kind),
        Some((Kind::PipeBoth(_), _)) => return Privacy::Never,
        _ => return Privacy::Unless(Calls::NONE),
    }
    Privacy::Closes(ends)
}

fn writes(kind: Option<(Kind, bool)>) -> Privacy {
    match kind {
        Some((Kind::Terminal(_) | Kind::TerminalIn, _)) => Privacy::Unless(Calls::NONE),
        Some((Kind::PipeWrite(pipe), false)) => Privacy::Writes(pipe),
        _ => Privacy::Never,
    }
}

/// Whether the end of a process is nothing but its end: it leaves no text in the buffer that goes anywhere but to the terminal, and holds no
/// end of a named pipe.
fn leaves_nothing(stepper: &Stepper, process: &Process, call: Builtin) -> bool {
    let kind = stepper.machine.lookup(process.pid, 1).ok().map(|(_, file)| file.kind);
    let flushes = call == Builtin::Exit && !process.stdio.buffered().is_empty();
    (!flushes || kind.is_some_and(Kind::is_terminal))
        && open_files(stepper, process).all(|(_, file)| !matches!(file.kind, Kind::PipeBoth(_)))
}
