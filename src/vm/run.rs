//! The loop that carries out instructions. It has three arms: the next instruction, a stop, a fault.
//!
//! Fuel is counted to the instruction. While there is plenty, a straight run is charged as a whole where
//! control leaves it; when less is left than the longest straight run of the program, a second instance of the same
//! loop counts every instruction.

use super::context::{Context, static_slots};
use super::fault::Fault;
use super::guest::Guest;
use super::memory::{Arena, Memory, add_cells, cells_between};
use super::text::literal;
use super::{FIRST_SPECIAL_LINK, HANDLER_LINK, Request, Stop, WINDOW, slow};
use crate::abi::{Builtin, FUNCTION_BIAS};
use crate::bytecode::image::{Image, Verified};
use crate::bytecode::op::{Instruction, Op};

/// Processes with at most so many slots run in the shared register file.
const SMALL: usize = 256;
/// The most that one run is given.
const MOST_FUEL: u64 = 1 << 60;
/// How many programs' longest straight runs are remembered.
const REMEMBERED: usize = 16;

/// The register file and caches that all processes of one machine share.
#[derive(Debug, Default)]
pub struct Processor {
    file: Vec<u64>,
    /// The longest straight run of programs, the one met last in front.
    straight: Vec<(Verified, u64)>,
    /// Whether frames begin as zeros, so that what a process did before leaves nothing in it.
    tidy: bool,
}

impl Processor {
    /// A processor that clears every frame at its call: slower, and equal states have equal slots.
    pub fn tidy() -> Self {
        Processor { tidy: true, ..Self::default() }
    }

    /// The fuel below which instructions are counted one by one.
    fn reserve(&mut self, image: &Verified) -> u64 {
        if let Some((first, longest)) = self.straight.first()
            && first.same(image)
        {
            return *longest;
        }
        match self.straight.iter().position(|(known, _)| known.same(image)) {
            Some(at) => self.straight.swap(0, at),
            None => {
                self.straight.truncate(REMEMBERED - 1);
                self.straight.insert(0, (image.clone(), longest_run(image)));
            }
        }
        self.straight[0].1
    }
}

/// The most instructions that can be carried out before one that charges them.
fn longest_run(image: &Image) -> u64 {
    let ends = |op: Op| matches!(op, Op::Jump | Op::Call | Op::CallValue | Op::Return | Op::Syscall);
    let runs = image.code.split_inclusive(|instruction| ends(instruction.op));
    runs.map(<[Instruction]>::len).max().unwrap_or(0) as u64
}

/// Where the processor stands.
#[derive(Debug)]
struct Cursor {
    pc: u32,
    base: usize,
    fuel: u64,
}

/// Why [`execute`] came back.
enum Exit {
    Stop(Stop),
    /// The fuel no longer lasts for the longest straight run.
    Low,
    /// A call has no window in the slots; it has not begun.
    Room,
}

/// Runs the process until it must stop, for at most `fuel` instructions; returns why it stopped and how many
/// instructions were carried out (a system call counts when it is reached, a faulting instruction does not).
pub fn run(processor: &mut Processor, context: &mut Context, memory: &mut Memory, fuel: u64) -> (Stop, u64) {
    let reserve = if processor.tidy { u64::MAX } else { processor.reserve(&context.image) };
    let most = context.most_slots();
    let small = context.slots.len() <= SMALL;
    let mut slots = std::mem::take(if small { &mut processor.file } else { &mut context.slots });
    let room = context.base as usize + WINDOW;
    if slots.len() < room.max(2 * WINDOW) {
        slots.resize(room.max(2 * WINDOW), 0);
    }
    if small {
        slots[..context.slots.len()].copy_from_slice(&context.slots);
    }
    let fuel = fuel.min(MOST_FUEL);
    let mut cursor = Cursor { pc: context.pc, base: context.base as usize, fuel };
    let stop = drive(&mut cursor, &mut slots, context, memory, reserve, most.max(room));
    context.pc = cursor.pc;
    context.base = cursor.base as u32;
    let live = context.live_slots().min(slots.len());
    if small {
        if context.slots.len() == live {
            context.slots.copy_from_slice(&slots[..live]);
        } else {
            context.slots.clear();
            context.slots.reserve_exact(live);
            context.slots.extend_from_slice(&slots[..live]);
        }
        processor.file = slots;
    } else {
        slots.truncate(live);
        if slots.capacity() > 4 * (live + WINDOW) {
            slots.shrink_to(live + WINDOW);
        }
        context.slots = slots;
    }
    context.count_slots(memory);
    (stop, fuel - cursor.fuel)
}

/// Runs both instances of the loop by turns, and finds room for the stack.
fn drive(
    cursor: &mut Cursor,
    slots: &mut Vec<u64>,
    context: &mut Context,
    memory: &mut Memory,
    reserve: u64,
    most: usize,
) -> Stop {
    let image: &Image = &context.image;
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
            execute::<true>(&image.code, window, &mut guest, cursor, reserve)
        } else {
            execute::<false>(&image.code, window, &mut guest, cursor, reserve)
        };
        match exit {
            Exit::Stop(stop) => return stop,
            Exit::Low => {}
            Exit::Room if usable == most => return Stop::Fault(Fault::StackOverflow { limit: limits.stack }),
            Exit::Room => {
                slots.resize((slots.len() + step).min(most), 0);
                step *= 2;
            }
        }
    }
}

/// The registers of the frame at `base` of the stack.
#[inline(always)]
fn window(stack: &mut [u64], base: usize) -> Option<&mut [u64; WINDOW]> {
    stack.get_mut(base..base + WINDOW)?.first_chunk_mut()
}

/// The function that a function value names.
#[cold]
#[inline(never)]
fn no_function(value: u64) -> Fault {
    if value == 0 { Fault::Nil { what: "function" } } else { Fault::NotAFunction }
}

/// What a frame's end means that no call made: of the whole program, or of a handler.
#[cold]
#[inline(never)]
fn special_return(link: u64, registers: &mut [u64; WINDOW]) -> Stop {
    if link == HANDLER_LINK {
        return Stop::HandlerReturned;
    }
    registers[1] = 0;
    Stop::Syscall(Request { builtin: Builtin::Exit, window: 0, args: 1, format: None })
}

#[cold]
#[inline(never)]
fn request(instruction: Instruction) -> Stop {
    match Builtin::from_number(instruction.c) {
        Some(builtin) => Stop::Syscall(Request {
            builtin,
            window: instruction.a,
            args: instruction.b,
            format: u32::try_from(instruction.imm).ok(),
        }),
        None => Stop::Fault(Fault::NotAFunction),
    }
}

fn float(word: u64) -> f64 {
    f64::from_bits(word)
}

/// Carries out instructions. With `STEP`, each is charged by itself and frames begin as zeros.
#[inline(never)]
fn execute<const STEP: bool>(
    code: &[Instruction],
    slots: &mut [u64],
    guest: &mut Guest<'_>,
    cursor: &mut Cursor,
    reserve: u64,
) -> Exit {
    let Cursor { mut pc, mut base, mut fuel } = *cursor;
    // While runs are charged as a whole: the fuel above the reserve, plus the instruction before the present run. At
    // an instruction that leaves the run, the difference to its place is what is left after it.
    let mut bias = fuel.wrapping_sub(reserve).wrapping_add(u64::from(pc)).wrapping_sub(1) as i64;
    let (globals, stack) = slots.split_at_mut(static_slots(guest.image));
    base -= globals.len();
    let Some(mut win) = window(stack, base) else { return Exit::Room };

    // Leaves the loop before the present instruction.
    macro_rules! fault {
        ($fault:expr) => {
            break (Exit::Stop(Stop::Fault($fault)), 0)
        };
    }
    // Goes on elsewhere, after charging the straight run that ends here.
    macro_rules! go {
        ($target:expr) => {{
            let target: u32 = $target;
            if STEP {
                fuel -= 1;
                pc = target;
            } else {
                let left = bias - i64::from(pc);
                pc = target;
                bias = left + i64::from(target) - 1;
                if left <= 0 {
                    break (Exit::Low, 0);
                }
            }
            continue;
        }};
    }
    macro_rules! go_if {
        ($i:ident, $test:expr) => {
            if $test {
                go!($i.imm as u32)
            }
        };
    }
    macro_rules! call {
        ($i:ident, $function:expr) => {{
            let Some(function) = guest.image.functions.get($function) else { fault!(Fault::NotAFunction) };
            let link = u64::from(pc) << 8 | u64::from($i.a);
            let callee = base + usize::from($i.a);
            win = match window(stack, callee) {
                Some(window) => window,
                None => break (Exit::Room, 0),
            };
            win[0] = link;
            if STEP {
                let first = usize::from($i.b) + 1;
                if let Some(fresh) = win.get_mut(first..usize::from(function.frame)) {
                    fresh.fill(0);
                }
            }
            base = callee;
            go!(function.entry)
        }};
    }

    let (exit, counted): (Exit, u32) = loop {
        let i = &code[pc as usize];
        if STEP && fuel == 0 {
            break (Exit::Stop(Stop::FuelSpent), 0);
        }
        match i.op {
            Op::Nop => {}
            Op::Move => win[i.a as usize] = win[i.b as usize],
            Op::LoadInt => win[i.a as usize] = i.imm as i64 as u64,
            Op::LoadConst => win[i.a as usize] = guest.image.constants[i.imm as usize],
            Op::LoadStr => win[i.a as usize] = literal(i.imm as u32),
            Op::LoadFn => win[i.a as usize] = i.imm as u64 + FUNCTION_BIAS,
            Op::LoadGlobal => win[i.a as usize] = globals[i.imm as usize],
            Op::StoreGlobal => globals[i.imm as usize] = win[i.a as usize],
            Op::AddInt => win[i.a as usize] = win[i.b as usize].wrapping_add(win[i.c as usize]),
            Op::SubInt => win[i.a as usize] = win[i.b as usize].wrapping_sub(win[i.c as usize]),
            Op::MulInt => win[i.a as usize] = win[i.b as usize].wrapping_mul(win[i.c as usize]),
            Op::DivInt => match (win[i.b as usize] as i64).checked_div(win[i.c as usize] as i64) {
                Some(quotient) => win[i.a as usize] = quotient as u64,
                None => fault!(slow::division(win[i.b as usize] as i64, win[i.c as usize])),
            },
            Op::RemInt => match (win[i.b as usize] as i64).checked_rem(win[i.c as usize] as i64) {
                Some(rest) => win[i.a as usize] = rest as u64,
                None => fault!(slow::division(win[i.b as usize] as i64, win[i.c as usize])),
            },
            Op::AndInt => win[i.a as usize] = win[i.b as usize] & win[i.c as usize],
            Op::OrInt => win[i.a as usize] = win[i.b as usize] | win[i.c as usize],
            Op::XorInt => win[i.a as usize] = win[i.b as usize] ^ win[i.c as usize],
            Op::ShlInt => win[i.a as usize] = win[i.b as usize].wrapping_shl(win[i.c as usize] as u32),
            Op::ShrInt => win[i.a as usize] = (win[i.b as usize] as i64).wrapping_shr(win[i.c as usize] as u32) as u64,
            Op::AddImm => win[i.a as usize] = win[i.b as usize].wrapping_add(i.imm as i64 as u64),
            Op::MulImm => win[i.a as usize] = win[i.b as usize].wrapping_mul(i.imm as i64 as u64),
            Op::DivImm => match (win[i.b as usize] as i64).checked_div(i64::from(i.imm)) {
                Some(quotient) => win[i.a as usize] = quotient as u64,
                None => fault!(slow::division(win[i.b as usize] as i64, i.imm as u64)),
            },
            Op::RemImm => match (win[i.b as usize] as i64).checked_rem(i64::from(i.imm)) {
                Some(rest) => win[i.a as usize] = rest as u64,
                None => fault!(slow::division(win[i.b as usize] as i64, i.imm as u64)),
            },
            Op::AndImm => win[i.a as usize] = win[i.b as usize] & i.imm as i64 as u64,
            Op::ShlImm => win[i.a as usize] = win[i.b as usize].wrapping_shl(i.imm as u32),
            Op::ShrImm => win[i.a as usize] = (win[i.b as usize] as i64).wrapping_shr(i.imm as u32) as u64,
            Op::NegInt => win[i.a as usize] = win[i.b as usize].wrapping_neg(),
            Op::Complement => win[i.a as usize] = !win[i.b as usize],

            Op::AddFloat => win[i.a as usize] = (float(win[i.b as usize]) + float(win[i.c as usize])).to_bits(),
            Op::SubFloat => win[i.a as usize] = (float(win[i.b as usize]) - float(win[i.c as usize])).to_bits(),
            Op::MulFloat => win[i.a as usize] = (float(win[i.b as usize]) * float(win[i.c as usize])).to_bits(),
            Op::DivFloat => win[i.a as usize] = (float(win[i.b as usize]) / float(win[i.c as usize])).to_bits(),
            Op::RemFloat => win[i.a as usize] = (float(win[i.b as usize]) % float(win[i.c as usize])).to_bits(),
            Op::NegFloat => win[i.a as usize] = win[i.b as usize] ^ 1 << 63,
            Op::IntToFloat => win[i.a as usize] = (win[i.b as usize] as i64 as f64).to_bits(),
            Op::FloatToInt => win[i.a as usize] = float(win[i.b as usize]) as i64 as u64,

            Op::EqInt => win[i.a as usize] = u64::from(win[i.b as usize] == win[i.c as usize]),
            Op::NeInt => win[i.a as usize] = u64::from(win[i.b as usize] != win[i.c as usize]),
            Op::LtInt => win[i.a as usize] = u64::from((win[i.b as usize] as i64) < win[i.c as usize] as i64),
            Op::LeInt => win[i.a as usize] = u64::from(win[i.b as usize] as i64 <= win[i.c as usize] as i64),
            Op::EqFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) == float(win[i.c as usize])),
            Op::NeFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) != float(win[i.c as usize])),
            Op::LtFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) < float(win[i.c as usize])),
            Op::LeFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) <= float(win[i.c as usize])),
            Op::EqStr => win[i.a as usize] = u64::from(slow::equal(guest, win[i.b as usize], win[i.c as usize])),
            Op::NeStr => win[i.a as usize] = u64::from(!slow::equal(guest, win[i.b as usize], win[i.c as usize])),
            Op::LtStr => {
                win[i.a as usize] = u64::from(slow::compare(guest, win[i.b as usize], win[i.c as usize]).is_lt())
            }
            Op::LeStr => {
                win[i.a as usize] = u64::from(slow::compare(guest, win[i.b as usize], win[i.c as usize]).is_le())
            }
            Op::NotBool => win[i.a as usize] = u64::from(win[i.b as usize] == 0),
            Op::Truth => win[i.a as usize] = u64::from(win[i.b as usize] != 0),

            Op::Jump => go!(i.imm as u32),
            Op::JumpIf => go_if!(i, win[i.a as usize] != 0),
            Op::JumpIfNot => go_if!(i, win[i.a as usize] == 0),
            Op::JumpEq => go_if!(i, win[i.a as usize] == win[i.b as usize]),
            Op::JumpNe => go_if!(i, win[i.a as usize] != win[i.b as usize]),
            Op::JumpLt => go_if!(i, (win[i.a as usize] as i64) < win[i.b as usize] as i64),
            Op::JumpLe => go_if!(i, win[i.a as usize] as i64 <= win[i.b as usize] as i64),
            Op::JumpEqShort => go_if!(i, win[i.a as usize] as i64 == i.short()),
            Op::JumpNeShort => go_if!(i, win[i.a as usize] as i64 != i.short()),
            Op::JumpLtShort => go_if!(i, (win[i.a as usize] as i64) < i.short()),
            Op::JumpLeShort => go_if!(i, win[i.a as usize] as i64 <= i.short()),
            Op::JumpGtShort => go_if!(i, win[i.a as usize] as i64 > i.short()),
            Op::JumpGeShort => go_if!(i, win[i.a as usize] as i64 >= i.short()),
            Op::JumpLtFloat => go_if!(i, float(win[i.a as usize]) < float(win[i.b as usize])),
            Op::JumpLeFloat => go_if!(i, float(win[i.a as usize]) <= float(win[i.b as usize])),

            Op::Call => call!(i, i.imm as usize),
            Op::CallValue => {
                let index = win[i.c as usize].wrapping_sub(FUNCTION_BIAS);
                if index >= guest.image.functions.len() as u64 {
                    fault!(no_function(win[i.c as usize]))
                }
                call!(i, index as usize)
            }
            Op::Return => {
                let link = win[0];
                if link >= FIRST_SPECIAL_LINK {
                    break (Exit::Stop(special_return(link, win)), 1);
                }
                if i.b == 1 {
                    win[0] = win[i.a as usize];
                } else {
                    let first = usize::from(i.a);
                    win.copy_within(first..(first + usize::from(i.b)).min(WINDOW), 0);
                }
                base -= link as usize & 0xff;
                win = match window(stack, base) {
                    Some(window) => window,
                    None => break (Exit::Room, 0),
                };
                go!((link >> 8) as u32 + 1)
            }
            Op::Syscall => break (Exit::Stop(request(*i)), 1),

            Op::ArrayLen => win[i.a as usize] = guest.arena.read(win[i.b as usize]) & 0xffff_ffff,
            Op::StrLen => win[i.a as usize] = slow::length(guest, win[i.b as usize]),
            Op::LoadElem => match guest.element(win[i.b as usize], win[i.c as usize]) {
                Some(address) => win[i.a as usize] = guest.arena.read(address),
                None => fault!(slow::explain(guest, win, i)),
            },
            Op::StoreElem => match guest.element(win[i.b as usize], win[i.c as usize]) {
                Some(address) => guest.arena.write(address, win[i.a as usize]),
                None => fault!(slow::explain(guest, win, i)),
            },
            Op::LoadByte => match slow::byte(guest, win[i.b as usize], win[i.c as usize]) {
                Some(byte) => win[i.a as usize] = u64::from(byte),
                None => fault!(slow::explain(guest, win, i)),
            },
            Op::LoadField if win[i.b as usize] != 0 => {
                win[i.a as usize] = guest.arena.read(win[i.b as usize].wrapping_add(i.imm as u64))
            }
            Op::StoreField if win[i.b as usize] != 0 => {
                guest.arena.write(win[i.b as usize].wrapping_add(i.imm as u64), win[i.a as usize])
            }
            Op::LoadField | Op::StoreField => fault!(Fault::Nil { what: "struct" }),
            Op::LoadCell => match guest.arena.cell(win[i.b as usize], win[i.c as usize]) {
                Some(address) => win[i.a as usize] = guest.arena.read(address),
                None => fault!(slow::explain(guest, win, i)),
            },
            Op::StoreCell => match guest.arena.cell(win[i.b as usize], win[i.c as usize]) {
                Some(address) => guest.arena.write(address, win[i.a as usize]),
                None => fault!(slow::explain(guest, win, i)),
            },
            Op::PtrAdd => win[i.a as usize] = add_cells(win[i.b as usize], win[i.c as usize] as i64),
            Op::PtrSub => win[i.a as usize] = add_cells(win[i.b as usize], (win[i.c as usize] as i64).saturating_neg()),
            Op::PtrDiff => win[i.a as usize] = cells_between(win[i.b as usize], win[i.c as usize]) as u64,
            Op::Push if win[i.a as usize] != 0 && guest.push_in_place(win[i.a as usize], win[i.b as usize]) => {}

            Op::Library
            | Op::NewArray
            | Op::ArrayOf
            | Op::Push
            | Op::Concat
            | Op::SliceArray
            | Op::SliceStr
            | Op::NewStruct
            | Op::ParseInt
            | Op::ParseFloat
            | Op::AssertFail => {
                let done = slow::carry_out(guest, globals, stack, base, pc, i);
                match window(stack, base) {
                    Some(window) => win = window,
                    None => break (Exit::Room, 0),
                }
                if let Err(fault) = done {
                    fault!(fault)
                }
            }
        }
        pc += 1;
        if STEP {
            fuel -= 1;
        }
    };
    let left = if STEP { fuel } else { (bias + 1 - i64::from(pc) + reserve as i64) as u64 };
    let fuel = left - u64::from(counted);
    *cursor = Cursor { pc, base: base + globals.len(), fuel };
    exit
}
