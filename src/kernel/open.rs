//! open(2): from a path to a descriptor, and what reads and writes do with a regular file.
//!
//! A named pipe (fifo(7)) is opened by two: whoever comes first sleeps without having opened anything, and is let through
//! by the other, who counts both in; so a sleeper that a signal calls away leaves nothing behind.

use super::call::{Call, Outcome};
use super::file::{FileId, Kind, Making, OpenFile};
use super::fs::{Body, Entry, NodeId, READ, WRITE};
use super::machine::Machine;
use super::pipe::{PipeId, Portion};
use super::process::Pid;
use super::wait::WaitFor;
use crate::abi::Errno;
use crate::abi::constant::{
    O_ACCMODE, O_APPEND, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY, SEEK_CUR,
    SEEK_END, SEEK_SET,
};

/// What is asked of open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    pub(crate) flags: i64,
    pub(crate) mode: i64,
}

impl How {
    fn has(self, flag: i64) -> bool {
        self.flags & flag != 0
    }

    fn access(self) -> i64 {
        self.flags & O_ACCMODE
    }

    /// The permissions that the access needs.
    fn permissions(self) -> i64 {
        let access = match self.access() {
            O_RDONLY => READ,
            O_WRONLY => WRITE,
            _ => READ | WRITE,
        };
        if self.has(O_TRUNC) { access | WRITE } else { access }
    }
}

impl Machine {
    /// open(2)
    pub(crate) fn open_path(&mut self, me: Pid, call: &mut Call, path: &[u8], how: How) -> Outcome {
        if call.done {
            // Somebody at the other end has opened the named pipe here too.
            return self.finish_fifo(me, PipeId(call.count as u32), how, 0).into();
        }
        match self.open_node(me, path, how) {
            Err(errno) => Outcome::Fail(errno),
            Ok((node, Some(kind))) => {
                if let Kind::File(_) | Kind::Directory(_) = kind {
                    self.fs.keep(node);
                }
                self.install_open(me, kind, how, 0).into()
            }
            Ok((node, None)) => self.open_fifo(me, node, how),
        }
    }

    /// The node that a path leads to, made where asked for, and what an open file of it is; none for a named pipe.
    fn open_node(&mut self, me: Pid, path: &[u8], how: How) -> Result<(NodeId, Option<Kind>), Errno> {
        if how.access() == O_ACCMODE {
            return Err(Errno::EINVAL);
        }
        self.free_number(me, 0)?;
        if !self.files.has_room(1) {
            return Err(Errno::ENFILE);
        }
        let cwd = self.process(me).cwd;
        let last = self.fs.last(&mut *self.host, cwd, path)?;
        let node = match self.fs.entry(&mut *self.host, last.dir, &last.name)? {
            Entry::Is(_) if how.has(O_CREAT) && how.has(O_EXCL) => return Err(Errno::EEXIST),
            Entry::Is(node) => {
                if (last.slash || how.has(O_DIRECTORY)) && !self.fs.is_directory(node) {
                    return Err(Errno::ENOTDIR);
                }
                if self.fs.is_directory(node) && (how.has(O_CREAT) || how.access() != O_RDONLY) {
                    return Err(Errno::EISDIR);
                }
                self.fs.allow(node, how.permissions())?;
                node
            }
            _ if !how.has(O_CREAT) => return Err(Errno::ENOENT),
            _ if last.slash => return Err(Errno::EISDIR),
            _ => self.fs.create(last.dir, &last.name, Body::empty_file(), how.mode)?,
        };
        Ok((node, self.opened_kind(me, node, how)?))
    }

    fn opened_kind(&mut self, me: Pid, node: NodeId, how: How) -> Result<Option<Kind>, Errno> {
        Ok(Some(match self.fs.get(node).map(|node| &node.body) {
            None => return Err(Errno::ENOENT),
            Some(Body::Directory(_)) => Kind::Directory(node),
            Some(Body::Null) => Kind::Null,
            Some(Body::Zero) => Kind::Zero,
            Some(Body::Terminal) if self.terminal.session == Some(self.process(me).sid) => Kind::TerminalIn,
            Some(Body::Terminal) => return Err(Errno::ENXIO),
            Some(Body::Fifo(_)) => return Ok(None),
            Some(Body::File(_)) => {
                if how.has(O_TRUNC) {
                    self.fs.truncate(node);
                    self.ledger.files.empty(node);
                } else {
                    self.fs.load(&mut *self.host, node)?;
                }
                Kind::File(node)
            }
        }))
    }

    /// Puts a new open file under the lowest free number.
    fn install_open(&mut self, me: Pid, kind: Kind, how: How, offset: u64) -> Result<i64, Errno> {
        let fd = self.free_number(me, 0)?;
        let file = self.files.open(kind, how.access(), how.flags & (O_APPEND | O_NONBLOCK), self.owner(me));
        if let Some(open) = self.files.get_mut(file) {
            open.offset = offset;
        }
        self.install(me, fd, file, how.has(O_CLOEXEC), Making::Open);
        Ok(fd as i64)
    }

    fn open_fifo(&mut self, me: Pid, node: NodeId, how: How) -> Outcome {
        let Some(Body::Fifo(behind)) = self.fs.get(node).map(|node| &node.body) else {
            return Outcome::Fail(Errno::ENOENT);
        };
        let pipe = match *behind {
            Some(pipe) => pipe,
            None => {
                let pipe = self.make_fifo(me, node);
                self.fs.set_fifo(node, Some(pipe));
                pipe
            }
        };
        let ends = self.fifo_ends(pipe);
        let nonblocking = how.has(O_NONBLOCK);
        match how.access() {
            O_RDONLY if !ends.writers && !nonblocking => Outcome::Block(WaitFor::FifoWriter(pipe)),
            O_WRONLY if !ends.readers && nonblocking => {
                self.drop_unused_pipe(pipe);
                Outcome::Fail(Errno::ENXIO)
            }
            O_WRONLY if !ends.readers => Outcome::Block(WaitFor::FifoReader(pipe)),
            access => {
                let turn = if access == O_RDONLY && !ends.writers { self.fifo_turn(pipe) } else { 0 };
                self.count_in(pipe, access != O_WRONLY, access != O_RDONLY);
                self.finish_fifo(me, pipe, how, turn).into()
            }
        }
    }

    /// An end of a named pipe has been counted in for the caller: here is its descriptor. `turn` is how many writers the pipe
    /// had had when it was opened without one: until there is another, poll tells of no hang-up.
    fn finish_fifo(&mut self, me: Pid, pipe: PipeId, how: How, turn: u64) -> Result<i64, Errno> {
        let kind = match how.access() {
            O_RDONLY => Kind::PipeRead(pipe),
            O_WRONLY => Kind::PipeWrite(pipe),
            _ => Kind::PipeBoth(pipe),
        };
        self.install_open(me, kind, how, turn)
    }

    /// lseek(2)
    pub(crate) fn seek(&mut self, me: Pid, fd: i64, offset: i64, whence: i64) -> Result<i64, Errno> {
        let (id, file) = self.lookup(me, fd)?;
        let node = match file.kind {
            Kind::File(node) | Kind::Directory(node) => node,
            Kind::Null | Kind::Zero => return Ok(0),
            _ => return Err(Errno::ESPIPE),
        };
        let from = match whence {
            SEEK_SET => 0,
            SEEK_CUR => file.offset as i64,
            SEEK_END => self.fs.size(node) as i64,
            _ => return Err(Errno::EINVAL),
        };
        let place = from.checked_add(offset).ok_or(Errno::EOVERFLOW)?;
        let place = u64::try_from(place).map_err(|_| Errno::EINVAL)?;
        self.ledger.files.seek(file.serial);
        self.set_offset(id, place);
        Ok(place as i64)
    }

    fn set_offset(&mut self, id: FileId, place: u64) {
        if let Some(file) = self.files.get_mut(id) {
            file.offset = place;
        }
    }

    /// Reads a regular file from its offset on; no bytes are the end of the file.
    pub(crate) fn read_file(&mut self, id: FileId, file: &OpenFile, node: NodeId, portion: Portion) -> Vec<u8> {
        let bytes = self.fs.bytes(node);
        let from = usize::try_from(file.offset).unwrap_or(usize::MAX).min(bytes.len());
        let rest = &bytes[from..];
        let taken = match portion {
            Portion::Bytes(max) => &rest[..max.min(rest.len())],
            Portion::Line(max) => {
                let line = rest.iter().take(max).position(|byte| *byte == b'\n').map_or(max, |at| at + 1);
                &rest[..line.min(rest.len())]
            }
        };
        let (taken, count) = (taken.to_vec(), taken.len() as u64);
        self.set_offset(id, file.offset + count);
        if self.ledger.on
            && let Some(process) = self.last.and_then(|pid| self.table.get(pid))
        {
            let range = file.offset..file.offset + count;
            match count {
                0 => self.ledger.files.end(process.standing(), file.serial),
                _ => self.ledger.files.read(node, range, (process.standing(), file.serial)),
            }
        }
        taken
    }

    /// Writes to a regular file at its offset, or at its end with O_APPEND, which nobody can come between.
    pub(crate) fn write_file(&mut self, id: FileId, file: &OpenFile, node: NodeId, bytes: &[u8]) -> Result<i64, Errno> {
        let at = if file.flags & O_APPEND != 0 { self.fs.size(node) } else { file.offset };
        let size = self.fs.size(node);
        let count = self.fs.write_at(node, at, bytes)?;
        if count > 0 {
            self.set_offset(id, at + count as u64);
            if self.ledger.on {
                self.note_file_write(id, node, (at, size, count as u64));
            }
        }
        Ok(count as i64)
    }

    /// chdir(2)
    pub(crate) fn change_directory(&mut self, me: Pid, path: &[u8]) -> Result<i64, Errno> {
        let old = self.process(me).cwd;
        let node = self.fs.find(&mut *self.host, old, path)?;
        if !self.fs.is_directory(node) {
            return Err(Errno::ENOTDIR);
        }
        self.fs.allow(node, super::fs::EXECUTE)?;
        self.fs.keep(node);
        self.process_mut(me).cwd = node;
        self.fs.release(old);
        Ok(0)
    }
}

/// Which ends of a named pipe somebody has open, or sleeps to open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) readers: bool,
    pub(crate) writers: bool,
}
