//! Paged, copy-on-write memory: a pool of frames, radix page tables over it, and the allocator and collector of a
//! process's heap. It knows neither instructions nor the kernel.
//!
//! The unit of addresses is the word of 8 bytes. A page is 64 words; a page table is a tree of nodes with 16
//! children whose height grows with the heap. Frame 0 and node 0 stand for pages that were never written: they read
//! as zero and are never written. A fork shares the whole tree by its root, whatever its size; the first write
//! to a page copies the page and the path that leads to it.

mod arena;
mod block;
mod bulk;
mod collect;
mod heap;
mod manual;
mod pool;
mod row;
mod runs;
mod short;
mod stats;
mod table;
mod tlb;

pub(crate) use arena::Arena;
pub(crate) use block::Kind;
pub use heap::Heap;
pub(crate) use manual::{add as add_cells, difference as cells_between, shown_address};
pub use stats::{HeapStats, ManualBlock, MemoryStats};

use pool::Pool;
use tlb::Tlb;

/// Words in a page.
pub(crate) const PAGE_WORDS: usize = 64;

/// Bytes in a page.
pub const PAGE_BYTES: usize = PAGE_WORDS * 8;

/// How many frames pages and stacks may take unless [`Memory::set_capacity`] says otherwise: 2 GiB.
const DEFAULT_CAPACITY: u32 = 1 << 22;

/// The words of a page.
type Page = [u64; PAGE_WORDS];

/// The machine's physical memory: all frames and page-table nodes, with their reference counts, and the translation
/// cache of the space that was entered last.
#[derive(Debug)]
pub struct Memory {
    frames: Pool<u64, PAGE_WORDS>,
    nodes: Pool<u32, { table::FAN }>,
    tlb: Tlb,
    /// The space whose translations the cache holds.
    current: Space,
    capacity: u32,
    /// The slots of all processes: their stacks and static data.
    slots: u64,
    copied: u64,
    collections: u64,
}

/// One process's page table. It is a plain name: every copy that is kept must be made by [`Memory::fork`] and given
/// back by [`Memory::release`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Space {
    root: u32,
    height: u8,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            frames: Pool::default(),
            nodes: Pool::default(),
            tlb: Tlb::default(),
            current: Space::default(),
            capacity: DEFAULT_CAPACITY,
            slots: 0,
            copied: 0,
            collections: 0,
        }
    }
}

impl Memory {
    /// An empty memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many frames, of 512 bytes, pages and stacks may take.
    pub fn set_capacity(&mut self, frames: u32) {
        self.capacity = frames;
    }

    /// Whether pages and stacks take more than the machine has. Allocations fail then, but copies on write cannot: the
    /// kernel looks here and ends somebody, as Linux does when memory runs out.
    #[inline]
    pub fn exhausted(&self) -> bool {
        !self.has_room(0)
    }

    /// Whether so many more words can be had.
    #[inline]
    pub(crate) fn has_room(&self, words: u64) -> bool {
        let wanted = u64::from(self.frames.in_use()) + (self.slots + words) / PAGE_WORDS as u64;
        wanted <= u64::from(self.capacity)
    }

    /// Counts the slots of a process that were `before` and are now `after`.
    #[inline]
    pub(crate) fn count_slots(&mut self, before: usize, after: usize) {
        self.slots = self.slots + after as u64 - before as u64;
    }

    /// Makes `space` the one that [`Memory::read`] and [`Memory::write`] are quick for.
    #[inline]
    pub(crate) fn enter(&mut self, space: Space) {
        if self.current != space {
            self.current = space;
            self.tlb.enter(space);
        }
    }

    /// The word at `address`; zero where nothing was written.
    #[inline(always)]
    pub(crate) fn read(&mut self, space: Space, address: u64) -> u64 {
        let place = self.readable(space, address);
        self.frames.words()[place]
    }

    /// The word at `address`, past the cache.
    #[inline]
    pub(crate) fn peek(&self, space: Space, address: u64) -> u64 {
        self.page(space, address / PAGE_WORDS as u64)[address as usize % PAGE_WORDS]
    }

    /// The two words at `address`, which is even.
    #[inline(always)]
    pub(crate) fn read_pair(&mut self, space: Space, address: u64) -> (u64, u64) {
        let place = self.readable(space, address);
        let [first, second] = self.frames.pairs()[place / 2];
        (first, second)
    }

    /// Length and store of an array, whose header stands at `array`.
    #[inline(always)]
    pub(crate) fn array(&mut self, space: Space, array: u64) -> (u64, u64) {
        let header = match self.tlb.array(array) {
            Some(header) => header,
            None => self.array_miss(space, array),
        };
        (header & 0xffff_ffff, header >> 32)
    }

    #[cold]
    #[inline(never)]
    fn array_miss(&mut self, space: Space, array: u64) -> u64 {
        if let Some(header) = self.tlb.array_beside(array) {
            return header;
        }
        let (sizes, store) = self.read_pair(space, array);
        let header = sizes & 0xffff_ffff | store << 32;
        self.tlb.insert_array(array, header, (sizes >> 32) as u32);
        header
    }

    /// Sets an array's header; but for one more element, the only way to change one.
    #[inline]
    pub(crate) fn set_array(&mut self, space: &mut Space, array: u64, (length, capacity): (u64, u64), store: u64) {
        self.write_pair(space, array, (length | capacity << 32, store));
        self.tlb.insert_array(array, length | store << 32, capacity as u32);
    }

    /// Adds an element at the end of an array that is known and has room for it; whether it was so.
    #[inline(always)]
    pub(crate) fn push_known(&mut self, space: &mut Space, array: u64, word: u64) -> bool {
        let Some((length, capacity, store)) = self.tlb.room(array) else { return false };
        self.write(space, store + u64::from(length), word);
        self.write(space, array, u64::from(length + 1) | u64::from(capacity) << 32);
        self.tlb.lengthen(array);
        true
    }

    /// Element `index` of an array, if it is in the array's run.
    #[inline(always)]
    pub(crate) fn near_element(&self, array: u64, index: u64) -> Option<u64> {
        Some(self.frames.words()[self.tlb.element(array, index)?])
    }

    /// Element `index` of an array, to be changed, if it is in the array's run.
    #[inline(always)]
    pub(crate) fn near_element_mut(&mut self, array: u64, index: u64) -> Option<&mut u64> {
        Some(self.frames.word_mut(self.tlb.element(array, index)?))
    }

    /// Element `index` of an array, if there is such an element.
    #[cold]
    #[inline(never)]
    pub(crate) fn load_far_element(&mut self, space: &Space, array: u64, index: u64) -> Option<u64> {
        if let Some(place) = self.tlb.element_beside(array, index) {
            return Some(self.frames.words()[place]);
        }
        let address = self.element(*space, array, index)?;
        Some(self.read(*space, address))
    }

    /// Sets element `index` of an array; whether there is such an element.
    #[cold]
    #[inline(never)]
    pub(crate) fn store_far_element(&mut self, space: &mut Space, array: u64, index: u64, word: u64) -> bool {
        if let Some(place) = self.tlb.element_beside(array, index) {
            *self.frames.word_mut(place) = word;
            return true;
        }
        match self.element(*space, array, index) {
            Some(address) => {
                self.write(space, address, word);
                true
            }
            None => false,
        }
    }

    /// The address of an element that is not in its array's run, which may be made longer for the next time.
    #[inline]
    fn element(&mut self, space: Space, array: u64, index: u64) -> Option<u64> {
        let (length, store) = self.array(space, array);
        if index >= length {
            return None;
        }
        let (known, misses) = self.tlb.missed(array);
        if misses.is_power_of_two() && misses > 1 {
            self.find_run(space, array, index, (known, misses));
        } else if misses % 8 == 5 {
            self.lengthen_run(space, array, index, known);
        }
        Some(store + index)
    }

    /// Writes the word at `address`.
    #[inline(always)]
    pub(crate) fn write(&mut self, space: &mut Space, address: u64, word: u64) {
        let place = self.writable(space, address);
        *self.frames.word_mut(place) = word;
    }

    /// Writes the two words at `address`, which is even.
    #[inline(always)]
    pub(crate) fn write_pair(&mut self, space: &mut Space, address: u64, (first, second): (u64, u64)) {
        let place = self.writable(space, address);
        self.frames.pairs_mut()[place / 2] = [first, second];
    }

    /// The word at `address`, in a struct that `register` refers to.
    #[inline(always)]
    pub(crate) fn read_field(&mut self, space: Space, register: u8, address: u64) -> u64 {
        let place = match self.tlb.near(register, address) {
            Some(place) => place,
            None => self.come_near(space, register, address),
        };
        self.frames.words()[place]
    }

    /// Writes the word at `address`, in a struct that `register` refers to.
    #[inline(always)]
    pub(crate) fn write_field(&mut self, space: &mut Space, register: u8, address: u64, word: u64) {
        let place = match self.tlb.near_mut(register, address) {
            Some(place) => place,
            None => self.come_near_mut(space, register, address),
        };
        *self.frames.word_mut(place) = word;
    }

    #[cold]
    #[inline(never)]
    fn come_near(&mut self, space: Space, register: u8, address: u64) -> usize {
        let place = self.readable(space, address);
        self.tlb.come_near(register, address, place);
        place
    }

    #[cold]
    #[inline(never)]
    fn come_near_mut(&mut self, space: &mut Space, register: u8, address: u64) -> usize {
        let place = self.writable(space, address);
        self.tlb.come_near_mut(register, address, place);
        place
    }

    /// Where the word at `address` is in the row of all frames, to be read.
    #[inline(always)]
    fn readable(&mut self, space: Space, address: u64) -> usize {
        match self.tlb.readable(address) {
            Some(place) => place,
            None => self.read_miss(space, address),
        }
    }

    /// Where the word at `address` is in the row of all frames, to be written; the space is the frame's only owner.
    #[inline(always)]
    fn writable(&mut self, space: &mut Space, address: u64) -> usize {
        match self.tlb.writable(address) {
            Some(place) => place,
            None => self.write_miss(space, address),
        }
    }

    /// The words of a page, to be written; the space is their only owner.
    #[inline]
    fn page_mut(&mut self, space: &mut Space, page: u64) -> &mut Page {
        let place = self.writable(space, page * PAGE_WORDS as u64);
        self.frames.item_mut((place / PAGE_WORDS) as u32)
    }

    #[cold]
    #[inline(never)]
    fn read_miss(&mut self, space: Space, address: u64) -> usize {
        debug_assert_eq!(space, self.current, "a space is entered before it is read");
        let page = address / PAGE_WORDS as u64;
        let frame = self.lookup(space, page);
        self.tlb.insert_readable(page, frame);
        frame as usize * PAGE_WORDS + address as usize % PAGE_WORDS
    }

    #[cold]
    #[inline(never)]
    fn write_miss(&mut self, space: &mut Space, address: u64) -> usize {
        debug_assert_eq!(*space, self.current, "a space is entered before it is written");
        let page = address / PAGE_WORDS as u64;
        let before = *space;
        let frame = self.own(space, page);
        if *space != before {
            self.tlb.forget(before);
            self.current = *space;
            self.tlb.renew(*space);
        }
        self.tlb.insert_writable(page, frame);
        frame as usize * PAGE_WORDS + address as usize % PAGE_WORDS
    }

    /// Figures about all processes together.
    pub fn stats(&self) -> MemoryStats {
        MemoryStats {
            frames: self.frames.in_use(),
            peak_frames: self.frames.peak(),
            nodes: self.nodes.in_use(),
            pages_copied: self.copied,
            collections: self.collections,
        }
    }
}

#[cfg(test)]
mod tests;
