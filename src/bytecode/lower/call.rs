//! Calls: of functions, function values and built-ins. Arguments are computed where the callee finds them, results
//! stay where it leaves them.

use super::function::{Builder, Dest};
use super::shown;
use crate::abi::Builtin;
use crate::abi::builtin::Class;
use crate::bytecode::image::Assertion;
use crate::bytecode::op::{Extra, Op, ValueKind};
use crate::check::tree::{Comparison, Expr, ExprKind, Format};
use crate::check::types::Type;
use crate::source::Span;

use super::condition::Side;

impl Builder<'_> {
    /// Carries out an expression for what it does; its value is dropped.
    pub(super) fn effect(&mut self, expr: &Expr) {
        let top = self.top();
        match &expr.kind {
            ExprKind::Call(..) | ExprKind::CallValue(..) | ExprKind::CallBuiltin { .. } => {
                self.call_to(None, expr);
            }
            ExprKind::First(inner) => self.effect(inner),
            ExprKind::Tuple(parts) => parts.iter().for_each(|part| self.effect(part)),
            ExprKind::Conditional(test, then, otherwise) => {
                let (other, end) = (self.label(), self.label());
                self.branch_if(test, other, false);
                self.effect(then);
                self.jump(end, then.span);
                self.bind(other);
                self.effect(otherwise);
                self.bind(end);
            }
            _ => {
                self.operand(expr);
            }
        }
        self.set_top(top);
    }

    /// All values of an expression, in consecutive registers at the top, which are taken; returns the first.
    pub(super) fn values(&mut self, expr: &Expr) -> u8 {
        let base = self.top();
        match &expr.kind {
            ExprKind::Tuple(parts) => {
                for part in parts {
                    let register = self.temp();
                    self.expr_to(Dest::scratch(register), part);
                }
            }
            ExprKind::Conditional(test, then, otherwise) => {
                let (other, end) = (self.label(), self.label());
                self.branch_if(test, other, false);
                self.values(then);
                self.jump(end, then.span);
                self.bind(other);
                self.set_top(base);
                self.values(otherwise);
                self.bind(end);
            }
            _ => {
                // Reserved by hand: the window of a call that gives a tuple begins at the top.
                let register = self.temp();
                self.expr_to(Dest::scratch(register), expr);
            }
        }
        self.set_top(base + expr.ty.slots());
        base.min(u8::MAX as usize) as u8
    }

    /// Any call; its first result goes to `dest`, if there is one and it is wanted.
    pub(super) fn call_to(&mut self, dest: Option<Dest>, expr: &Expr) {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Call(function, args) => {
                let results = self.program.functions.get(function.0 as usize).map_or(0, |f| f.result.slots());
                let frame = self.window(dest);
                self.arguments(frame, args);
                self.emit(Op::Call, [frame, args.len() as u8, 0], function.0 as i32, span);
                self.results(dest, frame, results, span);
            }
            ExprKind::CallValue(callee, args) => {
                let results = match &callee.ty {
                    Type::Function(ty) => ty.result.slots(),
                    _ => expr.ty.slots(),
                };
                let frame = self.window(dest);
                let callee = self.callee_and_arguments(frame, callee, args);
                self.emit(Op::CallValue, [frame, args.len() as u8, callee], 0, span);
                self.results(dest, frame, results, span);
            }
            ExprKind::CallBuiltin { builtin, args, format } => {
                self.builtin_to(dest, *builtin, args, format.as_deref(), span);
            }
            _ => {}
        }
    }

    /// The first register of a window: the destination itself where that is the topmost register in use.
    fn window(&mut self, dest: Option<Dest>) -> u8 {
        match dest {
            Some(dest) if dest.scratch && dest.register as usize + 1 == self.top() => dest.register,
            _ => self.temp(),
        }
    }

    /// Computes the arguments behind the link of the window, which is the topmost register in use.
    fn arguments<'e>(&mut self, window: u8, args: impl IntoIterator<Item = &'e Expr>) {
        self.set_top(window as usize + 1);
        for arg in args {
            let register = self.temp();
            self.expr_to(Dest::scratch(register), arg);
        }
    }

    /// As [`Builder::arguments`], with the function value computed first; it waits behind the arguments, since the
    /// window must begin where the results are wanted.
    fn callee_and_arguments(&mut self, window: u8, callee: &Expr, args: &[Expr]) -> u8 {
        if let ExprKind::Local(local) = &callee.kind
            && let Some(register) = self.register_of(*local)
        {
            self.arguments(window, args);
            return register;
        }
        let first = window as usize + 1;
        self.set_top(first + args.len());
        let waiting = self.temp();
        self.expr_to(Dest::scratch(waiting), callee);
        for (at, arg) in args.iter().enumerate() {
            self.expr_to(Dest::scratch((first + at).min(u8::MAX as usize) as u8), arg);
        }
        waiting
    }

    /// Makes room for the results, and brings the first to where it is wanted.
    fn results(&mut self, dest: Option<Dest>, window: u8, count: usize, span: Span) {
        self.reserve(window as usize + count.max(1));
        if let Some(dest) = dest
            && count > 0
        {
            self.move_to(dest.register, window, span);
        }
    }

    fn builtin_to(&mut self, dest: Option<Dest>, builtin: Builtin, args: &[Expr], format: Option<&Format>, span: Span) {
        match (builtin, args) {
            (Builtin::Assert, [test, rest @ ..]) => self.assertion(test, rest.first(), span),
            (Builtin::Push, [array, value]) => {
                let (array, value) = self.pair(None, array, value);
                self.emit(Op::Push, [array, value, 0], 0, span);
            }
            (Builtin::Len, [of]) => {
                let op = if of.ty == Type::Str { Op::StrLen } else { Op::ArrayLen };
                self.convert_to(op, dest, of, span);
            }
            (Builtin::ToInt, [of]) => match of.ty {
                Type::Float => self.convert_to(Op::FloatToInt, dest, of, span),
                Type::Str => self.convert_to(Op::ParseInt, dest, of, span),
                _ => self.convert_to(Op::Move, dest, of, span),
            },
            (Builtin::ToFloat, [of]) => match of.ty {
                Type::Float => self.convert_to(Op::Move, dest, of, span),
                Type::Str => self.convert_to(Op::ParseFloat, dest, of, span),
                _ => self.convert_to(Op::IntToFloat, dest, of, span),
            },
            _ => {
                let extra = match Extra::of(builtin) {
                    Extra::Nothing => -1,
                    Extra::Format if self.is_reachable() => format.map_or(-1, |format| self.pool.format(format)),
                    Extra::Format => -1,
                    Extra::Kind => kind(builtin, args) as i32,
                };
                let frame = self.window(dest);
                self.arguments(frame, args);
                self.call_builtin(dest, frame, builtin, args.len(), extra, span);
            }
        }
    }

    /// The call itself, its arguments being in place.
    fn call_builtin(&mut self, dest: Option<Dest>, window: u8, builtin: Builtin, count: usize, extra: i32, span: Span) {
        let row = builtin.row();
        let op = match row.class {
            Class::Library => Op::Library,
            Class::Syscall => Op::Syscall,
        };
        if builtin == Builtin::Fork {
            self.note_counter();
        }
        self.emit(op, [window, count as u8, builtin as u8], extra, span);
        if builtin.never_returns() {
            self.ends_here();
        } else {
            self.results(dest, window, row.results.len(), span);
        }
    }

    /// `exit(code)` with the code already at `window + 1`.
    pub(super) fn exit(&mut self, window: u8, span: Span) {
        self.reserve(window as usize + 2);
        self.call_builtin(None, window, Builtin::Exit, 1, -1, span);
    }

    /// `array(n, x)`
    pub(super) fn library_array_to(&mut self, dest: Dest, args: [&Expr; 2], kind: i32, span: Span) {
        let frame = self.window(Some(dest));
        self.arguments(frame, args);
        self.call_builtin(Some(dest), frame, Builtin::Array, 2, kind, span);
    }

    /// An op `a = f(b)`; the value is computed even where it is not wanted, for its faults.
    fn convert_to(&mut self, op: Op, dest: Option<Dest>, of: &Expr, span: Span) {
        let from = self.operand_in(dest, of);
        let to = match dest {
            Some(dest) => dest.register,
            None => self.temp(),
        };
        if op == Op::Move {
            self.move_to(to, from, span);
        } else {
            self.emit(op, [to, from, 0], 0, span);
        }
    }

    /// `assert(test)`, `assert(test, message)`: the message is only computed where the test fails, and the sides of a
    /// comparison stand in registers for the report.
    fn assertion(&mut self, test: &Expr, message: Option<&Expr>, span: Span) {
        let holds = self.label();
        let known = self.fold_word(test);
        let sides = match &test.kind {
            // A comparison that is known to fail shows its sides all the same.
            ExprKind::Compare(how, op, left, right) if known.is_none_or(|word| word == 0) => {
                let types = [left.ty.clone(), right.ty.clone()];
                let sides = match how {
                    Comparison::Word => {
                        let (left, right) = self.sides(left, right);
                        if known.is_none() {
                            self.branch_words(*op, left, right, holds, true, test.span);
                        }
                        [left, right]
                    }
                    _ => {
                        let (left, right) = self.pair(None, left, right);
                        self.branch_registers(*how, *op, left, right, holds, true, test.span);
                        [Side::Register(left), Side::Register(right)]
                    }
                };
                Some((sides, types))
            }
            _ => {
                self.branch_if(test, holds, true);
                None
            }
        };
        let sides = sides.and_then(|(sides, [left, right])| {
            let registers = sides.map(|side| self.side_register(side, test.span));
            Some([(registers[0], shown(&left)?), (registers[1], shown(&right)?)])
        });
        let register = message.map(|message| self.operand(message));
        if self.is_reachable() {
            let text = self.sources.text(test.span).into();
            let index = self.pool.assertion(Assertion { text, has_message: register.is_some(), sides });
            self.emit(Op::AssertFail, [register.unwrap_or(0), 0, 0], index, span);
        }
        self.bind(holds);
    }
}

/// The kind of values that a library function of [`Extra::Kind`] works on.
fn kind(builtin: Builtin, args: &[Expr]) -> ValueKind {
    match (builtin, args) {
        (Builtin::Array, [_, value, ..]) => ValueKind::of(&value.ty),
        (Builtin::Sort, [array, ..]) => match &array.ty {
            Type::Array(element) => ValueKind::of(element),
            _ => ValueKind::Word,
        },
        (Builtin::MqTimedsend | Builtin::MqTimedreceive, [.., deadline]) => ValueKind::of(&deadline.ty),
        (_, [number, ..]) => ValueKind::of(&number.ty),
        _ => ValueKind::Word,
    }
}
