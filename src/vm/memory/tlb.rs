//! The translation cache: which frame holds a page of a space.
//!
//! An entry's tags hold the page and the epoch in which it was made. Each space has an epoch of its own while it is among those
//! that were entered last, so that processes that take turns find their entries again. A new epoch makes all entries of a
//! space stale at once. An entry can be written through only if its frame and all nodes above it had one owner when it was
//! made; whatever shares a tree begins a new epoch, and so does whatever gives the tree another root, or gives its root up.

use super::Space;

const ENTRIES: usize = 1024;

/// How many spaces keep their epochs.
const SPACES: usize = 64;

/// Pages are named by the low 32 bits of a tag: addresses stay below 2^38 words.
const EPOCH_SHIFT: u32 = 32;

/// One epoch, in its place in a tag. The first is 1, so that a zero tag never fits.
const EPOCH: u64 = 1 << EPOCH_SHIFT;

/// Spreads the spaces' pages over the entries: they all begin with page 0.
const SPREAD: u64 = 37;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    read: u64,
    write: u64,
    frame: u32,
}

/// A direct-mapped cache.
#[derive(Debug)]
pub(super) struct Tlb {
    entries: Box<[Entry; ENTRIES]>,
    /// The epoch of the present space, in its place in a tag.
    epoch: u64,
    /// What the present space's pages are spread by.
    spread: usize,
    /// The epoch that began last.
    newest: u64,
    /// The epochs of spaces, by root; 0 where there is none.
    spaces: Box<[(Space, u64); SPACES]>,
}

impl Default for Tlb {
    fn default() -> Self {
        Tlb {
            entries: Box::new([Entry::default(); ENTRIES]),
            epoch: EPOCH,
            spread: 0,
            newest: EPOCH,
            spaces: Box::new([(Space::default(), 0); SPACES]),
        }
    }
}

impl Tlb {
    /// Makes `space` the present one; its entries are good if it has kept its epoch.
    #[inline]
    pub(super) fn enter(&mut self, space: Space) {
        let (named, epoch) = self.spaces[space.root as usize % SPACES];
        if named == space && epoch != 0 {
            self.set(epoch);
        } else {
            self.renew(space);
        }
    }

    /// Makes `space` the present one, and all its entries stale.
    #[inline]
    pub(super) fn renew(&mut self, space: Space) {
        self.newest = self.newest.wrapping_add(EPOCH);
        if self.newest == 0 {
            *self = Self::default();
        }
        self.spaces[space.root as usize % SPACES] = (space, self.newest);
        self.set(self.newest);
    }

    /// Makes all entries of a space stale that is not the present one, or is about to be left.
    #[inline]
    pub(super) fn forget(&mut self, space: Space) {
        let known = &mut self.spaces[space.root as usize % SPACES];
        if known.0 == space {
            known.1 = 0;
        }
    }

    #[inline]
    fn set(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.spread = ((epoch >> EPOCH_SHIFT) * SPREAD) as usize % ENTRIES;
    }

    #[inline(always)]
    fn place(&self, page: u64) -> usize {
        (page as usize ^ self.spread) % ENTRIES
    }

    /// The frame of `page`, if it may be read through the cache.
    #[inline(always)]
    pub(super) fn readable(&self, page: u64) -> Option<u32> {
        let entry = &self.entries[self.place(page)];
        (entry.read == page | self.epoch).then_some(entry.frame)
    }

    /// The frame of `page`, if it may be written through the cache.
    #[inline(always)]
    pub(super) fn writable(&self, page: u64) -> Option<u32> {
        let entry = &self.entries[self.place(page)];
        (entry.write == page | self.epoch).then_some(entry.frame)
    }

    /// Remembers a frame that may be read.
    #[inline]
    pub(super) fn insert_readable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            let place = self.place(page);
            self.entries[place] = Entry { read: page | self.epoch, write: 0, frame };
        }
    }

    /// Remembers a frame that may be read and written.
    #[inline]
    pub(super) fn insert_writable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            let (tag, place) = (page | self.epoch, self.place(page));
            self.entries[place] = Entry { read: tag, write: tag, frame };
        }
    }
}
