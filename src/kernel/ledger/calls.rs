//! What the ledger knows of calls: those that failed, or were made again and again in vain, and those that set what later ones meet:
//! handlers, alarms, flags, closes.

use std::sync::Arc;

use super::{Failure, Interrupted, Ledger, MOST, Spin, Standing, ends, note};
use crate::abi::{Errno, SIG_DFL, SIG_IGN, Signal};
use crate::kernel::event::Origin;
use crate::kernel::process::{Deed, Lineage, Pid};
use crate::source::Span;

/// How a process is found in a loop that only waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// The instruction's place.
    pub(crate) at: Span,
    /// How many calls its process has made.
    pub(crate) calls: u64,
    /// How many instructions it has carried out.
    pub(crate) ticks: u64,
    /// The most instructions of a turn, where the loop makes no call.
    pub(crate) length: Option<u64>,
}

/// A process that makes a call over and over at one place, in vain.
#[derive(Debug)]
pub(super) struct Streak {
    at: Span,
    /// Why it fails; none for a poll, which answers at once and in vain.
    errno: Option<Errno>,
    /// Its first argument.
    about: i64,
    /// How many calls the process had made by then, and slept through since.
    calls: u64,
    count: u64,
    sleeps: u64,
}

/// One more call in vain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InVain {
    /// Where.
    pub(crate) at: Span,
    /// Why it failed; none for a poll.
    pub(crate) errno: Option<Errno>,
    /// Its first argument.
    pub(crate) about: i64,
    /// How many calls its process has made.
    pub(crate) calls: u64,
}

impl Ledger {
    /// Whether a call's failure at this place is known already; counts it then.
    pub(crate) fn failed_again(&mut self, at: Span, errno: Errno) -> bool {
        match self.failures.get_mut(&(at, errno)) {
            Some(seen) => {
                seen.count += 1;
                true
            }
            None => self.failures.len() >= MOST,
        }
    }

    /// A call failed for the first time at its place.
    pub(crate) fn fail(&mut self, mut failure: Failure, fd: Option<i64>) {
        let pid = failure.by.who.pid;
        failure.closed = fd.and_then(|fd| self.closed_by(&failure.by.who, fd));
        failure.collected = self.collected.get(&pid).map(|(deed, _)| *deed);
        note(&mut self.failures, (failure.by.at, failure.errno), || failure);
    }

    /// How often process `pid` has now asked in vain in a row at this place, and how often it has slept in between. What may succeed
    /// the next time is in a row only where no other call stands between.
    pub(crate) fn streak(&mut self, pid: Pid, call: InVain) -> (u64, u64) {
        if self.streaks.len() >= MOST && !self.streaks.contains_key(&pid) {
            return (0, 0);
        }
        let fresh =
            Streak { at: call.at, errno: call.errno, about: call.about, calls: call.calls, count: 0, sleeps: 0 };
        let for_good = matches!(call.errno, Some(Errno::ECHILD | Errno::EPIPE | Errno::EBADF));
        let streak = self.streaks.entry(pid).or_insert(Streak { ..fresh });
        let same = (streak.at, streak.errno, streak.about) == (call.at, call.errno, call.about);
        if !same || (!for_good && streak.count > 0 && streak.calls + 1 != call.calls) {
            *streak = fresh;
        }
        streak.calls = call.calls;
        streak.count += 1;
        (streak.count, streak.sleeps)
    }

    /// A process sleeps: that does not end a row of calls in vain.
    pub(crate) fn sleep(&mut self, pid: Pid) {
        if let Some(streak) = self.streaks.get_mut(&pid) {
            streak.calls += 1;
            streak.sleeps += 1;
        }
    }

    /// A process is in a loop that only waits, where it may have been when it was looked at last: how often it had gone round it before,
    /// and has now; never more often than it surely has.
    pub(crate) fn turn(&mut self, by: Standing<'_>, turn: Turn) -> (u64, u64) {
        let key = (by.who.pid, by.at);
        if self.spins.len() >= MOST && !self.spins.contains_key(&key) {
            return (0, 0);
        }
        let last = self.turning.insert(by.who.pid, (by.at, turn.calls, turn.ticks));
        let spin = self.spins.entry(key).or_insert_with(|| Spin { by: by.act(), asks: None, turns: 0, ticks: 0 });
        let before = spin.turns;
        match turn.length {
            Some(length) => {
                if let Some((_, _, ticks)) = last.filter(|(at, calls, _)| *at == by.at && *calls == turn.calls) {
                    spin.ticks += turn.ticks.saturating_sub(ticks);
                    spin.turns = spin.ticks / length.max(1);
                }
            }
            // Of several questions in a turn one counts.
            None => spin.turns += u64::from(*spin.asks.get_or_insert(turn.at) == turn.at),
        }
        (before, spin.turns)
    }

    /// How often in a row a process has now faulted at a place.
    pub(crate) fn faults(&mut self, pid: Pid, at: Span) -> u64 {
        if self.faults.len() >= MOST && !self.faults.contains_key(&pid) {
            return 0;
        }
        let row = self.faults.entry(pid).or_insert((at, 0));
        *row = if row.0 == at { (at, row.1 + 1) } else { (at, 1) };
        row.1
    }

    /// A call was interrupted.
    pub(crate) fn interrupt(&mut self, mut interrupted: Interrupted, handler: u64) {
        interrupted.installed = self.installed.get(&(handler, interrupted.signal)).copied();
        if matches!(interrupted.origin, Some(Origin::Timer)) {
            interrupted.alarm = self.alarms.get(&interrupted.by.who.pid).map(|deed| deed.span);
        }
        note(&mut self.interrupted, interrupted.by.at, || interrupted);
    }

    /// A handler is installed.
    pub(crate) fn install(&mut self, handler: u64, signal: Signal, at: Span) {
        if self.on && self.installed.len() < MOST {
            self.installed.insert((handler, signal), at);
        }
    }

    /// An alarm is set, perhaps in the place of one that has not rung yet.
    pub(crate) fn set_alarm(&mut self, pid: Pid, deed: Deed, replaces: bool) {
        if let (true, Some(set)) = (self.on && replaces, self.alarms.get(&pid)) {
            self.ends.replace(pid, ends::Replaced { set: set.span, again: deed.span });
        }
        if self.on && self.alarms.len() < MOST {
            self.alarms.insert(pid, deed);
        }
    }

    /// Where a process set its alarm last.
    pub fn alarm(&self, pid: Pid) -> Option<Deed> {
        self.alarms.get(&pid).copied()
    }

    /// Where a handler, or SIG_IGN, was installed for a signal last.
    pub fn installed(&self, handler: u64, signal: Signal) -> Option<Span> {
        self.installed.get(&(handler, signal)).copied()
    }

    /// Where a handler of the program was installed for a signal.
    pub fn handler_of(&self, signal: Signal) -> Option<Span> {
        let own = |handler: u64| handler != SIG_DFL && handler != SIG_IGN;
        self.installed.iter().find(|((handler, of), _)| *of == signal && own(*handler)).map(|(_, at)| *at)
    }

    /// A process sets the flags of an open file.
    pub(crate) fn set_flags(&mut self, who: Arc<Lineage>) {
        if self.on && self.flaggers.len() < MOST {
            self.flaggers.insert(who.pid, who);
        }
    }

    /// The process that has set flags, by its id.
    pub(crate) fn flagger(&self, pid: Pid) -> Option<Arc<Lineage>> {
        self.flaggers.get(&pid).cloned()
    }

    /// A descriptor is closed.
    pub(crate) fn close(&mut self, fd: i64, deed: Deed) {
        if self.on && (self.closed.len() < MOST || self.closed.contains_key(&(deed.who, fd))) {
            self.closed.insert((deed.who, fd), deed);
        }
    }

    /// Where a process has closed a number last.
    pub fn closed_at(&self, pid: Pid, fd: i64) -> Option<Deed> {
        self.closed.get(&(pid, fd)).copied()
    }

    /// Where a process, or an ancestor before the fork, has closed a number last.
    fn closed_by(&self, who: &Arc<Lineage>, fd: i64) -> Option<Deed> {
        let mut at = who;
        let mut before = u64::MAX;
        loop {
            if let Some(deed) = self.closed.get(&(at.pid, fd)).filter(|deed| deed.tick <= before) {
                return Some(*deed);
            }
            before = before.min(at.fork.tick);
            at = at.parent.as_ref()?;
        }
    }
}
