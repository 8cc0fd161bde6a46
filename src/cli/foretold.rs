//! What there is to say about a run that goes on for ever in a schedule that an exploration has found: it is run by that schedule where
//! nobody hears it, and the notes of its end are those of any run.

use std::sync::{Arc, Mutex};

use super::backstage::Backstage;
use super::explore::Explore;
use super::loader;
use super::show;
use crate::diagnostics::{Diagnostic, Severity, allow};
use crate::explore::{self, Replayed, Report};
use crate::kernel::machine::Config;
use crate::report::notes::{self, Reading};
use crate::source::SourceMap;

/// Notes that are shown.
const MOST: usize = 2;

/// Says why the first of the runs that go on for ever does so, where the end of that run would tell.
pub(super) fn tell(options: &Explore, (config, argv): (Config, &[Vec<u8>]), report: &Report) {
    let Some(first) = report.livelocks.first() else { return };
    let mut sources = SourceMap::default();
    let Ok(compiled) = loader::load(&options.file, &mut sources) else { return };
    let Ok(schedule) = explore::parse(&first.schedule) else { return };
    let own = Arc::new(Mutex::new(sources.clone()));
    let host = Box::new(Backstage::of(&options.file, &options.path, own));
    let ran = explore::replay_further(config, compiled.image.clone(), argv, host, &schedule);
    let Ok((machine, Replayed::Endless)) = ran else { return };
    let attention = [loader::attention_of(&compiled)];
    let reading = Reading { sources: &sources, attention: &attention, programs: &[], told: &compiled.warnings };
    let mut found: Vec<Diagnostic> = notes::notes(&machine, &reading);
    found.retain(|note| note.severity == Severity::Warning);
    allow::silence(&mut found, &compiled.allows);
    found.truncate(MOST);
    show(&found, &sources);
}
