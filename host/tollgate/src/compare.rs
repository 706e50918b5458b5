//! Model versions side by side. Nothing is judged: a gate does that.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Serialize, Serializer};
use serde_json::Value;
use tollgate_engine::types::{Fact, FactValue, Outcome};

use crate::facts::{CANDIDATE, Evidence, Instant, title};
use crate::model::{Model, ModelError};
use crate::tree::non_finite_name;

/// Which version is the best by a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The metric, with its labels: `auc{group=female}`.
    pub metric: String,
    /// Whether the highest is the best.
    pub highest: bool,
}

/// Versions side by side; the values of each row are in their order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompareReport {
    /// `inconclusive` when a best version was asked for and none can be named,
    /// `warn` when not all have the metric.
    #[serde(serialize_with = "outcome")]
    pub verdict: Outcome,
    /// The versions.
    pub versions: Vec<VersionReport>,
    /// All metrics, by name and unit.
    pub metrics: Vec<MetricRow>,
    /// All parameters, by name.
    pub params: Vec<ParamRow>,
    /// The best by each metric that was asked for.
    pub best: Vec<Best>,
}

/// What is known of a version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionReport {
    /// What people call it.
    pub title: String,
    /// Its stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The aliases that name it.
    pub aliases: Vec<String>,
    /// The run of MLflow that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The digest of what describes it.
    pub digest: String,
    /// How many metrics it has.
    pub metrics: usize,
    /// How many parameters it has.
    pub params: usize,
    /// Whether it has a signature; none where nothing says it.
    pub signature: Option<bool>,
    /// Whether each dependency is of one version; none where nothing says it.
    pub dependencies_pinned: Option<bool>,
}

/// A metric of all versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricRow {
    /// The name with its labels.
    pub name: String,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// One a version.
    pub values: Vec<Measured>,
}

/// What a version has of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// Nothing.
    Missing,
    /// The newest observation.
    Value(f64),
    /// Observations of one time that differ.
    Disagreement,
}

impl Measured {
    /// The value, where it can be compared.
    fn comparable(self) -> Option<f64> {
        match self {
            Self::Value(value) if !value.is_nan() => Some(value),
            _ => None,
        }
    }

    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => one.total_cmp(&other).is_eq() || one == other,
            (one, other) => one == other,
        }
    }

    /// As a person reads it.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Missing => "-".to_owned(),
            Self::Value(value) if value.is_finite() => value.to_string(),
            Self::Value(value) => non_finite_name(value).to_owned(),
            Self::Disagreement => "disagreement".to_owned(),
        }
    }
}

impl Serialize for Measured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_none(),
            Self::Value(value) if value.is_finite() => serializer.serialize_f64(*value),
            other => serializer.serialize_str(&other.shown()),
        }
    }
}

/// A parameter of all versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParamRow {
    /// Its name.
    pub name: String,
    /// One a version; none where it has no such parameter.
    pub values: Vec<Option<String>>,
}

/// The best version by a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Best {
    /// The metric.
    pub metric: String,
    /// `highest` or `lowest`.
    pub wanted: &'static str,
    /// The best: several where they are equal, none where none can be named.
    pub versions: Vec<String>,
    /// One sentence.
    pub reason: String,
}

struct Version {
    model: Model,
    facts: Vec<Fact>,
}

/// Compares the versions of folders, two or more.
///
/// # Errors
/// When a folder cannot be read.
pub fn folders(
    folders: &[impl AsRef<Path>],
    wanted: &[Wanted],
) -> Result<CompareReport, ModelError> {
    let read = |folder: &Path| {
        let mut evidence = Evidence::new();
        let model = Model::read(folder, CANDIDATE, &mut evidence)?;
        let of_it = evidence.facts().iter().filter(|fact| fact.subject == CANDIDATE);
        Ok(Version { model, facts: of_it.cloned().collect() })
    };
    let versions = folders.iter().map(|folder| read(folder.as_ref()));
    let versions = versions.collect::<Result<Vec<_>, ModelError>>()?;
    Ok(compare(&versions, wanted))
}

fn compare(versions: &[Version], wanted: &[Wanted]) -> CompareReport {
    let metrics = metrics(versions);
    let params = params(versions);
    let described = versions.iter().enumerate().map(|(at, version)| {
        let has = |values: Option<&Measured>| values.is_some_and(|it| *it != Measured::Missing);
        VersionReport {
            title: version.model.title.clone(),
            stage: version.model.stage.clone(),
            aliases: version.model.aliases.clone(),
            run_id: version.model.run_id.clone(),
            digest: version.model.digest().to_string(),
            metrics: metrics.iter().filter(|row| has(row.values.get(at))).count(),
            params: params.iter().filter(|row| matches!(row.values.get(at), Some(Some(_)))).count(),
            signature: boolean(version, "signature_present"),
            dependencies_pinned: boolean(version, "dependencies_pinned"),
        }
    });
    let described: Vec<VersionReport> = described.collect();
    let (verdicts, best): (Vec<Outcome>, Vec<Best>) =
        wanted.iter().map(|wanted| best(wanted, &described, &metrics)).unzip();
    let verdict = verdicts.into_iter().max().unwrap_or(Outcome::Pass);
    CompareReport { verdict, versions: described, metrics, params, best }
}

fn boolean(version: &Version, name: &str) -> Option<bool> {
    version.facts.iter().find(|fact| fact.name == name).and_then(|fact| match fact.value {
        FactValue::Boolean(value) => Some(value),
        _ => None,
    })
}

/// The units that each metric is given in.
fn units(versions: &[Version]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut units: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for fact in versions.iter().flat_map(|version| &version.facts) {
        if let Some(unit) = fact.unit.as_deref().filter(|unit| !unit.is_empty()) {
            units.entry(title(fact)).or_default().insert(unit);
        }
    }
    units
}

/// Numbers of different units are different rows: nobody compares them unseen.
/// Where all units that are said are one, whoever says none means that one, as
/// MLflow's runs do.
fn metrics(versions: &[Version]) -> Vec<MetricRow> {
    let units = units(versions);
    let mut rows: BTreeMap<Key, Vec<Measured>> = BTreeMap::new();
    for (at, version) in versions.iter().enumerate() {
        for (key, Newest { measured, .. }) in newest(version, &units) {
            let row = rows.entry(key).or_insert_with(|| vec![Measured::Missing; versions.len()]);
            if let Some(place) = row.get_mut(at) {
                *place = measured;
            }
        }
    }
    rows.into_iter().map(|((name, unit), values)| MetricRow { name, unit, values }).collect()
}

/// A name with its labels, and a unit.
type Key = (String, Option<String>);

/// The newest observation. What says no time is older than what does.
struct Newest {
    at: Option<Instant>,
    measured: Measured,
}

fn newest(version: &Version, units: &BTreeMap<String, BTreeSet<&str>>) -> BTreeMap<Key, Newest> {
    let mut all: BTreeMap<Key, Newest> = BTreeMap::new();
    // The host counts the metrics itself.
    for fact in version.facts.iter().filter(|fact| fact.name != "metric_count") {
        let value = match fact.value {
            FactValue::Number(value) => value,
            #[allow(clippy::cast_precision_loss, reason = "a metric is a double anywhere else")]
            FactValue::Integer(value) => value as f64,
            _ => continue,
        };
        let name = title(fact);
        let said = fact.unit.as_deref().filter(|unit| !unit.is_empty());
        let unit = said.or_else(|| match units.get(&name) {
            Some(units) if units.len() == 1 => units.first().copied(),
            _ => None,
        });
        let at = fact.observed_at.as_deref().and_then(|text| text.parse().ok());
        let observed = Newest { at, measured: Measured::Value(value) };
        match all.entry((name, unit.map(str::to_owned))) {
            Entry::Vacant(place) => drop(place.insert(observed)),
            Entry::Occupied(mut place) => {
                let known = place.get_mut();
                if observed.at > known.at {
                    *known = observed;
                } else if observed.at == known.at && !observed.measured.is_same(known.measured) {
                    known.measured = Measured::Disagreement;
                }
            }
        }
    }
    all
}

fn params(versions: &[Version]) -> Vec<ParamRow> {
    let of = |version: &Version| -> BTreeMap<String, String> {
        let params = version.facts.iter().filter(|fact| fact.name == "param");
        let params = params.filter_map(|fact| match (&fact.value, fact.labels.first()) {
            (FactValue::Text(value), Some(label)) => Some((label.value.clone(), value.clone())),
            _ => None,
        });
        params.collect()
    };
    let params: Vec<BTreeMap<String, String>> = versions.iter().map(of).collect();
    let names: BTreeSet<&String> = params.iter().flat_map(BTreeMap::keys).collect();
    let row = |name: &String| ParamRow {
        name: name.clone(),
        values: params.iter().map(|of| of.get(name).cloned()).collect(),
    };
    names.into_iter().map(row).collect()
}

/// A version that has no such metric, or none that can be compared, is never
/// the best.
fn best(wanted: &Wanted, versions: &[VersionReport], metrics: &[MetricRow]) -> (Outcome, Best) {
    let word = if wanted.highest { "highest" } else { "lowest" };
    let none = |reason: String| {
        let metric = wanted.metric.clone();
        (Outcome::Inconclusive, Best { metric, wanted: word, versions: Vec::new(), reason })
    };
    let metric = &wanted.metric;
    let mut rows = metrics.iter().filter(|row| row.name == *metric);
    let Some(row) = rows.next() else { return none(format!("no version has `{metric}`")) };
    if rows.next().is_some() {
        return none(format!("`{metric}` is given in different units"));
    }
    let better =
        |one: f64, other: f64| if wanted.highest { one.max(other) } else { one.min(other) };
    let comparable = row.values.iter().filter_map(|value| value.comparable());
    let Some(extreme) = comparable.reduce(better) else {
        return none(format!("no version has a value of `{metric}` that can be compared"));
    };
    let pairs = || versions.iter().zip(&row.values);
    let are_best = pairs().filter(|(_, value)| value.comparable() == Some(extreme));
    let titles: Vec<String> = are_best.map(|(version, _)| version.title.clone()).collect();
    let others = pairs().filter(|(_, value)| value.comparable().is_none());
    let others: Vec<String> = others
        .map(|(version, value)| match value {
            Measured::Missing => version.title.clone(),
            value => format!("{} ({})", version.title, value.shown()),
        })
        .collect();
    let mut reason = format!("{word} `{metric}`: {extreme}");
    if !others.is_empty() {
        reason += &format!("; without a value to compare: {}", others.join(", "));
    }
    let verdict = match (titles.len(), others.is_empty()) {
        (1, true) => Outcome::Pass,
        (1, false) => Outcome::Warn,
        _ => {
            reason += "; several are equal";
            Outcome::Inconclusive
        }
    };
    (verdict, Best { metric: metric.clone(), wanted: word, versions: titles, reason })
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    Value::from(outcome.name()).serialize(serializer)
}
