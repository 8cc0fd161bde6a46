//! How many processes a program makes and how many lines it prints, where its processes do nothing to one another but fork and wait. Then each
//! counts for itself: what a process makes and prints follows from what it was born as, so that equal children are counted once, and no order
//! of anything is tried.

use std::collections::{HashMap, HashSet};

use super::component::{Slot, is_process, process_slot};
use super::futures::{Calls, Futures};
use super::memo::Hint;
use super::schedule::{Act, Step};
use super::world::World;
use crate::abi::{Builtin, Signal};
use crate::kernel::Pid;
use crate::kernel::process::{Process, State};

/// The most steps, after which the processes are not so alike as to be counted like this.
const MOST_STEPS: usize = 200_000;

/// Calls that touch nobody else. Waits are allowed only where they do not look at whom they collect, ids where they are only printed: these are
/// in nobody's future.
const HARMLESS: &[Builtin] = &[
    Builtin::Fork,
    Builtin::Exit,
    Builtin::ExitNow,
    Builtin::Print,
    Builtin::Printf,
    Builtin::Eprint,
    Builtin::Eprintf,
    Builtin::Perror,
    Builtin::Write,
    Builtin::Dprintf,
    Builtin::Fflush,
    Builtin::Setvbuf,
    Builtin::Sleep,
    Builtin::Usleep,
    Builtin::Nanosleep,
];

/// What a process makes and prints, its descendants included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Processes, itself included.
    pub processes: u64,
    /// Lines.
    pub lines: u64,
}

/// What came of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// So many.
    Exactly(Counts),
    /// Processes make ever more processes.
    Endless,
}

impl Counts {
    fn with(self, other: Counts) -> Option<Counts> {
        Some(Counts {
            processes: self.processes.checked_add(other.processes)?,
            lines: self.lines.checked_add(other.lines)?,
        })
    }
}

/// A process under way.
struct Running {
    pid: Pid,
    /// What it was born as.
    born: Box<[u8]>,
    /// The state of the machine: its ancestors stand still, its children have ended.
    state: Vec<u32>,
    counts: Counts,
}

/// Counts from where the machine stands; nothing where processes may touch one another, or where that would take long.
pub(crate) fn count(world: &mut World, futures: &mut Futures) -> Option<Counted> {
    let script = Pid(crate::kernel::param::SCRIPT);
    if !keeps_to_itself(futures, world.stepper.machine.table.get(script)?) {
        return None;
    }
    let mut known: HashMap<Box<[u8]>, Counts> = HashMap::new();
    let mut under_way: HashSet<Box<[u8]>> = HashSet::new();
    let mut stack = vec![begin(world, script, world.state())?];
    for _ in 0..MOST_STEPS {
        let running = stack.last_mut()?;
        let (next, effect) = match step(world, running)? {
            Some(next) => next,
            None => {
                // It has ended: so has it for its parent.
                let done = stack.pop()?;
                under_way.remove(&done.born);
                known.insert(done.born, done.counts);
                let Some(parent) = stack.last_mut() else { return Some(Counted::Exactly(done.counts)) };
                parent.counts = parent.counts.with(done.counts)?;
                parent.state = world.end(&parent.state, done.pid);
                continue;
            }
        };
        let effect = world.effects.get_index(effect as usize)?;
        running.counts.lines += effect.text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let births = effect.births;
        let child = if births > 0 { Some(newborn(world, &running.state, &next)?) } else { None };
        running.state = next;
        let Some(child) = child else { continue };
        let child = begin(world, child, running.state.clone())?;
        match known.get(&child.born) {
            Some(counts) => {
                running.counts = running.counts.with(*counts)?;
                running.state = world.end(&running.state, child.pid);
            }
            // A descendant is born as it was: there is no end to it.
            None if !under_way.insert(child.born.clone()) => return Some(Counted::Endless),
            None => stack.push(child),
        }
    }
    None
}

/// Whether a process, and whoever descends from it, does nothing to others but fork and wait.
fn keeps_to_itself(futures: &mut Futures, script: &Process) -> bool {
    let handles = |signal: &&Signal| script.signals.handles(**signal);
    futures.calls_of(script).is_within(Calls::of(HARMLESS)) && Signal::ALL.iter().find(handles).is_none()
}

fn begin(world: &mut World, pid: Pid, state: Vec<u32>) -> Option<Running> {
    let slots = world.slots(&state);
    world.load(&slots);
    let born = world.likeness(pid)?;
    Some(Running { pid, born, state, counts: Counts { processes: 1, lines: 0 } })
}

/// The next state and effect of a process; an inner nothing where it has ended, an outer one where it may go more than one way or none.
#[expect(clippy::option_option, reason = "to have ended is one thing, not to be countable another")]
fn step(world: &mut World, running: &Running) -> Option<Option<(Vec<u32>, u32)>> {
    let slots = world.slots(&running.state);
    world.load(&slots);
    let act = match world.stepper.machine.table.get(running.pid) {
        None => return Some(None),
        Some(process) if process.state == State::Zombie => return Some(None),
        Some(process) => {
            let mut too_many = false;
            match (&*world.stepper.acts(process, &mut too_many), &*super::stepper::timers_of(process)) {
                ([act], []) => *act,
                ([], [(_, Act::Wake)]) => Act::Wake,
                _ => return None,
            }
        }
    };
    let own = process_slot(running.pid);
    let shape = world.shape_of(&running.state);
    let at = world.shape(shape).place(own)?;
    let mut told = Vec::new();
    let step = Step { pid: running.pid, act };
    let effect = world.step((shape, &running.state), at, step, &mut Hint::default(), &mut told);
    Some(Some((world.next(&running.state, &told), effect)))
}

/// The process that is in one state and was not in the one before.
fn newborn(world: &mut World, before: &[u32], after: &[u32]) -> Option<Pid> {
    let (old, new) = (world.slots(before), world.slots(after));
    let was = |slot: Slot| old.iter().any(|(known, _)| *known == slot);
    new.iter().find(|(slot, _)| is_process(*slot) && !was(*slot)).map(|(slot, _)| Pid(*slot as u32))
}
