//! Signals that were dropped, jobs that the terminal stopped, messages that nobody received.

use std::fmt::Write;

use super::{Reading, known, quoted, the, who};
use crate::abi::Signal;
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::Machine;
use crate::kernel::event::Origin;
use crate::kernel::ledger::{Background, Ledger, Merged, Passed, Seen};

/// Messages of a queue that a list shows.
const SHOWN: usize = 6;

pub(super) fn notes(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.merged.values() {
        found.extend(merged(seen));
    }
    for seen in ledger.background.values().filter(|seen| seen.count > 1) {
        found.push(background(ledger, seen));
    }
    for passed in ledger.passed.values().map(|seen| &seen.first) {
        // Who sends both knows their order; who shows what comes, and looks at no priority, takes it for the order of sending.
        let unordered = reading.attention(passed.by.at).is_some_and(|told| told.unordered.contains(&passed.by.at));
        if unordered && passed.taken.2.who == passed.waits.2.who {
            found.push(out_of_order(passed));
        }
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
fn background(ledger: &Ledger, seen: &Seen<Background>) -> Diagnostic {
    let Background { by: act, signal, continued } = &seen.first;
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
    if let Some(at) = continued.filter(|at| known(*at)) {
        report = report.label(at, "continued here, but the terminal still belonged to another group");
    }
    report
        .note("SIGCONT alone lets it try again, and it is stopped again")
        .help("`tcsetpgrp(0, job)` first, then SIGCONT")
}

/// A message that a more urgent one has passed.
fn out_of_order(passed: &Passed) -> Diagnostic {
    let ((high, taken, sent), (low, waits, before)) = (&passed.taken, &passed.waits);
    let (taken, waits) = (quoted(taken), quoted(waits));
    let mut report = Diagnostic::new(
        Code::PriorityOrder,
        format!("`{waits}` (priority {low}) waited while `{taken}` (priority {high}), sent later, passed it"),
        passed.by.at,
        format!("this took `{taken}`"),
    );
    for (deed, text) in [
        (sent, format!("`{taken}` was sent here")),
        (before, format!("`{waits}` was sent here, before, and still waited")),
    ] {
        if known(deed.span) {
            report = report.label(deed.span, text);
        }
    }
    let mut table = "the queue at each receive, as a list: what is taken comes first".to_owned();
    for step in &passed.steps {
        let shown = |(priority, text): &(i64, Vec<u8>)| format!("`{}` ({priority})", quoted(text));
        let list: Vec<String> = step.iter().take(SHOWN).map(shown).collect();
        let more = if step.len() > SHOWN { format!(", and {} more", step.len() - SHOWN) } else { String::new() };
        let _ = write!(table, "\n    {}{more}", list.join(", "));
    }
    report
        .note(table)
        .note("messages of one priority come in the order of sending; only what waits is sorted")
        .help("larger is more urgent, the other way round than with nice values; give all the same priority to keep their order")
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
        let mut report = Diagnostic::new(Code::MessagesLeft, headline, first.sent.span, label);
        let notified = queue.notified.0.filter(|deed| queue.registration.is_none() && known(deed.span));
        if let Some(deed) = notified {
            report = report.label(deed.span, "this told of one message, and is over since").help(
                "in the handler call `mq_notify` again first, then receive until the queue is empty (O_NONBLOCK)",
            );
        }
        found.push(
            report
                .note("a queue outlives its program on Linux: the next run would receive them first")
                .help(format!("receive them all, or `mq_unlink(\"{name}\");` at the end")),
        );
    }
}
