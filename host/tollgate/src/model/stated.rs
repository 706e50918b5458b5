//! The facts that the host states of a version: `policies/facts.md`.

use tollgate_engine::types::{Fact, FactValue, Label};

use super::SignatureText;
use super::description::Read;
use crate::facts::{Evidence, SCHEMA_VALID};

/// A longer tag is a file that someone put there, such as the history that
/// MLflow keeps of a run's models.
const LONGEST_TAG: usize = 4096;

/// States what is known of a version, after what files say of it.
pub(super) fn observe(read: &Read, role: &str, evidence: &mut Evidence) {
    let model = &read.model;
    let of_version = format!("model version {}", model.title);
    let of_tags = format!("tag of {}", model.title);
    let mut state = |name: &str, label: Option<(&str, &str)>, value: FactValue, source: &str| {
        let label =
            label.map(|(key, value)| Label { key: key.to_owned(), value: value.to_owned() });
        evidence.observe(Fact {
            labels: label.into_iter().collect(),
            source: Some(source.to_owned()),
            ..super::fact(name, role, value)
        });
    };
    for (key, value) in &model.tags {
        // Whether the signature can be used is looked at, and not believed.
        let is_looked_at = key == SCHEMA_VALID;
        if value.len() <= LONGEST_TAG && !is_looked_at && !crate::facts::is_stated(key, role) {
            state(key, None, tag_value(value), &of_tags);
        }
    }
    let texts = [
        ("name", &model.name),
        ("version", &model.version),
        ("run_id", &model.run_id),
        ("stage", &model.stage),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            state(name, None, FactValue::Text(text.clone()), &of_version);
        }
    }
    for alias in &model.aliases {
        state("alias", Some(("alias", alias)), FactValue::Boolean(true), &of_version);
    }
    if model.version.is_some() {
        state("pinned", None, FactValue::Boolean(!model.aliases.is_empty()), &of_version);
    }
    for (name, value) in &read.parameters {
        if value.len() <= LONGEST_TAG {
            let value = FactValue::Text(value.clone());
            state("param", Some(("name", name)), value, &of_version);
        }
    }
    if let Some(count) = read.metrics {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        state("metric_count", None, FactValue::Integer(count), &of_version);
    }
    if let Some(mlmodel) = &model.mlmodel {
        let present = SignatureText::parse(mlmodel.clone())
            .is_ok_and(|it| it.value.get("inputs").is_some_and(|inputs| !inputs.is_null()));
        state("signature_present", None, FactValue::Boolean(present), &of_version);
    }
    if let Some(pinned) = read.pinned_requirements {
        state("dependencies_pinned", None, FactValue::Boolean(pinned), &of_version);
    }
    for path in read.artifacts.iter().flatten() {
        state("artifact", Some(("path", path)), FactValue::Boolean(true), &of_version);
    }
}

fn tag_value(text: &str) -> FactValue {
    match text {
        "true" | "True" => FactValue::Boolean(true),
        "false" | "False" => FactValue::Boolean(false),
        text => FactValue::Text(text.to_owned()),
    }
}
