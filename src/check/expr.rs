//! Expressions: from the tree as written to the tree with types. Types flow both ways: a wanted type is
//! a hint for `nil`, `[]` and literals, and the one who wanted it checks what came.

use std::collections::HashMap;
use std::sync::Arc;

use super::decl::Item;
use super::problem::{DoubleName, Problem, Role};
use super::scope::FrameKind;
use super::tree::{Constant, Expr, ExprKind};
use super::types::{StructId, Type};
use super::{Checker, Waiting, c_names, fit, quote};
use crate::abi::Builtin;
use crate::diagnostics::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, Literal, UnaryOp};

impl<'a> Checker<'a> {
    /// An expression of any type, also a tuple or no value.
    pub(super) fn expr(&mut self, expr: &'a ast::Expr, want: Option<&Type>) -> Expr {
        self.level += 1;
        let checked = self.expr_here(expr, want);
        self.level -= 1;
        checked
    }

    fn expr_here(&mut self, expr: &'a ast::Expr, want: Option<&Type>) -> Expr {
        let span = expr.span;
        match &expr.kind {
            Ast::Literal(literal) => self::literal(literal, want, span),
            Ast::Name(name) => self.name(name, span),
            Ast::Unary(op, operand) => self.unary(*op, operand, span),
            Ast::Binary(op, left, right) => self.binary(*op, left, right, span),
            Ast::Conditional(test, left, right) => self.conditional(test, left, right, want, span),
            Ast::Call(callee, args) => self.call(callee, args, want, span),
            Ast::Index(base, index) => self.index(base, index, span),
            Ast::Slice(base, from, to) => self.slice(base, from.as_deref(), to.as_deref(), span),
            Ast::Field(base, field) => self.field(base, field, span),
            Ast::Array(items) => self.array(items, want, span),
            Ast::Repeat(value, count) => self.repeat(value, count, want, span),
            Ast::Struct(name, fields) => self.struct_literal(name, fields, span),
            Ast::Tuple(parts) => self.tuple(parts, want, span),
            Ast::Function(function) => self.anonymous(function, span),
            Ast::Error => {
                self.hole();
                Expr::broken(span)
            }
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr, span: Span) -> Expr {
        if op == UnaryOp::Not {
            let test = self.condition(operand);
            return Expr::new(ExprKind::Not(Box::new(test)), Type::Bool, span);
        }
        let value = self.value(operand, None);
        match (op, &value.ty) {
            (_, Type::Error) => Expr::broken(span),
            (UnaryOp::Negate, Type::Int) => match value.kind {
                ExprKind::Constant(Constant::Int(number)) => Expr::int(number.wrapping_neg(), span),
                _ => Expr::new(ExprKind::NegateInt(Box::new(value)), Type::Int, span),
            },
            (UnaryOp::Negate, Type::Float) => match value.kind {
                ExprKind::Constant(Constant::Float(number)) => {
                    Expr::new(ExprKind::Constant(Constant::Float(-number)), Type::Float, span)
                }
                _ => Expr::new(ExprKind::NegateFloat(Box::new(value)), Type::Float, span),
            },
            (UnaryOp::Complement, Type::Int) => Expr::new(ExprKind::Complement(Box::new(value)), Type::Int, span),
            (_, Type::Status) => {
                self.status_problem(operand, &value, &format!("`{}` works on numbers", op.sign()), "WEXITSTATUS(", ")");
                Expr::broken(span)
            }
            _ => {
                let help = (value.ty == Type::Bool).then(|| "the opposite of a bool is written `!`".to_owned());
                let operand = (self.phrase(&value.ty), value.span);
                self.report(Problem::BadOperand {
                    sign: op.sign(),
                    at: span,
                    left: None,
                    right: operand,
                    helps: help.into_iter().collect(),
                });
                Expr::broken(span)
            }
        }
    }

    fn conditional(
        &mut self,
        test: &'a ast::Expr,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let test = self.condition(test);
        let mut first = self.value(left, want);
        let hint = if first.ty.is_open() { want } else { Some(&first.ty) };
        let mut second = self.value(right, hint);
        let Some(ty) = first.ty.join(&second.ty) else {
            let wanted = first.ty.clone();
            return self.fit(second, &wanted, right, Role::Branch { other: first.span });
        };
        fit::settle(&mut first, &ty);
        fit::settle(&mut second, &ty);
        Expr::new(ExprKind::Conditional(Box::new(test), Box::new(first), Box::new(second)), ty, span)
    }

    fn index(&mut self, base: &'a ast::Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let value = self.value(base, None);
        let at = self.expect(index, &Type::Int, Role::Index);
        let (base_box, index_box) = (Box::new(value), Box::new(at));
        let ty = base_box.ty.clone();
        match ty {
            Type::Array(element) => Expr::new(ExprKind::Index(base_box, index_box), (*element).clone(), span),
            Type::Str => Expr::new(ExprKind::Byte(base_box, index_box), Type::Int, span),
            Type::Ptr => Expr::new(ExprKind::Cell(base_box, index_box), Type::Int, span),
            Type::Error => Expr::broken(span),
            _ => {
                self.not_indexable(base, &base_box);
                Expr::broken(span)
            }
        }
    }

    /// Reports something in front of `[` that has no elements.
    pub(super) fn not_indexable(&mut self, base: &ast::Expr, value: &Expr) {
        if value.ty == Type::Status {
            return self.status_problem(base, value, "it has no elements", "WEXITSTATUS(", ")");
        }
        let tuple = matches!(value.kind, ExprKind::First(_));
        let found = self.phrase(&value.ty);
        let pipe = match self.origin(value) {
            Some(super::scope::Origin::Pipe(made)) => Some(*made),
            _ => None,
        };
        self.report(Problem::NotIndexable { at: value.span, subject: quote::name_it(base), found, tuple, pipe });
    }

    fn slice(
        &mut self,
        base: &'a ast::Expr,
        from: Option<&'a ast::Expr>,
        to: Option<&'a ast::Expr>,
        span: Span,
    ) -> Expr {
        let value = self.value(base, None);
        let from = from.map(|from| Box::new(self.expect(from, &Type::Int, Role::Index)));
        let to = to.map(|to| Box::new(self.expect(to, &Type::Int, Role::Index)));
        match &value.ty {
            Type::Array(_) | Type::Str => {
                let ty = value.ty.clone();
                Expr::new(ExprKind::Slice(Box::new(value), from, to), ty, span)
            }
            Type::Error => Expr::broken(span),
            _ => {
                self.not_indexable(base, &value);
                Expr::broken(span)
            }
        }
    }

    fn field(&mut self, base: &'a ast::Expr, field: &ast::Ident, span: Span) -> Expr {
        let value = self.value(base, None);
        self.field_of(value, base, field, span)
    }

    /// `value.field`, the value being what `base` gave.
    pub(super) fn field_of(&mut self, value: Expr, base: &ast::Expr, field: &ast::Ident, span: Span) -> Expr {
        match value.ty.clone() {
            Type::Struct(id) => match self.find_field(id, field) {
                Some((at, ty)) => Expr::new(ExprKind::Field(Box::new(value), at), ty, span),
                None => Expr::broken(span),
            },
            Type::Error => Expr::broken(span),
            ty => {
                let found = self.phrase(&ty);
                let help = match (&ty, quote::quote(base)) {
                    (Type::Status, Some(name)) => Some(format!(
                        "a status is asked: `WIFEXITED({name})`, `WEXITSTATUS({name})`, `WTERMSIG({name})`"
                    )),
                    (Type::Status, None) => None,
                    _ => method_help(&field.name, base),
                };
                self.report(Problem::NoFields {
                    at: field.span,
                    subject: quote::name_it(base),
                    found,
                    field: field.name.clone(),
                    help,
                });
                Expr::broken(span)
            }
        }
    }

    pub(super) fn has_field(&self, id: StructId, field: &str) -> bool {
        self.structs.get(id.0 as usize).is_some_and(|def| def.fields.iter().any(|(name, _)| **name == *field))
    }

    /// The index and type of a field; a struct that has it not is reported.
    pub(super) fn find_field(&mut self, id: StructId, field: &ast::Ident) -> Option<(u32, Type)> {
        let def = self.structs.get(id.0 as usize)?;
        let found = def.fields.iter().position(|(name, _)| *name == field.name);
        if let Some((at, (_, ty))) = found.and_then(|at| Some((at, def.fields.get(at)?))) {
            return Some((at as u32, ty.clone()));
        }
        let near = suggest::nearest(&field.name, def.fields.iter().map(|(name, _)| &**name)).map(str::to_owned);
        let fields = def.fields.iter().map(|(name, _)| name.clone()).collect();
        let (owner, declared) = (def.name.clone(), def.span);
        self.report(Problem::UnknownField { owner, field: field.name.clone(), at: field.span, near, fields, declared });
        None
    }

    fn array(&mut self, items: &'a [ast::Expr], want: Option<&Type>, span: Span) -> Expr {
        let hint = match want {
            Some(Type::Array(element)) => Some((**element).clone()),
            _ => None,
        };
        if items.is_empty() {
            let ty = want.filter(|want| matches!(want, Type::Array(_))).cloned().unwrap_or(Type::EmptyArray);
            return Expr::new(ExprKind::Array(Vec::new()), ty, span);
        }
        let mut element = hint;
        let mut first = None;
        let mut broken = false;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(item, element.as_ref());
            let joined = element.as_ref().map_or(Some(value.ty.clone()), |element| element.join(&value.ty));
            match joined {
                Some(joined) => {
                    broken |= joined.is_broken();
                    element = Some(joined);
                    first.get_or_insert(value.span);
                    values.push(value);
                }
                // One report for a literal: the others would say the same.
                None if broken => {}
                None => {
                    broken = true;
                    let wanted = element.clone().unwrap_or(Type::Error);
                    self.fit(value, &wanted, item, Role::Element { first });
                }
            }
        }
        let element = element.unwrap_or(Type::Error);
        if broken || element.is_broken() {
            return Expr::broken(span);
        }
        values.iter_mut().for_each(|value| fit::settle(value, &element));
        let ty = self.array_of(element, span);
        Expr::new(ExprKind::Array(values), ty, span)
    }

    fn repeat(&mut self, value: &'a ast::Expr, count: &'a ast::Expr, want: Option<&Type>, span: Span) -> Expr {
        let hint = match want {
            Some(Type::Array(element)) => Some(&**element),
            _ => None,
        };
        let value = self.value(value, hint);
        let count = self.expect(count, &Type::Int, Role::Count);
        if value.ty.is_broken() {
            return Expr::broken(span);
        }
        let ty = self.array_of(value.ty.clone(), span);
        Expr::new(ExprKind::Repeat { value: Box::new(value), count: Box::new(count) }, ty, span)
    }

    fn struct_literal(&mut self, name: &ast::Ident, fields: &'a [(ast::Ident, ast::Expr)], span: Span) -> Expr {
        let Some(Item::Struct(id)) = self.items.get(&name.name).copied() else {
            for (_, value) in fields {
                self.value(value, None);
            }
            if !self.lost.contains(&name.name) {
                let structs = self.structs.iter().map(|def| &*def.name);
                let near = suggest::nearest(&name.name, structs).map(str::to_owned);
                self.report(Problem::UnknownType {
                    name: name.name.clone(),
                    at: name.span,
                    near,
                    teach: c_names::of_type(&name.name),
                });
            }
            return Expr::broken(span);
        };
        let mut seen = HashMap::new();
        let mut values = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            if let Some(first) = seen.insert(field.name.clone(), field.span) {
                self.report(Problem::Duplicate {
                    name: field.name.clone(),
                    at: field.span,
                    first,
                    what: DoubleName::Part,
                });
            }
            let Some((at, ty)) = self.find_field(id, field) else {
                self.value(value, None);
                continue;
            };
            let role = Role::Field { owner: name.name.clone(), field: field.name.clone() };
            values.push((at, self.expect(value, &ty, role)));
        }
        Expr::new(ExprKind::Struct(id, values), Type::Struct(id), span)
    }

    /// `(a, b)`: the caller decides whether a tuple may stand here.
    fn tuple(&mut self, parts: &'a [ast::Expr], want: Option<&Type>, span: Span) -> Expr {
        let wanted = match want {
            Some(Type::Tuple(wanted)) if wanted.len() == parts.len() => Some(wanted.clone()),
            _ => None,
        };
        let mut values = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let want = wanted.as_ref().and_then(|wanted| wanted.get(at)).filter(|want| !want.is_broken());
            values.push(match want {
                Some(want) => self.expect(part, want, Role::Part),
                None => self.settled(part, None),
            });
        }
        let types: Arc<[Type]> = values.iter().map(|value| value.ty.clone()).collect();
        if types.iter().any(Type::is_broken) {
            return Expr::broken(span);
        }
        Expr::new(ExprKind::Tuple(values), Type::Tuple(types), span)
    }

    fn anonymous(&mut self, function: &'a ast::Function, span: Span) -> Expr {
        let id = self.new_function(function.head);
        let signature = self.read_signature(function);
        let ty = signature.ty.clone();
        if let Some(place) = self.signatures.get_mut(id.0 as usize) {
            *place = signature;
        }
        let within = match self.frame.kind {
            FrameKind::Function(id) => {
                self.signatures.get(id.0 as usize).map_or_else(|| "fn".into(), |signature| signature.name.clone())
            }
            FrameKind::Main | FrameKind::Constant => Arc::from("main program"),
        };
        let name: Arc<str> = if within.starts_with("fn in ") { within } else { format!("fn in {within}").into() };
        if let Some(signature) = self.signatures.get_mut(id.0 as usize) {
            signature.name = name.clone();
        }
        self.waiting.push_back(Waiting { id, function, name, outer: self.frame.visible() });
        Expr::new(ExprKind::Function(id), Type::Function(ty), span)
    }

    /// A condition as a bool: ints and what can be nil are compared with zero, as in C.
    pub(super) fn condition(&mut self, expr: &'a ast::Expr) -> Expr {
        let value = self.value(expr, None);
        let span = value.span;
        match &value.ty {
            Type::Bool => value,
            Type::Error => Expr { ty: Type::Bool, ..value },
            Type::Int | Type::Ptr | Type::Struct(_) | Type::Function(_) => match value.kind {
                ExprKind::Constant(Constant::Int(number)) => {
                    Expr::new(ExprKind::Constant(Constant::Bool(number != 0)), Type::Bool, span)
                }
                _ => Expr::new(ExprKind::Truth(Box::new(value)), Type::Bool, span),
            },
            Type::Status => {
                self.status_problem(expr, &value, "it is neither true nor false", "WIFEXITED(", ")");
                Expr { ty: Type::Bool, ..Expr::broken(span) }
            }
            ty => {
                let operand = quote::operand(expr).unwrap_or_else(|| "x".to_owned());
                let help = match ty {
                    Type::Str => Some(format!("`{operand} != \"\"` is true for a text that is not empty")),
                    Type::Float => Some(format!("`{operand} != 0.0`")),
                    Type::Array(_) => Some(format!("`len({operand}) > 0` is true for an array that is not empty")),
                    Type::Nil => Some("`nil` is never true: write `false`".to_owned()),
                    _ => None,
                };
                let found = self.phrase(ty);
                self.report(Problem::BadCondition { at: span, found, help });
                Expr { ty: Type::Bool, ..Expr::broken(span) }
            }
        }
    }
}

fn literal(literal: &Literal, want: Option<&Type>, span: Span) -> Expr {
    let (constant, ty) = match literal {
        Literal::Int(value) => (Constant::Int(*value), Type::Int),
        Literal::Char(byte) => (Constant::Int(i64::from(*byte)), Type::Int),
        Literal::Float(value) => (Constant::Float(*value), Type::Float),
        Literal::Bool(value) => (Constant::Bool(*value), Type::Bool),
        Literal::Str(bytes) => (Constant::Str(bytes.clone()), Type::Str),
        Literal::Nil => (Constant::Nil, want.filter(|want| want.can_be_nil()).cloned().unwrap_or(Type::Nil)),
    };
    Expr::new(ExprKind::Constant(constant), ty, span)
}

/// `s.len()` and the like: the call that does it here.
pub(super) fn method_help(field: &str, base: &ast::Expr) -> Option<String> {
    let builtin = match field {
        "length" | "size" | "count" => Builtin::Len,
        "append" | "add" | "push_back" => Builtin::Push,
        _ => Builtin::find(field)?,
    };
    let subject = quote::quote(base)?;
    let more = if builtin.row().required.len() > 1 { ", ..." } else { "" };
    Some(format!("there are no methods: `{}({subject}{more})`", builtin.name()))
}
