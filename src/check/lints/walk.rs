//! Ways through the checked tree that every lint needs.

use crate::abi::Builtin;
use crate::check::deep;
use crate::check::tree::{
    Block, Constant, Expr, ExprKind, FunctionId, GlobalId, LocalId, Place, PlaceKind, Stmt, StmtKind,
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

/// The blocks directly within a statement.
pub(in crate::check) fn inner_blocks(stmt: &Stmt) -> Vec<&Block> {
    match &stmt.kind {
        StmtKind::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
        StmtKind::Loop { body, .. } => vec![body],
        StmtKind::Block(block) => vec![block],
        StmtKind::Match { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        _ => Vec::new(),
    }
}

/// Whether a statement has blocks within.
fn has_blocks(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::If { .. } | StmtKind::Loop { .. } | StmtKind::Block(_) | StmtKind::Match { .. })
}

/// The statements that a statement carries in its head: what `if let` binds, what a `for` does after each turn.
fn head_stmts(stmt: &Stmt) -> Vec<&Stmt> {
    match &stmt.kind {
        StmtKind::If { bind, .. } => bind.iter().map(|bind| &**bind).collect(),
        StmtKind::Loop { bind, step, .. } => bind.iter().chain(step).map(|stmt| &**stmt).collect(),
        _ => Vec::new(),
    }
}

/// The expressions of a statement itself, not of the blocks within.
pub(in crate::check) fn own_exprs(stmt: &Stmt) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = Vec::new();
    each_own(stmt, &mut |expr| found.push(expr));
    found
}

/// Visits the expressions of a statement itself. Every statement is looked at many times: nothing is collected for that.
pub(in crate::check) fn each_own<'t>(stmt: &'t Stmt, visit: &mut dyn FnMut(&'t Expr)) {
    match &stmt.kind {
        StmtKind::Store { targets, value, .. } => {
            visit(value);
            targets.iter().flatten().for_each(|target| place_exprs(target, visit));
        }
        StmtKind::Update { place, value, .. } => {
            visit(value);
            place_exprs(place, visit);
        }
        StmtKind::If { test, bind, .. } => {
            visit(test);
            bind.iter().for_each(|bind| each_own(bind, visit));
        }
        StmtKind::Loop { test, bind, step, .. } => {
            test.iter().for_each(&mut *visit);
            bind.iter().chain(step).for_each(|head| each_own(head, visit));
        }
        StmtKind::Match { value, .. } => visit(value),
        StmtKind::Return(value) => value.iter().for_each(visit),
        StmtKind::Expr(value) => visit(value),
        StmtKind::Break | StmtKind::Continue | StmtKind::Block(_) => {}
    }
}

fn place_exprs<'t>(place: &'t Place, visit: &mut dyn FnMut(&'t Expr)) {
    match &place.kind {
        PlaceKind::Local(_) | PlaceKind::Global(_) => {}
        PlaceKind::Element(base, index) | PlaceKind::Cell(base, index) => {
            visit(base);
            visit(index);
        }
        PlaceKind::Field(base, _) => visit(base),
    }
}

/// Visits the expressions directly within one.
fn each_child<'t>(expr: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    use ExprKind::*;
    match &expr.kind {
        Constant(_) | Local(_) | Global(_) | Function(_) => {}
        NegateInt(a)
        | NegateFloat(a)
        | Complement(a)
        | Not(a)
        | Truth(a)
        | First(a)
        | Field(a, _)
        | IntToFloat(a)
        | FloatToInt(a)
        | WordToInt(a)
        | ParseInt(a)
        | ParseFloat(a) => visit(a),
        Binary(_, a, b)
        | PtrDifference(a, b)
        | Compare(_, _, a, b)
        | And(a, b)
        | Or(a, b)
        | Index(a, b)
        | Byte(a, b)
        | Cell(a, b)
        | Repeat { value: a, count: b } => {
            visit(a);
            visit(b);
        }
        Conditional(a, b, c) => {
            visit(a);
            visit(b);
            visit(c);
        }
        Call(_, args) | Tuple(args) | Array(args) | CallBuiltin { args, .. } => args.iter().for_each(visit),
        CallValue(callee, args) => {
            visit(callee);
            args.iter().for_each(visit);
        }
        Slice(base, from, to) => {
            visit(base);
            from.iter().chain(to).for_each(|end| visit(end));
        }
        Struct(_, fields) => fields.iter().for_each(|(_, value)| visit(value)),
    }
}

/// Visits every statement of a block and of the blocks within, in the order of the text.
pub(in crate::check) fn each_stmt<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Stmt)) {
    deep(|| {
        for stmt in &block.stmts {
            visit(stmt);
            if has_blocks(stmt) {
                head_stmts(stmt).into_iter().for_each(&mut *visit);
                inner_blocks(stmt).into_iter().for_each(|inner| each_stmt(inner, visit));
            }
        }
    });
}

/// Visits an expression and all within it.
pub(in crate::check) fn each_within<'t>(expr: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    visit(expr);
    // Most expressions are leaves, which need no look at the stack.
    if !matches!(expr.kind, ExprKind::Constant(_) | ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Function(_)) {
        deep(|| each_child(expr, &mut |child| each_within(child, visit)));
    }
}

/// Visits every expression of a block, also of the blocks within.
pub(in crate::check) fn each_expr<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Expr)) {
    for stmt in &block.stmts {
        each_expr_of(stmt, visit);
    }
}

/// Visits every expression of a statement, also of the blocks within.
pub(in crate::check) fn each_expr_of<'t>(stmt: &'t Stmt, visit: &mut dyn FnMut(&'t Expr)) {
    each_own(stmt, &mut |expr| each_within(expr, visit));
    if has_blocks(stmt) {
        deep(|| inner_blocks(stmt).into_iter().for_each(|inner| each_expr(inner, visit)));
    }
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
