//! The simulated operating system: processes, signals, descriptors, pipes, queues, the terminal, the clock.
//!
//! Everything that leaves user code passes one door, [`door`]: act, die if killed, deliver signals, yield if the quantum is
//! spent, return. A blocked process makes its whole call again when it is woken, so no call has an effect before it
//! can still block. Nothing here looks at the host's clock, threads or hash order.

mod backlog;
pub mod call;
pub mod chance;
pub mod clock;
pub mod door;
pub mod event;
pub mod exec;
pub mod exit;
pub mod file;
pub mod fork;
pub mod fs;
pub mod group;
pub mod host;
pub mod ledger;
pub mod machine;
pub mod mqueue;
pub mod notice;
pub mod open;
pub mod param;
pub mod pids;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod ps;
pub mod sched;
pub(crate) mod seen;
pub mod signal;
pub(crate) mod slab;
pub mod stdio;
pub mod syscall;
pub mod table;
pub mod terminal;
pub mod wait;

pub use machine::{Config, Machine};
pub use process::Pid;
