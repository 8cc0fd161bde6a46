//! What the ledger knows of ends: pipes that somebody kept open without need, or that nobody read any more; queues that went with
//! what was in them; alarms that never rang; zombies taken for the living. It knows nothing of words.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Act, MOST, Place, Seen, note};
use crate::abi::{Builtin, Errno, Signal};
use crate::kernel::event::Origin;
use crate::kernel::pipe::PipeId;
use crate::kernel::process::{Deed, Lineage, Pid};
use crate::source::Span;

/// A write end that only the end of its holder has closed, while somebody waited for the end of the pipe.
#[derive(Debug)]
pub struct HeldOpen {
    /// Who held it and never wrote to it, and where it ended.
    pub holder: Act,
    /// Its number there.
    pub fd: usize,
    /// Whether the holder ran another program by then.
    pub execed: bool,
    /// Who waited, and where.
    pub reader: Act,
    /// The call that made the pipe.
    pub made: Deed,
    /// How long nothing had come.
    pub waited: u64,
}

/// A pipe that somebody wrote to when nobody could read it any more.
#[derive(Debug)]
pub struct Broken {
    /// The call that made the pipe.
    pub made: Deed,
    /// Where it was written to.
    pub at: Span,
    /// Who closed the last read end, and where.
    pub closed: Option<Act>,
}

/// A read that met the end of its file.
#[derive(Debug)]
pub struct Met {
    /// Who, and where.
    pub by: Act,
    /// By which call.
    pub builtin: Builtin,
    /// The call that made the pipe, where it is one.
    pub made: Option<Deed>,
    /// The first read of that pipe that took bytes of several writes at once.
    pub joined: Option<Deed>,
}

/// A pipe that went with bytes in it, which nobody can have meant to read.
#[derive(Debug)]
pub struct Unread {
    /// The call that made the pipe.
    pub made: Deed,
    /// How many bytes were in it.
    pub bytes: usize,
    /// Their beginning.
    pub text: Vec<u8>,
    /// Who wrote the first of them, and where.
    pub wrote: Deed,
    /// Its role.
    pub writer: Option<Arc<Lineage>>,
    /// Where the writer's standard output was led into the pipe, where that is how they came there.
    pub led: Option<Deed>,
    /// The only read of the pipe, where it got fewer bytes than it asked for: both numbers, the one asked for first.
    pub short: Option<(Deed, u64, u64)>,
}

/// A queue that is gone with messages in it.
#[derive(Debug)]
pub struct Drowned {
    /// Its name.
    pub name: Vec<u8>,
    /// How many messages were in it.
    pub messages: usize,
    /// Where the first that somebody else had sent came from.
    pub sent: Deed,
    /// Who closed it last, and where.
    pub by: Act,
    /// The mq_notify that was answered last, where none was made after it.
    pub notified: Option<Deed>,
}

/// A process that may open no more descriptors.
#[derive(Debug)]
pub struct Crowd {
    /// Who, and where it wanted one more.
    pub by: Act,
    /// How many it has.
    pub open: usize,
    /// The place that has opened most of them, and how many.
    pub most: (Span, usize),
}

/// A signal to the sender's own group out of a handler that has interrupted the storing of a fork's result.
#[derive(Debug)]
pub struct Early {
    /// Who, and where it sent the signal.
    pub by: Act,
    /// Where the handler interrupted it.
    pub interrupted: Span,
    /// The fork whose result had not been stored.
    pub fork: Span,
    /// The signal that the handler handles, and where it came from.
    pub signal: Option<(Signal, Option<Origin>)>,
}

/// The name of a queue: who made it, and who took it away.
#[derive(Debug, Default)]
pub struct Name {
    /// Who made the queue, and where, the latest.
    pub made: Option<Act>,
    /// Who unlinked it, and where, the latest.
    pub unlinked: Option<Act>,
}

/// An alarm that was set anew before it rang.
#[derive(Debug, Clone, Copy)]
pub struct Replaced {
    /// Where it was set.
    pub set: Span,
    /// Where it was set anew.
    pub again: Span,
}

/// Facts about ends.
#[derive(Debug, Default)]
pub struct Ends {
    /// Write ends held open, by where the reader waited.
    pub held: BTreeMap<Place, Seen<HeldOpen>>,
    /// What each process that got SIGPIPE or EPIPE had written to, the latest.
    pub broken: BTreeMap<Pid, Broken>,
    /// Pipes that went with bytes that nobody can have meant to read, by where these were written.
    pub unread_bytes: BTreeMap<Place, Seen<Unread>>,
    /// Reads that met the end of their files, by where they were.
    pub met: BTreeMap<Place, Seen<Met>>,
    /// Queues that went with their messages, by where they were made.
    pub drowned: BTreeMap<Place, Seen<Drowned>>,
    /// Alarms that were set anew, the latest of each process.
    pub replaced: BTreeMap<Pid, Replaced>,
    /// Zombies of which `kill(pid, 0)` said that they are there, by where it was asked.
    pub asked: BTreeMap<Place, Seen<(Act, Arc<Lineage>)>>,
    /// Processes that could open no more descriptors, the first of each place.
    pub crowds: BTreeMap<Place, Seen<Crowd>>,
    /// Waits with WNOHANG that found nobody who had ended.
    pub nobody: BTreeMap<Place, Seen<Act>>,
    /// Signals to the own group before the id that was meant was stored, by where they were sent.
    pub early: BTreeMap<Place, Seen<Early>>,
    /// Names of queues.
    pub names: BTreeMap<Vec<u8>, Name>,
    /// Who closed the last read end of a pipe that could still be written; with the call that made the pipe, since ids come again.
    unread: BTreeMap<PipeId, (Deed, Act)>,
    /// Where each process has led its standard output elsewhere.
    led: BTreeMap<Pid, Deed>,
    /// How often in a row each process got the end of a file at one place.
    at_end: BTreeMap<Pid, (Span, u64)>,
    /// Forks of which the limit of processes was told.
    bombs: Vec<Span>,
}

impl Ends {
    /// A write end goes with its holder, while somebody waits for that.
    pub(crate) fn hold(&mut self, held: HeldOpen) {
        note(&mut self.held, held.reader.at, || held);
    }

    /// The last read end of a pipe is closed.
    pub(crate) fn unread(&mut self, pipe: PipeId, made: Deed, by: Act) {
        if self.unread.len() < MOST || self.unread.contains_key(&pipe) {
            self.unread.insert(pipe, (made, by));
        }
    }

    /// Whether a read that has met the end is known already; counts it then.
    pub(crate) fn met_again(&mut self, at: Span) -> bool {
        match self.met.get_mut(&at) {
            Some(seen) => {
                seen.count += 1;
                true
            }
            None => self.met.len() >= MOST,
        }
    }

    /// A read has met the end of its file, for the first time at its place.
    pub(crate) fn meet(&mut self, met: Met) {
        note(&mut self.met, met.by.at, || met);
    }

    /// A process leads its standard output elsewhere.
    pub(crate) fn lead(&mut self, deed: Deed) {
        if self.led.len() < MOST {
            self.led.insert(deed.who, deed);
        }
    }

    /// Where a process has led its standard output elsewhere last.
    pub(crate) fn led(&self, pid: Pid) -> Option<Deed> {
        self.led.get(&pid).copied()
    }

    /// A pipe goes with what is in it.
    pub(crate) fn never_read(&mut self, unread: Unread) {
        note(&mut self.unread_bytes, unread.wrote.span, || unread);
    }

    /// A process writes to a pipe that nobody can read.
    pub(crate) fn broken(&mut self, by: Deed, pipe: PipeId, made: Deed) {
        let writer = by.who;
        if self.broken.len() < MOST || self.broken.contains_key(&writer) {
            let closed = self.unread.get(&pipe).filter(|(of, _)| *of == made).map(|(_, by)| by.clone());
            self.broken.insert(writer, Broken { made, at: by.span, closed });
        }
    }

    /// A queue is made under a name, or its name is taken away.
    pub(crate) fn name(&mut self, name: &[u8], by: Act, made: bool) {
        if self.names.len() < MOST || self.names.contains_key(name) {
            let known = self.names.entry(name.to_vec()).or_default();
            *(if made { &mut known.made } else { &mut known.unlinked }) = Some(by);
        }
    }

    /// A queue is gone with what is in it.
    pub(crate) fn drown(&mut self, made: Place, drowned: Drowned) {
        note(&mut self.drowned, made, || drowned);
    }

    /// An alarm is set while another runs.
    pub(crate) fn replace(&mut self, pid: Pid, replaced: Replaced) {
        if self.replaced.len() < MOST || self.replaced.contains_key(&pid) {
            self.replaced.insert(pid, replaced);
        }
    }

    /// Whether a zombie is there was asked, and answered with yes.
    pub(crate) fn ask(&mut self, by: Act, zombie: Arc<Lineage>) {
        note(&mut self.asked, by.at, || (by, zombie));
    }

    /// A handler sends to its own group what was meant for a child.
    pub(crate) fn early(&mut self, early: Early) {
        note(&mut self.early, early.by.at, || early);
    }

    /// A process may open no more descriptors.
    pub(crate) fn crowd(&mut self, crowd: Crowd) {
        note(&mut self.crowds, crowd.by.at, || crowd);
    }

    /// A wait with WNOHANG found nobody who had ended.
    pub(crate) fn nobody(&mut self, by: Act) {
        note(&mut self.nobody, by.at, || by);
    }

    /// How often in a row a process has now got the end of a file at this place.
    pub(crate) fn at_end(&mut self, pid: Pid, at: Span) -> u64 {
        if self.at_end.len() >= MOST && !self.at_end.contains_key(&pid) {
            return 0;
        }
        let streak = self.at_end.entry(pid).or_insert((at, 0));
        if streak.0 != at {
            *streak = (at, 0);
        }
        streak.1 += 1;
        streak.1
    }

    /// Where a process has met the end of a file, where that was its last read.
    pub(crate) fn last_end(&self, pid: Pid) -> Option<Span> {
        self.at_end.get(&pid).map(|(at, _)| *at)
    }

    /// A process has read something.
    #[inline]
    pub(crate) fn not_at_end(&mut self, pid: Pid) {
        if !self.at_end.is_empty() {
            self.at_end.remove(&pid);
        }
    }

    /// Whether this fork meets the limit of processes for the first time in a process that was made by this very fork: every process
    /// comes round to it again.
    pub(crate) fn is_new_bomb(&mut self, by: &Act, builtin: Builtin, errno: Errno) -> bool {
        let bomb = builtin == Builtin::Fork && errno == Errno::EAGAIN && self.bombs.len() < MOST;
        if !bomb || by.at == Span::default() || by.who.fork.span != by.at || self.bombs.contains(&by.at) {
            return false;
        }
        self.bombs.push(by.at);
        true
    }
}
