//! What the processor sees of a process: its program, program counter, stack, static data and address space.
//!
//! Slots 0 to G-1 of `slots` are the static data, the frames of the running functions lie above. A frame's register
//! `r` is slot `base + r`; register 0 holds the link to the caller. Slots are not addressable by a program: a
//! `ptr` only ever points into the heap.

use super::Fault;
use super::memory::{Heap, Memory, Space};
use crate::bytecode::image::Verified;

/// The limits of one process, in bytes (RLIMIT_STACK, RLIMIT_DATA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The stack.
    pub stack: u64,
    /// The heap.
    pub heap: u64,
}

/// The processor's view of a process.
#[derive(Debug)]
pub struct Context {
    /// The program.
    pub image: Verified,
    /// The next instruction.
    pub pc: u32,
    /// The slot of the running frame's register 0.
    pub base: u32,
    /// Static data and stack.
    pub slots: Vec<u64>,
    /// The pages of the heap.
    pub space: Space,
    /// The allocator's state.
    pub heap: Heap,
    /// The limits.
    pub limits: Limits,
}

impl Context {
    /// A process about to run its first instruction, with `argv` in its static data.
    ///
    /// # Errors
    /// `HeapFull` where `argv` does not fit.
    pub fn start(image: Verified, memory: &mut Memory, argv: &[Vec<u8>], limits: Limits) -> Result<Context, Fault> {
        let _ = (image, memory, argv, limits);
        todo!()
    }

    /// A copy that shares all pages until one side writes.
    pub fn fork(&self, memory: &mut Memory) -> Context {
        let _ = memory;
        todo!()
    }

    /// Gives the pages back; must be called before a context is dropped.
    pub fn release(self, memory: &mut Memory) {
        let _ = memory;
        todo!()
    }

    /// Register `register` of the running frame.
    pub fn register(&self, register: u8) -> u64 {
        self.slots[self.base as usize + register as usize]
    }

    /// Sets a register of the running frame.
    pub fn set_register(&mut self, register: u8, word: u64) {
        let _ = (register, word);
        todo!()
    }

    /// `errno`
    pub fn errno(&self) -> i64 {
        self.slots[crate::abi::ERRNO_SLOT] as i64
    }

    /// Sets `errno`.
    pub fn set_errno(&mut self, number: i64) {
        self.slots[crate::abi::ERRNO_SLOT] = number as u64;
    }

    /// The bytes of the string that `word` refers to.
    pub fn string(&self, memory: &mut Memory, word: u64) -> Vec<u8> {
        let _ = (memory, word);
        todo!()
    }

    /// The elements of the `[str]` that `word` refers to.
    pub fn strings(&self, memory: &mut Memory, word: u64) -> Vec<Vec<u8>> {
        let _ = (memory, word);
        todo!()
    }

    /// A new string on this process's heap.
    ///
    /// # Errors
    /// `HeapFull` where it does not fit even after a collection.
    pub fn new_string(&mut self, memory: &mut Memory, bytes: &[u8]) -> Result<u64, Fault> {
        let _ = (memory, bytes);
        todo!()
    }

    /// The text of a printing call whose window starts at register `window`.
    ///
    /// # Errors
    /// `Argument` where a format read at run time does not fit its arguments.
    pub fn render(&self, memory: &mut Memory, format: u32, window: u8, first_arg: u8) -> Result<Vec<u8>, Fault> {
        let _ = (memory, format, window, first_arg);
        todo!()
    }

    /// Makes a frame for handler `function` (a function value) on top of the stack, so that the processor runs it with
    /// `signal` as its argument; `cookie` comes back from [`Context::pop_handler`].
    ///
    /// # Errors
    /// `StackOverflow` where there is no room.
    pub fn push_handler(&mut self, function: u64, signal: u8, cookie: [u64; 2]) -> Result<(), Fault> {
        let _ = (function, signal, cookie);
        todo!()
    }

    /// After [`super::Stop::HandlerReturned`]: restores program counter and frame to what they were.
    pub fn pop_handler(&mut self) -> [u64; 2] {
        todo!()
    }

    /// The instructions of the call stack, innermost first: the present one, then the calls that led to it.
    /// Handler frames are stepped over and marked.
    pub fn call_stack(&self) -> Vec<Frame> {
        todo!()
    }
}

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
