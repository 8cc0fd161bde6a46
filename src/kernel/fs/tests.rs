use super::*;
use crate::bytecode::image::Verified;
use crate::kernel::host::{Input, Stream};

/// A host with one file, `given`, and one directory, `sub`, that holds another.
struct Small;

impl Host for Small {
    fn write(&mut self, _: Stream, _: &[u8]) -> Result<(), Errno> {
        Ok(())
    }

    fn read(&mut self, _: usize, _: bool) -> Input {
        Input::End
    }

    fn load(&mut self, _: &[u8]) -> Result<Verified, Errno> {
        Err(Errno::ENOENT)
    }

    fn look(&mut self, path: &[u8]) -> Option<HostNode> {
        match path {
            b"given" | b"sub/deep" => Some(HostNode::File(5)),
            b"" | b"sub" => Some(HostNode::Directory),
            _ => None,
        }
    }

    fn list(&mut self, path: &[u8]) -> Vec<Vec<u8>> {
        let names: &[&[u8]] = match path {
            b"" => &[b"sub", b"given"],
            b"sub" => &[b"deep"],
            _ => &[],
        };
        names.iter().map(|name| name.to_vec()).collect()
    }

    fn read_file(&mut self, _: &[u8], _: u64) -> Result<Vec<u8>, Errno> {
        Ok(b"hello".to_vec())
    }
}

fn make(fs: &mut FileSystem, path: &str) -> NodeId {
    let home = fs.home();
    fs.make(&mut Small, home, path.as_bytes(), Body::empty_file(), 0o644).unwrap();
    find(fs, path).unwrap()
}

fn find(fs: &mut FileSystem, path: &str) -> Result<NodeId, Errno> {
    let home = fs.home();
    fs.find(&mut Small, home, path.as_bytes())
}

fn names(fs: &mut FileSystem, path: &str) -> Vec<String> {
    let dir = find(fs, path).unwrap();
    let names = fs.names(&mut Small, dir).unwrap();
    names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

#[test]
fn paths_lead_where_they_do_on_linux_and_never_out() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    for path in [".", "./", "../student", "/home/student", "//home/./student//", "../../../../home/student", "sub/.."] {
        assert_eq!(find(&mut fs, path), Ok(home), "{path}");
    }
    let long = "x/".repeat(2048);
    let wide = "n".repeat(256);
    let errors = [
        ("", Errno::ENOENT),
        ("nothing", Errno::ENOENT),
        ("nothing/below", Errno::ENOENT),
        ("given/below", Errno::ENOTDIR),
        ("given/", Errno::ENOTDIR),
        ("/etc/passwd", Errno::ENOENT),
        (&long, Errno::ENAMETOOLONG),
        (&wide, Errno::ENAMETOOLONG),
    ];
    for (path, errno) in errors {
        assert_eq!(find(&mut fs, path), Err(errno), "{path}");
    }
    assert!(find(&mut fs, "given\0rest").is_ok(), "a path ends at a zero byte, as in C");
}

#[test]
fn the_hosts_files_are_seen_read_and_never_changed() {
    let mut fs = FileSystem::default();
    assert_eq!(names(&mut fs, "."), ["given", "sub"]);
    let given = find(&mut fs, "given").unwrap();
    assert_eq!(fs.size(given), 5);
    assert!(!fs.is_changed() && fs.changes().is_empty());
    fs.load(&mut Small, given).unwrap();
    assert_eq!(fs.bytes(given), b"hello");
    assert_eq!(fs.write_at(given, 1, b"u"), Ok(1));
    assert_eq!(fs.changes(), [(b"given".to_vec(), Some(&b"hullo"[..]))]);
}

#[test]
fn a_removed_name_of_the_host_stays_removed() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    assert_eq!(fs.unlink(&mut Small, home, b"given"), Ok(()));
    assert_eq!(find(&mut fs, "given"), Err(Errno::ENOENT));
    assert_eq!(fs.entry(&mut Small, home, b"given"), Ok(Entry::Removed));
    assert_eq!(names(&mut fs, "."), ["sub"]);
    make(&mut fs, "given");
    assert_eq!(fs.unlink(&mut Small, home, b"given"), Ok(()));
    assert_eq!(find(&mut fs, "given"), Err(Errno::ENOENT));
    make(&mut fs, "own");
    assert_eq!(fs.unlink(&mut Small, home, b"own"), Ok(()));
    assert_eq!(fs.entry(&mut Small, home, b"own"), Ok(Entry::Missing));
}

#[test]
fn directories_go_only_when_they_are_empty() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    let rmdir = |fs: &mut FileSystem, path: &[u8]| fs.rmdir(&mut Small, home, path);
    assert_eq!(rmdir(&mut fs, b"sub"), Err(Errno::ENOTEMPTY));
    assert_eq!(fs.unlink(&mut Small, home, b"sub"), Err(Errno::EISDIR));
    assert_eq!(fs.unlink(&mut Small, home, b"sub/deep"), Ok(()));
    assert_eq!(rmdir(&mut fs, b"sub"), Ok(()));
    assert_eq!(rmdir(&mut fs, b"given"), Err(Errno::ENOTDIR));
    assert_eq!(rmdir(&mut fs, b"."), Err(Errno::EINVAL));
    assert_eq!(rmdir(&mut fs, b"/tmp"), Err(Errno::EACCES));
}

#[test]
fn renaming_replaces_and_refuses_as_rename_does() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    let file = make(&mut fs, "a");
    make(&mut fs, "b");
    for path in [&b"d"[..], b"d/e"] {
        fs.make(&mut Small, home, path, Body::empty_directory(), 0o755).unwrap();
    }
    let rename = |fs: &mut FileSystem, old: &[u8], new: &[u8]| fs.rename(&mut Small, home, old, new);
    assert_eq!(rename(&mut fs, b"a", b"b"), Ok(()));
    assert_eq!(find(&mut fs, "b"), Ok(file));
    assert_eq!(find(&mut fs, "a"), Err(Errno::ENOENT));
    assert_eq!(rename(&mut fs, b"b", b"d"), Err(Errno::EISDIR));
    assert_eq!(rename(&mut fs, b"d", b"b"), Err(Errno::ENOTDIR));
    assert_eq!(rename(&mut fs, b"d", b"d/e/f"), Err(Errno::EINVAL));
    assert_eq!(rename(&mut fs, b"b", b"b"), Ok(()));
    assert_eq!(rename(&mut fs, b"sub", b"other"), Err(Errno::EXDEV));
    assert_eq!(rename(&mut fs, b"given", b"d/taken"), Ok(()));
    assert_eq!(names(&mut fs, "."), ["b", "d", "sub"]);
    let taken = find(&mut fs, "d/taken").unwrap();
    assert_eq!(fs.bytes(taken), b"hello");
    assert!(fs.changes().contains(&(b"d/taken".to_vec(), Some(&b"hello"[..]))));
}

#[test]
fn a_file_without_a_name_lives_while_it_is_used() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    let file = make(&mut fs, "/tmp/a");
    fs.keep(file);
    assert_eq!(fs.write_at(file, 0, b"text"), Ok(4));
    fs.unlink(&mut Small, home, b"/tmp/a").unwrap();
    assert_eq!(fs.bytes(file), b"text");
    fs.release(file);
    assert!(fs.get(file).is_none() && fs.used == 0);
}

#[test]
fn a_gap_reads_as_zeros_and_sizes_are_limited() {
    let mut fs = FileSystem::default();
    let file = make(&mut fs, "/tmp/a");
    assert_eq!(fs.write_at(file, 3, b"x"), Ok(1));
    assert_eq!(fs.bytes(file), b"\0\0\0x");
    assert_eq!(fs.write_at(file, FILE_BYTES, b"x"), Err(Errno::EFBIG));
    assert_eq!(fs.write_at(file, FILE_BYTES - 1, b"xy"), Ok(1), "the last byte that fits is a short write");
    let files = FILES_BYTES / FILE_BYTES;
    for at in 1..files {
        let file = make(&mut fs, &format!("/tmp/{at}"));
        assert_eq!(fs.write_at(file, FILE_BYTES - 1, b"x"), Ok(1));
    }
    let last = make(&mut fs, "/tmp/last");
    assert_eq!(fs.write_at(last, 0, b"x"), Err(Errno::ENOSPC));
    fs.truncate(file);
    assert_eq!(fs.write_at(last, 0, b"x"), Ok(1));
}

#[test]
fn the_number_of_files_is_limited() {
    let mut fs = FileSystem::default();
    let tmp = find(&mut fs, "/tmp").unwrap();
    let free = FILES_COUNT - fs.nodes.len();
    for at in 0..free {
        fs.create(tmp, at.to_string().as_bytes(), Body::empty_file(), 0o644).unwrap();
    }
    assert_eq!(fs.create(tmp, b"more", Body::empty_file(), 0o644), Err(Errno::ENOSPC));
}

#[test]
fn it_is_pristine_until_a_path_of_the_hosts_is_looked_up() {
    let mut fs = FileSystem::default();
    assert!(fs.is_pristine() && find(&mut fs, "nothing").is_err() && fs.is_pristine());
    find(&mut fs, "given").unwrap();
    assert!(!fs.is_pristine());
}

#[test]
fn permissions_are_the_owners() {
    let mut fs = FileSystem::default();
    let home = fs.home();
    for path in [&b"/a"[..], b"/dev/a", b"/home/a"] {
        assert_eq!(fs.make(&mut Small, home, path, Body::empty_file(), 0o644), Err(Errno::EACCES));
    }
    fs.make(&mut Small, home, b"closed", Body::empty_directory(), 0).unwrap();
    assert_eq!(find(&mut fs, "closed/x"), Err(Errno::EACCES));
}
