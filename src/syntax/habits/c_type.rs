//! C's types as far as they are needed to say what a declaration would be here.

use super::super::shape::Shaper;
use super::super::token::{KEYWORDS, Tok, Token};
use crate::diagnostics::suggest;

/// A type in C's manner: some words and some stars.
pub(crate) struct CType<'t> {
    /// The word that counts: `char` of `const char *`, `Job` of `struct Job`.
    pub(crate) base: &'t str,
    /// Where that word stands.
    pub(crate) word: Tok,
    /// How many stars follow.
    pub(crate) stars: usize,
    /// Whether there was more than one word, or `struct` before it.
    long: bool,
}

/// A parameter in C's manner.
pub(crate) struct CParam {
    /// Its name.
    pub(crate) name: Tok,
    /// The word of its type.
    pub(crate) base: Tok,
    /// Its type, as it is written here.
    pub(crate) ty: String,
}

/// Words that are types in C or here, and nothing else.
pub(crate) fn is_type_word(word: &str) -> bool {
    matches!(
        word,
        "int"
            | "long"
            | "short"
            | "unsigned"
            | "signed"
            | "char"
            | "void"
            | "float"
            | "double"
            | "bool"
            | "_Bool"
            | "FILE"
            | "str"
            | "string"
            | "status"
            | "ptr"
            | "auto"
            | "var"
    ) || word.ends_with("_t")
}

/// What stands for a struct or an opaque type of C that nothing here needs.
pub(crate) fn instead(base: &str) -> Option<&'static str> {
    let help = match base {
        "sigaction" => "`sigaction(SIGINT, handler, 0, 0)` takes the handler, the mask and the flags one by one",
        "sigset_t" => {
            "a set of signals is an int: `let set = sigmask(SIGINT, SIGTERM);`, or `let set = 0;` for the empty one"
        }
        "mq_attr" => {
            "`mq_open(\"/name\", O_CREAT | O_RDWR, 10, 64)` takes the two limits; `mq_getattr(q)` gives all as parts of its result"
        }
        "timeval" | "timespec" | "itimerval" | "itimerspec" => {
            "times are plain numbers: `sleep(s)`, `usleep(us)`, `alarm(s)`; `now()` gives microseconds"
        }
        "tm" | "timezone" => "`time()` gives seconds, `now()` microseconds",
        "pollfd" => "`poll(fds, events, timeout_ms)` takes two arrays",
        "rlimit" => "`getrlimit(RLIMIT_NPROC)` gives the limits as parts of its result",
        "stat" | "dirent" => "`filesize(path)` gives the size of a file, `readdir(path)` the names in a directory",
        "rusage" => "`clock()` gives the ticks that this process has used",
        "FILE" | "DIR" => "files are descriptors: `let fd = open(\"name\", O_RDONLY);`",
        "sigval" | "sigevent" | "siginfo_t" => "signals carry no data here",
        "pthread_t" | "pthread_mutex_t" | "sem_t" | "key_t" => {
            "threads, semaphores and shared memory are not simulated: use `fork`, pipes and message queues"
        }
        _ => return None,
    };
    Some(help)
}

/// Words that stand before a type.
pub(crate) fn is_qualifier(word: &str) -> bool {
    matches!(
        word,
        "static"
            | "extern"
            | "volatile"
            | "register"
            | "inline"
            | "unsigned"
            | "signed"
            | "long"
            | "short"
            | "const"
            | "final"
    )
}

/// A type of C as it is written here; `void` has no counterpart and stays.
pub(crate) fn here(base: &str, stars: usize) -> String {
    of_c(base, stars).unwrap_or(base).to_owned()
}

/// The type of that name with so many stars; none for `void`.
fn of_c(base: &str, stars: usize) -> Option<&str> {
    let name = match (base, stars) {
        ("void", 0) => return None,
        ("char", 1) => "str",
        ("char", 2..) => "[str]",
        ("void" | "int" | "long" | "unsigned" | "short", 1..) => "ptr",
        ("float" | "double" | "f64" | "f32", _) => "float",
        ("bool" | "_Bool" | "boolean", _) => "bool",
        ("string" | "String", _) => "str",
        ("FILE" | "i32" | "i64" | "u8" | "u32" | "u64" | "usize" | "isize" | "integer" | "Integer", _) => "int",
        (base, _) if is_type_word(base) && !matches!(base, "str" | "status" | "ptr" | "auto" | "var") => "int",
        (base, _) => base,
    };
    Some(name)
}

/// Reads a type and the name behind it, from `from` words ahead on; gives the type and how far ahead the
/// name stands.
pub(crate) fn read<'t>(shaper: &Shaper<'t>, from: usize) -> Option<(CType<'t>, usize)> {
    let (ty, end) = read_bare(shaper, from)?;
    (shaper.kind(end) == Some(Token::Name)).then_some((ty, end))
}

/// Reads a type; gives it and how far ahead the word behind it stands.
pub(crate) fn read_bare<'t>(shaper: &Shaper<'t>, from: usize) -> Option<(CType<'t>, usize)> {
    let mut at = from;
    let mut long = false;
    let word = loop {
        let word = shaper.peek(at)?;
        let next_is_name =
            matches!(shaper.kind(at + 1), Some(Token::Name | Token::Star | Token::StructWord | Token::Const));
        match word.kind {
            Token::StructWord if shaper.kind(at + 1) == Some(Token::Name) && !long_enough(at, from) => {
                let word = shaper.peek(at + 1)?;
                long = true;
                at += 2;
                break word;
            }
            Token::Const if next_is_name => long = true,
            Token::Name if is_qualifier(shaper.text(word)) && next_is_name => {
                long |= shaper.kind(at + 1) == Some(Token::Name)
                    && shaper.peek(at + 1).is_some_and(|next| is_type_word(shaper.text(next)));
                // `unsigned x`: the qualifier was the type.
                let next = shaper.peek(at + 1)?;
                if !is_type_word(shaper.text(next))
                    && !is_qualifier(shaper.text(next))
                    && is_type_word(shaper.text(word))
                {
                    at += 1;
                    break word;
                }
            }
            Token::Name => {
                at += 1;
                break word;
            }
            _ => return None,
        }
        at += 1;
    };
    let mut stars = 0;
    while shaper.kind(at) == Some(Token::Star) {
        stars += 1;
        at += 1;
    }
    let text = shaper.text(word);
    Some((CType { base: text, word, stars, long }, at))
}

/// Guards against endless rows of qualifiers.
fn long_enough(at: usize, from: usize) -> bool {
    at - from > 8
}

impl CType<'_> {
    /// Whether the word could be a mistyped keyword.
    fn near_keyword(&self) -> bool {
        !is_type_word(self.base) && suggest::nearest(self.base, KEYWORDS).is_some()
    }

    /// Whether it is one of C's types or ours, not just a name.
    pub(crate) fn is_known(&self) -> bool {
        self.long || is_type_word(self.base)
    }

    /// Whether the word is a type of C that nobody has for a variable.
    pub(crate) fn is_only_c(&self) -> bool {
        matches!(self.base, "int" | "long" | "short" | "unsigned" | "char" | "float" | "double")
            || self.base.ends_with("_t")
    }

    /// Whether `type name` with `next` behind it can only be a declaration. `a * b;` is a product.
    pub(crate) fn is_sure(&self, next: Token) -> bool {
        if self.is_known() {
            return true;
        }
        let capital = self.base.chars().next().is_some_and(char::is_uppercase);
        next == Token::Assign && !self.near_keyword() || capital && self.stars == 0 && next == Token::Semicolon
    }

    /// The type as it is written here; none for `void`.
    pub(crate) fn name(&self) -> Option<String> {
        of_c(self.base, self.stars).map(str::to_owned)
    }
}

/// Reads the parameters between two words; none if they are not in C's manner.
pub(crate) fn params(shaper: &Shaper<'_>, from: usize, close: usize) -> Option<Vec<CParam>> {
    let mut list = Vec::new();
    let only = shaper.peek(from)?;
    if from == close || (close == from + 1 && shaper.text(only) == "void") {
        return Some(list);
    }
    let mut at = from;
    while at < close {
        let (ty, mut end) = read_bare(shaper, at)?;
        // Java's `String[] args`.
        let array = shaper.kind(end) == Some(Token::OpenBracket) && shaper.kind(end + 1) == Some(Token::CloseBracket);
        end += if array { 2 } else { 0 };
        let name = if shaper.kind(end) == Some(Token::Name) { shaper.peek(end)? } else { ty.word };
        if name != ty.word {
            end += 1;
        } else if !ty.is_known() {
            return None;
        }
        let mut written = ty.name().unwrap_or_else(|| "ptr".to_owned());
        if array {
            written = format!("[{written}]");
        }
        while shaper.kind(end) == Some(Token::OpenBracket) {
            while end < close && shaper.kind(end) != Some(Token::CloseBracket) {
                end += 1;
            }
            end += 1;
            written = format!("[{written}]");
        }
        list.push(CParam { name, base: ty.word, ty: written });
        match shaper.kind(end)? {
            Token::Comma => at = end + 1,
            _ if end == close => break,
            _ => return None,
        }
    }
    Some(list)
}
