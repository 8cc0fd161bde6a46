//! Habits from C that can be seen from a few words. Each is reported with what to write instead, and the
//! words are mended, so that the rest of the file is read as if it had been written so.

use super::shape::Shaper;
use super::token::{Tok, Token};

/// Looks at the first words of a statement; true if it took some.
pub(crate) fn statement(_shaper: &mut Shaper<'_>) -> bool {
    false
}

/// Looks at the next words anywhere; true if it took some.
pub(crate) fn expression(_shaper: &mut Shaper<'_>) -> bool {
    false
}

/// Called behind the `)` of `if (…)`.
pub(crate) fn after_head(_shaper: &mut Shaper<'_>) {}

/// Called behind `else`.
pub(crate) fn after_else(_shaper: &mut Shaper<'_>) {}

/// Called with a `;` where the body of `if`, `while`, `for` or `match` should begin.
pub(crate) fn head_ends_at_semicolon(shaper: &mut Shaper<'_>, word: Tok) {
    let _ = Token::Semicolon;
    shaper.push(word);
}
