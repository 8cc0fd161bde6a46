//! Changes that concern signals and the terminal: a wait that also sees stops, a stopped process that is continued, a job that gets the
//! terminal, a signal that stays blocked until somebody waits for it, and one that is blocked no more.

use super::super::facts::{Facts, Stand, Wait, argument};
use super::super::text::{Level, Text, has_word};
use super::Step;
use super::moves::MOST_LOOKED_AT;
use super::places::stack;
use crate::abi::{Builtin, SIG_IGN, Signal};
use crate::diagnostics::Edit;
use crate::kernel::Pid;
use crate::kernel::event::Origin;
use crate::kernel::process::State;
use crate::kernel::signal::Became;
use crate::source::Span;
use crate::syntax::ast::Stmt;

/// All changes of this kind that the facts suggest.
pub(crate) fn steps(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in facts.stands.iter().take(MOST_LOOKED_AT) {
        let Some(process) = facts.process(stand.pid) else { continue };
        let runs_text = process.context.as_deref().is_some_and(|context| context.image.file == text.file);
        match stand.wait {
            Wait::Continue(signal) => {
                terminal(facts, text, stand, signal, steps);
                continues(facts, text, stand, steps);
                one_only(facts, text, stand, steps);
            }
            Wait::Child { stops_count: false, ref children, .. } if runs_text => {
                stops(facts, text, stand, children, steps);
            }
            Wait::Signal | Wait::SignalOf(_) if runs_text => {
                waits(facts, text, stand, steps);
                again(facts, text, stand, steps);
            }
            Wait::Signal | Wait::SignalOf(_) => unblock(facts, text, stand, steps),
            _ if runs_text => no_restart(facts, text, stand, steps),
            _ => {}
        }
        ignored(facts, text, stand, steps);
    }
}

/// A step that puts code before the statement around a place, in one process.
fn put(text: &Text<'_>, place: Span, code: &str, who: Pid, steps: &mut Vec<Step>) {
    let Some(level) = text.path(place).pop() else { return };
    let edit = text.before(level.stmt().span, code);
    if let Some(words) = super::places::words(std::slice::from_ref(&edit), text) {
        steps.push(Step { words, edits: vec![edit], who: vec![who], closes: Vec::new(), likely: false });
    }
}

/// A process that was stopped since it wanted the terminal: its job gets it, or it may take it though it is in the background.
fn terminal(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, signal: Signal, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    if !matches!(signal, Signal::SIGTTIN | Signal::SIGTTOU) {
        return;
    }
    let fork = process.lineage.fork.span;
    let waiter = facts
        .stands
        .iter()
        .find(|other| matches!(&other.wait, Wait::Child { children, .. } if children.contains(&stand.pid)));
    // It may have stopped already: who gets the terminal is continued, as `fg` of a shell does.
    if let (Some(waiter), [job]) = (waiter, text.names(fork).as_slice()) {
        put(text, waiter.span, &format!("tcsetpgrp(0, {job}); kill(-{job}, SIGCONT);"), waiter.pid, steps);
        steps.iter_mut().rev().take(1).for_each(|step| step.likely = true);
    }
    // Who takes the terminal back is in the background at that moment.
    if signal == Signal::SIGTTOU && has_word(text.of(stand.span), "tcsetpgrp") {
        put(text, stand.span, "signal(SIGTTOU, SIG_IGN);", stand.pid, steps);
    }
}

/// A process that another one has stopped, which now waits for it: it continues it before.
fn continues(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(Origin::Process(sender, at)) = facts.heard(stand.pid, &[Became::Stopped]).and_then(|heard| heard.origin)
    else {
        return;
    };
    let target = text.of(at).strip_prefix("kill(").and_then(|rest| rest.split(',').next()).map(str::trim);
    let waiter = facts.stand(sender).filter(|waiter| waiter.wakers.contains(&stand.pid));
    if let (Some(target), Some(waiter)) = (target, waiter) {
        put(text, waiter.span, &format!("kill({target}, SIGCONT);"), sender, steps);
    }
}

/// A call that went on waiting after a handler: installed so that it ends instead.
fn no_restart(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let Some(heard) = facts.heard(stand.pid, &[Became::Handled]) else { return };
    let action = process.signals.action(heard.signal);
    let Some(at) = facts.machine.ledger().installed(action.handler, heard.signal) else { return };
    let call = text.of(at);
    let Some(args) = call.strip_prefix("signal(").and_then(|rest| rest.strip_suffix(')')) else { return };
    let new = format!("sigaction({args}, 0, 0)");
    let words = format!("write `{new}` instead of `{call}` in line {}", text.line(at.start));
    steps.push(Step {
        words,
        edits: vec![Edit { span: at, text: new }],
        who: Vec::new(),
        closes: Vec::new(),
        likely: true,
    });
}

/// A signal that is ignored since somebody else has set it so before the fork: set back where the process's own part begins.
fn ignored(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let Some(heard) = facts.heard(stand.pid, &[Became::Dropped]) else { return };
    let sent = matches!(heard.origin, Some(Origin::Process(..)));
    if !sent || process.signals.action(heard.signal).handler != SIG_IGN {
        return;
    }
    if let Some(first) = text.branch(process.lineage.fork.span).and_then(|branch| branch.first().copied()) {
        put(text, first.span, &format!("signal({}, SIG_DFL);", heard.signal.name()), stand.pid, steps);
    }
}

/// What was good for one signal, or for an ancestor alone, done again: `mq_notify` in the handler, `alarm` in the child.
fn again(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let ledger = facts.machine.ledger();
    let code = |at: Span| format!("{};", text.of(at).trim_end_matches(';'));
    for (_, queue) in facts.machine.queues() {
        let Some(by) = queue.notified.0.filter(|by| by.who == stand.pid && by.span.file == text.file) else { continue };
        let handlers = process.context.as_deref().into_iter().flat_map(|context| {
            let handled = Signal::ALL.iter().filter(|signal| process.signals.handles(**signal));
            handled.filter_map(|signal| context.function_name(process.signals.action(*signal).handler))
        });
        for handler in handlers.collect::<Vec<&str>>() {
            if let Some(first) = text.first_of(handler) {
                put(text, first, &code(by.span), stand.pid, steps);
            }
        }
    }
    let mut at = &process.lineage;
    while let Some(parent) = &at.parent {
        if let Some(alarm) =
            ledger.alarm(parent.pid).filter(|alarm| alarm.tick <= at.fork.tick && alarm.span.file == text.file)
            && let Some(first) = text.branch(process.lineage.fork.span).and_then(|branch| branch.first().copied())
        {
            put(text, first.span, &code(alarm.span), stand.pid, steps);
            return;
        }
        at = parent;
    }
}

/// A process that has stopped its own group, and itself with it: only the one that is meant.
fn one_only(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let heard = facts.heard(stand.pid, &[Became::Stopped]);
    let Some(Origin::Process(sender, at)) = heard.and_then(|heard| heard.origin) else { return };
    let call = text.of(at);
    if sender != stand.pid || !facts.machine.ledger().meant_group(at) {
        return;
    }
    let child = facts.stands.iter().find_map(|other| {
        let process = facts.process(other.pid).filter(|process| process.ppid == sender)?;
        text.names(process.lineage.fork.span).first().map(|name| (*name).to_owned())
    });
    let (Some(child), Some((_, rest))) = (child, call.split_once(',')) else { return };
    let new = format!("kill({child},{rest}");
    let words = format!("write `{new}` instead of `{call}` in line {}", text.line(at.start));
    steps.push(Step {
        words,
        edits: vec![Edit { span: at, text: new }],
        who: vec![sender],
        closes: Vec::new(),
        likely: true,
    });
}

/// A signal that has come and stays blocked: unblocked where the process's own part begins, or before it waits.
fn unblock(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let signals = &process.signals;
    let acts = |signal: &Signal| signals.handles(*signal) || signals.kills(*signal);
    let Some(signal) = signals.pending.intersection(signals.mask).iter().find(acts) else { return };
    let code = format!("sigprocmask(SIG_UNBLOCK, sigmask({}));", signal.name());
    let fork = process.lineage.fork.span;
    if let Some(first) = text.branch(fork).and_then(|branch| branch.first().copied()) {
        put(text, first.span, &code, stand.pid, steps);
    }
    if process.execed.is_none()
        && let Some(place) = stack(process, text).last()
    {
        put(text, *place, &code, stand.pid, steps);
    }
}

/// A wait for a stopped child: let it see stops.
fn stops(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, children: &[Pid], steps: &mut Vec<Step>) {
    let stopped = |pid: &Pid| facts.process(*pid).is_some_and(|child| matches!(child.state, State::Stopped(_)));
    if !children.iter().any(stopped) {
        return;
    }
    let call = text.of(stand.span);
    let new = match stand.call {
        Some(Builtin::Wait) => "waitpid(-1, WUNTRACED)".to_owned(),
        Some(Builtin::Waitpid) => {
            let Some((head, options)) = call.trim_end_matches(')').rsplit_once(',') else { return };
            let options = options.trim();
            let options = if options == "0" { "WUNTRACED".to_owned() } else { format!("{options} | WUNTRACED") };
            format!("{head}, {options})")
        }
        _ => return,
    };
    let words = format!("write `{new}` in line {}", text.line(stand.span.start));
    let edits = vec![Edit { span: stand.span, text: new }];
    steps.push(Step { words, edits, who: vec![stand.pid], closes: Vec::new(), likely: false });
}

/// A wait for a signal that has come already, or that is blocked while it lasts.
fn waits(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let (line, who) = (text.line(stand.span.start), vec![stand.pid]);
    let replace = Edit { span: stand.span, text: "sigsuspend(0)".to_owned() };
    let waiting = process.signals.pending.iter().any(|signal| process.signals.handles(signal));
    unblock(facts, text, stand, steps);
    match stand.call {
        Some(Builtin::Pause | Builtin::Sigsuspend) if waiting => {
            let old = text.of(stand.span);
            let words = format!("write `sigsuspend(0)` instead of `{old}` in line {line}");
            steps.push(Step { words, edits: vec![replace], who, closes: Vec::new(), likely: false });
        }
        Some(Builtin::Pause) => {
            let Some(heard) = facts.heard(stand.pid, &[Became::Handled]) else { return };
            for (edit, at) in block_places(text, stand, heard.signal, &format!("sigmask({})", heard.signal.name())) {
                let words = format!("{at}\nand write `sigsuspend(0)` instead of `pause()` in line {line}");
                steps.push(Step {
                    words,
                    edits: vec![edit, replace.clone()],
                    who: who.clone(),
                    closes: Vec::new(),
                    likely: false,
                });
            }
        }
        Some(Builtin::Sigwait) => {
            let asked = argument(process, 0).map_or(0, |set| set as u32);
            let Some(heard) = facts.heard(stand.pid, &[Became::Handled, Became::Dropped]) else { return };
            if asked & (1 << heard.signal.number()) == 0 && asked == 0 {
                return;
            }
            let set = format!("sigmask({})", heard.signal.name());
            for (edit, at) in block_places(text, stand, heard.signal, &set) {
                steps.push(Step { words: at, edits: vec![edit], who: Vec::new(), closes: Vec::new(), likely: false });
            }
        }
        _ => {}
    }
}

/// Where a signal could be blocked early enough: before the first fork, and where its handler is installed.
fn block_places(text: &Text<'_>, stand: &Stand, signal: Signal, set: &str) -> Vec<(Edit, String)> {
    let code = format!("sigprocmask(SIG_BLOCK, {set});");
    let mut places = Vec::new();
    let mut add = |level: Level<'_>| {
        let edit = text.before(level.stmt().span, &code);
        let words = format!("put `{code}` before line {}", text.line(edit.span.start));
        if !places.contains(&(edit.clone(), words.clone())) {
            places.push((edit, words));
        }
    };
    let says = |stmt: &Stmt, word: &str| has_word(text.of(stmt.span), word);
    let installs = |stmt: &Stmt| says(stmt, signal.name()) && (says(stmt, "signal") || says(stmt, "sigaction"));
    if let Some(level) = text.find(|stmt| installs(stmt) && stmt.span.start < stand.span.start) {
        add(level);
    }
    if let Some(level) = text.find(|stmt| says(stmt, "fork")) {
        add(level);
    }
    let place: Span = stand.span;
    if let Some(level) = text.path(place).into_iter().next() {
        add(level);
    }
    places
}
