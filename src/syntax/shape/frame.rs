//! An open bracket, and what the shaping pass must remember about it.

use super::super::token::Tok;

/// What a bracket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The whole file.
    Top,
    /// Statements.
    Block,
    /// The arms of a `match`.
    Arms,
    /// The fields of a struct literal.
    Fields,
    /// The fields of a struct's declaration.
    Declaration,
    /// `( … )`
    Paren,
    /// `[ … ]`
    Bracket,
}

/// An open bracket.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// What it holds.
    pub(crate) kind: Kind,
    /// The word that opened it.
    pub(crate) open: Tok,
    /// The number of its line, among those that have words.
    pub(crate) line: u32,
    /// How far the line of that word is indented.
    pub(crate) indent: u32,
    /// Whether its first line is indented no further than that: then indentation tells nothing here.
    pub(crate) flat: bool,
    /// Whether it has had a word.
    pub(crate) begun: bool,
    /// Whether a statement can begin with the next word.
    pub(crate) starts: bool,
    /// The keyword whose block is still to come, `if` or `fn`.
    pub(crate) head: Option<Tok>,
    /// Whether that head has a `let`, and so may have a `;`.
    pub(crate) head_binds: bool,
    /// Whether the block to come belongs to a function without a name, which is an expression.
    pub(crate) value_head: bool,
    /// Whether the closing bracket ends an expression although it is a brace.
    pub(crate) value: bool,
    /// In a match: whether an arm's `=>` has been seen and its end has not.
    pub(crate) in_arm: bool,
    /// Whether these are the parentheses right behind `if`, `while` or `for`.
    pub(crate) head_paren: bool,
    /// Whether these are the parentheses of `for (…; …; …)`.
    pub(crate) loop_paren: bool,
    /// Whether these are the parentheses of a function's parameters.
    pub(crate) params: bool,
    /// Whether these are the parameters of a function and not of a function's type.
    pub(crate) declares: bool,
    /// Whether what is wrong with its parts has been said once.
    pub(crate) told: bool,
    /// Whether a `;` has been seen in it.
    pub(crate) semicolon: bool,
    /// Whether the brace is not in the text: the body of an `if` without braces.
    pub(crate) unwritten: bool,
    /// A body without braces that ends before the first line indented no further than this.
    pub(crate) margin: Option<u32>,
    /// Whether this is the body of a function that has a result.
    pub(crate) result: bool,
    /// How many words in it make the parser wait.
    pub(crate) leaning: u32,
}

impl Frame {
    /// Whether it is a brace that the text has, outside an expression or inside.
    pub(crate) fn is_written_brace(&self) -> bool {
        !self.unwritten && self.margin.is_none() && !matches!(self.kind, Kind::Top | Kind::Paren | Kind::Bracket)
    }

    /// Whether it is a parenthesis or a square bracket.
    pub(crate) fn is_inline(&self) -> bool {
        matches!(self.kind, Kind::Paren | Kind::Bracket)
    }

    /// A frame just opened.
    pub(crate) fn new(kind: Kind, open: Tok, indent: u32) -> Self {
        Frame {
            kind,
            open,
            line: 0,
            indent,
            flat: false,
            begun: false,
            starts: kind == Kind::Top,
            head: None,
            head_binds: false,
            value_head: false,
            value: false,
            in_arm: false,
            head_paren: false,
            loop_paren: false,
            params: false,
            declares: false,
            told: false,
            semicolon: false,
            unwritten: false,
            margin: None,
            result: false,
            leaning: 0,
        }
    }
}
