//! What a signal handler may touch, found from its bytecode: where in the interrupted code it makes a difference whether the
//! handler ran before or after.
//!
//! A handler's run can be moved past an instruction that neither writes what the handler may read nor touches what it may
//! write. So it is enough to let signals in before each of the other instructions, and before system calls and faults.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::futures::jumps;
use crate::abi::Builtin;
use crate::bytecode::image::{Image, Verified};
use crate::bytecode::op::{Instruction, Op};

/// What code may read and write: static slots, and the heap as a whole.
#[derive(Debug, Clone, Default)]
struct Footprint {
    reads: BTreeSet<i32>,
    writes: BTreeSet<i32>,
    reads_heap: bool,
    writes_heap: bool,
}

/// For each instruction, how many may run from it before signals must be let in or control may go elsewhere; and before which
/// they must be let in.
#[derive(Debug)]
pub(crate) struct Points {
    straight: Vec<u32>,
    stops: Vec<bool>,
}

impl Points {
    /// How many instructions may run from `pc`, at least 1.
    pub(crate) fn straight(&self, pc: u32) -> u64 {
        u64::from(self.straight.get(pc as usize).copied().unwrap_or(1))
    }

    /// Whether signals must be let in before `pc`.
    pub(crate) fn stops(&self, pc: u32) -> bool {
        self.stops.get(pc as usize).copied().unwrap_or(true)
    }
}

type Known = (Verified, Vec<u32>, bool, Rc<Points>);

/// All that was found so far.
#[derive(Debug, Default)]
pub(crate) struct Footprints {
    known: Vec<Known>,
    /// Every instruction is a point: slow, and beyond doubt.
    pub(crate) everywhere: bool,
}

impl Footprints {
    /// The points of a program with these handlers (indices of functions, in order).
    pub(crate) fn points(&mut self, image: &Verified, handlers: &[u32]) -> Rc<Points> {
        let fits = |known: &&Known| known.0.same(image) && known.1 == handlers && known.2 == self.everywhere;
        if let Some((_, _, _, points)) = self.known.iter().find(fits) {
            return Rc::clone(points);
        }
        let points = Rc::new(find(image, handlers, self.everywhere));
        self.known.push((image.clone(), handlers.to_vec(), self.everywhere, Rc::clone(&points)));
        points
    }
}

fn find(image: &Image, handlers: &[u32], everywhere: bool) -> Points {
    let footprint = of_functions(image, &reachable(image, handlers));
    let stops: Vec<bool> = image.code.iter().map(|i| everywhere || footprint.conflicts(i)).collect();
    let mut straight = vec![1; image.code.len()];
    for at in (0..image.code.len().saturating_sub(1)).rev() {
        if !turns(image.code[at].op) && !stops[at + 1] {
            straight[at] = straight[at + 1] + 1;
        }
    }
    Points { straight, stops }
}

/// Whether control may go elsewhere than to the next instruction.
fn turns(op: Op) -> bool {
    jumps(op) || matches!(op, Op::Call | Op::CallValue | Op::Return | Op::Syscall)
}

/// The functions that these may call, themselves included; a call of a value may reach every function that is used as one.
fn reachable(image: &Image, roots: &[u32]) -> BTreeSet<u32> {
    let values = || image.code.iter().filter(|i| i.op == Op::LoadFn).map(|i| i.imm as u32);
    let mut found = BTreeSet::new();
    let mut pending: Vec<u32> = roots.to_vec();
    while let Some(function) = pending.pop() {
        let Some(about) = image.functions.get(function as usize) else { continue };
        if !found.insert(function) {
            continue;
        }
        for i in image.code.get(about.entry as usize..about.end as usize).unwrap_or(&[]) {
            match i.op {
                Op::Call => pending.push(i.imm as u32),
                Op::CallValue => pending.extend(values()),
                _ => {}
            }
        }
    }
    found
}

fn of_functions(image: &Image, functions: &BTreeSet<u32>) -> Footprint {
    let mut footprint = Footprint::default();
    for function in functions.iter().filter_map(|at| image.functions.get(*at as usize)) {
        for i in image.code.get(function.entry as usize..function.end as usize).unwrap_or(&[]) {
            footprint.add(i);
        }
    }
    footprint
}

/// What an instruction does to static data and the heap.
enum Touch {
    Nothing,
    Load(i32),
    Store(i32),
    ReadHeap,
    WriteHeap,
}

fn touch(i: &Instruction) -> Touch {
    match i.op {
        Op::LoadGlobal => Touch::Load(i.imm),
        Op::StoreGlobal => Touch::Store(i.imm),
        Op::ArrayLen | Op::LoadElem | Op::LoadField | Op::LoadCell | Op::SliceArray => Touch::ReadHeap,
        Op::StoreElem | Op::Push | Op::StoreField | Op::StoreCell => Touch::WriteHeap,
        Op::Library => match Builtin::from_number(i.c) {
            Some(
                Builtin::Push
                | Builtin::Pop
                | Builtin::Sort
                | Builtin::Reverse
                | Builtin::Malloc
                | Builtin::Calloc
                | Builtin::Realloc
                | Builtin::Free,
            ) => Touch::WriteHeap,
            Some(Builtin::Len | Builtin::Join | Builtin::ToStr | Builtin::Sprintf | Builtin::Array) => Touch::ReadHeap,
            _ => Touch::Nothing,
        },
        _ => Touch::Nothing,
    }
}

impl Footprint {
    fn add(&mut self, i: &Instruction) {
        match touch(i) {
            Touch::Nothing => {}
            Touch::Load(slot) => {
                self.reads.insert(slot);
            }
            Touch::Store(slot) => {
                self.writes.insert(slot);
            }
            Touch::ReadHeap => self.reads_heap = true,
            Touch::WriteHeap => {
                self.reads_heap = true;
                self.writes_heap = true;
            }
        }
        if i.op == Op::Syscall {
            // A call may fail and set errno, and may print what lies on the heap.
            self.writes.insert(crate::abi::ERRNO_SLOT as i32);
            self.reads.insert(crate::abi::ERRNO_SLOT as i32);
            self.reads_heap = true;
        }
    }

    fn conflicts(&self, i: &Instruction) -> bool {
        match touch(i) {
            Touch::Nothing => false,
            Touch::Load(slot) => self.writes.contains(&slot),
            Touch::Store(slot) => self.reads.contains(&slot) || self.writes.contains(&slot),
            Touch::ReadHeap => self.writes_heap,
            Touch::WriteHeap => self.reads_heap || self.writes_heap,
        }
    }
}
