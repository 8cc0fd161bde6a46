//! Things under small numbers: equal things have equal numbers, and nothing is ever taken for something else. Keys are all the bytes
//! that a derived `Hash` feeds to a hasher, kept whole.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexSet;

/// A quick hash for tables whose keys nobody chooses to do harm.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
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

    fn write_u64(&mut self, word: u64) {
        let mixed = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        self.0 = (mixed as u64) ^ (mixed >> 64) as u64;
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

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
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
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

    /// The bytes under a number.
    pub(crate) fn get(&self, at: u32) -> &[u8] {
        self.set.get_index(at as usize).map_or(&[], |bytes| bytes)
    }

    /// About how much memory they take.
    pub(crate) fn size(&self) -> usize {
        self.bytes
    }
}
