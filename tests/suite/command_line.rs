//! `proc` as a person uses it: exit statuses, usage, limits, hostile input.

use std::fs;
use std::process::{Command, Output};

use libtest_mimic::Trial;

use super::case::{program, root, run};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("cli/exit-statuses", exit_statuses),
        trial("cli/usage", usage),
        trial("cli/did-you-mean", did_you_mean),
        trial("cli/version-and-completions", version_and_completions),
        trial("cli/short-form-and-arguments", short_form_and_arguments),
        trial("cli/shell-example", shell_example),
        trial("cli/hostile-sources", hostile_sources),
        trial("cli/hostile-programs", hostile_programs),
        trial("cli/exec-stays-inside", exec_stays_inside),
        trial("cli/files-stay-in-memory", files_stay_in_memory),
        trial("cli/write-to", write_to),
        trial("cli/closed-output", closed_output),
        trial("cli/trace-file-and-json", trace_file_and_json),
        trial("cli/no-colours-in-a-pipe", no_colours_in_a_pipe),
        trial("cli/trace-of-memory", trace_of_memory),
    ]
}

/// A word that is nearly one we know: the complaint says which, whatever kind of word it is.
fn did_you_mean() {
    let folder = scratch(&[("ready.proc", "print(1);\n"), ("sub/far.proc", "print(2);\n")]);
    let script = folder.path().join("ready.proc").display().to_string();
    let missing = folder.path().join("raedy.proc").display().to_string();
    for (args, status, meant) in [
        (vec!["check", &missing], 66, "ready.proc"),
        (vec!["run", &missing], 66, "ready.proc"),
        (vec!["chekc", &script], 66, "proc check"),
        (vec!["run", "--polcy=rr", &script], 64, "--policy"),
        (vec!["run", "--policy=rnadom", &script], 64, "random"),
        (vec!["explain", "N5099"], 64, "N50"),
        (vec!["explain", "sigterm"], 0, "SIGTERM"),
        (vec!["explain", "wiatpid"], 64, "waitpid"),
    ] {
        let mut command = Command::new(program());
        command.args(&args);
        let output = run(command, b"");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        assert_eq!(self::status(&output), status, "{args:?}: {said}");
        assert!(said.contains(meant), "{args:?}: {said}");
    }
}

/// A scratch folder with these files; gone with its handle.
fn scratch(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a folder inside the scratch folder");
        }
        fs::write(path, text).expect("a file in the scratch folder");
    }
    folder
}

/// Runs a source text with these arguments before its name.
fn run_text(text: &str, arguments: &[&str]) -> Output {
    let folder = scratch(&[("main.proc", text)]);
    let mut command = Command::new(program());
    command.args(arguments).arg(folder.path().join("main.proc"));
    run(command, b"")
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", String::from_utf8_lossy(&output.stderr)))
}

fn exit_statuses() {
    for (text, arguments, expected) in [
        ("exit(7);", &["run"][..], 7),
        ("exit(300);", &["run"], 44),
        ("kill(getpid(), SIGTERM);", &["run"], 143),
        ("let x = 0; x = 1 / x;", &["run"], 136),
        ("let x: int = \"\";", &["run"], 65),
        ("while true { }", &["run", "--ticks", "1000"], 124),
        ("pause();", &["run"], 125),
        ("fn main() -> int { return 9; }", &["run"], 9),
        ("print(1);", &["check"], 0),
        ("print(", &["check"], 65),
    ] {
        let output = run_text(text, arguments);
        assert_eq!(status(&output), expected, "{text}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut missing = Command::new(program());
    missing.args(["run", "no-such-file.proc"]);
    assert_eq!(status(&run(missing, b"")), 66);
    let mut folder = Command::new(program());
    folder.args(["run", "examples"]);
    assert_eq!(status(&run(folder, b"")), 66);
}

fn usage() {
    for arguments in
        [&[][..], &["run"], &["run", "--quantum", "0", "x"], &["run", "--send", "x", "y"], &["run", "--heap", "1", "x"]]
    {
        let mut command = Command::new(program());
        command.args(arguments);
        let output = run(command, b"");
        assert_eq!(status(&output), 64, "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

fn version_and_completions() {
    let mut version = Command::new(program());
    version.arg("--version");
    let output = run(version, b"");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("proc {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish"] {
        let mut command = Command::new(program());
        command.args(["completions", shell]);
        let output = run(command, b"");
        assert!(status(&output) == 0 && output.stdout.len() > 500, "{shell}");
    }
}

fn short_form_and_arguments() {
    let folder = scratch(&[("args.proc", "#!/usr/bin/env proc\nprint(len(argv), argv[1], argv[2]);")]);
    let mut command = Command::new(program());
    command.arg(folder.path().join("args.proc")).args(["-x", "two words"]);
    let output = run(command, b"");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "3 -x two words\n");
}

fn shell_example() {
    let shell = fs::read_dir(root().join("examples"))
        .expect("the examples")
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with("shell.proc"))
        .expect("the shell example");
    for (script, expected) in [
        ("seq 5 | cat | wc\n", "5 5 10"),
        ("echo hello world\n", "hello world"),
        ("seq 100 | grep 7 | head -n 3\n", "7\n17\n27"),
        ("yes | head -n 2\n", "y\ny"),
    ] {
        let mut command = Command::new(program());
        command.arg(&shell);
        let output = run(command, script.as_bytes());
        let stdout = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = stdout.split_whitespace().collect();
        let wanted: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(words, wanted, "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Sources that no person writes: each is answered with messages, quickly, within the host's stack and memory.
fn hostile_sources() {
    let many = 200_000;
    for (name, text) in [
        ("parentheses", format!("let x = {}1{};", "(".repeat(many), ")".repeat(many))),
        ("braces", "{".repeat(many)),
        ("minuses", format!("let x = {}1;", "-".repeat(many))),
        ("sum", format!("let x = 0{};", "+1".repeat(many))),
        ("else-ifs", format!("if true {{ }} {}", "else if true { } ".repeat(many))),
        ("brackets", format!("let x: {}int{};", "[".repeat(many), "]".repeat(many))),
        ("calls", format!("let x = {}", "f(".repeat(many))),
        ("conditionals", format!("let x = {} 1;", "true ? 1 : ".repeat(many))),
        ("one long line", format!("print(\"{}\", y);", "a".repeat(10 << 20))),
        ("nul bytes", "\0\0\0let x = 1;\0".to_owned()),
        ("unclosed string", "print(\"abc".to_owned()),
        ("unclosed comment", "/* /* */".to_owned()),
    ] {
        let output = run_text(&text, &["check"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(status(&output), 65, "{name}: {}", &stderr[..stderr.len().min(500)]);
        assert!(!stderr.contains("panicked") && stderr.len() < 100_000, "{name}: {} bytes of messages", stderr.len());
    }
}

/// Programs that want everything: each meets a limit, and the host lives.
fn hostile_programs() {
    for (name, text, options, expected) in [
        ("endless recursion", "fn f(n: int) -> int { return f(n + 1) + 1; } print(f(0));", &[][..], 139),
        ("fork bomb", "while true { fork(); }", &["--ticks", "2000000"], 124),
        ("huge malloc", "let p = malloc(1_000_000_000_000); print(p == nil); p = malloc(-1); print(p == nil);", &[], 0),
        ("string of a gigabyte", "let s = repeat(\"x\", 1_000_000_000); print(len(s));", &[], 134),
        ("string that grows", "let s = \"x\"; while true { s = s + s; }", &[], 134),
        ("array that grows", "let a = [1]; while true { push(a, 1); }", &["--heap", "1M"], 134),
        (
            "message of a gigabyte",
            "let q = mq_open(\"/q\", O_CREAT | O_RDWR); print(mq_send(q, repeat(\"x\", 100_000), 1), errno == EMSGSIZE); mq_unlink(\"/q\");",
            &[],
            0,
        ),
        ("wide format", "let s = sprintf(\"%*d\", 2_000_000_000, 1); print(len(s));", &[], 134),
        (
            "garbage for ever",
            "let s = \"\"; for i in 0..300000 { s = str(i) + \"x\"; } print(s);",
            &["--heap", "1M"],
            0,
        ),
    ] {
        let mut arguments = vec!["run"];
        arguments.extend(options);
        let output = run_text(text, &arguments);
        assert_eq!(status(&output), expected, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn exec_stays_inside() {
    let folder = scratch(&[
        ("in/main.proc", "exec(argv[1]); print(errno == ENOENT);"),
        ("out/secret.proc", "print(\"secret\");"),
        ("in/plain.proc", "print(\"plain\");"),
        ("in/broken.proc", "print(secret;"),
    ]);
    std::os::unix::fs::symlink("../out/secret.proc", folder.path().join("in/link.proc")).expect("a link");
    let absolute = folder.path().join("out/secret.proc");
    let absolute = absolute.to_str().expect("a scratch path is text");
    for (name, expected) in [
        ("../out/secret", "true\n"),
        (absolute, "true\n"),
        ("link", "true\n"),
        ("none", "true\n"),
        ("plain", "plain\n"),
        ("broken", "false\n"),
    ] {
        let mut command = Command::new(program());
        command.arg(folder.path().join("in/main.proc")).arg(name);
        let output = run(command, b"");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{name}");
    }
    let mut command = Command::new(program());
    command
        .arg("run")
        .arg("--path")
        .arg(folder.path().join("out"))
        .arg(folder.path().join("in/main.proc"))
        .arg("secret");
    assert_eq!(String::from_utf8_lossy(&run(command, b"").stdout), "secret\n");
}

/// A program that makes, changes, renames and removes files beside itself.
const BUSY: &str = r#"
fn save(name: str, text: str) {
    let fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
    assert(write(fd, text) == len(text));
    close(fd);
}
save("made", "new");
save("changed", "other");
assert(mkdir("folder") == 0);
save("folder/deep", "below");
save("folder/short", "gone");
unlink("folder/short");
unlink("removed");
rename("moved", "folder/arrived");
save("/tmp/elsewhere", "not kept");
assert(join(readdir("."), " ") == "changed folder made main.proc");
"#;

fn busy() -> tempfile::TempDir {
    scratch(&[("main.proc", BUSY), ("changed", "old"), ("removed", "kept"), ("moved", "stays")])
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn files_stay_in_memory() {
    let folder = busy();
    let mut command = Command::new(program());
    command.arg(folder.path().join("main.proc"));
    assert_eq!(status(&run(command, b"")), 0);
    assert_eq!(names(folder.path()), ["changed", "main.proc", "moved", "removed"]);
    assert_eq!(fs::read(folder.path().join("changed")).expect("a file"), b"old");
    // Nothing outside the script's directory can be seen, by whatever path.
    let outside = scratch(&[("secret", "s"), ("inside/main.proc", "")]);
    let inside = outside.path().join("inside");
    std::os::unix::fs::symlink("../secret", inside.join("leak")).expect("a link");
    std::os::unix::fs::symlink("..", inside.join("up")).expect("a link");
    let mut text = String::from("assert(join(readdir(\".\"), \" \") == \"main.proc\");\n");
    let absolute = outside.path().join("secret").display().to_string();
    for path in
        ["leak", "up/secret", "../secret", "/etc/passwd", "../../../../../../etc/passwd", "up", absolute.as_str()]
    {
        text += &format!("assert(open(\"{path}\", O_RDONLY) == -1 && errno == ENOENT);\n");
        text += &format!("assert(filesize(\"{path}\") == -1 && chdir(\"{path}\") == -1);\n");
    }
    fs::write(inside.join("main.proc"), text).expect("a file");
    let mut command = Command::new(program());
    command.arg(inside.join("main.proc"));
    let output = run(command, b"");
    assert_eq!(status(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
}

fn write_to() {
    let (folder, to) = (busy(), scratch(&[("changed", "before"), ("own", "kept")]));
    let target = to.path().join("results");
    for _ in 0..2 {
        let mut command = Command::new(program());
        command.arg("run").arg("--write-to").arg(&target).arg(folder.path().join("main.proc"));
        assert_eq!(status(&run(command, b"")), 0);
        assert_eq!(names(&target), ["changed", "folder", "made"]);
        assert_eq!(names(&target.join("folder")), ["arrived", "deep"]);
    }
    assert_eq!(fs::read(target.join("changed")).expect("a file"), b"other");
    assert_eq!(fs::read(target.join("folder/arrived")).expect("a file"), b"stays");
    assert_eq!(names(folder.path()), ["changed", "main.proc", "moved", "removed"]);
    assert_eq!(names(to.path()), ["changed", "own", "results"]);
    // A directory of the result that is a link elsewhere is not followed.
    let linked = to.path().join("linked");
    fs::create_dir(&linked).expect("a folder");
    std::os::unix::fs::symlink(to.path(), linked.join("folder")).expect("a link");
    let mut command = Command::new(program());
    command.arg("run").arg("--write-to").arg(&linked).arg(folder.path().join("main.proc"));
    let output = run(command, b"");
    assert_eq!(status(&output), 73, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(to.path()), ["changed", "linked", "own", "results"]);
}

fn closed_output() {
    let mut command = Command::new("sh");
    let script =
        format!("{} run /dev/stdin <<'END' >&-\nlet n = printf(\"x\\n\"); eprint(n, errno == EIO);\nEND\n", program());
    command.args(["-c", &script]);
    let output = run(command, b"");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn trace_file_and_json() {
    let folder = scratch(&[("main.proc", "if fork() == 0 { exit(3); } wait();")]);
    let trace = folder.path().join("trace.json");
    let mut command = Command::new(program());
    command.args(["run", "--trace=syscall", "--trace-format", "json", "--trace-file"]).arg(&trace);
    command.arg(folder.path().join("main.proc"));
    assert_eq!(status(&run(command, b"")), 0);
    let text = fs::read_to_string(&trace).expect("the trace");
    let calls: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert!(calls.iter().any(|event| event["call"] == "fork" && event["result"][0] == 3), "{text}");
    assert!(calls.iter().all(|event| event["tick"].is_u64() && event["role"].is_string()));
}

fn no_colours_in_a_pipe() {
    let output = run_text("let x: int = \"\";", &["check"]);
    assert!(!output.stderr.contains(&0x1b), "an escape sequence in a pipe");
}

/// A child that writes to memory shared with its parent copies a page, and the trace says so.
fn trace_of_memory() {
    let output =
        run_text("let p = calloc(100); if fork() == 0 { p[1] = 2; _exit(0); } wait();", &["run", "--trace=memory"]);
    let trace = String::from_utf8_lossy(&output.stderr);
    assert!(trace.lines().any(|line| line.contains("child 1") && line.contains("1 pages copied")), "{trace}");
}
