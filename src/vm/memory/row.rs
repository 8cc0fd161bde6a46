//! Many strings at once. They are laid out in rows on the host's side, and a row takes one place of the heap: the free lists are
//! searched, and pages looked up, once for dozens of strings.

use super::arena::Arena;
use super::block::{HEADER, Header, Kind};
use super::heap::block_size;

/// How many words of strings are laid out before they get their place, so that a heap in small pieces can still take them.
const ROW: usize = 512;

/// Strings with their headers, as they will stand in the heap.
#[derive(Default)]
struct Row {
    words: Vec<u64>,
    /// Where the last of them begins.
    last: usize,
}

impl Row {
    /// Adds a string of `size` words; `site` is the header of one that has neither size nor length.
    #[inline(always)]
    fn push(&mut self, (first, second): (u64, u64), size: u32, text: &[u8]) {
        self.last = self.words.len();
        let header = [first | u64::from(size), second | text.len() as u64];
        // Nearly all are so short that they are two words with their ends.
        match short(text) {
            Some([one, two]) => self.words.extend_from_slice(&[header[0], header[1], one, two]),
            None => self.push_long(header, size, text),
        }
    }

    #[inline(never)]
    fn push_long(&mut self, header: [u64; 2], size: u32, text: &[u8]) {
        self.words.extend_from_slice(&header);
        self.words.resize(self.last + size as usize, 0);
        let place = &mut self.words[self.last + HEADER as usize..];
        bytemuck::cast_slice_mut::<u64, u8>(place)[..text.len()].copy_from_slice(text);
    }
}

/// The first eight bytes of a text as a word, zeros behind them where there are fewer.
#[inline(always)]
fn word(text: &[u8]) -> u64 {
    if let Some(eight) = text.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    // The halves overlap where there are not eight of them: what both have is the same in both.
    let half = |bytes: &[u8; 4], at: usize| u64::from(u32::from_le_bytes(*bytes)) << (8 * at);
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        return half(first, 0) | half(last, text.len() - 4);
    }
    text.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The two words of a text that needs no more.
#[inline(always)]
fn short(text: &[u8]) -> Option<[u64; 2]> {
    if text.len() > 16 {
        return None;
    }
    let (one, two) = text.split_at(text.len().min(8));
    Some([word(one), word(two)].map(u64::to_le))
}

impl Arena<'_> {
    /// New strings with the bytes of `texts`, 0 for those that are empty; none where the heap is full, also for a list of so many.
    pub(crate) fn allocate_strings<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]>) -> Option<Vec<u64>> {
        let most = (self.limit / 8) as usize;
        let (mut addresses, mut row) = (Vec::new(), Row::default());
        let (generation, pc) = (self.heap.generation, self.pc);
        let site = Header { size: 0, kind: Kind::Str, previous_free: false, generation, id: 0, length: 0, pc }.pack();
        // Where those of the row begin among the addresses; until the row has its place, they count from its start.
        let mut begun = 0;
        for text in texts {
            if addresses.len() == most {
                return None;
            }
            if text.is_empty() {
                addresses.push(0);
                continue;
            }
            u32::try_from(text.len()).ok()?;
            let size = block_size(text.len().div_ceil(8) as u64)?;
            if row.words.len() + size as usize > ROW {
                self.lay(&mut row, &mut addresses[begun..])?;
                begun = addresses.len();
            }
            addresses.push(row.words.len() as u64 + u64::from(HEADER));
            row.push(site, size, text);
        }
        self.lay(&mut row, &mut addresses[begun..])?;
        Some(addresses)
    }

    /// Gives a row its place, and its strings their addresses. Empties the row.
    fn lay(&mut self, row: &mut Row, addresses: &mut [u64]) -> Option<()> {
        let wanted = row.words.len() as u32;
        if wanted == 0 {
            return Some(());
        }
        match self.place(wanted) {
            Some((block, size)) => {
                // What the place has more than was wanted belongs to the last string: its size stands in the low half of the word.
                row.words[row.last] += u64::from(size - wanted);
                self.memory.write_words(self.space, u64::from(block), &row.words);
                addresses.iter_mut().filter(|address| **address != 0).for_each(|address| *address += u64::from(block));
                self.count_managed(size);
            }
            None => self.lay_apart(row, addresses)?,
        }
        row.words.clear();
        Some(())
    }

    /// Gives the strings of a row places of their own, where no place is large enough for all of them.
    #[cold]
    fn lay_apart(&mut self, row: &Row, addresses: &mut [u64]) -> Option<()> {
        for address in addresses.iter_mut().filter(|address| **address != 0) {
            let start = *address as usize;
            let header = Header::unpack((row.words[start - 2], row.words[start - 1]));
            let end = start - HEADER as usize + header.size as usize;
            *address = self.allocate(Kind::Str, u64::from(header.size - HEADER), 0, header.length)?;
            self.memory.write_words(self.space, *address, &row.words[start..end]);
        }
        Some(())
    }
}
