//! Values as `print` shows them.

use super::float;
use super::format::Output;
use super::memory::shown_address;
use super::text::View;
use crate::abi::{FUNCTION_BIAS, SIG_DFL, SIG_ERR, SIG_IGN};
use crate::bytecode::image::StructInfo;
use crate::check::tree::Shown;
use crate::vm::fault::Fault;

/// Values nested deeper are cut with an ellipsis.
const DEEPEST: usize = 12;
/// How much of a value a report shows.
const REPORTED: usize = 2000;

/// A value for a report: strings in quotes, cut where it grows long.
pub(super) fn quoted(view: View<'_>, shown: &Shown, word: u64) -> String {
    let mut bytes = Vec::new();
    let mut out = Output::behind(&mut bytes, "print", REPORTED);
    let whole = Shower { view, above: Vec::new() }.show(&mut out, shown, word, true).is_ok();
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if !whole {
        text.push('…');
    }
    text
}

/// A value as `print` shows it: strings raw, but in quotes inside arrays and structs.
pub(super) fn show(view: View<'_>, out: &mut Output<'_>, shown: &Shown, word: u64) -> Result<(), Fault> {
    Shower { view, above: Vec::new() }.show(out, shown, word, false)
}

struct Shower<'a> {
    view: View<'a>,
    /// The arrays and structs around the present value.
    above: Vec<u64>,
}

impl Shower<'_> {
    fn show(&mut self, out: &mut Output<'_>, shown: &Shown, word: u64, quote: bool) -> Result<(), Fault> {
        match shown {
            Shown::Int => out.push_int(word as i64),
            Shown::Float => out.push_str(&float::shortest(f64::from_bits(word))),
            Shown::Bool => out.push_str(if word != 0 { "true" } else { "false" }),
            Shown::Str if quote => self.quoted_text(out, word),
            Shown::Str => self.view.pieces(word).try_for_each(|piece| out.push(piece)),
            Shown::Ptr if word == 0 => out.push_str("nil"),
            Shown::Ptr => out.push_str(&format!("{:#x}", shown_address(word))),
            Shown::Function => self.function(out, word),
            Shown::Array(element) => self.nested(out, word, |shower, out| shower.array(out, element, word)),
            Shown::Struct(_) if word == 0 => out.push_str("nil"),
            Shown::Struct(id) => match self.view.image.structs.get(id.0 as usize) {
                Some(info) => self.nested(out, word, |shower, out| shower.structure(out, info, word)),
                None => out.push_str("…"),
            },
        }
    }

    fn nested(
        &mut self,
        out: &mut Output<'_>,
        word: u64,
        inside: impl FnOnce(&mut Self, &mut Output<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.above.len() >= DEEPEST || word != 0 && self.above.contains(&word) {
            return out.push_str("…");
        }
        self.above.push(word);
        let result = inside(self, out);
        self.above.pop();
        result
    }

    fn array(&mut self, out: &mut Output<'_>, element: &Shown, array: u64) -> Result<(), Fault> {
        out.push(b"[")?;
        for index in 0..self.view.array_length(array) {
            if index > 0 {
                out.push(b", ")?;
            }
            let word = self.view.element(array, index);
            self.show(out, element, word, true)?;
        }
        out.push(b"]")
    }

    fn structure(&mut self, out: &mut Output<'_>, info: &StructInfo, object: u64) -> Result<(), Fault> {
        out.push_str(&info.name)?;
        out.push(b" { ")?;
        for (index, field) in (0..).zip(&info.fields) {
            if index > 0 {
                out.push(b", ")?;
            }
            out.push_str(&field.name)?;
            out.push(b": ")?;
            let word = self.view.field(object, index);
            match &field.shown {
                Some(shown) => self.show(out, shown, word, true)?,
                None => out.push_str("status")?,
            }
        }
        out.push(b" }")
    }

    fn function(&self, out: &mut Output<'_>, word: u64) -> Result<(), Fault> {
        let name = match word {
            SIG_DFL => "SIG_DFL",
            SIG_IGN => "SIG_IGN",
            SIG_ERR => "SIG_ERR",
            _ => match self.view.image.functions.get((word - FUNCTION_BIAS) as usize) {
                Some(function) => &function.name,
                None => "?",
            },
        };
        out.push_str(name)
    }

    /// The text in quotes, with escapes for what is not text.
    fn quoted_text(&self, out: &mut Output<'_>, word: u64) -> Result<(), Fault> {
        out.push(b"\"")?;
        for chunk in self.view.bytes(word).utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\n' => out.push(b"\\n")?,
                    '\t' => out.push(b"\\t")?,
                    '\r' => out.push(b"\\r")?,
                    '\0' => out.push(b"\\0")?,
                    '"' => out.push(b"\\\"")?,
                    '\\' => out.push(b"\\\\")?,
                    letter if letter.is_ascii_control() => out.push_str(&format!("\\x{:02x}", letter as u32))?,
                    letter => out.push(letter.encode_utf8(&mut [0; 4]).as_bytes())?,
                }
            }
            for byte in chunk.invalid() {
                out.push_str(&format!("\\x{byte:02x}"))?;
            }
        }
        out.push(b"\"")
    }
}
