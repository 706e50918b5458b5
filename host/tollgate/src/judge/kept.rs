//! Evidence that is kept, to be judged again: all that a run saw, as one JSON.

use serde_json::{Value, json};
use tollgate_engine::Digest;
use tollgate_engine::types::{Fact, FactValue, Label};

use crate::facts::{CANDIDATE, CHAMPION, Evidence, FactsError, Instant};
use crate::mistake::Mistake;
use crate::model::Model;
use crate::source::Source;
use crate::tree::{Content, Entry, Node, NonFinite, non_finite_from_name, non_finite_name};

/// The form of the text, in its first member.
const FORM: u64 = 1;

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
        let mut runs = self.evidence.runs.clone();
        // That two folders are one is nothing that anybody can see later.
        if self.champion.as_ref().is_some_and(|champion| self.candidate.is_same(champion)) {
            runs.extend([CANDIDATE, CHAMPION].map(|role| (role.to_owned(), String::new())));
        }
        json!({
            "collected": FORM,
            "as_of": self.as_of.to_string(),
            "candidate": identity(&self.candidate),
            "champion": self.champion.as_ref().map(identity),
            "facts": self.evidence.facts().iter().map(fact).collect::<Vec<_>>(),
            "runs": runs,
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
        let facts = part("facts").and_then(Node::items).unwrap_or_default();
        let mut evidence = Evidence::new();
        for node in facts {
            let fact = read_fact(node);
            evidence.add(fact.ok_or_else(|| wrong(node, "this is no fact that was kept"))?);
        }
        for pair in part("runs").and_then(Node::items).unwrap_or_default() {
            let text = |at: usize| pair.items()?.get(at)?.text().map(str::to_owned);
            let run = text(0).zip(text(1));
            let run = run.ok_or_else(|| wrong(pair, "a run is a pair of subject and id"))?;
            evidence.runs.insert(run);
        }
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

/// A fact, nothing lost, whoever rewrites the JSON: a number may lose its point
/// on the way (`1.0`), so `kind` says what the value alone does not.
fn fact(fact: &Fact) -> Value {
    let (value, kind) = match &fact.value {
        FactValue::Boolean(value) => (Value::from(*value), None),
        FactValue::Integer(value) => (Value::from(*value), None),
        FactValue::Number(value) => (number(*value), (value.fract() == 0.0).then_some("number")),
        FactValue::Text(value) => {
            (Value::from(value.as_str()), non_finite_from_name(value).map(|_| "text"))
        }
        FactValue::Numbers(values) => (values.iter().copied().map(number).collect(), None),
    };
    let mut json = json!({ "name": fact.name, "subject": fact.subject, "value": value });
    let Some(object) = json.as_object_mut() else { return json };
    let mut give = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let labels = fact.labels.iter().map(|label| (label.key.clone(), label.value.as_str().into()));
    let labels: serde_json::Map<_, _> = labels.collect();
    give("kind", kind.map(Value::from));
    give("labels", (!labels.is_empty()).then_some(Value::Object(labels)));
    give("unit", fact.unit.as_deref().map(Value::from));
    give("samples", fact.samples.map(Value::from));
    give("observed_at", fact.observed_at.as_deref().map(Value::from));
    give("source", fact.source.as_deref().map(Value::from));
    json
}

/// Text where JSON has no such number, or canonical JSON would not keep it: it
/// has one zero, and writes out whole numbers below 10^21, of which readers take
/// those of 64 bits.
fn number(value: f64) -> Value {
    let minus_zero = value == 0.0 && value.is_sign_negative();
    let is_written_out = value.fract() == 0.0 && (2e15..1e21).contains(&value.abs());
    match serde_json::Number::from_f64(value) {
        None => non_finite_name(value).into(),
        Some(_) if minus_zero || is_written_out => format!("{value:e}").into(),
        Some(number) => number.into(),
    }
}

fn read_number(node: &Node) -> Option<f64> {
    match &node.content {
        Content::Number(number) => number.as_f64(),
        Content::NonFinite(value) => Some(*value),
        Content::Text(text) => non_finite_from_name(text).or_else(|| text.parse().ok()),
        _ => None,
    }
}

/// Reads what [`fact`] gives. The host wrote it, so that names are taken as they
/// are and anybody's facts may be among them.
fn read_fact(node: &Node) -> Option<Fact> {
    let part = |key: &str| node.get(key).filter(|node| node.content != Content::Null);
    let text = |key: &str| match part(key) {
        None => Some(None),
        Some(node) => node.text().map(|text| Some(text.to_owned())),
    };
    let value = part("value")?;
    let value = match (part("kind").and_then(Node::text), &value.content) {
        (Some("number"), _) => FactValue::Number(read_number(value)?),
        (Some("text"), Content::Text(text)) => FactValue::Text(text.clone()),
        (Some(_), _) | (None, Content::Null | Content::Map(_)) => return None,
        (None, Content::Boolean(value)) => FactValue::Boolean(*value),
        (None, Content::Number(number)) => match number.as_i64() {
            Some(integer) => FactValue::Integer(integer),
            None => FactValue::Number(number.as_f64()?),
        },
        (None, Content::NonFinite(value)) => FactValue::Number(*value),
        (None, Content::Text(text)) => match non_finite_from_name(text) {
            Some(value) => FactValue::Number(value),
            None => FactValue::Text(text.clone()),
        },
        (None, Content::List(items)) => {
            FactValue::Numbers(items.iter().map(read_number).collect::<Option<_>>()?)
        }
    };
    let label = |entry: &Entry| {
        Some(Label { key: entry.key.clone(), value: entry.value.text()?.to_owned() })
    };
    let mut labels: Vec<Label> = match part("labels") {
        None => Vec::new(),
        Some(labels) => labels.entries()?.iter().map(label).collect::<Option<_>>()?,
    };
    labels.sort();
    let samples = match part("samples").map(|node| &node.content) {
        None => None,
        Some(Content::Number(number)) => Some(number.as_u64()?),
        Some(_) => return None,
    };
    Some(Fact {
        name: text("name")??,
        subject: text("subject")??,
        labels,
        value,
        unit: text("unit")?,
        samples,
        observed_at: text("observed_at")?,
        source: text("source")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn kept(facts: Vec<Fact>, runs: &[(&str, &str)]) -> Kept {
        let mut evidence = Evidence::new();
        facts.into_iter().for_each(|fact| evidence.add(fact));
        let runs = runs.iter().map(|(of, run)| ((*of).to_owned(), (*run).to_owned()));
        evidence.runs.extend(runs);
        let as_of = "2026-11-21T12:00:00Z".parse().expect("a time");
        Kept { candidate: Model::called("a"), champion: None, as_of, evidence, is_whole: true }
    }

    fn again(kept: &Kept) -> Kept {
        let text = canonical::to_text(&kept.to_json());
        Kept::parse(&Source::new("kept.json", &text)).expect("what was kept")
    }

    /// Whatever a fact may hold, canonical JSON brings it back.
    #[test]
    fn nothing_is_lost() {
        let values = [
            FactValue::Boolean(true),
            FactValue::Integer(1),
            FactValue::Integer(i64::MIN),
            FactValue::Number(1.0),
            FactValue::Number(-0.0),
            FactValue::Number(0.1),
            FactValue::Number(1e20),
            FactValue::Number(1e19),
            FactValue::Number(-1e19),
            FactValue::Number(1e21),
            FactValue::Number(9_007_199_254_740_992.0),
            FactValue::Number(f64::NAN),
            FactValue::Number(f64::NEG_INFINITY),
            FactValue::Number(f64::MIN_POSITIVE),
            FactValue::Text(String::new()),
            FactValue::Text("nan".to_owned()),
            FactValue::Text("Infinity".to_owned()),
            FactValue::Text("-0".to_owned()),
            FactValue::Text("1.0".to_owned()),
            FactValue::Numbers(vec![]),
            FactValue::Numbers(vec![1.0, -0.0, 0.5, 1e20, f64::NAN, f64::INFINITY]),
        ];
        let names = ["plain", "open{brace", "auc{group=female}", "", " blank "];
        let facts: Vec<Fact> = values
            .into_iter()
            .flat_map(|value| names.map(|name| crate::model::fact(name, "run", value.clone())))
            .chain([Fact {
                labels: vec![Label { key: " ".to_owned(), value: String::new() }],
                unit: Some(String::new()),
                samples: Some(u64::MAX),
                observed_at: Some("2026-11-21T12:00:00.25Z".to_owned()),
                source: Some(" ".to_owned()),
                ..crate::model::fact("stage", "candidate", FactValue::Boolean(false))
            }])
            .collect();
        let first = kept(facts, &[("candidate", "r1"), ("champion", "r1")]);
        let second = again(&first);
        let shown = |kept: &Kept| format!("{:?} {:?}", kept.evidence.facts, kept.evidence.runs);
        assert_eq!(shown(&second), shown(&first));
        assert_eq!(second.to_json(), first.to_json());
    }

    /// Two paths of one folder are one version, after the folder is gone as well.
    #[test]
    fn that_both_are_one_version_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("facts.json"), r#"{"metrics":{"auc":1.0}}"#)
            .expect("written");
        let mut evidence = Evidence::new();
        let candidate = Model::read(folder.path(), "candidate", &mut evidence).expect("a model");
        let twin = folder.path().join("..").join(folder.path().file_name().unwrap_or_default());
        let champion = Model::read(&twin, "champion", &mut evidence);
        let as_of = "2026-11-21T12:00:00Z".parse().expect("a time");
        let champion = Some(champion.expect("a model"));
        let first = again(&Kept { candidate, champion, as_of, evidence, is_whole: true });
        assert!(first.evidence.runs("candidate").any(|run| run.is_empty()));
        assert!(first.evidence.runs("champion").any(|run| run.is_empty()));
        assert_eq!(again(&first).to_json(), first.to_json());
    }

    #[test]
    fn what_is_no_fact_is_told_at_its_place() {
        for fact in [
            r#"{"name":"a","subject":"run"}"#,
            r#"{"name":"a","value":1}"#,
            r#"{"name":1,"subject":"run","value":1}"#,
            r#"{"name":"a","subject":"run","value":null}"#,
            r#"{"name":"a","subject":"run","value":"x","kind":"number"}"#,
            r#"{"name":"a","subject":"run","value":1,"kind":"odd"}"#,
            r#"{"name":"a","subject":"run","value":[true]}"#,
            r#"{"name":"a","subject":"run","value":1,"samples":-1}"#,
            r#"{"name":"a","subject":"run","value":1,"labels":{"g":1}}"#,
        ] {
            let text = format!(
                r#"{{"collected":1,"as_of":"2026-11-21T12:00:00Z","candidate":{{"title":"a"}},"facts":[{fact}]}}"#
            );
            let error = Kept::parse(&Source::new("kept.json", &text)).expect_err(fact);
            assert!(error.to_string().contains("no fact that was kept"), "{error}");
        }
    }
}
