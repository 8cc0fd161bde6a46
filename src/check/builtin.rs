//! Calls of built-ins, checked against their rows in `abi`.

use std::sync::Arc;

use super::call::{count_words, surplus, swapped_pair};
use super::problem::{CountProblem, Mismatch, Problem, Role};
use super::tree::{Expr, ExprKind, Format, Piece, Shown};
use super::types::Type;
use super::{Checker, fit, quote};
use crate::abi::Builtin;
use crate::abi::builtin::{Outcome, Param};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, Literal};
use crate::syntax::c_calls;

impl<'a> Checker<'a> {
    /// A call of a built-in.
    pub(super) fn call_builtin(
        &mut self,
        builtin: Builtin,
        args: &'a [ast::Expr],
        want: Option<&Type>,
        span: Span,
    ) -> Expr {
        let unread = args.iter().any(|arg| matches!(arg.kind, Ast::Error));
        if unread {
            self.hole();
        }
        if unread || !self.count_fits(builtin, args, span) {
            return Expr::broken(span);
        }
        match (builtin, args) {
            (Builtin::ToInt | Builtin::ToFloat, [arg]) => self.convert(builtin, arg, span),
            (Builtin::ToStr | Builtin::Print | Builtin::Eprint, _) => self.shown_call(builtin, args, span),
            (Builtin::Printf | Builtin::Eprintf | Builtin::Sprintf | Builtin::Dprintf, _) => {
                self.format_call(builtin, args, span)
            }
            (Builtin::Assert, [test, message @ ..]) => {
                let mut values = vec![self.condition(test)];
                values.extend(message.iter().map(|message| self.expect(message, &Type::Str, argument(builtin, 1))));
                builtin_expr(builtin, values, None, Type::Void, span)
            }
            _ => self.plain_call(builtin, args, want, span),
        }
    }

    /// Whether the number of arguments fits; optional ones come all together or not at all.
    fn count_fits(&mut self, builtin: Builtin, args: &'a [ast::Expr], span: Span) -> bool {
        let row = builtin.row();
        let (least, most) = (row.required.len(), row.required.len() + row.optional.len());
        let found = args.len();
        if row.rest.is_some() && found >= least || found == least || found == most {
            return true;
        }
        let wanted = match (row.rest.is_some(), row.optional.len()) {
            (true, _) => format!("at least {}", count_words(least)),
            (false, 0) => count_words(least),
            (false, _) => format!("{least} or {}", count_words(most)),
        };
        let help = match builtin {
            Builtin::Wait => Some("the status is a part of the result: `let (pid, status) = wait();`".to_owned()),
            Builtin::Waitpid if found == 3 => Some("the status is a part of the result: `let (pid, status) = waitpid(pid, options);`".to_owned()),
            Builtin::Pipe | Builtin::Pipe2 => Some("the two ends are the result: `let (r, w) = pipe();`".to_owned()),
            Builtin::Read => Some("the bytes are a part of the result: `let (n, text) = read(fd, size);`".to_owned()),
            Builtin::Write => Some("a string knows its length: `write(fd, text)`".to_owned()),
            Builtin::Exit | Builtin::ExitNow if found == 0 => Some(format!("`{}(0)` means success", builtin.name())),
            Builtin::Sigaction => Some("`sigaction(sig, handler, 0, 0)` sets a handler; the old action is a part of the result".to_owned()),
            Builtin::Sigprocmask => Some("the old mask is a part of the result: `let (r, old) = sigprocmask(SIG_BLOCK, set);`".to_owned()),
            Builtin::MqOpen => Some("the mode is left out; maxmsg and msgsize are given both or neither: `mq_open(\"/name\", O_CREAT | O_RDWR, 10, 64)`".to_owned()),
            Builtin::MqSend => Some("a string knows its length: `mq_send(q, text, 0)`".to_owned()),
            Builtin::MqReceive => Some("the message is a part of the result: `let (n, text, prio) = mq_receive(q);`".to_owned()),
            Builtin::Fflush => Some("there is one buffer, that of stdout: `fflush()`".to_owned()),
            Builtin::Time => Some("`time()` gives the seconds".to_owned()),
            Builtin::Rand => Some("`rand(n)` gives a number from 0 to n-1".to_owned()),
            Builtin::Getline => Some("the line is a part of the result: `let (n, line) = getline(fd);`".to_owned()),
            Builtin::Setenv => Some("an old value is always replaced: `setenv(name, value)`".to_owned()),
            _ => None,
        };
        let texts: Vec<String> = args.iter().filter_map(quote::quote).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mended = if texts.len() == found { c_calls::mended(row.name, &texts, None) } else { None };
        let help = match (help, mended) {
            (Some(help), Some(mended)) if mended.pattern.is_none() && help.contains("part of the result") => {
                Some(format!("nothing is filled in, so nothing is passed: `{}`", mended.statement()))
            }
            (Some(help), Some(mended)) => {
                Some(format!("{}: `{}`", help.split(':').next().unwrap_or_default(), mended.statement()))
            }
            (help, _) => help,
        };
        // Surplus arguments are not looked at: they have to go.
        args.iter().take(most).for_each(|arg| drop(self.value(arg, None)));
        self.report(Problem::Count(Box::new(CountProblem {
            callee: row.name.to_owned(),
            at: span,
            wanted,
            found,
            surplus: surplus(args, most),
            signature: row.signature(),
            declared: None,
            help,
        })));
        false
    }

    fn plain_call(&mut self, builtin: Builtin, args: &'a [ast::Expr], want: Option<&Type>, span: Span) -> Expr {
        let params: Vec<Param> =
            (0..args.len()).filter_map(|at| parameter(builtin, at)).map(|(_, kind)| kind).collect();
        let mut values: Vec<Expr> = Vec::with_capacity(args.len());
        for (arg, param) in args.iter().zip(&params) {
            let hint = match (param, want) {
                (Param::Any, Some(Type::Array(element))) if builtin == Builtin::Array => Some((**element).clone()),
                _ => wanted_type(*param, values.first().map(|first| &first.ty)),
            };
            values.push(self.value(arg, hint.as_ref()));
        }
        let first = values.first().map(|first| first.ty.clone());
        let accepts = |value: &Expr, param: Param| accepts(builtin, param, &value.ty, first.as_ref());
        let fits: Vec<bool> = values.iter().zip(&params).map(|(value, param)| accepts(value, *param)).collect();
        let swapped =
            |one: usize, other: usize| accepts(&values[one], params[other]) && accepts(&values[other], params[one]);
        if let Some(pair) = swapped_pair(&fits, swapped) {
            self.swapped(builtin.name(), args, pair, &builtin.row().signature(), span);
            return Expr::broken(span);
        }
        for (at, value) in values.iter_mut().enumerate() {
            if !fits[at] {
                self.refuse(builtin, at, &args[at], value, params[at], first.as_ref());
                *value = Expr::broken(value.span);
            } else {
                self.adapt(value, params[at], first.as_ref());
            }
        }
        self.order(builtin, args, &values, span);
        let ty = match result_type(builtin, &values) {
            Type::Array(element) if element.depth() >= fit::DEEPEST => self.array_of((*element).clone(), span),
            ty => ty,
        };
        builtin_expr(builtin, values, None, ty, span)
    }

    /// Turns an accepted argument into what the row's parameter carries.
    fn adapt(&mut self, value: &mut Expr, param: Param, first: Option<&Type>) {
        if value.ty.is_broken() {
            return;
        }
        if param == Param::Seconds && value.ty == Type::Int {
            let span = value.span;
            let whole = std::mem::replace(value, Expr::broken(span));
            *value = Expr::new(ExprKind::IntToFloat(Box::new(whole)), Type::Float, span);
        }
        if let Some(ty) = wanted_type(param, first).filter(|ty| !ty.is_open()) {
            fit::settle(value, &ty);
        }
        if value.ty.is_open() {
            self.report(Problem::CannotInfer { at: value.span, kind: fit::open_kind(&value.ty), name: None });
            *value = Expr::broken(value.span);
        }
    }

    /// Reports an argument that its parameter does not take.
    fn refuse(
        &mut self,
        builtin: Builtin,
        at: usize,
        arg: &ast::Expr,
        value: &Expr,
        param: Param,
        first: Option<&Type>,
    ) {
        let role = argument(builtin, at);
        if value.ty == Type::Status && !matches!(param, Param::Printable) {
            return self.status_problem(
                arg,
                value,
                &format!("`{}` wants {}", builtin.name(), self.param_phrase(param, first)),
                "WEXITSTATUS(",
                ")",
            );
        }
        if let Some(want) = wanted_type(param, first) {
            let extra = builtin_help(builtin, arg, value);
            let before = self.found.len();
            self.fit(Expr { kind: value.kind.clone(), ty: value.ty.clone(), span: value.span }, &want, arg, role);
            if let (Some(help), Some(fact)) = (extra, self.found.get_mut(before)) {
                fact.helps = vec![help];
            }
            return;
        }
        let phrase = match builtin {
            Builtin::Sort => "an array of int, float or str".to_owned(),
            _ => self.param_phrase(param, first),
        };
        let mut problem = Mismatch {
            at: value.span,
            wanted: param.words().to_owned(),
            wanted_phrase: phrase,
            found: self.text(&value.ty),
            found_phrase: self.phrase(&value.ty),
            subject: quote::name_it(arg),
            role,
            also: Vec::new(),
            notes: Vec::new(),
            helps: builtin_help(builtin, arg, value).into_iter().collect(),
        };
        if problem.helps.is_empty() {
            problem.helps.extend(
                fit::conversion(&value.ty, &Type::Int, arg).filter(|_| matches!(param, Param::Number | Param::Seconds)),
            );
        }
        self.report(Problem::Mismatch(Box::new(problem)));
    }

    fn param_phrase(&self, param: Param, first: Option<&Type>) -> String {
        match (param, wanted_type(param, first)) {
            (_, Some(ty)) => self.phrase(&ty),
            (Param::Number | Param::Seconds, _) => "an int or a float".to_owned(),
            (Param::Sized, _) => "a str or an array".to_owned(),
            (Param::Array, _) => "an array".to_owned(),
            (Param::Printable, _) => "something printable".to_owned(),
            (Param::Convertible, _) => "an int, float, bool or str".to_owned(),
            _ => param.words().to_owned(),
        }
    }

    /// `int(x)` and `float(x)`
    fn convert(&mut self, builtin: Builtin, arg: &'a ast::Expr, span: Span) -> Expr {
        let value = self.value(arg, None);
        let boxed = |kind: fn(Box<Expr>) -> ExprKind, value: Expr, ty: Type| Expr::new(kind(Box::new(value)), ty, span);
        let to_int = builtin == Builtin::ToInt;
        match (&value.ty, to_int) {
            (Type::Error, _) => Expr::broken(span),
            (Type::Int, true) | (Type::Float, false) => value,
            (Type::Float, true) => boxed(ExprKind::FloatToInt, value, Type::Int),
            (Type::Int, false) => boxed(ExprKind::IntToFloat, value, Type::Float),
            (Type::Str, true) => boxed(ExprKind::ParseInt, value, Type::Int),
            (Type::Str, false) => boxed(ExprKind::ParseFloat, value, Type::Float),
            (Type::Bool | Type::Status, true) => boxed(ExprKind::WordToInt, value, Type::Int),
            (Type::Bool, false) => {
                let word = boxed(ExprKind::WordToInt, value, Type::Int);
                boxed(ExprKind::IntToFloat, word, Type::Float)
            }
            _ => {
                self.refuse(builtin, 0, arg, &value, Param::Convertible, None);
                Expr::broken(span)
            }
        }
    }

    /// `print`, `eprint` and `str`: each argument as it is, for `print` with spaces and a newline.
    fn shown_call(&mut self, builtin: Builtin, args: &'a [ast::Expr], span: Span) -> Expr {
        let text = |text: &str| Piece::Text(Arc::from(text.as_bytes()));
        self.formats_given(builtin, args, span);
        let mut pieces = Vec::with_capacity(args.len() * 2 + 1);
        let mut values = Vec::with_capacity(args.len());
        let mut shown = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                pieces.push(text(" "));
            }
            pieces.push(Piece::Show);
            let (value, how) = self.printable(builtin, at, arg);
            values.push(value);
            shown.push(how);
        }
        let ty = if builtin == Builtin::ToStr { Type::Str } else { Type::Void };
        if ty == Type::Void {
            pieces.push(text("\n"));
        }
        builtin_expr(builtin, values, Some(Format { pieces, args: shown, dynamic: false }), ty, span)
    }

    /// `print("%d\n", 5)`: a format with values behind it, for a call that knows no formats.
    fn formats_given(&mut self, builtin: Builtin, args: &[ast::Expr], span: Span) {
        let [first, _, ..] = args else { return };
        let Ast::Literal(Literal::Str(text)) = &first.kind else { return };
        if builtin == Builtin::ToStr || !has_conversion(text) {
            return;
        }
        let print = builtin.name();
        let callee = Span { end: span.start + print.len() as u32, ..span };
        let end = first.span.end.saturating_sub(1).max(first.span.start);
        let newline = (!text.ends_with(b"\n")).then_some(Span { start: end, end, ..first.span });
        self.report(Problem::PrintFormat { at: first.span, callee, print, newline });
    }

    /// An argument that is to be shown, and how.
    pub(super) fn printable(&mut self, builtin: Builtin, at: usize, arg: &'a ast::Expr) -> (Expr, Shown) {
        let mut value = self.value(arg, None);
        match value.ty {
            Type::Nil => fit::settle(&mut value, &Type::Ptr),
            Type::EmptyArray => fit::settle(&mut value, &Type::Array(Arc::new(Type::Int))),
            _ => {}
        }
        if value.ty.is_open() {
            self.report(Problem::CannotInfer { at: value.span, kind: fit::open_kind(&value.ty), name: None });
            return (Expr::broken(value.span), Shown::Int);
        }
        if let Some(shown) = shown(&value.ty) {
            return (value, shown);
        }
        let span = value.span;
        match &value.ty {
            Type::Error => {}
            Type::Status => self.status_problem(
                arg,
                &value,
                &format!("`{}` shows numbers and texts", builtin.name()),
                "WEXITSTATUS(",
                ")",
            ),
            _ => self.refuse(builtin, at, arg, &value, Param::Printable, None),
        }
        (Expr::broken(span), Shown::Int)
    }
}

/// Whether a text has a conversion such as `%d` or `%-5s`; `100% done` has none.
fn has_conversion(text: &[u8]) -> bool {
    let at = |at: usize| text.get(at).copied().unwrap_or(0);
    (0..text.len()).filter(|start| at(*start) == b'%').any(|start| {
        let width = (start + 1..text.len()).take_while(|next| matches!(at(*next), b'0'..=b'9' | b'-' | b'.')).count();
        let letter = at(start + 1 + width);
        let next = at(start + 2 + width);
        matches!(letter, b'd' | b's' | b'i' | b'u' | b'x' | b'f' | b'c' | b'g' | b'p') && !next.is_ascii_alphabetic()
    })
}

/// How values of a type are shown; `None` where they cannot be.
pub(super) fn shown(ty: &Type) -> Option<Shown> {
    Some(match ty {
        Type::Int => Shown::Int,
        Type::Float => Shown::Float,
        Type::Bool => Shown::Bool,
        Type::Str => Shown::Str,
        Type::Ptr => Shown::Ptr,
        Type::Function(_) => Shown::Function,
        Type::Array(element) => Shown::Array(Arc::new(shown(element)?)),
        Type::Struct(id) => Shown::Struct(*id),
        _ => return None,
    })
}

/// A built-in's call as an expression.
pub(super) fn builtin_expr(builtin: Builtin, args: Vec<Expr>, format: Option<Format>, ty: Type, span: Span) -> Expr {
    let format = format.map(Box::new);
    Expr::new(ExprKind::CallBuiltin { builtin, args, format }, ty, span)
}

/// The name and kind of the parameter at `at`.
fn parameter(builtin: Builtin, at: usize) -> Option<(&'static str, Param)> {
    let row = builtin.row();
    row.required.iter().chain(row.optional).nth(at).copied().or(row.rest)
}

/// The role of an argument of a built-in.
pub(super) fn argument(builtin: Builtin, at: usize) -> Role {
    let row = builtin.row();
    let param = parameter(builtin, at).map_or("", |(name, _)| name);
    Role::Argument { callee: row.name.to_owned(), param: param.to_owned(), signature: row.signature(), declared: None }
}

/// The one type that a parameter takes, where there is one.
fn wanted_type(param: Param, first: Option<&Type>) -> Option<Type> {
    Some(match param {
        Param::Int => Type::Int,
        Param::Float => Type::Float,
        Param::Str | Param::Format => Type::Str,
        Param::Status => Type::Status,
        Param::Ptr => Type::Ptr,
        Param::Handler => Type::handler(),
        Param::Strings => Type::strings(),
        Param::Ints => Type::Array(Arc::new(Type::Int)),
        Param::Element => match first {
            Some(Type::Array(element)) => (**element).clone(),
            _ => return None,
        },
        Param::Same => first.cloned()?,
        _ => return None,
    })
}

fn accepts(builtin: Builtin, param: Param, ty: &Type, first: Option<&Type>) -> bool {
    if ty.is_broken() {
        return true;
    }
    if let Some(wanted) = wanted_type(param, first) {
        return ty.fits(&wanted);
    }
    match param {
        Param::Number | Param::Seconds => matches!(ty, Type::Int | Type::Float),
        Param::Sized => matches!(ty, Type::Str | Type::Array(_) | Type::EmptyArray),
        Param::Array if builtin == Builtin::Sort => match ty {
            Type::Array(element) => matches!(**element, Type::Int | Type::Float | Type::Str),
            ty => *ty == Type::EmptyArray,
        },
        Param::Array => matches!(ty, Type::Array(_) | Type::EmptyArray),
        Param::Convertible => matches!(ty, Type::Int | Type::Float | Type::Bool | Type::Str | Type::Status),
        Param::Printable => shown(ty).is_some(),
        // The first argument was refused already, so nothing is known of the element.
        _ => true,
    }
}

/// The type of a call.
fn result_type(builtin: Builtin, args: &[Expr]) -> Type {
    let of = |at: usize| args.get(at).map_or(Type::Error, |arg| arg.ty.clone());
    let one = |outcome: &Outcome| match outcome {
        Outcome::Int => Type::Int,
        Outcome::Float => Type::Float,
        Outcome::Bool => Type::Bool,
        Outcome::Str => Type::Str,
        Outcome::Status => Type::Status,
        Outcome::Ptr => Type::Ptr,
        Outcome::Handler => Type::handler(),
        Outcome::Strings => Type::strings(),
        Outcome::Ints => Type::Array(Arc::new(Type::Int)),
        Outcome::Element => match of(0) {
            Type::Array(element) => (*element).clone(),
            _ => Type::Error,
        },
        Outcome::Same => of(0),
        Outcome::ArrayOfSecond => match of(1) {
            Type::Error => Type::Error,
            ty => Type::Array(Arc::new(ty)),
        },
        Outcome::Never => Type::Never,
    };
    match builtin.row().results {
        [] => Type::Void,
        [outcome] => one(outcome),
        outcomes => Type::Tuple(outcomes.iter().map(one).collect()),
    }
}

/// Ways out that only one built-in has.
fn builtin_help(builtin: Builtin, arg: &ast::Expr, value: &Expr) -> Option<String> {
    let text = || quote::quote(arg);
    match (builtin, &value.ty) {
        (Builtin::Sleep | Builtin::Alarm, Type::Float) => match arg.kind {
            Ast::Literal(Literal::Float(seconds)) if seconds > 0.0 && seconds < 1e9 => {
                Some(format!("for parts of a second: `usleep({})`", (seconds * 1e6) as i64))
            }
            _ => Some("for parts of a second: `usleep(microseconds)`".to_owned()),
        },
        (Builtin::Write | Builtin::MqSend | Builtin::MqTimedsend, Type::Int) => match arg.kind {
            Ast::Literal(Literal::Int(byte)) => {
                Some(format!("`chr({byte})` is a string of this one byte, `\"{byte}\"` the number as text"))
            }
            _ => text().map(|text| format!("`str({text})` is the number as text, `chr({text})` one byte")),
        },
        (
            Builtin::Wifexited
            | Builtin::Wexitstatus
            | Builtin::Wifsignaled
            | Builtin::Wtermsig
            | Builtin::Wifstopped
            | Builtin::Wstopsig
            | Builtin::Wifcontinued
            | Builtin::Wcoredump,
            Type::Int,
        ) => {
            let first = matches!(value.kind, ExprKind::First(_));
            let why = if first { "this call gives the pid first" } else { "the pid comes first" };
            Some(format!("the status is the second part of what `wait` gives ({why}): `let (pid, status) = wait();`"))
        }
        (Builtin::Sort, Type::Array(_)) => {
            Some("`sort` orders int, float and str; sort the keys, or write the loop yourself".to_owned())
        }
        (Builtin::Exec | Builtin::Execl, Type::Array(_)) => {
            text().map(|text| format!("`execv(path, {text})` takes the arguments as an array"))
        }
        (Builtin::Print | Builtin::Eprint | Builtin::ToStr, Type::Array(_)) => {
            Some("a status is taken apart by `WIFEXITED`, `WEXITSTATUS` and their kin, one at a time".to_owned())
        }
        (Builtin::Exec | Builtin::Execl, Type::Nil) => {
            Some("a list of arguments knows its end: leave the `nil` out".to_owned())
        }
        _ => None,
    }
}
