//! The smallest change of the script, or of a program that it execs, that frees a run that is stuck: changes are made from the facts, each is tried in a run of its
//! own, and only one with which the program ends is told. The search is bounded by instructions and by changes, never by time.

mod missing;
mod moves;
mod places;
mod signals;
pub mod trial;

use super::facts::Facts;
use super::text::{Text, apply};
use crate::diagnostics::{Diagnostic, Edit};
use crate::kernel::Pid;
use crate::kernel::door::End;
use crate::source::{FileId, SourceMap};
use trial::{Blemishes, Change, Outcome, Schedules, Setup};

/// Programs that are changed: the script, and some of those that it execs.
const MOST_FILES: usize = 3;
/// Trials at most, of all changes together.
const MOST_TRIALS: u32 = 60;
/// What all trials together may cost, in instructions: a fraction of a second.
const MOST_COST: u64 = 100_000_000;
/// What a system call costs beside an instruction.
const CALL_COST: u64 = 100;
/// Instructions that every trial gets beyond what the run itself took.
const SPARE_TICKS: u64 = 200_000;
/// Changes that are tried in all orders of the processes.
const MOST_ORDERS: u32 = 3;
/// How often a run that a set of changes has brought further is looked at anew.
const ROUNDS: usize = 4;

/// One place where the script would be changed, in words and as edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do: "put `close(w);` before line 4".
    pub words: String,
    /// The edits.
    pub edits: Vec<Edit>,
    /// Whose part of the script it changes.
    pub who: Vec<Pid>,
    /// The descriptors that it closes.
    pub closes: Vec<(Pid, usize)>,
    /// Whether it is what is missing, and to be tried before smaller changes that only get round it.
    pub likely: bool,
}

/// A change that frees the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// Its steps, in the order of the text.
    pub steps: Vec<Step>,
    /// Whether all processes end; else the script does, and those that are left wait for nothing that concerns it.
    pub ends_all: bool,
    /// Whether they do in every order in which processes can run.
    pub schedules: Schedules,
    /// The file that is changed.
    pub file: FileId,
    /// What happens next, where the standstill is over and a fault follows: the change is right, and not enough.
    pub fault: Option<String>,
}

impl Mend {
    /// All edits.
    pub fn edits(&self) -> Vec<Edit> {
        self.steps.iter().flat_map(|step| step.edits.iter().cloned()).collect()
    }
}

/// Looks for the smallest change; none where no change that was tried helps.
pub fn find(
    facts: &Facts<'_>,
    main: FileId,
    sources: &SourceMap,
    setup: &Setup<'_>,
    causes: &[Diagnostic],
) -> Option<Mend> {
    let script = sources.file(main);
    let mut files = vec![main];
    for stand in &facts.stands {
        let file =
            facts.process(stand.pid).and_then(|process| process.context.as_deref()).map(|context| context.image.file);
        files.extend(file.filter(|file| !files.contains(file)));
    }
    files.truncate(MOST_FILES);
    let mut faulty = None;
    let found = files.into_iter().find_map(|file| {
        let source = sources.file(file);
        let text = Text::read(file, &source.text);
        let program = (file != main).then_some(&*source.name);
        let mut search = Search::new(&text, (&script.name, &script.text), program, setup)?;
        let found = find_in(facts, &mut search, causes);
        faulty = faulty.take().or_else(|| search.faulty.take());
        found
    });
    found.or(faulty)
}

fn find_in(facts: &Facts<'_>, search: &mut Search<'_>, causes: &[Diagnostic]) -> Option<Mend> {
    let found = search.single(facts, causes).or_else(|| search.several(facts)).or_else(|| search.script_only.take());
    found.map(|mut mend| {
        mend.steps.sort_by_key(|step| step.edits.iter().map(|edit| edit.span.start).min());
        mend
    })
}

/// What would have kept a call from failing.
fn of_causes(causes: &[Diagnostic], text: &Text<'_>) -> Vec<Step> {
    let of_text = causes.iter().filter(|cause| cause.edits.iter().all(|edit| edit.span.file == text.file));
    of_text
        .filter_map(|cause| {
            let edits = cause.edits.clone();
            let words = match edits.as_slice() {
                [edit] if !text.of(edit.span).is_empty() => {
                    let (new, old) = (&edit.text, text.of(edit.span));
                    format!("write `{new}` instead of `{old}` in line {}", text.line(edit.span.start))
                }
                edits => places::words(edits, text)?,
            };
            Some(Step { words, edits, who: Vec::new(), closes: Vec::new(), likely: true })
        })
        .collect()
}

struct Search<'s> {
    text: &'s Text<'s>,
    /// The script's name and text.
    script: (&'s str, &'s str),
    /// The name of the program whose text is changed, where it is not the script.
    program: Option<&'s str>,
    setup: &'s Setup<'s>,
    /// What can be said against the run as it was.
    blemishes: Blemishes,
    /// What it wrote.
    written: usize,
    /// Whether the script itself had ended, and only others were stuck.
    script_ended: bool,
    ticks: u64,
    left: u32,
    /// How many changes may still be tried in all orders of the processes.
    orders_left: u32,
    /// The first change with which at least the script itself ends.
    script_only: Option<Mend>,
    /// The first change after which a fault follows, and nothing else is wrong.
    faulty: Option<Mend>,
}

impl<'s> Search<'s> {
    /// Runs the script as it is; none where that does not end as the run did, or takes too long.
    fn new(
        text: &'s Text<'s>,
        script: (&'s str, &'s str),
        program: Option<&'s str>,
        setup: &'s Setup<'s>,
    ) -> Option<Search<'s>> {
        let base = trial::run(setup, script.0, script.1.to_owned(), None, MOST_COST / 4)?;
        let totals = base.machine.totals();
        let ticks = totals.ticks.saturating_mul(3).saturating_add(SPARE_TICKS);
        let cost = totals.ticks.saturating_add(totals.calls.saturating_mul(CALL_COST)).saturating_add(SPARE_TICKS);
        let left = u32::try_from(MOST_COST / cost).unwrap_or(MOST_TRIALS).min(MOST_TRIALS);
        let (blemishes, written) = (base.blemishes, base.written);
        let script_ended = base.machine.script_status().is_some();
        (base.end == End::Stuck).then_some(Search {
            text,
            script,
            program,
            setup,
            blemishes,
            written,
            script_ended,
            ticks,
            left,
            script_only: None,
            faulty: None,
            orders_left: MOST_ORDERS,
        })
    }

    fn run(&mut self, steps: &[Step]) -> Option<Outcome> {
        self.left = self.left.checked_sub(1)?;
        let edits: Vec<Edit> = steps.iter().flat_map(|step| step.edits.iter().cloned()).collect();
        let changed = apply(self.text.text, &edits)?;
        let (name, text) = self.script;
        match self.program {
            None => trial::run(self.setup, name, changed, None, self.ticks),
            Some(program) => {
                let change = Change { name: program.to_owned(), text: changed };
                trial::run(self.setup, name, text.to_owned(), Some(change), self.ticks)
            }
        }
    }

    /// Whether a run is no worse than the one that was stuck: no new fault, no call on a closed descriptor, no text lost.
    fn is_clean(&self, outcome: &Outcome) -> bool {
        // A script that is killed has not been freed.
        let killed = outcome.machine.script_status().is_some_and(|status| status.is_signaled());
        outcome.blemishes.within(self.blemishes) && outcome.written >= self.written && !killed
    }

    fn in_all_orders(&mut self, steps: &[Step]) -> Schedules {
        let Some(left) = self.orders_left.checked_sub(1).filter(|_| self.program.is_none()) else {
            return Schedules::Undecided;
        };
        self.orders_left = left;
        let edits: Vec<Edit> = steps.iter().flat_map(|step| step.edits.iter().cloned()).collect();
        apply(self.text.text, &edits).map_or(Schedules::Undecided, |text| (self.setup.schedules)(&text))
    }

    fn frees(&mut self, steps: &[Step]) -> bool {
        let Some(outcome) = self.run(steps) else { return false };
        let clean = self.is_clean(&outcome);
        let script = outcome.end == End::Stuck && outcome.machine.script_status().is_some();
        if clean && script && !self.script_ended && self.script_only.is_none() {
            self.script_only = Some(Mend {
                steps: steps.to_vec(),
                ends_all: false,
                schedules: Schedules::Undecided,
                file: self.text.file,
                fault: None,
            });
        }
        let others = Blemishes { faults: self.blemishes.faults, ..outcome.blemishes };
        if let (End::Finished(_), Some((what, line)), true, None) =
            (outcome.end, &outcome.fault, others.within(self.blemishes), &self.faulty)
        {
            let edits: Vec<Edit> = steps.iter().flat_map(|step| step.edits.iter().cloned()).collect();
            let changed = apply(self.text.text, &edits).unwrap_or_default();
            let code = changed.lines().nth((*line).saturating_sub(1) as usize).unwrap_or("").trim().to_owned();
            self.faulty = Some(Mend {
                steps: steps.to_vec(),
                ends_all: false,
                schedules: Schedules::Undecided,
                file: self.text.file,
                fault: Some(format!("{what}, in `{code}`")),
            });
        }
        clean && matches!(outcome.end, End::Finished(_))
    }

    /// The first change at one place that helps, smaller ones first.
    fn single(&mut self, facts: &Facts<'_>, causes: &[Diagnostic]) -> Option<Mend> {
        let mut steps = moves::steps(facts, self.text);
        missing::steps(facts, self.text, &mut steps);
        steps.extend(of_causes(causes, self.text));
        steps.extend(places::closes(facts, self.text).into_iter().flatten());
        // Inserting a little is less than moving a lot; the sort is stable, so likely places stay first.
        steps.sort_by_key(|step| {
            (
                !step.likely,
                step.edits.iter().map(|edit| edit.span.range().len() + edit.text.trim().len()).sum::<usize>(),
            )
        });
        steps.dedup();
        let mut lucky = None;
        for step in steps {
            let steps = vec![step];
            if !self.frees(&steps) {
                continue;
            }
            let schedules = self.in_all_orders(&steps);
            let mend = Mend { steps, ends_all: true, schedules, file: self.text.file, fault: None };
            // What helps only if processes happen to run in this order is told where nothing better is found.
            if schedules != Schedules::SomeEnd {
                return Some(mend);
            }
            lucky.get_or_insert(mend);
        }
        lucky
    }

    /// Several closes at once: all that are possible, run after run, then as few of them as will do.
    fn several(&mut self, facts: &Facts<'_>) -> Option<Mend> {
        let mut chosen: Vec<Step> = Vec::new();
        let mut outcome = self.extend(facts, &mut chosen, &[])?;
        for _ in 0..ROUNDS {
            match outcome.end {
                End::Finished(_) if self.is_clean(&outcome) => return Some(self.fewest(chosen)),
                End::Stuck => {}
                _ => return None,
            }
            let before = chosen.len();
            let edits: Vec<Edit> = chosen.iter().flat_map(|step| step.edits.iter().cloned()).collect();
            let next = Facts::of(&outcome.machine, &[]);
            outcome = self.extend(&next, &mut chosen, &edits)?;
            if chosen.len() == before {
                return None;
            }
        }
        None
    }

    /// Adds, for every descriptor that holds up a reader, the first of its places at which a close does no harm. The facts are those
    /// of the text with `made` edits in it.
    fn extend(&mut self, facts: &Facts<'_>, chosen: &mut Vec<Step>, made: &[Edit]) -> Option<Outcome> {
        let changed = apply(self.text.text, made)?;
        let text = Text::read(self.text.file, &changed);
        let mut last = None;
        for places in places::closes(facts, &text) {
            for step in places {
                let Some(step) = back(step, made, self.text) else { continue };
                if chosen.contains(&step) || overlaps(&step, chosen) {
                    break;
                }
                chosen.push(step);
                match self.run(chosen) {
                    Some(outcome) if self.is_clean(&outcome) => {
                        let free = matches!(outcome.end, End::Finished(_));
                        last = Some(outcome);
                        if free {
                            return last;
                        }
                        break;
                    }
                    _ => {
                        chosen.pop();
                    }
                }
            }
        }
        last
    }

    /// Leaves out what is not needed.
    fn fewest(&mut self, mut steps: Vec<Step>) -> Mend {
        let mut at = steps.len();
        while at > 0 && steps.len() > 1 {
            at -= 1;
            let mut fewer = steps.clone();
            fewer.remove(at);
            if self.frees(&fewer) {
                steps = fewer;
            }
        }
        let schedules = self.in_all_orders(&steps);
        Mend { steps, ends_all: true, schedules, file: self.text.file, fault: None }
    }
}

fn overlaps(step: &Step, chosen: &[Step]) -> bool {
    let others = || chosen.iter().flat_map(|step| &step.edits);
    step.edits.iter().any(|edit| {
        others().any(|other| edit.span.start < other.span.end && other.span.start < edit.span.end || edit == other)
    })
}

/// A step on the text with edits made in it, as a step on the text itself.
fn back(step: Step, made: &[Edit], text: &Text<'_>) -> Option<Step> {
    if made.is_empty() {
        return Some(step);
    }
    let mut sorted: Vec<&Edit> = made.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let offset = |at: u32| {
        let mut shift = 0i64;
        for edit in &sorted {
            let (start, len) = (i64::from(edit.span.start) + shift, edit.text.len() as i64);
            if i64::from(at) < start + len {
                // Inside of what was put in there is no place of the text itself.
                return if i64::from(at) <= start { u32::try_from(i64::from(at) - shift).ok() } else { None };
            }
            shift += len - edit.span.range().len() as i64;
        }
        u32::try_from(i64::from(at) - shift).ok()
    };
    let edits: Option<Vec<Edit>> = step
        .edits
        .iter()
        .cloned()
        .map(|edit| {
            let span =
                crate::source::Span { start: offset(edit.span.start)?, end: offset(edit.span.end)?, ..edit.span };
            Some(Edit { span, ..edit })
        })
        .collect();
    let edits = edits?;
    let words = places::words(&edits, text).unwrap_or_else(|| step.words.clone());
    Some(Step { words, edits, ..step })
}

/// The first write to a descriptor out of an array that a process would come to after its wait.
pub(super) fn later_write(
    facts: &Facts<'_>,
    text: &Text<'_>,
    one: &super::facts::Stand,
) -> Option<crate::source::Span> {
    moves::later_write(facts, text, one)
}

/// The first statement that one process would come to after its wait, in the same block, and that could end the wait of the other.
pub(super) fn later(
    facts: &Facts<'_>,
    text: &Text<'_>,
    one: &super::facts::Stand,
    other: &super::facts::Stand,
    closes: bool,
) -> Option<crate::source::Span> {
    moves::later(facts, text, one, other, closes)
}
