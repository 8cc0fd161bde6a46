//! What compiles and is likely wrong: read off the checked tree, one file a family, one small function a lint. A lint speaks where
//! something is certain or very likely wrong; where it cannot know, it is silent.

mod builtins;
mod calls;
mod exec;
mod fork;
mod hints;
mod memory;
mod names;
mod paths;
mod results;
mod signals;
mod status;
pub(super) mod walk;
mod world;

use std::sync::Arc;

use builtins::Builtins;

use super::flow::{self, NeverReturn};
use super::tree::{Block, Constant, ExprKind, Function, FunctionId, Program, Stmt};
use super::types::Type;
use crate::abi::{Builtin, Signal};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// All warnings about a program that has no errors; the constants that nothing names are known already.
pub(super) fn lint(program: &Program, unused: &[(Arc<str>, Span)]) -> Vec<Diagnostic> {
    let facts = Facts::new(program);
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let results = results::wanted(&facts);
    for (at, (function, own)) in program.functions.iter().zip(&facts.own).enumerate() {
        use Builtin::*;
        paths::unreachable_code(&function.body, &facts.never, &mut problems);
        let main = program.main == Some(FunctionId(at as u32));
        if main || own.calls.any(&[Exit, ExitNow]) {
            paths::exit_codes(function, main, &mut problems);
        }
        if own.calls.any(&[Fork]) {
            fork::lint(function, &facts, &mut found);
        }
        if own.calls.any(&[Exec, Execv, Execl]) {
            exec::lint(function, &facts, &mut found);
        }
        if own.raw_status || own.calls.any(&[Wexitstatus, Wtermsig]) {
            status::lint(function, &facts, &mut found);
        }
        calls::lint(function, &own.calls, &facts, &mut found);
        if own.calls.any(&[Fork]) {
            hints::lint(function, &facts, &mut found);
            memory::lint(function, &facts, &mut found);
        }
        signals::lint(function, &own.calls, &facts, &mut found);
        if results {
            results::lint(function, &facts, &mut found);
        }
    }
    if facts.own.iter().any(|own| own.calls.any(&[Builtin::Pipe, Builtin::Pipe2])) {
        calls::pipe_ends(&facts, &mut found);
    }
    signals::handlers(&facts, &mut found);
    names::lint(&facts, unused, &mut found);
    join(&mut found);
    told_once(&mut found);
    found.extend(problems.into_iter().map(super::problem::Problem::into_diagnostic));
    found
}

/// An inner variable that hides another is told of once, where the other is read or where it is declared.
fn told_once(found: &mut Vec<Diagnostic>) {
    let places: Vec<Span> = found
        .iter()
        .filter(|fact| fact.code == Code::ShadowedName)
        .flat_map(|fact| fact.labels.iter().skip(1).map(|label| label.span))
        .collect();
    found.retain(|fact| fact.code != Code::ShadowedName || !places.contains(&fact.span()));
}

/// A loop that waits for what only a child changes is one mistake, told as a loop that never ends.
fn join(found: &mut Vec<Diagnostic>) {
    let mut joined: Vec<Diagnostic> = Vec::new();
    found.retain(|fact| {
        let joins = fact.code == Code::ChildMemory;
        joined.extend(joins.then(|| fact.clone()));
        !joins
    });
    for fact in joined {
        let read = fact.labels.last().map(|label| label.span);
        let covers = |one: &&mut Diagnostic| {
            one.code == Code::EndlessLoop && read.is_some_and(|read| walk::within(read, one.span()))
        };
        match found.iter_mut().find(covers) {
            Some(endless) => endless.labels.extend(fact.labels.into_iter().take(2)),
            None => found.push(fact),
        }
    }
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

/// What lints want to know of one function: most of them need not look at most functions.
#[derive(Debug, Default)]
struct Own {
    /// The built-ins that it calls itself.
    calls: Builtins,
    /// Whether it takes a status for an int.
    raw_status: bool,
}

/// What lints want to know of the whole program.
struct Facts<'p> {
    program: &'p Program,
    never: NeverReturn,
    own: Vec<Own>,
    /// For each function the built-ins that it calls, itself or through functions called by name.
    reach: Vec<Builtins>,
    handlers: Vec<Handler>,
}

impl<'p> Facts<'p> {
    fn new(program: &'p Program) -> Facts<'p> {
        let numbered = program.functions.iter().enumerate().map(|(at, function)| (FunctionId(at as u32), function));
        let never = flow::never_return(numbered);
        let (own, callers) = own(program);
        let reach = reach(&own, &callers);
        let handlers = handlers(program, &own);
        Facts { program, never, own, reach, handlers }
    }

    fn function(&self, id: FunctionId) -> Option<&'p Function> {
        self.program.functions.get(id.0 as usize)
    }

    /// Whether a call of the function may reach one of the built-ins.
    fn reaches(&self, id: FunctionId, wanted: &dyn Fn(Builtin) -> bool) -> bool {
        self.reach.get(id.0 as usize).is_some_and(|reach| reach.iter().any(wanted))
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

/// What each function does itself, and by which functions it is called by name.
fn own(program: &Program) -> (Vec<Own>, Vec<Vec<usize>>) {
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); program.functions.len()];
    let mut all = Vec::with_capacity(program.functions.len());
    for (at, function) in program.functions.iter().enumerate() {
        let mut own = Own::default();
        walk::each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::CallBuiltin { builtin, .. } => own.calls.insert(*builtin),
            ExprKind::Call(id, _) => {
                if let Some(callers) = callers.get_mut(id.0 as usize).filter(|callers| callers.last() != Some(&at)) {
                    callers.push(at);
                }
            }
            ExprKind::WordToInt(inner) => own.raw_status |= inner.ty == Type::Status,
            _ => {}
        });
        all.push(own);
    }
    (all, callers)
}

/// The built-ins that each function reaches. What one gains its callers are told, which happens at most as often as there are
/// built-ins.
fn reach(own: &[Own], callers: &[Vec<usize>]) -> Vec<Builtins> {
    let mut reach: Vec<Builtins> = own.iter().map(|own| own.calls).collect();
    let mut todo: Vec<usize> = (0..reach.len()).collect();
    while let Some(at) = todo.pop() {
        let Some(gained) = reach.get(at).copied() else { continue };
        for caller in callers.get(at).into_iter().flatten() {
            if reach.get_mut(*caller).is_some_and(|own| own.extend(&gained)) {
                todo.push(*caller);
            }
        }
    }
    reach
}

/// The functions that `signal` and `sigaction` install.
fn handlers(program: &Program, own: &[Own]) -> Vec<Handler> {
    let mut found: Vec<Handler> = Vec::new();
    let install = [Builtin::SignalCall, Builtin::Sigaction];
    for (function, _) in program.functions.iter().zip(own).filter(|(_, own)| own.calls.any(&install)) {
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
