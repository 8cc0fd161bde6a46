//! The tables that all functions of an image share: constants, strings, formats and assertions, each entry once,
//! in the order in which they were met.

use std::sync::Arc;

use indexmap::IndexSet;

use crate::bytecode::image::{Assertion, Image};
use crate::check::tree::Format;

/// The shared tables while they grow.
#[derive(Debug, Default)]
pub(super) struct Pool {
    constants: IndexSet<u64>,
    strings: IndexSet<Arc<[u8]>>,
    formats: IndexSet<Format>,
    assertions: Vec<Assertion>,
}

impl Pool {
    /// The index of a word that does not fit an immediate.
    pub(super) fn constant(&mut self, word: u64) -> i32 {
        self.constants.insert_full(word).0 as i32
    }

    /// The index of a string literal.
    pub(super) fn string(&mut self, bytes: &Arc<[u8]>) -> i32 {
        self.strings.insert_full(bytes.clone()).0 as i32
    }

    /// The index of a format.
    pub(super) fn format(&mut self, format: &Format) -> i32 {
        self.formats.insert_full(format.clone()).0 as i32
    }

    /// The index of an assertion; each stands for itself.
    pub(super) fn assertion(&mut self, assertion: Assertion) -> i32 {
        self.assertions.push(assertion);
        self.assertions.len() as i32 - 1
    }

    /// Moves the tables into the image.
    pub(super) fn give(self, image: &mut Image) {
        image.constants = self.constants.into_iter().collect();
        image.strings = self.strings.into_iter().collect();
        image.formats = self.formats.into_iter().collect();
        image.assertions = self.assertions;
    }
}
