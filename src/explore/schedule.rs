//! A schedule as text: `P P c1 c1.1! c2?3`, one word a step, short enough to read aloud.
//!
//! `P` is the script, `c1.2` the second child of its first child. After the name stands what is special about the step: `!` it begins
//! with a signal, `?3` `choose` gives 3, `~` its sleep ends, `^` its alarm goes off, `-EINTR` its call fails with that
//! errno, `-short` its read gives one byte although it asked for more. `c1*4` is four steps of `c1` in a row. `#` begins a comment that goes to the end of its line. A schedule whose last word
//! is `...` goes on for ever from there.

use std::collections::HashSet;

use crate::abi::Errno;
use crate::kernel::Pid;

/// What happens in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Act {
    /// The process goes on.
    Run,
    /// It goes on, and `choose` gives this number.
    Choose(u64),
    /// Its sleep or the time it gave a call ends, and it goes on.
    Wake,
    /// Its alarm goes off.
    Alarm,
    /// It goes on, and its call fails.
    Fail(Errno),
    /// It goes on, and reads no more than one byte.
    Short,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    /// Of which process.
    pub(crate) pid: Pid,
    /// What.
    pub(crate) act: Act,
}

/// A step as a schedule names it: by descent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Word {
    /// Whose step.
    pub(crate) descent: Vec<u32>,
    /// What.
    pub(crate) act: Act,
    /// Whether it begins with a signal; the machine knows by itself.
    pub(crate) signal: bool,
    /// Whether it only puts the process to sleep, and a schedule that wakes it may as well do without.
    pub(crate) idle: bool,
}

impl std::fmt::Display for Word {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&short_role(&self.descent))?;
        match self.act {
            Act::Run => {}
            Act::Choose(number) => write!(formatter, "?{number}")?,
            Act::Wake => formatter.write_str("~")?,
            Act::Alarm => formatter.write_str("^")?,
            Act::Fail(errno) => write!(formatter, "-{}", errno.name())?,
            Act::Short => formatter.write_str("-short")?,
        }
        if self.signal { formatter.write_str("!") } else { Ok(()) }
    }
}

/// `P`, `c1.2`
pub(crate) fn short_role(descent: &[u32]) -> String {
    if descent.is_empty() {
        return "P".to_owned();
    }
    let ordinals: Vec<String> = descent.iter().map(u32::to_string).collect();
    format!("c{}", ordinals.join("."))
}

/// The words that a schedule needs: who has a step later need not be put to sleep first.
pub(crate) fn needed<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<&'a Word> {
    let words: Vec<&Word> = words.collect();
    let mut moves: HashSet<&[u32]> = HashSet::new();
    let mut needed: Vec<&Word> = Vec::new();
    for word in words.into_iter().rev() {
        if !(word.idle && moves.contains(&*word.descent)) {
            moves.insert(&word.descent);
            needed.push(word);
        }
    }
    needed.reverse();
    needed
}

/// A whole schedule as text.
pub(crate) fn text<'a>(words: impl Iterator<Item = &'a Word>, endless: bool) -> String {
    let mut parts: Vec<(String, usize)> = Vec::new();
    for word in words {
        let word = word.to_string();
        match parts.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => parts.push((word, 1)),
        }
    }
    let mut texts = Vec::new();
    for (word, count) in parts {
        match count {
            1..=3 => texts.extend(std::iter::repeat_n(word, count)),
            _ => texts.push(format!("{word}*{count}")),
        }
    }
    if endless {
        texts.push("...".to_owned());
    }
    texts.join(" ")
}

/// A schedule as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) words: Vec<Word>,
    /// Whether it is known to go on for ever.
    pub(crate) endless: bool,
}

/// Reads a schedule.
///
/// # Errors
/// Which word is not one of a schedule.
pub fn parse(text: &str) -> Result<Schedule, String> {
    let mut schedule = Schedule::default();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("");
        for word in line.split_whitespace() {
            if word == "..." {
                schedule.endless = true;
                continue;
            }
            let (one, count) = match word.split_once('*') {
                None => (word, 1),
                Some((one, count)) => {
                    (one, count.parse::<usize>().map_err(|_| format!("`{word}` does not say how often"))?)
                }
            };
            let parsed = parse_word(one)
                .ok_or_else(|| format!("`{word}` is not a step of a schedule such as `P`, `c1.2` or `c1?3`"))?;
            if schedule.words.len() + count > 10_000_000 {
                return Err("the schedule has more than ten million steps".to_owned());
            }
            schedule.words.extend(std::iter::repeat_n(parsed, count));
        }
    }
    Ok(schedule)
}

fn parse_word(word: &str) -> Option<Word> {
    let (word, signal) = match word.strip_suffix('!') {
        Some(rest) => (rest, true),
        None => (word, false),
    };
    let end = word.find(['?', '~', '^', '-']).unwrap_or(word.len());
    let (role, rest) = word.split_at(end);
    let descent = match role {
        "P" => Vec::new(),
        _ => role
            .strip_prefix('c')?
            .split('.')
            .map(|part| part.parse().ok().filter(|n| *n > 0))
            .collect::<Option<Vec<u32>>>()?,
    };
    let act = match rest.split_at_checked(1) {
        None => Act::Run,
        Some(("?", number)) => Act::Choose(number.parse().ok()?),
        Some(("~", "")) => Act::Wake,
        Some(("^", "")) => Act::Alarm,
        Some(("-", "short")) => Act::Short,
        Some(("-", name)) => Act::Fail(Errno::ALL.iter().copied().find(|errno| errno.name() == name)?),
        Some(_) => return None,
    };
    Some(Word { descent, act, signal, idle: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_reads_back_as_it_was_written() {
        let text_of = "P P c1 c1.1! c2?3 c2~ P^ c1-EINTR c1-short c1*4 P! ...";
        let schedule = parse(text_of).unwrap();
        assert!(schedule.endless && schedule.words.len() == 14);
        assert_eq!(text(schedule.words.iter(), schedule.endless), text_of);
    }

    #[test]
    fn comments_are_skipped_and_nonsense_is_named() {
        assert_eq!(parse("# P P\nP # c1\n").unwrap().words.len(), 1);
        for wrong in ["Q", "c", "c0", "c1.", "P?", "P?x", "P-EFOO", "P~1", "P*x"] {
            assert!(parse(wrong).is_err_and(|why| why.contains(wrong)), "{wrong}");
        }
    }
}
