//! System calls on message queues.

use super::super::call::{Call, Outcome, Value};
use super::super::file::OpenFile;
use super::super::machine::Machine;
use super::super::mqueue::{Deadline, QueueId};
use super::super::process::Pid;
use super::descriptors::{close, set_flags};
use super::{arg, given, int, string};
use crate::abi::Errno;
use crate::abi::constant::O_NONBLOCK;

/// What the request's format says of an argument that may be an int or a float.
const FLOAT: Option<u32> = Some(1);

pub(crate) fn mq_open(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (name, flags) = (string(machine, me, call, 0), int(machine, me, call, 1));
    let optional = |at: usize| if given(call) > at { int(machine, me, call, at) } else { 0 };
    // One attribute without the other leaves the other 0, which no queue can have.
    let attributes = (given(call) > 2).then(|| (optional(2), optional(3)));
    machine.open_queue(me, &name, flags, attributes).into()
}

/// The deadline in argument `at`.
fn deadline(machine: &Machine, me: Pid, call: &Call, at: usize) -> Result<Deadline, Errno> {
    match call.request.format {
        FLOAT => Deadline::fraction(f64::from_bits(arg(machine, me, call, at))),
        _ => Deadline::seconds(int(machine, me, call, at)),
    }
}

fn send(machine: &mut Machine, me: Pid, call: &mut Call, deadline: Deadline) -> Outcome {
    let (fd, priority) = (int(machine, me, call, 0), int(machine, me, call, 2));
    if call.bytes.is_none() && !call.done {
        call.bytes = Some(string(machine, me, call, 1));
    }
    machine.send_message(me, call, fd, priority, deadline)
}

pub(crate) fn mq_send(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    send(machine, me, call, Deadline::None)
}

pub(crate) fn mq_timedsend(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match deadline(machine, me, call, 3) {
        Ok(deadline) => send(machine, me, call, deadline),
        Err(errno) => Outcome::Fail(errno),
    }
}

pub(crate) fn mq_receive(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let fd = int(machine, me, call, 0);
    let size = (given(call) > 1).then(|| int(machine, me, call, 1));
    machine.receive_message(me, call, fd, size, Deadline::None)
}

pub(crate) fn mq_timedreceive(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (fd, size) = (int(machine, me, call, 0), int(machine, me, call, 1));
    match deadline(machine, me, call, 2) {
        Ok(deadline) => machine.receive_message(me, call, fd, Some(size), deadline),
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
        Ok((id, _, file)) => attributes(machine, id, &file),
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
            let old = attributes(machine, id, &file);
            set_flags(machine, me, file_id, file.flags & !O_NONBLOCK | flags);
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
    machine.queues.unlink(&name).map(|()| 0).into()
}
