//! In which order the components of a state stand: first every other of its slots from the first, then those between, each half in rising
//! order. Which slots a state has is asked of every state, and mostly follows from two of its components.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::component::{NONE, Slot, is_process};
use super::intern::Build;

/// The slots of states.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The slot of each component.
    pub(crate) slots: Vec<Slot>,
    /// The places of processes, in the order of their slots.
    pub(crate) processes: Vec<usize>,
    /// By the number of a slot among all that were met: its place, or none.
    places: Vec<u32>,
}

/// Where the second half of so many components begins.
#[inline]
pub(crate) fn middle(count: usize) -> usize {
    count.div_ceil(2)
}

/// Puts what is in the order of slots into the order of places.
pub(crate) fn split<T: Copy>(sorted: &[T]) -> Vec<T> {
    sorted.iter().step_by(2).chain(sorted.iter().skip(1).step_by(2)).copied().collect()
}

impl Shape {
    /// The component in the slot of a number.
    #[inline]
    pub(crate) fn component(&self, column: u32, state: &[u32]) -> u32 {
        let place = self.places.get(column as usize).copied().unwrap_or(NONE);
        state.get(place as usize).copied().unwrap_or(NONE)
    }

    /// The place of a slot.
    pub(crate) fn place(&self, slot: Slot) -> Option<usize> {
        self.slots.iter().position(|known| *known == slot)
    }
}

/// All shapes that were met.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    /// Slots under numbers.
    columns: IndexSet<Slot, Build>,
    all: Vec<Shape>,
    numbers: HashMap<Vec<Slot>, u32, Build>,
    /// By what else there is and who there is: the one that such a state had last.
    usual: HashMap<(u32, u32), u32, Build>,
    /// The one that was asked for last.
    last: u32,
}

impl Shapes {
    /// The shape under a number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &Shape {
        &self.all[number as usize]
    }

    /// The number of a slot.
    pub(crate) fn column(&mut self, slot: Slot) -> u32 {
        self.columns.insert_full(slot).0 as u32
    }

    /// The number of a state's shape; `slot` knows the slots of components.
    #[inline]
    pub(crate) fn of(&mut self, state: &[u32], slot: impl Fn(u32) -> Slot) -> u32 {
        let slots = || state.iter().map(|id| slot(*id));
        let fits = |shape: &Shape| shape.slots.len() == state.len() && slots().zip(&shape.slots).all(|(a, b)| a == *b);
        if self.all.get(self.last as usize).is_some_and(fits) {
            return self.last;
        }
        // These are the places of the rest and of the roster.
        let key = (state.first().copied().unwrap_or(NONE), state.get(1).copied().unwrap_or(NONE));
        let usual = self.usual.get(&key).copied().filter(|number| fits(self.get(*number)));
        self.last = usual.unwrap_or_else(|| self.find(key, slots().collect()));
        self.last
    }

    #[cold]
    fn find(&mut self, key: (u32, u32), slots: Vec<Slot>) -> u32 {
        let number = self.numbers.get(&slots).copied().unwrap_or_else(|| self.add(slots));
        self.usual.insert(key, number);
        number
    }

    fn add(&mut self, slots: Vec<Slot>) -> u32 {
        let mut places = Vec::new();
        for (place, slot) in slots.iter().enumerate() {
            let column = self.column(*slot) as usize;
            if places.len() <= column {
                places.resize(column + 1, NONE);
            }
            places[column] = place as u32;
        }
        let mut processes: Vec<usize> = (0..slots.len()).filter(|place| is_process(slots[*place])).collect();
        processes.sort_unstable_by_key(|place| slots[*place]);
        let number = self.all.len() as u32;
        self.numbers.insert(slots.clone(), number);
        self.all.push(Shape { slots, processes, places });
        number
    }
}
