//! What one source says: facts, and notes about them.

use serde_json::Value;
use tollgate::facts::Instant;
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};
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

    /// Says when it all was observed, where the source does, and of no fact that
    /// has a time of its own. A time without a zone is none.
    pub(crate) fn observed_at(&mut self, text: Option<&str>) {
        let Some(text) = text else { return };
        match text.parse::<Instant>() {
            Ok(at) => {
                let undated = self.facts.iter_mut().filter(|fact| fact.observed_at.is_none());
                undated.for_each(|fact| fact.observed_at = Some(at.to_string()));
            }
            Err(problem) => {
                self.remark(None, format!("when it was observed is not known: {problem}"));
            }
        }
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

/// What cannot be used of a fact that is a number. It stands for its slice,
/// which would not be there otherwise and so not be judged, and passes no rule.
pub(crate) fn unusable(fact: Fact) -> Option<Fact> {
    let is_number = match fact.value {
        FactValue::Number(_) | FactValue::Integer(_) | FactValue::Numbers(_) => true,
        FactValue::Boolean(_) | FactValue::Text(_) => false,
    };
    let value = FactValue::Number(f64::NAN);
    is_number.then_some(Fact { value, unit: None, samples: None, ..fact })
}

/// The same of a number that is not known, where it has labels.
pub(crate) fn unknown(name: &str, labels: Vec<Label>) -> Option<Fact> {
    let has_labels = !labels.is_empty();
    has_labels.then(|| Fact { labels, ..number(name, f64::NAN, None) })
}

/// The same of a count.
pub(crate) fn count(name: &str, value: u64) -> Fact {
    fact(name, FactValue::Integer(i64::try_from(value).unwrap_or(i64::MAX)))
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

/// A count, also where it is written as `45.0`.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        let is_whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked on the line before"
        )]
        is_whole.then_some(number as u64)
    })
}

/// The text as JSON. The error says where it is none.
pub(crate) fn json(source: &Source) -> Result<Value, String> {
    match Node::parse(source, NonFinite::Kept) {
        Ok(tree) => Ok(tree.to_json()),
        Err(mistake) => {
            let place = mistake.place();
            Err(format!("line {}, column {}: {}", place.line, place.column, mistake.message()))
        }
    }
}
