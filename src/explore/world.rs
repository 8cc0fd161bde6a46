//! A machine that can be put into any state that was met, and steps that are made once: where a process has made a step before, and
//! everything it looked at was the same, it does the same again, and the machine is not asked.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;

use super::component::{
    Component, FILES, Kept, Local, NONE, REST, ROSTER, Rest, Slot, Store, is_process, pipe_slot, process_slot,
    queue_slot,
};
use super::graph::Kind;
use super::host::Log;
use super::intern::{Build, Recorder};
use super::liveness::Liveness;
use super::memo::{Change, Delta, Hint, Memo, Situation};
use super::schedule::{Step, Word};
use super::shape::{Shape, Shapes, middle, split};
use super::stepper::{Pause, Stepper};
use crate::abi::{Signal, Status};
use crate::kernel::Pid;
use crate::kernel::fs::FileSystem;
use crate::kernel::mqueue::QueueId;
use crate::kernel::pipe::PipeId;
use crate::kernel::process::{Process, State};
use crate::kernel::signal::Action;
use crate::kernel::wait::WaitFor;

/// What a step does besides leading to another state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Effect {
    pub(crate) word: Word,
    /// What it prints.
    pub(crate) text: Vec<u8>,
    /// How many processes it makes.
    pub(crate) births: u32,
    /// What is worth telling about it.
    pub(crate) found: Vec<(Kind, String)>,
    /// Whether the process sleeps now until there is something to read or to collect.
    pub(crate) sleeps: bool,
}

/// What something that a machine did has looked at, where that is known, and what it has changed.
struct Done {
    reads: Option<Vec<(Slot, u32)>>,
    writes: Vec<(Slot, u32)>,
}

/// The component in a slot of a state.
fn find(state: &[(Slot, u32)], slot: Slot) -> u32 {
    state.binary_search_by_key(&slot, |(slot, _)| *slot).map_or(NONE, |place| state[place].1)
}

/// The slot of a component that is known.
#[inline]
fn slot(known: &[Kept], id: u32) -> Slot {
    known.get(id as usize).map_or(REST, |kept| kept.0)
}

/// What is added to the number of an effect where the whole of the next state follows.
pub(crate) const WHOLE: u32 = 1 << 31;

/// A machine, and the steps it has made.
pub(crate) struct World {
    pub(crate) stepper: Stepper,
    pub(crate) log: Rc<RefCell<Log>>,
    store: Arc<Store>,
    /// The components that this worker knows.
    known: Vec<Kept>,
    shapes: Shapes,
    /// The state that the machine is in.
    loaded: Vec<(Slot, u32)>,
    fs: (u32, Arc<FileSystem>),
    environment: Arc<indexmap::IndexMap<Vec<u8>, Vec<u8>>>,
    memo: Memo,
    liveness: Liveness,
    /// All effects so far.
    pub(crate) effects: IndexSet<Effect, Build>,
    recorder: Recorder,
}

impl World {
    /// The world of a machine at its start, and its state.
    pub(crate) fn new(mut stepper: Stepper, log: Rc<RefCell<Log>>, store: Arc<Store>) -> World {
        let environment = stepper
            .machine
            .table
            .get(Pid(crate::kernel::param::SCRIPT))
            .map(|script| Arc::clone(&script.environment))
            .unwrap_or_default();
        let mut recorder = Recorder::default();
        stepper.machine.fs.hash(&mut recorder);
        let fs = store.system(&recorder.0, &stepper.machine.fs);
        stepper.machine.table.take_touched();
        let mut world = World {
            stepper,
            log,
            store,
            known: Vec::new(),
            shapes: Shapes::default(),
            loaded: Vec::new(),
            fs,
            environment,
            memo: Memo::default(),
            liveness: Liveness::default(),
            effects: IndexSet::default(),
            recorder,
        };
        let pids: Vec<Pid> = world.stepper.machine.processes().map(|process| process.pid).collect();
        let rest = world.save_rest();
        let files = world.save_files();
        let roster = world.save_roster();
        world.loaded = vec![(REST, rest), (FILES, files), (ROSTER, roster)];
        for pid in pids {
            let id = world.save_process(pid);
            world.loaded.push((process_slot(pid), id));
        }
        world.learn();
        world
    }

    /// The state that the machine is in.
    pub(crate) fn state(&self) -> Vec<u32> {
        let sorted: Vec<u32> = self.loaded.iter().map(|(_, id)| *id).collect();
        split(&sorted)
    }

    /// About how much memory the components and the steps take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.store.size() + self.memo.len() * 128 + self.effects.len() * 96
    }

    fn learn(&mut self) {
        self.store.tell(&mut self.known);
    }

    /// A component of a state whose slots were asked for.
    pub(crate) fn component(&self, id: u32) -> Option<&Component> {
        self.known.get(id as usize).map(|(_, component)| &**component)
    }

    /// Knows all components of a state.
    #[inline]
    fn meet(&mut self, state: &[u32]) {
        if state.iter().fold(0, |most, id| most.max(*id)) as usize >= self.known.len() {
            self.learn();
        }
    }

    /// A state's components with their slots, in the order of these.
    pub(crate) fn slots(&mut self, state: &[u32]) -> Vec<(Slot, u32)> {
        self.meet(state);
        let mut slots: Vec<(Slot, u32)> = state.iter().map(|id| (slot(&self.known, *id), *id)).collect();
        slots.sort_unstable();
        slots
    }

    /// The number of a state's shape.
    #[inline]
    pub(crate) fn shape_of(&mut self, state: &[u32]) -> u32 {
        self.meet(state);
        let known = &self.known;
        self.shapes.of(state, |id| slot(known, id))
    }

    /// The shape under a number.
    #[inline]
    pub(crate) fn shape(&self, number: u32) -> &Shape {
        self.shapes.get(number)
    }

    /// The deltas under numbers after the first so many.
    pub(crate) fn deltas(&self, after: usize) -> impl Iterator<Item = &Delta> {
        self.memo.deltas.get_range(after..).into_iter().flatten()
    }

    /// Makes a step from a state of a shape, and gives the number of its effect. `at` is the place of the process in the state. Adds to `out`
    /// what leads to the next state: that number and the deltas for both halves, or that number with [`WHOLE`], the number of components and
    /// these.
    #[inline]
    pub(crate) fn step(
        &mut self,
        (shape, state): (u32, &[u32]),
        at: usize,
        step: Step,
        hint: &mut Hint,
        out: &mut Vec<u32>,
    ) -> u32 {
        let situation = (state[at], state[0], state[middle(state.len())], step.act);
        match self.memo.find(&situation, hint, self.shapes.get(shape), state) {
            Some(known) => self.lead(known, shape, state, out),
            None => self.make((shape, state), situation, step, out),
        }
    }

    /// Adds where a step that was made leads to from a state.
    #[inline]
    fn lead(&mut self, known: usize, shape: u32, state: &[u32], out: &mut Vec<u32>) -> u32 {
        let (effect, change) = self.memo.change(known, shape, &self.shapes);
        match change {
            Change::Deltas([even, odd]) => out.extend_from_slice(&[effect, even, odd]),
            Change::Recipe(recipe) => {
                let begin = out.len();
                out.extend_from_slice(&[effect | WHOLE, 0]);
                self.memo.cook(recipe, state, out);
                out[begin + 1] = (out.len() - begin - 2) as u32;
            }
        }
        effect
    }

    /// The state that a step has led to, as `step` tells it.
    pub(crate) fn next(&self, state: &[u32], told: &[u32]) -> Vec<u32> {
        let [_, even, odd] = match *told {
            [effect, even, odd] if effect & WHOLE == 0 => [effect, even, odd],
            _ => return told.get(2..).unwrap_or_default().to_vec(),
        };
        let mut next = state.to_vec();
        for (begin, delta) in [(0, even), (middle(state.len()), odd)] {
            let delta = (delta as usize).checked_sub(1).and_then(|delta| self.memo.deltas.get_index(delta));
            for (at, id) in delta.into_iter().flatten() {
                next[begin + *at as usize] = *id;
            }
        }
        next
    }

    /// Lets the machine make a step, and notes what it looked at and changed.
    #[cold]
    fn make(&mut self, (shape, ids): (u32, &[u32]), situation: Situation, step: Step, out: &mut Vec<u32>) -> u32 {
        let state = self.slots(ids);
        self.load(&state);
        let births = self.stepper.machine.totals.processes;
        let descent = self.stepper.machine.table.get(step.pid).map(Process::descent).unwrap_or_default();
        let mut signal = false;
        let done = self.change(&state, step.pid, |stepper| signal = stepper.step(step));
        let births = (self.stepper.machine.totals.processes - births) as u32;
        let found = self.observe(step, &descent);
        let text = std::mem::take(&mut self.log.borrow_mut().out);
        let word = Word { descent, act: step.act, signal, idle: false };
        let sleeps = self.sleeps(step.pid);
        let effect = self.effects.insert_full(Effect { word, text, births, found, sleeps }).0 as u32;
        self.arrive(&state, &done.writes);
        if let Some(reads) = done.reads {
            let number = self.memo.keep(situation, &reads, &done.writes, effect, &mut self.shapes);
            return self.lead(number, shape, ids, out);
        }
        let next = self.state();
        out.extend_from_slice(&[effect | WHOLE, next.len() as u32]);
        out.extend_from_slice(&next);
        effect
    }

    /// The state in which a process has ended with nothing to tell.
    pub(crate) fn end(&mut self, state: &[u32], pid: Pid) -> Vec<u32> {
        let slots = self.slots(state);
        self.load(&slots);
        let change = self.change(&slots, pid, |stepper| {
            stepper.pauses.remove(&pid);
            stepper.machine.die(pid, Status::exited(0));
        });
        let mut log = self.log.borrow_mut();
        (log.out, log.gone) = (Vec::new(), Vec::new());
        drop(log);
        self.arrive(&slots, &change.writes);
        self.state()
    }

    /// Lets the loaded machine do something of a process's, and notes what that looked at and changed.
    fn change(&mut self, state: &[(Slot, u32)], own: Pid, act: impl FnOnce(&mut Stepper)) -> Done {
        let machine = &mut self.stepper.machine;
        machine.table.take_seen();
        machine.table.take_roster();
        machine.pipes.take_seen();
        machine.queues.take_seen();
        machine.table.take_touched();
        act(&mut self.stepper);
        let machine = &mut self.stepper.machine;
        let (people, pipes, queues) =
            (machine.table.take_seen(), machine.pipes.take_seen(), machine.queues.take_seen());
        let roster = machine.table.take_roster();
        let mut touched = machine.table.take_touched();
        touched.push(own);
        let repeats = people.is_some() && pipes.is_some() && queues.is_some();
        let people = people.unwrap_or_default().into_iter().map(|pid| process_slot(Pid(pid)));
        let pipes: Vec<u32> = pipes.unwrap_or_default();
        let queues: Vec<u32> = queues.unwrap_or_else(|| self.all_queues(state));
        let objects = pipes.iter().map(|pipe| pipe_slot(*pipe)).chain(queues.iter().map(|queue| queue_slot(*queue)));
        let before = |slot: Slot| find(state, slot);
        let own = process_slot(own);
        let mut reads: Vec<(Slot, u32)> =
            people.chain(objects).filter(|slot| *slot != own).map(|slot| (slot, before(slot))).collect();
        let mut writes = vec![(REST, self.save_rest()), (FILES, self.save_files())];
        if roster {
            reads.push((ROSTER, before(ROSTER)));
            writes.push((ROSTER, self.save_roster()));
        }
        reads.sort_unstable();
        writes.extend(pipes.into_iter().map(|pipe| (pipe_slot(pipe), self.save_pipe(pipe))));
        writes.extend(queues.into_iter().map(|queue| (queue_slot(queue), self.save_queue(queue))));
        touched.sort_unstable();
        touched.dedup();
        for pid in touched {
            writes.push((process_slot(pid), self.save_process(pid)));
        }
        writes.retain(|(slot, id)| before(*slot) != *id);
        writes.sort_unstable();
        self.stepper.machine.table.take_touched();
        Done { reads: repeats.then_some(reads), writes }
    }

    /// The machine is in the state that a change of this one leads to.
    fn arrive(&mut self, state: &[(Slot, u32)], writes: &[(Slot, u32)]) {
        let kept = state.iter().filter(|(slot, _)| writes.iter().all(|(changed, _)| changed != slot));
        self.loaded.clear();
        self.loaded.extend(kept.chain(writes.iter().filter(|(_, id)| *id != NONE)));
        self.loaded.sort_unstable();
        self.learn();
    }

    /// What a process is, whoever it is: two of whom this is equal do the same from here on, but for ids.
    pub(crate) fn likeness(&mut self, pid: Pid) -> Option<Box<[u8]>> {
        let process = self.stepper.machine.table.get(pid)?;
        let pause = self.stepper.pauses.get(&pid).copied();
        let mut out = std::mem::take(&mut self.recorder);
        out.0.clear();
        self.record(process, pause, &self.words_of(process), &mut out);
        let likeness = out.0.as_slice().into();
        self.recorder = out;
        Some(likeness)
    }

    fn sleeps(&self, pid: Pid) -> bool {
        let state = self.stepper.machine.table.get(pid).map(|process| process.state);
        matches!(state, Some(State::Blocked(WaitFor::PipeReadable(..) | WaitFor::Child(_))))
    }

    fn all_queues(&self, state: &[(Slot, u32)]) -> Vec<u32> {
        let mut queues: Vec<u32> = self.stepper.machine.queues.iter().map(|(id, _)| id.0).collect();
        queues.extend(state.iter().filter(|(slot, _)| slot >> 32 == queue_slot(0) >> 32).map(|(slot, _)| *slot as u32));
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    fn save_process(&mut self, pid: Pid) -> u32 {
        let machine = &mut self.stepper.machine;
        if machine.table.get(pid).is_none() {
            self.stepper.pauses.remove(&pid);
            return NONE;
        }
        if let Some(context) = machine.table.get_mut(pid).and_then(|process| process.context.as_deref_mut()) {
            // Where every instruction is a point, nothing is taken for granted, this analysis neither.
            if !self.stepper.rules.instructions {
                self.liveness.forget(context);
            }
            if context.heap.allocated_since() > 0 {
                context.collect(&mut machine.memory);
            }
        }
        let machine = &self.stepper.machine;
        let Some(process) = machine.table.get(pid) else { return NONE };
        let pause = self.stepper.pauses.get(&pid).copied();
        let words = self.words_of(process);
        let mut out = std::mem::take(&mut self.recorder);
        out.0.clear();
        out.write_u8(b'p');
        (process.pid, process.ppid, process.pgid, process.sid).hash(&mut out);
        (process.has_execed, process.adopted, &process.children, &process.newsworthy).hash(&mut out);
        (process.births, process.status, process.news, process.state).hash(&mut out);
        self.record(process, pause, &words, &mut out);
        let files = &machine.files;
        let id = self.store.intern(process_slot(pid), &out.0, || {
            let descriptors = files.table(process.files).to_vec();
            Component::Process(Box::new(Local { process: process.detached(), words: words.into(), descriptors, pause }))
        });
        self.recorder = out;
        id
    }

    /// The words of a process's heap.
    fn words_of(&self, process: &Process) -> Vec<u64> {
        let memory = &self.stepper.machine.memory;
        let context = process.context.as_deref();
        context.map_or(Vec::new(), |context| memory.read_words(context.space, 0, context.heap.end()))
    }

    /// Records what a process is besides who it is.
    fn record(&self, process: &Process, pause: Option<Pause>, words: &[u64], out: &mut Recorder) {
        (self.store.image(&process.image), pause, &process.call).hash(out);
        (process.nice, &process.limits, process.alarm, &process.stdio, process.cwd).hash(out);
        self.stepper.machine.files.table(process.files).hash(out);
        if Arc::ptr_eq(&self.environment, &process.environment) || self.environment == process.environment {
            out.write_u8(0);
        } else {
            out.write_u8(1);
            out.write_usize(process.environment.len());
            process.environment.iter().for_each(|pair| pair.hash(out));
        }
        record_signals(process, out);
        if let Some(context) = process.context.as_deref() {
            (context.pc, context.base, context.limits, context.slots()).hash(out);
            context.heap.hash_state(out);
            words.hash(out);
        }
    }

    fn save_pipe(&mut self, at: u32) -> u32 {
        let Some(pipe) = self.stepper.machine.pipes.get(PipeId(at)) else { return NONE };
        let out = &mut self.recorder;
        out.0.clear();
        (b'|', at, pipe).hash(out);
        self.store.intern(pipe_slot(at), &out.0, || Component::Pipe(pipe.clone()))
    }

    fn save_queue(&mut self, at: u32) -> u32 {
        let Some(queue) = self.stepper.machine.queues.get(QueueId(at)) else { return NONE };
        let out = &mut self.recorder;
        out.0.clear();
        (b'q', at, queue).hash(out);
        self.store.intern(queue_slot(at), &out.0, || Component::Queue(queue.clone()))
    }

    fn save_files(&mut self) -> u32 {
        let files = self.stepper.machine.files.descriptions();
        let out = &mut self.recorder;
        out.0.clear();
        (b'f', files).hash(out);
        self.store.intern(FILES, &out.0, || Component::Files(files.clone()))
    }

    fn save_rest(&mut self) -> u32 {
        let machine = &self.stepper.machine;
        if *self.fs.1 != machine.fs {
            self.recorder.0.clear();
            machine.fs.hash(&mut self.recorder);
            self.fs = self.store.system(&self.recorder.0, &machine.fs);
        }
        let fs = self.fs.0;
        let registered = machine.queues.has_registrations();
        let out = &mut self.recorder;
        out.0.clear();
        (b'r', fs, machine.pipes.shape(), machine.queues.shape(), &machine.pollers, &machine.terminal).hash(out);
        (&machine.chance, machine.clock, machine.script_status, machine.stopped, registered).hash(out);
        self.store.intern(REST, &out.0, || {
            Component::Rest(Box::new(Rest {
                fs,
                pipes: machine.pipes.shape(),
                queues: machine.queues.shape(),
                pollers: machine.pollers.clone(),
                terminal: machine.terminal.clone(),
                chance: machine.chance.clone(),
                clock: machine.clock,
                script_status: machine.script_status,
                stopped: machine.stopped,
                registered,
            }))
        })
    }

    /// All processes with their groups and sessions: what calls may ask of all at once.
    fn save_roster(&mut self) -> u32 {
        let out = &mut self.recorder;
        out.0.clear();
        out.write_u8(b'n');
        for process in self.stepper.machine.processes() {
            (process.pid, process.pgid, process.sid).hash(out);
        }
        self.store.intern(ROSTER, &out.0, || Component::Roster)
    }

    /// Puts the machine into a state.
    pub(crate) fn load(&mut self, state: &[(Slot, u32)]) {
        if self.loaded == state {
            return;
        }
        let loaded = std::mem::replace(&mut self.loaded, state.to_vec());
        let is_in = |part: &(Slot, u32), of: &[(Slot, u32)]| {
            of.binary_search_by_key(&part.0, |(slot, _)| *slot).is_ok_and(|place| of[place].1 == part.1)
        };
        for part in loaded.iter().filter(|part| !is_in(part, state)) {
            self.unload(part.0);
        }
        for part in state.iter().filter(|part| !is_in(part, &loaded)) {
            self.put(*part);
        }
        self.stepper.machine.table.take_touched();
    }

    fn unload(&mut self, slot: Slot) {
        let machine = &mut self.stepper.machine;
        let number = slot as u32;
        if is_process(slot) {
            let pid = Pid(number);
            self.stepper.pauses.remove(&pid);
            if let Some(process) = machine.table.remove(pid) {
                machine.files.remove_table(process.files);
                if let Some(context) = process.context {
                    context.release(&mut machine.memory);
                }
            }
        } else if slot >= queue_slot(0) {
            machine.queues.put(number, None);
        } else if slot >= pipe_slot(0) {
            machine.pipes.put(number, None);
        }
    }

    fn put(&mut self, (slot, id): (Slot, u32)) {
        let Some(component) = self.known.get(id as usize).map(|(_, component)| Arc::clone(component)) else { return };
        let machine = &mut self.stepper.machine;
        match &*component {
            Component::Rest(rest) => {
                if rest.fs != self.fs.0
                    && let Some(fs) = self.store.system_of(rest.fs)
                {
                    machine.fs.clone_from(&fs);
                    self.fs = (rest.fs, fs);
                }
                machine.pipes.reshape(&rest.pipes);
                machine.queues.reshape(&rest.queues);
                machine.pollers.clone_from(&rest.pollers);
                machine.terminal.clone_from(&rest.terminal);
                machine.chance.clone_from(&rest.chance);
                (machine.clock, machine.script_status) = (rest.clock, rest.script_status);
                machine.stopped = rest.stopped;
            }
            Component::Roster => {}
            Component::Files(files) => machine.files.set_descriptions(files.clone()),
            Component::Pipe(pipe) => machine.pipes.put(slot as u32, Some(pipe.clone())),
            Component::Queue(queue) => machine.queues.put(slot as u32, Some(queue.clone())),
            Component::Process(local) => {
                let mut process = local.process.snapshot(&mut machine.memory);
                if let Some(context) = process.context.as_deref_mut() {
                    machine.memory.enter(context.space);
                    machine.memory.write_words(&mut context.space, 0, &local.words);
                }
                process.files = machine.files.add_table(local.descriptors.clone());
                let pid = process.pid;
                machine.table.insert(Box::new(process));
                if let Some(pause) = local.pause {
                    self.stepper.pauses.insert(pid, pause);
                }
            }
        }
    }

    /// What is worth telling about the step that was just made.
    fn observe(&mut self, step: Step, descent: &[u32]) -> Vec<(Kind, String)> {
        let mut found = Vec::new();
        let mut log = self.log.borrow_mut();
        for (assertion, message) in log.faults.drain(..) {
            found.push((if assertion { Kind::Assertion } else { Kind::Fault }, message));
        }
        let me = role(descent);
        let table = &self.stepper.machine.table;
        let zombie = table.get(step.pid).filter(|process| process.state == State::Zombie);
        let mut status = zombie.map(|process| process.status);
        let ended = status.is_some() || log.gone.iter().any(|gone| gone.pid == step.pid);
        for gone in log.gone.drain(..) {
            if gone.pid == step.pid {
                status = Some(gone.status);
            } else if ended && gone.parent == Some(step.pid) {
                let child = role(&gone.descent);
                found
                    .push((Kind::Zombie, format!("{me} ended without waiting for {child}, which had ended before it")));
            }
        }
        if let Some(status) = status.filter(|status| status.shell() != 0) {
            let how = match Signal::from_number(status.term_signal()).filter(|_| status.is_signaled()) {
                Some(signal) => format!("was killed by {}", signal.name()),
                None => format!("ended with status {}", status.shell()),
            };
            found.push((Kind::Status, format!("{me} {how}")));
        }
        found
    }
}

fn record_signals(process: &Process, out: &mut Recorder) {
    let signals = &process.signals;
    (signals.mask, signals.pending, signals.doomed, signals.aborting).hash(out);
    for signal in Signal::ALL {
        let action = signals.action(*signal);
        if action != Action::default() {
            (signal.number(), action).hash(out);
        }
    }
    out.write_u8(0);
}

/// `parent`, `child 1.2`
pub(crate) fn role(descent: &[u32]) -> String {
    let ordinals: Vec<String> = descent.iter().map(u32::to_string).collect();
    if ordinals.is_empty() { "parent".to_owned() } else { format!("child {}", ordinals.join(".")) }
}
