//! `proc disasm`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::loader::{self, LoadError};
use super::{EXIT_COMPILE, EXIT_NO_INPUT, show};
use crate::bytecode::disasm;
use crate::source::SourceMap;

#[derive(Debug, Args)]
pub(crate) struct Disasm {
    /// The program
    file: PathBuf,
}

pub(crate) fn main(options: &Disasm) -> u8 {
    let mut sources = SourceMap::new();
    match loader::load(&options.file, &mut sources) {
        Ok(compiled) => {
            let text = disasm::disasm(&compiled.image, &sources);
            // A reader that has seen enough, as in `proc disasm x | head`, is no error.
            let _ = std::io::stdout().write_all(text.as_bytes());
            0
        }
        Err(LoadError::Unreadable(why)) => {
            show(&[*why], &sources);
            EXIT_NO_INPUT
        }
        Err(LoadError::Errors(errors)) => {
            show(&errors, &sources);
            EXIT_COMPILE
        }
    }
}
