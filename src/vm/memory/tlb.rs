//! The translation cache: which frame holds a page of the space that was entered last.
//!
//! An entry's tags hold the page and the epoch in which it was made; a new epoch makes all entries stale at
//! once. An entry can be written through only if its frame and all nodes above it had one owner when it was made;
//! whatever shares a tree begins a new epoch.

const ENTRIES: usize = 256;

/// Pages are named by the low 32 bits of a tag: addresses stay below 2^38 words.
const EPOCH_SHIFT: u32 = 32;

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
    /// The epoch in its place in a tag; never 0, so that a zero tag never fits.
    epoch: u64,
}

impl Default for Tlb {
    fn default() -> Self {
        Tlb { entries: Box::new([Entry::default(); ENTRIES]), epoch: 1 << EPOCH_SHIFT }
    }
}

impl Tlb {
    /// Makes all entries stale.
    pub(super) fn flush(&mut self) {
        self.epoch = self.epoch.wrapping_add(1 << EPOCH_SHIFT);
        if self.epoch == 0 {
            *self = Self::default();
        }
    }

    /// The frame of `page`, if it may be read through the cache.
    #[inline(always)]
    pub(super) fn readable(&self, page: u64) -> Option<u32> {
        let entry = &self.entries[page as usize % ENTRIES];
        (entry.read == page | self.epoch).then_some(entry.frame)
    }

    /// The frame of `page`, if it may be written through the cache.
    #[inline(always)]
    pub(super) fn writable(&self, page: u64) -> Option<u32> {
        let entry = &self.entries[page as usize % ENTRIES];
        (entry.write == page | self.epoch).then_some(entry.frame)
    }

    /// Remembers a frame that may be read.
    pub(super) fn insert_readable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            self.entries[page as usize % ENTRIES] = Entry { read: page | self.epoch, write: 0, frame };
        }
    }

    /// Remembers a frame that may be read and written.
    pub(super) fn insert_writable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            let tag = page | self.epoch;
            self.entries[page as usize % ENTRIES] = Entry { read: tag, write: tag, frame };
        }
    }
}
