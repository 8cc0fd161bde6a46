//! Tests of the floor as a whole: text in, tree and reports out.

mod habits;
mod hostile;
mod recovery;

use super::ast::*;
use super::parse;
use crate::diagnostics::Diagnostic;
use crate::source::FileId;

fn read(text: &str) -> (Program, Vec<Diagnostic>) {
    parse(FileId(0), text)
}

/// The tree of a text that has nothing wrong.
fn clean(text: &str) -> Program {
    let (program, facts) = read(text);
    assert!(facts.is_empty(), "{text}\n{facts:#?}");
    program
}

fn only_statement(text: &str) -> StmtKind {
    match clean(text).items.pop() {
        Some(Item::Statement(stmt)) => stmt.kind,
        other => panic!("{text}: {other:?}"),
    }
}

/// An expression with all its brackets, so that precedence can be read.
fn show(expr: &Expr) -> String {
    let list = |list: &[Expr]| list.iter().map(show).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => value.to_string(),
        ExprKind::Literal(Literal::Char(byte)) => byte.to_string(),
        ExprKind::Literal(Literal::Float(value)) => value.to_string(),
        ExprKind::Literal(Literal::Bool(value)) => value.to_string(),
        ExprKind::Literal(Literal::Str(bytes)) => format!("{:?}", String::from_utf8_lossy(bytes)),
        ExprKind::Literal(Literal::Nil) => "nil".into(),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Unary(op, x) => format!("({}{})", op.sign(), show(x)),
        ExprKind::Binary(op, x, y) => format!("({} {} {})", show(x), op.sign(), show(y)),
        ExprKind::Conditional(c, x, y) => format!("({} ? {} : {})", show(c), show(x), show(y)),
        ExprKind::Call(f, args) => format!("{}({})", show(f), list(args)),
        ExprKind::Index(a, i) => format!("{}[{}]", show(a), show(i)),
        ExprKind::Slice(a, i, j) => {
            format!(
                "{}[{}..{}]",
                show(a),
                i.as_deref().map(show).unwrap_or_default(),
                j.as_deref().map(show).unwrap_or_default()
            )
        }
        ExprKind::Field(s, name) => format!("{}.{}", show(s), name.name),
        ExprKind::Array(elements) => format!("[{}]", list(elements)),
        ExprKind::Repeat(x, n) => format!("[{}; {}]", show(x), show(n)),
        ExprKind::Struct(name, fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}: {}", name.name, show(value))).collect();
            format!("{} {{ {} }}", name.name, fields.join(", "))
        }
        ExprKind::Tuple(parts) => format!("<{}>", list(parts)),
        ExprKind::Function(function) => format!("fn/{}", function.params.len()),
        ExprKind::Error => "?".into(),
    }
}

#[test]
fn precedence() {
    for (text, tree) in [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("a - b - c", "((a - b) - c)"),
        ("a & b == c", "((a & b) == c)"),
        ("a | b ^ c & d << 1 + 2", "(a | (b ^ (c & (d << (1 + 2)))))"),
        ("a == b && c < d || !e", "(((a == b) && (c < d)) || (!e))"),
        ("-a[0].f(1)", "(-a[0].f(1))"),
        ("- - ~!x", "(-(-(~(!x))))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b ? c : d : e", "(a ? (b ? c : d) : e)"),
        ("(a + b) * c", "((a + b) * c)"),
        ("(a < b) == (c < d)", "((a < b) == (c < d))"),
        ("a[1..n]", "a[1..n]"),
        ("a[..n]", "a[..n]"),
        ("a[1..]", "a[1..]"),
        ("a[..]", "a[..]"),
        ("[1, 2, 3,]", "[1, 2, 3]"),
        ("[]", "[]"),
        ("[0; n + 1]", "[0; (n + 1)]"),
        ("[fn(x: int) -> int { return x; }; 3]", "[fn/1; 3]"),
        ("Job { pid: 3, cmd: \"ls\", }", "Job { pid: 3, cmd: \"ls\" }"),
        ("Job {}", "Job {  }"),
        ("f(Job { a: 1 }, Job {}).x", "f(Job { a: 1 }, Job {  }).x"),
        ("fn(sig: int) { print(sig); }", "fn/1"),
        ("fn() -> fn(int) -> int { return f; }", "fn/0"),
        ("'a' + '\\n'", "(97 + 10)"),
        ("-9223372036854775808", "(--9223372036854775808)"),
        ("1_000.5 + 1e-3", "(1000.5 + 0.001)"),
        ("f(1, 2,)(3)", "f(1, 2)(3)"),
    ] {
        match only_statement(&format!("let v = {text};")) {
            StmtKind::Let { value: Some(value), .. } => assert_eq!(show(&value), tree, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn spans_of_expressions_leave_out_parentheses() {
    let text = "let v = (a + b) * c;";
    let StmtKind::Let { value: Some(value), .. } = only_statement(text) else { panic!("no let") };
    assert_eq!(&text[value.span.range()], "(a + b) * c");
    let ExprKind::Binary(_, left, _) = &value.kind else { panic!("no product") };
    assert_eq!(&text[left.span.range()], "a + b");
}

#[test]
fn every_statement() {
    for text in [
        "let x = 1;",
        "let x: [str] = [];",
        "let x: fn(int, a: str) -> (int, [Job]);",
        "let (a, _, b) = f();",
        "let _ = wait();",
        "x = 1;",
        "a[i + 1] <<= 2;",
        "s.f.g |= x;",
        "x++;",
        "a[0].f--;",
        "(a, _) = f();",
        "(a[i], s.f) = f();",
        "if c { } else if d { } else { }",
        "if (c) { x = 1; }",
        "if (a) && (b) { }",
        "if a == (Job { a: 1 }) { }",
        "if let (n, s) = read(fd, 64); n > 0 { } else if let (m, _) = g(); m { } else { }",
        "if (let (n, s) = read(fd, 64); n > 0) { }",
        "while let (n, line) = getline(fd); n >= 0 { }",
        "while true { break; continue; }",
        "for i in 0..n { }",
        "for _ in 0..3 { }",
        "for (i in 0..3) { }",
        "for x in [1, 2] { }",
        "for (let i = 0; i < n; i++) { }",
        "for (i = 0; i < n; i += 2) { }",
        "for (;;) { break; }",
        "for (let (a, b) = f(); a < b; (a, b) = f()) { }",
        "match e { }",
        "match fork() { -1 => { perror(\"fork\"); } 0 => exit(0); child => wait(), }",
        "match x { 1 | 2 => a(), EAGAIN | 5..7 => { } -3..LIMIT => return; 'a' => x++; \"s\" => x = 1, true => if a { }, _ => b() }",
        "match x { 1 => (a, b) = f(); _ => f = fn(x: int) { g(x); }; }",
        "match f(Job { a: 1 }) { _ => { } }",
        "return;",
        "return (a, b);",
        "{ { } ; ; }",
        "f(x)(y);",
        "-x;",
        "let f = fn(a: int) -> Job { return Job { a: a }; };",
        "signal(SIGINT, fn(sig: int) { print(sig); });",
        "if x { return\nf(); }",
        "f(a,\n b,\n)\n;",
    ] {
        clean(text);
    }
}

#[test]
fn declarations() {
    let text = "#!/usr/bin/env proc\nfn f(a: int, b: [str],) -> (int, str) { return (a, b[0]); }\nstruct Job { pid: int, next: Job, }\nstruct Empty {}\nconst N = 1 + 2;\nconst S: str = \"a\";\nfn g() -> Job { return nil; }\nfn main() { }";
    let program = clean(text);
    assert_eq!(program.items.len(), 7);
    let Item::Function(function) = &program.items[0] else { panic!("no function") };
    assert_eq!(&text[function.head.range()], "fn f(a: int, b: [str],) -> (int, str)");
}

#[test]
fn the_first_program_of_the_reference() {
    clean(
        "// A parent feeds numbers to a worker through a pipe.
fn worker(input: int) -> int {
    let total = 0;
    while true {
        let (n, line) = getline(input);
        if n < 0 { break; }              // end of file
        total += int(line);
    }
    return total;
}

let (r, w) = pipe();
match fork() {
    -1 => { perror(\"fork\"); exit(1); }
    0 => {
        close(w);
        exit(worker(r));
    }
    child => {
        close(r);
        for i in 1..6 { write(w, str(i) + \"\\n\"); }
        close(w);
        let (pid, status) = waitpid(child, 0);
        print(\"worker\", pid == child, \"said\", WEXITSTATUS(status));
    }
}
",
    );
}
