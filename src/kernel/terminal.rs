//! The terminal (termios(3)): whom it controls, who is in the foreground, and its input, a line at a time.

use std::collections::VecDeque;

use super::call::Outcome;
use super::group::Access;
use super::host::Input;
use super::machine::Machine;
use super::param::IO_MAX;
use super::poll::Source;
use super::process::Pid;
use super::wait::WaitFor;
use crate::abi::Errno;

/// How much is asked of the host at once.
const CHUNK: usize = 1 << 16;

/// The terminal.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Terminal {
    /// The foreground process group.
    pub foreground: Pid,
    /// The session it controls, until that session's leader has ended.
    pub session: Option<Pid>,
    /// Whether background processes that write are stopped.
    pub tostop: bool,
    /// What the host has given and nobody has read.
    input: VecDeque<u8>,
    /// How much of the input is known to hold no newline.
    searched: usize,
    /// Whether the host's input is at its end.
    at_end: bool,
    readers: VecDeque<Pid>,
}

impl Terminal {
    /// The controlling terminal of a session.
    pub(crate) fn new(session: Pid, foreground: Pid) -> Terminal {
        Terminal {
            foreground,
            session: Some(session),
            tostop: false,
            input: VecDeque::new(),
            searched: 0,
            at_end: false,
            readers: VecDeque::new(),
        }
    }

    /// Whether a process sleeps until there is input.
    pub fn wants_input(&self) -> bool {
        !self.readers.is_empty()
    }

    /// How many bytes the first line has, its newline included, if a read need not wait.
    fn line(&mut self) -> Option<usize> {
        if let Some(at) = self.input.range(self.searched..).position(|byte| *byte == b'\n') {
            return Some(self.searched + at + 1);
        }
        self.searched = self.input.len();
        let whole = self.at_end && !self.input.is_empty() || self.input.len() >= IO_MAX;
        whole.then_some(self.input.len())
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.searched = 0;
        self.input.drain(..count.min(self.input.len())).collect()
    }

    /// Takes in what the host gave; whether that was anything.
    fn receive(&mut self, input: Input) -> bool {
        match input {
            Input::Bytes(bytes) if !bytes.is_empty() => self.input.extend(bytes),
            Input::End => self.at_end = true,
            Input::Bytes(_) | Input::NotYet => return false,
        }
        true
    }

    /// Puts a process that goes to sleep at the end of the queue of readers.
    pub(crate) fn queue_reader(&mut self, pid: Pid) {
        self.readers.push_back(pid);
    }

    /// Takes a process out of the queue of readers.
    pub(crate) fn leave(&mut self, pid: Pid) {
        if let Some(at) = self.readers.iter().position(|reader| *reader == pid) {
            self.readers.remove(at);
        }
    }
}

impl Machine {
    /// The terminal.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Reads from the terminal, at most one line; no bytes are the end of the input. `Err` is the outcome of the call.
    pub(crate) fn read_terminal(&mut self, me: Pid, max: usize, nonblocking: bool) -> Result<Vec<u8>, Outcome> {
        self.terminal_access(me, Access::Read)?;
        if max == 0 {
            return Ok(Vec::new());
        }
        loop {
            if let Some(line) = self.terminal.line() {
                let taken = self.terminal.take(line.min(max));
                if self.terminal.line().is_some() {
                    self.wake_terminal_reader();
                }
                return Ok(taken);
            }
            if self.terminal.at_end {
                return Ok(Vec::new());
            }
            let input = self.host.read(CHUNK, false);
            if !self.terminal.receive(input) {
                return Err(match nonblocking {
                    true => Outcome::Fail(Errno::EAGAIN),
                    false => Outcome::Block(WaitFor::Terminal),
                });
            }
        }
    }

    /// Whether a read would not have to wait, for poll.
    pub(crate) fn terminal_is_readable(&mut self) -> bool {
        while self.terminal.line().is_none() && !self.terminal.at_end {
            let input = self.host.read(CHUNK, false);
            if !self.terminal.receive(input) {
                return false;
            }
        }
        true
    }

    /// Whether somebody sleeps until there is input.
    pub(crate) fn wants_input(&self) -> bool {
        self.terminal.wants_input() || self.is_polled(Source::Terminal)
    }

    fn wake_terminal_reader(&mut self) {
        if let Some(pid) = self.terminal.readers.pop_front() {
            self.wake(pid);
        }
    }

    /// Input has come while readers slept: the first looks again when a line is there, all of them at the end.
    pub(crate) fn terminal_input(&mut self, input: Input) {
        self.terminal.receive(input);
        self.changed(Source::Terminal);
        if self.terminal.at_end {
            for pid in std::mem::take(&mut self.terminal.readers) {
                self.wake(pid);
            }
        } else if self.terminal.line().is_some() {
            self.wake_terminal_reader();
        }
    }

    /// tcgetattr(3): the local flags as far as they are known here.
    pub(crate) fn terminal_flags(&self) -> i64 {
        if self.terminal.tostop { crate::abi::constant::TOSTOP } else { 0 }
    }

    /// tcsetattr(3), which a background process may not do (SIGTTOU).
    pub(crate) fn set_terminal_flags(&mut self, me: Pid, flags: i64) -> Outcome {
        if let Err(outcome) = self.terminal_access(me, Access::Control) {
            // Only tcsetpgrp has ENOTTY for an orphaned group; changing attributes fails with EIO.
            let orphaned = outcome == Outcome::Fail(Errno::ENOTTY);
            return if orphaned { Outcome::Fail(Errno::EIO) } else { outcome };
        }
        self.terminal.tostop = flags & crate::abi::constant::TOSTOP != 0;
        Outcome::Int(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(text: &[u8]) -> Terminal {
        let mut terminal = Terminal::new(Pid(1), Pid(2));
        terminal.receive(Input::Bytes(text.to_vec()));
        terminal
    }

    #[test]
    fn a_read_gives_at_most_one_line_and_leaves_the_rest_of_a_short_one() {
        let mut terminal = terminal(b"one\ntwo\n");
        assert_eq!(terminal.line(), Some(4));
        assert_eq!(terminal.take(2), b"on");
        assert_eq!(terminal.line(), Some(2));
        assert_eq!(terminal.take(2), b"e\n");
        assert_eq!(terminal.line(), Some(4));
    }

    #[test]
    fn a_line_without_its_newline_is_ready_only_at_the_end() {
        let mut terminal = terminal(b"half");
        assert_eq!(terminal.line(), None);
        terminal.receive(Input::Bytes(b" a line\n".to_vec()));
        assert_eq!(terminal.line(), Some(12));
        terminal.take(12);
        assert!(terminal.receive(Input::Bytes(b"rest".to_vec())) && terminal.receive(Input::End));
        assert_eq!(terminal.line(), Some(4));
        terminal.take(4);
        assert_eq!(terminal.line(), None);
    }

    #[test]
    fn nothing_is_nothing() {
        let mut terminal = terminal(b"");
        assert!(!terminal.receive(Input::NotYet) && !terminal.receive(Input::Bytes(Vec::new())));
    }
}
