//! Which steps may go first and alone: those whose order among the steps of all others makes no difference, now or later. What the others
//! may still do is read from their futures; where in doubt, a step is not taken alone.

use super::component::{Component, REST, Slot, pipe_slot};
use super::futures::{Calls, Future, Futures, Prints};
use super::schedule::Act;
use super::stepper::{Pause, Sleep, Stepper, argument, timers_of};
use super::survey::Want;
use super::worker::Next;
use crate::abi::{Builtin, Signal};
use crate::kernel::file::Kind;
use crate::kernel::pipe::{Pipe, PipeId};
use crate::kernel::process::{Process, State};
use crate::kernel::{Pid, param};

/// What a search has to know of a process as it stands, whatever the others do.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) pid: Pid,
    /// What it can do next, but for its timers.
    pub(crate) acts: Vec<Act>,
    /// Its timers, with their ticks.
    pub(crate) timers: Vec<(u64, Act)>,
    /// It runs for ever without a visible act.
    pub(crate) spins: bool,
    /// It is a process of the program's that has not ended.
    lives: bool,
    /// Signals or an alarm are on their way to it.
    restless: bool,
    future: Future,
    parent: Pid,
    children: Vec<Pid>,
    /// What it does when a child ends is what everybody does.
    calm_parent: bool,
    /// The pipes that it could read.
    reads: Vec<PipeId>,
    privacy: Privacy,
}

/// Who can notice a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privacy {
    /// Perhaps somebody.
    Never,
    /// Nobody, unless another makes one of these calls.
    Unless(Calls),
    /// It ends: nobody, if nobody is left to look.
    Ends,
    /// It reads from this pipe. If that is empty and nobody else can read it, it will sleep, and nobody can tell whether it sleeps
    /// already.
    Reads(PipeId),
    /// It waits for this child, or for any. If none has ended it will sleep, and nobody can tell whether it sleeps already; if the
    /// one that it will collect has ended, that one is collected, whatever happens before.
    Waits(Option<Pid>),
}

/// Steps that may go alone, all of one process, provided that they print nothing but what agrees with what others may print.
#[derive(Debug)]
pub(crate) struct Alone {
    /// Their process's place among all.
    pub(crate) process: usize,
    /// What the others may print.
    pub(crate) others: Prints,
}

/// Calls by which a process can be told apart from others by somebody else, or can act on somebody else's signals.
const MEDDLING: &[Builtin] = &[
    Builtin::Kill,
    Builtin::Killpg,
    Builtin::MqNotify,
    Builtin::Setpgid,
    Builtin::Setsid,
    Builtin::Tcsetpgrp,
    Builtin::Tcsetattr,
    Builtin::Getpgid,
    Builtin::Getsid,
    Builtin::Ps,
    Builtin::Pstree,
];

/// Calls whose result depends on the time, or on how long they slept.
const TIMES: &[Builtin] = &[
    Builtin::Time,
    Builtin::Now,
    Builtin::Clock,
    Builtin::Alarm,
    Builtin::MqTimedreceive,
    Builtin::MqTimedsend,
    Builtin::Poll,
    Builtin::Sleep,
    Builtin::Usleep,
    Builtin::Nanosleep,
];

/// Calls that a parent can learn of a child's end by.
const WAITS: &[Builtin] = &[
    Builtin::Wait,
    Builtin::Waitpid,
    Builtin::SignalCall,
    Builtin::Sigaction,
    Builtin::Sigprocmask,
    Builtin::Sigpending,
    Builtin::Sigsuspend,
    Builtin::Sigwait,
];

impl Facts {
    /// The facts of a process that the machine has loaded.
    pub(crate) fn of(stepper: &mut Stepper, futures: &mut Futures, pid: Pid) -> Option<Facts> {
        let mut too_many = false;
        let process = stepper.machine.table.get(pid)?;
        let signals = &process.signals;
        let facts = Facts {
            pid,
            acts: stepper.acts(process, &mut too_many),
            timers: timers_of(process),
            spins: process.state == State::Ready && stepper.spins(process),
            lives: process.ppid.0 != 0 && process.state != State::Zombie,
            restless: process.alarm.is_some() || !signals.pending.is_empty() || signals.doomed.is_some(),
            future: futures.of(process),
            parent: process.ppid,
            children: process.children.iter().collect(),
            calm_parent: pid.0 == param::INIT || signals.action(Signal::SIGCHLD) == Default::default(),
            reads: readable_pipes(stepper, process),
            privacy: privacy(stepper, process),
        };
        stepper.too_many_choices |= too_many;
        Some(facts)
    }
}

/// Whether no step at all may go alone, for reasons that lie with all processes together.
fn forbidden(rest: Option<&Component>, facts: &[&Facts], stepper: &Stepper) -> bool {
    let living = facts.iter().filter(|facts| facts.lives).count();
    living < 2
        || stepper.rules.instructions
        || !stepper.rules.faults.is_empty()
        || living as u64 * 4 > stepper.machine.config.max_processes
        || facts.iter().any(|facts| facts.lives && facts.restless)
        || match rest {
            Some(Component::Rest(rest)) => rest.stopped > 0 || rest.terminal.tostop || rest.registered,
            _ => true,
        }
}

/// Processes whose steps may go alone, the best first. `steps` are the acts of each that can happen, by their numbers among all.
pub(crate) fn alone<'a>(
    stepper: &Stepper,
    component: &dyn Fn(Slot) -> Option<&'a Component>,
    facts: &[&Facts],
    steps: &[Next],
    want: Want,
) -> Vec<Alone> {
    let rest = component(REST);
    if forbidden(rest, facts, stepper) {
        return Vec::new();
    }
    let meddling = Calls::of(MEDDLING);
    let mut found = Vec::new();
    for (at, own) in facts.iter().enumerate() {
        if own.privacy == Privacy::Never || !own.lives || !steps.iter().any(|(process, ..)| *process == at) {
            continue;
        }
        let others = || facts.iter().enumerate().filter(|(other, facts)| *other != at && facts.lives);
        let calls = others().fold(Calls::NONE, |calls, (_, facts)| calls.with(facts.future.calls));
        let private = match own.privacy {
            Privacy::Never => false,
            Privacy::Unless(unless) => !calls.meets(unless),
            Privacy::Ends => ends_unseen(facts, own, calls),
            Privacy::Reads(pipe) => {
                let alone = !others().any(|(_, facts)| facts.reads.contains(&pipe));
                alone && matches!(component(pipe_slot(pipe.0)), Some(Component::Pipe(pipe)) if will_sleep(pipe))
            }
            Privacy::Waits(child) => waits_unseen(facts, own, child),
        };
        if private && !calls.meets(meddling) {
            let prints = || others().fold(Prints::Nothing, |prints, (_, facts)| prints.with(&facts.future.prints));
            let others = match want {
                Want::Outputs => prints(),
                Want::Counts => Prints::Nothing,
                Want::Order => Prints::Anything,
            };
            found.push(Alone { process: at, others });
        }
    }
    found
}

/// Whether nobody can notice when a process ends: it has no children, holds no end of a pipe, and its parent does not look.
fn ends_unseen(facts: &[&Facts], own: &Facts, calls: Calls) -> bool {
    let find = |pid: Pid| facts.iter().find(|facts| facts.pid == pid);
    let lives = |child: &Pid| find(*child).is_some_and(|child| child.lives);
    if own.children.iter().any(lives) || calls.meets(Calls::of(&[Builtin::Getppid])) {
        return false;
    }
    let parent = find(own.parent);
    parent.is_none_or(|parent| parent.calm_parent && (!parent.lives || !parent.future.has(WAITS)))
}

/// Whether who reads from a pipe sleeps.
fn will_sleep(pipe: &Pipe) -> bool {
    pipe.is_empty() && pipe.writers > 0 && pipe.fifo.is_none()
}

/// Whether a wait comes to the same whenever it is made: see [`Privacy::Waits`]. The child of the lowest id is collected first.
fn waits_unseen(facts: &[&Facts], own: &Facts, child: Option<Pid>) -> bool {
    let ended = |pid: &Pid| facts.iter().any(|facts| facts.pid == *pid && !facts.lives);
    if !own.calm_parent {
        return false;
    }
    match child {
        Some(child) => own.children.contains(&child),
        None => own.children.first().is_some_and(ended) || !own.children.iter().any(ended),
    }
}

/// The pipes that a process could read.
fn readable_pipes(stepper: &Stepper, process: &Process) -> Vec<PipeId> {
    let machine = &stepper.machine;
    let files = machine.files.entries(process.files).filter_map(|(_, entry)| machine.open_file(entry.file));
    files
        .filter_map(|file| match file.kind {
            Kind::PipeRead(pipe) | Kind::PipeBoth(pipe) => Some(pipe),
            _ => None,
        })
        .collect()
}

/// Who can notice the next step of a process, but for what it prints on the terminal.
fn privacy(stepper: &Stepper, process: &Process) -> Privacy {
    // A handler of SIGCHLD runs when a child ends, whenever that is.
    if process.signals.handles(Signal::SIGCHLD) && !process.children.is_empty() {
        return Privacy::Never;
    }
    let nobody = Privacy::Unless(Calls::NONE);
    let adversarial = stepper.rules.sleep == Sleep::Adversarial;
    if let (State::Blocked(_), Some(call)) = (process.state, process.call.as_deref()) {
        let sleeps = matches!(call.request.builtin, Builtin::Sleep | Builtin::Usleep | Builtin::Nanosleep);
        let times = if stepper.tells_time { Calls::of(TIMES) } else { Calls::NONE };
        return if sleeps && adversarial { Privacy::Unless(times) } else { Privacy::Never };
    }
    if process.call.is_some() {
        return Privacy::Never;
    }
    if stepper.pauses.get(&process.pid) == Some(&Pause::Point) {
        return nobody;
    }
    stepper.next_call(process).map_or(Privacy::Never, |call| privacy_of_call(stepper, process, call))
}

/// Who can notice a call that a process stands before.
fn privacy_of_call(stepper: &Stepper, process: &Process, call: Builtin) -> Privacy {
    use Builtin::*;
    let private = match call {
        Read if argument(process, 2) > 0 => match stepper.machine.lookup(process.pid, argument(process, 1)) {
            Ok((_, file)) if !file.nonblocking() => match file.kind {
                Kind::PipeRead(pipe) => return Privacy::Reads(pipe),
                _ => false,
            },
            _ => false,
        },
        Wait if !process.children.is_empty() => return Privacy::Waits(None),
        Waitpid if argument(process, 2) == 0 => match argument(process, 1) {
            -1 if !process.children.is_empty() => return Privacy::Waits(None),
            child if child > 0 => {
                return u32::try_from(child).map_or(Privacy::Never, |pid| Privacy::Waits(Some(Pid(pid))));
            }
            _ => false,
        },
        Getpid | Getpgrp | Getenv | Setenv | Getrlimit | Isatty | Choose | Pipe | Pipe2 | Dup => true,
        Fork => return Privacy::Unless(Calls::of(&[Setrlimit])),
        Exit | ExitNow if only_terminals(stepper, process) => return Privacy::Ends,
        Rand => !stepper.rules.seeded,
        SignalCall | Sigaction | Sigprocmask | Sigpending => process.children.is_empty(),
        Sleep | Usleep | Nanosleep => stepper.rules.sleep == self::Sleep::Adversarial,
        Print | Printf | Fflush => on_terminal(stepper, process.pid, 1),
        Eprint | Eprintf | Perror => on_terminal(stepper, process.pid, 2),
        Write | Dprintf => on_terminal(stepper, process.pid, argument(process, 1)),
        _ => false,
    };
    if private { Privacy::Unless(Calls::NONE) } else { Privacy::Never }
}

/// Whether a process holds nothing open but the terminal.
fn only_terminals(stepper: &Stepper, process: &Process) -> bool {
    let terminal = |entry: &crate::kernel::file::Descriptor| {
        stepper.machine.open_file(entry.file).is_some_and(|file| file.kind.is_terminal())
    };
    stepper.machine.files.entries(process.files).all(|(_, entry)| terminal(entry))
}

fn on_terminal(stepper: &Stepper, pid: Pid, fd: i64) -> bool {
    matches!(stepper.machine.lookup(pid, fd).map(|(_, file)| file.kind), Ok(Kind::Terminal(_) | Kind::TerminalIn))
}
