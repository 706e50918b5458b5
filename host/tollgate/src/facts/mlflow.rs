//! A run, as MLflow's REST API answers `GET runs/get`.

use std::collections::BTreeMap;

use tollgate_engine::types::Label;

use super::reader::{Reader, plain};
use super::{Instant, is_stated, split_name};
use crate::tree::{Content, Node};

impl Reader<'_> {
    /// The metrics of a run become facts. Where a metric was logged several
    /// times, those of the last step are the model's; of them a gate takes the
    /// newest.
    pub(super) fn run(&mut self, run: &Node) {
        let id = run.nearest("/info/run_id").node.text().unwrap_or_default().to_owned();
        self.run = Some(id.clone()).filter(|id| !id.is_empty());
        let Some(metrics) = run.get("data").and_then(|data| data.get("metrics")) else { return };
        let Some(items) = metrics.items() else {
            return self.wrong(metrics.span, "`metrics` of a run is a list");
        };
        let mut latest: BTreeMap<&str, (i64, Vec<&Node>)> = BTreeMap::new();
        for item in items {
            let (Some(key), Some(_)) = (item.get("key").and_then(Node::text), item.get("value"))
            else {
                self.wrong(item.nearest("").span(), "a metric has `key` and `value`");
                continue;
            };
            let step = self.integer(item, "step").unwrap_or_default();
            let (last, items) = latest.entry(key).or_insert_with(|| (step, Vec::new()));
            if step > *last {
                *last = step;
                items.clear();
            }
            if step == *last {
                items.push(item);
            }
        }
        for (key, (_, items)) in latest {
            for item in items {
                self.metric_of_run(key, item, &id);
            }
        }
    }

    fn metric_of_run(&mut self, key: &str, item: &Node, run: &str) {
        let found = item.nearest("/value");
        let Some(value) = self.value(found.node) else { return };
        let observed_at = self.integer(item, "timestamp").and_then(|milliseconds| {
            let instant = Instant::from_milliseconds(milliseconds);
            if instant.is_none() {
                let span = item.nearest("/timestamp").span();
                self.wrong(
                    span,
                    "`timestamp` is milliseconds since 1970, and this is no such time",
                );
            }
            instant
        });
        match metric_name(key) {
            // No rule takes it for a metric, and it must not be taken for what
            // the registry says.
            Ok((name, _)) if is_stated(&name, self.role) => {}
            Ok((name, labels)) => {
                let mut fact = plain(name, self.role, labels, value);
                fact.observed_at = observed_at.map(|instant| instant.to_string());
                fact.source = Some(format!("mlflow run {run}"));
                self.facts.push(fact);
            }
            Err(problem) => self.wrong(found.span(), problem),
        }
    }

    /// A whole number; JSON of 64-bit integers may be text.
    fn integer(&mut self, node: &Node, key: &str) -> Option<i64> {
        let node = node.get(key)?;
        let number = match &node.content {
            Content::Null => return None,
            Content::Number(number) => number.as_i64(),
            Content::Text(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node.span, format!("`{key}` of a metric is a whole number"));
        }
        number
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
