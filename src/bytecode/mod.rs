//! Checked tree to bytecode: the table of ops, lowering, the verifier and the listing.

pub mod disasm;
pub mod fuse;
pub mod image;
pub mod lower;
pub mod op;
pub mod verify;
