//! A program ready to run: what `exec` loads. It is immutable and shared by all processes that run it.

use std::sync::Arc;

use super::op::Instruction;
pub use super::verify::Verified;
use crate::check::tree::Format;
use crate::source::{FileId, Span};

/// The widest frame: register operands are one byte, and the window of a call must fit beside the frame.
pub const MAX_FRAME: usize = 250;

/// A compiled program. [`super::verify::verify`] turns it into a [`Verified`] one, which alone can run.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// What the program is called: the path it was loaded from.
    pub name: Arc<str>,
    /// Its source file.
    pub file: FileId,
    /// All functions' instructions, one function after another.
    pub code: Vec<Instruction>,
    /// The source of each instruction.
    pub spans: Vec<Span>,
    /// The functions, in the order of their code; the first is the main program.
    pub functions: Vec<FunctionInfo>,
    /// Words that do not fit an immediate: large ints, floats' bits.
    pub constants: Vec<u64>,
    /// String literals.
    pub strings: Vec<Arc<[u8]>>,
    /// The structs.
    pub structs: Vec<StructInfo>,
    /// The static slots, `errno` and `argv` first.
    pub globals: Vec<GlobalInfo>,
    /// The formats of printing calls.
    pub formats: Vec<Format>,
    /// The assertions.
    pub assertions: Vec<Assertion>,
    /// What the forks in loops are told apart by, in the order of the code.
    pub counters: Vec<Counter>,
    /// The loops that only wait, in the order of their ends.
    pub idle: Vec<IdleLoop>,
}

/// A loop that only waits: its turns change nothing that it looks at (see [`crate::check::idle`]).
#[derive(Debug, Clone)]
pub struct IdleLoop {
    /// Its instructions.
    pub code: std::ops::Range<u32>,
    /// Whether it asks the kernel; else it looks at variables only, and each turn is at most as long as its code.
    pub asks: bool,
    /// Whether it asks for the time, and so ends by itself.
    pub timed: bool,
    /// Its head in the source, or all of it where it has no body.
    pub span: Span,
}

/// A fork in a loop, and the variable that the loop counts with: what tells the children of the place apart in a report.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    /// The instruction that calls fork.
    pub pc: u32,
    /// Where the variable is.
    pub place: CounterPlace,
    /// Its name in the source.
    pub name: Span,
}

/// Where a variable that a loop counts with is.
#[derive(Debug, Clone, Copy)]
pub enum CounterPlace {
    /// A register of the frame.
    Register(u8),
    /// A static slot.
    Static(u32),
}

/// A function of an image.
#[derive(Debug, Clone)]
pub struct FunctionInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its first instruction.
    pub entry: u32,
    /// One past its last instruction.
    pub end: u32,
    /// How many arguments it takes; they stand in registers 1 to `params`.
    pub params: u8,
    /// How many values it returns.
    pub results: u8,
    /// How many registers it uses, the link (register 0) and the windows of its calls included.
    pub frame: u16,
    /// Named locals: name, register and the instructions over which the register holds it.
    pub locals: Vec<LocalInfo>,
    /// Its head in the source.
    pub head: Span,
}

/// A named local of a function, for reports.
#[derive(Debug, Clone)]
pub struct LocalInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its register.
    pub register: u8,
    /// How it is shown; `None` for a status.
    pub shown: Option<crate::check::tree::Shown>,
    /// The instructions over which the register holds it.
    pub live: std::ops::Range<u32>,
}

/// A struct of an image.
#[derive(Debug, Clone)]
pub struct StructInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Fields: name, how it is shown (`None` for a status), and whether it is a managed reference.
    pub fields: Vec<FieldInfo>,
}

/// A field of a struct.
#[derive(Debug, Clone)]
pub struct FieldInfo {
    /// Its name.
    pub name: Arc<str>,
    /// How it is shown; `None` for a status.
    pub shown: Option<crate::check::tree::Shown>,
    /// Whether the collector must follow it.
    pub managed: bool,
    /// What a new struct holds: the zero of the type (a reference to the empty string for `str`, see `vm`).
    pub zero: Zero,
}

/// The zero of a type, as far as it is not the word 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zero {
    /// The word 0: 0, 0.0, false, nil, the zero status.
    Word,
    /// The empty string.
    EmptyStr,
    /// A new empty array; the flag says whether its elements are references.
    EmptyArray(bool),
}

/// A static slot of an image.
#[derive(Debug, Clone)]
pub struct GlobalInfo {
    /// Its name.
    pub name: Arc<str>,
    /// How it is shown; `None` for a status.
    pub shown: Option<crate::check::tree::Shown>,
    /// Its zero.
    pub zero: Zero,
    /// Where it is declared.
    pub span: Span,
}

/// An assertion: what a report shows when it fails.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The condition as written.
    pub text: Arc<str>,
    /// Whether register `a` of the op holds a message.
    pub has_message: bool,
    /// For a comparison: the registers of both sides and how they are shown.
    pub sides: Option<[(u8, crate::check::tree::Shown); 2]>,
}

impl Image {
    /// The index of the function that instruction `pc` belongs to.
    #[inline]
    pub fn function_at(&self, pc: u32) -> usize {
        self.functions.partition_point(|function| function.entry <= pc).saturating_sub(1)
    }

    /// What the fork at instruction `pc` is told apart by, where a loop counts.
    #[inline]
    pub fn counter(&self, pc: u32) -> Option<&Counter> {
        let at = self.counters.partition_point(|counter| counter.pc < pc);
        self.counters.get(at).filter(|counter| counter.pc == pc)
    }

    /// The innermost loop that only waits and that instruction `pc` stands in.
    pub fn idle_loop(&self, pc: u32) -> Option<&IdleLoop> {
        self.idle.iter().find(|idle| idle.code.contains(&pc))
    }

    /// The source of instruction `pc`.
    #[inline]
    pub fn span(&self, pc: u32) -> Span {
        self.spans.get(pc as usize).copied().unwrap_or_default()
    }
}
