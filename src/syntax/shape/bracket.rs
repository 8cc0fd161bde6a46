//! Brackets: what each holds, and which one was forgotten where they do not fit.
//!
//! While the text has as many `{` as `}`, indentation is never looked at. Where it has not, indentation
//! tells which brace is the odd one, as it does to a person.

use super::super::token::{Tok, Token};
use super::super::{habits, say};
use super::Shaper;
use super::frame::{Frame, Kind};

/// Whether a bracket stands in the text; others were put in where something was read in another way than it is written, which has been
/// reported.
fn is_written(open: Tok) -> bool {
    open.start < open.end
}

impl Shaper<'_> {
    pub(super) fn open(&mut self, word: Tok) {
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
        let result = kind == Kind::Block
            && self.top().head.is_some_and(|head| head.kind == Token::Fn)
            && !self.last().is_some_and(|last| last.kind == Token::CloseParen);
        let inside = self.top().head.is_some() || self.last().is_some_and(|last| last.kind == Token::Else);
        let result = result || kind == Kind::Block && self.top().result && inside;
        let before = self.out.words.iter().rev().nth(1).map(|word| word.kind);
        let after_name = self.last().is_some_and(|last| last.kind == Token::Name);
        let params = kind == Kind::Paren
            && (self.last().is_some_and(|last| last.kind == Token::Fn) || after_name && before == Some(Token::Fn));
        let fn_word = self.out.words.iter().rev().nth(usize::from(after_name)).map(|word| word.start);
        let declares = params
            && self.top().head.is_some_and(|head| head.kind == Token::Fn && Some(head.start) == fn_word)
            && (after_name || self.body_follows());
        let head_paren = kind == Kind::Paren
            && self.top().head.is_some()
            && self.last().map(|last| last.start) == self.top().head.map(|head| head.start);
        let loop_paren = head_paren && self.top().head.is_some_and(|head| head.kind == Token::For);
        let frame = self.frame();
        frame.starts = false;
        if !matches!(kind, Kind::Paren | Kind::Bracket | Kind::Fields) {
            frame.head = None;
            frame.head_binds = false;
        }
        let mut inner = Frame::new(kind, word, self.indent);
        inner.value = value;
        inner.result = result;
        inner.line = self.line;
        inner.head_paren = head_paren;
        inner.params = params;
        inner.declares = declares;
        inner.loop_paren = loop_paren;
        inner.starts = kind == Kind::Block || loop_paren;
        self.push(word);
        self.frames.push(inner);
        if self.is_too_deep() {
            self.say_too_deep(word);
            self.skip_bracket();
        }
    }

    /// Whether the body of a function follows the parameters that open here: its type has none.
    fn body_follows(&self) -> bool {
        let mut depth = 1_u32;
        for ahead in 0..200 {
            let Some(kind) = self.kind(ahead) else { return false };
            if depth == 0 {
                match kind {
                    Token::OpenBrace => return true,
                    Token::Arrow | Token::Name | Token::Colon => {}
                    _ => return false,
                }
            }
            if kind.opens() {
                depth += 1;
            } else if kind.closes() {
                depth -= 1;
            }
        }
        false
    }

    /// What a `{` opens, and whether its `}` ends an expression.
    pub(super) fn brace(&mut self, word: Tok) -> (Kind, bool) {
        let before = self.out.words.iter().rev().nth(1).map(|word| word.kind);
        let named = self.last().is_some_and(|last| last.kind == Token::Name);
        let head = self.top().head.map(|head| head.kind);
        let value_head = self.top().value_head;
        let declares = matches!(before, Some(Token::Arrow | Token::Fn | Token::StructWord));
        if named && !declares && head != Some(Token::Match) {
            let field = self.kind(0) == Some(Token::Name) && self.kind(1) == Some(Token::Colon);
            // A name alone, or behind another, is no expression: `wihle x { … }`.
            let alone = matches!(
                before,
                None | Some(Token::Name | Token::Semicolon | Token::OpenBrace | Token::CloseBrace | Token::FatArrow)
            );
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
    pub(super) fn skip_bracket(&mut self) {
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

    pub(super) fn close(&mut self, word: Tok) {
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
                if is_written(open) {
                    self.say_bracket(line, say::unclosed(self.span(open), self.text(open), Some(self.span(word))));
                }
                self.pop(None);
            }
            self.pop(Some(word));
        } else if self.top().is_inline() && self.kind(0) != Some(self.top().open.kind.partner()) {
            let open = self.top().open;
            self.say_bracket(
                self.line,
                say::wrong_closer(self.span(open), self.text(open), self.span(word), self.text(word)),
            );
            self.pop(Some(Tok { kind: open.kind.partner(), ..word }));
        } else {
            self.say_bracket(self.line, say::stray_closer(self.span(word), self.text(word)));
        }
    }

    pub(super) fn close_brace(&mut self, word: Tok) {
        if self.top().is_inline() {
            self.close_brackets(Some(word));
        }
        while self.top().unwritten || self.top().margin.is_some() {
            self.end_last_statement();
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
    pub(super) fn pop(&mut self, word: Option<Tok>) {
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
        if self.is_too_deep() {
            self.say_too_deep(open);
            self.at = self.input.len();
            while self.frames.len() > 1 {
                self.pop(None);
            }
        }
    }

    /// Opens a body that ends where the lines are indented no further than `margin`.
    pub(crate) fn open_indented(&mut self, margin: u32) {
        self.open_unwritten();
        if self.top().unwritten {
            let frame = self.frame();
            frame.unwritten = false;
            frame.margin = Some(margin);
        }
    }

    /// Closes the bodies without braces that end before the word in hand, by its indentation.
    pub(super) fn close_indented(&mut self) {
        while self.fresh && self.top().margin.is_some_and(|margin| self.indent <= margin) {
            if self.lacks_end() {
                self.put_semicolon(None);
            }
            self.pop(None);
        }
    }

    /// Whether `word` cannot stand inside the `(` or `[` that is open.
    pub(super) fn shows_unclosed_bracket(&self, word: Tok) -> bool {
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
    pub(super) fn is_struct_literal(&self) -> bool {
        let named = self.last().is_some_and(|last| last.kind == Token::Name);
        let field = self.kind(1) == Some(Token::Name) && self.kind(2) == Some(Token::Colon);
        named && (field || self.kind(1) == Some(Token::CloseBrace))
    }

    /// Closes all open `(` and `[` up to the nearest brace, and says so once.
    pub(super) fn close_brackets(&mut self, before: Option<Tok>) {
        // The body of a function without a name may follow inside the brackets around it.
        let body = before.is_some_and(|word| word.kind == Token::OpenBrace);
        let frames = self.frames.iter().rev();
        let open: Vec<Tok> = frames
            .take_while(|frame| frame.is_inline() && !(body && frame.head.is_some()))
            .map(|frame| frame.open)
            .collect();
        let Some(inner) = open.first().copied() else { return };
        let last = self.last().unwrap_or(inner);
        let end = Tok { start: last.end, ..last };
        // A string that is never closed has swallowed the bracket, and has been reported.
        let swallowed =
            last.kind == Token::Str && !self.text(last).get(1..).is_some_and(|text| text.ends_with(['"', '”', '“']));
        let written: Vec<Tok> = open.iter().copied().filter(|open| is_written(*open)).collect();
        let Some(inner) = written.first().copied().filter(|_| !swallowed) else {
            for _ in open {
                self.pop(None);
            }
            return;
        };
        let mut fact = say::unclosed(self.span(inner), self.text(inner), before.map(|word| self.span(word)));
        for more in &written[1..] {
            fact = fact.label(self.span(*more), "nor is this one");
        }
        // `//` is a comment here and a division elsewhere.
        let behind = self.text.get(last.end as usize..).and_then(|text| text.lines().next()).unwrap_or("");
        if behind.trim_start().starts_with("//") && behind.contains(')') {
            fact = fact.help("`//` begins a comment: to divide write `/`");
        }
        let closers: String = written.iter().map(|open| say::partner(self.text(*open))).collect();
        let line = self.top().line;
        self.say_bracket(line, fact.edit(self.span(end), closers));
        for _ in open {
            self.pop(None);
        }
    }

    /// Whether the innermost block should have ended before `word`: a brace is missing somewhere, and the
    /// line of `word` is indented no further than the line that opened the block.
    pub(super) fn ends_an_unclosed_block(&self, word: Tok) -> bool {
        let Some(frame) =
            self.frames.iter().rev().find(|frame| !frame.is_inline() && !frame.unwritten && frame.margin.is_none())
        else {
            return false;
        };
        if self.surplus <= 0 || !self.fresh || !frame.is_written_brace() || frame.flat {
            return false;
        }
        match word.kind {
            Token::CloseBrace => self.indent < frame.indent,
            kind => self.indent <= frame.indent && !kind.closes() && kind != Token::OpenBrace,
        }
    }

    pub(super) fn close_unclosed_block(&mut self, word: Tok) {
        if self.top().is_inline() {
            self.close_brackets(Some(word));
        }
        while self.top().unwritten || self.top().margin.is_some() {
            self.end_last_statement();
            self.pop(None);
        }
        let (open, line) = (self.top().open, self.top().line);
        self.say_bracket(line, say::unclosed(self.span(open), "{", Some(self.span(word))));
        self.surplus -= 1;
        self.end_last_statement();
        self.pop(None);
    }

    /// Ends the last statement of a block that is about to be closed for want of a `}`.
    pub(super) fn end_last_statement(&mut self) {
        if matches!(self.top().kind, Kind::Block | Kind::Arms) && self.lacks_end() {
            self.push_missing(Token::Semicolon);
            self.end_statement(true);
        }
    }

    /// Says which `{` is still open at the end of the text: the innermost.
    pub(super) fn say_unclosed_block(&mut self) {
        let mut open = self.frames.iter().rev().filter(|frame| frame.is_written_brace()).map(|frame| frame.open);
        let Some(inner) = open.next() else { return };
        let line = self.frames.iter().rfind(|frame| frame.is_written_brace()).map_or(0, |frame| frame.line);
        let mut fact = say::unclosed(self.span(inner), "{", None);
        for more in open.take(3) {
            fact = fact.label(self.span(more), "nor is this one");
        }
        self.say_bracket(line, fact);
    }
}
