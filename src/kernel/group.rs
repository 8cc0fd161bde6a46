//! Process groups, sessions and the controlling terminal's foreground group.

use super::call::Outcome;
use super::event::Origin;
use super::machine::Machine;
use super::param;
use super::process::{Pid, State};
use super::wait::WaitFor;
use crate::abi::{Errno, SIG_IGN, Signal};

/// What a process wants of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To read.
    Read,
    /// To write (only asked where TOSTOP is set).
    Write,
    /// To change its foreground group or flags.
    Control,
}

impl Machine {
    /// setpgid(2)
    pub(crate) fn setpgid(&mut self, me: Pid, pid: i64, pgid: i64) -> Result<i64, Errno> {
        if pgid < 0 {
            return Err(Errno::EINVAL);
        }
        let target = if pid == 0 { me } else { pid_of(pid).ok_or(Errno::ESRCH)? };
        let caller = self.process(me);
        let process = self.table.get(target).ok_or(Errno::ESRCH)?;
        if target != me {
            if process.ppid != me {
                return Err(Errno::ESRCH);
            }
            if process.sid != caller.sid {
                return Err(Errno::EPERM);
            }
            if process.has_execed {
                return Err(Errno::EACCES);
            }
        }
        if process.sid == target {
            return Err(Errno::EPERM);
        }
        let (sid, caller_sid) = (process.sid, caller.sid);
        let pgid = if pgid == 0 { target } else { pid_of(pgid).ok_or(Errno::EPERM)? };
        if pgid != target && self.table.group(pgid).is_none_or(|group| group.sid != caller_sid) {
            return Err(Errno::EPERM);
        }
        self.table.regroup(target, pgid, sid);
        Ok(0)
    }

    /// setsid(2)
    pub(crate) fn setsid(&mut self, me: Pid) -> Result<i64, Errno> {
        if self.table.group(me).is_some() {
            return Err(Errno::EPERM);
        }
        self.table.regroup(me, me, me);
        Ok(i64::from(me.0))
    }

    /// tcsetpgrp(3), for a descriptor known to be the terminal.
    pub(crate) fn set_foreground(&mut self, me: Pid, pgid: i64) -> Outcome {
        let sid = self.process(me).sid;
        if self.terminal.session != Some(sid) {
            return Outcome::Fail(Errno::ENOTTY);
        }
        if let Err(outcome) = self.terminal_access(me, Access::Control) {
            return outcome;
        }
        if pgid < 0 {
            return Outcome::Fail(Errno::EINVAL);
        }
        match pid_of(pgid).and_then(|pgid| self.table.group(pgid).map(|group| (pgid, group.sid))) {
            None => Outcome::Fail(Errno::ESRCH),
            Some((_, group_sid)) if group_sid != sid => Outcome::Fail(Errno::EPERM),
            Some((pgid, _)) => {
                self.terminal.foreground = pgid;
                let deed = self.deed(me);
                self.ledger.give_terminal(deed);
                Outcome::Int(0)
            }
        }
    }

    /// Job control (termios(3)): a background process that wants the terminal gets SIGTTIN or SIGTTOU with its whole
    /// group, or an error where that signal cannot stop it. `Err` is the outcome of the call.
    pub(crate) fn terminal_access(&mut self, me: Pid, access: Access) -> Result<(), Outcome> {
        let process = self.process(me);
        if self.terminal.session != Some(process.sid) || process.pgid == self.terminal.foreground {
            return Ok(());
        }
        let pgid = process.pgid;
        let signal = if access == Access::Read { Signal::SIGTTIN } else { Signal::SIGTTOU };
        let deaf = process.signals.mask.contains(signal) || process.signals.action(signal).handler == SIG_IGN;
        match (deaf, access) {
            (true, Access::Read) => return Err(Outcome::Fail(Errno::EIO)),
            (true, _) => return Ok(()),
            _ => {}
        }
        if self.is_orphaned(pgid) {
            let errno = if access == Access::Control { Errno::ENOTTY } else { Errno::EIO };
            return Err(Outcome::Fail(errno));
        }
        if self.ledger.on
            && let Some(by) = self.act(me)
        {
            self.ledger.stop_background(by, signal);
        }
        self.post_group(pgid, signal, Origin::Kernel(me));
        Err(Outcome::Block(WaitFor::Terminal))
    }

    /// Generates a signal for every member of a group.
    pub(crate) fn post_group(&mut self, pgid: Pid, signal: Signal, origin: Origin) {
        for member in self.table.members(pgid) {
            self.post(member, signal, origin);
        }
    }

    /// Whether no member of the group has a parent in another group of the same session (PGRP-13). Init counts as such a
    /// parent for the script alone, whose shell it plays, not for the orphans it has adopted.
    pub(crate) fn is_orphaned(&self, pgid: Pid) -> bool {
        !self.table.members(pgid).iter().any(|member| {
            let Some(process) = self.table.get(*member) else { return false };
            let Some(parent) = self.table.get(process.ppid) else { return false };
            process.state != State::Zombie && !process.adopted && parent.pgid != pgid && parent.sid == process.sid
        })
    }

    fn has_stopped_member(&self, pgid: Pid) -> bool {
        let stopped =
            |member: &Pid| self.table.get(*member).is_some_and(|process| matches!(process.state, State::Stopped(_)));
        self.table.members(pgid).iter().any(stopped)
    }

    /// The groups with a stopped member that `pid` links to their session, as a member or as a parent: its end may
    /// orphan them.
    pub(crate) fn groups_about_to_be_orphaned(&self, pid: Pid) -> Vec<Pid> {
        if self.stopped == 0 {
            return Vec::new();
        }
        let process = self.process(pid);
        let mut groups = Vec::new();
        let parent = self.table.get(process.ppid);
        if !process.adopted && parent.is_some_and(|parent| parent.pgid != process.pgid && parent.sid == process.sid) {
            groups.push(process.pgid);
        }
        for child in process.children.iter().filter_map(|child| self.table.get(child)) {
            if child.pgid != process.pgid && child.sid == process.sid && !groups.contains(&child.pgid) {
                groups.push(child.pgid);
            }
        }
        groups.retain(|group| self.has_stopped_member(*group));
        groups
    }

    /// Those of `groups` that are orphaned now get SIGHUP and SIGCONT (PGRP-14).
    pub(crate) fn hang_up_orphaned_groups(&mut self, pid: Pid, groups: &[Pid]) {
        for pgid in groups {
            if self.is_orphaned(*pgid) {
                self.post_group(*pgid, Signal::SIGHUP, Origin::Kernel(pid));
                self.post_group(*pgid, Signal::SIGCONT, Origin::Kernel(pid));
            }
        }
    }

    /// The end of a session's leader hangs up its terminal (TTY-11).
    pub(crate) fn leave_session(&mut self, pid: Pid) {
        if self.process(pid).sid == pid && self.terminal.session == Some(pid) {
            self.terminal.session = None;
            let foreground = self.terminal.foreground;
            self.post_group(foreground, Signal::SIGHUP, Origin::Kernel(pid));
            self.post_group(foreground, Signal::SIGCONT, Origin::Kernel(pid));
        }
    }
}

/// A process id that a program gave, where it is one.
pub(crate) fn pid_of(number: i64) -> Option<Pid> {
    u32::try_from(number).ok().filter(|number| (1..=param::PID_MAX).contains(number)).map(Pid)
}
