//! The pass between lexer and parser: balances brackets, tells the `{` of a struct literal from that of
//! a block, puts in a forgotten `;` and mends the slips that can be seen from a few words. Afterwards
//! brackets always fit, so the parser and its recovery never run away over half a file.
//!
//! One pass over the words with a stack of open brackets; it knows statements only as far as their first
//! and last word. Time and memory are linear in the number of words.

mod bracket;
pub(crate) mod frame;
mod semicolon;

use super::say;
use super::token::{Tok, Token};
use super::{MAX_DEPTH, habits};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use frame::{Frame, Kind};

/// The words as the parser wants them, and what was mended.
#[derive(Debug, Default)]
pub(crate) struct Shaped {
    /// Balanced words.
    pub(crate) words: Vec<Tok>,
    /// What was wrong.
    pub(crate) facts: Vec<Diagnostic>,
    /// Whether one of the facts is that the program is too deep.
    pub(crate) too_deep: bool,
    /// How many brackets, and words that wait for what follows them, are open at once.
    pub(crate) depth: u32,
}

/// Shapes the words of `text`.
pub(crate) fn shape(file: FileId, text: &str, input: &[Tok]) -> Shaped {
    let mut shaper = Shaper {
        file,
        text,
        input,
        at: 0,
        frames: vec![Frame::new(Kind::Top, Tok { kind: Token::OpenBrace, start: 0, end: 0 }, 0)],
        leaning: 0,
        fresh: true,
        indent: 0,
        line: 0,
        odd_line: None,
        value_close: false,
        surplus: surplus(input),
        do_ends: Vec::new(),
        out: Shaped { words: Vec::with_capacity(input.len() + 8), ..Shaped::default() },
    };
    while shaper.at < input.len() {
        shaper.next();
    }
    shaper.finish();
    shaper.out
}

/// How many more braces open than close.
fn surplus(input: &[Tok]) -> i64 {
    input.iter().map(|word| i64::from(word.kind == Token::OpenBrace) - i64::from(word.kind == Token::CloseBrace)).sum()
}

/// The state of the pass.
pub(crate) struct Shaper<'t> {
    file: FileId,
    text: &'t str,
    input: &'t [Tok],
    /// The next word of the input.
    pub(crate) at: usize,
    frames: Vec<Frame>,
    /// Words that make the parser's stack grow without a bracket, over all frames.
    leaning: u32,
    /// Whether the word in hand is the first of its line.
    fresh: bool,
    /// How far the line of the word in hand is indented.
    indent: u32,
    /// The number of that line, among those that have words.
    line: u32,
    /// The line of the last report about a bracket: brackets that do not fit on one line are one mistake.
    odd_line: Option<u32>,
    /// Whether the last word put out is a `}` that ends an expression.
    value_close: bool,
    /// How many `{` more than `}` are still unaccounted for; negative for more `}`. While it is not zero,
    /// indentation is trusted to tell which brace is the odd one.
    surplus: i64,
    /// Where in the input the `while` stands that ends a `do`, innermost last.
    pub(crate) do_ends: Vec<usize>,
    /// What has been put out.
    pub(crate) out: Shaped,
}

impl<'t> Shaper<'t> {
    /// The text of a word.
    pub(crate) fn text(&self, word: Tok) -> &'t str {
        self.slice(word.start, word.end)
    }

    /// The text from byte `start` to byte `end`.
    pub(crate) fn slice(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// The place of a word.
    pub(crate) fn span(&self, word: Tok) -> Span {
        Span { file: self.file, start: word.start, end: word.end }
    }

    /// The place from one word to another.
    pub(crate) fn across(&self, first: Tok, last: Tok) -> Span {
        self.span(first).to(self.span(last))
    }

    /// The word `ahead` words after the next one.
    pub(crate) fn peek(&self, ahead: usize) -> Option<Tok> {
        self.input.get(self.at + ahead).copied()
    }

    /// The word of the text before the next one.
    pub(crate) fn before(&self) -> Option<Tok> {
        self.at.checked_sub(1).and_then(|at| self.input.get(at)).copied()
    }

    /// The name of a type as it is written here.
    pub(crate) fn c_name(&self, word: Tok) -> String {
        habits::c_type::here(self.text(word), 0)
    }

    /// The kind of the word `ahead` words after the next one.
    pub(crate) fn kind(&self, ahead: usize) -> Option<Token> {
        self.peek(ahead).map(|word| word.kind)
    }

    /// The last word put out.
    pub(crate) fn last(&self) -> Option<Tok> {
        self.out.words.last().copied()
    }

    /// The innermost open frame; the outermost is never closed.
    pub(crate) fn frame(&mut self) -> &mut Frame {
        let top = self.frames.len() - 1;
        &mut self.frames[top]
    }

    /// The innermost open frame, to look at.
    pub(crate) fn top(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    /// How far the line of a word is indented; a line that is very long counts as not indented.
    pub(crate) fn margin(&self, word: Tok) -> u32 {
        let from = self.text.floor_char_boundary((word.start as usize).saturating_sub(300));
        let line = self.text.get(from..word.start as usize).and_then(|text| text.rsplit('\n').next()).unwrap_or("");
        (line.len() - line.trim_start().len()) as u32
    }

    /// Whether the next word is the first of its line.
    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether the text has more `}` than `{` that nothing accounts for.
    pub(crate) fn lacks_open_brace(&self) -> bool {
        self.surplus < 0
    }

    /// Opens a block, or the arms of a match, whose `{` was forgotten although its `}` was not.
    pub(crate) fn open_missing(&mut self, indent: u32) {
        let end = self.last().map_or(0, |last| last.end);
        self.surplus += 1;
        self.open(Tok { kind: Token::OpenBrace, start: end, end });
        let frame = self.frame();
        frame.indent = indent;
        frame.begun = true;
    }

    /// Whether the innermost frame holds parts and no statements.
    pub(crate) fn kind_of_list(&self) -> bool {
        !matches!(self.top().kind, Kind::Top | Kind::Block | Kind::Arms)
    }

    /// Reports.
    pub(crate) fn say(&mut self, fact: Diagnostic) {
        self.out.facts.push(fact);
    }

    /// Adds a place, and the edits for it, to the last report, if that says the same.
    pub(crate) fn say_again(&mut self, fact: Diagnostic) {
        if let Some(last) = self.out.facts.last_mut().filter(|last| last.headline == fact.headline) {
            last.also.push(fact.span());
            last.edits.extend(fact.edits);
        }
    }

    /// Reports a bracket that stands on the line of that number.
    fn say_bracket(&mut self, line: u32, fact: Diagnostic) {
        if self.odd_line.replace(line) != Some(line) {
            self.say(fact);
        }
    }

    /// Puts a word out.
    pub(crate) fn push(&mut self, word: Tok) {
        self.value_close = false;
        self.out.words.push(word);
    }

    /// Puts out a word that the text does not have, at the end of the last one.
    pub(crate) fn push_missing(&mut self, kind: Token) {
        let end = self.last().map_or(0, |last| last.end);
        self.push(Tok { kind, start: end, end });
    }

    /// Notes whether the next word begins a line, and how far that is indented.
    fn look_at_line(&mut self) {
        let word = self.input[self.at];
        let before = if self.at == 0 { 0 } else { self.input[self.at - 1].end };
        let gap = self.text.as_bytes().get(before as usize..word.start as usize).unwrap_or(&[]);
        let newline = gap.iter().rposition(|byte| *byte == b'\n');
        self.fresh = self.at == 0 || newline.is_some();
        if self.fresh {
            self.line += 1;
            self.indent = (gap.len() - newline.map_or(0, |at| at + 1)) as u32;
        }
        let (fresh, indent) = (self.fresh, self.indent);
        let frame = self.frame();
        if !std::mem::replace(&mut frame.begun, true) {
            frame.flat = fresh && indent <= frame.indent;
        }
    }

    /// Takes the next word.
    fn next(&mut self) {
        self.look_at_line();
        self.close_indented();
        let word = self.input[self.at];
        while self.ends_an_unclosed_block(word) {
            self.close_unclosed_block(word);
        }
        if self.shows_unclosed_bracket(word) {
            self.close_brackets(Some(word));
            if self.lacks_semicolon(word) {
                self.semicolon_unsaid();
            }
        }
        if habits::expression(self) {
            return;
        }
        if self.top().head.is_some() && habits::after_bare_head(self) {
            return;
        }
        if self.lacks_semicolon(word) {
            self.put_semicolon(Some(word));
        }
        if self.top().starts && habits::statement(self) {
            return;
        }
        self.at += 1;
        self.take(word);
    }

    /// Puts a word out and keeps the books.
    pub(crate) fn take(&mut self, word: Tok) {
        match word.kind {
            kind if kind.opens() => self.open(word),
            kind if kind.closes() => self.close(word),
            Token::Semicolon => self.semicolon(word),
            Token::Comma => {
                self.push(word);
                self.settle();
                let frame = self.frame();
                if frame.kind == Kind::Arms {
                    frame.in_arm = false;
                }
            }
            Token::FatArrow => {
                self.push(word);
                let frame = self.frame();
                frame.in_arm = true;
                frame.starts = frame.kind == Kind::Arms;
                if frame.starts {
                    habits::after_arrow(self);
                }
            }
            Token::Else => {
                self.push(word);
                self.frame().starts = false;
                habits::after_else(self);
            }
            _ => {
                self.lean(word);
                self.head(word);
                self.push(word);
                self.frame().starts = false;
            }
        }
    }

    /// Words after which the parser has to wait for the rest before it can finish what stands before.
    fn lean(&mut self, word: Tok) {
        if matches!(word.kind, Token::Question | Token::Arrow) || word.kind.assigns() {
            self.leaning += 1;
            self.frame().leaning += 1;
            if self.is_too_deep() {
                self.say_too_deep(word);
                while self.kind(0).is_some_and(|kind| {
                    !matches!(kind, Token::Semicolon | Token::Comma) && !kind.opens() && !kind.closes()
                }) {
                    self.at += 1;
                }
            }
        }
    }

    /// Forgets the leaning words of the innermost frame: what they waited for is complete.
    fn settle(&mut self) {
        let leaning = std::mem::take(&mut self.frame().leaning);
        self.leaning -= leaning;
    }

    fn is_too_deep(&mut self) -> bool {
        let depth = self.frames.len() as u32 + self.leaning;
        self.out.depth = self.out.depth.max(depth);
        depth > MAX_DEPTH
    }

    fn say_too_deep(&mut self, word: Tok) {
        if !self.out.too_deep {
            self.out.too_deep = true;
            self.say(say::too_deep(self.span(word)));
        }
    }

    /// Notes keywords whose block is still to come.
    fn head(&mut self, word: Tok) {
        let named = self.kind(0) != Some(Token::OpenParen);
        // `let match = 3;`: a keyword for a name is one mistake and not the beginning of a `match`.
        if self.last().is_some_and(|last| {
            matches!(last.kind, Token::Let | Token::Const | Token::Fn | Token::StructWord | Token::Dot)
        }) {
            return;
        }
        let is_type = self.last().is_some_and(|last| matches!(last.kind, Token::Arrow | Token::Colon));
        let frame = self.frame();
        match word.kind {
            Token::If | Token::While | Token::For | Token::Match | Token::StructWord => {
                frame.head = Some(word);
                frame.semicolon = false;
            }
            Token::Fn if !is_type => {
                frame.head = Some(word);
                frame.value_head = !named;
            }
            Token::Let if frame.head.is_some() => frame.head_binds = true,
            Token::Assign if frame.head.is_some_and(|head| head.kind == Token::Fn) => frame.head = None,
            _ => {}
        }
    }

    /// The text is at its end.
    fn finish(&mut self) {
        self.fresh = true;
        if self.top().is_inline() {
            self.close_brackets(None);
        }
        if self.frames.len() == 1 && self.lacks_end() {
            self.put_semicolon(None);
        }
        self.say_unclosed_block();
        while self.frames.len() > 1 {
            let open = self.frames.len();
            self.end_last_statement();
            if self.frames.len() == open {
                self.pop(None);
            }
        }
    }
}
