//! Names that are declared and never used. A name that begins with `_` is meant so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Facts;
use super::walk::{Var, each_expr, each_stmt};
use crate::check::tree::{ExprKind, Function, FunctionId, StmtKind};
use crate::check::types::{StructId, Type};
use crate::check::words::lints as say;
use crate::diagnostics::Diagnostic;
use crate::source::Span;

pub(super) fn lint(facts: &Facts<'_>, constants: &[(Arc<str>, Span)], found: &mut Vec<Diagnostic>) {
    let mut report = |what: say::Unused, name: &str, at: Span| {
        if !name.starts_with(['_', ' ']) && at.end > at.start {
            found.push(say::unused(what, name, at));
        }
    };
    for (name, at) in constants {
        report(say::Unused::Constant, name, *at);
    }
    functions(facts, &mut report);
    structs(facts, &mut report);
    variables(facts, &mut report);
}

type Report<'r> = &'r mut dyn FnMut(say::Unused, &str, Span);

/// Functions that nothing outside themselves names.
fn functions(facts: &Facts<'_>, report: Report<'_>) {
    let mut used: BTreeSet<FunctionId> = facts.program.main.into_iter().collect();
    for (at, function) in facts.program.functions.iter().enumerate() {
        let own = FunctionId(at as u32);
        each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::Call(id, _) | ExprKind::Function(id) if *id != own => drop(used.insert(*id)),
            _ => {}
        });
    }
    for (at, function) in facts.program.functions.iter().enumerate().skip(1) {
        if !used.contains(&FunctionId(at as u32)) && !function.name.contains(' ') {
            report(say::Unused::Function, &function.name, function.head);
        }
    }
}

/// Structs that no variable, field, result or literal has.
fn structs(facts: &Facts<'_>, report: Report<'_>) {
    let mut used = BTreeSet::new();
    let program = facts.program;
    program.globals.iter().for_each(|global| mark(&global.ty, &mut used));
    for (at, def) in program.structs.iter().enumerate() {
        let mut inside = BTreeSet::new();
        def.fields.iter().for_each(|(_, ty)| mark(ty, &mut inside));
        inside.remove(&StructId(at as u32));
        used.extend(inside);
    }
    for function in &program.functions {
        mark(&function.result, &mut used);
        function.locals.iter().for_each(|local| mark(&local.ty, &mut used));
        each_expr(&function.body, &mut |expr| mark(&expr.ty, &mut used));
    }
    for (at, def) in program.structs.iter().enumerate() {
        if !used.contains(&StructId(at as u32)) {
            report(say::Unused::Struct, &def.name, def.span);
        }
    }
}

fn mark(ty: &Type, used: &mut BTreeSet<StructId>) {
    match ty {
        Type::Struct(id) => drop(used.insert(*id)),
        Type::Array(element) => mark(element, used),
        Type::Tuple(parts) => parts.iter().for_each(|part| mark(part, used)),
        Type::Function(function) => {
            function.params.iter().for_each(|param| mark(param, used));
            mark(&function.result, used);
        }
        _ => {}
    }
}

/// Variables that nothing reads. Parts of a tuple, what a pattern binds and the variable of a `for` are left alone: one often wants
/// only some of them. Parameters count only where the function's type is nobody else's business.
fn variables(facts: &Facts<'_>, report: Report<'_>) {
    let program = facts.program;
    let mut read: BTreeSet<(usize, Var)> = BTreeSet::new();
    let mut stored: BTreeSet<(usize, Var)> = BTreeSet::new();
    let mut values: BTreeSet<FunctionId> = BTreeSet::new();
    let key = |at: usize, var: Var| (if matches!(var, Var::Global(_)) { 0 } else { at }, var);
    for (at, function) in program.functions.iter().enumerate() {
        each_expr(&function.body, &mut |expr| match &expr.kind {
            ExprKind::Local(_) | ExprKind::Global(_) => read.extend(Var::of(expr).map(|var| key(at, var))),
            ExprKind::Function(id) => drop(values.insert(*id)),
            _ => {}
        });
        single_stores(function, &mut |var| stored.extend([key(at, var)]));
    }
    for (at, function) in program.functions.iter().enumerate() {
        for (number, local) in function.locals.iter().enumerate() {
            let var = Var::Local(crate::check::tree::LocalId(number as u32));
            let param = number < function.params;
            let wanted = if param { !values.contains(&FunctionId(at as u32)) } else { stored.contains(&key(at, var)) };
            if wanted && !read.contains(&key(at, var)) {
                report(if param { say::Unused::Parameter } else { say::Unused::Variable }, &local.name, local.span);
            }
        }
    }
    for (number, global) in program.globals.iter().enumerate() {
        let var = Var::Global(crate::check::tree::GlobalId(number as u32));
        if stored.contains(&key(0, var)) && !read.contains(&key(0, var)) {
            report(say::Unused::Variable, &global.name, global.span);
        }
    }
}

/// The variables that a `let` of one name declares.
fn single_stores(function: &Function, visit: &mut dyn FnMut(Var)) {
    each_stmt(&function.body, &mut |stmt| {
        if let StmtKind::Store { targets, declares: true, .. } = &stmt.kind
            && let [Some(target)] = targets.as_slice()
            && let Some(var) = Var::of_place(target)
            && !is_loop_variable(function, stmt.span, target.span)
        {
            visit(var);
        }
    });
}

/// Whether a store was made by the compiler for the variable of a `for`: its statement does not contain the name.
fn is_loop_variable(_function: &Function, stmt: Span, target: Span) -> bool {
    !super::walk::within(target, stmt) || stmt == target
}
