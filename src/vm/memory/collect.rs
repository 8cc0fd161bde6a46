//! The collector: marks what the stack, the static data and other live blocks refer to, and frees the rest of the
//! strings, arrays and structs. Words of the stack are taken for references when they could be; blocks are
//! followed by what they are known to hold. Marks and the list of blocks to follow stand on the host's side.

use super::PAGE_WORDS;
use super::arena::Arena;
use super::block::{HEADER, Head, Kind};
use super::heap::START;

/// A collection is due when so many words (256 KB) were allocated since the last, or as many as were live then.
const INTERVAL: u32 = 32 * 1024;

/// One bit for each two words of a heap.
struct Bits(Vec<u64>);

impl Bits {
    fn new(top: u32) -> Self {
        Bits(vec![0; top as usize / 128 + 1])
    }

    /// Whether the bit of an address, which is even, is set.
    #[inline]
    fn has(&self, address: u64) -> bool {
        self.0.get((address / 128) as usize).is_some_and(|word| word >> (address / 2 % 64) & 1 != 0)
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

/// The first set bit from `from` on, among the bits of `words` words.
fn next_bit(from: usize, words: usize, word: impl Fn(usize) -> u64) -> Option<usize> {
    let mut at = from / 64;
    if at >= words {
        return None;
    }
    let mut rest = word(at) & u64::MAX << (from % 64);
    while rest == 0 {
        at += 1;
        if at == words {
            return None;
        }
        rest = word(at);
    }
    Some(at * 64 + rest.trailing_zeros() as usize)
}

/// The blocks of a heap, each by the bit of its payload.
struct Blocks {
    all: Bits,
    free: Bits,
    /// The managed ones that were not reached.
    unreached: Bits,
    /// Those of the managed ones that refer to others.
    referring: Bits,
    /// Blocks that were reached and are still to be followed.
    pending: Vec<u32>,
}

impl Blocks {
    fn new(top: u32) -> Self {
        let none = || Bits::new(top);
        Blocks { all: none(), free: none(), unreached: none(), referring: none(), pending: Vec::new() }
    }

    #[inline]
    fn add(&mut self, block: u32, head: Head) {
        let payload = u64::from(block + HEADER);
        self.all.set(payload);
        if head.is_managed() {
            self.unreached.set(payload);
        }
        if head.is(Kind::Array) || head.is(Kind::Struct) {
            self.referring.set(payload);
        } else if head.is(Kind::Free) {
            self.free.set(payload);
        }
    }

    #[inline]
    fn reach(&mut self, word: u64) {
        if self.unreached.take(word) && self.referring.has(word) {
            self.pending.push(word as u32);
        }
    }

    /// The blocks from `from` to `end` that are in `bits`.
    fn between(bits: &Bits, from: u32, end: u32) -> impl Iterator<Item = u32> {
        let words = bits.0.len().min(Self::bit(end) / 64 + 1);
        let mut next = from;
        std::iter::from_fn(move || {
            let block = Self::block(next_bit(Self::bit(next), words, |at| bits.0[at])?);
            next = block + 2;
            (block < end).then_some(block)
        })
    }

    fn bit(block: u32) -> usize {
        (block + HEADER) as usize / 2
    }

    fn block(bit: usize) -> u32 {
        bit as u32 * 2 - HEADER
    }

    /// The next neighbours from `from` on that are dead or free: where they begin and end.
    fn next_run(&self, from: u32, top: u32) -> Option<(u32, u32)> {
        let words = self.all.0.len();
        let gone = |at: usize| self.unreached.0[at] | self.free.0[at];
        let start = next_bit(Self::bit(from), words, gone)?;
        let end = next_bit(start, words, |at| self.all.0[at] & !gone(at)).map_or(top, Self::block);
        Some((Self::block(start), end))
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
        let mut blocks = Blocks::new(self.heap.top);
        self.each_block(|block, head| blocks.add(block, head));
        for word in roots.into_iter().flatten() {
            blocks.reach(*word);
        }
        while let Some(payload) = blocks.pending.pop() {
            self.follow(&mut blocks, payload, &managed);
        }
        self.sweep(&blocks);
        self.heap.since = 0;
        self.memory.collections += 1;
    }

    /// Looks at every block, from the first to the top.
    #[inline]
    fn each_block(&self, mut look: impl FnMut(u32, Head)) {
        let mut block = START;
        let (mut number, mut page) = (0, self.memory.page(*self.space, 0));
        while block < self.heap.top {
            let at = block as usize;
            if at / PAGE_WORDS != number {
                number = at / PAGE_WORDS;
                page = self.memory.page(*self.space, number as u64);
            }
            let head = Head(page[at % PAGE_WORDS]);
            look(block, head);
            block += head.size();
        }
    }

    fn follow<'s>(&mut self, blocks: &mut Blocks, payload: u32, managed: &impl Fn(u16) -> &'s [u32]) {
        let header = self.header(payload - HEADER);
        let payload = u64::from(payload);
        match header.kind {
            Kind::Array => {
                let (sizes, store) = self.read_pair(payload);
                if store != 0 {
                    blocks.unreached.take(store);
                }
                if header.id != 0 {
                    let elements = self.memory.runs(*self.space, store, sizes & 0xffff_ffff);
                    elements.flatten().for_each(|element| blocks.reach(*element));
                }
            }
            Kind::Struct => {
                for field in managed(header.id) {
                    let word = self.read(payload + u64::from(*field));
                    blocks.reach(word);
                }
            }
            _ => {}
        }
    }

    /// Makes one free block of each run of dead and free neighbours.
    fn sweep(&mut self, blocks: &Blocks) {
        let top = self.heap.top;
        // The runs with a dead block among them, and the free blocks of these.
        let (mut runs, mut free) = (Vec::new(), Vec::new());
        let mut next = START;
        while let Some((start, end)) = blocks.next_run(next, top) {
            next = end;
            if Blocks::between(&blocks.unreached, start, end).next().is_some() {
                let before = free.len();
                free.extend(Blocks::between(&blocks.free, start, end).map(|block| (block, self.header(block).size)));
                let kept: u32 = free[before..].iter().map(|(_, size)| size).sum();
                self.heap.live -= end - start - kept;
                runs.push((start, end));
            }
            if end == top {
                break;
            }
        }
        for (block, size) in free {
            self.unlink(block, size);
        }
        for (start, end) in runs {
            self.free_run(start, end - start);
        }
    }
}
