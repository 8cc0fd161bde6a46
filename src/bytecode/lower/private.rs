//! Variables of the top level that no function mentions: to the main program they are locals, and live in registers.
//!
//! Most scripts are twenty lines at the top level, and would load and store static data for each of them. A function, and so a
//! handler, can only see what it mentions, so nothing tells the two apart. This module knows the checked tree, not the ops.

use crate::check::tree::{
    Block, Expr, ExprKind, Function, GlobalId, Local, LocalId, Place, PlaceKind, Program, Stmt, StmtKind,
};
use crate::check::walk;

/// How many registers such variables may take: a frame has 250, and expressions want theirs too.
const MOST: usize = 100;

/// The main program with its private variables as locals; none where it has none.
pub(super) fn main_program(program: &Program) -> Option<Function> {
    let (main, functions) = program.functions.split_first()?;
    let mut shared = vec![false; program.globals.len()];
    // `errno` and `argv` are the kernel's to write.
    shared.iter_mut().take(2).for_each(|shared| *shared = true);
    let mut share = |id: GlobalId| shared.iter_mut().skip(id.0 as usize).take(1).for_each(|shared| *shared = true);
    for function in functions {
        walk::each_expr(&function.body, &mut |expr| {
            if let ExprKind::Global(id) = expr.kind {
                share(id);
            }
        });
        walk::each_store(&function.body, &mut |place| {
            if let PlaceKind::Global(id) = place.kind {
                share(id);
            }
        });
    }
    let mut own = Private { locals: vec![None; program.globals.len()] };
    let mut main = main.clone();
    let declared = declared(&main.body);
    for id in declared.into_iter().filter(|id| shared.get(id.0 as usize) == Some(&false)).take(MOST) {
        let (Some(slot), Some(global)) = (own.locals.get_mut(id.0 as usize), program.globals.get(id.0 as usize)) else {
            continue;
        };
        *slot = Some(LocalId(main.locals.len() as u32));
        main.locals.push(Local { name: global.name.clone(), ty: global.ty.clone(), span: global.span });
    }
    if own.locals.iter().all(Option::is_none) {
        return None;
    }
    own.block(&mut main.body);
    Some(main)
}

/// The variables that statements of the top level themselves declare, in order.
fn declared(body: &Block) -> Vec<GlobalId> {
    let mut found = Vec::new();
    for stmt in &body.stmts {
        if let StmtKind::Store { targets, declares: true, .. } = &stmt.kind {
            found.extend(targets.iter().flatten().filter_map(|place| match place.kind {
                PlaceKind::Global(id) => Some(id),
                _ => None,
            }));
        }
    }
    found
}

/// Rewrites a body: which local each variable has become.
struct Private {
    locals: Vec<Option<LocalId>>,
}

impl Private {
    fn local(&self, id: GlobalId) -> Option<LocalId> {
        *self.locals.get(id.0 as usize)?
    }

    fn block(&self, block: &mut Block) {
        block.stmts.iter_mut().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&self, stmt: &mut Stmt) {
        match &mut stmt.kind {
            StmtKind::Store { targets, value, .. } => {
                targets.iter_mut().flatten().for_each(|place| self.place(place));
                self.expr(value);
            }
            StmtKind::Update { place, value, .. } => {
                self.place(place);
                self.expr(value);
            }
            StmtKind::If { bind, test, then, otherwise } => {
                bind.iter_mut().for_each(|bind| self.stmt(bind));
                self.expr(test);
                self.block(then);
                otherwise.iter_mut().for_each(|block| self.block(block));
            }
            StmtKind::Loop { bind, test, step, body, .. } => {
                bind.iter_mut().chain(step).for_each(|stmt| self.stmt(stmt));
                test.iter_mut().for_each(|test| self.expr(test));
                self.block(body);
            }
            StmtKind::Match { value, arms, .. } => {
                self.expr(value);
                arms.iter_mut().for_each(|arm| self.block(&mut arm.body));
            }
            StmtKind::Return(value) => value.iter_mut().for_each(|value| self.expr(value)),
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Block(block) => self.block(block),
            StmtKind::Break | StmtKind::Continue => {}
        }
    }

    fn place(&self, place: &mut Place) {
        match &mut place.kind {
            PlaceKind::Local(_) => {}
            PlaceKind::Global(id) => {
                if let Some(local) = self.local(*id) {
                    place.kind = PlaceKind::Local(local);
                }
            }
            PlaceKind::Element(base, index) | PlaceKind::Cell(base, index) => {
                self.expr(base);
                self.expr(index);
            }
            PlaceKind::Field(base, _) => self.expr(base),
        }
    }

    fn expr(&self, expr: &mut Expr) {
        if let ExprKind::Global(id) = expr.kind {
            if let Some(local) = self.local(id) {
                expr.kind = ExprKind::Local(local);
            }
            return;
        }
        walk::each_part_mut(expr, &mut |part| self.expr(part));
    }
}
