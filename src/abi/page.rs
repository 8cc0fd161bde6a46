//! `proc explain fork`: pages on built-ins, signals, errnos and constants, made from the tables.

use std::fmt::Write;

use super::builtin::{Class, Outcome, Property};
use super::signal::DefaultAction;
use super::{Builtin, Errno, Signal, constant};

/// The page of a name, if the tables know it.
pub fn page(name: &str) -> Option<String> {
    if let Some(builtin) = Builtin::find(name) {
        return Some(of_builtin(builtin));
    }
    let upper = name.to_ascii_uppercase();
    let signal =
        Signal::ALL.iter().find(|signal| signal.name() == upper || signal.name().strip_prefix("SIG") == Some(&upper));
    if let Some(signal) = signal {
        return Some(of_signal(*signal));
    }
    if let Some(errno) = Errno::ALL.iter().find(|errno| errno.name() == upper) {
        return Some(of_errno(*errno));
    }
    constant::find(&upper).map(|value| of_constant(&upper, value))
}

/// Every name that has a page here, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    Builtin::ALL
        .iter()
        .map(|builtin| builtin.name())
        .chain(constant::names().filter(|name| constant::find(name).is_some()))
}

fn of_builtin(builtin: Builtin) -> String {
    let row = builtin.row();
    let mut text = format!("# {}\n\n    {}\n\n{}\n\n", row.name, row.signature(), row.sentence);
    let mut facts: Vec<String> = Vec::new();
    match row.results {
        [] => facts.push("It returns nothing.".to_owned()),
        [Outcome::Never] => facts.push("It does not return.".to_owned()),
        [_] => {}
        [..] => facts.push(
            "What C returns comes first, what C would write through a pointer follows; on failure those parts are the zero of their type.".to_owned(),
        ),
    }
    if row.class == Class::Syscall && matches!(row.results.first(), Some(Outcome::Int)) {
        facts.push("-1 means failure, and `errno` says why.".to_owned());
    }
    if builtin.has(Property::Check) {
        facts.push("Its failure is commonly overlooked, and matters.".to_owned());
    }
    if builtin.has(Property::Blocks) {
        facts.push("It may put the process to sleep.".to_owned());
        facts.push(if builtin.has(Property::Restarts) {
            "A handler interrupts it: after one that was installed with SA_RESTART (or by `signal`) it goes on, else it fails with EINTR.".to_owned()
        } else {
            "A handler ends it: it is never made again.".to_owned()
        });
    }
    facts.push(if builtin.has(Property::Safe) {
        "It may be called in a signal handler.".to_owned()
    } else {
        "In a signal handler it is not safe (signal-safety(7)).".to_owned()
    });
    facts.push(match row.class {
        Class::Library => "The process does it by itself, without the kernel.".to_owned(),
        Class::Syscall => {
            "It is a system call: the kernel does it, and the scheduler may let another process run.".to_owned()
        }
    });
    facts.iter().for_each(|fact| text.push_str(&format!("- {fact}\n")));
    if let Some((code, note)) = example(builtin) {
        let _ = write!(text, "\n```proc\n{code}```\n\n{note}\n");
    }
    let family: Vec<&str> = Builtin::ALL
        .iter()
        .filter(|other| other.row().group == row.group && **other != builtin)
        .map(|other| other.name())
        .collect();
    let _ = write!(text, "\n{}: {}\n", row.group, family.join(", "));
    if !row.man.is_empty() {
        let _ = write!(text, "\nIn C: {}\n", row.man);
    }
    text
}

/// A small program for the calls that courses turn on, and the one thing to keep in mind.
fn example(builtin: Builtin) -> Option<(&'static str, &'static str)> {
    Some(match builtin {
        Builtin::Fork => (
            "match fork() {\n    -1 => { perror(\"fork\"); exit(1); }\n    0 => { print(\"child\"); exit(0); }\n    child => { waitpid(child, 0); print(\"parent\"); }\n}\n",
            "The child is a copy: variables, open descriptors, the mask, and what the stdout buffer holds. Nothing is shared afterwards but the open pipes and files.",
        ),
        Builtin::Wait | Builtin::Waitpid => (
            "if fork() == 0 { exit(3); }\nlet (pid, status) = wait();\nif WIFEXITED(status) { print(\"code\", WEXITSTATUS(status), pid > 0); }\n",
            "A child that nobody waits for stays in the process table as a zombie until its parent ends.",
        ),
        Builtin::Exec | Builtin::Execv | Builtin::Execl => (
            "if fork() == 0 {\n    exec(\"hello\", \"world\");\n    perror(\"hello\");\n    _exit(127);\n}\nwait();\n",
            "A successful exec does not come back. Programs are looked for beside the script: `hello`, else `hello.proc`. Buffered output is lost: `fflush()` first.",
        ),
        Builtin::Exit | Builtin::ExitNow => (
            "print(\"bye\");\nexit(0);\n",
            "`exit` writes what the stdout buffer holds, `_exit` does not. A child that fork made ends with `_exit` where the buffer was not empty before.",
        ),
        Builtin::Pipe | Builtin::Pipe2 => (
            "let (r, w) = pipe();\nif fork() == 0 {\n    close(r);\n    write(w, \"hello\\n\");\n    exit(0);\n}\nclose(w);\nlet (n, text) = read(r, 100);\nprint(n, text);\nwait();\n",
            "The end of file comes when the last write end in any process is closed: each process closes the ends that it does not use.",
        ),
        Builtin::Dup2 => (
            "let (r, w) = pipe();\ndup2(w, 1);\nclose(w);\nprint(\"into the pipe\");\nfflush();\nclose(r);\n",
            "The copy is `new`; `old` stays open and is mostly closed afterwards.",
        ),
        Builtin::SignalCall | Builtin::Sigaction => (
            "let seen = 0;\nfn on_usr1(sig: int) { seen = sig; }\nsignal(SIGUSR1, on_usr1);\nraise(SIGUSR1);\nprint(\"seen\", seen);\n",
            "A handler can run between any two instructions. It sets a flag, and the program looks at it at a convenient time.",
        ),
        Builtin::Sigprocmask | Builtin::Sigsuspend | Builtin::Pause => (
            "let done = false;\nfn on_alarm(sig: int) { done = sig == SIGALRM; }\nsignal(SIGALRM, on_alarm);\nlet (_, old) = sigprocmask(SIG_BLOCK, sigmask(SIGALRM));\nalarm(1);\nwhile !done { sigsuspend(old); }\nsigprocmask(SIG_SETMASK, old);\nprint(\"the alarm came\");\n",
            "Between a test and a `pause()` the signal can come and be lost; `sigsuspend` unblocks and sleeps in one step.",
        ),
        Builtin::Kill => (
            "let child = fork();\nif child == 0 { while true { pause(); } }\nif child < 0 { perror(\"fork\"); exit(1); }\nkill(child, SIGTERM);\nlet (_, status) = wait();\nprint(WIFSIGNALED(status), WTERMSIG(status) == SIGTERM);\n",
            "The process comes first, the signal second. Signal 0 only asks whether the process exists.",
        ),
        Builtin::MqOpen | Builtin::MqSend | Builtin::MqReceive => (
            "let q = mq_open(\"/jobs\", O_CREAT | O_RDWR, 10, 64);\nmq_send(q, \"later\", 1);\nmq_send(q, \"urgent\", 9);\nlet (n, text, priority) = mq_receive(q);\nprint(n, text, priority);\nmq_unlink(\"/jobs\");\n",
            "The most urgent message comes first, of equally urgent ones the oldest. There is no end of file: a message must say that it is the last.",
        ),
        _ => return None,
    })
}

fn of_signal(signal: Signal) -> String {
    let action = match signal.default_action() {
        DefaultAction::Terminate => "ends the process",
        DefaultAction::Core => "ends the process, in C with a core image (the core limit is 0 here)",
        DefaultAction::Ignore => "does nothing",
        DefaultAction::Stop => "stops the process until SIGCONT",
        DefaultAction::Continue => "continues a stopped process; that it does even where it is blocked or caught",
    };
    let name = signal.name();
    let mut text = format!("# {name}\n\nSignal {}: {}.\n\n- By default it {action}.\n", signal.number(), signal.text());
    text.push_str(if signal.is_untouchable() {
        "- It can be neither caught, blocked nor ignored.\n"
    } else {
        "- It can be caught with `signal` or `sigaction`, ignored with SIG_IGN and blocked with `sigprocmask`.\n"
    });
    if let Some(origin) = origin(signal) {
        let _ = writeln!(text, "- {origin}");
    }
    if signal.is_synchronous() {
        text.push_str(
            "- Linux delivers it before other pending signals, since it belongs to the instruction that caused it.\n",
        );
    }
    text.push_str("- Pending signals of one kind do not add up: while one waits, further ones are lost.\n\nSee signal(7), `proc explain kill`, `proc explain sigaction`.\n");
    text
}

/// Who sends it.
fn origin(signal: Signal) -> Option<&'static str> {
    use Signal::*;
    Some(match signal {
        SIGHUP => {
            "The kernel sends it when the leader of a session ends, and to stopped processes of a group that becomes orphaned."
        }
        SIGINT => "Ctrl-C at the terminal sends it to the foreground process group.",
        SIGQUIT => "Ctrl-\\ at the terminal sends it to the foreground process group.",
        SIGABRT => "`abort()` sends it, also a failed `assert` and a text that is not a number.",
        SIGFPE => "A division by zero causes it.",
        SIGKILL => "The last resort: the process can neither tidy up nor write its buffer. Try SIGTERM first.",
        SIGSEGV => "An index or pointer out of bounds, `nil`, and the overflow of the stack cause it.",
        SIGPIPE => "A write to a pipe that nobody can read causes it; where it is ignored, the write fails with EPIPE.",
        SIGALRM => "`alarm(seconds)` sends it.",
        SIGTERM => "The polite request to end, and what kill(1) sends.",
        SIGCHLD => {
            "The kernel sends it to the parent when a child ends, stops or continues. Where it is ignored with SIG_IGN, children leave no zombies."
        }
        SIGCONT => "`kill(pid, SIGCONT)` continues a stopped job, as the shell's `fg` and `bg` do.",
        SIGTSTP => "Ctrl-Z at the terminal sends it to the foreground process group.",
        SIGTTIN => "A process of a background group gets it when it reads the terminal.",
        SIGTTOU => {
            "A process of a background group gets it when it sets the terminal up, or writes to it under TOSTOP."
        }
        SIGUSR1 | SIGUSR2 => "Nobody sends it but programs: its meaning is theirs.",
        _ => return None,
    })
}

fn of_errno(errno: Errno) -> String {
    format!(
        "# {}\n\nError {}: {}.\n\nA call that fails gives -1 and leaves this number in `errno`; `perror(\"call\")` writes its text, `strerror(errno)` gives it. See errno(3).\n",
        errno.name(),
        errno.number(),
        errno.text()
    )
}

fn of_constant(name: &str, value: i64) -> String {
    let users: Vec<&str> = Builtin::ALL
        .iter()
        .filter(|builtin| builtin.row().sentence.contains(name))
        .map(|builtin| builtin.name())
        .collect();
    let used = if users.is_empty() { String::new() } else { format!("\nUsed with: {}\n", users.join(", ")) };
    format!("# {name}\n\nA built-in constant, {value}.\n{used}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_tables_has_a_page() {
        for name in names() {
            assert!(page(name).is_some_and(|page| page.lines().count() > 2), "{name}");
        }
        assert!(page("sigterm").is_some() && page("TERM").is_some() && page("eagain").is_some());
        assert_eq!(page("nothing"), None);
    }
}
