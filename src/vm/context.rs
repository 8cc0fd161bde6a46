//! What the processor sees of a process: its program, program counter, stack, static data and address space.
//!
//! Slots 0 to G-1 are the static data, the frames of the running functions lie above. A frame's register
//! `r` is slot `base + r`; register 0 holds the link to the caller. Slots are not addressable by a program: a
//! `ptr` only ever points into the heap.

use super::guest::Guest;
use super::memory::{Arena, Heap, HeapStats, ManualBlock, Memory, Space};
use super::slots::{Slots, fits};
use super::text::{View, is_on_heap};
use super::{BOTTOM_LINK, Fault, HANDLER_LINK, Processor, SMALLEST_STACK, WINDOW, format, show};
use crate::abi::{ARGV_SLOT, ERRNO_SLOT, FUNCTION_BIAS, RESERVED_SLOTS};
use crate::bytecode::image::{CounterPlace, Image, Verified};
use crate::check::tree::Shown;
use crate::source::Span;

/// The limits of one process, in bytes (RLIMIT_STACK, RLIMIT_DATA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The stack.
    pub stack: u64,
    /// The heap.
    pub heap: u64,
}

/// The processor's view of a process.
/// It is let go by [`Context::release`] or [`Context::retire`], so that its pages have no owner that is gone.
///
/// Its fields stand in the order of their use: what every switch touches comes first and together.
#[derive(Debug)]
#[repr(C)]
pub struct Context {
    /// The next instruction.
    pub pc: u32,
    /// The slot of the running frame's register 0.
    pub base: u32,
    /// How many slots the memory has been told of.
    counted: u32,
    /// The pages of the heap.
    pub space: Space,
    /// The program.
    pub image: Verified,
    /// Static data and stack.
    pub(super) slots: Slots,
    /// The limits.
    pub limits: Limits,
    /// The allocator's state.
    pub heap: Heap,
}

impl Context {
    /// A process about to run its first instruction, with `argv` in its static data.
    ///
    /// # Errors
    /// `HeapFull` where `argv` does not fit.
    pub fn start(image: Verified, memory: &mut Memory, argv: &[Vec<u8>], limits: Limits) -> Result<Context, Fault> {
        let main = image.functions.first();
        let (pc, frame) = main.map_or((0, 1), |function| (function.entry, usize::from(function.frame)));
        let base = static_slots(&image);
        let mut slots = Slots::zeros(base + frame);
        slots.words_mut()[base] = BOTTOM_LINK;
        let (space, heap) = (Space::default(), Heap::default());
        let mut context = Context { image, pc, base: base as u32, slots, space, heap, limits, counted: 0 };
        context.count_slots(memory);
        match context.fill_static_data(memory, argv) {
            Ok(()) => Ok(context),
            Err(fault) => {
                context.release(memory);
                Err(fault)
            }
        }
    }

    fn fill_static_data(&mut self, memory: &mut Memory, argv: &[Vec<u8>]) -> Result<(), Fault> {
        let image = self.image.clone();
        let mut guest = self.guest(&image, memory);
        let mut words = Vec::with_capacity(argv.len());
        for text in argv {
            words.push(guest.new_string(text)?);
        }
        let argv = guest.new_array(&words, 0, true)?;
        let mut zeros = Vec::with_capacity(image.globals.len());
        for global in &image.globals {
            zeros.push(guest.zero(global.zero)?);
        }
        let slots = self.slots.words_mut();
        slots[..zeros.len()].copy_from_slice(&zeros);
        slots[ERRNO_SLOT] = 0;
        slots[ARGV_SLOT] = argv;
        Ok(())
    }

    #[inline]
    fn guest<'a>(&'a mut self, image: &'a Image, memory: &'a mut Memory) -> Guest<'a> {
        let arena = Arena::new(memory, &mut self.space, &mut self.heap, self.limits.heap, self.pc);
        Guest { image, arena }
    }

    #[inline]
    fn view<'a>(&'a self, memory: &'a Memory) -> View<'a> {
        View { image: &self.image, memory, space: self.space }
    }

    /// A copy that shares all pages until one side writes; in the place of one that has retired, where there is one.
    pub fn fork(&self, memory: &mut Memory, spare: Option<Box<Context>>) -> Box<Context> {
        let Some(mut copy) = spare else {
            return Box::new(Context { heap: self.heap.forked(), ..self.snapshot(memory) });
        };
        let Context { image, pc, base, slots, space, heap, limits, counted } = &mut *copy;
        if !image.same(&self.image) {
            image.clone_from(&self.image);
        }
        (*pc, *base, *limits) = (self.pc, self.base, self.limits);
        slots.copy_from(&self.slots);
        *space = memory.fork(self.space);
        *heap = self.heap.forked();
        *counted = self.slots.len() as u32;
        memory.count_slots(0, self.slots.len());
        copy
    }

    /// Gives pages and register file back; what is left has only a place to offer to a later copy. Whether that is worth keeping.
    pub fn retire(&mut self, processor: &mut Processor, memory: &mut Memory) -> bool {
        self.slots.forget(processor.files());
        memory.count_slots(self.counted as usize, 0);
        memory.release(std::mem::take(&mut self.space));
        self.counted = 0;
        self.slots.capacity() <= WINDOW
    }

    /// Whether there is memory for a child's stack; its pages are shared.
    #[inline]
    pub fn can_fork(&self, memory: &Memory) -> bool {
        memory.has_room(self.slots.len() as u64)
    }

    /// Tells the memory how many slots there are now.
    #[inline]
    pub(super) fn count_slots(&mut self, memory: &mut Memory) {
        memory.count_slots(self.counted as usize, self.slots.len());
        self.counted = self.slots.len() as u32;
    }

    /// An exact copy, for a machine that is kept as it is; unlike a child it does not count as a fork.
    #[inline]
    pub fn snapshot(&self, memory: &mut Memory) -> Context {
        memory.count_slots(0, self.slots.len());
        Context {
            image: self.image.clone(),
            pc: self.pc,
            base: self.base,
            slots: self.slots.clone(),
            space: memory.fork(self.space),
            heap: self.heap.clone(),
            limits: self.limits,
            counted: self.slots.len() as u32,
        }
    }

    /// A copy without its pages, which belongs to no memory.
    pub(crate) fn detached(&self) -> Context {
        Context {
            image: self.image.clone(),
            slots: self.slots.clone(),
            space: Space::default(),
            heap: self.heap.clone(),
            counted: 0,
            ..*self
        }
    }

    /// Gives the pages back; must be called before a context is dropped.
    #[inline]
    pub fn release(self, memory: &mut Memory) {
        memory.count_slots(self.counted as usize, 0);
        memory.release(self.space);
    }

    /// Register `register` of the running frame.
    #[inline]
    pub fn register(&self, register: u8) -> u64 {
        self.slots.words()[self.base as usize + register as usize]
    }

    /// The registers of the running frame from `first` on; zeros where there are no more.
    #[inline]
    pub fn registers<const N: usize>(&self, first: u8) -> [u64; N] {
        let rest = self.slots.words().get(self.base as usize + first as usize..).unwrap_or(&[]);
        match rest.first_chunk() {
            Some(words) => *words,
            None => {
                let mut words = [0; N];
                for (at, word) in words.iter_mut().enumerate() {
                    *word = rest.get(at).copied().unwrap_or_default();
                }
                words
            }
        }
    }

    /// The variable that the loop around this fork counts with, by its name's place, and its value.
    #[inline]
    pub fn counted(&self) -> Option<(Span, i64)> {
        let counter = self.image.counter(self.pc)?;
        let slot = match counter.place {
            CounterPlace::Register(register) => self.base as usize + usize::from(register),
            CounterPlace::Static(slot) => slot as usize,
        };
        self.slots.live().get(slot).map(|word| (counter.name, *word as i64))
    }

    /// Sets a register of the running frame.
    #[inline]
    pub fn set_register(&mut self, register: u8, word: u64) {
        self.slots.words_mut()[self.base as usize + register as usize] = word;
    }

    /// The one result of a system call, which is over with it.
    #[inline(always)]
    pub fn answer(&mut self, register: u8, word: u64) {
        self.set_register(register, word);
        self.pc += 1;
    }

    /// `errno`
    #[inline]
    pub fn errno(&self) -> i64 {
        self.slots.words()[ERRNO_SLOT] as i64
    }

    /// Sets `errno`.
    #[inline]
    pub fn set_errno(&mut self, number: i64) {
        self.slots.words_mut()[ERRNO_SLOT] = number as u64;
    }

    /// The bytes of the string that `word` refers to.
    #[inline]
    pub fn string(&self, memory: &mut Memory, word: u64) -> Vec<u8> {
        self.view(memory).bytes(word)
    }

    /// Adds the bytes of the string that `word` refers to.
    #[inline]
    pub fn append_string(&mut self, memory: &mut Memory, word: u64, bytes: &mut Vec<u8>) {
        let Context { image, space, .. } = self;
        if is_on_heap(word) {
            memory.enter(*space);
            let (header, rest) = memory.read_rest_of_page(*space, word - 1);
            if let Some(short) = rest.get(..(header & 0xffff_ffff) as usize) {
                return bytes.extend_from_slice(short);
            }
        }
        View { image, memory, space: *space }.append(word, bytes);
    }

    /// The elements of the `[str]` that `word` refers to.
    pub fn strings(&self, memory: &mut Memory, word: u64) -> Vec<Vec<u8>> {
        let view = self.view(memory);
        let texts = view.elements(word, 0, view.array_length(word));
        texts.into_iter().map(|text| view.bytes(text)).collect()
    }

    /// The elements of the `[int]` that `word` refers to.
    pub fn ints(&self, memory: &mut Memory, word: u64) -> Vec<i64> {
        let view = self.view(memory);
        view.elements(word, 0, view.array_length(word)).into_iter().map(|word| word as i64).collect()
    }

    /// A new string on this process's heap.
    ///
    /// # Errors
    /// `HeapFull` where it does not fit even after a collection.
    #[inline]
    pub fn new_string(&mut self, memory: &mut Memory, bytes: &[u8]) -> Result<u64, Fault> {
        let mut arena = Arena::new(memory, &mut self.space, &mut self.heap, self.limits.heap, self.pc);
        match arena.string_at_once(bytes) {
            Some(text) => Ok(text),
            None => self.new_string_after_all(memory, bytes),
        }
    }

    #[cold]
    #[inline(never)]
    fn new_string_after_all(&mut self, memory: &mut Memory, bytes: &[u8]) -> Result<u64, Fault> {
        self.allocate(memory, |guest| guest.new_string(bytes))
    }

    /// A new `[str]` on this process's heap.
    ///
    /// # Errors
    /// `HeapFull` where it does not fit even after a collection.
    pub fn new_strings(&mut self, memory: &mut Memory, texts: &[Vec<u8>]) -> Result<u64, Fault> {
        self.allocate(memory, |guest| {
            let words: Result<Vec<u64>, Fault> = texts.iter().map(|text| guest.new_string(text)).collect();
            guest.new_array(&words?, 0, true)
        })
    }

    /// A new `[int]` on this process's heap.
    ///
    /// # Errors
    /// `HeapFull` where it does not fit even after a collection.
    pub fn new_ints(&mut self, memory: &mut Memory, ints: &[i64]) -> Result<u64, Fault> {
        let words: Vec<u64> = ints.iter().map(|int| *int as u64).collect();
        self.allocate(memory, |guest| guest.new_array(&words, 0, false))
    }

    /// Makes something on the heap, collecting where that is due.
    #[inline(always)]
    fn allocate(
        &mut self,
        memory: &mut Memory,
        mut make: impl FnMut(&mut Guest<'_>) -> Result<u64, Fault>,
    ) -> Result<u64, Fault> {
        let Context { image, pc, slots, space, heap, limits, .. } = self;
        let arena = Arena::new(memory, space, heap, limits.heap, *pc);
        let live = slots.len();
        Guest { image, arena }.allocating(&[], slots.words_mut(), |_| live, |guest, _| make(guest))
    }

    /// Puts behind `bytes` the text of a printing call whose window starts at register `window`; `first_arg` is how many arguments stand
    /// before those that the format is about (1 for `dprintf`, else 0).
    ///
    /// # Errors
    /// `Argument` where a format read at run time does not fit its arguments.
    pub fn render(
        &self,
        memory: &Memory,
        format: u32,
        window: u8,
        first_arg: u8,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let Some(format) = self.image.formats.get(format as usize) else { return Ok(()) };
        let first = self.base as usize + usize::from(window) + 1 + usize::from(first_arg);
        format::render(self.view(memory), format, self.slots.words().get(first..).unwrap_or(&[]), bytes)
    }

    /// A value as `print` shows it, strings in quotes; for reports.
    pub fn show(&self, memory: &Memory, shown: &Shown, word: u64) -> String {
        show::quoted(self.view(memory), shown, word)
    }

    /// Figures about the heap.
    pub fn heap_stats(&mut self, memory: &mut Memory) -> HeapStats {
        let image = self.image.clone();
        self.guest(&image, memory).arena.stats()
    }

    /// The blocks of `malloc` that were not freed, by address.
    pub fn manual_blocks(&mut self, memory: &mut Memory) -> Vec<ManualBlock> {
        let image = self.image.clone();
        self.guest(&image, memory).arena.manual_blocks()
    }

    /// Compares the heap's headers and lists with each other.
    ///
    /// # Errors
    /// What does not agree.
    pub fn audit_heap(&mut self, memory: &mut Memory) -> Result<(), String> {
        let image = self.image.clone();
        self.guest(&image, memory).arena.audit()
    }

    /// Frees what cannot be reached, at once.
    pub fn collect(&mut self, memory: &mut Memory) {
        let image = self.image.clone();
        let slots = self.slots.live().to_vec();
        self.guest(&image, memory).collect([&[], &slots]);
    }

    /// How many slots the stack may have, static data included.
    pub(super) fn most_slots(&self) -> usize {
        let stack = (self.limits.stack / 8).clamp(SMALLEST_STACK, u64::from(u32::MAX / 2));
        static_slots(&self.image) + stack as usize
    }

    /// Static data and stack.
    #[inline]
    pub fn slots(&self) -> &[u64] {
        self.slots.live()
    }

    /// The same, to be changed.
    pub(crate) fn slots_mut(&mut self) -> &mut [u64] {
        self.slots.live_mut()
    }

    /// Whether it has a register file, or none would do.
    #[inline]
    pub fn has_file(&self) -> bool {
        self.slots.are_file() || !fits(self.base as usize)
    }

    /// Which register file it has.
    #[inline]
    pub fn file(&self) -> Option<usize> {
        self.slots.file()
    }

    /// Keeps a register file of the processor until it gives it back: 1 to [`super::FILES`].
    #[inline]
    pub fn take_file(&mut self, processor: &mut Processor, file: usize) {
        self.slots.take_file(processor.files(), file);
    }

    /// Gives its register file back.
    #[inline]
    pub fn leave_file(&mut self, processor: &mut Processor) {
        self.slots.leave_file(processor.files());
    }

    /// The slots up to the top of the running frame.
    #[inline]
    pub(super) fn live_slots(&self) -> usize {
        self.base as usize + self.image.frame_at(self.pc)
    }

    /// The name of a function by its value, where it is one of the program's.
    pub fn function_name(&self, function: u64) -> Option<&str> {
        let index = function.checked_sub(FUNCTION_BIAS).and_then(|index| usize::try_from(index).ok())?;
        self.image.functions.get(index).map(|function| &*function.name)
    }

    /// Makes a frame for handler `function` (a function value) on top of the stack, so that the processor runs it with
    /// `signal` as its argument; `cookie` comes back from [`Context::pop_handler`].
    ///
    /// # Errors
    /// `StackOverflow` where there is no room.
    pub fn push_handler(&mut self, function: u64, signal: u8, cookie: [u64; 2]) -> Result<(), Fault> {
        let index = function.checked_sub(FUNCTION_BIAS).and_then(|index| usize::try_from(index).ok());
        let Some(handler) = index.and_then(|index| self.image.functions.get(index)) else {
            return Err(Fault::NotAFunction);
        };
        let (entry, frame) = (handler.entry, usize::from(handler.frame).max(2));
        let base = self.slots.len() + HANDLER_SAVES;
        if base + WINDOW > self.most_slots() {
            return Err(Fault::StackOverflow { limit: self.limits.stack });
        }
        let interrupted = u64::from(self.pc) << 32 | u64::from(self.base);
        self.slots.resize(base + frame);
        let saves = [interrupted, cookie[0], cookie[1], HANDLER_LINK, u64::from(signal)];
        self.slots.words_mut()[base - HANDLER_SAVES..][..saves.len()].copy_from_slice(&saves);
        self.pc = entry;
        self.base = base as u32;
        Ok(())
    }

    /// After [`super::Stop::HandlerReturned`]: restores program counter and frame to what they were.
    pub fn pop_handler(&mut self) -> [u64; 2] {
        let saves = (self.base as usize).saturating_sub(HANDLER_SAVES);
        let Some(&[interrupted, first, second]) =
            self.slots.live().get(saves..saves + HANDLER_SAVES).and_then(|saved| saved.first_chunk())
        else {
            return [0; 2];
        };
        self.pc = (interrupted >> 32) as u32;
        self.base = interrupted as u32;
        self.slots.resize(saves);
        [first, second]
    }

    /// The instructions of the call stack, innermost first: the present one, then the calls that led to it.
    /// Handler frames are stepped over and marked.
    pub fn call_stack(&self) -> Vec<Frame> {
        let mut frames = Vec::new();
        let (mut pc, mut base, mut interrupted) = (self.pc, self.base as usize, false);
        loop {
            let function = self.image.function_at(pc) as u32;
            frames.push(Frame { function, pc, base: base as u32, interrupted });
            let below = match self.slots.live().get(base).copied() {
                None | Some(BOTTOM_LINK) => return frames,
                Some(HANDLER_LINK) => {
                    interrupted = true;
                    let saved = base.checked_sub(HANDLER_SAVES).and_then(|at| self.slots.live().get(at));
                    saved.map(|saved| ((saved >> 32) as u32, *saved as u32 as usize))
                }
                Some(link) => {
                    interrupted = false;
                    Some(((link >> 32) as u32, static_slots(&self.image) + link as u32 as usize))
                }
            };
            // Frames lie ever lower; a stack that says otherwise is not followed.
            match below {
                Some((next, lower)) if lower < base => (pc, base) = (next, lower),
                _ => return frames,
            }
        }
    }
}

/// How many slots the static data takes.
#[inline]
pub(super) fn static_slots(image: &Image) -> usize {
    image.globals.len().max(RESERVED_SLOTS)
}

/// Slots between an interrupted frame and its handler's: where it stood, and the kernel's two words.
const HANDLER_SAVES: usize = 3;

/// A frame of a call stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The function's index in the image.
    pub function: u32,
    /// The instruction it stands at: for callers, the call.
    pub pc: u32,
    /// The slot of its register 0.
    pub base: u32,
    /// Whether a signal interrupted it: the frame above is a handler's.
    pub interrupted: bool,
}
