//! `proc check`

use std::path::PathBuf;

use clap::Args;

use super::loader::{self, LoadError};
use super::{EXIT_COMPILE, EXIT_NO_INPUT, say, show};
use crate::source::SourceMap;

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The programs
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(crate) fn main(options: &Check) -> u8 {
    let mut status = 0;
    for path in &options.files {
        let mut sources = SourceMap::new();
        match loader::load(path, &mut sources) {
            Ok(compiled) => show_if_any(&compiled.warnings, &sources),
            Err(LoadError::Unreadable(why)) => {
                say(&format!("proc: {why}\n"));
                status = status.max(EXIT_NO_INPUT);
            }
            Err(LoadError::Errors(errors)) => {
                show_if_any(&errors, &sources);
                status = status.max(EXIT_COMPILE);
            }
        }
    }
    status
}

fn show_if_any(diagnostics: &[crate::diagnostics::Diagnostic], sources: &SourceMap) {
    if !diagnostics.is_empty() {
        show(diagnostics, sources);
    }
}
