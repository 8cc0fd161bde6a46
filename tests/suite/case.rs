//! A program with what it expects in its header: `//! exit: 0`, `//! output:` with lines `//! | …`, `//! stdin: …`,
//! `//! args: …`, `//! options: …`, `//! notes: …`, `//! ids: …`, `//! varies`, `//! spins`, `//! broken`, `//! real: no`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A program and what is expected of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) path: PathBuf,
    pub(crate) ids: Vec<String>,
    pub(crate) exit: Option<i32>,
    pub(crate) output: Option<String>,
    pub(crate) stdin: String,
    pub(crate) args: Vec<String>,
    pub(crate) options: Vec<String>,
    pub(crate) varies: bool,
    /// It spins until somebody else acts, so it ends only where processes are preempted.
    pub(crate) spins: bool,
    /// The codes that a plain run says: what it is about. None for all others.
    pub(crate) notes: Vec<String>,
    /// It does not compile, on purpose.
    pub(crate) broken: bool,
    /// `no`: not to be compared with real Linux; `user`: not as root.
    pub(crate) real: String,
}

impl Case {
    /// Reads the header of a program; none where it has no directive at all.
    pub(crate) fn read(path: &Path) -> Option<Case> {
        let text = std::fs::read_to_string(path).expect("a test program is readable");
        let mut case = Case { path: path.to_owned(), ..Case::default() };
        let mut found = false;
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("//!") else { continue };
            found = true;
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            if let Some(expected) = rest.strip_prefix('|') {
                let output = case.output.get_or_insert_default();
                output.push_str(expected.strip_prefix(' ').unwrap_or(expected));
                output.push('\n');
                continue;
            }
            case.directive(rest.trim(), path);
        }
        found.then_some(case)
    }

    fn directive(&mut self, line: &str, path: &Path) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        let words = || value.split_whitespace().map(str::to_owned).collect::<Vec<String>>();
        match name.trim() {
            "ids" => self.ids = words(),
            "exit" => self.exit = Some(value.parse().unwrap_or_else(|_| panic!("{}: exit: {value}", path.display()))),
            "output" if value == "varies" => self.varies = true,
            "output" => self.output = Some(if value.is_empty() { String::new() } else { unescape(value) }),
            "stdin" => self.stdin = unescape(value),
            "args" => self.args = words(),
            "options" => self.options = words(),
            "varies" => self.varies = true,
            "spins" => self.spins = true,
            "notes" => self.notes = words(),
            "broken" => self.broken = true,
            "real" => self.real = value.split(' ').next().unwrap_or_default().to_owned(),
            other => panic!("{}: there is no directive `{other}`", path.display()),
        }
    }

    /// Runs the program with further options.
    pub(crate) fn run(&self, further: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.arg("run").args(&self.options).args(further).arg(&self.path).args(&self.args);
        run(command, self.stdin.as_bytes())
    }
}

/// The program under test.
pub(crate) fn program() -> &'static str {
    env!("CARGO_BIN_EXE_proc")
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command to its end with this standard input. One that goes on for a minute, which none needs, is killed and fails the test:
/// what it had printed by then must never be taken for its output.
pub(crate) fn run(mut command: Command, stdin: &[u8]) -> Output {
    use std::io::Write;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(root());
    let mut child = command.spawn().expect("the program under test starts");
    let mut input = child.stdin.take().expect("its standard input is a pipe");
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that does not read all of its input closes the pipe early.
        let _ = input.write_all(&bytes);
    });
    let id = child.id();
    let (done, watch) = std::sync::mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let late = watch.recv_timeout(Duration::from_secs(60)).is_err();
        if late {
            let _ = Command::new("kill").arg("-9").arg(id.to_string()).status();
        }
        late
    });
    let output = child.wait_with_output().expect("the program under test can be waited for");
    let _ = done.send(());
    let late = watchdog.join().expect("the watchdog has nothing to fail at");
    let _ = writer.join();
    assert!(!late, "{command:?} is not over after a minute");
    output
}

/// All `.proc` files below a folder of the project, in order.
pub(crate) fn programs_below(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "proc") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found
}

/// The path of a program below the project's folder, as a test's name.
pub(crate) fn name_of(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).with_extension("").display().to_string()
}

/// `\n`, `\t`, `\\` in a directive.
fn unescape(text: &str) -> String {
    text.replace("\\\\", "\u{0}").replace("\\n", "\n").replace("\\t", "\t").replace('\u{0}', "\\")
}
