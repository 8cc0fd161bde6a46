//! The wording of everything this floor finds: one small function for each fact, which is given the
//! facts and decides nothing.

mod c;
mod foreign;
mod grammar;
mod habit;
mod text;

pub(crate) use c::*;
pub(crate) use foreign::*;
pub(crate) use grammar::*;
pub(crate) use habit::*;
pub(crate) use text::*;

use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// Code in backquotes; long or many-lined code is left out, the picture shows it.
fn code(text: &str) -> String {
    if text.len() <= 80 && !text.contains(['\n', '`']) { format!("`{text}`") } else { "this".to_owned() }
}

/// Whether a piece of the program is short enough to be shown again inside a sentence.
fn is_short(texts: &[&str]) -> bool {
    texts.iter().map(|text| text.len()).sum::<usize>() <= 80 && !texts.iter().any(|text| text.contains(['\n', '`']))
}

/// A habit with its headline and label.
fn habit(headline: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::CHabit, headline, span, label)
}

/// More mistakes than are worth reading; said in a note of the last one that is shown.
pub(crate) fn and_more(last: &mut Diagnostic, left: usize) {
    last.notes.push(format!("{left} more mistakes are not shown: mend these first"));
}

/// Nested too deeply.
pub(crate) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, "the program is nested too deeply", span, "here the limit is reached")
        .note(format!("brackets, blocks, operators and `else if` may be nested {} deep", super::MAX_DEPTH))
        .help("split this: name a part with `let`, or move it into a function")
}

/// `a < b < c`
pub(crate) fn chained(span: Span, left: &str, middle: &str, sign: &str, right: &str) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::ChainedComparison,
        "comparisons do not chain",
        span,
        "the second comparison has a bool on its left",
    );
    if is_short(&[left, middle, right]) && !middle.is_empty() {
        let mended = format!("{left} && {middle} {sign} {right}");
        fact.help(format!("join two comparisons: `{mended}`")).edit(span, mended)
    } else {
        fact.help("join two comparisons with `&&`")
    }
}

/// `_` where a value is wanted.
pub(crate) fn hole_as_value(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "`_` has no value", span, "a value is wanted here")
        .note("`_` stands for a part that is not wanted: `let (pid, _) = wait();`")
}

/// `-"text"` as a pattern.
pub(crate) fn negative_pattern(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "only a number can have a minus", span, "not a number")
}

/// `fn` with a name inside a block.
pub(crate) fn inner_function(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnexpectedToken,
        format!("the function `{name}` stands inside a block"),
        span,
        "functions stand at the top level",
    )
    .help("move it out of the block, before or after the code that calls it")
    .help(format!("a function without a name can stand here: `let {name} = fn(…) {{ … }};`"))
}

/// `struct` inside a block.
pub(crate) fn inner_struct(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "a `struct` stands inside a block", span, "structs stand at the top level")
        .help("move it out of the block")
}

/// `const` inside a block.
pub(crate) fn inner_const(word: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "a `const` stands inside a block", word, "constants stand at the top level")
        .help(format!("move it out of the block, or write `let {name} = …;`"))
        .edit(word, "let")
}

/// The closing bracket for an opening one, as text.
pub(crate) fn partner(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// A bracket that is never closed; `before` is the word that showed it.
pub(crate) fn unclosed(span: Span, open: &str, before: Option<Span>) -> Diagnostic {
    let close = partner(open);
    let fact = Diagnostic::new(
        Code::UnclosedDelimiter,
        format!("this `{open}` is never closed"),
        span,
        format!("its `{close}` is missing"),
    );
    match before {
        Some(before) => fact.label(before, format!("expected `{close}` before this")),
        None => fact,
    }
}

/// A closing bracket of the wrong kind.
pub(crate) fn wrong_closer(open_span: Span, open: &str, span: Span, close: &str) -> Diagnostic {
    let wanted = partner(open);
    Diagnostic::new(
        Code::UnclosedDelimiter,
        format!("`{open}` is closed by `{close}`"),
        span,
        format!("expected `{wanted}`"),
    )
    .label(open_span, "opened here")
    .help(format!("write `{wanted}`"))
    .edit(span, wanted)
}

/// A closing bracket that closes nothing.
pub(crate) fn stray_closer(span: Span, close: &str) -> Diagnostic {
    Diagnostic::new(Code::UnclosedDelimiter, format!("this `{close}` closes nothing"), span, "nothing is open here")
        .help("delete it, or look for a bracket too many before it")
        .edit(span, "")
}

/// A forgotten `;` behind `span`.
pub(crate) fn missing_semicolon(span: Span, in_arm: bool) -> Diagnostic {
    let end = Span { start: span.end, ..span };
    let fact = Diagnostic::new(Code::MissingToken, "a `;` is missing", end, "expected `;` here").edit(end, ";");
    if in_arm { fact.note("an arm ends with `;` or `,`, unless it is a block") } else { fact }
}

/// `fn f() -> int { 5 }`
pub(crate) fn implicit_return(last: Span, value: Span, text: &str) -> Diagnostic {
    let end = last.after();
    let fact =
        Diagnostic::new(Code::MissingToken, "a value is given back with `return`", value, "this value goes nowhere")
            .edit(Span { end: value.start, ..value }, "return ")
            .edit(end, ";");
    if is_short(&[text]) { fact.help(format!("write `return {text};`")) } else { fact }
}

/// `if x == Job { … } {`
pub(crate) fn struct_in_head(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnexpectedToken,
        "a struct literal in a condition stands in parentheses",
        span,
        "the `{` of the body is wanted here",
    )
    .help(format!("write `({name} {{ … }})`"))
}
