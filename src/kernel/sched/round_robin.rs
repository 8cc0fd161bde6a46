//! Each ready process in turn.

use std::collections::VecDeque;

use super::{Policy, Ticket};

#[derive(Debug, Default)]
pub(super) struct RoundRobin {
    queue: VecDeque<Ticket>,
}

impl Policy for RoundRobin {
    fn ready(&mut self, ticket: Ticket, _nice: i8) {
        self.queue.push_back(ticket);
    }

    fn pick(&mut self) -> Option<Ticket> {
        self.queue.pop_front()
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
