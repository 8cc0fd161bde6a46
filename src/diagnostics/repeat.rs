//! The same mistake made over and over: one report that names the other lines.

use super::{Diagnostic, Severity};

/// From so many on, reports in the same words are one; two of them are still read.
const MANY: usize = 3;
/// How many different reports are looked through for one in the same words.
const MOST: usize = 200;

/// Joins errors that say the same in the same words, as a program without a single `;` would bring forth.
/// The first stays where it is and takes the others' places and edits.
pub fn join(diagnostics: &mut Vec<Diagnostic>) {
    let mut firsts: Vec<(usize, Vec<usize>)> = Vec::new();
    for at in 0..diagnostics.len() {
        let known = firsts.iter().position(|(first, _)| same(&diagnostics[*first], &diagnostics[at]));
        match known {
            Some(known) => firsts[known].1.push(at),
            None if firsts.len() < MOST => firsts.push((at, Vec::new())),
            None => {}
        }
    }
    let mut gone = vec![false; diagnostics.len()];
    for (first, more) in firsts.into_iter().filter(|(_, more)| more.len() + 1 >= MANY) {
        for at in more {
            gone[at] = true;
            let other = diagnostics[at].clone();
            diagnostics[first].also.push(other.span());
            diagnostics[first].edits.extend(other.edits);
        }
    }
    let mut gone = gone.into_iter();
    diagnostics.retain(|_| !gone.next().unwrap_or(false));
}

/// Whether two errors differ in nothing but their place.
fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let text = |fact: &Diagnostic| fact.labels.first().map(|label| label.text.clone());
    one.severity == Severity::Error
        && one.code == other.code
        && one.headline == other.headline
        && one.labels.len() == 1
        && other.labels.len() == 1
        && text(one) == text(other)
        && one.notes == other.notes
        && one.helps == other.helps
        && one.span().file == other.span().file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use crate::source::{FileId, Span};

    #[test]
    fn three_of_a_kind_are_one_report_and_two_are_two() {
        let fact = |at| {
            let span = Span::new(FileId(0), at, at);
            Diagnostic::new(Code::MissingToken, "a `;` is missing", span, "here").edit(span, ";")
        };
        let other = Diagnostic::new(Code::MissingToken, "a `,` is missing", Span::new(FileId(0), 7, 7), "here");
        let mut two = vec![fact(1), other.clone(), fact(2)];
        join(&mut two);
        assert_eq!(two.len(), 3);
        let mut three = vec![fact(1), other, fact(2), fact(3)];
        join(&mut three);
        assert_eq!(three.len(), 2);
        assert_eq!((three[0].also.len(), three[0].edits.len()), (2, 3));
    }
}
