//! Random small programs whose output does not depend on the schedule: the simulator and real Linux must agree on each.
//!
//! Every program is a row of scenes; a scene is a little story of processes, pipes, signals, queues or groups with random details, made
//! so that it always ends and that every order of events is forced. A seed gives always the same program. `PROC_CASES=N` says how many
//! programs are made, `PROC_SEED=N` where the seeds begin.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Trial;

use super::{real_linux, trial};

/// Programs that are made where nothing else is said.
const FEW: u64 = 6;

pub(crate) fn trials() -> Vec<Trial> {
    if !real_linux::has_compiler() {
        return Vec::new();
    }
    vec![trial("real/random-programs", random_programs)]
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn random_programs() {
    let (first, count) = (setting("PROC_SEED", 1), setting("PROC_CASES", FEW));
    let next = AtomicU64::new(first);
    let wrong: Mutex<Vec<String>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    if let Err(why) = compare(seed) {
                        wrong.lock().expect("no thread panics here").push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics here");
    assert!(wrong.is_empty(), "{} of {count} programs differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(seed: u64) -> Result<(), String> {
    let text = Generator::new(seed).program();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("random.proc");
    std::fs::write(&path, &text).map_err(|error| error.to_string())?;
    real_linux::agrees(&path, &[], b"", 1).map_err(|why| format!("seed {seed}: {why}\nthe program:\n{text}"))
}

/// Signals that kill and that a handler can catch.
const SIGNALS: &[&str] =
    &["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGALRM", "SIGPIPE", "SIGVTALRM", "SIGPROF"];

struct Generator {
    state: u64,
    seed: u64,
    names: u32,
    text: String,
    depth: usize,
}

impl Generator {
    fn new(seed: u64) -> Self {
        Generator {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1,
            seed,
            names: 0,
            text: String::new(),
            depth: 0,
        }
    }

    /// A number below `end` (splitmix64).
    fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len() as u64) as usize]
    }

    fn name(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.text, "{}{}", "    ".repeat(self.depth), text.as_ref());
    }

    fn program(mut self) -> String {
        self.text.push_str(
            "let log = \"\";\nlet hits = 0;\nfn note(sig: int) { log += \" \" + str(sig); hits++; }\n\
             fn told(what: str, s: status) {\n    if WIFEXITED(s) { print(what, \"exited\", WEXITSTATUS(s)); }\n    \
             if WIFSIGNALED(s) { print(what, \"killed by\", WTERMSIG(s)); }\n    if WIFSTOPPED(s) { print(what, \"stopped by\", WSTOPSIG(s)); }\n    \
             if WIFCONTINUED(s) { print(what, \"continued\"); }\n}\n\
             fn mix(a: int, b: int) -> int { hits += a; return a * 31 + b; }\n",
        );
        let scenes = 3 + self.below(5);
        for _ in 0..scenes {
            self.scene();
        }
        let code = self.below(300);
        match self.below(5) {
            0 => self.line(format!("exit({});", code & 255)),
            1 => {
                let signal = self.pick(SIGNALS);
                self.line("fflush();");
                self.line(format!("signal({signal}, SIG_DFL);"));
                self.line(format!("raise({signal});"));
            }
            _ => self.line("print(\"end\", hits);"),
        }
        self.text
    }

    fn scene(&mut self) {
        match self.below(14) {
            0 => self.arithmetic(),
            1 => self.child_exits(),
            2 => self.child_is_killed(),
            3 | 4 => self.lines_through_a_pipe(),
            5 => self.blocked_signals(),
            6 => self.queue(),
            7 => self.group(),
            8 => self.stopped(),
            9 => self.buffered(),
            10 => self.several_children(),
            11 => self.pipe_edges(),
            12 => self.texts(),
            _ => self.wait_for_signal(),
        }
    }

    /// A child that may play scenes of its own before it ends.
    fn begin_child(&mut self) -> String {
        self.begin_child_with("", true)
    }

    /// A child that begins with a line of its own, which comes before the scenes that it plays if it may: one that its parent
    /// kills may not, since nobody knows how far it would come.
    fn begin_child_with(&mut self, first: &str, may_play: bool) -> String {
        let child = self.name("child");
        if self.below(2) == 0 {
            self.line("fflush();");
        }
        self.line(format!("let {child} = fork();"));
        self.line(format!("if {child} == 0 {{"));
        self.depth += 1;
        if !first.is_empty() {
            self.line(first);
        }
        if may_play && self.depth < 3 && self.below(3) == 0 {
            self.scene();
        }
        child
    }

    fn end_child(&mut self) {
        self.depth -= 1;
        self.line("}");
    }

    fn arithmetic(&mut self) {
        let (a, b) = (self.name("a"), self.name("b"));
        let values = ["7", "-13", "0x7fffffffffffffff", "1_000_000_007", "-1", "3", "65_536", "hits"];
        let (x, y) = (self.pick(&values), self.pick(&values));
        self.line(format!("let {a} = {x};"));
        self.line(format!("let {b} = {y};"));
        for _ in 0..3 {
            let operator = self.pick(&["+", "-", "*", "&", "|", "^", "<<", ">>"]);
            let right = self.pick(&["5", "-3", "61", "1"]);
            self.line(format!("{a} = ({a} {operator} {b}) {} {right};", self_operator(self.state)));
            self.line(format!("{b} {operator}= {right};"));
        }
        let divisor = 1 + self.below(1000);
        self.line(format!(
            "print(\"arithmetic\", {a}, {b}, {a} / {divisor}, {b} % {divisor}, {a} < {b}, ~{a} == {b});"
        ));
        self.line(format!("printf(\"%d %x %5d|%-7d|%+d\\n\", {a}, {b}, {b} % 1000, {a} % 1000, {a} % 77);"));
        self.line(format!("print(mix({a}, hits), mix(hits, {b}) - mix(1, 2));"));
    }

    fn child_exits(&mut self) {
        let child = self.begin_child();
        let code = self.below(400);
        if self.below(2) == 0 {
            self.line(format!("print(\"child says\", {code});"));
        }
        let how = self.pick(&["exit", "_exit"]);
        self.line(format!("{how}({code} & 255);"));
        self.end_child();
        let status = self.name("s");
        self.line(format!("let (_, {status}) = waitpid({child}, 0);"));
        self.line(format!("told(\"child\", {status});"));
        self.line(format!("print(waitpid({child}, WNOHANG), errno == ECHILD);"));
    }

    fn child_is_killed(&mut self) {
        let signal = self.pick(&[
            "SIGHUP", "SIGINT", "SIGKILL", "SIGUSR1", "SIGTERM", "SIGPIPE", "SIGALRM", "SIGABRT", "SIGFPE", "SIGSEGV",
        ]);
        let by_itself = self.below(2) == 0;
        let child = self.begin_child_with("", by_itself);
        self.line(format!(
            "{}({signal}, SIG_DFL);",
            if signal == "SIGKILL" { "print(\"cannot change it\"); signal" } else { "signal" }
        ));
        if by_itself {
            self.line(format!("raise({signal});"));
            self.line("exit(9);");
            self.end_child();
        } else {
            self.line("while true { pause(); }");
            self.end_child();
            // Blocked or not, the default action of the inherited setting is the same.
            self.line(format!("kill({child}, SIGKILL);"));
        }
        let status = self.name("s");
        self.line(format!("let (_, {status}) = waitpid({child}, 0);"));
        self.line(format!("told(\"victim\", {status});"));
    }

    fn lines_through_a_pipe(&mut self) {
        let (r, w) = (self.name("r"), self.name("w"));
        self.line(format!("let ({r}, {w}) = pipe();"));
        let child = self.begin_child();
        self.line(format!("close({r});"));
        let count = 1 + self.below(6);
        let length = 1 + self.below(400);
        self.line(format!(
            "for i in 0..{count} {{ write({w}, repeat(chr('a' + i), {length} * i) + str(i * {length}) + \"\\n\"); }}"
        ));
        if self.below(3) == 0 {
            self.line(format!("write({w}, \"no newline\");"));
        }
        self.line(format!("exit({});", self.state % 7));
        self.end_child();
        self.line(format!("close({w});"));
        let (n, text) = (self.name("n"), self.name("t"));
        if self.below(2) == 0 {
            self.line(format!(
                "while let ({n}, {text}) = getline({r}); {n} >= 0 {{ print(\"line of\", {n}, {text}); }}"
            ));
        } else {
            let size = 1 + self.below(300);
            let total = self.name("total");
            self.line(format!("let {total} = 0;"));
            self.line(format!("while let ({n}, {text}) = read({r}, {size}); {n} > 0 {{"));
            self.line(format!("    for i in 0..{n} {{ {total} = {total} * 7 + {text}[i]; }}"));
            self.line("}");
            self.line(format!("print(\"sum\", {total});"));
        }
        self.line(format!("close({r});"));
        let status = self.name("s");
        self.line(format!("let (_, {status}) = waitpid({child}, 0);"));
        self.line(format!("told(\"writer\", {status});"));
    }

    fn blocked_signals(&mut self) {
        let before = self.name("before");
        let full = self.below(2) == 0;
        let (mask, flags) = (if full { "~0" } else { "0" }, self.pick(&["0", "SA_RESTART", "SA_NODEFER"]));
        let mut chosen: Vec<&str> = (0..2 + self.below(4)).map(|_| self.pick(SIGNALS)).collect();
        self.line("log = \"\";");
        self.line(format!("let (_, {before}) = sigprocmask(SIG_BLOCK, ~0);"));
        for signal in &chosen {
            self.line(format!("sigaction({signal}, note, {mask}, {flags});"));
        }
        for signal in &chosen {
            self.line(format!("kill(getpid(), {signal});"));
        }
        let waiting = self.name("waiting");
        self.line(format!("let (_, {waiting}) = sigpending();"));
        self.line(format!("print(\"pending\", {waiting}, \"handled\" + log);"));
        self.line(format!("sigprocmask(SIG_SETMASK, {before});"));
        self.line("print(\"handled\" + log);");
        chosen.sort_unstable();
        chosen.dedup();
        for signal in chosen {
            let action = self.pick(&["SIG_DFL", "SIG_IGN"]);
            self.line(format!("print(signal({signal}, {action}) == note);"));
            self.line(format!("signal({signal}, SIG_DFL);"));
        }
    }

    fn queue(&mut self) {
        let (q, queue) = (self.name("q"), format!("/proc_random_{}_{}_{}", std::process::id(), self.seed, self.names));
        let most = 1 + self.below(6);
        self.line(format!("let {q} = mq_open(\"{queue}\", O_CREAT | O_EXCL | O_RDWR | O_NONBLOCK, {most}, 32);"));
        self.line(format!("mq_unlink(\"{queue}\");"));
        let child = self.begin_child();
        for at in 0..2 + self.below(6) {
            let priority = self.below(4);
            self.line(format!(
                "if mq_send({q}, \"message {at}\", {priority}) < 0 {{ print(\"refused\", errno == EAGAIN); }}"
            ));
        }
        self.line("exit(0);");
        self.end_child();
        self.line(format!("waitpid({child}, 0);"));
        let (n, text, priority) = (self.name("n"), self.name("m"), self.name("p"));
        self.line(format!(
            "while let ({n}, {text}, {priority}) = mq_receive({q}); {n} >= 0 {{ print({priority}, {text}, {n}); }}"
        ));
        self.line(format!("print(\"empty\", errno == EAGAIN, mq_close({q}));"));
    }

    fn group(&mut self) {
        let (group, members) = (self.name("group"), self.name("members"));
        let count = 1 + self.below(4);
        let signal = self.pick(&["SIGTERM", "SIGKILL", "SIGUSR1", "SIGINT"]);
        self.line("fflush();");
        self.line(format!("let {group} = 0;"));
        self.line(format!("let {members}: [int] = [];"));
        self.line(format!("for i in 0..{count} {{"));
        self.line("    let pid = fork();");
        self.line("    if pid == 0 {");
        self.line(format!("        setpgid(0, {group});"));
        self.line("        while true { pause(); }");
        self.line("    }");
        self.line(format!("    setpgid(pid, {group});"));
        self.line(format!("    if {group} == 0 {{ {group} = pid; }}"));
        self.line(format!("    push({members}, pid);"));
        self.line("}");
        self.line(format!("print(\"alive\", killpg({group}, 0), getpgid({members}[0]) == {group});"));
        self.line(format!("killpg({group}, {signal});"));
        self.line(format!("for pid in {members} {{"));
        self.line("    let (_, s) = waitpid(pid, 0);");
        self.line("    told(\"member\", s);");
        self.line("}");
        self.line(format!("print(\"gone\", killpg({group}, 0), errno == ESRCH);"));
    }

    fn stopped(&mut self) {
        self.line("fflush();");
        let child = self.begin_child();
        let rounds = 1 + self.below(3);
        self.line(format!("for i in 0..{rounds} {{ raise(SIGSTOP); }}"));
        let code = self.below(50);
        self.line(format!("exit({code});"));
        self.end_child();
        let status = self.name("s");
        self.line(format!("for i in 0..{rounds} {{"));
        self.line(format!("    let (_, {status}) = waitpid({child}, WUNTRACED);"));
        self.line(format!("    told(\"sleeper\", {status});"));
        self.line(format!("    kill({child}, SIGCONT);"));
        self.line("}");
        let last = self.name("s");
        self.line(format!("let (_, {last}) = waitpid({child}, 0);"));
        self.line(format!("told(\"sleeper\", {last});"));
    }

    fn buffered(&mut self) {
        let size = self.below(5000);
        self.line(format!("printf(\"[%s]\", repeat(\"x\", {size}));"));
        let child = self.begin_child();
        self.line("printf(\"(child)\");");
        let end = self.pick(&["exit(0);", "_exit(0);", "fflush(); _exit(1);", "raise(SIGKILL);"]);
        self.line(end);
        self.line("exit(3);");
        self.end_child();
        self.line(format!("waitpid({child}, 0);"));
        self.line("print(\"after\");");
    }

    fn several_children(&mut self) {
        let (pids, codes) = (self.name("pids"), self.name("codes"));
        let count = 2 + self.below(5);
        let factor = 1 + self.below(40);
        self.line("fflush();");
        self.line(format!("let {pids} = [0; {count}];"));
        self.line(format!("for i in 0..{count} {{"));
        self.line(format!("    {pids}[i] = fork();"));
        self.line(format!("    if {pids}[i] == 0 {{ exit(i * {factor} & 255); }}"));
        self.line("}");
        if self.below(2) == 0 {
            self.line(format!("let {codes}: [int] = [];"));
            self.line(format!("while let (pid, s) = wait(); pid > 0 {{ push({codes}, WEXITSTATUS(s)); }}"));
            self.line(format!("sort({codes});"));
            self.line(format!("print({codes});"));
        } else {
            self.line(format!("reverse({pids});"));
            self.line(format!("for pid in {pids} {{"));
            self.line("    let (p, s) = waitpid(pid, 0);");
            self.line("    print(p == pid, WEXITSTATUS(s));");
            self.line("}");
        }
        self.line("print(wait(), errno == ECHILD);");
    }

    fn pipe_edges(&mut self) {
        let (r, w) = (self.name("r"), self.name("w"));
        self.line(format!("let ({r}, {w}) = pipe2(O_NONBLOCK);"));
        self.line(format!("print(read({r}, 10), errno == EAGAIN);"));
        let size = 1 + self.below(70_000);
        self.line(format!("print(write({w}, repeat(\"y\", {size})));"));
        let copy = self.name("copy");
        self.line(format!("let {copy} = dup({w});"));
        self.line(format!("close({w});"));
        self.line(format!("print(write({w}, \"z\"), errno == EBADF, write({copy}, \"z\"));"));
        self.line(format!("print(read({r}, {}));", 1 + size / 2));
        if self.below(2) == 0 {
            self.line(format!("close({copy});"));
            self.line(format!("print(read({r}, 100000) >= 0, read({r}, 100000) >= 0, read({r}, 1));"));
            self.line(format!("close({r});"));
        } else {
            self.line(format!("close({r});"));
            self.line("fflush();");
            let child = self.begin_child();
            let action = self.pick(&["SIG_DFL", "SIG_IGN"]);
            self.line(format!("signal(SIGPIPE, {action});"));
            self.line(format!("print(write({copy}, \"z\"), errno == EPIPE);"));
            self.line("exit(4);");
            self.end_child();
            let status = self.name("s");
            self.line(format!("let (_, {status}) = waitpid({child}, 0);"));
            self.line(format!("told(\"writer\", {status});"));
            self.line(format!("close({copy});"));
        }
    }

    fn texts(&mut self) {
        let (text, parts) = (self.name("t"), self.name("parts"));
        let words = self.pick(&["the quick brown fox", " a  b c ", "one,two,,three", "", "x"]);
        let separator = self.pick(&[" ", ",", "", "o"]);
        self.line(format!("let {text} = \"{words}\";"));
        self.line(format!("let {parts} = split({text}, \"{separator}\");"));
        self.line(format!("print(len({parts}), {parts}, join({parts}, \"-\"));"));
        self.line(format!("sort({parts});"));
        self.line(format!(
            "print({parts}, upper({text}), find({text}, \"o\"), replace({text}, \"o\", \"00\"), trim({text}) + \"|\");"
        ));
        self.line(format!(
            "if len({text}) > 2 {{ print({text}[1..], {text}[..2], {text}[2], contains({text}, \"b\")); }}"
        ));
    }

    fn wait_for_signal(&mut self) {
        let (before, me) = (self.name("before"), self.name("me"));
        let signal = self.pick(&["SIGUSR1", "SIGUSR2", "SIGTERM", "SIGHUP"]);
        self.line("log = \"\";");
        self.line(format!("let (_, {before}) = sigprocmask(SIG_BLOCK, sigmask({signal}));"));
        self.line(format!("signal({signal}, note);"));
        self.line(format!("let {me} = getpid();"));
        self.line("fflush();");
        // The child waits for signals of its own, perhaps this one: what its parent has set for it must not stay in force there.
        let plain = format!("signal({signal}, SIG_DFL); sigprocmask(SIG_SETMASK, {before});");
        let child = self.begin_child_with(&plain, true);
        self.line(format!("kill({me}, {signal});"));
        self.line("_exit(0);");
        self.end_child();
        if self.below(2) == 0 {
            self.line(format!("print(sigsuspend({before}), errno == EINTR, log);"));
        } else {
            let got = self.name("got");
            self.line(format!("let (_, {got}) = sigwait(sigmask({signal}));"));
            self.line(format!("print(\"took\", {got} == {signal}, log);"));
        }
        self.line(format!("waitpid({child}, 0);"));
        self.line(format!("sigprocmask(SIG_SETMASK, {before});"));
        self.line(format!("signal({signal}, SIG_DFL);"));
    }
}

fn self_operator(state: u64) -> &'static str {
    ["+", "-", "*", "^"][(state >> 7) as usize % 4]
}
