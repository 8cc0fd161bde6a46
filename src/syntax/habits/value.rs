//! Values, operators and patterns as other languages write them.

use super::super::say;
use super::super::shape::Shaper;
use super::super::shape::frame::Kind;
use super::super::token::{Tok, Token};
use super::{begins_operand, c_type, closing, distance, on_line};

/// A name where a value begins; true if it took words.
pub(super) fn word(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    match shaper.text(word) {
        "not" => not_word(shaper, word),
        "new" => new_word(shaper, word),
        "sizeof" => size_of(shaper, word),
        _ => macro_call(shaper, word),
    }
}

/// `not a`
fn not_word(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    if !matches!(shaper.kind(1), Some(Token::Name | Token::True | Token::False | Token::Nil)) {
        return false;
    }
    shaper.say(say::word_operator(shaper.span(word), "not", "!"));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::Bang, ..word });
    true
}

/// `sizeof buf`
fn size_of(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(operand) = shaper.peek(1).filter(|next| next.kind == Token::Name && on_line(shaper, 1)) else {
        return false;
    };
    shaper.say(say::no_sizeof(shaper.across(word, operand), shaper.text(operand)));
    shaper.at += 2;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: operand.end });
    shaper.frame().starts = false;
    true
}

/// `new Job()`, `new int[10]`
fn new_word(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(ty) = shaper.peek(1).filter(|ty| ty.kind == Token::Name) else { return false };
    let end = match shaper.kind(2) {
        Some(Token::OpenParen | Token::OpenBracket | Token::OpenBrace) => closing(shaper, 2),
        _ => Some(1),
    };
    let Some(end) = end else { return false };
    let Some(last) = shaper.peek(end) else { return false };
    let size = (shaper.kind(2) == Some(Token::OpenBracket)).then(|| match (shaper.peek(3), shaper.peek(end - 1)) {
        (Some(first), Some(size)) if first.start < last.start => shaper.slice(first.start, size.end),
        _ => "n",
    });
    shaper.say(say::no_new(shaper.across(word, last), shaper.text(ty), size));
    shaper.at += end + 1;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: last.end });
    shaper.frame().starts = false;
    true
}

/// `println!(…)`
fn macro_call(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let (Some(bang), Some(open)) = (shaper.peek(1), shaper.peek(2)) else { return false };
    let touches = word.end == bang.start && bang.end == open.start;
    if bang.kind != Token::Bang || !matches!(open.kind, Token::OpenParen | Token::OpenBracket) || !touches {
        return false;
    }
    if open.kind == Token::OpenBracket {
        shaper.say(say::array_macro(shaper.across(word, bang)));
        shaper.at += 2;
        return true;
    }
    shaper.say(say::macro_call(shaper.span(word), shaper.span(bang), shaper.text(word)));
    shaper.at += 1;
    shaper.take(word);
    shaper.at += 1;
    true
}

/// `a and b`, `a is not b`, `x as int`: a word that stands behind a value.
pub(super) fn word_operator(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let text = shaper.text(word);
    let next = shaper.kind(1);
    let negated = text == "is" && shaper.peek(1).is_some_and(|next| shaper.text(next) == "not");
    let (kind, sign) = match text {
        "and" => (Token::AndAnd, "&&"),
        "or" => (Token::OrOr, "||"),
        "is" if negated => (Token::NotEq, "!="),
        "is" => (Token::EqEq, "=="),
        "mod" => (Token::Percent, "%"),
        "div" => (Token::Slash, "/"),
        "xor" => (Token::Caret, "^"),
        "as" if next == Some(Token::Name) && !shaper.is_fresh() => return as_type(shaper, word),
        "not" if next == Some(Token::In) => {
            shaper.at += 1;
            let next = shaper.peek(0).unwrap_or(word);
            return in_operator(shaper, next);
        }
        _ => return false,
    };
    let length = if negated { 2 } else { 1 };
    if !shaper.kind(length).is_some_and(begins_operand) || !on_line(shaper, length) || shaper.is_fresh() {
        return false;
    }
    let last = shaper.peek(length - 1).unwrap_or(word);
    let span = shaper.across(word, last);
    shaper.say(say::word_operator(span, if negated { "is not" } else { text }, sign));
    shaper.at += length;
    shaper.take(Tok { kind, start: word.start, end: last.end });
    true
}

/// `x as int`
fn as_type(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(ty) = shaper.peek(1) else { return false };
    shaper.say(say::as_type(shaper.across(word, ty), &c_type::here(shaper.text(ty), 0)));
    shaper.at += 2;
    true
}

/// A string: one beside another, or with a letter before it.
pub(super) fn string(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(last) = shaper.last() else { return false };
    if last.kind == Token::Str && !shaper.top().starts {
        if !std::mem::replace(&mut shaper.frame().told, true) {
            shaper.say(say::adjacent_strings(shaper.across(last, word)));
        }
        shaper.push_missing(Token::Plus);
        return false;
    }
    let prefix = shaper.text(last);
    if last.kind == Token::Name && last.end == word.start && matches!(prefix, "f" | "F" | "b" | "r" | "u" | "L" | "rf")
    {
        let content = matches!(prefix, "f" | "F" | "rf").then(|| parts_of_format(shaper.text(word)));
        shaper.say(say::string_prefix(shaper.span(last), prefix, content.as_deref()));
        shaper.out.words.pop();
    }
    false
}

/// `"hello {name}"` as a sum: `"hello " + str(name)`.
pub(in crate::syntax) fn parts_of_format(text: &str) -> String {
    let inner = text.trim_matches(['"', '`']);
    let mut parts = Vec::new();
    let mut rest = inner;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((value, after)) = behind.split_once('}') else { break };
        let before = before.trim_end_matches('$');
        if !before.is_empty() {
            parts.push(format!("\"{before}\""));
        }
        let value = value.split(':').next().unwrap_or(value).trim();
        parts.push(format!("str({value})"));
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(format!("\"{rest}\""));
    }
    parts.join(" + ")
}

/// Signs: `**`, `a[1:2]`, `in`, `=!`.
pub(super) fn sign(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(last) = shaper.last() else { return false };
    let after_value = last.kind.ends_expression() && !shaper.top().starts;
    let next = shaper.peek(1);
    let touches = |kind: Token| next.is_some_and(|next| next.kind == kind && next.start == word.end);
    match word.kind {
        Token::Star if after_value && touches(Token::Star) => {
            let second = next.unwrap_or(word);
            shaper.say(say::no_power(shaper.across(word, second)));
            shaper.at += 2;
            shaper.take(word);
            true
        }
        Token::Colon if shaper.top().kind == Kind::Bracket && shaper.top().leaning == 0 => {
            let inside = after_value || last.kind == Token::OpenBracket;
            if !inside {
                return false;
            }
            shaper.say(say::slice_colon(shaper.span(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::DotDot, ..word });
            true
        }
        // `while (n := read(0, 9)) …`: what is said of `=` there fits.
        Token::Colon if after_value && touches(Token::Assign) && shaper.top().kind == Kind::Paren => {
            shaper.at += 1;
            true
        }
        Token::In if after_value && !for_head(shaper) && !two_words(shaper) => in_operator(shaper, word),
        Token::Assign if touches(Token::Bang) && in_test(shaper) && !binds(shaper) => {
            let bang = next.unwrap_or(word);
            shaper.say(say::other_sign(shaper.across(word, bang), "=!", "!="));
            shaper.at += 2;
            shaper.take(Tok { kind: Token::NotEq, start: word.start, end: bang.end });
            true
        }
        Token::FatArrow if after_value && in_test(shaper) && shaper.top().kind != Kind::Arms => {
            shaper.say(say::other_sign(shaper.span(word), "=>", ">="));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::GreaterEq, ..word });
            true
        }
        Token::Float if after_value && last.end == word.start && shaper.text(word).starts_with('.') => {
            shaper.say(say::dot_number(shaper.span(word), shaper.text(word)));
            shaper.at += 1;
            true
        }
        _ => false,
    }
}

/// Whether the words belong to the condition of an `if` or a `while`.
fn in_test(shaper: &Shaper<'_>) -> bool {
    shaper.top().head.is_some_and(|head| matches!(head.kind, Token::If | Token::While)) || shaper.top().head_paren
}

/// Whether the `=` to come belongs to a `let`.
fn binds(shaper: &Shaper<'_>) -> bool {
    shaper.top().head_binds || shaper.out.words.iter().rev().nth(1).is_some_and(|word| word.kind == Token::Let)
}

/// Whether the statement begins with two names: then its first word was meant to be another, `for` perhaps.
fn two_words(shaper: &Shaper<'_>) -> bool {
    let words = shaper.out.words.iter().rev().take(3);
    let kinds: Vec<Token> = words.map(|word| word.kind).take_while(|kind| *kind == Token::Name).collect();
    kinds.len() == 2
}

/// Whether the words are in the head of a `for`, where `in` belongs.
fn for_head(shaper: &Shaper<'_>) -> bool {
    shaper.top().loop_paren || shaper.top().head.is_some_and(|head| head.kind == Token::For)
}

/// `x in a`
fn in_operator(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    shaper.say(say::in_operator(shaper.span(word)));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::EqEq, ..word });
    true
}

/// `x if c else y`
pub(super) fn choice_elsewhere(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let ends = |kind: Token| matches!(kind, Token::Semicolon | Token::Comma) || kind.closes();
    let Some(other) = distance(shaper, 1, |kind| kind == Token::Else || ends(kind)) else { return false };
    if shaper.kind(other) != Some(Token::Else) || (1..=other + 1).any(|ahead| !on_line(shaper, ahead)) {
        return false;
    }
    let end = (other + 1..other + 40).find(|ahead| {
        let kind = shaper.kind(*ahead);
        kind.is_none_or(|kind| matches!(kind, Token::Semicolon | Token::Comma) || kind == Token::CloseBrace)
            || kind == Some(Token::CloseParen)
            || !on_line(shaper, *ahead)
    });
    let Some(end) = end.filter(|end| *end > other + 1) else { return false };
    let (Some(test), Some(before), Some(second), Some(last)) =
        (shaper.peek(1), shaper.peek(other - 1), shaper.peek(other + 1), shaper.peek(end - 1))
    else {
        return false;
    };
    if second.kind == Token::OpenBrace {
        return false;
    }
    let first = shaper.last().unwrap_or(word);
    let simple = shaper.out.words.iter().rev().nth(1).is_some_and(|word| {
        word.kind.assigns() || matches!(word.kind, Token::Return | Token::OpenParen | Token::Comma)
    });
    let mended = simple.then(|| {
        format!(
            "{} ? {} : {}",
            shaper.slice(test.start, before.end),
            shaper.text(first),
            shaper.slice(second.start, last.end)
        )
    });
    shaper.say(say::choice_elsewhere(shaper.across(word, last), mended));
    shaper.at += end;
    true
}

/// `let x = if c { 1 } else { 2 };`
pub(super) fn statement_as_value(shaper: &mut Shaper<'_>, word: Tok) -> bool {
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
pub(super) fn bare_braces(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(close) = closing(shaper, 0) else { return false };
    let last = shaper.peek(close).unwrap_or(word);
    shaper.say(say::bare_braces(shaper.across(word, last)));
    shaper.at += close + 1;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: last.end });
    shaper.frame().starts = false;
    true
}

/// The first words of an arm, and the sign behind its pattern; true if it took words.
pub(super) fn pattern(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let last = shaper.last().map(|last| last.kind);
    let begins = matches!(last, Some(Token::OpenBrace | Token::CloseBrace | Token::Semicolon | Token::Comma));
    let next = shaper.kind(1);
    let arrow = |kind: Option<Token>| matches!(kind, Some(Token::Colon | Token::FatArrow | Token::Arrow));
    let value = matches!(
        last,
        Some(Token::Int | Token::Str | Token::Char | Token::Name | Token::Underscore | Token::True | Token::False)
    );
    match (word.kind, shaper.text(word)) {
        (Token::Name, text @ ("case" | "when")) if begins && next.is_some_and(begins_operand) => {
            shaper.say(say::no_case(shaper.span(word), text));
            shaper.at += 1;
            true
        }
        // `default => …` binds the value to that name, and is right.
        (Token::Name | Token::Else, text @ ("default" | "else" | "otherwise"))
            if begins && arrow(next) && (word.kind == Token::Else || next != Some(Token::FatArrow)) =>
        {
            shaper.say(say::default_arm(shaper.span(word), text));
            shaper.at += 1;
            shaper.push(Tok { kind: Token::Underscore, ..word });
            true
        }
        (Token::Break, _) if begins && next == Some(Token::Semicolon) => {
            shaper.say(say::break_in_arm(shaper.span(word)));
            shaper.at += 2;
            true
        }
        (Token::Name, _) if begins && next == Some(Token::OpenParen) && !super::is_arm(shaper) => {
            let Some(end) = distance(shaper, 0, |kind| kind == Token::Semicolon) else { return false };
            let last = shaper.peek(end).unwrap_or(word);
            shaper.say(say::statement_between_arms(shaper.across(word, last)));
            shaper.at += end + 1;
            true
        }
        (Token::If, _) if value => {
            let Some(arrow) = distance(shaper, 0, |kind| kind == Token::FatArrow) else { return false };
            shaper.say(say::guard(shaper.span(word)));
            shaper.at += arrow;
            true
        }
        (Token::Colon | Token::Arrow, text) if value => {
            shaper.say(say::arm_sign(shaper.span(word), text));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::FatArrow, ..word });
            true
        }
        (Token::Comma, _)
            if value && (2..12).any(|ahead| shaper.kind(ahead) == Some(Token::FatArrow) && on_line(shaper, ahead)) =>
        {
            shaper.say(say::comma_in_pattern(shaper.span(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::Or, ..word });
            true
        }
        (Token::OpenParen, _) if last == Some(Token::Name) => {
            let Some(arrow) = closing(shaper, 0).map(|close| close + 1) else { return false };
            if shaper.kind(arrow) != Some(Token::FatArrow) {
                return false;
            }
            shaper.say(say::pattern_with_parts(shaper.span(word)));
            shaper.at += arrow;
            true
        }
        _ => false,
    }
}
