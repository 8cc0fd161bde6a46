//! Who has used a pipe, for reports; it knows nothing of the bytes themselves.

use super::super::process::{Deed, Pid};

/// Who has written to a pipe and who has read it, the first few of each, and how much: for reports only, and no part of its state.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    pub(super) wrote: Vec<(Pid, u64)>,
    pub(super) read: Vec<(Pid, u64)>,
    /// The first read that took bytes of several writes at once.
    pub joined: Option<Deed>,
    /// The latest write.
    pub last: Option<Deed>,
    /// The first read that got fewer bytes than it asked for: both numbers, the one asked for first.
    pub short: Option<Box<(Deed, u64, u64)>>,
    /// The first bytes that a process has read though it had written them itself: the write, and the read.
    pub own: Option<(Deed, Deed)>,
}

impl Traffic {
    /// Processes that are kept; a report on a pipe of more says nothing of them.
    const MOST: usize = 8;

    /// Whether somebody is known never to have written, though others have.
    pub fn others_wrote(&self, pid: Pid) -> bool {
        let known = !self.wrote.is_empty() && self.wrote.len() < Traffic::MOST;
        known && self.wrote.iter().all(|(writer, _)| *writer != pid)
    }

    /// Whether nobody has written.
    pub fn is_none(&self) -> bool {
        self.wrote.is_empty()
    }

    /// Who has written and how many bytes each, in the order of their first writes; none where it were too many.
    pub fn writers(&self) -> Option<&[(Pid, u64)]> {
        (self.wrote.len() < Traffic::MOST).then_some(&self.wrote)
    }

    /// Who has read and how many bytes each, in the order of their first reads; none where it were too many.
    pub fn readers(&self) -> Option<&[(Pid, u64)]> {
        (self.read.len() < Traffic::MOST).then_some(&self.read)
    }

    /// Counts bytes of a process.
    #[inline]
    pub(super) fn add(list: &mut Vec<(Pid, u64)>, pid: Pid, bytes: usize) {
        if let Some(entry) = list.last_mut().filter(|entry| entry.0 == pid) {
            entry.1 += bytes as u64;
        } else if let Some(entry) = list.iter_mut().find(|entry| entry.0 == pid) {
            entry.1 += bytes as u64;
        } else if list.len() < Traffic::MOST {
            list.push((pid, bytes as u64));
        }
    }
}

impl PartialEq for Traffic {
    fn eq(&self, _: &Traffic) -> bool {
        true
    }
}
