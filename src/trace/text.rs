//! One line an event: tick, process, what.

use super::{decoded, plain, signal_name, status_words};
use crate::abi::Builtin;
use crate::kernel::event::{Answer, Event, Fate, Origin, Shown, What};
use crate::kernel::process::State;
use crate::kernel::wait::{WaitFor, Which};

/// The line of an event, without its newline.
pub fn line(event: &Event) -> String {
    format!("{:>10}  {:<10} {:>4}  {}", event.tick, event.role, event.pid, what(&event.what))
}

fn what(what: &What) -> String {
    match what {
        What::Call { builtin, args, answer } => format!("{} = {}", call(*builtin, args), answer_words(answer)),
        What::Waits { builtin, args, reason } => {
            format!("{} ... waits for {}", call(*builtin, args), reason_words(*reason))
        }
        What::Born { parent } => format!("is made by process {parent}"),
        What::Ended { status } => format!("ends: {}", status_words(*status)),
        What::Reaped { by } => format!("is reaped by process {by}"),
        What::Adopted { from } => format!("is adopted by init, process {from} has ended"),
        What::State { from, to } => format!("{} -> {}", state_words(*from), state_words(*to)),
        What::Dispatched => "gets the processor".to_owned(),
        What::Preempted => "has spent its quantum".to_owned(),
        What::ClockJumped { to } => format!("everybody waits: the clock jumps to {to}"),
        What::SignalSent { signal, origin, fate } => {
            format!("{} {}, {}", signal.name(), origin_words(*origin), fate_words(*fate))
        }
        What::HandlerEntered { signal } => format!("enters its handler of {}", signal.name()),
        What::HandlerLeft => "returns from its handler".to_owned(),
        What::Faulted { text } => format!("faults: {text}"),
        What::Memory { copied, heap } => format!("{copied} pages copied, heap of {heap} bytes"),
    }
}

/// A call with its arguments as a program would write it.
pub fn call(builtin: Builtin, args: &[Shown]) -> String {
    let row = builtin.row();
    let args: Vec<String> = args.iter().enumerate().map(|(at, arg)| decoded(row, at, arg)).collect();
    format!("{}({})", row.name, args.join(", "))
}

fn answer_words(answer: &Answer) -> String {
    match answer {
        Answer::Done(parts) if parts.is_empty() => "done".to_owned(),
        Answer::Done(parts) => parts.iter().map(plain).collect::<Vec<String>>().join(", "),
        Answer::Failed(errno) => format!("-1 {} ({})", errno.name(), errno.text()),
        Answer::NoReturn => "?".to_owned(),
        Answer::Restart => "interrupted, will be made again".to_owned(),
    }
}

pub(super) fn state_words(state: State) -> String {
    match state {
        State::Running => "running".to_owned(),
        State::Ready => "ready".to_owned(),
        State::Blocked(reason) => format!("blocked ({})", reason_words(reason)),
        State::Stopped(signal) => format!("stopped ({})", signal.name()),
        State::Zombie => "zombie".to_owned(),
    }
}

pub(super) fn reason_words(reason: WaitFor) -> String {
    match reason {
        WaitFor::Child(Which::Any) => "a child".to_owned(),
        WaitFor::Child(Which::Pid(pid)) => format!("child {pid}"),
        WaitFor::Child(Which::Group(pgid)) => format!("a child of group {pgid}"),
        WaitFor::PipeReadable(..) => "bytes in a pipe".to_owned(),
        WaitFor::PipeWritable(..) => "room in a pipe".to_owned(),
        WaitFor::QueueNotEmpty(..) => "a message".to_owned(),
        WaitFor::QueueNotFull(..) => "room in a queue".to_owned(),
        WaitFor::Terminal => "the terminal".to_owned(),
        WaitFor::FifoReader(_) => "somebody to open the pipe for reading".to_owned(),
        WaitFor::FifoWriter(_) => "somebody to open the pipe for writing".to_owned(),
        WaitFor::Poll => "one of several descriptors".to_owned(),
        WaitFor::Sleep => "the clock".to_owned(),
        WaitFor::Signal => "a signal".to_owned(),
        WaitFor::SignalOf(set) => {
            format!("one of {}", set.iter().map(|signal| signal.name()).collect::<Vec<&str>>().join(" "))
        }
    }
}

pub(super) fn origin_words(origin: Origin) -> String {
    match origin {
        Origin::Process(pid, _) => format!("from process {pid}"),
        Origin::Kernel(pid) => format!("from the kernel for process {pid}"),
        Origin::Timer => "from its alarm".to_owned(),
        Origin::Outside => "from outside".to_owned(),
    }
}

pub(super) fn fate_words(fate: Fate) -> &'static str {
    match fate {
        Fate::Pending => "pending",
        Fate::Blocked => "pending and blocked",
        Fate::Merged => "one is pending already: merged",
        Fate::Dropped => "ignored",
    }
}

/// The name of a signal's number; for the JSON renderer.
pub(super) fn signal_words(number: i64) -> String {
    signal_name(number)
}
