//! Looks at states: what can happen next in each, and where it leads. A worker has a machine of its own and knows nothing of the graph;
//! states come to it and go from it as numbers of components.

use std::collections::HashMap;
use std::sync::Arc;

use super::component::{NONE, Slot, Store, is_process};
use super::count::{self, Counted};
use super::futures::{Futures, Prints};
use super::intern::Build;
use super::memo::Hint;
use super::reduce::{self, Facts};
use super::schedule::{Act, Step, Word};
use super::stepper::Sleep;
use super::survey::{Reduction, Want};
use super::world::{Effect, World};
use crate::report::stuck;

/// Nodes to look at: of each its number, how many of the processes that might go alone were tried in vain, and where its state
/// ends among those of all.
#[derive(Default)]
pub(crate) struct Tasks {
    nodes: Vec<(u32, u32, usize)>,
    states: Vec<u32>,
}

impl Tasks {
    /// Adds a node.
    pub(crate) fn add(&mut self, node: u32, tried: u32, state: &[u32]) {
        self.states.extend_from_slice(state);
        self.nodes.push((node, tried, self.states.len()));
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
    /// The node and how it ends, in the order of the tasks.
    pub(crate) nodes: Vec<(u32, Found)>,
    /// For each step the number of its effect, the length of the state it leads to, and that state.
    pub(crate) steps: Vec<u32>,
    /// Effects that the worker has not told of before.
    pub(crate) effects: Vec<Effect>,
    /// Why it is not complete, where it is not.
    pub(crate) bounds: Vec<&'static str>,
    /// About how much memory the worker takes, in bytes.
    pub(crate) size: usize,
}

/// Looks at states.
pub(crate) struct Worker {
    pub(crate) world: World,
    futures: Futures,
    reduction: Reduction,
    want: Want,
    /// The facts of all processes that were met, with a hint for each of their acts and timers.
    facts: Vec<(Facts, Vec<Hint>)>,
    /// By the number of a process: which facts it had with which open files when it was looked at last.
    last: Vec<(u32, u32)>,
    /// Which facts a process has, by its number and that of the open files.
    known: HashMap<(u32, u32), u32, Build>,
    told: usize,
    slots: Vec<(Slot, u32)>,
    /// The place of each process in the state, and which facts it has.
    here: Vec<(usize, u32)>,
    steps: Vec<Next>,
    /// Steps that come after all others.
    late: Vec<u32>,
    /// The most words that the steps of one piece have taken.
    most_steps: usize,
}

/// A step that can be made: the process's place among all, what it does, and which of its acts and timers that is.
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
            last: Vec::new(),
            known: HashMap::default(),
            told: 0,
            slots: Vec::new(),
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
        let mut from = 0;
        for (node, tried, end) in &tasks.nodes {
            let state = tasks.states.get(from..*end).unwrap_or(&[]);
            from = *end;
            let found = self.look(*tried, state, &mut looked.steps);
            looked.nodes.push((*node, found));
        }
        looked.effects = self.world.effects[self.told..].to_vec();
        self.told = self.world.effects.len();
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
    fn facts(&mut self, place: usize) -> Option<u32> {
        let (slot, id) = self.slots[place];
        let files = self.slots[1].1;
        match self.last.get(id as usize) {
            Some((known, which)) if *known == files => Some(*which),
            _ => self.find_facts(slot, id, files),
        }
    }

    fn find_facts(&mut self, slot: Slot, id: u32, files: u32) -> Option<u32> {
        let which = match self.known.get(&(id, files)) {
            Some(which) => *which,
            None => {
                self.world.load(&self.slots);
                let facts = Facts::of(&mut self.world.stepper, &mut self.futures, crate::kernel::Pid(slot as u32))?;
                let hints = vec![(NONE, 0); facts.acts.len() + facts.timers.len()];
                self.facts.push((facts, hints));
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

    fn look(&mut self, tried: u32, state: &[u32], out: &mut Vec<u32>) -> Found {
        let mut slots = std::mem::take(&mut self.slots);
        self.world.slots(state, &mut slots);
        self.slots = slots;
        self.here.clear();
        for place in 0..self.slots.len() {
            if is_process(self.slots[place].0)
                && let Some(which) = self.facts(place)
            {
                self.here.push((place, which));
            }
        }
        if self.here.len() <= 1 {
            return Found::Finished;
        }
        self.enabled();
        if self.steps.is_empty() {
            return self.dead_end();
        }
        let mut tried = tried;
        if self.reduction == Reduction::Local {
            let component = |slot| {
                let (_, id) = self.slots.iter().find(|(known, _)| *known == slot)?;
                self.world.component(*id)
            };
            let facts: Vec<&Facts> = self.here.iter().map(|(_, which)| &self.facts[*which as usize].0).collect();
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
            let facts = &self.facts[*which as usize].0;
            timers |= !facts.timers.is_empty();
            for (number, act) in facts.acts.iter().enumerate() {
                self.steps.push((at, *act, number));
            }
        }
        if timers {
            self.add_timers();
        }
    }

    fn add_timers(&mut self) {
        let timers = || {
            self.here.iter().enumerate().flat_map(|(at, (_, which))| {
                let facts = &self.facts[*which as usize].0;
                let first = facts.acts.len();
                facts.timers.iter().enumerate().map(move |(number, (tick, act))| (*tick, (at, *act, first + number)))
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
            let (facts, hints) = &mut self.facts[which as usize];
            let step = Step { pid: facts.pid, act };
            let begin = out.len();
            out.extend_from_slice(&[0, 0]);
            let effect = self.world.step((&self.slots, state), place, step, &mut hints[number], out);
            out[begin] = effect;
            out[begin + 1] = (out.len() - begin - 2) as u32;
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
    fn dead_end(&mut self) -> Found {
        self.world.load(&self.slots);
        let machine = &self.world.stepper.machine;
        let mut facts = self.here.iter().map(|(_, which)| &self.facts[*which as usize].0);
        if let Some(facts) = facts.find(|facts| facts.spins) {
            let descent = machine.process(facts.pid).descent();
            return Found::Spins(Word { descent, act: Act::Run, signal: false, idle: false });
        }
        Found::Stuck(stuck::describe_in_brief(machine))
    }
}

/// Makes workers, in whatever thread asks.
pub(crate) type Maker<'a> = &'a (dyn Fn(&Arc<Store>) -> Result<Worker, String> + Sync);
