//! The report on a run that cannot go on: who waits for whom, why nobody can end a wait, and the smallest change that frees it.
//!
//! [`facts`] looks at the machine, `kind` tells what kind of standstill it is, `words` says it, [`mend`] tries changes of the text.

pub mod facts;
mod kind;
pub mod mend;
mod reasons;
pub mod text;
mod words;

use crate::abi::{SIG_IGN, Signal};
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::event::Origin;
use crate::kernel::process::{Deed, Process, State};
use crate::kernel::signal::Became;
use crate::kernel::wait::{WaitFor, Which};
use crate::kernel::{Machine, Pid};
use crate::source::{FileId, SourceMap, Span};
use facts::{Facts, Gone, Stand, Wait};
use kind::Kind;
use mend::Mend;
use mend::trial::{Schedules, Setup};
use text::Text;
use words::{MOST_LINES, Voice, and};

/// Labels on processes that wait, and on the acts that led there.
const MOST_LABELS: usize = 4;

/// How many bytes lie in all pipes.
pub fn bytes_in_pipes(machine: &Machine) -> usize {
    let facts = Facts::of(machine, &[]);
    let mut pipes: Vec<_> = facts.pipes().collect();
    pipes.dedup();
    pipes.into_iter().filter_map(|pipe| machine.pipe(pipe)).map(|pipe| pipe.len()).sum()
}

/// The report; with a setup, changes of the script `main` are tried as well. What else there is to say of the run, and may well be why
/// it is stuck, is told in it: one mistake, one report.
pub fn diagnose(
    machine: &Machine,
    gone: &[Gone],
    sources: &SourceMap,
    main: FileId,
    setup: Option<&Setup<'_>>,
    causes: &[Diagnostic],
) -> Diagnostic {
    let facts = Facts::of(machine, gone);
    let mend = setup.and_then(|setup| mend::find(&facts, main, sources, setup, causes));
    let text = &sources.file(main).text;
    let schedules = setup.map(|setup| (setup.schedules)(text));
    let said = report(&facts, sources, main, mend.as_ref(), schedules);
    with_causes(said, causes, mend.as_ref())
}

/// Adds what went wrong before, unseen: its places, what it was, and the way out of it, which is the one that counts where no change
/// of the text was found.
fn with_causes(mut said: Diagnostic, causes: &[Diagnostic], mend: Option<&Mend>) -> Diagnostic {
    let mended = mend.is_some_and(|mend| mend.fault.is_none());
    for cause in causes {
        for label in &cause.labels {
            if !said.labels.iter().any(|known| known.span == label.span) {
                said.labels.push(label.clone());
            }
        }
        said.notes.push(format!("before that, {}", cause.headline));
        said.notes.extend(cause.notes.iter().cloned());
        // What was tried, and frees the run, is the way out.
        if !mended {
            said.helps.clone_from(&cause.helps);
        }
    }
    said
}

fn report(
    facts: &Facts<'_>,
    sources: &SourceMap,
    main: FileId,
    mend: Option<&Mend>,
    schedules: Option<Schedules>,
) -> Diagnostic {
    let text = Text::read(main, &sources.file(main).text);
    let voice = Voice { facts, sources, main, text: &text };
    let Some((primary, heart, kind)) = kind::judge(facts, &text) else {
        return Diagnostic::new(Code::Stuck, "nothing can go on", Span::new(main, 0, 0), "");
    };
    let flushes = |mend: &Mend| mend.steps.iter().any(|step| step.words.contains("fflush"));
    let (primary, heart, kind) = match facts.unflushed().first() {
        Some(held) if mend.is_some_and(flushes) => {
            (facts.stand(held.reader).unwrap_or(primary), heart, Kind::InBuffer(*held))
        }
        _ => (primary, heart, kind),
    };
    let headline = voice.headline(primary, &heart, &kind);
    let mut said = Diagnostic::new(Code::Stuck, headline, primary.span, "");
    said.labels = labels(&voice, &text, primary, &heart, &kind);
    said = said.note(voice.story());
    // Closes would end such a run, and no byte would ever come: what is wanted is a write.
    let close = |mend: &&Mend| mend.steps.iter().all(|step| !step.closes.is_empty());
    let mend = mend.filter(|mend| kind != Kind::NobodyWrote || !close(mend));
    let told = matches!(
        kind,
        Kind::BothReadFirst(_) | Kind::BothFull | Kind::FullPipe(_) | Kind::FullQueue(_) | Kind::EmptyQueue(_)
    ) && heart.len() == 2;
    if let (false, Some(circle)) = (told, voice.circle(&heart)) {
        said = said.note(circle);
    }
    match kind {
        Kind::OwnWriteEnd(pipe) | Kind::HeldWriteEnd(pipe) => {
            said = said.note(voice.table(pipe, true, mend));
            let others = heart.iter().filter_map(|stand| match stand.wait {
                Wait::Bytes(other) if other != pipe => Some(other),
                _ => None,
            });
            let mut others: Vec<_> = others.collect();
            others.sort_unstable();
            others.dedup();
            for other in others.into_iter().take(2) {
                said = said.note(voice.table(other, true, mend));
            }
        }
        Kind::OwnReadEnd(pipe) => said = said.note(voice.table(pipe, false, mend)),
        _ => {}
    }
    for reason in voice.reasons(primary, &kind) {
        said = said.note(reason);
    }
    if let Some(lost) = voice.stranded() {
        said = said.note(lost);
    }
    let signals = matches!(
        kind,
        Kind::BlockedSignal(_) | Kind::EarlySignal(_) | Kind::DroppedSignal(_) | Kind::NoSignal | Kind::Stopped(..)
    );
    for stand in facts.stands.iter().filter(|_| !signals).take(MOST_LINES) {
        for reason in voice.without_effect(stand) {
            said = said.note(reason);
        }
    }
    if let (true, Some(ended)) = (
        matches!(kind, Kind::EmptyQueue(_) | Kind::FullQueue(_) | Kind::NoSignal | Kind::NamedPipe(_)),
        voice.ended(&facts.gone),
    ) {
        said = said.note(ended);
    }
    said = match schedules {
        Some(Schedules::NoneEnds) => said.note("this happens in every order in which the processes can run"),
        Some(Schedules::SomeEnd) => {
            said.note("this depends on the order in which the processes run: in others the program ends (`proc explore` shows them)")
        }
        Some(Schedules::Undecided) => {
            said.note("whether this happens in every order of the processes was not decided (`proc explore` looks at more of them)")
        }
        Some(Schedules::AllEnd) | None => said,
    };
    helped(said, &voice, primary, &kind, mend)
}

/// Adds the way out: the change that was tried, else what is known to help in such a case.
fn helped(mut said: Diagnostic, voice: &Voice<'_>, primary: &Stand, kind: &Kind, mend: Option<&Mend>) -> Diagnostic {
    if mend.is_none() && matches!(kind, Kind::Stopped(Signal::SIGTTIN | Signal::SIGTTOU, Some(_))) {
        said = said.help(
            "give it the terminal: `tcsetpgrp(0, job);`, and SIGCONT if it has stopped already, as `fg` of a shell does\ntake it \
             back after the wait: `tcsetpgrp(0, getpgrp());` with SIGTTOU ignored",
        );
    }
    let Some(mend) = mend else {
        return match special(voice, primary, kind).or_else(|| kind.advice()) {
            Some(advice) => said.help(advice),
            None => said,
        };
    };
    let mut lines = Vec::new();
    for step in &mend.steps {
        let mut who = step.who.clone();
        who.sort_unstable();
        who.dedup();
        let place = if who.is_empty() { String::new() } else { in_whom(voice, &who) };
        let program = voice.sources.file(mend.file);
        let file = if mend.file == voice.main { String::new() } else { format!("in `{}`: ", program.name) };
        lines.push(format!("{file}{}{place}", step.words));
    }
    let what = if mend.steps.len() == 1 { "this change" } else { "these changes" };
    if let Some(fault) = &mend.fault {
        lines.push(format!("tried: with {what} nobody waits for ever; then {fault}"));
        return said
            .help(lines.join("\n"))
            .help("then look at each result before it is used: at the end `read` gives 0, `getline` -1");
    }
    lines.push(match mend.ends_all {
        true => format!(
            "checked: with {what} the program ends{}",
            match mend.schedules {
                Schedules::AllEnd => ", in every order in which its processes can run",
                Schedules::SomeEnd => " in this order of its processes, but not in every one",
                Schedules::NoneEnds | Schedules::Undecided => "",
            }
        ),
        false => format!("checked: with {what} the script ends; other processes wait on"),
    });
    said = said.help(lines.join("\n"));
    said.edits = mend.edits();
    said
}

/// In whose part of the script a change is. There may be more than those for whom it was sought.
fn in_whom(voice: &Voice<'_>, who: &[Pid]) -> String {
    match who {
        [first, second, third, _, _, ..] => {
            format!(", in {}, {}, {} and others", voice.who(*first), voice.who(*second), voice.who(*third))
        }
        some => format!(", in {}", voice.list(some, None)),
    }
}

/// What helps in a case that is more special than its kind.
fn special(voice: &Voice<'_>, primary: &Stand, kind: &Kind) -> Option<&'static str> {
    let facts = voice.facts;
    let process = facts.process(primary.pid)?;
    let waited_for = facts.stands.iter().any(|stand| stand.pid != primary.pid && stand.wakers.contains(&primary.pid));
    match kind {
        Kind::EmptyQueue(queue) => {
            let others = facts.queue_holders(*queue, true).iter().any(|holder| holder.pid != primary.pid);
            let queue = facts.machine.queue(*queue)?;
            let own = queue.last_sent.0.zip(queue.last_taken.0).is_some_and(|(sent, taken)| sent.who == taken.who);
            match (own, others) {
                _ if taken_by_one(facts, queue) => Some("send a last message for each process that receives"),
                (true, _) => Some(
                    "use a queue for each direction: who receives from the queue that it sends to may take its own message",
                ),
                (false, true) if given_by_those_who_left(facts, queue) => {
                    Some("who takes a message as a lock must send it back on every way out, also before `exit`")
                }
                (false, true) => Some("let the message be sent before its sender waits"),
                (false, false) => None,
            }
        }
        Kind::HeldWriteEnd(_) if among_readers(facts, primary) => Some(
            "where bytes are to come, let one of them write before it reads\nwhere the end is to come, close every copy of the \
             write end that is not written to",
        ),
        Kind::FullPipe(_) if !waited_for => {
            Some("let a process that has the read end read it before it waits for something else")
        }
        Kind::OwnWriteEnd(pipe) | Kind::HeldWriteEnd(pipe)
            if facts.machine.pipe(*pipe).is_some_and(|pipe| pipe.traffic.own.is_some()) =>
        {
            Some(
                "make a pipe for each direction: what is written into a pipe can be read back by whoever has its read end",
            )
        }
        Kind::Stopped(..) if own_group(voice, primary).is_some() => {
            Some("send it to the one that is meant: `kill(pid, …)` with the id that `fork` gave")
        }
        Kind::NoSignal if voice.notified(process).is_some() => {
            Some("call `mq_notify` again in the handler, and only then receive all that waits, with O_NONBLOCK")
        }
        Kind::NoSignal if voice.alarm_of_ancestor(process).is_some() => {
            Some("let each process that wants an alarm call `alarm` itself, after the fork")
        }
        Kind::NoSignal if facts.stands.len() == 1 => {
            Some("see to it that somebody will send the signal: a child that lives on, or `alarm`")
        }
        _ => None,
    }
}

/// Whether the last message was taken by a process that has ended since, and its sender waits for the others.
fn taken_by_one(facts: &Facts<'_>, queue: &crate::kernel::mqueue::Queue) -> bool {
    let gone = queue.last_taken.0.is_some_and(|taken| facts.stand(taken.who).is_none());
    gone && queue.last_sent.0.is_some_and(|sent| facts.stand(sent.who).is_some())
}

/// Whether those who sent and took the last message have both ended, and were made by the same fork of the text: each sends and takes,
/// as with a lock.
fn given_by_those_who_left(facts: &Facts<'_>, queue: &crate::kernel::mqueue::Queue) -> bool {
    let fork = |deed: Option<Deed>| {
        let gone = facts.gone.iter().find(|gone| deed.is_some_and(|deed| deed.who == gone.lineage.pid))?;
        Some(gone.lineage.fork.span)
    };
    let (sent, taken) = (fork(queue.last_sent.0), fork(queue.last_taken.0));
    sent.is_some() && sent == taken
}

/// Where a process has stopped its own group, and itself with it.
fn own_group(voice: &Voice<'_>, stand: &Stand) -> Option<Span> {
    match voice.facts.heard(stand.pid, &[Became::Stopped])?.origin? {
        Origin::Process(pid, at) if pid == stand.pid && voice.facts.machine.ledger().meant_group(at) => Some(at),
        _ => None,
    }
}

/// Whether another process reads too, and the two could wake each other: a ring in which nobody has written yet, or two that wait for
/// each other's end.
fn among_readers(facts: &Facts<'_>, primary: &Stand) -> bool {
    facts.stands.iter().any(|other| {
        matches!(other.wait, Wait::Bytes(_))
            && other.pid != primary.pid
            && primary.wakers.contains(&other.pid)
            && other.wakers.contains(&primary.pid)
    })
}

impl Kind {
    /// What helps where no change could be checked.
    fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Kind::OwnWriteEnd(_) | Kind::HeldWriteEnd(_) => {
                "close every copy of the write end that is not written to, before the pipe is read to its end"
            }
            Kind::HalfLine(..) => {
                "write a newline at the end of the line, or read with `read`, which takes what there is"
            }
            Kind::BothReadFirst(writes) if writes.len() > 2 => "let one of them write before it reads",
            Kind::BothReadFirst(_) => "let one side write first",
            Kind::NobodyWrote => "let one of them write before it reads",
            Kind::InBuffer(_) => "`fflush();` after the print",
            Kind::FullPipe(_) => "read the pipe to its end, and wait for the writer only then",
            Kind::BothFull => "let one side read before it has written everything, or write from a child of its own",
            Kind::OwnReadEnd(_) => "a pipe is for two: let another process read while this one writes",
            Kind::EmptyQueue(_) => {
                "send a last message that means there are no more, and let the receiver leave its loop on it"
            }
            Kind::FullQueue(_) => "let somebody receive, or send no more than the queue holds",
            Kind::NamedPipe(_) => "open both sides, in two processes, in the same order of pipes",
            Kind::BlockedSignal(_) => "`sigsuspend(0)` waits with nothing blocked",
            Kind::EarlySignal(_) => {
                "block the signal before it can come, then wait with `sigsuspend(0)`, which unblocks it only while it waits"
            }
            Kind::DroppedSignal(heard) if heard.signal == Signal::SIGCHLD => {
                "`wait()` or `waitpid(pid, 0)` sleeps until a child has ended; `pause` wants a signal with a handler"
            }
            Kind::DroppedSignal(_) => "install a handler before the signal can come",
            Kind::NoSignal => {
                "let the signal be sent before its sender waits, or wait only for those that end without it"
            }
            Kind::Stopped(..) => "wait with `WUNTRACED` and look at `WIFSTOPPED`, or send it SIGCONT",
            Kind::Circle => return None,
        })
    }
}

/// The places: who waits, what it is about, and what let it come to this.
fn labels(
    voice: &Voice<'_>,
    text: &Text<'_>,
    primary: &Stand,
    heart: &[&Stand],
    kind: &Kind,
) -> Vec<crate::diagnostics::Label> {
    let mut labels: Vec<crate::diagnostics::Label> = Vec::new();
    let mut add = |span: Span, text: String| {
        if span != Span::default() && !labels.iter().any(|known| known.span == span) {
            labels.push(crate::diagnostics::Label { span, text });
        }
    };
    let others = voice.facts.stands.iter().filter(|stand| !heart.iter().any(|one| one.pid == stand.pid));
    let in_order =
        std::iter::once(primary).chain(heart.iter().copied().filter(|stand| stand.pid != primary.pid)).chain(others);
    let sent = |stand: &&Stand| {
        let heard = voice.facts.heard(stand.pid, &[Became::Stopped]);
        matches!(heard.and_then(|heard| heard.origin), Some(Origin::Process(..)))
    };
    let mut places: Vec<(Span, Vec<&Stand>)> = Vec::new();
    // A stopped process stands behind the statement that stopped it, and that one is labelled.
    for stand in in_order.filter(|stand| !matches!(stand.wait, Wait::Continue(_)) || !sent(stand)) {
        match places.iter_mut().find(|(span, _)| *span == stand.span) {
            Some((_, stands)) => stands.push(stand),
            None => places.push((stand.span, vec![stand])),
        }
    }
    for (span, stands) in places.iter().take(MOST_LABELS) {
        add(*span, waits_here(voice, stands));
    }
    objects(voice, kind, &mut add);
    let only_later = !matches!(kind, Kind::BothReadFirst(_));
    let woken: &[&Stand] = if *kind == Kind::BothFull { heart } else { &[primary] };
    for woken in woken.iter().filter(|_| only_later) {
        let mut others = voice.facts.stands.iter().filter(|stand| stand.pid != woken.pid);
        if let Some((pid, span)) =
            others.find_map(|one| Some((one.pid, mend::later(voice.facts, text, one, woken, true)?)))
        {
            let text = match woken.wait {
                Wait::Signal | Wait::SignalOf(_) | Wait::Continue(_) => {
                    format!("{} comes to this only after its own wait", voice.who(pid))
                }
                _ => too_late(voice, pid, woken.pid),
            };
            add(span, text);
        }
    }
    labels
}

fn too_late(voice: &Voice<'_>, who: Pid, woken: Pid) -> String {
    format!("this could wake {}, but {} comes here only after its own wait", voice.who(woken), voice.who(who))
}

/// The labels on pipes, forks and signals.
fn objects(voice: &Voice<'_>, kind: &Kind, add: &mut impl FnMut(Span, String)) {
    let facts = voice.facts;
    let made = |pipe| facts.machine.pipe(pipe).filter(|pipe| pipe.fifo.is_none()).map(|pipe| pipe.made.span);
    match kind {
        Kind::InBuffer(held) => add(held.print, "this was printed into the buffer, and is there still".to_owned()),
        Kind::HalfLine(_, Some(write)) => add(*write, "this was written, with no newline at its end".to_owned()),
        Kind::BothReadFirst(writes) => {
            for (pid, woken, span) in writes.iter().take(MOST_LABELS) {
                match writes.iter().filter(|(_, _, other)| other == span).count() {
                    1 => add(*span, too_late(voice, *pid, *woken)),
                    _ => add(
                        *span,
                        "this would wake the next one, but each comes here only after its own wait".to_owned(),
                    ),
                }
            }
            rings(facts, add);
        }
        Kind::NobodyWrote => rings(facts, add),
        Kind::BothFull => {
            for stand in &facts.stands {
                match stand.wait {
                    Wait::Room(pipe) => made(pipe).into_iter().for_each(|span| add(span, "this pipe".to_owned())),
                    Wait::QueueRoom(queue) => {
                        let queue = facts.machine.queue(queue).map(|queue| queue.made.span);
                        queue.into_iter().for_each(|span| add(span, "this queue".to_owned()));
                    }
                    _ => {}
                }
            }
        }
        Kind::OwnWriteEnd(pipe) | Kind::HeldWriteEnd(pipe) => {
            if let Some(span) = made(*pipe) {
                add(span, "this pipe".to_owned());
            }
            for holder in facts.pipe_holders(*pipe, true).iter().take(MOST_LABELS) {
                if let Some(fork) = facts.forks(holder).last() {
                    let who = voice.who(holder.pid);
                    add(fork.span, format!("`fork` gave {who} a copy of the write end, {}", voice.fd(holder)));
                }
            }
        }
        Kind::FullPipe(pipe) | Kind::OwnReadEnd(pipe) => {
            if let Some(span) = made(*pipe) {
                add(span, "this pipe".to_owned());
            }
        }
        Kind::EmptyQueue(queue) | Kind::FullQueue(queue) => {
            if let Some(queue) = facts.machine.queue(*queue) {
                add(queue.made.span, "this queue".to_owned());
            }
        }
        Kind::EarlySignal(heard) => {
            sent(voice, heard.signal, heard.origin, add);
            add(heard.at.span, format!("the handler of {} ran here, before the wait", heard.signal.name()))
        }
        Kind::DroppedSignal(heard) => {
            sent(voice, heard.signal, heard.origin, add);
            let ignored = facts.stands.iter().any(|stand| voice.set_to_ignore(stand, heard.signal));
            let installed = facts.machine.ledger().installed(SIG_IGN, heard.signal).filter(|_| ignored);
            installed.into_iter().for_each(|at| {
                add(at, format!("{} is ignored from here on; fork and exec keep that", heard.signal.name()))
            });
        }
        Kind::BlockedSignal(signal) => {
            for process in facts.stands.iter().filter_map(|stand| facts.process(stand.pid)) {
                let origin = process.signals.origin(*signal);
                if let Some(origin) = origin {
                    sent(voice, *signal, Some(origin), add);
                    if let Some(masked) = process.signals.masked() {
                        add(masked.span, format!("{} was blocked here", signal.name()));
                    }
                }
            }
        }
        Kind::Stopped(signal, ..) => {
            let heard = facts.stands.iter().find_map(|stand| facts.heard(stand.pid, &[Became::Stopped]));
            if let Some(Origin::Process(pid, span)) = heard.and_then(|heard| heard.origin) {
                add(span, format!("{} was sent here by {}", signal.name(), voice.who(pid)));
            }
        }
        _ => {}
    }
}

/// Where the pipes that processes read were made.
fn rings(facts: &Facts<'_>, add: &mut impl FnMut(Span, String)) {
    let made = |stand: &Stand| match stand.wait {
        Wait::Bytes(pipe) => facts.machine.pipe(pipe).filter(|pipe| pipe.fifo.is_none()).map(|pipe| pipe.made.span),
        _ => None,
    };
    let mut pipes: Vec<_> = facts
        .stands
        .iter()
        .filter_map(|stand| match stand.wait {
            Wait::Bytes(pipe) => Some((pipe, made(stand)?)),
            _ => None,
        })
        .collect();
    pipes.sort_unstable();
    pipes.dedup();
    let spans: Vec<Span> = pipes.into_iter().map(|(_, span)| span).collect();
    for span in &spans {
        let several = spans.iter().filter(|other| *other == span).count() > 1;
        add(*span, if several { "these pipes" } else { "this pipe" }.to_owned());
    }
}

/// Where a process has sent a signal.
fn sent(voice: &Voice<'_>, signal: Signal, origin: Option<Origin>, add: &mut impl FnMut(Span, String)) {
    if let Some(Origin::Process(pid, span)) = origin {
        add(span, format!("{} was sent here by {}", signal.name(), words::the(&voice.facts.role(pid))));
    }
}

/// `child 1 waits here for ...`, or several of them.
fn waits_here(voice: &Voice<'_>, stands: &[&Stand]) -> String {
    let Some(first) = stands.first() else { return String::new() };
    if stands.len() == 1 {
        let who = voice.who(first.pid);
        return match first.wait {
            Wait::Continue(signal) => format!("{who} is stopped by {} here", signal.name()),
            _ => format!("{who} waits here {}", voice.aim(first)),
        };
    }
    let mut names: Vec<String> = stands.iter().take(MOST_LINES).map(|stand| voice.who(stand.pid)).collect();
    if stands.len() > MOST_LINES {
        names.truncate(3);
        names.push(format!("{} more", stands.len() - 3));
    }
    let same = stands.iter().all(|stand| voice.aim(stand) == voice.aim(first));
    let aim = if same { format!(" {}", voice.aim(first)) } else { String::new() };
    format!("{} wait here{aim}", and(&names))
}

/// What a process is doing, in words.
pub fn doing(process: &Process, machine: &Machine) -> String {
    match process.state {
        State::Blocked(reason) => format!("{} {}", call_name(process), reason_words(reason, machine)),
        State::Stopped(signal) => format!("is stopped by {}, and nobody continues it", signal.name()),
        State::Zombie => "has ended".to_owned(),
        State::Ready | State::Running => "could run".to_owned(),
    }
}

fn call_name(process: &Process) -> String {
    process
        .call
        .as_ref()
        .map_or_else(|| "waits".to_owned(), |call| format!("waits in `{}`", call.request.builtin.name()))
}

/// What a reason to wait means, in words.
pub fn reason_words(reason: WaitFor, machine: &Machine) -> String {
    let role = |pid| {
        let process = machine.processes().find(|process| process.pid == pid);
        process.map_or_else(|| format!("process {pid}"), |process| process.role())
    };
    match reason {
        WaitFor::Child(Which::Any) => "for a child to end".to_owned(),
        WaitFor::Child(Which::Pid(pid)) => format!("for {} to end", role(pid)),
        WaitFor::Child(Which::Group(pgid)) => format!("for a child of process group {pgid} to end"),
        WaitFor::PipeReadable(..) => "for bytes in a pipe, or for its last write end to be closed".to_owned(),
        WaitFor::PipeWritable(..) => "for room in a full pipe".to_owned(),
        WaitFor::QueueNotEmpty(..) => "for a message in an empty queue".to_owned(),
        WaitFor::QueueNotFull(..) => "for room in a full queue".to_owned(),
        WaitFor::Terminal => "for the terminal".to_owned(),
        WaitFor::FifoReader(_) => "for somebody to open the named pipe for reading".to_owned(),
        WaitFor::FifoWriter(_) => "for somebody to open the named pipe for writing".to_owned(),
        WaitFor::Poll => "for one of several descriptors to be ready".to_owned(),
        WaitFor::Sleep => "for the clock".to_owned(),
        WaitFor::Signal => "for a signal".to_owned(),
        WaitFor::SignalOf(set) => {
            let names: Vec<&str> = set.iter().map(|signal| signal.name()).collect();
            format!("for a signal of {{{}}}", names.join(", "))
        }
    }
}

/// The report on one line, without ids and places that differ from schedule to schedule.
pub fn describe_in_brief(machine: &Machine) -> String {
    let left = machine.processes().filter(|process| process.ppid.0 != 0 && process.state != State::Zombie);
    let mut doers: Vec<(String, Vec<String>)> = Vec::new();
    for process in left {
        let what = doing(process, machine);
        let alike = |known: &str| known == what && what.starts_with("waits ");
        match doers.iter_mut().find(|(known, _)| alike(known)) {
            Some((_, who)) => who.push(process.role()),
            None => doers.push((what, vec![process.role()])),
        }
    }
    let part = |(what, who): &(String, Vec<String>)| match what.strip_prefix("waits ") {
        Some(how) if who.len() > 1 => format!("{} wait {how}", and(who)),
        _ => format!("{} {what}", and(who)),
    };
    let parts: Vec<String> = doers.iter().map(part).collect();
    format!("stuck: {}", parts.join("; "))
}
