//! Floats as text: C's conversions, and the shortest text that reads back as the same number.

/// No double has more decimals than this that are not 0.
const MOST_DECIMALS: usize = 1100;

/// `%e` in parts: the digits with their point, and the exponent. `digits` decimals follow the first.
fn scientific(value: f64, decimals: usize) -> (String, i32) {
    let kept = decimals.min(MOST_DECIMALS);
    let text = format!("{value:.kept$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut digits = digits.to_owned();
    if decimals > kept {
        digits.extend(std::iter::repeat_n('0', decimals - kept));
    }
    (digits, exponent.parse().unwrap_or(0))
}

/// `%f` of a finite number that is not negative.
pub(super) fn fixed(value: f64, decimals: usize, alternate: bool) -> String {
    let kept = decimals.min(MOST_DECIMALS);
    let mut text = format!("{value:.kept$}");
    text.extend(std::iter::repeat_n('0', decimals - kept));
    if decimals == 0 && alternate {
        text.push('.');
    }
    text
}

/// `%e` of a finite number that is not negative.
pub(super) fn exponential(value: f64, decimals: usize, alternate: bool) -> String {
    let (mut digits, exponent) = scientific(value, decimals);
    if decimals == 0 && alternate {
        digits.push('.');
    }
    digits + &exponent_text(exponent)
}

fn exponent_text(exponent: i32) -> String {
    format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn without_zeros(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `%g` of a finite number that is not negative.
pub(super) fn general(value: f64, precision: usize, alternate: bool) -> String {
    let significant = precision.max(1);
    let (digits, exponent) = scientific(value, significant - 1);
    if exponent >= -4 && i64::from(exponent) < significant as i64 {
        let decimals = (significant as i64 - 1 - i64::from(exponent)) as usize;
        let text = fixed(value, decimals, alternate);
        return if alternate { text } else { without_zeros(text) };
    }
    let digits = match (alternate, significant) {
        (true, 1) => digits + ".",
        (true, _) => digits,
        (false, _) => without_zeros(digits),
    };
    digits + &exponent_text(exponent)
}

/// The shortest text that reads back as the same float, with a point or an exponent so that it is seen to be
/// one: `2.0`, `0.1`, `1e+16`, `inf`.
pub(super) fn shortest(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return digits.to_owned() + &exponent_text(exponent.parse().unwrap_or(0));
    }
    let text = format!("{value}");
    if text.contains('.') { text } else { text + ".0" }
}
