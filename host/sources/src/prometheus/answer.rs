//! What Prometheus answers, as far as it is read.
//!
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tollgate_engine::types::Label;

use crate::said::label;

/// The most series of one answer; each becomes a fact.
const MOST_SERIES: usize = 10_000;

/// A success, or what looks like one.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    status: String,
    data: Option<Data>,
    /// What the server could not do, or could do in part only.
    #[serde(default)]
    warnings: Vec<String>,
    /// What other servers of this interface say of an answer in part.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    /// Beside a success, what went wrong on the way to it.
    error: Option<String>,
    /// What may be wrong with the query.
    #[serde(default)]
    pub(crate) infos: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
    values: Option<Vec<Point>>,
    histogram: Option<IgnoredAny>,
    histograms: Option<IgnoredAny>,
}

/// Seconds since 1970, and a number as text.
type Point = (f64, String);

/// One series: its labels as they become labels of a fact, and its values with
/// the milliseconds since 1970 that they are of.
#[derive(Debug, PartialEq)]
pub(crate) struct Slice {
    pub(crate) labels: Vec<Label>,
    pub(crate) values: Vec<(i64, f64)>,
}

impl Answer {
    /// What makes it less than a whole answer.
    pub(crate) fn warning(&self) -> Option<&str> {
        let partial = self.is_partial.then_some("the answer is partial");
        let said = self.warnings.first().or(self.error.as_ref()).map(String::as_str);
        said.or(partial)
    }

    /// The series, by the labels that are asked for. The error is one sentence.
    pub(crate) fn slices(&self, by: &[String]) -> Result<Vec<Slice>, String> {
        let data = match (&*self.status, &self.data) {
            ("success", Some(data)) => data,
            _ => return Err("the server's answer is no success".to_owned()),
        };
        let unreadable = || format!("the server's {} cannot be read", data.kind);
        if data.kind == "scalar" {
            let point: Point =
                serde_json::from_value(data.result.clone()).map_err(|_| unreadable())?;
            if let Some(key) = by.first() {
                return Err(format!("the answer is one number, and has no label `{key}`"));
            }
            return Ok(vec![Slice { labels: Vec::new(), values: vec![read(&point)?] }]);
        }
        if !["vector", "matrix"].contains(&&*data.kind) {
            return Err(format!("the answer is a {}, expected numbers", data.kind));
        }
        let series: Vec<Series> =
            serde_json::from_value(data.result.clone()).map_err(|_| unreadable())?;
        if series.is_empty() {
            return Err("the answer is empty: nothing has such a series now".to_owned());
        }
        if series.len() > MOST_SERIES {
            return Err(format!("the answer has {} series, more than {MOST_SERIES}", series.len()));
        }
        if by.is_empty() && series.len() > 1 {
            return Err(format!(
                "the answer has {} series, expected one: aggregate them, or say with `by` which \
                 labels tell them apart",
                series.len()
            ));
        }
        let mut slices: Vec<Slice> = Vec::with_capacity(series.len());
        for one in &series {
            slices.push(Slice { labels: labels(one, by)?, values: values(one)? });
        }
        slices.sort_by(|one, other| one.labels.cmp(&other.labels));
        match slices.array_windows().find(|[one, other]| one.labels == other.labels) {
            Some([one, _]) => Err(format!(
                "several series have the same {}: aggregate them, or name more labels in `by`",
                one.labels
                    .iter()
                    .map(|label| format!("{}={}", label.key, label.value))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            None => Ok(slices),
        }
    }
}

fn labels(series: &Series, by: &[String]) -> Result<Vec<Label>, String> {
    let mut labels = Vec::with_capacity(by.len());
    for key in by {
        let value = series.metric.get(key).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("a series has no label `{key}`"))?;
        labels.push(label(key, value));
    }
    labels.sort();
    Ok(labels)
}

fn values(series: &Series) -> Result<Vec<(i64, f64)>, String> {
    if series.histogram.is_some() || series.histograms.is_some() {
        return Err(
            "the answer is a native histogram, expected numbers: `histogram_quantile` makes one"
                .to_owned(),
        );
    }
    series.value.iter().chain(series.values.iter().flatten()).map(read).collect()
}

fn read((seconds, value): &Point) -> Result<(i64, f64), String> {
    let number: f64 = value.parse().map_err(|_| "a value is no number".to_owned())?;
    #[allow(clippy::cast_possible_truncation, reason = "what no calendar has is refused later")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Ok((milliseconds, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(result: &str, by: &[&str]) -> Result<Vec<Slice>, String> {
        let text = format!(r#"{{"status":"success","data":{result}}}"#);
        let answer: Answer = serde_json::from_str(&text).unwrap();
        answer.slices(&by.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    fn vector(series: &str) -> String {
        format!(r#"{{"resultType":"vector","result":[{series}]}}"#)
    }

    const A: &str = r#"{"metric":{"group":"a","pod":"1"},"value":[1763.5,"0.5"]}"#;
    const B: &str = r#"{"metric":{"group":"b","pod":"1"},"value":[1763.5,"+Inf"]}"#;
    const A2: &str = r#"{"metric":{"group":"a","pod":"2"},"value":[1763.5,"NaN"]}"#;

    #[test]
    fn series_are_told_apart_by_what_is_stated() {
        let one = slices(&vector(A), &[]).unwrap();
        assert_eq!(one, [Slice { labels: vec![], values: vec![(1_763_500, 0.5)] }]);
        let two = slices(&vector(&format!("{B},{A}")), &["group"]).unwrap();
        assert_eq!(two[0].labels, [label("group", "a")]);
        assert_eq!(two[1].values, [(1_763_500, f64::INFINITY)]);
        let both = slices(&vector(&format!("{A2},{A}")), &["group", "pod"]).unwrap();
        assert_eq!(both.len(), 2);
        let scalar = r#"{"resultType":"scalar","result":[1,"2"]}"#;
        assert_eq!(slices(scalar, &[]).unwrap()[0].values, [(1000, 2.0)]);
    }

    #[test]
    fn what_is_not_one_number_a_slice_is_none() {
        let histogram = r#"{"metric":{},"histogram":[1,{"count":"1"}]}"#;
        for (result, by) in [
            (vector(""), vec![]),
            (vector(&format!("{A},{B}")), vec![]),
            (vector(&format!("{A},{A2}")), vec!["group"]),
            (vector(A), vec!["region"]),
            (vector(histogram), vec![]),
            (vector(r#"{"metric":{},"value":[1,"many"]}"#), vec![]),
            (vector(r#"{"metric":{},"value":"1"}"#), vec![]),
            (r#"{"resultType":"string","result":[1,"2"]}"#.to_owned(), vec![]),
            (r#"{"resultType":"scalar","result":[1,"2"]}"#.to_owned(), vec!["group"]),
        ] {
            assert!(slices(&result, &by).is_err(), "{result} by {by:?}");
        }
        let failed: Answer = serde_json::from_str(r#"{"status":"error"}"#).unwrap();
        assert!(failed.slices(&[]).is_err());
    }
}
