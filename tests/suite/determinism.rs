//! The same program with the same input and options gives the same run, bit for bit.

use libtest_mimic::Trial;

use super::case::{Case, name_of, programs_below};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    programs_below("examples")
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "bin" || part.as_os_str() == "explore"))
        .filter_map(|path| Case::read(&path).map(|case| (path, case)))
        .flat_map(|(path, case)| {
            let (name, again) = (name_of(&path), Case::read(&path));
            let fusion =
                again.map(|case| trial(format!("same-without-fusion/{name}"), move || same_without_fusion(&case)));
            std::iter::once(trial(format!("same-trace/{name}"), move || same_trace(&case))).chain(fusion)
        })
        .collect()
}

/// Superinstructions are not seen: not in the output, not in the trace of every event with its tick, not in the counts.
fn same_without_fusion(case: &Case) {
    for options in [&["--trace", "--stats"][..], &["--trace", "--stats", "--policy", "random", "--quantum", "83"]] {
        let plain: Vec<&str> = options.iter().copied().chain(["--no-fusion"]).collect();
        let (fused, plain) = (case.run(options), case.run(&plain));
        assert_eq!(fused.stdout, plain.stdout, "stdout of {}", case.path.display());
        assert!(fused.stderr == plain.stderr, "the traces of {} differ", case.path.display());
        assert_eq!(fused.status, plain.status);
    }
}

/// Two runs with everything traced give the same bytes.
fn same_trace(case: &Case) {
    let options = ["--trace", "--stats", "--policy", "random", "--seed", "5", "--quantum", "11"];
    let (first, second) = (case.run(&options), case.run(&options));
    assert_eq!(first.stdout, second.stdout, "stdout of {}", case.path.display());
    assert!(first.stderr == second.stderr, "the traces of {} differ", case.path.display());
    assert_eq!(first.status, second.status);
}
