//! What a program looks at and what it does not: which calls it makes whose failure nobody would notice. A run that sees such a
//! call fail has news; a program whose calls all succeed has none. It knows nothing of runs.

use super::lints::walk::{self, Var, builtin_call, each_within, inner_blocks, int, own_exprs};
use super::tree::{Block, Expr, ExprKind, Function, Program, Stmt, StmtKind};
use crate::abi::{Builtin, ERRNO_SLOT};
use crate::source::{FileId, Span};
use crate::syntax::ast::BinaryOp;

/// What a program pays attention to.
#[derive(Debug, Clone, Default)]
pub struct Attention {
    /// The program's file.
    pub file: FileId,
    /// Calls whose result nobody looks at.
    pub ignored: Vec<Span>,
    /// Calls of which the first result, which would tell of a failure, is not used, and another one is.
    pub rest_used: Vec<Span>,
    /// Those of them whose first result is not even shown.
    pub blind: Vec<Span>,
    /// Calls of wait outside every loop whose status is used and whose process id is not.
    pub any_child: Vec<Span>,
    /// Calls of wait, and a use of the exit code of what they collected, where nobody asks whether it did exit.
    pub unguarded: Vec<(Span, Span)>,
    /// Calls of wait of whose status the program asks whether the child did exit, and never which signal killed it.
    pub half_asked: Vec<Span>,
    /// Forks in a counted loop that also waits.
    pub one_by_one: Vec<(Span, Span)>,
    /// Receives in a loop that shows the messages one after another, and looks at no priority.
    pub unordered: Vec<Span>,
    /// Forks whose result is looked at, and never for a failure: -1 goes on as if it were a child's id.
    pub unchecked_forks: Vec<Span>,
    /// Whether the program ever reads `errno`.
    pub reads_errno: bool,
}

/// What a program pays attention to.
pub fn attention(program: &Program) -> Attention {
    let mut found = Attention { file: program.file, ..Attention::default() };
    let mut globals = vec![false; program.globals.len()];
    let locals: Vec<Vec<bool>> = program.functions.iter().map(|function| reads(function, &mut globals)).collect();
    found.reads_errno = globals.get(ERRNO_SLOT) == Some(&true);
    for (function, locals) in program.functions.iter().zip(&locals) {
        let scope = Scope { program, function, locals, globals: &globals };
        scope.block(&function.body, false, &mut found);
        each_stmt(&function.body, &mut |stmt| scope.fork(stmt, &mut found));
    }
    found
}

/// Whether an expression asks of another whether it is 0, and nothing else.
fn asks_for_zero(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Compare(_, BinaryOp::Equal | BinaryOp::NotEqual, one, other) => match (int(one), int(other)) {
            (_, Some(0)) => Some(one),
            (Some(0), _) => Some(other),
            _ => None,
        },
        ExprKind::Truth(inner) => Some(inner),
        _ => None,
    }
}

/// Which of its locals a function reads, and, among those of the program, which globals.
fn reads(function: &Function, globals: &mut [bool]) -> Vec<bool> {
    let mut locals = vec![false; function.locals.len()];
    walk::each_expr(&function.body, &mut |expr| {
        let mark = match expr.kind {
            ExprKind::Local(id) => locals.get_mut(id.0 as usize),
            ExprKind::Global(id) => globals.get_mut(id.0 as usize),
            _ => None,
        };
        mark.into_iter().for_each(|mark| *mark = true);
    });
    locals
}

fn reads_errno(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Global(id) if id.0 as usize == ERRNO_SLOT)
}

/// Whether an expression tells a person, or the program, why a call has failed.
fn asks_why(expr: &Expr) -> bool {
    reads_errno(expr) || matches!(builtin_call(expr), Some((Builtin::Perror | Builtin::Strerror, _)))
}

/// A function of a program.
struct Scope<'p> {
    program: &'p Program,
    function: &'p Function,
    /// Which of the function's locals it reads.
    locals: &'p [bool],
    /// Which globals anybody reads.
    globals: &'p [bool],
}

impl Scope<'_> {
    fn block(&self, block: &Block, in_loop: bool, found: &mut Attention) {
        for (at, stmt) in block.stmts.iter().enumerate() {
            let next = block.stmts.get(at + 1);
            let asked = || next.is_some_and(|next| walk::any_expr_of(next, &asks_why));
            self.stmt(stmt, in_loop, &asked, found);
            if let StmtKind::Loop { bind: Some(bind), .. } = &stmt.kind {
                self.receive(bind, found);
            }
            if in_loop {
                self.receive(stmt, found);
            }
            let looped = in_loop || matches!(stmt.kind, StmtKind::Loop { .. });
            inner_blocks(stmt).for_each(|inner| self.block(inner, looped, found));
            if let StmtKind::Loop { body, step: Some(_), .. } = &stmt.kind {
                found.one_by_one.extend(serial(body));
            }
        }
    }

    fn stmt(&self, stmt: &Stmt, in_loop: bool, asked: &dyn Fn() -> bool, found: &mut Attention) {
        match &stmt.kind {
            StmtKind::Expr(call) if builtin_call(call).is_some() && !asked() => found.ignored.push(call.span),
            StmtKind::Store { targets, value, .. } => {
                let Some((builtin, _)) = builtin_call(value) else { return };
                let used: Vec<bool> = targets
                    .iter()
                    .map(|target| {
                        target.as_ref().is_some_and(|place| Var::of_place(place).is_none_or(|var| self.reads(var)))
                    })
                    .collect();
                let waits = matches!(builtin, Builtin::Wait | Builtin::Waitpid);
                let opens = matches!(builtin, Builtin::MqOpen | Builtin::Open);
                let shown = opens && targets.iter().flatten().filter_map(Var::of_place).all(|var| self.only_shown(var));
                let nobody = if waits { used.first() == Some(&false) } else { !used.contains(&true) };
                if (nobody || shown) && !asked() {
                    found.ignored.push(value.span);
                }
                let first = targets.first().and_then(Option::as_ref).and_then(Var::of_place);
                let unseen = || used.first() == Some(&false) || first.is_none_or(|var| self.only_shown(var));
                if targets.len() > 1 && used.first() == Some(&false) && used.contains(&true) {
                    found.blind.push(value.span);
                }
                if targets.len() > 1 && unseen() && !asked() {
                    found.rest_used.push(value.span);
                }
                if waits && !in_loop && used.as_slice() == [false, true] {
                    found.any_child.push(value.span);
                }
                let status = targets.get(1).and_then(Option::as_ref).and_then(Var::of_place).filter(|_| waits);
                if let Some(read) = status.and_then(|status| self.unguarded(status)) {
                    found.unguarded.push((value.span, read));
                }
                if status.is_some_and(|status| self.half_asked(status)) {
                    found.half_asked.push(value.span);
                }
            }
            _ => {}
        }
    }

    /// A fork that is only asked whether it gave 0, here or by the variable that holds its result.
    fn fork(&self, stmt: &Stmt, found: &mut Attention) {
        match &stmt.kind {
            StmtKind::Store { targets, value, .. } => {
                if let (Some((Builtin::Fork, _)), [Some(target)]) = (builtin_call(value), targets.as_slice())
                    && let Some(var) = Var::of_place(target)
                    && self.only_zero(var)
                {
                    found.unchecked_forks.push(value.span);
                }
            }
            StmtKind::If { test, .. } => each_within(test, &mut |expr| {
                if let Some(call) = asks_for_zero(expr)
                    && let Some((Builtin::Fork, _)) = builtin_call(call)
                {
                    found.unchecked_forks.push(call.span);
                }
            }),
            _ => {}
        }
    }

    /// Whether a variable is asked whether it is 0, and never anything else that would tell -1 from a process id.
    fn only_zero(&self, var: Var) -> bool {
        let (mut zero, mut other) = (false, false);
        let mut look = |function: &Function| {
            walk::each_expr(&function.body, &mut |expr| match asks_for_zero(expr) {
                Some(of) if is(of, var) => zero = true,
                _ => {
                    let compared =
                        matches!(&expr.kind, ExprKind::Compare(_, _, one, two) if is(one, var) || is(two, var));
                    other |= compared || hands_on(expr, var);
                }
            });
            each_stmt(&function.body, &mut |stmt| match &stmt.kind {
                StmtKind::Match { value, .. } => other |= is(value, var),
                StmtKind::Return(Some(value)) => other |= is(value, var),
                StmtKind::Store { value, .. } => other |= is(value, var),
                _ => {}
            });
        };
        match var {
            Var::Local(_) => look(self.function),
            Var::Global(_) => self.program.functions.iter().for_each(look),
        }
        zero && !other
    }

    /// A receive of whose results only the text is used, and that only to be shown.
    fn receive(&self, stmt: &Stmt, found: &mut Attention) {
        let StmtKind::Store { targets, value, .. } = &stmt.kind else { return };
        let Some((Builtin::MqReceive | Builtin::MqTimedreceive, _)) = builtin_call(value) else { return };
        let [_, Some(text), priority] = targets.as_slice() else { return };
        let unseen = priority.as_ref().is_none_or(|place| Var::of_place(place).is_some_and(|var| !self.reads(var)));
        if unseen && Var::of_place(text).is_some_and(|var| self.only_shown(var)) {
            found.unordered.push(value.span);
        }
    }

    /// Whether anything reads a variable.
    fn reads(&self, var: Var) -> bool {
        let read = match var {
            Var::Local(id) => self.locals.get(id.0 as usize),
            Var::Global(id) => self.globals.get(id.0 as usize),
        };
        read == Some(&true)
    }

    /// Whether a variable is read to be printed and for nothing else.
    fn only_shown(&self, var: Var) -> bool {
        let count = |function: &Function| {
            let (mut all, mut shown) = (0, 0);
            walk::each_expr(&function.body, &mut |expr| {
                all += usize::from(is(expr, var));
                if let Some((Builtin::Print | Builtin::Printf | Builtin::Eprint | Builtin::Eprintf, args)) =
                    builtin_call(expr)
                {
                    shown += args.iter().filter(|arg| is(arg, var)).count();
                }
            });
            all == shown
        };
        match var {
            Var::Local(_) => count(self.function),
            Var::Global(_) => self.program.functions.iter().all(count),
        }
    }

    /// Whether a status is asked whether its child did exit, and never by which signal it was killed.
    fn half_asked(&self, status: Var) -> bool {
        let (mut asked, mut named) = (false, false);
        let mut look = |function: &Function| {
            walk::each_expr(&function.body, &mut |expr| match builtin_call(expr) {
                Some((Builtin::Wifexited | Builtin::Wifsignaled, [of])) => asked |= Var::of(of) == Some(status),
                Some((_, args)) => named |= args.iter().any(|arg| Var::of(arg) == Some(status)),
                None => named |= hands_on(expr, status),
            });
        };
        match status {
            Var::Local(_) => look(self.function),
            Var::Global(_) => self.program.functions.iter().for_each(look),
        }
        asked && !named
    }

    /// Where the exit code of a status is used, if nobody asks anything else of that status.
    fn unguarded(&self, status: Var) -> Option<Span> {
        let (mut code, mut guarded) = (None, false);
        let mut look = |function: &Function| {
            walk::each_expr(&function.body, &mut |expr| match builtin_call(expr) {
                Some((Builtin::Wexitstatus, [of])) if Var::of(of) == Some(status) => {
                    code.get_or_insert(expr.span);
                }
                Some((_, args)) => guarded |= args.iter().any(|arg| Var::of(arg) == Some(status)),
                None => guarded |= hands_on(expr, status),
            });
        };
        match status {
            Var::Local(_) => look(self.function),
            Var::Global(_) => self.program.functions.iter().for_each(look),
        }
        code.filter(|_| !guarded).or_else(|| self.on_the_wrong_side(status))
    }

    /// Where the exit code of a status is used just where the child is known not to have ended by `exit`.
    fn on_the_wrong_side(&self, status: Var) -> Option<Span> {
        let asks = |test: &Expr, wanted: Builtin| matches!(builtin_call(test), Some((asked, [of])) if asked == wanted && Var::of(of) == Some(status));
        let mut found = None;
        let mut code = |block: &Block| {
            walk::each_expr(block, &mut |expr| {
                if matches!(builtin_call(expr), Some((Builtin::Wexitstatus, [of])) if Var::of(of) == Some(status)) {
                    found.get_or_insert(expr.span);
                }
            });
        };
        each_stmt(&self.function.body, &mut |stmt| {
            let StmtKind::If { test, then, otherwise, .. } = &stmt.kind else { return };
            let negated = match &test.kind {
                ExprKind::Not(inner) => asks(inner, Builtin::Wifexited),
                _ => false,
            };
            if asks(test, Builtin::Wifsignaled) || negated {
                code(then);
            } else if let Some(otherwise) = otherwise.as_ref().filter(|_| asks(test, Builtin::Wifexited)) {
                code(otherwise);
            }
        });
        found
    }
}

/// Every statement of a block and of those within it.
fn each_stmt<'p>(block: &'p Block, look: &mut impl FnMut(&'p Stmt)) {
    for stmt in &block.stmts {
        look(stmt);
        for inner in inner_blocks(stmt) {
            each_stmt(inner, look);
        }
    }
}

fn is(expr: &Expr, var: Var) -> bool {
    match (&expr.kind, var) {
        (ExprKind::Local(id), Var::Local(of)) => *id == of,
        (ExprKind::Global(id), Var::Global(of)) => *id == of,
        _ => false,
    }
}

/// Whether an expression gives a status to somebody else, who may ask.
fn hands_on(expr: &Expr, status: Var) -> bool {
    match &expr.kind {
        ExprKind::Call(_, args) | ExprKind::CallValue(_, args) | ExprKind::Tuple(args) | ExprKind::Array(args) => {
            args.iter().any(|arg| is(arg, status))
        }
        ExprKind::WordToInt(of) => is(of, status),
        _ => false,
    }
}

/// A fork in a loop's body and a wait further down in the same body.
fn serial(body: &Block) -> Option<(Span, Span)> {
    let call = |stmt: &Stmt, wanted: &dyn Fn(Builtin) -> bool| {
        let mut found = None;
        own_exprs(stmt).into_iter().for_each(|expr| {
            each_within(expr, &mut |inner| {
                if let ExprKind::CallBuiltin { builtin, .. } = inner.kind
                    && wanted(builtin)
                {
                    found.get_or_insert(inner.span);
                }
            });
        });
        found
    };
    let fork = body
        .stmts
        .iter()
        .enumerate()
        .find_map(|(at, stmt)| call(stmt, &|builtin| builtin == Builtin::Fork).map(|span| (at, span)));
    let (at, fork) = fork?;
    let waits = |builtin| matches!(builtin, Builtin::Wait | Builtin::Waitpid);
    body.stmts.iter().skip(at + 1).find_map(|stmt| call(stmt, &waits)).map(|wait| (fork, wait))
}
