//! Heads of functions, functions without a name, and types, as other languages write them.

use super::super::say;
use super::super::shape::Shaper;
use super::super::shape::frame::Kind;
use super::super::token::{Tok, Token};
use super::c_type;
use super::{closing, distance};

/// One parameter: its name, what stands for its type in the words put out, and the type as written here.
struct Param {
    name: Tok,
    base: Option<Tok>,
    array: bool,
    text: String,
    /// Whether it is written as it should be.
    right: bool,
}

/// Called behind the `(` of a function's parameters: a list in the manner of another language is put right.
pub(super) fn params(shaper: &mut Shaper<'_>) -> bool {
    let Some(end) = distance(shaper, 0, Token::closes).filter(|end| (1..100).contains(end)) else { return false };
    if shaper.kind(end) != Some(Token::CloseParen) {
        return false;
    }
    let mut list = Vec::new();
    let mut defaults = false;
    let mut at = 0;
    while at < end {
        let stop =
            distance(shaper, at, |kind| matches!(kind, Token::Comma | Token::CloseParen)).unwrap_or(end).min(end);
        let Some(param) = param(shaper, at, stop, &mut defaults) else { return false };
        list.push(param);
        at = stop + 1;
    }
    if list.iter().all(|param| param.right) {
        return false;
    }
    // `a, b int`: a type behind the last name is that of those before it too.
    for index in (1..list.len()).rev() {
        let (before, after) = list.split_at_mut(index);
        if let (Some(one), Some(other)) = (before.last_mut(), after.first())
            && one.base.is_none()
            && !one.right
            && !other.right
        {
            (one.base, one.array) = (other.base, other.array);
            one.text.clone_from(&other.text);
        }
    }
    let shown: Vec<String> = list.iter().map(|param| format!("{}: {}", shaper.text(param.name), param.text)).collect();
    let (Some(first), Some(last)) = (shaper.peek(0), shaper.peek(end - 1)) else { return false };
    shaper.say(say::params_elsewhere(shaper.across(first, last), &shown.join(", "), defaults));
    shaper.frame().told = true;
    shaper.at += end;
    for param in list {
        shaper.take(param.name);
        shaper.push_missing(Token::Colon);
        match (param.base, param.array) {
            (Some(base), false) => shaper.push(Tok { kind: Token::Name, ..base }),
            (Some(base), true) => {
                shaper.push_missing(Token::OpenBracket);
                shaper.push(Tok { kind: Token::Name, ..base });
                shaper.push_missing(Token::CloseBracket);
            }
            (None, _) => shaper.push_missing(Token::BrokenExpr),
        }
        shaper.push_missing(Token::Comma);
    }
    true
}

/// Reads one parameter from `from` to before `stop`, words ahead.
fn param(shaper: &Shaper<'_>, from: usize, stop: usize, defaults: &mut bool) -> Option<Param> {
    let mut from = from;
    let mut end = stop;
    if let Some(sign) = distance(shaper, from, |kind| kind == Token::Assign).filter(|sign| *sign < stop) {
        *defaults = true;
        end = sign;
    }
    let mut right = end == stop;
    let word = shaper.peek(from)?;
    if shaper.text(word) == "mut" && shaper.kind(from + 1) == Some(Token::Name) {
        from += 1;
        right = false;
    }
    let name = shaper.peek(from).filter(|word| word.kind == Token::Name)?;
    let unknown = |right| Param { name, base: None, array: false, text: "int".to_owned(), right };
    match (shaper.kind(from + 1), end - from) {
        (_, 1) => Some(unknown(false)),
        (Some(Token::Colon), _) => {
            // A type that only another language has is put right here, since the whole list is written anew.
            let (ty, length) = foreign_type(shaper, from + 2).or_else(|| plain_type(shaper, from + 2))?;
            (from + 2 + length == end).then_some(Param {
                name,
                base: ty.base,
                array: ty.array,
                right: right && ty.right,
                text: ty.text,
            })
        }
        (Some(Token::Name | Token::OpenBracket | Token::Star), _) => {
            // `int a` is C's; its own reading follows. `a int` is Go's.
            let second = shaper.peek(from + 1)?;
            let first_is_type = c_type::is_type_word(shaper.text(name)) || is_capital(shaper.text(name));
            if second.kind == Token::Name && first_is_type && !c_type::is_type_word(shaper.text(second)) {
                return None;
            }
            if second.kind == Token::Star && first_is_type {
                return None;
            }
            let (ty, length) = foreign_type(shaper, from + 1).or_else(|| plain_type(shaper, from + 1))?;
            (from + 1 + length == end).then_some(Param {
                name,
                base: ty.base,
                array: ty.array,
                text: ty.text,
                right: false,
            })
        }
        _ => None,
    }
}

fn is_capital(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

/// A type that was read.
struct Foreign {
    base: Option<Tok>,
    array: bool,
    text: String,
    right: bool,
}

/// A type in this language's own manner, as far as lists of parameters need it: a name, or `[name]`.
fn plain_type(shaper: &Shaper<'_>, from: usize) -> Option<(Foreign, usize)> {
    let word = shaper.peek(from)?;
    match word.kind {
        Token::Name => {
            let text = shaper.text(word).to_owned();
            Some((Foreign { base: Some(word), array: false, text, right: true }, 1))
        }
        Token::OpenBracket if shaper.kind(from + 2) == Some(Token::CloseBracket) => {
            let base = shaper.peek(from + 1).filter(|base| base.kind == Token::Name)?;
            let text = format!("[{}]", shaper.text(base));
            Some((Foreign { base: Some(base), array: true, text, right: true }, 3))
        }
        _ => None,
    }
}

/// A type in the manner of another language, from `from` words ahead on, and how many words it has.
fn foreign_type(shaper: &Shaper<'_>, from: usize) -> Option<(Foreign, usize)> {
    let word = shaper.peek(from)?;
    let kind = |ahead: usize| shaper.kind(from + ahead);
    let array = |base: Tok| Foreign {
        base: Some(base),
        array: true,
        text: format!("[{}]", c_type::here(shaper.text(base), 0)),
        right: false,
    };
    let single = |base: Tok, stars: usize| Foreign {
        base: Some(base),
        array: false,
        text: c_type::here(shaper.text(base), stars),
        right: false,
    };
    match word.kind {
        Token::And if kind(1) == Some(Token::Name) || kind(1) == Some(Token::OpenBracket) => {
            let skip = if shaper.peek(from + 1).is_some_and(|next| shaper.text(next) == "mut") { 2 } else { 1 };
            let (inner, length) = foreign_type(shaper, from + skip).or_else(|| plain_type(shaper, from + skip))?;
            Some((Foreign { right: false, ..inner }, length + skip))
        }
        // Go: `[]int`, `*Job`.
        Token::OpenBracket if kind(1) == Some(Token::CloseBracket) && kind(2) == Some(Token::Name) => {
            Some((array(shaper.peek(from + 2)?), 3))
        }
        Token::Star if kind(1) == Some(Token::Name) => Some((single(shaper.peek(from + 1)?, 0), 2)),
        // Rust: `[int; 3]`.
        Token::OpenBracket if kind(1) == Some(Token::Name) && kind(2) == Some(Token::Semicolon) => {
            let end = (3..8).find(|ahead| kind(*ahead) == Some(Token::CloseBracket))?;
            Some((array(shaper.peek(from + 1)?), end + 1))
        }
        Token::StructWord if kind(1) == Some(Token::Name) => {
            let stars = (2..5).take_while(|ahead| kind(*ahead) == Some(Token::Star)).count();
            Some((single(shaper.peek(from + 1)?, 0), 2 + stars))
        }
        Token::Name => match kind(1)? {
            Token::OpenBracket if kind(2) == Some(Token::CloseBracket) => Some((array(word), 3)),
            Token::OpenBracket if kind(2) == Some(Token::Name) && kind(3) == Some(Token::CloseBracket) => {
                matches!(shaper.text(word), "list" | "List" | "Array" | "array")
                    .then(|| Some((array(shaper.peek(from + 2)?), 4)))?
            }
            Token::Less if kind(2) == Some(Token::Name) && kind(3) == Some(Token::Greater) => {
                let inner = shaper.peek(from + 2)?;
                let one = matches!(shaper.text(word), "Option" | "Optional" | "Box" | "Rc" | "Arc" | "Result");
                Some((if one { single(inner, 0) } else { array(inner) }, 4))
            }
            Token::Star => {
                let stars = (1..4).take_while(|ahead| kind(*ahead) == Some(Token::Star)).count();
                Some((single(word, stars), 1 + stars))
            }
            Token::Question => Some((single(word, 0), 2)),
            Token::Name if c_type::is_qualifier(shaper.text(word)) => {
                let base = shaper.peek(from + 1).filter(|base| c_type::is_type_word(shaper.text(*base)))?;
                Some((single(base, 0), 2))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Where a type is wanted: behind the `:` of a `let`, a parameter or a field, and behind `->`.
fn wants_type(shaper: &Shaper<'_>) -> bool {
    let back = |back: usize| shaper.out.words.iter().rev().nth(back).map(|word| word.kind);
    match back(0) {
        Some(Token::Arrow) => shaper.top().head.is_some_and(|head| head.kind == Token::Fn),
        Some(Token::Colon) => {
            let list = shaper.top().params || shaper.top().kind == Kind::Declaration;
            list || back(1) == Some(Token::Name) && back(2) == Some(Token::Let)
        }
        _ => false,
    }
}

/// A type that is written differently here; true if it took words.
pub(super) fn type_elsewhere(shaper: &mut Shaper<'_>) -> bool {
    if !wants_type(shaper) {
        return false;
    }
    let Some((ty, length)) = foreign_type(shaper, 0) else { return false };
    let ends = matches!(
        shaper.kind(length),
        None | Some(
            Token::Assign | Token::Semicolon | Token::Comma | Token::CloseParen | Token::CloseBrace | Token::OpenBrace
        )
    );
    let (Some(first), Some(last)) = (shaper.peek(0), shaper.peek(length - 1)) else { return false };
    if !ends {
        return false;
    }
    shaper.say(say::type_elsewhere(shaper.across(first, last), &ty.text));
    shaper.at += length;
    if ty.array {
        shaper.push_missing(Token::OpenBracket);
    }
    match ty.base {
        Some(base) => shaper.push(base),
        None => shaper.push_missing(Token::BrokenExpr),
    }
    if ty.array {
        shaper.push_missing(Token::CloseBracket);
    }
    true
}

/// `fn f() int {`, `fn f(): int {`: puts the `->` in; true if it took a word.
pub(super) fn result_elsewhere(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let head = shaper.top().head.is_some_and(|head| head.kind == Token::Fn);
    if !head || !shaper.last().is_some_and(|last| last.kind == Token::CloseParen) || shaper.is_fresh() {
        return false;
    }
    let colon = usize::from(word.kind == Token::Colon);
    let length = foreign_type(shaper, colon).or_else(|| plain_type(shaper, colon)).map(|(_, length)| length);
    let length = match (length, shaper.kind(colon)) {
        (Some(length), _) => length,
        (None, Some(Token::OpenParen)) => match closing(shaper, colon) {
            Some(close) => close + 1 - colon,
            None => return false,
        },
        _ => return false,
    };
    if shaper.kind(colon + length) != Some(Token::OpenBrace) {
        return false;
    }
    let (Some(first), Some(last)) = (shaper.peek(colon), shaper.peek(colon + length - 1)) else { return false };
    let before = shaper.last().unwrap_or(word);
    let edit = if colon == 1 { shaper.span(before).after().to(shaper.span(word)) } else { shaper.span(before).after() };
    shaper.say(say::result_elsewhere(shaper.across(first, last), shaper.slice(first.start, last.end), edit));
    shaper.at += colon;
    shaper.push_missing(Token::Arrow);
    true
}

/// A function without a name, as other languages write it; true if it took words.
pub(super) fn lambda(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let last = shaper.last().map(|last| last.kind);
    let place = matches!(last, Some(Token::OpenParen | Token::Comma | Token::Assign | Token::Return));
    let pattern = shaper.top().kind == Kind::Arms && !shaper.top().in_arm;
    if !place && !shaper.top().starts || pattern {
        return false;
    }
    let text = shaper.text(word);
    let end_of_params = match word.kind {
        Token::Name if text == "lambda" && matches!(shaper.kind(1), Some(Token::Name | Token::Colon)) => {
            distance(shaper, 1, |kind| kind == Token::Colon)
        }
        Token::Or if place => distance(shaper, 1, |kind| kind == Token::Or),
        Token::OrOr if place => Some(0),
        Token::OpenParen if place => {
            closing(shaper, 0).map(|close| close + 1).filter(|at| shaper.kind(*at) == Some(Token::FatArrow))
        }
        Token::Name if place && shaper.kind(1) == Some(Token::FatArrow) => Some(1),
        Token::Name if place && super::foreign::FUNCTION_WORDS.contains(&text) => return anonymous(shaper, word),
        _ => None,
    };
    let Some(sign) = end_of_params.filter(|at| *at < 40) else { return false };
    let from = if word.kind == Token::Name && text != "lambda" { 0 } else { 1 };
    let names: Vec<&str> = (from..sign)
        .filter_map(|ahead| shaper.peek(ahead).filter(|name| name.kind == Token::Name))
        .map(|name| shaper.text(name))
        .collect();
    let mut end = distance(shaper, sign + 1, |kind| matches!(kind, Token::Comma | Token::Semicolon) || kind.closes());
    // Without a `;` it ends with its line.
    let limit = end.unwrap_or(sign + 200);
    let open = |ahead: usize| (0..ahead).any(|at| shaper.kind(at) == Some(Token::OpenBrace));
    if let Some(line) = (sign + 1..limit).find(|ahead| !super::on_line(shaper, *ahead) && !open(*ahead)) {
        end = Some(line);
    }
    let end = end.unwrap_or_else(|| (sign + 1..).find(|ahead| shaper.kind(*ahead).is_none()).unwrap_or(sign + 1));
    let Some(last) = shaper.peek(end.saturating_sub(1)) else { return false };
    let body = shaper.peek(sign + 1).filter(|first| first.kind != Token::OpenBrace && first.start < last.end);
    let body = body.map(|first| shaper.slice(first.start, last.end));
    shaper.say(say::lambda(shaper.across(word, last), &names, body));
    shaper.at += end;
    shaper.push(Tok { kind: Token::BrokenExpr, start: word.start, end: last.end });
    shaper.frame().starts = false;
    true
}

/// `function(x) { … }` as a value.
fn anonymous(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    if shaper.kind(1) != Some(Token::OpenParen) {
        return false;
    }
    let Some(close) = closing(shaper, 1) else { return false };
    let kinds = [1, 2, 3].map(|ahead| shaper.kind(close + ahead));
    let body = matches!(
        kinds,
        [Some(Token::OpenBrace), ..]
            | [Some(Token::Name), Some(Token::OpenBrace), _]
            | [Some(Token::Arrow | Token::Colon), Some(Token::Name), Some(Token::OpenBrace)]
    );
    if !body {
        return false;
    }
    shaper.say(say::function_word(shaper.span(word), shaper.text(word)));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::Fn, ..word });
    true
}
