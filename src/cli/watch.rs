//! What a person sees and may do while an exploration goes on: a line of progress on a terminal, and Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::explore::Progress;

/// Progress is shown of what takes longer.
const SHOWN_AFTER: Duration = Duration::from_millis(200);

/// Shows on a terminal how it goes, and listens for Ctrl-C.
pub(super) struct Watcher {
    bar: ProgressBar,
    started: Instant,
}

impl Watcher {
    /// `stop` is set by Ctrl-C.
    pub(super) fn new(stop: &Arc<AtomicBool>) -> Watcher {
        // Without the flag Ctrl-C ends the program at once, which is not wrong either.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(stop));
        // A bar draws nothing where stderr is no terminal, and no more than five times a second where it is one.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        Watcher { bar, started: Instant::now() }
    }

    /// Shows how it goes.
    pub(super) fn show(&mut self, progress: Progress) {
        let spent = self.started.elapsed();
        if !self.bar.is_hidden() && spent >= SHOWN_AFTER {
            let rate = progress.states as f64 / spent.as_secs_f64();
            self.bar.set_message(format!(
                "{} states at {rate:.0}/s, {} steps, depth {}, frontier {}, outputs {}",
                progress.states, progress.transitions, progress.depth, progress.frontier, progress.outputs
            ));
            self.bar.tick();
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
