//! `// allow(name, …)`: reads from the comments what a source asks not to hear, and on which lines. Knows nothing of the facts
//! themselves.

use super::ast::{Comment, Function, Item, Program};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::allow::{self, Allow};
use crate::source::{SourceFile, Span};

/// What the comments allow, and which of their words mean nothing.
pub fn allows(file: &SourceFile, program: &Program) -> (Vec<Allow>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut facts = Vec::new();
    for comment in &program.comments {
        let Some((list, offset)) = list(&comment.text) else { continue };
        let mut codes = Vec::new();
        for (word, at) in words(list) {
            let start = comment.span.start as usize + offset + at;
            let place = Span::new(comment.span.file, start, start + word.len());
            match allow::read(word) {
                Ok(code) => codes.push(code),
                Err(why) => facts.push(allow::refused(word, why, Some(place))),
            }
        }
        if !codes.is_empty() {
            found.push(Allow { codes, covers: covered(file, program, comment) });
        }
    }
    (found, facts)
}

/// What stands between the brackets of an `allow(…)`, and at which byte of the comment.
fn list(comment: &str) -> Option<(&str, usize)> {
    let body = comment.strip_prefix("//").or_else(|| comment.strip_prefix("/*"))?;
    let rest = body.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let end = rest.find(')')?;
    let offset = comment.len() - rest.len();
    Some((rest.get(..end)?, offset))
}

/// The words between commas with the byte at which each begins.
fn words(list: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    list.split(',').filter_map(move |part| {
        let start = at + (part.len() - part.trim_start().len());
        at += part.len() + 1;
        let word = part.trim();
        (!word.is_empty()).then_some((word, start))
    })
}

/// The comment's own line if code stands before it there, else the next line that holds code; all of a function whose head
/// begins on it.
fn covered(file: &SourceFile, program: &Program, comment: &Comment) -> Span {
    let own = file.line(comment.span.start);
    let column = file.line_column(comment.span.start).column as usize;
    let before: String = file.line_text(own).chars().take(column.saturating_sub(1)).collect();
    let mut line = own;
    if before.trim().is_empty() {
        line = file.line(comment.span.end) + 1;
        let last = file.line(u32::MAX);
        while line < last && is_bare(file.line_text(line)) {
            line += 1;
        }
    }
    let start = line_start(file, line);
    let end = line_start(file, line + 1);
    let function = program.items.iter().find_map(|item| match item {
        Item::Function(function) if (start..end).contains(&function.head.start) => Some(function),
        _ => None,
    });
    let end = function.map_or(end, |Function { body, .. }| end.max(body.span.end));
    Span { file: comment.span.file, start, end }
}

/// Whether a line holds nothing, or only a comment.
fn is_bare(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("//")
}

/// The byte at which a line begins; past the end, the end.
fn line_start(file: &SourceFile, line: u32) -> u32 {
    let length = file.text.len() as u32;
    // The first byte whose line is at least `line`.
    let (mut low, mut high) = (0, length + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if file.line(middle) >= line { high = middle } else { low = middle + 1 }
    }
    low.min(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> (Vec<(String, usize)>, Vec<String>) {
        let file = SourceFile::new("a.proc", text);
        let (program, _) = crate::syntax::parse(FileId(0), text);
        let (allows, facts) = allows(&file, &program);
        let shown =
            allows.iter().map(|allow| (text.get(allow.covers.range()).unwrap_or("?").to_owned(), allow.codes.len()));
        (shown.collect(), facts.iter().map(|fact| text.get(fact.span().range()).unwrap_or("?").to_owned()).collect())
    }

    #[test]
    fn the_line_below_or_the_own_line_is_covered() {
        assert_eq!(
            read("// allow(unused-name)\n\n// more\nlet x = 1;\nlet y = 2;\n").0,
            [("let x = 1;\n".to_owned(), 1)]
        );
        assert_eq!(
            read("let x = 1; // allow(unused-name, W2002)\nlet y = 2;\n").0,
            [("let x = 1; // allow(unused-name, W2002)\n".to_owned(), 2)]
        );
        assert_eq!(read("let x = 1; /* allow(unused-name) */").0.len(), 1);
        assert_eq!(read("// allow(unused-name)").0, [(String::new(), 1)]);
    }

    #[test]
    fn all_of_a_function_is_covered() {
        let (found, _) = read("// allow(unused-name)\nfn f() {\n    let x = 1;\n}\nlet y = 2;\n");
        assert_eq!(found, [("fn f() {\n    let x = 1;\n}".to_owned(), 1)]);
    }

    #[test]
    fn words_that_mean_nothing_are_pointed_at() {
        assert_eq!(
            read("// allow(unused-nam,  é , type-mismatch)\nlet x = 1;").1,
            ["unused-nam", "é", "type-mismatch"]
        );
        assert_eq!(read("// allowed (to be) here\nlet x = 1; // allow nothing").1.len(), 0);
    }
}
