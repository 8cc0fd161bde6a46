//! Habits from C that can be seen from a few words. Each is reported with what to write instead, and the
//! words are mended, so that the rest of the file is read as if it had been written so. Nothing here may
//! touch a program that is right: each pattern is one that no valid program contains.

mod body;
pub(crate) mod c_type;
mod declare;
mod foreign;
mod head;
mod mend;
mod several;
mod value;

use super::say;
use super::shape::Shaper;
use super::shape::frame::Kind;
use super::token::{Tok, Token};
use crate::diagnostics::Diagnostic;
pub(crate) use body::{after_arrow, after_bare_head, after_else, after_head, head_ends_at_semicolon, is_arm};
use declare::{c_constant, c_part, cast, declaration, result_first, typed_let};
pub(super) use value::parts_of_format;

/// How far a pattern looks ahead, in words: keeps the pass linear whatever the text.
const REACH: usize = 2_000;

/// Looks at the first words of a statement; true if it took some.
pub(crate) fn statement(shaper: &mut Shaper<'_>) -> bool {
    let Some(word) = shaper.peek(0) else { return false };
    match word.kind {
        Token::While => end_of_do(shaper),
        Token::For => several::for_head(shaper),
        Token::Const => c_constant(shaper) || declaration(shaper),
        Token::StructWord => declaration(shaper),
        Token::Name => {
            foreign::statement(shaper, word)
                || declare::function_pointer(shaper)
                || declaration(shaper)
                || several::assignment(shaper, false)
        }
        Token::Underscore => several::assignment(shaper, false),
        _ => false,
    }
}

/// Whether the word that stands `ahead` words ahead is on the line of the one before it.
fn on_line(shaper: &Shaper<'_>, ahead: usize) -> bool {
    let before = match ahead.checked_sub(1) {
        Some(before) => shaper.peek(before),
        None => shaper.before(),
    };
    match (before, shaper.peek(ahead)) {
        (Some(before), Some(word)) => !shaper.slice(before.end, word.start).contains('\n'),
        _ => false,
    }
}

/// Reports, and replaces the words up to the `;` that ends the statement, or up to the end of the line.
fn broken_line(shaper: &mut Shaper<'_>, fact: Diagnostic) -> bool {
    shaper.say(fact);
    let first = shaper.peek(0);
    let mut depth = 0_u32;
    let mut count = 1;
    for ahead in 1..REACH {
        let Some(kind) = shaper.kind(ahead) else { break };
        if depth == 0 && (kind.closes() || !on_line(shaper, ahead) && kind != Token::OpenBrace) {
            break;
        }
        count = ahead + 1;
        if kind.opens() {
            depth += 1;
        } else if kind.closes() {
            depth -= 1;
        } else if kind == Token::Semicolon && depth == 0 {
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
    if last == Some(Token::OpenParen) && shaper.top().declares && !shaper.top().told && head::params(shaper) {
        return true;
    }
    if matches!(last, Some(Token::Colon | Token::Arrow)) && head::type_elsewhere(shaper) {
        return true;
    }
    if shaper.top().kind == Kind::Arms && !shaper.top().in_arm && value::pattern(shaper, word) {
        return true;
    }
    match word.kind {
        Token::Comma => several::comma(shaper, word),
        Token::Name | Token::Colon | Token::OpenParen if head::result_elsewhere(shaper, word) => true,
        Token::Name if after_value => value::word_operator(shaper, word) || several::missing_colon(shaper, word),
        Token::Name | Token::OpenBracket | Token::OpenBrace if last == Some(Token::Let) => {
            several::behind_let(shaper, word) || word.kind == Token::Name && typed_let(shaper)
        }
        Token::Name if last == Some(Token::Fn) => result_first(shaper),
        Token::Name if matches!(last, Some(Token::If | Token::While)) && several::assignment(shaper, true) => true,
        Token::Name | Token::OpenParen | Token::Or | Token::OrOr if !after_value && head::lambda(shaper, word) => true,
        Token::Name | Token::StructWord
            if matches!(last, Some(Token::OpenParen | Token::Comma | Token::OpenBrace | Token::Semicolon)) =>
        {
            value::word(shaper, word) || c_part(shaper)
        }
        Token::Name => value::word(shaper, word),
        Token::If if after_value && !shaper.is_fresh() => value::choice_elsewhere(shaper, word),
        Token::If | Token::Match if last.is_some_and(|last| last.assigns() || last == Token::Return) => {
            value::statement_as_value(shaper, word)
        }
        Token::OpenBrace if last.is_some_and(|last| last.assigns() || last == Token::Return) => {
            value::bare_braces(shaper, word)
        }
        Token::OpenParen if !after_value => cast(shaper, word),
        Token::Str => value::string(shaper, word),
        _ => value::sign(shaper, word),
    }
}

fn begins_operand(kind: Token) -> bool {
    use Token::*;
    matches!(
        kind,
        Name | Int | Float | Str | Char | True | False | Nil | OpenParen | OpenBracket | Bang | Minus | Tilde
    )
}
