//! Habits from C that can be seen from a few words. Each is reported with what to write instead, and the
//! words are mended, so that the rest of the file is read as if it had been written so. Nothing here may
//! touch a program that is right: each pattern is one that no valid program contains.

mod body;
pub(crate) mod c_type;
mod declare;

use super::say;
use super::shape::Shaper;
use super::token::{Tok, Token};
use crate::diagnostics::Diagnostic;
pub(crate) use body::{after_arrow, after_bare_head, after_else, after_head, head_ends_at_semicolon};
use declare::{c_constant, c_part, cast, declaration, result_first, typed_let};

/// How far a pattern looks ahead, in words: keeps the pass linear whatever the text.
const REACH: usize = 2_000;

/// Looks at the first words of a statement; true if it took some.
pub(crate) fn statement(shaper: &mut Shaper<'_>) -> bool {
    let Some(word) = shaper.peek(0) else { return false };
    match word.kind {
        Token::While => end_of_do(shaper),
        Token::Const => c_constant(shaper) || declaration(shaper),
        Token::StructWord => declaration(shaper),
        Token::Name => named_statement(shaper, word) || declaration(shaper),
        _ => false,
    }
}

/// Statements that begin with a word that is a keyword elsewhere.
fn named_statement(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let next = shaper.kind(1);
    match (shaper.text(word), next) {
        ("elif" | "elsif" | "elseif", Some(next)) if !matches!(next, Token::Assign | Token::Semicolon | Token::Dot) => {
            shaper.say(say::elif(shaper.span(word), shaper.text(word)));
            shaper.at += 1;
            shaper.push(Tok { kind: Token::Else, ..word });
            shaper.take(Tok { kind: Token::If, ..word });
            true
        }
        ("do", Some(Token::OpenBrace)) => do_while(shaper, word),
        ("loop" | "forever", Some(Token::OpenBrace)) => {
            shaper.say(say::endless_loop(shaper.span(word), shaper.text(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::While, ..word });
            shaper.take(Tok { kind: Token::True, ..word });
            true
        }
        ("switch", Some(Token::OpenParen | Token::Name)) if skips_to_body(shaper) => switch(shaper, word),
        ("def" | "func" | "function" | "fun" | "proc" | "sub", Some(Token::Name))
            if shaper.kind(2) == Some(Token::OpenParen) =>
        {
            shaper.say(say::function_word(shaper.span(word), shaper.text(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::Fn, ..word });
            true
        }
        ("goto", Some(Token::Name)) => broken_to_semicolon(shaper, say::goto(shaper.span(word))),
        (
            "typedef" | "enum" | "union" | "using" | "import" | "extern",
            Some(Token::Name | Token::StructWord | Token::Str | Token::OpenBrace),
        ) => {
            let fact = say::no_such_declaration(shaper.span(word), shaper.text(word));
            broken_to_semicolon(shaper, fact)
        }
        _ => false,
    }
}

/// Reports and replaces the words up to the next `;` of this bracket level.
fn broken_to_semicolon(shaper: &mut Shaper<'_>, fact: Diagnostic) -> bool {
    shaper.say(fact);
    let first = shaper.peek(0);
    let mut count = distance(shaper, 0, |kind| kind == Token::Semicolon).map_or(1, |end| end + 1);
    // A line without a `;` ends where it ends.
    for ahead in 1..count {
        let (Some(before), Some(word)) = (shaper.peek(ahead - 1), shaper.peek(ahead)) else { break };
        if shaper.slice(before.end, word.start).contains('\n') && word.kind != Token::OpenBrace && !before.kind.opens()
        {
            count = if (0..ahead).any(|ahead| shaper.kind(ahead).is_some_and(Token::opens)) { count } else { ahead };
            break;
        }
    }
    broken(shaper, first, count);
    true
}

/// Puts one broken statement in the place of the next `count` words.
fn broken(shaper: &mut Shaper<'_>, first: Option<Tok>, count: usize) {
    let last = count.checked_sub(1).and_then(|last| shaper.peek(last));
    if let (Some(first), Some(last)) = (first, last) {
        shaper.push(Tok { kind: Token::BrokenStmt, start: first.start, end: last.end });
    }
    shaper.at += count;
    shaper.end_statement(true);
}

/// How many words ahead the first word stands, from `from` on and outside further brackets, that `wanted` is true of.
fn distance(shaper: &Shaper<'_>, from: usize, wanted: impl Fn(Token) -> bool) -> Option<usize> {
    let mut depth = 0_u32;
    for ahead in from..from + REACH {
        let kind = shaper.kind(ahead)?;
        if depth == 0 && wanted(kind) {
            return Some(ahead);
        }
        if kind.opens() {
            depth += 1;
        } else if kind.closes() {
            depth = depth.checked_sub(1)?;
        }
    }
    None
}

/// How many words ahead the bracket closes that opens `from` words ahead.
fn closing(shaper: &Shaper<'_>, from: usize) -> Option<usize> {
    distance(shaper, from + 1, Token::closes)
}

// ------------------------------------------------------------------------------------ do and switch

/// `do { … } while (c);`
fn do_while(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(close) = closing(shaper, 1) else { return false };
    let ends = shaper.kind(close + 1) == Some(Token::While);
    let condition =
        ends.then(|| distance(shaper, close + 2, |kind| matches!(kind, Token::Semicolon | Token::OpenBrace))).flatten();
    let text = condition.and_then(|end| {
        let (first, last) = (shaper.peek(close + 2)?, shaper.peek(end - 1)?);
        Some(shaper.slice(first.start, last.end))
    });
    shaper.say(say::do_while(shaper.span(word), text));
    if condition.is_some() {
        shaper.do_ends.push(shaper.at + close + 1);
    }
    shaper.at += 1;
    true
}

/// The `while (c);` that ends a `do`.
fn end_of_do(shaper: &mut Shaper<'_>) -> bool {
    let at = shaper.at;
    let Some(index) = shaper.do_ends.iter().rposition(|end| *end == at) else { return false };
    shaper.do_ends.truncate(index);
    let Some(end) = distance(shaper, 0, |kind| kind == Token::Semicolon) else { return false };
    shaper.at += end + 1;
    true
}

/// Whether a `{` follows the next words before the statement could end.
fn skips_to_body(shaper: &Shaper<'_>) -> bool {
    distance(shaper, 1, |kind| matches!(kind, Token::OpenBrace | Token::Semicolon))
        .is_some_and(|at| shaper.kind(at) == Some(Token::OpenBrace))
}

/// `switch (x) { case 1: … }`
fn switch(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(body) = distance(shaper, 1, |kind| kind == Token::OpenBrace) else { return false };
    let Some(close) = closing(shaper, body) else { return false };
    let subject = match (shaper.peek(1), shaper.peek(body - 1)) {
        (Some(first), Some(last)) => shaper.slice(first.start, last.end),
        _ => "x",
    };
    let subject = subject.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(subject);
    shaper.say(say::switch(shaper.span(word), subject));
    broken(shaper, Some(word), close + 1);
    true
}

// ------------------------------------------------------------------------------ inside expressions

/// Looks at the next words anywhere; true if it took some.
pub(crate) fn expression(shaper: &mut Shaper<'_>) -> bool {
    let Some(word) = shaper.peek(0) else { return false };
    let last = shaper.last().map(|last| last.kind);
    let after_value = last.is_some_and(Token::ends_expression) && !shaper.top().starts;
    match word.kind {
        Token::Name if after_value => word_operator(shaper, word),
        Token::Name if last == Some(Token::Let) => typed_let(shaper),
        Token::Name if last == Some(Token::Fn) => result_first(shaper),
        Token::Name | Token::StructWord
            if matches!(last, Some(Token::OpenParen | Token::Comma | Token::OpenBrace | Token::Semicolon)) =>
        {
            not_word(shaper, word) || c_part(shaper)
        }
        Token::Name => not_word(shaper, word),
        Token::If | Token::Match if last.is_some_and(|last| last.assigns() || last == Token::Return) => {
            statement_as_value(shaper, word)
        }
        Token::OpenBrace if last.is_some_and(|last| last.assigns() || last == Token::Return) => {
            bare_braces(shaper, word)
        }
        Token::OpenParen if !after_value => cast(shaper, word),
        Token::Str if last == Some(Token::Str) && !shaper.top().starts => {
            let before = shaper.last().unwrap_or(word);
            if !std::mem::replace(&mut shaper.frame().told, true) {
                shaper.say(say::adjacent_strings(shaper.across(before, word)));
            }
            shaper.push_missing(Token::Plus);
            false
        }
        _ => false,
    }
}

/// `let x = if c { 1 } else { 2 };`
fn statement_as_value(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(end) = distance(shaper, 0, |kind| kind == Token::Semicolon) else { return false };
    let last = shaper.peek(end - 1).unwrap_or(word);
    shaper.say(if word.kind == Token::If {
        say::if_as_value(shaper.span(word))
    } else {
        say::match_as_value(shaper.span(word))
    });
    shaper.at += end;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: last.end });
    shaper.frame().starts = false;
    true
}

/// `let a = { 1, 2 };`
fn bare_braces(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(close) = closing(shaper, 0) else { return false };
    let last = shaper.peek(close).unwrap_or(word);
    shaper.say(say::bare_braces(shaper.across(word, last)));
    shaper.at += close + 1;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: last.end });
    shaper.frame().starts = false;
    true
}

/// `a and b`, `a or b`
fn word_operator(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let (kind, sign) = match shaper.text(word) {
        "and" => (Token::AndAnd, "&&"),
        "or" => (Token::OrOr, "||"),
        _ => return false,
    };
    if !shaper.kind(1).is_some_and(begins_operand) {
        return false;
    }
    shaper.say(say::word_operator(shaper.span(word), shaper.text(word), sign));
    shaper.at += 1;
    shaper.take(Tok { kind, ..word });
    true
}

/// `not a`
fn not_word(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let operand = matches!(shaper.kind(1), Some(Token::Name | Token::True | Token::False | Token::Nil));
    if shaper.text(word) != "not" || !operand {
        return false;
    }
    shaper.say(say::word_operator(shaper.span(word), "not", "!"));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::Bang, ..word });
    true
}

fn begins_operand(kind: Token) -> bool {
    use Token::*;
    matches!(
        kind,
        Name | Int | Float | Str | Char | True | False | Nil | OpenParen | OpenBracket | Bang | Minus | Tilde
    )
}
