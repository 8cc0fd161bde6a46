//! The process control block.

use std::sync::Arc;

use indexmap::IndexMap;

use super::call::Call;
use super::file::FileTable;
use super::fs::NodeId;
use super::ledger::Standing;
use super::pids::Pids;
use super::sched::Ticket;
use super::signal::Signals;
use super::stdio::Stdio;
use super::wait::WaitFor;
use crate::abi::{Signal, Status};
use crate::bytecode::image::Verified;
use crate::source::Span;
use crate::vm::Context;
use crate::vm::memory::Memory;

/// The id of a process, group or session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

impl std::fmt::Display for Pid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// On the processor.
    Running,
    /// Could run.
    Ready,
    /// Waits in a system call.
    Blocked(WaitFor),
    /// Stopped by a signal until SIGCONT.
    Stopped(Signal),
    /// Ended, its status not yet collected.
    Zombie,
}

impl State {
    /// Whether a signal has stopped it.
    #[inline]
    pub fn is_stopped(self) -> bool {
        matches!(self, State::Stopped(_))
    }
}

/// An act of a process: who did it, at which instruction, when. The provenance of everything that is remembered. Its hash is
/// empty: reports show provenance, and nothing that a program can see depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub who: Pid,
    /// Where in the source.
    pub span: Span,
    /// The tick.
    pub tick: u64,
}

impl std::hash::Hash for Deed {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// The latest of some kind of acts on an object, for reports only: no part of the object's state.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Trail(pub Option<Deed>);

impl std::hash::Hash for Trail {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// The variable that a loop counts with, and its value. So small, since a machine may have a million of them: the name stands in the file of
/// the fork, and a value of which that is not true, or which is beyond 32 bits, is not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Where the name begins and ends; both 0 where there is none.
    name: (u32, u32),
    value: i32,
}

impl Turn {
    /// That of a loop around the fork at `fork`, by its name's place.
    #[inline]
    pub(crate) fn new(fork: Span, counted: Option<(Span, i64)>) -> Turn {
        match counted {
            Some((name, value)) if name.file == fork.file && i64::from(value as i32) == value => {
                Turn { name: (name.start, name.end), value: value as i32 }
            }
            _ => Turn::default(),
        }
    }
}

/// How a process came to be, and its ancestors: shared by all its descendants, and freed with the last of them.
#[derive(Debug)]
pub struct Lineage {
    /// Its own id.
    pub pid: Pid,
    /// The fork that made it.
    pub fork: Deed,
    /// How high the stack was at that fork: its first slot of the frame.
    pub base: u32,
    /// Its number among its parent's children, from 1.
    pub ordinal: u32,
    /// What the loop around that fork counts with.
    pub(crate) turn: Turn,
    /// Its parent's lineage; none for the script.
    pub parent: Option<Arc<Lineage>>,
}

/// It stays small: a machine may hold a million of them.
const _: () = assert!(std::mem::size_of::<Lineage>() <= 56);

impl Drop for Lineage {
    /// Long chains of ancestors are freed in a loop, since nested drops would overflow the host's stack.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(lineage) = next {
            next = Arc::into_inner(lineage).and_then(|mut inner| inner.parent.take());
        }
    }
}

impl Clone for Lineage {
    fn clone(&self) -> Lineage {
        let Lineage { pid, fork, base, ordinal, turn, parent } = self;
        Lineage { pid: *pid, fork: *fork, base: *base, ordinal: *ordinal, turn: *turn, parent: parent.clone() }
    }

    /// The owners of the parent's are counted only where it is another's.
    fn clone_from(&mut self, other: &Lineage) {
        let Lineage { pid, fork, base, ordinal, turn, parent } = self;
        (*pid, *fork, *base, *ordinal, *turn) = (other.pid, other.fork, other.base, other.ordinal, other.turn);
        match (parent, &other.parent) {
            (Some(mine), Some(theirs)) => share(mine, theirs),
            (mine, theirs) => mine.clone_from(theirs),
        }
    }
}

/// Forks that a role tells in full.
const LONGEST_ROLE: usize = 12;

impl Lineage {
    /// The variable that the loop around its fork counts with, by its name's place, and its value then.
    pub fn turn(&self) -> Option<(Span, i64)> {
        let Turn { name: (start, end), value } = self.turn;
        (start < end).then(|| (Span { file: self.fork.span.file, start, end }, i64::from(value)))
    }

    /// The role by which reports name the process: `parent`, `child 1`, `child 1.2`; the middle of a long line of ancestors is left
    /// out, since nobody reads it.
    pub fn role(&self) -> String {
        let ordinals: Vec<String> = self.descent().iter().map(u32::to_string).collect();
        match ordinals.len() {
            0 => "parent".to_owned(),
            1..=LONGEST_ROLE => format!("child {}", ordinals.join(".")),
            long => {
                let (first, last) = (ordinals[..2].join("."), ordinals[long - 2..].join("."));
                format!("child {first}…{last} (generation {long})")
            }
        }
    }

    /// The numbers of the forks that led here from the script.
    pub fn descent(&self) -> Vec<u32> {
        let mut ordinals = Vec::new();
        let mut at = self;
        while let Some(parent) = &at.parent {
            ordinals.push(at.ordinal);
            at = parent;
        }
        ordinals.reverse();
        ordinals
    }
}

/// A change of a child's state that its parent has not collected yet (only the latest counts, WAIT-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// It was stopped by this signal.
    Stopped(Signal),
    /// It was continued.
    Continued,
}

/// What a process has used, for `--stats`, `ps()` and `clock()`. What every switch counts comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Accounting {
    /// Instructions carried out.
    pub ticks: u64,
    /// Ticks spent ready but not running.
    pub waiting: u64,
    /// The tick of the last change of state.
    pub since: u64,
    /// Changes of state.
    pub state_changes: u64,
    /// Times it left the processor by itself.
    pub voluntary_switches: u64,
    /// System calls made.
    pub calls: u64,
    /// Times it was taken off the processor while it could have gone on.
    pub involuntary_switches: u64,
    /// Ticks spent blocked.
    pub blocked: u64,
    /// Ticks spent stopped.
    pub stopped: u64,
    /// The tick at which it was made.
    pub born: u64,
    /// The tick at which it ended.
    pub ended: u64,
}

/// Soft and hard limits, by resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceLimits {
    /// RLIMIT_NPROC
    pub processes: (u64, u64),
    /// RLIMIT_NOFILE
    pub files: (u64, u64),
    /// RLIMIT_STACK, for the next program
    pub stack: (u64, u64),
    /// RLIMIT_DATA
    pub heap: (u64, u64),
}

/// The process control block. What every switch touches comes first and together; the other fields are grouped by who may change
/// them.
#[derive(Debug)]
#[repr(C)]
pub struct Process {
    // Signals: changed by `signal`.
    /// Actions, mask, pending signals.
    pub signals: Signals,

    // Execution: changed by the scheduler and the door into the kernel.
    /// What it is doing. Change it through `Machine::set_state` only, which keeps the accounts.
    pub state: State,
    /// The number of its valid entry in the queue of ready processes.
    pub(crate) ticket: u32,
    /// Its id.
    pub pid: Pid,
    /// The nice value.
    pub nice: i8,
    /// Whether init adopted it: its parent ended first.
    pub adopted: bool,
    /// Whether it has called exec successfully (setpgid, EXEC-14).
    pub has_execed: bool,
    /// The processor's view; none for init and for zombies.
    pub context: Option<Box<Context>>,
    /// The system call in progress.
    pub call: Option<Box<Call>>,
    /// What it has used.
    pub accounting: Accounting,

    /// The tick at which SIGALRM comes.
    pub alarm: Option<u64>,

    // Files: changed by `file` and `stdio`.
    /// Descriptors, shared until changed.
    pub files: FileTable,
    /// The working directory.
    pub cwd: NodeId,
    /// The stdout buffer.
    pub stdio: Stdio,

    // Identity: set by fork; the ids change by setpgid and setsid, the program by exec.
    /// The parent's id; init's for an orphan.
    pub ppid: Pid,
    /// Its process group.
    pub pgid: Pid,
    /// Its session.
    pub sid: Pid,
    /// How many children it has ever made.
    pub births: u32,
    /// How it came to be.
    pub lineage: Arc<Lineage>,
    /// The program it runs.
    pub image: Verified,
    /// The exec that loaded its program; none where it runs what it was forked with.
    pub execed: Option<Box<Deed>>,
    /// The environment, shared until changed.
    pub environment: Arc<IndexMap<Vec<u8>, Vec<u8>>>,
    /// Its limits, shared until changed.
    pub limits: Arc<ResourceLimits>,

    // Family: changed by fork, exit and wait.
    /// Living children and zombies, by id.
    pub children: Pids,
    /// Children with something to tell: zombies, and those with news. What wait looks at, lowest id first (WAIT-12).
    pub newsworthy: Pids,
    /// Its exit status once it is a zombie.
    pub status: Status,
    /// A stop or continuation that its parent has not collected.
    pub news: Option<News>,
    /// The most bytes of heap it had in use, once it has ended.
    pub peak_memory: u64,
}

/// Makes both owners of the same; its owners are counted only where they were not.
#[inline]
pub(super) fn share<T>(mine: &mut Arc<T>, theirs: &Arc<T>) {
    if !Arc::ptr_eq(mine, theirs) {
        *mine = Arc::clone(theirs);
    }
}

/// What a fork gives a child besides what it has from its parent.
#[derive(Debug)]
pub(crate) struct Birth {
    /// Its id.
    pub(crate) pid: Pid,
    /// The call of fork.
    pub(crate) fork: Deed,
    /// What the loop around it counts with.
    pub(crate) turn: Turn,
    /// Its table of descriptors.
    pub(crate) files: FileTable,
    /// Its view of the processor.
    pub(crate) context: Box<Context>,
}

impl Process {
    /// The role by which reports name it.
    pub fn role(&self) -> String {
        if self.pid.0 == super::param::INIT { "init".to_owned() } else { self.lineage.role() }
    }

    /// The numbers of the forks that led to it from the script: empty for the script, `[1, 2]` for `child 1.2`.
    pub fn descent(&self) -> Vec<u32> {
        self.lineage.descent()
    }

    /// An exact copy, whose pages are shared until one side writes. Whoever gives it up releases its context.
    pub(crate) fn snapshot(&self, memory: &mut Memory) -> Process {
        self.with_context(self.context.as_deref().map(|context| context.snapshot(memory)))
    }

    /// A copy that has nothing in its heap, and so belongs to no memory.
    pub(crate) fn detached(&self) -> Process {
        self.with_context(self.context.as_deref().map(Context::detached))
    }

    fn with_context(&self, context: Option<Context>) -> Process {
        Process {
            pid: self.pid,
            ppid: self.ppid,
            pgid: self.pgid,
            sid: self.sid,
            lineage: Arc::clone(&self.lineage),
            image: self.image.clone(),
            has_execed: self.has_execed,
            execed: self.execed.clone(),
            adopted: self.adopted,
            environment: Arc::clone(&self.environment),
            children: self.children.clone(),
            newsworthy: self.newsworthy.clone(),
            births: self.births,
            status: self.status,
            news: self.news,
            state: self.state,
            context: context.map(Box::new),
            call: self.call.clone(),
            ticket: self.ticket,
            nice: self.nice,
            accounting: self.accounting,
            peak_memory: self.peak_memory,
            limits: Arc::clone(&self.limits),
            signals: self.signals.clone(),
            alarm: self.alarm,
            files: self.files,
            cwd: self.cwd,
            stdio: self.stdio.clone(),
        }
    }

    /// Its child, which is not in the table yet; in the place of a process that is gone, where there is one.
    pub(crate) fn child(&mut self, birth: Birth, now: u64, place: Option<Box<Process>>) -> Box<Process> {
        let Birth { pid, fork, turn, files, context } = birth;
        let (ordinal, base) = (self.births, context.base);
        let accounting = Accounting { born: now, since: now, ..Accounting::default() };
        let Some(mut child) = place else {
            return Box::new(Process {
                pid,
                ppid: self.pid,
                pgid: self.pgid,
                sid: self.sid,
                lineage: Arc::new(Lineage { pid, fork, base, ordinal, turn, parent: Some(Arc::clone(&self.lineage)) }),
                image: self.image.clone(),
                has_execed: false,
                execed: None,
                adopted: false,
                environment: Arc::clone(&self.environment),
                children: Pids::default(),
                newsworthy: Pids::default(),
                births: 0,
                status: Status::default(),
                news: None,
                state: State::Running,
                context: Some(context),
                call: None,
                ticket: 0,
                nice: self.nice,
                accounting,
                peak_memory: 0,
                limits: Arc::clone(&self.limits),
                signals: self.signals.fork(),
                alarm: None,
                files,
                cwd: self.cwd,
                stdio: self.stdio.fork(),
            });
        };
        let Process {
            pid: its_pid,
            ppid,
            pgid,
            sid,
            lineage,
            image,
            has_execed,
            execed,
            adopted,
            environment,
            children,
            newsworthy,
            births,
            status,
            news,
            state,
            context: its_context,
            call,
            ticket,
            nice,
            accounting: its_accounting,
            peak_memory,
            limits,
            signals,
            alarm,
            files: its_files,
            cwd,
            stdio,
        } = &mut *child;
        // What is shared is most often the same, and counting its owners costs time.
        if !image.same(&self.image) {
            image.clone_from(&self.image);
        }
        match Arc::get_mut(lineage) {
            Some(lineage) => {
                (lineage.pid, lineage.fork, lineage.base, lineage.ordinal) = (pid, fork, base, ordinal);
                lineage.turn = turn;
                match &mut lineage.parent {
                    Some(parent) => share(parent, &self.lineage),
                    none => *none = Some(Arc::clone(&self.lineage)),
                }
            }
            None => {
                let parent = Some(Arc::clone(&self.lineage));
                *lineage = Arc::new(Lineage { pid, fork, base, ordinal, turn, parent });
            }
        }
        share(environment, &self.environment);
        share(limits, &self.limits);
        signals.become_fork_of(&self.signals);
        stdio.become_fork_of(&mut self.stdio);
        (*its_pid, *ppid, *pgid, *sid) = (pid, self.pid, self.pgid, self.sid);
        (*has_execed, *execed, *adopted) = (false, None, false);
        (*children, *newsworthy, *births) = (Pids::default(), Pids::default(), 0);
        (*status, *news, *state) = (Status::default(), None, State::Running);
        (*its_context, *call, *ticket, *nice) = (Some(context), None, 0, self.nice);
        (*its_accounting, *peak_memory, *alarm) = (accounting, 0, None);
        (*its_files, *cwd) = (files, self.cwd);
        child
    }

    /// The place in the source where it stands.
    #[inline]
    pub fn here(&self) -> Span {
        self.context.as_deref().map(|context| context.image.span(context.pc)).unwrap_or_default()
    }

    /// Where it stands, and what it is.
    #[inline]
    pub(crate) fn standing(&self) -> Standing<'_> {
        Standing { who: &self.lineage, at: self.here(), exec: self.execed.as_ref().map(|deed| deed.span) }
    }

    /// The most bytes of heap it has had in use.
    pub fn peak_memory(&self) -> u64 {
        self.context.as_deref().map_or(self.peak_memory, |context| context.heap.peak_bytes().max(self.peak_memory))
    }

    /// Changes its state and keeps its accounts; the state it was in. Only `Machine` changes states, and knows what else hangs on it.
    #[inline(always)]
    pub(crate) fn change_state(&mut self, to: State, now: u64) -> State {
        let from = self.state;
        if std::mem::discriminant(&from) != std::mem::discriminant(&to) || from != to {
            self.account(now);
            self.state = to;
            self.accounting.state_changes += 1;
        }
        from
    }

    /// Its next entry in the queue of ready processes, the only one that is valid.
    #[inline(always)]
    pub(crate) fn next_ticket(&mut self) -> Ticket {
        self.ticket = self.ticket.wrapping_add(1);
        Ticket { pid: self.pid, number: self.ticket }
    }

    /// Whether it is on the processor, with no signal to be acted on.
    #[inline(always)]
    pub(crate) fn may_go_on(&self) -> bool {
        matches!(self.state, State::Running) && self.signals.are_quiet()
    }

    /// It is ready, and has the processor now.
    #[inline(always)]
    pub(crate) fn begin_turn(&mut self, now: u64) {
        debug_assert_eq!(self.state, State::Ready);
        self.accounting.waiting += now.saturating_sub(self.accounting.since);
        self.move_on(State::Running, now);
    }

    /// It has the processor, and leaves it.
    #[inline(always)]
    pub(crate) fn end_turn(&mut self, to: State, now: u64) {
        debug_assert_eq!(self.state, State::Running);
        self.move_on(to, now);
    }

    /// It is blocked, and could run now.
    #[inline(always)]
    pub(crate) fn end_sleep(&mut self, now: u64) {
        debug_assert!(matches!(self.state, State::Blocked(_)));
        self.accounting.blocked += now.saturating_sub(self.accounting.since);
        self.move_on(State::Ready, now);
    }

    #[inline(always)]
    fn move_on(&mut self, to: State, now: u64) {
        self.accounting.since = now;
        self.accounting.state_changes += 1;
        self.state = to;
    }

    /// Books the time since the last change of state on the state it was in.
    #[inline]
    pub(crate) fn account(&mut self, now: u64) {
        // A machine that is put back into an earlier state has an earlier clock.
        let spent = now.saturating_sub(self.accounting.since);
        match self.state {
            State::Ready => self.accounting.waiting += spent,
            State::Blocked(_) => self.accounting.blocked += spent,
            State::Stopped(_) => self.accounting.stopped += spent,
            State::Running | State::Zombie => {}
        }
        self.accounting.since = now;
    }
}
