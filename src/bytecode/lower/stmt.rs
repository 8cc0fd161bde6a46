//! Statements: branches, loops, matches, and the ends of functions.

use super::counting::{self, Counted};
use super::fold;
use super::function::{Builder, Dest, Label, LoopLabels, Lowered};
use crate::bytecode::op::Op;
use crate::check::idle;
use crate::check::tree::{Arm, Block, Comparison, Constant, Expr, ExprKind, LocalId, Pattern, Place, Stmt, StmtKind};
use crate::check::types::Type;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

use super::condition::Side;

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

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        let top = self.top();
        match &stmt.kind {
            StmtKind::Store { targets, value, declares } => self.store_stmt(targets, value, *declares, stmt.span),
            StmtKind::Update { place, op, value } => {
                self.update(place, *op, value, stmt.span);
                self.set_top(top);
            }
            StmtKind::If { bind, test, then, otherwise } => {
                self.if_stmt(bind.as_deref(), test, then, otherwise.as_ref());
            }
            StmtKind::Loop { bind, test, step, body, form } => {
                let counted = counting::of_loop(test.as_ref(), step.as_deref(), body, *form);
                let start = self.here();
                self.loop_stmt(bind.as_deref(), test.as_ref(), (step.as_deref(), counted), body, stmt.span);
                if let Some(idle) = idle::of(stmt) {
                    let head = test.as_ref().map_or(body.span.start, |test| test.span.end);
                    let end = if body.stmts.is_empty() { stmt.span.end } else { head };
                    self.note_idle(start, &idle, Span { end, ..stmt.span });
                }
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
        }
    }

    fn leave(&mut self, which: impl Fn(&LoopLabels) -> Label, span: Span) {
        if let Some(label) = self.loops.last().map(which) {
            self.jump(label, span);
        }
    }

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
    fn loop_stmt(
        &mut self,
        bind: Option<&Stmt>,
        test: Option<&Expr>,
        (step, counted): (Option<&Stmt>, Option<Counted>),
        body: &Block,
        span: Span,
    ) {
        let constant = match test {
            None => Some(true),
            Some(test) => self.fold_word(test).map(|word| word != 0),
        };
        self.open_scope();
        let [head, check, again, leave] = [(); 4].map(|()| self.label());
        self.loops.push(LoopLabels { leave, again, counted });
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
                let empty = body.stmts.is_empty() && step.is_none();
                if !empty && (bind.is_some() || !self.holds_at_first(test)) {
                    self.jump(check, span);
                }
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

    /// Whether the test of a loop is known to hold when control first comes to it, as in `for i in 0..10`.
    fn holds_at_first(&self, test: &Expr) -> bool {
        let ExprKind::Compare(Comparison::Word, op, left, right) = &test.kind else { return false };
        let ExprKind::Local(local) = left.kind else { return false };
        let sides = self.just_stored(local).zip(self.fold_word(right));
        sides.is_some_and(|(left, right)| fold::compare_words(*op, left, right) == Some(true))
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
}

/// What the statement of a `while let` binds: locals and nothing else.
fn bound(stmt: &Stmt) -> &[Option<Place>] {
    match &stmt.kind {
        StmtKind::Store { targets, .. } => targets,
        _ => &[],
    }
}
