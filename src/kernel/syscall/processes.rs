//! System calls on processes, groups, sessions, the environment and limits.

use std::sync::Arc;

use super::super::call::{Call, Outcome, Value};
use super::super::exit::Waited;
use super::super::group::pid_of;
use super::super::machine::Machine;
use super::super::process::{Pid, ResourceLimits};
use super::super::wait::Which;
use super::{int, rest_of_strings, store_int, string, strings};
use crate::abi::constant::{RLIMIT_DATA, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK, WCONTINUED, WNOHANG, WUNTRACED};
use crate::abi::{Errno, Status};

pub(crate) fn fork(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match machine.fork(me) {
        Ok(child) => {
            store_int(machine, child, call, 0);
            Outcome::Int(i64::from(child.0))
        }
        Err(errno) => Outcome::Fail(errno),
    }
}

fn exec_with(machine: &mut Machine, me: Pid, path: &[u8], argv: &[Vec<u8>]) -> Outcome {
    match machine.exec(me, path, argv) {
        Ok(()) => Outcome::Gone,
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn exec(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let argv = rest_of_strings(machine, me, call, 0);
    let path = argv.first().cloned().unwrap_or_default();
    exec_with(machine, me, &path, &argv)
}

pub(crate) fn execv(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let path = string(machine, me, call, 0);
    let mut argv = strings(machine, me, call, 1);
    if argv.is_empty() {
        // Linux since 5.18 gives a program started with no argument an empty argv[0].
        argv.push(Vec::new());
    }
    exec_with(machine, me, &path, &argv)
}

pub(crate) fn execl(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let path = string(machine, me, call, 0);
    let argv = rest_of_strings(machine, me, call, 1);
    exec_with(machine, me, &path, &argv)
}

pub(crate) fn exit(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    if let Outcome::Block(reason) = machine.flush_stdio(me, call) {
        return Outcome::Block(reason);
    }
    _exit(machine, me, call)
}

pub(crate) fn _exit(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let code = int(machine, me, call, 0);
    if !(-1..=255).contains(&code)
        && machine.ledger.on
        && let Some(by) = machine.act(me)
    {
        machine.ledger.cut_code(by, code);
    }
    machine.die(me, Status::exited(code));
    Outcome::Gone
}

fn wait_outcome(waited: Result<Waited, Errno>) -> Outcome {
    match waited {
        Ok(Waited::Child(pid, status)) => Outcome::Child(pid.0, status),
        Ok(Waited::Nobody) => Outcome::Int(0),
        Ok(Waited::Sleep(reason)) => Outcome::Block(reason),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn wait(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    wait_outcome(machine.wait_for(me, Which::Any, 0))
}

pub(crate) fn waitpid(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (pid, options) = (int(machine, me, call, 0), int(machine, me, call, 1));
    if options & !(WNOHANG | WUNTRACED | WCONTINUED) != 0 {
        return Outcome::Fail(Errno::EINVAL);
    }
    let which = match pid {
        -1 => Which::Any,
        0 => Which::Group(machine.process(me).pgid),
        pid if pid <= i64::from(i32::MIN) => return Outcome::Fail(Errno::ESRCH),
        pid if pid < 0 => match pid_of(-pid) {
            Some(pgid) => Which::Group(pgid),
            None => return Outcome::Fail(Errno::ECHILD),
        },
        pid => match pid_of(pid) {
            Some(pid) => Which::Pid(pid),
            None => return Outcome::Fail(Errno::ECHILD),
        },
    };
    wait_outcome(machine.wait_for(me, which, options))
}

pub(crate) fn getpid(_machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    Outcome::Int(i64::from(me.0))
}

pub(crate) fn getppid(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    if machine.ledger.on && machine.process(me).adopted {
        let at = machine.deed(me).span;
        machine.ledger.ask_parent(me, at);
    }
    machine.note_question(me);
    Outcome::Int(i64::from(machine.process(me).ppid.0))
}

pub(crate) fn getpgrp(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    Outcome::Int(i64::from(machine.process(me).pgid.0))
}

/// The process that an argument names, 0 for the caller.
fn named(machine: &Machine, me: Pid, pid: i64) -> Option<Pid> {
    let pid = if pid == 0 { me } else { pid_of(pid)? };
    machine.table.get(pid).map(|process| process.pid)
}

pub(crate) fn getpgid(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match named(machine, me, int(machine, me, call, 0)) {
        Some(pid) => Outcome::Int(i64::from(machine.process(pid).pgid.0)),
        None => Outcome::Fail(Errno::ESRCH),
    }
}

pub(crate) fn getsid(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match named(machine, me, int(machine, me, call, 0)) {
        Some(pid) => Outcome::Int(i64::from(machine.process(pid).sid.0)),
        None => Outcome::Fail(Errno::ESRCH),
    }
}

pub(crate) fn setpgid(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (pid, pgid) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let outcome: Outcome = machine.setpgid(me, pid, pgid).into();
    if let (Outcome::Int(_), Some(of)) = (&outcome, named(machine, me, pid)) {
        let at = machine.deed(me).span;
        machine.ledger.group(of, at);
    }
    outcome
}

pub(crate) fn setsid(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    machine.setsid(me).into()
}

pub(crate) fn tcgetpgrp(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    match machine.terminal_of(me, fd) {
        Err(errno) => Outcome::Fail(errno),
        Ok(()) if machine.terminal.session != Some(machine.process(me).sid) => Outcome::Fail(Errno::ENOTTY),
        Ok(()) => Outcome::Int(i64::from(machine.terminal.foreground.0)),
    }
}

pub(crate) fn tcsetpgrp(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, pgid) = (int(machine, me, call, 0), int(machine, me, call, 1));
    match machine.terminal_of(me, fd) {
        Err(errno) => Outcome::Fail(errno),
        Ok(()) => machine.set_foreground(me, pgid),
    }
}

pub(crate) fn sched_yield(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    machine.ledger.sleep(me);
    machine.note_question(me);
    Outcome::Yield(0)
}

/// nice(2) for an ordinary user: raising only; held to -20..19 (NICE-01 to NICE-03).
pub(crate) fn nice(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let by = int(machine, me, call, 0);
    let process = machine.process_mut(me);
    let wanted = i64::from(process.nice).saturating_add(by).clamp(-20, 19);
    if wanted < i64::from(process.nice) {
        return Outcome::Fail(Errno::EPERM);
    }
    process.nice = wanted as i8;
    Outcome::Int(wanted)
}

pub(crate) fn getenv(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let name = string(machine, me, call, 0);
    let value = machine.process(me).environment.get(&name).cloned().unwrap_or_default();
    Outcome::Parts(vec![Value::Bytes(value)])
}

pub(crate) fn setenv(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (name, value) = (string(machine, me, call, 0), string(machine, me, call, 1));
    if name.is_empty() || name.contains(&b'=') {
        return Outcome::Fail(Errno::EINVAL);
    }
    let process = machine.process_mut(me);
    let used: usize = process.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    if used + name.len() + value.len() > super::super::param::ARG_MAX {
        return Outcome::Fail(Errno::ENOMEM);
    }
    Arc::make_mut(&mut process.environment).insert(name, value);
    Outcome::Int(0)
}

/// The soft and hard limit that a resource's number names.
fn limit_of(limits: &mut ResourceLimits, resource: i64) -> Option<&mut (u64, u64)> {
    match resource {
        RLIMIT_NPROC => Some(&mut limits.processes),
        RLIMIT_NOFILE => Some(&mut limits.files),
        RLIMIT_STACK => Some(&mut limits.stack),
        RLIMIT_DATA => Some(&mut limits.heap),
        _ => None,
    }
}

pub(crate) fn getrlimit(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let resource = int(machine, me, call, 0);
    let mut limits = *machine.process(me).limits;
    match limit_of(&mut limits, resource) {
        Some((soft, hard)) => Outcome::Parts(vec![Value::Int(0), Value::Int(*soft as i64), Value::Int(*hard as i64)]),
        None => Outcome::Fail(Errno::EINVAL),
    }
}

pub(crate) fn setrlimit(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (resource, wanted) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let mut limits = *machine.process(me).limits;
    let Some((soft, hard)) = limit_of(&mut limits, resource) else { return Outcome::Fail(Errno::EINVAL) };
    let Ok(wanted) = u64::try_from(wanted) else { return Outcome::Fail(Errno::EINVAL) };
    if wanted > *hard {
        return Outcome::Fail(Errno::EPERM);
    }
    *soft = wanted;
    let (stack, heap) = (limits.stack.0, limits.heap.0);
    let process = machine.process_mut(me);
    process.limits = Arc::new(limits);
    if let Some(context) = process.context.as_deref_mut() {
        context.limits = crate::vm::Limits { stack, heap };
    }
    Outcome::Int(0)
}
