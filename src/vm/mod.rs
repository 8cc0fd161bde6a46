//! The processor and the memory of a process. It knows nothing of the kernel: it runs a process until it must
//! stop, and returns why.

pub mod context;
pub mod fault;
pub mod memory;

pub use context::{Context, Limits};
pub use fault::Fault;

use crate::abi::Builtin;

/// Why the processor stopped. The program counter stands at the instruction named here.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// A system call is to be made; the program counter is still at it.
    Syscall(Request),
    /// The fuel is spent; the next instruction has not begun.
    FuelSpent,
    /// The instruction cannot be carried out; the program counter is still at it.
    Fault(Fault),
    /// A signal handler has returned into the frame that the kernel made for it.
    HandlerReturned,
}

/// A system call as the program makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Which.
    pub builtin: Builtin,
    /// The first register of its window: arguments from `window + 1`, results from `window`.
    pub window: u8,
    /// How many arguments.
    pub args: u8,
    /// For printing calls, which format of the image.
    pub format: Option<u32>,
}

/// Runs the process until it must stop, for at most `fuel` instructions; returns why it stopped and how many
/// instructions were carried out (a system call counts when it is reached, a faulting instruction does not).
pub fn run(processor: &mut Processor, context: &mut Context, memory: &mut memory::Memory, fuel: u64) -> (Stop, u64) {
    let _ = (processor, context, memory, fuel);
    todo!()
}

/// The register file and caches that all processes of one machine share.
#[derive(Debug, Default)]
pub struct Processor {}
