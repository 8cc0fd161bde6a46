//! The collector: marks what the stack, the static data and other live blocks refer to, and frees the rest of the
//! strings, arrays and structs. Words of the stack are taken for references when they could be; blocks are
//! followed by what they are known to hold. Marks and the list of blocks to follow stand on the host's side.

use super::PAGE_WORDS;
use std::ops::Range;

use super::arena::Arena;
use super::block::{HEADER, Header, Kind};
use super::heap::START;

/// A collection is due when so many words (256 KB) were allocated since the last, or as many as were live then.
const INTERVAL: u32 = 32 * 1024;

/// One bit for each two words of a heap.
struct Bits(Vec<u64>);

impl Bits {
    fn new(top: u32) -> Self {
        Bits(vec![0; top as usize / 128 + 1])
    }

    #[inline]
    fn set(&mut self, address: u64) {
        if let Some(word) = self.0.get_mut((address / 128) as usize) {
            *word |= 1 << (address / 2 % 64);
        }
    }

    /// Clears the bit of an address; whether it was set.
    #[inline]
    fn take(&mut self, address: u64) -> bool {
        let Some(word) = self.0.get_mut((address / 128) as usize).filter(|_| address.is_multiple_of(2)) else {
            return false;
        };
        let bit = 1 << (address / 2 % 64);
        let was = *word & bit != 0;
        *word &= !bit;
        was
    }
}

struct Marker {
    /// The payloads of all managed blocks that were not reached.
    unreached: Bits,
    /// Blocks that were reached and are still to be followed.
    pending: Vec<u32>,
}

impl Marker {
    #[inline]
    fn reach(&mut self, word: u64) {
        if self.unreached.take(word) {
            self.pending.push(word as u32);
        }
    }
}

/// What the walk over the blocks finds to be done.
#[derive(Default)]
struct Sweep {
    /// Neighbours that are dead or free, at least one of them dead: where they begin and end.
    runs: Vec<(u32, u32)>,
    /// The free blocks among them, with their sizes.
    free: Vec<(u32, u32)>,
    /// The words of the dead ones.
    dead: u32,
}

impl Sweep {
    /// Keeps a run of dead blocks and of `free` free ones, or forgets it where none is dead.
    fn end_run(&mut self, run: Range<u32>, free: usize, dead: bool) {
        if dead {
            self.runs.push((run.start, run.end));
        } else {
            self.free.truncate(self.free.len() - free);
        }
    }
}

impl Arena<'_> {
    /// Whether enough was allocated since the last collection for another.
    #[inline]
    pub(crate) fn wants_collection(&self) -> bool {
        let kept = self.heap.live.saturating_sub(self.heap.since);
        self.heap.since > INTERVAL.max(kept)
    }

    /// Frees every string, array and struct that cannot be reached from `roots`. `managed` tells which fields of a
    /// struct are references.
    #[cold]
    #[inline(never)]
    pub(crate) fn collect<'s>(&mut self, roots: [&[u64]; 2], managed: impl Fn(u16) -> &'s [u32]) {
        let mut marker = Marker { unreached: Bits::new(self.heap.top), pending: Vec::new() };
        self.each_block(|block, header| {
            if header.kind.is_managed() {
                marker.unreached.set(u64::from(block + HEADER));
            }
        });
        for word in roots.into_iter().flatten() {
            marker.reach(*word);
        }
        while let Some(payload) = marker.pending.pop() {
            self.follow(&mut marker, payload, &managed);
        }
        self.sweep(marker.unreached);
        self.heap.since = 0;
        self.memory.collections += 1;
    }

    /// Looks at every block, from the first to the top.
    #[inline]
    fn each_block(&self, mut look: impl FnMut(u32, Header)) {
        let mut block = START;
        let (mut number, mut page) = (0, self.memory.page(*self.space, 0));
        while block < self.heap.top {
            let at = block as usize;
            if at / PAGE_WORDS != number {
                number = at / PAGE_WORDS;
                page = self.memory.page(*self.space, number as u64);
            }
            // Blocks begin at even places, so that a header never straddles two pages.
            let header = Header::unpack((page[(at % PAGE_WORDS) & !1], page[(at % PAGE_WORDS) | 1]));
            look(block, header);
            block += header.size;
        }
    }

    fn follow<'s>(&mut self, marker: &mut Marker, payload: u32, managed: &impl Fn(u16) -> &'s [u32]) {
        let header = self.header(payload - HEADER);
        let payload = u64::from(payload);
        match header.kind {
            Kind::Array => {
                let (sizes, store) = self.read_pair(payload);
                if store != 0 {
                    marker.unreached.take(store);
                }
                if header.id != 0 {
                    let elements = self.memory.runs(*self.space, store, sizes & 0xffff_ffff);
                    elements.flatten().for_each(|element| marker.reach(*element));
                }
            }
            Kind::Struct => {
                for field in managed(header.id) {
                    let word = self.read(payload + u64::from(*field));
                    marker.reach(word);
                }
            }
            _ => {}
        }
    }

    /// Makes one free block of each run of dead and free neighbours.
    fn sweep(&mut self, mut unreached: Bits) {
        let mut found = Sweep::default();
        // Where the run begins that reaches up to the present block, how many of its blocks are free, and whether one is dead.
        let (mut start, mut free, mut dead) = (START, 0, false);
        self.each_block(|block, header| {
            let next = block + header.size;
            if header.kind == Kind::Free {
                found.free.push((block, header.size));
                free += 1;
            } else if header.kind.is_managed() && unreached.take(u64::from(block + HEADER)) {
                found.dead += header.size;
                dead = true;
            } else {
                found.end_run(start..block, free, dead);
                (start, free, dead) = (next, 0, false);
            }
        });
        found.end_run(start..self.heap.top, free, dead);
        self.heap.live -= found.dead;
        for (block, size) in found.free {
            self.unlink(block, size);
        }
        for (start, end) in found.runs {
            self.free_run(start, end - start);
        }
    }
}
