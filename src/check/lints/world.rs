//! What one process does after a fork: the statements are followed with what `fork()` gave in the child, or in the parent, so that
//! it is known which branches are whose. Knows nothing of what anybody wants to warn of.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::walk::{Var, each_stmt, own_exprs};
use crate::abi::Builtin;
use crate::check::flow;
use crate::check::tree::{Block, Constant, Expr, ExprKind, LocalId, Pattern, Stmt, StmtKind};
use crate::source::Span;
use crate::syntax::ast::BinaryOp;

/// Whose life is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// `fork()` gave 0.
    Child,
    /// `fork()` gave a pid.
    Parent,
}

/// What is known of an int.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Exactly(i64),
    /// At least 2: a process id of somebody else.
    Pid,
}

/// Where control goes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the next statement.
    Next,
    /// Out of the innermost loop.
    Break,
    /// To the next turn.
    Continue,
    /// Out of the function, or out of life.
    Leave,
}

/// What is known at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct State {
    known: BTreeMap<Var, Known>,
    /// Whether the fork has happened.
    pub(super) forked: bool,
}

/// More states than this are not followed: then nothing is known.
const MOST_STATES: usize = 64;

/// The life of one process.
pub(super) struct World<'f, 'p> {
    pub(super) facts: &'f Facts<'p>,
    pub(super) fork: Span,
    pub(super) who: Who,
    /// Set where there was too much to follow.
    pub(super) lost: bool,
    /// The tests that were decided after the fork, and how.
    pub(super) decided: BTreeSet<(Span, bool)>,
    /// The stores that this process may make after the fork.
    pub(super) stores: BTreeSet<Span>,
    /// The closing brace at which this process leaves the branch that a test after the fork has led it into.
    pub(super) leaves: Option<Span>,
}

type Ends = Vec<(Way, State)>;

impl<'f, 'p> World<'f, 'p> {
    pub(super) fn new(facts: &'f Facts<'p>, fork: Span, who: Who) -> Self {
        World { facts, fork, who, lost: false, decided: BTreeSet::new(), stores: BTreeSet::new(), leaves: None }
    }

    /// How a block ends that is entered before the fork.
    pub(super) fn block(&mut self, block: &Block, state: State) -> Ends {
        let mut ends: Ends = Vec::new();
        let mut states = vec![state];
        for stmt in &block.stmts {
            let mut next = Vec::new();
            for state in states {
                for (way, state) in self.stmt(stmt, state) {
                    if way == Way::Next { next.push(state) } else { ends.push((way, state)) }
                }
            }
            next.sort();
            next.dedup();
            ends.sort();
            ends.dedup();
            if next.len() + ends.len() > MOST_STATES {
                self.lost = true;
                next.truncate(MOST_STATES);
                ends.truncate(MOST_STATES);
            }
            states = next;
        }
        ends.extend(states.into_iter().map(|state| (Way::Next, state)));
        ends
    }

    fn stmt(&mut self, stmt: &Stmt, mut state: State) -> Ends {
        if own_exprs(stmt).into_iter().any(|expr| self.holds_fork(expr)) {
            state.forked = true;
        }
        let mut ends = self.stmt_here(stmt, state.clone());
        if state.forked && self.may_end(stmt) {
            ends.push((Way::Leave, state));
        }
        ends
    }

    fn stmt_here(&mut self, stmt: &Stmt, mut state: State) -> Ends {
        match &stmt.kind {
            StmtKind::Return(_) => vec![(Way::Leave, state)],
            StmtKind::Break => vec![(Way::Break, state)],
            StmtKind::Continue => vec![(Way::Continue, state)],
            StmtKind::Expr(_) | StmtKind::Store { .. } if flow::stmt_leak(stmt, &self.facts.never).is_none() => {
                vec![(Way::Leave, state)]
            }
            StmtKind::Expr(_) => vec![(Way::Next, state)],
            StmtKind::Store { .. } | StmtKind::Update { .. } => {
                if state.forked {
                    self.stores.insert(stmt.span);
                }
                self.store(stmt, &mut state);
                vec![(Way::Next, state)]
            }
            StmtKind::Block(block) => self.block(block, state),
            StmtKind::If { bind, test, then, otherwise } => {
                if let Some(bind) = bind {
                    self.store(bind, &mut state);
                }
                let truth = self.truth(test, &state);
                self.decided.extend(truth.filter(|_| state.forked).map(|truth| (test.span, truth)));
                let (mut ends, forked) = (Vec::new(), state.forked);
                if truth != Some(false) {
                    ends.extend(self.block(then, state.clone()));
                }
                if truth != Some(true) {
                    match otherwise {
                        Some(otherwise) => ends.extend(self.block(otherwise, state)),
                        None => ends.push((Way::Next, state)),
                    }
                }
                let taken = truth.and_then(|truth| if truth { Some(then) } else { otherwise.as_ref() });
                if let Some(taken) = taken.filter(|_| forked && ends.iter().any(|(way, _)| *way == Way::Next)) {
                    self.leaves = Some(Span { start: taken.span.end.saturating_sub(1), ..taken.span });
                }
                ends
            }
            StmtKind::Match { subject, value, arms } => {
                if let Some(known) = self.value(value, &state) {
                    state.known.insert(Var::Local(*subject), known);
                }
                self.arms(*subject, arms, state)
            }
            StmtKind::Loop { test, body, .. } => self.turns(stmt, test.as_ref(), body, state),
        }
    }

    fn arms(&mut self, subject: LocalId, arms: &[crate::check::tree::Arm], state: State) -> Ends {
        let known = state.known.get(&Var::Local(subject)).copied();
        let mut ends = Vec::new();
        for arm in arms {
            let fits: Vec<Option<bool>> = arm.patterns.iter().map(|pattern| fits(pattern, known)).collect();
            if fits.iter().all(|fit| *fit == Some(false)) {
                continue;
            }
            let mut inside = state.clone();
            for pattern in &arm.patterns {
                if let (Pattern::Bind(id), Some(known)) = (pattern, known) {
                    inside.known.insert(Var::Local(*id), known);
                }
            }
            self.decided.extend(known.filter(|_| state.forked).map(|_| (arm.span, true)));
            ends.extend(self.block(&arm.body, inside));
            if fits.contains(&Some(true)) {
                return ends;
            }
        }
        ends.push((Way::Next, state));
        ends
    }

    /// A loop: its body is followed for one turn, with nothing known of what the turns before have changed.
    fn turns(&mut self, stmt: &Stmt, test: Option<&Expr>, body: &Block, mut state: State) -> Ends {
        let before = state.clone();
        each_stmt(body, &mut |inner| forget(inner, &mut state));
        if let StmtKind::Loop { bind, step, .. } = &stmt.kind {
            bind.iter().chain(step).for_each(|inner| forget(inner, &mut state));
        }
        let truth = test.map_or(Some(true), |test| self.truth(test, &state));
        let mut ends = Vec::new();
        if truth != Some(true) || before.forked && truth.is_none() {
            ends.push((Way::Next, state.clone()));
        }
        if truth != Some(false) {
            for (way, state) in self.block(body, state) {
                match way {
                    Way::Leave => ends.push((Way::Leave, state)),
                    Way::Break => ends.push((Way::Next, state)),
                    Way::Next | Way::Continue if truth == Some(true) => {}
                    Way::Next | Way::Continue => ends.push((Way::Next, state)),
                }
            }
        }
        ends
    }

    fn store(&self, stmt: &Stmt, state: &mut State) {
        if own_exprs(stmt).into_iter().any(|expr| self.holds_fork(expr)) {
            state.forked = true;
        }
        forget(stmt, state);
        if let StmtKind::Store { targets, value, .. } = &stmt.kind
            && let [Some(target)] = targets.as_slice()
            && let (Some(var), Some(known)) = (Var::of_place(target), self.value(value, state))
        {
            state.known.insert(var, known);
        }
    }

    fn holds_fork(&self, expr: &Expr) -> bool {
        let mut found = false;
        super::walk::each_within(expr, &mut |inner| found |= self.is_fork(inner));
        found
    }

    fn is_fork(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::CallBuiltin { builtin: Builtin::Fork, .. }) && expr.span == self.fork
    }

    /// Whether the process may end in the midst of the statement, not counting the blocks within.
    fn may_end(&self, stmt: &Stmt) -> bool {
        let ends = |builtin: Builtin| {
            use Builtin::*;
            matches!(builtin, Exec | Execv | Execl | Exit | ExitNow | Abort | Raise | Kill | Killpg)
        };
        own_exprs(stmt).into_iter().any(|expr| {
            let mut found = false;
            super::walk::each_within(expr, &mut |inner| {
                found |= match &inner.kind {
                    ExprKind::CallBuiltin { builtin, .. } => ends(*builtin),
                    ExprKind::Call(id, _) => self.facts.reaches(*id, &ends),
                    ExprKind::CallValue(..) => true,
                    _ => false,
                };
            });
            found
        })
    }

    fn value(&self, expr: &Expr, state: &State) -> Option<Known> {
        match &expr.kind {
            _ if self.is_fork(expr) => Some(match self.who {
                Who::Child => Known::Exactly(0),
                Who::Parent => Known::Pid,
            }),
            ExprKind::Constant(Constant::Int(value)) => Some(Known::Exactly(*value)),
            ExprKind::Constant(Constant::Bool(value)) => Some(Known::Exactly(i64::from(*value))),
            ExprKind::Local(id) => state.known.get(&Var::Local(*id)).copied(),
            ExprKind::Global(id) => state.known.get(&Var::Global(*id)).copied(),
            ExprKind::NegateInt(inner) => match self.value(inner, state)? {
                Known::Exactly(value) => Some(Known::Exactly(value.wrapping_neg())),
                Known::Pid => None,
            },
            ExprKind::WordToInt(inner) => self.value(inner, state),
            _ if expr.ty == crate::check::types::Type::Bool => {
                self.truth(expr, state).map(|truth| Known::Exactly(i64::from(truth)))
            }
            _ => None,
        }
    }

    /// Whether a condition holds, if that is known.
    fn truth(&self, expr: &Expr, state: &State) -> Option<bool> {
        match &expr.kind {
            ExprKind::Constant(Constant::Bool(value)) => Some(*value),
            ExprKind::Not(inner) => self.truth(inner, state).map(|truth| !truth),
            ExprKind::Truth(inner) => self.value(inner, state).map(|known| known != Known::Exactly(0)),
            ExprKind::And(left, right) => match (self.truth(left, state), self.truth(right, state)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            ExprKind::Or(left, right) => match (self.truth(left, state), self.truth(right, state)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            ExprKind::Compare(_, op, left, right) => compare(*op, self.value(left, state)?, self.value(right, state)?),
            ExprKind::Local(id) => state.known.get(&Var::Local(*id)).map(|known| *known != Known::Exactly(0)),
            ExprKind::Global(id) => state.known.get(&Var::Global(*id)).map(|known| *known != Known::Exactly(0)),
            _ => None,
        }
    }
}

fn fits(pattern: &Pattern, known: Option<Known>) -> Option<bool> {
    match (pattern, known) {
        (Pattern::Any | Pattern::Bind(_), _) => Some(true),
        (Pattern::Equal(Constant::Int(wanted)), Some(known)) => {
            compare(BinaryOp::Equal, known, Known::Exactly(*wanted))
        }
        (Pattern::Equal(Constant::Bool(wanted)), Some(Known::Exactly(found))) => Some((found != 0) == *wanted),
        (Pattern::Range(from, to), Some(Known::Exactly(found))) => Some((*from..*to).contains(&found)),
        (Pattern::Range(_, to), Some(Known::Pid)) if *to <= 2 => Some(false),
        _ => None,
    }
}

fn compare(op: BinaryOp, left: Known, right: Known) -> Option<bool> {
    use BinaryOp::*;
    match (left, right) {
        (Known::Exactly(left), Known::Exactly(right)) => Some(match op {
            Equal => left == right,
            NotEqual => left != right,
            Less => left < right,
            LessEqual => left <= right,
            Greater => left > right,
            GreaterEqual => left >= right,
            _ => return None,
        }),
        (Known::Pid, Known::Exactly(right)) if right <= 1 => match op {
            Equal | Less | LessEqual => Some(false),
            NotEqual | Greater | GreaterEqual => Some(true),
            _ => None,
        },
        (Known::Exactly(left), Known::Pid) if left <= 1 => match op {
            Equal | Greater | GreaterEqual => Some(false),
            NotEqual | Less | LessEqual => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Takes what a statement stores to out of what is known.
fn forget(stmt: &Stmt, state: &mut State) {
    match &stmt.kind {
        StmtKind::Store { targets, .. } => {
            let stored: Vec<Var> = targets.iter().flatten().filter_map(Var::of_place).collect();
            state.known.retain(|var, _| !stored.contains(var));
        }
        StmtKind::Update { place, .. } => {
            let stored = Var::of_place(place);
            state.known.retain(|var, _| Some(*var) != stored);
        }
        _ => {}
    }
}

/// Whether a statement, with the blocks within, stores to a variable.
pub(super) fn stores_to(stmt: &Stmt, wanted: &dyn Fn(Var) -> bool) -> bool {
    let mut found = false;
    let mut look = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Store { targets, .. } => found |= targets.iter().flatten().filter_map(Var::of_place).any(wanted),
        StmtKind::Update { place, .. } => found |= Var::of_place(place).is_some_and(wanted),
        _ => {}
    };
    look(stmt);
    super::walk::inner_blocks(stmt).for_each(|block| each_stmt(block, &mut look));
    found
}
