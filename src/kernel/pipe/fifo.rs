//! Named pipes (fifo(7)): a pipe behind a name in the file system, and the processes that sleep until its other end is opened.
//! What goes through it once both ends are open is a pipe's business.

use super::PipeId;
use crate::kernel::backlog::Backlog;
use crate::kernel::fs::NodeId;
use crate::kernel::machine::Machine;
use crate::kernel::open::Ends;
use crate::kernel::poll::Source;
use crate::kernel::process::Pid;

impl Machine {
    /// The pipe behind a named pipe; nobody has it open yet.
    pub(crate) fn make_fifo(&mut self, me: Pid, node: NodeId) -> PipeId {
        let id = self.pipes.make(self.config.pipe_capacity, self.deed(me), self.owner(me));
        if let Some(pipe) = self.pipes.get_mut(id) {
            (pipe.readers, pipe.writers, pipe.fifo) = (0, 0, Some(node));
        }
        self.fs.keep(node);
        id
    }

    /// Which ends of a named pipe somebody has open, or sleeps to open.
    pub(crate) fn fifo_ends(&self, id: PipeId) -> Ends {
        let pipe = self.pipes.get(id);
        Ends {
            readers: pipe.is_some_and(|pipe| pipe.readers > 0 || !pipe.opening_readers.is_empty()),
            writers: pipe.is_some_and(|pipe| pipe.writers > 0 || !pipe.opening_writers.is_empty()),
        }
    }

    /// How often the write end of a pipe was opened.
    pub(crate) fn fifo_turn(&self, id: PipeId) -> u64 {
        self.pipes.get(id).map_or(0, |pipe| pipe.turns)
    }

    /// Counts the caller in at an end of a named pipe, or both, and with it everybody who slept until that end was opened.
    pub(crate) fn count_in(&mut self, id: PipeId, reads: bool, writes: bool) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        let readers = if writes { std::mem::take(&mut pipe.opening_readers) } else { Backlog::default() };
        let writers = if reads { std::mem::take(&mut pipe.opening_writers) } else { Backlog::default() };
        pipe.readers += readers.len() as u32 + u32::from(reads);
        pipe.writers += writers.len() as u32 + u32::from(writes);
        pipe.turns += writers.len() as u64 + u64::from(writes);
        for sleeper in readers.as_slice().iter().chain(writers.as_slice()).copied() {
            if let Some(call) = self.process_mut(sleeper).call.as_deref_mut() {
                call.done = true;
                call.count = i64::from(id.0);
            }
            self.wake(sleeper);
        }
        self.changed(Source::Pipe(id));
    }

    /// Puts a process that goes to sleep at the end of those who want to open a named pipe.
    pub(crate) fn queue_opener(&mut self, id: PipeId, pid: Pid, reads: bool) {
        if let Some(pipe) = self.pipes.get_mut(id) {
            let queue = if reads { &mut pipe.opening_readers } else { &mut pipe.opening_writers };
            queue.push(pid);
        }
    }

    /// Forgets a pipe that nobody has open or sleeps to open, with what it holds.
    pub(crate) fn drop_unused_pipe(&mut self, id: PipeId) {
        if let Some(node) = self.pipes.remove_unused(id) {
            self.fs.set_fifo(node, None);
            self.fs.release(node);
        }
    }
}
