//! Sets of process ids in rising order. Most hold a few ids and need no memory of their own; it does not know what they are for.

use std::collections::BTreeSet;
use std::collections::btree_set;
use std::hash::{Hash, Hasher};

use super::process::Pid;

/// How many ids lie in the set itself.
const FEW: usize = 3;

/// A set of ids.
#[derive(Debug, Clone)]
pub struct Pids(Form);

#[derive(Debug, Clone)]
enum Form {
    /// So many of the array, in rising order.
    Few(u8, [Pid; FEW]),
    /// As many as come; never empty.
    #[allow(clippy::box_collection, reason = "a set must stay small in the many processes that hold few ids")]
    Many(Box<BTreeSet<Pid>>),
}

impl Default for Pids {
    #[inline]
    fn default() -> Self {
        Pids(Form::Few(0, [Pid(0); FEW]))
    }
}

impl Pids {
    /// Whether it holds no id.
    #[inline]
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Form::Few(0, _))
    }

    /// Whether it holds `pid`.
    #[inline]
    pub fn contains(&self, pid: Pid) -> bool {
        match &self.0 {
            Form::Few(count, pids) => pids.iter().take(usize::from(*count)).any(|held| *held == pid),
            Form::Many(set) => set.contains(&pid),
        }
    }

    /// Whether it holds one id alone.
    #[inline]
    pub fn is_single(&self) -> bool {
        match &self.0 {
            Form::Few(count, _) => *count == 1,
            Form::Many(set) => set.len() == 1,
        }
    }

    /// Adds an id.
    #[inline]
    pub fn insert(&mut self, pid: Pid) {
        match &mut self.0 {
            Form::Few(count, pids) => {
                let held = usize::from(*count).min(FEW);
                // Ids are mostly given in rising order.
                if held < FEW && (held == 0 || pids[held - 1] < pid) {
                    pids[held] = pid;
                    *count += 1;
                    return;
                }
                let mut at = held;
                while at > 0 && pids[at - 1] > pid {
                    at -= 1;
                }
                if at > 0 && pids[at - 1] == pid {
                    return;
                }
                if held == FEW {
                    let set = pids.iter().copied().chain([pid]).collect();
                    self.0 = Form::Many(Box::new(set));
                    return;
                }
                for later in (at..held).rev() {
                    pids[later + 1] = pids[later];
                }
                pids[at] = pid;
                *count += 1;
            }
            Form::Many(set) => {
                set.insert(pid);
            }
        }
    }

    /// Takes an id out.
    #[inline]
    pub fn remove(&mut self, pid: Pid) {
        match &mut self.0 {
            Form::Few(count, pids) => {
                let held = usize::from(*count).min(FEW);
                if held > 0 && pids[held - 1] == pid {
                    *count -= 1;
                    return;
                }
                if let Some(at) = pids[..held].iter().position(|other| *other == pid) {
                    for later in at + 1..held {
                        pids[later - 1] = pids[later];
                    }
                    *count -= 1;
                }
            }
            Form::Many(set) => {
                set.remove(&pid);
                if set.is_empty() {
                    *self = Pids::default();
                }
            }
        }
    }

    /// The ids in rising order.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Form::Few(count, pids) => Iter::Few(pids[..usize::from(*count).min(FEW)].iter()),
            Form::Many(set) => Iter::Many(set.iter()),
        }
    }

    /// The highest id.
    pub fn last(&self) -> Option<Pid> {
        self.iter().next_back()
    }
}

impl Hash for Pids {
    /// The same for the same ids, however they are kept.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let held = match &self.0 {
            Form::Few(count, _) => usize::from(*count),
            Form::Many(set) => set.len(),
        };
        state.write_usize(held);
        self.iter().for_each(|pid| pid.hash(state));
    }
}

impl<'a> IntoIterator for &'a Pids {
    type Item = Pid;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The ids of a set in rising order.
#[derive(Debug, Clone)]
pub enum Iter<'a> {
    /// Of a small set.
    Few(std::slice::Iter<'a, Pid>),
    /// Of a large one.
    Many(btree_set::Iter<'a, Pid>),
}

impl Iterator for Iter<'_> {
    type Item = Pid;

    #[inline]
    fn next(&mut self) -> Option<Pid> {
        match self {
            Iter::Few(pids) => pids.next().copied(),
            Iter::Many(pids) => pids.next().copied(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Pid> {
        match self {
            Iter::Few(pids) => pids.next_back().copied(),
            Iter::Many(pids) => pids.next_back().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_sorted_set_whatever_its_size(changes in prop::collection::vec((any::<bool>(), 0..9_u32), 0..60)) {
            let (mut pids, mut set) = (Pids::default(), BTreeSet::new());
            for (adds, pid) in changes {
                if adds {
                    pids.insert(Pid(pid));
                    set.insert(Pid(pid));
                } else {
                    pids.remove(Pid(pid));
                    set.remove(&Pid(pid));
                }
                prop_assert_eq!(pids.iter().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
                let back: Vec<Pid> = set.iter().rev().copied().collect();
                prop_assert_eq!(pids.iter().rev().collect::<Vec<_>>(), back);
                prop_assert_eq!(pids.last(), set.last().copied());
                prop_assert_eq!(pids.is_empty(), set.is_empty());
                prop_assert!((0..9).all(|pid| pids.contains(Pid(pid)) == set.contains(&Pid(pid))));
            }
        }
    }
}
