//! Descriptors and open file descriptions (open(2)): a process has a table of numbers, each number refers to an open file
//! description, and several numbers, here and in other processes, may refer to the same one.
//!
//! A table is shared by parent and child until one of them changes it, so that fork costs the same whatever is open. An
//! open file description counts the tables' entries that refer to it, and the object behind it is closed with the
//! last. This file knows of pipes, queues and the terminal only that they are opened and closed.

use std::collections::BTreeMap;

use super::fs::NodeId;
use super::host::Stream;
use super::machine::Machine;
use super::mqueue::QueueId;
use super::param;
use super::pipe::PipeId;
use super::process::{Deed, Pid};
use super::slab::Slab;
use super::wait::WaitFor;
use crate::abi::Errno;
use crate::abi::constant::{O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use crate::source::Span;

/// Which open file description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// What an open file description is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The terminal as descriptor 0 has it.
    TerminalIn,
    /// The terminal as descriptors 1 and 2 have it.
    Terminal(Stream),
    /// The end of a pipe that is read.
    PipeRead(PipeId),
    /// The end of a pipe that is written.
    PipeWrite(PipeId),
    /// A named pipe opened with O_RDWR: both ends at once.
    PipeBoth(PipeId),
    /// A message queue.
    Queue(QueueId),
    /// A regular file.
    File(NodeId),
    /// A directory, which can only be read by `readdir`.
    Directory(NodeId),
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
}

impl Kind {
    /// Whether it is the terminal.
    pub fn is_terminal(self) -> bool {
        matches!(self, Kind::TerminalIn | Kind::Terminal(_))
    }
}

/// An open file description.
#[derive(Debug, Clone, Copy, PartialEq, Hash)]
pub struct OpenFile {
    /// What it is of.
    pub kind: Kind,
    /// `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
    pub access: i64,
    /// `O_NONBLOCK` and `O_APPEND`.
    pub flags: i64,
    /// Where the next byte is read or written, for kinds that have a place.
    pub offset: u64,
    /// How many entries of tables refer to it.
    pub refs: u32,
    /// Its number among all that were ever opened: ids are used again, this is not.
    pub serial: u64,
}

impl OpenFile {
    /// Whether it may be read.
    #[inline]
    pub fn readable(&self) -> bool {
        self.access != O_WRONLY
    }

    /// Whether it may be written.
    #[inline]
    pub fn writable(&self) -> bool {
        self.access != O_RDONLY
    }

    /// Whether calls fail rather than sleep.
    #[inline]
    pub fn nonblocking(&self) -> bool {
        self.flags & O_NONBLOCK != 0
    }
}

/// How a descriptor came to be in the process that made it. A descriptor whose maker is another process came by fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Making {
    /// It was there when the script started.
    Start,
    /// pipe, pipe2
    Pipe,
    /// dup
    Dup,
    /// dup2
    Dup2,
    /// fcntl with F_DUPFD
    Fcntl,
    /// mq_open
    MqOpen,
    /// open
    Open,
}

/// An entry of a table of descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Hash)]
pub struct Descriptor {
    /// What it refers to.
    pub file: FileId,
    /// Whether exec closes it.
    pub cloexec: bool,
    /// By which call.
    pub making: Making,
    /// Who made it, where and when.
    pub made: Deed,
}

/// A process's table of descriptors, by name: the tables themselves are kept with the open files. The default is the empty
/// table of init.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileTable(Option<u32>);

/// The entries of a table, and how many processes share it.
#[derive(Debug, Clone, PartialEq)]
struct Entries {
    numbers: Vec<Option<Descriptor>>,
    sharers: u32,
}

/// All tables of descriptors and all open file descriptions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    open: Slab<OpenFile>,
    tables: Slab<Entries>,
    opened: u64,
    /// Who changed the flags of an open file description last, where somebody did.
    flaggers: BTreeMap<FileId, Deed>,
}

impl FileTable {
    /// The table a login gives: 0, 1 and 2 are the terminal.
    pub fn terminal(files: &mut Files) -> FileTable {
        let made = Deed { who: Pid(param::INIT), span: Span::default(), tick: 0 };
        let kinds = [Kind::TerminalIn, Kind::Terminal(Stream::Out), Kind::Terminal(Stream::Err)];
        let numbers = kinds.map(|kind| {
            let file = files.open_one(kind, O_RDWR, 0);
            files.keep(file);
            Some(Descriptor { file, cloexec: false, making: Making::Start, made })
        });
        FileTable(Some(files.tables.insert(Entries { numbers: numbers.to_vec(), sharers: 1 })))
    }
}

impl Files {
    fn open_one(&mut self, kind: Kind, access: i64, flags: i64) -> FileId {
        self.opened += 1;
        let serial = self.opened;
        FileId(self.open.insert(OpenFile { kind, access, flags, offset: 0, refs: 0, serial }))
    }

    /// Makes an open file description, to which nothing refers yet; named after `owner` where there is one.
    pub(crate) fn open(&mut self, kind: Kind, access: i64, flags: i64, owner: Option<Pid>) -> FileId {
        let Some(owner) = owner else { return self.open_one(kind, access, flags) };
        let file = OpenFile { kind, access, flags, offset: 0, refs: 0, serial: 0 };
        let at = self.open.insert_of(owner, file);
        if let Some(file) = self.open.get_mut(at) {
            file.serial = u64::from(at);
        }
        FileId(at)
    }

    /// The open file descriptions without the tables.
    pub(crate) fn descriptions(&self) -> &Slab<OpenFile> {
        &self.open
    }

    /// Makes these the open file descriptions; the tables stay.
    pub(crate) fn set_descriptions(&mut self, open: Slab<OpenFile>) {
        self.open = open;
    }

    /// A table's entries by number.
    pub(crate) fn table(&self, table: FileTable) -> &[Option<Descriptor>] {
        self.numbers(table)
    }

    /// Makes a table that nobody shares; the open file descriptions count its entries already.
    pub(crate) fn add_table(&mut self, numbers: Vec<Option<Descriptor>>) -> FileTable {
        FileTable(Some(self.tables.insert(Entries { numbers, sharers: 1 })))
    }

    /// Forgets a table; the open file descriptions still count its entries.
    pub(crate) fn remove_table(&mut self, table: FileTable) {
        if let Some(at) = table.0 {
            self.tables.remove(at);
        }
    }

    /// Whether the system has room for so many more open file descriptions (ENFILE).
    pub(crate) fn has_room(&self, count: usize) -> bool {
        self.open.len() + count <= param::SYSTEM_FILES
    }

    /// An open file description.
    #[inline]
    pub fn get(&self, file: FileId) -> Option<&OpenFile> {
        self.open.get(file.0)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, file: FileId) -> Option<&mut OpenFile> {
        self.open.get_mut(file.0)
    }

    /// Sets the flags of an open file description; whether that changed them.
    pub(crate) fn set_flags(&mut self, id: FileId, flags: i64, by: Deed) -> bool {
        let Some(file) = self.open.get_mut(id.0) else { return false };
        let changes = std::mem::replace(&mut file.flags, flags) != flags;
        if changes {
            self.flaggers.insert(id, by);
        }
        changes
    }

    /// Who changed the flags of an open file description last.
    pub(crate) fn flagger(&self, id: FileId) -> Option<Deed> {
        self.flaggers.get(&id).copied()
    }

    /// All open file descriptions, by id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &OpenFile)> {
        self.open.iter().map(|(at, file)| (FileId(at), file))
    }

    fn keep(&mut self, file: FileId) {
        if let Some(file) = self.open.get_mut(file.0) {
            file.refs += 1;
        }
    }

    /// One entry less refers to it: the last one's kind, if this was the last.
    fn drop_one(&mut self, file: FileId) -> Option<Kind> {
        let open = self.open.get_mut(file.0)?;
        open.refs = open.refs.saturating_sub(1);
        if open.refs > 0 {
            return None;
        }
        if !self.flaggers.is_empty() {
            self.flaggers.remove(&file);
        }
        self.open.remove(file.0).map(|open| open.kind)
    }

    #[inline]
    fn numbers(&self, table: FileTable) -> &[Option<Descriptor>] {
        table.0.and_then(|at| self.tables.get(at)).map_or(&[], |entries| entries.numbers.as_slice())
    }

    /// The entry of a number.
    #[inline]
    pub fn entry(&self, table: FileTable, fd: i64) -> Option<&Descriptor> {
        self.numbers(table).get(usize::try_from(fd).ok()?)?.as_ref()
    }

    /// All entries by number.
    pub fn entries(&self, table: FileTable) -> impl Iterator<Item = (usize, &Descriptor)> {
        self.numbers(table).iter().enumerate().filter_map(|(fd, entry)| entry.as_ref().map(|entry| (fd, entry)))
    }

    /// The table as the caller's own: a shared one is copied first.
    fn own(&mut self, table: &mut FileTable) -> &mut Vec<Option<Descriptor>> {
        let shared = match table.0.and_then(|at| self.tables.get_mut(at)) {
            Some(entries) if entries.sharers > 1 => {
                entries.sharers -= 1;
                Some(entries.numbers.clone())
            }
            Some(_) => None,
            None => Some(Vec::new()),
        };
        if let Some(numbers) = shared {
            for entry in numbers.iter().flatten() {
                self.keep(entry.file);
            }
            table.0 = Some(self.tables.insert(Entries { numbers, sharers: 1 }));
        }
        let at = table.0.unwrap_or_default();
        &mut self.tables.get_mut(at).expect("a table that a process refers to exists").numbers
    }

    /// Puts an entry under a number; the one that was there.
    fn put(&mut self, table: &mut FileTable, fd: usize, entry: Option<Descriptor>) -> Option<Descriptor> {
        if let Some(entry) = &entry {
            self.keep(entry.file);
        }
        if entry.is_none()
            && let Some(old) = self.leave_out_last(table, fd)
        {
            return Some(old);
        }
        let numbers = self.own(table);
        if numbers.len() <= fd {
            numbers.resize(fd + 1, None);
        }
        let old = std::mem::replace(&mut numbers[fd], entry);
        while numbers.last().is_some_and(Option::is_none) {
            numbers.pop();
        }
        old
    }

    /// Where `fd` is the last number of a shared table: the table as the caller's own without it, and the entry. A million processes
    /// that have closed what they do not need have no room for it either.
    fn leave_out_last(&mut self, table: &mut FileTable, fd: usize) -> Option<Descriptor> {
        let entries = self.tables.get_mut(table.0?).filter(|entries| entries.sharers > 1)?;
        let (last, rest) = entries.numbers.split_last().filter(|(_, rest)| rest.len() == fd)?;
        let old = (*last)?;
        let used = rest.iter().rposition(Option::is_some).map_or(0, |at| at + 1);
        let numbers = rest.get(..used).unwrap_or(rest).to_vec();
        entries.sharers -= 1;
        for entry in numbers.iter().flatten().chain([&old]) {
            self.keep(entry.file);
        }
        table.0 = Some(self.tables.insert(Entries { numbers, sharers: 1 }));
        Some(old)
    }

    fn share(&mut self, table: FileTable) -> FileTable {
        if let Some(entries) = table.0.and_then(|at| self.tables.get_mut(at)) {
            entries.sharers += 1;
        }
        table
    }

    /// Gives a table up: its entries, where nobody else has it.
    fn abandon(&mut self, table: FileTable) -> Vec<Option<Descriptor>> {
        let Some(at) = table.0 else { return Vec::new() };
        match self.tables.get_mut(at) {
            Some(entries) if entries.sharers > 1 => {
                entries.sharers -= 1;
                Vec::new()
            }
            _ => self.tables.remove(at).map(|entries| entries.numbers).unwrap_or_default(),
        }
    }
}

impl Machine {
    /// The descriptors of a process, by number.
    pub fn descriptors(&self, pid: Pid) -> impl Iterator<Item = (usize, &Descriptor)> {
        self.files.entries(self.process(pid).files)
    }

    /// An open file description.
    pub fn open_file(&self, file: FileId) -> Option<&OpenFile> {
        self.files.get(file)
    }

    /// What a descriptor of a process refers to.
    #[inline(always)]
    pub(crate) fn look_up(&self, pid: Pid, fd: i64) -> Result<(FileId, &OpenFile), Errno> {
        let entry = self.files.entry(self.process(pid).files, fd).ok_or(Errno::EBADF)?;
        let file = self.files.get(entry.file).ok_or(Errno::EBADF)?;
        Ok((entry.file, file))
    }

    /// The same, as it is now.
    #[inline(always)]
    pub(crate) fn lookup(&self, pid: Pid, fd: i64) -> Result<(FileId, OpenFile), Errno> {
        self.look_up(pid, fd).map(|(id, file)| (id, *file))
    }

    /// Checks that a descriptor is the terminal.
    pub(crate) fn terminal_of(&self, pid: Pid, fd: i64) -> Result<(), Errno> {
        let (_, file) = self.lookup(pid, fd)?;
        if file.kind.is_terminal() { Ok(()) } else { Err(Errno::ENOTTY) }
    }

    /// The lowest free number from `from` on, below the process's limit.
    pub(crate) fn free_number(&self, pid: Pid, from: usize) -> Result<usize, Errno> {
        let process = self.process(pid);
        let numbers = self.files.numbers(process.files);
        let free = (from..numbers.len()).find(|fd| numbers[*fd].is_none()).unwrap_or(numbers.len().max(from));
        if (free as u64) < process.limits.files.0 { Ok(free) } else { Err(Errno::EMFILE) }
    }

    /// Puts an open file under a number, silently closing what was there.
    pub(crate) fn install(&mut self, pid: Pid, fd: usize, file: FileId, cloexec: bool, making: Making) {
        let made = self.deed(pid);
        self.replace(pid, fd, Some(Descriptor { file, cloexec, making, made }));
    }

    /// Marks a descriptor to be closed by exec, or not.
    pub(crate) fn mark(&mut self, pid: Pid, fd: i64, cloexec: bool) {
        let Some(process) = self.table.get_mut(pid) else { return };
        let Ok(at) = usize::try_from(fd) else { return };
        if let Some(Some(entry)) = self.files.own(&mut process.files).get_mut(at) {
            entry.cloexec = cloexec;
        }
    }

    fn replace(&mut self, pid: Pid, fd: usize, entry: Option<Descriptor>) {
        let Some(process) = self.table.get_mut(pid) else { return };
        if let Some(old) = self.files.put(&mut process.files, fd, entry) {
            self.close_entry(pid, old);
        }
    }

    /// close(2)
    pub(crate) fn close_number(&mut self, pid: Pid, fd: i64) -> Result<(), Errno> {
        self.lookup(pid, fd)?;
        let at = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.replace(pid, at, None);
        Ok(())
    }

    /// An entry has left `pid`'s table: closing a queue ends the caller's registration for it (MQNOTE-07).
    fn close_entry(&mut self, pid: Pid, entry: Descriptor) {
        if let Some(Kind::Queue(queue)) = self.files.get(entry.file).map(|file| file.kind) {
            self.queues.withdraw(queue, pid);
        }
        self.drop_entry(entry);
    }

    fn drop_entry(&mut self, entry: Descriptor) {
        match self.files.drop_one(entry.file) {
            None | Some(Kind::TerminalIn | Kind::Terminal(_) | Kind::Null | Kind::Zero) => {}
            Some(Kind::File(node) | Kind::Directory(node)) => self.fs.release(node),
            Some(Kind::PipeRead(pipe)) => self.close_read_end(pipe),
            Some(Kind::PipeWrite(pipe)) => self.close_write_end(pipe),
            Some(Kind::PipeBoth(pipe)) => {
                self.close_read_end(pipe);
                self.close_write_end(pipe);
            }
            Some(Kind::Queue(queue)) => {
                let gone = self.queues.closed(queue);
                if let Some(by) = self.last {
                    self.note_drowned(gone, by);
                }
            }
        }
    }

    /// Puts a process that goes to sleep at the end of the queue of whatever it waits for.
    pub(crate) fn enter_queues(&mut self, pid: Pid, reason: WaitFor) {
        match reason {
            WaitFor::PipeReadable(pipe, _) => self.queue_reader(pipe, pid),
            WaitFor::PipeWritable(pipe, _) => self.queue_writer(pipe, pid),
            WaitFor::QueueNotEmpty(queue, _) => self.queue_for_queue(queue, pid, true),
            WaitFor::QueueNotFull(queue, _) => self.queue_for_queue(queue, pid, false),
            WaitFor::FifoWriter(pipe) => self.queue_opener(pipe, pid, true),
            WaitFor::FifoReader(pipe) => self.queue_opener(pipe, pid, false),
            WaitFor::Terminal => self.terminal.queue_reader(pid),
            WaitFor::Poll => self.queue_poller(pid),
            WaitFor::Child(_) | WaitFor::Sleep | WaitFor::Signal | WaitFor::SignalOf(_) => {}
        }
    }

    /// Takes a process out of the queue of whatever it waited for.
    pub(crate) fn leave_queues(&mut self, pid: Pid, reason: WaitFor) {
        match reason {
            WaitFor::PipeReadable(pipe, _)
            | WaitFor::PipeWritable(pipe, _)
            | WaitFor::FifoReader(pipe)
            | WaitFor::FifoWriter(pipe) => self.leave_pipe(pipe, pid),
            WaitFor::Poll => self.leave_poll(pid),
            WaitFor::QueueNotEmpty(queue, _) | WaitFor::QueueNotFull(queue, _) => self.leave_queue(queue, pid),
            WaitFor::Terminal => self.terminal.leave(pid),
            WaitFor::Child(_) | WaitFor::Sleep | WaitFor::Signal | WaitFor::SignalOf(_) => {}
        }
    }

    /// The child's table: the parent's, shared until one of them changes it. The child stands in the same directory.
    pub(crate) fn fork_files(&mut self, parent: Pid) -> FileTable {
        let process = self.process(parent);
        let (table, cwd) = (process.files, process.cwd);
        self.fs.keep(cwd);
        if self.config.by_descent {
            let numbers = self.files.numbers(table).to_vec();
            for entry in numbers.iter().flatten() {
                self.files.keep(entry.file);
            }
            return self.files.add_table(numbers);
        }
        self.files.share(table)
    }

    /// The end of a process: all its descriptors are closed, in order, and its registrations end (MQNOTE-08).
    pub(crate) fn close_all(&mut self, pid: Pid) {
        self.queues.withdraw_all(pid);
        let process = self.process_mut(pid);
        let (table, cwd) = (std::mem::take(&mut process.files), process.cwd);
        self.fs.release(cwd);
        for (fd, entry) in self.files.abandon(table).into_iter().enumerate() {
            let Some(entry) = entry else { continue };
            if self.ledger.on {
                self.note_held(pid, fd, entry.file);
            }
            self.drop_entry(entry);
        }
    }

    /// exec: closes what is marked, queues always being marked at first, and ends registrations (EXEC-08 to EXEC-10).
    pub(crate) fn close_on_exec(&mut self, pid: Pid) {
        self.queues.withdraw_all(pid);
        let marked: Vec<usize> = self.descriptors(pid).filter(|(_, entry)| entry.cloexec).map(|(fd, _)| fd).collect();
        for fd in marked {
            self.replace(pid, fd, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: FileId) -> Descriptor {
        let made = Deed { who: Pid(2), span: Span::default(), tick: 0 };
        Descriptor { file, cloexec: false, making: Making::Dup, made }
    }

    fn refs(files: &Files, file: FileId) -> u32 {
        files.get(file).map_or(0, |file| file.refs)
    }

    #[test]
    fn a_shared_table_counts_once_and_is_copied_by_the_first_change() {
        let mut files = Files::default();
        let mut parent = FileTable::terminal(&mut files);
        let out = files.entry(parent, 1).map(|entry| entry.file).unwrap();
        let mut child = files.share(parent);
        assert_eq!(refs(&files, out), 1);
        assert!(files.put(&mut child, 1, None).is_some());
        assert_eq!(refs(&files, out), 2, "the copy refers to it until the entry taken out is dropped");
        assert_eq!(files.drop_one(out), None);
        assert!(files.entry(child, 1).is_none());
        assert!(files.entry(parent, 1).is_some());
        let old = files.put(&mut parent, 1, None).unwrap();
        assert_eq!(files.drop_one(old.file), Some(Kind::Terminal(Stream::Out)));
    }

    #[test]
    fn a_shared_table_loses_its_last_number_as_any_other() {
        let mut files = Files::default();
        let mut parent = FileTable::terminal(&mut files);
        let file = files.open(Kind::Null, O_RDWR, 0, None);
        files.put(&mut parent, 5, Some(entry(file)));
        let err = files.entry(parent, 2).map(|entry| entry.file).unwrap();
        let mut child = files.share(parent);
        assert_eq!(files.put(&mut child, 5, None).map(|entry| entry.file), Some(file));
        assert_eq!((refs(&files, file), refs(&files, err)), (2, 2), "both tables count until the entry is dropped");
        assert_eq!(files.drop_one(file), None);
        assert_eq!(files.numbers(child).len(), 3, "the free numbers before it are gone with it");
        assert_eq!(files.numbers(parent).len(), 6);
        assert_eq!(files.put(&mut parent, 5, None).map(|entry| entry.file), Some(file));
        assert_eq!(files.drop_one(file), Some(Kind::Null));
        assert_eq!(refs(&files, err), 2);
    }

    #[test]
    fn the_last_sharer_of_a_table_gets_its_entries() {
        let mut files = Files::default();
        let table = FileTable::terminal(&mut files);
        let shared = files.share(table);
        assert!(files.abandon(table).is_empty());
        assert_eq!(files.abandon(shared).len(), 3);
    }

    #[test]
    fn the_empty_table_grows_and_shrinks() {
        let mut files = Files::default();
        let mut table = FileTable::default();
        let file = files.open(Kind::TerminalIn, O_RDWR, 0, None);
        files.put(&mut table, 7, Some(entry(file)));
        assert_eq!(files.entries(table).map(|(fd, _)| fd).collect::<Vec<_>>(), [7]);
        files.put(&mut table, 7, None);
        assert!(files.numbers(table).is_empty());
    }
}
