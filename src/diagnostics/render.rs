//! How a report is drawn; the only file that knows ariadne.
//!
//! Spans are never trusted: they are moved into the text and onto whole characters, and what is drawn is
//! a small copy of the lines that the labels touch, cut where a line is long. So a report on a line of ten
//! megabytes is a few lines, and nothing here can panic on a strange span.

use std::fmt::Write as _;

use ariadne::{CharSet, Color, Config, IndexType, Label as Mark, Report, ReportKind, Source};
use serde::Serialize;

use super::{Diagnostic, Edit, Severity};
use crate::source::{SourceFile, SourceMap, Span};

/// Characters of a line that are shown at most.
const WIDTH: usize = 160;
/// Characters shown before a label in a line that is cut.
const BEFORE: usize = 50;

/// Ends a colour.
const PLAIN: &str = "\u{1b}[0m";

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A picture of the source for a person.
    Human {
        /// Whether the terminal shows colours.
        colour: bool,
    },
    /// One line each, as compilers do: `file:line:column: error[E0001]: headline`.
    Short,
    /// One JSON object a line.
    Json,
}

/// Draws the diagnostics in the order given.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        match style {
            Style::Human { colour } => human(diagnostic, sources, colour, &mut out),
            Style::Short => short(diagnostic, sources, &mut out),
            Style::Json => json(diagnostic, sources, &mut out),
        }
    }
    out
}

/// `error`, `warning`, `note`
fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The file of a span; none for a span that no map gave out.
fn file_of(sources: &SourceMap, span: Span) -> Option<&SourceFile> {
    sources.files().nth(span.file.0 as usize).map(|(_, file)| file)
}

/// The span moved into its text and onto whole characters.
fn settled(file: &SourceFile, span: Span) -> Span {
    let text: &str = &file.text;
    let start = text.floor_char_boundary((span.start as usize).min(text.len()));
    let end = text.ceil_char_boundary((span.end as usize).clamp(start, text.len()));
    Span::new(span.file, start, end)
}

// ---------------------------------------------------------------------------------------------- short

fn short(diagnostic: &Diagnostic, sources: &SourceMap, out: &mut String) {
    let first = diagnostic.labels.first().map(|label| label.span);
    for span in first.into_iter().chain(diagnostic.also.iter().copied()) {
        if let Some(file) = file_of(sources, span) {
            let place = file.line_column(settled(file, span).start);
            let _ = write!(out, "{}:{}:{}: ", file.name, place.line, place.column);
        }
        let _ = writeln!(out, "{}", headline(diagnostic));
    }
    if first.is_none() {
        let _ = writeln!(out, "{}", headline(diagnostic));
    }
}

fn headline(diagnostic: &Diagnostic) -> String {
    format!("{}[{}]: {}", severity_word(diagnostic.severity), diagnostic.code.text(), diagnostic.headline)
}

// ----------------------------------------------------------------------------------------------- JSON

/// A diagnostic as machines read it.
#[derive(Serialize)]
struct JsonDiagnostic<'d> {
    code: &'d str,
    name: &'d str,
    severity: Severity,
    message: &'d str,
    spans: Vec<JsonSpan<'d>>,
    notes: &'d [String],
    help: &'d [String],
    edits: Vec<JsonEdit<'d>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<JsonSpan<'d>>,
}

/// A place: lines and columns count from 1, columns count characters, bytes count from 0, ends are excluded.
#[derive(Serialize)]
struct JsonSpan<'d> {
    file: &'d str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start: u32,
    end: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<bool>,
}

#[derive(Serialize)]
struct JsonEdit<'d> {
    #[serde(flatten)]
    place: JsonSpan<'d>,
    text: &'d str,
}

fn json_span<'d>(
    sources: &'d SourceMap,
    span: Span,
    label: Option<&'d str>,
    primary: Option<bool>,
) -> Option<JsonSpan<'d>> {
    let file = file_of(sources, span)?;
    let span = settled(file, span);
    let (from, to) = (file.line_column(span.start), file.line_column(span.end));
    Some(JsonSpan {
        file: &file.name,
        line: from.line,
        column: from.column,
        end_line: to.line,
        end_column: to.column,
        start: span.start,
        end: span.end,
        label,
        primary,
    })
}

fn json(diagnostic: &Diagnostic, sources: &SourceMap, out: &mut String) {
    let spans = diagnostic.labels.iter().enumerate();
    let edit = |edit: &'_ Edit| edit.span;
    let object = JsonDiagnostic {
        code: diagnostic.code.text(),
        name: diagnostic.code.name(),
        severity: diagnostic.severity,
        message: &diagnostic.headline,
        spans: spans
            .filter_map(|(at, label)| json_span(sources, label.span, Some(&label.text), Some(at == 0)))
            .collect(),
        notes: &diagnostic.notes,
        help: &diagnostic.helps,
        edits: diagnostic
            .edits
            .iter()
            .filter_map(|one| Some(JsonEdit { place: json_span(sources, edit(one), None, None)?, text: &one.text }))
            .collect(),
        also: diagnostic.also.iter().filter_map(|span| json_span(sources, *span, None, None)).collect(),
    };
    if let Ok(line) = serde_json::to_string(&object) {
        out.push_str(&line);
        out.push('\n');
    }
}

// ---------------------------------------------------------------------------------------------- human

fn human(diagnostic: &Diagnostic, sources: &SourceMap, colour: bool, out: &mut String) {
    let views = views(diagnostic, sources);
    let title = format!("{}[{}]", severity_word(diagnostic.severity), diagnostic.code.text());
    let paint = match diagnostic.severity {
        Severity::Error => "\u{1b}[1;31m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Note => "\u{1b}[1;36m",
    };
    let (paint, plain) = if colour { (paint, PLAIN) } else { ("", "") };
    let _ = writeln!(out, "{paint}{title}{plain}: {}", diagnostic.headline);
    out.push_str(&picture(diagnostic, &views, colour));
    if let Some(lines) = other_lines(diagnostic, sources) {
        paragraph(out, "note", &lines, colour, "\u{1b}[36m");
    }
    for note in &diagnostic.notes {
        paragraph(out, "note", note, colour, "\u{1b}[36m");
    }
    for help in &diagnostic.helps {
        paragraph(out, "help", help, colour, "\u{1b}[32m");
    }
    out.push('\n');
}

/// The most lines that are named where a mistake was made again and again.
const MOST_LINES: usize = 12;

/// Where the same mistake was made again, in words.
fn other_lines(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<String> {
    let file = file_of(sources, diagnostic.span())?;
    let mut lines: Vec<u32> = diagnostic.also.iter().map(|span| file.line(settled(file, *span).start)).collect();
    lines.dedup();
    let all = lines.len();
    let own = file.line(settled(file, diagnostic.span()).start);
    if lines.iter().all(|line| *line == own) {
        return (all > 0).then(|| format!("the same {} times more on this line", diagnostic.also.len()));
    }
    lines.truncate(MOST_LINES);
    let names: Vec<String> = lines.iter().map(u32::to_string).collect();
    Some(match names.as_slice() {
        [] => return None,
        [only] => format!("the same in line {only}"),
        _ if all > MOST_LINES => {
            format!("the same in lines {} and {} more", names.join(", "), all - MOST_LINES)
        }
        [first @ .., last] => format!("the same in lines {} and {last}", first.join(", ")),
    })
}

/// A note or a help; its further lines are indented under the first.
fn paragraph(out: &mut String, word: &str, text: &str, colour: bool, paint: &str) {
    let (paint, plain) = if colour { (paint, PLAIN) } else { ("", "") };
    let text = text.trim_end().replace('\n', "\n        ");
    let _ = writeln!(out, "  {paint}{word}{plain}: {text}");
}

/// The part of one file that a report shows.
struct View {
    /// The file's place in the source map.
    file: u32,
    /// The file's name with the line and column of the report's first label in it.
    name: String,
    /// The lines up to the last that a label touches. Those before the first are empty: they are there
    /// because ariadne counts them.
    text: String,
    /// Ranges in `text`: which label, where.
    marks: Vec<(usize, std::ops::Range<usize>)>,
}

/// One end of a label: line (from 0) and byte in that line.
type Point = (u32, usize);

fn views(diagnostic: &Diagnostic, sources: &SourceMap) -> Vec<View> {
    let mut files: Vec<u32> = diagnostic.labels.iter().map(|label| label.span.file.0).collect();
    files.sort_unstable();
    files.dedup();
    // The file of the first label comes first.
    let first = diagnostic.span().file.0;
    files.sort_by_key(|file| *file != first);
    files.into_iter().filter_map(|file| view(diagnostic, sources, file)).collect()
}

fn view(diagnostic: &Diagnostic, sources: &SourceMap, number: u32) -> Option<View> {
    let (_, file) = sources.files().nth(number as usize)?;
    let mut points: Vec<(usize, Point, Point)> = Vec::new();
    let mut place = None;
    for (at, label) in diagnostic.labels.iter().enumerate().filter(|(_, label)| label.span.file.0 == number) {
        let span = settled(file, label.span);
        place.get_or_insert_with(|| file.line_column(span.start));
        let from = point(file, span.start, span.start == span.end);
        points.push((at, from, if span.start == span.end { from } else { end_point(file, from, span.end) }));
    }
    let first = points.iter().map(|(_, from, _)| from.0).min()?;
    let last = points.iter().map(|(_, _, to)| to.0).max()?;
    let mut wanted: Vec<Point> = points.iter().flat_map(|(_, from, to)| [*from, *to]).collect();
    wanted.sort_unstable();
    wanted.dedup();

    let mut text = "\n".repeat(first as usize);
    let mut ends: Vec<(Point, usize)> = Vec::new();
    for line in first..=last {
        if line > first {
            text.push('\n');
        }
        let offsets: Vec<usize> = wanted.iter().filter(|end| end.0 == line).map(|end| end.1).collect();
        // A label over many lines shows its first and last; what lies between may stay empty.
        if !offsets.is_empty() || last - first < 100 {
            let shown = show_line(file.line_text(line + 1), &offsets, &mut text);
            ends.extend(shown.into_iter().map(|(offset, shown)| ((line, offset), shown)));
        }
    }
    let find = |point: Point| ends.iter().find(|(end, _)| *end == point).map_or(0, |(_, shown)| *shown);
    let marks = points.iter().map(|(at, from, to)| (*at, find(*from)..find(*to).max(find(*from)))).collect();
    let place = place?;
    Some(View { file: number, name: format!("{}:{}:{}", file.name, place.line, place.column), text, marks })
}

/// Where a byte stands. An empty span at the start of an empty last line is shown behind the last text.
fn point(file: &SourceFile, offset: u32, empty: bool) -> Point {
    let mut offset = offset as usize;
    if empty && offset >= file.text.len() {
        offset = file.text.trim_end().len();
    }
    let line = file.line(offset as u32);
    let start = line_start(file, offset);
    (line - 1, (offset - start).min(file.line_text(line).len()))
}

/// Where a label ends: on the line of its last character.
fn end_point(file: &SourceFile, from: Point, end: u32) -> Point {
    let last = file.text[..end as usize].char_indices().next_back().map_or(0, |(at, _)| at);
    let line = file.line(last as u32);
    if line - 1 < from.0 {
        return from;
    }
    (line - 1, (end as usize - line_start(file, last)).min(file.line_text(line).len()))
}

fn line_start(file: &SourceFile, offset: usize) -> usize {
    file.text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// Adds a line, cut to a window around its first label, and tells where each of the bytes `offsets`
/// (sorted) came to stand in `out`. Every character stays one character, so columns stay true.
fn show_line(line: &str, offsets: &[usize], out: &mut String) -> Vec<(usize, usize)> {
    let first = offsets.first().copied().unwrap_or(0);
    let is_long = line.len() > WIDTH && line.char_indices().nth(WIDTH).is_some();
    let from = if is_long { back(line, first, BEFORE) } else { 0 };
    let mut shown = Vec::with_capacity(offsets.len());
    let mut wanted = offsets.iter().copied().peekable();
    if from > 0 {
        out.push('…');
    }
    let mut cut = false;
    for (count, (at, c)) in line[from..].char_indices().enumerate() {
        if is_long && count >= WIDTH {
            cut = true;
            break;
        }
        while let Some(offset) = wanted.next_if(|offset| *offset <= from + at) {
            shown.push((offset, out.len()));
        }
        out.push(if c.is_control() && c != '\t' || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c });
    }
    shown.extend(wanted.map(|offset| (offset, out.len())));
    if cut {
        out.push('…');
    }
    shown
}

/// The byte `count` characters before byte `at`.
fn back(text: &str, at: usize, count: usize) -> usize {
    let at = text.floor_char_boundary(at.min(text.len()));
    text[..at].char_indices().rev().nth(count).map_or(0, |(start, _)| start)
}

/// The picture that ariadne draws of the views.
fn picture(diagnostic: &Diagnostic, views: &[View], colour: bool) -> String {
    let main = match diagnostic.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Cyan,
    };
    let config = Config::default()
        .with_index_type(IndexType::Byte)
        .with_char_set(CharSet::Unicode)
        .with_color(colour)
        .with_tab_width(4);
    let first = views.first().and_then(|view| view.marks.first().map(|(_, range)| (view.file, range.clone())));
    let Some(first) = first else { return String::new() };
    let mut report = Report::build(ReportKind::Error, first).with_config(config);
    for view in views {
        let mut marks = view.marks.clone();
        marks.sort_by_key(|(at, range)| (range.start, *at));
        for (at, range) in marks {
            let text = diagnostic.labels.get(at).map_or("", |label| label.text.as_str());
            let paint = if at == 0 { main } else { Color::Blue };
            let mark = Mark::new((view.file, range)).with_color(paint).with_priority(i32::from(at == 0));
            report = report.with_label(if text.is_empty() { mark } else { mark.with_message(text) });
        }
    }
    let mut bytes = Vec::new();
    let cache = Cache { views: views.iter().map(|view| (view, source(view))).collect() };
    match report.finish().write(cache, &mut bytes) {
        Ok(()) => with_names(&String::from_utf8_lossy(&bytes), views),
        Err(_) => String::new(),
    }
}

fn source(view: &View) -> Source<&str> {
    Source::from(view.text.as_str())
}

/// Stands for a file's name in ariadne's picture: it adds a line and column of its own behind a name, which
/// are those of the cut line.
const STAND_IN: char = '\u{1}';

/// The picture with the true names, lines and columns, without ariadne's own headline.
fn with_names(picture: &str, views: &[View]) -> String {
    let picture = picture.split_once('\n').map_or("", |(_, picture)| picture);
    let mut pieces = picture.split(STAND_IN);
    let mut out = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let (place, rest) = piece.split_once(' ').unwrap_or((piece, ""));
        let number: u32 = place.split(':').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        let name = views.iter().find(|view| view.file == number).map_or("", |view| &view.name);
        let _ = write!(out, "{name} {rest}");
    }
    out.lines().fold(String::with_capacity(out.len()), |shown, line| shown + line.trim_end() + "\n")
}

/// The views as ariadne asks for them.
struct Cache<'v> {
    views: Vec<(&'v View, Source<&'v str>)>,
}

impl<'v> ariadne::Cache<u32> for Cache<'v> {
    type Storage = &'v str;

    fn fetch(&mut self, id: &u32) -> Result<&Source<&'v str>, impl std::fmt::Debug> {
        self.views.iter().find(|(view, _)| view.file == *id).map(|(_, source)| source).ok_or("no such file")
    }

    fn display<'a>(&self, id: &'a u32) -> Option<impl std::fmt::Display + 'a> {
        // Control characters are never shown from the source, so this one cannot be confused.
        Some(format!("{STAND_IN}{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Code;
    use crate::source::FileId;

    fn sources(text: &str) -> (SourceMap, FileId) {
        let mut map = SourceMap::new();
        let id = map.add(SourceFile::new("dir/a file.proc", text));
        (map, id)
    }

    const STYLES: [Style; 4] =
        [Style::Human { colour: false }, Style::Human { colour: true }, Style::Short, Style::Json];

    #[test]
    fn a_letter_of_two_bytes_does_not_shift_the_underline() {
        let text = "let größe = 1;\nlet é = größe é;\n";
        let (map, id) = sources(text);
        let at = text.rfind('é').unwrap_or(0);
        let fact = Diagnostic::new(Code::UnexpectedToken, "head", Span::new(id, at, at + 2), "here")
            .note("why")
            .help("do\nthis");
        let shown = render(&[fact], &map, STYLES[0]);
        let expected = "\
error[E0001]: head
   ╭─[ dir/a file.proc:2:15 ]
   │
 2 │ let é = größe é;
   │               ┬
   │               ╰── here
───╯
  note: why
  help: do
        this

";
        assert_eq!(shown, expected);
    }

    #[test]
    fn labels_out_of_order_make_one_picture() {
        let (map, id) = sources("one\ntwo\nthree\n");
        let fact = Diagnostic::new(Code::Stuck, "head", Span::new(id, 8, 13), "last")
            .label(Span::new(id, 0, 3), "first")
            .label(Span::new(id, 4, 7), "");
        let shown = render(&[fact], &map, STYLES[0]);
        assert_eq!(shown.matches("╭─[").count(), 1, "{shown}");
        assert!(shown.contains("dir/a file.proc:3:1 ]"), "{shown}");
    }

    #[test]
    fn a_huge_line_is_cut() {
        let text = format!("{}x = ;{}", "é".repeat(100_000), "y".repeat(3_000_000));
        let (map, id) = sources(&text);
        let fact = Diagnostic::new(Code::UnexpectedToken, "head", Span::new(id, 200_004, 200_005), "here")
            .label(Span::new(id, 0, 2_000_000), "far");
        for style in STYLES {
            let shown = render(std::slice::from_ref(&fact), &map, style);
            assert!(shown.len() < 6_000, "{}", shown.len());
        }
        assert!(render(&[fact], &map, STYLES[0]).contains("file.proc:1:100005 ]"));
    }

    #[test]
    fn odd_spans_do_no_harm() {
        for text in ["", "\n", "a", "é", "a\r\nb\r\n", "a\u{2028}b\u{b}c\td", "\n\n\n", "x\u{1}y"] {
            let (map, _) = sources(text);
            for start in 0..9 {
                for end in [0, 1, 2, 3, 5, 8, u32::MAX] {
                    for file in [0, 7] {
                        let span = Span { file: FileId(file), start, end };
                        let other = Span { file: FileId(0), start: end, end: start };
                        let fact =
                            Diagnostic::new(Code::AbortFault, "head", span, "one").label(other, "two").edit(span, "");
                        for style in STYLES {
                            let shown = render(std::slice::from_ref(&fact), &map, style);
                            assert!(shown.contains("head"), "{text:?} {span:?}");
                        }
                    }
                }
            }
        }
        let mut bare = Diagnostic::new(Code::Stuck, "head", Span::default(), "");
        bare.labels.clear();
        assert_eq!(render(&[bare], &SourceMap::new(), Style::Short), "error[S4001]: head\n");
    }

    #[test]
    fn machines_get_lines_columns_and_edits() {
        let (map, id) = sources("let x = 5\nlet y");
        let span = Span::new(id, 9, 9);
        let fact = Diagnostic::new(Code::MissingToken, "a `;` is missing", span, "here").edit(span, ";");
        let shown = render(std::slice::from_ref(&fact), &map, Style::Json);
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap_or_default();
        assert_eq!(value["code"], "E0002");
        assert_eq!(value["spans"][0]["column"], 10);
        assert_eq!(value["edits"][0]["text"], ";");
        assert_eq!(render(&[fact], &map, Style::Short), "dir/a file.proc:1:10: error[E0002]: a `;` is missing\n");
    }
}
