//! In order of arrival; whoever runs keeps the processor until it blocks or ends.

use std::collections::VecDeque;

use super::{Policy, Ticket};

#[derive(Debug, Default)]
pub(super) struct Fifo {
    queue: VecDeque<Ticket>,
}

impl Policy for Fifo {
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
        false
    }
}
