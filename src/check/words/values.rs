//! Words about values and types: mismatches, operators, conditions, the status.

use super::{count, signature_note, with_helps};
use crate::check::fit::DEEPEST;
use crate::check::problem::{Mismatch, OpenKind, Role};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// What the parameters of built-ins mean, for headlines that say more than a type.
fn param_phrase(callee: &str, param: &str, wanted: &str) -> Option<String> {
    let words = match (callee, param) {
        (_, "pid") => "a process id",
        (_, "pgid") => "a process group",
        (_, "sig") => "a signal",
        (_, "fd" | "old" | "new") => "a descriptor",
        (_, "q") => "the descriptor of a queue",
        ("exit" | "_exit", "code") => "an exit code",
        (_, "handler") => "a handler",
        (_, "seconds") => "seconds",
        (_, "prio") => "a priority",
        _ => return None,
    };
    Some(format!("{words} ({wanted})"))
}

pub(super) fn mismatch(found: Mismatch) -> Diagnostic {
    let Mismatch { wanted, wanted_phrase, found_phrase, subject, .. } = &found;
    let label = match wanted.starts_with("int or")
        || wanted.contains(' ') && !wanted.contains('`') && !wanted.starts_with(['[', '(', 'f'])
    {
        true => format!("expected {wanted_phrase}, found {}", found.found),
        false => format!("expected {wanted}, found {}", found.found),
    };
    let headline = match &found.role {
        Role::Argument { callee, param, .. } => {
            let thing = param_phrase(callee, param, wanted).unwrap_or_else(|| format!("{wanted_phrase} for `{param}`"));
            format!("`{callee}` wants {thing}, but {subject} is {found_phrase}")
        }
        Role::Annotation { .. } => {
            format!("the variable is declared as {wanted_phrase}, but {subject} is {found_phrase}")
        }
        Role::Assignment { .. } => format!("the variable holds {wanted_phrase}, but {subject} is {found_phrase}"),
        Role::Result { name, .. } => format!("`{name}` returns {wanted_phrase}, but {subject} is {found_phrase}"),
        Role::Field { owner, field } => {
            format!("field `{field}` of `{owner}` holds {wanted_phrase}, but {subject} is {found_phrase}")
        }
        Role::Element { .. } => format!("the elements of this array are {wanted}, but {subject} is {found_phrase}"),
        Role::Branch { .. } => format!("the two values of `? :` differ: {wanted_phrase} and {found_phrase}"),
        Role::Part => format!("{wanted_phrase} is wanted here, but {subject} is {found_phrase}"),
        Role::Index => format!("an index is an int, but {subject} is {found_phrase}"),
        Role::Count => format!("the number of elements is an int, but {subject} is {found_phrase}"),
        Role::RangeEnd => format!("the ends of a range are ints, but {subject} is {found_phrase}"),
    };
    let code = if matches!(found.role, Role::Result { .. }) { Code::ReturnMismatch } else { Code::TypeMismatch };
    let mut said = Diagnostic::new(code, headline, found.at, label);
    said = role_label(said, &found.role, wanted);
    for (span, text) in found.also {
        said = said.label(span, text);
    }
    for note in found.notes {
        said = said.note(note);
    }
    with_helps(said, found.helps)
}

fn role_label(said: Diagnostic, role: &Role, wanted: &str) -> Diagnostic {
    match role {
        Role::Argument { signature, declared, .. } => {
            let said = declared.iter().fold(said, |said, span| said.label(*span, "declared here"));
            if declared.is_some() { said } else { said.note(signature_note(signature)) }
        }
        Role::Annotation { at } => said.label(*at, format!("declared as {wanted} here")),
        Role::Assignment { target, declared } => match declared {
            Some(declared) => said.label(*declared, format!("declared here, as {wanted}")),
            None => said.label(*target, format!("this place holds {wanted}")),
        },
        Role::Result { head, .. } => said.label(*head, format!("the result is declared as {wanted} here")),
        Role::Element { first: Some(first) } => said.label(*first, format!("so the elements are {wanted}")),
        Role::Branch { other } => said.label(*other, format!("this is {wanted}")),
        _ => said,
    }
}

pub(super) fn no_value(at: Span, subject: &str, never: bool, function: Option<String>) -> Diagnostic {
    let headline = match never {
        true => format!("{subject} never returns, so it has no value"),
        false => format!("{subject} gives no value"),
    };
    let said = Diagnostic::new(Code::TypeMismatch, headline, at, "a value is wanted here");
    match (function, never) {
        (Some(name), _) => said
            .note(format!("`{name}(...)` calls the function now, and its result stands here"))
            .help(format!("to pass the function itself write `{name}`"))
            .edit(at, name),
        (None, true) => said.help("make it a statement of its own, in an `if` where it depends on something"),
        (None, false) => said.note("a function without `->` returns nothing"),
    }
}

pub(super) fn tuple_value(at: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TupleMisused,
        "a single value is wanted here, not a tuple",
        at,
        "several values in parentheses",
    )
    .note("tuples exist as results of functions and in `let (a, b) = ...` only")
    .help("to keep values together, use an array or a struct")
}

pub(super) fn deep_array(at: Span) -> Diagnostic {
    let headline = format!("more than {DEEPEST} arrays stand one within the other");
    Diagnostic::new(Code::TooDeep, headline, at, "one level too many")
}

pub(super) fn tuple_type(at: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TupleMisused,
        "a tuple can only be the result of a function",
        at,
        "no variable, field or element has a tuple's type",
    )
    .help("to keep values together, use a struct")
}

pub(super) fn cannot_infer(at: Span, kind: OpenKind, name: Option<&str>) -> Diagnostic {
    let written = name.unwrap_or("x");
    let (headline, label, help) = match kind {
        OpenKind::Nil => (
            "the type of `nil` cannot be known from here",
            "nil of which type?",
            format!("write the type: `let {written}: ptr = nil;`"),
        ),
        OpenKind::EmptyArray => (
            "the type of `[]` cannot be known from here",
            "elements of which type?",
            format!("write the type: `let {written}: [int] = [];`"),
        ),
        OpenKind::Bare if name.is_none() => (
            "the types of these variables cannot be known from here",
            "they have neither types nor values",
            "write the values: `let (a, b) = ...;`".to_owned(),
        ),
        OpenKind::Bare => (
            "the type of this variable cannot be known from here",
            "it has neither a type nor a value",
            format!("write the type, `let {written}: int;`, or a value, `let {written} = 0;`"),
        ),
    };
    Diagnostic::new(Code::CannotInfer, headline, at, label).help(help)
}

pub(super) fn bad_operand(
    sign: &str,
    at: Span,
    left: Option<(String, Span)>,
    right: (String, Span),
    helps: Vec<String>,
) -> Diagnostic {
    let said = match left {
        Some((left, place)) => {
            let headline = match left == right.0 {
                true => format!("there is no `{sign}` for {left}"),
                false => format!("there is no `{sign}` for {left} and {}", right.0),
            };
            Diagnostic::new(Code::BadOperand, headline, place, format!("this is {left}"))
                .label(right.1, format!("this is {}", right.0))
        }
        None => Diagnostic::new(
            Code::BadOperand,
            format!("there is no `{sign}` for {}", right.0),
            at,
            format!("this is {}", right.0),
        ),
    };
    with_helps(said, helps)
}

pub(super) fn bad_condition(at: Span, found: &str, help: Option<String>) -> Diagnostic {
    let said = Diagnostic::new(Code::BadCondition, format!("{found} is no condition"), at, "neither true nor false")
        .note("a condition is a bool, an int (not 0), or a ptr, struct or function (not nil)");
    with_helps(said, help)
}

pub(super) fn status(at: Span, how: &str, name: &str, declared: Option<Span>, help: String) -> Diagnostic {
    let said = Diagnostic::new(Code::StatusMisused, "a status is not a number", at, how);
    let said = declared.iter().fold(said, |said, span| {
        said.label(*span, format!("`{name}` tells how the child ended, and its code is inside"))
    });
    said.note("exit(1) is the word 0x0100: code in bits 8 to 15, signal in bits 0 to 6").help(help)
}

pub(super) fn not_indexable(at: Span, subject: &str, found: &str, tuple: bool, pipe: Option<Span>) -> Diagnostic {
    if let Some(pipe) = pipe {
        return Diagnostic::new(
            Code::TupleMisused,
            format!("{subject} holds only the read end of the pipe, so it has no elements"),
            at,
            "the ends of a pipe have names here, not numbers",
        )
        .label(pipe, "`pipe()` gives two values, and only the first was kept")
        .help("`let (r, w) = pipe();` names the read end and the write end");
    }
    if tuple {
        return Diagnostic::new(
            Code::TupleMisused,
            "the parts of a tuple have no numbers",
            at,
            format!("{subject} gives several values"),
        )
        .help("give each part a name: `let (first, second) = ...;`");
    }
    Diagnostic::new(
        Code::BadOperand,
        format!("{subject} is {found}, so it has no elements"),
        at,
        "only arrays, strings and ptrs are indexed",
    )
}

pub(super) fn not_iterable(at: Span, subject: &str, found: &str, int: bool) -> Diagnostic {
    let said = Diagnostic::new(
        Code::TypeMismatch,
        format!("`for` goes through an array or a string, but {subject} is {found}"),
        at,
        "nothing to go through",
    );
    if int { said.help(format!("to count write `for i in 0..{}`", subject.trim_matches('`'))) } else { said }
}

pub(super) fn not_assignable(at: Span, subject: &str, why: &str, help: Option<String>) -> Diagnostic {
    with_helps(Diagnostic::new(Code::NotAssignable, format!("{subject} cannot be assigned to"), at, why), help)
}

pub(super) fn part_count(at: Span, wanted: usize, found: usize, subject: &str, target: Span) -> Diagnostic {
    let said = Diagnostic::new(
        Code::WrongCount,
        format!("{subject} gives {}, but {} wanted", count(found, "value"), are(wanted)),
        at,
        count(found, "value"),
    )
    .label(target, count(wanted, "name"));
    match found > wanted {
        true => said.help("`_` stands for a part that is not wanted"),
        false => said,
    }
}

fn are(wanted: usize) -> String {
    if wanted == 1 { "1 is".to_owned() } else { format!("{wanted} are") }
}

pub(super) fn part_type(at: Span, subject: &str, found: &str, wanted: &str, target: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TypeMismatch,
        format!("a part of {subject} is {found}, but {wanted} is wanted"),
        at,
        format!("gives {found}"),
    )
    .label(target, format!("wants {wanted}"))
}

pub(super) fn not_constant(at: Span, help: Option<String>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::NotConstant,
        "this is not known before the program runs",
        at,
        "a constant expression is wanted",
    )
    .note("constants are made of literals, operators and other constants");
    with_helps(said, help)
}

pub(super) fn constant_fault(at: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::ConstantFault, "this constant has no value", at, why)
}

pub(super) fn constant_circle(name: &str, at: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NotConstant,
        format!("the constant `{name}` needs its own value"),
        at,
        "needed here to compute it",
    )
    .label(declared, "declared here")
}
