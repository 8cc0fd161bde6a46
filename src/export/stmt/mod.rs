//! Statements: lines, blocks and returns; the parts below write loops, branches, stores and variables.

mod branch;
mod loops;
mod store;
mod variable;

use std::collections::BTreeMap;

use crate::abi::Builtin;
use crate::check::tree::{Block, Expr, ExprKind, LoopForm, Stmt, StmtKind};
use crate::export::Emit;
use crate::export::call::Out;
use crate::export::expr::C;
use crate::source::Span;

/// The widest line that a block on one line may make.
const WIDEST: usize = 110;

impl Emit<'_> {
    /// A line at the present depth.
    pub(in crate::export) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let line = if text.is_empty() { String::new() } else { format!("{}{text}", "    ".repeat(self.indent)) };
        self.out.push(line);
    }

    /// Writes what must come before the present statement.
    pub(super) fn flush(&mut self) {
        for line in std::mem::take(&mut self.before) {
            self.line(line);
        }
    }

    /// A statement with the comments before and behind it.
    pub(in crate::export) fn stmt(&mut self, stmt: &Stmt) {
        self.comments_until(stmt.span.start);
        self.space_before(stmt.span.start);
        self.stmt_here(stmt);
        self.comment_behind(stmt.span.end);
    }

    pub(super) fn stmt_here(&mut self, stmt: &Stmt) {
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

    pub(super) fn effect_stmt(&mut self, expr: &Expr) {
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

    /// Whether a piece of the source stands on one line.
    pub(super) fn on_one_line(&self, span: Span) -> bool {
        !self.sources.text(span).contains('\n') && span.end > span.start
    }

    /// The statements of a block in a scope of their own, one level deeper.
    pub(super) fn inner(&mut self, block: &Block) {
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.comments_until(block.span.end);
        self.scopes.pop();
        self.indent -= 1;
    }

    /// `head { … }`, on one line where the source has it on one and it fits.
    pub(super) fn block(&mut self, head: &str, block: &Block) {
        self.block_then(head, block, "}");
    }

    /// The same with another end, `} else {`.
    pub(super) fn block_then(&mut self, head: &str, block: &Block, end: &str) {
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

    pub(super) fn give(&mut self, value: Option<&Expr>) {
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
