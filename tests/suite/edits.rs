//! Every change that a report offers to a machine is made, and the mistake must be gone.

use std::path::Path;

use libtest_mimic::Trial;
use proclang::diagnostics::{Diagnostic, Edit};
use proclang::pipeline;
use proclang::source::SourceMap;

use super::case::{programs_below, root};
use super::trial;

/// The folders of snapshots whose programs are only checked.
const FOLDERS: &[&str] = &["check", "parse", "lex", "hints", "deny", "json", "short"];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for folder in FOLDERS {
        for path in programs_below(&format!("tests/ui/{folder}")) {
            let name = path.strip_prefix(root()).unwrap_or(&path).with_extension("");
            trials.push(trial(format!("edits/{}", name.display()), move || each_edit_mends(&path)));
        }
    }
    trials
}

/// What is said of a text, errors or warnings.
fn said(text: &str) -> Vec<Diagnostic> {
    let mut sources = SourceMap::new();
    match pipeline::compile(&mut sources, "edited.proc", text.to_owned()) {
        Ok(compiled) => compiled.warnings,
        Err(errors) => errors,
    }
}

/// The text with some changes made; none may overlap another.
fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    edits.dedup();
    let mut out = String::new();
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        assert!(start >= at && end >= start, "{edit:?} overlaps the one before");
        out.push_str(text.get(at..start).expect("an edit begins at a character of the text"));
        out.push_str(&edit.text);
        at = end;
    }
    out.push_str(text.get(at..).expect("an edit ends at a character of the text"));
    out
}

/// How often one thing is said, counting all its places.
fn times(said: &[Diagnostic], fact: &Diagnostic) -> usize {
    let same = |other: &&Diagnostic| other.code == fact.code && other.headline == fact.headline;
    said.iter().filter(same).map(|fact| 1 + fact.also.len()).sum()
}

/// Each report's own changes make that report vanish, and bring forth no error in the way the text is read.
fn each_edit_mends(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a snapshot's source is readable");
    let before = said(&text);
    for fact in before.iter().filter(|fact| !fact.edits.is_empty()) {
        let mended = edited(&text, &fact.edits.iter().collect::<Vec<_>>());
        let after = said(&mended);
        assert!(
            times(&after, fact) < times(&before, fact),
            "the edits of `{}` leave it as it was:\n{mended}\n{after:#?}",
            fact.headline
        );
    }
    mends_as_a_whole(text);
}

/// Changes made round by round, as an editor would, come to an end, and leave fewer errors.
fn mends_as_a_whole(text: String) {
    let first = said(&text);
    if first.iter().all(|fact| fact.edits.is_empty()) {
        return;
    }
    let mut text = text;
    for _ in 0..50 {
        let found = said(&text);
        let Some(fact) = found.iter().find(|fact| !fact.edits.is_empty()) else {
            return;
        };
        text = edited(&text, &fact.edits.iter().collect::<Vec<_>>());
    }
    panic!("edits never come to an end:\n{text}");
}
