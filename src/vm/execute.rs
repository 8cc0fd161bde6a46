//! The loop that carries out instructions. It has three arms: the next instruction, a stop, a fault.
//!
//! Fuel is counted to the instruction. While there is plenty, a straight run is charged as a whole where
//! control leaves it; when less is left than the longest straight run of the program, a second instance of the same
//! loop counts every instruction.

use super::context::static_slots;
use super::fault::Fault;
use super::guest::Guest;
use super::memory::{add_cells, cells_between};
use super::operation::{float, taken, value};
use super::text::literal;
use super::{FIRST_SPECIAL_LINK, WINDOW, slow};
use crate::abi::FUNCTION_BIAS;
use crate::bytecode::fuse::{Entry, SPAN, Step};
use crate::for_each_fusion;

/// Where the processor stands.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) pc: u32,
    pub(super) base: usize,
    pub(super) fuel: u64,
}

/// Why [`execute`] came back. So small, it comes back in registers.
pub(super) enum Exit {
    /// At a system call, which is charged.
    Syscall,
    /// At an instruction that cannot be carried out.
    Fault(Box<Fault>),
    /// The fuel is spent.
    Spent,
    /// A signal handler has returned.
    HandlerReturned,
    /// The program's first function has returned: it ends as if it had called `exit`.
    Ended,
    /// The fuel no longer lasts for the longest straight run.
    Low,
    /// A call has no window in the slots; it has not begun.
    Room,
}

/// The registers of the frame at `base` of the stack.
#[inline(always)]
fn window(stack: &mut [u64], base: usize) -> Option<&mut [u64; WINDOW]> {
    stack.get_mut(base..)?.first_chunk_mut()
}

/// The same after an instruction that was carried out elsewhere: as a call, so that nothing of it is made ready in every turn of the loop.
#[inline(never)]
fn window_again(stack: &mut [u64], base: usize) -> Option<&mut [u64; WINDOW]> {
    window(stack, base)
}

#[cold]
#[inline(never)]
fn faulted(fault: Fault) -> Exit {
    Exit::Fault(Box::new(fault))
}

/// Carries out instructions. With `STEP`, each is charged by itself and frames begin as zeros.
#[allow(
    unused_assignments,
    unused_variables,
    reason = "not every result is read by a next part, not every operand by a macro"
)]
#[inline(never)]
pub(super) fn execute<const STEP: bool>(
    code: &[Entry],
    slots: &mut [u64],
    guest: &mut Guest<'_>,
    cursor: &mut Cursor,
    reserve: u64,
) -> Exit {
    let Cursor { pc, mut base, mut fuel } = *cursor;
    let mut pc = pc as usize;
    // While runs are charged as a whole: the fuel above the reserve, plus the instruction before the present run. At
    // an instruction that leaves the run, the difference to its place is what is left after it.
    let mut bias = fuel.wrapping_sub(reserve).wrapping_add(pc as u64).wrapping_sub(1) as i64;
    let (globals, stack) = slots.split_at_mut(static_slots(guest.image));
    base -= globals.len();
    let Some(mut win) = window(stack, base) else { return Exit::Room };

    let (exit, counted): (Exit, u32) = 'turns: loop {
        // That the counter is 32 bits wide says that nothing overflows here.
        pc = pc as u32 as usize;
        let row: &[Entry; SPAN] = match code.get(pc..pc + SPAN).and_then(|row| row.first_chunk()) {
            Some(row) => row,
            None => break 'turns (faulted(Fault::NotAFunction), 0),
        };
        // What a fused step made last.
        let mut last = 0_u64;
        // Leaves the loop before the present instruction.
        macro_rules! fault {
            ($fault:expr) => {
                break 'turns (faulted($fault), 0)
            };
        }
        // Goes on elsewhere, after charging the straight run that ends here.
        macro_rules! go {
            ($target:expr) => {{
                let target: usize = $target;
                if STEP {
                    fuel -= 1;
                    pc = target;
                } else {
                    let left = bias - pc as i64;
                    pc = target;
                    bias = left + target as i64 - 1;
                    if left <= 0 {
                        std::hint::cold_path();
                        break 'turns (Exit::Low, 0);
                    }
                }
                continue 'turns;
            }};
        }
        // Begins a function. In steps, its frame is cleared.
        macro_rules! call {
            ($i:ident, $entry:expr, $frame:expr) => {{
                let entry: u32 = $entry;
                let callee = base + usize::from($i.a);
                win = match window(stack, callee) {
                    Some(window) => window,
                    None => break 'turns (Exit::Room, 0),
                };
                win[0] = (pc as u64) << 32 | base as u64;
                if STEP {
                    let first = usize::from($i.b) + 1;
                    if let Some(fresh) = win.get_mut(first..usize::from($frame)) {
                        fresh.fill(0);
                    }
                }
                base = callee;
                go!(entry as usize)
            }};
        }

        // Ends a function, after giving its results.
        macro_rules! leave {
            ($give:expr) => {{
                let link = win[0];
                if link >= FIRST_SPECIAL_LINK {
                    break 'turns (slow::special_return(link, win), 1);
                }
                $give;
                base = link as u32 as usize;
                win = match window(stack, base) {
                    Some(window) => window,
                    None => break 'turns (Exit::Room, 0),
                };
                go!((link >> 32) as usize + 1)
            }};
        }

        // Writes an instruction's result, and keeps it at hand for the next part of a fused step.
        macro_rules! put {
            ($i:ident, $result:expr) => {{
                last = $result;
                win[$i.a as usize] = last
            }};
        }

        // Carries out an instruction that may allocate. Nothing of it is made ready before.
        macro_rules! elsewhere {
            () => {{
                let done = slow::carry_out(guest, globals, stack, base, pc as u32, &guest.image.code[pc]);
                match window_again(stack, base) {
                    Some(window) => win = window,
                    None => break 'turns (Exit::Room, 0),
                }
                if let Err(fault) = done {
                    fault!(fault)
                }
            }};
        }
        // What the instructions do that can be parts of a fused step.
        macro_rules! operation {
            (LoadConst, $i:ident, $a:expr, $b:expr, $c:expr) => {
                put!($i, guest.image.constants[$i.imm as usize])
            };
            (LoadGlobal, $i:ident, $a:expr, $b:expr, $c:expr) => {
                put!($i, globals[$i.imm as usize])
            };
            (StoreGlobal, $i:ident, $a:expr, $b:expr, $c:expr) => {
                globals[$i.imm as usize] = $a
            };
            (DivImm, $i:ident, $a:expr, $b:expr, $c:expr) => {
                match ($b as i64).checked_div(i64::from($i.imm)) {
                    Some(quotient) => put!($i, quotient as u64),
                    None => fault!(slow::division($b as i64, $i.imm as u64)),
                }
            };
            (RemImm, $i:ident, $a:expr, $b:expr, $c:expr) => {
                match ($b as i64).checked_rem(i64::from($i.imm)) {
                    Some(rest) => put!($i, rest as u64),
                    None => fault!(slow::division($b as i64, $i.imm as u64)),
                }
            };
            (RemInt, $i:ident, $a:expr, $b:expr, $c:expr) => {
                match ($b as i64).checked_rem($c as i64) {
                    Some(rest) => put!($i, rest as u64),
                    None => fault!(slow::division($b as i64, $c)),
                }
            };
            (Jump, $i:ident, $a:expr, $b:expr, $c:expr) => {
                go!($i.imm as u32 as usize)
            };
            (Call, $i:ident, $a:expr, $b:expr, $c:expr) => {
                call!($i, $i.imm as u32, guest.image.functions[guest.image.code[pc].imm as usize].frame)
            };
            (Return, $i:ident, $a:expr, $b:expr, $c:expr) => {
                leave!(match $i.b {
                    0 => {}
                    several => {
                        let first = usize::from($i.a);
                        win.copy_within(first..(first + usize::from(several)).min(WINDOW), 0);
                    }
                })
            };
            (ReturnOne, $i:ident, $a:expr, $b:expr, $c:expr) => {
                leave!(win[0] = $a)
            };
            (ArrayLen, $i:ident, $a:expr, $b:expr, $c:expr) => {
                put!($i, guest.arena.memory.array(*guest.arena.space, $b).0)
            };
            (StrLen, $i:ident, $a:expr, $b:expr, $c:expr) => {
                put!($i, guest.text_length($b))
            };
            (LoadElem, $i:ident, $a:expr, $b:expr, $c:expr) => {{
                let (array, index) = ($b, $c);
                match guest.arena.memory.near_element(array, index) {
                    Some(word) => put!($i, word),
                    None => match guest.arena.memory.load_far_element(guest.arena.space, array, index) {
                        Some(word) => put!($i, word),
                        None => fault!(explain!()),
                    },
                }
            }};
            (StoreElem, $i:ident, $a:expr, $b:expr, $c:expr) => {{
                let (array, index, word) = ($b, $c, $a);
                match guest.arena.memory.near_element_mut(array, index) {
                    Some(element) => *element = word,
                    None => {
                        if !guest.arena.memory.store_far_element(guest.arena.space, array, index, word) {
                            fault!(explain!())
                        }
                    }
                }
            }};
            (Push, $i:ident, $a:expr, $b:expr, $c:expr) => {
                if $a == 0 || !guest.push_in_place($a, $b) {
                    elsewhere!()
                }
            };
            (LoadField, $i:ident, $a:expr, $b:expr, $c:expr) => {{
                let object = $b;
                if object == 0 {
                    fault!(Fault::Nil { what: "struct" })
                }
                put!($i, guest.arena.read_field($i.b, object.wrapping_add($i.imm as u64)))
            }};
            (StoreField, $i:ident, $a:expr, $b:expr, $c:expr) => {{
                let object = $b;
                if object == 0 {
                    fault!(Fault::Nil { what: "struct" })
                }
                guest.arena.write_field($i.b, object.wrapping_add($i.imm as u64), $a)
            }};
            ($other:ident, $($operands:tt)*) => {
                value!(put, $other, $($operands)*)
            };
        }
        // Gives the operands of an instruction to a macro. The one that is named was made last.
        macro_rules! with_operands {
            ($macro:ident, $op:ident, $i:ident, []) => {
                $macro!($op, $i, win[$i.a as usize], win[$i.b as usize], win[$i.c as usize])
            };
            ($macro:ident, $op:ident, $i:ident, [a]) => {
                $macro!($op, $i, last, win[$i.b as usize], win[$i.c as usize])
            };
            ($macro:ident, $op:ident, $i:ident, [b]) => {
                $macro!($op, $i, win[$i.a as usize], last, win[$i.c as usize])
            };
            ($macro:ident, $op:ident, $i:ident, [c]) => {
                $macro!($op, $i, win[$i.a as usize], win[$i.b as usize], last)
            };
        }
        macro_rules! part {
            ($op:ident, $i:ident) => {
                with_operands!(operation, $op, $i, [])
            };
        }
        macro_rules! branch {
            ($op:ident, $i:ident) => {
                if with_operands!(taken, $op, $i, []) {
                    go!($i.imm as u32 as usize)
                }
            };
        }
        macro_rules! count {
            ($($part:ident $([$last:ident])?)+) => {
                0 $(+ count!(@one $part))+
            };
            (@one $part:ident) => {
                1
            };
        }
        // Goes on behind the next parts of the row: as a jump there, without another turn.
        macro_rules! skip {
            ($count:expr) => {{
                let left = bias - pc as i64;
                pc += 1 + $count;
                bias += $count;
                if left <= 0 {
                    std::hint::cold_path();
                    break 'turns (Exit::Low, 0);
                }
            }};
        }
        // Parts that one jump leads over, or to.
        macro_rules! members {
            ($at:expr,) => {};
            ($at:expr, $part:ident [$last:ident] $($rest:tt)*) => {
                members!(@one $at, $part [$last], $($rest)*)
            };
            ($at:expr, $part:ident $($rest:tt)*) => {
                members!(@one $at, $part [], $($rest)*)
            };
            (@one $at:expr, $part:ident $last:tt, $($rest:tt)*) => {
                let i = &row[$at];
                with_operands!(operation, $part, i, $last);
                pc += 1;
                members!($at + 1, $($rest)*);
            };
        }
        // The parts of a fused step, one after the other. Where one of them jumps to the first of a row that is a whole loop, they begin
        // again at once: it takes one turn in all.
        macro_rules! parts {
            ($again:tt, $start:ident, $at:expr,) => {};
            ($again:tt, $start:ident, $at:expr, $part:ident [$last:ident] { $($then:tt)+ } $($rest:tt)+) => {
                parts!(@over $again, $start, $at, $part [$last], [$($then)+] $($rest)+)
            };
            ($again:tt, $start:ident, $at:expr, $part:ident { $($then:tt)+ } $($rest:tt)+) => {
                parts!(@over $again, $start, $at, $part [], [$($then)+] $($rest)+)
            };
            (@over $again:tt, $start:ident, $at:expr, $part:ident $last:tt, [$($then:tt)+] | { $($or:tt)+ } $($rest:tt)+) => {
                let i = &row[$at];
                if with_operands!(taken, $part, i, $last) {
                    skip!(count!($($then)+) + 1);
                    members!($at + 2 + count!($($then)+), $($or)+);
                } else {
                    pc += 1;
                    members!($at + 1, $($then)+);
                    skip!(count!($($or)+));
                }
                parts!($again, $start, $at + 2 + count!($($then)+) + count!($($or)+), $($rest)+);
            };
            (@over $again:tt, $start:ident, $at:expr, $part:ident $last:tt, [$($then:tt)+] $($rest:tt)+) => {
                let i = &row[$at];
                if with_operands!(taken, $part, i, $last) {
                    skip!(count!($($then)+));
                } else {
                    pc += 1;
                    members!($at + 1, $($then)+);
                }
                parts!($again, $start, $at + 1 + count!($($then)+), $($rest)+);
            };
            ($again:tt, $start:ident, $at:expr, $part:ident [$last:ident] $($rest:tt)*) => {
                parts!(@one $again, $start, $at, $part [$last], $($rest)*)
            };
            ($again:tt, $start:ident, $at:expr, $part:ident $($rest:tt)*) => {
                parts!(@one $again, $start, $at, $part [], $($rest)*)
            };
            (@one $again:tt, $start:ident, $at:expr, $part:ident $last:tt, $($rest:tt)*) => {
                let i = &row[$at];
                if with_operands!(taken, $part, i, $last) {
                    again!($again, $start, i.imm as u32 as usize, $at + 1);
                    go!(i.imm as u32 as usize)
                }
                with_operands!(operation, $part, i, $last);
                pc += usize::from(parts!(@more $($rest)*));
                parts!($again, $start, $at + 1, $($rest)*);
            };
            (@more) => {
                false
            };
            (@more $($rest:tt)+) => {
                true
            };
        }
        macro_rules! again {
            ([], $start:ident, $target:expr, $count:expr) => {};
            ([$again:lifetime], $start:ident, $target:expr, $count:expr) => {
                if $target == $start {
                    pc = $start;
                    bias -= $count;
                    if bias < pc as i64 {
                        break 'turns (Exit::Low, 0);
                    }
                    continue $again;
                }
            };
        }
        macro_rules! row {
            ([], $($parts:tt)*) => {
                parts!([], pc, 0, $($parts)*)
            };
            ([again], $($parts:tt)*) => {{
                let start = pc;
                'again: loop {
                    parts!(['again], start, 0, $($parts)*);
                    break;
                }
            }};
        }
        // Why the present instruction cannot be carried out.
        macro_rules! explain {
            () => {
                slow::explain(guest, win, &guest.image.code[pc])
            };
        }

        let i = &row[0];
        if STEP && fuel == 0 {
            break 'turns (Exit::Spent, 0);
        }
        macro_rules! turn {
            ($($fused:ident = $($part:ident $([$last:ident])? $({ $($then:tt)+ } $(| { $($or:tt)+ })?)?)+ $(@$again:ident)?;)*) => {
                match i.step {
                    Step::Nop => {}
                    Step::Move => part!(Move, i),
                    Step::LoadInt => part!(LoadInt, i),
                    Step::LoadConst => part!(LoadConst, i),
                    Step::LoadStr => win[i.a as usize] = literal(i.imm as u32),
                    Step::LoadFn => win[i.a as usize] = i.imm as u64 + FUNCTION_BIAS,
                    Step::LoadGlobal => part!(LoadGlobal, i),
                    Step::StoreGlobal => part!(StoreGlobal, i),
                    Step::AddInt => part!(AddInt, i),
                    Step::SubInt => win[i.a as usize] = win[i.b as usize].wrapping_sub(win[i.c as usize]),
                    Step::MulInt => part!(MulInt, i),
                    Step::DivInt => match (win[i.b as usize] as i64).checked_div(win[i.c as usize] as i64) {
                        Some(quotient) => win[i.a as usize] = quotient as u64,
                        None => fault!(slow::division(win[i.b as usize] as i64, win[i.c as usize])),
                    },
                    Step::RemInt => part!(RemInt, i),
                    Step::AndInt => win[i.a as usize] = win[i.b as usize] & win[i.c as usize],
                    Step::OrInt => win[i.a as usize] = win[i.b as usize] | win[i.c as usize],
                    Step::XorInt => part!(XorInt, i),
                    Step::ShlInt => win[i.a as usize] = win[i.b as usize].wrapping_shl(win[i.c as usize] as u32),
                    Step::ShrInt => win[i.a as usize] = (win[i.b as usize] as i64).wrapping_shr(win[i.c as usize] as u32) as u64,
                    Step::AddImm => part!(AddImm, i),
                    Step::MulImm => part!(MulImm, i),
                    Step::DivImm => part!(DivImm, i),
                    Step::DivPower => part!(DivPower, i),
                    Step::RemImm => part!(RemImm, i),
                    Step::RemPower => part!(RemPower, i),
                    Step::AndImm => part!(AndImm, i),
                    Step::ShlImm => win[i.a as usize] = win[i.b as usize].wrapping_shl(i.imm as u32),
                    Step::ShrImm => win[i.a as usize] = (win[i.b as usize] as i64).wrapping_shr(i.imm as u32) as u64,
                    Step::NegInt => win[i.a as usize] = win[i.b as usize].wrapping_neg(),
                    Step::Complement => win[i.a as usize] = !win[i.b as usize],

                    Step::AddFloat => part!(AddFloat, i),
                    Step::SubFloat => part!(SubFloat, i),
                    Step::MulFloat => part!(MulFloat, i),
                    Step::DivFloat => part!(DivFloat, i),
                    Step::RemFloat => win[i.a as usize] = (float(win[i.b as usize]) % float(win[i.c as usize])).to_bits(),
                    Step::NegFloat => win[i.a as usize] = win[i.b as usize] ^ 1 << 63,
                    Step::IntToFloat => win[i.a as usize] = (win[i.b as usize] as i64 as f64).to_bits(),
                    Step::FloatToInt => win[i.a as usize] = float(win[i.b as usize]) as i64 as u64,

                    Step::EqInt => win[i.a as usize] = u64::from(win[i.b as usize] == win[i.c as usize]),
                    Step::NeInt => win[i.a as usize] = u64::from(win[i.b as usize] != win[i.c as usize]),
                    Step::LtInt => win[i.a as usize] = u64::from((win[i.b as usize] as i64) < win[i.c as usize] as i64),
                    Step::LeInt => win[i.a as usize] = u64::from(win[i.b as usize] as i64 <= win[i.c as usize] as i64),
                    Step::EqFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) == float(win[i.c as usize])),
                    Step::NeFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) != float(win[i.c as usize])),
                    Step::LtFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) < float(win[i.c as usize])),
                    Step::LeFloat => win[i.a as usize] = u64::from(float(win[i.b as usize]) <= float(win[i.c as usize])),
                    Step::EqStr => win[i.a as usize] = u64::from(slow::equal(guest, win[i.b as usize], win[i.c as usize])),
                    Step::NeStr => win[i.a as usize] = u64::from(!slow::equal(guest, win[i.b as usize], win[i.c as usize])),
                    Step::LtStr => {
                        win[i.a as usize] = u64::from(slow::compare(guest, win[i.b as usize], win[i.c as usize]).is_lt())
                    }
                    Step::LeStr => {
                        win[i.a as usize] = u64::from(slow::compare(guest, win[i.b as usize], win[i.c as usize]).is_le())
                    }
                    Step::NotBool => win[i.a as usize] = u64::from(win[i.b as usize] == 0),
                    Step::Truth => win[i.a as usize] = u64::from(win[i.b as usize] != 0),

                    Step::Jump => part!(Jump, i),
                    Step::JumpIf => branch!(JumpIf, i),
                    Step::JumpIfNot => branch!(JumpIfNot, i),
                    Step::JumpEq => branch!(JumpEq, i),
                    Step::JumpNe => branch!(JumpNe, i),
                    Step::JumpLt => branch!(JumpLt, i),
                    Step::JumpLe => branch!(JumpLe, i),
                    Step::JumpEqShort => branch!(JumpEqShort, i),
                    Step::JumpNeShort => branch!(JumpNeShort, i),
                    Step::JumpLtShort => branch!(JumpLtShort, i),
                    Step::JumpLeShort => branch!(JumpLeShort, i),
                    Step::JumpGtShort => branch!(JumpGtShort, i),
                    Step::JumpGeShort => branch!(JumpGeShort, i),
                    Step::JumpLtFloat => branch!(JumpLtFloat, i),
                    Step::JumpLeFloat => branch!(JumpLeFloat, i),

                    Step::Call => part!(Call, i),
                    Step::CallValue => {
                        let index = win[i.c as usize].wrapping_sub(FUNCTION_BIAS);
                        match guest.image.functions.get(index as usize) {
                            Some(function) => call!(i, function.entry, function.frame),
                            None => fault!(slow::no_function(win[i.c as usize])),
                        }
                    }
                    Step::Return => part!(Return, i),
                    Step::ReturnOne => part!(ReturnOne, i),
                    Step::Syscall => break 'turns (Exit::Syscall, 1),

                    Step::ArrayLen => part!(ArrayLen, i),
                    Step::StrLen => part!(StrLen, i),
                    Step::LoadElem => part!(LoadElem, i),
                    Step::StoreElem => part!(StoreElem, i),
                    Step::LoadByte => match slow::byte(guest, win[i.b as usize], win[i.c as usize]) {
                        Some(byte) => win[i.a as usize] = u64::from(byte),
                        None => fault!(explain!()),
                    },
                    Step::LoadField => part!(LoadField, i),
                    Step::StoreField => part!(StoreField, i),
                    Step::LoadCell => match guest.arena.cell(win[i.b as usize], win[i.c as usize]) {
                        Some(address) => win[i.a as usize] = guest.arena.read(address),
                        None => fault!(explain!()),
                    },
                    Step::StoreCell => match guest.arena.cell(win[i.b as usize], win[i.c as usize]) {
                        Some(address) => guest.arena.write(address, win[i.a as usize]),
                        None => fault!(explain!()),
                    },
                    Step::PtrAdd => win[i.a as usize] = add_cells(win[i.b as usize], win[i.c as usize] as i64),
                    Step::PtrSub => win[i.a as usize] = add_cells(win[i.b as usize], (win[i.c as usize] as i64).saturating_neg()),
                    Step::PtrDiff => win[i.a as usize] = cells_between(win[i.b as usize], win[i.c as usize]) as u64,
                    Step::Push => part!(Push, i),

                    Step::Library
                    | Step::NewArray
                    | Step::ArrayOf
                    | Step::Concat
                    | Step::SliceArray
                    | Step::SliceStr
                    | Step::NewStruct
                    | Step::ParseInt
                    | Step::ParseFloat
                    | Step::AssertFail => {
                        elsewhere!()
                    }
                    $(Step::$fused => {
                        if STEP {
                            unreachable!("no row is carried out in steps");
                        }
                        #[allow(unreachable_code, reason = "the last part of some rows always goes elsewhere")]
                        {
                            row!([$($again)?], $($part $([$last])? $({ $($then)+ } $(| { $($or)+ })?)?)+);
                        }
                    })*
                }
            };
        }
        for_each_fusion!(turn);
        pc += 1;
        if STEP {
            fuel -= 1;
        }
    };
    let left = if STEP { fuel } else { (bias + 1 - pc as i64 + reserve as i64) as u64 };
    let fuel = left - u64::from(counted);
    *cursor = Cursor { pc: pc as u32, base: base + globals.len(), fuel };
    exit
}
