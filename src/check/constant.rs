//! Constant expressions: a `const` is checked as any expression and then computed here. Ints wrap; what
//! would fault is an error that points at the place.

use std::sync::Arc;

use super::problem::{Problem, Role};
use super::scope::{Frame, FrameKind};
use super::tree::{Comparison, Constant, Expr, ExprKind, Operator};
use super::types::Type;
use super::{Checker, quote};
use crate::abi::Builtin;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp};

/// How long a chain of constants that use each other may be; it bounds the host's stack.
const LONGEST_CHAIN: usize = 200;
/// How deep expressions may be nested in all links of such a chain together.
const DEEPEST_CHAIN: usize = 4 * crate::syntax::MAX_DEPTH as usize;

/// The longest text that may be joined at compile time, and the sum of all such texts, so that a chain of
/// constants that double each other cannot fill the host's memory.
const LONGEST_TEXT: usize = 16 << 10;
const ALL_TEXTS: usize = 16 << 20;

/// A `const` of the top level.
pub(super) struct ConstEntry<'a> {
    pub(super) def: &'a ast::Const,
    state: State,
    /// Whether anything names it.
    pub(super) used: bool,
}

enum State {
    Unknown,
    /// Being computed: meeting it again is a circle.
    Open,
    Known(Constant, Type),
    Broken,
}

impl<'a> ConstEntry<'a> {
    pub(super) fn new(def: &'a ast::Const) -> Self {
        ConstEntry { def, state: State::Unknown, used: false }
    }

    /// The row of the checked tree.
    pub(super) fn into_row(self) -> (Arc<str>, Constant, Span) {
        let value = match self.state {
            State::Known(value, _) => value,
            _ => Constant::Int(0),
        };
        (self.def.name.name.clone(), value, self.def.name.span)
    }
}

/// Why an expression has no value at compile time.
pub(super) enum NoValue {
    /// It needs a running process.
    Dynamic(Span),
    /// It would fault.
    Fault(Span, &'static str),
}

impl<'a> Checker<'a> {
    /// Computes all constants.
    pub(super) fn constants(&mut self) {
        for id in 0..self.consts.len() {
            let at = self.consts[id].def.name.span;
            self.constant_of(id, at);
        }
    }

    /// A constant's name as a value.
    pub(super) fn constant_value(&mut self, id: usize, name: &Arc<str>, at: Span) -> Expr {
        if self.chain > LONGEST_CHAIN || self.level > DEEPEST_CHAIN {
            self.report(Problem::NotConstant {
                at,
                help: Some(format!("`{name}` stands at the end of a chain of more than {LONGEST_CHAIN} constants")),
            });
            return Expr::broken(at);
        }
        match self.constant_of(id, at) {
            Some((value, ty)) => Expr::new(ExprKind::Constant(value), ty, at),
            None => Expr::broken(at),
        }
    }

    /// The value of a constant, computed where it is first needed.
    pub(super) fn constant_of(&mut self, id: usize, used: Span) -> Option<(Constant, Type)> {
        let entry = self.consts.get_mut(id)?;
        entry.used |= used != entry.def.name.span;
        match &entry.state {
            State::Known(value, ty) => return Some((value.clone(), ty.clone())),
            State::Broken => return None,
            State::Open => {
                entry.state = State::Broken;
                let (name, declared) = (entry.def.name.name.clone(), entry.def.name.span);
                self.report(Problem::ConstantCircle { name, at: used, declared });
                return None;
            }
            State::Unknown => entry.state = State::Open,
        }
        let def = entry.def;
        let value = self.compute(def);
        let entry = self.consts.get_mut(id)?;
        if matches!(entry.state, State::Open) {
            entry.state = match &value {
                Some((value, ty)) => State::Known(value.clone(), ty.clone()),
                None => State::Broken,
            };
            return value;
        }
        None
    }

    fn compute(&mut self, def: &'a ast::Const) -> Option<(Constant, Type)> {
        let frame = std::mem::replace(&mut self.frame, Frame::new(FrameKind::Constant, Type::Void));
        self.chain += 1;
        let value = self.constant_expr(def);
        self.chain -= 1;
        self.frame = frame;
        value
    }

    fn constant_expr(&mut self, def: &'a ast::Const) -> Option<(Constant, Type)> {
        let written = def.ty.as_ref().map(|ty| (self.read_type(ty, false), ty.span));
        let value = match &written {
            Some((ty, at)) => self.expect(&def.value, ty, Role::Annotation { at: *at }),
            None => self.settled(&def.value, None),
        };
        if value.ty.is_broken() {
            return None;
        }
        match evaluate(&value) {
            Ok(Constant::Str(_)) if self.joined > ALL_TEXTS => {
                let why = "the joined texts of all constants are longer than 16 MiB";
                self.report(Problem::ConstantFault { at: value.span, why });
                None
            }
            Ok(constant) => {
                if let (Constant::Str(text), ExprKind::Binary(..) | ExprKind::Conditional(..)) =
                    (&constant, &value.kind)
                {
                    self.joined += text.len();
                }
                Some((constant, value.ty))
            }
            Err(NoValue::Dynamic(at)) => {
                let help = match &value.ty {
                    Type::Array(_) | Type::Struct(_) => {
                        Some(format!("make it a variable of the top level: `let {} = ...;`", def.name.name))
                    }
                    _ => quote::quote(&def.value)
                        .map(|text| format!("make it a variable of the top level: `let {} = {text};`", def.name.name)),
                };
                self.report(Problem::NotConstant { at, help });
                None
            }
            Err(NoValue::Fault(at, why)) => {
                self.report(Problem::ConstantFault { at, why });
                None
            }
        }
    }
}

/// The value of a checked expression, where it has one at compile time.
pub(super) fn evaluate(expr: &Expr) -> Result<Constant, NoValue> {
    use Constant::{Bool, Float, Int};
    let dynamic = NoValue::Dynamic(expr.span);
    Ok(match &expr.kind {
        ExprKind::Constant(constant) => constant.clone(),
        ExprKind::NegateInt(inner) => match evaluate(inner)? {
            Int(value) => Int(value.wrapping_neg()),
            _ => return Err(dynamic),
        },
        ExprKind::NegateFloat(inner) => match evaluate(inner)? {
            Float(value) => Float(-value),
            _ => return Err(dynamic),
        },
        ExprKind::Complement(inner) => match evaluate(inner)? {
            Int(value) => Int(!value),
            _ => return Err(dynamic),
        },
        ExprKind::Not(inner) => match evaluate(inner)? {
            Bool(value) => Bool(!value),
            _ => return Err(dynamic),
        },
        ExprKind::Truth(inner) => match evaluate(inner)? {
            Int(value) => Bool(value != 0),
            Constant::Nil => Bool(false),
            Constant::Handler(value) => Bool(value != 0),
            _ => return Err(dynamic),
        },
        ExprKind::IntToFloat(inner) => match evaluate(inner)? {
            Int(value) => Float(value as f64),
            _ => return Err(dynamic),
        },
        ExprKind::FloatToInt(inner) => match evaluate(inner)? {
            Float(value) => Int(value as i64),
            _ => return Err(dynamic),
        },
        ExprKind::WordToInt(inner) => match evaluate(inner)? {
            Bool(value) => Int(i64::from(value)),
            _ => return Err(dynamic),
        },
        ExprKind::And(left, right) => match evaluate(left)? {
            Bool(true) => evaluate(right)?,
            _ => Bool(false),
        },
        ExprKind::Or(left, right) => match evaluate(left)? {
            Bool(true) => Bool(true),
            _ => evaluate(right)?,
        },
        ExprKind::Conditional(test, left, right) => match evaluate(test)? {
            Bool(true) => evaluate(left)?,
            _ => evaluate(right)?,
        },
        ExprKind::Compare(how, op, left, right) => {
            compare(*how, *op, &evaluate(left)?, &evaluate(right)?).map(Bool).ok_or(dynamic)?
        }
        ExprKind::Binary(op, left, right) => calculate(*op, evaluate(left)?, evaluate(right)?, expr.span)?,
        ExprKind::CallBuiltin { builtin, args, .. } => of_call(*builtin, args, dynamic)?,
        _ => return Err(dynamic),
    })
}

/// The few built-ins that a constant may use: sets of signals are written with one of them.
fn of_call(builtin: Builtin, args: &[Expr], dynamic: NoValue) -> Result<Constant, NoValue> {
    if builtin != Builtin::Sigmask {
        return Err(dynamic);
    }
    let mut set = 0;
    for arg in args {
        match evaluate(arg)? {
            Constant::Int(signal @ 1..=31) => set |= 1 << (signal - 1),
            Constant::Int(_) => {}
            _ => return Err(dynamic),
        }
    }
    Ok(Constant::Int(set))
}

fn calculate(op: Operator, left: Constant, right: Constant, at: Span) -> Result<Constant, NoValue> {
    match (op, left, right) {
        (Operator::Int(op), Constant::Int(left), Constant::Int(right)) => {
            calculate_int(op, left, right).map(Constant::Int).map_err(|why| NoValue::Fault(at, why))
        }
        (Operator::Float(op), Constant::Float(left), Constant::Float(right)) => Ok(Constant::Float(match op {
            BinaryOp::Add => left + right,
            BinaryOp::Subtract => left - right,
            BinaryOp::Multiply => left * right,
            BinaryOp::Divide => left / right,
            BinaryOp::Remainder => left % right,
            _ => return Err(NoValue::Dynamic(at)),
        })),
        (Operator::Concat, Constant::Str(left), Constant::Str(right)) if left.len() + right.len() <= LONGEST_TEXT => {
            Ok(Constant::Str([&*left, &*right].concat().into()))
        }
        (Operator::Concat, Constant::Str(_), Constant::Str(_)) => {
            Err(NoValue::Fault(at, "the joined text is longer than 16 KiB"))
        }
        _ => Err(NoValue::Dynamic(at)),
    }
}

fn calculate_int(op: BinaryOp, left: i64, right: i64) -> Result<i64, &'static str> {
    // Only the low six bits of a shift count matter, as on the machine.
    let count = (right & 63) as u32;
    Ok(match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Subtract => left.wrapping_sub(right),
        BinaryOp::Multiply => left.wrapping_mul(right),
        BinaryOp::Divide | BinaryOp::Remainder if right == 0 => return Err("it divides by zero"),
        BinaryOp::Divide => left.checked_div(right).ok_or("the smallest int divided by -1 is no int")?,
        BinaryOp::Remainder => left.checked_rem(right).ok_or("the smallest int divided by -1 is no int")?,
        BinaryOp::ShiftLeft => left.wrapping_shl(count),
        BinaryOp::ShiftRight => left.wrapping_shr(count),
        BinaryOp::BitAnd => left & right,
        BinaryOp::BitXor => left ^ right,
        BinaryOp::BitOr => left | right,
        _ => return Err("it is not arithmetic"),
    })
}

fn compare(how: Comparison, op: BinaryOp, left: &Constant, right: &Constant) -> Option<bool> {
    use std::cmp::Ordering;
    let order: Option<Ordering> = match (how, left, right) {
        (Comparison::Word, Constant::Int(left), Constant::Int(right)) => Some(left.cmp(right)),
        (Comparison::Word, Constant::Bool(left), Constant::Bool(right)) => Some(left.cmp(right)),
        (Comparison::Word, Constant::Handler(left), Constant::Handler(right)) => Some(left.cmp(right)),
        (Comparison::Float, Constant::Float(left), Constant::Float(right)) => left.partial_cmp(right),
        (Comparison::Str, Constant::Str(left), Constant::Str(right)) => Some(left.cmp(right)),
        _ => return None,
    };
    Some(match op {
        BinaryOp::Equal => order == Some(Ordering::Equal),
        BinaryOp::NotEqual => order != Some(Ordering::Equal),
        BinaryOp::Less => order == Some(Ordering::Less),
        BinaryOp::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        BinaryOp::Greater => order == Some(Ordering::Greater),
        BinaryOp::GreaterEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => return None,
    })
}
