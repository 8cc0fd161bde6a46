//! Random programs, carried out twice: from their source through checker, lowering and processor, and by walking the
//! tree they were written from. Both must come to the same end, word for word.

mod draw;
mod walk;
mod write;

use draw::{Draw, Stmt};
use walk::{Flow, Walk};
use write::Write;

use super::memory::Memory;
use super::{Context, Limits, Processor, Stop, run};
use crate::abi::Builtin;
use crate::pipeline;
use crate::source::SourceMap;

/// How many programs a test run tries.
const PROGRAMS: u64 = 300;

const START: [i64; 4] = [3, -5, 0, 1 << 40];

/// The source of a program around the body of its one interesting function.
fn source(body: &[Stmt]) -> String {
    let mut write = Write { text: String::new(), scope: 4, depth: 1 };
    body.iter().for_each(|stmt| write.stmt(stmt));
    format!(
        "let g0 = 0;\nlet g1 = 0;\nlet cells = [0; 4];\nlet hook = bump;\n\
         fn bump(x: int) -> int {{ g0 = g0 * 3 + x; return g0 ^ x; }}\n\
         fn two(a: int, b: int) -> (int, int) {{ g1 += a; return (b - g1, a + b); }}\n\
         fn work(x0: int, x1: int, x2: int, x3: int) -> int {{\n{}    return x0 ^ x1 * 3 ^ x2 * 5 ^ x3 * 7;\n}}\n\
         exit(work({}, {}, {}, {}) ^ g0 * 11 ^ g1 * 13 ^ cells[0] * 17 ^ cells[1] * 19 ^ cells[2] * 23 ^ cells[3] * 29);\n",
        write.text, START[0], START[1], START[2], START[3]
    )
}

/// What walking the tree comes to.
fn walked(body: &[Stmt]) -> i64 {
    let mut walk = Walk { locals: START.to_vec(), ..Walk::default() };
    let mut result = None;
    for stmt in body {
        if let Flow::Return(value) = walk.stmt(stmt) {
            result = Some(value);
            break;
        }
    }
    let locals = &walk.locals;
    let hash = |result: i64, (word, factor): (&i64, i64)| result ^ word.wrapping_mul(factor);
    let result = result.unwrap_or_else(|| locals.iter().take(4).zip([1, 3, 5, 7]).fold(0, hash));
    let statics = walk.globals.iter().chain(&walk.cells);
    statics.zip([11, 13, 17, 19, 23, 29]).fold(result, hash)
}

/// What the processor comes to.
fn processed(source: &str, mut processor: Processor) -> Result<i64, String> {
    let mut sources = SourceMap::new();
    let compiled =
        pipeline::compile(&mut sources, "random", source.to_string()).map_err(|errors| format!("{errors:?}"))?;
    let mut memory = Memory::default();
    let limits = Limits { stack: 1 << 20, heap: 1 << 20 };
    let mut context = Context::start(compiled.image, &mut memory, &[], limits).map_err(|fault| format!("{fault:?}"))?;
    let (stop, _) = run(&mut processor, &mut context, &mut memory, 10_000_000);
    let result = match stop {
        Stop::Syscall(request) if request.builtin == Builtin::Exit => Ok(context.register(request.window + 1) as i64),
        other => Err(format!("{other:?}")),
    };
    context.release(&mut memory);
    result
}

#[test]
fn random_programs_come_to_the_same_end_as_their_trees() {
    for seed in 1..=PROGRAMS {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = Draw { state, scope: vec![true; 4], loops: 0, budget: 40 };
        let mut body = Vec::new();
        while body.len() < 6 && draw.budget > 0 {
            draw.budget -= 1;
            body.push(draw.stmt(3));
        }
        let source = source(&body);
        for processor in [Processor::default(), Processor::unfused()] {
            assert_eq!(processed(&source, processor), Ok(walked(&body)), "program {seed}:\n{source}");
        }
    }
}
