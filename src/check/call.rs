//! Calls of the program's own functions and of function values; calls of built-ins go to `builtin`.

use std::sync::Arc;

use super::decl::Signature;
use super::names::Meaning;
use super::problem::{CountProblem, NameKind, Problem, Role};
use super::tree::{Expr, ExprKind, FunctionId};
use super::types::{FunctionType, Type};
use super::{Checker, expr, quote};
use crate::abi::Builtin;
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast};

impl<'a> Checker<'a> {
    /// `callee(args)`
    pub(super) fn call(
        &mut self,
        callee: &'a ast::Expr,
        args: &'a [ast::Expr],
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        if let Ast::Name(name) = &callee.kind {
            match self.meaning(name) {
                Meaning::Function(id) => return self.call_function(id, args, span),
                Meaning::Builtin(builtin) => return self.call_builtin(builtin, args, want, span),
                Meaning::Unknown => {
                    self.unknown_name(name, callee.span, NameKind::Call);
                    // `sizeof(int)` and its like are explained by the name alone.
                    if super::c_names::of_name(name).is_none() {
                        args.iter().for_each(|arg| drop(self.value(arg, None)));
                    }
                    return Expr::broken(span);
                }
                Meaning::Struct => {
                    self.not_callable(
                        callee,
                        "a struct".to_owned(),
                        None,
                        Some(format!("a struct is written `{name} {{ field: value }}`")),
                    );
                    return Expr::broken(span);
                }
                _ => {}
            }
        }
        let value = match &callee.kind {
            Ast::Field(base, field) => match self.method(base, field, args, callee.span) {
                Some(value) => value,
                None => return Expr::broken(span),
            },
            _ => self.value(callee, None),
        };
        match value.ty.clone() {
            Type::Function(ty) => self.call_value(callee, value, &ty, args, span),
            Type::Error => {
                args.iter().for_each(|arg| drop(self.value(arg, None)));
                Expr::broken(span)
            }
            ty => {
                let found = self.phrase(&ty);
                let declared = self.declared(&value);
                let help = match &callee.kind {
                    Ast::Name(name) if Builtin::find(name).is_some() => {
                        Some(format!("this variable hides the built-in `{name}`: rename it"))
                    }
                    _ => None,
                };
                self.not_callable(callee, found, declared, help);
                Expr::broken(span)
            }
        }
    }

    fn not_callable(&mut self, callee: &ast::Expr, found: String, declared: Option<Span>, help: Option<String>) {
        self.report(Problem::NotCallable { at: callee.span, subject: quote::name_it(callee), found, declared, help });
    }

    /// `s.field(…)`: the field, if there is one; `s.len()` is reported as what it is.
    fn method(&mut self, base: &'a ast::Expr, field: &'a ast::Ident, args: &'a [ast::Expr], at: Span) -> Option<Expr> {
        if self.module_call(base, field, at) {
            args.iter().for_each(|arg| drop(self.value(arg, None)));
            return None;
        }
        let value = self.value(base, None);
        let is_field = match &value.ty {
            Type::Struct(id) => self.has_field(*id, &field.name),
            _ => false,
        };
        if is_field {
            return Some(self.field_of(value, base, field, at));
        }
        if !value.ty.is_broken() {
            let help = expr::method_help(&field.name, base)
                .or_else(|| Some("a function takes what it works on as its first argument".to_owned()));
            self.not_callable_field(field, help);
        }
        args.iter().for_each(|arg| drop(self.value(arg, None)));
        None
    }

    /// `os.fork()`, `console.log(…)`: a call in something that nothing declares.
    fn module_call(&mut self, base: &ast::Expr, field: &ast::Ident, at: Span) -> bool {
        let mut root = base;
        while let Ast::Field(inner, _) = &root.kind {
            root = inner;
        }
        let Ast::Name(module) = &root.kind else { return false };
        if !matches!(self.meaning(module), Meaning::Unknown) || self.lost.contains(module) {
            return false;
        }
        let mended = match &*field.name {
            "println" | "Println" | "log" | "puts" | "writeln" | "WriteLine" | "Print" => Some("print"),
            "Printf" => Some("printf"),
            "error" if &**module == "console" => Some("eprint"),
            "kill" | "signal" => Some(&*field.name),
            name => Builtin::find(name).map(Builtin::name),
        };
        let key: Arc<str> = format!("{module}.{}", field.name).into();
        if self.frame.reported.insert(key) {
            self.report(Problem::NoModule { at, module: module.clone(), mended: mended.map(str::to_owned) });
        }
        true
    }

    fn not_callable_field(&mut self, field: &ast::Ident, help: Option<String>) {
        self.report(Problem::NotCallable {
            at: field.span,
            subject: format!("`.{}()`", field.name),
            found: "a method".to_owned(),
            declared: None,
            help,
        });
    }

    fn call_function(&mut self, id: FunctionId, args: &'a [ast::Expr], span: Span) -> Expr {
        let Some(signature) = self.signatures.get(id.0 as usize).cloned() else { return Expr::broken(span) };
        let shown = self.signature_text(&signature);
        let ty = signature.ty.clone();
        match self.arguments(&signature.name, &signature.names, &ty, shown, Some(signature.head), args, span) {
            Some(values) => Expr::new(ExprKind::Call(id, values), ty.result.clone(), span),
            None => Expr::new(ExprKind::Call(id, Vec::new()), ty.result.clone(), span),
        }
    }

    fn call_value(
        &mut self,
        callee: &ast::Expr,
        value: Expr,
        ty: &Arc<FunctionType>,
        args: &'a [ast::Expr],
        span: Span,
    ) -> Expr {
        let shown = self.text(&value.ty);
        let name: Arc<str> = quote::quote(callee).unwrap_or_else(|| "this function".to_owned()).into();
        let declared = self.declared(&value);
        let values = self.arguments(&name, &[], ty, shown, declared, args, span).unwrap_or_default();
        Expr::new(ExprKind::CallValue(Box::new(value), values), ty.result.clone(), span)
    }

    /// A function's head as the user wrote it.
    fn signature_text(&self, signature: &Signature) -> String {
        let params: Vec<String> = signature
            .names
            .iter()
            .zip(&signature.ty.params)
            .map(|(name, ty)| format!("{name}: {}", self.text(ty)))
            .collect();
        let result = match &signature.ty.result {
            Type::Void => String::new(),
            ty => format!(" -> {}", self.text(ty)),
        };
        format!("fn {}({}){result}", signature.name, params.join(", "))
    }

    #[allow(clippy::too_many_arguments, reason = "all that a message about a call may need")]
    fn arguments(
        &mut self,
        name: &Arc<str>,
        names: &[Arc<str>],
        ty: &FunctionType,
        signature: String,
        declared: Option<Span>,
        args: &'a [ast::Expr],
        span: Span,
    ) -> Option<Vec<Expr>> {
        if args.len() != ty.params.len() {
            args.iter().take(ty.params.len()).for_each(|arg| drop(self.value(arg, None)));
            let wanted = count_words(ty.params.len());
            let surplus = surplus(args, ty.params.len());
            self.report(Problem::Count(Box::new(CountProblem {
                callee: name.to_string(),
                at: span,
                wanted,
                found: args.len(),
                surplus,
                signature,
                declared,
                help: None,
            })));
            return None;
        }
        let values: Vec<Expr> = args.iter().zip(&ty.params).map(|(arg, want)| self.value(arg, Some(want))).collect();
        let fits: Vec<bool> = values.iter().zip(&ty.params).map(|(value, want)| value.ty.fits(want)).collect();
        let swapped =
            |one: usize, other: usize| values[one].ty.fits(&ty.params[other]) && values[other].ty.fits(&ty.params[one]);
        if let Some((one, other)) = swapped_pair(&fits, swapped) {
            self.swapped(name, args, (one, other), &signature, span);
            return None;
        }
        let mut checked = Vec::with_capacity(values.len());
        for (at, (value, want)) in values.into_iter().zip(&ty.params).enumerate() {
            let param = names.get(at).map_or_else(|| format!("argument {}", at + 1), |name| name.to_string());
            let role = Role::Argument { callee: name.to_string(), param, signature: signature.clone(), declared };
            checked.push(self.fit(value, want, &args[at], role));
        }
        Some(checked)
    }

    /// Two arguments that would fit in each other's place.
    pub(super) fn swapped(
        &mut self,
        name: &str,
        args: &[ast::Expr],
        (one, other): (usize, usize),
        signature: &str,
        span: Span,
    ) {
        let (Some(first), Some(second)) = (args.get(one), args.get(other)) else { return };
        let mut order: Vec<&ast::Expr> = args.iter().collect();
        order.swap(one, other);
        let mended: Option<Vec<String>> = order.into_iter().map(quote::quote).collect();
        let mended = mended.map(|args| format!("{name}({})", args.join(", ")));
        self.report(Problem::Swapped {
            callee: name.to_owned(),
            at: span,
            first: first.span,
            second: second.span,
            signature: signature.to_owned(),
            mended,
        });
    }
}

/// The first two misfits that would fit if they changed places.
pub(super) fn swapped_pair(fits: &[bool], swapped: impl Fn(usize, usize) -> bool) -> Option<(usize, usize)> {
    let misfits: Vec<usize> = (0..fits.len()).filter(|at| !fits[*at]).take(8).collect();
    misfits
        .iter()
        .flat_map(|one| misfits.iter().map(move |other| (*one, *other)))
        .find(|(one, other)| one < other && swapped(*one, *other))
}

/// The arguments beyond the last that is wanted.
pub(super) fn surplus(args: &[ast::Expr], wanted: usize) -> Option<Span> {
    let first = args.get(wanted)?.span;
    args.last().map(|last| first.to(last.span))
}

/// `no arguments`, `1 argument`, `3 arguments`
pub(super) fn count_words(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}
