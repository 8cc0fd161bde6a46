//! The stdout buffer of a process, as glibc keeps one (setvbuf(3)), and the way of bytes from a process to a descriptor.
//!
//! What a call must write now leaves the buffer and stands in the call until it has gone; so a call that sleeps, or that
//! a handler interrupts, goes on where it was. Every buffered byte knows the print that put it there.

mod print;

use std::sync::Arc;

use super::call::{Call, Outcome};
use super::file::Kind;
use super::group::Access;
use super::host::Stream;
use super::ledger::Loss;
use super::machine::Machine;
use super::param::STDIO_BUFFER;
use super::process::{Deed, Pid, share};
use crate::abi::constant::STDOUT_FILENO;
use crate::abi::{Builtin, Errno, Signal};

/// How stdout is buffered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// A newline writes what is there, as on a terminal.
    #[default]
    Line,
    /// Only a full buffer is written, as into a pipe or file.
    Full,
    /// Every print is one write.
    Unbuffered,
}

/// Buffered bytes that one place in a program printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Print {
    /// How many.
    pub len: usize,
    /// Who printed them, where and when (the first time, where it was done several times in a row).
    pub by: Deed,
    /// Whether a fork has copied them: others may write them, too.
    pub copied: bool,
}

impl Print {
    /// What tells it from others.
    pub fn key(&self) -> (Pid, crate::source::Span, u64) {
        (self.by.who, self.by.span, self.by.tick)
    }
}

/// Output that a handler interrupted and that goes on when the handler has returned to it.
#[derive(Debug, Clone, PartialEq, Hash)]
struct Unfinished {
    pc: u32,
    base: u32,
    bytes: Vec<u8>,
    count: i64,
}

/// The stdio of a process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stdio(Arc<Streams>);

/// What stdio keeps; shared by parent and child until one of them prints.
#[derive(Debug, Clone, Default, PartialEq)]
struct Streams {
    mode: Option<Mode>,
    buffer: Vec<u8>,
    prints: Vec<Print>,
    writing: Vec<Print>,
    unfinished: Vec<Unfinished>,
    /// Beginnings of lines that an interrupted getline had read, by the serial number of the open file.
    lines: Vec<(u64, Vec<u8>)>,
}

impl std::hash::Hash for Streams {
    /// Who printed what is not part of what a program can see.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.mode, &self.buffer, &self.unfinished, &self.lines).hash(state);
    }
}

impl std::hash::Hash for Stdio {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Stdio {
    /// What a child starts with: a copy of everything (STDIO-01).
    #[inline]
    pub(crate) fn fork(&mut self) -> Stdio {
        self.mark_copied();
        self.clone()
    }

    /// The same, in the place of what a process had that is gone.
    #[inline]
    pub(crate) fn become_fork_of(&mut self, parent: &mut Stdio) {
        parent.mark_copied();
        share(&mut self.0, &parent.0);
    }

    /// What is held is copied by a fork.
    #[inline]
    fn mark_copied(&mut self) {
        if !self.0.prints.is_empty() {
            Arc::make_mut(&mut self.0).prints.iter_mut().for_each(|print| print.copied = true);
        }
    }

    /// What has been printed and not yet written.
    pub fn buffered(&self) -> &[u8] {
        &self.0.buffer
    }

    /// Who printed the buffered bytes, in their order.
    pub fn prints(&self) -> &[Print] {
        &self.0.prints
    }

    /// Who printed the bytes that are being written, or were written last.
    pub fn writing(&self) -> &[Print] {
        &self.0.writing
    }

    /// How it is buffered; none before the first output.
    pub fn mode(&self) -> Option<Mode> {
        self.0.mode
    }

    fn set_mode(&mut self, mode: Mode) {
        Arc::make_mut(&mut self.0).mode = Some(mode);
    }

    /// How many bytes must be written now when `text` comes behind what is held.
    fn leaving(&self, text: &[u8], mode: Mode) -> usize {
        let held = self.0.buffer.len();
        match mode {
            Mode::Unbuffered => held + text.len(),
            Mode::Full => overflow(held, text.len()),
            Mode::Line => match text.iter().rposition(|byte| *byte == b'\n') {
                Some(newline) => held + newline + 1 + overflow(0, text.len() - newline - 1),
                None => overflow(held, text.len()),
            },
        }
    }

    /// Takes printed text in; what must be written now comes out.
    fn accept(&mut self, text: &[u8], mode: Mode, by: Deed) -> Vec<u8> {
        let leaving = self.leaving(text, mode);
        Arc::make_mut(&mut self.0).accept(text, leaving, by)
    }

    /// Text that nothing was held before is being written as it is.
    fn pass(&mut self, text: &[u8], by: Deed) {
        Arc::make_mut(&mut self.0).writing = vec![Print { len: text.len(), by, copied: false }];
    }

    /// Takes the first `count` bytes out, to be written.
    #[cfg(test)]
    fn take(&mut self, count: usize) -> Vec<u8> {
        Arc::make_mut(&mut self.0).take(count)
    }

    fn take_all(&mut self) -> Vec<u8> {
        match self.0.buffer.len() {
            0 => Vec::new(),
            held => Arc::make_mut(&mut self.0).take(held),
        }
    }

    /// The beginning of a line that was read from the open file with this serial number, taken out.
    pub(crate) fn take_line(&mut self, serial: u64) -> Vec<u8> {
        match self.0.lines.iter().position(|(of, _)| *of == serial) {
            Some(at) => Arc::make_mut(&mut self.0).lines.swap_remove(at).1,
            None => Vec::new(),
        }
    }

    /// Keeps the beginning of a line for the next getline of that open file.
    pub(crate) fn keep_line(&mut self, serial: u64, line: Vec<u8>) {
        if !line.is_empty() {
            Arc::make_mut(&mut self.0).lines.push((serial, line));
        }
    }
}

impl Streams {
    /// Takes printed text in; the first `leaving` bytes of what is held then come out, to be written.
    fn accept(&mut self, text: &[u8], leaving: usize, by: Deed) -> Vec<u8> {
        self.note(text.len(), by);
        self.buffer.extend_from_slice(text);
        self.take(leaving)
    }

    /// Notes who has printed the last `len` bytes.
    fn note(&mut self, len: usize, by: Deed) {
        match self.prints.last_mut() {
            _ if len == 0 => {}
            Some(last) if last.by.who == by.who && last.by.span == by.span && !last.copied => last.len += len,
            _ => self.prints.push(Print { len, by, copied: false }),
        }
    }

    /// Takes the first `count` bytes out, to be written.
    fn take(&mut self, count: usize) -> Vec<u8> {
        if count == 0 {
            return Vec::new();
        }
        let mut left = count;
        let goes = |print: &&Print| match left.checked_sub(print.len) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let whole = self.prints.iter().take_while(goes).count();
        self.writing.clear();
        self.writing.extend(self.prints.drain(..whole));
        if left > 0
            && let Some(first) = self.prints.first_mut()
        {
            self.writing.push(Print { len: left, ..*first });
            first.len -= left;
        }
        self.buffer.drain(..count.min(self.buffer.len())).collect()
    }
}

/// How many bytes leave a buffer that holds `held` when `added` more come, none of them a newline that matters: none while
/// there is room, else the full buffer and all whole blocks after it, as in glibc.
fn overflow(held: usize, added: usize) -> usize {
    if held + added <= STDIO_BUFFER {
        return 0;
    }
    (held + added) / STDIO_BUFFER * STDIO_BUFFER
}

impl Machine {
    /// How stdout of a process is buffered: chosen at its program's first output, from what descriptor 1 is then.
    fn stdout_mode(&mut self, me: Pid) -> Mode {
        if let Some(mode) = self.process(me).stdio.mode() {
            return mode;
        }
        let configured = self.config.stdout;
        let mode = match self.terminal_of(me, STDOUT_FILENO) {
            Ok(()) => configured,
            Err(_) if configured == Mode::Unbuffered => Mode::Unbuffered,
            Err(_) => Mode::Full,
        };
        self.process_mut(me).stdio.set_mode(mode);
        mode
    }

    /// setvbuf(3); what was buffered before stays so, except that an unbuffered stream keeps nothing.
    pub(crate) fn set_stdout_mode(&mut self, me: Pid, call: &mut Call, mode: Mode) -> Outcome {
        if mode == Mode::Unbuffered {
            match self.flush(me, call) {
                Outcome::Int(_) => {}
                other => return other,
            }
        }
        self.process_mut(me).stdio.set_mode(mode);
        Outcome::Int(0)
    }

    /// fflush(3)
    pub(crate) fn flush(&mut self, me: Pid, call: &mut Call) -> Outcome {
        if !self.resume_output(me, call) {
            call.bytes = Some(self.process_mut(me).stdio.take_all());
            self.note_written(me);
        }
        self.finish_buffered(me, call)
    }

    /// Writes what has left the buffer; where that fails the text is lost.
    fn finish_buffered(&mut self, me: Pid, call: &mut Call) -> Outcome {
        let outcome = self.finish_output(me, STDOUT_FILENO, call);
        self.note_failed(me, call, &outcome);
        outcome
    }

    /// Text that could not be written is lost.
    fn note_failed(&mut self, me: Pid, call: &Call, outcome: &Outcome) {
        if let (Outcome::Fail(errno), true) = (outcome, self.ledger.on)
            && *errno != Errno::EPIPE
            && let (Some(by), Some(process)) = (self.act(me), self.table.get(me))
        {
            let bytes = call.bytes.as_deref().unwrap_or_default();
            self.ledger.lose(by, Loss::Failed(*errno), bytes, process.stdio.writing());
        }
    }

    /// Text that a fork has copied is about to be written.
    fn note_written(&mut self, me: Pid) {
        let Some(process) = self.table.get(me) else { return };
        if self.ledger.on
            && process.stdio.writing().iter().any(|print| print.copied)
            && let Some(by) = self.act(me)
        {
            let prints = process.stdio.writing().to_vec();
            self.ledger.write(&by, &prints);
        }
    }

    /// What is still in the buffer of a process is thrown away.
    pub(crate) fn note_lost(&mut self, me: Pid, how: Loss) {
        // Whoever dies of SIGPIPE has nobody left who would read it.
        if how == Loss::Killed(Signal::SIGPIPE) {
            return;
        }
        let Some(process) = self.table.get(me) else { return };
        if self.ledger.on
            && !process.stdio.buffered().is_empty()
            && let Some(by) = self.act(me)
        {
            self.ledger.lose(by, how, process.stdio.buffered(), process.stdio.prints());
        }
    }

    /// What exit does with the buffer: 0 when nothing is left, whether or not it could be written.
    pub(crate) fn flush_stdio(&mut self, me: Pid, call: &mut Call) -> Outcome {
        match self.flush(me, call) {
            Outcome::Block(reason) => Outcome::Block(reason),
            _ => Outcome::Int(0),
        }
    }

    /// Whether the call's bytes are there already: it has slept, or it goes on after a handler that had interrupted it.
    fn resume_output(&mut self, me: Pid, call: &mut Call) -> bool {
        if call.bytes.is_some() {
            return true;
        }
        let process = self.process_mut(me);
        let Some(last) = process.stdio.0.unfinished.last() else { return false };
        let here = |context: &crate::vm::Context| context.pc == last.pc && context.base == last.base;
        if !process.context.as_deref().is_some_and(here) {
            return false;
        }
        if let Some(unfinished) = Arc::make_mut(&mut process.stdio.0).unfinished.pop() {
            call.bytes = Some(unfinished.bytes);
            call.count = unfinished.count;
        }
        true
    }

    /// Writes the call's bytes, as often as it takes: a short count is followed by another write, as in glibc.
    fn finish_output(&mut self, me: Pid, fd: i64, call: &mut Call) -> Outcome {
        loop {
            let mut bytes = call.bytes.take().unwrap_or_default();
            if call.progress >= bytes.len() {
                return Outcome::Int(call.count);
            }
            match self.write_bytes(me, fd, call, &bytes) {
                Outcome::Int(count) => {
                    bytes.drain(..(count as usize).min(bytes.len()));
                    call.progress = 0;
                    call.bytes = Some(bytes);
                }
                Outcome::Block(reason) => {
                    call.bytes = Some(bytes);
                    return Outcome::Block(reason);
                }
                other => {
                    call.bytes = Some(bytes);
                    return other;
                }
            }
        }
    }

    /// write(2) of `bytes`, of which the call's progress has gone already.
    pub(crate) fn write_bytes(&mut self, me: Pid, fd: i64, call: &mut Call, bytes: &[u8]) -> Outcome {
        let (id, file) = match self.lookup(me, fd) {
            Ok(found) if found.1.writable() => found,
            _ => return Outcome::Fail(Errno::EBADF),
        };
        match file.kind {
            Kind::TerminalIn => self.write_terminal(me, Stream::Out, bytes),
            Kind::Terminal(stream) => self.write_terminal(me, stream, bytes),
            Kind::PipeWrite(pipe) | Kind::PipeBoth(pipe) => {
                self.write_pipe(me, call, (pipe, id), bytes, file.nonblocking())
            }
            Kind::File(node) => self.write_file(id, &file, node, bytes).into(),
            Kind::Null | Kind::Zero => Outcome::Int(bytes.len() as i64),
            Kind::PipeRead(_) | Kind::Directory(_) => Outcome::Fail(Errno::EBADF),
            Kind::Queue(_) => Outcome::Fail(Errno::EINVAL),
        }
    }

    fn write_terminal(&mut self, me: Pid, stream: Stream, bytes: &[u8]) -> Outcome {
        if self.terminal.tostop
            && let Err(outcome) = self.terminal_access(me, Access::Write)
        {
            return outcome;
        }
        if bytes.is_empty() {
            return Outcome::Int(0);
        }
        if self.script_status.is_some() && self.ledger.on && self.terminal.session == Some(self.process(me).sid) {
            let at = self.deed(me).span;
            self.ledger.speak(me, at);
        }
        match self.host.write(stream, bytes) {
            Ok(()) => Outcome::Int(bytes.len() as i64),
            Err(errno) => Outcome::Fail(errno),
        }
    }

    /// What an interrupted write(2) answers: the bytes it has moved, if it has moved any (INTR-03).
    #[inline]
    pub(crate) fn interrupted_count(&self, call: &Call) -> Option<i64> {
        (call.request.builtin == Builtin::Write && call.progress > 0).then_some(call.progress as i64)
    }

    /// A handler is about to interrupt a call: whether it is to be made again when the handler has returned, where
    /// `restart` is what SA_RESTART says. Output that goes on then is kept, as are lines that were read in part.
    pub(crate) fn carries_on(&mut self, me: Pid, call: &mut Call, restart: bool) -> bool {
        use Builtin::{Dprintf, Eprint, Eprintf, Exit, Fflush, Getline, Perror, Print, Printf, Ps, Pstree, Setvbuf};
        match call.request.builtin {
            Print | Printf | Eprint | Eprintf | Dprintf | Fflush | Perror | Ps | Pstree | Setvbuf | Exit => {
                let exits = call.request.builtin == Exit;
                let Some(mut bytes) = call.bytes.take() else { return restart || exits };
                if !restart && call.progress == 0 {
                    // The write fails with EINTR, and glibc drops what it could not write; exit goes on nevertheless.
                    return exits;
                }
                bytes.drain(..call.progress.min(bytes.len()));
                let process = self.process_mut(me);
                if let Some(context) = process.context.as_deref() {
                    let (pc, base) = (context.pc, context.base);
                    Arc::make_mut(&mut process.stdio.0).unfinished.push(Unfinished {
                        pc,
                        base,
                        bytes,
                        count: call.count,
                    });
                }
                true
            }
            Getline => {
                let fd = super::syscall::int(self, me, call, 0);
                self.keep_line(me, fd, call);
                restart
            }
            _ => restart,
        }
    }

    /// Keeps what a getline has read of its line for the next one.
    pub(crate) fn keep_line(&mut self, me: Pid, fd: i64, call: &mut Call) {
        if let (Ok((_, file)), Some(line)) = (self.lookup(me, fd), call.bytes.take()) {
            self.process_mut(me).stdio.keep_line(file.serial, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn at(line: usize) -> Deed {
        let span = Span::new(crate::source::FileId(0), line, line + 1);
        Deed { who: Pid(2), span, tick: line as u64 }
    }

    fn put(stdio: &mut Stdio, text: &[u8], mode: Mode) -> Vec<u8> {
        stdio.accept(text, mode, at(1))
    }

    #[test]
    fn line_mode_writes_up_to_the_last_newline() {
        let mut stdio = Stdio::default();
        assert_eq!(put(&mut stdio, b"a", Mode::Line), b"");
        assert_eq!(put(&mut stdio, b"b\nc\nd", Mode::Line), b"ab\nc\n");
        assert_eq!(stdio.buffered(), b"d");
    }

    #[test]
    fn full_mode_writes_when_the_buffer_runs_over_in_whole_blocks() {
        let mut stdio = Stdio::default();
        assert_eq!(put(&mut stdio, &[b'x'; STDIO_BUFFER], Mode::Full), b"");
        assert_eq!(put(&mut stdio, b"y\n", Mode::Full).len(), STDIO_BUFFER);
        assert_eq!(stdio.buffered(), b"y\n");
        assert_eq!(put(&mut stdio, &[b'z'; 2 * STDIO_BUFFER], Mode::Full).len(), 2 * STDIO_BUFFER);
        assert_eq!(stdio.buffered(), b"zz");
    }

    #[test]
    fn unbuffered_text_goes_at_once() {
        let mut stdio = Stdio::default();
        assert_eq!(put(&mut stdio, b"a", Mode::Unbuffered), b"a");
        assert!(stdio.buffered().is_empty() && stdio.prints().is_empty());
    }

    #[test]
    fn buffered_bytes_know_their_prints() {
        let mut stdio = Stdio::default();
        stdio.accept(b"one", Mode::Full, at(1));
        stdio.accept(b"one", Mode::Full, at(1));
        stdio.accept(b"two", Mode::Full, at(2));
        let lens = |prints: &[Print]| prints.iter().map(|print| (print.len, print.by.tick)).collect::<Vec<_>>();
        assert_eq!(lens(stdio.prints()), [(6, 1), (3, 2)]);
        let child = stdio.fork();
        assert_eq!(stdio.take(7), b"oneonet");
        assert_eq!(lens(stdio.writing()), [(6, 1), (1, 2)]);
        assert_eq!(lens(stdio.prints()), [(2, 2)]);
        assert_eq!(child.buffered(), b"oneonetwo");
    }

    #[test]
    fn the_beginning_of_a_line_is_kept_for_its_file() {
        let mut stdio = Stdio::default();
        stdio.keep_line(7, b"half".to_vec());
        assert_eq!(stdio.take_line(8), b"");
        assert_eq!(stdio.take_line(7), b"half");
        assert_eq!(stdio.take_line(7), b"");
    }
}
