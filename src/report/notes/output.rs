//! Text that was written twice, since fork copied the buffer, and text that never came out.

use std::collections::BTreeMap;

use super::{bytes, known, quoted, role_in, the, who};
use crate::abi::Errno;
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::ledger::{Copied, Ledger, Loss, Lost};
use crate::source::Span;

/// Prints of one text that are labelled; the others are counted.
const PRINTS_SHOWN: usize = 3;
/// The descriptor of standard output.
const STDOUT: i64 = 1;

/// Text that several processes have written.
pub(super) fn doubled(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    let mut by_fork: BTreeMap<Span, Vec<&Copied>> = BTreeMap::new();
    for copied in ledger.copied.values() {
        match (copied.written, &copied.dropped) {
            (2.., _) => by_fork.entry(copied.fork.at).or_default().push(copied),
            (0, Some((by, how))) => {
                let lost = Lost {
                    by: by.clone(),
                    how: *how,
                    prints: vec![copied.print],
                    text: copied.text.clone(),
                    len: copied.print.len,
                };
                found.push(say_lost(&lost, 1));
            }
            _ => {}
        }
    }
    for (fork, mut texts) in by_fork {
        texts.sort_by_key(|copied| (copied.print.by.tick, copied.print.by.span));
        if known(fork) {
            found.push(say_doubled(fork, &texts));
        }
    }
}

fn say_doubled(fork: Span, texts: &[&Copied]) -> Diagnostic {
    let first = texts[0];
    let total: usize = texts.iter().map(|copied| copied.print.len).sum();
    let often = match first.written {
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    };
    let what = match texts {
        [one] if !quoted(&one.text).is_empty() => format!("`{}` is", quoted(&one.text)),
        _ => format!("{} of output are", bytes(total)),
    };
    let were = if total == 1 { "was" } else { "were" };
    let in_buffer = format!("fork copied {} that {were} still in the stdout buffer", bytes(total));
    let mut report = Diagnostic::new(
        Code::TextTwice,
        format!("{what} written {often}: {in_buffer}"),
        fork,
        format!("`fork()`: {} got its own copy of the buffer here", first.child.role()),
    );
    for copied in texts.iter().take(PRINTS_SHOWN) {
        let what = if copied.print.len == 1 { "this byte was" } else { "these bytes were" };
        report = report.label(copied.print.by.span, format!("{what} put into it here"));
    }
    for writer in &first.writers {
        if !known(writer.at) {
            continue;
        }
        let text = if writer.who.pid == first.print.by.who {
            format!("{} wrote the original here", the(&who(writer)))
        } else {
            format!("{} wrote its copy here", the(&who(writer)))
        };
        report = report.label(writer.at, text);
    }
    if texts.iter().all(|copied| copied.text.ends_with(b"\n")) {
        report = report
            .note("on a terminal each newline empties the buffer, so there the text appears once (`--stdout=tty`)");
    } else {
        report = report.note("there is no newline at the end, so the text stays in the buffer even on a terminal");
    }
    report.help("`fflush();` before `fork()`, or leave the child with `_exit`")
}

/// Text that was thrown away.
pub(super) fn lost(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    for seen in ledger.lost.values() {
        let mut said = say_lost(&seen.first, seen.count);
        if let (Loss::Killed(_), Some(death)) = (seen.first.how, ledger.deaths.get(&seen.first.by.who.pid)) {
            said = super::deaths::with_death(said, death);
        }
        let closed =
            ledger.closed_at(seen.first.by.who.pid, STDOUT).filter(|_| seen.first.how == Loss::Failed(Errno::EBADF));
        if let Some(closed) = closed.filter(|closed| known(closed.span)) {
            said = said.label(closed.span, "descriptor 1 was closed here");
        }
        found.push(said);
    }
}

fn say_lost(lost: &Lost, count: u64) -> Diagnostic {
    let role = the(&who(&lost.by));
    let (cause, label, help) = match lost.how {
        Loss::Exit => (
            "by `_exit`".to_owned(),
            format!("{role} ended here without writing its buffer"),
            "`exit` writes the buffer first; or `fflush();` before `_exit`".to_owned(),
        ),
        Loss::Exec => (
            "by exec".to_owned(),
            format!("`exec` replaced the memory of {role}, which held them"),
            "`fflush();` before `exec`".to_owned(),
        ),
        Loss::Killed(signal) => (
            format!("when {} killed {role}", signal.name()),
            format!("{role} was here when it was killed"),
            "`fflush();` after the print; a newline is not enough into a pipe or file".to_owned(),
        ),
        Loss::Failed(errno) => (
            format!("since they could not be written: {}", errno.name()),
            format!("{role} wrote its buffer to descriptor 1 here: {}", errno.text()),
            "print before descriptor 1 is closed or replaced".to_owned(),
        ),
    };
    let were = if lost.len == 1 { "was" } else { "were" };
    let mut report = Diagnostic::new(
        Code::TextLost,
        format!("{} of output {were} thrown away {cause}", bytes(lost.len)),
        lost.by.at,
        match count {
            1 => label,
            2 => format!("{label}, and so did one other process"),
            count => format!("{label}, and so did {} other processes", count - 1),
        },
    );
    for print in lost.prints.iter().filter(|print| known(print.by.span)).take(PRINTS_SHOWN) {
        let by = match role_in(&lost.by.who, print.by.who) {
            Some(other) if the(&other) != role => format!(" by {}", the(&other)),
            _ => String::new(),
        };
        report = report.label(print.by.span, format!("put into the buffer here{by}, never written"));
    }
    if !quoted(&lost.text).is_empty() {
        let which = if count == 1 { "the text" } else { "the first text" };
        report = report.note(format!("{which}: `{}`", quoted(&lost.text)));
    }
    if lost.text.ends_with(b"\n") && !matches!(lost.how, Loss::Failed(_)) {
        report = report.note("on a terminal each newline empties the buffer, so there the text is seen");
    }
    report.help(help)
}
