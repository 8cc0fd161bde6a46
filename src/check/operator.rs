//! Operators with two operands: which there are for which types, and what is said where there is none.

use super::problem::Problem;
use super::tree::{Comparison, Constant, Expr, ExprKind, Operator};
use super::types::Type;
use super::{Checker, fit, quote};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind as Ast, Literal};

/// The operator of arithmetic on two types and the type of its result; `p - q` is not among them.
pub(super) fn arithmetic(op: BinaryOp, left: &Type, right: &Type) -> Option<(Operator, Type)> {
    use BinaryOp::*;
    let found = match (left, right, op) {
        (Type::Int, Type::Int, _) => (Operator::Int(op), Type::Int),
        (Type::Float, Type::Float, Add | Subtract | Multiply | Divide | Remainder) => {
            (Operator::Float(op), Type::Float)
        }
        (Type::Str, Type::Str, Add) => (Operator::Concat, Type::Str),
        (Type::Ptr, Type::Int, Add) => (Operator::PtrAdd, Type::Ptr),
        (Type::Ptr, Type::Int, Subtract) => (Operator::PtrSubtract, Type::Ptr),
        _ => return None,
    };
    Some(found)
}

/// How two values of one type are compared, if they are.
fn comparison(op: BinaryOp, ty: &Type) -> Option<Comparison> {
    let identity = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
    match ty {
        Type::Int | Type::Ptr => Some(Comparison::Word),
        Type::Float => Some(Comparison::Float),
        Type::Str => Some(Comparison::Str),
        Type::Bool | Type::Struct(_) | Type::Function(_) | Type::Array(_) if identity => Some(Comparison::Word),
        _ => None,
    }
}

impl<'a> Checker<'a> {
    /// `left op right`
    pub(super) fn binary(&mut self, op: BinaryOp, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let first = Box::new(self.condition(left));
                let second = Box::new(self.condition(right));
                let kind = if op == BinaryOp::And { ExprKind::And(first, second) } else { ExprKind::Or(first, second) };
                Expr::new(kind, Type::Bool, span)
            }
            _ if op.is_comparison() => self.comparison(op, left, right, span),
            _ => self.calculation(op, left, right, span),
        }
    }

    fn calculation(&mut self, op: BinaryOp, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Expr {
        let first = self.value(left, None);
        let second = self.value(right, None);
        if first.ty.is_broken() || second.ty.is_broken() {
            return Expr::broken(span);
        }
        match (&first.ty, &second.ty, op) {
            (Type::Ptr, Type::Ptr, BinaryOp::Subtract) => {
                return Expr::new(ExprKind::PtrDifference(Box::new(first), Box::new(second)), Type::Int, span);
            }
            (Type::Int, Type::Ptr, BinaryOp::Add) => {
                return Expr::new(
                    ExprKind::Binary(Operator::PtrAdd, Box::new(second), Box::new(first)),
                    Type::Ptr,
                    span,
                );
            }
            _ => {}
        }
        match arithmetic(op, &first.ty, &second.ty) {
            Some((operator, ty)) => Expr::new(ExprKind::Binary(operator, Box::new(first), Box::new(second)), ty, span),
            None => {
                self.no_operator(op, (left, &first), (right, &second), span);
                Expr::broken(span)
            }
        }
    }

    fn comparison(&mut self, op: BinaryOp, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Expr {
        let mut first = self.value(left, None);
        let hint = Some(&first.ty).filter(|ty| !ty.is_open());
        let mut second = self.value(right, hint);
        if first.ty.is_broken() || second.ty.is_broken() {
            return Expr { ty: Type::Bool, ..Expr::broken(span) };
        }
        // `a == []` compares identities, so it is always false; only the type says so.
        let empty = [left, right].iter().any(|side| matches!(&side.kind, Ast::Array(items) if items.is_empty()));
        let common = first.ty.join(&second.ty).filter(|ty| !ty.is_open() && !empty);
        if let Some((ty, how)) = common.and_then(|ty| comparison(op, &ty).map(|how| (ty, how))) {
            fit::settle(&mut first, &ty);
            fit::settle(&mut second, &ty);
            return Expr::new(ExprKind::Compare(how, op, Box::new(first), Box::new(second)), Type::Bool, span);
        }
        if !self.status_compared(op, (left, &first), (right, &second)) {
            self.no_operator(op, (left, &first), (right, &second), span);
        }
        Expr { ty: Type::Bool, ..Expr::broken(span) }
    }

    /// `status == 1`: C compiles it, and it is never true.
    fn status_compared(&mut self, op: BinaryOp, left: (&ast::Expr, &Expr), right: (&ast::Expr, &Expr)) -> bool {
        let ((expr, value), (other_expr, other)) = match (&left.1.ty, &right.1.ty) {
            (Type::Status, _) => (left, right),
            (_, Type::Status) => (right, left),
            _ => return false,
        };
        let other_text = quote::operand(other_expr);
        let name = quote::quote(expr).unwrap_or_else(|| "status".to_owned());
        let compared = format!("compared with {}", self.phrase(&other.ty));
        if other.ty != Type::Int {
            self.status_problem(expr, value, &compared, "WEXITSTATUS(", ")");
            return true;
        }
        let number = match (&other_expr.kind, other_text) {
            // The raw word of exit(1) is 256.
            (Ast::Literal(Literal::Int(word)), _) if *word >= 256 && word % 256 == 0 => (word >> 8).to_string(),
            (_, text) => text.unwrap_or_else(|| "n".to_owned()),
        };
        let signal = number.starts_with("SIG");
        let (before, after) = match (op, signal) {
            (_, true) => (format!("WIFSIGNALED({name}) && WTERMSIG("), format!(") {} {number}", op.sign())),
            (BinaryOp::NotEqual, false) => (format!("!WIFEXITED({name}) || WEXITSTATUS("), format!(") != {number}")),
            (_, false) => (format!("WIFEXITED({name}) && WEXITSTATUS("), format!(") {} {number}", op.sign())),
        };
        self.status_problem(expr, value, &compared, &before, &after);
        true
    }

    /// Reports an operator that does not exist for these two.
    pub(super) fn no_operator(
        &mut self,
        op: BinaryOp,
        left: (&ast::Expr, &Expr),
        right: (&ast::Expr, &Expr),
        at: Span,
    ) {
        for (expr, value) in [left, right] {
            if value.ty == Type::Status {
                return self.status_problem(
                    expr,
                    value,
                    &format!("`{}` works on numbers", op.sign()),
                    "WEXITSTATUS(",
                    ")",
                );
            }
        }
        let part =
            self.other_part(left.0, left.1, &right.1.ty).or_else(|| self.other_part(right.0, right.1, &left.1.ty));
        let helps = part.or_else(|| operand_help(op, left, right)).into_iter().collect();
        let first = (self.phrase(&left.1.ty), left.1.span);
        let second = (self.phrase(&right.1.ty), right.1.span);
        self.report(Problem::BadOperand { sign: op.sign(), at, left: Some(first), right: second, helps });
    }
}

/// What was probably meant.
fn operand_help(op: BinaryOp, left: (&ast::Expr, &Expr), right: (&ast::Expr, &Expr)) -> Option<String> {
    use BinaryOp::*;
    let (first, second) = (&left.1.ty, &right.1.ty);
    let sign = op.sign();
    let (one, two) = (quote::operand(left.0)?, quote::operand(right.0)?);
    let bare = |expr: &ast::Expr| quote::quote(expr).unwrap_or_default();
    let help = match (first, second) {
        (Type::Bool, Type::Bool) if op == BitAnd => format!("for bools write `&&`: `{one} && {two}`"),
        (Type::Bool, Type::Bool) if op == BitOr => format!("for bools write `||`: `{one} || {two}`"),
        (Type::Bool, Type::Bool) if op == BitXor => format!("for bools write `!=`: `{one} != {two}`"),
        (Type::Str, other) if op == Add && is_printable(other) => {
            format!("make a text of it: `{one} + str({})`", bare(right.0))
        }
        (other, Type::Str) if op == Add && is_printable(other) => {
            format!("make a text of it: `str({}) + {two}`", bare(left.0))
        }
        (Type::Str, _) if op == Remainder => {
            format!("`sprintf({one}, {})` puts values into a text", bare(right.0))
        }
        (Type::Int, Type::Str) if op.is_comparison() && fit::constant_in_quotes(right.0).is_some() => {
            fit::constant_in_quotes(right.0)?
        }
        (Type::Int, Type::Bool) if matches!(op, Equal | NotEqual) => {
            let yes = matches!(right.0.kind, Ast::Literal(Literal::Bool(true))) == (op == Equal);
            format!("an int is compared with a number: `{one} {} 0`", if yes { "!=" } else { "==" })
        }
        (Type::Str, Type::Int) if op == Multiply => format!("`repeat({}, {})`", bare(left.0), bare(right.0)),
        (Type::Str, Type::Int) if op.is_comparison() => character_help(left.0, right.0, sign)?,
        (Type::Int, Type::Str) if op.is_comparison() => match &right.0.kind {
            Ast::Literal(Literal::Str(bytes)) if bytes.len() == 1 => {
                format!(
                    "a byte is an int; a single character in single quotes is one too: `{one} {sign} '{}'`",
                    String::from_utf8_lossy(bytes)
                )
            }
            _ => format!("`str({}) {sign} {two}`", bare(left.0)),
        },
        (Type::Int, Type::Float) => match &left.0.kind {
            Ast::Literal(Literal::Int(value)) => format!("write `{value}.0 {sign} {two}`"),
            _ => format!("convert one side: `float({}) {sign} {two}`", bare(left.0)),
        },
        (Type::Float, Type::Int) => match &right.0.kind {
            Ast::Literal(Literal::Int(value)) => format!("write `{one} {sign} {value}.0`"),
            _ => format!("convert one side: `{one} {sign} float({})`", bare(right.0)),
        },
        (Type::Bool, Type::Int) if op.is_comparison() => bool_help(&one, &right.1.kind, op),
        (Type::Bool, Type::Int) => format!("`int({}) {sign} {two}`", bare(left.0)),
        (Type::Int, Type::Bool) if !op.is_comparison() => format!("`{one} {sign} int({})`", bare(right.0)),
        (Type::Array(_) | Type::EmptyArray, Type::EmptyArray) | (Type::EmptyArray, Type::Array(_))
            if op.is_comparison() =>
        {
            format!(
                "`len({}) {sign} 0` asks whether it is empty",
                if *first == Type::EmptyArray { bare(right.0) } else { bare(left.0) }
            )
        }
        (Type::Array(_), Type::Array(_)) if op.is_comparison() => {
            format!(
                "`len({}) {sign} 0` asks whether it is empty",
                bare(if is_empty(left.0) { right.0 } else { left.0 })
            )
        }
        (Type::Array(_), Type::Array(_)) if op == Add => {
            format!("add the elements one by one: `for x in {} {{ push({}, x); }}`", bare(right.0), bare(left.0))
        }
        (Type::Array(_), _) if op == Add => format!("`push({}, {});` adds an element", bare(left.0), bare(right.0)),
        (Type::Float, Type::Float) if op == BitXor => {
            "`^` is the bitwise exclusive or, there is no power operator".to_owned()
        }
        (Type::Int, Type::Nil) => format!("an int is compared with a number: `{one} {sign} 0`"),
        (Type::Str, Type::Nil) => format!("a str is never nil: `{one} {sign} \"\"`"),
        (Type::Array(_), Type::Nil) => format!("an array is never nil: `len({}) {sign} 0`", bare(left.0)),
        _ => return None,
    };
    Some(help)
}

fn is_empty(expr: &ast::Expr) -> bool {
    matches!(&expr.kind, Ast::Array(items) if items.is_empty())
}

fn is_printable(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Float | Type::Bool | Type::Ptr)
}

/// A text compared with a number: a character in the wrong quotes, or a number in a text.
fn character_help(text: &ast::Expr, number: &ast::Expr, sign: &str) -> Option<String> {
    let name = quote::operand(text)?;
    match &number.kind {
        Ast::Literal(Literal::Char(code @ 0x20..=0x7e)) => {
            let c = char::from(*code);
            Some(format!(
                "for the text `{name} {sign} \"{c}\"`, for its first byte `{name}[0] {sign} '{c}'`, for the number `int({name}) {sign} {code}`"
            ))
        }
        _ => Some(format!("`int({name}) {sign} {}`", quote::operand(number)?)),
    }
}

fn bool_help(one: &str, other: &ExprKind, op: BinaryOp) -> String {
    let wanted = match other {
        ExprKind::Constant(Constant::Int(0)) => op != BinaryOp::Equal,
        ExprKind::Constant(Constant::Int(1)) => op == BinaryOp::Equal,
        _ => return format!("`int({one}) {} ...`", op.sign()),
    };
    if wanted { format!("a bool needs no comparison: `{one}`") } else { format!("the opposite of a bool is `!{one}`") }
}
