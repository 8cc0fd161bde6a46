//! The types of the language, as the checker and the lowering see them.

use std::sync::Arc;

/// Which struct of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructId(pub u32);

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `str`
    Str,
    /// `status`
    Status,
    /// `ptr`
    Ptr,
    /// `[T]`
    Array(Arc<Type>),
    /// A struct, or `nil`.
    Struct(StructId),
    /// `fn(A, B) -> R`
    Function(Arc<FunctionType>),
    /// Several parts; only as a function's result.
    Tuple(Arc<[Type]>),
    /// No value: what a function without `->` returns.
    Void,
    /// The type of `nil` before it meets one that can be nil.
    Nil,
    /// The type of `[]` before it meets an array type.
    EmptyArray,
    /// What an expression has that never ends (`exit(1)`).
    Never,
    /// A mistake that was reported; fits everything.
    Error,
}

/// The type of a function value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// Parameters in order.
    pub params: Vec<Type>,
    /// The result; `Void` where there is none.
    pub result: Type,
}

impl Type {
    /// The type `[str]`.
    pub fn strings() -> Type {
        Type::Array(Arc::new(Type::Str))
    }

    /// The type `fn(int)` of signal handlers.
    pub fn handler() -> Type {
        Type::Function(Arc::new(FunctionType { params: vec![Type::Int], result: Type::Void }))
    }

    /// How many slots a value takes: the parts of a tuple, none for no value, else one.
    pub fn slots(&self) -> usize {
        match self {
            Type::Tuple(parts) => parts.len(),
            Type::Void | Type::Never => 0,
            _ => 1,
        }
    }

    /// Whether a value is a reference into the managed heap that the collector must follow.
    pub fn is_managed(&self) -> bool {
        matches!(self, Type::Str | Type::Array(_) | Type::Struct(_) | Type::Nil | Type::EmptyArray)
    }
    /// How many arrays stand one within the other.
    pub fn depth(&self) -> usize {
        let mut depth = 0;
        let mut ty = self;
        while let Type::Array(element) = ty {
            depth += 1;
            ty = element;
        }
        depth
    }

    /// Whether `nil` is one of its values.
    pub fn can_be_nil(&self) -> bool {
        matches!(self, Type::Ptr | Type::Struct(_) | Type::Function(_))
    }

    /// Whether a part of it is still unknown: `nil` or `[]` that has met no other type.
    pub fn is_open(&self) -> bool {
        match self {
            Type::Nil | Type::EmptyArray => true,
            Type::Array(element) => element.is_open(),
            _ => false,
        }
    }

    /// Whether a reported mistake is somewhere in it.
    pub fn is_broken(&self) -> bool {
        match self {
            Type::Error => true,
            Type::Array(element) => element.is_broken(),
            Type::Tuple(parts) => parts.iter().any(Type::is_broken),
            _ => false,
        }
    }

    /// Whether a value of this type may stand where `wanted` is wanted.
    pub fn fits(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Type::Error, _) | (_, Type::Error) => true,
            (Type::Nil, wanted) => wanted.can_be_nil() || *wanted == Type::Nil,
            (Type::EmptyArray, wanted) => matches!(wanted, Type::Array(_) | Type::EmptyArray),
            (Type::Array(found), Type::Array(wanted)) => found.fits(wanted),
            (Type::Tuple(found), Type::Tuple(wanted)) => {
                found.len() == wanted.len() && found.iter().zip(wanted.iter()).all(|(found, wanted)| found.fits(wanted))
            }
            _ => self == wanted,
        }
    }

    /// The type of a place that takes values of both types, if there is one.
    pub fn join(&self, other: &Type) -> Option<Type> {
        if let (Type::Array(left), Type::Array(right)) = (self, other) {
            return Some(Type::Array(Arc::new(left.join(right)?)));
        }
        if self.is_broken() || other.is_broken() {
            return Some(Type::Error);
        }
        if self.fits(other) {
            return Some(other.clone());
        }
        other.fits(self).then(|| self.clone())
    }

    /// The type as the user writes it; `name` gives the names of structs.
    pub fn text(&self, name: &dyn Fn(StructId) -> Arc<str>) -> String {
        match self {
            Type::Int => "int".to_owned(),
            Type::Float => "float".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Str => "str".to_owned(),
            Type::Status => "status".to_owned(),
            Type::Ptr => "ptr".to_owned(),
            Type::Array(element) => format!("[{}]", element.text(name)),
            Type::Struct(id) => name(*id).to_string(),
            Type::Function(function) => {
                let result = match &function.result {
                    Type::Void => String::new(),
                    result => format!(" -> {}", result.text(name)),
                };
                format!("fn({}){result}", list(&function.params, name))
            }
            Type::Tuple(parts) => format!("({})", list(parts, name)),
            Type::Void | Type::Never => "no value".to_owned(),
            Type::Nil => "nil".to_owned(),
            Type::EmptyArray => "[]".to_owned(),
            Type::Error => "?".to_owned(),
        }
    }

    /// The type in a sentence: `an int`, `` a `Job` ``, `no value`.
    pub fn phrase(&self, name: &dyn Fn(StructId) -> Arc<str>) -> String {
        match self {
            Type::Int => "an int".to_owned(),
            Type::Float | Type::Bool | Type::Str | Type::Status | Type::Ptr => format!("a {}", self.text(name)),
            Type::Array(_) => format!("an array `{}`", self.text(name)),
            Type::Struct(_) => format!("a `{}`", self.text(name)),
            Type::Function(_) => format!("a function `{}`", self.text(name)),
            Type::Tuple(_) => format!("a tuple `{}`", self.text(name)),
            Type::Nil | Type::EmptyArray => format!("`{}`", self.text(name)),
            Type::Void | Type::Never | Type::Error => self.text(name),
        }
    }
}

/// Types with commas between.
fn list(types: &[Type], name: &dyn Fn(StructId) -> Arc<str>) -> String {
    types.iter().map(|ty| ty.text(name)).collect::<Vec<_>>().join(", ")
}
