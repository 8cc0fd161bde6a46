//! Changes of order and of options: what one process would do after its wait, done before it, where another waits for that; a wait
//! that also sees stops; a signal that stays blocked until somebody waits for it.

use super::super::facts::{Facts, Stand, Wait, argument};
use super::super::text::{Level, Text, has_word};
use super::Step;
use super::places::{names, stack};
use crate::abi::{Builtin, Signal};
use crate::diagnostics::Edit;
use crate::kernel::Pid;
use crate::kernel::process::State;
use crate::kernel::signal::Became;
use crate::source::Span;
use crate::syntax::ast::Stmt;

/// Processes for which changes are sought; more than that stand where these do.
pub(crate) const MOST_LOOKED_AT: usize = 24;

/// All changes of this kind that the facts suggest.
pub(crate) fn steps(facts: &Facts<'_>, text: &Text<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    for held in facts.unflushed().iter().take(MOST_LOOKED_AT).filter(|held| held.print.file == text.file) {
        if let Some(level) = text.path(held.print).last() {
            let edit = text.after(level.stmt().span, "fflush();");
            let words = format!("put `fflush();` after line {}", text.line(edit.span.start));
            let step = Step { words, edits: vec![edit], who: vec![held.printer], closes: Vec::new() };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    for stand in facts.stands.iter().take(MOST_LOOKED_AT) {
        let Some(process) = facts.process(stand.pid) else { continue };
        let runs_text = process.context.as_deref().is_some_and(|context| context.image.file == text.file);
        if !runs_text || matches!(process.state, State::Stopped(_)) {
            continue;
        }
        for other in facts.stands.iter().take(MOST_LOOKED_AT).filter(|other| other.pid != stand.pid) {
            exchanges(facts, text, stand, other, &mut steps);
        }
        match stand.wait {
            Wait::Child { stops_count: false, ref children, .. } => stops(facts, text, stand, children, &mut steps),
            Wait::Signal | Wait::SignalOf(_) => signals(facts, text, stand, &mut steps),
            _ => {}
        }
    }
    steps
}

/// What a statement must say so that it could end the other's wait.
fn helpful(facts: &Facts<'_>, text: &Text<'_>, me: Pid, other: &Stand) -> Vec<String> {
    let mine = |holders: &[super::super::facts::Holder]| -> Vec<String> {
        let own = holders.iter().filter(|holder| holder.pid == me);
        own.flat_map(|holder| names(facts, text, holder)).collect()
    };
    match other.wait {
        Wait::Bytes(pipe) => mine(facts.pipe_holders(pipe, true)),
        Wait::Room(pipe) => mine(facts.pipe_holders(pipe, false)),
        Wait::Message(queue) => mine(&facts.queue_holders(queue, true)),
        Wait::QueueRoom(queue) => mine(&facts.queue_holders(queue, false)),
        Wait::Signal | Wait::SignalOf(_) | Wait::Continue(_) => vec!["kill".to_owned(), "killpg".to_owned()],
        Wait::Reader(_) | Wait::Writer(_) => path_of_open(text.of(other.span)).into_iter().collect(),
        Wait::Poll(ref pipes, _) => pipes.iter().flat_map(|pipe| mine(facts.pipe_holders(*pipe, true))).collect(),
        Wait::Child { .. } | Wait::Outside => Vec::new(),
    }
}

/// The first argument of a call of `open`, as written.
fn path_of_open(call: &str) -> Option<String> {
    let path = call.strip_prefix("open(")?.split(',').next()?.trim();
    (!path.is_empty()).then(|| path.to_owned())
}

/// The first statement that one process would come to after its wait, in a block around it, and that says what could end the wait
/// of the other; whether a mere close counts.
pub(crate) fn later(facts: &Facts<'_>, text: &Text<'_>, one: &Stand, other: &Stand, closes: bool) -> Option<Span> {
    let words = helpful(facts, text, one.pid, other);
    let process = facts.process(one.pid)?;
    let places = stack(process, text);
    let paths = places.iter().rev().flat_map(|place| text.way_out(*place));
    let helps =
        |stmt: &&&Stmt| words.iter().any(|word| text.mentions(stmt, word) && (closes || !text.is_close(stmt, word)));
    paths.into_iter().find_map(|level| level.rest().iter().find(helps).map(|stmt| text.head(stmt.span)))
}

/// Moves the statement in which one waits behind what would free the other, or that before it.
fn exchanges(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, other: &Stand, steps: &mut Vec<Step>) {
    let words = helpful(facts, text, stand.pid, other);
    let Some(process) = facts.process(stand.pid) else { return };
    if words.is_empty() {
        return;
    }
    for place in stack(process, text) {
        for level in &text.way_out(place) {
            let helps = |stmt: &&Stmt| words.iter().any(|word| text.mentions(stmt, word));
            let rest = level.rest();
            let (Some(first), Some(last)) =
                (rest.iter().find(|stmt| helps(stmt)), rest.iter().rev().find(|stmt| helps(stmt)))
            else {
                continue;
            };
            let here = level.stmt().span;
            steps.push(moved(text, first.span, here, true, stand.pid));
            if last.span != first.span {
                steps.push(moved(text, first.span.to(last.span), here, true, stand.pid));
            }
            if matches!(stand.wait, Wait::Child { .. }) {
                steps.push(moved(text, here, last.span, false, stand.pid));
            }
        }
    }
}

/// The first `write` or `dprintf` to an element of an array that a process would come to after its wait.
pub(crate) fn later_write(facts: &Facts<'_>, text: &Text<'_>, one: &Stand) -> Option<Span> {
    let places = stack(facts.process(one.pid)?, text);
    let paths = places.iter().rev().flat_map(|place| text.way_out(*place));
    let writes = |stmt: &&&Stmt| {
        let code = text.of(stmt.span);
        ["write(", "dprintf("].iter().any(|call| {
            let first = code.split_once(call).and_then(|(_, args)| args.split(',').next());
            first.is_some_and(|first| first.contains('['))
        })
    };
    paths.into_iter().find_map(|level| level.rest().iter().find(writes).map(|stmt| text.head(stmt.span)))
}

/// Moves the statements of `what` before or after those of `to`.
pub(crate) fn moved(text: &Text<'_>, what: Span, to: Span, before: bool, who: Pid) -> Step {
    let code = text.of(what);
    let put = if before { text.before(to, code) } else { text.after(to, code) };
    let head = code.lines().next().unwrap_or("").trim_end();
    let (from, last) = (text.line(what.start), text.line(what.end));
    let line = text.line(if before { to.start } else { to.end });
    let place = if before { "before" } else { "after" };
    let words = if from == line {
        format!("move `{head}` {place} `{}` in line {line}", text.of(to).lines().next().unwrap_or(""))
    } else if last > from {
        format!("move lines {from} to {last} to {place} line {line}")
    } else {
        format!("move `{head}` from line {from} to {place} line {line}")
    };
    Step { words, edits: vec![put, text.without(what)], who: vec![who], closes: Vec::new() }
}

/// A wait for a stopped child: let it see stops, or give the terminal to a child that was stopped for reading it.
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
    steps.push(Step { words, edits, who: vec![stand.pid], closes: Vec::new() });
}

/// A wait for a signal that has come already, or that is blocked while it lasts.
fn signals(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, steps: &mut Vec<Step>) {
    let Some(process) = facts.process(stand.pid) else { return };
    let (line, who) = (text.line(stand.span.start), vec![stand.pid]);
    let replace = Edit { span: stand.span, text: "sigsuspend(0)".to_owned() };
    let waiting = process.signals.pending.iter().any(|signal| process.signals.handles(signal));
    match stand.call {
        Some(Builtin::Pause | Builtin::Sigsuspend) if waiting => {
            let old = text.of(stand.span);
            let words = format!("write `sigsuspend(0)` instead of `{old}` in line {line}");
            steps.push(Step { words, edits: vec![replace], who, closes: Vec::new() });
        }
        Some(Builtin::Pause) => {
            let Some(heard) = facts.heard(stand.pid, &[Became::Handled]) else { return };
            for (edit, at) in block_places(text, stand, heard.signal, &format!("sigmask({})", heard.signal.name())) {
                let words = format!("{at}\nand write `sigsuspend(0)` instead of `pause()` in line {line}");
                steps.push(Step { words, edits: vec![edit, replace.clone()], who: who.clone(), closes: Vec::new() });
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
                steps.push(Step { words: at, edits: vec![edit], who: Vec::new(), closes: Vec::new() });
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
