//! The process table as text, `ps()` and `pstree()`, and why a process waits, in words.

use std::fmt::{self, Display, Write};

use super::machine::Machine;
use super::param;
use super::process::{Pid, Process, State};
use super::wait::{WaitFor, Which};

impl Display for WaitFor {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitFor::Child(Which::Any) => to.write_str("waits for a child"),
            WaitFor::Child(Which::Pid(pid)) => write!(to, "waits for child {pid}"),
            WaitFor::Child(Which::Group(pgid)) => write!(to, "waits for a child of group {pgid}"),
            WaitFor::PipeReadable(..) => to.write_str("waits for bytes in a pipe"),
            WaitFor::PipeWritable(..) => to.write_str("waits for room in a pipe"),
            WaitFor::QueueNotEmpty(..) => to.write_str("waits for a message"),
            WaitFor::QueueNotFull(..) => to.write_str("waits for room in a queue"),
            WaitFor::Terminal => to.write_str("waits for the terminal"),
            WaitFor::FifoReader(_) => to.write_str("waits for a reader of a named pipe"),
            WaitFor::FifoWriter(_) => to.write_str("waits for a writer of a named pipe"),
            WaitFor::Poll => to.write_str("waits for one of several descriptors"),
            WaitFor::Sleep => to.write_str("sleeps"),
            WaitFor::Signal => to.write_str("waits for a signal"),
            WaitFor::SignalOf(set) => {
                let names: Vec<&str> = set.iter().map(|signal| signal.name()).collect();
                match names.as_slice() {
                    [] => to.write_str("waits for no signal at all"),
                    names if names.len() > 4 => to.write_str("waits for one of many signals"),
                    names => write!(to, "waits for {}", names.join(" or ")),
                }
            }
        }
    }
}

impl Display for State {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Running => to.write_str("runs"),
            State::Ready => to.write_str("is ready"),
            State::Blocked(reason) => reason.fmt(to),
            State::Stopped(signal) => write!(to, "stopped by {}", signal.name()),
            State::Zombie => to.write_str("has ended, not waited for"),
        }
    }
}

impl Process {
    /// What it is called: the last part of its program's name.
    pub fn name(&self) -> &str {
        if self.pid.0 == param::INIT {
            return "init";
        }
        self.image.name.rsplit('/').next().unwrap_or_default()
    }

    /// The state letters of ps(1): R, S, T or Z, then `<` or `N` for niceness, `s` for a session's leader.
    fn letters(&self) -> String {
        let state = match self.state {
            State::Running | State::Ready => 'R',
            State::Blocked(_) => 'S',
            State::Stopped(_) => 'T',
            State::Zombie => 'Z',
        };
        let mut letters = String::from(if self.pid.0 == param::INIT { 'S' } else { state });
        match self.nice {
            0 => {}
            nice => letters.push(if nice < 0 { '<' } else { 'N' }),
        }
        if self.sid == self.pid {
            letters.push('s');
        }
        letters
    }
}

/// The name, marked as ps(1) marks a zombie.
fn command(process: &Process) -> String {
    let mark = if process.state == State::Zombie { " <defunct>" } else { "" };
    format!("{}{mark}", process.name())
}

impl Machine {
    /// Why a process waits or what else it does, with the names of queues.
    pub fn doing(&self, process: &Process) -> String {
        if process.pid.0 == param::INIT {
            return WaitFor::Child(Which::Any).to_string();
        }
        let named = |words: &str, queue| match self.queue(queue) {
            Some(queue) => format!("{words} {}", String::from_utf8_lossy(&queue.name)),
            None => process.state.to_string(),
        };
        match process.state {
            State::Blocked(WaitFor::QueueNotEmpty(queue, _)) => named("waits for a message in", queue),
            State::Blocked(WaitFor::QueueNotFull(queue, _)) => named("waits for room in", queue),
            state => state.to_string(),
        }
    }

    /// `ps()`: one line a process, by rising id.
    pub(crate) fn process_table(&self) -> String {
        let mut text =
            format!("{:>7} {:>7} {:>7} {:>7} {:<5} {:<16} DOING\n", "PID", "PPID", "PGID", "SID", "STAT", "COMMAND");
        for process in self.processes() {
            let foreground = process.pgid == self.terminal.foreground && self.terminal.session == Some(process.sid);
            let letters = process.letters() + if foreground { "+" } else { "" };
            let Process { pid, ppid, pgid, sid, .. } = process;
            let (command, doing) = (command(process), self.doing(process));
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:>7} {:>7} {:>7} {:>7} {letters:<5} {command:<16} {doing}",
                pid.0, ppid.0, pgid.0, sid.0
            );
        }
        text
    }

    /// `pstree()`: every process under its parent.
    pub(crate) fn process_tree(&self) -> String {
        let mut text = String::new();
        // Who is still to be shown, the next one last: the lines before its name, and those before its children.
        let mut left = vec![(Pid(param::INIT), String::new(), String::new())];
        while let Some((pid, before, below)) = left.pop() {
            let Some(process) = self.table.get(pid) else { continue };
            let _ = writeln!(text, "{before}{}({pid})", command(process));
            let last = process.children.last();
            for child in process.children.iter().rev() {
                let (branch, trunk) = if Some(child) == last { ("└─", "  ") } else { ("├─", "│ ") };
                left.push((child, format!("{below}{branch}"), format!("{below}{trunk}")));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Signal, SignalSet};

    #[test]
    fn every_reason_has_words_of_its_own() {
        use super::super::file::FileId;
        use super::super::mqueue::QueueId;
        use super::super::pipe::PipeId;
        let reasons = [
            WaitFor::Child(Which::Any),
            WaitFor::Child(Which::Pid(Pid(3))),
            WaitFor::Child(Which::Group(Pid(3))),
            WaitFor::PipeReadable(PipeId(0), FileId(0)),
            WaitFor::PipeWritable(PipeId(0), FileId(0)),
            WaitFor::QueueNotEmpty(QueueId(0), FileId(0)),
            WaitFor::QueueNotFull(QueueId(0), FileId(0)),
            WaitFor::Terminal,
            WaitFor::Sleep,
            WaitFor::Signal,
            WaitFor::SignalOf(SignalSet::of(Signal::SIGUSR1)),
        ];
        let mut words: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        assert_eq!(words[10], "waits for SIGUSR1");
        words.sort();
        words.dedup();
        assert_eq!(words.len(), reasons.len());
    }
}
