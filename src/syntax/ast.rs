//! The tree of a program as written: names are not resolved and nothing has a type yet.
//!
//! Where the text could not be read stands an `Error` node with its span; later passes step over it
//! in silence, since the mistake has been reported already.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::source::Span;

/// A name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The text.
    pub name: Arc<str>,
    /// Where.
    pub span: Span,
}

/// A whole source file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// Declarations and top-level statements in the order of the text.
    pub items: Vec<Item>,
    /// Comments in the order of the text (for `allow(…)`, directives and export).
    pub comments: Vec<Comment>,
    /// How deep a walk over it may go.
    pub depth: u32,
    /// Names that stand where the text could not be read: they may have been declared there.
    pub lost: BTreeSet<Arc<str>>,
}

/// A comment, with its slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where.
    pub span: Span,
    /// The text, `// …` or `/* … */`.
    pub text: Arc<str>,
}

/// What stands at the top level.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `fn name(…) -> … { … }`
    Function(Function),
    /// `struct Name { … }`
    Struct(Struct),
    /// `const NAME = …;`
    Const(Const),
    /// A statement of the main program.
    Statement(Stmt),
}

/// A named function, or an anonymous one in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// `None` for an anonymous function.
    pub name: Option<Ident>,
    /// Parameters in order.
    pub params: Vec<Param>,
    /// What stands after `->`.
    pub result: Option<TypeExpr>,
    /// The body.
    pub body: Block,
    /// From `fn` to the end of the head (without the body).
    pub head: Span,
}

/// `name: type`
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
}

/// `struct Name { field: type, … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// Its name.
    pub name: Ident,
    /// The fields in order.
    pub fields: Vec<Param>,
    /// The whole declaration.
    pub span: Span,
}

/// `const NAME = value;`
#[derive(Debug, Clone, PartialEq)]
pub struct Const {
    /// Its name.
    pub name: Ident,
    /// A type, if one is written.
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// What.
    pub kind: TypeExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of a written type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeExprKind {
    /// `int`, `str`, `Job`
    Name(Arc<str>),
    /// `[T]`
    Array(Box<TypeExpr>),
    /// `(A, B)`
    Tuple(Vec<TypeExpr>),
    /// `fn(A, B) -> R`; parameters may be written with names, which are dropped.
    Function(Vec<TypeExpr>, Option<Box<TypeExpr>>),
    /// Could not be read.
    Error,
}

/// `{ … }`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// With its braces.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    /// What.
    pub kind: StmtKind,
    /// Where, with its `;`.
    pub span: Span,
}

/// One part of a destructuring `let` or assignment.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<T> {
    /// `_`: not wanted.
    Skip(Span),
    /// A name or a place.
    Use(T),
}

/// What a `let` binds.
#[derive(Debug, Clone, PartialEq)]
pub enum LetTarget {
    /// `let x`
    Name(Ident),
    /// `let (a, _, b)`
    Tuple(Vec<Part<Ident>>, Span),
}

/// What an assignment writes to: expressions that the checker finds assignable or not.
#[derive(Debug, Clone, PartialEq)]
pub enum AssignTarget {
    /// `x`, `a[i]`, `s.f`
    One(Expr),
    /// `(a, _, s.f)`
    Tuple(Vec<Part<Expr>>, Span),
}

/// What `if` and `while` test.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `if c`
    Test(Expr),
    /// `if let (n, s) = read(…); n > 0`
    Bind {
        /// What is bound, anew at each test.
        target: LetTarget,
        /// The value.
        value: Expr,
        /// The test, in which the names are visible.
        test: Expr,
    },
}

/// The forms of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    /// `let target: ty = value;`
    Let {
        /// What is bound.
        target: LetTarget,
        /// The written type.
        ty: Option<TypeExpr>,
        /// The value; without one, the zero of the type.
        value: Option<Expr>,
    },
    /// `target = value;` or `target op= value;`
    Assign {
        /// Where to.
        target: AssignTarget,
        /// The operator of `op=`.
        op: Option<BinaryOp>,
        /// What.
        value: Expr,
    },
    /// `x++;` (1) or `x--;` (-1)
    Step {
        /// What is changed.
        target: Expr,
        /// By how much.
        by: i64,
    },
    /// `if … { } else …`
    If {
        /// The test.
        condition: Condition,
        /// When it holds.
        then: Block,
        /// Otherwise: a block or another `if`, boxed as a statement.
        otherwise: Option<Box<Stmt>>,
    },
    /// `while … { }`
    While {
        /// The test.
        condition: Condition,
        /// The body.
        body: Block,
    },
    /// `for i in a..b { }`
    ForRange {
        /// The variable, anew each turn.
        name: Part<Ident>,
        /// First value.
        from: Expr,
        /// One past the last.
        to: Expr,
        /// The body.
        body: Block,
    },
    /// `for x in array { }`
    ForEach {
        /// The variable, anew each turn.
        name: Part<Ident>,
        /// The array (or string: its bytes).
        over: Expr,
        /// The body.
        body: Block,
    },
    /// `for (init; test; step) { }`
    ForLoop {
        /// Once, at the start.
        init: Option<Box<Stmt>>,
        /// Before each turn.
        test: Option<Expr>,
        /// After each turn.
        step: Option<Box<Stmt>>,
        /// The body.
        body: Block,
    },
    /// `match subject { … }`
    Match {
        /// What is compared.
        subject: Expr,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `return;`, `return e;`, `return (a, b);` (the last as one `Tuple` expression)
    Return(Option<Expr>),
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `{ … }`
    Block(Block),
    /// `f(x);`
    Expr(Expr),
    /// Could not be read.
    Error,
}

/// `pattern | pattern => body`
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The alternatives, at least one.
    pub patterns: Vec<Pattern>,
    /// What is run; a single statement stands alone, a block as `StmtKind::Block`.
    pub body: Stmt,
    /// The whole arm.
    pub span: Span,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// What.
    pub kind: PatternKind,
    /// Where.
    pub span: Span,
}

/// The forms of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// `_`
    Any,
    /// A literal (`Int` also negative, `Str`, `Bool`, `Float`, `Nil`).
    Literal(Literal),
    /// `a..b`, each end a literal integer or a constant's name.
    Range(Box<Pattern>, Box<Pattern>),
    /// A constant's name, or a fresh name that binds: the checker tells which.
    Name(Arc<str>),
    /// Could not be read.
    Error,
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// An integer.
    Int(i64),
    /// A character, which is the int of its byte.
    Char(u8),
    /// A float.
    Float(f64),
    /// `true` or `false`
    Bool(bool),
    /// The bytes of a string.
    Str(Arc<[u8]>),
    /// `nil`
    Nil,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Where; for one in parentheses, without them.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(Arc<str>),
    /// `-x`, `!x`, `~x`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`; `&&` and `||` too.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `f(a, b)`
    Call(Box<Expr>, Vec<Expr>),
    /// `a[i]`
    Index(Box<Expr>, Box<Expr>),
    /// `a[i..j]`; a missing end stands for the start or the length.
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `s.field`
    Field(Box<Expr>, Ident),
    /// `[a, b, c]`
    Array(Vec<Expr>),
    /// `[x; n]`
    Repeat(Box<Expr>, Box<Expr>),
    /// `Job { pid: 3 }`
    Struct(Ident, Vec<(Ident, Expr)>),
    /// `(a, b)`: only in `return` and tuple assignments.
    Tuple(Vec<Expr>),
    /// `fn(sig: int) { … }`
    Function(Box<Function>),
    /// Could not be read.
    Error,
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
    /// `~`
    Complement,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the sign is in `sign`")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitXor,
    BitOr,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

impl BinaryOp {
    /// The operator as written.
    pub fn sign(self) -> &'static str {
        use BinaryOp::*;
        match self {
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Remainder => "%",
            ShiftLeft => "<<",
            ShiftRight => ">>",
            BitAnd => "&",
            BitXor => "^",
            BitOr => "|",
            Equal => "==",
            NotEqual => "!=",
            Less => "<",
            LessEqual => "<=",
            Greater => ">",
            GreaterEqual => ">=",
            And => "&&",
            Or => "||",
        }
    }

    /// Whether it is one of `== != < <= > >=`.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::*;
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }
}

impl UnaryOp {
    /// The operator as written.
    pub fn sign(self) -> &'static str {
        match self {
            UnaryOp::Negate => "-",
            UnaryOp::Not => "!",
            UnaryOp::Complement => "~",
        }
    }
}
