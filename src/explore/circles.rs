//! What a graph of states says as a whole: from where no end can be reached, and the least and most of something along all ways.

use super::graph::{Ending, Graph};

/// How many looks at nodes, for each node, are worth it before the edges are turned round.
const WORTH_LOOKING: usize = 4;

/// From which nodes an end can be reached: all processes ended, or all of them wait, or it was not looked at.
pub(crate) fn alive(graph: &Graph) -> Vec<bool> {
    reaching(graph, |node| graph.ending(node) != Ending::Open)
}

/// From which nodes something is known to be reached that can be told of: an end, or a part of the graph without one.
pub(crate) fn known_ends(graph: &Graph, alive: &[bool]) -> Vec<bool> {
    let dead = |node: u32| !alive.get(node as usize).copied().unwrap_or(true);
    reaching(graph, |node| matches!(graph.ending(node), Ending::Finished | Ending::Stuck(_)) || dead(node))
}

/// From which nodes one of the goals can be reached.
fn reaching(graph: &Graph, goal: impl Fn(u32) -> bool) -> Vec<bool> {
    let count = graph.nodes.len();
    let mut reached: Vec<bool> = (0..count as u32).map(goal).collect();
    // Most edges lead to nodes that were found later, so nearly all is known after one look from the last node to the first.
    let mut left: Vec<u32> = (0..count as u32).rev().filter(|node| !reached[*node as usize]).collect();
    let mut looks = count * WORTH_LOOKING;
    while looks >= left.len() {
        looks -= left.len();
        let before = left.len();
        left.retain(|node| {
            let edges = &graph.edges[graph.edges_of(*node)];
            let found = edges.iter().any(|edge| reached[edge.to as usize]);
            reached[*node as usize] = found;
            !found
        });
        if left.len() == before {
            return reached;
        }
    }
    let (starts, sources) = backwards(graph);
    let mut pending: Vec<u32> = (0..count as u32).filter(|node| reached[*node as usize]).collect();
    while let Some(node) = pending.pop() {
        for source in &sources[starts[node as usize]..starts[node as usize + 1]] {
            if !std::mem::replace(&mut reached[*source as usize], true) {
                pending.push(*source);
            }
        }
    }
    reached
}

/// The least and the most that the edges of a way weigh together, where all ways to a node weigh the same and every way comes to an end.
fn even(graph: &Graph, alive: &[bool], weights: &[u64]) -> Option<(u64, Option<u64>)> {
    const UNKNOWN: u64 = u64::MAX;
    if graph.edges.is_empty() || alive.contains(&false) {
        return None;
    }
    let mut so_far = vec![UNKNOWN; graph.nodes.len()];
    so_far[0] = 0;
    let (mut least, mut most) = (u64::MAX, 0);
    // A node was found from one before it.
    for node in 0..graph.nodes.len() {
        let here = so_far[node];
        for edge in &graph.edges[graph.edges_of(node as u32)] {
            let there = &mut so_far[edge.to as usize];
            let weight = here.saturating_add(weights[edge.label as usize]);
            if *there == UNKNOWN {
                *there = weight;
            } else if *there != weight {
                return None;
            }
        }
        most = most.max(here);
        if graph.ending(node as u32) != Ending::Open {
            least = least.min(here);
        }
    }
    Some((least, Some(most)))
}

/// The nodes from which edges lead to each node, one list after another.
fn backwards(graph: &Graph) -> (Vec<usize>, Vec<u32>) {
    let count = graph.nodes.len();
    let mut starts = vec![0_usize; count + 2];
    for edge in &graph.edges {
        starts[edge.to as usize + 2] += 1;
    }
    for at in 2..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut sources = vec![0; graph.edges.len()];
    for node in 0..count as u32 {
        for edge in &graph.edges[graph.edges_of(node)] {
            let place = &mut starts[edge.to as usize + 1];
            sources[*place] = node;
            *place += 1;
        }
    }
    (starts, sources)
}

/// Which circle each node belongs to (nodes of one number can reach each other); numbers rise against the direction of the edges.
pub(crate) fn components(graph: &Graph) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let count = graph.nodes.len();
    let (mut index, mut low, mut component) = (vec![NONE; count], vec![0_u32; count], vec![NONE; count]);
    let (mut stack, mut next, mut components) = (Vec::new(), 0_u32, 0_u32);
    let mut work: Vec<(u32, usize)> = vec![(0, graph.edges_of(0).start)];
    index[0] = 0;
    stack.push(0_u32);
    next += 1;
    while let Some((node, edge)) = work.pop() {
        let at = node as usize;
        if edge < graph.edges_of(node).end {
            work.push((node, edge + 1));
            let to = graph.edges[edge].to;
            if index[to as usize] == NONE {
                index[to as usize] = next;
                low[to as usize] = next;
                next += 1;
                stack.push(to);
                work.push((to, graph.edges_of(to).start));
            } else if component[to as usize] == NONE {
                low[at] = low[at].min(index[to as usize]);
            }
            continue;
        }
        if low[at] == index[at] {
            while let Some(member) = stack.pop() {
                component[member as usize] = components;
                if member == node {
                    break;
                }
            }
            components += 1;
        }
        if let Some((parent, _)) = work.last() {
            let parent = *parent as usize;
            low[parent] = low[parent].min(low[at]);
        }
    }
    component
}

/// The least and the most that the edges of a way from the start to an end weigh together; no most where there is none. Where
/// some ways have no end, a circle counts as an end. The weights are of labels.
pub(crate) fn extremes(graph: &Graph, alive: &[bool], weights: &[u64]) -> (u64, Option<u64>) {
    if weights.iter().all(|weight| *weight == 0) {
        return (0, Some(0));
    }
    if let Some(known) = even(graph, alive, weights) {
        return known;
    }
    let weight = |edge: usize| weights[graph.edges[edge].label as usize];
    let components = &components(graph);
    let count =
        components.iter().filter(|component| **component != u32::MAX).max().map_or(0, |most| *most as usize + 1);
    let (starts, sorted) = by_component(components, count);
    // Components rise against the edges: whatever one leads to has been dealt with before it.
    let mut least = vec![u64::MAX; count];
    let mut most: Vec<Option<u64>> = vec![Some(0); count];
    for at in 0..count {
        let mut leaves = false;
        let members = &sorted[starts[at]..starts[at + 1]];
        for node in members {
            if graph.ending(*node) != Ending::Open {
                least[at] = 0;
            }
            for edge in graph.edges_of(*node) {
                let to = components[graph.edges[edge].to as usize] as usize;
                let here = weight(edge);
                if to == at {
                    if here > 0 {
                        most[at] = None;
                    }
                    continue;
                }
                leaves = true;
                most[at] = match (most[at], most[to]) {
                    (Some(a), Some(b)) => Some(a.max(b + here)),
                    _ => None,
                };
            }
        }
        if !leaves {
            least[at] = 0;
        }
        if leaves {
            least[at] = least_through(graph, components, members, &least, &weight).min(least[at]);
        }
    }
    components.first().map_or((0, Some(0)), |start| (least[*start as usize], most[*start as usize]))
}

/// The nodes sorted by component, and where each component begins.
fn by_component(components: &[u32], count: usize) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0_usize; count + 2];
    let known = || components.iter().enumerate().filter(|(_, component)| **component != u32::MAX);
    known().for_each(|(_, component)| starts[*component as usize + 2] += 1);
    for at in 2..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut sorted = vec![0; starts[count + 1]];
    for (node, component) in known() {
        let place = &mut starts[*component as usize + 1];
        sorted[*place] = node as u32;
        *place += 1;
    }
    (starts, sorted)
}

/// The least weight from a circle's nodes to what lies beyond: inside the circle nothing is added, since the lightest way through
/// one needs no edge of it that weighs more than it must. An upper bound where a circle has weight on all its edges.
fn least_through(
    graph: &Graph,
    components: &[u32],
    members: &[u32],
    least: &[u64],
    weight: &impl Fn(usize) -> u64,
) -> u64 {
    let mut best = u64::MAX;
    for node in members {
        for edge in graph.edges_of(*node) {
            let to = components[graph.edges[edge].to as usize] as usize;
            if components[*node as usize] as usize != to {
                best = best.min(least[to].saturating_add(weight(edge)));
            }
        }
    }
    best
}
