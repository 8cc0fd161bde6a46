//! The graph of all states: nodes are states in the order in which they were found, edges are steps with what they printed. They are found
//! by breadth, so that the way to a node by which it was found is a shortest one.

use std::collections::HashSet;
use std::hash::Hasher;

use indexmap::{IndexMap, IndexSet};

use super::intern::{Bytes, Quick};
use super::schedule::Word;
use super::states::States;

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
    /// Which label: many steps have the same.
    pub(crate) label: u32,
}

/// What a step does besides leading to another state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Label {
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

/// What was seen of a state: where its edges begin, and how many there are or how it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    from: u32,
    /// The number of edges where it is below [`Look::STUCK`], else how it ends.
    what: u32,
}

impl Look {
    /// The first of the numbers of reports.
    const STUCK: u32 = 1 << 31;
    const FINISHED: u32 = u32::MAX - 1;
    const UNKNOWN: u32 = u32::MAX;

    /// A state with these edges, or which ends.
    pub(crate) fn new(ending: Ending, edges: std::ops::Range<u32>) -> Look {
        let what = match ending {
            Ending::Open => edges.len() as u32,
            Ending::Finished => Look::FINISHED,
            Ending::Stuck(report) => Look::STUCK | report,
            Ending::Unknown => Look::UNKNOWN,
        };
        Look { from: edges.start, what }
    }

    #[inline]
    fn edges(self) -> std::ops::Range<usize> {
        let count = if self.what < Look::STUCK { self.what } else { 0 };
        self.from as usize..self.from as usize + count as usize
    }

    #[inline]
    fn ending(self) -> Ending {
        match self.what {
            Look::UNKNOWN => Ending::Unknown,
            Look::FINISHED => Ending::Finished,
            what if what >= Look::STUCK => Ending::Stuck(what - Look::STUCK),
            _ => Ending::Open,
        }
    }
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
    /// Outputs found: of the shortest ways to states in which every process has ended.
    pub outputs: usize,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: States,
    pub(crate) edges: Vec<Edge>,
    /// What was seen of each node that was looked at.
    pub(crate) looks: Vec<Look>,
    /// The node from which each node was found: by the first of its edges that leads there.
    pub(crate) parents: Vec<u32>,
    pub(crate) labels: IndexSet<Label>,
    pub(crate) words: IndexSet<Word>,
    pub(crate) texts: Bytes,
    /// Reports on stuck states.
    pub(crate) reports: IndexSet<String>,
    /// What is worth telling about steps.
    pub(crate) finds: IndexSet<(Kind, String)>,
    /// Where each of these was found first.
    pub(crate) found: IndexMap<u32, Place>,
    /// Why the search is not complete, where it is not.
    pub(crate) bounds: Vec<String>,
    /// Whether the search ended before its time.
    pub(crate) cut: bool,
    pub(crate) depth: u32,
    /// What the shortest ways to states in which every process has ended print, by its hash: to be shown while the search goes on.
    pub(crate) ends: HashSet<u64>,
}

impl Graph {
    /// About how much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let node = size_of::<u32>() + size_of::<Look>();
        self.nodes.size() + self.nodes.len() * node + self.edges.len() * size_of::<Edge>() + self.texts.size()
    }

    /// The edges of a node.
    #[inline]
    pub(crate) fn edges_of(&self, node: u32) -> std::ops::Range<usize> {
        self.looks.get(node as usize).map_or(0..0, |look| look.edges())
    }

    /// How a node ends.
    #[inline]
    pub(crate) fn ending(&self, node: u32) -> Ending {
        self.looks.get(node as usize).map_or(Ending::Unknown, |look| look.ending())
    }

    /// What was seen of a node.
    pub(crate) fn note(&mut self, node: u32, look: Look) {
        if self.looks.len() <= node as usize {
            self.looks.resize(node as usize + 1, Look::new(Ending::Unknown, 0..0));
        }
        self.looks[node as usize] = look;
    }

    /// The label of an edge.
    #[inline]
    pub(crate) fn label(&self, edge: Edge) -> Label {
        self.labels.get_index(edge.label as usize).copied().unwrap_or(Label { word: 0, text: 0, births: 0 })
    }

    /// Which text an edge prints.
    #[inline]
    pub(crate) fn text_of(&self, edge: usize) -> u32 {
        self.edges.get(edge).map_or(0, |edge| self.label(*edge).text)
    }

    /// The word of an edge.
    pub(crate) fn word_of(&self, edge: usize) -> Option<&Word> {
        self.words.get_index(self.label(*self.edges.get(edge)?).word as usize)
    }

    /// The shortest way to a node: its edges.
    pub(crate) fn way(&self, node: u32) -> Vec<u32> {
        let mut way = Vec::new();
        let mut at = node;
        while at != 0 {
            let Some(parent) = self.parents.get(at as usize).copied() else { break };
            let Some(edge) = self.edges_of(parent).find(|edge| self.edges[*edge].to == at) else { break };
            way.push(edge as u32);
            at = parent;
        }
        way.reverse();
        way
    }

    /// The words of some edges.
    pub(crate) fn words_of<'a>(&'a self, edges: &'a [u32]) -> impl Iterator<Item = &'a Word> {
        edges.iter().filter_map(|edge| self.word_of(*edge as usize))
    }

    /// What some edges print.
    pub(crate) fn output_of(&self, edges: &[u32]) -> Vec<u8> {
        edges.iter().flat_map(|edge| self.texts.get(self.text_of(*edge as usize)).iter().copied()).collect()
    }

    /// Notes what the shortest way to a state prints in which every process has ended.
    pub(crate) fn note_end(&mut self, node: u32) {
        let mut hash = Quick::default();
        hash.write(&self.output_of(&self.way(node)));
        self.ends.insert(hash.finish());
    }

    /// Whether everything was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.bounds.is_empty()
    }

    /// The search ends here.
    pub(crate) fn stop(&mut self, why: impl Into<String>) {
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
