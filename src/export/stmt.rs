//! Statements: declarations and stores, branches, loops.

use std::collections::BTreeMap;

use super::call::Out;
use super::expr::{C, Num, Want};
use super::kinds::{Kind, Slot};
use super::order::Effect;
use super::{Declared, Emit, names, walk};
use crate::abi::Builtin;
use crate::check::tree::{
    Arm, Block, Constant, Expr, ExprKind, LocalId, LoopForm, Operator, Pattern, Place, PlaceKind, Stmt, StmtKind,
};
use crate::check::types::Type;
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// The widest line that a block on one line may make.
const WIDEST: usize = 110;

impl Emit<'_> {
    /// A line at the present depth.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let line = if text.is_empty() { String::new() } else { format!("{}{text}", "    ".repeat(self.indent)) };
        self.out.push(line);
    }

    /// Writes what must come before the present statement.
    fn flush(&mut self) {
        for line in std::mem::take(&mut self.before) {
            self.line(line);
        }
    }

    /// A statement with the comments before and behind it.
    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        self.comments_until(stmt.span.start);
        self.space_before(stmt.span.start);
        stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.stmt_here(stmt));
        self.comment_behind(stmt.span.end);
    }

    fn stmt_here(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Store { targets, value, declares } => self.store(targets, value, *declares),
            StmtKind::Update { place, op, value } => {
                let text = self.update(place, *op, value);
                self.flush();
                self.line(format!("{text};"));
            }
            StmtKind::If { bind, test, then, otherwise } => {
                self.if_stmt("", bind.as_deref(), test, then, otherwise.as_ref())
            }
            StmtKind::Loop { bind, test, step: _, body, .. } => self.while_loop(bind.as_deref(), test.as_ref(), body),
            StmtKind::Match { subject, value, arms } => self.match_stmt(*subject, value, arms, stmt.span),
            StmtKind::Return(value) => self.give(value.as_ref()),
            StmtKind::Break => self.line("break;"),
            StmtKind::Continue => self.line("continue;"),
            StmtKind::Block(block) => match block.stmts.split_last() {
                Some((Stmt { kind: StmtKind::Loop { test, step, body, form, .. }, .. }, first))
                    if *form != LoopForm::While =>
                {
                    self.for_stmt(first, test.as_ref(), step.as_deref(), body, *form);
                }
                _ => self.block("", block),
            },
            StmtKind::Expr(expr) => self.effect_stmt(expr),
        }
    }

    fn effect_stmt(&mut self, expr: &Expr) {
        let inner = if let ExprKind::First(inner) = &expr.kind { inner } else { expr };
        let made = match &inner.kind {
            ExprKind::CallBuiltin { .. } => self.builtin(inner, &[], true),
            ExprKind::Call(..) | ExprKind::CallValue(..) => self.call(inner, &[]),
            _ => {
                let made = self.expr(inner);
                C::other(format!("(void)({})", made.text))
            }
        };
        self.flush();
        self.line(format!("{};", made.text));
    }

    // ---- blocks

    /// Whether a piece of the source stands on one line.
    fn on_one_line(&self, span: Span) -> bool {
        !self.sources.text(span).contains('\n') && span.end > span.start
    }

    /// The statements of a block in a scope of their own, one level deeper.
    fn inner(&mut self, block: &Block) {
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.comments_until(block.span.end);
        self.scopes.pop();
        self.indent -= 1;
    }

    /// `head { … }`, on one line where the source has it on one and it fits.
    fn block(&mut self, head: &str, block: &Block) {
        self.block_then(head, block, "}");
    }

    /// The same with another end, `} else {`.
    fn block_then(&mut self, head: &str, block: &Block, end: &str) {
        let head = if head.is_empty() { "{".to_owned() } else { format!("{head} {{") };
        if self.on_one_line(block.span) {
            let outer = std::mem::take(&mut self.out);
            self.inner(block);
            let lines = std::mem::replace(&mut self.out, outer);
            let short = lines.len() <= 3 && lines.iter().all(|line| line.trim_end().ends_with(';'));
            let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            let one = if joined.is_empty() { format!("{head} {end}") } else { format!("{head} {joined} {end}") };
            if short && one.len() + 4 * self.indent <= WIDEST && end == "}" {
                self.line(one);
            } else {
                self.line(head);
                self.out.extend(lines);
                self.line(end);
            }
            return;
        }
        self.line(head);
        self.comment_behind(block.span.start + 1);
        self.inner(block);
        self.line(end);
    }

    // ---- branches

    fn if_stmt(&mut self, lead: &str, bind: Option<&Stmt>, test: &Expr, then: &Block, otherwise: Option<&Block>) {
        if let Some(bind) = bind {
            return self.if_let(bind, test, then, otherwise);
        }
        let test = self.expr(test);
        self.flush();
        self.branches(&format!("{lead}if ({})", test.text), then, otherwise);
    }

    fn branches(&mut self, head: &str, then: &Block, otherwise: Option<&Block>) {
        let Some(otherwise) = otherwise else { return self.block(head, then) };
        // `else if` goes on in the same line, where nothing must come before its test.
        if let [Stmt { kind: StmtKind::If { bind: None, test, then: next, otherwise: last }, .. }] =
            otherwise.stmts.as_slice()
        {
            let written = self.sources.text(otherwise.span).starts_with("if");
            let outer = std::mem::take(&mut self.before);
            let test = self.expr(test);
            let plain = self.before.is_empty();
            self.before = outer;
            if written && plain {
                self.block_then(head, then, "}");
                self.join_last(&format!("else if ({})", test.text), |emit, head| {
                    emit.branches(head, next, last.as_ref())
                });
                return;
            }
        }
        self.block_then(head, then, "}");
        self.join_last("else", |emit, head| emit.block(head, otherwise));
    }

    /// Writes something behind the `}` of the last line.
    fn join_last(&mut self, head: &str, write: impl FnOnce(&mut Self, &str)) {
        let last = self.out.pop().unwrap_or_default();
        let one_line = last.trim() != "}";
        if one_line {
            // `if (x) { a; }` with an `else` behind it: that one stands in the next line.
            self.out.push(last);
            write(self, head);
        } else {
            write(self, &format!("}} {head}"));
        }
    }

    fn if_let(&mut self, bind: &Stmt, test: &Expr, then: &Block, otherwise: Option<&Block>) {
        self.line("{");
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        self.stmt_here(bind);
        self.if_stmt("", None, test, then, otherwise);
        self.scopes.pop();
        self.indent -= 1;
        self.line("}");
    }

    // ---- loops

    fn while_loop(&mut self, bind: Option<&Stmt>, test: Option<&Expr>, body: &Block) {
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
    fn bound_test(&mut self, bind: &Stmt, test: &Expr) -> Option<String> {
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

    fn call_with(&mut self, call: &Expr, outs: &[Out]) -> C {
        match &call.kind {
            ExprKind::CallBuiltin { .. } => self.builtin(call, outs, false),
            _ => self.call(call, outs),
        }
    }

    /// `for`: what stands before the loop, then the loop itself.
    fn for_stmt(&mut self, first: &[Stmt], test: Option<&Expr>, step: Option<&Stmt>, body: &Block, form: LoopForm) {
        self.scopes.push(BTreeMap::new());
        match (form, first) {
            (LoopForm::Range, [from, to]) => self.range(from, to, body),
            (LoopForm::Each, [array, index]) => self.each(array, index, body),
            _ => self.c_for(first, test, step, body),
        }
        self.scopes.pop();
    }

    fn range(&mut self, from: &Stmt, to: &Stmt, body: &Block) {
        let (StmtKind::Store { targets, value: from, .. }, StmtKind::Store { value: to, .. }) = (&from.kind, &to.kind)
        else {
            return;
        };
        let Some(Some(Place { kind: PlaceKind::Local(variable), ty, .. })) = targets.first() else { return };
        let made = self.values(&[from, to]);
        let name = self.declare(*variable, &[from, to]);
        let ty = self.slot_type(Slot::Local(self.function, variable.0), ty);
        let fixed = super::order::constant(to).is_some() || (self.effect(to) == Effect::Pure && !changes(body, to));
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

    fn each(&mut self, array: &Stmt, index: &Stmt, body: &Block) {
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
        let simple = super::expr::is_simple(over) && self.effect(over) == Effect::Pure && !changes(body, over);
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

    fn each_of_list(&mut self, elements: &[Expr], element: &Type, variable: &str, body: &Block) {
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

    fn each_turn(&mut self, variable: &str, length: &str, element: &str, body: &Block) {
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

    fn c_for(&mut self, first: &[Stmt], test: Option<&Expr>, step: Option<&Stmt>, body: &Block) {
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
    fn step(&mut self, step: &Stmt) -> String {
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

    // ---- match

    fn match_stmt(&mut self, subject: LocalId, value: &Expr, arms: &[Arm], span: Span) {
        let binds = arms
            .iter()
            .flat_map(|arm| &arm.patterns)
            .find_map(|pattern| if let Pattern::Bind(id) = pattern { Some(*id) } else { None });
        let switch =
            value.ty == Type::Int && !arms.iter().any(|arm| leaves_loop(&arm.body)) && apart(arms) && !arms.is_empty();
        let made = self.expr(value);
        let simple = super::expr::is_simple(value)
            && self.effect(value) == Effect::Pure
            && !arms.iter().any(|arm| changes(&arm.body, value));
        let text = match binds {
            Some(id) if !simple => {
                self.flush();
                let name = self.declare_with(id, &value.ty, &made.text);
                C::new(name, made.num)
            }
            None if switch => made,
            _ if simple => made,
            _ => {
                let ty = self.type_of(value, made.num);
                let name = self.own_name("subject");
                self.before.push(format!("{ty}{name} = {};", made.text));
                C::new(name, made.num)
            }
        };
        self.flush();
        self.locals.insert(subject, text.text.clone());
        for pattern in arms.iter().flat_map(|arm| &arm.patterns) {
            if let Pattern::Bind(id) = pattern {
                self.locals.insert(*id, text.text.clone());
            }
        }
        if switch { self.switch(&text, arms, span) } else { self.chain(&text, value, arms) }
    }

    fn switch(&mut self, subject: &C, arms: &[Arm], span: Span) {
        self.line(format!("switch ({}) {{", subject.text));
        for arm in arms {
            self.comments_until(arm.span.start);
            let labels = self.labels(arm);
            let declares = arm.body.stmts.iter().any(declares);
            let mut label = labels.join(" ");
            if label.is_empty() {
                continue;
            }
            if declares {
                label.push_str(" {");
            }
            self.line(label);
            self.comment_behind(arm.body.span.start + 1);
            self.inner(&arm.body);
            let ends = arm.body.stmts.last().is_some_and(never_ends);
            if !ends {
                self.indent += 1;
                self.line("break;");
                self.indent -= 1;
            }
            if declares {
                self.line("}");
            }
            self.comment_behind(arm.span.end);
        }
        self.comments_until(span.end);
        self.line("}");
    }

    fn labels(&mut self, arm: &Arm) -> Vec<String> {
        let written = self.written_patterns(arm);
        let mut labels = Vec::new();
        for (at, pattern) in arm.patterns.iter().enumerate() {
            match pattern {
                Pattern::Any | Pattern::Bind(_) => labels.push("default:".to_owned()),
                Pattern::Equal(Constant::Int(value)) => {
                    let text = written.get(at).cloned().unwrap_or_default();
                    labels.push(format!("case {}:", self.int(*value, &text).text));
                }
                Pattern::Range(from, to) if from < to => labels.push(format!("case {from} ... {}:", to - 1)),
                _ => {}
            }
        }
        labels
    }

    /// The patterns of an arm as the program writes them; none where that cannot be told.
    fn written_patterns(&self, arm: &Arm) -> Vec<String> {
        let text = self.sources.text(arm.span);
        let head = text.split("=>").next().unwrap_or_default();
        let parts: Vec<String> = head.split('|').map(|part| part.trim().to_owned()).collect();
        if parts.len() == arm.patterns.len() && !head.contains('"') { parts } else { Vec::new() }
    }

    fn chain(&mut self, subject: &C, value: &Expr, arms: &[Arm]) {
        let mut first = true;
        for arm in arms {
            let always = arm.patterns.iter().any(|pattern| matches!(pattern, Pattern::Any | Pattern::Bind(_)));
            let written = self.written_patterns(arm);
            let tests: Vec<String> = arm
                .patterns
                .iter()
                .enumerate()
                .map(|(at, pattern)| self.pattern(subject, pattern, written.get(at)))
                .collect();
            let test = tests.join(" || ");
            let head = match (first, always) {
                (true, true) => String::new(),
                (true, false) => format!("if ({test})"),
                (false, true) => "else".to_owned(),
                (false, false) => format!("else if ({test})"),
            };
            if first {
                self.comments_until(arm.span.start);
                self.block(&head, &arm.body);
            } else {
                self.join_last(&head, |emit, head| emit.block(head, &arm.body));
            }
            self.comment_behind(arm.span.end);
            first = false;
            if always {
                break;
            }
        }
        if first && self.effect(value) != Effect::Pure {
            self.line(format!("(void)({});", subject.text));
        }
    }

    fn pattern(&mut self, subject: &C, pattern: &Pattern, written: Option<&String>) -> String {
        match pattern {
            Pattern::Any | Pattern::Bind(_) => "true".to_owned(),
            Pattern::Equal(Constant::Bool(true)) => subject.within(13),
            Pattern::Equal(Constant::Bool(false)) => format!("!{}", subject.within(13)),
            Pattern::Equal(Constant::Int(value)) => {
                let value = self.int(*value, written.map_or("", String::as_str));
                format!("{} == {}", subject.within(10), value.text)
            }
            Pattern::Equal(Constant::Str(bytes)) => {
                self.prelude.need("str_eq");
                format!("str_eq({}, STR({}))", subject.text, super::expr::literal(bytes))
            }
            Pattern::Equal(_) => "false".to_owned(),
            Pattern::Range(from, to) => format!("({0} >= {from} && {0} < {to})", subject.within(10)),
        }
    }

    // ---- return

    fn give(&mut self, value: Option<&Expr>) {
        let Some(value) = value else { return self.line("return;") };
        let outs = self.results.clone();
        if outs.is_empty() {
            let value = self.expr(value);
            self.flush();
            return self.line(format!("return {};", value.text));
        }
        match &value.kind {
            ExprKind::Tuple(parts) => {
                let made = self.values(&parts.iter().collect::<Vec<_>>());
                self.flush();
                for (out, part) in outs.iter().zip(made.iter().skip(1)) {
                    self.line(format!("*{out} = {};", part.text));
                }
                self.line(format!("return {};", made.first().map_or("0", |first| &first.text)));
            }
            _ => {
                let call = if let ExprKind::First(inner) = &value.kind { inner } else { value };
                if matches!(call.kind, ExprKind::CallBuiltin { builtin: Builtin::Pipe | Builtin::Pipe2, .. }) {
                    let made = self.pipe_call(call, "ends");
                    self.flush();
                    self.line(format!("*{} = {made}[1];", outs[0]));
                    return self.line(format!("return {made}[0];"));
                }
                let outs: Vec<Out> = outs.into_iter().map(Some).collect();
                let made = self.call_with(call, &outs);
                self.flush();
                self.line(format!("return {};", made.text));
            }
        }
    }

    // ---- stores

    fn store(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool) {
        match targets {
            [Some(place)] => self.store_one(place, value, declares),
            [None] => self.effect_stmt(value),
            _ => self.store_parts(targets, value, declares),
        }
    }

    fn store_one(&mut self, place: &Place, value: &Expr, declares: bool) {
        if let (true, PlaceKind::Local(id)) = (declares, &place.kind) {
            let made = self.expr(value);
            let name = self.declare(*id, &[value]);
            let ty = self.slot_type(Slot::Local(self.function, id.0), &place.ty);
            self.flush();
            self.line(format!("{ty}{name} = {};", made.text));
            return self.mark_unread(Slot::Local(self.function, id.0), &name);
        }
        if let (true, PlaceKind::Global(id)) = (declares, &place.kind) {
            if self.is_main_local(id.0) {
                let made = self.expr(value);
                let name = self.declare_global(id.0);
                let ty = self.slot_type(Slot::Global(id.0), &place.ty);
                self.flush();
                self.line(format!("{ty}{name} = {};", made.text));
                return self.mark_unread(Slot::Global(id.0), &name);
            }
            if self.initialised.contains(&id.0) {
                return;
            }
        }
        // The place is computed before the value; in C nobody knows.
        let writes =
            self.effect(value) == Effect::Writes && !matches!(place.kind, PlaceKind::Local(_) | PlaceKind::Global(_));
        let (place, value) = if writes {
            let value = self.named_variable(value, Want::Value);
            (self.place(place), value)
        } else {
            (self.place(place), self.expr(value))
        };
        self.flush();
        self.line(format!("{place} = {};", value.text));
    }

    /// A place as C assigns to it.
    pub(super) fn place(&mut self, place: &Place) -> String {
        match &place.kind {
            PlaceKind::Local(id) => self.local_name(*id),
            PlaceKind::Global(id) => self.names.globals.get(id.0 as usize).cloned().unwrap_or_default(),
            PlaceKind::Element(base, index) => {
                self.prelude.need("AT");
                let [base, index] = self.element(base, index);
                format!("AT({base}, {index})")
            }
            PlaceKind::Cell(base, index) => {
                let made = self.values(&[base, index]);
                format!("{}[{}]", made[0].within(super::expr::CALL), made[1].text)
            }
            PlaceKind::Field(base, field) => self.field(base, *field, &place.ty).text,
        }
    }

    fn update(&mut self, place: &Place, op: Operator, value: &Expr) -> String {
        if op == Operator::Concat {
            let whole = Expr { kind: read_of(place), ty: place.ty.clone(), span: place.span };
            let made = self.concat(&whole, value);
            let place = self.place(place);
            return format!("{place} = {}", made.text);
        }
        let local = matches!(place.kind, PlaceKind::Local(_));
        let value = match op {
            _ if self.effect(value) == Effect::Writes && !local => self.named_variable(value, Want::Value),
            Operator::Int(op) => self.operand_of(op, value),
            _ => self.expr(value),
        };
        let place_text = self.place(place);
        let (sign, int) = match op {
            Operator::Int(op) => (op, true),
            Operator::Float(BinaryOp::Remainder) => {
                return format!("{place_text} = fmod({place_text}, {})", value.argument());
            }
            Operator::Float(op) => (op, false),
            Operator::PtrSubtract => (BinaryOp::Subtract, true),
            _ => (BinaryOp::Add, true),
        };
        match (sign, value.text.as_str()) {
            (BinaryOp::Add, "1") if int => format!("{place_text}++"),
            (BinaryOp::Subtract, "1") if int => format!("{place_text}--"),
            _ => format!("{place_text} {}= {}", sign.sign(), value.text),
        }
    }

    fn store_parts(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool) {
        match &value.kind {
            ExprKind::CallBuiltin { builtin: Builtin::Pipe | Builtin::Pipe2, .. } => {
                return self.store_pipe(targets, value, declares);
            }
            ExprKind::Tuple(parts) => return self.store_tuple(targets, parts, declares),
            _ => {}
        }
        let mut after = Vec::new();
        let mut outs = Vec::new();
        for target in targets.iter().skip(1) {
            outs.push(target.as_ref().and_then(|place| self.out_for(place, declares, &mut after)));
        }
        let made = self.call_with(value, &outs);
        match targets.first() {
            Some(Some(place)) if !declares || self.is_kept(place) => {
                let text = self.target(place, declares, &[value]);
                self.flush();
                self.line(format!("{text} = {};", made.text));
                if let (true, Some(slot)) = (declares, self.slot(place)) {
                    let name = text.rsplit([' ', '*']).next().unwrap_or_default().to_owned();
                    self.mark_unread(slot, &name);
                }
            }
            _ => {
                self.flush();
                self.line(format!("{};", made.text));
            }
        }
        for line in after {
            self.line(line);
        }
    }

    /// A pointer to where a part goes; variables are declared first, and what has no plain address is assigned afterwards.
    fn out_for(&mut self, place: &Place, declares: bool, after: &mut Vec<String>) -> Out {
        if declares && !self.is_kept(place) {
            return None;
        }
        let plain = match &place.kind {
            PlaceKind::Local(_) => true,
            PlaceKind::Global(id) => !self.volatile.contains(&id.0) && id.0 as usize != crate::abi::ERRNO_SLOT,
            _ => false,
        };
        if plain && declares {
            let text = self.target(place, true, &[]);
            let zero = if place.ty == Type::Status { " = 0" } else { "" };
            let is_static = matches!(&place.kind, PlaceKind::Global(id) if !self.is_main_local(id.0));
            if !is_static {
                self.flush();
                self.line(format!("{text}{zero};"));
                if let Some(slot) = self.slot(place) {
                    let name = text.rsplit([' ', '*']).next().unwrap_or_default().to_owned();
                    self.mark_unread(slot, &name);
                }
            }
            return Some(format!("&{}", text.rsplit([' ', '*']).next().unwrap_or_default()));
        }
        if plain {
            return Some(format!("&{}", self.place(place)));
        }
        let ty = self.c_type(&place.ty, Kind::Long);
        let name = self.own_name("part");
        let zero = if place.ty == Type::Status { " = 0" } else { "" };
        self.before.push(format!("{ty}{name}{zero};"));
        let text = self.place(place);
        after.push(format!("{text} = {name};"));
        Some(format!("&{name}"))
    }

    /// The left side of a store: with its type where it declares.
    fn target(&mut self, place: &Place, declares: bool, values: &[&Expr]) -> String {
        match &place.kind {
            PlaceKind::Local(id) if declares => {
                let name = self.declare(*id, values);
                let ty = self.slot_type(Slot::Local(self.function, id.0), &place.ty);
                format!("{ty}{name}")
            }
            PlaceKind::Global(id) if declares && self.is_main_local(id.0) => {
                let name = self.declare_global(id.0);
                let ty = self.slot_type(Slot::Global(id.0), &place.ty);
                format!("{ty}{name}")
            }
            _ => self.place(place),
        }
    }

    fn store_tuple(&mut self, targets: &[Option<Place>], parts: &[Expr], declares: bool) {
        let made: Vec<C> = parts.iter().map(|part| self.named_variable(part, Want::Value)).collect();
        self.flush();
        for (target, part) in targets.iter().zip(made) {
            if let Some(place) = target {
                let text = self.target(place, declares, &[]);
                self.flush();
                self.line(format!("{text} = {};", part.text));
            }
        }
    }

    fn store_pipe(&mut self, targets: &[Option<Place>], call: &Expr, declares: bool) {
        let base = self.pipe_base(targets);
        let ends = self.pipe_call(call, &base);
        self.flush();
        let mut made = Vec::new();
        for (at, target) in targets.iter().enumerate() {
            let Some(place) = target else { continue };
            if declares && !self.is_kept(place) {
                continue;
            }
            let text = self.target(place, declares, &[]);
            made.push(format!("{text} = {ends}[{at}]"));
        }
        match made.as_slice() {
            [one, other] if declares && one.starts_with("int ") && other.starts_with("int ") => {
                self.line(format!("{one}, {};", &other[4..]))
            }
            all => all.iter().for_each(|text| self.line(format!("{text};"))),
        }
    }

    /// Makes a pipe before the present statement; gives the name of the array with its ends.
    fn pipe_call(&mut self, call: &Expr, base: &str) -> String {
        let name = self.own_name(base);
        let text = match &call.kind {
            ExprKind::CallBuiltin { builtin: Builtin::Pipe2, args, .. } => {
                let flags = args.first().map(|flags| self.expr(flags).argument()).unwrap_or_default();
                format!("pipe2({name}, {flags});")
            }
            _ => format!("pipe({name});"),
        };
        self.before.push(format!("int {name}[2] = {{-1, -1}};"));
        self.before.push(text);
        name
    }

    /// `ready` for `ready_r` and `ready_w`, else `ends`.
    fn pipe_base(&self, targets: &[Option<Place>]) -> String {
        let names: Vec<String> =
            targets.iter().flatten().map(|place| self.sources.text(place.span).to_owned()).collect();
        let common = match names.as_slice() {
            [one, other] => one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count(),
            _ => 0,
        };
        let base = names.first().and_then(|name| name.get(..common)).unwrap_or_default().trim_end_matches('_');
        if base.len() > 1 && base.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            base.to_owned()
        } else {
            "ends".to_owned()
        }
    }

    // ---- variables

    /// The slot of a plain variable.
    fn slot(&self, place: &Place) -> Option<Slot> {
        match &place.kind {
            PlaceKind::Local(id) => Some(Slot::Local(self.function, id.0)),
            PlaceKind::Global(id) => Some(Slot::Global(id.0)),
            _ => None,
        }
    }

    fn is_read(&self, slot: Slot) -> bool {
        self.read.contains(&slot)
    }

    /// Whether a variable that is declared here is used at all.
    fn is_kept(&self, place: &Place) -> bool {
        match self.slot(place) {
            Some(slot) => self.is_read(slot) || self.stored.get(&slot).is_some_and(|count| *count > 1),
            None => true,
        }
    }

    /// C's compilers warn of a variable that nobody reads.
    fn mark_unread(&mut self, slot: Slot, name: &str) {
        if !self.is_read(slot) && !matches!(slot, Slot::Global(id) if !self.is_main_local(id)) {
            self.line(format!("(void){name};"));
        }
    }

    /// The name of a local that is declared.
    pub(super) fn local_name(&mut self, id: LocalId) -> String {
        self.locals.get(&id).cloned().or_else(|| self.local_of(id)).unwrap_or_default()
    }

    /// The name that a local would like to have.
    fn local_of(&self, id: LocalId) -> Option<String> {
        let function = self.program.functions.get(self.function as usize)?;
        function.locals.get(id.0 as usize).map(|local| names::for_local(&local.name))
    }

    /// The name of a global that is a variable of main.
    pub(super) fn main_name(&self, _id: u32, name: String) -> String {
        name
    }

    /// Declares a local in the innermost scope and gives its name: another one where the value still means an outer variable.
    fn declare(&mut self, id: LocalId, values: &[&Expr]) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let mut name = if self.mentions(values, &wish) { self.number(&wish) } else { wish.clone() };
        if self.scopes.last().is_some_and(|scope| scope.contains_key(&name)) {
            name = self.number(&wish);
        }
        self.enter(&name, false, "");
        self.locals.insert(id, name.clone());
        name
    }

    fn declare_global(&mut self, id: u32) -> String {
        let name = self.names.globals.get(id as usize).cloned().unwrap_or_default();
        let taken = self.scopes.last().is_some_and(|scope| scope.contains_key(&name));
        let name = if taken { self.number(&name) } else { name };
        if let Some(known) = self.names.globals.get_mut(id as usize) {
            known.clone_from(&name);
        }
        self.enter(&name, false, "");
        name
    }

    /// Declares a local with a value.
    fn declare_with(&mut self, id: LocalId, ty: &Type, value: &str) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let name = if self.is_visible(&wish) { self.number(&wish) } else { wish };
        self.enter(&name, false, "");
        self.locals.insert(id, name.clone());
        let ty = self.slot_type(Slot::Local(self.function, id.0), ty);
        self.line(format!("{ty}{name} = {value};"));
        name
    }

    /// Declares a local before the statement that it belongs to; a variable that an earlier such statement has left is used again.
    fn declare_early(&mut self, id: LocalId, ty: &Type) -> String {
        let wish = self.local_of(id).unwrap_or_default();
        let zero = if *ty == Type::Status { " = 0" } else { "" };
        let ty = self.slot_type(Slot::Local(self.function, id.0), ty);
        let free =
            self.scopes.last().and_then(|scope| scope.get(&wish)).is_some_and(|known| known.free && known.text == ty);
        if free {
            self.locals.insert(id, wish.clone());
            return wish;
        }
        let name = if self.is_visible(&wish) { self.number(&wish) } else { wish };
        self.enter(&name, true, &ty);
        self.locals.insert(id, name.clone());
        self.line(format!("{ty}{name}{zero};"));
        name
    }

    pub(super) fn enter(&mut self, name: &str, free: bool, text: &str) {
        self.own.insert(name.to_owned());
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), Declared { text: text.to_owned(), free });
        }
    }

    fn is_visible(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains_key(name)) || self.names.all.contains(name) || self.will_be(name)
    }

    /// Whether the innermost scope of main gets a variable of this name later.
    fn will_be(&self, name: &str) -> bool {
        self.function == 0 && self.scopes.len() <= 2 && self.names.globals.iter().any(|global| global == name)
    }

    fn mentions(&self, values: &[&Expr], name: &str) -> bool {
        let mut found = false;
        for value in values {
            walk::inside(value, &mut |expr| match &expr.kind {
                ExprKind::Local(id) => found |= self.locals.get(id).is_some_and(|known| known == name),
                ExprKind::Global(id) => {
                    found |= self.names.globals.get(id.0 as usize).is_some_and(|known| known == name)
                }
                ExprKind::Call(id, _) | ExprKind::Function(id) => {
                    found |= self.names.functions.get(id.0 as usize).is_some_and(|known| known == name);
                }
                _ => {}
            });
        }
        found
    }

    /// A fresh variable for the present function's own use.
    pub(super) fn own_name(&mut self, wish: &str) -> String {
        let locals = self.program.functions.get(self.function as usize).map(|function| &function.locals);
        let taken = |name: &str| {
            self.own.contains(name)
                || self.names.all.contains(name)
                || self.names.globals.iter().any(|global| global == name)
                || locals.is_some_and(|locals| locals.iter().any(|local| names::for_local(&local.name) == name))
                || names::for_local(name) != name
        };
        let mut name = wish.to_owned();
        let mut number = 2;
        while taken(&name) {
            name = format!("{wish}{number}");
            number += 1;
        }
        self.own.insert(name.clone());
        name
    }

    fn number(&mut self, wish: &str) -> String {
        self.own.insert(wish.to_owned());
        self.own_name(wish)
    }

    fn count_reads(&self, id: LocalId) -> usize {
        let mut reads = 0;
        if let Some(function) = self.program.functions.get(self.function as usize) {
            walk::exprs(&function.body, &mut |expr| {
                reads += usize::from(matches!(&expr.kind, ExprKind::Local(read) if *read == id))
            });
        }
        reads
    }
}

/// The place as an expression.
fn read_of(place: &Place) -> ExprKind {
    match &place.kind {
        PlaceKind::Local(id) => ExprKind::Local(*id),
        PlaceKind::Global(id) => ExprKind::Global(*id),
        PlaceKind::Element(base, index) => ExprKind::Index(base.clone(), index.clone()),
        PlaceKind::Cell(base, index) => ExprKind::Cell(base.clone(), index.clone()),
        PlaceKind::Field(base, field) => ExprKind::Field(base.clone(), *field),
    }
}

/// The local that a test looks at first, as the left side of a comparison with a constant.
fn leftmost(test: &Expr) -> Option<LocalId> {
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
fn changes(block: &Block, expr: &Expr) -> bool {
    let mut stored = Vec::new();
    walk::stores(block, &mut |place| stored.push(read_of(place)));
    let mut found = false;
    walk::inside(expr, &mut |inner| {
        found |= stored.iter().any(|place| match (place, &inner.kind) {
            (ExprKind::Local(a), ExprKind::Local(b)) => a == b,
            (ExprKind::Global(a), ExprKind::Global(b)) => a == b,
            _ => false,
        });
    });
    found
}

/// Whether a `break` in a block belongs to a loop around it.
fn leaves_loop(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::If { then, otherwise, .. } => leaves_loop(then) || otherwise.as_ref().is_some_and(leaves_loop),
        StmtKind::Match { arms, .. } => arms.iter().any(|arm| leaves_loop(&arm.body)),
        StmtKind::Block(block) => leaves_loop(block),
        _ => false,
    })
}

/// Whether no two patterns of arms catch the same number, which C forbids.
fn apart(arms: &[Arm]) -> bool {
    let mut caught: Vec<(i64, i64)> = Vec::new();
    let mut all = 0;
    for pattern in arms.iter().flat_map(|arm| &arm.patterns) {
        let range = match pattern {
            Pattern::Any | Pattern::Bind(_) => {
                all += 1;
                continue;
            }
            Pattern::Equal(Constant::Int(value)) => (*value, value.saturating_add(1)),
            Pattern::Range(from, to) => (*from, *to),
            Pattern::Equal(_) => return false,
        };
        if caught.iter().any(|(from, to)| range.0 < *to && *from < range.1) {
            return false;
        }
        caught.push(range);
    }
    all <= 1
}

fn declares(stmt: &Stmt) -> bool {
    // A statement may need variables before it; braces never hurt.
    !matches!(
        &stmt.kind,
        StmtKind::Expr(_) | StmtKind::Break | StmtKind::Continue | StmtKind::Return(None) | StmtKind::Update { .. }
    )
}

fn never_ends(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Continue | StmtKind::Break => true,
        StmtKind::Expr(expr) => matches!(&expr.kind, ExprKind::CallBuiltin { builtin, .. } if builtin.never_returns()),
        _ => false,
    }
}

fn is_turn(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Index(..) | ExprKind::Byte(..))
}
