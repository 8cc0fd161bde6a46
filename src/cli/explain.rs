//! `proc explain`: pages on what `proc` says and on what a program can call.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use clap::Args;

use super::{EXIT_USAGE, say};
use crate::abi::{self, Builtin};
use crate::diagnostics::{Code, Severity, pages, suggest};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A code (E1001), the name of one (unknown-name), a built-in (fork), a signal (SIGPIPE), an errno or a constant; none lists them all
    names: Vec<String>,
}

pub(crate) fn main(options: &Explain) -> u8 {
    if options.names.is_empty() {
        write(&list());
        return 0;
    }
    let mut status = 0;
    for (at, name) in options.names.iter().enumerate() {
        match page(name) {
            Some(page) => write(&format!("{}{page}", if at > 0 { "\n" } else { "" })),
            None => {
                let near = suggest::nearest(name, known())
                    .map_or_else(|| "`proc explain` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
                say(&format!("proc: there is no page on `{name}`; {near}\n"));
                status = EXIT_USAGE;
            }
        }
    }
    status
}

/// Everything that has a page.
fn known() -> impl Iterator<Item = &'static str> {
    abi::page::names()
        .chain(WORDS.iter().map(|(word, ..)| *word))
        .chain(Code::ALL.iter().flat_map(|code| [code.name(), code.text()]))
}

/// The page of a name.
fn page(name: &str) -> Option<String> {
    let bare = name.trim_matches('`').trim_end_matches("()");
    // A built-in first, as it is written in a program: `abort`, `pipe` are names of codes too, perhaps.
    if let (Some(code), None) = (Code::find(bare), Builtin::find(bare)) {
        return Some(of_code(code));
    }
    abi::page::page(bare).or_else(|| of_number(bare)).or_else(|| of_word(bare))
}

/// What a number stands for: a signal, an errno, or both.
fn of_number(text: &str) -> Option<String> {
    let number: i64 = text.parse().ok()?;
    let signal = abi::Signal::from_number(number).map(|signal| signal.name());
    let errno = abi::Errno::ALL.iter().find(|errno| errno.number() == number).map(|errno| errno.name());
    let pages: Vec<String> = signal.into_iter().chain(errno).filter_map(abi::page::page).collect();
    (!pages.is_empty()).then(|| pages.join("\n"))
}

/// The words of the language: what each is, and how it is used.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "let",
        "Declares a variable; its type is found from the value.",
        "let pid = fork();\nlet (r, w) = pipe();\nlet n: int;",
    ),
    ("const", "Declares a constant at the top level.", "const LIMIT = 64;"),
    (
        "fn",
        "Declares a function at the top level, or makes one without a name.",
        "fn add(a: int, b: int) -> int { return a + b; }",
    ),
    (
        "struct",
        "Declares a record at the top level.",
        "struct Job { pid: int, cmd: str }\nlet job = Job { pid: 3, cmd: \"ls\" };",
    ),
    (
        "if",
        "Runs its body where the condition holds; an int is true when it is not 0.",
        "if fork() == 0 { exit(0); } else { wait(); }",
    ),
    (
        "else",
        "Begins what runs where the condition of an `if` does not hold.",
        "let n = 3;\nif n > 0 { print(n); } else if n < 0 { print(-n); } else { print(0); }",
    ),
    (
        "while",
        "Runs its body as long as the condition holds.",
        "while true { break; }\nwhile let (n, line) = getline(0); n >= 0 { print(line); }",
    ),
    (
        "for",
        "Counts, goes through an array or a string, or loops as in C.",
        "for i in 0..3 { print(i); }\nfor x in [1, 2] { print(x); }\nfor (let i = 0; i < 3; i++) { print(i); }",
    ),
    ("in", "Stands between the variable of a `for` and what it goes through.", "for i in 0..3 { print(i); }"),
    (
        "match",
        "Runs the first arm whose pattern fits; arms do not fall through.",
        "match fork() {\n    -1 => { perror(\"fork\"); }\n    0 => exit(0),\n    child => wait(),\n}",
    ),
    ("return", "Leaves a function, with its result.", "fn two() -> int { return 2; }"),
    ("break", "Leaves the innermost loop.", "while true { break; }"),
    (
        "continue",
        "Goes on with the next turn of the innermost loop.",
        "for i in 0..3 { if i == 1 { continue; } print(i); }",
    ),
    ("nil", "No block, no struct, no function.", "let p: ptr = nil;"),
    ("true", "A bool.", "let done = true;"),
    ("false", "A bool.", "let done = false;"),
    (
        "int",
        "The type of integers: 64 bits, and process ids, descriptors and signals too. `int(x)` converts.",
        "let n: int = int(\"42\");",
    ),
    ("float", "The type of floating-point numbers, C's double. `float(x)` converts.", "let x: float = 1.5;"),
    ("bool", "The type of `true` and `false`.", "let ok: bool = 1 < 2;"),
    (
        "str",
        "The type of texts: bytes that never change. `str(x)` gives the text of a value.",
        "let s: str = \"n = \" + str(5);",
    ),
    (
        "status",
        "What `wait` tells of how a child ended; WIFEXITED, WEXITSTATUS and their kin take it apart.",
        "let (pid, status) = wait();\nif WIFEXITED(status) { print(WEXITSTATUS(status)); }",
    ),
    ("ptr", "The address of cells that `malloc` gave.", "let p: ptr = malloc(4);\nfree(p);"),
];

/// The page of a word of the language.
fn of_word(word: &str) -> Option<String> {
    let (word, what, example) = WORDS.iter().find(|(known, ..)| *known == word)?;
    Some(format!("# {word}\n\n{what}\n\n```proc\n{example}\n```\n\nAll of the language is in docs/language.md.\n"))
}

fn of_code(code: Code) -> String {
    let page = pages::page(code).unwrap_or("");
    let mut text = format!(
        "# {} {} ({})\n\n{}\n",
        code.text(),
        code.name(),
        word(code),
        if page.is_empty() { code.sentence() } else { page }
    );
    if code.severity() != Severity::Error {
        let _ = write!(
            text,
            "\nTo keep it quiet: `// allow({})` on the line above, or `--allow {}`.\n",
            code.name(),
            code.name()
        );
    }
    text
}

fn word(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note if code.is_hint() => "hint, said with --hints",
        Severity::Note => "note",
    }
}

/// What there is to ask for.
fn list() -> String {
    let mut text = String::from("`proc explain NAME` prints a page on each of these.\n\nCodes:\n\n");
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    for code in Code::ALL {
        let _ = writeln!(text, "  {}  {:width$}  {}", code.text(), code.name(), code.sentence());
    }
    let mut groups: Vec<&str> = Vec::new();
    for builtin in Builtin::ALL {
        if !groups.contains(&builtin.row().group) {
            groups.push(builtin.row().group);
        }
    }
    text.push_str("\nBuilt-in functions:\n");
    for group in groups {
        let names: Vec<&str> =
            Builtin::ALL.iter().filter(|builtin| builtin.row().group == group).map(|builtin| builtin.name()).collect();
        let _ = write!(text, "\n  {group}\n{}", folded(&names));
    }
    let signals: Vec<&str> = abi::Signal::ALL.iter().map(|signal| signal.name()).collect();
    let errnos: Vec<&str> = abi::Errno::ALL.iter().map(|errno| errno.name()).collect();
    let _ = write!(text, "\nSignals:\n\n{}\nErrors:\n\n{}", folded(&signals), folded(&errnos));
    text
}

/// Names in lines of at most 100 characters.
fn folded(names: &[&str]) -> String {
    let mut text = String::new();
    let mut column = 0;
    for name in names {
        if column + name.len() > 96 {
            text.push('\n');
            column = 0;
        }
        text.push_str(if column == 0 { "    " } else { " " });
        text.push_str(name);
        column += name.len() + 1;
    }
    text + "\n"
}

/// Writes to stdout; headings stand out on a terminal.
fn write(text: &str) {
    let mut out = std::io::stdout();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let shown = if colour { coloured(text) } else { text.to_owned() };
    // A reader that has seen enough, as in `proc explain | head`, is no error.
    let _ = out.write_all(shown.as_bytes());
}

fn coloured(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(heading) => format!("\u{1b}[1m{heading}\u{1b}[0m\n"),
        None => format!(
            "{}\n",
            line.replacen("**Linux.**", "\u{1b}[1mLinux.\u{1b}[0m", 1).replacen(
                "**Mend.**",
                "\u{1b}[1mMend.\u{1b}[0m",
                1
            )
        ),
    };
    text.lines().map(line).collect()
}
