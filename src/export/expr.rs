//! Expressions: each as a text with its level of precedence and, for numbers, its type in C.

use super::kinds::{Kind, Slot};
use super::order::constant;
use super::{Emit, walk};
use crate::abi::{SIG_DFL, SIG_IGN, constant as named};
use crate::check::tree::{Comparison, Constant, Expr, ExprKind, Operator};
use crate::check::types::Type;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// What kind of number an expression of C is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Num {
    /// `int`
    Int,
    /// `unsigned`
    Unsigned,
    /// `long`
    Long,
    /// Anything else.
    Other,
}

/// An expression of C.
#[derive(Debug, Clone)]
pub(super) struct C {
    /// Its text.
    pub(super) text: String,
    /// How tightly its outermost operator binds.
    pub(super) level: u8,
    /// What kind of number it is.
    pub(super) num: Num,
}

/// Names, literals and calls.
pub(super) const CALL: u8 = 15;
const UNARY: u8 = 13;
const COMPARISON: u8 = 9;
const BITS: u8 = 6;
const AND: u8 = 4;
const OR: u8 = 3;
const CONDITIONAL: u8 = 2;

impl C {
    /// A name, a literal or a call.
    pub(super) fn new(text: impl Into<String>, num: Num) -> C {
        C { text: text.into(), level: CALL, num }
    }

    /// One that is no number.
    pub(super) fn other(text: impl Into<String>) -> C {
        C::new(text, Num::Other)
    }

    fn at(level: u8, text: String, num: Num) -> C {
        C { text, level, num }
    }

    /// The text, in parentheses where it binds less tightly than `level`.
    pub(super) fn within(&self, level: u8) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text.clone() }
    }

    /// As an argument, which a comma ends.
    pub(super) fn argument(&self) -> String {
        self.within(CONDITIONAL)
    }
}

/// How a text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// As a value of its own type.
    Value,
    /// A string as C's `const char *`.
    Chars,
}

impl Emit<'_> {
    /// An expression as a value.
    pub(super) fn expr(&mut self, expr: &Expr) -> C {
        match &expr.kind {
            ExprKind::Constant(value) => self.constant(value, &expr.ty, expr.span),
            ExprKind::Local(id) if self.replace.as_ref().is_some_and(|(local, _)| local == id) => {
                self.replace.take().map_or_else(|| C::other(""), |(_, value)| value)
            }
            ExprKind::Local(id) => {
                let num = self.num(Slot::Local(self.function, id.0), &expr.ty);
                C::new(self.local_name(*id), num)
            }
            ExprKind::Global(id) => self.global(id.0, &expr.ty),
            ExprKind::Function(id) => C::other(self.names.functions.get(id.0 as usize).cloned().unwrap_or_default()),
            ExprKind::NegateInt(inner) | ExprKind::NegateFloat(inner) => {
                let inner = self.expr(inner);
                let text = inner.within(UNARY);
                let space = if text.starts_with('-') { " " } else { "" };
                C::at(UNARY, format!("-{space}{text}"), inner.num)
            }
            ExprKind::Complement(inner) => {
                let inner = self.expr(inner);
                C::at(UNARY, format!("~{}", inner.within(UNARY)), inner.num)
            }
            // Under a comparison C's compilers want parentheses around it, so it is given the level of the bit operators.
            ExprKind::Not(inner) => self.not(inner),
            ExprKind::Truth(inner) => self.truth(inner),
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, constant(expr)),
            ExprKind::PtrDifference(left, right) => {
                let [left, right] = self.pair(left, right);
                C::at(11, format!("{} - {}", left.within(11), right.within(12)), Num::Long)
            }
            ExprKind::Compare(how, op, left, right) => self.compare(*how, *op, left, right),
            ExprKind::And(left, right) => {
                let left = self.expr(left);
                let right = self.nested(|emit| emit.expr(right));
                C::at(AND, format!("{} && {}", left.within(AND), right.within(AND + 1)), Num::Other)
            }
            ExprKind::Or(left, right) => {
                let left = self.expr(left);
                let right = self.nested(|emit| emit.expr(right));
                let side = |c: &C, level: u8| if c.level == AND { format!("({})", c.text) } else { c.within(level) };
                C::at(OR, format!("{} || {}", side(&left, OR), side(&right, OR + 1)), Num::Other)
            }
            ExprKind::Conditional(test, left, right) => self.conditional(test, left, right, Want::Value),
            ExprKind::Index(base, index) => {
                self.prelude.need("AT");
                let [base, index] = self.element(base, index);
                C::new(format!("AT({base}, {index})"), if expr.ty == Type::Int { Num::Long } else { Num::Other })
            }
            ExprKind::Byte(base, index) => {
                self.prelude.need("str_at");
                let [base, index] = self.pair(base, index);
                C::new(format!("str_at({}, {})", base.argument(), index.argument()), Num::Long)
            }
            ExprKind::Cell(base, index) => {
                let [base, index] = self.pair(base, index);
                C::new(format!("{}[{}]", base.within(CALL), index.text), Num::Long)
            }
            ExprKind::Field(base, field) => self.field(base, *field, &expr.ty),
            ExprKind::IntToFloat(inner) => {
                let inner = self.expr(inner);
                C::at(UNARY, format!("(double){}", inner.within(UNARY)), Num::Other)
            }
            ExprKind::FloatToInt(inner) => {
                let inner = self.expr(inner);
                C::at(UNARY, format!("(long){}", inner.within(UNARY)), Num::Long)
            }
            ExprKind::WordToInt(inner) => {
                let inner = self.expr(inner);
                C { num: Num::Int, ..inner }
            }
            ExprKind::ParseInt(inner) => self.wrap("to_long", inner, Num::Long),
            ExprKind::ParseFloat(inner) => self.wrap("to_double", inner, Num::Other),
            _ => self.large(expr),
        }
    }

    /// Calls, and what makes something new.
    fn large(&mut self, expr: &Expr) -> C {
        match &expr.kind {
            ExprKind::Call(..) | ExprKind::CallValue(..) => self.call(expr, &[]),
            ExprKind::CallBuiltin { .. } => self.builtin(expr, &[], false),
            ExprKind::First(inner) => match &inner.kind {
                ExprKind::Call(..) | ExprKind::CallValue(..) => self.call(inner, &[]),
                _ => self.builtin(inner, &[], false),
            },
            ExprKind::Slice(base, from, to) => self.slice(base, from.as_deref(), to.as_deref()),
            ExprKind::Array(elements) => self.array(elements, &expr.ty),
            ExprKind::Repeat { value, count } => self.repeat(value, count, &expr.ty),
            ExprKind::Struct(id, fields) => self.structure(*id, fields),
            _ => C::new("0", Num::Int),
        }
    }

    /// A number's type in C.
    pub(super) fn num(&self, slot: Slot, ty: &Type) -> Num {
        match ty {
            Type::Int => match self.kinds.of(slot) {
                Kind::Pid | Kind::Int => Num::Int,
                Kind::Long | Kind::Small => Num::Long,
            },
            Type::Status => Num::Int,
            _ => Num::Other,
        }
    }

    fn global(&mut self, id: u32, ty: &Type) -> C {
        let name = self.names.globals.get(id as usize).cloned().unwrap_or_default();
        if id as usize == crate::abi::ERRNO_SLOT {
            return C::new("errno", Num::Int);
        }
        if id as usize == crate::abi::ARGV_SLOT {
            self.prelude.need("arguments");
        }
        let name = if self.is_main_local(id) { self.main_name(id, name) } else { name };
        C::new(name, self.num(Slot::Global(id), ty))
    }

    fn constant(&mut self, value: &Constant, ty: &Type, span: Span) -> C {
        let written = self.sources.text(span).trim().to_owned();
        match value {
            Constant::Int(value) => self.int(*value, &written),
            Constant::Float(value) => {
                let text = if written.parse::<f64>().is_ok_and(|read| read == *value) {
                    written
                } else {
                    format!("{value:?}")
                };
                C::other(text)
            }
            Constant::Bool(value) => C::other(value.to_string()),
            Constant::Str(bytes) => {
                self.prelude.need("str");
                C::other(format!("STR({})", self.chars_of(bytes, &written)))
            }
            Constant::Nil if matches!(ty, Type::Status) => C::new("0", Num::Int),
            Constant::Nil => C::other("NULL"),
            Constant::Handler(value) if *ty == Type::Int => C::new(value.to_string(), Num::Long),
            Constant::Handler(SIG_DFL) => C::other("SIG_DFL"),
            Constant::Handler(SIG_IGN) => C::other("SIG_IGN"),
            Constant::Handler(_) => C::other("SIG_ERR"),
        }
    }

    /// An int constant, as the program writes it where C reads that alike.
    pub(super) fn int(&mut self, value: i64, written: &str) -> C {
        let num = if i32::try_from(value).is_ok() { Num::Int } else { Num::Long };
        if let Some(name) = self.names.constants.get(written) {
            return C::new(name.clone(), num);
        }
        if named::find(written) == Some(value) {
            return C::new(written, num);
        }
        let character =
            written.starts_with('\'') && written.is_ascii() && written.len() >= 3 && (0..128).contains(&value);
        if character {
            return C::new(written, Num::Int);
        }
        let bare = written.replace('_', "");
        let hexadecimal = bare.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
        let octal = bare.strip_prefix("0o").and_then(|digits| i64::from_str_radix(digits, 8).ok());
        if hexadecimal == Some(value) {
            return C::new(bare, num);
        }
        if octal == Some(value) && value != 0 {
            return C::new(format!("0{}", &bare[2..]), num);
        }
        match value {
            i64::MIN => C::new("LONG_MIN", Num::Long),
            value if value < 0 => C::at(UNARY, value.to_string(), num),
            value => C::new(value.to_string(), num),
        }
    }

    /// A string constant as C's literal, or its name.
    pub(super) fn chars_of(&self, bytes: &[u8], written: &str) -> String {
        match self.names.constants.get(written) {
            Some(name) => name.clone(),
            None => literal(bytes),
        }
    }

    /// An expression as C's `const char *`.
    pub(super) fn chars(&mut self, expr: &Expr) -> C {
        match &expr.kind {
            ExprKind::Constant(Constant::Str(bytes)) if !bytes.contains(&0) => {
                let written = self.sources.text(expr.span).trim().to_owned();
                C::other(self.chars_of(bytes, &written))
            }
            ExprKind::Conditional(test, left, right) => self.conditional(test, left, right, Want::Chars),
            ExprKind::CallBuiltin { builtin, args, .. } => match (builtin, args.as_slice()) {
                (crate::abi::Builtin::Strerror, [number]) => self.bare("strerror", number),
                (crate::abi::Builtin::Strsignal, [number]) => self.bare("strsignal", number),
                _ => self.chars_of_value(expr),
            },
            _ => self.chars_of_value(expr),
        }
    }

    fn bare(&mut self, function: &str, argument: &Expr) -> C {
        let argument = self.expr(argument);
        C::other(format!("{function}({})", argument.argument()))
    }

    fn chars_of_value(&mut self, expr: &Expr) -> C {
        let value = self.expr(expr);
        C::other(format!("{}.p", value.within(CALL)))
    }

    /// An expression as it is wanted.
    pub(super) fn wanted(&mut self, expr: &Expr, want: Want) -> C {
        match want {
            Want::Value => self.expr(expr),
            Want::Chars => self.chars(expr),
        }
    }

    /// Operands in the order of the text: those whose order matters go into variables first.
    pub(super) fn operands(&mut self, operands: &[(&Expr, Want)]) -> Vec<C> {
        let bare: Vec<&Expr> = operands.iter().map(|(expr, _)| *expr).collect();
        let early = self.early(&bare);
        let mut found = Vec::with_capacity(operands.len());
        for ((expr, want), early) in operands.iter().zip(early) {
            found.push(if early { self.named_variable(expr, *want) } else { self.wanted(expr, *want) });
        }
        found
    }

    /// All operands as values.
    pub(super) fn values(&mut self, operands: &[&Expr]) -> Vec<C> {
        let wanted: Vec<(&Expr, Want)> = operands.iter().map(|expr| (*expr, Want::Value)).collect();
        self.operands(&wanted)
    }

    /// Evaluates an expression into a new variable before the present statement.
    pub(super) fn named_variable(&mut self, expr: &Expr, want: Want) -> C {
        let value = self.expr(expr);
        let kind = if value.num == Num::Int { Kind::Int } else { Kind::Long };
        let ty = self.c_type(&expr.ty, kind);
        let name = self.own_name(match expr.ty {
            Type::Int => "value",
            Type::Str => "text",
            Type::Bool => "is",
            Type::Array(_) => "list",
            _ => "it",
        });
        self.before.push(format!("{ty}{name} = {};", value.text));
        let num = if value.num == Num::Unsigned { Num::Long } else { value.num };
        match want {
            Want::Chars => C::other(format!("{name}.p")),
            Want::Value => C::new(name, num),
        }
    }

    fn pair(&mut self, left: &Expr, right: &Expr) -> [C; 2] {
        let mut both = self.values(&[left, right]).into_iter();
        let none = || C::other("");
        [both.next().unwrap_or_else(none), both.next().unwrap_or_else(none)]
    }

    /// An expression that may not be evaluated before the statement: what must come first goes into a statement expression.
    pub(super) fn nested(&mut self, make: impl FnOnce(&mut Self) -> C) -> C {
        let outer = std::mem::take(&mut self.before);
        let made = make(self);
        let inner = std::mem::replace(&mut self.before, outer);
        if inner.is_empty() {
            return made;
        }
        C::new(format!("({{ {} {}; }})", inner.join(" "), made.text), made.num)
    }

    fn conditional(&mut self, test: &Expr, left: &Expr, right: &Expr, want: Want) -> C {
        let test = self.expr(test);
        let left = self.nested(|emit| emit.wanted(left, want));
        let right = self.nested(|emit| emit.wanted(right, want));
        let num = if left.num == right.num { left.num } else { Num::Long };
        let num = if left.num == Num::Other || right.num == Num::Other { Num::Other } else { num };
        C::at(CONDITIONAL, format!("{} ? {} : {}", test.within(OR), left.within(OR), right.within(CONDITIONAL)), num)
    }

    fn not(&mut self, inner: &Expr) -> C {
        let inner = self.expr(inner);
        C::at(
            BITS,
            format!("!{}", inner.within(if inner.level == BITS && inner.text.starts_with('!') { BITS } else { UNARY })),
            Num::Other,
        )
    }

    /// What is not a bool as a condition.
    fn truth(&mut self, inner: &Expr) -> C {
        let value = self.expr(inner);
        let plain = value.level >= UNARY;
        if plain {
            C { num: Num::Other, ..value }
        } else {
            C::at(COMPARISON - 1, format!("({}) != 0", value.text), Num::Other)
        }
    }

    fn wrap(&mut self, part: &'static str, inner: &Expr, num: Num) -> C {
        self.prelude.need(part);
        let inner = self.expr(inner);
        C::new(format!("{part}({})", inner.argument()), num)
    }

    /// The base and the index of an element; the base is named twice by the macro, so it must be something simple.
    pub(super) fn element(&mut self, base: &Expr, index: &Expr) -> [String; 2] {
        let simple = is_simple(base);
        let early = self.early(&[base, index]).first().copied().unwrap_or(false);
        let base = if simple && !early { self.expr(base) } else { self.named_variable(base, Want::Value) };
        let index = self.expr(index);
        [base.argument(), index.argument()]
    }

    pub(super) fn field(&mut self, base: &Expr, field: u32, ty: &Type) -> C {
        let Type::Struct(id) = base.ty else { return C::new("0", Num::Int) };
        let name = self.field_name(id, field);
        let base = self.expr(base);
        C::new(format!("{}->{name}", base.within(CALL)), self.num(Slot::Field(id.0, field), ty))
    }

    fn compare(&mut self, how: Comparison, op: BinaryOp, left: &Expr, right: &Expr) -> C {
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

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, value: Option<i64>) -> C {
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

    fn slice(&mut self, base: &Expr, from: Option<&Expr>, to: Option<&Expr>) -> C {
        let mut operands = vec![base];
        operands.extend(from);
        operands.extend(to);
        let simple = is_simple(base);
        let mut made = self.values(&operands).into_iter();
        let mut whole = made.next().unwrap_or_else(|| C::other(""));
        if to.is_none() && !simple {
            let ty = self.c_type(&base.ty, Kind::Long);
            let name = self.own_name("whole");
            self.before.push(format!("{ty}{name} = {};", whole.text));
            whole = C::other(name);
        }
        let from = if from.is_some() { made.next().map_or_else(String::new, |c| c.argument()) } else { "0".to_owned() };
        let string = base.ty == Type::Str;
        let to = match made.next() {
            Some(to) => to.argument(),
            None => format!("{}{}n", whole.within(CALL), if string { "." } else { "->" }),
        };
        let function = match &base.ty {
            Type::Array(element) => {
                let array = self.array_type(element);
                self.prelude.need_array(&array, "slice")
            }
            _ => self.prelude.need("str_slice").to_owned(),
        };
        C::other(format!("{function}({}, {from}, {to})", whole.argument()))
    }

    fn array(&mut self, elements: &[Expr], ty: &Type) -> C {
        let Type::Array(element) = ty else { return C::other("NULL") };
        let array = self.array_type(element);
        let make = self.prelude.need_array(&array, "of");
        if elements.is_empty() {
            return C::other(format!("{make}(0, NULL)"));
        }
        let values = self.values(&elements.iter().collect::<Vec<_>>());
        let list: Vec<String> = values.iter().map(C::argument).collect();
        C::other(format!("{make}({}, ({}[]){{{}}})", list.len(), array.value.trim_end(), list.join(", ")))
    }

    fn repeat(&mut self, value: &Expr, count: &Expr, ty: &Type) -> C {
        let Type::Array(element) = ty else { return C::other("NULL") };
        let array = self.array_type(element);
        let fresh = !matches!(value.kind, ExprKind::Constant(_) | ExprKind::Local(_) | ExprKind::Global(_))
            && constant(value).is_none();
        if !fresh {
            let fill = self.prelude.need_array(&array, "fill");
            let [count, value] = self.pair(count, value);
            return C::other(format!("{fill}({}, {})", count.argument(), value.argument()));
        }
        let (make, push) = (self.prelude.need_array(&array, "of"), self.prelude.need_array(&array, "push"));
        let count = self.expr(count);
        let (list, turn) = (self.own_name("list"), self.own_name("turn"));
        let value = self.nested(|emit| emit.expr(value));
        self.before.push(format!("{} *{list} = {make}(0, NULL);", array.name));
        self.before.push(format!("for (long {turn} = {}; {turn} > 0; {turn}--)", count.argument()));
        self.before.push(format!("    {push}({list}, {});", value.argument()));
        C::other(list)
    }

    fn structure(&mut self, id: crate::check::types::StructId, fields: &[(u32, Expr)]) -> C {
        self.prelude.need("NEW");
        let values = self.values(&fields.iter().map(|(_, value)| value).collect::<Vec<_>>());
        let mut parts = vec![self.struct_name(id)];
        for ((field, _), value) in fields.iter().zip(values) {
            parts.push(format!(".{} = {}", self.field_name(id, *field), value.argument()));
        }
        let all = self.program.structs.get(id.0 as usize).map(|def| def.fields.clone()).unwrap_or_default();
        for (at, (_, ty)) in (0..).zip(&all) {
            let given = fields.iter().any(|(field, _)| *field == at);
            if !given && matches!(ty, Type::Str | Type::Array(_)) {
                let zero = self.zero(ty);
                parts.push(format!(".{} = {zero}", self.field_name(id, at)));
            }
        }
        C::other(format!("NEW({})", parts.join(", ")))
    }
}

/// Whether an expression may stand twice: a name, or a field of one.
pub(super) fn is_simple(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Local(_) | ExprKind::Global(_) => true,
        ExprKind::Field(..) | ExprKind::Index(..) => {
            walk::parts(expr).into_iter().all(|part| is_simple(part) || matches!(part.kind, ExprKind::Constant(_)))
        }
        _ => false,
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

/// Bytes as a literal of C.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    escape(bytes, &mut text);
    text.push('"');
    text
}

/// Bytes as they stand inside a literal of C.
pub(super) fn escape(bytes: &[u8], text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '?' if text.ends_with('?') => text.push_str("\\?"),
                letter if letter.is_ascii_control() => text.push_str(&format!("\\{:03o}", letter as u32)),
                letter => text.push(letter),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\{byte:03o}"));
        }
    }
}
