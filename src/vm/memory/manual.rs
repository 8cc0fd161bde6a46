//! Blocks that a program allocates and frees itself. A `ptr` value is the address of a block's first cell (32
//! bits) and a signed offset in cells (32 bits): arithmetic moves the offset only, so that every access is checked
//! against the very block that the pointer was made from.

use super::arena::Arena;
use super::block::{HEADER, Header, Kind, is_manual, seal};
use crate::vm::fault::{PointerFault, PointerKind, Site};

/// Where the heap seems to lie when an address is shown.
const SHOWN_START: u64 = 0x1000_0000;
/// Marks the word that keeps where a block was freed.
const FREED_MARK: u64 = 0xf5ee << 48;
/// The largest block in cells: offsets have 31 bits.
const LARGEST: i64 = i32::MAX as i64;

/// What a pointer seems to be as a byte address, for `%p`.
pub(crate) fn shown_address(pointer: u64) -> u64 {
    let cell = (pointer >> 32) as i64 + i64::from(pointer as i32);
    SHOWN_START.wrapping_add((cell as u64).wrapping_mul(8))
}

/// A pointer that is `cells` further on; the offset saturates.
pub(crate) fn add(pointer: u64, cells: i64) -> u64 {
    let offset = i64::from(pointer as i32).saturating_add(cells).clamp(i32::MIN.into(), i32::MAX.into());
    pointer & !0xffff_ffff | u64::from(offset as i32 as u32)
}

/// The cells from `from` to `to`.
pub(crate) fn difference(to: u64, from: u64) -> i64 {
    let cell = |pointer: u64| (pointer >> 32) as i64 + i64::from(pointer as i32);
    cell(to) - cell(from)
}

fn block_of(pointer: u64) -> (u64, i64) {
    (pointer >> 32, i64::from(pointer as i32))
}

impl Arena<'_> {
    /// A block of so many cells; nil where the number is absurd, nothing where the heap is full.
    pub(crate) fn malloc(&mut self, cells: i64) -> Option<u64> {
        if !(0..=LARGEST).contains(&cells) {
            return Some(0);
        }
        let payload = self.allocate(Kind::Manual, cells as u64, 0, cells as u32)?;
        self.seal(payload);
        Some(payload << 32)
    }

    fn seal(&mut self, payload: u64) {
        let block = payload as u32 - HEADER;
        let header = self.header(block);
        self.set_header(block, Header { id: seal(payload) as u16, ..header });
    }

    /// A block of so many cells that are 0.
    pub(crate) fn calloc(&mut self, cells: i64) -> Option<u64> {
        let pointer = self.malloc(cells)?;
        if pointer != 0 {
            self.memory.fill(self.space, pointer >> 32, cells as u64, 0);
        }
        Some(pointer)
    }

    /// The address of cell `index` after `pointer`, if it lies in the pointer's live block.
    #[inline(always)]
    pub(crate) fn cell(&mut self, pointer: u64, index: u64) -> Option<u64> {
        let base = pointer >> 32;
        if base == 0 {
            return None;
        }
        let cell = (i64::from(pointer as i32) as u64).wrapping_add(index);
        let (first, second) = self.read_pair(base - u64::from(HEADER));
        (is_manual(first, base) && cell < second & 0xffff_ffff).then(|| base + cell)
    }

    /// What is wrong with cell `index` after `pointer`.
    pub(crate) fn pointer_fault(&mut self, pointer: u64, index: i64) -> PointerFault {
        let (base, offset) = block_of(pointer);
        let offset = offset.saturating_add(index);
        let wild = PointerFault { kind: PointerKind::Wild, offset, cells: None, allocated: None, freed: None };
        if base < u64::from(HEADER) {
            return wild;
        }
        let pair = self.read_pair(base - u64::from(HEADER));
        let header = Header::unpack(pair);
        let live = base < u64::from(self.heap.top) && is_manual(pair.0, base);
        let kind = if live { PointerKind::OutOfBounds } else { PointerKind::Freed };
        if u64::from(header.id) != seal(base) || header.kind.is_managed() {
            return PointerFault { kind, ..wild };
        }
        let site = Site { pc: header.pc, generation: header.generation };
        let word = self.read(base + 1);
        let freed = (!live && word & FREED_MARK == FREED_MARK)
            .then_some(Site { pc: word as u32, generation: (word >> 32) as u8 });
        PointerFault { kind, offset, cells: Some(u64::from(header.length)), allocated: Some(site), freed }
    }

    /// The block that `pointer` is the start of.
    fn owned_block(&mut self, pointer: u64) -> Result<u32, PointerFault> {
        let (base, offset) = block_of(pointer);
        let live = base >= u64::from(HEADER) && is_manual(self.read(base - u64::from(HEADER)), base);
        if live && offset == 0 {
            return Ok(base as u32 - HEADER);
        }
        let fault = self.pointer_fault(pointer, 0);
        Err(if live { PointerFault { kind: PointerKind::Inside, ..fault } } else { fault })
    }

    /// Gives a block back.
    ///
    /// # Errors
    /// What is wrong with the pointer.
    pub(crate) fn free(&mut self, pointer: u64) -> Result<(), PointerFault> {
        if pointer == 0 {
            return Ok(());
        }
        let block = self.owned_block(pointer)?;
        let site = u64::from(self.pc) | u64::from(self.heap.generation) << 32 | FREED_MARK;
        self.write(u64::from(block + HEADER) + 1, site);
        self.quarantine(block);
        Ok(())
    }

    /// Changes a block's size; nothing where the heap is full, and then the block is as it was.
    ///
    /// # Errors
    /// What is wrong with the pointer.
    pub(crate) fn realloc(&mut self, pointer: u64, cells: i64) -> Result<Option<u64>, PointerFault> {
        if pointer == 0 {
            return Ok(self.malloc(cells));
        }
        let block = self.owned_block(pointer)?;
        if cells == 0 {
            self.free(pointer)?;
            return Ok(Some(0));
        }
        if !(0..=LARGEST).contains(&cells) {
            return Ok(Some(0));
        }
        let old = self.header(block).length;
        if self.extend(block, cells as u64) {
            self.shrink(block, cells as u64);
            let header = self.header(block);
            let (generation, pc) = (self.heap.generation, self.pc);
            self.set_header(block, Header { length: cells as u32, generation, pc, ..header });
            return Ok(Some(pointer));
        }
        let Some(moved) = self.malloc(cells) else { return Ok(None) };
        self.memory.copy(self.space, pointer >> 32, moved >> 32, u64::from(old).min(cells as u64));
        self.free(pointer)?;
        Ok(Some(moved))
    }
}
