//! What a pipe holds and how it counts its room.

use super::*;
use crate::source::Span;

fn deed(tick: u64) -> Deed {
    Deed { who: Pid(2), span: Span::default(), tick }
}

fn linux() -> Pipe {
    Pipe::new(Room::Pages(PIPE_PAGES), deed(0))
}

/// One write as a call that does not sleep makes it.
fn write(pipe: &mut Pipe, len: usize) -> usize {
    pipe.push(&vec![b'x'; len], len, true, deed(1))
}

fn take(pipe: &mut Pipe, max: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    pipe.take(max, &mut taken);
    taken
}

/// What fits of writes of one size, until one of them would have to wait.
fn fits(size: usize) -> usize {
    let mut pipe = linux();
    while write(&mut pipe, size) == size {}
    pipe.len()
}

#[test]
fn the_room_for_writes_of_one_size_is_that_of_linux() {
    let observed = [(1, 65536), (100, 64000), (1000, 64000), (2049, 32784), (3000, 48000), (4096, 65536)];
    for (size, total) in observed {
        assert_eq!(fits(size), total, "writes of {size}");
    }
}

#[test]
fn a_page_is_free_only_when_it_is_empty() {
    let mut pipe = linux();
    assert_eq!(write(&mut pipe, 70_000), 65_536);
    take(&mut pipe, 1);
    assert_eq!(write(&mut pipe, 1), 0);
    take(&mut pipe, 4095);
    assert_eq!(write(&mut pipe, 1), 1);
}

#[test]
fn a_write_up_to_a_page_goes_whole_or_not_at_all() {
    let mut pipe = linux();
    for _ in 0..15 {
        assert_eq!(write(&mut pipe, 4096), 4096);
    }
    assert_eq!(write(&mut pipe, 100), 100);
    assert_eq!(write(&mut pipe, 4000), 0);
    assert_eq!(write(&mut pipe, 3996), 3996);
}

#[test]
fn a_call_that_has_slept_does_not_fill_up_the_last_page() {
    let mut pipe = linux();
    write(&mut pipe, 100);
    assert_eq!(pipe.push(&[b'y'; 100], 100, false, deed(2)), 100);
    assert_eq!(pipe.pages.len(), 2);
}

#[test]
fn bytes_come_out_in_order_and_know_their_writers() {
    let mut pipe = linux();
    pipe.push(b"abc", 3, true, deed(1));
    pipe.push(b"def", 3, true, deed(2));
    assert_eq!(take(&mut pipe, 4), b"abcd");
    assert_eq!(pipe.writes().map(|write| (write.len, write.by.tick)).collect::<Vec<_>>(), [(2, 2)]);
    assert_eq!(take(&mut pipe, 10), b"ef");
    assert!(pipe.is_empty() && pipe.pages.is_empty() && pipe.writes.is_empty());
}

#[test]
fn a_plain_capacity_counts_bytes_and_keeps_small_writes_whole() {
    let mut pipe = Pipe::new(Room::Bytes(10), deed(0));
    assert_eq!(write(&mut pipe, 6), 6);
    assert_eq!(write(&mut pipe, 6), 0);
    assert_eq!(write(&mut pipe, 11), 4, "longer than the pipe: in pieces");
    assert!(pipe.is_full());
    take(&mut pipe, 1);
    assert_eq!(write(&mut pipe, 1), 1);
}

#[test]
fn a_line_ends_with_its_newline() {
    let mut pipe = linux();
    assert_eq!(pipe.line(), None);
    pipe.push(b"ab\ncd", 5, true, deed(1));
    assert_eq!(pipe.line(), Some(3));
    take(&mut pipe, 3);
    assert_eq!(pipe.line(), None);
}

#[test]
fn pipes_past_the_common_room_get_few_pages() {
    let mut pipes = Pipes::default();
    let ids: Vec<PipeId> = (0..PIPE_USER_PAGES / PIPE_PAGES).map(|_| pipes.make(None, deed(0), None)).collect();
    let small = pipes.make(None, deed(0), None);
    assert_eq!(pipes.get(small).map(Pipe::capacity), Some(PIPE_FEW_PAGES * PIPE_PAGE));
    for id in [ids[0], small] {
        let pipe = pipes.get_mut(id).unwrap();
        (pipe.readers, pipe.writers) = (0, 0);
        pipes.remove_unused(id);
    }
    let again = pipes.make(None, deed(0), None);
    assert_eq!(pipes.get(again).map(Pipe::capacity), Some(PIPE_PAGES * PIPE_PAGE));
}
