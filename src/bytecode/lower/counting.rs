//! The variable that tells the turns of a loop apart: what a report says of children that were all born at one line. It knows the
//! checked tree, and nothing of registers.

use crate::check::tree::{
    Block, Expr, ExprKind, Function, FunctionId, GlobalId, LocalId, LoopForm, Operator, Place, PlaceKind, Program,
    Stmt, StmtKind,
};
use crate::check::types::Type;
use crate::check::walk;
use crate::syntax::ast::BinaryOp;

/// A variable that a loop counts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Local(LocalId),
    Static(GlobalId),
}

impl Counted {
    fn of(expr: &Expr) -> Option<Counted> {
        match &expr.kind {
            ExprKind::Local(id) if expr.ty == Type::Int => Some(Counted::Local(*id)),
            ExprKind::Global(id) if expr.ty == Type::Int => Some(Counted::Static(*id)),
            _ => None,
        }
    }

    fn of_place(place: &Place) -> Option<Counted> {
        match &place.kind {
            PlaceKind::Local(id) if place.ty == Type::Int => Some(Counted::Local(*id)),
            PlaceKind::Global(id) if place.ty == Type::Int => Some(Counted::Static(*id)),
            _ => None,
        }
    }
}

/// What a loop counts with: the element of a `for x in array` of ints, the variable that a `for` steps, else one that the loop's tests
/// look at and its body counts up or down.
pub(super) fn of_loop(test: Option<&Expr>, step: Option<&Stmt>, body: &Block, form: LoopForm) -> Option<Counted> {
    if form == LoopForm::Each {
        return match &body.stmts.first()?.kind {
            StmtKind::Store { targets, declares: true, .. } => targets.first()?.as_ref().and_then(Counted::of_place),
            _ => None,
        };
    }
    if let Some(stepped) = step.and_then(counts) {
        return Some(stepped);
    }
    let mut tested: Vec<Counted> = Vec::new();
    let mut look = |test: &Expr| walk::each_within(test, &mut |part| tested.extend(Counted::of(part)));
    match test {
        Some(test) => look(test),
        None => body.stmts.iter().for_each(|stmt| {
            if let StmtKind::If { test, .. } = &stmt.kind {
                look(test);
            }
        }),
    }
    body.stmts.iter().filter_map(counts).find(|counted| tested.contains(counted))
}

/// The variable that a statement counts up or down: `i++`, `n -= 2`, `i = i + 1`.
fn counts(stmt: &Stmt) -> Option<Counted> {
    let steps = |op: &Operator| matches!(op, Operator::Int(BinaryOp::Add | BinaryOp::Subtract));
    match &stmt.kind {
        StmtKind::Update { place, op, .. } if steps(op) => Counted::of_place(place),
        StmtKind::Store { targets, value, declares: false } => {
            let place = targets.first()?.as_ref().and_then(Counted::of_place)?;
            let again =
                matches!(&value.kind, ExprKind::Binary(op, left, _) if steps(op) && Counted::of(left) == Some(place));
            again.then_some(place)
        }
        _ => None,
    }
}

/// For each function the parameter that is given what a loop around a call of it counts with, or that counts the depth of a
/// recursion: a fork in it that stands in no loop is told apart by that.
pub(super) fn parameters(program: &Program) -> Vec<Option<LocalId>> {
    let mut found = vec![None; program.functions.len()];
    for (at, function) in program.functions.iter().enumerate() {
        calls_in(&function.body, None, FunctionId(at as u32), function, &mut found);
    }
    found
}

fn calls_in(
    block: &Block,
    counted: Option<Counted>,
    own: FunctionId,
    function: &Function,
    found: &mut [Option<LocalId>],
) {
    for stmt in &block.stmts {
        walk::each_own(stmt, &mut |expr| {
            walk::each_within(expr, &mut |inner| call(inner, counted, own, function, found));
        });
        let within = match &stmt.kind {
            StmtKind::Loop { test, step, body, form, .. } => {
                of_loop(test.as_ref(), step.as_deref(), body, *form).or(counted)
            }
            _ => counted,
        };
        walk::inner_blocks(stmt).for_each(|inner| calls_in(inner, within, own, function, found));
    }
}

fn call(expr: &Expr, counted: Option<Counted>, own: FunctionId, function: &Function, found: &mut [Option<LocalId>]) {
    let ExprKind::Call(callee, args) = &expr.kind else { return };
    let Some(slot) = found.get_mut(callee.0 as usize).filter(|slot| slot.is_none()) else { return };
    let deeper = |arg: &Expr| match &arg.kind {
        ExprKind::Binary(Operator::Int(BinaryOp::Add | BinaryOp::Subtract), left, _) => Counted::of(left),
        _ => None,
    };
    *slot = args.iter().enumerate().find_map(|(at, arg)| {
        let parameter = LocalId(at as u32);
        let turns = counted.is_some() && Counted::of(arg) == counted;
        let recurs = *callee == own && at < function.params && deeper(arg) == Some(Counted::Local(parameter));
        (turns || recurs).then_some(parameter)
    });
}
