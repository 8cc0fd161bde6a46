//! What comes before what in every schedule. For every state it is noted what may have been printed on some way to it; then an output that
//! was never printed before another comes after it.

use indexmap::IndexSet;

use super::graph::Graph;
use super::world::role;

/// Pairs of who prints what, the first before the second wherever both are printed, without those that follow from others.
pub(crate) fn find(graph: &Graph) -> Vec<[String; 2]> {
    let mut events: IndexSet<(u32, u32)> = IndexSet::new();
    let mut roles: IndexSet<Vec<u32>> = IndexSet::new();
    // The event of each edge.
    let of_edge: Vec<Option<usize>> = graph
        .edges
        .iter()
        .map(|edge| {
            let label = graph.label(*edge);
            let word = graph.words.get_index(label.word as usize).filter(|_| label.text != 0)?;
            let who = roles.insert_full(word.descent.clone()).0 as u32;
            Some(events.insert_full((who, label.text)).0)
        })
        .collect();
    let count = events.len();
    let words = count.div_ceil(64);
    let mut before = vec![0_u64; graph.nodes.len() * words];
    let mut may_precede = vec![0_u64; count * words];
    let mut changed = true;
    while changed {
        changed = false;
        for node in 0..graph.looks.len() {
            let here = before[node * words..(node + 1) * words].to_vec();
            for edge in graph.edges_of(node as u32) {
                let mut there = here.clone();
                if let Some(event) = of_edge[edge] {
                    for (word, bits) in here.iter().enumerate() {
                        may_precede[event * words + word] |= bits;
                    }
                    there[event / 64] |= 1 << (event % 64);
                }
                let to = graph.edges[edge].to as usize;
                for (word, bits) in there.iter().enumerate() {
                    let place = &mut before[to * words + word];
                    changed |= *place | bits != *place;
                    *place |= bits;
                }
            }
        }
    }
    let precedes = |a: usize, b: usize| may_precede[b * words + a / 64] >> (a % 64) & 1 == 1;
    let always = |a: usize, b: usize| a != b && precedes(a, b) && !precedes(b, a);
    let name = |event: usize| {
        let (who, text) = events.get_index(event).copied().unwrap_or_default();
        let who = roles.get_index(who as usize).map(|descent| role(descent)).unwrap_or_default();
        format!("{:?} of {who}", String::from_utf8_lossy(graph.texts.get(text)))
    };
    let mut pairs = Vec::new();
    for a in 0..count {
        for b in 0..count {
            let follows = || (0..count).any(|between| always(a, between) && always(between, b));
            if always(a, b) && !follows() {
                pairs.push([name(a), name(b)]);
            }
        }
    }
    pairs.sort();
    pairs
}
