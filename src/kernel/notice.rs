//! What the door writes into the ledger: calls that fail, calls that a handler interrupts, calls that are made to fail.

use super::call::Call;
use super::event::Origin;
use super::host::Repeated;
use super::ledger::{Act, Death, Failure, Interrupted};
use super::machine::Machine;
use super::process::Pid;
use super::syscall;
use crate::abi::{Builtin, Errno, SIG_IGN, Signal};

/// Waits in a row that find no child before a person is told: no loop needs so many.
const IN_A_ROW: u64 = 1000;

impl Machine {
    /// Why a call is to fail that has just been made, where `Config::fails` says so.
    pub(crate) fn forced_failure(&mut self, pid: Pid, call: &Call) -> Option<Errno> {
        if self.made.is_empty() || call.slept {
            return None;
        }
        let mut reason = None;
        for (fail, made) in self.config.fails.iter().zip(&mut self.made) {
            if fail.builtin == call.request.builtin {
                *made += 1;
                if *made == fail.nth {
                    reason = Some(fail.errno);
                }
            }
        }
        if let Some(errno) = reason {
            self.note_failure(pid, call, errno, true);
        }
        reason
    }

    /// A call has failed.
    pub(crate) fn note_failure(&mut self, pid: Pid, call: &Call, errno: Errno, forced: bool) {
        let builtin = call.request.builtin;
        // SIGPIPE has told the process already.
        if errno == Errno::EPIPE && !self.process(pid).signals.ignores(Signal::SIGPIPE) {
            return;
        }
        let at = self.deed(pid).span;
        if errno == Errno::ECHILD
            && self.ledger.streak(pid, at, errno) == IN_A_ROW
            && (builtin == Builtin::Wait || syscall::int(self, pid, call, 1) == 0)
            && let Some(by) = self.act(pid)
        {
            let collected = self.ledger.last_collected(pid);
            self.host.repeated(&Repeated { by, builtin, errno, count: IN_A_ROW, collected });
        }
        if self.ledger.failed_again(at, errno) {
            return;
        }
        let Some(by) = self.act(pid) else { return };
        let args = syscall::shown_args(self, pid, call);
        let fd = takes_descriptor(builtin).then(|| syscall::int(self, pid, call, 0));
        let file = fd.and_then(|fd| self.lookup(pid, fd).ok());
        let flagged = file
            .filter(|_| errno == Errno::EAGAIN)
            .and_then(|(id, _)| self.files.flagger(id))
            .map(|deed| (deed, self.ledger.flagger(deed.who)));
        let (closed, collected) = (None, None);
        let vanish = self.process(pid).signals.action(Signal::SIGCHLD).handler == SIG_IGN;
        self.ledger.fail(Failure { by, builtin, errno, args, closed, collected, flagged, vanish, forced }, fd);
    }

    /// A handler has ended a call that others would have made again.
    pub(crate) fn note_interrupted(&mut self, pid: Pid, builtin: Builtin, handler: u64, by: (Signal, Option<Origin>)) {
        // These wait for nothing else.
        let meant = matches!(builtin, Builtin::Pause | Builtin::Sigsuspend | Builtin::Usleep | Builtin::Poll);
        if meant || !self.ledger.on {
            return;
        }
        let (signal, origin) = by;
        if let Some(act) = self.act(pid) {
            let (installed, alarm) = (None, None);
            self.ledger.interrupt(Interrupted { by: act, builtin, signal, installed, origin, alarm }, handler);
        }
    }

    /// A signal is about to kill a process.
    pub(crate) fn note_death(&mut self, pid: Pid, signal: Signal, origin: Option<Origin>) {
        let Some(by) = self.act(pid).filter(|_| self.ledger.on) else { return };
        let sender = match origin {
            Some(Origin::Process(sender, _)) => self.table.get(sender).map(|sender| sender.lineage.clone()),
            _ => None,
        };
        self.ledger.die(Death { by, signal, origin, sender, alarm: None, group: false });
    }

    /// A process ends with blocks that it has allocated itself and never freed.
    pub(crate) fn note_leaks(&mut self, pid: Pid) {
        let Some(act) = self.act(pid).filter(|_| self.ledger.on) else { return };
        let Some(process) = self.table.get_mut(pid) else { return };
        let Some(context) = process.context.as_deref_mut() else { return };
        let own = context.heap.generation();
        for block in context.manual_blocks(&mut self.memory) {
            // A copy that came with a fork is its maker's to free.
            if block.allocated.generation == own {
                let at = context.image.span(block.allocated.pc);
                self.ledger.leak(Act { who: act.who.clone(), at }, block.cells);
            }
        }
    }
}

/// Whether a call's first argument is a descriptor.
fn takes_descriptor(builtin: Builtin) -> bool {
    use Builtin::{Close, Dprintf, Dup, Dup2, Fcntl, Getline, Isatty, MqClose, MqReceive, MqSend, Read, Write};
    matches!(
        builtin,
        Close | Dprintf | Dup | Dup2 | Fcntl | Getline | Isatty | MqClose | MqReceive | MqSend | Read | Write
    )
}
