//! Which ready process runs next: a small trait, one file a policy. A policy sees ids and nice values, nothing else,
//! and draws on no clock; chance comes from the run's seed.

mod in_turn;
mod priority;
mod random;

use super::process::Pid;

/// An entry of a queue of ready processes. A process that stops or ends while it is queued is not searched for: its
/// ticket has changed, and the entry is passed over when its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Who.
    pub pid: Pid,
    /// Its number when it was queued.
    pub number: u32,
}

/// A scheduling policy.
pub trait Policy: std::fmt::Debug {
    /// A process has become ready, or its quantum was spent.
    fn ready(&mut self, ticket: Ticket, nice: i8);

    /// The one that runs next, taken out of the queue.
    fn pick(&mut self) -> Option<Ticket>;

    /// Whether nobody is queued.
    fn is_empty(&self) -> bool;

    /// Whether a running process is taken off the processor when its quantum is spent.
    fn preempts(&self) -> bool {
        true
    }
}

/// The policies by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PolicyKind {
    /// Each in turn, for one quantum.
    #[default]
    RoundRobin,
    /// In order of arrival, until it blocks or ends.
    Fifo,
    /// Any, by the run's seed, for one quantum.
    Random,
    /// The lowest nice value first, in turn among equals.
    Priority,
}

impl PolicyKind {
    /// A scheduler with this policy in its first state.
    pub fn build(self, seed: u64) -> Scheduler {
        match self {
            PolicyKind::RoundRobin => Scheduler::InTurn(in_turn::InTurn::new(true)),
            PolicyKind::Fifo => Scheduler::InTurn(in_turn::InTurn::new(false)),
            PolicyKind::Random => Scheduler::Other(Box::new(random::Random::new(seed))),
            PolicyKind::Priority => Scheduler::Other(Box::new(priority::Priority::default())),
        }
    }
}

/// The policy of a machine. The one that nearly all runs have is known here, so that a switch need not ask which it is.
#[derive(Debug)]
pub enum Scheduler {
    /// Ready processes in the order in which they came.
    InTurn(in_turn::InTurn),
    /// Any other policy.
    Other(Box<dyn Policy>),
}

impl Scheduler {
    /// A process has become ready, or its quantum was spent.
    #[inline]
    pub(crate) fn ready(&mut self, ticket: Ticket, nice: i8) {
        match self {
            Scheduler::InTurn(policy) => policy.ready(ticket, nice),
            Scheduler::Other(policy) => policy.ready(ticket, nice),
        }
    }

    /// The one that runs next, taken out of the queue.
    #[inline]
    pub(crate) fn pick(&mut self) -> Option<Ticket> {
        match self {
            Scheduler::InTurn(policy) => policy.pick(),
            Scheduler::Other(policy) => policy.pick(),
        }
    }

    /// Who probably runs after so many others; none where few wait, or where the policy does not know.
    #[inline]
    pub(crate) fn ahead(&self, at: usize) -> Option<Ticket> {
        match self {
            Scheduler::InTurn(policy) => policy.ahead(at),
            Scheduler::Other(_) => None,
        }
    }

    /// Whether a running process is taken off the processor when its quantum is spent.
    #[inline]
    pub(crate) fn preempts(&self) -> bool {
        match self {
            Scheduler::InTurn(policy) => policy.preempts(),
            Scheduler::Other(policy) => policy.preempts(),
        }
    }
}
