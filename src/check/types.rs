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
}
