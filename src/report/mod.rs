//! What there is to say about a run: faults, runs that are stuck, accounts. Facts of the kernel become [`crate::diagnostics`]
//! here, and nowhere else.

pub mod birth;
pub mod fault;
pub mod notes;
pub mod standing;
pub mod stats;
pub mod stuck;
