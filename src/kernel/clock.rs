//! The virtual clock: one tick an instruction; it jumps to the next timer when every process waits.

use super::event::{Origin, Watch, What};
use super::machine::{Machine, Timer};
use super::param;
use super::process::{Pid, State};
use crate::abi::{Signal, TICKS_PER_SECOND};

impl Machine {
    /// Lets off every timer that is due; timers of one tick in the order of their setting.
    pub(crate) fn fire_timers(&mut self) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > self.clock {
                break;
            }
            let (tick, _) = *entry.key();
            match entry.remove() {
                Timer::Alarm(pid) => {
                    if self.table.get(pid).is_some_and(|process| process.alarm == Some(tick)) {
                        self.process_mut(pid).alarm = None;
                        self.post(pid, Signal::SIGALRM, Origin::Timer);
                    }
                }
                Timer::Wake(pid) => {
                    let due = |process: &super::process::Process| {
                        process.call.as_ref().is_some_and(|call| call.deadline.is_some_and(|deadline| deadline <= tick))
                    };
                    if self.table.get(pid).is_some_and(due) {
                        self.wake(pid);
                    }
                }
                Timer::Outside(which) => self.send_from_outside(which),
            }
        }
    }

    fn send_from_outside(&mut self, which: usize) {
        let Some(send) = self.config.sends.get(which).copied() else { return };
        match send.pid {
            Some(pid) => self.post(pid, send.signal, Origin::Outside),
            None => self.press_key(send.signal),
        }
    }

    /// A key of the terminal: a signal to its foreground group (TTY-10).
    pub(crate) fn press_key(&mut self, signal: Signal) {
        let foreground = self.terminal.foreground;
        self.post_group(foreground, signal, Origin::Outside);
    }

    /// The tick of the next timer that still matters to somebody.
    pub(crate) fn next_timer(&mut self) -> Option<u64> {
        loop {
            let (&(tick, order), timer) = self.timers.first_key_value()?;
            let stale = match *timer {
                Timer::Alarm(pid) => self.table.get(pid).is_none_or(|process| process.alarm != Some(tick)),
                Timer::Wake(pid) => self.table.get(pid).is_none_or(|process| {
                    process.state == State::Zombie
                        || process.call.as_ref().is_none_or(|call| call.deadline != Some(tick))
                }),
                Timer::Outside(_) => false,
            };
            if !stale {
                return Some(tick);
            }
            self.timers.remove(&(tick, order));
        }
    }

    /// Everybody waits: the clock goes to the next timer at once.
    pub(crate) fn jump_to(&mut self, tick: u64) {
        self.totals.idle += tick.saturating_sub(self.clock);
        self.clock = self.clock.max(tick);
        if self.watches(Watch::SCHED) {
            self.emit(Watch::SCHED, Pid(param::INIT), What::ClockJumped { to: tick });
        }
    }

    /// Virtual seconds since 1970 (time(2)).
    pub(crate) fn seconds_now(&self) -> i64 {
        (param::EPOCH + self.clock / TICKS_PER_SECOND) as i64
    }

    /// alarm(2): the seconds that were left of the one before, rounded but never to 0 (ALRM-03).
    pub(crate) fn set_alarm(&mut self, pid: Pid, seconds: u64) -> i64 {
        let now = self.clock;
        let left = self.process(pid).alarm.map_or(0, |tick| tick.saturating_sub(now));
        let rounded = (left + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND;
        let deadline = now.saturating_add(seconds.saturating_mul(TICKS_PER_SECOND));
        self.process_mut(pid).alarm = (seconds > 0).then_some(deadline);
        if seconds > 0 {
            self.arm(deadline, Timer::Alarm(pid));
        }
        if left > 0 { rounded.max(1) as i64 } else { 0 }
    }
}
