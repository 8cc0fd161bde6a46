//! Everything the checker can find, as facts; `words` says them.

use std::sync::Arc;

use super::flow::Leak;
use super::format::FormatError;
use crate::abi::Builtin;
use crate::source::Span;

/// Where an unknown name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameKind {
    Value,
    Call,
    Pattern,
    /// Stored to; plainly, or with `+=` and its kin.
    Target {
        plain: bool,
    },
}

/// Where a name is declared twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DoubleName {
    /// At the top level; variables can be stored to instead.
    Top { variable: bool },
    /// In a block.
    Local,
    /// Among the parameters of one function, the fields of one struct, or the names of one `let`.
    Part,
}

/// What lacks a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenKind {
    /// `nil`
    Nil,
    /// `[]`
    EmptyArray,
    /// `let x;`
    Bare,
}

/// What a value is for.
#[derive(Debug, Clone)]
pub(super) enum Role {
    Argument { callee: String, param: String, signature: String, declared: Option<Span> },
    Annotation { at: Span },
    Assignment { target: Span, declared: Option<Span> },
    Result { name: Arc<str>, head: Span },
    Field { owner: Arc<str>, field: Arc<str> },
    Element { first: Option<Span> },
    Branch { other: Span },
    Part,
    Index,
    Count,
    RangeEnd,
}

/// A value of one type where another is wanted.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) at: Span,
    pub(super) wanted: String,
    pub(super) wanted_phrase: String,
    pub(super) found: String,
    pub(super) found_phrase: String,
    /// The value as written in backquotes, or `this`.
    pub(super) subject: String,
    pub(super) role: Role,
    pub(super) also: Vec<(Span, String)>,
    pub(super) notes: Vec<String>,
    pub(super) helps: Vec<String>,
}

/// A call with too many or too few arguments.
#[derive(Debug)]
pub(super) struct CountProblem {
    pub(super) callee: String,
    pub(super) at: Span,
    pub(super) wanted: String,
    pub(super) found: usize,
    pub(super) surplus: Option<Span>,
    pub(super) signature: String,
    pub(super) declared: Option<Span>,
    pub(super) help: Option<String>,
}

/// A format that does not fit.
#[derive(Debug)]
pub(super) enum FormatProblem {
    Unreadable {
        at: Span,
        error: FormatError,
    },
    Count {
        callee: &'static str,
        at: Span,
        wanted: usize,
        found: usize,
        surplus: Option<Span>,
        missing: Option<String>,
    },
    Argument {
        at: Span,
        format: Span,
        conversion: String,
        wanted: String,
        found: String,
        subject: String,
        helps: Vec<String>,
    },
}

/// What was found; spans say where, strings are types and code as the user writes them.
#[derive(Debug)]
pub(super) enum Problem {
    // Names.
    UnknownName {
        name: Arc<str>,
        at: Span,
        near: Option<String>,
        teach: Option<&'static str>,
        kind: NameKind,
    },
    UsedBefore {
        name: Arc<str>,
        at: Span,
        declared: Span,
    },
    /// `sigprocmask(SIG_BLOCK, SIGINT)`
    SignalForSet {
        at: Span,
        callee: &'static str,
        names: Vec<String>,
    },
    /// `os.fork()`: there are no modules.
    NoModule {
        at: Span,
        module: Arc<str>,
        mended: Option<String>,
    },
    /// `print("%d\n", 5)`
    PrintFormat {
        at: Span,
        callee: Span,
        print: &'static str,
        /// Where a newline is to be put in, if the text has none at its end.
        newline: Option<Span>,
    },
    UnknownType {
        name: Arc<str>,
        at: Span,
        near: Option<String>,
        teach: Option<&'static str>,
    },
    UnknownField {
        owner: Arc<str>,
        field: Arc<str>,
        at: Span,
        near: Option<String>,
        fields: Vec<Arc<str>>,
        declared: Span,
    },
    NoFields {
        at: Span,
        subject: String,
        found: String,
        field: Arc<str>,
        help: Option<String>,
    },
    Duplicate {
        name: Arc<str>,
        at: Span,
        first: Span,
        what: DoubleName,
    },
    Redefinition {
        name: Arc<str>,
        at: Span,
        what: &'static str,
    },
    Captured {
        name: Arc<str>,
        at: Span,
        declared: Span,
    },
    BuiltinValue {
        builtin: Builtin,
        at: Span,
    },
    StructValue {
        name: Arc<str>,
        at: Span,
    },
    MainShape {
        at: Span,
        params: bool,
    },
    // Types.
    Mismatch(Box<Mismatch>),
    NoValue {
        at: Span,
        subject: String,
        never: bool,
        function: Option<String>,
    },
    TupleValue {
        at: Span,
    },
    DeepArray {
        at: Span,
    },
    TupleType {
        at: Span,
    },
    CannotInfer {
        at: Span,
        kind: OpenKind,
        name: Option<Arc<str>>,
    },
    BadOperand {
        sign: &'static str,
        at: Span,
        left: Option<(String, Span)>,
        right: (String, Span),
        helps: Vec<String>,
    },
    BadCondition {
        at: Span,
        found: String,
        help: Option<String>,
    },
    Status {
        at: Span,
        how: String,
        name: String,
        declared: Option<Span>,
        help: String,
    },
    NotIndexable {
        at: Span,
        subject: String,
        found: String,
        tuple: bool,
        /// The call of `pipe` whose first end the subject was given.
        pipe: Option<Span>,
    },
    NotIterable {
        at: Span,
        subject: String,
        found: String,
        int: bool,
    },
    NotAssignable {
        at: Span,
        subject: String,
        why: &'static str,
        help: Option<String>,
    },
    PartCount {
        at: Span,
        wanted: usize,
        found: usize,
        subject: String,
        target: Span,
    },
    PartType {
        at: Span,
        subject: String,
        found: String,
        wanted: String,
        target: Span,
    },
    // Calls.
    NotCallable {
        at: Span,
        subject: String,
        found: String,
        declared: Option<Span>,
        help: Option<String>,
    },
    Count(Box<CountProblem>),
    Swapped {
        callee: String,
        at: Span,
        first: Span,
        second: Span,
        signature: String,
        mended: Option<String>,
    },
    Format(Box<FormatProblem>),
    // Statements and flow.
    BadPattern {
        at: Span,
        headline: String,
        label: String,
        help: Option<String>,
    },
    OutsideLoop {
        word: &'static str,
        at: Span,
        in_match: bool,
    },
    ReturnOutside {
        at: Span,
        code: Option<String>,
    },
    ReturnNothing {
        at: Span,
        name: Arc<str>,
        head: Span,
        wanted: String,
    },
    ReturnSomething {
        at: Span,
        name: Arc<str>,
        head: Span,
        ty: String,
        call: bool,
        text: Option<String>,
    },
    Useless {
        at: Span,
        what: &'static str,
        help: Option<String>,
    },
    MissingReturn {
        name: Arc<str>,
        head: Span,
        end: Span,
        wanted: String,
        leak: Leak,
    },
    // Constants.
    NotConstant {
        at: Span,
        help: Option<String>,
    },
    ConstantFault {
        at: Span,
        why: &'static str,
    },
    ConstantCircle {
        name: Arc<str>,
        at: Span,
        declared: Span,
    },
    // Warnings.
    UnreachableArm {
        at: Span,
        earlier: Span,
        part: bool,
    },
    UnreachableCode {
        at: Span,
        after: Span,
    },
    ExitCode {
        call: &'static str,
        at: Span,
        value: i64,
    },
    ArgumentOrder {
        callee: &'static str,
        at: Span,
        why: String,
        overwritten: Option<Overwritten>,
        signature: String,
        mended: Option<String>,
    },
}

/// An end of a pipe that `dup2` makes a copy of a standard stream, instead of the other way round.
#[derive(Debug)]
pub(super) struct Overwritten {
    /// Where the pipe was made.
    pub(super) made: Span,
    /// The number of the stream, and what it is called.
    pub(super) stream: (i64, &'static str),
    /// The end, as it is written.
    pub(super) end: Option<String>,
}
