//! `proc check`

use std::path::PathBuf;

use clap::Args;

use super::loader::{self, LoadError};
use super::{EXIT_COMPILE, EXIT_NO_INPUT, messages, show};
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
            Ok(compiled) if messages::refuses(&compiled.warnings, &sources) => status = status.max(EXIT_COMPILE),
            Ok(_) => {}
            Err(LoadError::Unreadable(why)) => {
                show(&[*why], &sources);
                status = status.max(EXIT_NO_INPUT);
            }
            Err(LoadError::Errors(errors)) => {
                show(&errors, &sources);
                status = status.max(EXIT_COMPILE);
            }
        }
    }
    status
}
