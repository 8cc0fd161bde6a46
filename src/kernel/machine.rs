//! The machine: kernel, memory, processor and host together, and the small services that all of the kernel uses.

use std::collections::BTreeMap;

use super::call::Call;
use super::chance::Chance;
use super::event::{Event, Watch, What};
use super::file::Files;
use super::fs::FileSystem;
use super::host::Host;
use super::ledger::{Act, Ledger};
use super::mqueue::Queues;
use super::param;
use super::pipe::Pipes;
use super::poll::Poller;
use super::process::{Deed, Pid, Process, State};
use super::sched::{PolicyKind, Scheduler};
use super::stdio::Mode;
use super::table::Table;
use super::terminal::Terminal;
use crate::abi::{Builtin, Errno, Signal};
use crate::bytecode::image::Verified;
use crate::vm::memory::{Memory, PAGE_BYTES};
use crate::vm::{Context, Fault, Processor};

/// How a run is set up. `Config::default()` is what `proc run` does without options.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Instructions in a quantum, at least 1.
    pub quantum: u64,
    /// The seed of `rand`, `choose` and the random policy.
    pub seed: u64,
    /// The scheduling policy.
    pub policy: PolicyKind,
    /// How stdout is buffered where fd 1 is the terminal.
    pub stdout: Mode,
    /// Stop after so many instructions.
    pub ticks: Option<u64>,
    /// RLIMIT_NPROC.
    pub max_processes: u64,
    /// RLIMIT_STACK in bytes.
    pub stack: u64,
    /// RLIMIT_DATA in bytes.
    pub heap: u64,
    /// A plain count of bytes for every pipe; none for Linux's pages.
    pub pipe_capacity: Option<usize>,
    /// The nice value of the first process, -20 to 19 (nice(2)).
    pub nice: i8,
    /// Whether the first process leads the terminal's session, as a login shell does: the terminal hangs up when it ends.
    pub leader: bool,
    /// Signals from outside.
    pub sends: Vec<Send>,
    /// Ids of processes, pipes and open files come from who makes them, not from the order of making, and tables of
    /// descriptors are never shared: so states that differ only in the order of independent steps are equal.
    pub by_descent: bool,
    /// Whether the processor may carry out several instructions in one turn; nothing that can be seen depends on it.
    pub fusion: bool,
    /// Which events the host is told of.
    pub watch: Watch,
    /// The memory of the whole machine in bytes; a page that processes share counts once.
    pub memory: u64,
    /// Whether it is remembered where things come from; it costs a little time.
    pub remember: bool,
    /// Whether blocks that were never freed are written down.
    pub leaks: bool,
    /// Calls that are to fail.
    pub fails: Vec<Fail>,
}

/// The n-th call of a kind is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fail {
    /// Which call.
    pub builtin: Builtin,
    /// Which of them, counted from 1 over all processes.
    pub nth: u64,
    /// Why.
    pub errno: Errno,
}

/// A signal from outside at a given tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send {
    /// When.
    pub tick: u64,
    /// What.
    pub signal: Signal,
    /// To whom; none for the foreground group.
    pub pid: Option<Pid>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            quantum: param::QUANTUM,
            seed: 0,
            policy: PolicyKind::RoundRobin,
            stdout: Mode::Line,
            ticks: None,
            max_processes: param::MAX_PROCESSES,
            stack: param::STACK,
            heap: param::HEAP,
            pipe_capacity: None,
            sends: Vec::new(),
            nice: 0,
            leader: false,
            by_descent: false,
            fusion: true,
            watch: Watch::NONE,
            memory: param::MEMORY,
            remember: true,
            leaks: false,
            fails: Vec::new(),
        }
    }
}

/// Everything of a run. Fields are grouped by who may change them.
pub struct Machine {
    // Set at the start.
    pub(crate) config: Config,
    pub(crate) host: Box<dyn Host>,

    // The hardware: changed by `vm`, lent out by the door.
    /// In a place of its own: it holds the translation cache, which would be copied with the machine otherwise, page for page, before a program
    /// has begun.
    pub(crate) memory: Box<Memory>,
    pub(crate) processor: Processor,
    /// Who has been given a register file of the processor, and whose goes to somebody else next: for the door.
    pub(crate) holders: Vec<Pid>,
    pub(crate) next_file: usize,
    /// How often somebody has had his turn.
    pub(crate) turns: u64,

    // Processes: changed by fork, exit, wait, signal.
    pub(crate) table: Table,
    /// Contexts of processes that have ended, to be used again.
    #[allow(clippy::vec_box, reason = "a box goes to its process as it is")]
    pub(crate) spare: Vec<Box<Context>>,
    /// The place of a call that has been answered, for the next one.
    pub(crate) spare_call: Option<Box<Call>>,
    /// The places of bytes that have reached their destination, for the next that are on their way.
    pub(crate) spare_bytes: Vec<Vec<u8>>,
    pub(crate) policy: Scheduler,
    /// How many processes are stopped: what spares every exit a look at its group.
    pub(crate) stopped: usize,
    /// The process that had the processor last.
    pub(crate) last: Option<Pid>,

    // The clock: ticks since the start, and the timers by tick and order of setting.
    pub(crate) clock: u64,
    pub(crate) timers: BTreeMap<(u64, u64), Timer>,
    pub(crate) timer_order: u64,

    // Objects: changed by `file`, `pipe`, `mqueue`, `terminal`.
    pub(crate) files: Files,
    pub(crate) fs: FileSystem,
    pub(crate) pipes: Pipes,
    pub(crate) queues: Queues,
    pub(crate) terminal: Terminal,
    /// Who sleeps in poll, first come first.
    pub(crate) pollers: Vec<Poller>,

    // Chance: changed by rand and choose.
    pub(crate) chance: Chance,
    // Totals.
    pub(crate) totals: Totals,
    /// Copied pages that the memory trace has told of.
    pub(crate) copied_told: u64,
    pub(crate) script_status: Option<crate::abi::Status>,
    /// The place where printed text is made.
    pub(crate) text: Vec<u8>,
    /// What is worth a word at the end.
    pub(crate) ledger: Ledger,
    /// How often the calls that are to fail have been made.
    pub(crate) made: Vec<u64>,
}

/// A timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Sends SIGALRM if the process's alarm is still for this tick.
    Alarm(Pid),
    /// Wakes the process if it still waits with this deadline.
    Wake(Pid),
    /// The n-th of `Config::sends`.
    Outside(usize),
}

/// What the whole run has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Processes made, the script included.
    pub processes: u64,
    /// The most that existed at once.
    pub most_at_once: u64,
    /// Instructions carried out.
    pub ticks: u64,
    /// Switches of the processor from one process to another.
    pub switches: u64,
    /// System calls made.
    pub calls: u64,
    /// Signals generated.
    pub signals: u64,
    /// Ticks that the clock jumped over, since everybody waited.
    pub idle: u64,
}

impl Machine {
    /// A machine whose script is about to run its first instruction.
    ///
    /// # Errors
    /// `HeapFull` where `argv` does not fit the script's heap.
    pub fn new(config: Config, image: Verified, argv: &[Vec<u8>], host: Box<dyn Host>) -> Result<Machine, Fault> {
        let mut machine = Machine {
            policy: config.policy.build(config.seed),
            chance: Chance::new(config.seed),
            host,
            memory: Box::default(),
            processor: match (config.by_descent, config.fusion) {
                (true, _) => Processor::tidy(),
                (false, true) => Processor::default(),
                (false, false) => Processor::unfused(),
            },
            table: if config.by_descent { Table::sparse() } else { Table::default() },
            spare: Vec::new(),
            spare_call: None,
            holders: Vec::new(),
            next_file: 0,
            turns: 0,
            spare_bytes: Vec::new(),
            text: Vec::new(),
            stopped: 0,
            last: None,
            clock: 0,
            timers: BTreeMap::new(),
            timer_order: 0,
            files: Files::default(),
            fs: FileSystem::default(),
            pipes: if config.by_descent { Pipes::noting() } else { Pipes::default() },
            queues: if config.by_descent { Queues::noting() } else { Queues::default() },
            terminal: Terminal::new(Pid(param::INIT), Pid(param::SCRIPT)),
            pollers: Vec::new(),
            totals: Totals::default(),
            copied_told: 0,
            script_status: None,
            ledger: Ledger::new(config.remember),
            made: vec![0; config.fails.len()],
            config,
        };
        machine.memory.set_capacity(u32::try_from(machine.config.memory / PAGE_BYTES as u64).unwrap_or(u32::MAX));
        machine.boot(image, argv)?;
        for (which, send) in machine.config.sends.clone().into_iter().enumerate() {
            machine.arm(send.tick, Timer::Outside(which));
        }
        Ok(machine)
    }

    /// Tells the host that the run is over.
    pub fn finish(&mut self) {
        self.host.finish();
    }

    /// All processes by rising id, init and zombies included.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.table.iter()
    }

    /// What the run has used so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The script's status, once it has ended.
    pub fn script_status(&self) -> Option<crate::abi::Status> {
        self.script_status
    }

    /// How the run was set up.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// An empty list of bytes, with room where some bytes have gone before.
    #[inline]
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        self.spare_bytes.pop().unwrap_or_default()
    }

    /// Bytes that have reached their destination give back their room.
    #[inline]
    pub(crate) fn give_back(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() <= param::SPARE_BYTES && self.spare_bytes.len() < param::SPARES {
            bytes.clear();
            self.spare_bytes.push(bytes);
        }
    }

    /// The file system.
    pub fn file_system(&self) -> &FileSystem {
        &self.fs
    }

    /// The memory, for its statistics.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The process called `pid`.
    ///
    /// # Panics
    /// If there is none: callers hold ids of processes they know to exist.
    #[inline]
    pub fn process(&self, pid: Pid) -> &Process {
        self.table.get(pid).expect("a process that the kernel itself named exists")
    }

    #[inline]
    pub(crate) fn process_mut(&mut self, pid: Pid) -> &mut Process {
        self.table.get_mut(pid).expect("a process that the kernel itself named exists")
    }

    /// After whom new objects are named, where they are not simply numbered.
    #[inline]
    pub(crate) fn owner(&self, me: Pid) -> Option<Pid> {
        self.config.by_descent.then_some(me)
    }

    /// Ticks since the start.
    #[inline]
    pub fn now(&self) -> u64 {
        self.clock
    }

    /// Whether the host asked for events of these kinds.
    #[inline]
    pub(crate) fn watches(&self, kinds: Watch) -> bool {
        self.config.watch.0 & kinds.0 != 0
    }

    /// Tells the host of an event of process `pid`; callers ask [`Machine::watches`] first where making it costs something.
    pub(crate) fn emit(&mut self, kind: Watch, pid: Pid, what: What) {
        if !self.watches(kind) {
            return;
        }
        let (role, span) = match self.table.get(pid) {
            Some(process) => (process.role(), process.here()),
            None => ("gone".to_owned(), Default::default()),
        };
        let tick = if self.config.by_descent { self.totals.ticks } else { self.clock };
        let event = Event { tick, pid, role, span, what };
        self.host.event(&event);
    }

    /// Changes a process's state and keeps its accounts.
    #[inline(always)]
    pub(crate) fn set_state(&mut self, pid: Pid, to: State) {
        let now = self.clock;
        let watched = self.watches(Watch::SCHED);
        let Some(process) = self.table.get_mut(pid) else { return };
        let from = process.change_state(to, now);
        if from.is_stopped() || to.is_stopped() || watched {
            self.note_state(pid, from, to);
        }
    }

    /// What else there is to a change of state.
    #[cold]
    #[inline(never)]
    pub(crate) fn note_state(&mut self, pid: Pid, from: State, to: State) {
        if from == to {
            return;
        }
        match (from, to) {
            (State::Stopped(_), State::Stopped(_)) => {}
            (_, State::Stopped(_)) => self.stopped += 1,
            (State::Stopped(_), _) => self.stopped -= 1,
            _ => {}
        }
        self.emit(Watch::SCHED, pid, What::State { from, to });
    }

    /// Makes a blocked process ready, so that it makes its call again; others are left as they are.
    pub(crate) fn wake(&mut self, pid: Pid) {
        let Some(process) = self.table.get(pid) else { return };
        if let State::Blocked(reason) = process.state {
            self.leave_queues(pid, reason);
            self.make_ready(pid);
        }
    }

    /// The same, for a process that was taken out of the queue it slept in already.
    #[inline]
    pub(crate) fn wake_out_of_queue(&mut self, pid: Pid) {
        if self.table.get(pid).is_some_and(|process| matches!(process.state, State::Blocked(_))) {
            self.make_ready_from(pid, Process::end_sleep);
        }
    }

    /// Puts a process at the end of the queue of ready ones.
    #[inline]
    pub(crate) fn make_ready(&mut self, pid: Pid) {
        self.make_ready_from(pid, |process, now| {
            process.change_state(State::Ready, now);
        });
    }

    /// The same for a process that is known to be in one state, which `leave` knows how to book.
    #[inline(always)]
    pub(crate) fn make_ready_from(&mut self, pid: Pid, leave: impl FnOnce(&mut Process, u64)) {
        let now = self.clock;
        let watched = self.watches(Watch::SCHED);
        let Some(process) = self.table.get_mut(pid) else { return };
        let from = process.state;
        leave(process, now);
        let (ticket, nice) = (process.next_ticket(), process.nice);
        if from.is_stopped() || watched {
            self.note_state(pid, from, State::Ready);
        }
        self.policy.ready(ticket, nice);
    }

    /// Who stands where at this moment: the provenance of what process `pid` does now.
    #[inline(always)]
    pub(crate) fn deed(&self, pid: Pid) -> Deed {
        if !self.config.remember {
            return Deed { who: pid, span: Default::default(), tick: 0 };
        }
        let span = self.table.get(pid).map(Process::here).unwrap_or_default();
        Deed { who: pid, span, tick: self.clock }
    }

    /// All message queues.
    pub fn queues(&self) -> impl Iterator<Item = (super::mqueue::QueueId, &super::mqueue::Queue)> {
        self.queues.iter()
    }

    /// What the run has done that is worth a word.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Who stands where, with all ancestors: what the ledger keeps of a process that may be gone at the end.
    pub(crate) fn act(&self, pid: Pid) -> Option<Act> {
        self.table.get(pid).map(|process| process.standing().act())
    }

    /// Sets a timer for `tick`; timers of one tick go off in the order of their setting.
    pub(crate) fn arm(&mut self, tick: u64, timer: Timer) {
        self.timer_order += 1;
        self.timers.insert((tick, self.timer_order), timer);
    }
}
