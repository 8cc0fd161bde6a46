//! What the door writes into the ledger: calls that fail, calls that a handler interrupts, calls that are made to fail.

use std::collections::BTreeMap;

use super::call::Call;
use super::event::Origin;
use super::file::{FileId, Kind};
use super::fs::NodeId;
use super::host::{Crash, Endless, OutOfMemory, Repeated};
use super::ledger::ends::{Crowd, Drowned, Early, HeldOpen, Met, Unread};
use super::ledger::files::{Overwritten, Written};
use super::ledger::{Act, Death, Failure, InVain, Interrupted, Short, Standing, Target, Turn, Unheard};
use super::machine::Machine;
use super::mqueue::Queue;
use super::param::{INIT, MAX_FILES};
use super::pipe::{Pipe, PipeId};
use super::process::{Pid, Process, State};
use super::syscall;
use crate::abi::{Builtin, Errno, FUNCTION_BIAS, SIG_IGN, Signal};
use crate::source::Span;
use crate::vm::Fault;

/// Calls in a row that fail before a person is told: no loop needs so many.
const IN_A_ROW: u64 = 1000;
/// Turns of a loop that only looks at variables, before it is asked whether it can ever end.
const TURNS_IN_A_ROW: u64 = 100_000;
/// Faults at one place whose handler returns, before a person is told: whoever mends the cause in the handler comes back to it less often.
const FAULTS_IN_A_ROW: u64 = 100;
/// Bytes of a text that are kept to be quoted.
const MOST_QUOTED: usize = 60;
/// Processes that are named where memory runs out.
const MOST_NAMED: usize = 4;

impl Machine {
    /// Why a call is to fail that has just been made, where `Config::fails` says so.
    pub(crate) fn forced_failure(&mut self, pid: Pid, call: &Call) -> Option<Errno> {
        if self.made.is_empty() || call.slept {
            return None;
        }
        let mut reason = None;
        for (fail, made) in self.config.fails.iter().zip(&mut self.made) {
            if fail.builtin == call.request.builtin {
                *made += 1;
                if *made == fail.nth {
                    reason = Some(fail.errno);
                }
            }
        }
        if let Some(errno) = reason {
            self.note_failure(pid, call, errno, true);
        }
        reason
    }

    /// A call has failed.
    pub(crate) fn note_failure(&mut self, pid: Pid, call: &Call, errno: Errno, forced: bool) {
        let builtin = call.request.builtin;
        // SIGPIPE has told the process already.
        if errno == Errno::EPIPE && !self.process(pid).signals.ignores(Signal::SIGPIPE) {
            return;
        }
        let at = self.deed(pid).span;
        // One wait with WNOHANG too many is how loops around it end.
        if builtin != Builtin::Waitpid || syscall::int(self, pid, call, 1) == 0 {
            let about = if call.request.args > 0 { syscall::arg(self, pid, call, 0) as i64 } else { 0 };
            self.note_in_vain(pid, builtin, Some(errno), about);
        }
        if builtin == Builtin::Fork
            && !forced
            && let Some(by) = self.act(pid)
            && self.ledger.ends.is_new_bomb(&by, builtin, errno)
        {
            let count = self.table.len() as u64 - 1;
            self.ledger.tell(by.at);
            self.host.repeated(&Repeated { count, errno: Some(errno), ..Repeated::of(by, builtin) });
        }
        if self.ledger.failed_again(at, errno) {
            return;
        }
        let Some(by) = self.act(pid) else { return };
        if errno == Errno::EMFILE && !forced {
            self.note_crowd(pid, &by);
        }
        let args = syscall::shown_args(self, pid, call);
        let fd = takes_descriptor(builtin).then(|| syscall::int(self, pid, call, 0));
        let file = fd.and_then(|fd| self.lookup(pid, fd).ok());
        let flagged = file
            .filter(|_| errno == Errno::EAGAIN)
            .and_then(|(id, _)| self.files.flagger(id))
            .map(|deed| (deed, self.ledger.flagger(deed.who)));
        let (closed, collected) = (None, None);
        let vanish = self.process(pid).signals.action(Signal::SIGCHLD).handler == SIG_IGN;
        let target = fd.and_then(|fd| self.target(pid, fd));
        let wanted = match (builtin, errno) {
            (Builtin::Waitpid, Errno::ECHILD) => Some(syscall::int(self, pid, call, 0)),
            (Builtin::Kill, Errno::ESRCH) => Some(syscall::int(self, pid, call, 0).saturating_neg()),
            (Builtin::Killpg, Errno::ESRCH) => Some(syscall::int(self, pid, call, 0)),
            _ => None,
        };
        let stranger =
            wanted.and_then(|wanted| u32::try_from(wanted).ok()).and_then(|wanted| self.table.get(Pid(wanted)));
        let stranger = stranger.map(|stranger| stranger.lineage.clone());
        let parent = self.process(pid).births > 0;
        let failure =
            Failure { by, builtin, errno, args, closed, collected, flagged, target, stranger, parent, vanish, forced };
        self.ledger.fail(failure, fd);
    }

    /// A call has failed, or a poll has answered at once: perhaps as so often before.
    pub(crate) fn note_in_vain(&mut self, pid: Pid, builtin: Builtin, errno: Option<Errno>, about: i64) {
        let process = self.process(pid);
        let call = InVain { at: process.here(), errno, about, calls: process.accounting.calls };
        let (count, sleeps) = self.ledger.streak(pid, call);
        if count == IN_A_ROW
            && let Some(by) = self.act(pid)
        {
            self.ledger.tell(call.at);
            let collected = self.ledger.last_collected(pid);
            let broken = (errno == Some(Errno::EPIPE)).then(|| self.ledger.ends.broken.get(&pid)).flatten();
            let broken = broken.map(|broken| (broken.made, broken.closed.clone()));
            let ready = errno.is_none().then_some(about);
            let told = Repeated { by, builtin, errno, count, sleeps, collected, ready, broken };
            self.host.repeated(&told);
        }
    }

    /// A quantum has ended, perhaps in a loop that only looks at variables.
    #[inline]
    pub(crate) fn note_turns(&mut self, pid: Pid) {
        let image = self.table.get(pid).and_then(|process| process.context.as_deref()).map(|context| &context.image);
        if image.is_some_and(|image| !image.idle.is_empty()) {
            self.count_turns(pid, false);
        }
    }

    /// A process has asked what it may ask in a loop that only waits.
    #[inline]
    pub(crate) fn note_question(&mut self, pid: Pid) {
        let image = self.table.get(pid).and_then(|process| process.context.as_deref()).map(|context| &context.image);
        if self.ledger.on && image.is_some_and(|image| !image.idle.is_empty()) {
            self.count_turns(pid, true);
        }
    }

    /// Counts turns of the loop that a process is in, if that only waits and is of this kind.
    #[cold]
    fn count_turns(&mut self, pid: Pid, asks: bool) {
        let Some(process) = self.table.get(pid) else { return };
        let Some(context) = process.context.as_deref() else { return };
        let Some(idle) = context.image.idle_loop(context.pc).filter(|idle| idle.asks == asks) else { return };
        let by = Standing { at: idle.span, ..process.standing() };
        let (calls, ticks) = (process.accounting.calls, process.accounting.ticks);
        let length = if asks { None } else { Some(u64::from(idle.code.end - idle.code.start)) };
        let step = Turn { at: context.image.span(context.pc), calls, ticks, length };
        let (before, turns) = self.ledger.turn(by, step);
        let many = if asks { IN_A_ROW } else { TURNS_IN_A_ROW };
        if idle.timed || before / many == turns / many || self.ledger.was_told(idle.span) || !self.is_hopeless(pid) {
            return;
        }
        let (span, here) = (idle.span, step.at);
        let Some(by) = self.act(pid) else { return };
        // Whose end it waits for may lie there as a zombie.
        let zombie = process.children.iter().filter_map(|child| self.table.get(child));
        let zombie = zombie.filter(|child| asks && child.state == State::Zombie).last();
        let zombie = zombie.map(|zombie| zombie.lineage.clone());
        let others =
            self.table.iter().any(|other| other.pid.0 != INIT && other.pid != pid && other.state != State::Zombie);
        self.ledger.tell(span);
        self.ledger.tell(here);
        self.host.spins(&Endless { by: Act { at: span, ..by }, turns, asks, zombie, others });
    }

    /// Whether nobody but this process can ever do anything again.
    fn is_hopeless(&self, pid: Pid) -> bool {
        let asleep = |process: &Process| {
            process.pid.0 == INIT || matches!(process.state, State::Zombie | State::Blocked(_) | State::Stopped(_))
        };
        let alone = self.table.iter().all(|process| process.pid == pid || asleep(process));
        alone && self.timers.is_empty() && !self.wants_input()
    }

    /// A fault whose handler returns to the instruction that faults again; whether a person was told.
    pub(crate) fn note_faults(&mut self, pid: Pid, fault: &Fault) {
        let at = self.process(pid).here();
        if self.ledger.on && self.ledger.faults(pid, at) == FAULTS_IN_A_ROW {
            let Some(process) = self.table.get(pid) else { return };
            self.host.fault(&Crash { tick: self.clock, process, fault, again: FAULTS_IN_A_ROW, end: None });
        }
    }

    /// What a descriptor refers to.
    fn target(&self, pid: Pid, fd: i64) -> Option<Target> {
        let descriptor = self.files.entry(self.process(pid).files, fd)?;
        let file = self.files.get(descriptor.file)?;
        let (object, max_size) = match file.kind {
            Kind::PipeRead(id) | Kind::PipeWrite(id) | Kind::PipeBoth(id) => {
                (self.pipes.get(id).map(|pipe| pipe.made), 0)
            }
            Kind::Queue(id) => self.queues.get(id).map_or((None, 0), |queue| (Some(queue.made), queue.max_size)),
            _ => (None, 0),
        };
        Some(Target { kind: file.kind, access: file.access, made: descriptor.made, object, max_size })
    }

    /// A process has as many descriptors as it may have: where most of them come from.
    fn note_crowd(&mut self, pid: Pid, by: &Act) {
        // Whoever lowers the limit means to meet it.
        if self.process(pid).limits.files.0 < MAX_FILES {
            return;
        }
        let mut places: BTreeMap<Span, usize> = BTreeMap::new();
        let mut open = 0;
        for (_, descriptor) in self.descriptors(pid) {
            open += 1;
            *places.entry(descriptor.made.span).or_default() += 1;
        }
        let most = places.into_iter().max_by_key(|(at, count)| (*count, std::cmp::Reverse(*at)));
        if let Some(most) = most {
            self.ledger.ends.crowd(Crowd { by: by.clone(), open, most });
        }
    }

    /// A read has met the end of the file, which it will always meet from now on.
    pub(crate) fn note_end(&mut self, pid: Pid, builtin: Builtin, file: Kind) {
        let at = self.deed(pid).span;
        // The end of the terminal's input is the person's choice.
        if self.ledger.on
            && !file.is_terminal()
            && !self.ledger.ends.met_again(at)
            && let Some(by) = self.act(pid)
        {
            let pipe = match file {
                Kind::PipeRead(id) => self.pipes.get(id),
                _ => None,
            };
            let (made, joined) = (pipe.map(|pipe| pipe.made), pipe.and_then(|pipe| pipe.traffic.joined));
            self.ledger.ends.meet(Met { by, builtin, made, joined });
        }
        if self.ledger.on
            && self.ledger.ends.at_end(pid, at) == IN_A_ROW
            && let Some(by) = self.act(pid)
        {
            self.host.repeated(&Repeated { count: IN_A_ROW, ..Repeated::of(by, builtin) });
        }
    }

    /// A process sends a signal to its own group: perhaps from a handler that came before the result of a fork was stored.
    pub(crate) fn note_early(&mut self, me: Pid) {
        let Some(by) = self.act(me) else { return };
        let Some(process) = self.table.get(me) else { return };
        let Some(context) = process.context.as_deref() else { return };
        let frames = context.call_stack();
        let Some(frame) = frames.iter().find(|frame| frame.interrupted) else { return };
        let interrupted = context.image.span(frame.pc);
        let last = process.children.iter().max().and_then(|child| self.table.get(child));
        let Some(fork) = last.map(|child| child.lineage.fork.span) else { return };
        let signal = process.signals.heard().last().map(|heard| (heard.signal, heard.origin));
        self.ledger.ends.early(Early { by, interrupted, fork, signal });
    }

    /// A process asks whether another is there.
    pub(crate) fn note_asked(&mut self, me: Pid, pid: i64) {
        let asked = u32::try_from(pid).ok().and_then(|pid| self.table.get(Pid(pid)));
        let zombie = asked.filter(|asked| asked.state == State::Zombie && asked.ppid == me);
        if let (Some(zombie), Some(by)) = (zombie.map(|zombie| zombie.lineage.clone()), self.act(me)) {
            self.ledger.ends.ask(by, zombie);
        }
    }

    /// A queue is gone, perhaps with what was in it.
    pub(crate) fn note_drowned(&mut self, gone: Option<Queue>, by: Pid) {
        let Some(queue) = gone.filter(|queue| self.ledger.on && !queue.is_empty()) else { return };
        // What a process has sent itself it knows of when it lets go of the queue.
        let shared = queue.len() > 1 && queue.last_taken.0.is_some_and(|taken| taken.who != by);
        let first = queue.messages().map(|message| message.sent).find(|sent| shared || sent.who != by);
        if let (Some(sent), Some(by)) = (first, self.act(by)) {
            let notified = queue.notified.0.filter(|_| queue.registration.is_none());
            let drowned = Drowned { name: queue.name.clone(), messages: queue.len(), sent, by, notified };
            self.ledger.ends.drown(queue.made.span, drowned);
        }
    }

    /// The last read end of a pipe is closed, and bytes are in it. Readers may well leave early; what is told here is bytes of another
    /// process in a pipe that nobody has ever read, or that was read only once and too early, and what a process has printed into a pipe
    /// whose end it closes itself.
    pub(crate) fn note_never_read(&mut self, id: PipeId) {
        let closer = self.last;
        // A full pipe was filled to be full.
        let told = |pipe: &&Pipe| !pipe.is_empty() && !pipe.is_full() && pipe.fifo.is_none();
        let Some(pipe) = self.pipes.get(id).filter(told) else { return };
        let Some(wrote) = pipe.writes().next().map(|written| written.by) else { return };
        let nobody = pipe.traffic.readers().is_some_and(<[_]>::is_empty);
        let led = self.ledger.ends.led(wrote.who);
        let own = closer == Some(wrote.who);
        let only = |(_, _, got): &(_, _, u64)| {
            pipe.traffic.readers().is_some_and(|list| list.iter().map(|(_, bytes)| *bytes).sum::<u64>() == *got)
        };
        let short = pipe.traffic.short.as_deref().copied().filter(|short| !own && !nobody && only(short));
        if (own && led.is_none()) || (!own && !nobody && short.is_none()) {
            return;
        }
        let (made, bytes, text) = (pipe.made, pipe.len(), pipe.beginning(MOST_QUOTED));
        let writer = self.table.get(wrote.who);
        let led = led.filter(|_| own);
        let writer = writer.map(|writer| writer.lineage.clone());
        self.ledger.ends.never_read(Unread { made, bytes, text, wrote, writer, led, short });
    }

    /// The process that runs has closed the last read end of a pipe.
    pub(crate) fn note_unread(&mut self, id: PipeId) {
        let by = self.last.and_then(|pid| self.act(pid));
        if let (Some(by), Some(pipe)) = (by, self.pipes.get(id)) {
            self.ledger.ends.unread(id, pipe.made, by);
        }
    }

    /// A process ends and takes a descriptor with it: the last write end of a pipe, perhaps, that it has never written to while
    /// others have, and whose end somebody waits for.
    pub(crate) fn note_held(&mut self, pid: Pid, fd: usize, file: FileId) {
        let Some(Kind::PipeWrite(id)) = self.files.get(file).filter(|file| file.refs == 1).map(|file| file.kind) else {
            return;
        };
        let Some(pipe) = self.pipes.get(id) else { return };
        if pipe.writers != 1 || !pipe.traffic.others_wrote(pid) {
            return;
        }
        let (made, sleeper) = (pipe.made, pipe.first_sleeper());
        let Some(reader) = sleeper.and_then(|sleeper| self.table.get(sleeper)) else { return };
        let since = reader.call.as_deref().map_or(self.clock, |call| call.since);
        let waited = self.clock.saturating_sub(since);
        let exec = reader.execed.as_ref().map(|deed| deed.span);
        let reader = Act { who: reader.lineage.clone(), at: reader.here(), exec };
        if let Some(holder) = self.act(pid).filter(|holder| holder.who.pid != reader.who.pid) {
            let execed = self.process(pid).execed.is_some();
            self.ledger.ends.hold(HeldOpen { holder, fd, execed, reader, made, waited });
        }
    }

    /// A handler has ended a call that others would have made again.
    pub(crate) fn note_interrupted(&mut self, pid: Pid, builtin: Builtin, handler: u64, by: (Signal, Option<Origin>)) {
        // These wait for nothing else.
        let meant = matches!(builtin, Builtin::Pause | Builtin::Sigsuspend | Builtin::Usleep | Builtin::Poll);
        if meant || !self.ledger.on {
            return;
        }
        let (signal, origin) = by;
        if let Some(act) = self.act(pid) {
            let (installed, alarm) = (None, None);
            self.ledger.interrupt(Interrupted { by: act, builtin, signal, installed, origin, alarm }, handler);
        }
    }

    /// A signal is about to kill a process.
    pub(crate) fn note_death(&mut self, pid: Pid, signal: Signal, origin: Option<Origin>) {
        let Some(by) = self.act(pid).filter(|_| self.ledger.on) else { return };
        let sender = match origin {
            Some(Origin::Process(sender, _)) => self.table.get(sender).map(|sender| sender.lineage.clone()),
            _ => None,
        };
        let call = self.process(pid).call.as_deref().map(|call| call.request.builtin);
        self.ledger.die(Death { by, signal, origin, sender, alarm: None, call, group: false });
    }

    /// A process ends of its own will while signals wait that it has handlers for, and has never let in.
    #[cold]
    pub(crate) fn note_unheard(&mut self, pid: Pid) {
        let Some(process) = self.table.get(pid) else { return };
        let Some(by) = self.act(pid) else { return };
        for signal in Signal::ALL.iter().copied().filter(|signal| process.signals.pending.contains(*signal)) {
            let heard = process.signals.heard().iter().any(|heard| heard.signal == signal);
            let Some(Origin::Process(sender, sent)) = process.signals.origin(signal) else { continue };
            if heard || signal == Signal::SIGCHLD || !process.signals.handles(signal) || sender == pid {
                continue;
            }
            // A handler that does nothing is missed by nobody.
            let handler = process.signals.action(signal).handler.checked_sub(FUNCTION_BIAS);
            let code = handler.zip(process.context.as_deref()).and_then(|(handler, context)| {
                let function = context.image.functions.get(usize::try_from(handler).ok()?)?;
                Some(function.end - function.entry)
            });
            if code.is_none_or(|length| length <= 1) {
                continue;
            }
            let sender = self.table.get(sender).map(|sender| sender.lineage.clone());
            let unheard = Unheard { by: by.clone(), sent, sender, blocked: process.signals.masked() };
            self.ledger.never_hear(signal, unheard);
        }
    }

    /// A process has written to a regular file: perhaps over what another had written.
    pub(crate) fn note_file_write(&mut self, id: FileId, node: NodeId, (at, size, count): (u64, u64, u64)) {
        let Some(pid) = self.last else { return };
        let Some(by) = self.act(pid) else { return };
        let serial = self.files.get(id).map_or(0, |file| file.serial);
        let new = Written { bytes: at..at + count, by: by.clone(), serial };
        if let Some((first, bytes)) = self.ledger.files.write(node, size, new) {
            let made = self.descriptors(pid).find(|(_, entry)| entry.file == id).map(|(_, entry)| entry.made);
            let opened = made.and_then(|made| {
                let opener = self.table.get(made.who)?;
                Some((made.span, opener.lineage.clone()))
            });
            let read = self.ledger.files.last_read(node, pid);
            self.ledger.files.lose(Overwritten { by, opened, at, first, bytes, read }, serial);
        }
    }

    /// A standard descriptor is copied, or becomes a copy.
    pub(crate) fn note_copy(&mut self, pid: Pid, numbers: (i64, i64), same: bool) {
        if let Some(process) = self.table.get(pid) {
            self.ledger.copy_to(process.standing(), numbers, same);
        }
    }

    /// A signal is sent to init.
    #[cold]
    pub(crate) fn note_to_init(&mut self, pid: Pid, number: i64) {
        if let (Some(by), Some(signal)) = (self.act(pid), Signal::from_number(number)) {
            self.ledger.signal_init(by, signal);
        }
    }

    /// A write that would not wait has taken less than it was given.
    #[cold]
    pub(crate) fn note_short(&mut self, pid: Pid, went: i64, wanted: usize) {
        if let Some(by) = self.act(pid) {
            self.ledger.write_short(Short { by, went, wanted });
        }
    }

    /// The machine's memory has run out, and a process is about to be killed.
    pub(crate) fn tell_of_exhaustion(&mut self, pid: Pid) {
        let Some(by) = self.act(pid) else { return };
        let used = |process: &Process| {
            let stack = process.context.as_deref().map_or(0, |context| context.slots().len() as u64 * 8);
            process.peak_memory() + stack
        };
        let living = self.table.iter().filter(|process| process.pid.0 != INIT && process.context.is_some());
        let mut largest: Vec<(String, Pid, u64)> =
            living.map(|process| (process.role(), process.pid, used(process))).collect();
        let processes = largest.len() as u64;
        largest.sort_by_key(|(_, pid, bytes)| (std::cmp::Reverse(*bytes), *pid));
        largest.truncate(MOST_NAMED);
        self.host.out_of_memory(&OutOfMemory { by, limit: self.config.memory, processes, largest });
    }

    /// A process ends with blocks that it has allocated itself and never freed.
    pub(crate) fn note_leaks(&mut self, pid: Pid) {
        let Some(act) = self.act(pid).filter(|_| self.ledger.on) else { return };
        let Some(process) = self.table.get_mut(pid) else { return };
        let Some(context) = process.context.as_deref_mut() else { return };
        let own = context.heap.generation();
        for block in context.manual_blocks(&mut self.memory) {
            // A copy that came with a fork is its maker's to free.
            if block.allocated.generation == own {
                let at = context.image.span(block.allocated.pc);
                self.ledger.leak(Act { at, ..act.clone() }, block.cells);
            }
        }
    }
}

/// Whether a call's first argument is a descriptor.
fn takes_descriptor(builtin: Builtin) -> bool {
    use Builtin::{
        Close, Dprintf, Dup, Dup2, Fcntl, Getline, Isatty, MqClose, MqNotify, MqReceive, MqSend, Read, Write,
    };
    matches!(
        builtin,
        Close
            | Dprintf
            | Dup
            | Dup2
            | Fcntl
            | Getline
            | Isatty
            | MqClose
            | MqNotify
            | MqReceive
            | MqSend
            | Read
            | Write
    )
}
