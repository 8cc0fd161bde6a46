//! `proc test`: programs say in their header what must hold; it is checked in all schedules or in one, and graded.
//!
//! A header is the lines at the top that begin with `//!`. `output:` and `exit:` are about one run, `outputs:` (one a line), `always:` and
//! `never:` about every schedule; `stdin:`, `args:`, `options:` (those of `proc explore`), `points:` say how. After an empty
//! `output:`, lines that begin with `//! |` are its lines.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{MutexGuard, PoisonError};

use clap::{Args, Parser, ValueEnum};
use serde::Serialize;

use super::explore::{self, Explore};
use super::{EXIT_USAGE, say};
use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::explore::{Outside, Report, Survey};
use crate::kernel::door::End;
use crate::kernel::host::{Host, HostNode, Input, Stream};
use crate::kernel::machine::{Config, Machine};

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

/// The names of directives.
const DIRECTIVES: &[&str] =
    &["output", "outputs", "exit", "always", "never", "stdin", "args", "options", "points", "partial"];

/// What `always:` can say besides a text.
const PROMISES: &[&str] = &["no-stuck", "no-fault", "no-assertion", "no-livelock", "no-zombie"];

/// A header.
#[derive(Debug, Default)]
struct Header {
    output: Option<String>,
    exit: Option<u8>,
    outputs: Vec<String>,
    always: Vec<String>,
    never: Vec<String>,
    stdin: String,
    args: Vec<String>,
    options: Vec<String>,
    points: Option<f64>,
    /// Whether each promise counts for itself.
    partial: bool,
}

impl Header {
    /// How many promises it makes.
    fn promises(&self) -> usize {
        let once = usize::from(self.output.is_some()) + usize::from(self.exit.is_some());
        once + usize::from(!self.outputs.is_empty()) + self.always.len() + self.never.len()
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
    let mut outcomes = Vec::new();
    for path in &options.paths {
        let mut files = Vec::new();
        // What cannot be found is a result like any other: the rest is tested all the same.
        if let Err(why) = gather(path, &mut files) {
            outcomes.push(Outcome { messages: vec![why.to_string()], ..Outcome::of(path) });
        }
        outcomes.extend(files.iter().map(|file| test(file)));
    }
    if outcomes.is_empty() {
        say("proc: there is no program to test: one has lines at its top that begin with `//!`\n");
        return EXIT_USAGE;
    }
    let text = match options.format {
        Form::Text => as_text(&outcomes),
        Form::Json => as_json(&outcomes),
        Form::Junit => as_junit(&outcomes),
        Form::Gradescope => as_gradescope(&outcomes),
    };
    let _ = std::io::stdout().write_all(text.as_bytes());
    let any = |verdict| outcomes.iter().any(|outcome| outcome.verdict == verdict);
    match (any(Verdict::Broken), any(Verdict::Failed)) {
        (true, _) => EXIT_BROKEN,
        (false, true) => EXIT_FAILED,
        (false, false) => 0,
    }
}

/// All programs below a path, in order.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        std::fs::metadata(path)?;
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        let is_program = entry.extension().is_some_and(|extension| extension == "proc") && has_header(&entry);
        if entry.is_dir() || is_program {
            gather(&entry, files)?;
        }
    }
    Ok(())
}

/// Whether a program has a header that promises something, or one with a mistake in it, which may hide a promise.
fn has_header(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| {
        let any = text.lines().any(|line| line.starts_with("//!"));
        any && read_header(&text).map_or(true, |header| header.promises() > 0)
    })
}

fn read_header(text: &str) -> Result<Header, String> {
    let mut header = Header::default();
    let mut begun = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.starts_with("#!") || line.is_empty() {
            continue;
        }
        let Some(rest) = line.strip_prefix("//!") else {
            if line.starts_with("//") || begun && line.starts_with("//!") {
                continue;
            }
            break;
        };
        begun = true;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        if let Some(more) = rest.strip_prefix('|') {
            let output = header.output.get_or_insert_default();
            output.push_str(more.strip_prefix(' ').unwrap_or(more));
            output.push('\n');
            continue;
        }
        directive(&mut header, rest).map_err(|why| format!("line {}: `{line}`: {why}", number + 1))?;
    }
    Ok(header)
}

fn directive(header: &mut Header, line: &str) -> Result<(), String> {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.trim();
    let words = || value.split_whitespace().map(str::to_owned).collect();
    match name.trim() {
        "output" => header.output = Some(explore::unescape(value)),
        "outputs" => header.outputs.push(explore::unescape(value)),
        "exit" => {
            header.exit = Some(value.parse().map_err(|_| "an exit status is a number from 0 to 255".to_owned())?);
        }
        "always" if value.starts_with("no-") && !PROMISES.contains(&value) => {
            return Err(format!("there is no promise `{value}`{}", meant(value, PROMISES)));
        }
        "always" => header.always.push(value.to_owned()),
        "never" => header.never.push(value.to_owned()),
        "stdin" => header.stdin = explore::unescape(value),
        "args" => header.args = words(),
        "options" => header.options = words(),
        "points" => {
            let points = value.parse().ok().filter(|points: &f64| points.is_finite() && *points >= 0.0);
            header.points = Some(points.ok_or("points are a number, 0 or more")?);
        }
        "partial" => match value {
            "yes" => header.partial = true,
            "no" => header.partial = false,
            _ => return Err("that is `yes` or `no`".to_owned()),
        },
        "ids" | "real" | "varies" | "notes" => {}
        other => return Err(format!("there is no directive `{other}`{}", meant(other, DIRECTIVES))),
    }
    Ok(())
}

/// `, did you mean ...?` where a word is much like one of these.
fn meant(word: &str, known: &[&str]) -> String {
    let like = crate::diagnostics::suggest::nearest(word, known.iter().copied());
    like.map_or_else(|| format!("; there are {}", known.join(", ")), |like| format!(", did you mean `{like}`?"))
}

fn test(file: &Path) -> Outcome {
    let mut outcome = Outcome::of(file);
    match try_test(file, &mut outcome) {
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
    fn all(why: &str) -> Failures {
        Failures { messages: vec![why.to_owned()], ..Failures::default() }
    }
}

/// What fails; an error where the test cannot be carried out.
fn try_test(file: &Path, outcome: &mut Outcome) -> Result<Failures, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let header = read_header(&text)?;
    outcome.max_points = header.points.unwrap_or(1.0);
    if header.promises() == 0 {
        return Err(
            "its header promises nothing: it has no `output:`, `outputs:`, `exit:`, `always:` or `never:`".to_owned()
        );
    }
    let words = ["explore".into()].into_iter().chain(header.options.iter().map(Into::into));
    let words = words.chain([file.as_os_str().to_owned()]).chain(header.args.iter().map(Into::into));
    let options: Vec<std::ffi::OsString> = words.collect();
    let options = Options::try_parse_from(options).map_err(|error| error.to_string())?.explore;
    let mut failures = Failures::default();
    if header.output.is_some() || header.exit.is_some() {
        let (output, status) = match run_once(&options, file, &header)? {
            Err(why) => return Ok(Failures::all(&why)),
            Ok(ended) => ended,
        };
        if let Some(expected) = &header.output {
            let differs = *expected != output;
            let message = || format!("the output is {output:?}, and should be {expected:?}");
            failures.hold(differs.then(message).into_iter().collect());
        }
        if let Some(expected) = header.exit {
            let message = || format!("the exit status is {status}, and should be {expected}");
            failures.hold((expected != status).then(message).into_iter().collect());
        }
    }
    if !(header.outputs.is_empty() && header.always.is_empty() && header.never.is_empty()) {
        let mut survey = match explore::explore(&options, file, header.stdin.clone().into_bytes()) {
            Ok(survey) => survey,
            Err(super::EXIT_COMPILE) => return Ok(Failures::all("it does not compile")),
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

fn check_schedules(header: &Header, survey: &Survey, report: &Report, failures: &mut Failures) {
    let failure = |what: &str, schedule: &str| format!("{what}; schedule: {schedule}");
    if !header.outputs.is_empty() {
        let others = report.outputs.iter().filter(|output| !header.outputs.contains(&output.text));
        let mut wrong: Vec<String> =
            others.map(|output| failure(&format!("it can print {:?}", output.text), &output.schedule)).collect();
        let printed = |wanted: &&String| report.outputs.iter().any(|output| output.text == **wanted);
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
    let Ok(setup) = explore::setup(options, file, Vec::new()) else { return Ok(Err("it does not compile".to_owned())) };
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

fn sum(outcomes: &[Outcome]) -> (f64, f64) {
    outcomes.iter().fold((0.0, 0.0), |(got, most), outcome| (got + outcome.points, most + outcome.max_points))
}

fn as_text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let word = match outcome.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "FAILED",
            Verdict::Broken => "BROKEN",
        };
        text.push_str(&format!("{word}  {}  {} of {}\n", outcome.name, outcome.points, outcome.max_points));
        for message in &outcome.messages {
            text.push_str(&format!("        {}\n", message.trim_end()));
        }
    }
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let (got, most) = sum(outcomes);
    text.push_str(&format!(
        "{} passed, {} failed, {} broken; {got} of {most} points\n",
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Broken)
    ));
    text
}

fn as_json(outcomes: &[Outcome]) -> String {
    let (points, max_points) = sum(outcomes);
    pretty(&serde_json::json!({ "points": points, "max_points": max_points, "tests": outcomes }))
}

fn as_gradescope(outcomes: &[Outcome]) -> String {
    let tests: Vec<serde_json::Value> = outcomes
        .iter()
        .map(|outcome| {
            serde_json::json!({
                "name": outcome.name,
                "score": outcome.points,
                "max_score": outcome.max_points,
                "status": if outcome.verdict == Verdict::Passed { "passed" } else { "failed" },
                "output": outcome.messages.join("\n"),
            })
        })
        .collect();
    pretty(&serde_json::json!({ "score": sum(outcomes).0, "tests": tests }))
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn as_junit(outcomes: &[Outcome]) -> String {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"proc test\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        outcomes.len(),
        count(Verdict::Failed),
        count(Verdict::Broken)
    );
    for outcome in outcomes {
        let message = escape(&outcome.messages.join("\n"));
        let name = escape(&outcome.name);
        let inside = match outcome.verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed => format!("<failure message=\"{message}\"/>"),
            Verdict::Broken => format!("<error message=\"{message}\"/>"),
        };
        text.push_str(&format!("  <testcase name=\"{name}\">{inside}</testcase>\n"));
    }
    text.push_str("</testsuite>\n");
    text
}

/// Text inside an attribute; characters that XML cannot hold become `?`.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            letter if letter.is_control() => escaped.push('?'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_to_its_end() {
        let text = "#!/usr/bin/env proc\n//! outputs: ab\\n\n//! outputs: ba\n//! always: no-stuck\n//! points: 2.5\n//! output:\n//! | one\nprint(1);\n//! exit: 3\n";
        let header = read_header(text).unwrap();
        assert_eq!(header.outputs, ["ab\n", "ba"]);
        assert_eq!((header.always.len(), header.points, header.exit), (1, Some(2.5), None));
        assert_eq!(header.output.as_deref(), Some("one\n"));
        assert!(read_header("//! outptu: x\n").is_err_and(|why| why.contains("outptu")));
    }

    #[test]
    fn xml_holds_anything() {
        assert_eq!(escape("a<\"&\u{1}\n"), "a&lt;&quot;&amp;?&#10;");
    }
}
