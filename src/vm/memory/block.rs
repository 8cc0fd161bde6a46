//! The two words before every block of a heap. They stand in the process's own memory, so that fork copies them
//! and a report after a fork still knows who allocated what.
//!
//! Word 0: size in words with this header (32 bits), kind (7), whether the block before is free (1), forks before
//! the allocation (8), id (16). Word 1: length (32), instruction of the allocation (32).

/// Words of the header.
pub(super) const HEADER: u32 = 2;

/// The smallest block: a free one needs its links and its size at the end.
pub(super) const SMALLEST: u32 = 4;

const PREVIOUS_FREE: u64 = 1 << 39;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing.
    Free = 0,
    /// A string's bytes; the length is theirs.
    Str = 1,
    /// An array's length, capacity and store; the id is the kind of its elements.
    Array = 2,
    /// An array's elements.
    Store = 3,
    /// A struct's fields; the id is the struct's.
    Struct = 4,
    /// Cells from malloc; the length is theirs.
    Manual = 5,
    /// Cells that were freed and are kept a while, so that a late use is told.
    Quarantined = 6,
}

impl Kind {
    fn from_bits(bits: u64) -> Kind {
        match bits {
            1 => Kind::Str,
            2 => Kind::Array,
            3 => Kind::Store,
            4 => Kind::Struct,
            5 => Kind::Manual,
            6 => Kind::Quarantined,
            _ => Kind::Free,
        }
    }

    /// Whether the collector owns it.
    #[inline]
    pub(super) fn is_managed(self) -> bool {
        matches!(self, Kind::Str | Kind::Array | Kind::Store | Kind::Struct)
    }
}

/// A header in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) size: u32,
    pub(super) kind: Kind,
    pub(super) previous_free: bool,
    pub(super) generation: u8,
    pub(super) id: u16,
    pub(super) length: u32,
    pub(super) pc: u32,
}

impl Header {
    /// That of memory that nobody has used since it was cut off.
    pub(super) const fn free(size: u32) -> Header {
        Header { size, kind: Kind::Free, previous_free: false, generation: 0, id: 0, length: 0, pc: 0 }
    }

    #[inline]
    pub(super) fn pack(self) -> (u64, u64) {
        let flag = if self.previous_free { PREVIOUS_FREE } else { 0 };
        let first = u64::from(self.size)
            | (self.kind as u64) << 32
            | flag
            | u64::from(self.generation) << 40
            | u64::from(self.id) << 48;
        (first, u64::from(self.length) | u64::from(self.pc) << 32)
    }

    #[inline]
    pub(super) fn unpack((first, second): (u64, u64)) -> Header {
        Header {
            size: first as u32,
            kind: Kind::from_bits(first >> 32 & 0x7f),
            previous_free: first & PREVIOUS_FREE != 0,
            generation: (first >> 40) as u8,
            id: (first >> 48) as u16,
            length: second as u32,
            pc: (second >> 32) as u32,
        }
    }
}

/// The first word of a header, which tells what a walk over the blocks asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head(pub(super) u64);

impl Head {
    /// The size in words, header included.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        self.0 as u32
    }

    /// Whether the block holds this.
    #[inline(always)]
    pub(super) fn is(self, kind: Kind) -> bool {
        self.0 >> 32 & 0x7f == kind as u64
    }

    /// Whether the collector owns it: the kinds from strings to structs.
    #[inline(always)]
    pub(super) fn is_managed(self) -> bool {
        (self.0 >> 32 & 0x7f).wrapping_sub(Kind::Str as u64) <= Kind::Struct as u64 - Kind::Str as u64
    }
}

/// What the id of a manual block at `payload` is: words that a program wrote are not taken for a header.
#[inline(always)]
pub(super) fn seal(payload: u64) -> u64 {
    payload.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48
}

/// Whether the first word of a header is that of a live manual block at `payload`.
#[inline(always)]
pub(super) fn is_manual(first: u64, payload: u64) -> bool {
    first & 0xffff_007f_0000_0000 == seal(payload) << 48 | (Kind::Manual as u64) << 32
}
