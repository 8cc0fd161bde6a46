//! What waits in the order in which it came, in one piece of the host's memory: bytes, ranges, sleepers. It does not know what they
//! are.

use std::hash::{Hash, Hasher};

/// A queue of plain values. What has been taken stays before the first until room is wanted, so that neither end is ever moved for
/// nothing.
#[derive(Debug, Clone)]
pub(crate) struct Backlog<T> {
    items: Vec<T>,
    /// Where the first stands; 0 where there is none.
    first: usize,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Backlog { items: Vec::new(), first: 0 }
    }
}

impl<T: Copy> Backlog<T> {
    /// All of them, the first first.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        self.items.get(self.first..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.items.len() - self.first
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    #[inline]
    pub(crate) fn first(&self) -> Option<&T> {
        self.items.get(self.first)
    }

    /// The one that has so many before it.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.items.get(self.first + at)
    }

    #[inline]
    pub(crate) fn first_mut(&mut self) -> Option<&mut T> {
        self.items.get_mut(self.first)
    }

    #[inline]
    pub(crate) fn last_mut(&mut self) -> Option<&mut T> {
        self.items.last_mut()
    }

    /// Moves all to the front, where that frees at least half: so each is moved at most once for each that was taken.
    #[cold]
    fn settle(&mut self) {
        if self.first * 2 >= self.items.len() {
            self.items.drain(..self.first);
            self.first = 0;
        }
    }

    /// Adds one at the end.
    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        if self.items.len() == self.items.capacity() {
            self.settle();
        }
        self.items.push(item);
    }

    /// Adds several at the end.
    #[inline]
    pub(crate) fn extend(&mut self, items: &[T]) {
        if self.items.capacity() - self.items.len() < items.len() {
            self.settle();
        }
        self.items.extend_from_slice(items);
    }

    /// Forgets the first `count`.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.first += count;
        if self.first >= self.items.len() {
            self.clear();
        }
    }

    /// Takes the first out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<T> {
        let first = self.first().copied()?;
        self.skip(1);
        Some(first)
    }

    /// Takes out the first of which this holds.
    #[inline]
    pub(crate) fn remove(&mut self, wanted: impl Fn(&T) -> bool) {
        match self.as_slice().iter().position(wanted) {
            None => {}
            // The one that is most often meant.
            Some(0) => self.skip(1),
            Some(at) => {
                self.items.remove(self.first + at);
            }
        }
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.first = 0;
    }
}

impl<T: Copy + PartialEq> PartialEq for Backlog<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Copy + Eq> Eq for Backlog<T> {}

impl<T: Copy + Hash> Hash for Backlog<T> {
    /// What has been taken is no part of it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn it_is_a_queue_whatever_is_done_to_it(deeds in prop::collection::vec((0..5_u8, 0..9_usize), 0..80)) {
            let (mut backlog, mut queue) = (Backlog::default(), VecDeque::new());
            for (deed, count) in deeds {
                match deed {
                    0 => {
                        backlog.push(count);
                        queue.push_back(count);
                    }
                    1 => {
                        let more: Vec<usize> = (0..count).collect();
                        backlog.extend(&more);
                        queue.extend(more);
                    }
                    2 => prop_assert_eq!(backlog.pop(), queue.pop_front()),
                    3 => {
                        backlog.skip(count.min(queue.len()));
                        queue.drain(..count.min(queue.len()));
                    }
                    _ => {
                        backlog.remove(|item| *item == count);
                        if let Some(at) = queue.iter().position(|item| *item == count) {
                            queue.remove(at);
                        }
                    }
                }
                prop_assert_eq!(backlog.as_slice(), queue.make_contiguous() as &[usize]);
                prop_assert_eq!((backlog.len(), backlog.is_empty()), (queue.len(), queue.is_empty()));
                prop_assert_eq!(backlog.last_mut().copied(), queue.back().copied());
                prop_assert_eq!(backlog.first(), queue.front());
            }
        }
    }

    #[test]
    fn a_queue_that_never_runs_empty_does_not_grow() {
        let mut backlog = Backlog::default();
        backlog.extend(&[0; 10]);
        for turn in 0..10_000 {
            backlog.push(turn);
            backlog.pop();
        }
        assert!(backlog.items.capacity() <= 64, "{}", backlog.items.capacity());
    }
}
