//! The process table: processes by id, and who is in which group. Ids rise until they wrap, as on Linux.

use std::collections::{BTreeMap, BTreeSet};

use super::param;
use super::process::{Pid, Process};

/// A process group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its session.
    pub sid: Pid,
    /// Its members, zombies included.
    pub members: BTreeSet<Pid>,
}

/// All processes, init and zombies included.
#[derive(Debug, Default)]
pub struct Table {
    /// Indexed by id; grows with the highest id in use.
    slots: Vec<Option<Box<Process>>>,
    /// How many there are.
    count: usize,
    /// The id given out last.
    last: u32,
    groups: BTreeMap<Pid, Group>,
}

impl Table {
    /// The process called `pid`, if there is one.
    pub fn get(&self, pid: Pid) -> Option<&Process> {
        self.slots.get(pid.0 as usize)?.as_deref()
    }

    pub(crate) fn get_mut(&mut self, pid: Pid) -> Option<&mut Process> {
        self.slots.get_mut(pid.0 as usize)?.as_deref_mut()
    }

    /// How many processes there are, init and zombies included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All processes by rising id.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.slots.iter().filter_map(|slot| slot.as_deref())
    }

    /// A free id: above the last one, past the end from 2 on; neither a process nor a group has it (FORK-03).
    pub(crate) fn next_pid(&mut self) -> Option<Pid> {
        for _ in 0..param::PID_MAX {
            self.last = if self.last >= param::PID_MAX { param::SCRIPT } else { self.last + 1 };
            let pid = Pid(self.last);
            if self.get(pid).is_none() && !self.groups.contains_key(&pid) {
                return Some(pid);
            }
        }
        None
    }

    /// Adds a process under its id and to its group.
    pub(crate) fn insert(&mut self, process: Process) {
        let at = process.pid.0 as usize;
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, || None);
        }
        self.join(process.pid, process.pgid, process.sid);
        self.slots[at] = Some(Box::new(process));
        self.count += 1;
    }

    /// Removes a process for good.
    pub(crate) fn remove(&mut self, pid: Pid) -> Option<Box<Process>> {
        let process = self.slots.get_mut(pid.0 as usize)?.take()?;
        self.count -= 1;
        self.leave(pid, process.pgid);
        Some(process)
    }

    fn join(&mut self, pid: Pid, pgid: Pid, sid: Pid) {
        self.groups.entry(pgid).or_insert_with(|| Group { sid, members: BTreeSet::new() }).members.insert(pid);
    }

    fn leave(&mut self, pid: Pid, pgid: Pid) {
        if let Some(group) = self.groups.get_mut(&pgid) {
            group.members.remove(&pid);
            if group.members.is_empty() {
                self.groups.remove(&pgid);
            }
        }
    }

    /// Moves a process to a group, which is made if it does not exist.
    pub(crate) fn regroup(&mut self, pid: Pid, pgid: Pid, sid: Pid) {
        let Some(process) = self.get_mut(pid) else { return };
        let old = std::mem::replace(&mut process.pgid, pgid);
        process.sid = sid;
        self.leave(pid, old);
        self.join(pid, pgid, sid);
    }

    /// The group called `pgid`, if it has a member.
    pub fn group(&self, pgid: Pid) -> Option<&Group> {
        self.groups.get(&pgid)
    }

    /// The members of a group by rising id; empty where there is no such group.
    pub fn members(&self, pgid: Pid) -> Vec<Pid> {
        self.groups.get(&pgid).map(|group| group.members.iter().copied().collect()).unwrap_or_default()
    }
}
