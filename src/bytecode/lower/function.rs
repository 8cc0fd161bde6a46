//! One function while it is lowered: its registers, its scopes, its code with the jumps still open.

use crate::abi::Builtin;
use crate::bytecode::image::{Counter, CounterPlace, IdleLoop, LocalInfo};
use crate::bytecode::op::{Instruction, Op, Operand};
use crate::check::idle::Idle;
use crate::check::tree::{Constant, Function, LocalId, Program};
use crate::source::{SourceMap, Span};

use super::counting::Counted;
use super::pool::Pool;
use super::shown;

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dest {
    /// The register.
    pub(super) register: u8,
    /// Whether nothing reads the register before the value stands in it, so that parts of the expression
    /// may be computed in it.
    pub(super) scratch: bool,
}

impl Dest {
    /// A register that nothing reads yet.
    pub(super) fn scratch(register: u8) -> Dest {
        Dest { register, scratch: true }
    }
}

/// A place in the code that may not be known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(i32);

#[derive(Debug, Default)]
struct LabelState {
    at: Option<u32>,
    uses: u32,
}

/// Where `break` and `continue` go.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoopLabels {
    pub(super) leave: Label,
    pub(super) again: Label,
    /// What the loop counts with.
    pub(super) counted: Option<Counted>,
}

/// What is known of a local.
#[derive(Debug, Default)]
struct Slot {
    register: Option<u8>,
    live_from: Option<u32>,
    /// How many statements of the function store to it; parameters have one already.
    stores: u32,
    known: Option<Constant>,
}

#[derive(Debug)]
struct Scope {
    next: usize,
    locals: Vec<LocalId>,
}

/// A function that has been lowered; jumps count from its own start.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) code: Vec<Instruction>,
    pub(super) spans: Vec<Span>,
    pub(super) locals: Vec<LocalInfo>,
    pub(super) frame: usize,
    pub(super) counters: Vec<Counter>,
    pub(super) idle: Vec<IdleLoop>,
}

/// A function being lowered.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) program: &'a Program,
    pub(super) sources: &'a SourceMap,
    pub(super) function: &'a Function,
    /// Whether it is function 0, which never returns but exits.
    pub(super) main_program: bool,
    pub(super) pool: &'a mut Pool,
    pub(super) loops: Vec<LoopLabels>,
    code: Vec<Instruction>,
    spans: Vec<Span>,
    labels: Vec<LabelState>,
    /// Where a label was bound last: the instruction before it cannot be taken back.
    last_bound: usize,
    /// Whether control can come to the next instruction; what cannot be reached is not emitted.
    reachable: bool,
    next: usize,
    high: usize,
    scopes: Vec<Scope>,
    slots: Vec<Slot>,
    infos: Vec<LocalInfo>,
    /// The word that the last instruction stored to a local, and where the code ended then.
    just_stored: Option<(LocalId, i64, usize)>,
    /// The parameter by which turns of a loop around a call of the function are told apart.
    counted: Option<LocalId>,
    counters: Vec<Counter>,
    idle: Vec<IdleLoop>,
}

impl<'a> Builder<'a> {
    /// A builder with the parameters in their registers.
    pub(super) fn new(
        program: &'a Program,
        sources: &'a SourceMap,
        index: usize,
        function: &'a Function,
        pool: &'a mut Pool,
        counted: Option<LocalId>,
    ) -> Self {
        let mut builder = Builder {
            program,
            sources,
            function,
            main_program: index == 0,
            pool,
            loops: Vec::new(),
            code: Vec::new(),
            spans: Vec::new(),
            labels: Vec::new(),
            last_bound: 0,
            reachable: true,
            next: 1,
            high: 1,
            scopes: vec![Scope { next: 1, locals: Vec::new() }],
            slots: function.locals.iter().map(|_| Slot::default()).collect(),
            infos: Vec::new(),
            just_stored: None,
            counted,
            counters: Vec::new(),
            idle: Vec::new(),
        };
        // Results are handed over in the frame's first registers.
        builder.reserve(function.result.slots());
        for parameter in 0..function.params {
            let local = LocalId(parameter as u32);
            builder.declare(local);
            builder.count_store(local);
            builder.live(local);
        }
        builder
    }

    /// Closes the function: resolves jumps and gives the code away.
    pub(super) fn finish(mut self) -> Lowered {
        while !self.scopes.is_empty() {
            self.close_scope();
        }
        self.resolve();
        self.sweep();
        Lowered {
            code: self.code,
            spans: self.spans,
            locals: self.infos,
            frame: self.high,
            counters: self.counters,
            idle: self.idle,
        }
    }

    // Registers.

    /// A new temporary, or the next register of a window, at the top of what is in use.
    pub(super) fn temp(&mut self) -> u8 {
        let register = self.next.min(u8::MAX as usize) as u8;
        self.next += 1;
        self.high = self.high.max(self.next);
        register
    }

    /// The first register that is not in use.
    pub(super) fn top(&self) -> usize {
        self.next
    }

    /// Gives back all registers from `top` on, or takes those below it.
    pub(super) fn set_top(&mut self, top: usize) {
        self.next = top;
        self.high = self.high.max(top);
    }

    /// Makes the frame wide enough for registers below `end` without taking them.
    pub(super) fn reserve(&mut self, end: usize) {
        self.high = self.high.max(end);
    }

    // Locals.

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(Scope { next: self.next, locals: Vec::new() });
    }

    pub(super) fn close_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else {
            return;
        };
        for local in scope.locals {
            self.dead(local);
            if let Some(slot) = self.slots.get_mut(local.0 as usize) {
                slot.register = None;
            }
        }
        self.next = scope.next;
    }

    /// Takes a register for a local in the scope that is open.
    pub(super) fn declare(&mut self, local: LocalId) -> u8 {
        let register = self.temp();
        self.place_local(local, register);
        register
    }

    /// Lets a local live in a register that is already taken.
    pub(super) fn place_local(&mut self, local: LocalId, register: u8) {
        if let Some(slot) = self.slots.get_mut(local.0 as usize) {
            slot.register = Some(register);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.locals.push(local);
        }
    }

    /// The register of a local, if it has one now.
    pub(super) fn register_of(&self, local: LocalId) -> Option<u8> {
        self.slots.get(local.0 as usize)?.register
    }

    /// From here on the register holds the local's value.
    pub(super) fn live(&mut self, local: LocalId) {
        let here = self.code.len() as u32;
        if let Some(slot) = self.slots.get_mut(local.0 as usize) {
            slot.live_from.get_or_insert(here);
        }
    }

    /// From here on it does not.
    pub(super) fn dead(&mut self, local: LocalId) {
        let here = self.code.len() as u32;
        let Some(slot) = self.slots.get_mut(local.0 as usize) else {
            return;
        };
        let (Some(start), Some(register)) = (slot.live_from.take(), slot.register) else {
            return;
        };
        let Some(info) = self.function.locals.get(local.0 as usize) else {
            return;
        };
        if start < here && !info.name.starts_with(' ') {
            let name = info.name.clone();
            self.infos.push(LocalInfo { name, register, shown: shown(&info.ty), live: start..here });
        }
    }

    /// Whether the compiler made it, so that no report will ask for it.
    pub(super) fn is_hidden(&self, local: LocalId) -> bool {
        self.function.locals.get(local.0 as usize).is_some_and(|local| local.name.starts_with(' '))
    }

    /// Notes that a statement stores to the local.
    pub(super) fn count_store(&mut self, local: LocalId) {
        if let Some(slot) = self.slots.get_mut(local.0 as usize) {
            slot.stores += 1;
        }
    }

    /// Notes the value of a local; kept only if no other statement stores to it.
    pub(super) fn know(&mut self, local: LocalId, value: Constant) -> bool {
        match self.slots.get_mut(local.0 as usize) {
            Some(slot) if slot.stores == 1 => {
                slot.known = Some(value);
                true
            }
            _ => false,
        }
    }

    /// The value of a local that only ever has this one.
    pub(super) fn known(&self, local: LocalId) -> Option<&Constant> {
        self.slots.get(local.0 as usize)?.known.as_ref()
    }

    /// Notes that the last instruction gave the local this word.
    pub(super) fn note_stored(&mut self, local: LocalId, word: i64) {
        self.just_stored = Some((local, word, self.code.len()));
    }

    /// The word of a local that the last instruction stored on the only path that comes here.
    pub(super) fn just_stored(&self, local: LocalId) -> Option<i64> {
        let (stored, word, end) = self.just_stored?;
        (stored == local && end == self.code.len() && self.last_bound < end).then_some(word)
    }

    // Code.

    /// Adds an instruction, unless control cannot come here.
    pub(super) fn emit(&mut self, op: Op, abc: [u8; 3], imm: i32, span: Span) {
        if self.reachable {
            self.code.push(Instruction::new(op, abc[0], abc[1], abc[2], imm));
            self.spans.push(span);
        }
    }

    /// The next instruction calls fork: notes what its children are told apart by, where a loop counts.
    pub(super) fn note_counter(&mut self) {
        let counted = self.loops.iter().rev().find_map(|labels| labels.counted).or(self.counted.map(Counted::Local));
        let found = match counted {
            Some(Counted::Local(id)) => {
                let name = self.function.locals.get(id.0 as usize).map(|local| local.span);
                self.register_of(id).map(CounterPlace::Register).zip(name)
            }
            Some(Counted::Static(id)) => {
                let name = self.program.globals.get(id.0 as usize).map(|global| global.span);
                name.map(|name| (CounterPlace::Static(id.0), name))
            }
            None => None,
        };
        let hidden = matches!(counted, Some(Counted::Local(id)) if self.is_hidden(id));
        if let Some((place, name)) = found.filter(|_| self.reachable && !hidden) {
            self.counters.push(Counter { pc: self.code.len() as u32, place, name });
        }
    }

    /// Where the next instruction will stand.
    pub(super) fn here(&self) -> u32 {
        self.code.len() as u32
    }

    /// The code since `start` is a loop that only waits.
    pub(super) fn note_idle(&mut self, start: u32, idle: &Idle, span: Span) {
        // A jump to the test at the bottom comes before the first turn.
        let entry = self.code.get(start as usize).is_some_and(|first| first.op == Op::Jump);
        let code = start + u32::from(entry && start + 1 < self.here())..self.here();
        if !code.is_empty() {
            self.idle.push(IdleLoop { code, asks: !idle.asks.is_empty(), timed: idle.times, span });
        }
    }

    /// The instruction that was emitted last.
    pub(super) fn last_mut(&mut self) -> Option<&mut Instruction> {
        self.code.last_mut()
    }

    /// Whether control can come to the next instruction.
    pub(super) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// After an instruction that does not go on to the next one.
    pub(super) fn ends_here(&mut self) {
        self.reachable = false;
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(self.labels.len() as i32 - 1)
    }

    /// Adds an instruction with a label for its target.
    pub(super) fn branch(&mut self, op: Op, abc: [u8; 3], target: Label, span: Span) {
        if self.reachable {
            self.labels[target.0 as usize].uses += 1;
            self.emit(op, abc, target.0, span);
            self.reachable = op != Op::Jump;
        }
    }

    pub(super) fn jump(&mut self, target: Label, span: Span) {
        self.branch(Op::Jump, [0; 3], target, span);
    }

    /// Lets `label` stand for the next instruction; a jump that would only go there is taken back.
    pub(super) fn bind(&mut self, label: Label) {
        if let Some(last) = self.code.last()
            && last.op == Op::Jump
            && last.imm == label.0
            && self.last_bound != self.code.len()
        {
            self.code.pop();
            self.spans.pop();
            self.reachable = true;
        }
        let state = &mut self.labels[label.0 as usize];
        self.reachable |= state.uses > 0;
        state.at = Some(self.code.len() as u32);
        self.last_bound = self.code.len();
    }

    /// As [`Builder::bind`], for the head of a loop: jumps to it come later, `entered` tells whether there will be any.
    pub(super) fn bind_head(&mut self, label: Label, entered: bool) {
        self.bind(label);
        self.reachable = entered;
    }

    /// Sets all targets, past jumps that only lead on to others.
    fn resolve(&mut self) {
        let targets: Vec<u32> = self.labels.iter().map(|label| label.at.unwrap_or(0)).collect();
        for instruction in &mut self.code {
            if is_jump(instruction.op) {
                instruction.imm = targets[instruction.imm as usize] as i32;
            }
        }
        for at in 0..self.code.len() {
            if !is_jump(self.code[at].op) {
                continue;
            }
            let mut target = self.code[at].imm;
            // A circle of jumps, `while true {}`, is left as it is after a few rounds.
            for _ in 0..32 {
                match self.code.get(target as usize) {
                    Some(next) if next.op == Op::Jump => target = next.imm,
                    _ => break,
                }
            }
            self.code[at].imm = target;
            match self.code.get(target as usize) {
                Some(end) if self.code[at].op == Op::Jump && end.op == Op::Return => {
                    self.code[at] = *end;
                    self.spans[at] = self.spans[target as usize];
                }
                _ => {}
            }
        }
    }

    /// Takes out what nothing leads to any more now that jumps go straight to where others led.
    fn sweep(&mut self) {
        let mut reached = vec![false; self.code.len()];
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            if reached.get(at) != Some(&false) {
                continue;
            }
            reached[at] = true;
            let instruction = self.code[at];
            if is_jump(instruction.op) {
                open.push(instruction.imm as usize);
            }
            if goes_on(instruction) {
                open.push(at + 1);
            }
        }
        // Where each instruction comes to stand; one more, for the ends of ranges.
        let mut places = Vec::with_capacity(reached.len() + 1);
        let mut next = 0;
        for kept in &reached {
            places.push(next);
            next += u32::from(*kept);
        }
        places.push(next);
        let place = |at: u32| places.get(at as usize).copied().unwrap_or(next);
        for instruction in self.code.iter_mut().filter(|instruction| is_jump(instruction.op)) {
            instruction.imm = place(instruction.imm as u32) as i32;
        }
        for info in &mut self.infos {
            info.live = place(info.live.start)..place(info.live.end);
        }
        self.infos.retain(|info| !info.live.is_empty());
        self.counters.retain(|counter| reached.get(counter.pc as usize) == Some(&true));
        for counter in &mut self.counters {
            counter.pc = place(counter.pc);
        }
        for idle in &mut self.idle {
            idle.code = place(idle.code.start)..place(idle.code.end);
        }
        let mut kept = reached.iter();
        self.code.retain(|_| kept.next() == Some(&true));
        let mut kept = reached.iter();
        self.spans.retain(|_| kept.next() == Some(&true));
    }
}

/// Whether the immediate is the index of an instruction.
fn is_jump(op: Op) -> bool {
    op.row().immediate == Operand::Target
}

/// Whether control can go on to the instruction after this one.
fn goes_on(instruction: Instruction) -> bool {
    match instruction.op {
        Op::Jump | Op::Return => false,
        Op::Syscall => !Builtin::from_number(instruction.c).is_some_and(Builtin::never_returns),
        _ => true,
    }
}
