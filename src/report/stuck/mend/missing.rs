//! What is missing or out of order where locks are taken, and text in buffers: a message or byte that stands for a lock and was not given
//! back on one way out, two locks that are taken in different orders, text that was still in a buffer when its descriptor was closed. They are only made here; whether they help is tried elsewhere.

use super::super::facts::{Facts, Stand, Wait};
use super::super::text::Text;
use super::Step;
use super::moves::{MOST_LOOKED_AT, moved};
use super::places::words;
use crate::diagnostics::Edit;
use crate::kernel::Pid;
use crate::source::Span;
use crate::syntax::ast::Stmt;

/// Ways out of a program that are tried.
const MOST_WAYS: usize = 4;

/// All changes of this kind that the facts suggest.
pub(super) fn steps(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in &facts.stands {
        match stand.wait {
            Wait::Message(queue) => {
                let Some(queue) = facts.machine.queue(queue) else { continue };
                if let (Some(sent), Some(taken)) = (queue.last_sent.0, queue.last_taken.0)
                    && [sent.who, taken.who].iter().all(|who| facts.stand(*who).is_none())
                {
                    given_back(text, sent.span, taken.span, Some(taken.who), steps);
                }
            }
            Wait::Bytes(pipe) => {
                let Some(pipe) = facts.machine.pipe(pipe) else { continue };
                // Who has read what it then wrote uses the pipe as a lock. Who took the last byte is not known, so every way out behind the
                // making of the pipe is tried.
                let has_read =
                    |pid: Pid| pipe.traffic.readers().is_some_and(|list| list.iter().any(|(by, _)| *by == pid));
                let wrote = pipe.traffic.last.filter(|wrote| facts.stand(wrote.who).is_none() && has_read(wrote.who));
                if let Some(wrote) = wrote {
                    given_back(text, wrote.span, pipe.made.span, None, steps);
                }
            }
            _ => {}
        }
    }
    same_order(facts, text, steps);
    for lost in facts.stranded() {
        let Some(level) = text.path(lost.closed).pop().filter(|_| lost.closed.file == text.file) else { continue };
        let edit = text.before(level.stmt().span, "fflush();");
        add(text, edit, Some(lost.printer), steps);
    }
}

/// Who holds a lock and waits for another takes the other first, where somebody waits for the one it holds: all take them in one order.
fn same_order(facts: &Facts<'_>, text: &Text<'_>, steps: &mut Vec<Step>) {
    for stand in facts.stands.iter().take(MOST_LOOKED_AT).filter(|stand| stand.span.file == text.file) {
        let call = match stand.wait {
            Wait::Message(_) => "mq_receive(",
            Wait::Bytes(_) => "read(",
            _ => continue,
        };
        let same = |other: &&Stand| {
            std::mem::discriminant(&other.wait) == std::mem::discriminant(&stand.wait) && other.wait != stand.wait
        };
        let waited_for = facts.stands.iter().filter(same).any(|other| other.wakers.contains(&stand.pid));
        let Some(level) = text.path(stand.span).pop().filter(|_| waited_for) else { continue };
        let here = level.stmt().span;
        let takes = |stmt: &&&Stmt| text.of(stmt.span).starts_with(call) && text.of(stmt.span) != text.of(here);
        if let Some(earlier) = level.list[..level.at].iter().rev().find(takes) {
            let step = Step { likely: true, ..moved(text, here, earlier.span, true, stand.pid) };
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
}

/// What was sent last by one of those who come and go is sent before each way out that stands behind the place where it was taken.
fn given_back(text: &Text<'_>, sent: Span, taken: Span, who: Option<Pid>, steps: &mut Vec<Step>) {
    if sent.file != text.file || taken.file != text.file {
        return;
    }
    let Some(send) = text.path(sent).pop().map(|level| text.of(level.stmt().span)) else { return };
    let ways = ["exit", "_exit"].into_iter().flat_map(|word| text.words(word)).filter(|at| at.start > taken.end);
    for way in ways.take(MOST_WAYS) {
        if let Some(level) = text.path(way).pop() {
            add(text, text.before(level.stmt().span, send), who, steps);
        }
    }
}

fn add(text: &Text<'_>, edit: Edit, who: Option<Pid>, steps: &mut Vec<Step>) {
    let Some(words) = words(std::slice::from_ref(&edit), text) else { return };
    let step = Step { words, edits: vec![edit], who: who.into_iter().collect(), closes: Vec::new(), likely: true };
    if !steps.contains(&step) {
        steps.push(step);
    }
}
