//! Evidence that is kept, to be judged again: all that a run saw, as one JSON.

use serde_json::{Value, json};
use tollgate_engine::Digest;
use tollgate_engine::types::{Fact, FactValue};

use super::{Evidence, FactsError, Instant, RUN, Reader};
use crate::mistake::Mistake;
use crate::model::Model;
use crate::source::Source;
use crate::tree::{Content, Node, NonFinite, non_finite_name};

/// The form of the text, in its first member.
const FORM: u64 = 1;

/// The key of a number that JSON has none for.
pub(super) const NON_FINITE: &str = "non_finite";

/// What a run saw of a version and the one that it is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) candidate: Model,
    pub(crate) champion: Option<Model>,
    pub(crate) as_of: Instant,
    pub(crate) evidence: Evidence,
    /// Whether the versions are at hand, and not only what was kept of them.
    pub(crate) is_whole: bool,
}

impl Kept {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "collected": FORM,
            "as_of": self.as_of.to_string(),
            "candidate": identity(&self.candidate),
            "champion": self.champion.as_ref().map(identity),
            "facts": self.evidence.facts().iter().map(fact).collect::<Vec<_>>(),
        })
    }

    /// Reads what [`Kept::to_json`] gives.
    pub(crate) fn parse(source: &Source) -> Result<Self, FactsError> {
        let tree = Node::parse(source, NonFinite::Kept)?;
        let wrong = |node: &Node, problem: &str| Mistake::new(source, node.span, problem);
        let form = tree.get("collected").map(|node| &node.content);
        if !matches!(form, Some(Content::Number(form)) if form.as_u64() == Some(FORM)) {
            return Err(wrong(
                tree.nearest("").node,
                "this is no evidence that was kept: `--facts-out` writes it, with `collected: 1`",
            )
            .into());
        }
        let part = |key: &str| tree.get(key).filter(|node| node.content != Content::Null);
        let candidate = part("candidate").and_then(model);
        let candidate = candidate.ok_or_else(|| wrong(&tree, "there is no `candidate` here"))?;
        let as_of = part("as_of").and_then(Node::text).unwrap_or_default();
        let as_of = as_of.parse().map_err(|problem: String| wrong(&tree, &problem))?;
        let mut evidence = Evidence::new();
        let mut reader = Reader::new(source, RUN);
        reader.by_host = true;
        let facts = Node {
            content: Content::Map(
                tree.entries()
                    .unwrap_or_default()
                    .iter()
                    .filter(|entry| entry.key == "facts")
                    .cloned()
                    .collect(),
            ),
            span: tree.span,
        };
        evidence.add_all(&facts, reader)?;
        let champion = part("champion").and_then(model);
        Ok(Self { candidate, champion, as_of, evidence, is_whole: false })
    }
}

fn identity(model: &Model) -> Value {
    json!({
        "title": model.title, "name": model.name, "version": model.version,
        "run_id": model.run_id, "digest": model.digest().to_string(),
    })
}

fn model(node: &Node) -> Option<Model> {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let mut model = Model::called(&text("title")?);
    (model.name, model.version, model.run_id) = (text("name"), text("version"), text("run_id"));
    model.kept_digest = text("digest").and_then(|digest| Digest::parse(&digest));
    Some(model)
}

/// A fact as [`Evidence::read`] takes it, nothing lost.
fn fact(fact: &Fact) -> Value {
    let number = |value: f64| match serde_json::Number::from_f64(value) {
        Some(number) => Value::from(number),
        // Apart from a text that says the same, which no file of facts needs.
        None => json!({ NON_FINITE: non_finite_name(value) }),
    };
    let mut json = json!({
        "name": fact.name,
        "subject": fact.subject,
        "value": match &fact.value {
            FactValue::Boolean(value) => Value::from(*value),
            FactValue::Integer(value) => Value::from(*value),
            FactValue::Number(value) => number(*value),
            FactValue::Text(value) => Value::from(value.as_str()),
            FactValue::Numbers(values) => values.iter().copied().map(number).collect(),
        },
    });
    let Some(object) = json.as_object_mut() else { return json };
    let mut give = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let labels = fact.labels.iter().map(|label| (label.key.clone(), label.value.as_str().into()));
    let labels: serde_json::Map<_, _> = labels.collect();
    give("labels", (!labels.is_empty()).then_some(Value::Object(labels)));
    give("unit", fact.unit.as_deref().map(Value::from));
    give("samples", fact.samples.map(Value::from));
    give("observed_at", fact.observed_at.as_deref().map(Value::from));
    give("source", fact.source.as_deref().map(Value::from));
    json
}
