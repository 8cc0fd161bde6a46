//! What a name means where it is used as a value.

use std::sync::Arc;

use super::Checker;
use super::decl::Item;
use super::problem::{NameKind, Problem};
use super::scope::FrameKind;
use super::tree::{Constant, Expr, ExprKind, FunctionId, GlobalId, LocalId};
use super::types::Type;
use crate::abi::Builtin;
use crate::source::Span;

/// What a name means.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    Local(LocalId),
    /// A local of the function around this anonymous one.
    Captured(Span),
    Global(GlobalId),
    /// A global that the main program has not reached yet.
    Later(Span),
    Const(usize),
    Function(FunctionId),
    Struct,
    Fixed(Constant, Type),
    Builtin(Builtin),
    Unknown,
}

impl Checker<'_> {
    /// Looks a name up: locals, then the top level, then what every program has.
    pub(super) fn meaning(&self, name: &str) -> Meaning {
        if let Some(id) = self.frame.find(name) {
            return Meaning::Local(id);
        }
        if let Some(at) = self.frame.find_outer(name) {
            return Meaning::Captured(at);
        }
        match self.items.get(name).copied() {
            Some(Item::Function(id)) => return Meaning::Function(id),
            Some(Item::Struct(_)) => return Meaning::Struct,
            Some(Item::Const(id)) => return Meaning::Const(id),
            Some(Item::Global(id)) => return Meaning::Global(id),
            // A built-in's name means the built-in until the variable exists: `let time = time();`
            Some(Item::Later(at)) => match self.fixed(name) {
                Meaning::Unknown => return Meaning::Later(at),
                fixed => return fixed,
            },
            None => {}
        }
        self.fixed(name)
    }

    fn fixed(&self, name: &str) -> Meaning {
        if let Some((constant, ty)) = self.builtin_constant(name) {
            return Meaning::Fixed(constant, ty);
        }
        Builtin::find(name).map_or(Meaning::Unknown, Meaning::Builtin)
    }

    /// A name as a value.
    pub(super) fn name(&mut self, name: &Arc<str>, at: Span) -> Expr {
        match self.meaning(name) {
            Meaning::Local(id) => {
                let ty = self.frame.local(id).map_or(Type::Error, |local| local.ty.clone());
                Expr::new(ExprKind::Local(id), ty, at)
            }
            Meaning::Global(id) => {
                let ty = self.globals.get(id.0 as usize).map_or(Type::Error, |global| global.ty.clone());
                Expr::new(ExprKind::Global(id), ty, at)
            }
            Meaning::Const(id) => self.constant_value(id, name, at),
            Meaning::Function(id) => {
                let ty = self
                    .signatures
                    .get(id.0 as usize)
                    .map_or(Type::Error, |signature| Type::Function(signature.ty.clone()));
                let broken =
                    matches!(&ty, Type::Function(ty) if ty.params.iter().any(Type::is_broken) || ty.result.is_broken());
                Expr::new(ExprKind::Function(id), if broken { Type::Error } else { ty }, at)
            }
            Meaning::Fixed(constant, ty) => Expr::new(ExprKind::Constant(constant), ty, at),
            Meaning::Captured(declared) => {
                if self.frame.reported.insert(name.clone()) {
                    self.report(Problem::Captured { name: name.clone(), at, declared });
                }
                Expr::broken(at)
            }
            Meaning::Later(declared) => {
                self.used_before(name, at, declared);
                Expr::broken(at)
            }
            Meaning::Struct => {
                self.report(Problem::StructValue { name: name.clone(), at });
                Expr::broken(at)
            }
            Meaning::Builtin(builtin) => {
                self.report(Problem::BuiltinValue { builtin, at });
                Expr::broken(at)
            }
            Meaning::Unknown => {
                self.unknown_name(name, at, NameKind::Value);
                Expr::broken(at)
            }
        }
    }

    /// Functions see every global; the main program only those whose `let` it has passed.
    pub(super) fn used_before(&mut self, name: &Arc<str>, at: Span, declared: Span) {
        if self.frame.kind == FrameKind::Constant {
            self.report(Problem::NotConstant {
                at,
                help: Some(format!("`{name}` is a variable; make it a `const` too")),
            });
        } else if self.frame.reported.insert(name.clone()) {
            self.report(Problem::UsedBefore { name: name.clone(), at, declared });
        }
    }
}
