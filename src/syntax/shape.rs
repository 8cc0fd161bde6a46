//! The pass between lexer and parser: balances brackets, tells the `{` of a struct literal from that of
//! a block, puts in a forgotten `;` and mends the slips that can be seen from a few words. Afterwards
//! brackets always fit, so the parser and its recovery never run away over half a file.
//!
//! One pass over the words with a stack of open brackets; it knows statements only as far as their first
//! and last word. Time and memory are linear in the number of words.

use super::frame::{Frame, Kind};
use super::say;
use super::token::{Tok, Token};
use super::{MAX_DEPTH, habits};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

/// The words as the parser wants them, and what was mended.
#[derive(Debug, Default)]
pub(crate) struct Shaped {
    /// Balanced words.
    pub(crate) words: Vec<Tok>,
    /// What was wrong.
    pub(crate) facts: Vec<Diagnostic>,
    /// Whether one of the facts is that the program is too deep.
    pub(crate) too_deep: bool,
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
        let gap = self.slice(before, word.start);
        self.fresh = self.at == 0 || gap.contains('\n');
        if self.fresh {
            self.line += 1;
            let margin = gap.len() - gap.rfind('\n').map_or(0, |at| at + 1);
            self.indent = margin as u32;
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
            self.put_semicolon();
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
            if self.depth() > MAX_DEPTH {
                self.say_too_deep(word);
                while self.kind(0).is_some_and(|kind| !matches!(kind, Token::Semicolon | Token::Comma) && !kind.opens() && !kind.closes()) {
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

    fn depth(&self) -> u32 {
        self.frames.len() as u32 + self.leaning
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
        if self.last().is_some_and(|last| matches!(last.kind, Token::Let | Token::Const | Token::Fn | Token::StructWord | Token::Dot)) {
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

    // ------------------------------------------------------------------------------------ brackets

    fn open(&mut self, word: Tok) {
        let mut word = word;
        let mut kind = match word.kind {
            Token::OpenParen => Kind::Paren,
            Token::OpenBracket => Kind::Bracket,
            _ => Kind::Block,
        };
        let mut value = false;
        if kind == Kind::Block {
            (kind, value) = self.brace(word);
            if kind == Kind::Fields {
                word.kind = Token::StructBrace;
            }
        }
        let before = self.out.words.iter().rev().nth(1).map(|word| word.kind);
        let after_name = self.last().is_some_and(|last| last.kind == Token::Name);
        let params = kind == Kind::Paren && (self.last().is_some_and(|last| last.kind == Token::Fn) || after_name && before == Some(Token::Fn));
        let head_paren = kind == Kind::Paren && self.top().head.is_some() && self.last().map(|last| last.start) == self.top().head.map(|head| head.start);
        let loop_paren = head_paren && self.top().head.is_some_and(|head| head.kind == Token::For);
        let frame = self.frame();
        frame.starts = false;
        if !matches!(kind, Kind::Paren | Kind::Bracket | Kind::Fields) {
            frame.head = None;
            frame.head_binds = false;
        }
        let mut inner = Frame::new(kind, word, self.indent);
        inner.value = value;
        inner.line = self.line;
        inner.head_paren = head_paren;
        inner.params = params;
        inner.loop_paren = loop_paren;
        inner.starts = kind == Kind::Block || loop_paren;
        self.push(word);
        self.frames.push(inner);
        if self.depth() > MAX_DEPTH {
            self.say_too_deep(word);
            self.skip_bracket();
        }
    }

    /// What a `{` opens, and whether its `}` ends an expression.
    fn brace(&mut self, word: Tok) -> (Kind, bool) {
        let before = self.out.words.iter().rev().nth(1).map(|word| word.kind);
        let named = self.last().is_some_and(|last| last.kind == Token::Name);
        let head = self.top().head.map(|head| head.kind);
        let value_head = self.top().value_head;
        let declares = matches!(before, Some(Token::Arrow | Token::Fn | Token::StructWord));
        if named && !declares && head != Some(Token::Match) {
            let field = self.kind(0) == Some(Token::Name) && self.kind(1) == Some(Token::Colon);
            // A name alone, or behind another, is no expression: `wihle x { … }`.
            let alone = matches!(before, None | Some(Token::Name | Token::Semicolon | Token::OpenBrace | Token::CloseBrace | Token::FatArrow));
            let inside = !alone && matches!(head, None | Some(Token::Fn));
            if field && matches!(head, Some(Token::If | Token::While | Token::For)) {
                let name = self.last().unwrap_or(word);
                self.say(say::struct_in_head(self.across(name, word), self.text(name)));
            }
            if field || inside {
                return (Kind::Fields, true);
            }
        }
        match head {
            Some(Token::Match) => (Kind::Arms, false),
            Some(Token::StructWord) => (Kind::Declaration, false),
            Some(Token::Fn) => (Kind::Block, value_head),
            _ => (Kind::Block, false),
        }
    }

    /// Leaves out what stands in the bracket just opened.
    fn skip_bracket(&mut self) {
        let mut open = 1_u32;
        while let Some(kind) = self.kind(0) {
            if kind.opens() {
                open += 1;
            } else if kind.closes() {
                open -= 1;
                if open == 0 {
                    break;
                }
            }
            self.at += 1;
        }
        if self.top().is_inline() {
            self.push_missing(Token::BrokenExpr);
        }
        if self.at >= self.input.len() {
            // Nothing is left to tell who forgot what.
            while self.frames.len() > 1 {
                self.pop(None);
            }
        }
    }

    fn close(&mut self, word: Tok) {
        if word.kind == Token::CloseBrace {
            return self.close_brace(word);
        }
        let depth = self.frames.len();
        if self.surplus > 0 && self.top().value && depth > 1 && self.frames[depth - 2].is_inline() {
            self.close_unclosed_block(word);
        }
        let wanted = if word.kind == Token::CloseParen { Kind::Paren } else { Kind::Bracket };
        let mut open = self.frames.iter().rev().take_while(|frame| frame.is_inline());
        if self.top().kind == wanted {
            self.pop(Some(word));
        } else if open.any(|frame| frame.kind == wanted) {
            while self.top().kind != wanted {
                let (open, line) = (self.top().open, self.top().line);
                self.say_bracket(line, say::unclosed(self.span(open), self.text(open), Some(self.span(word))));
                self.pop(None);
            }
            self.pop(Some(word));
        } else if self.top().is_inline() && self.kind(0) != Some(self.top().open.kind.partner()) {
            let open = self.top().open;
            self.say_bracket(self.line, say::wrong_closer(self.span(open), self.text(open), self.span(word), self.text(word)));
            self.pop(Some(Tok { kind: open.kind.partner(), ..word }));
        } else {
            self.say_bracket(self.line, say::stray_closer(self.span(word), self.text(word)));
        }
    }

    fn close_brace(&mut self, word: Tok) {
        if self.top().is_inline() {
            self.close_brackets(Some(word));
        }
        while self.top().unwritten {
            self.pop(None);
        }
        let doubled = self.last().is_some_and(|last| last.kind == Token::CloseBrace);
        let odd = self.surplus < 0 && (self.fresh || doubled) && self.indent > self.top().indent && !self.top().flat;
        if self.frames.len() == 1 || odd {
            self.surplus += 1;
            self.say_bracket(self.line, say::stray_closer(self.span(word), "}"));
            return;
        }
        self.pop(Some(word));
    }

    /// Closes the innermost frame with `word`, or with a word the text does not have.
    fn pop(&mut self, word: Option<Tok>) {
        if self.frames.len() == 1 {
            return;
        }
        self.settle();
        let Some(frame) = self.frames.pop() else { return };
        match word {
            Some(word) => self.push(word),
            None => self.push_missing(frame.open.kind.partner()),
        }
        self.value_close = frame.value;
        let is_statement = !frame.value && !frame.is_inline();
        if is_statement {
            self.end_statement(false);
        } else if frame.head_paren {
            habits::after_head(self);
        }
    }

    /// A statement is complete: what stands under a forgotten brace is complete with it.
    /// One that ended with `;` takes no `else` of its own; one that ended with a block may go on with one.
    pub(crate) fn end_statement(&mut self, simple: bool) {
        self.settle();
        let goes_on = self.kind(0) == Some(Token::Else);
        let frame = self.frame();
        frame.starts = frame.kind != Kind::Arms;
        frame.in_arm = false;
        frame.head = None;
        frame.head_binds = false;
        frame.told = false;
        if frame.unwritten && (simple || !goes_on) {
            self.pop(None);
            self.frame().told = goes_on;
        }
    }

    /// Opens a block whose brace was forgotten; it ends with the next statement.
    pub(crate) fn open_unwritten(&mut self) {
        self.push_missing(Token::OpenBrace);
        let open = self.last().unwrap_or(Tok { kind: Token::OpenBrace, start: 0, end: 0 });
        self.frame().head = None;
        let mut inner = Frame::new(Kind::Block, open, self.indent);
        inner.unwritten = true;
        inner.starts = true;
        self.frames.push(inner);
        if self.depth() > MAX_DEPTH {
            self.say_too_deep(open);
            self.at = self.input.len();
            while self.frames.len() > 1 {
                self.pop(None);
            }
        }
    }

    // ---------------------------------------------------------------------------- forgotten closers

    /// Whether `word` cannot stand inside the `(` or `[` that is open.
    fn shows_unclosed_bracket(&self, word: Tok) -> bool {
        let frame = self.top();
        if !frame.is_inline() {
            return false;
        }
        let binds = frame.loop_paren || frame.head_paren;
        match word.kind {
            Token::Semicolon if frame.kind == Kind::Paren => !binds,
            Token::Semicolon => self.peek(1).is_none_or(|next| self.slice(word.end, next.start).contains('\n')),
            Token::Let => !binds || !matches!(self.last(), Some(last) if last.kind == Token::OpenParen),
            Token::Fn => self.kind(1) == Some(Token::Name) && self.fresh,
            Token::OpenBrace => frame.head.is_none() && !self.is_struct_literal(),
            kind => kind.begins_statement() || (kind.assigns() && frame.kind == Kind::Bracket),
        }
    }

    /// Whether the `{` to come begins the fields of a struct literal.
    fn is_struct_literal(&self) -> bool {
        let named = self.last().is_some_and(|last| last.kind == Token::Name);
        let field = self.kind(1) == Some(Token::Name) && self.kind(2) == Some(Token::Colon);
        named && (field || self.kind(1) == Some(Token::CloseBrace))
    }

    /// Closes all open `(` and `[` up to the nearest brace, and says so once.
    fn close_brackets(&mut self, before: Option<Tok>) {
        // The body of a function without a name may follow inside the brackets around it.
        let body = before.is_some_and(|word| word.kind == Token::OpenBrace);
        let frames = self.frames.iter().rev();
        let open: Vec<Tok> = frames.take_while(|frame| frame.is_inline() && !(body && frame.head.is_some())).map(|frame| frame.open).collect();
        let Some(inner) = open.first().copied() else { return };
        let last = self.last().unwrap_or(inner);
        let end = Tok { start: last.end, ..last };
        // A string that is never closed has swallowed the bracket, and has been reported.
        let swallowed = last.kind == Token::Str && !self.text(last).get(1..).is_some_and(|text| text.ends_with(['"', '”', '“']));
        if swallowed {
            for _ in open {
                self.pop(None);
            }
            return;
        }
        let mut fact = say::unclosed(self.span(inner), self.text(inner), before.map(|word| self.span(word)));
        for more in &open[1..] {
            fact = fact.label(self.span(*more), "nor is this one");
        }
        let closers: String = open.iter().map(|open| say::partner(self.text(*open))).collect();
        let line = self.top().line;
        self.say_bracket(line, fact.edit(self.span(end), closers));
        for _ in open {
            self.pop(None);
        }
    }

    /// Whether the innermost block should have ended before `word`: a brace is missing somewhere, and the
    /// line of `word` is indented no further than the line that opened the block.
    fn ends_an_unclosed_block(&self, word: Tok) -> bool {
        let Some(frame) = self.frames.iter().rev().find(|frame| !frame.is_inline() && !frame.unwritten) else { return false };
        if self.surplus <= 0 || !self.fresh || !frame.is_written_brace() || frame.flat {
            return false;
        }
        match word.kind {
            Token::CloseBrace => self.indent < frame.indent,
            kind => self.indent <= frame.indent && !kind.closes() && kind != Token::OpenBrace,
        }
    }

    fn close_unclosed_block(&mut self, word: Tok) {
        if self.top().is_inline() {
            self.close_brackets(Some(word));
        }
        while self.top().unwritten {
            self.pop(None);
        }
        let (open, line) = (self.top().open, self.top().line);
        self.say_bracket(line, say::unclosed(self.span(open), "{", Some(self.span(word))));
        self.surplus -= 1;
        self.end_last_statement();
        self.pop(None);
    }

    /// Ends the last statement of a block that is about to be closed for want of a `}`.
    fn end_last_statement(&mut self) {
        if matches!(self.top().kind, Kind::Block | Kind::Arms) && self.lacks_end() {
            self.push_missing(Token::Semicolon);
            self.end_statement(true);
        }
    }

    /// Says which `{` is still open at the end of the text: the innermost.
    fn say_unclosed_block(&mut self) {
        let mut open = self.frames.iter().rev().filter(|frame| frame.is_written_brace()).map(|frame| frame.open);
        let Some(inner) = open.next() else { return };
        let line = self.frames.iter().rfind(|frame| frame.is_written_brace()).map_or(0, |frame| frame.line);
        let mut fact = say::unclosed(self.span(inner), "{", None);
        for more in open.take(3) {
            fact = fact.label(self.span(more), "nor is this one");
        }
        self.say_bracket(line, fact);
    }

    // --------------------------------------------------------------------------------- semicolons

    /// Whether a statement has ended with the last word, though no `;` follows.
    fn lacks_end(&self) -> bool {
        let Some(last) = self.last() else { return false };
        let frame = self.top();
        let inside = match frame.kind {
            Kind::Top | Kind::Block => true,
            Kind::Arms => frame.in_arm,
            _ => false,
        };
        let ends = last.kind.ends_expression() || self.value_close || matches!(last.kind, Token::Return | Token::Break | Token::Continue);
        inside && !frame.starts && frame.head.is_none() && ends
    }

    fn lacks_semicolon(&self, word: Tok) -> bool {
        if !self.lacks_end() {
            return false;
        }
        let returns = self.last().is_some_and(|last| last.kind == Token::Return);
        match word.kind {
            Token::CloseBrace => self.top().kind == Kind::Block,
            Token::Fn => self.kind(1) == Some(Token::Name),
            Token::Name | Token::Int | Token::Float | Token::Str | Token::Char | Token::True | Token::False | Token::Nil | Token::Underscore => {
                self.fresh && !returns
            }
            kind => kind.begins_statement(),
        }
    }

    fn put_semicolon(&mut self) {
        let last = self.last().unwrap_or(Tok { kind: Token::Semicolon, start: 0, end: 0 });
        let in_arm = self.top().kind == Kind::Arms;
        if !self.out.too_deep {
            self.say(say::missing_semicolon(self.span(last), in_arm));
        }
        self.semicolon_unsaid();
    }

    /// Puts in a `;` without a word about it.
    fn semicolon_unsaid(&mut self) {
        let end = self.last().map_or(0, |last| last.end);
        self.semicolon(Tok { kind: Token::Semicolon, start: end, end });
    }

    fn semicolon(&mut self, word: Tok) {
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

    /// The text is at its end.
    fn finish(&mut self) {
        self.fresh = true;
        if self.top().is_inline() {
            self.close_brackets(None);
        }
        if self.frames.len() == 1 && self.lacks_end() {
            self.put_semicolon();
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
