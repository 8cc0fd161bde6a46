//! What the grammar does when a rule is complete: builds the tree, and refuses what can be read but is
//! not the language. The wording of what is refused stands in [`super::say`].
//!
//! Every part carries its depth, so that a tree deeper than [`MAX_DEPTH`] never comes into being: no
//! later pass, nor the dropping of the tree, can exhaust the host's stack.

mod expr;
mod stmt;

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::*;
use super::{MAX_DEPTH, say};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};

pub(crate) use expr::{Chain, Value};
pub(crate) use stmt::{Head, Link};

/// A finished part of the tree and how deep it is.
#[derive(Debug)]
pub(crate) struct Built<T> {
    /// The part.
    pub(crate) node: T,
    /// The longest way down from it.
    pub(crate) depth: u32,
}

/// Builds the tree of one file.
pub(crate) struct Builder<'t> {
    file: FileId,
    text: &'t str,
    /// Each name once; only looked up, never listed.
    names: HashMap<&'t str, Arc<str>>,
    /// What was refused since the last [`Builder::take_facts`].
    facts: Vec<Diagnostic>,
    /// Too much depth is said once.
    told_depth: bool,
    /// The depth of the deepest part so far.
    deepest: u32,
    /// The depths of all constants: in the worst case each is computed for the one before.
    constants: u32,
}

impl<'t> Builder<'t> {
    /// A builder for `text`, which is `file`.
    pub(crate) fn new(file: FileId, text: &'t str) -> Self {
        Builder { file, text, names: HashMap::new(), facts: Vec::new(), told_depth: false, deepest: 0, constants: 0 }
    }

    /// What was refused since the last call, in the order it was met.
    pub(crate) fn take_facts(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.facts)
    }

    /// Marks that somebody else has said that the program is too deep.
    pub(crate) fn depth_is_told(&mut self) {
        self.told_depth = true;
    }

    /// How deep a walk over the tree may go.
    pub(crate) fn depth(&self) -> u32 {
        self.deepest + self.constants
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end: end.max(start) }
    }

    fn text(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn say(&mut self, fact: Diagnostic) {
        self.facts.push(fact);
    }

    fn intern(&mut self, span: Span) -> Arc<str> {
        let text = self.text(span);
        Arc::clone(self.names.entry(text).or_insert_with(|| text.into()))
    }

    /// Whether a part of this depth may be built; says so, once, if not.
    fn fits(&mut self, depth: u32, span: Span) -> bool {
        if depth <= MAX_DEPTH {
            self.deepest = self.deepest.max(depth);
            return true;
        }
        if !self.told_depth {
            self.told_depth = true;
            self.say(say::too_deep(span));
        }
        false
    }

    /// A name where it is declared or a field is named.
    pub(crate) fn ident(&mut self, start: u32, end: u32) -> Ident {
        let span = self.span(start, end);
        Ident { name: self.intern(span), span }
    }

    // ------------------------------------------------------------------------------------ top level

    /// A named function at the top level.
    pub(crate) fn function_item(&mut self, function: Built<Function>) -> Option<Item> {
        Some(Item::Function(function.node))
    }

    /// A struct at the top level.
    pub(crate) fn struct_item(&mut self, node: Struct) -> Option<Item> {
        Some(Item::Struct(node))
    }

    /// A constant at the top level.
    pub(crate) fn const_item(&mut self, node: Const) -> Option<Item> {
        Some(Item::Const(node))
    }

    /// A statement of the main program.
    pub(crate) fn statement_item(&mut self, stmt: Option<Built<Stmt>>) -> Option<Item> {
        stmt.map(|stmt| Item::Statement(stmt.node))
    }

    /// `name: type`
    pub(crate) fn param(&mut self, name: Ident, ty: TypeExpr) -> Param {
        Param { name, ty }
    }

    /// A function; one too deep loses its body.
    pub(crate) fn function(
        &mut self,
        start: u32,
        name: Option<Ident>,
        params: Vec<Param>,
        result: Option<TypeExpr>,
        head_end: u32,
        body: Built<Block>,
    ) -> Built<Function> {
        let head = self.span(start, head_end);
        let fits = self.fits(body.depth + 1, head);
        let (body, depth) =
            if fits { (body.node, body.depth + 1) } else { (Block { stmts: Vec::new(), span: body.node.span }, 1) };
        Built { node: Function { name, params, result, body, head }, depth }
    }

    /// `struct Name { … }`
    pub(crate) fn structure(&mut self, start: u32, name: Ident, fields: Vec<Param>, end: u32) -> Struct {
        Struct { name, fields, span: self.span(start, end) }
    }

    /// `const NAME = value;`
    pub(crate) fn constant(&mut self, name: Ident, ty: Option<TypeExpr>, value: Value) -> Const {
        let (value, depth) = self.whole(value);
        self.constants += depth;
        Const { name, ty, value }
    }

    // ---------------------------------------------------------------------------------------- types

    /// `int`, `Job`
    pub(crate) fn named_type(&mut self, start: u32, end: u32) -> TypeExpr {
        let span = self.span(start, end);
        TypeExpr { kind: TypeExprKind::Name(self.intern(span)), span }
    }

    /// `[T]`
    pub(crate) fn array_type(&mut self, start: u32, element: TypeExpr, end: u32) -> TypeExpr {
        TypeExpr { kind: TypeExprKind::Array(Box::new(element)), span: self.span(start, end) }
    }

    /// `(A, B)`; one type in parentheses is that type.
    pub(crate) fn tuple_type(&mut self, start: u32, mut parts: Vec<TypeExpr>, end: u32) -> TypeExpr {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                TypeExpr { kind: TypeExprKind::Tuple(parts), span: self.span(start, end) }
            }
        }
    }

    /// `fn(A, B) -> R`
    pub(crate) fn function_type(
        &mut self,
        start: u32,
        params: Vec<TypeExpr>,
        result: Option<TypeExpr>,
        end: u32,
    ) -> TypeExpr {
        TypeExpr { kind: TypeExprKind::Function(params, result.map(Box::new)), span: self.span(start, end) }
    }

    /// A type that could not be read.
    pub(crate) fn broken_type(&mut self, start: u32, end: u32) -> TypeExpr {
        TypeExpr { kind: TypeExprKind::Error, span: self.span(start, end) }
    }
}

/// The items that are something.
pub(crate) fn items(items: Vec<Option<Item>>) -> Vec<Item> {
    items.into_iter().flatten().collect()
}

/// A list whose last element stands apart.
pub(crate) fn list<T>(mut list: Vec<T>, last: Option<T>) -> Vec<T> {
    list.extend(last);
    list
}

/// A list and one more.
pub(crate) fn push<T>(mut list: Vec<T>, next: T) -> Vec<T> {
    list.push(next);
    list
}
