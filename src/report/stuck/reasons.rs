//! What else there is to say of a standstill, one idea a line: what has come through a pipe, where a signal went, what a queue holds.

use super::facts::{Stand, Wait};
use super::kind::Kind;
use super::words::{Voice, and, the};
use crate::abi::constant::SA_RESTART;
use crate::abi::{Builtin, Signal};
use crate::kernel::Pid;
use crate::kernel::event::Origin;
use crate::kernel::mqueue::QueueId;
use crate::kernel::pipe::PipeId;
use crate::kernel::process::Process;
use crate::kernel::signal::{Became, Heard};

impl Voice<'_> {
    /// What else there is to say of this kind, one idea each.
    pub(super) fn reasons(&self, primary: &Stand, kind: &Kind) -> Vec<String> {
        match kind {
            Kind::OwnWriteEnd(_) | Kind::HeldWriteEnd(_) => {
                let mut notes = match primary.wait {
                    Wait::Bytes(pipe) => self.traffic(primary, pipe),
                    _ => Vec::new(),
                };
                notes.push(
                    "a pipe is at its end only when every copy of its write end is closed, the reader's own copy too"
                        .to_owned(),
                );
                notes
            }
            Kind::FullPipe(pipe) | Kind::OwnReadEnd(pipe) => self.fill(primary, *pipe).into_iter().collect(),
            Kind::EmptyQueue(queue) => self.empty_queue(primary.pid, *queue),
            Kind::FullQueue(queue) => self.facts.machine.queue(*queue).map_or_else(Vec::new, |queue| {
                vec![format!("it holds at most {} messages, and {} are in it", queue.max_messages, queue.len())]
            }),
            Kind::NamedPipe(_) => vec!["`open` of a named pipe sleeps until its other side is opened too".to_owned()],
            Kind::BlockedSignal(signal) => self.blocked(primary, *signal),
            Kind::EarlySignal(heard) => self.early(primary, heard),
            Kind::DroppedSignal(_) => {
                vec!["a signal that is ignored, by default or by `SIG_IGN`, wakes nobody".to_owned()]
            }
            Kind::HalfLine(..) => vec!["`getline` waits for the newline, or for the end of the pipe".to_owned()],
            Kind::NoSignal => self.no_signal(primary),
            Kind::Stopped(signal, waiter) => self.stopped(primary, *signal, *waiter),
            Kind::InBuffer(_) => self.unflushed().into_iter().collect(),
            Kind::NobodyWrote => vec!["no byte was ever written to any of these pipes".to_owned()],
            Kind::BothReadFirst(_) | Kind::BothFull | Kind::Circle => Vec::new(),
        }
    }

    /// What has come through a pipe, where that is not what its reader waits for.
    fn traffic(&self, reader: &Stand, pipe: PipeId) -> Vec<String> {
        let mut notes = Vec::new();
        let Some(pipe) = self.facts.machine.pipe(pipe).filter(|_| self.facts.machine.ledger().on) else { return notes };
        let (Some(wrote), Some(read)) = (pipe.traffic.writers(), pipe.traffic.readers()) else { return notes };
        let total: u64 = wrote.iter().map(|(_, bytes)| *bytes).sum();
        let names = |list: &[(Pid, u64)]| {
            let names: Vec<String> =
                list.iter().filter(|(_, bytes)| *bytes > 0).map(|(pid, _)| self.who(*pid)).collect();
            and(&names)
        };
        if let Some((write, taken)) = pipe.traffic.own {
            notes.push(format!(
                "{} took back at {} what it had itself written at {}: a pipe goes one way, to whoever reads it first",
                self.who(taken.who),
                self.line(taken.span),
                self.line(write.span)
            ));
        } else if let Some((other, bytes)) = read.iter().find(|(pid, bytes)| *pid != reader.pid && *bytes > 0) {
            notes.push(format!(
                "{} has read {bytes} of the {total} bytes that came through it: what one reader takes, no other gets",
                self.who(*other)
            ));
        }
        if wrote.is_empty() {
            notes.push("nothing was ever written to it".to_owned());
        } else if wrote.len() > 1 && wrote.iter().any(|(pid, _)| self.facts.stand(*pid).is_some()) && notes.is_empty() {
            notes.push(format!("all that was written to it has been read: {total} bytes from {}", names(wrote)));
        } else if wrote.iter().all(|(pid, _)| self.facts.stand(*pid).is_none()) {
            notes.push(format!(
                "all that was written to it has been read: {total} bytes from {}, who {} ended",
                names(wrote),
                if wrote.len() == 1 { "has" } else { "have" }
            ));
        }
        notes
    }

    fn fill(&self, stand: &Stand, pipe: PipeId) -> Option<String> {
        let pipe = self.facts.machine.pipe(pipe)?;
        let call = self.facts.process(stand.pid)?.call.as_deref()?;
        let total = call.bytes.as_ref().map(Vec::len);
        let fact = format!("the pipe holds at most {} bytes", pipe.capacity());
        Some(match total {
            Some(total) if call.progress == 0 => format!("{fact}, and the {total} bytes of this write find no room"),
            Some(total) if call.progress == pipe.capacity() => {
                format!(
                    "{fact}: {0} of the {total} bytes of this write went in; with up to {0} bytes it works",
                    call.progress
                )
            }
            Some(total) => format!("{fact}: {} of the {total} bytes of this write went in", call.progress),
            _ => fact,
        })
    }

    fn empty_queue(&self, me: Pid, queue: QueueId) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(sent) = self.facts.machine.queue(queue).and_then(|queue| queue.last_sent.0) {
            let who = the(&self.facts.role(sent.who));
            let mut note = format!("the last message was sent by {who} at {}", self.line(sent.span));
            if let Some(taken) = self.facts.machine.queue(queue).and_then(|queue| queue.last_taken.0) {
                let by = if taken.who == sent.who { "itself".to_owned() } else { the(&self.facts.role(taken.who)) };
                note.push_str(&format!(", and was taken by {by} at {}", self.line(taken.span)));
            }
            notes.push(note);
        }
        for (id, other) in self.facts.machine.queues().filter(|(id, other)| *id != queue && !other.is_empty()) {
            let received = self.facts.stands.iter().any(|stand| stand.wait == Wait::QueueRoom(id));
            if let (Some(first), false) = (other.messages().next(), received) {
                let name = String::from_utf8_lossy(&other.name).into_owned();
                notes.push(format!(
                    "{} in another queue, `{name}`: sent by {} at {}",
                    if other.len() == 1 {
                        "a message lies".to_owned()
                    } else {
                        format!("{} messages lie", other.len())
                    },
                    the(&self.facts.role(first.sent.who)),
                    self.line(first.sent.span)
                ));
            }
        }
        if self.others(&self.facts.queue_holders(queue, true), me).is_empty() {
            notes.push(
                "a queue has no end: that a sender has closed it or ended tells its receivers nothing".to_owned(),
            );
        }
        notes
    }

    fn blocked(&self, stand: &Stand, signal: Signal) -> Vec<String> {
        let Some(process) = self.facts.process(stand.pid) else { return Vec::new() };
        let origin = process.signals.origin(signal);
        let mut notes = Vec::new();
        // Where a process has sent it, its place is labelled.
        if !matches!(origin, Some(Origin::Process(..))) {
            notes.push(format!("{} {}", signal.name(), self.origin(origin)));
        }
        match (stand.call, process.signals.masked()) {
            (Some(Builtin::Sigsuspend), _) => notes.push(format!(
                "the argument of `sigsuspend` is what is blocked while it waits, and {} is in it",
                signal.name()
            )),
            (_, Some(masked)) => {
                let heir = if masked.who == process.pid && process.execed.is_none() {
                    String::new()
                } else {
                    inherited(self, masked.who, process)
                };
                notes.push(format!(
                    "it was blocked at {}{heir}; `{}` leaves what is blocked blocked",
                    self.line(masked.span),
                    self.call(stand)
                ));
            }
            _ => notes.push(format!(
                "it is blocked while a handler runs that it interrupts; `{}` leaves what is blocked blocked",
                self.call(stand)
            )),
        }
        notes
    }

    fn early(&self, stand: &Stand, heard: &Heard) -> Vec<String> {
        let at = self.line(heard.at.span);
        let what = format!("{} {}, and its handler ran at {at}", heard.signal.name(), self.origin(heard.origin));
        let call = self.call(stand);
        let why = match stand.wait {
            Wait::SignalOf(_) => {
                "`sigwait` takes only signals that are blocked; one that is not blocked runs its handler instead"
                    .to_owned()
            }
            _ => format!("`{call}` waits for the next signal, and there is none"),
        };
        vec![what, why]
    }

    fn no_signal(&self, stand: &Stand) -> Vec<String> {
        let Some(process) = self.facts.process(stand.pid) else { return Vec::new() };
        let pending: Vec<String> = process.signals.pending.iter().map(|signal| signal.name().to_owned()).collect();
        let mut notes = Vec::new();
        if let Some(replaced) = self.facts.machine.ledger().ends.replaced.get(&stand.pid) {
            let (set, again) = (self.line(replaced.set), self.line(replaced.again));
            notes.push(match set == again {
                true => format!("the alarm of {set} was set anew before it rang: a process has only one"),
                false => format!("the alarm of {set} never rang: {again} replaced it, since a process has only one"),
            });
        }
        notes.extend(self.alarm_of_ancestor(process));
        notes.extend(self.notified(process));
        if !pending.is_empty() {
            let set = if matches!(stand.wait, Wait::SignalOf(_)) { "not in the set" } else { "blocked" };
            notes.push(format!("{} is pending, but {set}", and(&pending)));
        }
        if let Some(heard) = self.facts.heard(stand.pid, &[Became::EndedWait, Became::Handled]) {
            let origin = self.origin(heard.origin);
            let early = if heard.became == Became::Handled { ", before this wait began" } else { "" };
            notes.push(format!("the last signal that it handled was {}, which {origin}{early}", heard.signal.name()));
        }
        notes
    }

    /// An alarm that an ancestor had set before the fork, and that is the ancestor's alone.
    pub(super) fn alarm_of_ancestor(&self, process: &Process) -> Option<String> {
        if !process.signals.handles(Signal::SIGALRM) {
            return None;
        }
        let mut at = &process.lineage;
        while let Some(parent) = &at.parent {
            if let Some(alarm) =
                self.facts.machine.ledger().alarm(parent.pid).filter(|alarm| alarm.tick <= at.fork.tick)
            {
                let who = the(&parent.role());
                return Some(format!(
                    "the alarm of {} is {who}'s alone: a child starts with none",
                    self.line(alarm.span)
                ));
            }
            at = parent;
        }
        None
    }

    /// A registration for messages whose one signal was sent, while more messages wait.
    pub(super) fn notified(&self, process: &Process) -> Option<String> {
        let mut queues = self.facts.machine.queues().map(|(_, queue)| queue);
        queues.find_map(|queue| {
            let by = queue.notified.0.filter(|by| by.who == process.pid && queue.registration.is_none())?;
            let name = String::from_utf8_lossy(&queue.name).into_owned();
            let waits = match queue.len() {
                0 => String::new(),
                1 => "; 1 message waits in the queue".to_owned(),
                count => format!("; {count} messages wait in the queue"),
            };
            Some(format!("the `mq_notify` of {} for `{name}` was good for one signal{waits}", self.line(by.span)))
        })
    }

    /// A signal that a process handled during its wait, which then went on.
    pub(super) fn restarted(&self, stand: &Stand) -> Option<Heard> {
        let process = self.facts.process(stand.pid)?;
        let heard = self.facts.heard(stand.pid, &[Became::Handled])?;
        let restarts = process.signals.action(heard.signal).flags & SA_RESTART != 0;
        let meant = matches!(heard.origin, Some(Origin::Process(..) | Origin::Timer | Origin::Outside));
        let waits = matches!(stand.wait, Wait::Bytes(_) | Wait::Message(_) | Wait::Child { .. });
        (restarts && meant && waits && heard.at.span == stand.span).then_some(heard)
    }

    /// Signals that have come for a process that waits for something else, and that have done nothing: blocked, or ignored.
    pub(super) fn without_effect(&self, stand: &Stand) -> Vec<String> {
        let Some(process) = self.facts.process(stand.pid) else { return Vec::new() };
        let who = self.who(stand.pid);
        let mut notes = Vec::new();
        if let Some(heard) = self.restarted(stand) {
            notes.push(format!(
                "{} {}, and its handler ran while {who} waited; `signal()` sets SA_RESTART, so `{}` went on waiting",
                heard.signal.name(),
                self.origin(heard.origin),
                self.call(stand)
            ));
        }
        for (signal, origin) in process.signals.origins() {
            if let (true, Origin::Process(..)) = (process.signals.mask.contains(*signal), *origin) {
                let since =
                    process.signals.masked().map_or_else(String::new, |by| format!(" since {}", self.line(by.span)));
                notes.push(format!(
                    "{} {}, and {who} has it blocked{since}",
                    signal.name(),
                    self.origin(Some(*origin))
                ));
            }
        }
        if let Some(heard) = self.facts.heard(stand.pid, &[Became::Dropped])
            && let Some(Origin::Process(..)) = heard.origin
            && process.signals.ignores(heard.signal)
        {
            notes.push(format!("{} {}, and {who} ignores it", heard.signal.name(), self.origin(heard.origin)));
        }
        notes
    }

    fn stopped(&self, stand: &Stand, signal: Signal, waiter: Option<Pid>) -> Vec<String> {
        let mut notes = Vec::new();
        if signal == Signal::SIGTTIN || signal == Signal::SIGTTOU {
            if let Some(given) = self.facts.machine.ledger().given_terminal().filter(|given| given.who == stand.pid) {
                notes.push(format!("it gave the terminal to another group itself, at {}", self.line(given.span)));
            }
            let act = if signal == Signal::SIGTTIN { "read" } else { "change or write to" };
            notes.push(format!(
                "only the foreground group may {act} the terminal, and {} is not in it",
                self.who(stand.pid)
            ));
        } else if let Some(heard) = self.facts.heard(stand.pid, &[Became::Stopped])
            && !matches!(heard.origin, Some(Origin::Process(..)))
        {
            notes.push(format!("{} {}", signal.name(), self.origin(heard.origin)));
        }
        let origin = self.facts.heard(stand.pid, &[Became::Stopped]).and_then(|heard| heard.origin);
        if let Some(Origin::Process(_, at)) = origin
            && self.facts.machine.ledger().meant_group(at)
        {
            notes.push("it went to every process of the caller's own group, the caller too".to_owned());
        }
        let waits = waiter.filter(|pid| self.waits_for_end(*pid));
        let blind = waits.and_then(|pid| self.facts.stand(pid)).map(|stand| self.call(stand));
        if let Some(call) = blind {
            notes.push(format!("`{call}` without WUNTRACED does not see that a child stops"));
        }
        notes
    }

    /// By whom a signal was sent: a clause after the signal's name.
    fn origin(&self, origin: Option<Origin>) -> String {
        match origin {
            Some(Origin::Process(pid, span)) => {
                format!("was sent by {} at {}", the(&self.facts.role(pid)), self.line(span))
            }
            Some(Origin::Kernel(pid)) => {
                format!("came from the kernel, on behalf of {}", the(&self.facts.role(pid)))
            }
            Some(Origin::Timer) => "came from the clock".to_owned(),
            Some(Origin::Outside) => "came from the terminal or `--send`".to_owned(),
            None => "came".to_owned(),
        }
    }
}

/// What a process in `getline` has of its line.
pub(super) fn unfinished_line(process: &Process) -> Option<String> {
    let call = process.call.as_deref().filter(|call| call.request.builtin == Builtin::Getline)?;
    let bytes = call.bytes.as_deref().filter(|bytes| !bytes.is_empty())?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    Some(match text.char_indices().nth(30) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    })
}

/// Who has blocked a signal, where the mask was handed on.
fn inherited(voice: &Voice<'_>, from: Pid, to: &Process) -> String {
    let by = if from == to.pid { String::new() } else { format!(" by {}", the(&voice.facts.role(from))) };
    let how = match (from == to.pid, to.execed.is_some()) {
        (false, true) => "fork and exec hand the mask on",
        (true, _) => "exec hands the mask on",
        (false, false) => "fork hands the mask on",
    };
    format!("{by}, and {how}")
}
