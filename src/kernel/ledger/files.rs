//! What the ledger knows of regular files: who has written which bytes that nobody has read since, and who wrote over them from a place of
//! its own. It knows nothing of words, nor of the bytes themselves.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::{Act, Place, Seen, note};
use crate::kernel::fs::NodeId;
use crate::kernel::process::Lineage;
use crate::source::Span;

/// Files of which it is kept who wrote what.
const FILES: usize = 64;
/// Stretches of one file that are kept; what is written later is not followed.
const STRETCHES: usize = 64;

/// A stretch of a file that a process has written and nobody has read.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// Its bytes.
    pub(crate) bytes: Range<u64>,
    /// By whom, and where.
    pub(crate) by: Act,
    /// The number of the open file description.
    pub(crate) serial: u64,
}

/// Bytes of one process that another has written over, and that nobody has read.
#[derive(Debug)]
pub struct Overwritten {
    /// Who wrote over them, and where.
    pub by: Act,
    /// Where its place in the file comes from, and who opened it.
    pub opened: Option<(Span, Arc<Lineage>)>,
    /// At which byte it wrote.
    pub at: u64,
    /// Who had written them, and where.
    pub first: Act,
    /// How many bytes were lost.
    pub bytes: u64,
}

/// Facts about regular files.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Bytes that were written over, by where.
    pub overwritten: BTreeMap<Place, Seen<Overwritten>>,
    unread: BTreeMap<NodeId, Vec<Written>>,
}

impl FileFacts {
    /// A process writes: the stretch of another process's bytes that it writes over, from a place of its own. `size` is how long the file
    /// was before: what lies behind is of a file that is gone.
    pub(crate) fn write(&mut self, node: NodeId, size: u64, new: Written) -> Option<(Act, u64)> {
        if self.unread.len() >= FILES && !self.unread.contains_key(&node) {
            return None;
        }
        let known = self.unread.entry(node).or_default();
        known.retain(|old| old.bytes.end <= size);
        let overlap =
            |old: &Written| old.bytes.end.min(new.bytes.end).saturating_sub(old.bytes.start.max(new.bytes.start));
        let foreign = |old: &&Written| old.by.who.pid != new.by.who.pid && old.serial != new.serial;
        let over = known.iter().filter(foreign).find(|old| overlap(old) > 0).map(|old| (old.by.clone(), overlap(old)));
        known.retain(|old| overlap(old) == 0);
        if let Some(last) = known.last_mut()
            && last.serial == new.serial
            && last.by.who.pid == new.by.who.pid
            && last.bytes.end == new.bytes.start
        {
            last.bytes.end = new.bytes.end;
        } else if known.len() < STRETCHES {
            known.push(new);
        }
        over
    }

    /// Somebody reads: what it reads was not written in vain.
    pub(crate) fn read(&mut self, node: NodeId, bytes: Range<u64>) {
        if let Some(known) = self.unread.get_mut(&node) {
            known.retain(|old| old.bytes.end <= bytes.start || bytes.end <= old.bytes.start);
        }
    }

    /// A file becomes empty.
    pub(crate) fn empty(&mut self, node: NodeId) {
        if !self.unread.is_empty() {
            self.unread.remove(&node);
        }
    }

    /// Bytes were written over.
    pub(crate) fn lose(&mut self, lost: Overwritten) {
        note(&mut self.overwritten, lost.by.at, || lost);
    }
}
