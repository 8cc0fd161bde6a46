//! The graph of all states: nodes are states in the order in which they were found, edges are steps with what they printed. They are found
//! by breadth, so that the way to a node by which it was found is a shortest one.

use std::collections::HashSet;
use std::hash::Hasher;

use indexmap::{IndexMap, IndexSet};

use super::intern::{Bytes, Quick, Tuples};
use super::schedule::Word;

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
    /// Outputs found: of the shortest ways to states in which every process has ended.
    pub outputs: usize,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Tuples,
    pub(crate) edges: Vec<Edge>,
    /// How each node that was looked at ends, and where its edges begin and end.
    pub(crate) looks: Vec<(Ending, u32, u32)>,
    /// The node and edge by which each node was found.
    pub(crate) parents: Vec<(u32, u32)>,
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
        let node = size_of::<(u32, u32)>() + size_of::<(Ending, u32, u32)>();
        self.nodes.size() + self.nodes.len() * node + self.edges.len() * size_of::<Edge>() + self.texts.size()
    }

    /// The edges of a node.
    #[inline]
    pub(crate) fn edges_of(&self, node: u32) -> std::ops::Range<usize> {
        self.looks.get(node as usize).map_or(0..0, |(_, from, to)| *from as usize..*to as usize)
    }

    /// How a node ends.
    #[inline]
    pub(crate) fn ending(&self, node: u32) -> Ending {
        self.looks.get(node as usize).map_or(Ending::Unknown, |look| look.0)
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
