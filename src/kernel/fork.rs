//! Making processes: fork(2), and the first two, init and the script.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::event::{Watch, What};
use super::file::FileTable;
use super::machine::Machine;
use super::param;
use super::process::{Accounting, Deed, Lineage, Pid, Process, ResourceLimits, State};
use super::signal::Signals;
use super::stdio::Stdio;
use crate::abi::{Errno, Status};
use crate::bytecode::image::Verified;
use crate::source::Span;
use crate::vm::{Context, Fault, Limits};

impl Machine {
    /// Makes init and the script's process, which leads the foreground group of init's session.
    pub(crate) fn boot(&mut self, image: Verified, argv: &[Vec<u8>]) -> Result<(), Fault> {
        let limits = ResourceLimits {
            processes: (self.config.max_processes, self.config.max_processes),
            files: (param::MAX_FILES, param::MAX_FILES),
            stack: (self.config.stack, self.config.stack),
            heap: (self.config.heap, self.config.heap),
        };
        let context = Context::start(
            image.clone(),
            &mut self.memory,
            argv,
            Limits { stack: limits.stack.0, heap: limits.heap.0 },
        )?;
        let (init, script) = (Pid(param::INIT), Pid(param::SCRIPT));
        let nowhere = Deed { who: init, span: Span::default(), tick: 0 };
        let files = FileTable::terminal(&mut self.files);
        let cwd = self.fs.home();
        // Once for init, once for the script.
        self.fs.keep(cwd);
        self.fs.keep(cwd);
        let lineage = |pid| Arc::new(Lineage { pid, fork: nowhere, ordinal: 1, parent: None });
        let blank = |pid, lineage, files, context| Process {
            pid,
            ppid: init,
            pgid: pid,
            sid: init,
            lineage,
            image: image.clone(),
            has_execed: false,
            adopted: false,
            environment: Arc::new(default_environment()),
            children: BTreeSet::new(),
            newsworthy: BTreeSet::new(),
            births: 0,
            status: Status::default(),
            news: None,
            state: State::Running,
            context,
            call: None,
            ticket: 0,
            nice: 0,
            accounting: Accounting::default(),
            peak_memory: 0,
            limits,
            signals: Signals::default(),
            alarm: None,
            files,
            cwd,
            stdio: Stdio::default(),
        };
        for pid in [init, script] {
            let taken = self.table.next_pid();
            debug_assert_eq!(taken, Some(pid));
        }
        let mut first = blank(init, lineage(init), FileTable::default(), None);
        first.ppid = Pid(0);
        first.children.insert(script);
        self.table.insert(first);
        self.table.insert(blank(script, lineage(script), files, Some(Box::new(context))));
        self.totals.processes = 1;
        self.totals.most_at_once = 1;
        self.make_ready(script);
        Ok(())
    }

    /// fork(2): a copy of process `parent`, ready to run; its call of fork returns 0 there.
    pub(crate) fn fork(&mut self, parent: Pid) -> Result<Pid, Errno> {
        let limit = self.process(parent).limits.processes.0;
        if self.table.len() as u64 > limit {
            return Err(Errno::EAGAIN);
        }
        if !self.process(parent).context.as_deref().is_some_and(|context| context.can_fork(&self.memory)) {
            return Err(Errno::ENOMEM);
        }
        let pid = self.table.next_pid().ok_or(Errno::EAGAIN)?;
        let fork = self.deed(parent);
        let files = self.fork_files(parent);
        let now = self.clock;
        let process = self.table.get_mut(parent).ok_or(Errno::EAGAIN)?;
        process.births += 1;
        process.children.insert(pid);
        let context = process.context.as_deref().ok_or(Errno::EAGAIN)?.fork(&mut self.memory);
        let lineage = Lineage { pid, fork, ordinal: process.births, parent: Some(Arc::clone(&process.lineage)) };
        let child = Process {
            pid,
            ppid: parent,
            pgid: process.pgid,
            sid: process.sid,
            lineage: Arc::new(lineage),
            image: process.image.clone(),
            has_execed: false,
            adopted: false,
            environment: Arc::clone(&process.environment),
            children: BTreeSet::new(),
            newsworthy: BTreeSet::new(),
            births: 0,
            status: Status::default(),
            news: None,
            state: State::Running,
            context: Some(Box::new(context)),
            call: None,
            ticket: 0,
            nice: process.nice,
            accounting: Accounting { born: now, since: now, ..Accounting::default() },
            peak_memory: 0,
            limits: process.limits,
            signals: process.signals.fork(),
            alarm: None,
            files,
            cwd: process.cwd,
            stdio: process.stdio.fork(),
        };
        self.table.insert(child);
        self.totals.processes += 1;
        self.totals.most_at_once = self.totals.most_at_once.max(self.table.len() as u64 - 1);
        if self.watches(Watch::SCHED) {
            self.emit(Watch::SCHED, pid, What::Born { parent });
        }
        self.make_ready(pid);
        Ok(pid)
    }
}

/// What a login shell would have set; the same on every machine.
fn default_environment() -> IndexMap<Vec<u8>, Vec<u8>> {
    [("HOME", "/home/student"), ("PATH", "."), ("USER", "student"), ("SHELL", "/bin/sh"), ("LANG", "C")]
        .into_iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect()
}
