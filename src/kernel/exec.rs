//! exec: another program in the same process.

use std::sync::Arc;

use super::machine::Machine;
use super::param;
use super::process::Pid;
use super::stdio::Stdio;
use crate::abi::Errno;
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
        let image = self.host.load(path)?;
        let limits = self.process(pid).limits;
        let limits = Limits { stack: limits.stack.0, heap: limits.heap.0 };
        let context =
            Context::start(image.clone(), &mut self.memory, argv, limits).map_err(|_| Errno::ENOMEM)?;
        self.close_on_exec(pid);
        let process = self.process_mut(pid);
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
}
