//! Expressions, each into the register where its value is wanted.

use super::function::{Builder, Dest};
use crate::bytecode::op::{Op, ValueKind};
use crate::check::tree::{Constant, Expr, ExprKind, Operator};
use crate::check::types::{StructId, Type};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// Literals of up to so many elements are built from a row of registers; longer ones grow by `push`.
const MAX_ROW: usize = 64;
/// Nor may such a row reach beyond this register.
const ROW_END: usize = 200;

impl Builder<'_> {
    /// A register that holds the value: a local's own, or a temporary.
    pub(super) fn operand(&mut self, expr: &Expr) -> u8 {
        self.operand_in(None, expr)
    }

    /// As [`Builder::operand`], computing in `spare` rather than a new temporary if that is a scratch register.
    pub(super) fn operand_in(&mut self, spare: Option<Dest>, expr: &Expr) -> u8 {
        if let ExprKind::Local(local) = &expr.kind
            && let Some(register) = self.register_of(*local)
        {
            return register;
        }
        let register = match spare {
            Some(dest) if dest.scratch => dest.register,
            _ => self.temp(),
        };
        self.expr_to(Dest::scratch(register), expr);
        register
    }

    /// Two operands from left to right; at most one of them is computed in `spare`.
    pub(super) fn pair(&mut self, spare: Option<Dest>, left: &Expr, right: &Expr) -> (u8, u8) {
        let left = self.operand_in(spare, left);
        let spare = spare.filter(|dest| dest.register != left);
        (left, self.operand_in(spare, right))
    }

    /// Computes the value into `dest`.
    pub(super) fn expr_to(&mut self, dest: Dest, expr: &Expr) {
        let top = self.top();
        match self.fold(expr) {
            Some(constant) => self.load_constant(dest.register, &constant, expr.span),
            None => self.form_to(dest, expr),
        }
        self.set_top(top);
    }

    fn form_to(&mut self, dest: Dest, expr: &Expr) {
        let (to, span) = (dest.register, expr.span);
        match &expr.kind {
            ExprKind::Constant(constant) => self.load_constant(to, constant, span),
            ExprKind::Local(_) => {
                let from = self.operand(expr);
                self.move_to(to, from, span);
            }
            ExprKind::Global(global) => self.emit(Op::LoadGlobal, [to, 0, 0], global.0 as i32, span),
            ExprKind::Function(function) => self.emit(Op::LoadFn, [to, 0, 0], function.0 as i32, span),
            ExprKind::NegateInt(x) => self.unary_to(Op::NegInt, dest, x, span),
            ExprKind::NegateFloat(x) => self.unary_to(Op::NegFloat, dest, x, span),
            ExprKind::Complement(x) => self.unary_to(Op::Complement, dest, x, span),
            ExprKind::Truth(x) => self.unary_to(Op::Truth, dest, x, span),
            ExprKind::IntToFloat(x) => self.unary_to(Op::IntToFloat, dest, x, span),
            ExprKind::FloatToInt(x) => self.unary_to(Op::FloatToInt, dest, x, span),
            ExprKind::ParseInt(x) => self.unary_to(Op::ParseInt, dest, x, span),
            ExprKind::ParseFloat(x) => self.unary_to(Op::ParseFloat, dest, x, span),
            ExprKind::WordToInt(x) => self.expr_to(dest, x),
            ExprKind::Not(x) => self.not_to(dest, x, span),
            ExprKind::Binary(operator, left, right) => self.binary_to(dest, *operator, left, right, span),
            ExprKind::PtrDifference(left, right) => self.binary_op_to(Op::PtrDiff, dest, left, right, span),
            ExprKind::Compare(how, op, left, right) => self.compare_to(dest, *how, *op, [left, right], span),
            ExprKind::And(left, right) => self.decide_to(dest, left, right, false, span),
            ExprKind::Or(left, right) => self.decide_to(dest, left, right, true, span),
            ExprKind::Conditional(test, then, otherwise) => self.conditional_to(dest, test, then, otherwise),
            ExprKind::Call(..) | ExprKind::CallValue(..) | ExprKind::CallBuiltin { .. } => {
                self.call_to(Some(dest), expr);
            }
            ExprKind::First(call) => self.expr_to(dest, call),
            ExprKind::Tuple(_) => {
                let first = self.values(expr);
                self.move_to(to, first, span);
            }
            ExprKind::Index(array, index) => self.binary_op_to(Op::LoadElem, dest, array, index, span),
            ExprKind::Byte(string, index) => self.binary_op_to(Op::LoadByte, dest, string, index, span),
            ExprKind::Cell(pointer, index) => self.binary_op_to(Op::LoadCell, dest, pointer, index, span),
            ExprKind::Slice(of, start, end) => self.slice_to(dest, of, start.as_deref(), end.as_deref(), span),
            ExprKind::Field(of, field) => {
                let of = self.operand_in(Some(dest), of);
                self.emit(Op::LoadField, [to, of, 0], *field as i32, span);
            }
            ExprKind::Array(elements) => self.array_to(dest, &expr.ty, elements, span),
            ExprKind::Repeat { value, count } => self.repeat_to(dest, value, count, span),
            ExprKind::Struct(id, fields) => self.struct_to(dest, *id, fields, span),
        }
    }

    /// `to = from`, unless they are the same.
    pub(super) fn move_to(&mut self, to: u8, from: u8, span: Span) {
        if to != from {
            self.emit(Op::Move, [to, from, 0], 0, span);
        }
    }

    /// A word known now.
    pub(super) fn load_word(&mut self, to: u8, word: i64, span: Span) {
        match i32::try_from(word) {
            Ok(short) => self.emit(Op::LoadInt, [to, 0, 0], short, span),
            Err(_) if self.is_reachable() => {
                let index = self.pool.constant(word as u64);
                self.emit(Op::LoadConst, [to, 0, 0], index, span);
            }
            Err(_) => {}
        }
    }

    /// A value known now.
    pub(super) fn load_constant(&mut self, to: u8, constant: &Constant, span: Span) {
        match constant {
            Constant::Int(int) => self.load_word(to, *int, span),
            Constant::Bool(bool) => self.load_word(to, i64::from(*bool), span),
            Constant::Nil => self.load_word(to, 0, span),
            Constant::Handler(word) => self.load_word(to, *word as i64, span),
            Constant::Float(float) => self.load_word(to, float.to_bits() as i64, span),
            Constant::Str(bytes) if self.is_reachable() => {
                let index = self.pool.string(bytes);
                self.emit(Op::LoadStr, [to, 0, 0], index, span);
            }
            Constant::Str(_) => {}
        }
    }

    fn unary_to(&mut self, op: Op, dest: Dest, x: &Expr, span: Span) {
        let register = self.operand_in(Some(dest), x);
        self.emit(op, [dest.register, register, 0], 0, span);
    }

    /// Any op `a = b op c`.
    fn binary_op_to(&mut self, op: Op, dest: Dest, left: &Expr, right: &Expr, span: Span) {
        let (left, right) = self.pair(Some(dest), left, right);
        self.emit(op, [dest.register, left, right], 0, span);
    }

    fn binary_to(&mut self, dest: Dest, operator: Operator, left: &Expr, right: &Expr, span: Span) {
        if let Operator::Int(op) = operator {
            if let Some((op, imm)) = self.fold_word(right).and_then(|word| immediate(op, word)) {
                let left = self.operand_in(Some(dest), left);
                return self.emit(op, [dest.register, left, 0], imm, span);
            }
            let commutes = matches!(op, BinaryOp::Add | BinaryOp::Multiply | BinaryOp::BitAnd);
            if commutes && let Some((op, imm)) = self.fold_word(left).and_then(|word| immediate(op, word)) {
                let right = self.operand_in(Some(dest), right);
                return self.emit(op, [dest.register, right, 0], imm, span);
            }
        }
        self.binary_op_to(register_op(operator), dest, left, right, span);
    }

    /// `to = left op value` for an update, `left` being in a register already.
    pub(super) fn update_to(&mut self, to: u8, operator: Operator, left: u8, value: Result<u8, i64>, span: Span) {
        if let (Operator::Int(op), Err(word)) = (operator, value)
            && let Some((op, imm)) = immediate(op, word)
        {
            return self.emit(op, [to, left, 0], imm, span);
        }
        let right = match value {
            Ok(register) => register,
            Err(word) => {
                let register = self.temp();
                self.load_word(register, word, span);
                register
            }
        };
        self.emit(register_op(operator), [to, left, right], 0, span);
    }

    fn conditional_to(&mut self, dest: Dest, test: &Expr, then: &Expr, otherwise: &Expr) {
        let (other, end) = (self.label(), self.label());
        self.branch_if(test, other, false);
        self.expr_to(dest, then);
        self.jump(end, then.span);
        self.bind(other);
        self.expr_to(dest, otherwise);
        self.bind(end);
    }

    fn slice_to(&mut self, dest: Dest, of: &Expr, start: Option<&Expr>, end: Option<&Expr>, span: Span) {
        let op = if of.ty == Type::Str { Op::SliceStr } else { Op::SliceArray };
        let of = self.operand_in(Some(dest), of);
        let ends = [self.temp(), self.temp()];
        let mut missing = 0;
        for (at, expr) in [start, end].into_iter().enumerate() {
            match expr {
                Some(expr) => self.expr_to(Dest::scratch(ends[at]), expr),
                None => missing |= 1 << at,
            }
        }
        self.emit(op, [dest.register, of, ends[0]], missing, span);
    }

    /// A register to build a value in before the destination may change.
    fn workplace(&mut self, dest: Dest) -> u8 {
        if dest.scratch { dest.register } else { self.temp() }
    }

    fn array_to(&mut self, dest: Dest, ty: &Type, elements: &[Expr], span: Span) {
        let managed = element_managed(ty);
        if elements.len() <= MAX_ROW && self.top() + elements.len() <= ROW_END {
            let first = self.top();
            for element in elements {
                let register = self.temp();
                self.expr_to(Dest::scratch(register), element);
            }
            // An empty row still names a register of the frame.
            let first = if elements.is_empty() { dest.register } else { first as u8 };
            return self.emit(Op::ArrayOf, [dest.register, first, elements.len() as u8], i32::from(managed), span);
        }
        let (array, room) = (self.workplace(dest), self.temp());
        self.load_word(room, elements.len() as i64, span);
        self.emit(Op::NewArray, [array, room, u8::from(managed)], 0, span);
        for element in elements {
            let top = self.top();
            let register = self.operand_in(Some(Dest::scratch(room)), element);
            self.emit(Op::Push, [array, register, 0], 0, element.span);
            self.set_top(top);
        }
        self.move_to(dest.register, array, span);
    }

    /// `[x; n]`: where evaluating x anew cannot be told from evaluating it once, one call of `array`.
    fn repeat_to(&mut self, dest: Dest, value: &Expr, count: &Expr, span: Span) {
        if matches!(value.kind, ExprKind::Local(_)) || self.fold(value).is_some() {
            let kind = ValueKind::of(&value.ty) as i32;
            return self.library_array_to(dest, [count, value], kind, span);
        }
        let (array, left) = (self.workplace(dest), self.temp());
        self.expr_to(Dest::scratch(left), count);
        self.emit(Op::NewArray, [array, left, u8::from(value.ty.is_managed())], 0, span);
        let (body, test) = (self.label(), self.label());
        let entered = self.is_reachable();
        self.jump(test, count.span);
        self.bind_head(body, entered);
        let top = self.top();
        let element = self.operand(value);
        self.emit(Op::Push, [array, element, 0], 0, value.span);
        self.set_top(top);
        self.emit(Op::AddImm, [left, left, 0], -1, span);
        self.bind(test);
        self.branch(Op::JumpGtShort, [left, 0, 0], body, count.span);
        self.move_to(dest.register, array, span);
    }

    fn struct_to(&mut self, dest: Dest, id: StructId, fields: &[(u32, Expr)], span: Span) {
        let object = self.workplace(dest);
        self.emit(Op::NewStruct, [object, 0, 0], id.0 as i32, span);
        for (field, value) in fields {
            let top = self.top();
            let register = self.operand(value);
            self.emit(Op::StoreField, [register, object, 0], *field as i32, value.span);
            self.set_top(top);
        }
        self.move_to(dest.register, object, span);
    }
}

/// Whether an array type's elements are references.
fn element_managed(ty: &Type) -> bool {
    matches!(ty, Type::Array(element) if element.is_managed())
}

/// The op with a constant right side, where there is one for this constant.
fn immediate(op: BinaryOp, word: i64) -> Option<(Op, i32)> {
    let (op, word) = match op {
        BinaryOp::Add => (Op::AddImm, word),
        BinaryOp::Subtract => (Op::AddImm, word.checked_neg()?),
        BinaryOp::Multiply => (Op::MulImm, word),
        // These two fault, and an instruction that may fault has its own op.
        BinaryOp::Divide | BinaryOp::Remainder if matches!(word, 0 | -1) => return None,
        BinaryOp::Divide => (Op::DivImm, word),
        BinaryOp::Remainder => (Op::RemImm, word),
        BinaryOp::BitAnd => (Op::AndImm, word),
        BinaryOp::ShiftLeft => (Op::ShlImm, word & 63),
        BinaryOp::ShiftRight => (Op::ShrImm, word & 63),
        _ => return None,
    };
    Some((op, i32::try_from(word).ok()?))
}

/// The op on two registers. The checker lets no others through.
fn register_op(operator: Operator) -> Op {
    match operator {
        Operator::Int(op) => match op {
            BinaryOp::Add => Op::AddInt,
            BinaryOp::Subtract => Op::SubInt,
            BinaryOp::Multiply => Op::MulInt,
            BinaryOp::Divide => Op::DivInt,
            BinaryOp::Remainder => Op::RemInt,
            BinaryOp::ShiftLeft => Op::ShlInt,
            BinaryOp::ShiftRight => Op::ShrInt,
            BinaryOp::BitAnd => Op::AndInt,
            BinaryOp::BitXor => Op::XorInt,
            _ => Op::OrInt,
        },
        Operator::Float(op) => match op {
            BinaryOp::Add => Op::AddFloat,
            BinaryOp::Subtract => Op::SubFloat,
            BinaryOp::Multiply => Op::MulFloat,
            BinaryOp::Divide => Op::DivFloat,
            _ => Op::RemFloat,
        },
        Operator::Concat => Op::Concat,
        Operator::PtrAdd => Op::PtrAdd,
        Operator::PtrSubtract => Op::PtrSub,
    }
}
