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
//!
//! Nothing is judged here: a metric may be stated several times, by several
//! files, at several times, and a gate says which statement counts.

mod instant;
mod mlflow;
mod reader;

use std::collections::BTreeSet;
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::{Fact, Label};

pub use self::instant::Instant;
use self::reader::Reader;
use crate::mistake::{Mistake, Mistakes};
use crate::source::{self, Source, SourceError};
use crate::tree::{Node, NonFinite};

/// The subject of facts that name none, when the command line gives no role.
pub const CANDIDATE: &str = "candidate";

/// The subject of the version that the candidate is compared with.
pub const CHAMPION: &str = "champion";

/// A fact that the host finds out itself: the candidate's signature is there
/// and can be used.
pub(crate) const SCHEMA_VALID: &str = "schema_valid";

/// The fact that says as of when a run judges. Only the host states it.
pub const AS_OF: &str = "as_of";

/// The subject of facts about the run itself.
pub const RUN: &str = "run";

/// The subject of facts about a version by its number: `v7`.
#[must_use]
pub fn of_version(version: u64) -> String {
    format!("v{version}")
}

/// The number of the version that a subject names; none of other subjects.
#[must_use]
pub fn version_of(subject: &str) -> Option<u64> {
    let number = subject.strip_prefix('v')?.parse().ok()?;
    (of_version(number) == subject).then_some(number)
}

/// The facts that only the host states of a version; see `policies/facts.md`. A
/// file or a tag of the same name would speak for the registry.
const STATED: [&str; 12] = [
    "alias",
    "artifact",
    "dependencies_pinned",
    "metric_count",
    "name",
    "param",
    "pinned",
    "run_id",
    "signature_change",
    "signature_present",
    "stage",
    "version",
];

/// Whether only the host states this fact: of the run itself all of them.
#[must_use]
pub fn is_stated(name: &str, subject: &str) -> bool {
    subject == RUN || STATED.contains(&name)
}

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

/// Facts from any number of files.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub(crate) facts: Vec<Fact>,
    /// Names and subjects of the facts about the whole.
    known: BTreeSet<(String, String)>,
    /// Subjects, and MLflow's runs that they come from.
    pub(crate) runs: BTreeSet<(String, String)>,
}

/// Three times the slices that a gate judges. Each takes some hundred bytes.
const MOST_FACTS: usize = 300_000;

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
        self.known.contains(&(name.to_owned(), subject.to_owned()))
    }

    /// The runs of MLflow that facts of a subject come from.
    pub fn runs<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = &'a str> {
        self.runs.iter().filter(move |(of, _)| of == subject).map(|(_, run)| run.as_str())
    }

    /// Adds what a file says. Facts that name no subject are about `role`.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
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
        let mut reader = Reader::new(source, role);
        reader.root(&tree);
        if let Some(mistakes) = Mistakes::collect(reader.mistakes) {
            return Err(mistakes.into());
        }
        self.runs.extend(reader.run.map(|run| (role.to_owned(), run)));
        for fact in reader.facts {
            self.add(fact);
        }
        Ok(())
    }

    /// Adds what a source says, as a file would.
    ///
    /// # Errors
    /// The fact, where only the host states it.
    pub fn say(&mut self, fact: Fact) -> Result<(), Box<Fact>> {
        if is_stated(&fact.name, &fact.subject) {
            return Err(Box::new(fact));
        }
        self.add(fact);
        Ok(())
    }

    /// Adds a fact that the host itself has found out. One that files speak of
    /// is left out: they speak for themselves.
    pub fn observe(&mut self, fact: Fact) {
        if !self.has(&fact.name, &fact.subject) {
            self.add(fact);
        }
    }

    pub(crate) fn add(&mut self, fact: Fact) {
        if fact.labels.is_empty() {
            self.known.insert((fact.name.clone(), fact.subject.clone()));
        }
        self.facts.push(fact);
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

/// Splits `auc{group=female}` into name and labels, sorted by key.
///
/// # Errors
/// One sentence, when there is no name, braces are not closed or a label is not
/// `key=value`.
pub fn split_name(text: &str) -> Result<(String, Vec<Label>), String> {
    let Some((name, rest)) = text.split_once('{') else {
        let name = text.trim();
        return match name.is_empty() {
            true => Err("a name is empty".to_owned()),
            false => Ok((name.to_owned(), Vec::new())),
        };
    };
    if name.trim().is_empty() {
        return Err(format!("`{text}` has labels and no name"));
    }
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
