//! All states under small numbers, in the order in which they were found. A state is kept as two numbers: that of its components at even
//! places, and that of those at odd ones. Such halves are few, since many states share each; so a state takes a few bytes whatever it is made
//! of, nothing is ever taken for something else, and whether a state is known is asked of one place in memory.

use std::hash::Hasher;

use indexmap::IndexSet;

use super::intern::{Build, Quick, Tuples};
use super::memo::Delta;
use super::shape::middle;

/// A state as the numbers of its halves.
pub(crate) type Halves = [u32; 2];

/// The most places for halves that others were made into.
const MOST_MOVES: usize = 1 << 22;

/// The states. Their components stand in the order of places: one half after the other.
#[derive(Debug, Default)]
pub(crate) struct States {
    /// The halves of all states, those at even places and those at odd ones alike.
    halves: Tuples,
    /// The halves of each state.
    all: Vec<Halves>,
    /// Where states are, by their hash: their halves, and their number and one; 0 where there is none. They lie in the order of their
    /// hashes but for a few steps, so that a larger table is filled from one end to the other.
    places: Vec<[u32; 3]>,
    /// Under numbers from 1 on.
    deltas: IndexSet<Delta, Build>,
    /// A half, a delta, and the half that it makes of it, in a place by their hash, where another may take it: what is not here is made again.
    moves: Vec<[u32; 3]>,
    /// The half that is made.
    made: Vec<u32>,
}

/// States that steps lead to, which are looked for together, so that the memory is asked for all of them before the first is needed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The halves that a step begins with, and the deltas for them; then those that it leads to.
    steps: Vec<(Halves, [u32; 2])>,
}

impl Batch {
    /// Forgets all states.
    pub(crate) fn clear(&mut self) {
        self.steps.clear();
    }

    /// Adds the state that deltas make of another.
    #[inline]
    pub(crate) fn add(&mut self, from: Halves, deltas: [u32; 2]) {
        self.steps.push((from, deltas));
    }
}

/// The place of a key in a table of so many places, a power of two: places rise with the hashes.
#[inline]
fn begin(key: [u32; 2], places: usize) -> usize {
    let mut quick = Quick::default();
    quick.write_u64(u64::from(key[0]) | u64::from(key[1]) << 32);
    (quick.finish() >> 1 >> (63 - places.trailing_zeros())) as usize
}

impl States {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The halves of the state under a number.
    #[inline]
    pub(crate) fn halves_of(&self, at: u32) -> Halves {
        self.all.get(at as usize).copied().unwrap_or_default()
    }

    /// Adds the components of the state under a number to `out`.
    #[inline]
    pub(crate) fn get(&self, at: u32, out: &mut Vec<u32>) {
        for half in self.halves_of(at) {
            out.extend_from_slice(self.halves.get(half));
        }
    }

    /// The number of a delta.
    pub(crate) fn delta(&mut self, delta: Delta) -> u32 {
        self.deltas.insert_full(delta).0 as u32 + 1
    }

    /// The halves of a state.
    pub(crate) fn halve(&mut self, state: &[u32]) -> Halves {
        let (even, odd) = state.split_at(middle(state.len()));
        [even, odd].map(|half| self.halves.insert(half).0)
    }

    /// The halves of the states of a batch, whose places in memory are looked at.
    pub(crate) fn settle<'b>(&mut self, batch: &'b mut Batch) -> impl Iterator<Item = Halves> + use<'b> {
        self.reserve_moves();
        let count = self.moves.len();
        let warm = batch.steps.iter().fold(0, |sum, (halves, deltas)| {
            (0..2).fold(sum, |sum, at| match deltas[at] {
                0 => sum,
                delta => sum ^ self.moves[begin([halves[at], delta], count)][2],
            })
        });
        std::hint::black_box(warm);
        for (halves, deltas) in &mut batch.steps {
            for at in 0..2 {
                if deltas[at] != 0 {
                    halves[at] = self.moved(halves[at], deltas[at]);
                }
            }
        }
        if !self.places.is_empty() {
            let count = self.places.len();
            let warm = batch.steps.iter().fold(0, |sum, (halves, _)| sum ^ self.places[begin(*halves, count)][2]);
            std::hint::black_box(warm);
        }
        batch.steps.iter().map(|(halves, _)| *halves)
    }

    /// The half that a delta makes of another.
    #[inline]
    fn moved(&mut self, half: u32, delta: u32) -> u32 {
        let at = begin([half, delta], self.moves.len());
        let [from, by, to] = self.moves[at];
        if from == half && by == delta {
            return to;
        }
        self.made.clear();
        self.made.extend_from_slice(self.halves.get(half));
        for (place, id) in self.deltas.get_index(delta as usize - 1).into_iter().flatten() {
            if let Some(component) = self.made.get_mut(*place as usize) {
                *component = *id;
            }
        }
        let to = self.halves.insert(&self.made).0;
        self.moves[at] = [half, delta, to];
        to
    }

    /// Makes room for more halves that others are made into.
    fn reserve_moves(&mut self) {
        let wanted = (self.halves.len() * 4).next_power_of_two().clamp(1024, MOST_MOVES);
        if self.moves.len() < wanted {
            for kept in std::mem::replace(&mut self.moves, vec![[0; 3]; wanted]) {
                if kept[1] != 0 {
                    self.moves[begin([kept[0], kept[1]], wanted)] = kept;
                }
            }
        }
    }

    /// The place of a state: where it is, or where it would be put; and its number if it is there.
    #[inline]
    fn place(&self, [even, odd]: Halves) -> (usize, Option<u32>) {
        let count = self.places.len();
        let mut at = begin([even, odd], count);
        loop {
            let [here, there, number] = self.places[at & (count - 1)];
            if number == 0 {
                return (at & (count - 1), None);
            }
            if here == even && there == odd {
                return (at & (count - 1), Some(number - 1));
            }
            at += 1;
        }
    }

    /// The number of a state, if it is known.
    pub(crate) fn find(&self, halves: Halves) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        self.place(halves).1
    }

    /// The number of a state, and whether it is new.
    #[inline]
    pub(crate) fn insert(&mut self, halves: Halves) -> (u32, bool) {
        if self.all.len() * 8 >= self.places.len() * 5 {
            self.grow();
        }
        let (at, found) = self.place(halves);
        if let Some(number) = found {
            return (number, false);
        }
        let number = self.all.len() as u32;
        self.places[at] = [halves[0], halves[1], number + 1];
        self.all.push(halves);
        (number, true)
    }

    #[cold]
    fn grow(&mut self) {
        let count = (self.places.len() * 2).max(1024);
        let mut places = vec![[0_u32; 3]; count];
        for place in self.places.iter().filter(|place| place[2] != 0) {
            let mut at = begin([place[0], place[1]], count);
            while places[at & (count - 1)][2] != 0 {
                at += 1;
            }
            places[at & (count - 1)] = *place;
        }
        self.places = places;
    }

    /// How much memory they take, in bytes.
    pub(crate) fn size(&self) -> usize {
        let (all, places) = (self.all.capacity() * size_of::<Halves>(), self.places.capacity() + self.moves.capacity());
        self.halves.size() + all + places * size_of::<[u32; 3]>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn states_are_told_apart_by_all_of_their_components() {
        let (mut states, mut known) = (States::default(), HashMap::new());
        let (mut batch, mut expected) = (Batch::default(), Vec::new());
        let mut from: (Vec<u32>, Halves) = (vec![1; 7], states.halve(&[1; 7]));
        for n in 0..60_000_u32 {
            let random = n.wrapping_mul(2_654_435_761) >> 7;
            if random % 100 == 0 {
                // A state of another length.
                from.0 = vec![random / 100 % 3; (random / 1000 % 9) as usize];
                from.1 = states.halve(&from.0);
            }
            let (mut state, mut deltas) = (from.0.clone(), [0, 0]);
            for half in 0..2 {
                let (begin, length) = [(0, middle(state.len())), (middle(state.len()), state.len() / 2)][half];
                if random >> (5 + half) & 1 == 1 && length > 0 {
                    let (place, id) = (random / 128 % length as u32, random / 2048 % 4);
                    deltas[half] = states.delta(vec![(place, id)].into());
                    state[begin + place as usize] = id;
                }
            }
            batch.add(from.1, deltas);
            expected.push(state);
            if expected.len() < 20 {
                continue;
            }
            let halves: Vec<Halves> = states.settle(&mut batch).collect();
            for (state, halves) in expected.drain(..).zip(halves) {
                let before: Option<u32> = known.get(&state).copied();
                assert_eq!(states.find(halves), before);
                let (number, new) = states.insert(halves);
                assert_eq!((new, number), (before.is_none(), before.unwrap_or(known.len() as u32)));
                let mut kept = Vec::new();
                states.get(number, &mut kept);
                assert_eq!(kept, state);
                known.insert(state.clone(), number);
                from = (state, halves);
            }
            batch.clear();
        }
        assert!(states.len() == known.len() && known.len() > 1500, "{}", known.len());
    }
}
