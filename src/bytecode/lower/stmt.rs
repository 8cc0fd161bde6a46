//! Statements: stores, branches, loops, matches, and the ends of functions.

use super::function::{Builder, Dest, Label, LoopLabels, Lowered, deep};
use crate::bytecode::op::Op;
use crate::check::tree::{
    Arm, Block, Constant, Expr, ExprKind, LocalId, Operator, Pattern, Place, PlaceKind, Stmt, StmtKind,
};
use crate::check::types::Type;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

use super::condition::Side;

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
    /// Lowers the whole function.
    pub(super) fn lower(mut self) -> Lowered {
        let function = self.function;
        self.count_stores(&function.body);
        self.block(&function.body);
        if self.main_program {
            self.end_program(function.body.span.after());
        } else if self.is_reachable() {
            self.end_function(function.body.span.after());
        }
        self.finish()
    }

    /// The end of the main program: `main` is called if there is one, and its int is the exit status.
    fn end_program(&mut self, span: Span) {
        if !self.is_reachable() {
            return;
        }
        let main = self.program.main.and_then(|id| Some((id, self.program.functions.get(id.0 as usize)?)));
        let window = self.temp();
        let code = self.temp();
        if let Some((id, main)) = main {
            self.reserve(code as usize + main.result.slots().max(1));
            self.emit(Op::Call, [code, 0, 0], id.0 as i32, main.head);
        }
        if main.is_none_or(|(_, main)| main.result != Type::Int) {
            self.load_word(code, 0, span);
        }
        self.exit(window, span);
    }

    /// The end of a function that can be reached. Where it has results (the checker sees further than this floor, and
    /// knows that it is not), they are zero.
    fn end_function(&mut self, span: Span) {
        let results = self.function.result.slots();
        let first = if results == 0 { 0 } else { self.top() as u8 };
        for _ in 0..results {
            let register = self.temp();
            self.load_word(register, 0, span);
        }
        self.emit(Op::Return, [first, results as u8, 0], 0, span);
        self.ends_here();
    }

    fn block(&mut self, block: &Block) {
        self.open_scope();
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
        self.close_scope();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let top = self.top();
        deep(|| match &stmt.kind {
            StmtKind::Store { targets, value, declares } => self.store_stmt(targets, value, *declares, stmt.span),
            StmtKind::Update { place, op, value } => {
                self.update(place, *op, value, stmt.span);
                self.set_top(top);
            }
            StmtKind::If { bind, test, then, otherwise } => {
                self.if_stmt(bind.as_deref(), test, then, otherwise.as_ref());
            }
            StmtKind::Loop { bind, test, step, body, .. } => {
                self.loop_stmt(bind.as_deref(), test.as_ref(), step.as_deref(), body, stmt.span);
            }
            StmtKind::Match { subject, value, arms } => self.match_stmt(*subject, value, arms, stmt.span),
            StmtKind::Return(value) => {
                self.return_stmt(value.as_ref(), stmt.span);
                self.set_top(top);
            }
            StmtKind::Break => self.leave(|labels| labels.leave, stmt.span),
            StmtKind::Continue => self.leave(|labels| labels.again, stmt.span),
            StmtKind::Block(block) => self.block(block),
            StmtKind::Expr(expr) => self.effect(expr),
        });
    }

    fn leave(&mut self, which: impl Fn(&LoopLabels) -> Label, span: Span) {
        if let Some(label) = self.loops.last().map(which) {
            self.jump(label, span);
        }
    }

    // Stores.

    fn store_stmt(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool, span: Span) {
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
        if let Some(constant) = self.fold(value)
            && !matches!(constant, Constant::Str(_))
            && self.know(local, constant)
            && self.is_hidden(local)
        {
            return;
        }
        let register = match self.register_of(local) {
            Some(register) => register,
            None => self.declare(local),
        };
        self.expr_to(Dest { register, scratch: fresh }, value);
        self.live(local);
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
    fn declare_row(&mut self, targets: &[Option<Place>]) {
        let used = targets.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        for place in &targets[..used] {
            match place {
                Some(Place { kind: PlaceKind::Local(local), .. }) => self.declare(*local),
                _ => self.temp(),
            };
        }
    }

    /// The store of `while let` before each test; its locals have their registers, the row from `base` on, already.
    fn bind_again(&mut self, bind: &Stmt, base: usize) {
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

    fn each_local(&mut self, targets: &[Option<Place>], act: impl Fn(&mut Self, LocalId)) {
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
    fn update(&mut self, place: &Place, operator: Operator, value: &Expr, span: Span) {
        let target = self.target(place);
        let value = match self.fold_word(value) {
            Some(word) if matches!(operator, Operator::Int(_)) => Err(word),
            _ => Ok(self.operand(value)),
        };
        let register = match target {
            Target::Register(register) => return self.update_to(register, operator, register, value, span),
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

    // Branches and loops.

    fn if_stmt(&mut self, bind: Option<&Stmt>, test: &Expr, then: &Block, otherwise: Option<&Block>) {
        self.open_scope();
        if let Some(bind) = bind {
            self.stmt(bind);
        }
        let jump = match (then.stmts.as_slice(), self.loops.last()) {
            ([Stmt { kind: StmtKind::Break, .. }], Some(labels)) => Some(labels.leave),
            ([Stmt { kind: StmtKind::Continue, .. }], Some(labels)) => Some(labels.again),
            _ => None,
        };
        if let Some(jump) = jump {
            self.branch_if(test, jump, true);
            if let Some(otherwise) = otherwise {
                self.block(otherwise);
            }
            return self.close_scope();
        }
        let other = self.label();
        self.branch_if(test, other, false);
        self.block(then);
        match otherwise {
            Some(otherwise) if !otherwise.stmts.is_empty() => {
                let end = self.label();
                self.jump(end, then.span.after());
                self.bind(other);
                self.block(otherwise);
                self.bind(end);
            }
            _ => self.bind(other),
        }
        self.close_scope();
    }

    /// Any loop. The test stands at the bottom, so that a turn has one branch; a loop without a test has none.
    fn loop_stmt(&mut self, bind: Option<&Stmt>, test: Option<&Expr>, step: Option<&Stmt>, body: &Block, span: Span) {
        let constant = match test {
            None => Some(true),
            Some(test) => self.fold_word(test).map(|word| word != 0),
        };
        self.open_scope();
        let [head, check, again, leave] = [(); 4].map(|()| self.label());
        self.loops.push(LoopLabels { leave, again });
        match (constant, test) {
            (Some(true), _) | (None, None) => {
                let entered = self.is_reachable();
                self.bind_head(head, entered);
                bind.into_iter().for_each(|bind| self.stmt(bind));
                self.block(body);
                self.bind(again);
                step.into_iter().for_each(|step| self.stmt(step));
                self.jump(head, body.span.after());
            }
            (Some(false), _) => bind.into_iter().for_each(|bind| self.stmt(bind)),
            (None, Some(test)) => {
                let bound = bind.map_or(&[][..], bound);
                let base = self.top();
                self.declare_row(bound);
                let entered = self.is_reachable();
                self.jump(check, span);
                self.bind_head(head, entered);
                self.each_local(bound, Builder::live);
                self.block(body);
                self.bind(again);
                step.into_iter().for_each(|step| self.stmt(step));
                self.each_local(bound, Builder::dead);
                self.bind(check);
                bind.into_iter().for_each(|bind| self.bind_again(bind, base));
                self.branch_if(test, head, true);
            }
        }
        self.loops.pop();
        self.bind(leave);
        self.close_scope();
    }

    fn match_stmt(&mut self, subject: LocalId, value: &Expr, arms: &[Arm], span: Span) {
        self.open_scope();
        // A subject that is a local is compared where it stands: tests come before bodies, so it cannot have changed.
        let borrowed = match &value.kind {
            ExprKind::Local(local) => self.register_of(*local),
            _ => None,
        };
        let register = match borrowed {
            Some(register) => register,
            None => {
                let register = self.declare(subject);
                self.expr_to(Dest::scratch(register), value);
                register
            }
        };
        let end = self.label();
        let mut seen = [false; 2];
        for (at, arm) in arms.iter().enumerate() {
            self.open_scope();
            let next = self.label();
            let mut patterns = arm.patterns.as_slice();
            // Once both bools were asked for, nothing is left to be tested.
            for (at, pattern) in arm.patterns.iter().enumerate() {
                if let Pattern::Equal(Constant::Bool(bool)) = pattern {
                    seen[usize::from(*bool)] = true;
                    if seen == [true; 2] {
                        patterns = &arm.patterns[..=at];
                    }
                }
            }
            self.patterns(register, patterns, seen == [true; 2], next, arm.span);
            self.bind_names(register, patterns, borrowed.is_some(), arm.span);
            self.block(&arm.body);
            self.close_scope();
            if at + 1 < arms.len() {
                self.jump(end, span);
            }
            self.bind(next);
        }
        self.bind(end);
        self.close_scope();
    }

    /// Goes to `next` unless one of the patterns matches; `complete` says that the last one always does.
    fn patterns(&mut self, subject: u8, patterns: &[Pattern], complete: bool, next: Label, span: Span) {
        let body = self.label();
        for (at, pattern) in patterns.iter().enumerate() {
            let last = at + 1 == patterns.len();
            match pattern {
                Pattern::Any | Pattern::Bind(_) => break,
                Pattern::Equal(_) if last && complete => {}
                Pattern::Equal(constant) if last => self.branch_constant(subject, constant, next, false, span),
                Pattern::Equal(constant) => self.branch_constant(subject, constant, body, true, span),
                Pattern::Range(low, high) => {
                    let top = self.top();
                    let other = if last { next } else { self.label() };
                    let value = Side::Register(subject);
                    self.branch_words(BinaryOp::Less, value, Side::Known(*low), other, true, span);
                    if last {
                        self.branch_words(BinaryOp::GreaterEqual, value, Side::Known(*high), next, true, span);
                    } else {
                        self.branch_words(BinaryOp::Less, value, Side::Known(*high), body, true, span);
                        self.bind(other);
                    }
                    self.set_top(top);
                }
            }
        }
        self.bind(body);
    }

    /// Gives the subject the names that the patterns bind; a subject that is a variable itself is copied.
    fn bind_names(&mut self, subject: u8, patterns: &[Pattern], copy: bool, span: Span) {
        for pattern in patterns {
            if let Pattern::Bind(local) = pattern {
                if copy {
                    let register = self.declare(*local);
                    self.move_to(register, subject, span);
                } else {
                    self.place_local(*local, subject);
                }
                self.live(*local);
            }
        }
    }

    fn return_stmt(&mut self, value: Option<&Expr>, span: Span) {
        if self.main_program {
            if let Some(value) = value {
                self.effect(value);
            }
            let (window, code) = (self.temp(), self.temp());
            self.load_word(code, 0, span);
            return self.exit(window, span);
        }
        match value {
            Some(value) if value.ty.slots() == 0 => {
                self.effect(value);
                self.emit(Op::Return, [0; 3], 0, span);
            }
            Some(value) => {
                let slots = value.ty.slots();
                let first = if slots == 1 { self.operand(value) } else { self.values(value) };
                self.emit(Op::Return, [first, slots as u8, 0], 0, span);
            }
            None => self.emit(Op::Return, [0; 3], 0, span),
        }
        self.ends_here();
    }

    // Counting stores, so that a local that is stored to once can be known by its value.

    fn count_stores(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| deep(|| self.count_in(stmt)));
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

/// What the statement of a `while let` binds: locals and nothing else.
fn bound(stmt: &Stmt) -> &[Option<Place>] {
    match &stmt.kind {
        StmtKind::Store { targets, .. } => targets,
        _ => &[],
    }
}
