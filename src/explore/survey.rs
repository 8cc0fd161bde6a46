//! One exploration from beginning to end: the machine, the graph, and everything there is to say about it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use serde::Serialize;

use super::circles;
use super::component::Store;
use super::count::Counted;
use super::graph::{Bounds, Graph, Kind, Progress};
use super::host::{Log, Outside, Sources, Stage};
use super::language::Language;
use super::order;
use super::outputs::{self, Limits, Outputs, Possible, Way};
use super::promise::{self, Promise};
use super::race;
use super::schedule;
use super::search;
use super::shorten::{self, Course};
use super::stepper::{Rules, Sleep, Stepper};
use super::worker::Worker;
use super::world::{World, role};
use crate::abi::Builtin;
use crate::bytecode::image::Verified;
use crate::kernel::host::{Host, Input};
use crate::kernel::machine::{Config, Machine};
use crate::kernel::process::{Process, State};

/// More schedules than these are not made shorter one by one.
const MOST_SHORTENED: usize = 2000;
/// States with different outputs that are looked at however few states were asked for: those on the way of the schedules that are followed
/// where a search is bounded.
const LEAST_PAIRS: usize = 20_000;

/// How much is left out because it can make no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Steps that nobody else can notice go first and alone.
    #[default]
    Local,
    /// Every order of system calls is tried.
    None,
    /// Every order of instructions is tried.
    Instructions,
}

/// What to explore, and how.
pub struct Setup {
    /// The machine.
    pub config: Config,
    /// The program.
    pub image: Verified,
    /// Its arguments, its name first.
    pub argv: Vec<Vec<u8>>,
    /// All of the terminal's input.
    pub input: Vec<u8>,
    /// All sources, for reports.
    pub sources: Sources,
    /// Who has the programs and files beside the script.
    pub outside: Outside,
    /// How long sleeps take.
    pub sleep: Sleep,
    /// Whether `choose` and `rand` draw from the seed of the machine.
    pub seeded: bool,
    /// Calls that may also fail.
    pub faults: Vec<Builtin>,
    /// How far to go.
    pub bounds: Bounds,
    /// What to leave out.
    pub reduction: Reduction,
    /// What is asked.
    pub want: Want,
    /// How many threads look at states.
    pub jobs: usize,
    /// Whether somebody has asked for an end. What has been found by then is told; to ask once more ends that too.
    pub stop: Arc<AtomicBool>,
}

/// What is asked of an exploration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Want {
    /// All outputs.
    #[default]
    Outputs,
    /// Only numbers: the order of outputs does not matter.
    Counts,
    /// Which outputs come before which: even equal ones are told apart.
    Order,
}

/// A complete output.
#[derive(Debug, Clone, Serialize)]
pub struct Output {
    /// What was printed.
    pub text: String,
    /// A shortest schedule that prints it.
    pub schedule: String,
    /// How many distinct final states it comes with.
    pub finals: usize,
}

/// A print that nothing orders against another.
#[derive(Debug, Clone, Serialize)]
pub struct Print {
    /// The role of the process.
    pub who: String,
    /// The line where it stands then.
    pub line: u32,
    /// What it prints.
    pub text: String,
}

/// Something that can happen, with a schedule by which it does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Witness {
    /// What.
    pub message: String,
    /// How.
    pub schedule: String,
    /// What had been printed by then.
    pub output: String,
}

/// The least and the most of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The least.
    pub min: u64,
    /// The most; none where there is no end to it.
    pub max: Option<u64>,
}

/// Everything that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether every schedule was looked at.
    pub complete: bool,
    /// Why not, where not.
    pub bounds: Vec<String>,
    /// States found.
    pub states: usize,
    /// Steps between them.
    pub transitions: usize,
    /// Complete outputs, sorted by text.
    pub outputs: Vec<Output>,
    /// How many different outputs there are; nothing where that is not known.
    pub output_count: Option<u128>,
    /// Where there are several outputs: two prints of different processes of which either may come first.
    pub unordered: Option<[Print; 2]>,
    /// Schedules after which every process waits for ever.
    pub stuck: Vec<Witness>,
    /// Faults other than failed assertions.
    pub faults: Vec<Witness>,
    /// Failed assertions.
    pub assertions: Vec<Witness>,
    /// Schedules after which something goes on for ever and no end can be reached.
    pub livelocks: Vec<Witness>,
    /// Processes that ended with another status than 0.
    pub statuses: Vec<Witness>,
    /// Children whose end nobody waited for.
    pub zombies: Vec<Witness>,
    /// Processes made in a run, the first included.
    pub processes: Range,
    /// Lines printed in a run.
    pub lines: Range,
    /// Outputs that must not be, by `--always` and `--never`.
    pub broken: Vec<Witness>,
}

impl Report {
    /// Whether something was found that should not happen.
    pub fn found_something(&self) -> bool {
        let clean = self.stuck.is_empty() && self.faults.is_empty() && self.assertions.is_empty();
        !(clean && self.livelocks.is_empty() && self.broken.is_empty())
    }
}

/// An exploration that has been made.
pub struct Survey {
    world: World,
    graph: Graph,
    sources: Sources,
    limits: Limits,
    want: Want,
}

impl Survey {
    /// Explores. `progress` is told how it goes, and says whether to go on.
    ///
    /// # Errors
    /// Where the arguments do not fit the script's heap.
    pub fn make(setup: &Setup, mut progress: impl FnMut(Progress) -> bool) -> Result<Survey, String> {
        let store = Arc::new(Store::default());
        let maker = |store: &Arc<Store>| worker(setup, store);
        let mut first = maker(&store)?;
        let mut go_on = |how: Progress| progress(how) && !setup.stop.load(Ordering::Relaxed);
        let graph = search::search(&mut first, &store, &maker, setup.jobs.max(1), setup.bounds, &mut go_on);
        setup.stop.store(false, Ordering::Relaxed);
        let size = graph.size();
        Ok(Survey {
            world: first.world,
            graph,
            sources: Arc::clone(&setup.sources),
            limits: Limits {
                pairs: setup.bounds.states.max(LEAST_PAIRS),
                memory: setup.bounds.memory.saturating_sub(size),
                stop: Arc::clone(&setup.stop),
            },
            want: setup.want,
        })
    }

    /// How many processes are made and lines printed, where that can be said without trying any order of anything.
    ///
    /// # Errors
    /// Where the arguments do not fit the script's heap.
    pub fn count(setup: &Setup) -> Result<Option<Counted>, String> {
        let mut worker = worker(setup, &Arc::new(Store::default()))?;
        Ok(if setup.faults.is_empty() { worker.count() } else { None })
    }

    /// Everything that was found.
    pub fn report(&mut self) -> Report {
        let alive = circles::alive(&self.graph);
        let found = match self.want {
            Want::Counts => Outputs::default(),
            _ => outputs::find(&self.graph, &alive, &self.limits),
        };
        let mut bounds = self.graph.bounds.clone();
        bounds.extend(found.bound.clone());
        let births: Vec<u64> = self.graph.labels.iter().map(|label| u64::from(label.births)).collect();
        let (least, most) = circles::extremes(&self.graph, &alive, &births);
        let in_text: Vec<u64> = (0..self.graph.texts.len())
            .map(|text| self.graph.texts.get(text as u32).iter().filter(|byte| **byte == b'\n').count() as u64)
            .collect();
        let lines: Vec<u64> =
            self.graph.labels.iter().map(|label| in_text.get(label.text as usize).copied().unwrap_or(0)).collect();
        let (fewest, longest) = circles::extremes(&self.graph, &alive, &lines);
        let unordered = if found.outputs.len() > 1 || found.count.is_some_and(|count| count > 1) {
            self.unordered(&alive)
        } else {
            None
        };
        let few = found.outputs.len() + found.stuck.len() <= MOST_SHORTENED;
        Report {
            complete: bounds.is_empty(),
            bounds,
            states: self.graph.nodes.len(),
            transitions: self.graph.edges.len(),
            outputs: found.outputs.iter().map(|(way, finals)| self.output(way, *finals, few)).collect(),
            output_count: found.count.filter(|_| self.graph.is_complete()),
            unordered,
            stuck: self.stuck(&found, few),
            faults: self.found(Kind::Fault),
            assertions: self.found(Kind::Assertion),
            livelocks: self.livelocks(&found),
            statuses: self.found(Kind::Status),
            zombies: self.found(Kind::Zombie),
            processes: Range { min: least.saturating_add(1), max: most.map(|most| most + 1) },
            lines: Range { min: fewest, max: longest },
            broken: Vec::new(),
        }
    }

    fn output(&mut self, way: &Way, finals: usize, few: bool) -> Output {
        Output { text: text(&way.text), schedule: self.shortened(way, few), finals }
    }

    /// The schedule of a way, without steps that are not needed; they are looked for where there are few schedules.
    fn shortened(&mut self, way: &Way, few: bool) -> String {
        if !few {
            return self.schedule(&way.edges, false);
        }
        let words = schedule::needed(self.graph.words_of(&way.edges)).into_iter().cloned().collect();
        let [from, to] = [0, way.node].map(|node| self.state(node));
        let course = Course { from: &from, to: &to, text: &way.text };
        let words = shorten::shorten(&mut self.world, &course, words);
        schedule::text(words.iter(), false)
    }

    fn schedule(&self, edges: &[u32], endless: bool) -> String {
        schedule::text(schedule::needed(self.graph.words_of(edges)).into_iter(), endless)
    }

    fn stuck(&mut self, found: &Outputs, few: bool) -> Vec<Witness> {
        let mut witness = |(report, way): &(u32, Way)| Witness {
            message: self.graph.reports.get_index(*report as usize).cloned().unwrap_or_default(),
            schedule: self.shortened(way, few),
            output: text(&way.text),
        };
        shortest_first(found.stuck.iter().map(|stuck| (stuck.1.edges.len(), witness(stuck))).collect())
    }

    fn found(&self, kind: Kind) -> Vec<Witness> {
        let witnesses = self
            .graph
            .found
            .iter()
            .filter_map(|(find, place)| Some((self.graph.finds.get_index(*find as usize)?, place)))
            .filter(|((of, _), _)| *of == kind)
            .map(|((_, message), place)| {
                let mut edges = self.graph.way(place.from);
                edges.push(place.edge);
                let output = text(&self.graph.output_of(&edges));
                let schedule = self.schedule(&edges, false);
                (edges.len(), Witness { message: message.clone(), schedule, output })
            })
            .collect();
        shortest_first(witnesses)
    }

    fn livelocks(&mut self, found: &Outputs) -> Vec<Witness> {
        let mut witnesses = Vec::new();
        for way in &found.endless {
            let message = self.circle(way.node);
            let schedule = self.schedule(&way.edges, true);
            witnesses.push((way.edges.len(), Witness { message, schedule, output: text(&way.text) }));
        }
        shortest_first(witnesses)
    }

    /// Who goes round for ever after a node, in words.
    fn circle(&mut self, node: u32) -> String {
        let mut seen = indexmap::IndexMap::new();
        let mut at = node;
        while let Some(edge) = self.graph.edges_of(at).next() {
            if seen.insert(at, edge as u32).is_some() {
                break;
            }
            at = self.graph.edges[edge].to;
        }
        let begin = seen.get_index_of(&at).unwrap_or(0);
        let steps: Vec<(u32, u32)> = seen.into_iter().skip(begin).collect();
        let mut movers: std::collections::BTreeMap<String, (u32, u32)> = std::collections::BTreeMap::new();
        for (node, edge) in steps {
            let Some(word) = self.graph.word_of(edge as usize).cloned() else { continue };
            let Some(line) = self.line(node, &word.descent) else { continue };
            let lines = movers.entry(role(&word.descent)).or_insert((line, line));
            *lines = (lines.0.min(line), lines.1.max(line));
        }
        let who: Vec<String> =
            movers
                .iter()
                .map(|(role, (from, to))| {
                    if from == to {
                        format!("{role} at line {from}")
                    } else {
                        format!("{role} at lines {from} to {to}")
                    }
                })
                .collect();
        format!("goes on for ever: {}", who.join(", "))
    }

    /// The components of a node's state.
    fn state(&self, node: u32) -> Vec<u32> {
        let mut state = Vec::new();
        self.graph.nodes.get(node, &mut state);
        state
    }

    /// The line where a process stands in the state of a node.
    fn line(&mut self, node: u32, descent: &[u32]) -> Option<u32> {
        let state = self.world.slots(&self.state(node));
        self.world.load(&state);
        let living = |process: &&Process| process.ppid.0 != 0 && process.descent() == descent;
        let here = self.world.stepper.machine.processes().find(living)?.here();
        Some(self.sources.lock().unwrap_or_else(PoisonError::into_inner).line(here))
    }

    /// Two prints of different processes that nothing orders.
    fn unordered(&mut self, alive: &[bool]) -> Option<[Print; 2]> {
        let race = race::find(&self.graph, alive)?;
        let [one, two] = race.edges.map(|edge| self.print(race.node, edge));
        Some([one?, two?])
    }

    fn print(&mut self, node: u32, edge: usize) -> Option<Print> {
        let printed = text(self.graph.texts.get(self.graph.text_of(edge)));
        let descent = self.graph.word_of(edge)?.descent.clone();
        Some(Print { who: role(&descent), line: self.line(node, &descent)?, text: printed })
    }

    /// Whether a text can be a complete output: a schedule, or why not, in words.
    pub fn possible(&self, wanted: &[u8]) -> Answer {
        let unknown = Answer { possible: None, schedule: None, why: "not every schedule was looked at".to_owned() };
        match outputs::possible(&self.graph, wanted) {
            Possible::Yes(way, _) => {
                Answer { possible: Some(true), schedule: Some(self.schedule(&way.edges, false)), why: String::new() }
            }
            Possible::No { fits, instead } if self.graph.is_complete() => {
                Answer { possible: Some(false), schedule: None, why: why_not(wanted, fits, &instead) }
            }
            Possible::Unknown | Possible::No { .. } => unknown,
        }
    }

    /// A shortest output that only this exploration has, and one that only another has, each with a schedule, however many outputs there are;
    /// nothing where that cannot be decided.
    pub fn difference(&self, other: &Survey) -> Option<[Option<Output>; 2]> {
        let both = [self, other];
        if both.iter().any(|survey| !survey.graph.is_complete()) {
            return None;
        }
        let language =
            |survey: &Survey| Language::of_bytes(&survey.graph, survey.limits.memory / 16, &survey.limits.stop);
        let texts = language(self)?.difference(&language(other)?);
        Some(std::array::from_fn(|side| match outputs::possible(&both[side].graph, texts[side].as_deref()?) {
            Possible::Yes(way, finals) => {
                Some(Output { text: text(&way.text), schedule: both[side].schedule(&way.edges, false), finals })
            }
            _ => None,
        }))
    }

    /// An output that breaks a promise, if there is one: it is looked for in every schedule that was looked at, however many outputs there are.
    pub fn broken(&self, promise: &Promise, message: String) -> Option<Witness> {
        let way = promise::broken(&self.graph, promise)?;
        Some(Witness { message, schedule: self.schedule(&way.edges, false), output: text(&way.text) })
    }

    /// Which outputs come before which in every schedule that has both: pairs of who prints what, without those that follow from
    /// others.
    pub fn order(&self) -> Vec<[String; 2]> {
        order::find(&self.graph)
    }

    /// Whether every schedule was looked at.
    pub fn is_complete(&self) -> bool {
        self.graph.is_complete()
    }
}

/// Whether an output is possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether it is; nothing where that is not decided.
    pub possible: Option<bool>,
    /// A schedule that prints it.
    pub schedule: Option<String>,
    /// Why not.
    pub why: String,
}

fn why_not(wanted: &[u8], fits: usize, instead: &[(Vec<u8>, String)]) -> String {
    let begin = if fits == 0 {
        "from the very start".to_owned()
    } else {
        format!("after {:?}", text(&wanted[..fits.min(wanted.len())]))
    };
    let next = match wanted.get(fits..) {
        None | Some([]) => "the end".to_owned(),
        Some(rest) => format!("{:?}", text(&rest[..1])),
    };
    let others: Vec<String> = instead
        .iter()
        .map(|(bytes, who)| if bytes.is_empty() { who.clone() } else { format!("{:?} of {who}", text(bytes)) })
        .collect();
    let others = if others.is_empty() { "nothing at all".to_owned() } else { others.join(", ") };
    format!("{begin} every schedule departs: {next} is wanted, and what can come is {others}")
}

/// Witnesses in the order of the lengths of their ways, and of what they are about.
fn shortest_first(mut witnesses: Vec<(usize, Witness)>) -> Vec<Witness> {
    witnesses.sort();
    witnesses.into_iter().map(|(_, witness)| witness).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A worker with a machine at its start.
fn worker(setup: &Setup, store: &Arc<Store>) -> Result<Worker, String> {
    let log = Rc::new(RefCell::new(Log::default()));
    let (sources, outside) = (Arc::clone(&setup.sources), Arc::clone(&setup.outside));
    let stage = Stage { log: Rc::clone(&log), sources, outside };
    let rules = Rules {
        sleep: setup.sleep,
        seeded: setup.seeded,
        instructions: setup.reduction == Reduction::Instructions,
        faults: setup.faults.clone(),
    };
    let config = Config { by_descent: true, ..setup.config.clone() };
    let (image, input) = (setup.image.clone(), setup.input.clone());
    let mut stepper = start(config, image, &setup.argv, Box::new(stage), input, rules)?;
    // What belongs to one run has no place in a search that goes back and forth between many.
    stepper.machine.ledger.on = false;
    let world = World::new(stepper, log, Arc::clone(store));
    Ok(Worker::new(world, setup.reduction, setup.want))
}

/// A driven machine at its start.
///
/// # Errors
/// Where the arguments do not fit the script's heap.
pub(crate) fn start(
    config: Config,
    image: Verified,
    argv: &[Vec<u8>],
    host: Box<dyn Host>,
    input: Vec<u8>,
    rules: Rules,
) -> Result<Stepper, String> {
    let mut machine = Machine::new(config, image, argv, host)
        .map_err(|_| "the arguments do not fit the heap of a process; see --heap".to_owned())?;
    if !input.is_empty() {
        machine.terminal_input(Input::Bytes(input));
    }
    machine.terminal_input(Input::End);
    debug_assert!(machine.processes().all(|process| process.state != State::Zombie));
    Ok(Stepper::new(machine, rules))
}
