//! Expressions.

use super::super::ast::*;
use super::super::token::Token;
use super::super::{literal, say};
use super::{Builder, Built};
use crate::source::Span;

/// An expression on its way into the tree.
#[derive(Debug)]
pub(crate) struct Value {
    /// The expression.
    pub(crate) expr: Expr,
    /// With the parentheses around it.
    pub(crate) outer: Span,
    depth: u32,
    /// What is still to be judged by the place the expression turns up in.
    pending: Option<Pending>,
    /// A comparison without parentheses, which takes no second one.
    comparison: bool,
}

/// Something that is right in few places; whoever takes the value elsewhere refuses it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pending {
    /// `x++`, right as a statement; or C's `++x`, which is refused there too.
    Step { by: i64, prefix: bool },
    /// `_`, alone or in a tuple; right on the left of an assignment.
    Hole(Span),
    /// `&x`, C's way to be given a result; said best by the call it stands in.
    Address,
}

impl Value {
    /// The pending fact, taken away.
    pub(super) fn pending(&mut self) -> Option<Pending> {
        self.pending.take()
    }

    /// How deep it is.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }
}

/// A row of operands and operators, as far as it has been read.
#[derive(Debug)]
pub(crate) struct Chain {
    /// What waits for its right side, each operator binding tighter than the one before.
    open: Vec<(Value, BinaryOp)>,
    /// The last operand.
    last: Value,
}

impl Chain {
    /// The first operand.
    pub(crate) fn new(first: Value) -> Chain {
        Chain { open: Vec::new(), last: first }
    }
}

/// How tight an operator binds.
fn precedence(op: BinaryOp) -> u8 {
    use BinaryOp::*;
    match op {
        Or => 0,
        And => 1,
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => 2,
        BitOr => 3,
        BitXor => 4,
        BitAnd => 5,
        ShiftLeft | ShiftRight => 6,
        Add | Subtract => 7,
        Multiply | Divide | Remainder => 8,
    }
}

impl Builder<'_> {
    /// One more operand: whatever binds at least as tight as the operator before it has its right side now.
    pub(crate) fn link(&mut self, mut chain: Chain, op: BinaryOp, next: Value) -> Chain {
        let complete = |(_, before): &mut (Value, BinaryOp)| precedence(*before) >= precedence(op);
        while let Some((left, before)) = chain.open.pop_if(complete) {
            chain.last = self.binary(left, before, chain.last);
        }
        chain.open.push((std::mem::replace(&mut chain.last, next), op));
        chain
    }

    /// The whole row as one expression.
    pub(crate) fn close(&mut self, mut chain: Chain) -> Value {
        while let Some((left, op)) = chain.open.pop() {
            chain.last = self.binary(left, op, chain.last);
        }
        chain.last
    }

    /// Makes one node of the tree over parts whose deepest has depth `below`.
    fn make(&mut self, kind: ExprKind, span: Span, below: u32) -> Value {
        let fits = self.fits(below + 1, span);
        let (kind, depth) = if fits { (kind, below + 1) } else { (ExprKind::Error, 1) };
        Value { expr: Expr { kind, span }, outer: span, depth, pending: None, comparison: false }
    }

    /// The finished expression of a value and its depth; what is still pending is refused.
    pub(super) fn whole(&mut self, value: Value) -> (Expr, u32) {
        if let Some(pending) = value.pending {
            let text = self.text(value.expr.span);
            self.say(match pending {
                Pending::Step { .. } => say::step_as_value(value.expr.span, text),
                Pending::Hole(span) => say::hole_as_value(span),
                Pending::Address => say::address(value.expr.span, text, None, &[]),
            });
        }
        (value.expr, value.depth)
    }

    /// As [`Builder::whole`], boxed, for a part of a larger expression.
    fn part(&mut self, value: Value, depth: &mut u32) -> Box<Expr> {
        Box::new(self.element(value, depth))
    }

    fn parts(&mut self, values: Vec<Value>, depth: &mut u32) -> Vec<Expr> {
        values.into_iter().map(|value| self.element(value, depth)).collect()
    }

    /// As [`Builder::part`], where it stands in a list.
    fn element(&mut self, value: Value, depth: &mut u32) -> Expr {
        let (expr, own) = self.whole(value);
        *depth = own.max(*depth);
        expr
    }

    /// A literal as an expression.
    pub(crate) fn literal(&mut self, start: u32, value: Literal, end: u32) -> Value {
        let span = self.span(start, end);
        self.make(ExprKind::Literal(value), span, 0)
    }

    /// A name as an expression.
    pub(crate) fn name(&mut self, start: u32, end: u32) -> Value {
        let span = self.span(start, end);
        let name = self.intern(span);
        self.make(ExprKind::Name(name), span, 0)
    }

    /// `_` in a tuple.
    pub(crate) fn hole(&mut self, start: u32, end: u32) -> Value {
        let mut value = self.name(start, end);
        value.pending = Some(Pending::Hole(value.expr.span));
        value
    }

    /// Something that has been reported.
    pub(crate) fn broken_expression(&mut self, start: u32, end: u32) -> Value {
        let span = self.span(start, end);
        self.make(ExprKind::Error, span, 0)
    }

    /// `(e)`: the same expression, remembering its parentheses.
    pub(crate) fn parenthesised(&mut self, start: u32, value: Value, end: u32) -> Value {
        Value { outer: self.span(start, end), comparison: false, ..value }
    }

    /// `(a, b)`
    pub(crate) fn tuple(&mut self, start: u32, first: Value, rest: Vec<Value>, end: u32) -> Value {
        let span = self.span(start, end);
        let (mut depth, mut hole) = (0, None);
        let mut parts = Vec::with_capacity(rest.len() + 1);
        for mut value in std::iter::once(first).chain(rest) {
            if let Some(Pending::Hole(at)) = value.pending {
                hole = hole.or(Some(Pending::Hole(at)));
                value.pending = None;
            }
            parts.push(self.element(value, &mut depth));
        }
        Value { pending: hole, ..self.make(ExprKind::Tuple(parts), span, depth) }
    }

    /// `[a, b]`
    pub(crate) fn array(&mut self, start: u32, elements: Vec<Value>, end: u32) -> Value {
        let mut depth = 0;
        let elements = self.parts(elements, &mut depth);
        let span = self.span(start, end);
        self.make(ExprKind::Array(elements), span, depth)
    }

    /// `[x; n]`
    pub(crate) fn repeat(&mut self, start: u32, element: Value, count: Value, end: u32) -> Value {
        let mut depth = 0;
        let kind = ExprKind::Repeat(self.part(element, &mut depth), self.part(count, &mut depth));
        let span = self.span(start, end);
        self.make(kind, span, depth)
    }

    /// `Job { pid: 3 }`
    pub(crate) fn struct_literal(&mut self, start: u32, name: Ident, fields: Vec<(Ident, Value)>, end: u32) -> Value {
        let mut depth = 0;
        let fields = fields.into_iter().map(|(name, value)| (name, self.element(value, &mut depth))).collect();
        let span = self.span(start, end);
        self.make(ExprKind::Struct(name, fields), span, depth)
    }

    /// `fn(sig: int) { … }`
    pub(crate) fn anonymous(
        &mut self,
        start: u32,
        params: Vec<Param>,
        result: Option<TypeExpr>,
        head_end: u32,
        body: Built<Block>,
        end: u32,
    ) -> Value {
        let function = self.function(start, None, params, result, head_end, body);
        let span = self.span(start, end);
        self.make(ExprKind::Function(Box::new(function.node)), span, function.depth)
    }

    /// `f(a, b)`; here it is known for whom a `&x` was meant.
    pub(crate) fn call(&mut self, callee: Value, args: Vec<Value>, end: u32) -> Value {
        let span = self.span(callee.outer.start, end);
        let name = match &callee.expr.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        };
        let mut depth = 0;
        let callee = self.part(callee, &mut depth);
        let texts: Vec<&str> = args.iter().map(|arg| self.text(arg.outer)).collect();
        let mut told = false;
        let mut list = Vec::with_capacity(args.len());
        for mut arg in args {
            if arg.pending == Some(Pending::Address) {
                arg.pending = None;
                if !told {
                    told = true;
                    let fact = say::address(arg.expr.span, self.text(arg.expr.span), name.as_deref(), &texts);
                    self.say(fact);
                }
            }
            list.push(self.element(arg, &mut depth));
        }
        self.make(ExprKind::Call(callee, list), span, depth)
    }

    /// `a[i]`
    pub(crate) fn index(&mut self, base: Value, index: Value, end: u32) -> Value {
        let span = self.span(base.outer.start, end);
        let mut depth = 0;
        let kind = ExprKind::Index(self.part(base, &mut depth), self.part(index, &mut depth));
        self.make(kind, span, depth)
    }

    /// `a[i..j]`
    pub(crate) fn slice(&mut self, base: Value, from: Option<Value>, to: Option<Value>, end: u32) -> Value {
        let span = self.span(base.outer.start, end);
        let mut depth = 0;
        let base = self.part(base, &mut depth);
        let from = from.map(|value| self.part(value, &mut depth));
        let to = to.map(|value| self.part(value, &mut depth));
        self.make(ExprKind::Slice(base, from, to), span, depth)
    }

    /// `s.field`
    pub(crate) fn field(&mut self, base: Value, name: Ident) -> Value {
        let span = self.span(base.outer.start, name.span.end);
        let mut depth = 0;
        let base = self.part(base, &mut depth);
        self.make(ExprKind::Field(base, name), span, depth)
    }

    /// C's `s->field`
    pub(crate) fn arrow_field(&mut self, base: Value, start: u32, end: u32, name: Ident) -> Value {
        let arrow = self.span(start, end);
        let whole = self.text(base.outer);
        self.say(say::arrow_field(arrow, whole, &name.name));
        self.field(base, name)
    }

    /// `x++` and `x--`, to be judged by the place.
    pub(crate) fn step(&mut self, target: Value, by: i64, end: u32) -> Value {
        let span = self.span(target.outer.start, end);
        let (expr, depth) = self.whole(target);
        Value {
            expr: Expr { kind: expr.kind, span },
            outer: span,
            depth,
            pending: Some(Pending::Step { by, prefix: false }),
            comparison: false,
        }
    }

    /// A row of prefix operators, the innermost last.
    pub(crate) fn prefix(&mut self, operators: Vec<(Token, u32)>, operand: Value) -> Value {
        let mut value = operand;
        for (operator, start) in operators.into_iter().rev() {
            value = self.prefixed(operator, start, value);
        }
        value
    }

    fn prefixed(&mut self, operator: Token, start: u32, operand: Value) -> Value {
        let span = self.span(start, operand.outer.end);
        let inner = operand.outer;
        let mut depth = 0;
        let op = match operator {
            Token::Minus => UnaryOp::Negate,
            Token::Bang => UnaryOp::Not,
            Token::Tilde => UnaryOp::Complement,
            _ => {
                let (expr, depth) = self.whole(operand);
                return self.c_prefix(operator, span, inner, expr, depth);
            }
        };
        let operand = self.part(operand, &mut depth);
        self.make(ExprKind::Unary(op, operand), span, depth)
    }

    /// The prefixes that only C has.
    fn c_prefix(&mut self, operator: Token, span: Span, inner: Span, expr: Expr, depth: u32) -> Value {
        let pending = match operator {
            Token::And => Some(Pending::Address),
            Token::Increment => Some(Pending::Step { by: 1, prefix: true }),
            Token::Decrement => Some(Pending::Step { by: -1, prefix: true }),
            _ => {
                let text = self.text(inner);
                self.say(say::dereference(span, text));
                None
            }
        };
        let kind = if pending.is_none() { ExprKind::Error } else { expr.kind };
        Value { expr: Expr { kind, span }, outer: span, depth, pending, comparison: false }
    }

    /// `a + b`
    fn binary(&mut self, left: Value, op: BinaryOp, right: Value) -> Value {
        let span = left.outer.to(right.outer);
        let chained = op.is_comparison() && left.comparison;
        if chained {
            self.chained(&left, op, &right, span);
        }
        let mut depth = 0;
        let kind = ExprKind::Binary(op, self.part(left, &mut depth), self.part(right, &mut depth));
        let kind = if chained { ExprKind::Error } else { kind };
        Value { comparison: op.is_comparison() && !chained, ..self.make(kind, span, depth) }
    }

    /// `a < b < c`
    fn chained(&mut self, left: &Value, op: BinaryOp, right: &Value, span: Span) {
        let ExprKind::Binary(_, _, middle) = &left.expr.kind else { return };
        let fact = say::chained(span, self.text(left.outer), self.text(middle.span), op.sign(), self.text(right.outer));
        self.say(fact);
    }

    /// `c ? a : b`
    pub(crate) fn conditional(&mut self, test: Chain, then: Value, otherwise: Value) -> Value {
        let test = self.close(test);
        let span = test.outer.to(otherwise.outer);
        let mut depth = 0;
        let test = self.part(test, &mut depth);
        let then = self.part(then, &mut depth);
        let otherwise = self.part(otherwise, &mut depth);
        self.make(ExprKind::Conditional(test, then, otherwise), span, depth)
    }

    /// `x = e` where a value is wanted.
    pub(crate) fn assignment_as_value(
        &mut self,
        target: Value,
        start: u32,
        op: Option<BinaryOp>,
        end: u32,
        value: Value,
    ) -> Value {
        let sign = self.span(start, end);
        let span = target.outer.to(value.outer);
        let call = match &value.expr.kind {
            ExprKind::Call(callee, args) => {
                Some((self.text(callee.span), args.iter().map(|arg| self.text(arg.span)).collect()))
            }
            _ => None,
        };
        // `n < 0 && errno = EINTR`: only the last part stands before the `=`.
        let mut last = &target.expr;
        while let ExprKind::Binary(_, _, right) = &last.kind {
            last = right;
        }
        let whole = std::ptr::eq(last, &target.expr);
        let place = matches!(target.expr.kind, ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Field(..));
        let found = say::AssignmentAsValue {
            span,
            sign,
            target: if whole { self.text(target.outer) } else { self.text(last.span) },
            value: self.text(value.outer),
            plain: op.is_none(),
            place,
            call,
        };
        self.say(say::assignment_as_value(&found));
        let (_, left) = self.whole(target);
        let (_, right) = self.whole(value);
        let below = left.max(right);
        self.make(ExprKind::Error, span, below)
    }

    // ------------------------------------------------------------------------------------- literals

    /// The value of an integer word; the lexer has said what is wrong with it.
    pub(crate) fn int(&mut self, start: u32, end: u32) -> Literal {
        Literal::Int(literal::int(self.text(self.span(start, end))).0)
    }

    /// The value of a float word.
    pub(crate) fn float(&mut self, start: u32, end: u32) -> Literal {
        Literal::Float(literal::float(self.text(self.span(start, end))).0)
    }

    /// The bytes of a string.
    pub(crate) fn string(&mut self, start: u32, end: u32) -> Literal {
        Literal::Str(literal::quoted(self.text(self.span(start, end))).0.into())
    }

    /// A character is the integer of its byte; anything longer has been refused and is a string.
    pub(crate) fn character(&mut self, start: u32, end: u32) -> Literal {
        let bytes = literal::quoted(self.text(self.span(start, end))).0;
        match bytes.as_slice() {
            [byte] => Literal::Char(*byte),
            _ => Literal::Str(bytes.into()),
        }
    }
}
