//! The facts of a run that is stuck, in words. Every sentence is about this run: what is not known is not said.

use super::facts::{Facts, Gone, Holder, Stand, Wait};
use super::mend::Mend;
use super::text::Text;
use crate::abi::Builtin;
use crate::kernel::Pid;
use crate::kernel::file::{Kind, Making};
use crate::kernel::mqueue::QueueId;
use crate::kernel::pipe::PipeId;
use crate::kernel::wait::Which;
use crate::report::birth::with_turn;
use crate::source::{FileId, SourceMap, Span};

/// Lines of a list that are shown; the others are counted.
pub(super) const MOST_LINES: usize = 8;

/// Links of a circle that are told; a longer one is seen in the list of those who wait.
const MOST_LINKS: usize = 5;

/// Says things about facts.
pub(super) struct Voice<'v> {
    pub(super) facts: &'v Facts<'v>,
    pub(super) sources: &'v SourceMap,
    /// The script, whose lines need no file's name.
    pub(super) main: FileId,
    /// Its text.
    pub(super) text: &'v Text<'v>,
}

impl Voice<'_> {
    /// `child 1`, `the parent`, `child 2 (filter)`
    pub(super) fn who(&self, pid: Pid) -> String {
        let role = the(&self.facts.role(pid));
        match self.facts.process(pid) {
            Some(process) if process.execed.is_some() => {
                format!("{role} (`{}`)", process.name().trim_end_matches(".proc"))
            }
            _ => role,
        }
    }

    /// `line 4`, or `line 4 of filter.proc`
    pub(super) fn line(&self, span: Span) -> String {
        if span == Span::default() {
            return "a line that was not remembered".to_owned();
        }
        let line = self.sources.line(span);
        if span.file == self.main {
            format!("line {line}")
        } else {
            format!("line {line} of `{}`", self.sources.file(span.file).name)
        }
    }

    /// Several processes: `child 1, child 2 and the parent`; where `me` is one of them, `itself`.
    pub(super) fn list(&self, pids: &[Pid], me: Option<Pid>) -> String {
        let mut names: Vec<String> = pids.iter().filter(|pid| Some(**pid) != me).map(|pid| self.who(*pid)).collect();
        if me.is_some_and(|me| pids.contains(&me)) {
            names.insert(0, "itself".to_owned());
        }
        if names.len() > MOST_LINES {
            let more = names.len() - 3;
            names.truncate(3);
            names.push(format!("{more} more"));
        }
        and(&names)
    }

    /// `the pipe of line 1`
    pub(super) fn pipe(&self, pipe: PipeId) -> String {
        match self.facts.machine.pipe(pipe) {
            Some(known) if known.fifo.is_some() => "the named pipe".to_owned(),
            Some(known) if known.made.span == Span::default() => "a pipe".to_owned(),
            Some(known) => match self.letter(known.made.span, known.made.tick) {
                Some(letter) => format!("pipe {letter} of {}", self.line(known.made.span)),
                None => format!("the pipe of {}", self.line(known.made.span)),
            },
            None => "a pipe".to_owned(),
        }
    }

    /// A letter for one of several pipes that the same line made, in the order of their making.
    fn letter(&self, span: Span, tick: u64) -> Option<char> {
        let mut ticks: Vec<u64> = self
            .facts
            .pipes()
            .filter_map(|pipe| self.facts.machine.pipe(pipe))
            .filter(|pipe| pipe.made.span == span)
            .map(|pipe| pipe.made.tick)
            .collect();
        ticks.sort_unstable();
        ticks.dedup();
        let at = ticks.iter().position(|other| *other == tick)?;
        if ticks.len() > 1 { (b'A'..=b'Z').nth(at).map(char::from) } else { None }
    }

    /// `/jobs`, in backquotes.
    pub(super) fn queue(&self, queue: QueueId) -> String {
        let name = self.facts.machine.queue(queue).map(|queue| String::from_utf8_lossy(&queue.name).into_owned());
        format!("the queue `{}`", name.unwrap_or_default())
    }

    /// What a process waits for, after "waits".
    pub(super) fn aim(&self, stand: &Stand) -> String {
        match &stand.wait {
            Wait::Child { which: Which::Group(group), children, .. } => {
                format!("for a child of group {group} to end: {}", self.or(children))
            }
            Wait::Child { which, children, .. } => match children.as_slice() {
                [only] => format!("for {} to end", self.who(*only)),
                several if *which == Which::Any => format!("for a child to end: {}", self.or(several)),
                _ => "for a child to end".to_owned(),
            },
            Wait::Bytes(pipe) => format!("for bytes from {}, or for its end", self.pipe(*pipe)),
            Wait::Room(pipe) => format!("for room in {}, which is full", self.pipe(*pipe)),
            Wait::Message(queue) => format!("for a message in {}, which is empty", self.queue(*queue)),
            Wait::QueueRoom(queue) => format!("for room in {}, which is full", self.queue(*queue)),
            Wait::Reader(_) => "for somebody to open the named pipe for reading".to_owned(),
            Wait::Writer(_) => "for somebody to open the named pipe for writing".to_owned(),
            Wait::Poll(..) => "for one of several descriptors to be ready".to_owned(),
            Wait::Signal => "for a signal with a handler".to_owned(),
            Wait::SignalOf(set) => {
                let names: Vec<String> = set.iter().map(|signal| signal.name().to_owned()).collect();
                if names.is_empty() {
                    "for no signal at all: its set is empty".to_owned()
                } else {
                    format!("for {}", names.join(" or "))
                }
            }
            Wait::Continue(_) => "for SIGCONT".to_owned(),
            Wait::Outside => "for something from outside".to_owned(),
        }
    }

    fn or(&self, pids: &[Pid]) -> String {
        let mut names: Vec<String> = pids.iter().take(4).map(|pid| self.who(*pid)).collect();
        if pids.len() > names.len() {
            names.push(format!("one of {} more", pids.len() - names.len()));
        }
        names.join(" or ")
    }

    /// `waits in `read`` or `is stopped by SIGTSTP`.
    pub(super) fn doing(&self, stand: &Stand) -> String {
        match (&stand.wait, stand.call) {
            (Wait::Continue(signal), _) => format!("is stopped by {}", signal.name()),
            (_, Some(call)) => format!("waits in `{}`", call.name()),
            (_, None) => "waits".to_owned(),
        }
    }

    /// For each process that waits, or several that wait alike: who, its history, what for, and who could end that.
    pub(super) fn story(&self) -> String {
        let mut text = "who waits for whom".to_owned();
        let mut groups: Vec<Vec<&Stand>> = Vec::new();
        for stand in &self.facts.stands {
            let alike = |group: &Vec<&Stand>| group.first().is_some_and(|first| self.alike(first, stand));
            match groups.iter().position(alike) {
                Some(at) => groups[at].push(stand),
                None if groups.len() < MOST_LINES => groups.push(vec![stand]),
                None => break,
            }
        }
        let told: usize = groups.iter().map(Vec::len).sum();
        for group in &groups {
            text.push_str(&self.one_story(group));
        }
        if told < self.facts.stands.len() {
            text.push_str(&format!("\nand {} more", self.facts.stands.len() - told));
        }
        text
    }

    /// Whether two processes wait at one place for the same, in a crowd in which nobody tells them apart.
    fn alike(&self, one: &Stand, other: &Stand) -> bool {
        self.facts.stands.len() > MOST_LINES && one.span == other.span && one.wait == other.wait
    }

    fn one_story(&self, group: &[&Stand]) -> String {
        let Some(stand) = group.first() else { return String::new() };
        let born = match self.facts.process(stand.pid).filter(|process| process.lineage.parent.is_some()) {
            Some(process) if process.lineage.fork.span != Span::default() => {
                let turn = if group.len() == 1 { with_turn(&process.lineage, self.sources) } else { String::new() };
                format!("forked at {}{turn}", self.line(process.lineage.fork.span))
            }
            Some(_) => String::new(),
            None => String::new(),
        };
        let comma = if born.is_empty() { "" } else { ", " };
        let mut text = match group.len() {
            1 => format!("\n{} (pid {}{comma}{born})", self.who(stand.pid), stand.pid),
            _ => {
                let pids: Vec<Pid> = group.iter().map(|stand| stand.pid).collect();
                format!("\n{}{comma}{born}", self.list(&pids, None))
            }
        };
        text.push_str(&format!(
            "\n    {}",
            if group.len() == 1 { self.doing(stand) } else { format!("each {}", self.doing(stand)) }
        ));
        match stand.wait {
            Wait::Continue(_) => {}
            _ => text.push_str(&format!(" at {} {}", self.line(stand.span), self.aim(stand))),
        }
        if let Some(able) = self.able(stand) {
            text.push_str(&format!("\n    {able}"));
        }
        text
    }

    /// Who could end a wait, in a clause of its own; none where what the wait is for says it already.
    fn able(&self, stand: &Stand) -> Option<String> {
        let me = Some(stand.pid);
        let wakers = &stand.wakers;
        let nobody = wakers.is_empty();
        let only_me = wakers.as_slice() == [stand.pid];
        match &stand.wait {
            Wait::Bytes(pipe) if only_me => Some(match self.facts.pipe_holders(*pipe, true).len() {
                1 => "its own copy of the write end is the only one left".to_owned(),
                count => format!("only its own {count} copies of the write end are left"),
            }),
            Wait::Bytes(pipe) if !nobody => {
                let holders = self.holders(self.facts.pipe_holders(*pipe, true));
                Some(format!("the write end is open in {}", self.list(&holders, me)))
            }
            Wait::Room(_) if only_me => Some("only this process itself has the read end".to_owned()),
            Wait::Room(pipe) if !nobody => {
                let holders = self.holders(self.facts.pipe_holders(*pipe, false));
                Some(format!("the read end is open in {}", self.list(&holders, me)))
            }
            Wait::Poll(..) if !nobody => Some(format!("those who have the other ends: {}", self.list(wakers, None))),
            Wait::Message(queue) => {
                let senders = self.others(&self.facts.queue_holders(*queue, true), stand.pid);
                Some(match senders.as_slice() {
                    [] => "no other process has it open for sending".to_owned(),
                    senders => format!("{} could send one", self.list(senders, None)),
                })
            }
            Wait::QueueRoom(queue) => {
                let receivers = self.others(&self.facts.queue_holders(*queue, false), stand.pid);
                Some(match receivers.as_slice() {
                    [] => "no other process has it open for receiving".to_owned(),
                    receivers => format!("{} could receive one", self.list(receivers, None)),
                })
            }
            Wait::Signal | Wait::SignalOf(_) | Wait::Continue(_) => Some(match self.facts.stands.len() {
                1 => "no other process is left that could send it one".to_owned(),
                2 => "the only other process waits too".to_owned(),
                _ => "all other processes wait too".to_owned(),
            }),
            _ => None,
        }
    }

    /// The processes of holders.
    pub(super) fn holders(&self, holders: &[Holder]) -> Vec<Pid> {
        let mut pids: Vec<Pid> = holders.iter().map(|holder| holder.pid).collect();
        pids.dedup();
        pids
    }

    /// The processes of holders, but for one, and for those that wait for the very same where others are left.
    pub(super) fn others(&self, holders: &[Holder], me: Pid) -> Vec<Pid> {
        let mut pids = self.holders(holders);
        pids.retain(|pid| *pid != me);
        let wait = self.facts.stand(me).map(|stand| &stand.wait);
        let rival = |pid: &Pid| wait.is_some() && self.facts.stand(*pid).map(|stand| &stand.wait) == wait;
        if pids.iter().any(|pid| !rival(pid)) {
            pids.retain(|pid| !rival(pid));
        }
        pids
    }

    /// Text that a process has printed into a pipe which somebody waits to read, and that is still in its own buffer.
    pub(super) fn unflushed(&self) -> Option<String> {
        let held = self.facts.unflushed();
        held.first().map(|held| {
            let (who, reader, line) = (self.who(held.printer), self.who(held.reader), self.line(held.print));
            format!(
                "what {who} printed at {line} for {reader} is still in its stdout buffer ({} bytes): into a pipe it is written only \
                 when the buffer is full, by `fflush();` or at the end",
                held.bytes
            )
        })
    }

    /// Text that a process has printed and that was in its buffer when it closed its standard output.
    pub(super) fn stranded(&self) -> Option<String> {
        let lost = self.facts.stranded();
        lost.first().map(|lost| {
            let who = self.who(lost.printer);
            format!(
                "what {who} printed at {} was still in its stdout buffer ({} bytes) when it closed fd 1 at {}, and has never been written",
                self.line(lost.print),
                lost.bytes,
                self.line(lost.closed)
            )
        })
    }

    /// The circle of those who wait for each other, in words: each waits for the next, the last for the first.
    pub(super) fn circle(&self, heart: &[&Stand]) -> Option<String> {
        let first = heart.first()?;
        let mut order = vec![first.pid];
        loop {
            let stand = self.facts.stand(*order.last()?)?;
            let next = stand.wakers.iter().find(|pid| !order.contains(pid) && heart.iter().any(|one| one.pid == **pid));
            match next {
                Some(next) if order.len() < MOST_LINES => order.push(*next),
                _ => break,
            }
        }
        let back = self.facts.stand(*order.last()?).is_some_and(|stand| stand.wakers.contains(&first.pid));
        if order.len() < 2 || order.len() > MOST_LINKS || !back {
            return None;
        }
        let pairs = order.iter().zip(order.iter().cycle().skip(1));
        let links: Vec<String> =
            pairs.map(|(from, to)| format!("{} waits for {}", self.who(*from), self.who(*to))).collect();
        Some(format!("the circle: {}", and(&links)))
    }

    /// The table of those who have an end of a pipe open, each with the way it came to it.
    pub(super) fn table(&self, pipe: PipeId, writes: bool, mend: Option<&Mend>) -> String {
        let holders = self.facts.pipe_holders(pipe, writes);
        let end = if writes { "write" } else { "read" };
        let mut rows: Vec<[String; 3]> = Vec::new();
        for holder in holders.iter().take(MOST_LINES) {
            rows.push([self.who(holder.pid), self.fd(holder), self.history(holder)]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        let mut text = format!("the {end} end of {} is still open here", self.pipe(pipe));
        for (row, holder) in rows.iter().zip(holders) {
            let closed = |mend: &Mend| mend.steps.iter().any(|step| step.closes.contains(&(holder.pid, holder.fd)));
            let mark = if mend.is_some_and(closed) { "  ← to be closed" } else { "" };
            text.push_str(&format!("\n    {:first$}  {:second$}  {}{mark}", row[0], row[1], row[2]));
        }
        if holders.len() > MOST_LINES {
            text.push_str(&format!("\n    and {} more", holders.len() - MOST_LINES));
        }
        text
    }

    /// `fd 4`, with the name under which `pipe` gave it to the script.
    pub(super) fn fd(&self, holder: &Holder) -> String {
        let names = match holder.descriptor.making {
            Making::Pipe => self.text.names(holder.descriptor.made.span),
            _ => Vec::new(),
        };
        let file = self.facts.machine.open_file(holder.descriptor.file);
        let writes = usize::from(file.is_some_and(|file| matches!(file.kind, Kind::PipeWrite(_))));
        match names.get(writes).filter(|name| **name != "_") {
            Some(name) => format!("fd {} (`{name}`)", holder.fd),
            None => format!("fd {}", holder.fd),
        }
    }

    /// How a descriptor came to its holder.
    pub(super) fn history(&self, holder: &Holder) -> String {
        let made = holder.descriptor.made;
        let call = match holder.descriptor.making {
            Making::Start => "there from the start".to_owned(),
            Making::Pipe => format!("made by `pipe` at {}", self.line(made.span)),
            Making::Dup => format!("copied by `dup` at {}", self.line(made.span)),
            Making::Dup2 => format!("copied by `dup2` at {}", self.line(made.span)),
            Making::Fcntl => format!("copied by `fcntl` at {}", self.line(made.span)),
            Making::MqOpen => format!("opened by `mq_open` at {}", self.line(made.span)),
            Making::Open => format!("opened by `open` at {}", self.line(made.span)),
        };
        let forks = self.facts.forks(holder);
        match (forks.last(), holder.descriptor.making) {
            (None, _) => call,
            (Some(last), Making::Pipe) => format!("copied by `fork` at {}", self.line(last.span)),
            (Some(last), _) => format!("{call}, then by `fork` at {}", self.line(last.span)),
        }
    }

    /// Those that have ended, where a process waits for what they might have done.
    pub(super) fn ended(&self, gone: &[Gone]) -> Option<String> {
        let parts: Vec<String> =
            gone.iter().rev().take(4).rev().map(|gone| format!("{} ({})", the(&gone.role()), gone.end())).collect();
        match gone.len() {
            0 => None,
            count if count > 4 => Some(format!("{count} processes have ended; the last were {}", and(&parts))),
            _ => Some(format!("{} {} ended already", and(&parts), if gone.len() == 1 { "has" } else { "have" })),
        }
    }

    /// The name of the call that a process waits in.
    pub(super) fn call(&self, stand: &Stand) -> &'static str {
        stand.call.map_or("wait", Builtin::name)
    }
}

/// A role as it stands in a sentence.
pub(super) fn the(role: &str) -> String {
    if role == "parent" { "the parent".to_owned() } else { role.to_owned() }
}

/// `a, b and c`
pub(super) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
