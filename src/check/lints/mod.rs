//! What compiles and is likely wrong: read off the checked tree, one file a family, one small function a lint. A lint speaks where
//! something is certain or very likely wrong; where it cannot know, it is silent.

mod calls;
mod exec;
mod fork;
mod hints;
mod names;
mod paths;
mod signals;
mod status;
pub(super) mod walk;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::flow::{self, NeverReturn};
use super::tree::{Block, Constant, ExprKind, Function, FunctionId, Program, Stmt};
use crate::abi::{Builtin, Signal};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// All warnings about a program that has no errors; the constants that nothing names are known already.
pub(super) fn lint(program: &Program, unused: &[(Arc<str>, Span)]) -> Vec<Diagnostic> {
    let facts = Facts::new(program);
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for (at, function) in program.functions.iter().enumerate() {
        paths::unreachable_code(&function.body, &facts.never, &mut problems);
        paths::exit_codes(function, program.main == Some(FunctionId(at as u32)), &mut problems);
        fork::lint(function, &facts, &mut found);
        exec::lint(function, &facts, &mut found);
        status::lint(function, &facts, &mut found);
        calls::lint(function, &facts, &mut found);
        hints::lint(function, &facts, &mut found);
        signals::lint(function, &facts, &mut found);
    }
    signals::handlers(&facts, &mut found);
    names::lint(&facts, unused, &mut found);
    found.extend(problems.into_iter().map(super::problem::Problem::into_diagnostic));
    found
}

/// A function that is installed for a signal.
#[derive(Debug, Clone, Copy)]
struct Handler {
    function: FunctionId,
    /// The signal, where it is a constant.
    signal: Option<Signal>,
    /// The call that installs it.
    installed: Span,
}

/// What lints want to know of the whole program.
struct Facts<'p> {
    program: &'p Program,
    never: NeverReturn,
    /// For each function the built-ins that it calls, itself or through functions called by name.
    reach: Vec<BTreeSet<Builtin>>,
    handlers: Vec<Handler>,
}

impl<'p> Facts<'p> {
    fn new(program: &'p Program) -> Facts<'p> {
        let numbered = program.functions.iter().enumerate().map(|(at, function)| (FunctionId(at as u32), function));
        let never = flow::never_return(numbered);
        Facts { program, never, reach: reach(program), handlers: handlers(program) }
    }

    fn function(&self, id: FunctionId) -> Option<&'p Function> {
        self.program.functions.get(id.0 as usize)
    }

    /// Whether a call of the function may reach one of the built-ins.
    fn reaches(&self, id: FunctionId, wanted: &dyn Fn(Builtin) -> bool) -> bool {
        self.reach.get(id.0 as usize).is_some_and(|reach| reach.iter().any(|builtin| wanted(*builtin)))
    }

    /// Whether a statement may call one of the built-ins, itself or through functions called by name.
    fn stmt_reaches(&self, stmt: &Stmt, wanted: &dyn Fn(Builtin) -> bool) -> bool {
        walk::any_expr_of(stmt, &|expr| match &expr.kind {
            ExprKind::CallBuiltin { builtin, .. } => wanted(*builtin),
            ExprKind::Call(id, _) => self.reaches(*id, wanted),
            _ => false,
        })
    }

    /// As [`Facts::stmt_reaches`], for a block.
    fn block_reaches(&self, block: &Block, wanted: &dyn Fn(Builtin) -> bool) -> bool {
        block.stmts.iter().any(|stmt| self.stmt_reaches(stmt, wanted))
    }

    /// The name of a variable as the user knows it.
    fn name(&self, function: &'p Function, var: walk::Var) -> &'p str {
        match var {
            walk::Var::Local(id) => function.locals.get(id.0 as usize).map_or("?", |local| &local.name),
            walk::Var::Global(id) => self.program.globals.get(id.0 as usize).map_or("?", |global| &global.name),
        }
    }
}

/// The built-ins that each function reaches. What one gains its callers are told, which happens at most as often as there are
/// built-ins.
fn reach(program: &Program) -> Vec<BTreeSet<Builtin>> {
    let mut reach: Vec<BTreeSet<Builtin>> = Vec::new();
    let mut callers: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); program.functions.len()];
    for (at, function) in program.functions.iter().enumerate() {
        let mut builtins = BTreeSet::new();
        walk::each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::CallBuiltin { builtin, .. } => drop(builtins.insert(*builtin)),
            ExprKind::Call(id, _) => {
                if let Some(callers) = callers.get_mut(id.0 as usize) {
                    callers.insert(at);
                }
            }
            _ => {}
        });
        reach.push(builtins);
    }
    let mut todo: Vec<usize> = (0..reach.len()).collect();
    while let Some(at) = todo.pop() {
        let Some(gained) = reach.get(at).cloned() else { continue };
        for caller in callers.get(at).into_iter().flatten() {
            let Some(own) = reach.get_mut(*caller) else { continue };
            let before = own.len();
            own.extend(&gained);
            if own.len() > before {
                todo.push(*caller);
            }
        }
    }
    reach
}

/// The functions that `signal` and `sigaction` install.
fn handlers(program: &Program) -> Vec<Handler> {
    let mut found: Vec<Handler> = Vec::new();
    for function in &program.functions {
        walk::each_expr(&function.body, &mut |expr| {
            let ExprKind::CallBuiltin { builtin: Builtin::SignalCall | Builtin::Sigaction, args, .. } = &expr.kind
            else {
                return;
            };
            let [signal, handler, ..] = args.as_slice() else { return };
            if let ExprKind::Function(id) = handler.kind {
                let signal = match &signal.kind {
                    ExprKind::Constant(Constant::Int(number)) => Signal::from_number(*number),
                    _ => None,
                };
                found.push(Handler { function: id, signal, installed: expr.span });
            }
        });
    }
    found
}
