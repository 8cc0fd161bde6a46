//! Formats against what glibc's printf prints, and values as `print` shows them.

use super::*;
use crate::bytecode::image::{FieldInfo, StructInfo};
use crate::check::format::parse;
use crate::check::tree::{Format, Piece, Shown};
use crate::check::types::StructId;

/// Formats `words` as a literal format and as one that is read at run time; both must agree.
fn printf(text: &str, args: &[(Shown, u64)]) -> Result<String, Fault> {
    let shown: Vec<Shown> = args.iter().map(|(shown, _)| shown.clone()).collect();
    let mut image = image(vec![i(Op::Nop, 0, 0, 0, 0)], &["abc", text]);
    let pieces = parse(text.as_bytes()).unwrap_or_default();
    image.formats = vec![
        Format { pieces, args: shown.clone(), dynamic: false },
        Format { pieces: Vec::new(), args: shown, dynamic: true },
    ];
    let mut machine = Machine::new(image);
    machine.context.set_register(1, 1 << 62 | 1);
    for (register, (_, word)) in (2..).zip(args) {
        machine.context.set_register(register, *word);
    }
    let (mut dynamic, mut read) = (Vec::new(), Vec::new());
    machine.context.render(&machine.memory, 1, 0, 0, &mut dynamic)?;
    machine.context.render(&machine.memory, 0, 0, 1, &mut read)?;
    assert_eq!(read, dynamic);
    Ok(String::from_utf8(dynamic).unwrap())
}

fn int(value: i64) -> (Shown, u64) {
    (Shown::Int, value as u64)
}

fn float(value: f64) -> (Shown, u64) {
    (Shown::Float, value.to_bits())
}

const ABC: (Shown, u64) = (Shown::Str, 1 << 62);

#[test]
fn ints_are_printed_as_by_glibc() {
    let cases: &[(&str, i64, &str)] = &[
        ("%d", 42, "42"),
        ("%i", -42, "-42"),
        ("%ld|%%", 7, "7|%"),
        ("%5d|", 42, "   42|"),
        ("%-5d|", 42, "42   |"),
        ("%05d", -42, "-0042"),
        ("%+d", 42, "+42"),
        ("% d", 42, " 42"),
        ("%+05d", 42, "+0042"),
        ("%.5d", -42, "-00042"),
        ("%8.5d|", 42, "   00042|"),
        ("%08.5d|", 42, "   00042|"),
        ("%-08d|", 42, "42      |"),
        ("%.0d|", 0, "|"),
        ("%5.0d|", 0, "     |"),
        ("%+.0d|", 0, "+|"),
        ("%d", i64::MIN, "-9223372036854775808"),
        ("%u", -1, "18446744073709551615"),
        ("%x", 255, "ff"),
        ("%X", 255, "FF"),
        ("%#x", 255, "0xff"),
        ("%#X", 255, "0XFF"),
        ("%#x", 0, "0"),
        ("%#010x", 255, "0x000000ff"),
        ("%#10x|", 255, "      0xff|"),
        ("%#.4x", 255, "0x00ff"),
        ("%o", 8, "10"),
        ("%#o", 8, "010"),
        ("%#o", 0, "0"),
        ("%#.0o", 0, "0"),
        ("%#.3o", 8, "010"),
        ("%x", -1, "ffffffffffffffff"),
        ("%c", 65, "A"),
        ("%3c|", 65, "  A|"),
        ("%-3c|", 65, "A  |"),
    ];
    for (format, value, wanted) in cases {
        assert_eq!(printf(format, &[int(*value)]).as_deref(), Ok(*wanted), "{format} of {value}");
    }
}

#[test]
fn floats_are_printed_as_by_glibc() {
    let cases: &[(&str, f64, &str)] = &[
        ("%f", 1.5, "1.500000"),
        ("%f", -0.0, "-0.000000"),
        ("%.0f", 0.5, "0"),
        ("%.0f", 1.5, "2"),
        ("%.0f", 2.5, "2"),
        ("%#.0f", 2.5, "2."),
        ("%.2f", 0.125, "0.12"),
        ("%.2f", 0.375, "0.38"),
        ("%.1f", 0.25, "0.2"),
        ("%.3f", 2.0005, "2.001"),
        ("%.20f", 0.1, "0.10000000000000000555"),
        ("%f", 1e22, "10000000000000000000000.000000"),
        ("%010.2f", -2.75, "-000002.75"),
        ("%+.1f", 2.0, "+2.0"),
        ("%-9.2f|", 2.75, "2.75     |"),
        ("%f", f64::INFINITY, "inf"),
        ("%F", f64::NEG_INFINITY, "-INF"),
        ("%06f", f64::INFINITY, "   inf"),
        ("%+f", f64::NAN, "+nan"),
        ("%e", 12345.678, "1.234568e+04"),
        ("%E", 1e-7, "1.000000E-07"),
        ("%.0e", 15.0, "2e+01"),
        ("%.0e", 25.0, "2e+01"),
        ("%#.0e", 1.0, "1.e+00"),
        ("%e", 0.0, "0.000000e+00"),
        ("%e", 1e100, "1.000000e+100"),
        ("%e", 5e-324, "4.940656e-324"),
        ("%.2e", 9.999, "1.00e+01"),
        ("%g", 100000.0, "100000"),
        ("%g", 1e6, "1e+06"),
        ("%g", 999999.5, "1e+06"),
        ("%g", 0.0001, "0.0001"),
        ("%g", 0.00001, "1e-05"),
        ("%g", 0.1, "0.1"),
        ("%g", 1.0 / 3.0, "0.333333"),
        ("%#g", 1.0, "1.00000"),
        ("%#.0g", 1.0, "1."),
        ("%#.3g", 1e10, "1.00e+10"),
        ("%.3g", 1234.0, "1.23e+03"),
        ("%.0g", 0.5, "0.5"),
        ("%G", 1e-10, "1E-10"),
        ("%.10g", 1e10, "1e+10"),
        ("%.11g", 1e10, "10000000000"),
        ("%g", 0.0, "0"),
        ("%12.4g|", std::f64::consts::PI, "       3.142|"),
    ];
    for (format, value, wanted) in cases {
        assert_eq!(printf(format, &[float(*value)]).as_deref(), Ok(*wanted), "{format} of {value}");
    }
    let wide = printf("%.2000f", &[float(0.1)]).unwrap();
    assert_eq!((wide.len(), wide.ends_with("00")), (2002, true));
}

#[test]
fn strings_and_stars_are_printed_as_by_glibc() {
    assert_eq!(printf("%5s|%-5s|%.2s|%.0s|%5.1s|", &[ABC, ABC, ABC, ABC, ABC]).unwrap(), "  abc|abc  |ab||    a|");
    assert_eq!(printf("%*d|%-*d|", &[int(5), int(42), int(5), int(42)]).unwrap(), "   42|42   |");
    assert_eq!(printf("%*d|", &[int(-5), int(42)]).unwrap(), "42   |");
    assert_eq!(printf("%.*f %.*f", &[int(1), float(2.25), int(-1), float(0.5)]).unwrap(), "2.2 0.500000");
    assert_eq!(printf("%p", &[(Shown::Ptr, 0)]).unwrap(), "(nil)");
    assert_eq!(printf("%20p|", &[(Shown::Ptr, 4 << 32 | 1)]).unwrap(), "          0x10000028|");
}

#[test]
fn formats_that_do_not_fit_are_argument_faults() {
    let problem = |format: &str, args: &[(Shown, u64)]| match printf(format, args) {
        Err(Fault::Argument { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem("%d %d", &[int(1)]), "the format asks for argument 2, which is not there");
    assert_eq!(problem("%d", &[int(1), int(2)]), "the format uses 1 of 2 arguments");
    assert_eq!(problem("%s", &[int(1)]), "argument 1 does not fit `%s`");
    assert_eq!(problem("%d", &[float(1.0)]), "argument 1 does not fit `%d`");
    assert_eq!(problem("%", &[]), "the format ends within `%`");
    assert_eq!(problem("%*d", &[int(1 << 40), int(1)]), "a width or precision of 1099511627776 is beyond 65535");
}

/// Shows register 1 of a machine.
fn shown(machine: &mut Machine, shown: Shown) -> String {
    let mut image = (*machine.context.image).clone();
    image.formats = vec![Format { pieces: vec![Piece::Show], args: vec![shown], dynamic: false }];
    machine.context.image = Verified::trusted(image);
    let mut text = Vec::new();
    machine.context.render(&machine.memory, 0, 0, 0, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn floats_are_shown_as_short_as_they_can_be() {
    let cases = [
        (1.5, "1.5"),
        (2.0, "2.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.25e-5, "1.25e-05"),
        (0.0001, "0.0001"),
        (f64::NAN, "nan"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::MAX, "1.7976931348623157e+308"),
    ];
    for (value, wanted) in cases {
        let mut machine = Machine::new(image(vec![i(Op::Nop, 0, 0, 0, 0)], &[]));
        machine.context.set_register(1, f64::to_bits(value));
        assert_eq!(shown(&mut machine, Shown::Float), wanted);
    }
}

#[test]
fn nested_values_are_shown_with_quotes_and_cycles_are_cut() {
    let field = |name: &str, shown, managed| FieldInfo { name: name.into(), shown, managed, zero: Zero::Word };
    let mut image = image(
        vec![
            i(Op::NewStruct, 2, 0, 0, 0),
            i(Op::LoadInt, 3, 0, 0, 9),
            i(Op::StoreField, 3, 2, 0, 0),
            i(Op::StoreField, 2, 2, 0, 1),
            i(Op::LoadStr, 4, 0, 0, 0),
            i(Op::StoreField, 4, 2, 0, 2),
            i(Op::ArrayOf, 1, 2, 1, 1),
        ],
        &["say \"hi\"\n\u{e9}"],
    );
    let fields = vec![
        field("n", Some(Shown::Int), false),
        field("next", Some(Shown::Struct(StructId(0))), true),
        field("s", Some(Shown::Str), true),
        field("st", None, false),
    ];
    image.structs = vec![StructInfo { name: "Node".into(), fields }];
    let mut machine = Machine::new(image);
    machine.run(7);
    let wanted = "[Node { n: 9, next: …, s: \"say \\\"hi\\\"\\n\u{e9}\", st: status }]";
    assert_eq!(shown(&mut machine, Shown::Array(Shown::Struct(StructId(0)).into())), wanted);
    let others = [
        (Shown::Bool, 1, "true"),
        (Shown::Ptr, 0, "nil"),
        (Shown::Struct(StructId(0)), 0, "nil"),
        (Shown::Function, 2, "main program"),
        (Shown::Function, 1, "SIG_IGN"),
        (Shown::Function, 99, "?"),
        (Shown::Array(Shown::Int.into()), 0, "[]"),
        (Shown::Str, 0, ""),
    ];
    for (kind, word, wanted) in others {
        machine.context.set_register(1, word);
        assert_eq!(shown(&mut machine, kind), wanted);
    }
}
