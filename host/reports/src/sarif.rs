//! SARIF 2.1.0, an OASIS Standard:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! What passes is among the rules and not among the results, since what shows
//! SARIF takes each result for a fault.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value, json};
use tollgate::text::{safe_json, visible};

use crate::case::{Case, Mark};
use crate::told::{Section, Told};

/// What `partialFingerprints` are called; another way to make them gets another
/// number.
const FINGERPRINT: &str = "tollgate/v1";

pub(crate) fn render(out: &mut String, told: &Told<'_>) -> fmt::Result {
    let mut rules: Vec<Value> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut results = Vec::new();
    let is_told = |section: &Section<'_>, case: &Case<'_>| match case.mark {
        Mark::Error => false,
        // That one of many things passes is no rule.
        Mark::Pass => !section.name.is_empty(),
        _ => true,
    };
    for (section, case) in told.cases().filter(|(section, case)| is_told(section, case)) {
        let id = rule_id(told, section, case);
        let index = *known.entry(id.clone()).or_insert_with(|| {
            rules.push(rule(&id, section, case));
            rules.len() - 1
        });
        if case.mark > Mark::Pass {
            results.push(result(&id, index, section, case));
        }
    }
    let errors = told.cases().filter(|(_, case)| case.mark == Mark::Error);
    let notifications: Vec<Value> = errors
        .map(|(section, case)| {
            json!({ "level": "error", "message": { "text": message(section, case) } })
        })
        .collect();
    let about = told.about.iter().map(|(name, value)| (name.replace(' ', "_"), shown(value)));
    let mut properties: Map<String, Value> = about.collect();
    properties.insert("verdict".to_owned(), told.verdict.name().into());
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "tollgate",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                },
                "extensions": plugins(told),
            },
            // What is before the last slash parts runs of one tool.
            "automationDetails": { "id": format!("tollgate {}/", visible(told.command)) },
            "invocations": [{
                "executionSuccessful": told.verdict != Mark::Error,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": properties,
        }],
    });
    let json = serde_json::to_string_pretty(&log).unwrap_or_default();
    out.push_str(&safe_json(&json));
    out.push('\n');
    Ok(())
}

/// A gate's rules are the profile's, and a check's are the plugin's; those of a
/// linter are the same for all documents.
fn rule_id(told: &Told<'_>, section: &Section<'_>, case: &Case<'_>) -> String {
    let rule = visible(case.rule);
    match (told.command, section.plugin) {
        _ if section.name.is_empty() => rule.to_string(),
        ("gate" | "registry audit", _) => format!("{}/{rule}", visible(section.name)),
        ("policy lint", _) => format!("policy-lint/{rule}"),
        (_, Some(plugin)) => format!("{}/{rule}", visible(&plugin.name)),
        (_, None) => rule.to_string(),
    }
}

fn rule(id: &str, section: &Section<'_>, case: &Case<'_>) -> Value {
    let mut properties = Map::new();
    let version = section.version.map(|version| format!(" {version}")).unwrap_or_default();
    let title = format!("{}{version}", section.name);
    properties.insert("section".to_owned(), shown(&title));
    if let Some(plugin) = section.plugin {
        let plugin = format!("{} {}", plugin.name, plugin.version);
        properties.insert("plugin".to_owned(), shown(&plugin));
    }
    json!({
        "id": id,
        "shortDescription": { "text": text(&format!("{}: {}", section.name, case.rule)) },
        "properties": properties,
    })
}

fn result(id: &str, index: usize, section: &Section<'_>, case: &Case<'_>) -> Value {
    let level = if case.mark.blocks() { "error" } else { "warning" };
    let mut properties = Map::new();
    properties.insert("outcome".to_owned(), case.mark.name().into());
    let mut places = Vec::new();
    for (name, value) in case.details() {
        match name {
            "first at" => places.push(shown(&value)),
            name => {
                properties.insert(name.to_owned(), shown(&value));
            }
        }
    }
    if !places.is_empty() {
        properties.insert("first_at".to_owned(), places.into());
    }
    let location = case.file.map(|file| {
        json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(file) },
                "region": { "startLine": case.line },
            },
        })
    });
    json!({
        "ruleId": id,
        "ruleIndex": index,
        "kind": "fail",
        "level": level,
        "message": { "text": message(section, case) },
        "locations": location.as_slice(),
        "partialFingerprints": { FINGERPRINT: case.fingerprint },
        "properties": properties,
    })
}

/// The plugins that judged, each once.
fn plugins(told: &Told<'_>) -> Vec<Value> {
    let mut plugins: Vec<Value> = Vec::new();
    for plugin in told.sections.iter().filter_map(|section| section.plugin) {
        let plugin = json!({
            "name": shown(&plugin.name),
            "version": shown(&plugin.version),
            "properties": { "digest": plugin.digest.to_string() },
        });
        if !plugins.contains(&plugin) {
            plugins.push(plugin);
        }
    }
    plugins
}

/// What was found, and of which of many things.
fn message(section: &Section<'_>, case: &Case<'_>) -> String {
    match &section.of {
        Some(of) => text(&format!("{of}: {}", case.message)),
        None => text(&case.message),
    }
}

fn shown(text: &str) -> Value {
    visible(text).to_string().into()
}

/// A plain text message, in which `[text](target)` would be a link.
fn text(text: &str) -> String {
    visible(text).to_string().replace("](", "]\\(")
}

/// The path as a URI reference; a whole URI where the path is a whole one.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        match plain {
            true => uri.push(char::from(byte)),
            false => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
