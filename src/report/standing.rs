//! Where everybody is when a run is ended from outside, by `--ticks` or by Ctrl-C: who has run most, and where each stands. It must
//! not change the run.

use crate::abi::SIG_DFL;
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::process::{Process, State};
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
        let role = if process.role() == "parent" { "the parent".to_owned() } else { process.role() };
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
    if let Some(most) = left
        .first()
        .filter(|process| runs(process) && left.len() > 1 && process.accounting.ticks > machine.totals().ticks / 2)
    {
        let role = if most.role() == "parent" { "the parent".to_owned() } else { most.role() };
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

fn runs(process: &Process) -> bool {
    matches!(process.state, State::Ready | State::Running)
}

fn has_handler(process: &Process) -> bool {
    crate::abi::Signal::ALL.iter().any(|signal| process.signals.action(*signal).handler != SIG_DFL)
}
