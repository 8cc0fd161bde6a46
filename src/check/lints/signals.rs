//! Lints about signals: what handlers call, and how one waits for them.

use std::collections::BTreeSet;

use super::builtins::Builtins;
use super::walk::{self, Var, each_stmt, each_within, int};
use super::world::stores_to;
use super::{Facts, Handler};
use crate::abi::builtin::{Class, Property};
use crate::abi::{Builtin, Signal, SignalSet};
use crate::check::tree::{Block, Expr, ExprKind, Function, FunctionId, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

pub(super) fn lint(function: &Function, calls: &Builtins, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    if calls.any(&[Builtin::SignalCall, Builtin::Sigaction, Builtin::Sigsuspend]) {
        walk::each_expr(&function.body, &mut |expr| {
            if let ExprKind::CallBuiltin { builtin, args, .. } = &expr.kind {
                uncatchable(*builtin, args, found);
                suspends(*builtin, args, facts, found);
            }
        });
    }
    each_stmt(&function.body, &mut |stmt| match &stmt.kind {
        StmtKind::Loop { test: Some(test), body, bind: None, step, .. } => {
            if let Some(flag) = flag_of(test, facts)
                && let Some(pause) = pause_in(body).filter(|_| !masks(facts))
            {
                found.push(say::lost_wakeup(facts.name(function, flag), test.span, pause));
            }
            if step.is_none() && body.stmts.is_empty() {
                spins(test, stmt.span, function, facts, found);
            }
        }
        StmtKind::If { test, then, bind: None, .. } => {
            if let Some(flag) = flag_of(test, facts)
                && let Some(pause) = pause_in(then).filter(|_| !masks(facts))
            {
                found.push(say::lost_wakeup(facts.name(function, flag), test.span, pause));
            }
        }
        _ => {}
    });
}

/// Handlers for SIGKILL and SIGSTOP.
fn uncatchable(builtin: Builtin, args: &[Expr], found: &mut Vec<Diagnostic>) {
    let (Builtin::SignalCall | Builtin::Sigaction, [sig, _, ..]) = (builtin, args) else { return };
    if let Some(signal) = int(sig).and_then(Signal::from_number).filter(|signal| signal.is_untouchable()) {
        found.push(say::uncatchable(builtin.name(), signal, sig.span));
    }
}

/// `sigsuspend(mask)` with a mask that holds every signal for which there is a handler.
fn suspends(builtin: Builtin, args: &[Expr], facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let (Builtin::Sigsuspend, [mask]) = (builtin, args) else { return };
    let Some(bits) = int(mask) else { return };
    let mask_set = SignalSet::from_program(bits);
    let catchable = |signal: &Option<Signal>| signal.is_none_or(|signal| !signal.is_untouchable());
    let handled: Vec<Option<Signal>> = facts.handlers.iter().map(|handler| handler.signal).filter(catchable).collect();
    let all =
        !handled.is_empty() && handled.iter().all(|signal| signal.is_some_and(|signal| mask_set.contains(signal)));
    if let Some(signal) = handled.first().copied().flatten().filter(|_| all) {
        found.push(say::suspend_blocks(signal, mask.span));
    }
}

/// The variable that a handler writes and a condition reads, where the condition reads nothing but variables.
fn flag_of(test: &Expr, facts: &Facts<'_>) -> Option<Var> {
    let vars = plain_vars(test)?;
    vars.into_iter().find(|var| facts.handlers.iter().any(|handler| handler_writes(facts, handler.function, *var)))
}

/// The variables of a condition that calls nothing.
fn plain_vars(test: &Expr) -> Option<Vec<Var>> {
    let mut vars = Vec::new();
    let mut plain = true;
    each_within(test, &mut |expr| {
        vars.extend(Var::of(expr));
        plain &= !matches!(
            expr.kind,
            ExprKind::Call(..)
                | ExprKind::CallValue(..)
                | ExprKind::CallBuiltin { .. }
                | ExprKind::Index(..)
                | ExprKind::Cell(..)
                | ExprKind::Field(..)
        );
    });
    plain.then_some(vars)
}

/// Whether a handler, or a function that it calls, writes a variable.
fn handler_writes(facts: &Facts<'_>, handler: FunctionId, var: Var) -> bool {
    matches!(var, Var::Global(_))
        && callees(facts, handler)
            .into_iter()
            .filter_map(|id| facts.function(id))
            .any(|function| function.body.stmts.iter().any(|stmt| stores_to(stmt, &|other| other == var)))
}

/// A function and all that it calls by name.
fn callees(facts: &Facts<'_>, start: FunctionId) -> BTreeSet<FunctionId> {
    let mut seen = BTreeSet::new();
    let mut todo = vec![start];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(function) = facts.function(id) {
            walk::each_expr(&function.body, &mut |expr| todo.extend(walk::called(expr)));
        }
    }
    seen
}

/// The `pause()` that a block makes, not counting loops within.
fn pause_in(block: &Block) -> Option<Span> {
    block.stmts.iter().find_map(|stmt| {
        let mut at = None;
        walk::each_own(stmt, &mut |expr| {
            each_within(expr, &mut |inner| {
                if matches!(inner.kind, ExprKind::CallBuiltin { builtin: Builtin::Pause, .. }) {
                    at.get_or_insert(inner.span);
                }
            });
        });
        at
    })
}

/// Whether the program works with masks at all: then it may have blocked the signal, and the pause is another mistake.
fn masks(facts: &Facts<'_>) -> bool {
    facts.reach.iter().any(|reach| reach.any(&[Builtin::Sigprocmask]))
}

/// A loop without a body.
fn spins(test: &Expr, at: Span, function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let Some(vars) = plain_vars(test).filter(|vars| !vars.is_empty()) else { return };
    match flag_of(test, facts) {
        Some(flag) => {
            let handler = facts.handlers.iter().find(|handler| handler_writes(facts, handler.function, flag));
            let written = handler.and_then(|handler| write_in(facts, handler.function, flag));
            found.push(say::spinning(facts.name(function, flag), at, written));
        }
        None => {
            let Some(var) = vars.first() else { return };
            found.push(say::endless(facts.name(function, *var), test.span));
        }
    }
}

/// Where a function writes a variable.
fn write_in(facts: &Facts<'_>, id: FunctionId, var: Var) -> Option<Span> {
    let mut at = None;
    for id in callees(facts, id) {
        let Some(function) = facts.function(id) else { continue };
        each_stmt(&function.body, &mut |stmt| {
            let direct = matches!(stmt.kind, StmtKind::Store { .. } | StmtKind::Update { .. });
            if direct && stores_to(stmt, &|other| other == var) {
                at.get_or_insert(stmt.span);
            }
        });
    }
    at
}

/// What handlers do that they should not.
pub(super) fn handlers(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for handler in &facts.handlers {
        if seen.insert(handler.function) {
            unsafe_calls(handler, facts, found);
        }
        if handler.signal == Some(Signal::SIGCHLD) {
            one_wait(handler, facts, found);
        }
    }
}

/// Whether a handler may not call it.
fn is_unsafe(builtin: Builtin) -> bool {
    let row = builtin.row();
    let memory = matches!(builtin, Builtin::Malloc | Builtin::Calloc | Builtin::Realloc | Builtin::Free);
    !builtin.has(Property::Safe) && (row.class == Class::Syscall || memory) && is_shared(builtin)
}

/// Whether what it works on is shared with the code that a handler interrupts: the stdout buffer, the allocator.
fn is_shared(builtin: Builtin) -> bool {
    use Builtin::*;
    matches!(builtin, Print | Printf | Fflush | Setvbuf | Exit | Malloc | Calloc | Realloc | Free)
}

fn unsafe_calls(handler: &Handler, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut calls: Vec<(Builtin, Span)> = Vec::new();
    for id in callees(facts, handler.function) {
        let Some(function) = facts.function(id) else { continue };
        walk::each_expr(&function.body, &mut |expr| {
            if let ExprKind::CallBuiltin { builtin, .. } = &expr.kind
                && is_unsafe(*builtin)
            {
                calls.push((*builtin, expr.span));
            }
        });
    }
    let Some((first, at)) = calls.first().copied() else { return };
    let Some(interrupted) = interrupted(first, facts).or_else(|| behind_install(first, handler, facts)) else { return };
    let name = facts.function(handler.function).map_or("?", |function| &*function.name);
    let mut others: Vec<&str> =
        calls.iter().map(|(builtin, _)| builtin.name()).filter(|name| *name != first.name()).collect();
    others.sort_unstable();
    others.dedup();
    found.push(say::unsafe_in_handler(first.name(), at, name, handler.installed, interrupted, &others));
}

/// A call outside all handlers that works on the same thing and may be interrupted: one that stands in a loop.
fn interrupted(call: Builtin, facts: &Facts<'_>) -> Option<Span> {
    let inside: BTreeSet<FunctionId> =
        facts.handlers.iter().flat_map(|handler| callees(facts, handler.function)).collect();
    let memory =
        |builtin: Builtin| matches!(builtin, Builtin::Malloc | Builtin::Calloc | Builtin::Realloc | Builtin::Free);
    let mut at = None;
    for (number, function) in facts.program.functions.iter().enumerate() {
        if inside.contains(&FunctionId(number as u32)) {
            continue;
        }
        each_stmt(&function.body, &mut |stmt| {
            if let StmtKind::Loop { body, .. } = &stmt.kind {
                walk::each_expr(body, &mut |expr| {
                    if let ExprKind::CallBuiltin { builtin, .. } = &expr.kind
                        && is_unsafe(*builtin)
                        && *builtin != Builtin::Exit
                        && memory(*builtin) == memory(call)
                    {
                        at.get_or_insert(expr.span);
                    }
                });
            }
        });
    }
    at
}

/// A call that works on the same thing and stands behind the installing of the handler, in the same function: the signal may come
/// while it runs. Where the program sends itself its signals, it knows when they come.
fn behind_install(call: Builtin, handler: &Handler, facts: &Facts<'_>) -> Option<Span> {
    let own =
        facts.reach.iter().any(|reach| reach.any(&[Builtin::Raise, Builtin::Kill, Builtin::Killpg, Builtin::Alarm]));
    if own || !matches!(call, Builtin::Print | Builtin::Printf) {
        return None;
    }
    let home = facts.program.functions.iter().find(|function| walk::within(handler.installed, function.body.span))?;
    let mut at = None;
    for stmt in &home.body.stmts {
        if stmt.span.start < handler.installed.end {
            continue;
        }
        walk::each_own(stmt, &mut |expr| {
            each_within(expr, &mut |inner| {
                if let ExprKind::CallBuiltin { builtin: Builtin::Print | Builtin::Printf, .. } = &inner.kind {
                    at.get_or_insert(inner.span);
                }
            });
        });
    }
    at
}

/// A SIGCHLD handler that calls wait once.
fn one_wait(handler: &Handler, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    if !forks_often(facts) {
        return;
    }
    let is_wait = |builtin: Builtin| matches!(builtin, Builtin::Wait | Builtin::Waitpid);
    let Some(function) = facts.function(handler.function) else { return };
    let mut looped = false;
    each_stmt(&function.body, &mut |stmt| {
        looped |= matches!(stmt.kind, StmtKind::Loop { .. }) && facts.stmt_reaches(stmt, &is_wait)
    });
    let mut call = None;
    walk::each_expr(&function.body, &mut |expr| {
        if let ExprKind::CallBuiltin { builtin, .. } = &expr.kind
            && is_wait(*builtin)
        {
            call.get_or_insert(expr.span);
        }
    });
    if let Some(call) = call.filter(|_| !looped) {
        found.push(say::one_wait_in_handler(call, handler.installed));
    }
}

/// Whether the program may have two children at once: it forks at two places, or in a loop.
fn forks_often(facts: &Facts<'_>) -> bool {
    let is_fork = |builtin: Builtin| builtin == Builtin::Fork;
    let mut count = 0;
    let mut looped = false;
    for function in &facts.program.functions {
        walk::each_expr(&function.body, &mut |expr| {
            count += usize::from(matches!(expr.kind, ExprKind::CallBuiltin { builtin: Builtin::Fork, .. }))
        });
        each_stmt(&function.body, &mut |stmt| {
            if let StmtKind::Loop { body, .. } = &stmt.kind {
                looped |= facts.block_reaches(body, &is_fork);
            }
        });
    }
    looped || count > 1
}
