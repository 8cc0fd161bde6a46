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
    #[inline]
    fn push(&mut self, header: Header, text: &[u8]) {
        self.last = self.words.len();
        let (first, second) = header.pack();
        self.words.extend_from_slice(&[first, second]);
        let (whole, rest) = text.as_chunks();
        whole.iter().for_each(|bytes| self.words.push(u64::from_ne_bytes(*bytes)));
        if !rest.is_empty() {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.words.push(u64::from_ne_bytes(bytes));
        }
        while self.words.len() < self.last + header.size as usize {
            self.words.push(0);
        }
    }
}

impl Arena<'_> {
    /// New strings with the bytes of `texts`, 0 for those that are empty; none where the heap is full, also for a list of so many.
    pub(crate) fn allocate_strings<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]>) -> Option<Vec<u64>> {
        let most = (self.limit / 8) as usize;
        let (mut addresses, mut row) = (Vec::new(), Row::default());
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
            let length = u32::try_from(text.len()).ok()?;
            let size = block_size(text.len().div_ceil(8) as u64)?;
            if row.words.len() + size as usize > ROW {
                self.lay(&mut row, &mut addresses[begun..])?;
                begun = addresses.len();
            }
            addresses.push(row.words.len() as u64 + u64::from(HEADER));
            let (generation, pc) = (self.heap.generation, self.pc);
            let header = Header { size, kind: Kind::Str, previous_free: false, generation, id: 0, length, pc };
            row.push(header, text);
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
