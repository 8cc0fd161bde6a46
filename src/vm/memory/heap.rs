//! The allocator's state and its free lists: bins by size, splitting, merging with free neighbours, and the top of
//! the heap, which moves as brk does.

use super::arena::Arena;
use super::block::{HEADER, Header, Kind, SMALLEST};
use super::{PAGE_WORDS, Space};

/// How many bins there are: blocks of 4 to 16 words each have their own, larger ones share.
const BINS: usize = 20;
/// The largest block of each shared bin but the last.
const SHARED: [u32; 12] = [24, 32, 48, 64, 96, 128, 256, 512, 1024, 4096, 16384, 65536];
/// How many blocks of a shared bin are looked at before a larger bin is taken.
const PATIENCE: usize = 32;

/// The first word of the heap: words 0 and 1 stay zero, so that the word 0 can be read as an empty array.
pub(super) const START: u32 = 2;
/// No heap grows beyond: addresses of cells have 32 bits.
const LAST: u64 = u32::MAX as u64 - 63;

/// Free memory at the top beyond this many words is given back to the machine (128 KB, as in glibc).
const TRIM: u32 = 16 * 1024;

/// Freed manual blocks wait for reuse until there are so many of them ...
const QUARANTINE_BLOCKS: u16 = 64;
/// ... or so many words.
const QUARANTINE_WORDS: u32 = 4096;

/// One process's allocator state.
#[derive(Debug, Clone)]
pub struct Heap {
    pub(super) bins: [u32; BINS],
    pub(super) nonempty: u32,
    /// One past the last block.
    pub(super) top: u32,
    /// The highest top since memory was last given back.
    mapped: u32,
    /// The oldest quarantined block, and the newest.
    quarantine: [u32; 2],
    pub(super) quarantine_words: u32,
    quarantine_blocks: u16,
    /// Forks since the program's start, saturating.
    pub(super) generation: u8,
    /// Words in live blocks, headers included.
    pub(super) live: u32,
    pub(super) peak: u32,
    /// Words that were allocated for managed blocks since the last collection.
    pub(super) since: u32,
}

impl Default for Heap {
    fn default() -> Self {
        Heap {
            bins: [0; BINS],
            nonempty: 0,
            top: START,
            mapped: START,
            quarantine: [0; 2],
            quarantine_words: 0,
            quarantine_blocks: 0,
            generation: 0,
            live: 0,
            peak: 0,
            since: 0,
        }
    }
}

impl Heap {
    /// The most bytes that ever lived at once, headers of blocks included.
    #[inline]
    pub fn peak_bytes(&self) -> u64 {
        u64::from(self.peak) * 8
    }

    /// Forks since the program's start, as a block's site has it.
    pub(crate) fn generation(&self) -> u8 {
        self.generation
    }

    /// Words that were allocated for managed blocks since the last collection.
    pub(crate) fn allocated_since(&self) -> u32 {
        self.since
    }

    /// One past the last word in use.
    pub(crate) fn end(&self) -> u64 {
        u64::from(self.top)
    }

    /// The allocator's state as far as a program could notice it, without statistics.
    pub(crate) fn hash_state<H: std::hash::Hasher>(&self, state: &mut H) {
        use std::hash::Hash;
        (self.bins, self.top, self.mapped, self.quarantine, self.quarantine_words, self.quarantine_blocks).hash(state);
        (self.generation, self.live, self.since).hash(state);
    }

    /// The state in a child: its blocks were allocated one fork earlier.
    #[inline]
    pub(crate) fn forked(&self) -> Heap {
        Heap { generation: self.generation.saturating_add(1), ..self.clone() }
    }
}

#[inline]
pub(super) fn bin(size: u32) -> usize {
    if size <= 16 { (size / 2 - 2) as usize } else { 7 + SHARED.partition_point(|largest| *largest < size) }
}

/// The largest size that is too small for a bin; no block that is cut off stays in a bin of one size.
#[inline]
pub(super) fn least_of(bin: usize) -> u32 {
    match bin.checked_sub(8) {
        Some(shared) => SHARED.get(shared).copied().unwrap_or(u32::MAX),
        None => {
            if bin == 7 {
                16
            } else {
                u32::MAX
            }
        }
    }
}

/// The size of a block with so many words of payload, if any block can be so large.
#[inline]
pub(super) fn block_size(payload: u64) -> Option<u32> {
    let size = payload.checked_add(u64::from(HEADER) + 1)? & !1;
    u32::try_from(size).ok().filter(|size| u64::from(*size) < LAST).map(|size| size.max(SMALLEST))
}

impl Arena<'_> {
    #[inline]
    pub(super) fn header(&mut self, block: u32) -> Header {
        Header::unpack(self.memory.read_pair(*self.space, u64::from(block)))
    }

    #[inline]
    pub(super) fn set_header(&mut self, block: u32, header: Header) {
        self.memory.write_pair(self.space, u64::from(block), header.pack());
    }

    /// Writes only where something changes, so that no shared page is copied for nothing.
    fn set_previous_free(&mut self, block: u32, free: bool) {
        if block < self.heap.top {
            let header = self.header(block);
            if header.previous_free != free {
                let (first, _) = Header { previous_free: free, ..header }.pack();
                self.write(u64::from(block), first);
            }
        }
    }

    #[inline]
    pub(super) fn links(&mut self, block: u32) -> (u32, u32) {
        let word = self.read(u64::from(block + HEADER));
        (word as u32, (word >> 32) as u32)
    }

    #[inline]
    pub(super) fn set_links(&mut self, block: u32, next: u32, previous: u32) {
        self.write(u64::from(block + HEADER), u64::from(next) | u64::from(previous) << 32);
    }

    #[inline]
    fn link(&mut self, block: u32, size: u32) {
        let bin = bin(size);
        let next = self.heap.bins[bin];
        self.set_links(block, next, 0);
        if next != 0 {
            let (after, _) = self.links(next);
            self.set_links(next, after, block);
        }
        self.heap.bins[bin] = block;
        self.heap.nonempty |= 1 << bin;
        self.write(u64::from(block + size - 1), u64::from(size));
    }

    pub(super) fn unlink(&mut self, block: u32, size: u32) {
        let bin = bin(size);
        let (next, previous) = self.links(block);
        if next != 0 {
            let (after, _) = self.links(next);
            self.set_links(next, after, previous);
        }
        if previous != 0 {
            let (_, before) = self.links(previous);
            self.set_links(previous, next, before);
        } else {
            self.heap.bins[bin] = next;
            if next == 0 {
                self.heap.nonempty &= !(1 << bin);
            }
        }
    }

    /// The first block of the bin, among `patience`, that is large enough.
    #[inline]
    fn scan(&mut self, bin: usize, size: u32, patience: usize) -> Option<(u32, u32)> {
        let mut block = self.heap.bins[bin];
        for _ in 0..patience {
            if block == 0 {
                return None;
            }
            let found = self.header(block).size;
            if found >= size {
                return Some((block, found));
            }
            block = self.links(block).0;
        }
        None
    }

    #[inline]
    fn find(&mut self, size: u32, patience: usize) -> Option<(u32, u32)> {
        let own = bin(size);
        if let Some(found) = self.scan(own, size, patience) {
            return Some(found);
        }
        let larger = self.heap.nonempty >> own >> 1;
        if larger == 0 {
            return None;
        }
        let block = self.heap.bins[own + 1 + larger.trailing_zeros() as usize];
        Some((block, self.header(block).size))
    }

    /// Takes `size` words of a free block out of the lists; the size that the new block has.
    fn take(&mut self, block: u32, found: u32, size: u32) -> u32 {
        let rest = found - size;
        let bin = bin(found);
        if rest > least_of(bin) && self.heap.bins[bin] == block {
            self.cut(block, found, size, bin);
            return size;
        }
        self.unlink(block, found);
        if rest < SMALLEST {
            self.set_previous_free(block + found, false);
            return found;
        }
        self.set_header(block + size, Header::free(rest));
        self.link(block + size, rest);
        size
    }

    /// Takes the beginning of the first block of a bin, where the rest belongs there as well: it takes the block's place.
    #[inline]
    fn cut(&mut self, block: u32, found: u32, size: u32, bin: usize) {
        let (rest, left) = (block + size, found - size);
        let (next, _) = self.links(block);
        self.set_header(rest, Header::free(left));
        self.set_links(rest, next, 0);
        self.begin_bin(bin, rest, (next, block + found, left));
    }

    /// Makes a free block the first of its bin in the place of the one that it is cut off; it ends where that one did. Its header and its links
    /// stand already.
    #[inline]
    pub(super) fn begin_bin(&mut self, bin: usize, rest: u32, (next, end, left): (u32, u32, u32)) {
        if next != 0 {
            let (after, _) = self.links(next);
            self.set_links(next, after, rest);
        }
        self.heap.bins[bin] = rest;
        self.write(u64::from(end - 1), u64::from(left));
    }

    /// Moves the top up by `size`.
    #[inline]
    pub(super) fn raise_top(&mut self, size: u32) -> Option<u32> {
        let block = self.heap.top;
        let end = u64::from(block) + u64::from(size);
        if end > (u64::from(START) + self.limit / 8).min(LAST) || !self.memory.has_room(u64::from(size)) {
            return None;
        }
        self.heap.top = end as u32;
        self.heap.mapped = self.heap.mapped.max(self.heap.top);
        Some(block)
    }

    /// A place of at least `size` words that nobody uses, and how many it has.
    #[inline]
    pub(super) fn place(&mut self, size: u32) -> Option<(u32, u32)> {
        if let Some((block, found)) = self.find(size, PATIENCE) {
            return Some((block, self.take(block, found, size)));
        }
        if let Some(block) = self.raise_top(size) {
            return Some((block, size));
        }
        let (block, found) = self.find(size, usize::MAX)?;
        Some((block, self.take(block, found, size)))
    }

    /// A new block with `payload` words that hold what was there before; the address of its payload.
    pub(crate) fn allocate(&mut self, kind: Kind, payload: u64, id: u16, length: u32) -> Option<u64> {
        let wanted = block_size(payload)?;
        let (block, size) = match self.place(wanted) {
            Some(place) => place,
            None => {
                self.flush_quarantine();
                self.place(wanted)?
            }
        };
        let (generation, pc) = (self.heap.generation, self.pc);
        self.set_header(block, Header { size, kind, previous_free: false, generation, id, length, pc });
        if kind.is_managed() {
            self.count_managed(size);
        } else {
            self.count(size);
        }
        Some(u64::from(block + HEADER))
    }

    #[inline]
    fn count(&mut self, size: u32) {
        self.heap.live += size;
        self.heap.peak = self.heap.peak.max(self.heap.live);
    }

    /// Counts words that are now in use for what the collector owns.
    #[inline]
    pub(super) fn count_managed(&mut self, size: u32) {
        self.count(size);
        self.heap.since = self.heap.since.saturating_add(size);
    }

    /// Makes a live block free at once.
    pub(crate) fn discard(&mut self, payload: u64) {
        let block = payload as u32 - HEADER;
        let size = self.header(block).size;
        self.heap.live -= size;
        self.release(block);
    }

    /// Puts a block that is no longer live into the free lists, merged with its free neighbours.
    pub(super) fn release(&mut self, block: u32) {
        let header = self.header(block);
        // The header of a merged block stays readable, for reports of a late use and for the collector's walk.
        self.set_header(block, Header { kind: Kind::Free, ..header });
        let (mut start, mut size) = (block, header.size);
        if header.previous_free {
            let before = self.read(u64::from(block) - 1) as u32;
            start -= before;
            self.unlink(start, before);
            size += before;
        }
        let next = block + header.size;
        if next < self.heap.top {
            let after = self.header(next);
            if after.kind == Kind::Free {
                self.unlink(next, after.size);
                size += after.size;
            }
        }
        self.free_run(start, size);
    }

    /// Makes one free block of memory between live ones, or gives it to the top. None of it is in a list.
    pub(super) fn free_run(&mut self, start: u32, size: u32) {
        if start + size == self.heap.top {
            self.heap.top = start;
            self.trim();
            return;
        }
        let first = self.header(start);
        let id = if first.kind.is_managed() { 0 } else { first.id };
        self.set_header(start, Header { size, kind: Kind::Free, id, ..first });
        self.link(start, size);
        self.set_previous_free(start + size, true);
    }

    fn trim(&mut self) {
        if self.heap.mapped - self.heap.top > TRIM {
            // One page more is kept: it holds the header of the block that was freed last.
            let first = u64::from(self.heap.top) / PAGE_WORDS as u64 + 2;
            self.memory.truncate(self.space, first);
            self.heap.mapped = self.heap.top;
        }
    }

    /// Cuts a live block down to `payload` words, if what is left over is worth it.
    pub(super) fn shrink(&mut self, block: u32, payload: u64) {
        let header = self.header(block);
        let Some(size) = block_size(payload).filter(|size| header.size - size >= SMALLEST) else { return };
        let rest = header.size - size;
        self.set_header(block, Header { size, ..header });
        self.set_header(block + size, Header::free(rest));
        self.heap.live -= rest;
        self.release(block + size);
    }

    /// Lets a live block grow into free memory behind it; whether it could.
    pub(super) fn extend(&mut self, block: u32, payload: u64) -> bool {
        let header = self.header(block);
        let Some(size) = block_size(payload) else { return false };
        if size <= header.size {
            return true;
        }
        let next = block + header.size;
        let more = size - header.size;
        let gained = if next == self.heap.top {
            match self.raise_top(more) {
                Some(_) => more,
                None => return false,
            }
        } else {
            let after = self.header(next);
            if after.kind != Kind::Free || after.size < more {
                return false;
            }
            self.take(next, after.size, more.max(SMALLEST))
        };
        self.set_header(block, Header { size: header.size + gained, ..header });
        self.count(gained);
        true
    }

    /// Sets a freed manual block aside.
    pub(super) fn quarantine(&mut self, block: u32) {
        let header = self.header(block);
        self.heap.live -= header.size;
        self.set_header(block, Header { kind: Kind::Quarantined, ..header });
        self.write(u64::from(block + HEADER), 0);
        match self.heap.quarantine {
            [0, _] => self.heap.quarantine = [block, block],
            [_, newest] => {
                self.write(u64::from(newest + HEADER), u64::from(block));
                self.heap.quarantine[1] = block;
            }
        }
        self.heap.quarantine_words += header.size;
        self.heap.quarantine_blocks += 1;
        while self.heap.quarantine_blocks > QUARANTINE_BLOCKS || self.heap.quarantine_words > QUARANTINE_WORDS {
            self.release_oldest();
        }
    }

    fn release_oldest(&mut self) {
        let oldest = self.heap.quarantine[0];
        if oldest == 0 {
            return;
        }
        let size = self.header(oldest).size;
        self.heap.quarantine[0] = self.links(oldest).0;
        self.heap.quarantine_words -= size;
        self.heap.quarantine_blocks -= 1;
        self.release(oldest);
    }

    fn flush_quarantine(&mut self) {
        while self.heap.quarantine[0] != 0 {
            self.release_oldest();
        }
    }

    /// Compares headers, flags, sizes and lists with each other.
    ///
    /// # Errors
    /// What does not agree.
    pub(crate) fn audit(&mut self) -> Result<(), String> {
        let (mut block, mut previous_free) = (START, false);
        let (mut live, mut free, mut quarantined) = (0_u64, 0_u64, 0_u64);
        while block < self.heap.top {
            let header = self.header(block);
            if header.size < SMALLEST || !header.size.is_multiple_of(2) {
                return Err(format!("block {block} has size {}", header.size));
            }
            if header.previous_free != previous_free {
                return Err(format!("block {block} is wrong about the block before it"));
            }
            previous_free = header.kind == Kind::Free;
            match header.kind {
                Kind::Free => free += u64::from(header.size),
                Kind::Quarantined => quarantined += u64::from(header.size),
                _ => live += u64::from(header.size),
            }
            if previous_free && self.read(u64::from(block + header.size - 1)) != u64::from(header.size) {
                return Err(format!("block {block} has a wrong size at its end"));
            }
            block += header.size;
        }
        let listed = self.listed()?;
        let wanted = (self.heap.top, false, u64::from(self.heap.live), u64::from(self.heap.quarantine_words), free);
        let found = (block, previous_free, live, quarantined, listed);
        if wanted == found { Ok(()) } else { Err(format!("the heap keeps {wanted:?}, but holds {found:?}")) }
    }

    /// The words in the bins.
    fn listed(&mut self) -> Result<u64, String> {
        let mut listed = 0;
        for at in 0..BINS {
            let (mut block, mut before) = (self.heap.bins[at], 0);
            if (block != 0) != (self.heap.nonempty & 1 << at != 0) {
                return Err(format!("the map is wrong about bin {at}"));
            }
            while block != 0 {
                let header = self.header(block);
                let (next, previous) = self.links(block);
                if header.kind != Kind::Free || bin(header.size) != at || previous != before {
                    return Err(format!("block {block} is wrongly in bin {at}"));
                }
                listed += u64::from(header.size);
                (block, before) = (next, block);
            }
        }
        Ok(listed)
    }
}

/// The state stays small: a machine may hold a million processes.
const _: () = assert!(std::mem::size_of::<Heap>() <= 120 && std::mem::size_of::<Space>() == 8);
