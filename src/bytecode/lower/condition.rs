//! Conditions: they become branches, not values. `&&` and `||` are paths, and a comparison is one instruction with
//! its jump.

use super::fold;
use super::function::{Builder, Dest, Label};
use crate::bytecode::op::{Instruction, Op};
use crate::check::tree::{Comparison, Constant, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// A side of a comparison of words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    /// In a register.
    Register(u8),
    /// Known now.
    Known(i64),
}

/// The comparison that holds exactly where `op` does not (of words: floats have NaN).
fn negated(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        other => other,
    }
}

/// The comparison with its sides exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}

/// Whether the sides must change places for the ops there are (`<`, `<=`), and the comparison then.
fn upright(op: BinaryOp) -> (bool, BinaryOp) {
    match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => (true, mirrored(op)),
        _ => (false, op),
    }
}

/// The op that compares `a = b op c`.
fn value_op(how: Comparison, op: BinaryOp) -> Op {
    let row = match how {
        Comparison::Word => [Op::EqInt, Op::NeInt, Op::LtInt, Op::LeInt],
        Comparison::Float => [Op::EqFloat, Op::NeFloat, Op::LtFloat, Op::LeFloat],
        Comparison::Str => [Op::EqStr, Op::NeStr, Op::LtStr, Op::LeStr],
    };
    match op {
        BinaryOp::Equal => row[0],
        BinaryOp::NotEqual => row[1],
        BinaryOp::Less => row[2],
        _ => row[3],
    }
}

impl Builder<'_> {
    /// Goes to `target` if the condition is `wanted`, else on to the next instruction.
    pub(super) fn branch_if(&mut self, test: &Expr, target: Label, wanted: bool) {
        if let Some(word) = self.fold_word(test) {
            if (word != 0) == wanted {
                self.jump(target, test.span);
            }
            return;
        }
        match &test.kind {
            ExprKind::Not(inner) => self.branch_if(inner, target, !wanted),
            ExprKind::Truth(inner) => self.branch_if(inner, target, wanted),
            ExprKind::And(left, right) => self.branch_pair(left, right, target, wanted, false),
            ExprKind::Or(left, right) => self.branch_pair(left, right, target, wanted, true),
            ExprKind::Compare(how, op, left, right) => {
                let top = self.top();
                match how {
                    Comparison::Word => {
                        let (left, right) = self.sides(left, right);
                        if let (Side::Register(register), Side::Known(0)) = (left, right)
                            && matches!(op, BinaryOp::Equal | BinaryOp::NotEqual)
                        {
                            self.only_truth_counts(register, top);
                        }
                        self.branch_words(*op, left, right, target, wanted, test.span);
                    }
                    _ => {
                        let (left, right) = self.pair(None, left, right);
                        self.branch_registers(*how, *op, left, right, target, wanted, test.span);
                    }
                }
                self.set_top(top);
            }
            _ => {
                let top = self.top();
                let register = self.operand(test);
                self.branch_truth(register, target, wanted, test.span);
                self.set_top(top);
            }
        }
    }

    /// Only whether a register above `top` is 0 will be asked. Where a division by a power of two has just left its rest there, the
    /// low bits tell as much, of negative numbers too.
    fn only_truth_counts(&mut self, register: u8, top: usize) {
        if usize::from(register) >= top
            && let Some(Instruction { op, a, imm, .. }) = self.last_mut()
            && (*op, *a) == (Op::RemImm, register)
            && *imm > 0
            && imm.unsigned_abs().is_power_of_two()
        {
            (*op, *imm) = (Op::AndImm, *imm - 1);
        }
    }

    /// `left && right` (`decisive` false) or `left || right` (`decisive` true): the left side alone decides where it
    /// is `decisive`.
    fn branch_pair(&mut self, left: &Expr, right: &Expr, target: Label, wanted: bool, decisive: bool) {
        if wanted == decisive {
            self.branch_if(left, target, wanted);
            self.branch_if(right, target, wanted);
        } else {
            let skip = self.label();
            self.branch_if(left, skip, decisive);
            self.branch_if(right, target, wanted);
            self.bind(skip);
        }
    }

    /// Goes to `target` if the register's truth is `wanted`.
    pub(super) fn branch_truth(&mut self, register: u8, target: Label, wanted: bool, span: Span) {
        let op = if wanted { Op::JumpIf } else { Op::JumpIfNot };
        self.branch(op, [register, 0, 0], target, span);
    }

    /// Both sides of a comparison of words, from left to right; what is known stays out of registers.
    pub(super) fn sides(&mut self, left: &Expr, right: &Expr) -> (Side, Side) {
        let mut side = |expr: &Expr| match self.fold_word(expr) {
            Some(word) => Side::Known(word),
            None => Side::Register(self.operand(expr)),
        };
        (side(left), side(right))
    }

    /// The register of a side, loading it if it is known.
    pub(super) fn side_register(&mut self, side: Side, span: Span) -> u8 {
        match side {
            Side::Register(register) => register,
            Side::Known(word) => {
                let register = self.temp();
                self.load_word(register, word, span);
                register
            }
        }
    }

    /// Goes to `target` if `left op right` is `wanted`, of words.
    pub(super) fn branch_words(
        &mut self,
        op: BinaryOp,
        left: Side,
        right: Side,
        target: Label,
        wanted: bool,
        span: Span,
    ) {
        let op = if wanted { op } else { negated(op) };
        let (left, op, right) = match left {
            Side::Known(_) => (right, mirrored(op), left),
            Side::Register(_) => (left, op, right),
        };
        let left = self.side_register(left, span);
        if let Side::Known(word) = right
            && let Ok(short) = i16::try_from(word)
        {
            let op = match op {
                BinaryOp::Equal if short == 0 => {
                    return self.branch_truth(left, target, false, span);
                }
                BinaryOp::NotEqual if short == 0 => {
                    return self.branch_truth(left, target, true, span);
                }
                BinaryOp::Equal => Op::JumpEqShort,
                BinaryOp::NotEqual => Op::JumpNeShort,
                BinaryOp::Less => Op::JumpLtShort,
                BinaryOp::LessEqual => Op::JumpLeShort,
                BinaryOp::Greater => Op::JumpGtShort,
                _ => Op::JumpGeShort,
            };
            let [low, high] = short.to_le_bytes();
            return self.branch(op, [left, low, high], target, span);
        }
        let right = self.side_register(right, span);
        let (op, [left, right]) = match op {
            BinaryOp::Equal => (Op::JumpEq, [left, right]),
            BinaryOp::NotEqual => (Op::JumpNe, [left, right]),
            BinaryOp::Less => (Op::JumpLt, [left, right]),
            BinaryOp::LessEqual => (Op::JumpLe, [left, right]),
            BinaryOp::Greater => (Op::JumpLt, [right, left]),
            _ => (Op::JumpLe, [right, left]),
        };
        self.branch(op, [left, right, 0], target, span);
    }

    /// The same of any kind, with both sides in registers.
    #[allow(clippy::too_many_arguments, reason = "a comparison and a branch are both wide")]
    pub(super) fn branch_registers(
        &mut self,
        how: Comparison,
        op: BinaryOp,
        left: u8,
        right: u8,
        target: Label,
        wanted: bool,
        span: Span,
    ) {
        let (swap, upright_op) = upright(op);
        let (a, b) = if swap { (right, left) } else { (left, right) };
        match (how, upright_op) {
            (Comparison::Word, _) => {
                self.branch_words(op, Side::Register(left), Side::Register(right), target, wanted, span);
            }
            // The negation of `<` is not `>=` where NaN takes part, so "unless" steps over a jump.
            (Comparison::Float, BinaryOp::Less | BinaryOp::LessEqual) => {
                let jump = if upright_op == BinaryOp::Less { Op::JumpLtFloat } else { Op::JumpLeFloat };
                if wanted {
                    self.branch(jump, [a, b, 0], target, span);
                } else {
                    let skip = self.label();
                    self.branch(jump, [a, b, 0], skip, span);
                    self.jump(target, span);
                    self.bind(skip);
                }
            }
            _ => {
                let register = self.temp();
                self.emit(value_op(how, upright_op), [register, a, b], 0, span);
                self.branch_truth(register, target, wanted, span);
            }
        }
    }

    /// A comparison as a value.
    pub(super) fn compare_to(&mut self, dest: Dest, how: Comparison, op: BinaryOp, sides: [&Expr; 2], span: Span) {
        let top = self.top();
        let (left, right) = self.pair(Some(dest), sides[0], sides[1]);
        let (swap, op) = upright(op);
        let (a, b) = if swap { (right, left) } else { (left, right) };
        self.emit(value_op(how, op), [dest.register, a, b], 0, span);
        self.set_top(top);
    }

    /// `!x` as a value: a comparison of words turns round.
    pub(super) fn not_to(&mut self, dest: Dest, inner: &Expr, span: Span) {
        match &inner.kind {
            ExprKind::Compare(Comparison::Word, op, left, right) => {
                self.compare_to(dest, Comparison::Word, negated(*op), [left, right], span);
            }
            ExprKind::Truth(word) => self.not_to(dest, word, span),
            _ => {
                let top = self.top();
                let register = self.operand_in(Some(dest), inner);
                self.emit(Op::NotBool, [dest.register, register, 0], 0, span);
                self.set_top(top);
            }
        }
    }

    /// `left && right` (`decisive` false) or `left || right` (`decisive` true) as a value. The destination is
    /// written last on each path: the sides may read it.
    pub(super) fn decide_to(&mut self, dest: Dest, left: &Expr, right: &Expr, decisive: bool, span: Span) {
        let (decided, end) = (self.label(), self.label());
        self.branch_if(left, decided, decisive);
        self.expr_to(dest, right);
        self.jump(end, span);
        self.bind(decided);
        self.load_word(dest.register, i64::from(decisive), span);
        self.bind(end);
    }

    /// Whether an arm of a match with this constant is taken: goes to `target` if equality is `wanted`.
    pub(super) fn branch_constant(
        &mut self,
        subject: u8,
        constant: &Constant,
        target: Label,
        wanted: bool,
        span: Span,
    ) {
        let top = self.top();
        match fold::word(constant) {
            Some(word) if matches!(constant, Constant::Bool(_)) => {
                self.branch_truth(subject, target, wanted == (word != 0), span);
            }
            Some(word) => {
                let (left, right) = (Side::Register(subject), Side::Known(word));
                self.branch_words(BinaryOp::Equal, left, right, target, wanted, span);
            }
            None => {
                let how = match constant {
                    Constant::Float(_) => Comparison::Float,
                    _ => Comparison::Str,
                };
                let other = self.temp();
                self.load_constant(other, constant, span);
                self.branch_registers(how, BinaryOp::Equal, subject, other, target, wanted, span);
            }
        }
        self.set_top(top);
    }
}
