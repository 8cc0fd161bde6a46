//! Tree to checked tree: names, types, flow, lints. Knows the system calls' signatures from `abi`, and
//! nothing of the kernel.
//!
//! [`check`] is the only way in. A checked tree exists exactly when there is no error; all errors of a
//! file come in one run, in the order of the text, and what was reported once is not reported again.

pub mod attention;
mod builtin;
mod c_names;
mod call;
mod constant;
mod decl;
mod expr;
mod first;
mod fit;
mod flow;
pub mod format;
pub mod idle;
mod lints;
mod loops;
mod names;
mod operator;
mod order;
mod pattern;
mod problem;
mod quote;
mod scope;
mod stmt;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod types;
pub(crate) mod walk;
mod words;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{FileId, Span};
use crate::syntax::ast;

use constant::ConstEntry;
use decl::{Item, Signature};
use problem::Problem;
use scope::{Frame, FrameKind, Origin, Outer};
use types::{StructId, Type};

/// How many errors and how many warnings are kept; the rest of a file that is wrong throughout is dropped, so that
/// it cannot fill the host's memory.
const MOST: usize = 1000;

/// Checks a program. The tree is there exactly when there is no error, neither among these diagnostics nor in
/// the reading of the text: where that left `Error` nodes, there is no tree and nothing more is said of them.
pub fn check(file: FileId, program: &ast::Program) -> (Option<tree::Program>, Vec<Diagnostic>) {
    let mut checker = Checker::new(file, &program.lost);
    checker.declare(program);
    checker.constants();
    checker.main_program(program);
    checker.named_functions(program);
    checker.anonymous_functions();
    checker.finish()
}

/// What is known while a file is checked.
struct Checker<'a> {
    file: FileId,
    /// What was found, in no order until the end.
    found: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    /// The names of the top level.
    items: IndexMap<Arc<str>, Item>,
    structs: Vec<tree::StructDef>,
    consts: Vec<ConstEntry<'a>>,
    signatures: Vec<Signature>,
    /// The checked functions, by id.
    bodies: Vec<Option<tree::Function>>,
    /// Functions in which the text could not be read everywhere.
    tainted_bodies: BTreeSet<u32>,
    globals: Vec<tree::Global>,
    /// Where the globals' values came from, as far as messages want to know.
    origins: Vec<Option<Origin>>,
    /// The function that is being checked.
    frame: Frame,
    /// Anonymous functions that were met and wait for their turn: they see all globals, so they
    /// are checked when every global has its type.
    waiting: VecDeque<Waiting<'a>>,
    main: Option<tree::FunctionId>,
    /// How many constants are being computed, each for the one before.
    chain: usize,
    /// How many expressions are being checked, each within the one before or for a constant that it names.
    level: usize,
    /// The bytes of all texts that constants were joined from.
    joined: usize,
    /// Names that stand where the text could not be read, and that may be declared there.
    lost: &'a BTreeSet<Arc<str>>,
    /// Whether anything at all could not be read: then there is no tree, whatever else is right.
    holes: bool,
}

/// An anonymous function that was met.
struct Waiting<'a> {
    id: tree::FunctionId,
    function: &'a ast::Function,
    name: Arc<str>,
    /// The locals around it, which it may not use.
    outer: Outer,
}

impl<'a> Checker<'a> {
    fn new(file: FileId, lost: &'a BTreeSet<Arc<str>>) -> Self {
        let start = Span::new(file, 0, 0);
        let global = |name: &str, ty| tree::Global { name: name.into(), ty, span: start };
        let mut items = IndexMap::new();
        items.insert(Arc::from("errno"), Item::Global(tree::GlobalId(0)));
        items.insert(Arc::from("argv"), Item::Global(tree::GlobalId(1)));
        Checker {
            file,
            found: Vec::new(),
            errors: 0,
            warnings: 0,
            items,
            structs: Vec::new(),
            consts: Vec::new(),
            signatures: vec![Signature::main(start)],
            bodies: vec![None],
            tainted_bodies: BTreeSet::new(),
            globals: vec![global("errno", Type::Int), global("argv", Type::strings())],
            origins: vec![None, None],
            frame: Frame::new(FrameKind::Main, Type::Void),
            waiting: VecDeque::new(),
            main: None,
            chain: 0,
            level: 0,
            joined: 0,
            lost,
            holes: false,
        }
    }

    /// Says what is wrong.
    fn report(&mut self, problem: Problem) {
        let fact = problem.into_diagnostic();
        let count = match fact.severity {
            Severity::Error => &mut self.errors,
            _ => &mut self.warnings,
        };
        *count += 1;
        if *count <= MOST {
            self.found.push(fact);
        }
    }

    /// Notes that something in the function at hand could not be read; the parser has said what.
    fn hole(&mut self) {
        self.holes = true;
        self.frame.tainted = true;
    }

    fn struct_name(&self, id: StructId) -> Arc<str> {
        self.structs.get(id.0 as usize).map_or_else(|| Arc::from("?"), |def| def.name.clone())
    }

    /// A type as the user writes it.
    fn text(&self, ty: &Type) -> String {
        ty.text(&|id| self.struct_name(id))
    }

    /// A type in a sentence.
    fn phrase(&self, ty: &Type) -> String {
        ty.phrase(&|id| self.struct_name(id))
    }

    fn finish(mut self) -> (Option<tree::Program>, Vec<Diagnostic>) {
        self.missing_returns();
        let mut program = None;
        if self.errors == 0 && !self.holes {
            let unused = self.consts.iter().filter(|entry| !entry.used);
            let unused: Vec<_> = unused.map(|entry| (entry.def.name.name.clone(), entry.def.name.span)).collect();
            let tree = tree::Program {
                file: self.file,
                functions: std::mem::take(&mut self.bodies).into_iter().flatten().collect(),
                main: self.main,
                globals: self.globals,
                structs: self.structs,
                constants: self.consts.into_iter().map(ConstEntry::into_row).collect(),
            };
            self.found.extend(lints::lint(&tree, &unused));
            program = Some(tree);
        }
        self.found.sort_by_key(|fact| (fact.span(), fact.code));
        self.found.dedup();
        (program, self.found)
    }
}
