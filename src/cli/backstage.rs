//! Programs and files beside a script for runs that nobody hears: what they print goes nowhere.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::folder::{Folder, files_of_the_folder};
use super::loader::{self, Programs};
use super::show;
use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::explore::Sources;
use crate::kernel::host::{Host, HostNode, Input, Stream};
use crate::report::stuck::mend::trial::Change;
use crate::source::{SourceFile, SourceMap};

/// The host.
pub(crate) struct Backstage {
    programs: Programs,
    folder: Folder,
    sources: Sources,
    /// Programs that scripts have written themselves, by name and text: the same text is the same program.
    written: HashMap<(Vec<u8>, Vec<u8>), Result<Verified, Errno>>,
    /// Whether what does not compile is told of.
    tells: bool,
    /// Another text for one of the programs, and what it was compiled to.
    change: Option<Change>,
    changed: Option<Result<Verified, Errno>>,
}

impl Backstage {
    /// A host for a script whose sources these are; it tells of programs that do not compile.
    pub(crate) fn of(script: &Path, path: &[PathBuf], sources: Sources) -> Backstage {
        let (programs, folder) = (Programs::new(script, path), Folder::of(script));
        Backstage { programs, folder, sources, written: HashMap::new(), tells: true, change: None, changed: None }
    }

    /// A host for a script that somebody else runs aloud, and so tells of what does not compile; one of its programs may have another
    /// text here.
    pub(crate) fn silent(script: &Path, path: &[PathBuf], change: Option<Change>) -> Backstage {
        let mut sources = SourceMap::default();
        // The script's own place, so that its spans are not taken for those of another program.
        sources.add(SourceFile::new("", ""));
        Backstage { tells: false, change, ..Backstage::of(script, path, Arc::new(Mutex::new(sources))) }
    }
}

impl Host for Backstage {
    fn write(&mut self, _: Stream, _: &[u8]) -> Result<(), Errno> {
        Ok(())
    }

    fn read(&mut self, _: usize, _: bool) -> Input {
        Input::End
    }

    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(change) = self.change.as_ref().filter(|change| change.name.as_bytes() == path) {
            let compile = || loader::compile_text(path, change.text.as_bytes(), &mut sources).0;
            return self.changed.get_or_insert_with(compile).clone();
        }
        let (result, errors) = self.programs.load(path, &mut sources);
        if self.tells && !errors.is_empty() {
            show(&errors, &sources);
        }
        result
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        let key = (name.to_vec(), text.to_vec());
        if let Some(known) = self.written.get(&key) {
            return known.clone();
        }
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let result = loader::compile_text(name, text, &mut sources).0;
        self.written.insert(key, result.clone());
        result
    }

    files_of_the_folder!();
}
