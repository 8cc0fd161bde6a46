//! poll(2): what a descriptor is ready for, and processes that sleep until one of several is.
//!
//! Whoever changes a pipe, a queue or the terminal says so by [`Machine::changed`]; pollers of it are woken and look again.

use super::file::{Kind, OpenFile};
use super::machine::Machine;
use super::mqueue::QueueId;
use super::pipe::PipeId;
use super::process::Pid;
use super::syscall;
use crate::abi::constant::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};

/// Something whose readiness changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A pipe, named or not.
    Pipe(PipeId),
    /// A message queue.
    Queue(QueueId),
    /// The terminal's input.
    Terminal,
}

/// A process that sleeps in poll.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(crate) struct Poller {
    pid: Pid,
    sources: Vec<Source>,
}

impl Machine {
    /// What each descriptor is ready for, of what was asked and of what is always told.
    pub(crate) fn poll_now(&mut self, me: Pid, fds: &[i64], events: &[i64]) -> Vec<i64> {
        let mut ready = Vec::with_capacity(fds.len());
        for (fd, wanted) in fds.iter().zip(events) {
            ready.push(match self.lookup(me, *fd) {
                _ if *fd < 0 => 0,
                Err(_) => POLLNVAL,
                Ok((_, file)) => self.readiness(&file) & (wanted | POLLERR | POLLHUP),
            });
        }
        ready
    }

    fn readiness(&mut self, file: &OpenFile) -> i64 {
        let bits =
            |readable: bool, writable: bool| if readable { POLLIN } else { 0 } | if writable { POLLOUT } else { 0 };
        match file.kind {
            Kind::File(_) | Kind::Directory(_) | Kind::Null | Kind::Zero => bits(true, true),
            Kind::TerminalIn | Kind::Terminal(_) => bits(self.terminal_is_readable(), true),
            Kind::Queue(queue) => self.queue(queue).map_or(0, |queue| bits(!queue.is_empty(), !queue.is_full())),
            Kind::PipeRead(pipe) => self.pipe_read_readiness(pipe, file.offset),
            Kind::PipeWrite(pipe) => self.pipe_write_readiness(pipe),
            Kind::PipeBoth(pipe) => self.pipe_read_readiness(pipe, 0) | self.pipe_write_readiness(pipe),
        }
    }

    /// `turn` is how often the write end had been opened when a named pipe was opened without a writer: the end of a writer that
    /// never was is no hang-up.
    fn pipe_read_readiness(&self, id: PipeId, turn: u64) -> i64 {
        let Some(pipe) = self.pipe(id) else { return POLLHUP };
        let readable = if pipe.is_empty() { 0 } else { POLLIN };
        let hung_up = pipe.writers == 0 && self.fifo_turn(id) != turn;
        readable | if hung_up { POLLHUP } else { 0 }
    }

    fn pipe_write_readiness(&self, id: PipeId) -> i64 {
        let Some(pipe) = self.pipe(id) else { return POLLERR };
        let writable = if pipe.is_full() { 0 } else { POLLOUT };
        writable | if pipe.readers == 0 { POLLERR } else { 0 }
    }

    /// What a descriptor's readiness depends on, if it can change.
    fn source_of(&self, me: Pid, fd: i64) -> Option<Source> {
        match self.lookup(me, fd).ok()?.1.kind {
            Kind::PipeRead(pipe) | Kind::PipeWrite(pipe) | Kind::PipeBoth(pipe) => Some(Source::Pipe(pipe)),
            Kind::Queue(queue) => Some(Source::Queue(queue)),
            Kind::TerminalIn | Kind::Terminal(_) => Some(Source::Terminal),
            Kind::File(_) | Kind::Directory(_) | Kind::Null | Kind::Zero => None,
        }
    }

    /// Puts a process that goes to sleep in poll among the pollers.
    pub(crate) fn queue_poller(&mut self, pid: Pid) {
        let Some(call) = self.process_mut(pid).call.take() else { return };
        let (fds, events) = (syscall::ints(self, pid, &call, 0), syscall::ints(self, pid, &call, 1));
        self.process_mut(pid).call = Some(call);
        let mut sources = Vec::new();
        for (fd, wanted) in fds.iter().zip(events) {
            match self.source_of(pid, *fd) {
                // Only somebody who waits for input keeps the machine waiting for the world outside.
                Some(Source::Terminal) if wanted & POLLIN == 0 => {}
                Some(source) if !sources.contains(&source) => sources.push(source),
                _ => {}
            }
        }
        self.pollers.push(Poller { pid, sources });
    }

    /// The pipes and queues that a process in poll waits for.
    pub fn polled(&self, pid: Pid) -> (Vec<PipeId>, Vec<QueueId>) {
        let sources = self.pollers.iter().filter(|poller| poller.pid == pid).flat_map(|poller| &poller.sources);
        let (mut pipes, mut queues) = (Vec::new(), Vec::new());
        for source in sources {
            match source {
                Source::Pipe(pipe) => pipes.push(*pipe),
                Source::Queue(queue) => queues.push(*queue),
                Source::Terminal => {}
            }
        }
        (pipes, queues)
    }

    /// Takes a process out of the pollers.
    pub(crate) fn leave_poll(&mut self, pid: Pid) {
        self.pollers.retain(|poller| poller.pid != pid);
    }

    /// Wakes everybody who polls what has changed, first come first.
    #[inline(always)]
    pub(crate) fn changed(&mut self, source: Source) {
        if !self.pollers.is_empty() {
            self.wake_pollers(source);
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_pollers(&mut self, source: Source) {
        let concerned = self.pollers.iter().filter(|poller| poller.sources.contains(&source));
        for pid in concerned.map(|poller| poller.pid).collect::<Vec<Pid>>() {
            self.wake(pid);
        }
    }

    /// Whether somebody polls this.
    pub(crate) fn is_polled(&self, source: Source) -> bool {
        self.pollers.iter().any(|poller| poller.sources.contains(&source))
    }
}
