//! The translation cache: which frame holds a page of a space.
//!
//! An entry's tag holds the page and the epoch in which it was made. Each space has an epoch of its own while it is among those
//! that were entered last, so that processes that take turns find their entries again. A new epoch makes all entries of a
//! space stale at once. An entry can be written through only if its frame and all nodes above it had one owner when it was
//! made; whatever shares a tree begins a new epoch, and so does whatever gives the tree another root, or gives its root up.
//!
//! Beside it, under the same epochs, stand the arrays that were used last: their lengths and stores, since an access to an element
//! needs them before it knows its address, and their runs. A run is made of elements that lie one behind the other in the row of all
//! frames, as those of a new array do, and whose frames and nodes have one owner: no write moves such a frame, so that the place of
//! an element is found without its page. Whoever changes an array's header changes what stands here too.

use super::{PAGE_WORDS, Space};

/// How many entries there are. Together they reach 16 MB; what no process touches costs the host no memory.
const ENTRIES: usize = 1 << 15;

/// How many arrays are known.
const ARRAYS: usize = 1024;

/// How many spaces keep their epochs.
const SPACES: usize = 64;

/// Pages are named by the low 30 bits of a tag: addresses stay below 2^36 words.
const PAGE_BITS: u32 = 30;

/// Set in the tag of a page that may be written as well as read.
const WRITABLE: u64 = 1 << PAGE_BITS;

const EPOCH_SHIFT: u32 = 32;

/// One epoch, in its place in a tag. The first is 1, so that a zero tag never fits.
const EPOCH: u64 = 1 << EPOCH_SHIFT;

/// Spreads the spaces' pages over the entries: they all begin with page 0.
const SPREAD: u64 = 37;

/// A tag, and what is added to an address of the page to have its place in the row of all frames.
/// As an array, since the host gives large ones of zeros without touching them.
type Entry = [u64; 2];

/// What is known of an array. A row fills a line of the host's cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Row {
    /// A tag, with the array's address in place of the page.
    tag: u64,
    /// The first half of the array's header: its length, and where its store is.
    header: u64,
    run: Run,
    /// How often an element was not in the run.
    misses: u32,
    /// How many elements the store has room for.
    capacity: u32,
}

/// Elements of an array that lie one behind the other in the row of all frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Run {
    /// The first of them.
    pub(super) first: u64,
    /// How many there are.
    pub(super) elements: u64,
    /// Where the first is in the row of all frames.
    pub(super) place: u64,
}

/// Stands for no page: no address has it.
const NO_PAGE: u64 = u64::MAX;

/// The page whose struct was used last, and what is added to an address of it, as in an entry; good in the present epoch alone. There are several,
/// and which is meant is told by the register that the struct was in, not by its address: so the place of a field is known as soon as its address.
#[derive(Debug, Clone, Copy)]
struct Near([[u64; 2]; 4]);

impl Near {
    const NONE: Near = Near([[NO_PAGE, 0]; 4]);

    /// The place of `address`, if it is in the page.
    #[inline(always)]
    fn place(&self, register: u8, address: u64) -> Option<usize> {
        let [page, way] = self.0[usize::from(register) % 4];
        (page == address / PAGE_WORDS as u64).then_some(address.wrapping_add(way) as usize)
    }

    /// Remembers that `address` is at `place`.
    #[inline]
    fn insert(&mut self, register: u8, address: u64, place: usize) {
        self.0[usize::from(register) % 4] = [address / PAGE_WORDS as u64, (place as u64).wrapping_sub(address)];
    }

    #[inline]
    fn forget(&mut self, page: u64) {
        self.0.iter_mut().filter(|known| known[0] == page).for_each(|known| known[0] = NO_PAGE);
    }
}

/// A direct-mapped cache.
#[derive(Debug)]
pub(super) struct Tlb {
    /// Where structs were read last, and where they were written last. Those that are used one after the other often lie in one page, and it
    /// is looked at with less work than an entry is.
    read: Near,
    written: Near,
    entries: Box<[Entry; ENTRIES]>,
    /// These stand in place, so that they are found without asking where they are.
    arrays: [Row; ARRAYS],
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
            read: Near::NONE,
            written: Near::NONE,
            entries: zeros(),
            arrays: [Row::default(); ARRAYS],
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
            self.begin_again();
        }
        self.spaces[space.root as usize % SPACES] = (space, self.newest);
        self.set(self.newest);
    }

    #[cold]
    #[inline(never)]
    fn begin_again(&mut self) {
        *self = Self::default();
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
        (self.read, self.written) = (Near::NONE, Near::NONE);
        self.spread = ((epoch >> EPOCH_SHIFT) * SPREAD) as usize % ENTRIES;
    }

    #[inline(always)]
    fn place(&self, page: u64) -> usize {
        (page as usize ^ self.spread) % ENTRIES
    }

    /// What a tag must be: a page that may be written, in the present epoch.
    #[inline(always)]
    fn key(&self, page: u64) -> u64 {
        page | self.epoch | WRITABLE
    }

    /// The place of `address` in the row of all frames, if it may be read through the cache.
    #[inline(always)]
    pub(super) fn readable(&self, address: u64) -> Option<usize> {
        let page = address / PAGE_WORDS as u64;
        let [tag, way] = self.entries[self.place(page)];
        (tag | WRITABLE == self.key(page)).then_some(address.wrapping_add(way) as usize)
    }

    /// The place of `address` in the row of all frames, if it may be written through the cache.
    #[inline(always)]
    pub(super) fn writable(&self, address: u64) -> Option<usize> {
        let page = address / PAGE_WORDS as u64;
        let [tag, way] = self.entries[self.place(page)];
        (tag == self.key(page)).then_some(address.wrapping_add(way) as usize)
    }

    /// The place of `address`, if it is in the page whose struct was read last.
    #[inline(always)]
    pub(super) fn near(&self, register: u8, address: u64) -> Option<usize> {
        self.read.place(register, address)
    }

    /// The place of `address`, to be written, if it is in the page whose struct was written last.
    #[inline(always)]
    pub(super) fn near_mut(&self, register: u8, address: u64) -> Option<usize> {
        self.written.place(register, address)
    }

    /// Remembers that `address`, which is at `place`, was read in a struct.
    #[inline]
    pub(super) fn come_near(&mut self, register: u8, address: u64, place: usize) {
        self.read.insert(register, address, place);
    }

    /// Remembers that `address`, which is at `place`, was written in a struct.
    #[inline]
    pub(super) fn come_near_mut(&mut self, register: u8, address: u64, place: usize) {
        self.written.insert(register, address, place);
    }

    /// Remembers a frame that may be read.
    #[inline]
    pub(super) fn insert_readable(&mut self, page: u64, frame: u32) {
        self.insert(page, page | self.epoch, frame);
    }

    /// Remembers a frame that may be read and written.
    #[inline]
    pub(super) fn insert_writable(&mut self, page: u64, frame: u32) {
        self.insert(page, self.key(page), frame);
    }

    #[inline]
    fn insert(&mut self, page: u64, tag: u64, frame: u32) {
        // A page that was read and is now written may have another frame.
        self.read.forget(page);
        if page >> PAGE_BITS == 0 {
            let way = u64::from(frame).wrapping_sub(page).wrapping_mul(PAGE_WORDS as u64);
            self.entries[self.place(page)] = [tag, way];
        }
    }

    /// Where an array is kept. The factor is one of those, found by trying, with which arrays that follow each other at one
    /// distance, as the rows of a table do, have places of their own at nearly every distance.
    #[inline(always)]
    pub(super) fn place_of_array(array: u64) -> usize {
        ((array as u32).wrapping_mul(0x33c5_2d51) >> (u32::BITS - ARRAYS.ilog2())) as usize
    }

    /// The row of an array. Where its place was taken when it came, it has the place beside it, which only those look at that do not find
    /// it in its own.
    #[inline]
    fn row(&mut self, array: u64) -> Option<&mut Row> {
        let (key, place) = (array | self.epoch, Self::place_of_array(array));
        let at = [place, place ^ 1].into_iter().find(|at| self.arrays[*at].tag == key)?;
        Some(&mut self.arrays[at])
    }

    /// A row for an array that has none: the one in its place or beside it, whichever is not used in the present epoch.
    #[inline]
    fn free_row(&mut self, array: u64) -> &mut Row {
        let place = Self::place_of_array(array);
        let used = |at: usize| self.arrays[at].tag >> EPOCH_SHIFT == self.epoch >> EPOCH_SHIFT;
        let at = if used(place) && !used(place ^ 1) { place ^ 1 } else { place };
        &mut self.arrays[at]
    }

    /// Length and store of an array, in the halves of a word, wherever they are known.
    #[inline]
    pub(super) fn array_beside(&mut self, array: u64) -> Option<u64> {
        self.row(array).map(|row| row.header)
    }

    /// The place of an element, if it is in the array's run, wherever that is known.
    #[inline]
    pub(super) fn element_beside(&mut self, array: u64, index: u64) -> Option<usize> {
        let run = self.row(array)?.run;
        let at = index.wrapping_sub(run.first);
        (at < run.elements).then_some(run.place.wrapping_add(at) as usize)
    }

    /// Length and store of an array, in the halves of a word, if they are known.
    #[inline(always)]
    pub(super) fn array(&self, array: u64) -> Option<u64> {
        let row = &self.arrays[Self::place_of_array(array)];
        (row.tag == array | self.epoch).then_some(row.header)
    }

    /// The place of an element in the row of all frames, if it is in the array's run: it may be read and written.
    #[inline(always)]
    pub(super) fn element(&self, array: u64, index: u64) -> Option<usize> {
        let Row { tag, run, .. } = &self.arrays[Self::place_of_array(array)];
        let at = index.wrapping_sub(run.first);
        (*tag == array | self.epoch && at < run.elements).then_some(run.place.wrapping_add(at) as usize)
    }

    /// Length, capacity and store of an array that has room for one more element, if they are known.
    #[inline(always)]
    pub(super) fn room(&self, array: u64) -> Option<(u32, u32, u64)> {
        let row = &self.arrays[Self::place_of_array(array)];
        let length = row.header as u32;
        (row.tag == array | self.epoch && length < row.capacity).then_some((length, row.capacity, row.header >> 32))
    }

    /// Counts one more element of an array, if it is known.
    #[inline(always)]
    pub(super) fn lengthen(&mut self, array: u64) {
        if let Some(row) = self.row(array) {
            row.header += 1;
        }
    }

    /// Remembers length, capacity and store of an array. Its run stays known while these are its elements.
    #[inline]
    pub(super) fn insert_array(&mut self, array: u64, header: u64, capacity: u32) {
        if array >> EPOCH_SHIFT != 0 {
            return;
        }
        let tag = array | self.epoch;
        let Some(row) = self.row(array).filter(|row| row.header >> 32 == header >> 32) else {
            let row = match self.row(array) {
                Some(row) => row,
                None => self.free_row(array),
            };
            *row = Row { tag, header, capacity, ..Row::default() };
            return;
        };
        (row.header, row.capacity) = (header, capacity);
        row.run.elements = row.run.elements.min(u64::from(header as u32).saturating_sub(row.run.first));
    }

    /// Counts that an element of a known array was not in its run: the run, and how often that happened.
    #[inline]
    pub(super) fn missed(&mut self, array: u64) -> (Run, u32) {
        let Some(row) = self.row(array) else { return (Run::default(), 0) };
        row.misses = row.misses.wrapping_add(1);
        (row.run, row.misses)
    }

    /// Sets the run of a known array.
    #[inline]
    pub(super) fn set_run(&mut self, array: u64, run: Run) {
        if let Some(row) = self.row(array) {
            row.run = run;
        }
    }
}
