//! Loops: a `for` is written out as stores and a loop with a test and a step, so that what comes after
//! knows one kind of loop only.

use super::problem::{Problem, Role};
use super::tree::{
    self, Block, Comparison, Expr, ExprKind, LocalId, LoopForm, Operator, Place, PlaceKind, Stmt, StmtKind,
};
use super::types::Type;
use super::{Checker, quote};
use crate::abi::Builtin;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Condition, Part};

impl<'a> Checker<'a> {
    pub(super) fn while_stmt(&mut self, condition: &'a Condition, body: &'a ast::Block) -> Option<StmtKind> {
        self.frame.enter();
        let (bind, test) = self.test(condition);
        let body = self.loop_body(body);
        self.frame.leave();
        Some(StmtKind::Loop { bind, test: Some(test), step: None, body, form: LoopForm::While })
    }

    fn loop_body(&mut self, body: &'a ast::Block) -> Block {
        self.frame.loops += 1;
        let body = self.block(body);
        self.frame.loops -= 1;
        body
    }

    pub(super) fn for_range(
        &mut self,
        name: &'a Part<ast::Ident>,
        (from, to): (&'a ast::Expr, &'a ast::Expr),
        body: &'a ast::Block,
        span: Span,
    ) -> Option<StmtKind> {
        self.frame.enter();
        let from = self.expect(from, &Type::Int, Role::RangeEnd);
        let to = self.expect(to, &Type::Int, Role::RangeEnd);
        let (variable, id) = self.loop_variable(name, Type::Int);
        let end = self.frame.hidden("end", Type::Int, to.span);
        let body = self.loop_body(body);
        self.frame.leave();
        let test = less(local(id, variable.span), local(end, to.span), from.span.to(to.span));
        let step = add_one(id, variable.span);
        let store = |place: Place, value: Expr| Stmt {
            span: value.span,
            kind: StmtKind::Store { targets: vec![Some(place)], value, declares: true },
        };
        let end_place = Place { kind: PlaceKind::Local(end), ty: Type::Int, span: to.span };
        let turns =
            StmtKind::Loop { bind: None, test: Some(test), step: Some(Box::new(step)), body, form: LoopForm::Range };
        let stmts = vec![store(variable, from), store(end_place, to), Stmt { kind: turns, span }];
        Some(StmtKind::Block(Block { stmts, span }))
    }

    pub(super) fn for_each(
        &mut self,
        name: &'a Part<ast::Ident>,
        over: &'a ast::Expr,
        body: &'a ast::Block,
        span: Span,
    ) -> Option<StmtKind> {
        self.frame.enter();
        let over_expr = over;
        let over = self.settled(over, None);
        let (element, bytes) = match &over.ty {
            Type::Array(element) => ((**element).clone(), false),
            Type::Str => (Type::Int, true),
            Type::Error => (Type::Error, false),
            ty => {
                let found = self.phrase(ty);
                self.report(Problem::NotIterable {
                    at: over.span,
                    subject: quote::name_it(over_expr),
                    found,
                    int: *ty == Type::Int,
                });
                (Type::Error, false)
            }
        };
        let at = over.span;
        let array = self.frame.hidden("array", over.ty.clone(), at);
        let index = self.frame.hidden("index", Type::Int, at);
        let (variable, _) = self.loop_variable(name, element.clone());
        let mut body = self.loop_body(body);
        self.frame.leave();
        let whole = || Box::new(Expr::new(ExprKind::Local(array), over.ty.clone(), at));
        if matches!(name, Part::Use(_)) {
            let position = Box::new(local(index, at));
            let kind = if bytes { ExprKind::Byte(whole(), position) } else { ExprKind::Index(whole(), position) };
            let value = Expr::new(kind, element, at);
            let first = Stmt {
                span: variable.span,
                kind: StmtKind::Store { targets: vec![Some(variable)], value, declares: true },
            };
            body.stmts.insert(0, first);
        }
        let length = ExprKind::CallBuiltin { builtin: Builtin::Len, args: vec![*whole()], format: None };
        let test = less(local(index, at), Expr::new(length, Type::Int, at), at);
        let step = add_one(index, at);
        let turns =
            StmtKind::Loop { bind: None, test: Some(test), step: Some(Box::new(step)), body, form: LoopForm::Each };
        let place = |id, ty| Place { kind: PlaceKind::Local(id), ty, span: at };
        let store = |place, value| Stmt {
            span: at,
            kind: StmtKind::Store { targets: vec![Some(place)], value, declares: true },
        };
        let array_place = place(array, over.ty.clone());
        let stmts = vec![
            store(array_place, over),
            store(place(index, Type::Int), Expr::int(0, at)),
            Stmt { kind: turns, span },
        ];
        Some(StmtKind::Block(Block { stmts, span }))
    }

    pub(super) fn for_loop(
        &mut self,
        init: Option<&'a ast::Stmt>,
        test: Option<&'a ast::Expr>,
        step: Option<&'a ast::Stmt>,
        body: &'a ast::Block,
        span: Span,
    ) -> Option<StmtKind> {
        self.frame.enter();
        let init = init.and_then(|init| self.stmt(init));
        let test = test.map(|test| self.condition(test));
        let step = step.and_then(|step| self.stmt(step)).map(Box::new);
        let body = self.loop_body(body);
        self.frame.leave();
        let turns = StmtKind::Loop { bind: None, test, step, body, form: LoopForm::For };
        let stmts = init.into_iter().chain([Stmt { kind: turns, span }]).collect();
        Some(StmtKind::Block(Block { stmts, span }))
    }

    /// `for x in over { }`, `for i in a..b { }`: the loop variable, or a hidden one for `_`.
    fn loop_variable(&mut self, name: &ast::Part<ast::Ident>, ty: Type) -> (tree::Place, LocalId) {
        let (id, span) = match name {
            ast::Part::Use(name) => (self.declare_local(name, ty.clone(), None), name.span),
            ast::Part::Skip(span) => (self.frame.hidden("turn", ty.clone(), *span), *span),
        };
        (tree::Place { kind: PlaceKind::Local(id), ty, span }, id)
    }
}

fn local(id: tree::LocalId, span: Span) -> Expr {
    Expr::new(ExprKind::Local(id), Type::Int, span)
}

fn less(left: Expr, right: Expr, span: Span) -> Expr {
    Expr::new(ExprKind::Compare(Comparison::Word, BinaryOp::Less, Box::new(left), Box::new(right)), Type::Bool, span)
}

fn add_one(id: tree::LocalId, span: Span) -> Stmt {
    let place = Place { kind: PlaceKind::Local(id), ty: Type::Int, span };
    Stmt { kind: StmtKind::Update { place, op: Operator::Int(BinaryOp::Add), value: Expr::int(1, span) }, span }
}
