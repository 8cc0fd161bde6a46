//! Calls with the arguments that C gives them, and how they are written here: what C fills in through a
//! pointer is a part of the result, and lengths are left out.

/// A call as it is written here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mended {
    /// The names that take the result apart; none where nobody needs it.
    pub(crate) pattern: Option<String>,
    /// The call.
    pub(crate) call: String,
}

impl Mended {
    /// As a statement of its own.
    pub(crate) fn statement(&self) -> String {
        match &self.pattern {
            Some(pattern) => format!("let {pattern} = {};", self.call),
            None => format!("{};", self.call),
        }
    }
}

/// The name, the number of C's arguments, the names for the result, the call here, and a name for what C returns. `$1` is
/// the first argument and `$0` what C returns.
type Row = (&'static str, usize, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("wait", 1, "($0, $1)", "wait()", "pid"),
    ("waitpid", 3, "($0, $2)", "waitpid($1, $3)", "pid"),
    ("wait3", 3, "($0, $1)", "waitpid(-1, $2)", "pid"),
    ("wait4", 4, "($0, $2)", "waitpid($1, $3)", "pid"),
    ("pipe", 1, "(r, w)", "pipe()", ""),
    ("pipe2", 2, "(r, w)", "pipe2($2)", ""),
    ("read", 3, "($0, $2)", "read($1, $3)", "n"),
    ("write", 3, "", "write($1, $2)", ""),
    ("getline", 3, "($0, $1)", "getline(0)", "n"),
    ("fgets", 3, "($0, $1)", "getline(0)", "n"),
    ("gets", 1, "($0, $1)", "getline(0)", "n"),
    ("mq_send", 4, "", "mq_send($1, $2, $4)", ""),
    ("mq_receive", 4, "($0, $2, $4)", "mq_receive($1)", "n"),
    ("mq_getattr", 2, "(result, flags, maxmsg, msgsize, curmsgs)", "mq_getattr($1)", ""),
    ("mq_open", 4, "q", "mq_open($1, $2)", ""),
    ("mq_open", 3, "q", "mq_open($1, $2)", ""),
    ("sigprocmask", 3, "(_, $3)", "sigprocmask($1, $2)", ""),
    ("sigsuspend", 1, "", "sigsuspend($1)", ""),
    ("sigpending", 1, "(_, $1)", "sigpending()", ""),
    ("sigwait", 2, "(_, $2)", "sigwait($1)", ""),
    ("sigaction", 3, "", "sigaction($1, handler, 0, 0)", ""),
    ("signal", 2, "", "signal($1, $2)", ""),
    ("time", 1, "$1", "time()", ""),
    ("gettimeofday", 2, "$1", "now()", ""),
    ("nanosleep", 2, "", "nanosleep(seconds, nanoseconds)", ""),
    ("execvp", 2, "", "execv($1, $2)", ""),
    ("execve", 3, "", "execv($1, $2)", ""),
    ("sigemptyset", 1, "", "$1 = 0", ""),
    ("sigfillset", 1, "", "$1 = ~0", ""),
    ("sigaddset", 2, "", "$1 = $1 | sigmask($2)", ""),
    ("sigdelset", 2, "", "$1 = $1 & ~sigmask($2)", ""),
    ("setenv", 3, "", "setenv($1, $2)", ""),
    ("fflush", 1, "", "fflush()", ""),
    ("strcpy", 2, "", "$1 = $2", ""),
    ("strcat", 2, "", "$1 = $1 + $2", ""),
];

/// The longest argument that is written out again.
const LONGEST: usize = 40;

/// How the call is written here, if it has C's arguments. `target` is what the program stores its result in.
pub(crate) fn mended(name: &str, args: &[&str], target: Option<&str>) -> Option<Mended> {
    let (.., pattern, call, result) = ROWS.iter().find(|row| row.0 == name && row.1 == args.len())?;
    if args.iter().any(|arg| arg.len() > LONGEST || arg.contains(['\n', '`', '$'])) {
        return None;
    }
    let returned = target.filter(|target| is_name(target)).unwrap_or(result);
    let filled = fill(call, returned, args, argument);
    let pattern = match *pattern {
        "" => None,
        _ if filled.contains(" = ") => None,
        // A mask that nobody wants back needs no names.
        _ if name == "sigprocmask" && is_null(args.last().copied().unwrap_or("")) => None,
        pattern => Some(fill(pattern, returned, args, part)),
    };
    // Where only what C returns is wanted, the call alone gives it.
    let others = |pattern: &String| pattern.trim_matches(['(', ')']).split(", ").skip(1).all(|part| part == "_");
    let pattern = pattern.filter(|pattern| !(pattern.starts_with('(') && others(pattern)));
    let pattern = match (pattern, target) {
        (Some(pattern), _) => Some(pattern),
        (None, Some(target)) if is_name(target) && !filled.contains(" = ") => Some(target.to_owned()),
        (None, _) => None,
    };
    Some(Mended { pattern, call: filled })
}

fn fill(text: &str, returned: &str, args: &[&str], write: fn(&str) -> String) -> String {
    let mut text = text.replace("$0", returned);
    for (at, arg) in args.iter().enumerate() {
        text = text.replace(&format!("${}", at + 1), &write(arg));
    }
    text
}

/// An argument that is kept.
fn argument(text: &str) -> String {
    let text = text.trim().trim_start_matches('&').trim();
    match text {
        _ if text.contains("sizeof") => "100".to_owned(),
        "NULL" | "nullptr" => "nil".to_owned(),
        _ => text.to_owned(),
    }
}

/// An argument that becomes a name for a part of the result.
fn part(text: &str) -> String {
    let text = text.trim().trim_start_matches('&').trim();
    match text {
        _ if is_null(text) => "_".to_owned(),
        _ if is_name(text) => text.to_owned(),
        _ => "text".to_owned(),
    }
}

fn is_null(text: &str) -> bool {
    matches!(text.trim(), "NULL" | "nil" | "0" | "nullptr" | "None" | "(char *)NULL")
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn what_c_fills_in_is_a_part_of_the_result() {
        let shown = |name, args: &[&str], target| mended(name, args, target).map(|mended| mended.statement());
        for (name, args, target, expected) in [
            ("waitpid", &["pid", "&st", "WNOHANG"][..], Some("r"), "let (r, st) = waitpid(pid, WNOHANG);"),
            ("wait", &["NULL"], None, "wait();"),
            ("wait", &["NULL"], Some("child"), "let child = wait();"),
            ("read", &["fd[0]", "buf", "sizeof(buf)"], None, "let (n, buf) = read(fd[0], 100);"),
            ("write", &["1", "\"x\"", "1"], None, "write(1, \"x\");"),
            ("write", &["1", "\"x\"", "1"], Some("n"), "let n = write(1, \"x\");"),
            ("sigprocmask", &["SIG_BLOCK", "&set", "&old"], None, "let (_, old) = sigprocmask(SIG_BLOCK, set);"),
            ("sigprocmask", &["SIG_BLOCK", "&set", "NULL"], None, "sigprocmask(SIG_BLOCK, set);"),
            ("sigaddset", &["&set", "SIGINT"], None, "set = set | sigmask(SIGINT);"),
        ] {
            assert_eq!(shown(name, args, target).as_deref(), Some(expected));
        }
        assert_eq!(shown("waitpid", &["-1", "0"], None), None);
    }
}
