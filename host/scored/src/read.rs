//! A spec out of a document.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tollgate::mistake::Span;
use tollgate::tree::{Content, Node};

use crate::spec::{Metric, Named, Spec, Variant};

impl Spec {
    /// Reads a map of which the shape was checked: `scored` says the files, and
    /// the keys beside it what is asked of them. `wrong` is told each mistake
    /// at its place. Labels are for whoever reads the map to give.
    pub fn read(node: &Node, wrong: &mut dyn FnMut(Span, String)) -> Self {
        let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        // A file that whoever asks fetches is named by `mlflow`.
        let files = node.get("scored").map(|files| texts(files.get("mlflow").unwrap_or(files)));
        let files = files.unwrap_or_default();
        let mut spec = Self::of(files.into_iter().map(PathBuf::from).collect());
        if let Some(subject) = text("subject") {
            spec.subject = subject;
        }
        spec.score = text("score");
        spec.outcome = text("outcome");
        spec.prediction = text("prediction");
        spec.threshold = node.get("threshold").and_then(number);
        spec.positive = node.get("positive").map(texts).unwrap_or_default();
        spec.negative = node.get("negative").map(texts).unwrap_or_default();
        let groups = node.get("groups").and_then(Node::items).unwrap_or_default();
        spec.groups = groups.iter().map(group).collect();
        let metrics = node.get("metrics").map(texts).unwrap_or_default();
        spec.metrics =
            Metric::ALL.into_iter().filter(|it| metrics.iter().any(|of| of == it.name())).collect();
        let named = |key: &str| node.get(key).map(group).unwrap_or_default();
        spec.features = named("features");
        spec.categories = named("categories");
        spec.means = named("means");
        spec.conversions = named("conversions");
        spec.reference = text("reference").map(PathBuf::from);
        if let Some(bins) = node.get("bins").and_then(whole) {
            spec.bins = bins;
        }
        match node.get("calibration_bins") {
            Some(Node { content: Content::Boolean(false), .. }) => spec.calibration_bins = None,
            given => {
                spec.calibration_bins = given.and_then(whole).or(spec.calibration_bins);
            }
        }
        for entry in node.get("edges").and_then(Node::entries).unwrap_or_default() {
            let edges = entry.value.items().unwrap_or_default().iter().filter_map(number);
            spec.edges.insert(entry.key.clone(), edges.collect());
        }
        spec.variant = node.get("variant").map(variant);
        if let Some(share) = node.get("max_left_out").and_then(number) {
            spec.max_left_out = share;
        }
        if let Some(at) = node.get("observed_at")
            && let Some(text) = at.text()
        {
            match text.parse() {
                Ok(at) => spec.observed_at = Some(at),
                Err(problem) => wrong(at.span, problem),
            }
        }
        for (key, problem) in spec.problems() {
            let key = if key == "file" { "scored" } else { key };
            wrong(node.nearest(&format!("/{key}")).span(), problem);
        }
        spec
    }
}

/// A text, or several.
fn texts(node: &Node) -> Vec<String> {
    match node.items() {
        Some(items) => items.iter().filter_map(scalar).collect(),
        None => scalar(node).into_iter().collect(),
    }
}

/// A word, which YAML may take for a number or a truth.
fn scalar(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) => Some(text.clone()),
        Content::Number(number) => Some(number.to_string()),
        Content::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.content {
        Content::Number(number) => number.as_f64(),
        _ => None,
    }
}

fn whole(node: &Node) -> Option<u32> {
    match &node.content {
        Content::Number(number) => number.as_u64().and_then(|it| u32::try_from(it).ok()),
        _ => None,
    }
}

/// A column, several, or labels and their columns.
fn group(node: &Node) -> Vec<Named> {
    if let Some(entries) = node.entries() {
        let named = |text: &str, label: &str| Named::new(label, text);
        return entries
            .iter()
            .filter_map(|entry| Some(named(entry.value.text()?, &entry.key)))
            .collect();
    }
    texts(node).iter().map(|name| Named::new(name, name)).collect()
}

/// A column, or one with whose rows each arm's are.
fn variant(node: &Node) -> Variant {
    let column = node.text().or_else(|| node.get("column")?.text()).unwrap_or_default();
    let arms = node.get("subjects").and_then(Node::entries).unwrap_or_default();
    let arm =
        |entry: &tollgate::tree::Entry| Some((entry.key.clone(), entry.value.text()?.to_owned()));
    let subjects: BTreeMap<String, String> = arms.iter().filter_map(arm).collect();
    Variant { column: column.to_owned(), subjects }
}
