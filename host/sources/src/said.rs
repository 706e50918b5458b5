//! What one source says: facts, and notes about them.

use tollgate_engine::types::{Fact, FactValue, Label};

use crate::note::Gap;

/// What one source says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) facts: Vec<Fact>,
    /// The fact that a note is about, what is missing by it, and why.
    pub(crate) notes: Vec<(Option<String>, Gap, String)>,
}

impl Said {
    pub(crate) fn missing(&mut self, fact: Option<&str>, why: impl Into<String>) {
        self.notes.push((fact.map(str::to_owned), Gap::Missing, why.into()));
    }

    pub(crate) fn remark(&mut self, fact: Option<&str>, what: impl Into<String>) {
        self.notes.push((fact.map(str::to_owned), Gap::Remark, what.into()));
    }
}

/// A fact of nobody yet, with no more than its value.
pub(crate) fn fact(name: &str, value: FactValue) -> Fact {
    tollgate::model::fact(name, "", value)
}

/// The same of a number.
pub(crate) fn number(name: &str, value: f64, unit: Option<&str>) -> Fact {
    Fact { unit: unit.map(str::to_owned), ..fact(name, FactValue::Number(value)) }
}

/// The same of a count.
pub(crate) fn count(name: &str, value: u64) -> Fact {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    Fact { unit: Some("count".to_owned()), ..fact(name, FactValue::Integer(value)) }
}

pub(crate) fn label(key: &str, value: &str) -> Label {
    Label { key: key.to_owned(), value: value.to_owned() }
}

/// A name with its labels, as people write it: `auc{group=female}`.
pub(crate) fn title(name: &str, labels: &[Label]) -> String {
    tollgate::facts::title(&Fact {
        labels: labels.to_vec(),
        ..fact(name, FactValue::Boolean(true))
    })
}
