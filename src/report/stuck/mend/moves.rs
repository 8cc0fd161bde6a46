//! Changes of order: what one process would do after its wait, done before it, where another waits for that; a line that is ended.

use super::super::facts::{Facts, Stand, Wait};
use super::super::text::Text;
use super::places::{names, stack};
use super::{Step, signals};
use crate::abi::Builtin;
use crate::diagnostics::Edit;
use crate::kernel::Pid;
use crate::kernel::pipe::PipeId;
use crate::kernel::process::State;
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
            let step = Step { words, edits: vec![edit], who: vec![held.printer], closes: Vec::new(), likely: false };
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
        if let Wait::Bytes(pipe) = stand.wait {
            newline(facts, text, stand, pipe, &mut steps);
        }
    }
    signals::steps(facts, text, &mut steps);
    unlinked(facts, text, &mut steps);
    token(facts, text, &mut steps);
    misnamed(facts, text, &mut steps);
    one_each(facts, text, &mut steps);
    after_loop(facts, text, &mut steps);
    steps
}

/// A queue whose name was taken away before somebody else could open it: taken away after the wait instead.
fn unlinked(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    let ledger = facts.machine.ledger();
    let refused = ledger.failures.values().map(|seen| &seen.first).any(|failure| failure.builtin == Builtin::MqOpen);
    for by in ledger.ends.names.values().filter_map(|name| name.unlinked.as_ref()).filter(|_| refused) {
        let waits = facts.stand(by.who.pid).and_then(|stand| text.path(stand.span).into_iter().next());
        let unlink = text.path(by.at).pop().filter(|_| by.at.file == text.file);
        if let (Some(waits), Some(unlink)) = (waits, unlink) {
            steps.push(moved(text, unlink.stmt().span, waits.stmt().span, false, by.who.pid));
        }
    }
}

/// A queue that somebody waits for, and another of nearly its name that has what it waits for: the name of the first.
fn misnamed(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in &facts.stands {
        let Wait::Message(queue) = stand.wait else { continue };
        let Some(wanted) = facts.machine.queue(queue).map(|queue| String::from_utf8_lossy(&queue.name).into_owned())
        else {
            continue;
        };
        for (_, other) in facts.machine.queues().filter(|(id, other)| *id != queue && !other.is_empty()) {
            let name = String::from_utf8_lossy(&other.name).into_owned();
            let (call, at) = (text.of(other.made.span), other.made.span);
            let Some(place) = call.find(&format!("\"{name}\"")) else { continue };
            let start = at.start + place as u32;
            let span = Span { start, end: start + name.len() as u32 + 2, ..at };
            let words = format!("write `\"{wanted}\"` instead of `\"{name}\"` in line {}", text.line(start));
            let edits = vec![Edit { span, text: format!("\"{wanted}\"") }];
            steps.push(Step { words, edits, who: vec![other.made.who], closes: Vec::new(), likely: true });
        }
    }
}

/// The last message of a sender that now waits, which one receiver took and others wait for: sent once more.
fn one_each(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in &facts.stands {
        let Wait::Message(queue) = stand.wait else { continue };
        let Some(queue) = facts.machine.queue(queue) else { continue };
        let (Some(sent), Some(taken)) = (queue.last_sent.0, queue.last_taken.0) else { continue };
        let told = facts.stand(sent.who).is_some() && sent.who != stand.pid && facts.stand(taken.who).is_none();
        let Some(level) = text.path(sent.span).pop().filter(|_| told && sent.span.file == text.file) else { continue };
        let edit = text.after(level.stmt().span, text.of(level.stmt().span));
        let Some(words) = super::places::words(std::slice::from_ref(&edit), text) else { continue };
        let step = Step { words, edits: vec![edit], who: vec![sent.who], closes: Vec::new(), likely: false };
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
}

/// A wait inside of a loop that also does what lets the others end: out of it, and for all of them after it.
fn after_loop(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in facts.stands.iter().filter(|stand| matches!(stand.wait, Wait::Child { .. })) {
        let path = text.path(stand.span);
        let [.., outer, inner] = path.as_slice() else { continue };
        let (each, wait) = (outer.stmt(), inner.stmt());
        let plain = text.of(wait.span).starts_with("wait");
        if !plain || inner.list.len() < 2 || !text.of(each.span).starts_with("for") {
            continue;
        }
        let edits = vec![text.without(wait.span), text.after(each.span, "while wait() > 0 { }")];
        let words = format!(
            "take `{}` out of the loop in line {}, and put `while wait() > 0 {{ }}` after the loop",
            text.of(wait.span),
            text.line(wait.span.start)
        );
        steps.push(Step { words, edits, who: vec![stand.pid], closes: Vec::new(), likely: false });
    }
}

/// A pipe that all read first and that one of them writes a fixed text to later: the first of these is put in where it is made.
fn token(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in &facts.stands {
        let Wait::Bytes(pipe) = stand.wait else { continue };
        let Some(pipe) = facts.machine.pipe(pipe).filter(|pipe| pipe.traffic.is_none()) else { continue };
        // A lock: several others read the one pipe.
        let readers = facts.stands.iter().filter(|other| other.wait == stand.wait);
        if readers.clone().count() < 2 || readers.clone().any(|reader| reader.pid == pipe.made.who) {
            continue;
        }
        let names = text.names(pipe.made.span);
        let (Some(name), Some(made)) = (names.get(1), text.path(pipe.made.span).pop()) else { continue };
        let fixed = |at: &Span| {
            let call = text.path(*at).pop().map(|level| text.of(level.stmt().span)).unwrap_or_default();
            call.starts_with(&format!("write({name}, \"")) && call.ends_with("\");")
        };
        let Some(write) = text.words(name).find(fixed).and_then(|at| text.path(at).pop()) else { continue };
        let edit = text.after(made.stmt().span, text.of(write.stmt().span));
        let Some(words) = super::places::words(std::slice::from_ref(&edit), text) else { continue };
        let step = Step { words, edits: vec![edit], who: vec![pipe.made.who], closes: Vec::new(), likely: false };
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
}

/// A line that its writer has not ended, and that its reader waits for.
fn newline(facts: &Facts<'_>, text: &Text<'_>, stand: &Stand, pipe: PipeId, steps: &mut Vec<Step>) {
    let half = facts.process(stand.pid).and_then(|process| process.call.as_deref());
    if half.is_none_or(|call| call.request.builtin != Builtin::Getline || call.bytes.as_ref().is_none_or(Vec::is_empty))
    {
        return;
    }
    let Some(last) = facts.machine.pipe(pipe).and_then(|pipe| pipe.traffic.last) else { return };
    let call = text.of(last.span);
    let quote = if call.starts_with("dprintf(") {
        // The end of the format.
        call.match_indices('"').nth(1).filter(|(at, _)| !call[..*at].ends_with('\\')).map(|(at, _)| at)
    } else {
        call.strip_suffix(')').filter(|rest| rest.trim_end().ends_with('"')).map(|rest| rest.trim_end().len() - 1)
    };
    let (at, new) = match quote {
        Some(at) => (at, "\\n"),
        None if call.starts_with("write(") && call.ends_with(')') => (call.len() - 1, " + \"\\n\""),
        None => return,
    };
    let place = last.span.start + at as u32;
    let edit = Edit { span: Span { start: place, end: place, ..last.span }, text: new.to_owned() };
    let (head, tail) = call.split_at(at);
    let words = format!("end the line: write `{head}{new}{tail}` in line {}", text.line(last.span.start));
    steps.push(Step { words, edits: vec![edit], who: vec![last.who], closes: Vec::new(), likely: false });
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
    // A queue that loses its name, or one of its descriptors, wakes nobody.
    let idle = |stmt: &Stmt| ["mq_unlink(", "mq_close("].iter().any(|call| text.of(stmt.span).starts_with(call));
    let helps = |stmt: &&&Stmt| {
        !idle(stmt) && words.iter().any(|word| text.mentions(stmt, word) && (closes || !text.is_close(stmt, word)))
    };
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
    Step { words, edits: vec![put, text.without(what)], who: vec![who], closes: Vec::new(), likely: false }
}
