//! Calls that a process makes over and over, and always in vain: said while the program runs, since it may never end.

use super::ends::repeated;
use super::{known, label_deed, lower, the, who};
use crate::abi::constant::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};
use crate::abi::{Builtin, Errno};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::host::Repeated;

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
