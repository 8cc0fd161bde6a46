//! Bodies: without braces as in C, with one brace forgotten, or with a word of another language before them.

use super::super::say;
use super::super::shape::Shaper;
use super::super::token::{Tok, Token};
use super::{REACH, distance, mend};
use crate::diagnostics::Diagnostic;

/// Called behind the `)` of `if (…)`: a statement without braces is put into braces.
pub(crate) fn after_head(shaper: &mut Shaper<'_>) {
    let (Some(head), Some(next)) = (shaper.top().head, shaper.peek(0)) else { return };
    if other_opening(shaper, next) {
        return;
    }
    let body = next.kind.begins_statement()
        || matches!(next.kind, Token::Increment | Token::Decrement)
        || next.kind == Token::Name && !matches!(shaper.text(next), "and" | "or");
    if next.kind == Token::Semicolon {
        shaper.at += 1;
        head_ends_at_semicolon(shaper, next);
    } else if body {
        body_without_brace(shaper, head);
    }
}

/// Looks at a word behind a condition without parentheses: one that no condition can go on with begins
/// the body. True if it took the word.
pub(crate) fn after_bare_head(shaper: &mut Shaper<'_>) -> bool {
    let (Some(head), Some(last), Some(next)) = (shaper.top().head, shaper.last(), shaper.peek(0)) else { return false };
    if shaper.kind_of_list() || last.start < head.start {
        return false;
    }
    let ends = last.kind.ends_expression() && last.start > head.start;
    if head.kind == Token::Fn
        && ends
        && next.kind == Token::Colon
        && !shaper.top().value_head
        && !super::on_line(shaper, 1)
    {
        colon(shaper, next);
        return true;
    }
    match head.kind {
        Token::Fn if ends && shaper.is_fresh() && !shaper.top().value_head => {
            if next.kind == Token::Name || next.kind.begins_statement() {
                forgotten_body(shaper, head);
            }
            false
        }
        Token::Match if ends && shaper.is_fresh() && is_arm(shaper) => {
            forgotten_body(shaper, head);
            false
        }
        Token::For if !has_in(shaper, head) => false,
        Token::If | Token::While if shaper.top().head_binds && !shaper.top().semicolon => false,
        Token::If | Token::While | Token::For if ends => {
            if other_opening(shaper, next) {
                return true;
            }
            if next.kind == Token::Name || next.kind.begins_statement() {
                body_without_brace(shaper, head);
            }
            false
        }
        _ => false,
    }
}

/// Whether an arm of a match begins here: a `=>` follows on this line.
pub(crate) fn is_arm(shaper: &Shaper<'_>) -> bool {
    let mut before = shaper.peek(0);
    for ahead in 0..12 {
        let (Some(last), Some(word)) = (before, shaper.peek(ahead)) else { return false };
        if word.kind == Token::FatArrow {
            return true;
        }
        if ahead > 0 && shaper.slice(last.end, word.start).contains('\n') {
            return false;
        }
        before = Some(word);
    }
    false
}

/// `fn f()` or `match x` with no `{` behind it.
fn forgotten_body(shaper: &mut Shaper<'_>, head: Tok) {
    let last = shaper.last().unwrap_or(head);
    shaper.say(say::body_wanted(shaper.span(last).after(), shaper.span(head), shaper.text(head), "the next line"));
    match closing_of_missing(shaper, head) {
        Some(indent) => shaper.open_missing(indent),
        None => {
            shaper.push_missing(Token::OpenBrace);
            shaper.push_missing(Token::CloseBrace);
            shaper.end_statement(false);
        }
    }
}

/// A body whose `{` is missing: a single statement as in C, or several with their `}`.
fn body_without_brace(shaper: &mut Shaper<'_>, head: Tok) {
    match closing_of_missing(shaper, head) {
        Some(indent) => {
            let last = shaper.last().unwrap_or(head);
            shaper.say(say::body_wanted(shaper.span(last).after(), shaper.span(head), shaper.text(head), "the body"));
            shaper.open_missing(indent);
        }
        None => {
            say_no_braces(shaper, head);
            shaper.open_unwritten();
        }
    }
}

/// Whether a `}` follows that must belong to the body of the statement at `head`, whose `{` is missing:
/// one on the same line, or one that is indented like the line of `head`. Gives that indentation.
fn closing_of_missing(shaper: &Shaper<'_>, head: Tok) -> Option<u32> {
    if !shaper.lacks_open_brace() {
        return None;
    }
    let margin = shaper.margin(head);
    let mut depth = 0_u32;
    let mut lines = shaper.slice(head.start, shaper.peek(0)?.start).contains('\n');
    let mut end = shaper.peek(0)?.start;
    for ahead in 0..REACH {
        let word = shaper.peek(ahead)?;
        let gap = shaper.slice(end, word.start);
        end = word.end;
        let fresh = gap.contains('\n');
        lines |= fresh;
        let indent = gap.rsplit('\n').next().map_or(0, |margin| margin.len() as u32);
        if word.kind == Token::CloseBrace && depth == 0 {
            return (!lines || fresh && indent == margin).then_some(margin);
        }
        if fresh && depth == 0 && indent <= margin {
            return None;
        }
        if word.kind.opens() {
            depth += 1;
        } else if word.kind.closes() {
            depth = depth.checked_sub(1)?;
        }
    }
    None
}

/// Called behind the `=>` of an arm.
pub(crate) fn after_arrow(shaper: &mut Shaper<'_>) {
    let (Some(arrow), Some(next)) = (shaper.last(), shaper.peek(0)) else { return };
    if !shaper.lacks_open_brace() || matches!(next.kind, Token::OpenBrace | Token::CloseBrace) {
        return;
    }
    // On one line, two statements before the `}` show that it is not the match that ends here.
    let fresh = shaper.slice(arrow.end, next.start).contains('\n');
    let first = distance(shaper, 0, |kind| kind == Token::Semicolon);
    let second = first.and_then(|first| shaper.kind(first + 1)).is_some_and(|kind| kind != Token::CloseBrace);
    if (fresh || second)
        && let Some(indent) = closing_of_missing(shaper, arrow)
    {
        shaper.say(say::body_wanted(shaper.span(arrow).after(), shaper.span(arrow), "=>", "the body of this arm"));
        shaper.open_missing(indent);
    }
}

/// Whether the `for` at `head` has had its `in`.
fn has_in(shaper: &Shaper<'_>, head: Tok) -> bool {
    let words = shaper.out.words.iter().rev().take(50).take_while(|word| word.start > head.start);
    words.into_iter().any(|word| word.kind == Token::In)
}

/// `then`, `do` or `:` before a body; true if it was taken.
fn other_opening(shaper: &mut Shaper<'_>, next: Tok) -> bool {
    let word = next.kind == Token::Name && matches!(shaper.text(next), "then" | "do");
    let colon = next.kind == Token::Colon && shaper.top().leaning == 0;
    if word {
        shaper.say(say::no_then(shaper.span(next), shaper.text(next)));
    } else if colon {
        shaper.say(say::colon_body(shaper.span(next)));
    } else {
        return false;
    }
    open_by_margin(shaper, next);
    true
}

/// Takes a `:` that begins a body, which is read by its indentation.
pub(super) fn colon(shaper: &mut Shaper<'_>, colon: Tok) {
    shaper.say(say::colon_body(shaper.span(colon)));
    open_by_margin(shaper, colon);
}

/// Opens a body behind a word such as `then` or `:`, which is taken: the rest of the line, or all lines that are indented further.
fn open_by_margin(shaper: &mut Shaper<'_>, word: Tok) {
    let margin = shaper.margin(word);
    shaper.at += 1;
    match shaper.kind(0) {
        Some(Token::OpenBrace) => {}
        _ if super::on_line(shaper, 0) => shaper.open_unwritten(),
        _ => shaper.open_indented(margin),
    }
}

/// Called behind `else`.
pub(crate) fn after_else(shaper: &mut Shaper<'_>) {
    let (Some(word), Some(next)) = (shaper.last(), shaper.kind(0)) else { return };
    if let Some(colon) = shaper.peek(0).filter(|next| next.kind == Token::Colon)
        && other_opening(shaper, colon)
    {
        return;
    }
    if !matches!(next, Token::OpenBrace | Token::If | Token::CloseBrace | Token::Semicolon) && !next.is_broken() {
        // The `if` had no braces either: one report for both.
        if std::mem::take(&mut shaper.frame().told) {
            if let Some(fact) = no_braces(shaper, word) {
                shaper.say_again(fact);
            }
            shaper.open_unwritten();
        } else {
            body_without_brace(shaper, word);
        }
    }
}

fn say_no_braces(shaper: &mut Shaper<'_>, head: Tok) {
    if let Some(fact) = no_braces(shaper, head) {
        shaper.say(fact);
    }
}

/// What is said of a body without braces; nothing where it stands in another one.
fn no_braces(shaper: &Shaper<'_>, head: Tok) -> Option<Diagnostic> {
    if shaper.top().unwritten {
        return None;
    }
    let after = shaper.last().unwrap_or(head);
    let simple = !matches!(shaper.kind(0), Some(Token::If | Token::While | Token::For | Token::Match));
    let end = if simple { distance(shaper, 0, |kind| kind == Token::Semicolon) } else { None };
    let end = end.and_then(|end| shaper.peek(end));
    let first = shaper.peek(0).unwrap_or(after);
    let body = end
        .map(|_| mend::text(shaper, 0, distance(shaper, 0, |kind| kind == Token::Semicolon).map_or(0, |end| end + 1)));
    let body = body.map(|body| without_commas(&body));
    let edits = end.map(|end| (shaper.span(after).after(), shaper.span(end).after()));
    let place = shaper.across(first, end.unwrap_or(first));
    Some(say::no_braces(
        place,
        shaper.span(head),
        shaper.text(head),
        shaper.slice(head.start, after.end),
        body.as_deref(),
        edits,
    ))
}

/// C's comma between two calls, as it is written here.
fn without_commas(body: &str) -> String {
    let mut depth = 0_i32;
    let mut quoted = false;
    let separate = |c: char| {
        quoted ^= c == '"';
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 && !quoted { ';' } else { c }
    };
    body.chars().map(separate).collect()
}

/// Called with a `;` where the body of `if`, `while`, `for` or `match` should begin.
pub(crate) fn head_ends_at_semicolon(shaper: &mut Shaper<'_>, word: Tok) {
    let Some(head) = shaper.top().head else { return };
    // `if [ … ]; then`, as a shell has it.
    if let Some(next) = shaper
        .peek(0)
        .filter(|next| next.kind == Token::Name && shaper.text(*next) == "then" || shaper.text(*next) == "do")
        && other_opening(shaper, next)
    {
        return;
    }
    if shaper.kind(0) == Some(Token::OpenBrace) {
        shaper.say(say::semicolon_before_body(shaper.span(word), shaper.text(head)));
        return;
    }
    let body = distance(shaper, 0, |kind| kind == Token::OpenBrace || kind.begins_statement());
    let counts = head.kind == Token::For && !shaper.last().is_some_and(|last| last.kind == Token::CloseParen);
    if let Some(body) = body.filter(|body| counts && shaper.kind(*body) == Some(Token::OpenBrace)) {
        return loop_without_parens(shaper, head, body);
    }
    if matches!(head.kind, Token::If | Token::While)
        && body.is_some_and(|body| shaper.kind(body) == Some(Token::OpenBrace))
    {
        let words = &shaper.out.words;
        let at = words.iter().rposition(|word| word.start == head.start && word.kind == head.kind);
        if let Some(at) = at.filter(|at| words[*at..].iter().any(|word| word.kind == Token::Assign)) {
            let end = shaper.out.words[at].end;
            shaper.say(say::let_wanted(shaper.span(head), shaper.text(head)));
            shaper.out.words.insert(at + 1, Tok { kind: Token::Let, start: end, end });
            shaper.frame().head_binds = true;
            return shaper.take(word);
        }
    }
    let broken = shaper.last().is_some_and(|last| last.start == head.start);
    if !shaper
        .out
        .words
        .iter()
        .rev()
        .take(50)
        .take_while(|word| word.start > head.start)
        .any(|word| word.kind == Token::Invalid)
    {
        shaper.say(say::empty_body(shaper.span(word), shaper.span(head), shaper.text(head)));
    }
    if broken {
        shaper.push_missing(Token::BrokenExpr);
    }
    shaper.push_missing(Token::OpenBrace);
    shaper.push_missing(Token::CloseBrace);
    shaper.end_statement(false);
}

/// `for i = 0; i < n; i++ { … }`
fn loop_without_parens(shaper: &mut Shaper<'_>, head: Tok, body: usize) {
    shaper.say(say::for_without_parens(shaper.span(head)));
    while shaper.last().is_some_and(|last| last.start >= head.start) {
        shaper.out.words.pop();
    }
    let end = shaper.peek(body).map_or(head.end, |brace| brace.start);
    shaper.at += body;
    shaper.push(Tok { kind: Token::BrokenHead, start: head.start, end });
    shaper.frame().head = None;
}
