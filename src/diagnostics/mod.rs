//! What is said about a program, as plain data; the wording of each fact stands with the floor that
//! finds it, and only [`render`] knows how a report is drawn.

pub mod allow;
pub mod codes;
pub mod pages;
pub mod render;
pub mod repeat;
pub mod suggest;

use serde::Serialize;

pub use codes::Code;

use crate::source::Span;

/// How much harm a fact does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program cannot run, or did go wrong.
    Error,
    /// Likely wrong, and it will hurt in another run.
    Warning,
    /// Tidy but harmless here.
    Note,
}

/// A place and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// One idea, no full stop.
    pub text: String,
}

/// A change of the source that a machine can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What is replaced; empty where something is inserted.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// One fact, ready to be shown: a stable code, a headline, the places, why, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable name, one row in [`codes`].
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// One line, no full stop.
    pub headline: String,
    /// The places involved; the first is where it went wrong.
    pub labels: Vec<Label>,
    /// Why, one idea each.
    pub notes: Vec<String>,
    /// The way out, one each; source code in backquotes.
    pub helps: Vec<String>,
    /// The mended code where it is mechanical.
    pub edits: Vec<Edit>,
    /// Further places of the very same mistake.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Span>,
}

impl Diagnostic {
    /// A diagnostic with its first label; severity is that of the code's row.
    pub fn new(code: Code, headline: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            headline: headline.into(),
            labels: vec![Label { span, text: label.into() }],
            notes: Vec::new(),
            helps: Vec::new(),
            edits: Vec::new(),
            also: Vec::new(),
        }
    }

    /// Adds a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }

    /// Adds a mechanical change.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Where it went wrong.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}
