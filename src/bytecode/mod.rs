//! Checked tree to bytecode: the table of ops, lowering, the verifier and the listing.

pub mod image;
pub mod op;
