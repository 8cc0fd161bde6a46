//! What programs and the kernel agree on: names, numbers and signatures. Facts only; no floor above is
//! known here. The numbers are those of Linux on x86-64.

pub mod builtin;
pub mod constant;
pub mod errno;
pub mod page;
pub mod reference;
pub mod signal;
pub mod status;

pub use builtin::Builtin;
pub use errno::Errno;
pub use signal::{Signal, SignalSet};
pub use status::Status;

/// One tick is one bytecode instruction; so many make a virtual second.
pub const TICKS_PER_SECOND: u64 = 100_000_000;

/// Index of the static slot that holds `errno` in every process.
pub const ERRNO_SLOT: usize = 0;

/// Index of the static slot that holds `argv` in every process.
pub const ARGV_SLOT: usize = 1;

/// How many static slots every program has before its own.
pub const RESERVED_SLOTS: usize = 2;

/// `SIG_DFL` as a function value.
pub const SIG_DFL: u64 = 0;
/// `SIG_IGN` as a function value.
pub const SIG_IGN: u64 = 1;
/// `SIG_ERR` as a function value.
pub const SIG_ERR: u64 = u64::MAX;
/// A function value of function `f` of the image is `f + FUNCTION_BIAS`, so that none is `nil`.
pub const FUNCTION_BIAS: u64 = 2;
