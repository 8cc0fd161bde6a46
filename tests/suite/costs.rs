//! What workloads cost, in figures that noise cannot touch: instructions, pages, system
//! calls. A change of the compiler or of the memory shows here as a difference that somebody has to accept.

use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

use libtest_mimic::Trial;
use proclang::abi::Errno;
use proclang::bytecode::image::Verified;
use proclang::kernel::door::End;
use proclang::kernel::host::{Host, Input, Stream};
use proclang::kernel::{Config, Machine};
use proclang::source::SourceMap;

use super::case::root;
use super::trial;

/// The workloads of `benches/` in sizes that a debug build runs in no time.
const WORKLOADS: &[(&str, &[&str])] = &[
    ("fib", &["12"]),
    ("while", &["1000"]),
    ("for", &["1000"]),
    ("sieve", &["1000"]),
    ("quicksort", &["200"]),
    ("matrix", &["10"]),
    ("strings", &["2"]),
    ("nbody", &["20"]),
    ("list", &["2"]),
    ("collatz", &["50"]),
    ("fork", &["20", "1"]),
    ("pipe", &["20"]),
    ("queue", &["20"]),
    ("switch", &["10", "5"]),
    ("live", &["50"]),
    ("lines", &["200"]),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("costs/as-they-were", as_they_were), trial("costs/none-of-fusion", none_of_fusion)]
}

/// A terminal that remembers what was written to it.
struct Screen(Rc<RefCell<Vec<u8>>>);

impl Host for Screen {
    fn write(&mut self, _stream: Stream, bytes: &[u8]) -> Result<(), Errno> {
        self.0.borrow_mut().extend(bytes);
        Ok(())
    }

    fn read(&mut self, _max: usize, _wait: bool) -> Input {
        Input::End
    }

    fn load(&mut self, _path: &[u8]) -> Result<Verified, Errno> {
        Err(Errno::ENOENT)
    }
}

/// Runs a workload to its end: what it printed, and what it cost.
fn cost(name: &str, args: &[&str], config: Config) -> (Vec<u8>, String) {
    let path = root().join("benches/work").join(format!("{name}.proc"));
    let text = std::fs::read_to_string(&path).expect("a workload is readable");
    let compiled = proclang::pipeline::compile(&mut SourceMap::new(), name, text).expect("a workload compiles");
    let argv: Vec<Vec<u8>> = [name].iter().chain(args).map(|word| word.as_bytes().to_vec()).collect();
    let screen = Rc::new(RefCell::new(Vec::new()));
    let mut machine =
        Machine::new(config, compiled.image, &argv, Box::new(Screen(Rc::clone(&screen)))).expect("a workload starts");
    let end = loop {
        if let Some(end) = machine.step() {
            break end;
        }
    };
    assert!(matches!(end, End::Finished(status) if status.exit_code() == 0), "{name}: {end:?}");
    let (totals, memory) = (machine.totals(), machine.memory().stats());
    let told = format!(
        "{name} {}: {} instructions, {} calls, {} switches; {} pages at most, {} copied, {} collections",
        args.join(" "),
        totals.ticks,
        totals.calls,
        totals.switches,
        memory.peak_frames,
        memory.pages_copied,
        memory.collections
    );
    let printed = screen.borrow().clone();
    (printed, told)
}

fn as_they_were() {
    let mut told = String::new();
    for (name, args) in WORKLOADS {
        let _ = writeln!(told, "{}", cost(name, args, Config::default()).1);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/ui/costs"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("workloads", told));
}

/// Superinstructions change neither output nor any count, whatever the quantum.
fn none_of_fusion() {
    for (name, args) in WORKLOADS {
        for quantum in [1, 13, 100, 1000] {
            let with = |fusion| cost(name, args, Config { quantum, fusion, ..Config::default() });
            assert_eq!(with(true), with(false), "{name} with a quantum of {quantum}");
        }
    }
}
