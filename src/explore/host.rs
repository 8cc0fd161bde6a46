//! The world outside as an exploration sees it: output is written down, input is fixed, programs come from whoever explores.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::abi::{Errno, Status};
use crate::bytecode::image::Verified;
use crate::kernel::Pid;
use crate::kernel::host::{Crash, Host, HostNode, Input, Stream};
use crate::kernel::process::Process;
use crate::report::fault;
use crate::source::SourceMap;
use crate::vm::Fault;

/// Sources that loading adds to, and reports read.
pub type Sources = Arc<Mutex<SourceMap>>;

/// Who has the programs and files beside the script, for all workers: what one has loaded is the same program for all.
pub type Outside = Arc<Mutex<dyn Host + Send>>;

/// A process that has gone for good.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    pub(crate) pid: Pid,
    pub(crate) descent: Vec<u32>,
    pub(crate) parent: Option<Pid>,
    pub(crate) status: Status,
}

/// What happened outside since it was looked at last.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) out: Vec<u8>,
    /// Whether an assertion failed, and the message.
    pub(crate) faults: Vec<(bool, String)>,
    pub(crate) gone: Vec<Gone>,
}

/// The host of an exploration.
pub(crate) struct Stage {
    pub(crate) log: Rc<RefCell<Log>>,
    pub(crate) sources: Sources,
    /// Who has the programs and files beside the script.
    pub(crate) outside: Outside,
}

impl Stage {
    fn outside(&self) -> MutexGuard<'_, dyn Host + Send + 'static> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Stage {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
        if stream == Stream::Out {
            self.log.borrow_mut().out.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// All of the input was given at the start.
    fn read(&mut self, _: usize, _: bool) -> Input {
        Input::End
    }

    fn load(&mut self, path: &[u8]) -> Result<Verified, Errno> {
        self.outside().load(path)
    }

    fn compile(&mut self, name: &[u8], text: &[u8]) -> Result<Verified, Errno> {
        self.outside().compile(name, text)
    }

    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        self.outside().look(path)
    }

    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        self.outside().list(path)
    }

    fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        self.outside().read_file(path, most)
    }

    fn fault(&mut self, crash: &Crash<'_>) {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let report = fault::diagnose(crash, &sources);
        let span = crash.process.here();
        let message = format!("{}, {}:{}", report.headline, sources.file(span.file).name, sources.line(span));
        let assertion = matches!(crash.fault, Fault::Assertion { .. });
        self.log.borrow_mut().faults.push((assertion, message));
    }

    fn ended(&mut self, process: &Process) {
        self.log.borrow_mut().gone.push(Gone {
            pid: process.pid,
            descent: process.descent(),
            parent: process.lineage.parent.as_ref().map(|parent| parent.pid),
            status: process.status,
        });
    }
}
