//! Steps that were made once: where a process makes a step and everything it looks at is what it was then, it does the same again. A step
//! is found by looking at what it looked at and nothing else, one component after another: what the next one is follows from those
//! before, since the machine has no other way to know it.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::component::{NONE, Slot};
use super::intern::Build;
use super::schedule::Act;
use super::shape::{Shape, Shapes, middle};

/// What a step depends on besides the process itself: the process, the rest, the open files, and which of the process's acts it is.
pub(crate) type Situation = (u32, u32, u32, Act);

/// Where a search for a step has come to: nowhere, to a step, or to a question. The number of a step or a question and one, the lowest
/// bit telling which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spot(u32);

impl Spot {
    const NOWHERE: Spot = Spot(0);

    fn made(number: usize) -> Spot {
        Spot((number as u32 + 1) << 1)
    }

    fn question(number: usize) -> Spot {
        Spot((number as u32 + 1) << 1 | 1)
    }

    #[inline]
    fn is_question(self) -> bool {
        self.0 & 1 == 1
    }

    /// The number of what is there; none where there is nothing.
    #[inline]
    fn number(self) -> usize {
        (self.0 as usize >> 1).wrapping_sub(1)
    }
}

/// Where a search in a situation begins, as the step before in the same situation has found it, and the rest that it goes with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hint {
    rest: u32,
    spot: Spot,
}

impl Default for Hint {
    fn default() -> Hint {
        Hint { rest: NONE, spot: Spot::NOWHERE }
    }
}

/// Which component is looked at next.
#[derive(Debug)]
struct Question {
    slot: Slot,
    /// The number of the slot.
    column: u32,
    /// Where steps are that do not look at it.
    otherwise: Spot,
}

/// A step that was made.
#[derive(Debug)]
struct Made {
    effect: u32,
    /// Where the components that it changed begin and end among those of all steps.
    from: u32,
    to: u32,
    /// The shape of the states that it was asked for last, and what it does to these.
    shape: u32,
    change: Change,
}

/// What a step does to states of one shape.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// It puts other components in the place of some: which of all deltas for either half, 0 where nothing changes.
    Deltas([u32; 2]),
    /// A component comes or goes: which of all recipes.
    Recipe(u32),
}

/// Components of half a state that are replaced: the place in the half, and by which.
pub(crate) type Delta = Box<[(u32, u32)]>;

/// Answers to questions, and where each leads: a table with open addresses, a power of two of them.
#[derive(Debug, Default)]
struct Answers {
    places: Vec<(u64, Spot)>,
    count: usize,
}

impl Answers {
    #[inline]
    fn key(question: usize, id: u32) -> u64 {
        (question as u64) << 32 | u64::from(id)
    }

    #[inline]
    fn begin(key: u64, count: usize) -> usize {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 32) as usize & (count - 1)
    }

    #[inline]
    fn get(&self, question: usize, id: u32) -> Spot {
        let (key, count) = (Self::key(question, id), self.places.len());
        if count == 0 {
            return Spot::NOWHERE;
        }
        let mut at = Self::begin(key, count);
        loop {
            let (here, spot) = self.places[at];
            if here == key || spot == Spot::NOWHERE {
                return spot;
            }
            at = (at + 1) & (count - 1);
        }
    }

    fn insert(&mut self, question: usize, id: u32, spot: Spot) {
        if self.count * 2 >= self.places.len() {
            let larger = vec![(0, Spot::NOWHERE); (self.places.len() * 2).max(64)];
            for (key, spot) in std::mem::replace(&mut self.places, larger) {
                if spot != Spot::NOWHERE {
                    self.put(key, spot);
                }
            }
        }
        self.count += usize::from(self.put(Self::key(question, id), spot));
    }

    /// Puts a key into its place; whether it was not there before.
    fn put(&mut self, key: u64, spot: Spot) -> bool {
        let mask = self.places.len() - 1;
        let mut at = Self::begin(key, self.places.len());
        while self.places[at].1 != Spot::NOWHERE && self.places[at].0 != key {
            at = (at + 1) & mask;
        }
        let new = self.places[at].1 == Spot::NOWHERE;
        self.places[at] = (key, spot);
        new
    }
}

/// All steps that were made.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    situations: HashMap<Situation, Spot, Build>,
    questions: Vec<Question>,
    answers: Answers,
    made: Vec<Made>,
    /// The components that steps have changed.
    writes: Vec<(Slot, u32)>,
    /// What steps do to states, and where that is by the number of a step and that of a shape.
    changes: Vec<Change>,
    places: Answers,
    /// Under numbers from 1 on.
    pub(crate) deltas: IndexSet<Delta, Build>,
    /// The component for each place of a new state: the place where it was in the old one, or none and which it is.
    recipes: Vec<Box<[(u32, u32)]>>,
}

impl Memo {
    /// How many steps there are.
    pub(crate) fn len(&self) -> usize {
        self.made.len()
    }

    /// Where the search in a situation begins.
    #[inline]
    fn begin(&self, situation: &Situation, hint: &mut Hint) -> Spot {
        if hint.rest != situation.1
            && let Some(spot) = self.situations.get(situation)
        {
            *hint = Hint { rest: situation.1, spot: *spot };
        }
        if hint.rest == situation.1 { hint.spot } else { Spot::NOWHERE }
    }

    /// What a question leads to in a state.
    #[inline]
    fn answer(&self, question: usize, shape: &Shape, state: &[u32]) -> Spot {
        self.answers.get(question, shape.component(self.questions[question].column, state))
    }

    /// The number of the step that was made in this situation when all it looked at was as in this state.
    #[inline]
    pub(crate) fn find(&self, situation: &Situation, hint: &mut Hint, shape: &Shape, state: &[u32]) -> Option<usize> {
        let begin = self.begin(situation, hint);
        let mut spot = begin;
        while spot.is_question() {
            spot = self.answer(spot.number(), shape, state);
        }
        if spot == Spot::NOWHERE {
            spot = self.search(begin, shape, state);
        }
        (spot != Spot::NOWHERE).then(|| spot.number())
    }

    /// The same, where it is not found the usual way: some steps do not look at what others look at first.
    #[cold]
    fn search(&self, from: Spot, shape: &Shape, state: &[u32]) -> Spot {
        if !from.is_question() {
            return from;
        }
        let spot = self.search(self.answer(from.number(), shape, state), shape, state);
        if spot != Spot::NOWHERE { spot } else { self.search(self.questions[from.number()].otherwise, shape, state) }
    }

    /// The number of a step's effect, and what it does to states of a shape.
    #[inline]
    pub(crate) fn change(&mut self, number: usize, shape: u32, shapes: &Shapes) -> (u32, Change) {
        if self.made[number].shape != shape {
            self.reshape(number, shape, shapes);
        }
        (self.made[number].effect, self.made[number].change)
    }

    fn reshape(&mut self, number: usize, shape: u32, shapes: &Shapes) {
        let mut place = self.places.get(number, shape);
        if place == Spot::NOWHERE {
            place = Spot::made(self.changes.len());
            let change = self.change_of(number, shapes.get(shape));
            self.changes.push(change);
            self.places.insert(number, shape, place);
        }
        let change = self.changes[place.number()];
        let made = &mut self.made[number];
        (made.shape, made.change) = (shape, change);
    }

    fn change_of(&mut self, number: usize, shape: &Shape) -> Change {
        let made = &self.made[number];
        let writes = &self.writes[made.from as usize..made.to as usize];
        let middle = middle(shape.slots.len());
        let mut deltas = [Vec::new(), Vec::new()];
        for (slot, id) in writes {
            match shape.place(*slot).filter(|_| *id != NONE) {
                Some(place) if place < middle => deltas[0].push((place as u32, *id)),
                Some(place) => deltas[1].push(((place - middle) as u32, *id)),
                None => {
                    self.recipes.push(recipe(shape, writes));
                    return Change::Recipe(self.recipes.len() as u32 - 1);
                }
            }
        }
        let mut number = |delta: Vec<(u32, u32)>| match &*delta {
            [] => 0,
            some => self.deltas.insert_full(some.into()).0 as u32 + 1,
        };
        Change::Deltas(deltas.map(&mut number))
    }

    /// Adds the state that a recipe makes of another to `out`.
    pub(crate) fn cook(&self, recipe: u32, state: &[u32], out: &mut Vec<u32>) {
        let parts = self.recipes[recipe as usize].iter();
        out.extend(parts.map(|(place, id)| state.get(*place as usize).copied().unwrap_or(*id)));
    }

    /// Keeps a step with what it looked at besides its situation and what it changed; its number.
    pub(crate) fn keep(
        &mut self,
        situation: Situation,
        reads: &[(Slot, u32)],
        writes: &[(Slot, u32)],
        effect: u32,
        shapes: &mut Shapes,
    ) -> usize {
        let (number, from) = (self.made.len(), self.writes.len());
        self.writes.extend_from_slice(writes);
        let change = Change::Deltas([0, 0]);
        self.made.push(Made { effect, from: from as u32, to: self.writes.len() as u32, shape: NONE, change });
        let begin = self.situations.get(&situation).copied().unwrap_or_default();
        let begin = self.add(begin, reads, Spot::made(number), shapes);
        self.situations.insert(situation, begin);
        number
    }

    /// Puts a step below a spot, behind what it still looks at; the spot.
    fn add(&mut self, spot: Spot, reads: &[(Slot, u32)], made: Spot, shapes: &mut Shapes) -> Spot {
        if spot == Spot::NOWHERE {
            let [(slot, id), rest @ ..] = reads else { return made };
            let question = self.questions.len();
            self.questions.push(Question { slot: *slot, column: shapes.column(*slot), otherwise: Spot::NOWHERE });
            let next = self.add(Spot::NOWHERE, rest, made, shapes);
            self.answers.insert(question, *id, next);
            return Spot::question(question);
        }
        if !spot.is_question() {
            return spot;
        }
        let question = spot.number();
        let slot = self.questions[question].slot;
        match reads.iter().find(|read| read.0 == slot) {
            Some((_, id)) => {
                let rest: Vec<(Slot, u32)> = reads.iter().filter(|read| read.0 != slot).copied().collect();
                let known = self.answers.get(question, *id);
                let next = self.add(known, &rest, made, shapes);
                if next != known {
                    self.answers.insert(question, *id, next);
                }
            }
            None => {
                let next = self.add(self.questions[question].otherwise, reads, made, shapes);
                self.questions[question].otherwise = next;
            }
        }
        spot
    }
}

/// How a state of this shape with some components changed, come or gone is made.
fn recipe(shape: &Shape, writes: &[(Slot, u32)]) -> Box<[(u32, u32)]> {
    let kept = shape.slots.iter().enumerate().filter(|(_, slot)| writes.iter().all(|(changed, _)| changed != *slot));
    let mut parts: Vec<(Slot, (u32, u32))> = kept.map(|(place, slot)| (*slot, (place as u32, NONE))).collect();
    parts.extend(writes.iter().filter(|(_, id)| *id != NONE).map(|(slot, id)| (*slot, (NONE, *id))));
    parts.sort_unstable();
    let parts: Vec<(u32, u32)> = parts.into_iter().map(|(_, part)| part).collect();
    super::shape::split(&parts).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::component::{REST, ROSTER, process_slot};
    use crate::kernel::Pid;

    const SITUATION: Situation = (0, 0, 0, Act::Run);

    /// The components of a test: 100 and more are processes, by their hundreds.
    fn slot(id: u32) -> Slot {
        match id {
            0..10 => REST,
            10..100 => ROSTER,
            _ => process_slot(Pid(id / 100)),
        }
    }

    /// What the step found for this state, given in the order of slots, leads to: its effect and the state.
    fn step(memo: &mut Memo, shapes: &mut Shapes, state: &[u32]) -> Option<(u32, Vec<u32>)> {
        let state = super::super::shape::split(state);
        let shape = shapes.of(&state, slot);
        let mut hint = Hint::default();
        let number = memo.find(&SITUATION, &mut hint, shapes.get(shape), &state)?;
        assert_eq!(memo.find(&SITUATION, &mut hint, shapes.get(shape), &state), Some(number));
        let (effect, change) = memo.change(number, shape, shapes);
        let mut next = state.clone();
        match change {
            Change::Deltas(deltas) => {
                for (half, delta) in deltas.into_iter().enumerate().filter(|(_, delta)| *delta > 0) {
                    let begin = if half == 0 { 0 } else { middle(state.len()) };
                    for (at, id) in &memo.deltas[delta as usize - 1] {
                        next[begin + *at as usize] = *id;
                    }
                }
            }
            Change::Recipe(recipe) => {
                next.clear();
                memo.cook(recipe, &state, &mut next);
            }
        }
        next.sort_unstable();
        Some((effect, next))
    }

    #[test]
    fn a_step_is_known_again_by_what_it_looked_at() {
        let (mut memo, mut shapes) = (Memo::default(), Shapes::default());
        let mut keep = |reads: &[(u32, u32)], writes: &[(u32, u32)], effect: u32| {
            let [reads, writes] = [reads, writes]
                .map(|parts| parts.iter().map(|(pid, id)| (process_slot(Pid(*pid)), *id)).collect::<Vec<_>>());
            memo.keep(SITUATION, &reads, &writes, effect, &mut shapes);
        };
        keep(&[(1, 100), (2, 200)], &[(1, 101)], 0);
        keep(&[(1, 101)], &[(2, 201), (3, NONE)], 1);
        // These do not look at what those look at first.
        keep(&[(2, 202)], &[(3, 302), (9, 900)], 2);
        keep(&[(3, NONE)], &[], 3);
        for _ in 0..2 {
            let mut step = |state: &[u32]| step(&mut memo, &mut shapes, state);
            assert_eq!(step(&[0, 10, 100, 200, 300]), Some((0, vec![0, 10, 101, 200, 300])));
            assert_eq!(step(&[1, 11, 100, 200]), Some((0, vec![1, 11, 101, 200])));
            assert_eq!(step(&[0, 10, 101, 200, 300]), Some((1, vec![0, 10, 101, 201])));
            assert_eq!(step(&[0, 10, 100, 202, 300]), Some((2, vec![0, 10, 100, 202, 302, 900])));
            assert_eq!(step(&[1, 11, 102, 203]), Some((3, vec![1, 11, 102, 203])));
            assert_eq!(step(&[0, 10, 102, 203, 300]), None);
        }
    }

    #[test]
    fn many_answers_lead_where_they_should() {
        let mut answers = Answers::default();
        for n in 0..5000_usize {
            answers.insert(n % 70, n as u32 / 70, Spot::made(n));
            answers.insert(n % 70, n as u32 / 70, Spot::made(n + 1));
        }
        for n in 0..5000_usize {
            assert_eq!(answers.get(n % 70, n as u32 / 70).number(), n + 1);
        }
        assert_eq!((answers.get(70, 0), answers.get(0, 100)), (Spot::NOWHERE, Spot::NOWHERE));
    }
}
