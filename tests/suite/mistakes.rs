//! The mistakes that only some schedules show: each is found, and by a shortest schedule: no order of steps at all shows it sooner.

use libtest_mimic::Trial;
use serde_json::Value;

use super::case::root;
use super::explore::explore;
use super::trial;

/// A mistake: the example that makes it, and the list of the report with the text or the part of the message that shows it.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("lost_wakeup", "stuck", "parent waits in `pause`"),
    ("sigchld_merging", "outputs", "1\n"),
    ("sigchld_lost", "stuck", "parent waits in `sigsuspend`"),
    ("job_list_race", "outputs", "1 jobs\n"),
    ("handler_before_store", "outputs", "the id is not known yet\n"),
    ("pipe_capacity", "stuck", "child 1 waits in `write` for room in a full pipe"),
    ("philosophers_deadlock", "stuck", "child 1, child 2 and child 3 wait in `read`"),
    ("mutex_broken", "assertions", "assert"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let of = |(name, list, shows): &(&'static str, &'static str, &'static str)| {
        let (name, list, shows) = (*name, *list, *shows);
        trial(format!("explore/mistake/{name}"), move || find(name, list, shows))
    };
    MISTAKES.iter().map(of).collect()
}

fn find(name: &str, list: &str, shows: &str) {
    let path = root().join(format!("examples/explore/{name}.proc")).display().to_string();
    let steps = |options: &[&str]| {
        let (report, _) = explore(&path, options);
        assert_eq!(report["complete"], Value::Bool(true));
        let told = |witness: &&Value| {
            let text = if list == "outputs" { &witness["text"] } else { &witness["message"] };
            text.as_str().is_some_and(|text| if list == "outputs" { text == shows } else { text.contains(shows) })
        };
        let witnesses: Vec<&Value> = report[list].as_array().expect("a list").iter().filter(told).collect();
        let shortest = witnesses.iter().map(|witness| length(witness["schedule"].as_str().expect("a schedule"))).min();
        shortest.unwrap_or_else(|| panic!("{list} without {shows}: {}", report[list]))
    };
    assert_eq!(steps(&[]), steps(&["--reduction=none"]), "a shorter schedule shows it too");
}

/// How many steps a schedule has: `c1*4` is four.
pub(crate) fn length(schedule: &str) -> usize {
    let steps = |word: &str| word.split_once('*').map_or(1, |(_, count)| count.parse().expect("a number"));
    schedule.split_whitespace().map(steps).sum()
}
