//! System calls on signals.

use super::super::call::{Call, Outcome, Value};
use super::super::event::Origin;
use super::super::group::pid_of;
use super::super::machine::Machine;
use super::super::param;
use super::super::process::{Pid, State};
use super::super::signal::Action;
use super::super::wait::WaitFor;
use super::{arg, given, int};
use crate::abi::constant::{SA_RESTART, SIG_BLOCK, SIG_SETMASK, SIG_UNBLOCK};
use crate::abi::signal::SignalSet;
use crate::abi::{Errno, SIG_ERR, Signal};
use crate::vm::Fault;

/// A signal whose action a program may set.
fn settable(number: i64) -> Result<Signal, Errno> {
    Signal::from_number(number).filter(|signal| !signal.is_untouchable()).ok_or(Errno::EINVAL)
}

pub(crate) fn signal(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let handler = arg(machine, me, call, 1);
    let signal = match settable(int(machine, me, call, 0)) {
        Ok(signal) if handler != SIG_ERR => signal,
        _ => return Outcome::Fail(Errno::EINVAL),
    };
    let signals = &mut machine.process_mut(me).signals;
    let old = signals.action(signal).handler;
    signals.set_action(signal, Action { handler, mask: SignalSet::EMPTY, flags: SA_RESTART });
    let at = machine.deed(me).span;
    machine.ledger.install(handler, signal, at);
    Outcome::Parts(vec![Value::Handler(old)])
}

pub(crate) fn sigaction(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let number = int(machine, me, call, 0);
    let only_reads = given(call) == 1;
    let signal = match if only_reads { Signal::from_number(number).ok_or(Errno::EINVAL) } else { settable(number) } {
        Ok(signal) => signal,
        Err(errno) => return Outcome::Fail(errno),
    };
    let old = machine.process(me).signals.action(signal);
    if !only_reads {
        let optional = |at| if given(call) > at { int(machine, me, call, at) } else { 0 };
        let handler = arg(machine, me, call, 1);
        if handler == SIG_ERR {
            return Outcome::Fail(Errno::EINVAL);
        }
        let action = Action { handler, mask: SignalSet::from_program(optional(2)), flags: optional(3) & 0xffff_ffff };
        machine.process_mut(me).signals.set_action(signal, action);
        let at = machine.deed(me).span;
        machine.ledger.install(handler, signal, at);
    }
    Outcome::Parts(vec![
        Value::Int(0),
        Value::Handler(old.handler),
        Value::Int(i64::from(old.mask.0)),
        Value::Int(old.flags),
    ])
}

/// The processes that kill's first argument names.
fn targets(machine: &Machine, me: Pid, pid: i64) -> Vec<Pid> {
    let of_group = |pgid: Option<Pid>| pgid.map(|pgid| machine.table.members(pgid)).unwrap_or_default();
    match pid {
        0 => of_group(Some(machine.process(me).pgid)),
        -1 => {
            let others = machine.table.iter().map(|process| process.pid);
            others.filter(|pid| *pid != me && pid.0 != param::INIT).collect()
        }
        pid if pid <= i64::from(i32::MIN) => Vec::new(),
        pid if pid < 0 => of_group(pid_of(-pid)),
        pid => pid_of(pid).filter(|pid| machine.table.get(*pid).is_some()).into_iter().collect(),
    }
}

fn send(machine: &mut Machine, me: Pid, pid: i64, number: i64) -> Outcome {
    let targets = targets(machine, me, pid);
    if targets.is_empty() {
        return Outcome::Fail(Errno::ESRCH);
    }
    if number == 0 {
        return Outcome::Int(0);
    }
    let Some(signal) = Signal::from_number(number) else { return Outcome::Fail(Errno::EINVAL) };
    let origin = Origin::Process(me, machine.deed(me).span);
    for target in targets {
        machine.post(target, signal, origin);
    }
    Outcome::Int(0)
}

pub(crate) fn kill(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (pid, number) = (int(machine, me, call, 0), int(machine, me, call, 1));
    let own = i64::from(machine.process(me).pgid.0);
    if pid == 0 || (pid < -1 && pid == -own) {
        let at = machine.deed(me).span;
        machine.ledger.send_to_group(at);
        if machine.ledger.on && pid == 0 {
            machine.note_early(me);
        }
    }
    if pid == i64::from(param::INIT) && number > 0 && machine.ledger.on {
        machine.note_to_init(me, number);
    }
    if pid > 0 && number == 0 && machine.ledger.on {
        machine.note_asked(me, pid);
        machine.note_question(me);
    }
    send(machine, me, pid, number)
}

pub(crate) fn killpg(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let (pgid, number) = (int(machine, me, call, 0), int(machine, me, call, 1));
    if pgid > 1 && pgid == i64::from(machine.process(me).pgid.0) {
        let at = machine.deed(me).span;
        machine.ledger.send_to_group(at);
    }
    match pgid {
        pgid if pgid < 0 => Outcome::Fail(Errno::EINVAL),
        // kill(-1) means everybody, and kill(0) the own group: group 1 is init's, which takes no notice.
        1 if number == 0 || Signal::from_number(number).is_some() => Outcome::Int(0),
        1 => Outcome::Fail(Errno::EINVAL),
        pgid => send(machine, me, -pgid, number),
    }
}

pub(crate) fn raise(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let number = int(machine, me, call, 0);
    send(machine, me, i64::from(me.0), number)
}

pub(crate) fn sigprocmask(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let how = int(machine, me, call, 0);
    let set = SignalSet::from_program(int(machine, me, call, 1));
    let deed = machine.deed(me);
    let signals = &mut machine.process_mut(me).signals;
    let old = signals.mask;
    let new = match how {
        SIG_BLOCK => old.union(set),
        SIG_UNBLOCK => old.without(set),
        SIG_SETMASK => set,
        _ => return Outcome::Fail(Errno::EINVAL),
    };
    signals.set_mask(new, deed);
    Outcome::Pair(0, i64::from(old.0))
}

pub(crate) fn sigpending(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    let signals = &machine.process(me).signals;
    Outcome::Pair(0, i64::from(signals.pending.intersection(signals.mask).0))
}

pub(crate) fn sigsuspend(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    if call.saved_mask.is_none() {
        let mask = SignalSet::from_program(int(machine, me, call, 0));
        let signals = &mut machine.process_mut(me).signals;
        call.saved_mask = Some(std::mem::replace(&mut signals.mask, mask));
    }
    Outcome::Block(WaitFor::Signal)
}

pub(crate) fn pause(_machine: &mut Machine, _me: Pid, _call: &mut Call) -> Outcome {
    Outcome::Block(WaitFor::Signal)
}

pub(crate) fn sigwait(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    let set = SignalSet::from_program(int(machine, me, call, 0));
    let signals = &mut machine.process_mut(me).signals;
    match signals.pending.intersection(set).next_to_deliver() {
        Some(signal) => {
            signals.take(signal);
            Outcome::Pair(0, i64::from(signal.number()))
        }
        None => Outcome::Block(WaitFor::SignalOf(set)),
    }
}

pub(crate) fn abort(machine: &mut Machine, me: Pid, _call: &mut Call) -> Outcome {
    debug_assert_eq!(machine.process(me).state, State::Running);
    Outcome::fault(Fault::Abort)
}
