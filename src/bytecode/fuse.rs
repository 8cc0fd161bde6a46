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
///
/// A conditional jump may have parts in braces behind it, which it jumps over to what follows them. Where `|` and a second pair of braces come
/// next, a jump at the end of the first parts leads over the second ones, and the conditional jump leads to these: one of both is carried out.
///
/// A row with `@again` behind it is often a whole loop: where its last part jumps to its first, it is carried out again in the same turn.
#[macro_export]
macro_rules! for_each_fusion {
    ($callback:ident $($before:tt)*) => {
        $callback! {
            $($before)*
            // The end of a loop: a step, then the test.
            AddImmJumpLt = AddImm JumpLt[a] @again;
            AddImmJumpLe = AddImm JumpLe[a] @again;
            AddImmJumpLtShort = AddImm JumpLtShort[a] @again;
            AddImmJumpLeShort = AddImm JumpLeShort[a] @again;
            AddImmJumpGeShort = AddImm JumpGeShort[a];
            AddImmJumpNeShort = AddImm JumpNeShort;
            AddImmJump = AddImm Jump;
            AddIntJump = AddInt Jump;
            AddIntJumpLt = AddInt JumpLt[a];
            AddIntAddImmJumpLt = AddInt AddImm JumpLt[a] @again;
            AddIntAddImmJumpLtShort = AddInt AddImm JumpLtShort[a] @again;
            AndAddAddJumpLt = AndImm AddInt[c] AddImm JumpLt[a] @again;
            XorAddAddJumpLt = XorInt AddImm[b] AddImm JumpLt[a] @again;
            AddImmAddImmJumpLt = AddImm AddImm JumpLt[a] @again;
            AddImmAddImmJumpLe = AddImm AddImm JumpLe[b];
            MulAddAddJumpLt = MulInt AddInt[c] AddImm JumpLt[a] @again;
            MulAddAddJumpNeShort = MulImm AddImm[b] AddImm JumpNeShort;
            StoreElemAddImmJumpLt = StoreElem AddImm JumpLt[a] @again;
            DivPowerJump = DivPower Jump;
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
            AndImmJumpIfDivPowerJump = AndImm JumpIf[a] DivPower Jump;
            AndImmJumpIfDivPowerOrMulAddAddJumpNeShort = AndImm JumpIf[a] { DivPower } | { MulImm AddImm[b] } AddImm JumpNeShort @again;
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
            AddIntReturnOne = AddInt ReturnOne[a];
            JumpGeShortReturnOne = JumpGeShort ReturnOne;
            JumpGeShortReturnOneAddImmCall = JumpGeShort { ReturnOne } AddImm Call;
            JumpLeMoveMoveMoveCall = JumpLe Move Move Move Call;
            // Arrays.
            LoadElemLoadElem = LoadElem LoadElem;
            LoadElemLoadElemLoadElem = LoadElem LoadElem LoadElem[b];
            LoadElemMulInt = LoadElem MulInt[c];
            LoadElemAddInt = LoadElem AddInt[c];
            LoadElemAddIntAddImmJumpLt = LoadElem AddInt[c] AddImm JumpLt[a] @again;
            LoadElemAddIntAddImmArrayLenJumpLt = LoadElem AddInt[c] AddImm ArrayLen JumpLt[b] @again;
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
            // The same between two indices that come closer, and the tests before it.
            ExchangeAndStep = LoadElem LoadElem StoreElem[a] StoreElem AddImm AddImm JumpLe[b];
            TestExchangeAndStep = LoadElem JumpLt[b] JumpLt LoadElem LoadElem StoreElem[a] StoreElem AddImm AddImm JumpLe[b];
            StepTestExchangeAndStep = AddImm LoadElem[c] JumpLt[b] JumpLt LoadElem LoadElem StoreElem[a] StoreElem AddImm AddImm
                JumpLe[b] @again;
            // An array that grows in a loop.
            PushAddImmJumpLt = Push AddImm JumpLt[a];
            PushAddImmJumpLtShort = Push AddImm JumpLtShort[a];
            PushAddImmArrayLenJumpLt = Push AddImm ArrayLen JumpLt[b];
            // One step of a sum of products.
            LoadElemLoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem LoadElem[b] MulInt[c] AddInt[c] AddImm JumpLt[a] @again;
            LoadElemLoadElemMulAddAddJumpLt = LoadElem LoadElem MulInt[c] AddInt[c] AddImm JumpLt[a] @again;
            LoadElemAddIntStoreElem = LoadElem AddInt[b] StoreElem[a];
            LoadElemAddImmStoreElem = LoadElem AddImm[b] StoreElem[a];
            AddImmLoadElem = AddImm LoadElem[c];
            AddImmLoadElemJumpLt = AddImm LoadElem[c] JumpLt[a] @again;
            AddImmLoadElemJumpGt = AddImm LoadElem[c] JumpLt[b] @again;
            AddImmLoadElemJumpLtJump = AddImm LoadElem[c] JumpLt[a] Jump @again;
            AddImmLoadElemJumpGtJumpLt = AddImm LoadElem[c] JumpLt[b] JumpLt @again;
            AddImmLoadElemLoadElemJumpLe = AddImm LoadElem[c] LoadElem JumpLe[b];
            StoreElemStoreElem = StoreElem StoreElem;
            StoreElemAddImm = StoreElem AddImm;
            StoreElemAddInt = StoreElem AddInt;
            LoadIntStoreElem = LoadInt StoreElem[a];
            LoadIntStoreElemAddJumpLt = LoadInt StoreElem[a] AddInt JumpLt[a] @again;
            // Strings of an array.
            LoadElemStrLen = LoadElem StrLen[b];
            StrLenJumpLeShort = StrLen JumpLeShort[a];
            LoadElemStrLenJumpLeShort = LoadElem StrLen[b] JumpLeShort[a];
            // Static data.
            LoadGlobalLoadElem = LoadGlobal LoadElem[b];
            LoadGlobalAddImmStoreGlobal = LoadGlobal AddImm[b] StoreGlobal[a];
            LoadGlobalAddIntStoreGlobal = LoadGlobal AddInt[b] StoreGlobal[a];
            // Structs.
            LoadFieldAddInt = LoadField AddInt[c];
            LoadFieldJumpIf = LoadField JumpIf[a];
            LoadFieldLoadField = LoadField LoadField;
            // One step along a list.
            LoadFieldAddIntLoadFieldJumpIf = LoadField AddInt[c] LoadField JumpIf[a] @again;
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
            // The same with each of three coordinates.
            FieldsMinusFields = LoadField LoadField SubFloat[c] LoadField LoadField SubFloat[c] LoadField LoadField SubFloat[c];
            FieldsPlusProducts = MulFloat LoadField AddFloat[b] StoreField[a] MulFloat LoadField AddFloat[b] StoreField[a]
                MulFloat LoadField AddFloat[b] StoreField[a];
            FieldsMinusProducts = MulFloat LoadField SubFloat[b] StoreField[a] MulFloat LoadField SubFloat[b] StoreField[a]
                MulFloat LoadField SubFloat[b] StoreField[a];
            LoadFieldMulFloatLoadFieldMulFloat = LoadField MulFloat[b] LoadField MulFloat[b];
            // Floats.
            MulFloatLoadField = MulFloat LoadField;
            MulFloatMulFloat = MulFloat MulFloat;
            MulFloatAddFloat = MulFloat AddFloat[c];
            MulFloatMulFloatAddFloat = MulFloat MulFloat AddFloat[c];
            MulMulAddMulAddFloat = MulFloat MulFloat AddFloat[c] MulFloat AddFloat[c];
            LoadConstAddFloatMulFloatDivFloat = LoadConst AddFloat[c] MulFloat DivFloat[c];
            LoadConstAddFloat = LoadConst AddFloat[c];
            LoadConstMulFloat = LoadConst MulFloat[c];
            MulFloatDivFloat = MulFloat DivFloat[c];
        }
    };
}

/// A part of a row.
#[derive(Debug)]
struct Part {
    step: Step,
    /// The operand that was made last before it; empty where it does not matter.
    last: &'static str,
    /// How many of the next parts it jumps over; 0 where it does not matter where it leads.
    over: usize,
}

/// Whether the code from `at` on begins with the parts of a row.
fn fits(parts: &[Part], code: &[Instruction], singles: &[Step], at: usize) -> bool {
    let mut made = None;
    // Which places a jump leads to: what was made last is not the same on all ways there.
    let mut reached = 0_u32;
    let here = code[at..].iter().zip(&singles[at..]);
    parts.len() <= here.len()
        && parts.iter().zip(here).enumerate().all(|(nth, (part, (instruction, single)))| {
            if reached >> nth & 1 != 0 {
                made = None;
            }
            let Instruction { op, a, b, c, imm } = *instruction;
            let next = nth + 1 + part.over;
            let fits = part.step == *single
                && (part.over == 0 || usize::try_from(imm) == Ok(at + next))
                && match part.last {
                    "a" => made == Some(a),
                    "b" => made == Some(b),
                    "c" => made == Some(c),
                    _ => true,
                };
            if part.over > 0 {
                reached |= 1 << next;
            }
            if op.row().operands[0] == Operand::Write {
                made = Some(a);
            }
            fits
        })
}

/// 1 for each of what is given.
macro_rules! one {
    ($part:ident) => {
        1
    };
}
macro_rules! define_steps {
    ([$($single:ident)*] $($fused:ident = $($part:ident $([$last:ident])?
        $({ $($then:ident $([$then_last:ident])?)+ } $(| { $($or:ident $([$or_last:ident])?)+ })?)?)+ $(@$again:ident)?;)*) => {
        /// What one turn of the processor's loop does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "single steps are the ops of their names, the others the rows above")]
        pub enum Step {
            $($single,)*
            /// A division by a power of two: `imm` is one less than it, `c` its logarithm.
            DivPower,
            /// A remainder of such a division, likewise.
            RemPower,
            /// A return with one result.
            ReturnOne,
            $($fused,)*
        }

        impl From<Op> for Step {
            fn from(op: Op) -> Step {
                match op { $(Op::$single => Step::$single,)* }
            }
        }

        /// The rows: a fused step, and its parts.
        const FUSIONS: &[(Step, &[Part])] = &[$((Step::$fused, &[$(
            Part {
                step: Step::$part,
                last: concat!("", $(stringify!($last))?),
                over: 0 $($(+ one!($then))+ $(+ 1 + 0 $(* one!($or))+)?)?,
            },
            $(
                $(Part { step: Step::$then, last: concat!("", $(stringify!($then_last))?), over: 0 },)+
                $(
                    Part { step: Step::Jump, last: "", over: 0 $(+ one!($or))+ },
                    $(Part { step: Step::$or, last: concat!("", $(stringify!($or_last))?), over: 0 },)+
                )?
            )?
        )+]),)*];
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

/// An instruction by itself, in the form that is the least work. A call's immediate is where its function begins.
fn single(instruction: &Instruction, functions: &[FunctionInfo]) -> Entry {
    let Instruction { op, b, imm, .. } = *instruction;
    let power = |step| Entry::new(step, Instruction { c: imm.trailing_zeros() as u8, imm: imm - 1, ..*instruction });
    match op {
        Op::Call => {
            let entry = functions.get(imm as usize).map_or(imm, |function| function.entry as i32);
            Entry::new(Step::Call, Instruction { imm: entry, ..*instruction })
        }
        Op::DivImm if imm > 0 && imm.count_ones() == 1 => power(Step::DivPower),
        Op::RemImm if imm > 0 && imm.count_ones() == 1 => power(Step::RemPower),
        Op::Return if b == 1 => Entry::new(Step::ReturnOne, *instruction),
        op => Entry::new(op.into(), *instruction),
    }
}

/// The code with an entry for each instruction, none of them fused.
pub fn plain(code: &[Instruction], functions: &[FunctionInfo]) -> Vec<Entry> {
    let nothing = Entry::new(Step::Nop, Instruction::new(Op::Nop, 0, 0, 0, 0));
    code.iter().map(|one| single(one, functions)).chain([nothing; SPAN - 1]).collect()
}

/// The code with as few turns as the rows allow from every place on. No function is left by falling out of its end, so
/// no row reaches from one into the next.
pub fn fused(code: &[Instruction], functions: &[FunctionInfo]) -> Vec<Entry> {
    let mut entries = plain(code, functions);
    let singles: Vec<Step> = entries.iter().map(|entry| entry.step).collect();
    // How many turns it takes from an instruction to the end of the code, jumps left aside: from the back to the front.
    let mut turns = vec![0_u32; code.len() + 1];
    for at in (0..code.len()).rev() {
        turns[at] = turns[at + 1] + 1;
        for (step, parts) in rows_of(singles[at]) {
            if fits(parts, code, &singles, at) && turns[at + parts.len()] + 1 < turns[at] {
                turns[at] = turns[at + parts.len()] + 1;
                entries[at].step = *step;
            }
        }
    }
    entries
}

/// The rows that begin with a step.
fn rows_of(first: Step) -> impl Iterator<Item = &'static (Step, &'static [Part])> {
    FUSIONS.iter().filter(move |(_, parts)| parts[0].step == first)
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
            [Step::AddInt, Step::AddIntAddImmJumpLt, Step::AddImmJumpLt, Step::JumpLt, Step::ReturnOne]
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
    fn a_jump_over_parts_fits_only_where_it_leads_behind_them() {
        let row = |target: i32, results: u8| {
            let code = [
                Instruction::new(Op::JumpGeShort, 1, 2, 0, target),
                Instruction::new(Op::Return, 1, results, 0, 0),
                Instruction::new(Op::AddImm, 3, 1, 0, -1),
                Instruction::new(Op::Call, 2, 1, 0, 0),
            ];
            fused(&code, &[])[0].step
        };
        assert_eq!(row(2, 1), Step::JumpGeShortReturnOneAddImmCall);
        assert_eq!(row(3, 1), Step::JumpGeShortReturnOne);
        assert_eq!(row(2, 2), Step::JumpGeShort, "two results take another form");
    }

    #[test]
    fn one_of_two_ways_is_carried_out_and_what_they_made_is_not_known_behind_them() {
        let row = |tested: u8, to_else: i32, to_end: i32| {
            let code = [
                Instruction::new(Op::AndImm, 2, 1, 0, 1),
                Instruction::new(Op::JumpIf, 2, 0, 0, to_else),
                Instruction::new(Op::DivImm, 1, 1, 0, 4),
                Instruction::new(Op::Jump, 0, 0, 0, to_end),
                Instruction::new(Op::MulImm, 2, 1, 0, 3),
                Instruction::new(Op::AddImm, 1, 2, 0, 1),
                Instruction::new(Op::AddImm, 3, 3, 0, 1),
                Instruction::new(Op::JumpNeShort, tested, 1, 0, 0),
            ];
            fused(&code, &[])[0]
        };
        assert_eq!(row(1, 4, 6).step, Step::AndImmJumpIfDivPowerOrMulAddAddJumpNeShort);
        assert_eq!(row(1, 5, 6).step, Step::AndImmJumpIfDivPowerJump);
        assert_eq!(row(1, 4, 7).step, Step::AndImmJumpIfDivPowerJump);
    }

    #[test]
    fn only_the_last_part_of_a_row_leaves_the_straight_run_for_good() {
        for (step, parts) in FUSIONS {
            // What is jumped over may leave it.
            let over = parts.iter().position(|part| part.over > 0).map_or(0..0, |at| at + 1..at + 1 + parts[at].over);
            let leaves = |part: &Part| {
                matches!(
                    part.step,
                    Step::Jump | Step::Call | Step::CallValue | Step::Return | Step::ReturnOne | Step::Syscall
                )
            };
            let inner = parts[..parts.len() - 1].iter().enumerate().filter(|(at, _)| !over.contains(at));
            assert!(parts.len() > 1 && !inner.map(|(_, part)| part).any(leaves), "{step:?}");
        }
    }
}
