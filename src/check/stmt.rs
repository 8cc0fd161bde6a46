//! Statements: declarations, assignments, branches and loops; a `for` is written out as stores and a loop.

use std::sync::Arc;

use super::names::Meaning;
use super::problem::{DoubleName, NameKind, OpenKind, Problem, Role};
use super::scope::{FrameKind, Origin};
use super::tree::{Block, Constant, Expr, ExprKind, Operator, Place, PlaceKind, Stmt, StmtKind};
use super::types::Type;
use super::{Checker, c_names, decl, first, fit, operator, quote};
use crate::abi::Builtin;
use crate::source::Span;
use crate::syntax::ast::{self, AssignTarget, BinaryOp, Condition, LetTarget, Part, StmtKind as Ast};

impl<'a> Checker<'a> {
    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &'a ast::Block) -> Block {
        self.frame.enter();
        let stmts = self.stmts(&block.stmts);
        self.frame.leave();
        Block { stmts, span: block.span }
    }

    /// Statements in the scope that is open.
    pub(super) fn stmts(&mut self, stmts: &'a [ast::Stmt]) -> Vec<Stmt> {
        let mut checked = Vec::with_capacity(stmts.len());
        checked.extend(stmts.iter().filter_map(|stmt| self.stmt(stmt)));
        checked
    }

    /// One statement; `None` where it could not be read or was reported.
    pub(super) fn stmt(&mut self, stmt: &'a ast::Stmt) -> Option<Stmt> {
        let kind = self.stmt_here(stmt)?;
        Some(Stmt { kind, span: stmt.span })
    }

    fn stmt_here(&mut self, stmt: &'a ast::Stmt) -> Option<StmtKind> {
        match &stmt.kind {
            Ast::Let { target, ty, value } => self.let_stmt(target, ty.as_ref(), value.as_ref()),
            Ast::Assign { target, op, value } => self.assign(target, *op, value, stmt.span),
            Ast::Step { target, by } => self.step(target, *by, stmt.span),
            Ast::If { condition, then, otherwise } => self.if_stmt(condition, then, otherwise.as_deref()),
            Ast::While { condition, body } => self.while_stmt(condition, body),
            Ast::ForRange { name, from, to, body } => self.for_range(name, (from, to), body, stmt.span),
            Ast::ForEach { name, over, body } => self.for_each(name, over, body, stmt.span),
            Ast::ForLoop { init, test, step, body } => {
                self.for_loop(init.as_deref(), test.as_ref(), step.as_deref(), body, stmt.span)
            }
            Ast::Match { subject, arms } => self.match_stmt(subject, arms),
            Ast::Return(value) => self.return_stmt(value.as_ref(), stmt.span),
            Ast::Break => self.jump("break", StmtKind::Break, stmt.span),
            Ast::Continue => self.jump("continue", StmtKind::Continue, stmt.span),
            Ast::Block(block) => Some(StmtKind::Block(self.block(block))),
            Ast::Expr(expr) => self.expression_stmt(expr),
            Ast::Error => {
                self.hole();
                None
            }
        }
    }

    fn let_stmt(
        &mut self,
        target: &'a LetTarget,
        ty: Option<&'a ast::TypeExpr>,
        value: Option<&'a ast::Expr>,
    ) -> Option<StmtKind> {
        let tuple = matches!(target, LetTarget::Tuple(..));
        let written = ty.map(|ty| (self.read_type(ty, tuple), ty.span));
        match target {
            LetTarget::Name(name) => {
                let origin = value.and_then(|value| comparison_origin(value).or_else(|| pipe_origin(value)));
                let text = value;
                let value = self.first_value(name, written.as_ref(), value);
                let origin = origin.or_else(|| text.and_then(|text| first::origin(&value, text)));
                let ty = written.map_or_else(|| value.ty.clone(), |(ty, _)| ty);
                let place = self.declare_variable(name, ty, origin);
                Some(StmtKind::Store { targets: vec![Some(place)], value, declares: true })
            }
            LetTarget::Tuple(parts, span) => self.let_tuple(parts, written, value, *span),
        }
    }

    fn first_value(&mut self, name: &ast::Ident, written: Option<&(Type, Span)>, value: Option<&'a ast::Expr>) -> Expr {
        match (value, written) {
            (Some(value), Some((ty, at))) => self.expect(value, ty, Role::Annotation { at: *at }),
            (None, Some((ty, _))) => fit::zero(ty, name.span),
            (Some(value), None) => {
                let found = self.value(value, None);
                if found.ty.is_open() {
                    let kind = fit::open_kind(&found.ty);
                    self.report(Problem::CannotInfer { at: found.span, kind, name: Some(name.name.clone()) });
                    return Expr::broken(found.span);
                }
                found
            }
            (None, None) => {
                self.report(Problem::CannotInfer {
                    at: name.span,
                    kind: OpenKind::Bare,
                    name: Some(name.name.clone()),
                });
                Expr::broken(name.span)
            }
        }
    }

    fn let_tuple(
        &mut self,
        parts: &'a [Part<ast::Ident>],
        written: Option<(Type, Span)>,
        value: Option<&'a ast::Expr>,
        span: Span,
    ) -> Option<StmtKind> {
        let wanted: Vec<Option<Type>> = match &written {
            Some((Type::Tuple(types), _)) if types.len() == parts.len() => types.iter().cloned().map(Some).collect(),
            Some((ty, at)) if !ty.is_broken() => {
                let found = if let Type::Tuple(types) = ty { types.len() } else { 1 };
                self.report(Problem::PartCount {
                    at: *at,
                    wanted: parts.len(),
                    found,
                    subject: "this type".to_owned(),
                    target: span,
                });
                vec![Some(Type::Error); parts.len()]
            }
            Some(_) => vec![Some(Type::Error); parts.len()],
            None => vec![None; parts.len()],
        };
        let (checked, types) = match (value, written) {
            (Some(value), _) => self.parts_value(value, &wanted, span),
            (None, Some((ty, _))) => {
                (fit::zero(&ty, span), wanted.iter().map(|ty| ty.clone().unwrap_or(Type::Error)).collect())
            }
            (None, None) => {
                self.report(Problem::CannotInfer { at: span, kind: OpenKind::Bare, name: None });
                (Expr::broken(span), vec![Type::Error; parts.len()])
            }
        };
        let origin = value.and_then(pipe_origin);
        let mut targets = Vec::with_capacity(parts.len());
        for (part, ty) in parts.iter().zip(types) {
            let first = parts.iter().find_map(|other| match (other, part) {
                (Part::Use(other), Part::Use(name)) if other.name == name.name && other.span < name.span => {
                    Some(other.span)
                }
                _ => None,
            });
            targets.push(match part {
                Part::Skip(_) => None,
                Part::Use(name) if first.is_some() && !self.frame.is_top_level() => {
                    let first = first.unwrap_or(name.span);
                    let what = DoubleName::Part;
                    self.report(Problem::Duplicate { name: name.name.clone(), at: name.span, first, what });
                    None
                }
                Part::Use(name) => Some(self.declare_variable(name, ty, origin.clone())),
            });
        }
        Some(StmtKind::Store { targets, value: checked, declares: true })
    }

    /// A value of several parts for so many targets, and the types of the parts.
    fn parts_value(&mut self, value: &'a ast::Expr, wanted: &[Option<Type>], target: Span) -> (Expr, Vec<Type>) {
        let count = wanted.len();
        let hint = wanted.iter().map(|ty| ty.clone().unwrap_or(Type::Error)).collect::<Arc<[Type]>>();
        let found = self.expr(value, Some(&Type::Tuple(hint)));
        let failed = (Expr::broken(found.span), wanted.iter().map(|ty| ty.clone().unwrap_or(Type::Error)).collect());
        let parts = match &found.ty {
            Type::Tuple(parts) => parts.clone(),
            Type::Error => return failed,
            Type::Void | Type::Never => {
                self.value_missing(value, &found);
                return failed;
            }
            ty => Arc::from(vec![ty.clone()]),
        };
        if parts.len() != count {
            let subject = quote::name_it(value);
            self.report(Problem::PartCount { at: found.span, wanted: count, found: parts.len(), subject, target });
            return failed;
        }
        let mut misfit = false;
        for (part, want) in parts.iter().zip(wanted) {
            let Some(want) = want.as_ref().filter(|want| !part.fits(want)) else { continue };
            misfit = true;
            let (found_text, wanted) = (self.phrase(part), self.phrase(want));
            self.report(Problem::PartType {
                at: found.span,
                subject: quote::name_it(value),
                found: found_text,
                wanted,
                target,
            });
        }
        if misfit { failed } else { (found, parts.to_vec()) }
    }

    fn value_missing(&mut self, expr: &ast::Expr, found: &Expr) {
        self.report(Problem::NoValue {
            at: found.span,
            subject: quote::name_it(expr),
            never: found.ty == Type::Never,
            function: None,
        });
    }

    fn assign(
        &mut self,
        target: &'a AssignTarget,
        op: Option<BinaryOp>,
        value: &'a ast::Expr,
        span: Span,
    ) -> Option<StmtKind> {
        match (target, op) {
            (AssignTarget::One(target), None) => {
                self.undeclared(target, true);
                let Some(place) = self.place(target) else {
                    self.value(value, None);
                    return None;
                };
                let value = self.expect(
                    value,
                    &place.ty,
                    Role::Assignment { target: place.span, declared: self.place_declared(&place) },
                );
                Some(StmtKind::Store { targets: vec![Some(place)], value, declares: false })
            }
            (AssignTarget::One(target), Some(op)) => self.update(target, op, value, span),
            (AssignTarget::Tuple(parts, target), _) => {
                let places: Vec<Option<Option<Place>>> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Skip(_) => None,
                        Part::Use(expr) => Some(self.place(expr)),
                    })
                    .collect();
                let wanted: Vec<Option<Type>> = places
                    .iter()
                    .map(|place| {
                        place.as_ref().map(|place| place.as_ref().map_or(Type::Error, |place| place.ty.clone()))
                    })
                    .collect();
                let (value, _) = self.parts_value(value, &wanted, *target);
                Some(StmtKind::Store {
                    targets: places.into_iter().map(Option::flatten).collect(),
                    value,
                    declares: false,
                })
            }
        }
    }

    fn place_declared(&self, place: &Place) -> Option<Span> {
        let span = match &place.kind {
            PlaceKind::Local(id) => self.frame.local(*id)?.span,
            PlaceKind::Global(id) => self.globals.get(id.0 as usize)?.span,
            _ => return None,
        };
        (span.end > span.start).then_some(span)
    }

    /// Reports a name that is stored to before anything has declared it.
    fn undeclared(&mut self, target: &ast::Expr, plain: bool) {
        if let ast::ExprKind::Name(name) = &target.kind
            && matches!(self.meaning(name), Meaning::Unknown)
        {
            self.unknown_name(name, target.span, NameKind::Target { plain });
        }
    }

    fn update(&mut self, target: &'a ast::Expr, op: BinaryOp, value: &'a ast::Expr, span: Span) -> Option<StmtKind> {
        self.undeclared(target, false);
        let place = self.place(target);
        let checked = self.value(value, None);
        let place = place?;
        if place.ty.is_broken() || checked.ty.is_broken() {
            return None;
        }
        match operator::arithmetic(op, &place.ty, &checked.ty) {
            Some((op, ty)) if ty == place.ty => Some(StmtKind::Update { place, op, value: checked }),
            _ => {
                let left = Expr::new(ExprKind::Constant(Constant::Nil), place.ty, place.span);
                self.no_operator(op, (target, &left), (value, &checked), span);
                None
            }
        }
    }

    fn step(&mut self, target: &'a ast::Expr, by: i64, span: Span) -> Option<StmtKind> {
        self.undeclared(target, false);
        let place = self.place(target)?;
        let one = Expr::int(1, span);
        let (op, ptr) =
            if by < 0 { (BinaryOp::Subtract, Operator::PtrSubtract) } else { (BinaryOp::Add, Operator::PtrAdd) };
        let (op, value) = match &place.ty {
            Type::Int => (Operator::Int(op), one),
            Type::Ptr => (ptr, one),
            Type::Float => {
                (Operator::Float(op), Expr::new(ExprKind::Constant(Constant::Float(1.0)), Type::Float, span))
            }
            Type::Error => return None,
            ty => {
                let found = self.phrase(ty);
                let sign = if by < 0 { "--" } else { "++" };
                self.report(Problem::BadOperand {
                    sign,
                    at: span,
                    left: None,
                    right: (found, place.span),
                    helps: Vec::new(),
                });
                return None;
            }
        };
        Some(StmtKind::Update { place, op, value })
    }

    /// Something that can be stored to.
    fn place(&mut self, expr: &'a ast::Expr) -> Option<Place> {
        if let ast::ExprKind::Index(base, _) = &expr.kind {
            return self.element(expr, base);
        }
        let is_place = matches!(expr.kind, ast::ExprKind::Name(_) | ast::ExprKind::Field(..));
        let why = match &expr.kind {
            ast::ExprKind::Name(name) => self.fixed_name(name),
            ast::ExprKind::Slice(..) => Some("a slice is a new value, not a part of the old one"),
            _ if is_place => None,
            ast::ExprKind::Error => {
                self.hole();
                return None;
            }
            _ => Some("only a variable, an element or a field can be assigned to"),
        };
        if let Some(why) = why {
            let help = pointer_of_c(expr);
            let why = if help.is_some() { "a pointer is declared like this in C" } else { why };
            self.report(Problem::NotAssignable { at: expr.span, subject: quote::name_it(expr), why, help });
            return None;
        }
        let value = self.value(expr, None);
        let kind = match value.kind {
            _ if value.ty.is_broken() => return None,
            ExprKind::Local(id) => PlaceKind::Local(id),
            ExprKind::Global(id) => PlaceKind::Global(id),
            ExprKind::Field(base, field) => PlaceKind::Field(base, field),
            _ => return None,
        };
        Some(Place { kind, ty: value.ty, span: expr.span })
    }

    /// Why a name that is known is not a variable.
    fn fixed_name(&self, name: &str) -> Option<&'static str> {
        match self.meaning(name) {
            Meaning::Const(_) | Meaning::Fixed(..) => Some("it is a constant"),
            Meaning::Function(_) => Some("it is a function"),
            Meaning::Builtin(_) => Some("it is a built-in function"),
            Meaning::Struct => Some("it is a struct"),
            _ => None,
        }
    }

    fn element(&mut self, expr: &'a ast::Expr, base: &'a ast::Expr) -> Option<Place> {
        let value = self.value(expr, None);
        let kind = match value.kind {
            _ if value.ty.is_broken() => return None,
            ExprKind::Index(base, index) => PlaceKind::Element(base, index),
            ExprKind::Cell(base, index) => PlaceKind::Cell(base, index),
            _ => {
                let help = quote::quote(base)
                    .map(|s| format!("build a new string: `{s} = {s}[0..i] + chr(c) + {s}[i + 1..];`"));
                let why = "strings cannot be changed in place";
                self.report(Problem::NotAssignable { at: expr.span, subject: quote::name_it(expr), why, help });
                return None;
            }
        };
        Some(Place { kind, ty: value.ty, span: expr.span })
    }

    /// The test of an `if` or `while`, with what it binds; the caller has opened the scope of the names.
    pub(super) fn test(&mut self, condition: &'a Condition) -> (Option<Box<Stmt>>, Expr) {
        match condition {
            Condition::Test(test) => (None, self.condition(test)),
            Condition::Bind { target, value, test } => {
                let bind = self.let_stmt(target, None, Some(value));
                let bind = bind.map(|kind| Box::new(Stmt { kind, span: value.span }));
                (bind, self.condition(test))
            }
        }
    }

    fn if_stmt(
        &mut self,
        condition: &'a Condition,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Stmt>,
    ) -> Option<StmtKind> {
        self.frame.enter();
        let (bind, test) = self.test(condition);
        let then = self.block(then);
        let otherwise = otherwise.map(|stmt| match &stmt.kind {
            Ast::Block(block) => self.block(block),
            _ => Block { stmts: self.stmt(stmt).into_iter().collect(), span: stmt.span },
        });
        self.frame.leave();
        Some(StmtKind::If { bind, test, then, otherwise })
    }

    fn jump(&mut self, word: &'static str, kind: StmtKind, at: Span) -> Option<StmtKind> {
        if self.frame.loops > 0 {
            return Some(kind);
        }
        self.report(Problem::OutsideLoop { word, at, in_match: self.frame.arms > 0 });
        None
    }

    fn return_stmt(&mut self, value: Option<&'a ast::Expr>, at: Span) -> Option<StmtKind> {
        let FrameKind::Function(id) = self.frame.kind else {
            if let Some(value) = value {
                self.value(value, None);
            }
            let code = value.and_then(quote::quote);
            self.report(Problem::ReturnOutside { at, code });
            return None;
        };
        let result = self.frame.result.clone();
        let (name, head) = self
            .signatures
            .get(id.0 as usize)
            .map_or_else(|| ("fn".into(), at), |signature| (signature.name.clone(), signature.head));
        match (value, &result) {
            (None, Type::Void | Type::Error) => Some(StmtKind::Return(None)),
            (None, _) => {
                let wanted = self.phrase(&result);
                self.report(Problem::ReturnNothing { at, name, head, wanted });
                Some(StmtKind::Return(None))
            }
            (Some(value), Type::Void) => {
                let found = self.expr(value, None);
                if !found.ty.is_broken() {
                    let call = matches!(found.ty, Type::Void | Type::Never);
                    let ty = self.text(&found.ty);
                    self.report(Problem::ReturnSomething {
                        at: found.span,
                        name,
                        head,
                        ty,
                        call,
                        text: quote::quote(value),
                    });
                }
                Some(StmtKind::Return(None))
            }
            (Some(value), Type::Tuple(_)) => {
                let found = self.expr(value, Some(&result));
                Some(StmtKind::Return(Some(self.fit(found, &result, value, Role::Result { name, head }))))
            }
            (Some(value), _) => Some(StmtKind::Return(Some(self.expect(value, &result, Role::Result { name, head })))),
        }
    }

    fn expression_stmt(&mut self, expr: &'a ast::Expr) -> Option<StmtKind> {
        // A function's bare name is a call that lacks its parentheses.
        if let ast::ExprKind::Name(name) = &expr.kind
            && let meaning @ (Meaning::Function(_) | Meaning::Builtin(_)) = self.meaning(name)
        {
            let more = if self.takes_arguments(&meaning) { "..." } else { "" };
            self.report(Problem::Useless {
                at: expr.span,
                what: "the function is named, not called",
                help: Some(format!("`{name}({more});` calls it")),
            });
            return None;
        }
        let before = self.found.len();
        let value = match &expr.kind {
            ast::ExprKind::Tuple(_) => self.value(expr, None),
            _ => self.expr(expr, None),
        };
        if value.ty.is_broken() || self.found.len() > before {
            return None;
        }
        if !acts(&value) {
            self.useless(expr, &value);
            return None;
        }
        Some(StmtKind::Expr(value))
    }

    fn takes_arguments(&self, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::Function(id) => self.signatures.get(id.0 as usize).is_some_and(|of| !of.ty.params.is_empty()),
            Meaning::Builtin(builtin) => !builtin.row().required.is_empty(),
            _ => false,
        }
    }

    fn useless(&mut self, expr: &ast::Expr, value: &Expr) {
        let (what, help) = match &expr.kind {
            ast::ExprKind::Binary(BinaryOp::Equal, left, right) => {
                let pair = quote::quote(left).zip(quote::quote(right));
                (
                    "`==` compares, and nothing uses the answer",
                    pair.map(|(left, right)| format!("to assign, write `{left} = {right};`")),
                )
            }
            ast::ExprKind::Binary(op, ..) if op.is_comparison() => ("the comparison has no effect", None),
            ast::ExprKind::Call(callee, args) if value.is_call() || !matches!(value.ty, Type::Void) => {
                let target = args.first().and_then(quote::quote);
                let call = quote::quote(expr);
                let printing = quote::quote(callee).is_some_and(|name| name == "sprintf");
                let help = match (printing, target.zip(call)) {
                    (true, _) => Some("`printf(...)` prints it".to_owned()),
                    (_, Some((target, call)))
                        if matches!(args.first().map(|arg| &arg.kind), Some(ast::ExprKind::Name(_))) =>
                    {
                        Some(format!("keep the result: `let result = {call};` or `{target} = {call};`"))
                    }
                    _ => Some("keep the result: `let result = ...;`".to_owned()),
                };
                ("this call only computes a value, and nothing uses it", help)
            }
            _ => ("nothing uses this value", None),
        };
        self.report(Problem::Useless { at: value.span, what, help });
    }
}

/// `char *s = ...;`, which reads as an assignment to a product.
fn pointer_of_c(target: &ast::Expr) -> Option<String> {
    let ast::ExprKind::Binary(BinaryOp::Multiply, ty, name) = &target.kind else { return None };
    let (ast::ExprKind::Name(ty), ast::ExprKind::Name(name)) = (&ty.kind, &name.kind) else { return None };
    let known = decl::basic_type(ty).is_some() || c_names::of_type(ty).is_some();
    known.then(|| format!("write `let {name} = ...;`"))
}

/// Whether evaluating it for its own sake makes sense: whether a call that does something decides it.
fn acts(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Call(..) | ExprKind::CallValue(..) => true,
        ExprKind::CallBuiltin { builtin, .. } => !is_pure(*builtin),
        ExprKind::First(inner) | ExprKind::Truth(inner) | ExprKind::Not(inner) => acts(inner),
        ExprKind::And(_, right) | ExprKind::Or(_, right) => acts(right),
        ExprKind::Conditional(_, left, right) => acts(left) || acts(right),
        _ => false,
    }
}

/// Whether a call changes nothing that anyone could see.
fn is_pure(builtin: Builtin) -> bool {
    use Builtin::*;
    builtin.row().class == crate::abi::builtin::Class::Library
        && !matches!(builtin, Push | Pop | Sort | Reverse | Malloc | Calloc | Realloc | Free | Assert)
}

fn comparison_origin(value: &ast::Expr) -> Option<Origin> {
    match &value.kind {
        ast::ExprKind::Binary(op, ..) if op.is_comparison() => {
            Some(Origin::Comparison(value.span, quote::quote(value)))
        }
        _ => None,
    }
}

fn pipe_origin(value: &ast::Expr) -> Option<Origin> {
    let ast::ExprKind::Call(callee, _) = &value.kind else { return None };
    matches!(&callee.kind, ast::ExprKind::Name(name) if matches!(&**name, "pipe" | "pipe2"))
        .then_some(Origin::Pipe(value.span))
}
