//! The processor and the memory of a process. It knows nothing of the kernel: it runs a process until it must
//! stop, and returns why.

pub mod context;
mod execute;
pub mod fault;
mod float;
mod format;
mod guest;
mod library;
pub mod memory;
mod operation;
mod run;
mod show;
mod slots;
mod slow;
mod text;

pub use context::{Context, Frame, Limits};
pub use fault::Fault;
pub use run::{Processor, run};
pub use slots::FILES;

use crate::abi::Builtin;

/// Why the processor stopped. The program counter stands at the instruction named here.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A system call is to be made; the program counter is still at it.
    Syscall(Request),
    /// The fuel is spent; the next instruction has not begun.
    FuelSpent,
    /// The instruction cannot be carried out; the program counter is still at it. In a box, since a stop is handed on at every
    /// system call, and a fault is large and seldom.
    Fault(Box<Fault>),
    /// A signal handler has returned into the frame that the kernel made for it.
    HandlerReturned,
}

/// A system call as the program makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// Which.
    pub builtin: Builtin,
    /// The first register of its window: arguments from `window + 1`, results from `window`.
    pub window: u8,
    /// How many arguments.
    pub args: u8,
    /// For printing calls, which format of the image; negative for others. So small, a request is handed on in one register.
    format: i32,
}

impl Request {
    /// For printing calls, which format of the image.
    #[inline]
    pub fn format(&self) -> Option<u32> {
        u32::try_from(self.format).ok()
    }
}

/// The link of the frame that no call made: the bottom of the stack.
const BOTTOM_LINK: u64 = u64::MAX;
/// The link of a signal handler's frame.
const HANDLER_LINK: u64 = u64::MAX - 1;
/// Links from here on are none of a call.
const FIRST_SPECIAL_LINK: u64 = HANDLER_LINK;

/// The slots that a running frame can name.
const WINDOW: usize = 256;

/// The least stack that a limit can ask for, in slots.
const SMALLEST_STACK: u64 = 2 * WINDOW as u64;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
