//! The words of the language, cut out of the text by logos. Knows no grammar: what a literal is worth
//! stands in [`super::literal`], what is wrong with a word is found by [`super::lexer`].

use logos::{Lexer, Logos};

/// One word. It carries no text: its span is enough to find it again.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r\n\f\u{feff}]+")]
#[allow(missing_docs, reason = "each variant's word stands beside it")]
pub(crate) enum Token {
    #[token("let")]
    Let,
    #[token("const")]
    Const,
    #[token("fn")]
    Fn,
    #[token("struct")]
    StructWord,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("while")]
    While,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("match")]
    Match,
    #[token("return")]
    Return,
    #[token("break")]
    Break,
    #[token("continue")]
    Continue,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("nil")]
    Nil,

    /// Letters beyond ASCII are taken in and complained about later, so that one word gives one report.
    #[regex(r"[\p{XID_Start}_][\p{XID_Continue}]*")]
    Name,
    #[token("_", priority = 20)]
    Underscore,
    /// Everything that begins with a digit and has no dot: suffixes and bad digits are looked at later.
    #[regex(r"[0-9][0-9a-zA-Z_]*")]
    Int,
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9a-zA-Z_]*", priority = 20)]
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?[eE][+-]?[0-9][0-9_]*", priority = 21)]
    #[regex(r"\.[0-9][0-9_]*([eE][+-]?[0-9]+)?", priority = 20)]
    Float,
    #[token("\"", |lex| quoted(lex, '"'))]
    #[token("\"\"\"", triple)]
    #[token("“", curly)]
    #[token("”", curly)]
    #[regex("`[^`\n]*`")]
    Str,
    #[token("'", |lex| quoted(lex, '\''))]
    #[regex("‘[^’\n]*’")]
    Char,

    #[token("//", line)]
    #[token("/*", block)]
    Comment,
    /// A line of C's preprocessor, or a comment as shells write it.
    #[token("#", line)]
    Hash,

    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("&")]
    And,
    #[token("|")]
    Or,
    #[token("^")]
    Caret,
    #[token("~")]
    Tilde,
    #[token("!")]
    Bang,
    #[token("&&")]
    AndAnd,
    #[token("||")]
    OrOr,
    #[token("<<")]
    Shl,
    #[token(">>")]
    Shr,
    #[token("==")]
    EqEq,
    #[token("!=")]
    NotEq,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEq,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEq,
    #[token("=")]
    Assign,
    #[token("+=")]
    PlusAssign,
    #[token("-=")]
    MinusAssign,
    #[token("*=")]
    StarAssign,
    #[token("/=")]
    SlashAssign,
    #[token("%=")]
    PercentAssign,
    #[token("&=")]
    AndAssign,
    #[token("|=")]
    OrAssign,
    #[token("^=")]
    CaretAssign,
    #[token("<<=")]
    ShlAssign,
    #[token(">>=")]
    ShrAssign,
    #[token("++")]
    Increment,
    #[token("--")]
    Decrement,
    #[token("?")]
    Question,
    #[token(":")]
    Colon,
    #[token(";")]
    Semicolon,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("->")]
    Arrow,
    #[token("=>")]
    FatArrow,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,

    /// The `{` of `Job { … }`; told from that of a block by what stands around it.
    StructBrace,
    /// Stands for an expression that could not be read and has been reported.
    BrokenExpr,
    /// Stands for a statement, an arm or a declaration that could not be read and has been reported.
    BrokenStmt,
    /// Stands for what comes before the body of a declaration or a loop, likewise.
    BrokenHead,
    /// Characters that begin no word; reported by the lexer.
    Invalid,
}

/// A word and where it stands. A word that was put in by a repair has an empty span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tok {
    /// The word.
    pub(crate) kind: Token,
    /// First byte.
    pub(crate) start: u32,
    /// One past the last byte.
    pub(crate) end: u32,
}

impl Token {
    /// Whether an expression can end with it.
    pub(crate) fn ends_expression(self) -> bool {
        use Token::*;
        matches!(
            self,
            Name | Int
                | Float
                | Str
                | Char
                | True
                | False
                | Nil
                | CloseParen
                | CloseBracket
                | Increment
                | Decrement
                | BrokenExpr
        )
    }

    /// Whether it opens a bracket of any kind.
    pub(crate) fn opens(self) -> bool {
        matches!(self, Token::OpenParen | Token::OpenBracket | Token::OpenBrace | Token::StructBrace)
    }

    /// Whether it closes a bracket of any kind.
    pub(crate) fn closes(self) -> bool {
        matches!(self, Token::CloseParen | Token::CloseBracket | Token::CloseBrace)
    }

    /// The closing bracket that belongs to an opening one.
    pub(crate) fn partner(self) -> Token {
        match self {
            Token::OpenParen => Token::CloseParen,
            Token::OpenBracket => Token::CloseBracket,
            _ => Token::CloseBrace,
        }
    }

    /// Whether it is a keyword that only a statement or declaration can begin with.
    pub(crate) fn begins_statement(self) -> bool {
        use Token::*;
        matches!(self, Let | Const | StructWord | If | While | For | Match | Return | Break | Continue)
    }

    /// Whether it assigns: `=`, `+=` and their kin.
    pub(crate) fn assigns(self) -> bool {
        use Token::*;
        matches!(
            self,
            Assign
                | PlusAssign
                | MinusAssign
                | StarAssign
                | SlashAssign
                | PercentAssign
                | AndAssign
                | OrAssign
                | CaretAssign
                | ShlAssign
                | ShrAssign
        )
    }

    /// Whether a repair put it in for something that has been reported.
    pub(crate) fn is_broken(self) -> bool {
        matches!(self, Token::BrokenExpr | Token::BrokenStmt | Token::BrokenHead | Token::Invalid)
    }

    /// Whether it is a word of letters that is no name.
    pub(crate) fn is_keyword(self) -> bool {
        use Token::*;
        matches!(
            self,
            Let | Const
                | Fn
                | StructWord
                | If
                | Else
                | While
                | For
                | In
                | Match
                | Return
                | Break
                | Continue
                | True
                | False
                | Nil
        )
    }
}

/// The keywords as written, for "did you mean".
pub(crate) const KEYWORDS: [&str; 16] = [
    "let", "const", "fn", "struct", "if", "else", "while", "for", "in", "match", "return", "break", "continue", "true",
    "false", "nil",
];

/// Takes the rest of the line.
fn line(lexer: &mut Lexer<'_, Token>) {
    let rest = lexer.remainder();
    lexer.bump(rest.find('\n').unwrap_or(rest.len()));
}

/// Takes a comment with those nested in it; up to the end of the text if it is never closed.
fn block(lexer: &mut Lexer<'_, Token>) {
    let bytes = lexer.remainder().as_bytes();
    let (mut at, mut depth) = (0, 1_usize);
    while depth > 0 && at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
            }
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    lexer.bump(at);
}

/// Takes what stands in quotes; where the closing quote is missing, what looks like the text alone.
fn quoted(lexer: &mut Lexer<'_, Token>, quote: char) {
    let rest = lexer.remainder();
    let mut escaped = false;
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        // A `\` at the end of a line goes on in the next, as in C: that is reported as one mistake.
        let goes_on = c == '\n' && (escaped || rest[..at].ends_with("\\\r")) && quote == '"';
        if c == '\n' && !goes_on {
            end = at;
            break;
        }
        if c == quote && !escaped {
            lexer.bump(at + 1);
            return;
        }
        escaped = c == '\\' && !escaped;
    }
    let text = &rest[..end];
    let length = if quote == '"' { unclosed_text(text) } else { unclosed_char(text) };
    lexer.bump(length);
}

/// How much of a line belongs to a string without its closing quote: all but a tail such as `);`, so
/// that one forgotten quote is one mistake.
fn unclosed_text(text: &str) -> usize {
    let text = text.find("//").map_or(text, |at| if text[..at].trim_end().ends_with(';') { &text[..at] } else { text });
    let kept =
        text.trim_end_matches(|c: char| c.is_ascii_whitespace() || matches!(c, ')' | ']' | ';' | ',' | '{' | '}'));
    kept.len()
}

/// How much belongs to a character without its closing quote: one, or an escape.
fn unclosed_char(text: &str) -> usize {
    let mut chars = text.chars();
    match chars.next() {
        Some('\\') => 1 + chars.next().map_or(0, char::len_utf8),
        Some(c) if c.is_ascii_alphanumeric() => text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != ' ')
            .map_or(text.len(), |at| text[..at].trim_end().len()),
        _ => 0,
    }
}

/// Takes a text between three quotes on each side, as Python writes it; only the quotes if it is never closed.
fn triple(lexer: &mut Lexer<'_, Token>) {
    let rest = lexer.remainder();
    if let Some(at) = rest.find("\"\"\"") {
        lexer.bump(at + 3);
    }
}

/// Takes a string between the curly quotes of a word processor.
fn curly(lexer: &mut Lexer<'_, Token>) {
    let rest = lexer.remainder();
    let end = rest.find('\n').unwrap_or(rest.len());
    let closed = rest[..end].find(['“', '”', '"']);
    let length = closed.map(|at| at + rest[at..].chars().next().map_or(0, char::len_utf8));
    lexer.bump(length.unwrap_or_else(|| unclosed_text(&rest[..end])));
}
