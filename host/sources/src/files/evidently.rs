//! Reports of Evidently, of 0.7 and of what came before.
//!
//! A score of drift means what its method makes it: a PSI is a PSI, and a test's
//! is a p-value, which falls where the drift rises. So that no rule takes one
//! for the other, the method is in the name.

use serde_json::{Map, Value};
use tollgate_engine::types::{Fact, FactValue};

use crate::said::{self, Said};

/// What Evidently calls a method, in either form, and the name of its score.
const METHODS: &[(&[&str], &str)] = &[
    (&["psi", "PSI"], "psi"),
    (&["kl_div", "Kullback-Leibler divergence"], "kl_divergence"),
    // The square root of the divergence.
    (&["jensenshannon", "Jensen-Shannon distance"], "js_distance"),
    // In standard deviations of the reference.
    (&["wasserstein", "Wasserstein distance (normed)"], "wasserstein_normed"),
    (&["hellinger", "Hellinger distance"], "hellinger_distance"),
    (&["ed", "Energy-distance"], "energy_distance"),
    (&["ks", "K-S p_value"], "ks_p_value"),
    (&["chisquare", "chi-square p_value"], "chi_square_p_value"),
    (&["z", "Z-test p_value"], "z_p_value"),
    (&["anderson", "Anderson-Darling"], "anderson_darling_p_value"),
    (&["cramer_von_mises", "Cramer-von Mises"], "cramer_von_mises_p_value"),
    (&["es", "Epps-Singleton"], "epps_singleton_p_value"),
    (&["fisher_exact", "Fisher's Exact test"], "fisher_exact_p_value"),
    (&["g_test"], "g_test_p_value"),
    (&["mannw", "Mann-Whitney U-rank test"], "mann_whitney_p_value"),
    (&["t_test"], "t_test_p_value"),
    (&["TVD", "Total-Variation-Distance"], "total_variation_p_value"),
];

/// What Evidently calls it, and what it is called here; the rest is called as
/// it is there, in small letters.
const NAMES: &[(&str, &str)] = &[
    ("F1Score", "f1"),
    ("RocAuc", "auc"),
    ("TPR", "tpr"),
    ("TNR", "tnr"),
    ("FPR", "fpr"),
    ("FNR", "fnr"),
    ("MAE", "mae"),
    ("RMSE", "rmse"),
    ("MAPE", "mape"),
    ("R2Score", "r2"),
    ("roc_auc", "auc"),
    ("mean_abs_error", "mae"),
    ("mean_abs_perc_error", "mape"),
    ("r2_score", "r2"),
];

/// Reads a report. The error is one sentence.
pub(crate) fn read(report: &Value) -> Result<Said, String> {
    let metrics = report.get("metrics").and_then(Value::as_array);
    let metrics = metrics.ok_or("this is no report of Evidently: it has no list `metrics`")?;
    let mut said = Said::default();
    for metric in metrics {
        let older = metric.get("metric").and_then(Value::as_str).zip(metric.get("result"));
        if let Some((name, result)) = older {
            of_older(name, result, &mut said);
        } else if let (Some(config), Some(value)) = (metric.get("config"), metric.get("value")) {
            of_newer(config, value, &mut said);
        } else {
            return Err("a metric of the report has neither `result` nor `value`".to_owned());
        }
    }
    if let Some(rows) = rows(metrics) {
        for fact in &mut said.facts {
            fact.samples = Some(rows);
        }
    }
    tests(report, &mut said);
    said.observed_at(report.get("timestamp").and_then(Value::as_str));
    Ok(said)
}

/// How many rows were looked at, where the report says so.
fn rows(metrics: &[Value]) -> Option<u64> {
    let of = |metric: &Value| {
        let is_count = metric.pointer("/config/type").and_then(Value::as_str)
            == Some("evidently:metric_v2:RowCount");
        if is_count {
            return said::whole(metric.get("value")?);
        }
        said::whole(metric.pointer("/result/current/number_of_rows")?)
    };
    metrics.iter().find_map(of)
}

/// A metric of 0.7: a number, or a map of them.
fn of_newer(config: &Value, value: &Value, said: &mut Said) {
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    let kind = text("type").unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    let label = text("column").map(|column| said::label("feature", column));
    let mut tell = |name: &str, key: Option<(&str, &str)>, value: &Value, unit: Option<&str>| {
        let more = key.map(|(key, value)| said::label(key, value));
        let labels: Vec<_> = label.iter().cloned().chain(more).collect();
        match value.as_f64() {
            Some(value) => said.facts.push(Fact { labels, ..said::number(name, value, unit) }),
            // What was not computed is null, and missing.
            None => {
                said.missing(Some(&said::title(name, &labels)), "its value is no number");
                said.facts.extend(said::unknown(name, labels));
            }
        }
    };
    match kind {
        "ValueDrift" => match text("method").and_then(score) {
            Some(name) => tell(name, None, value, None),
            None => said.missing(
                Some(
                    &label
                        .map_or_else(|| "drift".to_owned(), |label| said::title("drift", &[label])),
                ),
                "the report does not say by which method, so that the score may be a distance or \
                 a p-value: give the report a `method`",
            ),
        },
        "DriftedColumnsCount" => {
            tell("drifted_columns", None, value.get("count").unwrap_or(&Value::Null), None);
            let share = value.get("share").unwrap_or(&Value::Null);
            tell("drifted_columns_share", None, share, Some("ratio"));
        }
        kind => {
            let name = name(kind);
            // Evidently's is a percentage.
            let unit = (name == "mape").then_some("%");
            match value {
                Value::Object(map) if name.ends_with("_by_label") => {
                    for (label, value) in map {
                        tell(&name, Some(("label", label)), value, None);
                    }
                }
                Value::Object(map) => {
                    for (key, value) in map {
                        // An error has a mean and a deviation: the mean is the error.
                        let own = (key == "mean").then(|| name.clone());
                        let own = own.unwrap_or_else(|| format!("{name}_{}", small(key)));
                        tell(&own, None, value, unit);
                    }
                }
                value => tell(&name, None, value, unit),
            }
        }
    }
}

/// A metric of what came before 0.7: whatever it found of the current data.
fn of_older(kind: &str, result: &Value, said: &mut Said) {
    if let Some(columns) = result.get("drift_by_columns").and_then(Value::as_object) {
        for drift in columns.values() {
            drift_of(drift, said);
        }
    } else if result.get("drift_score").is_some() {
        drift_of(result, said);
    }
    if kind == "DatasetDriftMetric" {
        if let Some(count) = result.get("number_of_drifted_columns").and_then(said::whole) {
            said.facts.push(said::count("drifted_columns", count));
        }
        if let Some(share) = result.get("share_of_drifted_columns").and_then(Value::as_f64) {
            said.facts.push(said::number("drifted_columns_share", share, Some("ratio")));
        }
    }
    if ["ClassificationQualityMetric", "RegressionQualityMetric"].contains(&kind)
        && let Some(current) = result.get("current").and_then(Value::as_object)
    {
        quality(current, said);
    }
}

fn quality(current: &Map<String, Value>, said: &mut Said) {
    for (key, value) in current {
        if let Some(value) = value.as_f64() {
            let name = name(key);
            let unit = (name == "mape").then_some("%");
            said.facts.push(said::number(&name, value, unit));
        }
    }
}

fn drift_of(drift: &Value, said: &mut Said) {
    let text = |key: &str| drift.get(key).and_then(Value::as_str);
    let column = said::label("feature", text("column_name").unwrap_or_default());
    let value = drift.get("drift_score").and_then(Value::as_f64).unwrap_or(f64::NAN);
    match text("stattest_name").and_then(score) {
        Some(name) => {
            said.facts.push(Fact { labels: vec![column], ..said::number(name, value, None) });
        }
        None => said.missing(
            Some(&said::title("drift", &[column])),
            "its method is not known here, so that the score may be a distance or a p-value",
        ),
    }
}

/// The tests of a report count like those of any other suite.
fn tests(report: &Value, said: &mut Said) {
    let tests = report.get("tests").and_then(Value::as_array).map(Vec::as_slice);
    let tests = tests.unwrap_or_default();
    if tests.is_empty() {
        return;
    }
    let passed = |test: &&Value| {
        let status = test.get("status").and_then(Value::as_str).unwrap_or_default();
        status.rsplit('.').next().unwrap_or_default().eq_ignore_ascii_case("success")
    };
    let failed = (tests.len() - tests.iter().filter(passed).count()) as u64;
    said.facts.push(said::count("tests_total", tests.len() as u64));
    said.facts.push(said::count("tests_failed", failed));
    said.facts.push(said::fact("tests_ok", FactValue::Boolean(failed == 0)));
}

fn score(method: &str) -> Option<&'static str> {
    METHODS.iter().find(|(names, _)| names.contains(&method)).map(|(_, name)| *name)
}

fn name(theirs: &str) -> String {
    let known = NAMES.iter().find(|(name, _)| *name == theirs);
    known.map_or_else(|| small(theirs), |(_, ours)| (*ours).to_owned())
}

/// `MissingValueCount` is `missing_value_count`.
fn small(theirs: &str) -> String {
    let mut name = String::new();
    let mut was_small = false;
    for letter in theirs.chars() {
        if letter.is_uppercase() && was_small {
            name.push('_');
        }
        was_small = letter.is_lowercase() || letter.is_ascii_digit();
        if letter.is_alphanumeric() {
            name.extend(letter.to_lowercase());
        } else {
            name.push('_');
        }
    }
    name
}
