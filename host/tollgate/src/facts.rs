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

use std::collections::BTreeMap;
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::document::suggestion::suggestion;
use crate::mistake::{Mistake, Mistakes, Span};
use crate::source::{self, Source, SourceError};
use crate::tree::{Content, Entry, Node, NonFinite, non_finite_from_name};

/// The subject of facts that name none, when the command line gives no role.
pub const CANDIDATE: &str = "candidate";

/// The keys of a fact.
const FACT_KEYS: [&str; 8] =
    ["name", "subject", "labels", "value", "unit", "samples", "observed_at", "source"];

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

/// Collects the facts of one file, and all its mistakes.
struct Reader<'a> {
    source: &'a Source,
    role: &'a str,
    mistakes: Vec<Mistake>,
    facts: Vec<(Fact, Span)>,
}

impl Reader<'_> {
    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span, message));
    }

    fn root(&mut self, tree: &Node) {
        if let Some(run) = tree.get("run") {
            return self.run(run);
        }
        let (facts, metrics) = (tree.entry("facts"), tree.entry("metrics"));
        if facts.is_none() && metrics.is_none() {
            self.mistakes.push(
                Mistake::new(self.source, tree.nearest("").span(), "there are no facts here")
                    .suggest(
                        "give a list `facts`, a map `metrics`, or MLflow's answer to `runs/get`",
                    ),
            );
            return;
        }
        for entry in tree.entries().unwrap_or_default() {
            if !["facts", "metrics", "$schema"].contains(&entry.key.as_str()) {
                self.unknown(entry, &["facts", "metrics"]);
            }
        }
        if let Some(facts) = facts {
            match facts.value.items() {
                Some(items) => items.iter().for_each(|item| self.fact(item)),
                None => self.expected(&facts.value, "a list of facts"),
            }
        }
        if let Some(metrics) = metrics {
            match metrics.value.entries() {
                Some(entries) => entries.iter().for_each(|entry| self.metric(entry)),
                None => self.expected(&metrics.value, "a map of names and values"),
            }
        }
    }

    fn expected(&mut self, node: &Node, wanted: &str) {
        self.wrong(node.span, format!("expected {wanted}, found {}", node.kind()));
    }

    fn unknown(&mut self, entry: &Entry, known: &[&str]) {
        let help = suggestion(&entry.key, known.iter().copied())
            .unwrap_or_else(|| format!("known keys are {}", known.join(", ")));
        self.mistakes.push(
            Mistake::new(self.source, entry.key_span, format!("unknown key `{}`", entry.key))
                .suggest(help),
        );
    }

    /// One entry of `metrics`.
    fn metric(&mut self, entry: &Entry) {
        let Some(value) = self.value(&entry.value) else { return };
        match split_name(&entry.key) {
            Ok((name, labels)) => {
                let mut fact = plain(name, self.role, labels, value);
                fact.source = Some(self.source.name().to_owned());
                self.facts.push((fact, entry.value.span));
            }
            Err(problem) => self.wrong(entry.key_span, problem),
        }
    }

    /// One item of `facts`.
    fn fact(&mut self, node: &Node) {
        let Some(entries) = node.entries() else {
            return self.expected(node, "a fact with `name` and `value`");
        };
        for entry in entries.iter().filter(|entry| !FACT_KEYS.contains(&entry.key.as_str())) {
            self.unknown(entry, &FACT_KEYS);
        }
        let span = node.nearest("").span();
        let name = self.required_text(node, "name");
        let value = match node.get("value") {
            Some(value) => self.value(value),
            None => {
                self.wrong(span, "a fact without `value`");
                None
            }
        };
        let subject = self.optional_text(node, "subject");
        let unit = self.optional_text(node, "unit");
        let observed_at = self.optional_text(node, "observed_at");
        let from = self.optional_text(node, "source");
        let samples = self.samples(node);
        let mut labels = self.labels(node);
        let (Some(name), Some(value)) = (name, value) else { return };
        match split_name(&name) {
            Ok((name, more)) => {
                labels.extend(more);
                labels.sort();
                if let Some(key) = twice(&labels) {
                    let problem = format!("label `{key}` is given twice");
                    return self.wrong(span, problem);
                }
                let place = node.get("value").map_or(span, |value| value.span);
                self.facts.push((
                    Fact {
                        name,
                        subject: subject.unwrap_or_else(|| self.role.to_owned()),
                        labels,
                        value,
                        unit,
                        samples,
                        observed_at,
                        source: from.or_else(|| Some(self.source.name().to_owned())),
                    },
                    place,
                ));
            }
            Err(problem) => self.wrong(span, problem),
        }
    }

    fn value(&mut self, node: &Node) -> Option<FactValue> {
        match &node.content {
            Content::Boolean(value) => Some(FactValue::Boolean(*value)),
            Content::Number(number) => Some(match number.as_i64() {
                Some(integer) => FactValue::Integer(integer),
                None => FactValue::Number(number.as_f64()?),
            }),
            Content::NonFinite(value) => Some(FactValue::Number(*value)),
            // MLflow writes a metric that is not a number as text.
            Content::Text(text) => Some(match non_finite_from_name(text) {
                Some(value) => FactValue::Number(value),
                None => FactValue::Text(text.clone()),
            }),
            Content::List(items) => {
                let numbers = items
                    .iter()
                    .map(|item| match &item.content {
                        Content::Number(number) => number.as_f64(),
                        Content::NonFinite(value) => Some(*value),
                        _ => None,
                    })
                    .collect::<Option<Vec<f64>>>();
                if numbers.is_none() {
                    self.wrong(node.span, "a list of values holds numbers only");
                }
                numbers.map(FactValue::Numbers)
            }
            // What was not measured is missing; a gate has a rule for that.
            Content::Null => None,
            Content::Map(_) => {
                self.expected(node, "a value");
                None
            }
        }
    }

    fn required_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let text = self.optional_text(node, key);
        if text.is_none() && node.get(key).is_none() {
            self.wrong(node.nearest("").span(), format!("a fact without `{key}`"));
        }
        text.filter(|text| {
            let empty = text.trim().is_empty();
            if empty {
                let span = node.nearest(&format!("/{key}")).span();
                self.wrong(span, format!("`{key}` is empty"));
            }
            !empty
        })
    }

    fn optional_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let node = node.get(key)?;
        match &node.content {
            Content::Text(text) => Some(text.clone()),
            Content::Null => None,
            _ => {
                self.wrong(node.span, format!("`{key}` is text, found {}", node.kind()));
                None
            }
        }
    }

    fn samples(&mut self, node: &Node) -> Option<u64> {
        let node = node.get("samples")?;
        match &node.content {
            Content::Null => None,
            Content::Number(number) if number.is_u64() => number.as_u64(),
            _ => {
                self.wrong(node.span, "`samples` is a whole number of at least 0");
                None
            }
        }
    }

    fn labels(&mut self, node: &Node) -> Vec<Label> {
        let Some(labels) = node.get("labels") else { return Vec::new() };
        if labels.content == Content::Null {
            return Vec::new();
        }
        let Some(entries) = labels.entries() else {
            self.expected(labels, "a map of labels");
            return Vec::new();
        };
        let mut found = Vec::new();
        for entry in entries {
            let value = match &entry.value.content {
                Content::Text(text) => text.clone(),
                Content::Number(number) => number.to_string(),
                Content::Boolean(value) => value.to_string(),
                _ => {
                    self.expected(&entry.value, "a label's value, as text");
                    continue;
                }
            };
            found.push(Label { key: entry.key.clone(), value });
        }
        found
    }
}

/// A fact with no more than its value.
fn plain(name: String, subject: &str, labels: Vec<Label>, value: FactValue) -> Fact {
    Fact {
        name,
        subject: subject.to_owned(),
        labels,
        value,
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}
