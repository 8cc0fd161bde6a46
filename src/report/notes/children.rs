//! Children: zombies, orphans, exit codes that were cut, the wrong child, one after another.

use super::{Reading, known, roles, the, time, times, who};
use crate::abi::{Signal, TICKS_PER_SECOND};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::Machine;
use crate::kernel::event::Origin;
use crate::kernel::ledger::{Cut, Death, Ledger, Merged, Orphan, Seen, Serial, Unwaited};
use crate::source::Span;

/// A zombie that lay so long had a parent that went on.
const LONG: u64 = TICKS_PER_SECOND;
/// A zombie that lay no longer than this had a parent that ended at once.
const AT_ONCE: u64 = TICKS_PER_SECOND / 10;
/// Labels of a report on orphans.
const MOST_FORKS: usize = 4;
/// So many zombies of one parent at once are no accident.
const MANY: u64 = 4;

pub(super) fn notes(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.unwaited.values() {
        let merged = ledger.merged.get(&(seen.first.parent.who.pid, Signal::SIGCHLD)).filter(|seen| seen.first.handled);
        found.extend(zombies(&seen.first, merged));
    }
    orphans(ledger, found);
    for seen in ledger.cut.values() {
        if !reading.was_told(Code::ExitCodeRange, seen.first.by.at) {
            found.push(cut(&seen.first, seen.count));
        }
    }
    chosen(ledger, reading, found);
    found.extend(script_killed(ledger));
    found.extend(script_broke_pipe(ledger));
    murdered(ledger, reading, found);
    for serial in ledger.serial.values() {
        found.extend(one_after_another(serial, reading));
    }
}

fn zombies(left: &Unwaited, merged: Option<&Seen<Merged>>) -> Option<Diagnostic> {
    if left.killed || left.zombies == 0 || (left.longest <= AT_ONCE && left.zombies < MANY && merged.is_none()) {
        return None;
    }
    let parent = who(&left.parent);
    let (were, them) = if left.zombies == 1 { ("was a zombie", "it") } else { ("were zombies", "them") };
    let names = if left.zombies == 1 && left.children.len() == 1 {
        left.children[0].role()
    } else {
        format!("{} children", left.zombies)
    };
    let long = if left.longest > AT_ONCE { format!(" for {}", time(left.longest)) } else { String::new() };
    let up_to = if left.zombies > 1 && !long.is_empty() { long.replace(" for ", " for up to ") } else { long };
    let mut report = Diagnostic::new(
        Code::NeverWaited,
        format!("{names} {were}{up_to}: {} never waited for {them}", the(&parent)),
        left.children[0].fork.span,
        format!("`fork()` made {} here", roles(&left.children, left.children.len() as u64)),
    );
    if known(left.parent.at) {
        report = report.label(left.parent.at, format!("{} ended here, and init reaped {them}", the(&parent)));
    }
    if left.longest < LONG && left.zombies < MANY && merged.is_none() {
        report.severity = Severity::Note;
    }
    Some(match merged {
        Some(merged) => report
            .note(format!(
                "{} while one was pending: pending signals do not add up, and the handler ran once for all of them",
                if merged.count == 1 { "a SIGCHLD came".to_owned() } else { format!("{} SIGCHLD came", merged.count) }
            ))
            .help("in the handler, `while waitpid(-1, WNOHANG) > 0 { }` takes all that are there"),
        None => report.note("a zombie keeps its process id and its status until somebody asks for them").help(format!(
            "`wait();` collects a child; `signal(SIGCHLD, SIG_IGN);` lets {} go without",
            if left.zombies == 1 { "it" } else { "them" }
        )),
    })
}

fn orphans(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    let mut told: Vec<Span> = Vec::new();
    for orphan in ledger.orphans.values() {
        let fork = orphan.child.fork.span;
        // A daemon's parent ends on purpose; what matters is what the script leaves to its shell.
        let matters = orphan.parent.who.parent.is_none() && (orphan.spoke.is_some() || orphan.asked.is_some());
        if matters && !told.contains(&fork) {
            told.push(fork);
            let like = ledger.orphans.values().filter(|other| other.child.fork.span == fork).count();
            found.push(say_orphan(orphan, like));
        }
    }
}

/// Children that outlived the script, and of which nobody has heard: told where there is nothing graver to tell.
pub(super) fn silent_orphans(machine: &Machine, found: &mut Vec<Diagnostic>) {
    let ledger = machine.ledger();
    let silent = |orphan: &&Orphan| {
        let heard = orphan.spoke.is_some() || orphan.asked.is_some();
        orphan.parent.who.parent.is_none() && !heard && orphan.lived.is_some_and(|lived| lived >= AT_ONCE)
    };
    let orphans: Vec<&Orphan> = ledger.orphans.values().filter(silent).collect();
    let Some(first) = orphans.first().filter(|orphan| known(orphan.parent.at)) else { return };
    let good = machine.script_status().is_some_and(|status| status.is_exited() && status.exit_code() == 0);
    if !good || found.iter().any(|note| note.severity == Severity::Warning) {
        return;
    }
    let names: Vec<_> = orphans.iter().map(|orphan| std::sync::Arc::clone(&orphan.child)).collect();
    let (who_lives, was) = (roles(&names, names.len() as u64), if names.len() == 1 { "was" } else { "were" });
    let parent = the(&who(&first.parent));
    let headline = format!("{parent} ended while {who_lives} {was} running");
    let mut report = Diagnostic::new(Code::Orphan, headline, first.parent.at, format!("{parent} ended here"));
    for orphan in &orphans {
        let fork = orphan.child.fork.span;
        if known(fork) && report.labels.len() < MOST_FORKS && report.labels.iter().all(|label| label.span != fork) {
            report = report.label(fork, format!("`fork()` made {} here", orphan.child.role()));
        }
    }
    let longest = orphans.iter().filter_map(|orphan| orphan.lived).max().unwrap_or(0);
    let lived = match orphans.len() {
        1 => format!("{who_lives} lived on for {}, and nobody has learned how it ended", time(longest)),
        _ => format!("the last of them lived on for {}, and nobody has learned how they ended", time(longest)),
    };
    report.severity = Severity::Note;
    let report = report.note(lived).note("an orphan is not a zombie: it runs on, and init will reap it");
    found.push(report.help("`wait();` for each child before the end"));
}

fn say_orphan(orphan: &Orphan, like: usize) -> Diagnostic {
    let (child, parent) = (orphan.child.role(), who(&orphan.parent));
    let headline = match like {
        1 => format!("{} ended while {child} was running", the(&parent)),
        like => format!("{} ended while {child} and {} others were running", the(&parent), like - 1),
    };
    let mut report = Diagnostic::new(Code::Orphan, headline, orphan.parent.at, format!("{} ended here", the(&parent)));
    report = report.label(orphan.child.fork.span, format!("`fork()` made {child} here"));
    if let Some(at) = orphan.asked {
        report = report.label(at, format!("so `getppid()` is 1 here: init has adopted {child}"));
    }
    if let Some(at) =
        orphan.spoke.filter(|at| orphan.asked.is_none_or(|asked| asked.start >= at.end || at.start >= asked.end))
    {
        report = report.label(at, format!("{child} wrote this after it: a shell shows its prompt first"));
    }
    report.note("an orphan is not a zombie: it runs on, and init will reap it").help("`wait();` before the end")
}

fn cut(cut: &Cut, count: u64) -> Diagnostic {
    let (code, left) = (cut.code, cut.code & 0xff);
    let label = if code > 0 && code < 65_536 {
        let blocks = if code < 512 { "256".to_owned() } else { format!("{} * 256", code / 256) };
        format!("only the low 8 bits survive: {code} = {blocks} + {left}")
    } else {
        format!("only the low 8 bits survive: {code} becomes {left}")
    };
    let whom = if cut.by.who.parent.is_none() { "the shell" } else { "the parent" };
    let mut report = Diagnostic::new(
        Code::ExitCodeCut,
        format!("`exit({code})` of {} reaches {whom} as {left}", the(&who(&cut.by))),
        cut.by.at,
        format!("{label}{}", times(count)),
    );
    if let Some(collected) = &cut.collected {
        report = report.label(collected.at, format!("{} collected it here", the(&who(collected))));
    }
    report.help("an exit code says success (0) or which failure (1 to 255); send a number through a pipe")
}

fn chosen(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.chosen.values() {
        let chosen = &seen.first;
        let asked_for =
            reading.attention(chosen.by.at).is_some_and(|attention| attention.any_child.contains(&chosen.by.at));
        let left = ledger.unwaited.keys().any(|(parent, _)| *parent == chosen.by.who.pid);
        if !asked_for || !left {
            continue;
        }
        let (got, other) = (chosen.got.role(), chosen.other.role());
        let how = match Signal::from_number(chosen.status.term_signal()) {
            Some(signal) if !chosen.status.is_exited() => format!("killed by {}", signal.name()),
            _ => format!("exit {}", chosen.status.exit_code()),
        };
        found.push(
            Diagnostic::new(
                Code::WrongChild,
                format!("this `wait` took {got}, and nobody looks whether it is the one that was meant"),
                chosen.by.at,
                format!("took {got} ({how}); {other} was there, too, and was never waited for"),
            )
            .label(chosen.got.fork.span, format!("{got} was made here"))
            .label(chosen.other.fork.span, format!("{other} was made here"))
            .note("`wait` takes whichever child ends first: another schedule gives another answer")
            .help("`waitpid(pid, 0)` waits for the one that is meant; wait for the other, too"),
        );
    }
}

fn murdered(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for (wait, seen) in &ledger.murdered {
        let Some(attention) = reading.attention(*wait) else { continue };
        let Some((_, read)) = attention.unguarded.iter().find(|(at, _)| at == wait) else { continue };
        if reading.was_told(Code::UnguardedStatus, *read) {
            continue;
        }
        let (_, child, signal) = &seen.first;
        let role = child.role();
        found.push(
            Diagnostic::new(
                Code::KilledReadAsExit,
                format!("{role} was killed by {}, and its status is read as if it had called `exit`", signal.name()),
                *read,
                "`WEXITSTATUS` gives 0 for a child that a signal killed",
            )
            .label(*wait, format!("collected here{}", times(seen.count)))
            .label(child.fork.span, format!("{role} was made here"))
            .help("ask `WIFEXITED(status)` first; `WTERMSIG(status)` tells the signal"),
        );
        if let (Some(death), Some(report)) = (ledger.deaths.get(&child.pid), found.last_mut()) {
            let labelled = with_death(report.clone(), death);
            *report = labelled;
        }
    }
}

/// Labels where a process stood when a signal killed it, and where that came from.
fn with_death(mut report: Diagnostic, death: &Death) -> Diagnostic {
    let role = the(&who(&death.by));
    let mut label = |at: Span, text: String| {
        if known(at) && report.labels.iter().all(|label| label.span != at) {
            report.labels.push(crate::diagnostics::Label { span: at, text });
        }
    };
    match death.origin {
        Some(Origin::Process(_, at)) => {
            let sender =
                death.sender.as_ref().map_or_else(String::new, |sender| format!(" by {}", the(&sender.role())));
            label(at, format!("{} was sent here{sender}", death.signal.name()));
        }
        Some(Origin::Timer) => {
            if let Some(at) = death.alarm {
                label(at, "the signal came from this alarm".to_owned());
            }
        }
        _ => {}
    }
    if death.call == Some(crate::abi::Builtin::Sigwait) {
        label(death.by.at, format!("{role} was killed in `sigwait`, which takes only signals that are blocked"));
    }
    let why = if death.signal == Signal::SIGPIPE { ": nobody could read its pipe any more" } else { "" };
    label(death.by.at, format!("{role} was here when it was killed{why}"));
    report
}

/// The script was killed by a signal that the program itself has sent, or set an alarm for.
fn script_killed(ledger: &Ledger) -> Option<Diagnostic> {
    let death = ledger.deaths.values().find(|death| death.by.who.parent.is_none())?;
    let signal = death.signal.name();
    let headline = format!("the parent was killed by {signal}, for which it has no handler");
    let (at, text) = match death.origin {
        Some(Origin::Process(_, at)) => {
            let sender = death.sender.as_ref().map_or_else(|| "a process".to_owned(), |sender| the(&sender.role()));
            (at, format!("{sender} sent it here"))
        }
        Some(Origin::Timer) => (death.alarm?, "it came from this alarm".to_owned()),
        // Keys and what the kernel sends by itself are nobody's surprise.
        _ => return None,
    };
    // Whoever sends it to itself by its own id means it.
    let meant =
        death.sender.as_ref().is_some_and(|sender| sender.pid == death.by.who.pid) && death.by.at == at && !death.group;
    if meant || death.signal == Signal::SIGKILL || !known(at) {
        return None;
    }
    let mut report = Diagnostic::new(Code::ScriptKilled, headline, at, text);
    if death.by.at != at {
        report = report.label(death.by.at, "the parent was here");
    }
    if death.group {
        report = report.note("process id 0 means every process of the caller's own group, the caller too");
    }
    Some(report.help(format!("`signal({signal}, handler);` before, if the parent is to go on")))
}

/// The script was killed since it wrote to a pipe that nobody could read any more.
fn script_broke_pipe(ledger: &Ledger) -> Option<Diagnostic> {
    let death = ledger.deaths.values().find(|death| death.by.who.parent.is_none())?;
    let broken = ledger.ends.broken.get(&death.by.who.pid)?;
    if death.signal != Signal::SIGPIPE || !matches!(death.origin, Some(Origin::Kernel(_))) || !known(broken.at) {
        return None;
    }
    let mut report = Diagnostic::new(
        Code::ScriptKilled,
        "the parent was killed by SIGPIPE: it wrote to a pipe that nobody could read any more",
        broken.at,
        "the parent wrote here",
    );
    if known(broken.made.span) {
        report = report.label(broken.made.span, "this pipe");
    }
    if let Some(closed) = broken.closed.as_ref().filter(|closed| known(closed.at)) {
        let role = who(closed);
        let own = closed.who.pid == death.by.who.pid;
        let text =
            if own { "it closed its own read end here, and no other was open" } else { "the last read end went here" };
        report = report
            .label(closed.at, format!("{text}{}", if own { String::new() } else { format!(", with {}", the(&role)) }));
    }
    Some(
        report
            .note("what the program wanted to do after this was never done")
            .help("let the reader read to the end, or `signal(SIGPIPE, SIG_IGN);` and look for EPIPE after `write`"),
    )
}

fn one_after_another(serial: &Serial, reading: &Reading<'_>) -> Option<Diagnostic> {
    let pairs = &reading.attention(serial.by.at)?.one_by_one;
    let (_, wait) = pairs.iter().find(|(fork, _)| *fork == serial.by.at)?;
    // Time that nobody sleeps or waits through is not lost on one processor.
    if serial.together || serial.count < 2 || serial.last - serial.first < LONG {
        return None;
    }
    Some(
        Diagnostic::new(
            Code::OneAfterAnother,
            format!("the {} children run one after another, never two at a time", serial.count),
            *wait,
            "the next fork comes only after this child has ended",
        )
        .label(serial.by.at, "`fork()`")
        .note(format!("from the first to the last fork it took {}", time(serial.last - serial.first)))
        .help("fork all of them in one loop, then wait for all in another"),
    )
}
