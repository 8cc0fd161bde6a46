//! Functions on arrays.

use super::number::{order, order_floats};
use super::{Call, Fault, ValueKind, count};
use crate::vm::text::View;

type Given<T> = Result<T, Fault>;

pub(super) fn len(call: &mut Call<'_, '_>) -> Given<u64> {
    let view = call.guest.view();
    Ok(if call.kind() == ValueKind::Str { view.length(call.arg(0)) } else { view.array_length(call.arg(0)) })
}

pub(super) fn push(call: &mut Call<'_, '_>) -> Given<()> {
    let (array, word) = (call.arg(0), call.arg(1));
    call.guest.push(array, word)
}

pub(super) fn pop(call: &mut Call<'_, '_>) -> Given<u64> {
    let array = call.arg(0);
    let (sizes, store) = call.guest.arena.read_pair(array);
    let length = sizes & 0xffff_ffff;
    if array == 0 || length == 0 {
        return Err(Fault::EmptyPop);
    }
    let last = call.guest.arena.read(store + length - 1);
    call.guest.set_array(array, length - 1, sizes >> 32, store);
    Ok(last)
}

pub(super) fn array(call: &mut Call<'_, '_>) -> Given<u64> {
    let references = matches!(call.kind(), ValueKind::Str | ValueKind::Reference);
    let (count, word) = (count(call.arg(0), "array")?, call.arg(1));
    call.guest.filled_array(count, word, references)
}

fn elements(view: View<'_>, array: u64) -> Vec<u64> {
    view.elements(array, 0, view.array_length(array))
}

fn store(call: &mut Call<'_, '_>, array: u64, words: &[u64]) {
    if !words.is_empty() {
        let store = call.guest.arena.read(array + 1);
        call.guest.arena.memory.write_words(call.guest.arena.space, store, words);
    }
}

pub(super) fn reverse(call: &mut Call<'_, '_>) -> Given<()> {
    let array = call.arg(0);
    let mut words = elements(call.guest.view(), array);
    words.reverse();
    store(call, array, &words);
    Ok(())
}

pub(super) fn sort(call: &mut Call<'_, '_>) -> Given<()> {
    let array = call.arg(0);
    let mut words = elements(call.guest.view(), array);
    match call.kind() {
        ValueKind::Float => words.sort_by(|left, right| order_floats(f64::from_bits(*left), f64::from_bits(*right))),
        ValueKind::Str => sort_strings(call.guest.view(), &mut words),
        _ => words.sort_by_key(|word| *word as i64),
    }
    store(call, array, &words);
    Ok(())
}

/// Orders each string once, however often the array holds it: the work is bounded by the heap, not by the
/// array's length times the longest string.
fn sort_strings(view: View<'_>, words: &mut [u64]) {
    let compare = |left: u64, right: u64| order(view, ValueKind::Str, left, right);
    let mut different = words.to_vec();
    different.sort_unstable();
    different.dedup();
    different.sort_by(|left, right| compare(*left, *right));
    let mut ranks = Vec::with_capacity(different.len());
    let mut rank = 0_u64;
    for (at, word) in different.iter().enumerate() {
        if at > 0 && compare(different[at - 1], *word).is_lt() {
            rank += 1;
        }
        ranks.push((*word, rank));
    }
    ranks.sort_unstable();
    let rank = |word: u64| ranks.binary_search_by_key(&word, |(word, _)| *word).map_or(0, |at| ranks[at].1);
    words.sort_by_cached_key(|word| rank(*word));
}
