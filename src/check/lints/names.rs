//! Names that are declared and never used. A name that begins with `_` is meant so.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Facts;
use super::walk::{Var, each_expr, each_stmt};
use crate::check::tree::{ExprKind, Function, FunctionId, Program, StmtKind};
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
    let used = Used::of(facts.program);
    functions(facts, &used, &mut report);
    structs(facts, &used, &mut report);
    variables(facts, &used, &mut report);
}

type Report<'r> = &'r mut dyn FnMut(say::Unused, &str, Span);

/// What the bodies of a program name.
struct Used {
    /// Functions that others than themselves call or take as values.
    functions: BTreeSet<FunctionId>,
    /// Functions that are taken as values.
    values: BTreeSet<FunctionId>,
    structs: BTreeSet<StructId>,
    /// For each function, which of its locals are read.
    locals: Vec<Vec<bool>>,
    globals: Vec<bool>,
}

impl Used {
    fn of(program: &Program) -> Used {
        let mut used = Used {
            functions: program.main.into_iter().collect(),
            values: BTreeSet::new(),
            structs: BTreeSet::new(),
            locals: Vec::with_capacity(program.functions.len()),
            globals: vec![false; program.globals.len()],
        };
        for (at, function) in program.functions.iter().enumerate() {
            let own = FunctionId(at as u32);
            let mut locals = vec![false; function.locals.len()];
            each_expr(&function.body, &mut |expr| {
                match &expr.kind {
                    ExprKind::Call(id, _) if *id != own => drop(used.functions.insert(*id)),
                    ExprKind::Function(id) => {
                        used.values.insert(*id);
                        if *id != own {
                            used.functions.insert(*id);
                        }
                    }
                    ExprKind::Local(id) => set(&mut locals, id.0),
                    ExprKind::Global(id) => set(&mut used.globals, id.0),
                    _ => {}
                }
                mark(&expr.ty, &mut used.structs);
            });
            used.locals.push(locals);
        }
        used
    }
}

fn set(marks: &mut [bool], at: u32) {
    if let Some(mark) = marks.get_mut(at as usize) {
        *mark = true;
    }
}

/// Functions that nothing outside themselves names.
fn functions(facts: &Facts<'_>, used: &Used, report: Report<'_>) {
    for (at, function) in facts.program.functions.iter().enumerate().skip(1) {
        if !used.functions.contains(&FunctionId(at as u32)) && !function.name.contains(' ') {
            report(say::Unused::Function, &function.name, function.head);
        }
    }
}

/// Structs that no variable, field, result or literal has.
fn structs(facts: &Facts<'_>, bodies: &Used, report: Report<'_>) {
    let mut used = bodies.structs.clone();
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
fn variables(facts: &Facts<'_>, used: &Used, report: Report<'_>) {
    let program = facts.program;
    let mut globals = vec![false; program.globals.len()];
    for (at, (function, read)) in program.functions.iter().zip(&used.locals).enumerate() {
        let mut stored = vec![false; function.locals.len()];
        single_stores(function, &mut |var| match var {
            Var::Local(id) => set(&mut stored, id.0),
            Var::Global(id) => set(&mut globals, id.0),
        });
        let value = used.values.contains(&FunctionId(at as u32));
        let outer = outermost(function, program, at == 0);
        for (number, (local, (stored, read))) in function.locals.iter().zip(stored.iter().zip(read)).enumerate() {
            let param = number < function.params;
            let wanted = if param { !value } else { *stored };
            if wanted && !read {
                let hidden = outer.iter().find(|(name, at)| **name == local.name && at.end <= local.span.start);
                let what = match hidden {
                    _ if param => say::Unused::Parameter,
                    Some((_, at)) => say::Unused::Hiding(*at),
                    None => say::Unused::Variable,
                };
                report(what, &local.name, local.span);
            }
        }
    }
    for (global, (stored, read)) in program.globals.iter().zip(globals.iter().zip(&used.globals)) {
        if *stored && !read {
            report(say::Unused::Variable, &global.name, global.span);
        }
    }
}

/// The variables that every inner block of a function sees: those of its own outermost statements, and the globals.
fn outermost<'p>(function: &'p Function, program: &'p Program, top: bool) -> Vec<(&'p Arc<str>, Span)> {
    let mut names: Vec<(&Arc<str>, Span)> = Vec::new();
    if !top {
        // Those of the top level come last in the text or first: functions see them all.
        let start = Span { start: 0, end: 0, ..function.head };
        names.extend(
            program
                .globals
                .iter()
                .filter(|global| global.span.end > global.span.start)
                .map(|global| (&global.name, start)),
        );
    } else {
        names.extend(
            program
                .globals
                .iter()
                .filter(|global| global.span.end > global.span.start)
                .map(|global| (&global.name, global.span)),
        );
    }
    for stmt in &function.body.stmts {
        if let StmtKind::Store { targets, declares: true, .. } = &stmt.kind {
            let locals = targets.iter().flatten().filter_map(|target| match Var::of_place(target) {
                Some(Var::Local(id)) => function.locals.get(id.0 as usize),
                _ => None,
            });
            names.extend(locals.map(|local| (&local.name, local.span)));
        }
    }
    names
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
