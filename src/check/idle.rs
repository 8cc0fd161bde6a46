//! Loops that only wait: turn after turn they look at variables, or ask the kernel, and change nothing that they look at. A run counts their
//! turns. It knows nothing of runs, nor of what anybody wants to warn of.

use super::lints::walk::{self, Var, builtin_call, inner_blocks, int};
use super::tree::{Block, Expr, ExprKind, Stmt, StmtKind};
use super::walk::each_part;
use crate::abi::Builtin;
use crate::source::Span;

/// A loop that only waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Idle {
    /// The calls that ask the kernel, in the order of the text; none where the loop looks at variables only.
    pub asks: Vec<Span>,
    /// Whether one of them asks for the time, which goes on whatever anybody does.
    pub times: bool,
    /// Whether a turn stores to anything, be it only to count.
    stores: bool,
}

/// Whether a loop only waits: for a handler that changes a variable, or for the kernel's answer to change.
pub fn of(stmt: &Stmt) -> Option<Idle> {
    let StmtKind::Loop { bind: None, test, step: None, body, .. } = &stmt.kind else { return None };
    let mut looks = Looks::default();
    test.iter().for_each(|test| looks.at(test));
    looks.block(body);
    let mut idle = Idle::default();
    let waits = test.iter().all(|test| harmless(test, &mut idle)) && still(body, &looks, &mut idle);
    // Who counts how much can be done until then does something.
    let measures = idle.times && idle.stores;
    (waits && !measures && (!looks.vars.is_empty() || !idle.asks.is_empty())).then_some(idle)
}

/// The variables on which it depends whether a loop goes on.
#[derive(Default)]
struct Looks {
    vars: Vec<Var>,
}

impl Looks {
    fn at(&mut self, test: &Expr) {
        walk::each_within(test, &mut |part| self.vars.extend(Var::of(part)));
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::If { test, .. } => self.at(test),
                StmtKind::Match { value, .. } => self.at(value),
                _ => {}
            }
            inner_blocks(stmt).for_each(|inner| self.block(inner));
        }
    }
}

/// Whether an expression changes nothing; calls that ask are noted.
fn harmless(expr: &Expr, idle: &mut Idle) -> bool {
    match &expr.kind {
        ExprKind::Call(..) | ExprKind::CallValue(..) => return false,
        ExprKind::CallBuiltin { builtin, args, .. } => {
            let asks = match (builtin, args.as_slice()) {
                (Builtin::SchedYield | Builtin::Getppid | Builtin::Getpid, []) => true,
                (Builtin::Time | Builtin::Now, []) => {
                    idle.times = true;
                    true
                }
                (Builtin::Kill, [_, signal]) => int(signal) == Some(0),
                _ => false,
            };
            if !asks {
                return false;
            }
            idle.asks.push(expr.span);
        }
        ExprKind::Array(_) | ExprKind::Repeat { .. } | ExprKind::Struct(..) => return false,
        _ => {}
    }
    let mut all = true;
    each_part(expr, &mut |part| all = all && harmless(part, idle));
    all
}

/// Whether a turn of a loop changes nothing that the loop looks at, but by asking; what is done on the way out does not count.
fn still(block: &Block, looks: &Looks, idle: &mut Idle) -> bool {
    block.stmts.iter().all(|stmt| match &stmt.kind {
        StmtKind::If { bind: None, test, then, otherwise } => {
            let mut inside = |block: &Block| leaves(block) || still(block, looks, idle);
            let blocks = inside(then) && otherwise.as_ref().is_none_or(inside);
            blocks && harmless(test, idle)
        }
        StmtKind::Block(inner) => still(inner, looks, idle),
        StmtKind::Break | StmtKind::Continue => true,
        StmtKind::Expr(expr) => harmless(expr, idle),
        StmtKind::Store { targets, value, .. } => {
            let vars: Option<Vec<Var>> = targets.iter().flatten().map(Var::of_place).collect();
            let before = idle.asks.len();
            let quiet = harmless(value, idle);
            let asked = idle.asks.len() > before && builtin_call(value).is_some();
            idle.stores |= !asked;
            vars.is_some_and(|vars| quiet && (asked || vars.iter().all(|var| !looks.vars.contains(var))))
        }
        StmtKind::Update { place, value, .. } => {
            idle.stores = true;
            let other = Var::of_place(place).is_some_and(|var| !looks.vars.contains(&var));
            other && harmless(value, idle)
        }
        _ => false,
    })
}

/// Whether a block ends by leaving the loop.
fn leaves(block: &Block) -> bool {
    block.stmts.last().is_some_and(|last| match &last.kind {
        StmtKind::Break | StmtKind::Return(_) => true,
        StmtKind::Expr(call) => builtin_call(call).is_some_and(|(builtin, _)| builtin.never_returns()),
        _ => false,
    })
}
