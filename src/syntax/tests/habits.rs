//! Habits from C and its relatives: each is one report with what to write instead.

use super::read;
use crate::diagnostics::Code;

/// What is written, and a part of the help.
const HABITS: &[(&str, &str)] = &[
    // Declarations.
    ("int x = 5;", "`let x = 5;`"),
    ("char *s = \"a\";", "`let s = \"a\";`"),
    ("const char *s = \"a\";", "`const s = \"a\";`"),
    ("pid_t pid = fork();", "`let pid = fork();`"),
    ("unsigned long n = 1;", "`let n = 1;`"),
    ("int x;", "`let x: int;`"),
    ("int status;", "`let (pid, status) = wait();`"),
    ("struct Job j;", "`let j: Job;`"),
    ("struct Job *j = nil;", "`let j: Job = nil;`"),
    ("Job j = f();", "`let j = f();`"),
    ("int a = 1, b = 2;", "a `let` for each"),
    ("int fd[2];", "`let (r, w) = pipe();`"),
    ("int a[10];", "`let a = [0; 10];`"),
    ("char buf[64];", "`let buf = \"\";`"),
    ("const int N = 5;", "`const N = 5;`"),
    ("let int x = 5;", "`let x: int`"),
    ("let a[10];", "`let a = [0; 10];`"),
    ("void f() { }", "`fn f()`"),
    ("int f(int a, char *b, int c[]) { return a; }", "`fn f(a: int, b: str, c: [int]) -> int`"),
    ("int main(void) { return 0; }", "`fn main() -> int`"),
    ("int main(int argc, char **argv) { return 0; }", "`fn main() -> int`"),
    ("int f(int a);", "the definition of `f` is enough"),
    ("fn int f() { return 1; }", "-> int"),
    ("fn f(int x, char *s) { }", "`x: int`"),
    ("struct Job { int pid; char *cmd; };", "`pid: int`"),
    ("def f() { }", "`fn`"),
    ("typedef struct Job Job;", "a struct's name is its type"),
    // Expressions.
    ("wait(&status);", "`let (pid, status) = wait();`"),
    ("waitpid(child, &status, 0);", "`let (pid, status) = waitpid(child, 0);`"),
    ("x = &y;", "take the results apart"),
    ("p->next = q;", "`p.next`"),
    ("*p = 5;", "`p[0]`"),
    ("if (pid = fork()) { }", "`if let pid = fork(); pid > 0 { … }`"),
    ("if (x = 5) { }", "`x == 5`"),
    ("f(x = 5);", "`x = 5;`"),
    ("let y = i++;", "`i++;`"),
    ("a[i--] = 1;", "`i--;`"),
    ("++i;", "`i++`"),
    ("f(--i);", "`i--;`"),
    ("let x = (int) y;", "`int(y)`"),
    ("let p = (char *) malloc(4);", "no conversion is needed"),
    ("if a and b { }", "`&&`"),
    ("if a or b { }", "`||`"),
    ("if not a { }", "`!`"),
    ("print(\"a\" \"b\");", "join them with `+`"),
    // Words.
    ("print('hello');", "`\"hello\"`"),
    ("let n = 10UL;", "`10`"),
    ("let n = 0755;", "`0o755`"),
    ("#include <stdio.h>\n", "delete this line"),
    ("#define N 64\n", "`const N = 64;`"),
    ("# a comment\n", "`// a comment`"),
    // Bodies.
    ("if (x) y = 1;", "`if (x) { y = 1; }`"),
    ("if x\n    y = 1;", "`if x { y = 1; }`"),
    ("if (x) { } else y = 1;", "`else { y = 1; }`"),
    ("if (x) y = 1; else z = 2;", "`if (x) { y = 1; }`"),
    ("while (x) f();", "`while (x) { f(); }`"),
    ("for (let i = 0; i < 3; i++) f(i);", "{ f(i); }`"),
    ("while (wait() > 0);", "`{ }`"),
    ("while (c); { f(); }", "delete it"),
    ("for (int i = 0; i < 3; i++) { }", "`let i = 0;`"),
    ("do { f(); } while (x < 3);", "if !(x < 3) { break; }"),
    ("switch (x) { case 1: f(); break; default: g(); }", "`match x {"),
    ("if a { } elif b { }", "`else if`"),
    ("if a then { }", "delete `then`"),
    ("loop { break; }", "`while true`"),
    ("goto out;", "`break`"),
];

#[test]
fn each_habit_is_one_report_with_a_way_out() {
    for (text, help) in HABITS {
        let (_, facts) = read(text);
        assert_eq!(facts.len(), 1, "{text}\n{facts:#?}");
        assert_eq!(facts[0].code, Code::CHabit, "{text}");
        assert!(facts[0].helps.iter().any(|text| text.contains(help)), "{text}\nwanted {help}\n{:#?}", facts[0].helps);
    }
}

#[test]
fn what_follows_a_habit_is_read() {
    for (text, _) in HABITS {
        let (_, facts) = read(&format!("{text}\nlet = 3;\nf(1);\n"));
        assert_eq!(facts.len(), 2, "{text}\n{facts:#?}");
        assert_eq!(facts[1].code, Code::UnexpectedToken, "{text}");
    }
}

/// The text with all edits of all reports made.
fn mended(text: &str) -> String {
    let (_, facts) = read(text);
    let mut edits: Vec<_> = facts.iter().flat_map(|fact| &fact.edits).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = text.to_owned();
    for edit in edits.into_iter().rev() {
        out.replace_range(edit.span.range(), &edit.text);
    }
    out
}

#[test]
fn mechanical_edits_give_a_text_that_is_right() {
    for (text, expected) in [
        ("int x = 5;", "let x = 5;"),
        ("int x;", "let x: int;"),
        ("char buf[64];", "let buf = \"\";"),
        ("int f(int a, char *b) { return a; }", "fn f(a: int, b: str) -> int { return a; }"),
        ("if (x) y = 1;", "if (x) { y = 1; }"),
        ("p->next->pid = 3;", "p.next.pid = 3;"),
        ("let x = (int) y;", "let x = int(y);"),
        ("if a and not b { }", "if a && ! b { }"),
        ("print('ab');", "print(\"ab\");"),
        ("let x = 5\nlet y = 6\n", "let x = 5;\nlet y = 6;\n"),
        ("print(\"a\";", "print(\"a\");"),
        ("print(\"a);", "print(\"a\");"),
        ("let s = “a”;", "let s = \"a\";"),
        ("if a < b < c { }", "if a < b && b < c { }"),
        ("f(1 2);", "f(1, 2);"),
        ("let x 5;", "let x= 5;"),
        ("while (c); { }", "while (c) { }"),
        ("++i;", "i++;"),
        ("let n = 0755 + 10UL;", "let n = 0o755 + 10;"),
        ("retrun 5;", "return 5;"),
    ] {
        let out = mended(text);
        assert_eq!(out, expected, "{text}");
        assert!(read(&out).1.is_empty(), "{out}: {:#?}", read(&out).1);
    }
}
