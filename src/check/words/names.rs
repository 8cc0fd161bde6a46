//! Words about names: unknown ones, double ones, ones used for what they are not.

use std::sync::Arc;

use crate::abi::Builtin;
use crate::check::problem::{DoubleName, NameKind};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

pub(super) fn unknown_name(
    name: &str,
    at: Span,
    near: Option<String>,
    teach: Option<&'static str>,
    kind: NameKind,
) -> Diagnostic {
    let (headline, label) = match kind {
        _ if teach.is_some() => (format!("there is no `{name}` here"), "Proc says this differently"),
        NameKind::Value | NameKind::Target { .. } => {
            (format!("there is no variable or constant called `{name}`"), "nothing declares this name")
        }
        NameKind::Call => (format!("there is no function called `{name}`"), "nothing declares this name"),
        NameKind::Pattern => {
            (format!("there is no constant called `{name}`"), "a name in capitals in a pattern is a constant")
        }
    };
    let mut said = Diagnostic::new(Code::UnknownName, headline, at, label);
    match kind {
        NameKind::Target { plain: true } => {
            said = said
                .help(format!("a variable is declared with `let`: `let {name} = …;`"))
                .edit(Span { end: at.start, ..at }, "let ");
        }
        NameKind::Target { plain: false } => said = said.help(format!("declare it before: `let {name} = 0;`")),
        _ => {}
    }
    if let Some(near) = near {
        said = said.help(format!("did you mean `{near}`?"));
        if said.edits.is_empty() {
            said = said.edit(at, near);
        }
    }
    if let Some(teach) = teach {
        said = said.help(teach);
    }
    if kind == NameKind::Pattern {
        said = said.note("a name in small letters would bind the value");
    }
    said
}

pub(super) fn no_module(at: Span, module: &str, mended: Option<String>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::UnknownName,
        format!("there is no `{module}` here"),
        at,
        "functions stand alone, in no module or class",
    );
    match mended {
        Some(mended) => said.help(format!("write `{mended}(…)`")).edit(at, mended),
        None => said,
    }
}

pub(super) fn used_before(name: &str, at: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(Code::UnknownName, format!("`{name}` is used before its `let`"), at, "it does not exist yet")
        .label(declared, "it is declared here")
        .note("top-level statements run in order; functions see every top-level variable")
        .help("move the `let` up")
}

pub(super) fn unknown_type(name: &str, at: Span, near: Option<String>, teach: Option<&'static str>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::UnknownType,
        format!("there is no type called `{name}`"),
        at,
        "nothing declares this type",
    );
    match (teach, near) {
        (Some(teach), _) => said.help(teach),
        (None, Some(near)) => said.help(format!("did you mean `{near}`?")).edit(at, near),
        (None, None) => {
            said.note("the types are int, float, bool, str, status, ptr, `[T]`, `fn(A) -> B` and the program's structs")
        }
    }
}

pub(super) fn unknown_field(
    owner: &str,
    field: &str,
    at: Span,
    near: Option<String>,
    fields: &[Arc<str>],
    declared: Span,
) -> Diagnostic {
    let said = Diagnostic::new(Code::UnknownField, format!("`{owner}` has no field `{field}`"), at, "no such field")
        .label(declared, format!("`{owner}` is declared here"));
    match near {
        Some(near) => said.help(format!("did you mean `{near}`?")).edit(at, near),
        None if fields.is_empty() => said.note(format!("`{owner}` has no fields at all")),
        None => {
            let names: Vec<String> = fields.iter().map(|name| format!("`{name}`")).collect();
            said.note(format!("its fields are {}", names.join(", ")))
        }
    }
}

pub(super) fn no_fields(at: Span, subject: &str, found: &str, field: &str, help: Option<String>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::UnknownField,
        format!("{subject} is {found}, so it has no field `{field}`"),
        at,
        "only structs have fields",
    );
    super::with_helps(said, help)
}

pub(super) fn duplicate(name: &str, at: Span, first: Span, what: DoubleName) -> Diagnostic {
    // The top level has no order of its own: point at the later place as the second one.
    let (first, second) = if at < first { (at, first) } else { (first, at) };
    let where_to = match what {
        DoubleName::Top { .. } => "at the top level",
        DoubleName::Local => "in one scope",
        DoubleName::Part => "in one list",
    };
    let help = match what {
        DoubleName::Top { variable: true } | DoubleName::Local => {
            format!("to give it a new value write `{name} = ...;`, else choose another name")
        }
        _ => "choose another name for one of them".to_owned(),
    };
    Diagnostic::new(
        Code::DuplicateName,
        format!("`{name}` is declared twice {where_to}"),
        second,
        "declared again here",
    )
    .label(first, "first declared here")
    .help(help)
}

pub(super) fn redefinition(name: &str, at: Span, what: &str) -> Diagnostic {
    let said = Diagnostic::new(
        Code::BadRedefinition,
        format!("`{name}` is built in, so no {what} can have this name"),
        at,
        "taken by the language",
    );
    match Builtin::find(name) {
        Some(builtin) => said
            .note(super::signature_note(&builtin.row().signature()))
            .help(format!("choose another name, `my_{name}`")),
        None => said.help("choose another name"),
    }
}

pub(super) fn captured(name: &str, at: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(
        Code::Captured,
        format!("an anonymous function cannot use the local `{name}`"),
        at,
        "used here, where the local may be gone already",
    )
    .label(declared, "a local of the function around it")
    .note("a function sees its own locals and the variables of the top level, as in C")
    .help(format!("make `{name}` a variable of the top level: a `let` outside every block"))
}

pub(super) fn builtin_value(builtin: Builtin, at: Span) -> Diagnostic {
    let row = builtin.row();
    let name = row.name;
    let said = Diagnostic::new(
        Code::TypeMismatch,
        format!("the built-in `{name}` is not a value"),
        at,
        "a built-in can only be called",
    )
    .note(super::signature_note(&row.signature()));
    match row.required.is_empty() {
        true => said.help(format!("to call it write `{name}()`")),
        false => said.help(format!("to pass it on, wrap it: `fn my_{name}(...) {{ {name}(...); }}`")),
    }
}

pub(super) fn struct_value(name: &str, at: Span) -> Diagnostic {
    Diagnostic::new(
        Code::TypeMismatch,
        format!("`{name}` is a struct, not a value"),
        at,
        "a type stands where a value is wanted",
    )
    .help(format!("a new one is written `{name} {{ field: value }}`"))
}

pub(super) fn main_shape(at: Span, params: bool) -> Diagnostic {
    let said = match params {
        true => Diagnostic::new(Code::WrongCount, "`main` takes no parameters", at, "declared with parameters"),
        false => {
            Diagnostic::new(Code::TypeMismatch, "`main` gives an int or nothing", at, "declared with another result")
        }
    };
    match params {
        true => said.help("the arguments are in `argv`, an array of str: `fn main() -> int { ... argv[1] ... }`"),
        false => said.note("what `main` returns is the exit status of the process"),
    }
}
