//! Words for what is likely wrong: about processes, signals, pipes and queues. What C and Linux would do stands in the notes.

use crate::abi::{Builtin, Signal};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Span;

pub(in crate::check) fn fork_in_loop(fork: Span, head: Span, leaves: Option<Span>) -> Diagnostic {
    let report = Diagnostic::new(
        Code::ForkInLoop,
        "the child stays in the loop and forks too",
        fork,
        match leaves {
            Some(_) => "each child runs this line again",
            None => "each child goes on with the loop after its branch",
        },
    )
    .label(head, "this loop runs in the parent and in every child");
    let report = match leaves {
        Some(brace) => report.label(brace, "the child leaves its branch here, and goes on with the loop"),
        None => report,
    };
    report
        .note("a loop written for n children makes up to 2^n - 1 of them")
        .help("end the child's branch with `exit(0);`")
}

pub(in crate::check) fn pipe_after_fork(pipe: Span, fork: Span) -> Diagnostic {
    Diagnostic::new(
        Code::PipeAfterFork,
        "parent and child make two different pipes here",
        pipe,
        "runs in both processes: one pipe in each",
    )
    .label(fork, "they are already separate here")
    .note("what one of them writes into its pipe, the other can never read")
    .help("make the pipe before `fork()`, so that both inherit the same one")
}

pub(in crate::check) fn fork_unchecked(name: &str, kill: Span, fork: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ForkUnchecked,
        "fork can fail, and -1 means everybody to `kill`",
        kill,
        format!("`{name}` may be -1 here"),
    )
    .label(fork, "`fork()` returns -1 when it fails, and nothing has looked")
    .note("`kill(-1, ...)` goes to every process that one may signal")
    .note("`--fail fork=1` shows what happens")
    .help(format!("test it first: `if {name} < 0 {{ perror(\"fork\"); exit(1); }}`"))
}

pub(in crate::check) fn code_after_exec(at: Span, first: Span, exec: Span, program: Option<&str>) -> Diagnostic {
    let label = if at == first { "not reached when it works" } else { "none of this is reached when it works" };
    let name = program.unwrap_or("exec");
    Diagnostic::new(Code::CodeAfterExec, "this runs only if `exec` fails", at, label)
        .label(exec, "`exec` replaces the program and does not come back")
        .help("what is to happen afterwards belongs in the parent, behind `wait`")
        .help(format!("behind `exec` stands the error message: `perror(\"{name}\"); _exit(127);`"))
}

pub(in crate::check) fn no_exit_after_exec(exec: Span, message: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NoExitAfterExec,
        "if `exec` fails, the child goes on with its parent's code",
        message,
        "nothing ends the child after this",
    )
    .label(exec, "comes back only when it fails")
    .help("end the child: `_exit(127);`")
    .edit(message.after(), " _exit(127);")
}

/// What a call gives, and what to ask instead.
fn results(builtin: Builtin, name: &str) -> (String, Option<String>) {
    let help = |text: String| Some(text);
    match builtin {
        Builtin::Fork => (
            "`fork` gives 0 in the child, the child's id in the parent, and -1 when it fails".to_owned(),
            help(format!("the child is where `{name} == 0`")),
        ),
        Builtin::Wait | Builtin::Waitpid => (
            format!("`{}` gives the id of a child, and -1 when there is none to wait for", builtin.name()),
            help(format!("ask `{name} > 0` for a child, `{name} < 0` for none")),
        ),
        Builtin::Getpid | Builtin::Getppid => (
            "process ids begin with 1, which is init".to_owned(),
            help("the child is known by what `fork` gave: `let pid = fork(); if pid == 0 { … }`".to_owned()),
        ),
        Builtin::Exec | Builtin::Execv | Builtin::Execl => (
            format!("`{}` comes back only when it fails, with -1", builtin.name()),
            help("what stands behind it is the failure: `perror(\"name\"); _exit(127);`".to_owned()),
        ),
        Builtin::Pipe => (
            "C's pipe gives 0; this one gives the two ends, or -1 twice".to_owned(),
            help("`let (r, w) = pipe(); if r < 0 { perror(\"pipe\"); exit(1); }`".to_owned()),
        ),
        Builtin::Dup2 => (
            "`dup2` gives the new descriptor, and -1 when it fails".to_owned(),
            help(format!("ask `{name} < 0` for a failure")),
        ),
        Builtin::Wexitstatus => {
            ("an exit code goes from 0 to 255: the -1 of `exit(-1)` arrives as 255".to_owned(), None)
        }
        _ => (
            format!("`{}` gives 0, and -1 when it fails", builtin.name()),
            help(format!("ask `{name} < 0` for a failure")),
        ),
    }
}

pub(in crate::check) fn impossible_result(
    builtin: Builtin,
    name: Option<&str>,
    number: Option<i64>,
    outcome: bool,
    at: Span,
) -> Diagnostic {
    let dots = if builtin.row().required.is_empty() { "" } else { "…" };
    let call = format!("{}({dots})", builtin.name());
    let (note, help) = results(builtin, name.unwrap_or(&call));
    let said = Diagnostic::new(
        Code::ImpossibleResult,
        match number {
            Some(number) if outcome => format!("`{}` never gives {number}, so this is always true", builtin.name()),
            Some(number) => format!("`{}` never gives {number}, so this is never true", builtin.name()),
            None => format!("this asks of `{}` what can never be", builtin.name()),
        },
        at,
        if outcome { "always true" } else { "never true" },
    )
    .note(note);
    help.into_iter().fold(said, Diagnostic::help)
}

pub(in crate::check) fn exec_path(call: &str, path: &str, at: Span) -> Diagnostic {
    let base = path.rsplit('/').next().unwrap_or(path);
    let said = Diagnostic::new(
        Code::ExecPath,
        "the simulated machine has no programs of its own",
        at,
        format!("`{call}` will give -1, ENOENT"),
    )
    .note("programs are looked for beside the script and in the directories that `--path` names");
    if base.is_empty() || base.contains('"') {
        return said;
    }
    said.help(format!("write `\"{base}\"`: the file `{base}` or `{base}.proc` beside this one"))
        .edit(at, format!("\"{base}\""))
}

pub(in crate::check) fn argv_zero(builtin: Builtin, path: &str, name: &str, rest: &[String], at: Span) -> Diagnostic {
    let base = path.rsplit('/').next().unwrap_or(path);
    let quote = |word: &String| format!("\"{word}\"");
    let mut words = vec![format!("\"{base}\""), format!("\"{name}\"")];
    words.extend(rest.iter().map(quote));
    let mended = match builtin {
        Builtin::Execv => format!("execv(\"{path}\", [{}])", words.join(", ")),
        _ => format!("{}(\"{path}\", {})", builtin.name(), words.join(", ")),
    };
    let missing = if rest.is_empty() { ", and there is no `argv[1]`" } else { "" };
    Diagnostic::new(
        Code::ArgvZero,
        "the first argument is the program's own name",
        at,
        format!("`argv[0]` of `{base}` will be \"{name}\"{missing}"),
    )
    .help(format!("`{mended}`"))
    .help(format!(
        "or `exec(\"{path}\", \"{name}\"{})`, which puts the name in by itself",
        if rest.is_empty() { "" } else { ", ..." }
    ))
    .edit(Span { end: at.start, ..at }, format!("\"{base}\", "))
}

pub(in crate::check) fn raw_status(at: Span, name: Option<&str>, number: i64) -> Diagnostic {
    let name = name.unwrap_or("status");
    Diagnostic::new(
        Code::RawStatus,
        "the raw status is not the exit code",
        at,
        format!("exit({number}) is {} here", number << 8),
    )
    .note("the code stands in bits 8 to 15, the signal that killed in bits 0 to 6")
    .help(format!("`WIFEXITED({name}) && WEXITSTATUS({name}) == {number}`"))
}

pub(in crate::check) fn unguarded_status(at: Span, name: &str, declared: Option<Span>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::UnguardedStatus,
        "a child that a signal has killed would pass for a success",
        at,
        "0 also when it did not exit",
    );
    let said = declared.iter().fold(said, |said, span| said.label(*span, "nothing has asked how this child ended"));
    said.note("WEXITSTATUS means something only where WIFEXITED holds")
        .help(format!("`WIFEXITED({name}) && WEXITSTATUS({name}) == 0`"))
}

pub(in crate::check) fn result_dropped(builtin: Builtin, at: Span) -> Diagnostic {
    let name = builtin.name();
    let (headline, help) = match builtin {
        Builtin::Pipe | Builtin::Pipe2 => {
            ("nobody can use this pipe, or close it", "keep both ends: `let (r, w) = pipe();`")
        }
        Builtin::Realloc => {
            ("the block may have moved, and nobody knows where", "keep the result: `p = realloc(p, cells);`")
        }
        _ => ("nobody can use this block, or free it", "keep the result: `let p = malloc(cells);`"),
    };
    Diagnostic::new(Code::ResultDropped, headline, at, format!("the result of `{name}` is thrown away")).help(help)
}

pub(in crate::check) fn wrong_pipe_end(builtin: Builtin, name: &str, at: Span, pipe: Span) -> Diagnostic {
    let writing = matches!(builtin, Builtin::Write | Builtin::Dprintf);
    let (is, does) = if writing { ("read", "written to") } else { ("write", "read from") };
    Diagnostic::new(
        Code::WrongPipeEnd,
        format!("`{name}` is the {is} end of a pipe, it cannot be {does}"),
        at,
        format!("`{}` will give -1, EBADF", builtin.name()),
    )
    .label(pipe, "the first part is the read end, the second the write end")
}

pub(in crate::check) fn closed_descriptor(builtin: Builtin, name: &str, at: Span, close: Span) -> Diagnostic {
    let said = Diagnostic::new(
        Code::ClosedDescriptor,
        format!("`{name}` has been closed already"),
        at,
        format!("`{}` will give -1, EBADF", builtin.name()),
    )
    .label(close, "closed here");
    match builtin {
        Builtin::Dup | Builtin::Dup2 => said.help("duplicate first, then close"),
        _ => said.help("close it after its last use"),
    }
}

/// What is wrong with a queue's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum QueueName {
    NoSlash,
    Empty,
    SecondSlash,
    TooLong,
}

pub(in crate::check) fn queue_name(name: &str, fault: QueueName, at: Span) -> Diagnostic {
    let (headline, label) = match fault {
        QueueName::NoSlash => ("a queue's name begins with `/`", "EINVAL"),
        QueueName::Empty => ("a queue's name is more than `/`", "ENOENT"),
        QueueName::SecondSlash => ("a queue's name has only one `/`", "EACCES"),
        QueueName::TooLong => ("a queue's name has at most 255 bytes behind its `/`", "ENAMETOOLONG"),
    };
    let said = Diagnostic::new(Code::QueueName, headline, at, format!("fails with {label}"));
    let mended = match fault {
        QueueName::NoSlash => format!("/{}", name.replace('/', "_")),
        QueueName::SecondSlash => format!("/{}", name.get(1..).unwrap_or("").replace('/', "_")),
        QueueName::Empty | QueueName::TooLong => return said,
    };
    said.help(format!("`\"{mended}\"`")).edit(at, format!("\"{mended}\""))
}

pub(in crate::check) fn queue_limit(what: &str, at: Span, number: i64, most: i64) -> Diagnostic {
    let label = if number < 1 {
        "fails with EINVAL: at least 1".to_owned()
    } else {
        format!("fails with EINVAL: at most {most}")
    };
    Diagnostic::new(Code::QueueLimits, format!("a queue cannot have {number} {what}"), at, label)
        .note("a queue holds at most 10 messages of at most 8192 bytes, as mq_overview(7) says")
}

pub(in crate::check) fn queue_priority(at: Span, number: i64) -> Diagnostic {
    Diagnostic::new(Code::QueueLimits, format!("there is no priority {number}"), at, "fails with EINVAL")
        .note("priorities go from 0 to 32767, and the larger is the more urgent")
}

pub(in crate::check) fn unsafe_in_handler(
    call: &str,
    at: Span,
    handler: &str,
    installed: Span,
    interrupted: Span,
    others: &[&str],
) -> Diagnostic {
    let what = if matches!(call, "malloc" | "calloc" | "realloc" | "free") { "heap" } else { "buffer" };
    let mut said = Diagnostic::new(
        Code::UnsafeInHandler,
        format!("`{call}` is not safe in a signal handler"),
        at,
        format!("called from `{handler}`"),
    )
    .label(interrupted, format!("may be interrupted here while it uses the same {what}"))
    .label(installed, "the handler is installed here");
    if !others.is_empty() {
        let names: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
        said = said.note(format!("nor is {} which it calls too", names.join(", ")));
    }
    said.note("safe are `write`, `_exit`, `kill`, `signal`, `alarm`, `waitpid`, and assignments to a flag").help(
        if call == "exit" {
            "`_exit(...)`, which does not touch the buffer"
        } else {
            "set a flag and print outside, or `write(1, ...)`"
        },
    )
}

pub(in crate::check) fn one_wait_in_handler(call: Span, installed: Span) -> Diagnostic {
    Diagnostic::new(
        Code::OneWaitInHandler,
        "several children can end for one SIGCHLD: pending signals do not add up",
        call,
        "takes one child a call, the others stay zombies",
    )
    .label(installed, "the handler is installed here")
    .help("`while let (pid, _) = waitpid(-1, WNOHANG); pid > 0 { }`")
}

pub(in crate::check) fn lost_wakeup(flag: &str, test: Span, pause: Span) -> Diagnostic {
    Diagnostic::new(
        Code::LostWakeup,
        "the signal can come between the test and the `pause`",
        pause,
        "then this sleeps for ever: the signal is gone",
    )
    .label(test, format!("`{flag}` is tested here"))
    .help("block the signal with `sigprocmask`, then `sigsuspend(old)` in the place of `pause()`")
}

pub(in crate::check) fn spinning(flag: &str, at: Span, written: Option<Span>) -> Diagnostic {
    let said = Diagnostic::new(
        Code::Spinning,
        "waiting by spinning: only a signal can end this loop",
        at,
        "burns the processor until then",
    );
    let said =
        written.iter().fold(said, |said, span| said.label(*span, format!("`{flag}` is written only in a handler")));
    said.note(format!("in C an optimising compiler never looks at `{flag}` again unless it is `volatile sig_atomic_t`"))
        .help("block the signal with `sigprocmask`, then call `sigsuspend(old)` in the loop")
}

pub(in crate::check) fn endless(name: &str, test: Span) -> Diagnostic {
    Diagnostic::new(
        Code::EndlessLoop,
        "this loop can never end once it has begun",
        test,
        format!("nothing in the loop changes `{name}`"),
    )
    .note("another process has its own copy of every variable, and cannot change this one")
}

pub(in crate::check) fn uncatchable(call: &str, signal: Signal, at: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UncatchableSignal,
        format!("{} can be neither caught nor ignored", signal.name()),
        at,
        format!("`{call}` fails with EINVAL"),
    )
    .help("a polite request to end is SIGTERM, which can be caught")
}

pub(in crate::check) fn suspend_blocks(signal: Signal, at: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SuspendBlocks,
        "this sleeps with the very signal blocked that it waits for",
        at,
        format!("{} is blocked during `sigsuspend`", signal.name()),
    )
    .note("the mask says what stays blocked, not what is waited for")
    .help("`sigsuspend(old)` with the old mask that `sigprocmask` gave, or `sigsuspend(0)`")
}

/// What is never used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Unused {
    Variable,
    /// A variable that hides another of its name, which is declared there.
    Hiding(Span),
    Parameter,
    Function,
    Constant,
    Struct,
}

pub(in crate::check) fn unused(what: Unused, name: &str, at: Span) -> Diagnostic {
    if let Unused::Hiding(outer) = what {
        let said = Diagnostic::new(
            Code::ShadowedName,
            format!("this `let` makes another `{name}`, and the outer one stays as it is"),
            at,
            "a new variable, which nothing reads and which is gone at the end of its block",
        );
        let said = if outer.end > outer.start { said.label(outer, format!("the outer `{name}`")) } else { said };
        return said.help(format!("without `let` the outer one is set: `{name} = …;`"));
    }
    let (word, label) = match what {
        Unused::Variable | Unused::Hiding(_) => ("variable", "nothing reads it"),
        Unused::Parameter => ("parameter", "nothing reads it"),
        Unused::Function => ("function", "nothing calls it"),
        Unused::Constant => ("constant", "nothing names it"),
        Unused::Struct => ("struct", "nothing has this type"),
    };
    let said = Diagnostic::new(Code::UnusedName, format!("the {word} `{name}` is never used"), at, label);
    match what {
        Unused::Variable | Unused::Hiding(_) | Unused::Parameter => {
            said.help(format!("if that is meant, call it `_{name}`"))
        }
        _ => said,
    }
}

pub(in crate::check) fn print_before_fork(fork: Span, print: Span) -> Diagnostic {
    Diagnostic::new(
        Code::PrintBeforeFork,
        "text that is still in the stdout buffer is copied by `fork`",
        fork,
        "the child gets a copy of the buffer here, and both will write it",
    )
    .label(print, "this may still be in the buffer then")
    .note("on a terminal each newline empties the buffer; into a pipe or file (`--stdout=file`) the text comes twice")
    .help("`fflush();` before `fork()`, or leave the child with `_exit`")
}

pub(in crate::check) fn reader_holds_write_end(read: Span, write_end: &str, pipe: Span, fork: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ReaderHoldsWriteEnd,
        "this reader holds the write end of its own pipe, so the end of file never comes",
        read,
        "waits for bytes or the end of file",
    )
    .label(pipe, "this pipe")
    .label(fork, format!("the child gets a copy of `{write_end}` here and never closes it"))
    .help(format!("`close({write_end});` as the child's first statement"))
}

pub(in crate::check) fn child_memory(name: &str, store: Span, read: Span, fork: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ChildMemory,
        format!("`{name}` is changed only in the child's own memory"),
        store,
        "the child changes its copy here, which goes with it",
    )
    .label(fork, "from here on the child has a copy of every variable")
    .label(read, format!("the parent's `{name}` has not changed here"))
    .note("nothing in memory is shared after `fork`")
    .help("let the child write it into a pipe, and the parent read it there")
}

pub(in crate::check) fn vain_in_child(name: &str, at: Span, end: Span, fork: Span) -> Diagnostic {
    let what = match name {
        "chdir" => "a working directory of its own",
        "setenv" => "an environment of its own",
        "nice" => "a nice value of its own",
        _ => "limits of its own",
    };
    Diagnostic::new(
        Code::ChildMemory,
        format!("`{name}` changes only the child, which ends right after it"),
        at,
        "the parent does not see this",
    )
    .label(end, "the child ends here, and the change goes with it")
    .label(fork, format!("from here on the child has {what}"))
    .note("what a process is set to is copied by `fork`, and never comes back")
    .help(match name {
        "chdir" => "call it in the parent: a shell does `cd` itself, without `fork`",
        _ => "call it in the process that is to have it: in the parent, or in the child before it goes on",
    })
}

pub(in crate::check) fn termsig_of_stopped(at: Span, name: &str, wait: Span, option: &str) -> Diagnostic {
    Diagnostic::new(
        Code::UnguardedStatus,
        format!(
            "`WTERMSIG` means nothing for a child that was {}",
            if option == "WUNTRACED" { "stopped" } else { "continued" }
        ),
        at,
        "not every child that did not exit was killed",
    )
    .label(wait, format!("with {option} this also returns for a child that still lives"))
    .note("WTERMSIG means something only where WIFSIGNALED holds, WSTOPSIG where WIFSTOPPED holds")
    .help(format!("ask first: `if WIFSTOPPED({name}) {{ … WSTOPSIG({name}) … }} else if WIFSIGNALED({name}) {{ … }}`"))
}

pub(in crate::check) fn exec_words(path: &str, at: Span, alone: bool) -> Diagnostic {
    let words: Vec<String> = path.split_whitespace().map(|word| format!("\"{word}\"")).collect();
    let said = Diagnostic::new(
        Code::ExecPath,
        "exec takes one word for each argument: this looks for a program with spaces in its name",
        at,
        "all of this is the name of one program",
    )
    .note("a shell takes a line apart into words; exec does not");
    let mended = words.join(", ");
    let said = said.help(format!("one text a word: `exec({mended})`"));
    if alone { said.edit(at, mended) } else { said }
}

pub(in crate::check) fn shadowed(name: &str, read: Span, second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ShadowedName,
        format!("this `{name}` is not the one that the inner `let` has set"),
        read,
        "still has the value that it was declared with",
    )
    .label(first, format!("this is the `{name}` that is meant here"))
    .label(second, format!("this `let` makes another `{name}`, which is gone at the end of its block"))
    .help(format!("without `let` the outer one is set: `{name} = …;`"))
}
