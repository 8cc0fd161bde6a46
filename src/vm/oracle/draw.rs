//! Random programs as trees: always free of compile errors and faults, and they always end.

/// An int expression.
#[derive(Debug)]
pub(super) enum Int {
    Constant(i64),
    Local(usize),
    Global(usize),
    Element(Box<Int>),
    Binary(&'static str, Box<Int>, Box<Int>),
    Unary(char, Box<Int>),
    Choose(Box<Bool>, Box<Int>, Box<Int>),
    /// `bump(x)`, or the same through a function value.
    Bump(bool, Box<Int>),
    FromBool(Box<Bool>),
    Length(Box<Int>),
}

#[derive(Debug)]
pub(super) enum Bool {
    Compare(&'static str, Int, Int),
    /// Of `float(a) / float(b)` with `float(c)`: infinities and NaN among them.
    Floats(&'static str, Int, Int, Int),
    /// Of the decimals.
    Texts(&'static str, Int, Int),
    Truth(Int),
    And(Box<Bool>, Box<Bool>),
    Or(Box<Bool>, Box<Bool>),
    Not(Box<Bool>),
    Known(bool),
}

#[derive(Debug)]
pub(super) enum Place {
    Local(usize),
    Global(usize),
    Element(Int),
}

#[derive(Debug)]
pub(super) enum Pair {
    Parts(Int, Int),
    /// `two(a, b)`
    Two(Int, Int),
}

/// Ranges `low..high`, or numbers where both are the same, and what is run.
type Arm = (Vec<(i64, i64)>, Vec<Stmt>);

#[derive(Debug)]
pub(super) enum Stmt {
    Let(Int),
    LetPair(Option<()>, Pair),
    Set(Place, Int),
    SetPair(Option<Place>, Place, Pair),
    Update(Place, &'static str, Int),
    If(Bool, Vec<Stmt>, Vec<Stmt>),
    IfLet(Int, Bool, Vec<Stmt>, Vec<Stmt>),
    /// At most so many turns.
    While(i64, Bool, Vec<Stmt>),
    WhileLet(Pair, Vec<Stmt>),
    Range(Int, i64, Vec<Stmt>),
    Each(Vec<Stmt>),
    Match(Int, Vec<Arm>, Option<Vec<Stmt>>),
    MatchText(Int, Vec<Stmt>, Vec<Stmt>),
    Break,
    Continue,
    Return(Int),
}

const ARITHMETIC: [&str; 10] = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const CONSTANTS: [i64; 14] = [0, 1, -1, 2, 3, 7, -8, 63, 255, 40_000, -40_000, 1 << 33, i64::MAX, i64::MIN + 1];

/// Draws a program; numbers come from a seed, so a failure can be tried again.
pub(super) struct Draw {
    pub(super) state: u64,
    /// For each local in scope, whether it may be assigned to.
    pub(super) scope: Vec<bool>,
    pub(super) loops: usize,
    pub(super) budget: usize,
}

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn int(&mut self, depth: usize) -> Int {
        let depth = depth.saturating_sub(1);
        let kind = if depth == 0 { self.below(6) } else { self.below(20) };
        let boxed = |draw: &mut Self| Box::new(draw.int(depth));
        match kind {
            0 | 1 => Int::Constant(self.one(&CONSTANTS)),
            2..=4 => Int::Local(self.below(self.scope.len())),
            5 => Int::Global(self.below(2)),
            6 => Int::Element(boxed(self)),
            7 => Int::Unary(self.one(&['-', '~']), boxed(self)),
            8 | 9 => Int::Choose(Box::new(self.bool(depth)), boxed(self), boxed(self)),
            10 | 11 => Int::Bump(self.below(2) == 0, boxed(self)),
            12 => Int::FromBool(Box::new(self.bool(depth))),
            13 => Int::Length(boxed(self)),
            _ => {
                let operator = self.one(&ARITHMETIC);
                let left = boxed(self);
                let right = match operator {
                    // Nothing may fault: divisors are constants, or from 1 to 8.
                    "/" | "%" if self.below(2) == 0 => Box::new(Int::Constant(self.one(&[3, -7, 1, 1 << 40]))),
                    "/" | "%" => {
                        let low = Int::Binary("&", boxed(self), Box::new(Int::Constant(7)));
                        Box::new(Int::Binary("+", Box::new(low), Box::new(Int::Constant(1))))
                    }
                    _ => boxed(self),
                };
                Int::Binary(operator, left, right)
            }
        }
    }

    fn bool(&mut self, depth: usize) -> Bool {
        let depth = depth.saturating_sub(1);
        let kind = if depth == 0 { self.below(5) } else { self.below(14) };
        match kind {
            0..=2 => Bool::Compare(self.one(&COMPARISONS), self.int(depth), self.int(depth)),
            3 => Bool::Truth(self.int(depth)),
            4 => Bool::Floats(self.one(&COMPARISONS), self.int(depth), self.int(depth), self.int(depth)),
            5 => Bool::Texts(self.one(&COMPARISONS), self.int(depth), self.int(depth)),
            6 => Bool::Known(self.below(2) == 0),
            7 | 8 => Bool::Not(Box::new(self.bool(depth))),
            9..=11 => Bool::And(Box::new(self.bool(depth)), Box::new(self.bool(depth))),
            _ => Bool::Or(Box::new(self.bool(depth)), Box::new(self.bool(depth))),
        }
    }

    fn place(&mut self) -> Place {
        let assignable: Vec<usize> = (0..self.scope.len()).filter(|at| self.scope[*at]).collect();
        match self.below(6) {
            0 => Place::Global(self.below(2)),
            1 => Place::Element(self.int(2)),
            _ => Place::Local(self.one(&assignable)),
        }
    }

    fn pair(&mut self) -> Pair {
        let (left, right) = (self.int(2), self.int(2));
        if self.below(2) == 0 { Pair::Parts(left, right) } else { Pair::Two(left, right) }
    }

    fn body(&mut self, depth: usize, locals: &[bool], turns: bool) -> Vec<Stmt> {
        let before = self.scope.len();
        self.scope.extend(locals);
        self.loops += usize::from(turns);
        let stmts = self.stmts(depth);
        self.loops -= usize::from(turns);
        self.scope.truncate(before);
        stmts
    }

    fn stmts(&mut self, depth: usize) -> Vec<Stmt> {
        let before = self.scope.len();
        let count = 1 + self.below(4);
        let mut stmts = Vec::new();
        for _ in 0..count {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            stmts.push(self.stmt(depth));
        }
        self.scope.truncate(before);
        stmts
    }

    pub(super) fn stmt(&mut self, depth: usize) -> Stmt {
        let inner = depth.saturating_sub(1);
        match self.below(if depth == 0 { 10 } else { 22 }) {
            0 | 1 => {
                let value = self.int(3);
                self.scope.push(true);
                Stmt::Let(value)
            }
            2 => {
                let (skip, pair) = (self.below(3) == 0, self.pair());
                self.scope.extend(if skip { &[true][..] } else { &[true, true] });
                Stmt::LetPair((!skip).then_some(()), pair)
            }
            3 | 4 => Stmt::Set(self.place(), self.int(4)),
            5 => {
                let first = if self.below(4) == 0 { None } else { Some(self.place()) };
                Stmt::SetPair(first, self.place(), self.pair())
            }
            6 | 7 => Stmt::Update(self.place(), self.one(&["+", "-", "*", "&", "|", "^", "<<", ">>"]), self.int(3)),
            8 if self.loops > 0 => self.jump(),
            8 | 9 if self.below(4) == 0 => Stmt::Return(self.int(3)),
            8 | 9 => Stmt::Set(self.place(), self.int(2)),
            10 | 11 if self.loops > 0 && self.below(3) == 0 => Stmt::If(self.bool(3), vec![self.jump()], Vec::new()),
            10..=12 => {
                let test = self.bool(4);
                let otherwise = if self.below(2) == 0 { self.body(inner, &[], false) } else { Vec::new() };
                Stmt::If(test, self.body(inner, &[], false), otherwise)
            }
            13 => {
                let value = self.int(3);
                self.scope.push(true);
                let test = self.bool(3);
                let bodies = (self.body(inner, &[], false), self.body(inner, &[], false));
                self.scope.pop();
                Stmt::IfLet(value, test, bodies.0, bodies.1)
            }
            14 | 15 => {
                let turns = self.below(5) as i64;
                let test = if self.below(3) == 0 { Bool::Known(true) } else { self.bool(3) };
                Stmt::While(turns, test, self.body(inner, &[false], true))
            }
            16 => Stmt::WhileLet(self.pair(), self.body(inner, &[false, true, true], true)),
            17 => {
                let from = if self.below(2) == 0 { Int::Constant(self.below(3) as i64) } else { self.int(2) };
                Stmt::Range(from, self.below(4) as i64, self.body(inner, &[false], true))
            }
            18 => Stmt::Each(self.body(inner, &[true], true)),
            19 | 20 => {
                let subject = self.int(3);
                let mut arms = Vec::new();
                for at in 0..self.below(4) as i64 {
                    let mut patterns = vec![(at * 100, at * 100)];
                    if self.below(2) == 0 {
                        patterns.insert(0, (at * 100 + 10, at * 100 + 40));
                    }
                    if self.below(3) == 0 {
                        patterns.push((-70_000 * (at + 1), -70_000 * (at + 1)));
                    }
                    arms.push((patterns, self.body(inner, &[], false)));
                }
                let rest = (self.below(2) == 0).then(|| self.body(inner, &[true], false));
                Stmt::Match(subject, arms, rest)
            }
            _ => Stmt::MatchText(self.int(3), self.body(inner, &[], false), self.body(inner, &[], false)),
        }
    }

    fn jump(&mut self) -> Stmt {
        if self.below(2) == 0 { Stmt::Break } else { Stmt::Continue }
    }
}
