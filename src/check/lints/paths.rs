//! Code that no path reaches, and exit codes of which a part is lost.

use super::walk::{each_stmt, inner_blocks};
use crate::abi::Builtin;
use crate::check::constant;
use crate::check::flow::{self, NeverReturn};
use crate::check::problem::Problem;
use crate::check::tree::{Block, Constant, Expr, ExprKind, Function, Stmt, StmtKind};
use crate::check::types::Type;

/// Statements after one that never lets go on; one report for a block.
pub(super) fn unreachable_code(block: &Block, never: &NeverReturn, found: &mut Vec<Problem>) {
    let mut stopped: Option<&Stmt> = None;
    for (at, stmt) in block.stmts.iter().enumerate() {
        if let Some(after) = stopped {
            let rest = block.stmts.get(at..).unwrap_or_default();
            // Compilers of C ask for a `return` behind a loop that never ends, so people write one.
            if matches!((rest, &after.kind), ([Stmt { kind: StmtKind::Return(_), .. }], StmtKind::Loop { .. })) {
                break;
            }
            let last = rest.last().map_or(stmt.span, |last| last.span);
            found.push(Problem::UnreachableCode { at: stmt.span.to(last), after: after.span });
            break;
        }
        inner_blocks(stmt).for_each(|inner| unreachable_code(inner, never, found));
        if flow::stmt_leak(stmt, never).is_none() {
            stopped = Some(stmt);
        }
    }
}

/// `exit(300)`: only the low 8 bits reach the parent.
pub(super) fn exit_codes(function: &Function, main: bool, found: &mut Vec<Problem>) {
    each_stmt(&function.body, &mut |stmt| match &stmt.kind {
        StmtKind::Expr(Expr {
            kind: ExprKind::CallBuiltin { builtin: builtin @ (Builtin::Exit | Builtin::ExitNow), args, .. },
            ..
        }) => {
            if let Some(code) = args.first() {
                exit_code(builtin.name(), code, found);
            }
        }
        StmtKind::Return(Some(code)) if main && code.ty == Type::Int => exit_code("main", code, found),
        _ => {}
    });
}

fn exit_code(call: &'static str, code: &Expr, found: &mut Vec<Problem>) {
    match constant::evaluate(code) {
        Ok(Constant::Int(value)) if !(0..=255).contains(&value) => {
            found.push(Problem::ExitCode { call, at: code.span, value })
        }
        _ => {}
    }
}
