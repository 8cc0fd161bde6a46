//! Lints about the status that wait gives.

use super::Facts;
use super::walk::{self, Var, builtin_call, each_stmt, int};
use crate::abi::Builtin;
use crate::abi::constant::{WCONTINUED, WUNTRACED};
use crate::check::tree::{Constant, Expr, ExprKind, Function, Pattern, StmtKind};
use crate::check::types::Type;
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let guarded = guarded(function);
    walk::each_expr(&function.body, &mut |expr| {
        if let ExprKind::Compare(_, op, left, right) = &expr.kind {
            for (one, other) in [(left, right), (right, left)] {
                raw(*op, one, other, facts, function, found);
            }
        }
    });
    // Only where something is decided by it: an answer that is only shown misleads nobody who knows that all went well.
    each_stmt(&function.body, &mut |stmt| {
        let (StmtKind::If { test, .. } | StmtKind::Loop { test: Some(test), .. }) = &stmt.kind else { return };
        walk::each_within(test, &mut |expr| match &expr.kind {
            ExprKind::Compare(_, _, one, other) if int(other) == Some(0) => {
                success(one, &guarded, facts, function, found)
            }
            ExprKind::Compare(_, _, other, one) if int(other) == Some(0) => {
                success(one, &guarded, facts, function, found)
            }
            ExprKind::Truth(inner) => success(inner, &guarded, facts, function, found),
            _ => {}
        });
    });
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Match { value, arms, .. } = &stmt.kind
            && arms
                .iter()
                .flat_map(|arm| &arm.patterns)
                .any(|pattern| matches!(pattern, Pattern::Equal(Constant::Int(0))))
        {
            success(value, &guarded, facts, function, found);
        }
    });
    // The test of `? :` decides too, wherever it stands.
    walk::each_expr(&function.body, &mut |expr| {
        let ExprKind::Conditional(test, ..) = &expr.kind else { return };
        walk::each_within(test, &mut |inner| match &inner.kind {
            ExprKind::Compare(_, _, one, other) if int(other) == Some(0) => {
                success(one, &guarded, facts, function, found)
            }
            ExprKind::Truth(inner) => success(inner, &guarded, facts, function, found),
            _ => {}
        });
    });
    // A function that gives the answer to others, in a program that asks nowhere.
    let asks =
        facts.reach.iter().any(|reach| reach.any(&[Builtin::Wifexited, Builtin::Wifsignaled, Builtin::Wtermsig]));
    each_stmt(&function.body, &mut |stmt| {
        let StmtKind::Return(Some(value)) = &stmt.kind else { return };
        if let (false, ExprKind::Compare(_, _, one, other)) = (asks, &value.kind)
            && int(other) == Some(0)
        {
            success(one, &guarded, facts, function, found);
        }
    });
    stopped(function, facts, found);
    found.dedup();
}

/// `WTERMSIG(status)` of a wait that also returns for children which were stopped, where nobody asks for these.
fn stopped(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut waits: Vec<(Var, Span, &str)> = Vec::new();
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Store { targets, value, .. } = &stmt.kind
            && let (Some((Builtin::Waitpid, [_, options])), [_, Some(status)]) =
                (builtin_call(value), targets.as_slice())
            && let (Some(bits), Some(status)) = (int(options), Var::of_place(status))
        {
            if bits & WUNTRACED != 0 {
                waits.push((status, value.span, "WUNTRACED"));
            } else if bits & WCONTINUED != 0 {
                waits.push((status, value.span, "WCONTINUED"));
            }
        }
    });
    for (status, wait, option) in waits {
        let (mut read, mut asked) = (None, false);
        walk::each_expr(&function.body, &mut |expr| match builtin_call(expr) {
            Some((Builtin::Wtermsig, [of])) if Var::of(of) == Some(status) => {
                read.get_or_insert(expr.span);
            }
            Some((Builtin::Wifsignaled | Builtin::Wifstopped | Builtin::Wifcontinued, [of])) => {
                asked |= Var::of(of) == Some(status);
            }
            _ => asked |= hands_on(expr, status),
        });
        if let Some(read) = read.filter(|_| !asked) {
            found.push(say::termsig_of_stopped(read, facts.name(function, status), wait, option));
        }
    }
}

/// Whether an expression gives a status to somebody else, who may ask.
fn hands_on(expr: &Expr, status: Var) -> bool {
    match &expr.kind {
        ExprKind::Call(_, args) | ExprKind::CallValue(_, args) => args.iter().any(|arg| Var::of(arg) == Some(status)),
        _ => false,
    }
}

/// The variables of which the function asks how the child ended.
fn guarded(function: &Function) -> Vec<Var> {
    let mut found = Vec::new();
    walk::each_expr(&function.body, &mut |expr| {
        if let Some((Builtin::Wifexited | Builtin::Wifsignaled | Builtin::Wtermsig, [status])) = builtin_call(expr) {
            found.extend(Var::of(status));
        }
    });
    found
}

fn raw(op: BinaryOp, one: &Expr, other: &Expr, facts: &Facts<'_>, function: &Function, found: &mut Vec<Diagnostic>) {
    let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
    let Some(number) = int(other) else { return };
    if let ExprKind::WordToInt(status) = &one.kind
        && status.ty == Type::Status
        && equality
        && matches!(number, 1..=5 | 32..=126 | 128..=255)
    {
        let name = Var::of(status).map(|var| facts.name(function, var));
        found.push(say::raw_status(one.span.to(other.span), name, number));
    }
}

/// `WEXITSTATUS(status) == 0` without a look at how the child ended: one that a signal killed would pass for a success.
fn success(expr: &Expr, guarded: &[Var], facts: &Facts<'_>, function: &Function, found: &mut Vec<Diagnostic>) {
    let Some((Builtin::Wexitstatus, [status])) = builtin_call(expr) else { return };
    let Some(var) = Var::of(status) else { return };
    if !guarded.contains(&var) {
        found.push(say::unguarded_status(expr.span, facts.name(function, var), declared(function, facts, var)));
    }
}

fn declared(function: &Function, facts: &Facts<'_>, var: Var) -> Option<Span> {
    match var {
        Var::Local(id) => function.locals.get(id.0 as usize).map(|local| local.span),
        Var::Global(id) => facts.program.globals.get(id.0 as usize).map(|global| global.span),
    }
}
