//! The `;` that was forgotten, and the one that ends a statement.

use super::super::token::{Tok, Token};
use super::super::{habits, say};
use super::Shaper;
use super::frame::Kind;

impl Shaper<'_> {
    /// Whether a statement has ended with the last word, though no `;` follows.
    pub(super) fn lacks_end(&self) -> bool {
        let Some(last) = self.last() else { return false };
        let frame = self.top();
        let inside = match frame.kind {
            Kind::Top | Kind::Block => true,
            Kind::Arms => frame.in_arm,
            _ => false,
        };
        let ends = last.kind.ends_expression()
            || self.value_close
            || matches!(last.kind, Token::Return | Token::Break | Token::Continue);
        inside && !frame.starts && frame.head.is_none() && ends
    }

    pub(super) fn lacks_semicolon(&self, word: Tok) -> bool {
        if !self.lacks_end() {
            return false;
        }
        let returns = self.last().is_some_and(|last| last.kind == Token::Return);
        match word.kind {
            Token::CloseBrace => self.top().kind == Kind::Block,
            Token::Fn => self.kind(1) == Some(Token::Name),
            Token::Name
            | Token::Int
            | Token::Float
            | Token::Str
            | Token::Char
            | Token::True
            | Token::False
            | Token::Nil
            | Token::Underscore => self.fresh && !returns,
            _ if self.top().kind == Kind::Arms && self.fresh && habits::is_arm(self) => true,
            kind => kind.begins_statement(),
        }
    }

    pub(super) fn put_semicolon(&mut self, word: Option<Tok>) {
        let last = self.last().unwrap_or(Tok { kind: Token::Semicolon, start: 0, end: 0 });
        let in_arm = self.top().kind == Kind::Arms;
        if !self.out.too_deep && !self.after_unclosed_string() {
            let fact = match self.last_value(word) {
                Some(value) => {
                    say::implicit_return(self.span(last), self.across(value, last), self.slice(value.start, last.end))
                }
                None => say::missing_semicolon(self.span(last), in_arm),
            };
            self.say(fact);
        }
        self.semicolon_unsaid();
    }

    /// The first word of a value that stands alone before the `}` of a function with a result: other languages return it.
    fn last_value(&self, word: Option<Tok>) -> Option<Tok> {
        if !self.top().result || word.is_none_or(|word| word.kind != Token::CloseBrace) {
            return None;
        }
        let words = self.out.words.iter().rev();
        let ends = |kind| matches!(kind, Token::Semicolon | Token::OpenBrace | Token::CloseBrace | Token::FatArrow);
        let statement: Vec<Tok> = words.take(40).take_while(|word| !ends(word.kind)).copied().collect();
        let plain = statement.iter().all(|word| !word.kind.assigns() && !word.kind.begins_statement());
        let step = |kind| matches!(kind, Token::Increment | Token::Decrement);
        let last = statement.first()?;
        // A call alone may be meant for what it does.
        let call = last.kind == Token::CloseParen;
        (plain && !step(last.kind) && !call).then(|| statement.last().copied()).flatten()
    }

    /// Whether this statement holds a string that is never closed: it has been reported, and may have swallowed the `;`.
    fn after_unclosed_string(&self) -> bool {
        let ends = |kind| matches!(kind, Token::Semicolon | Token::OpenBrace | Token::CloseBrace);
        let mut words = self.out.words.iter().rev().take_while(|word| !ends(word.kind));
        words.any(|&word| {
            let text = self.text(word);
            word.kind == Token::Str && (text.len() < 2 || !text.ends_with('"'))
        })
    }

    /// Puts in a `;` without a word about it.
    pub(super) fn semicolon_unsaid(&mut self) {
        let end = self.last().map_or(0, |last| last.end);
        self.semicolon(Tok { kind: Token::Semicolon, start: end, end });
    }

    pub(super) fn semicolon(&mut self, word: Tok) {
        let in_head = self.top().head.is_some_and(|head| !matches!(head.kind, Token::Fn | Token::StructWord));
        if in_head && !self.top().head_binds && matches!(self.top().kind, Kind::Top | Kind::Block | Kind::Arms) {
            habits::head_ends_at_semicolon(self, word);
            return;
        }
        self.push(word);
        match self.top().kind {
            Kind::Top | Kind::Block | Kind::Arms if !in_head => self.end_statement(true),
            _ => {
                self.settle();
                self.frame().semicolon = true;
            }
        }
    }
}
