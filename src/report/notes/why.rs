//! Why a call failed, and the way out of it: from what its arguments refer to, and from what others had done before.

use super::{Reading, role_in, the, who};
use crate::abi::constant::{O_RDONLY, O_WRONLY};
use crate::abi::{Builtin, Errno, SIG_IGN, Signal};
use crate::diagnostics::Edit;
use crate::kernel::event::Shown;
use crate::kernel::file::Kind;
use crate::kernel::ledger::{Failure, Ledger, Target};
use crate::source::Span;

/// What there is to say about a failure besides its errno.
#[derive(Debug, Default)]
pub(super) struct Cause {
    pub(super) headline: Option<String>,
    pub(super) labels: Vec<(Span, String)>,
    pub(super) notes: Vec<String>,
    pub(super) help: Option<String>,
    pub(super) edits: Vec<Edit>,
}

pub(super) fn minus_one(failure: &Failure) -> bool {
    matches!(failure.args.first(), Some(Shown::Int(-1)))
}

fn reads(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Read | Builtin::Getline | Builtin::MqReceive | Builtin::MqTimedreceive)
}

fn writes(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::Write | Builtin::Dprintf | Builtin::MqSend | Builtin::MqTimedsend)
}

/// The pipe of which a call has used the wrong end.
pub(super) fn wrong_end(failure: &Failure) -> Option<&Target> {
    failure.target.as_ref().filter(|target| match target.kind {
        Kind::PipeWrite(_) => reads(failure.builtin),
        Kind::PipeRead(_) => writes(failure.builtin),
        _ => false,
    })
}

impl Cause {
    /// Looks for it.
    pub(super) fn of(failure: &Failure, ledger: &Ledger, reading: &Reading<'_>) -> Cause {
        match failure.errno {
            Errno::EBADF => bad_descriptor(failure, reading),
            Errno::ECHILD => no_child(failure, ledger),
            Errno::ESRCH => no_process(failure, ledger, reading),
            Errno::EMSGSIZE => wrong_size(failure),
            Errno::EPIPE => broken_pipe(failure, ledger),
            Errno::ENOENT if failure.builtin == Builtin::MqOpen => no_queue(failure, ledger, reading),
            _ => Cause { notes: other(failure).map(str::to_owned).into_iter().collect(), ..Cause::default() },
        }
    }

    fn note(text: impl Into<String>) -> Cause {
        Cause { notes: vec![text.into()], ..Cause::default() }
    }
}

fn bad_descriptor(failure: &Failure, reading: &Reading<'_>) -> Cause {
    let role = the(&who(&failure.by));
    if failure.builtin == Builtin::Dup2 && matches!(failure.args.get(1), Some(Shown::Int(..0))) {
        return Cause::note("the second number is no descriptor: they begin at 0");
    }
    if let Some(target) = &failure.target {
        return wrong_use(failure, target, reading);
    }
    if let Some(closed) = failure.closed {
        let help = match failure.builtin {
            Builtin::Close | Builtin::MqClose => "one `close` is enough: take one of the two out",
            _ => "close it only after its last use",
        };
        let label = match role_in(&failure.by.who, closed.who) {
            Some(other) if closed.who != failure.by.who.pid => {
                format!("{} closed this descriptor here, before the fork", the(&other))
            }
            _ => "this descriptor was closed here".to_owned(),
        };
        let labels = vec![(closed.span, label)];
        return Cause { labels, help: Some(help.to_owned()), ..Cause::default() };
    }
    match failure.builtin {
        _ if minus_one(failure) => Cause::note("-1 is no descriptor: the call that should have given one failed"),
        _ => Cause::note(format!("{role} has no such descriptor open")),
    }
}

/// A descriptor that is open, and not for this.
fn wrong_use(failure: &Failure, target: &Target, reading: &Reading<'_>) -> Cause {
    let name = failure.builtin.name();
    let number = match failure.args.first() {
        Some(Shown::Int(number)) => *number,
        _ => 0,
    };
    let mut cause = Cause::default();
    match target.kind {
        Kind::PipeWrite(_) | Kind::PipeRead(_) if wrong_end(failure).is_some() => {
            let read = reads(failure.builtin);
            let (does, end, wants) = if read { ("reads from", "write", 0) } else { ("writes to", "read", 1) };
            cause.headline = Some(format!("`{name}` {does} the {end} end of a pipe, and nobody looked"));
            if let Some(object) = target.object {
                let label = format!("this pipe: fd {number} is its {end} end");
                cause.labels.push((object.span, label));
                let names = reading.names(object.span);
                let right = names.get(wants).filter(|_| names.len() == 2);
                let right = right.map_or_else(String::new, |right| format!(": here `{right}`"));
                let which = if read { "the first number is for reading" } else { "the second number is for writing" };
                cause.help = Some(format!("of the two that `pipe` gives, {which}{right}"));
            }
        }
        Kind::Queue(_)
            if matches!(failure.builtin, Builtin::Read | Builtin::Getline | Builtin::Write | Builtin::Dprintf) =>
        {
            cause.notes.push(format!("fd {number} is a message queue, which has no stream of bytes"));
            cause.help = Some("`mq_send` and `mq_receive` are for queues".to_owned());
        }
        Kind::Queue(_) | Kind::File(_) if target.access == O_RDONLY || target.access == O_WRONLY => {
            let queue = matches!(target.kind, Kind::Queue(_));
            let (what, does) = match (queue, target.access == O_RDONLY) {
                (true, true) => ("a queue that is open for receiving only", "sends to"),
                (true, false) => ("a queue that is open for sending only", "receives from"),
                (false, true) => ("a file that is open for reading only", "writes to"),
                (false, false) => ("a file that is open for writing only", "reads from"),
            };
            let mode = if target.access == O_RDONLY { "O_RDONLY" } else { "O_WRONLY" };
            cause.headline = Some(format!("`{name}` {does} {what}, and nobody looked"));
            cause.labels.push((target.made.span, format!("opened with `{mode}` here")));
            cause.help = Some("open it with `O_RDWR`, which allows both".to_owned());
            cause
                .edits
                .extend(reading.word_in(target.made.span, mode).map(|span| Edit { span, text: "O_RDWR".to_owned() }));
        }
        Kind::PipeRead(_) | Kind::PipeWrite(_) | Kind::PipeBoth(_) => {
            cause.notes.push(format!("fd {number} is an end of a pipe, and no message queue"));
        }
        _ => cause.notes.push(format!("fd {number} is open, but not for this")),
    }
    cause
}

fn no_child(failure: &Failure, ledger: &Ledger) -> Cause {
    let role = the(&who(&failure.by));
    let mut cause = Cause::default();
    if failure.vanish {
        if let Some(at) = ledger.installed(SIG_IGN, Signal::SIGCHLD) {
            cause.labels.push((at, "SIGCHLD is ignored from here on".to_owned()));
        }
        cause.notes.push(format!("{role} ignores SIGCHLD, so its children go without leaving a status"));
        cause.help =
            Some("where the status is wanted, leave SIGCHLD at `SIG_DFL`, which wakes nobody either".to_owned());
        return cause;
    }
    if let (Builtin::Waitpid, Some(stranger)) = (failure.builtin, &failure.stranger) {
        if stranger.pid == failure.by.who.pid {
            cause.notes.push(format!("that is {role} itself: a process waits for its children"));
            return cause;
        }
        let other = the(&stranger.role());
        let parent = stranger.parent.as_ref().map_or_else(|| "init".to_owned(), |parent| the(&parent.role()));
        cause.labels.push((stranger.fork.span, format!("{other} was forked here, by {parent}")));
        cause.notes.push(format!("that process is {other}, a child of {parent}: only its own parent can wait for it"));
        cause.help = Some(match stranger.parent {
            Some(_) => format!("let {parent} wait for it, and tell the result by its own exit code or through a pipe"),
            None => format!(
                "to learn when {other} ends, read from a pipe whose write end only {other} holds: `read` gives 0 then"
            ),
        });
        return cause;
    }
    if !failure.parent {
        cause.headline =
            Some(format!("`{}` of {role} failed with ECHILD: {role} has no children", failure.builtin.name()));
        cause.notes.push(format!("{role} has never forked: it can wait for nobody"));
        cause.help = Some("wait in the process that has forked, and let the child end with `exit`".to_owned());
        return cause;
    }
    if let Some(collected) = failure.collected.filter(|deed| deed.span != failure.by.at) {
        cause.labels.push((collected.span, "the last child was collected here".to_owned()));
    }
    cause.notes.push(match failure.args.first() {
        Some(Shown::Int(..-1)) if failure.builtin == Builtin::Waitpid => {
            format!("a negative id means a process group, and {role} has no child in that one")
        }
        _ if failure.builtin == Builtin::Waitpid && !minus_one(failure) => {
            format!("that process is no child of {role}, or was collected already")
        }
        _ => format!("{role} had no child left to wait for"),
    });
    cause
}

fn no_process(failure: &Failure, ledger: &Ledger, reading: &Reading<'_>) -> Cause {
    let group = match (failure.builtin, failure.args.first()) {
        (Builtin::Kill, Some(Shown::Int(id @ ..-1))) => Some(-id),
        (Builtin::Killpg, Some(Shown::Int(id))) => Some(*id),
        _ => None,
    };
    let Some(group) = group else {
        return match failure.builtin {
            Builtin::Kill if minus_one(failure) => Cause::note("-1 means every process but init and the caller"),
            Builtin::Kill => {
                Cause::note("a process that has been waited for is gone, and its id may belong to another one soon")
            }
            _ => Cause::default(),
        };
    };
    let mut cause = Cause::default();
    let Some(member) = &failure.stranger else {
        cause.notes.push(format!("a negative id means a process group, and there is no group {group} any more"));
        return cause;
    };
    let role = the(&member.role());
    cause.notes.push(format!("there is no group {group} yet: {role} was still in the group of its parent"));
    if let Some(at) = ledger.grouped(member.pid) {
        cause.labels.push((at, format!("{role} makes its group only here, after that")));
    }
    cause.labels.push((member.fork.span, format!("{role} was forked here")));
    let name = reading.names(member.fork.span).first().cloned().unwrap_or_else(|| "job".to_owned());
    let code = format!("setpgid({name}, {name});");
    cause.edits.extend(reading.after_fork(member.fork.span, &code));
    cause.help = Some(format!("put the child into its group in the parent too, right after the fork: `{code}`"));
    cause
}

fn wrong_size(failure: &Failure) -> Cause {
    let most = failure.target.map_or(0, |target| target.max_size);
    let mut cause = Cause::default();
    if let Some(target) = failure.target {
        let made = target.object.unwrap_or(target.made);
        cause.labels.push((made.span, format!("this queue takes messages of up to {most} bytes")));
    }
    if reads(failure.builtin) {
        cause
            .notes
            .push(format!("the size must be at least the queue's msgsize, {most}, however short the messages are"));
        cause.help = Some(match failure.builtin {
            Builtin::MqReceive => "`mq_receive(q)` without a size has room for any message".to_owned(),
            _ => format!("give a size of {most} or more"),
        });
    } else {
        let length = match failure.args.get(1) {
            Some(Shown::Bytes(bytes)) => format!("the message has {} bytes", bytes.len()),
            _ => "the message is longer".to_owned(),
        };
        cause.notes.push(format!("{length}, and the queue takes at most {most}"));
        cause.help = Some(
            "send it in parts, or make the queue with a larger msgsize: `mq_open(name, flags, 10, size)`".to_owned(),
        );
    }
    cause
}

fn broken_pipe(failure: &Failure, ledger: &Ledger) -> Cause {
    let mut cause = Cause::note("nobody has the read end of this pipe open any more");
    if let Some(broken) = ledger.ends.broken.get(&failure.by.who.pid) {
        cause.labels.push((broken.made.span, "this pipe".to_owned()));
        if let Some(closed) = &broken.closed {
            cause.labels.push((closed.at, format!("the last read end went here, with {}", the(&who(closed)))));
        }
    }
    cause.help = Some("stop where a write fails: nobody will ever read what comes after it".to_owned());
    cause
}

fn no_queue(failure: &Failure, ledger: &Ledger, reading: &Reading<'_>) -> Cause {
    let name = match failure.args.first() {
        Some(Shown::Bytes(name)) => ledger.ends.names.get(name),
        _ => None,
    };
    let mut cause = Cause::default();
    let shown = match failure.args.first() {
        Some(Shown::Bytes(name)) => format!("`{}`", String::from_utf8_lossy(name)),
        _ => "of that name".to_owned(),
    };
    let when = if name.is_some_and(|name| name.unlinked.is_some()) { "any more" } else { "yet" };
    cause.headline = Some(format!("there is no queue {shown} {when}, and nobody looked at the result of `mq_open`"));
    match name {
        Some(name) if name.unlinked.is_some() => {
            if let Some(by) = &name.unlinked {
                cause.labels.push((by.at, format!("{} took the name away here", the(&who(by)))));
            }
            cause.notes.push(
                "`mq_unlink` takes a queue's name away at once: who has it open keeps it, nobody else can open it"
                    .to_owned(),
            );
            cause.help = Some("unlink it when all have opened it, best at the end".to_owned());
        }
        Some(name) => {
            if let Some(by) = &name.made {
                cause.labels.push((by.at, format!("{} makes this queue only here, later", the(&who(by)))));
            }
            cause.help = Some("make the queue before `fork`, or with O_CREAT in both".to_owned());
        }
        None => {
            cause.help = Some("`O_CREAT` makes it where it is not there: `mq_open(name, O_CREAT | O_RDWR)`".to_owned());
            let mode = ["O_RDWR", "O_RDONLY", "O_WRONLY"].into_iter().find_map(|mode| {
                Some(Edit { span: reading.word_in(failure.by.at, mode)?, text: format!("O_CREAT | {mode}") })
            });
            cause.edits.extend(mode);
        }
    }
    cause
}

/// What an errno does not say by itself.
fn other(failure: &Failure) -> Option<&'static str> {
    Some(match (failure.builtin, failure.errno) {
        (Builtin::Fork, Errno::EAGAIN) => "there are as many processes as the limit allows (RLIMIT_NPROC)",
        (Builtin::MqSend, Errno::EAGAIN) => "the queue is full, and O_NONBLOCK says not to wait",
        (Builtin::Setpgid | Builtin::Setsid, Errno::EPERM) => "a process that leads a group or session cannot do that",
        _ => return None,
    })
}
