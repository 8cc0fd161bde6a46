//! What breaks into the way of a process: a handler in the middle of a call, a stop in the middle of a write, a fault. How calls are made
//! and answered otherwise stands in the door itself.

use super::super::call::Outcome;
use super::super::event::{Answer, Origin, Shown, Watch, What};
use super::super::host::Crash;
use super::super::machine::Machine;
use super::super::process::{Pid, State};
use super::super::signal::Action;
use super::super::syscall;
use crate::abi::builtin::Property;
use crate::abi::constant::SA_RESTART;
use crate::abi::signal::SignalSet;
use crate::abi::{Builtin, Errno, SIG_DFL, SIG_IGN, Signal, Status, TICKS_PER_SECOND};
use crate::vm::Fault;

impl Machine {
    /// A signal's handler is about to run: the call in progress ends with EINTR or what it has moved, or will be made again.
    /// The mask to restore where the call was `sigsuspend`.
    pub(crate) fn interrupt_call(
        &mut self,
        pid: Pid,
        action: Action,
        by: (Signal, Option<Origin>),
    ) -> Option<SignalSet> {
        let restart = action.flags & SA_RESTART != 0;
        let mut call = self.process_mut(pid).call.take()?;
        let builtin = call.request.builtin;
        let goes_on = builtin.has(Property::Restarts) || builtin == Builtin::Exit;
        let left = call.deadline.map_or(0, |deadline| deadline.saturating_sub(self.clock));
        let (outcome, answer) = if let Some(count) = self.interrupted_count(&call) {
            (Some(Outcome::Int(count)), Answer::Done(vec![Shown::Int(count)]))
        } else if builtin == Builtin::Sleep {
            let left = (left / TICKS_PER_SECOND) as i64;
            (Some(Outcome::Int(left)), Answer::Done(vec![Shown::Int(left)]))
        } else if builtin == Builtin::Nanosleep {
            if let Some(context) = self.process_mut(pid).context.as_deref_mut() {
                context.set_errno(Errno::EINTR.number());
            }
            (Some(syscall::time::rest_of_sleep(left)), Answer::Failed(Errno::EINTR))
        } else if goes_on && self.carries_on(pid, &mut call, restart) {
            (None, Answer::Restart)
        } else {
            self.note_interrupted(pid, builtin, action.handler, by);
            (Some(Outcome::Fail(Errno::EINTR)), Answer::Failed(Errno::EINTR))
        };
        if self.watches(Watch::SYSCALL) {
            let args = syscall::shown_args(self, pid, &call);
            self.emit(Watch::SYSCALL, pid, What::Call { builtin, args, answer });
        }
        if let Some(outcome) = outcome {
            syscall::store(self, pid, &call, &outcome);
        }
        call.saved_mask
    }

    /// A process that is stopped in the middle of a long write gets its short count when it goes on (INTR-04).
    pub(crate) fn cut_write_short(&mut self, pid: Pid) {
        let Some(call) = self.process_mut(pid).call.take() else { return };
        match self.interrupted_count(&call) {
            Some(count) => syscall::store(self, pid, &call, &Outcome::Int(count)),
            None => self.process_mut(pid).call = Some(call),
        }
    }

    /// A fault raises its signal at once; blocked or ignored it kills, and so it does for SIGABRT's second time.
    pub(crate) fn fault(&mut self, pid: Pid, fault: Fault) {
        let signal = fault.signal();
        if self.watches(Watch::SIGNAL) {
            let text = format!("{fault:?}");
            self.emit(Watch::SIGNAL, pid, What::Faulted { text });
        }
        let signals = &mut self.process_mut(pid).signals;
        let abort = signal == Signal::SIGABRT;
        if matches!(fault, Fault::Abort) {
            signals.mask.remove(signal);
        }
        let action = signals.action(signal);
        let deaf = signals.mask.contains(signal) || matches!(action.handler, SIG_IGN | SIG_DFL);
        if deaf || (abort && signals.aborting) {
            self.report_fault(pid, &fault);
            self.die(pid, Status::killed(signal));
            return;
        }
        signals.aborting |= abort;
        self.note_faults(pid, &fault);
        self.enter_handler(pid, signal, action, None);
    }

    /// Makes the call that a process has begun, and goes the way back to user code, unless the call has left it a signal that it handles:
    /// this one is there to be acted on, and others may still come before it is. Whether that is so.
    #[inline(never)]
    pub(crate) fn enter_until_handled(&mut self, pid: Pid) -> bool {
        let Some(process) = self.table.get_mut(pid) else { return false };
        let call = if process.signals.doomed.is_some() { None } else { process.call.take() };
        let blocked = call.and_then(|call| self.attempt_again(pid, call));
        let handled = blocked.is_none()
            && self.table.get(pid).is_some_and(|process| {
                let signals = &process.signals;
                let running = matches!(process.state, State::Running) && signals.doomed.is_none();
                running && Signal::ALL.iter().any(|s| signals.deliverable().contains(*s) && signals.handles(*s))
            });
        if !handled {
            self.leave(pid, blocked);
        }
        handled
    }

    /// Tells the host why a process is about to be killed by a fault.
    pub(crate) fn report_fault(&mut self, pid: Pid, fault: &Fault) {
        let Some(process) = self.table.get(pid) else { return };
        self.host.fault(&Crash { tick: self.clock, process, fault, again: 0, end: self.ledger.ends.last_end(pid) });
    }
}
