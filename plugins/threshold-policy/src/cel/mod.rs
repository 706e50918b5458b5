//! The conditions of rules: a subset of CEL, the Common Expression Language
//! (<https://github.com/google/cel-spec>), compiled once by `configure`.
//!
//! What it takes:
//!
//! | construct | notes |
//! | --- | --- |
//! | names of inputs | of kinds boolean, integer (`int`), number (`double`) and text (`string`) |
//! | `12`, `0x1F`, `1.5e3`, `"text"`, `'text'`, `r"raw"`, `true`, `false`, `null` | CEL's escapes |
//! | `! -`, `* / %`, `+ -` | on two ints or two doubles |
//! | `< <= > >= == !=` | an int and a double compare by value, exactly |
//! | `&& \|\| ?:` | `false && error` and `error && false` are false, as in CEL |
//! | `x in ["a", "b"]` | a list of literals |
//! | `size(x)`, `x.size()`, `x.startsWith(y)`, `.endsWith`, `.contains` | on texts, in code points |
//! | `int(x)`, `double(x)` | on numbers |
//!
//! Everything else is refused when the document is loaded, with the name of
//! the construct and its column: a condition whose types cannot fit never
//! reaches a decision.
//!
//! What is taken means what CEL says: the published conformance tests
//! (`tests/conformance/`) hold, division of doubles by zero and NaN included.
//! An input that is null is an error anywhere but beside `==`, `!=` and `in`,
//! as in CEL.
//!
//! # Why not a CEL library
//! The crate `cel` 0.15 makes a guest of 1.1 MB and interprets a tree of boxed
//! values, some 270 ns for the fraud policy natively with all variables
//! prepared. This whole plugin is 0.24 MB, its data and heap leave room in the
//! one page that a host resets for a fresh call, and a decision with one
//! condition takes some 80 ns, all else included. The crate is the judge in
//! `tests/oracle.rs`: random expressions must come out the same in both.

mod fold;
mod lexer;
mod operation;
mod parser;
mod program;
mod refusal;
mod values;

pub use fold::Domain;
pub use operation::{Cell, Comparison, Fault, FaultKind};
pub use parser::compile;
pub use program::{Program, Row};
pub use refusal::{Refusal, SUPPORTED};

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `bool`.
    Boolean,
    /// `int`, 64 bits.
    Integer,
    /// `double`.
    Number,
    /// `string`.
    Text,
    /// `null`.
    Null,
}

impl Type {
    /// The type in the contract's words for kinds.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
            Self::Null => "null",
        }
    }

    fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// A name that expressions may use; its place in the list is its index in a
/// [`Row`].
#[derive(Debug, Clone)]
pub struct Variable<'a> {
    /// The name.
    pub name: &'a str,
    /// The type of its values, null apart.
    pub kind: Type,
}
