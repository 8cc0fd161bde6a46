//! The rules of the house that a machine can hold: the order of the floors, and what each may not know.

use std::path::Path;

use libtest_mimic::Trial;

use super::case::root;
use super::trial;

/// The floors from the ground up; a floor imports only from floors below it.
const FLOORS: &[&str] = &[
    "source",
    "diagnostics",
    "abi",
    "syntax",
    "check",
    "bytecode",
    "pipeline",
    "vm",
    "kernel",
    "trace",
    "report",
    "explore",
    "export",
    "cli",
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("architecture/arrows-never-run-back", arrows_never_run_back),
        trial("architecture/nothing-is-skipped", nothing_is_skipped),
        trial("architecture/one-row-one-code", one_row_one_code),
    ]
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    found.sort();
    found
}

/// The floor a file stands on.
fn floor_of(path: &Path) -> Option<usize> {
    let inside = path.strip_prefix(root().join("src")).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    FLOORS.iter().position(|floor| *floor == name)
}

fn arrows_never_run_back() {
    let mut wrong = Vec::new();
    for path in all_sources() {
        let Some(here) = floor_of(&path) else { continue };
        let text = std::fs::read_to_string(&path).expect("a source file is readable");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for (at, _) in line.match_indices("crate::") {
                let word: String = line[at + 7..]
                    .chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                    .collect();
                if let Some(there) = FLOORS.iter().position(|floor| *floor == word)
                    && there > here
                {
                    wrong.push(format!("{}:{}: {} imports {}", path.display(), number + 1, FLOORS[here], word));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run back:\n{}", wrong.join("\n"));
}

fn nothing_is_skipped() {
    let mut files = all_sources();
    sources(&root().join("tests"), &mut files);
    let mark = concat!("#[", "ignore");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a source file is readable");
        assert!(!text.contains(mark), "{} skips a test", path.display());
    }
}

fn one_row_one_code() {
    use proclang::diagnostics::Code;
    let mut texts: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    names.sort_unstable();
    names.dedup();
    assert_eq!((texts.len(), names.len()), (count, count), "a code or a name stands in two rows");
}
