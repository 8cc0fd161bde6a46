//! A checked program as C for a real system: the same names, the same structure, the comments kept. Knows the trees and the tables
//! of `abi`; knows nothing of the machine that simulates.
//!
//! Ints are `long`, or `int` and `pid_t` where that is all they hold ([`kinds`]). What C would write through a pointer is passed as one,
//! so a function with several results returns the first and stores the others. Strings and arrays come from a short prelude
//! ([`prelude`]) of which only the parts in use are written. Where C leaves the order of evaluation open and it matters, operands go
//! into variables first ([`order`]).

mod call;
mod comment;
mod expr;
mod kinds;
mod layout;
mod literal;
mod names;
mod operator;
mod order;
mod prelude;
mod show;
mod stmt;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::tree::{Constant, ExprKind, Function, LocalId, Program};
use crate::check::types::Type;
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{SourceMap, Span};
use crate::syntax::ast;

use kinds::{Kinds, Slot};
use names::Names;
use prelude::Prelude;

/// What an export needs to know besides the program.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The program's name, for the comment at the top.
    pub name: String,
    /// How it and the programs that it starts are built, a line each.
    pub build: Vec<String>,
}

/// The program as C.
///
/// # Errors
/// What has no counterpart in C, in the order of the text.
pub fn c(
    tree: &Program,
    written: &ast::Program,
    sources: &SourceMap,
    options: &Options,
) -> Result<String, Vec<Diagnostic>> {
    let mut emit = Emit::new(tree, written, sources);
    let text = emit.file(options);
    let mut problems = emit.problems;
    problems.sort_by_key(|problem| problem.span());
    problems.dedup();
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// Every text that stands in a program: among them are the names of the programs that it starts.
pub fn texts(tree: &Program) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |bytes: &[u8]| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            found.insert(text.to_owned());
        }
    };
    for function in &tree.functions {
        walk::each_expr(&function.body, &mut |expr| {
            if let ExprKind::Constant(Constant::Str(bytes)) = &expr.kind {
                note(bytes);
            }
        });
    }
    found
}

/// Whether a function has the shape of a signal handler, `fn(int)`.
fn is_handler(function: &Function) -> bool {
    function.params == 1
        && function.result == Type::Void
        && function.locals.first().is_some_and(|param| param.ty == Type::Int)
}

/// A variable that a scope of C has.
#[derive(Debug, Clone)]
struct Declared {
    /// Its declaration.
    text: String,
    /// Whether nothing after its statement uses it, so that a later one may use it again.
    free: bool,
}

/// An export under way.
struct Emit<'a> {
    program: &'a Program,
    sources: &'a SourceMap,
    kinds: Kinds,
    names: Names,
    prelude: Prelude,
    /// Globals that only the main program uses.
    main_only: BTreeSet<u32>,
    /// Globals that signal handlers use.
    volatile: BTreeSet<u32>,
    /// Slots that are read somewhere.
    read: BTreeSet<Slot>,
    /// Types of function values, in the order met, with their names.
    function_types: Vec<(Type, String)>,
    /// Functions that show values, by name.
    shows: BTreeMap<String, String>,
    /// The comments of the text, and which are written already.
    comments: Vec<(Span, String, bool)>,
    /// The function being written.
    function: u32,
    /// Where its text begins: comments before it are not its own.
    region: u32,
    /// Lines written so far, of the present function.
    out: Vec<String>,
    indent: usize,
    /// Statements that must come before the present one.
    before: Vec<String>,
    /// The names of locals that are declared.
    locals: BTreeMap<LocalId, String>,
    /// Names that the present function has used for its own variables.
    own: BTreeSet<String>,
    /// The scopes of C, innermost last.
    scopes: Vec<BTreeMap<String, Declared>>,
    /// Where the parts of the present function's result go, beyond the first.
    results: Vec<String>,
    /// A local that stands for an expression while a test is written.
    replace: Option<(LocalId, expr::C)>,
    /// Globals that have their first value where they are declared.
    initialised: BTreeSet<u32>,
    /// How often each variable is stored to.
    stored: BTreeMap<Slot, u32>,
    problems: Vec<Diagnostic>,
}

impl<'a> Emit<'a> {
    fn new(program: &'a Program, written: &'a ast::Program, sources: &'a SourceMap) -> Self {
        let kinds = Kinds::find(program);
        let uses = types::uses(program);
        let main_only = types::main_only(program, &uses);
        let volatile = types::in_handlers(program, &uses);
        let names = Names::find(program, &|span| sources.line(span), &|id| main_only.contains(&id));
        let comments = written
            .comments
            .iter()
            .filter(|comment| !comment.text.starts_with("//!") && !comment.text.contains("allow("))
            .map(|comment| (comment.span, comment.text.to_string(), false))
            .collect();
        Emit {
            program,
            sources,
            kinds,
            names,
            prelude: Prelude::default(),
            main_only,
            volatile,
            read: types::read_slots(program),
            function_types: Vec::new(),
            shows: BTreeMap::new(),
            comments,
            function: 0,
            region: 0,
            out: Vec::new(),
            indent: 0,
            before: Vec::new(),
            locals: BTreeMap::new(),
            own: BTreeSet::new(),
            scopes: Vec::new(),
            results: Vec::new(),
            replace: None,
            initialised: BTreeSet::new(),
            stored: types::stored(program),
            problems: Vec::new(),
        }
    }

    /// Reports what C has no counterpart of.
    fn refuse(&mut self, span: Span, what: &str, help: &str) {
        let line = self.sources.line(span);
        let headline = format!("line {line} cannot be exported: {what}");
        self.problems
            .push(Diagnostic::new(Code::NotExportable, headline, span, "C has no counterpart of this").help(help));
    }
}
