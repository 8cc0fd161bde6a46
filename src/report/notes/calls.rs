//! Calls that failed and nobody noticed, that were interrupted, or that can never succeed.

use super::why::{self, Cause, minus_one};
use super::{Reading, known, lower, role_in, the, times, who};
use crate::abi::builtin::Property;
use crate::abi::{Builtin, Errno};
use crate::diagnostics::{Code, Diagnostic, Severity, suggest};
use crate::kernel::event::{Origin, Shown};
use crate::kernel::ledger::{Failure, Interrupted, Ledger};
use crate::source::Span;
use crate::trace::text;

pub(super) fn notes(
    ledger: &Ledger,
    reading: &Reading<'_>,
    wanted: impl Fn(Builtin) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let mut childless: Vec<Diagnostic> = Vec::new();
    let any_forced = ledger.failures.values().any(|seen| seen.first.forced);
    let mut roots: Vec<Option<Span>> = Vec::new();
    // Ends of one pipe that were taken for each other are one mistake.
    let mut mixed: Vec<(Span, usize)> = Vec::new();
    for seen in ledger.failures.values().filter(|seen| wanted(seen.first.builtin)) {
        let failure = &seen.first;
        if any_forced && follows(failure) {
            continue;
        }
        // A last `wait()` that all processes come to fails in those that have made no child, and harms nobody.
        let shared = failure.errno == Errno::ECHILD && !failure.parent && ledger.has_worked(failure.by.at);
        if shared || ledger.was_told(failure.by.at) {
            continue;
        }
        if minus_one(failure)
            && matches!(failure.errno, Errno::ESRCH | Errno::ECHILD)
            && let Some(fork) = refused_fork(failure, ledger)
        {
            if !roots.contains(&Some(fork.by.at)) {
                roots.push(Some(fork.by.at));
                found.push(used_minus_one(failure, Some(fork), seen.count, ledger, reading));
            }
            continue;
        }
        if failure.errno == Errno::EBADF && minus_one(failure) {
            // What follows from one call that gave -1 is one mistake.
            let root = root_of(failure, ledger);
            if reading.ignores(failure.by.at) && !roots.contains(&root.map(|root| root.by.at)) {
                roots.push(root.map(|root| root.by.at));
                found.push(used_minus_one(failure, root, seen.count, ledger, reading));
            }
            continue;
        }
        if failure.builtin == Builtin::Fork
            && forced(failure, reading).is_none()
            && reading.attention(failure.by.at).is_some_and(|told| told.unchecked_forks.contains(&failure.by.at))
        {
            childless.push(no_child(failure, seen.count, reading));
            continue;
        }
        if let Some(said) = forced(failure, reading).or_else(|| missing_program(failure, reading.programs)) {
            found.push(said);
        } else if let Some(said) = shared_flag(failure, reading) {
            found.push(said);
        } else if (reading.ignores(failure.by.at) || reading.takes_rest(failure))
            && !is_harmless(failure)
            && !reading.was_warned(failure.by.at)
        {
            let pipe = why::wrong_end(failure).and_then(|target| target.object).map(|object| object.span);
            if let Some((_, at)) = mixed.iter().find(|(of, _)| Some(*of) == pipe) {
                let text = format!("and {} called this, which fails too", the(&who(&failure.by)));
                found[*at].labels.push(crate::diagnostics::Label { span: failure.by.at, text });
                continue;
            }
            mixed.extend(pipe.map(|pipe| (pipe, found.len())));
            let mut said = unnoticed(failure, seen.count, ledger, reading);
            if failure.errno == Errno::ECHILD && reading.uses_status(failure.by.at) {
                said.severity = Severity::Warning;
                said = said.note(
                    "the status of a wait that fails tells nothing: it is all zeros, as of a child that did `exit(0)`",
                );
            }
            found.push(said);
        }
    }
    // What has filled the table of processes, or has used the -1, tells of the fork itself.
    childless.retain(|said| found.iter().all(|note| note.labels.iter().all(|label| label.span != said.span())));
    found.append(&mut childless);
    for seen in ledger.interrupted.values() {
        if !reading.reads_errno(seen.first.by.at) {
            found.push(interrupted(&seen.first, seen.count));
        }
    }
}

/// Failures that follow from one that was asked for on the command line: -1 goes on as if it were a process.
fn follows(failure: &Failure) -> bool {
    let about_children = matches!(failure.builtin, Builtin::Kill | Builtin::Wait | Builtin::Waitpid);
    about_children && !failure.forced && (minus_one(failure) || failure.errno == Errno::ECHILD)
}

/// Failures that programs make on purpose: to clean up what may not be there, to ask, to be on the safe side.
fn is_harmless(failure: &Failure) -> bool {
    let zero = |at: usize| matches!(failure.args.get(at), Some(Shown::Int(0)));
    if failure.forced {
        return false;
    }
    match (failure.builtin, failure.errno) {
        // The way on is the statement behind it, of which the compiler has spoken.
        (Builtin::Exec | Builtin::Execv | Builtin::Execl, _) => true,
        (Builtin::MqUnlink | Builtin::Unlink | Builtin::Rmdir, Errno::ENOENT) => true,
        (Builtin::Mkdir | Builtin::Mkfifo, Errno::EEXIST) => true,
        // Parent and child both put the child into its group, and one of them comes second.
        (Builtin::Setpgid, Errno::EACCES | Errno::ESRCH) => true,
        (Builtin::Kill | Builtin::Killpg, _) => zero(1),
        (Builtin::Waitpid, Errno::ECHILD) => !zero(1),
        (Builtin::Pause | Builtin::Sigsuspend | Builtin::Usleep | Builtin::Poll, _) => true,
        (_, Errno::EINTR) => true,
        // Asked for with O_NONBLOCK; the terminal answers so to what is left of a job.
        (Builtin::Read | Builtin::Getline, Errno::EAGAIN | Errno::EIO) => true,
        // What a signal does by default can be asked for all of them in a loop.
        (Builtin::SignalCall, Errno::EINVAL) => {
            matches!(failure.args.get(1), Some(Shown::Handler(name)) if name == "SIG_DFL")
        }
        // Numbers are closed on the off chance that they are open.
        (Builtin::Close, Errno::EBADF) => failure.closed.is_none() && !minus_one(failure),
        _ => false,
    }
}

fn unnoticed(failure: &Failure, count: u64, ledger: &Ledger, reading: &Reading<'_>) -> Diagnostic {
    let call = text::call(failure.builtin, &failure.args);
    let name = failure.builtin.name();
    let cause = Cause::of(failure, ledger, reading);
    let headline =
        cause.headline.unwrap_or_else(|| format!("`{call}` failed with {}, and nobody looked", failure.errno.name()));
    let mut report = Diagnostic::new(
        Code::FailedCall,
        headline,
        failure.by.at,
        format!("{} called this{}: {}", the(&who(&failure.by)), times(count), lower(failure.errno.text())),
    );
    for (at, text) in cause.labels {
        if known(at) && report.labels.iter().all(|label| label.span != at) {
            report = report.label(at, text);
        }
    }
    if failure.errno == Errno::ECHILD {
        // One wait too many does no harm until there is a child that it was not meant for.
        report.severity = Severity::Note;
    }
    for why in cause.notes {
        report = report.note(why);
    }
    report.edits = cause.edits;
    let dots = if failure.args.is_empty() { "" } else { "…" };
    report.help(
        cause.help.unwrap_or_else(|| format!("look at the result: `if {name}({dots}) < 0 {{ perror(\"{name}\"); }}`")),
    )
}

/// The fork that failed, where its -1 may be what a call took for a process id.
fn refused_fork<'l>(failure: &Failure, ledger: &'l Ledger) -> Option<&'l Failure> {
    let takes = matches!(failure.builtin, Builtin::Kill | Builtin::Waitpid);
    let mut failures = ledger.failures.values().map(|seen| &seen.first);
    failures.find(|fork| takes && fork.builtin == Builtin::Fork && fork.by.who.pid == failure.by.who.pid)
}

/// The call that should have given the descriptor: the last one above that failed.
fn root_of<'l>(failure: &Failure, ledger: &'l Ledger) -> Option<&'l Failure> {
    let gives =
        |builtin| matches!(builtin, Builtin::Open | Builtin::MqOpen | Builtin::Dup | Builtin::Pipe | Builtin::Pipe2);
    let before = |root: &&Failure| {
        gives(root.builtin) && root.by.at.file == failure.by.at.file && root.by.at.start < failure.by.at.start
    };
    ledger.failures.values().map(|seen| &seen.first).rfind(before)
}

fn used_minus_one(
    failure: &Failure,
    root: Option<&Failure>,
    count: u64,
    ledger: &Ledger,
    reading: &Reading<'_>,
) -> Diagnostic {
    let Some(root) = root else { return unnoticed(failure, count, ledger, reading) };
    let (call, name) = (text::call(root.builtin, &root.args), root.builtin.name());
    let of_fork = root.builtin == Builtin::Fork;
    let mut report = Diagnostic::new(
        Code::FailedCall,
        format!(
            "`{call}` failed with {}, and its -1 was used as {}",
            root.errno.name(),
            if of_fork { "a process id" } else { "a descriptor" }
        ),
        root.by.at,
        format!("{} called this: {}", the(&who(&root.by)), lower(root.errno.text())),
    )
    .label(failure.by.at, format!("used here, which fails with {}", failure.errno.name()));
    if of_fork {
        report = report.note("-1 is no process id: to `kill` it means everybody, to `waitpid` any child");
    }
    let cause = Cause::of(root, ledger, reading);
    for (at, text) in cause.labels.into_iter().filter(|(at, _)| known(*at)) {
        report = report.label(at, text);
    }
    for why in cause.notes {
        report = report.note(why);
    }
    if let Some(help) = cause.help {
        report = report.help(help);
    }
    let fd = reading.names(root.by.at).first().cloned().unwrap_or_else(|| "fd".to_owned());
    report.help(format!("look at the result: `if {fd} < 0 {{ perror(\"{name}\"); exit(1); }}`"))
}

/// A fork that failed, where the program goes on as if there were a child.
fn no_child(failure: &Failure, count: u64, reading: &Reading<'_>) -> Diagnostic {
    let role = the(&who(&failure.by));
    let often = if count > 1 { format!(" {count} times") } else { String::new() };
    let name = reading.names(failure.by.at).first().cloned().unwrap_or_else(|| "pid".to_owned());
    let mut report = Diagnostic::new(
        Code::FailedCall,
        format!("`fork()` of {role} failed{often} with {}, and nobody looked: there is no child", failure.errno.name()),
        failure.by.at,
        format!("{role} called this{}: {}", times(count), lower(failure.errno.text())),
    )
    .note("-1 is not 0: the program goes on as the parent of a child that was never made");
    if failure.errno == Errno::EAGAIN && !failure.forced {
        report = report.note("there are as many processes as the limit allows (RLIMIT_NPROC)");
    }
    report.help(format!("ask for a failure too: `if {name} < 0 {{ perror(\"fork\"); exit(1); }}`"))
}

/// A call that `--fail` has made fail, where a hint had said before that this would hurt.
fn forced(failure: &Failure, reading: &Reading<'_>) -> Option<Diagnostic> {
    if failure.builtin != Builtin::Fork {
        return None;
    }
    let at = failure.by.at;
    let hint = reading.told.iter().find(|fact| {
        fact.code == Code::ForkUnchecked
            && fact
                .labels
                .iter()
                .any(|label| label.span.file == at.file && label.span.start <= at.start && at.end <= label.span.end)
    })?;
    let mut said = hint.clone();
    said.code = Code::FailedCall;
    said.severity = Severity::Warning;
    said.helps.retain(|help| !help.contains("--fail"));
    said.notes.retain(|note| !note.contains("--fail"));
    Some(said.note(format!("in this run it failed with {}: -1 went on as if it were a process", failure.errno.name())))
}

/// A call did not wait, since somebody else had made the open file non-blocking.
fn shared_flag(failure: &Failure, reading: &Reading<'_>) -> Option<Diagnostic> {
    let (deed, setter) = failure.flagged.as_ref()?;
    if deed.who == failure.by.who.pid || !known(deed.span) || reading.reads_errno(failure.by.at) {
        return None;
    }
    // What an ancestor had set before the fork was known to whoever wrote the child's code.
    if role_in(&failure.by.who, deed.who).is_some() {
        return None;
    }
    let name = failure.builtin.name();
    let by = setter.as_ref().map_or_else(|| "another process".to_owned(), |setter| the(&setter.role()));
    let mut report = Diagnostic::new(
        Code::SharedFlag,
        format!("`{name}` failed with EAGAIN: this end was made non-blocking by {by}"),
        failure.by.at,
        format!("{} did not wait here", the(&who(&failure.by))),
    )
    .label(deed.span, "the flag was set here, for everyone who has this end");
    if let Some(setter) = setter {
        report = report.label(setter.fork.span, "`fork()` shared it: the number is copied, the open file is not");
    }
    Some(report.help("do not set flags on an end that others use, or set it back"))
}

fn interrupted(interrupted: &Interrupted, count: u64) -> Diagnostic {
    let (name, signal) = (interrupted.builtin.name(), interrupted.signal.name());
    let mut report = Diagnostic::new(
        Code::InterruptedCall,
        format!("`{name}` was interrupted by {signal}; nothing is broken"),
        interrupted.by.at,
        format!("`{name}` of {} gave -1, EINTR{}", the(&who(&interrupted.by)), times(count)),
    );
    let restarts = interrupted.builtin.has(Property::Restarts);
    if let Some(at) = interrupted.installed {
        let how = if restarts {
            "the handler was installed without SA_RESTART here"
        } else {
            "the handler was installed here"
        };
        report = report.label(at, how);
    }
    match interrupted.origin {
        Some(Origin::Timer) => {
            if let Some(at) = interrupted.alarm {
                report = report.label(at, "the signal came from this alarm");
            }
        }
        Some(Origin::Process(_, at)) if known(at) => report = report.label(at, "the signal was sent here"),
        _ => {}
    }
    if restarts {
        report.help(format!(
            "call it again when `errno == EINTR`, or give `SA_RESTART` as the last argument of `sigaction({signal}, …)`"
        ))
    } else {
        report.help(format!("call it again when `errno == EINTR`; SA_RESTART does not help with `{name}`"))
    }
}

/// A program that exec did not find, though one with nearly that name is there.
fn missing_program(failure: &Failure, names: &[String]) -> Option<Diagnostic> {
    let exec = matches!(failure.builtin, Builtin::Exec | Builtin::Execv | Builtin::Execl);
    let Some(Shown::Bytes(path)) = failure.args.first().filter(|_| exec && failure.errno == Errno::ENOENT) else {
        return None;
    };
    let path = String::from_utf8_lossy(path).into_owned();
    let near = suggest::nearest(&path, names.iter().map(String::as_str))?.to_owned();
    Some(
        Diagnostic::new(
            Code::MissingProgram,
            format!("there is no `{path}` or `{path}.proc` beside this script"),
            failure.by.at,
            format!("{} called this: ENOENT", the(&who(&failure.by))),
        )
        .help(format!("did you mean `{near}`?")),
    )
}
