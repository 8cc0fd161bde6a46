//! Which ints a C programmer would write as `int` or `pid_t`: those that only ever hold what such calls give, or small constants.
//!
//! Every variable, parameter, result and field starts unknown; each value that reaches it widens it, until nothing changes.

use std::collections::BTreeMap;

use super::walk;
use crate::abi::Builtin;
use crate::check::tree::{Block, Constant, Expr, ExprKind, Pattern, Place, PlaceKind, Program, Stmt, StmtKind};
use crate::check::types::Type;

/// How wide an int is written in C, from nothing known to widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Kind {
    /// Only small constants so far.
    #[default]
    Small,
    /// A process id.
    Pid,
    /// An `int` of C: a descriptor, a signal, a flag.
    Int,
    /// 64 bits.
    Long,
}

/// Something that holds an int.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A local of a function.
    Local(u32, u32),
    /// A static variable.
    Global(u32),
    /// A part of a function's result.
    Result(u32, usize),
    /// A field of a struct.
    Field(u32, u32),
}

/// What is known of every slot.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    known: BTreeMap<Slot, Kind>,
    changed: bool,
}

impl Kinds {
    /// Finds the kinds of a whole program.
    pub(super) fn find(program: &Program) -> Kinds {
        let mut kinds = Kinds::default();
        for function in functions_as_values(program) {
            let Some(body) = program.functions.get(function as usize) else { continue };
            let handler = super::is_handler(body);
            for at in 0..body.params {
                kinds.widen(Slot::Local(function, at as u32), if handler { Kind::Int } else { Kind::Long });
            }
            kinds.widen(Slot::Result(function, 0), Kind::Long);
        }
        if let Some(main) = program.main {
            kinds.widen(Slot::Result(main.0, 0), Kind::Int);
        }
        loop {
            kinds.changed = false;
            for (id, function) in program.functions.iter().enumerate() {
                Pass { program, kinds: &mut kinds, id: id as u32 }.block(&function.body);
            }
            if !kinds.changed {
                return kinds;
            }
        }
    }

    /// How a slot is written: what nothing is known of is a plain long.
    pub(super) fn of(&self, slot: Slot) -> Kind {
        match self.known.get(&slot) {
            None | Some(Kind::Small) => Kind::Long,
            Some(kind) => *kind,
        }
    }

    fn raw(&self, slot: Slot) -> Kind {
        self.known.get(&slot).copied().unwrap_or_default()
    }

    fn widen(&mut self, slot: Slot, kind: Kind) {
        let known = self.known.entry(slot).or_default();
        if kind > *known {
            *known = kind;
            self.changed = true;
        }
    }

    fn tie(&mut self, one: Slot, other: Slot) {
        let kind = self.raw(one).max(self.raw(other));
        self.widen(one, kind);
        self.widen(other, kind);
    }
}

/// The functions whose names stand as values somewhere.
pub(super) fn functions_as_values(program: &Program) -> Vec<u32> {
    let mut found = Vec::new();
    for function in &program.functions {
        walk::each_expr(&function.body, &mut |expr| {
            if let ExprKind::Function(id) = &expr.kind {
                found.push(id.0);
            }
        });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The kind of a built-in's first result.
pub(super) fn builtin_kind(builtin: Builtin) -> Kind {
    use Builtin::*;
    match builtin {
        Fork | Wait | Waitpid | Getpid | Getppid | Getpgid | Getpgrp | Getsid | Setsid | Tcgetpgrp => Kind::Pid,
        Wexitstatus | Wtermsig | Wstopsig | Exec | Execv | Execl | Setpgid | Tcsetpgrp | SchedYield | Nice | Setenv
        | Setrlimit | Usleep | Pause | Kill | Killpg | Raise | Sigprocmask | Sigpending | Sigsuspend | Sigwait
        | Pipe | Pipe2 | Close | Dup | Dup2 | Fcntl | Poll | Open | Unlink | Rename | Mkfifo | Mkdir | Rmdir
        | Chdir | MqOpen | MqSend | MqTimedsend | MqNotify | MqClose | MqUnlink | Fflush | Setvbuf | Printf
        | Eprintf | Dprintf | Sigaction | Getrlimit | Nanosleep | Tcgetattr | Tcsetattr | MqGetattr | MqSetattr => {
            Kind::Int
        }
        _ => Kind::Long,
    }
}

struct Pass<'a> {
    program: &'a Program,
    kinds: &'a mut Kinds,
    id: u32,
}

impl Pass<'_> {
    fn block(&mut self, block: &Block) {
        walk::each_stmt(block, &mut |stmt| self.stmt(stmt));
        walk::each_expr(block, &mut |expr| self.expr(expr));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Store { targets, value, .. } => self.store(targets, value),
            StmtKind::Update { place, .. } => self.put(place, Kind::Long),
            StmtKind::Return(Some(value)) => self.give(value),
            StmtKind::Match { subject, value, arms } => {
                let kind = self.kind(value);
                self.kinds.widen(Slot::Local(self.id, subject.0), kind);
                for pattern in arms.iter().flat_map(|arm| &arm.patterns) {
                    if let Pattern::Bind(local) = pattern {
                        self.kinds.tie(Slot::Local(self.id, local.0), Slot::Local(self.id, subject.0));
                    }
                }
            }
            _ => {}
        }
    }

    fn store(&mut self, targets: &[Option<Place>], value: &Expr) {
        if let [Some(place)] = targets {
            let kind = self.kind(value);
            self.put(place, kind);
            return;
        }
        for (at, place) in targets.iter().enumerate() {
            let Some(place) = place else { continue };
            match &value.kind {
                ExprKind::Tuple(parts) => {
                    let kind = parts.get(at).map_or(Kind::Long, |part| self.kind(part));
                    self.put(place, kind);
                }
                ExprKind::Call(function, _) => {
                    let result = Slot::Result(function.0, at);
                    match self.slot(place) {
                        Some(slot) if at > 0 => self.kinds.tie(slot, result),
                        Some(slot) => {
                            let kind = self.kinds.raw(result);
                            self.kinds.widen(slot, kind);
                        }
                        None => {}
                    }
                }
                ExprKind::CallBuiltin { builtin, .. } => {
                    let kind = match builtin {
                        Builtin::Pipe | Builtin::Pipe2 => Kind::Int,
                        _ if at == 0 => builtin_kind(*builtin),
                        _ => Kind::Long,
                    };
                    self.put(place, kind);
                }
                _ => self.put(place, Kind::Long),
            }
        }
    }

    /// `return`
    fn give(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Tuple(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let kind = self.kind(part);
                    self.kinds.widen(Slot::Result(self.id, at), kind);
                }
            }
            ExprKind::Call(function, _) => {
                for at in 0..value.ty.slots() {
                    self.kinds.tie(Slot::Result(self.id, at), Slot::Result(function.0, at));
                }
            }
            _ => {
                let kind = self.kind(value);
                self.kinds.widen(Slot::Result(self.id, 0), kind);
                for at in 1..value.ty.slots() {
                    self.kinds.widen(Slot::Result(self.id, at), Kind::Long);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call(function, args) => {
                for (at, arg) in args.iter().enumerate() {
                    let kind = self.kind(arg);
                    self.kinds.widen(Slot::Local(function.0, at as u32), kind);
                }
            }
            ExprKind::Struct(id, fields) => {
                for (field, value) in fields {
                    let kind = self.kind(value);
                    self.kinds.widen(Slot::Field(id.0, *field), kind);
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, place: &Place, kind: Kind) {
        if let Some(slot) = self.slot(place) {
            self.kinds.widen(slot, kind);
        }
    }

    fn slot(&self, place: &Place) -> Option<Slot> {
        match &place.kind {
            PlaceKind::Local(id) => Some(Slot::Local(self.id, id.0)),
            PlaceKind::Global(id) => Some(Slot::Global(id.0)),
            PlaceKind::Field(base, field) => match &base.ty {
                Type::Struct(id) => Some(Slot::Field(id.0, *field)),
                _ => None,
            },
            PlaceKind::Element(..) | PlaceKind::Cell(..) => None,
        }
    }

    fn kind(&self, expr: &Expr) -> Kind {
        match &expr.kind {
            ExprKind::Constant(Constant::Int(value)) if i32::try_from(*value).is_ok() => Kind::Small,
            ExprKind::Constant(Constant::Int(_)) => Kind::Long,
            ExprKind::Local(id) => self.kinds.raw(Slot::Local(self.id, id.0)),
            ExprKind::Global(id) if id.0 as usize == crate::abi::ERRNO_SLOT => Kind::Int,
            ExprKind::Global(id) => self.kinds.raw(Slot::Global(id.0)),
            ExprKind::Field(base, field) => match &base.ty {
                Type::Struct(id) => self.kinds.raw(Slot::Field(id.0, *field)),
                _ => Kind::Long,
            },
            ExprKind::Call(function, _) => self.kinds.raw(Slot::Result(function.0, 0)),
            ExprKind::CallBuiltin { builtin, .. } => builtin_kind(*builtin),
            ExprKind::First(inner) => self.kind(inner),
            ExprKind::Conditional(_, left, right) => self.kind(left).max(self.kind(right)),
            ExprKind::NegateInt(inner) => match &inner.kind {
                ExprKind::Constant(_) => self.kind(inner),
                _ => Kind::Long,
            },
            ExprKind::WordToInt(_) => Kind::Int,
            _ => {
                let _ = self.program;
                Kind::Long
            }
        }
    }
}
