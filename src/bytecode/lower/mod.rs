//! Checked tree to bytecode. Lowering knows the tree and the table of ops, and nothing of how either runs.
//!
//! Every function gets one frame of registers: register 0 is the link to the caller, parameters follow, then the
//! locals of the open blocks, then temporaries; the window of a call is the top of the temporaries. An expression
//! is lowered *into* a destination, so that a result lands where it is wanted. Expressions never change a local
//! (only statements do), so a local's own register can stand as an operand without being copied.

mod call;
mod condition;
mod counting;
mod expr;
mod fold;
mod function;
mod pool;
mod private;
mod stmt;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::function::Builder;
use self::pool::Pool;
use super::image::{Counter, FieldInfo, FunctionInfo, GlobalInfo, IdleLoop, Image, MAX_FRAME, StructInfo, Zero};
use crate::check::tree::{Function, Program, Shown};
use crate::check::types::Type;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::SourceMap;

/// Lowers a checked program; `name` is what it is called by (the path it was loaded from).
///
/// # Errors
/// The limits of the machine: a function whose frame does not fit.
pub fn lower(program: &Program, sources: &SourceMap, name: &str) -> Result<Image, Vec<Diagnostic>> {
    let mut image = Image { name: Arc::from(name), file: program.file, ..Image::default() };
    let mut pool = Pool::default();
    let mut problems = Vec::new();
    let main_program = private::main_program(program);
    let counted = counting::parameters(program);
    for (index, function) in program.functions.iter().enumerate() {
        let function = main_program.as_ref().filter(|_| index == 0).unwrap_or(function);
        let lowered = {
            let counted = counted.get(index).copied().flatten();
            Builder::new(program, sources, index, function, &mut pool, counted).lower()
        };
        if lowered.frame > MAX_FRAME {
            problems.push(too_wide(function, index == 0, lowered.frame));
            continue;
        }
        let entry = image.code.len() as u32;
        let counters = lowered.counters.iter().map(|counter| Counter { pc: counter.pc + entry, ..*counter });
        image.counters.extend(counters);
        let moved = |code: &std::ops::Range<u32>| code.start + entry..code.end + entry;
        image.idle.extend(lowered.idle.iter().map(|idle| IdleLoop { code: moved(&idle.code), ..idle.clone() }));
        image.code.extend(lowered.code);
        image.spans.extend(lowered.spans);
        image.functions.push(FunctionInfo {
            name: function.name.clone(),
            entry,
            end: image.code.len() as u32,
            params: function.params as u8,
            results: function.result.slots() as u8,
            frame: lowered.frame as u16,
            locals: lowered.locals,
            head: function.head,
        });
        let function = image.functions.len() - 1;
        rebase(&mut image, function);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    tables(program, &mut image);
    pool.give(&mut image);
    Ok(image)
}

/// A function is lowered as if it stood alone; this moves its jumps and live ranges to where its code stands.
fn rebase(image: &mut Image, function: usize) {
    let info = &mut image.functions[function];
    for instruction in &mut image.code[info.entry as usize..info.end as usize] {
        if instruction.op.row().immediate == super::op::Operand::Target {
            instruction.imm += info.entry as i32;
        }
    }
    for local in &mut info.locals {
        local.live = local.live.start + info.entry..local.live.end + info.entry;
    }
}

/// Copies what the machine must know of structs and static slots.
fn tables(program: &Program, image: &mut Image) {
    let field = |(name, ty): &(Arc<str>, Type)| FieldInfo {
        name: name.clone(),
        shown: shown(ty),
        managed: ty.is_managed(),
        zero: zero(ty),
    };
    image.structs = program
        .structs
        .iter()
        .map(|one| StructInfo { name: one.name.clone(), fields: one.fields.iter().map(field).collect() })
        .collect();
    image.globals = program
        .globals
        .iter()
        .map(|one| GlobalInfo { name: one.name.clone(), shown: shown(&one.ty), zero: zero(&one.ty), span: one.span })
        .collect();
}

/// How a value of the type is shown; `None` where it cannot be (a status, or an array of them).
fn shown(ty: &Type) -> Option<Shown> {
    Some(match ty {
        Type::Int => Shown::Int,
        Type::Float => Shown::Float,
        Type::Bool => Shown::Bool,
        Type::Str => Shown::Str,
        Type::Ptr => Shown::Ptr,
        Type::Array(element) => Shown::Array(Arc::new(shown(element)?)),
        Type::Struct(id) => Shown::Struct(*id),
        Type::Function(_) => Shown::Function,
        Type::Status | Type::Tuple(_) | Type::Void | Type::Nil | Type::EmptyArray | Type::Never | Type::Error => {
            return None;
        }
    })
}

/// What a slot of the type holds before anything is stored.
fn zero(ty: &Type) -> Zero {
    match ty {
        Type::Str => Zero::EmptyStr,
        Type::Array(element) => Zero::EmptyArray(element.is_managed()),
        _ => Zero::Word,
    }
}

/// The one limit of lowering: a frame that does not fit one-byte register numbers.
fn too_wide(function: &Function, main_program: bool, frame: usize) -> Diagnostic {
    let who = if main_program { "the main program".to_string() } else { format!("`{}`", function.name) };
    Diagnostic::new(
        Code::TooManyLocals,
        format!("{who} needs more variables and intermediate values at once than a frame can hold"),
        function.head,
        format!("this needs {frame} slots at once, a frame has {MAX_FRAME}"),
    )
    .note("variables of open blocks, arguments of calls and intermediate results each take a slot")
    .help("move a part of it into a function of its own, or keep the values in an array")
}
