//! Numbered places for the kernel's objects. It knows nothing of what stands in them.

use std::collections::BTreeMap;

use super::process::Pid;

/// Numbered places, used again after they were given up; the last one given up is the first to be used again. A place can also
/// be named after its owner, so that its number does not depend on who else took one before.
#[derive(Debug, Clone, PartialEq, Hash)]
pub(crate) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
    named: BTreeMap<u32, T>,
}

/// The bit of all numbers that were made from an owner's id.
const NAMED: u32 = 1 << 31;
/// How many bits of such a number count the owner's places; the owner's id fits above them.
const NAMED_BITS: u32 = 9;

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new(), named: BTreeMap::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.places[at as usize] = Some(value);
                at
            }
            None => {
                self.places.push(Some(value));
                self.places.len() as u32 - 1
            }
        }
    }

    /// A place whose number is the owner's lowest free one.
    pub(crate) fn insert_of(&mut self, owner: Pid, value: T) -> u32 {
        let base = NAMED | owner.0 << NAMED_BITS;
        match (base..base + (1 << NAMED_BITS)).find(|at| !self.named.contains_key(at)) {
            Some(at) => {
                self.named.insert(at, value);
                at
            }
            None => self.insert(value),
        }
    }

    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        // No place has the number of a named one, so that one look tells both.
        match self.places.get(at as usize) {
            Some(place) => place.as_ref(),
            None => self.named_one(at),
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        match self.places.get_mut(at as usize) {
            Some(place) => place.as_mut(),
            None => Self::named_one_mut(&mut self.named, at),
        }
    }

    #[cold]
    fn named_one(&self, at: u32) -> Option<&T> {
        self.named.get(&at)
    }

    #[cold]
    fn named_one_mut(named: &mut BTreeMap<u32, T>, at: u32) -> Option<&mut T> {
        named.get_mut(&at)
    }

    pub(crate) fn remove(&mut self, at: u32) -> Option<T> {
        if at & NAMED != 0 {
            return self.named.remove(&at);
        }
        let value = self.places.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(value)
    }

    /// Puts something into a place, or takes it away, as it was before.
    pub(crate) fn put(&mut self, at: u32, value: Option<T>) {
        if at & NAMED == 0 {
            if let Some(place) = self.places.get_mut(at as usize) {
                *place = value;
            }
        } else if let Some(value) = value {
            self.named.insert(at, value);
        } else {
            self.named.remove(&at);
        }
    }

    /// How many numbered places there are, and which of them are free.
    pub(crate) fn shape(&self) -> (usize, &[u32]) {
        (self.places.len(), &self.free)
    }

    /// Makes so many numbered places of which these are free.
    pub(crate) fn reshape(&mut self, places: usize, free: &[u32]) {
        self.places.resize_with(places, || None);
        self.free = free.to_vec();
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len() + self.named.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let places = self.places.iter().enumerate();
        let numbered = places.filter_map(|(at, place)| place.as_ref().map(|value| (at as u32, value)));
        numbered.chain(self.named.iter().map(|(at, value)| (*at, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_place_is_used_again() {
        let mut slab = Slab::default();
        let (first, second) = (slab.insert('a'), slab.insert('b'));
        assert_eq!(slab.remove(first), Some('a'));
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.insert('c'), first);
        assert_eq!((slab.len(), slab.get(second)), (2, Some(&'b')));
    }
}
