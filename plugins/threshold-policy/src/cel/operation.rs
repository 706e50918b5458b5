//! What programs are made of, and what they work on.

/// A value that an expression reads or computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A double.
    Number(f64),
    /// Text.
    Text(&'a str),
}

/// Why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The result is no 64-bit integer.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
    /// A double that is no whole number in 64 bits was to become one.
    OutOfRange,
    /// An operand is null.
    Null,
    /// An operand is of a type that the operation does not take. Types are
    /// checked before, so this means that a value was not of its variable's.
    WrongType,
}

/// Why an expression has no value, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Why.
    pub kind: FaultKind,
    /// The character of the operator, counted from 1.
    pub column: u32,
}

impl FaultKind {
    /// What happened, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Overflow => "the result does not fit an integer",
            Self::DivisionByZero => "division by zero",
            Self::OutOfRange => "the number does not fit an integer",
            Self::Null => "an operand is null",
            Self::WrongType => "an operand is of another type than declared",
        }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    NotEqual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Variable(u16),
    Constant(u16),
    /// A variable compared with a constant, the bulk of all conditions.
    Test(Comparison, u16, u16),
    /// Whether a variable equals one of so many constants, from here on.
    Listed(u16, u16, u16),
    Not,
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Compare(Comparison),
    /// Whether the operand equals one of so many constants, from here on.
    In(u16, u16),
    Size,
    StartsWith,
    EndsWith,
    Contains,
    ToInteger,
    ToNumber,
    /// Goes there when the top operand is this; keeps it.
    SkipIf(bool, u16),
    /// Combines two operands; true for `||`, false for `&&`.
    Logical(bool),
    /// Takes a condition; where it is false goes to the first place, where it
    /// has no value to the second, with its error as the operand.
    Choose(u16, u16),
    Jump(u16),
}

impl Operation {
    pub(super) fn is_unary(self) -> bool {
        matches!(
            self,
            Self::Not | Self::Negate | Self::Size | Self::ToInteger | Self::ToNumber | Self::In(..)
        )
    }
}

pub(super) type Operand<'a> = Result<Cell<'a>, Fault>;
