//! The one test binary: every example, every conformance program and every snapshot is a test of its own, named after its file.

mod architecture;
mod case;
mod command_line;
mod conformance;
mod costs;
mod determinism;
mod documents;
mod edits;
mod exam;
mod exam_again;
mod exam_third;
mod explain;
mod explore;
mod export;
mod generator;
mod grades;
mod mistakes;
mod programs;
mod real_linux;
mod reductions;
mod reference;
mod snapshots;
mod stuck;
mod watching;
mod witnesses;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(programs::trials());
    trials.extend(snapshots::trials());
    trials.extend(stuck::trials());
    trials.extend(command_line::trials());
    trials.extend(determinism::trials());
    trials.extend(explore::trials());
    trials.extend(grades::trials());
    trials.extend(mistakes::trials());
    trials.extend(reductions::trials());
    trials.extend(witnesses::trials());
    trials.extend(watching::trials());
    trials.extend(export::trials());
    trials.extend(architecture::trials());
    trials.extend(costs::trials());
    trials.extend(reference::trials());
    trials.extend(conformance::trials());
    trials.extend(explain::trials());
    trials.extend(real_linux::trials());
    trials.extend(generator::trials());
    trials.extend(documents::trials());
    trials.extend(edits::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// A named test from a function that panics when it fails.
fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
