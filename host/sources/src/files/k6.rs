//! The summary of a k6 load test.
//!
//! Three forms: what `handleSummary` gets (its metrics have `values`), what
//! `--summary-export` writes (they have not), and the machine-readable summary
//! (its metrics are a list). Durations are in milliseconds, whatever the
//! terminal shows.
//! <https://grafana.com/docs/k6/latest/results-output/end-of-test/>

use serde_json::{Map, Value};
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

/// A metric of the summary, of whichever form.
struct Metric<'a> {
    name: String,
    labels: Vec<Label>,
    /// `trend`, `rate`, ...; the oldest form does not say.
    kind: Option<&'a str>,
    contains: Option<&'a str>,
    values: &'a Map<String, Value>,
    thresholds: Option<&'a Map<String, Value>>,
}

/// Reads a summary. The error is one sentence.
pub(crate) fn read(summary: &Value) -> Result<Said, String> {
    let metrics = metrics(summary)?;
    let count = |metric: &Metric<'_>| metric.values.get("count").and_then(said::whole);
    let all = metrics.iter().find(|metric| metric.name == "http_reqs" && metric.labels.is_empty());
    // Without any, times and shares are zeros that nobody measured.
    let Some(requests @ 1..) = all.and_then(count) else {
        return Err("the summary counts no requests".to_owned());
    };
    let mut said = Said::default();
    let mut thresholds = 0;
    let mut broken = 0;
    for metric in &metrics {
        facts_of(metric, requests, &mut said)?;
        for threshold in metric.thresholds.into_iter().flat_map(Map::values) {
            thresholds += 1;
            broken += u64::from(is_broken(threshold));
        }
    }
    said.facts.push(said::fact("load_test_done", FactValue::Boolean(true)));
    // The machine-readable form leaves thresholds out: none is no news there.
    if thresholds > 0 {
        said.facts.push(said::count("thresholds_broken", broken));
    }
    let at = summary.pointer("/metadata/generatedAt").and_then(Value::as_str);
    said.observed_at(at);
    Ok(said)
}

fn metrics(summary: &Value) -> Result<Vec<Metric<'_>>, String> {
    if let Some(list) = summary.pointer("/results/metrics").and_then(Value::as_array) {
        let named = list.iter().map(|metric| {
            let metric = metric.as_object()?;
            let name = metric.get("name")?.as_str()?;
            let values = metric.get("values")?.as_object()?;
            Some((name, metric, values))
        });
        let named: Option<Vec<_>> = named.collect();
        let named = named.ok_or("a metric of the summary has no `name` and `values`")?;
        return named.into_iter().map(|(name, metric, values)| of(name, metric, values)).collect();
    }
    let map = summary.get("metrics").and_then(Value::as_object);
    let map = map.ok_or("this is no summary of k6: it has no `metrics`")?;
    let named = map.iter().map(|(name, metric)| {
        let metric = metric.as_object()?;
        let values = metric.get("values").and_then(Value::as_object).unwrap_or(metric);
        Some((name, metric, values))
    });
    let named: Option<Vec<_>> = named.collect();
    let named = named.ok_or("a metric of the summary is no map")?;
    named.into_iter().map(|(name, metric, values)| of(name, metric, values)).collect()
}

fn of<'a>(
    title: &str,
    metric: &'a Map<String, Value>,
    values: &'a Map<String, Value>,
) -> Result<Metric<'a>, String> {
    let (name, labels) = split(title)?;
    Ok(Metric {
        name,
        labels,
        kind: metric.get("type").and_then(Value::as_str),
        contains: metric.get("contains").and_then(Value::as_str),
        values,
        thresholds: metric.get("thresholds").and_then(Value::as_object),
    })
}

/// `http_req_duration{scenario:predict}` is the slice of a tag.
fn split(title: &str) -> Result<(String, Vec<Label>), String> {
    let Some((name, tags)) = title.split_once('{') else {
        return Ok((title.to_owned(), Vec::new()));
    };
    let tags = tags.strip_suffix('}').unwrap_or(tags);
    let labels = tags.split(',').map(|tag| {
        let (key, value) = tag.split_once(':')?;
        Some(said::label(key.trim(), value.trim()))
    });
    // A slice whose tag is lost would pass for the whole.
    let labels: Option<_> = labels.collect();
    let labels = labels.ok_or_else(|| format!("`{title}` names no tag as `key:value`"))?;
    Ok((name.to_owned(), labels))
}

fn facts_of(metric: &Metric<'_>, requests: u64, said: &mut Said) -> Result<(), String> {
    let Metric { name, labels, values, .. } = metric;
    // Those of the whole rest on all requests; of a slice it is not told.
    let is_of_all = name.starts_with("http_req_") && labels.is_empty();
    let samples = is_of_all.then_some(requests);
    for (key, value) in *values {
        let Some((stat, unit)) = metric.stat(key) else { continue };
        let value =
            value.as_f64().ok_or_else(|| format!("`{key}` of metric `{name}` is no number"))?;
        said.facts.push(Fact {
            labels: labels.clone(),
            samples,
            ..said::number(&format!("{name}_{stat}"), value, unit)
        });
    }
    Ok(())
}

impl Metric<'_> {
    /// Of k6's own metrics it is known what they hold; the oldest form says it
    /// of none.
    fn is_time(&self) -> bool {
        match self.contains {
            Some(contains) => contains == "time",
            None => {
                self.name.ends_with("_duration")
                    || (self.name.starts_with("http_req_") && self.name != "http_req_failed")
            }
        }
    }

    /// What a key is called, and its unit; none for what is no number to judge.
    fn stat(&self, key: &str) -> Option<(String, Option<&'static str>)> {
        let of_time = self.is_time().then_some("ms");
        let is_rate = self.kind == Some("rate") || self.values.contains_key("passes");
        Some(match key {
            "avg" | "min" | "max" => (key.to_owned(), of_time),
            "med" => ("p50".to_owned(), of_time),
            "count" => (key.to_owned(), None),
            "rate" if is_rate => (key.to_owned(), Some("ratio")),
            // A share in the oldest form, where a gauge has its number, too.
            "value" if is_rate => ("rate".to_owned(), Some("ratio")),
            "value" => (key.to_owned(), of_time),
            "rate" => (key.to_owned(), (self.name == "http_reqs").then_some("rps")),
            _ => {
                let percentile = key.strip_prefix("p(")?.strip_suffix(')')?;
                // With `p(50)` beside `med` the two are one.
                if percentile == "50" && self.values.contains_key("med") {
                    return None;
                }
                (format!("p{percentile}"), of_time)
            }
        })
    }
}

/// `handleSummary` says `ok: false` of a threshold that was crossed; the oldest
/// form says `true`, that it was.
fn is_broken(threshold: &Value) -> bool {
    match threshold {
        Value::Bool(crossed) => *crossed,
        threshold => threshold.get("ok") != Some(&Value::Bool(true)),
    }
}
