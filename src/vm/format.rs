//! Formatted text: C's conversions as glibc prints them, from formats that were read at compile time or at
//! run time.

use super::fault::Fault;
use super::memory::shown_address;
use super::text::View;
use super::{float, show};
use crate::check::format::{self, FormatError};
use crate::check::tree::{Amount, Conversion, Format, Piece, Shown};
use crate::check::types::Type;

/// The longest text that one call makes.
const LONGEST: usize = 1 << 26;

/// Text that grows behind other bytes up to a limit.
pub(super) struct Output<'o> {
    bytes: &'o mut Vec<u8>,
    /// How long the bytes may become.
    end: usize,
    limit: usize,
    function: &'static str,
}

impl<'o> Output<'o> {
    /// A text of at most `limit` bytes behind `bytes`.
    pub(super) fn behind(bytes: &'o mut Vec<u8>, function: &'static str, limit: usize) -> Self {
        Output { end: bytes.len().saturating_add(limit), bytes, limit, function }
    }

    /// Adds bytes.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let room = self.end - self.bytes.len();
        if bytes.len() > room {
            return self.overflow(&bytes[..room]);
        }
        match bytes {
            // A newline, more often than not.
            [one] => self.bytes.push(*one),
            _ => self.bytes.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// Adds what there is room for, and refuses the rest.
    #[cold]
    #[inline(never)]
    fn overflow(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.bytes.extend_from_slice(bytes);
        Err(self.problem(format!("the text is longer than {} bytes", self.limit)))
    }

    /// Adds text.
    pub(super) fn push_str(&mut self, text: &str) -> Result<(), Fault> {
        self.push(text.as_bytes())
    }

    /// Adds an int in decimal.
    #[inline]
    pub(super) fn push_int(&mut self, value: i64) -> Result<(), Fault> {
        self.push(itoa::Buffer::new().format(value).as_bytes())
    }

    fn pad(&mut self, byte: u8, count: usize) -> Result<(), Fault> {
        self.push(&vec![byte; count])
    }

    fn problem(&self, problem: String) -> Fault {
        Fault::Argument { function: self.function, problem }
    }
}

/// A text cut to so many bytes.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// The text of `format` with the arguments, which stand in `registers` from the first on. A format that is read
/// at run time stands before them. The text is put behind `bytes`.
pub(super) fn render<'a>(
    view: View<'a>,
    format: &'a Format,
    registers: &'a [u64],
    bytes: &'a mut Vec<u8>,
) -> Result<(), Fault> {
    let out = Output::behind(bytes, "printf", LONGEST);
    let mut renderer = Renderer { view, out, words: registers, args: &format.args, next: 0, checked: !format.dynamic };
    if format.dynamic {
        let (text, words) = registers.split_first().map_or((0, registers), |(text, words)| (*text, words));
        renderer.words = words;
        let bytes = view.bytes(text);
        renderer.dynamic(&bytes)?;
    } else {
        for piece in &format.pieces {
            renderer.piece(piece)?;
        }
    }
    Ok(())
}

struct Renderer<'a> {
    view: View<'a>,
    out: Output<'a>,
    words: &'a [u64],
    args: &'a [Shown],
    next: usize,
    /// Whether the compiler has seen that conversions and arguments fit.
    checked: bool,
}

/// A formatted number before it is padded.
struct Number {
    prefix: String,
    digits: String,
    /// Whether the flag `0` may fill with zeros.
    zeros: bool,
}

impl<'a> Renderer<'a> {
    fn argument(&mut self) -> Result<(u64, &'a Shown), Fault> {
        let at = self.next;
        self.next += 1;
        match (self.words.get(at), self.args.get(at)) {
            (Some(word), Some(shown)) => Ok((*word, shown)),
            _ => Err(self.out.problem(format!("the format asks for argument {}, which is not there", at + 1))),
        }
    }

    fn piece(&mut self, piece: &Piece) -> Result<(), Fault> {
        match piece {
            Piece::Text(text) => self.out.push(text),
            Piece::Show => {
                let (word, shown) = self.argument()?;
                match shown {
                    Shown::Int => self.out.push_int(word as i64),
                    _ => show::show(self.view, &mut self.out, shown, word),
                }
            }
            Piece::Conversion(conversion) => self.convert(*conversion),
        }
    }

    fn amount(&mut self, amount: Amount) -> Result<i64, Fault> {
        let value = match amount {
            Amount::Fixed(value) => i64::from(value),
            Amount::Argument => match self.argument()? {
                (word, Shown::Int) => word as i64,
                _ => return Err(self.out.problem(format!("argument {} stands for `*` and is not an int", self.next))),
            },
        };
        if value.unsigned_abs() > u64::from(format::WIDEST) {
            return Err(self.out.problem(format!("a width or precision of {value} is beyond {}", format::WIDEST)));
        }
        Ok(value)
    }

    fn convert(&mut self, mut conversion: Conversion) -> Result<(), Fault> {
        let width = conversion.width.map_or(Ok(0), |width| self.amount(width))?;
        if width < 0 {
            conversion.left = true;
        }
        let width = width.unsigned_abs() as usize;
        let precision = conversion.precision.map(|precision| self.amount(precision)).transpose()?;
        let precision = precision.and_then(|precision| usize::try_from(precision).ok());
        let (word, shown) = self.argument()?;
        if !self.checked && !fits(conversion.letter, shown) {
            let letter = char::from(conversion.letter);
            return Err(self.out.problem(format!("argument {} does not fit `%{letter}`", self.next)));
        }
        match conversion.letter {
            b'c' => self.field(&[word as u8], width, conversion.left),
            b's' => {
                let mut bytes = Vec::new();
                show::show(self.view, &mut Output::behind(&mut bytes, self.out.function, LONGEST), shown, word)?;
                self.field(&bytes[..bytes.len().min(precision.unwrap_or(usize::MAX))], width, conversion.left)
            }
            b'p' if word == 0 => self.field(b"(nil)", width, conversion.left),
            b'f' | b'F' | b'e' | b'E' | b'g' | b'G' => {
                let value = if *shown == Shown::Int { word as i64 as f64 } else { f64::from_bits(word) };
                self.number(&conversion, width, float_number(value, precision, &conversion))
            }
            b'p' => {
                let number = unsigned(shown_address(word), b'x', precision, true);
                self.number(&conversion, width, number)
            }
            b'd' | b'i' => {
                let value = word as i64;
                let digits = least_digits(value.unsigned_abs().to_string(), value == 0, precision);
                let number = Number { prefix: sign(value < 0, &conversion), digits, zeros: precision.is_none() };
                self.number(&conversion, width, number)
            }
            letter => self.number(&conversion, width, unsigned(word, letter, precision, conversion.alternate)),
        }
    }

    fn field(&mut self, bytes: &[u8], width: usize, left: bool) -> Result<(), Fault> {
        let padding = width.saturating_sub(bytes.len());
        if !left {
            self.out.pad(b' ', padding)?;
        }
        self.out.push(bytes)?;
        if left { self.out.pad(b' ', padding) } else { Ok(()) }
    }

    fn number(&mut self, conversion: &Conversion, width: usize, number: Number) -> Result<(), Fault> {
        let Number { prefix, digits, zeros } = number;
        if conversion.zero && zeros && !conversion.left {
            let padding = width.saturating_sub(prefix.len() + digits.len());
            self.out.push_str(&prefix)?;
            self.out.pad(b'0', padding)?;
            return self.out.push_str(&digits);
        }
        self.field((prefix + &digits).as_bytes(), width, conversion.left)
    }

    /// Reads a format at run time; it must fit its arguments as exactly as one that the compiler sees.
    fn dynamic(&mut self, format: &[u8]) -> Result<(), Fault> {
        let pieces = format::parse(format).map_err(|error| self.out.problem(unreadable(&error)))?;
        for piece in &pieces {
            self.piece(piece)?;
        }
        let (given, used) = (self.args.len(), self.next);
        if used < given {
            return Err(self.out.problem(format!("the format uses {used} of {given} arguments")));
        }
        Ok(())
    }
}

/// What is wrong with a format.
fn unreadable(error: &FormatError) -> String {
    match error {
        FormatError::Unfinished(text) => format!("the format ends within `{text}`"),
        FormatError::Unknown(text) => format!("there is no conversion `{text}`"),
        FormatError::Refused(text) => format!("the conversion `{text}` is not supported"),
        FormatError::TooWide(text) => format!("the width or precision of `{text}` is above {}", format::WIDEST),
    }
}

/// Whether a conversion takes such an argument.
fn fits(letter: u8, shown: &Shown) -> bool {
    match format::conversion_type(letter) {
        Type::Str => *shown == Shown::Str,
        Type::Float => *shown == Shown::Float,
        Type::Ptr => *shown == Shown::Ptr,
        _ => *shown == Shown::Int,
    }
}

fn sign(negative: bool, conversion: &Conversion) -> String {
    match conversion {
        _ if negative => "-",
        Conversion { plus: true, .. } => "+",
        Conversion { space: true, .. } => " ",
        _ => "",
    }
    .to_owned()
}

/// At least as many digits as the precision says; none for 0 with precision 0.
fn least_digits(digits: String, zero: bool, precision: Option<usize>) -> String {
    match precision {
        Some(0) if zero => String::new(),
        Some(least) if digits.len() < least => "0".repeat(least - digits.len()) + &digits,
        _ => digits,
    }
}

fn unsigned(word: u64, letter: u8, precision: Option<usize>, alternate: bool) -> Number {
    let (prefix, digits) = match letter {
        b'x' => ("0x", format!("{word:x}")),
        b'X' => ("0X", format!("{word:X}")),
        b'o' => ("", format!("{word:o}")),
        _ => ("", word.to_string()),
    };
    let mut digits = least_digits(digits, word == 0, precision);
    if letter == b'o' && alternate && !digits.starts_with('0') {
        digits.insert(0, '0');
    }
    let prefix = if alternate && word != 0 { prefix } else { "" };
    Number { prefix: prefix.to_owned(), digits, zeros: precision.is_none() }
}

fn float_number(value: f64, precision: Option<usize>, conversion: &Conversion) -> Number {
    let negative = value.is_sign_negative() && !value.is_nan();
    let (size, precision) = (value.abs(), precision.unwrap_or(6));
    let digits = match conversion.letter.to_ascii_lowercase() {
        _ if value.is_nan() => "nan".to_owned(),
        _ if value.is_infinite() => "inf".to_owned(),
        b'e' => float::exponential(size, precision, conversion.alternate),
        b'g' => float::general(size, precision, conversion.alternate),
        _ => float::fixed(size, precision, conversion.alternate),
    };
    let digits = if conversion.letter.is_ascii_uppercase() { digits.to_ascii_uppercase() } else { digits };
    Number { prefix: sign(negative, conversion), digits, zeros: value.is_finite() }
}
