use std::sync::Arc;

use super::*;
use crate::bytecode::image::{Assertion, FieldInfo, GlobalInfo, LocalInfo, StructInfo, Zero};
use crate::check::types::StructId;
use crate::source::Span;

const FRAME: u16 = 20;

fn global(name: &str) -> GlobalInfo {
    GlobalInfo { name: Arc::from(name), shown: Some(Shown::Int), zero: Zero::Word, span: Span::default() }
}

fn function(name: &str, entry: u32, end: u32, params: u8, results: u8) -> FunctionInfo {
    let locals = Vec::new();
    FunctionInfo { name: Arc::from(name), entry, end, params, results, frame: FRAME, locals, head: Span::default() }
}

/// The only instruction of some form that is good in the image of [`image`], where it stands in function 1.
fn good(op: Op) -> Instruction {
    let row = op.row();
    let operand = |operand: Operand| match operand {
        Operand::None | Operand::Count | Operand::ElementKind => 0,
        Operand::Builtin => Builtin::Getpid as u8,
        _ => 1,
    };
    let [a, b, c] = row.operands.map(operand);
    let imm = match row.immediate {
        Operand::Extra => -1,
        Operand::Target => 2,
        Operand::Immediate | Operand::Function => 2,
        _ => 0,
    };
    let mut good = Instruction::new(op, a, b, c, imm);
    match op {
        Op::Call => good.b = 2,
        Op::Return => good.b = 1,
        Op::Library => (good.b, good.c) = (2, Builtin::Find as u8),
        _ => {}
    }
    good
}

/// Function 0 exits, function 1 holds the instruction under test between two others, function 2 takes two arguments.
fn image(instruction: Instruction) -> Image {
    let op = |op, a, b, c, imm| Instruction::new(op, a, b, c, imm);
    let code = vec![
        op(Op::LoadInt, 2, 0, 0, 0),
        op(Op::Syscall, 1, 1, Builtin::Exit as u8, -1),
        op(Op::LoadInt, 1, 0, 0, 7),
        instruction,
        op(Op::Return, 1, 1, 0, 0),
        op(Op::Return, 0, 0, 0, 0),
    ];
    let field = FieldInfo { name: Arc::from("f"), shown: Some(Shown::Int), managed: false, zero: Zero::Word };
    let format = |args: usize, dynamic| Format {
        pieces: if dynamic { Vec::new() } else { vec![Piece::Show; args] },
        args: vec![Shown::Int; args],
        dynamic,
    };
    Image {
        spans: vec![Span::default(); code.len()],
        code,
        functions: vec![function("main", 0, 2, 0, 0), function("f", 2, 5, 0, 1), function("g", 5, 6, 2, 0)],
        constants: vec![1],
        strings: vec![Arc::from(&b"s"[..])],
        structs: vec![StructInfo { name: Arc::from("S"), fields: vec![field] }],
        globals: vec![global("errno"), global("argv")],
        formats: vec![format(2, false), format(2, true)],
        assertions: vec![
            Assertion { text: Arc::from("x"), has_message: true, sides: None },
            Assertion { text: Arc::from("x"), has_message: false, sides: Some([(1, Shown::Int), (2, Shown::Int)]) },
        ],
        ..Image::default()
    }
}

fn accepted(instruction: Instruction) -> bool {
    verify(image(instruction)).is_ok()
}

#[test]
fn every_op_has_a_form_that_is_accepted() {
    for op in Op::ALL {
        assert_eq!(verify(image(good(*op))).err(), None, "{op:?}");
    }
}

#[test]
fn every_operand_of_every_op_is_checked() {
    let broken = |operand: Operand| match operand {
        Operand::None => vec![1, 255],
        Operand::Write | Operand::Read | Operand::Update | Operand::Window => {
            vec![0, FRAME as u8, 255]
        }
        Operand::ElementKind => vec![2, 255],
        Operand::Builtin => vec![Builtin::ALL.len() as u8, 255],
        // Any pair is a number, and counts are tested with their ops.
        Operand::Short | Operand::Count => vec![],
        other => panic!("{other:?} is no operand"),
    };
    for op in Op::ALL {
        let good = good(*op);
        for (at, operand) in op.row().operands.into_iter().enumerate() {
            for value in broken(operand) {
                let mut bad = good;
                *[&mut bad.a, &mut bad.b, &mut bad.c][at] = value;
                assert!(!accepted(bad), "{bad:?}: operand {at} should not be {value}");
            }
        }
    }
}

#[test]
fn every_immediate_of_every_op_is_checked() {
    let broken = |operand: Operand| match operand {
        Operand::None => vec![1, -1],
        Operand::Immediate => vec![],
        Operand::Target => vec![-1, 1, 5, 6, i32::MAX],
        Operand::Extra => vec![0, 1, -2],
        Operand::Function => vec![-1, 3, i32::MAX],
        Operand::Constant | Operand::String | Operand::Struct | Operand::Field => {
            vec![-1, 1, i32::MIN]
        }
        Operand::Global | Operand::Assertion | Operand::ElementKind => vec![-1, 2, i32::MAX],
        other => panic!("{other:?} is no immediate"),
    };
    for op in Op::ALL {
        for imm in broken(op.row().immediate) {
            let bad = Instruction { imm, ..good(*op) };
            assert!(!accepted(bad), "{bad:?}");
        }
    }
}

#[test]
fn constant_divisors_cannot_fault() {
    for op in [Op::DivImm, Op::RemImm] {
        for imm in [0, -1] {
            assert!(!accepted(Instruction { imm, ..good(op) }), "{op:?} {imm}");
        }
        assert!(accepted(Instruction { imm: -2, ..good(op) }));
    }
}

#[test]
fn calls_fit_their_callee_and_the_frame() {
    let call = |a, b, imm| Instruction::new(Op::Call, a, b, 0, imm);
    assert!(accepted(call(17, 2, 2)));
    assert!(!accepted(call(18, 2, 2)), "the last argument would stand outside the frame");
    assert!(!accepted(call(1, 1, 2)) && !accepted(call(1, 3, 2)), "two arguments are wanted");
    assert!(!accepted(call(1, 0, 0)), "the main program is not called");
    assert!(!accepted(Instruction::new(Op::LoadFn, 1, 0, 0, 0)));
    let value = |a, b| Instruction::new(Op::CallValue, a, b, 1, 0);
    assert!(accepted(value(17, 2)) && !accepted(value(17, 3)));
    let row = |b, c| Instruction::new(Op::ArrayOf, 1, b, c, 0);
    assert!(accepted(row(18, 2)) && !accepted(row(18, 3)));
    let slice = |c, imm| Instruction::new(Op::SliceStr, 1, 1, c, imm);
    assert!(accepted(slice(18, 3)) && !accepted(slice(19, 3)) && !accepted(slice(18, 4)));
}

#[test]
fn results_of_a_system_call_fit_the_frame() {
    let receive = |a| Instruction::new(Op::Syscall, a, 1, Builtin::MqReceive as u8, -1);
    assert!(accepted(receive(17)));
    assert!(!accepted(receive(18)), "three results");
}

#[test]
fn built_ins_get_what_their_rows_say() {
    let library = |builtin, b, imm| Instruction::new(Op::Library, 1, b, builtin as u8, imm);
    let syscall = |builtin, b, imm| Instruction::new(Op::Syscall, 1, b, builtin as u8, imm);
    assert!(!accepted(library(Builtin::Getpid, 0, -1)), "the other class");
    assert!(!accepted(syscall(Builtin::Find, 2, -1)), "the other class");
    assert!(!accepted(library(Builtin::Find, 1, -1)) && !accepted(library(Builtin::Find, 3, -1)));
    assert!(accepted(syscall(Builtin::MqOpen, 2, -1)) && accepted(syscall(Builtin::MqOpen, 4, -1)));
    assert!(!accepted(syscall(Builtin::MqOpen, 5, -1)) && !accepted(syscall(Builtin::MqOpen, 1, -1)));
    assert!(accepted(syscall(Builtin::Exec, 9, -1)), "any number of further arguments");
    assert!(accepted(library(Builtin::Min, 2, 1)) && !accepted(library(Builtin::Min, 2, -1)));
    assert!(!accepted(library(Builtin::Min, 2, 4)));
    assert!(accepted(syscall(Builtin::Printf, 2, 0)) && accepted(syscall(Builtin::Printf, 3, 1)));
    assert!(!accepted(syscall(Builtin::Printf, 3, 0)) && !accepted(syscall(Builtin::Printf, 2, 1)));
    assert!(!accepted(syscall(Builtin::Printf, 2, -1)) && !accepted(syscall(Builtin::Printf, 2, 2)));
    assert!(accepted(syscall(Builtin::Dprintf, 3, 0)) && !accepted(syscall(Builtin::Dprintf, 2, 0)));
}

#[test]
fn returns_and_assertions_name_registers_only_where_they_have_some() {
    let ret = |a, b| Instruction::new(Op::Return, a, b, 0, 0);
    assert!(!accepted(ret(0, 1)) && !accepted(ret(20, 1)) && !accepted(ret(1, 2)) && !accepted(ret(0, 0)));
    let assert = |a, imm| Instruction::new(Op::AssertFail, a, 0, 0, imm);
    assert!(accepted(assert(1, 0)) && !accepted(assert(0, 0)) && !accepted(assert(20, 0)));
    assert!(accepted(assert(0, 1)) && !accepted(assert(1, 1)));
    let mut outside = image(assert(0, 1));
    outside.assertions[1].sides = Some([(1, Shown::Int), (20, Shown::Int)]);
    assert!(verify(outside).is_err());
}

/// What is done to an image.
type Break = fn(&mut Image);

#[test]
fn tables_and_functions_are_checked() {
    let breaks: &[(&str, Break)] = &[
        ("a span is missing", |image| image.spans.truncate(5)),
        ("a span too many", |image| image.spans.push(Span::default())),
        ("no functions", |image| image.functions.clear()),
        ("no argv", |image| drop(image.globals.pop())),
        ("code before the first function", |image| image.functions[0].entry = 1),
        ("a gap between functions", |image| image.functions[1].entry = 3),
        ("functions overlap", |image| image.functions[1].entry = 1),
        ("a function without code", |image| image.functions[2].entry = 6),
        ("a function past the code", |image| image.functions[2].end = 7),
        ("code past the functions", |image| drop(image.functions.pop())),
        ("a frame too wide", |image| image.functions[1].frame = MAX_FRAME as u16 + 1),
        ("a frame without its parameters", |image| image.functions[2].frame = 2),
        ("a frame without its results", |image| image.functions[1].results = 21),
        ("another number of results", |image| image.functions[1].results = 2),
        ("a main program with parameters", |image| image.functions[0].params = 1),
        ("an end that is run past", |image| image.code[5] = Instruction::new(Op::Nop, 0, 0, 0, 0)),
        ("a call at the end", |image| image.code[1].c = Builtin::Close as u8),
        ("a main program that returns", |image| image.code[1] = Instruction::new(Op::Return, 0, 0, 0, 0)),
        ("a local outside the frame", |image| image.functions[1].locals.push(local(20, 2..3))),
        ("a local in the link", |image| image.functions[1].locals.push(local(0, 2..3))),
        ("a local of another function", |image| image.functions[1].locals.push(local(1, 2..6))),
        ("a format without its arguments", |image| image.formats[0].pieces.truncate(1)),
        ("a format that takes too many", |image| image.formats[0].pieces.push(Piece::Show)),
        ("a format both read and known", |image| image.formats[1].pieces.push(Piece::Show)),
        ("a shown struct that is not there", |image| {
            image.globals[0].shown = Some(Shown::Array(Arc::new(Shown::Struct(StructId(1)))));
        }),
        ("a shown field that is not there", |image| {
            image.structs[0].fields[0].shown = Some(Shown::Struct(StructId(9)))
        }),
        ("a shown argument that is not there", |image| image.formats[0].args[1] = Shown::Struct(StructId(1))),
    ];
    let good = || image(good(Op::Nop));
    assert!(verify(good()).is_ok());
    for (what, act) in breaks {
        let mut image = good();
        act(&mut image);
        assert!(verify(image).is_err(), "{what}");
    }
}

fn local(register: u8, live: std::ops::Range<u32>) -> LocalInfo {
    LocalInfo { name: Arc::from("x"), register, shown: Some(Shown::Int), live }
}
