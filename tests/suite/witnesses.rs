//! Every schedule that an exploration gives is run again: it must print what the exploration has said, and come to the same end. This is
//! done for every witness of the examples and of the programs of the conformance tests, as far as an exploration of some hundred states
//! finds any. `PROC_WITNESSES=all` takes every program, otherwise it is one in five.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Trial;
use serde_json::Value;

use super::case::{Case, name_of, program, programs_below, run};
use super::trial;

/// One program in so many is tried where nothing else is said.
const SOME: usize = 5;
/// The most witnesses of a kind that are run again for a program.
const MOST: usize = 6;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("explore/every-witness-replays", every_witness)]
}

fn every_witness() {
    let all = std::env::var("PROC_WITNESSES").is_ok_and(|which| which == "all");
    let mut paths = programs_below("examples/explore");
    let further = ["examples", "tests/conformance", "tests/run"].into_iter().flat_map(programs_below);
    paths.extend(further.enumerate().filter(|(at, _)| all || at % SOME == 0).map(|(_, path)| path));
    let (next, replayed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong: Mutex<Vec<String>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match replays(path) {
                        Ok(count) => {
                            replayed.fetch_add(count, Ordering::Relaxed);
                        }
                        Err(why) => wrong.lock().expect("no thread panics here").push(why),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics here");
    assert!(wrong.is_empty(), "{} programs:\n{}", wrong.len(), wrong.join("\n"));
    assert!(replayed.into_inner() >= 100, "too few schedules were run again");
}

/// The options of a case that an exploration has too; none where it has others, which may make another machine.
fn options(case: &Case) -> Option<Vec<String>> {
    let known = ["--stdout", "--pipe-capacity", "--seed", "--max-procs"];
    let fits = |option: &String| option.contains('=') && known.iter().any(|known| option.starts_with(known));
    case.options.iter().all(fits).then(|| case.options.clone())
}

/// Explores a program, saves all schedules and runs each again; how many there were.
pub(crate) fn replays(path: &Path) -> Result<usize, String> {
    let case = Case::read(path).unwrap_or_else(|| Case { path: path.to_owned(), ..Case::default() });
    let Some(options) = options(&case).filter(|_| !case.broken) else { return Ok(0) };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let input = folder.path().join("input");
    std::fs::write(&input, &case.stdin).map_err(|error| error.to_string())?;
    let mut command = Command::new(program());
    command.args(["explore", "--format=json", "--jobs=1", "--max-states=150"]).args(&options);
    command.arg("--stdin").arg(&input).arg("--save").arg(folder.path()).arg(path).args(&case.args);
    let output = run(command, b"");
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{}: {error}: {}", name_of(path), String::from_utf8_lossy(&output.stderr)))?;
    let mut count = 0;
    for (list, file, field) in [
        ("outputs", "output", "text"),
        ("stuck", "stuck", "output"),
        ("livelocks", "livelock", "output"),
        ("assertions", "assertion", "output"),
        ("faults", "fault", "output"),
        ("statuses", "status", "output"),
        ("zombies", "zombie", "output"),
    ] {
        let witnesses = report[list].as_array().ok_or("no list")?;
        for (at, witness) in witnesses.iter().enumerate().take(MOST) {
            let schedule = folder.path().join(format!("{file}-{}.schedule", at + 1));
            replay(&case, &schedule, list, witness[field].as_str().unwrap_or_default())
                .map_err(|why| format!("{}, {list} {at}, {}: {why}", name_of(path), witness["schedule"]))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Runs a program by a schedule from a file, which knows the options that it was found with.
fn replay(case: &Case, schedule: &PathBuf, list: &str, expected: &str) -> Result<(), String> {
    let mut command = Command::new(program());
    command.args(["run", "--quiet", "--ticks=3000000", "--schedule"]).arg(schedule).arg(&case.path).args(&case.args);
    let output = run(command, case.stdin.as_bytes());
    let printed = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    // What is told of a step in the middle of a run: the run goes on after it.
    let whole = matches!(list, "outputs" | "stuck" | "livelocks");
    if if whole { printed != expected } else { !printed.starts_with(expected) } {
        return Err(format!("it printed {printed:?} instead of {expected:?}: {stderr}"));
    }
    let status = output.status.code();
    match list {
        _ if status == Some(64) => Err(format!("it cannot be replayed: {stderr}")),
        "stuck" if status != Some(125) => Err(format!("it ended with {status:?}: {stderr}")),
        "livelocks" if status != Some(124) => Err(format!("it ended with {status:?}: {stderr}")),
        "faults" | "assertions" if !stderr.contains("error") => Err(format!("nothing was said: {stderr}")),
        _ => Ok(()),
    }
}
