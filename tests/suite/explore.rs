//! `proc explore`: the questions of exams with their exact answers, models with their verdicts, and every witness replayed.

use std::process::Command;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::case::{program, root, run};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = QUESTIONS
        .iter()
        .chain(super::exam::MORE)
        .chain(super::exam_again::AGAIN)
        .chain(super::exam_third::EXAMINED)
        .map(|question| trial(format!("explore/{}", question.name), || question.ask()))
        .collect();
    trials.extend(MODELS.iter().map(|(name, verdict)| trial(format!("explore/model/{name}"), || hold(name, verdict))));
    trials.push(trial("explore/model/all", all_models));
    trials.push(trial("explore/counts-answer-at-once", counts));
    trials.push(trial("explore/counts-without-orders", counts_without_orders));
    trials.push(trial("explore/too-many-outputs-to-list", too_many_outputs));
    trials.push(trial("explore/twenty-children", twenty_children));
    trials.push(trial("explore/bounds-are-not-decided", bounds));
    trials.push(trial("explore/bounded-and-yet-shown", bounded_and_shown));
    trials.push(trial("explore/possible-or-why-not", possible));
    trials.push(trial("explore/order", order));
    trials.push(trial("explore/difference", difference));
    trials.push(trial("explore/one-question-at-a-time", one_question));
    trials.push(trial("explore/threads-agree", threads));
    trials.push(trial("explore/json-as-documented", documented));
    trials
}

/// A question with all of its answers.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) options: &'static [&'static str],
    pub(crate) outputs: &'static [&'static str],
    /// How many are made in a run; 0 where that is not asked.
    pub(crate) processes: u64,
    pub(crate) stuck: usize,
}

pub(crate) const UNBUFFERED: &[&str] = &["--stdout=unbuffered"];

const QUESTIONS: &[Question] = &[
    Question {
        name: "b01-three-forks",
        text: "fork(); fork(); fork(); printf(\"h\");",
        options: UNBUFFERED,
        outputs: &["hhhhhhhh"],
        processes: 8,
        stuck: 0,
    },
    Question {
        name: "b03-fan",
        text: FAN,
        options: UNBUFFERED,
        outputs: &["0123", "0213", "1023", "1203", "2013", "2103"],
        processes: 4,
        stuck: 0,
    },
    Question { name: "b03-chain", text: CHAIN, options: UNBUFFERED, outputs: &["3210"], processes: 4, stuck: 0 },
    Question {
        name: "b05-dots-unbuffered",
        text: "for i in 0..2 { fork(); printf(\".\"); }",
        options: UNBUFFERED,
        outputs: &["......"],
        processes: 4,
        stuck: 0,
    },
    Question {
        name: "b05-dots-in-a-buffer",
        text: "for i in 0..2 { fork(); printf(\".\"); }",
        options: &[],
        outputs: &["........"],
        processes: 4,
        stuck: 0,
    },
    Question {
        name: "b07-both-go-on",
        text: "if fork() == 0 { printf(\"A\"); } else { printf(\"B\"); wait(); } printf(\"C\");",
        options: UNBUFFERED,
        outputs: &["ABCC", "ACBC", "BACC"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "b09-grandchild",
        text: "if fork() == 0 { if fork() == 0 { printf(\"G\"); exit(0); } printf(\"C\"); exit(0); } wait(); printf(\"P\");",
        options: UNBUFFERED,
        outputs: &["CGP", "CPG", "GCP"],
        processes: 3,
        stuck: 0,
    },
    Question {
        name: "b12-who-is-collected-first",
        text: "for i in 1..4 { if fork() == 0 { exit(i); } } let t = 0;
               for i in 0..3 { let (pid, status) = wait(); t = t * 10 + WEXITSTATUS(status); } printf(\"%d\", t);",
        options: UNBUFFERED,
        outputs: &["123", "132", "213", "231", "312", "321"],
        processes: 4,
        stuck: 0,
    },
    Question {
        name: "b14-forgotten-exit",
        text: "for i in 0..2 { if fork() == 0 { printf(\"c%d \", i); } else { wait(); } } printf(\". \");",
        options: UNBUFFERED,
        outputs: &["c0 c1 . . c1 . . "],
        processes: 4,
        stuck: 0,
    },
    Question {
        name: "b16-interleavings",
        text: "if fork() == 0 { printf(\"a\"); printf(\"b\"); exit(0); } printf(\"x\"); printf(\"y\"); wait();",
        options: UNBUFFERED,
        outputs: &["abxy", "axby", "axyb", "xaby", "xayb", "xyab"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "b19-status-word",
        text: "let child = fork(); if child == 0 { exit(300); }
               let (pid, status) = waitpid(child, 0); printf(\"%d %d\", int(status), WEXITSTATUS(status));",
        options: UNBUFFERED,
        outputs: &["11264 44"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "b23-handler",
        text: HANDLER,
        options: UNBUFFERED,
        outputs: &["1", "2", "3"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "b23-handler-blocked",
        text: BLOCKED,
        options: UNBUFFERED,
        outputs: &["1"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "m49-handler-before-store",
        text: "let child = 0; let seen = -1; fn on_child(sig: int) { seen = child; }
               signal(SIGCHLD, on_child); child = fork(); if child == 0 { exit(0); }
               while wait() > 0 { } printf(seen == 0 ? \"early\" : \"late\");",
        options: UNBUFFERED,
        outputs: &["early", "late"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "m35-wait-before-read",
        text: "let (r, w) = pipe(); if fork() == 0 { write(w, \"0123456789\"); exit(0); }
               close(w); wait(); let (n, s) = read(r, 100); printf(\"%s\", s);",
        options: &["--pipe-capacity=4"],
        outputs: &[],
        processes: 2,
        stuck: 1,
    },
    Question {
        name: "m35-wait-before-read-fits",
        text: "let (r, w) = pipe(); if fork() == 0 { write(w, \"0123456789\"); exit(0); }
               close(w); wait(); let (n, s) = read(r, 100); printf(\"%s\", s);",
        options: &[],
        outputs: &["0123456789"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "choose-gives-every-number",
        text: "printf(\"%d%d\", choose(2), choose(2));",
        options: &[],
        outputs: &["00", "01", "10", "11"],
        processes: 1,
        stuck: 0,
    },
    Question {
        name: "sleep-promises-no-order",
        text: "if fork() == 0 { printf(\"c\"); exit(0); } sleep(1); printf(\"p\"); wait();",
        options: UNBUFFERED,
        outputs: &["cp", "pc"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "sleep-in-fair-order",
        text: "if fork() == 0 { printf(\"c\"); exit(0); } sleep(1); printf(\"p\"); wait();",
        options: &["--stdout=unbuffered", "--sleep=fair"],
        outputs: &["cp"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "fork-that-fails",
        text: "if fork() < 0 { printf(\"no\"); } else { printf(\"x\"); }",
        options: &["--stdout=unbuffered", "--faults=fork"],
        outputs: &["no", "xx"],
        processes: 0,
        stuck: 0,
    },
    Question {
        name: "read-that-is-short",
        text: "let (r, w) = pipe(); write(w, \"abc\"); let (n, s) = read(r, 3); printf(\"%d%s\", n, s);",
        options: &["--stdout=unbuffered", "--faults=read"],
        outputs: &["-1", "1a", "3abc"],
        processes: 1,
        stuck: 0,
    },
    Question {
        name: "open-and-pipe-that-fail",
        text: "let (r, w) = pipe(); let f = open(\"/tmp/x\", O_CREAT | O_WRONLY, 0o600); printf(\"%d %d\", r < 0 ? 1 : 0, f < 0 ? 1 : 0);",
        options: &["--stdout=unbuffered", "--faults=pipe,open"],
        outputs: &["0 0", "0 1", "1 0", "1 1"],
        processes: 1,
        stuck: 0,
    },
    Question {
        name: "wait-that-is-interrupted",
        text: "if fork() == 0 { exit(3); } let (p, s) = wait(); printf(p < 0 ? \"interrupted\" : \"collected\");",
        options: &["--stdout=unbuffered", "--faults=wait"],
        outputs: &["collected", "interrupted"],
        processes: 2,
        stuck: 0,
    },
    Question {
        name: "killed-at-any-time",
        text: "let c = fork(); if c == 0 { printf(\"a\"); printf(\"b\"); exit(0); } kill(c, SIGKILL); wait(); printf(\".\");",
        options: UNBUFFERED,
        outputs: &[".", "a.", "ab."],
        processes: 2,
        stuck: 0,
    },
];

const FAN: &str = "let i = 0; while i < 3 { if fork() == 0 { break; } i++; }
    while true { let (pid, status) = wait(); if pid < 0 { break; } } printf(\"%d\", i);";
const CHAIN: &str = "let i = 0; while i < 3 { if fork() != 0 { break; } i++; }
    while true { let (pid, status) = wait(); if pid < 0 { break; } } printf(\"%d\", i);";
const HANDLER: &str = "let count = 0; fn on_usr1(sig: int) { count++; }
    signal(SIGUSR1, on_usr1); let parent = getpid();
    if fork() == 0 { for i in 0..3 { kill(parent, SIGUSR1); } exit(0); } wait(); printf(\"%d\", count);";
const BLOCKED: &str = "let count = 0; fn on_usr1(sig: int) { count++; }
    signal(SIGUSR1, on_usr1); sigprocmask(SIG_BLOCK, sigmask(SIGUSR1)); let parent = getpid();
    if fork() == 0 { for i in 0..3 { kill(parent, SIGUSR1); } exit(0); }
    wait(); sigprocmask(SIG_UNBLOCK, sigmask(SIGUSR1)); printf(\"%d\", count);";

/// The models, and what is found in each.
const MODELS: &[(&str, &[&str])] = &[
    ("fork_and_print", &[]),
    ("forks_into_a_buffer", &[]),
    ("handler_before_store", &[]),
    ("job_list_race", &[]),
    ("job_list_race_cured", &[]),
    ("leader_election", &[]),
    ("lost_wakeup", &["stuck"]),
    ("lost_wakeup_cured", &[]),
    ("mutex_broken", &["assertions"]),
    ("mutex_pipe", &[]),
    ("mutex_queue", &[]),
    ("philosophers_deadlock", &["stuck"]),
    ("philosophers_ordered", &[]),
    ("pipe_capacity", &["stuck"]),
    ("sigchld_lost", &["stuck"]),
    ("sigchld_merging", &[]),
];

/// A program's text in a file of its own.
pub(crate) fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("main.proc");
    std::fs::write(&path, text).expect("a file in the scratch folder");
    let path = path.display().to_string();
    (folder, path)
}

/// What `proc explore` answers, and its status.
pub(crate) fn explore(path: &str, options: &[&str]) -> (Value, i32) {
    let mut command = Command::new(program());
    command.args(["explore", "--format=json"]).args(options).arg(path);
    let output = run(command, b"");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap_or(-1))
}

fn texts(report: &Value) -> Vec<&str> {
    report["outputs"]
        .as_array()
        .expect("outputs")
        .iter()
        .map(|output| output["text"].as_str().expect("a text"))
        .collect()
}

/// Replays every witness of a report: it prints what the report says.
fn replay(path: &str, options: &[&str], report: &Value) {
    let lists = [("outputs", "text"), ("stuck", "output"), ("livelocks", "output")];
    for (list, field) in lists {
        for witness in report[list].as_array().expect("a list") {
            let schedule = witness["schedule"].as_str().expect("a schedule");
            let mut command = Command::new(program());
            let options =
                options.iter().filter(|option| option.starts_with("--stdout") || option.starts_with("--pipe"));
            command.arg("run").args(options).args(["--schedule", schedule]).arg(path);
            let output = run(command, b"");
            let printed = String::from_utf8_lossy(&output.stdout);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(Some(&*printed), witness[field].as_str(), "{schedule}: {stderr}");
            if list == "stuck" {
                assert_eq!(output.status.code(), Some(125), "{schedule}: {stderr}");
            }
        }
    }
}

impl Question {
    fn ask(&self) {
        let (_folder, path) = written(self.text);
        let (report, status) = explore(&path, self.options);
        assert_eq!(report["complete"], Value::Bool(true));
        assert_eq!(texts(&report), self.outputs);
        assert_eq!(report["stuck"].as_array().map(Vec::len), Some(self.stuck));
        assert_eq!(status, i32::from(self.stuck > 0));
        if self.processes > 0 {
            assert_eq!(report["processes"], serde_json::json!({ "min": self.processes, "max": self.processes }));
        }
        replay(&path, self.options, &report);
        if self.processes < 8 {
            let (brute, _) = explore(&path, &[self.options, &["--reduction=none"]].concat());
            assert_eq!(texts(&brute), self.outputs);
        }
    }
}

/// Every program beside the models is one of them.
fn all_models() {
    let known =
        |path: &std::path::PathBuf| MODELS.iter().any(|(name, _)| path.file_stem().is_some_and(|stem| stem == *name));
    let missing: Vec<_> =
        super::case::programs_below("examples/explore").into_iter().filter(|path| !known(path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn hold(name: &str, verdict: &[&str]) {
    let path = root().join("examples/explore").join(format!("{name}.proc")).display().to_string();
    let (report, status) = explore(&path, &[]);
    assert_eq!(report["complete"], Value::Bool(true));
    for list in ["stuck", "faults", "assertions", "livelocks"] {
        let found = report[list].as_array().is_some_and(|list| !list.is_empty());
        assert_eq!(found, verdict.contains(&list), "{list}: {}", report[list]);
    }
    assert_eq!(status, i32::from(!verdict.is_empty()));
    replay(&path, &[], &report);
}

fn counts() {
    let (_folder, path) = written("fork(); fork() && fork() || fork(); fork(); printf(\"forked\\n\");");
    for (what, expected) in [("processes", "20 processes\n"), ("lines", "20 lines\n")] {
        let mut command = Command::new(program());
        command.args(["explore", "--count", what, &path]);
        let output = run(command, b"");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
    let (report, _) = explore(&path, &[]);
    assert_eq!(texts(&report), ["forked\n".repeat(20)]);
}

fn answer(path: &str, options: &[&str]) -> (String, i32) {
    let mut command = Command::new(program());
    command.arg("explore").args(options).arg(path);
    let output = run(command, b"");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().unwrap_or(-1))
}

/// Where processes only fork and wait, each is counted for itself: numbers that no search could reach.
fn counts_without_orders() {
    for (text, processes, lines) in [
        ("for i in 0..12 { fork(); } print(1);", 4096, 4096),
        ("for i in 0..20 { if fork() == 0 { exit(0); } } while wait() > 0 { } print(1);", 21, 1),
        ("for i in 0..20 { if fork() != 0 { break; } } wait(); print(getpid());", 21, 21),
        ("fork() && fork() || fork(); fork(); print(1);", 10, 10),
        ("for i in 0..8 { print(i); fork(); }", 256, 255),
        (
            "fn make(n: int) { if n > 0 { if fork() == 0 { make(n - 1); exit(0); } wait(); make(n - 1); } } make(10); print(1);",
            1024,
            1,
        ),
        // Here a child counts what it is told, so that orders are tried after all.
        (
            "let (r, w) = pipe(); if fork() == 0 { let (n, s) = read(r, 1); if n == 1 { fork(); } exit(0); } write(w, \"x\"); wait();",
            3,
            0,
        ),
    ] {
        let (_folder, path) = written(text);
        assert_eq!(answer(&path, &["--count=processes"]).0, format!("{processes} processes\n"), "{text}");
        assert_eq!(answer(&path, &["--count=lines"]).0, format!("{lines} lines\n"), "{text}");
    }
    let (_folder, path) = written("for i in 0..20 { fork(); }");
    let (text, status) = answer(&path, &["--count=processes"]);
    assert!(text.starts_with("1048576 processes, if fork never fails") && status == 0, "{text}");
}

/// 18! / 3!^6 outputs are counted, not listed, and promises are held against all of them.
fn too_many_outputs() {
    let (_folder, path) = written(
        "for i in 0..6 { if fork() == 0 { for j in 0..3 { printf(\"%d\", i); } exit(0); } } while wait() > 0 { }",
    );
    let (report, status) = explore(&path, UNBUFFERED);
    assert_eq!((&report["complete"], status), (&Value::Bool(false), 2));
    assert_eq!(report["output_count"], serde_json::json!(137_225_088_000_u64));
    assert_eq!(texts(&report)[..2], ["000111222333444555", "000111222333445455"]);
    replay(&path, UNBUFFERED, &report);
    let ask = |promise: &[&str]| explore(&path, &[UNBUFFERED, promise].concat());
    let (kept, status) = ask(&["--always=5", "--never=0000"]);
    assert_eq!((kept["broken"].as_array().map(Vec::len), status), (Some(0), 0));
    let (broken, status) = ask(&["--never=555444333"]);
    assert_eq!((broken["broken"].as_array().map(Vec::len), status), (Some(1), 1));
    assert!(broken["broken"][0]["output"].as_str().is_some_and(|output| output.contains("555444333")));
    let (possible, _) = ask(&["--possible=543210543210543210"]);
    assert_eq!(possible["possible"], Value::Bool(true));
}

/// The order in which children end is nobody's business where the parent does not look at whom it collects.
fn twenty_children() {
    for text in [
        "for i in 0..20 { if fork() == 0 { exit(0); } } while wait() > 0 { } printf(\".\");",
        "for i in 0..20 { if fork() == 0 { exit(i); } } for i in 0..20 { waitpid(-1, 0); } printf(\".\");",
        "let (r, w) = pipe(); for i in 0..20 { if fork() == 0 { exit(0); } } close(w); read(r, 1);
         while true { let (pid, status) = wait(); if pid < 0 { break; } } printf(\".\");",
    ] {
        let (_folder, path) = written(text);
        let (report, status) = explore(&path, UNBUFFERED);
        assert_eq!((texts(&report), status), (vec!["."], 0));
        assert!(report["states"].as_u64().is_some_and(|states| states < 200), "{}", report["states"]);
    }
}

fn bounds() {
    let (_folder, path) = written("for i in 0..3 { fork(); print(getpid()); } while wait() > 0 { }");
    let (report, status) = explore(&path, &["--max-states=20"]);
    assert_eq!((&report["complete"], status), (&Value::Bool(false), 2));
    let (_folder, path) = written("while true { printf(\"x\"); if choose(2) == 0 { exit(0); } }");
    let (report, status) = explore(&path, &["--stdout=unbuffered"]);
    assert_eq!((&report["complete"], status), (&Value::Bool(false), 2));
    let (_folder, path) = written("while true { printf(\"x\"); }");
    let (report, status) = explore(&path, &["--stdout=unbuffered"]);
    assert_eq!((&report["complete"], status), (&Value::Bool(true), 1));
    assert_eq!(report["livelocks"].as_array().map(Vec::len), Some(1));
}

/// Where a search by breadth is bounded before it comes to any end, some schedules are followed to theirs: they are shown, they can be run
/// again, and nothing is claimed of the others.
fn bounded_and_shown() {
    let (_folder, path) = written(
        "let (r, w) = pipe();
         for c in 0..6 { if fork() == 0 { for i in 0..4 { write(w, chr(97 + c)); } exit(0); } }
         close(w);
         while let (n, s) = read(r, 1); n > 0 { printf(\"%s\", s); }
         while wait() > 0 { }",
    );
    let options = |jobs| ["--stdout=unbuffered", "--max-states=2000", jobs];
    let (report, status) = explore(&path, &options("--jobs=1"));
    assert_eq!((&report["complete"], status), (&Value::Bool(false), 2));
    assert!(texts(&report).len() >= 3, "{}", report["outputs"]);
    replay(&path, UNBUFFERED, &report);
    assert_eq!(report, explore(&path, &options("--jobs=2")).0);
    let (_folder, path) = written(
        "let (r, w) = pipe();
         for c in 0..6 { if fork() == 0 { for i in 0..4 { write(w, chr(97 + c)); } exit(0); } }
         while let (n, s) = read(r, 1); n > 0 { }",
    );
    let (report, status) = explore(&path, &options("--jobs=1"));
    assert_eq!((&report["complete"], status), (&Value::Bool(false), 1));
    assert_eq!(report["stuck"].as_array().map(Vec::len), Some(1));
    replay(&path, UNBUFFERED, &report);
}

fn possible() {
    let (_folder, path) = written(
        QUESTIONS.iter().find(|question| question.name.starts_with("b07")).map_or("", |question| question.text),
    );
    for (wanted, expected) in [("ABCC", true), ("BCAC", false)] {
        let (answer, status) = explore(&path, &["--stdout=unbuffered", "--possible", wanted]);
        assert_eq!(answer["possible"], Value::Bool(expected), "{answer}");
        assert_eq!(status, i32::from(!expected));
    }
}

fn order() {
    let (_folder, path) = written(
        QUESTIONS.iter().find(|question| question.name.starts_with("b16")).map_or("", |question| question.text),
    );
    let (answer, _) = explore(&path, &["--stdout=unbuffered", "--order"]);
    assert_eq!(
        answer["order"],
        serde_json::json!([["\"a\" of child 1", "\"b\" of child 1"], ["\"x\" of parent", "\"y\" of parent"]])
    );
}

/// Two questions at once are refused, not half answered.
fn one_question() {
    let (_folder, path) = written("printf(\"x\");");
    for options in
        [&["--order", "--possible=x"][..], &["--count=lines", "--diff", &path], &["--possible=x", "--always=x"]]
    {
        let mut command = Command::new(program());
        command.arg("explore").args(options).arg(&path);
        assert_eq!(run(command, b"").status.code(), Some(64), "{options:?}");
    }
}

fn difference() {
    let (_one, first) = written("if fork() == 0 { printf(\"c\"); exit(0); } wait(); printf(\"p\");");
    let (_two, second) = written("if fork() == 0 { printf(\"c\"); exit(0); } printf(\"p\");");
    let (answer, status) = explore(&first, &["--diff", &second]);
    assert_eq!((answer["only_first"].as_array().map(Vec::len), status), (Some(0), 1));
    assert_eq!(answer["only_second"][0]["text"], "pc");
    // Too many outputs to list: a shortest one that only one of the two has, found by counting.
    let many = |last: &str| {
        written(&format!(
            "for i in 0..5 {{ if fork() == 0 {{ for j in 0..3 {{ printf(\"%d\", i); }}{last} exit(0); }} }}\n"
        ))
    };
    let ((_kept, plain), (_also, other)) = (many(""), many(" if i == 4 { printf(\"x\"); }"));
    let (answer, status) = explore(&other, &["--stdout=unbuffered", "--diff", &plain]);
    assert_eq!((status, &answer["complete"]), (1, &json!(true)), "{answer}");
    assert_eq!(answer["only_first"][0]["text"], "000111222333444x", "{answer}");
    assert_eq!(answer["only_second"][0]["text"], "000111222333444", "{answer}");
    let (_twin, again) = many("");
    let (answer, status) = explore(&again, &["--stdout=unbuffered", "--diff", &plain]);
    assert_eq!((status, &answer["complete"]), (0, &json!(true)), "{answer}");
    assert_eq!((&answer["only_first"], &answer["only_second"]), (&json!([]), &json!([])), "{answer}");
}

/// However many threads look at states, and in whatever order they do: the report is the same to the byte.
fn threads() {
    let model = std::fs::read_to_string(root().join("benches/spin/philosophers.proc")).expect("the model");
    let (_folder, path) = written(&model.replace("const N = 4;", "const N = 3;"));
    let report = |jobs: &str| {
        let mut command = Command::new(program());
        command.args(["explore", "--format=json", "--reduction=none", jobs, &path]);
        run(command, b"").stdout
    };
    let one = report("--jobs=1");
    assert!(one.len() > 100);
    for jobs in ["--jobs=2", "--jobs=4"] {
        assert_eq!(String::from_utf8_lossy(&report(jobs)), String::from_utf8_lossy(&one), "{jobs}");
    }
}

/// The page shows a program and its report: that is the report to the byte.
fn documented() {
    let page = std::fs::read_to_string(root().join("docs/explore.md")).expect("the page");
    let block = |kind: &str| {
        let begin = page.find(&format!("```{kind}\n")).expect("a block") + kind.len() + 4;
        page[begin..].split("```").next().expect("its end").to_owned()
    };
    let (_folder, path) = written(&block("proc"));
    let mut command = Command::new(program());
    command.args(["explore", "--stdout=unbuffered", "--format=json", &path]);
    assert_eq!(String::from_utf8_lossy(&run(command, b"").stdout), block("json"));
}
