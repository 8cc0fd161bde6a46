//! The file system (path_resolution(7)): a tree in memory, into which the directory of the script is copied as it is used.
//!
//! The script's own directory appears as `/home/student`; `/tmp` and `/dev` exist in memory alone. What lies in the script's
//! directory is looked up through the host when a path first leads there, and its contents are copied in when it is first
//! opened; what a program changes, creates or removes changes this tree and never the host. This file knows of names
//! and bytes; descriptors and sleeping processes are not its business.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::host::{Host, HostNode};
use super::param::{FILE_BYTES, FILES_BYTES, FILES_COUNT, NAME_MAX, PATH_MAX};
use super::pipe::PipeId;
use super::slab::Slab;
use crate::abi::Errno;

/// Which file, directory or device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What a node of the tree is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Body {
    /// A regular file: its bytes, or how many there are while they are still with the host.
    File(Bytes),
    /// A directory: its entries as far as they are known; none for a name of the host's that was removed.
    Directory(BTreeMap<Vec<u8>, Option<NodeId>>),
    /// A named pipe, and the pipe behind it while somebody has it open.
    Fifo(Option<PipeId>),
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    /// `/dev/tty`
    Terminal,
}

/// The contents of a regular file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bytes {
    /// Not copied in yet: the host has so many bytes.
    Host(u64),
    /// In memory, as the host has them.
    Copied(Arc<Vec<u8>>),
    /// In memory, made or changed by a program.
    Changed(Arc<Vec<u8>>),
}

/// A file, directory or device.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it is.
    pub body: Body,
    /// The directory it stands in and its name there; none for the root and for what was removed.
    place: Option<(NodeId, Vec<u8>)>,
    /// The permission bits, of which the owner's count.
    mode: i64,
    /// Its path below the script's directory, if the host has it.
    host: Option<Vec<u8>>,
    /// Open file descriptions, and processes whose working directory it is.
    users: u32,
}

/// The tree.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSystem {
    nodes: Slab<Node>,
    /// Bytes of all files in memory.
    used: u64,
    home: NodeId,
    /// Whether a program has changed anything.
    changed: bool,
}

/// What a name in a directory leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// This.
    Is(NodeId),
    /// Nothing.
    Missing,
    /// Nothing any more: the host has it, but a program has removed it.
    Removed,
}

/// The last part of a path, and the directory that the rest leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) dir: NodeId,
    pub(crate) name: Vec<u8>,
    /// Whether a slash follows, so that it must be a directory.
    pub(crate) slash: bool,
}

const ROOT: NodeId = NodeId(0);
/// The owner's permission bits.
pub(crate) const READ: i64 = 0o400;
/// See [`READ`].
pub(crate) const WRITE: i64 = 0o200;
/// See [`READ`].
pub(crate) const EXECUTE: i64 = 0o100;

impl std::hash::Hash for FileSystem {
    /// Before anything was looked up or made there is nothing to tell.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        if self.is_pristine() {
            state.write_u8(0);
        } else {
            self.nodes.hash(state);
        }
    }
}

/// How many nodes there are at the start.
const FIRST_NODES: usize = 8;

impl Default for FileSystem {
    /// `/dev`, `/tmp`, and `/home/student`, where scripts start. Only the last two can be written.
    fn default() -> Self {
        let mut fs = FileSystem { nodes: Slab::default(), used: 0, home: ROOT, changed: false };
        let dir = || Body::Directory(BTreeMap::new());
        let root = fs.insert(Node { body: dir(), place: None, mode: 0o555, host: None, users: 1 });
        let dev = fs.attach(root, b"dev", dir(), 0o555, None);
        fs.attach(dev, b"null", Body::Null, 0o666, None);
        fs.attach(dev, b"zero", Body::Zero, 0o666, None);
        fs.attach(dev, b"tty", Body::Terminal, 0o666, None);
        let home = fs.attach(root, b"home", dir(), 0o555, None);
        fs.home = fs.attach(home, b"student", dir(), 0o755, Some(Vec::new()));
        fs.attach(root, b"tmp", dir(), 0o777, None);
        fs
    }
}

impl Body {
    /// A regular file that a program makes.
    pub(crate) fn empty_file() -> Body {
        Body::File(Bytes::Changed(Arc::default()))
    }

    /// A directory that a program makes.
    pub(crate) fn empty_directory() -> Body {
        Body::Directory(BTreeMap::new())
    }
}

/// The path as C sees it: up to a zero byte.
fn clean(path: &[u8]) -> Result<&[u8], Errno> {
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    match path.len() {
        0 => Err(Errno::ENOENT),
        PATH_MAX.. => Err(Errno::ENAMETOOLONG),
        _ => Ok(path),
    }
}

/// `name` below `dir`, where the script's directory itself is the empty path.
fn below(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}

impl FileSystem {
    fn insert(&mut self, node: Node) -> NodeId {
        NodeId(self.nodes.insert(node))
    }

    /// Puts a new node into a directory.
    fn attach(&mut self, dir: NodeId, name: &[u8], body: Body, mode: i64, host: Option<Vec<u8>>) -> NodeId {
        let node = self.insert(Node { body, place: Some((dir, name.to_vec())), mode, host, users: 0 });
        self.set_entry(dir, name, Some(Some(node)));
        node
    }

    fn set_entry(&mut self, dir: NodeId, name: &[u8], entry: Option<Option<NodeId>>) {
        if let Some(Node { body: Body::Directory(entries), .. }) = self.nodes.get_mut(dir.0) {
            match entry {
                Some(entry) => entries.insert(name.to_vec(), entry),
                None => entries.remove(name),
            };
        }
    }

    /// What a node is.
    pub fn get(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node.0)
    }

    /// The directory where scripts start.
    pub fn home(&self) -> NodeId {
        self.home
    }

    /// Whether a program has changed, made or removed anything.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Whether it is as it was at the start, but for who stands in which directory.
    pub(crate) fn is_pristine(&self) -> bool {
        !self.changed && self.nodes.len() == FIRST_NODES
    }

    /// One more refers to it.
    #[inline]
    pub(crate) fn keep(&mut self, node: NodeId) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.users += 1;
        }
    }

    /// One less refers to it: with the last it is gone, if it has no name any more.
    #[inline]
    pub(crate) fn release(&mut self, node: NodeId) {
        if let Some(found) = self.nodes.get_mut(node.0) {
            found.users = found.users.saturating_sub(1);
            self.drop_unused(node);
        }
    }

    fn drop_unused(&mut self, node: NodeId) {
        if self.get(node).is_some_and(|found| found.users == 0 && found.place.is_none()) {
            let gone = self.nodes.remove(node.0);
            if let Some(Node { body: Body::File(Bytes::Copied(bytes) | Bytes::Changed(bytes)), .. }) = gone {
                self.used -= bytes.len() as u64;
            }
        }
    }

    /// Checks the owner's permission.
    pub(crate) fn allow(&self, node: NodeId, wanted: i64) -> Result<(), Errno> {
        let mode = self.get(node).map_or(0, |node| node.mode);
        if mode & wanted == wanted { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// What `name` leads to in a directory. What only the host has enters the tree here.
    pub(crate) fn entry(&mut self, host: &mut dyn Host, dir: NodeId, name: &[u8]) -> Result<Entry, Errno> {
        let Some(node) = self.get(dir) else { return Err(Errno::ENOENT) };
        let Body::Directory(entries) = &node.body else { return Err(Errno::ENOTDIR) };
        self.allow(dir, EXECUTE)?;
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        match (name, &node.place) {
            (b".", _) => return Ok(Entry::Is(dir)),
            (b"..", Some((parent, _))) => return Ok(Entry::Is(*parent)),
            (b"..", None) if dir == ROOT => return Ok(Entry::Is(ROOT)),
            (_, None) if dir != ROOT => return Ok(Entry::Missing),
            _ => {}
        }
        match entries.get(name) {
            Some(Some(found)) => return Ok(Entry::Is(*found)),
            Some(None) => return Ok(Entry::Removed),
            None => {}
        }
        let Some(path) = node.host.as_ref().map(|host| below(host, name)) else { return Ok(Entry::Missing) };
        let body = match host.look(&path) {
            None => return Ok(Entry::Missing),
            Some(HostNode::File(size)) => Body::File(Bytes::Host(size)),
            Some(HostNode::Directory) => Body::Directory(BTreeMap::new()),
        };
        if self.nodes.len() >= FILES_COUNT {
            return Err(Errno::ENOMEM);
        }
        Ok(Entry::Is(self.attach(dir, name, body, 0o755, Some(path))))
    }

    /// Follows a path up to its last part.
    pub(crate) fn last(&mut self, host: &mut dyn Host, cwd: NodeId, path: &[u8]) -> Result<Last, Errno> {
        let path = clean(path)?;
        let mut dir = if path.starts_with(b"/") { ROOT } else { cwd };
        let mut parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
        let mut name: &[u8] = parts.next().unwrap_or(b".");
        for next in parts {
            dir = match self.entry(host, dir, name)? {
                Entry::Is(node) => node,
                Entry::Missing | Entry::Removed => return Err(Errno::ENOENT),
            };
            name = next;
        }
        Ok(Last { dir, name: name.to_vec(), slash: path.ends_with(b"/") })
    }

    /// Follows a path to its end.
    pub(crate) fn find(&mut self, host: &mut dyn Host, cwd: NodeId, path: &[u8]) -> Result<NodeId, Errno> {
        let last = self.last(host, cwd, path)?;
        match self.entry(host, last.dir, &last.name)? {
            Entry::Is(node) if last.slash && !self.is_directory(node) => Err(Errno::ENOTDIR),
            Entry::Is(node) => Ok(node),
            Entry::Missing | Entry::Removed => Err(Errno::ENOENT),
        }
    }

    /// Whether a node is a directory.
    pub(crate) fn is_directory(&self, node: NodeId) -> bool {
        self.get(node).is_some_and(|node| matches!(node.body, Body::Directory(_)))
    }

    /// Makes a node under a name that is free.
    pub(crate) fn create(&mut self, dir: NodeId, name: &[u8], body: Body, mode: i64) -> Result<NodeId, Errno> {
        if dir != ROOT && self.get(dir).is_none_or(|dir| dir.place.is_none()) {
            return Err(Errno::ENOENT);
        }
        self.allow(dir, WRITE)?;
        if self.nodes.len() >= FILES_COUNT {
            return Err(Errno::ENOSPC);
        }
        self.changed = true;
        Ok(self.attach(dir, name, body, mode & 0o7777, None))
    }

    /// mkdir(2), mkfifo(3): a node of that kind under a path where nothing is.
    pub(crate) fn make(
        &mut self,
        host: &mut dyn Host,
        cwd: NodeId,
        path: &[u8],
        body: Body,
        mode: i64,
    ) -> Result<(), Errno> {
        let last = self.last(host, cwd, path)?;
        match self.entry(host, last.dir, &last.name)? {
            Entry::Is(_) => Err(Errno::EEXIST),
            _ if last.slash && !matches!(body, Body::Directory(_)) => Err(Errno::ENOENT),
            _ => self.create(last.dir, &last.name, body, mode).map(|_| ()),
        }
    }

    /// Takes a name out of its directory; what it led to stays while somebody uses it.
    fn detach(&mut self, host: &mut dyn Host, node: NodeId) {
        let Some((dir, name)) = self.nodes.get_mut(node.0).and_then(|node| node.place.take()) else { return };
        let path = self.get(dir).and_then(|dir| dir.host.as_ref()).map(|dir| below(dir, &name));
        let hidden = path.is_some_and(|path| host.look(&path).is_some());
        self.set_entry(dir, &name, hidden.then_some(None));
        self.changed = true;
        self.drop_unused(node);
    }

    /// unlink(2)
    pub(crate) fn unlink(&mut self, host: &mut dyn Host, cwd: NodeId, path: &[u8]) -> Result<(), Errno> {
        let last = self.last(host, cwd, path)?;
        let Entry::Is(node) = self.entry(host, last.dir, &last.name)? else { return Err(Errno::ENOENT) };
        if self.is_directory(node) {
            return Err(Errno::EISDIR);
        }
        if last.slash {
            return Err(Errno::ENOTDIR);
        }
        self.allow(last.dir, WRITE)?;
        self.detach(host, node);
        Ok(())
    }

    /// rmdir(2)
    pub(crate) fn rmdir(&mut self, host: &mut dyn Host, cwd: NodeId, path: &[u8]) -> Result<(), Errno> {
        let last = self.last(host, cwd, path)?;
        match last.name.as_slice() {
            b"." if last.dir == ROOT => return Err(Errno::EBUSY),
            b"." => return Err(Errno::EINVAL),
            b".." => return Err(Errno::ENOTEMPTY),
            _ => {}
        }
        let Entry::Is(node) = self.entry(host, last.dir, &last.name)? else { return Err(Errno::ENOENT) };
        self.allow(last.dir, WRITE)?;
        if !self.names(host, node)?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        self.detach(host, node);
        Ok(())
    }

    /// rename(2): what stood under the new name is replaced.
    pub(crate) fn rename(&mut self, host: &mut dyn Host, cwd: NodeId, old: &[u8], new: &[u8]) -> Result<(), Errno> {
        let (from, to) = (self.last(host, cwd, old)?, self.last(host, cwd, new)?);
        let dots = |last: &Last| matches!(last.name.as_slice(), b"." | b"..");
        if dots(&from) || dots(&to) {
            return Err(Errno::EBUSY);
        }
        let Entry::Is(node) = self.entry(host, from.dir, &from.name)? else { return Err(Errno::ENOENT) };
        let directory = self.is_directory(node);
        if (from.slash || to.slash) && !directory {
            return Err(Errno::ENOTDIR);
        }
        self.allow(from.dir, WRITE)?;
        self.allow(to.dir, WRITE)?;
        if directory && self.is_within(to.dir, node) {
            return Err(Errno::EINVAL);
        }
        if directory && self.host_path(node).is_some() {
            // As overlayfs answers for a directory of the layer below.
            return Err(Errno::EXDEV);
        }
        self.load(host, node)?;
        if let Entry::Is(target) = self.entry(host, to.dir, &to.name)? {
            match (directory, self.is_directory(target)) {
                _ if target == node => return Ok(()),
                (false, true) => return Err(Errno::EISDIR),
                (true, false) => return Err(Errno::ENOTDIR),
                (true, true) if !self.names(host, target)?.is_empty() => return Err(Errno::ENOTEMPTY),
                _ => self.detach(host, target),
            }
        }
        self.keep(node);
        self.detach(host, node);
        if let Some(found) = self.nodes.get_mut(node.0) {
            found.place = Some((to.dir, to.name.clone()));
            found.host = None;
        }
        self.changing(node);
        self.set_entry(to.dir, &to.name, Some(Some(node)));
        self.release(node);
        Ok(())
    }

    /// Whether a directory is `ancestor` or lies below it.
    fn is_within(&self, mut dir: NodeId, ancestor: NodeId) -> bool {
        loop {
            if dir == ancestor {
                return true;
            }
            match self.get(dir).and_then(|node| node.place.as_ref()) {
                Some((parent, _)) => dir = *parent,
                None => return false,
            }
        }
    }

    /// The names in a directory in the order of their bytes, without `.` and `..`.
    pub(crate) fn names(&mut self, host: &mut dyn Host, dir: NodeId) -> Result<Vec<Vec<u8>>, Errno> {
        let node = self.get(dir).ok_or(Errno::ENOENT)?;
        let Body::Directory(entries) = &node.body else { return Err(Errno::ENOTDIR) };
        let mut names: Vec<Vec<u8>> = match &node.host {
            Some(path) => host.list(path).into_iter().filter(|name| !entries.contains_key(name)).collect(),
            None => Vec::new(),
        };
        names.extend(entries.iter().filter(|(_, node)| node.is_some()).map(|(name, _)| name.clone()));
        names.sort();
        Ok(names)
    }

    /// The path of a directory from the root (getcwd(3)).
    pub(crate) fn path_of(&self, mut node: NodeId) -> Result<Vec<u8>, Errno> {
        let mut names = Vec::new();
        while node != ROOT {
            let (parent, name) = self.get(node).and_then(|node| node.place.as_ref()).ok_or(Errno::ENOENT)?;
            names.push(name.as_slice());
            node = *parent;
        }
        names.reverse();
        Ok([b"/".as_slice(), &names.join(&b'/')].concat())
    }

    /// Copies the contents of a file in, if the host still has them.
    pub(crate) fn load(&mut self, host: &mut dyn Host, node: NodeId) -> Result<(), Errno> {
        let found = self.nodes.get_mut(node.0).ok_or(Errno::ENOENT)?;
        let (Body::File(contents @ Bytes::Host(_)), Some(path)) = (&mut found.body, &found.host) else { return Ok(()) };
        let bytes = host.read_file(path, FILE_BYTES)?;
        if self.used + bytes.len() as u64 > FILES_BYTES {
            return Err(Errno::ENOMEM);
        }
        self.used += bytes.len() as u64;
        *contents = Bytes::Copied(Arc::new(bytes));
        Ok(())
    }

    /// The contents of a regular file that was loaded.
    pub fn bytes(&self, node: NodeId) -> &[u8] {
        match self.get(node).map(|node| &node.body) {
            Some(Body::File(Bytes::Copied(bytes) | Bytes::Changed(bytes))) => bytes,
            _ => &[],
        }
    }

    /// How many bytes a node holds.
    pub(crate) fn size(&self, node: NodeId) -> u64 {
        match self.get(node).map(|node| &node.body) {
            Some(Body::File(Bytes::Host(size))) => *size,
            _ => self.bytes(node).len() as u64,
        }
    }

    /// The bytes of a file, to be changed.
    fn changing(&mut self, node: NodeId) -> Option<&mut Vec<u8>> {
        let Body::File(contents) = &mut self.nodes.get_mut(node.0)?.body else { return None };
        self.changed = true;
        if let Bytes::Copied(bytes) | Bytes::Changed(bytes) = contents {
            *contents = Bytes::Changed(std::mem::take(bytes));
        }
        match contents {
            Bytes::Changed(bytes) => Some(Arc::make_mut(bytes)),
            _ => None,
        }
    }

    /// Cuts a file to nothing (O_TRUNC).
    pub(crate) fn truncate(&mut self, node: NodeId) {
        if let Some(Node { body: Body::File(contents), .. }) = self.nodes.get_mut(node.0) {
            if let Bytes::Copied(bytes) | Bytes::Changed(bytes) = contents {
                self.used -= bytes.len() as u64;
            }
            *contents = Bytes::Changed(Arc::default());
            self.changed = true;
        }
    }

    /// Writes at a place, filling a gap before it with zeros; how many bytes there was room for.
    pub(crate) fn write_at(&mut self, node: NodeId, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if at >= FILE_BYTES {
            return Err(Errno::EFBIG);
        }
        let room = (FILE_BYTES - at).min((self.size(node) + (FILES_BYTES - self.used)).saturating_sub(at));
        let count = (bytes.len() as u64).min(room) as usize;
        if count == 0 {
            return Err(Errno::ENOSPC);
        }
        let at = at as usize;
        let Some(contents) = self.changing(node) else { return Err(Errno::EIO) };
        let before = contents.len();
        if before < at + count {
            contents.resize(at + count, 0);
        }
        contents[at..at + count].copy_from_slice(&bytes[..count]);
        let grown = contents.len() - before;
        self.used += grown as u64;
        Ok(count)
    }

    /// The pipe behind a named pipe.
    pub(crate) fn set_fifo(&mut self, node: NodeId, pipe: Option<PipeId>) {
        if let Some(Node { body: Body::Fifo(behind), .. }) = self.nodes.get_mut(node.0) {
            *behind = pipe;
        }
    }

    /// The path of a node below the script's directory, if the host has it.
    pub(crate) fn host_path(&self, node: NodeId) -> Option<&[u8]> {
        self.get(node)?.host.as_deref()
    }

    /// Directories and changed files below the script's directory by path, directories before what is in them: what
    /// `--write-to` writes. Nothing of a directory without a change is told.
    pub fn changes(&self) -> Vec<(Vec<u8>, Option<&[u8]>)> {
        let mut found = Vec::new();
        let mut waiting = vec![(Vec::new(), self.home)];
        while let Some((path, dir)) = waiting.pop() {
            let Some(Node { body: Body::Directory(entries), .. }) = self.get(dir) else { continue };
            for (name, node) in entries.iter().filter_map(|(name, node)| Some((name, (*node)?))) {
                let path = below(&path, name);
                match self.get(node).map(|node| (&node.body, &node.host)) {
                    Some((Body::File(Bytes::Changed(bytes)), _)) => found.push((path, Some(bytes.as_slice()))),
                    Some((Body::Directory(_), host)) => {
                        if host.is_none() {
                            found.push((path.clone(), None));
                        }
                        waiting.push((path, node));
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests;
