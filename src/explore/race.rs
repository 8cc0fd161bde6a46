//! What makes outputs differ: a state in which two processes stand before a print, so that either may come first. It knows the graph,
//! nothing of how a process came there and nothing of places in the source.

use super::graph::Graph;

/// Two steps from one state, each printing in a process of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Race {
    /// The state.
    pub(crate) node: u32,
    /// The steps.
    pub(crate) edges: [usize; 2],
}

/// The first state, in the order they were found, where it matters to what is printed which of two processes goes first,
/// and from which an end can be reached either way.
pub(crate) fn find(graph: &Graph, alive: &[bool]) -> Option<Race> {
    let ends = |edge: usize| alive.get(graph.edges[edge].to as usize).copied().unwrap_or(true);
    (0..graph.looks.len() as u32).find_map(|node| {
        let prints: Vec<usize> = graph.edges_of(node).filter(|edge| ends(*edge) && graph.text_of(*edge) != 0).collect();
        let mut pairs =
            prints.iter().enumerate().flat_map(|(at, one)| prints[at + 1..].iter().map(move |two| [*one, *two]));
        pairs.find(|pair| matters(graph, *pair)).map(|edges| Race { node, edges })
    })
}

/// Whether the two are of different processes, and what is printed is another text from there on, whatever follows.
fn matters(graph: &Graph, [one, two]: [usize; 2]) -> bool {
    let who = |edge: usize| graph.word_of(edge).map(|word| &word.descent);
    let text = |edge: usize| graph.texts.get(graph.text_of(edge));
    let (first, second) = (text(one), text(two));
    who(one) != who(two) && !first.starts_with(second) && !second.starts_with(first)
}
