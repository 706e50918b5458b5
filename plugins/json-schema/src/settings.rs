//! What a document's `settings` hold; `settings.schema.json` describes it.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;

use crate::payload::{self, Malformed, Tree, push_step};
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

impl Settings {
    /// Reads settings.
    ///
    /// Errors: findings that point into the settings.
    pub(crate) fn read(settings: &Tree<'_>) -> Result<Self, Vec<Finding>> {
        let Tree::Object(members) = settings else {
            return Err(wrong("", "the settings must be an object"));
        };
        let mut read = Self {
            schema: Value::Null,
            draft: None,
            formats: None,
            resources: Vec::new(),
            max_findings: 100,
            strict_schema: false,
        };
        let mut has_schema = false;
        for (name, value) in members.entries() {
            match name.as_ref() {
                "schema" => {
                    has_schema = true;
                    read.schema = schema(value, "/schema")?;
                }
                "draft" => read.draft = Some(draft(value)?),
                "formats" => match value {
                    Tree::Boolean(formats) => read.formats = Some(*formats),
                    _ => return Err(wrong("/formats", "`formats` must be true or false")),
                },
                "resources" => read.resources = resources(value)?,
                "strict_schema" => match value {
                    Tree::Boolean(strict) => read.strict_schema = *strict,
                    _ => {
                        let message = "`strict_schema` must be true or false";
                        return Err(wrong("/strict_schema", message));
                    }
                },
                "max_findings" => read.max_findings = max_findings(value)?,
                name => {
                    let mut pointer = String::new();
                    push_step(&mut pointer, name);
                    return Err(wrong(&pointer, &format!("there is no setting `{name}`")));
                }
            }
        }
        if has_schema { Ok(read) } else { Err(wrong("", "`schema` is missing")) }
    }
}

fn wrong(pointer: &str, message: &str) -> Vec<Finding> {
    vec![Finding::invalid_settings(message.to_owned()).at(pointer)]
}

fn draft(value: &Tree<'_>) -> Result<&'static str, Vec<Finding>> {
    let Tree::Text(name) = value else {
        return Err(wrong("/draft", "`draft` must be text"));
    };
    DRAFTS.iter().find(|(known, _)| known == name).map(|(_, uri)| *uri).ok_or_else(|| {
        let names: Vec<&str> = DRAFTS.iter().map(|(name, _)| *name).collect();
        wrong("/draft", &format!("`draft` must be one of `{}`", names.join("`, `")))
    })
}

fn max_findings(value: &Tree<'_>) -> Result<usize, Vec<Finding>> {
    let count = match value {
        Tree::Number(number) => number.text().parse().ok(),
        _ => None,
    };
    count
        .filter(|count| (1..=10_000).contains(count))
        .ok_or_else(|| wrong("/max_findings", "`max_findings` must be 1 to 10000"))
}

fn resources(value: &Tree<'_>) -> Result<Vec<(String, Value)>, Vec<Finding>> {
    let Tree::Object(members) = value else {
        return Err(wrong("/resources", "`resources` must be an object, from URIs to schemas"));
    };
    let one = |(uri, value): &(_, Tree<'_>)| {
        let uri: &std::borrow::Cow<'_, str> = uri;
        let mut pointer = "/resources".to_owned();
        push_step(&mut pointer, uri);
        Ok((uri.to_string(), schema(value, &pointer)?))
    };
    members.entries().iter().map(one).collect()
}

/// A schema: an object or a boolean, or a text that holds one.
fn schema(value: &Tree<'_>, pointer: &str) -> Result<Value, Vec<Finding>> {
    match value {
        Tree::Object(_) | Tree::Boolean(_) => Ok(to_value(value)),
        Tree::Text(text) => {
            let document = payload::read(text.as_bytes())
                .map_err(|malformed| unusable(*malformed, pointer))?;
            if let Some(at) = document.repeated.into_iter().next() {
                let finding = report::repeated(at);
                let at = finding.pointer.clone().unwrap_or_default();
                let mut finding = finding.at(format!("{pointer}{at}"));
                "signature-invalid".clone_into(&mut finding.rule);
                return Err(vec![finding]);
            }
            match &document.tree {
                tree @ (Tree::Object(_) | Tree::Boolean(_)) => Ok(to_value(tree)),
                _ => Err(wrong(pointer, "a schema must be an object or a boolean")),
            }
        }
        _ => Err(wrong(pointer, "a schema must be an object, a boolean, or a text that holds one")),
    }
}

fn unusable(malformed: Malformed, pointer: &str) -> Vec<Finding> {
    let mut finding = report::malformed(malformed);
    "signature-invalid".clone_into(&mut finding.rule);
    finding.message = format!("the schema cannot be read: {}", finding.message);
    let at = finding.pointer.take().unwrap_or_default();
    vec![finding.at(format!("{pointer}{at}"))]
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
