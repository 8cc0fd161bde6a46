//! The text of the script as the report of a stuck run needs it: which statement a place lies in, where a child's part begins, by
//! which name a descriptor goes. It knows nothing of processes.

use crate::diagnostics::Edit;
use crate::source::{FileId, Span};
use crate::syntax;
use crate::syntax::ast::{
    AssignTarget, BinaryOp, Block, Condition, Expr, ExprKind, Item, LetTarget, Literal, Part, PatternKind, Program,
    Stmt, StmtKind,
};

/// A script and its tree.
pub struct Text<'t> {
    /// Its file.
    pub file: FileId,
    /// Its text.
    pub text: &'t str,
    program: Program,
}

/// A list of statements, and the one in it that leads to a place.
#[derive(Debug, Clone)]
pub struct Level<'a> {
    /// The statements of one block, of a function or of the script.
    pub list: Vec<&'a Stmt>,
    /// Which of them.
    pub at: usize,
}

impl<'a> Level<'a> {
    /// The statement that leads to the place.
    pub fn stmt(&self) -> &'a Stmt {
        self.list[self.at]
    }

    /// The statements after it.
    pub fn rest(&self) -> &[&'a Stmt] {
        self.list.get(self.at + 1..).unwrap_or(&[])
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

impl<'t> Text<'t> {
    /// Reads a script.
    pub fn read(file: FileId, text: &'t str) -> Text<'t> {
        Text { file, text, program: syntax::parse(file, text).0 }
    }

    /// The text of a span.
    pub fn of(&self, span: Span) -> &'t str {
        if span.file == self.file { self.text.get(span.range()).unwrap_or("") } else { "" }
    }

    /// The first line of a span.
    pub fn head(&self, span: Span) -> Span {
        let first = self.of(span).lines().next().unwrap_or("").trim_end();
        Span { end: span.start + first.len() as u32, ..span }
    }

    /// The line of an offset, from 1.
    pub fn line(&self, offset: u32) -> usize {
        let before = self.text.get(..offset as usize).unwrap_or("");
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    fn lists(&self) -> Vec<Vec<&Stmt>> {
        let statements = self.program.items.iter().filter_map(|item| match item {
            Item::Statement(stmt) => Some(stmt),
            _ => None,
        });
        let mut lists = vec![statements.collect()];
        lists.extend(self.program.items.iter().filter_map(|item| match item {
            Item::Function(function) => Some(function.body.stmts.iter().collect()),
            _ => None,
        }));
        lists
    }

    /// Whether a place lies in a function.
    pub fn in_function(&self, place: Span) -> bool {
        self.program
            .items
            .iter()
            .any(|item| matches!(item, Item::Function(function) if covers(function.body.span, place)))
    }

    /// The first statement of a function.
    pub fn first_of(&self, name: &str) -> Option<Span> {
        self.program.items.iter().find_map(|item| match item {
            Item::Function(function) if function.name.as_ref().is_some_and(|own| *own.name == *name) => {
                function.body.stmts.first().map(|stmt| stmt.span)
            }
            _ => None,
        })
    }

    /// The statements that lead to a place, outermost first; empty where it lies in none.
    pub fn path(&self, place: Span) -> Vec<Level<'_>> {
        let mut path = Vec::new();
        let mut lists = self.lists();
        loop {
            let found = lists
                .iter()
                .enumerate()
                .find_map(|(which, list)| list.iter().position(|stmt| covers(stmt.span, place)).map(|at| (which, at)));
            let Some((which, at)) = found else { return path };
            let level = Level { list: lists.swap_remove(which), at };
            lists = inner_lists(level.stmt());
            path.push(level);
        }
    }

    /// The statements that lead to a place, innermost first, as far as the flow comes to what stands after each: not beyond a block that
    /// ends its process or function, nor beyond a loop that never ends.
    pub fn way_out(&self, place: Span) -> Vec<Level<'_>> {
        let mut levels = Vec::new();
        for level in self.path(place).into_iter().rev() {
            let endless = self.is_endless(level.stmt());
            let ends = level.rest().iter().any(|stmt| self.ends(stmt));
            if endless {
                break;
            }
            levels.push(level);
            if ends {
                break;
            }
        }
        levels
    }

    /// Whether nothing after a statement in its list is reached.
    fn ends(&self, stmt: &Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue => true,
            StmtKind::Expr(Expr { kind: ExprKind::Call(callee, _), .. }) => {
                matches!(self.of(callee.span), "exit" | "_exit" | "abort" | "exec" | "execv" | "execl")
            }
            _ => self.is_endless(stmt),
        }
    }

    fn is_endless(&self, stmt: &Stmt) -> bool {
        match &stmt.kind {
            StmtKind::While { condition: Condition::Test(test), body } => {
                matches!(test.kind, ExprKind::Literal(Literal::Bool(true)))
                    && !has_word(self.of(body.span), "break")
                    && !has_word(self.of(body.span), "return")
            }
            _ => false,
        }
    }

    /// The statement after which only the parent of a fork goes on, where the text says so plainly.
    pub fn after_fork(&self, fork: Span) -> Option<&Stmt> {
        let path = self.path(fork);
        let level = path.last()?;
        let named = |name: &str| level.rest().iter().copied().find(|stmt| child_part(stmt, Some(name)).is_some());
        match &level.stmt().kind {
            StmtKind::If { .. } | StmtKind::Match { .. } => Some(level.stmt()),
            StmtKind::Let { target: LetTarget::Name(name), .. } => named(&name.name),
            StmtKind::Assign { target: AssignTarget::One(place), .. } => named(self.of(place.span)),
            _ => None,
        }
    }

    /// The first statement, in the order of the text, for which this holds, with its list.
    pub fn find(&self, wanted: impl Fn(&Stmt) -> bool) -> Option<Level<'_>> {
        let mut left = self.lists();
        left.reverse();
        while let Some(list) = left.pop() {
            if let Some(at) = list.iter().position(|stmt| wanted(stmt)) {
                return Some(Level { list, at });
            }
            let mut inner: Vec<Vec<&Stmt>> = list.iter().flat_map(|stmt| inner_lists(stmt)).collect();
            inner.reverse();
            left.append(&mut inner);
        }
        None
    }

    /// The names that a call's results are stored in: of `let (r, w) = pipe();`, `r` and `w`.
    pub fn names(&self, call: Span) -> Vec<&str> {
        let path = self.path(call);
        let Some(level) = path.last() else { return Vec::new() };
        match &level.stmt().kind {
            StmtKind::Let { target, value: Some(value), .. } if covers(value.span, call) => match target {
                LetTarget::Name(name) => vec![&*name.name],
                LetTarget::Tuple(parts, _) => parts
                    .iter()
                    .map(|part| match part {
                        Part::Use(name) => &*name.name,
                        Part::Skip(_) => "_",
                    })
                    .collect(),
            },
            StmtKind::Assign { target, op: None, value } if covers(value.span, call) => match target {
                AssignTarget::One(place) => vec![self.of(place.span)],
                AssignTarget::Tuple(parts, _) => parts
                    .iter()
                    .map(|part| match part {
                        Part::Use(place) => self.of(place.span),
                        Part::Skip(_) => "_",
                    })
                    .collect(),
            },
            _ => Vec::new(),
        }
    }

    /// The statements that only the child of a fork runs, where the text says so plainly.
    pub fn branch(&self, fork: Span) -> Option<Vec<&Stmt>> {
        let path = self.path(fork);
        let level = path.last()?;
        match &level.stmt().kind {
            StmtKind::If { .. } | StmtKind::Match { .. } => child_part(level.stmt(), None),
            StmtKind::Let { target: LetTarget::Name(name), .. } => of_name(level, &name.name),
            StmtKind::Assign { target: AssignTarget::One(place), .. } => of_name(level, self.of(place.span)),
            _ => None,
        }
    }

    /// The places of a word.
    pub fn words<'s>(&'s self, word: &'s str) -> impl Iterator<Item = Span> + 's {
        places(self.text, word).map(|at| Span::new(self.file, at, at + word.len()))
    }

    /// The calls of `fork`.
    pub fn forks(&self) -> impl Iterator<Item = Span> + '_ {
        places(self.text, "fork()").map(|at| Span::new(self.file, at, at + 6))
    }

    /// Whether a statement says this name.
    pub fn mentions(&self, stmt: &Stmt, name: &str) -> bool {
        !name.is_empty() && has_word(self.of(stmt.span), name)
    }

    /// Whether a statement is exactly `close(name);`.
    pub fn is_close(&self, stmt: &Stmt, name: &str) -> bool {
        match &stmt.kind {
            StmtKind::Expr(Expr { kind: ExprKind::Call(callee, args), .. }) => {
                self.of(callee.span) == "close" && matches!(args.as_slice(), [one] if self.of(one.span) == name)
            }
            _ => false,
        }
    }

    /// Whether a statement is the first thing on its line, and how far that is indented.
    fn indent(&self, at: u32) -> Option<&'t str> {
        let start = self.text.get(..at as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
        self.text.get(start..at as usize).filter(|before| before.bytes().all(|byte| byte == b' ' || byte == b'\t'))
    }

    /// Puts `new` before a place.
    pub fn before(&self, place: Span, new: &str) -> Edit {
        let span = Span { end: place.start, ..place };
        let text = match self.indent(span.start) {
            Some(indent) => format!("{new}\n{indent}"),
            None => format!("{new} "),
        };
        Edit { span, text }
    }

    /// Puts `new` after a place.
    pub fn after(&self, place: Span, new: &str) -> Edit {
        let text = match self.indent(place.start) {
            Some(indent) => format!("\n{indent}{new}"),
            None => format!(" {new}"),
        };
        Edit { span: place.after(), text }
    }

    /// Takes statements out, their lines too where they stand there alone.
    pub fn without(&self, place: Span) -> Edit {
        let (start, end) = (place.start, place.end);
        let rest = self.text.get(end as usize..).unwrap_or("");
        let tail = rest.split('\n').next().unwrap_or("");
        let whole = match self.indent(start) {
            Some(indent) if tail.trim().is_empty() => {
                let newline = u32::from(tail.len() < rest.len());
                (start - indent.len() as u32, end + tail.len() as u32 + newline)
            }
            _ => (start, end + u32::from(rest.starts_with(' '))),
        };
        Edit { span: Span { start: whole.0, end: whole.1, ..place }, text: String::new() }
    }
}

/// The text with the edits made; they must not overlap.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in sorted {
        out.push_str(text.get(at..edit.span.start as usize)?);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Whether a text has this word, with no letter of a name before or after it.
pub fn has_word(text: &str, word: &str) -> bool {
    places(text, word).next().is_some()
}

/// Where a text has this word, with no letter of a name before or after it.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word)
        .filter(move |(at, _)| !part(text[..*at].chars().next_back()) && !part(text[at + word.len()..].chars().next()))
        .map(|(at, _)| at)
}

/// The lists of statements inside a statement.
fn inner_lists(stmt: &Stmt) -> Vec<Vec<&Stmt>> {
    fn list(block: &Block) -> Vec<&Stmt> {
        block.stmts.iter().collect()
    }
    match &stmt.kind {
        StmtKind::If { then, otherwise, .. } => {
            let mut lists = vec![list(then)];
            match otherwise.as_deref() {
                Some(Stmt { kind: StmtKind::Block(block), .. }) => lists.push(list(block)),
                Some(other) => lists.push(vec![other]),
                None => {}
            }
            lists
        }
        StmtKind::While { body, .. }
        | StmtKind::ForRange { body, .. }
        | StmtKind::ForEach { body, .. }
        | StmtKind::ForLoop { body, .. }
        | StmtKind::Block(body) => vec![list(body)],
        StmtKind::Match { arms, .. } => arms
            .iter()
            .map(|arm| match &arm.body.kind {
                StmtKind::Block(block) => list(block),
                _ => vec![&arm.body],
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The child's part among the statements that follow `name = fork();`.
fn of_name<'a>(level: &Level<'a>, name: &str) -> Option<Vec<&'a Stmt>> {
    level.rest().iter().find_map(|stmt| child_part(stmt, Some(name)))
}

/// The part of an `if` or `match` that runs where a fork gave 0: of the fork in the test itself, or of the variable `name`.
fn child_part<'a>(stmt: &'a Stmt, name: Option<&str>) -> Option<Vec<&'a Stmt>> {
    let list = |stmt: &'a Stmt| match &stmt.kind {
        StmtKind::Block(block) => block.stmts.iter().collect(),
        _ => vec![stmt],
    };
    match &stmt.kind {
        StmtKind::If { condition, then, otherwise } => {
            let (test, name) = match condition {
                Condition::Test(test) => (test, name),
                Condition::Bind { target: LetTarget::Name(bound), test, .. } => (test, name.or(Some(&bound.name))),
                Condition::Bind { test, .. } => (test, name),
            };
            match (zero_test(test, name), otherwise.as_deref()) {
                (Some(true), _) => Some(then.stmts.iter().collect()),
                (Some(false), Some(other)) if !matches!(other.kind, StmtKind::If { .. }) => Some(list(other)),
                (_, Some(other)) => child_part(other, name),
                _ => None,
            }
        }
        StmtKind::Match { subject, arms } => {
            let about = match (&subject.kind, name) {
                (ExprKind::Name(subject), Some(name)) => **subject == *name,
                (ExprKind::Call(..), None) => true,
                _ => false,
            };
            let zero = |kind: &PatternKind| matches!(kind, PatternKind::Literal(Literal::Int(0)));
            let arm = arms.iter().find(|arm| arm.patterns.iter().any(|pattern| zero(&pattern.kind)))?;
            about.then(|| list(&arm.body))
        }
        _ => None,
    }
}

/// Whether a test is true (or, `false`, untrue) where the fork gave 0.
fn zero_test(test: &Expr, name: Option<&str>) -> Option<bool> {
    let ExprKind::Binary(op, left, right) = &test.kind else { return None };
    let zero = |side: &Expr| matches!(side.kind, ExprKind::Literal(Literal::Int(0)));
    let about = |side: &Expr| match (&side.kind, name) {
        (ExprKind::Name(written), Some(name)) => **written == *name,
        (ExprKind::Call(..), None) => true,
        _ => false,
    };
    if !(about(left) && zero(right) || zero(left) && about(right)) {
        return None;
    }
    match op {
        BinaryOp::Equal => Some(true),
        BinaryOp::NotEqual | BinaryOp::Greater => Some(false),
        _ => None,
    }
}
