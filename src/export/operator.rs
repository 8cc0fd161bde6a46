//! Operators: with the parentheses that C's levels ask for, and with the widths that Proc's ints have.

use super::Emit;
use super::expr::{BITS, C, COMPARISON, CONDITIONAL, Num, OR, UNARY, Want};
use super::order::constant;
use crate::check::tree::{Comparison, Expr, Operator};
use crate::syntax::ast::BinaryOp;

impl Emit<'_> {
    pub(super) fn pair(&mut self, left: &Expr, right: &Expr) -> [C; 2] {
        let mut both = self.values(&[left, right]).into_iter();
        let none = || C::other("");
        [both.next().unwrap_or_else(none), both.next().unwrap_or_else(none)]
    }

    pub(super) fn conditional(&mut self, test: &Expr, left: &Expr, right: &Expr, want: Want) -> C {
        let test = self.expr(test);
        let left = self.nested(|emit| emit.wanted(left, want));
        let right = self.nested(|emit| emit.wanted(right, want));
        let num = if left.num == right.num { left.num } else { Num::Long };
        let num = if left.num == Num::Other || right.num == Num::Other { Num::Other } else { num };
        C::at(CONDITIONAL, format!("{} ? {} : {}", test.within(OR), left.within(OR), right.within(CONDITIONAL)), num)
    }

    pub(super) fn not(&mut self, inner: &Expr) -> C {
        let inner = self.expr(inner);
        C::at(
            BITS,
            format!("!{}", inner.within(if inner.level == BITS && inner.text.starts_with('!') { BITS } else { UNARY })),
            Num::Other,
        )
    }

    /// What is not a bool as a condition.
    pub(super) fn truth(&mut self, inner: &Expr) -> C {
        let value = self.expr(inner);
        let plain = value.level >= UNARY;
        if plain {
            C { num: Num::Other, ..value }
        } else {
            C::at(COMPARISON - 1, format!("({}) != 0", value.text), Num::Other)
        }
    }

    pub(super) fn wrap(&mut self, part: &'static str, inner: &Expr, num: Num) -> C {
        self.prelude.need(part);
        let inner = self.expr(inner);
        C::new(format!("{part}({})", inner.argument()), num)
    }

    pub(super) fn compare(&mut self, how: Comparison, op: BinaryOp, left: &Expr, right: &Expr) -> C {
        let constants = [constant(left).is_some(), constant(right).is_some()];
        let [mut a, mut b] = self.pair(left, right);
        if how == Comparison::Str {
            let (a, b) = (a.argument(), b.argument());
            return match op {
                BinaryOp::Equal => C::other(format!("{}({a}, {b})", self.prelude.need("str_eq"))),
                BinaryOp::NotEqual => C::at(BITS, format!("!{}({a}, {b})", self.prelude.need("str_eq")), Num::Other),
                _ => {
                    C::at(COMPARISON, format!("{}({a}, {b}) {} 0", self.prelude.need("str_cmp"), op.sign()), Num::Other)
                }
            };
        }
        signed(&mut a, b.num == Num::Int && !constants[1]);
        signed(&mut b, a.num == Num::Int && !constants[0]);
        let level = if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) { COMPARISON - 1 } else { COMPARISON };
        C::at(level, format!("{} {} {}", a.within(COMPARISON + 1), op.sign(), b.within(COMPARISON + 1)), Num::Other)
    }

    pub(super) fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, value: Option<i64>) -> C {
        if operator == Operator::Concat {
            return self.concat(left, right);
        }
        let divisor = constant(right);
        let [mut a, b] = self.pair(left, right);
        let (op, level) = match operator {
            Operator::PtrAdd => (BinaryOp::Add, 11),
            Operator::PtrSubtract => (BinaryOp::Subtract, 11),
            Operator::Int(op) | Operator::Float(op) => (op, level_of(op)),
            Operator::Concat => (BinaryOp::Add, 11),
        };
        if matches!(operator, Operator::Float(BinaryOp::Remainder)) {
            return C::other(format!("fmod({}, {})", a.argument(), b.argument()));
        }
        if !matches!(operator, Operator::Int(_)) {
            return C::at(level, format!("{} {} {}", a.within(level), op.sign(), b.within(level + 1)), Num::Other);
        }
        let (b, num) = widen(op, &mut a, b, value, divisor);
        // C's compilers want parentheses where shifts or bit operators meet others.
        let mixed = matches!(
            op,
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor
        );
        let (first, second) = match mixed {
            true if a.level == level && level < 10 => (a.text.clone(), b.within(UNARY)),
            true => (a.within(UNARY), b.within(UNARY)),
            false => (a.within(level), b.within(level + 1)),
        };
        C::at(level, format!("{first} {} {second}", op.sign()), num)
    }

    /// The value of `place op= value` on the right of C's own operator.
    pub(super) fn operand_of(&mut self, op: BinaryOp, value: &Expr) -> C {
        let divisor = constant(value);
        let value = self.expr(value);
        let mut left = C::new("", Num::Long);
        widen(op, &mut left, value, None, divisor).0
    }
}

fn level_of(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 12,
        BinaryOp::Add | BinaryOp::Subtract => 11,
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => 10,
        BinaryOp::BitAnd => 7,
        BinaryOp::BitXor => 6,
        _ => 5,
    }
}

/// C compares an unsigned number with an int as unsigned numbers.
fn signed(c: &mut C, other_is_int: bool) {
    if c.num == Num::Unsigned && other_is_int {
        *c = C::at(UNARY, format!("(int){}", c.within(UNARY)), Num::Int);
    }
}

/// Makes sure that C computes with 64 bits where the language does, and keeps its compilers quiet; gives the right side and the type.
fn widen(op: BinaryOp, a: &mut C, mut b: C, value: Option<i64>, right: Option<i64>) -> (C, Num) {
    use BinaryOp::*;
    if matches!(op, Divide | Remainder) && right == Some(0) {
        // Said so, since a compiler would warn of the constant.
        b = C::new("(volatile long){0}", Num::Long);
    }
    if matches!(op, ShiftLeft | ShiftRight) && !right.is_some_and(|count| (0..64).contains(&count)) {
        b = C::new(format!("({} & 63)", b.within(UNARY)), Num::Int);
    }
    let small = value.is_some_and(|value| i32::try_from(value).is_ok());
    let ints = |a: &C, b: &C| a.num != Num::Long && (matches!(op, ShiftLeft | ShiftRight) || b.num != Num::Long);
    if matches!(op, Add | Subtract | Multiply | ShiftLeft | ShiftRight) && ints(a, &b) && !small {
        let digits = |c: &C| c.text.bytes().all(|byte| byte.is_ascii_digit()) && !c.text.is_empty();
        if digits(a) {
            *a = C::new(format!("{}L", a.text), Num::Long);
        } else if digits(&b) && !matches!(op, ShiftLeft | ShiftRight) {
            b = C::new(format!("{}L", b.text), Num::Long);
        } else {
            *a = C::at(UNARY, format!("(long){}", a.within(UNARY)), Num::Long);
        }
    }
    if op == ShiftLeft && (a.text.starts_with('-') || a.text.starts_with('~')) {
        *a = C::at(UNARY, format!("(long)((unsigned long){} << {})", a.within(UNARY), b.within(UNARY)), Num::Long);
        return (C::new("0", Num::Int), Num::Long);
    }
    let long = a.num == Num::Long || (b.num == Num::Long && !matches!(op, ShiftLeft | ShiftRight));
    (b, if long { Num::Long } else { Num::Int })
}
