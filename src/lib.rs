//! Proc: a small language and a deterministic machine for learning how Unix processes work.

pub mod abi;
pub mod bytecode;
pub mod check;
pub mod cli;
pub mod diagnostics;
pub mod explore;
pub mod export;
pub mod kernel;
pub mod pipeline;
pub mod report;
pub mod source;
pub mod syntax;
pub mod trace;
pub mod vm;
