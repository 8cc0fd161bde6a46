//! Finds and compiles programs. A script's `exec` reaches the directory of the script that was started and those of `--path`,
//! and nothing else: a name that leaves them does not exist.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use crate::abi::Errno;
use crate::bytecode::image::Verified;
use crate::check::{self, attention::Attention};
use crate::diagnostics::{Code, Diagnostic, suggest};
use crate::pipeline::{self, Compiled};
use crate::source::{SourceMap, Span};
use crate::syntax;

/// The largest source that is read: far beyond any program, small enough to keep the host safe.
const LARGEST_SOURCE: u64 = 64 << 20;

/// Why a source file cannot be compiled.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// It is missing or cannot be read.
    Unreadable(Box<Diagnostic>),
    /// It has compile errors.
    Errors(Vec<Diagnostic>),
}

/// Reads and compiles the file that a person named.
pub(crate) fn load(path: &Path, sources: &mut SourceMap) -> Result<Compiled, LoadError> {
    let text = read(path).map_err(|(code, why)| {
        let said = about(code, why);
        LoadError::Unreadable(Box::new(if path.exists() {
            said
        } else {
            near(path).into_iter().fold(said, Diagnostic::help)
        }))
    })?;
    let name = path.display().to_string();
    pipeline::compile(sources, &name, text).map_err(LoadError::Errors)
}

/// A fact about a file that has no text to point at.
fn about(code: Code, headline: String) -> Diagnostic {
    let mut said = Diagnostic::new(code, headline, Span::default(), "");
    said.labels.clear();
    said
}

/// What was probably meant by the name of a file that is not there: a file beside it, or a command of `proc`.
fn near(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|other| other.ends_with(".proc") || !other.contains('.'))
        .take(MOST_NAMES)
        .collect();
    // The order of a directory is the host's own.
    names.sort();
    let with_ending = format!("{name}.proc");
    let stem = |name: &str| name.split('.').next().unwrap_or("").to_owned();
    let found = names
        .iter()
        .find(|other| **other == with_ending)
        .or_else(|| names.iter().find(|other| stem(other) == stem(name) && !stem(name).is_empty()))
        .map(String::as_str)
        .or_else(|| suggest::nearest(name, names.iter().map(String::as_str)));
    if let Some(found) = found {
        let found = folder.map_or_else(|| PathBuf::from(found), |folder| folder.join(found));
        return Some(format!("did you mean `{}`?", found.display()));
    }
    if folder.is_some() || name.contains('.') {
        return None;
    }
    let command = suggest::nearest(name, super::COMMANDS)?;
    Some(format!("is it the command `{command}`? Write `proc {command} …`"))
}

/// How many names of a directory are looked through.
const MOST_NAMES: usize = 5_000;

/// The text of a file, or what is wrong with it.
fn read(path: &Path) -> Result<String, (Code, String)> {
    let shown = path.display();
    let unreadable = |why: String| (Code::FileUnreadable, why);
    let file = fs::File::open(path).map_err(|error| {
        unreadable(match error.kind() {
            ErrorKind::NotFound => format!("`{shown}`: there is no such file"),
            ErrorKind::PermissionDenied => format!("`{shown}`: it may not be read"),
            _ => format!("`{shown}`: {error}"),
        })
    })?;
    match file.metadata() {
        Ok(about) if about.is_dir() => return Err(unreadable(format!("`{shown}` is a directory"))),
        Ok(about) if about.len() > LARGEST_SOURCE => {
            return Err((Code::FileTooLarge, format!("`{shown}` is larger than 64 MB")));
        }
        Ok(_) => {}
        Err(error) => return Err(unreadable(format!("`{shown}`: {error}"))),
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_SOURCE + 1).read_to_end(&mut bytes).map_err(|error| unreadable(format!("`{shown}`: {error}")))?;
    if bytes.len() as u64 > LARGEST_SOURCE {
        return Err((Code::FileTooLarge, format!("`{shown}` is larger than 64 MB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        (Code::NotText, format!("`{shown}` is not text: byte {} is not UTF-8", error.utf8_error().valid_up_to()))
    })
}

/// The programs that a run may exec, compiled when first asked for.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Where to look, in order, as they were named.
    named: Vec<PathBuf>,
    /// The same, canonical, once they are needed.
    roots: OnceCell<Vec<PathBuf>>,
    /// By canonical path; what did not compile stays so, and its errors are shown once.
    compiled: HashMap<PathBuf, Result<Verified, Errno>>,
    /// What the programs compiled since this was asked last pay attention to.
    attention: Vec<Attention>,
}

impl Programs {
    /// Programs beside `script`, and in `extra` directories.
    pub(crate) fn new(script: &Path, extra: &[PathBuf]) -> Self {
        let beside = match script.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let named = std::iter::once(&beside).chain(extra).cloned().collect();
        Programs { named, roots: OnceCell::new(), compiled: HashMap::new(), attention: Vec::new() }
    }

    fn roots(&self) -> &[PathBuf] {
        self.roots.get_or_init(|| self.named.iter().filter_map(|root| root.canonicalize().ok()).collect())
    }

    /// Loads the program that a script calls `name`; errors of a program that does not compile come along once.
    pub(crate) fn load(&mut self, name: &[u8], sources: &mut SourceMap) -> (Result<Verified, Errno>, Vec<Diagnostic>) {
        let path = match self.find(name) {
            Ok(path) => path,
            Err(errno) => return (Err(errno), Vec::new()),
        };
        if let Some(known) = self.compiled.get(&path) {
            return (known.clone(), Vec::new());
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        let (result, errors) = compile(&path, &shown, sources, &mut self.attention);
        self.compiled.insert(path, result.clone());
        (result, errors)
    }

    /// What the programs compiled since this was asked last pay attention to.
    pub(crate) fn take_attention(&mut self) -> Vec<Attention> {
        std::mem::take(&mut self.attention)
    }

    /// The names of all programs that could be started, without their ending.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.roots().iter().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten();
        let mut names: Vec<String> = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "proc"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        names
    }

    /// The file that a name stands for: itself, else with `.proc`, in the first root that has it.
    pub(crate) fn find(&self, name: &[u8]) -> Result<PathBuf, Errno> {
        let name = std::str::from_utf8(name).map_err(|_| Errno::ENOENT)?;
        if name.contains('\0') || name.len() > 4096 {
            return Err(if name.len() > 4096 { Errno::ENAMETOOLONG } else { Errno::ENOENT });
        }
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if name.is_empty() || !inside {
            return Err(Errno::ENOENT);
        }
        let mut reason = Errno::ENOENT;
        for root in self.roots() {
            for candidate in [root.join(name), root.join(format!("{name}.proc"))] {
                match self.look(root, &candidate) {
                    Ok(path) => return Ok(path),
                    Err(errno) if reason == Errno::ENOENT => reason = errno,
                    Err(_) => {}
                }
            }
        }
        Err(reason)
    }

    /// The canonical path of a candidate, if it is a file inside its root: links that lead out do not exist.
    fn look(&self, root: &Path, candidate: &Path) -> Result<PathBuf, Errno> {
        let path = candidate.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => Errno::EACCES,
            ErrorKind::NotADirectory => Errno::ENOTDIR,
            _ => Errno::ENOENT,
        })?;
        if !path.starts_with(root) {
            return Err(Errno::ENOENT);
        }
        let about = fs::metadata(&path).map_err(|_| Errno::EACCES)?;
        if about.is_file() { Ok(path) } else { Err(Errno::EACCES) }
    }
}

fn compile(
    path: &Path,
    shown: &str,
    sources: &mut SourceMap,
    attention: &mut Vec<Attention>,
) -> (Result<Verified, Errno>, Vec<Diagnostic>) {
    match read(path) {
        Err(_) => (Err(Errno::EACCES), Vec::new()),
        Ok(text) if text.is_empty() => (Err(Errno::ENOEXEC), Vec::new()),
        Ok(text) => compiled(shown, text, sources, attention),
    }
}

fn compiled(
    shown: &str,
    text: String,
    sources: &mut SourceMap,
    attention: &mut Vec<Attention>,
) -> (Result<Verified, Errno>, Vec<Diagnostic>) {
    match pipeline::compile(sources, shown, text) {
        Ok(compiled) => {
            attention.push(attention_of(&compiled));
            (Ok(compiled.image), Vec::new())
        }
        Err(errors) => (Err(Errno::ENOEXEC), errors),
    }
}

/// What a program pays attention to.
pub(crate) fn attention_of(compiled: &Compiled) -> Attention {
    syntax::with_room(compiled.program.depth, || check::attention::attention(&compiled.tree))
}

/// Compiles a program that a script wrote itself.
pub(crate) fn compile_text(
    name: &[u8],
    text: &[u8],
    sources: &mut SourceMap,
) -> (Result<Verified, Errno>, Vec<Diagnostic>) {
    match std::str::from_utf8(text) {
        Ok(text) if !text.is_empty() => {
            compiled(&String::from_utf8_lossy(name), text.to_owned(), sources, &mut Vec::new())
        }
        _ => (Err(Errno::ENOEXEC), Vec::new()),
    }
}
