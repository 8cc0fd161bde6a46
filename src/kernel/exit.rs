//! Ending: exit, death by a signal, orphans and init, and wait(2).

use std::sync::Arc;

use super::event::{Origin, Watch, What};
use super::ledger::{Act, Chosen, Loss};
use super::machine::Machine;
use super::param;
use super::pids::Pids;
use super::process::{News, Pid, State};
use super::wait::{WaitFor, Which};
use crate::abi::constant::{SA_NOCLDWAIT, WCONTINUED, WNOHANG, WUNTRACED};
use crate::abi::{Builtin, Errno, SIG_IGN, Signal, SignalSet, Status};

const INIT: Pid = Pid(param::INIT);

impl Machine {
    /// Ends a process: descriptors are closed first (EXIT-06), children go to init, the parent hears of it.
    pub(crate) fn die(&mut self, pid: Pid, status: Status) {
        if let State::Blocked(reason) = self.process(pid).state {
            self.leave_queues(pid, reason);
        }
        let how = if status.is_exited() {
            Some(Loss::Exit)
        } else {
            Signal::from_number(status.term_signal()).map(Loss::Killed)
        };
        if let Some(how) = how {
            self.note_lost(pid, how);
        }
        if self.config.leaks && status.is_exited() {
            self.note_leaks(pid);
        }
        if self.ledger.on && status.is_exited() && self.process(pid).signals.pending != SignalSet::EMPTY {
            self.note_unheard(pid);
        }
        self.close_all(pid);
        let now = self.clock;
        let process = self.process_mut(pid);
        let (last, exec) = (process.here(), process.execed.as_ref().map(|deed| deed.span));
        process.peak_memory = process.peak_memory();
        if process.call.is_some() {
            process.call = None;
        }
        process.alarm = None;
        process.status = status;
        process.news = None;
        process.accounting.ended = now;
        if let Some(mut context) = process.context.take() {
            self.take_file_of(&context);
            if context.retire(&mut self.processor, &mut self.memory) && self.spare.len() < param::SPARES {
                self.spare.push(context);
            }
        }
        if pid.0 == param::SCRIPT && self.script_status.is_none() {
            self.script_status = Some(status);
        }
        if self.watches(Watch::SCHED) {
            self.emit(Watch::SCHED, pid, What::Ended { status });
        }
        self.set_state(pid, State::Zombie);
        if self.ledger.on {
            let session = self.process(pid).sid;
            self.ledger.end_orphan(pid, now, session);
            if !self.process(pid).children.is_empty() {
                let last = Act { who: Arc::clone(&self.process(pid).lineage), at: last, exec };
                self.note_children_left(&last, status);
            }
        }
        self.orphan_children(pid);
        self.leave_session(pid);
        self.tell_parent_of_end(pid);
    }

    /// A process ends before its children, or before it has waited for them.
    fn note_children_left(&mut self, parent: &Act, status: Status) {
        let Some(process) = self.table.get(parent.who.pid) else { return };
        let (now, births, session) = (self.clock, process.births, process.sid);
        for child in process.children.iter().filter_map(|child| self.table.get(child)) {
            let lay = (child.state == State::Zombie).then(|| now.saturating_sub(child.accounting.ended));
            self.ledger.leave(parent, &child.lineage, lay, !status.is_exited(), births);
            if lay.is_none() {
                self.ledger.adopt(parent, &child.lineage, (now, session));
            }
        }
    }

    /// Living children get init as their parent at once; zombies are reaped by it (ORPH-01, ORPH-05).
    fn orphan_children(&mut self, pid: Pid) {
        let stopped_groups = self.groups_about_to_be_orphaned(pid);
        let process = self.process_mut(pid);
        if process.children.is_empty() && stopped_groups.is_empty() {
            return;
        }
        let children = std::mem::take(&mut process.children);
        process.newsworthy = Pids::default();
        for child in &children {
            let process = self.process_mut(child);
            process.ppid = INIT;
            process.adopted = true;
            if process.state == State::Zombie {
                self.reap(child, INIT);
            } else {
                self.process_mut(INIT).children.insert(child);
                if self.watches(Watch::SCHED) {
                    self.emit(Watch::SCHED, child, What::Adopted { from: pid });
                }
            }
        }
        self.hang_up_orphaned_groups(pid, &stopped_groups);
    }

    fn tell_parent_of_end(&mut self, pid: Pid) {
        let parent = self.process(pid).ppid;
        if parent == INIT {
            self.reap(pid, INIT);
            return;
        }
        let action = self.process(parent).signals.action(Signal::SIGCHLD);
        let vanishes = action.handler == SIG_IGN || action.flags & SA_NOCLDWAIT != 0;
        if vanishes {
            self.reap(pid, parent);
        } else {
            self.process_mut(parent).newsworthy.insert(pid);
        }
        self.post(parent, Signal::SIGCHLD, Origin::Kernel(pid));
        self.wake_waiting_parent(parent);
    }

    /// A parent that sleeps in wait looks again.
    pub(crate) fn wake_waiting_parent(&mut self, parent: Pid) {
        if let Some(State::Blocked(WaitFor::Child(_))) = self.table.get(parent).map(|process| process.state) {
            self.wake(parent);
        }
    }

    /// Removes a zombie for good.
    fn reap(&mut self, pid: Pid, by: Pid) {
        if self.watches(Watch::SCHED) {
            self.emit(Watch::SCHED, pid, What::Reaped { by });
        }
        let now = self.clock;
        if let Some(mut process) = self.table.remove(pid) {
            process.account(now);
            self.host.ended(&process);
            self.table.keep(process);
        }
        let parent = self.process_mut(by);
        parent.children.remove(pid);
        parent.newsworthy.remove(pid);
    }

    /// waitpid(2), without its sleep: a child's id and status, nobody yet with WNOHANG (0), or what to wait for.
    pub(crate) fn wait_for(&mut self, parent: Pid, which: Which, options: i64) -> Result<Waited, Errno> {
        let Some(process) = self.table.get(parent) else { return Err(Errno::ECHILD) };
        let tidings = |child: Pid| self.tidings(child, options).map(|status| (child, status));
        let in_group = |child: &Pid, pgid: Pid| self.table.get(*child).is_some_and(|child| child.pgid == pgid);
        let (exists, found) = match which {
            Which::Any => (!process.children.is_empty(), process.newsworthy.iter().find_map(tidings)),
            Which::Pid(pid) if process.children.contains(pid) => (true, tidings(pid)),
            Which::Pid(_) => (false, None),
            Which::Group(pgid) => {
                let mut newsworthy = process.newsworthy.iter().filter(|child| in_group(child, pgid));
                (process.children.iter().any(|child| in_group(&child, pgid)), newsworthy.find_map(tidings))
            }
        };
        if !exists {
            return Err(Errno::ECHILD);
        }
        match found {
            Some((child, status)) => {
                if self.ledger.on && which == Which::Any {
                    self.note_choice(parent, child, status);
                }
                self.collect(parent, child);
                Ok(Waited::Child(child, status))
            }
            None if options & WNOHANG != 0 => {
                if self.ledger.on
                    && let Some(by) = self.act(parent)
                {
                    self.ledger.ends.nobody(by);
                    self.note_in_vain(parent, Builtin::Waitpid, None, 0);
                }
                Ok(Waited::Nobody)
            }
            None => Ok(Waited::Sleep(WaitFor::Child(which))),
        }
    }

    /// A wait for anybody takes one of several children.
    #[inline]
    fn note_choice(&mut self, parent: Pid, child: Pid, status: Status) {
        let Some(process) = self.table.get(parent) else { return };
        let Some(other) = process.children.iter().find(|other| *other != child) else { return };
        let (Some(got), Some(other)) = (self.table.get(child), self.table.get(other)) else { return };
        if let Some(by) = self.act(parent) {
            let (got, other) = (got.lineage.clone(), other.lineage.clone());
            self.ledger.choose(Chosen { by, got, status, other });
        }
    }

    /// What a wait with these options would learn of a child now.
    #[inline]
    fn tidings(&self, child: Pid, options: i64) -> Option<Status> {
        let child = self.table.get(child)?;
        match (child.state, child.news) {
            (State::Zombie, _) => Some(child.status),
            (_, Some(News::Stopped(signal))) if options & WUNTRACED != 0 => Some(Status::stopped(signal)),
            (_, Some(News::Continued)) if options & WCONTINUED != 0 => Some(Status::continued()),
            _ => None,
        }
    }

    fn collect(&mut self, parent: Pid, child: Pid) {
        let deed = self.deed(parent);
        let (Some(by), Some(ended)) = (self.table.get(parent), self.table.get(child)) else { return };
        let zombie = matches!(ended.state, State::Zombie);
        if self.ledger.on {
            let by = by.standing();
            self.ledger.collect(by, child, deed, zombie);
            if zombie
                && !ended.status.is_exited()
                && let Some(signal) = Signal::from_number(ended.status.term_signal())
            {
                self.ledger.collect_killed(by.act(), Arc::clone(&ended.lineage), signal);
            }
        }
        if zombie {
            self.reap(child, parent);
        } else {
            self.process_mut(child).news = None;
            self.process_mut(parent).newsworthy.remove(child);
        }
    }
}

/// What a look at the children gives.
pub(crate) enum Waited {
    /// This child, with this status.
    Child(Pid, Status),
    /// Children, but nothing to tell, with WNOHANG.
    Nobody,
    /// Nothing yet.
    Sleep(WaitFor),
}
