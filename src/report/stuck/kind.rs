//! Which kind of standstill it is: told from the facts of those on whom all others depend.

use super::facts::{Facts, Stand, Unflushed, Wait};
use super::mend::{later, later_write};
use super::reasons::unfinished_line;
use super::text::Text;
use super::words::Voice;
use crate::abi::{SIG_IGN, Signal};
use crate::kernel::Pid;
use crate::kernel::mqueue::QueueId;
use crate::kernel::pipe::PipeId;
use crate::kernel::signal::{Became, Heard};
use crate::source::Span;

/// A kind of standstill.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Each waits for bytes that another of them would write later; who, whom, and the place of the write.
    BothReadFirst(Vec<(Pid, Pid, Span)>),
    /// Each waits for bytes, another of them could write them, and nobody has written any to these pipes.
    NobodyWrote,
    /// Text for a reader is still in the stdout buffer of its printer, and to write it ends the standstill.
    InBuffer(Unflushed),
    /// A reader has part of a line, and its writer waits for something else: what has come of it, and the write.
    HalfLine(String, Option<Span>),
    /// The reader alone holds the write end.
    OwnWriteEnd(PipeId),
    /// Others hold the write end of a pipe that is read to its end.
    HeldWriteEnd(PipeId),
    /// A full pipe whose readers wait for something else.
    FullPipe(PipeId),
    /// Each has filled the pipe that another of them would read.
    BothFull,
    /// The writer alone holds the read end of a full pipe.
    OwnReadEnd(PipeId),
    /// An empty queue.
    EmptyQueue(QueueId),
    /// A full queue.
    FullQueue(QueueId),
    /// A named pipe that nobody opens at the other side; whether a reader is wanted.
    NamedPipe(bool),
    /// A signal has come, and is blocked while it is waited for.
    BlockedSignal(Signal),
    /// A signal was handled before the wait began.
    EarlySignal(Heard),
    /// A signal came and was dropped: it has no handler.
    DroppedSignal(Heard),
    /// No signal has come.
    NoSignal,
    /// A stopped process; the one that waits for its end.
    Stopped(Signal, Option<Pid>),
    /// Something else.
    Circle,
}

/// Who stands at the heart of it, and what kind it is.
pub(super) fn judge<'f>(facts: &'f Facts<'_>, text: &Text<'_>) -> Option<(&'f Stand, Vec<&'f Stand>, Kind)> {
    let heart = facts.heart();
    let rank = |stand: &&&Stand| match stand.wait {
        Wait::Bytes(_) => 0,
        Wait::Room(_) => 1,
        Wait::Message(_) | Wait::QueueRoom(_) => 2,
        Wait::Reader(_) | Wait::Writer(_) => 3,
        Wait::Signal | Wait::SignalOf(_) | Wait::Continue(_) => 4,
        Wait::Poll(..) => 5,
        Wait::Child { .. } | Wait::Outside => 6,
    };
    let readers: Vec<&Stand> = heart.iter().copied().filter(|stand| matches!(stand.wait, Wait::Bytes(_))).collect();
    if let Some(writes) = read_first(facts, text, &readers) {
        return Some((readers[0], readers, Kind::BothReadFirst(writes)));
    }
    if nobody_wrote(facts, &heart, &readers) {
        return Some((readers[0], readers, Kind::NobodyWrote));
    }
    let half = |stand: &&&Stand| facts.process(stand.pid).and_then(unfinished_line).is_some();
    if let Some(reader) = heart.iter().find(half)
        && let (Wait::Bytes(pipe), Some(line)) = (&reader.wait, facts.process(reader.pid).and_then(unfinished_line))
    {
        let write = facts.machine.pipe(*pipe).and_then(|pipe| pipe.traffic.last).map(|last| last.span);
        return Some((reader, heart.clone(), Kind::HalfLine(line, write)));
    }
    let primary = *heart.iter().min_by_key(rank)?;
    if primary.wait == Wait::Signal
        && let Some((reader, pipe)) = reader_of(facts, primary.pid)
    {
        return Some((reader, vec![reader, primary], Kind::HeldWriteEnd(pipe)));
    }
    let kind = match &primary.wait {
        Wait::Bytes(pipe) if primary.wakers == [primary.pid] => Kind::OwnWriteEnd(*pipe),
        Wait::Bytes(pipe) => Kind::HeldWriteEnd(*pipe),
        Wait::Room(pipe) if primary.wakers == [primary.pid] => Kind::OwnReadEnd(*pipe),
        Wait::Room(_) if heart.len() > 1 && heart.iter().all(|stand| matches!(stand.wait, Wait::Room(_))) => {
            Kind::BothFull
        }
        Wait::Room(pipe) => Kind::FullPipe(*pipe),
        Wait::QueueRoom(_) if heart.len() > 1 && heart.iter().all(|stand| matches!(stand.wait, Wait::QueueRoom(_))) => {
            Kind::BothFull
        }
        Wait::Message(queue) => Kind::EmptyQueue(*queue),
        Wait::QueueRoom(queue) => Kind::FullQueue(*queue),
        Wait::Reader(_) => Kind::NamedPipe(true),
        Wait::Writer(_) => Kind::NamedPipe(false),
        Wait::Signal | Wait::SignalOf(_) => signal(facts, primary),
        Wait::Continue(signal) => Kind::Stopped(*signal, waiter(facts, primary.pid)),
        Wait::Poll(..) | Wait::Child { .. } | Wait::Outside => Kind::Circle,
    };
    Some((primary, heart, kind))
}

/// Where each of several readers waits for what another of them would write after its own wait: those writes.
fn read_first(facts: &Facts<'_>, text: &Text<'_>, readers: &[&Stand]) -> Option<Vec<(Pid, Pid, Span)>> {
    if readers.len() < 2 {
        return None;
    }
    let never = |stand: &&Stand| match stand.wait {
        Wait::Bytes(pipe) => facts.machine.pipe(pipe).is_some_and(|pipe| pipe.traffic.is_none()),
        _ => false,
    };
    // Where no byte has ever come, a later write to an element of an array counts as well: such descriptors have no names.
    let fresh = facts.machine.ledger().on && readers.iter().all(never);
    let write = |stand: &&Stand| {
        let mut others = readers.iter().filter(|other| other.pid != stand.pid && stand.wakers.contains(&other.pid));
        others.find_map(|other| {
            let span = later(facts, text, other, stand, false);
            let span = span.or_else(|| fresh.then(|| later_write(facts, text, other)).flatten())?;
            Some((other.pid, stand.pid, span))
        })
    };
    readers.iter().map(write).collect()
}

/// Whether all read, each from a pipe that another of them could write to, and none of these pipes has ever had a byte in it.
fn nobody_wrote(facts: &Facts<'_>, heart: &[&Stand], readers: &[&Stand]) -> bool {
    let empty = |stand: &&Stand| match stand.wait {
        Wait::Bytes(pipe) => {
            let other = stand.wakers.iter().any(|pid| *pid != stand.pid && readers.iter().any(|one| one.pid == *pid));
            other && facts.machine.pipe(pipe).is_some_and(|pipe| pipe.traffic.is_none())
        }
        _ => false,
    };
    // Who waits for them to end writes nothing meanwhile.
    let idle = |stand: &&Stand| matches!(stand.wait, Wait::Bytes(_) | Wait::Child { .. });
    facts.machine.ledger().on && readers.len() > 1 && heart.iter().all(idle) && readers.iter().all(empty)
}

fn signal(facts: &Facts<'_>, stand: &Stand) -> Kind {
    let Some(process) = facts.process(stand.pid) else { return Kind::NoSignal };
    let signals = &process.signals;
    let blocked = signals.pending.intersection(signals.mask);
    if let Wait::SignalOf(set) = stand.wait {
        return match facts.heard(stand.pid, &[Became::Handled, Became::Dropped]) {
            Some(heard) if set.contains(heard.signal) && heard.became == Became::Handled => Kind::EarlySignal(heard),
            Some(heard) if set.contains(heard.signal) => Kind::DroppedSignal(heard),
            _ => Kind::NoSignal,
        };
    }
    if let Some(signal) = blocked.iter().find(|signal| signals.handles(*signal)) {
        return Kind::BlockedSignal(signal);
    }
    if let Some(signal) = blocked.iter().find(|signal| signals.kills(*signal)) {
        return Kind::BlockedSignal(signal);
    }
    // Which signal is meant is plain only where there is one handler, or none.
    let handled = Signal::ALL.iter().filter(|signal| signals.handles(**signal)).count();
    match facts.heard(stand.pid, &[Became::Handled, Became::EndedWait]) {
        Some(heard) if heard.became == Became::Handled && handled == 1 && signals.handles(heard.signal) => {
            Kind::EarlySignal(heard)
        }
        Some(_) => Kind::NoSignal,
        None => match facts.heard(stand.pid, &[Became::Dropped]) {
            Some(heard) if handled == 0 => Kind::DroppedSignal(heard),
            _ => Kind::NoSignal,
        },
    }
}

/// Who reads a pipe that a sleeper has open for writing.
fn reader_of<'f>(facts: &'f Facts<'_>, sleeper: Pid) -> Option<(&'f Stand, PipeId)> {
    facts.stands.iter().find_map(|stand| match stand.wait {
        Wait::Bytes(pipe) if stand.pid != sleeper && stand.wakers.contains(&sleeper) => Some((stand, pipe)),
        _ => None,
    })
}

/// Who waits for a process to end, else for anything that it could do.
fn waiter(facts: &Facts<'_>, other: Pid) -> Option<Pid> {
    let ends = |stand: &&Stand| matches!(&stand.wait, Wait::Child { children, .. } if children.contains(&other));
    let any = |stand: &&Stand| stand.pid != other && stand.wakers.contains(&other);
    facts.stands.iter().find(ends).or_else(|| facts.stands.iter().find(any)).map(|stand| stand.pid)
}

impl Voice<'_> {
    /// One line that says what is wrong.
    pub(super) fn headline(&self, primary: &Stand, heart: &[&Stand], kind: &Kind) -> String {
        let who = self.who(primary.pid);
        let rest = |pids: &[Pid]| pids.iter().copied().filter(|pid| *pid != primary.pid).collect::<Vec<Pid>>();
        match kind {
            Kind::BothReadFirst(_) if heart.len() == 2 => {
                let pids: Vec<Pid> = heart.iter().map(|stand| stand.pid).collect();
                let both = self.list(&pids, None);
                format!("deadlock: {both} each wait for bytes that the other would send only later")
            }
            Kind::BothReadFirst(_) => {
                format!(
                    "deadlock: {} processes wait for bytes, each from another that would write only later",
                    heart.len()
                )
            }
            Kind::InBuffer(held) => format!(
                "deadlock: {} waits for what {} has printed, and that is still in its stdout buffer",
                self.who(held.reader),
                self.who(held.printer)
            ),
            Kind::NobodyWrote => {
                let all = if heart.len() == 2 { "both processes read" } else { "all processes read" };
                format!(
                    "deadlock: {all} first, and none of them has written: {} wait for each other's bytes",
                    heart.len()
                )
            }
            Kind::HalfLine(line, _) => {
                format!("deadlock: {who} waits for the rest of a line: `{line}` has come without a newline")
            }
            Kind::OwnWriteEnd(_) => {
                format!(
                    "deadlock: {who} waits for bytes or the end of a pipe, and only {who} itself holds its write end"
                )
            }
            Kind::HeldWriteEnd(_) => {
                let held = match primary.wait {
                    Wait::Bytes(pipe) => self.holders(self.facts.pipe_holders(pipe, true)),
                    _ => primary.wakers.clone(),
                };
                let own = held.contains(&primary.pid).then_some(primary.pid);
                let held = self.list(&held, own);
                format!("deadlock: {who} waits for bytes or the end of a pipe whose write end is still open in {held}")
            }
            Kind::FullPipe(_) => match rest(&primary.wakers).as_slice() {
                [one] if self.waits_for(*one, primary.pid) => {
                    format!(
                        "deadlock: {who} waits for room in a full pipe, and its only reader, {}, waits for {who}",
                        self.who(*one)
                    )
                }
                [one] => format!(
                    "deadlock: {who} waits for room in a full pipe, and {}, who could read it, waits too",
                    self.who(*one)
                ),
                readers => {
                    format!(
                        "deadlock: {who} waits for room in a full pipe, and those who could read it wait too: {}",
                        self.list(readers, None)
                    )
                }
            },
            Kind::BothFull if matches!(primary.wait, Wait::QueueRoom(_)) => {
                "deadlock: each process waits for room in a full queue from which only the other could receive"
                    .to_owned()
            }
            Kind::BothFull => {
                "deadlock: each process waits for room in a full pipe that only the other could read".to_owned()
            }
            Kind::OwnReadEnd(_) => {
                format!("deadlock: {who} waits for room in a full pipe that only it could read itself")
            }
            Kind::EmptyQueue(queue) => {
                let senders = self.others(&self.facts.queue_holders(*queue, true), primary.pid);
                self.queue_headline(primary.pid, "a message in", *queue, "send one", &senders)
            }
            Kind::FullQueue(queue) => {
                let receivers = self.others(&self.facts.queue_holders(*queue, false), primary.pid);
                self.queue_headline(primary.pid, "room in", *queue, "receive one", &receivers)
            }
            Kind::NamedPipe(_) if self.openers().len() == 2 => {
                format!(
                    "deadlock: {} each wait in `open` of a named pipe for its other side",
                    self.list(&self.openers(), None)
                )
            }
            Kind::NamedPipe(reader) => {
                let side = if *reader { "reading" } else { "writing" };
                format!("{who} waits in `open` of a named pipe, and nobody opens it for {side}")
            }
            Kind::BlockedSignal(signal) => {
                let handled = self.facts.process(primary.pid).is_some_and(|process| process.signals.handles(*signal));
                match handled {
                    true => format!("{who} waits for a signal, and {} has come, but is blocked", signal.name()),
                    false => format!("{} has come for {who} and would end it, but is blocked", signal.name()),
                }
            }
            Kind::EarlySignal(heard) => {
                format!("{} came before {who} began to wait for it in `{}`", heard.signal.name(), self.call(primary))
            }
            Kind::DroppedSignal(heard) if self.set_to_ignore(primary, heard.signal) => {
                format!("{} has come for {who}, but is ignored", heard.signal.name())
            }
            Kind::DroppedSignal(heard) => {
                format!("{who} waits for a signal, and {} has come, but it has no handler", heard.signal.name())
            }
            Kind::NoSignal => match waiter(self.facts, primary.pid) {
                Some(waiter) if self.waits_for_end(waiter) => format!(
                    "deadlock: {} waits for {who} to end, and {who} waits for a signal that nobody is left to send",
                    self.who(waiter)
                ),
                _ => format!("{who} waits for a signal that nobody is left to send"),
            },
            Kind::Stopped(signal, Some(waiter)) if self.waits_for_end(*waiter) => {
                format!("{} waits for the end of {who}, which is stopped by {}", self.who(*waiter), signal.name())
            }
            Kind::Stopped(signal, Some(waiter)) => {
                let aim = self.facts.stand(*waiter).map(|stand| self.aim(stand)).unwrap_or_default();
                format!(
                    "{} waits {aim}, and {who}, who could end that, is stopped by {}",
                    self.who(*waiter),
                    signal.name()
                )
            }
            Kind::Stopped(signal, None) => format!("{who} is stopped by {}, and nobody continues it", signal.name()),
            Kind::Circle => match self.facts.stands.len() {
                1 => format!("{who} waits, and nothing can wake it"),
                count => format!("deadlock: all {count} processes wait, and nothing can wake any of them"),
            },
        }
    }

    fn queue_headline(&self, me: Pid, what: &str, queue: QueueId, act: &str, able: &[Pid]) -> String {
        let (who, queue) = (self.who(me), self.queue(queue));
        match able {
            [] if self.facts.stands.len() == 1 => {
                format!("{who} waits for {what} {queue}, and nobody else is left that could {act}")
            }
            [] => format!("{who} waits for {what} {queue}, which no other process has open to {act}"),
            [one] if self.waits_for(*one, me) => {
                format!(
                    "deadlock: {who} waits for {what} {queue}, and {}, who could {act}, waits for {who}",
                    self.who(*one)
                )
            }
            [one] => {
                format!("deadlock: {who} waits for {what} {queue}, and {}, who could {act}, waits too", self.who(*one))
            }
            able => format!(
                "deadlock: {who} waits for {what} {queue}, and those who could {act} wait too: {}",
                self.list(able, None)
            ),
        }
    }

    /// Who waits for the other side of a named pipe.
    fn openers(&self) -> Vec<Pid> {
        let opens = |stand: &&Stand| matches!(stand.wait, Wait::Reader(_) | Wait::Writer(_));
        self.facts.stands.iter().filter(opens).map(|stand| stand.pid).collect()
    }

    /// Whether a process ignores a signal by SIG_IGN, not just by default.
    pub(super) fn set_to_ignore(&self, stand: &Stand, signal: Signal) -> bool {
        self.facts.process(stand.pid).is_some_and(|process| process.signals.action(signal).handler == SIG_IGN)
    }

    pub(super) fn waits_for_end(&self, pid: Pid) -> bool {
        self.facts.stand(pid).is_some_and(|stand| matches!(stand.wait, Wait::Child { .. }))
    }

    /// Whether one waits for the other and for nobody else.
    fn waits_for(&self, one: Pid, other: Pid) -> bool {
        self.facts.stand(one).is_some_and(|stand| stand.wakers == [other])
    }
}
