//! A pool of equal items under 32-bit names with reference counts. Item 0 is all zero and never counted.

use bytemuck::Zeroable;

use super::PAGE_WORDS;

/// A pool of items of `N` parts. They stand in one row: an item is found with one look, and the host moves long rows by their page
/// tables.
#[derive(Debug)]
pub(super) struct Pool<T, const N: usize> {
    row: Vec<T>,
    references: Vec<u32>,
    free: Vec<u32>,
    in_use: u32,
    peak: u32,
}

impl<T: Zeroable + Copy, const N: usize> Default for Pool<T, N> {
    fn default() -> Self {
        Pool { row: vec![T::zeroed(); N], references: vec![0], free: Vec::new(), in_use: 0, peak: 0 }
    }
}

impl<T: Zeroable + Copy, const N: usize> Pool<T, N> {
    /// The item called `id`.
    #[inline(always)]
    pub(super) fn item(&self, id: u32) -> &[T; N] {
        &self.row.as_chunks().0[id as usize]
    }

    /// The item called `id`, to be changed; the caller is its only owner.
    #[inline(always)]
    pub(super) fn item_mut(&mut self, id: u32) -> &mut [T; N] {
        debug_assert!(self.references[id as usize] == 1, "only an item with one owner is written");
        &mut self.row.as_chunks_mut().0[id as usize]
    }

    /// A new item with one owner that holds `value`.
    #[inline]
    pub(super) fn insert(&mut self, value: [T; N]) -> u32 {
        let id = match self.free.pop() {
            Some(id) => {
                self.references[id as usize] = 1;
                *self.item_mut(id) = value;
                id
            }
            None => {
                self.references.push(1);
                self.row.extend_from_slice(&value);
                (self.references.len() - 1) as u32
            }
        };
        self.in_use += 1;
        self.peak = self.peak.max(self.in_use);
        id
    }

    /// Adds an owner.
    #[inline]
    pub(super) fn retain(&mut self, id: u32) {
        if id != 0 {
            self.references[id as usize] += 1;
        }
    }

    /// Takes an owner away; whether it was the last.
    #[inline]
    pub(super) fn release(&mut self, id: u32) -> bool {
        if id == 0 {
            return false;
        }
        let count = &mut self.references[id as usize];
        *count -= 1;
        let last = *count == 0;
        if last {
            self.free.push(id);
            self.in_use -= 1;
        }
        last
    }

    /// How many owners it has.
    #[inline]
    pub(super) fn owners(&self, id: u32) -> u32 {
        self.references[id as usize]
    }

    /// All reference counts.
    pub(super) fn references(&self) -> &[u32] {
        &self.references
    }

    /// How many items have an owner.
    #[inline]
    pub(super) fn in_use(&self) -> u32 {
        self.in_use
    }

    /// The most that ever had.
    pub(super) fn peak(&self) -> u32 {
        self.peak
    }
}

impl Pool<u64, PAGE_WORDS> {
    /// The words of all frames in one row.
    #[inline(always)]
    pub(super) fn words(&self) -> &[u64] {
        &self.row
    }

    /// A word of a frame with one owner, to be changed.
    #[inline(always)]
    pub(super) fn word_mut(&mut self, place: usize) -> &mut u64 {
        debug_assert!(self.references[place / PAGE_WORDS] == 1, "only a frame with one owner is written");
        &mut self.row[place]
    }

    /// The same words, two by two.
    #[inline(always)]
    pub(super) fn pairs(&self) -> &[[u64; 2]] {
        self.row.as_chunks().0
    }

    /// The same words, two by two.
    #[inline(always)]
    pub(super) fn pairs_mut(&mut self) -> &mut [[u64; 2]] {
        self.row.as_chunks_mut().0
    }
}
