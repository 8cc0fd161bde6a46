//! Finding the runs of arrays: elements whose frames follow each other as their pages do, and belong to one space alone.
//!
//! An access that is not in a run costs a little more, so runs are looked for as often as that happens. What is spent on it is bounded by
//! the number of such accesses, whatever they are: a search goes no further than as many pages as there were.

use super::tlb::Run;
use super::{Memory, PAGE_WORDS, Space};

/// How many pages a run is made longer by at a time.
const STEP: u64 = 4;

/// An array's elements in its space.
#[derive(Clone, Copy)]
struct Elements {
    space: Space,
    length: u64,
    store: u64,
}

impl Elements {
    fn page(self, index: u64) -> u64 {
        (self.store + index) / PAGE_WORDS as u64
    }

    /// The elements on the pages from `first` to `last`, if these have the frames from `frame` on.
    fn run(self, first: u64, last: u64, frame: u64) -> Run {
        let start = self.store.max(first * PAGE_WORDS as u64);
        let end = (self.store + self.length).min((last + 1) * PAGE_WORDS as u64);
        let place = frame * PAGE_WORDS as u64 + (start - first * PAGE_WORDS as u64);
        Run { first: start - self.store, elements: end - start, place }
    }
}

impl Memory {
    fn elements(&mut self, space: Space, array: u64) -> Elements {
        let (length, store) = self.array(space, array);
        Elements { space, length, store }
    }

    /// Looks around an element for a run, the further the more accesses were outside of it, and keeps it if it is a longer one.
    #[cold]
    #[inline(never)]
    pub(super) fn find_run(&mut self, space: Space, array: u64, index: u64, (known, misses): (Run, u32)) {
        let all = self.elements(space, array);
        let page = all.page(index);
        let Some(frame) = self.owned(space, page) else { return };
        let reach = STEP * u64::from(misses);
        let (lowest, highest) =
            (all.page(0).max(page.saturating_sub(reach)), all.page(all.length - 1).min(page + reach));
        let frame = u64::from(frame);
        let last = self.last_in_row(all, page, frame, highest);
        let first = self.first_in_row(all, page, frame, lowest);
        let found = all.run(first, last, frame - (page - first));
        if found.elements > known.elements {
            self.tlb.set_run(array, found);
        }
    }

    /// Adds the next pages to a run whose end an element is near.
    #[cold]
    #[inline(never)]
    pub(super) fn lengthen_run(&mut self, space: Space, array: u64, index: u64, known: Run) {
        let all = self.elements(space, array);
        if known.elements == 0 || index < known.first {
            return;
        }
        let (first, last) = (all.page(known.first), all.page(known.first + known.elements - 1));
        if all.page(index) > last + STEP {
            return;
        }
        let frame = known.place / PAGE_WORDS as u64;
        let highest = all.page(all.length - 1).min(last + STEP);
        let last = self.last_in_row(all, last, frame + (last - first), highest);
        self.tlb.set_run(array, all.run(first, last, frame));
    }

    /// Whether the frame of a page is this one, and belongs to the space alone.
    fn is_own(&self, all: Elements, page: u64, frame: u64) -> bool {
        self.owned(all.space, page).is_some_and(|owned| u64::from(owned) == frame)
    }

    /// The last page up to `highest` whose frame follows as the page follows `page`, which has `frame`.
    fn last_in_row(&self, all: Elements, page: u64, frame: u64, highest: u64) -> u64 {
        (page..highest).find(|at| !self.is_own(all, at + 1, frame + (at + 1 - page))).unwrap_or(highest.max(page))
    }

    /// The first page down to `lowest`, likewise.
    fn first_in_row(&self, all: Elements, page: u64, frame: u64, lowest: u64) -> u64 {
        let before = |at: &u64| frame >= page + 1 - at && self.is_own(all, at - 1, frame - (page + 1 - at));
        (lowest + 1..=page).rev().find(|at| !before(at)).unwrap_or(lowest.min(page))
    }
}
