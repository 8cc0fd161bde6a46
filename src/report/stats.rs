//! `--stats`: what each process has used, then the totals.

use std::fmt::Write;

use crate::kernel::machine::Totals;
use crate::kernel::process::Process;

/// One process's line.
#[derive(Debug, Clone)]
pub struct Row {
    role: String,
    pid: u32,
    end: String,
    state_changes: u64,
    ticks: u64,
    waiting: u64,
    blocked: u64,
    turnaround: u64,
    switches: u64,
    calls: u64,
    peak_memory: u64,
}

impl Row {
    /// The line of a process that has ended, or is being looked at.
    pub fn new(process: &Process, now: u64, peak_memory: u64) -> Self {
        let accounting = &process.accounting;
        let end = if accounting.ended > 0 { accounting.ended } else { now };
        let status = process.status;
        let words = match (process.context.is_some(), status.is_exited()) {
            (true, _) => "alive".to_owned(),
            (false, true) => format!("exit {}", status.exit_code()),
            (false, false) => crate::abi::Signal::from_number(status.term_signal())
                .map_or_else(|| "killed".to_owned(), |signal| signal.name().to_owned()),
        };
        Row {
            role: process.role(),
            pid: process.pid.0,
            end: words,
            state_changes: accounting.state_changes,
            ticks: accounting.ticks,
            waiting: accounting.waiting,
            blocked: accounting.blocked + accounting.stopped,
            turnaround: end.saturating_sub(accounting.born),
            switches: accounting.voluntary_switches + accounting.involuntary_switches,
            calls: accounting.calls,
            peak_memory,
        }
    }
}

/// The table and the totals.
pub fn table(rows: &[Row], totals: Totals, clock: u64) -> String {
    let mut text = String::new();
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| row.pid);
    let width = sorted.iter().map(|row| row.role.len()).max().unwrap_or(0).max("process".len());
    let _ = writeln!(
        text,
        "{:>6}  {:width$}  {:>8}  {:>7}  {:>12}  {:>12}  {:>12}  {:>12}  {:>8}  {:>8}  {:>9}",
        "pid",
        "process",
        "end",
        "changes",
        "ticks",
        "waiting",
        "blocked",
        "turnaround",
        "switches",
        "calls",
        "peak mem"
    );
    for row in sorted {
        let _ = writeln!(
            text,
            "{:>6}  {:width$}  {:>8}  {:>7}  {:>12}  {:>12}  {:>12}  {:>12}  {:>8}  {:>8}  {:>9}",
            row.pid,
            row.role,
            row.end,
            row.state_changes,
            row.ticks,
            row.waiting,
            row.blocked,
            row.turnaround,
            row.switches,
            row.calls,
            super::fault::bytes(row.peak_memory).replace(" bytes", " B")
        );
    }
    let _ = writeln!(
        text,
        "total: {} processes (at most {} at once), {} ticks run, {} idle, {} on the clock, {} switches, {} calls, {} signals",
        totals.processes,
        totals.most_at_once,
        totals.ticks,
        totals.idle,
        clock,
        totals.switches,
        totals.calls,
        totals.signals
    );
    text
}
