//! Texts that nobody would write: whatever they are, they are read in bounded stack and about linear
//! time, and what is wrong with them is said.

use proptest::prelude::*;

use super::read;
use crate::diagnostics::render::{Style, render};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{SourceFile, SourceMap};
use crate::syntax::MAX_REPORTS;

/// Far beyond what any recursion would survive.
const MANY: usize = 20_000;

#[test]
fn depth_is_limited_and_said_once() {
    let nested = |open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(MANY), close.repeat(MANY));
    for text in [
        "(".repeat(MANY),
        "[".repeat(MANY),
        "{".repeat(MANY),
        nested("{", "", "}"),
        format!("let x = {};", nested("(", "1", ")")),
        format!("let x = {};", nested("[", "1", "]")),
        format!("let x = {}1;", "- ".repeat(MANY)),
        format!("let x = {}1;", "!".repeat(MANY)),
        format!("let x = 1{};", "+1".repeat(MANY)),
        format!("let x = {}1;", "a && ".repeat(MANY)),
        format!("let x = a{};", "[0]".repeat(MANY)),
        format!("let x = a{};", ".b".repeat(MANY)),
        format!("let x = a{};", "()".repeat(MANY)),
        format!("let x = {}1;", "a ? b : ".repeat(MANY)),
        format!("let x = {}1;", "a ? ".repeat(MANY)),
        format!("let x: {}int;", "fn() -> ".repeat(MANY)),
        format!("let x: {}int{};", "[".repeat(MANY), "]".repeat(MANY)),
        format!("if a {{ }}{}", " else if a { }".repeat(MANY)),
        nested("if a { ", "", "}"),
        nested("match a { 1 => ", "f();", "}"),
        nested("let f = fn() { ", "", "};"),
        format!("let j = {};", nested("Job { a: ", "1", "}")),
    ] {
        let (program, facts) = read(&text);
        let deep = facts.iter().filter(|fact| fact.code == Code::TooDeep).count();
        assert_eq!((deep, facts.len()), (1, 1), "{} …: {facts:#?}", &text[..40]);
        drop(program);
    }
}

#[test]
fn what_is_as_deep_as_allowed_is_read() {
    for text in [
        format!("let x = 1{};", "+1".repeat(400)),
        format!("let x = {}1{};", "(".repeat(400), ")".repeat(400)),
        format!("if a {{ }}{}", " else if a { }".repeat(400)),
        format!("{}{}", "{".repeat(400), "}".repeat(400)),
    ] {
        assert!(read(&text).1.is_empty());
    }
}

#[test]
fn masses_of_anything_are_read() {
    for word in [
        ")",
        "}",
        "\"",
        "'",
        "/*",
        "@ ",
        "a b ",
        "let = 5;\n",
        ";",
        "int ",
        "int*",
        "(int)",
        "if (a) ",
        "if (a) b; else ",
        "do {",
        "switch (x) {",
        "([{",
        "? ",
        "++",
        "-- ",
        "fn f(",
        "struct S {",
        "match ",
        "a = ",
        "\"a\" ",
        "é",
        "“",
        "#\n",
        "1 ",
        "..",
        "else ",
        "f(1 2);\n",
        "}\n",
        "if x\n",
        "=> ",
        "let x: ",
        ", ",
        "fn ",
        "const int ",
        "while let (a, b) = ",
        "do { } while (a)\n",
    ] {
        let text = word.repeat(2_000);
        let (program, facts) = read(&text);
        assert!(facts.len() <= MAX_REPORTS, "{word:?}");
        assert!(!facts.is_empty() || word == ";", "{word:?}");
        drop(program);
    }
}

#[test]
fn a_long_line_is_reported_in_a_few_lines() {
    let text = format!("let x = {};\nlet = 1;", "x+y*".repeat(100_000));
    let (_, facts) = read(&text);
    assert!(!facts.is_empty());
    let mut map = SourceMap::new();
    map.add(SourceFile::new("t.proc", text));
    assert!(render(&facts, &map, Style::Human { colour: false }).len() < 10_000);
}

/// What holds for the reports of any text.
fn check(text: &str) {
    let (program, facts) = read(text);
    let tree = format!("{program:?}");
    if facts.is_empty() {
        assert!(!tree.contains("kind: Error"), "unsaid: {text:?}\n{tree}");
    }
    assert!(facts.len() <= MAX_REPORTS);
    assert!(facts.is_sorted_by_key(|fact| fact.span().start));
    for fact in &facts {
        check_fact(text, fact);
    }
    let mut map = SourceMap::new();
    map.add(SourceFile::new("t.proc", text));
    for style in [Style::Human { colour: true }, Style::Short, Style::Json] {
        assert_eq!(render(&facts, &map, style).is_empty(), facts.is_empty());
    }
}

/// No place outside the text, and no word of the machinery.
fn check_fact(text: &str, fact: &Diagnostic) {
    for span in fact.labels.iter().map(|label| label.span).chain(fact.edits.iter().map(|edit| edit.span)) {
        assert!(text.get(span.range()).is_some(), "{text:?} {fact:?}");
    }
    let labels = fact.labels.iter().map(|label| &label.text);
    for said in labels.chain(&fact.notes).chain(&fact.helps).chain([&fact.headline]) {
        let machinery = ["``", "broken", "StructBrace", "lalrpop", "a struct literal brace", "Unrecognized"];
        // Backquotes of the text itself are shown as they are.
        let said = if text.contains('`') { said.replace('`', "'") } else { said.clone() };
        assert!(
            !said.is_empty() && !machinery.iter().any(|word| said.contains(word)),
            "{said:?} of {text:?}\n{fact:#?}"
        );
        assert!(!said.ends_with('.') && !said.contains('\n'), "{said:?} of {text:?}");
    }
}

/// Words, signs and pieces that are likely to fit together.
const PIECES: &[&str] = &[
    "let",
    "const",
    "fn",
    "struct",
    "if",
    "else",
    "while",
    "for",
    "in",
    "match",
    "return",
    "break",
    "continue",
    "true",
    "nil",
    "_",
    "a",
    "b",
    "Job",
    "int",
    "char",
    "do",
    "switch",
    "and",
    "not",
    "1",
    "0..3",
    "1.5",
    "\"s\"",
    "'c'",
    "+",
    "-",
    "*",
    "&",
    "|",
    "!",
    "&&",
    "==",
    "<",
    "=",
    "+=",
    "++",
    "--",
    "?",
    ":",
    ";",
    ",",
    ".",
    "..",
    "->",
    "=>",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "\n    ",
    "a(",
    "a[",
    "let x = 1;",
    "if a {",
    "} else {",
    "fn f(",
    "match a {",
    "1 =>",
    "Job { a: 1 }",
    "let (a, _) =",
    "@",
    "é",
    "\"",
    "'",
    "/*",
    "//",
    "for (",
    "struct S {",
    "a: int",
    "f(1);",
    "if (a)",
    "while let (a, b) = f();",
];

/// What a search has once found to be read wrongly.
#[test]
fn what_was_read_wrongly_once_is_read() {
    for text in ["a a( } {", "int f( ) ]", "a a( ) } ("] {
        check(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        check(&text);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_soup_of_words_is_read(words in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        check(&words.join(" "));
    }

    #[test]
    fn any_soup_without_spaces_is_read(words in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
        check(&words.concat());
    }
}
