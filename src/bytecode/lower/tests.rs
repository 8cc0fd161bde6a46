use std::sync::Arc;

use super::lower;
use crate::bytecode::disasm::disasm;
use crate::bytecode::verify::verify;
use crate::check::tree::*;
use crate::check::types::Type;
use crate::source::{FileId, SourceFile, SourceMap, Span};
use crate::syntax::ast::BinaryOp;

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

fn int(value: i64) -> Expr {
    expr(ExprKind::Constant(Constant::Int(value)), Type::Int)
}

fn local(id: u32) -> Expr {
    expr(ExprKind::Local(LocalId(id)), Type::Int)
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary(Operator::Int(op), Box::new(left), Box::new(right)), Type::Int)
}

fn call(function: u32, args: Vec<Expr>) -> Expr {
    expr(ExprKind::Call(FunctionId(function), args), Type::Int)
}

fn less(left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare(Comparison::Word, BinaryOp::Less, Box::new(left), Box::new(right)), Type::Bool)
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { kind, span: Span::default() }
}

fn give(value: Expr) -> Stmt {
    stmt(StmtKind::Return(Some(value)))
}

fn block(stmts: Vec<Stmt>) -> Block {
    Block { stmts, span: Span::default() }
}

fn function(name: &str, params: usize, locals: &[&str], body: Vec<Stmt>) -> Function {
    Function {
        name: Arc::from(name),
        params,
        result: if name == "main program" { Type::Void } else { Type::Int },
        locals: locals
            .iter()
            .map(|name| Local { name: Arc::from(*name), ty: Type::Int, span: Span::default() })
            .collect(),
        body: block(body),
        head: Span::default(),
    }
}

fn program(functions: Vec<Function>) -> Program {
    let global = |name: &str, ty| Global { name: Arc::from(name), ty, span: Span::default() };
    Program {
        file: FileId(0),
        functions,
        main: None,
        globals: vec![global("errno", Type::Int), global("argv", Type::strings())],
        structs: Vec::new(),
        constants: Vec::new(),
    }
}

/// The listing without its sources; the image must pass the verifier.
fn listing(program: &Program) -> String {
    let mut sources = SourceMap::new();
    sources.add(SourceFile::new("t.proc", ""));
    let image = lower(program, &sources, "t").expect("no limit is near");
    let text = disasm(&image, &sources);
    verify(image).expect("lowering gives images in order");
    text.lines().filter(|line| !line.contains(" |")).map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn a_recursive_function_takes_seven_instructions() {
    let fib = |n: i64| call(1, vec![binary(BinaryOp::Subtract, local(0), int(n))]);
    let body = vec![
        stmt(StmtKind::If {
            bind: None,
            test: less(local(0), int(2)),
            then: block(vec![give(local(0))]),
            otherwise: None,
        }),
        give(binary(BinaryOp::Add, fib(1), fib(2))),
    ];
    let program = program(vec![function("main program", 0, &[], Vec::new()), function("fib", 1, &["n"], body)]);
    let text = listing(&program);
    let fib = text.split("fn fib").nth(1).expect("there is fib");
    assert_eq!(
        fib,
        ": 1 parameter, 1 result, 5 registers\n\
         2  jgei    r1 2 -> 4             ; r1 n\n\
         3  ret     r1 1                  ; r1 n\n\
         4  addi    r3 r1 -1              ; r1 n\n\
         5  call    r2 1 fib\n\
         6  addi    r4 r1 -2              ; r1 n\n\
         7  call    r3 1 fib\n\
         8  add     r2 r2 r3\n\
         9  ret     r2 1\n"
    );
}

#[test]
fn frames_that_are_too_wide_are_reported_at_the_function() {
    let names: Vec<String> = (0..300).map(|at| format!("v{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stores = (0..300)
        .map(|at| {
            let place = Place { kind: PlaceKind::Local(LocalId(at)), ty: Type::Int, span: Span::default() };
            stmt(StmtKind::Store { targets: vec![Some(place)], value: call(1, Vec::new()), declares: true })
        })
        .collect();
    let program =
        program(vec![function("main program", 0, &names, stores), function("one", 0, &[], vec![give(int(1))])]);
    let problems = lower(&program, &SourceMap::new(), "t").expect_err("300 locals do not fit");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, crate::diagnostics::Code::TooManyLocals);
}

#[test]
fn deep_expressions_neither_overflow_the_host_nor_widen_the_frame() {
    let mut sum = local(0);
    for _ in 0..2000 {
        sum = binary(BinaryOp::Add, sum, local(0));
    }
    let sum = binary(BinaryOp::Multiply, sum, local(0));
    let program =
        program(vec![function("main program", 0, &[], Vec::new()), function("sum", 1, &["n"], vec![give(sum)])]);
    let text = listing(&program);
    assert!(text.contains("fn sum: 1 parameter, 1 result, 3 registers"), "{}", &text[..200]);
    // Dropping the tree recurses too; the pipeline does it on a grown stack.
    stacker::grow(64 << 20, || drop(program));
}
