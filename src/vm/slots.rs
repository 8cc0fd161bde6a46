//! The static data and the stack of a process, and the register files of a processor.
//!
//! A process that is not about to run has exactly the slots that are live: there may be a million of them. To run it needs a whole
//! window of registers above its frame, and so those that ran last keep a register file each: they come and go at system calls and
//! switches without a slot being copied. What a process has always stands in its own `words`, whichever of the two they are.

use super::{SMALLEST_STACK, WINDOW};

/// How many slots a register file has: no limit of the stack asks for fewer.
pub(super) const FILE: usize = SMALLEST_STACK as usize;

/// How many register files the processes that ran last may keep.
pub const FILES: usize = 1024;

/// The register file of those who give it back at once; the others are called 1 to [`FILES`].
pub(super) const VISITORS: usize = 0;

/// The words are the live ones only.
const NO_FILE: u16 = u16::MAX;

/// Static data and stack.
#[derive(Debug)]
pub(super) struct Slots {
    words: Vec<u64>,
    live: u32,
    /// Which register file these are.
    file: u16,
}

/// The register files. The place of one that a process keeps holds the words that the process has without it.
#[derive(Debug, Default)]
pub(super) struct Files {
    places: Vec<Vec<u64>>,
}

impl Slots {
    /// So many slots, all zero.
    pub(super) fn zeros(live: usize) -> Slots {
        Slots { words: vec![0; live], live: live as u32, file: NO_FILE }
    }

    /// How many are live.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live as usize
    }

    /// The live ones.
    #[inline]
    pub(super) fn live(&self) -> &[u64] {
        self.words.get(..self.live as usize).unwrap_or(&self.words)
    }

    pub(super) fn live_mut(&mut self) -> &mut [u64] {
        let live = self.words.len().min(self.live as usize);
        &mut self.words[..live]
    }

    /// These and what lies above them.
    #[inline]
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    #[inline]
    pub(super) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    /// All of them, for a run that may need more of them than there are.
    #[inline]
    pub(super) fn take(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.words)
    }

    /// Puts back what was taken, of which so many are live.
    #[inline]
    pub(super) fn put(&mut self, words: Vec<u64>, live: usize) {
        self.words = words;
        self.live = live as u32;
    }

    /// So many are live after a run.
    #[inline]
    pub(super) fn set_live(&mut self, live: usize) {
        self.live = live as u32;
    }

    /// Makes so many live; those that are new are zero.
    pub(super) fn resize(&mut self, live: usize) {
        let before = self.live as usize;
        if self.file == NO_FILE || self.words.len() < live {
            self.words.reserve_exact(live.saturating_sub(self.words.len()));
            self.words.resize(live, 0);
        }
        if let Some(fresh) = self.words.get_mut(before..live) {
            fresh.fill(0);
        }
        self.live = live as u32;
    }

    /// Makes these the same as another's live ones.
    #[inline]
    pub(super) fn copy_from(&mut self, other: &Slots) {
        self.words.clear();
        self.words.extend_from_slice(other.live());
        (self.live, self.file) = (other.live, NO_FILE);
    }

    /// How many there is room for.
    pub(super) fn capacity(&self) -> usize {
        self.words.capacity()
    }

    /// Whether they are a register file.
    #[inline]
    pub(super) fn are_file(&self) -> bool {
        self.file != NO_FILE
    }

    /// Which register file they are, where they are one.
    #[inline]
    pub(super) fn file(&self) -> Option<usize> {
        self.are_file().then_some(usize::from(self.file))
    }

    /// Takes a register file.
    #[inline]
    pub(super) fn take_file(&mut self, files: &mut Files, number: usize) {
        if files.places.len() <= number {
            files.places.resize_with(number + 1, Vec::new);
        }
        let file = &mut files.places[number];
        if file.len() < FILE {
            file.resize(FILE, 0);
        }
        if let Some(place) = file.get_mut(..self.live as usize) {
            place.copy_from_slice(&self.words);
            std::mem::swap(&mut self.words, file);
            self.file = number as u16;
        }
    }

    /// Gives the register file back, where these are one.
    #[inline]
    pub(super) fn leave_file(&mut self, files: &mut Files) {
        let Some(place) = files.places.get_mut(usize::from(self.file)) else { return };
        std::mem::swap(&mut self.words, place);
        self.file = NO_FILE;
        match place.get(..self.live as usize) {
            Some(live) if self.words.len() == live.len() => self.words.copy_from_slice(live),
            live => replace(&mut self.words, live.unwrap_or(place)),
        }
    }

    /// The same, of a process that has ended: its slots are forgotten.
    pub(super) fn forget(&mut self, files: &mut Files) {
        if let Some(place) = files.places.get_mut(usize::from(self.file)) {
            std::mem::swap(&mut self.words, place);
        }
        (self.live, self.file) = (0, NO_FILE);
    }
}

/// Keeps the live slots of a process that has more or fewer than before.
#[inline(never)]
fn replace(words: &mut Vec<u64>, live: &[u64]) {
    words.clear();
    words.reserve_exact(live.len());
    words.extend_from_slice(live);
}

impl Clone for Slots {
    /// A copy has no register file.
    fn clone(&self) -> Slots {
        Slots { words: self.live().to_vec(), live: self.live, file: NO_FILE }
    }
}

/// Whether a frame that begins here finds its window in a register file.
#[inline(always)]
pub(super) fn fits(base: usize) -> bool {
    base + WINDOW <= FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_live_is_the_same_with_a_register_file_and_without() {
        let mut files = Files::default();
        let mut both = [Slots::zeros(5), Slots::zeros(7)];
        for (round, live) in [5, 9, 3, 200, 4].into_iter().enumerate() {
            for (at, slots) in both.iter_mut().enumerate() {
                slots.take_file(&mut files, at + 1);
                assert!(slots.file() == Some(at + 1) && fits(slots.len()));
                slots.resize(live);
                slots.words_mut()[live - 1] = round as u64;
                slots.words_mut()[live] = 77;
            }
            for slots in &mut both {
                let wanted = slots.live().to_vec();
                assert_eq!(slots.clone().words(), wanted, "a copy has no more than what is live");
                slots.leave_file(&mut files);
                assert_eq!((slots.live(), slots.words()), (&wanted[..], &wanted[..]));
                assert_eq!(wanted.last(), Some(&(round as u64)));
            }
        }
        both[0].take_file(&mut files, 1);
        both[0].resize(2);
        both[0].resize(8);
        assert_eq!(both[0].live()[2..], [0; 6], "what becomes live is zero, whatever stood there");
    }

    #[test]
    fn a_register_file_of_a_process_that_is_gone_is_used_again() {
        let mut files = Files::default();
        let (mut first, mut second) = (Slots::zeros(3), Slots::zeros(4));
        first.take_file(&mut files, 2);
        first.words_mut()[3] = 9;
        first.forget(&mut files);
        assert_eq!((first.live(), first.are_file()), (&[][..], false));
        second.take_file(&mut files, 2);
        assert_eq!((second.live(), second.words().len()), (&[0; 4][..], FILE));
    }
}
