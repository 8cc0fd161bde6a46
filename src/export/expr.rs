//! Expressions: each as a text with its level of precedence and, for numbers, its type in C.

use super::kinds::{Kind, Slot};
use super::order::constant;
use super::{Emit, walk};
use crate::check::tree::{Constant, Expr, ExprKind};
use crate::check::types::Type;

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
pub(super) const UNARY: u8 = 13;
pub(super) const COMPARISON: u8 = 9;
pub(super) const BITS: u8 = 6;
const AND: u8 = 4;
pub(super) const OR: u8 = 3;
pub(super) const CONDITIONAL: u8 = 2;

impl C {
    /// A name, a literal or a call.
    pub(super) fn new(text: impl Into<String>, num: Num) -> C {
        C { text: text.into(), level: CALL, num }
    }

    /// One that is no number.
    pub(super) fn other(text: impl Into<String>) -> C {
        C::new(text, Num::Other)
    }

    pub(super) fn at(level: u8, text: String, num: Num) -> C {
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
