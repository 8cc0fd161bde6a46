//! The table of ops: one row each. The decoder, the verifier, the disassembler and the reference expand
//! from it.
//!
//! An instruction is 8 bytes: the op, three operands `a b c` of a byte and an immediate of 32 bits. Registers are
//! the first 256 slots of the running function's frame. Every instruction counts as one tick.

use crate::abi::Builtin;
use crate::check::types::Type;

/// What an operand of an instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Not used; must be 0.
    None,
    /// A register that is written.
    Write,
    /// A register that is read.
    Read,
    /// A register that is read and written.
    Update,
    /// The first register of a call's window: the link, then arguments, and results from the link on.
    Window,
    /// A plain count, 0 to 255.
    Count,
    /// The number of a built-in (in `c`).
    Builtin,
    /// Together with `c`, a signed 16-bit immediate (`b` low, `c` high).
    Short,
    /// A signed immediate.
    Immediate,
    /// The index of an instruction of the same function.
    Target,
    /// An index into the constants.
    Constant,
    /// An index into the strings.
    String,
    /// The index of a function.
    Function,
    /// The index of a struct.
    Struct,
    /// The index of a static slot.
    Global,
    /// The index of a field.
    Field,
    /// What the built-in in `c` needs to know besides its arguments: see [`Extra`].
    Extra,
    /// An index into the assertions.
    Assertion,
    /// The kind of an array's elements: 0 words, 1 references.
    ElementKind,
}

/// One row.
#[derive(Debug)]
pub struct OpRow {
    /// The name in a listing.
    pub name: &'static str,
    /// Operands `a`, `b`, `c`.
    pub operands: [Operand; 3],
    /// The immediate.
    pub immediate: Operand,
    /// One sentence, with `a b c imm` for the operands.
    pub sentence: &'static str,
}

/// What the immediate of `Library` and `Syscall` tells about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extra {
    /// Nothing: it is -1.
    Nothing,
    /// An index into the formats: how the arguments are shown.
    Format,
    /// A [`ValueKind`]: of the elements for `sort`, of the element for `array`, of the numbers for `min`, `max`, `abs`,
    /// of the deadline for the timed calls on queues.
    Kind,
}

impl Extra {
    /// What a built-in needs.
    pub fn of(builtin: Builtin) -> Extra {
        match builtin {
            Builtin::Min | Builtin::Max | Builtin::Abs | Builtin::Sort | Builtin::Array => Extra::Kind,
            Builtin::MqTimedsend | Builtin::MqTimedreceive => Extra::Kind,
            Builtin::ToStr
            | Builtin::Sprintf
            | Builtin::Print
            | Builtin::Printf
            | Builtin::Eprint
            | Builtin::Eprintf
            | Builtin::Dprintf => Extra::Format,
            _ => Extra::Nothing,
        }
    }
}

/// What kind of value a library function works on, as far as the machine must tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum ValueKind {
    /// A word without a meaning of its own to the machine: int, bool, status, ptr, function.
    Word = 0,
    /// A float.
    Float = 1,
    /// A string.
    Str = 2,
    /// Another reference that the collector follows: array, struct.
    Reference = 3,
}

impl ValueKind {
    /// The kind of a type's values.
    pub fn of(ty: &Type) -> ValueKind {
        match ty {
            Type::Float => ValueKind::Float,
            Type::Str => ValueKind::Str,
            _ if ty.is_managed() => ValueKind::Reference,
            _ => ValueKind::Word,
        }
    }

    /// The kind that an immediate stands for.
    pub fn from_immediate(imm: i32) -> Option<ValueKind> {
        [ValueKind::Word, ValueKind::Float, ValueKind::Str, ValueKind::Reference]
            .get(usize::try_from(imm).ok()?)
            .copied()
    }
}

/// Calls `$callback!` with every row.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // Moves and constants.
            Nop, "nop", None None None, None, "Does nothing.";
            Move, "move", Write Read None, None, "a = b";
            LoadInt, "int", Write None None, Immediate, "a = imm";
            LoadConst, "const", Write None None, Constant, "a = constants[imm]";
            LoadStr, "str", Write None None, String, "a = the string literal imm";
            LoadFn, "fn", Write None None, Function, "a = the function imm as a value";
            LoadGlobal, "load", Write None None, Global, "a = static slot imm";
            StoreGlobal, "store", Read None None, Global, "static slot imm = a";
            // Ints.
            AddInt, "add", Write Read Read, None, "a = b + c";
            SubInt, "sub", Write Read Read, None, "a = b - c";
            MulInt, "mul", Write Read Read, None, "a = b * c";
            DivInt, "div", Write Read Read, None, "a = b / c, or a division fault";
            RemInt, "rem", Write Read Read, None, "a = b % c, or a division fault";
            AndInt, "and", Write Read Read, None, "a = b & c";
            OrInt, "or", Write Read Read, None, "a = b | c";
            XorInt, "xor", Write Read Read, None, "a = b ^ c";
            ShlInt, "shl", Write Read Read, None, "a = b << c modulo 64";
            ShrInt, "shr", Write Read Read, None, "a = b >> c modulo 64, with the sign";
            AddImm, "addi", Write Read None, Immediate, "a = b + imm";
            MulImm, "muli", Write Read None, Immediate, "a = b * imm";
            DivImm, "divi", Write Read None, Immediate, "a = b / imm; imm is neither 0 nor -1";
            RemImm, "remi", Write Read None, Immediate, "a = b % imm; imm is neither 0 nor -1";
            AndImm, "andi", Write Read None, Immediate, "a = b & imm";
            ShlImm, "shli", Write Read None, Immediate, "a = b << imm modulo 64";
            ShrImm, "shri", Write Read None, Immediate, "a = b >> imm modulo 64, with the sign";
            NegInt, "neg", Write Read None, None, "a = -b";
            Complement, "not", Write Read None, None, "a = ~b";
            // Floats.
            AddFloat, "addf", Write Read Read, None, "a = b + c as floats";
            SubFloat, "subf", Write Read Read, None, "a = b - c as floats";
            MulFloat, "mulf", Write Read Read, None, "a = b * c as floats";
            DivFloat, "divf", Write Read Read, None, "a = b / c as floats";
            RemFloat, "remf", Write Read Read, None, "a = fmod(b, c)";
            NegFloat, "negf", Write Read None, None, "a = -b as a float";
            IntToFloat, "itof", Write Read None, None, "a = float(b)";
            FloatToInt, "ftoi", Write Read None, None, "a = int(b), toward zero";
            // Comparisons and bools.
            EqInt, "eq", Write Read Read, None, "a = b == c as words";
            NeInt, "ne", Write Read Read, None, "a = b != c as words";
            LtInt, "lt", Write Read Read, None, "a = b < c";
            LeInt, "le", Write Read Read, None, "a = b <= c";
            EqFloat, "eqf", Write Read Read, None, "a = b == c as floats";
            NeFloat, "nef", Write Read Read, None, "a = b != c as floats";
            LtFloat, "ltf", Write Read Read, None, "a = b < c as floats";
            LeFloat, "lef", Write Read Read, None, "a = b <= c as floats";
            EqStr, "eqs", Write Read Read, None, "a = b == c as strings";
            NeStr, "nes", Write Read Read, None, "a = b != c as strings";
            LtStr, "lts", Write Read Read, None, "a = b < c as strings";
            LeStr, "les", Write Read Read, None, "a = b <= c as strings";
            NotBool, "notb", Write Read None, None, "a = b == 0";
            Truth, "truth", Write Read None, None, "a = b != 0";
            // Jumps.
            Jump, "jump", None None None, Target, "Goes to imm.";
            JumpIf, "jif", Read None None, Target, "Goes to imm if a is not 0.";
            JumpIfNot, "jifnot", Read None None, Target, "Goes to imm if a is 0.";
            JumpEq, "jeq", Read Read None, Target, "Goes to imm if a == b as words.";
            JumpNe, "jne", Read Read None, Target, "Goes to imm if a != b as words.";
            JumpLt, "jlt", Read Read None, Target, "Goes to imm if a < b.";
            JumpLe, "jle", Read Read None, Target, "Goes to imm if a <= b.";
            JumpEqShort, "jeqi", Read Short Short, Target, "Goes to imm if a == bc.";
            JumpNeShort, "jnei", Read Short Short, Target, "Goes to imm if a != bc.";
            JumpLtShort, "jlti", Read Short Short, Target, "Goes to imm if a < bc.";
            JumpLeShort, "jlei", Read Short Short, Target, "Goes to imm if a <= bc.";
            JumpGtShort, "jgti", Read Short Short, Target, "Goes to imm if a > bc.";
            JumpGeShort, "jgei", Read Short Short, Target, "Goes to imm if a >= bc.";
            JumpLtFloat, "jltf", Read Read None, Target, "Goes to imm if a < b as floats.";
            JumpLeFloat, "jlef", Read Read None, Target, "Goes to imm if a <= b as floats.";
            // Calls. Arguments stand at a+1.., results come at a.. .
            Call, "call", Window Count None, Function, "Calls function imm with b arguments.";
            CallValue, "callv", Window Count Read, None, "Calls the function value c with b arguments.";
            Return, "ret", Read Count None, None, "Returns the b registers from a on.";
            Library, "lib", Window Count Builtin, Extra, "Carries out a library function with b arguments.";
            Syscall, "sys", Window Count Builtin, Extra, "Makes a system call with b arguments.";
            // Arrays, strings, structs, pointers.
            NewArray, "array", Write Read ElementKind, None, "a = a new empty array with room for b elements";
            ArrayOf, "arrayof", Write Window Count, ElementKind, "a = a new array of the c registers from b on";
            ArrayLen, "alen", Write Read None, None, "a = the length of array b";
            StrLen, "slen", Write Read None, None, "a = the length of string b";
            LoadElem, "aget", Write Read Read, None, "a = b[c], or an index fault";
            StoreElem, "aset", Read Read Read, None, "b[c] = a, or an index fault";
            Push, "push", Read Read None, None, "Adds b at the end of array a.";
            LoadByte, "sget", Write Read Read, None, "a = byte c of string b, or an index fault";
            Concat, "concat", Write Read Read, None, "a = the strings b and c joined";
            SliceArray, "aslice", Write Read Read, Immediate, "a = b[c..c+1]: elements from register c to register c+1 (imm bit 0: no start, bit 1: no end)";
            SliceStr, "sslice", Write Read Read, Immediate, "a = b[c..c+1] of a string, likewise";
            NewStruct, "struct", Write None None, Struct, "a = a new struct, all fields zero";
            LoadField, "fget", Write Read None, Field, "a = field imm of struct b, or a nil fault";
            StoreField, "fset", Read Read None, Field, "field imm of struct b = a, or a nil fault";
            LoadCell, "pget", Write Read Read, None, "a = cell c of the block b points into, or a pointer fault";
            StoreCell, "pset", Read Read Read, None, "cell c of the block b points into = a, or a pointer fault";
            PtrAdd, "padd", Write Read Read, None, "a = b + c cells";
            PtrSub, "psub", Write Read Read, None, "a = b - c cells";
            PtrDiff, "pdiff", Write Read Read, None, "a = the cells from c to b";
            ParseInt, "parsei", Write Read None, None, "a = int(b) of a string, or a conversion fault";
            ParseFloat, "parsef", Write Read None, None, "a = float(b) of a string, or a conversion fault";
            AssertFail, "assert", Read None None, Assertion, "Raises an assertion fault; a holds the message where the assertion has one.";
        }
    };
}

macro_rules! define_ops {
    ($($variant:ident, $name:literal, $a:ident $b:ident $c:ident, $imm:ident, $sentence:literal;)*) => {
        /// What an instruction does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant's sentence is its row")]
        pub enum Op { $($variant,)* }

        impl Op {
            /// Every op, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$variant,)*];

            const ROWS: &'static [OpRow] = &[$(OpRow {
                name: $name,
                operands: [Operand::$a, Operand::$b, Operand::$c],
                immediate: Operand::$imm,
                sentence: $sentence,
            },)*];
        }
    };
}
for_each_op!(define_ops);

impl Op {
    /// Its row.
    pub fn row(self) -> &'static OpRow {
        &Self::ROWS[self as usize]
    }
}

/// One instruction, 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// First operand.
    pub a: u8,
    /// Second operand.
    pub b: u8,
    /// Third operand.
    pub c: u8,
    /// Immediate.
    pub imm: i32,
}

const _: () = assert!(std::mem::size_of::<Instruction>() == 8);

impl Instruction {
    /// An instruction with all its operands.
    pub fn new(op: Op, a: u8, b: u8, c: u8, imm: i32) -> Self {
        Instruction { op, a, b, c, imm }
    }

    /// The signed 16-bit immediate in `b` and `c`.
    pub fn short(self) -> i64 {
        i64::from(i16::from_le_bytes([self.b, self.c]))
    }
}
