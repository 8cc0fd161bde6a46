//! `proc test`: programs say in their header what must hold; it is checked in all schedules or in one, and graded.
//!
//! What a header says is read in [`header`], how outcomes are written is in [`forms`].

mod forms;
mod header;

use std::cell::RefCell;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{MutexGuard, PoisonError};

use clap::{Args, Parser, ValueEnum};
use serde::Serialize;

use self::header::Header;
use super::explore::{self, Explore};
use super::loader::{self, LoadError};
use super::{EXIT_USAGE, say};
use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::diagnostics::render;
use crate::explore::{Outside, Report, Survey};
use crate::kernel::door::End;
use crate::kernel::host::{Host, HostNode, Input, Stream};
use crate::kernel::machine::{Config, Machine};
use crate::source::SourceMap;

/// Instructions after which a single run counts as one without end.
const TICKS: u64 = 500_000_000;
const EXIT_FAILED: u8 = 1;
const EXIT_BROKEN: u8 = 2;

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The form of the results
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    /// What must hold, from the top of this file instead of each program's own: for programs that were handed in
    #[arg(long, value_name = "FILE")]
    promises: Option<PathBuf>,
    /// Programs, or directories with programs
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// A line each
    Text,
    /// One object
    Json,
    /// XML as JUnit writes it
    Junit,
    /// results.json of a Gradescope autograder
    Gradescope,
}

/// What came of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Passed,
    Failed,
    /// The test itself cannot be carried out or decided.
    Broken,
}

#[derive(Debug, Serialize)]
struct Outcome {
    name: String,
    verdict: Verdict,
    points: f64,
    max_points: f64,
    messages: Vec<String>,
}

impl Outcome {
    /// That of a test which has not been carried out.
    fn of(path: &Path) -> Outcome {
        let name = path.display().to_string();
        Outcome { name, verdict: Verdict::Broken, points: 0.0, max_points: 1.0, messages: Vec::new() }
    }
}

/// The options of `proc explore`, as a header gives them.
#[derive(Debug, Parser)]
struct Options {
    #[command(flatten)]
    explore: Explore,
}

/// The program, and its status.
pub(crate) fn main(options: &Test) -> u8 {
    let given = options.promises.as_deref();
    let mut outcomes = Vec::new();
    for path in &options.paths {
        let mut files = Vec::new();
        // What cannot be found is a result like any other: the rest is tested all the same.
        if let Err(why) = gather(path, given.is_some(), &mut files) {
            outcomes.push(Outcome { messages: vec![unreadable(&why)], ..Outcome::of(path) });
        }
        outcomes.extend(files.iter().map(|file| test(file, given)));
    }
    if outcomes.is_empty() {
        say(match given {
            None => "proc: there is no program to test: one has lines at its top that begin with `//!`\n",
            Some(_) => "proc: there is no program to test: no file here ends in `.proc`\n",
        });
        return EXIT_USAGE;
    }
    let text = match options.format {
        Form::Text => forms::as_text(&outcomes),
        Form::Json => forms::as_json(&outcomes),
        Form::Junit => forms::as_junit(&outcomes),
        Form::Gradescope => forms::as_gradescope(&outcomes),
    };
    let _ = std::io::stdout().write_all(text.as_bytes());
    let any = |verdict| outcomes.iter().any(|outcome| outcome.verdict == verdict);
    match (any(Verdict::Broken), any(Verdict::Failed)) {
        (true, _) => EXIT_BROKEN,
        (false, true) => EXIT_FAILED,
        (false, false) => 0,
    }
}

/// All programs below a path, in order: those whose own header says something, or all of them. Links to directories are not followed,
/// since they may lead round in a ring.
fn gather(path: &Path, all: bool, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        std::fs::metadata(path)?;
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            gather(&path, all, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proc") && (all || has_header(&path)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a program has a header that promises something, or one with a mistake in it, which may hide a promise.
fn has_header(path: &Path) -> bool {
    text_of(path).is_ok_and(|text| {
        let any = text.lines().any(|line| line.starts_with("//!"));
        any && header::read(&text).map_or(true, |header| header.promises() > 0)
    })
}

/// The text of a file for its header; bytes that are no text are the compiler's business.
fn text_of(path: &Path) -> std::io::Result<String> {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Why a file cannot be read, without the host's number for it.
fn unreadable(why: &std::io::Error) -> String {
    match why.kind() {
        ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => format!("it cannot be read: {why}"),
    }
}

/// The promises a program is held to: its own, or those of another file.
fn promised(file: &Path, given: Option<&Path>) -> Result<Header, String> {
    let within = |why: String| given.map_or_else(|| why.clone(), |given| format!("`{}`: {why}", given.display()));
    let text = text_of(given.unwrap_or(file)).map_err(|why| within(unreadable(&why)))?;
    let header = header::read(&text).map_err(within)?;
    if header.promises() == 0 {
        let none = "its header promises nothing: it has no `output:`, `outputs:`, `exit:`, `always:` or `never:`";
        return Err(within(none.to_owned()));
    }
    Ok(header)
}

fn test(file: &Path, given: Option<&Path>) -> Outcome {
    let mut outcome = Outcome::of(file);
    match try_test(file, given, &mut outcome) {
        Ok(failures) if failures.messages.is_empty() => {
            outcome.verdict = Verdict::Passed;
            outcome.points = outcome.max_points;
        }
        Ok(failures) => {
            outcome.verdict = Verdict::Failed;
            outcome.points = outcome.max_points * failures.kept;
            outcome.messages = failures.messages;
        }
        Err(why) => outcome.messages.push(why),
    }
    outcome
}

/// So many ways in which one promise is broken are enough to see how.
const MOST_MESSAGES: usize = 5;

/// What does not hold.
#[derive(Default)]
struct Failures {
    messages: Vec<String>,
    /// How many promises are broken.
    broken: usize,
    /// The part of the points that is kept all the same.
    kept: f64,
}

impl Failures {
    /// A promise, and all that breaks it.
    fn hold(&mut self, messages: Vec<String>) {
        self.broken += usize::from(!messages.is_empty());
        let more = messages.len().saturating_sub(MOST_MESSAGES);
        self.messages.extend(messages.into_iter().take(MOST_MESSAGES));
        if more > 0 {
            self.messages.push(format!("and {more} more like these"));
        }
    }

    /// Nothing at all can be held.
    fn all(why: Vec<String>) -> Failures {
        let mut failures = Failures::default();
        failures.hold(why);
        failures
    }
}

/// What fails; an error where the test cannot be carried out.
fn try_test(file: &Path, given: Option<&Path>, outcome: &mut Outcome) -> Result<Failures, String> {
    std::fs::File::open(file).map_err(|why| unreadable(&why))?;
    let header = promised(file, given)?;
    outcome.max_points = header.points.unwrap_or(1.0);
    if let Some(errors) = errors_of(file) {
        return Ok(Failures::all(errors));
    }
    let words = ["explore".into()].into_iter().chain(header.options.iter().map(Into::into));
    let words = words.chain([file.as_os_str().to_owned()]).chain(header.args.iter().map(Into::into));
    let options: Vec<std::ffi::OsString> = words.collect();
    let options = Options::try_parse_from(options).map_err(|error| error.to_string())?.explore;
    let mut failures = Failures::default();
    if header.output.is_some() || header.exit.is_some() {
        let (output, status) = match run_once(&options, file, &header)? {
            Err(why) => return Ok(Failures::all(vec![why])),
            Ok(ended) => ended,
        };
        if let Some(expected) = &header.output {
            failures.hold(difference(expected, &output).into_iter().collect());
        }
        if let Some(expected) = header.exit {
            let message = || format!("the exit status is {status}, and should be {expected}");
            failures.hold((expected != status).then(message).into_iter().collect());
        }
    }
    if !(header.outputs.is_empty() && header.always.is_empty() && header.never.is_empty()) {
        let mut survey = match explore::explore(&options, file, header.stdin.clone().into_bytes()) {
            Ok(survey) => survey,
            Err(_) => return Err("it could not be explored".to_owned()),
        };
        let report = survey.report();
        check_schedules(&header, &survey, &report, &mut failures);
        // Promises are held against every schedule, also where there are too many outputs to list.
        let decided = report.complete || header.outputs.is_empty() && survey.is_complete();
        if !decided && failures.messages.is_empty() {
            return Err(format!("not decided: {}", report.bounds.join("; ")));
        }
    }
    if header.partial {
        failures.kept = (header.promises() - failures.broken) as f64 / header.promises() as f64;
    }
    Ok(failures)
}

/// The first errors of a program that does not compile, a line each; `None` where it does.
fn errors_of(file: &Path) -> Option<Vec<String>> {
    let mut sources = SourceMap::default();
    let errors = match loader::load(file, &mut sources) {
        Ok(_) => return None,
        Err(LoadError::Unreadable(why)) => vec![*why],
        Err(LoadError::Errors(errors)) => errors,
    };
    let lines = render::render(&errors, &sources, render::Style::Short);
    Some(std::iter::once("it does not compile".to_owned()).chain(lines.lines().map(str::to_owned)).collect())
}

/// Whether what was printed is what a header wants. A newline at the end that the header does not write is not asked about: `print` adds
/// one, and few would think of it.
fn stands_for(wanted: &str, printed: &str) -> bool {
    printed == wanted || !wanted.is_empty() && printed.strip_suffix('\n') == Some(wanted)
}

/// How an output differs from the one that is wanted, if it does: by the first line that does where there are several.
fn difference(wanted: &str, printed: &str) -> Option<String> {
    if stands_for(wanted, printed) {
        return None;
    }
    if wanted.strip_suffix('\n') == Some(printed) {
        return Some(format!("the output is {printed:?}, and lacks the newline at its end"));
    }
    let (is, should): (Vec<&str>, Vec<&str>) = (printed.lines().collect(), wanted.lines().collect());
    if is.len() <= 1 && should.len() <= 1 {
        return Some(format!("the output is {printed:?}, and should be {wanted:?}"));
    }
    let at = is.iter().zip(&should).take_while(|(is, should)| is == should).count();
    let line = at + 1;
    Some(match (is.get(at), should.get(at)) {
        (Some(is), Some(should)) => format!("line {line} of the output is {is:?}, and should be {should:?}"),
        (Some(is), None) => format!("line {line} of the output is {is:?}, and should not be there"),
        (None, Some(should)) => format!("the output ends before line {line}, which should be {should:?}"),
        // The same lines; only what ends them differs.
        (None, None) => format!("the output is {printed:?}, and should be {wanted:?}"),
    })
}

fn check_schedules(header: &Header, survey: &Survey, report: &Report, failures: &mut Failures) {
    let failure = |what: &str, schedule: &str| format!("{what}; schedule: {schedule}");
    if !header.outputs.is_empty() {
        let is_wanted = |text: &str| header.outputs.iter().any(|wanted| stands_for(wanted, text));
        let others = report.outputs.iter().filter(|output| !is_wanted(&output.text));
        let mut wrong: Vec<String> =
            others.map(|output| failure(&format!("it can print {:?}", output.text), &output.schedule)).collect();
        let printed = |wanted: &&String| report.outputs.iter().any(|output| stands_for(wanted, &output.text));
        if report.complete {
            let missing = header.outputs.iter().filter(|wanted| !printed(wanted));
            wrong.extend(missing.map(|wanted| format!("it can never print {wanted:?}")));
        }
        failures.hold(wrong);
    }
    let always = header.always.iter().map(|text| (text, true));
    for (text, always) in always.chain(header.never.iter().map(|text| (text, false))) {
        let found = match (always, text.as_str()) {
            (true, "no-stuck") => report.stuck.clone(),
            (true, "no-fault") => report.faults.clone(),
            (true, "no-assertion") => report.assertions.clone(),
            (true, "no-livelock") => report.livelocks.clone(),
            (true, "no-zombie") => report.zombies.clone(),
            (_, text) => {
                let message = if always {
                    format!("it does not always print {text:?}")
                } else {
                    format!("it can print {text:?}")
                };
                explore::breaking(survey, report, &explore::promise(text, always), &message)
            }
        };
        failures.hold(found.iter().map(|witness| failure(&witness.message, &witness.schedule)).collect());
    }
}

/// Keeps what a run prints.
struct Keeper {
    inner: Outside,
    out: Rc<RefCell<Vec<u8>>>,
    input: Option<Vec<u8>>,
}

impl Keeper {
    fn inner(&self) -> MutexGuard<'_, dyn Host + Send + 'static> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Keeper {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
        if stream == Stream::Out {
            self.out.borrow_mut().extend_from_slice(bytes);
        }
        Ok(())
    }

    fn read(&mut self, _: usize, _: bool) -> Input {
        self.input.take().filter(|input| !input.is_empty()).map_or(Input::End, Input::Bytes)
    }

    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno> {
        self.inner().load(path)
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        self.inner().compile(name, text)
    }

    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        self.inner().look(path)
    }

    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        self.inner().list(path)
    }

    fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        self.inner().read_file(path, most)
    }
}

/// The output and status of one run, or why it has none; an outer error where it cannot be made.
fn run_once(options: &Explore, file: &Path, header: &Header) -> Result<Result<(String, u8), String>, String> {
    let setup = explore::setup(options, file, Vec::new()).map_err(|_| "it cannot be run".to_owned())?;
    let out = Rc::new(RefCell::new(Vec::new()));
    let input = Some(header.stdin.clone().into_bytes());
    let host = Keeper { inner: setup.outside, out: Rc::clone(&out), input };
    let config = Config { ticks: Some(TICKS), ..setup.config };
    let mut machine = Machine::new(config, setup.image, &setup.argv, Box::new(host))
        .map_err(|_| "the arguments do not fit".to_owned())?;
    let end = machine.run();
    let output = String::from_utf8_lossy(&out.borrow()).into_owned();
    Ok(match end {
        End::Finished(status) => Ok((output, status.shell())),
        End::Stuck => Ok((output, super::EXIT_STUCK)),
        End::TicksReached => Err(format!("it has not ended after {TICKS} instructions")),
        End::Quit => return Err("it was interrupted".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_first_line_that_is_wrong() {
        assert_eq!(difference("hello", "hello\n"), None);
        assert_eq!(difference("", ""), None);
        let told = |wanted, printed| difference(wanted, printed).unwrap_or_default();
        assert_eq!(told("", "\n"), "the output is \"\\n\", and should be \"\"");
        assert_eq!(told("a\n", "a"), "the output is \"a\", and lacks the newline at its end");
        assert_eq!(told("a\nb", "a\nc\n"), "line 2 of the output is \"c\", and should be \"b\"");
        assert_eq!(told("a\n", "a\nc\n"), "line 2 of the output is \"c\", and should not be there");
        assert_eq!(told("a\nb\n", "a\n"), "the output ends before line 2, which should be \"b\"");
    }
}
