//! Which steps may go first and alone: those whose order among the steps of all others makes no difference, now or later. What the others
//! may still do is read from their futures; where in doubt, a step is not taken alone.

use super::futures::{Future, Futures, Prints};
use super::schedule::{Act, Step};
use super::stepper::{Pause, Sleep, Stepper};
use super::survey::Want;
use crate::abi::{Builtin, Signal};
use crate::bytecode::op::Op;
use crate::kernel::Pid;
use crate::kernel::file::Kind;
use crate::kernel::process::{Process, State};

/// Steps that may go alone, all of one process, provided that they print nothing but what agrees with what others may print.
#[derive(Debug)]
pub(crate) struct Alone {
    /// Their places among all steps.
    pub(crate) steps: Vec<usize>,
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

/// Calls that tell the time.
const TIMES: &[Builtin] =
    &[Builtin::Time, Builtin::Now, Builtin::Clock, Builtin::Alarm, Builtin::MqTimedreceive, Builtin::MqTimedsend];

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

/// Sets of steps that may go alone, the best first.
pub(crate) fn alone(stepper: &Stepper, futures: &mut Futures, steps: &[Step], want: Want) -> Vec<Alone> {
    let machine = &stepper.machine;
    let processes: Vec<&Process> =
        machine.processes().filter(|process| process.ppid.0 != 0 && process.state != State::Zombie).collect();
    if processes.len() < 2 || stepper.rules.instructions || !stepper.rules.faults.is_empty() {
        return Vec::new();
    }
    if processes.iter().any(|process| {
        process.alarm.is_some() || !process.signals.pending.is_empty() || process.signals.doomed.is_some()
    }) || machine.stopped > 0
        || machine.terminal.tostop
        || machine.queues.iter().any(|(_, queue)| queue.registration.is_some())
        || processes.len() as u64 * 4 > machine.config.max_processes
    {
        return Vec::new();
    }
    let ahead: Vec<Future> = processes.iter().map(|process| futures.of(process)).collect();
    let mut found = Vec::new();
    for (at, process) in processes.iter().enumerate() {
        let own: Vec<usize> = (0..steps.len()).filter(|step| steps[*step].pid == process.pid).collect();
        if own.is_empty() {
            continue;
        }
        let mut others = Future::default();
        for (other, future) in ahead.iter().enumerate() {
            if other != at {
                others.add(future);
            }
        }
        if others.has(MEDDLING) {
            continue;
        }
        let parent = processes.iter().position(|other| other.pid == process.ppid).map(|parent| &ahead[parent]);
        let act = steps[own[0]].act;
        if is_private(stepper, process, act, &others, parent) {
            let others = match want {
                Want::Outputs => others.prints,
                Want::Counts => Prints::Nothing,
                Want::Order => Prints::Anything,
            };
            found.push(Alone { steps: own, others });
        }
    }
    found
}

/// Whether a step of a process can be noticed by no other, but for what it prints on the terminal.
fn is_private(stepper: &Stepper, process: &Process, act: Act, others: &Future, parent: Option<&Future>) -> bool {
    // A handler of SIGCHLD runs when a child ends, whenever that is.
    let disturbed = process.signals.handles(Signal::SIGCHLD) && !process.children.is_empty();
    if disturbed {
        return false;
    }
    let adversarial = stepper.rules.sleep == Sleep::Adversarial;
    if act == Act::Wake {
        return adversarial
            && !others.has(TIMES)
            && process.call.as_deref().is_some_and(|call| {
                matches!(call.request.builtin, Builtin::Sleep | Builtin::Usleep | Builtin::Nanosleep)
            });
    }
    if process.call.is_some() || matches!(act, Act::Alarm | Act::Fail(_)) {
        return false;
    }
    let at_point = stepper.pauses.get(&process.pid) == Some(&Pause::Point);
    if at_point {
        return true;
    }
    let Some(call) = stepper.next_call(process) else { return false };
    is_private_call(stepper, process, call, others, parent, adversarial)
}

/// Whether a call that a process stands before can be noticed by no other.
fn is_private_call(
    stepper: &Stepper,
    process: &Process,
    call: Builtin,
    others: &Future,
    parent: Option<&Future>,
    adversarial: bool,
) -> bool {
    use Builtin::*;
    match call {
        Getpid | Getpgrp | Getenv | Setenv | Getrlimit | Isatty | Choose => true,
        Rand => !stepper.rules.seeded,
        SignalCall | Sigaction | Sigprocmask | Sigpending => process.children.is_empty(),
        Fork => !others.has(&[Setrlimit]),
        Pipe | Pipe2 | Dup => true,
        Sleep | Usleep | Nanosleep => adversarial,
        Print | Printf | Fflush => on_terminal(stepper, process.pid, 1),
        Eprint | Eprintf | Perror => on_terminal(stepper, process.pid, 2),
        Write | Dprintf => on_terminal(stepper, process.pid, argument(process)),
        Exit | ExitNow => ends_unseen(stepper, process, others, parent),
        _ => false,
    }
}

/// Whether nobody can notice when a process ends: it has no children, holds no end of a pipe, and its parent does not look.
fn ends_unseen(stepper: &Stepper, process: &Process, others: &Future, parent: Option<&Future>) -> bool {
    let living = |child: Pid| stepper.machine.table.get(child).is_some_and(|child| child.state != State::Zombie);
    if process.children.iter().any(living) || others.has(&[Builtin::Getppid]) {
        return false;
    }
    let terminal = |entry: &crate::kernel::file::Descriptor| {
        stepper.machine.open_file(entry.file).is_some_and(|file| file.kind.is_terminal())
    };
    if !stepper.machine.files.entries(process.files).all(|(_, entry)| terminal(entry)) {
        return false;
    }
    let looks = stepper.machine.table.get(process.ppid).is_some_and(|parent| {
        parent.pid.0 != crate::kernel::param::INIT && parent.signals.action(Signal::SIGCHLD) != Default::default()
    });
    !looks && parent.is_none_or(|parent| !parent.has(WAITS))
}

fn on_terminal(stepper: &Stepper, pid: Pid, fd: i64) -> bool {
    matches!(stepper.machine.lookup(pid, fd).map(|(_, file)| file.kind), Ok(Kind::Terminal(_) | Kind::TerminalIn))
}

/// The first argument of the call that a process stands before.
fn argument(process: &Process) -> i64 {
    let Some(context) = process.context.as_deref() else { return -1 };
    match context.image.code.get(context.pc as usize) {
        Some(i) if i.op == Op::Syscall => context.register(i.a.wrapping_add(1)) as i64,
        _ => -1,
    }
}
