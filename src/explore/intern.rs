//! Things under small numbers: equal things have equal numbers, and nothing is ever taken for something else. Keys are all the bytes
//! that a derived `Hash` feeds to a hasher, kept whole.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexSet;

/// A quick hash for tables whose keys nobody chooses to do harm.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.write_u64(u64::from_le_bytes(chunk.try_into().unwrap_or_default()));
        }
        let mut rest = [0; 8];
        let tail = chunks.remainder();
        rest[..tail.len()].copy_from_slice(tail);
        self.write_u64(u64::from_le_bytes(rest) ^ (tail.len() as u64) << 56);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let mixed = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        self.0 = (mixed as u64) ^ (mixed >> 64) as u64;
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Builds [`Quick`] hashers.
pub(crate) type Build = BuildHasherDefault<Quick>;

/// A hasher that keeps everything it is given.
#[derive(Debug, Default)]
pub(crate) struct Recorder(pub(crate) Vec<u8>);

impl Hasher for Recorder {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.0.push(byte);
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// Byte strings under numbers.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    set: IndexSet<Box<[u8]>, Build>,
    bytes: usize,
}

impl Bytes {
    /// The number of these bytes, and whether they are new.
    pub(crate) fn intern(&mut self, bytes: &[u8]) -> (u32, bool) {
        match self.set.get_index_of(bytes) {
            Some(at) => (at as u32, false),
            None => {
                self.bytes += bytes.len() + 40;
                (self.set.insert_full(bytes.into()).0 as u32, true)
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// The bytes under a number.
    pub(crate) fn get(&self, at: u32) -> &[u8] {
        self.set.get_index(at as usize).map_or(&[], |bytes| bytes)
    }

    /// About how much memory they take.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }
}

/// Tuples of numbers under numbers, one after another in one piece of memory: each with its number and its length before it.
#[derive(Debug, Default)]
pub(crate) struct Tuples {
    words: Vec<u32>,
    /// Where each tuple begins.
    starts: Vec<u64>,
    /// Where tuples are, by their hash: its upper bits, and where the tuple begins, and one; 0 where there is none.
    places: Vec<u64>,
}

/// Bits of a place that say where a tuple begins; those above are of its hash.
const WHERE: u32 = 40;

impl Tuples {
    #[inline]
    fn hash(tuple: &[u32]) -> u64 {
        let mut quick = Quick(tuple.len() as u64);
        let mut pairs = tuple.chunks_exact(2);
        for pair in &mut pairs {
            quick.write_u64(u64::from(pair[0]) | u64::from(pair[1]) << 32);
        }
        pairs.remainder().iter().for_each(|word| quick.write_u64(u64::from(*word)));
        quick.finish()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The tuple under a number; an empty one where there is none.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> &[u32] {
        self.starts.get(at as usize).map_or(&[], |start| self.at(*start as usize).1)
    }

    /// The number and the words of the tuple that begins somewhere.
    #[inline]
    fn at(&self, start: usize) -> (u32, &[u32]) {
        match self.words.get(start..) {
            Some([number, length, rest @ ..]) => (*number, rest.get(..*length as usize).unwrap_or(&[])),
            _ => (0, &[]),
        }
    }

    /// The place of a tuple: where it is, or where it would be put; and its number if it is there.
    #[inline]
    fn place(&self, tuple: &[u32], hash: u64) -> (usize, Option<u32>) {
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.places[at];
            if place == 0 {
                return (at, None);
            }
            if place >> WHERE == hash >> WHERE {
                let (number, known) = self.at((place & ((1 << WHERE) - 1)) as usize - 1);
                // Most are short: a call to compare them would take longer than to do it.
                if known.len() == tuple.len() && known.iter().zip(tuple).all(|(a, b)| a == b) {
                    return (at, Some(number));
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of a tuple, and whether it is new.
    #[inline]
    pub(crate) fn insert(&mut self, tuple: &[u32]) -> (u32, bool) {
        let hash = Self::hash(tuple);
        if self.starts.len() * 2 >= self.places.len() {
            self.grow();
        }
        let (at, found) = self.place(tuple, hash);
        if let Some(number) = found {
            return (number, false);
        }
        let number = self.starts.len() as u32;
        let start = self.words.len() as u64;
        self.places[at] = hash >> WHERE << WHERE | (start + 1);
        self.starts.push(start);
        self.words.extend([number, tuple.len() as u32]);
        self.words.extend_from_slice(tuple);
        (number, true)
    }

    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(1024);
        let mut places = vec![0; count];
        for start in &self.starts {
            let hash = Self::hash(self.at(*start as usize).1);
            let mut at = hash as usize & (count - 1);
            while places[at] != 0 {
                at = (at + 1) & (count - 1);
            }
            places[at] = hash >> WHERE << WHERE | (start + 1);
        }
        self.places = places;
    }

    /// How much memory they take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.words.capacity() * 4 + self.starts.capacity() * 8 + self.places.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_told_apart_by_all_of_their_words() {
        let mut tuples = Tuples::default();
        for round in 0..2 {
            for n in 0..5000_u32 {
                let tuple = vec![n / 7; (n % 7) as usize];
                let (number, new) = tuples.insert(&tuple);
                assert_eq!(new, round == 0 && (n % 7 != 0 || n == 0));
                assert_eq!(tuples.get(number), &*tuple);
                assert_eq!(tuples.insert(&tuple), (number, false));
            }
        }
    }
}
