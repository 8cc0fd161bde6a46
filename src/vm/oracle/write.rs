//! The source of a random program.

use std::fmt::Write as _;

use super::draw::{Bool, Int, Pair, Place, Stmt};

/// Writes a program's source. A local is called by its place in the scope.
pub(super) struct Write {
    pub(super) text: String,
    pub(super) scope: usize,
    pub(super) depth: usize,
}

impl Write {
    fn int(&self, int: &Int) -> String {
        match int {
            Int::Constant(value) => format!("({value})"),
            Int::Local(at) => format!("x{at}"),
            Int::Global(at) => format!("g{at}"),
            Int::Element(index) => format!("cells[{} & 3]", self.int(index)),
            Int::Binary(op, left, right) => format!("({} {op} {})", self.int(left), self.int(right)),
            Int::Unary(op, of) => format!("({op}{})", self.int(of)),
            Int::Choose(test, then, otherwise) => {
                format!("({} ? {} : {})", self.bool(test), self.int(then), self.int(otherwise))
            }
            Int::Bump(direct, of) => format!("{}({})", if *direct { "bump" } else { "hook" }, self.int(of)),
            Int::FromBool(of) => format!("int({})", self.bool(of)),
            Int::Length(of) => format!("len(str({}) + \"ab\")", self.int(of)),
        }
    }

    fn bool(&self, test: &Bool) -> String {
        match test {
            Bool::Compare(op, left, right) => format!("({} {op} {})", self.int(left), self.int(right)),
            Bool::Floats(op, a, b, c) => {
                format!("(float({}) / float({}) {op} float({}))", self.int(a), self.int(b), self.int(c))
            }
            Bool::Texts(op, left, right) => format!("(str({}) {op} str({}))", self.int(left), self.int(right)),
            // `!!` makes a bool of an int where one is wanted as a value.
            Bool::Truth(of) => format!("(!!{})", self.int(of)),
            Bool::And(left, right) => format!("({} && {})", self.bool(left), self.bool(right)),
            Bool::Or(left, right) => format!("({} || {})", self.bool(left), self.bool(right)),
            Bool::Not(of) => format!("(!{})", self.bool(of)),
            Bool::Known(known) => known.to_string(),
        }
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Local(at) => format!("x{at}"),
            Place::Global(at) => format!("g{at}"),
            Place::Element(index) => format!("cells[{} & 3]", self.int(index)),
        }
    }

    fn pair(&self, pair: &Pair) -> String {
        match pair {
            Pair::Parts(left, right) => format!("({}, {})", self.int(left), self.int(right)),
            Pair::Two(left, right) => format!("two({}, {})", self.int(left), self.int(right)),
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = 4 * self.depth);
    }

    fn body(&mut self, stmts: &[Stmt], locals: usize, close: &str) {
        let before = self.scope;
        self.scope += locals;
        self.depth += 1;
        stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.depth -= 1;
        self.scope = before;
        self.line(close);
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        let top = self.scope;
        match stmt {
            Stmt::Let(value) => {
                self.line(&format!("let x{top} = {};", self.int(value)));
                self.scope += 1;
            }
            Stmt::LetPair(None, pair) => {
                self.line(&format!("let (_, x{top}) = {};", self.pair(pair)));
                self.scope += 1;
            }
            Stmt::LetPair(Some(()), pair) => {
                self.line(&format!("let (x{top}, x{}) = {};", top + 1, self.pair(pair)));
                self.scope += 2;
            }
            Stmt::Set(place, value) => self.line(&format!("{} = {};", self.place(place), self.int(value))),
            Stmt::SetPair(first, second, pair) => {
                let first = first.as_ref().map_or("_".to_string(), |place| self.place(place));
                self.line(&format!("({first}, {}) = {};", self.place(second), self.pair(pair)));
            }
            Stmt::Update(place, op, value) => {
                self.line(&format!("{} {op}= {};", self.place(place), self.int(value)));
            }
            Stmt::If(test, then, otherwise) => {
                self.line(&format!("if {} {{", self.bool(test)));
                self.body(then, 0, "} else {");
                self.body(otherwise, 0, "}");
            }
            Stmt::IfLet(value, test, then, otherwise) => {
                let value = self.int(value);
                self.scope += 1;
                self.line(&format!("if let x{top} = {value}; {} {{", self.bool(test)));
                self.body(then, 0, "} else {");
                self.body(otherwise, 0, "}");
                self.scope = top;
            }
            Stmt::While(turns, test, body) => {
                self.line(&format!("for (let x{top} = 0; x{top} < {turns} && {}; x{top}++) {{", self.bool(test)));
                self.body(body, 1, "}");
            }
            Stmt::WhileLet(pair, body) => {
                self.line(&format!("{{ let x{top} = 0;"));
                let names = (top + 1, top + 2);
                let pair = self.pair(pair);
                self.line(&format!("while let (x{}, x{}) = {pair}; x{top} < 3 {{ x{top} += 1;", names.0, names.1));
                self.body(body, 3, "} }");
            }
            Stmt::Range(from, count, body) => {
                let from = self.int(from);
                self.line(&format!("for x{top} in ({from} & 7)..({from} & 7) + {count} {{"));
                self.body(body, 1, "}");
            }
            Stmt::Each(body) => {
                self.line(&format!("for x{top} in [g0, 5, g1] {{"));
                self.body(body, 1, "}");
            }
            Stmt::Match(subject, arms, rest) => {
                self.line(&format!("match {} {{", self.int(subject)));
                for (patterns, body) in arms {
                    let pattern = |(low, high): &(i64, i64)| match low == high {
                        true => low.to_string(),
                        false => format!("{low}..{high}"),
                    };
                    let patterns: Vec<String> = patterns.iter().map(pattern).collect();
                    self.line(&format!("{} => {{", patterns.join(" | ")));
                    self.body(body, 0, "}");
                }
                if let Some(rest) = rest {
                    self.line(&format!("x{top} => {{"));
                    self.body(rest, 1, "}");
                }
                self.line("}");
            }
            Stmt::MatchText(subject, some, others) => {
                self.line(&format!("match str({} & 3) {{", self.int(subject)));
                self.line("\"0\" | \"2\" => {");
                self.body(some, 0, "}");
                self.line("_ => {");
                self.body(others, 0, "}");
                self.line("}");
            }
            Stmt::Break => self.line("break;"),
            Stmt::Continue => self.line("continue;"),
            Stmt::Return(value) => self.line(&format!("return {};", self.int(value))),
        }
    }
}
