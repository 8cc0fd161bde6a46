//! Sets of built-ins.

use crate::abi::Builtin;

/// Words that have a bit for every built-in.
const WORDS: usize = Builtin::ALL.len().div_ceil(64);

/// A set of built-ins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Builtins([u64; WORDS]);

impl Builtins {
    /// Adds one.
    pub(super) fn insert(&mut self, builtin: Builtin) {
        let (word, bit) = place(builtin);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Adds all of another set; whether there was anything new.
    pub(super) fn extend(&mut self, other: &Builtins) -> bool {
        let mut grown = false;
        for (own, other) in self.0.iter_mut().zip(other.0) {
            grown |= other & !*own != 0;
            *own |= other;
        }
        grown
    }

    /// Whether it has one of these.
    pub(super) fn any(&self, wanted: &[Builtin]) -> bool {
        wanted.iter().any(|builtin| {
            let (word, bit) = place(*builtin);
            self.0.get(word).is_some_and(|word| word & bit != 0)
        })
    }

    /// All in it, in their order.
    pub(super) fn iter(self) -> impl Iterator<Item = Builtin> {
        Builtin::ALL.iter().copied().filter(move |builtin| self.any(&[*builtin]))
    }
}

fn place(builtin: Builtin) -> (usize, u64) {
    let number = builtin as usize;
    (number / 64, 1 << (number % 64))
}
