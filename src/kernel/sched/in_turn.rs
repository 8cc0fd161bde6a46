//! Ready processes in the order in which they came: round robin where a quantum ends a turn, first come first served where
//! only the process itself does.

use super::super::backlog::Backlog;
use super::{Policy, Ticket};

/// The processes that are ready, first come first.
#[derive(Debug)]
pub struct InTurn {
    queue: Backlog<Ticket>,
    preempts: bool,
}

impl InTurn {
    /// An empty queue; `preempts` is whether the quantum ends a turn.
    pub(super) fn new(preempts: bool) -> InTurn {
        InTurn { queue: Backlog::default(), preempts }
    }
}

impl InTurn {
    /// Who runs after so many others, where nothing comes between.
    #[inline]
    pub(super) fn ahead(&self, at: usize) -> Option<Ticket> {
        self.queue.get(at).copied()
    }
}

impl Policy for InTurn {
    #[inline]
    fn ready(&mut self, ticket: Ticket, _nice: i8) {
        self.queue.push(ticket);
    }

    #[inline]
    fn pick(&mut self) -> Option<Ticket> {
        self.queue.pop()
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    #[inline]
    fn preempts(&self) -> bool {
        self.preempts
    }
}
