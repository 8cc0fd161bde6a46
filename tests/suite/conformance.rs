//! The table of conformance: every behaviour of `tests/conformance/ids.txt`, and the programs whose headers name it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use libtest_mimic::Trial;

use super::case::{Case, name_of, programs_below, root};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("reference/conformance", table)]
}

/// A line of `ids.txt`.
enum Line {
    /// `# Heading`
    Heading(String),
    /// `ID | title`, or `ID | title | why it is left out or differs`
    Behaviour { id: String, title: String, why: Option<String> },
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(root().join("tests/conformance/ids.txt")).expect("the list of ids is readable");
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(heading) = line.strip_prefix("# ") {
            lines.push(Line::Heading(heading.to_owned()));
            continue;
        }
        let mut parts = line.split(" | ").map(str::to_owned);
        let (Some(id), Some(title)) = (parts.next(), parts.next()) else { panic!("no title in `{line}`") };
        lines.push(Line::Behaviour { id, title, why: parts.next() });
    }
    lines
}

/// The programs that show a behaviour, by its id.
fn witnesses() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in programs_below("tests/conformance") {
        let name = name_of(&path).trim_start_matches("tests/conformance/").to_owned();
        for id in Case::read(&path).map(|case| case.ids).unwrap_or_default() {
            found.entry(id).or_default().insert(name.clone());
        }
    }
    found
}

/// One row, and whether the behaviour holds.
fn row(id: &str, title: &str, why: Option<&str>, witnesses: Option<&BTreeSet<String>>) -> (String, bool) {
    let title = title.replace('|', "\\|");
    let programs = witnesses.map_or_else(String::new, |names| {
        let links = names.iter().map(|name| format!("[{name}](../tests/conformance/{name}.proc)"));
        links.collect::<Vec<String>>().join(", ")
    });
    match (why, programs.is_empty()) {
        (Some(why), true) => (format!("| {id} | {title} | {why} |\n"), false),
        (Some(why), false) => (format!("| {id} | {title} | {why}: {programs} |\n"), false),
        (None, false) => (format!("| {id} | {title} | holds: {programs} |\n"), true),
        (None, true) => panic!("nothing shows {id}, and ids.txt does not say why"),
    }
}

fn markdown() -> String {
    let witnesses = witnesses();
    // The kernel's own checklist, and what was added to it with files: how many of how many hold.
    let (mut kernel, mut files, mut rows) = ([0, 0], [0, 0], String::new());
    let mut known = BTreeSet::new();
    for line in lines() {
        match line {
            Line::Heading(heading) => {
                let _ = write!(rows, "\n## {heading}\n\n| id | behaviour | here |\n| --- | --- | --- |\n");
            }
            Line::Behaviour { id, title, why } => {
                let (row, held) = row(&id, &title, why.as_deref(), witnesses.get(&id));
                rows.push_str(&row);
                let count =
                    if ["FILE", "FIFO", "POLL"].iter().any(|of| id.starts_with(of)) { &mut files } else { &mut kernel };
                count[0] += usize::from(held);
                count[1] += 1;
                assert!(known.insert(id.clone()), "{id} stands in ids.txt twice");
            }
        }
    }
    for id in witnesses.keys() {
        assert!(known.contains(id), "a program names {id}, which is not in ids.txt");
    }
    format!(
        "# Conformance\n\n\
         What processes, signals, pipes, queues, files and the terminal do on Linux, and whether the simulated machine does it too. \
         Each behaviour is either required by POSIX or was observed on Linux; each program named here shows it, is run by the tests one \
         instruction at a time and under every scheduling policy, and prints the same wherever its output does not depend on the schedule.\n\n\
         **{} of {} behaviours of processes, signals, pipes, queues and the terminal hold, and {} of {} of files, named pipes and poll.** \
         The others are left out or differ, and their rows say why.\n\n\
         This page is made from `tests/conformance/ids.txt` and the headers of the programs by `UPDATE_DOCS=1 cargo test --test suite \
         reference/conformance`.\n{rows}",
        kernel[0], kernel[1], files[0], files[1]
    )
}

fn table() {
    let path = root().join("docs/conformance.md");
    let made = markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).expect("docs/conformance.md can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/conformance.md is not what the tests say; write it anew with UPDATE_DOCS=1");
}
