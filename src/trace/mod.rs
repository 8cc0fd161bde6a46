//! Renderers of the kernel's events: a log in the manner of strace, and JSON lines.

pub mod json;
pub mod text;

use crate::abi::builtin::Row;
use crate::abi::{Signal, constant};
use crate::kernel::event::Shown;

/// An argument as strace would show it: numbers decoded by the name of their parameter.
fn decoded(row: &Row, at: usize, shown: &Shown) -> String {
    let mut names = row.required.iter().chain(row.optional).map(|(name, _)| *name);
    let name = names.nth(at).or(row.rest.map(|(name, _)| name)).unwrap_or("");
    match (name, shown) {
        ("sig" | "sigs", Shown::Int(number)) => signal_name(*number),
        ("set" | "mask", Shown::Int(bits)) => set_names(*bits),
        ("how", Shown::Int(number)) => named(*number, &["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"]),
        ("cmd", Shown::Int(number)) => named(*number, &["F_GETFD", "F_SETFD", "F_GETFL", "F_SETFL"]),
        ("mode", Shown::Int(number)) if row.name == "setvbuf" => named(*number, &["_IONBF", "_IOLBF", "_IOFBF"]),
        ("mode", Shown::Int(bits)) => format!("0o{bits:03o}"),
        ("whence", Shown::Int(number)) => named(*number, &["SEEK_SET", "SEEK_CUR", "SEEK_END"]),
        ("resource", Shown::Int(number)) => {
            named(*number, &["RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_STACK", "RLIMIT_DATA"])
        }
        ("options", Shown::Int(bits)) => flags(*bits, &["WNOHANG", "WUNTRACED", "WCONTINUED"]),
        ("flags", Shown::Int(bits)) if row.name == "sigaction" => {
            flags(*bits, &["SA_NOCLDSTOP", "SA_NOCLDWAIT", "SA_RESTART", "SA_NODEFER", "SA_RESETHAND"])
        }
        ("flags", Shown::Int(bits)) => {
            let access = named(*bits & 3, &["O_RDONLY", "O_WRONLY", "O_RDWR"]);
            let rest = *bits & !3;
            match (row.name, rest) {
                ("mq_open" | "open", 0) => access,
                ("mq_open" | "open", rest) => format!("{access}|{}", flags(rest, OPEN_FLAGS)),
                _ => flags(*bits, OPEN_FLAGS),
            }
        }
        (_, shown) => plain(shown),
    }
}

const OPEN_FLAGS: &[&str] = &["O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND", "O_NONBLOCK", "O_DIRECTORY", "O_CLOEXEC"];

fn signal_name(number: i64) -> String {
    Signal::from_number(number).map_or_else(|| number.to_string(), |signal| signal.name().to_owned())
}

fn set_names(bits: i64) -> String {
    if bits == -1 || bits & 0x7fff_ffff == 0x7fff_ffff {
        return "~{}".to_owned();
    }
    let names: Vec<&str> = Signal::ALL
        .iter()
        .filter(|signal| bits >> (signal.number() - 1) & 1 == 1)
        .map(|signal| signal.name())
        .collect();
    format!("{{{}}}", names.join(" "))
}

fn named(number: i64, names: &[&str]) -> String {
    let found = names.iter().find(|name| constant::find(name) == Some(number));
    found.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

fn flags(bits: i64, names: &[&str]) -> String {
    let mut left = bits;
    let mut parts: Vec<String> = Vec::new();
    for name in names {
        if let Some(value) = constant::find(name).filter(|value| *value != 0 && left & value == *value) {
            left &= !value;
            parts.push((*name).to_owned());
        }
    }
    if left != 0 || parts.is_empty() {
        parts.push(left.to_string());
    }
    parts.join("|")
}

/// Bytes as a string literal, cut after 64.
fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 64;
    let text: String =
        bytes.iter().take(MOST).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect();
    let dots = if bytes.len() > MOST { "..." } else { "" };
    format!("\"{}\"{dots}", text.replace("\\'", "'"))
}

fn plain(shown: &Shown) -> String {
    match shown {
        Shown::Int(value) => value.to_string(),
        Shown::Bool(value) => value.to_string(),
        Shown::Float(value) => value.to_string(),
        Shown::Bytes(bytes) => quoted(bytes),
        Shown::List(list) => {
            let parts: Vec<String> = list.iter().map(|bytes| quoted(bytes)).collect();
            format!("[{}]", parts.join(", "))
        }
        Shown::Handler(name) | Shown::Text(name) => name.clone(),
        Shown::Status(status) => status_words(*status),
    }
}

/// A status as strace shows it.
fn status_words(status: crate::abi::Status) -> String {
    if status.is_continued() {
        "continued".to_owned()
    } else if status.is_stopped() {
        format!("stopped by {}", signal_name(status.stop_signal()))
    } else if status.is_exited() {
        format!("exited {}", status.exit_code())
    } else {
        format!("killed by {}", signal_name(status.term_signal()))
    }
}
