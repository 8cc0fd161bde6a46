//! Bytes in files and signals that did not come where they were meant to: written over, copied to the wrong place, sent to nobody.

use super::{Reading, known, the, times, who};
use crate::diagnostics::{Code, Diagnostic, Edit, Severity};
use crate::kernel::ledger::files::{Drained, Overwritten};
use crate::kernel::ledger::{Ledger, Unheard, VainCopy};
use crate::report::fault::bytes;
use crate::source::Span;

pub(super) fn notes(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.files.overwritten.values() {
        found.push(overwritten(&seen.first, seen.count, reading));
    }
    for seen in ledger.files.drained.values() {
        found.extend(drained(&seen.first));
    }
    for ((_, signal), seen) in &ledger.unheard {
        found.extend(unheard(seen, signal.name()));
    }
    for seen in ledger.vain_copies.values() {
        found.extend(vain_copy(&seen.first));
    }
    for (at, seen) in ledger.short.iter().filter(|(at, _)| reading.ignores(**at)) {
        let short = &seen.first;
        let role = the(&who(&short.by));
        found.push(
            Diagnostic::new(
                Code::FailedCall,
                format!("`write` took {} of {} bytes, and nobody looked", short.went, short.wanted),
                *at,
                format!("{role} called this{}: the rest was not written", times(seen.count)),
            )
            .note("with O_NONBLOCK a write takes what there is room for, and does not wait for more")
            .help("write the rest when there is room: `n = write(fd, text)`, then `text = text[n..]`, until nothing is left"),
        );
    }
    for (at, seen) in ledger.to_init.iter().filter(|(at, _)| known(**at) && reading.ignores(**at)) {
        let (act, signal) = &seen.first;
        let role = the(&who(act));
        found.push(
            Diagnostic::new(
                Code::FailedCall,
                format!("{role} sent {} to init (process 1), which takes no notice", signal.name()),
                *at,
                format!("the process id is 1 here{}", times(seen.count)),
            )
            .note("init is the parent of the script itself, and of every process whose own parent has ended")
            .help("`getppid()` gives the parent of whoever calls it: call it in the child, or keep `getpid()` of the parent before `fork`"),
        );
    }
}

/// A file that another process had read to its end through the same open file.
fn drained(drained: &Drained) -> Option<Diagnostic> {
    if !known(drained.by.at) || !known(drained.other.at) {
        return None;
    }
    let (role, other) = (the(&who(&drained.by)), the(&who(&drained.other)));
    let mut report = Diagnostic::new(
        Code::EndUnnoticed,
        format!("{role} has read nothing of the file: {other} had read it to its end"),
        drained.by.at,
        format!("{role} met the end at its first read"),
    )
    .note("fork copies the number and not the open file: both go on from one place in it")
    .help("open the file anew in the child, or `lseek(fd, 0, SEEK_SET);` before it is read again");
    if drained.other.at != drained.by.at {
        report = report.label(drained.other.at, format!("{other} read it here"));
    }
    report.severity = Severity::Note;
    Some(report)
}

/// A process that has written back what it had read before another wrote.
fn lost_update(lost: &Overwritten, read: Span, count: u64) -> Diagnostic {
    let (role, first) = (the(&who(&lost.by)), the(&who(&lost.first)));
    let mut report = Diagnostic::new(
        Code::Overwritten,
        format!("{role} wrote over what {first} had written since {role} read the file: an update is lost"),
        lost.by.at,
        match lost.first.at == lost.by.at {
            true => format!("{first} wrote here, then {role}{}", times(count)),
            false => format!("{role} wrote here{}", times(count)),
        },
    );
    if known(read) && read != lost.by.at {
        report = report.label(read, format!("{role} had read the file here, before {first} wrote"));
    }
    if known(lost.first.at) && lost.first.at != lost.by.at {
        report = report.label(lost.first.at, format!("{first} wrote here in between"));
    }
    report
        .note("between the read and the write of one process another can do both: the order is the scheduler's")
        .help("let one at a time read and write: take a lock before the read (`open(\"lock\", O_CREAT | O_EXCL)`, or a token in a pipe), and give it back after the write")
}

/// Bytes that were written over from another place in the file.
fn overwritten(lost: &Overwritten, count: u64, reading: &Reading<'_>) -> Diagnostic {
    if let Some(read) = lost.read {
        return lost_update(lost, read, count);
    }
    let (role, first) = (the(&who(&lost.by)), the(&who(&lost.first)));
    let mut report = Diagnostic::new(
        Code::Overwritten,
        format!("{role} wrote over {} of {first} in a file, and nobody has read them", bytes(lost.bytes)),
        lost.by.at,
        format!("{role} wrote here, at byte {}{}", lost.at, times(count)),
    );
    if known(lost.first.at) && lost.first.at != lost.by.at {
        report = report.label(lost.first.at, format!("{first} had written them here"));
    }
    if let Some((opened, opener)) = lost.opened.as_ref().filter(|(at, _)| known(*at)) {
        let opener = the(&opener.role());
        report = report
            .label(*opened, format!("{opener} opened it here, and begins at byte 0, whatever others have written"));
        let mode = ["O_WRONLY", "O_RDWR"].into_iter().find_map(|mode| Some((reading.word_in(*opened, mode)?, mode)));
        report.edits.extend(mode.map(|(span, mode)| Edit { span, text: format!("{mode} | O_APPEND") }));
    }
    report
        .note("each `open` has a place of its own in the file; only descriptors that come from one `open` share theirs")
        .help("open it with `O_APPEND`: then every write goes to the end, whoever else writes")
}

/// A signal with a handler that was blocked to the end.
fn unheard(unheard: &Unheard, signal: &str) -> Option<Diagnostic> {
    if !known(unheard.sent) {
        return None;
    }
    let role = the(&who(&unheard.by));
    let sent = match &unheard.sender {
        Some(sender) => format!("{} sent {signal} here", the(&sender.role())),
        None => format!("{signal} was sent here"),
    };
    let mut report = Diagnostic::new(
        Code::NeverHandled,
        format!("{signal} came to {role}, and its handler has never run: it was blocked to the end"),
        unheard.sent,
        sent,
    );
    if let Some(blocked) = unheard.blocked.filter(|blocked| known(blocked.span)) {
        report = report
            .label(blocked.span, format!("{role} blocked signals here, and unblocked {signal} nowhere after this"));
    }
    if known(unheard.by.at) && report.labels.iter().all(|label| label.span != unheard.by.at) {
        report = report.label(unheard.by.at, format!("{role} ended here, with {signal} still pending"));
    }
    Some(
        report
            .note("a blocked signal waits until it is unblocked; the end of the process throws it away")
            .help("unblock it where it may come: `sigprocmask(SIG_SETMASK, old);` with the mask that was there before"),
    )
}

/// `dup2(1, 2)` before 1 was led elsewhere.
fn vain_copy(copied: &VainCopy) -> Option<Diagnostic> {
    if !known(copied.at) || !known(copied.by.at) {
        return None;
    }
    let (role, original, copy) = (the(&who(&copied.by)), copied.original, copied.copy);
    Some(
        Diagnostic::new(
            Code::CopiedTooEarly,
            format!("`dup2({original}, {copy})` changed nothing: {copy} went where {original} went already"),
            copied.at,
            format!("{copy} becomes what {original} is at this moment"),
        )
        .label(copied.by.at, format!("{role} led {original} elsewhere only here, and {copy} does not follow"))
        .note("`dup2` copies where a descriptor leads, not the descriptor: they do not stay together")
        .help(format!("lead {original} elsewhere first, then `dup2({original}, {copy})`: as in a shell, `>file 2>&1` and not `2>&1 >file`")),
    )
}
