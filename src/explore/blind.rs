//! Waits that do not look at whom they have collected, found from the bytecode: `wait();`, or a loop that only asks whether there was anybody.
//! For them one ended child is as good as another, so that it makes no difference in which order children end.

use super::futures::jumps;
use super::liveness::effects;
use crate::abi::Builtin;
use crate::bytecode::image::Image;
use crate::bytecode::op::{Instruction, Op};

/// Whether each instruction of a program is such a wait.
pub(crate) fn find(image: &Image) -> Vec<bool> {
    let targets = super::futures::targets(image);
    let is = |pc: usize| {
        let i = &image.code[pc];
        waits_for_any(image, pc, i, &targets) && {
            let status = i.a.checked_add(1);
            unread(image, pc + 1, i.a, &asks_for_sign)
                && status.is_some_and(|status| unread(image, pc + 1, status, &|_, _| false))
        }
    };
    (0..image.code.len()).map(is).collect()
}

/// Whether an instruction waits for any child, and until there is one.
fn waits_for_any(image: &Image, pc: usize, i: &Instruction, targets: &[bool]) -> bool {
    if i.op != Op::Syscall {
        return false;
    }
    // The value of an argument that was loaded just before, on a way that nothing else leads into.
    let argument = |at: u8| {
        let register = i.a.wrapping_add(at);
        (0..pc).rev().take(usize::from(i.b)).take_while(|before| !targets[before + 1]).find_map(|before| {
            let load = &image.code[before];
            (load.op == Op::LoadInt && load.a == register).then_some(load.imm)
        })
    };
    match Builtin::from_number(i.c) {
        Some(Builtin::Wait) => true,
        Some(Builtin::Waitpid) => argument(1) == Some(-1) && argument(2) == Some(0),
        _ => false,
    }
}

/// Whether nobody does anything with what a call answers, wherever it is made, but print it.
pub(crate) fn is_only_printed(image: &Image, builtin: Builtin) -> bool {
    let prints = |i: &Instruction, _: u8| {
        let printing = matches!(
            Builtin::from_number(i.c),
            Some(Builtin::Print | Builtin::Printf | Builtin::Eprint | Builtin::Eprintf)
        );
        i.op == Op::Syscall && printing
    };
    let calls = |i: &Instruction| i.op == Op::Syscall && Builtin::from_number(i.c) == Some(builtin);
    let at = image.code.iter().enumerate().filter(|(_, i)| calls(i));
    at.into_iter().all(|(pc, i)| unread(image, pc + 1, i.a, &prints))
}

/// Whether nothing reads a register from here on, until it is written again, but where that is `harmless`.
fn unread(image: &Image, from: usize, register: u8, harmless: &dyn Fn(&Instruction, u8) -> bool) -> bool {
    let mut seen = vec![(from, register)];
    let mut at = 0;
    while let Some((pc, register)) = seen.get(at).copied() {
        at += 1;
        let Some(i) = image.code.get(pc) else { continue };
        let (reads, writes) = effects(image, i);
        let mut ways = Vec::new();
        if reads.has(usize::from(register)) {
            match i.op {
                Op::Move if i.b == register => ways.push((pc + 1, i.a)),
                _ if harmless(i, register) => {}
                _ => return false,
            }
        }
        if i.op == Op::Return {
            continue;
        }
        if !writes.has(usize::from(register)) {
            if i.op != Op::Jump {
                ways.push((pc + 1, register));
            }
            if jumps(i.op) {
                ways.push((i.imm as usize, register));
            }
        }
        for way in ways {
            if !seen.contains(&way) {
                seen.push(way);
            }
        }
    }
    true
}

/// Whether an instruction only asks whether there was a child: ids are larger than 1, and where there is no child the answer is -1.
fn asks_for_sign(i: &Instruction, register: u8) -> bool {
    let bound = match i.op {
        Op::JumpIf | Op::JumpIfNot => return i.a == register,
        Op::JumpEqShort | Op::JumpNeShort => -1..=1,
        Op::JumpLtShort | Op::JumpGeShort => 0..=2,
        Op::JumpLeShort | Op::JumpGtShort => -1..=1,
        _ => return false,
    };
    i.a == register && bound.contains(&i.short())
}
