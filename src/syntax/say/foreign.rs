//! Words and signs of other languages: what to write instead.

use super::{habit, is_short};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// A word that begins a statement elsewhere.
pub(crate) fn no_such_word(span: Span, word: &str, help: &str) -> Diagnostic {
    habit(format!("there is no `{word}`"), span, "no statement begins with this").help(help)
}

/// A word that has another name here.
pub(crate) fn instead(span: Span, word: &str, mended: &str) -> Diagnostic {
    habit(format!("there is no `{word}`"), span, "no statement begins with this").help(format!("write `{mended}`"))
}

/// `try`
pub(crate) fn no_try(span: Span, word: &str) -> Diagnostic {
    habit(format!("there is no `{word}`"), span, "nothing is thrown here, so nothing is caught")
        .note("a call that fails gives -1 and sets `errno`; a fault kills the process")
        .help("look at the result: `if n < 0 { perror(\"read\"); exit(1); }`")
}

/// `pub fn`
pub(crate) fn no_modifier(span: Span, word: &str) -> Diagnostic {
    habit(format!("no `{word}` stands before a declaration"), span, "not needed: everything in the file is visible")
        .help(format!("delete `{word}`"))
        .edit(span, "")
}

/// `enum colour { RED, GREEN };`
pub(crate) fn no_enum(span: Span, constants: &[(String, String)]) -> Diagnostic {
    let fact = habit("there is no `enum`", span, "no statement begins with this");
    let list: Vec<String> = constants.iter().map(|(name, value)| format!("const {name} = {value};")).collect();
    let list = list.join(" ");
    if list.is_empty() || !is_short(&[&list]) {
        fact.help("write a constant for each: `const RED = 0;`")
    } else {
        fact.help(format!("write a constant for each: `{list}`"))
    }
}

/// `lambda x: x + 1`
pub(crate) fn lambda(span: Span, params: &[&str], body: Option<&str>) -> Diagnostic {
    let params: Vec<String> = params.iter().map(|name| format!("{name}: int")).collect();
    let params = params.join(", ");
    let fact = habit("a function without a name begins with `fn`", span, "no value begins like this");
    let fact = match body {
        Some(body) if is_short(&[&params, body]) => {
            fact.help(format!("write `fn({params}) -> int {{ return {body}; }}`"))
        }
        _ => fact.help(format!("write `fn({params}) {{ … }}`")),
    };
    fact.note("it sees its own parameters and the variables of the top level, no others")
}

/// `(a int, b int)`
pub(crate) fn params_elsewhere(span: Span, mended: &str, defaults: bool) -> Diagnostic {
    let fact = habit("a parameter is written `name: type`", span, "expected a name, `:` and its type");
    let fact = if defaults { fact.note("there are no default values: every call gives all arguments") } else { fact };
    if is_short(&[mended]) { fact.help(format!("write `({mended})`")) } else { fact }
}

/// `fn f() int {`
pub(crate) fn result_elsewhere(span: Span, ty: &str, edit: Span) -> Diagnostic {
    habit("the type of the result stands behind `->`", span, "expected `->` before this")
        .help(format!("write `-> {ty}`"))
        .edit(edit, " ->")
}

/// `int[]`, `Vec<int>`
pub(crate) fn type_elsewhere(span: Span, mended: &str) -> Diagnostic {
    habit("this type is written differently here", span, "not a type here")
        .help(format!("write `{mended}`"))
        .edit(span, mended)
}

/// `let y int = 5;`
pub(crate) fn type_without_colon(gap: Span, name: &str, ty: &str) -> Diagnostic {
    habit("a `:` stands between a name and its type", gap, "expected `:`")
        .help(format!("write `let {name}: {ty}`, or leave the type out"))
        .edit(gap, ":")
}

/// `var x = 5;`
pub(crate) fn declare_word(span: Span, word: &str) -> Diagnostic {
    habit("a variable is declared with `let`", span, format!("`{word}` declares nothing here"))
        .help("write `let`")
        .edit(span, "let")
}

/// `x := 5`
pub(crate) fn short_declaration(sign: Span, start: Span, names: &str, known: bool) -> Diagnostic {
    let fact = habit("`:=` means nothing here", sign, "this sign");
    if known {
        return fact.help(format!("write `{names} = …;`")).edit(sign, "=");
    }
    fact.help(format!("declare a variable with `let {names} = …;`, change one with `{names} = …;`"))
        .edit(start, "let ")
        .edit(sign, "=")
}

/// `a, b = f();`
pub(crate) fn several_names(span: Span, names: &str, value: Option<&str>, declare: bool) -> Diagnostic {
    let fact = habit("several results are taken apart in parentheses", span, "no `,` stands between names here");
    let value = value.filter(|value| is_short(&[names, value])).unwrap_or("…");
    let mended = if declare { format!("let ({names})") } else { format!("({names})") };
    fact.help(format!("write `{mended} = {value};`")).edit(span, mended)
}

/// `let r, w = pipe();`, `let [r, w] = pipe();`
pub(crate) fn let_several(span: Span, names: &str, value: Option<&str>) -> Diagnostic {
    let fact = habit("several results are taken apart in parentheses", span, "not in parentheses");
    let value = value.filter(|value| is_short(&[names, value])).unwrap_or("…");
    fact.help(format!("write `let ({names}) = {value};`")).edit(span, format!("({names})"))
}

/// `let a = 1, b = 2;`
pub(crate) fn lets_in_a_row(span: Span) -> Diagnostic {
    habit("one `let` declares one name", span, "expected `;`")
        .help("write a `let` for each: `let a = 1; let b = 2;`")
        .edit(span, "; let")
}

/// `let a, b;`
pub(crate) fn lets_without_values(span: Span, names: &[&str]) -> Diagnostic {
    let list: Vec<String> = names.iter().map(|name| format!("let {name}: int;")).collect();
    let list = list.join(" ");
    let fact = habit("one `let` declares one name", span, "expected `;` behind the first");
    if is_short(&[&list]) { fact.help(format!("write a `let` for each: `{list}`")) } else { fact }
}

/// `Job { 1, \"ls\" }`
pub(crate) fn field_name_wanted(span: Span, name: &str) -> Diagnostic {
    habit("each field of a struct is named", span, "expected a name and `:` before this")
        .help(format!("write `{name} {{ field: value }}`"))
}

/// `let my-var = 3;`
pub(crate) fn dash_in_name(span: Span, left: &str, right: &str) -> Diagnostic {
    let mended = format!("{left}_{right}");
    habit("no `-` stands in a name", span, "read as a subtraction").help(format!("write `{mended}`")).edit(span, mended)
}

/// `ls -l`
pub(crate) fn command(span: Span, name: &str, option: &str) -> Diagnostic {
    habit("this is no shell", span, "a command is not a statement here").help(format!(
        "a program runs in a child: `if fork() == 0 {{ exec(\"{name}\", \"-{option}\"); _exit(127); }} wait();`"
    ))
}

/// `kill -9 pid`
pub(crate) fn command_of_builtin(span: Span, name: &str, signature: &str) -> Diagnostic {
    habit("a call needs parentheses", span, "expected `(` after this")
        .note(format!("`{signature}`"))
        .help(format!("write `{name}(…)`, with commas between the arguments"))
}

/// `for {`
pub(crate) fn for_without_head(span: Span) -> Diagnostic {
    habit("this `for` goes through nothing", span, "expected a name and `in` after this")
        .help("an endless loop is `while true { … }`")
        .edit(span, "while true")
}

/// `f(), g();`
pub(crate) fn comma_statement(span: Span) -> Diagnostic {
    habit("a `,` does not separate statements", span, "C's comma operator does not exist here")
        .help("write `;`")
        .edit(span, ";")
}

/// `for (int i = 0, j = 9; i < j; i++, j--)`
pub(crate) fn comma_in_for(span: Span) -> Diagnostic {
    habit("a `for` has one variable and one step", span, "no `,` stands here")
        .help("declare the other variable before the loop, and change it in the body")
}

/// `for i, x := range a {`
pub(crate) fn for_pair(span: Span, index: &str, item: &str, over: &str) -> Diagnostic {
    let fact = habit("a `for` goes through one thing", span, "two names");
    if is_short(&[index, item, over]) {
        fact.help(format!("with the index write `for {index} in 0..len({over}) {{ let {item} = {over}[{index}]; … }}`"))
            .help(format!("without it `for {item} in {over} {{ … }}`"))
    } else {
        fact.help("with the index write `for i in 0..len(a) { … }`, without it `for x in a { … }`")
    }
}

/// `for (int x : a)`, `for x of a`
pub(crate) fn for_of(span: Span, name: &str) -> Diagnostic {
    habit("a loop over all elements is written with `in`", span, "expected `in`")
        .help(format!("write `for {name} in …`"))
        .edit(span, if span.end > span.start { "in" } else { " in" })
}

/// `f"hello {name}"`
pub(crate) fn string_prefix(span: Span, prefix: &str, content: Option<&str>) -> Diagnostic {
    let fact = habit(format!("no `{prefix}` stands before a string"), span, "a string is only its text");
    match content {
        Some(mended) if is_short(&[mended]) => fact.help(format!("put the parts together: `{mended}`")),
        Some(_) => fact.help("put the parts together: `\"a = \" + str(a)`"),
        None => fact.help(format!("delete `{prefix}`")).edit(span, ""),
    }
}

/// `println!(…)`
pub(crate) fn macro_call(name: Span, bang: Span, word: &str) -> Diagnostic {
    let fact = habit("there are no macros", bang, "no `!` stands before the parentheses");
    let mended = match word {
        "println" | "print" => "print",
        "eprintln" | "eprint" => "eprint",
        "format" => "sprintf",
        "panic" => "abort",
        "assert_eq" | "assert" | "debug_assert" => "assert",
        _ => return fact.help(format!("write `{word}(…)`")).edit(bang, ""),
    };
    let fact = fact.edit(name, mended).edit(bang, "");
    match mended {
        "print" | "eprint" => fact.help(format!("write `{mended}(…)`")).note(
            "it writes its arguments with a space between them, and fills in no `{}`; `printf` takes C's formats",
        ),
        "assert" => fact.help("write `assert(a == b);`"),
        _ => fact.help(format!("write `{mended}(…)`")),
    }
}

/// `vec![1, 2]`
pub(crate) fn array_macro(span: Span) -> Diagnostic {
    habit("there are no macros", span, "an array needs no word before it")
        .help("an array is written `[1, 2, 3]`")
        .edit(span, "")
}

/// `sizeof buf`
pub(crate) fn no_sizeof(span: Span, name: &str) -> Diagnostic {
    habit("there is no `sizeof`", span, "values have no size in bytes here")
        .help(format!("the length of a text or an array is `len({name})`; how much to read is a number of your own"))
}

/// `break;` behind an arm
pub(crate) fn break_in_arm(span: Span) -> Diagnostic {
    habit("no `break` ends an arm", span, "an arm ends by itself")
        .note("an arm does not fall through to the next")
        .help("delete `break;`")
}

/// A second statement of an arm without braces.
pub(crate) fn statement_between_arms(span: Span) -> Diagnostic {
    habit("several statements of one arm stand in braces", span, "a pattern is wanted here")
        .help("write `pattern => { first; second; }`")
}

/// `n if n > 10 =>`
pub(crate) fn guard(span: Span) -> Diagnostic {
    habit("a pattern has no condition", span, "expected `=>`")
        .help("test it in the arm: `n => { if n > 10 { … } }`, or write an `if` in the place of the `match`")
}

/// `f(a: 1)`
pub(crate) fn named_argument(span: Span) -> Diagnostic {
    habit("arguments have no names", span, "only its value stands here")
        .help("give the values alone, in the order of the parameters")
}

/// `fn f(a: int, ...)`
pub(crate) fn any_number(span: Span) -> Diagnostic {
    habit("a function has a fixed number of parameters", span, "no `...` stands here")
        .help("take an array: `fn f(values: [int])`")
}

/// `new Job()`, `new int[10]`
pub(crate) fn no_new(span: Span, ty: &str, size: Option<&str>) -> Diagnostic {
    let fact = habit("there is no `new`", span, "a value is written without it");
    match size {
        Some(size) if is_short(&[size]) => fact.help(format!("an array of zeros is written `[0; {size}]`")),
        Some(_) => fact.help("an array of zeros is written `[0; n]`"),
        None => fact.help(format!("a struct is written with its fields: `{ty} {{ pid: 3 }}`")),
    }
}

/// `x as int`
pub(crate) fn as_type(span: Span, ty: &str) -> Diagnostic {
    habit("a conversion is written as a call", span, "no `as` stands here").help(format!("write `{ty}(…)`"))
}

/// `a[1:2]`
pub(crate) fn slice_colon(span: Span) -> Diagnostic {
    habit("a part of an array is written with `..`", span, "expected `..`")
        .help("write `a[1..2]`: from the first index up to, and without, the second")
        .edit(span, "..")
}

/// `a ** b`
pub(crate) fn no_power(span: Span) -> Diagnostic {
    habit("there is no `**`", span, "no operator").help("multiply: `x * x`, or in a loop for a power that varies")
}

/// `x if c else y`
pub(crate) fn choice_elsewhere(span: Span, mended: Option<String>) -> Diagnostic {
    let fact = habit("a choice between two values is written `c ? a : b`", span, "no `if` stands behind a value");
    match mended {
        Some(mended) if is_short(&[&mended]) => fact.help(format!("write `{mended}`")),
        _ => fact,
    }
}

/// `x in a`
pub(crate) fn in_operator(span: Span) -> Diagnostic {
    habit("`in` is no operator", span, "it stands in the head of a `for` only")
        .help("for a text in a text write `contains(text, part)`; look for an element with a loop")
}

/// `case 1 =>`
pub(crate) fn no_case(span: Span, word: &str) -> Diagnostic {
    habit(format!("no `{word}` stands before a pattern"), span, "an arm begins with its pattern")
        .help(format!("delete `{word}`"))
        .edit(span, "")
}

/// `default =>`
pub(crate) fn default_arm(span: Span, word: &str) -> Diagnostic {
    habit("the arm for all the rest is `_`", span, format!("`{word}` is no pattern")).help("write `_`").edit(span, "_")
}

/// `1, 2 =>`
pub(crate) fn comma_in_pattern(span: Span) -> Diagnostic {
    habit("several patterns are joined by `|`", span, "expected `|` or `=>`").help("write `|`").edit(span, " |")
}

/// `Some(n) =>`
pub(crate) fn pattern_with_parts(span: Span) -> Diagnostic {
    habit("a pattern has no parts", span, "no `(` stands here")
        .note("a pattern is a number, a text, a constant, `a..b`, `_`, or a name that takes the value")
        .help("to take several results apart write `let (a, b) = f();` before the `match`")
}

/// `a.0`
pub(crate) fn dot_number(span: Span, number: &str) -> Diagnostic {
    let digits = number.trim_start_matches('.');
    habit("parts have no numbers behind a `.`", span, "no field has such a name")
        .help(format!("an element of an array is written `a[{digits}]`"))
        .help("the parts of a result get names: `let (first, second) = f();`")
}

/// A variable or a struct of a type that only C has; `help` tells how it goes here.
pub(crate) fn c_struct(span: Span, ty: &str, help: &str) -> Diagnostic {
    habit(format!("there is no `{ty}`"), span, "no such type is needed here").help(help)
}
