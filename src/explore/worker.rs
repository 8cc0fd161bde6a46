//! Looks at states: what can happen next in each, and where it leads. A worker has a machine of its own and knows nothing of the graph;
//! states come to it and go from it as numbers of components.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::component::{Slot, Store, is_process};
use super::futures::{Futures, Prints};
use super::intern::Build;
use super::reduce::{self, Facts};
use super::schedule::{Act, Step, Word};
use super::stepper::Sleep;
use super::survey::{Reduction, Want};
use super::world::{Effect, World};
use crate::report::stuck;

/// A node to look at: its number, how many of the processes that might go alone were tried in vain, and its state.
pub(crate) struct Task {
    pub(crate) node: u32,
    pub(crate) tried: u32,
    pub(crate) state: Box<[u32]>,
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
    /// The facts of a process, by its number and that of the open files.
    facts: HashMap<(u32, u32), Rc<Facts>, Build>,
    told: usize,
    slots: Vec<(Slot, u32)>,
    here: Vec<Rc<Facts>>,
    /// The place of each process in the state.
    places: Vec<usize>,
    steps: Vec<(usize, Act)>,
}

impl Worker {
    /// A worker with a machine at its start.
    pub(crate) fn new(world: World, reduction: Reduction, want: Want) -> Worker {
        Worker {
            world,
            futures: Futures::default(),
            reduction,
            want,
            facts: HashMap::default(),
            told: 0,
            slots: Vec::new(),
            here: Vec::new(),
            places: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Carries out some tasks.
    pub(crate) fn work(&mut self, tasks: &[Task]) -> Looked {
        let mut looked = Looked::default();
        for task in tasks {
            let found = self.look(task, &mut looked.steps);
            looked.nodes.push((task.node, found));
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
        looked
    }

    /// The facts of the process in a place of the state.
    fn facts(&mut self, place: usize) -> Option<Rc<Facts>> {
        let (slot, id) = self.slots[place];
        let key = (id, self.slots[1].1);
        if let Some(facts) = self.facts.get(&key) {
            return Some(Rc::clone(facts));
        }
        self.world.load(&self.slots);
        let facts = Rc::new(Facts::of(&mut self.world.stepper, &mut self.futures, crate::kernel::Pid(slot as u32))?);
        self.facts.insert(key, Rc::clone(&facts));
        Some(facts)
    }

    fn look(&mut self, task: &Task, out: &mut Vec<u32>) -> Found {
        let mut slots = std::mem::take(&mut self.slots);
        self.world.slots(&task.state, &mut slots);
        self.slots = slots;
        self.here.clear();
        self.places.clear();
        for place in 0..self.slots.len() {
            if is_process(self.slots[place].0)
                && let Some(facts) = self.facts(place)
            {
                self.here.push(facts);
                self.places.push(place);
            }
        }
        if self.here.len() <= 1 {
            return Found::Finished;
        }
        self.enabled();
        if self.steps.is_empty() {
            return self.dead_end();
        }
        let mut tried = task.tried;
        if self.reduction == Reduction::Local {
            let rest = self.slots[0].1;
            let rest = self.world.component(rest);
            let candidates = reduce::alone(&self.world.stepper, rest, &self.here, &self.steps, self.want);
            for alone in candidates.into_iter().skip(tried as usize) {
                tried += 1;
                let from = out.len();
                let count = self.follow(Some(alone.process), Some(&alone.others), out);
                if let Some(count) = count {
                    return Found::Steps(count, Some(tried));
                }
                out.truncate(from);
            }
        }
        Found::Steps(self.follow(None, None, out).unwrap_or(0), None)
    }

    /// Everything that can happen next: the place of the process among all, and its act.
    fn enabled(&mut self) {
        self.steps.clear();
        for (at, facts) in self.here.iter().enumerate() {
            self.steps.extend(facts.acts.iter().map(|act| (at, *act)));
        }
        let timers = || self.here.iter().enumerate().flat_map(|(at, facts)| facts.timers.iter().map(move |t| (at, *t)));
        match self.world.stepper.rules.sleep {
            Sleep::Adversarial => self.steps.extend(timers().map(|(at, (_, act))| (at, act))),
            Sleep::Fair if self.steps.is_empty() => {
                let first = timers().map(|(_, (tick, _))| tick).min();
                self.steps
                    .extend(timers().filter(|(_, (tick, _))| Some(*tick) == first).map(|(at, (_, act))| (at, act)));
            }
            Sleep::Fair => {}
        }
    }

    /// Makes the steps of one process, or of all; how many, or nothing where they print what does not agree with the others.
    fn follow(&mut self, only: Option<usize>, others: Option<&Prints>, out: &mut Vec<u32>) -> Option<u32> {
        let mut count = 0;
        for at in 0..self.steps.len() {
            let (process, act) = self.steps[at];
            if only.is_some_and(|only| only != process) {
                continue;
            }
            let begin = out.len();
            out.extend([0, 0]);
            let step = Step { pid: self.here[process].pid, act };
            let effect = self.world.step(&self.slots, self.places[process], step, out);
            out[begin] = effect;
            out[begin + 1] = (out.len() - begin - 2) as u32;
            if let Some(others) = others {
                let text = &self.world.effects[effect as usize].text;
                if !text.is_empty() && !others.agrees_with(&Prints::of(text)) {
                    return None;
                }
            }
            count += 1;
        }
        Some(count)
    }

    /// Nothing can happen: everybody waits, or those that do not run in circles.
    fn dead_end(&mut self) -> Found {
        self.world.load(&self.slots);
        let machine = &self.world.stepper.machine;
        if let Some(facts) = self.here.iter().find(|facts| facts.spins) {
            let descent = machine.process(facts.pid).descent();
            return Found::Spins(Word { descent, act: Act::Run, signal: false });
        }
        Found::Stuck(stuck::describe_in_brief(machine))
    }
}

/// Makes workers, in whatever thread asks.
pub(crate) type Maker<'a> = &'a (dyn Fn(&Arc<Store>) -> Result<Worker, String> + Sync);
