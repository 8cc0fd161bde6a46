//! The collector: marks what the stack, the static data and other live blocks refer to, and frees the rest of the
//! strings, arrays and structs. Words of the stack are taken for references when they could be; blocks are
//! followed by what they are known to hold. Marks and the list of blocks to follow stand on the host's side.

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

    fn get(&self, address: u64) -> bool {
        address.is_multiple_of(2)
            && self.0.get((address / 128) as usize).is_some_and(|word| word >> (address / 2 % 64) & 1 == 1)
    }

    fn set(&mut self, address: u64) {
        if let Some(word) = self.0.get_mut((address / 128) as usize) {
            *word |= 1 << (address / 2 % 64);
        }
    }
}

struct Marker {
    /// The payloads of all managed blocks.
    blocks: Bits,
    marked: Bits,
    /// Marked blocks that are still to be followed.
    pending: Vec<u32>,
}

impl Marker {
    fn reach(&mut self, word: u64) {
        if self.blocks.get(word) && !self.marked.get(word) {
            self.marked.set(word);
            self.pending.push(word as u32);
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
        let mut marker = self.find_blocks();
        for word in roots.into_iter().flatten() {
            marker.reach(*word);
        }
        while let Some(payload) = marker.pending.pop() {
            self.follow(&mut marker, payload, &managed);
        }
        self.sweep(&marker.marked);
        self.heap.since = 0;
        self.memory.collections += 1;
    }

    fn find_blocks(&mut self) -> Marker {
        let top = self.heap.top;
        let mut blocks = Bits::new(top);
        let mut block = START;
        while block < top {
            let header = self.header(block);
            if header.kind.is_managed() {
                blocks.set(u64::from(block + HEADER));
            }
            block += header.size;
        }
        Marker { blocks, marked: Bits::new(top), pending: Vec::new() }
    }

    fn follow<'s>(&mut self, marker: &mut Marker, payload: u32, managed: &impl Fn(u16) -> &'s [u32]) {
        let header = self.header(payload - HEADER);
        let payload = u64::from(payload);
        match header.kind {
            Kind::Array => {
                let (sizes, store) = self.read_pair(payload);
                if store != 0 {
                    marker.marked.set(store);
                }
                if header.id != 0 {
                    for at in 0..sizes & 0xffff_ffff {
                        let element = self.read(store + at);
                        marker.reach(element);
                    }
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

    fn sweep(&mut self, marked: &Bits) {
        let top = self.heap.top;
        let dead = |header: Header, block: u32| header.kind.is_managed() && !marked.get(u64::from(block + HEADER));
        let mut block = START;
        while block < top {
            let header = self.header(block);
            block = if dead(header, block) { self.sweep_run(block, top, dead) } else { block + header.size };
        }
    }

    /// Makes one free block of the dead and free blocks from `block` on and of a free one before them; the end of it.
    fn sweep_run(&mut self, block: u32, top: u32, dead: impl Fn(Header, u32) -> bool) -> u32 {
        let (mut start, mut end) = (block, block);
        if self.header(block).previous_free {
            let before = self.read(u64::from(block) - 1) as u32;
            start -= before;
            self.unlink(start, before);
        }
        while end < top {
            let header = self.header(end);
            if header.kind == Kind::Free {
                self.unlink(end, header.size);
            } else if dead(header, end) {
                self.heap.live -= header.size;
            } else {
                break;
            }
            end += header.size;
        }
        self.free_run(start, end - start);
        end
    }
}
