//! A run of a process: its slots come into the register file, the loop is entered as often as it must be, and what is live goes back.

use super::context::Context;
use super::execute::{Cursor, Exit, execute};
use super::fault::Fault;
use super::guest::Guest;
use super::memory::{Arena, Memory};
use super::{SMALLEST_STACK, Stop, WINDOW};
use crate::bytecode::image::Verified;

/// Processes with at most so many slots run in the shared register file.
const SMALL: usize = 256;
/// How many slots a process has at hand at once: no limit of the stack asks for fewer.
const FIRST_ROOM: usize = SMALLEST_STACK as usize;
/// The most that one run is given.
const MOST_FUEL: u64 = 1 << 60;

/// The register file and caches that all processes of one machine share.
#[derive(Debug, Default)]
pub struct Processor {
    file: Vec<u64>,
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
}

/// Runs the process until it must stop, for at most `fuel` instructions; returns why it stopped and how many
/// instructions were carried out (a system call counts when it is reached, a faulting instruction does not).
#[inline(always)]
pub fn run(processor: &mut Processor, context: &mut Context, memory: &mut Memory, fuel: u64) -> (Stop, u64) {
    let reserve = if processor.tidy { u64::MAX } else { context.image.longest_run() };
    let fuel = fuel.min(MOST_FUEL);
    let mut cursor = Cursor { pc: context.pc, base: context.base as usize, fuel };
    let how = (reserve, !processor.unfused);
    let stop = if context.slots.len() <= SMALL && cursor.base + WINDOW <= FIRST_ROOM {
        run_small(&mut processor.file, &mut cursor, context, memory, how)
    } else {
        run_large(&mut cursor, context, memory, how)
    };
    context.count_slots(memory);
    (stop, fuel - cursor.fuel)
}

/// Runs a process in the shared register file. What it has room for at once is enough for most, which then take only this way: one
/// turn of the loop, with nothing to be found out about the stack or the fuel.
#[inline(always)]
fn run_small(
    file: &mut Vec<u64>,
    cursor: &mut Cursor,
    context: &mut Context,
    memory: &mut Memory,
    how: (u64, bool),
) -> Stop {
    make_room(file, FIRST_ROOM);
    if let Some(place) = file.get_mut(..context.slots.len()) {
        place.copy_from_slice(&context.slots);
    }
    let (reserve, fusion) = how;
    let exit = match file.get_mut(..FIRST_ROOM) {
        Some(window) if cursor.fuel > reserve => {
            let image: &Verified = &context.image;
            let code = if fusion { image.fused() } else { image.plain() };
            let arena = Arena::new(memory, &mut context.space, &mut context.heap, context.limits.heap, 0);
            execute::<false>(code, window, &mut Guest { image, arena }, cursor, reserve)
        }
        _ => Exit::Low,
    };
    let stop = match exit {
        Exit::Stop(stop) => stop,
        Exit::Low | Exit::Room => drive(cursor, file, context, memory, how),
    };
    context.pc = cursor.pc;
    context.base = cursor.base as u32;
    let live = context.live_slots();
    match file.get(..live) {
        Some(live) if context.slots.len() == live.len() => context.slots.copy_from_slice(live),
        live => replace_slots(&mut context.slots, live.unwrap_or(file)),
    }
    stop
}

/// Keeps the live slots of a process that has more or fewer than before.
#[inline(never)]
fn replace_slots(slots: &mut Vec<u64>, live: &[u64]) {
    slots.clear();
    slots.reserve_exact(live.len());
    slots.extend_from_slice(live);
}

/// Runs a process with a deep stack where it stands.
#[cold]
#[inline(never)]
fn run_large(cursor: &mut Cursor, context: &mut Context, memory: &mut Memory, how: (u64, bool)) -> Stop {
    let mut slots = std::mem::take(&mut context.slots);
    make_room(&mut slots, (cursor.base + WINDOW).max(FIRST_ROOM));
    let stop = drive(cursor, &mut slots, context, memory, how);
    context.pc = cursor.pc;
    context.base = cursor.base as u32;
    let live = context.live_slots().min(slots.len());
    slots.truncate(live);
    if slots.capacity() > 4 * (live + WINDOW) {
        slots.shrink_to(live + WINDOW);
    }
    context.slots = slots;
    stop
}

#[inline]
fn make_room(slots: &mut Vec<u64>, room: usize) {
    if slots.len() < room {
        slots.resize(room, 0);
    }
}

/// Runs both instances of the loop by turns, and finds room for the stack.
#[inline(never)]
fn drive(
    cursor: &mut Cursor,
    slots: &mut Vec<u64>,
    context: &mut Context,
    memory: &mut Memory,
    (reserve, fusion): (u64, bool),
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
            Exit::Stop(stop) => return stop,
            Exit::Low => {}
            Exit::Room if usable == most => return Stop::Fault(Box::new(Fault::StackOverflow { limit: limits.stack })),
            Exit::Room => {
                slots.resize((slots.len() + step).min(most), 0);
                step *= 2;
            }
        }
    }
}
