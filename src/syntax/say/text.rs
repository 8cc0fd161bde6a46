//! What can be wrong with a single word.

use super::super::literal::IntFault;
use super::code;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// The part of `span` from byte `at` of its text on.
fn tail(span: Span, at: usize) -> Span {
    Span { start: (span.start + at as u32).min(span.end), ..span }
}

/// An integer that cannot be read.
pub(crate) fn bad_int(span: Span, text: &str, fault: &IntFault) -> Diagnostic {
    match fault {
        IntFault::TooLarge | IntFault::OnlyNegative => {
            Diagnostic::new(Code::BadLiteral, "this number does not fit 64 bits", span, "too large for an `int`")
                .note("an `int` holds -9223372036854775808 to 9223372036854775807")
        }
        IntFault::Suffix(at) => {
            let (digits, suffix) = text.split_at(*at);
            Diagnostic::new(
                Code::CHabit,
                format!("numbers have no suffix such as `{suffix}`"),
                tail(span, *at),
                "not needed: every `int` has 64 bits",
            )
            .help(format!("write `{digits}`"))
            .edit(tail(span, *at), "")
        }
        IntFault::LeadingZero => leading_zero(span, text),
        IntFault::Digit(at, base) => bad_digit(span, text, *at, *base),
        IntFault::NoDigits => Diagnostic::new(
            Code::BadLiteral,
            format!("{} has no digits", code(text)),
            span,
            "a digit is missing after this",
        ),
    }
}

/// `0755`: octal in C.
fn leading_zero(span: Span, text: &str) -> Diagnostic {
    let digits = text.trim_start_matches(['0', '_']);
    let fact = Diagnostic::new(Code::CHabit, "a number does not begin with `0`", span, "octal in C");
    if digits.contains(['8', '9']) {
        fact.help(format!("write `{digits}`")).edit(span, digits)
    } else {
        let octal = format!("0o{digits}");
        fact.help(format!("write `{octal}` for an octal number, `{digits}` for a decimal one")).edit(span, octal)
    }
}

fn bad_digit(span: Span, text: &str, at: usize, base: u32) -> Diagnostic {
    let c = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
    let kind = match base {
        2 => "a binary number has the digits 0 and 1",
        8 => "an octal number has the digits 0 to 7",
        16 => "a hexadecimal number has the digits 0 to 9 and a to f",
        _ => "a decimal number has the digits 0 to 9",
    };
    let fact = Diagnostic::new(
        Code::BadLiteral,
        format!("`{c}` is not a digit of this number"),
        tail(span, at),
        "not a digit",
    )
    .note(kind);
    if base == 10 { fact.note("a name cannot begin with a digit") } else { fact }
}

/// `1.5f`, `1.5x`
pub(crate) fn bad_float(span: Span, text: &str, length: usize) -> Diagnostic {
    let (number, rest) = text.split_at(length);
    if matches!(rest, "f" | "F" | "l" | "L") {
        return Diagnostic::new(
            Code::CHabit,
            format!("numbers have no suffix such as `{rest}`"),
            tail(span, length),
            "not needed: a `float` is a double",
        )
        .help(format!("write `{number}`"))
        .edit(tail(span, length), "");
    }
    Diagnostic::new(
        Code::BadLiteral,
        format!("{} is not a number", code(text)),
        tail(span, length),
        "this does not belong to a number",
    )
}

/// `.5`
pub(crate) fn bare_dot_float(span: Span, text: &str) -> Diagnostic {
    let mended = format!("0{text}");
    Diagnostic::new(Code::BadLiteral, "a number begins with a digit", span, "a digit is missing before the point")
        .help(format!("write `{mended}`"))
        .edit(span, mended)
}

/// `"…` up to the end of its line.
pub(crate) fn unclosed_string(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnclosedText, "this string is never closed", span, "a `\"` is missing at its end")
        .note("a string ends on the line it begins on; `\\n` is a newline inside it")
        .edit(span.after(), "\"")
}

/// `'a` without its second quote.
pub(crate) fn unclosed_character(span: Span, text: &str) -> Diagnostic {
    let content = text.trim_start_matches('\'');
    let fact =
        Diagnostic::new(Code::UnclosedText, "this character is never closed", span, "a `'` is missing at its end");
    match content.chars().count() {
        0 => fact,
        1 => fact.help(format!("write `'{content}'`")).edit(span.after(), "'"),
        _ => fact.help(format!("a string stands in double quotes: `\"{content}\"`")),
    }
}

/// `'ab'`, `''`, `'é'`
pub(crate) fn bad_character_literal(span: Span, text: &str, bytes: &[u8]) -> Diagnostic {
    let content = text.trim_matches('\'');
    let mended = format!("\"{content}\"");
    if bytes.is_empty() {
        return Diagnostic::new(
            Code::BadLiteral,
            "a character is missing between the quotes",
            span,
            "nothing between them",
        )
        .help("the empty string is `\"\"`");
    }
    if content.chars().count() == 1 {
        return Diagnostic::new(
            Code::BadLiteral,
            format!("`{content}` is {} bytes long", bytes.len()),
            span,
            "a character in single quotes is one byte",
        )
        .help(format!("write it as a string: `{mended}`"))
        .edit(span, mended);
    }
    let fact =
        Diagnostic::new(Code::CHabit, "a string stands in double quotes", span, "single quotes are for one character");
    if content.contains('"') { fact } else { fact.help(format!("write `{mended}`")).edit(span, mended) }
}

/// `\q`
pub(crate) fn bad_escape(span: Span, text: &str) -> Diagnostic {
    if text.ends_with(['\n', '\r']) {
        return Diagnostic::new(
            Code::BadEscape,
            "a string ends on the line it begins on",
            span,
            "no string goes on behind this",
        )
        .help("join two strings: `\"one \" + \"two\"`");
    }
    let known = "the escapes are `\\n \\t \\r \\0 \\\\ \\\" \\'` and `\\xNN`";
    if text.starts_with("\\x") {
        return Diagnostic::new(Code::BadEscape, "`\\x` wants two hexadecimal digits", span, "as in `\\x1b`")
            .note(known);
    }
    if text.contains('`') {
        return Diagnostic::new(Code::BadEscape, "there is no such escape", span, "not an escape").note(known);
    }
    let fact =
        Diagnostic::new(Code::BadEscape, format!("there is no escape `{text}`"), span, "not an escape").note(known);
    match text {
        "\\e" => fact.help("write `\\x1b` for the escape character").edit(span, "\\x1b"),
        "\\a" => fact.help("write `\\x07` for the bell").edit(span, "\\x07"),
        "\\b" => fact.help("write `\\x08` for the backspace").edit(span, "\\x08"),
        "\\f" => fact.help("write `\\x0c` for the form feed").edit(span, "\\x0c"),
        "\\v" => fact.help("write `\\x0b` for the vertical tab").edit(span, "\\x0b"),
        _ => fact.help(format!("for a backslash itself write `\\\\`: `\\{text}`")),
    }
}

/// `/*` without `*/`; `inner` is the last one that began inside it.
pub(crate) fn unclosed_comment(span: Span, inner: Option<Span>) -> Diagnostic {
    let fact = Diagnostic::new(Code::UnclosedText, "this comment is never closed", span, "a `*/` is missing");
    match inner {
        Some(inner) => fact
            .label(inner, "this begins a comment inside it, which needs a `*/` of its own")
            .note("comments nest, unlike in C"),
        None => fact,
    }
}

/// A letter beyond ASCII in a name.
pub(crate) fn foreign_letter(span: Span, c: char) -> Diagnostic {
    Diagnostic::new(Code::BadCharacter, format!("`{c}` cannot stand in a name"), span, "this name")
        .note("a name is made of the letters a to z and A to Z, digits and `_`")
}

/// `“text”`
pub(crate) fn curly_quotes(span: Span, text: &str) -> Diagnostic {
    let content = text.trim_matches(['“', '”', '"', '‘', '’']);
    let one = text.starts_with('‘') && content.chars().count() == 1;
    let mended = if one { format!("'{content}'") } else { format!("\"{content}\"") };
    Diagnostic::new(
        Code::BadCharacter,
        "these are the quotes of a word processor",
        span,
        if one { "a character stands in straight quotes" } else { "a string stands in straight quotes" },
    )
    .help(format!("write {}", code(&mended)))
    .edit(span, mended)
}

/// `"\""text"\""`
pub(crate) fn triple_quotes(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, "a string has one quote on each side", span, "three quotes mean nothing here")
        .help("a comment of several lines stands between `/*` and `*/`")
        .help("a newline inside a string is written `\\n`")
}

/// `` `hello ${name}` ``
pub(crate) fn backquotes(span: Span, text: &str) -> Diagnostic {
    let fact = Diagnostic::new(Code::BadCharacter, "backquotes mean nothing here", span, "a string stands in `\"`");
    let mended = super::super::habits::parts_of_format(text);
    if text.contains('"') || mended.len() > 80 {
        return fact.help("a string stands in double quotes");
    }
    let fact = fact.help(format!("write `{mended}`")).edit(span, mended);
    if text.contains("${") {
        fact
    } else {
        fact.note("there is no shell to run a command in: `fork`, `exec` and a pipe give its output")
    }
}

/// A character that begins no word.
pub(crate) fn bad_character(span: Span, text: &str) -> Diagnostic {
    let c = text.chars().next().unwrap_or(' ');
    let number = c as u32;
    if c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}') {
        return Diagnostic::new(
            Code::BadCharacter,
            format!("an invisible character (U+{number:04X}) stands here"),
            span,
            "invisible, and no plain space",
        )
        .note("such characters come along when text is copied from a document or a web page")
        .help("delete it")
        .edit(span, if c.is_whitespace() { " " } else { "" });
    }
    let fact = Diagnostic::new(
        Code::BadCharacter,
        format!("the character `{c}` means nothing here"),
        span,
        "not part of the language",
    );
    if c == '`' {
        return Diagnostic::new(Code::BadCharacter, "a backquote means nothing here", span, "not part of the language")
            .help("strings stand in double quotes");
    }
    let plain = match c {
        '‘' | '’' | '´' => Some("'"),
        '–' | '—' | '−' => Some("-"),
        '×' => Some("*"),
        '÷' => Some("/"),
        '≤' => Some("<="),
        '≥' => Some(">="),
        '≠' => Some("!="),
        '→' => Some("->"),
        '…' => Some(".."),
        '；' | '\u{37e}' => Some(";"),
        '，' => Some(","),
        '（' => Some("("),
        '）' => Some(")"),
        _ => None,
    };
    match plain {
        Some(plain) => fact.help(format!("write `{plain}`")).edit(span, plain),
        None if c == '$' => fact.help("a variable is written without `$`").edit(span, ""),
        None if c == '\\' => fact.note("a statement may go on in the next line without `\\`"),
        None => fact,
    }
}
