//! Every document under `cases/settings` against `cases/settings.schema.json`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::path::PathBuf;

use tollgate::document::PolicyDocument;
use tollgate::source::Source;
use tollgate_engine::types::{Finding, Outcome};

fn document(name: &str, text: &str) -> PolicyDocument {
    PolicyDocument::parse(Source::new(name, text), PathBuf::new()).expect("a valid document")
}

#[test]
fn every_mistake_in_settings_is_told_at_its_place() {
    let schema = include_str!("cases/settings.schema.json");
    for (name, text) in common::cases("settings") {
        let shown = match document(&name, &text).validate_settings(schema) {
            Ok(()) => "valid".to_owned(),
            Err(error) => common::shown(&error),
        };
        common::assert_shown("settings", &name, &shown);
    }
}

#[test]
fn a_broken_schema_is_the_plugins_fault() {
    let valid = document("a.yaml", include_str!("cases/settings/valid.yaml"));
    for (schema, says) in [
        ("{", "it is not JSON: expected a key in double quotes, found the end of the text"),
        (r#"{"type": "nothing"}"#, "does not allow it at `/type`"),
        (r##"{"$ref": "#"}"##, "leads back to itself"),
        (
            r#"{"$ref": "https://example.com/other.json"}"#,
            "refers to `https://example.com/other.json`, which it does not hold",
        ),
        (r#"{"properties": {"a": {"pattern": "("}}}"#, "the pattern at `/properties/a/pattern`"),
    ] {
        let error = valid.validate_settings(schema).expect_err("refused");
        let text = error.to_string();
        assert!(
            text.starts_with("the settings schema of plugin `p@^1` cannot be used: ")
                && text.contains(says),
            "{text}"
        );
    }
}

/// A value is said once, and a question is not the end of a list.
#[test]
fn what_a_plugin_finds_is_said_once() {
    let document = document("a.yaml", include_str!("cases/settings/valid.yaml"));
    let said = |message: &str, actual: &str| {
        let finding = Finding {
            rule: "invalid-settings".to_owned(),
            outcome: Outcome::Fail,
            message: message.to_owned(),
            row: None,
            column: None,
            pointer: Some("/mode".to_owned()),
            expected: None,
            actual: Some(actual.to_owned()),
            facts: Vec::new(),
            occurrences: 1,
            measured: None,
        };
        document.settings_mistakes(&[finding]).expect("a mistake").to_string()
    };
    for (message, actual, says) in [
        ("`reviw` is not one of the declared `actions`", "reviw", ""),
        ("`reviw` is not one of the declared `actions`", "\"reviw\"", ""),
        ("the action is not declared", "reviw", ", found `reviw`"),
        ("did you mean `review`?", "reviw", " (found `reviw`)"),
        ("did you mean `review`?", "review", ""),
    ] {
        assert_eq!(said(message, actual), format!("{message}{says}"));
    }
}
