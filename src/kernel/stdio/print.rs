//! The prints: a text is made, goes into the buffer or past it, and the call is answered. The quick ways are those that most prints
//! take; whatever is out of the ordinary goes the long way.

use std::sync::Arc;

use super::Mode;
use crate::abi::Builtin;
use crate::abi::constant::STDOUT_FILENO;
use crate::kernel::call::{Call, Outcome};
use crate::kernel::event::Watch;
use crate::kernel::file::Kind;
use crate::kernel::machine::Machine;
use crate::kernel::param::STDIO_BUFFER;
use crate::kernel::process::{Deed, Pid};
use crate::vm::{Context, Fault, Request};

/// The largest place for printed text that is kept for the next print.
const MOST_KEPT: usize = 64 << 10;

/// Hands the answer of a print of `len` bytes to its process and moves it past the call.
fn answer(context: &mut Context, request: &Request, len: usize) {
    if request.builtin == Builtin::Printf {
        context.set_register(request.window, len as u64);
    }
    context.pc += 1;
}

impl Machine {
    /// Prints through the stdout buffer. The text is made once, however often the call is made again.
    pub(crate) fn print_buffered(
        &mut self,
        me: Pid,
        call: &mut Call,
        render: impl FnOnce(&mut Machine, &Call, &mut Vec<u8>) -> Result<(), Fault>,
    ) -> Outcome {
        if self.resume_output(me, call) {
            return self.finish_buffered(me, call);
        }
        let mut text = std::mem::take(&mut self.text);
        let outcome = match render(self, call, &mut text) {
            Ok(()) => self.print_text(me, call, &text),
            Err(fault) => Outcome::fault(fault),
        };
        if text.capacity() <= MOST_KEPT {
            text.clear();
            self.text = text;
        }
        outcome
    }

    /// Carries out a print that only adds to the buffer, as into a file all but one in hundreds do, or that is one whole line for the
    /// terminal: its text is made where it stays. False, and nothing done, where there is more to a print.
    pub(crate) fn print_at_once(&mut self, me: Pid, request: &Request) -> bool {
        if self.watches(Watch::SYSCALL) || !self.made.is_empty() {
            return false;
        }
        let (remember, tick) = (self.config.remember, self.clock);
        let Some(process) = self.table.get_mut(me) else { return false };
        let (Some(context), Some(format)) = (process.context.as_deref_mut(), request.format()) else { return false };
        let Some(streams) = Arc::get_mut(&mut process.stdio.0) else { return false };
        let by_line = streams.mode == Some(Mode::Line);
        if !matches!(streams.mode, Some(Mode::Full | Mode::Line)) || !streams.unfinished.is_empty() {
            return false;
        }
        let held = streams.buffer.len();
        let made = context.render(&self.memory, format, request.window, 0, &mut streams.buffer);
        let (before, text) = streams.buffer.split_at(held.min(streams.buffer.len()));
        let newline = if by_line { text.iter().position(|byte| *byte == b'\n') } else { None };
        let whole_line = before.is_empty() && newline.is_some_and(|at| at + 1 == text.len());
        if made.is_err() || streams.buffer.len() > STDIO_BUFFER || newline.is_some() && !whole_line {
            streams.buffer.truncate(held);
            return false;
        }
        if whole_line {
            return self.print_line(me, request);
        }
        let len = streams.buffer.len() - held;
        let by = match remember {
            true => Deed { who: me, span: context.image.span(context.pc), tick },
            false => Deed { who: me, span: Default::default(), tick: 0 },
        };
        streams.note(len, by);
        answer(context, request, len);
        true
    }

    /// Writes the one line that the buffer holds to the terminal; false, and the buffer empty again, where that is not what
    /// descriptor 1 is, or where the terminal has more to say to it.
    fn print_line(&mut self, me: Pid, request: &Request) -> bool {
        let stream = match self.lookup(me, STDOUT_FILENO) {
            Ok((_, file)) if file.writable() && !self.terminal.tostop => match file.kind {
                Kind::Terminal(stream) => Some(stream),
                _ => None,
            },
            _ => None,
        };
        let Some(streams) = Arc::get_mut(&mut self.process_mut(me).stdio.0) else { return false };
        let mut text = std::mem::take(&mut streams.buffer);
        let written = stream.is_some_and(|stream| matches!(self.write_terminal(me, stream, &text), Outcome::Int(_)));
        let len = text.len();
        text.clear();
        let process = self.process_mut(me);
        if let Some(streams) = Arc::get_mut(&mut process.stdio.0) {
            streams.buffer = text;
        }
        if let (true, Some(context)) = (written, process.context.as_deref_mut()) {
            answer(context, request, len);
        }
        written
    }

    /// Prints `text` through the buffer. What need not wait in it is written from where it stands.
    fn print_text(&mut self, me: Pid, call: &mut Call, text: &[u8]) -> Outcome {
        call.count = text.len() as i64;
        let (mode, by) = (self.stdout_mode(me), self.deed(me));
        let stdio = &mut self.process_mut(me).stdio;
        if !stdio.buffered().is_empty() || stdio.leaving(text, mode) < text.len() {
            let bytes = stdio.accept(text, mode, by);
            if bytes.is_empty() {
                return Outcome::Int(call.count);
            }
            call.bytes = Some(bytes);
            self.note_written(me);
            return self.finish_buffered(me, call);
        }
        if text.is_empty() {
            return Outcome::Int(0);
        }
        match self.write_bytes(me, STDOUT_FILENO, call, text) {
            Outcome::Int(count) if count == call.count => Outcome::Int(count),
            Outcome::Int(count) => {
                self.process_mut(me).stdio.pass(text, by);
                call.progress = 0;
                call.bytes = text.get(count as usize..).map(<[u8]>::to_vec);
                self.finish_buffered(me, call)
            }
            outcome => {
                self.process_mut(me).stdio.pass(text, by);
                call.bytes = Some(text.to_vec());
                self.note_failed(me, call, &outcome);
                outcome
            }
        }
    }

    /// Prints to a descriptor at once.
    pub(crate) fn print_unbuffered(
        &mut self,
        me: Pid,
        fd: i64,
        call: &mut Call,
        render: impl FnOnce(&mut Machine, &Call, &mut Vec<u8>) -> Result<(), Fault>,
    ) -> Outcome {
        if !self.resume_output(me, call) {
            let mut text = Vec::new();
            if let Err(fault) = render(self, call, &mut text) {
                return Outcome::fault(fault);
            }
            call.count = text.len() as i64;
            call.bytes = Some(text);
        }
        self.finish_output(me, fd, call)
    }
}
