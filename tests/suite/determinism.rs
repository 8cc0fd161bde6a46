//! The same program with the same input and options gives the same run, bit for bit.

use libtest_mimic::Trial;

use super::case::{Case, name_of, programs_below};
use super::trial;

pub(crate) fn trials() -> Vec<Trial> {
    programs_below("examples")
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "bin" || part.as_os_str() == "explore"))
        .filter_map(|path| Case::read(&path).map(|case| (path, case)))
        .map(|(path, case)| trial(format!("same-trace/{}", name_of(&path)), move || same_trace(&case)))
        .collect()
}

/// Two runs with everything traced give the same bytes.
fn same_trace(case: &Case) {
    let options = ["--trace", "--stats", "--policy", "random", "--seed", "5", "--quantum", "11"];
    let (first, second) = (case.run(&options), case.run(&options));
    assert_eq!(first.stdout, second.stdout, "stdout of {}", case.path.display());
    assert!(first.stderr == second.stderr, "the traces of {} differ", case.path.display());
    assert_eq!(first.status, second.status);
}
