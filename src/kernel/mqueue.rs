//! POSIX message queues (mq_overview(7)) as Linux has them.
//!
//! A message for a queue where somebody sleeps to receive is handed over to that sleeper and never enters the queue;
//! the message of a sleeping sender is moved in by whoever makes room. Both are finished by the other side: the
//! sleeper only looks at what stands in its call.

use std::collections::{BTreeMap, VecDeque};

use super::backlog::Backlog;
use super::call::{Call, Outcome};
use super::event::Origin;
use super::file::{FileId, Kind, Making, OpenFile};
use super::ledger::Passed;
use super::machine::{Machine, Timer};
use super::param::{MQ_BYTES, MQ_MAX_MESSAGES, MQ_MAX_SIZE, MQ_PRIORITY, MQ_QUEUES, NAME_MAX};
use super::poll::Source;
use super::process::{Deed, Pid, Trail};
use super::seen::Seen;
use super::slab::Slab;
use super::wait::WaitFor;
use crate::abi::constant::{O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR, O_WRONLY};
use crate::abi::{Errno, Signal, constant};

/// What the kernel of Linux counts for each message a queue can hold besides its bytes: its head and its place in the tree.
const MESSAGE_OVERHEAD: u64 = 96;

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(pub u32);

/// A message.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Message {
    /// Its priority, the larger the more urgent.
    pub priority: i64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Who sent it, where and when.
    pub sent: Deed,
}

/// A process that wants a signal when a message comes to the empty queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Registration {
    /// Which signal; none where only the place is taken (SIGEV_NONE, MQNOTE-10).
    pub signal: Option<Signal>,
    /// Who asked for it, where and when.
    pub by: Deed,
}

impl std::hash::Hash for Registration {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.signal, self.by.who).hash(state);
    }
}

/// Who sleeps at a queue. Nobody but a process itself changes its nice value, and it does not while it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sleeper {
    pid: Pid,
    nice: i8,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Queue {
    /// Its name, with the slash.
    pub name: Vec<u8>,
    /// How many messages it holds.
    pub max_messages: i64,
    /// How long a message may be.
    pub max_size: i64,
    /// The most urgent first, the oldest first within a priority.
    messages: VecDeque<Message>,
    /// Whether its name still leads to it.
    pub linked: bool,
    /// Open file descriptions of it.
    opens: u32,
    receivers: Backlog<Sleeper>,
    senders: Backlog<Sleeper>,
    /// Who is to be told of the next message.
    pub registration: Option<Registration>,
    /// The call that made it.
    pub made: Deed,
    /// The latest message that was sent to it, received or not.
    pub last_sent: Trail,
    /// The latest receive that took a message.
    pub last_taken: Trail,
    /// The latest `mq_notify` whose signal was sent, which ended it.
    pub notified: Trail,
}

/// Bytes of a message that are kept to be quoted.
const MOST_SHOWN: usize = 40;

impl Queue {
    /// The messages that wait, the next to be received first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message waits.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether a message more has no room.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.messages.len() as i64 >= self.max_messages
    }

    #[inline]
    fn insert(&mut self, message: Message) {
        if self.messages.back().is_none_or(|last| last.priority >= message.priority) {
            return self.messages.push_back(message);
        }
        let at = self.messages.partition_point(|waiting| waiting.priority >= message.priority);
        self.messages.insert(at, message);
    }

    /// What it counts for under RLIMIT_MSGQUEUE.
    fn weight(max_messages: i64, max_size: i64) -> u64 {
        max_messages as u64 * (max_size as u64 + MESSAGE_OVERHEAD)
    }
}

/// All queues.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queues {
    queues: Slab<Queue>,
    names: BTreeMap<Vec<u8>, QueueId>,
    bytes: u64,
    registrations: usize,
    /// Which were looked at.
    seen: Seen,
}

/// All of the queues but what is in them.
#[derive(Debug, Clone, Hash)]
pub(crate) struct QueuesShape {
    names: BTreeMap<Vec<u8>, QueueId>,
    bytes: u64,
    registrations: usize,
    places: usize,
    free: Vec<u32>,
}

/// Checks a name; messages about it come from the errno and the name itself (MQOPEN-06, MQOPEN-07).
fn check_name(name: &[u8]) -> Result<(), Errno> {
    match name {
        [b'/'] => Err(Errno::ENOENT),
        [b'/', b'.'] | [b'/', b'.', b'.'] => Err(Errno::EACCES),
        [b'/', rest @ ..] if rest.contains(&b'/') || rest.contains(&0) => Err(Errno::EACCES),
        [b'/', rest @ ..] if rest.len() > NAME_MAX => Err(Errno::ENAMETOOLONG),
        [b'/', ..] => Ok(()),
        _ => Err(Errno::EINVAL),
    }
}

impl Queues {
    /// A queue, while it has a name or is open.
    #[inline]
    pub fn get(&self, queue: QueueId) -> Option<&Queue> {
        self.seen.note(queue.0);
        self.queues.get(queue.0)
    }

    #[inline]
    fn get_mut(&mut self, queue: QueueId) -> Option<&mut Queue> {
        self.seen.note(queue.0);
        self.queues.get_mut(queue.0)
    }

    /// All queues, by id.
    pub fn iter(&self) -> impl Iterator<Item = (QueueId, &Queue)> {
        self.seen.note_all();
        self.queues.iter().map(|(at, queue)| (QueueId(at), queue))
    }

    /// The queue to open, made where the flags ask for it; in Linux's order of checks.
    fn find_or_make(
        &mut self,
        name: &[u8],
        flags: i64,
        attributes: Option<(i64, i64)>,
        made: Deed,
    ) -> Result<QueueId, Errno> {
        check_name(name)?;
        if let Some(queue) = self.names.get(name) {
            return match flags & (O_CREAT | O_EXCL) {
                both if both == O_CREAT | O_EXCL => Err(Errno::EEXIST),
                _ => Ok(*queue),
            };
        }
        if flags & O_CREAT == 0 {
            return Err(Errno::ENOENT);
        }
        if self.queues.len() >= MQ_QUEUES {
            return Err(Errno::ENOSPC);
        }
        let (max_messages, max_size) = attributes.unwrap_or((MQ_MAX_MESSAGES, MQ_MAX_SIZE));
        if !(1..=MQ_MAX_MESSAGES).contains(&max_messages) || !(1..=MQ_MAX_SIZE).contains(&max_size) {
            return Err(Errno::EINVAL);
        }
        let weight = Queue::weight(max_messages, max_size);
        if self.bytes + weight > MQ_BYTES {
            return Err(Errno::EMFILE);
        }
        self.bytes += weight;
        let queue = Queue {
            name: name.to_vec(),
            max_messages,
            max_size,
            messages: VecDeque::new(),
            linked: true,
            opens: 0,
            receivers: Backlog::default(),
            senders: Backlog::default(),
            registration: None,
            made,
            last_sent: Trail::default(),
            last_taken: Trail::default(),
            notified: Trail::default(),
        };
        let id = QueueId(self.queues.insert(queue));
        self.seen.note(id.0);
        self.names.insert(name.to_vec(), id);
        Ok(id)
    }

    /// mq_unlink(3): the name goes at once, the queue with its last close (MQEND-02 to MQEND-05). The queue, if it is gone.
    pub(crate) fn unlink(&mut self, name: &[u8]) -> Result<Option<Queue>, Errno> {
        check_name(name)?;
        let id = self.names.remove(name).ok_or(Errno::ENOENT)?;
        if let Some(queue) = self.get_mut(id) {
            queue.linked = false;
        }
        Ok(self.remove_unused(id))
    }

    /// An open file description of the queue is gone. The queue, if it is gone with it.
    pub(crate) fn closed(&mut self, id: QueueId) -> Option<Queue> {
        if let Some(queue) = self.get_mut(id) {
            queue.opens = queue.opens.saturating_sub(1);
        }
        self.remove_unused(id)
    }

    fn remove_unused(&mut self, id: QueueId) -> Option<Queue> {
        if self.get(id).is_none_or(|queue| queue.linked || queue.opens > 0) {
            return None;
        }
        let queue = self.queues.remove(id.0)?;
        self.bytes -= Queue::weight(queue.max_messages, queue.max_size);
        self.registrations -= usize::from(queue.registration.is_some());
        Some(queue)
    }

    /// Ends the registration of `owner` for one queue, if it is its own (MQNOTE-06).
    pub(crate) fn withdraw(&mut self, id: QueueId, owner: Pid) {
        if let Some(queue) = self.get_mut(id)
            && queue.registration.is_some_and(|registration| registration.by.who == owner)
        {
            queue.registration = None;
            self.registrations -= 1;
        }
    }

    /// Ends all registrations of `owner`: it exits or calls exec (MQNOTE-08).
    pub(crate) fn withdraw_all(&mut self, owner: Pid) {
        if self.registrations == 0 {
            return;
        }
        let owned = |queue: &Queue| queue.registration.is_some_and(|registration| registration.by.who == owner);
        let ids: Vec<QueueId> = self.iter().filter(|(_, queue)| owned(queue)).map(|(id, _)| id).collect();
        for id in ids {
            self.withdraw(id, owner);
        }
    }

    fn register(&mut self, id: QueueId, registration: Registration) -> Result<(), Errno> {
        let queue = self.get_mut(id).ok_or(Errno::EBADF)?;
        if queue.registration.is_some() {
            return Err(Errno::EBUSY);
        }
        queue.registration = Some(registration);
        self.registrations += 1;
        Ok(())
    }

    /// Puts a message in; the registration that this uses up, where the queue was empty (MQNOTE-01).
    fn insert(&mut self, id: QueueId, message: Message) -> Option<Registration> {
        let queue = self.get_mut(id)?;
        queue.insert(message);
        if queue.len() > 1 {
            return None;
        }
        let used = queue.registration.take()?;
        self.registrations -= 1;
        Some(used)
    }

    /// Queues that remember which of them were looked at.
    pub(crate) fn noting() -> Queues {
        Queues { seen: Seen::noting(), ..Queues::default() }
    }

    /// The queues that were looked at since this was asked last; nothing where those were all.
    pub(crate) fn take_seen(&self) -> Option<Vec<u32>> {
        self.seen.take()
    }

    /// Whether somebody wants a signal when a message comes.
    pub(crate) fn has_registrations(&self) -> bool {
        self.registrations > 0
    }

    /// All but the queues themselves.
    pub(crate) fn shape(&self) -> QueuesShape {
        let (places, free) = self.queues.shape();
        let (names, bytes, registrations) = (self.names.clone(), self.bytes, self.registrations);
        QueuesShape { names, bytes, registrations, places, free: free.to_vec() }
    }

    /// Puts all but the queues themselves back.
    pub(crate) fn reshape(&mut self, shape: &QueuesShape) {
        self.names.clone_from(&shape.names);
        (self.bytes, self.registrations) = (shape.bytes, shape.registrations);
        self.queues.reshape(shape.places, &shape.free);
    }

    /// Puts a queue back, or takes it away.
    pub(crate) fn put(&mut self, at: u32, queue: Option<Queue>) {
        self.queues.put(at, queue);
    }
}

/// The sleeper that is served first: the lowest nice value, among equals the one that came first (MQMSG-10).
#[inline]
fn first_sleeper(sleepers: &Backlog<Sleeper>) -> Option<Pid> {
    sleepers.as_slice().iter().min_by_key(|sleeper| sleeper.nice).map(|sleeper| sleeper.pid)
}

impl Machine {
    /// A message queue.
    pub fn queue(&self, queue: QueueId) -> Option<&Queue> {
        self.queues.get(queue)
    }

    /// mq_open(3)
    pub(crate) fn open_queue(
        &mut self,
        me: Pid,
        name: &[u8],
        flags: i64,
        attributes: Option<(i64, i64)>,
    ) -> Result<i64, Errno> {
        // glibc looks at the slash before Linux looks for a free number.
        if name.first() != Some(&b'/') {
            return Err(Errno::EINVAL);
        }
        let fd = self.free_number(me, 0)?;
        if !self.files.has_room(1) {
            return Err(Errno::ENFILE);
        }
        let access = flags & (O_RDWR | O_WRONLY);
        if access == O_RDWR | O_WRONLY {
            return Err(Errno::EINVAL);
        }
        let made = self.deed(me);
        let id = self.queues.find_or_make(name, flags, attributes, made)?;
        if self.ledger.on
            && self.queues.get(id).is_some_and(|queue| queue.opens == 0 && queue.made == made)
            && let Some(by) = self.act(me)
        {
            self.ledger.ends.name(name, by, true);
        }
        if let Some(queue) = self.queues.get_mut(id) {
            queue.opens += 1;
        }
        let file = self.files.open(Kind::Queue(id), access, flags & O_NONBLOCK, self.owner(me));
        self.install(me, fd, file, true, Making::MqOpen);
        Ok(fd as i64)
    }

    /// The queue that a descriptor refers to.
    #[inline(always)]
    pub(crate) fn queue_of(&self, me: Pid, fd: i64) -> Result<(QueueId, FileId, &OpenFile), Errno> {
        match self.look_up(me, fd)? {
            (id, file @ OpenFile { kind: Kind::Queue(queue), .. }) => Ok((*queue, id, file)),
            _ => Err(Errno::EBADF),
        }
    }

    /// mq_timedsend(3), until a tick; while it sleeps, the message's bytes stand in the call.
    #[inline(always)]
    pub(crate) fn send_message(
        &mut self,
        me: Pid,
        call: &mut Call,
        (fd, priority): (i64, i64),
        bytes: Vec<u8>,
        deadline: Option<u64>,
    ) -> Outcome {
        if !(0..=MQ_PRIORITY).contains(&priority) {
            return Outcome::Fail(Errno::EINVAL);
        }
        let (id, file, nonblocking) = match self.queue_of(me, fd) {
            Ok((id, file, open)) if open.writable() => (id, file, open.nonblocking()),
            _ => return Outcome::Fail(Errno::EBADF),
        };
        let Some(queue) = self.queues.get(id) else { return Outcome::Fail(Errno::EBADF) };
        if bytes.len() as i64 > queue.max_size {
            return Outcome::Fail(Errno::EMSGSIZE);
        }
        if queue.is_full() {
            (call.bytes, call.count) = (Some(bytes), priority);
            return self.sleep_until(me, call, nonblocking, deadline, WaitFor::QueueNotFull(id, file));
        }
        self.accept_message(me, id, bytes, priority);
        Outcome::Int(0)
    }

    /// A message for a queue that is not full: to a sleeping receiver if there is one, else into the queue.
    #[inline(always)]
    fn accept_message(&mut self, sender: Pid, id: QueueId, bytes: Vec<u8>, priority: i64) {
        let sent = self.deed(sender);
        let Some(queue) = self.queues.get(id) else { return };
        if let Some(receiver) = first_sleeper(&queue.receivers) {
            let taken = self.deed(receiver);
            if let Some(queue) = self.queues.get_mut(id) {
                (queue.last_sent, queue.last_taken) = (Trail(Some(sent)), Trail(Some(taken)));
                queue.receivers.remove(|sleeper| sleeper.pid == receiver);
            }
            if let Some(call) = self.table.get_mut(receiver).and_then(|process| process.call.as_deref_mut()) {
                (call.bytes, call.count, call.done) = (Some(bytes), priority, true);
            }
            self.wake_out_of_queue(receiver);
            return;
        }
        if let Some(queue) = self.queues.get_mut(id) {
            queue.last_sent = Trail(Some(sent));
        }
        if let Some(registration) = self.queues.insert(id, Message { priority, bytes, sent })
            && let Some(signal) = registration.signal
        {
            if let Some(queue) = self.queues.get_mut(id) {
                queue.notified = Trail(Some(registration.by));
            }
            self.post(registration.by.who, signal, Origin::Kernel(sender));
        }
        self.changed(Source::Queue(id));
    }

    /// mq_timedreceive(3), until a tick.
    #[inline]
    pub(crate) fn receive_message(
        &mut self,
        me: Pid,
        call: &mut Call,
        fd: i64,
        size: Option<i64>,
        deadline: Option<u64>,
    ) -> Outcome {
        if call.done {
            return Outcome::Message(call.bytes.take().unwrap_or_default(), call.count);
        }
        let (id, file, nonblocking) = match self.queue_of(me, fd) {
            Ok((id, file, open)) if open.readable() => (id, file, open.nonblocking()),
            _ => return Outcome::Fail(Errno::EBADF),
        };
        let Some(queue) = self.queues.get_mut(id) else { return Outcome::Fail(Errno::EBADF) };
        if size.is_some_and(|size| size < queue.max_size) {
            return Outcome::Fail(Errno::EMSGSIZE);
        }
        match queue.messages.pop_front() {
            Some(message) => {
                let taken = self.deed(me);
                if let Some(queue) = self.queues.get_mut(id) {
                    queue.last_taken = Trail(Some(taken));
                }
                self.note_passed(me, id, &message);
                self.move_in_sleeping_sender(id);
                self.changed(Source::Queue(id));
                Outcome::Message(message.bytes, message.priority)
            }
            None => self.sleep_until(me, call, nonblocking, deadline, WaitFor::QueueNotEmpty(id, file)),
        }
    }

    /// A message is received while an older one, less urgent, still waits.
    fn note_passed(&mut self, me: Pid, id: QueueId, taken: &Message) {
        let Some(queue) = self.queues.get(id).filter(|_| self.ledger.on) else { return };
        let shown =
            |message: &Message| (message.priority, message.bytes.iter().take(MOST_SHOWN).copied().collect::<Vec<u8>>());
        let step = || std::iter::once(taken).chain(&queue.messages).map(shown).collect();
        self.ledger.receive_after(id, step);
        let mut older = queue.messages.iter().filter(|waits| waits.sent.tick < taken.sent.tick);
        if let (Some(waits), Some(by)) = (older.next(), self.act(me)) {
            let told = |message: &Message| {
                let (priority, text) = shown(message);
                (priority, text, message.sent)
            };
            let passed = Passed { by, taken: told(taken), waits: told(waits), queue: id, steps: vec![step()] };
            self.ledger.pass(passed);
        }
    }

    /// There is room: the message of the sender that came first takes its place by priority (MQMSG-12).
    fn move_in_sleeping_sender(&mut self, id: QueueId) {
        let senders = self.queues.get(id).map(|queue| &queue.senders);
        let Some(sender) = senders.and_then(first_sleeper) else { return };
        let sent = self.deed(sender);
        let Some(call) = self.process_mut(sender).call.as_deref_mut() else { return };
        call.done = true;
        let message = Message { priority: call.count, bytes: call.bytes.take().unwrap_or_default(), sent };
        if let Some(queue) = self.queues.get_mut(id) {
            queue.insert(message);
        }
        self.wake(sender);
    }

    /// A call on a queue must wait: not with O_NONBLOCK, which wins over the deadline (MQTIME-04), and not past it.
    fn sleep_until(
        &mut self,
        me: Pid,
        call: &mut Call,
        nonblocking: bool,
        deadline: Option<u64>,
        reason: WaitFor,
    ) -> Outcome {
        // Someone who already sleeps is not reached by O_NONBLOCK being set meanwhile (MQMSG-14).
        if nonblocking && !call.slept {
            return Outcome::Fail(Errno::EAGAIN);
        }
        if let Some(tick) = deadline {
            if self.now() >= tick {
                return Outcome::Fail(Errno::ETIMEDOUT);
            }
            if call.deadline.is_none() && tick < u64::MAX {
                call.deadline = Some(tick);
                self.arm(tick, Timer::Wake(me));
            }
        }
        Outcome::Block(reason)
    }

    /// mq_notify(3): a registration, or with signal 0 its end. `SIGEV_NONE` takes the place, and nobody is told.
    pub(crate) fn notify(&mut self, me: Pid, fd: i64, signal: i64) -> Result<i64, Errno> {
        let wanted = match signal {
            0 => None,
            constant::SIGEV_NONE => Some(None),
            number => Some(Some(Signal::from_number(number).ok_or(Errno::EINVAL)?)),
        };
        let (id, _, _) = self.queue_of(me, fd)?;
        match wanted {
            None => self.queues.withdraw(id, me),
            Some(signal) => {
                let by = self.deed(me);
                self.queues.register(id, Registration { signal, by })?;
            }
        }
        Ok(0)
    }

    /// Puts a process that goes to sleep at the end of a queue's receivers or senders.
    pub(crate) fn queue_for_queue(&mut self, id: QueueId, pid: Pid, receives: bool) {
        let nice = self.table.get(pid).map_or(0, |process| process.nice);
        if let Some(queue) = self.queues.get_mut(id) {
            let sleepers = if receives { &mut queue.receivers } else { &mut queue.senders };
            sleepers.push(Sleeper { pid, nice });
        }
    }

    /// Takes a process out of a queue's sleepers.
    pub(crate) fn leave_queue(&mut self, id: QueueId, pid: Pid) {
        if let Some(queue) = self.queues.get_mut(id) {
            queue.receivers.remove(|sleeper| sleeper.pid == pid);
            queue.senders.remove(|sleeper| sleeper.pid == pid);
        }
    }
}

#[cfg(test)]
mod tests;
