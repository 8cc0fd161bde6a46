//! `proc explore`

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::{Args, ValueEnum};

use super::backstage::Backstage;
use super::loader::{self, LoadError};
use super::options::StdoutName;
use super::watch::Watcher;
use super::{EXIT_COMPILE, EXIT_NO_INPUT, EXIT_USAGE, foretold, saved, say, show, verdict};
use crate::abi::Builtin;
use crate::explore::{
    self, Answer, Bounds, Counted, Output, Promise, Range, Reduction, Report, Setup, Sleep, Survey, Want, Witness,
};
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
    #[arg(long, value_name = "TEXT", group = "question")]
    possible: Option<String>,
    /// Every output must contain this text, or be it where it begins with =
    #[arg(long, value_name = "TEXT", conflicts_with = "question")]
    always: Vec<String>,
    /// No output may contain this text, or be it where it begins with =
    #[arg(long, value_name = "TEXT", conflicts_with = "question")]
    never: Vec<String>,
    /// Only count, without trying every order of outputs
    #[arg(long, value_enum, value_name = "WHAT", group = "question")]
    count: Option<Count>,
    /// Which outputs come before which in every schedule
    #[arg(long, group = "question")]
    order: bool,
    /// Another program: the outputs that only one of the two has
    #[arg(long, value_name = "FILE", group = "question")]
    diff: Option<PathBuf>,
    /// Write every schedule found to a file of its own in this directory
    #[arg(long, value_name = "DIR", conflicts_with = "question")]
    save: Option<PathBuf>,
    /// How long sleeps take
    #[arg(long, value_enum, default_value_t = SleepName::Adversarial)]
    sleep: SleepName,
    /// Calls that may also fail, by name: fork,pipe,read,...
    #[arg(long, value_name = "CALLS", value_delimiter = ',', value_parser = fallible)]
    faults: Vec<Builtin>,
    /// How stdout is buffered where descriptor 1 is the terminal
    #[arg(long, value_enum, default_value_t = StdoutName::Tty)]
    pub(super) stdout: StdoutName,
    /// `choose` and `rand` give what this seed says instead of every number
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// The terminal's input
    #[arg(long, value_name = "FILE")]
    pub(super) stdin: Option<PathBuf>,
    /// A plain count of bytes that a pipe holds, instead of Linux's 16 pages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=16_777_216))]
    pub(super) pipe_capacity: Option<u64>,
    /// The most processes at once (RLIMIT_NPROC)
    #[arg(long, value_name = "N", default_value_t = param::MAX_PROCESSES, value_parser = clap::value_parser!(u64).range(1..=4_000_000))]
    pub(super) max_procs: u64,
    /// Stop after so many states
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    max_states: usize,
    /// Look at no schedule beyond so many steps
    #[arg(long, value_name = "N", default_value_t = u32::MAX)]
    max_depth: u32,
    /// Stop at about so many megabytes
    #[arg(long, value_name = "MB", default_value_t = 4096)]
    memory: usize,
    /// How many threads look at states, instead of one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// What to leave out because it can make no difference
    #[arg(long, value_enum, default_value_t = ReductionName::Local)]
    reduction: ReductionName,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A further directory from which `exec` loads programs
    #[arg(long, value_name = "DIR")]
    pub(super) path: Vec<PathBuf>,
    /// The program
    pub(super) file: PathBuf,
    /// Its arguments, from the second word of `argv` on
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARG")]
    pub(super) args: Vec<std::ffi::OsString>,
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
    let setup = match input(options).and_then(|input| setup(options, &options.file, input)) {
        Ok(setup) => setup,
        Err(status) => return status,
    };
    if let Some(count) = options.count {
        match counted(options, count, &setup) {
            Ok(Some(status)) | Err(status) => return status,
            Ok(None) => {}
        }
    }
    let (config, argv) = (setup.config.clone(), setup.argv.clone());
    let mut survey = match survey_of(setup) {
        Ok(survey) => survey,
        Err(status) => return status,
    };
    if let Some(wanted) = &options.possible {
        return tell_possible(options.format, &survey.possible(unescape(wanted).as_bytes()));
    }
    if options.order {
        return tell_order(options.format, &survey);
    }
    let mut report = survey.report();
    if let Some(count) = options.count {
        return tell_count(options.format, count, &report);
    }
    if let Some(other) = &options.diff {
        let other = input(options).and_then(|input| explore(options, other, input));
        let mut other = match other {
            Ok(survey) => survey,
            Err(status) => return status,
        };
        let second = other.report();
        return tell_difference(options, (&survey, &report), (&other, &second));
    }
    hold_to(options, &survey, &mut report);
    if let Some(folder) = &options.save
        && let Err(error) = saved::save(options, folder, &report)
    {
        say(&format!("proc: cannot write to `{}`: {error}\n", folder.display()));
        return EXIT_USAGE;
    }
    match options.format {
        Format::Json => print_out(&json(&report)),
        Format::Text => {
            print_out(&verdict::words(options, &report));
            foretold::tell(options, (config, &argv), &report);
        }
    }
    status(options, &survey, &report)
}

/// Writes to stdout; a stdout that is gone is not our user's problem.
fn print_out(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Promises are held against every schedule, so they are decided even where there are too many outputs to list.
fn status(options: &Explore, survey: &Survey, report: &Report) -> u8 {
    let promised = !(options.always.is_empty() && options.never.is_empty());
    if report.found_something() {
        EXIT_FOUND
    } else if !(report.complete || promised && survey.is_complete()) {
        EXIT_UNDECIDED
    } else {
        0
    }
}

/// What `--always` or `--never` says: an output has this text in it, or is it where that begins with `=`.
pub(crate) fn promise(pattern: &str, always: bool) -> Promise {
    let pattern = unescape(pattern);
    match pattern.strip_prefix('=') {
        Some(whole) => Promise { text: whole.as_bytes().to_vec(), whole: true, always },
        None => Promise { text: pattern.into_bytes(), whole: false, always },
    }
}

/// The outputs that break a promise: all of them where all outputs are listed, else a shortest one if there is one at all.
pub(crate) fn breaking(survey: &Survey, report: &Report, promise: &Promise, message: &str) -> Vec<Witness> {
    if report.output_count != Some(report.outputs.len() as u128) {
        return survey.broken(promise, message.to_owned()).into_iter().collect();
    }
    let breaks = |output: &&Output| promise.is_broken_by(output.text.as_bytes());
    let witness = |output: &Output| Witness {
        message: message.to_owned(),
        schedule: output.schedule.clone(),
        output: output.text.clone(),
    };
    report.outputs.iter().filter(breaks).map(witness).collect()
}

/// Notes the outputs that `--always` and `--never` forbid.
fn hold_to(options: &Explore, survey: &Survey, report: &mut Report) {
    let always = options.always.iter().map(|pattern| (pattern, true));
    let promises = always.chain(options.never.iter().map(|pattern| (pattern, false)));
    report.broken = promises
        .flat_map(|(pattern, always)| {
            let word = if always { "--always" } else { "--never" };
            breaking(survey, report, &promise(pattern, always), &format!("{word} {pattern:?} does not hold"))
        })
        .collect();
}

fn tell_possible(format: Format, answer: &Answer) -> u8 {
    match (format, answer.possible, &answer.schedule) {
        (Format::Json, ..) => print_out(&json(answer)),
        (_, Some(true), Some(schedule)) => print_out(&format!("possible, by {schedule}\n")),
        (_, Some(_), _) => print_out(&format!("not possible: {}\n", answer.why)),
        (_, None, _) => print_out(&format!("not decided: {}\n", answer.why)),
    }
    match answer.possible {
        Some(true) => 0,
        Some(false) => EXIT_FOUND,
        None => EXIT_UNDECIDED,
    }
}

fn tell_order(format: Format, survey: &Survey) -> u8 {
    let order = survey.order();
    match format {
        Format::Json => {
            print_out(&json(&serde_json::json!({ "complete": survey.is_complete(), "order": order })));
        }
        Format::Text => {
            if !survey.is_complete() {
                print_out("not decided: not every schedule was looked at\n");
            }
            for [first, second] in &order {
                print_out(&format!("{first} always before {second}\n"));
            }
            if order.is_empty() {
                print_out("no output comes before another in every schedule\n");
            }
        }
    }
    if survey.is_complete() { 0 } else { EXIT_UNDECIDED }
}

/// Counts without trying any order, where that can be done; the status.
fn counted(options: &Explore, count: Count, setup: &Setup) -> Result<Option<u8>, u8> {
    let counts = Survey::count(setup).map_err(|why| {
        say(&format!("proc: {why}\n"));
        EXIT_USAGE
    })?;
    let counts = match counts {
        Some(Counted::Exactly(counts)) => counts,
        Some(Counted::Endless) => {
            print_out(&match options.format {
                Format::Json => json(&serde_json::json!({ "complete": true, "endless": true })),
                Format::Text => {
                    "without end: a child does all that its parent has done, and so do its own children\n".to_owned()
                }
            });
            return Ok(Some(0));
        }
        None => return Ok(None),
    };
    let (number, what) = match count {
        Count::Processes => (counts.processes, "processes"),
        Count::Lines => (counts.lines, "lines"),
    };
    let most = options.max_procs;
    let may_fail = counts.processes > most;
    print_out(&match options.format {
        Format::Json => {
            let range = Range { min: number, max: Some(number) };
            let mut value = serde_json::json!({ "complete": true, what: range });
            if may_fail {
                value["most_at_once"] = most.into();
            }
            json(&value)
        }
        Format::Text if may_fail => {
            format!(
                "{number} {what}, if fork never fails: it does where more than {most} are there at once (--max-procs)\n"
            )
        }
        Format::Text => format!("{number} {what}\n"),
    });
    Ok(Some(0))
}

fn tell_count(format: Format, count: Count, report: &Report) -> u8 {
    let (range, what) = match count {
        Count::Processes => (report.processes, "processes"),
        Count::Lines => (report.lines, "lines"),
    };
    let text = match range.max {
        _ if format == Format::Json => json(&serde_json::json!({ "complete": report.complete, what: range })),
        _ if !report.complete => format!("not decided: {}\n", report.bounds.join("; ")),
        Some(max) if max == range.min => format!("{max} {what}\n"),
        Some(max) => format!("{} to {max} {what}\n", range.min),
        None => format!("{} {what} or more, without end\n", range.min),
    };
    print_out(&text);
    if report.complete { 0 } else { EXIT_UNDECIDED }
}

/// The outputs that only one of two programs has: all of them where both have listed theirs, else a shortest one of each.
fn tell_difference(options: &Explore, (one, first): (&Survey, &Report), (two, second): (&Survey, &Report)) -> u8 {
    let only = |these: &Report, those: &Report| -> Vec<Output> {
        let known: BTreeSet<&str> = those.outputs.iter().map(|output| output.text.as_str()).collect();
        these.outputs.iter().filter(|output| !known.contains(output.text.as_str())).cloned().collect()
    };
    let listed = first.complete && second.complete;
    let apart = if listed { None } else { one.difference(two) };
    let complete = listed || apart.is_some();
    let [only_first, only_second] = match apart {
        Some(apart) => apart.map(|output| output.into_iter().collect()),
        None if listed => [only(first, second), only(second, first)],
        // What one has listed the other may have and not have listed.
        None => [(first, two), (second, one)].map(|(report, other)| {
            let lacks = |output: &&Output| other.possible(output.text.as_bytes()).possible == Some(false);
            report.outputs.iter().filter(lacks).cloned().collect()
        }),
    };
    let same = only_first.is_empty() && only_second.is_empty();
    if options.format == Format::Json {
        let value = serde_json::json!({ "complete": complete, "only_first": only_first, "only_second": only_second });
        print_out(&json(&value));
    } else {
        let mut text = String::new();
        let other = options.diff.clone().unwrap_or_default();
        for (file, outputs) in [(&options.file, &only_first), (&other, &only_second)] {
            if !outputs.is_empty() {
                text.push_str(&format!("only of {}:\n", file.display()));
            }
            for output in outputs {
                text.push_str(&format!("  {:?}\n      by {}\n", output.text, output.schedule));
            }
        }
        if !listed && complete && !same {
            text.push_str("there are too many outputs to list: of those that only one has, a shortest is shown\n");
        }
        if !complete {
            text.push_str("not decided: not every schedule was looked at\n");
        } else if same {
            text.push_str("both have the same outputs\n");
        }
        print_out(&text);
    }
    match (complete, same) {
        (false, _) => EXIT_UNDECIDED,
        (true, true) => 0,
        (true, false) => EXIT_FOUND,
    }
}

/// Compiles one file, and says how it is to be explored; the status where it cannot be.
pub(crate) fn setup(options: &Explore, file: &Path, input: Vec<u8>) -> Result<Setup, u8> {
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
    if !compiled.warnings.is_empty() {
        show(&compiled.warnings, &sources);
    }
    let sources = Arc::new(Mutex::new(sources));
    let outside = Backstage::of(file, &options.path, Arc::clone(&sources));
    let argv = std::iter::once(file.as_os_str()).chain(options.args.iter().map(|arg| arg.as_os_str()));
    Ok(Setup {
        config: options.config(),
        image: compiled.image,
        argv: argv.map(|arg| arg.as_bytes().to_vec()).collect(),
        input,
        sources,
        outside: Arc::new(Mutex::new(outside)),
        sleep: match options.sleep {
            SleepName::Adversarial => Sleep::Adversarial,
            SleepName::Fair => Sleep::Fair,
        },
        seeded: options.seed.is_some(),
        faults: options.faults.clone(),
        bounds: Bounds {
            states: options.max_states,
            depth: options.max_depth,
            memory: options.memory.saturating_mul(1 << 20),
        },
        reduction: match options.reduction {
            ReductionName::Local => Reduction::Local,
            ReductionName::None => Reduction::None,
            ReductionName::Instructions => Reduction::Instructions,
        },
        want: match (options.order, options.count) {
            (true, _) => Want::Order,
            (false, Some(_)) => Want::Counts,
            (false, None) => Want::Outputs,
        },
        jobs: options.jobs(),
        stop: Arc::default(),
    })
}

/// Explores one file with this input of the terminal.
pub(crate) fn explore(options: &Explore, file: &Path, input: Vec<u8>) -> Result<Survey, u8> {
    survey_of(setup(options, file, input)?)
}

/// All of the terminal's input.
fn input(options: &Explore) -> Result<Vec<u8>, u8> {
    options.stdin.as_ref().map_or(Ok(Vec::new()), std::fs::read).map_err(|error| {
        say(&format!("proc: cannot read the input: {error}\n"));
        EXIT_NO_INPUT
    })
}

fn survey_of(setup: Setup) -> Result<Survey, u8> {
    let mut watcher = Watcher::new(&setup.stop);
    let survey = Survey::make(&setup, |progress| {
        watcher.show(progress);
        true
    });
    watcher.clear();
    survey.map_err(|why| {
        say(&format!("proc: {why}\n"));
        EXIT_USAGE
    })
}

impl Explore {
    fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(cores, usize::from)
    }

    fn config(&self) -> Config {
        Config {
            seed: self.seed.unwrap_or(0),
            stdout: self.stdout.mode(),
            max_processes: self.max_procs,
            pipe_capacity: self.pipe_capacity.map(|bytes| bytes as usize),
            ..Config::default()
        }
    }
}

/// Reads escapes as what they stand for.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("\\\\", "\u{0}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{0}', "\\")
}
