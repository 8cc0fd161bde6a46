//! Calls that give several values, of which only the first was kept where another was meant.

use super::scope::Origin;
use super::tree::{Expr, ExprKind};
use super::types::Type;
use super::{Checker, quote};
use crate::abi::Builtin;
use crate::syntax::ast;

/// What the parts of a built-in's result are called in examples, with their types.
fn parts(builtin: Builtin) -> Option<&'static [(&'static str, Type)]> {
    Some(match builtin {
        Builtin::Read => &[("n", Type::Int), ("text", Type::Str)],
        Builtin::Getline => &[("n", Type::Int), ("line", Type::Str)],
        Builtin::MqReceive | Builtin::MqTimedreceive => &[("n", Type::Int), ("text", Type::Str), ("prio", Type::Int)],
        Builtin::Wait | Builtin::Waitpid => &[("pid", Type::Int), ("status", Type::Status)],
        Builtin::ParseInt => &[("ok", Type::Bool), ("n", Type::Int)],
        _ => return None,
    })
}

/// What is remembered of `let line = getline(0);`.
pub(super) fn origin(value: &Expr, written: &ast::Expr) -> Option<Origin> {
    let builtin = called(value)?;
    parts(builtin)?;
    Some(Origin::First(value.span, builtin, quote::quote(written)?))
}

/// The built-in of whose result this is the first part.
fn called(value: &Expr) -> Option<Builtin> {
    let ExprKind::First(call) = &value.kind else { return None };
    match &call.kind {
        ExprKind::CallBuiltin { builtin, .. } => Some(*builtin),
        _ => None,
    }
}

impl Checker<'_> {
    /// How to get at the part of this type, where `value` is the first part of a result that has one.
    pub(super) fn other_part(&self, expr: &ast::Expr, value: &Expr, want: &Type) -> Option<String> {
        let (builtin, call, name) = match self.origin(value) {
            Some(Origin::First(_, builtin, call)) => (*builtin, call.clone(), quote::quote(expr)),
            _ => (called(value)?, quote::quote(expr)?, None),
        };
        let parts = parts(builtin)?;
        let meant = parts.iter().skip(1).position(|(_, ty)| ty == want)? + 1;
        let names: Vec<&str> = parts
            .iter()
            .enumerate()
            .map(|(at, (usual, _))| match &name {
                Some(name) if at == meant => name.as_str(),
                // The name is taken by the part that is meant.
                Some(name) if name == usual => "n",
                _ => usual,
            })
            .collect();
        let names = names.join(", ");
        let first = parts.first().map_or("", |(usual, _)| usual);
        let what = match (builtin, first) {
            (Builtin::ParseInt, _) => "whether it was a number",
            (Builtin::Wait | Builtin::Waitpid, _) => "the process id",
            _ => "the number of bytes",
        };
        Some(format!("the first part of the result is {what}; take it apart: `let ({names}) = {call};`"))
    }
}
