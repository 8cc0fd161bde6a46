//! Superinstructions: several instructions that often follow each other, carried out in one turn of the processor's loop.
//!
//! They exist beside the bytecode, not in it. The fused code has an entry for every instruction, at the same place; where a row of the
//! table fits, the entry names the whole row, and the operands of its further parts are read from the entries behind it. So
//! a jump into the middle, a fault in the second part and the count of instructions need nothing of their own, and the verifier, the
//! listing and the traces know only the bytecode.

use super::op::{Instruction, Op};
use crate::for_each_op;

/// Calls `$callback!` with every row, its name and then its parts, after what else it is to be given. The rows are the pairs that were met most often in the workloads of
/// `benches/`, and the longer runs that they form: the ends of counting loops, elements and fields that are changed in place.
#[macro_export]
macro_rules! for_each_fusion {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            // The end of a loop: a step, then the test.
            AddImmJumpLt = AddImm JumpLt;
            AddImmJumpLe = AddImm JumpLe;
            AddImmJumpLtShort = AddImm JumpLtShort;
            AddImmJumpNeShort = AddImm JumpNeShort;
            AddImmJump = AddImm Jump;
            AddIntJumpLt = AddInt JumpLt;
            AddAddJumpLt = AddInt AddImm JumpLt;
            AndAddAddJumpLt = AndImm AddInt AddImm JumpLt;
            AddImmAddImmJumpLt = AddImm AddImm JumpLt;
            AddImmAddImmJumpLe = AddImm AddImm JumpLe;
            AddImmJumpLeShort = AddImm JumpLeShort;
            MulAddAddJumpLt = MulInt AddInt AddImm JumpLt;
            StoreElemAddImmJumpLt = StoreElem AddImm JumpLt;
            DivImmJump = DivImm Jump;
            // Sums.
            AddImmAddImm = AddImm AddImm;
            AddIntAddImm = AddInt AddImm;
            AndImmAddInt = AndImm AddInt;
            XorIntAddImm = XorInt AddImm;
            MulImmAddImm = MulImm AddImm;
            MulIntAddInt = MulInt AddInt;
            // Tests.
            RemImmJumpIf = RemImm JumpIf;
            RemImmJumpIfDivImmJump = RemImm JumpIf DivImm Jump;
            RemImmJumpIfNot = RemImm JumpIfNot;
            ArrayLenJumpLt = ArrayLen JumpLt;
            AddImmArrayLenJumpLt = AddImm ArrayLen JumpLt;
            // Calls.
            AddImmCall = AddImm Call;
            MoveCall = Move Call;
            MoveMove = Move Move;
            AddIntReturn = AddInt Return;
            JumpGeShortReturn = JumpGeShort Return;
            // Arrays.
            LoadElemLoadElem = LoadElem LoadElem;
            LoadElemLoadElemLoadElem = LoadElem LoadElem LoadElem;
            LoadElemMulInt = LoadElem MulInt;
            LoadElemJumpLt = LoadElem JumpLt;
            LoadElemJumpLe = LoadElem JumpLe;
            LoadElemJumpIf = LoadElem JumpIf;
            LoadElemJumpIfNot = LoadElem JumpIfNot;
            LoadElemLoadField = LoadElem LoadField;
            LoadElemJumpLtJump = LoadElem JumpLt Jump;
            LoadElemJumpLtJumpLt = LoadElem JumpLt JumpLt;
            LoadElemStoreElem = LoadElem StoreElem;
            // Two elements that change places.
            LoadElemLoadElemStoreElemStoreElem = LoadElem LoadElem StoreElem StoreElem;
            // One step of a sum of products.
            LoadElemLoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem LoadElem MulInt AddInt AddImm JumpLt;
            LoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem MulInt AddInt AddImm JumpLt;
            LoadElemAddIntStoreElem = LoadElem AddInt StoreElem;
            AddImmLoadElem = AddImm LoadElem;
            AddImmLoadElemJumpLt = AddImm LoadElem JumpLt;
            AddImmLoadElemJumpLtJump = AddImm LoadElem JumpLt Jump;
            AddImmLoadElemJumpLtJumpLt = AddImm LoadElem JumpLt JumpLt;
            StoreElemStoreElem = StoreElem StoreElem;
            StoreElemAddImm = StoreElem AddImm;
            StoreElemAddInt = StoreElem AddInt;
            LoadIntStoreElem = LoadInt StoreElem;
            LoadIntStoreElemAddJumpLt = LoadInt StoreElem AddInt JumpLt;
            // Structs.
            LoadFieldAddInt = LoadField AddInt;
            LoadFieldJumpIf = LoadField JumpIf;
            LoadFieldLoadField = LoadField LoadField;
            // One step along a list.
            LoadFieldAddIntLoadFieldJumpIf = LoadField AddInt LoadField JumpIf;
            LoadFieldLoadFieldSubFloat = LoadField LoadField SubFloat;
            LoadFieldAddIntStoreField = LoadField AddInt StoreField;
            LoadFieldAddFloat = LoadField AddFloat;
            LoadFieldSubFloat = LoadField SubFloat;
            LoadFieldMulFloat = LoadField MulFloat;
            LoadFieldAddFloatStoreField = LoadField AddFloat StoreField;
            LoadFieldSubFloatStoreField = LoadField SubFloat StoreField;
            MulLoadAddStoreField = MulFloat LoadField AddFloat StoreField;
            MulLoadSubStoreField = MulFloat LoadField SubFloat StoreField;
            // Floats.
            MulFloatLoadField = MulFloat LoadField;
            MulFloatMulFloat = MulFloat MulFloat;
            MulFloatAddFloat = MulFloat AddFloat;
            MulFloatMulFloatAddFloat = MulFloat MulFloat AddFloat;
            LoadConstAddFloat = LoadConst AddFloat;
            MulFloatDivFloat = MulFloat DivFloat;
        }
    };
}

macro_rules! define_steps {
    ([$($single:ident)*] $($fused:ident = $($part:ident)+;)*) => {
        /// What one turn of the processor's loop does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "single steps are the ops of their names, the others the rows above")]
        pub enum Step { $($single,)* $($fused,)* }

        impl From<Op> for Step {
            fn from(op: Op) -> Step {
                match op { $(Op::$single => Step::$single,)* }
            }
        }

        /// The rows: a fused step, and its parts.
        const FUSIONS: &[(Step, &[Op])] = &[$((Step::$fused, &[$(Op::$part),+]),)*];
    };
}
macro_rules! single_steps {
    ($($variant:ident, $name:literal, $a:ident $b:ident $c:ident, $imm:ident, $sentence:literal;)*) => {
        for_each_fusion!(define_steps [$($variant)*]);
    };
}
for_each_op!(single_steps);

/// An entry of the code that the processor runs: an instruction, or the first of several that are carried out together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    /// What is done.
    pub step: Step,
    /// The first operand of the instruction at this place.
    pub a: u8,
    /// Its second operand.
    pub b: u8,
    /// Its third operand.
    pub c: u8,
    /// Its immediate.
    pub imm: i32,
}

const _: () = assert!(std::mem::size_of::<Entry>() == 8);

impl Entry {
    fn new(step: Step, instruction: Instruction) -> Entry {
        let Instruction { a, b, c, imm, .. } = instruction;
        Entry { step, a, b, c, imm }
    }

    /// The signed 16-bit immediate in `b` and `c`.
    #[inline(always)]
    pub fn short(self) -> i64 {
        i64::from(i16::from_le_bytes([self.b, self.c]))
    }
}

/// The code with an entry for each instruction, none of them fused.
pub fn plain(code: &[Instruction]) -> Vec<Entry> {
    code.iter().map(|instruction| Entry::new(instruction.op.into(), *instruction)).collect()
}

/// The code with as few turns as the rows allow from every place on. No function is left by falling out of its end, so
/// no row reaches from one into the next.
pub fn fused(code: &[Instruction]) -> Vec<Entry> {
    let mut entries = plain(code);
    // How many turns it takes from an instruction to the end of the code, jumps left aside: from the back to the front.
    let mut turns = vec![0_u32; code.len() + 1];
    for at in (0..code.len()).rev() {
        let rest = &code[at..];
        turns[at] = turns[at + 1] + 1;
        for (step, parts) in rows_of(rest[0].op) {
            let fits = rest.len() >= parts.len() && parts.iter().zip(rest).all(|(part, one)| one.op == *part);
            if fits && turns[at + parts.len()] + 1 < turns[at] {
                turns[at] = turns[at + parts.len()] + 1;
                entries[at].step = *step;
            }
        }
    }
    entries
}

/// The rows that begin with an op.
fn rows_of(first: Op) -> impl Iterator<Item = &'static (Step, &'static [Op])> {
    FUSIONS.iter().filter(move |(_, parts)| parts.first() == Some(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(ops: &[Op]) -> Vec<Instruction> {
        ops.iter().map(|op| Instruction::new(*op, 1, 1, 1, 0)).collect()
    }

    fn steps(ops: &[Op]) -> Vec<Step> {
        fused(&code(ops)).iter().map(|entry| entry.step).collect()
    }

    #[test]
    fn every_place_has_an_entry_and_the_best_row_wins() {
        let loop_end = [Op::AddInt, Op::AddInt, Op::AddImm, Op::JumpLt, Op::Return];
        // From the front no row fits; from the second on one of three does, which beats one of two.
        assert_eq!(
            steps(&loop_end),
            [Step::AddInt, Step::AddAddJumpLt, Step::AddImmJumpLt, Step::JumpLt, Step::Return]
        );
        assert_eq!(steps(&[Op::AddImm]), [Step::AddImm]);
    }

    #[test]
    fn only_the_last_part_of_a_row_leaves_the_straight_run_for_good() {
        for (step, parts) in FUSIONS {
            let inner = &parts[..parts.len() - 1];
            let leaves = |op: &Op| matches!(op, Op::Jump | Op::Call | Op::CallValue | Op::Return | Op::Syscall);
            assert!(parts.len() > 1 && !inner.iter().any(leaves), "{step:?}");
        }
    }
}
