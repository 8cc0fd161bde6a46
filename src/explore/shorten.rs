//! Makes schedules shorter: a process that has fallen asleep and is woken later could have made its call then. Whether it comes to the same is
//! not argued but tried.

use super::component::Component;
use super::memo::Hint;
use super::schedule::{Step, Word};
use super::stepper::timers_of;
use super::world::World;
use crate::kernel::process::State;

/// Where a schedule begins and ends, and what it prints.
pub(crate) struct Course<'c> {
    pub(crate) from: &'c [u32],
    pub(crate) to: &'c [u32],
    pub(crate) text: &'c [u8],
}

/// The words of a schedule without those that are not needed.
pub(crate) fn shorten(world: &mut World, course: &Course<'_>, words: Vec<Word>) -> Vec<Word> {
    let Some(run) = run(world, course, &words) else { return words };
    let mut words = words;
    for at in (0..words.len()).rev().filter(|at| run.sleeps.contains(at)) {
        if !words[at + 1..].iter().any(|later| later.descent == words[at].descent) {
            continue;
        }
        let word = words.remove(at);
        if self::run(world, course, &words).is_none() {
            words.insert(at, word);
        }
    }
    words
}

/// A schedule that leads where it should.
struct Ran {
    /// The words after which a process sleeps.
    sleeps: Vec<usize>,
}

/// Runs a schedule; nothing where it leads elsewhere, or prints something else.
fn run(world: &mut World, course: &Course<'_>, words: &[Word]) -> Option<Ran> {
    let mut state = course.from.to_vec();
    let (mut text, mut ran) = (Vec::new(), Ran { sleeps: Vec::new() });
    for (number, word) in words.iter().enumerate() {
        let shape = world.shape_of(&state);
        let (at, pid, can) = state.iter().enumerate().find_map(|(at, id)| match world.component(*id) {
            Some(Component::Process(local)) if local.process.ppid.0 != 0 && local.process.descent() == word.descent => {
                let timer = timers_of(&local.process).iter().any(|(_, act)| *act == word.act);
                Some((at, local.process.pid, timer || local.process.state == State::Ready))
            }
            _ => None,
        })?;
        if !can {
            return None;
        }
        let mut told = Vec::new();
        let step = Step { pid, act: word.act };
        let effect = world.step((shape, &state), at, step, &mut Hint::default(), &mut told);
        let next = world.next(&state, &told);
        let effect = world.effects.get_index(effect as usize)?;
        text.extend_from_slice(&effect.text);
        if effect.sleeps {
            ran.sleeps.push(number);
        }
        state = next;
    }
    (state == course.to && text == course.text).then_some(ran)
}
