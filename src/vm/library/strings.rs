//! Functions on strings. The size of a result is known, and checked against the heap's limit, before the host
//! makes it.

use memchr::memmem;

use super::{Call, Fault};

type Given<T> = Result<T, Fault>;

fn bytes(call: &Call<'_, '_>, at: usize) -> Vec<u8> {
    call.guest.view().bytes(call.arg(at))
}

/// The places at which `part` occurs in `text`, from left to right and apart from each other; `part` is not empty.
fn places<'t>(text: &'t [u8], part: &'t [u8]) -> impl Iterator<Item = usize> + Clone + 't {
    memmem::find_iter(text, part)
}

pub(super) fn chr(call: &mut Call<'_, '_>) -> Given<u64> {
    let byte = call.arg(0) as u8;
    call.guest.new_string(&[byte])
}

/// The parts of `text` between separators of `length` bytes that begin at `places`.
fn between(
    text: &[u8],
    places: impl Iterator<Item = usize> + Clone,
    length: usize,
) -> impl Iterator<Item = &[u8]> + Clone {
    let mut from = 0;
    places.map(Some).chain([None]).map(move |end| {
        let part = &text[from..end.unwrap_or(text.len())];
        from = end.map_or(text.len(), |end| end + length);
        part
    })
}

/// The places at which a byte occurs in a text. Where they are close, eight bytes are looked at together, which is less work than a
/// call of a search for each; where there is none for a while, the search goes on from there.
#[derive(Clone)]
struct Occurrences<'t> {
    text: &'t [u8],
    byte: u8,
    /// Where the eight bytes begin that were looked at last.
    at: usize,
    /// The highest bit of each of them that is the byte and was not told yet.
    found: u64,
}

impl<'t> Occurrences<'t> {
    /// How many times eight bytes are looked at before the search is called.
    const NEAR: usize = 8;
    const ONES: u64 = u64::MAX / 0xff;

    fn new(text: &'t [u8], byte: u8) -> Self {
        let mut first = Occurrences { text, byte, at: 0, found: 0 };
        first.look();
        first
    }

    /// The highest bit of each byte of `word` that is the one looked for.
    #[inline(always)]
    fn matches(&self, word: u64) -> u64 {
        // Zero where the byte is; adding to seven bits carries no further than the eighth, which is then clear there alone.
        let other = word ^ (Self::ONES * u64::from(self.byte));
        let low = Self::ONES * 0x7f;
        !(((other & low) + low) | other | low)
    }

    /// Looks at the eight bytes from `at` on; fewer at the end of the text.
    fn look(&mut self) {
        let rest = &self.text[self.at..];
        self.found = match rest.first_chunk() {
            Some(eight) => self.matches(u64::from_le_bytes(*eight)),
            None => {
                let word = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
                self.matches(word) & ((1 << (8 * rest.len())) - 1)
            }
        };
    }

    /// Looks at the last bytes, of which there are fewer than eight.
    #[cold]
    #[inline(never)]
    fn look_at_end(&mut self) {
        self.at = self.text.len().min(self.at + 8);
        self.look();
    }

    /// Goes on where the byte is not near; whether it occurs again.
    #[inline(never)]
    fn look_further(&mut self) -> bool {
        let mut looks = 0;
        while self.found == 0 {
            let next = self.at + 8;
            if next >= self.text.len() {
                return false;
            }
            looks += 1;
            self.at = next;
            if looks > Self::NEAR {
                let Some(skipped) = memchr::memchr(self.byte, &self.text[next..]) else { return false };
                self.at += skipped;
                looks = 0;
            }
            self.look();
        }
        true
    }
}

impl Iterator for Occurrences<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        // The next eight bytes are looked at here, whatever comes after them elsewhere, so that this is short enough to stand in place.
        if self.found == 0 {
            match self.text.get(self.at + 8..).and_then(|rest| rest.first_chunk()) {
                Some(eight) => {
                    self.at += 8;
                    self.found = self.matches(u64::from_le_bytes(*eight));
                }
                None => self.look_at_end(),
            }
            if self.found == 0 && !self.look_further() {
                return None;
            }
        }
        let place = self.at + self.found.trailing_zeros() as usize / 8;
        self.found &= self.found - 1;
        Some(place)
    }
}

/// What C's isspace takes.
fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0b
}

/// The parts of a text between occurrences of the separator, or its words where that is empty.
pub(super) fn split(call: &mut Call<'_, '_>) -> Given<u64> {
    let (text, separator) = (bytes(call, 0), bytes(call, 1));
    let parts = match separator.as_slice() {
        [] => call.guest.new_strings(text.split(is_space).filter(|part| !part.is_empty())),
        [byte] => call.guest.new_strings(between(&text, Occurrences::new(&text, *byte), 1)),
        _ => call.guest.new_strings(between(&text, places(&text, &separator), separator.len())),
    }?;
    call.guest.new_array(&parts, 0, true)
}

pub(super) fn join(call: &mut Call<'_, '_>) -> Given<u64> {
    let view = call.guest.view();
    let array = call.arg(0);
    let separator = bytes(call, 1);
    let count = view.array_length(array);
    let words = view.elements(array, 0, count);
    let mut text = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match separator.as_slice() {
            _ if at == 0 => {}
            [byte] => text.push(*byte),
            several => text.extend_from_slice(several),
        }
        call.guest.append(*word, &mut text);
        // The host never holds more than the heap's limit and one string; what is refused is the whole.
        if call.guest.check_size(text.len() as u64).is_err() {
            let view = call.guest.view();
            let between = (separator.len() as u64).saturating_mul(count.saturating_sub(1));
            let total = words.iter().fold(between, |total, word| total.saturating_add(view.length(*word)));
            call.guest.check_size(total)?;
        }
    }
    call.guest.new_string(&text)
}

pub(super) fn trim(call: &mut Call<'_, '_>) -> Given<u64> {
    let text = bytes(call, 0);
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    if end - start == text.len() {
        return Ok(call.arg(0));
    }
    call.guest.new_string(&text[start..end])
}

pub(super) fn find(call: &mut Call<'_, '_>) -> Given<i64> {
    Ok(memmem::find(&bytes(call, 0), &bytes(call, 1)).map_or(-1, |at| at as i64))
}

pub(super) fn contains(call: &mut Call<'_, '_>) -> Given<bool> {
    Ok(memmem::find(&bytes(call, 0), &bytes(call, 1)).is_some())
}

pub(super) fn starts_with(call: &mut Call<'_, '_>) -> Given<bool> {
    Ok(bytes(call, 0).starts_with(&bytes(call, 1)))
}

pub(super) fn ends_with(call: &mut Call<'_, '_>) -> Given<bool> {
    Ok(bytes(call, 0).ends_with(&bytes(call, 1)))
}

pub(super) fn replace(call: &mut Call<'_, '_>) -> Given<u64> {
    let (text, old, new) = (bytes(call, 0), bytes(call, 1), bytes(call, 2));
    let found = if old.is_empty() { 0 } else { places(&text, &old).count() };
    if found == 0 {
        return Ok(call.arg(0));
    }
    let kept = (text.len() - found * old.len()) as u64;
    let total = (found as u64).saturating_mul(new.len() as u64).saturating_add(kept);
    call.guest.check_size(total)?;
    let mut result = Vec::with_capacity(total as usize);
    let mut from = 0;
    for at in places(&text, &old) {
        result.extend_from_slice(&text[from..at]);
        result.extend_from_slice(&new);
        from = at + old.len();
    }
    result.extend_from_slice(&text[from..]);
    call.guest.new_string(&result)
}

pub(super) fn repeat(call: &mut Call<'_, '_>) -> Given<u64> {
    let times = (call.arg(1) as i64).max(0) as u64;
    let total = call.guest.view().length(call.arg(0)).saturating_mul(times);
    call.guest.check_size(total)?;
    if total == 0 {
        return Ok(0);
    }
    let text = bytes(call, 0).repeat(times as usize);
    call.guest.new_string(&text)
}

pub(super) fn upper(call: &mut Call<'_, '_>) -> Given<u64> {
    let text = bytes(call, 0).to_ascii_uppercase();
    call.guest.new_string(&text)
}

pub(super) fn lower(call: &mut Call<'_, '_>) -> Given<u64> {
    let text = bytes(call, 0).to_ascii_lowercase();
    call.guest.new_string(&text)
}

#[cfg(test)]
mod tests {
    use super::Occurrences;

    #[test]
    fn a_byte_is_found_wherever_it_is() {
        let mut state = 1_u32;
        for length in 0..300 {
            for rarity in [2, 9, 150] {
                let mut draw = || {
                    state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
                    state >> 16
                };
                let text: Vec<u8> =
                    (0..length).map(|_| if draw() % rarity == 0 { 0x80 } else { draw() as u8 }).collect();
                for byte in [0x80, 0, 0x7f, 0x81, 0xff] {
                    let found: Vec<usize> = Occurrences::new(&text, byte).collect();
                    assert_eq!(found, memchr::memchr_iter(byte, &text).collect::<Vec<usize>>(), "{byte} in {text:?}");
                }
            }
        }
    }
}
