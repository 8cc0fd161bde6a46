//! Figures about memory, for reports.

use super::arena::Arena;
use super::block::{HEADER, Kind};
use super::heap::START;
use crate::vm::fault::Site;

/// Figures about all processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryStats {
    /// Frames in use; a page that processes share counts once.
    pub frames: u32,
    /// The most that ever were.
    pub peak_frames: u32,
    /// Page-table nodes in use.
    pub nodes: u32,
    /// Pages that were copied because a shared one was written.
    pub pages_copied: u64,
    /// Collections of all heaps.
    pub collections: u64,
}

/// Figures about one heap, in bytes; headers are part of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeapStats {
    /// From the heap's start to its top.
    pub size: u64,
    /// Live strings, arrays and structs, and what the collector has not yet found dead.
    pub managed: u64,
    /// Live blocks of `malloc`.
    pub manual: u64,
    /// How many there are of those.
    pub manual_blocks: u64,
    /// The most bytes that ever lived at once.
    pub peak: u64,
    /// Free memory between blocks, blocks freed a moment ago included.
    pub free: u64,
    /// The largest piece of it.
    pub largest_free: u64,
}

impl HeapStats {
    /// How scattered free memory is, in percent: 0 where it is one piece.
    pub fn fragmentation(&self) -> u64 {
        (self.largest_free * 100).checked_div(self.free).map_or(0, |largest| 100 - largest)
    }
}

/// A block of `malloc` that was not freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManualBlock {
    /// The pointer to it.
    pub pointer: u64,
    /// Its cells.
    pub cells: u64,
    /// Where it was allocated.
    pub allocated: Site,
}

impl Arena<'_> {
    /// Walks the heap and counts.
    pub(crate) fn stats(&mut self) -> HeapStats {
        let mut stats = HeapStats {
            size: u64::from(self.heap.top - START) * 8,
            peak: u64::from(self.heap.peak) * 8,
            ..HeapStats::default()
        };
        let mut block = START;
        while block < self.heap.top {
            let header = self.header(block);
            let bytes = u64::from(header.size) * 8;
            match header.kind {
                Kind::Free | Kind::Quarantined => {
                    stats.free += bytes;
                    stats.largest_free = stats.largest_free.max(bytes);
                }
                Kind::Manual => {
                    stats.manual += bytes;
                    stats.manual_blocks += 1;
                }
                _ => stats.managed += bytes,
            }
            block += header.size;
        }
        stats
    }

    /// The blocks of `malloc` that live, by address.
    pub(crate) fn manual_blocks(&mut self) -> Vec<ManualBlock> {
        let mut blocks = Vec::new();
        let mut block = START;
        while block < self.heap.top {
            let header = self.header(block);
            if header.kind == Kind::Manual {
                blocks.push(ManualBlock {
                    pointer: u64::from(block + HEADER) << 32,
                    cells: u64::from(header.length),
                    allocated: Site { pc: header.pc, generation: header.generation },
                });
            }
            block += header.size;
        }
        blocks
    }
}
