//! Page tables: finding the frame of a page, making it the space's own before a write, sharing and giving back.

use super::{Memory, PAGE_WORDS, Page, Space};

const FAN_BITS: u32 = 4;
/// How many children a node has: nodes, or frames at level 1. 0 is a part that was never written.
pub(super) const FAN: usize = 1 << FAN_BITS;

impl Space {
    /// Whether the tree is high enough for `page`.
    #[inline]
    fn covers(self, page: u64) -> bool {
        page >> (FAN_BITS * u32::from(self.height)) == 0
    }
}

#[inline]
fn slot(page: u64, level: u8) -> usize {
    (page >> (FAN_BITS * u32::from(level - 1))) as usize % FAN
}

impl Memory {
    /// The frame of `page`; 0 where it was never written.
    #[inline]
    pub(super) fn lookup(&self, space: Space, page: u64) -> u32 {
        if !space.covers(page) {
            return 0;
        }
        let mut id = space.root;
        for level in (1..=space.height).rev() {
            if id == 0 {
                return 0;
            }
            id = self.nodes.item(id)[slot(page, level)];
        }
        id
    }

    /// The frame of `page`, if it and all nodes above it have one owner.
    pub(super) fn owned(&self, space: Space, page: u64) -> Option<u32> {
        if !space.covers(page) {
            return None;
        }
        let mut id = space.root;
        for level in (1..=space.height).rev() {
            if self.nodes.owners(id) != 1 {
                return None;
            }
            id = self.nodes.item(id)[slot(page, level)];
        }
        (self.frames.owners(id) == 1).then_some(id)
    }

    /// The words of `page`.
    #[inline]
    pub(super) fn page(&self, space: Space, page: u64) -> &Page {
        self.frames.item(self.lookup(space, page))
    }

    /// Makes the frame of `page` and the path to it the space's own, and gives the frame.
    pub(super) fn own(&mut self, space: &mut Space, page: u64) -> u32 {
        while !space.covers(page) {
            self.raise(space);
        }
        if space.height == 0 {
            space.root = self.own_frame(space.root);
            return space.root;
        }
        space.root = self.own_node(space.root, space.height);
        let mut node = space.root;
        for level in (1..=space.height).rev() {
            let slot = slot(page, level);
            let child = self.nodes.item(node)[slot];
            let owned = if level == 1 { self.own_frame(child) } else { self.own_node(child, level - 1) };
            if owned != child {
                self.nodes.item_mut(node)[slot] = owned;
            }
            node = owned;
        }
        node
    }

    fn raise(&mut self, space: &mut Space) {
        if space.root != 0 {
            let mut node = [0; FAN];
            node[0] = space.root;
            space.root = self.nodes.insert(node);
        }
        space.height += 1;
    }

    #[inline]
    fn own_frame(&mut self, id: u32) -> u32 {
        if id == 0 {
            return self.frames.insert([0; PAGE_WORDS]);
        }
        if self.frames.owners(id) == 1 {
            return id;
        }
        let words = *self.frames.item(id);
        self.frames.release(id);
        self.copied += 1;
        self.frames.insert(words)
    }

    #[inline]
    fn own_node(&mut self, id: u32, level: u8) -> u32 {
        if id == 0 {
            return self.nodes.insert([0; FAN]);
        }
        if self.nodes.owners(id) == 1 {
            return id;
        }
        let children = *self.nodes.item(id);
        for child in children {
            if level == 1 {
                self.frames.retain(child);
            } else {
                self.nodes.retain(child);
            }
        }
        self.nodes.release(id);
        self.nodes.insert(children)
    }

    /// A second owner of the whole space.
    pub(crate) fn fork(&mut self, space: Space) -> Space {
        if space.height == 0 {
            self.frames.retain(space.root);
        } else {
            self.nodes.retain(space.root);
        }
        if self.current == space {
            self.tlb.renew(space);
        } else {
            self.tlb.forget(space);
        }
        space
    }

    /// Gives a space back.
    pub(crate) fn release(&mut self, space: Space) {
        self.drop_tree(space.root, space.height);
        // The root's name may be given to another space.
        self.tlb.forget(space);
        if self.current == space {
            self.current = Space::default();
            self.tlb.enter(self.current);
        }
    }

    /// Recursion is as deep as the tree is high, 15 at most.
    fn drop_tree(&mut self, id: u32, level: u8) {
        if level == 0 {
            self.frames.release(id);
        } else if self.nodes.release(id) {
            let children = *self.nodes.item(id);
            // From the back: the frames are given out again from the front, and a new array's stand in a row.
            for child in children.into_iter().rev().filter(|child| *child != 0) {
                self.drop_tree(child, level - 1);
            }
        }
    }

    /// Forgets all pages from `first` on: they read as zero again.
    pub(super) fn truncate(&mut self, space: &mut Space, first: u64) {
        let height = space.height;
        self.tlb.forget(*space);
        space.root = self.truncate_tree(space.root, height, first);
        self.current = *space;
        self.tlb.renew(*space);
    }

    fn truncate_tree(&mut self, id: u32, level: u8, first: u64) -> u32 {
        let pages = 1_u64 << (FAN_BITS * u32::from(level));
        if id == 0 || first >= pages {
            return id;
        }
        if first == 0 {
            self.drop_tree(id, level);
            return 0;
        }
        let owned = self.own_node(id, level);
        let each = pages >> FAN_BITS;
        for at in 0..FAN {
            let child = self.nodes.item(owned)[at];
            let kept = self.truncate_tree(child, level - 1, first.saturating_sub(at as u64 * each));
            if kept != child {
                self.nodes.item_mut(owned)[at] = kept;
            }
        }
        owned
    }

    /// Counts all references from `roots` (every space that is alive, once for each owner) and compares them with
    /// the counts that are kept.
    ///
    /// # Errors
    /// What does not agree.
    pub fn audit(&self, roots: &[Space]) -> Result<(), String> {
        let mut frames = vec![0_u32; self.frames.references().len()];
        let mut nodes = vec![0_u32; self.nodes.references().len()];
        for root in roots {
            self.count(root.root, root.height, &mut frames, &mut nodes);
        }
        let compare = |what: &str, counted: &[u32], kept: &[u32]| match counted
            .iter()
            .zip(kept)
            .position(|(counted, kept)| counted != kept)
        {
            Some(id) => Err(format!("{what} {id} has {} owners, but {} are counted", counted[id], kept[id])),
            None => Ok(()),
        };
        compare("frame", &frames, self.frames.references())?;
        compare("node", &nodes, self.nodes.references())?;
        let zero = self.frames.item(0).iter().all(|word| *word == 0) && self.nodes.item(0).iter().all(|id| *id == 0);
        if zero { Ok(()) } else { Err("the zero page was written".to_owned()) }
    }

    fn count(&self, id: u32, level: u8, frames: &mut [u32], nodes: &mut [u32]) {
        if id == 0 {
            return;
        }
        if level == 0 {
            frames[id as usize] += 1;
            return;
        }
        nodes[id as usize] += 1;
        if nodes[id as usize] == 1 {
            for child in *self.nodes.item(id) {
                self.count(child, level - 1, frames, nodes);
            }
        }
    }
}
