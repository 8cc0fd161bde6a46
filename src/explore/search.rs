//! Visits all states, level by level. Workers look at the states of a level in pieces; what they find is put into the graph in the order
//! of the states, so that the graph is the same however many of them there are.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hasher;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use super::component::Store;
use super::graph::{Bounds, Edge, Ending, Graph, Label, Look, Place, Progress};
use super::intern::Quick;
use super::schedule::Word;
use super::states::{Batch, Halves};
use super::worker::{Found, Looked, Maker, Tasks, Worker};
use super::world::{Effect, WHOLE};

/// About how many states are looked up in memory together: as many as the processor remembers the pages of.
const AT_ONCE: usize = 48;
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
    label: u32,
    /// The label where the process goes alone.
    alone: u32,
    /// Where what is worth telling about it lies among all such lists.
    found: usize,
}

/// A search under way.
struct Search<'a> {
    graph: Graph,
    bounds: Bounds,
    report: &'a mut dyn FnMut(Progress) -> bool,
    /// The effects of each worker.
    effects: Vec<Vec<Known>>,
    /// The deltas of each worker, as the graph knows them; the first is none.
    deltas: Vec<Vec<u32>>,
    /// Lists of what is worth telling about effects, by its number among all that was found; the first is empty.
    found: Vec<Vec<u32>>,
    /// The states that some steps lead to.
    batch: Batch,
    /// The effect of each of these steps, and the halves of that state.
    hops: Vec<(u32, Halves)>,
    sizes: Vec<usize>,
    /// Nodes to look at once more, since their process may not go alone: the others might never move.
    again: VecDeque<(u32, u32)>,
    looked: usize,
    /// Whether somebody has asked for an end.
    interrupted: bool,
}

/// Somebody who works in a thread of his own.
struct Helper {
    tasks: Sender<(usize, Arc<Tasks>)>,
}

/// What a helper sends back: who he is, which piece it was with its tasks, and what came of it.
type Answer = (usize, usize, Arc<Tasks>, Result<Looked, String>);

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
        deltas: vec![vec![0]; jobs + 1],
        found: vec![Vec::new()],
        batch: Batch::default(),
        hops: Vec::new(),
        sizes: vec![0; jobs + 1],
        again: VecDeque::new(),
        looked: 0,
        interrupted: false,
    };
    search.effects.resize_with(jobs + 1, Vec::new);
    search.graph.texts.intern(b"");
    let start = search.graph.nodes.halve(&first.world.state());
    search.graph.nodes.insert(start);
    search.graph.parents.push(0);
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
        let mut piece = Tasks::default();
        while !tasks.is_empty() {
            self.fill(&mut piece, &mut tasks, LARGEST_PIECE);
            let looked = first.work(&piece);
            self.take(0, &piece, looked);
            tasks = std::mem::take(&mut self.again);
        }
    }

    /// Makes the first of the tasks the piece.
    fn fill(&self, piece: &mut Tasks, tasks: &mut VecDeque<(u32, u32)>, most: usize) {
        let count = tasks.len().min(most);
        piece.clear();
        for (node, tried) in tasks.drain(..count) {
            piece.add(node, tried, |out| self.graph.nodes.get(node, out));
        }
    }

    /// The first of the tasks, as a piece to send away.
    fn piece(&self, tasks: &mut VecDeque<(u32, u32)>, most: usize) -> Arc<Tasks> {
        let mut piece = Tasks::default();
        self.fill(&mut piece, tasks, most);
        Arc::new(piece)
    }

    /// The first worker does all tasks.
    fn alone(&mut self, first: &mut Worker, mut tasks: VecDeque<(u32, u32)>) {
        let mut piece = Tasks::default();
        while !tasks.is_empty() && !self.graph.cut {
            self.fill(&mut piece, &mut tasks, LARGEST_PIECE);
            let looked = first.work(&piece);
            self.take(0, &piece, looked);
        }
    }

    /// The helpers do the tasks, piece by piece.
    fn share(&mut self, mut tasks: VecDeque<(u32, u32)>, helpers: &[Helper], receiver: &Receiver<Answer>) {
        let most = (tasks.len() / (helpers.len() * 4)).clamp(16, LARGEST_PIECE);
        let (mut sent, mut taken, mut away) = (0, 0, 0_usize);
        let mut early: BTreeMap<usize, (usize, Arc<Tasks>, Looked)> = BTreeMap::new();
        for helper in helpers.iter().chain(helpers) {
            if !tasks.is_empty() && helper.tasks.send((sent, self.piece(&mut tasks, most))).is_ok() {
                (sent, away) = (sent + 1, away + 1);
            }
        }
        while away > 0 {
            let Ok((who, number, piece, looked)) = receiver.recv() else { return };
            away -= 1;
            match looked {
                Ok(looked) => {
                    early.insert(number, (who, piece, looked));
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
            while let Some((who, piece, looked)) = early.remove(&taken) {
                taken += 1;
                if !self.graph.cut {
                    self.take(who, &piece, looked);
                }
            }
        }
    }

    /// Puts into the graph what a worker has found.
    fn take(&mut self, who: usize, tasks: &Tasks, looked: Looked) {
        for delta in &looked.deltas {
            let known = self.graph.nodes.delta(delta.clone());
            self.deltas[who].push(known);
        }
        for effect in looked.effects {
            let known = self.known(effect);
            self.effects[who].push(known);
        }
        self.sizes[who] = looked.size;
        for why in looked.bounds {
            self.graph.bound(why);
        }
        let mut steps = looked.steps.as_slice();
        let mut nodes = tasks.iter().map(|(node, ..)| node).zip(looked.nodes);
        let mut some = Vec::new();
        loop {
            self.batch.clear();
            self.hops.clear();
            while self.hops.len() < AT_ONCE
                && let Some((node, found)) = nodes.next()
            {
                if let Found::Steps(count, _) = found {
                    steps = self.follow((who, node), count, steps);
                }
                some.push((node, found));
            }
            if some.is_empty() {
                break;
            }
            if !self.add_all(who, &mut some) {
                return;
            }
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
        let graph = &mut self.graph;
        let (text, births) = (graph.texts.intern(&effect.text).0, effect.births);
        let alone = Word { idle: effect.sleeps, ..effect.word.clone() };
        let [label, alone] = [effect.word, alone].map(|word| {
            let word = graph.words.insert_full(word).0 as u32;
            graph.labels.insert_full(Label { word, text, births }).0 as u32
        });
        let mut found = 0;
        if !effect.found.is_empty() {
            found = self.found.len();
            let finds = effect.found.into_iter().map(|found| graph.finds.insert_full(found).0 as u32);
            self.found.push(finds.collect());
        }
        Known { label, alone, found }
    }

    /// Reads so many steps from a node, and gives those that are left.
    fn follow<'s>(&mut self, (who, node): (usize, u32), count: u32, steps: &'s [u32]) -> &'s [u32] {
        let from = self.graph.nodes.halves_of(node);
        let deltas = &self.deltas[who];
        let mut steps = steps;
        for _ in 0..count {
            let (effect, next) = match steps {
                [effect, even, odd, rest @ ..] if effect & WHOLE == 0 => {
                    self.batch.add(from, [deltas[*even as usize], deltas[*odd as usize]]);
                    (*effect, rest)
                }
                [effect, length, rest @ ..] => {
                    let (state, rest) = rest.split_at((*length as usize).min(rest.len()));
                    self.batch.add(self.graph.nodes.halve(state), [0, 0]);
                    (effect & !WHOLE, rest)
                }
                _ => break,
            };
            steps = next;
            self.hops.push((effect, Halves::default()));
        }
        steps
    }

    /// Adds what was found of some nodes, whose steps were read; whether there is room for more states.
    fn add_all(&mut self, who: usize, some: &mut Vec<(u32, Found)>) -> bool {
        let found = self.graph.nodes.settle(&mut self.batch);
        self.hops.iter_mut().zip(found).for_each(|(hop, halves)| hop.1 = halves);
        let hops = std::mem::take(&mut self.hops);
        let mut rest = hops.as_slice();
        for (node, found) in some.drain(..) {
            if self.graph.nodes.len() > self.bounds.states {
                self.graph.stop(format!("the limit of {} states was reached (--max-states)", self.bounds.states));
                return false;
            }
            let count = if let Found::Steps(count, _) = found { count as usize } else { 0 };
            let (steps, later) = rest.split_at(count.min(rest.len()));
            rest = later;
            self.add(who, node, found, steps);
            self.looked += 1;
        }
        self.hops = hops;
        true
    }

    /// Adds what was found of a node, and the steps from it.
    fn add(&mut self, who: usize, node: u32, found: Found, steps: &[(u32, Halves)]) {
        let from = self.graph.edges.len() as u32;
        let ending = match found {
            Found::Finished => {
                self.graph.note_end(node);
                Ending::Finished
            }
            Found::Stuck(report) => Ending::Stuck(self.graph.reports.insert_full(report).0 as u32),
            Found::Spins(word) => {
                let word = self.graph.words.insert_full(word).0 as u32;
                let label = self.graph.labels.insert_full(Label { word, text: 0, births: 0 }).0 as u32;
                self.graph.edges.push(Edge { to: node, label });
                Ending::Open
            }
            Found::Steps(_, alone) => {
                // A process may go alone, but not round a circle, in which the others would never move.
                if let Some(tried) = alone {
                    let forward =
                        |(_, halves): &(u32, Halves)| self.graph.nodes.find(*halves).is_none_or(|to| to > node);
                    if !steps.iter().all(forward) {
                        self.again.push_back((node, tried));
                        self.looked -= 1;
                        return;
                    }
                }
                for (effect, halves) in steps {
                    self.edge((who, node, alone.is_some()), *effect, *halves);
                }
                Ending::Open
            }
        };
        self.graph.note(node, Look::new(ending, from..self.graph.edges.len() as u32));
    }

    #[inline]
    fn edge(&mut self, (who, node, alone): (usize, u32, bool), effect: u32, halves: Halves) {
        let graph = &mut self.graph;
        let edge = graph.edges.len() as u32;
        let (to, new) = graph.nodes.insert(halves);
        if new {
            graph.parents.push(node);
        }
        let Some(known) = self.effects[who].get(effect as usize) else { return };
        if known.found != 0 {
            for found in &self.found[known.found] {
                graph.found.entry(*found).or_insert(Place { from: node, edge });
            }
        }
        graph.edges.push(Edge { to, label: if alone { known.alone } else { known.label } });
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
    let (tasks, receiver) = channel::<(usize, Arc<Tasks>)>();
    scope.spawn(move || {
        let mut worker = maker(store);
        for (number, tasks) in receiver {
            let looked = match &mut worker {
                Ok(worker) => Ok(worker.work(&tasks)),
                Err(why) => Err(why.clone()),
            };
            if answers.send((who, number, tasks, looked)).is_err() {
                return;
            }
        }
    });
    Helper { tasks }
}
