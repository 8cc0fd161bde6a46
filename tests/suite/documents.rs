//! Every program in the README and in docs/ compiles; one that is followed by its output gives it.

use std::process::Command;

use libtest_mimic::Trial;

use super::case::{program, root, run};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut paths = vec![root().join("README.md")];
    let mut docs: Vec<_> =
        std::fs::read_dir(root().join("docs")).expect("the docs").flatten().map(|entry| entry.path()).collect();
    docs.sort();
    // The pages of `proc explain` show mistakes; a test of their own runs them.
    docs.retain(|path| {
        path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("diagnostics.md")
    });
    paths.extend(docs);
    let mut trials = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a document is readable");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (line, source, output) in programs(&text) {
            trials.push(trial(format!("documents/{name}-line-{line}"), move || holds(&source, output.as_deref())));
        }
    }
    trials
}

/// The programs of a document: the line each begins at, its source, and the output block that follows it.
fn programs(text: &str) -> Vec<(usize, String, Option<String>)> {
    let lines: Vec<&str> = text.lines().collect();
    let block = |from: usize| {
        let body: Vec<&str> = lines[from..].iter().take_while(|line| !line.starts_with("```")).copied().collect();
        let next = from + body.len() + 1;
        (body.iter().map(|line| format!("{line}\n")).collect::<String>(), next)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] == "```proc" {
            let (source, next) = block(at + 1);
            let output = (lines.get(next) == Some(&"```output")).then(|| block(next + 1).0);
            found.push((at + 1, source, output));
            at = next;
        } else {
            at += 1;
        }
    }
    found
}

fn holds(source: &str, output: Option<&str>) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("program.proc");
    std::fs::write(&path, source).expect("a file in the scratch folder");
    let subcommand = if output.is_some() { "run" } else { "check" };
    let mut command = Command::new(program());
    command.arg(subcommand).arg(&path);
    let result = run(command, b"");
    let stderr = String::from_utf8_lossy(&result.stderr);
    match output {
        None => assert!(result.status.success(), "{source}\n{stderr}"),
        Some(expected) => {
            assert_eq!(String::from_utf8_lossy(&result.stdout).trim_end(), expected.trim_end(), "{source}\n{stderr}");
        }
    }
}
