//! Instructions that allocate or are rare, and what to say of those that fault: all of it outside the loop, so
//! that the loop stays small.

use std::cmp::Ordering;

use super::execute::Exit;
use super::fault::Fault;
use super::guest::Guest;
use super::{HANDLER_LINK, Request, Stop, WINDOW, format, library, show, text};
use crate::abi::Builtin;
use crate::bytecode::image::{Assertion, Image};
use crate::bytecode::op::{Instruction, Op};

/// The function that a function value names.
#[cold]
#[inline(never)]
pub(super) fn no_function(value: u64) -> Fault {
    if value == 0 { Fault::Nil { what: "function" } } else { Fault::NotAFunction }
}

/// What a frame's end means that no call made: of the whole program, or of a handler.
#[cold]
#[inline(never)]
pub(super) fn special_return(link: u64, registers: &mut [u64; WINDOW]) -> Exit {
    if link == HANDLER_LINK {
        return Exit::HandlerReturned;
    }
    registers[1] = 0;
    Exit::Ended
}

/// What the end of the whole program asks of the kernel.
pub(super) fn end() -> Stop {
    Stop::Syscall(Request { builtin: Builtin::Exit, window: 0, args: 1, format: -1 })
}

/// What a system call asks of the kernel.
#[inline(always)]
pub(super) fn request(instruction: Option<&Instruction>) -> Stop {
    match instruction.and_then(|instruction| Some((instruction, Builtin::from_number(instruction.c)?))) {
        Some((instruction, builtin)) => {
            Stop::Syscall(Request { builtin, window: instruction.a, args: instruction.b, format: instruction.imm })
        }
        None => Stop::Fault(Box::new(Fault::NotAFunction)),
    }
}

/// What is wrong with a division.
#[cold]
#[inline(never)]
pub(super) fn division(dividend: i64, divisor: u64) -> Fault {
    if divisor == 0 { Fault::DivideByZero { dividend } } else { Fault::DivideOverflow }
}

/// Whether two strings are equal.
#[inline(never)]
pub(super) fn equal(guest: &Guest<'_>, left: u64, right: u64) -> bool {
    guest.view().equal(left, right)
}

/// How two strings compare.
#[inline(never)]
pub(super) fn compare(guest: &Guest<'_>, left: u64, right: u64) -> Ordering {
    guest.view().compare(left, right)
}

/// The length of a string that is not on the heap.
#[inline(never)]
pub(super) fn length(guest: &Guest<'_>, text: u64) -> u64 {
    guest.view().length(text)
}

/// A byte of a string, if there is such a byte.
#[inline(never)]
pub(super) fn byte(guest: &mut Guest<'_>, text: u64, index: u64) -> Option<u8> {
    guest.text_byte(text, index)
}

/// Why an access to an element, a byte or a cell cannot be carried out.
#[cold]
#[inline(never)]
pub(super) fn explain(guest: &mut Guest<'_>, win: &[u64; WINDOW], i: &Instruction) -> Fault {
    let (of, index) = (win[usize::from(i.b)], win[usize::from(i.c)] as i64);
    match i.op {
        Op::LoadByte => Fault::Index { what: "string", index, length: guest.view().length(of) },
        Op::LoadCell | Op::StoreCell if of == 0 => Fault::Nil { what: "ptr" },
        Op::LoadCell | Op::StoreCell => Fault::Pointer(guest.arena.pointer_fault(of, index)),
        _ => Fault::Index { what: "array", index, length: guest.view().array_length(of) },
    }
}

/// Carries out an instruction that may allocate.
#[inline(never)]
pub(super) fn carry_out(
    guest: &mut Guest<'_>,
    globals: &mut [u64],
    stack: &mut [u64],
    base: usize,
    pc: u32,
    i: &Instruction,
) -> Result<(), Fault> {
    if i.op == Op::Library
        && let Some(word) = library::of_status(i.c, stack.get(base + usize::from(i.a) + 1).copied().unwrap_or(0))
    {
        stack[base + usize::from(i.a)] = word;
        return Ok(());
    }
    guest.arena.pc = pc;
    if i.op == Op::AssertFail {
        return Err(assertion(guest, &stack[base..], i));
    }
    let live = |image: &Image| {
        base + image.functions.get(image.function_at(pc)).map_or(WINDOW, |function| usize::from(function.frame))
    };
    let done = guest.allocating(globals, stack, live, |guest, stack| attempt(guest, &mut stack[base..], i));
    match done {
        Err(Fault::HeapFull { .. }) if library::gives_nil(i) => {
            stack[base + usize::from(i.a)] = 0;
            globals[crate::abi::ERRNO_SLOT] = crate::abi::Errno::ENOMEM.number() as u64;
            Ok(())
        }
        done => done,
    }
}

fn attempt(guest: &mut Guest<'_>, registers: &mut [u64], i: &Instruction) -> Result<(), Fault> {
    let (a, b, c) = (usize::from(i.a), usize::from(i.b), usize::from(i.c));
    registers[a] = match i.op {
        Op::Library => return library::call(guest, &mut registers[a..], i),
        Op::Push => return guest.push(registers[a], registers[b]),
        Op::NewArray => {
            let room = library::count(registers[b], "array")?;
            guest.new_array(&[], room, i.c == 1)?
        }
        Op::ArrayOf => guest.new_array(registers.get(b..b + c).unwrap_or(&[]), 0, i.imm == 1)?,
        Op::Concat => guest.concat(registers[b], registers[c])?,
        Op::SliceArray => slice_array(guest, registers[b], bounds(registers, i))?,
        Op::SliceStr => slice_str(guest, registers[b], bounds(registers, i))?,
        Op::NewStruct => guest.new_struct(i.imm as u32)?,
        Op::ParseInt => library::parse_int_or_fault(guest.view(), registers[b])?,
        Op::ParseFloat => library::parse_float_or_fault(guest.view(), registers[b])?,
        _ => registers[a],
    };
    Ok(())
}

/// Start and end of a slice as written; nothing where one is left out.
fn bounds(registers: &[u64], i: &Instruction) -> [Option<i64>; 2] {
    let c = usize::from(i.c);
    let bound = |bit: i32, at: usize| (i.imm & bit == 0).then(|| registers[at] as i64);
    [bound(1, c), bound(2, c + 1)]
}

/// The range that a slice names, checked against the length.
fn range([start, end]: [Option<i64>; 2], length: u64) -> Result<std::ops::Range<u64>, Fault> {
    let fits = |index: i64| u64::try_from(index).ok().filter(|index| *index <= length);
    let fault = |index: i64| Fault::Index { what: "slice", index, length };
    let from = start.map_or(Ok(0), |start| fits(start).ok_or(fault(start)))?;
    let to = end.map_or(Ok(length), |end| fits(end).ok_or(fault(end)))?;
    if from > to { Err(fault(start.unwrap_or(0))) } else { Ok(from..to) }
}

fn slice_array(guest: &mut Guest<'_>, array: u64, bounds: [Option<i64>; 2]) -> Result<u64, Fault> {
    let range = range(bounds, guest.view().array_length(array))?;
    let words = guest.view().elements(array, range.start, range.end - range.start);
    let references = guest.holds_references(array);
    guest.new_array(&words, 0, references)
}

fn slice_str(guest: &mut Guest<'_>, string: u64, bounds: [Option<i64>; 2]) -> Result<u64, Fault> {
    let view = guest.view();
    let length = view.length(string);
    let range = range(bounds, length)?;
    if range == (0..length) {
        return Ok(string);
    }
    let bytes = text::part(view, string, range);
    guest.new_string(&bytes)
}

#[cold]
#[inline(never)]
fn assertion(guest: &Guest<'_>, registers: &[u64], i: &Instruction) -> Fault {
    let index = i.imm as u32;
    let Some(assertion) = guest.image.assertions.get(index as usize) else {
        return Fault::Assertion { index, sides: None, message: None };
    };
    let Assertion { has_message, sides, .. } = assertion;
    let word = |register: u8| registers.get(usize::from(register)).copied().unwrap_or(0);
    let sides = sides.as_ref().map(|[left, right]| {
        let show = |(register, shown): &(u8, _)| show::quoted(guest.view(), shown, word(*register));
        (show(left), show(right))
    });
    let message = has_message.then(|| guest.view().lossy(word(i.a)));
    Fault::Assertion { index, sides, message: message.map(|text| format::cut(text, 4096)) }
}
