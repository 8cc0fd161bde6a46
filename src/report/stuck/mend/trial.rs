//! A run of a changed script in a machine that nobody hears: under the same options and input, so many instructions long at most.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::abi::{Errno, Signal};
use crate::bytecode::image::Verified;
use crate::kernel::Machine;
use crate::kernel::door::End;
use crate::kernel::event::{Answer, Event, Watch, What};
use crate::kernel::host::{Crash, Host, HostNode, Input, Stream};
use crate::kernel::machine::Config;
use crate::kernel::process::Process;
use crate::pipeline;
use crate::report::fault;
use crate::source::{FileId, SourceMap, Span};

/// The script is the first source of a run.
const SCRIPT: FileId = FileId(0);

/// How a run was set up, so that a changed script can be run in the same way.
pub struct Setup<'a> {
    /// The options.
    pub config: Config,
    /// The arguments.
    pub argv: Vec<Vec<u8>>,
    /// What the terminal gave, as far as it was read.
    pub input: Vec<u8>,
    /// Tells how a script ends when its processes run in every possible order; for programs small enough to know.
    pub schedules: &'a dyn Fn(&str) -> Schedules,
    /// Makes a host that has the programs and files beside the script; what is written to it goes nowhere.
    pub outside: &'a dyn Fn(Option<Change>) -> Box<dyn Host>,
}

/// Another text for a program that the script execs.
#[derive(Debug, Clone)]
pub struct Change {
    /// The name by which the script calls it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// How a script ends when its processes run in every possible order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedules {
    /// It always ends.
    AllEnd,
    /// It never does.
    NoneEnds,
    /// It depends.
    SomeEnd,
    /// That is not known.
    Undecided,
}

/// What can be said against a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blemishes {
    /// Faults.
    pub faults: u32,
    /// Calls that failed with EBADF.
    pub bad_descriptors: u32,
    /// Processes that SIGPIPE has killed, and writes that failed with EPIPE.
    pub broken_pipes: u32,
}

impl Blemishes {
    /// Whether a run has none that the other has not.
    pub fn within(self, other: Blemishes) -> bool {
        self.faults <= other.faults
            && self.bad_descriptors <= other.bad_descriptors
            && self.broken_pipes <= other.broken_pipes
    }
}

/// A run that is over.
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What can be said against it.
    pub blemishes: Blemishes,
    /// How many bytes it wrote to the terminal.
    pub written: usize,
    /// The first fault: what happened, and the line of the changed text.
    pub fault: Option<(String, u32)>,
    /// The machine at its end.
    pub machine: Machine,
}

/// Compiles and runs a text for at most `ticks` instructions, with another text for one of the programs beside it, perhaps; none where
/// it does not compile.
pub fn run(setup: &Setup<'_>, name: &str, text: String, change: Option<Change>, ticks: u64) -> Option<Outcome> {
    let mut sources = SourceMap::default();
    let compiled = pipeline::compile(&mut sources, name, text).ok()?;
    let log = Rc::new(RefCell::new(Log::default()));
    let host =
        Quiet { log: Rc::clone(&log), outside: (setup.outside)(change), input: setup.input.iter().copied().collect() };
    let ticks = setup.config.ticks.map_or(ticks, |most| most.min(ticks));
    let config = Config { ticks: Some(ticks), watch: Watch::SYSCALL, ..setup.config.clone() };
    let mut machine = Machine::new(config, compiled.image, &setup.argv, Box::new(host)).ok()?;
    let end = machine.run();
    let log = log.take();
    let fault = log.fault.map(|(what, at)| (what, sources.line(at)));
    Some(Outcome { end, blemishes: log.blemishes, written: log.written, fault, machine })
}

#[derive(Debug, Clone, Default)]
struct Log {
    blemishes: Blemishes,
    written: usize,
    fault: Option<(String, Span)>,
}

/// A host that keeps everything to itself.
struct Quiet {
    log: Rc<RefCell<Log>>,
    outside: Box<dyn Host>,
    input: VecDeque<u8>,
}

impl Host for Quiet {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> Result<(), Errno> {
        self.log.borrow_mut().written += bytes.len();
        Ok(())
    }

    fn read(&mut self, max: usize, _: bool) -> Input {
        if self.input.is_empty() {
            return Input::End;
        }
        Input::Bytes(self.input.drain(..max.min(self.input.len())).collect())
    }

    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno> {
        self.outside.load(path)
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        self.outside.compile(name, text)
    }

    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        self.outside.look(path)
    }

    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        self.outside.list(path)
    }

    fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        self.outside.read_file(path, most)
    }

    fn fault(&mut self, crash: &Crash<'_>) {
        let mut log = self.log.borrow_mut();
        log.blemishes.faults += 1;
        let here = crash.process.here();
        if log.fault.is_none() && here.file == SCRIPT {
            log.fault = Some((fault::sentence(crash), here));
        }
    }

    fn ended(&mut self, process: &Process) {
        let broken =
            process.status.is_signaled() && process.status.term_signal() == i64::from(Signal::SIGPIPE.number());
        self.log.borrow_mut().blemishes.broken_pipes += u32::from(broken);
    }

    fn event(&mut self, event: &Event) {
        let What::Call { answer: Answer::Failed(errno), .. } = &event.what else { return };
        let blemishes = &mut self.log.borrow_mut().blemishes;
        match *errno {
            Errno::EBADF => blemishes.bad_descriptors += 1,
            Errno::EPIPE => blemishes.broken_pipes += 1,
            _ => {}
        }
    }
}
