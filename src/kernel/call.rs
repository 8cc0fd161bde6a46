//! A system call in progress, and what it answers. A call that must wait answers `Block`; when its process is woken the
//! whole call is made again, with what it has kept here. No effect happens before a call can still block.

use super::wait::WaitFor;
use crate::abi::{Errno, SignalSet, Status};
use crate::vm::{Context, Fault, Request};

/// How many arguments a call has at hand: as many as nearly all have.
pub const FETCHED: usize = 4;

/// A system call in progress; kept in the PCB while the process waits.
#[derive(Debug, Clone)]
pub struct Call {
    /// What was asked.
    pub request: Request,
    /// The words of its first arguments: while it waits, nothing changes its registers.
    pub words: [u64; FETCHED],
    /// The tick at which it was first made.
    pub since: u64,
    /// The tick at which it gives up, once known (sleep, timed queue calls).
    pub deadline: Option<u64>,
    /// Bytes moved so far by a long write.
    pub progress: usize,
    /// Bytes to write, rendered or fetched once: the arguments are not read again on a retry.
    pub bytes: Option<Vec<u8>>,
    /// The mask that comes back when `sigsuspend` ends.
    pub saved_mask: Option<SignalSet>,
    /// Set by whoever completes the call for its sleeper: a message that was sent is in its queue (MQMSG-12), or the one that was
    /// waited for stands in `bytes` and `count` (MQMSG-11).
    pub done: bool,
    /// Whether the process has slept in this call.
    pub slept: bool,
    /// What a printing call answers once its bytes have gone; the priority of a message that is sent or was handed over; the pipe that somebody
    /// else's open has opened here too.
    pub count: i64,
}

impl std::hash::Hash for Call {
    /// When it was first made is not part of what a program can see.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.request, self.deadline, self.progress, &self.bytes, self.saved_mask).hash(state);
        (self.done, self.slept, self.count).hash(state);
    }
}

impl Call {
    /// A call just made, in the place of one that has been answered, where there is one.
    #[inline(always)]
    pub(crate) fn new(request: Request, context: &Context, now: u64, place: Option<Box<Call>>) -> Box<Call> {
        let words = context.registers(request.window.wrapping_add(1));
        let Some(mut call) = place else { return Call::first(request, words, now) };
        let Call {
            request: its_request,
            words: its_words,
            since,
            deadline,
            progress,
            bytes,
            saved_mask,
            done,
            slept,
            count,
        } = &mut *call;
        (*its_request, *its_words, *since, *deadline) = (request, words, now, None);
        (*progress, *saved_mask, *done, *slept, *count) = (0, None, false, false, 0);
        if bytes.is_some() {
            *bytes = None;
        }
        call
    }

    #[cold]
    #[inline(never)]
    fn first(request: Request, words: [u64; FETCHED], since: u64) -> Box<Call> {
        Box::new(Call {
            request,
            words,
            since,
            deadline: None,
            progress: 0,
            bytes: None,
            saved_mask: None,
            done: false,
            slept: false,
            count: 0,
        })
    }
}

/// One part of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An int.
    Int(i64),
    /// A bool.
    Bool(bool),
    /// Bytes that become a string on the caller's heap.
    Bytes(Vec<u8>),
    /// A status.
    Status(Status),
    /// A function value.
    Handler(u64),
    /// A list of strings.
    List(Vec<Vec<u8>>),
    /// A list of ints.
    Ints(Vec<i64>),
}

/// What a system call answers. It is handed on at every call, so what is large stands in boxes.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It returns one int.
    Int(i64),
    /// It returns these parts.
    Parts(Vec<Value>),
    /// It returns two ints: `pipe`'s shape.
    Pair(i64, i64),
    /// It returns how many bytes, and the bytes: the shape of what reads.
    Counted(Vec<u8>),
    /// It returns the length of a message, its bytes and its priority: the shape of what receives.
    Message(Vec<u8>, i64),
    /// It returns a child and its status: `wait`'s shape.
    Child(u32, Status),
    /// It returns nothing.
    Nothing,
    /// It fails: -1 and `errno`, the other parts zero.
    Fail(Errno),
    /// It must wait.
    Block(WaitFor),
    /// It raises a fault at the call.
    Fault(Box<Fault>),
    /// There is nobody to return to: the process has ended, or its program was replaced.
    Gone,
    /// It returns this int, and then the processor goes to the next ready process (`sched_yield`).
    Yield(i64),
}

impl Outcome {
    /// A fault at the call.
    #[cold]
    pub fn fault(fault: Fault) -> Outcome {
        Outcome::Fault(Box::new(fault))
    }

    /// The parts that the call returns where it succeeds with several.
    pub fn parts(&self) -> Option<Vec<Value>> {
        match self {
            Outcome::Parts(parts) => Some(parts.clone()),
            Outcome::Pair(first, second) => Some(vec![Value::Int(*first), Value::Int(*second)]),
            Outcome::Counted(bytes) => Some(vec![Value::Int(bytes.len() as i64), Value::Bytes(bytes.clone())]),
            Outcome::Message(bytes, priority) => {
                let length = Value::Int(bytes.len() as i64);
                Some(vec![length, Value::Bytes(bytes.clone()), Value::Int(*priority)])
            }
            Outcome::Child(pid, status) => Some(vec![Value::Int(i64::from(*pid)), Value::Status(*status)]),
            _ => None,
        }
    }
}

impl From<Result<i64, Errno>> for Outcome {
    fn from(result: Result<i64, Errno>) -> Outcome {
        match result {
            Ok(value) => Outcome::Int(value),
            Err(errno) => Outcome::Fail(errno),
        }
    }
}
