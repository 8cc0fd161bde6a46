//! The one door between user code and the kernel, and the loop around it.
//!
//! Whoever comes in through the door leaves by it in a fixed order: the call in progress is made (again), signals are acted
//! on, then the process returns to its own code, until its quantum is spent.

mod broken;
mod idle;

use std::hint::black_box;

use super::call::{Call, Outcome};
use super::event::{Answer, Watch, What};
use super::machine::Machine;
use super::process::{Pid, Process, State};
use super::signal::Delivery;
use super::syscall;
use super::wait::WaitFor;
use crate::abi::{Builtin, Signal, Status};
use crate::vm::{self, Context, FILES, Request, Stop};

/// Turns between two looks at what the host has got from outside, and at those whose turn comes soon.
const TURNS_AT_ONCE: u64 = 8;

/// How many register files take turns where all together would not last.
const FEW_FILES: usize = 4;

/// Switches of the processor between two looks at a terminal that a process waits for.
const TURNS_BETWEEN_LOOKS: u64 = 256;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Every process has ended; the script with this status.
    Finished(Status),
    /// `Config::ticks` instructions were carried out.
    TicksReached,
    /// Every process waits, and nothing can wake any of them.
    Stuck,
    /// The host asked for the end.
    Quit,
}

/// Whether this is one of the calls that print, most of which are carried out at once.
#[inline(always)]
fn prints(request: &Request) -> bool {
    matches!(request.builtin, Builtin::Print | Builtin::Printf)
}

impl Machine {
    /// Runs to the end.
    pub fn run(&mut self) -> End {
        loop {
            if let Some(end) = self.step() {
                return end;
            }
        }
    }

    /// One turn: the next ready process for its quantum, or, where none is ready, the clock or the terminal.
    #[inline(always)]
    pub fn step(&mut self) -> Option<End> {
        self.turns += 1;
        if self.turns.is_multiple_of(TURNS_AT_ONCE) {
            if self.hears_of_end() {
                return Some(End::Quit);
            }
            self.look_ahead();
        }
        if !self.timers.is_empty() {
            self.fire_timers();
        }
        if self.config.ticks.is_some_and(|limit| self.totals.ticks >= limit) {
            return Some(End::TicksReached);
        }
        match self.pick() {
            Some(pid) => {
                // Somebody who types while others run is heard soon, and a look at the terminal costs more than a quantum.
                if self.totals.switches.is_multiple_of(TURNS_BETWEEN_LOOKS) {
                    self.look_at_terminal(false);
                }
                self.dispatch(pid);
                None
            }
            None => self.idle(),
        }
    }

    /// The next ready process; entries of processes that have stopped or ended since are passed over.
    #[inline(always)]
    fn pick(&mut self) -> Option<Pid> {
        loop {
            let ticket = self.policy.pick()?;
            let valid = |process: &Process| process.ticket == ticket.number && matches!(process.state, State::Ready);
            if self.table.get(ticket.pid).is_some_and(valid) {
                return Some(ticket.pid);
            }
        }
    }

    /// Looks at those whose turn comes soon, where so many are ready that the host's caches cannot hold them all. Each needs the one
    /// before it to be found, so they are looked at in stages; and several in each, since the host fetches at once whatever it
    /// need not have in turn.
    #[inline(always)]
    fn look_ahead(&self) {
        const MANY: usize = 4096;
        if self.policy.ahead(MANY).is_some() {
            self.look_at_next();
        }
    }

    #[inline(never)]
    fn look_at_next(&self) {
        const STAGE: usize = TURNS_AT_ONCE as usize;
        let process = |at: usize| self.policy.ahead(at).and_then(|ticket| self.table.get(ticket.pid));
        let context = |at: usize| process(at).and_then(|process| process.context.as_deref());
        let mut seen = 0;
        for at in 2 * STAGE..3 * STAGE {
            seen ^= process(at).map_or(0, |process| {
                u64::from(process.signals.doomed.is_some()) ^ process.accounting.since ^ process.accounting.calls
            });
        }
        for at in STAGE..2 * STAGE {
            seen ^= context(at).map_or(0, |context| u64::from(context.pc) ^ context.limits.heap);
        }
        for at in 0..STAGE {
            seen ^= context(at).map_or(0, |context| {
                let slots = context.slots();
                slots.iter().step_by(8).chain(slots.last()).fold(0, |all, slot| all | slot)
            });
        }
        black_box(seen);
    }

    /// Runs `pid` until its quantum is spent or it leaves the processor by itself.
    #[inline(always)]
    pub(crate) fn dispatch(&mut self, pid: Pid) {
        if self.last != Some(pid) {
            self.last = Some(pid);
            self.totals.switches += 1;
        }
        let now = self.clock;
        let Some(process) = self.table.get_mut(pid) else { return };
        process.begin_turn(now);
        let nothing_to_do = process.call.is_none() && process.signals.are_quiet();
        if process.context.as_deref().is_some_and(|context| !context.has_file()) {
            self.give_file(pid);
        }
        if self.watches(Watch::SCHED) {
            self.note_state(pid, State::Ready, State::Running);
            self.emit(Watch::SCHED, pid, What::Dispatched);
        }
        let mut left = if self.policy.preempts() { self.config.quantum } else { u64::MAX };
        let mut goes_on = nothing_to_do || self.enter(pid);
        while goes_on {
            let room = self.room_until_next_event(left);
            if room == 0 {
                self.preempt(pid);
                return;
            }
            let Some(process) = self.table.get_mut(pid) else { return };
            let Some(context) = process.context.as_deref_mut() else { return };
            let heap = if self.config.watch.has(Watch::MEMORY) { context.heap.peak_bytes() } else { 0 };
            let (stop, used) = vm::run(&mut self.processor, context, &mut self.memory, room);
            process.accounting.ticks += used;
            self.totals.ticks += used;
            self.clock += used;
            left -= used.min(left);
            let quiet = self.timers.is_empty() && !self.config.watch.has(Watch::MEMORY) && !self.memory.exhausted();
            goes_on = match stop {
                Stop::Syscall(request) if quiet && !prints(&request) => {
                    process.accounting.calls += 1;
                    self.totals.calls += 1;
                    let call = Call::new(request, context, self.clock, self.spare_call.take());
                    self.attempt_first(pid, call)
                }
                stop => self.enter_after(pid, stop, heap),
            };
        }
        self.leave_processor(pid);
    }

    /// Gives a process the register file of the one that has had its own for the longest.
    #[inline(never)]
    fn give_file(&mut self, pid: Pid) {
        if self.config.by_descent {
            // Whoever is looked at or lent out is noted there.
            return;
        }
        // Where there are more processes than files, most come back to find theirs taken: few files then stay in the host's caches.
        let files = if self.table.len() > FILES { FEW_FILES } else { FILES };
        let at = self.next_file % files;
        self.next_file = at + 1;
        match self.holders.get_mut(at) {
            Some(holder) => {
                let last = std::mem::replace(holder, pid);
                let last = self.table.get_mut(last).and_then(|process| process.context.as_deref_mut());
                if let Some(context) = last.filter(|context| context.file() == Some(at + 1)) {
                    context.leave_file(&mut self.processor);
                }
            }
            None => self.holders.push(pid),
        }
        if let Some(context) = self.table.get_mut(pid).and_then(|process| process.context.as_deref_mut()) {
            context.take_file(&mut self.processor, at + 1);
        }
    }

    /// A process has ended: its register file is the next to be given, so that those who come and go share one.
    pub(crate) fn take_file_of(&mut self, context: &Context) {
        if let Some(file) = context.file() {
            self.next_file = file.saturating_sub(1);
        }
    }

    /// As Linux does where copies on write leave no memory: whoever wanted the last page pays.
    #[cold]
    fn die_of_exhaustion(&mut self, pid: Pid) -> bool {
        self.tell_of_exhaustion(pid);
        self.die(pid, Status::killed(Signal::SIGKILL));
        false
    }

    /// The processor has stopped for another reason than a call, or there is more to be done before it; `heap` is how many bytes there
    /// were in the heap.
    #[inline(never)]
    fn enter_after(&mut self, pid: Pid, stop: Stop, heap: u64) -> bool {
        if self.watches(Watch::MEMORY) {
            self.tell_of_memory(pid, heap);
        }
        if !self.timers.is_empty() {
            self.fire_timers();
        }
        if self.memory.exhausted() {
            return self.die_of_exhaustion(pid);
        }
        match stop {
            Stop::FuelSpent if self.ledger.on => self.note_turns(pid),
            Stop::FuelSpent => {}
            Stop::Syscall(request) => return self.enter_for(pid, request),
            Stop::Fault(fault) => self.fault(pid, *fault),
            Stop::HandlerReturned => self.leave_handler(pid),
        }
        self.enter(pid)
    }

    /// Pages that were copied since the last look, and a heap that has grown beyond `before` bytes.
    fn tell_of_memory(&mut self, pid: Pid, before: u64) {
        let copied = self.memory.stats().pages_copied;
        let new = copied.saturating_sub(std::mem::replace(&mut self.copied_told, copied));
        let heap = self.process(pid).context.as_deref().map_or(0, |context| context.heap.peak_bytes());
        if new > 0 || heap > before {
            self.emit(Watch::MEMORY, pid, What::Memory { copied: new, heap });
        }
    }

    /// How many instructions may run before the quantum, a timer or the limit of the run is reached.
    fn room_until_next_event(&mut self, left: u64) -> u64 {
        let mut room = left;
        if !self.timers.is_empty()
            && let Some(((tick, _), _)) = self.timers.first_key_value()
        {
            room = room.min(tick.saturating_sub(self.clock).max(1));
        }
        if let Some(limit) = self.config.ticks {
            room = room.min(limit.saturating_sub(self.totals.ticks));
        }
        room
    }

    fn preempt(&mut self, pid: Pid) {
        self.process_mut(pid).accounting.involuntary_switches += 1;
        if self.watches(Watch::SCHED) {
            self.emit(Watch::SCHED, pid, What::Preempted);
        }
        self.make_ready_from(pid, |process, now| process.end_turn(State::Ready, now));
    }

    fn leave_processor(&mut self, pid: Pid) {
        if let Some(process) = self.table.get_mut(pid) {
            process.accounting.voluntary_switches += 1;
        }
    }

    /// The way back to user code: true where the process may run its own instructions now.
    pub(crate) fn enter(&mut self, pid: Pid) -> bool {
        let Some(process) = self.table.get_mut(pid) else { return false };
        let State::Running = process.state else { return false };
        if process.call.is_none() && process.signals.are_quiet() {
            return true;
        }
        // Whoever is about to be killed makes no call again.
        let call = if process.signals.doomed.is_some() { None } else { process.call.take() };
        let blocked = match call {
            Some(call) => self.attempt_again(pid, call),
            None => None,
        };
        self.leave(pid, blocked)
    }

    /// The same, for a process that has just asked for a call.
    fn enter_for(&mut self, pid: Pid, request: Request) -> bool {
        let Some(process) = self.table.get_mut(pid) else { return false };
        let State::Running = process.state else { return false };
        process.accounting.calls += 1;
        self.totals.calls += 1;
        if prints(&request) && self.print_at_once(pid, &request) {
            return self.leave(pid, None);
        }
        let Some(context) = self.table.get(pid).and_then(|process| process.context.as_deref()) else { return false };
        let call = Call::new(request, context, self.clock, self.spare_call.take());
        let blocked = self.attempt_again(pid, call);
        self.leave(pid, blocked)
    }

    /// Makes a call for the first time, hands its answer over, and goes the way back to user code: true where the process may
    /// run its own instructions now. What nearly all calls answer takes this way, which looks for the process once.
    #[inline(always)]
    fn attempt_first(&mut self, pid: Pid, mut call: Box<Call>) -> bool {
        if self.watches(Watch::SYSCALL) || !self.made.is_empty() {
            let blocked = self.attempt_again(pid, call);
            return self.leave(pid, blocked);
        }
        let outcome = syscall::make(self, pid, &mut call);
        // What owns nothing is forgotten, since giving it up would be a call for nothing.
        let goes_on = match outcome {
            Outcome::Int(value) => {
                std::mem::forget(outcome);
                syscall::store_int(self, pid, &call, value) || self.leave(pid, None)
            }
            Outcome::Yield(value) => {
                std::mem::forget(outcome);
                self.complete_yield(pid, &call, value);
                false
            }
            Outcome::Block(reason) => {
                std::mem::forget(outcome);
                call.slept = true;
                if let Some(process) = self.table.get_mut(pid) {
                    process.call = Some(call);
                }
                return self.leave(pid, Some(reason));
            }
            Outcome::Counted(bytes) => self.answer_bytes(pid, &call, bytes, None) || self.leave(pid, None),
            Outcome::Message(bytes, priority) => {
                self.answer_bytes(pid, &call, bytes, Some(priority)) || self.leave(pid, None)
            }
            Outcome::Gone => {
                std::mem::forget(outcome);
                self.leave(pid, None)
            }
            outcome => {
                self.complete_with(pid, &call, outcome);
                self.leave(pid, None)
            }
        };
        self.keep_place(call);
        goes_on
    }

    /// The place of a call that has been answered is kept for the next one.
    #[inline(always)]
    fn keep_place(&mut self, call: Box<Call>) {
        if self.spare_call.is_none() {
            self.spare_call = Some(call);
        }
    }

    /// The rest of the way back, after the call in progress was made; `blocked` is what it waits for, where it must.
    #[inline(always)]
    fn leave(&mut self, pid: Pid, blocked: Option<WaitFor>) -> bool {
        let Some(process) = self.table.get(pid) else { return false };
        if !process.may_go_on() {
            return self.leave_by_signals(pid, blocked);
        }
        match blocked {
            None => true,
            Some(reason) => self.sleep(pid, reason),
        }
    }

    /// The process waits in its call; never true, since it does not go on.
    #[inline]
    fn sleep(&mut self, pid: Pid, reason: WaitFor) -> bool {
        self.enter_queues(pid, reason);
        let now = self.clock;
        if let Some(process) = self.table.get_mut(pid) {
            process.end_turn(State::Blocked(reason), now);
        }
        if self.watches(Watch::SCHED) {
            self.note_state(pid, State::Running, State::Blocked(reason));
        }
        false
    }

    /// The same where signals are to be acted on first.
    #[inline(never)]
    fn leave_by_signals(&mut self, pid: Pid, mut blocked: Option<WaitFor>) -> bool {
        loop {
            let Some(process) = self.table.get(pid) else { return false };
            if !matches!(process.state, State::Running) {
                return false;
            }
            if process.signals.are_quiet() {
                return blocked.is_none_or(|reason| self.sleep(pid, reason));
            }
            if self.deliver(pid) == Delivery::Off {
                return false;
            }
            // What the signals have left of the call is made again.
            blocked = match self.table.get_mut(pid).and_then(|process| process.call.take()) {
                Some(call) => self.attempt_again(pid, call),
                None => None,
            };
        }
    }

    /// Notes that a process asks for a call, which is made when it is entered.
    pub(crate) fn begin_call(&mut self, pid: Pid, request: Request) {
        self.totals.calls += 1;
        let now = self.clock;
        let process = self.process_mut(pid);
        process.accounting.calls += 1;
        if let Some(context) = process.context.as_deref() {
            process.call = Some(Call::new(request, context, now, None));
        }
    }

    /// Makes a call, for the first time or again; what it must wait for, where it must: then its process keeps it.
    #[inline(never)]
    fn attempt_again(&mut self, pid: Pid, mut call: Box<Call>) -> Option<WaitFor> {
        let reason = self.make_and_answer(pid, &mut call);
        if reason.is_none() {
            self.keep_place(call);
        } else if let Some(process) = self.table.get_mut(pid) {
            process.call = Some(call);
        }
        reason
    }

    /// Makes a call, unless it is to fail.
    #[inline(always)]
    fn make(&mut self, pid: Pid, call: &mut Call) -> Outcome {
        if !self.made.is_empty()
            && let Some(errno) = self.forced_failure(pid, call)
        {
            return Outcome::Fail(errno);
        }
        syscall::make(self, pid, call)
    }

    /// Makes a call and hands its answer over; what it must wait for, where it must.
    #[inline(always)]
    fn make_and_answer(&mut self, pid: Pid, call: &mut Call) -> Option<WaitFor> {
        if self.watches(Watch::SYSCALL) {
            return self.make_watched(pid, call);
        }
        let outcome = self.make(pid, call);
        match outcome {
            Outcome::Block(reason) => {
                call.slept = true;
                Some(reason)
            }
            Outcome::Counted(bytes) => {
                self.answer_bytes(pid, call, bytes, None);
                None
            }
            Outcome::Message(bytes, priority) => {
                self.answer_bytes(pid, call, bytes, Some(priority));
                None
            }
            outcome => {
                self.complete_with(pid, call, outcome);
                None
            }
        }
    }

    /// Hands over what was read or received; whether the process may go on at once.
    #[inline(always)]
    fn answer_bytes(&mut self, pid: Pid, call: &Call, bytes: Vec<u8>, priority: Option<i64>) -> bool {
        let goes_on = syscall::store_counted(self, pid, call, &bytes, priority);
        self.give_back(bytes);
        goes_on
    }

    /// Completes a call with any answer.
    #[inline(never)]
    fn complete_with(&mut self, pid: Pid, call: &Call, outcome: Outcome) {
        if let Outcome::Child(..) = outcome {
            syscall::store(self, pid, call, &outcome);
            std::mem::forget(outcome);
            return;
        }
        self.note_outcome(pid, call, &outcome);
        self.complete(pid, call, &outcome);
    }

    /// Writes a failure into the ledger.
    #[inline]
    fn note_outcome(&mut self, pid: Pid, call: &Call, outcome: &Outcome) {
        if let (Outcome::Fail(errno), true) = (outcome, self.ledger.on) {
            self.note_failure(pid, call, *errno, false);
        }
    }

    /// The same, telling the host of the call.
    #[cold]
    #[inline(never)]
    fn make_watched(&mut self, pid: Pid, call: &mut Call) -> Option<WaitFor> {
        let args = syscall::shown_args(self, pid, call);
        let builtin = call.request.builtin;
        if builtin.never_returns() && !call.slept {
            // The process may be gone for good when the call has been made.
            let (args, answer) = (args.clone(), Answer::NoReturn);
            self.emit(Watch::SYSCALL, pid, What::Call { builtin, args, answer });
        }
        let outcome = self.make(pid, call);
        self.note_outcome(pid, call, &outcome);
        match outcome {
            Outcome::Block(reason) => {
                if !std::mem::replace(&mut call.slept, true) {
                    self.emit(Watch::SYSCALL, pid, What::Waits { builtin, args, reason });
                }
                Some(reason)
            }
            outcome => {
                if !builtin.never_returns() {
                    let answer = syscall::answer(self, pid, &outcome);
                    self.emit(Watch::SYSCALL, pid, What::Call { builtin, args, answer });
                }
                self.complete(pid, call, &outcome);
                None
            }
        }
    }

    /// Hands a call's answer to its process and moves it past the call.
    pub(crate) fn complete(&mut self, pid: Pid, call: &Call, outcome: &Outcome) {
        match outcome {
            Outcome::Gone | Outcome::Block(_) => {}
            Outcome::Fault(fault) => self.fault(pid, (**fault).clone()),
            Outcome::Yield(value) => self.complete_yield(pid, call, *value),
            outcome => syscall::store(self, pid, call, outcome),
        }
    }

    /// The answer of a call after which the next process has its turn.
    #[inline]
    fn complete_yield(&mut self, pid: Pid, call: &Call, value: i64) {
        let now = self.clock;
        let Some(process) = self.table.get_mut(pid) else { return };
        if let Some(context) = process.context.as_deref_mut() {
            context.answer(call.request.window, value as u64);
        }
        if matches!(process.state, State::Running) {
            process.end_turn(State::Ready, now);
            let (ticket, nice) = (process.next_ticket(), process.nice);
            if self.watches(Watch::SCHED) {
                self.note_state(pid, State::Running, State::Ready);
            }
            self.policy.ready(ticket, nice);
        }
    }
}
