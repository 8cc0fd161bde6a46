//! Calls: of the program's functions, and of the built-ins as the calls of the C library that they stand for.
//!
//! Parts of a result beyond the first are stored through pointers: `outs` holds one for each, or nothing where it is not wanted.

use super::expr::{C, Num, Want};
use super::kinds::{Kind, Slot};
use super::literal::literal;
use super::order::{Effect, constant};
use super::{Emit, walk};
use crate::abi::Builtin;
use crate::check::tree::{Constant, Expr, ExprKind};
use crate::check::types::Type;

/// A pointer to where a part of a result goes.
pub(super) type Out = Option<String>;

impl Emit<'_> {
    /// A call of one of the program's functions.
    pub(super) fn call(&mut self, expr: &Expr, outs: &[Out]) -> C {
        let (callee, args, id) = match &expr.kind {
            ExprKind::Call(id, args) => {
                let name = self.names.functions.get(id.0 as usize).cloned().unwrap_or_default();
                let values = self.values(&args.iter().collect::<Vec<_>>());
                (name, values, Some(id.0))
            }
            ExprKind::CallValue(callee, args) => {
                let operands: Vec<&Expr> = std::iter::once(&**callee).chain(args).collect();
                let mut values = self.values(&operands);
                let callee = values.remove(0).within(super::expr::CALL);
                (callee, values, None)
            }
            _ => return self.builtin(expr, outs, false),
        };
        let mut list: Vec<String> = args.iter().map(C::argument).collect();
        let result = match (&expr.kind, &expr.ty) {
            (ExprKind::Call(id, _), _) => {
                self.program.functions.get(id.0 as usize).map_or(Type::Void, |function| function.result.clone())
            }
            (_, ty) => ty.clone(),
        };
        let parts: Vec<Type> = if let Type::Tuple(parts) = &result { parts.to_vec() } else { vec![result] };
        for (at, part) in parts.iter().enumerate().skip(1) {
            list.push(match outs.get(at - 1) {
                Some(Some(out)) => out.clone(),
                _ => {
                    let kind = id.map_or(Kind::Long, |id| self.kinds.of(Slot::Result(id, at)));
                    let ty = self.c_type(part, kind);
                    format!("&({}){{0}}", ty.trim_end())
                }
            });
        }
        let first = parts.first().cloned().unwrap_or(Type::Void);
        let num = match id {
            Some(id) => self.num(Slot::Result(id, 0), &first),
            None if first == Type::Int => Num::Long,
            None => Num::Other,
        };
        C::new(format!("{callee}({})", list.join(", ")), num)
    }

    /// A call of a built-in; `drop` where nothing uses its value.
    pub(super) fn builtin(&mut self, expr: &Expr, outs: &[Out], drop: bool) -> C {
        let ExprKind::CallBuiltin { builtin, args, format } = &expr.kind else { return self.call(expr, outs) };
        use Builtin::*;
        match (builtin, format) {
            (Print | Printf | Eprint | Eprintf | Dprintf | Sprintf | ToStr, Some(format)) => {
                self.printing(expr, *builtin, args, format)
            }
            (Read | Getline | Write, _) => self.transfer(*builtin, args, outs),
            (MqOpen | MqSend | MqReceive | MqTimedsend | MqTimedreceive | MqGetattr | MqSetattr | MqNotify, _) => {
                self.queue(*builtin, args, outs)
            }
            (Sigaction | Sigprocmask | Sigpending | Sigsuspend | Sigwait | Sigmask, _) => {
                self.signals(*builtin, args, outs)
            }
            (Exec | Execv | Execl, _) => self.exec(*builtin, args),
            (Assert, _) => self.assertion(args),
            (Push | Pop | Sort | Reverse | Array | Len, _) => self.arrays(*builtin, args),
            _ if builtin.row().group == "Strings and arrays" || *builtin == ParseInt => {
                self.strings(*builtin, args, outs)
            }
            _ => self.plain(*builtin, args, outs, drop),
        }
    }

    /// What is the same call in C, or nearly so.
    fn plain(&mut self, builtin: Builtin, args: &[Expr], outs: &[Out], drop: bool) -> C {
        use Builtin::*;
        if matches!(builtin, Perror | Getenv | Setenv | MqUnlink) || builtin.row().group == "Files" && builtin != Lseek
        {
            return self.with_chars(builtin, args);
        }
        let values = self.values(&args.iter().collect::<Vec<_>>());
        let list = values.iter().map(C::argument).collect::<Vec<_>>();
        let first = list.first().cloned().unwrap_or_default();
        let all = list.join(", ");
        let out = |at: usize| outs.get(at).cloned().flatten();
        let pointer = |at: usize| out(at).unwrap_or_else(|| "&(long){0}".to_owned());
        let num = match super::kinds::builtin_kind(builtin) {
            Kind::Pid | Kind::Int => Num::Int,
            _ => Num::Long,
        };
        let text = match builtin {
            Wait => format!("wait({})", out(0).unwrap_or_else(|| "NULL".to_owned())),
            Waitpid => {
                let options = list.get(1).cloned().unwrap_or_default();
                format!("waitpid({first}, {}, {options})", out(0).unwrap_or_else(|| "NULL".to_owned()))
            }
            Fflush => "fflush(stdout)".to_owned(),
            Setvbuf => format!("setvbuf(stdout, NULL, {first}, 0)"),
            Time => "time(NULL)".to_owned(),
            Now => format!("{}()", self.prelude.need("now")),
            Sleep | Alarm => return C::new(format!("{}({all})", builtin.name()), Num::Unsigned),
            Malloc => {
                return C::other(format!(
                    "malloc({} * sizeof(long))",
                    values.first().map_or_else(String::new, |c| c.within(12))
                ));
            }
            Calloc => return C::other(format!("calloc({first}, sizeof(long))")),
            Realloc => {
                return C::other(format!(
                    "realloc({first}, {} * sizeof(long))",
                    values.get(1).map_or_else(String::new, |c| c.within(12))
                ));
            }
            Strerror => return C::other(format!("{}(strerror({all}))", self.prelude.need("str_of"))),
            Strsignal => return C::other(format!("{}(strsignal({all}))", self.prelude.need("str_of"))),
            Rand | Choose => {
                return C {
                    text: format!("rand() % {}", values.first().map_or_else(String::new, |c| c.within(13))),
                    level: 12,
                    num: Num::Long,
                };
            }
            SignalCall | Abort | Free | Exit | ExitNow => return C::other(format!("{}({all})", builtin.name())),
            Wifexited | Wifsignaled | Wifstopped | Wifcontinued | Wcoredump | Isatty => {
                // These are ints in C, not bools: where a bool is shown they must not be.
                return C::other(format!("{}({all})", builtin.name()));
            }
            Fcntl => {
                let cast = |c: &C| if c.num == Num::Long { format!("(int){}", c.within(13)) } else { c.argument() };
                let third = values.get(2).map_or_else(String::new, |c| format!(", {}", cast(c)));
                format!("fcntl({first}, {}{third})", list.get(1).cloned().unwrap_or_default())
            }
            Pipe | Pipe2 => {
                let flags = if builtin == Pipe2 { format!(", {first}") } else { String::new() };
                if drop {
                    format!("{}((int[2]){{0}}{flags})", builtin.name())
                } else {
                    format!("({{ int ends[2] = {{-1, -1}}; {}(ends{flags}); ends[0]; }})", builtin.name())
                }
            }
            Getrlimit => format!("{}({first}, {}, {})", self.prelude.need("get_limit"), pointer(0), pointer(1)),
            Nanosleep => format!("{}({all}, {}, {})", self.prelude.need("sleep_for"), pointer(0), pointer(1)),
            Setrlimit => format!("{}({all})", self.prelude.need("set_limit")),
            Getcwd => return C::other(format!("{}()", self.prelude.need("working_directory"))),
            Poll => {
                let none = "&(ints *){0}".to_owned();
                format!("{}({all}, {})", self.prelude.need("poll_for"), out(0).unwrap_or(none))
            }
            Tcgetattr => format!("{}({first}, {})", self.prelude.need("terminal_flags"), pointer(0)),
            Tcsetattr => format!("{}({all})", self.prelude.need("set_terminal_flags")),
            Ps => "system(\"ps -o pid,ppid,pgid,sid,stat,comm\")".to_owned(),
            Pstree => "system(\"ps --forest -o pid,ppid,pgid,sid,stat,comm\")".to_owned(),
            _ => format!("{}({all})", builtin.name()),
        };
        if matches!(builtin, Ps | Pstree) {
            self.before.push("fflush(stdout);".to_owned());
        }
        C::new(text, num)
    }

    /// Calls that take texts as C's strings.
    fn with_chars(&mut self, builtin: Builtin, args: &[Expr]) -> C {
        let want = |arg: &Expr| if arg.ty == Type::Str { Want::Chars } else { Want::Value };
        let wanted: Vec<(&Expr, Want)> = args.iter().map(|arg| (arg, want(arg))).collect();
        let list: Vec<String> = self.operands(&wanted).iter().map(C::argument).collect();
        let all = list.join(", ");
        match builtin {
            Builtin::Getenv => C::other(format!("{}(getenv({all}))", self.prelude.need("str_of"))),
            Builtin::Setenv => C::new(format!("setenv({all}, 1)"), Num::Int),
            Builtin::Getcwd => C::other(format!("{}()", self.prelude.need("working_directory"))),
            Builtin::Filesize => C::new(format!("{}({all})", self.prelude.need("file_size")), Num::Long),
            Builtin::Readdir => C::other(format!("{}({all})", self.prelude.need("read_dir"))),
            Builtin::Open => {
                let creates =
                    args.get(1).and_then(constant).is_none_or(|flags| flags & crate::abi::constant::O_CREAT != 0);
                C::new(format!("open({all}{})", if creates && args.len() == 2 { ", 0644" } else { "" }), Num::Int)
            }
            Builtin::Mkfifo if args.len() == 1 => C::new(format!("mkfifo({all}, 0644)"), Num::Int),
            Builtin::Mkdir if args.len() == 1 => C::new(format!("mkdir({all}, 0755)"), Num::Int),
            _ => C::new(format!("{}({all})", builtin.name()), Num::Int),
        }
    }

    fn exec(&mut self, builtin: Builtin, args: &[Expr]) -> C {
        if let (Builtin::Execv, [path, words]) = (builtin, args) {
            if let ExprKind::Array(words) = &words.kind {
                let wanted: Vec<(&Expr, Want)> =
                    std::iter::once(path).chain(words).map(|arg| (arg, Want::Chars)).collect();
                let list: Vec<String> = self.operands(&wanted).iter().map(C::argument).collect();
                let words: String = list.iter().skip(1).map(|word| format!("(char *){word}, ")).collect();
                return C::new(format!("execv({}, (char *[]){{{words}NULL}})", list[0]), Num::Int);
            }
            self.prelude.need("c_argv");
            let made = self.operands(&[(path, Want::Chars), (words, Want::Value)]);
            let list: Vec<String> = made.iter().map(C::argument).collect();
            return C::new(format!("execv({}, c_argv({}))", list[0], list[1]), Num::Int);
        }
        let wanted: Vec<(&Expr, Want)> = args.iter().map(|arg| (arg, Want::Chars)).collect();
        let mut list: Vec<String> = self.operands(&wanted).iter().map(C::argument).collect();
        if builtin == Builtin::Exec {
            let path = list[0].clone();
            list.insert(1, path);
        }
        C::new(format!("execl({}, (char *)NULL)", list.join(", ")), Num::Int)
    }

    fn assertion(&mut self, args: &[Expr]) -> C {
        let Some(test) = args.first() else { return C::other("") };
        let test = self.nested(|emit| emit.expr(test));
        match args.get(1) {
            Some(Expr { kind: ExprKind::Constant(Constant::Str(bytes)), .. }) => {
                C::other(format!("assert({} && {})", test.within(4), literal(bytes)))
            }
            Some(message) => {
                let message = self.nested(|emit| emit.chars(message));
                C::other(format!("if (!({})) {{ fprintf(stderr, \"%s\\n\", {}); abort(); }}", test.text, message.text))
            }
            None => C::other(format!("assert({})", test.text)),
        }
    }

    fn arrays(&mut self, builtin: Builtin, args: &[Expr]) -> C {
        let Some(first) = args.first() else { return C::other("") };
        if builtin == Builtin::Len {
            let value = self.expr(first);
            let text = match (&first.kind, &first.ty) {
                (ExprKind::Constant(Constant::Str(bytes)), _) => return C::new(bytes.len().to_string(), Num::Int),
                (_, Type::Str) => format!("{}.n", value.within(super::expr::CALL)),
                _ => format!("{}->n", value.within(super::expr::CALL)),
            };
            return C::new(text, Num::Long);
        }
        let element = match (builtin, args) {
            (Builtin::Array, [_, value]) => value.ty.clone(),
            _ => match &first.ty {
                Type::Array(element) => (**element).clone(),
                _ => Type::Int,
            },
        };
        let array = self.array_type(&element);
        let part = match builtin {
            Builtin::Push => "push",
            Builtin::Pop => "pop",
            Builtin::Array => "fill",
            Builtin::Reverse => "reverse",
            _ => "sort",
        };
        let function = match (part, &element) {
            ("sort", Type::Str) => {
                self.prelude.need_array(&array, "sort_str");
                format!("{}_sort", array.name)
            }
            _ => self.prelude.need_array(&array, part),
        };
        let list: Vec<String> = self.values(&args.iter().collect::<Vec<_>>()).iter().map(C::argument).collect();
        let num = if part == "pop" && element == Type::Int { Num::Long } else { Num::Other };
        C::new(format!("{function}({})", list.join(", ")), num)
    }

    fn strings(&mut self, builtin: Builtin, args: &[Expr], outs: &[Out]) -> C {
        use Builtin::*;
        if matches!(builtin, Min | Max | Abs) {
            return self.extreme(builtin, args);
        }
        let values = self.values(&args.iter().collect::<Vec<_>>());
        let all = values.iter().map(C::argument).collect::<Vec<_>>().join(", ");
        let (part, num) = match builtin {
            Chr => ("str_chr", Num::Other),
            Split => ("str_split", Num::Other),
            Join => ("str_join", Num::Other),
            Trim => ("str_trim", Num::Other),
            Find => ("str_find", Num::Long),
            Contains => {
                self.prelude.need("str_find");
                return C { text: format!("str_find({all}) >= 0"), level: 9, num: Num::Other };
            }
            StartsWith => ("str_starts", Num::Other),
            EndsWith => ("str_ends", Num::Other),
            Replace => ("str_replace", Num::Other),
            Repeat => ("str_repeat", Num::Other),
            Upper => ("str_upper", Num::Other),
            Lower => ("str_lower", Num::Other),
            _ => {
                self.prelude.need("parse_int");
                let out = outs.first().cloned().flatten().unwrap_or_else(|| "&(long){0}".to_owned());
                return C::other(format!("parse_int({all}, {out})"));
            }
        };
        self.prelude.need(part);
        C::new(format!("{part}({all})"), num)
    }

    fn extreme(&mut self, builtin: Builtin, args: &[Expr]) -> C {
        let float = args.first().is_some_and(|arg| arg.ty == Type::Float);
        let num = if float { Num::Other } else { Num::Long };
        if let (Builtin::Abs, [x]) = (builtin, args) {
            let x = self.expr(x);
            return C::new(format!("{}({})", if float { "fabs" } else { "labs" }, x.argument()), num);
        }
        let part = match (builtin, float) {
            (Builtin::Min, false) => "min_long",
            (Builtin::Max, false) => "max_long",
            (Builtin::Min, true) => "min_double",
            _ => "max_double",
        };
        self.prelude.need(part);
        let all = self.values(&args.iter().collect::<Vec<_>>()).iter().map(C::argument).collect::<Vec<_>>().join(", ");
        C::new(format!("{part}({all})"), num)
    }

    /// `read`, `getline`, `write`
    fn transfer(&mut self, builtin: Builtin, args: &[Expr], outs: &[Out]) -> C {
        let out = outs.first().cloned().flatten();
        if let (Builtin::Write, [fd, text]) = (builtin, args) {
            return self.write(fd, text);
        }
        let list = self.values(&args.iter().collect::<Vec<_>>()).iter().map(C::argument).collect::<Vec<_>>();
        let all = list.join(", ");
        let size = args.get(1).and_then(constant);
        if let (Builtin::Read, None, Some(1..=4096), [fd, n]) = (builtin, &out, size, list.as_slice()) {
            let buffer = if size == Some(1) { "&(char){0}".to_owned() } else { format!("(char[{n}]){{0}}") };
            return C::new(format!("read({fd}, {buffer}, {n})"), Num::Long);
        }
        let part = self.prelude.need(if builtin == Builtin::Read { "read_str" } else { "read_line" });
        self.prelude.need("str");
        C::new(format!("{part}({all}, {})", out.unwrap_or_else(|| "&(str){0}".to_owned())), Num::Long)
    }

    fn write(&mut self, fd: &Expr, text: &Expr) -> C {
        if let ExprKind::Constant(Constant::Str(bytes)) = &text.kind {
            let fd = self.expr(fd);
            let written = self.sources.text(text.span).trim().to_owned();
            let chars = self.chars_of(bytes, &written);
            return C::new(format!("write({}, {chars}, {})", fd.argument(), bytes.len()), Num::Long);
        }
        if self.is_made_text(text) {
            return self.print_to(fd, text);
        }
        let simple = super::expr::is_simple(text) && self.early(&[fd, text]).iter().all(|early| !early);
        let made = self.values(&[fd, text]);
        if simple {
            let text = made[1].within(super::expr::CALL);
            return C::new(format!("write({}, {text}.p, {text}.n)", made[0].argument()), Num::Long);
        }
        self.prelude.need("write_str");
        C::new(format!("write_str({}, {})", made[0].argument(), made[1].argument()), Num::Long)
    }

    fn queue(&mut self, builtin: Builtin, args: &[Expr], outs: &[Out]) -> C {
        use Builtin::*;
        let out = |at: usize, zero: &str| outs.get(at).cloned().flatten().unwrap_or_else(|| zero.to_owned());
        let long = |at: usize| out(at, "&(long){0}");
        match (builtin, args) {
            (MqOpen, [name, rest @ ..]) => {
                let wanted: Vec<(&Expr, Want)> =
                    std::iter::once((name, Want::Chars)).chain(rest.iter().map(|arg| (arg, Want::Value))).collect();
                let list = self.operands(&wanted).iter().map(C::argument).collect::<Vec<_>>();
                let creates =
                    rest.first().and_then(constant).is_none_or(|flags| flags & crate::abi::constant::O_CREAT != 0);
                let more = match (list.as_slice(), creates) {
                    ([_, _, most, size], _) => {
                        format!(", 0600, &(struct mq_attr){{.mq_maxmsg = {most}, .mq_msgsize = {size}}}")
                    }
                    (_, true) => ", 0600, NULL".to_owned(),
                    _ => String::new(),
                };
                C::new(format!("mq_open({}, {}{more})", list[0], list[1]), Num::Int)
            }
            (MqSend, [q, message, priority]) => {
                if let ExprKind::Constant(Constant::Str(bytes)) = &message.kind {
                    let made = self.values(&[q, priority]);
                    let written = self.sources.text(message.span).trim().to_owned();
                    let chars = self.chars_of(bytes, &written);
                    return C::new(
                        format!("mq_send({}, {chars}, {}, {})", made[0].argument(), bytes.len(), made[1].argument()),
                        Num::Int,
                    );
                }
                let made = self.values(&[q, message, priority]);
                let simple = made[1].text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let (q, text, priority) = (made[0].argument(), made[1].argument(), made[2].argument());
                if simple {
                    return C::new(format!("mq_send({q}, {text}.p, {text}.n, {priority})"), Num::Int);
                }
                self.prelude.need("mq_send_str");
                C::new(format!("mq_send_str({q}, {text}, {priority})"), Num::Int)
            }
            (MqTimedsend, [..]) => {
                self.prelude.need("UNTIL");
                let made = self.values(&args.iter().collect::<Vec<_>>());
                let text = self.named(&made[1], &Type::Str);
                let list = made.iter().map(C::argument).collect::<Vec<_>>();
                C::new(
                    format!("mq_timedsend({}, {text}.p, {text}.n, {}, UNTIL({}))", list[0], list[2], list[3]),
                    Num::Int,
                )
            }
            (MqReceive | MqTimedreceive, [..]) => {
                self.prelude.need("mq_receive_str");
                let list = self.values(&args.iter().collect::<Vec<_>>()).iter().map(C::argument).collect::<Vec<_>>();
                let size = list.get(1).cloned().unwrap_or_else(|| "-1".to_owned());
                let deadline = list
                    .get(2)
                    .map_or_else(|| "NULL".to_owned(), |seconds| format!("{}({seconds})", self.prelude.need("UNTIL")));
                let text = out(0, "&(str){0}");
                C::new(format!("mq_receive_str({}, {size}, {deadline}, {text}, {})", list[0], long(1)), Num::Long)
            }
            (MqNotify, [q, signal]) => {
                let made = self.values(&[q, signal]);
                let (q, signal) = (made[0].argument(), made[1].argument());
                if signal == "0" {
                    return C::new(format!("mq_notify({q}, NULL)"), Num::Int);
                }
                if signal == "SIGEV_NONE" {
                    return C::new(
                        format!("mq_notify({q}, &(struct sigevent){{.sigev_notify = SIGEV_NONE}})"),
                        Num::Int,
                    );
                }
                self.prelude.need("mq_notify_signal");
                C::new(format!("mq_notify_signal({q}, {signal})"), Num::Int)
            }
            (MqSetattr, [q, flags]) if outs.iter().all(Option::is_none) => {
                let made = self.values(&[q, flags]);
                C::new(
                    format!(
                        "mq_setattr({}, &(struct mq_attr){{.mq_flags = {}}}, NULL)",
                        made[0].argument(),
                        made[1].argument()
                    ),
                    Num::Int,
                )
            }
            _ => {
                let part = self.prelude.need(if builtin == MqGetattr { "queue_attr" } else { "change_queue" });
                let list = self.values(&args.iter().collect::<Vec<_>>()).iter().map(C::argument).collect::<Vec<_>>();
                C::new(
                    format!("{part}({}, {}, {}, {}, {})", list.join(", "), long(0), long(1), long(2), long(3)),
                    Num::Int,
                )
            }
        }
    }

    /// A value under a name, so that it can stand twice.
    fn named(&mut self, value: &C, ty: &Type) -> String {
        if value.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return value.text.clone();
        }
        let ty = self.c_type(ty, Kind::Long);
        let name = self.own_name("text");
        self.before.push(format!("{ty}{name} = {};", value.text));
        name
    }

    fn signals(&mut self, builtin: Builtin, args: &[Expr], outs: &[Out]) -> C {
        use Builtin::*;
        let wanted = outs.iter().any(Option::is_some);
        let out = |at: usize, zero: &str| outs.get(at).cloned().flatten().unwrap_or_else(|| zero.to_owned());
        let made = self.values(&args.iter().collect::<Vec<_>>());
        let list: Vec<String> = made.iter().map(C::argument).collect();
        match (builtin, list.as_slice()) {
            (Sigmask, []) => C::new("0", Num::Int),
            (Sigmask, signals) => {
                self.prelude.need("sigmask");
                let text = signals.iter().map(|sig| format!("sigmask({sig})")).collect::<Vec<_>>().join(" | ");
                C { text, level: if signals.len() > 1 { 5 } else { super::expr::CALL }, num: Num::Long }
            }
            (Sigprocmask, [how, set]) if !wanted => {
                self.prelude.need("SET");
                C::new(format!("sigprocmask({how}, SET({set}), NULL)"), Num::Int)
            }
            (Sigprocmask, [how, set]) => {
                self.prelude.need("change_mask");
                C::new(format!("change_mask({how}, {set}, {})", out(0, "&(long){0}")), Num::Int)
            }
            (Sigpending, _) => {
                C::new(format!("{}({})", self.prelude.need("pending_signals"), out(0, "&(long){0}")), Num::Int)
            }
            (Sigsuspend, [mask]) => {
                self.prelude.need("SET");
                C::new(format!("sigsuspend(SET({mask}))"), Num::Int)
            }
            (Sigwait, [set]) if !wanted => {
                self.prelude.need("SET");
                C::new(format!("sigwait(SET({set}), &(int){{0}})"), Num::Int)
            }
            (Sigwait, [set]) => {
                C::new(format!("{}({set}, {})", self.prelude.need("wait_signal"), out(0, "&(long){0}")), Num::Int)
            }
            (_, [sig, action @ ..]) => {
                let new = match action {
                    [handler, mask, flags, ..] => {
                        let mask = if constant(&args[2]) == Some(0) {
                            String::new()
                        } else {
                            self.prelude.need("SET");
                            format!(", .sa_mask = sigset_of({mask})")
                        };
                        let flags = if constant(&args[3]) == Some(0) {
                            String::new()
                        } else {
                            format!(", .sa_flags = {flags}")
                        };
                        format!("&(struct sigaction){{.sa_handler = {handler}{mask}{flags}}}")
                    }
                    _ => "NULL".to_owned(),
                };
                if !wanted {
                    return C::new(format!("sigaction({sig}, {new}, NULL)"), Num::Int);
                }
                self.prelude.need("old_action");
                let (handler, mask, flags) = (out(0, "&(sighandler_t){0}"), out(1, "&(long){0}"), out(2, "&(long){0}"));
                C::new(format!("old_action({sig}, {new}, {handler}, {mask}, {flags})"), Num::Int)
            }
            _ => C::new("0", Num::Int),
        }
    }

    /// Whether any function is called in an expression: then it may not stand twice.
    pub(super) fn acts(&self, expr: &Expr) -> bool {
        let mut found = false;
        walk::each_within(expr, &mut |inner| {
            found |= matches!(inner.kind, ExprKind::Call(..) | ExprKind::CallValue(..) | ExprKind::CallBuiltin { .. })
        });
        found || self.effect(expr) == Effect::Writes
    }
}
