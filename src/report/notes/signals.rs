//! Signals that were dropped, jobs that the terminal stopped, messages that nobody received.

use super::{Reading, known, quoted, the, who};
use crate::abi::Signal;
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::Machine;
use crate::kernel::event::Origin;
use crate::kernel::ledger::{Act, Ledger, Merged, Passed, Seen};

pub(super) fn notes(ledger: &Ledger, _reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.merged.values() {
        found.extend(merged(seen));
    }
    for seen in ledger.background.values().filter(|seen| seen.count > 1) {
        found.push(background(ledger, seen));
    }
    for seen in ledger.passed.values() {
        found.push(passed(&seen.first));
    }
}

/// A signal that a process sent and that a handler would have counted.
fn merged(seen: &Seen<Merged>) -> Option<Diagnostic> {
    let merged = &seen.first;
    let Origin::Process(_, second) = merged.second else { return None };
    if !merged.handled || merged.signal == Signal::SIGCHLD || !known(second) {
        return None;
    }
    let (signal, target) = (merged.signal.name(), the(&who(&merged.target)));
    let headline = match seen.count {
        1 => format!("a {signal} for {target} was dropped: one was pending already"),
        count => format!("{count} {signal} for {target} were dropped: one was pending already"),
    };
    let sender = merged.sender.as_ref().map_or_else(|| "a process".to_owned(), |sender| the(&sender.role()));
    let mut report = Diagnostic::new(Code::SignalMerged, headline, second, format!("{sender} sent it here"));
    if let Origin::Process(_, first) = merged.first
        && first != second
        && known(first)
    {
        report = report.label(first, "the one that was pending came from here");
    }
    if known(merged.target.at) && merged.target.at != second {
        let stood = if merged.blocked { "had it blocked" } else { "had not run since" };
        report = report.label(merged.target.at, format!("{target} was here and {stood}"));
    }
    Some(
        report
            .note("pending signals do not add up: the handler runs once for all of them")
            .help("let the handler answer before the next is sent, or send messages: a pipe or queue loses none"),
    )
}

/// A job of the background that wants to read the terminal, and was continued without getting it.
fn background(ledger: &Ledger, seen: &Seen<(Act, Signal)>) -> Diagnostic {
    let (act, signal) = &seen.first;
    let role = the(&who(act));
    let mut report = Diagnostic::new(
        Code::StoppedByTerminal,
        format!(
            "{role} was stopped by {}: only the foreground group may {} the terminal",
            signal.name(),
            if *signal == Signal::SIGTTIN { "read" } else { "write to or set" }
        ),
        act.at,
        format!("{role} was stopped here, {} times", seen.count),
    );
    if let Some(at) = ledger.grouped(act.who.pid).filter(|at| known(*at)) {
        report = report.label(at, format!("{role} was put into a group of its own here"));
    }
    report
        .note("SIGCONT alone lets it try again, and it is stopped again")
        .help("`tcsetpgrp(0, job)` first, then SIGCONT")
}

/// A message that a more urgent one has passed.
fn passed(passed: &Passed) -> Diagnostic {
    let ((high, taken, sent), (low, waits, before)) = (&passed.taken, &passed.waits);
    let (taken, waits) = (quoted(taken), quoted(waits));
    let mut report = Diagnostic::new(
        Code::PriorityOrder,
        format!("`{waits}` (priority {low}) waited while `{taken}` (priority {high}), sent later, passed it"),
        passed.by.at,
        format!("this took `{taken}`"),
    );
    for (deed, text) in
        [(sent, format!("`{taken}` was sent here")), (before, format!("`{waits}` was sent here, before"))]
    {
        if known(deed.span) {
            report = report.label(deed.span, text);
        }
    }
    report.note("the larger number is the more urgent, the other way round than with nice values")
}

/// Messages that are left in queues which still have their names.
pub(super) fn messages(machine: &Machine, found: &mut Vec<Diagnostic>) {
    if !machine.ledger().on {
        return;
    }
    let missed = |made| super::receives_in_vain(machine.ledger(), made);
    for (_, queue) in machine.queues().filter(|(_, queue)| queue.linked && !missed(queue.made.span)) {
        let Some(first) = queue.messages().next() else { continue };
        let name = String::from_utf8_lossy(&queue.name).into_owned();
        let (messages, were) = if queue.len() == 1 { ("message", "was") } else { ("messages", "were") };
        let headline = format!("{} {messages} {were} left in the queue `{name}`", queue.len());
        let label = "the next to be received was sent here";
        let report = Diagnostic::new(Code::MessagesLeft, headline, first.sent.span, label);
        found.push(
            report
                .note("a queue outlives its program on Linux: the next run would receive them first")
                .help(format!("receive them all, or `mq_unlink(\"{name}\");` at the end")),
        );
    }
}
