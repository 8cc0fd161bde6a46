//! Schedules in files: written by `proc explore --save`, with the options that they were found with, and read by `proc run --schedule`,
//! which takes those options over.

use std::path::Path;

use super::explore::Explore;
use super::options::{Run, StdoutName};
use crate::explore::Report;
use crate::kernel::machine::Config;
use crate::kernel::param;

/// What the line begins with that names the options.
const OPTIONS: &str = "# options:";

/// Writes every schedule to a file of its own.
pub(super) fn save(options: &Explore, folder: &Path, report: &Report) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let head = head(options);
    let write = |name: String, what: &str, schedule: &str| {
        let what = what.lines().next().unwrap_or_default();
        let run = command(options, &folder.join(&name));
        std::fs::write(folder.join(&name), format!("# {what}\n# {run}\n{head}{schedule}\n"))
    };
    for (at, output) in report.outputs.iter().enumerate() {
        write(format!("output-{}.schedule", at + 1), &format!("{:?}", output.text), &output.schedule)?;
    }
    for (name, witnesses) in [
        ("stuck", &report.stuck),
        ("livelock", &report.livelocks),
        ("assertion", &report.assertions),
        ("fault", &report.faults),
        ("status", &report.statuses),
        ("zombie", &report.zombies),
        ("broken", &report.broken),
    ] {
        for (at, witness) in witnesses.iter().enumerate() {
            write(format!("{name}-{}.schedule", at + 1), &witness.message, &witness.schedule)?;
        }
    }
    Ok(())
}

/// The command that runs a schedule from a file again.
fn command(options: &Explore, file: &Path) -> String {
    command_with(options, vec![file.display().to_string()])
}

/// The command that runs a schedule again, given as a text.
pub(super) fn again(options: &Explore, schedule: &str) -> String {
    let mut words = vec![format!("'{schedule}'")];
    words.extend(taken_over(options));
    command_with(options, words)
}

fn command_with(options: &Explore, schedule: Vec<String>) -> String {
    let mut words = vec!["proc run --schedule".to_owned()];
    words.extend(schedule);
    words.extend(options.path.iter().map(|path| format!("--path={}", path.display())));
    words.push(options.file.display().to_string());
    words.extend(options.args.iter().map(|arg| arg.to_string_lossy().into_owned()));
    if let Some(stdin) = &options.stdin {
        words.push(format!("< {}", stdin.display()));
    }
    words.join(" ")
}

/// The line of a file that names the options a run takes over; nothing where there are none.
fn head(options: &Explore) -> String {
    let words = taken_over(options);
    if words.is_empty() { String::new() } else { format!("{OPTIONS} {}\n", words.join(" ")) }
}

/// The options that a run takes over.
fn taken_over(options: &Explore) -> Vec<String> {
    let mut words = Vec::new();
    match options.stdout {
        StdoutName::Tty => {}
        StdoutName::File => words.push("--stdout=file".to_owned()),
        StdoutName::Unbuffered => words.push("--stdout=unbuffered".to_owned()),
    }
    words.extend(options.seed.map(|seed| format!("--seed={seed}")));
    words.extend(options.pipe_capacity.map(|bytes| format!("--pipe-capacity={bytes}")));
    if options.max_procs != param::MAX_PROCESSES {
        words.push(format!("--max-procs={}", options.max_procs));
    }
    words
}

/// How a run by a schedule is set up: as its options say, and where these say nothing, as the schedule was found.
pub(super) fn config(options: &Run, schedule: &str) -> Config {
    let mut config = options.config();
    let Some(line) = schedule.lines().find_map(|line| line.strip_prefix(OPTIONS)) else { return config };
    for (name, value) in line.split_whitespace().filter_map(|word| word.split_once('=')) {
        match (name, value.parse::<u64>().ok()) {
            ("--stdout", _) if matches!(options.stdout, StdoutName::Tty) => {
                let known = <StdoutName as clap::ValueEnum>::from_str(value, false);
                config.stdout = known.map_or(config.stdout, StdoutName::mode);
            }
            ("--seed", Some(seed)) if options.seed == 0 => config.seed = seed,
            ("--pipe-capacity", Some(bytes)) if options.pipe_capacity.is_none() => {
                config.pipe_capacity = usize::try_from(bytes).ok().filter(|bytes| *bytes > 0);
            }
            ("--max-procs", Some(most)) if options.max_procs == param::MAX_PROCESSES => config.max_processes = most,
            _ => {}
        }
    }
    config
}
