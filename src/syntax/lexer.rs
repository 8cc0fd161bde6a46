//! Text to words. Total: whatever the text, every byte is a word, a comment, a space or has been
//! reported, and the words that follow a mistake are read as if it had not been made.

use std::collections::HashSet;

use super::ast::Comment;
use super::literal::{self, IntFault, QuoteFault};
use super::say;
use super::token::{Tok, Token};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use logos::Logos as _;

/// What a text consists of.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    /// The words, without comments.
    pub(crate) words: Vec<Tok>,
    /// The comments.
    pub(crate) comments: Vec<Comment>,
    /// What is wrong with single words.
    pub(crate) facts: Vec<Diagnostic>,
}

/// Cuts `text` into words.
pub(crate) fn lex(file: FileId, text: &str) -> Lexed {
    let skip = first_line(text);
    let rest = text.get(skip..).unwrap_or("");
    let mut lexer = Lexer { file, text, foreign: HashSet::new(), out: Lexed::default() };
    for (word, range) in Token::lexer(rest).spanned() {
        let span = Span::new(file, range.start + skip, range.end + skip);
        lexer.word(word.unwrap_or(Token::Invalid), span);
    }
    lexer.out
}

/// The length of a `#!` line, which is for the system and not for us.
fn first_line(text: &str) -> usize {
    if text.starts_with("#!") { text.find('\n').unwrap_or(text.len()) } else { 0 }
}

struct Lexer<'t> {
    file: FileId,
    text: &'t str,
    /// Names with foreign letters that have been reported: each is one mistake however often it is used.
    foreign: HashSet<&'t str>,
    out: Lexed,
}

impl<'t> Lexer<'t> {
    fn text(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn say(&mut self, fact: Diagnostic) {
        self.out.facts.push(fact);
    }

    fn push(&mut self, kind: Token, span: Span) {
        self.out.words.push(Tok { kind, start: span.start, end: span.end });
    }

    fn word(&mut self, kind: Token, span: Span) {
        match kind {
            Token::Comment => self.comment(span),
            Token::Hash => self.hash(span),
            Token::Invalid => self.invalid(span),
            Token::Name => self.name(span),
            Token::Int => self.int(span),
            Token::Float => self.float(span),
            Token::Str => self.string(span),
            Token::Char => self.character(span),
            _ => self.push(kind, span),
        }
    }

    fn comment(&mut self, span: Span) {
        let text = self.text(span);
        if text.starts_with("/*") {
            let (depth, inner) = open_comments(text);
            if depth > 0 {
                let start = Span { end: span.start + 2, ..span };
                let inner =
                    inner.map(|at| Span::new(self.file, span.start as usize + at, span.start as usize + at + 2));
                self.say(say::unclosed_comment(start, inner));
            }
        }
        self.out.comments.push(Comment { span, text: text.into() });
    }

    /// `#include`, `#define`, or a comment as in a shell.
    fn hash(&mut self, span: Span) {
        let text = self.text(span).trim_end();
        let span = Span { end: span.start + text.len() as u32, ..span };
        self.say(say::hash(span, text));
    }

    /// Characters that begin no word; those that touch are one report and one word.
    fn invalid(&mut self, span: Span) {
        let text = self.text(span);
        if let Some(last) =
            self.out.words.last_mut().filter(|last| last.kind == Token::Invalid && last.end == span.start)
        {
            last.end = span.end;
            return;
        }
        let next = self.text.get(span.end as usize..).and_then(|rest| rest.chars().next());
        self.say(say::bad_character(span, text));
        // `$x` is `x` with a sign too many.
        if text == "$" && next.is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
            return;
        }
        if !text.chars().all(char::is_whitespace) && !is_invisible(text) {
            self.push(Token::Invalid, span);
        }
    }

    fn name(&mut self, span: Span) {
        let text = self.text(span);
        if let Some(at) = text.find(|c: char| !c.is_ascii()).filter(|_| self.foreign.insert(text)) {
            let c = text[at..].chars().next().unwrap_or(' ');
            self.say(say::foreign_letter(span, c));
        }
        self.push(Token::Name, span);
    }

    fn int(&mut self, span: Span) {
        let text = self.text(span);
        if let Some(fault) = literal::int(text).1
            && !(fault == IntFault::OnlyNegative && self.behind_sign())
        {
            self.say(say::bad_int(span, text, &fault));
        }
        self.push(Token::Int, span);
    }

    /// Whether the last word is a minus that no operand stands before.
    fn behind_sign(&self) -> bool {
        match self.out.words.as_slice() {
            [.., before, last] => last.kind == Token::Minus && !before.kind.ends_expression(),
            [last] => last.kind == Token::Minus,
            [] => false,
        }
    }

    fn float(&mut self, span: Span) {
        let text = self.text(span);
        if text.starts_with('.') {
            self.say(say::bare_dot_float(span, text));
        } else if let Some(length) = literal::float(text).1 {
            self.say(say::bad_float(span, text, length));
        }
        self.push(Token::Float, span);
    }

    fn string(&mut self, span: Span) {
        let text = self.text(span);
        if text.starts_with('`') {
            return self.backquoted(span, text);
        }
        if text.starts_with("\"\"\"") {
            self.say(say::triple_quotes(span));
            return self.push(Token::Str, span);
        }
        if !text.starts_with('"') {
            self.say(say::curly_quotes(span, text));
        }
        for fault in literal::quoted(text).1 {
            self.quote_fault(span, text, &fault);
        }
        self.push(Token::Str, span);
    }

    /// A template of JavaScript, or a command of a shell.
    fn backquoted(&mut self, span: Span, text: &str) {
        self.say(say::backquotes(span, text));
        self.push(Token::Str, span);
    }

    fn character(&mut self, span: Span) {
        let text = self.text(span);
        if text.starts_with('‘') {
            self.say(say::curly_quotes(span, text));
            let one = text.chars().count() == 3;
            return self.push(if one { Token::Char } else { Token::Str }, span);
        }
        let (bytes, faults) = literal::quoted(text);
        for fault in &faults {
            self.quote_fault(span, text, fault);
        }
        if faults.is_empty() && bytes.len() != 1 {
            self.say(say::bad_character_literal(span, text, &bytes));
        }
        self.push(Token::Char, span);
    }

    fn quote_fault(&mut self, span: Span, text: &str, fault: &QuoteFault) {
        let fact = match fault {
            QuoteFault::Escape(start, end) => {
                let base = span.start as usize;
                let at = Span::new(self.file, base + start, (base + end).min(span.end as usize));
                say::bad_escape(at, text.get(*start..*end).unwrap_or(""))
            }
            QuoteFault::Unclosed if text.starts_with('\'') => say::unclosed_character(span, text),
            QuoteFault::Unclosed => say::unclosed_string(span),
        };
        self.say(fact);
    }
}

/// How many comments a text leaves open, and where the last inner one began.
fn open_comments(text: &str) -> (usize, Option<usize>) {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut inner) = (0, 0_usize, None);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => {
                if depth > 0 {
                    inner = Some(at);
                }
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth = depth.saturating_sub(1);
                at += 2;
            }
            _ => at += 1,
        }
    }
    (depth, inner)
}

/// Characters that print nothing and that a copy from a document brings along.
fn is_invisible(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'))
}

/// The words as lalrpop takes them; it remembers how far it has been read.
pub(crate) struct Words<'w> {
    words: &'w [Tok],
    /// How many words have been handed out.
    pub(crate) taken: usize,
}

impl<'w> Words<'w> {
    /// From the first word on.
    pub(crate) fn new(words: &'w [Tok]) -> Self {
        Words { words, taken: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = Result<(u32, Token, u32), std::convert::Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let word = self.words.get(self.taken)?;
        self.taken += 1;
        Some(Ok((word.start, word.kind, word.end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Token::*;

    fn kinds(text: &str) -> Vec<Token> {
        let lexed = lex(FileId(0), text);
        assert!(lexed.facts.is_empty(), "{text}: {:?}", lexed.facts);
        lexed.words.iter().map(|word| word.kind).collect()
    }

    fn codes(text: &str) -> Vec<&'static str> {
        lex(FileId(0), text).facts.iter().map(|fact| fact.code.name()).collect()
    }

    #[test]
    fn ranges_are_not_floats() {
        assert_eq!(kinds("0..3"), [Int, DotDot, Int]);
        assert_eq!(kinds("a[..5]"), [Name, OpenBracket, DotDot, Int, CloseBracket]);
        assert_eq!(kinds("1.5..2.5"), [Float, DotDot, Float]);
        assert_eq!(kinds("1e-3 1.5e3 1e5 0x1e5 0x1e-5"), [Float, Float, Float, Int, Int, Minus, Int]);
        assert_eq!(kinds("1_000.2_5"), [Float]);
    }

    #[test]
    fn words_and_signs() {
        assert_eq!(kinds("_ _a a_ fnord in int"), [Underscore, Name, Name, Name, In, Name]);
        assert_eq!(kinds("a<<=b>>c<-1"), [Name, ShlAssign, Name, Shr, Name, Less, Minus, Int]);
        assert_eq!(kinds("x--"), [Name, Decrement]);
        assert_eq!(kinds("'a' '\\n' '\\'' '\"' '\\x41'"), [Char; 5]);
        assert_eq!(kinds("#!/usr/bin/proc\nlet"), [Let]);
        assert_eq!(kinds(r#""a\"b\\" x"#), [Str, Name]);
    }

    #[test]
    fn comments_nest_and_are_kept() {
        let lexed = lex(FileId(0), "a /* b /* c */ d */ e // f\ng");
        assert_eq!(lexed.words.len(), 3);
        let comments: Vec<_> = lexed.comments.iter().map(|comment| &*comment.text).collect();
        assert_eq!(comments, ["/* b /* c */ d */", "// f"]);
        assert_eq!(codes("/* a /* b */ c"), ["unclosed-text"]);
        assert_eq!(codes("/*/"), ["unclosed-text"]);
    }

    #[test]
    fn one_mistake_is_one_report() {
        for (text, expected) in [
            ("print(\"abc);\nlet x = 1;", "unclosed-text"),
            ("let x = 'a;", "unclosed-text"),
            ("print('hello world);", "unclosed-text"),
            ("@@@", "bad-character"),
            ("“abc”", "bad-character"),
            ("größe", "bad-character"),
            ("\u{a0}", "bad-character"),
            ("99999999999999999999", "bad-literal"),
            ("0755", "c-habit"),
            ("10UL", "c-habit"),
            ("'ab'", "c-habit"),
            ("''", "bad-literal"),
            ("'é'", "bad-literal"),
            ("\"\\q\"", "bad-escape"),
            ("#include <stdio.h>", "c-habit"),
            (".5", "bad-literal"),
            ("1.5f", "c-habit"),
            ("5 - 9223372036854775808", "bad-literal"),
        ] {
            assert_eq!(codes(text), [expected], "{text}");
        }
        assert_eq!(codes("x = -9223372036854775808"), [""; 0]);
    }

    #[test]
    fn an_unclosed_string_leaves_the_tail_of_its_line() {
        let kinds: Vec<_> = lex(FileId(0), "print(\"abc);").words.iter().map(|word| word.kind).collect();
        assert_eq!(kinds, [Name, OpenParen, Str, CloseParen, Semicolon]);
    }
}
