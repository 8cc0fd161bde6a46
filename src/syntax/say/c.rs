//! Declarations and statements of C: what to write instead.

use super::{code, habit, is_short};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// `int x = 5;` or `int x;`; `prefix` is the type, `whole` reaches to before the `;`.
pub(crate) fn c_variable(
    prefix: Span,
    whole: Span,
    name: &str,
    value: Option<&str>,
    (ty, is_struct): (Option<&str>, bool),
) -> Diagnostic {
    let fact = habit("a variable is declared with `let`", prefix, "no type stands before a name");
    match value {
        // `nil` alone has no type.
        Some("nil") => {
            let ty = ty.filter(|ty| is_struct || matches!(*ty, "ptr")).unwrap_or("ptr");
            fact.help(format!("write `let {name}: {ty} = nil;`")).edit(prefix, "let")
        }
        Some(value) if value.starts_with('{') => {
            fact.help(format!("an array is written in brackets: `let {name} = [ … ];`"))
        }
        Some(value) if is_short(&[name, value]) => {
            fact.help(format!("write `let {name} = {value};`")).edit(prefix, "let")
        }
        Some(_) => fact.help(format!("write `let {name} = …;`")).edit(prefix, "let"),
        None if matches!(name, "status" | "wstatus") => {
            fact.help(format!("`wait` gives it back: `let (pid, {name}) = wait();` declares it"))
        }
        None => {
            let mended = format!("let {name}: {}", ty.unwrap_or("int"));
            fact.help(format!("write `{mended};`, or give it its value at once: `let {name} = …;`")).edit(whole, mended)
        }
    }
}

/// `int a, b = 2;`; `parts` are the declarations as they are written here.
pub(crate) fn c_declarations(prefix: Span, whole: Span, parts: &[String], instead: Option<&str>) -> Diagnostic {
    let fact = habit("a variable is declared with `let`", prefix, "no type stands before a name");
    let fact = match instead {
        Some(instead) => fact.note(instead),
        None => fact,
    };
    let mended = parts.join(" ");
    if is_short(&[&mended]) {
        fact.help(format!("write a `let` for each: `{mended}`")).edit(whole, mended)
    } else {
        fact.help("write a `let` for each")
    }
}

/// `int n = read(fd, buf, 100);`
pub(crate) fn c_call_declared(prefix: Span, mended: &str) -> Diagnostic {
    let fact = habit("a variable is declared with `let`", prefix, "no type stands before a name");
    fact.note("what C fills in through a pointer is a part of the result here").help(format!("write {}", code(mended)))
}

/// `int a[10];`
pub(crate) fn c_array(prefix: Span, whole: Span, base: &str, name: &str, size: &str) -> Diagnostic {
    let fact = habit("a variable is declared with `let`", prefix, "no type stands before a name");
    match (base, size) {
        ("char", _) => fact
            .note("a string is a value of its own and needs no buffer: `let (n, line) = read(fd, 64);` gives one")
            .help(format!("write `let {name} = \"\";`"))
            .edit(whole, format!("let {name} = \"\"")),
        ("int", "2") => fact
            .help("the two ends of a pipe come back from the call: `let (r, w) = pipe();`")
            .help(format!("an array of two zeros is `let {name} = [0; 2];`")),
        ("float" | "double", _) => {
            fact.help(format!("write `let {name} = [0.0; {size}];`")).edit(whole, format!("let {name} = [0.0; {size}]"))
        }
        _ => fact.help(format!("write `let {name} = [0; {size}];`")).edit(whole, format!("let {name} = [0; {size}]")),
    }
}

/// `char *args[] = {"ls", NULL};`
pub(crate) fn c_list(prefix: Span, whole: Span, name: &str, list: &str) -> Diagnostic {
    let mended = format!("let {name} = {list}");
    let fact = habit("a variable is declared with `let`", prefix, "no type stands before a name");
    if !is_short(&[&mended]) {
        return fact.help(format!("an array is written in brackets: `let {name} = [ … ];`"));
    }
    fact.note("an array is written in brackets, and knows its length: no NULL ends it")
        .help(format!("write `{mended};`"))
        .edit(whole, mended)
}

/// `void (*h)(int) = SIG_DFL;`
pub(crate) fn function_pointer(
    span: Span,
    name: &str,
    params: &str,
    result: Option<&str>,
    value: Option<&str>,
) -> Diagnostic {
    let result = result.map(|result| format!(" -> {result}")).unwrap_or_default();
    let fact = habit("a variable that holds a function is declared with `let`", span, "this is C")
        .note(format!("its type is `fn({params}){result}`"));
    match value {
        Some(value) => fact.help(format!("write `let {name} = {value};`")),
        None => fact.help(format!("write `let {name}: fn({params}){result};`")),
    }
}

/// `const int N = 5;`
pub(crate) fn c_constant(span: Span, name: &str, value: &str) -> Diagnostic {
    let value = if is_short(&[name, value]) { value } else { "…" };
    habit("a constant is declared without its type", span, "not needed: the value has a type")
        .help(format!("write `const {name} = {value};`"))
        .edit(span, "")
}

/// `let int x = 5;`
pub(crate) fn typed_let(both: Span, ty_span: Span, name: &str, ty: Option<&str>) -> Diagnostic {
    let fact = habit("a type stands behind the name", ty_span, "it stands before the name here");
    match ty {
        Some(ty) => fact
            .help(format!("write `let {name}: {ty}`, or leave the type out: `let {name} = …;`"))
            .edit(both, format!("{name}: {ty}")),
        None => fact.help(format!("write `let {name} = …;`")),
    }
}

/// `void f(int a) {`
pub(crate) fn c_function(span: Span, name: &str, params: Option<&str>, result: Option<&str>) -> Diagnostic {
    let arguments = name == "main" && params.is_some_and(|params| params.contains("argv"));
    let params_text = if arguments { "" } else { params.unwrap_or("…") };
    let result = result.map(|result| format!(" -> {result}")).unwrap_or_default();
    let mended = format!("fn {name}({params_text}){result}");
    let fact = habit("a function is declared with `fn`", span, "this is C")
        .help(format!("write {} and then its body", code(&mended)));
    let fact =
        if arguments { fact.note("the arguments are always there, as `argv: [str]`: `main` takes none") } else { fact };
    if params.is_some() { fact.edit(span, mended) } else { fact }
}

/// `int f(int a);`
pub(crate) fn prototype(span: Span, name: &str) -> Diagnostic {
    habit("functions need no announcement", span, "a function can be used before it is declared")
        .help(format!("delete this line: the definition of `{name}` is enough"))
        .edit(span, "")
}

/// `fn int f()`
pub(crate) fn result_first(span: Span, name: &str, ty: Option<&str>) -> Diagnostic {
    let fact = habit("a function's result stands behind its parameters", span, "it stands before the name here");
    match ty {
        Some(ty) => fact.help(format!("write `fn {name}(…) -> {ty} {{ … }}`")),
        None => {
            fact.help(format!("a function that returns nothing has no `->`: `fn {name}(…) {{ … }}`")).edit(span, "")
        }
    }
}

/// `int x` as a parameter or a field.
pub(crate) fn c_part(span: Span, name: &str, ty: &str, field: bool) -> Diagnostic {
    let mended = format!("{name}: {ty}");
    let fact = habit("a type stands behind the name", span, "the name comes first").help(format!("write `{mended}`"));
    let fact = if field { fact.note("the fields of a struct are separated by `,`") } else { fact };
    fact.edit(span, mended)
}

/// `def f()`
pub(crate) fn function_word(span: Span, word: &str) -> Diagnostic {
    habit("a function is declared with `fn`", span, format!("`{word}` declares nothing here"))
        .help("write `fn`")
        .edit(span, "fn")
}

/// `elif`
pub(crate) fn elif(span: Span, word: &str) -> Diagnostic {
    habit(format!("`{word}` is written `else if`"), span, "two words here")
        .help("write `else if`")
        .edit(span, "else if")
}

/// `loop { }`
pub(crate) fn endless_loop(span: Span, word: &str) -> Diagnostic {
    habit(format!("there is no `{word}`"), span, "no loop begins with this")
        .help("write `while true`")
        .edit(span, "while true")
}

/// `do { } while (c);`
pub(crate) fn do_while(span: Span, condition: Option<&str>) -> Diagnostic {
    let fact = habit("there is no `do`", span, "no loop begins with this");
    match condition.filter(|text| is_short(&[text])) {
        Some(text) => {
            let test = if text.starts_with('(') { format!("!{text}") } else { format!("!({text})") };
            fact.help(format!("test at the end of a loop: `while true {{ … if {test} {{ break; }} }}`"))
        }
        None => fact.help("test at the end of a loop: `while true { … if !c { break; } }`"),
    }
}

/// `switch (x) { … }`
pub(crate) fn switch(span: Span, subject: &str) -> Diagnostic {
    let subject = if is_short(&[subject]) { subject } else { "x" };
    habit("`switch` is written `match`", span, "no statement begins with this")
        .help(format!("write `match {subject} {{ 1 => {{ … }} 2 | 3 => {{ … }} _ => {{ … }} }}`"))
        .note("an arm does not fall through to the next, so none needs a `break`")
}

/// A body without braces; `head` is what stands before it, `edits` are the places for `{` and `}`.
pub(crate) fn no_braces(
    span: Span,
    word_span: Span,
    word: &str,
    head: &str,
    body: Option<&str>,
    edits: Option<(Span, Span)>,
) -> Diagnostic {
    let fact = habit("a body stands in braces", span, "expected `{` before this")
        .label(word_span, format!("the body of this `{word}`"));
    let fact = match body {
        Some(body) if is_short(&[head, body]) => fact.help(format!("write `{head} {{ {body} }}`")),
        _ => fact.help(format!("write `{word} … {{ … }}`")),
    };
    match edits {
        Some((open, close)) => fact.edit(open, " {").edit(close, " }"),
        None => fact,
    }
}

/// `if c then`
pub(crate) fn no_then(span: Span, word: &str) -> Diagnostic {
    habit(format!("no `{word}` stands before a body"), span, "not needed: the body stands in braces")
        .help(format!("delete `{word}`"))
        .edit(span, "")
}

/// `while (c);`
pub(crate) fn empty_body(span: Span, head: Span, word: &str) -> Diagnostic {
    habit(format!("this `{word}` has no body"), span, "expected `{`, found `;`")
        .label(head, "its body is missing")
        .help("an empty body is written `{ }`")
        .help("if a body follows below, delete this `;`")
        .edit(span, " { }")
}

/// `while (c); {`
pub(crate) fn semicolon_before_body(span: Span, word: &str) -> Diagnostic {
    habit(format!("this `;` cuts the `{word}` off from its body"), span, "too many").help("delete it").edit(span, "")
}

/// `(int) x`
pub(crate) fn cast(span: Span, whole: Span, ty: Option<&str>, operand: Option<&str>) -> Diagnostic {
    let fact = habit("a conversion is written as a call", span, "this is C's cast");
    match (ty, operand) {
        (Some(ty @ ("int" | "float" | "str")), Some(operand)) if is_short(&[operand]) => {
            let mended = format!("{ty}({operand})");
            fact.help(format!("write `{mended}`")).edit(whole, mended)
        }
        (Some(ty @ ("int" | "float" | "str")), _) => fact.help(format!("write `{ty}(…)`")),
        _ => fact.help("delete it: no conversion is needed here").edit(span, ""),
    }
}

/// `a and b`
pub(crate) fn word_operator(span: Span, word: &str, sign: &str) -> Diagnostic {
    habit(format!("`{word}` is written `{sign}`"), span, "not an operator here")
        .help(format!("write `{sign}`"))
        .edit(span, sign)
}

/// `"a" "b"`
pub(crate) fn adjacent_strings(span: Span) -> Diagnostic {
    habit("two strings stand side by side", span, "nothing joins them")
        .help("join them with `+`")
        .help("if they are two arguments, put a `,` between")
}
