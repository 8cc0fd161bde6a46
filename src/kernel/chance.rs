//! Numbers from the run's seed: `rand`, `choose` and the random policy. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a few
//! lines whose sequence must never change with a library's version.

/// A stream of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chance {
    state: u64,
    /// What the next call gives, where somebody has decided it.
    decided: Option<u64>,
}

impl Chance {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Chance { state: seed, decided: None }
    }

    /// The next number of the stream.
    pub fn next_number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Decides what the next [`Chance::below`] gives.
    pub(crate) fn decide(&mut self, number: Option<u64>) {
        self.decided = number;
    }

    /// A number from 0 to `n - 1`, each as likely as any other up to 2⁻⁶⁴ · n; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if let Some(number) = self.decided.take() {
            return number.min(n.saturating_sub(1));
        }
        ((u128::from(self.next_number()) * u128::from(n)) >> 64) as u64
    }
}
