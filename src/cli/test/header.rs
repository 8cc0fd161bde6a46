//! The header of a program: what its first comments promise. It only reads the text; whether a promise is kept is not its business.
//!
//! A header is the lines at the top that begin with `//!`. `output:` and `exit:` are about one run, `outputs:` (one a line), `always:` and
//! `never:` about every schedule; `stdin:`, `args:`, `options:` (those of `proc explore`), `points:`, `partial:` say how. After an empty
//! `output:`, lines that begin with `//! |` are its lines.

use crate::cli::explore::unescape;

/// The names of directives.
const DIRECTIVES: &[&str] =
    &["output", "outputs", "exit", "always", "never", "stdin", "args", "options", "points", "partial"];

/// What `always:` can say besides a text.
const PROMISES: &[&str] = &["no-stuck", "no-fault", "no-assertion", "no-livelock", "no-zombie"];

/// A header.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) output: Option<String>,
    pub(super) exit: Option<u8>,
    pub(super) outputs: Vec<String>,
    pub(super) always: Vec<String>,
    pub(super) never: Vec<String>,
    pub(super) stdin: String,
    pub(super) args: Vec<String>,
    pub(super) options: Vec<String>,
    pub(super) points: Option<f64>,
    /// Whether each promise counts for itself.
    pub(super) partial: bool,
}

impl Header {
    /// How many promises it makes.
    pub(super) fn promises(&self) -> usize {
        let once = usize::from(self.output.is_some()) + usize::from(self.exit.is_some());
        once + usize::from(!self.outputs.is_empty()) + self.always.len() + self.never.len()
    }
}

/// The header of a program; an error names the line that is wrong.
pub(super) fn read(text: &str) -> Result<Header, String> {
    let mut header = Header::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.starts_with("#!") || line.is_empty() {
            continue;
        }
        let Some(rest) = line.strip_prefix("//!") else {
            if line.starts_with("//") {
                continue;
            }
            break;
        };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        if let Some(more) = rest.strip_prefix('|') {
            let output = header.output.get_or_insert_default();
            output.push_str(more.strip_prefix(' ').unwrap_or(more));
            output.push('\n');
            continue;
        }
        directive(&mut header, rest).map_err(|why| format!("line {}: `{line}`: {why}", number + 1))?;
    }
    Ok(header)
}

fn directive(header: &mut Header, line: &str) -> Result<(), String> {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    let value = value.trim();
    let words = || value.split_whitespace().map(str::to_owned).collect();
    match name.trim() {
        "output" => header.output = Some(unescape(value)),
        "outputs" => header.outputs.push(unescape(value)),
        "exit" => {
            header.exit = Some(value.parse().map_err(|_| "an exit status is a number from 0 to 255".to_owned())?);
        }
        "always" if value.starts_with("no-") && !PROMISES.contains(&value) => {
            return Err(format!("there is no promise `{value}`{}", meant(value, PROMISES)));
        }
        "always" => header.always.push(value.to_owned()),
        "never" => header.never.push(value.to_owned()),
        "stdin" => header.stdin = unescape(value),
        "args" => header.args = words(),
        "options" => header.options = words(),
        "points" => {
            let points = value.parse().ok().filter(|points: &f64| points.is_finite() && *points >= 0.0);
            header.points = Some(points.ok_or("points are a number, 0 or more")?);
        }
        "partial" => match value {
            "yes" => header.partial = true,
            "no" => header.partial = false,
            _ => return Err("that is `yes` or `no`".to_owned()),
        },
        "ids" | "real" | "varies" | "notes" => {}
        other => return Err(format!("there is no directive `{other}`{}", meant(other, DIRECTIVES))),
    }
    Ok(())
}

/// `, did you mean ...?` where a word is much like one of these.
fn meant(word: &str, known: &[&str]) -> String {
    let like = crate::diagnostics::suggest::nearest(word, known.iter().copied());
    like.map_or_else(|| format!("; there are {}", known.join(", ")), |like| format!(", did you mean `{like}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_to_its_end() {
        let text = "#!/usr/bin/env proc\n//! outputs: ab\\n\n//! outputs: ba\n//! always: no-stuck\n//! points: 2.5\n//! output:\n//! | one\nprint(1);\n//! exit: 3\n";
        let header = read(text).unwrap();
        assert_eq!(header.outputs, ["ab\n", "ba"]);
        assert_eq!((header.always.len(), header.points, header.exit), (1, Some(2.5), None));
        assert_eq!(header.output.as_deref(), Some("one\n"));
        assert!(read("//! outptu: x\n").is_err_and(|why| why.contains("outptu")));
    }
}
