//! Paged, copy-on-write memory: a pool of frames, radix page tables over it, and the allocator of a process's heap.

/// The machine's physical memory: all frames and page-table nodes, with their reference counts.
#[derive(Debug, Default)]
pub struct Memory {}

/// One process's page table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {}

/// One process's allocator state.
#[derive(Debug, Clone, Default)]
pub struct Heap {}
