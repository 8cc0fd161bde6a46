//! What may be kept quiet: `// allow(name)` in a source, `--allow` and `--deny` on a command line. Errors are always said.

use super::suggest;
use super::{Code, Diagnostic, Severity};
use crate::source::Span;

/// A stretch of a source in which some things are not said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// What is not said.
    pub codes: Vec<Code>,
    /// Where; a fact counts as standing here when its first place begins here.
    pub covers: Span,
}

impl Allow {
    /// Whether this keeps a fact quiet.
    pub fn silences(&self, fact: &Diagnostic) -> bool {
        let at = fact.span();
        let inside = at.file == self.covers.file && (self.covers.start..self.covers.end).contains(&at.start);
        fact.severity != Severity::Error && inside && self.codes.contains(&fact.code)
    }
}

/// Takes out what the source asks not to hear.
pub fn silence(facts: &mut Vec<Diagnostic>, allows: &[Allow]) {
    facts.retain(|fact| !allows.iter().any(|allow| allow.silences(fact)));
}

/// What a command line asks to hear, and how loudly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Not said at all.
    pub allow: Vec<Code>,
    /// Said as errors.
    pub deny: Vec<Code>,
    /// Whether every warning is said as an error.
    pub deny_warnings: bool,
    /// Whether hints are said, too.
    pub hints: bool,
}

impl Policy {
    /// Takes out what is allowed and raises what is denied; errors stay as they are.
    pub fn apply(&self, facts: &mut Vec<Diagnostic>) {
        let quiet = |fact: &Diagnostic| {
            self.allow.contains(&fact.code) || fact.code.is_hint() && !self.hints && !self.deny.contains(&fact.code)
        };
        facts.retain(|fact| fact.severity == Severity::Error || !quiet(fact));
        for fact in facts {
            if self.deny.contains(&fact.code) || self.deny_warnings && fact.severity == Severity::Warning {
                fact.severity = Severity::Error;
            }
        }
    }
}

/// Why a word in an `allow` names nothing that can be kept quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No such name; perhaps another was meant.
    Unknown(Option<&'static str>),
    /// The name of an error.
    Error(Code),
}

/// Reads a word of an `allow`: the name of a warning or note, or its code.
///
/// # Errors
/// Where nothing that can be kept quiet is called so.
pub fn read(word: &str) -> Result<Code, Refused> {
    let quiet = |code: Code| code.severity() != Severity::Error;
    match Code::find(word) {
        Some(code) if quiet(code) => Ok(code),
        Some(code) => Err(Refused::Error(code)),
        None => {
            let names = Code::ALL.iter().copied().filter(|code| quiet(*code)).map(Code::name);
            Err(Refused::Unknown(suggest::nearest(&word.replace('_', "-"), names)))
        }
    }
}

/// Says why a word of an `allow` does nothing; `at` is its place where it stands in a source.
pub fn refused(word: &str, why: Refused, at: Option<Span>) -> Diagnostic {
    let headline = match why {
        Refused::Unknown(_) => format!("no warning is called `{word}`"),
        Refused::Error(_) => format!("`{word}` is an error, and errors cannot be allowed"),
    };
    let mut said = Diagnostic::new(Code::UnknownAllow, headline, at.unwrap_or_default(), "this keeps nothing quiet");
    if at.is_none() {
        said.labels.clear();
    }
    match why {
        Refused::Unknown(Some(near)) => {
            said = said.help(format!("did you mean `{near}`?"));
            match at {
                Some(at) => said.edit(at, near),
                None => said,
            }
        }
        Refused::Unknown(None) => said.help("`proc explain` lists the names"),
        Refused::Error(_) => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn fact(code: Code, start: usize) -> Diagnostic {
        Diagnostic::new(code, "head", Span::new(FileId(0), start, start + 1), "")
    }

    #[test]
    fn only_what_is_named_and_stands_there_is_kept_quiet() {
        let allow = Allow { codes: vec![Code::UnusedName], covers: Span::new(FileId(0), 10, 20) };
        let mut facts = vec![
            fact(Code::UnusedName, 9),
            fact(Code::UnusedName, 10),
            fact(Code::UnusedName, 20),
            fact(Code::UnreachableCode, 12),
        ];
        let mut denied = fact(Code::UnusedName, 12);
        denied.severity = Severity::Error;
        facts.push(denied.clone());
        silence(&mut facts, &[allow]);
        assert_eq!(
            facts,
            vec![fact(Code::UnusedName, 9), fact(Code::UnusedName, 20), fact(Code::UnreachableCode, 12), denied]
        );
    }

    #[test]
    fn a_policy_takes_out_and_raises() {
        let mut facts = vec![fact(Code::UnusedName, 1), fact(Code::UnreachableCode, 2), fact(Code::UnknownName, 3)];
        let policy = Policy {
            allow: vec![Code::UnusedName, Code::UnknownName],
            deny: Vec::new(),
            deny_warnings: true,
            hints: false,
        };
        policy.apply(&mut facts);
        let left: Vec<_> = facts.iter().map(|fact| (fact.code, fact.severity)).collect();
        assert_eq!(left, [(Code::UnreachableCode, Severity::Error), (Code::UnknownName, Severity::Error)]);
    }

    #[test]
    fn words_are_names_or_codes_of_warnings() {
        assert_eq!(read("unused-name"), Ok(Code::UnusedName));
        assert_eq!(read("w2003"), Ok(Code::UnusedName));
        assert_eq!(read("unknown-name"), Err(Refused::Error(Code::UnknownName)));
        assert_eq!(read("unused_nam"), Err(Refused::Unknown(Some("unused-name"))));
    }
}
