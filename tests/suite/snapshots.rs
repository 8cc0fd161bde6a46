//! Snapshots: `tests/ui/STAGE/NAME.proc` is run through a stage of the program, and source and output stand together in
//! `tests/ui/STAGE/NAME.snap`.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use super::case::{Case, program, programs_below, root, run};
use super::trial;

/// A stage: its folder, and what its output is.
type Stage = (&'static str, fn(&Path) -> String);

const STAGES: &[Stage] = &[
    ("lex", lexed),
    ("parse", parsed),
    ("check", |path| told(path, &["check"])),
    ("hints", |path| told(path, &["check", "--hints"])),
    ("short", |path| told(path, &["check", "--message-format=short"])),
    ("json", |path| told(path, &["check", "--message-format=json"])),
    ("deny", |path| told(path, &["--deny=warnings", "--allow=fork-in-loop,unused-nam", "run"])),
    ("bytecode", |path| told(path, &["disasm"])),
    ("run", ran),
    ("stuck", ran),
    ("stuck_json", |path| told(path, &["--message-format=json", "run"])),
    ("notes", ran),
    ("notes_json", |path| told(path, &["--message-format=json", "run", "--leaks"])),
    ("fast", |path| told(path, &["run", "--fast"])),
    ("explore", |path| told(path, &["explore", "--stdout=unbuffered"])),
    ("trace", |path| told(path, &["run", "--trace=syscall,signal,sched"])),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (stage, output) in STAGES {
        for path in programs_below(&format!("tests/ui/{stage}")) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            trials.push(trial(format!("ui/{stage}/{name}"), move || compare(stage, &name, &path, *output)));
        }
    }
    for path in programs_below("tests/ui/clean") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        trials.push(trial(format!("ui/clean/{name}"), move || says_nothing(&path)));
    }
    for path in programs_below("tests/ui/right") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        trials.push(trial(format!("ui/right/{name}"), move || {
            assert_eq!(told(&path, &["check"]), "──────── exit 0 ────────\n");
        }));
    }
    trials.push(trial("ui/no-orphan-snapshot", no_orphan_snapshot));
    trials
}

fn compare(stage: &str, name: &str, path: &Path, output: fn(&Path) -> String) {
    let source = std::fs::read_to_string(path).expect("a snapshot's source is readable");
    let text = format!("{}\n──────── {stage} ────────\n{}", source.trim_end(), output(path));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/ui").join(stage));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn lexed(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a snapshot's source is readable");
    proclang::syntax::listing(&text)
}

fn parsed(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a snapshot's source is readable");
    let (program, diagnostics) = proclang::syntax::parse(proclang::source::FileId(0), &text);
    let mut shown = format!("{:#?}", program.items);
    // Spans are most of a tree's text and none of its sense.
    let lines: Vec<&str> = shown.lines().filter(|line| !line.trim_start().starts_with("span:")).collect();
    shown = lines.join("\n");
    let mut folded = String::new();
    let mut skip = false;
    for line in shown.lines() {
        let trimmed = line.trim();
        skip |= trimmed.starts_with("file: FileId(");
        if !(skip
            && (trimmed.starts_with("file:")
                || trimmed.starts_with("start:")
                || trimmed.starts_with("end:")
                || trimmed == "0,"
                || trimmed == "),"
                || trimmed == "},"))
        {
            skip = false;
            folded.push_str(line);
            folded.push('\n');
        }
    }
    for diagnostic in diagnostics {
        let _ = writeln!(folded, "{} {}", diagnostic.code.text(), diagnostic.headline);
    }
    folded
}

/// What a subcommand says of a program: both streams and the status.
fn told(path: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program());
    command.args(arguments).arg(path.strip_prefix(root()).unwrap_or(path));
    shown(&run(command, b""))
}

/// What a run gives, with the options of the program's header.
fn ran(path: &Path) -> String {
    let case = Case::read(path).unwrap_or_default();
    let mut command = Command::new(program());
    command.arg("run").args(&case.options).arg(path.strip_prefix(root()).unwrap_or(path)).args(&case.args);
    shown(&run(command, case.stdin.as_bytes()))
}

fn shown(output: &std::process::Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !stderr.is_empty() {
        let _ = write!(text, "──────── stderr ────────\n{stderr}");
    }
    let _ = writeln!(
        text,
        "──────── exit {} ────────",
        output.status.code().map_or("?".to_owned(), |code| code.to_string())
    );
    text
}

/// Ways to run a program that keeps its house: in none of them is there anything to say.
const WAYS: &[&[&str]] = &[
    &[],
    &["--stdout=file"],
    &["--quantum=7"],
    &["--policy=fifo"],
    &["--policy=random", "--seed=1"],
    &["--policy=random", "--seed=2", "--quantum=50"],
];

/// A program as it should be written is not scolded, in whatever order its processes run.
fn says_nothing(path: &Path) {
    let case = Case::read(path).unwrap_or_default();
    for way in WAYS {
        let mut command = Command::new(program());
        command
            .arg("run")
            .args(*way)
            .args(&case.options)
            .arg(path.strip_prefix(root()).unwrap_or(path))
            .args(&case.args);
        let output = run(command, case.stdin.as_bytes());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.is_empty() && output.status.code().is_some_and(|code| code < 128), "{way:?}: {said}");
    }
}

/// Every snapshot has its program.
fn no_orphan_snapshot() {
    for (stage, _) in STAGES {
        let Ok(entries) = std::fs::read_dir(root().join("tests/ui").join(stage)) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == "snap") {
                assert!(path.with_extension("proc").exists(), "{} has no program", path.display());
            }
        }
    }
}
