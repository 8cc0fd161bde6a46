//! Constants: as the program writes them where C reads that alike.

use super::Emit;
use super::expr::{C, Num, UNARY};
use crate::abi::{SIG_DFL, SIG_IGN, constant as named};
use crate::check::tree::Constant;
use crate::check::types::Type;
use crate::source::Span;

impl Emit<'_> {
    pub(super) fn constant(&mut self, value: &Constant, ty: &Type, span: Span) -> C {
        let written = self.sources.text(span).trim().to_owned();
        match value {
            Constant::Int(value) => self.int(*value, &written),
            Constant::Float(value) => {
                let text = if written.parse::<f64>().is_ok_and(|read| read == *value) {
                    written
                } else {
                    format!("{value:?}")
                };
                C::other(text)
            }
            Constant::Bool(value) => C::other(value.to_string()),
            Constant::Str(bytes) => {
                self.prelude.need("str");
                C::other(format!("STR({})", self.chars_of(bytes, &written)))
            }
            Constant::Nil if matches!(ty, Type::Status) => C::new("0", Num::Int),
            Constant::Nil => C::other("NULL"),
            Constant::Handler(value) if *ty == Type::Int => C::new(value.to_string(), Num::Long),
            Constant::Handler(SIG_DFL) => C::other("SIG_DFL"),
            Constant::Handler(SIG_IGN) => C::other("SIG_IGN"),
            Constant::Handler(_) => C::other("SIG_ERR"),
        }
    }

    /// An int constant, as the program writes it where C reads that alike.
    pub(super) fn int(&mut self, value: i64, written: &str) -> C {
        let num = if i32::try_from(value).is_ok() { Num::Int } else { Num::Long };
        if let Some(name) = self.names.constants.get(written) {
            return C::new(name.clone(), num);
        }
        if named::find(written) == Some(value) {
            return C::new(written, num);
        }
        let character =
            written.starts_with('\'') && written.is_ascii() && written.len() >= 3 && (0..128).contains(&value);
        if character {
            return C::new(written, Num::Int);
        }
        let bare = written.replace('_', "");
        let hexadecimal = bare.strip_prefix("0x").and_then(|digits| i64::from_str_radix(digits, 16).ok());
        let octal = bare.strip_prefix("0o").and_then(|digits| i64::from_str_radix(digits, 8).ok());
        if hexadecimal == Some(value) {
            return C::new(bare, num);
        }
        if octal == Some(value) && value != 0 {
            return C::new(format!("0{}", &bare[2..]), num);
        }
        match value {
            i64::MIN => C::new("LONG_MIN", Num::Long),
            value if value < 0 => C::at(UNARY, value.to_string(), num),
            value => C::new(value.to_string(), num),
        }
    }

    /// A string constant as C's literal, or its name.
    pub(super) fn chars_of(&self, bytes: &[u8], written: &str) -> String {
        match self.names.constants.get(written) {
            Some(name) => name.clone(),
            None => literal(bytes),
        }
    }
}

/// Bytes as a literal of C.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    escape(bytes, &mut text);
    text.push('"');
    text
}

/// Bytes as they stand inside a literal of C.
pub(super) fn escape(bytes: &[u8], text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '?' if text.ends_with('?') => text.push_str("\\?"),
                letter if letter.is_ascii_control() => text.push_str(&format!("\\{:03o}", letter as u32)),
                letter => text.push(letter),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\{byte:03o}"));
        }
    }
}
