//! What a person reads: `tests/cases/findings.json` holds settings, payloads
//! and the findings that they get, `tests/cases/settings.json` settings that
//! are refused. `UPDATE_CASES=1` writes what the plugin says now.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above")]

use std::fs;
use std::path::Path;

use json_schema::{Given, JsonSchema};
use serde_json::{Map, Value, json};
use tollgate_sdk::Finding;
use tollgate_sdk::signature::Signature as _;

fn configure(settings: &Value) -> Result<JsonSchema, Vec<Finding>> {
    JsonSchema::configure(serde_json::from_str::<Given>(&settings.to_string()).unwrap())
}

fn told(findings: Vec<Finding>) -> Value {
    let one = |finding: Finding| {
        let mut told = Map::new();
        told.insert("rule".into(), finding.rule.into());
        if finding.outcome != tollgate_sdk::Outcome::Fail {
            told.insert("outcome".into(), format!("{:?}", finding.outcome).into());
        }
        told.insert("message".into(), finding.message.into());
        let parts = [
            ("pointer", finding.pointer),
            ("expected", finding.expected),
            ("actual", finding.actual),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                told.insert(name.into(), value.into());
            }
        }
        if finding.occurrences != 1 {
            told.insert("occurrences".into(), finding.occurrences.into());
        }
        Value::Object(told)
    };
    findings.into_iter().map(one).collect()
}

/// Runs a file of cases; `ask` gives the findings of one, and remarks.
fn run(file: &str, ask: impl Fn(&Value) -> (Vec<Finding>, Vec<Finding>)) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    let mut cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let update = std::env::var_os("UPDATE_CASES").is_some();
    for case in &mut cases {
        let (findings, remarks) = ask(case);
        for (key, told) in [("findings", told(findings)), ("remarks", told(remarks))] {
            let none = json!([]);
            if !update {
                assert_eq!(told, *case.get(key).unwrap_or(&none), "{}: {key}", case["name"]);
            } else if key == "findings" || told != none {
                case[key] = told;
            }
        }
    }
    if update {
        fs::write(&path, format!("{:#}\n", json!(cases))).unwrap();
    }
}

#[test]
fn payloads_get_findings_that_people_can_use() {
    run("findings.json", |case| {
        let plugin = configure(&case["settings"]).unwrap_or_else(|findings| panic!("{findings:?}"));
        let payload = case["payload"].as_str().unwrap();
        let findings = plugin.check(payload.as_bytes());
        let blocks = |finding: &Finding| finding.outcome > tollgate_sdk::Outcome::Warn;
        assert_eq!(plugin.normalize(payload.as_bytes()).is_err(), findings.iter().any(blocks));
        (findings, plugin.remarks())
    });
}

#[test]
fn settings_that_cannot_be_used_are_refused_at_their_place() {
    run("settings.json", |case| {
        let refused = configure(&case["settings"]).err();
        (refused.unwrap_or_else(|| panic!("{} is taken", case["name"])), Vec::new())
    });
}

/// A message repeats no value: with a value that is unlike anything else, none
/// of the findings holds it but in `actual`.
#[test]
fn values_are_in_actual_only() {
    let secret = "Zebulon-4711";
    let number = 8_675_309.125;
    for (schema, value) in [
        (json!({ "type": "integer" }), json!(secret)),
        (json!({ "type": "integer" }), json!(number)),
        (json!({ "enum": ["a", "b"] }), json!(secret)),
        (json!({ "const": 1 }), json!(secret)),
        (json!({ "pattern": "^[0-9]+$", "maxLength": 3, "minLength": 90 }), json!(secret)),
        (json!({ "minimum": 1e9, "multipleOf": 2 }), json!(number)),
        (json!({ "maximum": 5, "exclusiveMaximum": 5 }), json!(number)),
        (json!({ "not": { "type": "string" } }), json!(secret)),
        (json!({ "anyOf": [{ "type": "null" }, { "const": 4 }] }), json!(secret)),
        (json!({ "oneOf": [{ "type": "string" }, { "minLength": 1 }] }), json!(secret)),
        (json!({ "oneOf": [{ "maxLength": 1 }, { "pattern": "x" }] }), json!(secret)),
        (json!({ "format": "date" }), json!(secret)),
        (json!(false), json!(secret)),
        (json!({ "items": false }), json!([secret])),
        (json!({ "uniqueItems": true }), json!([secret, secret])),
        (json!({ "contains": { "type": "null" } }), json!([secret])),
        (json!({ "prefixItems": [true], "unevaluatedItems": false }), json!([1, secret])),
        (json!({ "contentMediaType": "application/json" }), json!(secret)),
        (json!({ "additionalProperties": false }), json!({ "name": secret })),
        (json!({ "unevaluatedProperties": false }), json!({ "name": secret })),
        (json!({ "if": true, "then": { "required": ["x"] } }), json!({ "name": secret })),
        (json!({ "dependentRequired": { "name": ["x"] } }), json!({ "name": secret })),
    ] {
        let settings = json!({ "schema": schema, "formats": true });
        let plugin = configure(&settings).unwrap_or_else(|findings| panic!("{findings:?}"));
        let findings = plugin.check(value.to_string().as_bytes());
        // Since 2019-09 an encoded text's content is a remark.
        let is_remark = schema.get("contentMediaType").is_some();
        assert_eq!(
            findings.iter().all(|f| f.rule == "schema-judges-nothing"),
            is_remark,
            "{schema}"
        );
        for finding in findings {
            let shown = [&finding.message, finding.expected.as_ref().unwrap_or(&finding.rule)];
            for text in shown {
                assert!(!text.contains(secret) && !text.contains("8675309"), "{finding:?}");
            }
        }
    }
}
