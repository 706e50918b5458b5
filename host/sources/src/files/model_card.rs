//! The front matter of a model card, as Hugging Face reads it: `model-index`.
//!
//! <https://huggingface.co/docs/hub/model-cards#model-card-metadata>

use serde_json::Value;
use tollgate::source::Source;
use tollgate_engine::types::{Fact, FactValue};

use crate::asked::Named;
use crate::said::{self, Said};

/// Where each label is in a result.
const LABELS: [(&str, &str); 5] = [
    ("task", "/task/type"),
    ("dataset", "/dataset/type"),
    ("config", "/dataset/config"),
    ("split", "/dataset/split"),
    ("revision", "/dataset/revision"),
];

/// Reads a card; `by` is what becomes a label. The error is one sentence.
pub(crate) fn read(source: &Source, by: &[String], of: &Named) -> Result<Said, String> {
    let matter = matter(source.text()).ok_or(
        "it has no front matter: YAML between two lines `---`, the first of which is its first",
    )?;
    let card = said::json(&Source::new("front matter", matter))?;
    let mut said = Said::default();
    if let Some(license) = card.get("license").and_then(Value::as_str) {
        said.facts.push(said::fact("license", FactValue::Text(license.to_owned())));
    }
    let models = card.get("model-index").and_then(Value::as_array).map(Vec::as_slice);
    let models = models.unwrap_or_default();
    let model = match models {
        [] => None,
        [one] => {
            let names = of.name.as_deref().zip(one.get("name").and_then(Value::as_str));
            if let Some((wanted, found)) = names.filter(|(wanted, found)| wanted != found) {
                return Err(format!("its `model-index` is of `{found}`, and not of `{wanted}`"));
            }
            Some(one)
        }
        several => {
            let name = of.name.as_deref().map(Value::from);
            let found = several.iter().find(|model| model.get("name") == name.as_ref());
            let found = found.filter(|_| name.is_some());
            Some(found.ok_or("its `model-index` has several models, none of this name")?)
        }
    };
    let results = model.and_then(|model| model.get("results")).and_then(Value::as_array);
    for result in results.into_iter().flatten() {
        of_result(result, by, &mut said)?;
    }
    if !said.facts.iter().any(|fact| matches!(fact.value, FactValue::Number(_))) {
        said.remark(None, "its `model-index` has no results");
    }
    Ok(said)
}

fn matter(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("---")?;
    let rest = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n"))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return rest.get(..at);
        }
        at += line.len();
    }
    None
}

fn of_result(result: &Value, by: &[String], said: &mut Said) -> Result<(), String> {
    let mut labels = Vec::new();
    for (key, place) in LABELS.iter().filter(|(key, _)| by.iter().any(|it| it == key)) {
        // What the card does not say is no label, and another slice.
        if let Some(value) = result.pointer(place).and_then(Value::as_str) {
            labels.push(said::label(key, value));
        }
    }
    for metric in result.get("metrics").and_then(Value::as_array).into_iter().flatten() {
        let name = metric.get("type").and_then(Value::as_str);
        let name = name.ok_or("a metric of `model-index` has no `type`")?;
        let value = metric.get("value");
        let number = value.and_then(|value| match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        });
        match number {
            Some(number) => {
                said.facts.push(Fact { labels: labels.clone(), ..said::number(name, number, None) })
            }
            None => {
                said.missing(Some(&said::title(name, &labels)), "its value is no number");
                said.facts.extend(said::unknown(name, labels.clone()));
            }
        }
    }
    Ok(())
}
