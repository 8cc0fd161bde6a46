//! Stores: to variables, parts, results of calls and the two ends of a pipe.

use crate::abi::Builtin;
use crate::check::tree::{Expr, ExprKind, Operator, Place, PlaceKind};
use crate::check::types::Type;
use crate::export::Emit;
use crate::export::call::Out;
use crate::export::expr::{C, Want};
use crate::export::kinds::{Kind, Slot};
use crate::export::order::Effect;
use crate::syntax::ast::BinaryOp;

impl Emit<'_> {
    pub(super) fn store(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool) {
        match targets {
            [Some(place)] => self.store_one(place, value, declares),
            [None] => self.effect_stmt(value),
            _ => self.store_parts(targets, value, declares),
        }
    }

    pub(super) fn store_one(&mut self, place: &Place, value: &Expr, declares: bool) {
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
    pub(in crate::export) fn place(&mut self, place: &Place) -> String {
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
                format!("{}[{}]", made[0].within(crate::export::expr::CALL), made[1].text)
            }
            PlaceKind::Field(base, field) => self.field(base, *field, &place.ty).text,
        }
    }

    pub(super) fn update(&mut self, place: &Place, op: Operator, value: &Expr) -> String {
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

    pub(super) fn store_parts(&mut self, targets: &[Option<Place>], value: &Expr, declares: bool) {
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
    pub(super) fn out_for(&mut self, place: &Place, declares: bool, after: &mut Vec<String>) -> Out {
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
    pub(super) fn target(&mut self, place: &Place, declares: bool, values: &[&Expr]) -> String {
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

    pub(super) fn store_tuple(&mut self, targets: &[Option<Place>], parts: &[Expr], declares: bool) {
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

    pub(super) fn store_pipe(&mut self, targets: &[Option<Place>], call: &Expr, declares: bool) {
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
    pub(super) fn pipe_call(&mut self, call: &Expr, base: &str) -> String {
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
    pub(super) fn pipe_base(&self, targets: &[Option<Place>]) -> String {
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
}

/// The place as an expression.
pub(super) fn read_of(place: &Place) -> ExprKind {
    match &place.kind {
        PlaceKind::Local(id) => ExprKind::Local(*id),
        PlaceKind::Global(id) => ExprKind::Global(*id),
        PlaceKind::Element(base, index) => ExprKind::Index(base.clone(), index.clone()),
        PlaceKind::Cell(base, index) => ExprKind::Cell(base.clone(), index.clone()),
        PlaceKind::Field(base, field) => ExprKind::Field(base.clone(), *field),
    }
}
