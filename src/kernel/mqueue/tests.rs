//! Messages in their order, and who is told of them.

use super::*;
use crate::source::Span;

fn deed(who: u32) -> Deed {
    Deed { who: Pid(who), span: Span::default(), tick: 0 }
}

fn message(priority: i64, text: &str) -> Message {
    Message { priority, bytes: text.as_bytes().to_vec(), sent: deed(2) }
}

fn open(queues: &mut Queues, name: &str, flags: i64) -> Result<QueueId, Errno> {
    queues.find_or_make(name.as_bytes(), flags, Some((10, 16)), deed(2))
}

#[test]
fn names_are_checked_as_on_linux() {
    let long = |length: usize| format!("/{}", "n".repeat(length)).into_bytes();
    let cases: [(Vec<u8>, Option<Errno>); 9] = [
        (b"jobs".to_vec(), Some(Errno::EINVAL)),
        (b"".to_vec(), Some(Errno::EINVAL)),
        (b"/".to_vec(), Some(Errno::ENOENT)),
        (b"/a/b".to_vec(), Some(Errno::EACCES)),
        (b"/.".to_vec(), Some(Errno::EACCES)),
        (b"/..".to_vec(), Some(Errno::EACCES)),
        (long(256), Some(Errno::ENAMETOOLONG)),
        (long(255), None),
        (b"/jobs".to_vec(), None),
    ];
    for (name, errno) in cases {
        assert_eq!(check_name(&name).err(), errno, "{}", String::from_utf8_lossy(&name));
    }
}

#[test]
fn the_most_urgent_comes_first_and_the_oldest_among_equals() {
    let mut queues = Queues::default();
    let id = open(&mut queues, "/q", O_CREAT).unwrap();
    for (priority, text) in [(1, "a"), (5, "b"), (1, "c"), (5, "d")] {
        queues.insert(id, message(priority, text));
    }
    let order: Vec<&[u8]> = queues.get(id).unwrap().messages().map(|message| message.bytes.as_slice()).collect();
    assert_eq!(order, [b"b", b"d", b"a", b"c"]);
}

#[test]
fn creation_follows_the_flags_and_limits() {
    let mut queues = Queues::default();
    assert_eq!(open(&mut queues, "/q", 0), Err(Errno::ENOENT));
    let id = open(&mut queues, "/q", O_CREAT).unwrap();
    assert_eq!(open(&mut queues, "/q", O_CREAT | O_EXCL), Err(Errno::EEXIST));
    assert_eq!(queues.find_or_make(b"/q", O_CREAT, Some((-1, 0)), deed(2)), Ok(id));
    for attributes in [(0, 1), (1, 0), (11, 1), (1, 8193)] {
        assert_eq!(queues.find_or_make(b"/r", O_CREAT, Some(attributes), deed(2)), Err(Errno::EINVAL));
    }
}

#[test]
fn nine_default_queues_fit_and_two_hundred_and_fifty_six_small_ones() {
    let mut queues = Queues::default();
    let default =
        |queues: &mut Queues, at: usize| queues.find_or_make(format!("/d{at}").as_bytes(), O_CREAT, None, deed(2));
    assert!((0..9).all(|at| default(&mut queues, at).is_ok()));
    assert_eq!(default(&mut queues, 9), Err(Errno::EMFILE));
    for at in 0..9 {
        queues.unlink(format!("/d{at}").as_bytes()).unwrap();
    }
    assert_eq!(queues.bytes, 0);
    assert!((0..256).all(|at| open(&mut queues, &format!("/s{at}"), O_CREAT).is_ok()));
    assert_eq!(open(&mut queues, "/s256", O_CREAT), Err(Errno::ENOSPC));
}

#[test]
fn an_unlinked_queue_lives_until_its_last_close() {
    let mut queues = Queues::default();
    let old = open(&mut queues, "/q", O_CREAT).unwrap();
    queues.get_mut(old).unwrap().opens = 1;
    queues.insert(old, message(0, "left"));
    assert!(matches!(queues.unlink(b"/q"), Ok(None)), "somebody has it open");
    assert_eq!(queues.unlink(b"/q"), Err(Errno::ENOENT));
    let new = open(&mut queues, "/q", O_CREAT).unwrap();
    assert_ne!(old, new);
    assert_eq!(queues.get(old).map(Queue::len), Some(1));
    queues.closed(old);
    assert!(queues.get(old).is_none() && queues.get(new).is_some());
}

#[test]
fn a_registration_is_for_one_and_used_once_by_the_empty_queue() {
    let mut queues = Queues::default();
    let id = open(&mut queues, "/q", O_CREAT).unwrap();
    let registration = |who| Registration { signal: Some(Signal::SIGUSR1), by: deed(who) };
    assert_eq!(queues.register(id, registration(2)), Ok(()));
    assert_eq!(queues.register(id, registration(2)), Err(Errno::EBUSY));
    queues.withdraw(id, Pid(3));
    assert_eq!(queues.register(id, registration(3)), Err(Errno::EBUSY));
    assert_eq!(queues.insert(id, message(0, "first")), Some(registration(2)));
    assert_eq!(queues.register(id, registration(3)), Ok(()));
    assert_eq!(queues.insert(id, message(0, "second")), None);
    queues.withdraw_all(Pid(3));
    assert_eq!(queues.registrations, 0);
}
