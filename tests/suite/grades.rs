//! `proc test`: what it says of programs whose headers promise something, with which status, and how many points they get.

use std::process::Command;

use libtest_mimic::Trial;
use serde_json::Value;

use super::case::{program, run};
use super::explore::written;
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("grades/verdicts", verdicts), trial("grades/points-and-messages", grades)]
}

/// `proc test` passes, fails and cannot decide, each with its status, in each of its forms.
fn verdicts() {
    let race = "let c = fork(); if c == 0 { printf(\"c\"); exit(0); } printf(\"p\"); wait();\n";
    let both = "//! outputs: cp\n//! outputs: pc\n//! options: --stdout=unbuffered\n//! points: 3\n";
    for (header, body, status, word) in [
        (both, race, 0, "passed"),
        ("//! outputs: cp\n//! options: --stdout=unbuffered\n", race, 1, "FAILED"),
        ("//! outputs: cp\n//! outputs: pc\n//! outputs: x\n//! options: --stdout=unbuffered\n", race, 1, "FAILED"),
        ("//! output: cp\n//! exit: 0\n", race, 0, "passed"),
        ("//! exit: 3\n", race, 1, "FAILED"),
        ("//! always: c\n//! never: x\n//! always: no-stuck\n", race, 0, "passed"),
        ("//! always: no-stuck\n", "let (r, w) = pipe(); read(r, 1); close(w);\n", 1, "FAILED"),
        (
            "//! stdin: hello\\n\n//! output:\n//! | hello\n",
            "let (n, s) = read(0, 9); write(1, s[0..n]);\n",
            0,
            "passed",
        ),
        ("//! options: --max-states=3\n//! always: p\n", race, 2, "BROKEN"),
        ("//! outptus: cp\n", race, 2, "BROKEN"),
        ("//! output: x\n", "let = 3;\n", 1, "FAILED"),
    ] {
        let (_folder, path) = written(&format!("{header}{body}"));
        for form in ["text", "json", "junit", "gradescope"] {
            let mut command = Command::new(program());
            command.args(["test", "--format", form, &path]);
            let output = run(command, b"");
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(status), "{form}: {header}{body}{printed}");
            assert!(form != "text" || printed.starts_with(word), "{header}{printed}");
            assert!(form == "text" || form == "junit" || serde_json::from_str::<Value>(&printed).is_ok(), "{printed}");
        }
    }
}

/// What `proc test` says, its status, and its points.
fn grades() {
    let race = "if fork() == 0 { printf(\"c\"); exit(0); } printf(\"p\"); wait();\n";
    let unbuffered = "//! options: --stdout=unbuffered\n";
    for (header, body, status, points, says) in [
        (
            "//! points: 4\n//! partial: yes\n//! always: c\n//! never: x\n//! outputs: cp\n//! exit: 0\n",
            race,
            1,
            3.0,
            "it can print",
        ),
        ("//! points: 4\n//! always: c\n//! outputs: cp\n", race, 1, 0.0, "it can print \"pc\"; schedule: P P c1 c1 P"),
        ("//! points: -3\n//! always: c\n", race, 2, 0.0, "line 1: `//! points: -3`: points are a number"),
        (
            "//! always: no-stuk\n",
            race,
            2,
            0.0,
            "line 1: `//! always: no-stuk`: there is no promise `no-stuk`, did you mean `no-stuck`?",
        ),
        (
            "// by a teacher\n//! outptus: cp\n",
            race,
            2,
            0.0,
            "line 2: `//! outptus: cp`: there is no directive `outptus`, did you mean `outputs`?",
        ),
        ("//! exit: 300\n", race, 2, 0.0, "line 1: `//! exit: 300`: an exit status is a number from 0 to 255"),
        ("//! partial: maybe\n", race, 2, 0.0, "line 1"),
        ("//! points: 2\n", race, 2, 0.0, "its header promises nothing"),
        ("//! output: x\n", "let = 3;\n", 1, 0.0, "it does not compile"),
        // The result names the place, since a student sees nothing else.
        ("//! always: x\n", "let = 3;\n", 1, 0.0, ":3:5: error["),
        ("//! output: 1\n", "print(1);\n", 0, 1.0, ""),
        ("//! outputs: 1\n", "print(1);\n", 0, 1.0, ""),
        ("//! output: 1\\n\n", "printf(\"1\");\n", 1, 0.0, "lacks the newline at its end"),
        ("//! outputs: 1\\n\n", "printf(\"1\");\n", 1, 0.0, "it can never print"),
        (
            "//! output:\n//! | 1\n//! | 2\n//! | 3\n",
            "for i in 1..4 { print(i == 2 ? 9 : i); }\n",
            1,
            0.0,
            "line 2 of the output is \"9\", and should be \"2\"",
        ),
        (
            "//! never: 33\n",
            "for i in 0..6 { if fork() == 0 { for j in 0..3 { printf(\"%d\", i); } exit(0); } }\n",
            1,
            0.0,
            "it can print \"33\"",
        ),
        (
            "//! never: 3333\n",
            "for i in 0..6 { if fork() == 0 { for j in 0..3 { printf(\"%d\", i); } exit(0); } }\n",
            0,
            1.0,
            "",
        ),
    ] {
        let (_folder, path) = written(&format!("{header}{unbuffered}{body}"));
        let mut command = Command::new(program());
        command.args(["test", "--format=json", &path]);
        let output = run(command, b"");
        let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
        assert_eq!(output.status.code(), Some(status), "{header}{result}");
        assert_eq!(result["points"], serde_json::json!(points), "{header}{result}");
        let messages = result["tests"][0]["messages"].to_string().replace("\\\"", "\"");
        assert!(messages.contains(says), "{header}{messages}");
    }
    handed_in();
    // A file that is not there is a result too, and the others are tested all the same.
    let (_folder, path) = written("//! output: 1\\n\nprint(1);\n");
    let mut command = Command::new(program());
    command.args(["test", "--format=gradescope", "/nowhere/x.proc", &path]);
    let output = run(command, b"");
    let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
    assert_eq!((output.status.code(), result["tests"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!((&result["tests"][0]["status"], &result["tests"][1]["status"]), (&"failed".into(), &"passed".into()));
}

/// Programs that were handed in are held to the header of another file, whatever they promise themselves; a directory is searched for all
/// of them, and links that lead round are not followed.
fn handed_in() {
    let (_promises, task) = written("//! output: 3\n//! points: 2\n// What a solution prints.\n");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("ada")).expect("a folder");
    std::os::unix::fs::symlink("..", folder.path().join("ada/up")).expect("a link");
    for (name, text) in [
        ("ada/sum.proc", &b"print(1 + 2);\n"[..]),
        ("bob.proc", b"//! output: 4\nprint(4);\n"),
        ("eve.proc", b"// caf\xe9\nprint(3);\n"),
        ("notes.txt", b"3\n"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let mut command = Command::new(program());
    command.args(["test", "--format=json", "--promises", &task]).arg(folder.path());
    let output = run(command, b"");
    let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
    let tests = result["tests"].as_array().expect("results");
    let verdicts: Vec<&str> = tests.iter().filter_map(|test| test["verdict"].as_str()).collect();
    assert_eq!((verdicts, &result["max_points"]), (vec!["passed", "failed", "failed"], &6.0.into()), "{result}");
    assert!(tests[2]["messages"].to_string().contains("UTF-8"), "{result}");
    // A header with a mistake is a mistake in every test that goes by it.
    let (_broken, task) = written("//! outptu: 3\n");
    let mut command = Command::new(program());
    command.args(["test", "--promises", &task]).arg(folder.path().join("bob.proc"));
    let output = run(command, b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("did you mean `output`?"));
}
