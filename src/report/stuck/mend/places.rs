//! Where a descriptor that keeps a pipe open could be closed: right after the fork that copied it, or before its holder goes to sleep.

use super::super::facts::{Facts, Holder, Wait};
use super::super::text::Text;
use super::Step;
use super::moves::MOST_LOOKED_AT;
use crate::diagnostics::Edit;
use crate::kernel::file::{Kind, Making};
use crate::kernel::process::Process;
use crate::source::Span;
use crate::syntax::ast::Stmt;
use crate::vm::Frame;

/// Descriptors below this number are a process's standard streams, which are not closed to mend a pipe.
const FIRST_OWN: usize = 3;

/// Statements before the place where a process is that are tried.
const MOST_EARLIER: usize = 6;

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// For every descriptor that keeps a reader waiting: the places at which it could be closed, the likely one first.
pub(crate) fn closes(facts: &Facts<'_>, text: &Text<'_>) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for stand in facts.stands.iter().take(MOST_LOOKED_AT) {
        let pipes = match &stand.wait {
            Wait::Bytes(pipe) => std::slice::from_ref(pipe),
            Wait::Poll(pipes, _) => pipes.as_slice(),
            _ => &[],
        };
        for pipe in pipes {
            let holders = facts.pipe_holders(*pipe, true);
            for holder in holders.iter().filter(|holder| holder.fd >= FIRST_OWN).take(MOST_LOOKED_AT) {
                let names = names(facts, text, holder);
                let places = names.iter().flat_map(|name| close_places(facts, text, holder, name)).collect();
                join(&mut all, places);
            }
            after_forks(facts, text, holders, &mut all);
        }
    }
    all
}

/// The maker of a pipe may close its copy as soon as the fork has handed it on, so that later children have none.
fn after_forks(facts: &Facts<'_>, text: &Text<'_>, holders: &[Holder], all: &mut Vec<Vec<Step>>) {
    for holder in holders.iter().filter(|holder| holder.descriptor.making == Making::Pipe).take(MOST_LOOKED_AT) {
        let Some(name) = text.names(holder.descriptor.made.span).get(1).copied().filter(|name| *name != "_") else {
            continue;
        };
        // Where those who got a copy have ended, the fork that follows in the text tells where they got it.
        let made = holder.descriptor.made.span;
        let follows = || {
            let level = text.path(made).pop()?;
            let mut rest = level.rest().iter();
            rest.find_map(|stmt| text.forks().find(|fork| covers(stmt.span, *fork)))
        };
        let fork = facts.forks(holder).first().map(|fork| fork.span).or_else(follows);
        let Some(fork) = fork else { continue };
        let Some(stmt) = text.after_fork(fork) else { continue };
        let edit = text.after(stmt.span, &format!("close({name});"));
        let Some(words) = words(std::slice::from_ref(&edit), text) else { continue };
        let who = holder.descriptor.made.who;
        let closes = holders.iter().filter(|other| other.descriptor.making == Making::Pipe && other.pid == who);
        let closes = closes.map(|other| (other.pid, other.fd)).collect();
        join(all, vec![Step { words, edits: vec![edit], who: vec![who], closes, likely: false }]);
    }
}

/// Adds the places of one descriptor; where they are those of another process too, as with children of one loop, it is one change.
fn join(all: &mut Vec<Vec<Step>>, places: Vec<Step>) {
    let same = |known: &&mut Vec<Step>| known.iter().map(|step| &step.edits).eq(places.iter().map(|step| &step.edits));
    match all.iter_mut().find(same) {
        Some(known) => {
            for (step, more) in known.iter_mut().zip(places) {
                step.closes.extend(more.closes);
                step.who.extend(more.who);
            }
        }
        None => all.push(places),
    }
}

/// By which names a process can say a descriptor: as its maker stored it, else any variable of the process that has its number.
pub(crate) fn names(facts: &Facts<'_>, text: &Text<'_>, holder: &Holder) -> Vec<String> {
    let made = holder.descriptor.made.span;
    let stored = text.names(made);
    let writes =
        facts.machine.open_file(holder.descriptor.file).is_some_and(|file| matches!(file.kind, Kind::PipeWrite(_)));
    let stored = match holder.descriptor.making {
        Making::Pipe => stored.get(usize::from(writes)).copied(),
        _ => stored.first().copied(),
    };
    let mut names: Vec<String> = stored.filter(|name| *name != "_").map(str::to_owned).into_iter().collect();
    // A name of the script itself is known everywhere; one of a function may go by another name where the process is now.
    if let (true, Some(process)) = (names.is_empty() || text.in_function(made), facts.process(holder.pid)) {
        variables(process, text, holder.fd, &mut names);
    }
    names.truncate(2);
    names
}

/// Adds the variables of a process that hold a number.
fn variables(process: &Process, text: &Text<'_>, fd: usize, names: &mut Vec<String>) {
    let Some(context) = process.context.as_deref() else { return };
    if context.image.file != text.file {
        return;
    }
    let mut add = |name: &str, shown: Option<&crate::check::tree::Shown>, slot: usize| {
        let is_int = matches!(shown, Some(crate::check::tree::Shown::Int));
        if is_int && context.slots().get(slot) == Some(&(fd as u64)) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for frame in context.call_stack() {
        let Some(function) = context.image.functions.get(frame.function as usize) else { continue };
        for local in function.locals.iter().filter(|local| local.live.contains(&frame.pc)) {
            add(&local.name, local.shown.as_ref(), frame.base as usize + usize::from(local.register));
        }
    }
    for (slot, global) in context.image.globals.iter().enumerate() {
        add(&global.name, global.shown.as_ref(), slot);
    }
}

/// The places of a process's call stack in the script, outermost first.
pub(crate) fn stack(process: &Process, text: &Text<'_>) -> Vec<Span> {
    let Some(context) = process.context.as_deref() else { return Vec::new() };
    if context.image.file != text.file {
        return Vec::new();
    }
    let frames: Vec<Frame> = context.call_stack();
    frames.iter().rev().take(8).map(|frame| context.image.span(frame.pc)).collect()
}

fn close_places(facts: &Facts<'_>, text: &Text<'_>, holder: &Holder, name: &str) -> Vec<Step> {
    let Some(process) = facts.process(holder.pid) else { return Vec::new() };
    let code = format!("close({name});");
    let mut steps: Vec<Step> = Vec::new();
    let add = |steps: &mut Vec<Step>, edit: Edit| {
        if let Some(words) = words(std::slice::from_ref(&edit), text) {
            let step = Step {
                words,
                edits: vec![edit],
                who: vec![holder.pid],
                closes: vec![(holder.pid, holder.fd)],
                likely: false,
            };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    };
    let here = match &process.execed {
        Some(exec) => vec![exec.span],
        None => stack(process, text),
    };
    let fork = facts.forks(holder).last().map(|fork| fork.span);
    let fork = fork.or_else(|| process.lineage.parent.as_ref().map(|_| process.lineage.fork.span));
    if let Some(branch) = fork.and_then(|fork| text.branch(fork)) {
        match place_in_branch(text, &branch, &here, name) {
            Some((stmt, true)) => add(&mut steps, text.after(stmt.span, &code)),
            Some((stmt, false)) => add(&mut steps, text.before(stmt.span, &code)),
            None => {}
        }
    }
    // Before a statement that holds the fork, a close would be the parent's too; before the call that made it, nobody's.
    let too_early = |stmt: &Stmt| {
        let inside = |span: Span| stmt.span.start <= span.start && span.end <= stmt.span.end && span.file == text.file;
        inside(holder.descriptor.made.span) || fork.is_some_and(inside)
    };
    for level in here.iter().flat_map(|place| text.way_out(*place)) {
        // Where it is closed anyway, only too late, that close comes earlier.
        let late = level.rest().iter().find(|stmt| text.is_close(stmt, name));
        if let Some(late) = late.filter(|_| !too_early(level.stmt())) {
            let step = super::moves::moved(text, late.span, level.stmt().span, true, holder.pid);
            steps.insert(0, Step { closes: vec![(holder.pid, holder.fd)], ..step });
        }
    }
    let mut add = |edit: Edit| add(&mut steps, edit);
    // Who has made the pipe can close its end before a statement in which somebody else is forked, who then has none.
    if holder.pid == holder.descriptor.made.who
        && let Some(level) = text.path(holder.descriptor.made.span).pop()
        && let Some(now) = level.rest().iter().position(|stmt| here.iter().any(|place| covers(stmt.span, *place)))
    {
        for stmt in level.rest()[..now].iter().rev().take(MOST_EARLIER) {
            add(text.before(stmt.span, &code));
        }
    }
    for place in &here {
        for level in text.path(*place) {
            let stmt = level.stmt();
            if too_early(stmt) {
                continue;
            }
            add(text.before(stmt.span, &code));
        }
    }
    steps
}

/// Where in a child's part a name is said for the last time before the child goes to sleep or execs: the close comes after that
/// statement (`true`), else before the first one.
fn place_in_branch<'a>(text: &Text<'_>, branch: &[&'a Stmt], here: &[Span], name: &str) -> Option<(&'a Stmt, bool)> {
    let leads = |stmt: &Stmt| {
        here.iter()
            .any(|place| stmt.span.start <= place.start && place.end <= stmt.span.end && place.file == stmt.span.file)
    };
    let stop = branch.iter().position(|stmt| leads(stmt)).unwrap_or(branch.len());
    match branch[..stop].iter().rposition(|stmt| text.mentions(stmt, name)) {
        Some(last) => Some((branch[last], true)),
        None => branch.first().map(|stmt| (*stmt, false)),
    }
}

/// What an insertion does, in words: "put `close(w);` before line 4".
pub(crate) fn words(edits: &[Edit], text: &Text<'_>) -> Option<String> {
    let [edit] = edits else { return None };
    let after = edit.text.starts_with(['\n', ' ']);
    let place = if after { "after" } else { "before" };
    let at = if after { edit.span.start.saturating_sub(1) } else { edit.span.start };
    let line = text.line(at);
    let first = text.text.get(..at as usize).and_then(|before| before.rsplit('\n').next()).unwrap_or("");
    // Where several statements stand on a line, the statement is named and not the line alone.
    let rest = text.text.get(at as usize..).unwrap_or("");
    let neighbour = rest.split([';', '\n']).next().unwrap_or("");
    if after || first.trim().is_empty() {
        return Some(format!("put `{}` {place} line {line}", edit.text.trim()));
    }
    Some(format!("put `{}` {place} `{neighbour};` in line {line}", edit.text.trim()))
}
