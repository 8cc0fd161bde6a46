//! Pipes (pipe(7)): Linux's pages with their observed accounting (PIPE-10 to PIPE-12), or a plain count of bytes.
//!
//! Sleepers are woken one at a time, first come first served, and look again; whoever slept and leaves something behind
//! wakes the next. Every range of bytes knows the deed that wrote it.

mod fifo;
mod traffic;

pub use traffic::Traffic;

use super::backlog::Backlog;
use super::call::{Call, Outcome};
use super::event::Origin;
use super::file::{FileId, Kind, Making};
use super::fs::NodeId;
use super::machine::Machine;
use super::param::{PIPE_FEW_PAGES, PIPE_PAGE, PIPE_PAGES, PIPE_USER_PAGES};
use super::poll::Source;
use super::process::{Deed, Pid};
use super::seen::Seen;
use super::slab::Slab;
use super::wait::WaitFor;
use crate::abi::constant::{O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_WRONLY};
use crate::abi::{Errno, Signal};

/// Which pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipeId(pub u32);

/// How the room of a pipe is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Room {
    /// Pages: a page is free again only when it is empty.
    Pages(usize),
    /// Bytes.
    Bytes(usize),
}

/// A page in use: the bytes from `start` to `end` are still to be read. What lies before `start` is lost as room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Page {
    start: usize,
    end: usize,
}

/// Bytes in a pipe that one call wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Written {
    /// How many are still there.
    pub len: usize,
    /// Who wrote them, where and when.
    pub by: Deed,
}

impl std::hash::Hash for Pipe {
    /// Who wrote what is not part of what a program can see.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.room, &self.bytes, &self.pages, self.readers, self.writers).hash(state);
        (&self.sleeping_readers, &self.sleeping_writers).hash(state);
        if self.fifo.is_some() {
            (self.fifo, self.turns, &self.opening_readers, &self.opening_writers).hash(state);
        }
    }
}

/// A pipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipe {
    room: Room,
    bytes: Backlog<u8>,
    pages: Backlog<Page>,
    writes: Backlog<Written>,
    /// Open file descriptions that can read it.
    pub readers: u32,
    /// Open file descriptions that can write it.
    pub writers: u32,
    sleeping_readers: Backlog<Pid>,
    /// Writers, and the bytes each must find room for at once (1 where any will do).
    sleeping_writers: Backlog<(Pid, usize)>,
    /// Processes that sleep until they can open a named pipe for reading.
    opening_readers: Backlog<Pid>,
    /// Processes that sleep until they can open a named pipe for writing.
    opening_writers: Backlog<Pid>,
    /// How often its write end was opened.
    turns: u64,
    /// The named pipe that it is behind.
    pub fifo: Option<NodeId>,
    /// The call that made it.
    pub made: Deed,
    /// Who has written and read it, where that is remembered.
    pub traffic: Traffic,
}

impl Pipe {
    fn new(room: Room, made: Deed) -> Pipe {
        Pipe {
            room,
            bytes: Backlog::default(),
            pages: Backlog::default(),
            writes: Backlog::default(),
            readers: 1,
            writers: 1,
            sleeping_readers: Backlog::default(),
            sleeping_writers: Backlog::default(),
            opening_readers: Backlog::default(),
            opening_writers: Backlog::default(),
            turns: 1,
            fifo: None,
            made,
            traffic: Traffic::default(),
        }
    }

    /// The first process that sleeps until it can be read.
    pub(crate) fn first_sleeper(&self) -> Option<Pid> {
        self.sleeping_readers.first().copied()
    }

    /// How many bytes wait to be read.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether a whole line is in it.
    pub(crate) fn has_line(&self) -> bool {
        self.bytes.as_slice().contains(&b'\n')
    }

    /// Whether no byte waits to be read.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes it can hold.
    #[inline]
    pub fn capacity(&self) -> usize {
        match self.room {
            Room::Pages(pages) => pages * PIPE_PAGE,
            Room::Bytes(bytes) => bytes,
        }
    }

    /// The first bytes that wait.
    pub fn beginning(&self, most: usize) -> Vec<u8> {
        self.bytes.as_slice().iter().take(most).copied().collect()
    }

    /// Who wrote the bytes that wait, in their order.
    pub fn writes(&self) -> impl Iterator<Item = &Written> {
        self.writes.as_slice().iter()
    }

    /// Whether a byte more has no room.
    #[inline]
    pub fn is_full(&self) -> bool {
        !self.has_room(1)
    }

    /// Whether so many bytes could be put in, in a new page where there are pages.
    #[inline]
    fn has_room(&self, wanted: usize) -> bool {
        match self.room {
            Room::Pages(pages) => self.pages.len() < pages,
            Room::Bytes(bytes) => bytes - self.bytes.len() >= wanted,
        }
    }

    /// The room that a write of `total` bytes needs at once: all of it up to PIPE_BUF, so that it is never torn.
    #[inline]
    fn need(&self, total: usize) -> usize {
        if total <= PIPE_PAGE.min(self.capacity()) { total } else { 1 }
    }

    /// Puts in what has room of `bytes`, the rest of a write of `total` bytes; how many went. Only a call that has not
    /// slept yet fills up the last page, as on Linux.
    fn push(&mut self, bytes: &[u8], total: usize, fresh: bool, by: Deed) -> usize {
        let moved = match self.room {
            Room::Pages(pages) => self.fill_pages(bytes.len(), pages, fresh),
            Room::Bytes(_) if !self.has_room(self.need(total)) => 0,
            Room::Bytes(capacity) => bytes.len().min(capacity - self.bytes.len()),
        };
        if moved > 0 {
            self.bytes.extend(bytes.get(..moved).unwrap_or(bytes));
            match self.writes.last_mut() {
                Some(last) if last.by == by => last.len += moved,
                _ => self.writes.push(Written { len: moved, by }),
            }
        }
        moved
    }

    /// Linux's `pipe_write`: the odd part of a page goes to the last page if it fits there whole, all else to new pages.
    fn fill_pages(&mut self, wanted: usize, limit: usize, fresh: bool) -> usize {
        let mut moved = 0;
        let odd = wanted % PIPE_PAGE;
        match self.pages.last_mut() {
            Some(last) if fresh && odd > 0 && last.end + odd <= PIPE_PAGE => {
                last.end += odd;
                moved = odd;
            }
            _ => {}
        }
        while moved < wanted && self.pages.len() < limit {
            let end = (wanted - moved).min(PIPE_PAGE);
            self.pages.push(Page { start: 0, end });
            moved += end;
        }
        moved
    }

    /// Takes up to `max` bytes out, and adds them to `taken`.
    fn take(&mut self, max: usize, taken: &mut Vec<u8>) {
        let held = self.bytes.as_slice();
        let count = max.min(held.len());
        taken.extend_from_slice(held.get(..count).unwrap_or(held));
        if count == held.len() {
            self.bytes.clear();
            self.pages.clear();
            self.writes.clear();
        } else {
            self.take_part(count);
        }
    }

    /// Forgets the first `count` bytes, which are not all.
    fn take_part(&mut self, count: usize) {
        self.bytes.skip(count);
        let mut left = count;
        while let Some(page) = self.pages.first_mut() {
            let here = left.min(page.end - page.start);
            page.start += here;
            left -= here;
            if page.start < page.end {
                break;
            }
            self.pages.pop();
        }
        let mut left = count;
        while let Some(write) = self.writes.first_mut() {
            let here = left.min(write.len);
            write.len -= here;
            left -= here;
            if write.len > 0 {
                break;
            }
            self.writes.pop();
        }
    }

    #[inline]
    fn is_unused(&self) -> bool {
        self.readers == 0 && self.writers == 0 && self.opening_readers.is_empty() && self.opening_writers.is_empty()
    }

    /// The bytes of the first line, its newline included, if it is all there.
    fn line(&self) -> Option<usize> {
        self.bytes.as_slice().iter().position(|byte| *byte == b'\n').map(|at| at + 1)
    }
}

/// All pipes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pipes {
    pipes: Slab<Pipe>,
    /// Pages that all pipes together may fill.
    pages: usize,
    /// Which were looked at.
    seen: Seen,
}

/// All of the pipes but what is in them.
#[derive(Debug, Clone, Hash)]
pub(crate) struct PipesShape {
    pages: usize,
    places: usize,
    free: Vec<u32>,
}

impl Pipes {
    /// The pipe called `pipe`, while an end of it is open.
    #[inline]
    pub fn get(&self, pipe: PipeId) -> Option<&Pipe> {
        self.seen.note(pipe.0);
        self.pipes.get(pipe.0)
    }

    #[inline]
    fn get_mut(&mut self, pipe: PipeId) -> Option<&mut Pipe> {
        self.seen.note(pipe.0);
        self.pipes.get_mut(pipe.0)
    }

    fn make(&mut self, capacity: Option<usize>, made: Deed, owner: Option<Pid>) -> PipeId {
        let room = match capacity {
            Some(bytes) => Room::Bytes(bytes.max(1)),
            None if self.pages + PIPE_PAGES > PIPE_USER_PAGES => Room::Pages(PIPE_FEW_PAGES),
            None => Room::Pages(PIPE_PAGES),
        };
        if let Room::Pages(pages) = room {
            self.pages += pages;
        }
        let pipe = Pipe::new(room, made);
        let at = match owner {
            Some(owner) => self.pipes.insert_of(owner, pipe),
            None => self.pipes.insert(pipe),
        };
        self.seen.note(at);
        PipeId(at)
    }

    /// Forgets a pipe that nobody has open; the named pipe that it was behind.
    fn remove_unused(&mut self, id: PipeId) -> Option<NodeId> {
        if !self.get(id)?.is_unused() {
            return None;
        }
        let pipe = self.pipes.remove(id.0)?;
        if let Room::Pages(pages) = pipe.room {
            self.pages -= pages;
        }
        pipe.fifo
    }

    /// Pipes that remember which of them were looked at.
    pub(crate) fn noting() -> Pipes {
        Pipes { seen: Seen::noting(), ..Pipes::default() }
    }

    /// The pipes that were looked at since this was asked last.
    pub(crate) fn take_seen(&self) -> Option<Vec<u32>> {
        self.seen.take()
    }

    /// All but the pipes themselves.
    pub(crate) fn shape(&self) -> PipesShape {
        let (places, free) = self.pipes.shape();
        PipesShape { pages: self.pages, places, free: free.to_vec() }
    }

    /// Puts all but the pipes themselves back.
    pub(crate) fn reshape(&mut self, shape: &PipesShape) {
        self.pages = shape.pages;
        self.pipes.reshape(shape.places, &shape.free);
    }

    /// Puts a pipe back, or takes it away.
    pub(crate) fn put(&mut self, at: u32, pipe: Option<Pipe>) {
        self.pipes.put(at, pipe);
    }
}

/// How much of a pipe a call reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portion {
    /// Up to so many bytes.
    Bytes(usize),
    /// To the first newline, but at most so many bytes.
    Line(usize),
}

impl Machine {
    /// A pipe.
    pub fn pipe(&self, pipe: PipeId) -> Option<&Pipe> {
        self.pipes.get(pipe)
    }

    /// pipe2(2): two numbers, read end first; on failure nothing is left behind (DUP-09).
    pub(crate) fn make_pipe(&mut self, me: Pid, flags: i64) -> Result<(usize, usize), Errno> {
        if flags & !(O_NONBLOCK | O_CLOEXEC) != 0 {
            return Err(Errno::EINVAL);
        }
        if !self.files.has_room(2) {
            return Err(Errno::ENFILE);
        }
        let read = self.free_number(me, 0)?;
        let write = self.free_number(me, read + 1)?;
        let pipe = self.pipes.make(self.config.pipe_capacity, self.deed(me), self.owner(me));
        for (fd, kind, access) in [(read, Kind::PipeRead(pipe), O_RDONLY), (write, Kind::PipeWrite(pipe), O_WRONLY)] {
            let file = self.files.open(kind, access, flags & O_NONBLOCK, self.owner(me));
            self.install(me, fd, file, flags & O_CLOEXEC != 0, Making::Pipe);
        }
        Ok((read, write))
    }

    /// Reads from a pipe; no bytes are the end of file.
    pub(crate) fn read_pipe(
        &mut self,
        me: Pid,
        call: &Call,
        (id, file): (PipeId, FileId),
        portion: Portion,
        nonblocking: bool,
    ) -> Outcome {
        let Some(pipe) = self.pipes.get_mut(id) else { return Outcome::Counted(Vec::new()) };
        if pipe.is_empty() {
            return match (pipe.writers, nonblocking) {
                (0, _) => Outcome::Counted(Vec::new()),
                (_, true) => Outcome::Fail(Errno::EAGAIN),
                (_, false) => Outcome::Block(WaitFor::PipeReadable(id, file)),
            };
        }
        let max = match portion {
            Portion::Bytes(max) => max,
            Portion::Line(max) => pipe.line().unwrap_or(max).min(max),
        };
        let was_full = pipe.is_full();
        let mut taken = self.spare_bytes.pop().unwrap_or_default();
        let own = pipe.writes.first().filter(|written| written.by.who == me && pipe.traffic.own.is_none());
        let own = own.map(|written| written.by);
        let joins = matches!(portion, Portion::Bytes(_))
            && pipe.traffic.joined.is_none()
            && pipe.writes.len() > 1
            && pipe.writes.first().is_some_and(|written| written.len < max);
        pipe.take(max, &mut taken);
        let short = matches!(portion, Portion::Bytes(_)) && taken.len() < max && pipe.traffic.short.is_none();
        if self.ledger.on {
            Traffic::add(&mut pipe.traffic.read, me, taken.len());
        }
        let left = !pipe.is_empty();
        if matches!(pipe.room, Room::Bytes(_)) || (was_full && !pipe.is_full()) {
            self.wake_writer(id);
        }
        if left && call.slept {
            self.wake_reader(id);
        }
        if (own.is_some() || joins || short) && self.ledger.on {
            let read = self.deed(me);
            if let Some(pipe) = self.pipes.get_mut(id) {
                if short {
                    pipe.traffic.short = Some(Box::new((read, max as u64, taken.len() as u64)));
                }
                pipe.traffic.joined = pipe.traffic.joined.or(joins.then_some(read));
                pipe.traffic.own = pipe.traffic.own.or(own.map(|wrote| (wrote, read)));
            }
        }
        self.changed(Source::Pipe(id));
        Outcome::Counted(taken)
    }

    /// Writes the rest of `bytes` to a pipe, as write(2): the count, a short count, a failure, or a sleep with what
    /// has gone noted in the call.
    pub(crate) fn write_pipe(
        &mut self,
        me: Pid,
        call: &mut Call,
        (id, file): (PipeId, FileId),
        bytes: &[u8],
        nonblocking: bool,
    ) -> Outcome {
        let by = self.deed(me);
        let done = |progress: usize| Outcome::Int(progress as i64);
        if bytes.is_empty() {
            return done(0);
        }
        let Some(pipe) = self.pipes.get_mut(id) else { return Outcome::Fail(Errno::EPIPE) };
        if pipe.readers == 0 {
            if self.ledger.on {
                self.ledger.ends.broken(by, id, pipe.made);
            }
            self.post(me, Signal::SIGPIPE, Origin::Kernel(me));
            return if call.progress > 0 { done(call.progress) } else { Outcome::Fail(Errno::EPIPE) };
        }
        let was_empty = pipe.is_empty();
        let rest = bytes.get(call.progress..).unwrap_or_default();
        let moved = pipe.push(rest, bytes.len(), !call.slept, by);
        let full = pipe.is_full();
        if self.ledger.on {
            Traffic::add(&mut pipe.traffic.wrote, me, moved);
            pipe.traffic.last = Some(by);
        }
        call.progress += moved;
        if was_empty && moved > 0 {
            self.wake_reader(id);
        }
        if moved > 0 {
            self.changed(Source::Pipe(id));
        }
        if call.progress == bytes.len() {
            if call.slept && !full {
                self.wake_writer(id);
            }
            return done(call.progress);
        }
        match (nonblocking, call.progress) {
            (true, 0) => Outcome::Fail(Errno::EAGAIN),
            (true, progress) => done(progress),
            (false, _) => Outcome::Block(WaitFor::PipeWritable(id, file)),
        }
    }

    /// Puts a process that goes to sleep at the end of a pipe's queue of readers.
    pub(crate) fn queue_reader(&mut self, id: PipeId, pid: Pid) {
        if let Some(pipe) = self.pipes.get_mut(id) {
            pipe.sleeping_readers.push(pid);
        }
    }

    /// Puts a process that goes to sleep at the end of a pipe's queue of writers.
    pub(crate) fn queue_writer(&mut self, id: PipeId, pid: Pid) {
        let total = |call: &Call| call.bytes.as_ref().map_or(1, Vec::len);
        let total = self.process(pid).call.as_deref().map_or(1, total);
        if let Some(pipe) = self.pipes.get_mut(id) {
            let need = pipe.need(total);
            pipe.sleeping_writers.push((pid, need));
        }
    }

    /// Takes a process out of a pipe's queues.
    pub(crate) fn leave_pipe(&mut self, id: PipeId, pid: Pid) {
        if let Some(pipe) = self.pipes.get_mut(id) {
            // Most of these are empty, and who was woken by name has left its queue already.
            pipe.sleeping_readers.remove(|sleeper| *sleeper == pid);
            pipe.sleeping_writers.remove(|(sleeper, _)| *sleeper == pid);
            pipe.opening_readers.remove(|sleeper| *sleeper == pid);
            pipe.opening_writers.remove(|sleeper| *sleeper == pid);
            if pipe.is_unused() {
                self.drop_unused_pipe(id);
            }
        }
    }

    fn wake_reader(&mut self, id: PipeId) {
        if let Some(pid) = self.pipes.get_mut(id).and_then(|pipe| pipe.sleeping_readers.pop()) {
            self.wake_out_of_queue(pid);
        }
    }

    /// Wakes the first writer, unless what it must put in at once has no room yet.
    fn wake_writer(&mut self, id: PipeId) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        let Some((pid, need)) = pipe.sleeping_writers.first().copied() else { return };
        if pipe.has_room(need) {
            pipe.sleeping_writers.pop();
            self.wake_out_of_queue(pid);
        }
    }

    /// The last descriptor of the read end is closed: sleeping writers look again, and get EPIPE.
    pub(crate) fn close_read_end(&mut self, id: PipeId) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        pipe.readers = pipe.readers.saturating_sub(1);
        if pipe.readers == 0 {
            if self.ledger.on {
                if pipe.writers > 0 {
                    self.note_unread(id);
                }
                self.note_never_read(id);
            }
            let Some(pipe) = self.pipes.get_mut(id) else { return };
            for (pid, _) in std::mem::take(&mut pipe.sleeping_writers).as_slice() {
                self.wake(*pid);
            }
        }
        self.changed(Source::Pipe(id));
        self.drop_unused_pipe(id);
    }

    /// The last descriptor of the write end is closed: sleeping readers look again, and get the end of file.
    pub(crate) fn close_write_end(&mut self, id: PipeId) {
        let Some(pipe) = self.pipes.get_mut(id) else { return };
        pipe.writers = pipe.writers.saturating_sub(1);
        if pipe.writers == 0 {
            for pid in std::mem::take(&mut pipe.sleeping_readers).as_slice() {
                self.wake(*pid);
            }
        }
        self.changed(Source::Pipe(id));
        self.drop_unused_pipe(id);
    }
}

#[cfg(test)]
mod tests;
