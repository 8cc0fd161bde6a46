//! A run of a process: the loop is entered as often as it must be, in the process's register file or where its stack is.

use super::context::Context;
use super::execute::{Cursor, Exit, execute};
use super::fault::Fault;
use super::guest::Guest;
use super::memory::{Arena, Memory};
use super::slots::{FILE, Files, VISITORS, fits};
use super::{Stop, WINDOW, slow};
use crate::bytecode::image::Verified;

/// The most that one run is given.
const MOST_FUEL: u64 = 1 << 60;

/// The register file and caches that all processes of one machine share.
#[derive(Debug, Default)]
pub struct Processor {
    files: Files,
    /// Whether frames begin as zeros, so that what a process did before leaves nothing in it.
    tidy: bool,
    /// Whether every instruction takes a turn of the loop by itself.
    unfused: bool,
}

impl Processor {
    /// A processor that clears every frame at its call: slower, and equal states have equal slots.
    pub fn tidy() -> Self {
        Processor { tidy: true, ..Self::default() }
    }

    /// A processor that never carries out several instructions in one turn: slower, and in nothing else different.
    pub fn unfused() -> Self {
        Processor { unfused: true, ..Self::default() }
    }

    #[inline]
    pub(super) fn files(&mut self) -> &mut Files {
        &mut self.files
    }
}

/// How a run goes: the longest straight run that is charged as a whole, and whether several instructions may be carried out at once.
type Way = (u64, bool);

/// Runs the process until it must stop, for at most `fuel` instructions; returns why it stopped and how many
/// instructions were carried out (a system call counts when it is reached, a faulting instruction does not).
#[inline(always)]
pub fn run(processor: &mut Processor, context: &mut Context, memory: &mut Memory, fuel: u64) -> (Stop, u64) {
    let reserve = if processor.tidy { u64::MAX } else { context.image.longest_run() };
    let fuel = fuel.min(MOST_FUEL);
    let mut cursor = Cursor { pc: context.pc, base: context.base as usize, fuel };
    let way = (reserve, !processor.unfused);
    let stop = if context.slots.are_file() && fits(cursor.base) {
        run_in_file(&mut cursor, context, memory, way)
    } else {
        run_elsewhere(processor, &mut cursor, context, memory, way)
    };
    context.count_slots(memory);
    (stop, fuel - cursor.fuel)
}

/// Runs a process in its register file. What it has room for at once is enough for most, which then take only this way: one
/// turn of the loop, with nothing to be found out about the stack or the fuel.
#[inline(always)]
fn run_in_file(cursor: &mut Cursor, context: &mut Context, memory: &mut Memory, way: Way) -> Stop {
    let (reserve, fusion) = way;
    let exit = match context.slots.words_mut().get_mut(..FILE) {
        Some(window) if cursor.fuel > reserve => {
            let image: &Verified = &context.image;
            let code = if fusion { image.fused() } else { image.plain() };
            let arena = Arena::new(memory, &mut context.space, &mut context.heap, context.limits.heap, 0);
            execute::<false>(code, window, &mut Guest { image, arena }, cursor, reserve)
        }
        _ => Exit::Low,
    };
    let stop = match exit {
        Exit::Syscall => slow::request(context.image.code.get(cursor.pc as usize)),
        Exit::Low | Exit::Room => run_on(cursor, context, memory, way),
        other => stop(other),
    };
    context.pc = cursor.pc;
    context.base = cursor.base as u32;
    context.slots.set_live(context.live_slots());
    stop
}

/// What stops a process that is not at a system call.
#[cold]
#[inline(never)]
fn stop(exit: Exit) -> Stop {
    match exit {
        Exit::Fault(fault) => Stop::Fault(fault),
        Exit::HandlerReturned => Stop::HandlerReturned,
        Exit::Ended => slow::end(),
        Exit::Syscall | Exit::Spent | Exit::Low | Exit::Room => Stop::FuelSpent,
    }
}

/// The rest of a run in a register file, which may need more room than there is.
#[cold]
#[inline(never)]
fn run_on(cursor: &mut Cursor, context: &mut Context, memory: &mut Memory, way: Way) -> Stop {
    let mut words = context.slots.take();
    let stop = drive(cursor, &mut words, context, memory, way);
    context.slots.put(words, 0);
    stop
}

/// Runs a process that has no register file: in that of the visitors, or with a deep stack where it stands.
#[inline(never)]
fn run_elsewhere(
    processor: &mut Processor,
    cursor: &mut Cursor,
    context: &mut Context,
    memory: &mut Memory,
    way: Way,
) -> Stop {
    if fits(cursor.base) {
        context.take_file(processor, VISITORS);
        let stop = run_in_file(cursor, context, memory, way);
        context.leave_file(processor);
        return stop;
    }
    context.leave_file(processor);
    let mut words = context.slots.take();
    if words.len() < cursor.base + WINDOW {
        words.resize(cursor.base + WINDOW, 0);
    }
    let stop = drive(cursor, &mut words, context, memory, way);
    context.pc = cursor.pc;
    context.base = cursor.base as u32;
    let live = context.live_slots().min(words.len());
    words.truncate(live);
    if words.capacity() > 4 * (live + WINDOW) {
        words.shrink_to(live + WINDOW);
    }
    context.slots.put(words, live);
    stop
}

/// Runs both instances of the loop by turns, and finds room for the stack.
#[inline(never)]
fn drive(
    cursor: &mut Cursor,
    slots: &mut Vec<u64>,
    context: &mut Context,
    memory: &mut Memory,
    (reserve, fusion): Way,
) -> Stop {
    // The running frame has its window, whatever the limit.
    let most = context.most_slots().max(context.base as usize + WINDOW);
    let image: &Verified = &context.image;
    let code = if fusion { image.fused() } else { image.plain() };
    let limits = context.limits;
    let arena = Arena::new(memory, &mut context.space, &mut context.heap, limits.heap, 0);
    let mut guest = Guest { image, arena };
    // What is added at a time doubles within one run and begins small in the next: a deep stack under a short quantum
    // must not be cleared again in its whole length at every call.
    let mut step = 4 * WINDOW;
    loop {
        let usable = slots.len().min(most);
        let window = &mut slots[..usable];
        let exit = if cursor.fuel <= reserve {
            execute::<true>(image.plain(), window, &mut guest, cursor, reserve)
        } else {
            execute::<false>(code, window, &mut guest, cursor, reserve)
        };
        match exit {
            Exit::Syscall => return slow::request(image.code.get(cursor.pc as usize)),
            Exit::Low => {}
            Exit::Room if usable == most => return Stop::Fault(Box::new(Fault::StackOverflow { limit: limits.stack })),
            Exit::Room => {
                slots.resize((slots.len() + step).min(most), 0);
                step *= 2;
            }
            other => return stop(other),
        }
    }
}
