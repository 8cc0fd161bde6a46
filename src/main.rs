//! The program `proc`.
fn main(){}
