//! The model card of a CycloneDX ML-BOM, JSON, 1.5 and later.
//!
//! A bill of materials holds many components; the one that counts has the
//! model's name and version, so that what was measured of another version says
//! nothing of this one.
//! <https://cyclonedx.org/docs/1.6/json/#components_items_modelCard>

use serde_json::Value;
use tollgate::source::Source;
use tollgate_engine::types::{Fact, FactValue};

use crate::asked::Named;
use crate::said::{self, Said};

/// How deep components may hold components.
const DEEPEST: usize = 16;

/// Reads a bill of materials. `named` is what the document calls the component.
/// The error is one sentence.
pub(crate) fn read(source: &Source, named: &Named, of: &Named) -> Result<Said, String> {
    let bom = said::json(source)?;
    if bom.get("bomFormat").and_then(Value::as_str) != Some("CycloneDX") {
        return Err("this is no CycloneDX: its `bomFormat` is another".to_owned());
    }
    let mut models = Vec::new();
    let root = bom.pointer("/metadata/component").into_iter();
    for component in root.chain(list(&bom, "components")) {
        gather(component, &mut models, 0);
    }
    let model = the_one(&models, named, of)?;
    let mut said = Said::default();
    said.facts.push(said::fact("ml_bom_present", FactValue::Boolean(true)));
    if let Some(metrics) = model.pointer("/modelCard/quantitativeAnalysis/performanceMetrics") {
        for metric in metrics.as_array().into_iter().flatten() {
            of_metric(metric, &mut said);
        }
    }
    said.observed_at(bom.pointer("/metadata/timestamp").and_then(Value::as_str));
    Ok(said)
}

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn gather<'a>(component: &'a Value, models: &mut Vec<&'a Value>, depth: usize) {
    if component.get("type").and_then(Value::as_str) == Some("machine-learning-model") {
        models.push(component);
    }
    if depth < DEEPEST {
        for part in list(component, "components") {
            gather(part, models, depth + 1);
        }
    }
}

/// The component of this name and version.
fn the_one<'a>(models: &[&'a Value], named: &Named, of: &Named) -> Result<&'a Value, String> {
    let name = named.name.as_deref().or(of.name.as_deref());
    let name = name.ok_or("the model's name is not known, and `component` does not say it")?;
    let version = named.version.as_deref().or(of.version.as_deref());
    let version = version
        .ok_or("the model's version is not known, and `component_version` does not say it")?;
    let text = |model: &Value, key: &str| model.get(key).and_then(Value::as_str).map(str::to_owned);
    let known = || {
        let titles: Vec<String> = models
            .iter()
            .map(|model| {
                let part = |key| text(model, key).unwrap_or_else(|| "none".to_owned());
                format!("`{}` {}", part("name"), part("version"))
            })
            .collect();
        if titles.is_empty() { "no model".to_owned() } else { titles.join(", ") }
    };
    let mut found = models.iter().filter(|model| {
        text(model, "name").as_deref() == Some(name)
            && text(model, "version").as_deref() == Some(version)
    });
    match (found.next(), found.next()) {
        (Some(model), None) => Ok(model),
        (Some(_), Some(_)) => Err(format!("it has model `{name}` {version} twice")),
        (None, _) => Err(format!("it has no model `{name}` {version}; it has {}", known())),
    }
}

fn of_metric(metric: &Value, said: &mut Said) {
    let text = |key: &str| {
        let text = metric.get(key).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty())
    };
    let Some(name) = text("type") else {
        said.missing(None, "a metric has no `type`");
        return;
    };
    if metric.get("slice").is_some() && text("slice").is_none() {
        said.missing(Some(name), "its `slice` is no text, so that it may be of a part only");
        return;
    }
    let labels: Vec<_> = text("slice")
        .map(|slice| match slice.split_once('=') {
            Some((key, value)) => said::label(key.trim(), value.trim()),
            None => said::label("slice", slice),
        })
        .into_iter()
        .collect();
    // The specification has text here, so that a share may be written as `91 %`.
    let value = text("value").unwrap_or_default();
    let (number, unit) = match value.strip_suffix('%') {
        Some(number) => (number.trim_end(), Some("%")),
        None => (value, None),
    };
    let number = number.parse().ok().or_else(|| metric.get("value")?.as_f64());
    match number {
        Some(number) => {
            said.facts.push(Fact { labels, ..said::number(name, number, unit) });
        }
        None => {
            said.missing(Some(&said::title(name, &labels)), "its value is no number");
            said.facts.extend(said::unknown(name, labels));
        }
    }
}
