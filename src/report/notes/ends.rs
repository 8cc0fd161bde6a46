//! Ends that came in an odd way: of a pipe only since its holder ended, of a file again and again, of a queue with messages in it;
//! a zombie taken for the living, processes without end, memory that has run out.

use super::{Reading, known, quoted, receives_in_vain, the, time, times, who};
use crate::abi::{Builtin, TICKS_PER_SECOND};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::event::Origin;
use crate::kernel::host::{OutOfMemory, Repeated};
use crate::kernel::ledger::ends::{Drowned, Early, HeldOpen, Met, Unread};
use crate::kernel::ledger::{Ledger, Seen};
use crate::kernel::process::Deed;
use crate::report::fault::bytes;
use crate::report::stuck::text::{Text, has_word};
use crate::source::{FileId, Span};

/// A reader that waited no longer than this did not notice.
const AT_ONCE: u64 = TICKS_PER_SECOND / 10;
/// The first descriptor that no program expects to be open.
const FIRST_OWN: usize = 3;

pub(super) fn notes(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    let ends = &ledger.ends;
    for seen in ends.held.values() {
        found.extend(held(&seen.first, reading));
    }
    for (_, seen) in ends.drowned.iter().filter(|(made, _)| !receives_in_vain(ledger, **made)) {
        found.push(drowned(&seen.first));
    }
    for seen in ends.unread_bytes.values().filter(|seen| seen.first.led.is_some()) {
        found.extend(never_read(&seen.first));
    }
    for unread in ends.unread_bytes.values().map(|seen| &seen.first) {
        found.extend(unread.short.and_then(|short| short_read(unread, short, reading)));
    }
    for seen in ends.met.values() {
        let at = seen.first.by.at;
        // What the compiler has said of this pipe explains its early end.
        let told = ledger.was_told(at) || seen.first.made.is_some_and(|made| reading.was_about(made.span));
        if reading.uses_rest(at) && !told {
            found.push(end_unnoticed(&seen.first, seen.count));
        }
    }
    for seen in ends.early.values() {
        found.extend(early(&seen.first, reading));
    }
    for crowd in ends.crowds.values().map(|seen| &seen.first).filter(|crowd| known(crowd.most.0)) {
        let role = the(&who(&crowd.by));
        found.push(
            Diagnostic::new(
                Code::DescriptorLeak,
                format!("{role} has {} descriptors open and may have no more", crowd.open),
                crowd.most.0,
                format!("{} of them were opened here", crowd.most.1),
            )
            .label(crowd.by.at, "this failed with EMFILE")
            .help("`close` each descriptor after its last use, in every process that has it"),
        );
    }
    for (at, seen) in ends.nobody.iter().filter(|(at, _)| reading.uses_status(**at)) {
        let role = the(&who(&seen.first));
        found.push(
            Diagnostic::new(
                Code::NobodyEnded,
                "this wait gave 0, since no child had ended, and its status is used",
                *at,
                format!("with WNOHANG {role} did not wait here{}", times(seen.count)),
            )
            .note("where nobody has ended, the status is all zeros, as of a child that did `exit(0)`")
            .help("ask first: `if pid > 0 { … }`; without WNOHANG it waits"),
        );
    }
    for (at, seen) in &ends.asked {
        let (act, zombie) = &seen.first;
        // Whose answer nobody uses does not mislead anybody.
        if reading.ignores(*at) || ledger.was_told(*at) {
            continue;
        }
        let role = zombie.role();
        found.push(
            Diagnostic::new(
                Code::ZombieAsked,
                format!("`kill(pid, 0)` gave 0, but {role} had ended already: it was a zombie"),
                *at,
                format!("{} asked here{}", the(&who(act)), times(seen.count)),
            )
            .label(zombie.fork.span, format!("{role} was made here"))
            .note("a zombie keeps its process id until it is waited for, and `kill` finds it")
            .help("`waitpid(pid, WNOHANG)` gives 0 while the child runs, and its id when it has ended"),
        );
    }
}

/// `kill(pid, …)` in a handler that ran between the return of `fork()` and the store of its result in `pid`.
fn early(early: &Early, reading: &Reading<'_>) -> Option<Diagnostic> {
    if !known(early.fork) || !known(early.by.at) {
        return None;
    }
    let file = early.fork.file;
    let text = Text::read(file, &reading.sources.file(file).text);
    let path = text.path(early.fork);
    let store = path.last()?.stmt().span;
    let names = text.names(early.fork);
    let [name] = names.as_slice() else { return None };
    let inside = store.start <= early.interrupted.start && early.interrupted.start < store.end;
    if !inside || !has_word(text.of(early.by.at), name) {
        return None;
    }
    let signal = early.signal.map_or("SIGUSR1", |(signal, _)| signal.name());
    let mut report = Diagnostic::new(
        Code::EarlyHandler,
        format!("the handler ran before `{name}` was set"),
        early.by.at,
        format!("`{name}` is still 0 here: this goes to every process of the group, the sender too"),
    )
    .label(store, format!("`{name}` is stored only after the handler has returned"));
    if let Some(Origin::Process(_, at)) = early.signal.and_then(|(_, origin)| origin)
        && known(at)
    {
        report = report.label(at, "the signal came from here");
    }
    Some(report.note("a signal can come between the return of a call and the store of its result").help(format!(
        "block {signal} around `fork`: `let (_, old) = sigprocmask(SIG_BLOCK, sigmask({signal}));` before it, \
         `sigprocmask(SIG_SETMASK, old);` after"
    )))
}

/// A write end that only the end of its holder has closed: told where the text shows that the holder cannot have wanted it.
fn held(held: &HeldOpen, reading: &Reading<'_>) -> Option<Diagnostic> {
    if held.waited < AT_ONCE || !known(held.made.span) || !is_forgotten(held, reading) {
        return None;
    }
    let (holder, reader) = (the(&who(&held.holder)), the(&who(&held.reader)));
    let mut report = Diagnostic::new(
        Code::HeldOpen,
        format!("{reader} got the end of the pipe {} late: {holder} held its write end open", time(held.waited)),
        held.reader.at,
        format!("{reader} waited here"),
    )
    .label(held.made.span, "this pipe");
    let fork = held.holder.who.fork.span;
    if held.holder.who.pid != held.made.who && known(fork) {
        report = report.label(fork, format!("`fork` gave {holder} a copy of the write end, fd {}", held.fd));
    }
    report = report.label(held.holder.at, format!("{holder} ended here, and only that closed it"));
    let name = name_of(held, reading).unwrap_or_else(|| "w".to_owned());
    Some(
        report
            .note(format!("{holder} never wrote to it; if it had not ended, {reader} would wait for ever"))
            .help(format!("`close({name});` in {holder}, before it does anything else")),
    )
}

fn name_of(held: &HeldOpen, reading: &Reading<'_>) -> Option<String> {
    let file = held.made.span.file;
    let text = Text::read(file, &reading.sources.file(file).text);
    text.names(held.made.span).get(1).filter(|name| **name != "_").map(|name| (*name).to_owned())
}

/// Whether the holder cannot have meant to use the write end: its part of the text does not name it, or it runs a program that
/// cannot know of it.
fn is_forgotten(held: &HeldOpen, reading: &Reading<'_>) -> bool {
    if held.execed {
        return held.fd >= FIRST_OWN;
    }
    let file: FileId = held.made.span.file;
    let text = Text::read(file, &reading.sources.file(file).text);
    let names = text.names(held.made.span);
    let Some(name) = names.get(1).filter(|name| **name != "_") else { return false };
    let fork = held.holder.who.fork.span;
    let covered = |at: Span, fork: Span| {
        text.branch(fork)
            .is_some_and(|part| part.iter().any(|stmt| stmt.span.start <= at.start && at.end <= stmt.span.end))
    };
    // Whoever can end in the part of another process is not told apart by the text.
    match held.holder.who.pid == held.made.who {
        true => {
            text.words(name).all(|at| at.start < held.made.span.start || text.forks().any(|fork| covered(at, fork)))
        }
        false => match text.branch(fork) {
            Some(part) => covered(held.holder.at, fork) && !part.iter().any(|stmt| text.mentions(stmt, name)),
            None => false,
        },
    }
}

/// A read that met the end of its file: only its count tells, and nobody has looked at that.
fn end_unnoticed(met: &Met, count: u64) -> Diagnostic {
    let (name, role) = (met.builtin.name(), the(&who(&met.by)));
    let gives = if met.builtin == Builtin::Getline { -1 } else { 0 };
    let what = if met.made.is_some() { "pipe" } else { "file" };
    let mut report = Diagnostic::new(
        Code::EndUnnoticed,
        format!("`{name}` gave {gives}, the end of the {what}, and its empty text was used"),
        met.by.at,
        format!("{role} read here{}, and there was nothing", times(count)),
    );
    if let Some(made) = met.made.filter(|made| known(made.span)) {
        report = report.label(made.span, "this pipe");
    }
    if let Some(joined) = met.joined.filter(|joined| known(joined.span)) {
        report = report
            .label(joined.span, "this took the bytes of several writes at once")
            .note("a pipe is a stream of bytes: it keeps no borders between one write and the next");
    }
    let end = if met.builtin == Builtin::Getline { "n < 0" } else { "n <= 0" };
    report = report.help(format!("look at the first result: `if {end} {{ … }}` is the end"));
    match met.joined {
        Some(_) => {
            report.help("end each message with a newline and read it with `getline`, or give all the same length")
        }
        None => report,
    }
}

/// Pipes that nobody has ever read: told where nothing else is, since whoever could not read has another mistake.
pub(super) fn silent_pipes(ledger: &Ledger, found: &mut Vec<Diagnostic>) {
    if found.iter().any(|note| note.severity == Severity::Warning) {
        return;
    }
    let whole = |seen: &&Seen<Unread>| seen.first.led.is_none() && seen.first.short.is_none();
    for seen in ledger.ends.unread_bytes.values().filter(whole) {
        found.extend(never_read(&seen.first));
    }
}

/// A read that got fewer bytes than it asked for, after which the rest came and nobody read it.
fn short_read(unread: &Unread, (read, asked, got): (Deed, u64, u64), reading: &Reading<'_>) -> Option<Diagnostic> {
    if !reading.takes_rest_of(read.span) || !known(unread.wrote.span) {
        return None;
    }
    let left = unread.bytes as u64;
    let report = Diagnostic::new(
        Code::NeverRead,
        format!("`read` asked for {} and got {got}; {} more came later, and nobody has read them", bytes(asked), left),
        read.span,
        "only what was in the pipe by then was read here",
    );
    let wrote = match &unread.writer {
        Some(writer) => format!("{} wrote the rest here", the(&writer.role())),
        None => "the rest was written here, later".to_owned(),
    };
    let report = report.label(unread.wrote.span, wrote);
    let report = if quoted(&unread.text).is_empty() {
        report
    } else {
        report.note(format!("the rest: `{}`", quoted(&unread.text)))
    };
    Some(
        report
            .note("`read` waits for the first byte and gives what is there then, which may be less than was asked for")
            .help("look at the first result, and read on until all bytes have come or it gives 0"),
    )
}

/// Bytes that were written into a pipe, and that nobody has read.
fn never_read(unread: &Unread) -> Option<Diagnostic> {
    if !known(unread.wrote.span) {
        return None;
    }
    let role = unread.writer.as_ref().map_or_else(|| "its writer".to_owned(), |writer| the(&writer.role()));
    let mut report = Diagnostic::new(
        Code::NeverRead,
        match unread.bytes {
            1 => "1 byte was written into a pipe, and nobody has read it".to_owned(),
            count => format!("{} were written into a pipe, and nobody has read them", bytes(count as u64)),
        },
        unread.wrote.span,
        match &unread.writer {
            Some(_) => format!("{role} wrote them here"),
            None => "they were written here".to_owned(),
        },
    );
    if known(unread.made.span) {
        report = report.label(unread.made.span, "into this pipe");
    }
    if let Some(led) = unread.led.filter(|led| known(led.span)) {
        report = report.label(
            led.span,
            format!("here {role} led its standard output away, and all that it printed since with it"),
        );
    }
    if !quoted(&unread.text).is_empty() {
        report = report.note(format!("the text: `{}`", quoted(&unread.text)));
    }
    Some(match unread.led {
        Some(_) => report.help("redirect standard output in the child alone, after the fork; or keep a copy: `let out = dup(1);` and `dup2(out, 1);` later"),
        None => report.help("read the pipe to its end, in the process that is to have it"),
    })
}

/// Messages that nobody received, and that nobody can receive any more.
fn drowned(drowned: &Drowned) -> Diagnostic {
    let (messages, were) = if drowned.messages == 1 { ("message", "was") } else { ("messages", "were") };
    let name = quoted(&drowned.name);
    let mut report = Diagnostic::new(
        Code::MessagesLeft,
        format!("{} {messages} in the queue `{name}` {were} never received, and went with it", drowned.messages),
        drowned.sent.span,
        if drowned.messages == 1 { "it was sent here" } else { "one of them was sent here" },
    );
    // Whoever takes the name away means to be done with the queue.
    report.severity = Severity::Note;
    if known(drowned.by.at) {
        report =
            report.label(drowned.by.at, format!("{} was the last that let go of the queue", the(&who(&drowned.by))));
    }
    let report =
        report.note("`mq_unlink` takes the name away at once, and the last close the queue with all that is in it");
    match drowned.notified.filter(|deed| known(deed.span)) {
        Some(deed) => report
            .label(deed.span, "this told of one message, and is over since")
            .help("in the handler call `mq_notify` again first, then receive until the queue is empty (O_NONBLOCK)"),
        None => report.help("receive them all before the last close"),
    }
}

/// A read that has met the end of its file very often in a row, or a fork that has met the limit of processes.
pub(super) fn repeated(repeated: &Repeated) -> Diagnostic {
    let (name, role) = (repeated.builtin.name(), the(&who(&repeated.by)));
    if repeated.builtin == Builtin::Fork {
        return Diagnostic::new(
            Code::ForkBomb,
            format!("fork bomb: there are {} processes, and no more may be made", repeated.count),
            repeated.by.at,
            format!("{role} was made by this `fork()`, and has come round to it again, as the others do"),
        )
        .note(format!("{role} got EAGAIN; `--max-procs` sets the limit (RLIMIT_NPROC)"))
        .help("leave the child's part with `exit(0);`, so that only one process goes on with the loop");
    }
    let (gives, help) = match repeated.builtin {
        Builtin::Getline => ("this gives -1 at once, for ever", "leave the loop at the end: `if n < 0 { break; }`"),
        _ => ("this gives 0 at once, for ever", "leave the loop at the end: `if n <= 0 { break; }`"),
    };
    Diagnostic::new(
        Code::EndIgnored,
        format!("`{name}` of {role} has met the end of the file {} times in a row", repeated.count),
        repeated.by.at,
        gives,
    )
    .note("a pipe is at its end when no write end is open any more")
    .help(help)
}

/// The machine's memory has run out, for the `nth` time: who uses it is told once.
pub fn out_of_memory(out: &OutOfMemory, nth: u64) -> Diagnostic {
    let role = the(&who(&out.by));
    let mut table = "who uses most, pages that are shared included".to_owned();
    for (role, pid, used) in &out.largest {
        table.push_str(&format!("\n    {} (pid {pid})  {}", the(role), bytes(*used)));
    }
    let more = out.processes.saturating_sub(out.largest.len() as u64);
    if more > 0 {
        table.push_str(&format!("\n    and {more} more"));
    }
    let mut report = Diagnostic::new(
        Code::OutOfMemory,
        format!("{role} was killed by SIGKILL: the machine has no memory left"),
        out.by.at,
        format!("{role} wanted one page more here"),
    );
    report.severity = Severity::Error;
    if nth > 1 {
        return report;
    }
    report
        .note(format!("all processes together may use {}, a page that they share counts once", bytes(out.limit)))
        .note(table)
        .note("Linux kills somebody too when memory runs out; it chooses whoever uses most")
        .help("`--memory SIZE` gives the machine more, `--heap SIZE` gives each process less")
}
