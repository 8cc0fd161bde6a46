//! Lints about exec: what stands behind it runs only when it fails.

use super::Facts;
use super::walk::{builtin_call, called, each_expr_of, each_stmt, inner_blocks, int, text};
use crate::abi::{Builtin, ERRNO_SLOT};
use crate::check::flow;
use crate::check::tree::{Block, Expr, ExprKind, Function, Piece, Stmt, StmtKind};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;

/// Where a real system keeps its programs.
const SYSTEM: &[&str] = &["/bin/", "/usr/", "/sbin/", "/opt/"];

/// Words by which a message says that something went wrong.
const SORRY: &[&str] = &[
    "fail",
    "error",
    "cannot",
    "can't",
    "could not",
    "couldn't",
    "not found",
    "no such",
    "unable",
    "exec",
    "unreachable",
    "never",
    "wrong",
    "lost",
    "missing",
    "refused",
    "still",
];

pub(super) fn lint(function: &Function, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    blocks(
        &function.body,
        &mut |block, after| {
            for (at, stmt) in block.stmts.iter().enumerate() {
                let StmtKind::Expr(call) = &stmt.kind else { continue };
                let Some((Builtin::Exec | Builtin::Execv | Builtin::Execl, args)) = builtin_call(call) else {
                    continue;
                };
                let rest = block.stmts.get(at + 1..).unwrap_or_default();
                behind(call, args, rest, after, facts, found);
            }
        },
        false,
    );
    each_stmt(&function.body, &mut |stmt| {
        for_execv(stmt, found);
        outside(stmt, found);
    });
}

/// `exec("/bin/ls")`: no program is found there.
fn outside(stmt: &Stmt, found: &mut Vec<Diagnostic>) {
    for expr in super::walk::own_exprs(stmt) {
        super::walk::each_within(expr, &mut |inner| {
            if let ExprKind::CallBuiltin { builtin, args, .. } = &inner.kind
                && let (Builtin::Exec | Builtin::Execv | Builtin::Execl, [path, ..]) = (builtin, args.as_slice())
                && let Some(text) = text(path)
            {
                if text.trim().contains(' ') && !text.contains('"') {
                    found.push(say::exec_words(&text, path.span, *builtin == Builtin::Exec && args.len() == 1));
                } else if SYSTEM.iter().any(|directory| text.starts_with(directory)) {
                    found.push(say::exec_path(builtin.name(), &text, path.span));
                }
            }
        });
    }
}

/// Visits blocks; with each, whether statements follow behind it that are not its own.
fn blocks(block: &Block, visit: &mut dyn FnMut(&Block, bool), after: bool) {
    visit(block, after);
    for (at, stmt) in block.stmts.iter().enumerate() {
        let follows = at + 1 < block.stmts.len() || after;
        inner_blocks(stmt).for_each(|inner| blocks(inner, visit, follows));
    }
}

fn behind(call: &Expr, args: &[Expr], rest: &[Stmt], after: bool, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let Some(first) = rest.first() else { return };
    let program = args.first().and_then(text);
    if rest.iter().any(|stmt| handles_error(stmt, facts)) {
        let falls = after
            && rest.iter().all(|stmt| flow::stmt_leak(stmt, &facts.never).is_some())
            && !rest.iter().any(|stmt| ends(stmt, facts));
        // A message and no end: the child goes on with the parent's code.
        if let Some(message) = rest.iter().find(|stmt| says_error(stmt, facts)).filter(|_| falls) {
            found.push(say::no_exit_after_exec(call.span, message.span));
        }
        return;
    }
    // `let r = exec(…)` or a loop over several paths handles the failure in its own way.
    let last = rest.last().unwrap_or(first);
    found.push(say::code_after_exec(first.span.to(last.span), first.span, call.span, program.as_deref()));
}

/// Whether a statement may end the process or leave the function.
fn ends(stmt: &Stmt, facts: &Facts<'_>) -> bool {
    let mut leaves = false;
    each_stmt(&Block { stmts: vec![stmt.clone()], span: stmt.span }, &mut |inner| {
        leaves |= matches!(inner.kind, StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue);
    });
    leaves
        || facts.stmt_reaches(stmt, &|builtin| {
            matches!(builtin, Builtin::Exit | Builtin::ExitNow | Builtin::Abort | Builtin::Raise | Builtin::Kill)
        })
}

/// Whether a statement says, and does no more than that, that something went wrong.
fn says_error(stmt: &Stmt, facts: &Facts<'_>) -> bool {
    use Builtin::{Dprintf, Eprint, Eprintf, Perror, Print, Printf, Write};
    let says =
        |expr| matches!(builtin_call(expr), Some((Perror | Eprint | Eprintf | Print | Printf | Write | Dprintf, _)));
    matches!(&stmt.kind, StmtKind::Expr(expr) if says(expr)) && handles_error(stmt, facts)
}

/// Whether a statement deals with the failure of exec.
fn handles_error(stmt: &Stmt, facts: &Facts<'_>) -> bool {
    let mut handles = false;
    each_expr_of(stmt, &mut |expr| {
        handles |= match &expr.kind {
            ExprKind::Global(id) => id.0 as usize == ERRNO_SLOT,
            ExprKind::CallBuiltin { builtin, args, format } => {
                use Builtin::*;
                let sorry = format
                    .iter()
                    .flat_map(|format| &format.pieces)
                    .any(|piece| matches!(piece, Piece::Text(bytes) if is_sorry(&String::from_utf8_lossy(bytes))));
                let fd = |args: &[Expr]| args.first().and_then(int);
                match builtin {
                    Perror | Eprint | Eprintf | Strerror | Exec | Execv | Execl | Abort | Raise => true,
                    Write | Dprintf => {
                        fd(args) == Some(2) || sorry || args.iter().filter_map(text).any(|text| is_sorry(&text))
                    }
                    Exit | ExitNow => args.first().and_then(int) != Some(0),
                    Print | Printf => sorry || args.iter().filter_map(text).any(|text| is_sorry(&text)),
                    _ => false,
                }
            }
            ExprKind::CallValue(..) => true,
            _ => called(expr).is_some_and(|id| {
                facts.reaches(id, &|builtin| {
                    matches!(
                        builtin,
                        Builtin::Perror
                            | Builtin::Eprint
                            | Builtin::Eprintf
                            | Builtin::Exit
                            | Builtin::ExitNow
                            | Builtin::Strerror
                    )
                })
            }),
        };
    });
    handles || matches!(&stmt.kind, StmtKind::Return(Some(_)))
}

fn is_sorry(message: &str) -> bool {
    let folded = message.to_lowercase();
    SORRY.iter().any(|word| folded.contains(word))
}

/// `execv("list", ["-l"])`: the first element is the program's own name.
fn for_execv(stmt: &Stmt, found: &mut Vec<Diagnostic>) {
    for expr in super::walk::own_exprs(stmt) {
        super::walk::each_within(expr, &mut |inner| {
            let Some((builtin, args)) =
                builtin_call(inner).filter(|_| matches!(inner.kind, ExprKind::CallBuiltin { .. }))
            else {
                return;
            };
            let (path, first, rest) = match (builtin, args) {
                (Builtin::Execv, [path, list]) => match &list.kind {
                    ExprKind::Array(items) => match items.as_slice() {
                        [first, rest @ ..] => (path, first, rest),
                        [] => return,
                    },
                    _ => return,
                },
                (Builtin::Execl, [path, first, rest @ ..]) => (path, first, rest),
                _ => return,
            };
            if let (Some(path), Some(name)) = (text(path), text(first))
                && name.starts_with('-')
                && name.len() > 1
                && !path.ends_with(&name)
            {
                let rest: Vec<String> = rest.iter().filter_map(text).collect();
                found.push(say::argv_zero(builtin, &path, &name, &rest, first.span));
            }
        });
    }
}
