//! Statements that begin with a word which is a keyword elsewhere: in C, Python, Go, Java, Rust, JavaScript
//! or a shell. Each stands in a table; what such a word would do with the words behind it is its shape.

use super::super::say;
use super::super::shape::Shaper;
use super::super::token::{Tok, Token};
use super::{broken, broken_line, c_type, closing, distance, on_line};
use crate::diagnostics::suggest;

/// Words that take the rest of their line elsewhere, and what to do here.
const LINES: &[(&str, &str)] = &[
    ("goto", "use a loop with `break` and `continue`, or leave a function with `return`"),
    ("union", "a struct holds each of its fields: `struct Job { pid: int, cmd: str }`"),
    ("import", "delete this: every function is built in"),
    ("using", "delete this: every function is built in"),
    ("extern", "delete this: every function is built in"),
    ("from", "delete this: every function is built in"),
    ("include", "delete this: every function is built in"),
    ("require", "delete this: every function is built in"),
    ("package", "delete this: a program is one file"),
    ("module", "delete this: a program is one file"),
    ("raise", "an error is a result here: return a value that tells of it, or end with `exit(1);`"),
    ("throw", "an error is a result here: return a value that tells of it, or end with `exit(1);`"),
    ("defer", "do it where the function ends"),
    ("go", "a process is made with `fork()`: `if fork() == 0 { … exit(0); }`"),
    ("await", "calls wait by themselves: write the call alone"),
    ("yield", "processes take turns by themselves; `sched_yield()` lets the others run"),
    ("global", "delete this: functions see every variable of the top level"),
    ("nonlocal", "delete this: functions see every variable of the top level"),
    ("del", "`free(p)` gives back what `malloc` gave; all other memory is given back by itself"),
    ("delete", "`free(p)` gives back what `malloc` gave; all other memory is given back by itself"),
    ("export", "`setenv(name, value)` sets a variable of the environment"),
    ("local", "a variable is declared with `let`"),
    ("declare", "a variable is declared with `let`"),
];

/// Words that end a body elsewhere, or stand for an empty one.
const ENDS: &[(&str, &str)] = &[
    ("pass", "an empty body is written `{ }`"),
    ("fi", "a body begins with `{` and ends with `}`"),
    ("done", "a body begins with `{` and ends with `}`"),
    ("esac", "a body begins with `{` and ends with `}`"),
    ("end", "a body begins with `{` and ends with `}`"),
    ("endif", "a body begins with `{` and ends with `}`"),
    ("endwhile", "a body begins with `{` and ends with `}`"),
    ("endfor", "a body begins with `{` and ends with `}`"),
    ("wend", "a body begins with `{` and ends with `}`"),
];

/// Words that stand before a declaration elsewhere.
const MODIFIERS: &[&str] = &[
    "pub",
    "public",
    "private",
    "protected",
    "static",
    "final",
    "abstract",
    "async",
    "export",
    "override",
    "unsafe",
    "inline",
    "internal",
];

/// Words that declare a function elsewhere.
pub(super) const FUNCTION_WORDS: &[&str] = &["def", "func", "function", "fun", "proc", "sub"];

/// Looks at a statement that begins with a name; true if it took some words.
pub(super) fn statement(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let text = shaper.text(word);
    let next = shaper.kind(1);
    let beside = on_line(shaper, 1);
    match (text, next) {
        ("elif" | "elsif" | "elseif", Some(next)) if !matches!(next, Token::Assign | Token::Semicolon | Token::Dot) => {
            shaper.say(say::elif(shaper.span(word), text));
            shaper.at += 1;
            shaper.push(Tok { kind: Token::Else, ..word });
            shaper.take(Tok { kind: Token::If, ..word });
            true
        }
        ("do", Some(Token::OpenBrace)) => super::do_while(shaper, word),
        ("loop" | "forever", Some(Token::OpenBrace)) => endless(shaper, word),
        ("repeat", Some(Token::OpenBrace)) => endless(shaper, word),
        ("until", Some(next)) if next != Token::OpenParen && super::begins_operand(next) && after_block(shaper) => {
            // The `until c;` behind the block of a `repeat`.
            let count = distance(shaper, 0, |kind| kind == Token::Semicolon).map_or(1, |end| end + 1);
            broken(shaper, Some(word), count);
            true
        }
        ("unless", Some(next)) if super::begins_operand(next) && super::skips_to_body(shaper) => {
            other_test(shaper, word, Token::If, "if !")
        }
        ("until", Some(next)) if super::begins_operand(next) && super::skips_to_body(shaper) => {
            other_test(shaper, word, Token::While, "while !")
        }
        ("foreach", Some(Token::OpenParen | Token::Name)) if super::skips_to_body(shaper) => {
            shaper.say(say::instead(shaper.span(word), text, "for"));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::For, ..word });
            true
        }
        ("switch", Some(Token::OpenParen | Token::Name)) if super::skips_to_body(shaper) => super::switch(shaper, word),
        ("try", Some(Token::OpenBrace | Token::Colon)) => try_block(shaper, word),
        (
            "catch" | "except" | "rescue" | "finally" | "ensure",
            Some(Token::OpenParen | Token::OpenBrace | Token::Name | Token::Colon),
        ) if handler_of_try(shaper) => true,
        (_, Some(Token::Name)) if is_function_word(text) && shaper.kind(2) == Some(Token::OpenParen) => {
            shaper.say(say::function_word(shaper.span(word), text));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::Fn, ..word });
            true
        }
        ("var" | "val" | "my", Some(Token::Name)) if matches!(shaper.kind(2), Some(Token::Name | Token::Colon)) => {
            shaper.say(say::declare_word(shaper.span(word), text));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::Let, ..word });
            true
        }
        ("class" | "interface" | "trait" | "impl" | "namespace", Some(Token::Name)) if super::skips_to_body(shaper) => {
            let end = distance(shaper, 1, |kind| kind == Token::OpenBrace).and_then(|open| closing(shaper, open));
            let Some(end) = end else { return false };
            shaper.say(say::no_such_word(
                shaper.span(word),
                text,
                "data stands in a `struct`, and functions stand beside it",
            ));
            broken(shaper, Some(word), end + 1);
            true
        }
        ("typedef", Some(Token::Name | Token::StructWord)) if beside => typedef(shaper, word),
        ("enum", Some(Token::Name | Token::OpenBrace)) => enumeration(shaper, word),
        (_, Some(next)) if beside && MODIFIERS.contains(&text) && modifies(shaper, text, next) => {
            shaper.say(say::no_modifier(shaper.span(word), text));
            shaper.at += 1;
            true
        }
        (_, Some(Token::Name | Token::Str | Token::StructWord | Token::OpenBrace | Token::Int | Token::Fn))
            if beside =>
        {
            let Some((_, help)) = LINES.iter().find(|(line, _)| *line == text) else { return false };
            let fact = say::no_such_word(shaper.span(word), text, help);
            broken_line(shaper, fact)
        }
        (_, next) if next == Some(Token::Semicolon) || !beside && next.is_none_or(begins_next) => {
            let Some((_, help)) = ENDS.iter().find(|(end, _)| *end == text) else { return false };
            shaper.say(say::no_such_word(shaper.span(word), text, help));
            broken(shaper, Some(word), if next == Some(Token::Semicolon) { 2 } else { 1 });
            true
        }
        _ => false,
    }
}

/// Whether a word declares functions elsewhere, or was meant to.
fn is_function_word(text: &str) -> bool {
    FUNCTION_WORDS.contains(&text)
        || !c_type::is_type_word(text) && suggest::nearest(text, FUNCTION_WORDS.iter().copied().chain(["fn"])).is_some()
}

/// Whether a statement, or the end of a block, begins with this; a name alone on its line is complete then.
fn begins_next(kind: Token) -> bool {
    matches!(kind, Token::Name | Token::CloseBrace | Token::Else | Token::Fn) || kind.begins_statement()
}

/// `loop {`, `repeat {`
fn endless(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    shaper.say(say::endless_loop(shaper.span(word), shaper.text(word)));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::While, ..word });
    shaper.take(Tok { kind: Token::True, ..word });
    true
}

/// Whether a block ends right before the next word.
fn after_block(shaper: &Shaper<'_>) -> bool {
    shaper.last().is_some_and(|last| last.kind == Token::CloseBrace) && !super::skips_to_body(shaper)
}

/// `unless c {`, `until c {`
fn other_test(shaper: &mut Shaper<'_>, word: Tok, kind: Token, mended: &str) -> bool {
    shaper.say(say::instead(shaper.span(word), shaper.text(word), mended));
    shaper.at += 1;
    shaper.take(Tok { kind, ..word });
    true
}

/// `try { … }`: its block is read as a block.
fn try_block(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    shaper.say(say::no_try(shaper.span(word), shaper.text(word)));
    shaper.at += 1;
    if let Some(colon) = shaper.peek(0).filter(|next| next.kind == Token::Colon) {
        super::body::colon(shaper, colon);
    }
    true
}

/// `catch (e) { … }` with its block: the `try` has been reported.
fn handler_of_try(shaper: &mut Shaper<'_>) -> bool {
    let opens = |kind| matches!(kind, Token::OpenBrace | Token::Semicolon | Token::Colon);
    let Some(body) = distance(shaper, 1, opens) else { return false };
    let Some(word) = shaper.peek(0) else { return false };
    match shaper.kind(body) {
        Some(Token::OpenBrace) => {
            let Some(close) = closing(shaper, body) else { return false };
            broken(shaper, Some(word), close + 1);
        }
        Some(Token::Colon) => {
            let colon = shaper.peek(body).unwrap_or(word);
            shaper.at += body;
            shaper.push(Tok { kind: Token::BrokenHead, start: word.start, end: colon.start });
            super::body::colon(shaper, colon);
        }
        _ => return false,
    }
    true
}

/// Whether a word such as `pub` stands before a declaration.
fn modifies(shaper: &Shaper<'_>, text: &str, next: Token) -> bool {
    let name = shaper.peek(1).map_or("", |word| shaper.text(word));
    match next {
        Token::Fn | Token::Let | Token::StructWord | Token::Const => !matches!(text, "static" | "inline" | "final"),
        Token::Name if FUNCTION_WORDS.contains(&name) || MODIFIERS.contains(&name) || name == "class" => true,
        Token::Name => matches!(text, "pub" | "public" | "private" | "protected" | "async" | "internal"),
        _ => false,
    }
}

/// `typedef struct Job Job;`
fn typedef(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let help = match shaper.peek(1) {
        Some(next) if next.kind == Token::StructWord => {
            "a struct's name is its type: `struct Job { pid: int }`".to_owned()
        }
        Some(_) if (2..6).any(|ahead| shaper.kind(ahead) == Some(Token::OpenParen)) => {
            "the type of a function is written where it is needed: `fn(int)`, `fn(int) -> int`".to_owned()
        }
        Some(next) => format!("write the type itself, `{}`", shaper.c_name(next)),
        None => return false,
    };
    let fact = say::no_such_word(shaper.span(word), "typedef", &help);
    broken_line(shaper, fact)
}

/// `enum colour { RED, GREEN };`
fn enumeration(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(open) = distance(shaper, 1, |kind| matches!(kind, Token::OpenBrace | Token::Semicolon)) else {
        return false;
    };
    let Some(close) = closing(shaper, open).filter(|_| shaper.kind(open) == Some(Token::OpenBrace)) else {
        return broken_line(shaper, say::no_enum(shaper.span(word), &[]));
    };
    let mut constants = Vec::new();
    let mut value = "0".to_owned();
    for ahead in open + 1..close {
        let (Some(name), Some(before)) = (shaper.peek(ahead), shaper.kind(ahead - 1)) else { break };
        if name.kind == Token::Name && matches!(before, Token::OpenBrace | Token::Comma) {
            if let (Some(Token::Assign), Some(given)) = (shaper.kind(ahead + 1), shaper.peek(ahead + 2)) {
                value = shaper.text(given).to_owned();
            }
            constants.push((shaper.text(name).to_owned(), value.clone()));
            value = value.parse::<i64>().map_or_else(|_| "…".to_owned(), |value| value.wrapping_add(1).to_string());
        }
    }
    shaper.say(say::no_enum(shaper.span(word), &constants));
    let semicolon = shaper.kind(close + 1) == Some(Token::Semicolon);
    broken(shaper, Some(word), close + 1 + usize::from(semicolon));
    true
}
