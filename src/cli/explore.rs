//! `proc explore`

use std::cell::RefCell;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use clap::{Args, ValueEnum};

use super::loader::{self, LoadError, Programs};
use super::options::StdoutName;
use super::{EXIT_COMPILE, EXIT_NO_INPUT, EXIT_USAGE, say, show};
use crate::abi::Builtin;
use crate::explore::{self, Bounds, Reduction, Report, Setup, Sleep, Survey, Witness};
use crate::kernel::machine::Config;
use crate::kernel::param;
use crate::source::SourceMap;

/// Something was found.
const EXIT_FOUND: u8 = 1;
/// A bound was reached, and nothing was found before.
const EXIT_UNDECIDED: u8 = 2;

/// What to explore, and how.
#[derive(Debug, Args)]
pub(crate) struct Explore {
    /// Whether this text can be what a run prints: a schedule, or why not (\n, \t, \\ are understood)
    #[arg(long, value_name = "TEXT")]
    possible: Option<String>,
    /// Every output must contain this text, or be it where it begins with =
    #[arg(long, value_name = "TEXT")]
    always: Vec<String>,
    /// No output may contain this text, or be it where it begins with =
    #[arg(long, value_name = "TEXT")]
    never: Vec<String>,
    /// Only count, without trying every order of outputs
    #[arg(long, value_enum, value_name = "WHAT")]
    count: Option<Count>,
    /// Which outputs come before which in every schedule
    #[arg(long)]
    order: bool,
    /// Another program: the outputs that only one of the two has
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// Write every schedule found to a file of its own in this directory
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// How long sleeps take
    #[arg(long, value_enum, default_value_t = SleepName::Adversarial)]
    sleep: SleepName,
    /// Calls that may also fail, by name: fork,pipe,read,...
    #[arg(long, value_name = "CALLS", value_delimiter = ',', value_parser = fallible)]
    faults: Vec<Builtin>,
    /// How stdout is buffered where descriptor 1 is the terminal
    #[arg(long, value_enum, default_value_t = StdoutName::Tty)]
    stdout: StdoutName,
    /// `choose` and `rand` give what this seed says instead of every number
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The terminal's input
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// A plain count of bytes that a pipe holds, instead of Linux's 16 pages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=16_777_216))]
    pipe_capacity: Option<u64>,
    /// The most processes at once (RLIMIT_NPROC)
    #[arg(long, value_name = "N", default_value_t = param::MAX_PROCESSES, value_parser = clap::value_parser!(u64).range(1..=4_000_000))]
    max_procs: u64,
    /// Stop after so many states
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    max_states: usize,
    /// Look at no schedule beyond so many steps
    #[arg(long, value_name = "N", default_value_t = u32::MAX)]
    max_depth: u32,
    /// Stop at about so many megabytes
    #[arg(long, value_name = "MB", default_value_t = 4096)]
    memory: usize,
    /// What to leave out because it can make no difference
    #[arg(long, value_enum, default_value_t = ReductionName::Local)]
    reduction: ReductionName,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A further directory from which `exec` loads programs
    #[arg(long, value_name = "DIR")]
    path: Vec<PathBuf>,
    /// The program
    file: PathBuf,
    /// Its arguments, argv[1] and on
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARG")]
    args: Vec<std::ffi::OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Count {
    /// Processes made
    Processes,
    /// Lines printed
    Lines,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SleepName {
    /// Any sleep may end at any time
    Adversarial,
    /// In the order of their times, when nobody can run
    Fair,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReductionName {
    /// Steps that nobody else can notice go first and alone
    Local,
    /// Try every order of system calls
    None,
    /// Try every order of instructions
    Instructions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// An object
    Json,
}

fn fallible(name: &str) -> Result<Builtin, String> {
    explore::may_fail(name).ok_or_else(|| format!("`{name}` is not a system call that can be made to fail"))
}

/// The program, and what it answers with.
pub(crate) fn main(options: &Explore) -> u8 {
    let (mut survey, warnings) = match survey(options, &options.file) {
        Ok(survey) => survey,
        Err(status) => return status,
    };
    let _ = warnings;
    let report = survey.report();
    if let Some(wanted) = &options.possible {
        let (answer, words) = survey.possible(unescape(wanted).as_bytes());
        println!("{words}");
        return match answer {
            Some(true) => 0,
            Some(false) => EXIT_FOUND,
            None => EXIT_UNDECIDED,
        };
    }
    if let Some(count) = options.count {
        return tell_count(count, &report);
    }
    match options.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default()),
        Format::Text => print!("{}", words(&report)),
    }
    status(&report)
}

fn status(report: &Report) -> u8 {
    if report.found_something() {
        EXIT_FOUND
    } else if !report.complete {
        EXIT_UNDECIDED
    } else {
        0
    }
}

fn tell_count(count: Count, report: &Report) -> u8 {
    let (range, what) = match count {
        Count::Processes => (report.processes, "processes"),
        Count::Lines => (report.lines, "lines"),
    };
    match range.max {
        _ if !report.complete => println!("not decided: {}", report.bounds.join("; ")),
        Some(max) if max == range.min => println!("{max} {what}"),
        Some(max) => println!("{} to {max} {what}", range.min),
        None => println!("{} {what} or more, without end", range.min),
    }
    if report.complete { 0 } else { EXIT_UNDECIDED }
}

/// Explores one file.
fn survey(options: &Explore, file: &std::path::Path) -> Result<(Survey, usize), u8> {
    let mut sources = SourceMap::default();
    let compiled = match loader::load(file, &mut sources) {
        Ok(compiled) => compiled,
        Err(LoadError::Unreadable(why)) => {
            show(&[*why], &sources);
            return Err(EXIT_NO_INPUT);
        }
        Err(LoadError::Errors(errors)) => {
            show(&errors, &sources);
            return Err(EXIT_COMPILE);
        }
    };
    let warnings = compiled.warnings.len();
    if warnings > 0 {
        show(&compiled.warnings, &sources);
    }
    let input = match options.stdin.as_ref().map(std::fs::read) {
        None => Vec::new(),
        Some(Ok(input)) => input,
        Some(Err(error)) => {
            say(&format!("proc: cannot read the input: {error}\n"));
            return Err(EXIT_NO_INPUT);
        }
    };
    let sources = Rc::new(RefCell::new(sources));
    let mut programs = Programs::new(file, &options.path);
    let for_loading = Rc::clone(&sources);
    let load = Box::new(move |name: &[u8]| {
        let (result, errors) = programs.load(name, &mut for_loading.borrow_mut());
        if !errors.is_empty() {
            show(&errors, &for_loading.borrow());
        }
        result
    });
    let argv = std::iter::once(file.as_os_str()).chain(options.args.iter().map(|arg| arg.as_os_str()));
    let setup = Setup {
        config: Config {
            seed: options.seed.unwrap_or(0),
            stdout: options.stdout.mode(),
            max_processes: options.max_procs,
            pipe_capacity: options.pipe_capacity.map(|bytes| bytes as usize),
            ..Config::default()
        },
        image: compiled.image,
        argv: argv.map(|arg| arg.as_bytes().to_vec()).collect(),
        input,
        sources,
        load,
        sleep: match options.sleep {
            SleepName::Adversarial => Sleep::Adversarial,
            SleepName::Fair => Sleep::Fair,
        },
        seeded: options.seed.is_some(),
        faults: options.faults.clone(),
        bounds: Bounds { states: options.max_states, depth: options.max_depth, memory: options.memory << 20 },
        reduction: match options.reduction {
            ReductionName::Local => Reduction::Local,
            ReductionName::None => Reduction::None,
            ReductionName::Instructions => Reduction::Instructions,
        },
        only_counts: options.count.is_some(),
    };
    Survey::make(setup, |_| true).map(|survey| (survey, warnings)).map_err(|why| {
        say(&format!("proc: {why}\n"));
        EXIT_USAGE
    })
}

fn unescape(text: &str) -> String {
    text.replace("\\\\", "\u{0}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{0}', "\\")
}

/// The report for people.
fn words(report: &Report) -> String {
    let mut text = String::new();
    let plural = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    let all = if report.complete { "every schedule" } else { "not every schedule" };
    text.push_str(&format!(
        "{all} was looked at: {}, {}\n",
        plural(report.states, "state"),
        plural(report.transitions, "transition")
    ));
    for bound in &report.bounds {
        text.push_str(&format!("not decided: {bound}\n"));
    }
    text.push_str(&format!("{}\n", plural(report.outputs.len(), "output")));
    for output in &report.outputs {
        text.push_str(&format!("  {:?}\n      by {}\n", output.text, output.schedule));
    }
    let mut list = |head: &str, witnesses: &[Witness]| {
        if !witnesses.is_empty() {
            text.push_str(&format!("{head}\n"));
        }
        for witness in witnesses {
            text.push_str(&format!("  {}\n      by {}\n", witness.message, witness.schedule));
            if !witness.output.is_empty() {
                text.push_str(&format!("      printed by then: {:?}\n", witness.output));
            }
        }
    };
    list("stuck, nobody can ever move again:", &report.stuck);
    list("no end can be reached:", &report.livelocks);
    list("failed assertions:", &report.assertions);
    list("faults:", &report.faults);
    list("other statuses than 0:", &report.statuses);
    list("zombies that nobody collects:", &report.zombies);
    text
}
