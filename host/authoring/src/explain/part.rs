//! A part of what an input can be.

use tollgate_engine::types::Value;

/// A part of what an input can be: a number, what lies between two numbers, a
/// text.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// What of it is asked; never empty.
    pub(super) values: Vec<Value>,
    pub(super) extent: Extent,
    /// Of texts, how the conditions on them come out, as one; empty where there
    /// are none.
    pub(super) holds: String,
}

/// What a part covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Extent {
    /// A number alone.
    At(f64),
    /// All between two numbers, these left out; none is no end.
    Between(Option<f64>, Option<f64>),
    /// A text, a boolean, or nothing.
    Value(Value),
    /// What differs from this text of the settings in the case of letters and
    /// the space around it alone.
    Like(String),
    /// Texts of a form that no setting names.
    Other(Form),
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Blank,
    TwoLetters,
    Letters,
    Mixed,
}

impl Form {
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        let are_letters = text.bytes().all(|byte| byte.is_ascii_alphabetic());
        match text.len() {
            0 => Self::Blank,
            2 if are_letters => Self::TwoLetters,
            _ if are_letters => Self::Letters,
            _ => Self::Mixed,
        }
    }
}

pub(super) fn part(value: Value) -> Part {
    Part { values: vec![value.clone()], extent: Extent::Value(value), holds: String::new() }
}
