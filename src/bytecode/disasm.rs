//! The listing: each function's source beside the instructions it became, with the names of what they touch.

use std::fmt::Write as _;
use std::sync::Arc;

use super::image::{FunctionInfo, Image};
use super::op::{Extra, Instruction, Op, Operand};
use crate::abi::Builtin;
use crate::check::tree::Piece;
use crate::source::SourceMap;

/// Longer texts of literals are cut in a listing.
const MAX_TEXT: usize = 32;

/// The listing of a whole image.
pub fn disasm(image: &Image, sources: &SourceMap) -> String {
    let mut out = String::new();
    let fields = field_names(image);
    for (index, function) in image.functions.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        head(&mut out, index, function);
        instructions(&mut out, image, sources, function, &fields);
    }
    out
}

/// The name of each field by its index, where all structs that have one there call it the same: an instruction
/// does not say which struct it is on.
fn field_names(image: &Image) -> Vec<Option<Arc<str>>> {
    let mut names: Vec<Option<Arc<str>>> = Vec::new();
    for one in &image.structs {
        for (at, field) in one.fields.iter().enumerate() {
            match names.get_mut(at) {
                None => names.push(Some(field.name.clone())),
                Some(name) if name.as_ref() != Some(&field.name) => *name = None,
                Some(_) => {}
            }
        }
    }
    names
}

fn head(out: &mut String, index: usize, function: &FunctionInfo) {
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(
        out,
        "{}: {}, {}, {}",
        if index == 0 { "main program".to_string() } else { format!("fn {}", function.name) },
        plural(function.params as usize, "parameter"),
        plural(function.results as usize, "result"),
        plural(function.frame as usize, "register"),
    );
}

fn instructions(
    out: &mut String,
    image: &Image,
    sources: &SourceMap,
    function: &FunctionInfo,
    fields: &[Option<Arc<str>>],
) {
    let mut last = None;
    for pc in function.entry..function.end {
        let span = image.span(pc);
        let line = (span.file, sources.line(span));
        if last != Some(line) {
            let text = sources.file(span.file).line_text(line.1);
            let _ = writeln!(out, "{:>5} | {}", line.1, text.trim());
            last = Some(line);
        }
        let Some(instruction) = image.code.get(pc as usize) else {
            return;
        };
        let (operands, notes) = Listing { image, function, pc, instruction: *instruction, fields }.text();
        let line = format!("{pc:>12}  {:<8}{operands}", instruction.op.row().name);
        let line = if notes.is_empty() { line } else { format!("{line:<44}; {notes}") };
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// One instruction of a listing.
struct Listing<'a> {
    image: &'a Image,
    function: &'a FunctionInfo,
    pc: u32,
    instruction: Instruction,
    fields: &'a [Option<Arc<str>>],
}

impl Listing<'_> {
    /// Its operands, and the names behind them.
    fn text(&self) -> (String, String) {
        let Instruction { op, a, b, c, imm } = self.instruction;
        let row = op.row();
        let mut operands = Vec::new();
        let mut notes = Vec::new();
        for (operand, value) in row.operands.into_iter().zip([a, b, c]) {
            match operand {
                Operand::None => {}
                // A return without values, an assertion without a message.
                Operand::Read if value == 0 => {}
                Operand::Count if op == Op::Return && value == 0 => {}
                Operand::Write | Operand::Read | Operand::Update | Operand::Window => {
                    operands.push(format!("r{value}"));
                    let written = operand == Operand::Write;
                    notes.extend(self.local(value, written).map(|name| format!("r{value} {name}")));
                }
                Operand::Builtin => operands.push(self.builtin().map_or("?", Builtin::name).to_string()),
                // The two halves of a short immediate are one number.
                Operand::Short if operands.len() > 1 => {}
                Operand::Short => operands.push(self.instruction.short().to_string()),
                _ => operands.push(value.to_string()),
            }
        }
        notes.dedup();
        let (operand, note) = self.immediate(row.immediate, imm);
        operands.extend(operand);
        notes.extend(note);
        (operands.join(" "), notes.join(", "))
    }

    fn builtin(&self) -> Option<Builtin> {
        Builtin::from_number(self.instruction.c)
    }

    /// The name of the local in a register; one that is written may only begin to live with the next instruction.
    fn local(&self, register: u8, written: bool) -> Option<&str> {
        let lives = |pc: u32| {
            let found =
                self.function.locals.iter().find(|local| local.register == register && local.live.contains(&pc));
            found.map(|local| &*local.name)
        };
        lives(self.pc).or_else(|| if written { lives(self.pc + 1) } else { None })
    }

    fn immediate(&self, operand: Operand, imm: i32) -> (Option<String>, Option<String>) {
        let image = self.image;
        let index = imm as usize;
        let named = |name: Option<&str>| (Some(name.unwrap_or("?").to_string()), None);
        match operand {
            Operand::None => (None, None),
            Operand::Target => (Some(format!("-> {imm}")), None),
            Operand::Constant => {
                let word = image.constants.get(index).copied().unwrap_or(0);
                (
                    Some(format!("#{imm}")),
                    Some(format!("{} as an int, {:?} as a float", word as i64, f64::from_bits(word))),
                )
            }
            Operand::String => (Some(format!("#{imm}")), image.strings.get(index).map(|bytes| quoted(bytes))),
            Operand::Function => named(image.functions.get(index).map(|function| &*function.name)),
            Operand::Struct => named(image.structs.get(index).map(|one| &*one.name)),
            Operand::Global => named(image.globals.get(index).map(|global| &*global.name)),
            Operand::Field => {
                (Some(format!(".{imm}")), self.fields.get(index).and_then(|name| Some(name.as_ref()?.to_string())))
            }
            Operand::Assertion => {
                (Some(format!("#{imm}")), image.assertions.get(index).map(|one| one.text.to_string()))
            }
            Operand::Extra => match self.builtin().map(Extra::of) {
                Some(Extra::Format) => (Some(format!("#{imm}")), self.format(index)),
                Some(Extra::Kind) => (Some(imm.to_string()), None),
                _ => (None, None),
            },
            _ => (Some(imm.to_string()), None),
        }
    }

    fn format(&self, index: usize) -> Option<String> {
        let format = self.image.formats.get(index)?;
        if format.dynamic {
            return Some("a format read at run time".to_string());
        }
        let mut bytes = Vec::new();
        for piece in &format.pieces {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text),
                Piece::Show => bytes.extend_from_slice(b"{}"),
                Piece::Conversion(conversion) => bytes.extend_from_slice(&[b'%', conversion.letter]),
            }
        }
        Some(quoted(&bytes))
    }
}

/// Bytes as a string literal, cut where they are many.
fn quoted(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(MAX_TEXT)];
    let more = if shown.len() < bytes.len() { "..." } else { "" };
    format!("\"{}\"{more}", shown.escape_ascii())
}

/// One instruction as the listing shows it, without its source; for reports and tests.
pub fn instruction(image: &Image, pc: u32) -> String {
    let Some(instruction) = image.code.get(pc as usize).copied() else {
        return String::new();
    };
    let Some(function) = image.functions.get(image.function_at(pc)) else {
        return String::new();
    };
    let (operands, _) = Listing { image, function, pc, instruction, fields: &[] }.text();
    let name = instruction.op.row().name;
    if instruction.op == Op::Nop { name.to_string() } else { format!("{name} {operands}").trim_end().to_string() }
}
