//! Values that must fit a place: one part of a tuple, `nil` and `[]` that learn their type, and what is
//! said where a value of one type stands where another is wanted.

use std::sync::Arc;

use super::problem::{Mismatch, OpenKind, Problem, Role};
use super::scope::Origin;
use super::tree::{Constant, Expr, ExprKind};
use super::types::Type;
use super::{Checker, quote};
use crate::source::Span;
use crate::syntax::ast;

/// How many arrays may stand one within the other.
pub(super) const DEEPEST: usize = 32;

impl Expr {
    /// What stands where a mistake was reported; the tree that holds it is never given out.
    pub(super) fn broken(span: Span) -> Expr {
        Expr { kind: ExprKind::Constant(Constant::Int(0)), ty: Type::Error, span }
    }

    pub(super) fn new(kind: ExprKind, ty: Type, span: Span) -> Expr {
        Expr { kind, ty, span }
    }

    pub(super) fn int(value: i64, span: Span) -> Expr {
        Expr { kind: ExprKind::Constant(Constant::Int(value)), ty: Type::Int, span }
    }

    /// Whether it is a call, of whatever kind.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.kind, ExprKind::Call(..) | ExprKind::CallValue(..) | ExprKind::CallBuiltin { .. })
    }
}

/// The zero of a type, as `let x: T;` gives it.
pub(super) fn zero(ty: &Type, span: Span) -> Expr {
    let kind = match ty {
        Type::Float => ExprKind::Constant(Constant::Float(0.0)),
        Type::Bool => ExprKind::Constant(Constant::Bool(false)),
        Type::Str => ExprKind::Constant(Constant::Str(Arc::from(&b""[..]))),
        Type::Array(_) => ExprKind::Array(Vec::new()),
        Type::Ptr | Type::Struct(_) | Type::Function(_) => ExprKind::Constant(Constant::Nil),
        Type::Tuple(parts) => ExprKind::Tuple(parts.iter().map(|part| zero(part, span)).collect()),
        _ => ExprKind::Constant(Constant::Int(0)),
    };
    Expr { kind, ty: ty.clone(), span }
}

/// Gives `nil` and `[]` within an expression the type that they have met.
pub(super) fn settle(expr: &mut Expr, ty: &Type) {
    if !expr.ty.is_open() {
        return;
    }
    match &mut expr.kind {
        ExprKind::Array(items) => {
            if let Type::Array(element) = ty {
                items.iter_mut().for_each(|item| settle(item, element));
            }
        }
        ExprKind::Repeat { value, .. } => {
            if let Type::Array(element) = ty {
                settle(value, element);
            }
        }
        ExprKind::Conditional(_, left, right) => {
            settle(left, ty);
            settle(right, ty);
        }
        _ => {}
    }
    expr.ty = ty.clone();
}

impl<'a> Checker<'a> {
    /// An expression that must give exactly one value; `nil` and `[]` may still lack their type.
    pub(super) fn value(&mut self, expr: &'a ast::Expr, want: Option<&Type>) -> Expr {
        if let Some(name) = self.called_too_early(expr, want) {
            let (at, subject) = (expr.span, quote::name_it(expr));
            self.report(Problem::NoValue { at, subject, never: false, function: Some(name) });
            return Expr::broken(at);
        }
        let value = self.expr(expr, want);
        self.single(value, expr, want)
    }

    /// `signal(SIGINT, handler());`: the name of a function that gives nothing and is called where it is wanted itself.
    fn called_too_early(&self, expr: &ast::Expr, want: Option<&Type>) -> Option<String> {
        let (ast::ExprKind::Call(callee, _), Some(Type::Function(_))) = (&expr.kind, want) else { return None };
        let ast::ExprKind::Name(name) = &callee.kind else { return None };
        let super::names::Meaning::Function(id) = self.meaning(name) else { return None };
        let signature = self.signatures.get(id.0 as usize)?;
        (signature.ty.result == Type::Void).then(|| name.to_string())
    }

    /// Of a call that gives a tuple, the first part; where there is no value at all, a report.
    fn single(&mut self, value: Expr, expr: &ast::Expr, want: Option<&Type>) -> Expr {
        let span = value.span;
        match &value.ty {
            Type::Tuple(parts) if value.is_call() => {
                let ty = parts.first().cloned().unwrap_or(Type::Error);
                Expr::new(ExprKind::First(Box::new(value)), ty, span)
            }
            Type::Tuple(_) => {
                self.report(Problem::TupleValue { at: span });
                Expr::broken(span)
            }
            Type::Void | Type::Never => {
                let never = value.ty == Type::Never;
                let function = match (&expr.kind, want) {
                    (ast::ExprKind::Call(callee, _), Some(Type::Function(_))) => quote::quote(callee),
                    _ => None,
                };
                self.report(Problem::NoValue { at: span, subject: quote::name_it(expr), never, function });
                Expr::broken(span)
            }
            _ => value,
        }
    }

    /// A value whose type nothing else will tell.
    pub(super) fn settled(&mut self, expr: &'a ast::Expr, want: Option<&Type>) -> Expr {
        let value = self.value(expr, want);
        if value.ty.is_open() {
            self.report(Problem::CannotInfer { at: value.span, kind: open_kind(&value.ty), name: None });
            return Expr::broken(value.span);
        }
        value
    }

    /// A value of the type wanted.
    pub(super) fn expect(&mut self, expr: &'a ast::Expr, want: &Type, role: Role) -> Expr {
        let value = self.value(expr, Some(want));
        self.fit(value, want, expr, role)
    }

    /// The value, if it fits; else a report.
    pub(super) fn fit(&mut self, mut value: Expr, want: &Type, expr: &ast::Expr, role: Role) -> Expr {
        if value.ty.fits(want) {
            if !want.is_broken() {
                settle(&mut value, want);
            }
            return value;
        }
        let span = value.span;
        if value.ty == Type::Status && self.misused_status(expr, &value, &role) {
            return Expr::broken(span);
        }
        let problem = self.mismatch(&value, want, expr, role);
        self.report(Problem::Mismatch(Box::new(problem)));
        Expr::broken(span)
    }

    fn misused_status(&mut self, expr: &ast::Expr, value: &Expr, role: &Role) -> bool {
        // A status where a text or an array is wanted is an ordinary mistake.
        let how = match role {
            Role::Argument { callee, .. } => format!("`{callee}` wants another type"),
            _ => "another type is wanted".to_owned(),
        };
        self.status_problem(expr, value, &how, "WEXITSTATUS(", ")");
        true
    }

    /// Reports a status that was taken for a number. The help puts the status between two texts.
    pub(super) fn status_problem(&mut self, expr: &ast::Expr, value: &Expr, how: &str, before: &str, after: &str) {
        let name = quote::quote(expr).unwrap_or_else(|| "status".to_owned());
        let help = format!("`{before}{name}{after}`");
        let declared = self.declared(value);
        self.report(Problem::Status { at: value.span, how: how.to_owned(), name, declared, help });
    }

    /// Where the variable that an expression names is declared.
    pub(super) fn declared(&self, value: &Expr) -> Option<Span> {
        match &value.kind {
            ExprKind::Local(id) => self.frame.local(*id).map(|local| local.span),
            ExprKind::Global(id) => self.globals.get(id.0 as usize).map(|global| global.span),
            _ => None,
        }
        .filter(|span| span.end > span.start)
    }

    /// The type of an array of such elements. The depth is bounded, since types are walked by recursion and
    /// `let b = [a]; let c = [b];` goes on for as long as the file does.
    pub(super) fn array_of(&mut self, element: Type, at: Span) -> Type {
        if element.is_broken() {
            return Type::Error;
        }
        if element.depth() >= DEEPEST {
            self.report(Problem::DeepArray { at });
            return Type::Error;
        }
        Type::Array(Arc::new(element))
    }

    /// What is remembered of a variable's first value.
    pub(super) fn origin(&self, value: &Expr) -> Option<&Origin> {
        match &value.kind {
            ExprKind::Local(id) => self.frame.origins.get(id.0 as usize)?.as_ref(),
            ExprKind::Global(id) => self.origins.get(id.0 as usize)?.as_ref(),
            _ => None,
        }
    }

    fn mismatch(&mut self, value: &Expr, want: &Type, expr: &ast::Expr, role: Role) -> Mismatch {
        let mut problem = Mismatch {
            at: value.span,
            wanted: self.text(want),
            wanted_phrase: self.phrase(want),
            found: self.text(&value.ty),
            found_phrase: self.phrase(&value.ty),
            subject: quote::name_it(expr),
            role,
            also: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        };
        if (&value.ty, want) == (&Type::Bool, &Type::Int) && self.explain_comparison(value, expr, &mut problem) {
            return problem;
        }
        self.explain_function(value, want, expr, &mut problem);
        if problem.helps.is_empty()
            && let Some(help) = self.other_part(expr, value, want)
        {
            problem.helps.push(help);
            if let Some(Origin::First(at, ..)) = self.origin(value) {
                problem.also.push((*at, "gives several values, and only the first was kept".to_owned()));
            }
        }
        if problem.helps.is_empty() {
            let plain = matches!(problem.role, Role::Argument { .. } | Role::Index | Role::RangeEnd);
            let quoted = matches!(expr.kind, ast::ExprKind::Literal(ast::Literal::Str(_)));
            let help = match &problem.role {
                Role::Argument { callee, param, .. } if param == "fmt" && callee != "dprintf" => {
                    quote::quote(expr).map(|text| format!("the format comes first: `{callee}(\"%d\\n\", {text})`"))
                }
                _ if plain && quoted && *want == Type::Int => constant_in_quotes(expr),
                _ => conversion(&value.ty, want, expr),
            };
            problem.helps.extend(help);
        }
        problem
    }

    /// `let pid = fork() == 0;`, and then `pid` is wanted.
    fn explain_comparison(&self, value: &Expr, expr: &ast::Expr, problem: &mut Mismatch) -> bool {
        let Some(Origin::Comparison(at, text)) = self.origin(value) else { return false };
        let name = quote::quote(expr).unwrap_or_default();
        let comparison = text.as_ref().map_or("this".to_owned(), |text| format!("`{text}`"));
        problem
            .also
            .push((*at, format!("{comparison} is a comparison, so `{name}` is true or false and the number is lost")));
        if matches!(&problem.role, Role::Argument { callee, param, .. } if callee == "kill" && param == "pid") {
            problem.notes.push(
                "in C this would be `kill(0, ...)` or `kill(1, ...)`: 0 means every process of your own group"
                    .to_owned(),
            );
        }
        let left = text.as_ref().and_then(|text| text.split(" == ").next().map(str::to_owned));
        if let (Some(left), Some(text)) = (left, text) {
            let test = text.replacen(&left, &name, 1);
            problem.helps.push(format!("keep the number: `let {name} = {left};`, and then test `{test}`"));
        }
        true
    }

    /// A function that was called too early, or has the wrong shape for a handler.
    fn explain_function(&self, value: &Expr, want: &Type, expr: &ast::Expr, problem: &mut Mismatch) {
        let Type::Function(wanted) = want else { return };
        if let (Type::Function(_), true) = (&value.ty, *want == Type::handler()) {
            problem.notes.push(
                "a handler takes the number of the signal and gives nothing: `fn on_signal(sig: int) { }`".to_owned(),
            );
        }
        if let ExprKind::Function(id) = &value.kind
            && let Some(signature) = self.signatures.get(id.0 as usize)
        {
            // A function without a name is in the picture already.
            if !(value.span.start <= signature.head.start && signature.head.end <= value.span.end) {
                problem.also.push((signature.head, "declared here".to_owned()));
            } else if wanted.params.len() == 1 {
                problem.helps.push("write `fn(sig: int) { … }`".to_owned());
            }
        }
        if let ast::ExprKind::Call(callee, _) = &expr.kind {
            if let Some(name) = quote::quote(callee) {
                problem.notes.push(format!("`{name}(...)` calls the function now, and its result stands here"));
                problem.helps.push(format!("to pass the function itself write `{name}`"));
            }
        } else if wanted.params.len() == 1 && matches!(value.ty, Type::Int | Type::Str) {
            problem.helps.push("a handler is the name of a function, `SIG_DFL` or `SIG_IGN`".to_owned());
        }
    }
}

pub(super) fn open_kind(ty: &Type) -> OpenKind {
    match ty {
        Type::Nil => OpenKind::Nil,
        _ => OpenKind::EmptyArray,
    }
}

/// `"SIGINT"` where `SIGINT` was meant.
pub(super) fn constant_in_quotes(expr: &ast::Expr) -> Option<String> {
    let ast::ExprKind::Literal(ast::Literal::Str(bytes)) = &expr.kind else { return None };
    let name = std::str::from_utf8(bytes).ok()?;
    let known = crate::abi::constant::names().any(|constant| constant == name);
    known.then(|| format!("the constant is written without quotes: `{name}`"))
}

/// How to get from one type to the other, where there is a way.
pub(super) fn conversion(found: &Type, want: &Type, expr: &ast::Expr) -> Option<String> {
    use ast::{ExprKind as Ast, Literal};
    let text = quote::quote(expr)?;
    let operand = quote::operand(expr)?;
    let help = match (found, want) {
        (Type::Int, Type::Float) => match &expr.kind {
            Ast::Literal(Literal::Int(value)) => format!("write `{value}.0`"),
            _ => format!("`float({text})` converts it"),
        },
        (Type::Float, Type::Int) => format!("`int({text})` cuts the fraction off"),
        (Type::Int, Type::Str) if matches!(expr.kind, Ast::Literal(Literal::Char(_))) => {
            format!("a text stands in double quotes: `\"{}\"`", text.trim_matches('\''))
        }
        (Type::Int | Type::Float | Type::Bool | Type::Ptr, Type::Str) => format!("`str({text})` gives its text"),
        (Type::Str, Type::Int) if constant_in_quotes(expr).is_some() => constant_in_quotes(expr)?,
        (Type::Str, Type::Int) => match &expr.kind {
            Ast::Literal(Literal::Str(bytes)) => match &**bytes {
                [byte @ 0x20..=0x7e] if !byte.is_ascii_digit() => {
                    format!("a single character stands in single quotes: `'{}'`", *byte as char)
                }
                _ if std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<i64>().is_ok()) => {
                    format!("write `{}` without quotes", String::from_utf8_lossy(bytes))
                }
                _ => return None,
            },
            _ => format!("`int({text})` reads a number from it, and aborts where there is none"),
        },
        (Type::Str, Type::Float) => format!("`float({text})` reads a number from it, and aborts where there is none"),
        (Type::Bool, Type::Int) => format!("`int({text})` is 1 or 0"),
        (Type::Int, Type::Bool) => format!("`{operand} != 0`"),
        (Type::Str, Type::Bool) => format!("`{operand} != \"\"`"),
        (Type::Ptr | Type::Struct(_), Type::Bool) => format!("`{operand} != nil`"),
        (Type::Str, Type::Array(element)) if **element == Type::Str => format!("`[{text}]` is an array of it"),
        (Type::Array(element), Type::Str) if **element == Type::Str => {
            format!("`join({text}, \" \")` makes one text of it")
        }
        (Type::Ptr, Type::Int) => format!("`{operand}[0]` is the int in its first cell"),
        _ => return None,
    };
    Some(help)
}
