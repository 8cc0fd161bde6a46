//! The options of `proc run`, and how their values are read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::abi::{Builtin, Errno, Signal};
use crate::kernel::event::Watch;
use crate::kernel::machine::{Config, Fail, Send};
use crate::kernel::sched::PolicyKind;
use crate::kernel::stdio::Mode;
use crate::kernel::{Pid, param};

/// How a run is set up.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Instructions in a quantum
    #[arg(long, value_name = "N", default_value_t = param::QUANTUM, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) quantum: u64,
    /// Seed of `rand`, `choose` and the random policy
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Which ready process runs next
    #[arg(long, value_enum, default_value_t = PolicyName::Rr)]
    pub(crate) policy: PolicyName,
    /// How stdout is buffered where descriptor 1 is the terminal
    #[arg(long, value_enum, default_value_t = StdoutName::Tty)]
    pub(crate) stdout: StdoutName,
    /// Stop after N instructions
    #[arg(long, value_name = "N")]
    pub(crate) ticks: Option<u64>,
    /// The most processes at once (RLIMIT_NPROC)
    #[arg(long, value_name = "N", default_value_t = param::MAX_PROCESSES, value_parser = clap::value_parser!(u64).range(1..=4_000_000))]
    pub(crate) max_procs: u64,
    /// The stack of a process (RLIMIT_STACK), e.g. 64K, 8M
    #[arg(long, value_name = "SIZE", default_value = "8M", value_parser = stack_size)]
    pub(crate) stack: u64,
    /// The heap of a process (RLIMIT_DATA), e.g. 64M, 1G
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = heap_size)]
    pub(crate) heap: u64,
    /// The memory of the whole machine, all processes together, e.g. 512M, 8G
    #[arg(long, value_name = "SIZE", default_value = "2G", value_parser = memory_size)]
    pub(crate) memory: u64,
    /// A plain count of bytes that a pipe holds, instead of Linux's 16 pages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=16_777_216))]
    pub(crate) pipe_capacity: Option<u64>,
    /// The nice value that the program starts with, -20 to 19
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true, value_parser = clap::value_parser!(i8).range(-20..=19))]
    pub(crate) nice: i8,
    /// Let the program lead the terminal's session, as a login shell does: the terminal hangs up when it ends
    #[arg(long)]
    pub(crate) leader: bool,
    /// A further directory from which `exec` loads programs
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Vec<PathBuf>,
    /// Write the files that the program has made or changed below DIR at the end; without it nothing is written
    #[arg(long, value_name = "DIR")]
    pub(crate) write_to: Option<PathBuf>,
    /// Trace events on stderr, a line each: syscall, sched, signal, memory [default: all]
    #[arg(long, value_enum, value_name = "KINDS", num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub(crate) trace: Option<Vec<TraceKind>>,
    /// Write the trace to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) trace_file: Option<PathBuf>,
    /// The form of the trace
    #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
    pub(crate) trace_format: TraceFormat,
    /// Print what each process has used, then the totals
    #[arg(long)]
    pub(crate) stats: bool,
    /// Carry out each instruction by itself: for those who work on `proc`
    #[arg(long, hide = true)]
    pub(crate) no_fusion: bool,
    /// A signal from outside at a tick, to the foreground group or to PID
    #[arg(long, value_name = "TICK:SIGNAL[:PID]", value_parser = send)]
    pub(crate) send: Vec<Send>,
    /// Run by a schedule that `proc explore` has found: its text, or a file that holds it
    #[arg(long, value_name = "FILE|TEXT")]
    pub(crate) schedule: Option<String>,
    /// Say nothing at the end of a run that has ended by itself, and try no changes of one that is stuck
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Remember nothing of where things come from: a little faster; no notes at the end, and other reports name fewer places
    #[arg(long)]
    pub(crate) fast: bool,
    /// Tell of blocks that were never freed
    #[arg(long)]
    pub(crate) leaks: bool,
    /// Let the N-th call of a kind fail: fork=1, read=2:EINTR
    #[arg(long, value_name = "CALL=N[:ERRNO]", value_parser = fail)]
    pub(crate) fail: Vec<Fail>,
    /// The program
    pub(crate) file: PathBuf,
    /// Its arguments, from the second word of `argv` on
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARG")]
    pub(crate) args: Vec<std::ffi::OsString>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PolicyName {
    /// Each in turn, for one quantum
    Rr,
    /// In order of arrival, until it blocks or ends
    Fifo,
    /// Any, by the seed
    Random,
    /// The lowest nice value first
    Priority,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StdoutName {
    /// By lines, as on a terminal
    Tty,
    /// In blocks of 4096 bytes, as into a file
    File,
    /// Each print is one write
    Unbuffered,
}

impl StdoutName {
    /// The mode it names.
    pub(crate) fn mode(self) -> Mode {
        match self {
            StdoutName::Tty => Mode::Line,
            StdoutName::File => Mode::Full,
            StdoutName::Unbuffered => Mode::Unbuffered,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TraceKind {
    /// System calls
    Syscall,
    /// Changes of state
    Sched,
    /// Signals
    Signal,
    /// Pages and heap
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// A line an event
    Text,
    /// A JSON object an event
    Json,
}

impl Run {
    /// A run of `file` for which nothing else is asked.
    pub(crate) fn plain(file: PathBuf, args: Vec<std::ffi::OsString>) -> Run {
        let config = Config::default();
        Run {
            quantum: config.quantum,
            seed: config.seed,
            policy: PolicyName::Rr,
            stdout: StdoutName::Tty,
            ticks: config.ticks,
            max_procs: config.max_processes,
            stack: config.stack,
            heap: config.heap,
            memory: config.memory,
            pipe_capacity: None,
            nice: config.nice,
            leader: config.leader,
            path: Vec::new(),
            write_to: None,
            trace: None,
            trace_file: None,
            trace_format: TraceFormat::Text,
            stats: false,
            no_fusion: !config.fusion,
            send: config.sends,
            schedule: None,
            quiet: false,
            fast: !config.remember,
            leaks: config.leaks,
            fail: config.fails,
            file,
            args,
        }
    }

    /// The machine's configuration.
    pub(crate) fn config(&self) -> Config {
        Config {
            quantum: self.quantum,
            seed: self.seed,
            policy: match self.policy {
                PolicyName::Rr => PolicyKind::RoundRobin,
                PolicyName::Fifo => PolicyKind::Fifo,
                PolicyName::Random => PolicyKind::Random,
                PolicyName::Priority => PolicyKind::Priority,
            },
            stdout: self.stdout.mode(),
            ticks: self.ticks,
            max_processes: self.max_procs,
            stack: self.stack,
            heap: self.heap,
            pipe_capacity: self.pipe_capacity.map(|bytes| bytes as usize),
            sends: self.send.clone(),
            nice: self.nice,
            leader: self.leader,
            by_descent: false,
            fusion: !self.no_fusion,
            watch: self.watch(),
            memory: self.memory,
            remember: !self.fast,
            leaks: self.leaks,
            fails: self.fail.clone(),
        }
    }

    fn watch(&self) -> Watch {
        match &self.trace {
            None if self.trace_file.is_some() => Watch::ALL,
            None => Watch::NONE,
            Some(kinds) if kinds.is_empty() => Watch::ALL,
            Some(kinds) => kinds.iter().fold(Watch::NONE, |watch, kind| {
                watch.with(match kind {
                    TraceKind::Syscall => Watch::SYSCALL,
                    TraceKind::Sched => Watch::SCHED,
                    TraceKind::Signal => Watch::SIGNAL,
                    TraceKind::Memory => Watch::MEMORY,
                })
            }),
        }
    }
}

/// A size in bytes: a number with an optional K, M or G (of 1024).
fn size(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_ascii_uppercase();
    let bare = upper.strip_suffix('B').unwrap_or(&upper);
    let (digits, factor) = match bare.as_bytes().last() {
        Some(b'K') => (&bare[..bare.len() - 1], 1 << 10),
        Some(b'M') => (&bare[..bare.len() - 1], 1 << 20),
        Some(b'G') => (&bare[..bare.len() - 1], 1 << 30),
        _ => (bare, 1),
    };
    let count: u64 = digits.parse().map_err(|_| format!("`{text}` is not a size such as 65536, 64K or 8M"))?;
    count.checked_mul(factor).ok_or_else(|| format!("`{text}` is too large"))
}

fn stack_size(text: &str) -> Result<u64, String> {
    within(text, 4 << 10, 1 << 30)
}

fn heap_size(text: &str) -> Result<u64, String> {
    within(text, 4 << 10, 16 << 30)
}

fn memory_size(text: &str) -> Result<u64, String> {
    within(text, 64 << 10, 1 << 40)
}

fn within(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let bytes = size(text)?;
    if (least..=most).contains(&bytes) { Ok(bytes) } else { Err(format!("from {least} to {most} bytes")) }
}

/// `CALL=N[:ERRNO]`
fn fail(text: &str) -> Result<Fail, String> {
    let (name, rest) = text.split_once('=').ok_or_else(|| "it is a call and a number: fork=1".to_owned())?;
    let builtin = Builtin::find(name).filter(|builtin| builtin.can_fail());
    let builtin = builtin.ok_or_else(|| format!("`{name}` is not a system call that can fail"))?;
    let (nth, errno) = match rest.split_once(':') {
        None => (rest, builtin.usual_failure()),
        Some((nth, errno)) => {
            let found = Errno::ALL.iter().copied().find(|known| known.name().eq_ignore_ascii_case(errno));
            (nth, found.ok_or_else(|| format!("`{errno}` is not an errno"))?)
        }
    };
    let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or_else(|| format!("`{nth}` is not a number from 1 on"))?;
    Ok(Fail { builtin, nth, errno })
}

/// `TICK:SIGNAL[:PID]`
fn send(text: &str) -> Result<Send, String> {
    let mut parts = text.split(':');
    let tick = parts.next().and_then(|tick| tick.replace('_', "").parse().ok());
    let tick = tick.ok_or_else(|| "it begins with a tick: 5000:SIGINT".to_owned())?;
    let name = parts.next().ok_or_else(|| "after the tick comes a signal: 5000:SIGINT".to_owned())?;
    let signal = Signal::find(name).ok_or_else(|| format!("`{name}` is not a signal"))?;
    let pid = match parts.next() {
        None => None,
        Some(pid) => Some(Pid(pid.parse().map_err(|_| format!("`{pid}` is not a process id"))?)),
    };
    if parts.next().is_some() {
        return Err("there is nothing after the process id".to_owned());
    }
    Ok(Send { tick, signal, pid })
}
