//! Where the grammar stopped: the only file that knows lalrpop's errors. It works out which mistake was
//! most likely made; the words for it stand in [`super::say`].

use std::convert::Infallible;

use lalrpop_util::ParseError;

use super::say;
use super::token::{KEYWORDS, Tok, Token};
use crate::abi::Builtin;
use crate::diagnostics::{Diagnostic, suggest};
use crate::source::{FileId, Span};

/// The index of the word at which the grammar stopped, and what it would have taken instead.
pub(crate) fn place(fault: &ParseError<u32, Token, Infallible>, taken: usize, length: usize) -> (usize, Vec<String>) {
    let clean = |expected: &[String]| expected.iter().map(|name| name.trim_matches('"').to_owned()).collect();
    match fault {
        ParseError::UnrecognizedToken { expected, .. } => (taken.saturating_sub(1), clean(expected)),
        ParseError::UnrecognizedEof { expected, .. } => (length, clean(expected)),
        ParseError::ExtraToken { .. } | ParseError::InvalidToken { .. } => (taken.saturating_sub(1), Vec::new()),
        ParseError::User { error } => match *error {},
    }
}

/// A stop of the grammar with everything around it.
pub(crate) struct Stop<'t> {
    /// The file.
    pub(crate) file: FileId,
    /// Its text.
    pub(crate) text: &'t str,
    /// The words of the piece.
    pub(crate) words: &'t [Tok],
    /// The word that did not fit; past the end if the words ran out.
    pub(crate) at: usize,
    /// The first word of its statement.
    pub(crate) start: usize,
    /// The bracket around it.
    pub(crate) around: Option<usize>,
    /// What would have fitted, by the names the grammar gives the words.
    pub(crate) expected: Vec<String>,
}

impl<'t> Stop<'t> {
    fn kind(&self, at: usize) -> Option<Token> {
        self.words.get(at).map(|word| word.kind)
    }

    fn found(&self) -> Option<Token> {
        self.kind(self.at)
    }

    fn before(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.kind(at))
    }

    fn text(&self, at: usize) -> &'t str {
        self.text.get(self.span(at).range()).unwrap_or("")
    }

    /// The place of a word; behind the last one for the end.
    fn span(&self, at: usize) -> Span {
        let word = self.words.get(at).copied();
        let word = word.or(self.words.last().map(|last| Tok { start: last.end, ..*last }));
        let word = word.unwrap_or(Tok { kind: Token::Invalid, start: 0, end: 0 });
        Span { file: self.file, start: word.start, end: word.end }
    }

    /// The place between the word before and the one that did not fit.
    fn gap(&self) -> Span {
        match self.at.checked_sub(1) {
            Some(before) => self.span(before).after(),
            None => Span { end: self.span(0).start, ..self.span(0) },
        }
    }

    fn expects(&self, name: &str) -> bool {
        self.expected.iter().any(|expected| expected == name)
    }

    /// Whether an expression could have begun here.
    fn expects_value(&self) -> bool {
        self.expects("an integer") && self.expects("a name") && self.expects("(")
    }

    /// Whether a type could have begun here.
    fn expects_type(&self) -> bool {
        self.expects("a name") && self.expects("[") && self.expects("fn") && !self.expects("an integer")
    }

    /// What stands there, in words.
    fn found_words(&self) -> String {
        // A word that was put in has no text: the next one is what a person sees.
        let seen = (self.at..self.words.len()).find(|at| !self.text(*at).is_empty());
        let at = seen.unwrap_or(self.words.len());
        match self.kind(at) {
            None => "the end of the file".to_owned(),
            Some(Token::Str) => "a string".to_owned(),
            Some(kind) if kind.is_keyword() => format!("the keyword `{}`", self.text(at)),
            Some(_) => format!("`{}`", self.text(at)),
        }
    }

    /// Whether the word begins a value.
    fn begins_value(kind: Token) -> bool {
        use Token::*;
        matches!(
            kind,
            Name | Int | Float | Str | Char | True | False | Nil | OpenParen | OpenBracket | Fn | Bang | Tilde
        )
    }

    /// What the mistake is.
    pub(crate) fn describe(&self) -> Diagnostic {
        self.by_sign()
            .or_else(|| self.by_statement())
            .or_else(|| self.by_bracket())
            .unwrap_or_else(|| self.by_expectation())
    }

    /// Signs of other languages that fall apart into two words here.
    fn by_sign(&self) -> Option<Diagnostic> {
        let (before, found) = (self.before()?, self.found()?);
        let both = self.span(self.at - 1).to(self.span(self.at));
        if before == Token::Fn && found == Token::Name && self.start != self.at - 1 {
            return Some(say::named_value(self.span(self.at)));
        }
        let touch = self.span(self.at - 1).end == self.span(self.at).start;
        if !touch {
            return (found == Token::FatArrow && self.in_condition())
                .then(|| say::other_sign(self.span(self.at), "=>", ">="));
        }
        match (before, found) {
            (Token::Assign, Token::Less) => Some(say::other_sign(both, "=<", "<=")),
            (Token::Less, Token::Greater) => Some(say::other_sign(both, "<>", "!=")),
            (Token::EqEq, Token::Assign) => Some(say::other_sign(both, "===", "==")),
            (Token::NotEq, Token::Assign) => Some(say::other_sign(both, "!==", "!=")),
            (Token::DotDot, Token::Assign) => Some(say::inclusive_range(both)),
            (Token::DotDot, Token::Dot) => Some(say::other_sign(both, "...", "..")),
            (Token::Colon, Token::Assign) => Some(say::colon_assign(both)),
            (Token::Colon, Token::Colon) => Some(say::other_sign(both, "::", ".")),
            _ => None,
        }
    }

    fn in_condition(&self) -> bool {
        matches!(self.kind(self.start), Some(Token::If | Token::While)) && !self.expects("=>")
    }

    /// Mistakes that the first words of the statement give away.
    fn by_statement(&self) -> Option<Diagnostic> {
        let first = self.kind(self.start)?;
        let second = self.at == self.start + 1;
        match first {
            _ if self.found() == Some(Token::Else) && (self.at == self.start || self.expects(";")) => {
                Some(say::lonely_else(self.span(self.at)))
            }
            Token::Let => self.by_let(),
            Token::Fn if second => Some(say::name_wanted(self.span(self.at), &self.found_words(), "`fn`")),
            Token::For if self.before() == Some(Token::Name) && self.found() == Some(Token::Assign) => {
                Some(say::for_without_parens(self.span(self.at)))
            }
            Token::If | Token::While | Token::For if self.found() == Some(Token::Colon) && self.expects("{") => {
                Some(say::colon_body(self.span(self.at)))
            }
            Token::If | Token::While | Token::Match if second && self.found() == Some(Token::OpenBrace) => {
                Some(say::no_condition(self.gap(), self.text(self.start)))
            }
            Token::Name if second => self.by_first_name(),
            Token::Name if self.kind(self.start + 1) == Some(Token::Minus) => self.by_option(),
            _ => None,
        }
    }

    fn by_let(&self) -> Option<Diagnostic> {
        let found = self.found()?;
        if self.at == self.start + 1 {
            return Some(say::name_wanted(self.span(self.at), &self.found_words(), "`let`"));
        }
        if self.at != self.start + 2 || self.before() != Some(Token::Name) {
            return None;
        }
        let name = self.text(self.at - 1);
        match found {
            Token::Name if name == "mut" => Some(say::let_mut(self.span(self.at - 1), self.text(self.at))),
            Token::EqEq => Some(say::other_sign(self.span(self.at), "==", "=")),
            Token::Minus if self.kind(self.at + 1) == Some(Token::Name) => {
                let whole = self.span(self.at - 1).to(self.span(self.at + 1));
                Some(say::dash_in_name(whole, name, self.text(self.at + 1)))
            }
            Token::Comma => Some(say::several_lets(self.span(self.at))),
            Token::OpenBracket => Some(say::array_declared(self.span(self.at), name)),
            kind if Self::begins_value(kind) => {
                Some(say::missing(self.gap(), "=", &format!("`{name}` and {}", self.found_words())))
            }
            _ => None,
        }
    }

    /// A statement that begins with two words that do not belong together.
    fn by_first_name(&self) -> Option<Diagnostic> {
        let found = self.found()?;
        let (name, place) = (self.text(self.start), self.span(self.start));
        let next_begins = Self::begins_value(found) || matches!(found, Token::OpenBrace | Token::Minus);
        if let Some(keyword) = suggest::nearest(name, KEYWORDS).filter(|_| next_begins) {
            return Some(say::mistyped_keyword(place, name, keyword));
        }
        match found {
            Token::Str | Token::Int | Token::Char | Token::Float => {
                Some(say::call_without_parens(place, name, self.text(self.at)))
            }
            Token::Name if Builtin::find(name).is_some() && self.kind(self.at + 1) == Some(Token::Semicolon) => {
                Some(say::call_without_parens(place, name, self.text(self.at)))
            }
            Token::Colon if self.kind(self.at + 1) == Some(Token::Assign) => {
                Some(say::colon_assign(self.span(self.at).to(self.span(self.at + 1))))
            }
            Token::Colon => Some(say::label(place.to(self.span(self.at)), name)),
            Token::Name | Token::OpenBrace => {
                Some(say::unknown_statement(place, name, &self.found_words(), self.span(self.at)))
            }
            _ => None,
        }
    }

    /// `kill -9 pid`, `ls -l`: a command of a shell.
    fn by_option(&self) -> Option<Diagnostic> {
        let name = self.text(self.start);
        let [first, minus, option] = [0, 1, 2].map(|ahead| self.span(self.start + ahead));
        if minus.start == first.end || minus.end != option.start {
            return None;
        }
        Some(match Builtin::find(name) {
            Some(builtin) => say::command_of_builtin(first, name, &builtin.row().signature()),
            None => say::command(first.to(option), name, self.text(self.start + 2)),
        })
    }

    /// Mistakes that the bracket around gives away.
    fn by_bracket(&self) -> Option<Diagnostic> {
        let around = self.around?;
        let found = self.found()?;
        let opener = self.kind(around)?;
        let back = |back: usize| around.checked_sub(back).and_then(|at| self.kind(at));
        let after_name = self.before() == Some(Token::Name);
        let declares = opener == Token::OpenBrace && back(2) == Some(Token::StructWord);
        let params = opener == Token::OpenParen && (back(1) == Some(Token::Fn) || back(2) == Some(Token::Fn));
        if declares && found == Token::Semicolon {
            return Some(say::field_semicolon(self.span(self.at)));
        }
        if (declares || params) && self.expects(":") && after_name {
            let name = self.text(self.at - 1);
            let what = if declares { "field" } else { "parameter" };
            return Some(say::type_wanted(
                self.span(self.at - 1),
                what,
                name,
                (found == Token::Name).then(|| self.text(self.at)),
            ));
        }
        if opener == Token::StructBrace && Self::begins_value(found) && self.expects("a name") {
            let name = around.checked_sub(1).map_or("", |at| self.text(at));
            return Some(say::field_name_wanted(self.span(self.at), name));
        }
        if opener == Token::StructBrace && after_name && self.expects(":") {
            return Some(say::field_value_wanted(self.span(self.at), self.text(self.at - 1), &self.found_words()));
        }
        if opener == Token::OpenBrace
            && self.expects("=>")
            && !self.text(self.at).is_empty()
            && matches!(found, Token::Colon | Token::Arrow | Token::Assign | Token::OpenBrace)
        {
            return Some(say::arm_sign(self.span(self.at), self.text(self.at)));
        }
        let closer = match opener {
            Token::OpenParen => ")",
            Token::OpenBracket => "]",
            _ => "}",
        };
        if params && found == Token::DotDot {
            return Some(say::any_number(self.span(self.at)));
        }
        if opener == Token::OpenParen && !params && found == Token::Colon && after_name && back(1) == Some(Token::Name)
        {
            return Some(say::named_argument(self.span(self.at - 1).to(self.span(self.at))));
        }
        let in_list =
            self.expects(",") && self.expects(closer) && opener != Token::OpenBrace || declares && self.expects(",");
        if in_list && Self::begins_value(found) {
            if opener == Token::OpenParen
                && !params
                && let Some(call) = self.before().filter(|kind| *kind == Token::Name).map(|_| self.text(self.at - 1))
                && Builtin::find(call).is_some()
            {
                return Some(say::call_without_parens(self.span(self.at - 1), call, self.text(self.at)));
            }
            return Some(say::missing(self.gap(), ",", &format!("these two parts, before {}", self.found_words())));
        }
        None
    }

    /// What is left: say what would have fitted.
    fn by_expectation(&self) -> Diagnostic {
        let (place, found) = (self.span(self.at), self.found_words());
        let operator = self.before().map(|_| self.text(self.at - 1)).unwrap_or("");
        if self.expects_value() && !self.expects(";")
            || self.expects_value() && !self.before().is_some_and(Token::ends_expression)
        {
            return match self.found() {
                Some(Token::If) => say::if_as_value(place),
                Some(Token::Match) => say::match_as_value(place),
                Some(Token::Semicolon | Token::CloseParen | Token::CloseBracket | Token::CloseBrace | Token::Comma)
                | None => say::value_wanted(self.gap(), operator, &found),
                _ => say::value_not(place, &found),
            };
        }
        if self.expects_type() {
            return say::type_not(place, &found);
        }
        if self.expects("{") && !self.expects(";") && self.found() != Some(Token::OpenBrace) {
            return say::body_wanted(self.gap(), self.span(self.start), self.text(self.start), &found);
        }
        if self.expects(";") && self.found().is_none_or(|kind| matches!(kind, Token::CloseBrace) || kind.is_keyword()) {
            return say::missing_semicolon(self.gap(), false);
        }
        if self.expected.len() == 1 && self.expects("a name") {
            return say::name_wanted(place, &found, &format!("`{operator}`"));
        }
        if self.expects(":") && self.expects("+") && !self.expects(";") {
            return say::half_choice(self.gap(), &found);
        }
        let names: Vec<&str> =
            self.expected.iter().map(String::as_str).filter(|name| !name.starts_with("a broken")).collect();
        say::unexpected(place, &found, &names)
    }
}
