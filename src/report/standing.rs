//! Where everybody is when a run is ended from outside, by `--ticks` or by Ctrl-C: who has run most, and where each stands. It must
//! not change the run.

use crate::abi::{SIG_DFL, SIG_IGN};
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::event::Origin;
use crate::kernel::process::{Process, State};
use crate::kernel::signal::Became;
use crate::kernel::{Machine, param};
use crate::source::Span;

use super::stuck;

/// Processes whose places are shown; the others are counted.
const MOST: usize = 3;

/// The run was stopped after so many instructions as were asked for.
pub fn ticks_reached(machine: &Machine) -> Diagnostic {
    let headline = format!("stopped after {} instructions (--ticks)", machine.totals().ticks);
    standing(machine, Diagnostic::new(Code::TicksReached, headline, Span::default(), ""))
}

/// The run was ended by a person.
pub fn interrupted(machine: &Machine) -> Diagnostic {
    standing(machine, Diagnostic::new(Code::Interrupted, "ended by Ctrl-C", Span::default(), ""))
}

fn standing(machine: &Machine, mut said: Diagnostic) -> Diagnostic {
    said.labels.clear();
    let mut left: Vec<&Process> =
        machine.processes().filter(|process| process.pid.0 != param::INIT && process.state != State::Zombie).collect();
    left.sort_by_key(|process| (!runs(process), std::cmp::Reverse(process.accounting.ticks), process.pid));
    let mut places: Vec<(Span, String, Vec<String>)> = Vec::new();
    for process in left.iter().take(MOST) {
        let does = match process.state {
            State::Ready | State::Running => "was running here".to_owned(),
            _ => format!("{} here", stuck::doing(process, machine)),
        };
        let role = the_role(process);
        let at = process.here();
        match places.iter_mut().find(|(place, act, _)| *place == at && *act == does) {
            Some((_, _, roles)) => roles.push(role),
            None => places.push((at, does, vec![role])),
        }
    }
    for (at, does, roles) in places.iter().filter(|(at, ..)| *at != Span::default()) {
        let does = if roles.len() > 1 {
            does.replacen("was ", "were ", 1).replacen("waits ", "wait ", 1)
        } else {
            does.clone()
        };
        said = said.label(*at, format!("{} {does}", roles.join(" and ")));
    }
    for process in left.iter().take(MOST) {
        said = in_vain(said, process, machine);
    }
    if let Some(most) = left
        .first()
        .filter(|process| runs(process) && left.len() > 1 && process.accounting.ticks > machine.totals().ticks / 2)
    {
        let role = the_role(most);
        said = said.note(format!("{role} has run most of these: {} instructions", most.accounting.ticks));
    }
    if left.len() > MOST {
        said = said.note(format!("{} other processes are left", left.len() - MOST));
    }
    let busy: Vec<&&Process> = left.iter().filter(|process| runs(process)).collect();
    match busy.as_slice() {
        [] => said,
        [only] if left.len() == 1 && !has_handler(only) => {
            said.note("no other process is left, and no handler is set: only its own instructions can end this")
        }
        _ => said,
    }
}

/// Shows the latest signal that somebody has sent to a process and that has done nothing to it, where the process ignores it or has it
/// blocked: often it was meant to end what goes on.
fn in_vain(said: Diagnostic, process: &Process, machine: &Machine) -> Diagnostic {
    let signals = &process.signals;
    let dropped = signals.heard().iter().rev().filter(|heard| heard.became == Became::Dropped);
    let ignored = dropped.filter(|heard| signals.action(heard.signal).handler == SIG_IGN);
    let ignored = ignored.filter_map(|heard| Some((heard.signal, heard.origin?, true)));
    let blocked = signals.origins().iter().rev().filter(|(signal, _)| signals.mask.contains(*signal));
    let blocked = blocked.map(|(signal, origin)| (*signal, *origin, false));
    let sent = ignored.chain(blocked).find_map(|(signal, origin, ignored)| match origin {
        Origin::Process(sender, at) => Some((signal, sender, at, ignored)),
        _ => None,
    });
    let Some((signal, sender, at, ignored)) = sent else { return said };
    let (name, role) = (signal.name(), the_role(process));
    let sender = machine.processes().find(|one| one.pid == sender).map_or_else(|| "somebody".to_owned(), the_role);
    let but = if ignored { "ignores it" } else { "has it blocked" };
    let said = said.label(at, format!("{sender} sent {name} to {role} here, which {but}"));
    let set = if ignored { machine.ledger().installed(SIG_IGN, signal) } else { signals.masked().map(|by| by.span) };
    let done = if ignored { "is ignored" } else { "is blocked" };
    match set {
        Some(set) => said.label(set, format!("{name} {done} from here on; fork and exec keep that")),
        None => said,
    }
}

/// What a process is called in a sentence.
fn the_role(process: &Process) -> String {
    if process.role() == "parent" { "the parent".to_owned() } else { process.role() }
}

fn runs(process: &Process) -> bool {
    matches!(process.state, State::Ready | State::Running)
}

fn has_handler(process: &Process) -> bool {
    crate::abi::Signal::ALL.iter().any(|signal| process.signals.action(*signal).handler != SIG_DFL)
}
