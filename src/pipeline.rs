//! From text to a program that can run, in stages that are types: what was not parsed cannot be checked, what was not checked cannot
//! be compiled, what was not verified cannot run.

use crate::bytecode::image::Verified;
use crate::bytecode::{lower, verify};
use crate::check::{self, tree};
use crate::diagnostics::allow::{self, Allow};
use crate::diagnostics::{Code, Diagnostic, Severity, repeat};
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::{self, ast};

/// A source and its tree, with the mistakes found so far.
#[derive(Debug)]
pub struct Parsed {
    /// The source file.
    pub file: FileId,
    /// The tree; it has error nodes where there are mistakes.
    pub program: ast::Program,
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
    /// What its comments ask not to hear.
    pub allows: Vec<Allow>,
    /// The lines on which the text could not be read: what else is found there follows from that.
    unread: Vec<Span>,
}

/// A program whose names and types are right.
#[derive(Debug)]
pub struct Checked {
    /// The tree as written.
    pub program: ast::Program,
    /// The tree with every name resolved.
    pub tree: tree::Program,
    /// What is likely wrong nevertheless.
    pub warnings: Vec<Diagnostic>,
    /// What its comments ask not to hear, also of a run.
    pub allows: Vec<Allow>,
}

/// A program ready to run.
#[derive(Debug)]
pub struct Compiled {
    /// What runs.
    pub image: Verified,
    /// The tree as written.
    pub program: ast::Program,
    /// The tree with every name resolved.
    pub tree: tree::Program,
    /// What is likely wrong nevertheless.
    pub warnings: Vec<Diagnostic>,
    /// What its comments ask not to hear, also of a run.
    pub allows: Vec<Allow>,
}

/// Adds a source to the map and reads it.
pub fn parse(sources: &mut SourceMap, name: &str, text: String) -> Parsed {
    let file = sources.add(SourceFile::new(name, text));
    let (program, mut diagnostics) = syntax::parse(file, &sources.file(file).text);
    let (allows, odd) = syntax::allow::allows(sources.file(file), &program);
    let unread = diagnostics.iter().map(|fact| sources.file(file).line_span(fact.span())).collect();
    diagnostics.extend(odd);
    Parsed { file, program, diagnostics, allows, unread }
}

impl Parsed {
    /// Checks names and types; all mistakes of the file where there are any.
    ///
    /// # Errors
    /// The mistakes, in the order of the text.
    pub fn check(self) -> Result<Checked, Vec<Diagnostic>> {
        let (tree, found) = check::check(self.file, &self.program);
        let mut diagnostics = self.diagnostics;
        let follows =
            |fact: &Diagnostic| self.unread.iter().any(|line| line.range().contains(&(fact.span().start as usize)));
        diagnostics.extend(found.into_iter().filter(|fact| !follows(fact)));
        allow::silence(&mut diagnostics, &self.allows);
        sort(&mut diagnostics);
        let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if wrong {
            // What is only likely wrong can wait until the errors are mended, and may go with them.
            diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
            repeat::join(&mut diagnostics);
        }
        match tree {
            Some(tree) if !wrong => {
                Ok(Checked { program: self.program, tree, warnings: diagnostics, allows: self.allows })
            }
            _ => Err(diagnostics),
        }
    }
}

impl Checked {
    /// Lowers and verifies.
    ///
    /// # Errors
    /// Where the program is beyond a limit of the machine.
    pub fn compile(self, sources: &SourceMap, name: &str) -> Result<Compiled, Vec<Diagnostic>> {
        let image = lower::lower(&self.tree, sources, name)?;
        let image = verify::verify(image).map_err(|error| {
            let span = Span::new(self.tree.file, 0, 0);
            let headline = format!("this is a mistake of `proc` itself, not of the program: {error}");
            vec![Diagnostic::new(Code::Internal, headline, span, "the bytecode of this file does not verify")]
        })?;
        Ok(Compiled { image, program: self.program, tree: self.tree, warnings: self.warnings, allows: self.allows })
    }
}

/// All stages.
///
/// # Errors
/// The mistakes, in the order of the text.
pub fn compile(sources: &mut SourceMap, name: &str, text: String) -> Result<Compiled, Vec<Diagnostic>> {
    let parsed = parse(sources, name, text);
    syntax::with_room(parsed.program.depth, || parsed.check()?.compile(sources, name))
}

/// Diagnostics in the order of the text, errors before warnings of one place.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|diagnostic| {
        (diagnostic.span().file, diagnostic.span().start, diagnostic.severity, diagnostic.code)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        match compile(&mut SourceMap::new(), "deep.proc", text.to_owned()) {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(|fact| fact.code.text()).collect(),
        }
    }

    #[test]
    fn what_is_as_deep_as_allowed_compiles_on_any_stack() {
        for text in [
            format!("print(1{});", "+ argc()".repeat(480)).replace("argc()", "len(argv)"),
            format!("print({}len(argv){});", "-(".repeat(240), ")".repeat(240)),
            format!("let a = len(argv); print({}0);", "a > 1 ? a : ".repeat(240)),
            format!("let a = len(argv); if a == 0 {{ }}{}", " else if a > 1 { print(a); }".repeat(240)),
            format!("let a = len(argv); {}print(a);{}", "if a > 0 { ".repeat(240), "}".repeat(240)),
        ] {
            assert_eq!(codes(&text), [""; 0], "{}", &text[..60]);
        }
    }

    #[test]
    fn a_chain_of_deep_constants_ends_before_the_stack_does() {
        let deep = |name: usize| format!("const C{name} = {}C{}{};", "-(".repeat(200), name + 1, ")".repeat(200));
        let links: String = (0..150).map(deep).collect();
        assert_eq!(codes(&format!("{links} const C150 = 1; print(C0);")).first(), Some(&"E1011"));
    }
}
