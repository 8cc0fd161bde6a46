//! By what children are told apart that were born at one line: the value of the variable that the loop around their fork counts with.
//! It knows nothing of what a report is about.

use crate::kernel::process::Lineage;
use crate::source::{SourceMap, Span};

/// `i = 1`: the loop's variable at the fork that made a process; nothing where no loop counts, or nothing is remembered.
pub fn turn(lineage: &Lineage, sources: &SourceMap) -> Option<String> {
    let (_, value) = lineage.turn()?;
    counted(lineage, sources).map(|name| format!("{name} = {value}"))
}

/// The name of that variable.
pub fn counted(lineage: &Lineage, sources: &SourceMap) -> Option<String> {
    let (name, _) = lineage.turn().filter(|(name, _)| *name != Span::default())?;
    sources.file(name.file).text.get(name.range()).map(str::to_owned)
}

/// ` with i = 1`, to stand behind the place of the fork.
pub fn with_turn(lineage: &Lineage, sources: &SourceMap) -> String {
    turn(lineage, sources).map_or_else(String::new, |turn| format!(" with {turn}"))
}
