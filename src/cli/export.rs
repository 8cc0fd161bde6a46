//! `proc export`

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::loader::{self, LoadError, Programs};
use super::{EXIT_COMPILE, EXIT_NO_INPUT, EXIT_USAGE, messages, say, show};
use crate::export::{self, Options};
use crate::source::SourceMap;
use crate::syntax;

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(subcommand)]
    language: Language,
}

#[derive(Debug, Subcommand)]
enum Language {
    /// As C for Linux (gnu11), to be compiled by any C compiler there
    C {
        /// The program
        file: PathBuf,
        /// Where to write: a file, or a directory (an existing one, or a name that ends in /), which gets the programs that this one
        /// starts as well [default: standard output]
        #[arg(short, long, value_name = "OUT")]
        output: Option<PathBuf>,
    },
}

/// A program that was exported: its name, and where it goes inside a directory.
struct Exported {
    /// As exec names it, without an ending.
    name: String,
    text: String,
}

pub(crate) fn main(options: &Export) -> u8 {
    let Language::C { file, output } = &options.language;
    match export_all(file) {
        Ok(programs) => match write(&programs, output.as_deref()) {
            Ok(()) => 0,
            Err(why) => {
                say(&format!("proc: {why}\n"));
                EXIT_USAGE
            }
        },
        Err(status) => status,
    }
}

/// Exports a program and the programs that it starts, itself first; what is wrong has been said otherwise.
fn export_all(file: &Path) -> Result<Vec<Exported>, u8> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
    let programs = Programs::new(file, &[]);
    let own = file.file_stem().map_or_else(|| "program".to_owned(), |stem| stem.to_string_lossy().into_owned());
    // By name, with what it starts; filled while the list grows.
    let mut found: Vec<(String, PathBuf)> = vec![(own, file.to_path_buf())];
    let mut loaded = Vec::new();
    let mut at = 0;
    while let Some((name, path)) = found.get(at).cloned() {
        at += 1;
        let mut sources = SourceMap::new();
        let compiled = match loader::load(&path, &mut sources) {
            Ok(compiled) => compiled,
            // A program that is started and does not compile is an error of its own day, as it is in a run.
            Err(_) if at > 1 => continue,
            Err(LoadError::Unreadable(why)) => {
                show(&[*why], &sources);
                return Err(EXIT_NO_INPUT);
            }
            Err(LoadError::Errors(errors)) => {
                show(&errors, &sources);
                return Err(EXIT_COMPILE);
            }
        };
        if at == 1 && messages::refuses(&compiled.warnings, &sources) {
            return Err(EXIT_COMPILE);
        }
        for text in syntax::with_room(compiled.program.depth, || export::texts(&compiled.tree)) {
            let known = found.iter().any(|(name, _)| *name == text);
            if known || text.is_empty() {
                continue;
            }
            if let Ok(path) = programs.find(text.as_bytes()) {
                if path.extension().is_some_and(|extension| extension == "proc") {
                    let name = text.strip_suffix(".proc").unwrap_or(&text).to_owned();
                    found.push((name, path));
                } else if path.starts_with(&folder) {
                    found.push((text, path));
                }
            }
        }
        loaded.push((name, path, compiled, sources));
    }
    let names: Vec<String> = loaded.iter().map(|(name, ..)| name.clone()).collect();
    let mut exported = Vec::new();
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (at, (name, path, compiled, sources)) in loaded.iter().enumerate() {
        if let Some(text) = texts.get(path) {
            exported.push(Exported { name: name.clone(), text: text.clone() });
            continue;
        }
        let build = if at == 0 { names.iter().map(|name| build_line(name)).collect() } else { vec![build_line(name)] };
        let shown = path.file_name().map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned());
        let options = Options { name: shown, build };
        let written = || export::c(&compiled.tree, &compiled.program, sources, &options);
        match syntax::with_room(compiled.program.depth, written) {
            Ok(text) => {
                texts.insert(path.clone(), text.clone());
                exported.push(Exported { name: name.clone(), text });
            }
            Err(problems) => {
                show(&problems, sources);
                return Err(EXIT_COMPILE);
            }
        }
    }
    Ok(exported)
}

fn build_line(name: &str) -> String {
    format!("cc -std=gnu11 -fwrapv -o {name} {name}.c")
}

fn write(programs: &[Exported], output: Option<&Path>) -> Result<(), String> {
    let Some(first) = programs.first() else { return Ok(()) };
    let Some(output) = output else {
        // A reader that has seen enough, as in `proc export c x | head`, is no error.
        let _ = std::io::stdout().write_all(first.text.as_bytes());
        return Ok(());
    };
    let folder = output.is_dir() || output.as_os_str().to_string_lossy().ends_with('/');
    if !folder {
        return put(output, &first.text);
    }
    for program in programs {
        let path = output.join(format!("{}.c", program.name));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| format!("`{}`: {error}", parent.display()))?;
        }
        put(&path, &program.text)?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("`{}`: {error}", path.display()))
}
