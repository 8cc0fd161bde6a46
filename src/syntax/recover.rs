//! Runs the grammar over the words, one top-level piece at a time, and goes on behind a mistake.
//!
//! Where the grammar stops, the smallest part around the place that can be left out is replaced by a
//! word that stands for it, and the piece is read again: first what is inside the nearest `(` or `[`,
//! then the condition before a block, then the statement, then the block around it. Brackets fit, so a
//! part has a clear beginning and end and nothing is reported twice.

use super::actions::Builder;
use super::ast::Item;
use super::error;
use super::grammar::UnitParser;
use super::lexer::Words;
use super::token::{Tok, Token};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// How many words may be read again, as a multiple of the length of the file: keeps a file with
/// thousands of mistakes from taking thousands of times as long.
const PATIENCE: usize = 20;

/// After so many reports nobody waits for a good account of the next.
const ENOUGH: usize = 10 * super::MAX_REPORTS;

/// Parses balanced words; gives also the parts that could not be read and may have declared something.
pub(crate) fn parse(
    builder: &mut Builder<'_>,
    file: FileId,
    text: &str,
    words: &[Tok],
    facts: &mut Vec<Diagnostic>,
) -> (Vec<Item>, Vec<(u32, u32)>) {
    facts.sort_by_key(|fact| fact.span().start);
    let known = facts.len();
    let mut patience = words.len() * PATIENCE + 10_000;
    let (mut items, mut unread) = (Vec::new(), Vec::new());
    let mut rest = words;
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(piece_length(rest));
        rest = next;
        let mut reader = Reader { file, text, words: piece.to_vec(), known, mended: Vec::new() };
        items.extend(reader.read(builder, facts, &mut patience));
        let lost = reader.words.iter().filter(|word| matches!(word.kind, Token::BrokenStmt | Token::BrokenHead));
        unread.extend(lost.map(|word| (word.start, word.end)));
    }
    (items, unread)
}

/// How many words the first top-level statement or declaration has. Too many does no harm.
fn piece_length(words: &[Tok]) -> usize {
    let mut depth = 0_u32;
    // `if let … = …; test {` has a `;` that ends nothing.
    let mut binds = false;
    for (at, word) in words.iter().enumerate() {
        if word.kind.opens() {
            depth += 1;
        } else if word.kind.closes() {
            depth = depth.saturating_sub(1);
        } else if word.kind == Token::Let && depth == 0 && at > 0 {
            binds |= matches!(words[at - 1].kind, Token::If | Token::While);
        } else if binds && word.kind == Token::Semicolon && depth == 0 {
            binds = false;
            continue;
        }
        if depth == 0 && ends_statement(word.kind, words.get(at + 1).map(|next| next.kind)) {
            return at + 1;
        }
    }
    words.len()
}

/// Whether a statement surely ends between these two words of one bracket level.
fn ends_statement(word: Token, next: Option<Token>) -> bool {
    match word {
        Token::Semicolon | Token::BrokenStmt => true,
        Token::CloseBrace => match next {
            None => true,
            Some(next) => {
                next.begins_statement()
                    || matches!(
                        next,
                        Token::Fn | Token::Name | Token::OpenBrace | Token::BrokenStmt | Token::BrokenHead
                    )
            }
        },
        _ => false,
    }
}

/// The reports between two bytes; those from before the grammar ran are sorted and come first.
fn nearby(facts: &[Diagnostic], known: usize, start: u32, end: u32) -> impl Iterator<Item = &Diagnostic> {
    let (known, new) = facts.split_at(known.min(facts.len()));
    let from = known.partition_point(|fact| fact.span().start < start);
    let known = known[from..].iter().take_while(move |fact| fact.span().start <= end);
    known.chain(new.iter().rev().take(20)).filter(move |fact| fact.span().start >= start && fact.span().start <= end)
}

/// One piece on its way through the parser.
struct Reader<'t> {
    file: FileId,
    text: &'t str,
    words: Vec<Tok>,
    /// How many reports there were before the grammar ran.
    known: usize,
    /// Bytes of the text that have been replaced by now.
    mended: Vec<(u32, u32)>,
}

impl Reader<'_> {
    fn read(&mut self, builder: &mut Builder<'_>, facts: &mut Vec<Diagnostic>, patience: &mut usize) -> Vec<Item> {
        let parser = UnitParser::new();
        loop {
            let mut stream = Words::new(&self.words);
            let result = parser.parse(builder, &mut stream);
            let taken = stream.taken;
            let refused = builder.take_facts();
            let fault = match result {
                Ok(items) => {
                    facts.extend(refused);
                    return items;
                }
                Err(fault) => fault,
            };
            if facts.len() > self.known + ENOUGH {
                self.give_up();
                continue;
            }
            let (at, expected) = error::place(&fault, taken, self.words.len());
            let start = self.statement_start(at);
            if !self.is_told(at, start, facts) {
                let around = self.enclosing(at);
                let stop =
                    error::Stop { file: self.file, text: self.text, words: &self.words, at, start, around, expected };
                facts.push(stop.describe());
            }
            match patience.checked_sub(self.words.len()) {
                Some(left) => {
                    *patience = left;
                    self.replace(at);
                }
                None => self.give_up(),
            }
        }
    }

    /// Whether the mistake at word `at` of a statement follows from one that has been reported.
    fn is_told(&self, at: usize, start: usize, facts: &[Diagnostic]) -> bool {
        let word = self.words.get(at).or(self.words.last());
        let before = at.checked_sub(1).and_then(|at| self.words.get(at));
        if word.is_some_and(|word| word.kind.is_broken()) || before.is_some_and(|word| word.kind.is_broken()) {
            return true;
        }
        let (Some(first), Some(last)) = (self.words.get(start), word) else { return false };
        let inside = |span: Span| span.start >= first.start && span.start <= last.end;
        let mended = self.mended.iter().any(|(from, to)| *from < last.end && first.start < *to && *to >= last.start);
        // A bracket too many or too few in the same head or simple statement is the likely cause of all else in it.
        let stop = self.statement_end(start, at);
        let body = (at..stop).find(|index| self.words[*index].kind == Token::OpenBrace).unwrap_or(stop);
        let end = self.words[body.saturating_sub(1).max(start)].end;
        let bracket = |fact: &Diagnostic| {
            fact.code == Code::UnclosedDelimiter && fact.span().start >= first.start && fact.span().start <= end
        };
        if self.follows_bracket(facts, last.start) {
            return true;
        }
        mended || nearby(facts, self.known, first.start, end).any(|fact| inside(fact.span()) || bracket(fact))
    }

    /// Whether a bracket that does not fit has been reported earlier on the line of byte `at`.
    fn follows_bracket(&self, facts: &[Diagnostic], at: u32) -> bool {
        let from = at.saturating_sub(500);
        let text = self.text.get(from as usize..at as usize).unwrap_or("");
        let line = at - text.rsplit('\n').next().map_or(0, str::len) as u32;
        nearby(facts, self.known, line, at).any(|fact| fact.code == Code::UnclosedDelimiter)
    }

    /// The index of the bracket that is open around word `at`.
    fn enclosing(&self, at: usize) -> Option<usize> {
        let mut depth = 0_u32;
        for index in (0..at).rev() {
            let kind = self.words[index].kind;
            if kind.closes() {
                depth += 1;
            } else if kind.opens() {
                if depth == 0 {
                    return Some(index);
                }
                depth -= 1;
            }
        }
        None
    }

    /// The index of the bracket that closes the one at `open`, or the end.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_u32;
        for (index, word) in self.words.iter().enumerate().skip(open) {
            if word.kind.opens() {
                depth += 1;
            } else if word.kind.closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index;
                }
            }
        }
        self.words.len()
    }

    /// The first word of the statement that word `at` stands in, within its innermost brace.
    fn statement_start(&self, at: usize) -> usize {
        let mut depth = 0_u32;
        let mut index = at.min(self.words.len());
        while index > 0 {
            let kind = self.words[index - 1].kind;
            if depth == 0 {
                if matches!(kind, Token::OpenBrace) {
                    return index;
                }
                if kind.opens() {
                    index -= 1;
                    continue;
                }
                let next = self.words.get(index).map(|word| word.kind);
                let ends = index <= at && ends_statement(kind, next) && !self.in_loop_head(index - 1);
                if ends && (index < at || kind != Token::CloseBrace) {
                    return index;
                }
            }
            if kind.closes() {
                depth += 1;
            } else if kind.opens() {
                depth -= 1;
            }
            index -= 1;
        }
        0
    }

    /// Whether a `;` belongs to a `for (…)`, an `if let` or a `[x; n]`.
    fn in_loop_head(&self, at: usize) -> bool {
        if self.words[at].kind != Token::Semicolon {
            return false;
        }
        if self.enclosing(at).is_some_and(|open| self.words[open].kind != Token::OpenBrace) {
            return true;
        }
        // `if let … = …; test {`: the statement that this `;` stands in begins with `if` or `while`.
        let mut depth = 0_u32;
        for index in (0..at).rev() {
            let kind = self.words[index].kind;
            match kind {
                Token::Semicolon | Token::OpenBrace | Token::FatArrow if depth == 0 => return false,
                Token::If | Token::While if depth == 0 => {
                    return self.words.get(index + 1).is_some_and(|next| next.kind == Token::Let);
                }
                _ if kind.closes() => depth += 1,
                _ if kind.opens() && depth == 0 => return false,
                _ if kind.opens() => depth -= 1,
                _ => {}
            }
        }
        false
    }

    /// One past the last word of the statement that begins at `start` and contains `at`.
    fn statement_end(&self, start: usize, at: usize) -> usize {
        let mut depth = 0_u32;
        for index in start..self.words.len() {
            let kind = self.words[index].kind;
            if kind.closes() {
                if depth == 0 {
                    return index;
                }
                depth -= 1;
            } else if kind.opens() {
                depth += 1;
            }
            let next = self.words.get(index + 1).map(|next| next.kind);
            if depth == 0 && index >= at && ends_statement(kind, next) && !self.in_loop_head(index) {
                return index + 1;
            }
        }
        self.words.len()
    }

    /// Puts a word in the place of the smallest part around word `at` that has not been replaced yet.
    fn replace(&mut self, at: usize) {
        let mut at = at.min(self.words.len());
        loop {
            match self.enclosing(at) {
                Some(open) if matches!(self.words[open].kind, Token::OpenParen | Token::OpenBracket) => {
                    let close = self.closing(open);
                    let inner = &self.words[open + 1..close];
                    if !inner.iter().any(|word| word.kind.is_broken())
                        && !inner.is_empty()
                        && !self.is_head_bracket(open)
                    {
                        self.put(open + 1, close, &[Token::BrokenExpr]);
                        return;
                    }
                    at = open;
                }
                Some(open) if self.words[open].kind == Token::StructBrace => at = open,
                _ => {
                    if self.replace_statement(at) {
                        return;
                    }
                    match self.enclosing(at) {
                        Some(open) => at = open,
                        None => return self.give_up(),
                    }
                }
            }
        }
    }

    /// Whether the bracket holds parameters or the parts of a `for`, where no expression can stand in.
    fn is_head_bracket(&self, open: usize) -> bool {
        let before = |back: usize| open.checked_sub(back).and_then(|at| self.words.get(at)).map(|word| word.kind);
        matches!(before(1), Some(Token::Fn | Token::For | Token::Let)) || before(2) == Some(Token::Fn)
    }

    /// Replaces the head of the statement around `at`, or its value, or all of it.
    fn replace_statement(&mut self, at: usize) -> bool {
        let start = self.statement_start(at);
        let end = self.statement_end(start, at);
        if start >= end || self.words[start..end].iter().all(|word| word.kind.is_broken()) {
            return false;
        }
        let body =
            (start..end).find(|index| self.words[*index].kind == Token::OpenBrace && self.level(start, *index) == 0);
        let fresh =
            |from: usize, to: usize| from < to && !self.words[from..to].iter().any(|word| word.kind.is_broken());
        let first = self.words[start].kind;
        match (first, body) {
            (Token::If | Token::While | Token::Match, Some(body))
                if at <= body && at > start && fresh(start + 1, body) =>
            {
                self.put(start + 1, body, &[Token::BrokenExpr]);
            }
            (Token::For | Token::Fn, Some(body)) if at <= body && fresh(start, body) => {
                self.put(start, body, &[Token::BrokenHead])
            }
            (Token::Let, _) if at > start + 1 && self.words[start + 1].kind == Token::Name && fresh(start + 2, end) => {
                self.put(start + 2, end, &[Token::Assign, Token::BrokenExpr, Token::Semicolon]);
            }
            _ => self.put(start, end, &[Token::BrokenStmt]),
        }
        true
    }

    /// How many brackets are open between two words.
    fn level(&self, from: usize, to: usize) -> usize {
        let kinds = self.words[from..to].iter().map(|word| word.kind);
        kinds.fold(0, |level, kind| {
            if kind.opens() {
                level + 1
            } else if kind.closes() {
                level - 1
            } else {
                level
            }
        })
    }

    /// Replaces the words from `from` to `to`.
    fn put(&mut self, from: usize, to: usize, kinds: &[Token]) {
        let start = self.words.get(from).map_or(0, |word| word.start);
        let end = to.checked_sub(1).and_then(|last| self.words.get(last)).map_or(start, |word| word.end).max(start);
        self.mended.push((start, end));
        let words: Vec<Tok> = kinds.iter().map(|kind| Tok { kind: *kind, start, end }).collect();
        self.words.splice(from..to, words);
    }

    /// Replaces the whole piece.
    fn give_up(&mut self) {
        let all = self.words.len();
        self.put(0, all, &[Token::BrokenStmt]);
    }
}
