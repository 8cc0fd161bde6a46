//! What states are made of: processes, pipes, queues, the open files, and the rest. Every distinct component is kept once, under a
//! number, with its canonical bytes and what it takes to put it back into a machine. Workers share them; what they say of one
//! another is numbers only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::intern::Bytes;
use super::stepper::Pause;
use crate::abi::Status;
use crate::bytecode::image::Verified;
use crate::kernel::Pid;
use crate::kernel::chance::Chance;
use crate::kernel::file::{Descriptor, OpenFile};
use crate::kernel::fs::FileSystem;
use crate::kernel::mqueue::{Queue, QueuesShape};
use crate::kernel::pipe::{Pipe, PipesShape};
use crate::kernel::poll::Poller;
use crate::kernel::process::Process;
use crate::kernel::slab::Slab;
use crate::kernel::terminal::Terminal;

/// No component: what stands where a state has none.
pub(crate) const NONE: u32 = u32::MAX;

/// Which thing of a machine a component is of; a state has its components in this order.
pub(crate) type Slot = u64;

/// Everything but processes, pipes, queues and open files.
pub(crate) const REST: Slot = 0;
/// The open files.
pub(crate) const FILES: Slot = 1 << 32;
/// Who there is, and in which group.
pub(crate) const ROSTER: Slot = (1 << 32) + 1;

/// The slot of a pipe.
#[inline]
pub(crate) fn pipe_slot(pipe: u32) -> Slot {
    2 << 32 | u64::from(pipe)
}

/// The slot of a queue.
#[inline]
pub(crate) fn queue_slot(queue: u32) -> Slot {
    3 << 32 | u64::from(queue)
}

/// The slot of a process.
#[inline]
pub(crate) fn process_slot(pid: Pid) -> Slot {
    4 << 32 | u64::from(pid.0)
}

/// Whether a slot is a process's.
#[inline]
pub(crate) fn is_process(slot: Slot) -> bool {
    slot >= 4 << 32
}

/// A component to go on from.
pub(crate) enum Component {
    /// Everything that is not elsewhere.
    Rest(Box<Rest>),
    /// The open files.
    Files(Slab<OpenFile>),
    /// Who there is: it follows from the processes.
    Roster,
    /// A pipe.
    Pipe(Pipe),
    /// A queue.
    Queue(Queue),
    /// A process.
    Process(Box<Local>),
}

/// Everything that is not a component of its own.
pub(crate) struct Rest {
    /// Which of the file systems that were met: they are large, and seldom change.
    pub(crate) fs: u32,
    pub(crate) pipes: PipesShape,
    pub(crate) queues: QueuesShape,
    pub(crate) pollers: Vec<Poller>,
    pub(crate) terminal: Terminal,
    pub(crate) chance: Chance,
    pub(crate) clock: u64,
    pub(crate) script_status: Option<Status>,
    pub(crate) stopped: usize,
    /// Whether somebody wants a signal when a message comes.
    pub(crate) registered: bool,
}

/// A process without its pages, and the words that were in them.
pub(crate) struct Local {
    pub(crate) process: Process,
    pub(crate) words: Box<[u64]>,
    pub(crate) descriptors: Vec<Option<Descriptor>>,
    pub(crate) pause: Option<Pause>,
}

/// A component with the slot it belongs in.
pub(crate) type Kept = (Slot, Arc<Component>);

/// All components, for all workers.
#[derive(Default)]
pub(crate) struct Store(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    keys: Bytes,
    kept: Vec<Kept>,
    system_keys: Bytes,
    systems: Vec<Arc<FileSystem>>,
    images: Vec<Verified>,
}

impl Store {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the component with these bytes; where it is new, `make` makes it.
    pub(crate) fn intern(&self, slot: Slot, bytes: &[u8], make: impl FnOnce() -> Component) -> u32 {
        let mut inside = self.inside();
        let (id, new) = inside.keys.intern(bytes);
        if new {
            inside.kept.push((slot, Arc::new(make())));
        }
        id
    }

    /// Adds the components that somebody who knows the first ones does not know.
    pub(crate) fn tell(&self, known: &mut Vec<Kept>) {
        let inside = self.inside();
        known.extend_from_slice(inside.kept.get(known.len()..).unwrap_or(&[]));
    }

    /// The number of a file system with these bytes.
    pub(crate) fn system(&self, bytes: &[u8], fs: &FileSystem) -> (u32, Arc<FileSystem>) {
        let mut inside = self.inside();
        let (id, new) = inside.system_keys.intern(bytes);
        if new {
            inside.systems.push(Arc::new(fs.clone()));
        }
        (id, Arc::clone(&inside.systems[id as usize]))
    }

    /// The file system of a number.
    pub(crate) fn system_of(&self, id: u32) -> Option<Arc<FileSystem>> {
        self.inside().systems.get(id as usize).cloned()
    }

    /// The number of a program.
    pub(crate) fn image(&self, image: &Verified) -> usize {
        let mut inside = self.inside();
        match inside.images.iter().position(|known| known.same(image)) {
            Some(at) => at,
            None => {
                inside.images.push(image.clone());
                inside.images.len() - 1
            }
        }
    }

    /// About how much memory the components take, in bytes: their keys, and about twice as much to go on from.
    pub(crate) fn size(&self) -> usize {
        self.inside().keys.size() * 3
    }
}
