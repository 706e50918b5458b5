//! The statistics of a Locust load test: `--csv PREFIX` (`PREFIX_stats.csv`) or
//! `--json`.
//!
//! <https://docs.locust.io/en/stable/retrieving-stats.html>

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate::facts::Instant;
use tollgate::source::Source;
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::said::{self, Said};

/// The percentiles that become facts.
const PERCENTILES: [(&str, f64, &str); 3] =
    [("50%", 0.5, "p50_ms"), ("95%", 0.95, "p95_ms"), ("99%", 0.99, "p99_ms")];

/// What was measured of one address, or of all.
struct Measured {
    labels: Vec<Label>,
    requests: u64,
    failures: u64,
    rate: Option<f64>,
    percentiles: Vec<(&'static str, f64)>,
    at: Option<String>,
}

/// Reads statistics. The error is one sentence.
pub(crate) fn read(source: &Source) -> Result<Said, String> {
    let all = if source.text().trim_start().starts_with('[') {
        of_json(&said::json(source)?)?
    } else {
        of_csv(source.text())?
    };
    let mut said = Said::default();
    for one in &all {
        one.tell(&mut said);
    }
    if !all.iter().any(|one| one.labels.is_empty() && one.requests > 0) {
        said.missing(Some("load_test_done"), "the statistics count no requests");
    }
    Ok(said)
}

impl Measured {
    fn tell(&self, said: &mut Said) {
        let mut tell = |fact: Fact| {
            said.facts.push(Fact {
                labels: self.labels.clone(),
                samples: Some(self.requests),
                observed_at: self.at.clone(),
                ..fact
            });
        };
        if self.requests == 0 {
            return;
        }
        for (name, value) in &self.percentiles {
            tell(said::number(name, *value, Some("ms")));
        }
        #[allow(clippy::cast_precision_loss, reason = "counts of requests")]
        let share = self.failures as f64 / self.requests as f64;
        tell(said::number("error_rate", share, Some("ratio")));
        if let Some(rate) = self.rate {
            tell(said::number("throughput_rps", rate, Some("rps")));
        }
        if self.labels.is_empty() {
            tell(said::fact("load_test_done", FactValue::Boolean(true)));
        }
    }
}

fn of_csv(text: &str) -> Result<Vec<Measured>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| format!("it is no CSV: {error}");
    let header = reader.headers().map_err(unreadable)?.clone();
    let place = |name: &str| {
        header
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| format!("this is no `_stats.csv` of Locust: it has no column `{name}`"))
    };
    let columns = ["Type", "Name", "Request Count", "Failure Count", "Requests/s"];
    let [kind, name, requests, failures, rate] = columns.map(place);
    let (kind, name, requests, failures, rate) = (kind?, name?, requests?, failures?, rate?);
    let mut all: Vec<Measured> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        let text = |at: usize| row.get(at).unwrap_or_default();
        let number =
            |at: usize| text(at).parse::<f64>().map_err(|_| format!("`{}` is no number", text(at)));
        let whole =
            |at: usize| text(at).parse::<u64>().map_err(|_| format!("`{}` is no count", text(at)));
        let is_whole = text(kind).is_empty() && text(name) == "Aggregated";
        let requests = whole(requests)?;
        let mut percentiles = Vec::new();
        // Of no requests they are `N/A`.
        if requests > 0 {
            for (column, _, name) in PERCENTILES {
                percentiles.push((name, number(place(column)?)?));
            }
        }
        let labels = match is_whole {
            true => Vec::new(),
            false => vec![said::label("method", text(kind)), said::label("name", text(name))],
        };
        all.push(Measured {
            labels,
            requests,
            failures: whole(failures)?,
            rate: Some(number(rate)?),
            percentiles,
            at: None,
        });
    }
    let whole: Vec<&Measured> = all.iter().filter(|one| one.labels.is_empty()).collect();
    match *whole {
        // Locust writes it last.
        [] => Err("there is no row `Aggregated`: the file may be cut off".to_owned()),
        [one] => {
            let parts = || all.iter().filter(|it| !it.labels.is_empty());
            let counted = [
                ("requests", parts().map(|it| it.requests).sum::<u64>(), one.requests),
                ("failures", parts().map(|it| it.failures).sum::<u64>(), one.failures),
            ];
            match counted.into_iter().find(|(_, parts, whole)| parts != whole) {
                None => Ok(all),
                Some((what, parts, whole)) => Err(format!(
                    "the rows count {parts} {what}, and `Aggregated` {whole}: the file was not \
                     whole when it was written"
                )),
            }
        }
        _ => Err("there are several rows `Aggregated`".to_owned()),
    }
}

fn of_json(statistics: &Value) -> Result<Vec<Measured>, String> {
    let list = statistics.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut all = Vec::with_capacity(list.len() + 1);
    let mut times: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut failures, mut last, mut first) = (0, None::<f64>, None::<f64>);
    for one in list {
        let wrong = || "an entry is none of Locust's statistics".to_owned();
        let (measured, of_one, at) = entry(one).ok_or_else(wrong)?;
        failures += measured.failures;
        for (time, count) in of_one {
            *times.entry(time).or_default() += count;
        }
        last = last.into_iter().chain(at).reduce(f64::max);
        let began = one.get("start_time").and_then(Value::as_f64);
        first = first.into_iter().chain(began).reduce(f64::min);
        all.push(measured);
    }
    let requests: u64 = all.iter().map(|one| one.requests).sum();
    all.push(Measured {
        labels: Vec::new(),
        requests,
        failures,
        rate: rate(requests, first, last),
        percentiles: percentiles(&times),
        at: last.and_then(moment),
    });
    Ok(all)
}

/// Over the time from the first request to the last.
fn rate(requests: u64, first: Option<f64>, last: Option<f64>) -> Option<f64> {
    let length = last? - first?;
    #[allow(clippy::cast_precision_loss, reason = "a count of requests")]
    (length > 0.0).then(|| requests as f64 / length)
}

type Times = BTreeMap<u64, u64>;

fn entry(one: &Value) -> Option<(Measured, Times, Option<f64>)> {
    let text = |key: &str| one.get(key)?.as_str();
    let whole = |key: &str| said::whole(one.get(key)?);
    let mut times = Times::new();
    for (time, count) in one.get("response_times")?.as_object()? {
        times.insert(time.parse().ok()?, said::whole(count)?);
    }
    let requests = whole("num_requests")?;
    // Those without a time are counted by themselves.
    let untimed = one.get("num_none_requests").map_or(Some(0), said::whole)?;
    if times.values().sum::<u64>().saturating_add(untimed) != requests {
        return None;
    }
    let at = one.get("last_request_timestamp").and_then(Value::as_f64);
    let measured = Measured {
        labels: vec![said::label("method", text("method")?), said::label("name", text("name")?)],
        requests,
        failures: whole("num_failures")?,
        rate: None,
        percentiles: percentiles(&times),
        at: at.and_then(moment),
    };
    Some((measured, times, at))
}

fn moment(seconds: f64) -> Option<String> {
    #[allow(clippy::cast_possible_truncation, reason = "what no calendar has is none")]
    Instant::from_milliseconds((seconds * 1000.0) as i64).map(|at| at.to_string())
}

/// As Locust has it: the time of the request below which that share lies.
fn percentiles(times: &Times) -> Vec<(&'static str, f64)> {
    let count: u64 = times.values().sum();
    let of = |share: f64| {
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts of requests"
        )]
        let wanted = (count as f64 * share) as u64;
        let mut left = count;
        for (time, times) in times.iter().rev() {
            left = left.saturating_sub(*times);
            if count - left >= count - wanted {
                return Some(*time);
            }
        }
        None
    };
    #[allow(clippy::cast_precision_loss, reason = "milliseconds")]
    PERCENTILES.into_iter().filter_map(|(_, share, name)| Some((name, of(share)? as f64))).collect()
}
