//! Strings, arrays and library functions; the collector under the processor.

use super::*;
use crate::bytecode::op::ValueKind;

/// Calls a library function with words and string literals (by `Err`), and gives the machine with the results from
/// register 1 on.
fn called(builtin: Builtin, kind: i32, args: &[Result<i64, &str>]) -> Result<Machine, Fault> {
    let strings: Vec<&str> = args.iter().filter_map(|arg| arg.err()).collect();
    let mut code = Vec::new();
    let mut next = 0;
    for (register, arg) in (2..).zip(args) {
        match arg {
            Ok(word) => code.push(i(Op::LoadInt, register, 0, 0, i32::try_from(*word).unwrap())),
            Err(_) => {
                code.push(i(Op::LoadStr, register, 0, 0, next));
                next += 1;
            }
        }
    }
    code.push(library(builtin, 1, args.len() as u8, kind));
    code.push(exit(8));
    let mut machine = Machine::new(image(code, &strings));
    match machine.run(100).0 {
        Stop::Fault(fault) => Err(*fault),
        _ => Ok(machine),
    }
}

fn text(builtin: Builtin, args: &[Result<i64, &str>]) -> String {
    called(builtin, -1, args).unwrap().string(1)
}

fn number(builtin: Builtin, args: &[Result<i64, &str>]) -> i64 {
    called(builtin, -1, args).unwrap().context.register(1) as i64
}

fn texts(builtin: Builtin, args: &[Result<i64, &str>]) -> Vec<String> {
    let mut machine = called(builtin, -1, args).unwrap();
    let array = machine.context.register(1);
    let parts = machine.context.strings(&mut machine.memory, array);
    parts.into_iter().map(|part| String::from_utf8(part).unwrap()).collect()
}

#[test]
fn string_functions() {
    assert_eq!(text(Builtin::Chr, &[Ok(65)]), "A");
    assert_eq!(text(Builtin::Trim, &[Err(" \t a b \n")]), "a b");
    assert_eq!(text(Builtin::Trim, &[Err(" \t ")]), "");
    assert_eq!(text(Builtin::Replace, &[Err("aXbXX"), Err("X"), Err("--")]), "a--b----");
    assert_eq!(text(Builtin::Replace, &[Err("aaa"), Err("aa"), Err("b")]), "ba");
    assert_eq!(text(Builtin::Replace, &[Err("abc"), Err(""), Err("b")]), "abc");
    assert_eq!(text(Builtin::Repeat, &[Err("ab"), Ok(3)]), "ababab");
    assert_eq!(text(Builtin::Repeat, &[Err("ab"), Ok(-3)]), "");
    assert_eq!(text(Builtin::Upper, &[Err("aZ\u{e9}")]), "AZ\u{e9}");
    assert_eq!(text(Builtin::Lower, &[Err("aZ")]), "az");
    assert_eq!(text(Builtin::Strerror, &[Ok(11)]), "Resource temporarily unavailable");
    assert_eq!(text(Builtin::Strsignal, &[Ok(15)]), "Terminated");
    assert_eq!(text(Builtin::Strsignal, &[Ok(99)]), "Unknown signal 99");
    assert_eq!(number(Builtin::Find, &[Err("ababac"), Err("abac")]), 2);
    assert_eq!(number(Builtin::Find, &[Err("ab"), Err("abc")]), -1);
    assert_eq!(number(Builtin::Find, &[Err("ab"), Err("")]), 0);
    assert_eq!(number(Builtin::Contains, &[Err("abc"), Err("bc")]), 1);
    assert_eq!(number(Builtin::StartsWith, &[Err("abc"), Err("bc")]), 0);
    assert_eq!(number(Builtin::EndsWith, &[Err("abc"), Err("bc")]), 1);
    assert_eq!(texts(Builtin::Split, &[Err("a,b,,c,"), Err(",")]), ["a", "b", "", "c", ""]);
    assert_eq!(texts(Builtin::Split, &[Err(""), Err(",")]), [""]);
    assert_eq!(texts(Builtin::Split, &[Err("  a  b\n"), Err("")]), ["a", "b"]);
}

#[test]
fn numbers_from_texts() {
    let int = |text| {
        called(Builtin::ParseInt, -1, &[Err(text)]).map(|machine| {
            let [found, value] = [1, 2].map(|register| machine.context.register(register) as i64);
            (found == 1).then_some(value)
        })
    };
    let cases = [
        ("42", Some(42)),
        (" -42\n", Some(-42)),
        ("+7", Some(7)),
        ("012", Some(12)),
        ("0xff", Some(255)),
        ("-0b101", Some(-5)),
        ("0o17", Some(15)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("", None),
        ("abc", None),
        ("1 2", None),
        ("--1", None),
        ("+-1", None),
        ("1.5", None),
        ("0x", None),
    ];
    for (text, wanted) in cases {
        assert_eq!(int(text).unwrap(), wanted, "{text:?}");
    }
    let kind = ValueKind::Str as i32;
    let fault = called(Builtin::ToInt, kind, &[Err("abc")]).map(|_| ()).unwrap_err();
    assert_eq!(fault, Fault::Conversion { text: "abc".to_owned(), to: "int" });
    let float = called(Builtin::ToFloat, kind, &[Err(" -2.5e3 ")]).unwrap().context.register(1);
    assert_eq!(f64::from_bits(float), -2500.0);
}

#[test]
fn numbers_and_words() {
    assert_eq!(number(Builtin::Min, &[Ok(-3), Ok(2)]), -3);
    assert_eq!(number(Builtin::Max, &[Ok(-3), Ok(2)]), 2);
    assert_eq!(number(Builtin::Abs, &[Ok(-3)]), 3);
    assert_eq!(number(Builtin::Sigmask, &[Ok(1), Ok(10), Ok(0), Ok(99)]), 1 | 1 << 9);
    assert_eq!(number(Builtin::Wexitstatus, &[Ok(0x300)]), 3);
    assert_eq!(number(Builtin::Wifsignaled, &[Ok(9)]), 1);
    let array = called(Builtin::Array, 0, &[Ok(-1), Ok(0)]).map(|_| ()).unwrap_err();
    assert_eq!(array, Fault::Argument { function: "array", problem: "n is -1".to_owned() });
}

/// What cannot fit is refused before the host makes it.
#[test]
fn huge_results_are_heap_faults() {
    let wanted = 1 << 33;
    let fault = called(Builtin::Repeat, -1, &[Err("12345678"), Ok(1 << 30)]).map(|_| ()).unwrap_err();
    assert_eq!(fault, Fault::HeapFull { wanted, limit: LIMITS.heap });
    assert!(matches!(called(Builtin::Array, 0, &[Ok(1 << 30), Ok(1)]), Err(Fault::HeapFull { .. })));
    let mut machine = called(Builtin::Malloc, -1, &[Ok(1 << 20)]).unwrap();
    assert_eq!((machine.context.register(1), machine.context.errno()), (0, 12));
    assert_eq!(machine.context.heap_stats(&mut machine.memory).manual_blocks, 0);
    assert_eq!(number(Builtin::Malloc, &[Ok(-1)]), 0);
}

#[test]
fn sorts_are_stable_and_put_nan_last() {
    let sorted = |kind: ValueKind, words: &[u64], strings: &[&str]| {
        let mut code: Vec<Instruction> =
            (0..).zip(words).map(|(at, _)| i(Op::LoadConst, 3 + at, 0, 0, i32::from(at))).collect();
        code.push(i(Op::ArrayOf, 2, 3, words.len() as u8, i32::from(kind == ValueKind::Str)));
        code.push(library(Builtin::Sort, 1, 1, kind as i32));
        let mut image = image(code, strings);
        image.constants = words.to_vec();
        let mut machine = Machine::new(image);
        machine.run(words.len() as u64 + 2);
        let array = machine.context.register(2);
        let store = machine.memory.peek(machine.context.space, array + 1);
        machine.memory.read_words(machine.context.space, store, words.len() as u64)
    };
    assert_eq!(sorted(ValueKind::Word, &[3, u64::MAX, 2], &[]), [u64::MAX, 2, 3]);
    let floats = [f64::NAN, 1.0, -0.0, f64::NEG_INFINITY, 0.0].map(f64::to_bits);
    let wanted = [f64::NEG_INFINITY, -0.0, 0.0, 1.0, f64::NAN].map(f64::to_bits);
    assert_eq!(sorted(ValueKind::Float, &floats, &[]), wanted);
    let literal = |at: u64| 1 << 62 | at;
    // 0 and 2 are equal texts; 3 is a prefix of 1.
    let texts = ["b", "aa", "b", "a"];
    assert_eq!(sorted(ValueKind::Str, &[2, 0, 1, 3, 2].map(literal), &texts), [3, 1, 2, 0, 2].map(literal));
}

#[test]
fn slices_concatenations_and_comparisons() {
    let code = vec![
        i(Op::LoadStr, 1, 0, 0, 0),
        i(Op::LoadStr, 2, 0, 0, 1),
        i(Op::Concat, 3, 1, 2, 0),
        i(Op::LoadInt, 4, 0, 0, 2),
        i(Op::LoadInt, 5, 0, 0, 5),
        i(Op::SliceStr, 6, 3, 4, 0),
        i(Op::SliceStr, 7, 3, 4, 2),
        i(Op::LtStr, 8, 1, 3, 0),
        i(Op::EqStr, 9, 3, 3, 0),
        i(Op::StrLen, 10, 3, 0, 0),
        i(Op::LoadByte, 11, 3, 5, 0),
        i(Op::EqStr, 12, 6, 7, 0),
    ];
    let mut machine = Machine::new(image(code, &["hello ", "world"]));
    machine.run(12);
    assert_eq!([3, 6, 7].map(|register| machine.string(register)), ["hello world", "llo", "llo world"]);
    assert_eq!([8, 9, 10, 11, 12].map(|register| machine.context.register(register)), [1, 1, 11, u64::from(b' '), 0]);
}

/// Strings and arrays that are dropped at every turn never fill the heap.
#[test]
fn garbage_is_collected_for_ever() {
    let code = vec![
        i(Op::LoadInt, 1, 0, 0, 0),
        i(Op::LoadInt, 7, 0, 0, 100_000),
        i(Op::LoadStr, 2, 0, 0, 0),
        // s = "…" + s[0..40]; t = [s, s]; push(t, s)
        i(Op::LoadStr, 3, 0, 0, 0),
        i(Op::Concat, 2, 3, 2, 0),
        i(Op::LoadInt, 4, 0, 0, 0),
        i(Op::LoadInt, 5, 0, 0, 40),
        i(Op::SliceStr, 2, 2, 4, 0),
        i(Op::Move, 3, 2, 0, 0),
        i(Op::ArrayOf, 6, 2, 2, 1),
        i(Op::Push, 6, 2, 0, 0),
        i(Op::AddImm, 1, 1, 0, 1),
        i(Op::JumpLt, 1, 7, 0, 3),
        i(Op::Move, 9, 1, 0, 0),
        exit(8),
    ];
    let limits = Limits { stack: 1 << 16, heap: 64 << 10 };
    let mut machine = Machine::with_limits(image(code, &["a string of more than forty bytes, to be cut"]), limits);
    assert_eq!(machine.exit(), 100_000);
    let stats = machine.context.heap_stats(&mut machine.memory);
    assert!(stats.size <= limits.heap && machine.memory.stats().collections > 100);
    machine.context.collect(&mut machine.memory);
    let kept = machine.context.heap_stats(&mut machine.memory).managed;
    assert!(kept < 1000, "{kept} bytes are kept");
    let array = machine.context.register(6);
    assert_eq!(machine.context.strings(&mut machine.memory, array)[2], b"a string of more than forty bytes, to be");
}

/// Garbage makes room for blocks of malloc too.
#[test]
fn malloc_collects_before_it_gives_nil() {
    let code = vec![
        i(Op::LoadStr, 3, 0, 0, 0),
        i(Op::Concat, 4, 3, 3, 0),
        i(Op::Concat, 4, 4, 4, 0),
        i(Op::Concat, 4, 4, 4, 0),
        i(Op::LoadInt, 4, 0, 0, 0),
        i(Op::LoadInt, 2, 0, 0, 500),
        library(Builtin::Malloc, 1, 1, -1),
    ];
    let text = "x".repeat(500);
    let mut machine = Machine::with_limits(image(code, &[&text]), Limits { stack: 1 << 16, heap: 8 << 10 });
    assert_eq!(machine.run(7).0, Stop::FuelSpent);
    assert_ne!(machine.context.register(1), 0);
}

#[test]
fn a_child_and_its_parent_do_not_see_each_others_writes() {
    let code = vec![
        i(Op::LoadInt, 1, 0, 0, 5),
        i(Op::ArrayOf, 2, 1, 1, 0),
        i(Op::LoadInt, 3, 0, 0, 0),
        i(Op::StoreElem, 4, 2, 3, 0),
        i(Op::Push, 2, 4, 0, 0),
        i(Op::LoadElem, 5, 2, 3, 0),
    ];
    let mut machine = Machine::new(image(code, &[]));
    machine.run(3);
    let mut child = machine.context.fork(&mut machine.memory, None);
    child.set_register(4, 77);
    machine.context.set_register(4, 66);
    run(&mut machine.processor, &mut child, &mut machine.memory, 2);
    run(&mut machine.processor, &mut machine.context, &mut machine.memory, 3);
    run(&mut machine.processor, &mut child, &mut machine.memory, 1);
    assert_eq!((machine.context.register(5), child.register(5)), (66, 77));
    machine.memory.audit(&[machine.context.space, child.space]).unwrap();
    child.release(&mut machine.memory);
}
