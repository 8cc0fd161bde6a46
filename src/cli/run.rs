//! `proc run`

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

use super::again::{self, Again};
use super::folder::{self, Folder};
use super::host::{RealHost, Shared, trace_output};
use super::loader::{self, LoadError, Programs};
use super::options::Run;
use super::{EXIT_COMPILE, EXIT_NO_INPUT, EXIT_STUCK, EXIT_TICKS, messages, saved, say, show};
use crate::bytecode::image::Verified;
use crate::diagnostics::{Code, Diagnostic, allow};
use crate::explore::{self, Replayed};
use crate::kernel::Machine;
use crate::kernel::door::End;
use crate::report::notes::{self, Reading};
use crate::report::{standing, stats};

/// The status of a run that Ctrl-C has ended: 128 + SIGINT.
const EXIT_INTERRUPTED: u8 = 130;

pub(crate) fn main(options: &Run) -> u8 {
    let mut shared = Shared { rows: options.stats.then(Vec::new), ..Shared::default() };
    let compiled = match loader::load(&options.file, &mut shared.sources) {
        Ok(compiled) => compiled,
        Err(error) => return failed(error, &shared),
    };
    if messages::refuses(&compiled.warnings, &shared.sources) {
        return EXIT_COMPILE;
    }
    shared.allows.clone_from(&compiled.allows);
    shared.attention.push(loader::attention_of(&compiled));
    shared.told.clone_from(&compiled.warnings);
    shared.quiet = options.quiet;
    let tracing = options.trace.is_some() || options.trace_file.is_some();
    let trace_file = match options.trace_file.as_ref().map(|path| (path, File::create(path))) {
        None => None,
        Some((_, Ok(file))) => Some(file),
        Some((path, Err(error))) => {
            say(&format!("proc: cannot write the trace to `{}`: {error}\n", path.display()));
            return super::EXIT_USAGE;
        }
    };
    let trace = tracing.then(|| (trace_output(trace_file), options.trace_format));
    let shared = Rc::new(RefCell::new(shared));
    let programs = Programs::new(&options.file, &options.path);
    let host = RealHost::new(Rc::clone(&shared), programs, Folder::of(&options.file), trace);
    let name = options.file.as_os_str();
    let argv: Vec<Vec<u8>> = std::iter::once(name)
        .chain(options.args.iter().map(|arg| arg.as_os_str()))
        .map(|arg| arg.as_bytes().to_vec())
        .collect();
    if let Some(schedule) = &options.schedule {
        return by_schedule(schedule, options, compiled.image, &argv, Box::new(host), &shared);
    }
    let mut machine = match Machine::new(options.config(), compiled.image, &argv, Box::new(host)) {
        Ok(machine) => machine,
        Err(_) => {
            say("proc: the arguments do not fit the heap of a process; see --heap\n");
            return super::EXIT_USAGE;
        }
    };
    let end = machine.run();
    let again = Again { options, argv };
    let is_stuck = end == End::Stuck;
    finish(&mut machine, options, &shared, is_stuck, |machine, shared, causes| {
        tell(end, machine, shared, Some(again), causes)
    })
}

/// Runs by a schedule instead of a policy.
fn by_schedule(
    schedule: &str,
    options: &Run,
    image: Verified,
    argv: &[Vec<u8>],
    host: Box<RealHost>,
    shared: &Rc<RefCell<Shared>>,
) -> u8 {
    let text = std::fs::read_to_string(schedule).unwrap_or_else(|_| schedule.to_owned());
    let schedule = match explore::parse(&text) {
        Ok(schedule) => schedule,
        Err(why) => {
            say(&format!("proc: {why}\n"));
            return super::EXIT_USAGE;
        }
    };
    match explore::replay(saved::config(options, &text), image, argv, host, &schedule) {
        Err(why) => {
            say(&format!("proc: {why}\n"));
            super::EXIT_USAGE
        }
        Ok((mut machine, end)) => {
            let is_stuck = matches!(end, Replayed::End(End::Stuck));
            finish(&mut machine, options, shared, is_stuck, |machine, shared, causes| match end {
                Replayed::End(end) => tell(end, machine, shared, None, causes),
                Replayed::Endless => {
                    say("proc: the schedule goes on for ever from here\n");
                    EXIT_TICKS
                }
                Replayed::Departs(why) => {
                    say(&format!("proc: {why}\n"));
                    super::EXIT_USAGE
                }
            })
        }
    }
}

/// What is said after a run, and its status.
fn finish(
    machine: &mut Machine,
    options: &Run,
    shared: &Rc<RefCell<Shared>>,
    is_stuck: bool,
    tell: impl FnOnce(&Machine, &Shared, &[Diagnostic]) -> u8,
) -> u8 {
    machine.finish();
    let shared = shared.borrow();
    if shared.output_gone {
        say("proc: standard output was closed; writes to it have failed with EIO\n");
    }
    let found = Found::of(machine, options, &shared, is_stuck);
    let status = tell(machine, &shared, &found.causes);
    show(&found.rest, &shared.sources);
    if let Some(to) = &options.write_to
        && let Err(why) = folder::write_back(to, &machine.file_system().changes())
    {
        say(&format!("proc: --write-to: {why}\n"));
        return super::EXIT_CANNOT_WRITE;
    }
    if let Some(rows) = &shared.rows {
        let mut rows = rows.clone();
        let left = machine.processes().filter(|process| process.ppid.0 != 0);
        rows.extend(left.map(|process| stats::Row::new(process, machine.now(), process.peak_memory())));
        say(&stats::table(&rows, machine.totals(), machine.now()));
    }
    status
}

/// What the run has done that is worth a word.
struct Found {
    /// Where the run is stuck: what may have led there.
    causes: Vec<Diagnostic>,
    /// What is said by itself.
    rest: Vec<Diagnostic>,
}

/// Causes that the report of a stuck run tells; more of them are said by themselves.
const MOST_CAUSES: usize = 2;

impl Found {
    fn of(machine: &Machine, options: &Run, shared: &Shared, is_stuck: bool) -> Found {
        let mut found = Found { causes: Vec::new(), rest: Vec::new() };
        if options.quiet {
            return found;
        }
        let reading = Reading {
            sources: &shared.sources,
            attention: &shared.attention,
            programs: &shared.programs,
            told: &shared.told,
        };
        found.rest = notes::notes(machine, &reading);
        if is_stuck {
            found.causes = notes::causes(machine, &reading);
            allow::silence(&mut found.causes, &shared.allows);
            found.causes.truncate(MOST_CAUSES);
            // The report says what matters; only what may have led there is left to say.
            found.rest.retain(|note| {
                let led = matches!(note.code, Code::FailedCall | Code::InterruptedCall | Code::SharedFlag);
                led && !found.causes.contains(note)
            });
        }
        allow::silence(&mut found.rest, &shared.allows);
        found
    }
}

fn failed(error: LoadError, shared: &Shared) -> u8 {
    match error {
        LoadError::Unreadable(why) => {
            show(&[*why], &shared.sources);
            EXIT_NO_INPUT
        }
        LoadError::Errors(errors) => {
            show(&errors, &shared.sources);
            EXIT_COMPILE
        }
    }
}

/// Says why a run did not end by itself, and gives the exit status.
fn tell(end: End, machine: &Machine, shared: &Shared, again: Option<Again<'_>>, causes: &[Diagnostic]) -> u8 {
    match end {
        End::Finished(status) => status.shell(),
        End::TicksReached => {
            show(&[standing::ticks_reached(machine)], &shared.sources);
            EXIT_TICKS
        }
        End::Stuck => {
            again::tell_stuck(machine, shared, again, causes);
            EXIT_STUCK
        }
        End::Quit => {
            show(&[standing::interrupted(machine)], &shared.sources);
            EXIT_INTERRUPTED
        }
    }
}
