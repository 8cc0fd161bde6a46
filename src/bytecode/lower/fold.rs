//! What an expression is worth before the program runs, with the arithmetic of the machine: ints wrap, shifts go
//! modulo 64. What would fault is never folded: it must fault when it is reached, and not before.

use std::cmp::Ordering;
use std::sync::Arc;

use super::function::Builder;
use crate::check::tree::{Comparison, Constant, Expr, ExprKind, Operator};
use crate::syntax::ast::BinaryOp;

/// The word of a constant that is not a float or a string: int, bool, nil, handler.
pub(super) fn word(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Int(int) => Some(*int),
        Constant::Bool(bool) => Some(i64::from(*bool)),
        Constant::Nil => Some(0),
        Constant::Handler(word) => Some(*word as i64),
        Constant::Float(_) | Constant::Str(_) => None,
    }
}

fn float(constant: &Constant) -> Option<f64> {
    match constant {
        Constant::Float(float) => Some(*float),
        _ => None,
    }
}

impl Builder<'_> {
    /// The value of an expression that can be computed now; `None` for all others.
    pub(super) fn fold(&self, expr: &Expr) -> Option<Constant> {
        if let ExprKind::Constant(constant) = &expr.kind {
            return Some(constant.clone());
        }
        self.fold_form(expr)
    }

    /// The word of an expression that can be computed now and is no float or string.
    pub(super) fn fold_word(&self, expr: &Expr) -> Option<i64> {
        word(&self.fold(expr)?)
    }

    fn fold_form(&self, expr: &Expr) -> Option<Constant> {
        Some(match &expr.kind {
            ExprKind::Constant(constant) => constant.clone(),
            ExprKind::Local(local) => self.known(*local)?.clone(),
            ExprKind::NegateInt(x) => Constant::Int(self.fold_word(x)?.wrapping_neg()),
            ExprKind::NegateFloat(x) => Constant::Float(-float(&self.fold(x)?)?),
            ExprKind::Complement(x) => Constant::Int(!self.fold_word(x)?),
            ExprKind::Not(x) => Constant::Bool(self.fold_word(x)? == 0),
            ExprKind::Truth(x) => Constant::Bool(self.fold_word(x)? != 0),
            ExprKind::WordToInt(x) => Constant::Int(self.fold_word(x)?),
            ExprKind::IntToFloat(x) => Constant::Float(self.fold_word(x)? as f64),
            ExprKind::FloatToInt(x) => Constant::Int(float(&self.fold(x)?)? as i64),
            ExprKind::Binary(operator, left, right) => {
                return binary(*operator, &self.fold(left)?, &self.fold(right)?);
            }
            ExprKind::Compare(how, op, left, right) => {
                return compare(*how, *op, &self.fold(left)?, &self.fold(right)?);
            }
            ExprKind::And(left, right) => match self.fold_word(left)? {
                0 => Constant::Bool(false),
                _ => return self.fold(right),
            },
            ExprKind::Or(left, right) => match self.fold_word(left)? {
                0 => return self.fold(right),
                _ => Constant::Bool(true),
            },
            ExprKind::Conditional(test, then, otherwise) => {
                return self.fold(if self.fold_word(test)? != 0 { then } else { otherwise });
            }
            _ => return None,
        })
    }
}

fn binary(operator: Operator, left: &Constant, right: &Constant) -> Option<Constant> {
    match operator {
        Operator::Int(op) => int_binary(op, word(left)?, word(right)?).map(Constant::Int),
        Operator::Float(op) => float_binary(op, float(left)?, float(right)?).map(Constant::Float),
        Operator::Concat => match (left, right) {
            (Constant::Str(left), Constant::Str(right)) => {
                Some(Constant::Str(Arc::from([left.as_ref(), right.as_ref()].concat())))
            }
            _ => None,
        },
        Operator::PtrAdd | Operator::PtrSubtract => None,
    }
}

fn int_binary(op: BinaryOp, left: i64, right: i64) -> Option<i64> {
    Some(match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Subtract => left.wrapping_sub(right),
        BinaryOp::Multiply => left.wrapping_mul(right),
        BinaryOp::Divide => left.checked_div(right)?,
        BinaryOp::Remainder => left.checked_rem(right)?,
        BinaryOp::ShiftLeft => left.wrapping_shl(right as u32),
        BinaryOp::ShiftRight => left.wrapping_shr(right as u32),
        BinaryOp::BitAnd => left & right,
        BinaryOp::BitXor => left ^ right,
        BinaryOp::BitOr => left | right,
        _ => return None,
    })
}

fn float_binary(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    Some(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => left / right,
        BinaryOp::Remainder => left % right,
        _ => return None,
    })
}

fn compare(how: Comparison, op: BinaryOp, left: &Constant, right: &Constant) -> Option<Constant> {
    let ordering = match how {
        Comparison::Word => Some(word(left)?.cmp(&word(right)?)),
        Comparison::Float => float(left)?.partial_cmp(&float(right)?),
        Comparison::Str => match (left, right) {
            (Constant::Str(left), Constant::Str(right)) => Some(left.cmp(right)),
            _ => return None,
        },
    };
    holds(op, ordering).map(Constant::Bool)
}

/// Whether a comparison of two words holds.
pub(super) fn compare_words(op: BinaryOp, left: i64, right: i64) -> Option<bool> {
    holds(op, Some(left.cmp(&right)))
}

/// Whether a comparison holds for sides in this order; `None` is the order of NaN and anything.
fn holds(op: BinaryOp, ordering: Option<Ordering>) -> Option<bool> {
    Some(match op {
        BinaryOp::Equal => ordering.is_some_and(Ordering::is_eq),
        BinaryOp::NotEqual => !ordering.is_some_and(Ordering::is_eq),
        BinaryOp::Less => ordering.is_some_and(Ordering::is_lt),
        BinaryOp::LessEqual => ordering.is_some_and(Ordering::is_le),
        BinaryOp::Greater => ordering.is_some_and(Ordering::is_gt),
        BinaryOp::GreaterEqual => ordering.is_some_and(Ordering::is_ge),
        _ => return None,
    })
}
