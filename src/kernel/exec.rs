//! exec: another program in the same process.

use std::sync::Arc;

use super::fs::{Body, Bytes, EXECUTE, Entry, NodeId};
use super::ledger::Loss;
use super::machine::Machine;
use super::param;
use super::process::Pid;
use super::stdio::Stdio;
use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::vm::{Context, Limits};

impl Machine {
    /// Replaces the program of process `pid`; on failure nothing has changed (EXEC-13).
    pub(crate) fn exec(&mut self, pid: Pid, path: &[u8], argv: &[Vec<u8>]) -> Result<(), Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        let environment = Arc::clone(&self.process(pid).environment);
        let bytes: usize = argv.iter().map(|arg| arg.len() + 8).sum::<usize>()
            + environment.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>();
        if bytes > param::ARG_MAX {
            return Err(Errno::E2BIG);
        }
        let image = self.program(pid, path)?;
        let limits = Arc::clone(&self.process(pid).limits);
        let limits = Limits { stack: limits.stack.0, heap: limits.heap.0 };
        let context = Context::start(image.clone(), &mut self.memory, argv, limits).map_err(|_| Errno::ENOMEM)?;
        self.note_lost(pid, Loss::Exec);
        self.close_on_exec(pid);
        let execed = self.deed(pid);
        let process = self.process_mut(pid);
        process.execed = Some(Box::new(execed));
        process.peak_memory = process.peak_memory();
        let old = process.context.replace(Box::new(context));
        process.image = image;
        process.has_execed = true;
        process.signals.exec();
        process.stdio = Stdio::default();
        if let Some(old) = old {
            old.release(&mut self.memory);
        }
        Ok(())
    }

    /// The program that a path names: the file itself, else with `.proc`. What no program of this run has changed is the
    /// host's to find; a file that one has written is compiled from memory.
    fn program(&mut self, pid: Pid, path: &[u8]) -> Result<Verified, Errno> {
        let cwd = self.process(pid).cwd;
        let plain = cwd == self.fs.home()
            && !path.starts_with(b"/")
            && !path.split(|byte| *byte == b'/').any(|part| part == b"..");
        if plain && !self.fs.is_changed() {
            return self.host.load(path);
        }
        let last = match self.fs.last(&mut *self.host, cwd, path) {
            Ok(last) => last,
            // A further directory that was named for programs may have it.
            Err(Errno::ENOENT) if plain => return self.host.load(path),
            Err(errno) => return Err(errno),
        };
        let mut reason = Errno::ENOENT;
        for name in [last.name.clone(), [last.name.as_slice(), b".proc"].concat()] {
            match self.fs.entry(&mut *self.host, last.dir, &name)? {
                Entry::Is(node) => match self.program_at(node, path) {
                    Err(Errno::EACCES) => reason = Errno::EACCES,
                    found => return found,
                },
                Entry::Removed => return Err(Errno::ENOENT),
                Entry::Missing => {}
            }
        }
        if plain && reason == Errno::ENOENT { self.host.load(path) } else { Err(reason) }
    }

    /// The program that a file holds; EACCES where it is no file, or may not be executed.
    fn program_at(&mut self, node: NodeId, path: &[u8]) -> Result<Verified, Errno> {
        match (self.fs.get(node).map(|node| &node.body), self.fs.host_path(node)) {
            (Some(Body::File(Bytes::Changed(text))), _) => {
                let text = Arc::clone(text);
                self.fs.allow(node, EXECUTE)?;
                self.host.compile(path, &text)
            }
            (Some(Body::File(_)), Some(host_path)) => self.host.load(host_path),
            _ => Err(Errno::EACCES),
        }
    }
}
