//! Functions on single words: status words, sets of signals, texts of numbers, and memory by hand.

use super::{Call, Fault};
use crate::abi::{Signal, Status, errno, signal::SignalSet};

type Given<T> = Result<T, Fault>;

fn status(call: &Call<'_, '_>) -> Status {
    Status(call.arg(0) as u32)
}

#[allow(non_snake_case, reason = "named as in the table")]
mod status_words {
    use super::{Call, Given, status};

    pub(in super::super) fn WIFEXITED(call: &mut Call<'_, '_>) -> Given<bool> {
        Ok(status(call).is_exited())
    }

    pub(in super::super) fn WEXITSTATUS(call: &mut Call<'_, '_>) -> Given<i64> {
        Ok(status(call).exit_code())
    }

    pub(in super::super) fn WIFSIGNALED(call: &mut Call<'_, '_>) -> Given<bool> {
        Ok(status(call).is_signaled())
    }

    pub(in super::super) fn WTERMSIG(call: &mut Call<'_, '_>) -> Given<i64> {
        Ok(status(call).term_signal())
    }

    pub(in super::super) fn WIFSTOPPED(call: &mut Call<'_, '_>) -> Given<bool> {
        Ok(status(call).is_stopped())
    }

    pub(in super::super) fn WSTOPSIG(call: &mut Call<'_, '_>) -> Given<i64> {
        Ok(status(call).stop_signal())
    }

    pub(in super::super) fn WIFCONTINUED(call: &mut Call<'_, '_>) -> Given<bool> {
        Ok(status(call).is_continued())
    }

    pub(in super::super) fn WCOREDUMP(_: &mut Call<'_, '_>) -> Given<bool> {
        Ok(false)
    }
}
pub(super) use status_words::*;

pub(super) fn sigmask(call: &mut Call<'_, '_>) -> Given<i64> {
    let mut set = SignalSet::EMPTY;
    for number in call.args() {
        if let Some(signal) = Signal::from_number(*number as i64) {
            set.insert(signal);
        }
    }
    Ok(i64::from(set.0))
}

pub(super) fn strsignal(call: &mut Call<'_, '_>) -> Given<u64> {
    let number = call.arg(0) as i64;
    let text = match Signal::from_number(number) {
        Some(signal) => signal.text().to_owned(),
        None => format!("Unknown signal {number}"),
    };
    call.guest.new_string(text.as_bytes())
}

pub(super) fn strerror(call: &mut Call<'_, '_>) -> Given<u64> {
    let text = errno::strerror(call.arg(0) as i64);
    call.guest.new_string(text.as_bytes())
}

/// Nothing means a full heap: the caller collects, tries again, and then gives `nil`.
fn full(call: &Call<'_, '_>, cells: i64) -> Fault {
    Fault::HeapFull { wanted: (cells as u64).saturating_mul(8), limit: call.guest.arena.limit }
}

pub(super) fn malloc(call: &mut Call<'_, '_>) -> Given<u64> {
    let cells = call.arg(0) as i64;
    call.guest.arena.malloc(cells).ok_or_else(|| full(call, cells))
}

pub(super) fn calloc(call: &mut Call<'_, '_>) -> Given<u64> {
    let cells = call.arg(0) as i64;
    call.guest.arena.calloc(cells).ok_or_else(|| full(call, cells))
}

pub(super) fn realloc(call: &mut Call<'_, '_>) -> Given<u64> {
    let (pointer, cells) = (call.arg(0), call.arg(1) as i64);
    let moved = call.guest.arena.realloc(pointer, cells).map_err(Fault::Free)?;
    moved.ok_or_else(|| full(call, cells))
}

pub(super) fn free(call: &mut Call<'_, '_>) -> Given<()> {
    let pointer = call.arg(0);
    call.guest.arena.free(pointer).map_err(Fault::Free)
}

/// Assertions are compiled to tests and `AssertFail`; the table's row only tells the checker of them.
pub(super) fn assert(call: &mut Call<'_, '_>) -> Given<()> {
    if call.arg(0) == 0 { Err(Fault::Assertion { index: u32::MAX, sides: None, message: None }) } else { Ok(()) }
}
