//! What is said where the grammar stopped.

use super::{code, is_short};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

/// Something the grammar has no place for, with what it has one for.
pub(crate) fn unexpected(span: Span, found: &str, expected: &[&str]) -> Diagnostic {
    let name = |name: &&str| {
        if name.starts_with("a ") || name.starts_with("an ") { (*name).to_owned() } else { format!("`{name}`") }
    };
    let names: Vec<String> = expected.iter().map(name).collect();
    let ends = expected.contains(&";");
    let operators = expected.contains(&"+");
    let label = match names.as_slice() {
        _ if ends && operators => "expected an operator or `;` before this".to_owned(),
        _ if operators && expected.contains(&"{") => "expected an operator or `{` before this".to_owned(),
        _ if operators => "expected an operator before this".to_owned(),
        [] => "it fits nothing before it".to_owned(),
        [only] => format!("expected {only}"),
        [first @ .., last] if names.len() <= 4 => format!("expected {} or {last}", first.join(", ")),
        _ => "it fits nothing before it".to_owned(),
    };
    if found == "the end of the file" {
        let headline = "the file ends in the middle of a statement";
        return Diagnostic::new(Code::UnexpectedToken, headline, span, label);
    }
    Diagnostic::new(Code::UnexpectedToken, format!("{found} is not expected here"), span, label)
}

/// A sign that other languages write otherwise.
pub(crate) fn other_sign(span: Span, found: &str, mended: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, format!("`{found}` means nothing here"), span, "this sign")
        .help(format!("write `{mended}`"))
        .edit(span, mended)
}

/// `..=`
pub(crate) fn inclusive_range(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "there is no `..=`", span, "a range is written `..`")
        .help("`a..b` leaves out `b`: write `a..b + 1`")
}

/// `x := 5`
pub(crate) fn colon_assign(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "`:=` means nothing here", span, "this sign")
        .help("declare a variable with `let x = …;`, change one with `x = …;`")
}

/// `else` without `if`
pub(crate) fn lonely_else(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "this `else` has no `if`", span, "no `if` ends right before this")
        .help("look at the line before: a `;` or a `}` too many ends the `if` too early")
}

/// Something else where a name is wanted; `after` is what stands before.
pub(crate) fn name_wanted(span: Span, found: &str, after: &str) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::UnexpectedToken,
        format!("expected a name after {after}, found {found}"),
        span,
        "a name is wanted here",
    );
    if found == "`[`" && after == "`let`" {
        fact.help("to take several results apart, use parentheses: `let (a, b) = f();`")
    } else if found.starts_with("the keyword") {
        fact.help("a keyword cannot be a name: choose another")
    } else {
        fact
    }
}

/// `for i = 0; …`
pub(crate) fn for_without_parens(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "this `for` needs parentheses or `in`", span, "expected `in`")
        .help("count with `for i in 0..n { … }`")
        .help("or as in C, with parentheses: `for (let i = 0; i < n; i++) { … }`")
}

/// `if x:`
pub(crate) fn colon_body(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "a body stands in braces", span, "expected `{`")
        .help("write `{` here and `}` behind the body")
        .edit(span, " {")
}

/// `while { }`
pub(crate) fn no_condition(gap: Span, word: &str) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::UnexpectedToken,
        format!("this `{word}` has nothing to look at"),
        gap,
        "expected a value before `{`",
    );
    if word == "while" { fact.help("an endless loop is `while true { … }`") } else { fact }
}

/// `let f = fn g() { };`
pub(crate) fn named_value(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "a function inside an expression has no name", span, "not wanted here")
        .help("delete the name, or declare the function at the top level and use its name")
        .edit(span, "")
}

/// `c ? a`
pub(crate) fn half_choice(gap: Span, found: &str) -> Diagnostic {
    Diagnostic::new(
        Code::MissingToken,
        "a `:` is missing",
        gap,
        format!("expected `:` and the other value, found {found}"),
    )
    .help("a choice between two values is written `c ? a : b`")
}

/// `while (a, b) = f(); a {`
pub(crate) fn let_wanted(head: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::MissingToken, "a `let` is missing", head.after(), format!("expected `let` after `{word}`"))
        .help(format!("what is bound and then tested is written `{word} let … = …; … {{`"))
        .edit(head.after(), " let")
}

/// `let a = { 1, 2 };`
pub(crate) fn bare_braces(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "braces alone are not a value", span, "a value is wanted here")
        .help("an array is written `[1, 2]`, a struct with its name: `Job { pid: 3 }`")
}

/// `let mut x`
pub(crate) fn let_mut(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "there is no `mut`", span, "every variable can be changed")
        .help(format!("write `let {name}`"))
        .edit(span, "")
}

/// `let a, b = …`
pub(crate) fn several_lets(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "one `let` declares one name", span, "expected `=` or `;`")
        .help("write a `let` for each: `let a = 1; let b = 2;`")
        .help("to take several results apart, use parentheses: `let (a, b) = f();`")
}

/// `let a[10];`
pub(crate) fn array_declared(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::CHabit, "an array's size is part of its value", span, "no `[` behind a new name")
        .help(format!("ten zeros are `let {name} = [0; 10];`, an empty array of numbers is `let {name}: [int] = [];`"))
}

/// A sign that is missing; `between` tells where in words.
pub(crate) fn missing(gap: Span, sign: &str, between: &str) -> Diagnostic {
    let text = if sign == "," { ", " } else { sign };
    Diagnostic::new(
        Code::MissingToken,
        format!("a `{sign}` is missing"),
        gap,
        format!("expected `{sign}` between {between}"),
    )
    .edit(gap, text.trim_end())
}

/// `retrun x;`
pub(crate) fn mistyped_keyword(span: Span, name: &str, keyword: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, format!("no statement begins with `{name}`"), span, "not a keyword")
        .help(format!("did you mean `{keyword}`?"))
        .edit(span, keyword)
}

/// `print "text"`
pub(crate) fn call_without_parens(span: Span, name: &str, argument: &str) -> Diagnostic {
    let fact = Diagnostic::new(Code::UnexpectedToken, "a call needs parentheses", span, "expected `(` after this");
    if is_short(&[name, argument]) { fact.help(format!("write `{name}({argument})`")) } else { fact }
}

/// `again:`
pub(crate) fn label(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "there are no labels", span, format!("`{name}:` marks nothing"))
        .note("there is no `goto` either: use a loop, or leave a function with `return`")
}

/// `foo bar`
pub(crate) fn unknown_statement(span: Span, name: &str, found: &str, found_span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, format!("no statement begins with `{name}`"), span, "not a keyword")
        .label(found_span, format!("so {found} cannot follow"))
}

/// `pid int;` in a struct
pub(crate) fn field_semicolon(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "the fields of a struct are separated by `,`", span, "expected `,`")
        .help("write `,`")
        .edit(span, ",")
}

/// A parameter or field without its type; `other` is a second name behind it.
pub(crate) fn type_wanted(span: Span, what: &str, name: &str, other: Option<&str>) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::MissingToken,
        format!("the {what} `{name}` has no type"),
        span,
        "expected `:` and a type after this",
    );
    match other {
        Some(other) => fact.help(format!("write `{name}: {other}`")),
        None => fact.help(format!("write its type behind it: `{name}: int`")),
    }
}

/// `Job { pid }`
pub(crate) fn field_value_wanted(span: Span, name: &str, found: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnexpectedToken,
        format!("the field `{name}` has no value"),
        span,
        format!("expected `:`, found {found}"),
    )
    .help(format!("a field is written `{name}: value`"))
}

/// `1: …` in a match
pub(crate) fn arm_sign(span: Span, found: &str) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::UnexpectedToken,
        "an arm is written `pattern => statement`",
        span,
        format!("expected `=>`, found `{found}`"),
    );
    if found == "{" {
        fact.help("write `=> {`").edit(Span { end: span.start, ..span }, "=> ")
    } else {
        fact.help("write `=>`").edit(span, "=>")
    }
}

/// `let x = if c { … }`
pub(crate) fn if_as_value(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "`if` is a statement, not a value", span, "a value is wanted here")
        .help("choose between two values with `c ? a : b`")
}

/// `let x = match y { … }`
pub(crate) fn match_as_value(span: Span) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, "`match` is a statement, not a value", span, "a value is wanted here")
        .help("declare the variable first and assign in each arm: `let x: int; match … { 1 => x = …; }`")
}

/// Nothing where a value is wanted, behind `operator`.
pub(crate) fn value_wanted(gap: Span, operator: &str, found: &str) -> Diagnostic {
    let headline = if operator.is_empty() {
        "a value is missing".to_owned()
    } else {
        format!("a value is missing after {}", code(operator))
    };
    Diagnostic::new(Code::UnexpectedToken, headline, gap, format!("expected a value, found {found}"))
}

/// Something else where a value is wanted.
pub(crate) fn value_not(span: Span, found: &str) -> Diagnostic {
    let fact = Diagnostic::new(
        Code::UnexpectedToken,
        format!("expected a value, found {found}"),
        span,
        "no value begins with this",
    );
    if found.starts_with("the keyword") { fact.note("a keyword cannot be the name of a variable") } else { fact }
}

/// Something else where a type is wanted.
pub(crate) fn type_not(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::UnexpectedToken, format!("expected a type, found {found}"), span, "no type begins with this")
        .note("the types are `int float bool str status ptr`, `[T]`, a struct's name, `(A, B)` and `fn(A) -> R`")
}

/// `if x y`: the body is missing.
pub(crate) fn body_wanted(gap: Span, head: Span, word: &str, found: &str) -> Diagnostic {
    let fact = Diagnostic::new(Code::MissingToken, "a `{` is missing", gap, format!("expected `{{` before {found}"));
    match word {
        "=>" => fact,
        "fn" if found == "`:`" => fact
            .label(head, "to begin the body of this `fn`")
            .help("the type of the result stands behind `->`: `fn name() -> str { … }`"),
        "if" | "while" | "for" | "match" | "fn" | "struct" => {
            fact.label(head, format!("to begin the body of this `{word}`"))
        }
        _ => fact,
    }
}
