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
    abi::page::names().chain(Code::ALL.iter().flat_map(|code| [code.name(), code.text()]))
}

/// The page of a name.
fn page(name: &str) -> Option<String> {
    let bare = name.trim_matches('`').trim_end_matches("()");
    // A built-in first, as it is written in a program: `abort`, `pipe` are names of codes too, perhaps.
    if let (Some(code), None) = (Code::find(bare), Builtin::find(bare)) {
        return Some(of_code(code));
    }
    abi::page::page(bare)
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
