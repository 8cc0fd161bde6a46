//! The process table: processes by id, and who is in which group. Ids rise until they wrap, as on Linux.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::param;
use super::pids::Pids;
use super::process::{Pid, Process};
use super::seen::Seen;

/// A process group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its session.
    pub sid: Pid,
    /// Its members, zombies included.
    pub members: Pids,
}

/// All processes, init and zombies included.
#[derive(Debug, Default)]
pub struct Table {
    /// Indexed by id; grows with the highest id in use. Empty where ids are far apart, so that one look tells both.
    slots: Vec<Option<Box<Process>>>,
    /// Where ids are far apart: the processes and the slot of each.
    sparse: Option<Sparse>,
    /// How many there are.
    count: usize,
    /// The id given out last.
    last: u32,
    groups: Groups,
    /// Places of processes that are gone, to be used again.
    #[allow(clippy::vec_box, reason = "a box goes into its slot as it is")]
    spare: Vec<Box<Process>>,
}

/// The groups by id. The one that was changed last is kept in front: most forks and ends are in the same one.
#[derive(Debug, Default)]
struct Groups {
    first: Option<(Pid, Group)>,
    others: BTreeMap<Pid, Group>,
}

impl Groups {
    #[inline]
    fn get(&self, pgid: Pid) -> Option<&Group> {
        match &self.first {
            Some((first, group)) if *first == pgid => Some(group),
            _ => self.others.get(&pgid),
        }
    }

    /// The group called `pgid`; made in this session where there is none.
    #[inline]
    fn get_or_make(&mut self, pgid: Pid, sid: Pid) -> &mut Group {
        if !matches!(&self.first, Some((first, _)) if *first == pgid) {
            self.bring_forward(pgid);
        }
        &mut self.first.get_or_insert_with(|| (pgid, Group { sid, members: Pids::default() })).1
    }

    /// Puts the group called `pgid` in front; nothing where there is none.
    #[cold]
    fn bring_forward(&mut self, pgid: Pid) {
        if let Some((first, group)) = self.first.take() {
            self.others.insert(first, group);
        }
        self.first = self.others.remove(&pgid).map(|group| (pgid, group));
    }

    /// Takes a member out of its group, which goes with the last.
    #[inline]
    fn leave(&mut self, pgid: Pid, pid: Pid) {
        if !matches!(&self.first, Some((first, _)) if *first == pgid) {
            self.bring_forward(pgid);
        }
        if let Some((_, group)) = &mut self.first {
            group.members.remove(pid);
            if group.members.is_empty() {
                self.first = None;
            }
        }
    }
}

/// Slots by id, and which processes were lent out to be changed since somebody asked.
#[derive(Debug, Default)]
struct Sparse {
    slots: Vec<Option<Box<Process>>>,
    names: BTreeMap<Pid, usize>,
    free: Vec<usize>,
    touched: Vec<Pid>,
    /// Who was looked at.
    seen: Seen,
    /// Whether it was asked who there is, or in which group, or that was changed.
    roster: Cell<bool>,
}

impl Sparse {
    /// The slot of a process that is looked at.
    fn slot(&self, pid: Pid) -> Option<usize> {
        self.seen.note(pid.0);
        self.names.get(&pid).copied()
    }

    /// The slot of a process that is lent out to be changed.
    fn slot_to_change(&mut self, pid: Pid) -> Option<usize> {
        let at = self.slot(pid)?;
        if self.touched.last() != Some(&pid) {
            self.touched.push(pid);
        }
        Some(at)
    }
}

impl Table {
    /// A table for ids that are far apart; it remembers which processes were changed.
    pub(crate) fn sparse() -> Table {
        Table { sparse: Some(Sparse { seen: Seen::noting(), ..Sparse::default() }), ..Table::default() }
    }

    /// The process called `pid`, if there is one.
    #[inline(always)]
    pub fn get(&self, pid: Pid) -> Option<&Process> {
        match self.slots.get(pid.0 as usize) {
            Some(slot) => slot.as_deref(),
            None => self.get_sparse(pid),
        }
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, pid: Pid) -> Option<&mut Process> {
        match self.slots.get_mut(pid.0 as usize) {
            Some(slot) => slot.as_deref_mut(),
            None => Self::get_sparse_mut(&mut self.sparse, pid),
        }
    }

    #[cold]
    #[inline(never)]
    fn get_sparse(&self, pid: Pid) -> Option<&Process> {
        let sparse = self.sparse.as_ref()?;
        sparse.slots.get(sparse.slot(pid)?)?.as_deref()
    }

    #[cold]
    #[inline(never)]
    fn get_sparse_mut(sparse: &mut Option<Sparse>, pid: Pid) -> Option<&mut Process> {
        let sparse = sparse.as_mut()?;
        let at = sparse.slot_to_change(pid)?;
        sparse.slots.get_mut(at)?.as_deref_mut()
    }

    /// The ids of the processes that may have changed since this was asked last; some more than once.
    pub(crate) fn take_touched(&mut self) -> Vec<Pid> {
        self.sparse.as_mut().map(|sparse| std::mem::take(&mut sparse.touched)).unwrap_or_default()
    }

    /// The processes that were looked at since this was asked last; nothing where those were all. Groups and the number of
    /// processes do not count.
    pub(crate) fn take_seen(&mut self) -> Option<Vec<u32>> {
        self.sparse.as_mut().and_then(|sparse| sparse.seen.take())
    }

    /// Whether somebody asked who there is or in which group, or changed that, since this was asked last.
    pub(crate) fn take_roster(&self) -> bool {
        self.sparse.as_ref().is_none_or(|sparse| sparse.roster.replace(false))
    }

    #[inline]
    fn note_roster(&self) {
        if let Some(sparse) = &self.sparse {
            sparse.roster.set(true);
        }
    }

    /// How many processes there are, init and zombies included.
    #[inline]
    pub fn len(&self) -> usize {
        self.note_roster();
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.note_roster();
        self.count == 0
    }

    /// All processes by rising id.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        if let Some(sparse) = &self.sparse {
            sparse.seen.note_all();
        }
        let sparse = self.sparse.iter();
        let named = sparse.flat_map(|sparse| sparse.names.values().filter_map(|at| sparse.slots.get(*at)?.as_deref()));
        self.slots.iter().filter_map(|slot| slot.as_deref()).chain(named)
    }

    /// A free id: above the last one, past the end from 2 on; neither a process nor a group has it (FORK-03).
    pub(crate) fn next_pid(&mut self) -> Option<Pid> {
        for _ in 0..param::PID_MAX {
            self.last = if self.last >= param::PID_MAX { param::SCRIPT } else { self.last + 1 };
            let pid = Pid(self.last);
            if self.is_free(pid) {
                return Some(pid);
            }
        }
        None
    }

    /// The id `wanted`, or the first free one after it.
    pub(crate) fn free_pid(&self, wanted: Pid) -> Option<Pid> {
        (wanted.0..=param::PID_MAX).chain(param::SCRIPT..wanted.0).map(Pid).find(|pid| self.is_free(*pid))
    }

    fn is_free(&self, pid: Pid) -> bool {
        self.note_roster();
        self.get(pid).is_none() && self.groups.get(pid).is_none()
    }

    /// Adds a process under its id and to its group.
    pub(crate) fn insert(&mut self, process: Box<Process>) {
        let (slots, at) = match &mut self.sparse {
            None => (&mut self.slots, process.pid.0 as usize),
            Some(sparse) => {
                let at = sparse.free.pop().unwrap_or(sparse.slots.len());
                sparse.names.insert(process.pid, at);
                sparse.touched.push(process.pid);
                (&mut sparse.slots, at)
            }
        };
        if slots.len() <= at {
            slots.resize_with(at + 1, || None);
        }
        let (pid, pgid, sid) = (process.pid, process.pgid, process.sid);
        slots[at] = Some(process);
        self.join(pid, pgid, sid);
        self.count += 1;
    }

    /// Removes a process for good.
    pub(crate) fn remove(&mut self, pid: Pid) -> Option<Box<Process>> {
        let process = match &mut self.sparse {
            None => self.slots.get_mut(pid.0 as usize)?.take()?,
            Some(sparse) => {
                let at = sparse.slot(pid)?;
                let process = sparse.slots.get_mut(at)?.take()?;
                sparse.names.remove(&pid);
                sparse.free.push(at);
                sparse.touched.push(pid);
                process
            }
        };
        self.count -= 1;
        self.leave(pid, process.pgid);
        Some(process)
    }

    /// Keeps the place of a process that is gone.
    pub(crate) fn keep(&mut self, process: Box<Process>) {
        if self.spare.len() < param::SPARES {
            self.spare.push(process);
        }
    }

    /// The place of a process that is gone.
    pub(crate) fn spare(&mut self) -> Option<Box<Process>> {
        self.spare.pop()
    }

    fn join(&mut self, pid: Pid, pgid: Pid, sid: Pid) {
        self.note_roster();
        self.groups.get_or_make(pgid, sid).members.insert(pid);
    }

    fn leave(&mut self, pid: Pid, pgid: Pid) {
        self.note_roster();
        self.groups.leave(pgid, pid);
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
        self.note_roster();
        self.groups.get(pgid)
    }

    /// The members of a group by rising id; empty where there is no such group.
    pub fn members(&self, pgid: Pid) -> Vec<Pid> {
        self.note_roster();
        self.groups.get(pgid).map(|group| group.members.iter().collect()).unwrap_or_default()
    }
}
