//! Lints about memory that is not shared: what a child changes in its own copy and never uses, and a second variable of one name that
//! takes what was meant for the first.

use std::collections::BTreeMap;

use super::Facts;
use super::hints::child_test;
use super::walk::{self, Var, builtin_call, each_stmt, int, within};
use crate::abi::{ARGV_SLOT, Builtin};
use crate::check::flow;
use crate::check::tree::{Block, Constant, Expr, ExprKind, Function, FunctionId, PlaceKind, Stmt, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// `errno` and `argv` come before the program's own variables.
const FIRST_OWN_GLOBAL: usize = ARGV_SLOT + 1;

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let forks = forks(function);
    each_stmt(&function.body, &mut |stmt| {
        let StmtKind::If { test, then, .. } = &stmt.kind else { return };
        let Some(fork) = child_test(test).or_else(|| zero_of(test, &forks)) else { return };
        // A child that goes on with the code behind its branch may use there what it has changed.
        if then.stmts.iter().all(|stmt| flow::stmt_leak(stmt, &facts.never).is_some()) {
            return;
        }
        vain(then, fork, found);
        let branch = Branch { function, facts, stmt, then };
        if let Some((var, store)) = branch.lost_store()
            && let Some(read) = branch.read_by_parent(var)
        {
            found.push(say::child_memory(facts.name(function, var), store, read, fork));
        }
    });
    shadowed(function, facts, found);
}

/// `chdir(…); exit(0);` in a child: it has changed nothing but itself.
fn vain(then: &Block, fork: Span, found: &mut Vec<Diagnostic>) {
    for pair in then.stmts.windows(2) {
        let [Stmt { kind: StmtKind::Expr(call), .. }, Stmt { kind: StmtKind::Expr(end), .. }] = pair else { continue };
        let (Some((builtin, _)), Some((Builtin::Exit | Builtin::ExitNow, _))) = (builtin_call(call), builtin_call(end))
        else {
            continue;
        };
        if matches!(builtin, Builtin::Chdir | Builtin::Nice | Builtin::Setenv | Builtin::Setrlimit) {
            found.push(say::vain_in_child(builtin.name(), call.span, end.span, fork));
        }
    }
}

/// The variables that hold what `fork()` gave, and the forks.
fn forks(function: &Function) -> Vec<(Var, Span)> {
    let mut forks = Vec::new();
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Store { targets, value, .. } = &stmt.kind
            && let (Some((Builtin::Fork, _)), [Some(target)]) = (builtin_call(value), targets.as_slice())
        {
            forks.extend(walk::Var::of_place(target).map(|var| (var, value.span)));
        }
    });
    forks
}

/// `pid == 0` where `pid` holds what a fork gave: the fork.
fn zero_of(test: &Expr, forks: &[(Var, Span)]) -> Option<Span> {
    let ExprKind::Compare(_, BinaryOp::Equal, one, other) = &test.kind else { return None };
    let var = match (int(one), int(other)) {
        (_, Some(0)) => Var::of(one),
        (Some(0), _) => Var::of(other),
        _ => None,
    }?;
    forks.iter().rfind(|(of, fork)| *of == var && fork.start < test.span.start).map(|(_, fork)| *fork)
}

/// A child's part of a function, which it never leaves alive.
struct Branch<'b, 'p> {
    function: &'b Function,
    facts: &'b Facts<'p>,
    stmt: &'b Stmt,
    then: &'b Block,
}

impl Branch<'_, '_> {
    /// A variable of the parent's that the branch changes and does not read again, and where.
    fn lost_store(&self) -> Option<(Var, Span)> {
        let mut stores: BTreeMap<Var, Vec<Span>> = BTreeMap::new();
        each_stmt(self.then, &mut |stmt| {
            if let Some(var) = changed(stmt) {
                stores.entry(var).or_default().push(stmt.span);
            }
        });
        stores.into_iter().find_map(|(var, places)| {
            let first = *places.first()?;
            let own = |at: Span| places.iter().any(|place| within(at, *place));
            let read = walk::any_expr(self.then, &|expr| is(expr, var) && !own(expr.span));
            (self.is_outer(var) && !read && !self.others_use(var)).then_some((var, first))
        })
    }

    /// Whether a variable is declared outside of the branch.
    fn is_outer(&self, var: Var) -> bool {
        match var {
            Var::Local(id) => {
                let local = self.function.locals.get(id.0 as usize);
                local.is_some_and(|local| !local.name.starts_with(' ') && !within(local.span, self.then.span))
            }
            Var::Global(id) => id.0 as usize >= FIRST_OWN_GLOBAL,
        }
    }

    /// Whether a function other than this one uses it: a handler, or one that the branch calls.
    fn others_use(&self, var: Var) -> bool {
        let Var::Global(_) = var else { return false };
        self.facts.program.functions.iter().enumerate().any(|(at, other)| {
            let own = self.facts.function(FunctionId(at as u32)).is_some_and(|of| std::ptr::eq(of, self.function));
            !own && (walk::any_expr(&other.body, &|expr| is(expr, var)) || {
                let mut stored = false;
                each_stmt(&other.body, &mut |stmt| stored |= changed(stmt) == Some(var));
                stored
            })
        })
    }

    /// Where the parent reads it later, and nothing but the child has changed it since the fork.
    fn read_by_parent(&self, var: Var) -> Option<Span> {
        let (mut read, mut stored, mut first) = (None, false, None);
        let after = |at: Span| at.start >= self.stmt.span.end;
        each_stmt(&self.function.body, &mut |stmt| {
            if changed(stmt) == Some(var) && after(stmt.span) {
                stored = true;
                first.get_or_insert(stmt);
            }
        });
        // `x += 1` goes on from the value that was there.
        if let Some(Stmt { kind: StmtKind::Update { place, .. }, .. }) = first {
            let mut before = false;
            walk::each_expr(&self.function.body, &mut |expr| {
                before |= is(expr, var) && after(expr.span) && expr.span.end <= place.span.start;
            });
            if !before {
                return Some(place.span);
            }
        }
        walk::each_expr(&self.function.body, &mut |expr| {
            if read.is_none() && is(expr, var) && after(expr.span) {
                read = Some(expr.span);
            }
        });
        read.filter(|_| !stored)
    }
}

/// The variable that a statement changes, itself or what it refers to.
fn changed(stmt: &Stmt) -> Option<Var> {
    let base = |kind: &PlaceKind| match kind {
        PlaceKind::Local(id) => Some(Var::Local(*id)),
        PlaceKind::Global(id) => Some(Var::Global(*id)),
        PlaceKind::Element(base, _) | PlaceKind::Cell(base, _) | PlaceKind::Field(base, _) => Var::of(base),
    };
    match &stmt.kind {
        StmtKind::Store { targets, declares: false, .. } => match targets.as_slice() {
            [Some(place)] => base(&place.kind),
            _ => None,
        },
        StmtKind::Update { place, .. } => base(&place.kind),
        StmtKind::Expr(call) => match builtin_call(call) {
            Some((Builtin::Push, [array, _])) => Var::of(array),
            _ => None,
        },
        _ => None,
    }
}

fn is(expr: &Expr, var: Var) -> bool {
    match (&expr.kind, var) {
        (ExprKind::Local(id), Var::Local(of)) => *id == of,
        (ExprKind::Global(id), Var::Global(of)) => *id == of,
        _ => false,
    }
}

/// `let pid = -1; … { let pid = fork(); … } … kill(pid, …)`: the outer variable never gets another value, and is used as if it had.
fn shadowed(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut outer: Vec<(Var, Span)> = Vec::new();
    let mut inner: Vec<(Var, Span)> = Vec::new();
    let mut top: Vec<Span> = function.body.stmts.iter().map(|stmt| stmt.span).collect();
    top.sort_unstable_by_key(|span| span.start);
    each_stmt(&function.body, &mut |stmt| {
        let StmtKind::Store { targets, value, declares: true } = &stmt.kind else { return };
        let [Some(target)] = targets.as_slice() else { return };
        let Some(var) = Var::of_place(target) else { return };
        let here = top.binary_search_by_key(&stmt.span.start, |span| span.start).is_ok();
        match &value.kind {
            _ if !here => inner.push((var, target.span)),
            ExprKind::Constant(Constant::Int(-1 | 0) | Constant::Nil | Constant::Bool(_)) => {
                outer.push((var, target.span))
            }
            ExprKind::NegateInt(_) if int(value) == Some(-1) => outer.push((var, target.span)),
            _ => {}
        }
    });
    for (var, declared) in outer {
        let name = facts.name(function, var);
        let twin = |(other, at): &&(Var, Span)| {
            *other != var && at.start > declared.end && facts.name(function, *other) == name
        };
        let Some((_, second)) = inner.iter().find(twin) else { continue };
        let stored = facts.program.functions.iter().any(|other| {
            let mut stored = false;
            each_stmt(&other.body, &mut |stmt| {
                stored |= changed(stmt) == Some(var) && stmt.span != declared;
                if let StmtKind::Store { targets, declares: false, .. } = &stmt.kind {
                    stored |= targets.iter().flatten().any(|place| Var::of_place(place) == Some(var));
                }
            });
            stored
        });
        // What is read behind the block in which the second one lives can only be meant to be that.
        let block_end = top.iter().find(|span| within(*second, **span)).map_or(u32::MAX, |span| span.end);
        let mut read = None;
        walk::each_expr(&function.body, &mut |expr| {
            if read.is_none() && is(expr, var) && expr.span.start >= block_end {
                read = Some(expr.span);
            }
        });
        if let (false, Some(read)) = (stored, read) {
            found.push(say::shadowed(name, read, *second, declared));
        }
    }
}
