//! One process's memory in the hands of an instruction: its space, its allocator, its limit.

use super::{Heap, Memory, Space};

/// What allocation works on.
#[derive(Debug)]
pub(crate) struct Arena<'a> {
    /// All memory; `space` has been entered.
    pub(crate) memory: &'a mut Memory,
    /// The process's pages.
    pub(crate) space: &'a mut Space,
    /// The process's allocator.
    pub(crate) heap: &'a mut Heap,
    /// How many bytes the heap may have.
    pub(crate) limit: u64,
    /// The instruction that allocates or frees.
    pub(crate) pc: u32,
}

impl<'a> Arena<'a> {
    /// Enters the space.
    #[inline]
    pub(crate) fn new(memory: &'a mut Memory, space: &'a mut Space, heap: &'a mut Heap, limit: u64, pc: u32) -> Self {
        memory.enter(*space);
        Arena { memory, space, heap, limit, pc }
    }

    /// The word at `address`.
    #[inline(always)]
    pub(crate) fn read(&mut self, address: u64) -> u64 {
        self.memory.read(*self.space, address)
    }

    /// The two words at `address`, which is even.
    #[inline(always)]
    pub(crate) fn read_pair(&mut self, address: u64) -> (u64, u64) {
        self.memory.read_pair(*self.space, address)
    }

    /// Writes the word at `address`.
    #[inline(always)]
    pub(crate) fn write(&mut self, address: u64, word: u64) {
        self.memory.write(self.space, address, word);
    }

    /// The word at `address`, in a struct that `register` refers to.
    #[inline(always)]
    pub(crate) fn read_field(&mut self, register: u8, address: u64) -> u64 {
        self.memory.read_field(*self.space, register, address)
    }

    /// Writes the word at `address`, in a struct that `register` refers to.
    #[inline(always)]
    pub(crate) fn write_field(&mut self, register: u8, address: u64, word: u64) {
        self.memory.write_field(self.space, register, address, word);
    }
}
