//! System calls that print: through the stdout buffer, or unbuffered to a descriptor.

use super::super::call::{Call, Outcome};
use super::super::machine::Machine;
use super::super::process::Pid;
use super::super::stdio::Mode;
use super::{int, string};
use crate::abi::constant::{_IOFBF, _IOLBF, _IONBF, STDERR_FILENO};
use crate::abi::{Errno, errno};
use crate::vm::Fault;

/// Puts the text of a printing call whose format's arguments start at argument `first` behind `text`.
fn render(machine: &mut Machine, me: Pid, call: &Call, first: u8, text: &mut Vec<u8>) -> Result<(), Fault> {
    let Some(process) = machine.table.get(me) else { return Ok(()) };
    match (process.context.as_deref(), call.request.format()) {
        (Some(context), Some(format)) => {
            let rendered = context.render(&machine.memory, format, call.request.window, first, text);
            rendered.map_err(|fault| fault.of(call.request.builtin.name()))
        }
        _ => Ok(()),
    }
}

/// The answer of a call that returns nothing: only its failures matter.
fn silent(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Int(_) => Outcome::Nothing,
        other => other,
    }
}

pub(crate) fn print(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    silent(printf(machine, me, call))
}

pub(crate) fn printf(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    machine.print_buffered(me, call, |machine, call, text| render(machine, me, call, 0, text))
}

pub(crate) fn eprint(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    silent(eprintf(machine, me, call))
}

pub(crate) fn eprintf(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    machine.print_unbuffered(me, STDERR_FILENO, call, |machine, call, text| render(machine, me, call, 0, text))
}

pub(crate) fn dprintf(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    machine.print_unbuffered(me, fd, call, |machine, call, text| render(machine, me, call, 1, text))
}

pub(crate) fn fflush(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    machine.flush(me, call)
}

pub(crate) fn setvbuf(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let mode = match int(machine, me, call, 0) {
        _IOFBF => Mode::Full,
        _IOLBF => Mode::Line,
        _IONBF => Mode::Unbuffered,
        _ => return Outcome::Fail(Errno::EINVAL),
    };
    machine.set_stdout_mode(me, call, mode)
}

pub(crate) fn perror(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    silent(machine.print_unbuffered(me, STDERR_FILENO, call, |machine, call, text| {
        text.extend(string(machine, me, call, 0));
        if !text.is_empty() {
            text.extend_from_slice(b": ");
        }
        let number = machine.process(me).context.as_deref().map_or(0, |context| context.errno());
        text.extend_from_slice(errno::strerror(number).as_bytes());
        text.push(b'\n');
        Ok(())
    }))
}

pub(crate) fn ps(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    silent(machine.print_buffered(me, call, |machine, _, text| {
        text.extend(machine.process_table().into_bytes());
        Ok(())
    }))
}

pub(crate) fn pstree(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    silent(machine.print_buffered(me, call, |machine, _, text| {
        text.extend(machine.process_tree().into_bytes());
        Ok(())
    }))
}
