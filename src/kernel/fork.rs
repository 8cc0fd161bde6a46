//! Making processes: fork(2), and the first two, init and the script.

use std::sync::Arc;

use indexmap::IndexMap;

use super::event::{Watch, What};
use super::file::FileTable;
use super::ledger::{Bearing, Standing};
use super::machine::Machine;
use super::param;
use super::pids::Pids;
use super::process::{Accounting, Birth, Deed, Lineage, Pid, Process, ResourceLimits, State, Turn};
use super::signal::Signals;
use super::stdio::Stdio;
use crate::abi::{Errno, Status};
use crate::bytecode::image::Verified;
use crate::source::Span;
use crate::vm::{Context, Fault, Limits};

impl Machine {
    /// Makes init and the script's process, which leads the foreground group of init's session,
    /// or where it is asked for a session of its own.
    pub(crate) fn boot(&mut self, image: Verified, argv: &[Vec<u8>]) -> Result<(), Fault> {
        let limits = Arc::new(ResourceLimits {
            processes: (self.config.max_processes, self.config.max_processes),
            files: (param::MAX_FILES, param::MAX_FILES),
            stack: (self.config.stack, self.config.stack),
            heap: (self.config.heap, self.config.heap),
        });
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
        let lineage =
            |pid| Arc::new(Lineage { pid, fork: nowhere, base: 0, ordinal: 1, turn: Turn::default(), parent: None });
        let blank = |pid, lineage, files, context| Process {
            pid,
            ppid: init,
            pgid: pid,
            sid: init,
            lineage,
            image: image.clone(),
            has_execed: false,
            execed: None,
            adopted: false,
            environment: Arc::new(default_environment()),
            children: Pids::default(),
            newsworthy: Pids::default(),
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
            limits: Arc::clone(&limits),
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
        self.table.insert(Box::new(first));
        self.table.insert(Box::new(blank(script, lineage(script), files, Some(Box::new(context)))));
        let (nice, leader) = (self.config.nice, self.config.leader);
        let process = self.process_mut(script);
        process.nice = nice;
        if leader {
            process.sid = script;
            self.terminal.session = Some(script);
        }
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
        let pid = self.new_pid(parent).ok_or(Errno::EAGAIN)?;
        let fork = self.deed(parent);
        let files = self.fork_files(parent);
        let now = self.clock;
        let (spare, place) = (self.spare.pop(), self.table.spare());
        let process = self.table.get_mut(parent).ok_or(Errno::EAGAIN)?;
        process.births += 1;
        process.children.insert(pid);
        let running = process.context.as_deref().ok_or(Errno::EAGAIN)?;
        let turn = if self.ledger.on { Turn::new(fork.span, running.counted()) } else { Turn::default() };
        let context = running.fork(&mut self.memory, spare);
        let child = process.child(Birth { pid, fork, turn, files, context }, now, place);
        if self.ledger.on {
            let zombies = &process.newsworthy;
            let lives = |other: Pid| other != pid && !zombies.contains(other);
            let alive = !process.children.is_single() && process.children.iter().any(lives);
            let by = Standing { at: fork.span, ..process.standing() };
            // Who was made by this very fork and has not gone deeper since has come back to it.
            let again = by.exec.is_none() && by.who.fork.span == fork.span && child.lineage.base <= by.who.base;
            self.ledger.bear(by, &child.lineage, Bearing { alive, again, now });
            if !child.stdio.buffered().is_empty() {
                self.ledger.copy(&by.act(), &child.lineage, child.stdio.buffered(), child.stdio.prints());
            }
        }
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

impl Machine {
    /// The id of the next child of `parent`.
    fn new_pid(&mut self, parent: Pid) -> Option<Pid> {
        if !self.config.by_descent {
            return self.table.next_pid();
        }
        let process = self.table.get(parent)?;
        let mut descent = process.descent();
        descent.push(process.births + 1);
        self.table.free_pid(pid_of_descent(&descent))
    }
}

/// The id of a process by its descent, whatever else has been made: 2 for the script, then a digit a generation, so that
/// child 1.2 is 212; 9 begins a number beyond 8. Descents too long for an id get one from their hash.
pub(crate) fn pid_of_descent(descent: &[u32]) -> Pid {
    let mut id = u64::from(param::SCRIPT);
    let mut fits = true;
    for ordinal in descent {
        let mut left = *ordinal;
        while left > 8 && fits {
            id = id * 10 + 9;
            left -= 8;
            fits = id < u64::from(param::PID_MAX);
        }
        id = id.saturating_mul(10).saturating_add(u64::from(left));
        fits &= id < u64::from(param::PID_MAX);
    }
    if fits {
        return Pid(id as u32);
    }
    let mixed = descent.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, ordinal| {
        (hash ^ u64::from(*ordinal)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Pid(1_000_000 + (mixed % u64::from(param::PID_MAX - 1_000_000)) as u32)
}

/// What a login shell would have set; the same on every machine.
fn default_environment() -> IndexMap<Vec<u8>, Vec<u8>> {
    [("HOME", "/home/student"), ("PATH", "."), ("USER", "student"), ("SHELL", "/bin/sh"), ("LANG", "C")]
        .into_iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect()
}
