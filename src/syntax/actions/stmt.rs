//! Statements and patterns.

use super::super::ast::*;
use super::super::say;
use super::expr::Pending;
use super::{Builder, Built, Value};
use crate::source::Span;

/// A condition on its way into the tree.
pub(crate) type Head = Built<Condition>;

/// One `if` of a chain of `else if`.
#[derive(Debug)]
pub(crate) struct Link {
    start: u32,
    head: Head,
    then: Built<Block>,
}

impl Builder<'_> {
    /// A statement without parts.
    pub(crate) fn plain(&mut self, kind: StmtKind) -> Built<StmtKind> {
        Built { node: kind, depth: 0 }
    }

    /// Makes one statement over parts whose deepest has depth `kind.depth`.
    fn stand(&mut self, kind: Built<StmtKind>, span: Span) -> Built<Stmt> {
        let fits = self.fits(kind.depth + 1, span);
        let (kind, depth) = if fits { (kind.node, kind.depth + 1) } else { (StmtKind::Error, 1) };
        Built { node: Stmt { kind, span }, depth }
    }

    /// A statement with its place.
    pub(crate) fn statement(&mut self, start: u32, kind: Built<StmtKind>, end: u32) -> Option<Built<Stmt>> {
        let span = self.span(start, end);
        Some(self.stand(kind, span))
    }

    /// The first or last part of a `for (…; …; …)`.
    pub(crate) fn loop_part(&mut self, start: u32, kind: Built<StmtKind>, end: u32) -> Built<Stmt> {
        let span = self.span(start, end);
        self.stand(kind, span)
    }

    /// A statement that has been reported.
    pub(crate) fn broken(&mut self, start: u32, end: u32) -> Option<Built<Stmt>> {
        self.statement(start, Built { node: StmtKind::Error, depth: 0 }, end)
    }

    /// One whose body could be read though its head could not: the body's own mistakes have been said.
    pub(crate) fn broken_with_body(&mut self, start: u32, body: Built<Block>) -> Option<Built<Stmt>> {
        self.broken(start, body.node.span.end)
    }

    /// `{ … }`
    pub(crate) fn block(&mut self, start: u32, stmts: Vec<Option<Built<Stmt>>>, end: u32) -> Built<Block> {
        let span = self.span(start, end);
        let depth = stmts.iter().flatten().map(|stmt| stmt.depth).max().unwrap_or(0);
        // Statements are large: a list of them has no room to spare.
        let mut kept = Vec::with_capacity(stmts.iter().flatten().count());
        kept.extend(stmts.into_iter().flatten().map(|stmt| stmt.node));
        let stmts = kept;
        Built { node: Block { stmts, span }, depth }
    }

    /// A block as a statement.
    pub(crate) fn block_statement(&mut self, block: Built<Block>) -> Built<StmtKind> {
        Built { node: StmtKind::Block(block.node), depth: block.depth }
    }

    /// A named function inside a block.
    pub(crate) fn inner_function(&mut self, function: Built<Function>) -> Option<Built<Stmt>> {
        let name = function.node.name.as_ref().map_or("", |name| &name.name);
        self.say(say::inner_function(function.node.head, name));
        self.broken(function.node.head.start, function.node.body.span.end)
    }

    /// A struct inside a block.
    pub(crate) fn inner_struct(&mut self, node: Struct) -> Option<Built<Stmt>> {
        self.say(say::inner_struct(node.name.span));
        self.broken(node.span.start, node.span.end)
    }

    /// A constant inside a block, which becomes a variable.
    pub(crate) fn inner_const(&mut self, start: u32, node: Const, end: u32) -> Option<Built<Stmt>> {
        let word = self.span(start, start + 5);
        self.say(say::inner_const(word, &node.name.name));
        self.broken(start, end)
    }

    // ---------------------------------------------------------------------------- let and assignment

    /// `let target: type = value`
    pub(crate) fn let_(&mut self, target: LetTarget, ty: Option<TypeExpr>, value: Option<Value>) -> Built<StmtKind> {
        let value = value.map(|value| self.whole(value));
        let depth = value.as_ref().map_or(0, |(_, depth)| *depth);
        let value = value.map(|(value, _)| value);
        let node = match (&target, value) {
            // `let _ = f();` says "not wanted", as a bare call does.
            (LetTarget::Tuple(parts, _), Some(value)) if matches!(parts.as_slice(), [Part::Skip(_)]) => {
                StmtKind::Expr(value)
            }
            (_, value) => StmtKind::Let { target, ty, value },
        };
        Built { node, depth }
    }

    /// `let _`
    pub(crate) fn skip_target(&mut self, start: u32, end: u32) -> LetTarget {
        let span = self.span(start, end);
        LetTarget::Tuple(vec![Part::Skip(span)], span)
    }

    /// `let (a, _)`; a single name in parentheses is that name.
    pub(crate) fn tuple_target(&mut self, start: u32, mut parts: Vec<Part<Ident>>, end: u32) -> LetTarget {
        match parts.pop() {
            Some(Part::Use(only)) if parts.is_empty() => LetTarget::Name(only),
            last => {
                parts.extend(last);
                LetTarget::Tuple(parts, self.span(start, end))
            }
        }
    }

    /// `_`
    pub(crate) fn skip(&mut self, start: u32, end: u32) -> Part<Ident> {
        Part::Skip(self.span(start, end))
    }

    /// An expression that stands alone, among them `x++`.
    pub(crate) fn expression_statement(&mut self, mut value: Value) -> Built<StmtKind> {
        match value.pending() {
            Some(Pending::Step { by, prefix }) => {
                if prefix {
                    let fact = say::prefix_step(value.expr.span, self.text(value.expr.span));
                    self.say(fact);
                }
                let depth = value.depth();
                Built { node: StmtKind::Step { target: value.expr, by }, depth }
            }
            Some(Pending::Hole(span)) => {
                self.say(say::hole_as_value(span));
                self.plain(StmtKind::Error)
            }
            Some(Pending::Address) => {
                let fact = say::address(value.expr.span, self.text(value.expr.span), None, &[]);
                self.say(fact);
                self.plain(StmtKind::Error)
            }
            None => {
                let (expr, depth) = self.whole(value);
                Built { node: StmtKind::Expr(expr), depth }
            }
        }
    }

    /// `target = value`, `target op= value`
    pub(crate) fn assign(&mut self, mut target: Value, op: Option<BinaryOp>, value: Value) -> Built<StmtKind> {
        let whole = target.expr.span;
        if matches!(target.expr.kind, ExprKind::Tuple(_)) {
            target.pending();
        }
        let (expr, left) = self.whole(target);
        let (value, right) = self.whole(value);
        let target = match expr.kind {
            ExprKind::Tuple(parts) => AssignTarget::Tuple(parts.into_iter().map(place).collect(), whole),
            kind => AssignTarget::One(Expr { kind, span: whole }),
        };
        Built { node: StmtKind::Assign { target, op, value }, depth: left.max(right) }
    }

    /// `return`, with or without a value
    pub(crate) fn return_(&mut self, value: Option<Value>) -> Built<StmtKind> {
        let (value, depth) = match value {
            Some(value) => {
                let (value, depth) = self.whole(value);
                (Some(value), depth)
            }
            None => (None, 0),
        };
        Built { node: StmtKind::Return(value), depth }
    }

    // ------------------------------------------------------------------------------ control structures

    /// A condition that is an expression.
    pub(crate) fn test(&mut self, value: Value) -> Head {
        let (test, depth) = self.whole(value);
        Built { node: Condition::Test(test), depth }
    }

    /// A condition that binds first.
    pub(crate) fn bind(&mut self, target: LetTarget, value: Value, test: Value) -> Head {
        let (value, first) = self.whole(value);
        let (test, second) = self.whole(test);
        Built { node: Condition::Bind { target, value, test }, depth: first.max(second) }
    }

    /// One more `if` of a chain. What would be too deep is left out at once, so that a chain of a
    /// million costs no memory.
    pub(crate) fn if_link(
        &mut self,
        mut chain: Vec<Link>,
        start: u32,
        head: Head,
        then: Built<Block>,
        end: u32,
    ) -> Vec<Link> {
        let depth = head.depth.max(then.depth) + chain.len() as u32 + 2;
        let span = self.span(start, end);
        if self.fits(depth, span) {
            chain.push(Link { start, head, then });
        }
        chain
    }

    /// A whole chain, folded from its end.
    pub(crate) fn if_(&mut self, chain: Vec<Link>, last: Option<Built<Block>>) -> Built<StmtKind> {
        let end = last.as_ref().map(|block| block.node.span.end).or(chain.last().map(|link| link.then.node.span.end));
        let mut rest = last.map(|block| {
            let span = block.node.span;
            let kind = self.block_statement(block);
            self.stand(kind, span)
        });
        let mut links = chain.into_iter().rev().peekable();
        while let Some(Link { start, head, then }) = links.next() {
            let below = rest.as_ref().map_or(0, |rest| rest.depth);
            let depth = head.depth.max(then.depth).max(below);
            let otherwise = rest.take().map(|rest| Box::new(rest.node));
            let kind = Built { node: StmtKind::If { condition: head.node, then: then.node, otherwise }, depth };
            if links.peek().is_none() {
                return kind;
            }
            let span = self.span(start, end.unwrap_or(start));
            rest = Some(self.stand(kind, span));
        }
        self.plain(StmtKind::Error)
    }

    /// `while c { }`
    pub(crate) fn while_(&mut self, head: Head, body: Built<Block>) -> Built<StmtKind> {
        Built { depth: head.depth.max(body.depth), node: StmtKind::While { condition: head.node, body: body.node } }
    }

    /// `for x in array { }`
    pub(crate) fn for_each(&mut self, name: Part<Ident>, over: Value, body: Built<Block>) -> Built<StmtKind> {
        let (over, depth) = self.whole(over);
        Built { depth: depth.max(body.depth), node: StmtKind::ForEach { name, over, body: body.node } }
    }

    /// `for i in a..b { }`
    pub(crate) fn for_range(
        &mut self,
        name: Part<Ident>,
        from: Value,
        to: Value,
        body: Built<Block>,
    ) -> Built<StmtKind> {
        let (from, first) = self.whole(from);
        let (to, second) = self.whole(to);
        let depth = first.max(second).max(body.depth);
        Built { node: StmtKind::ForRange { name, from, to, body: body.node }, depth }
    }

    /// `for (init; test; step) { }`
    pub(crate) fn for_loop(
        &mut self,
        init: Option<Built<Stmt>>,
        test: Option<Value>,
        step: Option<Built<Stmt>>,
        body: Built<Block>,
    ) -> Built<StmtKind> {
        let mut depth = body.depth;
        let mut part = |part: Option<Built<Stmt>>| {
            part.map(|stmt| {
                depth = depth.max(stmt.depth);
                Box::new(stmt.node)
            })
        };
        let (init, step) = (part(init), part(step));
        let test = test.map(|test| {
            let (test, own) = self.whole(test);
            depth = depth.max(own);
            test
        });
        Built { node: StmtKind::ForLoop { init, test, step, body: body.node }, depth }
    }

    /// `match subject { … }`
    pub(crate) fn match_(
        &mut self,
        subject: Value,
        arms: Vec<Built<Arm>>,
        last: Option<Built<Arm>>,
    ) -> Built<StmtKind> {
        let (subject, mut depth) = self.whole(subject);
        let arms = arms.into_iter().chain(last);
        let arms = arms.map(|arm| {
            depth = depth.max(arm.depth);
            arm.node
        });
        let arms = arms.collect();
        Built { node: StmtKind::Match { subject, arms }, depth }
    }

    /// `pattern | pattern => body`
    pub(crate) fn arm(
        &mut self,
        start: u32,
        patterns: Vec<Pattern>,
        middle: u32,
        body: Built<StmtKind>,
        end: u32,
    ) -> Built<Arm> {
        let span = self.span(middle, end);
        let body = self.stand(body, span);
        Built { depth: body.depth, node: Arm { patterns, body: body.node, span: self.span(start, end) } }
    }

    /// An arm that does nothing: `pattern => ;`.
    pub(crate) fn empty_arm(&mut self, start: u32, patterns: Vec<Pattern>, middle: u32, end: u32) -> Built<Arm> {
        let nothing = self.block(middle, Vec::new(), end);
        let nothing = self.block_statement(nothing);
        self.arm(start, patterns, middle, nothing, end)
    }

    /// An arm that has been reported.
    pub(crate) fn broken_arm(&mut self, start: u32, mut patterns: Vec<Pattern>, end: u32) -> Built<Arm> {
        let span = self.span(start, end);
        if patterns.is_empty() {
            patterns.push(Pattern { kind: PatternKind::Error, span });
        }
        Built { node: Arm { patterns, body: Stmt { kind: StmtKind::Error, span }, span }, depth: 1 }
    }

    // ------------------------------------------------------------------------------------- patterns

    /// `_`
    pub(crate) fn any_pattern(&mut self, start: u32, end: u32) -> Pattern {
        Pattern { kind: PatternKind::Any, span: self.span(start, end) }
    }

    /// A literal.
    pub(crate) fn literal_pattern(&mut self, start: u32, value: Literal, end: u32) -> Pattern {
        Pattern { kind: PatternKind::Literal(value), span: self.span(start, end) }
    }

    /// A number with a minus.
    pub(crate) fn negative_pattern(&mut self, start: u32, value: Literal, end: u32) -> Pattern {
        let span = self.span(start, end);
        let kind = match value {
            Literal::Int(value) => PatternKind::Literal(Literal::Int(value.wrapping_neg())),
            Literal::Float(value) => PatternKind::Literal(Literal::Float(-value)),
            _ => {
                self.say(say::negative_pattern(span));
                PatternKind::Error
            }
        };
        Pattern { kind, span }
    }

    /// A name.
    pub(crate) fn name_pattern(&mut self, start: u32, end: u32) -> Pattern {
        let span = self.span(start, end);
        Pattern { kind: PatternKind::Name(self.intern(span)), span }
    }

    /// `a..b`
    pub(crate) fn range_pattern(&mut self, from: Pattern, to: Pattern) -> Pattern {
        let span = from.span.to(to.span);
        Pattern { kind: PatternKind::Range(Box::new(from), Box::new(to)), span }
    }
}

/// One part on the left of an assignment: `_` was read as a name.
fn place(expr: Expr) -> Part<Expr> {
    match &expr.kind {
        ExprKind::Name(name) if &**name == "_" => Part::Skip(expr.span),
        _ => Part::Use(expr),
    }
}
