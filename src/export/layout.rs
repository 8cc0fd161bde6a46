//! The file as a whole: what stands in which order, and where the comments go.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{Kind, Slot};
use super::{Emit, Options, names, walk};
use crate::check::tree::{Constant, Expr, ExprKind, PlaceKind, Stmt, StmtKind};
use crate::check::types::Type;
use crate::source::Span;

const HEADERS: &str = "\
#define _GNU_SOURCE
#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
";

/// Which words in a file call for which header.
const NEEDS: &[(&str, &[&str])] = &[
    ("assert.h", &["assert("]),
    ("ctype.h", &["isspace(", "toupper(", "tolower("]),
    ("dirent.h", &["opendir("]),
    ("poll.h", &["poll", "POLL"]),
    ("sys/stat.h", &["stat(", "mkfifo(", "mkdir("]),
    ("errno.h", &["errno"]),
    ("fcntl.h", &["O_", "fcntl(", "F_"]),
    ("limits.h", &["LONG_MIN", "INT_MAX", "INT_MIN", "PIPE_BUF", "PATH_MAX"]),
    ("math.h", &["fmod(", "fabs("]),
    ("mqueue.h", &["mq_", "mqd_t"]),
    ("signal.h", &["sig", "kill", "SIG", "raise("]),
    ("stdarg.h", &["va_list"]),
    ("stdbool.h", &["bool", "true", "false"]),
    ("stdio.h", &["printf(", "stdout", "stderr", "perror("]),
    ("sched.h", &["sched_yield("]),
    ("sys/resource.h", &["rlimit", "RLIMIT"]),
    ("sys/wait.h", &["wait", "WIF", "WEXIT", "WNOHANG", "WUNTRACED", "WCONTINUED"]),
    ("termios.h", &["termios"]),
    ("time.h", &["time(", "timespec"]),
    ("string.h", &["str", "mem"]),
];

/// A piece of the top level.
enum Entry<'t> {
    Constant(usize),
    Struct(usize),
    Function(u32),
    Statement(&'t Stmt),
}

impl<'a> Emit<'a> {
    /// The whole file.
    pub(super) fn file(&mut self, options: &Options) -> String {
        let head = self.first_comment();
        let mut declarations = Vec::new();
        let mut functions: Vec<(u32, Vec<String>)> = Vec::new();
        let entries = self.entries();
        self.initialised = self.constant_globals();
        let mut last_end = 0;
        let mut statements: Vec<(&'a Stmt, u32)> = Vec::new();
        for (span, entry) in entries {
            match entry {
                Entry::Constant(at) => self.take(last_end, span, &mut declarations, |emit| emit.constant_line(at)),
                Entry::Struct(at) => self.take(last_end, span, &mut declarations, |emit| emit.structure_lines(at)),
                Entry::Function(id) => {
                    for inner in self.inner_functions(span, id) {
                        let lines = self.function_lines(inner, self.program.functions[inner as usize].head.start);
                        functions.push((inner, lines));
                    }
                    let lines = self.function_lines(id, last_end);
                    functions.push((id, lines));
                }
                Entry::Statement(stmt) => {
                    self.statics(stmt, last_end, &mut declarations);
                    statements.push((stmt, last_end));
                }
            }
            last_end = self.line_end(span.end);
        }
        for inner in self.inner_functions(Span::new(self.program.file, 0, usize::MAX), 0) {
            if !functions.iter().any(|(id, _)| *id == inner) {
                let lines = self.function_lines(inner, self.program.functions[inner as usize].head.start);
                functions.push((inner, lines));
            }
        }
        let main = self.main_lines(&statements);
        self.assemble(options, head, declarations, functions, main)
    }

    fn entries(&self) -> Vec<(Span, Entry<'a>)> {
        let program = self.program;
        let mut entries: Vec<(Span, Entry<'a>)> = Vec::new();
        let to_end = |span: Span, mark: char| {
            let text = &self.sources.file(span.file).text;
            let rest = text.get(span.start as usize..).unwrap_or("");
            let end = rest.find(mark).map_or(span.end, |at| span.start + at as u32 + 1);
            Span { end: end.max(span.end), ..span }
        };
        entries.extend(
            program.constants.iter().enumerate().map(|(at, (_, _, span))| (to_end(*span, ';'), Entry::Constant(at))),
        );
        entries.extend(program.structs.iter().enumerate().map(|(at, def)| (to_end(def.span, '}'), Entry::Struct(at))));
        for (id, function) in (0..).zip(&program.functions).skip(1) {
            if !function.name.starts_with("fn ") {
                entries.push((function.head.to(function.body.span), Entry::Function(id)));
            }
        }
        entries.extend(
            program
                .functions
                .first()
                .into_iter()
                .flat_map(|main| &main.body.stmts)
                .map(|stmt| (stmt.span, Entry::Statement(stmt))),
        );
        entries.sort_by_key(|(span, _)| span.start);
        entries
    }

    /// Anonymous functions inside a span, innermost first.
    fn inner_functions(&self, span: Span, outer: u32) -> Vec<u32> {
        let inside = |function: &crate::check::tree::Function| {
            function.head.start > span.start && function.head.start < span.end
        };
        let mut found: Vec<u32> = (0..)
            .zip(&self.program.functions)
            .skip(1)
            .filter(|(id, function)| *id != outer && function.name.starts_with("fn ") && inside(function))
            .map(|(id, _)| id)
            .collect();
        found.reverse();
        found
    }

    /// Makes lines with the comments around them, and adds them to a list.
    fn take(&mut self, from: u32, span: Span, to: &mut Vec<String>, make: impl FnOnce(&mut Self)) {
        self.region = from;
        let outer = std::mem::take(&mut self.out);
        self.out.extend(to.last().cloned());
        let kept = self.out.len();
        self.comments_until(span.start);
        self.space_before(span.start);
        make(self);
        self.comment_behind(span.end);
        let made = std::mem::replace(&mut self.out, outer);
        to.extend(made.into_iter().skip(kept));
    }

    // ---- declarations

    fn constant_line(&mut self, at: usize) {
        let Some((name, value, _)) = self.program.constants.get(at) else { return };
        let name = self.names.constants.get(&**name).cloned().unwrap_or_default();
        let text = match value {
            Constant::Int(i64::MIN) => "LONG_MIN".to_owned(),
            Constant::Int(value) if *value < 0 => format!("({value})"),
            Constant::Int(value) => value.to_string(),
            Constant::Float(value) => format!("{value:?}"),
            Constant::Bool(value) => value.to_string(),
            Constant::Str(bytes) => super::literal::literal(bytes),
            Constant::Nil => "NULL".to_owned(),
            Constant::Handler(_) => "SIG_DFL".to_owned(),
        };
        // Flags keep their names.
        let (_, _, span) = &self.program.constants[at];
        let rest = self.sources.file(span.file).text.get(span.start as usize..).unwrap_or("");
        let written = rest.split(';').next().unwrap_or("").split_once('=').map_or("", |(_, value)| value).trim();
        let known = |word: &str| crate::abi::constant::find(word).is_some() || self.names.constants.contains_key(word);
        let parts: Vec<&str> = written.split('|').map(str::trim).collect();
        let text = match value {
            Constant::Int(_) if !parts.is_empty() && parts.iter().all(|part| known(part)) && parts.len() > 1 => {
                format!("({})", parts.join(" | "))
            }
            Constant::Int(_) if written.starts_with("0x") || written.starts_with('\'') => self.int_text(value, written),
            _ => text,
        };
        self.line(format!("#define {name} {text}"));
    }

    fn int_text(&mut self, value: &Constant, written: &str) -> String {
        if let Constant::Int(value) = value { self.int(*value, written).text } else { String::new() }
    }

    fn structure_lines(&mut self, at: usize) {
        let Some(def) = self.program.structs.get(at) else { return };
        let name = self.names.structs.get(at).cloned().unwrap_or_default();
        self.line(format!("struct {name} {{"));
        for (field, (field_name, ty)) in (0..).zip(&def.fields) {
            let ty = self.slot_type(Slot::Field(at as u32, field), ty);
            self.line(format!("    {ty}{};", names::for_field(field_name)));
        }
        self.line("};");
    }

    /// Globals whose first value C can give them where they are declared: constants, met before anything else could look.
    fn constant_globals(&self) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let Some(main) = self.program.functions.first() else { return found };
        for stmt in &main.body.stmts {
            if let StmtKind::Store { targets, value, declares: true } = &stmt.kind
                && let ([Some(place)], ExprKind::Constant(_)) = (targets.as_slice(), &value.kind)
            {
                if let PlaceKind::Global(id) = &place.kind {
                    found.insert(id.0);
                }
                continue;
            }
            let mut calls = false;
            walk::each_expr_of(stmt, &mut |expr: &Expr| {
                calls |= matches!(&expr.kind, ExprKind::Call(..) | ExprKind::CallValue(..));
                calls |= matches!(&expr.kind, ExprKind::CallBuiltin { builtin, .. }
                    if matches!(builtin, crate::abi::Builtin::SignalCall | crate::abi::Builtin::Sigaction));
            });
            if calls {
                break;
            }
        }
        found
    }

    /// Declares the globals of a top-level `let` that other functions use.
    fn statics(&mut self, stmt: &Stmt, from: u32, to: &mut Vec<String>) {
        let StmtKind::Store { targets, value, declares: true } = &stmt.kind else { return };
        let mut first = true;
        for place in targets.iter().flatten() {
            let PlaceKind::Global(id) = &place.kind else { continue };
            if self.is_main_local(id.0) {
                continue;
            }
            let initialised = self.initialised.contains(&id.0);
            let line = self.static_line(id.0, &place.ty, initialised.then_some(value));
            // The comments go with the declaration where nothing is left of the statement itself.
            if initialised {
                self.take(from, stmt.span, to, |emit| emit.line(line));
            } else {
                if first && to.last().is_some_and(|last| !last.is_empty() && !last.starts_with("static")) {
                    to.push(String::new());
                }
                to.push(line);
            }
            first = false;
        }
    }

    fn static_line(&mut self, id: u32, ty: &Type, value: Option<&Expr>) -> String {
        let name = self.names.globals.get(id as usize).cloned().unwrap_or_default();
        let c_type = self.slot_type(Slot::Global(id), ty);
        let volatile = self.volatile.contains(&id);
        let declared = match (volatile, c_type.ends_with('*')) {
            (true, true) => format!("static {c_type}volatile {name}"),
            (true, false) => format!("static volatile {c_type}{name}"),
            _ => format!("static {c_type}{name}"),
        };
        let value = match (value, ty) {
            (Some(Expr { kind: ExprKind::Constant(Constant::Str(bytes)), .. }), _) => {
                Some(format!("{{{}, {}}}", super::literal::literal(bytes), bytes.len()))
            }
            (None, Type::Str) => Some("{\"\", 0}".to_owned()),
            (Some(value), _) => Some(self.expr(value).text).filter(|text| text != "NULL" && text != "false"),
            _ => None,
        };
        match value {
            Some(value) => format!("{declared} = {value};"),
            None => format!("{declared};"),
        }
    }

    // ---- functions

    fn begin(&mut self, id: u32, region: u32) {
        self.function = id;
        self.region = region;
        self.out = Vec::new();
        self.indent = 0;
        self.before = Vec::new();
        self.locals = BTreeMap::new();
        self.own = BTreeSet::new();
        self.scopes = vec![BTreeMap::new()];
        self.results = Vec::new();
    }

    /// The head of a function without its body; declares its parameters.
    fn head(&mut self, id: u32) -> String {
        let program = self.program;
        let Some(function) = program.functions.get(id as usize) else { return String::new() };
        let mut params = Vec::new();
        for (at, local) in (0..).zip(&function.locals).take(function.params) {
            let name = names::for_local(&local.name);
            let ty = self.slot_type(Slot::Local(id, at), &local.ty);
            params.push(format!("{ty}{name}"));
            self.enter(&name, false, "");
            self.locals.insert(crate::check::tree::LocalId(at), name);
        }
        let parts: Vec<Type> = match &function.result {
            Type::Tuple(parts) => parts.to_vec(),
            other => vec![other.clone()],
        };
        for (at, part) in parts.iter().enumerate().skip(1) {
            let ty = self.slot_type(Slot::Result(id, at), part);
            let name = self.own_name(["second", "third", "fourth", "fifth"].get(at - 1).copied().unwrap_or("more"));
            params.push(format!("{ty}*{name}"));
            self.results.push(name);
        }
        let first = parts.first().cloned().unwrap_or(Type::Void);
        let result = if first == Type::Int {
            self.slot_type(Slot::Result(id, 0), &first)
        } else {
            self.c_type(&first, Kind::Long)
        };
        let name = self.names.functions.get(id as usize).cloned().unwrap_or_default();
        let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
        format!("static {result}{name}({params})")
    }

    fn function_lines(&mut self, id: u32, region: u32) -> Vec<String> {
        self.begin(id, region);
        let program = self.program;
        let Some(function) = program.functions.get(id as usize) else { return Vec::new() };
        self.comments_until(function.head.start);
        let head = self.head(id);
        self.line(head);
        self.line("{");
        self.comment_behind(function.body.span.start + 1);
        self.indent = 1;
        for (at, local) in (0..).zip(&function.locals).take(function.params) {
            if !self.read.contains(&Slot::Local(id, at)) {
                self.line(format!("(void){};", names::for_local(&local.name)));
            }
        }
        function.body.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.comments_until(function.body.span.end);
        self.indent = 0;
        self.line("}");
        self.comment_behind(function.body.span.end);
        std::mem::take(&mut self.out)
    }

    fn main_lines(&mut self, statements: &[(&'a Stmt, u32)]) -> Vec<String> {
        self.begin(0, 0);
        self.indent = 1;
        for (stmt, from) in statements {
            self.region = *from;
            let gone = matches!(&stmt.kind, StmtKind::Store { targets, declares: true, .. }
                if matches!(targets.as_slice(), [Some(place)] if matches!(&place.kind, PlaceKind::Global(id) if self.initialised.contains(&id.0) && !self.is_main_local(id.0))));
            if !gone {
                self.stmt(stmt);
            }
        }
        self.region = 0;
        self.comments_until(u32::MAX);
        let ends = statements.last().is_some_and(|(stmt, _)| matches!(&stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::CallBuiltin { builtin, .. }, .. }) if builtin.never_returns()));
        match self.program.main {
            Some(main)
                if self.program.functions.get(main.0 as usize).is_some_and(|function| function.result == Type::Int) =>
            {
                self.line("return main_function();");
            }
            Some(_) => {
                self.line("main_function();");
                self.line("return 0;");
            }
            None if ends => {}
            None => self.line("return 0;"),
        }
        self.indent = 0;
        std::mem::take(&mut self.out)
    }

    /// Heads of functions that are named before they are defined.
    fn prototypes(&mut self, order: &[u32]) -> Vec<String> {
        let mut wanted = BTreeSet::new();
        let mut defined = BTreeSet::new();
        for id in order {
            // A function may call itself.
            defined.insert(*id);
            let Some(function) = self.program.functions.get(*id as usize) else { continue };
            walk::each_expr(&function.body, &mut |expr| {
                if let ExprKind::Function(named) | ExprKind::Call(named, _) = &expr.kind
                    && !defined.contains(&named.0)
                {
                    wanted.insert(named.0);
                }
            });
        }
        wanted
            .into_iter()
            .map(|id| {
                self.begin(id, 0);
                format!("{};", self.head(id))
            })
            .collect()
    }

    fn unused(&self) -> BTreeSet<u32> {
        let mut used: BTreeSet<u32> = self.program.main.iter().map(|id| id.0).collect();
        for function in &self.program.functions {
            walk::each_expr(&function.body, &mut |expr| {
                if let ExprKind::Function(id) | ExprKind::Call(id, _) = &expr.kind {
                    used.insert(id.0);
                }
            });
        }
        (1..self.program.functions.len() as u32).filter(|id| !used.contains(id)).collect()
    }

    fn assemble(
        &mut self,
        options: &Options,
        head: Vec<String>,
        declarations: Vec<String>,
        functions: Vec<(u32, Vec<String>)>,
        main: Vec<String>,
    ) -> String {
        let order: Vec<u32> = functions.iter().map(|(id, _)| *id).collect();
        let prototypes = self.prototypes(&order);
        let unused = self.unused();
        let typedefs = self.function_typedefs();
        let (show_heads, shows) = self.show_texts();
        let mut body = String::new();
        let mut put = |lines: &[String]| {
            if !lines.is_empty() {
                body.push('\n');
                lines.iter().for_each(|line| {
                    body.push_str(line.trim_end());
                    body.push('\n');
                });
            }
        };
        let records: Vec<String> =
            self.names.structs.iter().map(|name| format!("typedef struct {name} {name};")).collect();
        put(&records);
        if !self.prelude.is_empty() {
            put(&["/* ---- Prelude: what the program's language has and C has not. The program itself begins below. ---- */".to_owned()]);
            put(&self.prelude.text().lines().map(str::to_owned).collect::<Vec<_>>());
            put(&["/* ---- The program ---- */".to_owned()]);
        }
        put(&typedefs);
        put(&declarations);
        put(&show_heads);
        put(&prototypes);
        shows.iter().for_each(|text| put(&text.lines().map(str::to_owned).collect::<Vec<_>>()));
        for (id, mut lines) in functions {
            if unused.contains(&id)
                && let Some(head) = lines.iter_mut().find(|line| line.starts_with("static "))
            {
                *head = format!("__attribute__((unused)) {head}");
            }
            put(&lines);
        }
        let mut start = vec!["int main(void)".to_owned(), "{".to_owned()];
        if self.prelude.has("arguments") {
            start[0] = "int main(int argc, char **argv)".to_owned();
            start.push("    arguments = strs_of(0, NULL);".to_owned());
            start.push("    for (int i = 0; i < argc; i++)".to_owned());
            start.push("        strs_push(arguments, str_of(argv[i]));".to_owned());
            start.push(String::new());
        }
        start.extend(main);
        start.push("}".to_owned());
        put(&start);
        let mut text = String::new();
        for line in &head {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&about(options));
        text.push_str(&headers(&body));
        text.push_str(&body);
        text
    }
}

fn about(options: &Options) -> String {
    let mut text = format!("\n/* Exported from {} by `proc export c`. To build:\n\n", options.name);
    for line in &options.build {
        text.push_str(&format!("       {line}\n"));
    }
    text.push_str("\n   -fwrapv: numbers wrap around, as they do in the original. */\n");
    text
}

/// The headers that a text needs.
fn headers(body: &str) -> String {
    let mut text = String::from("\n");
    for line in HEADERS.lines() {
        let name = line.trim_start_matches("#include <").trim_end_matches('>');
        let needed = NEEDS
            .iter()
            .find(|(header, _)| *header == name)
            .is_none_or(|(_, words)| words.iter().any(|word| body.contains(word)));
        if needed {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
