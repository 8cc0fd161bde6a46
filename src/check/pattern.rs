//! Patterns of `match`: what they are equal to, what they bind, and which of them nothing reaches.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Checker;
use super::decl::Item;
use super::problem::{NameKind, Problem};
use super::tree::{self, Constant, Expr, LocalId, Pattern};
use super::types::Type;
use crate::source::Span;
use crate::syntax::ast::{self, Literal, PatternKind};

/// What the arms so far have caught.
#[derive(Default)]
struct Caught {
    /// Everything, by the pattern here.
    all: Option<Span>,
    /// Ints: from each start to its end (excluded), ranges that touch joined.
    ints: BTreeMap<i128, (i128, Span)>,
    strings: HashMap<Arc<[u8]>, Span>,
    bools: [Option<Span>; 2],
}

impl Caught {
    /// The earlier pattern that catches all of this one, if one does.
    fn by(&self, pattern: &Pattern) -> Option<Span> {
        if self.all.is_some() {
            return self.all;
        }
        match pattern {
            Pattern::Any | Pattern::Bind(_) => self.bools[0].and(self.bools[1]),
            Pattern::Equal(Constant::Int(value)) => self.range(i128::from(*value), i128::from(*value) + 1),
            Pattern::Range(from, to) => self.range(i128::from(*from), i128::from(*to)),
            Pattern::Equal(Constant::Str(text)) => self.strings.get(text).copied(),
            Pattern::Equal(Constant::Bool(value)) => self.bools[usize::from(*value)],
            Pattern::Equal(_) => None,
        }
    }

    fn range(&self, from: i128, to: i128) -> Option<Span> {
        let (_, (end, span)) = self.ints.range(..=from).next_back()?;
        (*end >= to).then_some(*span)
    }

    fn add(&mut self, pattern: &Pattern, span: Span) {
        match pattern {
            Pattern::Any | Pattern::Bind(_) => self.all = self.all.or(Some(span)),
            Pattern::Equal(Constant::Int(value)) => self.add_range(i128::from(*value), i128::from(*value) + 1, span),
            Pattern::Range(from, to) => self.add_range(i128::from(*from), i128::from(*to), span),
            Pattern::Equal(Constant::Str(text)) => drop(self.strings.entry(text.clone()).or_insert(span)),
            Pattern::Equal(Constant::Bool(value)) => self.bools[usize::from(*value)] = Some(span),
            Pattern::Equal(_) => {}
        }
    }

    fn add_range(&mut self, mut from: i128, mut to: i128, mut span: Span) {
        // Join every range that this one touches.
        while let Some((start, (end, first))) =
            self.ints.range(..=to).next_back().map(|(start, range)| (*start, *range))
        {
            if end < from {
                break;
            }
            from = from.min(start);
            to = to.max(end);
            if first.start < span.start {
                span = first;
            }
            self.ints.remove(&start);
        }
        self.ints.insert(from, (to, span));
    }
}

impl<'a> Checker<'a> {
    /// `match subject { … }`
    pub(super) fn match_stmt(&mut self, subject: &'a ast::Expr, arms: &'a [ast::Arm]) -> Option<tree::StmtKind> {
        let value = self.value(subject, None);
        let ty = self.subject_type(subject, &value);
        let id = self.frame.hidden("match", ty.clone(), value.span);
        let mut caught = Caught::default();
        self.frame.arms += 1;
        let mut checked = Vec::with_capacity(arms.len());
        for arm in arms {
            self.frame.enter();
            let patterns = self.patterns(arm, &ty, &mut caught);
            let body = match &arm.body.kind {
                ast::StmtKind::Block(block) => self.block(block),
                _ => tree::Block { stmts: self.stmt(&arm.body).into_iter().collect(), span: arm.body.span },
            };
            self.frame.leave();
            checked.push(tree::Arm { patterns, body, span: arm.span });
        }
        self.frame.arms -= 1;
        Some(tree::StmtKind::Match { subject: id, value, arms: checked })
    }

    fn subject_type(&mut self, subject: &ast::Expr, value: &Expr) -> Type {
        match &value.ty {
            Type::Int | Type::Str | Type::Bool | Type::Error => return value.ty.clone(),
            Type::Status => {
                self.status_problem(subject, value, "`match` compares numbers, texts and bools", "WEXITSTATUS(", ")")
            }
            ty => {
                let found = self.phrase(ty);
                self.report(Problem::BadPattern {
                    at: value.span,
                    headline: "`match` works on int, str and bool".to_owned(),
                    label: format!("this is {found}"),
                    help: Some("use `if` and `else if`".to_owned()),
                });
            }
        }
        Type::Error
    }

    fn patterns(&mut self, arm: &'a ast::Arm, ty: &Type, caught: &mut Caught) -> Vec<Pattern> {
        let mut patterns = Vec::with_capacity(arm.patterns.len());
        let mut dead = Vec::new();
        for pattern in &arm.patterns {
            let Some(checked) = self.pattern(pattern, ty, arm.patterns.len() > 1) else { continue };
            match caught.by(&checked) {
                Some(earlier) => dead.push((pattern.span, earlier)),
                None => caught.add(&checked, pattern.span),
            }
            patterns.push(checked);
        }
        // One report for an arm that is dead as a whole, else one for each dead alternative.
        if let Some((_, earlier)) = dead.first().filter(|_| dead.len() == arm.patterns.len()) {
            let at = arm
                .patterns
                .first()
                .map_or(arm.span, |first| arm.patterns.iter().fold(first.span, |span, pattern| span.to(pattern.span)));
            self.report(Problem::UnreachableArm { at, earlier: *earlier, part: false });
        } else {
            for (at, earlier) in dead {
                self.report(Problem::UnreachableArm { at, earlier, part: true });
            }
        }
        patterns
    }

    fn pattern(&mut self, pattern: &'a ast::Pattern, ty: &Type, several: bool) -> Option<Pattern> {
        match &pattern.kind {
            PatternKind::Any => Some(Pattern::Any),
            PatternKind::Error => {
                self.hole();
                None
            }
            PatternKind::Range(from, to) => self.range_pattern(from, to, ty, pattern.span),
            PatternKind::Literal(literal) => {
                let (constant, found) = literal_constant(literal);
                self.equal_pattern(constant, &found, ty, pattern.span)
            }
            PatternKind::Name(name) => match self.pattern_constant(name, pattern.span) {
                Some((constant, found)) => self.equal_pattern(constant, &found, ty, pattern.span),
                None => self.binding(name, ty, several, pattern.span),
            },
        }
    }

    fn equal_pattern(&mut self, constant: Constant, found: &Type, ty: &Type, at: Span) -> Option<Pattern> {
        if found.is_broken() || ty.is_broken() {
            return None;
        }
        if found != ty {
            let (found, wanted) = (self.phrase(found), self.phrase(ty));
            self.report(Problem::BadPattern {
                at,
                headline: format!("{wanted} is never equal to {found}"),
                label: format!("the subject of the match is {wanted}"),
                help: None,
            });
            return None;
        }
        Some(Pattern::Equal(constant))
    }

    /// The constant that a pattern's name means, if it means one.
    fn pattern_constant(&mut self, name: &Arc<str>, at: Span) -> Option<(Constant, Type)> {
        match self.items.get(name).copied() {
            Some(Item::Const(id)) => Some(self.constant_of(id, at).unwrap_or((Constant::Int(0), Type::Error))),
            _ => self.builtin_constant(name),
        }
    }

    fn binding(&mut self, name: &Arc<str>, ty: &Type, several: bool, at: Span) -> Option<Pattern> {
        if !name.chars().any(char::is_lowercase) || name.starts_with(char::is_uppercase) {
            self.unknown_name(name, at, NameKind::Pattern);
            return None;
        }
        if several {
            self.report(Problem::BadPattern {
                at,
                headline: format!("`{name}` would catch everything, so the other alternatives mean nothing"),
                label: "a small name binds whatever value there is".to_owned(),
                help: Some("give it an arm of its own, or use a constant's name".to_owned()),
            });
            return None;
        }
        let ident = ast::Ident { name: name.clone(), span: at };
        let id: LocalId = self.declare_local(&ident, ty.clone(), None);
        Some(Pattern::Bind(id))
    }

    fn range_pattern(&mut self, from: &ast::Pattern, to: &ast::Pattern, ty: &Type, at: Span) -> Option<Pattern> {
        let first = self.range_end(from)?;
        let end = self.range_end(to)?;
        if ty.is_broken() {
            return None;
        }
        if *ty != Type::Int {
            let wanted = self.phrase(ty);
            self.report(Problem::BadPattern {
                at,
                headline: format!("a range catches ints, but the subject is {wanted}"),
                label: "a range of ints".to_owned(),
                help: None,
            });
            return None;
        }
        if first >= end {
            let help = (first == end).then(|| format!("the end is excluded: for {first} alone write `{first}`"));
            let help = help.or_else(|| {
                Some(format!(
                    "the smaller end comes first, and the end is excluded: `{end}..{}`",
                    first.saturating_add(1)
                ))
            });
            self.report(Problem::BadPattern {
                at,
                headline: "this range is empty".to_owned(),
                label: "no int lies in it".to_owned(),
                help,
            });
            return None;
        }
        Some(Pattern::Range(first, end))
    }

    fn range_end(&mut self, pattern: &ast::Pattern) -> Option<i64> {
        let found = match &pattern.kind {
            PatternKind::Literal(literal) => Some(literal_constant(literal)),
            PatternKind::Name(name) => match self.pattern_constant(name, pattern.span) {
                Some(found) => Some(found),
                None => {
                    self.unknown_name(name, pattern.span, NameKind::Pattern);
                    return None;
                }
            },
            _ => None,
        };
        match found {
            Some((Constant::Int(value), Type::Int)) => Some(value),
            Some((_, ty)) if !ty.is_broken() => {
                let found = self.phrase(&ty);
                self.report(Problem::BadPattern {
                    at: pattern.span,
                    headline: "the ends of a range are ints".to_owned(),
                    label: format!("this is {found}"),
                    help: None,
                });
                None
            }
            _ => None,
        }
    }
}

fn literal_constant(literal: &Literal) -> (Constant, Type) {
    match literal {
        Literal::Int(value) => (Constant::Int(*value), Type::Int),
        Literal::Char(byte) => (Constant::Int(i64::from(*byte)), Type::Int),
        Literal::Float(value) => (Constant::Float(*value), Type::Float),
        Literal::Bool(value) => (Constant::Bool(*value), Type::Bool),
        Literal::Str(bytes) => (Constant::Str(bytes.clone()), Type::Str),
        Literal::Nil => (Constant::Nil, Type::Nil),
    }
}
