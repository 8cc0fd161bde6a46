//! Several mistakes in one run: each once, in order, at the right place, and nothing that only follows.

use super::read;

/// The reports as `line:column code`.
fn places(text: &str) -> Vec<String> {
    let file = crate::source::SourceFile::new("t.proc", text);
    let (_, facts) = read(text);
    let place = |fact: &crate::diagnostics::Diagnostic| {
        let at = file.line_column(fact.span().start);
        format!("{}:{} {}", at.line, at.column, fact.code.name())
    };
    facts.iter().map(place).collect()
}

#[test]
fn three_mistakes_are_three_reports_in_order() {
    let text = "fn f(a int) { return a; }\nlet x = 5\nif x > 3 {\n    print(\"a\";\n}\nlet y = x +;\nprint(y);\n";
    assert_eq!(places(text), ["1:6 c-habit", "2:10 missing-token", "4:10 unclosed-delimiter", "6:12 unexpected-token"]);
}

#[test]
fn a_mistake_in_a_body_does_not_hide_one_in_the_head() {
    let text = "fn f(a int) {\n    let x = 5\n    print(x;\n    größe = größe;\n}\n";
    assert_eq!(places(text), ["1:6 c-habit", "2:14 missing-token", "3:10 unclosed-delimiter", "4:5 bad-character"]);
}

#[test]
fn mistakes_and_their_places() {
    for (text, expected) in [
        ("let x = 5\nlet y = 6;", "1:10 missing-token"),
        ("f(1)", "1:5 missing-token"),
        ("if a { f() }", "1:11 missing-token"),
        ("match x { 1 => f()\n 2 => g(); }", "1:19 missing-token"),
        ("let x = 1 let y = 2;", "1:10 missing-token"),
        ("f(1 2);", "1:4 missing-token"),
        ("struct S { a: int b: int }", "1:18 missing-token"),
        ("fn f() {\n    g();\n", "1:8 unclosed-delimiter"),
        ("fn f() {\n    if a {\n        g();\n}\nfn h() { }\n", "2:10 unclosed-delimiter"),
        ("fn f() {\n    g();\nfn h() { }\n", "1:8 unclosed-delimiter"),
        ("fn f()\n    g();\n}\nf();", "1:7 missing-token"),
        ("if a\n    f();\n    g();\n}\nh();", "1:5 missing-token"),
        ("fn f() {\n    if a {\n    }\n    }\n}\n", "4:5 unclosed-delimiter"),
        ("match x {\n    1 => { f();\n    2 => { g(); }\n}\n", "2:10 unclosed-delimiter"),
        ("match x {\n    1 =>\n        f();\n        g();\n    }\n    2 => { }\n}\n", "2:9 missing-token"),
        ("match x\n    1 => f();\n}\n", "1:8 missing-token"),
        ("if (x > 3 {\n    f();\n}\n", "1:4 unclosed-delimiter"),
        ("f(a[1);", "1:4 unclosed-delimiter"),
        ("f(a];", "1:4 unclosed-delimiter"),
        ("}\nf();", "1:1 unclosed-delimiter"),
        ("f(g(1;\nh();", "1:4 unclosed-delimiter"),
        ("let a = [1, 2\nlet b = 3;", "1:9 unclosed-delimiter"),
        ("retrun x;", "1:1 unexpected-token"),
        ("whlie x { f(); }", "1:1 unexpected-token"),
        ("print \"a\";", "1:1 unexpected-token"),
        ("let = 5;", "1:5 unexpected-token"),
        ("let match = 5;", "1:5 unexpected-token"),
        ("let mut x = 5;", "1:5 unexpected-token"),
        ("x := 5;", "1:3 c-habit"),
        ("let x = if a { 1 } else { 2 };", "1:9 unexpected-token"),
        ("let x = { 1, 2 };", "1:9 unexpected-token"),
        ("f() else { }", "1:5 unexpected-token"),
        ("for i in 0..=3 { }", "1:11 unexpected-token"),
        ("for i = 0; i < 3; i++ { f(i); }", "1:1 unexpected-token"),
        ("while (n, s) = read(0, 1); n > 0 { }", "1:6 missing-token"),
        ("if a => b { }", "1:6 unexpected-token"),
        ("if j == Job { a: 1 } { }", "1:9 unexpected-token"),
        ("fn f() { fn g() { } }", "1:10 unexpected-token"),
        ("fn f() { const N = 1; }", "1:10 unexpected-token"),
        ("let x = a < b == c;", "1:9 chained-comparison"),
        ("a < b < c < d;", "1:1 chained-comparison"),
        ("let x = _;", "1:9 unexpected-token"),
        ("f((_, 1));", "1:4 unexpected-token"),
    ] {
        assert_eq!(places(text), [expected], "{text}");
    }
}

const SAMPLE: &str = "// A sample of everything.
struct Job { pid: int, cmd: str, next: Job }
const LIMIT = 64;

fn worker(input: int, names: [str]) -> int {
    let total = 0;
    while true {
        let (n, line) = getline(input);
        if n < 0 { break; }
        total += int(line);
    }
    for i in 0..len(names) {
        print(names[i], total ? 1 : 2);
    }
    return total;
}

let (r, w) = pipe();
let job = Job { pid: 3, cmd: \"ls\", next: nil };
let cells: [int] = [0; 10];
signal(SIGCHLD, fn(sig: int) { write(1, \"x\"); });
match fork() {
    -1 => { perror(\"fork\"); exit(1); }
    0 | 1 => {
        close(w);
        exit(worker(r, [\"a\", \"b\"]));
    }
    child => {
        for (let i = 1; i < 6; i++) { write(w, str(i) + \"\\n\"); }
        let (pid, status) = waitpid(child, 0);
        if pid == child && WIFEXITED(status) {
            print(\"worker said\", WEXITSTATUS(status));
        } else if pid < 0 {
            perror(\"waitpid\");
        } else {
            print(\"?\");
        }
    }
}
";

/// Leaves out or doubles every word of the sample in turn, and counts the reports.
#[test]
fn one_word_wrong_is_about_one_report() {
    let words = super::super::lexer::lex(crate::source::FileId(0), SAMPLE).words;
    assert!(read(SAMPLE).1.is_empty());
    let (mut broken, mut reports) = (0, 0);
    for word in &words {
        let (start, end) = (word.start as usize, word.end as usize);
        let without = format!("{}{}", &SAMPLE[..start], &SAMPLE[end..]);
        let doubled = format!("{} {}", &SAMPLE[..end], &SAMPLE[start..]);
        for text in [without, doubled] {
            let count = places(&text).len();
            assert!(count <= 4, "{text}\n{:?}", places(&text));
            broken += usize::from(count > 0);
            reports += count;
        }
    }
    assert!(broken > words.len(), "{broken}");
    assert!(reports * 100 <= broken * 105, "{reports} reports of {broken} mistakes");
}
