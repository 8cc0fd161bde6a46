//! What there is to say when a run is over, from the facts of the ledger: text lost or doubled, children nobody waited for, calls
//! whose failure nobody saw. Warnings come first; a program that keeps its house says nothing. It must not know how a
//! note is drawn, nor change a run.

mod calls;
mod children;
mod deaths;
mod ends;
mod files;
mod output;
mod signals;
mod vain;
mod why;

use std::sync::Arc;

use crate::abi::{Builtin, Errno};
use crate::check::attention::Attention;
use crate::diagnostics::{Code, Diagnostic, Edit, Severity};
use crate::kernel::ledger::{Act, Failure, Ledger};
use crate::kernel::process::{Deed, Lineage};
use crate::kernel::{Machine, Pid};
use crate::report::birth;
use crate::report::stuck::text::Text;
use crate::source::{SourceMap, Span};

pub use ends::out_of_memory;
pub use vain::{endless, in_vain};

/// What a note needs to know besides the run.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The sources.
    pub sources: &'a SourceMap,
    /// What each program pays attention to.
    pub attention: &'a [Attention],
    /// The programs beside the script, by the names that exec takes.
    pub programs: &'a [String],
    /// What was said, or could have been said as a hint, before the run.
    pub told: &'a [Diagnostic],
}

/// All notes, the gravest first, those of one gravity in the order of their codes and places.
pub fn notes(machine: &Machine, reading: &Reading<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let ledger = machine.ledger();
    output::doubled(ledger, &mut found);
    output::lost(ledger, &mut found);
    children::notes(ledger, reading, &mut found);
    calls::notes(ledger, reading, |_| true, &mut found);
    signals::notes(ledger, reading, &mut found);
    ends::notes(ledger, reading, &mut found);
    files::notes(ledger, reading, &mut found);
    vain::spun(ledger, reading, &mut found);
    leaks(ledger, &mut found);
    signals::messages(machine, &mut found);
    children::silent_orphans(machine, &mut found);
    deaths::hung_up(ledger, &mut found);
    if machine.script_status().is_some_and(|status| status.is_exited()) {
        ends::silent_pipes(ledger, &mut found);
    }
    found.sort_by_key(|note| (note.severity, note.code, note.span()));
    found
}

/// Whether a process has called `wait` though it has no children: that its parent did not wait for it is the same mistake.
fn waits_for_nobody(ledger: &Ledger, pid: Pid) -> bool {
    ledger.failures.values().map(|seen| &seen.first).any(|failure| {
        let waits = matches!(failure.builtin, Builtin::Wait | Builtin::Waitpid) && failure.errno == Errno::ECHILD;
        waits && failure.by.who.pid == pid && !failure.parent && !ledger.has_worked(failure.by.at)
    })
}

/// Whether nobody could receive from a queue, since every receive has failed: what is left in it is the same mistake.
fn receives_in_vain(ledger: &Ledger, queue: Span) -> bool {
    ledger.failures.values().map(|seen| &seen.first).any(|failure| {
        let receives = matches!(failure.builtin, Builtin::MqReceive | Builtin::MqTimedreceive);
        let of = failure.target.and_then(|target| target.object).map(|object| object.span);
        receives && failure.errno != Errno::EAGAIN && of == Some(queue)
    })
}

/// Calls that failed, and that may well be why a run is stuck: not those of which nothing depends.
pub fn causes(machine: &Machine, reading: &Reading<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let matters = |builtin| !matches!(builtin, Builtin::Close | Builtin::MqClose | Builtin::MqUnlink | Builtin::Unlink);
    calls::notes(machine.ledger(), reading, matters, &mut found);
    found.retain(|note| note.code == Code::FailedCall && note.severity != Severity::Note);
    found
}

impl Reading<'_> {
    /// The names that the results of a call are stored in.
    fn names(&self, call: Span) -> Vec<String> {
        if !known(call) {
            return Vec::new();
        }
        let text = Text::read(call.file, &self.sources.file(call.file).text);
        text.names(call).into_iter().filter(|name| *name != "_").map(str::to_owned).collect()
    }

    /// Puts code where only the parent of a fork goes on.
    fn after_fork(&self, fork: Span, code: &str) -> Option<Edit> {
        if !known(fork) {
            return None;
        }
        let text = Text::read(fork.file, &self.sources.file(fork.file).text);
        text.after_fork(fork).map(|stmt| text.after(stmt.span, code))
    }

    /// Where a word stands in the text of a call.
    fn word_in(&self, call: Span, word: &str) -> Option<Span> {
        if !known(call) {
            return None;
        }
        let text = Text::read(call.file, &self.sources.file(call.file).text);
        text.words(word).find(|at| call.start <= at.start && at.end <= call.end)
    }

    /// ` with i = 1`: what tells a child apart from others of its place.
    fn turn(&self, child: &Lineage) -> String {
        birth::with_turn(child, self.sources)
    }

    fn attention(&self, at: Span) -> Option<&Attention> {
        self.attention.iter().find(|attention| attention.file == at.file)
    }

    fn ignores(&self, at: Span) -> bool {
        self.attention(at).is_some_and(|attention| attention.ignored.contains(&at))
    }

    /// Whether a call has failed for a reason that is no news of the world but a mistake of the program, and only the result that
    /// would have told so is not looked at.
    fn takes_rest(&self, failure: &Failure) -> bool {
        let stranger = failure.stranger.is_some();
        let mistake = stranger || matches!(failure.errno, Errno::EBADF | Errno::EINVAL | Errno::EMSGSIZE);
        mistake && self.attention(failure.by.at).is_some_and(|attention| attention.rest_used.contains(&failure.by.at))
    }

    /// Whether a call's first result is not used, and another one is.
    fn uses_rest(&self, at: Span) -> bool {
        self.attention(at).is_some_and(|attention| attention.blind.contains(&at))
    }

    /// Whether the first result of a call is not looked at, unless to show it, and another one is used.
    fn takes_rest_of(&self, at: Span) -> bool {
        self.attention(at).is_some_and(|attention| attention.rest_used.contains(&at))
    }

    /// Whether the status of a wait is used, and the id that it gave is not.
    fn uses_status(&self, at: Span) -> bool {
        self.attention(at).is_some_and(|attention| {
            let as_code = || attention.unguarded.iter().any(|(wait, _)| *wait == at);
            attention.any_child.contains(&at) || attention.rest_used.contains(&at) && as_code()
        })
    }

    fn reads_errno(&self, at: Span) -> bool {
        self.attention(at).is_some_and(|attention| attention.reads_errno)
    }

    /// Whether anything was warned of at a place before the run.
    fn was_warned(&self, at: Span) -> bool {
        let overlaps = |span: Span| span.file == at.file && span.start < at.end && at.start < span.end;
        self.told.iter().any(|fact| !fact.code.is_hint() && overlaps(fact.span()))
    }

    /// Whether a warning before the run was about a place, among others.
    fn was_about(&self, at: Span) -> bool {
        let overlaps = |span: Span| span.file == at.file && span.start < at.end && at.start < span.end;
        let mut told = self.told.iter().filter(|fact| !fact.code.is_hint());
        told.any(|fact| fact.labels.iter().any(|label| overlaps(label.span)))
    }

    /// Whether a code was said of a place before the run.
    fn was_told(&self, code: Code, at: Span) -> bool {
        let overlaps = |span: Span| span.file == at.file && span.start < at.end && at.start < span.end;
        self.told.iter().any(|fact| fact.code == code && fact.labels.iter().any(|label| overlaps(label.span)))
    }
}

/// Blocks that were never freed.
fn leaks(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    for (at, seen) in ledger.leaks.iter().filter(|(at, _)| known(**at)) {
        let (act, cells) = &seen.first;
        let what = if seen.count == 1 { "1 block was".to_owned() } else { format!("{} blocks were", seen.count) };
        let cells = if *cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") };
        found.push(
            Diagnostic::new(
                Code::Leak,
                format!("{what} never freed: {cells}"),
                *at,
                format!("{} allocated {} here", the(&who(act)), if seen.count == 1 { "it" } else { "them" }),
            )
            .note("the end of a process gives all of its memory back; one that goes on keeps it")
            .help("`free(p);` after the last use"),
        );
    }
}

/// Whether a place is known: under `--fast` none is.
fn known(at: Span) -> bool {
    at != Span::default()
}

/// The role of a process by its id, where it is one of a line of ancestors.
fn role_in(line: &Arc<Lineage>, pid: Pid) -> Option<String> {
    let mut at = Some(line);
    while let Some(lineage) = at {
        if lineage.pid == pid {
            return Some(lineage.role());
        }
        at = lineage.parent.as_ref();
    }
    None
}

/// `child 1`, `child 1 and child 2`, `child 1, child 2 and 3 others`
fn roles(some: &[Arc<Lineage>], all: u64) -> String {
    let names: Vec<String> = some.iter().take(4).map(|lineage| lineage.role()).collect();
    let others = all.saturating_sub(names.len() as u64);
    match (names.as_slice(), others) {
        ([], others) => format!("{others} children"),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (names, 1) => format!("{} and one other", names.join(", ")),
        (names, others) => format!("{} and {others} others", names.join(", ")),
    }
}

/// `, 12 times` where it was more than once.
fn times(count: u64) -> String {
    if count > 1 { format!(", {count} times") } else { String::new() }
}

/// Labels the place of a deed, where it is known and is not the first place already.
fn label_deed(report: Diagnostic, deed: Option<Deed>, text: &str) -> Diagnostic {
    match deed {
        Some(deed) if known(deed.span) => report.label(deed.span, text),
        _ => report,
    }
}

/// The role of an act's process.
fn who(act: &Act) -> String {
    act.who.role()
}

/// `the parent`, `child 1`
fn the(role: &str) -> String {
    if role == "parent" { "the parent".to_owned() } else { role.to_owned() }
}

/// A time in words: `3 s`, `20 ms`.
fn time(ticks: u64) -> String {
    let per_second = crate::abi::TICKS_PER_SECOND;
    match ticks {
        ticks if ticks >= per_second => {
            let tenths = ticks / (per_second / 10);
            if tenths.is_multiple_of(10) {
                format!("{} s", tenths / 10)
            } else {
                format!("{}.{} s", tenths / 10, tenths % 10)
            }
        }
        ticks if ticks >= per_second / 1000 => format!("{} ms", ticks / (per_second / 1000)),
        ticks => format!("{ticks} instructions"),
    }
}

/// Text as it is quoted in a headline: one line, not too long.
fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.trim_end_matches('\n').replace('\n', "\\n");
    match line.char_indices().nth(40) {
        None => line,
        Some((cut, _)) => format!("{}…", &line[..cut]),
    }
}

/// `1 byte`, `6 bytes`
fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// An errno's text in the middle of a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
