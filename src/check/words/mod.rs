//! The words for what the checker finds: one small function for each fact. Headlines without full stop,
//! one idea a line, source code in backquotes.

mod calls;
pub(super) mod lints;
mod names;
mod paths;
mod values;

use super::problem::Problem;
use crate::diagnostics::{Code, Diagnostic};

impl Problem {
    /// The fact as something that can be shown.
    pub(super) fn into_diagnostic(self) -> Diagnostic {
        match self {
            Problem::UnknownName { name, at, near, teach, kind } => names::unknown_name(&name, at, near, teach, kind),
            Problem::SignalForSet { at, callee, names } => calls::signal_for_set(at, callee, &names),
            Problem::NoModule { at, module, mended } => names::no_module(at, &module, mended),
            Problem::PrintFormat { at, callee, print, newline } => calls::print_format(at, callee, print, newline),
            Problem::UsedBefore { name, at, declared } => names::used_before(&name, at, declared),
            Problem::UnknownType { name, at, near, teach } => names::unknown_type(&name, at, near, teach),
            Problem::UnknownField { owner, field, at, near, fields, declared } => {
                names::unknown_field(&owner, &field, at, near, &fields, declared)
            }
            Problem::NoFields { at, subject, found, field, help } => {
                names::no_fields(at, &subject, &found, &field, help)
            }
            Problem::Duplicate { name, at, first, what } => names::duplicate(&name, at, first, what),
            Problem::Redefinition { name, at, what } => names::redefinition(&name, at, what),
            Problem::Captured { name, at, declared } => names::captured(&name, at, declared),
            Problem::BuiltinValue { builtin, at } => names::builtin_value(builtin, at),
            Problem::StructValue { name, at } => names::struct_value(&name, at),
            Problem::MainShape { at, params } => names::main_shape(at, params),
            Problem::Mismatch(mismatch) => values::mismatch(*mismatch),
            Problem::NoValue { at, subject, never, function } => values::no_value(at, &subject, never, function),
            Problem::TupleValue { at } => values::tuple_value(at),
            Problem::DeepArray { at } => values::deep_array(at),
            Problem::TupleType { at } => values::tuple_type(at),
            Problem::CannotInfer { at, kind, name } => values::cannot_infer(at, kind, name.as_deref()),
            Problem::BadOperand { sign, at, left, right, helps } => values::bad_operand(sign, at, left, right, helps),
            Problem::BadCondition { at, found, help } => values::bad_condition(at, &found, help),
            Problem::Status { at, how, name, declared, help } => values::status(at, &how, &name, declared, help),
            Problem::NotIndexable { at, subject, found, tuple, pipe } => {
                values::not_indexable(at, &subject, &found, tuple, pipe)
            }
            Problem::NotIterable { at, subject, found, int } => values::not_iterable(at, &subject, &found, int),
            Problem::NotAssignable { at, subject, why, help } => values::not_assignable(at, &subject, why, help),
            Problem::PartCount { at, wanted, found, subject, target } => {
                values::part_count(at, wanted, found, &subject, target)
            }
            Problem::PartType { at, subject, found, wanted, target } => {
                values::part_type(at, &subject, &found, &wanted, target)
            }
            Problem::NotConstant { at, help } => values::not_constant(at, help),
            Problem::ConstantFault { at, why } => values::constant_fault(at, why),
            Problem::ConstantCircle { name, at, declared } => values::constant_circle(&name, at, declared),
            Problem::NotCallable { at, subject, found, declared, help } => {
                calls::not_callable(at, &subject, &found, declared, help)
            }
            Problem::Count(problem) => calls::wrong_count(*problem),
            Problem::Swapped { callee, at, first, second, signature, mended } => {
                calls::swapped(&callee, at, (first, second), &signature, mended)
            }
            Problem::Format(problem) => calls::format(*problem),
            Problem::ArgumentOrder { callee, at, why, overwritten, signature, mended } => {
                calls::argument_order(callee, at, why, overwritten, (&signature, mended))
            }
            Problem::BadPattern { at, headline, label, help } => {
                with_helps(Diagnostic::new(Code::BadPattern, headline, at, label), help)
            }
            Problem::OutsideLoop { word, at, in_match } => paths::outside_loop(word, at, in_match),
            Problem::ReturnOutside { at, code } => paths::return_outside(at, code),
            Problem::ReturnNothing { at, name, head, wanted } => paths::return_nothing(at, &name, head, &wanted),
            Problem::ReturnSomething { at, name, head, ty, call, text } => {
                paths::return_something(at, &name, head, &ty, call, text)
            }
            Problem::Useless { at, what, help } => {
                with_helps(Diagnostic::new(Code::UselessExpression, "this statement does nothing", at, what), help)
            }
            Problem::MissingReturn { name, head, end, wanted, leak } => {
                paths::missing_return(&name, head, end, &wanted, leak)
            }
            Problem::UnreachableArm { at, earlier, part } => paths::unreachable_arm(at, earlier, part),
            Problem::UnreachableCode { at, after } => paths::unreachable_code(at, after),
            Problem::ExitCode { call, at, value } => paths::exit_code(call, at, value),
        }
    }
}

/// Adds helps one after another.
fn with_helps(diagnostic: Diagnostic, helps: impl IntoIterator<Item = String>) -> Diagnostic {
    helps.into_iter().fold(diagnostic, Diagnostic::help)
}

/// The text of a signature as a note.
fn signature_note(signature: &str) -> String {
    format!("`{signature}`")
}

/// `1 value`, `3 values`
fn count(number: usize, one: &str) -> String {
    match number {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        number => format!("{number} {one}s"),
    }
}
