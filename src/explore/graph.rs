//! The graph of all states: nodes are states in the order in which they were found, edges are steps with what they printed. The search
//! goes by breadth, so that the way to a node by which it was found is a shortest one.

use std::hash::BuildHasherDefault;

use indexmap::{IndexMap, IndexSet};

use super::futures::Prints;
use super::intern::{Bytes, Quick};
use super::reduce::Alone;
use super::schedule::{Act, Step, Word};
use super::world::World;
use crate::abi::Signal;
use crate::kernel::process::{Process, State};
use crate::report::stuck;

/// How far a search may go.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most states.
    pub states: usize,
    /// The most steps from the start.
    pub depth: u32,
    /// About how many bytes of memory.
    pub memory: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { states: 5_000_000, depth: u32::MAX, memory: 4 << 30 }
    }
}

/// A step between two states.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    /// Which word of a schedule.
    pub(crate) word: u32,
    /// Which text was printed.
    pub(crate) text: u32,
    /// How many processes it made.
    pub(crate) births: u32,
}

/// What can happen after a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Steps follow.
    Open,
    /// Every process has ended.
    Finished,
    /// Every process waits; the number of the report.
    Stuck(u32),
    /// It was not looked at.
    Unknown,
}

/// What can be wrong on a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Fault,
    Assertion,
    Status,
    Zombie,
}

/// Where something was found first: the node a step begins at, and the step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) from: u32,
    pub(crate) edge: u32,
}

/// What is told while a search goes on.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// States found.
    pub states: usize,
    /// Steps made.
    pub transitions: usize,
    /// Steps from the start.
    pub depth: u32,
    /// States found and not yet looked at.
    pub frontier: usize,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: IndexSet<Box<[u32]>, BuildHasherDefault<Quick>>,
    /// The first edge of each node that was looked at, and one more.
    pub(crate) first: Vec<u32>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) endings: Vec<Ending>,
    /// The node and edge by which each node was found.
    pub(crate) parents: Vec<(u32, u32)>,
    pub(crate) words: IndexSet<Word>,
    pub(crate) texts: Bytes,
    /// Reports on stuck states.
    pub(crate) reports: IndexSet<String>,
    pub(crate) found: IndexMap<(Kind, String), Place>,
    /// Why the search is not complete, where it is not.
    pub(crate) bounds: Vec<String>,
    /// Whether the search ended before its time.
    pub(crate) cut: bool,
    pub(crate) depth: u32,
}

impl Graph {
    /// The edges of a node.
    pub(crate) fn edges_of(&self, node: u32) -> std::ops::Range<usize> {
        let at = |node: usize| self.first.get(node).map_or(self.edges.len(), |edge| *edge as usize);
        at(node as usize)..at(node as usize + 1)
    }

    /// How a node ends.
    pub(crate) fn ending(&self, node: u32) -> Ending {
        self.endings.get(node as usize).copied().unwrap_or(Ending::Unknown)
    }

    /// The shortest way to a node: its edges.
    pub(crate) fn way(&self, node: u32) -> Vec<u32> {
        let mut way = Vec::new();
        let mut at = node;
        while at != 0 {
            let Some((parent, edge)) = self.parents.get(at as usize).copied() else { break };
            way.push(edge);
            at = parent;
        }
        way.reverse();
        way
    }

    /// The words of some edges.
    pub(crate) fn words_of<'a>(&'a self, edges: &'a [u32]) -> impl Iterator<Item = &'a Word> {
        edges.iter().filter_map(|edge| self.words.get_index(self.edges.get(*edge as usize)?.word as usize))
    }

    /// What some edges print.
    pub(crate) fn output_of(&self, edges: &[u32]) -> Vec<u8> {
        let texts = edges.iter().filter_map(|edge| self.edges.get(*edge as usize));
        texts.flat_map(|edge| self.texts.get(edge.text).iter().copied()).collect()
    }

    /// Whether everything was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The search ends here.
    fn stop(&mut self, why: impl Into<String>) {
        self.cut = true;
        self.bound(why);
    }

    /// Something was not looked at.
    pub(crate) fn bound(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.bounds.contains(&why) {
            self.bounds.push(why);
        }
    }
}

/// Visits all states from where the world stands. `report` is told how it goes, and says whether to go on.
pub(crate) fn search(
    world: &mut World,
    bounds: Bounds,
    mut reduce: impl FnMut(&World, &[Step]) -> Vec<Alone>,
    mut report: impl FnMut(Progress) -> bool,
) -> Graph {
    let mut graph = Graph::default();
    graph.texts.intern(b"");
    let start = world.save();
    graph.nodes.insert(start);
    graph.parents.push((0, 0));
    let text = std::mem::take(&mut world.log.borrow_mut().out);
    debug_assert!(text.is_empty(), "nothing is printed before the first step");
    let (mut node, mut next_level) = (0_usize, 1_usize);
    while node < graph.nodes.len() {
        if node == next_level {
            graph.depth += 1;
            next_level = graph.nodes.len();
        }
        if graph.nodes.len() > bounds.states {
            graph.stop(format!("the limit of {} states was reached (--max-states)", bounds.states));
        } else if graph.depth >= bounds.depth {
            graph.stop(format!("the limit of {} steps was reached (--max-depth)", bounds.depth));
        } else if node % 1024 == 0 {
            let progress = Progress {
                states: graph.nodes.len(),
                transitions: graph.edges.len(),
                depth: graph.depth,
                frontier: graph.nodes.len() - node,
            };
            if !report(progress) {
                graph.stop("it was interrupted");
            }
            if size(&graph, world) > bounds.memory {
                graph.stop(format!("the limit of {} MB of memory was reached (--memory)", bounds.memory >> 20));
            }
        }
        if graph.cut {
            break;
        }
        expand(world, &mut graph, node as u32, &mut reduce);
        node += 1;
    }
    graph.first.push(graph.edges.len() as u32);
    graph
}

fn size(graph: &Graph, world: &World) -> usize {
    let node = graph.nodes.first().map_or(0, |node| node.len() * 4 + 64);
    graph.nodes.len() * node + graph.edges.len() * size_of::<Edge>() + graph.texts.size() + world.size()
}

/// Looks at everything that can happen next in a state.
fn expand(world: &mut World, graph: &mut Graph, node: u32, reduce: &mut impl FnMut(&World, &[Step]) -> Vec<Alone>) {
    graph.first.push(graph.edges.len() as u32);
    let state = graph.nodes.get_index(node as usize).cloned().unwrap_or_default();
    world.load(&state);
    if world.stepper.finished() {
        graph.endings.push(Ending::Finished);
        return;
    }
    let steps = world.stepper.enabled();
    note_budgets(world, graph);
    if steps.is_empty() {
        let ending = dead_end(world, graph, node);
        graph.endings.push(ending);
        return;
    }
    graph.endings.push(Ending::Open);
    // A step that nobody can notice may go first and alone; but not round a circle, in which the others would never move.
    for alone in reduce(world, &steps) {
        let from = graph.edges.len();
        let agrees = alone.steps.iter().all(|step| {
            let to = follow(world, graph, node, &state, steps[*step]);
            let printed = graph.edges.last().map_or(0, |edge| edge.text);
            let printed = Prints::of(graph.texts.get(printed));
            to > node && (printed == Prints::Nothing || alone.others.agrees_with(&printed))
        });
        if agrees {
            return;
        }
        graph.edges.truncate(from);
        graph.found.retain(|_, place| (place.edge as usize) < from);
    }
    for step in steps {
        follow(world, graph, node, &state, step);
    }
}

fn note_budgets(world: &World, graph: &mut Graph) {
    if world.stepper.out_of_budget {
        graph.bound("a process ran for 40 million instructions without a system call, and was followed no further");
    }
    if world.stepper.too_many_choices {
        graph.bound(
            "`rand` or `choose` was asked for one of more than 64 numbers; with `--seed N` it gives those of the seed",
        );
    }
}

/// Nothing can happen: everybody waits, or those that do not run in circles.
fn dead_end(world: &World, graph: &mut Graph, node: u32) -> Ending {
    let machine = &world.stepper.machine;
    let spinning = machine.processes().find(|process| process.state == State::Ready);
    if let Some(process) = spinning {
        let word = Word { descent: process.descent(), act: Act::Run, signal: false };
        let word = graph.words.insert_full(word).0 as u32;
        graph.edges.push(Edge { to: node, word, text: 0, births: 0 });
        return Ending::Open;
    }
    let report = stuck::describe_in_brief(machine);
    Ending::Stuck(graph.reports.insert_full(report).0 as u32)
}

/// Makes a step from a state, and notes where it leads.
fn follow(world: &mut World, graph: &mut Graph, node: u32, state: &[u32], step: Step) -> u32 {
    world.load(state);
    let births = world.stepper.machine.totals.processes;
    let Some(descent) = world.stepper.machine.table.get(step.pid).map(Process::descent) else { return node };
    let signal = world.stepper.step(step);
    let next = world.save();
    note_budgets(world, graph);
    let births = (world.stepper.machine.totals.processes - births) as u32;
    let (to, new) = graph.nodes.insert_full(next);
    let edge = graph.edges.len() as u32;
    if new {
        graph.parents.push((node, edge));
    }
    observe(world, graph, node, step, &descent);
    let word = graph.words.insert_full(Word { descent, act: step.act, signal }).0 as u32;
    let text = {
        let mut log = world.log.borrow_mut();
        let text = graph.texts.intern(&log.out).0;
        log.out.clear();
        text
    };
    graph.edges.push(Edge { to: to as u32, word, text, births });
    to as u32
}

/// Notes what is worth telling about the step that was just made.
fn observe(world: &World, graph: &mut Graph, node: u32, step: Step, descent: &[u32]) {
    let edge = graph.edges.len() as u32;
    let mut found = |kind, message| {
        graph.found.entry((kind, message)).or_insert(Place { from: node, edge });
    };
    let mut log = world.log.borrow_mut();
    for (assertion, message) in log.faults.drain(..) {
        found(if assertion { Kind::Assertion } else { Kind::Fault }, message);
    }
    let me = role(descent);
    let table = &world.stepper.machine.table;
    let mut status = table.get(step.pid).filter(|process| process.state == State::Zombie).map(|process| process.status);
    let ended = status.is_some() || log.gone.iter().any(|gone| gone.pid == step.pid);
    for gone in log.gone.drain(..) {
        if gone.pid == step.pid {
            status = Some(gone.status);
        } else if ended && gone.parent == Some(step.pid) {
            found(
                Kind::Zombie,
                format!("{me} ended without waiting for {}, which had ended before it", role(&gone.descent)),
            );
        }
    }
    if let Some(status) = status.filter(|status| status.shell() != 0) {
        let how = match Signal::from_number(status.term_signal()).filter(|_| status.is_signaled()) {
            Some(signal) => format!("was killed by {}", signal.name()),
            None => format!("ended with status {}", status.shell()),
        };
        found(Kind::Status, format!("{me} {how}"));
    }
}

/// `parent`, `child 1.2`
pub(crate) fn role(descent: &[u32]) -> String {
    let ordinals: Vec<String> = descent.iter().map(u32::to_string).collect();
    if ordinals.is_empty() { "parent".to_owned() } else { format!("child {}", ordinals.join(".")) }
}
