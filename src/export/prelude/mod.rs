//! The prelude of an exported file: what the language has and C has not. Only the parts that a program uses are written, each with
//! the parts that it uses itself.

mod array;
mod system;
mod text;

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A part: its name, what it uses, its text. In an array's part `@A` stands for the array's type and `@T` for an element's.
type Part = (&'static str, &'static [&'static str], &'static str);

/// The parts in the order in which they are written.
fn parts() -> impl Iterator<Item = &'static Part> {
    text::PARTS.iter().chain(array::PARTS).chain(system::PARTS)
}

/// A kind of array that a program uses: its C type's name, a declarator of a pointer to its elements, one of an element, and words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ArrayType {
    /// `ints`
    pub(super) name: String,
    /// `long *`
    pub(super) pointer: String,
    /// `long `
    pub(super) value: String,
}

/// The parts a program uses.
#[derive(Debug, Default)]
pub(super) struct Prelude {
    used: BTreeSet<String>,
    arrays: Vec<ArrayType>,
}

impl Prelude {
    /// Notes that a part is used, and gives its name back.
    pub(super) fn need(&mut self, part: &'static str) -> &'static str {
        self.mark(part, None);
        part
    }

    /// Notes that a part for a kind of array is used (`push`), and gives the function's name (`ints_push`).
    pub(super) fn need_array(&mut self, array: &ArrayType, part: &str) -> String {
        self.add_array(array);
        self.mark(&format!("array:{part}"), Some(&array.name));
        format!("{}_{part}", array.name)
    }

    /// Notes a kind of array whose type alone is used.
    pub(super) fn add_array(&mut self, array: &ArrayType) {
        if !self.arrays.contains(array) {
            self.arrays.push(array.clone());
        }
        self.mark("array:type", Some(&array.name));
    }

    fn mark(&mut self, part: &str, array: Option<&str>) {
        let key = match array {
            Some(array) if part.starts_with("array:") => format!("{part}({array})"),
            _ => part.to_owned(),
        };
        if !self.used.insert(key) {
            return;
        }
        let Some((_, needs, _)) = parts().find(|(name, ..)| *name == part) else { return };
        for need in *needs {
            let (bare, of) = match need.strip_suffix(')').and_then(|need| need.split_once('(')) {
                Some((bare, of)) => (bare, Some(of)),
                None => (*need, None),
            };
            let Some(of) = of else {
                self.mark(need, array);
                continue;
            };
            let value = if of == "strs" { self.need("str") } else { "long" };
            let list = ArrayType { name: of.to_owned(), pointer: format!("{value} *"), value: format!("{value} ") };
            if !self.arrays.contains(&list) {
                self.arrays.push(list);
            }
            self.mark(bare, Some(of));
        }
    }

    /// Whether a part is used.
    pub(super) fn has(&self, part: &str) -> bool {
        self.used.contains(part)
    }

    /// Whether nothing is used.
    pub(super) fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// The text of the parts in use.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Array parts are written for one kind after another, at the place of their first part.
        let mut arrays_done = false;
        for (name, _, part) in parts() {
            if name.starts_with("array:") {
                if !std::mem::replace(&mut arrays_done, true) {
                    self.arrays.iter().for_each(|array| self.array(array, &mut text));
                }
            } else if self.used.contains(*name) {
                put(&mut text, part);
            }
        }
        text
    }

    fn array(&self, array: &ArrayType, to: &mut String) {
        const ORDER: &[&str] = &[
            "array:type",
            "array:push",
            "array:of",
            "array:pop",
            "array:fill",
            "array:slice",
            "array:reverse",
            "array:sort",
            "array:sort_str",
        ];
        for part in ORDER {
            if !self.used.contains(&format!("{part}({})", array.name)) {
                continue;
            }
            if let Some((_, _, text)) = parts().find(|(name, ..)| name == part) {
                let text = text
                    .replace("const @T", &format!("{}const *", array.value))
                    .replace("@Tconst", &format!("{}const *", array.value));
                put(
                    to,
                    &text
                        .replace("@A", &array.name)
                        .replace("@E", array.value.trim_end())
                        .replace("@T", &array.pointer)
                        .replace("@V", &array.value),
                );
            }
        }
    }
}

fn put(to: &mut String, text: &str) {
    if !to.is_empty() {
        to.push('\n');
    }
    let _ = write!(to, "{text}");
}

/// The names that the prelude takes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = [
        "str",
        "STR",
        "SET",
        "AT",
        "NEW",
        "UNTIL",
        "new_bytes",
        "sigset_of",
        "ints",
        "strs",
        "floats",
        "bools",
        "main",
    ];
    parts().map(|(name, ..)| *name).filter(|name| !name.contains(':')).chain(own)
}
