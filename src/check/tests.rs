//! Small programs and what the checker says about them.

use std::path::{Path, PathBuf};

use super::check;
use super::tree::{self, Constant, ExprKind, PlaceKind, StmtKind};
use super::types::Type;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::FileId;
use crate::syntax::parse;

/// Checks a program whose text is in order.
fn checked(text: &str) -> (Option<tree::Program>, Vec<Diagnostic>) {
    let (program, unread) = parse(FileId(0), text);
    assert!(unread.is_empty(), "{text}\n{unread:#?}");
    let (tree, mut found) = check(FileId(0), &program);
    // These programs are about types and names, and use little of what they declare; lints have their own snapshots.
    let lint = |fact: &Diagnostic| {
        fact.code.text() == "W2003" || fact.code.text().starts_with("W21") || fact.code.text().starts_with("W22")
    };
    found.retain(|fact| !lint(fact));
    let broken = found.iter().any(|fact| fact.severity == Severity::Error);
    assert_eq!(tree.is_none(), broken, "a tree exactly when there is no error:\n{text}\n{found:#?}");
    (tree, found)
}

/// The tree of a program without a fault.
fn tree(text: &str) -> tree::Program {
    let (tree, found) = checked(text);
    assert!(found.is_empty(), "{text}\n{found:#?}");
    tree.expect("no errors, so there is a tree")
}

fn codes(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|fact| fact.code.text()).collect()
}

/// Everything that is said, in one text.
fn said(found: &[Diagnostic]) -> String {
    let mut text = String::new();
    for fact in found {
        text.push_str(&fact.headline);
        text.push('\n');
        let labels = fact.labels.iter().map(|label| &label.text);
        for line in labels.chain(&fact.notes).chain(&fact.helps) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// A program, the codes it must give in order, and words that must be said.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

fn hold(cases: &[Case]) {
    for (text, wanted, words) in cases {
        let (_, found) = checked(text);
        assert_eq!(codes(&found), *wanted, "{text}\n{}", said(&found));
        let said = said(&found);
        for word in *words {
            assert!(said.contains(word), "{text}\nlacks {word:?}:\n{said}");
        }
    }
}

#[test]
fn names() {
    hold(&[
        ("frok();", &["E1001"], &["no function called `frok`", "did you mean `fork`?"]),
        ("let count = 1; print(cuont);", &["E1001"], &["did you mean `count`?"]),
        ("print(SIGTREM);", &["E1001"], &["did you mean `SIGTERM`?"]),
        ("fn f() { print(x); print(x); x = 1; }", &["E1001"], &["`x`"]),
        ("print(z); let z = 1;", &["E1001"], &["used before its `let`", "declared here"]),
        ("let a = 1; let a = 2;", &["E1002"], &["declared twice", "first declared here"]),
        ("fn f(a: int) { let a = 2; }", &["E1002"], &["`a`"]),
        ("let (a, a) = pipe();", &["E1002"], &[]),
        ("fn f() { } const f = 1;", &["E1002"], &["first declared here"]),
        ("struct S { x: int, x: str }", &["E1002"], &[]),
        ("fn print() { }", &["E1020"], &["built in", "my_print"]),
        ("const SIGINT = 2;", &["E1020"], &["`SIGINT`"]),
        ("let errno = 1;", &["E1020"], &["`errno`"]),
        ("struct int { x: str }", &["E1020"], &[]),
        ("fn f(x: integer) { }", &["E1006"], &["one integer type"]),
        ("struct Job { p: int } fn f(x: Jop) { }", &["E1006"], &["did you mean `Job`?"]),
        ("struct Job { pid: int } let j = Job { pidd: 1 };", &["E1007"], &["no field `pidd`", "did you mean `pid`?"]),
        ("struct Job { pid: int } let j: Job; j.cmd = \"\";", &["E1007"], &["its fields are `pid`"]),
        ("let s = \"\"; print(s.len());", &["E1013"], &["no methods", "`len(s)`"]),
        ("let a = [1]; print(a.length);", &["E1007"], &["`len(a)`"]),
        ("fn f() { let n = 0; let g = fn() { n++; }; g(); }", &["E1017"], &["local `n`", "top level"]),
        ("fn f() { let n = 0; let g = fn() { let h = fn() { print(n); }; h(); }; g(); }", &["E1017"], &[]),
        ("let f = getpid;", &["E1003"], &["built-in `getpid` is not a value"]),
        ("struct S { x: int } print(S);", &["E1003"], &["`S` is a struct"]),
        ("fn main(n: int) { }", &["E1004"], &["argv"]),
        ("fn main() -> str { return \"\"; }", &["E1003"], &["exit status"]),
    ]);
}

#[test]
fn names_of_c_are_explained() {
    hold(&[
        ("let p: ptr = NULL;", &["E1001"], &["`nil`"]),
        ("wait(NULL);", &["E1004"], &["`wait();`"]),
        ("fprintf(stderr, \"x\");", &["E1001"], &["eprintf"]),
        ("print(strlen(\"x\"));", &["E1001"], &["`len(s)`"]),
        ("let n = atoi(\"3\");", &["E1001"], &["parse_int"]),
        ("execlp(\"ls\", \"ls\", NULL);", &["E1001"], &["`execl(path, arg0, arg...)`"]),
        ("sem_wait(1);", &["E1001"], &["not simulated"]),
        ("pthread_create();", &["E1001"], &["not simulated"]),
        ("let n: pid_t = 0;", &["E1006"], &["process id is an `int`"]),
        ("if strcmp(\"a\", \"b\") { }", &["E1001"], &["`a == b`"]),
        ("let s = sigemptyset();", &["E1001"], &["sigmask"]),
    ]);
}

#[test]
fn types() {
    hold(&[
        ("let s: str = 5;", &["E1003"], &["expected str, found int", "`str(5)`"]),
        ("let f: float = 1;", &["E1003"], &["`1.0`"]),
        ("let n = 1; n = \"a\";", &["E1003"], &["declared here, as int"]),
        ("let a = [1, \"x\", \"y\"];", &["E1003"], &["elements of this array are int"]),
        ("let a = [];", &["E1008"], &["`let a: [int] = [];`"]),
        ("let p = nil;", &["E1008"], &["`let p: ptr = nil;`"]),
        ("let x;", &["E1008"], &["`let x: int;`"]),
        ("let n = \"a\" + 1;", &["E1014"], &["`\"a\" + str(1)`"]),
        ("let n = 1.5 + 2;", &["E1014"], &["`1.5 + 2.0`"]),
        ("let n = 1 < 2 & true;", &["E1014"], &[]),
        ("let b = true & false;", &["E1014"], &["`true && false`"]),
        ("let s = \"abc\"; if s[0] == \"a\" { }", &["E1014"], &["`s[0] == 'a'`"]),
        ("let a = [1]; if a == [] { }", &["E1014"], &["`len(a) == 0`"]),
        ("let b = nil == nil;", &["E1014"], &[]),
        ("if \"a\" { }", &["E1015"], &["!= \"\""]),
        ("while [1] { }", &["E1015"], &["len([1]) > 0"]),
        ("if 1.5 { }", &["E1015"], &[]),
        ("let s = \"abc\"; s[0] = 'x';", &["E1005"], &["cannot be changed in place"]),
        ("const N = 1; N = 2; N++;", &["E1005", "E1005"], &["it is a constant"]),
        ("getpid() = 3;", &["E1005"], &[]),
        ("let s = \"\"; s++;", &["E1014"], &["`++`"]),
        ("let a = [1]; a[\"x\"] = 1;", &["E1003"], &["an index is an int"]),
        ("let x = 3[0];", &["E1014"], &["no elements"]),
        ("let x = wait()[1];", &["E1019"], &["let (first, second)"]),
        ("let t = (1, 2);", &["E1019"], &[]),
        ("let t: (int, int) = pipe();", &["E1019"], &["result of a function"]),
        ("let (a, b) = getpid();", &["E1004"], &["1 value"]),
        ("let (a, b, c) = wait();", &["E1004"], &["2 values", "3 names"]),
        ("let (a, b) = (1, \"x\"); (a, b) = (1, 2);", &["E1003"], &[]),
        ("let n = 1; let s = \"\"; (s, n) = read(0, 1);", &["E1003", "E1003"], &[]),
        ("fn f() { } let x = f();", &["E1003"], &["gives no value"]),
        ("let x = exit(1);", &["E1003"], &["never returns"]),
        ("let x = true ? 1 : \"a\";", &["E1003"], &["differ"]),
        ("for i in 10 { }", &["E1003"], &["`for i in 0..10`"]),
        ("for i in 0..1.5 { }", &["E1003"], &["ends of a range"]),
        ("let f: fn(int) = fn(s: str) { };", &["E1003"], &["fn(str)"]),
    ]);
}

#[test]
fn a_status_is_opaque() {
    hold(&[
        (
            "let (pid, status) = wait(); if status == 1 { }",
            &["E1018"],
            &[
                "a status is not a number",
                "0x0100",
                "`WIFEXITED(status) && WEXITSTATUS(status) == 1`",
                "tells how the child ended",
            ],
        ),
        ("let (_, s) = wait(); if s != 0 { }", &["E1018"], &["`!WIFEXITED(s) || WEXITSTATUS(s) != 0`"]),
        ("let (_, s) = wait(); if s == SIGKILL { }", &["E1018"], &["`WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL`"]),
        ("let (_, s) = wait(); printf(\"%d\", s);", &["E1018"], &["`%d` of `printf`"]),
        ("let (_, s) = wait(); print(s);", &["E1018"], &["`WEXITSTATUS(s)`"]),
        ("let (_, s) = wait(); let n = s + 1;", &["E1018"], &[]),
        ("let (_, s) = wait(); if s { }", &["E1018"], &["`WIFEXITED(s)`"]),
        ("let (_, s) = wait(); exit(s);", &["E1018"], &["`exit` wants an int"]),
        ("let (pid, s) = wait(); if WIFEXITED(pid) { }", &["E1003"], &["second part"]),
    ]);
    tree("let (_, s) = wait(); print(int(s)); let t: status; t = s;");
}

#[test]
fn calls() {
    hold(&[
        ("fn add(a: int, b: int) { } add(1);", &["E1004"], &["takes 2 arguments, but 1 is given", "declared here"]),
        ("fn add(a: int) { } add(1, 2, 3);", &["E1004"], &["not wanted"]),
        ("waitpid(-1);", &["E1004"], &["waitpid(pid: int, options: int) -> (int, status)"]),
        ("mq_open(\"/q\", O_RDWR, 10);", &["E1004"], &["2 or 4 arguments", "both or neither"]),
        ("sigaction(SIGINT, SIG_IGN);", &["E1004"], &["1 or 4 arguments"]),
        ("exit();", &["E1004"], &["`exit(0)`"]),
        ("print(len(5));", &["E1003"], &["`len` wants a str or an array"]),
        ("push([1], \"x\");", &["E1003"], &["`push` wants an int for `x`"]),
        ("let a = [nil_(1)]; fn nil_(n: int) -> ptr { return nil; } sort(a);", &["E1003"], &["int, float or str"]),
        ("let n = min(1, 2.0);", &["E1003"], &[]),
        ("sleep(0.5);", &["E1003"], &["`usleep(500000)`"]),
        ("write(\"x\", 1);", &["E1003"], &["`write(1, \"x\")`"]),
        ("mq_send(3, 1, \"m\");", &["E1003"], &["did you swap them? `mq_send(3, \"m\", 1)`"]),
        ("fn f(a: int, b: str) { } f(\"x\", 1);", &["E1003"], &["`f(1, \"x\")`"]),
        ("kill(SIGTERM, getpid());", &["W2005"], &["`kill(getpid(), SIGTERM)`"]),
        ("let (r, w) = pipe(); dup2(1, w);", &["W2005"], &["`dup2(w, 1)`", "this pipe"]),
        ("fn h() { } signal(SIGINT, h);", &["E1003"], &["a handler takes the number of the signal"]),
        ("fn h(s: int) { } signal(SIGINT, h(1));", &["E1003"], &["write `h`"]),
        ("let n = 1; n();", &["E1013"], &["`n` is an int"]),
        ("let kill = 1; kill(1, 2);", &["E1013"], &["hides the built-in"]),
        (
            "let pid = fork() == 0; kill(pid, SIGTERM);",
            &["E1003"],
            &[
                "`kill` wants a process id (int), but `pid` is a bool",
                "`fork() == 0` is a comparison",
                "`let pid = fork();`",
            ],
        ),
    ]);
}

#[test]
fn formats() {
    hold(&[
        ("printf(\"%d %s\", 1);", &["E1012"], &["nothing is given for `%s`"]),
        ("printf(\"%d\", 1, 2);", &["E1012"], &["nothing in the format shows this"]),
        ("printf(\"%d\", \"x\");", &["E1012"], &["`%s` shows a str"]),
        ("printf(\"%f\", 1);", &["E1012"], &["`%d` shows an int", "`1.0`"]),
        ("printf(\"%*d\", \"x\", 1);", &["E1012"], &["the `*`"]),
        ("printf(\"%y\", 1);", &["E1012"], &["no conversion `%y`"]),
        ("printf(\"50%\");", &["E1012"], &["`%%`"]),
        ("printf(5);", &["E1003"], &["the format comes first"]),
        ("let s = sprintf(\"%d\", true);", &["E1012"], &["`int(true)`"]),
    ]);
    let tree = tree("const F = \"%d\"; printf(F + \"\\n\", 1); let f = F; dprintf(2, f, 1, \"a\"); print(1, \"a\");");
    let formats: Vec<(usize, tree::Format)> = tree.functions[0].body.stmts.iter().filter_map(format_of).collect();
    assert_eq!(formats.len(), 3);
    assert_eq!((formats[0].0, formats[0].1.pieces.len(), formats[0].1.dynamic), (1, 2, false));
    assert_eq!((formats[1].0, formats[1].1.pieces.len(), formats[1].1.dynamic), (4, 0, true));
    assert_eq!(formats[1].1.args, [tree::Shown::Int, tree::Shown::Str]);
    assert_eq!((formats[2].0, formats[2].1.pieces.len()), (2, 4));
}

/// The number of arguments and the format of a call that stands as a statement.
fn format_of(stmt: &tree::Stmt) -> Option<(usize, tree::Format)> {
    match &stmt.kind {
        StmtKind::Expr(tree::Expr { kind: ExprKind::CallBuiltin { args, format, .. }, .. }) => {
            Some((args.len(), *format.clone()?))
        }
        _ => None,
    }
}

#[test]
fn statements() {
    hold(&[
        ("break;", &["E1010"], &["outside every loop"]),
        ("match 1 { 1 => { break; } _ => { } }", &["E1010"], &["do not fall through"]),
        ("return 3;", &["E1024"], &["`exit(3);`"]),
        ("fn f() { return 3; }", &["E1024"], &["-> int"]),
        ("fn f() -> int { return; }", &["E1024"], &[]),
        ("fn f() -> int { return \"a\"; }", &["E1024"], &["`f` returns an int"]),
        ("fn f() -> (int, str) { return wait(); }", &["E1024"], &["(int, status)"]),
        ("let x = 1; x == 3;", &["E1022"], &["`x = 3;`"]),
        ("let x = 1; x + 3;", &["E1022"], &[]),
        ("getpid;", &["E1022"], &["`getpid();`"]),
        ("let s = \"\"; trim(s);", &["E1022"], &["`s = trim(s);`"]),
        ("sprintf(\"x\");", &["E1022"], &["printf"]),
        ("exit(300);", &["W2004"], &["300 = 256 + 44"]),
        ("fn main() -> int { return 256; }", &["W2004"], &["reaches the parent as 0"]),
        ("exit(0); print(1); print(2);", &["W2002"], &["never reached"]),
        ("fn f() -> int { while true { } print(1); }", &["W2002"], &[]),
        ("while true { continue; print(1); }", &["W2002"], &[]),
    ]);
    let (_, found) = checked("_exit(-1);");
    assert_eq!(found.iter().map(|fact| fact.severity).collect::<Vec<_>>(), [Severity::Note]);
}

#[test]
fn missing_returns() {
    hold(&[
        ("fn f() -> int { }", &["E1009"], &["can reach its end"]),
        ("fn f(c: bool) -> int { if c { return 1; } }", &["E1009"], &["when this is not taken"]),
        ("fn f(n: int) -> int { match n { 1 => { return 1; } } }", &["E1009"], &["when no arm fits"]),
        ("fn f() -> int { while true { if fork() > 0 { break; } } }", &["E1009"], &["when this loop ends"]),
    ]);
    tree("fn f(c: bool) -> int { if c { return 1; } else { exit(1); } }");
    tree("fn f() -> int { while 1 { pause(); } }");
    tree("fn f() -> int { for (;;) { match getpid() { 1 => { return 1; } _ => { } } } }");
    tree("fn f(b: bool) -> int { match b { true => { return 1; } false => { return 2; } } }");
    tree("fn die() { perror(\"x\"); exit(1); } fn f(c: bool) -> int { if c { return 1; } die(); }");
}

#[test]
fn patterns() {
    hold(&[
        ("match 1 { EAGIAN => { } }", &["E1001"], &["`EAGAIN`"]),
        ("match 1 { \"a\" => { } }", &["E1016"], &["never equal"]),
        ("match 1 { 4..4 => { } }", &["E1016"], &["empty"]),
        ("match 1 { x | 2 => { } }", &["E1016"], &["catch everything"]),
        ("match 1.5 { _ => { } }", &["E1016"], &[]),
        ("match 1 { 1 => { } 1 => { } }", &["W2001"], &["caught already"]),
        ("match 1 { 0..5 => { } 5..9 => { } 3..7 => { } }", &["W2001"], &[]),
        ("match 1 { 1 | 2 => { } 2 | 3 => { } }", &["W2001"], &["this alternative"]),
        ("match 1 { x => { print(x); } 2 => { } }", &["W2001"], &[]),
        ("match true { true => { } false => { } _ => { } }", &["W2001"], &[]),
        ("match \"a\" { \"a\" => { } \"b\" | \"a\" => { } }", &["W2001"], &[]),
    ]);
    tree("const QUIT = \"q\"; match \"x\" { QUIT => { } \"a\" | \"b\" => { } other => { print(other); } }");
    tree(
        "match fork() { -1 => { exit(1); } 0 => exit(0), child => { waitpid(child, 0); } }"
            .replace("exit(0),", "exit(0);")
            .as_str(),
    );
    tree("match errno { EAGAIN | EINTR => { } -5..0 => { } 'a' => { } _ => { } }");
}

#[test]
fn constants() {
    hold(&[
        ("const A = B; const B = A;", &["E1011"], &["needs its own value"]),
        ("const A = 1 / 0;", &["E1023"], &["divides by zero"]),
        ("const A = -9223372036854775807 - 1; const B = A / -1;", &["E1023"], &["no int"]),
        ("const A = getpid();", &["E1011"], &["`let A = getpid();`"]),
        ("const A = [1];", &["E1011"], &[]),
        ("let v = 1; const A = v + 1;", &["E1011"], &["make it a `const` too"]),
        ("const A: str = 1;", &["E1003"], &[]),
    ]);
    let tree = tree(
        "const A = B * 2; const B = 1 << 3 | 5; const C = \"a\" + \"b\"; const D = 2.5 * 2.0; const E = SIG_IGN;
         const F = 9223372036854775807 + 1; const G = A > B && !(B == 0); const H = sigmask(SIGHUP, SIGINT);
         const I = 1 << 65; const J = -7 / 2 + -7 % 2;",
    );
    let values: Vec<Constant> = tree.constants.into_iter().map(|(_, value, _)| value).collect();
    assert_eq!(
        values,
        [
            Constant::Int(26),
            Constant::Int(13),
            Constant::Str((*b"ab").into()),
            Constant::Float(5.0),
            Constant::Handler(1),
            Constant::Int(i64::MIN),
            Constant::Bool(true),
            Constant::Int(3),
            Constant::Int(2),
            Constant::Int(-4),
        ]
    );
}

#[test]
fn one_mistake_one_report() {
    hold(&[
        ("let x = unknown; let y = x + 1; y[0] = x; print(y.f, x()); if y { }", &["E1001"], &[]),
        ("let a = [unknown, 1]; for x in a { print(x + \"a\"); }", &["E1001"], &[]),
        ("fn f(x: Nope) -> Nope { return x + 1; } let y = f(1); y();", &["E1006", "E1006"], &[]),
        ("unknown == 3;", &["E1001"], &[]),
        ("printf(\"%y\");", &["E1012"], &[]),
    ]);
    // What could not be read has been said, and may have declared the names in it.
    let (program, unread) = parse(FileId(0), "let x = ; print(x); fn f() { let y 3; print(y); }");
    assert!(!unread.is_empty());
    let (tree, found) = check(FileId(0), &program);
    assert!(tree.is_none() && found.is_empty(), "{found:#?}");
}

#[test]
fn reports_stand_in_the_order_of_the_text() {
    let (_, found) =
        checked("fn f() -> int { return \"a\"; }\nlet x: int = \"b\";\nfn g() { unknown(); }\nprint(nothing);");
    let starts: Vec<u32> = found.iter().map(|fact| fact.span().start).collect();
    assert_eq!(starts.len(), 4);
    assert!(starts.is_sorted(), "{starts:?}");
}

#[test]
fn what_a_c_programmer_expects_is_accepted() {
    let programs = [
        "if !fork() { exit(0); } while wait() > 0 { }",
        "fork() && fork() || fork(); fork() == 0 && fork();",
        "let p = malloc(3); p[0] = 1; p[1] += 2; p++; let d = p + 1 - p; let q = 1 + p; if p { free(p); } if p == nil { }",
        "struct Node { next: Node, v: int } let n: Node; n = Node { v: 1 }; n.next = nil; while n { n.v++; n = n.next; }",
        "fn h(sig: int) { } let old = signal(SIGINT, h); if old == SIG_ERR { } signal(SIGINT, old); old(SIGINT); let f = h; f = SIG_IGN;",
        "let f = fn(x: int) -> int { return x + 1; }; print(f(2), f); let g: fn(int) -> int = nil; if g == nil { g = f; }",
        "let (a, b) = (1, \"x\"); (a, _) = wait(); let xs = [1, 2]; (xs[0], xs[1]) = (xs[1], xs[0]);",
        "fn f() -> (int, status) { return wait(); } fn g() -> int { return wait(); } let (p, s) = f(); print(g(), p, WIFEXITED(s));",
        "let time = time(); print(time); fn f() { let wait = 1; print(wait); }",
        "let a: [[str]] = [[], [\"a\"]]; a = []; push(a, []); let z = [[0; 3]; 4]; z[0][1] = 2; let s: [int]; push(s, 1);",
        "fn even(n: int) -> bool { return n == 0 || odd(n - 1); } fn odd(n: int) -> bool { return n != 0 && even(n - 1); } print(even(4));",
        "fn f() { total += 1; } let total = 0; f(); print(total, errno, argv[0]); errno = 0;",
        "for (let i = 0; i < 3; i++) { let x = i; } for i in 0..3 { } for _ in 0..3 { } for c in \"abc\" { print(chr(c)); } for x in [1.5] { print(x + 1.0); }",
        "if let (n, s) = read(0, 1); n > 0 { print(s); } else { print(n); } while let (n, l) = getline(0); n >= 0 { print(l); }",
        "let x = 1; { let x = \"a\"; print(x + \"b\"); } if x > 0 { let x = 2.5; print(x * 2.0); }",
        "assert(1 + 1 == 2, \"sums\"); let p = calloc(1); assert(p); sort([2, 1]); let m = max(1.5, 2.5) + 1.0;",
        "mq_timedsend(3, \"x\", 0, time() + 5); let (n, text, prio) = mq_timedreceive(3, 10, 1.5); let b = ~0 & sigmask(SIGINT);",
        "print(nil, []); printf(\"%*d|%-5s|%5.2f|%p|%c|%ld%%\\n\", 3, 4, \"a\", 2.5, nil, 'x', 7); let n = 5 > 3 ? 1 : 0;",
        "let s = \"abc\"; s += \"d\"; print(s[1..], s[..2], s[1..2], s[0], s < \"b\"); let f: float; f++; f /= 2.0;",
        "fn main() -> int { return 3; }",
    ];
    for text in programs {
        let tree = tree(text);
        sound(&tree, text);
    }
}

/// No type that only the checker knows is left in a tree.
fn sound(program: &tree::Program, text: &str) {
    let closed = |ty: &Type| !ty.is_open() && !ty.is_broken();
    for function in &program.functions {
        assert!(function.locals.iter().all(|local| closed(&local.ty)), "{text}: {function:#?}");
        let shown = format!("{:?}", function.body);
        for open in ["ty: Nil", "ty: EmptyArray", "ty: Error"] {
            assert!(!shown.contains(open), "{text}: {open} in {shown}");
        }
    }
    assert!(program.globals.iter().all(|global| closed(&global.ty)), "{text}");
}

#[test]
fn implicit_steps_are_written_out() {
    let tree = tree("let x = wait(); if x { } let p: ptr = nil; mq_timedsend(x, \"\", 0, 5);");
    let stmts = &tree.functions[0].body.stmts;
    let StmtKind::Store { value, targets, declares: true } = &stmts[0].kind else { panic!("{stmts:?}") };
    assert!(matches!(value.kind, ExprKind::First(_)));
    assert!(matches!(targets[0].as_ref().map(|place| &place.kind), Some(PlaceKind::Global(tree::GlobalId(2)))));
    let StmtKind::If { test, .. } = &stmts[1].kind else { panic!("{stmts:?}") };
    assert!(matches!(test.kind, ExprKind::Truth(_)));
    let StmtKind::Expr(tree::Expr { kind: ExprKind::CallBuiltin { args, .. }, .. }) = &stmts[3].kind else {
        panic!("{stmts:?}")
    };
    assert!(matches!(args[3].kind, ExprKind::IntToFloat(_)));
}

#[test]
fn deep_nesting_does_not_hurt() {
    let depth = 400;
    crate::syntax::with_room(depth as u32, || {
        tree(&format!("let x = {}1{};", "-(".repeat(depth / 2), ")".repeat(depth / 2)));
        tree(&format!("{} print(1); {}", "if true {".repeat(depth / 2), "}".repeat(depth / 2)));
    });
    let chain: Vec<String> = (0..1000).map(|n| format!("const C{n} = C{} + 1;", n + 1)).collect();
    let (_, found) = crate::syntax::with_room(1000, || checked(&format!("{}const C1000 = 0;", chain.concat())));
    assert_eq!(codes(&found).first(), Some(&"E1011"));
}

#[test]
fn a_file_cannot_fill_the_host() {
    // Types, texts and lists of visible locals grow with the file only so far.
    let arrays: String = (0..100).map(|n| format!("let a{} = [a{n}]; ", n + 1)).collect();
    let (_, found) = checked(&format!("let a0 = 1; {arrays}"));
    assert_eq!(codes(&found), ["E0008"]);
    let texts: String = (0..40).map(|n| format!("const T{} = T{n} + T{n}; ", n + 1)).collect();
    let (_, found) = checked(&format!("const T0 = \"0123456789abcdef\"; {texts}"));
    assert_eq!(codes(&found), ["E1023"]);
    let (_, found) = checked(&"unknown_(); exit(x_y, 2); ".repeat(1500));
    assert!(found.len() <= 1000);
    let locals: String = (0..600).map(|n| format!("let v{n} = fn() {{ }}; ")).collect();
    let (_, found) = checked(&format!("{{ {locals} let f = fn() {{ print(v1, v300); }}; f(); }}"));
    assert_eq!(codes(&found), ["E1017", "E1001"]);
}

fn programs(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "proc") {
            into.push(path);
        }
    }
}

#[test]
fn the_examples_are_free_of_errors() {
    let mut paths = Vec::new();
    programs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), &mut paths);
    paths.sort();
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let (program, unread) = parse(FileId(0), &text);
        let (tree, found) = check(FileId(0), &program);
        assert!(unread.is_empty() && tree.is_some(), "{}: {unread:#?} {}", path.display(), said(&found));
        sound(&tree.expect("just seen"), &path.display().to_string());
    }
}
