//! Superinstructions: several instructions that often follow each other, carried out in one turn of the processor's loop.
//!
//! They exist beside the bytecode, not in it. The fused code has an entry for every instruction, at the same place; where a row of the
//! table fits, the entry names the whole row, and the operands of its further parts are read from the entries behind it. So
//! a jump into the middle, a fault in the second part and the count of instructions need nothing of their own, and the verifier, the
//! listing and the traces know only the bytecode.

use super::image::FunctionInfo;
use super::op::{Instruction, Op, Operand};
use crate::for_each_op;

/// Calls `$callback!` with every row, its name and then its parts, after what else it is to be given. The rows are the pairs that were met most often in the workloads of
/// `benches/`, and the longer runs that they form: the ends of counting loops, elements and fields that are changed in place.
///
/// Behind a part may stand one of its operands, `a`, `b` or `c`: it is what was made last before it in the row. The row then fits only
/// such code, and the processor need not read from the register what it has just written there.
#[macro_export]
macro_rules! for_each_fusion {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            // The end of a loop: a step, then the test.
            AddImmJumpLt = AddImm JumpLt[a];
            AddImmJumpLe = AddImm JumpLe[a];
            AddImmJumpLtShort = AddImm JumpLtShort[a];
            AddImmJumpLeShort = AddImm JumpLeShort[a];
            AddImmJumpGeShort = AddImm JumpGeShort[a];
            AddImmJumpNeShort = AddImm JumpNeShort;
            AddImmJump = AddImm Jump;
            AddIntJump = AddInt Jump;
            AddIntJumpLt = AddInt JumpLt[a];
            AddIntAddImmJumpLt = AddInt AddImm JumpLt[a];
            AddIntAddImmJumpLtShort = AddInt AddImm JumpLtShort[a];
            AndAddAddJumpLt = AndImm AddInt[c] AddImm JumpLt[a];
            XorAddAddJumpLt = XorInt AddImm[b] AddImm JumpLt[a];
            AddImmAddImmJumpLt = AddImm AddImm JumpLt[a];
            AddImmAddImmJumpLe = AddImm AddImm JumpLe[b];
            MulAddAddJumpLt = MulInt AddInt[c] AddImm JumpLt[a];
            MulAddAddJumpNeShort = MulImm AddImm[b] AddImm JumpNeShort;
            StoreElemAddImmJumpLt = StoreElem AddImm JumpLt[a];
            DivImmJump = DivImm Jump;
            // Sums.
            AddImmAddImm = AddImm AddImm;
            AddIntAddImm = AddInt AddImm;
            AndImmAddInt = AndImm AddInt[c];
            XorIntAddImm = XorInt AddImm[b];
            MulImmAddImm = MulImm AddImm[b];
            MulIntAddInt = MulInt AddInt[c];
            MulIntPlusInt = MulInt AddInt[b];
            // Tests.
            AndImmJumpIf = AndImm JumpIf[a];
            AndImmJumpIfNot = AndImm JumpIfNot[a];
            AndImmJumpIfDivImmJump = AndImm JumpIf[a] DivImm Jump;
            RemImmJumpIf = RemImm JumpIf[a];
            RemImmJumpIfNot = RemImm JumpIfNot[a];
            RemIntJumpIf = RemInt JumpIf[a];
            ArrayLenJumpLt = ArrayLen JumpLt[b];
            AddImmArrayLenJumpLt = AddImm ArrayLen JumpLt[b];
            // Calls.
            AddImmCall = AddImm Call;
            MoveCall = Move Call;
            MoveMove = Move Move;
            MoveMoveMove = Move Move Move;
            MoveLoadInt = Move LoadInt;
            LoadIntLoadInt = LoadInt LoadInt;
            MoveMoveMoveCall = Move Move Move Call;
            AddIntReturn = AddInt Return[a];
            JumpGeShortReturn = JumpGeShort Return;
            // Arrays.
            LoadElemLoadElem = LoadElem LoadElem;
            LoadElemLoadElemLoadElem = LoadElem LoadElem LoadElem[b];
            LoadElemMulInt = LoadElem MulInt[c];
            LoadElemAddInt = LoadElem AddInt[c];
            LoadElemAddIntAddImmJumpLt = LoadElem AddInt[c] AddImm JumpLt[a];
            LoadElemAddIntAddImmArrayLenJumpLt = LoadElem AddInt[c] AddImm ArrayLen JumpLt[b];
            LoadElemJumpLt = LoadElem JumpLt[a];
            LoadElemJumpLe = LoadElem JumpLe;
            LoadElemJumpIf = LoadElem JumpIf[a];
            LoadElemJumpIfNot = LoadElem JumpIfNot[a];
            LoadElemLoadField = LoadElem LoadField[b];
            LoadElemJumpLtJump = LoadElem JumpLt[a] Jump;
            LoadElemJumpGtJumpLt = LoadElem JumpLt[b] JumpLt;
            LoadElemStoreElem = LoadElem StoreElem[a];
            // Two elements that change places.
            LoadElemLoadElemStoreElemStoreElem = LoadElem LoadElem StoreElem[a] StoreElem;
            // One step of a sum of products.
            LoadElemLoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem LoadElem[b] MulInt[c] AddInt[c] AddImm JumpLt[a];
            LoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem MulInt[c] AddInt[c] AddImm JumpLt[a];
            LoadElemAddIntStoreElem = LoadElem AddInt[b] StoreElem[a];
            LoadElemAddImmStoreElem = LoadElem AddImm[b] StoreElem[a];
            AddImmLoadElem = AddImm LoadElem[c];
            AddImmLoadElemJumpLt = AddImm LoadElem[c] JumpLt[a];
            AddImmLoadElemJumpGt = AddImm LoadElem[c] JumpLt[b];
            AddImmLoadElemJumpLtJump = AddImm LoadElem[c] JumpLt[a] Jump;
            AddImmLoadElemJumpGtJumpLt = AddImm LoadElem[c] JumpLt[b] JumpLt;
            AddImmLoadElemLoadElemJumpLe = AddImm LoadElem[c] LoadElem JumpLe[b];
            StoreElemStoreElem = StoreElem StoreElem;
            StoreElemAddImm = StoreElem AddImm;
            StoreElemAddInt = StoreElem AddInt;
            LoadIntStoreElem = LoadInt StoreElem[a];
            LoadIntStoreElemAddJumpLt = LoadInt StoreElem[a] AddInt JumpLt[a];
            // Static data.
            LoadGlobalLoadElem = LoadGlobal LoadElem[b];
            LoadGlobalAddImmStoreGlobal = LoadGlobal AddImm[b] StoreGlobal[a];
            LoadGlobalAddIntStoreGlobal = LoadGlobal AddInt[b] StoreGlobal[a];
            // Structs.
            LoadFieldAddInt = LoadField AddInt[c];
            LoadFieldJumpIf = LoadField JumpIf[a];
            LoadFieldLoadField = LoadField LoadField;
            // One step along a list.
            LoadFieldAddIntLoadFieldJumpIf = LoadField AddInt[c] LoadField JumpIf[a];
            LoadFieldLoadFieldSubFloat = LoadField LoadField SubFloat[c];
            LoadFieldAddIntStoreField = LoadField AddInt[b] StoreField[a];
            LoadFieldAddImmStoreField = LoadField AddImm[b] StoreField[a];
            LoadFieldAddFloat = LoadField AddFloat[b];
            LoadFieldSubFloat = LoadField SubFloat[b];
            LoadFieldMulFloat = LoadField MulFloat[b];
            LoadFieldTimesFloat = LoadField MulFloat[c];
            LoadFieldAddFloatStoreField = LoadField AddFloat[b] StoreField[a];
            LoadFieldSubFloatStoreField = LoadField SubFloat[b] StoreField[a];
            MulLoadAddStoreField = MulFloat LoadField AddFloat[b] StoreField[a];
            MulLoadSubStoreField = MulFloat LoadField SubFloat[b] StoreField[a];
            LoadMulLoadAddStoreField = LoadField MulFloat[c] LoadField AddFloat[b] StoreField[a];
            // Floats.
            MulFloatLoadField = MulFloat LoadField;
            MulFloatMulFloat = MulFloat MulFloat;
            MulFloatAddFloat = MulFloat AddFloat[c];
            MulFloatMulFloatAddFloat = MulFloat MulFloat AddFloat[c];
            MulMulAddMulAddFloat = MulFloat MulFloat AddFloat[c] MulFloat AddFloat[c];
            LoadConstAddFloat = LoadConst AddFloat[c];
            LoadConstMulFloat = LoadConst MulFloat[c];
            MulFloatDivFloat = MulFloat DivFloat[c];
        }
    };
}

/// A part of a row.
#[derive(Debug)]
struct Part {
    op: Op,
    /// The operand that was made last before it; empty where it does not matter.
    last: &'static str,
}

impl Part {
    /// Whether an instruction is such a part after one that wrote to register `made`.
    fn fits(&self, instruction: &Instruction, made: Option<u8>) -> bool {
        let Instruction { op, a, b, c, .. } = *instruction;
        self.op == op
            && match self.last {
                "a" => made == Some(a),
                "b" => made == Some(b),
                "c" => made == Some(c),
                _ => true,
            }
    }
}

/// Whether instructions begin with the parts of a row.
fn fits(parts: &[Part], code: &[Instruction]) -> bool {
    let mut made = None;
    parts.len() <= code.len()
        && parts.iter().zip(code).all(|(part, instruction)| {
            let fits = part.fits(instruction, made);
            if instruction.op.row().operands[0] == Operand::Write {
                made = Some(instruction.a);
            }
            fits
        })
}

macro_rules! define_steps {
    ([$($single:ident)*] $($fused:ident = $($part:ident $([$last:ident])?)+;)*) => {
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
        const FUSIONS: &[(Step, &[Part])] =
            &[$((Step::$fused, &[$(Part { op: Op::$part, last: concat!("", $(stringify!($last))?) }),+]),)*];
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

/// The most parts that a row has. The processor looks at so many entries at once, so that it need not ask for each part
/// whether there is one; behind the code stand as many that do nothing.
pub const SPAN: usize = {
    let (mut most, mut at) = (0, 0);
    while at < FUSIONS.len() {
        most = if FUSIONS[at].1.len() > most { FUSIONS[at].1.len() } else { most };
        at += 1;
    }
    most
};

/// The code with an entry for each instruction, none of them fused. A call's immediate is where its function begins.
pub fn plain(code: &[Instruction], functions: &[FunctionInfo]) -> Vec<Entry> {
    let target = |instruction: &Instruction| match functions.get(instruction.imm as usize) {
        Some(function) if instruction.op == Op::Call => function.entry as i32,
        _ => instruction.imm,
    };
    let entry = |one: &Instruction| Entry::new(one.op.into(), Instruction { imm: target(one), ..*one });
    let nothing = Entry::new(Step::Nop, Instruction::new(Op::Nop, 0, 0, 0, 0));
    code.iter().map(entry).chain([nothing; SPAN - 1]).collect()
}

/// The code with as few turns as the rows allow from every place on. No function is left by falling out of its end, so
/// no row reaches from one into the next.
pub fn fused(code: &[Instruction], functions: &[FunctionInfo]) -> Vec<Entry> {
    let mut entries = plain(code, functions);
    // How many turns it takes from an instruction to the end of the code, jumps left aside: from the back to the front.
    let mut turns = vec![0_u32; code.len() + 1];
    for at in (0..code.len()).rev() {
        let rest = &code[at..];
        turns[at] = turns[at + 1] + 1;
        for (step, parts) in rows_of(rest[0].op) {
            if fits(parts, rest) && turns[at + parts.len()] + 1 < turns[at] {
                turns[at] = turns[at + parts.len()] + 1;
                entries[at].step = *step;
            }
        }
    }
    entries
}

/// The rows that begin with an op.
fn rows_of(first: Op) -> impl Iterator<Item = &'static (Step, &'static [Part])> {
    FUSIONS.iter().filter(move |(_, parts)| parts[0].op == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(ops: &[Op]) -> Vec<Instruction> {
        ops.iter().map(|op| Instruction::new(*op, 1, 1, 1, 0)).collect()
    }

    fn steps(ops: &[Op]) -> Vec<Step> {
        fused(&code(ops), &[]).iter().take(ops.len()).map(|entry| entry.step).collect()
    }

    #[test]
    fn every_place_has_an_entry_and_the_best_row_wins() {
        let loop_end = [Op::AddInt, Op::AddInt, Op::AddImm, Op::JumpLt, Op::Return];
        // From the front no row fits; from the second on one of three does, which beats one of two.
        assert_eq!(
            steps(&loop_end),
            [Step::AddInt, Step::AddIntAddImmJumpLt, Step::AddImmJumpLt, Step::JumpLt, Step::Return]
        );
        assert_eq!(steps(&[Op::AddImm]), [Step::AddImm]);
    }

    #[test]
    fn a_part_that_needs_what_was_made_last_fits_no_other_code() {
        let [step, rest, test] = [Op::AddImm, Op::LoadElem, Op::JumpLt];
        let row = |index: u8, tested: u8| {
            let code = [(step, [1, 1, 0]), (rest, [2, 3, index]), (test, [tested, 4, 0])];
            let code = code.map(|(op, [a, b, c])| Instruction::new(op, a, b, c, 0));
            fused(&code, &[])[0].step
        };
        assert_eq!(row(1, 2), Step::AddImmLoadElemJumpLt);
        assert_eq!(row(1, 1), Step::AddImmLoadElem, "the test is not of the element");
        assert_eq!(row(3, 2), Step::AddImm, "the element is not at the index just made");
    }

    #[test]
    fn only_the_last_part_of_a_row_leaves_the_straight_run_for_good() {
        for (step, parts) in FUSIONS {
            let inner = &parts[..parts.len() - 1];
            let leaves =
                |part: &Part| matches!(part.op, Op::Jump | Op::Call | Op::CallValue | Op::Return | Op::Syscall);
            assert!(parts.len() > 1 && !inner.iter().any(leaves), "{step:?}");
        }
    }
}
