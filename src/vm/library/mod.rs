//! Library functions: one function for each row of the table, found by the name that programs use.
//!
//! A function whose arguments may be of several types is told which by the instruction's immediate. Functions do not change anything that can be seen before their last
//! allocation has succeeded.

mod arrays;
mod number;
mod strings;
mod words;

pub(super) use number::{parse_float_or_fault, parse_int_or_fault};
pub(super) use words::of_status;

use super::fault::Fault;
use super::guest::Guest;
use crate::abi::Builtin;
use crate::bytecode::op::{Instruction, Op, ValueKind};
use crate::for_each_builtin;

/// A call of a library function: its window and what the instruction says.
struct Call<'c, 'g> {
    guest: &'c mut Guest<'g>,
    /// The window: results from 0 on, arguments from 1 on.
    window: &'c mut [u64],
    args: u8,
    imm: i32,
}

impl Call<'_, '_> {
    /// Argument `at`, the first is 0.
    fn arg(&self, at: usize) -> u64 {
        self.window.get(at + 1).copied().unwrap_or(0)
    }

    fn args(&self) -> &[u64] {
        self.window.get(1..=usize::from(self.args)).unwrap_or(&[])
    }

    fn kind(&self) -> ValueKind {
        ValueKind::from_immediate(self.imm).unwrap_or(ValueKind::Word)
    }
}

/// What a function gives: its results in order.
trait Results {
    fn store(self, window: &mut [u64]);
}

impl Results for () {
    fn store(self, _: &mut [u64]) {}
}

impl Results for u64 {
    fn store(self, window: &mut [u64]) {
        if let Some(first) = window.first_mut() {
            *first = self;
        }
    }
}

impl Results for bool {
    fn store(self, window: &mut [u64]) {
        u64::from(self).store(window);
    }
}

impl Results for i64 {
    fn store(self, window: &mut [u64]) {
        (self as u64).store(window);
    }
}

impl Results for (bool, i64) {
    fn store(self, window: &mut [u64]) {
        if let Some([first, second]) = window.first_chunk_mut() {
            (*first, *second) = (u64::from(self.0), self.1 as u64);
        }
    }
}

/// The functions of all files under the names of the table.
mod rows {
    pub(super) use super::arrays::*;
    pub(super) use super::number::*;
    pub(super) use super::strings::*;
    pub(super) use super::words::*;
}

macro_rules! dispatch_row {
    (Library $name:ident $call:ident) => {{
        let results = rows::$name(&mut $call)?;
        results.store($call.window);
        Ok(())
    }};
    (Syscall $name:ident $call:ident) => {
        Err(Fault::NotAFunction)
    };
}

macro_rules! dispatch {
    ($($class:ident $variant:ident, $name:ident, $group:literal,
       [$($p:tt)*] [$($o:tt)*] [$($r:tt)*], ($($res:tt)*), {$($prop:tt)*}, $man:literal, $sentence:literal;)*) => {
        fn dispatch(builtin: Builtin, mut call: Call<'_, '_>) -> Result<(), Fault> {
            match builtin { $(Builtin::$variant => dispatch_row!($class $name call),)* }
        }
    };
}
for_each_builtin!(dispatch);

/// Carries out the call of a library function whose window begins `window`.
pub(super) fn call(guest: &mut Guest<'_>, window: &mut [u64], i: &Instruction) -> Result<(), Fault> {
    match Builtin::from_number(i.c) {
        Some(builtin) => dispatch(builtin, Call { guest, window, args: i.b, imm: i.imm }),
        None => Err(Fault::NotAFunction),
    }
}

/// Whether the instruction calls a function that gives `nil` where the heap is full.
pub(super) fn gives_nil(i: &Instruction) -> bool {
    let nil = [Builtin::Malloc, Builtin::Calloc, Builtin::Realloc];
    i.op == Op::Library && Builtin::from_number(i.c).is_some_and(|builtin| nil.contains(&builtin))
}

/// A count that a program gave; a negative one is an argument fault of `function`.
pub(super) fn count(word: u64, function: &'static str) -> Result<u64, Fault> {
    if (word as i64) < 0 {
        return Err(Fault::Argument { function, problem: format!("n is {}", word as i64) });
    }
    Ok(word)
}
