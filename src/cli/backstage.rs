//! Programs and files beside a script for runs that nobody hears: what they print goes nowhere, and what does not compile is passed
//! over in silence, since the run that everybody hears has told of it.

use super::folder::Folder;
use super::loader::{self, Programs};
use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::kernel::host::{Host, HostNode, Input, Stream};
use crate::source::{SourceFile, SourceMap};

/// The host.
pub(crate) struct Backstage {
    programs: Programs,
    folder: Folder,
    sources: SourceMap,
}

impl Backstage {
    /// A host with these programs and files.
    pub(crate) fn new(programs: Programs, folder: Folder) -> Backstage {
        let mut sources = SourceMap::default();
        // The script's own place, so that its spans are not taken for those of another program.
        sources.add(SourceFile::new("", ""));
        Backstage { programs, folder, sources }
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
        self.programs.load(path, &mut self.sources).0
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        loader::compile_text(name, text, &mut self.sources).0
    }

    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        self.folder.look(path)
    }

    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        self.folder.list(path)
    }

    fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        self.folder.read(path, most)
    }
}
