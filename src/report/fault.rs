//! The report on a process that a fault kills: what, with which values, where, by which calls, and who the process is.

use super::birth::with_turn;
use crate::bytecode::op::{Instruction, Op};
use crate::diagnostics::{Code, Diagnostic};
use crate::kernel::host::Crash;
use crate::kernel::process::Process;
use crate::source::{SourceMap, Span};
use crate::vm::context::Frame;
use crate::vm::fault::{PointerFault, PointerKind, Site};
use crate::vm::{Context, Fault};

/// Callers shown with a label; the others are counted.
const CALLERS_SHOWN: usize = 4;
/// Ancestors whose forks are told.
const ANCESTORS_SHOWN: usize = 3;
/// Frames looked at for a cycle of recursion.
const CYCLE_LOOKED_AT: usize = 64;

/// The report.
pub fn diagnose(crash: &Crash<'_>, sources: &SourceMap) -> Diagnostic {
    let process = crash.process;
    let who = who(process);
    let signal = crash.fault.signal().name();
    let subject = nil_subject(crash.fault, process.here(), sources);
    let what = match &subject {
        Some(subject) => format!("`{subject}` is nil"),
        None => headline(crash.fault),
    };
    let mut report = Diagnostic::new(
        crash.fault.code(),
        format!("{who} was killed by {signal}: {what}"),
        process.here(),
        label(crash.fault),
    );
    if crash.again > 0 {
        report.code = Code::FaultAgain;
        report.severity = report.code.severity();
        report.headline = format!(
            "{who} comes back to the same fault for ever: its handler for {signal} has returned {} times",
            crash.again
        );
        report = report.note(what).note("on return from the handler the instruction that has faulted runs again");
    }
    if let Some(context) = process.context.as_deref() {
        report = with_callers(report, context, crash.fault);
        if let Fault::Pointer(fault) | Fault::Free(fault) = crash.fault {
            report = with_block(report, context, fault, process, sources);
        }
    }
    for note in notes(crash.fault) {
        report = report.note(note);
    }
    if let (Fault::Conversion { text, .. }, Some(end)) = (crash.fault, crash.end)
        && text.is_empty()
        && end != Span::default()
    {
        report = report.label(end, "this read met the end of the file, and gave an empty text");
    }
    let code = process.here();
    let code = if code == Span::default() { None } else { sources.file(code.file).text.get(code.range()) };
    if matches!(crash.fault, Fault::Index { .. }) && code.is_some_and(|code| code.starts_with("argv[")) {
        report = report.help("`argv[0]` is the program's own name; test `len(argv)` before the others are used");
    }
    match (&subject, help(crash.fault)) {
        (Some(subject), _) => report = report.help(format!("test it first: `if {subject} != nil {{ … }}`")),
        (None, Some(help)) => report = report.help(help),
        (None, None) => {}
    }
    if crash.again > 0 {
        report = report.help("let the handler end the process with `_exit(1);`, and mend what faults");
    }
    if let Some(exec) = &process.execed {
        let name = process.name().trim_end_matches(".proc");
        report = report.label(exec.span, format!("`{name}` was started here"));
    }
    match birth(process, sources) {
        Some(birth) => report.note(birth),
        None => report,
    }
}

/// What is nil, as the text says it: of `list.next.pid`, `list.next`; of `p[3]`, `p`.
fn nil_subject(fault: &Fault, at: Span, sources: &SourceMap) -> Option<String> {
    let Fault::Nil { what } = fault else { return None };
    if at == Span::default() {
        return None;
    }
    let text = sources.file(at.file).text.get(at.range())?;
    // In an assignment the place comes first.
    let place = text.split(" = ").next()?.trim_end_matches(';').trim();
    let simple = |text: &str| text.chars().all(|letter| letter.is_alphanumeric() || "_.[]".contains(letter));
    let cut = match *what {
        "struct" => place.rfind('.')?,
        "ptr" => place.rfind('[')?,
        _ => return None,
    };
    let subject = place.get(..cut)?.trim();
    (!subject.is_empty() && simple(subject)).then(|| subject.to_owned())
}

/// What happened, in a line: `the parent was killed by SIGABRT: "" is not an int`.
pub fn sentence(crash: &Crash<'_>) -> String {
    let (who, signal) = (the(&crash.process.role()), crash.fault.signal().name());
    format!("{who} is killed by {signal}: {}", headline(crash.fault))
}

/// `child 1.2 (pid 5)`
pub fn who(process: &Process) -> String {
    format!("{} (pid {})", the(&process.role()), process.pid)
}

/// A role as it stands in a sentence.
fn the(role: &str) -> String {
    if role == "parent" { "the parent".to_owned() } else { role.to_owned() }
}

/// Who made it and where, for all but the script's own process.
fn birth(process: &Process, sources: &SourceMap) -> Option<String> {
    let mut at = &process.lineage;
    let mut text = String::new();
    for _ in 0..ANCESTORS_SHOWN {
        let Some(parent) = at.parent.as_ref().filter(|_| at.fork.span != Span::default()) else { break };
        let (line, maker) = (sources.line(at.fork.span), the(&parent.role()));
        let turn = with_turn(at, sources);
        match text.is_empty() {
            true => text = format!("{} was forked by {maker} at line {line}{turn}", process.role()),
            false => text.push_str(&format!(", and {} by {maker} at line {line}{turn}", at.role())),
        }
        at = parent;
    }
    (!text.is_empty()).then_some(text)
}

fn headline(fault: &Fault) -> String {
    match fault {
        Fault::DivideByZero { .. } => "division by zero".to_owned(),
        Fault::DivideOverflow => "the smallest int divided by -1".to_owned(),
        Fault::Index { what: "slice", index, length } => {
            format!("a slice cannot reach {index}: the length is {length}")
        }
        Fault::Index { what, index, length } => format!("index {index} is outside the {what} of length {length}"),
        Fault::EmptyPop => "`pop` of an empty array".to_owned(),
        Fault::Nil { what } => format!("this {what} is nil"),
        Fault::NotAFunction => "a call of something that is not a function".to_owned(),
        Fault::Pointer(fault) => pointer_headline(fault),
        Fault::Free(fault) => free_headline(fault),
        Fault::StackOverflow { limit } => format!("the stack has reached its limit of {}", bytes(*limit)),
        Fault::HeapFull { wanted, limit } => {
            format!("the heap has no room for {} more, its limit is {}", bytes(*wanted), bytes(*limit))
        }
        Fault::Assertion { message: Some(message), .. } => format!("assertion failed: {message}"),
        Fault::Assertion { .. } => "assertion failed".to_owned(),
        Fault::Conversion { text, to } => {
            format!("{text:?} is not {}", if *to == "int" { "an int" } else { "a float" })
        }
        Fault::Argument { function, problem } => format!("`{function}` cannot take this argument: {problem}"),
        Fault::Abort => "it called `abort`".to_owned(),
    }
}

fn pointer_headline(fault: &PointerFault) -> String {
    let cells = fault.cells.map_or_else(|| "?".to_owned(), |cells| cells.to_string());
    match fault.kind {
        PointerKind::OutOfBounds => format!("cell {} is outside its block of {cells} cells", fault.offset),
        PointerKind::Freed => format!("cell {} of a block that has been freed", fault.offset),
        PointerKind::Wild | PointerKind::Inside => "this pointer points to no block".to_owned(),
    }
}

fn free_headline(fault: &PointerFault) -> String {
    match fault.kind {
        PointerKind::Freed => "this block has been freed already".to_owned(),
        PointerKind::Inside if fault.offset == 1 => "this pointer is 1 cell past the start of its block".to_owned(),
        PointerKind::Inside => format!("this pointer is {} cells past the start of its block", fault.offset),
        PointerKind::Wild | PointerKind::OutOfBounds => "this pointer points to no block".to_owned(),
    }
}

fn label(fault: &Fault) -> String {
    match fault {
        Fault::DivideByZero { dividend } => format!("{dividend} is divided by 0 here"),
        Fault::Index { what: "slice", length, .. } => format!("a slice lies between 0 and {length}"),
        Fault::Index { index, length: 0, .. } => format!("index {index}, and there are no elements"),
        Fault::Index { index, length, .. } => format!("index {index}, the last one is {}", length - 1),
        Fault::Assertion { sides: Some((left, right)), .. } => format!("left is {left}, right is {right}"),
        Fault::Assertion { .. } => "this does not hold".to_owned(),
        Fault::StackOverflow { .. } => "this call has no room for its frame".to_owned(),
        Fault::Nil { what: "struct" } => "`nil` has no fields".to_owned(),
        Fault::Nil { what: "ptr" } => "`nil` points to no cells".to_owned(),
        Fault::Nil { .. } => "there is nothing to call".to_owned(),
        Fault::Pointer(PointerFault { kind: PointerKind::Freed, .. }) => "used here, after that".to_owned(),
        Fault::Pointer(PointerFault { kind: PointerKind::OutOfBounds, cells: Some(cells), .. }) => {
            format!("its cells are 0 to {}", cells.saturating_sub(1))
        }
        Fault::Free(PointerFault { kind: PointerKind::Freed, .. }) => "freed a second time here".to_owned(),
        Fault::Free(PointerFault { kind: PointerKind::Inside, .. }) => "`free` wants what `malloc` gave".to_owned(),
        Fault::DivideOverflow => "the result does not fit".to_owned(),
        Fault::Conversion { .. } => "this text is not a number".to_owned(),
        Fault::HeapFull { .. } => "this needs more memory than there is".to_owned(),
        _ => "here".to_owned(),
    }
}

fn notes(fault: &Fault) -> Vec<String> {
    match fault {
        Fault::DivideOverflow => vec!["the result, 9223372036854775808, does not fit an int".to_owned()],
        Fault::Pointer(PointerFault { kind: PointerKind::Freed, .. }) => {
            vec!["in C this reads or changes memory that belongs to somebody else by now".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn help(fault: &Fault) -> Option<String> {
    match fault {
        Fault::Conversion { to: "int", .. } => {
            Some("`parse_int(s)` tells whether a text is a number: `let (ok, n) = parse_int(s);`".to_owned())
        }
        Fault::Nil { what: "struct" | "ptr" } => Some("test it first: `if x != nil { … }`".to_owned()),
        Fault::Free(PointerFault { kind: PointerKind::Freed, .. }) => Some(
            "let one place own the block and free it; `p = nil;` after `free(p)` makes a second `free` harmless"
                .to_owned(),
        ),
        Fault::HeapFull { .. } => {
            Some("`--heap SIZE` sets the limit, `setrlimit(RLIMIT_DATA, n)` lowers it".to_owned())
        }
        _ => None,
    }
}

/// Labels the calls that led to the fault; for a recursion without end, its cycle instead.
fn with_callers(mut report: Diagnostic, context: &Context, fault: &Fault) -> Diagnostic {
    let stack = context.call_stack();
    let name = |frame: &Frame| {
        context.image.functions.get(frame.function as usize).map_or("?", |function| &*function.name).to_owned()
    };
    if let Fault::StackOverflow { .. } = fault
        && let Some(cycle) = cycle(&stack)
    {
        let mut names: Vec<String> = stack.iter().take(cycle).map(name).collect();
        names.reverse();
        let handled = stack.iter().skip(1).take(cycle).any(|frame| frame.interrupted);
        let circle = if handled && names.len() == 1 {
            format!("the handler `{}` is interrupted by its own signal, again and again", names[0])
        } else if names.len() == 1 {
            format!("`{}` calls itself", names[0])
        } else {
            format!("`{}` call each other in a circle", names.join("`, `"))
        };
        for (frame, caller) in stack.iter().zip(stack.iter().skip(1)).take((cycle - 1).min(CALLERS_SHOWN)) {
            let text = format!("`{}` calls `{}` here", name(caller), name(frame));
            report = report.label(context.image.span(caller.pc), text);
        }
        // Where it began, with what it was given there.
        let outside =
            stack.iter().rposition(|frame| stack.iter().take(cycle).any(|one| one.function == frame.function));
        if let Some(first) = outside.and_then(|at| stack.get(at + 1)) {
            let span = context.image.span(first.pc);
            if report.labels.iter().all(|label| label.span != span) {
                report = report.label(span, "the first of these calls");
            }
        }
        return report
            .note(format!("{circle}; {} calls are on the stack", stack.len()))
            .help(match handled {
                true => "without SA_NODEFER a signal is blocked while its handler runs; and a handler does not send its own signal",
                false => "let one of them return without a call: test first whether there is anything left to do",
            });
    }
    let callers = stack.iter().zip(stack.iter().skip(1));
    for (frame, caller) in callers.clone().take(CALLERS_SHOWN) {
        let text = if caller.interrupted {
            format!("`{}` handles a signal that interrupted this", name(frame))
        } else {
            format!("`{}` was called here", name(frame))
        };
        report = report.label(context.image.span(caller.pc), text);
    }
    match stack.len().saturating_sub(1 + CALLERS_SHOWN) {
        0 => report,
        more => report.note(format!("{more} more calls are on the stack")),
    }
}

/// The number of functions that call each other in turn at the top of the stack.
fn cycle(stack: &[Frame]) -> Option<usize> {
    let top: Vec<u32> = stack.iter().take(CYCLE_LOOKED_AT).map(|frame| frame.function).collect();
    if top.len() < CYCLE_LOOKED_AT {
        return None;
    }
    (1..=CYCLE_LOOKED_AT / 4).find(|period| top.iter().zip(top.iter().skip(*period)).all(|(a, b)| a == b))
}

/// Labels where a block was allocated and freed, and by which ancestor.
fn with_block(
    mut report: Diagnostic,
    context: &Context,
    fault: &PointerFault,
    process: &Process,
    sources: &SourceMap,
) -> Diagnostic {
    if let Some(site) = fault.allocated {
        report = report
            .label(context.image.span(site.pc), format!("{} was allocated here{}", "the block", by(site, process)));
    }
    if let Some((name, call)) = fault.freed.and_then(|site| only_call(context, site)) {
        report = report.label(call, format!("`{name}` was called here"));
    }
    if let Some(site) = fault.freed {
        report = report.label(
            context.image.span(site.pc),
            format!(
                "{} here{}",
                match fault.kind {
                    PointerKind::Freed if moved(site, context, sources) => "and moved by `realloc`",
                    PointerKind::Freed => "and freed",
                    _ => "freed",
                },
                by(site, process)
            ),
        );
    }
    report
}

/// The only call of the function that a place stands in, where it is one with a name and is not running: who else could have come there?
fn only_call(context: &Context, site: Site) -> Option<(String, Span)> {
    let image = &context.image;
    let function = image.function_at(site.pc);
    if function == 0 || context.call_stack().iter().any(|frame| frame.function as usize == function) {
        return None;
    }
    let calls = |(at, code): &(usize, &Instruction)| {
        code.op == Op::Call && code.imm as usize == function && image.span(*at as u32) != Span::default()
    };
    let mut callers = image.code.iter().enumerate().filter(calls);
    let (at, _) = callers.next().filter(|_| callers.next().is_none())?;
    Some((image.functions.get(function)?.name.to_string(), image.span(at as u32)))
}

/// Whether a block was given back by `realloc`, which gave another one for it.
fn moved(site: Site, context: &Context, sources: &SourceMap) -> bool {
    let span = context.image.span(site.pc);
    span != Span::default()
        && sources.file(span.file).text.get(span.range()).is_some_and(|code| code.contains("realloc("))
}

/// Which ancestor did it, where it was not the process itself: the copy came with a fork.
fn by(site: Site, process: &Process) -> String {
    let mut depth = 0u8;
    let mut at = &process.lineage;
    while let Some(parent) = &at.parent {
        depth = depth.saturating_add(1);
        at = parent;
    }
    if process.has_execed || site.generation >= depth {
        return String::new();
    }
    let mut ancestor = &process.lineage;
    for _ in site.generation..depth {
        match &ancestor.parent {
            Some(parent) => ancestor = parent,
            None => break,
        }
    }
    format!(" by {}, before the fork", the(&ancestor.role()))
}

/// A size as a person says it: `8 MB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KB", count / 1024),
        1_048_576..1_073_741_824 => format!("{} MB", count / 1_048_576),
        _ => format!("{} GB", count / 1_073_741_824),
    }
}
