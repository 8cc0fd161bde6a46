//! Short expressions written out again, for headlines and helps that quote them. What would be long is
//! left out: a message says "this" then, and its label points at the text.

use crate::syntax::ast::{Expr, ExprKind, Literal};

/// The longest text that is quoted.
const LONGEST: usize = 40;

/// The expression as text, if it is short.
pub(super) fn quote(expr: &Expr) -> Option<String> {
    let mut text = String::new();
    write(expr, &mut text, 0).then_some(text).filter(|text| text.len() <= LONGEST)
}

/// The expression as text in backquotes, or `this`.
pub(super) fn name_it(expr: &Expr) -> String {
    quote(expr).map_or_else(|| "this".to_owned(), |text| format!("`{text}`"))
}

/// Like [`quote`], in parentheses where an operator is to be put beside it.
pub(super) fn operand(expr: &Expr) -> Option<String> {
    let text = quote(expr)?;
    let compound = matches!(expr.kind, ExprKind::Binary(..) | ExprKind::Conditional(..));
    Some(if compound { format!("({text})") } else { text })
}

fn write(expr: &Expr, text: &mut String, depth: usize) -> bool {
    if depth > 6 || text.len() > LONGEST {
        return false;
    }
    let next = depth + 1;
    match &expr.kind {
        ExprKind::Literal(literal) => return write_literal(literal, text),
        ExprKind::Name(name) => text.push_str(name),
        ExprKind::Unary(op, inner) => {
            text.push_str(op.sign());
            return grouped(inner, text, next);
        }
        ExprKind::Binary(op, left, right) => {
            if !grouped(left, text, next) {
                return false;
            }
            text.push_str(&format!(" {} ", op.sign()));
            return grouped(right, text, next);
        }
        ExprKind::Call(callee, args) => return write(callee, text, next) && list("(", args, ")", text, next),
        ExprKind::Array(items) => return list("[", items, "]", text, next),
        ExprKind::Index(base, index) => {
            if !write(base, text, next) {
                return false;
            }
            text.push('[');
            if !write(index, text, next) {
                return false;
            }
            text.push(']');
        }
        ExprKind::Field(base, field) => {
            if !write(base, text, next) {
                return false;
            }
            text.push('.');
            text.push_str(&field.name);
        }
        _ => return false,
    }
    true
}

/// An operand; a compound one in parentheses, since the tree no longer knows which were written.
fn grouped(expr: &Expr, text: &mut String, depth: usize) -> bool {
    let compound = matches!(expr.kind, ExprKind::Binary(..) | ExprKind::Conditional(..));
    if compound {
        text.push('(');
    }
    let done = write(expr, text, depth);
    if compound {
        text.push(')');
    }
    done
}

fn list(open: &str, items: &[Expr], close: &str, text: &mut String, depth: usize) -> bool {
    text.push_str(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        if !write(item, text, depth) {
            return false;
        }
    }
    text.push_str(close);
    true
}

fn write_literal(literal: &Literal, text: &mut String) -> bool {
    match literal {
        Literal::Int(value) => text.push_str(&value.to_string()),
        Literal::Char(byte) => text.push_str(&character(*byte)),
        Literal::Float(value) => text.push_str(&format!("{value:?}")),
        Literal::Bool(value) => text.push_str(&value.to_string()),
        Literal::Nil => text.push_str("nil"),
        Literal::Str(bytes) => {
            if bytes.len() > LONGEST {
                return false;
            }
            text.push_str(&quoted(bytes));
        }
    }
    true
}

/// A byte as a character literal.
pub(super) fn character(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let text = quoted(&[byte]);
            format!("'{}'", text.trim_start_matches('"').strip_suffix('"').unwrap_or(""))
        }
    }
}

/// Bytes as a string literal.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '\0' => text.push_str("\\0"),
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                c if c.is_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
                c => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text.push('"');
    text
}
