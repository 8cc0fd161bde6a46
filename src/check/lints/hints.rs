//! Hints: what is right in most programs and hurts in some runs. Said only where a person asks for them.

use super::Facts;
use super::walk::{self, Var, builtin_call, each_stmt, inner_blocks, int};
use crate::abi::Builtin;
use crate::check::tree::{Block, Expr, ExprKind, Function, Stmt, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    print_before_fork(&function.body, facts, found);
    reader_holds_write_end(function, facts, found);
}

/// A call of one of the built-ins within a statement, not within a block of it.
fn own_call(stmt: &Stmt, wanted: &dyn Fn(Builtin) -> bool) -> Option<Span> {
    let mut at = None;
    walk::own_exprs(stmt).into_iter().for_each(|expr| {
        walk::each_within(expr, &mut |inner| {
            if let ExprKind::CallBuiltin { builtin, .. } = inner.kind
                && wanted(builtin)
            {
                at.get_or_insert(inner.span);
            }
        });
    });
    at
}

/// A print, then a fork in the same block, with no flush between: into a pipe or file the text would come twice.
fn print_before_fork(block: &Block, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut print: Option<Span> = None;
    for stmt in &block.stmts {
        if let (Some(print), Some(fork)) = (print, own_call(stmt, &|builtin| builtin == Builtin::Fork)) {
            found.push(say::print_before_fork(fork, print));
            return;
        }
        inner_blocks(stmt).for_each(|inner| print_before_fork(inner, facts, found));
        if facts.stmt_reaches(stmt, &|builtin| matches!(builtin, Builtin::Fflush | Builtin::Setvbuf | Builtin::Fork)) {
            print = None;
        } else if let StmtKind::Expr(call) = &stmt.kind
            && let Some((Builtin::Print | Builtin::Printf, _)) = builtin_call(call)
        {
            print.get_or_insert(call.span);
        }
    }
}

/// `if fork() == 0 { … }` whose branch reads a pipe in a loop and never closes the write end of it.
fn reader_holds_write_end(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut pipes: Vec<(Var, Var, Span)> = Vec::new();
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Store { targets, value, .. } = &stmt.kind
            && let (Some((Builtin::Pipe | Builtin::Pipe2, _)), [Some(r), Some(w)]) =
                (builtin_call(value), targets.as_slice())
            && let (Some(r), Some(w)) = (Var::of_place(r), Var::of_place(w))
        {
            pipes.push((r, w, value.span));
        }
    });
    each_stmt(&function.body, &mut |stmt| {
        let StmtKind::If { test, then, .. } = &stmt.kind else { return };
        let Some(fork) = child_test(test) else { return };
        for (r, w, made) in pipes.iter().filter(|(_, _, made)| made.start < stmt.span.start) {
            let closes = walk::any_expr(then, &|expr| match builtin_call(expr) {
                Some((Builtin::Close, [fd])) => Var::of(fd) == Some(*w),
                Some((Builtin::Dup2, [_, new])) => Var::of(new) == Some(*w),
                _ => false,
            });
            // A function that is called may close it.
            let hands_on = walk::any_expr(then, &|expr| match &expr.kind {
                ExprKind::Call(_, args) => args.iter().any(|arg| Var::of(arg) == Some(*w)),
                ExprKind::CallValue(..) => true,
                _ => false,
            });
            if let (false, false, Some(read)) = (closes, hands_on, read_in_loop(then, *r)) {
                found.push(say::reader_holds_write_end(read, facts.name(function, *w), *made, fork));
            }
        }
    });
}

/// `fork() == 0` or `!fork()`
pub(super) fn child_test(test: &Expr) -> Option<Span> {
    let is_fork = |expr: &Expr| matches!(builtin_call(expr), Some((Builtin::Fork, _)));
    let forked = match &test.kind {
        ExprKind::Compare(_, BinaryOp::Equal, one, other) => {
            is_fork(one) && int(other) == Some(0) || is_fork(other) && int(one) == Some(0)
        }
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Truth(call) => is_fork(call),
            _ => false,
        },
        _ => false,
    };
    forked.then_some(test.span)
}

/// A read of the descriptor within a loop.
fn read_in_loop(block: &Block, fd: Var) -> Option<Span> {
    let mut read = None;
    each_stmt(block, &mut |stmt| {
        if matches!(stmt.kind, StmtKind::Loop { .. }) {
            walk::each_expr_of(stmt, &mut |expr| {
                if let Some((Builtin::Read | Builtin::Getline, [from, ..])) = builtin_call(expr)
                    && Var::of(from) == Some(fd)
                {
                    read.get_or_insert(expr.span);
                }
            });
        }
    });
    read
}
