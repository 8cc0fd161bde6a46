//! Arguments that fit by type and yet seem to stand in the wrong order: C would say nothing either,
//! since pids, signals and descriptors are all ints there too.

use super::problem::{Overwritten, Problem};
use super::scope::Origin;
use super::tree::{Constant, Expr, ExprKind};
use super::{Checker, quote};
use crate::abi::{Builtin, Signal};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast};

/// Names that belong in one place of a call.
#[derive(Clone, Copy)]
enum Family {
    Signal,
    WaitOption,
    MaskHow,
    FcntlCommand,
    Group,
}

impl Family {
    fn has(self, expr: &ast::Expr) -> bool {
        let name: &str = match &expr.kind {
            Ast::Name(name) => name,
            // Options are joined by `|`.
            Ast::Binary(_, left, _) => return self.has(left),
            _ => return false,
        };
        match self {
            Family::Signal => Signal::ALL.iter().any(|signal| signal.name() == name),
            Family::WaitOption => matches!(name, "WNOHANG" | "WUNTRACED" | "WCONTINUED"),
            Family::MaskHow => matches!(name, "SIG_BLOCK" | "SIG_UNBLOCK" | "SIG_SETMASK"),
            Family::FcntlCommand => name.starts_with("F_"),
            Family::Group => matches!(name, "RLIMIT_DATA" | "RLIMIT_STACK" | "RLIMIT_NPROC" | "RLIMIT_NOFILE"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Family::Signal => "a signal",
            Family::WaitOption => "an option of waitpid",
            Family::MaskHow => "a way to change the mask",
            Family::FcntlCommand => "a command of fcntl",
            Family::Group => "a limit's name",
        }
    }
}

/// Which argument of a call is a set of signals.
const SETS: &[(Builtin, usize)] =
    &[(Builtin::Sigprocmask, 1), (Builtin::Sigsuspend, 0), (Builtin::Sigwait, 0), (Builtin::Sigaction, 2)];

/// The signals whose numbers make up an expression, where it is made of nothing else.
fn signals_of(expr: &ast::Expr, names: &mut Vec<String>) -> bool {
    match &expr.kind {
        Ast::Name(name) if Signal::ALL.iter().any(|signal| signal.name() == &**name) => {
            names.push(name.to_string());
            true
        }
        Ast::Binary(ast::BinaryOp::BitOr, left, right) => signals_of(left, names) && signals_of(right, names),
        _ => false,
    }
}

/// Which call wants names of which family where, and what stands beside it.
const PLACES: &[(Builtin, Family, usize, usize)] = &[
    (Builtin::Kill, Family::Signal, 1, 0),
    (Builtin::Killpg, Family::Signal, 1, 0),
    (Builtin::MqNotify, Family::Signal, 1, 0),
    (Builtin::Waitpid, Family::WaitOption, 1, 0),
    (Builtin::Sigprocmask, Family::MaskHow, 0, 1),
    (Builtin::Fcntl, Family::FcntlCommand, 1, 0),
    (Builtin::Setrlimit, Family::Group, 0, 1),
];

impl Checker<'_> {
    /// Warns of arguments that seem to be swapped.
    pub(super) fn order(&mut self, builtin: Builtin, args: &[ast::Expr], values: &[Expr], span: Span) {
        for (_, at) in SETS.iter().filter(|(call, _)| *call == builtin) {
            let mut names = Vec::new();
            if let Some(set) = args.get(*at).filter(|set| signals_of(set, &mut names)) {
                self.report(Problem::SignalForSet { at: set.span, callee: builtin.name(), names });
            }
        }
        for (call, family, right, other) in PLACES {
            let (Some(there), Some(here)) = (args.get(*other), args.get(*right)) else { continue };
            if *call == builtin && family.has(there) && !family.has(here) {
                self.wrong_order(
                    builtin,
                    args,
                    (*other, *right),
                    (format!("{} is {}", quote::name_it(there), family.words()), None),
                    span,
                );
            }
        }
        if builtin == Builtin::Dup2 {
            self.dup2_order(args, values, span);
        }
    }

    /// `dup2(1, w)` with `w` straight from `pipe()`: the pipe's end is lost, and nothing is redirected.
    fn dup2_order(&mut self, args: &[ast::Expr], values: &[Expr], span: Span) {
        let [old, new] = values else { return };
        let stream = match old.kind {
            ExprKind::Constant(Constant::Int(0)) => (0, "standard input"),
            ExprKind::Constant(Constant::Int(1)) => (1, "standard output"),
            ExprKind::Constant(Constant::Int(2)) => (2, "standard error"),
            _ => return,
        };
        let Some(Origin::Pipe(made)) = self.origin(new) else { return };
        let (made, Some(new)) = (*made, args.get(1)) else { return };
        let why = format!("{} is an end of a pipe, and would be closed here", quote::name_it(new));
        self.wrong_order(
            Builtin::Dup2,
            args,
            (0, 1),
            (why, Some(Overwritten { made, stream, end: quote::quote(new) })),
            span,
        );
    }

    fn wrong_order(
        &mut self,
        builtin: Builtin,
        args: &[ast::Expr],
        (one, other): (usize, usize),
        (why, overwritten): (String, Option<Overwritten>),
        at: Span,
    ) {
        let mut order: Vec<&ast::Expr> = args.iter().collect();
        order.swap(one, other);
        let mended: Option<Vec<String>> = order.into_iter().map(quote::quote).collect();
        let mended = mended.map(|args| format!("{}({})", builtin.name(), args.join(", ")));
        let label = args.get(one).map_or(at, |arg| arg.span);
        self.report(Problem::ArgumentOrder {
            callee: builtin.name(),
            at: label,
            why,
            overwritten,
            signature: builtin.row().signature(),
            mended,
        });
    }
}
