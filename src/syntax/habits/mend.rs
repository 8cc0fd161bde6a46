//! A piece of the program written out again, with C's habits put right: what helps show must be right itself.

use super::super::c_calls::{self, Mended};
use super::super::shape::Shaper;
use super::super::token::Token;
use super::{c_type, closing};

/// The words from `from` to before `to`, words ahead, as they are written here.
pub(super) fn text(shaper: &Shaper<'_>, from: usize, to: usize) -> String {
    let mut out = String::new();
    let mut at = from;
    let mut end = None;
    while at < to {
        let Some(word) = shaper.peek(at) else { break };
        if let Some(end) = end {
            out.push_str(shaper.slice(end, word.start));
        }
        let (piece, length) = piece(shaper, at, to);
        if piece.is_empty() && word.kind == Token::Star {
            out.truncate(out.trim_end().len());
        }
        out.push_str(&piece);
        at += length.max(1);
        // Behind something that was left out, no gap is wanted either.
        let last = if piece.is_empty() { shaper.peek(at).map(|next| next.start) } else { None };
        end = last.or(shaper.peek(at - 1).map(|last| last.end));
    }
    out
}

/// One word, or as many as belong together, put right.
fn piece(shaper: &Shaper<'_>, at: usize, to: usize) -> (String, usize) {
    let Some(word) = shaper.peek(at) else { return (String::new(), 1) };
    let text = shaper.text(word);
    match word.kind {
        Token::Name if matches!(text, "NULL" | "null" | "nullptr" | "None") => ("nil".to_owned(), 1),
        Token::Name if matches!(text, "True" | "TRUE") => ("true".to_owned(), 1),
        Token::Name if matches!(text, "False" | "FALSE") => ("false".to_owned(), 1),
        Token::Arrow => (".".to_owned(), 1),
        // `n * sizeof(int)` cells are n cells.
        Token::Star if is_size(shaper, at + 1) => (String::new(), size_length(shaper, at + 1) + 1),
        Token::Name if is_size(shaper, at) && shaper.kind(at + size_length(shaper, at)) == Some(Token::Star) => {
            (String::new(), size_length(shaper, at) + 1)
        }
        Token::Name if is_size(shaper, at) => ("1".to_owned(), size_length(shaper, at)),
        Token::OpenParen => match cast(shaper, at) {
            Some(length) if at + length < to => (String::new(), length),
            _ => (text.to_owned(), 1),
        },
        Token::Name => match call(shaper, at, None) {
            Some((mended, length)) if at + length <= to => (mended.call, length),
            _ => (text.to_owned(), 1),
        },
        _ => (text.to_owned(), 1),
    }
}

/// A call with C's arguments that begins `at` words ahead, and how many words it has.
pub(super) fn call(shaper: &Shaper<'_>, at: usize, target: Option<&str>) -> Option<(Mended, usize)> {
    let name = shaper.peek(at).filter(|name| name.kind == Token::Name)?;
    if shaper.kind(at + 1) != Some(Token::OpenParen) {
        return None;
    }
    let close = closing(shaper, at + 1)?;
    let mut args = Vec::new();
    let mut from = at + 2;
    for ahead in at + 2..=close {
        let depth_zero =
            ahead == close || shaper.kind(ahead) == Some(Token::Comma) && is_outside(shaper, at + 2, ahead);
        if depth_zero && from < ahead {
            args.push(text(shaper, from, ahead));
            from = ahead + 1;
        }
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    Some((c_calls::mended(shaper.text(name), &args, target)?, close + 1 - at))
}

/// Whether the word `to` stands in no further bracket than the word `from`.
fn is_outside(shaper: &Shaper<'_>, from: usize, to: usize) -> bool {
    let mut depth = 0_i32;
    for ahead in from..to {
        match shaper.kind(ahead) {
            Some(kind) if kind.opens() => depth += 1,
            Some(kind) if kind.closes() => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

/// Whether `sizeof(…)` stands `at` words ahead.
fn is_size(shaper: &Shaper<'_>, at: usize) -> bool {
    shaper.peek(at).is_some_and(|word| word.kind == Token::Name && shaper.text(word) == "sizeof")
        && shaper.kind(at + 1) == Some(Token::OpenParen)
}

fn size_length(shaper: &Shaper<'_>, at: usize) -> usize {
    closing(shaper, at + 1).map_or(1, |close| close + 1 - at)
}

/// The length of a cast to a pointer, or to nothing that needs a conversion, that stands `at` words ahead.
fn cast(shaper: &Shaper<'_>, at: usize) -> Option<usize> {
    let (ty, close) = c_type::read_bare(shaper, at + 1)?;
    let operand = shaper.kind(close + 1).is_some_and(super::begins_operand);
    (shaper.kind(close) == Some(Token::CloseParen) && ty.is_known() && ty.stars > 0 && operand)
        .then_some(close + 1 - at)
}
