//! Text to tree: lexing with logos, parsing with lalrpop, several mistakes in one run. Knows no types.
//!
//! The way of a text: [`lexer`] cuts it into words, [`shape`] balances brackets and mends what can be seen
//! from a few words, [`recover`] hands one top-level piece after the other to the grammar, whose
//! [`actions`] build the tree. What the grammar cannot read is reported by [`error`], replaced by a word
//! that stands for it, and the piece is read again.

mod actions;
pub mod allow;
pub mod ast;
pub(crate) mod c_calls;
mod error;
mod habits;
mod lexer;
mod literal;
mod recover;
mod say;
mod shape;
#[cfg(test)]
mod tests;
mod token;

#[allow(clippy::all, unused_imports, missing_docs, unreachable_pub, reason = "written by lalrpop")]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/proc.rs"));
}

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// How deep brackets, blocks, operators and `else if` may be nested. Every later pass walks the tree by
/// recursion, so this bounds the host's stack; people stay below 20 and programs that write programs
/// below some hundreds.
pub const MAX_DEPTH: u32 = 500;

/// How many mistakes of one file are reported: nobody reads more, and a file of ten megabytes that is no
/// program has millions.
pub const MAX_REPORTS: usize = 100;

/// Reads a text. Never fails: what cannot be read stands in the tree as an `Error` node and has at least
/// one diagnostic; these come in the order of the text.
pub fn parse(file: FileId, text: &str) -> (ast::Program, Vec<Diagnostic>) {
    let lexed = lexer::lex(file, text);
    let shaped = shape::shape(file, text, &lexed.words);
    let mut facts = lexed.facts;
    facts.extend(shaped.facts);
    let mut builder = actions::Builder::new(file, text);
    if shaped.too_deep {
        builder.depth_is_told();
    }
    let (items, unread) = recover::parse(&mut builder, file, text, &shaped.words, &mut facts);
    let lost = names_within(text, &lexed.words, &unread);
    facts.sort_by_key(|fact| fact.span().start);
    let left = facts.len().saturating_sub(MAX_REPORTS);
    facts.truncate(MAX_REPORTS);
    if let Some(last) = facts.last_mut().filter(|_| left > 0) {
        say::and_more(last, left);
    }
    let depth = shaped.depth.max(builder.depth());
    (ast::Program { items, comments: lexed.comments, depth, lost }, facts)
}

/// The names that stand in parts of the text that could not be read; these come in the order of the text.
fn names_within(text: &str, words: &[token::Tok], unread: &[(u32, u32)]) -> BTreeSet<Arc<str>> {
    let mut names = BTreeSet::new();
    for (start, end) in unread {
        let from = words.partition_point(|word| word.start < *start);
        let within = words[from..].iter().take_while(|word| word.end <= *end);
        let spelled = within.filter(|word| word.kind == token::Token::Name);
        names.extend(spelled.filter_map(|word| text.get(word.start as usize..word.end as usize)).map(Arc::from));
    }
    names
}

/// Walks that go no deeper than this have room on any host's stack: what an unoptimised build needs for so many levels of any pass
/// fits into the two megabytes of a thread several times.
const SHALLOW: u32 = 60;

/// The host's stack for all deeper ones: what an unoptimised build needs for [`MAX_DEPTH`] levels, and for the longest chain of the
/// deepest constants, fits here several times. Only the part that is used costs memory.
const STACK: usize = 256 << 20;

/// Does `work`, which walks a tree of this depth by recursion, on a stack that has room for that.
pub fn with_room<T: Send>(depth: u32, work: impl FnOnce() -> T + Send) -> T {
    if depth <= SHALLOW {
        return work();
    }
    let mut work = Some(work);
    let mut done = None;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || done = work.take().map(|work| work()));
        if let Err(panic) = thread.map_or(Ok(()), std::thread::ScopedJoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    });
    // Where the host has no thread left, the stack at hand must do.
    match (done, work) {
        (Some(done), _) => done,
        (None, Some(work)) => work(),
        (None, None) => unreachable!("work that was taken is done or has panicked"),
    }
}

/// The words of a text, one a line with its place and spelling, then the comments and what could not be read: what the
/// snapshots of the lexer hold.
pub fn listing(text: &str) -> String {
    use std::fmt::Write;
    let lexed = lexer::lex(FileId(0), text);
    let mut shown = String::new();
    for word in &lexed.words {
        let spelling = text.get(word.start as usize..word.end as usize).unwrap_or("");
        let _ = writeln!(shown, "{:>4}..{:<4} {:<14} {spelling}", word.start, word.end, format!("{:?}", word.kind));
    }
    for comment in &lexed.comments {
        let _ = writeln!(shown, "{:>4}..{:<4} comment        {}", comment.span.start, comment.span.end, comment.text);
    }
    for fact in &lexed.facts {
        let _ =
            writeln!(shown, "{:>4}..{:<4} {} {}", fact.span().start, fact.span().end, fact.code.text(), fact.headline);
    }
    shown
}
