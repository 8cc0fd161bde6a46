//! "Did you mean": the nearest of a list of names.

/// The name in `names` that `word` was most likely meant to be, if any is near enough: a third of its
/// letters may differ, a change of case or two neighbours exchanged count little. Of equally near names
/// the first wins, so the answer depends on the order given and on nothing else.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let folded = word.to_lowercase();
    let length = word.chars().count();
    // Nobody mistypes a name of that length by hand, and the distance takes time in its square.
    if length > 64 {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        if name == word || name.len() > 128 {
            continue;
        }
        let distance = if name.to_lowercase() == folded { 0 } else { strsim::damerau_levenshtein(word, name) };
        // `SIG_IGNORE` for `SIG_IGN`: one is the other with a few letters more.
        let distance = if is_longer(word, name) || is_longer(name, word) { distance.min(2) } else { distance };
        if distance <= allowed(length.min(name.chars().count())) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Whether `long` is `short`, a word of some length, with up to three letters more at its end.
fn is_longer(long: &str, short: &str) -> bool {
    short.len() >= 6 && long.len() <= short.len() + 3 && long.starts_with(short)
}

/// How many mistakes a word of that many letters may have; in a word of one or two every change makes
/// another word.
fn allowed(letters: usize) -> usize {
    match letters {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["waitpid", "wait", "write", "fork", "pid", "SIGCHLD", "print", "printf"];
        assert_eq!(nearest("waitpdi", names), Some("waitpid"));
        assert_eq!(nearest("sigchld", names), Some("SIGCHLD"));
        assert_eq!(nearest("prnt", names), Some("print"));
        assert_eq!(nearest("frok", names), Some("fork"));
        assert_eq!(nearest("SIGCHLDREN", names), Some("SIGCHLD"));
        assert_eq!(nearest("pd", names), None);
        assert_eq!(nearest("read", names), None);
        assert_eq!(nearest("fork", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }
}
