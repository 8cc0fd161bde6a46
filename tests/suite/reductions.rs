//! The oracle of explorations: random small programs are explored with what makes it quick and without, and both must find the same. A seed
//! gives always the same program. `PROC_GENERATED=N` says how many programs are made.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Trial;
use serde_json::Value;

use super::explore::{explore, written};
use super::mistakes::length;
use super::trial;

/// Programs that are made where nothing else is said.
const FEW: u64 = 45;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("explore/reduction-loses-nothing", reduction)]
}

/// What programs are made of: pipes, queues, signals with and without a handler, forks, waits, exits, choices, sleeps.
const PIECES: &[&str] = &[
    "printf(\"a\");",
    "printf(\"a\");",
    "printf(\"b\");",
    "write(w, \"x\");",
    "write(t, \"yz\");",
    "close(w);",
    "close(r);",
    "close(t);",
    "if true { let (n, _) = read(r, 1); printf(\"%d\", n); }",
    "if true { let (n, _) = read(r, 3); printf(\"%d\", n); }",
    "if true { let (n, _) = read(s, 2); printf(\"%d\", n); }",
    "wait();",
    "if true { let (p, z) = wait(); printf(\"%d\", p > 0 ? WEXITSTATUS(z) : 9); }",
    "if true { let (p, z) = waitpid(-1, WNOHANG); printf(\"%d\", p > 0 ? 1 : 0); }",
    "getpid();",
    "if getppid() == 1 { printf(\"o\"); }",
    "sleep(1);",
    "if choose(2) == 1 { printf(\"c\"); }",
    "g = g + 10;",
    "assert(g < 10);",
    "kill(getppid() > 1 ? getppid() : 0, 0);",
    "kill(getpid(), SIGUSR1);",
    "kill(script, SIGUSR1);",
    "mq_send(q, \"m\", 1);",
    "mq_send(q, \"k\", 2);",
    "if true { let (n, m, _) = mq_receive(q); printf(\"%s\", m); }",
    "if fork() == 0 { printf(\"n\"); exit(5); }",
    "fork();",
    "_exit(4);",
    "while wait() > 0 { }",
    "waitpid(-1, 0);",
    "dup2(w, 1);",
];

/// The pieces that are seldom in the way of one another: half of the programs are made of these.
const TAME: usize = 16;

fn generated(mut seed: u64) -> String {
    let pieces = if seed.is_multiple_of(2) { PIECES } else { &PIECES[..TAME] };
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut text = String::from(
        "let script = getpid(); let (r, w) = pipe(); let (s, t) = pipe();\nlet q = mq_open(\"/q\", O_CREAT | O_RDWR, 2, 4);\n\
         let g = 0; fn h(sig: int) { g = g + 1; }\n",
    );
    for signal in ["SIGCHLD", "SIGUSR1"] {
        if next(3) == 0 {
            text.push_str(&format!("signal({signal}, h);\n"));
        }
    }
    let mut add = |text: &mut String, count: u64| {
        for _ in 0..next(count) {
            text.push_str(pieces[next(pieces.len() as u64) as usize]);
            text.push('\n');
        }
    };
    for process in 0..2 {
        text.push_str("if fork() == 0 {\n");
        add(&mut text, 3);
        text.push_str(&format!("exit({process});\n}}\n"));
    }
    add(&mut text, 4);
    text.push_str("printf(\"%d\", g);\n");
    text
}

/// What processes do with pipes that have one reader and one writer each: process `me` reads from the one before it and writes into the next.
const PLUMBING: &[&str] = &[
    "write(next, \"x\");",
    "write(next, \"y\\n\");",
    "write(next, \"zz\");",
    "if true { let (n, s) = read(before, 1); write(next, s); if n > 0 { printf(\"%s\", s); } }",
    "if true { let (n, s) = read(before, 2); printf(\"%d\", n); }",
    "if true { let (n, s) = getline(before); printf(\"%d\", n); }",
    "while true { let (n, s) = read(before, 1); if n <= 0 { break; } write(next, s); }",
    "close(next);",
    "close(before);",
    "printf(\"a\");",
    "exit(3);",
    "while wait() > 0 { }",
    "signal(SIGPIPE, SIG_IGN);",
    "if fork() == 0 { write(next, \"k\"); exit(0); }",
];

/// A row or a ring of processes with a pipe between each two, whose other ends are closed or, sometimes, forgotten.
fn plumbed(mut seed: u64) -> String {
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let (ring, forgotten) = (next(2) == 0, next(3) == 0);
    let mut text = String::from("let (r0, w0) = pipe(); let (r1, w1) = pipe(); let (r2, w2) = pipe();\n");
    for (me, before, after) in [(0, "r2", "w0"), (1, "r0", "w1"), (2, "r1", "w2")] {
        if me < 2 {
            text.push_str("if fork() == 0 {\n");
        }
        text.push_str(&format!("let before = {before}; let next = {after};\n"));
        for (read, written) in [("r0", "w0"), ("r1", "w1"), ("r2", "w2")] {
            for end in [read, written] {
                if end != before && end != after && !(forgotten && next(4) == 0) {
                    text.push_str(&format!("close({end});\n"));
                }
            }
        }
        if me == 0 && !ring {
            text.push_str("close(before); before = 0;\n");
        }
        for _ in 0..1 + next(3) {
            text.push_str(PLUMBING[next(PLUMBING.len() as u64) as usize]);
            text.push('\n');
        }
        if me < 2 {
            text.push_str("exit(0);\n}\n");
        }
    }
    if next(2) == 0 {
        text.push_str("while wait() > 0 { }\n");
    }
    text + "printf(\".\");\n"
}

/// Programs of which the two once did not say the same.
const MET: [u64; 1] = [2286];

fn reduction() {
    for seed in MET {
        assert_eq!(agree(&generated(seed)), Ok(true), "seed {seed}");
    }
    let count = std::env::var("PROC_GENERATED").ok().and_then(|count| count.parse().ok()).unwrap_or(FEW);
    let (next, compared) = (AtomicU64::new(0), AtomicU64::new(0));
    let wrong: Mutex<Vec<String>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    let text = if seed % 3 == 2 { plumbed(seed) } else { generated(seed) };
                    match agree(&text) {
                        Ok(true) => {
                            compared.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(false) => {}
                        Err(why) => wrong.lock().expect("no thread panics here").push(format!("seed {seed}: {why}")),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics here");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared.into_inner() * 4 >= count * 3, "most programs are too large to be compared");
}

/// Whether a program could be explored in every way, all with the same result.
fn agree(text: &str) -> Result<bool, String> {
    let (_folder, path) = written(text);
    let options = ["--stdout=unbuffered", "--jobs=1", "--max-states=20000"];
    let (reduced, _) = explore(&path, &options);
    let (brute, _) = explore(&path, &[&options[..], &["--reduction=none"]].concat());
    if brute["complete"] == Value::Bool(false) {
        return Ok(false);
    }
    if reduced["complete"] == Value::Bool(false) {
        return Err(format!("the reduction has made it larger\n{text}"));
    }
    same(text, &reduced, &brute)?;
    for (one, other) in list(&reduced, "outputs").iter().zip(list(&brute, "outputs")) {
        let steps = |output: &Value| length(output["schedule"].as_str().unwrap_or_default());
        if steps(one) != steps(other) {
            return Err(format!("a shorter schedule for {}: {}\n{text}", one["schedule"], other["schedule"]));
        }
    }
    // Every instruction a point: only where that is small.
    let (finest, _) =
        explore(&path, &["--stdout=unbuffered", "--jobs=1", "--max-states=3000", "--reduction=instructions"]);
    if finest["complete"] == Value::Bool(true) {
        same(text, &reduced, &finest)?;
    }
    Ok(true)
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().map_or(&[], Vec::as_slice)
}

/// Whether two reports tell of the same outputs, stuck states, faults and failed assertions.
fn same(text: &str, one: &Value, other: &Value) -> Result<(), String> {
    for name in ["outputs", "stuck", "faults", "assertions"] {
        let set = |report: &Value| -> BTreeSet<String> {
            // What was printed before a fault is that of one way to it: only how nobody goes on is told for every text.
            let output = |witness: &Value| if name == "stuck" { witness["output"].to_string() } else { String::new() };
            let of = |witness: &Value| format!("{}{}{}", witness["text"], witness["message"], output(witness));
            list(report, name).iter().map(of).collect()
        };
        if set(one) != set(other) {
            return Err(format!("{name}: {:?} and {:?}\n{text}", set(one), set(other)));
        }
    }
    Ok(())
}
