//! What a process can do wrong by itself, as facts.

use crate::abi::Signal;
use crate::diagnostics::Code;

/// Why an instruction could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Division or remainder by zero.
    DivideByZero {
        /// What was divided.
        dividend: i64,
    },
    /// The smallest int divided by -1.
    DivideOverflow,
    /// An index outside `0..length`.
    Index {
        /// What was indexed: `array`, `string`, `slice`.
        what: &'static str,
        /// The index.
        index: i64,
        /// The length.
        length: u64,
    },
    /// `pop` of an empty array.
    EmptyPop,
    /// A use of `nil`.
    Nil {
        /// What was nil: `struct`, `ptr`, `function`.
        what: &'static str,
    },
    /// A pointer outside every live block.
    Pointer(PointerFault),
    /// `free` or `realloc` of something that is not the start of a live block.
    Free(PointerFault),
    /// The stack's limit is reached.
    StackOverflow {
        /// The limit in bytes.
        limit: u64,
    },
    /// The heap's limit is reached by a string, array or struct.
    HeapFull {
        /// How many bytes were wanted.
        wanted: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A failed assertion.
    Assertion {
        /// Which of the image.
        index: u32,
        /// Both sides of the comparison as shown, where there was one.
        sides: Option<(String, String)>,
        /// The message.
        message: Option<String>,
    },
    /// `int(s)` or `float(s)` of a text that is not a number.
    Conversion {
        /// The text.
        text: String,
        /// `int` or `float`.
        to: &'static str,
    },
    /// An argument that a library function cannot take.
    Argument {
        /// The function.
        function: &'static str,
        /// What is wrong, `n is -3`.
        problem: String,
    },
    /// A call of `abort`.
    Abort,
    /// A call of a function value that is no function: SIG_DFL, SIG_IGN, SIG_ERR.
    NotAFunction,
}

/// What is wrong with a pointer, and what is known of the block.
#[derive(Debug, Clone, PartialEq)]
pub struct PointerFault {
    /// What is wrong.
    pub kind: PointerKind,
    /// The cell's offset from the block's start.
    pub offset: i64,
    /// The block's size in cells, where there is or was one.
    pub cells: Option<u64>,
    /// The instruction that allocated the block.
    pub allocated: Option<Site>,
    /// The instruction that freed it.
    pub freed: Option<Site>,
}

/// An instruction, and how many forks of the present process lie between this program's start and it: that tells
/// which ancestor did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The instruction.
    pub pc: u32,
    /// Forks since the program's start, saturating at 255.
    pub generation: u8,
}

/// What is wrong with a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointerKind {
    /// Outside its block, which lives.
    OutOfBounds,
    /// Its block was freed.
    Freed,
    /// It never pointed to a block.
    Wild,
    /// To be freed, but not the start of its block.
    Inside,
}

impl Fault {
    /// The signal it raises.
    pub fn signal(&self) -> Signal {
        match self {
            Fault::DivideByZero { .. } | Fault::DivideOverflow => Signal::SIGFPE,
            Fault::Index { .. }
            | Fault::EmptyPop
            | Fault::Nil { .. }
            | Fault::Pointer(_)
            | Fault::StackOverflow { .. }
            | Fault::NotAFunction => Signal::SIGSEGV,
            Fault::Free(_)
            | Fault::HeapFull { .. }
            | Fault::Assertion { .. }
            | Fault::Conversion { .. }
            | Fault::Argument { .. }
            | Fault::Abort => Signal::SIGABRT,
        }
    }

    /// The same, where it is about an argument of a function that goes by this name.
    #[must_use]
    pub fn of(self, name: &'static str) -> Fault {
        match self {
            Fault::Argument { problem, .. } => Fault::Argument { function: name, problem },
            other => other,
        }
    }

    /// The code of its report.
    pub fn code(&self) -> Code {
        match self {
            Fault::DivideByZero { .. } | Fault::DivideOverflow => Code::DivisionFault,
            Fault::Index { .. } | Fault::EmptyPop => Code::IndexFault,
            Fault::Nil { .. } | Fault::NotAFunction => Code::NilFault,
            Fault::Pointer(_) => Code::PointerFault,
            Fault::Free(_) => Code::FreeFault,
            Fault::StackOverflow { .. } => Code::StackFault,
            Fault::HeapFull { .. } => Code::HeapFault,
            Fault::Assertion { .. } => Code::AssertFault,
            Fault::Conversion { .. } => Code::ConversionFault,
            Fault::Argument { .. } => Code::ArgumentFault,
            Fault::Abort => Code::AbortFault,
        }
    }
}
