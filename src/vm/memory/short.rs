//! Short strings, most of which are cut off the beginning of a large free block or put at the top of the heap: where string and
//! what is left over begin in one page, it is looked up once for all of it. Whatever is not so simple goes the way of every block,
//! and where a string comes to stand is the same on both ways.

use super::arena::Arena;
use super::block::{HEADER, Header, Kind};
use super::heap::{bin, block_size, least_of};
use super::{PAGE_BYTES, PAGE_WORDS};

impl Arena<'_> {
    /// A new string, where it has a place and nothing is to be collected first.
    #[inline(always)]
    pub(crate) fn string_at_once(&mut self, bytes: &[u8]) -> Option<u64> {
        if self.wants_collection() || bytes.is_empty() || bytes.len() as u64 > self.limit.min(u64::from(u32::MAX)) {
            return None;
        }
        let words = bytes.len().div_ceil(8) as u64;
        if bytes.len() < PAGE_BYTES
            && let Some(address) = self.cut_string(block_size(words)?, bytes)
        {
            return Some(address);
        }
        let address = self.allocate(Kind::Str, words, 0, bytes.len() as u32)?;
        self.memory.write_bytes(self.space, address, 0, bytes);
        Some(address)
    }

    /// A string in a block of `size` words, where that is simple.
    #[inline(always)]
    fn cut_string(&mut self, size: u32, bytes: &[u8]) -> Option<u64> {
        let own = bin(size);
        if self.heap.bins[own] != 0 {
            return None;
        }
        let larger = self.heap.nonempty >> own >> 1;
        let first = if larger == 0 { 0 } else { own + 1 + larger.trailing_zeros() as usize };
        let block = if larger == 0 { self.heap.top } else { self.heap.bins[first] };
        // What is left over begins in this page as well, with its header and its links.
        let at = block as usize % PAGE_WORDS;
        let end = at + size as usize;
        if end + HEADER as usize >= PAGE_WORDS || (larger == 0 && self.raise_top(size).is_none()) {
            return None;
        }
        let (generation, pc) = (self.heap.generation, self.pc);
        let page = self.memory.page_mut(self.space, u64::from(block) / PAGE_WORDS as u64);
        let (found, next) = (page[at] as u32, page[at + HEADER as usize] as u32);
        if larger != 0 {
            if found - size <= least_of(first) {
                return None;
            }
            (page[end], page[end + 1]) = Header::free(found - size).pack();
            page[end + 2] = u64::from(next);
        }
        let length = bytes.len() as u32;
        let header = Header { size, kind: Kind::Str, previous_free: false, generation, id: 0, length, pc };
        (page[at], page[at + 1]) = header.pack();
        let place: &mut [u8] = bytemuck::cast_slice_mut(&mut page[at + HEADER as usize..end]);
        place[..bytes.len()].copy_from_slice(bytes);
        if larger != 0 {
            self.begin_bin(first, block + size, (next, block + found, found - size));
        }
        self.count_managed(size);
        Some(u64::from(block + HEADER))
    }
}
