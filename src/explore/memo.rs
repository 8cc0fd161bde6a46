//! Steps that were made once: where a process makes a step and everything it looks at is what it was then, it does the same again. A step
//! is found by what it looked at and nothing else, in constant time, however many there are.

use std::collections::HashMap;

use super::component::{NONE, Slot};
use super::intern::Build;
use super::schedule::Act;

/// What a step depends on besides the process itself: the process, the rest, the open files, and which of the process's acts it is.
pub(crate) type Situation = (u32, u32, u32, Act);

/// The place of a situation among all, as the step before in the same situation has found it, and the rest that it goes with.
pub(crate) type Hint = (u32, u32);

/// What a step has changed.
pub(crate) struct Made {
    /// The components it changed, sorted by slot.
    pub(crate) writes: Box<[(Slot, u32)]>,
    pub(crate) effect: u32,
    /// Whether it adds no component and takes none away.
    replaces: bool,
}

impl Made {
    pub(crate) fn new(writes: Vec<(Slot, u32)>, effect: u32, replaces: bool) -> Made {
        Made { writes: writes.into(), effect, replaces }
    }

    /// Adds the state that the step leads to from a state to `out`.
    #[inline]
    pub(crate) fn apply(&self, state: &[(Slot, u32)], ids: &[u32], out: &mut Vec<u32>) {
        if !self.replaces {
            return apply(state, &self.writes, out);
        }
        let begin = out.len();
        out.extend_from_slice(ids);
        let (next, mut at) = (&mut out[begin..], 0);
        for (slot, new) in &self.writes {
            while at < state.len() && state[at].0 != *slot {
                at += 1;
            }
            if let Some(place) = next.get_mut(at) {
                *place = *new;
            }
        }
    }
}

/// Adds a state with some components changed to `out`.
pub(crate) fn apply(state: &[(Slot, u32)], writes: &[(Slot, u32)], out: &mut Vec<u32>) {
    let mut writes = writes;
    for (slot, id) in state {
        let mut kept = *id;
        while let [(changed, new), rest @ ..] = writes {
            if changed > slot {
                break;
            }
            writes = rest;
            if changed == slot {
                kept = *new;
            } else if *new != NONE {
                out.push(*new);
            }
        }
        if kept != NONE {
            out.push(kept);
        }
    }
    out.extend(writes.iter().filter(|(_, new)| *new != NONE).map(|(_, new)| *new));
}

/// Steps that have looked at the same components, besides their situation.
#[derive(Default)]
struct Alike {
    slots: Box<[Slot]>,
    /// By what they found there, where that was one component or two.
    few: HashMap<u64, u32, Build>,
    /// By what they found there, where that was more.
    many: HashMap<Box<[u32]>, u32, Build>,
}

/// All steps that were made.
#[derive(Default)]
pub(crate) struct Memo {
    situations: HashMap<Situation, u32, Build>,
    alike: Vec<Vec<Alike>>,
    made: Vec<Made>,
    found: Vec<u32>,
}

#[inline]
fn component(state: &[(Slot, u32)], slot: Slot) -> u32 {
    for (known, id) in state {
        if *known == slot {
            return *id;
        }
    }
    NONE
}

/// The few components that a step has looked at, in one word.
fn word(ids: &[u32]) -> u64 {
    ids.iter().fold(0, |word, id| word << 32 | u64::from(*id))
}

impl Memo {
    /// How many steps there are.
    pub(crate) fn len(&self) -> usize {
        self.made.len()
    }

    /// The place of a situation among all.
    #[inline]
    fn place(&self, situation: &Situation, hint: &mut Hint) -> Option<u32> {
        if hint.0 == situation.1 {
            return Some(hint.1);
        }
        let place = *self.situations.get(situation)?;
        *hint = (situation.1, place);
        Some(place)
    }

    /// The step that was made in this situation when all it looked at was as in this state.
    #[inline]
    pub(crate) fn find(&mut self, situation: &Situation, hint: &mut Hint, state: &[(Slot, u32)]) -> Option<&Made> {
        let place = self.place(situation, hint)?;
        for alike in self.alike.get(place as usize)? {
            let found = match &*alike.slots {
                [] => alike.few.get(&0),
                [one] => alike.few.get(&word(&[component(state, *one)])),
                [one, two] => alike.few.get(&word(&[component(state, *one), component(state, *two)])),
                more => {
                    self.found.clear();
                    self.found.extend(more.iter().map(|slot| component(state, *slot)));
                    alike.many.get(&*self.found)
                }
            };
            if let Some(found) = found {
                return self.made.get(*found as usize);
            }
        }
        None
    }

    /// Keeps a step with what it looked at besides its situation.
    pub(crate) fn keep(&mut self, situation: Situation, reads: &[(Slot, u32)], made: Made) {
        let number = self.made.len() as u32;
        self.made.push(made);
        let next = self.alike.len() as u32;
        let place = *self.situations.entry(situation).or_insert(next) as usize;
        if place == self.alike.len() {
            self.alike.push(Vec::new());
        }
        let slots = || reads.iter().map(|(slot, _)| *slot);
        let all = &mut self.alike[place];
        let at = all.iter().position(|alike| alike.slots.iter().copied().eq(slots()));
        let at = at.unwrap_or_else(|| {
            all.push(Alike { slots: slots().collect(), ..Alike::default() });
            all.len() - 1
        });
        let ids: Vec<u32> = reads.iter().map(|(_, id)| *id).collect();
        if ids.len() <= 2 {
            all[at].few.insert(word(&ids), number);
        } else {
            all[at].many.insert(ids.into(), number);
        }
    }
}
