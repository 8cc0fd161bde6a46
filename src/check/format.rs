//! printf formats: read into pieces, and checked against their arguments where the format is a literal.
//! [`parse`] is also what a format meets that is known only at run time.

use std::sync::Arc;

use super::builtin::{argument, builtin_expr, shown};
use super::problem::{FormatProblem, Problem};
use super::tree::{Amount, Constant, Conversion, Expr, Format, Piece, Shown};
use super::types::Type;
use super::{Checker, constant, fit, quote};
use crate::abi::Builtin;
use crate::source::Span;
use crate::syntax::ast;

/// The largest width or precision; more is a slip, and would only fill the heap.
pub const WIDEST: u32 = 65_535;

/// The longest format that is read at compile time; pieces are copies, and a constant can be used many times.
const LONGEST: usize = 4096;

/// What is wrong with a format in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatError {
    /// It ends within a conversion, the text of which is given.
    Unfinished(String),
    /// There is no such conversion.
    Unknown(String),
    /// A conversion of C that is not here.
    Refused(String),
    /// A width or precision above [`WIDEST`].
    TooWide(String),
}

/// Reads a format; texts and conversions in order.
pub fn parse(format: &[u8]) -> Result<Vec<Piece>, FormatError> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut at = 0;
    while let Some(byte) = format.get(at) {
        if *byte != b'%' {
            text.push(*byte);
            at += 1;
        } else if format.get(at + 1) == Some(&b'%') {
            text.push(b'%');
            at += 2;
        } else {
            let mut reader = Reader { format, start: at, at: at + 1 };
            let conversion = reader.conversion()?;
            at = reader.at;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text).into()));
            }
            pieces.push(Piece::Conversion(conversion));
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Ok(pieces)
}

struct Reader<'f> {
    format: &'f [u8],
    start: usize,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// The conversion as far as it was read.
    fn so_far(&self) -> String {
        let end = (self.at + 1).min(self.format.len());
        String::from_utf8_lossy(self.format.get(self.start..end).unwrap_or_default()).into_owned()
    }

    fn conversion(&mut self) -> Result<Conversion, FormatError> {
        let mut conversion = Conversion::default();
        while let Some(flag) = self.peek() {
            match flag {
                b'-' => conversion.left = true,
                b'+' => conversion.plus = true,
                b' ' => conversion.space = true,
                b'#' => conversion.alternate = true,
                b'0' => conversion.zero = true,
                _ => break,
            }
            self.at += 1;
        }
        conversion.width = self.amount()?;
        if self.peek() == Some(b'.') {
            self.at += 1;
            // A lone point means precision 0, as in C.
            conversion.precision = Some(self.amount()?.unwrap_or(Amount::Fixed(0)));
        }
        // Ints have 64 bits, so the lengths that say so change nothing.
        while matches!(self.peek(), Some(b'l' | b'z' | b'j' | b't')) {
            self.at += 1;
        }
        match self.peek() {
            Some(
                letter @ (b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'c' | b's' | b'f' | b'F' | b'e' | b'E' | b'g'
                | b'G' | b'p'),
            ) => {
                self.at += 1;
                conversion.letter = letter;
                Ok(conversion)
            }
            Some(b'h' | b'L' | b'n' | b'a' | b'A' | b'q' | b'm' | b'$') => Err(FormatError::Refused(self.so_far())),
            Some(_) => Err(FormatError::Unknown(self.so_far())),
            None => Err(FormatError::Unfinished(self.so_far())),
        }
    }

    fn amount(&mut self) -> Result<Option<Amount>, FormatError> {
        if self.peek() == Some(b'*') {
            self.at += 1;
            return Ok(Some(Amount::Argument));
        }
        let mut value: Option<u32> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = value.unwrap_or(0).saturating_mul(10).saturating_add(u32::from(digit - b'0'));
            value = Some(next);
            self.at += 1;
        }
        match value {
            Some(value) if value > WIDEST => Err(FormatError::TooWide(self.so_far())),
            value => Ok(value.map(Amount::Fixed)),
        }
    }
}

/// What a conversion wants of the next argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Want {
    /// The conversion as a person would write it, `%-5d`; `*` for a width.
    pub(super) text: String,
    pub(super) ty: Type,
}

/// What the arguments of a format must be, in order.
fn wants(pieces: &[Piece]) -> Vec<Want> {
    let mut wants = Vec::new();
    for piece in pieces {
        let Piece::Conversion(conversion) = piece else { continue };
        let text = format!("%{}", conversion.letter as char);
        for amount in [conversion.width, conversion.precision] {
            if amount == Some(Amount::Argument) {
                wants.push(Want { text: format!("the `*` of `%*{}`", conversion.letter as char), ty: Type::Int });
            }
        }
        wants.push(Want { text: format!("`{text}`"), ty: conversion_type(conversion.letter) });
    }
    wants
}

/// The type that a conversion shows.
pub fn conversion_type(letter: u8) -> Type {
    match letter {
        b's' => Type::Str,
        b'f' | b'F' | b'e' | b'E' | b'g' | b'G' => Type::Float,
        b'p' => Type::Ptr,
        _ => Type::Int,
    }
}

impl<'a> Checker<'a> {
    /// `printf` and its kin.
    pub(super) fn format_call(&mut self, builtin: Builtin, args: &'a [ast::Expr], span: Span) -> Expr {
        let result = if builtin == Builtin::Sprintf { Type::Str } else { Type::Int };
        let position = usize::from(builtin == Builtin::Dprintf);
        let (before, rest) = args.split_at(position.min(args.len()));
        let Some((format, rest)) = rest.split_first() else { return Expr::broken(span) };
        let mut values: Vec<Expr> = before.iter().map(|fd| self.expect(fd, &Type::Int, argument(builtin, 0))).collect();
        let checked = self.expect(format, &Type::Str, argument(builtin, position));
        let literal = match constant::evaluate(&checked) {
            Ok(Constant::Str(text)) if !checked.ty.is_broken() && text.len() <= LONGEST => Some(text),
            _ => None,
        };
        let format = match literal {
            Some(text) => self.literal_format(builtin, &text, checked.span, rest, &mut values),
            None => {
                values.push(checked);
                Some(self.dynamic_format(builtin, position, rest, &mut values))
            }
        };
        match format {
            Some(format) => builtin_expr(builtin, values, Some(format), result, span),
            None => Expr { ty: result, ..Expr::broken(span) },
        }
    }

    fn dynamic_format(
        &mut self,
        builtin: Builtin,
        position: usize,
        rest: &'a [ast::Expr],
        values: &mut Vec<Expr>,
    ) -> Format {
        let mut args = Vec::with_capacity(rest.len());
        for (at, arg) in rest.iter().enumerate() {
            let (value, how) = self.printable(builtin, position + 1 + at, arg);
            values.push(value);
            args.push(how);
        }
        Format { pieces: Vec::new(), args, dynamic: true }
    }

    fn literal_format(
        &mut self,
        builtin: Builtin,
        text: &Arc<[u8]>,
        at: Span,
        rest: &'a [ast::Expr],
        values: &mut Vec<Expr>,
    ) -> Option<Format> {
        let pieces = match parse(text) {
            Ok(pieces) => pieces,
            Err(error) => {
                rest.iter().for_each(|arg| drop(self.value(arg, None)));
                self.report(Problem::Format(Box::new(FormatProblem::Unreadable { at, error })));
                return None;
            }
        };
        let wants = wants(&pieces);
        if wants.len() != rest.len() {
            rest.iter().for_each(|arg| drop(self.value(arg, None)));
            let surplus = super::call::surplus(rest, wants.len());
            let missing = wants.get(rest.len()).map(|want| want.text.clone());
            let problem = FormatProblem::Count {
                callee: builtin.name(),
                at,
                wanted: wants.len(),
                found: rest.len(),
                surplus,
                missing,
            };
            self.report(Problem::Format(Box::new(problem)));
            return None;
        }
        let mut args = Vec::with_capacity(rest.len());
        for (arg, want) in rest.iter().zip(&wants) {
            let value = self.value(arg, Some(&want.ty));
            let (value, how) = self.format_argument(builtin, value, arg, want, at);
            values.push(value);
            args.push(how);
        }
        Some(Format { pieces, args, dynamic: false })
    }

    fn format_argument(
        &mut self,
        builtin: Builtin,
        mut value: Expr,
        arg: &ast::Expr,
        want: &Want,
        format: Span,
    ) -> (Expr, Shown) {
        let how = shown(&want.ty).unwrap_or(Shown::Int);
        if value.ty.fits(&want.ty) {
            if !value.ty.is_broken() {
                fit::settle(&mut value, &want.ty);
            }
            return (value, how);
        }
        let span = value.span;
        if value.ty == Type::Status {
            self.status_problem(
                arg,
                &value,
                &format!("{} of `{}` shows {}", want.text, builtin.name(), self.phrase(&want.ty)),
                "WEXITSTATUS(",
                ")",
            );
        } else {
            let (found, wanted) = (self.phrase(&value.ty), self.phrase(&want.ty));
            let helps = argument_help(&value.ty, want, arg);
            let problem = FormatProblem::Argument {
                at: span,
                format,
                conversion: want.text.clone(),
                wanted,
                found,
                subject: quote::name_it(arg),
                helps,
            };
            self.report(Problem::Format(Box::new(problem)));
        }
        (Expr::broken(span), how)
    }
}

fn argument_help(found: &Type, want: &Want, arg: &ast::Expr) -> Vec<String> {
    let width = want.text.contains('*');
    let other = match found {
        Type::Int => Some("`%d` shows an int"),
        Type::Float => Some("`%f` or `%g` shows a float"),
        Type::Str => Some("`%s` shows a str"),
        Type::Ptr => Some("`%p` shows a ptr"),
        _ => None,
    };
    let other = other.filter(|_| !width).map(str::to_owned);
    let text = quote::quote(arg);
    let convert = match (found, &want.ty) {
        (Type::Bool | Type::Array(_) | Type::Struct(_) | Type::Function(_), Type::Str) => {
            text.map(|text| format!("`str({text})` gives its text"))
        }
        (Type::Bool, _) => {
            text.map(|text| format!("`%s` with `str({text})` shows true or false, `int({text})` is 1 or 0"))
        }
        (Type::Array(_) | Type::Struct(_) | Type::Function(_), _) => {
            text.map(|text| format!("`%s` with `str({text})` shows it as `print` does"))
        }
        (Type::Str, Type::Int) if want.text == "`%c`" => text.map(|text| format!("`%c` shows one byte: `{text}[0]`")),
        (Type::Int, Type::Float) => fit::conversion(found, &want.ty, arg),
        _ => None,
    };
    other.into_iter().chain(convert).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversion(format: &str) -> Conversion {
        match parse(format.as_bytes()).as_deref() {
            Ok([Piece::Conversion(conversion)]) => *conversion,
            other => panic!("{format}: {other:?}"),
        }
    }

    #[test]
    fn flags_width_and_precision_are_read() {
        let all = conversion("%-+ #08.3f");
        assert!(all.left && all.plus && all.space && all.alternate && all.zero);
        assert_eq!((all.width, all.precision, all.letter), (Some(Amount::Fixed(8)), Some(Amount::Fixed(3)), b'f'));
        assert_eq!(conversion("%*.*s").precision, Some(Amount::Argument));
        assert_eq!(conversion("%.s").precision, Some(Amount::Fixed(0)));
        assert_eq!(conversion("%lld").letter, b'd');
    }

    #[test]
    fn texts_around_conversions_are_joined() {
        let pieces = parse(b"100%% of %d\n").unwrap();
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0], Piece::Text(Arc::from(&b"100% of "[..])));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(parse(b"50%"), Err(FormatError::Unfinished("%".into())));
        assert_eq!(parse(b"%-y"), Err(FormatError::Unknown("%-y".into())));
        assert_eq!(parse(b"%n"), Err(FormatError::Refused("%n".into())));
        assert_eq!(parse(b"%999999d"), Err(FormatError::TooWide("%999999d".into())));
    }
}
