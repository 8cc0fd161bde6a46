//! How many outputs there are, and the first of them, without making each: the graph as an automaton whose letters are what is printed, made
//! deterministic. All states that the same text leads to are one place there, and every output is one way through the places.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use indexmap::IndexMap;

use super::graph::{Ending, Graph};
use super::intern::{Build, Tuples};

/// Where an output can be: all states that a text leads to, each with how much of the print that it stands in has been printed.
struct Place {
    /// What can be printed next, in order, and where it leads.
    next: Vec<(Vec<u8>, u32)>,
    /// Whether the text is an output.
    ends: bool,
}

/// All outputs of a graph.
pub(crate) struct Language {
    places: Vec<Place>,
    /// How many outputs begin with a text that leads to each place; no number where there are more than can be counted.
    counts: Vec<Option<u128>>,
}

impl Language {
    /// The outputs of a graph in which no circle prints; nothing where that takes more than so many states in all places together, or somebody
    /// asks for an end.
    pub(crate) fn of(graph: &Graph, most: usize, stop: &AtomicBool) -> Option<Language> {
        // Where no text begins as another does, a row of prints is known by its text: a letter is a whole print. Else it is a byte.
        Language::with(graph, !prefix_free(graph), most, stop)
    }

    /// The same with a byte for a letter, as two graphs have them that print other texts.
    pub(crate) fn of_bytes(graph: &Graph, most: usize, stop: &AtomicBool) -> Option<Language> {
        Language::with(graph, true, most, stop)
    }

    fn with(graph: &Graph, bytes: bool, most: usize, stop: &AtomicBool) -> Option<Language> {
        let mut sets = Tuples::default();
        let mut places: Vec<Place> = Vec::new();
        let start = closure(graph, vec![0]);
        sets.insert(&start);
        let mut total = start.len();
        let mut at = 0;
        while at < sets.len() {
            let here = sets.get(at as u32).to_vec();
            let (ends, steps) = follow(graph, &here, bytes);
            let mut next = Vec::with_capacity(steps.len());
            for (letter, states) in steps {
                let states = closure(graph, states);
                let (place, new) = sets.insert(&states);
                if new {
                    total += states.len();
                }
                next.push((letter, place));
            }
            places.push(Place { next, ends });
            if total > most || stop.load(Ordering::Relaxed) {
                return None;
            }
            at += 1;
        }
        let counts = count(&places)?;
        Some(Language { places, counts })
    }

    /// How many outputs there are; nothing where that is more than can be counted.
    pub(crate) fn len(&self) -> Option<u128> {
        self.counts.first().copied().flatten()
    }

    /// A shortest output that only this one has, and one that only the other has. Both must have the same letters.
    pub(crate) fn difference(&self, other: &Language) -> [Option<Vec<u8>>; 2] {
        type Pair = [Option<u32>; 2];
        let sides = [self, other];
        let alive = |side: usize, at: Option<u32>| at.filter(|at| sides[side].counts[*at as usize] != Some(0));
        let mut found = [None, None];
        let start: Pair = [alive(0, Some(0)), alive(1, Some(0))];
        // Each pair of places with the pair before it and the letter between.
        let mut pairs: IndexMap<Pair, (usize, &[u8]), Build> = IndexMap::default();
        pairs.insert(start, (0, &[]));
        let mut at = 0;
        while let (Some((pair, _)), true) = (pairs.get_index(at), found.iter().any(Option::is_none)) {
            let pair = *pair;
            let ends: [bool; 2] =
                std::array::from_fn(|side| pair[side].is_some_and(|at| sides[side].places[at as usize].ends));
            for side in 0..2 {
                if ends[side] && !ends[1 - side] && found[side].is_none() {
                    found[side] = Some(text_of(&pairs, at));
                }
            }
            let steps: [&[(Vec<u8>, u32)]; 2] = std::array::from_fn(|side| match pair[side] {
                Some(at) => sides[side].places[at as usize].next.as_slice(),
                None => &[],
            });
            let letters: BTreeSet<&[u8]> =
                steps.iter().flat_map(|next| next.iter().map(|(letter, _)| letter.as_slice())).collect();
            for letter in letters {
                let to: Pair = std::array::from_fn(|side| {
                    let next = steps[side].binary_search_by(|(known, _)| known.as_slice().cmp(letter)).ok()?;
                    alive(side, Some(steps[side][next].1))
                });
                if to != [None, None] {
                    pairs.entry(to).or_insert((at, letter));
                }
            }
            at += 1;
        }
        found
    }

    /// The first of them, in order.
    pub(crate) fn first(&self, most: usize) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut stack: Vec<(u32, Vec<u8>)> = vec![(0, Vec::new())];
        while let Some((at, text)) = stack.pop() {
            let place = &self.places[at as usize];
            if place.ends {
                found.push(text.clone());
                if found.len() >= most {
                    break;
                }
            }
            for (letter, to) in place.next.iter().rev().filter(|(_, to)| self.counts[*to as usize] != Some(0)) {
                let mut longer = text.clone();
                longer.extend_from_slice(letter);
                stack.push((*to, longer));
            }
        }
        found
    }
}

/// The text that leads to a pair of places.
fn text_of(pairs: &IndexMap<[Option<u32>; 2], (usize, &[u8]), Build>, mut at: usize) -> Vec<u8> {
    let mut letters = Vec::new();
    while let Some((_, (before, letter))) = pairs.get_index(at).filter(|_| at > 0) {
        letters.push(*letter);
        at = *before;
    }
    letters.reverse();
    letters.concat()
}

/// Whether no text that is printed is the beginning of another.
fn prefix_free(graph: &Graph) -> bool {
    let mut texts: Vec<&[u8]> = (1..graph.texts.len()).map(|text| graph.texts.get(text as u32)).collect();
    texts.sort_unstable();
    texts.windows(2).all(|pair| !pair[1].starts_with(pair[0]))
}

/// A state in the middle of a print: the edge, and how many of its bytes are printed. Plain nodes are below, and sorted first.
fn within(graph: &Graph, edge: usize, printed: usize) -> [u32; 3] {
    [graph.nodes.len() as u32, edge as u32, printed as u32]
}

/// Adds the states that can be reached without a print; sorted, each once. Three words that begin with the number of nodes are a state in the
/// middle of a print.
fn closure(graph: &Graph, states: Vec<u32>) -> Vec<u32> {
    let border = graph.nodes.len() as u32;
    let mut nodes = Vec::new();
    let mut inside: Vec<[u32; 3]> = Vec::new();
    let mut words = states.iter().copied();
    while let Some(word) = words.next() {
        match (word == border, words.len() >= 2) {
            (true, true) => inside.push([word, words.next().unwrap_or(0), words.next().unwrap_or(0)]),
            _ => nodes.push(word),
        }
    }
    let mut known: HashMap<u32, (), Build> = nodes.iter().map(|node| (*node, ())).collect();
    let mut at = 0;
    while let Some(node) = nodes.get(at).copied() {
        for edge in graph.edges_of(node) {
            let to = graph.edges[edge].to;
            if graph.text_of(edge) == 0 && known.insert(to, ()).is_none() {
                nodes.push(to);
            }
        }
        at += 1;
    }
    // Only states that print or end matter for what comes.
    nodes.retain(|node| {
        graph.ending(*node) == Ending::Finished || graph.edges_of(*node).any(|edge| graph.text_of(edge) != 0)
    });
    nodes.sort_unstable();
    nodes.dedup();
    inside.sort_unstable();
    inside.dedup();
    nodes.extend(inside.into_iter().flatten());
    nodes
}

/// What is printed, and the states it leads to.
type Letter = (Vec<u8>, Vec<u32>);

/// Whether an output ends in some states, and where each letter leads, in order.
fn follow(graph: &Graph, states: &[u32], bytes: bool) -> (bool, Vec<Letter>) {
    let border = graph.nodes.len() as u32;
    let mut ends = false;
    let mut steps: std::collections::BTreeMap<&[u8], Vec<u32>> = std::collections::BTreeMap::new();
    let mut go = |edge: usize, printed: usize| {
        let text = graph.texts.get(graph.text_of(edge));
        let letter = if bytes { &text[printed..=printed] } else { text };
        let leads = steps.entry(letter).or_default();
        if printed + letter.len() == text.len() {
            leads.push(graph.edges[edge].to);
        } else {
            leads.extend(within(graph, edge, printed + 1));
        }
    };
    let mut words = states.iter().copied();
    while let Some(word) = words.next() {
        if word == border {
            let (edge, printed) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
            go(edge as usize, printed as usize);
            continue;
        }
        ends |= graph.ending(word) == Ending::Finished;
        graph.edges_of(word).filter(|edge| graph.text_of(*edge) != 0).for_each(|edge| go(edge, 0));
    }
    (ends, steps.into_iter().map(|(letter, states)| (letter.to_vec(), states)).collect())
}

/// How many outputs follow each place; nothing where places lead in a circle.
fn count(places: &[Place]) -> Option<Vec<Option<u128>>> {
    let mut counts: Vec<Option<u128>> = vec![None; places.len()];
    // 0: not seen, 1: under way, 2: done.
    let mut seen = vec![0_u8; places.len()];
    let mut stack: Vec<(u32, usize)> = vec![(0, 0)];
    while let Some((at, edge)) = stack.pop() {
        let place = &places[at as usize];
        seen[at as usize] = 1;
        if let Some((_, to)) = place.next.get(edge) {
            stack.push((at, edge + 1));
            match seen[*to as usize] {
                0 => stack.push((*to, 0)),
                1 => return None,
                _ => {}
            }
            continue;
        }
        let mut follow = place.next.iter().map(|(_, to)| counts[*to as usize]);
        counts[at as usize] = follow.try_fold(u128::from(place.ends), |sum, more| sum.checked_add(more?));
        seen[at as usize] = 2;
    }
    Some(counts)
}
