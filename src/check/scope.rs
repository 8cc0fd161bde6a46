//! The names of one function: its locals, its scopes, and where its values came from. Knows nothing of
//! the top level.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::tree::{FunctionId, Local, LocalId};
use super::types::Type;
use crate::abi::Builtin;
use crate::source::Span;

/// What kind of code is being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The top-level statements.
    Main,
    /// A function.
    Function(FunctionId),
    /// The value of a `const`.
    Constant,
}

/// Where the first value of a variable came from; messages remember it.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// `let pid = fork() == 0`: the place, and the comparison as written.
    Comparison(Span, Option<String>),
    /// A part of `let (r, w) = pipe()`.
    Pipe(Span),
    /// The first part alone of what a built-in gives: the place, the built-in, and the call as written.
    First(Span, Builtin, String),
}

/// Locals of the functions around an anonymous one, with their places.
pub(super) type Outer = Arc<[(Arc<str>, Span)]>;

/// How many locals around an anonymous function are known to it, outermost first.
const MOST_VISIBLE: usize = 256;

/// The function that is being checked.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) result: Type,
    pub(super) locals: Vec<Local>,
    pub(super) origins: Vec<Option<Origin>>,
    scopes: Vec<Scope>,
    /// Locals of the function around an anonymous one.
    pub(super) outer: Outer,
    /// A full list of visible locals, and how many scopes it was made from.
    full: Option<(usize, Outer)>,
    /// How many loops are open, and how many arms within the innermost.
    pub(super) loops: usize,
    pub(super) arms: usize,
    /// Unknown names that were reported here already.
    pub(super) reported: BTreeSet<Arc<str>>,
    /// Whether something here could not be read.
    pub(super) tainted: bool,
}

#[derive(Debug, Default)]
struct Scope {
    names: IndexMap<Arc<str>, LocalId>,
}

impl Frame {
    pub(super) fn new(kind: FrameKind, result: Type) -> Frame {
        Frame {
            kind,
            result,
            locals: Vec::new(),
            origins: Vec::new(),
            scopes: Vec::new(),
            outer: Outer::default(),
            full: None,
            loops: 0,
            arms: 0,
            reported: BTreeSet::new(),
            tainted: false,
        }
    }

    /// Whether a `let` here declares a global.
    pub(super) fn is_top_level(&self) -> bool {
        self.kind == FrameKind::Main && self.scopes.is_empty()
    }

    pub(super) fn enter(&mut self) {
        self.scopes.push(Scope::default());
    }

    pub(super) fn leave(&mut self) {
        self.scopes.pop();
        if self.full.as_ref().is_some_and(|(depth, _)| *depth > self.scopes.len()) {
            self.full = None;
        }
    }

    /// A local that the compiler makes for itself.
    pub(super) fn hidden(&mut self, name: &str, ty: Type, span: Span) -> LocalId {
        self.add(format!(" {name}").into(), ty, span, None)
    }

    fn add(&mut self, name: Arc<str>, ty: Type, span: Span, origin: Option<Origin>) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Local { name, ty, span });
        self.origins.push(origin);
        id
    }

    /// Declares a local in the innermost scope; gives also the place of one of the same name there.
    pub(super) fn declare(
        &mut self,
        name: &Arc<str>,
        ty: Type,
        span: Span,
        origin: Option<Origin>,
    ) -> (LocalId, Option<Span>) {
        let id = self.add(name.clone(), ty, span, origin);
        let Some(scope) = self.scopes.last_mut() else { return (id, None) };
        let before = scope.names.insert(name.clone(), id);
        (id, before.and_then(|before| self.local(before)).map(|local| local.span))
    }

    pub(super) fn local(&self, id: LocalId) -> Option<&Local> {
        self.locals.get(id.0 as usize)
    }

    /// The local that a name means, innermost scope first.
    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.scopes.iter().rev().find_map(|scope| scope.names.get(name).copied())
    }

    /// The local around an anonymous function that a name would mean if it could.
    pub(super) fn find_outer(&self, name: &str) -> Option<Span> {
        self.outer.iter().rev().find(|(outer, _)| **outer == *name).map(|(_, span)| *span)
    }

    /// Every name in scope, innermost first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().rev().flat_map(|scope| scope.names.keys().map(|name| &**name))
    }

    /// The locals in scope with their places, for an anonymous function that is met here. More than a frame can
    /// hold are not listed (such a function is refused later), and while the list is full it is shared.
    pub(super) fn visible(&mut self) -> Outer {
        if let Some((_, full)) = &self.full {
            return full.clone();
        }
        let mut seen = self.outer.to_vec();
        let mut depth = 0;
        for (at, scope) in self.scopes.iter().enumerate() {
            let room = MOST_VISIBLE.saturating_sub(seen.len());
            let here = scope.names.iter().take(room);
            seen.extend(here.filter_map(|(name, id)| Some((name.clone(), self.local(*id)?.span))));
            depth = at + 1;
            if seen.len() >= MOST_VISIBLE {
                break;
            }
        }
        let list: Outer = seen.into();
        if list.len() >= MOST_VISIBLE {
            self.full = Some((depth, list.clone()));
        }
        list
    }
}
