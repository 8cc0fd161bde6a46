//! The order of evaluation, which C leaves open: what an expression may change, and what changes of others it sees.

use super::{Emit, walk};
use crate::abi::{ARGV_SLOT, Builtin};
use crate::check::tree::{Constant, Expr, ExprKind};

/// What evaluating an expression means to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// It can be evaluated at any time.
    Pure,
    /// It sees what others change.
    Reads,
    /// It changes something.
    Writes,
}

impl Emit<'_> {
    /// The effect of an expression.
    pub(super) fn effect(&self, expr: &Expr) -> Effect {
        use Builtin::*;
        let own = match &expr.kind {
            ExprKind::Global(id) if id.0 as usize == ARGV_SLOT || self.is_main_local(id.0) => Effect::Pure,
            ExprKind::Global(_) | ExprKind::Index(..) | ExprKind::Cell(..) | ExprKind::Field(..) => Effect::Reads,
            ExprKind::Call(..) | ExprKind::CallValue(..) => Effect::Writes,
            ExprKind::CallBuiltin { builtin, args, .. } => match builtin {
                Len if !args.first().is_some_and(|arg| arg.ty == crate::check::types::Type::Str) => Effect::Reads,
                Len | Chr | Split | Trim | Find | Contains | StartsWith | EndsWith | Replace | Repeat | Upper
                | Lower | Min | Max | Abs | ToInt | ToFloat | ToStr | Sprintf | Wifexited | Wexitstatus
                | Wifsignaled | Wtermsig | Wifstopped | Wstopsig | Wifcontinued | Wcoredump | Sigmask | Strsignal
                | Strerror | Getpid => Effect::Pure,
                Join | Array | Getppid | Getpgrp | Now | Time | Clock | Getenv | Isatty => Effect::Reads,
                _ => Effect::Writes,
            },
            _ => Effect::Pure,
        };
        walk::parts(expr).into_iter().map(|part| self.effect(part)).fold(own, Effect::max)
    }

    /// Which of these operands must go into variables first, so that C evaluates them in the order of the text.
    pub(super) fn early(&self, operands: &[&Expr]) -> Vec<bool> {
        let effects: Vec<Effect> = operands.iter().map(|operand| self.effect(operand)).collect();
        let Some(last) = effects.iter().rposition(|effect| *effect == Effect::Writes) else {
            return vec![false; effects.len()];
        };
        let seen_later = effects[last + 1..].contains(&Effect::Reads);
        effects
            .iter()
            .enumerate()
            .map(|(at, effect)| (at < last && *effect != Effect::Pure) || (at == last && seen_later))
            .collect()
    }
}

/// The value of an expression of int constants.
pub(super) fn constant(expr: &Expr) -> Option<i64> {
    use crate::check::tree::Operator;
    use crate::syntax::ast::BinaryOp::*;
    match &expr.kind {
        ExprKind::Constant(Constant::Int(value)) => Some(*value),
        ExprKind::NegateInt(inner) => Some(constant(inner)?.wrapping_neg()),
        ExprKind::Complement(inner) => Some(!constant(inner)?),
        ExprKind::Binary(Operator::Int(op), left, right) => {
            let (left, right) = (constant(left)?, constant(right)?);
            match op {
                Add => left.checked_add(right),
                Subtract => left.checked_sub(right),
                Multiply => left.checked_mul(right),
                Divide => left.checked_div(right),
                Remainder => left.checked_rem(right),
                ShiftLeft if (0..63).contains(&right) && left >= 0 => left.checked_mul(1 << right),
                ShiftRight if (0..64).contains(&right) => Some(left >> right),
                BitAnd => Some(left & right),
                BitXor => Some(left ^ right),
                BitOr => Some(left | right),
                _ => None,
            }
        }
        _ => None,
    }
}
