//! Tree to checked tree: names, types, flow, lints. Knows the system calls' signatures from `abi`, and
//! nothing of the kernel.

pub mod tree;
pub mod types;
