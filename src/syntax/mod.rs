//! Text to tree: lexing with logos, parsing with lalrpop, several mistakes in one run. Knows no types.

pub mod ast;
