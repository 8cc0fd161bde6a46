//! Branches: `if`, `if let`, `match` as a switch or a chain.

use std::collections::BTreeMap;

use crate::check::tree::{Arm, Block, Constant, Expr, LocalId, Pattern, Stmt, StmtKind};
use crate::check::types::Type;
use crate::export::Emit;
use crate::export::expr::C;
use crate::export::order::Effect;
use crate::source::Span;

use super::loops::changes;
use super::{declares, never_ends};

impl Emit<'_> {
    pub(super) fn if_stmt(
        &mut self,
        lead: &str,
        bind: Option<&Stmt>,
        test: &Expr,
        then: &Block,
        otherwise: Option<&Block>,
    ) {
        if let Some(bind) = bind {
            return self.if_let(bind, test, then, otherwise);
        }
        let test = self.expr(test);
        self.flush();
        self.branches(&format!("{lead}if ({})", test.text), then, otherwise);
    }

    pub(super) fn branches(&mut self, head: &str, then: &Block, otherwise: Option<&Block>) {
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
    pub(super) fn join_last(&mut self, head: &str, write: impl FnOnce(&mut Self, &str)) {
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

    pub(super) fn if_let(&mut self, bind: &Stmt, test: &Expr, then: &Block, otherwise: Option<&Block>) {
        self.line("{");
        self.indent += 1;
        self.scopes.push(BTreeMap::new());
        self.stmt_here(bind);
        self.if_stmt("", None, test, then, otherwise);
        self.scopes.pop();
        self.indent -= 1;
        self.line("}");
    }

    pub(super) fn match_stmt(&mut self, subject: LocalId, value: &Expr, arms: &[Arm], span: Span) {
        let binds = arms
            .iter()
            .flat_map(|arm| &arm.patterns)
            .find_map(|pattern| if let Pattern::Bind(id) = pattern { Some(*id) } else { None });
        let switch =
            value.ty == Type::Int && !arms.iter().any(|arm| leaves_loop(&arm.body)) && apart(arms) && !arms.is_empty();
        let made = self.expr(value);
        let simple = crate::export::expr::is_simple(value)
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

    pub(super) fn switch(&mut self, subject: &C, arms: &[Arm], span: Span) {
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

    pub(super) fn labels(&mut self, arm: &Arm) -> Vec<String> {
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
    pub(super) fn written_patterns(&self, arm: &Arm) -> Vec<String> {
        let text = self.sources.text(arm.span);
        let head = text.split("=>").next().unwrap_or_default();
        let parts: Vec<String> = head.split('|').map(|part| part.trim().to_owned()).collect();
        if parts.len() == arm.patterns.len() && !head.contains('"') { parts } else { Vec::new() }
    }

    pub(super) fn chain(&mut self, subject: &C, value: &Expr, arms: &[Arm]) {
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

    pub(super) fn pattern(&mut self, subject: &C, pattern: &Pattern, written: Option<&String>) -> String {
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
                format!("str_eq({}, STR({}))", subject.text, crate::export::literal::literal(bytes))
            }
            Pattern::Equal(_) => "false".to_owned(),
            Pattern::Range(from, to) => format!("({0} >= {from} && {0} < {to})", subject.within(10)),
        }
    }
}

/// Whether a `break` in a block belongs to a loop around it.
pub(super) fn leaves_loop(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::If { then, otherwise, .. } => leaves_loop(then) || otherwise.as_ref().is_some_and(leaves_loop),
        StmtKind::Match { arms, .. } => arms.iter().any(|arm| leaves_loop(&arm.body)),
        StmtKind::Block(block) => leaves_loop(block),
        _ => false,
    })
}
/// Whether no two patterns of arms catch the same number, which C forbids.
pub(super) fn apart(arms: &[Arm]) -> bool {
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
