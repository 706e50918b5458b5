//! What a person reads of a signature plugin, as cases in files: rules, places,
//! counts and suggestions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_sdk::signature::Signature;
use tollgate_sdk::{Finding, Outcome};

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Box<RawValue>,
    /// The body; text where it is no JSON. None judges the settings.
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default)]
    raw: Option<String>,
    findings: Vec<Expected>,
}

#[derive(Deserialize, Debug)]
struct Expected {
    rule: String,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    pointer: Option<String>,
    /// Parts of the message.
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    actual: Option<String>,
    #[serde(default)]
    occurrences: Option<u32>,
}

/// Holds a plugin against files of cases; says how many there were.
///
/// # Panics
/// At the first case that the plugin finds something else in, or where a file
/// is none of cases.
pub fn hold<P: Signature>(files: &[&str]) -> usize {
    let read = |file: &&str| serde_json::from_str::<Vec<Case>>(file).unwrap();
    let cases: Vec<Case> = files.iter().flat_map(read).collect();
    for case in &cases {
        let given = given::<P>(case);
        assert_eq!(given.len(), case.findings.len(), "{}: {given:#?}", case.name);
        for (finding, expected) in given.iter().zip(&case.findings) {
            agree(&case.name, finding, expected);
        }
    }
    cases.len()
}

fn given<P: Signature>(case: &Case) -> Vec<Finding> {
    let settings = serde_json::from_str(case.settings.get()).unwrap();
    let plugin = match P::configure(settings) {
        Ok(plugin) => plugin,
        Err(findings) => return findings,
    };
    match (&case.body, &case.raw) {
        (Some(body), None) => plugin.check(body.get().as_bytes()),
        (None, Some(raw)) => plugin.check(raw.as_bytes()),
        _ => panic!("{}: one of `body` and `raw`", case.name),
    }
}

fn agree(name: &str, finding: &Finding, expected: &Expected) {
    let context = format!("{name}: {finding:#?}");
    assert_eq!(finding.rule, expected.rule, "{context}");
    let outcome = match expected.outcome.as_deref() {
        Some("warn") => Outcome::Warn,
        Some("inconclusive") => Outcome::Inconclusive,
        _ => Outcome::Fail,
    };
    assert_eq!(finding.outcome, outcome, "{context}");
    if let Some(pointer) = &expected.pointer {
        assert_eq!(finding.pointer.as_ref(), Some(pointer), "{context}");
    }
    for part in &expected.says {
        assert!(finding.message.contains(part.as_str()), "{part}: {context}");
    }
    if expected.expected.is_some() {
        assert_eq!(finding.expected, expected.expected, "{context}");
    }
    if expected.actual.is_some() {
        assert_eq!(finding.actual, expected.actual, "{context}");
    }
    assert_eq!(finding.occurrences, expected.occurrences.unwrap_or(1), "{context}");
    // Findings are one sentence, and keep payloads out of the message.
    assert!(!finding.message.ends_with('.'), "{context}");
    assert!(!finding.message.contains("s3cret"), "{context}");
}
