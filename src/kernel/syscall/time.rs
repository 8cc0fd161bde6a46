//! System calls on the virtual clock.

use super::super::call::{Call, Outcome, Value};
use super::super::machine::{Machine, Timer};
use super::super::param;
use super::super::process::Pid;
use super::super::wait::WaitFor;
use super::int;
use crate::abi::{Errno, TICKS_PER_SECOND};

/// Nanoseconds in a tick.
const TICK: u64 = 1_000_000_000 / TICKS_PER_SECOND;

/// Sleeps until `ticks` after the call was first made.
fn sleep_ticks(machine: &mut Machine, me: Pid, call: &mut Call, ticks: u64) -> Outcome {
    let deadline = match call.deadline {
        Some(deadline) => deadline,
        None => {
            let deadline = machine.now().saturating_add(ticks);
            call.deadline = Some(deadline);
            machine.arm(deadline, Timer::Wake(me));
            machine.ledger.sleep(me);
            deadline
        }
    };
    if machine.now() >= deadline { Outcome::Int(0) } else { Outcome::Block(WaitFor::Sleep) }
}

/// The argument of sleep(3) and alarm(2), an unsigned int in C.
fn seconds(machine: &Machine, me: Pid, call: &Call) -> u64 {
    u64::from(int(machine, me, call, 0) as u32)
}

pub(crate) fn sleep(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let seconds = seconds(machine, me, call);
    sleep_ticks(machine, me, call, seconds * TICKS_PER_SECOND)
}

pub(crate) fn usleep(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let microseconds = seconds(machine, me, call);
    sleep_ticks(machine, me, call, microseconds * (TICKS_PER_SECOND / 1_000_000))
}

/// nanosleep(2): the rest is given where a signal's handler ends the sleep, which is never begun again (ALRM-10).
pub(crate) fn nanosleep(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (seconds, nanoseconds) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let (Ok(seconds), Ok(nanoseconds @ 0..1_000_000_000)) = (u64::try_from(seconds), u64::try_from(nanoseconds)) else {
        return Outcome::Fail(Errno::EINVAL);
    };
    let ticks = seconds.saturating_mul(TICKS_PER_SECOND).saturating_add(nanoseconds.div_ceil(TICK));
    match sleep_ticks(machine, me, call, ticks) {
        Outcome::Int(_) => Outcome::Parts(vec![Value::Int(0), Value::Int(0), Value::Int(0)]),
        waits => waits,
    }
}

/// What a nanosleep that is cut short gives: -1, and the time that is left.
pub(crate) fn rest_of_sleep(ticks: u64) -> Outcome {
    let left = [-1, (ticks / TICKS_PER_SECOND) as i64, (ticks % TICKS_PER_SECOND * TICK) as i64];
    Outcome::Parts(left.map(Value::Int).to_vec())
}

pub(crate) fn alarm(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let seconds = seconds(machine, me, call);
    let deed = machine.deed(me);
    let replaces = seconds > 0 && machine.process(me).alarm.is_some_and(|tick| tick > machine.now());
    machine.ledger.set_alarm(me, deed, replaces);
    Outcome::Int(machine.set_alarm(me, seconds))
}

pub(crate) fn time(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    machine.note_question(me);
    Outcome::Int(machine.seconds_now())
}

pub(crate) fn now(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    machine.note_question(me);
    let microseconds = machine.now() / (TICKS_PER_SECOND / 1_000_000);
    Outcome::Int((param::EPOCH * 1_000_000 + microseconds) as i64)
}

pub(crate) fn clock(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    Outcome::Int(machine.process(me).accounting.ticks as i64)
}
