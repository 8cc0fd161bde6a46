//! What an exploration says to people: the verdict first, then what goes wrong, then what can be printed, and how to see one of these runs
//! again.

use super::explore::Explore;
use super::saved;
use crate::explore::{Output, Print, Report, Witness};

/// Longer lists are for machines.
const MOST_OUTPUTS: usize = 200;
/// So many outputs of which there are more are enough to see what they are like.
const MOST_EXAMPLES: usize = 10;
/// So many ways in which the same kind of thing goes wrong are enough to see how.
const MOST_WITNESSES: usize = 8;

/// The report for people.
pub(super) fn words(options: &Explore, report: &Report) -> String {
    let mut text = verdict(report) + "\n";
    let counted = report.output_count.is_some_and(|count| count > report.outputs.len() as u128);
    // Where all were counted, the head of their list says that not all of them are listed.
    for bound in report.bounds.iter().filter(|_| !counted) {
        text.push_str(&format!("not decided: {bound}\n"));
    }
    let all = if report.complete || report.output_count.is_some() { "every schedule" } else { "not every schedule" };
    text.push_str(&format!(
        "{all} was looked at: {}, {}\n",
        plural(report.states, "state"),
        plural(report.transitions, "transition")
    ));
    for (head, witnesses) in [
        ("stuck, nobody can ever move again:", &report.stuck),
        ("no end can be reached:", &report.livelocks),
        ("broken promises:", &report.broken),
        ("failed assertions:", &report.assertions),
        ("faults:", &report.faults),
    ] {
        list(&mut text, head, witnesses);
    }
    outputs(&mut text, report);
    list(&mut text, "other statuses than 0:", &report.statuses);
    list(&mut text, "zombies that nobody collects:", &report.zombies);
    if let Some(schedule) = to_show(report) {
        text.push_str(&format!("to see {} again: {}\n", schedule.0, saved::again(options, schedule.1)));
    }
    text
}

/// What it comes to, in one line.
fn verdict(report: &Report) -> String {
    let found: Vec<String> = [
        (report.stuck.len(), "way to be stuck", "ways to be stuck"),
        (report.livelocks.len(), "way to go on for ever", "ways to go on for ever"),
        (report.broken.len(), "broken promise", "broken promises"),
        (report.assertions.len(), "failed assertion", "failed assertions"),
        (report.faults.len(), "fault", "faults"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    let complete = report.complete || report.output_count.is_some();
    if !found.is_empty() {
        let never_ends = complete && report.outputs.is_empty();
        let which = if never_ends { "every schedule" } else { "some schedules" };
        return format!("something goes wrong in {which}: {}", found.join(", "));
    }
    match report.output_count {
        _ if !complete => "nothing was found to go wrong so far".to_owned(),
        Some(1) => "the output is the same in every schedule, and nothing goes wrong in any".to_owned(),
        Some(count) => format!("{count} outputs are possible, and nothing goes wrong in any schedule"),
        None => "nothing goes wrong in any schedule".to_owned(),
    }
}

fn outputs(text: &mut String, report: &Report) {
    let listed = report.outputs.len();
    let head = match report.output_count {
        Some(count) if count > listed as u128 => format!("{count} outputs; the first {listed} of them:"),
        None if listed > 0 => format!("{} so far:", plural(listed, "output")),
        _ => plural(listed, "output") + if listed > 0 { ":" } else { "" },
    };
    text.push_str(&format!("{head}\n"));
    // Where they are not all, a few are enough to see what they are like.
    let most = if report.output_count.is_some() { MOST_OUTPUTS } else { MOST_EXAMPLES };
    for Output { text: printed, schedule, .. } in report.outputs.iter().take(most) {
        text.push_str(&format!("  {printed:?}\n      by {schedule}\n"));
    }
    if listed > most {
        text.push_str(&format!("  and {} more, which --format json lists\n", listed - most));
    }
    if report.output_count.is_some_and(|count| count > listed as u128) {
        text.push_str("  --possible, --always and --never look at all of them\n");
    }
    if let Some(prints) = &report.unordered {
        text.push_str(&unordered(prints));
    }
}

fn list(text: &mut String, head: &str, witnesses: &[Witness]) {
    if !witnesses.is_empty() {
        text.push_str(&format!("{head}\n"));
    }
    for witness in witnesses.iter().take(MOST_WITNESSES) {
        let message = witness.message.strip_prefix("stuck: ").unwrap_or(&witness.message);
        text.push_str(&format!("  {message}\n      by {}\n", witness.schedule));
        if !witness.output.is_empty() {
            text.push_str(&format!("      printed by then: {:?}\n", witness.output));
        }
    }
    if witnesses.len() > MOST_WITNESSES {
        text.push_str(&format!("  and {} more, which --format json lists\n", witnesses.len() - MOST_WITNESSES));
    }
}

/// The schedule that is most worth seeing, and what it shows.
fn to_show(report: &Report) -> Option<(&'static str, &str)> {
    let bad = [&report.stuck, &report.livelocks, &report.broken, &report.assertions, &report.faults];
    let first = bad.into_iter().find_map(|witnesses| witnesses.first());
    match (first, report.outputs.as_slice()) {
        (Some(witness), _) => Some(("the first of these", &witness.schedule)),
        (None, [one, _, ..]) => Some(("the first output", &one.schedule)),
        (None, _) => None,
    }
}

/// Why there are several outputs, and what would leave one.
fn unordered(prints: &[Print; 2]) -> String {
    let mut text = "the output depends on the schedule: nothing orders these two prints\n".to_owned();
    for Print { who, line, text: printed } in prints {
        // The beginning is enough to know it by.
        let begin: String = printed.chars().take(40).collect();
        let more = if begin.len() < printed.len() { "..." } else { "" };
        text.push_str(&format!("  line {line}: {who} prints {begin:?}{more}\n"));
    }
    text + "  help: if the order matters, let one wait for the other: by `wait()`, a byte in a pipe, or a signal\n"
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
