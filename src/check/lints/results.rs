//! Comparisons with what a built-in never gives: `wait() != 0`, `WEXITSTATUS(status) == -1`, a child that is asked for as 1.

use super::Facts;
use super::walk::{Var, builtin_call, each_expr, each_stmt, int};
use crate::abi::{Builtin, constant};
use crate::check::tree::{Constant, Expr, ExprKind, Function, Pattern, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::syntax::ast::BinaryOp;

/// The ints that something can be, as ranges whose ends are included.
type Ranges = Vec<(i64, i64)>;

const FAILS: (i64, i64) = (-1, -1);
const ZERO: (i64, i64) = (0, 0);
/// Process ids of others than init, and of init too.
const OTHERS: (i64, i64) = (2, i64::MAX);
const ALL: (i64, i64) = (1, i64::MAX);

/// Calls of which it is known what they give.
pub(super) const KNOWN: [Builtin; 15] = [
    Builtin::Fork,
    Builtin::Wait,
    Builtin::Waitpid,
    Builtin::Getpid,
    Builtin::Getppid,
    Builtin::Exec,
    Builtin::Execv,
    Builtin::Execl,
    Builtin::Pipe,
    Builtin::Dup2,
    Builtin::Wexitstatus,
    Builtin::Kill,
    Builtin::Close,
    Builtin::MqSend,
    Builtin::Setpgid,
];

/// What a call can give, by its first part.
fn results(builtin: Builtin, args: &[Expr]) -> Option<Ranges> {
    Some(match (builtin, args) {
        (Builtin::Fork, _) => vec![FAILS, ZERO, OTHERS],
        (Builtin::Wait, _) => vec![FAILS, OTHERS],
        (Builtin::Waitpid, [_, options]) if int(options).is_some_and(|options| options & constant::WNOHANG == 0) => {
            vec![FAILS, OTHERS]
        }
        (Builtin::Getpid, _) => vec![OTHERS],
        (Builtin::Getppid, _) => vec![ALL],
        (Builtin::Exec | Builtin::Execv | Builtin::Execl, _) => vec![FAILS],
        (Builtin::Dup2, [_, new]) => vec![FAILS, int(new).map(|new| (new, new))?],
        (Builtin::Wexitstatus, _) => vec![(0, 255)],
        (Builtin::Kill | Builtin::Close | Builtin::MqSend | Builtin::Setpgid, _) => vec![FAILS, ZERO],
        // Descriptors 0 to 2 are free only where the program has closed them.
        (Builtin::Pipe, _) => vec![FAILS, ALL],
        _ => return None,
    })
}

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    each_expr(&function.body, &mut |expr| match &expr.kind {
        ExprKind::Compare(_, op, left, right) => {
            if let Some(number) = int(right) {
                compared(*op, left, number, expr, (function, facts), found);
            } else if let Some(number) = int(left) {
                compared(flipped(*op), right, number, expr, (function, facts), found);
            }
        }
        ExprKind::Truth(inner) => compared(BinaryOp::NotEqual, inner, 0, expr, (function, facts), found),
        _ => {}
    });
    each_stmt(&function.body, &mut |stmt| {
        let StmtKind::Match { value, arms, .. } = &stmt.kind else { return };
        for pattern in arms.iter().flat_map(|arm| &arm.patterns) {
            if let Pattern::Equal(Constant::Int(number)) = pattern {
                compared(BinaryOp::Equal, value, *number, value, (function, facts), found);
            }
        }
    });
}

fn flipped(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        op => op,
    }
}

fn compared(
    op: BinaryOp,
    side: &Expr,
    number: i64,
    whole: &Expr,
    (function, facts): (&Function, &Facts<'_>),
    found: &mut Vec<Diagnostic>,
) {
    let Some((builtin, ranges, var)) = known(side, function, facts) else { return };
    let Some(outcome) = outcome(op, number, &ranges) else { return };
    // `exec(…) < 0` is always true where it is reached, and is how one asks.
    if outcome && (op != BinaryOp::NotEqual || ranges.len() == 1) {
        return;
    }
    let name = var.map(|var| facts.name(function, var));
    let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
    found.push(say::impossible_result(builtin, name, equality.then_some(number), outcome, whole.span));
}

/// The built-in that a value comes from, what it can give, and the variable in between.
fn known(side: &Expr, function: &Function, facts: &Facts<'_>) -> Option<(Builtin, Ranges, Option<Var>)> {
    if let Some((builtin, args)) = builtin_call(side) {
        return Some((builtin, results(builtin, args)?, None));
    }
    let var = match side.kind {
        ExprKind::Local(_) | ExprKind::Global(_) => Var::of(side)?,
        _ => return None,
    };
    if matches!(var, Var::Local(id) if (id.0 as usize) < function.params) {
        return None;
    }
    let mut all: Option<(Builtin, Ranges)> = None;
    let mut clear = true;
    let holders = facts.program.functions.iter();
    for holder in holders.filter(|holder| matches!(var, Var::Global(_)) || std::ptr::eq(*holder, function)) {
        each_stmt(&holder.body, &mut |stmt| match &stmt.kind {
            StmtKind::Store { targets, value, .. } => {
                let places = targets.iter().map(|target| target.as_ref().and_then(Var::of_place));
                for at in places.enumerate().filter(|(_, place)| *place == Some(var)).map(|(at, _)| at) {
                    match (at, builtin_call(value), int(value)) {
                        (0, Some((builtin, args)), _) => match (results(builtin, args), &mut all) {
                            (Some(ranges), None) => all = Some((builtin, ranges)),
                            (Some(ranges), Some((first, known))) if *first == builtin => known.extend(ranges),
                            _ => clear = false,
                        },
                        _ => clear = false,
                    }
                }
            }
            StmtKind::Update { place, .. } => clear &= Var::of_place(place) != Some(var),
            _ => {}
        });
    }
    // A program that closes its standard input gets 0 from `pipe`, and asks for it by the variable.
    let (builtin, ranges) = all.filter(|(builtin, _)| clear && *builtin != Builtin::Pipe)?;
    Some((builtin, ranges, Some(var)))
}

/// Whether a comparison has one outcome whatever the value is.
fn outcome(op: BinaryOp, number: i64, ranges: &[(i64, i64)]) -> Option<bool> {
    let mut outcomes = ranges.iter().map(|(low, high)| {
        let (low, high) = (*low, *high);
        let within = (low..=high).contains(&number);
        match op {
            BinaryOp::Equal if !within => Some(false),
            BinaryOp::Equal if low == high => Some(true),
            BinaryOp::NotEqual if !within => Some(true),
            BinaryOp::NotEqual if low == high => Some(false),
            BinaryOp::Less => decided(high < number, low >= number),
            BinaryOp::LessEqual => decided(high <= number, low > number),
            BinaryOp::Greater => decided(low > number, high <= number),
            BinaryOp::GreaterEqual => decided(low >= number, high < number),
            _ => None,
        }
    });
    let first = outcomes.next()??;
    outcomes.all(|other| other == Some(first)).then_some(first)
}

fn decided(always: bool, never: bool) -> Option<bool> {
    match (always, never) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Whether a function may have something for this lint: it compares, and the program makes one of the calls.
pub(super) fn wanted(facts: &Facts<'_>) -> bool {
    facts.own.iter().any(|own| own.calls.any(&KNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_for_every_value_is_an_outcome() {
        let wait = [FAILS, OTHERS];
        assert_eq!(outcome(BinaryOp::Equal, 0, &wait), Some(false));
        assert_eq!(outcome(BinaryOp::NotEqual, 0, &wait), Some(true));
        assert_eq!(outcome(BinaryOp::Greater, 0, &wait), None);
        assert_eq!(outcome(BinaryOp::Equal, -1, &wait), None);
        assert_eq!(outcome(BinaryOp::Less, -1, &wait), Some(false));
        assert_eq!(outcome(BinaryOp::GreaterEqual, 256, &[(0, 255)]), Some(false));
    }
}
