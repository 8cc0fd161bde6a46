//! What docs/export.md quotes is what `proc export c` writes, and what cannot be exported is said so.

use std::process::Command;

use libtest_mimic::Trial;

use super::case::{program, root, run};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("export/docs-are-current", docs_are_current), trial("export/refusals", refusals)]
}

fn exported(path: &str) -> String {
    let mut command = Command::new(program());
    command.args(["export", "c", path]);
    let output = run(command, b"");
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("C is text")
}

fn docs_are_current() {
    let path = root().join("docs/export.md");
    let kept = std::fs::read_to_string(&path).expect("docs/export.md is readable");
    let mut made = String::new();
    let mut rest = kept.as_str();
    let mut quoted = 0;
    while let Some(at) = rest.find("<!-- export ") {
        let (before, from) = rest.split_at(at);
        made.push_str(before);
        let name = from["<!-- export ".len()..].split(" -->").next().unwrap_or_default();
        let body = from.find("```c\n").expect("a quotation") + 5;
        let end = body + from[body..].find("```\n").expect("the end of a quotation");
        made.push_str(&from[..body]);
        made.push_str(&exported(name));
        rest = &from[end..];
        quoted += 1;
    }
    made.push_str(rest);
    assert!(quoted >= 3, "docs/export.md quotes {quoted} programs");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).expect("docs/export.md can be written");
        return;
    }
    assert!(kept == made, "docs/export.md does not quote what is written now; write it anew with UPDATE_DOCS=1");
}

fn refusals() {
    for (text, status, word) in [
        ("let x: int = \"\";", 65, "E1003"),
        ("let f = \"%d\\n\";\nprintf(f, 1);", 65, "L6005"),
        ("fn f() { }\nlet g = f;\nprint(g);", 65, "L6005"),
        ("print(1);", 0, ""),
    ] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("program.proc");
        std::fs::write(&path, text).expect("a file in the scratch folder");
        let mut command = Command::new(program());
        command.args(["export", "c"]).arg(&path);
        let output = run(command, b"");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{text}\n{stderr}");
        assert!(stderr.contains(word), "{text}\n{stderr}");
    }
}
