//! System calls on files, directories and named pipes, and poll.

use super::super::call::{Call, Outcome, Value};
use super::super::fs::Body;
use super::super::machine::{Machine, Timer};
use super::super::open::How;
use super::super::process::Pid;
use super::super::wait::WaitFor;
use super::{given, int, ints, string};
use crate::abi::{Errno, TICKS_PER_SECOND};

/// The permissions of a new file or named pipe where none are given.
const FILE_MODE: i64 = 0o644;
/// The permissions of a new directory where none are given.
const DIRECTORY_MODE: i64 = 0o755;

/// The optional mode in argument `at`.
fn mode(machine: &Machine, me: Pid, call: &Call, at: usize, default: i64) -> i64 {
    if given(call) > at { int(machine, me, call, at) } else { default }
}

pub(crate) fn open(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let path = string(machine, me, call, 0);
    let how = How { flags: int(machine, me, call, 1), mode: mode(machine, me, call, 2, FILE_MODE) };
    machine.open_path(me, call, &path, how)
}

pub(crate) fn lseek(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, offset, whence) = (int(machine, me, call, 0), int(machine, me, call, 1), int(machine, me, call, 2));
    machine.seek(me, fd, offset, whence).into()
}

pub(crate) fn unlink(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (path, cwd) = (string(machine, me, call, 0), machine.process(me).cwd);
    machine.fs.unlink(&mut *machine.host, cwd, &path).map(|()| 0).into()
}

pub(crate) fn rename(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (old, new) = (string(machine, me, call, 0), string(machine, me, call, 1));
    let cwd = machine.process(me).cwd;
    machine.fs.rename(&mut *machine.host, cwd, &old, &new).map(|()| 0).into()
}

pub(crate) fn filesize(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (path, cwd) = (string(machine, me, call, 0), machine.process(me).cwd);
    match machine.fs.find(&mut *machine.host, cwd, &path) {
        Ok(node) if machine.fs.is_directory(node) => Outcome::Fail(Errno::EISDIR),
        Ok(node) => Outcome::Int(machine.fs.size(node) as i64),
        Err(errno) => Outcome::Fail(errno),
    }
}

fn make(machine: &mut Machine, me: Pid, call: &Call, body: Body, default: i64) -> Outcome {
    let (path, mode) = (string(machine, me, call, 0), mode(machine, me, call, 1, default));
    let cwd = machine.process(me).cwd;
    machine.fs.make(&mut *machine.host, cwd, &path, body, mode).map(|()| 0).into()
}

pub(crate) fn mkfifo(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    make(machine, me, call, Body::Fifo(None), FILE_MODE)
}

pub(crate) fn mkdir(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    make(machine, me, call, Body::empty_directory(), DIRECTORY_MODE)
}

pub(crate) fn rmdir(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (path, cwd) = (string(machine, me, call, 0), machine.process(me).cwd);
    machine.fs.rmdir(&mut *machine.host, cwd, &path).map(|()| 0).into()
}

pub(crate) fn readdir(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (path, cwd) = (string(machine, me, call, 0), machine.process(me).cwd);
    let host = &mut *machine.host;
    let names = machine.fs.find(host, cwd, &path).and_then(|dir| {
        machine.fs.allow(dir, super::super::fs::READ)?;
        machine.fs.names(host, dir)
    });
    match names {
        Ok(names) => Outcome::Parts(vec![Value::List(names)]),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn getcwd(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    match machine.fs.path_of(machine.process(me).cwd) {
        Ok(path) => Outcome::Parts(vec![Value::Bytes(path)]),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn chdir(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let path = string(machine, me, call, 0);
    machine.change_directory(me, &path).into()
}

pub(crate) fn poll(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fds, events) = (ints(machine, me, call, 0), ints(machine, me, call, 1));
    if fds.len() as u64 > machine.process(me).limits.files.0 || events.len() != fds.len() {
        return Outcome::Fail(Errno::EINVAL);
    }
    let ready = machine.poll_now(me, &fds, &events);
    let count = ready.iter().filter(|events| **events != 0).count() as i64;
    let timeout = int(machine, me, call, 2);
    let due = match (timeout, call.deadline) {
        (0, _) => true,
        (_, Some(deadline)) => machine.now() >= deadline,
        (i64::MIN..0, None) => false,
        (_, None) => {
            let ticks = (timeout as u64).saturating_mul(TICKS_PER_SECOND / 1000);
            let deadline = machine.now().saturating_add(ticks);
            if count == 0 {
                call.deadline = Some(deadline);
                machine.arm(deadline, Timer::Wake(me));
            }
            false
        }
    };
    if count > 0 || due {
        if machine.ledger.on && !call.slept && (count > 0 || timeout == 0) {
            let found = ready.iter().fold(0, |all, events| all | events);
            machine.note_in_vain(me, call.request.builtin, None, found);
        }
        return Outcome::Parts(vec![Value::Int(count), Value::Ints(ready)]);
    }
    Outcome::Block(WaitFor::Poll)
}
