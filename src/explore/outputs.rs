//! What the schedules print, each text with its shortest schedule: the ways through the graph, where ways that have come to the same state
//! with the same text printed are one.

use std::collections::VecDeque;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indexmap::map::Entry;
use indexmap::{IndexMap, IndexSet};

use super::circles;
use super::graph::{Ending, Graph};
use super::intern::{Bytes, Quick};
use super::language::Language;

/// How many pairs are looked at where there is no end of outputs: enough for some examples.
const SOME: usize = 400;
/// How many pairs are looked at before the outputs are counted without making them.
const FIRST_TRY: usize = 200_000;
/// More outputs than these nobody reads: the first few are enough.
const WORTH_LISTING: u128 = 100_000;
/// What is said where somebody has asked for an end.
const INTERRUPTED: &str = "it was interrupted while outputs were listed";
/// How many are shown where there are too many.
const SHOWN: usize = 20;

/// How a way ends, with what it has printed.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) text: Vec<u8>,
    /// Its edges.
    pub(crate) edges: Vec<u32>,
    /// The node it ends at.
    pub(crate) node: u32,
}

/// All ways by how they end.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    /// Complete outputs, sorted, each with the number of final states it comes with.
    pub(crate) outputs: Vec<(Way, usize)>,
    /// Texts that were printed by when nobody could move any more, with the number of the report.
    pub(crate) stuck: Vec<(u32, Way)>,
    /// Ways into a part of the graph from which no end can be reached.
    pub(crate) endless: Vec<Way>,
    /// How many different outputs there are, where that is known.
    pub(crate) count: Option<u128>,
    /// Why the set is not complete, where the graph alone does not say.
    pub(crate) bound: Option<String>,
}

/// How far outputs are looked for.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The most pairs of a state and what was printed on the way to it.
    pub(crate) pairs: usize,
    /// About the most memory that they may take, in bytes.
    pub(crate) memory: usize,
    /// Whether somebody has asked for an end.
    pub(crate) stop: Arc<AtomicBool>,
}

impl Limits {
    /// The same limits with fewer pairs.
    fn fewer(&self, pairs: usize) -> Limits {
        Limits { pairs: self.pairs.min(pairs), ..self.clone() }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Pairs of a state and what was printed on the way to it, with the pair before and the edge between.
type Pairs = IndexMap<(u32, u32), (u32, u32), BuildHasherDefault<Quick>>;

/// About how many bytes a pair takes.
const PAIR: usize = 60;

/// Finds all of them. Where there are too many to list, those that are listed are the first, and all are counted if that can be done.
pub(crate) fn find(graph: &Graph, alive: &[bool], limits: &Limits) -> Outputs {
    if graph.texts.len() <= 1 && (graph.nodes.len() > FIRST_TRY || !leaves_out(graph)) {
        return silent(graph, alive);
    }
    if prints_for_ever(graph, alive) {
        let mut found = list(graph, alive, &limits.fewer(SOME));
        let why = "there is no end of different outputs: a loop prints, and may go round any number of times";
        (found.bound, found.count) = (Some(why.to_owned()), None);
        complete_from_graph(graph, alive, &mut found);
        return found;
    }
    let mut found = list(graph, alive, &limits.fewer(FIRST_TRY));
    if found.bound.is_none() {
        return found;
    }
    let language = if graph.is_complete() && alive.iter().all(|alive| *alive) && !limits.stopped() {
        Language::of(graph, limits.memory / 16, &limits.stop)
    } else {
        None
    };
    found.count = language.as_ref().and_then(Language::len);
    match (language, found.count) {
        (_, Some(count)) if count <= WORTH_LISTING && limits.pairs > FIRST_TRY => {
            found = list(graph, alive, limits);
            if found.bound.is_none() {
                return found;
            }
            found.count = Some(count);
        }
        (Some(language), count) => {
            let first = language.first(SHOWN);
            found.outputs = first.iter().filter_map(|text| with_finals(graph, text)).collect();
            let many = count.map_or("more than can be counted".to_owned(), |count| count.to_string());
            let shown = found.outputs.len();
            found.bound = Some(format!("there are {many} different outputs, of which the first {shown} are listed"));
        }
        (None, _) if limits.stopped() => found.bound = Some(INTERRUPTED.to_owned()),
        (None, _) if limits.pairs > FIRST_TRY => {
            found.bound = Some("there are too many outputs to list or to count".to_owned());
        }
        (None, _) => {}
    }
    complete_from_graph(graph, alive, &mut found);
    found
}

/// Whether schedules leave out a step: then the way by which a node was found need not be the one with the shortest schedule.
fn leaves_out(graph: &Graph) -> bool {
    let idle = |label: u32| {
        let word = graph.labels.get_index(label as usize).and_then(|label| graph.words.get_index(label.word as usize));
        word.is_some_and(|word| word.idle)
    };
    let idle: Vec<bool> = (0..graph.labels.len() as u32).map(idle).collect();
    graph.edges.iter().any(|edge| idle[edge.label as usize])
}

/// An output with the number of final states it comes with.
fn with_finals(graph: &Graph, text: &[u8]) -> Option<(Way, usize)> {
    match possible(graph, text) {
        Possible::Yes(way, finals) => Some((way, finals)),
        _ => None,
    }
}

/// Adds what the graph alone tells where the list of outputs was cut short: some outputs if none was listed, every way of being stuck, and
/// one part of the graph from which no end can be reached.
fn complete_from_graph(graph: &Graph, alive: &[bool], found: &mut Outputs) {
    let way = |node: u32| {
        let edges = graph.way(node);
        Way { text: graph.output_of(&edges), edges, node }
    };
    let nodes = || 0..graph.looks.len() as u32;
    if found.outputs.is_empty() {
        let mut ends: Vec<Way> =
            nodes().filter(|node| graph.ending(*node) == Ending::Finished).take(SHOWN).map(way).collect();
        ends.sort_by(|a, b| a.text.cmp(&b.text));
        ends.dedup_by(|a, b| a.text == b.text);
        found.outputs = ends.into_iter().map(|way| (way, 1)).collect();
    }
    for node in nodes() {
        if let Ending::Stuck(report) = graph.ending(node)
            && !found.stuck.iter().any(|(known, _)| *known == report)
        {
            found.stuck.push((report, way(node)));
        }
    }
    found.stuck.sort_by(|a, b| (a.0, &a.1.text).cmp(&(b.0, &b.1.text)));
    if found.endless.is_empty() {
        let lost =
            |node: &u32| graph.ending(*node) == Ending::Open && !alive.get(*node as usize).copied().unwrap_or(true);
        found.endless = nodes().find(lost).map(way).into_iter().collect();
    }
}

/// The pairs that a search has met, in the order of how many steps they are away; falling asleep where nobody can tell is no step, since it
/// is left out of schedules.
struct Met {
    pairs: Pairs,
    /// How far away each pair is, and whether it was looked at.
    about: Vec<(u32, bool)>,
    /// Those to look at next, and those that are a step further away.
    near: VecDeque<u32>,
    further: Vec<u32>,
    steps: u32,
}

impl Met {
    fn new() -> Met {
        let mut met =
            Met { pairs: Pairs::default(), about: Vec::new(), near: VecDeque::new(), further: Vec::new(), steps: 0 };
        met.meet((0, 0), (0, 0), true);
        met
    }

    /// The next pair to look at, by its number.
    fn next(&mut self) -> Option<(u32, (u32, u32))> {
        loop {
            if self.near.is_empty() {
                self.near.extend(self.further.drain(..));
                self.steps += 1;
            }
            let at = self.near.pop_front()?;
            let about = &mut self.about[at as usize];
            if !std::mem::replace(&mut about.1, true) {
                return self.pairs.get_index(at as usize).map(|(pair, _)| (at, *pair));
            }
        }
    }

    /// A pair was met after another, by an edge; `free` where that is no step.
    fn meet(&mut self, pair: (u32, u32), after: (u32, u32), free: bool) {
        let away = self.steps + u32::from(!free);
        let at = match self.pairs.entry(pair) {
            Entry::Vacant(place) => {
                let at = place.index() as u32;
                place.insert(after);
                self.about.push((away, false));
                at
            }
            Entry::Occupied(mut place) => {
                let at = place.index() as u32;
                if self.about[at as usize].0 <= away {
                    return;
                }
                place.insert(after);
                self.about[at as usize].0 = away;
                at
            }
        };
        if free { self.near.push_back(at) } else { self.further.push(at) }
    }
}

/// Makes all outputs, as far as the limits allow.
fn list(graph: &Graph, alive: &[bool], limits: &Limits) -> Outputs {
    let mut found = Outputs::default();
    let most = limits.pairs;
    let idle: Vec<bool> = graph.words.iter().map(|word| word.idle).collect();
    let mut texts = Bytes::default();
    texts.intern(b"");
    let mut met = Met::new();
    let mut outputs: IndexMap<u32, (u32, IndexSet<u32>)> = IndexMap::new();
    let mut stuck: IndexMap<(u32, u32), u32> = IndexMap::new();
    let mut endless: IndexMap<u32, u32> = IndexMap::new();
    let mut text = Vec::new();
    // Where not everything was looked at, most of the graph leads nowhere yet.
    let leads = if graph.is_complete() { Vec::new() } else { circles::known_ends(graph, alive) };
    let leads = |node: u32| leads.get(node as usize).copied().unwrap_or(true);
    while let Some((at, (node, printed))) = met.next() {
        match graph.ending(node) {
            Ending::Finished => {
                outputs.entry(printed).or_insert((at, IndexSet::new())).1.insert(node);
            }
            Ending::Stuck(report) => {
                stuck.entry((report, printed)).or_insert(at);
            }
            Ending::Open if !alive.get(node as usize).copied().unwrap_or(true) => {
                endless.entry(printed).or_insert(at);
            }
            Ending::Open => {
                for edge in graph.edges_of(node).filter(|edge| leads(graph.edges[*edge].to)) {
                    let to = graph.edges[edge].to;
                    let label = graph.label(graph.edges[edge]);
                    let next = if label.text == 0 {
                        printed
                    } else {
                        text.clear();
                        text.extend_from_slice(texts.get(printed));
                        text.extend_from_slice(graph.texts.get(label.text));
                        texts.intern(&text).0
                    };
                    let free = idle.get(label.word as usize).copied().unwrap_or(false);
                    met.meet((to, next), (at, edge as u32), free);
                }
            }
            Ending::Unknown => {}
        }
        if limits.stopped() {
            found.bound = Some(INTERRUPTED.to_owned());
            break;
        }
        if met.pairs.len() > most {
            found.bound = Some(format!("the limit of {most} states with different outputs was reached (--max-states)"));
            break;
        }
        if texts.size() + met.pairs.len() * PAIR > limits.memory {
            found.bound = Some("the limit of memory was reached while outputs were listed (--memory)".to_owned());
            break;
        }
    }
    let way = |pair: u32| way_to(&met.pairs, &texts, pair);
    found.outputs = outputs.values().map(|(pair, finals)| (way(*pair), finals.len())).collect();
    found.outputs.sort_by(|a, b| a.0.text.cmp(&b.0.text));
    found.count = found.bound.is_none().then_some(found.outputs.len() as u128);
    found.stuck = stuck.iter().map(|((report, _), pair)| (*report, way(*pair))).collect();
    found.stuck.sort_by(|a, b| (a.0, &a.1.text).cmp(&(b.0, &b.1.text)));
    found.endless = endless.values().map(|pair| way(*pair)).collect();
    found.endless.sort_by(|a, b| a.text.cmp(&b.text));
    found
}

/// All ways where nothing at all is printed: they are those by which the nodes were found, which are shortest where no step is left out of
/// schedules.
fn silent(graph: &Graph, alive: &[bool]) -> Outputs {
    let mut found = Outputs::default();
    let mut stuck: IndexMap<u32, u32> = IndexMap::new();
    let (mut finished, mut finals, mut endless) = (None, 0, None);
    for node in 0..graph.nodes.len() as u32 {
        match graph.ending(node) {
            Ending::Finished => {
                finished.get_or_insert(node);
                finals += 1;
            }
            Ending::Stuck(report) => {
                stuck.entry(report).or_insert(node);
            }
            Ending::Open if !alive.get(node as usize).copied().unwrap_or(true) => {
                endless.get_or_insert(node);
            }
            Ending::Open | Ending::Unknown => {}
        }
    }
    let way = |node: u32| Way { text: Vec::new(), edges: graph.way(node), node };
    found.outputs = finished.map(|node| (way(node), finals)).into_iter().collect();
    found.count = Some(found.outputs.len() as u128);
    found.stuck = stuck.into_iter().map(|(report, node)| (report, way(node))).collect();
    found.stuck.sort_by_key(|(report, _)| *report);
    found.endless = endless.map(way).into_iter().collect();
    found
}

fn way_to(pairs: &Pairs, texts: &Bytes, pair: u32) -> Way {
    let (node, printed) = pairs.get_index(pair as usize).map_or((0, 0), |(pair, _)| *pair);
    let mut edges = Vec::new();
    let mut at = pair;
    while at != 0 {
        let Some((_, (before, edge))) = pairs.get_index(at as usize) else { break };
        edges.push(*edge);
        at = *before;
    }
    edges.reverse();
    Way { text: texts.get(printed).to_vec(), edges, node }
}

/// Whether a circle from which an end can be reached prints something.
fn prints_for_ever(graph: &Graph, alive: &[bool]) -> bool {
    let components = circles::components(graph);
    let inside = |node: u32, to: u32| components[node as usize] == components[to as usize];
    (0..graph.looks.len() as u32).any(|node| {
        let prints = |edge: usize| graph.text_of(edge) != 0 && inside(node, graph.edges[edge].to);
        alive.get(node as usize).copied().unwrap_or(false) && graph.edges_of(node).any(prints)
    })
}

/// Whether a text can be printed, and if not, how far one can come and what is printed there instead.
#[derive(Debug)]
pub(crate) enum Possible {
    /// By this way; and in so many final states.
    Yes(Way, usize),
    /// Not: so many bytes can be printed in the wanted way, and then these are the only continuations (nothing: the end, or a standstill).
    No {
        /// How many bytes fit.
        fits: usize,
        /// What follows instead, and who prints it.
        instead: Vec<(Vec<u8>, String)>,
    },
    /// Too many states.
    Unknown,
}

/// Looks for a way that prints exactly `wanted` and comes to an end.
pub(crate) fn possible(graph: &Graph, wanted: &[u8]) -> Possible {
    let mut pairs = Pairs::default();
    pairs.insert((0, 0), (0, 0));
    let (mut at, mut fits) = (0, 0_usize);
    let mut instead: IndexSet<(Vec<u8>, String)> = IndexSet::new();
    let mut unknown = false;
    let mut finals: IndexMap<u32, u32> = IndexMap::new();
    while let Some((&(node, done), _)) = pairs.get_index(at) {
        let here = done as usize;
        if here > fits {
            fits = here;
            instead.clear();
        }
        match graph.ending(node) {
            Ending::Finished if here == wanted.len() => {
                finals.entry(node).or_insert(at as u32);
            }
            Ending::Finished if here == fits => {
                instead.insert((Vec::new(), "the end".to_owned()));
            }
            Ending::Stuck(_) if here == fits => {
                instead.insert((Vec::new(), "a standstill".to_owned()));
            }
            Ending::Unknown => unknown = true,
            _ => {}
        }
        for edge in graph.edges_of(node) {
            let to = graph.edges[edge].to;
            let text = graph.texts.get(graph.text_of(edge));
            if wanted[here..].starts_with(text) {
                pairs.entry((to, done + text.len() as u32)).or_insert((at as u32, edge as u32));
            } else {
                let common = text.iter().zip(&wanted[here..]).take_while(|(a, b)| a == b).count();
                if here + common > fits {
                    fits = here + common;
                    instead.clear();
                }
                if here + common == fits {
                    let who = graph.word_of(edge).map(|word| super::world::role(&word.descent));
                    instead.insert((text[common..].to_vec(), who.unwrap_or_default()));
                }
            }
        }
        at += 1;
    }
    if let Some((_, pair)) = finals.first() {
        let way = way_to(&pairs, &Bytes::default(), *pair);
        return Possible::Yes(Way { text: wanted.to_vec(), ..way }, finals.len());
    }
    if unknown {
        return Possible::Unknown;
    }
    let mut instead: Vec<_> = instead.into_iter().collect();
    instead.sort();
    Possible::No { fits, instead }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::graph::{Edge, Label, Look};
    use crate::explore::schedule::{Act, Word};

    /// A program that prints "a" and ends.
    fn printing() -> Graph {
        let mut graph = Graph::default();
        for state in [[1, 2], [3, 2]] {
            let halves = graph.nodes.halve(&state);
            graph.nodes.insert(halves);
            graph.parents.push(0);
        }
        graph.texts.intern(b"");
        let text = graph.texts.intern(b"a").0;
        graph.words.insert(Word { descent: Vec::new(), act: Act::Run, signal: false, idle: false });
        graph.labels.insert(Label { word: 0, text, births: 0 });
        graph.edges.push(Edge { to: 1, label: 0 });
        graph.note(0, Look::new(Ending::Open, 0..1));
        graph.note(1, Look::new(Ending::Finished, 1..1));
        graph
    }

    #[test]
    fn whoever_asks_for_an_end_gets_one_while_outputs_are_listed() {
        let graph = printing();
        for stop in [false, true] {
            let stop = Arc::new(AtomicBool::new(stop));
            let limits = Limits { pairs: 1000, memory: 1 << 20, stop: Arc::clone(&stop) };
            let found = find(&graph, &circles::alive(&graph), &limits);
            let expected = if stop.load(Ordering::Relaxed) { Some(INTERRUPTED.to_owned()) } else { None };
            assert_eq!((found.bound, found.count.is_none()), (expected.clone(), expected.is_some()));
            // What is known without a list is told all the same.
            assert_eq!(found.outputs.iter().map(|(way, _)| way.text.as_slice()).collect::<Vec<_>>(), [b"a"]);
        }
    }
}
