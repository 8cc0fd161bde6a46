//! Functions on single words: status words, sets of signals, texts of numbers, and memory by hand.

use super::{Call, Fault};
use crate::abi::{Builtin, Signal, Status, errno, signal::SignalSet};

type Given<T> = Result<T, Fault>;

/// Functions of a status word: their rows in the table, and what they make of it.
macro_rules! status_words {
    ($($variant:ident $name:ident $result:ty: $of:expr;)*) => {
        #[allow(non_snake_case, reason = "named as in the table")]
        mod status_words {
            use super::{Call, Given, Status};

            $(pub(in super::super) fn $name(call: &mut Call<'_, '_>) -> Given<$result> {
                let of: fn(Status) -> $result = $of;
                Ok(of(Status(call.arg(0) as u32)))
            })*
        }

        /// What such a function gives, without the ways of a call that may allocate; nothing where it is another function.
        #[inline]
        pub(in super::super) fn of_status(function: u8, word: u64) -> Option<u64> {
            let status = Status(word as u32);
            $(if function == Builtin::$variant as u8 {
                let of: fn(Status) -> $result = $of;
                return Some(of(status) as u64);
            })*
            None
        }
    };
}
status_words! {
    Wifexited WIFEXITED bool: Status::is_exited;
    Wexitstatus WEXITSTATUS i64: Status::exit_code;
    Wifsignaled WIFSIGNALED bool: Status::is_signaled;
    Wtermsig WTERMSIG i64: Status::term_signal;
    Wifstopped WIFSTOPPED bool: Status::is_stopped;
    Wstopsig WSTOPSIG i64: Status::stop_signal;
    Wifcontinued WIFCONTINUED bool: Status::is_continued;
    Wcoredump WCOREDUMP bool: |_| false;
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
