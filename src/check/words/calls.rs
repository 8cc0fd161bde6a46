//! Words about calls: counts, order, formats.

use super::{count, signature_note, with_helps};
use crate::check::format::{FormatError, WIDEST};
use crate::check::problem::{CountProblem, FormatProblem, Overwritten};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

pub(super) fn not_callable(
    at: Span,
    subject: &str,
    found: &str,
    declared: Option<Span>,
    help: Option<String>,
) -> Diagnostic {
    let said = Diagnostic::new(
        Code::NotCallable,
        format!("{subject} is {found}, so it cannot be called"),
        at,
        "only functions are called",
    );
    with_helps(declared.iter().fold(said, |said, span| said.label(*span, "declared here")), help)
}

pub(super) fn wrong_count(problem: CountProblem) -> Diagnostic {
    let CountProblem { callee, at, wanted, found, surplus, signature, declared, help } = problem;
    let given = if found == 0 {
        "none is given".to_owned()
    } else if found == 1 {
        "1 is given".to_owned()
    } else {
        format!("{found} are given")
    };
    let headline = format!("`{callee}` takes {wanted}, but {given}");
    let said = match surplus {
        Some(surplus) => Diagnostic::new(Code::WrongCount, headline, surplus, "not wanted"),
        None => Diagnostic::new(Code::WrongCount, headline, at, "too few"),
    };
    let said = declared.iter().fold(said, |said, span| said.label(*span, "declared here"));
    // The head of the program's own function is in the picture already.
    let said = if declared.is_some() { said } else { said.note(signature_note(&signature)) };
    with_helps(said, help)
}

pub(super) fn swapped(
    callee: &str,
    at: Span,
    (first, second): (Span, Span),
    signature: &str,
    mended: Option<String>,
) -> Diagnostic {
    let said = Diagnostic::new(
        Code::TypeMismatch,
        format!("two arguments of `{callee}` stand in each other's place"),
        first,
        "this one",
    )
    .label(second, "and this one")
    .note(signature_note(signature));
    match mended {
        Some(mended) => said.help(format!("did you swap them? `{mended}`")).edit(at, mended),
        None => said.help("did you swap them?"),
    }
}

pub(super) fn argument_order(
    callee: &str,
    at: Span,
    why: String,
    overwritten: Option<Overwritten>,
    (signature, mended): (&str, Option<String>),
) -> Diagnostic {
    let said = Diagnostic::new(Code::ArgumentOrder, format!("the arguments of `{callee}` seem to be swapped"), at, why)
        .note(signature_note(signature));
    let said = match overwritten {
        Some(Overwritten { made, stream: (number, name), end }) => {
            let end = end.unwrap_or_else(|| "the end".to_owned());
            let (number, width) = (number.to_string(), end.chars().count());
            said.label(made, "this pipe").note(format!(
                "what the descriptors refer to, before and after\n    {number:<width$}  {name} → {name}\n    {end}  this pipe → {name}"
            ))
        }
        None => said,
    };
    match mended {
        Some(mended) => said.help(format!("did you mean `{mended}`?")),
        None => said,
    }
}

pub(super) fn format(problem: FormatProblem) -> Diagnostic {
    match problem {
        FormatProblem::Unreadable { at, error } => unreadable(at, error),
        FormatProblem::Count { callee, at, wanted, found, surplus, missing } => {
            format_count(callee, at, (wanted, found), surplus, missing)
        }
        FormatProblem::Argument { at, format, conversion, wanted, found, subject, helps } => {
            let said = Diagnostic::new(
                Code::BadFormat,
                format!("{conversion} shows {wanted}, but {subject} is {found}"),
                at,
                format!("this is {found}"),
            )
            .label(format, "in this format");
            with_helps(said, helps)
        }
    }
}

pub(super) fn signal_for_set(at: Span, callee: &str, names: &[String]) -> Diagnostic {
    let mended = format!("sigmask({})", names.join(", "));
    Diagnostic::new(
        Code::SignalForSet,
        format!("`{callee}` wants a set of signals, and this is a signal's number"),
        at,
        "taken as a set, this means other signals",
    )
    .note("in a set the signal n is the bit n - 1")
    .help(format!("write `{mended}`"))
    .edit(at, mended)
}

pub(super) fn print_format(at: Span, callee: Span, print: &str, newline: Option<Span>) -> Diagnostic {
    let mended = format!("{print}f");
    let said = Diagnostic::new(
        Code::PrintFormat,
        format!("`{print}` shows this text as it is, with its `%`"),
        at,
        "nothing is filled in here",
    )
    .help(format!("`{mended}(\"...\", ...)` fills the values in; it writes no newline of its own"))
    .edit(callee, mended);
    newline.into_iter().fold(said, |said, end| said.edit(end, "\\n"))
}

fn unreadable(at: Span, error: FormatError) -> Diagnostic {
    match error {
        FormatError::Unfinished(text) => Diagnostic::new(
            Code::BadFormat,
            format!("the format ends within `{}`", text.escape_debug()),
            at,
            "a letter is missing",
        )
        .help("a percent sign itself is written `%%`"),
        FormatError::Unknown(text) => Diagnostic::new(
            Code::BadFormat,
            format!("there is no conversion `{}`", text.escape_debug()),
            at,
            "in this format",
        )
        .note("the conversions are %d %i %u %x %X %o %c %s %f %e %g %p")
        .help("a percent sign itself is written `%%`"),
        FormatError::Refused(text) => {
            let length = text.ends_with(['h', 'L', 'q']);
            let said =
                Diagnostic::new(Code::BadFormat, format!("C's `{text}` does not exist here"), at, "in this format");
            if length { said.note("an int has 64 bits and needs no length: `%d`") } else { said }
        }
        FormatError::TooWide(text) => Diagnostic::new(
            Code::BadFormat,
            format!("the width or precision in `{text}` is too large"),
            at,
            format!("at most {WIDEST}"),
        ),
    }
}

fn format_count(
    callee: &str,
    at: Span,
    (wanted, found): (usize, usize),
    surplus: Option<Span>,
    missing: Option<String>,
) -> Diagnostic {
    let headline = format!(
        "this format wants {}, but `{callee}` gets {}",
        count(wanted, "value"),
        if found == 0 { "none".to_owned() } else { found.to_string() }
    );
    match (surplus, missing) {
        (Some(surplus), _) => Diagnostic::new(Code::BadFormat, headline, surplus, "nothing in the format shows this")
            .label(at, "this format")
            .help("every value needs its place in the format: `%d` for an int, `%s` for a str, `%f` for a float"),
        (None, Some(missing)) => {
            Diagnostic::new(Code::BadFormat, headline, at, format!("nothing is given for {missing}"))
        }
        (None, None) => Diagnostic::new(Code::BadFormat, headline, at, "this format"),
    }
}
