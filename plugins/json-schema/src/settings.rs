//! What a document's `settings` hold; `settings.schema.json` describes it.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;
use tollgate_sdk::settings::{Mistakes, Object, step};

use crate::payload::{self, Tree};
use crate::report;

/// The settings as they are given, as JSON text: read by the reader that reads
/// payloads, they keep the digits of their numbers.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Given(Box<RawValue>);

impl Given {
    pub(crate) fn text(&self) -> &str {
        self.0.get()
    }
}

/// The settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The schema.
    pub(crate) schema: Value,
    /// The draft of schemas that do not say theirs; none for the newest.
    pub(crate) draft: Option<&'static str>,
    /// Whether `format` is a rule; none when the draft decides.
    pub(crate) formats: Option<bool>,
    /// Schemas that others refer to, by URI.
    pub(crate) resources: Vec<(String, Value)>,
    /// At most so many findings.
    pub(crate) max_findings: usize,
    /// Whether a schema with keywords that are not known, or that can refuse
    /// nothing, is refused.
    pub(crate) strict_schema: bool,
}

/// Drafts by their names, and the URI that `$schema` has for them.
const DRAFTS: [(&str, &str); 5] = [
    ("4", "http://json-schema.org/draft-04/schema#"),
    ("6", "http://json-schema.org/draft-06/schema#"),
    ("7", "http://json-schema.org/draft-07/schema#"),
    ("2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

/// The keys.
const KEYS: [&str; 6] =
    ["schema", "draft", "formats", "resources", "strict_schema", "max_findings"];

impl Settings {
    /// Reads settings.
    ///
    /// Errors: findings that point into the settings.
    pub(crate) fn read(settings: &Tree<'_>) -> Result<Self, Vec<Finding>> {
        let mut mistakes = Mistakes::default();
        let read = read(settings, &mut mistakes);
        mistakes.into_result()?;
        read.ok_or_else(Vec::new)
    }
}

/// None when there is a mistake.
fn read(settings: &Tree<'_>, mistakes: &mut Mistakes) -> Option<Settings> {
    let map = Object::new(settings, String::new(), &KEYS, mistakes)?;
    let schema = match map.get("schema") {
        Some(given) => schema_of(given, "/schema", mistakes),
        None => {
            mistakes.add("", "`schema` is missing");
            None
        }
    };
    let most = map.count("max_findings", 1..=10_000, mistakes).unwrap_or(100);
    let mut resources = Vec::new();
    for (uri, given) in map.map("resources", mistakes).iter().flat_map(Object::entries) {
        let at = step("/resources", uri);
        resources.extend(schema_of(given, &at, mistakes).map(|schema| (uri.to_owned(), schema)));
    }
    Some(Settings {
        schema: schema?,
        draft: map.choice("draft", &DRAFTS, mistakes),
        formats: map.boolean("formats", mistakes),
        resources,
        max_findings: usize::try_from(most).unwrap_or(usize::MAX),
        strict_schema: map.boolean("strict_schema", mistakes).unwrap_or(false),
    })
}

/// A schema: an object or a boolean, or a text that holds one.
fn schema_of(value: &Tree<'_>, at: &str, mistakes: &mut Mistakes) -> Option<Value> {
    match value {
        Tree::Object(_) | Tree::Boolean(_) => Some(to_value(value)),
        Tree::Text(text) => match payload::read(text.as_bytes()) {
            Err(malformed) => {
                let message = report::malformed(*malformed);
                let told = format!("the schema cannot be read: {}", message.message);
                mistakes.push(in_schema(Finding { message: told, ..message }, at));
                None
            }
            Ok(document) => match (document.repeated.into_iter().next(), &document.tree) {
                (Some(pointer), _) => {
                    mistakes.push(in_schema(report::repeated(pointer), at));
                    None
                }
                (None, tree @ (Tree::Object(_) | Tree::Boolean(_))) => Some(to_value(tree)),
                (None, _) => {
                    mistakes.add(at, "a schema must be an object or a boolean");
                    None
                }
            },
        },
        _ => {
            mistakes.wanted(at, "an object, a boolean, or a text that holds one", value);
            None
        }
    }
}

/// What is wrong in the text of a schema, which stands at `at`.
fn in_schema(finding: Finding, at: &str) -> Finding {
    let within = finding.pointer.clone().unwrap_or_default();
    let finding = Finding { rule: "signature-invalid".to_owned(), ..finding };
    finding.at(format!("{at}{within}"))
}

fn to_value(tree: &Tree<'_>) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Boolean(value) => Value::Bool(*value),
        Tree::Number(number) => number.to_serde().into(),
        Tree::Text(text) => Value::String(text.to_string()),
        Tree::List(items) => Value::Array(items.iter().map(to_value).collect()),
        Tree::Object(members) => Value::Object(
            members
                .entries()
                .iter()
                .map(|(name, value)| (name.to_string(), to_value(value)))
                .collect(),
        ),
    }
}
