//! Comments and empty lines: each comes to stand where it stands in the program.

use super::Emit;
use crate::source::Span;

impl Emit<'_> {
    /// The comment at the top of the file.
    pub(super) fn first_comment(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut next = None;
        let first =
            self.program.functions.iter().map(|f| f.head.start).filter(|start| *start > 0).min().unwrap_or(u32::MAX);
        for at in 0..self.comments.len() {
            let (span, text, _) = &self.comments[at];
            let line = self.sources.line(*span);
            let behind_code = !self.alone(*span);
            if span.start > first || behind_code || next.is_some_and(|next| line != next) {
                break;
            }
            next = Some(line + text.lines().count() as u32);
            lines.extend(text.lines().map(str::to_owned));
            self.comments[at].2 = true;
        }
        lines
    }

    /// Whether nothing but space stands before a place in its line.
    fn alone(&self, span: Span) -> bool {
        let text = &self.sources.file(span.file).text;
        let before = text.get(..span.start as usize).unwrap_or("");
        before.rsplit('\n').next().unwrap_or("").trim().is_empty()
    }

    pub(super) fn line_end(&self, offset: u32) -> u32 {
        let text = &self.sources.file(self.program.file).text;
        let rest = text.get(offset as usize..).unwrap_or("");
        offset + rest.find('\n').unwrap_or(rest.len()) as u32
    }

    /// Writes the comments of the present region that stand before a place.
    pub(super) fn comments_until(&mut self, offset: u32) {
        for at in 0..self.comments.len() {
            let (span, text, done) = &self.comments[at];
            if *done || span.start < self.region || span.start >= offset {
                continue;
            }
            let (span, text) = (*span, text.clone());
            self.comments[at].2 = true;
            self.space_before(span.start);
            for line in text.lines() {
                self.line(line.trim());
            }
        }
    }

    /// Puts a comment that stands behind a place, in the same line, behind the last line.
    pub(super) fn comment_behind(&mut self, offset: u32) {
        let end = self.line_end(offset);
        let found = self
            .comments
            .iter()
            .position(|(span, _, done)| !done && span.start >= offset && span.start < end && span.start >= self.region);
        let Some(at) = found else { return };
        let (span, text, _) = self.comments[at].clone();
        let between = self.sources.text(Span { file: span.file, start: offset, end: span.start });
        if text.contains('\n')
            || !between.chars().all(|letter| letter.is_whitespace() || matches!(letter, ';' | '}' | '{'))
        {
            return;
        }
        let column = self.sources.file(span.file).line_column(span.start).column as usize - 1;
        if let Some(last) = self.out.last_mut() {
            let width = last.chars().count();
            let gap = if column > width { column - width } else { 2 };
            last.push_str(&" ".repeat(gap.max(2)));
            last.push_str(&text);
            self.comments[at].2 = true;
        }
    }

    /// An empty line where the source has one.
    pub(super) fn space_before(&mut self, offset: u32) {
        let text = &self.sources.file(self.program.file).text;
        let before = text.get(..offset as usize).unwrap_or("");
        let blank = before.trim_end_matches([' ', '\t']).ends_with("\n\n")
            || before.trim_end_matches([' ', '\t']).ends_with("\n\r\n");
        let opened = self.out.last().is_none_or(|last| last.is_empty() || last.ends_with('{') || last.ends_with(':'));
        if blank && !opened {
            self.out.push(String::new());
        }
    }
}
