//! What a process may still do, found from its bytecode: which system calls lie ahead of it, and what it can print. Steps that no
//! future of another process can notice go first and alone: every other order leads to the same states.

use std::rc::Rc;

use super::blind;
use crate::abi::Builtin;
use crate::bytecode::image::{Image, Verified};
use crate::bytecode::op::{Instruction, Op};
use crate::check::tree::Piece;
use crate::kernel::process::{Process, State};

/// Texts that are made of one word repeated can be printed in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Prints {
    /// Nothing.
    #[default]
    Nothing,
    /// This word, any number of times.
    Word(Rc<[u8]>),
    /// Anything.
    Anything,
}

impl Prints {
    /// What a text is made of.
    pub(crate) fn of(text: &[u8]) -> Prints {
        let repeats = |length: &usize| {
            text.len().is_multiple_of(*length) && text.chunks(*length).all(|part| part == &text[..*length])
        };
        match (1..=text.len()).find(repeats) {
            None => Prints::Nothing,
            Some(length) => Prints::Word(text[..length].into()),
        }
    }

    /// Whether texts of both kinds can be printed in any order.
    pub(crate) fn agrees_with(&self, other: &Prints) -> bool {
        self.with(other) != Prints::Anything
    }

    /// Both together.
    pub(crate) fn with(&self, other: &Prints) -> Prints {
        match (self, other) {
            (Prints::Nothing, other) => other.clone(),
            (this, Prints::Nothing) => this.clone(),
            (Prints::Word(a), Prints::Word(b)) if a == b => self.clone(),
            _ => Prints::Anything,
        }
    }
}

/// A set of system calls, as bits by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Calls([u64; 4]);

impl Calls {
    /// No call.
    pub(crate) const NONE: Calls = Calls([0; 4]);
    /// Every call.
    pub(crate) const ALL: Calls = Calls([u64::MAX; 4]);

    /// Those of a list.
    pub(crate) fn of(calls: &[Builtin]) -> Calls {
        let mut set = Calls::NONE;
        for call in calls {
            let number = *call as usize;
            if let Some(word) = set.0.get_mut(number / 64) {
                *word |= 1 << (number % 64);
            }
        }
        set
    }

    /// Those of both.
    pub(crate) fn with(self, other: Calls) -> Calls {
        let mut all = self;
        all.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
        all
    }

    /// Those that are not among these.
    pub(crate) fn without(self, these: Calls) -> Calls {
        let mut rest = self;
        rest.0.iter_mut().zip(these.0).for_each(|(word, less)| *word &= !less);
        rest
    }

    /// Whether all of them are among these.
    pub(crate) fn is_within(self, these: Calls) -> bool {
        self.0.iter().zip(these.0).all(|(a, b)| a & !b == 0)
    }

    /// Whether the two have one in common.
    pub(crate) fn meets(self, other: Calls) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }
}

/// A future: system calls as bits by their numbers, and texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Future {
    pub(crate) calls: Calls,
    pub(crate) prints: Prints,
}

impl Future {
    /// Whether one of these calls lies ahead.
    pub(crate) fn has(&self, calls: &[Builtin]) -> bool {
        self.calls.meets(Calls::of(calls))
    }

    /// Adds another future; whether that was news.
    pub(crate) fn add(&mut self, other: &Future) -> bool {
        let before = self.clone();
        self.calls = self.calls.with(other.calls);
        self.prints = self.prints.with(&other.prints);
        *self != before
    }
}

/// The futures of one program.
#[derive(Debug)]
struct Ahead {
    /// From each instruction to the end of its function.
    from: Vec<Future>,
    /// Of each function as a whole.
    whole: Vec<Future>,
    /// Which instructions are waits that do not look at whom they collect: nobody can tell when or in which order children end for them.
    blind: Vec<bool>,
    /// Which questions for ids are only asked to print the answer.
    only_printed: Vec<Builtin>,
}

/// The futures of all programs that were met.
#[derive(Debug, Default)]
pub(crate) struct Futures {
    known: Vec<(Verified, Rc<Ahead>)>,
}

impl Futures {
    fn ahead(&mut self, image: &Verified) -> Rc<Ahead> {
        if let Some((_, ahead)) = self.known.iter().find(|(known, _)| known.same(image)) {
            return Rc::clone(ahead);
        }
        let ahead = Rc::new(analyse(image));
        self.known.push((image.clone(), Rc::clone(&ahead)));
        ahead
    }

    /// What a process may still do, its next step included.
    pub(crate) fn of(&mut self, process: &Process) -> Future {
        let mut future = Future::default();
        let Some(context) = process.context.as_deref() else { return future };
        if process.state == State::Zombie {
            return future;
        }
        let ahead = self.ahead(&context.image);
        for (at, frame) in context.call_stack().iter().enumerate() {
            // Callers stand at their call, which is being made already; an interrupted frame stands before its instruction.
            let pc = frame.pc as usize + usize::from(at > 0 && !frame.interrupted);
            if let Some(from) = ahead.from.get(pc) {
                future.add(from);
            }
        }
        for signal in crate::abi::Signal::ALL {
            if process.signals.handles(*signal) {
                let handler = process.signals.action(*signal).handler.wrapping_sub(crate::abi::FUNCTION_BIAS);
                if let Some(whole) = ahead.whole.get(handler as usize) {
                    future.add(whole);
                }
            }
        }
        if let Some(call) = process.call.as_deref()
            && !self.waits_blindly(process)
        {
            future.calls = future.calls.with(Calls::of(&[call.request.builtin]));
        }
        let waiting = process.call.as_deref().and_then(|call| call.bytes.as_deref()).unwrap_or(&[]);
        for text in [process.stdio.buffered(), waiting] {
            future.prints = future.prints.with(&Prints::of(text));
        }
        if future.has(&[Builtin::Exec, Builtin::Execv, Builtin::Execl]) {
            future = Future { calls: Calls::ALL, prints: Prints::Anything };
        }
        future
    }
}

impl Futures {
    /// The calls that lie ahead of a process and may touch others: waits that do not look at whom they collect are none, nor are questions for
    /// ids that are only printed.
    pub(crate) fn calls_of(&mut self, process: &Process) -> Calls {
        let (ahead, future) = (self.ahead(&process.image), self.of(process));
        let used = |builtin: &Builtin| future.has(&[*builtin]) && !ahead.only_printed.contains(builtin);
        let asked = [Builtin::Getpid, Builtin::Getppid];
        let others = future.calls.without(Calls::of(&asked));
        others.with(Calls::of(&asked.into_iter().filter(used).collect::<Vec<_>>()))
    }

    /// Whether a process stands before a wait that does not look at whom it collects, or sleeps in one.
    pub(crate) fn waits_blindly(&mut self, process: &Process) -> bool {
        let Some(context) = process.context.as_deref() else { return false };
        // A process stands at its call until that has come to something.
        let waits =
            process.call.as_deref().is_none_or(|call| matches!(call.request.builtin, Builtin::Wait | Builtin::Waitpid));
        waits && self.ahead(&context.image).blind.get(context.pc as usize).copied().unwrap_or(false)
    }
}

fn analyse(image: &Image) -> Ahead {
    let count = image.code.len();
    let targets: Vec<bool> = targets(image);
    let blind = blind::find(image);
    let ids = [Builtin::Getpid, Builtin::Getppid];
    let only_printed = ids.into_iter().filter(|id| blind::is_only_printed(image, *id)).collect();
    let own = |pc: usize| if blind[pc] { Future::default() } else { own(image, pc, &targets) };
    let own: Vec<Future> = (0..count).map(own).collect();
    let mut ahead = Ahead { from: own, whole: vec![Future::default(); image.functions.len()], blind, only_printed };
    let values: Vec<usize> = image.code.iter().filter(|i| i.op == Op::LoadFn).map(|i| i.imm as usize).collect();
    loop {
        let mut changed = false;
        for pc in (0..count).rev() {
            let i = image.code[pc];
            let mut future = ahead.from[pc].clone();
            if !matches!(i.op, Op::Jump | Op::Return)
                && let Some(next) = ahead.from.get(pc + 1)
            {
                future.add(next);
            }
            if jumps(i.op)
                && let Some(target) = ahead.from.get(i.imm as usize)
            {
                future.add(target);
            }
            let callees: &[usize] = match i.op {
                Op::Call => &[i.imm as usize],
                Op::CallValue => &values,
                _ => &[],
            };
            for callee in callees {
                if let Some(whole) = ahead.whole.get(*callee) {
                    future.add(whole);
                }
            }
            changed |= ahead.from[pc].add(&future);
        }
        for (at, function) in image.functions.iter().enumerate() {
            if let Some(from) = ahead.from.get(function.entry as usize) {
                changed |= ahead.whole[at].add(from);
            }
        }
        if !changed {
            return ahead;
        }
    }
}

/// Whether an instruction may go to its target.
pub(super) fn jumps(op: Op) -> bool {
    matches!(
        op,
        Op::Jump
            | Op::JumpIf
            | Op::JumpIfNot
            | Op::JumpEq
            | Op::JumpNe
            | Op::JumpLt
            | Op::JumpLe
            | Op::JumpEqShort
            | Op::JumpNeShort
            | Op::JumpLtShort
            | Op::JumpLeShort
            | Op::JumpGtShort
            | Op::JumpGeShort
            | Op::JumpLtFloat
            | Op::JumpLeFloat
    )
}

pub(super) fn targets(image: &Image) -> Vec<bool> {
    let mut targets = vec![false; image.code.len()];
    for i in image.code.iter().filter(|i| jumps(i.op)) {
        if let Some(target) = targets.get_mut(i.imm as usize) {
            *target = true;
        }
    }
    targets
}

/// What one instruction does by itself.
fn own(image: &Image, pc: usize, targets: &[bool]) -> Future {
    let i = &image.code[pc];
    let builtin = match i.op {
        Op::Syscall => Builtin::from_number(i.c),
        // The end of the main program is an exit, and a handler's end is none; the one is counted as the other.
        Op::Return => Some(Builtin::Exit),
        _ => None,
    };
    let Some(builtin) = builtin else { return Future::default() };
    let prints = match builtin {
        Builtin::Print | Builtin::Printf => {
            literal(image, pc, i, targets).map_or(Prints::Anything, |text| Prints::of(&text))
        }
        Builtin::Dprintf | Builtin::Write | Builtin::Ps | Builtin::Pstree => Prints::Anything,
        _ => Prints::Nothing,
    };
    Future { calls: Calls::of(&[builtin]), prints }
}

/// The text that a printing call prints whatever happens, if that can be seen.
fn literal(image: &Image, pc: usize, i: &Instruction, targets: &[bool]) -> Option<Vec<u8>> {
    let format = image.formats.get(usize::try_from(i.imm).ok()?).filter(|format| !format.dynamic)?;
    let before = pc.checked_sub(1).and_then(|pc| image.code.get(pc));
    let mut shown = before
        .filter(|before| !targets[pc] && before.op == Op::LoadStr && before.a == i.a.wrapping_add(1) && i.b == 1)
        .and_then(|before| image.strings.get(before.imm as usize));
    let mut text = Vec::new();
    for piece in &format.pieces {
        match piece {
            Piece::Text(part) => text.extend_from_slice(part),
            Piece::Show => text.extend_from_slice(shown.take()?),
            Piece::Conversion(_) => return None,
        }
    }
    Some(text)
}
