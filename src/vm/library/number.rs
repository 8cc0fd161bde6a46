//! Conversions between numbers and texts, and the smaller and larger of two.

use std::cmp::Ordering;

use super::{Call, Fault, ValueKind};
use crate::vm::format::{self, cut};
use crate::vm::text::View;

type Given<T> = Result<T, Fault>;

/// No number is longer; what is longer is not read.
const LONGEST_NUMBER: u64 = 4096;

fn trimmed(view: View<'_>, text: u64) -> Option<String> {
    if view.length(text) > LONGEST_NUMBER {
        return None;
    }
    String::from_utf8(view.bytes(text).trim_ascii().to_vec()).ok()
}

/// An integer as the language writes it: white space around it, a sign, decimal or after `0x`, `0o`, `0b`.
fn read_int(view: View<'_>, text: u64) -> Option<i64> {
    let text = trimmed(view, text)?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let radix = [("0x", 16), ("0X", 16), ("0o", 8), ("0b", 2)];
    let (radix, digits) = radix
        .iter()
        .find_map(|(prefix, radix)| digits.strip_prefix(prefix).map(|rest| (*radix, rest)))
        .unwrap_or((10, digits));
    // The standard reader would take a second sign.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from(u64::from_str_radix(digits, radix).ok()?);
    i64::try_from(if negative { -size } else { size }).ok()
}

fn read_float(view: View<'_>, text: u64) -> Option<f64> {
    trimmed(view, text)?.parse().ok()
}

fn conversion(view: View<'_>, text: u64, to: &'static str) -> Fault {
    Fault::Conversion { text: cut(view.lossy(text), 200), to }
}

/// `int(s)`
pub(crate) fn parse_int_or_fault(view: View<'_>, text: u64) -> Given<u64> {
    read_int(view, text).map(|value| value as u64).ok_or_else(|| conversion(view, text, "int"))
}

/// `float(s)`
pub(crate) fn parse_float_or_fault(view: View<'_>, text: u64) -> Given<u64> {
    read_float(view, text).map(f64::to_bits).ok_or_else(|| conversion(view, text, "float"))
}

pub(super) fn int(call: &mut Call<'_, '_>) -> Given<u64> {
    match call.kind() {
        ValueKind::Float => Ok(f64::from_bits(call.arg(0)) as i64 as u64),
        ValueKind::Str => parse_int_or_fault(call.guest.view(), call.arg(0)),
        _ => Ok(call.arg(0)),
    }
}

pub(super) fn float(call: &mut Call<'_, '_>) -> Given<u64> {
    match call.kind() {
        ValueKind::Float => Ok(call.arg(0)),
        ValueKind::Str => parse_float_or_fault(call.guest.view(), call.arg(0)),
        _ => Ok((call.arg(0) as i64 as f64).to_bits()),
    }
}

pub(super) fn parse_int(call: &mut Call<'_, '_>) -> Given<(bool, i64)> {
    let value = read_int(call.guest.view(), call.arg(0));
    Ok((value.is_some(), value.unwrap_or(0)))
}

/// The immediate is a format that shows the one argument.
pub(super) fn str(call: &mut Call<'_, '_>) -> Given<u64> {
    sprintf(call)
}

pub(super) fn sprintf(call: &mut Call<'_, '_>) -> Given<u64> {
    let Some(format) = usize::try_from(call.imm).ok().and_then(|at| call.guest.image.formats.get(at)) else {
        return Ok(0);
    };
    let mut bytes = Vec::new();
    format::render(call.guest.view(), format, call.args(), &mut bytes).map_err(|fault| fault.of("sprintf"))?;
    call.guest.new_string(&bytes)
}

/// Orders two words of a kind; a float that is not a number is the largest.
pub(super) fn order(view: View<'_>, kind: ValueKind, left: u64, right: u64) -> Ordering {
    match kind {
        ValueKind::Float => order_floats(f64::from_bits(left), f64::from_bits(right)),
        ValueKind::Str => view.compare(left, right),
        _ => (left as i64).cmp(&(right as i64)),
    }
}

/// NaN last, all of them equal; -0.0 before 0.0.
pub(super) fn order_floats(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.total_cmp(&right),
        (left, right) => left.cmp(&right),
    }
}

pub(super) fn min(call: &mut Call<'_, '_>) -> Given<u64> {
    let (left, right) = (call.arg(0), call.arg(1));
    Ok(if order(call.guest.view(), call.kind(), left, right).is_le() { left } else { right })
}

pub(super) fn max(call: &mut Call<'_, '_>) -> Given<u64> {
    let (left, right) = (call.arg(0), call.arg(1));
    Ok(if order(call.guest.view(), call.kind(), left, right).is_ge() { left } else { right })
}

pub(super) fn abs(call: &mut Call<'_, '_>) -> Given<u64> {
    let word = call.arg(0);
    Ok(if call.kind() == ValueKind::Float { word & !(1 << 63) } else { (word as i64).wrapping_abs() as u64 })
}
