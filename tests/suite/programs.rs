//! Examples and conformance programs: each runs and gives what its header says, also one instruction at a time and under
//! every policy.

use libtest_mimic::Trial;

use super::case::{Case, name_of, programs_below};
use super::trial;

/// The runs that every program whose output does not depend on the schedule must survive.
const STRESSES: &[(&str, &[&str])] = &[
    ("plain", &[]),
    ("quantum-1", &["--quantum", "1"]),
    ("quantum-7", &["--quantum", "7"]),
    ("random-1", &["--policy", "random", "--seed", "1"]),
    ("random-2", &["--policy", "random", "--seed", "2", "--quantum", "3"]),
    ("fifo", &["--policy", "fifo"]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for folder in ["examples", "tests/conformance", "tests/run"] {
        for path in programs_below(folder) {
            if path.components().any(|part| part.as_os_str() == "bin" || part.as_os_str() == "explore") {
                continue;
            }
            let name = name_of(&path);
            match Case::read(&path) {
                Some(case) => trials.push(trial(name, move || stress(&case))),
                None => trials.push(trial(name, move || panic!("{} says nothing of what it expects", path.display()))),
            }
        }
    }
    for path in programs_below("examples").into_iter().chain(programs_below("tests/conformance")) {
        let name = format!("check/{}", name_of(&path));
        trials.push(trial(name, move || compiles_in_silence(&path)));
    }
    trials
}

/// Runs a program under every stress that its header allows.
fn stress(case: &Case) {
    for (name, options) in STRESSES {
        if case.spins && *name == "fifo" {
            continue;
        }
        let output = case.run(options);
        let shown = format!(
            "{} ({name}): {}\n--- stdout\n{}\n--- stderr\n{}",
            case.path.display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        if let Some(exit) = case.exit {
            assert_eq!(output.status.code(), Some(exit), "exit status of {shown}");
        }
        if let (Some(expected), false) = (&case.output, case.varies) {
            assert_eq!(expected, &String::from_utf8_lossy(&output.stdout), "output of {shown}");
        }
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "panic in {shown}");
        if *name == "plain" {
            assert_eq!(said(&output.stderr), case.notes, "what is said of {shown}");
        }
        if case.varies
            || case.options.iter().any(|option| matches!(option.as_str(), "--quantum" | "--policy" | "--send"))
        {
            break;
        }
    }
}

/// The codes of the warnings and notes on a stderr, each once, in order: a clean program has none.
fn said(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let code = |line: &str| {
        let rest = line.strip_prefix("warning[").or_else(|| line.strip_prefix("note["))?;
        rest.split_once("]: ").map(|(code, _)| code.to_owned())
    };
    let mut codes: Vec<String> = text.lines().filter_map(code).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// No example and no conformance program has an error or a warning.
fn compiles_in_silence(path: &std::path::Path) {
    let mut command = std::process::Command::new(super::case::program());
    command.arg("check").arg(path);
    let output = super::case::run(command, b"");
    let stderr = String::from_utf8_lossy(&output.stderr);
    if Case::read(path).is_some_and(|case| case.broken) {
        assert!(!output.status.success(), "it compiles");
    } else {
        assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    }
}
