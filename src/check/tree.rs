//! The checked tree: every name resolved, every expression with its type, every implicit conversion
//! written out. A program that has one is free of compile errors. Lowering and export read it.

use std::sync::Arc;

use super::types::{StructId, Type};
use crate::abi::Builtin;
use crate::source::{FileId, Span};
use crate::syntax::ast::BinaryOp;

/// Which function of a program; 0 is the main program (the top-level statements).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// Which local of a function; parameters come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// Which static slot of a process. Slots 0 and 1 are `errno` and `argv` (see `abi`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// A whole checked program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The source file.
    pub file: FileId,
    /// All functions; the first is the main program, anonymous ones stand where they were met.
    pub functions: Vec<Function>,
    /// The function `main`, called after the top-level statements, if there is one.
    pub main: Option<FunctionId>,
    /// The static data, `errno` and `argv` first.
    pub globals: Vec<Global>,
    /// The structs.
    pub structs: Vec<StructDef>,
    /// The constants in order, for export and reports; their uses are already replaced by values.
    pub constants: Vec<(Arc<str>, Constant, Span)>,
}

/// A static variable.
#[derive(Debug, Clone)]
pub struct Global {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Where it is declared.
    pub span: Span,
}

/// A struct.
#[derive(Debug, Clone)]
pub struct StructDef {
    /// Its name.
    pub name: Arc<str>,
    /// Its fields in order.
    pub fields: Vec<(Arc<str>, Type)>,
    /// Where its name is declared.
    pub span: Span,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name; `main program` for the top-level statements, `fn at line 12` for an anonymous one.
    pub name: Arc<str>,
    /// How many of the locals are parameters.
    pub params: usize,
    /// The result, `Void` where there is none.
    pub result: Type,
    /// All locals, parameters first, also those of inner blocks.
    pub locals: Vec<Local>,
    /// The body.
    pub body: Block,
    /// Its head, or the file's start for the main program.
    pub head: Span,
}

/// A local variable or parameter.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name; starts with a space where the compiler made it.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Where it is declared.
    pub span: Span,
}

/// A value known at compile time.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A string's bytes.
    Str(Arc<[u8]>),
    /// `nil`
    Nil,
    /// `SIG_DFL`, `SIG_IGN`, `SIG_ERR` as their function values.
    Handler(u64),
}

/// Statements in order.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// Where.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// What.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// The forms of a statement.
#[derive(Debug, Clone)]
pub enum StmtKind {
    /// Evaluate `value` (a tuple where there are several targets; `None` skips a part) and store. Also `let`.
    Store {
        /// Where each part goes.
        targets: Vec<Option<Place>>,
        /// What.
        value: Expr,
        /// Whether the source declares the targets here (`let`), for export.
        declares: bool,
    },
    /// `place op= value`, the place evaluated once; `x++` is `x += 1`.
    Update {
        /// Where.
        place: Place,
        /// The operator.
        op: Operator,
        /// The right side.
        value: Expr,
    },
    /// `if`; conditions are of type bool here (see [`ExprKind::Truth`]).
    If {
        /// What is bound before the test (`if let`).
        bind: Option<Box<Stmt>>,
        /// The test.
        test: Expr,
        /// When it holds.
        then: Block,
        /// Otherwise.
        otherwise: Option<Block>,
    },
    /// Any loop: `while`, `for`; `bind` runs anew before each test, `step` after each turn, also on `continue`.
    Loop {
        /// What is bound before each test (`while let`).
        bind: Option<Box<Stmt>>,
        /// The test; `None` is true.
        test: Option<Expr>,
        /// After each turn.
        step: Option<Box<Stmt>>,
        /// The body.
        body: Block,
        /// How it was written, for export.
        form: LoopForm,
    },
    /// `match`; the subject is evaluated once into `subject`.
    Match {
        /// A local that the compiler made for the subject.
        subject: LocalId,
        /// Its value.
        value: Expr,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `return`; a tuple is one `Tuple` expression or a call that gives one.
    Return(Option<Expr>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `{ … }`
    Block(Block),
    /// A call whose result, if any, is dropped.
    Expr(Expr),
}

/// How a loop was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopForm {
    /// `while`
    While,
    /// `for i in a..b`: preceded, in a block of its own, by stores of `i` and of the end.
    Range,
    /// `for x in array`: preceded by stores of the array and of the index.
    Each,
    /// `for (;;)`
    For,
}

/// An arm of a match.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The alternatives; any that matches takes the arm.
    pub patterns: Vec<Pattern>,
    /// What is run.
    pub body: Block,
    /// The whole arm.
    pub span: Span,
}

/// A checked pattern.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Always matches.
    Any,
    /// Always matches and stores the subject.
    Bind(LocalId),
    /// Equal to the constant.
    Equal(Constant),
    /// An int `a <= x < b`.
    Range(i64, i64),
}

/// Something that can be stored to.
#[derive(Debug, Clone)]
pub struct Place {
    /// What.
    pub kind: PlaceKind,
    /// The type of what is stored.
    pub ty: Type,
    /// Where.
    pub span: Span,
}

/// The forms of a place.
#[derive(Debug, Clone)]
pub enum PlaceKind {
    /// A local.
    Local(LocalId),
    /// A static variable.
    Global(GlobalId),
    /// `a[i]` of an array.
    Element(Box<Expr>, Box<Expr>),
    /// `p[i]` of a ptr.
    Cell(Box<Expr>, Box<Expr>),
    /// `s.f`, by the field's index.
    Field(Box<Expr>, u32),
}

/// An expression with its type.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Its type, never `Error`, `Nil` or `EmptyArray`.
    pub ty: Type,
    /// Where.
    pub span: Span,
}

/// An operator on operands of one known kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// On ints: arithmetic and bits (not comparisons).
    Int(BinaryOp),
    /// On floats: `+ - * / %`
    Float(BinaryOp),
    /// `str + str`
    Concat,
    /// `ptr + int`
    PtrAdd,
    /// `ptr - int`
    PtrSubtract,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// As signed 64-bit words (int; also identity of bool, ptr, struct, array, function: `==` and `!=`).
    Word,
    /// As floats.
    Float,
    /// As bytes of strings.
    Str,
}

/// The forms of an expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A literal or a constant.
    Constant(Constant),
    /// A local.
    Local(LocalId),
    /// A static variable.
    Global(GlobalId),
    /// A function as a value.
    Function(FunctionId),
    /// `-x` on int.
    NegateInt(Box<Expr>),
    /// `-x` on float.
    NegateFloat(Box<Expr>),
    /// `~x`
    Complement(Box<Expr>),
    /// `!x` on bool.
    Not(Box<Expr>),
    /// A condition that is not a bool: true when the word is not 0.
    Truth(Box<Expr>),
    /// Arithmetic.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `p - q`: cells between.
    PtrDifference(Box<Expr>, Box<Expr>),
    /// A comparison; the operator is one of the six.
    Compare(Comparison, BinaryOp, Box<Expr>, Box<Expr>),
    /// `a && b` on bools.
    And(Box<Expr>, Box<Expr>),
    /// `a || b` on bools.
    Or(Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A call of a named function.
    Call(FunctionId, Vec<Expr>),
    /// A call of a function value.
    CallValue(Box<Expr>, Vec<Expr>),
    /// A call of a built-in. For `print`, `printf` and their kin, `format` says how the arguments are shown.
    CallBuiltin {
        /// Which.
        builtin: Builtin,
        /// The arguments in order; optional ones that were left out are absent. For those with a
        /// literal format the format itself is not among them.
        args: Vec<Expr>,
        /// How arguments are shown, for the printing built-ins, `sprintf` and `str`.
        format: Option<Box<Format>>,
    },
    /// The first part of a call that gives a tuple.
    First(Box<Expr>),
    /// `(a, b)` in a return or tuple assignment.
    Tuple(Vec<Expr>),
    /// `a[i]` of an array.
    Index(Box<Expr>, Box<Expr>),
    /// `s[i]` of a string, a byte.
    Byte(Box<Expr>, Box<Expr>),
    /// `p[i]` of a ptr.
    Cell(Box<Expr>, Box<Expr>),
    /// `x[i..j]` of an array or string; missing ends are `None`.
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `s.f`, by the field's index.
    Field(Box<Expr>, u32),
    /// `[a, b]`
    Array(Vec<Expr>),
    /// `[x; n]` with x evaluated anew for each element.
    Repeat {
        /// The element.
        value: Box<Expr>,
        /// How many.
        count: Box<Expr>,
    },
    /// A struct literal: fields in the order of the text, by index; the others are zero.
    Struct(StructId, Vec<(u32, Expr)>),
    /// int to float.
    IntToFloat(Box<Expr>),
    /// float to int, toward zero (saturating; NaN gives 0).
    FloatToInt(Box<Expr>),
    /// A bool or a status's raw word as an int: the same word.
    WordToInt(Box<Expr>),
    /// `int(str)`: aborts where it is not a number.
    ParseInt(Box<Expr>),
    /// `float(str)`: aborts where it is not a number.
    ParseFloat(Box<Expr>),
}

/// How the arguments of a printing call are shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Format {
    /// Literal text and arguments in order; for a format that is not a literal, empty.
    pub pieces: Vec<Piece>,
    /// The types of the arguments (for a format known only at run time, and for values shown whole).
    pub args: Vec<Shown>,
    /// Whether the first argument is a format string read at run time.
    pub dynamic: bool,
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text.
    Text(Arc<[u8]>),
    /// A conversion like `%-5d`, of the next argument (and of one before it for each `*`).
    Conversion(Conversion),
    /// The next argument as `print` shows it.
    Show,
}

/// A printf conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Conversion {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// space
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
    /// The width.
    pub width: Option<Amount>,
    /// The precision.
    pub precision: Option<Amount>,
    /// `d i u x X o c s f F e E g G p`
    pub letter: u8,
}

/// A width or precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// Written in the format.
    Fixed(u32),
    /// `*`: an int argument.
    Argument,
}

/// How a value is shown: its type as far as showing needs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// A signed int.
    Int,
    /// A float.
    Float,
    /// `true`, `false`
    Bool,
    /// Bytes.
    Str,
    /// An address or `nil`.
    Ptr,
    /// A function value: its name, or `SIG_DFL` and the like.
    Function,
    /// `[a, b]`
    Array(Arc<Shown>),
    /// `Name { f: v }`, or `nil`.
    Struct(StructId),
}
