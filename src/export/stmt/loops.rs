//! Loops: `while`, `for` over ranges, arrays and lists, and the three-part `for`.

use std::collections::BTreeMap;

use crate::abi::Builtin;
use crate::check::tree::{Block, Expr, ExprKind, LocalId, LoopForm, Place, PlaceKind, Stmt, StmtKind};
use crate::check::types::Type;
use crate::export::call::Out;
use crate::export::expr::{C, Num};
use crate::export::kinds::{Kind, Slot};
use crate::export::order::Effect;
use crate::export::{Emit, walk};

use super::store::read_of;

impl Emit<'_> {
    pub(super) fn while_loop(&mut self, bind: Option<&Stmt>, test: Option<&Expr>, body: &Block) {
        let Some(bind) = bind else {
            let head = match test {
                None => "while (true)".to_owned(),
                Some(test) => {
                    let test = self.nested(|emit| emit.expr(test));
                    format!("while ({})", test.text)
                }
            };
            return self.block(&head, body);
        };
        if let Some(test) = test
            && let Some(head) = self.bound_test(bind, test)
        {
            self.block(&format!("while ({head})"), body);
            return;
        }
        self.line("while (true) {");
        self.comment_behind(body.span.start + 1);
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        self.stmt_here(bind);
        if let Some(test) = test {
            let test = self.expr(test);
            self.flush();
            self.line(format!("if (!({})) {{ break; }}", test.text));
        }
        body.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.comments_until(body.span.end);
        self.scopes.pop();
        self.indent -= 1;
        self.line("}");
    }

    /// `while let (n, line) = call(); n >= 0` as C writes it: `(n = call(&line)) >= 0`.
    pub(super) fn bound_test(&mut self, bind: &Stmt, test: &Expr) -> Option<String> {
        let StmtKind::Store { targets, value, .. } = &bind.kind else { return None };
        let call = if let ExprKind::First(inner) = &value.kind { &**inner } else { value };
        let fits = match &call.kind {
            ExprKind::CallBuiltin { builtin, .. } => !matches!(builtin, Builtin::Pipe | Builtin::Pipe2),
            ExprKind::Call(..) | ExprKind::CallValue(..) => true,
            _ => false,
        };
        let Some(Some(Place { kind: PlaceKind::Local(first), ty, .. })) = targets.first() else { return None };
        if !fits || leftmost(test) != Some(*first) {
            return None;
        }
        let outer = std::mem::take(&mut self.before);
        let written = self.out.len();
        let mut outs = Vec::new();
        for target in targets.iter().skip(1) {
            outs.push(match target {
                Some(Place { kind: PlaceKind::Local(id), ty, .. })
                    if self.is_read(Slot::Local(self.function, id.0)) =>
                {
                    Some(format!("&{}", self.declare_early(*id, ty)))
                }
                _ => None,
            });
        }
        let made = self.call_with(call, &outs);
        let reads = self.count_reads(*first);
        let slot = Slot::Local(self.function, first.0);
        let plain = self.before.is_empty();
        self.before = outer;
        if !plain {
            self.out.truncate(written);
            return None;
        }
        let value = if reads > 1 {
            let name = self.declare_early(*first, ty);
            C::new(format!("({name} = {})", made.text), self.num(slot, ty))
        } else {
            made
        };
        self.replace = Some((*first, value));
        let test = self.nested(|emit| emit.expr(test));
        self.replace = None;
        Some(test.text)
    }

    pub(super) fn call_with(&mut self, call: &Expr, outs: &[Out]) -> C {
        match &call.kind {
            ExprKind::CallBuiltin { .. } => self.builtin(call, outs, false),
            _ => self.call(call, outs),
        }
    }

    /// `for`: what stands before the loop, then the loop itself.
    pub(super) fn for_stmt(
        &mut self,
        first: &[Stmt],
        test: Option<&Expr>,
        step: Option<&Stmt>,
        body: &Block,
        form: LoopForm,
    ) {
        self.scopes.push(BTreeMap::new());
        match (form, first) {
            (LoopForm::Range, [from, to]) => self.range(from, to, body),
            (LoopForm::Each, [array, index]) => self.each(array, index, body),
            _ => self.c_for(first, test, step, body),
        }
        self.scopes.pop();
    }

    pub(super) fn range(&mut self, from: &Stmt, to: &Stmt, body: &Block) {
        let (StmtKind::Store { targets, value: from, .. }, StmtKind::Store { value: to, .. }) = (&from.kind, &to.kind)
        else {
            return;
        };
        let Some(Some(Place { kind: PlaceKind::Local(variable), ty, .. })) = targets.first() else { return };
        let made = self.values(&[from, to]);
        let name = self.declare(*variable, &[from, to]);
        let ty = self.slot_type(Slot::Local(self.function, variable.0), ty);
        let fixed =
            crate::export::order::constant(to).is_some() || (self.effect(to) == Effect::Pure && !changes(body, to));
        let (more, end) = if fixed && !self.acts(to) {
            (String::new(), made[1].within(10))
        } else {
            let end = self.own_name("end");
            (format!(", {end} = {}", made[1].argument()), end)
        };
        self.flush();
        let head = format!("for ({ty}{name} = {}{more}; {name} < {end}; {name}++)", made[0].argument());
        self.block(&head, body);
    }

    pub(super) fn each(&mut self, array: &Stmt, index: &Stmt, body: &Block) {
        let (StmtKind::Store { targets, value: over, .. }, StmtKind::Store { targets: indexes, .. }) =
            (&array.kind, &index.kind)
        else {
            return;
        };
        let (
            Some(Some(Place { kind: PlaceKind::Local(hidden), .. })),
            Some(Some(Place { kind: PlaceKind::Local(index), .. })),
        ) = (targets.first(), indexes.first())
        else {
            return;
        };
        let variable = self.own_name("i");
        self.locals.insert(*index, variable.clone());
        // A list written out is an array of C.
        if let (ExprKind::Array(elements), Type::Array(element)) = (&over.kind, &over.ty)
            && !elements.is_empty()
        {
            return self.each_of_list(elements, element, &variable, body);
        }
        let simple = crate::export::expr::is_simple(over) && self.effect(over) == Effect::Pure && !changes(body, over);
        let made = self.expr(over);
        let list = if simple {
            made.text
        } else {
            let name = self.own_name(if over.ty == Type::Str { "text" } else { "list" });
            let ty = self.type_of(over, Num::Other);
            self.before.push(format!("{ty}{name} = {};", made.text));
            name
        };
        self.flush();
        self.locals.insert(*hidden, list.clone());
        let length = if over.ty == Type::Str { format!("{list}.n") } else { format!("{list}->n") };
        let element = if over.ty == Type::Str {
            format!("(unsigned char){list}.p[{variable}]")
        } else {
            format!("{list}->at[{variable}]")
        };
        self.each_turn(&variable, &length, &element, body);
    }

    pub(super) fn each_of_list(&mut self, elements: &[Expr], element: &Type, variable: &str, body: &Block) {
        let made = self.values(&elements.iter().collect::<Vec<_>>());
        let list: Vec<String> = made.iter().map(C::argument).collect();
        let item = match body.stmts.first().map(|stmt| &stmt.kind) {
            Some(StmtKind::Store { targets, .. }) => match targets.first() {
                Some(Some(Place { kind: PlaceKind::Local(id), .. })) => {
                    self.local_of(*id).map(|name| format!("{name}s"))
                }
                _ => None,
            },
            _ => None,
        };
        let name = self.own_name(item.as_deref().unwrap_or("list"));
        let ty = self.c_type(element, Kind::Long);
        self.flush();
        self.line(format!("{ty}{name}[] = {{{}}};", list.join(", ")));
        self.each_turn(variable, &list.len().to_string(), &format!("{name}[{variable}]"), body);
    }

    pub(super) fn each_turn(&mut self, variable: &str, length: &str, element: &str, body: &Block) {
        let head = format!("for (long {variable} = 0; {variable} < {length}; {variable}++)");
        // The first statement of the body takes the element.
        let mut rest = body.clone();
        let first = if rest.stmts.is_empty() { None } else { Some(rest.stmts.remove(0)) };
        let taken = match first.as_ref().map(|stmt| &stmt.kind) {
            Some(StmtKind::Store { targets, value, declares: true }) if is_turn(value) => match targets.first() {
                Some(Some(Place { kind: PlaceKind::Local(id), ty, .. })) => Some((*id, ty.clone())),
                _ => None,
            },
            _ => None,
        };
        let Some((id, ty)) = taken else { return self.block(&head, body) };
        self.line(format!("{head} {{"));
        self.comment_behind(body.span.start + 1);
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        let name = self.declare(id, &[]);
        let ty = self.slot_type(Slot::Local(self.function, id.0), &ty);
        self.line(format!("{ty}{name} = {element};"));
        self.mark_unread(Slot::Local(self.function, id.0), &name);
        rest.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.comments_until(body.span.end);
        self.scopes.pop();
        self.indent -= 1;
        self.line("}");
    }

    pub(super) fn c_for(&mut self, first: &[Stmt], test: Option<&Expr>, step: Option<&Stmt>, body: &Block) {
        let outer = std::mem::take(&mut self.out);
        first.iter().for_each(|stmt| self.stmt_here(stmt));
        let lines = std::mem::replace(&mut self.out, outer);
        let (before, init) = match lines.as_slice() {
            [] => (Vec::new(), ";".to_owned()),
            [one] => (Vec::new(), one.trim().to_owned()),
            many => (many.to_vec(), ";".to_owned()),
        };
        let test = test.map_or_else(String::new, |test| format!(" {}", self.nested(|emit| emit.expr(test)).text));
        let step = step.map_or_else(String::new, |step| format!(" {}", self.step(step)));
        let block = !before.is_empty();
        if block {
            self.line("{");
            self.indent += 1;
            before.iter().for_each(|line| self.out.push(format!("    {line}")));
        }
        self.block(&format!("for ({init}{test};{step})"), body);
        if block {
            self.indent -= 1;
            self.line("}");
        }
    }

    /// The step of a `for` as one expression.
    pub(super) fn step(&mut self, step: &Stmt) -> String {
        let made = self.nested(|emit| match &step.kind {
            StmtKind::Update { place, op, value } => C::other(emit.update(place, *op, value)),
            StmtKind::Expr(expr) => emit.builtin(expr, &[], true),
            StmtKind::Store { targets, value, .. } => match targets.as_slice() {
                [Some(place)] => {
                    let value = emit.expr(value);
                    let place = emit.place(place);
                    C::other(format!("{place} = {}", value.text))
                }
                _ => C::other(""),
            },
            _ => C::other(""),
        });
        made.text
    }
}

/// The local that a test looks at first, as the left side of a comparison with a constant.
pub(super) fn leftmost(test: &Expr) -> Option<LocalId> {
    match &test.kind {
        ExprKind::And(left, _) | ExprKind::Or(left, _) => leftmost(left),
        ExprKind::Compare(_, _, left, _) => match &left.kind {
            ExprKind::Local(id) => Some(*id),
            _ => None,
        },
        _ => None,
    }
}
/// Whether a block stores to a variable that an expression reads.
pub(super) fn changes(block: &Block, expr: &Expr) -> bool {
    let mut stored = Vec::new();
    walk::each_store(block, &mut |place| stored.push(read_of(place)));
    let mut found = false;
    walk::each_within(expr, &mut |inner| {
        found |= stored.iter().any(|place| match (place, &inner.kind) {
            (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
            (ExprKind::Global(a), ExprKind::Global(b)) => a == b,
            _ => false,
        });
    });
    found
}
pub(super) fn is_turn(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Index(..) | ExprKind::Byte(..))
}
