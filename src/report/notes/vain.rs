//! Calls that a process makes over and over, and always in vain: said while the program runs, since it may never end.

use super::ends::repeated;
use super::{Reading, known, label_deed, lower, the, who};
use crate::abi::constant::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};
use crate::abi::{Builtin, Errno};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::host::{Endless, Repeated};
use crate::kernel::ledger::Ledger;
use crate::source::Span;

/// Turns of a loop that only looks at variables that are worth a word.
const MANY_TURNS: u64 = 100_000;
/// The same for one that asks the kernel.
const MANY_QUESTIONS: u64 = 1000;

/// The report on it.
pub fn in_vain(told: &Repeated) -> Diagnostic {
    match (told.builtin, told.errno) {
        (Builtin::Fork, _) | (Builtin::Read | Builtin::Getline, None) => repeated(told),
        (_, Some(Errno::ECHILD)) => wait(told),
        (_, Some(errno)) => failing(told, errno),
        (_, None) => asking(told),
    }
}

/// A wait that has found no child.
fn wait(told: &Repeated) -> Diagnostic {
    let name = told.builtin.name();
    let role = the(&who(&told.by));
    let mut report = Diagnostic::new(
        Code::WaitInVain,
        format!("`{name}` of {role} has failed {} times in a row with ECHILD: no children are left", told.count),
        told.by.at,
        "this gives -1 at once, for ever",
    );
    report =
        label_deed(report, told.collected.filter(|deed| deed.span != told.by.at), "the last child was collected here");
    report.help("leave the loop when the result is negative: `if pid < 0 { break; }`")
}

/// A call that fails.
fn failing(told: &Repeated, errno: Errno) -> Diagnostic {
    let (name, role, count) = (told.builtin.name(), the(&who(&told.by)), told.count);
    let mut report = Diagnostic::new(
        Code::CallInVain,
        format!("`{name}` of {role} has failed {count} times in a row with {}", errno.name()),
        told.by.at,
        format!("{role} calls this again and again: {}", lower(errno.text())),
    );
    if let Some((made, closed)) = &told.broken {
        report = label_deed(report, Some(*made), "this pipe");
        if let Some(closed) = closed.as_ref().filter(|closed| known(closed.at)) {
            report = report.label(closed.at, format!("the last read end went here, with {}", the(&who(closed))));
        }
    }
    let (note, help) = match errno {
        Errno::EPIPE => (
            "nobody has the read end open any more, and nobody can open it again".to_owned(),
            format!("leave the loop when the result is negative: `if {name}(…) < 0 {{ break; }}`"),
        ),
        Errno::EAGAIN => (
            "O_NONBLOCK says not to wait, so the loop waits by asking, and keeps the processor busy".to_owned(),
            "take O_NONBLOCK away, and the call sleeps until it can do something; or sleep in `poll` first".to_owned(),
        ),
        Errno::EEXIST => (
            "with O_CREAT | O_EXCL it succeeds only when the name is gone: whoever made it must take it away"
                .to_owned(),
            "`unlink` the name when the work is done, also where the program ends early".to_owned(),
        ),
        Errno::EBADF => (
            "the descriptor is closed, or was never open: it will not come back".to_owned(),
            format!("leave the loop when the result is negative: `if {name}(…) < 0 {{ break; }}`"),
        ),
        _ => (
            "nothing that the loop does changes the answer".to_owned(),
            format!("look at the result and at `errno`: `if {name}(…) < 0 {{ perror(\"{name}\"); break; }}`"),
        ),
    };
    report = report.note(note);
    with_sleeps(report, told).help(help)
}

/// A call that succeeds at once, and says nothing new.
fn asking(told: &Repeated) -> Diagnostic {
    let (name, role, count) = (told.builtin.name(), the(&who(&told.by)), told.count);
    let (headline, note, help) = match (told.builtin, told.ready) {
        (Builtin::Poll, Some(0)) => (
            format!("`{name}` of {role} has found nothing {count} times in a row"),
            "with a timeout of 0 it does not wait, so the loop waits by asking, and keeps the processor busy"
                .to_owned(),
            "`poll(fds, events, -1)` sleeps until there is something".to_owned(),
        ),
        (Builtin::Poll, Some(bits)) => (
            format!("`{name}` of {role} has answered {} {count} times in a row, and nobody acts on it", flags(bits)),
            if bits & POLLHUP != 0 {
                "POLLHUP says that no write end is open any more; it is told whether it was asked for or not".to_owned()
            } else {
                "what is ready stays ready until somebody reads, writes or closes it".to_owned()
            },
            if bits & POLLHUP != 0 {
                "at POLLHUP, read what is left, then take the descriptor out: set it to -1, or leave the loop"
                    .to_owned()
            } else {
                "act on every answer, or do not ask for it".to_owned()
            },
        ),
        _ => (
            format!("`{name}` of {role} has found nobody {count} times in a row"),
            "with WNOHANG it does not wait, so the loop waits by asking, and keeps the processor busy".to_owned(),
            "without WNOHANG it sleeps until a child has ended".to_owned(),
        ),
    };
    let report = Diagnostic::new(Code::CallInVain, headline, told.by.at, "this is asked again and again").note(note);
    with_sleeps(report, told).help(help)
}

/// Who sleeps in between does not keep the processor busy, and may well know what it does.
fn with_sleeps(mut report: Diagnostic, told: &Repeated) -> Diagnostic {
    if told.sleeps == 0 {
        return report;
    }
    report.severity = Severity::Note;
    report.notes.retain(|note| !note.contains("keeps the processor busy"));
    report.note("it sleeps in between, and asks again")
}

fn flags(bits: i64) -> String {
    let names =
        [(POLLIN, "POLLIN"), (POLLOUT, "POLLOUT"), (POLLERR, "POLLERR"), (POLLHUP, "POLLHUP"), (POLLNVAL, "POLLNVAL")];
    let set: Vec<&str> = names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    set.join(" | ")
}

/// A loop that only waits, and that nobody can end any more.
pub fn endless(told: &Endless, reading: &Reading<'_>) -> Diagnostic {
    let role = the(&who(&told.by));
    let mut report = Diagnostic::new(
        Code::BusyWaiting,
        format!("{role} goes round a loop that can never end"),
        told.by.at,
        format!("{role} has gone round this {} times, and nothing in it changes what it looks at", count(told.turns)),
    );
    report.severity = Severity::Warning;
    if let Some(zombie) = &told.zombie {
        let child = zombie.role();
        return report
            .label(zombie.fork.span, format!("{child} was made here, and has ended"))
            .note(format!(
                "{child} is a zombie: its id stays taken, and `kill(pid, 0)` gives 0, until somebody waits for it"
            ))
            .help("`waitpid(pid, 0)` sleeps until the child has ended, and collects it");
    }
    report = report.note(match told.others {
        true => "all other processes wait: nobody can send a signal or change an answer any more",
        false => "no other process is left: nobody can send a signal or change an answer any more",
    });
    if !told.asks && !reading.was_warned(told.by.at) {
        report = report.note("another process has its own copy of every variable, and cannot change those of this one");
    }
    report.help("let the one that is waited for write into a pipe, and sleep in `read` until then")
}

/// Who has waited by going round a loop, and how often: told at the end, since somebody did end it.
pub(super) fn spun(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    let mut told: Vec<Span> = Vec::new();
    for spin in ledger.spins.values() {
        let at = spin.by.at;
        let many = if spin.asks.is_some() { MANY_QUESTIONS } else { MANY_TURNS };
        if spin.turns < many || ledger.was_told(at) || told.contains(&at) || !known(at) {
            continue;
        }
        told.push(at);
        let role = the(&who(&spin.by));
        let like = ledger.spins.values().filter(|other| other.by.at == at && other.turns >= many).count();
        let others = if like > 1 { format!(", and {} others too", like - 1) } else { String::new() };
        let mut report = Diagnostic::new(
            Code::BusyWaiting,
            format!("{role} waited by going round a loop {} times", count(spin.turns)),
            at,
            format!("{role} went round this again and again, and nothing in it changed{others}"),
        );
        if let Some(asks) = spin.asks {
            report = report.label(asks, "each turn asks this, and goes on at once");
        }
        // Where the compiler has spoken of the loop, it has said what to do.
        if reading.was_warned(at) {
            found.push(report);
            continue;
        }
        let asked = spin.asks.map_or("", |at| reading.sources.file(at.file).text.get(at.range()).unwrap_or_default());
        found.push(report.note("a process that sleeps in a call takes no time from the others").help(sleeping(asked)));
    }
}

/// How to sleep until what a call asks for has come.
fn sleeping(asked: &str) -> &'static str {
    match asked.split('(').next().unwrap_or_default() {
        "kill" => "`waitpid(pid, 0)` sleeps until the child has ended",
        "getppid" => {
            "let the parent hold the write end of a pipe: a `read` of the child meets its end when the parent has gone"
        }
        "time" => "`sleep(seconds)` sleeps until it is time",
        "now" => "`usleep(microseconds)` sleeps until it is time",
        _ => {
            "block the signal with `sigprocmask`, then call `sigsuspend(old)` in the loop: it sleeps until the handler has run"
        }
    }
}

/// A large number as a person says it: `12 million`, `340 thousand`.
fn count(turns: u64) -> String {
    match turns {
        0..10_000 => turns.to_string(),
        10_000..1_000_000 => format!("{} thousand", turns / 1000),
        _ => format!("{} million", turns / 1_000_000),
    }
}
