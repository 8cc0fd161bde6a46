//! Deaths by signals: of a child before its handler was there, of one whose status is read as an exit code, of the script itself, by a pipe
//! that nobody reads, by a terminal that has hung up. What becomes of children otherwise is not its business.

use super::{Reading, known, the, times, who};
use crate::abi::{Builtin, Signal};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::event::Origin;
use crate::kernel::ledger::{Death, Ledger};
use crate::report::stuck::text::Text;
use crate::source::Span;

/// Where a process would have installed a handler for the signal that has killed it, had it come so far.
fn handler_to_come(death: &Death, reading: &Reading<'_>) -> Option<Span> {
    let Some(Origin::Process(sender, _)) = death.origin else { return None };
    if sender == death.by.who.pid {
        return None;
    }
    let fork = death.by.who.fork.span;
    if !known(fork) || death.by.exec.is_some() || death.signal == Signal::SIGKILL {
        return None;
    }
    let text = Text::read(fork.file, &reading.sources.file(fork.file).text);
    let installs = |at: &Span| {
        let call = text.of(text.path(*at).pop().map_or(*at, |level| level.stmt().span));
        let handler = call.split(',').nth(1).unwrap_or("");
        (call.starts_with("signal(") || call.starts_with("sigaction(")) && !handler.contains("SIG_")
    };
    let part = text.branch(fork)?;
    let before = part.first().map_or(fork.end, |first| first.span.start);
    let inside = |at: &Span| {
        let between = fork.end <= at.start && at.end <= before;
        between || part.iter().any(|stmt| stmt.span.start <= at.start && at.end <= stmt.span.end)
    };
    let mut places = text.words(death.signal.name());
    let place = places.find(|at| inside(at) && at.start >= death.by.at.start && installs(at))?;
    text.path(place).pop().map(|level| level.stmt().span)
}

/// Processes that were killed before they had installed the handler that their text has for that signal.
pub(super) fn killed_early(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for death in ledger.deaths.values() {
        let Some(place) = handler_to_come(death, reading) else { continue };
        let (role, signal) = (the(&who(&death.by)), death.signal.name());
        let mut said = Diagnostic::new(
            Code::ChildKilled,
            format!("{role} was killed by {signal} before it had installed its handler"),
            place,
            format!("{role} had not come to this yet"),
        );
        said.severity = Severity::Warning;
        said = with_death(said, death)
            .note("a child runs when the scheduler lets it: right after the fork it may not have done anything yet")
            .help(format!(
                "install the handler before `fork`, or block {signal} before it and unblock it where the handler is installed"
            ));
        found.retain(|note| {
            note.code != Code::KilledReadAsExit || note.labels.iter().all(|label| label.span != death.by.at)
        });
        found.push(said);
    }
}

pub(super) fn murdered(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
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
            .label(child.fork.span, format!("{role} was made here{}", reading.turn(child)))
            .help("ask `WIFEXITED(status)` first; `WTERMSIG(status)` tells the signal"),
        );
        if let (Some(death), Some(report)) = (ledger.deaths.get(&child.pid), found.last_mut()) {
            let labelled = with_death(report.clone(), death);
            *report = labelled;
        }
    }
}

/// Labels where a process stood when a signal killed it, and where that came from.
pub(super) fn with_death(mut report: Diagnostic, death: &Death) -> Diagnostic {
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
pub(super) fn script_killed(ledger: &Ledger, reading: &Reading<'_>) -> Option<Diagnostic> {
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
        report = report.note("this goes to every process of the caller's own group, the caller too");
    }
    if let Some(at) = ledger.handler_of(death.signal).filter(|at| reading.word_in(*at, "SA_RESETHAND").is_some()) {
        report.headline = format!("the parent was killed by {signal}: its handler was gone by then");
        return Some(
            report
                .label(at, "this handler was good for one signal")
                .note("SA_RESETHAND sets the action back to the default when the handler is called")
                .help("leave SA_RESETHAND away, or install the handler anew in the handler"),
        );
    }
    Some(match death.group {
        true => report.help(format!(
            "send it to each child by its id: `kill(pid, {signal})`; or put the children into a group of their own with `setpgid`"
        )),
        false => report.help(format!("`signal({signal}, handler);` before, if the parent is to go on")),
    })
}

/// The script was killed since it wrote to a pipe that nobody could read any more.
pub(super) fn script_broke_pipe(ledger: &Ledger) -> Option<Diagnostic> {
    let death = ledger.deaths.values().find(|death| death.by.who.parent.is_none())?;
    broke_pipe(ledger, death)
}

/// A process was killed since it wrote to a pipe that nobody could read any more.
pub(super) fn broke_pipe(ledger: &Ledger, death: &Death) -> Option<Diagnostic> {
    let broken = ledger.ends.broken.get(&death.by.who.pid)?;
    if death.signal != Signal::SIGPIPE || !matches!(death.origin, Some(Origin::Kernel(_))) || !known(broken.at) {
        return None;
    }
    let (code, role) = match death.by.who.parent {
        None => (Code::ScriptKilled, "the parent".to_owned()),
        Some(_) => (Code::ChildKilled, the(&who(&death.by))),
    };
    let mut report = Diagnostic::new(
        code,
        format!("{role} was killed by SIGPIPE: it wrote to a pipe that nobody could read any more"),
        broken.at,
        format!("{role} wrote here"),
    );
    if known(broken.made.span) {
        report = report.label(broken.made.span, "this pipe");
    }
    if let Some(closed) = broken.closed.as_ref().filter(|closed| known(closed.at)) {
        let own = closed.who.pid == death.by.who.pid;
        let text = match own {
            true => "it closed its own read end here, and no other was open".to_owned(),
            false => format!("the last read end went here, with {}", the(&who(closed))),
        };
        report = report.label(closed.at, text);
    }
    Some(
        report
            .note(format!("what {role} wanted to do after this was never done"))
            .help("let the reader read to the end, or `signal(SIGPIPE, SIG_IGN);` and look for EPIPE after `write`"),
    )
}

/// Children that the kernel has killed by a signal, where the program asks how they ended and not by which signal.
pub(super) fn killed_unsaid(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for (wait, seen) in &ledger.murdered {
        let (_, child, signal) = &seen.first;
        let asked = reading.attention(*wait).is_some_and(|attention| attention.half_asked.contains(wait));
        let death = ledger.deaths.get(&child.pid).filter(|death| death.call == Some(Builtin::Sigwait) && asked);
        if let Some(death) = death {
            let role = the(&who(&death.by));
            let mut said = Diagnostic::new(
                Code::ChildKilled,
                format!("{role} was killed by {} in `sigwait`", signal.name()),
                death.by.at,
                format!("{role} waited for it here"),
            );
            said.severity = Severity::Warning;
            said = with_death(said, death)
                .note("`sigwait` takes only signals that are blocked; another one acts as always");
            found.push(said.help(format!("block {0} first: `sigprocmask(SIG_BLOCK, sigmask({0}));`", signal.name())));
        }
        if *signal == Signal::SIGPIPE && asked {
            found.extend(ledger.deaths.get(&child.pid).and_then(|death| broke_pipe(ledger, death)));
        }
    }
}

/// Processes that were stopped when their group lost its last parent: told where nothing graver is.
pub(super) fn hung_up(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    if found.iter().any(|note| note.severity == Severity::Warning) {
        return;
    }
    for death in ledger.deaths.values().filter(|death| death.signal == Signal::SIGHUP && death.call.is_none()) {
        let Some(Origin::Kernel(_)) = death.origin else { continue };
        let role = the(&who(&death.by));
        let mut said = Diagnostic::new(
            Code::ChildKilled,
            format!("{role} was killed by SIGHUP: it was stopped when its group lost its last parent"),
            death.by.at,
            format!("{role} stood here, stopped"),
        )
        .note("nobody of its session is left who could continue it, so the kernel sends SIGHUP and SIGCONT");
        if known(death.by.who.fork.span) {
            said = said.label(death.by.who.fork.span, format!("{role} was forked here"));
        }
        found.push(said.help("let its parent wait for it and continue it, or handle SIGHUP"));
    }
}
