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
fn deep_expressions_do_not_widen_the_frame() {
    crate::syntax::with_room(2000, || {
        let mut sum = local(0);
        for _ in 0..2000 {
            sum = binary(BinaryOp::Add, sum, local(0));
        }
        let sum = binary(BinaryOp::Multiply, sum, local(0));
        let program =
            program(vec![function("main program", 0, &[], Vec::new()), function("sum", 1, &["n"], vec![give(sum)])]);
        let text = listing(&program);
        assert!(text.contains("fn sum: 1 parameter, 1 result, 3 registers"), "{}", &text[..200]);
    });
}

/// The instructions of one function of a source text, one a line, without numbers and notes.
fn code(text: &str, function: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add(SourceFile::new("t.proc", text));
    let (tree, mut problems) = crate::syntax::parse(file, text);
    let (program, found) = crate::check::check(file, &tree);
    problems.extend(found);
    let program = program.unwrap_or_else(|| panic!("{problems:?}"));
    let image = lower(&program, &sources, "t").expect("no limit is near");
    let image = verify(image).expect("lowering gives images in order");
    let info = image.functions.iter().find(|info| &*info.name == function).expect("the function is there");
    let lines = (info.entry..info.end).map(|pc| {
        let text = crate::bytecode::disasm::instruction(&image, pc);
        // Targets count from the function's start here.
        match text.split_once("-> ") {
            Some((before, target)) => {
                format!("{before}-> {}", target.parse::<u32>().expect("a target is a number") - info.entry)
            }
            None => text,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// As [`code`], of a function `f`.
fn f(signature: &str, body: &str) -> String {
    code(&format!("fn f{signature} {{ {body} }}"), "f")
}

#[test]
fn a_counting_loop_takes_two_instructions_a_turn_beside_its_body() {
    assert_eq!(
        f("() -> int", "let s = 0; for i in 0..10 { s += i; } return s;"),
        "int r1 0\nint r2 0\nadd r1 r1 r2\naddi r2 r2 1\njlti r2 10 -> 2\nret r1 1"
    );
    // Where the first test may fail, the loop is entered at it; the end is computed once.
    assert_eq!(
        f("(n: int) -> int", "let s = 0; for i in 0..n { s += i; } return s;"),
        "int r2 0\nint r3 0\nmove r4 r1\njump -> 6\nadd r2 r2 r3\naddi r3 r3 1\njlt r3 r4 -> 4\nret r2 1"
    );
}

#[test]
fn a_store_on_another_path_is_no_proof_that_a_loop_begins() {
    assert_eq!(
        f("(c: bool, i: int) -> int", "if c { i = 0; } while i < 10 { i *= 2; } return i;"),
        "jifnot r1 -> 4\nint r2 0\njump -> 4\nmuli r2 r2 2\njlti r2 10 -> 3\nret r2 1"
    );
}

#[test]
fn results_of_a_call_land_in_the_locals_they_are_for() {
    assert_eq!(
        f("() -> (int, int)", "let (r, w) = pipe(); return (w, r);"),
        "sys r1 0 pipe\nmove r3 r2\nmove r4 r1\nret r3 2"
    );
    // Also where a loop binds them anew; the part that is not wanted keeps its place in the row.
    assert_eq!(
        f("(fd: int)", "while let (_, line) = getline(fd); len(line) > 0 { write(1, line); }"),
        "jump -> 4\nint r5 1\nmove r6 r3\nsys r4 2 write\nmove r3 r1\nsys r2 1 getline\nslen r4 r3\njgti r4 0 -> 1\nret"
    );
}

#[test]
fn conditions_are_paths() {
    assert_eq!(
        f("(a: int, b: int) -> int", "if a >= 0 && a < b || b == 7 { return 1; } return 2;"),
        "jlti r1 0 -> 2\njlt r1 r2 -> 3\njnei r2 7 -> 5\nint r3 1\nret r3 1\nint r3 2\nret r3 1"
    );
    // NaN is not less and not greater either: "unless" keeps the comparison and steps over a jump.
    assert_eq!(
        f("(x: float, y: float) -> int", "if x < y { return 1; } return 0;"),
        "jltf r1 r2 -> 2\njump -> 4\nint r3 1\nret r3 1\nint r3 0\nret r3 1"
    );
}

#[test]
fn a_match_is_a_chain_of_comparisons() {
    assert_eq!(
        f("(x: int) -> int", "match x { 1 | -2 => { return 5; } 10..20 => { x = 2; } n => { x = n + 1; } } return x;"),
        "jeqi r1 1 -> 2\njnei r1 -2 -> 4\nint r2 5\nret r2 1\n\
         jlti r1 10 -> 8\njgei r1 20 -> 8\nint r1 2\nret r1 1\n\
         move r2 r1\naddi r1 r2 1\nret r1 1"
    );
    assert_eq!(
        f("(b: bool) -> int", "match b { true => { return 1; } false => { return 2; } }"),
        "jifnot r1 -> 3\nint r2 1\nret r2 1\nint r2 2\nret r2 1"
    );
}

#[test]
fn a_variable_that_no_function_mentions_lives_in_a_register() {
    assert_eq!(
        code("let pid = 0; let n = 0; pid = fork(); n += 2;", "main program"),
        "int r1 0\nint r2 0\nsys r3 0 fork\nmove r1 r3\naddi r2 r2 2\nint r2 0\nsys r1 1 exit"
    );
}

#[test]
fn a_signal_can_come_between_a_call_and_the_store_of_its_result() {
    assert_eq!(
        code("let pid = 0; let n = 0; pid = fork(); n += 2; fn look() { print(pid, n); }", "main program"),
        "int r1 0\nstore r1 pid\nint r1 0\nstore r1 n\n\
         sys r1 0 fork\nstore r1 pid\n\
         load r1 n\naddi r1 r1 2\nstore r1 n\n\
         int r2 0\nsys r1 1 exit"
    );
}

#[test]
fn the_main_program_exits_with_what_main_returns() {
    assert_eq!(code("fn main() -> int { return 3; }", "main program"), "call r2 0 main\nsys r1 1 exit");
    assert_eq!(code("fn main() { }", "main program"), "call r2 0 main\nint r2 0\nsys r1 1 exit");
    assert_eq!(code("while true { }", "main program"), "jump -> 0");
}

#[test]
fn constants_are_computed_but_faults_are_left_to_the_run() {
    assert_eq!(
        f("(x: int, z: int) -> int", "let k = 6; z = 0; return x * (k + 1) + 2 * 3 - k / z;"),
        "int r3 6\nint r2 0\nmuli r4 r1 7\naddi r4 r4 6\ndiv r5 r3 r2\nsub r4 r4 r5\nret r4 1"
    );
    // A local that is stored to twice is no constant.
    assert_eq!(
        f("(c: bool) -> int", "let k = 6; if c { k = 7; } return k + 1;"),
        "int r2 6\njifnot r1 -> 3\nint r2 7\naddi r3 r2 1\nret r3 1"
    );
    assert_eq!(
        f("(x: int) -> int", "return x / -1 + x % 5;"),
        "int r2 -1\ndiv r2 r1 r2\nremi r3 r1 5\nadd r2 r2 r3\nret r2 1"
    );
}

#[test]
fn an_assertion_loads_what_it_shows_only_when_it_fails() {
    assert_eq!(f("(x: int)", "assert(x == 3, \"no\");"), "jeqi r1 3 -> 4\nint r2 3\nstr r3 #0\nassert r3 #0\nret");
}

#[test]
fn what_cannot_be_reached_is_not_there() {
    assert_eq!(f("(n: int)", "exit(n + 1); print(n);"), "addi r3 r1 1\nsys r2 1 exit");
    assert_eq!(f("(n: int) -> int", "while true { if n == 1 { return n; } }"), "jnei r1 1 -> 0\nret r1 1");
}

#[test]
fn locals_are_known_to_reports_only_where_their_registers_hold_them() {
    let text = "fn f(n: int) {\n    { let a = n * 2; print(a); }\n    let b = n;\n    print(b);\n}";
    let mut sources = SourceMap::new();
    let file = sources.add(SourceFile::new("t.proc", text));
    let program = crate::check::check(file, &crate::syntax::parse(file, text).0).0.expect("no mistakes");
    let image = lower(&program, &sources, "t").expect("no limit is near");
    let info = &image.functions[1];
    let live: Vec<_> = info
        .locals
        .iter()
        .map(|local| (&*local.name, local.register, local.live.start - info.entry..local.live.end - info.entry))
        .collect();
    // 0 muli, 1 move, 2 print, 3 move, 4 move, 5 print, 6 ret
    assert_eq!(live, [("a", 2, 1..3), ("b", 2, 4..6), ("n", 1, 0..7)]);
}
