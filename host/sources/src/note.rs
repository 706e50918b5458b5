//! What is to be said of a source beside its facts.

use std::fmt;

use tollgate::facts::RUN;
use tollgate_engine::types::{Fact, FactValue, Label};

/// What is to be said of a source beside its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The source, as the document calls it.
    pub source: String,
    /// The fact that it is about; none where it is about the whole source.
    pub fact: Option<String>,
    /// Whether something is missing by it.
    pub gap: Gap,
    /// Why, in one sentence. It may hold what a server said.
    pub message: String,
}

/// Whether something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Facts are missing.
    Missing,
    /// Facts are there, and there is something to know about them.
    Remark,
}

impl Gap {
    /// The fact that says so.
    const fn name(self) -> &'static str {
        match self {
            Self::Missing => "source_missing",
            Self::Remark => "source_remark",
        }
    }
}

impl Note {
    /// The note as a fact of the run, so that it is kept and reported beside
    /// what it is about.
    #[must_use]
    pub fn to_fact(&self) -> Fact {
        let label = |key: &str, value: &str| Label { key: key.to_owned(), value: value.to_owned() };
        let of = self.fact.as_deref().map(|fact| label("fact", fact));
        Fact {
            labels: of.into_iter().chain([label("source", &self.source)]).collect(),
            ..tollgate::model::fact(self.gap.name(), RUN, FactValue::Text(self.message.clone()))
        }
    }

    /// The notes that [`Note::to_fact`] made facts of.
    pub fn of_facts(facts: &[Fact]) -> impl Iterator<Item = Self> {
        facts.iter().filter(|fact| fact.subject == RUN).filter_map(|fact| {
            let gap =
                [Gap::Missing, Gap::Remark].into_iter().find(|gap| gap.name() == fact.name)?;
            let FactValue::Text(message) = &fact.value else { return None };
            let label = |key: &str| {
                let label = fact.labels.iter().find(|label| label.key == key);
                label.map(|label| label.value.clone())
            };
            Some(Self {
                source: label("source")?,
                fact: label("fact"),
                gap,
                message: message.clone(),
            })
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, fact, gap, message } = self;
        match (fact, gap) {
            (Some(fact), Gap::Missing) => {
                write!(f, "`{fact}` of source `{source}` is missing: {message}")
            }
            (Some(fact), Gap::Remark) => write!(f, "`{fact}` of source `{source}`: {message}"),
            (None, Gap::Missing) => {
                write!(f, "source `{source}` gives nothing, and its facts are missing: {message}")
            }
            (None, Gap::Remark) => write!(f, "source `{source}`: {message}"),
        }
    }
}
