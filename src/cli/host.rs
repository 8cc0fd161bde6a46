//! The real world as the machine sees it: standard input and output, program files, Ctrl-C and Ctrl-Z, the trace.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::folder::{Folder, files_of_the_folder};
use super::loader::{self, Programs};
use super::options::TraceFormat;
use crate::abi::{Errno, Signal};
use crate::bytecode::image::Verified;
use crate::check::attention::Attention;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::allow::{self, Allow};
use crate::kernel::event::Event;
use crate::kernel::host::{Crash, Endless, Host, HostNode, Input, OutOfMemory, Outside, Repeated, Stream};
use crate::kernel::process::Process;
use crate::report::stuck::facts::Gone;
use crate::report::{fault, notes, stats};
use crate::source::SourceMap;
use crate::trace;

/// Two presses of Ctrl-C within so long end the run.
const TWICE: Duration = Duration::from_secs(1);

/// What the run leaves behind for its end.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// All sources loaded.
    pub(crate) sources: SourceMap,
    /// Lines of `--stats`, where asked for.
    pub(crate) rows: Option<Vec<stats::Row>>,
    /// Whether the real standard output is gone.
    pub(crate) output_gone: bool,
    /// What the script asks not to hear.
    pub(crate) allows: Vec<Allow>,
    /// What was read from standard input, for another run of the same; none where it was more than is kept.
    pub(crate) input: Kept,
    /// The processes that have gone last.
    pub(crate) gone: VecDeque<Gone>,
    /// What the programs pay attention to.
    pub(crate) attention: Vec<Attention>,
    /// The programs beside the script, where one was asked for that is not there.
    pub(crate) programs: Vec<String>,
    /// What the compiler has said of the script, hints included.
    pub(crate) told: Vec<Diagnostic>,
    /// Whether only errors are said.
    pub(crate) quiet: bool,
}

/// Bytes of standard input that are kept at most.
const MOST_INPUT: usize = 1 << 20;

/// Input that was read.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    lost: bool,
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        if self.lost || self.bytes.len() + bytes.len() > MOST_INPUT {
            *self = Kept { bytes: Vec::new(), lost: true };
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// All of it, if it was kept.
    pub(crate) fn all(&self) -> Option<Vec<u8>> {
        (!self.lost).then(|| self.bytes.clone())
    }
}

/// The real standard output, without the buffer by lines that the library keeps before it: this file has one of its own.
struct Descriptor;

impl Write for Descriptor {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The host's terminal, files and signals.
pub(crate) struct RealHost {
    shared: Rc<RefCell<Shared>>,
    programs: Programs,
    /// Whether a program was asked for in vain.
    missed: bool,
    folder: Folder,
    out: BufWriter<Descriptor>,
    out_is_terminal: bool,
    in_is_terminal: bool,
    ended: bool,
    trace: Option<(Box<dyn Write>, TraceFormat)>,
    keys: Option<Keys>,
    /// How often the machine's memory has run out.
    exhausted: u64,
}

/// How often each key was pressed, counted by the host's signal handlers.
struct Keys {
    interrupt: Arc<AtomicUsize>,
    suspend: Arc<AtomicUsize>,
    seen: (usize, usize),
    last_interrupt: Option<Instant>,
}

impl RealHost {
    /// A host for one run.
    pub(crate) fn new(
        shared: Rc<RefCell<Shared>>,
        programs: Programs,
        folder: Folder,
        trace: Option<(Box<dyn Write>, TraceFormat)>,
    ) -> Self {
        let in_is_terminal = std::io::stdin().is_terminal();
        RealHost {
            shared,
            programs,
            missed: false,
            folder,
            out: BufWriter::with_capacity(64 << 10, Descriptor),
            out_is_terminal: std::io::stdout().is_terminal(),
            in_is_terminal,
            ended: false,
            trace,
            keys: if in_is_terminal { Keys::catch() } else { None },
            exhausted: 0,
        }
    }

    fn flush(&mut self) {
        if self.out.flush().is_err() {
            self.shared.borrow_mut().output_gone = true;
        }
    }

    fn show(&mut self, diagnostics: &[Diagnostic]) {
        self.flush();
        let shared = self.shared.borrow();
        let mut diagnostics = diagnostics.to_vec();
        allow::silence(&mut diagnostics, &shared.allows);
        super::show(&diagnostics, &shared.sources);
    }

    /// Reads the real standard input; a terminal is only waited for where the machine has nothing else to do.
    fn read_input(&mut self, max: usize, wait: bool) -> Input {
        self.flush();
        if self.in_is_terminal && !readable(wait) {
            return Input::NotYet;
        }
        let mut buffer = vec![0; max.min(64 << 10)];
        match std::io::stdin().lock().read(&mut buffer) {
            Ok(0) => {
                self.ended = !self.in_is_terminal;
                Input::End
            }
            Ok(count) => {
                buffer.truncate(count);
                self.shared.borrow_mut().input.add(&buffer);
                Input::Bytes(buffer)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Input::NotYet,
            Err(_) => Input::End,
        }
    }
}

/// Whether standard input can be read; waits for it where asked, until a key interrupts.
fn readable(wait: bool) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, if wait { None } else { Some(&now) }).is_ok_and(|ready| ready > 0)
}

impl Keys {
    fn catch() -> Option<Keys> {
        let keys = Keys {
            interrupt: Arc::new(AtomicUsize::new(0)),
            suspend: Arc::new(AtomicUsize::new(0)),
            seen: (0, 0),
            last_interrupt: None,
        };
        let count = |signal, counter: &Arc<AtomicUsize>| {
            let counter = Arc::clone(counter);
            signal_hook::flag::register_usize(signal, counter, 1)
        };
        count(signal_hook::consts::SIGINT, &keys.interrupt).ok()?;
        count(signal_hook::consts::SIGTSTP, &keys.suspend).ok()?;
        Some(keys)
    }

    fn poll(&mut self) -> Option<Outside> {
        // A look costs next to nothing, an exchange as much as a system call here.
        if self.interrupt.load(Ordering::Relaxed) != 0 && self.interrupt.swap(0, Ordering::Relaxed) != 0 {
            self.seen.0 += 1;
            let now = Instant::now();
            let twice = self.last_interrupt.is_some_and(|last| now - last < TWICE);
            self.last_interrupt = Some(now);
            return Some(if twice { Outside::Quit } else { Outside::Key(Signal::SIGINT) });
        }
        if self.suspend.load(Ordering::Relaxed) != 0 && self.suspend.swap(0, Ordering::Relaxed) != 0 {
            self.seen.1 += 1;
            return Some(Outside::Key(Signal::SIGTSTP));
        }
        None
    }
}

impl Host for RealHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
        let written = match stream {
            Stream::Out => {
                let mut written = self.out.write_all(bytes);
                if self.out_is_terminal && written.is_ok() {
                    written = self.out.flush();
                }
                written
            }
            Stream::Err => {
                self.flush();
                std::io::stderr().write_all(bytes)
            }
        };
        written.map_err(|_| {
            if stream == Stream::Out {
                self.shared.borrow_mut().output_gone = true;
            }
            Errno::EIO
        })
    }

    fn read(&mut self, max: usize, wait: bool) -> Input {
        if self.ended {
            return Input::End;
        }
        self.read_input(max, wait)
    }

    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno> {
        let (result, errors) = self.programs.load(path, &mut self.shared.borrow_mut().sources);
        self.shared.borrow_mut().attention.extend(self.programs.take_attention());
        self.missed |= result.is_err();
        if !errors.is_empty() {
            self.show(&errors);
        }
        result
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        let (result, errors) = loader::compile_text(name, text, &mut self.shared.borrow_mut().sources);
        if !errors.is_empty() {
            self.show(&errors);
        }
        result
    }

    files_of_the_folder!();

    fn poll(&mut self) -> Option<Outside> {
        self.keys.as_mut()?.poll()
    }

    fn fault(&mut self, crash: &Crash<'_>) {
        // A process that comes back to a fault still runs: that is a warning.
        if crash.again > 0 && self.shared.borrow().quiet {
            return;
        }
        let report = fault::diagnose(crash, &self.shared.borrow().sources);
        self.show(&[report]);
    }

    fn ended(&mut self, process: &Process) {
        let mut shared = self.shared.borrow_mut();
        let oldest = if shared.gone.len() == Gone::KEPT { shared.gone.pop_front() } else { None };
        let gone = match oldest {
            Some(mut oldest) => {
                oldest.becomes(process);
                oldest
            }
            None => Gone::of(process),
        };
        shared.gone.push_back(gone);
        if let Some(rows) = &mut shared.rows {
            rows.push(stats::Row::new(process, process.accounting.ended, process.peak_memory));
        }
    }

    fn event(&mut self, event: &Event) {
        let Some((out, format)) = &mut self.trace else { return };
        let line = match format {
            TraceFormat::Text => trace::text::line(event),
            TraceFormat::Json => trace::json::line(event),
        };
        // A trace that cannot be written any more must not end the run that is traced.
        let _ = writeln!(out, "{line}");
    }

    fn out_of_memory(&mut self, out: &OutOfMemory) {
        self.exhausted += 1;
        self.show(&[notes::out_of_memory(out, self.exhausted)]);
    }

    fn spins(&mut self, endless: &Endless) {
        if !self.shared.borrow().quiet {
            let said = {
                let shared = self.shared.borrow();
                let reading = notes::Reading {
                    sources: &shared.sources,
                    attention: &shared.attention,
                    programs: &shared.programs,
                    told: &shared.told,
                };
                notes::endless(endless, &reading)
            };
            self.show(&[said]);
        }
    }

    fn repeated(&mut self, repeated: &Repeated) {
        if !self.shared.borrow().quiet {
            self.show(&[notes::in_vain(repeated)]);
        }
    }

    fn finish(&mut self) {
        if self.missed {
            self.shared.borrow_mut().programs = self.programs.names();
        }
        self.flush();
        if let Some((out, _)) = &mut self.trace {
            let _ = out.flush();
        }
    }
}

/// Where a trace goes: a file, or stderr.
pub(crate) fn trace_output(file: Option<File>) -> Box<dyn Write> {
    match file {
        Some(file) => Box::new(BufWriter::new(file)),
        None => Box::new(std::io::stderr()),
    }
}
