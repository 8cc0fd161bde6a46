//! Where the grammar stopped: the only file that knows lalrpop's errors, and the one that says them in
//! words of its own.

use std::convert::Infallible;

use lalrpop_util::ParseError;

use super::token::{Tok, Token};
use crate::diagnostics::{Code, Diagnostic};
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

/// Says what is wrong at word `at` of a statement that begins at word `start`.
pub(crate) fn describe(file: FileId, text: &str, words: &[Tok], at: usize, _start: usize, expected: &[String]) -> Diagnostic {
    let last = words.last().copied().unwrap_or(Tok { kind: Token::Invalid, start: 0, end: 0 });
    let word = words.get(at).copied().unwrap_or(Tok { start: last.end, ..last });
    let span = Span { file, start: word.start, end: word.end };
    let found = text.get(span.range()).unwrap_or("");
    Diagnostic::new(Code::UnexpectedToken, format!("`{found}` is not expected here"), span, format!("expected {}", expected.join(" ")))
}
