//! "Did you mean": the nearest of a list of names.

/// The candidate that `name` is most likely a slip of, if one is near enough. Among equally near ones
/// the first wins, so the order of the candidates decides and nothing else.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // One slip in a short name, a third of a longer one; a name of one letter resembles everything.
    let limit = match length {
        0 | 1 => return None,
        2..=3 => 1,
        _ => (length / 3).max(1),
    };
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = match candidate.eq_ignore_ascii_case(name) {
            true => 0,
            false => strsim::osa_distance(name, candidate),
        };
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("watipid", ["wait", "waitpid", "getpid"]), Some("waitpid"));
        assert_eq!(nearest("sigterm", ["SIGKILL", "SIGTERM"]), Some("SIGTERM"));
        assert_eq!(nearest("frok", ["fork"]), Some("fork"));
        assert_eq!(nearest("banana", ["wait", "fork"]), None);
        assert_eq!(nearest("x", ["y", "xx"]), None);
    }
}
