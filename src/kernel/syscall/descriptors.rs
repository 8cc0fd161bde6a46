//! System calls on descriptors and the terminal.

use super::super::call::{Call, Outcome, Value};
use super::super::file::{FileId, Kind, Making, OpenFile};
use super::super::machine::Machine;
use super::super::param::IO_MAX;
use super::super::pipe::Portion;
use super::super::process::Pid;
use super::{given, int, string};
use crate::abi::Errno;
use crate::abi::constant::{F_DUPFD, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_APPEND, O_NONBLOCK};

pub(crate) fn pipe(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    pipe_with(machine, me, 0)
}

pub(crate) fn pipe2(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let flags = int(machine, me, call, 0);
    pipe_with(machine, me, flags)
}

fn pipe_with(machine: &mut Machine, me: Pid, flags: i64) -> Outcome {
    match machine.make_pipe(me, flags) {
        Ok((read, write)) => Outcome::Pair(read as i64, write as i64),
        Err(errno) => Outcome::Fail(errno),
    }
}

/// The open file behind a descriptor that is to be read.
#[inline(always)]
fn readable(machine: &Machine, me: Pid, fd: i64) -> Result<(FileId, OpenFile), Outcome> {
    match machine.lookup(me, fd) {
        Ok(found) if found.1.readable() => Ok(found),
        _ => Err(Outcome::Fail(Errno::EBADF)),
    }
}

/// read(2) and the step of getline. `Err` is the outcome of the call.
#[inline(always)]
fn read_portion(
    machine: &mut Machine,
    me: Pid,
    call: &Call,
    (id, file): (FileId, OpenFile),
    portion: Portion,
) -> Result<Vec<u8>, Outcome> {
    let (Portion::Bytes(max) | Portion::Line(max)) = portion;
    match file.kind {
        Kind::TerminalIn | Kind::Terminal(_) => machine.read_terminal(me, max, file.nonblocking()),
        Kind::PipeRead(_) | Kind::PipeBoth(_) if max == 0 => Ok(Vec::new()),
        Kind::PipeRead(pipe) | Kind::PipeBoth(pipe) => {
            match machine.read_pipe(me, call, (pipe, id), portion, file.nonblocking()) {
                Outcome::Counted(bytes) => Ok(bytes),
                other => Err(other),
            }
        }
        Kind::File(node) => Ok(machine.read_file(id, &file, node, portion)),
        Kind::Directory(_) => Err(Outcome::Fail(Errno::EISDIR)),
        Kind::Null => Ok(Vec::new()),
        Kind::Zero => Ok(vec![0; max]),
        Kind::PipeWrite(_) => Err(Outcome::Fail(Errno::EBADF)),
        Kind::Queue(_) => Err(Outcome::Fail(Errno::EINVAL)),
    }
}

pub(crate) fn read(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, max) = (int(machine, me, call, 0), int(machine, me, call, 1));
    // Most reads are of pipes: nothing else of their open file is looked at.
    match machine.look_up(me, fd) {
        Ok((id, OpenFile { kind: Kind::PipeRead(pipe), flags, .. })) if max > 0 => {
            let (pipe, nonblocking, max) = (*pipe, flags & O_NONBLOCK != 0, (max as usize).min(IO_MAX));
            let outcome = machine.read_pipe(me, call, (pipe, id), Portion::Bytes(max), nonblocking);
            if let Outcome::Counted(bytes) = &outcome {
                if bytes.is_empty() {
                    machine.note_end(me, call.request.builtin, Kind::PipeRead(pipe));
                } else {
                    machine.ledger.ends.not_at_end(me);
                }
            }
            outcome
        }
        _ => read_any(machine, me, call),
    }
}

#[inline(never)]
fn read_any(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, max) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let file = match readable(machine, me, fd) {
        Ok(file) => file,
        Err(outcome) => return outcome,
    };
    let Ok(max) = usize::try_from(max) else { return Outcome::Fail(Errno::EINVAL) };
    match read_portion(machine, me, call, file, Portion::Bytes(max.min(IO_MAX))) {
        Ok(bytes) => {
            if bytes.is_empty() && max > 0 {
                machine.note_end(me, call.request.builtin, file.1.kind);
            } else {
                machine.ledger.ends.not_at_end(me);
            }
            Outcome::Counted(bytes)
        }
        Err(outcome) => outcome,
    }
}

/// Reads as if byte by byte: what there is of the line is taken at once, the newline ends it, nothing after it is touched.
pub(crate) fn getline(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    let file = match readable(machine, me, fd) {
        Ok(file) => file,
        Err(outcome) => return outcome,
    };
    let mut line = match call.bytes.take() {
        Some(line) => line,
        None => machine.process_mut(me).stdio.take_line(file.1.serial),
    };
    loop {
        let room = IO_MAX.saturating_sub(line.len());
        if line.last() == Some(&b'\n') || room == 0 {
            machine.ledger.ends.not_at_end(me);
            return finished_line(line);
        }
        match read_portion(machine, me, call, file, Portion::Line(room)) {
            Ok(bytes) if bytes.is_empty() && line.is_empty() => {
                machine.note_end(me, call.request.builtin, file.1.kind);
                return end_of_file(machine, me);
            }
            Ok(bytes) if bytes.is_empty() => return finished_line(line),
            Ok(bytes) if line.is_empty() => line = bytes,
            Ok(bytes) => line.extend_from_slice(&bytes),
            Err(outcome) => {
                call.bytes = Some(line);
                if !matches!(outcome, Outcome::Block(_)) {
                    machine.keep_line(me, fd, call);
                }
                return outcome;
            }
        }
    }
}

fn finished_line(mut line: Vec<u8>) -> Outcome {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Outcome::Counted(line)
}

fn end_of_file(machine: &mut Machine, me: Pid) -> Outcome {
    if let Some(context) = machine.process_mut(me).context.as_deref_mut() {
        context.set_errno(0);
    }
    Outcome::Parts(vec![Value::Int(-1), Value::Bytes(Vec::new())])
}

pub(crate) fn write(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    let bytes = match call.bytes.take() {
        Some(bytes) => bytes,
        None => string(machine, me, call, 1),
    };
    // Most writes are to pipes: nothing else of their open file is looked at.
    let outcome = match machine.look_up(me, fd) {
        Ok((id, OpenFile { kind: Kind::PipeWrite(pipe), flags, .. })) => {
            let (pipe, nonblocking) = (*pipe, flags & O_NONBLOCK != 0);
            machine.write_pipe(me, call, (pipe, id), &bytes, nonblocking)
        }
        _ => machine.write_bytes(me, fd, call, &bytes),
    };
    if let Outcome::Int(went) = outcome
        && went < bytes.len() as i64
        && machine.ledger.on
    {
        machine.note_short(me, went, bytes.len());
    }
    if let Outcome::Block(_) = outcome {
        call.bytes = Some(bytes);
    } else {
        machine.give_back(bytes);
    }
    outcome
}

pub(crate) fn close(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    let closed = machine.close_number(me, fd);
    if closed.is_ok() {
        let deed = machine.deed(me);
        machine.ledger.close(fd, deed);
    }
    closed.map(|()| 0).into()
}

/// A copy of `fd` under the lowest free number from `from` on.
fn copy(machine: &mut Machine, me: Pid, fd: i64, from: usize, making: Making) -> Result<i64, Errno> {
    let (file, _) = machine.lookup(me, fd)?;
    let free = machine.free_number(me, from)?;
    machine.install(me, free, file, false, making);
    Ok(free as i64)
}

pub(crate) fn dup(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    copy(machine, me, fd, 0, Making::Dup).into()
}

pub(crate) fn dup2(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (old, new) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let limit = machine.process(me).limits.files.0;
    let copy = |machine: &mut Machine| {
        let (file, _) = machine.lookup(me, old)?;
        if old != new {
            let at = usize::try_from(new).ok().filter(|at| (*at as u64) < limit).ok_or(Errno::EBADF)?;
            if machine.ledger.on && old <= 2 {
                let terminal = |file| machine.files.get(file).is_some_and(|file| file.kind.is_terminal());
                let there = machine.files.entry(machine.process(me).files, new).map(|entry| entry.file);
                let same = there.is_some_and(|there| there == file || terminal(there) && terminal(file));
                machine.note_copy(me, (old, new), same);
            } else if machine.ledger.on && new <= 2 {
                machine.note_copy(me, (old, new), false);
            }
            machine.install(me, at, file, false, Making::Dup2);
            if new == 1 && machine.ledger.on {
                let deed = machine.deed(me);
                machine.ledger.ends.lead(deed);
            }
        }
        Ok(new)
    };
    copy(machine).into()
}

pub(crate) fn fcntl(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, command) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let arg = if given(call) > 2 { int(machine, me, call, 2) } else { 0 };
    control(machine, me, fd, command, arg).into()
}

fn control(machine: &mut Machine, me: Pid, fd: i64, command: i64, arg: i64) -> Result<i64, Errno> {
    let (id, file) = machine.lookup(me, fd)?;
    match command {
        F_DUPFD => {
            let limit = machine.process(me).limits.files.0;
            let from = usize::try_from(arg).ok().filter(|at| (*at as u64) < limit).ok_or(Errno::EINVAL)?;
            copy(machine, me, fd, from, Making::Fcntl)
        }
        F_GETFD => {
            let marked = machine.files.entry(machine.process(me).files, fd).is_some_and(|entry| entry.cloexec);
            Ok(if marked { FD_CLOEXEC } else { 0 })
        }
        F_SETFD => {
            machine.mark(me, fd, arg & FD_CLOEXEC != 0);
            Ok(0)
        }
        F_GETFL => Ok(file.access | file.flags),
        F_SETFL => {
            set_flags(machine, me, id, arg & (O_NONBLOCK | O_APPEND));
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// Sets the flags of an open file, for everyone who refers to it, and notes who did.
pub(super) fn set_flags(machine: &mut Machine, me: Pid, id: FileId, flags: i64) {
    let deed = machine.deed(me);
    if machine.files.set_flags(id, flags, deed) {
        let who = machine.process(me).lineage.clone();
        machine.ledger.set_flags(who);
    }
}

pub(crate) fn isatty(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match machine.terminal_of(me, int(machine, me, call, 0)) {
        Ok(()) => Outcome::Parts(vec![Value::Bool(true)]),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn tcgetattr(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match machine.terminal_of(me, int(machine, me, call, 0)) {
        Ok(()) => Outcome::Pair(0, machine.terminal_flags()),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn tcsetattr(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, flags) = (int(machine, me, call, 0), int(machine, me, call, 1));
    match machine.terminal_of(me, fd) {
        Ok(()) => machine.set_terminal_flags(me, flags),
        Err(errno) => Outcome::Fail(errno),
    }
}
