//! Lints about single calls: results that nobody can get back, ends of pipes, names and limits of queues.

use std::collections::BTreeMap;

use super::Facts;
use super::builtins::Builtins;
use super::walk::{self, Var, builtin_call, each_own, each_stmt, each_within, inner_blocks, int, text};
use super::world::stores_to;
use crate::abi::{Builtin, ERRNO_SLOT, constant};
use crate::check::tree::{Block, Expr, ExprKind, Function, Stmt, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// The largest number of messages and of bytes that an unprivileged queue may ask for, and the largest priority (mq_overview(7)).
const MOST_MESSAGES: i64 = 10;
const LARGEST_MESSAGE: i64 = 8192;
const LARGEST_PRIORITY: i64 = 32767;
/// The longest name, its slash included.
const LONGEST_NAME: usize = 256;

/// Calls whose result nobody can get back.
const MAKERS: [Builtin; 5] = [Builtin::Pipe, Builtin::Pipe2, Builtin::Malloc, Builtin::Calloc, Builtin::Realloc];
/// Calls that take the name or the limits of a queue.
const QUEUES: [Builtin; 4] = [Builtin::MqOpen, Builtin::MqUnlink, Builtin::MqSend, Builtin::MqTimedsend];

pub(super) fn lint(function: &Function, calls: &Builtins, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    if calls.any(&MAKERS) {
        each_stmt(&function.body, &mut |stmt| {
            if let StmtKind::Expr(call) = &stmt.kind
                && let Some((builtin, _)) = builtin_call(call)
                && MAKERS.contains(&builtin)
            {
                found.push(say::result_dropped(builtin, call.span));
            }
        });
    }
    if calls.any(&QUEUES) {
        unexpected(function, &mut |expr| {
            if let ExprKind::CallBuiltin { builtin, args, .. } = &expr.kind {
                queue(*builtin, args, found);
            }
        });
    }
    if calls.any(&[Builtin::Close]) {
        closed(&function.body, function, facts, found);
    }
}

/// Whether a statement asks for `errno` while it makes a call: then the failure is what it is about.
fn expects_failure(stmt: &Stmt) -> bool {
    let mut asks = false;
    each_own(stmt, &mut |expr| {
        each_within(expr, &mut |inner| {
            asks |= matches!(inner.kind, ExprKind::Global(id) if id.0 as usize == ERRNO_SLOT)
        });
    });
    asks
}

/// Visits the expressions of a function, but for statements that expect a failure.
fn unexpected<'t>(function: &'t Function, visit: &mut dyn FnMut(&'t Expr)) {
    each_stmt(&function.body, &mut |stmt| {
        if !expects_failure(stmt) {
            each_own(stmt, &mut |expr| each_within(expr, visit));
        }
    });
}

/// The ends of pipes that are stored once and for all, and what is done with the wrong one; for the whole program, since ends that
/// are globals are used everywhere.
pub(super) fn pipe_ends(facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let makers = facts.program.functions.iter().zip(&facts.own);
    for (function, _) in makers.filter(|(_, own)| own.calls.any(&[Builtin::Pipe, Builtin::Pipe2])) {
        // For each variable: the pipe, whether it is the write end, and how often it is stored to.
        let mut ends: BTreeMap<Var, (Span, bool)> = BTreeMap::new();
        each_stmt(&function.body, &mut |stmt| {
            if let StmtKind::Store { targets, value, .. } = &stmt.kind
                && let (Some((Builtin::Pipe | Builtin::Pipe2, _)), [r, w]) = (builtin_call(value), targets.as_slice())
            {
                for (end, writes) in [(r, false), (w, true)] {
                    if let Some(var) = end.as_ref().and_then(Var::of_place) {
                        ends.insert(var, (value.span, writes));
                    }
                }
            }
        });
        ends.retain(|var, _| stored_once(facts, function, *var));
        let readers = |var: Var| matches!(var, Var::Global(_));
        // Locals are used in their function alone: a program is not read once for each of its functions.
        let shared = ends.keys().any(|var| readers(*var));
        let users =
            facts.program.functions.iter().filter(|user| !ends.is_empty() && (shared || std::ptr::eq(*user, function)));
        for user in users {
            let same = std::ptr::eq(user, function);
            unexpected(user, &mut |expr| {
                let Some((builtin, [fd, ..])) =
                    builtin_call(expr).filter(|_| matches!(expr.kind, ExprKind::CallBuiltin { .. }))
                else {
                    return;
                };
                let writing = match builtin {
                    Builtin::Read | Builtin::Getline => false,
                    Builtin::Write | Builtin::Dprintf => true,
                    _ => return,
                };
                let Some(var) = Var::of(fd).filter(|var| same || readers(*var)) else { return };
                if let Some((pipe, writes)) = ends.get(&var)
                    && *writes != writing
                {
                    found.push(say::wrong_pipe_end(builtin, facts.name(user, var), fd.span, *pipe));
                }
            });
        }
    }
}

fn stored_once(facts: &Facts<'_>, owner: &Function, var: Var) -> bool {
    let mut count = 0;
    for function in &facts.program.functions {
        if matches!(var, Var::Local(_)) && !std::ptr::eq(function, owner) {
            continue;
        }
        each_stmt(&function.body, &mut |stmt| {
            if matches!(stmt.kind, StmtKind::Store { .. } | StmtKind::Update { .. })
                && stores_to(stmt, &|other| other == var)
            {
                count += 1;
            }
        });
    }
    // One that `dup2` may have replaced is not known any more.
    let duplicated = walk::any_expr(
        &owner.body,
        &|expr| matches!(builtin_call(expr), Some((Builtin::Dup2, [_, new])) if Var::of(new) == Some(var)),
    );
    count == 1 && !duplicated
}

/// `close(w);` and then a use of `w` further down in the same block, with nothing stored to it between.
fn closed(block: &Block, function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let mut gone: Vec<(Var, Span)> = Vec::new();
    for stmt in &block.stmts {
        inner_blocks(stmt).for_each(|inner| closed(inner, function, facts, found));
        gone.retain(|(var, close)| {
            let mut used = None;
            each_own(stmt, &mut |expr| {
                each_within(expr, &mut |inner| {
                    if let Some((builtin, fd)) = uses_descriptor(inner)
                        && Var::of(fd) == Some(*var)
                    {
                        used.get_or_insert((builtin, fd.span));
                    }
                });
            });
            if let Some((builtin, at)) = used {
                if expects_failure(stmt) {
                    return false;
                }
                found.push(say::closed_descriptor(builtin, facts.name(function, *var), at, *close));
                return false;
            }
            !stores_to(stmt, &|other| other == *var)
        });
        // A number that is closed can be given out again, and `dup2` gives it back by hand.
        if facts.stmt_reaches(stmt, &|builtin| {
            matches!(
                builtin,
                Builtin::Dup | Builtin::Dup2 | Builtin::Pipe | Builtin::Pipe2 | Builtin::MqOpen | Builtin::Fcntl
            )
        }) {
            gone.clear();
        }
        if let StmtKind::Expr(call) = &stmt.kind
            && let Some((Builtin::Close, [fd])) = builtin_call(call)
            && let Some(var) = Var::of(fd)
        {
            gone.push((var, call.span));
        }
    }
}

/// A call that needs an open descriptor, and that descriptor.
fn uses_descriptor(expr: &Expr) -> Option<(Builtin, &Expr)> {
    let ExprKind::CallBuiltin { builtin, args, .. } = &expr.kind else { return None };
    match builtin {
        Builtin::Read | Builtin::Write | Builtin::Getline | Builtin::Dprintf | Builtin::Dup | Builtin::Dup2 => {
            args.first().map(|fd| (*builtin, fd))
        }
        _ => None,
    }
}

fn queue(builtin: Builtin, args: &[Expr], found: &mut Vec<Diagnostic>) {
    match (builtin, args) {
        (Builtin::MqOpen, [name, flags, attributes @ ..]) => {
            queue_name(name, found);
            let creates = int(flags).is_some_and(|flags| flags & constant::O_CREAT != 0);
            if let ([messages, size], true) = (attributes, creates) {
                limit("messages", messages, MOST_MESSAGES, found);
                limit("bytes in a message", size, LARGEST_MESSAGE, found);
            }
        }
        (Builtin::MqUnlink, [name]) => queue_name(name, found),
        (Builtin::MqSend, [_, _, priority]) | (Builtin::MqTimedsend, [_, _, priority, _]) => {
            if let Some(value) = int(priority).filter(|value| !(0..=LARGEST_PRIORITY).contains(value)) {
                found.push(say::queue_priority(priority.span, value));
            }
        }
        _ => {}
    }
}

fn limit(what: &str, value: &Expr, most: i64, found: &mut Vec<Diagnostic>) {
    if let Some(number) = int(value).filter(|number| !(1..=most).contains(number)) {
        found.push(say::queue_limit(what, value.span, number, most));
    }
}

fn queue_name(name: &Expr, found: &mut Vec<Diagnostic>) {
    let Some(text) = text(name) else { return };
    let rest = text.strip_prefix('/');
    let fault = match rest {
        None => say::QueueName::NoSlash,
        Some("") => say::QueueName::Empty,
        Some(rest) if rest.contains('/') => say::QueueName::SecondSlash,
        Some(_) if text.len() >= LONGEST_NAME => say::QueueName::TooLong,
        Some(_) => return,
    };
    found.push(say::queue_name(&text, fault, name.span));
}
