//! The verifier: an image runs only if every operand of every instruction is what its row says it is. It trusts
//! nobody, lowering least of all; what it lets through cannot make the processor reach outside a frame, a table or
//! a function.

use std::sync::{Arc, OnceLock};

use super::fuse::{self, Entry};
use super::image::{FunctionInfo, Image, MAX_FRAME};
use super::op::{Extra, Instruction, Op, Operand, ValueKind};
use crate::abi::builtin::Class;
use crate::abi::{Builtin, RESERVED_SLOTS};
use crate::check::tree::{Amount, Format, Piece, Shown};

/// An image that has passed the verifier; nothing else can run.
#[derive(Debug, Clone)]
pub struct Verified(Arc<Ready>);

/// An image with what the processor reads in place of its code.
#[derive(Debug)]
struct Ready {
    image: Image,
    /// Made when a processor first asks: a program that is only checked needs neither.
    plain: OnceLock<Vec<Entry>>,
    fused: OnceLock<Vec<Entry>>,
    /// How many registers the function of each instruction uses.
    frames: Vec<u8>,
    /// The most instructions that can be carried out before one that leaves its straight run.
    longest_run: u64,
}

/// The most instructions that can be carried out before one that leaves its straight run.
fn longest_run(code: &[Instruction]) -> u64 {
    let ends = |op: Op| matches!(op, Op::Jump | Op::Call | Op::CallValue | Op::Return | Op::Syscall);
    let runs = code.split_inclusive(|instruction| ends(instruction.op));
    runs.map(<[Instruction]>::len).max().unwrap_or(0) as u64
}

/// How many registers the function of each instruction uses.
fn frames(image: &Image) -> Vec<u8> {
    let mut frames = vec![1; image.code.len()];
    for function in &image.functions {
        if let Some(own) = frames.get_mut(function.entry as usize..function.end as usize) {
            own.fill(function.frame.min(MAX_FRAME as u16) as u8);
        }
    }
    frames
}

impl std::ops::Deref for Verified {
    type Target = Image;

    #[inline]
    fn deref(&self) -> &Image {
        &self.0.image
    }
}

impl Verified {
    /// An image that a test assembled by hand and answers for.
    #[cfg(test)]
    pub(crate) fn trusted(image: Image) -> Verified {
        Verified::ready(image)
    }

    fn ready(image: Image) -> Verified {
        let (plain, fused) = (OnceLock::new(), OnceLock::new());
        let (frames, longest_run) = (frames(&image), longest_run(&image.code));
        Verified(Arc::new(Ready { image, plain, fused, frames, longest_run }))
    }

    /// How many registers the function of instruction `pc` uses.
    #[inline]
    pub fn frame_at(&self, pc: u32) -> usize {
        self.0.frames.get(pc as usize).map_or(1, |frame| usize::from(*frame))
    }

    /// The most instructions that can be carried out before one that leaves its straight run: below so much fuel, the processor
    /// counts one by one.
    #[inline]
    pub fn longest_run(&self) -> u64 {
        self.0.longest_run
    }

    /// The code with a turn of the processor for each instruction.
    #[inline]
    pub fn plain(&self) -> &[Entry] {
        self.0.plain.get_or_init(|| fuse::plain(&self.0.image.code, &self.0.image.functions))
    }

    /// The code with one turn for several instructions where they often follow each other.
    #[inline]
    pub fn fused(&self) -> &[Entry] {
        self.0.fused.get_or_init(|| fuse::fused(&self.0.image.code, &self.0.image.functions))
    }

    /// Whether both are the very same image.
    #[inline]
    pub fn same(&self, other: &Verified) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Why an image cannot run: a mistake of this program, never of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyError {
    /// A table of the image is not in order.
    Table(&'static str),
    /// A function's bounds or frame are not in order.
    Function {
        /// Its index.
        function: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// An instruction has a wrong operand.
    Instruction {
        /// Where.
        pc: usize,
        /// Its op's name.
        name: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}

impl std::error::Error for VerifyError {}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            VerifyError::Table(problem) => write!(f, "the image is not in order: {problem}"),
            VerifyError::Function { function, problem } => write!(f, "function {function} is not in order: {problem}"),
            VerifyError::Instruction { pc, name, problem } => {
                write!(f, "instruction {pc} ({name}) is wrong: {problem}")
            }
        }
    }
}

type Check = Result<(), &'static str>;

/// Checks an image; the only way to a [`Verified`] one.
///
/// # Errors
/// The first thing that is not in order.
pub fn verify(image: Image) -> Result<Verified, VerifyError> {
    tables(&image).map_err(VerifyError::Table)?;
    let fields = image.structs.iter().map(|one| one.fields.len()).max().unwrap_or(0);
    let mut entry = 0;
    for (index, function) in image.functions.iter().enumerate() {
        frame(&image, index, function, entry).map_err(|problem| VerifyError::Function { function: index, problem })?;
        entry = function.end;
        let checker = Checker { image: &image, function, main_program: index == 0, fields };
        for pc in function.entry as usize..function.end as usize {
            let instruction = image.code[pc];
            checker.instruction(instruction).map_err(|problem| VerifyError::Instruction {
                pc,
                name: instruction.op.row().name,
                problem,
            })?;
        }
    }
    if entry as usize != image.code.len() {
        return Err(VerifyError::Table("there is code outside the functions"));
    }
    Ok(Verified::ready(image))
}

fn ensure(holds: bool, problem: &'static str) -> Check {
    if holds { Ok(()) } else { Err(problem) }
}

fn tables(image: &Image) -> Check {
    ensure(image.spans.len() == image.code.len(), "not every instruction has its source")?;
    ensure(i32::try_from(image.code.len()).is_ok(), "there is too much code")?;
    ensure(!image.functions.is_empty(), "there is no main program")?;
    ensure(image.globals.len() >= RESERVED_SLOTS, "the reserved static slots are missing")?;
    let fields = image.structs.iter().flat_map(|one| &one.fields).filter_map(|field| field.shown.as_ref());
    let globals = image.globals.iter().filter_map(|global| global.shown.as_ref());
    let formats = image.formats.iter().flat_map(|format| &format.args);
    for shown in fields.chain(globals).chain(formats) {
        self::shown(image, shown)?;
    }
    image.formats.iter().try_for_each(format)
}

/// A struct that is to be shown must exist.
fn shown(image: &Image, shown: &Shown) -> Check {
    let mut shown = shown;
    while let Shown::Array(element) = shown {
        shown = element;
    }
    match shown {
        Shown::Struct(id) => ensure((id.0 as usize) < image.structs.len(), "a struct that is shown does not exist"),
        _ => Ok(()),
    }
}

/// The pieces of a format take no more arguments than it has.
fn format(format: &Format) -> Check {
    let star = |amount: Option<Amount>| usize::from(amount == Some(Amount::Argument));
    let taken: usize = format
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(_) => 0,
            Piece::Show => 1,
            Piece::Conversion(conversion) => 1 + star(conversion.width) + star(conversion.precision),
        })
        .sum();
    ensure(!format.dynamic || taken == 0, "a format read at run time has pieces")?;
    ensure(format.dynamic || taken == format.args.len(), "a format does not take the arguments it has")
}

/// The bounds, the frame and the locals of one function.
fn frame(image: &Image, index: usize, function: &FunctionInfo, entry: u32) -> Check {
    ensure(function.entry == entry, "it does not begin where the one before ends")?;
    ensure(function.entry < function.end && function.end as usize <= image.code.len(), "its code is out of bounds")?;
    let frame = function.frame as usize;
    ensure(frame <= MAX_FRAME, "its frame is too wide")?;
    ensure((function.params as usize) < frame, "its frame does not hold its parameters")?;
    ensure(function.results as usize <= frame, "its frame does not hold its results")?;
    ensure(index != 0 || (function.params == 0 && function.results == 0), "the main program has a signature")?;
    for local in &function.locals {
        ensure((1..frame).contains(&(local.register as usize)), "a local is outside the frame")?;
        ensure(function.entry <= local.live.start && local.live.end <= function.end, "a local lives outside the code")?;
        local.shown.iter().try_for_each(|shown| self::shown(image, shown))?;
    }
    let last = image.code[function.end as usize - 1];
    let never = last.op == Op::Syscall && Builtin::from_number(last.c).is_some_and(Builtin::never_returns);
    ensure(matches!(last.op, Op::Jump | Op::Return) || never, "its end can be run past")
}

struct Checker<'a> {
    image: &'a Image,
    function: &'a FunctionInfo,
    main_program: bool,
    /// The fields of the widest struct: an instruction does not say which struct it is on.
    fields: usize,
}

impl Checker<'_> {
    fn instruction(&self, instruction: Instruction) -> Check {
        let Instruction { op, a, b, c, imm } = instruction;
        let row = op.row();
        // Two ops have a first operand only in some of their forms; they are checked by hand.
        let by_hand = matches!(op, Op::Return | Op::AssertFail);
        for (operand, value) in row.operands.into_iter().zip([a, b, c]).skip(usize::from(by_hand)) {
            self.operand(operand, value)?;
        }
        self.immediate(row.immediate, imm)?;
        match op {
            Op::Return => self.returning(a, b),
            Op::AssertFail => self.assertion(a, imm),
            Op::Call => self.call(a, b, imm),
            Op::CallValue => self.window(a, 1 + b as usize),
            Op::Library | Op::Syscall => self.builtin(instruction),
            Op::ArrayOf => self.window(b, c as usize),
            Op::SliceArray | Op::SliceStr => {
                ensure((0..4).contains(&imm), "a slice of no known form")?;
                self.window(c, 2)
            }
            Op::DivImm | Op::RemImm => ensure(!matches!(imm, 0 | -1), "a division that can fault by a constant"),
            Op::LoadFn => ensure(imm != 0, "the main program as a value"),
            _ => Ok(()),
        }
    }

    fn register(&self, register: u8) -> Check {
        ensure(register != 0, "the link is not an operand")?;
        ensure((register as u16) < self.function.frame, "a register outside the frame")
    }

    /// `count` registers from `first` on.
    fn window(&self, first: u8, count: usize) -> Check {
        self.register(first)?;
        ensure(first as usize + count <= self.function.frame as usize, "a window outside the frame")
    }

    fn operand(&self, operand: Operand, value: u8) -> Check {
        match operand {
            Operand::None => ensure(value == 0, "an operand that is not used"),
            Operand::Write | Operand::Read | Operand::Update | Operand::Window => self.register(value),
            Operand::ElementKind => ensure(value <= 1, "no kind of element"),
            Operand::Builtin => ensure(Builtin::from_number(value).is_some(), "no built-in"),
            Operand::Count | Operand::Short => Ok(()),
            _ => Err("an operand that only an immediate can be"),
        }
    }

    fn immediate(&self, operand: Operand, imm: i32) -> Check {
        let image = self.image;
        let within = |length: usize| usize::try_from(imm).is_ok_and(|index| index < length);
        match operand {
            Operand::None => ensure(imm == 0, "an immediate that is not used"),
            Operand::Immediate | Operand::Extra => Ok(()),
            Operand::Target => {
                let range = self.function.entry..self.function.end;
                ensure(u32::try_from(imm).is_ok_and(|target| range.contains(&target)), "a jump out of the function")
            }
            Operand::Constant => ensure(within(image.constants.len()), "no constant"),
            Operand::String => ensure(within(image.strings.len()), "no string"),
            Operand::Function => ensure(within(image.functions.len()), "no function"),
            Operand::Struct => ensure(within(image.structs.len()), "no struct"),
            Operand::Global => ensure(within(image.globals.len()), "no static slot"),
            Operand::Field => ensure(within(self.fields), "no field"),
            Operand::Assertion => ensure(within(image.assertions.len()), "no assertion"),
            Operand::ElementKind => ensure(within(2), "no kind of element"),
            _ => Err("an immediate that only an operand can be"),
        }
    }

    fn returning(&self, first: u8, count: u8) -> Check {
        ensure(!self.main_program, "the main program does not return")?;
        ensure(count == self.function.results, "not the results of the function")?;
        if count == 0 { ensure(first == 0, "an operand that is not used") } else { self.window(first, count as usize) }
    }

    fn assertion(&self, message: u8, index: i32) -> Check {
        let Some(assertion) = self.image.assertions.get(index as usize) else {
            return Err("no assertion");
        };
        for (register, shown) in assertion.sides.iter().flatten() {
            self.register(*register)?;
            self::shown(self.image, shown)?;
        }
        if assertion.has_message { self.register(message) } else { self.operand(Operand::None, message) }
    }

    fn call(&self, window: u8, count: u8, function: i32) -> Check {
        ensure(function != 0, "a call of the main program")?;
        let Some(callee) = self.image.functions.get(function as usize) else {
            return Err("no function");
        };
        ensure(callee.params == count, "not the arguments that the function takes")?;
        self.window(window, (1 + count as usize).max(callee.results as usize))
    }

    fn builtin(&self, instruction: Instruction) -> Check {
        let Instruction { op, a, b, c, imm } = instruction;
        let Some(builtin) = Builtin::from_number(c) else {
            return Err("no built-in");
        };
        let row = builtin.row();
        let class = if op == Op::Library { Class::Library } else { Class::Syscall };
        ensure(row.class == class, "a built-in of the other class")?;
        self.window(a, (1 + b as usize).max(row.results.len()))?;
        let given = b as usize;
        match Extra::of(builtin) {
            Extra::Format => {
                let format = usize::try_from(imm).ok().and_then(|index| self.image.formats.get(index));
                let Some(format) = format else {
                    return Err("no format");
                };
                let before = usize::from(builtin == Builtin::Dprintf) + usize::from(format.dynamic);
                return ensure(given == before + format.args.len(), "not the arguments of the format");
            }
            Extra::Kind => ensure(ValueKind::from_immediate(imm).is_some(), "no kind of value")?,
            Extra::Nothing => ensure(imm == -1, "an immediate that is not used")?,
        }
        let most = row.required.len() + row.optional.len();
        ensure(
            given >= row.required.len() && (given <= most || row.rest.is_some()),
            "not the arguments that the built-in takes",
        )
    }
}

#[cfg(test)]
mod tests;
