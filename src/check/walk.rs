//! Walks over checked bodies: every expression, every statement, what is stored to.

use super::tree::{Block, Expr, ExprKind, Place, PlaceKind, Stmt, StmtKind};

/// Calls `each` with every expression in a block, outer before inner; the index and the base of a place count, the place itself does not.
pub(crate) fn exprs<'t>(block: &'t Block, each: &mut dyn FnMut(&'t Expr)) {
    block.stmts.iter().for_each(|stmt| stmt_exprs(stmt, each));
}

/// The same for one statement.
pub(crate) fn stmt_exprs<'t>(stmt: &'t Stmt, each: &mut dyn FnMut(&'t Expr)) {
    match &stmt.kind {
        StmtKind::Store { targets, value, .. } => {
            targets.iter().flatten().for_each(|place| place_exprs(place, each));
            inside(value, each);
        }
        StmtKind::Update { place, value, .. } => {
            place_exprs(place, each);
            inside(value, each);
        }
        StmtKind::If { bind, test, then, otherwise } => {
            bind.iter().for_each(|bind| stmt_exprs(bind, each));
            inside(test, each);
            exprs(then, each);
            otherwise.iter().for_each(|block| exprs(block, each));
        }
        StmtKind::Loop { bind, test, step, body, .. } => {
            bind.iter().for_each(|bind| stmt_exprs(bind, each));
            test.iter().for_each(|test| inside(test, each));
            step.iter().for_each(|step| stmt_exprs(step, each));
            exprs(body, each);
        }
        StmtKind::Match { value, arms, .. } => {
            inside(value, each);
            arms.iter().for_each(|arm| exprs(&arm.body, each));
        }
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => inside(value, each),
        StmtKind::Return(None) | StmtKind::Break | StmtKind::Continue => {}
        StmtKind::Block(block) => exprs(block, each),
    }
}

fn place_exprs<'t>(place: &'t Place, each: &mut dyn FnMut(&'t Expr)) {
    match &place.kind {
        PlaceKind::Local(_) | PlaceKind::Global(_) => {}
        PlaceKind::Element(base, index) | PlaceKind::Cell(base, index) => {
            inside(base, each);
            inside(index, each);
        }
        PlaceKind::Field(base, _) => inside(base, each),
    }
}

/// An expression and all inside it.
pub(crate) fn inside<'t>(expr: &'t Expr, each: &mut dyn FnMut(&'t Expr)) {
    each(expr);
    parts(expr).into_iter().for_each(|part| inside(part, each));
}

/// The direct parts of an expression in the order in which they are evaluated.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    use ExprKind::*;
    match &expr.kind {
        Constant(_) | Local(_) | Global(_) | Function(_) => Vec::new(),
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
        | ParseFloat(x) => vec![x],
        Binary(_, a, b)
        | PtrDifference(a, b)
        | Compare(_, _, a, b)
        | And(a, b)
        | Or(a, b)
        | Index(a, b)
        | Byte(a, b)
        | Cell(a, b) => vec![a, b],
        Conditional(a, b, c) => vec![a, b, c],
        Call(_, args) | CallBuiltin { args, .. } | Tuple(args) | Array(args) => args.iter().collect(),
        CallValue(callee, args) => std::iter::once(&**callee).chain(args).collect(),
        Slice(base, from, to) => std::iter::once(&**base).chain(from.as_deref()).chain(to.as_deref()).collect(),
        Repeat { value, count } => vec![count, value],
        Struct(_, fields) => fields.iter().map(|(_, value)| value).collect(),
    }
}

/// The same parts, to be changed.
pub(crate) fn parts_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    use ExprKind::*;
    match &mut expr.kind {
        Constant(_) | Local(_) | Global(_) | Function(_) => Vec::new(),
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
        | ParseFloat(x) => vec![x],
        Binary(_, a, b)
        | PtrDifference(a, b)
        | Compare(_, _, a, b)
        | And(a, b)
        | Or(a, b)
        | Index(a, b)
        | Byte(a, b)
        | Cell(a, b) => vec![a, b],
        Conditional(a, b, c) => vec![a, b, c],
        Call(_, args) | CallBuiltin { args, .. } | Tuple(args) | Array(args) => args.iter_mut().collect(),
        CallValue(callee, args) => std::iter::once(&mut **callee).chain(args).collect(),
        Slice(base, from, to) => {
            std::iter::once(&mut **base).chain(from.as_deref_mut()).chain(to.as_deref_mut()).collect()
        }
        Repeat { value, count } => vec![count, value],
        Struct(_, fields) => fields.iter_mut().map(|(_, value)| value).collect(),
    }
}

/// Calls `each` with every statement in a block, outer before inner.
pub(crate) fn stmts<'t>(block: &'t Block, each: &mut dyn FnMut(&'t Stmt)) {
    for stmt in &block.stmts {
        stmt_inside(stmt, each);
    }
}

fn stmt_inside<'t>(stmt: &'t Stmt, each: &mut dyn FnMut(&'t Stmt)) {
    each(stmt);
    match &stmt.kind {
        StmtKind::If { bind, then, otherwise, .. } => {
            bind.iter().for_each(|bind| stmt_inside(bind, each));
            stmts(then, each);
            otherwise.iter().for_each(|block| stmts(block, each));
        }
        StmtKind::Loop { bind, step, body, .. } => {
            bind.iter().for_each(|bind| stmt_inside(bind, each));
            step.iter().for_each(|step| stmt_inside(step, each));
            stmts(body, each);
        }
        StmtKind::Match { arms, .. } => arms.iter().for_each(|arm| stmts(&arm.body, each)),
        StmtKind::Block(block) => stmts(block, each),
        _ => {}
    }
}

/// Every place that a block stores to.
pub(crate) fn stores<'t>(block: &'t Block, each: &mut dyn FnMut(&'t Place)) {
    stmts(block, &mut |stmt| match &stmt.kind {
        StmtKind::Store { targets, .. } => targets.iter().flatten().for_each(&mut *each),
        StmtKind::Update { place, .. } => each(place),
        _ => {}
    });
}
