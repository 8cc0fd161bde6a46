//! What faults say, handlers' frames, and the call stack.

use super::*;
use crate::abi::FUNCTION_BIAS;
use crate::bytecode::image::Assertion;
use crate::check::tree::Shown;
use crate::vm::Frame;
use crate::vm::fault::{PointerKind, Site};

/// Runs to a fault, which must stand at instruction `pc`; everything before it is counted.
fn fault_at(code: Vec<Instruction>, pc: u32) -> Fault {
    let mut machine = Machine::new(image(code, &["text"]));
    let (stop, used) = machine.run(1000);
    assert_eq!((machine.context.pc, used), (pc, u64::from(pc)));
    match stop {
        Stop::Fault(fault) => *fault,
        stop => panic!("{stop:?}"),
    }
}

#[test]
fn divisions_fault() {
    for op in [Op::DivInt, Op::RemInt] {
        let code = vec![i(Op::LoadInt, 1, 0, 0, 7), i(Op::LoadInt, 2, 0, 0, 0), i(op, 3, 1, 2, 0)];
        assert_eq!(fault_at(code, 2), Fault::DivideByZero { dividend: 7 });
        let smallest = [i(Op::LoadInt, 1, 0, 0, 1), i(Op::ShlImm, 1, 1, 0, 63), i(Op::LoadInt, 2, 0, 0, -1)];
        let code = [&smallest[..], &[i(op, 3, 1, 2, 0)]].concat();
        assert_eq!(fault_at(code, 3), Fault::DivideOverflow);
    }
}

#[test]
fn accesses_outside_fault() {
    let start = [i(Op::LoadInt, 1, 0, 0, 5), i(Op::ArrayOf, 2, 1, 1, 0), i(Op::LoadStr, 3, 0, 0, 0)];
    let after =
        |last: &[Instruction]| fault_at([&start[..], last].concat(), start.len() as u32 + last.len() as u32 - 1);
    let index = |what, index, length| Fault::Index { what, index, length };
    assert_eq!(after(&[i(Op::LoadElem, 4, 2, 1, 0)]), index("array", 5, 1));
    assert_eq!(after(&[i(Op::StoreElem, 1, 2, 1, 0)]), index("array", 5, 1));
    assert_eq!(after(&[i(Op::LoadByte, 4, 3, 1, 0)]), index("string", 5, 4));
    assert_eq!(after(&[i(Op::NegInt, 1, 1, 0, 0), i(Op::LoadElem, 4, 2, 1, 0)]), index("array", -5, 1));
    assert_eq!(after(&[i(Op::SliceStr, 4, 3, 1, 2)]), index("slice", 5, 4));
    assert_eq!(
        after(&[i(Op::LoadInt, 6, 0, 0, 1), i(Op::LoadInt, 7, 0, 0, 0), i(Op::SliceArray, 4, 2, 6, 0)]),
        index("slice", 1, 1)
    );
    assert_eq!(after(&[i(Op::LoadInt, 5, 0, 0, 0), i(Op::LoadElem, 4, 5, 5, 0)]), index("array", 0, 0));
    assert_eq!(after(&[i(Op::LoadInt, 5, 0, 0, 0), i(Op::LoadField, 4, 5, 0, 1)]), Fault::Nil { what: "struct" });
    assert_eq!(after(&[i(Op::LoadInt, 5, 0, 0, 0), i(Op::StoreCell, 4, 5, 5, 0)]), Fault::Nil { what: "ptr" });
    assert_eq!(after(&[i(Op::LoadInt, 5, 0, 0, 0), i(Op::CallValue, 6, 0, 5, 0)]), Fault::Nil { what: "function" });
    assert_eq!(after(&[i(Op::LoadInt, 5, 0, 0, 1), i(Op::CallValue, 6, 0, 5, 0)]), Fault::NotAFunction);
    assert_eq!(after(&[library(Builtin::Pop, 5, 1, -1)]), Fault::EmptyPop);
}

#[test]
fn pointer_faults_say_where_the_block_was_allocated_and_freed() {
    let code = vec![
        i(Op::LoadInt, 2, 0, 0, 3),
        library(Builtin::Malloc, 1, 1, -1),
        i(Op::Move, 5, 1, 0, 0),
        i(Op::LoadInt, 6, 0, 0, 3),
        i(Op::LoadCell, 7, 5, 6, 0),
        // The fault is stepped over by the test, and the block freed twice.
        i(Op::Move, 2, 5, 0, 0),
        library(Builtin::Free, 1, 1, -1),
        library(Builtin::Free, 1, 1, -1),
    ];
    let mut machine = Machine::new(image(code, &[]));
    let Fault::Pointer(fault) = machine.fault() else { panic!("a pointer fault is expected") };
    assert_eq!((fault.kind, fault.offset, fault.cells), (PointerKind::OutOfBounds, 3, Some(3)));
    assert_eq!((fault.allocated, fault.freed), (Some(Site { pc: 1, generation: 0 }), None));
    let mut child = machine.context.fork(&mut machine.memory, None);
    child.pc += 1;
    let (stop, _) = run(&mut machine.processor, &mut child, &mut machine.memory, 100);
    let Stop::Fault(fault) = stop else { panic!("{stop:?}") };
    let Fault::Free(fault) = *fault else { panic!("{fault:?}") };
    assert_eq!((fault.kind, fault.offset), (PointerKind::Freed, 0));
    assert_eq!(fault.allocated, Some(Site { pc: 1, generation: 0 }));
    assert_eq!(fault.freed, Some(Site { pc: 6, generation: 1 }));
    // The parent's block lives.
    assert_eq!(machine.context.manual_blocks(&mut machine.memory).len(), 1);
    assert_eq!(child.manual_blocks(&mut machine.memory), []);
    machine.memory.audit(&[machine.context.space, child.space]).unwrap();
    child.release(&mut machine.memory);
    machine.memory.audit(&[machine.context.space]).unwrap();
}

#[test]
fn endless_recursion_overflows_the_stack_wherever_it_runs() {
    let code = vec![i(Op::Call, 2, 0, 0, 1), i(Op::Nop, 0, 0, 0, 0), i(Op::Call, 2, 0, 0, 1)];
    let mut image = image(code, &[]);
    image.functions = vec![function("main program", 0, 1, 0, 4), function("f", 1, 3, 0, 4)];
    let depth = |turn: u64| {
        let mut machine = Machine::with_limits(image.clone(), Limits { stack: 64 << 10, heap: 1 << 16 });
        loop {
            match machine.run(turn) {
                (Stop::FuelSpent, _) => {}
                (Stop::Fault(fault), _) => {
                    assert_eq!(*fault, Fault::StackOverflow { limit: 65536 });
                    break machine.context.call_stack().len();
                }
                (stop, _) => panic!("{stop:?}"),
            }
        }
    };
    let whole = depth(1 << 40);
    assert!(whole > 3000);
    assert_eq!(depth(1000), whole);
    assert_eq!(depth(1), whole);
}

/// A handler interrupts a callee, is itself interrupted, and everything comes back as it was.
#[test]
fn handlers_run_on_top_and_leave_no_trace() {
    let code = vec![
        i(Op::LoadInt, 3, 0, 0, 40),
        i(Op::Call, 2, 1, 0, 1),
        i(Op::Move, 3, 2, 0, 0),
        exit(2),
        // f(x): x + 2, in three steps
        i(Op::AddImm, 1, 1, 0, 1),
        i(Op::AddImm, 1, 1, 0, 1),
        i(Op::Return, 1, 1, 0, 0),
        // handler(sig): stores it
        i(Op::StoreGlobal, 1, 0, 0, 0),
        i(Op::Return, 1, 0, 0, 0),
    ];
    let mut image = image(code, &[]);
    image.functions =
        vec![function("main program", 0, 4, 0, 4), function("f", 4, 7, 1, 2), function("handler", 7, 9, 1, 2)];
    let mut machine = Machine::new(image);
    machine.run(3);
    let before = (machine.context.pc, machine.context.base, machine.context.slots().to_vec());
    let handler = 2 + FUNCTION_BIAS;
    machine.context.push_handler(handler, 10, [1, 2]).unwrap();
    machine.run(1);
    machine.context.push_handler(handler, 12, [3, 4]).unwrap();
    let stack = machine.context.call_stack();
    let parts: Vec<(u32, u32, bool)> =
        stack.iter().map(|Frame { function, pc, interrupted, .. }| (*function, *pc, *interrupted)).collect();
    assert_eq!(parts, [(2, 7, false), (2, 8, true), (1, 5, true), (0, 1, false)]);
    assert_eq!(machine.run(100).0, Stop::HandlerReturned);
    assert_eq!((machine.context.pop_handler(), machine.context.errno()), ([3, 4], 12));
    assert_eq!(machine.run(100), (Stop::HandlerReturned, 1));
    assert_eq!(machine.context.pop_handler(), [1, 2]);
    machine.context.set_errno(0);
    assert_eq!((machine.context.pc, machine.context.base, machine.context.slots().to_vec()), before);
    assert_eq!(machine.exit(), 42);
    assert_eq!(machine.context.push_handler(1, 10, [0, 0]), Err(Fault::NotAFunction));
}

#[test]
fn a_failed_assertion_shows_both_sides_and_its_message() {
    let code = vec![i(Op::LoadInt, 1, 0, 0, 4), i(Op::LoadStr, 2, 0, 0, 0), i(Op::AssertFail, 2, 0, 0, 0)];
    let mut image = image(code, &["why"]);
    let sides = Some([(1, Shown::Int), (2, Shown::Str)]);
    image.assertions = vec![Assertion { text: "a == b".into(), has_message: true, sides }];
    let sides = Some(("4".to_owned(), "\"why\"".to_owned()));
    assert_eq!(Machine::new(image).fault(), Fault::Assertion { index: 0, sides, message: Some("why".to_owned()) });
}

#[test]
fn the_end_of_the_main_program_is_an_exit() {
    let mut machine = Machine::new(image(vec![i(Op::Return, 1, 0, 0, 0)], &[]));
    assert_eq!(machine.exit(), 0);
}
