//! Signals: what each process does with them, generation ([`Machine::post`]) and delivery ([`Machine::deliver`]).
//!
//! Order and coalescing follow Linux (posix.md's DLVR, STOP and SUSP rules): every deliverable signal with a
//! handler is entered on top of the one before, so with empty masks the bodies run in falling order.

use std::sync::Arc;

use super::backlog::Backlog;
use super::call::Call;
use super::event::{Fate, Origin, Watch, What};
use super::ledger::Merged;
use super::machine::Machine;
use super::process::{Deed, News, Pid, State, share};
use super::wait::WaitFor;
use crate::abi::constant::{SA_NOCLDSTOP, SA_NODEFER, SA_RESETHAND};
use crate::abi::signal::{DefaultAction, SignalSet};
use crate::abi::{Builtin, SIG_DFL, SIG_IGN, Signal, Status};

/// What a process does with one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action {
    /// `SIG_DFL`, `SIG_IGN` or a function value.
    pub handler: u64,
    /// Blocked while the handler runs.
    pub mask: SignalSet,
    /// `SA_…`
    pub flags: i64,
}

impl Default for Action {
    fn default() -> Self {
        Action { handler: SIG_DFL, mask: SignalSet::EMPTY, flags: 0 }
    }
}

/// The signal state of a process. What every return from the kernel looks at comes last, and so lies beside what a switch changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C)]
pub struct Signals {
    /// By number less one, shared with the parent until changed.
    actions: Arc<[Action; 31]>,
    /// What reports tell; none in the many processes that no signal has reached.
    story: Option<Box<Story>>,
    /// Who blocked or unblocked signals last, this process or the ancestor that it has the mask from.
    masked: Option<Arc<Deed>>,
    /// Blocked signals.
    pub mask: SignalSet,
    /// Generated and not yet acted on.
    pub pending: SignalSet,
    /// A signal that ends the process for certain, generated while nothing else was deliverable: Linux begins the exit
    /// at once, and what comes later changes nothing (signal.c, `complete_signal`).
    pub doomed: Option<Signal>,
    /// `abort` has run its handler: the next time it kills.
    pub aborting: bool,
}

/// Where a process's signals come from, and what came of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Story {
    /// Who generated each pending signal, in the order of generation.
    origins: Vec<(Signal, Origin)>,
    /// The latest signals that have come to something, oldest first: what the report of a stuck run looks at.
    heard: Backlog<Heard>,
}

/// What became of a signal that is no longer pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It ran a handler.
    Handled,
    /// It ran a handler and so ended a `pause` or `sigsuspend`.
    EndedWait,
    /// It was dropped, since it is ignored or does nothing by default.
    Dropped,
    /// It stopped the process.
    Stopped,
}

/// A signal that has come to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub signal: Signal,
    /// By whom it was generated, where that is still known.
    pub origin: Option<Origin>,
    /// What came of it.
    pub became: Became,
    /// Where its process stood, and when.
    pub at: Deed,
}

/// How many signals a process remembers to have heard.
const HEARD: usize = 4;

impl Default for Signals {
    fn default() -> Self {
        Signals {
            actions: Arc::new([Action::default(); 31]),
            mask: SignalSet::EMPTY,
            pending: SignalSet::EMPTY,
            doomed: None,
            aborting: false,
            story: None,
            masked: None,
        }
    }
}

impl Signals {
    /// The action of a signal.
    #[inline]
    pub fn action(&self, signal: Signal) -> Action {
        self.actions[signal.number() as usize - 1]
    }

    /// Sets the action of a signal; one that now ignores it discards a pending instance (SIG-12, SIG-13).
    pub(crate) fn set_action(&mut self, signal: Signal, action: Action) {
        Arc::make_mut(&mut self.actions)[signal.number() as usize - 1] = action;
        if self.ignores(signal) {
            self.forget(signal);
        }
    }

    /// The same, in the place of what a process had that is gone.
    #[inline]
    pub(crate) fn become_fork_of(&mut self, parent: &Signals) {
        let Signals { actions, mask, pending, doomed, aborting, story, masked } = self;
        share(actions, &parent.actions);
        (*mask, *pending, *doomed, *aborting) = (parent.mask, SignalSet::EMPTY, None, false);
        if let Some(story) = story {
            story.origins.clear();
            story.heard.clear();
        }
        if masked.is_some() || parent.masked.is_some() {
            masked.clone_from(&parent.masked);
        }
    }

    /// What a child starts with: actions and mask, nothing pending (FORK-07 to FORK-09).
    pub(crate) fn fork(&self) -> Signals {
        Signals {
            actions: Arc::clone(&self.actions),
            mask: self.mask,
            pending: SignalSet::EMPTY,
            doomed: None,
            aborting: false,
            story: None,
            masked: self.masked.clone(),
        }
    }

    fn hear(&mut self, heard: Heard) {
        let latest = &mut self.story.get_or_insert_default().heard;
        latest.push(heard);
        if latest.len() > HEARD {
            latest.skip(1);
        }
    }

    /// exec: handlers are lost, ignored signals stay ignored, mask and pending stay (EXEC-02 to EXEC-05).
    pub(crate) fn exec(&mut self) {
        let actions = Arc::make_mut(&mut self.actions);
        for action in actions.iter_mut() {
            if action.handler != SIG_IGN {
                *action = Action::default();
            } else {
                *action = Action { handler: SIG_IGN, ..Action::default() };
            }
        }
        self.aborting = false;
    }

    /// Whether the signal would be dropped: ignored, or at a default that does nothing.
    pub fn ignores(&self, signal: Signal) -> bool {
        match self.action(signal).handler {
            SIG_IGN => true,
            SIG_DFL => matches!(signal.default_action(), DefaultAction::Ignore | DefaultAction::Continue),
            _ => false,
        }
    }

    /// Whether the signal would end the process.
    pub fn kills(&self, signal: Signal) -> bool {
        let fatal = matches!(signal.default_action(), DefaultAction::Terminate | DefaultAction::Core);
        self.action(signal).handler == SIG_DFL && fatal
    }

    /// Whether a function of the program handles the signal.
    pub fn handles(&self, signal: Signal) -> bool {
        !matches!(self.action(signal).handler, SIG_DFL | SIG_IGN)
    }

    /// The signals that would be acted on now.
    pub fn deliverable(&self) -> SignalSet {
        self.pending.without(self.mask)
    }

    /// The latest signals that have come to something, oldest first.
    pub fn heard(&self) -> &[Heard] {
        self.story.as_deref().map_or(&[], |story| story.heard.as_slice())
    }

    /// Who generated each pending signal, in the order of generation.
    pub fn origins(&self) -> &[(Signal, Origin)] {
        self.story.as_deref().map_or(&[], |story| &story.origins)
    }

    /// Who generated a pending signal, where that is known.
    pub fn origin(&self, signal: Signal) -> Option<Origin> {
        self.origins().iter().find(|(pending, _)| *pending == signal).map(|(_, origin)| *origin)
    }

    /// Who blocked or unblocked signals last, this process or the ancestor that it has the mask from.
    pub fn masked(&self) -> Option<Deed> {
        self.masked.as_deref().copied()
    }

    /// Sets the mask, and notes who did.
    pub(crate) fn set_mask(&mut self, mask: SignalSet, by: Deed) {
        self.mask = mask;
        self.masked = Some(Arc::new(by));
    }

    /// Whether nothing is to be acted on now.
    #[inline]
    pub(crate) fn are_quiet(&self) -> bool {
        self.pending.without(self.mask).is_empty() && self.doomed.is_none()
    }

    fn forget(&mut self, signal: Signal) {
        self.pending.remove(signal);
        if let Some(story) = &mut self.story {
            story.origins.retain(|(pending, _)| *pending != signal);
        }
    }

    /// Takes a pending signal out.
    pub(crate) fn take(&mut self, signal: Signal) {
        self.forget(signal);
    }
}

/// What became of a process when its signals were acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It goes on, in a handler or where it was.
    Runs,
    /// It was stopped, or has ended.
    Off,
}

/// Whether a call sleeps for nothing but a handler.
fn is_signal_wait(call: &Call) -> bool {
    matches!(call.request.builtin, Builtin::Pause | Builtin::Sigsuspend)
}

const STOPS: [Signal; 4] = [Signal::SIGSTOP, Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

impl Machine {
    /// Generates `signal` for process `target`. Zombies and init take no notice (EXIT-07, KILL-12).
    pub(crate) fn post(&mut self, target: Pid, signal: Signal, origin: Origin) {
        self.totals.signals += 1;
        let fate = self.generate(target, signal, origin);
        if fate == Fate::Merged && self.ledger.on {
            self.note_merged(target, signal, origin);
        }
        if self.watches(Watch::SIGNAL) {
            self.emit(Watch::SIGNAL, target, What::SignalSent { signal, origin, fate });
        }
    }

    /// A signal is dropped, since one of its kind is pending.
    fn note_merged(&mut self, target: Pid, signal: Signal, second: Origin) {
        let (Some(act), Some(process)) = (self.act(target), self.table.get(target)) else { return };
        let sender = match second {
            Origin::Process(pid, _) => self.table.get(pid).map(|sender| std::sync::Arc::clone(&sender.lineage)),
            _ => None,
        };
        let (blocked, handled) = (process.signals.mask.contains(signal), process.signals.handles(signal));
        let first = process.signals.origin(signal).unwrap_or(second);
        self.ledger.merge(Merged { signal, target: act, first, second, sender, blocked, handled });
    }

    fn generate(&mut self, target: Pid, signal: Signal, origin: Origin) -> Fate {
        let remember = self.config.remember;
        let Some(process) = self.table.get_mut(target) else { return Fate::Dropped };
        if process.state == State::Zombie || process.context.is_none() {
            return Fate::Dropped;
        }
        if signal == Signal::SIGCONT {
            STOPS.iter().for_each(|stop| process.signals.forget(*stop));
            if let State::Stopped(_) = process.state {
                self.resume(target);
                self.ledger.go_on(target, origin);
            }
        } else if STOPS.contains(&signal) {
            process.signals.forget(Signal::SIGCONT);
        }
        let process = self.process_mut(target);
        let blocked = process.signals.mask.contains(signal) && !signal.is_untouchable();
        if !blocked && process.signals.ignores(signal) {
            self.remember(target, signal, Some(origin), Became::Dropped);
            return Fate::Dropped;
        }
        let awaited = matches!(process.state, State::Blocked(WaitFor::SignalOf(set)) if set.contains(signal));
        let stopped = matches!(process.state, State::Stopped(_));
        let alone = process.signals.deliverable().is_empty();
        let fatal =
            process.signals.action(signal).handler == SIG_DFL && signal.default_action() == DefaultAction::Terminate;
        if fatal && !blocked && !stopped && alone && process.signals.doomed.is_none() {
            process.signals.doomed = Some(signal);
        }
        if signal == Signal::SIGKILL || process.signals.doomed.is_some() {
            // Linux marks the whole process as leaving at once, and forgets a stop or continuation nobody has collected (WAIT-18).
            process.news = None;
        }
        let merged = process.signals.pending.contains(signal);
        if !merged {
            process.signals.pending.insert(signal);
            if remember {
                process.signals.story.get_or_insert_default().origins.push((signal, origin));
            }
        }
        match process.state {
            State::Blocked(_) if !blocked || awaited => self.wake(target),
            State::Stopped(_) if signal == Signal::SIGKILL => self.make_ready(target),
            _ => {}
        }
        match (merged, blocked) {
            (true, _) => Fate::Merged,
            (false, true) => Fate::Blocked,
            (false, false) => Fate::Pending,
        }
    }

    /// Notes what became of a signal.
    fn remember(&mut self, pid: Pid, signal: Signal, origin: Option<Origin>, became: Became) {
        if !self.config.remember {
            return;
        }
        let at = self.deed(pid);
        self.process_mut(pid).signals.hear(Heard { signal, origin, became, at });
    }

    /// A stopped process goes on, whatever it does with SIGCONT itself (STOP-04); its parent hears of it.
    fn resume(&mut self, pid: Pid) {
        self.make_ready(pid);
        self.tell_parent(pid, News::Continued);
    }

    /// Stops the running process.
    pub(crate) fn stop(&mut self, pid: Pid, signal: Signal) {
        self.cut_write_short(pid);
        self.set_state(pid, State::Stopped(signal));
        self.tell_parent(pid, News::Stopped(signal));
    }

    /// A parent hears of a stop or continuation: by SIGCHLD, unless it has SA_NOCLDSTOP, and by its wait.
    fn tell_parent(&mut self, pid: Pid, news: News) {
        let process = self.process_mut(pid);
        process.news = Some(news);
        let parent = process.ppid;
        let Some(parent_process) = self.table.get_mut(parent) else { return };
        if parent_process.context.is_none() {
            return;
        }
        parent_process.newsworthy.insert(pid);
        if parent_process.signals.action(Signal::SIGCHLD).flags & SA_NOCLDSTOP == 0 {
            self.post(parent, Signal::SIGCHLD, Origin::Kernel(pid));
        }
        self.wake_waiting_parent(parent);
    }

    /// Acts on every deliverable signal of the running process.
    pub(crate) fn deliver(&mut self, pid: Pid) -> Delivery {
        loop {
            let process = self.process_mut(pid);
            if let Some(signal) = process.signals.doomed {
                let origin = process.signals.origin(signal);
                self.note_death(pid, signal, origin);
                self.die(pid, Status::killed(signal));
                return Delivery::Off;
            }
            let Some(signal) = process.signals.deliverable().next_to_deliver() else { return Delivery::Runs };
            let origin = process.signals.origin(signal);
            process.signals.take(signal);
            let action = process.signals.action(signal);
            match (action.handler, signal.default_action()) {
                (SIG_IGN, _) | (SIG_DFL, DefaultAction::Ignore | DefaultAction::Continue) => {}
                (SIG_DFL, DefaultAction::Stop) => {
                    let pgid = process.pgid;
                    if signal == Signal::SIGSTOP || !self.is_orphaned(pgid) {
                        self.remember(pid, signal, origin, Became::Stopped);
                        self.stop(pid, signal);
                        return Delivery::Off;
                    }
                }
                (SIG_DFL, DefaultAction::Terminate | DefaultAction::Core) => {
                    self.note_death(pid, signal, origin);
                    self.die(pid, Status::killed(signal));
                    return Delivery::Off;
                }
                (_, _) => {
                    let waits = matches!(process.call.as_deref(), Some(call) if is_signal_wait(call));
                    self.remember(pid, signal, origin, if waits { Became::EndedWait } else { Became::Handled });
                    if !self.enter_handler(pid, signal, action, origin) {
                        return Delivery::Off;
                    }
                }
            }
        }
    }

    /// Makes the frame of a handler; false where the stack has no room and the process was killed for it.
    pub(crate) fn enter_handler(&mut self, pid: Pid, signal: Signal, action: Action, origin: Option<Origin>) -> bool {
        let suspended_mask = self.interrupt_call(pid, action, (signal, origin));
        let process = self.process_mut(pid);
        let saved = suspended_mask.unwrap_or(process.signals.mask);
        let cookie = [u64::from(saved.0), u64::from(signal.number())];
        let Some(context) = process.context.as_deref_mut() else { return false };
        if let Err(fault) = context.push_handler(action.handler, signal.number(), cookie) {
            self.report_fault(pid, &fault);
            self.die(pid, Status::killed(fault.signal()));
            return false;
        }
        process.signals.mask = process.signals.mask.union(action.mask);
        if action.flags & SA_NODEFER == 0 {
            process.signals.mask.insert(signal);
        }
        if action.flags & SA_RESETHAND != 0 {
            process.signals.set_action(signal, Action { handler: SIG_DFL, ..action });
        }
        if self.watches(Watch::SIGNAL) {
            self.emit(Watch::SIGNAL, pid, What::HandlerEntered { signal });
        }
        true
    }

    /// A handler has returned: the mask from before comes back, whatever the handler did with it (MASK-06).
    pub(crate) fn leave_handler(&mut self, pid: Pid) {
        let process = self.process_mut(pid);
        let Some(context) = process.context.as_deref_mut() else { return };
        let cookie = context.pop_handler();
        process.signals.mask = SignalSet(cookie[0] as u32);
        if self.watches(Watch::SIGNAL) {
            self.emit(Watch::SIGNAL, pid, What::HandlerLeft);
        }
    }
}
