//! Stores: where values go. A `let` lets the values land in the very registers of its locals; an update is load,
//! operate, store, as in C.

use super::fold;
use super::function::{Builder, Dest};
use crate::bytecode::op::Op;
use crate::check::tree::{Block, Constant, Expr, LocalId, Operator, Pattern, Place, PlaceKind, Stmt, StmtKind};
use crate::source::Span;

/// A place whose parts have been computed.
#[derive(Debug, Clone, Copy)]
enum Target {
    Register(u8),
    Global(i32),
    Element(u8, u8),
    Cell(u8, u8),
    Field(u8, i32),
}

impl Builder<'_> {
    pub(super) fn store_stmt(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool, span: Span) {
        let top = self.top();
        match targets {
            [Some(Place { kind: PlaceKind::Local(local), .. })] => {
                let fresh = declares || self.register_of(*local).is_none();
                self.store_local(*local, value, fresh);
            }
            [Some(place)] => {
                let target = self.target(place);
                let register = self.operand(value);
                self.store(target, register, span);
                self.set_top(top);
            }
            [None] => self.effect(value),
            _ if self.lands_in_place(targets, declares) => self.store_row(targets, value),
            _ => {
                self.declare_all(targets);
                // Registers of locals declared just now stay; only the temporaries go.
                let top = self.top();
                let places: Vec<Option<Target>> =
                    targets.iter().map(|place| place.as_ref().map(|place| self.target(place))).collect();
                let first = self.values(value);
                for (at, place) in places.into_iter().enumerate() {
                    if let Some(place) = place {
                        self.store(place, first.saturating_add(at as u8), span);
                    }
                }
                self.set_top(top);
                self.each_local(targets, Builder::live);
            }
        }
    }

    /// `let x = value`, `x = value`
    fn store_local(&mut self, local: LocalId, value: &Expr, fresh: bool) {
        let constant = self.fold(value).filter(|constant| !matches!(constant, Constant::Str(_)));
        let word = constant.as_ref().and_then(fold::word);
        let known = constant.is_some_and(|constant| self.know(local, constant));
        if known && self.is_hidden(local) {
            return;
        }
        let register = match self.register_of(local) {
            Some(register) => register,
            None => self.declare(local),
        };
        self.expr_to(Dest { register, scratch: fresh }, value);
        self.live(local);
        if let Some(word) = word {
            self.note_stored(local, word);
        }
    }

    /// Whether the targets are new locals whose registers can be the very registers in which the values come.
    fn lands_in_place(&self, targets: &[Option<Place>], declares: bool) -> bool {
        let new = |place: &Place| match place.kind {
            PlaceKind::Local(local) => self.register_of(local).is_none(),
            _ => false,
        };
        declares && targets.iter().flatten().all(new)
    }

    /// `let (a, b) = f();` with nothing to move.
    fn store_row(&mut self, targets: &[Option<Place>], value: &Expr) {
        let base = self.top();
        self.values(value);
        self.set_top(base);
        self.declare_row(targets);
        self.each_local(targets, Builder::live);
    }

    /// Takes a register for every target up to the last that is wanted, also for `_` before it.
    pub(super) fn declare_row(&mut self, targets: &[Option<Place>]) {
        let used = targets.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        for place in &targets[..used] {
            match place {
                Some(Place { kind: PlaceKind::Local(local), .. }) => self.declare(*local),
                _ => self.temp(),
            };
        }
    }

    /// The store of `while let` before each test; its locals have their registers, the row from `base` on, already.
    pub(super) fn bind_again(&mut self, bind: &Stmt, base: usize) {
        match &bind.kind {
            StmtKind::Store { targets, value, .. } if targets.len() > 1 => {
                let top = self.top();
                self.set_top(base);
                self.values(value);
                self.set_top(top);
                self.each_local(targets, Builder::live);
            }
            _ => self.stmt(bind),
        }
    }

    /// Takes registers for those targets that are locals without one.
    fn declare_all(&mut self, targets: &[Option<Place>]) {
        for place in targets {
            let local = match place {
                Some(Place { kind: PlaceKind::Local(local), .. }) => Some(*local),
                _ => None,
            };
            match local {
                Some(local) if self.register_of(local).is_none() => {
                    self.declare(local);
                }
                _ => {}
            }
        }
    }

    pub(super) fn each_local(&mut self, targets: &[Option<Place>], act: impl Fn(&mut Self, LocalId)) {
        for place in targets.iter().flatten() {
            if let PlaceKind::Local(local) = place.kind {
                act(self, local);
            }
        }
    }

    /// Computes the parts of a place, from left to right.
    fn target(&mut self, place: &Place) -> Target {
        match &place.kind {
            PlaceKind::Local(local) => Target::Register(match self.register_of(*local) {
                Some(register) => register,
                None => self.declare(*local),
            }),
            PlaceKind::Global(global) => Target::Global(global.0 as i32),
            PlaceKind::Element(array, index) => {
                let (array, index) = self.pair(None, array, index);
                Target::Element(array, index)
            }
            PlaceKind::Cell(pointer, index) => {
                let (pointer, index) = self.pair(None, pointer, index);
                Target::Cell(pointer, index)
            }
            PlaceKind::Field(object, field) => Target::Field(self.operand(object), *field as i32),
        }
    }

    fn store(&mut self, target: Target, register: u8, span: Span) {
        match target {
            Target::Register(to) => self.move_to(to, register, span),
            Target::Global(slot) => self.emit(Op::StoreGlobal, [register, 0, 0], slot, span),
            Target::Element(array, index) => self.emit(Op::StoreElem, [register, array, index], 0, span),
            Target::Cell(pointer, index) => self.emit(Op::StoreCell, [register, pointer, index], 0, span),
            Target::Field(object, field) => self.emit(Op::StoreField, [register, object, 0], field, span),
        }
    }

    /// `place op= value`: the parts of the place, the value, then load, operate, store. A signal may come between
    /// any two of them, as in C.
    pub(super) fn update(&mut self, place: &Place, operator: Operator, value: &Expr, span: Span) {
        let target = self.target(place);
        let value = match self.fold_word(value) {
            Some(word) if matches!(operator, Operator::Int(_)) => Err(word),
            _ => Ok(self.operand(value)),
        };
        let register = match target {
            Target::Register(register) => {
                return self.update_to(register, operator, register, value, span);
            }
            _ => self.temp(),
        };
        match target {
            Target::Register(_) => {}
            Target::Global(slot) => self.emit(Op::LoadGlobal, [register, 0, 0], slot, place.span),
            Target::Element(array, index) => self.emit(Op::LoadElem, [register, array, index], 0, place.span),
            Target::Cell(pointer, index) => self.emit(Op::LoadCell, [register, pointer, index], 0, place.span),
            Target::Field(object, field) => self.emit(Op::LoadField, [register, object, 0], field, place.span),
        }
        self.update_to(register, operator, register, value, span);
        self.store(target, register, span);
    }

    /// Counts the stores to each local: one that is stored to once may be known by its value.
    pub(super) fn count_stores(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.count_in(stmt));
    }

    fn count_in(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Store { targets, .. } => self.each_local(targets, Builder::count_store),
            StmtKind::Update { place: Place { kind: PlaceKind::Local(local), .. }, .. } => self.count_store(*local),
            StmtKind::If { bind, then, otherwise, .. } => {
                bind.iter().for_each(|bind| self.count_in(bind));
                self.count_stores(then);
                otherwise.iter().for_each(|otherwise| self.count_stores(otherwise));
            }
            StmtKind::Loop { bind, step, body, .. } => {
                bind.iter().for_each(|bind| self.count_in(bind));
                step.iter().for_each(|step| self.count_in(step));
                self.count_stores(body);
            }
            StmtKind::Match { subject, arms, .. } => {
                self.count_store(*subject);
                for arm in arms {
                    for pattern in &arm.patterns {
                        if let Pattern::Bind(local) = pattern {
                            self.count_store(*local);
                        }
                    }
                    self.count_stores(&arm.body);
                }
            }
            StmtKind::Block(block) => self.count_stores(block),
            _ => {}
        }
    }
}
