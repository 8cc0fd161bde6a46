//! `proc explain`: every code has a page, and the program on it really shows its code.

use std::process::Command;

use libtest_mimic::Trial;
use proclang::abi::{Builtin, Errno, Signal};
use proclang::diagnostics::{Code, pages};

use super::case::{program, run};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("explain/every-code-has-a-page", every_code_has_a_page),
        trial("explain/lists-and-suggests", lists_and_suggests),
        trial("explain/every-name-is-explained", every_name_is_explained),
        trial("explain/words-and-numbers", words_and_numbers),
    ];
    for code in Code::ALL {
        if let Some(text) = pages::program(*code) {
            trials.push(trial(format!("explain/{}", code.text()), move || shows(*code, text)));
        }
    }
    trials
}

/// The words of the language have pages whose programs compile; a number is the signal or the error that it stands for.
fn words_and_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for word in ["let", "fn", "struct", "if", "else", "while", "for", "in", "match", "return", "nil", "status", "ptr"] {
        let mut command = Command::new(program());
        command.args(["explain", word]);
        let page = String::from_utf8_lossy(&run(command, b"").stdout).into_owned();
        let example = page.split("```proc\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
        assert!(!example.is_empty(), "{page}");
        let file = folder.path().join("example.proc");
        std::fs::write(&file, example).expect("a temporary file can be written");
        let mut command = Command::new(program());
        command.arg("check").arg(&file);
        let checked = run(command, b"");
        assert_eq!(checked.status.code(), Some(0), "{word}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    let mut command = Command::new(program());
    command.args(["explain", "13"]);
    let page = String::from_utf8_lossy(&run(command, b"").stdout).into_owned();
    assert!(page.contains("# SIGPIPE") && page.contains("# EACCES"), "{page}");
}

fn every_code_has_a_page() {
    for code in Code::ALL {
        let page = pages::page(*code).unwrap_or_else(|| panic!("{} has no page in docs/diagnostics.md", code.text()));
        assert!(page.contains("**Linux.**") && page.contains("**Mend.**"), "{}", code.text());
        assert!(
            page.contains("```proc") || page.contains("\n("),
            "{} neither shows a program nor says why not",
            code.text()
        );
    }
    for heading in pages::headings() {
        let (text, name) = heading.split_once(' ').unwrap_or((heading, ""));
        let code = Code::find(text).unwrap_or_else(|| panic!("the page {heading} is about no code"));
        assert_eq!(code.name(), name);
    }
}

/// `proc explain NAME` has a page for every code, by its text and by its name, and for every built-in, signal and errno.
fn every_name_is_explained() {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let builtins: Vec<&str> = Builtin::ALL.iter().map(|builtin| builtin.name()).collect();
    let signals: Vec<&str> = Signal::ALL.iter().map(|signal| signal.name()).collect();
    let errnos: Vec<&str> = Errno::ALL.iter().map(|errno| errno.name()).collect();
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    for words in [codes, builtins, signals, errnos, names] {
        let mut command = Command::new(program());
        command.arg("explain").args(&words);
        let output = run(command, b"");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(0) && complaints.is_empty(), "{complaints}");
        let text = format!("\n{text}");
        let pages: Vec<&str> = text.split("\n# ").skip(1).collect();
        assert_eq!(pages.len(), words.len(), "one page for each of {words:?}");
        for (word, page) in words.iter().zip(&pages) {
            let heading = page.lines().next().unwrap_or("");
            assert!(heading.contains(word), "{word} is explained by `{heading}`");
            assert!(page.trim().lines().count() > 2, "{word} has a heading and no more: {page}");
        }
    }
}

/// The program of a page says its code, and nothing else at compile time.
fn shows(code: Code, text: &str) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("page.proc");
    std::fs::write(&path, text).expect("a file in the scratch folder");
    let options: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("//! options:")).flat_map(str::split_whitespace).collect();
    let compile = code.text().starts_with(['E', 'W']);
    let mut command = Command::new(program());
    command.arg(if compile { "check" } else { "run" }).args(["--message-format", "json"]).args(options).arg(&path);
    let output = run(command, b"");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let codes: Vec<String> = stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|value| Some(value.get("code")?.as_str()?.to_owned()))
        .collect();
    let found = codes.iter().any(|found| found == code.text());
    let alone = !compile || codes.len() == 1;
    assert!(found && alone, "{}: {codes:?}\n{stderr}", code.text());
}

fn lists_and_suggests() {
    let explain = |words: &[&str]| {
        let mut command = Command::new(program());
        command.arg("explain").args(words);
        let output = run(command, b"");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (status, list, _) = explain(&[]);
    assert!(
        status == Some(0)
            && Code::ALL.iter().all(|code| list.contains(code.text()))
            && list.contains("waitpid")
            && list.contains("SIGCHLD")
    );
    for (word, part) in [
        ("e1003", "type-mismatch"),
        ("unused-name", "W2003"),
        ("fork", "fork() -> int"),
        ("SIGPIPE", "Broken pipe"),
        ("pipe", "read end"),
        ("EAGAIN", "errno"),
    ] {
        let (status, page, _) = explain(&[word]);
        assert!(status == Some(0) && page.contains(part), "{word}: {page}");
    }
    let (status, _, complaint) = explain(&["frok"]);
    assert!(status == Some(64) && complaint.contains("did you mean `fork`?"), "{complaint}");
}
