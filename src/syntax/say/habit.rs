//! Habits from C and its relatives: what to write instead.

use super::super::c_calls;
use super::super::habits::c_type::instead as c_types;
use super::{code, habit, is_short};
use crate::diagnostics::Diagnostic;
use crate::source::Span;

/// `#include`, `#define`, `# comment`
pub(crate) fn hash(span: Span, text: &str) -> Diagnostic {
    let words: Vec<&str> = text.trim_start_matches('#').split_whitespace().collect();
    match words.as_slice() {
        ["include", ..] => habit("there is no `#include`", span, "everything is built in")
            .help("delete this line: `fork`, `printf`, `SIGINT` and the rest are always there")
            .edit(span, ""),
        ["define", name, value @ ..] if !name.contains('(') && !value.is_empty() => {
            let mended = format!("const {name} = {};", value.join(" "));
            habit("there is no `#define`", span, "constants are declared")
                .help(format!("write {}", code(&mended)))
                .edit(span, mended)
        }
        ["define", ..] => {
            habit("there is no `#define`", span, "there is no preprocessor").help("write a function instead of a macro")
        }
        ["if" | "ifdef" | "ifndef" | "endif" | "else" | "elif" | "undef" | "pragma", ..] => {
            habit("there is no preprocessor", span, "this line means nothing here")
                .help("delete this line")
                .edit(span, "")
        }
        _ => {
            let rest = text.trim_start_matches('#');
            let mended = format!("//{rest}");
            habit("a comment begins with `//`", span, "`#` begins nothing here")
                .help(format!("write {}", code(&mended)))
                .edit(span, mended)
        }
    }
}

/// `x++` as part of an expression.
pub(crate) fn step_as_value(span: Span, text: &str) -> Diagnostic {
    let plus = text.starts_with("++") || text.ends_with("++");
    let sign = if plus { "++" } else { "--" };
    // A row of a million signs is not looked through for its name.
    let name = if is_short(&[text]) { text.trim_start_matches(sign).trim_end_matches(sign).trim() } else { text };
    let fact = habit(format!("`{sign}` is a statement here, not a value"), span, "this has no value");
    if is_short(&[name]) {
        fact.help(format!("make it a statement of its own, before or after this one: `{name}{sign};`"))
    } else {
        fact
    }
}

/// `++x;`
pub(crate) fn prefix_step(span: Span, text: &str) -> Diagnostic {
    let name = if is_short(&[text]) { text.trim_start_matches(['+', '-']).trim() } else { text };
    let sign = if text.starts_with('+') { "++" } else { "--" };
    let fact = habit(format!("`{sign}` stands behind what it changes"), span, "the wrong way round");
    if !is_short(&[name]) {
        return fact;
    }
    let mended = format!("{name}{sign}");
    fact.help(format!("write `{mended}`")).edit(span, mended)
}

/// `s->f`
pub(crate) fn arrow_field(arrow: Span, base: &str, field: &str) -> Diagnostic {
    let base = base.replace("->", ".");
    let fact = habit("a field is reached with `.`", arrow, "`->` is C's")
        .note("a struct is always a reference here, so there is no second form")
        .edit(arrow, ".");
    if is_short(&[&base, field]) { fact.help(format!("write `{base}.{field}`")) } else { fact.help("write `.`") }
}

/// `*p`
pub(crate) fn dereference(span: Span, inner: &str) -> Diagnostic {
    let fact = habit("there is no `*` before a pointer", span, "this reads a cell in C");
    if is_short(&[inner]) {
        let mended = format!("{inner}[0]");
        fact.help(format!("the cell that `{inner}` points to is `{mended}`")).edit(span, mended)
    } else {
        fact.help("the cell that `p` points to is `p[0]`")
    }
}

/// `&x`; `callee` is the function whose argument it is, with all its arguments.
pub(crate) fn address(span: Span, text: &str, callee: Option<&str>, args: &[&str]) -> Diagnostic {
    let name = if is_short(&[text]) { text.trim_start_matches('&').trim() } else { "" };
    let name = if name.is_empty() { "x" } else { name };
    let fact = habit("variables have no address", span, "`&` takes an address in C")
        .note("what C writes through a pointer comes back as a further result");
    // With three arguments `sigaction` is given C's struct.
    if callee == Some("signal") || callee == Some("sigaction") && args.len() == 2 {
        let sig = args.first().copied().filter(|sig| is_short(&[sig])).unwrap_or("SIGINT");
        let mended = match callee {
            Some("signal") => format!("signal({sig}, {name});"),
            _ => format!("sigaction({sig}, {name}, 0, 0);"),
        };
        return habit("a function is passed by its name alone", span, "no `&` stands before it")
            .help(format!("write `{mended}`"))
            .edit(Span { end: span.start + 1, ..span }, "");
    }
    if let Some(mended) = callee.and_then(|callee| c_calls::mended(callee, args, None)) {
        return fact.help(format!("write {}", code(&mended.statement())));
    }
    let mended = match callee {
        Some("wait") => Some(format!("let (pid, {name}) = wait();")),
        Some("waitpid") => Some(format!("let (pid, {name}) = waitpid(child, 0);")),
        Some("sigprocmask") => Some(format!("let (result, {name}) = sigprocmask(SIG_BLOCK, set);")),
        Some("sigwait") => Some(format!("let (result, {name}) = sigwait(set);")),
        Some("sigemptyset") => Some(format!("{name} = 0;")),
        Some("sigfillset") => Some(format!("{name} = ~0;")),
        Some("sigaddset") => Some(format!("{name} = {name} | sigmask(SIGINT);")),
        Some("sigdelset") => Some(format!("{name} = {name} & ~sigmask(SIGINT);")),
        Some("signal") => Some(format!("signal(SIGINT, {name});")),
        Some("sigaction") => Some("sigaction(SIGINT, handler, 0, 0);".to_owned()),
        Some("scanf") => Some("let (n, line) = getline(0);".to_owned()),
        Some("mq_receive") => Some(format!("let (n, text, {name}) = mq_receive(q);")),
        Some("mq_getattr") => Some("let (result, flags, maxmsg, msgsize, curmsgs) = mq_getattr(q);".to_owned()),
        Some("time") => Some(format!("{name} = time();")),
        _ => None,
    };
    match mended {
        Some(mended) => fact.help(format!("write `{mended}`")),
        None if callee.is_some_and(|callee| c_types(callee).is_some()) => {
            fact.help(callee.and_then(c_types).unwrap_or_default())
        }
        None if text.contains('[') => fact.help(format!("an element is passed as it is: `{name}`")),
        None => fact.help("take the results apart: `let (a, b) = f();`"),
    }
}

/// What is known of an assignment that stands where a value is wanted.
pub(crate) struct AssignmentAsValue<'t> {
    /// The whole, and its `=`.
    pub(crate) span: Span,
    pub(crate) sign: Span,
    /// What is assigned to; where a longer expression stands before the `=`, its last part.
    pub(crate) target: &'t str,
    pub(crate) value: &'t str,
    /// Whether it is `=` alone.
    pub(crate) plain: bool,
    /// Whether the target is something that can be assigned to.
    pub(crate) place: bool,
    /// The value, if it is a call: its name and its arguments.
    pub(crate) call: Option<(&'t str, Vec<&'t str>)>,
}

/// `x = e` where a value is wanted.
pub(crate) fn assignment_as_value(found: &AssignmentAsValue<'_>) -> Diagnostic {
    let AssignmentAsValue { span, sign, target, value, plain, place, call } = found;
    let fact = habit("an assignment is a statement here, not a value", *span, "this has no value");
    if !plain || !is_short(&[target, value]) {
        return fact.help("make it a statement of its own, before this one");
    }
    let Some((name, args)) = call else {
        let fact = fact.help(format!("to compare, write `{target} == {value}`")).edit(*sign, "==");
        return match place {
            true => fact.help(format!("to assign first, make it a statement of its own: `{target} = {value};`")),
            false => fact,
        };
    };
    let mended = c_calls::mended(name, args, Some(target));
    let (pattern, call) = match &mended {
        Some(mended) => (mended.pattern.as_deref().unwrap_or(target), mended.call.as_str()),
        None => (*target, *value),
    };
    fact.help(format!("to assign first, make it a statement of its own: `let {pattern} = {call};`")).help(format!(
        "to bind and test in one, write `if let {pattern} = {call}; {target} > 0 {{ … }}`; `while let` likewise"
    ))
}
