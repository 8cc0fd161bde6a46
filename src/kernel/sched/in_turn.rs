//! Ready processes in the order in which they came: round robin where a quantum ends a turn, first come first served where
//! only the process itself does.

use std::collections::VecDeque;

use super::{Policy, Ticket};

#[derive(Debug)]
pub(super) struct InTurn {
    queue: VecDeque<Ticket>,
    preempts: bool,
}

impl InTurn {
    /// An empty queue; `preempts` is whether the quantum ends a turn.
    pub(super) fn new(preempts: bool) -> InTurn {
        InTurn { queue: VecDeque::new(), preempts }
    }
}

impl Policy for InTurn {
    fn ready(&mut self, ticket: Ticket, _nice: i8) {
        self.queue.push_back(ticket);
    }

    fn pick(&mut self) -> Option<Ticket> {
        self.queue.pop_front()
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn preempts(&self) -> bool {
        self.preempts
    }
}
