//! Any ready process, by the run's seed.

use super::super::chance::Chance;
use super::{Policy, Ticket};

#[derive(Debug)]
pub(super) struct Random {
    ready: Vec<Ticket>,
    chance: Chance,
}

impl Random {
    /// The stream differs from that of `rand`, so that a program cannot see the schedule in its own numbers.
    pub(super) fn new(seed: u64) -> Self {
        Random { ready: Vec::new(), chance: Chance::new(seed ^ 0x5ced_0000_0000_5ced) }
    }
}

impl Policy for Random {
    fn ready(&mut self, ticket: Ticket, _nice: i8) {
        self.ready.push(ticket);
    }

    fn pick(&mut self) -> Option<Ticket> {
        if self.ready.is_empty() {
            return None;
        }
        let at = self.chance.below(self.ready.len() as u64) as usize;
        Some(self.ready.swap_remove(at))
    }

    fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}
