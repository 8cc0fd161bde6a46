//! What numbers, characters and strings are worth, and what can be wrong with them. Pure functions of
//! the text of one word: the lexer reports what they find, the actions use the value.

/// The value of an integer word, or why it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IntFault {
    /// It does not fit 64 bits.
    TooLarge,
    /// 2 to the 63rd, which fits only behind a minus.
    OnlyNegative,
    /// It ends in letters such as C's `UL`; the length of the number proper.
    Suffix(usize),
    /// It begins with `0` as C's octal numbers do.
    LeadingZero,
    /// A digit that its base does not have, at this byte.
    Digit(usize, u32),
    /// `0x` and nothing more.
    NoDigits,
}

/// Reads an integer word; on a fault the value is a stand-in.
pub(crate) fn int(text: &str) -> (i64, Option<IntFault>) {
    let (base, skip) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, 2),
        [b'0', b'o' | b'O', ..] => (8, 2),
        [b'0', b'b' | b'B', ..] => (2, 2),
        _ => (10, 0),
    };
    let mut value: u64 = 0;
    let mut large = false;
    let mut any = false;
    for (at, c) in text.char_indices().skip(skip) {
        if c == '_' {
            continue;
        }
        let Some(digit) = c.to_digit(base) else { return (value as i64, Some(bad_digit(text, at, base, any))) };
        any = true;
        let (next, overflow) = value.overflowing_mul(u64::from(base));
        let (next, carry) = next.overflowing_add(u64::from(digit));
        large |= overflow || carry;
        value = next;
    }
    let fault = if !any {
        Some(IntFault::NoDigits)
    } else if large || (base == 10 && value > 1 << 63) {
        Some(IntFault::TooLarge)
    } else if base == 10 && value == 1 << 63 {
        Some(IntFault::OnlyNegative)
    } else if base == 10 && value != 0 && text.starts_with('0') {
        Some(IntFault::LeadingZero)
    } else {
        None
    };
    (value as i64, fault)
}

/// Tells a suffix from a bad digit.
fn bad_digit(text: &str, at: usize, base: u32, any: bool) -> IntFault {
    let suffix = &text[at..];
    if any && matches!(suffix.to_ascii_lowercase().as_str(), "u" | "l" | "ul" | "lu" | "ll" | "ull" | "llu" | "f") {
        IntFault::Suffix(at)
    } else {
        IntFault::Digit(at, base)
    }
}

/// Reads a float word; the second part is the length of the number where letters follow it.
pub(crate) fn float(text: &str) -> (f64, Option<usize>) {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    match clean.parse() {
        Ok(value) => (value, None),
        Err(_) => {
            let digits = |c: char| c.is_ascii_digit() || c == '.' || c == '_';
            let length = text.find(|c| !digits(c)).unwrap_or(text.len());
            (clean.get(..length).and_then(|text| text.parse().ok()).unwrap_or(0.0), Some(length))
        }
    }
}

/// What can be wrong inside quotes; positions count from the word's first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QuoteFault {
    /// An escape that does not exist, or `\x` without two digits.
    Escape(usize, usize),
    /// No closing quote.
    Unclosed,
}

/// The bytes between the quotes of a word, and what is wrong with them.
pub(crate) fn quoted(text: &str) -> (Vec<u8>, Vec<QuoteFault>) {
    let mut faults = Vec::new();
    let first = text.chars().next().map_or(0, char::len_utf8);
    let mut bytes = Vec::with_capacity(text.len().saturating_sub(first));
    let mut rest = text.char_indices();
    let quote = rest.next().map_or('"', |(_, c)| c);
    let closing = |c: char| c == quote || (!quote.is_ascii() && matches!(c, '“' | '”' | '"'));
    let mut closed = false;
    while let Some((at, c)) = rest.next() {
        if closing(c) {
            closed = true;
            break;
        }
        if c != '\\' {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        let Some((_, kind)) = rest.next() else { break };
        match simple_escape(kind) {
            Some(byte) => bytes.push(byte),
            None if kind == 'x' => {
                let digits: String = text[at + 2..].chars().take(2).take_while(char::is_ascii_hexdigit).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) if digits.len() == 2 => {
                        bytes.push(byte);
                        rest.nth(1);
                    }
                    _ => faults.push(QuoteFault::Escape(at, at + 2 + digits.len())),
                }
            }
            None => faults.push(QuoteFault::Escape(at, at + 1 + kind.len_utf8())),
        }
    }
    if !closed {
        faults.push(QuoteFault::Unclosed);
    }
    (bytes, faults)
}

/// The byte that `\c` stands for.
fn simple_escape(c: char) -> Option<u8> {
    Some(match c {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        '0' => 0,
        '\\' => b'\\',
        '"' => b'"',
        '\'' => b'\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_base() {
        for (text, value) in [
            ("42", 42),
            ("0xff", 255),
            ("0o755", 493),
            ("0b1010", 10),
            ("1_000_000", 1_000_000),
            ("0", 0),
            ("0x_ff", 255),
            ("9223372036854775807", i64::MAX),
            ("0xffffffffffffffff", -1),
        ] {
            assert_eq!(int(text), (value, None), "{text}");
        }
    }

    #[test]
    fn integers_that_are_none() {
        for (text, fault) in [
            ("18446744073709551616", IntFault::TooLarge),
            ("9223372036854775809", IntFault::TooLarge),
            ("9223372036854775808", IntFault::OnlyNegative),
            ("0x1_0000_0000_0000_0000", IntFault::TooLarge),
            ("10UL", IntFault::Suffix(2)),
            ("0755", IntFault::LeadingZero),
            ("0b12", IntFault::Digit(3, 2)),
            ("12ab", IntFault::Digit(2, 10)),
            ("0x", IntFault::NoDigits),
        ] {
            assert_eq!(int(text).1, Some(fault), "{text}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(quoted(r#""a\n\t\r\0\\\"\'\x7fé""#), ("a\n\t\r\0\\\"'\x7fé".into(), vec![]));
        assert_eq!(quoted(r#""\q""#).1, [QuoteFault::Escape(1, 3)]);
        assert_eq!(quoted(r#""\x1""#).1, [QuoteFault::Escape(1, 4)]);
        assert_eq!(quoted(r#""\xé""#).1, [QuoteFault::Escape(1, 3)]);
        assert_eq!(quoted("\"abc\\").1, [QuoteFault::Unclosed]);
        assert_eq!(quoted("“abc”"), (b"abc".to_vec(), vec![]));
    }
}
