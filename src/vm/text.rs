//! Strings as values: a literal of the image, or a block of the heap. The word 0 is the empty string.

use std::cmp::Ordering;

use super::memory::{Memory, Space};
use crate::bytecode::image::Image;

/// Marks the string literals of an image: they have no pages.
const LITERAL: u64 = 1 << 62;

/// String literal `index` as a value.
#[inline(always)]
pub(super) fn literal(index: u32) -> u64 {
    LITERAL | u64::from(index)
}

/// Whether the string has a block of its own.
#[inline(always)]
pub(super) fn is_on_heap(text: u64) -> bool {
    text != 0 && text & LITERAL == 0
}

/// What is needed to read a process's values without changing anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) image: &'a Image,
    pub(super) memory: &'a Memory,
    pub(super) space: Space,
}

impl<'a> View<'a> {
    #[inline]
    fn word(self, address: u64) -> u64 {
        self.memory.peek(self.space, address)
    }

    #[inline]
    fn literal(self, text: u64) -> Option<&'a [u8]> {
        if text & LITERAL == 0 {
            return None;
        }
        Some(self.image.strings.get(text as u32 as usize).map_or(&[], |bytes| bytes))
    }

    /// How many bytes the string has.
    #[inline]
    pub(super) fn length(self, text: u64) -> u64 {
        match self.literal(text) {
            Some(bytes) => bytes.len() as u64,
            None if text == 0 => 0,
            None => self.word(text - 1) & 0xffff_ffff,
        }
    }

    /// The string's bytes, piece by piece.
    pub(super) fn pieces(self, text: u64) -> impl Iterator<Item = &'a [u8]> {
        let literal = self.literal(text);
        let length = if literal.is_some() { 0 } else { self.length(text) };
        literal.into_iter().chain(self.memory.pieces(self.space, text, length))
    }

    /// The string's bytes.
    pub(super) fn bytes(self, text: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.append(text, &mut bytes);
        bytes
    }

    /// Adds the string's bytes. A short one lies in one page with its length, and is found with one look.
    pub(super) fn append(self, text: u64, bytes: &mut Vec<u8>) {
        match self.literal(text) {
            Some(literal) => bytes.extend_from_slice(literal),
            None if text == 0 => {}
            None => {
                let (header, rest) = self.memory.rest_of_page(self.space, text - 1);
                match rest.get(..(header & 0xffff_ffff) as usize) {
                    Some(short) => bytes.extend_from_slice(short),
                    None => {
                        bytes.reserve(header as u32 as usize);
                        self.pieces(text).for_each(|piece| bytes.extend_from_slice(piece));
                    }
                }
            }
        }
    }

    /// The string for people.
    pub(super) fn lossy(self, text: u64) -> String {
        String::from_utf8_lossy(&self.bytes(text)).into_owned()
    }

    /// Byte `index`, if there is one.
    pub(super) fn byte(self, text: u64, index: u64) -> Option<u8> {
        match self.literal(text) {
            Some(bytes) => bytes.get(usize::try_from(index).ok()?).copied(),
            None if index < self.length(text) => Some(self.word(text + index / 8).to_ne_bytes()[index as usize % 8]),
            None => None,
        }
    }

    /// Compares byte by byte.
    pub(super) fn compare(self, left: u64, right: u64) -> Ordering {
        if left == right {
            return Ordering::Equal;
        }
        let (mut lefts, mut rights) = (self.pieces(left), self.pieces(right));
        let (mut one, mut other): (&[u8], &[u8]) = (&[], &[]);
        loop {
            if one.is_empty() {
                one = lefts.next().unwrap_or(&[]);
            }
            if other.is_empty() {
                other = rights.next().unwrap_or(&[]);
            }
            let common = one.len().min(other.len());
            if common == 0 {
                return one.len().cmp(&other.len());
            }
            match one[..common].cmp(&other[..common]) {
                Ordering::Equal => (one, other) = (&one[common..], &other[common..]),
                order => return order,
            }
        }
    }

    /// Whether two strings are equal.
    pub(super) fn equal(self, left: u64, right: u64) -> bool {
        left == right || self.length(left) == self.length(right) && self.compare(left, right) == Ordering::Equal
    }

    /// The length of an array.
    pub(super) fn array_length(self, array: u64) -> u64 {
        if array == 0 { 0 } else { self.word(array) & 0xffff_ffff }
    }

    /// Element `index` of an array; the index is below the length.
    pub(super) fn element(self, array: u64, index: u64) -> u64 {
        self.word(self.word(array + 1).wrapping_add(index))
    }

    /// The elements of an array from `start` on, `count` of them.
    pub(super) fn elements(self, array: u64, start: u64, count: u64) -> Vec<u64> {
        if count == 0 { Vec::new() } else { self.memory.read_words(self.space, self.word(array + 1) + start, count) }
    }

    /// Field `index` of a struct.
    pub(super) fn field(self, object: u64, index: u64) -> u64 {
        self.word(object.wrapping_add(index))
    }
}

/// The bytes of a range of a string; the range lies inside it.
pub(super) fn part(view: View<'_>, text: u64, range: std::ops::Range<u64>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
    let mut at = 0;
    for piece in view.pieces(text) {
        let end = at + piece.len() as u64;
        let from = range.start.clamp(at, end) - at;
        let to = range.end.clamp(at, end) - at;
        bytes.extend_from_slice(&piece[from as usize..to.max(from) as usize]);
        at = end;
        if at >= range.end {
            break;
        }
    }
    bytes
}
