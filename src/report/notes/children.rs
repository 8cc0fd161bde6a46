//! Children: zombies, orphans, exit codes that were cut, the wrong child, one after another.

use std::fmt::Write;

use super::deaths;
use super::{Reading, known, roles, the, time, times, waits_for_nobody, who};
use crate::abi::{Builtin, Signal, TICKS_PER_SECOND};
use crate::diagnostics::{Code, Diagnostic, Severity};
use crate::kernel::Machine;
use crate::kernel::ledger::{Cut, Ledger, Merged, Orphan, Seen, Serial, Unwaited};
use crate::kernel::process::Lineage;
use crate::report::birth;
use crate::source::Span;

/// A zombie that lay so long had a parent that went on.
const LONG: u64 = TICKS_PER_SECOND;
/// A zombie that lay no longer than this had a parent that ended at once.
const AT_ONCE: u64 = TICKS_PER_SECOND / 10;
/// Labels of a report on orphans.
const MOST_FORKS: usize = 4;
/// Children that a tree shows.
const LISTED: usize = 15;
/// So many zombies of one parent at once are no accident.
const MANY: u64 = 4;

pub(super) fn notes(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.unwaited.values() {
        let merged = ledger.merged.get(&(seen.first.parent.who.pid, Signal::SIGCHLD)).filter(|seen| seen.first.handled);
        found.extend(zombies(&seen.first, seen.count, merged, (ledger, reading)));
    }
    orphans(ledger, reading, found);
    for seen in ledger.cut.values() {
        if !reading.was_told(Code::ExitCodeRange, seen.first.by.at) {
            found.push(cut(&seen.first, seen.count));
        }
    }
    chosen(ledger, reading, found);
    found.extend(deaths::script_killed(ledger, reading));
    found.extend(deaths::script_broke_pipe(ledger));
    deaths::murdered(ledger, reading, found);
    deaths::killed_early(ledger, reading, found);
    came_back(ledger, reading, found);
    deaths::killed_unsaid(ledger, reading, found);
    for death in ledger.deaths.values().filter(|death| death.by.who.parent.is_some()) {
        let broken = ledger.ends.broken.get(&death.by.who.pid);
        let own = broken.and_then(|broken| broken.closed.as_ref()).is_some_and(|by| by.who.pid == death.by.who.pid);
        let told = broken.is_some_and(|broken| reading.was_about(broken.made.span));
        if let Some(mut said) = deaths::broke_pipe(ledger, death).filter(|said| own && !found.contains(said)) {
            said.severity = Severity::Warning;
            if told {
                // The compiler has said why, and what to do: this is what it came to.
                said.severity = Severity::Note;
                said.helps.clear();
            }
            found.push(said);
        }
    }
    for serial in ledger.serial.values() {
        found.extend(one_after_another(serial, reading));
    }
}

fn zombies(
    left: &Unwaited,
    count: u64,
    merged: Option<&Seen<Merged>>,
    (ledger, reading): (&Ledger, &Reading<'_>),
) -> Option<Diagnostic> {
    if left.killed || left.zombies == 0 || (left.longest <= AT_ONCE && left.zombies < MANY && merged.is_none()) {
        return None;
    }
    let parent = who(&left.parent);
    let (were, them) = if left.zombies == 1 { ("was a zombie", "it") } else { ("were zombies", "them") };
    let names = if left.zombies == 1 && left.children.len() == 1 {
        left.children[0].role()
    } else {
        format!("{} children", left.zombies)
    };
    let long = if left.longest > AT_ONCE { format!(" for {}", time(left.longest)) } else { String::new() };
    let up_to = if left.zombies > 1 && !long.is_empty() { long.replace(" for ", " for up to ") } else { long };
    let mut report = Diagnostic::new(
        Code::NeverWaited,
        format!("{names} {were}{up_to}: {} never waited for {them}", the(&parent)),
        left.children[0].fork.span,
        match left.children.as_slice() {
            [child] if count == 1 => format!("`fork()` made {} here{}", child.role(), reading.turn(child)),
            children => format!("`fork()` made {} here", roles(children, count)),
        },
    );
    if known(left.parent.at) {
        report = report.label(left.parent.at, format!("{} ended here, and init reaped {them}", the(&parent)));
    }
    let collected = ledger.collected(left.parent.who.pid).filter(|_| merged.is_none());
    if let Some((deed, some)) = collected.filter(|(deed, some)| *some > 0 && known(deed.span)) {
        report = report.label(
            deed.span,
            format!("{some} of its {} children were collected, the last one here", left.parent_forks),
        );
    }
    let refused = ledger.failures.values().map(|seen| &seen.first).find(|failure| {
        failure.builtin == Builtin::Fork && !failure.forced && failure.by.who.pid == left.parent.who.pid
    });
    if let Some(refused) = refused {
        let errno = refused.errno.name();
        report = report
            .label(refused.by.at, format!("so `fork` failed here with {errno}"))
            .note("zombies count towards the limit of processes (RLIMIT_NPROC)");
    }
    if left.longest < LONG && left.zombies < MANY && merged.is_none() {
        report.severity = Severity::Note;
    }
    Some(match merged {
        Some(merged) => report
            .note(format!(
                "{} while one was pending: pending signals do not add up, and the handler ran once for all of them",
                if merged.count == 1 { "a SIGCHLD came".to_owned() } else { format!("{} SIGCHLD came", merged.count) }
            ))
            .help("in the handler, `while waitpid(-1, WNOHANG) > 0 { }` takes all that are there"),
        None if collected.is_some_and(|(_, some)| some > 0) => report
            .note("a zombie keeps its process id and its status until somebody asks for them")
            .help("wait as often as there were forks, or until nobody is left: `while wait() > 0 { }`"),
        None => report.note("a zombie keeps its process id and its status until somebody asks for them").help(format!(
            "`wait();` collects a child; `signal(SIGCHLD, SIG_IGN);` lets {} go without",
            if left.zombies == 1 { "it" } else { "them" }
        )),
    })
}

fn orphans(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    // A daemon's parent ends on purpose; what matters is what the script leaves to its shell.
    let matters = |orphan: &&Orphan| {
        let heard = orphan.spoke.is_some() || orphan.asked.is_some();
        heard && orphan.parent.who.parent.is_none() && !waits_for_nobody(ledger, orphan.child.pid)
    };
    let heard: Vec<&Orphan> = ledger.orphans.values().filter(matters).collect();
    if let Some(first) = heard.first() {
        let forks: Vec<Span> = heard.iter().map(|orphan| orphan.child.fork.span).collect();
        let left = ledger.orphans.values().filter(|orphan| orphan.parent.who.pid == first.parent.who.pid);
        let like = left.filter(|orphan| forks.contains(&orphan.child.fork.span)).count();
        found.push(say_orphan(first, &heard, like, reading));
    }
}

/// Children that outlived the script, and of which nobody has heard: told where there is nothing graver to tell.
pub(super) fn silent_orphans(machine: &Machine, found: &mut Vec<Diagnostic>) {
    let ledger = machine.ledger();
    let silent = |orphan: &&Orphan| {
        let heard = orphan.spoke.is_some() || orphan.asked.is_some();
        orphan.parent.who.parent.is_none() && !heard && orphan.lived.is_some_and(|lived| lived >= AT_ONCE)
    };
    let orphans: Vec<&Orphan> = ledger.orphans.values().filter(silent).collect();
    let Some(first) = orphans.first().filter(|orphan| known(orphan.parent.at)) else { return };
    let good = machine.script_status().is_some_and(|status| status.is_exited() && status.exit_code() == 0);
    if !good || found.iter().any(|note| note.severity == Severity::Warning) {
        return;
    }
    let names: Vec<_> = orphans.iter().map(|orphan| std::sync::Arc::clone(&orphan.child)).collect();
    let (who_lives, was) = (roles(&names, names.len() as u64), if names.len() == 1 { "was" } else { "were" });
    let parent = the(&who(&first.parent));
    let headline = format!("{parent} ended while {who_lives} {was} running");
    let mut report = Diagnostic::new(Code::Orphan, headline, first.parent.at, format!("{parent} ended here"));
    for orphan in &orphans {
        let fork = orphan.child.fork.span;
        if known(fork) && report.labels.len() < MOST_FORKS && report.labels.iter().all(|label| label.span != fork) {
            report = report.label(fork, format!("`fork()` made {} here", orphan.child.role()));
        }
    }
    let longest = orphans.iter().filter_map(|orphan| orphan.lived).max().unwrap_or(0);
    let lived = match orphans.len() {
        1 => format!("{who_lives} lived on for {}, and nobody has learned how it ended", time(longest)),
        _ => format!("the last of them lived on for {}, and nobody has learned how they ended", time(longest)),
    };
    report.severity = Severity::Note;
    let report = report.note(lived).note("an orphan is not a zombie: it runs on, and init will reap it");
    found.push(report.help("`wait();` for each child before the end"));
}

fn say_orphan(orphan: &Orphan, heard: &[&Orphan], like: usize, reading: &Reading<'_>) -> Diagnostic {
    let (child, parent) = (orphan.child.role(), who(&orphan.parent));
    let headline = match like {
        1 => format!("{} ended while {child} was running", the(&parent)),
        2 => format!("{} ended while {child} and one other were running", the(&parent)),
        like => format!("{} ended while {child} and {} others were running", the(&parent), like - 1),
    };
    let mut report = Diagnostic::new(Code::Orphan, headline, orphan.parent.at, format!("{} ended here", the(&parent)));
    if let Some(exec) = orphan.parent.exec.filter(|exec| known(*exec)) {
        report = report.label(
            exec,
            format!("{} became another program here, and never came to what stands behind this", the(&parent)),
        );
    }
    for orphan in heard {
        let fork = orphan.child.fork.span;
        if known(fork) && report.labels.iter().all(|label| label.span != fork) && report.labels.len() <= MOST_FORKS {
            let turn = reading.turn(&orphan.child);
            report = report.label(fork, format!("`fork()` made {} here{turn}", orphan.child.role()));
        }
    }
    if let Some(at) = orphan.asked {
        report = report.label(at, format!("so `getppid()` is 1 here: init has adopted {child}"));
    }
    if let Some(at) =
        orphan.spoke.filter(|at| orphan.asked.is_none_or(|asked| asked.start >= at.end || at.start >= asked.end))
    {
        report = report.label(at, format!("{child} wrote this after it: a shell shows its prompt first"));
    }
    let report = report.note("an orphan is not a zombie: it runs on, and init will reap it");
    match (orphan.parent.exec, like) {
        (Some(_), _) => report.help("let the child exec, and the parent wait for it"),
        (None, 1) => report.help("`wait();` before the end"),
        (None, _) => report.help("`while wait() > 0 { }` before the end"),
    }
}

fn cut(cut: &Cut, count: u64) -> Diagnostic {
    let (code, left) = (cut.code, cut.code & 0xff);
    let label = if code > 0 && code < 65_536 {
        let blocks = if code < 512 { "256".to_owned() } else { format!("{} * 256", code / 256) };
        format!("only the low 8 bits survive: {code} = {blocks} + {left}")
    } else {
        format!("only the low 8 bits survive: {code} becomes {left}")
    };
    let whom = if cut.by.who.parent.is_none() { "the shell" } else { "the parent" };
    let mut report = Diagnostic::new(
        Code::ExitCodeCut,
        format!("`exit({code})` of {} reaches {whom} as {left}", the(&who(&cut.by))),
        cut.by.at,
        format!("{label}{}", times(count)),
    );
    if let Some(collected) = &cut.collected {
        report = report.label(collected.at, format!("{} collected it here", the(&who(collected))));
    }
    report.help("an exit code says success (0) or which failure (1 to 255); send a number through a pipe")
}

fn chosen(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    for seen in ledger.chosen.values() {
        let chosen = &seen.first;
        let asked_for =
            reading.attention(chosen.by.at).is_some_and(|attention| attention.any_child.contains(&chosen.by.at));
        let left = ledger.unwaited.keys().any(|(parent, _)| *parent == chosen.by.who.pid);
        if !asked_for || !left {
            continue;
        }
        let (got, other) = (chosen.got.role(), chosen.other.role());
        let named = |child: &Lineage| reading.names(child.fork.span).first().cloned();
        let how = match Signal::from_number(chosen.status.term_signal()) {
            Some(signal) if !chosen.status.is_exited() => format!("killed by {}", signal.name()),
            _ => format!("exit {}", chosen.status.exit_code()),
        };
        found.push(
            Diagnostic::new(
                Code::WrongChild,
                format!("this `wait` took {got}, and nobody looks whether it is the one that was meant"),
                chosen.by.at,
                format!("took {got} ({how}); {other} was there, too, and was never waited for"),
            )
            .label(chosen.got.fork.span, format!("{got} was made here{}", reading.turn(&chosen.got)))
            .label(chosen.other.fork.span, format!("{other} was made here{}", reading.turn(&chosen.other)))
            .note("`wait` takes whichever child ends first: another schedule gives another answer")
            .help(match (named(&chosen.got), named(&chosen.other)) {
                (Some(one), Some(other)) if one != other => format!(
                    "`waitpid({one}, 0)` or `waitpid({other}, 0)` waits for the one that is meant; wait for the other, too"
                ),
                _ => "`waitpid(pid, 0)` waits for the one that is meant; wait for the other, too".to_owned(),
            }),
        );
    }
}

/// Children that have come back to the fork that made them, which their maker has called again as well.
fn came_back(ledger: &Ledger, reading: &Reading<'_>, found: &mut Vec<Diagnostic>) {
    let mut told: Vec<Span> = Vec::new();
    for ((child, fork), serial) in ledger.serial.iter().filter(|(_, serial)| serial.again) {
        let maker = serial.by.who.parent.as_ref().and_then(|maker| ledger.serial.get(&(maker.pid, *fork)));
        // A fork whose result nobody looks at does the same in all processes, and is meant to.
        let meant = reading.ignores(*fork) || ledger.was_told(*fork);
        let Some(maker) = maker.filter(|maker| maker.count > 1 && !meant && known(*fork)) else { continue };
        if told.contains(fork) {
            continue;
        }
        told.push(*fork);
        let all: u64 = ledger.serial.iter().filter(|((_, at), _)| at == fork).map(|(_, serial)| serial.count).sum();
        if reading.was_told(Code::ForkInLoop, *fork) {
            found.push(grew(ledger, *fork, (all, maker.count), serial, reading));
            continue;
        }
        let backs =
            ledger.serial.iter().filter(|((pid, at), serial)| at == fork && serial.again && pid != child).count();
        let (role, parent) = (who(&serial.by), the(&who(&maker.by)));
        let others = match backs {
            0 => String::new(),
            1 => ", and one other child too".to_owned(),
            count => format!(", and {count} other children too"),
        };
        let exec = ledger.failures.values().map(|seen| &seen.first).find(|failure| {
            let exec = matches!(failure.builtin, Builtin::Exec | Builtin::Execv | Builtin::Execl);
            exec && failure.by.who.fork.span == *fork
        });
        let mut said = Diagnostic::new(
            Code::ForkAgain,
            format!("{all} children came from a `fork()` that {parent} called {} times", maker.count),
            *fork,
            format!("{role} was made here{}, and came back to this itself{others}", reading.turn(&serial.by.who)),
        )
        .note(format!("{role} goes on where the parent goes on, with the work that is the parent's"));
        said = match exec {
            Some(exec) => said
                .label(
                    exec.by.at,
                    format!(
                        "`{}` failed here with {}, and {} went on",
                        exec.builtin.name(),
                        exec.errno.name(),
                        who(&exec.by)
                    ),
                )
                .help("what stands behind exec runs when it fails: `perror(…); _exit(127);`"),
            None => said.help("end the child's part with `exit(0);`, before it leaves its `if` or its function"),
        };
        found.push(said);
    }
}

/// How many came of a loop that the compiler has warned of, and from whom: the warning says why and what to do, this what it came to.
fn grew(ledger: &Ledger, fork: Span, (all, meant): (u64, u64), back: &Serial, reading: &Reading<'_>) -> Diagnostic {
    let mut born: Vec<&Lineage> = Vec::new();
    for (_, serial) in ledger.serial.iter().filter(|((_, at), _)| *at == fork) {
        born.extend(serial.begun.iter().map(|(_, child)| &**child));
    }
    born.sort_by_key(|child| child.descent());
    let counted = born.first().and_then(|child| birth::counted(child, reading.sources));
    let mut tree = match &counted {
        Some(name) => {
            format!("the tree of the processes, each with the value of `{name}` at its birth\n    the parent")
        }
        None => "the tree of the processes\n    the parent".to_owned(),
    };
    // Children stand below their parent, further in.
    let name = |child: &Lineage| "  ".repeat(child.descent().len()) + &child.role();
    let width = born.iter().take(LISTED).map(|child| name(child).chars().count()).max().unwrap_or(0);
    for child in born.iter().take(LISTED) {
        let turn = birth::turn(child, reading.sources).unwrap_or_default();
        let _ = write!(tree, "\n    {}", format!("{:<width$}  {turn}", name(child)).trim_end());
    }
    let told = born.len().min(LISTED) as u64;
    if all > told {
        let _ = write!(tree, "\n    and {} more", all - told);
    }
    let (role, turn) = (who(&back.by), reading.turn(&back.by.who));
    let again = back.begun.first().map_or_else(String::new, |(_, child)| reading.turn(child));
    let own = if back.begun.iter().any(|(_, child)| ledger.serial.contains_key(&(child.pid, fork))) {
        ", as did children of its own"
    } else {
        ""
    };
    let mut said = Diagnostic::new(
        Code::ForkAgain,
        format!("{all} children were made by a loop that was written for {meant}"),
        fork,
        format!("{role} was made here{turn}, and ran this line again{again}{own}"),
    )
    .note(tree);
    said.severity = Severity::Note;
    said
}

fn one_after_another(serial: &Serial, reading: &Reading<'_>) -> Option<Diagnostic> {
    let pairs = &reading.attention(serial.by.at)?.one_by_one;
    let (_, wait) = pairs.iter().find(|(fork, _)| *fork == serial.by.at)?;
    // Time that nobody sleeps or waits through is not lost on one processor.
    let (first, _) = serial.begun.first()?;
    if serial.together || serial.count < 2 || serial.last - first < LONG {
        return None;
    }
    let mut line = "the time line: when each child was made".to_owned();
    for (at, (begun, _)) in serial.begun.iter().enumerate() {
        let when = if at == 0 { "at the start".to_owned() } else { format!("{} later", time(begun - first)) };
        let _ = write!(line, "\n    number {}  {when}", at + 1);
    }
    if serial.count > serial.begun.len() as u64 {
        let _ = write!(line, "\n    number {}  {} later", serial.count, time(serial.last - first));
    }
    Some(
        Diagnostic::new(
            Code::OneAfterAnother,
            format!("the {} children run one after another, never two at a time", serial.count),
            *wait,
            "the next fork comes only after this child has ended",
        )
        .label(serial.by.at, "`fork()`")
        .note(line)
        .help("fork all of them in one loop, then wait for all in another"),
    )
}
