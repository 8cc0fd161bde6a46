//! Which steps may go first and alone: those whose order among the steps of all others makes no difference, now or later. What the others
//! may still do is read from their futures; where in doubt, a step is not taken alone.

use super::component::{Component, REST, Slot, pipe_slot};
use super::futures::{Calls, Future, Futures, Prints};
use super::privacy::{Ends, Privacy, Wanted, open_files, privacy};
use super::schedule::Act;
use super::stepper::{Stepper, timers_of};
use super::survey::Want;
use super::worker::Next;
use crate::abi::{Builtin, Signal};
use crate::kernel::file::Kind;
use crate::kernel::pipe::{Pipe, PipeId};
use crate::kernel::process::State;
use crate::kernel::wait::WaitFor;
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
    /// The ends of pipes that it holds.
    ends: Ends,
    /// Whether it may write into one of them: it has one as standard output or error, or a call ahead that writes anywhere.
    writes: bool,
    /// Whether it waits for what it reads, on all of them.
    patient: bool,
    /// The pipe that it sleeps at until there is something to read.
    asleep_at: Option<PipeId>,
    privacy: Privacy,
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
pub(super) const TIMES: &[Builtin] = &[
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

/// Calls that write into any descriptor, or make another one standard output.
const WRITING: &[Builtin] = &[Builtin::Write, Builtin::Dprintf, Builtin::Dup, Builtin::Dup2, Builtin::Fcntl];

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
        let future = futures.of(process);
        let piped = [1, 2].into_iter().any(|fd| {
            stepper
                .machine
                .lookup(pid, fd)
                .is_ok_and(|(_, file)| matches!(file.kind, Kind::PipeWrite(_) | Kind::PipeBoth(_)))
        });
        let facts = Facts {
            pid,
            writes: piped || future.has(WRITING),
            acts: stepper.acts(process, &mut too_many),
            timers: timers_of(process),
            spins: process.state == State::Ready && stepper.spins(process),
            lives: process.ppid.0 != 0 && process.state != State::Zombie,
            restless: process.alarm.is_some() || !signals.pending.is_empty() || signals.doomed.is_some(),
            future,
            parent: process.ppid,
            children: process.children.iter().collect(),
            calm_parent: pid.0 == param::INIT || signals.action(Signal::SIGCHLD) == Default::default(),
            ends: Ends::of(stepper, process),
            patient: open_files(stepper, process).all(|(_, file)| !file.nonblocking()),
            asleep_at: match process.state {
                State::Blocked(WaitFor::PipeReadable(pipe, _)) => Some(pipe),
                _ => None,
            },
            privacy: privacy(stepper, futures, process),
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
        let all = Others { facts, at, calls };
        let pipe = |pipe: PipeId| match component(pipe_slot(pipe.0)) {
            Some(Component::Pipe(pipe)) if pipe.fifo.is_none() => Some(pipe),
            _ => None,
        };
        let private = match &own.privacy {
            Privacy::Never => false,
            Privacy::Unless(unless) => !calls.meets(*unless),
            Privacy::Ends(ends) => ends_unseen(&all, own) && closes_unseen(&all, ends, &pipe),
            Privacy::Closes(ends) => closes_unseen(&all, ends, &pipe),
            Privacy::Reads(id, wanted) => pipe(*id).is_some_and(|pipe| reads_unseen(&all, *id, pipe, *wanted)),
            Privacy::Writes(id) => pipe(*id).is_some() && writes_unseen(&all, own, *id),
            Privacy::Waits(child) => waits_unseen(facts, own, *child),
            // Whom it has collected shows where it asks for one of its children by name.
            Privacy::WaitsBlindly => own.calm_parent && !own.future.has(WAITS) && !own.future.calls.meets(meddling),
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

/// Calls by which it can be told whether a pipe is ready, without waiting for it.
const ASKING: &[Builtin] = &[Builtin::Poll, Builtin::Fcntl];

/// All processes but one, and what these may still do.
struct Others<'f> {
    facts: &'f [&'f Facts],
    at: usize,
    calls: Calls,
}

impl Others<'_> {
    fn iter(&self) -> impl Iterator<Item = &Facts> {
        self.facts.iter().enumerate().filter(|(at, facts)| *at != self.at && facts.lives).map(|(_, facts)| *facts)
    }

    /// Whether one of them could read from a pipe.
    fn read(&self, pipe: PipeId) -> bool {
        self.iter().any(|facts| facts.ends.read.contains(&pipe))
    }

    /// How many of them could write into a pipe.
    fn writers(&self, pipe: PipeId) -> usize {
        self.iter().filter(|facts| facts.ends.written.contains(&pipe)).count()
    }

    /// Whether one of them may write into a pipe.
    fn write(&self, pipe: PipeId) -> bool {
        self.iter().any(|facts| facts.writes && facts.ends.written.contains(&pipe))
    }

    /// Whether all of them wait for pipes, and never ask whether one is ready.
    fn wait_for_pipes(&self) -> bool {
        !self.calls.meets(Calls::of(ASKING)) && self.iter().all(|facts| facts.patient)
    }
}

/// Whether nobody can notice when a process ends, but for the pipes that it closes: it has no children, and its parent does not look.
fn ends_unseen(others: &Others<'_>, own: &Facts) -> bool {
    let find = |pid: Pid| others.facts.iter().find(|facts| facts.pid == pid);
    let lives = |child: &Pid| find(*child).is_some_and(|child| child.lives);
    if own.children.iter().any(lives) || others.calls.meets(Calls::of(&[Builtin::Getppid])) {
        return false;
    }
    let parent = find(own.parent);
    parent.is_none_or(|parent| parent.calm_parent && (!parent.lives || !parent.future.has(WAITS)))
}

/// Whether nobody can notice when ends of pipes are closed. Whoever reads sleeps until the last write end is closed, and cannot tell when the
/// others were; whoever writes can tell when the last reader has gone.
fn closes_unseen<'a>(others: &Others<'_>, ends: &Ends, pipe: &dyn Fn(PipeId) -> Option<&'a Pipe>) -> bool {
    let all = || ends.read.iter().chain(&ends.written);
    all().all(|id| pipe(*id).is_some())
        && (all().next().is_none() || others.wait_for_pipes())
        && !ends.read.iter().any(|id| others.write(*id))
}

/// Whether a read comes to the same whenever it is made: nobody else can read, and it will sleep or finds what it wants. Who waits for room
/// is woken by it, and must be the only one: of several another may be quicker.
fn reads_unseen(others: &Others<'_>, id: PipeId, pipe: &Pipe, wanted: Wanted) -> bool {
    let ready = match wanted {
        Wanted::Bytes(count) => pipe.len() >= count,
        Wanted::Line => pipe.has_line(),
    };
    let satisfied = ready && others.writers(id) <= 1 && others.wait_for_pipes();
    let will_sleep = pipe.is_empty() && pipe.writers > 0;
    !others.read(id) && (satisfied || will_sleep)
}

/// Whether a write comes to the same whenever it is made: there is a reader, and everybody else who has an end of the pipe sleeps until
/// somebody writes.
fn writes_unseen(others: &Others<'_>, own: &Facts, id: PipeId) -> bool {
    let asleep = |facts: &Facts| facts.asleep_at == Some(id);
    others.iter().filter(|facts| facts.ends.has(id)).all(asleep)
        && (own.ends.read.contains(&id) || others.iter().any(asleep))
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
