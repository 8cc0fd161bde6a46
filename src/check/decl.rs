//! The top level: names are entered first, then types are read, so that the order of declarations does
//! not matter; then the main program and the functions are checked.

use std::sync::Arc;

use super::constant::ConstEntry;
use super::problem::{DoubleName, NameKind, Problem};
use super::scope::{Frame, FrameKind, Origin, Outer};
use super::tree::{self, FunctionId, GlobalId, Place, PlaceKind};
use super::types::{FunctionType, StructId, Type};
use super::{Checker, c_names};
use crate::abi::{Builtin, constant};
use crate::diagnostics::suggest;
use crate::source::Span;
use crate::syntax::ast;

/// What a name of the top level means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Function(FunctionId),
    Struct(StructId),
    Const(usize),
    Global(GlobalId),
    /// A global whose `let` the main program has not reached yet.
    Later(Span),
}

/// What a caller knows of a function.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) name: Arc<str>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) ty: Arc<FunctionType>,
    /// Where its name stands, or its head.
    pub(super) at: Span,
    pub(super) head: Span,
}

impl Signature {
    /// That of the main program, which nobody can call.
    pub(super) fn main(at: Span) -> Signature {
        let ty = Arc::new(FunctionType { params: Vec::new(), result: Type::Void });
        Signature { name: "main program".into(), names: Vec::new(), ty, at, head: at }
    }
}

impl<'a> Checker<'a> {
    /// Enters all names of the top level, then reads the types of structs and functions.
    pub(super) fn declare(&mut self, program: &'a ast::Program) {
        for item in &program.items {
            match item {
                ast::Item::Function(function) => self.enter_function(function),
                ast::Item::Struct(def) => self.enter_struct(def),
                ast::Item::Const(def) => {
                    let id = self.consts.len();
                    self.consts.push(ConstEntry::new(def));
                    self.enter(&def.name, Item::Const(id), "constant");
                }
                ast::Item::Statement(stmt) => self.enter_globals(stmt),
            }
        }
        let mut structs = 0;
        let mut functions = 1;
        for item in &program.items {
            match item {
                ast::Item::Struct(def) => {
                    self.read_fields(StructId(structs), def);
                    structs += 1;
                }
                ast::Item::Function(function) => {
                    self.signatures[functions] = self.read_signature(function);
                    functions += 1;
                }
                ast::Item::Const(_) | ast::Item::Statement(_) => {}
            }
        }
        self.find_main();
    }

    fn enter_function(&mut self, function: &'a ast::Function) {
        let id = self.new_function(function.head);
        match &function.name {
            Some(name) => {
                // Its types are read later, but a second function of this name must point here.
                self.signatures[id.0 as usize].at = name.span;
                self.enter(name, Item::Function(id), "function");
            }
            None => self.holes = true,
        }
    }

    /// Reserves the number of a function.
    pub(super) fn new_function(&mut self, head: Span) -> FunctionId {
        let id = FunctionId(u32::try_from(self.bodies.len()).unwrap_or(u32::MAX));
        self.bodies.push(None);
        self.signatures.push(Signature::main(head));
        id
    }

    fn enter_struct(&mut self, def: &ast::Struct) {
        let id = StructId(u32::try_from(self.structs.len()).unwrap_or(u32::MAX));
        self.structs.push(tree::StructDef { name: def.name.name.clone(), fields: Vec::new(), span: def.name.span });
        if basic_type(&def.name.name).is_some() {
            self.report(Problem::Redefinition { name: def.name.name.clone(), at: def.name.span, what: "struct" });
        }
        self.enter(&def.name, Item::Struct(id), "struct");
    }

    fn enter_globals(&mut self, stmt: &ast::Stmt) {
        match &stmt.kind {
            ast::StmtKind::Error => self.holes = true,
            ast::StmtKind::Let { target: ast::LetTarget::Name(name), .. } => {
                self.enter(name, Item::Later(name.span), "variable")
            }
            ast::StmtKind::Let { target: ast::LetTarget::Tuple(parts, _), .. } => {
                for part in parts {
                    if let ast::Part::Use(name) = part {
                        self.enter(name, Item::Later(name.span), "variable");
                    }
                }
            }
            _ => {}
        }
    }

    /// Enters one name; a name that stands already keeps its first meaning.
    fn enter(&mut self, name: &ast::Ident, item: Item, what: &'static str) {
        let variable = matches!(item, Item::Later(_));
        let reserved = matches!(&*name.name, "errno" | "argv");
        let builtin = Builtin::find(&name.name).is_some() || self.builtin_constant(&name.name).is_some();
        if reserved || builtin && !variable {
            self.report(Problem::Redefinition { name: name.name.clone(), at: name.span, what });
            return;
        }
        match self.items.get(&name.name).copied() {
            Some(first) => {
                let first = self.place_of(first);
                let what = DoubleName::Top { variable };
                self.report(Problem::Duplicate { name: name.name.clone(), at: name.span, first, what });
            }
            None => drop(self.items.insert(name.name.clone(), item)),
        }
    }

    /// Where something of the top level is declared.
    pub(super) fn place_of(&self, item: Item) -> Span {
        let nowhere = Span::new(self.file, 0, 0);
        match item {
            Item::Function(id) => self.signatures.get(id.0 as usize).map_or(nowhere, |signature| signature.at),
            Item::Struct(id) => self.structs.get(id.0 as usize).map_or(nowhere, |def| def.span),
            Item::Const(id) => self.consts.get(id).map_or(nowhere, |entry| entry.def.name.span),
            Item::Global(id) => self.globals.get(id.0 as usize).map_or(nowhere, |global| global.span),
            Item::Later(span) => span,
        }
    }

    fn read_fields(&mut self, id: StructId, def: &ast::Struct) {
        let mut fields: Vec<(Arc<str>, Type)> = Vec::with_capacity(def.fields.len());
        let mut places = std::collections::HashMap::new();
        for field in &def.fields {
            let ty = self.read_type(&field.ty, false);
            if let Some(first) = places.insert(field.name.name.clone(), field.name.span) {
                self.report(Problem::Duplicate {
                    name: field.name.name.clone(),
                    at: field.name.span,
                    first,
                    what: DoubleName::Part,
                });
            }
            fields.push((field.name.name.clone(), ty));
        }
        if let Some(def) = self.structs.get_mut(id.0 as usize) {
            def.fields = fields;
        }
    }

    /// The types of a function's head.
    pub(super) fn read_signature(&mut self, function: &ast::Function) -> Signature {
        let params = function.params.iter().map(|param| self.read_type(&param.ty, false)).collect();
        let result = function.result.as_ref().map_or(Type::Void, |ty| self.read_type(ty, true));
        Signature {
            name: function.name.as_ref().map_or_else(|| "fn".into(), |name| name.name.clone()),
            names: function.params.iter().map(|param| param.name.name.clone()).collect(),
            ty: Arc::new(FunctionType { params, result }),
            at: function.name.as_ref().map_or(function.head, |name| name.span),
            head: function.head,
        }
    }

    /// A type as written; tuples only where a function's result or a tuple `let` has one.
    pub(super) fn read_type(&mut self, ty: &ast::TypeExpr, tuple: bool) -> Type {
        match &ty.kind {
            ast::TypeExprKind::Name(name) => self.named_type(name, ty.span),
            ast::TypeExprKind::Array(element) => {
                let element = self.read_type(element, false);
                self.array_of(element, ty.span)
            }
            ast::TypeExprKind::Tuple(parts) => {
                let parts: Arc<[Type]> = parts.iter().map(|part| self.read_type(part, false)).collect();
                if !tuple {
                    self.report(Problem::TupleType { at: ty.span });
                    return Type::Error;
                }
                if parts.iter().any(Type::is_broken) { Type::Error } else { Type::Tuple(parts) }
            }
            ast::TypeExprKind::Function(params, result) => {
                let params = params.iter().map(|param| self.read_type(param, false)).collect();
                let result = result.as_ref().map_or(Type::Void, |result| self.read_type(result, true));
                Type::Function(Arc::new(FunctionType { params, result }))
            }
            ast::TypeExprKind::Error => {
                self.holes = true;
                Type::Error
            }
        }
    }

    fn named_type(&mut self, name: &Arc<str>, at: Span) -> Type {
        if let Some(ty) = basic_type(name) {
            return ty;
        }
        if let Some(Item::Struct(id)) = self.items.get(name) {
            return Type::Struct(*id);
        }
        if !self.lost.contains(name) {
            let structs = self.structs.iter().map(|def| &*def.name);
            let near = suggest::nearest(name, structs.chain(BASIC.iter().map(|(name, _)| *name))).map(str::to_owned);
            self.report(Problem::UnknownType { name: name.clone(), at, near, teach: c_names::of_type(name) });
        }
        Type::Error
    }

    fn find_main(&mut self) {
        let Some(Item::Function(id)) = self.items.get("main").copied() else { return };
        let signature = &self.signatures[id.0 as usize];
        let fits = matches!(signature.ty.result, Type::Int | Type::Void | Type::Error);
        let params = !signature.ty.params.is_empty();
        let at = signature.at;
        self.main = Some(id);
        if params || !fits {
            self.report(Problem::MainShape { at, params });
        }
    }

    /// Checks the top-level statements.
    pub(super) fn main_program(&mut self, program: &'a ast::Program) {
        self.frame = Frame::new(FrameKind::Main, Type::Void);
        let mut stmts = Vec::new();
        for item in &program.items {
            if let ast::Item::Statement(stmt) = item {
                stmts.extend(self.stmt(stmt));
            }
        }
        let start = Span::new(self.file, 0, 0);
        let span = stmts.iter().fold(start, |span, stmt| span.to(stmt.span));
        let frame = std::mem::replace(&mut self.frame, Frame::new(FrameKind::Constant, Type::Void));
        self.bodies[0] = Some(tree::Function {
            name: "main program".into(),
            params: 0,
            result: Type::Void,
            locals: frame.locals,
            body: tree::Block { stmts, span },
            head: start,
        });
    }

    /// Checks the functions of the top level.
    pub(super) fn named_functions(&mut self, program: &'a ast::Program) {
        let functions = program.items.iter().filter_map(|item| match item {
            ast::Item::Function(function) => Some(function),
            _ => None,
        });
        for (at, function) in functions.enumerate() {
            let name = self.signatures[at + 1].name.clone();
            self.function(FunctionId(at as u32 + 1), function, name, Outer::default());
        }
    }

    /// Checks the anonymous functions that were met, and those met on the way.
    pub(super) fn anonymous_functions(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            self.function(next.id, next.function, next.name, next.outer);
        }
    }

    fn function(&mut self, id: FunctionId, function: &'a ast::Function, name: Arc<str>, outer: Outer) {
        let ty = self.signatures[id.0 as usize].ty.clone();
        self.frame = Frame::new(FrameKind::Function(id), ty.result.clone());
        self.frame.outer = outer;
        self.frame.enter();
        for (param, ty) in function.params.iter().zip(&ty.params) {
            let (_, before) = self.frame.declare(&param.name.name, ty.clone(), param.name.span, None);
            if let Some(first) = before {
                let (name, at) = (param.name.name.clone(), param.name.span);
                self.report(Problem::Duplicate { name, at, first, what: DoubleName::Part });
            }
        }
        // The body's braces open no scope of their own: as in C, a parameter can't be declared again.
        let stmts = self.stmts(&function.body.stmts);
        self.frame.leave();
        let frame = std::mem::replace(&mut self.frame, Frame::new(FrameKind::Constant, Type::Void));
        if frame.tainted {
            self.tainted_bodies.insert(id.0);
        }
        self.bodies[id.0 as usize] = Some(tree::Function {
            name,
            params: function.params.len(),
            result: ty.result.clone(),
            locals: frame.locals,
            body: tree::Block { stmts, span: function.body.span },
            head: function.head,
        });
    }

    /// Declares a variable where the checker stands: a global at the top level, else a local.
    pub(super) fn declare_variable(&mut self, name: &ast::Ident, ty: Type, origin: Option<Origin>) -> Place {
        let kind = match self.frame.is_top_level() {
            true => PlaceKind::Global(self.declare_global(name, ty.clone(), origin)),
            false => PlaceKind::Local(self.declare_local(name, ty.clone(), origin)),
        };
        Place { kind, ty, span: name.span }
    }

    fn declare_global(&mut self, name: &ast::Ident, ty: Type, origin: Option<Origin>) -> GlobalId {
        let id = GlobalId(u32::try_from(self.globals.len()).unwrap_or(u32::MAX));
        self.globals.push(tree::Global { name: name.name.clone(), ty, span: name.span });
        self.origins.push(origin);
        // A name that was declared twice keeps its first meaning; that has been reported.
        if let Some(item) = self.items.get_mut(&name.name)
            && matches!(item, Item::Later(span) if *span == name.span)
        {
            *item = Item::Global(id);
        }
        id
    }

    pub(super) fn declare_local(&mut self, name: &ast::Ident, ty: Type, origin: Option<Origin>) -> tree::LocalId {
        let (id, before) = self.frame.declare(&name.name, ty, name.span, origin);
        if let Some(first) = before {
            self.report(Problem::Duplicate { name: name.name.clone(), at: name.span, first, what: DoubleName::Local });
        }
        id
    }

    /// The value of a constant that every program can name.
    pub(super) fn builtin_constant(&self, name: &str) -> Option<(tree::Constant, Type)> {
        use crate::abi::{SIG_DFL, SIG_ERR, SIG_IGN};
        let handler = |value| Some((tree::Constant::Handler(value), Type::handler()));
        match name {
            "SIG_DFL" => handler(SIG_DFL),
            "SIG_IGN" => handler(SIG_IGN),
            "SIG_ERR" => handler(SIG_ERR),
            _ => constant::find(name).map(|value| (tree::Constant::Int(value), Type::Int)),
        }
    }

    /// Reports a name that nothing declares, once in each function.
    pub(super) fn unknown_name(&mut self, name: &Arc<str>, at: Span, kind: NameKind) {
        if self.lost.contains(name) || !self.frame.reported.insert(name.clone()) {
            return;
        }
        let teach = c_names::of_name(name);
        let near = match teach {
            Some(_) => None,
            // With dozens of mistakes nobody reads the hints, and each costs a walk over all names.
            None if self.found.len() > MANY => None,
            None => self.nearest_name(name, kind),
        };
        self.report(Problem::UnknownName { name: name.clone(), at, near, teach, kind });
    }

    fn nearest_name(&self, name: &str, kind: NameKind) -> Option<String> {
        let mut names: Vec<&str> = self.frame.names().collect();
        if kind == NameKind::Value {
            // `ture`, `brak;`
            names.extend(["true", "false", "nil", "break", "continue", "return"]);
        }
        names.extend(self.items.keys().map(|item| &**item));
        Builtin::ALL.iter().for_each(|builtin| names.push(builtin.name()));
        constant::names().for_each(|name| names.push(name));
        suggest::nearest(name, names).map(str::to_owned)
    }
}

/// After so many reports, names are no longer searched for near ones.
const MANY: usize = 20;

const BASIC: &[(&str, Type)] = &[
    ("int", Type::Int),
    ("float", Type::Float),
    ("bool", Type::Bool),
    ("str", Type::Str),
    ("status", Type::Status),
    ("ptr", Type::Ptr),
];

/// A type that every program has.
pub(super) fn basic_type(name: &str) -> Option<Type> {
    BASIC.iter().find(|(basic, _)| *basic == name).map(|(_, ty)| ty.clone())
}
