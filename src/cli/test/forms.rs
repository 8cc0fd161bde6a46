//! How the outcomes of tests are written down: for people, for machines, for JUnit, for Gradescope.

use super::{Outcome, Verdict};

fn sum(outcomes: &[Outcome]) -> (f64, f64) {
    outcomes.iter().fold((0.0, 0.0), |(got, most), outcome| (got + outcome.points, most + outcome.max_points))
}

pub(super) fn as_text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let word = match outcome.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "FAILED",
            Verdict::Broken => "BROKEN",
        };
        text.push_str(&format!("{word}  {}  {} of {}\n", outcome.name, outcome.points, outcome.max_points));
        for message in &outcome.messages {
            text.push_str(&format!("        {}\n", message.trim_end()));
        }
    }
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let (got, most) = sum(outcomes);
    text.push_str(&format!(
        "{} passed, {} failed, {} broken; {got} of {most} points\n",
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Broken)
    ));
    text
}

pub(super) fn as_json(outcomes: &[Outcome]) -> String {
    let (points, max_points) = sum(outcomes);
    pretty(&serde_json::json!({ "points": points, "max_points": max_points, "tests": outcomes }))
}

pub(super) fn as_gradescope(outcomes: &[Outcome]) -> String {
    let tests: Vec<serde_json::Value> = outcomes
        .iter()
        .map(|outcome| {
            serde_json::json!({
                "name": outcome.name,
                "score": outcome.points,
                "max_score": outcome.max_points,
                "status": if outcome.verdict == Verdict::Passed { "passed" } else { "failed" },
                "output": outcome.messages.join("\n"),
            })
        })
        .collect();
    pretty(&serde_json::json!({ "score": sum(outcomes).0, "tests": tests }))
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

pub(super) fn as_junit(outcomes: &[Outcome]) -> String {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"proc test\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        outcomes.len(),
        count(Verdict::Failed),
        count(Verdict::Broken)
    );
    for outcome in outcomes {
        let message = escape(&outcome.messages.join("\n"));
        let name = escape(&outcome.name);
        let inside = match outcome.verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed => format!("<failure message=\"{message}\"/>"),
            Verdict::Broken => format!("<error message=\"{message}\"/>"),
        };
        text.push_str(&format!("  <testcase name=\"{name}\">{inside}</testcase>\n"));
    }
    text.push_str("</testsuite>\n");
    text
}

/// Text inside an attribute; characters that XML cannot hold become `?`.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            letter if letter.is_control() => escaped.push('?'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_anything() {
        assert_eq!(escape("a<\"&\u{1}\n"), "a&lt;&quot;&amp;?&#10;");
    }
}
