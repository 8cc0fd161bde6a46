//! Who waits for what, and who could end each wait: plain facts of a machine in which nobody can move. Nothing here is put into
//! words, and nothing knows the text of the program.

use std::collections::{BTreeMap, BTreeSet};

use crate::abi::{Builtin, Signal, SignalSet, Status};
use crate::kernel::file::{Descriptor, Kind};
use crate::kernel::mqueue::QueueId;
use crate::kernel::param;
use crate::kernel::pipe::PipeId;
use crate::kernel::process::{Deed, Lineage, Process, State};
use crate::kernel::signal::{Became, Heard};
use crate::kernel::wait::{WaitFor, Which};
use crate::kernel::{Machine, Pid};
use crate::source::Span;

/// A process that is gone for good: what the report of a later moment still tells of it.
#[derive(Debug, Clone)]
pub struct Gone {
    /// How it came to be.
    pub lineage: Lineage,
    /// How it ended.
    pub status: Status,
}

impl Gone {
    /// How many of them are worth keeping.
    pub const KEPT: usize = 16;

    /// What is kept of a process that has ended.
    pub fn of(process: &Process) -> Gone {
        Gone { lineage: Lineage::clone(&process.lineage), status: process.status }
    }

    /// The same of another process, in its place: every end of a process comes by here.
    pub fn becomes(&mut self, process: &Process) {
        self.lineage.clone_from(&process.lineage);
        self.status = process.status;
    }

    /// Its role.
    pub fn role(&self) -> String {
        self.lineage.role()
    }

    /// Its end, in words: `exit 3`, `killed by SIGPIPE`.
    pub fn end(&self) -> String {
        match Signal::from_number(self.status.term_signal()) {
            Some(signal) if self.status.is_signaled() => format!("killed by {}", signal.name()),
            _ => format!("exit {}", self.status.exit_code()),
        }
    }
}

/// A descriptor that refers to one end of a pipe, or to a queue.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    /// Whose.
    pub pid: Pid,
    /// Its number.
    pub fd: usize,
    /// How it came to be.
    pub descriptor: Descriptor,
}

/// What a process that cannot go on waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// A change of a child; these are the living ones that count, and whether a stop would count too.
    Child {
        /// Which children were asked for.
        which: Which,
        /// Those of them that live.
        children: Vec<Pid>,
        /// Whether WUNTRACED was given.
        stops_count: bool,
    },
    /// Bytes or the end of a pipe.
    Bytes(PipeId),
    /// Room in a full pipe.
    Room(PipeId),
    /// A message.
    Message(QueueId),
    /// Room in a full queue.
    QueueRoom(QueueId),
    /// Somebody who opens a named pipe for reading.
    Reader(PipeId),
    /// Somebody who opens a named pipe for writing.
    Writer(PipeId),
    /// One of several.
    Poll(Vec<PipeId>, Vec<QueueId>),
    /// A handler that runs.
    Signal,
    /// A pending signal of a set.
    SignalOf(SignalSet),
    /// SIGCONT.
    Continue(Signal),
    /// Something that comes from outside.
    Outside,
}

/// A process that cannot go on.
#[derive(Debug, Clone)]
pub struct Stand {
    /// Which.
    pub pid: Pid,
    /// Where.
    pub span: Span,
    /// In which call.
    pub call: Option<Builtin>,
    /// What for.
    pub wait: Wait,
    /// Who could end the wait, itself perhaps among them; empty where anybody or nobody could.
    pub wakers: Vec<Pid>,
}

/// The descriptor of standard output.
const STDOUT: usize = 1;

/// Text for a reader that its printer has not written yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unflushed {
    /// Who printed it.
    pub printer: Pid,
    /// Who waits for it.
    pub reader: Pid,
    /// How many bytes.
    pub bytes: usize,
    /// The last print.
    pub print: Span,
}

/// Text that can go nowhere any more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stranded {
    /// Who printed it.
    pub printer: Pid,
    /// How many bytes.
    pub bytes: usize,
    /// The last print.
    pub print: Span,
    /// Where standard output was closed.
    pub closed: Span,
}

/// Everything that is known of a machine in which nobody can move.
pub struct Facts<'m> {
    /// The machine.
    pub machine: &'m Machine,
    /// Those that wait, by id.
    pub stands: Vec<Stand>,
    /// Those that have ended, the zombies among them.
    pub gone: Vec<Gone>,
    roles: BTreeMap<Pid, String>,
    ends: Ends,
    /// Whom each could be woken by, directly or through others, itself only if there is a way back.
    reach: BTreeMap<Pid, BTreeSet<Pid>>,
}

impl<'m> Facts<'m> {
    /// Looks at a machine.
    pub fn of(machine: &'m Machine, gone: &[Gone]) -> Facts<'m> {
        let ends = Ends::of(machine);
        let mut stands: Vec<Stand> = waiting(machine).map(|process| stand(machine, process, &ends)).collect();
        leave_out_rivals(&mut stands);
        let mut roles: BTreeMap<Pid, String> = gone.iter().map(|gone| (gone.lineage.pid, gone.role())).collect();
        for process in machine.processes().filter(|process| process.pid.0 != param::INIT) {
            let mut at: Option<&Lineage> = Some(&process.lineage);
            // Roles of long lines of ancestors cost their length each; the near ones are those that a report names.
            for _ in 0..8 {
                let Some(lineage) = at else { break };
                roles.entry(lineage.pid).or_insert_with(|| lineage.role());
                at = lineage.parent.as_deref();
            }
            roles.insert(process.pid, process.role());
        }
        let zombies = machine.processes().filter(|process| process.state == State::Zombie);
        let gone: Vec<Gone> = gone.iter().cloned().chain(zombies.take(Gone::KEPT).map(Gone::of)).collect();
        let reach = reach(&stands);
        Facts { machine, stands, gone, roles, ends, reach }
    }

    /// The role of a process, gone or not.
    pub fn role(&self, pid: Pid) -> String {
        self.roles.get(&pid).cloned().unwrap_or_else(|| format!("process {pid}"))
    }

    /// The stand of a process, if it waits.
    pub fn stand(&self, pid: Pid) -> Option<&Stand> {
        self.stands.iter().find(|stand| stand.pid == pid)
    }

    /// A process by id, init excluded.
    pub fn process(&self, pid: Pid) -> Option<&'m Process> {
        self.machine.table.get(pid)
    }

    /// The processes on which all the others depend, and none of which can be woken but by another of them: the first such group,
    /// in the order of ids.
    pub fn heart(&self) -> Vec<&Stand> {
        let reach = |pid: &Pid| self.reach.get(pid);
        let sink = |stand: &&Stand| {
            reach(&stand.pid).is_none_or(|reached| {
                reached
                    .iter()
                    .all(|other| *other == stand.pid || reach(other).is_some_and(|back| back.contains(&stand.pid)))
            })
        };
        let Some(first) = self.stands.iter().find(sink) else { return self.stands.iter().collect() };
        let with = |stand: &&Stand| {
            stand.pid == first.pid || reach(&first.pid).is_some_and(|reached| reached.contains(&stand.pid))
        };
        self.stands.iter().filter(with).collect()
    }

    /// Who has an end of a pipe open.
    pub fn pipe_holders(&self, pipe: PipeId, writes: bool) -> &[Holder] {
        self.ends.pipe(pipe, writes)
    }

    /// What processes have printed into pipes that others wait to read, and that is still in their own buffers.
    pub fn unflushed(&self) -> Vec<Unflushed> {
        let mut found = Vec::new();
        for stand in &self.stands {
            let Wait::Bytes(pipe) = stand.wait else { continue };
            for holder in self.pipe_holders(pipe, true).iter().filter(|holder| holder.fd == STDOUT) {
                let Some(stdio) = self.process(holder.pid).map(|process| &process.stdio) else { continue };
                let bytes = stdio.buffered().len();
                if let Some(print) = stdio.prints().last().filter(|_| bytes > 0) {
                    found.push(Unflushed { printer: holder.pid, reader: stand.pid, bytes, print: print.by.span });
                }
            }
        }
        found
    }

    /// What processes have printed and not written yet when they closed their standard output.
    pub fn stranded(&self) -> Vec<Stranded> {
        let mut found = Vec::new();
        for process in self.stands.iter().filter_map(|stand| self.process(stand.pid)) {
            let bytes = process.stdio.buffered().len();
            let closed = self.machine.ledger().closed_at(process.pid, STDOUT as i64);
            let open = self.machine.descriptors(process.pid).any(|(fd, _)| fd == STDOUT);
            if let (Some(print), Some(closed), 1.., false) = (process.stdio.prints().last(), closed, bytes, open) {
                found.push(Stranded { printer: process.pid, bytes, print: print.by.span, closed: closed.span });
            }
        }
        found
    }

    /// All pipes of which somebody has an end open.
    pub fn pipes(&self) -> impl Iterator<Item = PipeId> {
        self.ends.pipes.keys().map(|(pipe, _)| *pipe)
    }

    /// Who could send to a queue, or receive from it.
    pub fn queue_holders(&self, queue: QueueId, sends: bool) -> Vec<Holder> {
        let able = |holder: &&Holder| {
            let file = self.machine.open_file(holder.descriptor.file);
            file.is_some_and(|file| if sends { file.writable() } else { file.readable() })
        };
        self.ends.queue(queue).iter().filter(able).copied().collect()
    }

    /// The latest signal of a process that has come to something of these kinds.
    pub fn heard(&self, pid: Pid, became: &[Became]) -> Option<Heard> {
        let signals = &self.process(pid)?.signals;
        signals.heard().iter().rev().find(|heard| became.contains(&heard.became)).copied()
    }

    /// The forks by which a descriptor came from its maker to its holder, the first one first; empty where the holder made it itself.
    pub fn forks(&self, holder: &Holder) -> Vec<Deed> {
        let Some(process) = self.process(holder.pid) else { return Vec::new() };
        let mut forks = Vec::new();
        let mut at = &process.lineage;
        while at.pid != holder.descriptor.made.who {
            let Some(parent) = &at.parent else { break };
            forks.push(at.fork);
            at = parent;
        }
        forks.reverse();
        forks
    }
}

/// Who waits for a queue in the same way could end the other's wait only after its own: where somebody else could, it does not count.
fn leave_out_rivals(stands: &mut [Stand]) {
    let waits: BTreeMap<Pid, Wait> = stands
        .iter()
        .filter(|stand| matches!(stand.wait, Wait::Message(_) | Wait::QueueRoom(_)))
        .map(|stand| (stand.pid, stand.wait.clone()))
        .collect();
    for stand in stands.iter_mut().filter(|stand| matches!(stand.wait, Wait::Message(_) | Wait::QueueRoom(_))) {
        let rival = |pid: &Pid| waits.get(pid) == Some(&stand.wait);
        if stand.wakers.iter().any(|pid| !rival(pid)) {
            let wakers = stand.wakers.iter().copied().filter(|pid| !rival(pid)).collect();
            stand.wakers = wakers;
        }
    }
}

/// Everybody who cannot go on: all that have not ended, without init.
fn waiting(machine: &Machine) -> impl Iterator<Item = &Process> {
    machine.processes().filter(|process| process.pid.0 != param::INIT && process.state != State::Zombie)
}

/// Who holds which end of which pipe, and which queue.
#[derive(Debug, Default)]
struct Ends {
    pipes: BTreeMap<(PipeId, bool), Vec<Holder>>,
    queues: BTreeMap<QueueId, Vec<Holder>>,
}

impl Ends {
    fn of(machine: &Machine) -> Ends {
        let mut ends = Ends::default();
        for process in waiting(machine) {
            for (fd, descriptor) in machine.descriptors(process.pid) {
                let holder = Holder { pid: process.pid, fd, descriptor: *descriptor };
                let mut end = |pipe, writes| ends.pipes.entry((pipe, writes)).or_default().push(holder);
                match machine.open_file(descriptor.file).map(|file| file.kind) {
                    Some(Kind::PipeWrite(pipe)) => end(pipe, true),
                    Some(Kind::PipeRead(pipe)) => end(pipe, false),
                    Some(Kind::PipeBoth(pipe)) => {
                        end(pipe, true);
                        end(pipe, false);
                    }
                    Some(Kind::Queue(queue)) => ends.queues.entry(queue).or_default().push(holder),
                    _ => {}
                }
            }
        }
        ends
    }

    fn pipe(&self, pipe: PipeId, writes: bool) -> &[Holder] {
        self.pipes.get(&(pipe, writes)).map_or(&[], Vec::as_slice)
    }

    fn queue(&self, queue: QueueId) -> &[Holder] {
        self.queues.get(&queue).map_or(&[], Vec::as_slice)
    }
}

fn stand(machine: &Machine, process: &Process, ends: &Ends) -> Stand {
    let call = process.call.as_deref().map(|call| call.request.builtin);
    let wait = match process.state {
        State::Blocked(reason) => wait(machine, process, reason),
        State::Stopped(signal) => Wait::Continue(signal),
        _ => Wait::Outside,
    };
    let mut wakers = wakers(ends, process.pid, &wait);
    wakers.sort_unstable();
    wakers.dedup();
    if wakers.len() > MOST_WAKERS {
        let itself = wakers.contains(&process.pid);
        wakers.retain(|pid| *pid != process.pid);
        wakers.truncate(MOST_WAKERS);
        wakers.extend(itself.then_some(process.pid));
    }
    Stand { pid: process.pid, span: process.here(), call, wait, wakers }
}

fn wait(machine: &Machine, process: &Process, reason: WaitFor) -> Wait {
    match reason {
        WaitFor::Child(which) => Wait::Child {
            which,
            children: children(machine, process, which),
            stops_count: argument(process, 1).is_some_and(|options| options & crate::abi::constant::WUNTRACED != 0),
        },
        WaitFor::PipeReadable(pipe, _) => Wait::Bytes(pipe),
        WaitFor::PipeWritable(pipe, _) => Wait::Room(pipe),
        WaitFor::QueueNotEmpty(queue, _) => Wait::Message(queue),
        WaitFor::QueueNotFull(queue, _) => Wait::QueueRoom(queue),
        WaitFor::FifoReader(pipe) => Wait::Reader(pipe),
        WaitFor::FifoWriter(pipe) => Wait::Writer(pipe),
        WaitFor::Poll => {
            let (pipes, queues) = machine.polled(process.pid);
            Wait::Poll(pipes, queues)
        }
        WaitFor::Signal => Wait::Signal,
        WaitFor::SignalOf(set) => Wait::SignalOf(set),
        WaitFor::Terminal | WaitFor::Sleep => Wait::Outside,
    }
}

/// The word of argument `at` of the call in progress, where it has so many.
pub fn argument(process: &Process, at: u8) -> Option<i64> {
    let request = process.call.as_deref()?.request;
    let context = process.context.as_deref()?;
    let slot = context.base as usize + usize::from(request.window) + usize::from(at) + 1;
    let word = context.slots().get(slot)?;
    (at < request.args).then_some(*word as i64)
}

fn children(machine: &Machine, process: &Process, which: Which) -> Vec<Pid> {
    let living = |pid: &Pid| {
        machine.table.get(*pid).is_some_and(|child| {
            let counts = match which {
                Which::Any => true,
                Which::Pid(wanted) => child.pid == wanted,
                Which::Group(group) => child.pgid == group,
            };
            child.state != State::Zombie && counts
        })
    };
    process.children.iter().filter(living).collect()
}

/// Who could end one wait, at most; others are not followed.
const MOST_WAKERS: usize = 64;

/// Who could end a wait.
fn wakers(ends: &Ends, me: Pid, wait: &Wait) -> Vec<Pid> {
    let whose = |holders: &[Holder]| holders.iter().map(|holder| holder.pid).collect::<Vec<Pid>>();
    match wait {
        Wait::Child { children, .. } => children.clone(),
        Wait::Bytes(pipe) => whose(ends.pipe(*pipe, true)),
        Wait::Room(pipe) => whose(ends.pipe(*pipe, false)),
        Wait::Message(queue) | Wait::QueueRoom(queue) => whose(ends.queue(*queue)),
        Wait::Poll(pipes, queues) => {
            let pipes = pipes.iter().flat_map(|pipe| [whose(ends.pipe(*pipe, true)), whose(ends.pipe(*pipe, false))]);
            let queues = queues.iter().map(|queue| whose(ends.queue(*queue)));
            pipes.chain(queues).flatten().filter(|pid| *pid != me).collect()
        }
        Wait::Reader(_) | Wait::Writer(_) | Wait::Signal | Wait::SignalOf(_) | Wait::Continue(_) | Wait::Outside => {
            Vec::new()
        }
    }
}

/// Processes of which all others could be reached are told apart only so far; beyond that a run is told by its numbers.
const MOST_FOLLOWED: usize = 200;

fn reach(stands: &[Stand]) -> BTreeMap<Pid, BTreeSet<Pid>> {
    let next: BTreeMap<Pid, &[Pid]> =
        stands.iter().take(MOST_FOLLOWED).map(|stand| (stand.pid, stand.wakers.as_slice())).collect();
    let mut reach = BTreeMap::new();
    for start in next.keys() {
        let mut seen = BTreeSet::new();
        let mut left: Vec<Pid> = next.get(start).map(|to| to.to_vec()).unwrap_or_default();
        while let Some(pid) = left.pop() {
            if seen.insert(pid) {
                left.extend(next.get(&pid).copied().unwrap_or_default());
            }
        }
        reach.insert(*start, seen);
    }
    reach
}
