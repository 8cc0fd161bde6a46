//! What every lint asks of expressions and statements; the ways through the tree are those of [`crate::check::walk`].

use crate::abi::Builtin;
use crate::check::tree::{Block, Constant, Expr, ExprKind, FunctionId, GlobalId, LocalId, Place, PlaceKind, Stmt};
pub(in crate::check) use crate::check::walk::{
    each_expr, each_expr_of, each_own, each_stmt, each_within, inner_blocks,
};
use crate::source::Span;

/// A variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Var {
    Local(LocalId),
    Global(GlobalId),
}

impl Var {
    /// The variable that an expression reads, if it is one.
    pub(in crate::check) fn of(expr: &Expr) -> Option<Var> {
        match &expr.kind {
            ExprKind::Local(id) => Some(Var::Local(*id)),
            ExprKind::Global(id) => Some(Var::Global(*id)),
            ExprKind::Truth(inner) | ExprKind::First(inner) => Var::of(inner),
            _ => None,
        }
    }

    /// The variable that a place stores to, if it is one.
    pub(in crate::check) fn of_place(place: &Place) -> Option<Var> {
        match &place.kind {
            PlaceKind::Local(id) => Some(Var::Local(*id)),
            PlaceKind::Global(id) => Some(Var::Global(*id)),
            _ => None,
        }
    }
}

/// The expressions of a statement itself, not of the blocks within.
pub(in crate::check) fn own_exprs(stmt: &Stmt) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = Vec::new();
    each_own(stmt, &mut |expr| found.push(expr));
    found
}

/// The built-in that an expression calls, with its arguments; through the taking of a first part.
pub(in crate::check) fn builtin_call(expr: &Expr) -> Option<(Builtin, &[Expr])> {
    match &expr.kind {
        ExprKind::CallBuiltin { builtin, args, .. } => Some((*builtin, args)),
        ExprKind::First(inner) => builtin_call(inner),
        _ => None,
    }
}

/// The function that an expression calls by name.
pub(in crate::check) fn called(expr: &Expr) -> Option<FunctionId> {
    match &expr.kind {
        ExprKind::Call(id, _) => Some(*id),
        _ => None,
    }
}

/// The int that an expression is, where it is constant.
pub(in crate::check) fn int(expr: &Expr) -> Option<i64> {
    match crate::check::constant::evaluate(expr) {
        Ok(Constant::Int(value)) => Some(value),
        _ => None,
    }
}

/// The text that an expression is, where it is constant.
pub(in crate::check) fn text(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Constant(Constant::Str(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// Whether a block, or one within, holds an expression that the test finds.
pub(in crate::check) fn any_expr(block: &Block, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    each_expr(block, &mut |expr| found |= test(expr));
    found
}

/// Whether a statement, with the blocks within, holds an expression that the test finds.
pub(in crate::check) fn any_expr_of(stmt: &Stmt, test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    each_expr_of(stmt, &mut |expr| found |= test(expr));
    found
}

/// Whether one span lies within another.
pub(in crate::check) fn within(inner: Span, outer: Span) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}
