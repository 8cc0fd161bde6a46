//! What the ledger knows of regular files: who has written which bytes that nobody has read since, and who wrote over them from a place of
//! its own. It knows nothing of words, nor of the bytes themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::{Act, MOST, Place, Seen, Standing, note};
use crate::kernel::fs::NodeId;
use crate::kernel::process::{Lineage, Pid};
use crate::source::Span;

/// Files of which it is kept who wrote what.
const FILES: usize = 64;
/// Stretches of one file that are kept; what is written later is not followed.
const STRETCHES: usize = 64;

/// Processes that are kept of those who read through one open file description.
const READERS: usize = 8;

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
    /// Where the writer had read the file, before the bytes were written that it wrote over.
    pub read: Option<Span>,
}

/// A process that met the end of a file at its first read, since another had read it all through the same open file.
#[derive(Debug)]
pub struct Drained {
    /// Who, and where it met the end.
    pub by: Act,
    /// Who had read, and where last.
    pub other: Act,
}

/// Facts about regular files.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Bytes that were written over, by where.
    pub overwritten: BTreeMap<Place, Seen<Overwritten>>,
    /// Files that others had read to the end, by where that was met.
    pub drained: BTreeMap<Place, Seen<Drained>>,
    unread: BTreeMap<NodeId, Vec<Written>>,
    /// Where each process has read each file last.
    reads: BTreeMap<(NodeId, Pid), Span>,
    /// Who has read through each open file description, and where last.
    readers: BTreeMap<u64, Vec<Act>>,
    /// Open file descriptions whose place was set: whoever does that knows where it writes.
    placed: BTreeSet<u64>,
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
    pub(crate) fn read(&mut self, node: NodeId, bytes: Range<u64>, (by, serial): (Standing<'_>, u64)) {
        if self.reads.len() < MOST {
            self.reads.insert((node, by.who.pid), by.at);
        }
        if self.readers.len() < FILES || self.readers.contains_key(&serial) {
            let readers = self.readers.entry(serial).or_default();
            let room = readers.len() < READERS;
            match readers.iter_mut().find(|reader| reader.who.pid == by.who.pid) {
                Some(reader) => reader.at = by.at,
                None if room => readers.push(by.act()),
                None => {}
            }
        }
        if let Some(known) = self.unread.get_mut(&node) {
            known.retain(|old| old.bytes.end <= bytes.start || bytes.end <= old.bytes.start);
        }
    }

    /// Where a process has read a file last.
    pub(crate) fn last_read(&self, node: NodeId, pid: Pid) -> Option<Span> {
        self.reads.get(&(node, pid)).copied()
    }

    /// The place of an open file description is set: whoever reads on from there knows it.
    pub(crate) fn seek(&mut self, serial: u64) {
        if !self.readers.is_empty() {
            self.readers.remove(&serial);
        }
        if self.placed.len() < MOST {
            self.placed.insert(serial);
        }
    }

    /// A process has met the end of a file: perhaps others have read it all, and it nothing.
    pub(crate) fn end(&mut self, by: Standing<'_>, serial: u64) {
        let Some(readers) = self.readers.get(&serial) else { return };
        let own = readers.iter().any(|reader| reader.who.pid == by.who.pid);
        if let Some(other) = readers.last().filter(|_| !own).cloned() {
            note(&mut self.drained, by.at, || Drained { by: by.act(), other });
        }
    }

    /// A file becomes empty.
    pub(crate) fn empty(&mut self, node: NodeId) {
        if !self.unread.is_empty() {
            self.unread.remove(&node);
        }
    }

    /// Bytes were written over, through an open file description of this number.
    pub(crate) fn lose(&mut self, lost: Overwritten, serial: u64) {
        if self.placed.contains(&serial) && lost.read.is_none() {
            return;
        }
        note(&mut self.overwritten, lost.by.at, || lost);
    }
}
