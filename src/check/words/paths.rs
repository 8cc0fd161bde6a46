//! Words about statements and the paths through them.

use crate::check::flow::Leak;
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::source::Span;

pub(super) fn outside_loop(word: &str, at: Span, in_match: bool) -> Diagnostic {
    let said =
        Diagnostic::new(Code::OutsideLoop, format!("`{word}` stands outside every loop"), at, "no loop around this");
    match in_match {
        true => said.note("the arms of a `match` do not fall through, so none needs a `break`").help("leave it out"),
        false => said,
    }
}

pub(super) fn return_outside(at: Span, code: Option<String>) -> Diagnostic {
    let code = code.unwrap_or_else(|| "0".to_owned());
    Diagnostic::new(Code::ReturnMismatch, "`return` stands outside every function", at, "the top level is no function")
        .help(format!("to end the process write `exit({code});`"))
}

pub(super) fn return_nothing(at: Span, name: &str, head: Span, wanted: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ReturnMismatch,
        format!("`{name}` returns {wanted}, but nothing is given here"),
        at,
        "a value is missing",
    )
    .label(head, "the result is declared here")
}

pub(super) fn return_something(
    at: Span,
    name: &str,
    head: Span,
    ty: &str,
    call: bool,
    text: Option<String>,
) -> Diagnostic {
    let said = Diagnostic::new(
        Code::ReturnMismatch,
        format!("`{name}` returns nothing, but a value is given here"),
        at,
        if call { "this call gives none" } else { "not wanted" },
    )
    .label(head, "declared without a result");
    match (call, text) {
        (true, Some(text)) => said.help(format!("write `{text}; return;`")),
        (true, None) => said.help("call first, then `return;`"),
        (false, _) => said.help(format!("declare the result: `fn {name}(...) -> {ty}`")),
    }
}

pub(super) fn missing_return(name: &str, head: Span, end: Span, wanted: &str, leak: Leak) -> Diagnostic {
    let (at, label) = match leak {
        Leak::End(at) => (at, "nothing is returned after this"),
        Leak::NoElse(at) => (at, "when this is not taken, nothing is returned"),
        Leak::Loop(at) => (at, "when this loop ends, nothing is returned"),
        Leak::NoArm(at) => (at, "when no arm fits, nothing is returned"),
    };
    let said = Diagnostic::new(
        Code::MissingReturn,
        format!("`{name}` can reach its end without returning {wanted}"),
        head,
        format!("{wanted} is promised here"),
    );
    let said = match at == end {
        // An empty body, or one that ends with an ordinary statement: the brace is the place.
        true => said.label(Span { start: end.end.saturating_sub(1), ..end }, "the end is reached here"),
        false => said.label(at, label),
    };
    match leak {
        Leak::NoArm(_) => said.help("add an arm for the rest: `_ => return ...;`"),
        _ => said.help("put a `return` at the end"),
    }
}

pub(super) fn unreachable_arm(at: Span, earlier: Span, part: bool) -> Diagnostic {
    let what = if part { "alternative" } else { "arm" };
    Diagnostic::new(Code::UnreachableArm, format!("no value reaches this {what}"), at, "caught already")
        .label(earlier, "by this pattern")
}

pub(super) fn unreachable_code(at: Span, after: Span) -> Diagnostic {
    Diagnostic::new(Code::UnreachableCode, "this is never reached", at, "no path leads here")
        .label(after, "nothing gets past this")
}

pub(super) fn exit_code(call: &str, at: Span, value: i64) -> Diagnostic {
    let kept = value.rem_euclid(256);
    let shown = if call == "main" { format!("the exit code {value}") } else { format!("`{call}({value})`") };
    let label = match value {
        0.. => format!("only the low 8 bits survive: {value} = {} + {kept}", value - kept),
        _ => format!("only the low 8 bits survive: {kept}"),
    };
    let mut said = Diagnostic::new(Code::ExitCodeRange, format!("{shown} reaches the parent as {kept}"), at, label);
    if value == -1 {
        // A habit of C that does no harm.
        said.severity = Severity::Note;
        return said;
    }
    said.help("an exit code is 0 to 255; send larger numbers through a pipe")
}
