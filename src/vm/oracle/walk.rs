//! What a random program means, by walking its tree.

use super::draw::{Bool, Int, Pair, Place, Stmt};

/// How a statement ends.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(i64),
}

/// Walks the tree.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) globals: [i64; 2],
    pub(super) cells: [i64; 4],
    pub(super) locals: Vec<i64>,
}

impl Walk {
    fn bump(&mut self, x: i64) -> i64 {
        self.globals[0] = self.globals[0].wrapping_mul(3).wrapping_add(x);
        self.globals[0] ^ x
    }

    fn two(&mut self, a: i64, b: i64) -> (i64, i64) {
        self.globals[1] = self.globals[1].wrapping_add(a);
        (b.wrapping_sub(self.globals[1]), a.wrapping_add(b))
    }

    fn int(&mut self, int: &Int) -> i64 {
        match int {
            Int::Constant(value) => *value,
            Int::Local(at) => self.locals[*at],
            Int::Global(at) => self.globals[*at],
            Int::Element(index) => {
                let index = self.int(index) & 3;
                self.cells[index as usize]
            }
            Int::Binary(op, left, right) => {
                let left = self.int(left);
                let right = self.int(right);
                arithmetic(op, left, right)
            }
            Int::Unary('-', of) => self.int(of).wrapping_neg(),
            Int::Unary(_, of) => !self.int(of),
            Int::Choose(test, then, otherwise) => {
                if self.bool(test) {
                    self.int(then)
                } else {
                    self.int(otherwise)
                }
            }
            Int::Bump(_, of) => {
                let of = self.int(of);
                self.bump(of)
            }
            Int::FromBool(of) => i64::from(self.bool(of)),
            Int::Length(of) => self.int(of).to_string().len() as i64 + 2,
        }
    }

    fn bool(&mut self, test: &Bool) -> bool {
        match test {
            Bool::Compare(op, left, right) => {
                let left = self.int(left);
                compare(op, &left, &self.int(right))
            }
            Bool::Floats(op, a, b, c) => {
                let a = self.int(a) as f64;
                let quotient = a / self.int(b) as f64;
                compare(op, &quotient, &(self.int(c) as f64))
            }
            Bool::Texts(op, left, right) => {
                let left = self.int(left).to_string();
                compare(op, &left, &self.int(right).to_string())
            }
            Bool::Truth(of) => self.int(of) != 0,
            Bool::And(left, right) => self.bool(left) && self.bool(right),
            Bool::Or(left, right) => self.bool(left) || self.bool(right),
            Bool::Not(of) => !self.bool(of),
            Bool::Known(known) => *known,
        }
    }

    fn pair(&mut self, pair: &Pair) -> (i64, i64) {
        match pair {
            Pair::Parts(left, right) => (self.int(left), self.int(right)),
            Pair::Two(left, right) => {
                let left = self.int(left);
                let right = self.int(right);
                self.two(left, right)
            }
        }
    }

    /// Where a place is: which of the three kinds, and its index.
    fn find(&mut self, place: &Place) -> (u8, usize) {
        match place {
            Place::Local(at) => (0, *at),
            Place::Global(at) => (1, *at),
            Place::Element(index) => (2, (self.int(index) & 3) as usize),
        }
    }

    fn cell(&mut self, found: (u8, usize)) -> &mut i64 {
        match found {
            (0, at) => &mut self.locals[at],
            (1, at) => &mut self.globals[at],
            (_, at) => &mut self.cells[at],
        }
    }

    fn body(&mut self, stmts: &[Stmt]) -> Flow {
        let before = self.locals.len();
        for stmt in stmts {
            let flow = self.stmt(stmt);
            if !matches!(flow, Flow::Next) {
                self.locals.truncate(before);
                return flow;
            }
        }
        self.locals.truncate(before);
        Flow::Next
    }

    /// One turn of a loop; `Some` ends it.
    fn turn(&mut self, stmts: &[Stmt]) -> Option<Flow> {
        match self.body(stmts) {
            Flow::Next | Flow::Continue => None,
            Flow::Break => Some(Flow::Next),
            Flow::Return(value) => Some(Flow::Return(value)),
        }
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Flow {
        let top = self.locals.len();
        let flow = match stmt {
            Stmt::Let(value) => {
                let value = self.int(value);
                self.locals.push(value);
                return Flow::Next;
            }
            Stmt::LetPair(both, pair) => {
                let (left, right) = self.pair(pair);
                self.locals.extend(both.map(|()| left));
                self.locals.push(right);
                return Flow::Next;
            }
            Stmt::Set(place, value) => {
                let found = self.find(place);
                let value = self.int(value);
                *self.cell(found) = value;
                Flow::Next
            }
            Stmt::SetPair(first, second, pair) => {
                let first = first.as_ref().map(|place| self.find(place));
                let second = self.find(second);
                let (left, right) = self.pair(pair);
                if let Some(first) = first {
                    *self.cell(first) = left;
                }
                *self.cell(second) = right;
                Flow::Next
            }
            Stmt::Update(place, op, value) => {
                let found = self.find(place);
                let value = self.int(value);
                let cell = self.cell(found);
                *cell = arithmetic(op, *cell, value);
                Flow::Next
            }
            Stmt::If(test, then, otherwise) => {
                let body = if self.bool(test) { then } else { otherwise };
                self.body(body)
            }
            Stmt::IfLet(value, test, then, otherwise) => {
                let value = self.int(value);
                self.locals.push(value);
                let body = if self.bool(test) { then } else { otherwise };
                self.body(body)
            }
            Stmt::While(..) | Stmt::WhileLet(..) | Stmt::Range(..) | Stmt::Each(..) => self.turns(stmt, top),
            Stmt::Match(subject, arms, rest) => {
                let subject = self.int(subject);
                let fits = |(low, high): &(i64, i64)| subject == *low || (*low..*high).contains(&subject);
                match (arms.iter().find(|(patterns, _)| patterns.iter().any(fits)), rest) {
                    (Some((_, body)), _) => self.body(body),
                    (None, Some(rest)) => {
                        self.locals.push(subject);
                        self.body(rest)
                    }
                    (None, None) => Flow::Next,
                }
            }
            Stmt::MatchText(subject, some, others) => {
                let body = if self.int(subject) & 1 == 0 { some } else { others };
                self.body(body)
            }
            Stmt::Break => Flow::Break,
            Stmt::Continue => Flow::Continue,
            Stmt::Return(value) => Flow::Return(self.int(value)),
        };
        self.locals.truncate(top);
        flow
    }

    fn turns(&mut self, stmt: &Stmt, top: usize) -> Flow {
        let mut ended = None;
        match stmt {
            Stmt::While(turns, test, body) => {
                self.locals.push(0);
                while ended.is_none() && self.locals[top] < *turns && self.while_test(test, top) {
                    ended = self.turn(body);
                    self.locals[top] += 1;
                }
            }
            Stmt::WhileLet(pair, body) => {
                let mut turns = 0;
                while ended.is_none() {
                    self.locals.truncate(top);
                    let (left, right) = self.pair(pair);
                    if turns == 3 {
                        break;
                    }
                    turns += 1;
                    self.locals.extend([turns, left, right]);
                    ended = self.turn(body);
                }
            }
            Stmt::Range(from, count, body) => {
                let start = self.int(from) & 7;
                let end = (self.int(from) & 7) + count;
                for at in start..end {
                    self.locals.push(at);
                    ended = self.turn(body);
                    self.locals.truncate(top);
                    if ended.is_some() {
                        break;
                    }
                }
            }
            Stmt::Each(body) => {
                for value in [self.globals[0], 5, self.globals[1]] {
                    self.locals.push(value);
                    ended = self.turn(body);
                    self.locals.truncate(top);
                    if ended.is_some() {
                        break;
                    }
                }
            }
            _ => {}
        }
        ended.unwrap_or(Flow::Next)
    }

    /// The test was drawn before the counter was in scope.
    fn while_test(&mut self, test: &Bool, top: usize) -> bool {
        debug_assert_eq!(self.locals.len(), top + 1);
        self.bool(test)
    }
}

fn arithmetic(op: &str, left: i64, right: i64) -> i64 {
    match op {
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        "/" => left / right,
        "%" => left % right,
        "&" => left & right,
        "|" => left | right,
        "^" => left ^ right,
        "<<" => left.wrapping_shl(right as u32),
        _ => left.wrapping_shr(right as u32),
    }
}

fn compare<T: PartialOrd + ?Sized>(op: &str, left: &T, right: &T) -> bool {
    match op {
        "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    }
}
