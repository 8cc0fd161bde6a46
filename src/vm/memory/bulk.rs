//! Bytes and runs of words across pages.

use super::{Memory, PAGE_BYTES, PAGE_WORDS, Space};

impl Memory {
    /// The `length` bytes that start at word `address`, page by page.
    pub(crate) fn pieces(&self, space: Space, address: u64, length: u64) -> impl Iterator<Item = &[u8]> {
        let mut at = address.wrapping_mul(8);
        let mut left = length;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let offset = at as usize % PAGE_BYTES;
            let take = left.min((PAGE_BYTES - offset) as u64);
            let page: &[u8] = bytemuck::cast_slice(self.page(space, at / PAGE_BYTES as u64));
            at = at.wrapping_add(take);
            left -= take;
            Some(&page[offset..offset + take as usize])
        })
    }

    /// The word at `address`, and the bytes from the next word to the end of their page.
    #[inline]
    pub(crate) fn rest_of_page(&self, space: Space, address: u64) -> (u64, &[u8]) {
        let words = self.page(space, address / PAGE_WORDS as u64);
        let at = address as usize % PAGE_WORDS;
        (words[at], bytemuck::cast_slice(&words[at + 1..]))
    }

    /// The same, through the translation cache.
    #[inline]
    pub(crate) fn read_rest_of_page(&mut self, space: Space, address: u64) -> (u64, &[u8]) {
        let place = self.readable(space, address);
        let (words, at) = (self.frames.item((place / PAGE_WORDS) as u32), place % PAGE_WORDS);
        (words[at], bytemuck::cast_slice(&words[at + 1..]))
    }

    /// Writes bytes from byte `offset` after word `address` on.
    pub(crate) fn write_bytes(&mut self, space: &mut Space, address: u64, offset: u64, bytes: &[u8]) {
        let mut at = address.wrapping_mul(8).wrapping_add(offset);
        let mut rest = bytes;
        while !rest.is_empty() {
            let start = at as usize % PAGE_BYTES;
            let (now, later) = rest.split_at(rest.len().min(PAGE_BYTES - start));
            let page: &mut [u8] = bytemuck::cast_slice_mut(self.page_mut(space, at / PAGE_BYTES as u64));
            page[start..start + now.len()].copy_from_slice(now);
            at = at.wrapping_add(now.len() as u64);
            rest = later;
        }
    }

    /// The `count` words from `address` on, page by page.
    pub(crate) fn runs(&self, space: Space, address: u64, count: u64) -> impl Iterator<Item = &[u64]> {
        let (mut at, mut left) = (address, count);
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let start = at as usize % PAGE_WORDS;
            let take = left.min((PAGE_WORDS - start) as u64);
            let page = self.page(space, at / PAGE_WORDS as u64);
            at = at.wrapping_add(take);
            left -= take;
            Some(&page[start..start + take as usize])
        })
    }

    /// The `count` words from `address` on.
    pub(crate) fn read_words(&self, space: Space, address: u64, count: u64) -> Vec<u64> {
        let mut words = Vec::new();
        self.runs(space, address, count).for_each(|run| words.extend_from_slice(run));
        words
    }

    /// Writes words from `address` on.
    pub(crate) fn write_words(&mut self, space: &mut Space, address: u64, words: &[u64]) {
        self.write_bytes(space, address, 0, bytemuck::cast_slice(words));
    }

    /// Sets `count` words from `address` on to `word`. Pages that were never written stay so where it is 0.
    pub(crate) fn fill(&mut self, space: &mut Space, address: u64, count: u64, word: u64) {
        let mut at = address;
        let mut left = count;
        while left > 0 {
            let start = at as usize % PAGE_WORDS;
            let take = left.min((PAGE_WORDS - start) as u64);
            let page = at / PAGE_WORDS as u64;
            if word != 0 || self.lookup(*space, page) != 0 {
                self.page_mut(space, page)[start..start + take as usize].fill(word);
            }
            at = at.wrapping_add(take);
            left -= take;
        }
    }

    /// Copies `count` words between places that do not overlap.
    pub(crate) fn copy(&mut self, space: &mut Space, from: u64, to: u64, count: u64) {
        let mut done = 0;
        while done < count {
            let source = from.wrapping_add(done);
            let start = source as usize % PAGE_WORDS;
            let take = (count - done).min((PAGE_WORDS - start) as u64);
            let page = *self.page(*space, source / PAGE_WORDS as u64);
            self.write_words(space, to.wrapping_add(done), &page[start..start + take as usize]);
            done += take;
        }
    }
}
