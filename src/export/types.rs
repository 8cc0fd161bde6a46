//! Types in C, and what the program does with its variables as far as their declarations depend on it.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{Kind, Slot};
use super::prelude::ArrayType;
use super::{Emit, names, walk};
use crate::abi::{ARGV_SLOT, Builtin, ERRNO_SLOT, RESERVED_SLOTS};
use crate::check::tree::{ExprKind, PlaceKind, Program};
use crate::check::types::{StructId, Type};

/// Which functions use each global, and which functions each function names.
pub(super) struct Uses {
    globals: BTreeMap<u32, BTreeSet<u32>>,
    calls: BTreeMap<u32, BTreeSet<u32>>,
    handlers: BTreeSet<u32>,
}

/// Finds the uses.
pub(super) fn uses(program: &Program) -> Uses {
    let mut uses = Uses { globals: BTreeMap::new(), calls: BTreeMap::new(), handlers: BTreeSet::new() };
    for (id, function) in (0..).zip(&program.functions) {
        walk::each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::Global(global) => drop(uses.globals.entry(global.0).or_default().insert(id)),
            ExprKind::Function(called) | ExprKind::Call(called, _) => {
                uses.calls.entry(id).or_default().insert(called.0);
                let value = matches!(expr.kind, ExprKind::Function(_));
                if value && program.functions.get(called.0 as usize).is_some_and(super::is_handler) {
                    uses.handlers.insert(called.0);
                }
            }
            _ => {}
        });
        walk::each_store(&function.body, &mut |place| {
            if let PlaceKind::Global(global) = &place.kind {
                uses.globals.entry(global.0).or_default().insert(id);
            }
        });
    }
    uses
}

/// The globals that no function but the main program uses.
pub(super) fn main_only(program: &Program, uses: &Uses) -> BTreeSet<u32> {
    let all = RESERVED_SLOTS as u32..program.globals.len() as u32;
    all.filter(|id| uses.globals.get(id).is_none_or(|users| users.iter().all(|user| *user == 0))).collect()
}

/// The globals that signal handlers reach.
pub(super) fn in_handlers(program: &Program, uses: &Uses) -> BTreeSet<u32> {
    let installs = program.functions.iter().any(|function| {
        let mut found = false;
        walk::each_expr(&function.body, &mut |expr| {
            found |=
                matches!(&expr.kind, ExprKind::CallBuiltin { builtin: Builtin::SignalCall | Builtin::Sigaction, .. });
        });
        found
    });
    let mut reached = BTreeSet::new();
    let mut next: Vec<u32> = if installs { uses.handlers.iter().copied().collect() } else { Vec::new() };
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(uses.calls.get(&id).into_iter().flatten());
        }
    }
    let touched = |users: &BTreeSet<u32>| users.iter().any(|user| reached.contains(user));
    uses.globals
        .iter()
        .filter(|(id, users)| **id >= RESERVED_SLOTS as u32 && touched(users))
        .map(|(id, _)| *id)
        .collect()
}

/// The locals and globals whose values are used somewhere.
pub(super) fn read_slots(program: &Program) -> BTreeSet<Slot> {
    let mut read = BTreeSet::new();
    for (id, function) in (0..).zip(&program.functions) {
        walk::each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::Local(local) => drop(read.insert(Slot::Local(id, local.0))),
            ExprKind::Global(global) => drop(read.insert(Slot::Global(global.0))),
            _ => {}
        });
    }
    read
}

/// How often each variable is stored to.
pub(super) fn stored(program: &Program) -> BTreeMap<Slot, u32> {
    let mut stored = BTreeMap::new();
    for (id, function) in (0..).zip(&program.functions) {
        walk::each_store(&function.body, &mut |place| match &place.kind {
            PlaceKind::Local(local) => *stored.entry(Slot::Local(id, local.0)).or_default() += 1,
            PlaceKind::Global(global) => *stored.entry(Slot::Global(global.0)).or_default() += 1,
            _ => {}
        });
    }
    stored
}

impl Emit<'_> {
    /// A type with its space, ready for a name: `long `, `Job *`; an int is as wide as `kind`.
    pub(super) fn c_type(&mut self, ty: &Type, kind: Kind) -> String {
        match ty {
            Type::Int => match kind {
                Kind::Pid => "pid_t ".to_owned(),
                Kind::Int => "int ".to_owned(),
                Kind::Long | Kind::Small => "long ".to_owned(),
            },
            Type::Float => "double ".to_owned(),
            Type::Bool => "bool ".to_owned(),
            Type::Str => format!("{} ", self.prelude.need("str")),
            Type::Status => "int ".to_owned(),
            Type::Ptr => "long *".to_owned(),
            Type::Array(element) => {
                let array = self.array_type(element);
                self.prelude.add_array(&array);
                format!("{} *", array.name)
            }
            Type::Struct(id) => format!("{} *", self.struct_name(*id)),
            Type::Function(_) => format!("{} ", self.function_type(ty)),
            _ => "void ".to_owned(),
        }
    }

    /// The type of what a slot holds.
    pub(super) fn slot_type(&mut self, slot: Slot, ty: &Type) -> String {
        let kind = self.kinds.of(slot);
        self.c_type(ty, kind)
    }

    pub(super) fn struct_name(&self, id: StructId) -> String {
        self.names.structs.get(id.0 as usize).cloned().unwrap_or_default()
    }

    pub(super) fn field_name(&self, id: StructId, field: u32) -> String {
        let def = self.program.structs.get(id.0 as usize);
        def.and_then(|def| def.fields.get(field as usize)).map(|(name, _)| names::for_field(name)).unwrap_or_default()
    }

    /// The array type for elements of a type.
    pub(super) fn array_type(&mut self, element: &Type) -> ArrayType {
        let name = match element {
            Type::Int => "ints".to_owned(),
            Type::Str => "strs".to_owned(),
            Type::Float => "floats".to_owned(),
            Type::Bool => "bools".to_owned(),
            Type::Status => "statuses".to_owned(),
            Type::Ptr => "ptrs".to_owned(),
            Type::Struct(id) => format!("{}_list", self.struct_name(*id)),
            Type::Array(inner) => format!("{}_list", self.array_type(inner).name),
            other => format!("{}_list", self.c_type(other, Kind::Long).trim()),
        };
        let value = self.c_type(element, Kind::Long);
        let pointer = format!("{value}*");
        ArrayType { name, pointer, value }
    }

    /// The name of a type of functions.
    fn function_type(&mut self, ty: &Type) -> String {
        if *ty == Type::handler() {
            return "sighandler_t".to_owned();
        }
        if let Some((_, name)) = self.function_types.iter().find(|(known, _)| known == ty) {
            return name.clone();
        }
        let number = self.function_types.len() + 1;
        let name = if number == 1 { "function".to_owned() } else { format!("function{number}") };
        self.function_types.push((ty.clone(), name.clone()));
        name
    }

    /// `typedef long (*function)(long, str);`
    pub(super) fn function_typedefs(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some((ty, name)) = self.function_types.get(at).cloned() {
            at += 1;
            let Type::Function(function) = &ty else { continue };
            let mut params: Vec<String> =
                function.params.iter().map(|param| self.c_type(param, Kind::Long).trim_end().to_owned()).collect();
            let (first, others) = match &function.result {
                Type::Tuple(parts) => {
                    (parts.first().cloned().unwrap_or(Type::Void), parts.get(1..).unwrap_or_default().to_vec())
                }
                other => (other.clone(), Vec::new()),
            };
            params.extend(others.iter().map(|part| format!("{}*", self.c_type(part, Kind::Long))));
            if params.is_empty() {
                params.push("void".to_owned());
            }
            let result = self.c_type(&first, Kind::Long);
            lines.push(format!("typedef {result}(*{name})({});", params.join(", ")));
        }
        lines
    }

    /// The zero of a type.
    pub(super) fn zero(&mut self, ty: &Type) -> String {
        match ty {
            Type::Float => "0.0".to_owned(),
            Type::Bool => "false".to_owned(),
            Type::Str => {
                self.prelude.need("str");
                "STR(\"\")".to_owned()
            }
            Type::Array(element) => {
                let array = self.array_type(element);
                format!("{}(0, NULL)", self.prelude.need_array(&array, "of"))
            }
            Type::Ptr | Type::Struct(_) | Type::Function(_) => "NULL".to_owned(),
            _ => "0".to_owned(),
        }
    }

    /// Whether a global is a variable of C's main.
    pub(super) fn is_main_local(&self, id: u32) -> bool {
        id as usize != ERRNO_SLOT && id as usize != ARGV_SLOT && self.main_only.contains(&id)
    }
}
