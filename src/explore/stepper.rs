//! A machine that is moved one step at a time, as its driver says: a process from one point where others could see it to
//! the next, a timer, a number that `choose` gives.
//!
//! Between two steps every process that could run stands before a system call or a fault, or before an instruction where it makes a
//! difference whether a signal comes in. Its step delivers its signals if there are any, else does what it stands before;
//! then it runs its own instructions up to the next such point. They are nobody else's business, so nothing is lost by
//! running them at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::footprint::{Footprints, Points};
use super::schedule::{Act, Step};
use crate::abi::Signal;
use crate::abi::{Builtin, Errno, FUNCTION_BIAS, SIG_DFL, SIG_IGN};
use crate::bytecode::image::Image;
use crate::bytecode::op::Op;
use crate::kernel::call::Outcome;
use crate::kernel::event::Origin;
use crate::kernel::fork::pid_of_descent;
use crate::kernel::machine::Machine;
use crate::kernel::process::{Process, State};
use crate::kernel::sched::{Policy, Scheduler, Ticket};
use crate::kernel::{Pid, param};
use crate::vm::{self, Stop};

/// Where a process that could run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pause {
    /// Before a system call or a fault.
    Visible,
    /// Before an instruction where a signal may come in.
    Point,
    /// In a loop that nothing but a signal will ever end.
    Spins,
}

/// A number of `choose` or `rand` beyond which they are not tried one by one.
pub(crate) const MOST_CHOICES: u64 = 64;

/// Instructions after which a run without a visible act is looked at for a loop.
const LOOK_AFTER: u64 = 20_000;
/// The longest loop that is recognised.
const LONGEST_LOOP: u64 = 4096;
/// The most instructions without a visible act.
const BUDGET: u64 = 40_000_000;

/// Nobody is ever queued: the driver picks.
#[derive(Debug)]
struct Driven;

impl Policy for Driven {
    fn ready(&mut self, _: Ticket, _: i8) {}

    fn pick(&mut self) -> Option<Ticket> {
        None
    }

    fn is_empty(&self) -> bool {
        true
    }
}

/// How long sleeps take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sleep {
    /// Any sleep may end at any time: sleeping promises no order.
    #[default]
    Adversarial,
    /// Timers go off in the order of their times, and only when nobody can run.
    Fair,
}

/// How steps are made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// How long sleeps take.
    pub(crate) sleep: Sleep,
    /// Whether `choose` and `rand` draw from the seed rather than giving every number.
    pub(crate) seeded: bool,
    /// Every instruction is a point.
    pub(crate) instructions: bool,
    /// Calls that may also fail.
    pub(crate) faults: Vec<Builtin>,
}

/// What a call that may fail comes to although its program has done nothing wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// It fails.
    Fails(Errno),
    /// It asks for one byte only.
    Short,
}

/// A machine that is driven.
pub(crate) struct Stepper {
    pub(crate) machine: Machine,
    pub(crate) pauses: BTreeMap<Pid, Pause>,
    pub(crate) rules: Rules,
    footprints: Footprints,
    /// A process ran too long without a visible act: what follows was not looked at.
    pub(crate) out_of_budget: bool,
    /// Whether the program can look at the clock; else it may stand still.
    pub(crate) tells_time: bool,
    /// A number was asked for that is one of too many.
    pub(crate) too_many_choices: bool,
}

impl Stepper {
    /// Takes a machine that was made `by_descent`, and runs its script up to its first point.
    pub(crate) fn new(mut machine: Machine, rules: Rules) -> Stepper {
        machine.policy = Scheduler::Other(Box::new(Driven));
        machine.config.sends.clear();
        machine.timers.clear();
        let mut footprints = Footprints::default();
        footprints.everywhere = rules.instructions;
        let tells_time = machine.table.get(Pid(param::SCRIPT)).is_some_and(|script| tells_time(&script.image));
        let mut stepper = Stepper {
            machine,
            pauses: BTreeMap::new(),
            rules,
            footprints,
            out_of_budget: false,
            tells_time,
            too_many_choices: false,
        };
        stepper.settle(Pid(param::SCRIPT), false);
        stepper
    }

    /// Whether every process but init has ended.
    pub(crate) fn finished(&self) -> bool {
        self.machine.table.len() <= 1
    }

    fn signalled(process: &Process) -> bool {
        !process.signals.deliverable().is_empty() || process.signals.doomed.is_some()
    }

    /// Whether a process runs in a loop without end.
    pub(crate) fn spins(&self, process: &Process) -> bool {
        process.state == State::Ready
            && self.pauses.get(&process.pid) == Some(&Pause::Spins)
            && !Self::signalled(process)
    }

    /// The system call that a process stands before, if its next step makes one.
    pub(crate) fn next_call(&self, process: &Process) -> Option<Builtin> {
        if process.state != State::Ready || Self::signalled(process) {
            return None;
        }
        if let Some(call) = process.call.as_deref() {
            return Some(call.request.builtin);
        }
        if self.pauses.get(&process.pid) != Some(&Pause::Visible) {
            return None;
        }
        let context = process.context.as_deref()?;
        let i = context.image.code.get(context.pc as usize)?;
        match i.op {
            Op::Syscall => Builtin::from_number(i.c),
            Op::Return => Some(Builtin::Exit),
            _ => None,
        }
    }

    /// Everything that can happen next, in a fixed order.
    pub(crate) fn enabled(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for process in self.machine.table.iter() {
            let acts = self.acts(process, &mut false);
            steps.extend(acts.into_iter().map(|act| Step { pid: process.pid, act }));
        }
        let timers = self.timers();
        let first = timers.iter().map(|(tick, _)| *tick).min();
        match self.rules.sleep {
            Sleep::Fair if !steps.is_empty() => {}
            Sleep::Fair => {
                steps.extend(timers.into_iter().filter(|(tick, _)| Some(*tick) == first).map(|(_, step)| step));
            }
            Sleep::Adversarial => steps.extend(timers.into_iter().map(|(_, step)| step)),
        }
        steps
    }

    /// What a process can do next, but for its timers; `too_many` is set where it may choose among too many numbers.
    pub(crate) fn acts(&self, process: &Process, too_many: &mut bool) -> Vec<Act> {
        let mut acts = Vec::new();
        if process.state != State::Ready || self.spins(process) {
            return acts;
        }
        let call = self.next_call(process);
        match call {
            Some(Builtin::Choose | Builtin::Rand) if !self.rules.seeded && process.call.is_none() => {
                let asked = argument(process, 1);
                if asked > MOST_CHOICES as i64 {
                    *too_many = true;
                }
                if asked <= 0 || asked > MOST_CHOICES as i64 {
                    acts.push(Act::Run);
                } else {
                    acts.extend((0..asked as u64).map(Act::Choose));
                }
            }
            _ => acts.push(Act::Run),
        }
        if let (Some(call), None) = (call, &process.call)
            && self.rules.faults.contains(&call)
        {
            acts.extend(failure_of(call).map(Act::Fail));
            if call == Builtin::Read && argument(process, 2) > 1 {
                acts.push(Act::Short);
            }
        }
        acts
    }

    /// All timers that are set, with their ticks.
    pub(crate) fn timers(&self) -> Vec<(u64, Step)> {
        let of = |process: &Process| {
            let pid = process.pid;
            timers_of(process).into_iter().map(move |(tick, act)| (tick, Step { pid, act }))
        };
        self.machine.table.iter().flat_map(of).collect()
    }

    /// Makes a step that is enabled; whether it began with a signal.
    pub(crate) fn step(&mut self, step: Step) -> bool {
        let pid = step.pid;
        let mut signal = false;
        match step.act {
            Act::Alarm => {
                if let Some(tick) = self.machine.process_mut(pid).alarm.take() {
                    self.pass_time(tick);
                }
                self.machine.post(pid, Signal::SIGALRM, Origin::Timer);
            }
            Act::Wake => {
                let deadline = self.machine.process(pid).call.as_deref().and_then(|call| call.deadline);
                self.pass_time(deadline.unwrap_or(0));
                let now = self.machine.clock;
                if let Some(call) = self.machine.process_mut(pid).call.as_deref_mut() {
                    call.deadline = Some(now);
                }
                self.machine.wake(pid);
                self.run(pid, None);
            }
            Act::Run => signal = self.run(pid, None),
            Act::Choose(number) => {
                self.machine.chance.decide(Some(number));
                signal = self.run(pid, None);
                self.machine.chance.decide(None);
            }
            Act::Fail(errno) => signal = self.run(pid, Some(Trouble::Fails(errno))),
            Act::Short => signal = self.run(pid, Some(Trouble::Short)),
        }
        self.machine.timers.clear();
        signal
    }

    fn pass_time(&mut self, tick: u64) {
        if self.rules.sleep == Sleep::Adversarial && !self.tells_time {
            return;
        }
        self.machine.clock = self.machine.clock.max(tick);
    }

    /// The step of a process; whether it began with a signal.
    fn run(&mut self, pid: Pid, trouble: Option<Trouble>) -> bool {
        let process = self.machine.process(pid);
        let signalled = Self::signalled(process);
        let (call, births) = (process.call.is_some(), process.births);
        let paused = self.pauses.remove(&pid);
        self.machine.set_state(pid, State::Running);
        if call || signalled {
            self.machine.enter(pid);
        } else if paused == Some(Pause::Visible) && self.act(pid, trouble) {
            // The same signal may come from others before it is acted on, and is not added then.
            self.machine.set_state(pid, State::Ready);
            self.pauses.insert(pid, Pause::Point);
            return false;
        }
        let resumed = paused == Some(Pause::Point) && !call && !signalled;
        self.settle(pid, resumed);
        self.settle_child(pid, births);
        signalled && !call
    }

    /// A child that this step has made runs up to its first point.
    fn settle_child(&mut self, parent: Pid, births: u32) {
        let Some(process) = self.machine.table.get(parent).filter(|process| process.births > births) else { return };
        let is_newest = |child: Pid| {
            self.machine
                .table
                .get(child)
                .is_some_and(|child| child.ppid == parent && child.lineage.ordinal == births + 1)
        };
        // Its id tells where it is; the other children are not looked at, since whatever is looked at must be as it was for the step to be
        // known again.
        let mut descent = process.descent();
        descent.push(births + 1);
        let usual = pid_of_descent(&descent);
        let newest =
            if is_newest(usual) { Some(usual) } else { process.children.iter().find(|child| is_newest(*child)) };
        if let Some(newest) = newest {
            self.settle(newest, false);
        }
    }

    /// Does what a process stands before: a system call, or a fault. Whether it has sent itself a signal that it handles, which is still to be
    /// acted on.
    fn act(&mut self, pid: Pid, trouble: Option<Trouble>) -> bool {
        match self.go(pid, 2) {
            Some(Stop::Syscall(request)) => {
                let count = request.window.wrapping_add(2);
                self.machine.begin_call(pid, request);
                match trouble {
                    Some(Trouble::Fails(errno)) => {
                        if let Some(call) = self.machine.process_mut(pid).call.take() {
                            self.machine.complete(pid, &call, &Outcome::Fail(errno));
                        }
                    }
                    // The arguments are the call's own: nobody reads them after it. In the register, they are part of the state.
                    Some(Trouble::Short) => {
                        let process = self.machine.process_mut(pid);
                        if let (Some(context), Some(call)) =
                            (process.context.as_deref_mut(), process.call.as_deref_mut())
                        {
                            context.set_register(count, 1);
                            call.words[1] = 1;
                        }
                    }
                    None => {}
                }
                return self.machine.enter_until_handled(pid);
            }
            Some(Stop::Fault(fault)) => {
                self.machine.fault(pid, *fault);
                self.machine.enter(pid);
            }
            Some(Stop::HandlerReturned) => self.machine.leave_handler(pid),
            Some(Stop::FuelSpent) | None => {}
        }
        false
    }

    /// Lets the processor run a process.
    fn go(&mut self, pid: Pid, fuel: u64) -> Option<Stop> {
        let machine = &mut self.machine;
        let process = machine.table.get_mut(pid)?;
        let context = process.context.as_deref_mut()?;
        let (stop, used) = vm::run(&mut machine.processor, context, &mut machine.memory, fuel);
        process.accounting.ticks += used;
        machine.totals.ticks += used;
        Some(stop)
    }

    /// The handlers that may interrupt a process as it stands.
    fn handlers(&self, pid: Pid) -> Vec<u32> {
        let Some(process) = self.machine.table.get(pid) else { return Vec::new() };
        let signals = &process.signals;
        let mut handlers: Vec<u32> = Signal::ALL
            .iter()
            .filter(|signal| !signals.mask.contains(**signal))
            .map(|signal| signals.action(*signal).handler)
            .filter(|handler| !matches!(*handler, SIG_DFL | SIG_IGN))
            .map(|handler| handler.wrapping_sub(FUNCTION_BIAS) as u32)
            .collect();
        handlers.sort_unstable();
        handlers.dedup();
        handlers
    }

    fn points(&mut self, pid: Pid) -> Option<Rc<Points>> {
        let handlers = self.handlers(pid);
        if handlers.is_empty() && !self.rules.instructions {
            return None;
        }
        let image = self.machine.table.get(pid)?.image.clone();
        Some(self.footprints.points(&image, &handlers))
    }

    /// Runs a process up to its next point, if it may run at all, and leaves it there, ready.
    fn settle(&mut self, pid: Pid, resumed: bool) {
        match self.machine.table.get(pid).map(|process| process.state) {
            Some(State::Running) => {}
            // A new child, the script at the start, or a process that has yielded.
            Some(State::Ready) if !self.pauses.contains_key(&pid) && self.machine.process(pid).call.is_none() => {
                self.machine.set_state(pid, State::Running);
            }
            _ => return,
        }
        let pause = self.run_on(pid, resumed);
        if self.machine.table.get(pid).is_some_and(|process| process.state == State::Running) {
            self.machine.set_state(pid, State::Ready);
            self.pauses.insert(pid, pause);
        }
    }

    /// Runs a process's own instructions; where it came to a halt. One that stood at a point carries out at least one.
    fn run_on(&mut self, pid: Pid, resumed: bool) -> Pause {
        let mut points = self.points(pid);
        let mut resumed = resumed;
        let mut left = BUDGET;
        let mut until_look = LOOK_AFTER;
        loop {
            let Some(context) = self.machine.table.get(pid).and_then(|process| process.context.as_deref()) else {
                return Pause::Visible;
            };
            let here = context.pc;
            let fuel = match &points {
                Some(points) if !resumed && points.stops(here) => return self.kind_of_pause(pid),
                Some(points) => points.straight(here).min(until_look),
                None => until_look,
            };
            resumed = false;
            match self.go(pid, fuel) {
                Some(Stop::Syscall(_) | Stop::Fault(_)) | None => return Pause::Visible,
                Some(Stop::HandlerReturned) => {
                    self.machine.leave_handler(pid);
                    if Self::signalled(self.machine.process(pid)) {
                        return Pause::Point;
                    }
                    points = self.points(pid);
                }
                Some(Stop::FuelSpent) => {
                    until_look = until_look.saturating_sub(fuel);
                    left = left.saturating_sub(fuel);
                    if until_look == 0 {
                        if points.is_none() && self.loops(pid) {
                            return Pause::Spins;
                        }
                        until_look = LOOK_AFTER.max(BUDGET - left);
                    }
                    if left == 0 {
                        self.out_of_budget = true;
                        return Pause::Spins;
                    }
                }
            }
        }
    }

    /// Where every instruction is a point, a system call is still what it is.
    fn kind_of_pause(&self, pid: Pid) -> Pause {
        let context = self.machine.table.get(pid).and_then(|process| process.context.as_deref());
        let op = context.and_then(|context| context.image.code.get(context.pc as usize)).map(|i| i.op);
        if op == Some(Op::Syscall) { Pause::Visible } else { Pause::Point }
    }

    /// Whether a process comes back to the very state it is in within a few thousand instructions: then it does so for ever.
    fn loops(&mut self, pid: Pid) -> bool {
        let Some(process) = self.machine.table.get(pid) else { return false };
        let Some(context) = process.context.as_deref() else { return false };
        let kept = context.snapshot(&mut self.machine.memory);
        let mut found = false;
        for _ in 0..LONGEST_LOOP {
            if self.go(pid, 1) != Some(Stop::FuelSpent) {
                break;
            }
            let Some(now) = self.machine.table.get(pid).and_then(|process| process.context.as_deref()) else { break };
            if now.pc == kept.pc && now.base == kept.base && now.slots() == kept.slots() {
                let end = kept.heap.end();
                let words = |space| self.machine.memory.read_words(space, 0, end);
                found = now.heap.end() == end && (now.space == kept.space || words(now.space) == words(kept.space));
                break;
            }
        }
        kept.release(&mut self.machine.memory);
        found
    }
}

/// The timers of a process, with their ticks.
pub(crate) fn timers_of(process: &Process) -> Vec<(u64, Act)> {
    let mut timers = Vec::new();
    let deadline = process.call.as_deref().and_then(|call| call.deadline);
    if let (State::Blocked(_), Some(tick)) = (process.state, deadline) {
        timers.push((tick, Act::Wake));
    }
    if let (Some(tick), false) = (process.alarm, process.state == State::Zombie) {
        timers.push((tick, Act::Alarm));
    }
    timers
}

/// Whether a program, or one that it may exec, can look at the clock.
fn tells_time(image: &Image) -> bool {
    use Builtin::*;
    image.code.iter().filter(|i| i.op == Op::Syscall).filter_map(|i| Builtin::from_number(i.c)).any(|builtin| {
        matches!(builtin, Time | Now | Clock | Alarm | MqTimedsend | MqTimedreceive | Exec | Execv | Execl)
    })
}

/// An argument, from 1, of the system call that a process stands before; 0 where it stands before none.
pub(crate) fn argument(process: &Process, at: u8) -> i64 {
    let Some(context) = process.context.as_deref() else { return 0 };
    match context.image.code.get(context.pc as usize) {
        Some(i) if i.op == Op::Syscall => context.register(i.a.wrapping_add(at)) as i64,
        _ => 0,
    }
}

/// How a call may fail although its program has done nothing wrong.
fn failure_of(call: Builtin) -> Option<Errno> {
    use Builtin::*;
    match call {
        Fork => Some(Errno::EAGAIN),
        Pipe | Pipe2 | Dup | Dup2 | MqOpen | Open => Some(Errno::EMFILE),
        Mkfifo | Mkdir => Some(Errno::ENOSPC),
        Read | Write | Poll | Getline | Wait | Waitpid | MqSend | MqReceive | MqTimedsend | MqTimedreceive | Close => {
            Some(Errno::EINTR)
        }
        Exec | Execv | Execl => Some(Errno::ENOMEM),
        Setpgid | Kill | Killpg => Some(Errno::EPERM),
        _ => None,
    }
}

/// The calls that `--faults` can name.
pub fn may_fail(name: &str) -> Option<Builtin> {
    Builtin::ALL.iter().copied().find(|builtin| builtin.name() == name && failure_of(*builtin).is_some())
}
