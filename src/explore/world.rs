//! Whole-machine states as short tuples of numbers. Each process and all shared objects together are components; every distinct
//! component is kept once, with its canonical bytes and a copy to go on from. So a state costs a few words, going back to one costs what
//! differs from where the machine stands, and two states are equal exactly when their tuples are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::host::Log;
use super::intern::{Bytes, Recorder};
use super::stepper::{Pause, Stepper};
use crate::abi::{Signal, Status};
use crate::bytecode::image::Verified;
use crate::kernel::Pid;
use crate::kernel::chance::Chance;
use crate::kernel::file::{Descriptor, OpenFile, Slab};
use crate::kernel::fs::FileSystem;
use crate::kernel::mqueue::Queues;
use crate::kernel::pipe::Pipes;
use crate::kernel::poll::Poller;
use crate::kernel::process::{Process, State};
use crate::kernel::signal::Action;
use crate::kernel::terminal::Terminal;

/// A process to go on from.
struct Local {
    process: Process,
    descriptors: Vec<Option<Descriptor>>,
    pause: Option<Pause>,
}

/// Everything that processes share, to go on from.
#[derive(Clone, Hash)]
struct Shared {
    open: Slab<OpenFile>,
    pipes: Pipes,
    queues: Queues,
    /// Which of the file systems that were met: they are large, and seldom change.
    fs: u32,
    pollers: Vec<Poller>,
    terminal: Terminal,
    chance: Chance,
    clock: u64,
    script_status: Option<Status>,
}

/// A machine, and all states it has been in.
pub(crate) struct World {
    pub(crate) stepper: Stepper,
    pub(crate) log: Rc<RefCell<Log>>,
    local_keys: Bytes,
    locals: Vec<Local>,
    shared_keys: Bytes,
    shared: Vec<Shared>,
    system_keys: Bytes,
    systems: Vec<FileSystem>,
    loaded_fs: u32,
    images: Vec<Verified>,
    environment: Option<std::sync::Arc<indexmap::IndexMap<Vec<u8>, Vec<u8>>>>,
    /// The component of each process that the machine stands at.
    loaded: BTreeMap<Pid, u32>,
    loaded_shared: Option<u32>,
    recorder: Recorder,
}

impl World {
    /// The world of a machine at its start.
    pub(crate) fn new(stepper: Stepper, log: Rc<RefCell<Log>>) -> World {
        World {
            stepper,
            log,
            local_keys: Bytes::default(),
            locals: Vec::new(),
            shared_keys: Bytes::default(),
            shared: Vec::new(),
            system_keys: Bytes::default(),
            systems: Vec::new(),
            loaded_fs: 0,
            images: Vec::new(),
            environment: None,
            loaded: BTreeMap::new(),
            loaded_shared: None,
            recorder: Recorder::default(),
        }
    }

    /// About how much memory the components take, in bytes.
    pub(crate) fn size(&self) -> usize {
        let frames = self.stepper.machine.memory.stats().frames as usize;
        self.local_keys.size() * 3 + self.shared_keys.size() * 3 + frames * 512
    }

    /// The state the machine is in.
    pub(crate) fn save(&mut self) -> Box<[u32]> {
        let mut touched = self.stepper.machine.table.take_touched();
        touched.sort_unstable();
        touched.dedup();
        for pid in touched {
            if self.stepper.machine.table.get(pid).is_some() {
                let id = self.save_process(pid);
                self.loaded.insert(pid, id);
            } else {
                self.loaded.remove(&pid);
                self.stepper.pauses.remove(&pid);
            }
        }
        self.stepper.machine.table.take_touched();
        let shared = self.save_shared();
        std::iter::once(shared).chain(self.loaded.values().copied()).collect()
    }

    fn save_process(&mut self, pid: Pid) -> u32 {
        let machine = &mut self.stepper.machine;
        if let Some(context) = machine.table.get_mut(pid).and_then(|process| process.context.as_deref_mut())
            && context.heap.allocated_since() > 0
        {
            context.collect(&mut machine.memory);
        }
        let pause = self.stepper.pauses.get(&pid).copied();
        self.recorder.0.clear();
        self.record(pid, pause);
        let (id, new) = self.local_keys.intern(&self.recorder.0);
        if new {
            let machine = &mut self.stepper.machine;
            if let Some(process) = machine.table.get(pid) {
                let copy = process.snapshot(&mut machine.memory);
                let descriptors = machine.files.table(process.files).to_vec();
                self.locals.push(Local { process: copy, descriptors, pause });
            }
        }
        id
    }

    /// The number of the file system as it is.
    fn save_file_system(&mut self) -> u32 {
        let fs = &self.stepper.machine.fs;
        if self.systems.get(self.loaded_fs as usize) != Some(fs) {
            self.recorder.0.clear();
            fs.hash(&mut self.recorder);
            let (id, new) = self.system_keys.intern(&self.recorder.0);
            if new {
                self.systems.push(fs.clone());
            }
            self.loaded_fs = id;
        }
        self.loaded_fs
    }

    fn save_shared(&mut self) -> u32 {
        let fs = self.save_file_system();
        let machine = &self.stepper.machine;
        self.recorder.0.clear();
        let out = &mut self.recorder;
        machine.files.descriptions().hash(out);
        machine.pipes.hash(out);
        machine.queues.hash(out);
        fs.hash(out);
        machine.pollers.hash(out);
        machine.terminal.hash(out);
        machine.chance.hash(out);
        machine.clock.hash(out);
        machine.script_status.hash(out);
        let (id, new) = self.shared_keys.intern(&out.0);
        if new {
            self.shared.push(Shared {
                open: machine.files.descriptions().clone(),
                pipes: machine.pipes.clone(),
                queues: machine.queues.clone(),
                fs,
                pollers: machine.pollers.clone(),
                terminal: machine.terminal.clone(),
                chance: machine.chance.clone(),
                clock: machine.clock,
                script_status: machine.script_status,
            });
        }
        self.loaded_shared = Some(id);
        id
    }

    /// Puts the machine into a state that was saved before.
    pub(crate) fn load(&mut self, state: &[u32]) {
        let Some((shared, locals)) = state.split_first() else { return };
        if self.loaded_shared != Some(*shared) {
            if let Some(kept) = self.shared.get(*shared as usize) {
                let kept = kept.clone();
                let machine = &mut self.stepper.machine;
                machine.files.set_descriptions(kept.open);
                machine.pipes = kept.pipes;
                machine.queues = kept.queues;
                if self.loaded_fs != kept.fs {
                    if let Some(fs) = self.systems.get(kept.fs as usize) {
                        machine.fs.clone_from(fs);
                    }
                    self.loaded_fs = kept.fs;
                }
                machine.pollers = kept.pollers;
                machine.terminal = kept.terminal;
                machine.chance = kept.chance;
                machine.clock = kept.clock;
                machine.script_status = kept.script_status;
            }
            self.loaded_shared = Some(*shared);
        }
        let wanted: BTreeMap<Pid, u32> = locals
            .iter()
            .filter_map(|id| self.locals.get(*id as usize).map(|local| (local.process.pid, *id)))
            .collect();
        let gone: Vec<Pid> =
            self.loaded.iter().filter(|(pid, id)| wanted.get(pid) != Some(id)).map(|(pid, _)| *pid).collect();
        for pid in gone {
            self.unload(pid);
        }
        for (pid, id) in wanted {
            if self.loaded.get(&pid) != Some(&id) {
                self.load_process(pid, id);
            }
        }
        let stopped = |process: &&Process| matches!(process.state, State::Stopped(_));
        self.stepper.machine.stopped = self.stepper.machine.table.iter().filter(stopped).count();
        self.stepper.machine.table.take_touched();
    }

    fn unload(&mut self, pid: Pid) {
        self.loaded.remove(&pid);
        self.stepper.pauses.remove(&pid);
        let machine = &mut self.stepper.machine;
        if let Some(process) = machine.table.remove(pid) {
            machine.files.remove_table(process.files);
            if let Some(context) = process.context {
                context.release(&mut machine.memory);
            }
        }
    }

    fn load_process(&mut self, pid: Pid, id: u32) {
        let Some(local) = self.locals.get(id as usize) else { return };
        let machine = &mut self.stepper.machine;
        let mut process = local.process.snapshot(&mut machine.memory);
        process.files = machine.files.add_table(local.descriptors.clone());
        machine.table.insert(Box::new(process));
        if let Some(pause) = local.pause {
            self.stepper.pauses.insert(pid, pause);
        }
        self.loaded.insert(pid, id);
    }

    /// Writes all of a process that matters to what can still happen into the recorder.
    fn record(&mut self, pid: Pid, pause: Option<Pause>) {
        let machine = &self.stepper.machine;
        let Some(process) = machine.table.get(pid) else { return };
        let image = match self.images.iter().position(|known| known.same(&process.image)) {
            Some(at) => at,
            None => {
                self.images.push(process.image.clone());
                self.images.len() - 1
            }
        };
        let first = self.environment.get_or_insert_with(|| std::sync::Arc::clone(&process.environment));
        let out = &mut self.recorder;
        (process.pid, process.ppid, process.pgid, process.sid, image, pause).hash(out);
        (process.has_execed, process.adopted, &process.children, &process.newsworthy).hash(out);
        (process.births, process.status, process.news, process.state, &process.call).hash(out);
        (process.nice, &process.limits, process.alarm, &process.stdio, process.cwd).hash(out);
        machine.files.table(process.files).hash(out);
        if std::sync::Arc::ptr_eq(first, &process.environment) {
            out.write_u8(0);
        } else {
            out.write_u8(1);
            out.write_usize(process.environment.len());
            process.environment.iter().for_each(|pair| pair.hash(out));
        }
        record_signals(process, out);
        if let Some(context) = process.context.as_deref() {
            (context.pc, context.base, context.limits, &context.slots).hash(out);
            context.heap.hash_state(out);
            machine.memory.read_words(context.space, 0, context.heap.end()).hash(out);
        }
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
