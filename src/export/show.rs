//! Printing: formats of the language as formats of C.

use super::Emit;
use super::expr::{C, Num, Want};
use super::kinds::Kind;
use super::literal::escape;
use crate::abi::Builtin;
use crate::check::tree::{Amount, Constant, Conversion, Expr, ExprKind, Format, Operator, Piece, Shown};
use crate::check::types::Type;
use crate::source::Span;

/// A piece of a text that is being made.
enum Bit<'e> {
    Text(Vec<u8>),
    /// An argument as `print` shows it.
    Show(&'e Expr, Shown),
    /// A conversion and its arguments, those of `*` first.
    Convert(Conversion, Vec<(&'e Expr, Shown)>),
}

impl Emit<'_> {
    /// `print` and its kin, `sprintf` and `str`.
    pub(super) fn printing(&mut self, expr: &Expr, builtin: Builtin, args: &[Expr], format: &Format) -> C {
        if format.dynamic {
            self.refuse(
                expr.span,
                "its format is known only at run time",
                "write the format where it is used, as a literal",
            );
            return C::other("0");
        }
        let (fd, args) = match (builtin, args) {
            (Builtin::Dprintf, [fd, rest @ ..]) => (Some(fd), rest),
            _ => (None, args),
        };
        if let (Builtin::ToStr, [only], [Piece::Show]) = (builtin, args, format.pieces.as_slice())
            && only.ty == Type::Str
        {
            return self.expr(only);
        }
        let bits = bits(format, args);
        self.formatted(expr.span, builtin, fd, bits)
    }

    fn formatted(&mut self, span: Span, builtin: Builtin, fd: Option<&Expr>, bits: Vec<Bit<'_>>) -> C {
        let mut flat = Vec::new();
        for bit in bits {
            self.flatten(bit, &mut flat);
        }
        let (how, values) = self.format_of(span, fd, &flat);
        let mut list = Vec::new();
        let mut values = values.into_iter();
        let function = match builtin {
            Builtin::Print | Builtin::Printf => "printf",
            Builtin::Eprint | Builtin::Eprintf => {
                list.push("stderr".to_owned());
                "fprintf"
            }
            Builtin::Dprintf => {
                list.extend(values.next());
                "dprintf"
            }
            _ => self.prelude.need("str_printf"),
        };
        list.push(format!("\"{how}\""));
        list.extend(values);
        let num = if function == "str_printf" { Num::Other } else { Num::Int };
        if how.is_empty() {
            // C's compilers warn of an empty format.
            return match builtin {
                Builtin::Sprintf | Builtin::ToStr => C::other("STR(\"\")"),
                _ => C::new("(void)0", num),
            };
        }
        C::new(format!("{function}({})", list.join(", ")), num)
    }

    /// Whether a text is put together on the spot, so that it can be a format of its own.
    pub(super) fn is_made_text(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::CallBuiltin { builtin: Builtin::Sprintf | Builtin::ToStr, format: Some(format), .. } => {
                !format.dynamic && !matches!(format.args.as_slice(), [Shown::Str])
            }
            ExprKind::Binary(Operator::Concat, left, right) => {
                self.is_made_text(left) || self.is_made_text(right) || is_line(right)
            }
            _ => false,
        }
    }

    /// `write(fd, text)` of such a text.
    pub(super) fn print_to(&mut self, fd: &Expr, text: &Expr) -> C {
        let made = self.formatted(text.span, Builtin::Dprintf, Some(fd), vec![Bit::Show(text, Shown::Str)]);
        C { num: Num::Int, ..made }
    }

    /// `a + b` of strings.
    pub(super) fn concat(&mut self, left: &Expr, right: &Expr) -> C {
        if self.is_made_text(left) || self.is_made_text(right) {
            let bits = vec![Bit::Show(left, Shown::Str), Bit::Show(right, Shown::Str)];
            return self.formatted(left.span, Builtin::Sprintf, None, bits);
        }
        self.prelude.need("str_cat");
        let made = self.values(&[left, right]);
        C::other(format!("str_cat({}, {})", made[0].argument(), made[1].argument()))
    }

    /// Takes texts that are put together apart, so that one format does it all.
    fn flatten<'e>(&mut self, bit: Bit<'e>, flat: &mut Vec<Bit<'e>>) {
        let Bit::Show(expr, Shown::Str) = &bit else {
            flat.push(bit);
            return;
        };
        match &expr.kind {
            ExprKind::Constant(Constant::Str(bytes))
                if !bytes.contains(&0) && !self.names.constants.contains_key(self.sources.text(expr.span).trim()) =>
            {
                flat.push(Bit::Text(bytes.to_vec()));
            }
            ExprKind::Binary(Operator::Concat, left, right) => {
                self.flatten(Bit::Show(left, Shown::Str), flat);
                self.flatten(Bit::Show(right, Shown::Str), flat);
            }
            ExprKind::CallBuiltin { builtin: Builtin::Sprintf | Builtin::ToStr, args, format: Some(format) }
                if !format.dynamic =>
            {
                for bit in bits(format, args) {
                    self.flatten(bit, flat);
                }
            }
            _ => flat.push(bit),
        }
    }

    /// The format of C, and its arguments; the descriptor, if any, is the first of them.
    fn format_of(&mut self, span: Span, fd: Option<&Expr>, bits: &[Bit<'_>]) -> (String, Vec<String>) {
        let mut operands: Vec<(&Expr, Want)> = fd.map(|fd| (fd, Want::Value)).into_iter().collect();
        for bit in bits {
            match bit {
                Bit::Text(_) => {}
                Bit::Show(expr, shown) => operands.push((expr, want(shown))),
                Bit::Convert(_, args) => operands.extend(args.iter().map(|(expr, shown)| (*expr, want(shown)))),
            }
        }
        let mut made = self.operands(&operands).into_iter();
        let mut values: Vec<String> = fd.and_then(|_| made.next()).map(|fd| fd.argument()).into_iter().collect();
        let mut how = String::new();
        for bit in bits {
            match bit {
                Bit::Text(bytes) => escape_format(bytes, &mut how),
                Bit::Show(expr, shown) => {
                    let Some(value) = made.next() else { continue };
                    let (conversion, value) = self.shown(span, expr, shown, value);
                    how.push_str(&conversion);
                    values.push(value);
                }
                Bit::Convert(conversion, args) => {
                    how.push('%');
                    flags(conversion, &mut how);
                    for _ in 1..args.len() {
                        if let Some(amount) = made.next() {
                            values.push(if amount.num == Num::Long {
                                format!("(int){}", amount.within(13))
                            } else {
                                amount.argument()
                            });
                        }
                    }
                    let (Some((expr, shown)), Some(value)) = (args.last(), made.next()) else { continue };
                    let (letters, value) = self.converted(span, conversion.letter, expr, shown, value);
                    how.push_str(&letters);
                    values.push(value);
                }
            }
        }
        (how, values)
    }

    /// A value as `print` shows it: the conversion and the argument.
    fn shown(&mut self, span: Span, expr: &Expr, shown: &Shown, value: C) -> (String, String) {
        match shown {
            Shown::Int => {
                let letters = match value.num {
                    Num::Int => "%d",
                    Num::Unsigned => "%u",
                    _ => "%ld",
                };
                (letters.to_owned(), value.argument())
            }
            Shown::Str => ("%s".to_owned(), value.argument()),
            Shown::Bool => ("%s".to_owned(), format!("{} ? \"true\" : \"false\"", value.within(3))),
            Shown::Function => {
                self.refuse(span, "it prints a function", "print a text that names it");
                ("%s".to_owned(), value.argument())
            }
            Shown::Ptr => ("%p".to_owned(), format!("(void *){}", value.within(13))),
            _ => {
                let call = self.show_call(&expr.ty, &value.text, false);
                ("%s".to_owned(), format!("{call}.p"))
            }
        }
    }

    /// A value under a conversion of C: its letters and the argument.
    fn converted(&mut self, span: Span, letter: u8, expr: &Expr, shown: &Shown, value: C) -> (String, String) {
        let own = char::from(letter);
        match letter {
            b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
                let value = if *shown == Shown::Bool { C { num: Num::Int, ..value } } else { value };
                let size = if matches!(value.num, Num::Int | Num::Unsigned) && matches!(letter, b'd' | b'i') {
                    ""
                } else {
                    "l"
                };
                let narrow = !size.is_empty() && value.num != Num::Long;
                let text = if narrow { format!("(long){}", value.within(13)) } else { value.argument() };
                (format!("{size}{own}"), text)
            }
            b'c' => (
                "c".to_owned(),
                if value.num == Num::Long { format!("(int){}", value.within(13)) } else { value.argument() },
            ),
            b's' => {
                let (conversion, text) = self.shown(span, expr, shown, value);
                if conversion == "%s" {
                    return ("s".to_owned(), text);
                }
                self.prelude.need("str_printf");
                ("s".to_owned(), format!("str_printf(\"{conversion}\", {text}).p"))
            }
            b'p' => ("p".to_owned(), format!("(void *){}", value.within(13))),
            _ if *shown == Shown::Int => (own.to_string(), format!("(double){}", value.within(13))),
            _ => (own.to_string(), value.argument()),
        }
    }

    /// A call that gives the text of any value, of type `str`.
    fn show_call(&mut self, ty: &Type, value: &str, quote: bool) -> String {
        self.prelude.need("str");
        match ty {
            Type::Int => format!("{}(\"%ld\", (long){value})", self.prelude.need("str_printf")),
            Type::Float => format!("{}({value})", self.prelude.need("show_float")),
            Type::Bool => format!("({value} ? STR(\"true\") : STR(\"false\"))"),
            Type::Str if quote => format!("{}({value})", self.prelude.need("str_quoted")),
            Type::Str => value.to_owned(),
            Type::Status => "STR(\"status\")".to_owned(),
            Type::Ptr => format!(
                "({value} == NULL ? STR(\"nil\") : {}(\"%p\", (void *){value}))",
                self.prelude.need("str_printf")
            ),
            Type::Array(element) => {
                let array = self.array_type(element);
                let name = format!("show_{}", array.name);
                self.show_function(&name, |emit, name| emit.show_array(name, element, &array.name));
                format!("{name}({value})")
            }
            Type::Struct(id) => {
                let type_name = self.struct_name(*id);
                let name = format!("show_{type_name}");
                let id = *id;
                self.show_function(&name, |emit, name| emit.show_struct(name, id, &type_name));
                format!("{name}({value})")
            }
            _ => "STR(\"fn\")".to_owned(),
        }
    }

    fn show_function(&mut self, name: &str, make: impl FnOnce(&mut Self, &str) -> String) {
        if !self.shows.contains_key(name) {
            // Entered first, since a struct may hold others of its own kind.
            self.shows.insert(name.to_owned(), String::new());
            let text = make(self, name);
            self.shows.insert(name.to_owned(), text);
        }
    }

    fn show_array(&mut self, name: &str, element: &Type, array: &str) -> String {
        self.prelude.need("str_cat");
        let each = self.show_call(element, "a->at[i]", true);
        format!(
            "static str {name}({array} *a)\n{{\n    str text = STR(\"[\");\n    for (long i = 0; i < a->n; i++) {{\n        if (i > 0)\n            \
             text = str_cat(text, STR(\", \"));\n        text = str_cat(text, {each});\n    }}\n    return str_cat(text, STR(\"]\"));\n}}\n"
        )
    }

    fn show_struct(&mut self, name: &str, id: crate::check::types::StructId, type_name: &str) -> String {
        self.prelude.need("str_cat");
        let def = self.program.structs.get(id.0 as usize).map(|def| (def.name.clone(), def.fields.clone()));
        let (own, fields) = def.unwrap_or_else(|| ("".into(), Vec::new()));
        let mut lines = format!(
            "static str {name}({type_name} *s)\n{{\n    if (s == NULL)\n        return STR(\"nil\");\n    str text = STR(\"{own} {{ \");\n"
        );
        for (at, (field, ty)) in (0..).zip(&fields) {
            let between = if at > 0 { ", " } else { "" };
            let value = self.show_call(ty, &format!("s->{}", self.field_name(id, at)), true);
            lines.push_str(&format!("    text = str_cat(str_cat(text, STR(\"{between}{field}: \")), {value});\n"));
        }
        lines.push_str("    return str_cat(text, STR(\" }\"));\n}\n");
        lines
    }

    /// Declarations of the functions that show values: they may need each other.
    pub(super) fn show_texts(&mut self) -> (Vec<String>, Vec<String>) {
        let heads = self.shows.values().map(|text| format!("{};", text.lines().next().unwrap_or_default())).collect();
        (heads, self.shows.values().cloned().collect())
    }

    /// The type of an expression's variable.
    pub(super) fn type_of(&mut self, expr: &Expr, num: Num) -> String {
        self.c_type(&expr.ty, if num == Num::Int { Kind::Int } else { Kind::Long })
    }
}

fn want(shown: &Shown) -> Want {
    if *shown == Shown::Str { Want::Chars } else { Want::Value }
}

fn is_line(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Constant(Constant::Str(bytes)) if !bytes.contains(&0))
}

fn bits<'e>(format: &Format, args: &'e [Expr]) -> Vec<Bit<'e>> {
    let mut next = args.iter().zip(format.args.iter().cloned());
    let mut found = Vec::new();
    for piece in &format.pieces {
        match piece {
            Piece::Text(text) => found.push(Bit::Text(text.to_vec())),
            Piece::Show => found.extend(next.next().map(|(expr, shown)| Bit::Show(expr, shown))),
            Piece::Conversion(conversion) => {
                let stars = [conversion.width, conversion.precision]
                    .iter()
                    .filter(|amount| **amount == Some(Amount::Argument))
                    .count();
                let args: Vec<(&Expr, Shown)> = next.by_ref().take(stars + 1).collect();
                let plain = Conversion { letter: b's', ..Conversion::default() };
                match args.as_slice() {
                    [(expr, shown)] if *conversion == plain => found.push(Bit::Show(expr, shown.clone())),
                    _ => found.push(Bit::Convert(*conversion, args)),
                }
            }
        }
    }
    found
}

fn flags(conversion: &Conversion, how: &mut String) {
    let marks = [
        (conversion.left, '-'),
        (conversion.plus, '+'),
        (conversion.space, ' '),
        (conversion.alternate, '#'),
        (conversion.zero, '0'),
    ];
    how.extend(marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark));
    let amount = |amount: Amount| match amount {
        Amount::Fixed(value) => value.to_string(),
        Amount::Argument => "*".to_owned(),
    };
    if let Some(width) = conversion.width {
        how.push_str(&amount(width));
    }
    if let Some(precision) = conversion.precision {
        how.push('.');
        how.push_str(&amount(precision));
    }
}

/// Bytes as they stand in a format.
fn escape_format(bytes: &[u8], how: &mut String) {
    let mut doubled = Vec::with_capacity(bytes.len());
    for byte in bytes {
        doubled.push(*byte);
        if *byte == b'%' {
            doubled.push(b'%');
        }
    }
    escape(&doubled, how);
}
