//! Visits all states, level by level. Workers look at the states of a level in pieces; what they find is put into the graph in the order
//! of the states, so that the graph is the same however many of them there are.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use super::component::Store;
use super::graph::{Bounds, Edge, Ending, Graph, Place, Progress};
use super::intern::{Quick, Tuples};
use super::schedule::Word;
use super::worker::{Found, Looked, Maker, Tasks, Worker};
use super::world::Effect;

/// Levels with fewer states are not worth the hand-over.
const WORTH_SHARING: usize = 64;
/// The most states in a piece.
const LARGEST_PIECE: usize = 512;
/// Walks that are made where a search was bounded before it came to any end, and the most steps of one.
const WALKS: u64 = 32;
const LONGEST_WALK: u64 = 5000;
/// States that all walks together may look at: as many as the search has, but neither fewer nor more than these.
const LOOKS_OF_WALKS: (usize, usize) = (100, 20_000);

/// An effect as the graph knows it.
struct Known {
    word: u32,
    /// The word where the process goes alone.
    alone: u32,
    text: u32,
    births: u32,
    /// What is worth telling about it, by its number among all that was found.
    found: Box<[u32]>,
}

/// A search under way.
struct Search<'a> {
    graph: Graph,
    bounds: Bounds,
    report: &'a mut dyn FnMut(Progress) -> bool,
    /// The effects of each worker.
    effects: Vec<Vec<Known>>,
    sizes: Vec<usize>,
    /// Nodes to look at once more, since their process may not go alone: the others might never move.
    again: VecDeque<(u32, u32)>,
    looked: usize,
    /// Whether somebody has asked for an end.
    interrupted: bool,
}

/// Somebody who works in a thread of his own.
struct Helper {
    tasks: Sender<(usize, Tasks)>,
}

/// What a helper sends back: who he is, which piece it was, and what came of it.
type Answer = (usize, usize, Result<Looked, String>);

/// Visits all states from where the first worker's machine stands. `report` is told how it goes, and says whether to go on.
pub(crate) fn search(
    first: &mut Worker,
    store: &Arc<Store>,
    maker: Maker<'_>,
    jobs: usize,
    bounds: Bounds,
    report: &mut dyn FnMut(Progress) -> bool,
) -> Graph {
    let mut search = Search {
        graph: Graph::default(),
        bounds,
        report,
        effects: Vec::new(),
        sizes: vec![0; jobs + 1],
        again: VecDeque::new(),
        looked: 0,
        interrupted: false,
    };
    search.effects.resize_with(jobs + 1, Vec::new);
    search.graph.texts.intern(b"");
    search.graph.nodes.insert(&first.world.state());
    search.graph.parents.push((0, 0));
    std::thread::scope(|scope| search.run(first, store, maker, jobs, scope));
    search.graph
}

impl Search<'_> {
    fn run<'scope>(
        &mut self,
        first: &mut Worker,
        store: &'scope Arc<Store>,
        maker: Maker<'scope>,
        jobs: usize,
        scope: &'scope Scope<'scope, '_>,
    ) {
        let mut helpers: Vec<Helper> = Vec::new();
        let (sender, receiver) = channel::<Answer>();
        let mut level = 0..1;
        while !level.is_empty() && !self.graph.cut {
            if self.graph.depth >= self.bounds.depth {
                self.graph.stop(format!("the limit of {} steps was reached (--max-depth)", self.bounds.depth));
                break;
            }
            let mut tasks: VecDeque<(u32, u32)> = level.clone().map(|node| (node as u32, 0)).collect();
            while !tasks.is_empty() && !self.graph.cut {
                if jobs > 1 && tasks.len() >= WORTH_SHARING {
                    while helpers.len() < jobs {
                        helpers.push(hire(helpers.len() + 1, store, maker, sender.clone(), scope));
                    }
                    self.share(tasks, &helpers, &receiver);
                } else {
                    self.alone(first, tasks);
                }
                tasks = std::mem::take(&mut self.again);
            }
            self.graph.depth += 1;
            level = level.end..self.graph.nodes.len();
        }
        let nothing = self.graph.ends.is_empty() && self.graph.reports.is_empty();
        if nothing && self.graph.cut && !self.interrupted && self.graph.depth < self.bounds.depth {
            self.walk(first);
        }
    }

    /// Follows some schedules to their ends, chosen by nothing but their numbers: a search by breadth that was bounded has often seen no end
    /// at all, and whoever asked is to be shown some.
    fn walk(&mut self, first: &mut Worker) {
        self.bounds.states = usize::MAX;
        let mut looks = self.looked.clamp(LOOKS_OF_WALKS.0, LOOKS_OF_WALKS.1);
        for number in 0..WALKS {
            let mut node = 0;
            for step in 0..LONGEST_WALK {
                if self.graph.ending(node) == Ending::Unknown {
                    let Some(left) = looks.checked_sub(1) else { return };
                    looks = left;
                    self.look_at(first, node);
                }
                let edges = self.graph.edges_of(node);
                let mut chosen = Quick::default();
                chosen.write_u64(number << 32 | step);
                let Some(at) = (chosen.finish() as usize).checked_rem(edges.len()) else { break };
                node = self.graph.edges[edges.start + at].to;
            }
        }
    }

    /// The first worker looks at one node, whatever has ended the search.
    fn look_at(&mut self, first: &mut Worker, node: u32) {
        self.again.clear();
        let mut tasks = VecDeque::from([(node, 0)]);
        while !tasks.is_empty() {
            let piece = self.piece(&mut tasks, LARGEST_PIECE);
            let looked = first.work(&piece);
            self.take(0, looked);
            tasks = std::mem::take(&mut self.again);
        }
    }

    /// The first of the tasks, as a piece.
    fn piece(&self, tasks: &mut VecDeque<(u32, u32)>, most: usize) -> Tasks {
        let count = tasks.len().min(most);
        let mut piece = Tasks::default();
        for (node, tried) in tasks.drain(..count) {
            piece.add(node, tried, self.graph.nodes.get(node));
        }
        piece
    }

    /// The first worker does all tasks.
    fn alone(&mut self, first: &mut Worker, mut tasks: VecDeque<(u32, u32)>) {
        while !tasks.is_empty() && !self.graph.cut {
            let piece = self.piece(&mut tasks, LARGEST_PIECE);
            let looked = first.work(&piece);
            self.take(0, looked);
        }
    }

    /// The helpers do the tasks, piece by piece.
    fn share(&mut self, mut tasks: VecDeque<(u32, u32)>, helpers: &[Helper], receiver: &Receiver<Answer>) {
        let most = (tasks.len() / (helpers.len() * 4)).clamp(16, LARGEST_PIECE);
        let (mut sent, mut taken, mut away) = (0, 0, 0_usize);
        let mut early: BTreeMap<usize, (usize, Looked)> = BTreeMap::new();
        for helper in helpers.iter().chain(helpers) {
            if !tasks.is_empty() && helper.tasks.send((sent, self.piece(&mut tasks, most))).is_ok() {
                (sent, away) = (sent + 1, away + 1);
            }
        }
        while away > 0 {
            let Ok((who, number, looked)) = receiver.recv() else { return };
            away -= 1;
            match looked {
                Ok(looked) => {
                    early.insert(number, (who, looked));
                }
                Err(why) => self.graph.stop(why),
            }
            if !tasks.is_empty()
                && !self.graph.cut
                && let Some(helper) = helpers.get(who - 1)
                && helper.tasks.send((sent, self.piece(&mut tasks, most))).is_ok()
            {
                (sent, away) = (sent + 1, away + 1);
            }
            while let Some((who, looked)) = early.remove(&taken) {
                taken += 1;
                if !self.graph.cut {
                    self.take(who, looked);
                }
            }
        }
    }

    /// Puts into the graph what a worker has found.
    fn take(&mut self, who: usize, looked: Looked) {
        for effect in looked.effects {
            let known = self.known(effect);
            self.effects[who].push(known);
        }
        self.sizes[who] = looked.size;
        for why in looked.bounds {
            self.graph.bound(why);
        }
        let hashes = self.hashes(&looked.steps);
        let mut steps = Steps { words: &looked.steps, hashes: &hashes };
        for (node, found) in looked.nodes {
            if self.graph.nodes.len() > self.bounds.states {
                self.graph.stop(format!("the limit of {} states was reached (--max-states)", self.bounds.states));
                return;
            }
            steps = self.add(who, node, found, steps);
            self.looked += 1;
        }
        let progress = Progress {
            states: self.graph.nodes.len(),
            transitions: self.graph.edges.len(),
            depth: self.graph.depth,
            frontier: self.graph.nodes.len().saturating_sub(self.looked),
            outputs: self.graph.ends.len(),
        };
        if !(self.report)(progress) {
            self.interrupted = true;
            self.graph.stop("it was interrupted");
        }
        if self.graph.size() + self.sizes.iter().sum::<usize>() > self.bounds.memory {
            self.graph.stop(format!("the limit of {} MB of memory was reached (--memory)", self.bounds.memory >> 20));
        }
    }

    fn known(&mut self, effect: Effect) -> Known {
        let alone = Word { idle: effect.sleeps, ..effect.word.clone() };
        Known {
            word: self.graph.words.insert_full(effect.word).0 as u32,
            alone: self.graph.words.insert_full(alone).0 as u32,
            text: self.graph.texts.intern(&effect.text).0,
            births: effect.births,
            found: effect.found.into_iter().map(|found| self.graph.finds.insert_full(found).0 as u32).collect(),
        }
    }

    /// The hashes of the states that some steps lead to.
    fn hashes(&self, steps: &[u32]) -> Vec<u64> {
        let mut hashes = Vec::with_capacity(steps.len() / 8);
        let mut rest = Steps { words: steps, hashes: &[] };
        while let Some((_, state, _)) = rest.next() {
            hashes.push(Tuples::hash(state));
        }
        std::hint::black_box(self.graph.nodes.warm(&hashes));
        hashes
    }

    /// Adds what was found of a node; the steps that are left for the nodes after it.
    fn add<'s>(&mut self, who: usize, node: u32, found: Found, mut steps: Steps<'s>) -> Steps<'s> {
        let from = self.graph.edges.len() as u32;
        let ending = match found {
            Found::Finished => {
                self.graph.note_end(node);
                Ending::Finished
            }
            Found::Stuck(report) => Ending::Stuck(self.graph.reports.insert_full(report).0 as u32),
            Found::Spins(word) => {
                let word = self.graph.words.insert_full(word).0 as u32;
                self.graph.edges.push(Edge { to: node, word, text: 0, births: 0 });
                Ending::Open
            }
            Found::Steps(count, alone) => {
                // A process may go alone, but not round a circle, in which the others would never move.
                if let Some(tried) = alone {
                    let mut ahead = steps;
                    let forward = (0..count).all(|_| {
                        ahead.next().is_none_or(|(_, state, hash)| {
                            self.graph.nodes.find(state, hash).is_none_or(|to| to > node)
                        })
                    });
                    if !forward {
                        self.again.push_back((node, tried));
                        self.looked -= 1;
                        for _ in 0..count {
                            steps.next();
                        }
                        return steps;
                    }
                }
                for _ in 0..count {
                    let Some((effect, state, hash)) = steps.next() else { break };
                    self.edge((who, node, alone.is_some()), effect, state, hash);
                }
                Ending::Open
            }
        };
        if self.graph.looks.len() <= node as usize {
            self.graph.looks.resize(node as usize + 1, (Ending::Unknown, 0, 0));
        }
        self.graph.looks[node as usize] = (ending, from, self.graph.edges.len() as u32);
        steps
    }

    #[inline]
    fn edge(&mut self, (who, node, alone): (usize, u32, bool), effect: u32, state: &[u32], hash: u64) {
        let graph = &mut self.graph;
        let edge = graph.edges.len() as u32;
        let (to, new) = graph.nodes.insert_hashed(state, hash);
        if new {
            graph.parents.push((node, edge));
        }
        let Some(known) = self.effects[who].get(effect as usize) else { return };
        for found in &known.found {
            graph.found.entry(*found).or_insert(Place { from: node, edge });
        }
        let word = if alone { known.alone } else { known.word };
        graph.edges.push(Edge { to, word, text: known.text, births: known.births });
    }
}

/// Steps as a worker gives them: for each the number of its effect, the length of the state it leads to, and that state; with the
/// hashes of the states, where they are known.
#[derive(Clone, Copy)]
struct Steps<'s> {
    words: &'s [u32],
    hashes: &'s [u64],
}

impl<'s> Steps<'s> {
    /// The number of the next one's effect, the state it leads to, and the hash of that.
    #[inline]
    fn next(&mut self) -> Option<(u32, &'s [u32], u64)> {
        let [effect, length, rest @ ..] = self.words else { return None };
        let (state, rest) = rest.split_at_checked(*length as usize)?;
        self.words = rest;
        let hash = match self.hashes {
            [hash, hashes @ ..] => {
                self.hashes = hashes;
                *hash
            }
            [] => 0,
        };
        Some((*effect, state, hash))
    }
}

/// Starts a worker in a thread of its own, which ends when nobody can send it tasks any more.
fn hire<'scope>(
    who: usize,
    store: &'scope Arc<Store>,
    maker: Maker<'scope>,
    answers: Sender<Answer>,
    scope: &'scope Scope<'scope, '_>,
) -> Helper {
    let (tasks, receiver) = channel::<(usize, Tasks)>();
    scope.spawn(move || {
        let mut worker = maker(store);
        for (number, tasks) in receiver {
            let looked = match &mut worker {
                Ok(worker) => Ok(worker.work(&tasks)),
                Err(why) => Err(why.clone()),
            };
            if answers.send((who, number, looked)).is_err() {
                return;
            }
        }
    });
    Helper { tasks }
}
