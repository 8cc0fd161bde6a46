//! Several names where one is wanted: `a, b = f();`, `let a, b;`, `x := 5`, and loops of other languages.

use super::super::say;
use super::super::shape::Shaper;
use super::super::shape::frame::Kind;
use super::super::token::{Tok, Token};
use super::{closing, distance, on_line};

/// How many names are looked through.
const MOST: usize = 12;

/// Reads names with commas between; gives them and how far ahead the word behind the last stands.
fn names(shaper: &Shaper<'_>, from: usize) -> Option<(Vec<Tok>, usize)> {
    let mut list = Vec::new();
    let mut at = from;
    loop {
        let word = shaper.peek(at).filter(|word| matches!(word.kind, Token::Name | Token::Underscore))?;
        list.push(word);
        at += 1;
        if shaper.kind(at) != Some(Token::Comma) || list.len() > MOST {
            return Some((list, at));
        }
        at += 1;
    }
}

/// The value behind a `=` that stands `sign` words ahead, up to the end of the statement or the line.
fn value<'t>(shaper: &Shaper<'t>, sign: usize) -> Option<&'t str> {
    let first = shaper.peek(sign + 1)?;
    let end = (sign + 2..sign + 60).find(|ahead| {
        let kind = shaper.kind(*ahead);
        matches!(kind, None | Some(Token::Semicolon | Token::OpenBrace)) || !on_line(shaper, *ahead)
    })?;
    Some(shaper.slice(first.start, shaper.peek(end - 1)?.end))
}

/// Whether the program has declared this name before, as far as the words near here tell.
fn is_declared(shaper: &Shaper<'_>, name: &str) -> bool {
    let words = &shaper.out.words;
    let from = words.len().saturating_sub(super::REACH);
    words[from..].windows(2).any(|pair| {
        let before = matches!(pair[0].kind, Token::Let | Token::Const | Token::Comma | Token::OpenParen);
        before && pair[1].kind == Token::Name && shaper.text(pair[1]) == name
    })
}

fn listed(shaper: &Shaper<'_>, names: &[Tok]) -> String {
    names.iter().map(|name| shaper.text(*name)).collect::<Vec<_>>().join(", ")
}

/// Puts out `let (a, b) =` or `(a, b) =`; the words up to the `=`, which stands `sign` words ahead, are taken.
fn put_tuple(shaper: &mut Shaper<'_>, names: Vec<Tok>, declare: bool, sign: usize) {
    let assign = shaper.peek(sign);
    let start = names.first().map_or(0, |name| name.start);
    if declare {
        shaper.take(Tok { kind: Token::Let, start, end: start });
    }
    shaper.at += sign + 1;
    put_names(shaper, names);
    if let Some(assign) = assign {
        shaper.take(Tok { kind: Token::Assign, ..assign });
    }
}

fn put_names(shaper: &mut Shaper<'_>, names: Vec<Tok>) {
    if names.len() == 1 {
        names.into_iter().for_each(|name| shaper.take(name));
        return;
    }
    let start = names.first().map_or(0, |name| name.start);
    shaper.push(Tok { kind: Token::OpenParen, start, end: start });
    for name in names {
        shaper.push(name);
        shaper.push_missing(Token::Comma);
    }
    shaper.push_missing(Token::CloseParen);
    shaper.frame().starts = false;
}

/// Whether a `:=` begins `ahead` words ahead.
fn is_walrus(shaper: &Shaper<'_>, ahead: usize) -> bool {
    match (shaper.peek(ahead), shaper.peek(ahead + 1)) {
        (Some(colon), Some(sign)) => {
            colon.kind == Token::Colon && sign.kind == Token::Assign && colon.end == sign.start
        }
        _ => false,
    }
}

/// `a, b = f();`, `x := 5`, `a, b := f()` at the beginning of a statement or behind `if`.
pub(super) fn assignment(shaper: &mut Shaper<'_>, in_head: bool) -> bool {
    let Some((list, at)) = names(shaper, 0) else { return false };
    let (Some(first), Some(last)) = (list.first().copied(), list.last().copied()) else { return false };
    let walrus = is_walrus(shaper, at);
    if !walrus && (list.len() < 2 || shaper.kind(at) != Some(Token::Assign)) {
        return false;
    }
    let text = listed(shaper, &list);
    let sign = at + usize::from(walrus);
    let known = list.iter().all(|name| name.kind == Token::Underscore || is_declared(shaper, shaper.text(*name)));
    let whole = shaper.across(first, last);
    if walrus {
        let (Some(colon), Some(assign)) = (shaper.peek(at), shaper.peek(sign)) else { return false };
        let start = crate::source::Span { end: whole.start, ..whole };
        let shown = if list.len() > 1 { format!("({text})") } else { text };
        shaper.say(say::short_declaration(shaper.across(colon, assign), start, &shown, known && !in_head));
    } else {
        shaper.say(say::several_names(whole, &text, value(shaper, sign), !known));
    }
    put_tuple(shaper, list, !known || in_head, sign);
    true
}

/// Behind `let`: several names without parentheses, or in other brackets; `mut`.
pub(super) fn behind_let(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    if word.kind == Token::Name && shaper.text(word) == "mut" {
        if let Some(name) = shaper.peek(1).filter(|next| next.kind == Token::Name) {
            shaper.say(say::let_mut(
                shaper.span(word).to(crate::source::Span { end: name.start, ..shaper.span(name) }),
                shaper.text(name),
            ));
            shaper.at += 1;
            return true;
        }
        return false;
    }
    let bracket = usize::from(matches!(word.kind, Token::OpenBracket | Token::OpenBrace));
    let Some((list, at)) = names(shaper, bracket) else { return false };
    let at = at + bracket;
    if bracket == 0 && list.len() < 2 || list.len() < 2 && shaper.kind(at) != Some(Token::Assign) {
        return false;
    }
    if bracket == 1 && shaper.kind(at - 1).is_none_or(|kind| kind != word.kind.partner()) {
        return false;
    }
    let (Some(last), text) = (shaper.peek(at - 1), listed(shaper, &list)) else { return false };
    let whole = shaper.across(word, last);
    match shaper.kind(at) {
        Some(Token::Assign) => {
            shaper.say(say::let_several(whole, &text, value(shaper, at)));
            put_tuple(shaper, list, false, at);
        }
        Some(Token::Semicolon) if bracket == 0 => {
            let spelled: Vec<&str> = list.iter().map(|name| shaper.text(*name)).collect();
            shaper.say(say::lets_without_values(whole, &spelled));
            shaper.at += at;
            put_names(shaper, list);
            shaper.push_missing(Token::Assign);
            shaper.push_missing(Token::BrokenExpr);
        }
        _ => return false,
    }
    true
}

/// A `,` between statements: C's comma operator, or `let a = 1, b = 2;`.
pub(super) fn comma(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let frame = shaper.top();
    let ends = shaper.last().is_some_and(|last| last.kind.ends_expression());
    if !matches!(frame.kind, Kind::Top | Kind::Block) || frame.starts || frame.head.is_some() || !ends {
        return false;
    }
    let words = shaper.out.words.iter().rev().take(super::REACH);
    let statement =
        words.take_while(|word| !matches!(word.kind, Token::Semicolon | Token::OpenBrace | Token::CloseBrace));
    let declares = statement.last().is_some_and(|first| first.kind == Token::Let);
    let next = shaper.kind(1);
    if declares && next == Some(Token::Name) && matches!(shaper.kind(2), Some(Token::Assign | Token::Colon)) {
        shaper.say(say::lets_in_a_row(shaper.span(word)));
        shaper.at += 1;
        shaper.take(Tok { kind: Token::Semicolon, ..word });
        shaper.take(Tok { kind: Token::Let, ..word });
        return true;
    }
    let statement = match shaper.kind(2) {
        Some(Token::OpenParen | Token::Increment | Token::Decrement) => true,
        sign => sign.is_some_and(Token::assigns),
    };
    if declares || next != Some(Token::Name) || !statement {
        return false;
    }
    shaper.say(say::comma_statement(shaper.span(word)));
    shaper.at += 1;
    shaper.take(Tok { kind: Token::Semicolon, ..word });
    true
}

/// `let y int = 5;`
pub(super) fn missing_colon(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let back = |back: usize| shaper.out.words.iter().rev().nth(back).copied();
    let (Some(name), Some(before)) = (back(0), back(1)) else { return false };
    if name.kind != Token::Name || before.kind != Token::Let || shaper.is_fresh() {
        return false;
    }
    let ty = shaper.text(word);
    if !super::c_type::is_type_word(ty) || matches!(ty, "var" | "auto") || shaper.kind(1) != Some(Token::Assign) {
        return false;
    }
    shaper.say(say::type_without_colon(shaper.span(name).after(), shaper.text(name), shaper.text(word)));
    shaper.push_missing(Token::Colon);
    false
}

/// Looks at the head of a `for`; true if it took words.
pub(super) fn for_head(shaper: &mut Shaper<'_>) -> bool {
    let Some(word) = shaper.peek(0) else { return false };
    match shaper.kind(1) {
        Some(Token::OpenBrace) => {
            shaper.say(say::for_without_head(shaper.span(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::While, ..word });
            shaper.take(Tok { kind: Token::True, ..word });
            true
        }
        Some(Token::OpenParen) => for_parens(shaper, word),
        Some(Token::Name | Token::Underscore) => for_names(shaper, word),
        _ => false,
    }
}

/// `for (int i = 0, j = 9; …)`, `for (int x : a)`
fn for_parens(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some(close) = closing(shaper, 1) else { return false };
    let comma = distance(shaper, 2, |kind| matches!(kind, Token::Comma | Token::CloseParen)).filter(|at| *at < close);
    let counts =
        distance(shaper, 2, |kind| matches!(kind, Token::Semicolon | Token::CloseParen)).is_some_and(|at| at < close);
    if let Some(comma) = comma.and_then(|at| shaper.peek(at)).filter(|_| counts) {
        shaper.say(say::comma_in_for(shaper.span(comma)));
        return broken_head(shaper, word, close + 1);
    }
    let sign = (3..7).find(|at| {
        shaper
            .peek(*at)
            .is_some_and(|sign| sign.kind == Token::Colon || sign.kind == Token::Name && shaper.text(sign) == "of")
    });
    let has_in = |sign: usize| (2..sign).any(|at| shaper.kind(at) == Some(Token::In));
    let Some(sign) = sign.filter(|sign| !counts && *sign < close && !has_in(*sign)) else { return false };
    let (Some(of), Some(name)) = (shaper.peek(sign), shaper.peek(sign - 1).filter(|name| name.kind == Token::Name))
    else {
        return false;
    };
    shaper.say(say::for_of(shaper.span(of), shaper.text(name)));
    shaper.at += 1;
    shaper.take(word);
    let Some(open) = shaper.peek(0) else { return true };
    shaper.at += sign;
    shaper.take(open);
    shaper.push(name);
    shaper.take(Tok { kind: Token::In, ..of });
    true
}

/// `for i := 0; …`, `for i, x := range a {`, `for x of a {`
fn for_names(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some((list, at)) = names(shaper, 1) else { return false };
    let (Some(first), Some(last)) = (list.first().copied(), list.last().copied()) else { return false };
    let opens = |kind| matches!(kind, Token::OpenBrace | Token::Colon);
    let sign = shaper.peek(at);
    let of = sign.filter(|sign| sign.kind == Token::Colon || sign.kind == Token::Name && shaper.text(*sign) == "of");
    if is_walrus(shaper, at) || list.len() > 1 {
        let from = at + if is_walrus(shaper, at) { 2 } else { 1 };
        let Some(body) = distance(shaper, from, opens) else { return false };
        if list.len() == 1 {
            shaper.say(say::for_without_parens(shaper.span(word)));
        } else {
            let over = (from..body).rev().find_map(|ahead| shaper.peek(ahead).filter(|over| over.kind == Token::Name));
            let over = over.map_or("a", |over| shaper.text(over));
            let spelled = |name: Tok| if name.kind == Token::Underscore { "i" } else { shaper.text(name) };
            shaper.say(say::for_pair(shaper.across(first, last), spelled(first), shaper.text(last), over));
        }
        return broken_head(shaper, word, body);
    }
    let Some(of) = of.filter(|_| on_line(shaper, at + 1) && shaper.kind(at + 1) == Some(Token::Name)) else {
        return false;
    };
    shaper.say(say::for_of(shaper.span(of), shaper.text(first)));
    shaper.at += at + 1;
    shaper.take(word);
    shaper.push(first);
    shaper.take(Tok { kind: Token::In, ..of });
    true
}

/// Puts a broken head in the place of the next `count` words; a `:` behind it begins the body.
fn broken_head(shaper: &mut Shaper<'_>, word: Tok, count: usize) -> bool {
    let last = shaper.peek(count - 1).unwrap_or(word);
    shaper.at += count;
    shaper.push(Tok { kind: Token::BrokenHead, start: word.start, end: last.end });
    match shaper.peek(0) {
        Some(colon) if colon.kind == Token::Colon => super::body::colon(shaper, colon),
        Some(next) if next.kind != Token::OpenBrace => shaper.open_unwritten(),
        _ => {}
    }
    true
}
