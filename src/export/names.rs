//! Names in C: those of the program, changed only where C has taken them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::prelude;
use crate::check::tree::{Global, Program};

/// Words and names of C and of the headers that an exported file includes.
static TAKEN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut taken: HashSet<&'static str> = include_str!("c_names.txt").lines().collect();
    taken.extend(prelude::names());
    taken
});

/// What a local must not hide: words of C, macros, and what the export itself calls.
static NOT_FOR_LOCALS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    const OWN: &str = "asm auto case char default do double enum extern float goto inline int long register restrict short signed sizeof \
        static switch typedef union unsigned void volatile typeof bool true false stdin stdout stderr errno linux unix i386 assert major \
        minor printf fprintf dprintf fputs fflush execl execv strlen malloc calloc realloc memcpy memcmp system rand abort exit read write \
        pid_t sighandler_t sigset_t mqd_t size_t ssize_t kill getpid WIFEXITED";
    OWN.split_whitespace().chain(prelude::names()).collect()
});

/// The names of a program's top level.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By function id.
    pub(super) functions: Vec<String>,
    /// By global id.
    pub(super) globals: Vec<String>,
    /// By struct id.
    pub(super) structs: Vec<String>,
    /// By the name in the program.
    pub(super) constants: BTreeMap<String, String>,
    /// All of these.
    pub(super) all: BTreeSet<String>,
}

impl Names {
    /// Finds a name for everything; `local` tells which globals become locals of C's main.
    pub(super) fn find(
        program: &Program,
        line: &dyn Fn(crate::source::Span) -> u32,
        local: &dyn Fn(u32) -> bool,
    ) -> Names {
        let mut names = Names::default();
        for (name, ..) in &program.constants {
            let found = names.fresh(name);
            names.constants.insert(name.to_string(), found);
        }
        for def in &program.structs {
            let found = names.fresh(&def.name);
            names.structs.push(found);
        }
        for (id, function) in program.functions.iter().enumerate() {
            let found = match () {
                () if id == 0 => "main".to_owned(),
                () if program.main.is_some_and(|main| main.0 as usize == id) => names.fresh("main_function"),
                () if function.name.starts_with("fn ") => names.fresh(&format!("on_line_{}", line(function.head))),
                () => names.fresh(&function.name),
            };
            names.functions.push(found);
        }
        for (id, Global { name, .. }) in program.globals.iter().enumerate() {
            let found = match id {
                crate::abi::ERRNO_SLOT => "errno".to_owned(),
                crate::abi::ARGV_SLOT => "arguments".to_owned(),
                _ if local(id as u32) => for_local(name),
                _ => names.fresh(name),
            };
            names.globals.push(found);
        }
        names
    }

    fn fresh(&mut self, name: &str) -> String {
        let mut found = name.to_owned();
        while TAKEN.contains(found.as_str()) || self.all.contains(&found) {
            found.push('_');
        }
        self.all.insert(found.clone());
        found
    }
}

/// The name of a local; hidden ones have a space in front.
pub(super) fn for_local(name: &str) -> String {
    let name = name.trim_start();
    if NOT_FOR_LOCALS.contains(name) { format!("{name}_") } else { name.to_owned() }
}

/// The name of a field.
pub(super) fn for_field(name: &str) -> String {
    if TAKEN.contains(name) && NOT_FOR_LOCALS.contains(name) { format!("{name}_") } else { name.to_owned() }
}
