//! A process in the hands of an instruction: its image and its memory, and the values that instructions make there.
//!
//! Nothing here collects: an operation that finds the heap full has changed nothing that can be seen, so its caller
//! may collect and do it again.

use super::fault::Fault;
use super::memory::{Arena, Kind};
use super::text::{View, is_on_heap};
use crate::bytecode::image::{Image, Zero};

/// The image and the memory of the running process.
#[derive(Debug)]
pub(super) struct Guest<'a> {
    pub(super) image: &'a Image,
    pub(super) arena: Arena<'a>,
}

/// Whether elements are references, as it stands in an array's header.
const REFERENCES: u16 = 1;

impl Guest<'_> {
    /// A view for reading.
    pub(super) fn view(&self) -> View<'_> {
        View { image: self.image, memory: self.arena.memory, space: *self.arena.space }
    }

    #[cold]
    fn full(&self, wanted: u64) -> Fault {
        Fault::HeapFull { wanted, limit: self.arena.limit }
    }

    /// Refuses what can never fit, before the host makes it.
    #[inline]
    pub(super) fn check_size(&self, bytes: u64) -> Result<(), Fault> {
        if bytes > self.arena.limit || bytes > u64::from(u32::MAX) { Err(self.full(bytes)) } else { Ok(()) }
    }

    /// Refuses an array that can never fit.
    pub(super) fn check_count(&self, elements: u64) -> Result<(), Fault> {
        if elements > self.arena.limit / 8 || elements > u64::from(u32::MAX >> 1) {
            return Err(self.full(elements.saturating_mul(8)));
        }
        Ok(())
    }

    #[inline]
    fn allocate(&mut self, kind: Kind, payload: u64, id: u16, length: u32) -> Result<u64, Fault> {
        match self.arena.allocate(kind, payload, id, length) {
            Some(address) => Ok(address),
            None => Err(self.full(payload * 8)),
        }
    }

    /// A new string.
    #[inline]
    pub(super) fn new_string(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        if let Some(text) = self.arena.string_at_once(bytes) {
            return Ok(text);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        self.check_size(bytes.len() as u64)?;
        let address = self.allocate(Kind::Str, bytes.len().div_ceil(8) as u64, 0, bytes.len() as u32)?;
        self.arena.memory.write_bytes(self.arena.space, address, 0, bytes);
        Ok(address)
    }

    /// New strings, one for each text.
    pub(super) fn new_strings<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]> + Clone) -> Result<Vec<u64>, Fault> {
        match self.arena.allocate_strings(texts.clone()) {
            Some(strings) => Ok(strings),
            None => Err(self.full(texts.map(|text| text.len() as u64 + 8).sum())),
        }
    }

    /// Adds a string's bytes, through the translation cache. A short one lies in one page with its length, and is found with one look.
    pub(super) fn append(&mut self, text: u64, bytes: &mut Vec<u8>) {
        if is_on_heap(text) {
            let (header, rest) = self.arena.memory.read_rest_of_page(*self.arena.space, text - 1);
            let length = (header & 0xffff_ffff) as usize;
            if let Some(short) = rest.get(..length) {
                match rest.first_chunk::<16>() {
                    // So many at once are two moves; what is too much goes again.
                    Some(words) if length <= words.len() => {
                        let end = bytes.len() + length;
                        bytes.extend_from_slice(words);
                        bytes.truncate(end);
                    }
                    _ => bytes.extend_from_slice(short),
                }
                return;
            }
        }
        self.view().append(text, bytes);
    }

    /// Two strings joined.
    pub(super) fn concat(&mut self, left: u64, right: u64) -> Result<u64, Fault> {
        let length = self.text_length(left);
        let total = length + self.text_length(right);
        if length == total || length == 0 {
            return Ok(if length == total { left } else { right });
        }
        self.check_size(total)?;
        let mut bytes = Vec::with_capacity(total as usize);
        for text in [left, right] {
            self.append(text, &mut bytes);
        }
        self.new_string(&bytes)
    }

    /// How many bytes a string has, through the translation cache.
    #[inline(always)]
    pub(super) fn text_length(&mut self, text: u64) -> u64 {
        if is_on_heap(text) { self.arena.read(text - 1) & 0xffff_ffff } else { super::slow::length(self, text) }
    }

    /// Byte `index` of a string, through the translation cache.
    pub(super) fn text_byte(&mut self, text: u64, index: u64) -> Option<u8> {
        if !is_on_heap(text) {
            return self.view().byte(text, index);
        }
        if index >= self.text_length(text) {
            return None;
        }
        Some(self.arena.read(text + index / 8).to_ne_bytes()[index as usize % 8])
    }

    /// A new array of the words, with room for `capacity` of them.
    pub(super) fn new_array(&mut self, words: &[u64], capacity: u64, references: bool) -> Result<u64, Fault> {
        let capacity = capacity.max(words.len() as u64);
        self.check_count(capacity)?;
        let id = if references { REFERENCES } else { 0 };
        // The header first: the pages of an array are then written, and get their frames, in their order.
        let array = self.allocate(Kind::Array, 2, id, 0)?;
        let store = if capacity == 0 { 0 } else { self.allocate(Kind::Store, capacity, id, capacity as u32)? };
        self.arena.memory.write_words(self.arena.space, store, words);
        self.set_array(array, words.len() as u64, capacity, store);
        Ok(array)
    }

    /// A new array of `count` times the same word.
    pub(super) fn filled_array(&mut self, count: u64, word: u64, references: bool) -> Result<u64, Fault> {
        let array = self.new_array(&[], count, references)?;
        let store = self.arena.read(array + 1);
        self.arena.memory.fill(self.arena.space, store, count, word);
        self.set_array(array, count, count, store);
        Ok(array)
    }

    /// Sets an array's header.
    pub(super) fn set_array(&mut self, array: u64, length: u64, capacity: u64, store: u64) {
        self.arena.memory.set_array(self.arena.space, array, (length, capacity), store);
    }

    /// Whether the elements of an array are references.
    pub(super) fn holds_references(&mut self, array: u64) -> bool {
        array != 0 && self.arena.read(array - 2) >> 48 != 0
    }

    /// Adds a word at the end of an array where there is room for it; whether there was.
    #[inline(never)]
    pub(super) fn push_in_place(&mut self, array: u64, word: u64) -> bool {
        if self.arena.memory.push_known(self.arena.space, array, word) {
            return true;
        }
        let (sizes, store) = self.arena.read_pair(array);
        let (length, capacity) = (sizes & 0xffff_ffff, sizes >> 32);
        if length == capacity {
            return false;
        }
        self.arena.write(store + length, word);
        self.set_array(array, length + 1, capacity, store);
        true
    }

    /// Adds a word at the end of an array, moving the elements where there is no more room.
    pub(super) fn push(&mut self, array: u64, word: u64) -> Result<(), Fault> {
        if array == 0 {
            return Err(Fault::Nil { what: "array" });
        }
        if self.push_in_place(array, word) {
            return Ok(());
        }
        let (sizes, old) = self.arena.read_pair(array);
        let (length, capacity) = (sizes & 0xffff_ffff, (sizes >> 32) * 2);
        let capacity = capacity.max(4);
        self.check_count(capacity)?;
        let id = if self.holds_references(array) { REFERENCES } else { 0 };
        let store = self.allocate(Kind::Store, capacity, id, capacity as u32)?;
        self.arena.memory.copy(self.arena.space, old, store, length);
        self.set_array(array, length, capacity, store);
        if old != 0 {
            self.arena.discard(old);
        }
        self.push_in_place(array, word);
        Ok(())
    }

    /// A new struct, all fields zero.
    pub(super) fn new_struct(&mut self, id: u32) -> Result<u64, Fault> {
        let image = self.image;
        let fields = image.structs.get(id as usize).map_or(&[][..], |info| &info.fields);
        let object = self.allocate(Kind::Struct, fields.len() as u64, id as u16, 0)?;
        for (at, field) in fields.iter().enumerate() {
            let zero = self.zero(field.zero)?;
            self.arena.write(object + at as u64, zero);
        }
        Ok(object)
    }

    /// The zero of a type.
    pub(super) fn zero(&mut self, zero: Zero) -> Result<u64, Fault> {
        match zero {
            Zero::Word | Zero::EmptyStr => Ok(0),
            Zero::EmptyArray(references) => self.new_array(&[], 0, references),
        }
    }

    /// Frees what cannot be reached from the static data and the stack.
    pub(super) fn collect(&mut self, roots: [&[u64]; 2]) {
        let managed: Vec<Vec<u32>> = self
            .image
            .structs
            .iter()
            .map(|info| (0..).zip(&info.fields).filter(|(_, field)| field.managed).map(|(at, _)| at).collect())
            .collect();
        self.arena.collect(roots, |id| managed.get(usize::from(id)).map_or(&[], |fields| fields));
    }

    /// Does something that allocates: collects first where that is due, and once more where the heap is full. `live`
    /// tells how many slots of the stack are in use.
    pub(super) fn allocating<T>(
        &mut self,
        globals: &[u64],
        stack: &mut [u64],
        live: impl Fn(&Image) -> usize,
        mut action: impl FnMut(&mut Self, &mut [u64]) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.arena.wants_collection() {
            self.collect_live(globals, stack, &live);
        }
        match action(self, stack) {
            Err(Fault::HeapFull { .. }) => {
                self.collect_live(globals, stack, &live);
                action(self, stack)
            }
            result => result,
        }
    }

    #[cold]
    #[inline(never)]
    fn collect_live(&mut self, globals: &[u64], stack: &[u64], live: &dyn Fn(&Image) -> usize) {
        let live = live(self.image).min(stack.len());
        self.collect([globals, &stack[..live]]);
    }
}
