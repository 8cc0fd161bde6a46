//! The report on a run that cannot go on: one line a process, who waits for what.

use crate::kernel::Machine;
use crate::kernel::process::{Process, State};
use crate::kernel::wait::{WaitFor, Which};
use crate::source::SourceMap;

/// The report, with a headline and a line for each process that is left.
pub fn describe(machine: &Machine, sources: &SourceMap) -> String {
    let left: Vec<&Process> =
        machine.processes().filter(|process| process.ppid.0 != 0 && process.state != State::Zombie).collect();
    let count = match left.len() {
        1 => "the only process left waits, and nothing can wake it".to_owned(),
        count => format!("all {count} processes wait, and nothing can wake any of them"),
    };
    let mut text = format!("stuck: {count}\n");
    for process in left {
        let line = sources.line(process.here());
        let file = &sources.file(process.here().file).name;
        let doing = doing(process, machine);
        text.push_str(&format!("  {} (pid {}) {doing}, {file}:{line}\n", process.role(), process.pid));
    }
    text
}

/// What a process is doing, in words.
pub fn doing(process: &Process, machine: &Machine) -> String {
    match process.state {
        State::Blocked(reason) => format!("{} {}", call_name(process), reason_words(reason, machine)),
        State::Stopped(signal) => format!("is stopped by {}, and nobody continues it", signal.name()),
        State::Zombie => "has ended".to_owned(),
        State::Ready | State::Running => "could run".to_owned(),
    }
}

fn call_name(process: &Process) -> String {
    process
        .call
        .as_ref()
        .map_or_else(|| "waits".to_owned(), |call| format!("waits in `{}`", call.request.builtin.name()))
}

/// What a reason to wait means, in words.
pub fn reason_words(reason: WaitFor, machine: &Machine) -> String {
    let role = |pid| {
        let process = machine.processes().find(|process| process.pid == pid);
        process.map_or_else(|| format!("process {pid}"), |process| process.role())
    };
    match reason {
        WaitFor::Child(Which::Any) => "for a child to end".to_owned(),
        WaitFor::Child(Which::Pid(pid)) => format!("for {} to end", role(pid)),
        WaitFor::Child(Which::Group(pgid)) => format!("for a child of process group {pgid} to end"),
        WaitFor::PipeReadable(..) => "for bytes in a pipe, or for its last write end to be closed".to_owned(),
        WaitFor::PipeWritable(..) => "for room in a full pipe".to_owned(),
        WaitFor::QueueNotEmpty(..) => "for a message in an empty queue".to_owned(),
        WaitFor::QueueNotFull(..) => "for room in a full queue".to_owned(),
        WaitFor::Terminal => "for the terminal".to_owned(),
        WaitFor::FifoReader(_) => "for somebody to open the named pipe for reading".to_owned(),
        WaitFor::FifoWriter(_) => "for somebody to open the named pipe for writing".to_owned(),
        WaitFor::Poll => "for one of several descriptors to be ready".to_owned(),
        WaitFor::Sleep => "for the clock".to_owned(),
        WaitFor::Signal => "for a signal".to_owned(),
        WaitFor::SignalOf(set) => {
            let names: Vec<&str> = set.iter().map(|signal| signal.name()).collect();
            format!("for a signal of {{{}}}", names.join(", "))
        }
    }
}

/// The report on one line, without ids and places that differ from schedule to schedule.
pub fn describe_in_brief(machine: &Machine) -> String {
    let left = machine.processes().filter(|process| process.ppid.0 != 0 && process.state != State::Zombie);
    let parts: Vec<String> = left.map(|process| format!("{} {}", process.role(), doing(process, machine))).collect();
    format!("stuck: {}", parts.join("; "))
}
