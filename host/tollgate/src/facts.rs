//! Evidence for gates, from files.
//!
//! Two forms, as JSON or YAML:
//!
//! ```yaml
//! facts:
//!   - { name: auc, labels: { group: female }, value: 0.91, samples: 1200 }
//! ```
//! ```yaml
//! metrics: { auc: 0.93, "auc{group=female}": 0.91 }
//! ```
//!
//! and what MLflow answers to `GET runs/get`, whose metrics become facts.

mod mlflow;
mod reader;

use std::collections::BTreeMap;
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::{Fact, FactValue, Label};

use self::reader::Reader;
use crate::mistake::{Mistake, Mistakes, Span};
use crate::source::{self, Source, SourceError};
use crate::tree::{Node, NonFinite};

/// The subject of facts that name none, when the command line gives no role.
pub const CANDIDATE: &str = "candidate";

/// Why evidence could not be used.
#[derive(Debug, Error, Diagnostic)]
pub enum FactsError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mistakes(#[from] Mistakes),
}

impl From<Mistake> for FactsError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistakes(mistake.into())
    }
}

/// Facts from any number of files. Two that say different things of the same
/// are refused, whatever file they come from.
#[derive(Debug, Default)]
pub struct Evidence {
    facts: Vec<Fact>,
    places: Vec<Option<(Source, Span)>>,
    known: BTreeMap<Key, usize>,
}

/// Three times the slices that a gate judges. Each takes some hundred bytes.
const MOST_FACTS: usize = 300_000;

/// What a fact is about: name, subject, labels.
type Key = (String, String, Vec<(String, String)>);

impl Evidence {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The facts, in the order they were added.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Whether there is a fact of this name and subject, for the whole.
    #[must_use]
    pub fn has(&self, name: &str, subject: &str) -> bool {
        self.known.contains_key(&(name.to_owned(), subject.to_owned(), Vec::new()))
    }

    /// Adds what a file says. Facts that name no subject are about `role`.
    ///
    /// # Errors
    /// When the file cannot be read, is wrong, or contradicts another.
    pub fn read(&mut self, path: &Path, role: &str) -> Result<(), FactsError> {
        let source = Source::read(path, source::Content::Facts)?;
        self.parse(&source, role)
    }

    /// Adds what a text says; see [`Evidence::read`].
    ///
    /// # Errors
    /// As there.
    pub fn parse(&mut self, source: &Source, role: &str) -> Result<(), FactsError> {
        let tree = Node::parse(source, NonFinite::Kept)?;
        let listed = tree.get("facts").and_then(Node::items).map_or(0, <[Node]>::len);
        let count = listed + tree.get("metrics").and_then(Node::entries).map_or(0, <[_]>::len);
        if count > MOST_FACTS {
            let message = format!("a file holds at most {MOST_FACTS} facts, found {count}");
            return Err(Mistake::new(source, tree.nearest("").span(), message).into());
        }
        let mut reader = Reader { source, role, mistakes: Vec::new(), facts: Vec::new() };
        reader.root(&tree);
        let Reader { mut mistakes, facts, .. } = reader;
        for (fact, span) in facts {
            if let Err(mistake) = self.add(fact, Some((source.clone(), span))) {
                mistakes.push(mistake);
            }
        }
        match Mistakes::collect(mistakes) {
            Some(mistakes) => Err(mistakes.into()),
            None => Ok(()),
        }
    }

    /// Adds a fact that the host itself has found out. One that contradicts
    /// what a file says is left out: files speak for themselves.
    pub fn observe(&mut self, fact: Fact) {
        let _ = self.add(fact, None);
    }

    fn add(&mut self, fact: Fact, place: Option<(Source, Span)>) -> Result<(), Mistake> {
        let labels = fact.labels.iter().map(|l| (l.key.clone(), l.value.clone())).collect();
        let key = (fact.name.clone(), fact.subject.clone(), labels);
        let Some(&index) = self.known.get(&key) else {
            self.known.insert(key, self.facts.len());
            self.facts.push(fact);
            self.places.push(place);
            return Ok(());
        };
        let (Some(first), Some(first_place)) = (self.facts.get_mut(index), self.places.get(index))
        else {
            return Ok(());
        };
        if same_value(&first.value, &fact.value) {
            // Often a run's metric and the same number with its sample count.
            first.samples = first.samples.or(fact.samples);
            first.unit = first.unit.take().or(fact.unit);
            first.observed_at = first.observed_at.take().or(fact.observed_at);
            return Ok(());
        }
        let Some((source, span)) = place else { return Ok(()) };
        let mistake = Mistake::new(
            &source,
            span,
            format!("`{}` of {} has two different values", title(&fact), fact.subject),
        )
        .label(format!("{} here", shown(&fact.value)))
        .suggest("leave out one of them, or give them labels that tell them apart");
        Err(match first_place {
            Some((other, span)) => {
                mistake.also(other, *span, format!("{} here", shown(&first.value)))
            }
            None => mistake,
        })
    }
}

/// The name with its labels, as people write it: `auc{group=female}`.
#[must_use]
pub fn title(fact: &Fact) -> String {
    if fact.labels.is_empty() {
        return fact.name.clone();
    }
    let labels: Vec<String> =
        fact.labels.iter().map(|label| format!("{}={}", label.key, label.value)).collect();
    format!("{}{{{}}}", fact.name, labels.join(","))
}

fn same_value(a: &FactValue, b: &FactValue) -> bool {
    match (a, b) {
        (FactValue::Number(a), FactValue::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
        // MLflow gives every count as a double.
        (FactValue::Number(a), FactValue::Integer(b))
        | (FactValue::Integer(b), FactValue::Number(a)) => *a == *b as f64,
        (a, b) => a == b,
    }
}

fn shown(value: &FactValue) -> String {
    match value {
        FactValue::Boolean(value) => value.to_string(),
        FactValue::Integer(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(value) => format!("`{value}`"),
        FactValue::Numbers(values) => format!("{} numbers", values.len()),
    }
}

/// Splits `auc{group=female}` into name and labels, sorted by key.
///
/// # Errors
/// One sentence, when braces are not closed or a label is not `key=value`.
pub fn split_name(text: &str) -> Result<(String, Vec<Label>), String> {
    let Some((name, rest)) = text.split_once('{') else {
        return Ok((text.to_owned(), Vec::new()));
    };
    let inner = rest
        .strip_suffix('}')
        .ok_or_else(|| format!("`{text}` opens a brace and does not end with one"))?;
    let mut labels = Vec::new();
    for pair in inner.split(',') {
        let (key, value) = pair
            .split_once('=')
            .map(|(key, value)| (key.trim(), value.trim().trim_matches('"')))
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("label `{pair}` of `{text}` is not `key=value`"))?;
        labels.push(Label { key: key.to_owned(), value: value.to_owned() });
    }
    labels.sort();
    match twice(&labels) {
        Some(key) => Err(format!("label `{key}` of `{text}` is given twice")),
        None => Ok((name.trim().to_owned(), labels)),
    }
}

/// A key that sorted labels hold more than once.
fn twice(labels: &[Label]) -> Option<&str> {
    let twins = labels.array_windows().find(|[a, b]| a.key == b.key);
    twins.map(|[label, _]| label.key.as_str())
}
