//! A run that is stuck, once more: the script and changes of it are run in machines that nobody hears, and in every order of their
//! processes where they are small enough for that.

use std::sync::{Arc, Mutex};

use super::backstage::Backstage;
use super::host::Shared;
use super::options::Run;
use super::show;
use crate::diagnostics::Diagnostic;
use crate::explore::{Bounds, Reduction, Setup as Exploration, Sleep, Survey, Want};
use crate::kernel::Machine;
use crate::kernel::event::Watch;
use crate::kernel::machine::Config;
use crate::pipeline;
use crate::report::stuck;
use crate::report::stuck::facts::Gone;
use crate::report::stuck::mend::trial::{Change, Schedules, Setup};
use crate::source::{FileId, SourceMap};

/// The script is the first source that a run loads.
const SCRIPT: FileId = FileId(0);

/// Runs that took more instructions than this are not tried in every order.
const MOST_TICKS: u64 = 50_000;
/// States that an exploration looks at, at most: enough for a program of a page, and over in an instant.
const MOST_STATES: usize = 600;
/// The fewest for which it is worth beginning.
const FEWEST_STATES: usize = 40;
/// Bytes in pipes that cost as much as a state has otherwise: every state keeps them.
const BYTES_A_STATE: usize = 4_096;
/// The memory of an exploration.
const MEMORY: usize = 64 << 20;

/// What it takes to run the script once more in the same way.
pub(crate) struct Again<'a> {
    pub(crate) options: &'a Run,
    pub(crate) argv: Vec<Vec<u8>>,
}

impl Again<'_> {
    fn outside(&self, change: Option<Change>) -> Backstage {
        Backstage::silent(&self.options.file, &self.options.path, change)
    }

    /// How a text ends in all orders of its processes. Signals from outside come at a tick, which has no place among orders.
    fn schedules(&self, text: &str, input: &[u8], states: usize) -> Schedules {
        if !self.options.send.is_empty() || states < FEWEST_STATES {
            return Schedules::Undecided;
        }
        let mut sources = SourceMap::default();
        let name = self.options.file.display().to_string();
        let Ok(compiled) = pipeline::compile(&mut sources, &name, text.to_owned()) else { return Schedules::Undecided };
        let survey = Survey::make(
            &Exploration {
                config: Config { ticks: None, watch: Watch::NONE, ..self.options.config() },
                image: compiled.image,
                argv: self.argv.clone(),
                input: input.to_vec(),
                sources: Arc::new(Mutex::new(sources)),
                outside: Arc::new(Mutex::new(self.outside(None))),
                sleep: Sleep::Adversarial,
                seeded: true,
                faults: Vec::new(),
                bounds: Bounds { states, depth: u32::MAX, memory: MEMORY },
                reduction: Reduction::Local,
                want: Want::Outputs,
                jobs: 1,
                stop: Arc::default(),
            },
            |_| true,
        );
        let Ok(mut survey) = survey else { return Schedules::Undecided };
        let report = survey.report();
        let stays = !report.stuck.is_empty() || !report.livelocks.is_empty();
        match (report.complete, report.outputs.is_empty(), stays) {
            (true, true, true) => Schedules::NoneEnds,
            (true, false, false) => Schedules::AllEnd,
            // That some end and some do not is known as soon as one of each was found.
            (_, false, true) => Schedules::SomeEnd,
            _ => Schedules::Undecided,
        }
    }
}

/// Says who waits for whom; where the script can be run again as it was, changes of it are tried. A run by a schedule cannot: its
/// steps are those of the script as it is.
pub(crate) fn tell_stuck(machine: &Machine, shared: &Shared, again: Option<Again<'_>>, causes: &[Diagnostic]) {
    let gone: Vec<Gone> = shared.gone.iter().cloned().collect();
    let small = machine.totals().ticks <= MOST_TICKS;
    let states = MOST_STATES / (1 + stuck::bytes_in_pipes(machine) / BYTES_A_STATE);
    let again = again.filter(|again| !again.options.quiet).zip(shared.input.all());
    let said = match &again {
        None => stuck::diagnose(machine, &gone, &shared.sources, SCRIPT, None, causes),
        Some((again, input)) => {
            let setup = Setup {
                config: again.options.config(),
                argv: again.argv.clone(),
                input: input.clone(),
                schedules: &|text| if small { again.schedules(text, input, states) } else { Schedules::Undecided },
                outside: &|change| Box::new(again.outside(change)),
            };
            stuck::diagnose(machine, &gone, &shared.sources, SCRIPT, Some(&setup), causes)
        }
    };
    show(&[said], &shared.sources);
}
