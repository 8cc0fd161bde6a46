//! Real Linux is the witness: programs are exported as C, compiled, run, and must say what the simulator says.
//!
//! Without settings a sample is run; `PROC_REAL=all` runs every program that may run there. Programs whose header says `real: no` may
//! not, those with `real: user` not as root. Every run has a mark in its environment, by which all that it has started is found and
//! ended, also after a failure.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use super::case::{Case, program, programs_below, root};
use super::trial;

/// No program needs longer, on a slow machine either.
const LONGEST: Duration = Duration::from_secs(20);
/// Every so many programs are run by default.
const SAMPLE: usize = 12;

pub(crate) fn trials() -> Vec<Trial> {
    if !has_compiler() {
        eprintln!("there is no C compiler here: programs are not compared with real Linux");
        return Vec::new();
    }
    let all = std::env::var_os("PROC_REAL").is_some();
    let cases: Vec<Case> = ["examples", "tests/conformance"]
        .into_iter()
        .flat_map(programs_below)
        .filter(|path| !path.components().any(|part| part.as_os_str() == "bin" || part.as_os_str() == "explore"))
        .filter_map(|path| Case::read(&path))
        .filter(may_run)
        .enumerate()
        .filter(|(at, _)| all || at % SAMPLE == 0)
        .map(|(_, case)| case)
        .collect();
    vec![trial("real/agrees-with-linux", move || together(&cases))]
}

/// Whether a C compiler is here.
pub(crate) fn has_compiler() -> bool {
    Command::new("cc")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn may_run(case: &Case) -> bool {
    let allowed = match case.real.as_str() {
        "no" => false,
        "user" => !is_root(),
        _ => true,
    };
    allowed && !case.broken && !case.varies && case.options.is_empty()
}

/// Compares many programs, several at a time since most of them sleep now and then.
fn together(cases: &[Case]) {
    let next = AtomicUsize::new(0);
    let wrong: Mutex<Vec<String>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = agrees(&case.path, &case.args, case.stdin.as_bytes(), 2) {
                        wrong.lock().expect("no thread panics here").push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics here");
    assert!(
        wrong.is_empty(),
        "{} of {} programs differ on real Linux:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Compares one program with its export, run so many times.
pub(crate) fn agrees(path: &Path, args: &[String], stdin: &[u8], times: usize) -> Result<(), String> {
    let shown = path.display();
    let folder = tempfile::tempdir().map_err(|error| format!("{shown}: no scratch folder: {error}"))?;
    std::fs::create_dir(folder.path().join("bin")).map_err(|error| format!("{shown}: {error}"))?;
    let mut simulated = Command::new(program());
    simulated.args(["run", "--stdout", "file"]).arg(path).args(args);
    let simulated = super::case::run(simulated, stdin);
    let main = build(path, folder.path())?;
    for _ in 0..times {
        let real = run_marked(folder.path(), &main, args, stdin);
        unlink_queues(path, folder.path());
        let real = real.map_err(|why| format!("{shown}: {why}"))?;
        let expected = String::from_utf8_lossy(&simulated.stdout).into_owned();
        let found = String::from_utf8_lossy(&real.stdout).into_owned();
        if expected != found || simulated.status.code() != Some(real.status) {
            return Err(format!(
                "{shown}: the simulator says (exit {:?})\n{expected}but Linux says (exit {})\n{found}and on stderr\n{}",
                simulated.status.code(),
                real.status,
                String::from_utf8_lossy(&real.stderr)
            ));
        }
    }
    Ok(())
}

/// Exports a program and all that it starts, and compiles them without a warning; gives the main one's file.
fn build(path: &Path, folder: &Path) -> Result<PathBuf, String> {
    let shown = path.display();
    let mut export = Command::new(program());
    export.args(["export", "c"]).arg(path).arg("-o").arg(folder);
    let exported = super::case::run(export, b"");
    if !exported.status.success() {
        return Err(format!("{shown}: export: {}", String::from_utf8_lossy(&exported.stderr)));
    }
    let mut sources = Vec::new();
    sources_below(folder, &mut sources);
    for source in &sources {
        let mut compile = Command::new("cc");
        compile
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fwrapv", "-O0", "-o"])
            .arg(source.with_extension(""))
            .arg(source)
            .args(["-lm", "-lrt"]);
        let compiled = super::case::run(compile, b"");
        if !compiled.status.success() {
            return Err(format!("{shown}: cc: {}", String::from_utf8_lossy(&compiled.stderr)));
        }
    }
    Ok(PathBuf::from(path.file_stem().unwrap_or_default()))
}

fn sources_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            sources_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
}

struct Real {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// As a shell has it: 128 + n for a death by signal n.
    status: i32,
}

/// Runs a program in a process group of its own; whatever it leaves behind is ended.
fn run_marked(folder: &Path, main: &Path, args: &[String], stdin: &[u8]) -> Result<Real, String> {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let mark = format!("PROC_REAL_MARK={}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    let file = |name: &str| folder.join(format!(".{name}"));
    std::fs::write(file("in"), stdin).map_err(|error| error.to_string())?;
    let open = |name: &str| std::fs::File::create(file(name)).map_err(|error| error.to_string());
    let input = std::fs::File::open(file("in")).map_err(|error| error.to_string())?;
    let mut command = Command::new("sh");
    // Who starts the tests may ignore SIGINT, as shells do for what they start in the background, and exec would hand that on.
    // Pipes would stay open in whatever the program leaves behind, so its output goes into files: to C they are buffered alike.
    command
        .args(["-c", "ulimit -c 0; exec env --default-signal \"$@\"", "sh"])
        .arg(Path::new(".").join(main))
        .args(args);
    command.env("PROC_REAL_MARK", mark.split_once('=').map_or("", |(_, value)| value));
    command.current_dir(folder).stdin(input).stdout(open("out")?).stderr(open("err")?).process_group(0);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let started = Instant::now();
    let mut status = None;
    // The run ends with its last process, as a simulated one does.
    while started.elapsed() < LONGEST {
        if status.is_none() {
            status = child.try_wait().map_err(|error| error.to_string())?;
        }
        if status.is_some() && marked(&mark).is_empty() {
            break;
        }
        // Who only sleeps for long after the first process has ended is a daemon, and has said what it had to say.
        if status.is_some() && started.elapsed() > Duration::from_secs(6) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    end_all(&mark);
    if status.is_none() {
        // Its own id is no longer given to others as long as we have not waited for it.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("not over after {} seconds", LONGEST.as_secs()));
    }
    let read = |name: &str| std::fs::read(file(name)).map_err(|error| error.to_string());
    let status = status.map_or(-1, |status| status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1));
    Ok(Real { stdout: read("out")?, stderr: read("err")?, status })
}

/// The processes that have a mark in their environment.
fn marked(mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
                found.push(name);
            }
        }
    }
    found
}

/// Ends everything that has a mark, and what that forks meanwhile.
fn end_all(mark: &str) {
    for _ in 0..100 {
        let left = marked(mark);
        if left.is_empty() {
            return;
        }
        let _ = Command::new("kill").arg("-KILL").args(&left).stderr(Stdio::null()).status();
    }
}

/// Removes the queues whose names stand in a program, which it leaves behind when it dies early.
fn unlink_queues(path: &Path, folder: &Path) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let names: Vec<&str> = text
        .split('"')
        .filter(|part| part.starts_with('/') && part.len() > 1 && !part[1..].contains(['/', '\n', ' ']))
        .collect();
    if names.is_empty() || !text.contains("mq_open") {
        return;
    }
    let tool = folder.join(".unlink");
    let source = folder.join(".unlink.c");
    let made = std::fs::write(
        &source,
        "#include <mqueue.h>\nint main(int n, char **name) { while (--n > 0) mq_unlink(name[n]); return 0; }\n",
    )
    .is_ok()
        && (tool.exists()
            || Command::new("cc")
                .arg("-o")
                .arg(&tool)
                .arg(&source)
                .arg("-lrt")
                .status()
                .is_ok_and(|status| status.success()));
    if made {
        let _ = Command::new(&tool).args(names).status();
    }
    let _ = root();
}
