//! Lints about fork: children that stay in the loop, pipes made too late, ids that may be -1.

use std::collections::BTreeSet;

use super::Facts;
use super::walk::{self, Var, builtin_call, each_stmt, int};
use super::world::{self, State, Way, Who, World};
use crate::abi::Builtin;
use crate::check::tree::{Block, Constant, Expr, ExprKind, Function, Pattern, Stmt, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Loop { test, body, .. } = &stmt.kind {
            for fork in forks_of(body) {
                if let Some(leaves) = stays(fork, test.as_ref(), stmt, body, facts) {
                    found.push(say::fork_in_loop(fork, head_of(stmt, body), leaves));
                }
            }
        }
    });
    pipe_after_fork(&function.body, found);
    unchecked(function, facts, found);
}

/// A loop's head: what stands before its body.
fn head_of(stmt: &Stmt, body: &Block) -> Span {
    Span { end: body.span.start.max(stmt.span.start), ..stmt.span }
}

/// The forks of a loop's body whose value is used, without those of inner loops.
fn forks_of(body: &Block) -> Vec<Span> {
    let mut found = Vec::new();
    fn look(block: &Block, found: &mut Vec<Span>) {
        for stmt in &block.stmts {
            if matches!(stmt.kind, StmtKind::Loop { .. }) {
                continue;
            }
            let dropped =
                matches!(&stmt.kind, StmtKind::Expr(expr) if matches!(builtin_call(expr), Some((Builtin::Fork, _))));
            if !dropped {
                walk::each_own(stmt, &mut |expr| {
                    walk::each_within(expr, &mut |inner| {
                        if matches!(inner.kind, ExprKind::CallBuiltin { builtin: Builtin::Fork, .. }) {
                            found.push(inner.span);
                        }
                    });
                });
            }
            walk::inner_blocks(stmt).for_each(|inner| look(inner, found));
        }
    }
    look(body, &mut found);
    found
}

/// Whether the child surely comes round to the next turn, and the parent too; where the child leaves its branch, if it has one.
fn stays(fork: Span, test: Option<&Expr>, stmt: &Stmt, body: &Block, facts: &Facts<'_>) -> Option<Option<Span>> {
    let ends_of = |who| {
        let mut world = World::new(facts, fork, who);
        let ends = world.block(body, State::default());
        (world.lost, ends, world.decided, (world.stores, world.leaves))
    };
    let (lost, child, child_tests, (child_stores, leaves)) = ends_of(Who::Child);
    let (also_lost, parent, parent_tests, _) = ends_of(Who::Parent);
    // Where both go the same way all along, a tree of processes is made on purpose.
    if lost || also_lost || child_tests == parent_tests {
        return None;
    }
    let forked =
        |ends: &[(Way, State)], wanted: &[Way]| ends.iter().any(|(way, state)| state.forked && wanted.contains(way));
    let round = [Way::Next, Way::Continue];
    let out = [Way::Break, Way::Leave];
    let child_stays = forked(&child, &round) && !forked(&child, &out);
    // A chain, in which each parent leaves and its child goes on, is made on purpose.
    let both = child_stays && forked(&parent, &round) && !changes_test(test, stmt, body, &child_stores, facts);
    both.then_some(leaves)
}

/// Whether a branch changes what the loop tests: then the child may leave by it.
fn changes_test(
    test: Option<&Expr>,
    stmt: &Stmt,
    body: &Block,
    child_stores: &BTreeSet<Span>,
    facts: &Facts<'_>,
) -> bool {
    let Some(test) = test else { return false };
    let mut tested = Vec::new();
    let mut calls = false;
    walk::each_within(test, &mut |expr| {
        tested.extend(Var::of(expr));
        calls |= matches!(expr.kind, ExprKind::Call(..) | ExprKind::CallValue(..));
        calls |= matches!(&expr.kind, ExprKind::CallBuiltin { builtin, .. } if *builtin != Builtin::Len);
    });
    // The turn's own step is no way out of its own; every other store to what is tested is.
    // What only the parent stores is no way out for the child; `i++` after its own branch is not one of these.
    let mut within_body = false;
    each_stmt(body, &mut |inner| {
        let leaf = matches!(inner.kind, StmtKind::Store { .. } | StmtKind::Update { .. });
        within_body |=
            leaf && child_stores.contains(&inner.span) && world::stores_to(inner, &|var| tested.contains(&var));
    });
    let counts = match &stmt.kind {
        StmtKind::Loop { step: None, .. } => only_counts(body, &tested),
        _ => false,
    };
    let handlers = tested.iter().any(|var| {
        matches!(var, Var::Global(_)) && facts.handlers.iter().any(|handler| writes(facts, handler.function, *var))
    });
    calls || handlers || within_body && !counts
}

/// Whether a handler writes a variable.
fn writes(facts: &Facts<'_>, function: crate::check::tree::FunctionId, var: Var) -> bool {
    facts
        .function(function)
        .is_some_and(|function| function.body.stmts.iter().any(|stmt| world::stores_to(stmt, &|other| other == var)))
}

/// Whether the only stores to the variables are steps at the level of the loop's own body, as `i++;` in a `while`.
fn only_counts(body: &Block, tested: &[Var]) -> bool {
    body.stmts.iter().all(|stmt| match &stmt.kind {
        StmtKind::Update { .. } => true,
        _ => !world::stores_to(stmt, &|var| tested.contains(&var)),
    })
}

/// `let child = fork(); let (r, w) = pipe(); if child == 0 { … }` with the pipe used on both sides.
fn pipe_after_fork(block: &Block, found: &mut Vec<Diagnostic>) {
    let mut fork: Option<(Span, Var)> = None;
    let mut pipes: Vec<(Span, Vec<Var>)> = Vec::new();
    for (at, stmt) in block.stmts.iter().enumerate() {
        walk::inner_blocks(stmt).for_each(|inner| pipe_after_fork(inner, found));
        match &stmt.kind {
            StmtKind::Store { targets, value, .. } => match (builtin_call(value), targets.as_slice()) {
                (Some((Builtin::Fork, _)), [Some(target)]) => {
                    fork = Var::of_place(target).map(|var| (value.span, var));
                    pipes.clear();
                }
                (Some((Builtin::Pipe | Builtin::Pipe2, _)), ends) if fork.is_some() => {
                    pipes.push((value.span, ends.iter().flatten().filter_map(Var::of_place).collect()));
                }
                _ => {}
            },
            StmtKind::If { test, then, .. } => {
                if let Some((made, child)) = fork
                    && mentions(test, child)
                {
                    let rest = block.stmts.get(at + 1..).unwrap_or_default();
                    for (pipe, ends) in &pipes {
                        let uses = |expr: &Expr| Var::of(expr).is_some_and(|var| ends.contains(&var));
                        let inside = walk::any_expr(then, &uses);
                        let outside = rest.iter().any(|stmt| walk::any_expr_of(stmt, &uses)) || else_uses(stmt, &uses);
                        if inside && outside {
                            found.push(say::pipe_after_fork(*pipe, made));
                        }
                    }
                }
                fork = None;
            }
            StmtKind::Match { .. } | StmtKind::Loop { .. } => fork = None,
            _ => {}
        }
    }
}

fn else_uses(stmt: &Stmt, uses: &dyn Fn(&Expr) -> bool) -> bool {
    matches!(&stmt.kind, StmtKind::If { otherwise: Some(otherwise), .. } if walk::any_expr(otherwise, uses))
}

fn mentions(expr: &Expr, var: Var) -> bool {
    let mut found = false;
    walk::each_within(expr, &mut |inner| found |= Var::of(inner) == Some(var));
    found
}

/// `kill(helper, …)` with `helper` straight from `fork()` and never compared with anything that -1 would fail.
fn unchecked(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut forks: Vec<(Var, Span)> = Vec::new();
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Store { targets, value, .. } = &stmt.kind
            && let (Some((Builtin::Fork, _)), [Some(target)]) = (builtin_call(value), targets.as_slice())
            && let Some(var) = Var::of_place(target)
        {
            forks.push((var, value.span));
        }
    });
    for (var, fork) in forks {
        if facts.program.functions.iter().any(|function| is_tested(function, var)) {
            continue;
        }
        let mut kill = None;
        walk::each_expr(&function.body, &mut |expr| {
            let strong = |sig: &Expr| matches!(int(sig), Some(9 | 15));
            if let Some((Builtin::Kill, [pid, sig])) = builtin_call(expr)
                && Var::of(pid) == Some(var)
                && strong(sig)
            {
                kill.get_or_insert(pid.span);
            }
        });
        if let Some(kill) = kill {
            found.push(say::fork_unchecked(facts.name(function, var), kill, fork));
        }
    }
}

/// Whether a function asks whether a variable is negative.
fn is_tested(function: &Function, var: Var) -> bool {
    let tests = |expr: &Expr| match &expr.kind {
        ExprKind::Compare(_, _, left, right) => {
            let asks = |one: &Expr, other: &Expr| {
                Var::of(one) == Some(var) && int(other).is_some_and(|value| value != 0 || !is_equality(expr))
            };
            asks(left, right) || asks(right, left)
        }
        _ => false,
    };
    let mut matched = false;
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Match { value, arms, .. } = &stmt.kind
            && Var::of(value) == Some(var)
        {
            let patterns = arms.iter().flat_map(|arm| &arm.patterns);
            matched |= patterns
                .into_iter()
                .any(|pattern| matches!(pattern, Pattern::Equal(Constant::Int(-1)) | Pattern::Range(..)));
        }
    });
    matched || walk::any_expr(&function.body, &tests)
}

fn is_equality(expr: &Expr) -> bool {
    use crate::syntax::ast::BinaryOp;
    matches!(expr.kind, ExprKind::Compare(_, BinaryOp::Equal | BinaryOp::NotEqual, ..))
}
