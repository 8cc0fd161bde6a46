//! What the machine does when nobody is ready: it lets the time pass, waits for the terminal, or finds that nothing can happen any more.

use super::super::host::{Input, Outside};
use super::super::machine::Machine;
use super::super::param;
use super::End;

impl Machine {
    /// What has come from outside; whether the host asked for the end.
    #[inline]
    pub(super) fn hears_of_end(&mut self) -> bool {
        match self.host.poll() {
            Some(Outside::Key(signal)) => self.press_key(signal),
            Some(Outside::Quit) => return true,
            None => {}
        }
        false
    }

    /// Nobody is ready: the clock jumps, or the terminal is read, or the run is over.
    pub(super) fn idle(&mut self) -> Option<End> {
        // Nobody else would hear of it before the terminal has something to read. What has come may have made somebody ready.
        let generated = self.totals.signals;
        if self.hears_of_end() {
            return Some(End::Quit);
        }
        if self.totals.signals != generated {
            return None;
        }
        if self.table.len() <= 1 {
            return Some(End::Finished(self.script_status.unwrap_or_default()));
        }
        if self.look_at_terminal(false) {
            return None;
        }
        if let Some(tick) = self.next_timer() {
            self.jump_to(tick);
            return None;
        }
        if self.wants_input() {
            self.look_at_terminal(true);
            return None;
        }
        Some(End::Stuck)
    }

    /// Reads the real terminal for a process that waits for it; whether there was anything.
    pub(super) fn look_at_terminal(&mut self, wait: bool) -> bool {
        if !self.wants_input() {
            return false;
        }
        match self.host.read(param::IO_MAX, wait) {
            Input::NotYet => false,
            input => {
                self.terminal_input(input);
                true
            }
        }
    }
}
