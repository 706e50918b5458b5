//! What settings say, with what the plugin's own schema says of each.

use serde::Serialize;
use serde_json::Value;
use tollgate::document::PolicyDocument;
use tollgate::tree::{Content, Node, escape};

/// So many settings are told; a document of a person has fewer.
const TOLD: usize = 200;

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Where it is, as an RFC 6901 pointer into the settings.
    pub pointer: String,
    /// What it is, as JSON.
    pub value: Value,
    /// What it means, in the words of the plugin's schema; none where these say
    /// nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
}

/// The settings of a document, in the order of the text. Lists of maps are the
/// rules, which are told elsewhere.
pub(super) fn said(document: &PolicyDocument, schema: &str) -> Vec<Setting> {
    let schema: Value = serde_json::from_str(schema).unwrap_or(Value::Null);
    let mut said = Vec::new();
    if let Some(settings) = document.settings_tree() {
        walk(settings, &schema, &schema, "", None, &mut said);
    }
    said
}

fn walk(
    node: &Node,
    schema: &Value,
    root: &Value,
    pointer: &str,
    inherited: Option<&str>,
    said: &mut Vec<Setting>,
) {
    let described = |schema: &'_ Value| schema.get("description").is_some();
    let target = resolved(schema, root);
    // What is said of the place says more than what is said of its kind.
    let own = if described(schema) { schema } else { target };
    let own = own.get("description").and_then(Value::as_str);
    let meaning = own.or(inherited);
    if said.len() >= TOLD {
        return;
    }
    let is_inner = |node: &Node| matches!(node.content, Content::Map(_) | Content::List(_));
    match &node.content {
        Content::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let below = member(target, &entry.key, root);
                // What a map of one kind means, each of its entries means.
                let inherited = if described(below) { own } else { meaning };
                let pointer = format!("{pointer}/{}", escape(&entry.key));
                walk(&entry.value, below, root, &pointer, inherited, said);
            }
        }
        Content::List(items) if items.iter().any(is_inner) => {
            let below = target.get("items").unwrap_or(&Value::Null);
            for (index, item) in items.iter().enumerate() {
                walk(item, below, root, &format!("{pointer}/{index}"), own, said);
            }
        }
        _ => said.push(Setting {
            pointer: pointer.to_owned(),
            value: node.to_json(),
            meaning: meaning.map(first_sentence),
        }),
    }
}

/// What a schema says of a member.
fn member<'s>(schema: &'s Value, key: &str, root: &'s Value) -> &'s Value {
    let named = |schema: &'s Value| schema.get("properties").and_then(|it| it.get(key));
    let any = |schema: &'s Value| schema.get("additionalProperties").filter(|it| it.is_object());
    let branches =
        ["oneOf", "anyOf", "allOf"].iter().filter_map(|word| schema.get(word)?.as_array());
    let branches = branches.flatten().map(|branch| resolved(branch, root));
    let all: Vec<&Value> = std::iter::once(schema).chain(branches).collect();
    let found = all.iter().find_map(|schema| named(schema));
    found.or_else(|| all.iter().find_map(|schema| any(schema))).unwrap_or(&Value::Null)
}

/// The schema that a reference within the same text leads to.
fn resolved<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let mut schema = schema;
    // A reference may lead to another, and a wrong schema in a circle.
    for _ in 0..8 {
        let Some(pointer) = schema.get("$ref").and_then(Value::as_str) else { break };
        let target = pointer.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        let Some(target) = target else { break };
        schema = target;
    }
    schema
}

fn first_sentence(text: &str) -> String {
    match text.split_once(". ") {
        Some((first, _)) => first.to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}
