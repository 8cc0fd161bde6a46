//! The built-ins' chapter of the reference, made from the table, so that it cannot say anything else than the code does.

use std::fmt::Write;

use super::builtin::{Class, Property};
use super::signal::DefaultAction;
use super::{Builtin, Errno, Signal, constant};

/// `docs/built-ins.md`
pub fn markdown() -> String {
    let mut text = String::from(
        "# Built-in functions, signals, errors and constants\n\n\
         Made from the tables in `src/abi`; a test holds the two together (`UPDATE_DOCS=1 cargo test reference` writes this file anew).\n\n\
         The rule for results: what C returns comes first, what C would write through a pointer follows. On failure the first part is -1,\n\
         `errno` says why, and the other parts are the zero of their type. Arguments in `[ ]` may be left out, `...` takes any number.\n\
         *blocks*: may put the process to sleep. *restarts*: made again after a handler that was installed with SA_RESTART. *safe*: may be\n\
         called in a signal handler. A function marked *in the process* never enters the kernel.\n",
    );
    let mut groups: Vec<&str> = Vec::new();
    for builtin in Builtin::ALL {
        if !groups.contains(&builtin.row().group) {
            groups.push(builtin.row().group);
        }
    }
    for group in groups {
        let _ = write!(text, "\n## {group}\n\n");
        for builtin in Builtin::ALL.iter().filter(|builtin| builtin.row().group == group) {
            entry(&mut text, *builtin);
        }
    }
    signals(&mut text);
    errors(&mut text);
    constants(&mut text);
    text
}

fn entry(text: &mut String, builtin: Builtin) {
    let row = builtin.row();
    let mut marks: Vec<&str> = Vec::new();
    for (property, word) in [(Property::Blocks, "blocks"), (Property::Restarts, "restarts"), (Property::Safe, "safe")] {
        if builtin.has(property) {
            marks.push(word);
        }
    }
    if builtin.never_returns() {
        marks.push("does not return");
    }
    if row.class == Class::Library {
        marks.push("in the process");
    }
    let man = if row.man.is_empty() { String::new() } else { format!(" See {}.", row.man) };
    let marks = if marks.is_empty() { String::new() } else { format!(" *{}*", marks.join(", ")) };
    let _ = writeln!(text, "- `{}`{marks}  \n  {}{man}", row.signature(), row.sentence);
}

fn signals(text: &mut String) {
    text.push_str("\n## Signal numbers\n\n| signal | number | default action | text |\n| --- | --- | --- | --- |\n");
    for signal in Signal::ALL {
        let action = match signal.default_action() {
            DefaultAction::Terminate => "ends the process",
            DefaultAction::Core => "ends the process (with a core image in C)",
            DefaultAction::Ignore => "nothing",
            DefaultAction::Stop => "stops the process",
            DefaultAction::Continue => "continues a stopped process",
        };
        let _ = writeln!(text, "| {} | {} | {action} | {} |", signal.name(), signal.number(), signal.text());
    }
}

fn errors(text: &mut String) {
    text.push_str("\n## Error numbers\n\n| errno | number | text |\n| --- | --- | --- |\n");
    for errno in Errno::ALL {
        let _ = writeln!(text, "| {} | {} | {} |", errno.name(), errno.number(), errno.text());
    }
}

fn constants(text: &mut String) {
    text.push_str("\n## Other constants\n\n| name | value |\n| --- | --- |\n");
    for (name, value) in constant::FLAGS {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text.push_str("| SIG_DFL, SIG_IGN, SIG_ERR | function values of type `fn(int)` |\n");
}
