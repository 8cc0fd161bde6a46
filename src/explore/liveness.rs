//! Which registers may still be read, found from the bytecode. The others are set to 0 in every state, so that states which differ only in
//! what nobody will ever look at again are one.

use std::rc::Rc;

use super::futures::jumps;
use crate::abi::Builtin;
use crate::bytecode::image::{Image, Verified};
use crate::bytecode::op::{Instruction, Op, Operand};
use crate::vm::Context;

/// Registers, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Registers([u64; 4]);

impl Registers {
    fn add(&mut self, register: u8) {
        self.0[usize::from(register >> 6)] |= 1 << (register & 63);
    }

    /// Adds so many from one on.
    fn add_row(&mut self, first: usize, count: usize) {
        (first..first + count)
            .filter_map(|register| u8::try_from(register).ok())
            .for_each(|register| self.add(register));
    }

    pub(super) fn has(self, register: usize) -> bool {
        self.0.get(register >> 6).is_some_and(|word| word >> (register & 63) & 1 == 1)
    }

    fn with(self, other: Registers) -> Registers {
        Registers(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    fn without(self, other: Registers) -> Registers {
        Registers(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }
}

/// What may still be read when control stands before each instruction of a program.
type Live = Rc<[Registers]>;

/// The programs that were met.
#[derive(Debug, Default)]
pub(crate) struct Liveness {
    known: Vec<(Verified, Live)>,
}

impl Liveness {
    fn of(&mut self, image: &Verified) -> Live {
        if let Some((_, live)) = self.known.iter().find(|(known, _)| known.same(image)) {
            return Rc::clone(live);
        }
        let live: Live = analyse(image).into();
        self.known.push((image.clone(), Rc::clone(&live)));
        live
    }

    /// Sets to 0 what nobody will look at again. A frame that a signal has interrupted is left as it is.
    pub(crate) fn forget(&mut self, context: &mut Context) {
        let live = self.of(&context.image);
        let mut end = context.slots().len();
        for (at, frame) in context.call_stack().into_iter().enumerate() {
            let (pc, base) = (frame.pc as usize, frame.base as usize);
            // A caller stands at its call, whose results and arguments lie in the frame above.
            let kept = if at == 0 { live.get(pc) } else { live.get(pc + 1) };
            if let Some(kept) = kept.filter(|_| !frame.interrupted)
                && let Some(slots) = context.slots_mut().get_mut(base..end)
            {
                for (register, slot) in slots.iter_mut().enumerate().skip(1) {
                    if !kept.has(register) {
                        *slot = 0;
                    }
                }
            }
            end = base;
        }
    }
}

fn analyse(image: &Image) -> Vec<Registers> {
    let count = image.code.len();
    let mut live = vec![Registers::default(); count];
    loop {
        let mut changed = false;
        for pc in (0..count).rev() {
            let i = &image.code[pc];
            let mut after = Registers::default();
            if !matches!(i.op, Op::Jump | Op::Return) {
                after = live.get(pc + 1).copied().unwrap_or_default();
            }
            if jumps(i.op) {
                after = after.with(live.get(i.imm as usize).copied().unwrap_or_default());
            }
            let (reads, writes) = effects(image, i);
            let before = after.without(writes).with(reads);
            changed |= before != live[pc];
            live[pc] = before;
        }
        if !changed {
            return live;
        }
    }
}

/// The registers that an instruction reads, and those that it writes whatever happens.
pub(super) fn effects(image: &Image, i: &Instruction) -> (Registers, Registers) {
    let (mut reads, mut writes) = (Registers::default(), Registers::default());
    for (operand, register) in i.op.row().operands.iter().zip([i.a, i.b, i.c]) {
        match operand {
            Operand::Read | Operand::Update => reads.add(register),
            Operand::Write => writes.add(register),
            _ => {}
        }
    }
    let (a, b, c) = (usize::from(i.a), usize::from(i.b), usize::from(i.c));
    match i.op {
        Op::Call | Op::CallValue => {
            reads.add_row(a + 1, b);
            writes.add_row(a, 256 - a);
        }
        Op::Library | Op::Syscall => {
            reads.add_row(a + 1, b);
            writes.add_row(a, Builtin::from_number(i.c).map_or(0, |builtin| builtin.row().results.len()));
        }
        Op::Return => reads.add_row(a, b),
        Op::ArrayOf => reads.add_row(b, c),
        Op::SliceArray | Op::SliceStr => reads.add_row(c, 2),
        Op::AssertFail => {
            let sides = image.assertions.get(i.imm as usize).and_then(|assertion| assertion.sides.as_ref());
            sides.into_iter().flatten().for_each(|(register, _)| reads.add(*register));
        }
        _ => {}
    }
    (reads, writes)
}
