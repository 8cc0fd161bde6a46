//! What compiles and is likely wrong: read off the checked tree, one small function each.

use super::constant;
use super::flow::{self, NeverReturn};
use super::problem::Problem;
use super::tree::{Block, Constant, Expr, ExprKind, Function, FunctionId, Program, Stmt, StmtKind};
use super::types::Type;
use crate::abi::Builtin;
use crate::diagnostics::Diagnostic;

/// All warnings about a program that has no errors.
pub(super) fn lint(program: &Program) -> Vec<Diagnostic> {
    let functions = program.functions.iter().enumerate().map(|(at, function)| (FunctionId(at as u32), function));
    let never = flow::never_return(functions);
    let mut found = Vec::new();
    for (at, function) in program.functions.iter().enumerate() {
        unreachable_code(&function.body, &never, &mut found);
        let main = program.main == Some(FunctionId(at as u32));
        exit_codes(function, main, &mut found);
    }
    found.into_iter().map(Problem::into_diagnostic).collect()
}

/// Statements after one that never lets go on; one report for a block.
fn unreachable_code(block: &Block, never: &NeverReturn, found: &mut Vec<Problem>) {
    super::deep(|| {
        let mut stopped: Option<&Stmt> = None;
        for (at, stmt) in block.stmts.iter().enumerate() {
            if let Some(after) = stopped {
                let rest = block.stmts.get(at..).unwrap_or_default();
                let last = rest.last().map_or(stmt.span, |last| last.span);
                found.push(Problem::UnreachableCode { at: stmt.span.to(last), after: after.span });
                break;
            }
            inner_blocks(stmt).into_iter().for_each(|inner| unreachable_code(inner, never, found));
            if flow::stmt_leak(stmt, never).is_none() {
                stopped = Some(stmt);
            }
        }
    });
}

fn inner_blocks(stmt: &Stmt) -> Vec<&Block> {
    match &stmt.kind {
        StmtKind::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
        StmtKind::Loop { body, .. } => vec![body],
        StmtKind::Block(block) => vec![block],
        StmtKind::Match { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        _ => Vec::new(),
    }
}

/// `exit(300)`: only the low 8 bits reach the parent.
fn exit_codes(function: &Function, main: bool, found: &mut Vec<Problem>) {
    stmts(&function.body, &mut |stmt| match &stmt.kind {
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

/// Visits every statement of a block and of the blocks within.
fn stmts(block: &Block, visit: &mut impl FnMut(&Stmt)) {
    for stmt in &block.stmts {
        visit(stmt);
        for inner in inner_blocks(stmt) {
            super::deep(|| stmts(inner, visit));
        }
    }
}
