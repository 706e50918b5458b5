//! The summary of a k6 load test.
//!
//! Three forms: what `handleSummary` gets (its metrics have `values`), what
//! `--summary-export` writes (they have not), and the machine-readable summary
//! of k6 2 (its metrics are a list). Durations are in milliseconds, whatever
//! the terminal shows.
//! <https://grafana.com/docs/k6/latest/results-output/end-of-test/>

use serde_json::{Map, Value};
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::said::{self, Said};

/// What k6 calls it, and what it is called here.
pub(crate) const USUAL: &[(&str, &str)] = &[
    ("http_req_duration_p50", "p50_ms"),
    ("http_req_duration_p95", "p95_ms"),
    ("http_req_duration_p99", "p99_ms"),
    ("http_req_failed_rate", "error_rate"),
    ("http_reqs_rate", "throughput_rps"),
];

/// Reads a summary. The error is one sentence.
pub(crate) fn read(source: &Source) -> Result<Said, String> {
    let tree = Node::parse(source, NonFinite::Kept).map_err(|mistake| mistake.line())?;
    let summary = tree.to_json();
    let metrics = summary.get("metrics").and_then(Value::as_object);
    let metrics = metrics.ok_or("this is no summary of k6: it has no `metrics`")?;
    let requests = requests(metrics);
    let mut said = Said::default();
    let mut broken = 0u64;
    for (name, metric) in metrics {
        let Some(metric) = metric.as_object() else {
            return Err(format!("metric `{name}` is no map"));
        };
        let (name, labels) = split(name);
        facts_of(&name, &labels, metric, requests, &mut said)?;
        broken += thresholds_broken(metric);
    }
    if requests.is_some_and(|count| count > 0) {
        said.facts.push(said::fact("load_test_done", FactValue::Boolean(true)));
    } else {
        said.missing(Some("load_test_done"), "the summary counts no requests");
    }
    said.facts.push(said::count("thresholds_broken", broken));
    Ok(said)
}

/// `http_req_duration{scenario:predict}` is the slice of a tag.
fn split(name: &str) -> (String, Vec<Label>) {
    let Some((metric, tags)) = name.split_once('{') else { return (name.to_owned(), Vec::new()) };
    let tags = tags.strip_suffix('}').unwrap_or(tags);
    let labels = tags.split(',').filter_map(|tag| {
        let (key, value) = tag.split_once(':')?;
        Some(said::label(key.trim(), value.trim()))
    });
    (metric.to_owned(), labels.collect())
}

/// The numbers of a metric, wherever the form has them.
fn values(metric: &Map<String, Value>) -> &Map<String, Value> {
    metric.get("values").and_then(Value::as_object).unwrap_or(metric)
}

fn requests(metrics: &Map<String, Value>) -> Option<u64> {
    let count = values(metrics.get("http_reqs")?.as_object()?).get("count")?.as_f64()?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, checked on the line before"
    )]
    (0.0..9e15).contains(&count).then_some(count as u64)
}

fn facts_of(
    name: &str,
    labels: &[Label],
    metric: &Map<String, Value>,
    requests: Option<u64>,
    said: &mut Said,
) -> Result<(), String> {
    let values = values(metric);
    let kind = metric.get("type").and_then(Value::as_str);
    let is_time = match metric.get("contains").and_then(Value::as_str) {
        Some(contains) => contains == "time",
        // The older form does not say; of k6's own metrics it is known.
        None => {
            name.ends_with("_duration")
                || (name.starts_with("http_req_") && name != "http_req_failed")
        }
    };
    // Those of the whole rest on all requests; of a slice it is not told.
    let samples = requests.filter(|_| name.starts_with("http_req_") && labels.is_empty());
    for (key, value) in values {
        let Some((stat, unit)) = stat(key, kind, values, is_time, name) else { continue };
        let value =
            value.as_f64().ok_or_else(|| format!("`{key}` of metric `{name}` is no number"))?;
        said.facts.push(Fact {
            labels: labels.to_vec(),
            samples,
            ..said::number(&format!("{name}_{stat}"), value, unit)
        });
    }
    Ok(())
}

/// What a key of a metric is called, and its unit; none for what is no number
/// of it.
fn stat(
    key: &str,
    kind: Option<&str>,
    values: &Map<String, Value>,
    is_time: bool,
    name: &str,
) -> Option<(String, Option<&'static str>)> {
    let of_time = is_time.then_some("ms");
    let is_rate = kind == Some("rate") || values.contains_key("passes");
    Some(match key {
        "avg" | "min" | "max" => (key.to_owned(), of_time),
        "med" => ("p50".to_owned(), of_time),
        "count" => (key.to_owned(), None),
        "rate" if is_rate => (key.to_owned(), Some("ratio")),
        // A share in the older form, where a gauge has its number, too.
        "value" if is_rate => ("rate".to_owned(), Some("ratio")),
        "value" => (key.to_owned(), of_time),
        "rate" => (key.to_owned(), (name == "http_reqs").then_some("rps")),
        _ => {
            let percentile = key.strip_prefix("p(")?.strip_suffix(')')?;
            // With `p(50)` beside `med` the two are one.
            if percentile == "50" && values.contains_key("med") {
                return None;
            }
            (format!("p{percentile}"), of_time)
        }
    })
}

/// How many thresholds of a metric were crossed. `handleSummary` says `ok:
/// false` of one; the older form says `true`, that it was crossed.
fn thresholds_broken(metric: &Map<String, Value>) -> u64 {
    let thresholds = metric.get("thresholds").and_then(Value::as_object);
    let broken = thresholds.into_iter().flat_map(Map::values).filter(|threshold| match threshold {
        Value::Bool(crossed) => *crossed,
        threshold => threshold.get("ok") != Some(&Value::Bool(true)),
    });
    broken.count() as u64
}
