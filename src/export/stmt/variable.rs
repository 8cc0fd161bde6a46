//! Variables: how they are called in C, and where they are declared.

use crate::check::tree::{Expr, ExprKind, LocalId, Place, PlaceKind};
use crate::check::types::Type;
use crate::export::kinds::Slot;
use crate::export::{Declared, Emit, names, walk};

impl Emit<'_> {
    /// The slot of a plain variable.
    pub(super) fn slot(&self, place: &Place) -> Option<Slot> {
        match &place.kind {
            PlaceKind::Local(id) => Some(Slot::Local(self.function, id.0)),
            PlaceKind::Global(id) => Some(Slot::Global(id.0)),
            _ => None,
        }
    }

    pub(super) fn is_read(&self, slot: Slot) -> bool {
        self.read.contains(&slot)
    }

    /// Whether a variable that is declared here is used at all.
    pub(super) fn is_kept(&self, place: &Place) -> bool {
        match self.slot(place) {
            Some(slot) => self.is_read(slot) || self.stored.get(&slot).is_some_and(|count| *count > 1),
            None => true,
        }
    }

    /// C's compilers warn of a variable that nobody reads.
    pub(super) fn mark_unread(&mut self, slot: Slot, name: &str) {
        if !self.is_read(slot) && !matches!(slot, Slot::Global(id) if !self.is_main_local(id)) {
            self.line(format!("(void){name};"));
        }
    }

    /// The name of a local that is declared.
    pub(in crate::export) fn local_name(&mut self, id: LocalId) -> String {
        self.locals.get(&id).cloned().or_else(|| self.local_of(id)).unwrap_or_default()
    }

    /// The name that a local would like to have.
    pub(super) fn local_of(&self, id: LocalId) -> Option<String> {
        let function = self.program.functions.get(self.function as usize)?;
        function.locals.get(id.0 as usize).map(|local| names::for_local(&local.name))
    }

    /// The name of a global that is a variable of main.
    pub(in crate::export) fn main_name(&self, _id: u32, name: String) -> String {
        name
    }

    /// Declares a local in the innermost scope and gives its name: another one where the value still means an outer variable.
    pub(super) fn declare(&mut self, id: LocalId, values: &[&Expr]) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let mut name = if self.mentions(values, &wish) { self.number(&wish) } else { wish.clone() };
        if self.scopes.last().is_some_and(|scope| scope.contains_key(&name)) {
            name = self.number(&wish);
        }
        self.enter(&name, false, "");
        self.locals.insert(id, name.clone());
        name
    }

    pub(super) fn declare_global(&mut self, id: u32) -> String {
        let name = self.names.globals.get(id as usize).cloned().unwrap_or_default();
        let taken = self.scopes.last().is_some_and(|scope| scope.contains_key(&name));
        let name = if taken { self.number(&name) } else { name };
        if let Some(known) = self.names.globals.get_mut(id as usize) {
            known.clone_from(&name);
        }
        self.enter(&name, false, "");
        name
    }

    /// Declares a local with a value.
    pub(super) fn declare_with(&mut self, id: LocalId, ty: &Type, value: &str) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let name = if self.is_visible(&wish) { self.number(&wish) } else { wish };
        self.enter(&name, false, "");
        self.locals.insert(id, name.clone());
        let ty = self.slot_type(Slot::Local(self.function, id.0), ty);
        self.line(format!("{ty}{name} = {value};"));
        name
    }

    /// Declares a local before the statement that it belongs to; a variable that an earlier such statement has left is used again.
    pub(super) fn declare_early(&mut self, id: LocalId, ty: &Type) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let zero = if *ty == Type::Status { " = 0" } else { "" };
        let ty = self.slot_type(Slot::Local(self.function, id.0), ty);
        let free =
            self.scopes.last().and_then(|scope| scope.get(&wish)).is_some_and(|known| known.free && known.text == ty);
        if free {
            self.locals.insert(id, wish.clone());
            return wish;
        }
        let name = if self.is_visible(&wish) { self.number(&wish) } else { wish };
        self.enter(&name, true, &ty);
        self.locals.insert(id, name.clone());
        self.line(format!("{ty}{name}{zero};"));
        name
    }

    pub(in crate::export) fn enter(&mut self, name: &str, free: bool, text: &str) {
        self.own.insert(name.to_owned());
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), Declared { text: text.to_owned(), free });
        }
    }

    pub(super) fn is_visible(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains_key(name)) || self.names.all.contains(name) || self.will_be(name)
    }

    /// Whether the innermost scope of main gets a variable of this name later.
    pub(super) fn will_be(&self, name: &str) -> bool {
        self.function == 0 && self.scopes.len() <= 2 && self.names.globals.iter().any(|global| global == name)
    }

    pub(super) fn mentions(&self, values: &[&Expr], name: &str) -> bool {
        let mut found = false;
        for value in values {
            walk::each_within(value, &mut |expr| match &expr.kind {
                ExprKind::Local(id) => found |= self.locals.get(id).is_some_and(|known| known == name),
                ExprKind::Global(id) => {
                    found |= self.names.globals.get(id.0 as usize).is_some_and(|known| known == name)
                }
                ExprKind::Call(id, _) | ExprKind::Function(id) => {
                    found |= self.names.functions.get(id.0 as usize).is_some_and(|known| known == name);
                }
                _ => {}
            });
        }
        found
    }

    /// A fresh variable for the present function's own use.
    pub(in crate::export) fn own_name(&mut self, wish: &str) -> String {
        let locals = self.program.functions.get(self.function as usize).map(|function| &function.locals);
        let taken = |name: &str| {
            self.own.contains(name)
                || self.names.all.contains(name)
                || self.names.globals.iter().any(|global| global == name)
                || locals.is_some_and(|locals| locals.iter().any(|local| names::for_local(&local.name) == name))
                || names::for_local(name) != name
        };
        let mut name = wish.to_owned();
        let mut number = 2;
        while taken(&name) {
            name = format!("{wish}{number}");
            number += 1;
        }
        self.own.insert(name.clone());
        name
    }

    pub(super) fn number(&mut self, wish: &str) -> String {
        self.own.insert(wish.to_owned());
        self.own_name(wish)
    }

    pub(super) fn count_reads(&self, id: LocalId) -> usize {
        let mut reads = 0;
        if let Some(function) = self.program.functions.get(self.function as usize) {
            walk::each_expr(&function.body, &mut |expr| {
                reads += usize::from(matches!(&expr.kind, ExprKind::Local(read) if *read == id))
            });
        }
        reads
    }
}
