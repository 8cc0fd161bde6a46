//! Memory against flat models.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Arena, Heap, Kind, Memory, PAGE_WORDS, Space, add_cells, cells_between};
use crate::vm::fault::PointerKind;

const LIMIT: u64 = 1 << 20;

/// A process of a test: its space, and the words it should hold.
#[derive(Debug, Clone, Default)]
struct Process {
    space: Space,
    model: BTreeMap<u64, u64>,
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize, u64, u64),
    Read(usize, u64),
    Fill(usize, u64, u64, u64),
    Copy(usize, u64, u64, u64),
    Bytes(usize, u64, Vec<u8>),
    Fork(usize),
    Drop(usize),
    Truncate(usize, u64),
}

/// Addresses near each other, far apart, and at the borders of tree levels.
fn address() -> impl Strategy<Value = u64> {
    prop_oneof![0..200_u64, 900..1200_u64, 16_000..16_500_u64, (0..8_u64).prop_map(|at| (1 << 32) - 8 + at)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<usize>(), address(), 0..5_u64).prop_map(|(who, at, word)| Step::Write(who, at, word)),
        4 => (any::<usize>(), address()).prop_map(|(who, at)| Step::Read(who, at)),
        1 => (any::<usize>(), address(), 0..200_u64, 0..2_u64).prop_map(|(who, at, n, word)| Step::Fill(who, at, n, word)),
        1 => (any::<usize>(), 0..300_u64, 1000..1300_u64, 0..300_u64).prop_map(|(who, from, to, n)| Step::Copy(who, from, to, n)),
        1 => (any::<usize>(), address(), prop::collection::vec(any::<u8>(), 0..700)).prop_map(|(who, at, bytes)| Step::Bytes(who, at, bytes)),
        2 => any::<usize>().prop_map(Step::Fork),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => (any::<usize>(), 0..40_u64).prop_map(|(who, page)| Step::Truncate(who, page)),
    ]
}

fn carry_out(memory: &mut Memory, processes: &mut Vec<Process>, step: Step) {
    let count = processes.len();
    let chosen = |who: usize| who % count;
    match step {
        Step::Write(who, at, word) => {
            let Process { space, model } = &mut processes[chosen(who)];
            memory.enter(*space);
            memory.write(space, at, word);
            model.insert(at, word);
        }
        Step::Read(who, at) => {
            let Process { space, model } = &processes[chosen(who)];
            memory.enter(*space);
            assert_eq!(memory.read(*space, at), model.get(&at).copied().unwrap_or(0));
        }
        Step::Fill(who, at, words, word) => {
            let Process { space, model } = &mut processes[chosen(who)];
            memory.enter(*space);
            memory.fill(space, at, words, word);
            model.extend((at..at + words).map(|at| (at, word)));
        }
        Step::Copy(who, from, to, words) => {
            let Process { space, model } = &mut processes[chosen(who)];
            memory.enter(*space);
            memory.copy(space, from, to, words);
            for at in 0..words {
                let word = model.get(&(from + at)).copied().unwrap_or(0);
                model.insert(to + at, word);
            }
        }
        Step::Bytes(who, at, bytes) => {
            let Process { space, model } = &mut processes[chosen(who)];
            memory.enter(*space);
            memory.write_bytes(space, at, 0, &bytes);
            let back: Vec<u8> = memory.pieces(*space, at, bytes.len() as u64).flatten().copied().collect();
            assert_eq!(back, bytes);
            for word in at..at + bytes.len().div_ceil(8) as u64 {
                model.insert(word, memory.peek(*space, word));
            }
        }
        Step::Fork(who) if count < 6 => {
            let mut child = processes[chosen(who)].clone();
            child.space = memory.fork(child.space);
            processes.push(child);
        }
        Step::Drop(who) if count > 1 => {
            let gone = processes.swap_remove(chosen(who));
            memory.release(gone.space);
        }
        Step::Truncate(who, page) => {
            let Process { space, model } = &mut processes[chosen(who)];
            memory.enter(*space);
            memory.truncate(space, page);
            model.retain(|at, _| *at < page * PAGE_WORDS as u64);
        }
        Step::Fork(_) | Step::Drop(_) => {}
    }
}

proptest! {
    /// Every process reads what it wrote and what it inherited, and nothing else; every count is right.
    #[test]
    fn spaces_agree_with_a_flat_model(steps in prop::collection::vec(step(), 1..120)) {
        let mut memory = Memory::new();
        let mut processes = vec![Process::default()];
        for step in steps {
            carry_out(&mut memory, &mut processes, step);
            let roots: Vec<Space> = processes.iter().map(|process| process.space).collect();
            prop_assert_eq!(memory.audit(&roots), Ok(()));
        }
        for process in &processes {
            memory.enter(process.space);
            for (at, word) in &process.model {
                prop_assert_eq!(memory.read(process.space, *at), *word);
            }
        }
        for process in processes {
            memory.release(process.space);
        }
        prop_assert_eq!(memory.audit(&[]), Ok(()));
        prop_assert_eq!((memory.stats().frames, memory.stats().nodes), (0, 0));
    }
}

#[test]
fn a_fork_copies_nothing_until_a_write() {
    let mut memory = Memory::new();
    let mut space = Space::default();
    memory.enter(space);
    memory.fill(&mut space, 0, 64 * 4096, 7);
    let frames = memory.stats().frames;
    let mut child = memory.fork(space);
    assert_eq!(memory.stats().frames, frames);
    memory.enter(child);
    memory.write(&mut child, 100, 8);
    assert_eq!((memory.stats().frames, memory.stats().pages_copied), (frames + 1, 1));
    assert_eq!((memory.peek(space, 100), memory.peek(child, 100)), (7, 8));
}

/// A heap of a test.
#[derive(Default)]
struct Machine {
    memory: Memory,
    space: Space,
    heap: Heap,
}

impl Machine {
    fn arena(&mut self, limit: u64) -> Arena<'_> {
        Arena::new(&mut self.memory, &mut self.space, &mut self.heap, limit, 7)
    }
}

#[derive(Debug, Clone)]
enum Demand {
    Malloc(i64),
    Calloc(i64),
    Realloc(usize, i64),
    Free(usize),
    Managed(u64),
    Discard(usize),
}

fn cells() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..20_i64, 4 => 20..300_i64, 1 => 300..20_000_i64, 1 => Just(-1), 1 => Just(i64::MAX)]
}

fn demand() -> impl Strategy<Value = Demand> {
    prop_oneof![
        4 => cells().prop_map(Demand::Malloc),
        1 => cells().prop_map(Demand::Calloc),
        2 => (any::<usize>(), cells()).prop_map(|(which, cells)| Demand::Realloc(which, cells)),
        4 => any::<usize>().prop_map(Demand::Free),
        2 => (0..100_u64).prop_map(Demand::Managed),
        1 => any::<usize>().prop_map(Demand::Discard),
    ]
}

/// Live manual blocks with what their cells hold, and managed ones.
#[derive(Default)]
struct Model {
    manual: Vec<(u64, Vec<u64>)>,
    managed: Vec<u64>,
    stamp: u64,
}

impl Model {
    /// Gives a new block cells that tell it from all others.
    fn stamp(&mut self, arena: &mut Arena<'_>, pointer: u64, cells: usize) {
        self.stamp += 1;
        let words: Vec<u64> = (0..cells as u64).map(|at| self.stamp << 32 | at).collect();
        arena.memory.write_words(arena.space, pointer >> 32, &words);
        self.manual.push((pointer, words));
    }

    fn carry_out(&mut self, arena: &mut Arena<'_>, demand: Demand) {
        match demand {
            Demand::Malloc(cells) | Demand::Calloc(cells) => {
                let zeroed = matches!(demand, Demand::Calloc(_));
                let made = if zeroed { arena.calloc(cells) } else { arena.malloc(cells) };
                let Some(pointer) = made.filter(|pointer| *pointer != 0) else { return };
                if zeroed {
                    let words = arena.memory.read_words(*arena.space, pointer >> 32, cells as u64);
                    assert!(words.iter().all(|word| *word == 0));
                }
                self.stamp(arena, pointer, cells as usize);
            }
            Demand::Realloc(which, cells) if !self.manual.is_empty() => {
                let at = which % self.manual.len();
                let (old, words) = self.manual[at].clone();
                let Some(moved) = arena.realloc(old, cells).unwrap() else { return };
                if moved == 0 && cells != 0 {
                    return;
                }
                self.manual.swap_remove(at);
                if cells != 0 {
                    let kept = words.len().min(cells as usize);
                    assert_eq!(arena.memory.read_words(*arena.space, moved >> 32, kept as u64), words[..kept]);
                    self.stamp(arena, moved, cells as usize);
                }
            }
            Demand::Free(which) if !self.manual.is_empty() => {
                let (pointer, words) = self.manual.swap_remove(which % self.manual.len());
                arena.free(pointer).unwrap();
                assert!(arena.cell(pointer, 0).is_none());
                let fault = arena.free(pointer).unwrap_err();
                assert_eq!(fault.kind, PointerKind::Freed);
                // A large block leaves the quarantine at once; what was told of it may be overwritten then.
                if words.len() < 300 {
                    assert_eq!(fault.cells, Some(words.len() as u64));
                    assert_eq!(fault.freed.unwrap().pc, 7);
                }
            }
            Demand::Managed(words) => self.managed.extend(arena.allocate(Kind::Str, words, 0, 0)),
            Demand::Discard(which) if !self.managed.is_empty() => {
                let payload = self.managed.swap_remove(which % self.managed.len());
                arena.discard(payload);
            }
            _ => {}
        }
    }

    fn check(&self, arena: &mut Arena<'_>) {
        for (pointer, words) in &self.manual {
            assert_eq!(arena.memory.read_words(*arena.space, pointer >> 32, words.len() as u64), *words);
            assert!(arena.cell(*pointer, words.len() as u64).is_none());
            assert!(arena.cell(*pointer, u64::MAX).is_none());
            assert_eq!(arena.cell(*pointer, 0).is_some(), !words.is_empty());
        }
    }
}

proptest! {
    /// Blocks never overlap, keep their cells, and the lists agree with the headers after every step.
    #[test]
    fn the_allocator_agrees_with_a_model(demands in prop::collection::vec(demand(), 1..200), limit in 1..40_u64) {
        let mut machine = Machine::default();
        let mut model = Model::default();
        for demand in demands {
            let mut arena = machine.arena(limit * 8192);
            model.carry_out(&mut arena, demand);
            prop_assert_eq!(arena.audit(), Ok(()));
            prop_assert!(arena.stats().size <= limit * 8192);
        }
        model.check(&mut machine.arena(limit * 8192));
        let mut arena = machine.arena(limit * 8192);
        for (pointer, _) in &model.manual {
            arena.free(*pointer).unwrap();
        }
        arena.collect([&[], &[]], |_| &[]);
        prop_assert_eq!(arena.audit(), Ok(()));
        let stats = arena.stats();
        prop_assert_eq!((stats.manual, stats.managed), (0, 0));
    }

    /// The collector frees what no root reaches, and nothing else; arrays of references are followed.
    #[test]
    fn the_collector_keeps_what_is_reached(
        links in prop::collection::vec(prop::collection::vec(0..40_usize, 0..5), 1..40),
        roots in prop::collection::vec(0..40_usize, 0..4),
    ) {
        let mut machine = Machine::default();
        let mut arena = machine.arena(LIMIT);
        // Objects are structs of one field, an array of references to other objects.
        let objects: Vec<u64> = links.iter().map(|_| arena.allocate(Kind::Struct, 1, 0, 0).unwrap()).collect();
        for (object, targets) in objects.iter().zip(&links) {
            let words: Vec<u64> = targets.iter().filter_map(|at| objects.get(*at).copied()).collect();
            let store = arena.allocate(Kind::Store, words.len() as u64, 1, 0).unwrap();
            arena.memory.write_words(arena.space, store, &words);
            let array = arena.allocate(Kind::Array, 2, 1, 0).unwrap();
            arena.write(array, words.len() as u64);
            arena.write(array + 1, store);
            arena.write(*object, array);
        }
        let manual = arena.malloc(3).unwrap();
        let mut reached = vec![false; links.len()];
        let mut pending: Vec<usize> = roots.iter().copied().filter(|at| *at < links.len()).collect();
        let words: Vec<u64> = pending.iter().map(|at| objects[*at]).collect();
        while let Some(at) = pending.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                pending.extend(links[at].iter().copied().filter(|at| *at < links.len()));
            }
        }
        arena.collect([&words, &[0, 1, 3, u64::MAX, 1 << 62]], |_| &[0]);
        prop_assert_eq!(arena.audit(), Ok(()));
        let each = |at: usize| {
            let words = links[at].iter().filter(|at| **at < links.len()).count() as u64;
            4 + 4 + ((words + 3) & !1).max(4)
        };
        let kept: u64 = (0..links.len()).filter(|at| reached[*at]).map(each).sum();
        prop_assert_eq!(arena.stats().managed, kept * 8);
        prop_assert!(arena.cell(manual, 2).is_some());
    }
}

proptest! {
    /// Strings that are made together read as they were, in a heap with room and in one that has only small pieces left; what is
    /// not kept is reclaimed.
    #[test]
    fn strings_made_together_are_as_those_made_alone(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..200),
        pieces in 0..60_u64,
    ) {
        let mut machine = Machine::default();
        // Where there are pieces, the heap has nothing else: every other one is freed, and the rest of the room is taken.
        let mut arena = machine.arena(if pieces == 0 { LIMIT } else { 60 * 64 * 8 });
        let blocks: Vec<u64> = (0..pieces).map(|_| arena.malloc(62).unwrap()).collect();
        let mut rest = 4096;
        while pieces > 0 && rest > 0 {
            rest = if arena.malloc(rest).is_some() { rest } else { rest / 2 };
        }
        for pointer in blocks.iter().step_by(2) {
            arena.free(*pointer).unwrap();
        }
        let made = arena.allocate_strings(texts.iter().map(Vec::as_slice));
        prop_assert_eq!(arena.audit(), Ok(()));
        prop_assert!(made.is_some() || pieces > 0);
        if let Some(made) = made {
            prop_assert_eq!(made.len(), texts.len());
            for (address, text) in made.iter().zip(&texts) {
                prop_assert_eq!(*address == 0, text.is_empty());
                if !text.is_empty() {
                    prop_assert_eq!(arena.memory.peek(*arena.space, address - 1) as u32 as usize, text.len());
                    let bytes: Vec<u8> = arena.memory.pieces(*arena.space, *address, text.len() as u64).flatten().copied().collect();
                    prop_assert_eq!(&bytes, text);
                }
            }
            let kept: Vec<u64> = made.iter().copied().step_by(3).collect();
            arena.collect([&kept, &[]], |_| &[]);
            prop_assert_eq!(arena.audit(), Ok(()));
            for (address, text) in kept.iter().zip(texts.iter().step_by(3)).filter(|(address, _)| **address != 0) {
                let bytes: Vec<u8> = arena.memory.pieces(*arena.space, *address, text.len() as u64).flatten().copied().collect();
                prop_assert_eq!(&bytes, text);
            }
        }
        arena.collect([&[], &[]], |_| &[]);
        prop_assert_eq!(arena.audit(), Ok(()));
        prop_assert_eq!(arena.stats().managed, 0);
    }
}

#[test]
fn pointers_are_checked_against_their_own_block() {
    let mut machine = Machine::default();
    let mut arena = machine.arena(LIMIT);
    let (first, second) = (arena.malloc(4).unwrap(), arena.malloc(4).unwrap());
    assert!(arena.cell(first, 3).is_some() && arena.cell(add_cells(first, 3), 0).is_some());
    let fault = arena.pointer_fault(add_cells(first, 2), 4);
    assert_eq!((fault.kind, fault.offset, fault.cells), (PointerKind::OutOfBounds, 6, Some(4)));
    // The neighbour's cells are not reached through this pointer, though they lie there.
    let apart = cells_between(second, first);
    assert!(apart > 4 && arena.cell(first, apart as u64).is_none());
    assert_eq!(arena.cell(add_cells(first, -1), 1), arena.cell(first, 0));
    assert_eq!(arena.free(add_cells(first, 1)).unwrap_err().kind, PointerKind::Inside);
    assert_eq!(arena.pointer_fault(add_cells(0, 5), 0).kind, PointerKind::Wild);
    arena.free(first).unwrap();
    assert_eq!(arena.pointer_fault(first, 0).kind, PointerKind::Freed);
    assert!(arena.cell(second, 3).is_some());
}

#[test]
fn a_freed_block_is_told_long_after() {
    let mut machine = Machine::default();
    let mut arena = machine.arena(LIMIT);
    let blocks: Vec<u64> = (0..1000).map(|_| arena.malloc(6).unwrap()).collect();
    blocks.iter().for_each(|block| arena.free(*block).unwrap());
    for block in blocks {
        let fault = arena.pointer_fault(block, 0);
        assert_eq!((fault.kind, fault.cells), (PointerKind::Freed, Some(6)));
        assert_eq!(fault.freed.map(|site| site.pc), Some(7));
    }
}

#[test]
fn a_full_heap_uses_the_quarantine_and_gives_memory_back() {
    let mut machine = Machine::default();
    let mut arena = machine.arena(8 * 1000);
    let block = arena.malloc(900).unwrap();
    assert_eq!(arena.malloc(900), None);
    arena.free(block).unwrap();
    assert!(arena.malloc(900).is_some_and(|block| block != 0));
    let mut arena = machine.arena(64 << 20);
    let large = arena.calloc(4 << 20).unwrap();
    arena.memory.fill(arena.space, large >> 32, 4 << 20, 1);
    assert!(arena.memory.stats().frames > 60_000);
    arena.free(large).unwrap();
    assert!(arena.memory.stats().frames < 100);
    assert_eq!(arena.pointer_fault(large, 0).cells, Some(4 << 20));
}

#[test]
fn a_machine_without_frames_refuses_blocks() {
    let mut machine = Machine::default();
    machine.memory.set_capacity(4);
    let mut arena = machine.arena(LIMIT);
    assert_eq!(arena.malloc(1000), None);
    assert!(arena.malloc(100).is_some());
}

/// An array of so many elements as the processor makes one: its header first, then its store.
fn make_array(arena: &mut Arena<'_>, length: u64) -> u64 {
    let array = arena.allocate(Kind::Array, 2, 0, 0).expect("there is room");
    let store = arena.allocate(Kind::Store, length, 0, length as u32).expect("there is room");
    arena.memory.set_array(arena.space, array, (length, length), store);
    array
}

#[test]
fn a_new_array_becomes_one_run() {
    let (mut memory, mut space, mut heap) = (Memory::new(), Space::default(), Heap::default());
    let mut arena = Arena::new(&mut memory, &mut space, &mut heap, LIMIT, 0);
    let array = make_array(&mut arena, 1000);
    for index in 0..1000 {
        assert!(store(&mut arena, array, index, index * 3));
    }
    for round in 0..3 {
        for index in 0..1000 {
            assert_eq!(load(&mut arena, array, index), Some(index * 3), "round {round}");
        }
    }
    assert!(arena.memory.tlb.element(array, 999).is_some(), "the whole array is a run");
    assert_eq!(load(&mut arena, array, 1000), None);
}

/// A process with arrays, and what their elements should be.
#[derive(Debug, Clone)]
struct Owner {
    space: Space,
    heap: Heap,
    arrays: Vec<(u64, Vec<u64>)>,
}

#[derive(Debug, Clone)]
enum Use {
    /// Which process and array, from where on, and how many elements.
    Read(usize, usize, usize, usize),
    /// Likewise, and with what.
    Write(usize, usize, usize, usize, u64),
    /// The length becomes this part of the capacity.
    Resize(usize, usize, usize),
    Fork(usize),
    Drop(usize),
}

fn use_of_arrays() -> impl Strategy<Value = Use> {
    let who = any::<usize>;
    prop_oneof![
        6 => (who(), who(), who(), 1..300_usize).prop_map(|(p, a, at, n)| Use::Read(p, a, at, n)),
        6 => (who(), who(), who(), 1..300_usize, any::<u64>()).prop_map(|(p, a, at, n, word)| Use::Write(p, a, at, n, word)),
        1 => (who(), who(), 0..5_usize).prop_map(|(p, a, part)| Use::Resize(p, a, part)),
        2 => who().prop_map(Use::Fork),
        2 => who().prop_map(Use::Drop),
    ]
}

const CAPACITIES: [u64; 4] = [3, 100, 700, 3000];

fn store(arena: &mut Arena<'_>, array: u64, index: u64, word: u64) -> bool {
    match arena.memory.near_element_mut(array, index) {
        Some(element) => {
            *element = word;
            true
        }
        None => arena.memory.store_far_element(arena.space, array, index, word),
    }
}

fn load(arena: &mut Arena<'_>, array: u64, index: u64) -> Option<u64> {
    let near = arena.memory.near_element(array, index);
    near.or_else(|| arena.memory.load_far_element(arena.space, array, index))
}

fn use_arrays(memory: &mut Memory, owners: &mut Vec<Owner>, step: Use) {
    let count = owners.len();
    match step {
        Use::Read(who, which, at, many) => {
            let Owner { space, heap, arrays } = &mut owners[who % count];
            let mut arena = Arena::new(memory, space, heap, LIMIT, 0);
            let (array, model) = &arrays[which % CAPACITIES.len()];
            let at = at % (model.len() + 1);
            for index in at..at + many {
                assert_eq!(load(&mut arena, *array, index as u64), model.get(index).copied());
            }
        }
        Use::Write(who, which, at, many, word) => {
            let Owner { space, heap, arrays } = &mut owners[who % count];
            let mut arena = Arena::new(memory, space, heap, LIMIT, 0);
            let (array, model) = &mut arrays[which % CAPACITIES.len()];
            let at = at % (model.len() + 1);
            for index in at..at + many {
                let fits = index < model.len();
                assert_eq!(store(&mut arena, *array, index as u64, word ^ index as u64), fits);
                if fits {
                    model[index] = word ^ index as u64;
                }
            }
        }
        Use::Resize(who, which, part) => {
            let Owner { space, heap, arrays } = &mut owners[who % count];
            let arena = Arena::new(memory, space, heap, LIMIT, 0);
            let capacity = CAPACITIES[which % CAPACITIES.len()];
            let (array, model) = &mut arrays[which % CAPACITIES.len()];
            let store = arena.memory.peek(*arena.space, *array + 1);
            let length = capacity as usize * part / 4;
            for index in model.len()..length {
                arena.memory.write(arena.space, store + index as u64, 0);
            }
            model.resize(length, 0);
            arena.memory.set_array(arena.space, *array, (length as u64, capacity), store);
        }
        Use::Fork(who) if count < 5 => {
            let mut child = owners[who % count].clone();
            child.space = memory.fork(child.space);
            owners.push(child);
        }
        Use::Drop(who) if count > 1 => {
            let gone = owners.swap_remove(who % count);
            memory.release(gone.space);
        }
        Use::Fork(_) | Use::Drop(_) => {}
    }
}

proptest! {
    /// Runs are never wrong: whatever is forked, written, ended and resized in between, each process finds its own elements.
    #[test]
    fn arrays_agree_with_a_flat_model(steps in prop::collection::vec(use_of_arrays(), 1..150)) {
        let mut memory = Memory::new();
        let mut first = Owner { space: Space::default(), heap: Heap::default(), arrays: Vec::new() };
        let mut arena = Arena::new(&mut memory, &mut first.space, &mut first.heap, LIMIT, 0);
        first.arrays = CAPACITIES.iter().map(|length| (make_array(&mut arena, *length), vec![0; *length as usize])).collect();
        let mut owners = vec![first];
        for step in steps {
            use_arrays(&mut memory, &mut owners, step);
            let roots: Vec<Space> = owners.iter().map(|owner| owner.space).collect();
            prop_assert_eq!(memory.audit(&roots), Ok(()));
        }
    }
}

/// Rows of a table stand at one distance from each other. Hardly ever may two of them share a place in the cache.
#[test]
fn rows_of_a_table_have_places_of_their_own() {
    let (mut rows, mut shared) = (0, 0);
    for distance in (8..3000).step_by(2) {
        let places: std::collections::BTreeSet<usize> =
            (0..160).map(|row| super::tlb::Tlb::place_of_array(2 + row * distance)).collect();
        rows += 160;
        shared += 160 - places.len();
    }
    assert!(shared * 500 < rows, "{shared} of {rows} rows share the place of another");
}
