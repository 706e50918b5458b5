//! The facts of one text, in our own form.

use tollgate_engine::types::{Fact, FactValue, Label};

use super::{AS_OF, Instant, RUN, is_stated, split_name, twice};
use crate::document::suggestion::suggestion;
use crate::mistake::{Mistake, Span};
use crate::source::Source;
use crate::tree::{Content, Entry, Node, non_finite_from_name};

/// The keys of a fact.
const FACT_KEYS: [&str; 8] =
    ["name", "subject", "labels", "value", "unit", "samples", "observed_at", "source"];

/// Collects the facts of one file, and all its mistakes.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) role: &'a str,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) facts: Vec<Fact>,
    /// The run of MLflow that the text is about.
    pub(super) run: Option<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, role: &'a str) -> Self {
        Self { source, role, mistakes: Vec::new(), facts: Vec::new(), run: None }
    }

    pub(super) fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span, message));
    }

    pub(super) fn root(&mut self, tree: &Node) {
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
        let value = self.value(&entry.value);
        let is_null = entry.value.content == Content::Null;
        if value.is_none() && !is_null {
            return;
        }
        match split_name(&entry.key) {
            Ok((name, _)) if is_stated(&name, self.role) => self.wrong(
                entry.key_span,
                format!("`{name}` is the registry's to say, and no metric's name"),
            ),
            Ok((name, labels)) => {
                let Some(value) = value.or_else(|| unknown_slice(&labels)) else { return };
                let mut fact = plain(name, self.role, labels, value);
                fact.source = Some(self.source.name().to_owned());
                self.facts.push(fact);
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
        let observed_at = self.observed_at(node);
        let from = self.optional_text(node, "source");
        let samples = self.samples(node);
        let mut labels = self.labels(node);
        let is_null = node.get("value").is_some_and(|value| value.content == Content::Null);
        let Some(name) = name.filter(|_| value.is_some() || is_null) else { return };
        match split_name(&name) {
            Ok((name, more)) => {
                labels.extend(more);
                labels.sort();
                if let Some(key) = twice(&labels) {
                    let problem = format!("label `{key}` is given twice");
                    return self.wrong(span, problem);
                }
                let Some(value) = value.or_else(|| unknown_slice(&labels)) else { return };
                let subject = subject.unwrap_or_else(|| self.role.to_owned());
                if is_stated(&name, &subject) {
                    let problem = match (name.as_str(), subject.as_str()) {
                        (AS_OF, RUN) => {
                            "as of when a run judges is no evidence: whoever judges says it"
                                .to_owned()
                        }
                        (_, RUN) => format!(
                            "`{name}` is about the run, which whoever judges speaks of, and no file"
                        ),
                        _ => format!(
                            "`{name}` is the registry's to say, and no file's: give this fact \
                             another name"
                        ),
                    };
                    return self.wrong(span, problem);
                }
                self.facts.push(Fact {
                    name,
                    subject,
                    labels,
                    value,
                    unit,
                    samples,
                    observed_at,
                    source: from.or_else(|| Some(self.source.name().to_owned())),
                });
            }
            Err(problem) => self.wrong(span, problem),
        }
    }

    pub(super) fn value(&mut self, node: &Node) -> Option<FactValue> {
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
        match node.get(key) {
            None => {
                self.wrong(node.nearest("").span(), format!("a fact without `{key}`"));
                None
            }
            // A fact that nobody named would speak of nothing, unheard.
            Some(Node { content: Content::Null, span }) => {
                self.wrong(*span, format!("`{key}` is text, found nothing"));
                None
            }
            Some(_) => self.optional_text(node, key),
        }
    }

    fn optional_text(&mut self, node: &Node, key: &str) -> Option<String> {
        let node = node.get(key)?;
        match &node.content {
            // A unit may be none.
            Content::Text(text) if text.trim().is_empty() && key != "unit" => {
                self.wrong(node.span, format!("`{key}` is empty"));
                None
            }
            Content::Text(text) => Some(text.clone()),
            Content::Null => None,
            _ => {
                self.wrong(node.span, format!("`{key}` is text, found {}", node.kind()));
                None
            }
        }
    }

    /// When it was observed, in UTC.
    fn observed_at(&mut self, node: &Node) -> Option<String> {
        let text = self.optional_text(node, "observed_at")?;
        match text.parse::<Instant>() {
            Ok(instant) => Some(instant.to_string()),
            Err(problem) => {
                let span = node.nearest("/observed_at").span();
                self.wrong(span, problem);
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
            if entry.key.trim().is_empty() {
                self.wrong(entry.key_span, "a label's key is empty");
            }
            found.push(Label { key: entry.key.clone(), value });
        }
        found
    }
}

/// A fact with no more than its value.
pub(super) fn plain(name: String, subject: &str, labels: Vec<Label>, value: FactValue) -> Fact {
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

/// What nobody measured of a slice: without it the slice would not be there, and
/// the others would pass for all.
fn unknown_slice(labels: &[Label]) -> Option<FactValue> {
    (!labels.is_empty()).then_some(FactValue::Number(f64::NAN))
}
