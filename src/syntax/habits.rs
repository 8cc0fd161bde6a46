//! Habits from C that can be seen from a few words. Each is reported with what to write instead, and the
//! words are mended, so that the rest of the file is read as if it had been written so. Nothing here may
//! touch a program that is right: each pattern is one that no valid program contains.

use super::c_type::{self, CType};
use super::frame::Kind;
use super::say;
use super::shape::Shaper;
use super::token::{Tok, Token};

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
        ("def" | "func" | "function" | "fun" | "proc" | "sub", Some(Token::Name)) if shaper.kind(2) == Some(Token::OpenParen) => {
            shaper.say(say::function_word(shaper.span(word), shaper.text(word)));
            shaper.at += 1;
            shaper.take(Tok { kind: Token::Fn, ..word });
            true
        }
        ("goto", Some(Token::Name)) => broken_to_semicolon(shaper, say::goto(shaper.span(word))),
        ("typedef" | "enum" | "union" | "using" | "import" | "extern", Some(Token::Name | Token::StructWord | Token::Str | Token::OpenBrace)) => {
            let fact = say::no_such_declaration(shaper.span(word), shaper.text(word));
            broken_to_semicolon(shaper, fact)
        }
        _ => false,
    }
}

/// Reports and replaces the words up to the next `;` of this bracket level.
fn broken_to_semicolon(shaper: &mut Shaper<'_>, fact: crate::diagnostics::Diagnostic) -> bool {
    shaper.say(fact);
    let first = shaper.peek(0);
    let mut count = distance(shaper, 0, |kind| kind == Token::Semicolon).map_or(1, |end| end + 1);
    // A line without a `;` ends where it ends.
    for ahead in 1..count {
        let (Some(before), Some(word)) = (shaper.peek(ahead - 1), shaper.peek(ahead)) else { break };
        if shaper.slice(before.end, word.start).contains('\n') && word.kind != Token::OpenBrace && !before.kind.opens() {
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
    let condition = ends.then(|| distance(shaper, close + 2, |kind| matches!(kind, Token::Semicolon | Token::OpenBrace))).flatten();
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
    distance(shaper, 1, |kind| matches!(kind, Token::OpenBrace | Token::Semicolon)).is_some_and(|at| shaper.kind(at) == Some(Token::OpenBrace))
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

// ------------------------------------------------------------------------------------ declarations

/// `int x = 5;`, `char *s;`, `struct Job j;`, `void f(int a) { … }`
fn declaration(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(name), Some(next)) = (shaper.peek(0), shaper.peek(name_at), shaper.kind(name_at + 1)) else { return false };
    if next == Token::OpenParen {
        return c_function(shaper, first, name, &ty, name_at);
    }
    if !matches!(next, Token::Assign | Token::Semicolon | Token::Comma | Token::OpenBracket) || !ty.is_sure(next) {
        return false;
    }
    let Some(end) = distance(shaper, name_at + 1, |kind| kind == Token::Semicolon) else { return false };
    let several = distance(shaper, name_at + 1, |kind| matches!(kind, Token::Comma | Token::Semicolon)).is_some_and(|at| at < end);
    let array = next == Token::OpenBracket;
    let last = shaper.peek(end - 1).unwrap_or(name);
    let value = match (next, shaper.peek(name_at + 2)) {
        (Token::Assign, Some(from)) => Some(shaper.slice(from.start, last.end)),
        _ => None,
    };
    let before = shaper.peek(name_at - 1).unwrap_or(first);
    let prefix = shaper.across(first, before);
    let named = shaper.text(name);
    let fact = if several {
        say::c_declarations(prefix, named)
    } else if array {
        let size = (shaper.peek(name_at + 2), shaper.kind(name_at + 3));
        let size = if let (Some(size), Some(Token::CloseBracket)) = size { shaper.text(size) } else { "n" };
        say::c_array(prefix, shaper.across(first, last), &ty.base, named, size)
    } else {
        say::c_variable(prefix, shaper.across(first, last), named, value, ty.name().as_deref())
    };
    shaper.say(fact);
    shaper.at += name_at + 1;
    shaper.take(Tok { kind: Token::Let, start: first.start, end: before.end });
    shaper.take(name);
    let braces = value.is_some_and(|value| value.starts_with('{'));
    if several || array || braces {
        shaper.push_missing(Token::Assign);
        shaper.push(Tok { kind: Token::BrokenExpr, start: name.end, end: last.end });
        shaper.at += end - name_at - 1;
    }
    true
}

/// `const int N = 5;`
fn c_constant(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 1) else { return false };
    let (Some(first), Some(word), Some(name)) = (shaper.peek(0), shaper.peek(1), shaper.peek(name_at)) else { return false };
    if shaper.kind(name_at + 1) != Some(Token::Assign) || !ty.is_sure(Token::Assign) {
        return false;
    }
    let (Some(before), Some(value)) = (shaper.peek(name_at - 1), shaper.peek(name_at + 2)) else { return false };
    let end = distance(shaper, name_at + 1, |kind| kind == Token::Semicolon).and_then(|end| shaper.peek(end));
    let value = shaper.slice(value.start, end.map_or(value.end, |end| end.start));
    shaper.say(say::c_constant(shaper.across(word, before), shaper.text(name), value));
    shaper.at += name_at;
    let inside = shaper.top().kind != Kind::Top;
    shaper.take(if inside { Tok { kind: Token::Let, ..first } } else { first });
    true
}

/// `int f(int a, char *b) { … }` or, with `;`, a prototype.
fn c_function(shaper: &mut Shaper<'_>, first: Tok, name: Tok, ty: &CType, name_at: usize) -> bool {
    let Some(close) = closing(shaper, name_at + 1) else { return false };
    let (Some(end), Some(after)) = (shaper.peek(close), shaper.kind(close + 1)) else { return false };
    let params = c_type::params(shaper, name_at + 2, close);
    match after {
        Token::OpenBrace => {}
        Token::Semicolon if params.is_some() && ty.is_known() => {
            shaper.say(say::prototype(shaper.across(first, end), shaper.text(name)));
            shaper.at += close + 2;
            shaper.end_statement(true);
            return true;
        }
        _ => return false,
    }
    let result = ty.name();
    let list = params.as_ref().map(|params| params.iter().map(|param| format!("{}: {}", shaper.text(param.name), param.ty)).collect::<Vec<_>>().join(", "));
    shaper.say(say::c_function(shaper.across(first, end), shaper.text(name), list.as_deref(), result.as_deref()));
    let from = name_at + 2;
    let words: Vec<Tok> = (from..close).filter_map(|ahead| shaper.peek(ahead)).collect();
    shaper.at += close + 1;
    shaper.take(Tok { kind: Token::Fn, ..first });
    shaper.frame().value_head = false;
    shaper.take(name);
    shaper.take(Tok { kind: Token::OpenParen, start: name.end, end: name.end });
    match params {
        Some(params) => {
            for param in params {
                put_param(shaper, param.name, param.base);
                shaper.push_missing(Token::Comma);
            }
        }
        None => words.into_iter().for_each(|word| shaper.take(word)),
    }
    shaper.take(end);
    if result.is_some() {
        shaper.push_missing(Token::Arrow);
        shaper.push(Tok { kind: Token::Name, ..ty.word });
    }
    true
}

/// `name: type` from the words of `type name`.
fn put_param(shaper: &mut Shaper<'_>, name: Tok, base: Tok) {
    shaper.take(name);
    shaper.push_missing(Token::Colon);
    shaper.push(Tok { kind: Token::Name, ..base });
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
        Token::Name | Token::StructWord if matches!(last, Some(Token::OpenParen | Token::Comma | Token::OpenBrace | Token::Semicolon)) => {
            not_word(shaper, word) || c_part(shaper)
        }
        Token::Name => not_word(shaper, word),
        Token::If | Token::Match if last.is_some_and(|last| last.assigns() || last == Token::Return) => statement_as_value(shaper, word),
        Token::OpenBrace if last.is_some_and(|last| last.assigns() || last == Token::Return) => bare_braces(shaper, word),
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
    shaper.say(if word.kind == Token::If { say::if_as_value(shaper.span(word)) } else { say::match_as_value(shaper.span(word)) });
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
    matches!(kind, Name | Int | Float | Str | Char | True | False | Nil | OpenParen | OpenBracket | Bang | Minus | Tilde)
}

/// `let int x = 5;`
fn typed_let(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(before), Some(name)) = (shaper.peek(0), shaper.peek(name_at - 1), shaper.peek(name_at)) else { return false };
    if !ty.is_known() || !matches!(shaper.kind(name_at + 1), Some(Token::Assign | Token::Semicolon)) {
        return false;
    }
    shaper.say(say::typed_let(shaper.across(first, name), shaper.across(first, before), shaper.text(name), ty.name().as_deref()));
    shaper.at += name_at;
    false
}

/// `fn int f() { … }`
fn result_first(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(before), Some(name)) = (shaper.peek(0), shaper.peek(name_at - 1), shaper.peek(name_at)) else { return false };
    if shaper.kind(name_at + 1) != Some(Token::OpenParen) {
        return false;
    }
    shaper.say(say::result_first(shaper.across(first, before), shaper.text(name), ty.name().as_deref()));
    shaper.at += name_at;
    false
}

/// `int x` as a parameter, `int x;` as a field.
fn c_part(shaper: &mut Shaper<'_>) -> bool {
    let fields = shaper.top().kind == Kind::Declaration;
    if !fields && !shaper.top().params {
        return false;
    }
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(name), Some(next)) = (shaper.peek(0), shaper.peek(name_at), shaper.kind(name_at + 1)) else { return false };
    let array = next == Token::OpenBracket;
    let end = if array { closing(shaper, name_at + 1).map_or(name_at + 1, |close| close + 1) } else { name_at + 1 };
    let Some(stop) = shaper.kind(end).filter(|kind| matches!(kind, Token::Comma | Token::CloseParen | Token::CloseBrace | Token::Semicolon)) else {
        return false;
    };
    if !shaper.top().told {
        shaper.frame().told = true;
        let ty = ty.name();
        let ty = if array { format!("[{}]", ty.as_deref().unwrap_or("int")) } else { ty.unwrap_or_else(|| "ptr".into()) };
        shaper.say(say::c_part(shaper.across(first, name), shaper.text(name), &ty, fields));
    }
    shaper.at += end;
    put_param(shaper, name, ty.word);
    if stop == Token::Semicolon {
        shaper.at += 1;
        shaper.push_missing(Token::Comma);
    }
    true
}

/// `(int) x`
fn cast(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some((ty, close)) = c_type::read_bare(shaper, 1) else { return false };
    if shaper.kind(close) != Some(Token::CloseParen) || !ty.is_known() {
        return false;
    }
    let operand = shaper.kind(close + 1).is_some_and(|kind| {
        matches!(kind, Token::Name | Token::Int | Token::Float | Token::Str | Token::Char) || (ty.stars > 0 && begins_operand(kind))
    });
    let last = shaper.last().is_some_and(|last| matches!(last.kind, Token::If | Token::While | Token::For | Token::Fn));
    let (Some(end), Some(next)) = (shaper.peek(close), shaper.peek(close + 1)) else { return false };
    let text = shaper.text(next);
    if !operand || last || matches!(text, "and" | "or") {
        return false;
    }
    let single = shaper.kind(close + 2).is_none_or(|kind| !matches!(kind, Token::OpenParen | Token::OpenBracket | Token::Dot | Token::Arrow));
    let ty = if ty.stars == 0 { ty.name() } else { None };
    shaper.say(say::cast(shaper.across(word, end), shaper.across(word, next), ty.as_deref(), single.then_some(text)));
    shaper.at += close + 1;
    true
}

// ------------------------------------------------------------------------------------------ braces

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
fn is_arm(shaper: &Shaper<'_>) -> bool {
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
    shaper.at += 1;
    if shaper.kind(0) != Some(Token::OpenBrace) {
        shaper.open_unwritten();
    }
    true
}

/// Called behind `else`.
pub(crate) fn after_else(shaper: &mut Shaper<'_>) {
    let (Some(word), Some(next)) = (shaper.last(), shaper.kind(0)) else { return };
    if !matches!(next, Token::OpenBrace | Token::If | Token::CloseBrace | Token::Semicolon) && !next.is_broken() {
        // The `if` had no braces either: one report for both.
        if std::mem::take(&mut shaper.frame().told) {
            shaper.open_unwritten();
        } else {
            body_without_brace(shaper, word);
        }
    }
}

fn say_no_braces(shaper: &mut Shaper<'_>, head: Tok) {
    if shaper.top().unwritten {
        return;
    }
    let after = shaper.last().unwrap_or(head);
    let simple = !matches!(shaper.kind(0), Some(Token::If | Token::While | Token::For | Token::Match));
    let end = if simple { distance(shaper, 0, |kind| kind == Token::Semicolon) } else { None };
    let end = end.and_then(|end| shaper.peek(end));
    let first = shaper.peek(0).unwrap_or(after);
    let body = end.map(|end| shaper.slice(first.start, end.end));
    let edits = end.map(|end| (shaper.span(after).after(), shaper.span(end).after()));
    let place = shaper.across(first, end.unwrap_or(first));
    shaper.say(say::no_braces(place, shaper.span(head), shaper.text(head), shaper.slice(head.start, after.end), body, edits));
}

/// Called with a `;` where the body of `if`, `while`, `for` or `match` should begin.
pub(crate) fn head_ends_at_semicolon(shaper: &mut Shaper<'_>, word: Tok) {
    let Some(head) = shaper.top().head else { return };
    if shaper.kind(0) == Some(Token::OpenBrace) {
        shaper.say(say::semicolon_before_body(shaper.span(word), shaper.text(head)));
        return;
    }
    let body = distance(shaper, 0, |kind| kind == Token::OpenBrace || kind.begins_statement());
    let counts = head.kind == Token::For && !shaper.last().is_some_and(|last| last.kind == Token::CloseParen);
    if let Some(body) = body.filter(|body| counts && shaper.kind(*body) == Some(Token::OpenBrace)) {
        return loop_without_parens(shaper, head, body);
    }
    if matches!(head.kind, Token::If | Token::While) && body.is_some_and(|body| shaper.kind(body) == Some(Token::OpenBrace)) {
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
    if !shaper.out.words.iter().rev().take(50).take_while(|word| word.start > head.start).any(|word| word.kind == Token::Invalid) {
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
