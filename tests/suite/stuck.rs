//! Every change that the report of a stuck run offers is made, and the changed program is run: it must do what the report has promised.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::Value;

use super::case::{Case, name_of, program, programs_below, root, run};
use super::trial;

/// The exit status of a run that is stuck.
const STUCK: i32 = 125;
/// That of a fault that kills the script.
const KILLED: i32 = 128;

pub(crate) fn trials() -> Vec<Trial> {
    let programs = programs_below("tests/ui/stuck").into_iter();
    let mut trials: Vec<Trial> =
        programs.map(|path| trial(format!("stuck/{}", name_of(&path)), move || keeps_its_promise(&path))).collect();
    trials.push(trial("stuck/most-programs-are-freed", most_are_freed));
    trials
}

/// What a run says, an object a line, and its status.
fn told(path: &Path, case: &Case) -> (Vec<Value>, Option<i32>) {
    let mut command = Command::new(program());
    command.args(["--message-format", "json", "run"]).args(&case.options).arg(path).args(&case.args);
    let output = run(command, case.stdin.as_bytes());
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(), output.status.code())
}

fn stuck(facts: &[Value]) -> Option<&Value> {
    facts.iter().find(|fact| fact["code"] == "S4001")
}

/// The text with the edits of a diagnostic.
fn mended(text: &str, edits: &[Value]) -> String {
    let at = |edit: &Value, name: &str| edit[name].as_u64().expect("an edit has places") as usize;
    let mut edits: Vec<&Value> = edits.iter().collect();
    edits.sort_by_key(|edit| (at(edit, "start"), at(edit, "end")));
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(at(edit, "start")..at(edit, "end"), edit["text"].as_str().expect("an edit has a text"));
    }
    text
}

fn keeps_its_promise(path: &Path) {
    let case = Case::read(path).unwrap_or_default();
    let (facts, status) = told(path, &case);
    let Some(report) = stuck(&facts) else {
        assert_ne!(status, Some(STUCK), "{} is stuck, and nothing is said", path.display());
        return;
    };
    assert_eq!(status, Some(STUCK));
    let edits = report["edits"].as_array().expect("a list of edits");
    let helps = report["help"].to_string();
    assert_eq!(helps.contains("checked:"), !edits.is_empty(), "what is checked has edits: {helps}");
    if edits.is_empty() {
        return;
    }
    let text = std::fs::read_to_string(path).expect("a readable program");
    // Beside the original, where the programs that it starts are.
    let folder = tempfile::tempdir().expect("a scratch folder");
    for other in programs_below("tests/ui/stuck") {
        let name = other.file_name().expect("a file has a name");
        std::fs::copy(&other, folder.path().join(name)).expect("a copy in the scratch folder");
    }
    let copy = folder.path().join("mended.proc");
    let own = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (here, there): (Vec<Value>, Vec<Value>) =
        edits.iter().cloned().partition(|edit| edit["file"].as_str().is_some_and(|file| file.contains(&*own)));
    std::fs::write(&copy, mended(&text, &here)).expect("a file in the scratch folder");
    if let Some(name) = there.first().and_then(|edit| edit["file"].as_str()) {
        let other = folder.path().join(format!("{name}.proc"));
        let text = std::fs::read_to_string(&other).expect("a program beside the script");
        std::fs::write(&other, mended(&text, &there)).expect("a file in the scratch folder");
    }
    let (facts, status) = told(&copy, &case);
    if helps.contains("the program ends") {
        let status = status.expect("a status");
        assert!(status != STUCK && status < KILLED, "{status}: {facts:?}\n{}", mended(&text, &here));
    }
    let faults = facts.iter().filter(|fact| fact["code"].as_str().is_some_and(|code| code.starts_with('F')));
    assert_eq!(faults.count(), 0, "{facts:?}");
}

/// A report that never offers anything keeps all of its promises, too.
fn most_are_freed() {
    let (mut stuck_runs, mut freed) = (0, 0);
    for path in programs_below("tests/ui/stuck") {
        let case = Case::read(&path).unwrap_or_default();
        let (facts, _) = told(path.strip_prefix(root()).unwrap_or(&path), &case);
        if let Some(report) = stuck(&facts) {
            stuck_runs += 1;
            freed += usize::from(report["edits"].as_array().is_some_and(|edits| !edits.is_empty()));
        }
    }
    assert!(freed * 3 >= stuck_runs * 2, "{freed} of {stuck_runs}");
}
