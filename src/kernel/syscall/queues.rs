//! System calls on message queues.

use super::super::call::{Call, Outcome, Value};
use super::super::file::OpenFile;
use super::super::machine::Machine;
use super::super::mqueue::QueueId;
use super::super::param::EPOCH;
use super::super::process::Pid;
use super::descriptors::{close, set_flags};
use super::{arg, given, int, string};
use crate::abi::constant::O_NONBLOCK;
use crate::abi::{Errno, TICKS_PER_SECOND};

pub(crate) fn mq_open(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (name, flags) = (string(machine, me, call, 0), int(machine, me, call, 1));
    let optional = |at: usize| if given(call) > at { int(machine, me, call, at) } else { 0 };
    // One attribute without the other leaves the other 0, which no queue can have.
    let attributes = (given(call) > 2).then(|| (optional(2), optional(3)));
    machine.open_queue(me, &name, flags, attributes).into()
}

/// The tick at which a time in seconds since 1970 comes; 0 for one before the start (MQTIME-03).
fn tick_of(seconds: f64) -> Result<u64, Errno> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(Errno::EINVAL);
    }
    // The conversion saturates at both ends, which is what a time long past or far away asks for.
    Ok(((seconds - EPOCH as f64) * TICKS_PER_SECOND as f64).round() as u64)
}

/// The tick of the deadline in argument `at`, which the checker has made a float where it was an int.
fn deadline(machine: &Machine, me: Pid, call: &Call, at: usize) -> Result<u64, Errno> {
    tick_of(f64::from_bits(arg(machine, me, call, at)))
}

fn send(machine: &mut Machine, me: Pid, call: &mut Call, deadline: Option<u64>) -> Outcome {
    let (fd, priority) = (int(machine, me, call, 0), int(machine, me, call, 2));
    if call.done {
        return Outcome::Int(0);
    }
    let bytes = match call.bytes.take() {
        Some(bytes) => bytes,
        None => string(machine, me, call, 1),
    };
    machine.send_message(me, call, (fd, priority), bytes, deadline)
}

pub(crate) fn mq_send(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    send(machine, me, call, None)
}

pub(crate) fn mq_timedsend(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match deadline(machine, me, call, 3) {
        Ok(tick) => send(machine, me, call, Some(tick)),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn mq_receive(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    let size = (given(call) > 1).then(|| int(machine, me, call, 1));
    machine.receive_message(me, call, fd, size, None)
}

pub(crate) fn mq_timedreceive(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, size) = (int(machine, me, call, 0), int(machine, me, call, 1));
    match deadline(machine, me, call, 2) {
        Ok(tick) => machine.receive_message(me, call, fd, Some(size), Some(tick)),
        Err(errno) => Outcome::Fail(errno),
    }
}

/// 0, then flags, most messages, longest message, and messages now.
fn attributes(machine: &Machine, id: QueueId, file: &OpenFile) -> Outcome {
    let Some(queue) = machine.queue(id) else { return Outcome::Fail(Errno::EBADF) };
    let parts = [0, file.flags & O_NONBLOCK, queue.max_messages, queue.max_size, queue.len() as i64];
    Outcome::Parts(parts.map(Value::Int).to_vec())
}

pub(crate) fn mq_getattr(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match machine.queue_of(me, int(machine, me, call, 0)) {
        Ok((id, _, file)) => attributes(machine, id, file),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn mq_setattr(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, flags) = (int(machine, me, call, 0), int(machine, me, call, 1));
    if flags & !O_NONBLOCK != 0 {
        return Outcome::Fail(Errno::EINVAL);
    }
    match machine.queue_of(me, fd) {
        Ok((id, file_id, file)) => {
            let (old, kept) = (attributes(machine, id, file), file.flags & !O_NONBLOCK);
            set_flags(machine, me, file_id, kept | flags);
            old
        }
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn mq_notify(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, signal) = (int(machine, me, call, 0), int(machine, me, call, 1));
    machine.notify(me, fd, signal).into()
}

/// On Linux a queue's descriptor is a descriptor like any other, and mq_close is close (MQOPEN-12).
pub(crate) fn mq_close(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    close(machine, me, call)
}

pub(crate) fn mq_unlink(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let name = string(machine, me, call, 0);
    let gone = match machine.queues.unlink(&name) {
        Ok(gone) => gone,
        Err(errno) => return Outcome::Fail(errno),
    };
    if machine.ledger.on
        && let Some(by) = machine.act(me)
    {
        machine.ledger.ends.name(&name, by, false);
    }
    machine.note_drowned(gone, me);
    Outcome::Int(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_absolute_and_checked() {
        assert_eq!(tick_of(EPOCH as f64 + 3.0), Ok(3 * TICKS_PER_SECOND));
        assert_eq!(tick_of(EPOCH as f64 + 0.5), Ok(TICKS_PER_SECOND / 2));
        assert_eq!(tick_of(5.0), Ok(0));
        assert_eq!(tick_of(-0.5), Err(Errno::EINVAL));
        assert_eq!(tick_of(f64::NAN), Err(Errno::EINVAL));
        assert_eq!(tick_of(f64::INFINITY), Ok(u64::MAX));
    }
}
