//! The lowest nice value first, in turn among equals; a lower one that becomes ready waits for the end of the quantum.

use std::collections::BTreeMap;

use super::{Policy, Ticket};

#[derive(Debug, Default)]
pub(super) struct Priority {
    queue: BTreeMap<(i8, u64), Ticket>,
    order: u64,
}

impl Policy for Priority {
    fn ready(&mut self, ticket: Ticket, nice: i8) {
        self.order += 1;
        self.queue.insert((nice, self.order), ticket);
    }

    fn pick(&mut self) -> Option<Ticket> {
        self.queue.pop_first().map(|(_, ticket)| ticket)
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
