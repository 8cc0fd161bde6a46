//! Programs assembled by hand, run by the processor.

mod faults;
mod formats;
mod values;

use std::sync::Arc;

use super::memory::Memory;
use super::{Context, Fault, Limits, Processor, Stop, run};
use crate::abi::Builtin;
use crate::bytecode::image::{FunctionInfo, GlobalInfo, Image, Zero};
use crate::bytecode::op::{Instruction, Op};
use crate::bytecode::verify::Verified;
use crate::source::Span;

const LIMITS: Limits = Limits { stack: 1 << 20, heap: 1 << 20 };

fn i(op: Op, a: u8, b: u8, c: u8, imm: i32) -> Instruction {
    Instruction::new(op, a, b, c, imm)
}

/// `if a op short goto target`
fn short(op: Op, a: u8, value: i16, target: i32) -> Instruction {
    let [low, high] = value.to_le_bytes();
    Instruction::new(op, a, low, high, target)
}

fn library(builtin: Builtin, window: u8, args: u8, imm: i32) -> Instruction {
    i(Op::Library, window, args, builtin as u8, imm)
}

/// `exit(register 1 of the window)`
fn exit(window: u8) -> Instruction {
    i(Op::Syscall, window, 1, Builtin::Exit as u8, -1)
}

fn function(name: &str, entry: usize, end: usize, params: u8, frame: u16) -> FunctionInfo {
    FunctionInfo {
        name: Arc::from(name),
        entry: entry as u32,
        end: end as u32,
        params,
        results: 1,
        frame,
        locals: Vec::new(),
        head: Span::default(),
    }
}

/// A program of one function with 16 registers; it ends with an exit.
fn image(mut code: Vec<Instruction>, strings: &[&str]) -> Image {
    code.push(exit(8));
    Image {
        functions: vec![function("main program", 0, code.len(), 0, 16)],
        spans: vec![Span::default(); code.len()],
        code,
        strings: strings.iter().map(|text| Arc::from(text.as_bytes())).collect(),
        globals: ["errno", "argv"]
            .map(|name| GlobalInfo { name: name.into(), shown: None, zero: Zero::Word, span: Span::default() })
            .to_vec(),
        ..Image::default()
    }
}

/// fib(n) as the compiler would write it; the result is left in register 1 of the window of `exit`.
fn fib(n: i32) -> Image {
    let code = vec![
        i(Op::LoadInt, 3, 0, 0, n),
        i(Op::Call, 2, 1, 0, 1),
        i(Op::Move, 3, 2, 0, 0),
        exit(2),
        // fib(r1), with r2 and the window from r3 on
        short(Op::JumpGeShort, 1, 2, 6),
        i(Op::Return, 1, 1, 0, 0),
        i(Op::AddImm, 4, 1, 0, -1),
        i(Op::Call, 3, 1, 0, 1),
        i(Op::Move, 2, 3, 0, 0),
        i(Op::AddImm, 4, 1, 0, -2),
        i(Op::Call, 3, 1, 0, 1),
        i(Op::AddInt, 1, 2, 3, 0),
        i(Op::Return, 1, 1, 0, 0),
    ];
    let mut image = image(code, &[]);
    image.functions = vec![function("main program", 0, 4, 0, 5), function("fib", 4, 13, 1, 6)];
    image
}

/// Sums 0 to n-1 in a loop with its test at the bottom.
fn sum(n: i32) -> Image {
    let code = vec![
        i(Op::LoadInt, 1, 0, 0, 0),
        i(Op::LoadInt, 3, 0, 0, 0),
        i(Op::LoadInt, 4, 0, 0, n),
        i(Op::AddInt, 3, 3, 1, 0),
        i(Op::AddImm, 1, 1, 0, 1),
        i(Op::JumpLt, 1, 4, 0, 3),
        exit(2),
    ];
    image(code, &[])
}

/// A machine of one process.
struct Machine {
    processor: Processor,
    memory: Memory,
    context: Context,
}

impl Machine {
    fn new(image: Image) -> Self {
        Self::with_limits(image, LIMITS)
    }

    fn with_limits(image: Image, limits: Limits) -> Self {
        let mut memory = Memory::new();
        let context = Context::start(Verified::trusted(image), &mut memory, &[b"test".to_vec()], limits).unwrap();
        Machine { processor: Processor::default(), memory, context }
    }

    fn run(&mut self, fuel: u64) -> (Stop, u64) {
        let result = run(&mut self.processor, &mut self.context, &mut self.memory, fuel);
        self.context.audit_heap(&mut self.memory).unwrap();
        self.memory.audit(&[self.context.space]).unwrap();
        result
    }

    /// Runs to `exit` and gives its code.
    fn exit(&mut self) -> u64 {
        match self.run(u64::MAX >> 1).0 {
            Stop::Syscall(request) if request.builtin == Builtin::Exit => self.context.register(request.window + 1),
            stop => panic!("{stop:?}"),
        }
    }

    fn fault(&mut self) -> Fault {
        match self.run(u64::MAX >> 1).0 {
            Stop::Fault(fault) => *fault,
            stop => panic!("{stop:?}"),
        }
    }

    fn string(&mut self, register: u8) -> String {
        let word = self.context.register(register);
        String::from_utf8(self.context.string(&mut self.memory, word)).unwrap()
    }
}

#[test]
fn fib_and_sum_give_their_results() {
    assert_eq!(Machine::new(fib(20)).exit(), 6765);
    assert_eq!(Machine::new(sum(1000)).exit(), 499_500);
}

/// Whatever the fuel of each turn, the same instructions are carried out and every one is counted.
#[test]
fn fuel_is_counted_to_the_instruction() {
    for image in [fib(8), sum(50)] {
        let total = Machine::new(image.clone()).run(u64::MAX >> 1).1;
        for turn in [1, 2, 3, 7, 13, 14, 15, 100, 1000] {
            for tidy in [false, true] {
                let mut machine = Machine::new(image.clone());
                machine.processor = if tidy { Processor::tidy() } else { Processor::default() };
                let mut spent = 0;
                loop {
                    let (stop, used) = machine.run(turn);
                    spent += used;
                    match stop {
                        Stop::FuelSpent => assert_eq!(used, turn),
                        Stop::Syscall(_) => break,
                        stop => panic!("{stop:?}"),
                    }
                }
                assert_eq!(spent, total, "turns of {turn}");
            }
        }
    }
}
