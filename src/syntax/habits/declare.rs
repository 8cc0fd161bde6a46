//! Declarations, parameters and casts as C writes them.

use super::super::say;
use super::super::shape::Shaper;
use super::super::shape::frame::Kind;
use super::super::token::{Tok, Token};
use super::c_type::{self, CType};
use super::{begins_operand, closing, distance, mend};

/// `int x = 5;`, `char *s;`, `struct Job j;`, `void f(int a) { … }`
pub(super) fn declaration(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(name), Some(next)) = (shaper.peek(0), shaper.peek(name_at), shaper.kind(name_at + 1)) else {
        return false;
    };
    if next == Token::OpenParen {
        return c_function(shaper, first, name, &ty, name_at);
    }
    let ends = !super::on_line(shaper, name_at + 1) && ty.is_known();
    let declares = matches!(next, Token::Assign | Token::Semicolon | Token::Comma | Token::OpenBracket);
    let is_sure = ends || declares && ty.is_sure(next);
    if !is_sure {
        return false;
    }
    let Some(end) = end_of_declaration(shaper, name_at + 1) else { return false };
    let several = distance(shaper, name_at + 1, |kind| matches!(kind, Token::Comma | Token::Semicolon))
        .is_some_and(|at| at < end);
    if several {
        return declarators(shaper, first, &ty, name_at, end);
    }
    let array = next == Token::OpenBracket;
    let last = shaper.peek(end - 1).unwrap_or(name);
    let value = (next == Token::Assign).then(|| mend::text(shaper, name_at + 2, end));
    let value = value.as_deref();
    let before = shaper.peek(name_at - 1).unwrap_or(first);
    let prefix = shaper.across(first, before);
    let named = shaper.text(name);
    let call = mend::call(shaper, name_at + 2, Some(named)).filter(|(_, length)| name_at + 2 + length == end);
    let apart = call.filter(|(call, _)| call.pattern.as_ref().is_some_and(|pattern| pattern.starts_with('(')));
    let bare = value.is_none_or(|value| value.starts_with('{'));
    let fact = if let (Some((call, _)), Token::Assign) = (&apart, next) {
        say::c_call_declared(prefix, &call.statement())
    } else if let (Some(help), true, false) = (c_type::instead(ty.base), bare, array) {
        say::c_struct(prefix, ty.base, help)
    } else if let Some(list) = initial_list(shaper, name_at + 1, end) {
        say::c_list(prefix, shaper.across(first, last), named, &list)
    } else if array {
        let size = (shaper.peek(name_at + 2), shaper.kind(name_at + 3));
        let size = if let (Some(size), Some(Token::CloseBracket)) = size { shaper.text(size) } else { "n" };
        say::c_array(prefix, shaper.across(first, last), ty.base, named, size)
    } else {
        let struct_type = shaper.kind(0) == Some(Token::StructWord);
        say::c_variable(prefix, shaper.across(first, last), named, value, (ty.name().as_deref(), struct_type))
    };
    shaper.say(fact);
    shaper.at += name_at + 1;
    shaper.take(Tok { kind: Token::Let, start: first.start, end: before.end });
    shaper.take(name);
    let braces = value.is_some_and(|value| value.starts_with('{'));
    if array || braces {
        shaper.push_missing(Token::Assign);
        shaper.push(Tok { kind: Token::BrokenExpr, start: name.end, end: last.end });
        shaper.at += end - name_at - 1;
    }
    true
}

/// The `{ … }` that an array is declared with, as it is written here: in brackets, and without C's NULL at its end.
fn initial_list(shaper: &Shaper<'_>, from: usize, end: usize) -> Option<String> {
    let sign = (from..end).find(|ahead| shaper.kind(*ahead) == Some(Token::Assign))?;
    if shaper.kind(sign + 1) != Some(Token::OpenBrace) || shaper.kind(end - 1) != Some(Token::CloseBrace) {
        return None;
    }
    let inner = mend::text(shaper, sign + 2, end - 1);
    let inner = inner.trim().trim_end_matches(',').trim_end_matches("nil").trim().trim_end_matches(',');
    (!inner.contains('{')).then(|| format!("[{inner}]"))
}

/// `void (*h)(int) = SIG_DFL;`
pub(super) fn function_pointer(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, open)) = c_type::read_bare(shaper, 0) else { return false };
    let star = shaper.kind(open) == Some(Token::OpenParen) && shaper.kind(open + 1) == Some(Token::Star);
    let Some(name) = shaper.peek(open + 2).filter(|name| star && name.kind == Token::Name && ty.is_known()) else {
        return false;
    };
    if shaper.kind(open + 3) != Some(Token::CloseParen) || shaper.kind(open + 4) != Some(Token::OpenParen) {
        return false;
    }
    let (Some(close), Some(first)) = (closing(shaper, open + 4), shaper.peek(0)) else { return false };
    let Some(end) = distance(shaper, close + 1, |kind| kind == Token::Semicolon) else { return false };
    let params = c_type::params(shaper, open + 5, close).unwrap_or_default();
    let params: Vec<String> = params.into_iter().map(|param| param.ty).collect();
    let value = (shaper.kind(close + 1) == Some(Token::Assign)).then(|| mend::text(shaper, close + 2, end));
    let last = shaper.peek(close).unwrap_or(name);
    let result = ty.name();
    shaper.say(say::function_pointer(
        shaper.across(first, last),
        shaper.text(name),
        &params.join(", "),
        result.as_deref(),
        value.as_deref(),
    ));
    shaper.at += end;
    shaper.take(Tok { kind: Token::Let, start: first.start, end: first.start });
    shaper.take(name);
    shaper.push_missing(Token::Assign);
    shaper.push_missing(Token::BrokenExpr);
    true
}

/// How many words ahead the `;` of a declaration stands, or the first word of the next line where it was forgotten.
fn end_of_declaration(shaper: &Shaper<'_>, from: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for ahead in from..from + super::REACH {
        let Some(kind) = shaper.kind(ahead) else { return (ahead > from).then_some(ahead) };
        let fresh = !super::on_line(shaper, ahead) && shaper.kind(ahead - 1).is_some_and(Token::ends_expression);
        if depth == 0 && (kind == Token::Semicolon || kind.closes() || fresh) {
            return Some(ahead);
        }
        if kind.opens() {
            depth += 1;
        } else if kind.closes() {
            depth -= 1;
        }
    }
    None
}

/// `int a, *b = NULL, c[10];`: each gets a `let` of its own.
fn declarators(shaper: &mut Shaper<'_>, first: Tok, ty: &CType<'_>, name_at: usize, end: usize) -> bool {
    let (Some(name), Some(last)) = (shaper.peek(name_at), shaper.peek(end - 1)) else { return false };
    let last = shaper.peek(end).filter(|end| end.kind == Token::Semicolon).unwrap_or(last);
    let mut names = vec![name];
    let mut parts = Vec::new();
    let mut at = name_at;
    while at < end {
        let stop = distance(shaper, at, |kind| matches!(kind, Token::Comma | Token::Semicolon)).unwrap_or(end).min(end);
        let stars = (at..stop).take_while(|ahead| shaper.kind(*ahead) == Some(Token::Star)).count();
        let Some(name) = shaper.peek(at + stars).filter(|name| name.kind == Token::Name) else { return false };
        let named = shaper.text(name);
        let sign = at + stars + 1;
        parts.push(match shaper.kind(sign) {
            Some(Token::Assign) => format!("let {named} = {};", mend::text(shaper, sign + 1, stop)),
            Some(Token::OpenBracket) if ty.base == "char" => format!("let {named} = \"\";"),
            Some(Token::OpenBracket) => {
                format!("let {named} = [0; {}];", shaper.peek(sign + 1).map_or("10", |size| shaper.text(size)))
            }
            _ if c_type::instead(ty.base).is_some() => format!("let {named} = 0;"),
            _ => {
                let stars = if at == name_at { ty.stars } else { stars };
                format!("let {named}: {};", c_type::here(ty.base, stars))
            }
        });
        names.push(name);
        at = stop + 1;
    }
    names.remove(0);
    let before = shaper.peek(name_at - 1).unwrap_or(first);
    let whole = shaper.across(first, last);
    shaper.say(say::c_declarations(shaper.across(first, before), whole, &parts, c_type::instead(ty.base)));
    shaper.at += end;
    shaper.take(Tok { kind: Token::Let, start: first.start, end: before.end });
    let start = name.start;
    shaper.push(Tok { kind: Token::OpenParen, start, end: start });
    for name in names {
        shaper.push(name);
        shaper.push_missing(Token::Comma);
    }
    shaper.push_missing(Token::CloseParen);
    shaper.push_missing(Token::Assign);
    shaper.push_missing(Token::BrokenExpr);
    true
}

/// `const int N = 5;`
pub(super) fn c_constant(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 1) else { return false };
    let (Some(first), Some(word), Some(name)) = (shaper.peek(0), shaper.peek(1), shaper.peek(name_at)) else {
        return false;
    };
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
fn c_function(shaper: &mut Shaper<'_>, first: Tok, name: Tok, ty: &CType<'_>, name_at: usize) -> bool {
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
    let list = params.as_ref().map(|params| {
        params.iter().map(|param| format!("{}: {}", shaper.text(param.name), param.ty)).collect::<Vec<_>>().join(", ")
    });
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

/// `let int x = 5;`
pub(super) fn typed_let(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(before), Some(name)) = (shaper.peek(0), shaper.peek(name_at - 1), shaper.peek(name_at))
    else {
        return false;
    };
    if !ty.is_known() || !matches!(shaper.kind(name_at + 1), Some(Token::Assign | Token::Semicolon)) {
        return false;
    }
    shaper.say(say::typed_let(
        shaper.across(first, name),
        shaper.across(first, before),
        shaper.text(name),
        ty.name().as_deref(),
    ));
    shaper.at += name_at;
    false
}

/// `fn int f() { … }`
pub(super) fn result_first(shaper: &mut Shaper<'_>) -> bool {
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(before), Some(name)) = (shaper.peek(0), shaper.peek(name_at - 1), shaper.peek(name_at))
    else {
        return false;
    };
    if shaper.kind(name_at + 1) != Some(Token::OpenParen) {
        return false;
    }
    shaper.say(say::result_first(shaper.across(first, before), shaper.text(name), ty.name().as_deref()));
    shaper.at += name_at;
    false
}

/// `int x` as a parameter, `int x;` as a field.
pub(super) fn c_part(shaper: &mut Shaper<'_>) -> bool {
    let fields = shaper.top().kind == Kind::Declaration;
    if !fields && !shaper.top().params {
        return false;
    }
    let Some((ty, name_at)) = c_type::read(shaper, 0) else { return false };
    let (Some(first), Some(name), Some(next)) = (shaper.peek(0), shaper.peek(name_at), shaper.kind(name_at + 1)) else {
        return false;
    };
    // `a int` lacks its colon, and is no habit of C.
    if !ty.is_known() && c_type::is_type_word(shaper.text(name)) {
        return false;
    }
    let array = next == Token::OpenBracket;
    let end = if array { closing(shaper, name_at + 1).map_or(name_at + 1, |close| close + 1) } else { name_at + 1 };
    let Some(stop) = shaper
        .kind(end)
        .filter(|kind| matches!(kind, Token::Comma | Token::CloseParen | Token::CloseBrace | Token::Semicolon))
    else {
        return false;
    };
    let written = ty.name();
    let written = if array {
        format!("[{}]", written.as_deref().unwrap_or("int"))
    } else {
        written.unwrap_or_else(|| "ptr".into())
    };
    let last = shaper.peek(end - 1).unwrap_or(name);
    let mut fact = say::c_part(shaper.across(first, last), shaper.text(name), &written, fields);
    if let Some(semicolon) = shaper.peek(end).filter(|_| stop == Token::Semicolon) {
        fact = fact.edit(shaper.span(semicolon), ",");
    }
    if std::mem::replace(&mut shaper.frame().told, true) {
        shaper.say_again(fact);
    } else {
        shaper.say(fact);
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
pub(super) fn cast(shaper: &mut Shaper<'_>, word: Tok) -> bool {
    let Some((ty, close)) = c_type::read_bare(shaper, 1) else { return false };
    if shaper.kind(close) != Some(Token::CloseParen) || !ty.is_known() {
        return false;
    }
    let operand = shaper.kind(close + 1).is_some_and(|kind| {
        matches!(kind, Token::Name | Token::Int | Token::Float | Token::Str | Token::Char)
            || (ty.stars > 0 || ty.is_only_c()) && begins_operand(kind)
    });
    let last = shaper.last().is_some_and(|last| matches!(last.kind, Token::If | Token::While | Token::For | Token::Fn));
    let (Some(end), Some(next)) = (shaper.peek(close), shaper.peek(close + 1)) else { return false };
    let text = shaper.text(next);
    if !operand || last || matches!(text, "and" | "or") {
        return false;
    }
    let single = shaper
        .kind(close + 2)
        .is_none_or(|kind| !matches!(kind, Token::OpenParen | Token::OpenBracket | Token::Dot | Token::Arrow));
    let opaque = ty.base.ends_with("_t") || next.kind == Token::Minus;
    let ty = if ty.stars == 0 && !opaque { ty.name() } else { None };
    shaper.say(say::cast(shaper.across(word, end), shaper.across(word, next), ty.as_deref(), single.then_some(text)));
    shaper.at += close + 1;
    true
}
