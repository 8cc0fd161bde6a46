//! What the parts cost, one by one: reading a source, checking it, compiling it, running it, exploring it. `cargo bench` runs it.
//!
//! The whole beside its peers is measured by `benches/compare`; this says in which part a difference came about. Every part has three
//! sizes, so that what should grow linearly can be seen to.

use std::path::Path;
use std::sync::{Arc, Mutex};

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use proclang::abi::Errno;
use proclang::bytecode::image::Verified;
use proclang::explore::{Bounds, Outside, Reduction, Setup, Sleep, Survey, Want};
use proclang::kernel::door::End;
use proclang::kernel::host::{Host, Input, Stream};
use proclang::kernel::{Config, Machine};
use proclang::pipeline;
use proclang::source::SourceMap;

fn main() {
    divan::main();
}

/// A terminal that nobody looks at.
struct Nobody;

impl Host for Nobody {
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
        black_box(bytes);
        Ok(())
    }

    fn read(&mut self, _max: usize, _wait: bool) -> Input {
        Input::End
    }

    fn load(&mut self, _path: &[u8]) -> Result<Verified, Errno> {
        Err(Errno::ENOENT)
    }
}

fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn compiled(name: &str, text: String) -> Verified {
    match pipeline::compile(&mut SourceMap::new(), name, text) {
        Ok(compiled) => compiled.image,
        Err(diagnostics) => panic!("{name} does not compile: {diagnostics:?}"),
    }
}

/// A source in which so many functions call each other.
fn functions(count: usize) -> String {
    let mut text = "fn step_0(a: int, b: int) -> int { return a + b; }\n".to_owned();
    for at in 1..count {
        text.push_str(&format!(
            "fn step_{at}(a: int, b: int) -> int {{\n    let total = a * {} + b;\n    let names: [str] = [];\n    \
             for i in 0..b {{\n        if i % 3 == 0 {{ total += i; }} else {{ push(names, \"item \" + str(i)); }}\n    }}\n    \
             match len(names) {{ 0 => {{ total += 1; }} many => {{ total ^= many; }} }}\n    return step_{}(total, b);\n}}\n",
            at % 97 + 2,
            at - 1
        ));
    }
    text.push_str(&format!("print(step_{}(1, 0));\n", count - 1));
    text
}

mod compiler {
    use super::*;

    const FUNCTIONS: &[usize] = &[100, 400, 1600];

    /// Lexing and parsing, in bytes of the source.
    #[divan::bench(args = FUNCTIONS)]
    fn parse(bencher: Bencher<'_, '_>, count: usize) {
        let text = functions(count);
        bencher
            .counter(BytesCount::of_str(&text))
            .with_inputs(|| text.clone())
            .bench_values(|text| pipeline::parse(&mut SourceMap::new(), "functions.proc", text));
    }

    /// Names, types and lints of a tree.
    #[divan::bench(args = FUNCTIONS)]
    fn check(bencher: Bencher<'_, '_>, count: usize) {
        let text = functions(count);
        bencher
            .counter(BytesCount::of_str(&text))
            .with_inputs(|| pipeline::parse(&mut SourceMap::new(), "functions.proc", text.clone()))
            .bench_values(|parsed| parsed.check().is_ok());
    }

    /// Lowering to bytecode, and the proof that it is sound.
    #[divan::bench(args = FUNCTIONS)]
    fn lower(bencher: Bencher<'_, '_>, count: usize) {
        let text = functions(count);
        bencher
            .counter(BytesCount::of_str(&text))
            .with_inputs(|| {
                let mut sources = SourceMap::new();
                let parsed = pipeline::parse(&mut sources, "functions.proc", text.clone());
                (parsed.check().unwrap_or_else(|errors| panic!("{errors:?}")), sources)
            })
            .bench_values(|(checked, sources)| checked.compile(&sources, "functions.proc").is_ok());
    }
}

/// Runs a workload of `benches/work` again and again; counted in what `units` says it does.
fn run(bencher: Bencher<'_, '_>, name: &str, args: &[String], units: usize) {
    let image = compiled(name, source(&format!("benches/work/{name}.proc")));
    let argv: Vec<Vec<u8>> =
        [name].into_iter().chain(args.iter().map(String::as_str)).map(|word| word.as_bytes().to_vec()).collect();
    bencher
        .counter(ItemsCount::new(units))
        .with_inputs(|| {
            Machine::new(Config::default(), image.clone(), &argv, Box::new(Nobody))
                .unwrap_or_else(|error| panic!("{error:?}"))
        })
        .bench_values(|mut machine| {
            loop {
                if let Some(end) = machine.step() {
                    assert!(matches!(end, End::Finished(status) if status.exit_code() == 0), "{end:?}");
                    break machine.totals();
                }
            }
        });
}

mod machine {
    use super::*;

    /// The processor alone: calls of functions.
    #[divan::bench(args = [14, 18, 22])]
    fn calls(bencher: Bencher<'_, '_>, n: usize) {
        let units = (1.618_034_f64.powi(n as i32) * 1.17) as usize;
        run(bencher, "fib", &[n.to_string()], units);
    }

    /// Arrays in paged memory.
    #[divan::bench(args = [10_000, 40_000, 160_000])]
    fn arrays(bencher: Bencher<'_, '_>, n: usize) {
        run(bencher, "sieve", &[n.to_string()], n);
    }

    /// `fork`, `_exit`, `wait`.
    #[divan::bench(args = [100, 1000, 10_000])]
    fn forks(bencher: Bencher<'_, '_>, n: usize) {
        run(bencher, "fork", &[n.to_string(), "0".to_owned()], n);
    }

    /// Round trips through pipes.
    #[divan::bench(args = [100, 1000, 10_000])]
    fn pipes(bencher: Bencher<'_, '_>, n: usize) {
        run(bencher, "pipe", &[n.to_string()], n);
    }

    /// Round trips through message queues.
    #[divan::bench(args = [100, 1000, 10_000])]
    fn queues(bencher: Bencher<'_, '_>, n: usize) {
        run(bencher, "queue", &[n.to_string()], n);
    }

    /// Switches between so many processes that are ready, ten rounds of them.
    #[divan::bench(args = [10, 100, 1000])]
    fn switches(bencher: Bencher<'_, '_>, n: usize) {
        run(bencher, "switch", &[n.to_string(), "10".to_owned()], 10 * n);
    }
}

/// All schedules of a model, counted in transitions.
#[divan::bench(args = ["philosophers", "ring", "mutex"], sample_count = 3)]
fn explore(bencher: Bencher<'_, '_>, model: &str) {
    let survey = |model: &str| {
        let mut sources = SourceMap::new();
        let text = source(&format!("benches/spin/{model}.proc"));
        let compiled = pipeline::compile(&mut sources, model, text).unwrap_or_else(|errors| panic!("{errors:?}"));
        let outside: Outside = Arc::new(Mutex::new(Nobody));
        let setup = Setup {
            config: Config::default(),
            image: compiled.image,
            argv: vec![model.as_bytes().to_vec()],
            input: Vec::new(),
            sources: Arc::new(Mutex::new(sources)),
            outside,
            sleep: Sleep::default(),
            seeded: false,
            faults: Vec::new(),
            bounds: Bounds::default(),
            reduction: Reduction::Local,
            want: Want::Counts,
            jobs: 1,
            stop: Arc::default(),
        };
        let report = Survey::make(&setup, |_| true).unwrap_or_else(|error| panic!("{error}")).report();
        assert!(report.complete, "{model} is small enough");
        report.transitions
    };
    bencher.counter(ItemsCount::new(survey(model))).bench_local(|| survey(model));
}
