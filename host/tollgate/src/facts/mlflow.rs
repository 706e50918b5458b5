//! A run, as MLflow's REST API answers `GET runs/get`.

use std::collections::BTreeMap;

use tollgate_engine::types::Label;

use super::reader::{Reader, plain};
use super::split_name;
use crate::mistake::Span;
use crate::tree::{Content, Node};

impl Reader<'_> {
    /// The metrics of a run become facts. Where a metric was logged several
    /// times, the last step counts, of that the last time, and of that the
    /// largest value, as in MLflow's `latest_metrics`.
    pub(super) fn run(&mut self, run: &Node) {
        let id = run.nearest("/info/run_id").node.text().unwrap_or_default().to_owned();
        let Some(metrics) = run.get("data").and_then(|data| data.get("metrics")) else { return };
        let Some(items) = metrics.items() else {
            return self.wrong(metrics.span, "`metrics` of a run is a list");
        };
        let mut latest: BTreeMap<&str, ((i64, i64), &Node, Span)> = BTreeMap::new();
        for item in items {
            let (Some(key), Some(value)) =
                (item.get("key").and_then(Node::text), item.get("value"))
            else {
                self.wrong(item.nearest("").span(), "a metric has `key` and `value`");
                continue;
            };
            let at = (integer(item, "step"), integer(item, "timestamp"));
            let entry = latest.entry(key).or_insert((at, value, value.span));
            if (at, number(value)) > (entry.0, number(entry.1)) {
                *entry = (at, value, value.span);
            }
        }
        for (key, (_, node, span)) in latest {
            let Some(value) = self.value(node) else { continue };
            match metric_name(key) {
                Ok((name, labels)) => {
                    let mut fact = plain(name, self.role, labels, value);
                    fact.source = Some(format!("mlflow run {id}"));
                    self.facts.push((fact, span));
                }
                Err(problem) => self.wrong(span, problem),
            }
        }
    }
}

/// MLflow allows no braces in a metric's name, so a slice is written
/// `auc/size:small`, several as `auc/size:small/age:40-59`. Other slashes are
/// part of the name.
fn metric_name(key: &str) -> Result<(String, Vec<Label>), String> {
    let mut parts = key.split('/');
    let name = parts.next().unwrap_or_default();
    let labels: Option<Vec<Label>> = parts
        .map(|part| {
            let (key, value) = part.split_once(':')?;
            Some(Label { key: key.to_owned(), value: value.to_owned() })
        })
        .collect();
    match labels {
        Some(mut labels) if !labels.is_empty() => {
            labels.sort();
            Ok((name.to_owned(), labels))
        }
        _ => split_name(key),
    }
}

/// The value of a metric; that of one that is not a number, for order only, is
/// the least.
fn number(node: &Node) -> f64 {
    match &node.content {
        Content::Number(number) => number.as_f64().unwrap_or(f64::NEG_INFINITY),
        _ => f64::NEG_INFINITY,
    }
}

fn integer(node: &Node, key: &str) -> i64 {
    match node.get(key).map(|node| &node.content) {
        Some(Content::Number(number)) => number.as_i64().unwrap_or_default(),
        _ => 0,
    }
}
