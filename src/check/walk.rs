//! Walks over checked bodies: every expression, every statement, what is stored to. All of them go in the order of evaluation, outer
//! before inner; none of them collects anything, since a body is walked often.

use super::tree::{Arm, Block, Expr, ExprKind, Place, PlaceKind, Stmt, StmtKind};

/// Visits every expression in a block; the index and the base of a place count, the place itself does not.
pub(crate) fn each_expr<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Expr)) {
    block.stmts.iter().for_each(|stmt| each_expr_of(stmt, visit));
}

/// The same for one statement, with the blocks within.
pub(crate) fn each_expr_of<'t>(stmt: &'t Stmt, visit: &mut dyn FnMut(&'t Expr)) {
    each_own(stmt, &mut |expr| each_within(expr, visit));
    inner_blocks(stmt).for_each(|inner| each_expr(inner, visit));
}

/// An expression and all within it.
pub(crate) fn each_within<'t>(expr: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    visit(expr);
    each_part(expr, &mut |part| each_within(part, visit));
}

/// The expressions of a statement itself, not what is within them, nor the blocks within the statement.
pub(crate) fn each_own<'t>(stmt: &'t Stmt, visit: &mut dyn FnMut(&'t Expr)) {
    match &stmt.kind {
        StmtKind::Store { targets, value, .. } => {
            targets.iter().flatten().for_each(|place| place_exprs(place, visit));
            visit(value);
        }
        StmtKind::Update { place, value, .. } => {
            place_exprs(place, visit);
            visit(value);
        }
        StmtKind::If { bind, test, .. } => {
            bind.iter().for_each(|bind| each_own(bind, visit));
            visit(test);
        }
        StmtKind::Loop { bind, test, step, .. } => {
            bind.iter().for_each(|bind| each_own(bind, visit));
            test.iter().for_each(&mut *visit);
            step.iter().for_each(|step| each_own(step, visit));
        }
        StmtKind::Match { value, .. } | StmtKind::Return(Some(value)) | StmtKind::Expr(value) => visit(value),
        StmtKind::Return(None) | StmtKind::Break | StmtKind::Continue | StmtKind::Block(_) => {}
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

/// Visits the direct parts of an expression: one body for those who look and those who change.
macro_rules! parts_of {
    ($kind:expr, $visit:ident, $iter:ident) => {{
        use ExprKind::*;
        match $kind {
            Constant(_) | Local(_) | Global(_) | Function(_) => {}
            NegateInt(x)
            | NegateFloat(x)
            | Complement(x)
            | Not(x)
            | Truth(x)
            | First(x)
            | Field(x, _)
            | IntToFloat(x)
            | FloatToInt(x)
            | WordToInt(x)
            | ParseInt(x)
            | ParseFloat(x) => $visit(x),
            Binary(_, a, b)
            | PtrDifference(a, b)
            | Compare(_, _, a, b)
            | And(a, b)
            | Or(a, b)
            | Index(a, b)
            | Byte(a, b)
            | Cell(a, b)
            | Repeat { count: a, value: b } => {
                $visit(a);
                $visit(b);
            }
            Conditional(a, b, c) => {
                $visit(a);
                $visit(b);
                $visit(c);
            }
            Call(_, args) | CallBuiltin { args, .. } | Tuple(args) | Array(args) => args.$iter().for_each($visit),
            CallValue(callee, args) => {
                $visit(callee);
                args.$iter().for_each($visit);
            }
            Slice(base, from, to) => {
                $visit(base);
                from.$iter().chain(to.$iter()).for_each(|end| $visit(end));
            }
            Struct(_, fields) => fields.$iter().for_each(|(_, value)| $visit(value)),
        }
    }};
}

/// The direct parts of an expression.
pub(crate) fn each_part<'t>(expr: &'t Expr, visit: &mut dyn FnMut(&'t Expr)) {
    parts_of!(&expr.kind, visit, iter);
}

/// The same parts, to be changed.
pub(crate) fn each_part_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    parts_of!(&mut expr.kind, visit, iter_mut);
}

/// The direct parts of an expression as a list.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    each_part(expr, &mut |part| parts.push(part));
    parts
}

/// The blocks directly within a statement.
pub(crate) fn inner_blocks(stmt: &Stmt) -> impl Iterator<Item = &Block> {
    let (first, second, arms): (Option<&Block>, Option<&Block>, &[Arm]) = match &stmt.kind {
        StmtKind::If { then, otherwise, .. } => (Some(then), otherwise.as_ref(), &[]),
        StmtKind::Loop { body, .. } => (Some(body), None, &[]),
        StmtKind::Block(block) => (Some(block), None, &[]),
        StmtKind::Match { arms, .. } => (None, None, arms),
        _ => (None, None, &[]),
    };
    first.into_iter().chain(second).chain(arms.iter().map(|arm| &arm.body))
}

/// Visits every statement in a block, with those that another carries in its head: what `if let` binds, what a `for` does after each
/// turn.
pub(crate) fn each_stmt<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Stmt)) {
    for stmt in &block.stmts {
        visit(stmt);
        match &stmt.kind {
            StmtKind::If { bind, .. } => bind.iter().for_each(|head| visit(head)),
            StmtKind::Loop { bind, step, .. } => bind.iter().chain(step).for_each(|head| visit(head)),
            _ => {}
        }
        inner_blocks(stmt).for_each(|inner| each_stmt(inner, visit));
    }
}

/// Visits every place that a block stores to.
pub(crate) fn each_store<'t>(block: &'t Block, visit: &mut dyn FnMut(&'t Place)) {
    each_stmt(block, &mut |stmt| match &stmt.kind {
        StmtKind::Store { targets, .. } => targets.iter().flatten().for_each(&mut *visit),
        StmtKind::Update { place, .. } => visit(place),
        _ => {}
    });
}
