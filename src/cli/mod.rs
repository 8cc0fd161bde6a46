//! The program `proc`: one file a subcommand. The only floor that touches the host's files, terminal and signals.

mod again;
mod backstage;
mod check;
mod disasm;
mod explain;
mod explore;
mod export;
mod folder;
mod foretold;
mod host;
mod loader;
mod messages;
mod options;
mod run;
mod saved;
mod test;
mod verdict;
mod watch;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::diagnostics::Diagnostic;
use crate::diagnostics::render;
use crate::source::SourceMap;

/// Bad usage (sysexits.h's EX_USAGE).
pub(crate) const EXIT_USAGE: u8 = 64;
/// Compile errors (EX_DATAERR).
pub(crate) const EXIT_COMPILE: u8 = 65;
/// A file missing or unreadable (EX_NOINPUT).
pub(crate) const EXIT_NO_INPUT: u8 = 66;
/// A file cannot be written (EX_CANTCREAT).
pub(crate) const EXIT_CANNOT_WRITE: u8 = 73;
/// `--ticks` reached, as timeout(1) has it.
pub(crate) const EXIT_TICKS: u8 = 124;
/// Every process waits for ever.
pub(crate) const EXIT_STUCK: u8 = 125;

/// Runs Proc programs: processes that fork, exec, signal and pipe, simulated exactly and the same on every machine.
#[derive(Debug, Parser)]
#[command(
    name = "proc",
    version,
    args_conflicts_with_subcommands = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "`proc FILE [ARG...]` is short for `proc run FILE [ARG...]`.\n\
    Exit status of a run: that of the first process, 128 + n if signal n killed it; 64 bad usage, 65 compile errors,\n\
    66 file missing or unreadable, 73 --write-to failed, 124 --ticks reached, 125 stuck.")]
struct Cli {
    #[command(flatten)]
    messages: messages::Messages,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a program
    Run(options::Run),
    /// Compile programs and report what is wrong with them
    Check(check::Check),
    /// Run a program under every schedule and report all that can happen
    Explore(explore::Explore),
    /// Check what programs say about themselves in their headers, and grade them
    Test(test::Test),
    /// Print a page on a code, a built-in, a signal or an errno
    Explain(explain::Explain),
    /// Print a program's bytecode beside its source
    Disasm(disasm::Disasm),
    /// Write a program as another language for a real system
    Export(export::Export),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The program: reads the command line, does what it asks, and gives the exit status.
pub fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    if let Some(options) = plain_run(&args) {
        return ExitCode::from(run::main(&options));
    }
    if wants_run(&args) {
        args.insert(1, "run".into());
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let shown = error.print().is_ok();
            return ExitCode::from(if error.use_stderr() || !shown { EXIT_USAGE } else { 0 });
        }
    };
    show(&messages::choose(&cli.messages), &SourceMap::new());
    ExitCode::from(match cli.command {
        Command::Run(options) => run::main(&options),
        Command::Check(options) => check::main(&options),
        Command::Explore(options) => explore::main(&options),
        Command::Test(options) => test::main(&options),
        Command::Explain(options) => explain::main(&options),
        Command::Disasm(options) => disasm::main(&options),
        Command::Export(options) => export::main(&options),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "proc", &mut std::io::stdout());
            0
        }
    })
}

/// The words that name a subcommand.
pub(crate) const COMMANDS: [&str; 9] =
    ["run", "check", "explore", "test", "explain", "disasm", "export", "completions", "help"];

/// A run without a single option, `proc hello.proc a b`: what is asked most often needs no reading of a hundred options.
fn plain_run(args: &[OsString]) -> Option<options::Run> {
    let rest = args.get(1..)?;
    let rest = if rest.first()? == "run" { rest.get(1..)? } else { rest };
    let (file, words) = rest.split_first()?;
    let is_plain = |word: &OsString| !word.as_encoded_bytes().starts_with(b"-");
    let is_command = file.to_str().is_some_and(|word| COMMANDS.contains(&word));
    if file.is_empty() || is_command || !rest.iter().all(is_plain) {
        return None;
    }
    Some(options::Run::plain(file.into(), words.to_vec()))
}

/// Whether no subcommand is named: `proc hello.proc`, also as `#!` calls it. Options of every command may stand before one.
fn wants_run(args: &[OsString]) -> bool {
    let mut rest = args.iter().skip(1);
    while let Some(arg) = rest.next() {
        match arg.to_str() {
            Some("--message-format" | "--allow" | "--deny") => drop(rest.next()),
            Some(option)
                if option == "--hints"
                    || ["--message-format=", "--allow=", "--deny="].iter().any(|start| option.starts_with(start)) => {}
            Some("-h" | "--help" | "-V" | "--version") => return false,
            Some(word) => return !COMMANDS.contains(&word),
            None => return true,
        }
    }
    false
}

/// Whether our own messages may be coloured: on a terminal, unless `NO_COLOR` says otherwise.
pub(crate) fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes diagnostics to stderr, as far as they are to be heard.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &SourceMap) {
    let mut heard = diagnostics.to_vec();
    messages::filter(&mut heard);
    if heard.is_empty() {
        return;
    }
    say(&render::render(&heard, sources, messages::style()));
}

/// Writes to stderr; a stderr that is gone is not our user's problem.
pub(crate) fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_run_is_what_the_whole_command_line_would_give() {
        let args: Vec<OsString> = ["proc", "run", "some/hello.proc", "one", "", "two"].map(OsString::from).into();
        let Ok(Cli { command: Command::Run(read), .. }) = Cli::try_parse_from(&args) else { panic!("it is a run") };
        let mut short = args.clone();
        short.remove(1);
        for args in [args, short] {
            assert_eq!(format!("{:?}", plain_run(&args)), format!("Some({read:?})"));
        }
    }

    #[test]
    fn what_has_an_option_or_names_a_command_is_no_plain_run() {
        for line in
            ["proc", "proc run", "proc check x", "proc --hints x", "proc run --quiet x", "proc x -v", "proc help"]
        {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(plain_run(&args).is_none(), "{line}");
        }
    }

    #[test]
    fn all_commands_are_known_by_name() {
        let mut named: Vec<String> = Cli::command().get_subcommands().map(|one| one.get_name().to_owned()).collect();
        named.push("help".to_owned());
        named.sort();
        let mut known = COMMANDS.map(str::to_owned);
        known.sort();
        assert_eq!(named, known);
    }
}
