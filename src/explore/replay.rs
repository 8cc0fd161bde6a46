//! Running a program by a schedule that an exploration has found: the same steps, with a host that shows what happens.

use super::schedule::{Act, Schedule, Step, Word, short_role};
use super::stepper::{Rules, Stepper};
use crate::bytecode::image::Verified;
use crate::kernel::Pid;
use crate::kernel::door::End;
use crate::kernel::host::Host;
use crate::kernel::machine::{Config, Machine};
use crate::kernel::process::State;

/// How a replayed run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// As a run ends.
    End(End),
    /// The schedule is over, and goes on for ever from here.
    Endless,
    /// The program cannot take the step that the schedule has next.
    Departs(String),
}

/// Instructions that are enough to see what goes on for ever.
const A_LITTLE: u64 = 300;

/// Runs a program by a schedule; when that is over, processes go on by turns.
///
/// # Errors
/// Where the arguments do not fit the script's heap.
pub fn replay(
    config: Config,
    image: Verified,
    argv: &[Vec<u8>],
    host: Box<dyn Host>,
    schedule: &Schedule,
) -> Result<(Machine, Replayed), String> {
    follow(config, image, argv, host, schedule, 0)
}

/// As [`replay`]; where the schedule goes on for ever, the run goes a little further than that, so that it can be seen what it does.
///
/// # Errors
/// Where the arguments do not fit the script's heap.
pub fn replay_further(
    config: Config,
    image: Verified,
    argv: &[Vec<u8>],
    host: Box<dyn Host>,
    schedule: &Schedule,
) -> Result<(Machine, Replayed), String> {
    follow(config, image, argv, host, schedule, A_LITTLE)
}

fn follow(
    config: Config,
    image: Verified,
    argv: &[Vec<u8>],
    host: Box<dyn Host>,
    schedule: &Schedule,
    further: u64,
) -> Result<(Machine, Replayed), String> {
    let ticks = config.ticks;
    let machine = Machine::new(Config { by_descent: true, ..config }, image, argv, host)
        .map_err(|_| "the arguments do not fit the heap of a process; see --heap".to_owned())?;
    let mut stepper = Stepper::new(machine, Rules::default());
    for (at, word) in schedule.words.iter().enumerate() {
        match find(&stepper, word) {
            Some(step) => {
                stepper.step(step);
            }
            None => {
                let why = format!("step {} of the schedule is `{word}`, and {}", at + 1, why_not(&stepper, word));
                return Ok((stepper.machine, Replayed::Departs(why)));
            }
        }
    }
    let end = if schedule.endless {
        let enough = stepper.machine.totals().ticks.saturating_add(further);
        go_on(&mut stepper, Some(ticks.map_or(enough, |limit| limit.min(enough))));
        Replayed::Endless
    } else {
        go_on(&mut stepper, ticks)
    };
    Ok((stepper.machine, end))
}

fn who(stepper: &Stepper, word: &Word) -> Option<Pid> {
    let living = |process: &&crate::kernel::process::Process| process.ppid.0 != 0 && process.state != State::Zombie;
    stepper
        .machine
        .processes()
        .filter(living)
        .find(|process| process.descent() == word.descent)
        .map(|process| process.pid)
}

/// The step that a word names, if it can be made.
fn find(stepper: &Stepper, word: &Word) -> Option<Step> {
    let pid = who(stepper, word)?;
    let step = Step { pid, act: word.act };
    let possible = match word.act {
        Act::Wake | Act::Alarm => stepper.timers().iter().any(|(_, timer)| *timer == step),
        Act::Run | Act::Choose(_) | Act::Fail(_) | Act::Short => stepper.machine.process(pid).state == State::Ready,
    };
    possible.then_some(step)
}

fn why_not(stepper: &Stepper, word: &Word) -> String {
    match who(stepper, word) {
        None => {
            format!("there is no `{}` then: is it the same program, with the same options?", short_role(&word.descent))
        }
        Some(pid) => {
            let doing = crate::report::stuck::doing(stepper.machine.process(pid), &stepper.machine);
            format!("it {doing} then: is it the same program, with the same options?")
        }
    }
}

/// Processes by turns, until nobody can move.
fn go_on(stepper: &mut Stepper, ticks: Option<u64>) -> Replayed {
    let mut last = Pid(0);
    loop {
        if stepper.finished() {
            return Replayed::End(End::Finished(stepper.machine.script_status().unwrap_or_default()));
        }
        if ticks.is_some_and(|limit| stepper.machine.totals().ticks >= limit) {
            return Replayed::End(End::TicksReached);
        }
        let steps = stepper.enabled();
        let next = steps.iter().find(|step| step.pid > last && !matches!(step.act, Act::Wake | Act::Alarm));
        let Some(step) = next.or(steps.first()).copied() else {
            let spins = stepper.machine.processes().any(|process| process.state == State::Ready);
            return if spins { Replayed::Endless } else { Replayed::End(End::Stuck) };
        };
        last = step.pid;
        stepper.step(step);
    }
}
