//! System calls: thin functions, one a row of the table of built-ins, that fetch and check arguments and call the kernel
//! proper. This file is the dispatch, and the way of arguments in and results out.

mod chance;
mod descriptors;
mod files;
mod output;
mod processes;
mod queues;
mod signals;
pub(crate) mod time;

#[allow(unused_imports, reason = "the dispatch table below names them through the table of built-ins")]
use {chance::*, descriptors::*, files::*, output::*, processes::*, queues::*, signals::*, time::*};

use super::call::{Call, Outcome, Value};
use super::event::{Answer, Shown};
use super::machine::Machine;
use super::process::Pid;
use crate::abi::builtin::{Outcome as Part, Param};
use crate::abi::{Builtin, Errno, FUNCTION_BIAS, SIG_DFL, SIG_ERR, SIG_IGN, Status};
use crate::for_each_builtin;
use crate::vm::{Context, Fault};

type Handler = fn(&mut Machine, Pid, &mut Call) -> Outcome;

macro_rules! entry {
    (Syscall $name:ident) => {
        Some($name as Handler)
    };
    (Library $name:ident) => {
        None
    };
}

macro_rules! dispatch_table {
    ($($class:ident $variant:ident, $name:ident, $group:literal, $req:tt $opt:tt $rest:tt, $res:tt, $prop:tt, $man:literal, $sentence:literal;)*) => {
        /// The system calls by number of their built-in.
        const TABLE: &[Option<Handler>] = &[$(entry!($class $name)),*];
    };
}
for_each_builtin!(dispatch_table);

/// Makes a call.
#[inline]
pub(crate) fn make(machine: &mut Machine, me: Pid, call: &mut Call) -> Outcome {
    match TABLE[call.request.builtin as usize] {
        Some(handler) => handler(machine, me, call),
        // The verifier lets no library function through as a system call.
        None => Outcome::Nothing,
    }
}

/// How many arguments were given.
#[inline]
pub(crate) fn given(call: &Call) -> usize {
    call.request.args as usize
}

/// The word of argument `at`, from 0.
#[inline]
pub(crate) fn arg(machine: &Machine, me: Pid, call: &Call, at: usize) -> u64 {
    if let Some(word) = call.words.get(at) {
        return *word;
    }
    let context = machine.process(me).context.as_deref();
    context.map_or(0, |context| context.register(call.request.window.wrapping_add(at as u8 + 1)))
}

/// Argument `at` as an int.
#[inline]
pub(crate) fn int(machine: &Machine, me: Pid, call: &Call, at: usize) -> i64 {
    arg(machine, me, call, at) as i64
}

/// Runs `act` on a process's context and the memory.
#[inline]
fn with_context<T: Default>(
    machine: &mut Machine,
    me: Pid,
    act: impl FnOnce(&mut Context, &mut crate::vm::memory::Memory) -> T,
) -> T {
    let Some(process) = machine.table.get_mut(me) else { return T::default() };
    match process.context.as_deref_mut() {
        Some(context) => act(context, &mut machine.memory),
        None => T::default(),
    }
}

/// Argument `at` as the bytes of a string.
pub(crate) fn string(machine: &mut Machine, me: Pid, call: &Call, at: usize) -> Vec<u8> {
    let word = arg(machine, me, call, at);
    let mut bytes = machine.buffer();
    with_context(machine, me, |context, memory| context.append_string(memory, word, &mut bytes));
    bytes
}

/// Argument `at` as a list of strings.
pub(crate) fn strings(machine: &mut Machine, me: Pid, call: &Call, at: usize) -> Vec<Vec<u8>> {
    let word = arg(machine, me, call, at);
    with_context(machine, me, |context, memory| context.strings(memory, word))
}

/// Argument `at` as a list of ints.
pub(crate) fn ints(machine: &mut Machine, me: Pid, call: &Call, at: usize) -> Vec<i64> {
    let word = arg(machine, me, call, at);
    with_context(machine, me, |context, memory| context.ints(memory, word))
}

/// Arguments from `from` on as strings.
pub(crate) fn rest_of_strings(machine: &mut Machine, me: Pid, call: &Call, from: usize) -> Vec<Vec<u8>> {
    (from..given(call)).map(|at| string(machine, me, call, at)).collect()
}

/// The word that a part of a result stands for, made on the caller's heap where it is a string.
#[inline]
fn word(context: &mut Context, memory: &mut crate::vm::memory::Memory, part: &Value) -> Result<u64, Fault> {
    match part {
        Value::Int(value) => Ok(*value as u64),
        Value::Bool(value) => Ok(u64::from(*value)),
        Value::Bytes(bytes) if bytes.is_empty() => Ok(0),
        Value::Bytes(bytes) => context.new_string(memory, bytes),
        Value::Status(status) => Ok(u64::from(status.0)),
        Value::Handler(word) => Ok(*word),
        Value::List(texts) => context.new_strings(memory, texts),
        Value::Ints(ints) => context.new_ints(memory, ints),
    }
}

/// The most parts that a result has.
const MOST_PARTS: usize = 8;

/// Writes a result into the caller's registers and moves it past the call.
pub(crate) fn store(machine: &mut Machine, me: Pid, call: &Call, outcome: &Outcome) {
    let builtin = call.request.builtin;
    match outcome {
        Outcome::Int(value) | Outcome::Yield(value) => {
            store_int(machine, me, call, *value);
        }
        Outcome::Pair(first, second) => store_words(machine, me, call, [*first as u64, *second as u64]),
        Outcome::Child(pid, status) => store_words(machine, me, call, [u64::from(*pid), u64::from(status.0)]),
        Outcome::Counted(bytes) => {
            store_counted(machine, me, call, bytes, None);
        }
        Outcome::Message(bytes, priority) => {
            store_counted(machine, me, call, bytes, Some(*priority));
        }
        Outcome::Parts(parts) => store_parts(machine, me, call, parts, None),
        Outcome::Fail(errno) => store_parts(machine, me, call, &failure(builtin), Some(*errno)),
        Outcome::Nothing => with_context(machine, me, |context, _| context.pc += 1),
        _ => store_parts(machine, me, call, &[], None),
    }
}

/// Nothing is written where one of the parts has no room on the heap.
fn store_parts(machine: &mut Machine, me: Pid, call: &Call, parts: &[Value], errno: Option<Errno>) {
    let Some(process) = machine.table.get_mut(me) else { return };
    let Some(context) = process.context.as_deref_mut() else { return };
    let mut words = [0; MOST_PARTS];
    let mut held = 0;
    while held < parts.len().min(MOST_PARTS) {
        match word(context, &mut machine.memory, &parts[held]) {
            Ok(word) => words[held] = word,
            Err(fault) => return machine.fault(me, fault),
        }
        held += 1;
    }
    if let Some(errno) = errno {
        context.set_errno(errno.number());
    }
    for (at, word) in words[..held].iter().enumerate() {
        context.set_register(call.request.window + at as u8, *word);
    }
    context.pc += 1;
}

/// The commonest case of [`store`]: one number and success; what else the call returns is zero. Whether the caller may go on at once.
#[inline(always)]
pub(super) fn store_int(machine: &mut Machine, me: Pid, call: &Call, value: i64) -> bool {
    if call.request.builtin.row().results.len() > 1 {
        store_first(machine, me, call, value);
        return false;
    }
    let Some(process) = machine.table.get_mut(me) else { return false };
    let Some(context) = process.context.as_deref_mut() else { return false };
    context.answer(call.request.window, value as u64);
    process.may_go_on()
}

#[inline(never)]
fn store_first(machine: &mut Machine, me: Pid, call: &Call, value: i64) {
    store_parts(machine, me, call, &padded(call.request.builtin, vec![Value::Int(value)]), None);
}

/// Two words and success.
fn store_words(machine: &mut Machine, me: Pid, call: &Call, words: [u64; 2]) {
    let Some(process) = machine.table.get_mut(me) else { return };
    let Some(context) = process.context.as_deref_mut() else { return };
    for (at, word) in words.into_iter().enumerate() {
        context.set_register(call.request.window + at as u8, word);
    }
    context.pc += 1;
}

/// What has been read or received. Nothing is written where the bytes have no room on the heap. Whether the caller may go on at once.
#[inline(never)]
pub(super) fn store_counted(machine: &mut Machine, me: Pid, call: &Call, bytes: &[u8], priority: Option<i64>) -> bool {
    let Some(process) = machine.table.get_mut(me) else { return false };
    let Some(context) = process.context.as_deref_mut() else { return false };
    let text = match bytes {
        [] => Ok(0),
        bytes => context.new_string(&mut machine.memory, bytes),
    };
    match text {
        Ok(text) => {
            context.set_register(call.request.window, bytes.len() as u64);
            context.set_register(call.request.window + 1, text);
            if let Some(priority) = priority {
                context.set_register(call.request.window + 2, priority as u64);
            }
            context.pc += 1;
            process.may_go_on()
        }
        Err(fault) => {
            machine.fault(me, fault);
            false
        }
    }
}

/// The first parts as given, the others the zero of their type.
fn padded(builtin: Builtin, mut parts: Vec<Value>) -> Vec<Value> {
    for part in builtin.row().results.iter().skip(parts.len()) {
        parts.push(zero(*part));
    }
    parts
}

fn zero(part: Part) -> Value {
    match part {
        Part::Bool => Value::Bool(false),
        Part::Str => Value::Bytes(Vec::new()),
        Part::Status => Value::Status(Status::default()),
        Part::Handler => Value::Handler(SIG_DFL),
        Part::Strings => Value::List(Vec::new()),
        Part::Ints => Value::Ints(Vec::new()),
        _ => Value::Int(0),
    }
}

/// What a failed call gives: -1 first, the other parts zero; a pipe's two ends are both -1, a handler is SIG_ERR.
fn failure(builtin: Builtin) -> Vec<Value> {
    match (builtin, builtin.row().results) {
        (Builtin::Pipe | Builtin::Pipe2, _) => vec![Value::Int(-1), Value::Int(-1)],
        (_, [Part::Handler]) => vec![Value::Handler(SIG_ERR)],
        (_, [Part::Bool]) => vec![Value::Bool(false)],
        (_, [part @ (Part::Str | Part::Strings)]) => vec![zero(*part)],
        (_, []) => Vec::new(),
        _ => padded(builtin, vec![Value::Int(-1)]),
    }
}

/// The arguments as a trace shows them.
pub(crate) fn shown_args(machine: &mut Machine, me: Pid, call: &Call) -> Vec<Shown> {
    let row = call.request.builtin.row();
    if let (Some(format), true) = (call.request.format(), row.rest.is_some_and(|(_, kind)| kind != Param::Str)) {
        let first = row.required.len().saturating_sub(1) as u8;
        let window = call.request.window;
        let mut text = Vec::new();
        with_context(machine, me, |context, memory| {
            // What cannot be rendered is a fault, of which the call itself tells.
            let _ = context.render(memory, format, window, first, &mut text);
        });
        let mut args: Vec<Shown> = (0..first as usize).map(|at| Shown::Int(int(machine, me, call, at))).collect();
        args.push(Shown::Bytes(text));
        return args;
    }
    (0..given(call)).map(|at| shown_arg(machine, me, call, at)).collect()
}

fn shown_arg(machine: &mut Machine, me: Pid, call: &Call, at: usize) -> Shown {
    let row = call.request.builtin.row();
    let kinds = row.required.iter().chain(row.optional).map(|(_, kind)| *kind);
    let kind = kinds.chain(row.rest.iter().map(|(_, kind)| *kind).cycle().take(256)).nth(at);
    match kind {
        Some(Param::Str | Param::Format) => Shown::Bytes(string(machine, me, call, at)),
        Some(Param::Strings) => Shown::List(strings(machine, me, call, at)),
        Some(Param::Ints) => Shown::Text(format!("{:?}", ints(machine, me, call, at))),
        Some(Param::Handler) => Shown::Handler(handler_name(machine, me, arg(machine, me, call, at))),
        Some(Param::Seconds) => Shown::Float(f64::from_bits(arg(machine, me, call, at))),
        _ => Shown::Int(int(machine, me, call, at)),
    }
}

/// The name of a function value.
pub(crate) fn handler_name(machine: &Machine, me: Pid, word: u64) -> String {
    match word {
        SIG_DFL => "SIG_DFL".to_owned(),
        SIG_IGN => "SIG_IGN".to_owned(),
        SIG_ERR => "SIG_ERR".to_owned(),
        word => {
            let image = &machine.process(me).image;
            let function = image.functions.get(word.wrapping_sub(FUNCTION_BIAS) as usize);
            function.map_or_else(|| "?".to_owned(), |function| function.name.to_string())
        }
    }
}

/// An outcome as a trace shows it.
pub(crate) fn answer(machine: &Machine, me: Pid, outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Int(value) | Outcome::Yield(value) => Answer::Done(vec![Shown::Int(*value)]),
        Outcome::Parts(_) | Outcome::Pair(..) | Outcome::Counted(_) | Outcome::Message(..) | Outcome::Child(..) => {
            shown_parts(machine, me, &outcome.parts().unwrap_or_default())
        }
        Outcome::Nothing => Answer::Done(Vec::new()),
        Outcome::Fail(errno) => Answer::Failed(*errno),
        Outcome::Block(_) | Outcome::Fault(_) | Outcome::Gone => Answer::NoReturn,
    }
}

fn shown_parts(machine: &Machine, me: Pid, parts: &[Value]) -> Answer {
    let shown = |part: &Value| match part {
        Value::Int(value) => Shown::Int(*value),
        Value::Bool(value) => Shown::Bool(*value),
        Value::Bytes(bytes) => Shown::Bytes(bytes.clone()),
        Value::Status(status) => Shown::Status(*status),
        Value::Handler(word) => Shown::Handler(handler_name(machine, me, *word)),
        Value::List(texts) => Shown::List(texts.clone()),
        Value::Ints(ints) => Shown::Text(format!("{ints:?}")),
    };
    Answer::Done(parts.iter().map(shown).collect())
}
