//! Looks at states: what can happen next in each, and where it leads. A worker has a machine of its own and knows nothing of the graph;
//! states come to it and go from it as numbers of components.

use std::collections::HashMap;
use std::sync::Arc;

use super::component::{NONE, Store};
use super::count::{self, Counted};
use super::futures::{Futures, Prints};
use super::intern::Build;
use super::memo::{Delta, Hint};
use super::reduce::{self, Facts};
use super::schedule::{Act, Step, Word};
use super::shape::middle;
use super::stepper::Sleep;
use super::survey::{Reduction, Want};
use super::world::{Effect, World};
use crate::kernel::Pid;
use crate::report::stuck;

/// Nodes to look at: of each its number, how many of the processes that might go alone were tried in vain, and where its state
/// ends among those of all.
#[derive(Default)]
pub(crate) struct Tasks {
    nodes: Vec<(u32, u32, usize)>,
    states: Vec<u32>,
}

impl Tasks {
    /// Adds a node; `state` adds the components of its state.
    pub(crate) fn add(&mut self, node: u32, tried: u32, state: impl FnOnce(&mut Vec<u32>)) {
        state(&mut self.states);
        self.nodes.push((node, tried, self.states.len()));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.states.clear();
    }

    /// Each node with its number, how many were tried, and its state.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u32, &[u32])> {
        let mut from = 0;
        self.nodes.iter().map(move |(node, tried, end)| {
            let state = self.states.get(from..*end).unwrap_or(&[]);
            from = *end;
            (*node, *tried, state)
        })
    }
}

/// How a node ends, as a worker sees it.
pub(crate) enum Found {
    /// Steps follow: so many. Where a process goes alone, how many were tried with it.
    Steps(u32, Option<u32>),
    /// Every process has ended.
    Finished,
    /// Every process waits; the report.
    Stuck(String),
    /// A process runs in a circle and nobody else can move.
    Spins(Word),
}

/// What came of some tasks.
#[derive(Default)]
pub(crate) struct Looked {
    /// How each node ends, in the order of the tasks.
    pub(crate) nodes: Vec<Found>,
    /// For each step what leads to its state, as [`World::step`] tells it.
    pub(crate) steps: Vec<u32>,
    /// Deltas that the worker has not told of before.
    pub(crate) deltas: Vec<Delta>,
    /// Effects that the worker has not told of before.
    pub(crate) effects: Vec<Effect>,
    /// Why it is not complete, where it is not.
    pub(crate) bounds: Vec<&'static str>,
    /// About how much memory the worker takes, in bytes.
    pub(crate) size: usize,
}

/// A process as it stands: who it is, and where its acts and then its timers are among all moves.
#[derive(Debug, Clone, Copy)]
struct Stand {
    pid: Pid,
    moves: u32,
    acts: u32,
    timers: u32,
}

/// Looks at states.
pub(crate) struct Worker {
    pub(crate) world: World,
    futures: Futures,
    reduction: Reduction,
    want: Want,
    /// The facts of all processes that were met.
    facts: Vec<Facts>,
    /// For each of these what is asked in every state: these lie close together.
    stands: Vec<Stand>,
    /// What each of these can do, with a hint.
    moves: Vec<(Act, Hint)>,
    /// By the number of a process: which facts it had with which open files when it was looked at last.
    last: Vec<(u32, u32)>,
    /// Which facts a process has, by its number and that of the open files.
    known: HashMap<(u32, u32), u32, Build>,
    /// How many effects and deltas it has told of.
    told: (usize, usize),
    /// The number of the state's shape.
    shape: u32,
    /// The place of each process in the state, and which facts it has.
    here: Vec<(usize, u32)>,
    steps: Vec<Next>,
    /// Steps that come after all others.
    late: Vec<u32>,
    /// The most words that the steps of one piece have taken.
    most_steps: usize,
}

/// A step that can be made: the process's place among all, what it does, and which of all moves that is.
pub(crate) type Next = (usize, Act, usize);

impl Worker {
    /// A worker with a machine at its start.
    pub(crate) fn new(world: World, reduction: Reduction, want: Want) -> Worker {
        Worker {
            world,
            futures: Futures::default(),
            reduction,
            want,
            facts: Vec::new(),
            stands: Vec::new(),
            moves: Vec::new(),
            last: Vec::new(),
            known: HashMap::default(),
            told: (0, 0),
            shape: NONE,
            here: Vec::new(),
            steps: Vec::new(),
            late: Vec::new(),
            most_steps: 0,
        }
    }

    /// Counts what is made and printed, where processes do nothing to one another.
    pub(crate) fn count(&mut self) -> Option<Counted> {
        count::count(&mut self.world, &mut self.futures)
    }

    /// Carries out some tasks.
    pub(crate) fn work(&mut self, tasks: &Tasks) -> Looked {
        let mut looked = Looked { steps: Vec::with_capacity(self.most_steps), ..Looked::default() };
        looked.nodes.reserve(tasks.len());
        for (_, tried, state) in tasks.iter() {
            let found = self.look(tried, state, &mut looked.steps);
            looked.nodes.push(found);
        }
        looked.effects = self.world.effects.get_range(self.told.0..).into_iter().flatten().cloned().collect();
        looked.deltas = self.world.deltas(self.told.1).cloned().collect();
        self.told = (self.world.effects.len(), self.told.1 + looked.deltas.len());
        if self.world.stepper.out_of_budget {
            looked
                .bounds
                .push("a process ran for 40 million instructions without a system call, and was followed no further");
        }
        if self.world.stepper.too_many_choices {
            looked.bounds.push(
                "`rand` or `choose` was asked for one of more than 64 numbers; with `--seed N` it gives those of the seed",
            );
        }
        looked.size = self.world.size();
        self.most_steps = self.most_steps.max(looked.steps.len());
        looked
    }

    /// Which facts the process in a place of the state has.
    #[inline]
    fn facts(&mut self, state: &[u32], place: usize) -> Option<u32> {
        let (id, files) = (state[place], state[middle(state.len())]);
        match self.last.get(id as usize) {
            Some((known, which)) if *known == files => Some(*which),
            _ => self.find_facts(state, place),
        }
    }

    #[cold]
    fn find_facts(&mut self, state: &[u32], place: usize) -> Option<u32> {
        let (id, files) = (state[place], state[middle(state.len())]);
        let which = match self.known.get(&(id, files)) {
            Some(which) => *which,
            None => {
                let slots = self.world.slots(state);
                self.world.load(&slots);
                let pid = Pid(self.world.shape(self.shape).slots[place] as u32);
                let facts = Facts::of(&mut self.world.stepper, &mut self.futures, pid)?;
                let (moves, acts, timers) = (self.moves.len(), facts.acts.len(), facts.timers.len());
                self.stands.push(Stand { pid, moves: moves as u32, acts: acts as u32, timers: timers as u32 });
                let acts = facts.acts.iter().copied().chain(facts.timers.iter().map(|(_, act)| *act));
                self.moves.extend(acts.map(|act| (act, Hint::default())));
                self.facts.push(facts);
                let which = self.facts.len() as u32 - 1;
                self.known.insert((id, files), which);
                which
            }
        };
        if self.last.len() <= id as usize {
            self.last.resize(id as usize + 1, (NONE, 0));
        }
        self.last[id as usize] = (files, which);
        Some(which)
    }

    /// Finds out which shape a state has, and which facts its processes.
    fn enter(&mut self, state: &[u32]) {
        self.shape = self.world.shape_of(state);
        self.here.clear();
        for at in 0..self.world.shape(self.shape).processes.len() {
            let place = self.world.shape(self.shape).processes[at];
            if let Some(which) = self.facts(state, place) {
                self.here.push((place, which));
            }
        }
    }

    fn look(&mut self, tried: u32, state: &[u32], out: &mut Vec<u32>) -> Found {
        self.enter(state);
        if self.here.len() <= 1 {
            return Found::Finished;
        }
        self.enabled();
        if self.steps.is_empty() {
            return self.dead_end(state);
        }
        let mut tried = tried;
        if self.reduction == Reduction::Local {
            let component = |slot| {
                let at = self.world.shape(self.shape).place(slot)?;
                self.world.component(state[at])
            };
            let facts: Vec<&Facts> = self.here.iter().map(|(_, which)| &self.facts[*which as usize]).collect();
            let candidates = reduce::alone(&self.world.stepper, &component, &facts, &self.steps, self.want);
            for alone in candidates.into_iter().skip(tried as usize) {
                tried += 1;
                let from = out.len();
                let count = self.follow(state, Some(alone.process), Some(&alone.others), out);
                if let Some(count) = count {
                    return Found::Steps(count, Some(tried));
                }
                out.truncate(from);
            }
        }
        Found::Steps(self.follow(state, None, None, out).unwrap_or(0), None)
    }

    /// Everything that can happen next.
    fn enabled(&mut self) {
        self.steps.clear();
        let mut timers = false;
        for (at, (_, which)) in self.here.iter().enumerate() {
            let stand = self.stands[*which as usize];
            timers |= stand.timers > 0;
            for number in stand.moves as usize..(stand.moves + stand.acts) as usize {
                self.steps.push((at, self.moves[number].0, number));
            }
        }
        if timers {
            self.add_timers();
        }
    }

    fn add_timers(&mut self) {
        let timers = || {
            self.here.iter().enumerate().flat_map(|(at, (_, which))| {
                let first = self.stands[*which as usize].moves as usize + self.facts[*which as usize].acts.len();
                let timers = self.facts[*which as usize].timers.iter().enumerate();
                timers.map(move |(number, (tick, act))| (*tick, (at, *act, first + number)))
            })
        };
        match self.world.stepper.rules.sleep {
            Sleep::Adversarial => self.steps.extend(timers().map(|(_, next)| next)),
            Sleep::Fair if self.steps.is_empty() => {
                let first = timers().map(|(tick, _)| tick).min();
                self.steps.extend(timers().filter(|(tick, _)| Some(*tick) == first).map(|(_, next)| next));
            }
            Sleep::Fair => {}
        }
    }

    /// Makes the steps of one process, or of all; how many, or nothing where they print what does not agree with the others.
    fn follow(
        &mut self,
        state: &[u32],
        only: Option<usize>,
        others: Option<&Prints>,
        out: &mut Vec<u32>,
    ) -> Option<u32> {
        let mut count = 0;
        self.late.clear();
        for at in 0..self.steps.len() {
            let (process, act, number) = self.steps[at];
            if only.is_some_and(|only| only != process) {
                continue;
            }
            let (place, which) = self.here[process];
            let step = Step { pid: self.stands[which as usize].pid, act };
            let begin = out.len();
            let effect = self.world.step((self.shape, state), place, step, &mut self.moves[number].1, out);
            if let Some(others) = others {
                let text = &self.world.effects[effect as usize].text;
                if !text.is_empty() && !others.agrees_with(&Prints::of(text)) {
                    return None;
                }
            }
            count += 1;
            // A process that falls asleep in vain makes a schedule longer: of ways that are as long, those where it does not are found first.
            if only.is_none() && self.reduction == Reduction::Local && self.world.effects[effect as usize].sleeps {
                self.late.extend_from_slice(&out[begin..]);
                out.truncate(begin);
            }
        }
        out.extend_from_slice(&self.late);
        Some(count)
    }

    /// Nothing can happen: everybody waits, or those that do not run in circles.
    fn dead_end(&mut self, state: &[u32]) -> Found {
        let slots = self.world.slots(state);
        self.world.load(&slots);
        let machine = &self.world.stepper.machine;
        let mut facts = self.here.iter().map(|(_, which)| &self.facts[*which as usize]);
        if let Some(facts) = facts.find(|facts| facts.spins) {
            let descent = machine.process(facts.pid).descent();
            return Found::Spins(Word { descent, act: Act::Run, signal: false, idle: false });
        }
        Found::Stuck(stuck::describe_in_brief(machine))
    }
}

/// Makes workers, in whatever thread asks.
pub(crate) type Maker<'a> = &'a (dyn Fn(&Arc<Store>) -> Result<Worker, String> + Sync);
