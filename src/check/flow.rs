//! Which paths end: functions that can reach their end without a result, and calls that never return.

use std::collections::BTreeSet;

use super::Checker;
use super::problem::Problem;
use super::tree::{Block, Constant, Expr, ExprKind, Function, FunctionId, Pattern, Stmt, StmtKind};
use super::types::Type;
use crate::source::Span;

/// The functions of the program that never return to their caller.
pub(super) type NeverReturn = BTreeSet<FunctionId>;

/// How many times the functions are looked through for ones that never return; each turn finds those
/// that end in a call of one found before, so only a very long chain stays undiscovered.
const TURNS: usize = 16;

/// Finds the functions that never return, as `die(msg)` that ends in `exit(1)`.
pub(super) fn never_return<'f>(functions: impl Iterator<Item = (FunctionId, &'f Function)> + Clone) -> NeverReturn {
    let mut never = NeverReturn::new();
    for _ in 0..TURNS {
        let before = never.len();
        for (id, function) in functions.clone() {
            if id.0 > 0 && !never.contains(&id) && leak(&function.body, &never).is_none() && !returns(&function.body) {
                never.insert(id);
            }
        }
        if never.len() == before {
            break;
        }
    }
    never
}

/// Whether a `return` stands anywhere in the block.
fn returns(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(_) => true,
        StmtKind::If { then, otherwise, .. } => returns(then) || otherwise.as_ref().is_some_and(returns),
        StmtKind::Loop { body, .. } | StmtKind::Block(body) => returns(body),
        StmtKind::Match { arms, .. } => arms.iter().any(|arm| returns(&arm.body)),
        _ => false,
    })
}

/// How control gets past the end of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leak {
    /// The block ends here with an ordinary statement, or is empty.
    End(Span),
    /// An `if` without `else`.
    NoElse(Span),
    /// A loop that can end.
    Loop(Span),
    /// A match of which no arm may fit.
    NoArm(Span),
}

/// How control gets past the end of a block, if it can.
pub(super) fn leak(block: &Block, never: &NeverReturn) -> Option<Leak> {
    let mut last = Leak::End(block.span);
    for stmt in &block.stmts {
        last = stmt_leak(stmt, never)?;
    }
    Some(last)
}

/// How control gets past a statement, if it can.
pub(super) fn stmt_leak(stmt: &Stmt, never: &NeverReturn) -> Option<Leak> {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue => None,
        StmtKind::Expr(expr) if diverges(expr, never) => None,
        StmtKind::Store { value, .. } if diverges(value, never) => None,
        StmtKind::Block(block) => leak(block, never),
        StmtKind::If { otherwise: None, .. } => Some(Leak::NoElse(stmt.span)),
        StmtKind::If { then, otherwise: Some(otherwise), .. } => leak(then, never).or_else(|| leak(otherwise, never)),
        StmtKind::Loop { test, body, .. } => match is_endless(test.as_ref()) && !breaks(body) {
            true => None,
            false => Some(Leak::Loop(stmt.span)),
        },
        StmtKind::Match { arms, value, .. } => {
            let all = arms
                .iter()
                .flat_map(|arm| &arm.patterns)
                .any(|pattern| matches!(pattern, Pattern::Any | Pattern::Bind(_)));
            let has = |wanted| {
                arms.iter()
                    .flat_map(|arm| &arm.patterns)
                    .any(|pattern| matches!(pattern, Pattern::Equal(Constant::Bool(value)) if *value == wanted))
            };
            let complete = all || value.ty == Type::Bool && has(true) && has(false);
            if !complete {
                return Some(Leak::NoArm(stmt.span));
            }
            arms.iter().find_map(|arm| leak(&arm.body, never))
        }
        _ => Some(Leak::End(stmt.span)),
    }
}

/// Whether a loop's test never fails.
fn is_endless(test: Option<&Expr>) -> bool {
    test.is_none_or(|test| matches!(test.kind, ExprKind::Constant(Constant::Bool(true))))
}

/// Whether the value is a call that never returns.
fn diverges(expr: &Expr, never: &NeverReturn) -> bool {
    match &expr.kind {
        ExprKind::Call(id, _) => never.contains(id),
        ExprKind::First(inner) => diverges(inner, never),
        _ => expr.ty == Type::Never,
    }
}

/// Whether a `break` in the block leaves the loop around it.
fn breaks(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::If { then, otherwise, .. } => breaks(then) || otherwise.as_ref().is_some_and(breaks),
        StmtKind::Block(inner) => breaks(inner),
        StmtKind::Match { arms, .. } => arms.iter().any(|arm| breaks(&arm.body)),
        _ => false,
    })
}

impl Checker<'_> {
    /// Reports functions that can reach their end without the result they promise.
    pub(super) fn missing_returns(&mut self) {
        let bodies = self.bodies.iter().enumerate();
        let functions = bodies.filter_map(|(at, body)| Some((FunctionId(at as u32), body.as_ref()?)));
        let never = never_return(functions.clone());
        let mut problems = Vec::new();
        for (id, function) in functions {
            if matches!(function.result, Type::Void | Type::Error) || self.tainted_bodies.contains(&id.0) {
                continue;
            }
            if let Some(leak) = leak(&function.body, &never) {
                let wanted = self.phrase(&function.result);
                problems.push(Problem::MissingReturn {
                    name: function.name.clone(),
                    head: function.head,
                    end: function.body.span,
                    wanted,
                    leak,
                });
            }
        }
        problems.into_iter().for_each(|problem| self.report(problem));
    }
}
