//! The script's directory as programs see it: read-only, and nothing outside of it. `--write-to` is the only way by which a
//! file of a run reaches the host.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::abi::Errno;
use crate::kernel::host::HostNode;

/// The part of a host that is a script's directory, for one with a field `folder`.
macro_rules! files_of_the_folder {
    () => {
        fn look(&mut self, path: &[u8]) -> Option<HostNode> {
            self.folder.look(path)
        }

        fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
            self.folder.list(path)
        }

        fn read_file(&mut self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
            self.folder.read(path, most)
        }
    };
}
pub(crate) use files_of_the_folder;

/// The script's directory.
#[derive(Debug)]
pub(crate) struct Folder {
    /// As it was named.
    named: PathBuf,
    /// Canonical, once it is needed; none where it cannot be found, and then it is empty.
    root: OnceCell<Option<PathBuf>>,
}

impl Folder {
    /// The directory that a script lies in.
    pub(crate) fn of(script: &Path) -> Folder {
        let folder = match script.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Folder { named: folder.to_path_buf(), root: OnceCell::new() }
    }

    fn root(&self) -> Option<&PathBuf> {
        self.root.get_or_init(|| self.named.canonicalize().ok()).as_ref()
    }

    /// The real path of what a path below the directory leads to: links that lead out lead nowhere.
    fn real(&self, path: &[u8]) -> Option<PathBuf> {
        let root = self.root()?;
        let real = root.join(OsStr::from_bytes(path)).canonicalize().ok()?;
        real.starts_with(root).then_some(real)
    }

    /// What a path leads to; devices, sockets and the like do not exist.
    pub(crate) fn look(&self, path: &[u8]) -> Option<HostNode> {
        let about = fs::metadata(self.real(path)?).ok()?;
        match about.file_type() {
            kind if kind.is_file() => Some(HostNode::File(about.len())),
            kind if kind.is_dir() => Some(HostNode::Directory),
            _ => None,
        }
    }

    /// The names in a directory, of what exists for programs.
    pub(crate) fn list(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let Some(entries) = self.real(path).and_then(|real| fs::read_dir(real).ok()) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name().into_vec()));
        let below = |name: &[u8]| if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() };
        names.filter(|name| self.look(&below(name)).is_some()).collect()
    }

    /// The contents of a file.
    pub(crate) fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, Errno> {
        let real = self.real(path).ok_or(Errno::ENOENT)?;
        let file = File::open(real).map_err(|_| Errno::EACCES)?;
        if !file.metadata().is_ok_and(|about| about.is_file()) {
            return Err(Errno::EACCES);
        }
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).map_err(|_| Errno::EIO)?;
        if bytes.len() as u64 > most { Err(Errno::EFBIG) } else { Ok(bytes) }
    }
}

/// Writes what a run has made and changed below a directory, which is made where it is missing. No link is followed below it: one
/// that stands where a directory is needed is an error, one that stands where a file goes is replaced.
pub(crate) fn write_back(to: &Path, changes: &[(Vec<u8>, Option<&[u8]>)]) -> Result<(), String> {
    let fail = |path: &Path, error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
    fs::create_dir_all(to).map_err(|error| fail(to, error))?;
    for (path, contents) in changes {
        let mut place = to.to_path_buf();
        let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        if parts.iter().any(|part| matches!(*part, b"" | b"." | b"..")) {
            return Err(format!("`{}` is no path for a file", String::from_utf8_lossy(path)));
        }
        let name = if contents.is_some() { parts.pop() } else { None };
        for part in parts {
            place.push(OsStr::from_bytes(part));
            match fs::symlink_metadata(&place) {
                Ok(about) if about.is_dir() => {}
                Ok(_) => return Err(format!("cannot write below `{}`: it is not a directory", place.display())),
                Err(_) => fs::create_dir(&place).map_err(|error| fail(&place, error))?,
            }
        }
        if let (Some(name), Some(bytes)) = (name, contents) {
            write_file(&place, name, bytes).map_err(|error| fail(&place.join(OsStr::from_bytes(name)), error))?;
        }
    }
    Ok(())
}

/// Writes a file beside its place under a name that nothing has, and then moves it there.
fn write_file(folder: &Path, name: &[u8], bytes: &[u8]) -> std::io::Result<()> {
    let target = folder.join(OsStr::from_bytes(name));
    let beside = folder.join(format!(".proc-{}.tmp", std::process::id()));
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(bytes));
    let moved = written.and_then(|()| fs::rename(&beside, &target));
    if moved.is_err() {
        // What could not be moved must not stay.
        let _ = fs::remove_file(&beside);
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_visible() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let inside = outside.path().join("inside");
        fs::create_dir_all(inside.join("sub")).unwrap();
        fs::write(inside.join("seen"), "text").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("leak")).unwrap();
        std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
        std::os::unix::fs::symlink("seen", inside.join("again")).unwrap();
        let folder = Folder::of(&inside.join("script.proc"));
        assert_eq!(folder.look(b"seen"), Some(HostNode::File(4)));
        assert_eq!(folder.look(b"again"), Some(HostNode::File(4)));
        assert_eq!(folder.look(b"sub"), Some(HostNode::Directory));
        for path in [&b"leak"[..], b"up", b"up/secret", b"../secret", b"/etc/passwd"] {
            assert_eq!(folder.look(path), None, "{}", String::from_utf8_lossy(path));
        }
        let mut names = folder.list(b"");
        names.sort();
        assert_eq!(names, [&b"again"[..], b"seen", b"sub"]);
        assert_eq!(folder.read(b"seen", 4), Ok(b"text".to_vec()));
        assert_eq!(folder.read(b"seen", 3), Err(Errno::EFBIG));
        assert_eq!(folder.read(b"leak", 9), Err(Errno::ENOENT));
    }

    #[test]
    fn what_is_written_stays_below_its_directory() {
        let base = tempfile::tempdir().unwrap();
        let (to, elsewhere) = (base.path().join("to"), base.path().join("elsewhere"));
        fs::create_dir_all(&to).unwrap();
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(elsewhere.join("kept"), to.join("file")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, to.join("dir")).unwrap();
        write_back(&to, &[(b"file".to_vec(), Some(b"new")), (b"a".to_vec(), None), (b"a/b".to_vec(), Some(b"deep"))])
            .unwrap();
        assert_eq!(fs::read(to.join("file")).unwrap(), b"new");
        assert_eq!(fs::read(to.join("a/b")).unwrap(), b"deep");
        assert_eq!(fs::read(elsewhere.join("kept")).unwrap(), b"kept");
        assert!(write_back(&to, &[(b"dir/file".to_vec(), Some(b"x"))]).is_err());
        assert!(write_back(&to, &[(b"../file".to_vec(), Some(b"x"))]).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&to).unwrap().count(), 3, "nothing temporary is left");
    }
}
