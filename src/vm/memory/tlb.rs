//! The translation cache: which frame holds a page of a space.
//!
//! An entry's tag holds the page and the epoch in which it was made. Each space has an epoch of its own while it is among those
//! that were entered last, so that processes that take turns find their entries again. A new epoch makes all entries of a
//! space stale at once. An entry can be written through only if its frame and all nodes above it had one owner when it was
//! made; whatever shares a tree begins a new epoch, and so does whatever gives the tree another root, or gives its root up.
//!
//! Beside it, under the same epochs, stand the lengths and stores of the arrays that were used last: an access to an element
//! needs them before it knows its address. Whoever changes an array's header changes them too.

use super::Space;

/// How many entries there are. Together they reach 16 MB; what no process touches costs the host no memory.
const ENTRIES: usize = 1 << 15;

/// How many arrays are known.
const ARRAYS: usize = 512;

/// How many spaces keep their epochs.
const SPACES: usize = 64;

/// Pages are named by the low 32 bits of a tag: addresses stay below 2^38 words.
const EPOCH_SHIFT: u32 = 32;

/// One epoch, in its place in a tag. The first is 1, so that a zero tag never fits.
const EPOCH: u64 = 1 << EPOCH_SHIFT;

/// Spreads the spaces' pages over the entries: they all begin with page 0.
const SPREAD: u64 = 37;

/// A tag, and a frame: in the low half for reading, in the high half for writing, where it is 0 if it may not be written.
/// As an array, since the host gives large ones of zeros without touching them.
type Entry = [u64; 2];

/// A direct-mapped cache.
#[derive(Debug)]
pub(super) struct Tlb {
    entries: Box<[Entry; ENTRIES]>,
    /// A tag, with an address in place of the page, and the first half of an array's header: its length, and where it is.
    arrays: Box<[Entry; ARRAYS]>,
    /// The epoch of the present space, in its place in a tag.
    epoch: u64,
    /// What the present space's pages are spread by.
    spread: usize,
    /// The epoch that began last.
    newest: u64,
    /// The epochs of spaces, by root; 0 where there is none.
    spaces: Box<[(Space, u64); SPACES]>,
}

/// So many entries that no epoch fits.
fn zeros<const N: usize>() -> Box<[Entry; N]> {
    vec![[0; 2]; N].into_boxed_slice().try_into().expect("a list of N entries has N entries")
}

impl Default for Tlb {
    fn default() -> Self {
        Tlb {
            entries: zeros(),
            arrays: zeros(),
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
        let [tag, frames] = self.entries[self.place(page)];
        (tag == page | self.epoch).then_some(frames as u32)
    }

    /// The frame of `page`, if it may be written through the cache.
    #[inline(always)]
    pub(super) fn writable(&self, page: u64) -> Option<u32> {
        let [tag, frames] = self.entries[self.place(page)];
        let frame = (frames >> 32) as u32;
        (tag == page | self.epoch && frame != 0).then_some(frame)
    }

    /// Remembers a frame that may be read.
    #[inline]
    pub(super) fn insert_readable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            self.insert(page, u64::from(frame));
        }
    }

    /// Remembers a frame that may be read and written.
    #[inline]
    pub(super) fn insert_writable(&mut self, page: u64, frame: u32) {
        if page >> EPOCH_SHIFT == 0 {
            self.insert(page, u64::from(frame) << 32 | u64::from(frame));
        }
    }

    #[inline]
    fn insert(&mut self, page: u64, frames: u64) {
        self.entries[self.place(page)] = [page | self.epoch, frames];
    }

    #[inline(always)]
    fn place_of_array(array: u64) -> usize {
        (array >> 1) as usize % ARRAYS
    }

    /// Length and store of an array, in the halves of a word, if they are known.
    #[inline(always)]
    pub(super) fn array(&self, array: u64) -> Option<u64> {
        let [tag, header] = self.arrays[Self::place_of_array(array)];
        (tag == array | self.epoch).then_some(header)
    }

    /// Remembers length and store of an array.
    #[inline(always)]
    pub(super) fn insert_array(&mut self, array: u64, header: u64) {
        if array >> EPOCH_SHIFT == 0 {
            self.arrays[Self::place_of_array(array)] = [array | self.epoch, header];
        }
    }
}
