//! Which objects a step has looked at, where somebody asks: a step that saw the same things will do the same again. Nothing that
//! a program can see depends on it.

use std::cell::{Cell, RefCell};

/// Numbers of objects that were looked at since it was asked last.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    on: bool,
    ids: RefCell<Vec<u32>>,
    all: Cell<bool>,
}

impl Seen {
    /// One that takes notes; the default one does not.
    pub(crate) fn noting() -> Seen {
        Seen { on: true, ..Seen::default() }
    }

    /// An object is looked at.
    #[inline(always)]
    pub(crate) fn note(&self, id: u32) {
        if self.on {
            self.remember(id);
        }
    }

    #[cold]
    fn remember(&self, id: u32) {
        let mut ids = self.ids.borrow_mut();
        if ids.last() != Some(&id) {
            ids.push(id);
        }
    }

    /// All objects are looked at.
    pub(crate) fn note_all(&self) {
        self.all.set(self.on);
    }

    /// What was looked at since this was asked last, sorted; nothing where that was everything.
    pub(crate) fn take(&self) -> Option<Vec<u32>> {
        let mut ids = std::mem::take(&mut *self.ids.borrow_mut());
        ids.sort_unstable();
        ids.dedup();
        (!self.all.replace(false)).then_some(ids)
    }
}

impl Clone for Seen {
    fn clone(&self) -> Seen {
        Seen { on: self.on, ..Seen::default() }
    }
}

impl PartialEq for Seen {
    fn eq(&self, _: &Seen) -> bool {
        true
    }
}
