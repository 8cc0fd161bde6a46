//! What a run has done that is worth a word at its end, as facts: text that was lost or doubled, children that nobody
//! waited for, calls that failed. One entry a place in a source, however often it happened, so that the ledger is bounded by
//! the program's text. It knows nothing of words, and nothing that a program can see depends on it.

mod calls;
pub mod ends;
mod facts;
pub mod files;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::event::Origin;
use super::mqueue::QueueId;
use super::process::{Deed, Lineage, Pid};
use super::stdio::Print;
use crate::abi::{Errno, Signal};
use crate::source::Span;

use calls::Streak;
pub(crate) use calls::{InVain, Turn};
pub use facts::{
    Background, Chosen, Cut, Death, Failure, Interrupted, Merged, Orphan, Passed, Serial, Short, Spin, Target, Unheard,
    Unwaited, VainCopy,
};

/// Places of one kind that are kept; a program that writes programs could make any number.
const MOST: usize = 512;
/// Children of one place whose beginnings are kept.
const FIRST_CHILDREN: usize = 4;
/// Bytes of a printed text that are kept to be quoted.
const QUOTED: usize = 200;
/// Receives of a queue of which it is kept what the queue held.
const STEPS: usize = 4;
/// Processes that are named for one fact; the others are counted.
const NAMED: usize = 8;

/// A process that did something, and where.
#[derive(Debug, Clone)]
pub struct Act {
    /// Who.
    pub who: Arc<Lineage>,
    /// Where in the source.
    pub at: Span,
    /// Where the process has exec'd the program that it runs, if it has.
    pub exec: Option<Span>,
}

/// Who stands where, before it is known whether that is worth keeping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// Who.
    pub(crate) who: &'a Arc<Lineage>,
    /// Where in the source.
    pub(crate) at: Span,
    /// Where the process has exec'd the program that it runs, if it has.
    pub(crate) exec: Option<Span>,
}

impl Standing<'_> {
    /// The same, to be kept.
    pub(crate) fn act(self) -> Act {
        Act { who: Arc::clone(self.who), at: self.at, exec: self.exec }
    }
}

/// The first of several facts of one kind at one place.
#[derive(Debug)]
pub struct Seen<T> {
    /// The first.
    pub first: T,
    /// How often it happened.
    pub count: u64,
}

/// Why buffered text never came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The process ended by `_exit`.
    Exit,
    /// The program was replaced.
    Exec,
    /// A signal killed the process.
    Killed(Signal),
    /// The text could not be written.
    Failed(Errno),
}

/// Buffered text that never came out.
#[derive(Debug)]
pub struct Lost {
    /// Whose, and where it stood.
    pub by: Act,
    /// Why.
    pub how: Loss,
    /// Who printed it.
    pub prints: Vec<Print>,
    /// Its beginning.
    pub text: Vec<u8>,
    /// The length of all that was lost at the place.
    pub len: usize,
}

/// Buffered text that a fork copied.
#[derive(Debug)]
pub struct Copied {
    /// Who printed it.
    pub print: Print,
    /// Its beginning.
    pub text: Vec<u8>,
    /// The first fork that copied it, by whom.
    pub fork: Act,
    /// The first child that got a copy.
    pub child: Arc<Lineage>,
    /// Who wrote it; each process once.
    pub writers: Vec<Act>,
    /// How many wrote it.
    pub written: u64,
    /// Who threw it away, and why.
    pub dropped: Option<(Act, Loss)>,
}

/// A place: what most facts are kept by.
pub type Place = Span;

/// The ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Whether anything is written down.
    pub on: bool,
    /// Text that was lost, by where it was.
    pub lost: BTreeMap<Place, Seen<Lost>>,
    /// Text that forks copied, by who printed it where and when.
    pub copied: BTreeMap<(Pid, Place, u64), Copied>,
    /// Children never waited for, by parent and fork.
    pub unwaited: BTreeMap<(Pid, Place), Seen<Unwaited>>,
    /// Children that outlived the script.
    pub orphans: BTreeMap<Pid, Orphan>,
    /// Exit codes that were cut.
    pub cut: BTreeMap<Place, Seen<Cut>>,
    /// Signals that were dropped, by target and number.
    pub merged: BTreeMap<(Pid, Signal), Seen<Merged>>,
    /// Calls that failed.
    pub failures: BTreeMap<(Place, Errno), Seen<Failure>>,
    /// Calls that were interrupted.
    pub interrupted: BTreeMap<Place, Seen<Interrupted>>,
    /// Waits that had a choice.
    pub chosen: BTreeMap<Place, Seen<Chosen>>,
    /// Children that a signal had killed, by the wait that collected them.
    pub murdered: BTreeMap<Place, Seen<(Act, Arc<Lineage>, Signal)>>,
    /// Children made one by one at a place: by whom, and whether one was ever made while another lived.
    pub serial: BTreeMap<(Pid, Place), Serial>,
    /// Messages that a later and more urgent one has passed, by where that one was received.
    pub passed: BTreeMap<Place, Seen<Passed>>,
    /// Blocks that were never freed, by where they were allocated: by whom, how many cells together.
    pub leaks: BTreeMap<Place, Seen<(Act, u64)>>,
    /// Processes that signals killed.
    pub deaths: BTreeMap<Pid, Death>,
    /// Children that the terminal stopped, by where they read.
    pub background: BTreeMap<Place, Seen<Background>>,
    /// What came to an end in an odd way.
    pub ends: ends::Ends,
    /// What became of bytes in regular files.
    pub files: files::FileFacts,
    /// Signals for which a process had a handler, and that it kept blocked to its end.
    pub unheard: BTreeMap<(Pid, Signal), Unheard>,
    /// Copies of a standard descriptor that changed nothing, and what their original was made then.
    pub vain_copies: BTreeMap<Place, Seen<VainCopy>>,
    /// The latest copy of each process that changed nothing, by its original.
    same: BTreeMap<(Pid, i64), (i64, Span)>,
    /// Writes that took less than they were given, since they would not wait.
    pub short: BTreeMap<Place, Seen<Short>>,
    /// Signals sent to init.
    pub to_init: BTreeMap<Place, Seen<(Act, Signal)>>,
    /// Where signals were sent to the sender's own group.
    to_groups: BTreeSet<Span>,
    /// Where each handler was installed last.
    installed: BTreeMap<(u64, Signal), Span>,
    /// Who has set flags of open files.
    flaggers: BTreeMap<Pid, Arc<Lineage>>,
    /// Where each process set its alarm last.
    alarms: BTreeMap<Pid, Deed>,
    /// Who gave the terminal to another group last.
    foreground: Option<Deed>,
    /// Where each process put itself, or was put, into a group of its own.
    grouped: BTreeMap<Pid, Span>,
    /// Where a descriptor was closed last, by process and number.
    closed: BTreeMap<(Pid, i64), Deed>,
    /// Where a child was collected last, by its parent, and how many were.
    collected: BTreeMap<Pid, (Deed, u64)>,
    /// Waits that have collected a child.
    worked: BTreeSet<Span>,
    /// The latest of them.
    worked_last: Option<Span>,
    /// How often each process has asked in vain in a row at one place.
    streaks: BTreeMap<Pid, Streak>,
    /// How often each process has faulted in a row at one place, and come back from its handler.
    faults: BTreeMap<Pid, (Span, u64)>,
    /// Where a person was told of calls in vain.
    told: BTreeSet<Span>,
    /// Loops that only wait, and who has gone round them how often.
    pub spins: BTreeMap<(Pid, Place), Spin>,
    /// Where each process was last seen in such a loop.
    turning: BTreeMap<Pid, (Span, u64, u64)>,
}

/// How a child comes to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bearing {
    /// Whether others of its parent live.
    pub(crate) alive: bool,
    /// Whether its parent was made by this very fork, and has come back to it.
    pub(crate) again: bool,
    /// When.
    pub(crate) now: u64,
}

impl<T> Seen<T> {
    fn once(first: T) -> Seen<T> {
        Seen { first, count: 1 }
    }
}

/// Counts a fact where one stands already, else writes it down.
fn note<K: Ord, T>(map: &mut BTreeMap<K, Seen<T>>, key: K, fact: impl FnOnce() -> T) {
    if let Some(seen) = map.get_mut(&key) {
        seen.count += 1;
    } else if map.len() < MOST {
        map.insert(key, Seen::once(fact()));
    }
}

impl Ledger {
    /// A ledger in which things are written down, or not.
    pub fn new(on: bool) -> Ledger {
        Ledger { on, ..Ledger::default() }
    }

    /// Text was thrown away. What forks had copied is lost only where nobody else writes it.
    pub(crate) fn lose(&mut self, by: Act, how: Loss, text: &[u8], prints: &[Print]) {
        let mut own: Vec<Print> = Vec::new();
        let (mut lost, mut at) = (Vec::new(), 0);
        for print in prints {
            let end = (at + print.len).min(text.len());
            if let Some(copied) = self.copied.get_mut(&print.key()) {
                // The one who printed it is who has lost it, whoever else threw a copy away before.
                if copied.dropped.is_none() || by.who.pid == print.by.who {
                    copied.dropped = Some((by.clone(), how));
                }
            } else if !print.copied {
                own.push(*print);
                lost.extend_from_slice(text.get(at..end).unwrap_or_default());
            }
            at = end;
        }
        if !lost.is_empty() {
            let (at, len) = (by.at, lost.len());
            note(&mut self.lost, at, || {
                lost.truncate(QUOTED);
                Lost { by, how, prints: own, text: lost, len: 0 }
            });
            if let Some(seen) = self.lost.get_mut(&at) {
                seen.first.len += len;
            }
        }
    }

    /// A fork has copied buffered text.
    pub(crate) fn copy(&mut self, fork: &Act, child: &Arc<Lineage>, text: &[u8], prints: &[Print]) {
        let mut at = 0;
        for print in prints {
            let end = (at + print.len).min(text.len());
            let here = text.get(at..end).unwrap_or_default();
            at = end;
            if self.copied.len() < MOST {
                self.copied.entry(print.key()).or_insert_with(|| Copied {
                    print: *print,
                    text: here[..here.len().min(QUOTED)].to_vec(),
                    fork: fork.clone(),
                    child: Arc::clone(child),
                    writers: Vec::new(),
                    written: 0,
                    dropped: None,
                });
            }
        }
    }

    /// Text that forks had copied is written.
    pub(crate) fn write(&mut self, by: &Act, prints: &[Print]) {
        for print in prints.iter().filter(|print| print.copied) {
            let Some(copied) = self.copied.get_mut(&print.key()) else { continue };
            if copied.writers.iter().any(|writer| writer.who.pid == by.who.pid) {
                continue;
            }
            copied.written += 1;
            if copied.writers.len() < NAMED {
                copied.writers.push(by.clone());
            }
        }
    }

    /// A parent has ended and left a child, which had ended `lay` ticks ago or was running still.
    pub(crate) fn leave(&mut self, parent: &Act, child: &Arc<Lineage>, lay: Option<u64>, killed: bool, births: u32) {
        let key = (parent.who.pid, child.fork.span);
        if self.unwaited.len() >= MOST && !self.unwaited.contains_key(&key) {
            return;
        }
        let seen = self.unwaited.entry(key).or_insert_with(|| Seen {
            first: Unwaited {
                parent: parent.clone(),
                children: Vec::new(),
                killed,
                longest: 0,
                zombies: 0,
                parent_forks: births,
            },
            count: 0,
        });
        seen.count += 1;
        if seen.first.children.len() < NAMED {
            seen.first.children.push(Arc::clone(child));
        }
        seen.first.zombies += u64::from(lay.is_some());
        seen.first.longest = seen.first.longest.max(lay.unwrap_or(0));
    }

    /// A child outlives its parent.
    pub(crate) fn adopt(&mut self, parent: &Act, child: &Arc<Lineage>, left: (u64, Pid)) {
        if self.orphans.len() < MOST {
            let (child, parent) = (Arc::clone(child), parent.clone());
            self.orphans.insert(child.pid, Orphan { child, parent, spoke: None, asked: None, left, lived: None });
        }
    }

    /// A process ends, perhaps an orphan; one that has a session of its own was meant to live on.
    pub(crate) fn end_orphan(&mut self, pid: Pid, now: u64, session: Pid) {
        if !self.orphans.is_empty()
            && let Some(orphan) = self.orphans.get_mut(&pid)
            && orphan.left.1 == session
        {
            orphan.lived = Some(now.saturating_sub(orphan.left.0));
        }
    }

    /// An orphan writes to the terminal after the script has ended.
    pub(crate) fn speak(&mut self, pid: Pid, at: Span) {
        if let Some(orphan) = self.orphans.get_mut(&pid) {
            orphan.spoke.get_or_insert(at);
        }
    }

    /// An orphan asks for its parent.
    pub(crate) fn ask_parent(&mut self, pid: Pid, at: Span) {
        if let Some(orphan) = self.orphans.get_mut(&pid) {
            orphan.asked.get_or_insert(at);
        }
    }

    /// An exit code does not fit a status.
    pub(crate) fn cut_code(&mut self, by: Act, code: i64) {
        note(&mut self.cut, by.at, || Cut { by, code, collected: None });
    }

    /// A wait has collected a child.
    pub(crate) fn collect(&mut self, parent: Standing<'_>, child: Pid, deed: Deed, ended: bool) {
        if !self.streaks.is_empty() {
            self.streaks.remove(&parent.who.pid);
        }
        if self.worked_last != Some(parent.at) {
            self.worked_last = Some(parent.at);
            if self.worked.len() < MOST {
                self.worked.insert(parent.at);
            }
        }
        for seen in self.cut.values_mut() {
            if seen.first.by.who.pid == child {
                seen.first.collected.get_or_insert_with(|| parent.act());
            }
        }
        let room = self.collected.len() < MOST;
        if let Some((last, count)) = self.collected.get_mut(&parent.who.pid) {
            (*last, *count) = (deed, *count + u64::from(ended));
        } else if room {
            self.collected.insert(parent.who.pid, (deed, u64::from(ended)));
        }
    }

    /// Whether a wait has ever collected a child.
    pub fn has_worked(&self, wait: Span) -> bool {
        self.worked.contains(&wait)
    }

    /// A wait has collected a child that a signal had killed.
    pub(crate) fn collect_killed(&mut self, by: Act, child: Arc<Lineage>, signal: Signal) {
        note(&mut self.murdered, by.at, || (by, child, signal));
    }

    /// A child is made.
    pub(crate) fn bear(&mut self, by: Standing<'_>, child: &Arc<Lineage>, bearing: Bearing) {
        let Bearing { alive, again, now } = bearing;
        let key = (by.who.pid, by.at);
        let room = self.serial.len() < MOST;
        let serial = match self.serial.entry(key) {
            Entry::Occupied(serial) => serial.into_mut(),
            Entry::Vacant(_) if !room => return,
            Entry::Vacant(place) => {
                let by = by.act();
                place.insert(Serial { by, count: 0, again, together: false, begun: Vec::new(), last: now })
            }
        };
        serial.count += 1;
        serial.together |= alive;
        serial.last = now;
        if serial.begun.len() < FIRST_CHILDREN {
            serial.begun.push((now, Arc::clone(child)));
        }
    }

    /// A message is received: what the queue holds, where one was received out of the order of sending before.
    pub(crate) fn receive_after(&mut self, queue: QueueId, step: impl FnOnce() -> Vec<(i64, Vec<u8>)>) {
        let mut told = self.passed.values_mut().map(|seen| &mut seen.first);
        if let Some(passed) = told.find(|passed| passed.queue == queue && passed.steps.len() < STEPS) {
            passed.steps.push(step());
        }
    }

    /// A process ends, and never let in a signal that it had a handler for.
    pub(crate) fn never_hear(&mut self, signal: Signal, unheard: Unheard) {
        if self.unheard.len() < MOST {
            self.unheard.insert((unheard.by.who.pid, signal), unheard);
        }
    }

    /// A descriptor becomes a copy of another: of one that it was a copy of already, or of something else.
    pub(crate) fn copy_to(&mut self, by: Standing<'_>, (old, new): (i64, i64), same: bool) {
        let pid = by.who.pid;
        if same && self.same.len() < MOST {
            self.same.insert((pid, old), (new, by.at));
        } else if !same && let Some((copy, at)) = self.same.remove(&(pid, new)) {
            note(&mut self.vain_copies, at, || VainCopy { by: by.act(), at, original: new, copy });
        }
    }

    /// A write took less than it was given.
    pub(crate) fn write_short(&mut self, short: Short) {
        note(&mut self.short, short.by.at, || short);
    }

    /// A signal is sent to init.
    pub(crate) fn signal_init(&mut self, by: Act, signal: Signal) {
        note(&mut self.to_init, by.at, || (by, signal));
    }

    /// A message was received before an older one.
    pub(crate) fn pass(&mut self, passed: Passed) {
        note(&mut self.passed, passed.by.at, || passed);
    }

    /// A wait had a choice between children.
    pub(crate) fn choose(&mut self, chosen: Chosen) {
        note(&mut self.chosen, chosen.by.at, || chosen);
    }

    /// A signal was dropped.
    pub(crate) fn merge(&mut self, merged: Merged) {
        note(&mut self.merged, (merged.target.who.pid, merged.signal), || merged);
    }

    /// A person is told of calls in vain.
    pub(crate) fn tell(&mut self, at: Span) {
        self.told.insert(at);
    }

    /// Whether a person was told of calls in vain at a place, while the program ran.
    pub fn was_told(&self, at: Span) -> bool {
        self.told.contains(&at)
    }

    /// The wait of a process that last collected a child.
    pub(crate) fn last_collected(&self, parent: Pid) -> Option<Deed> {
        self.collected.get(&parent).map(|(deed, _)| *deed)
    }

    /// The terminal is given to a group.
    pub(crate) fn give_terminal(&mut self, deed: Deed) {
        if self.on {
            self.foreground = Some(deed);
        }
    }

    /// Who gave the terminal to another group last.
    pub fn given_terminal(&self) -> Option<Deed> {
        self.foreground
    }

    /// How many children a process has collected, and where the last.
    pub fn collected(&self, parent: Pid) -> Option<(Deed, u64)> {
        self.collected.get(&parent).copied()
    }

    /// A process is put into a group.
    pub(crate) fn group(&mut self, pid: Pid, at: Span) {
        if self.on && self.grouped.len() < MOST {
            self.grouped.insert(pid, at);
        }
    }

    /// Where a process was put into its group.
    pub fn grouped(&self, pid: Pid) -> Option<Span> {
        self.grouped.get(&pid).copied()
    }

    /// Whether a signal was sent to the sender's own group at a place.
    pub fn meant_group(&self, at: Span) -> bool {
        self.to_groups.contains(&at)
    }

    /// `kill(0, …)`
    pub(crate) fn send_to_group(&mut self, at: Span) {
        if self.on && self.to_groups.len() < MOST {
            self.to_groups.insert(at);
        }
    }

    /// A signal kills a process.
    pub(crate) fn die(&mut self, mut death: Death) {
        if matches!(death.origin, Some(Origin::Timer)) {
            death.alarm = self.alarms.get(&death.by.who.pid).map(|deed| deed.span);
        }
        death.group = matches!(death.origin, Some(Origin::Process(_, at)) if self.to_groups.contains(&at));
        if self.on && self.deaths.len() < MOST {
            self.deaths.insert(death.by.who.pid, death);
        }
    }

    /// A block was never freed.
    pub(crate) fn leak(&mut self, by: Act, cells: u64) {
        let at = by.at;
        note(&mut self.leaks, at, || (by, 0));
        if let Some(seen) = self.leaks.get_mut(&at) {
            seen.first.1 = seen.first.1.saturating_add(cells);
        }
    }

    /// The terminal stops a process of the background.
    pub(crate) fn stop_background(&mut self, by: Act, signal: Signal) {
        note(&mut self.background, by.at, || Background { by, signal, continued: None });
    }

    /// SIGCONT is sent to a process, perhaps to one that the terminal has stopped.
    pub(crate) fn go_on(&mut self, pid: Pid, origin: Origin) {
        let mut stopped = self.background.values_mut().map(|seen| &mut seen.first);
        if let (Some(stopped), Origin::Process(_, at)) = (stopped.find(|stopped| stopped.by.who.pid == pid), origin) {
            stopped.continued.get_or_insert(at);
        }
    }
}
