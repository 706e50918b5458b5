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
        ("{", "it is not JSON"),
        (r#"{"type": "nothing"}"#, "is not valid"),
        (r##"{"$ref": "#"}"##, "leads back to itself"),
        (r#"{"$ref": "https://example.com/other.json"}"#, ""),
        (r#"{"properties": {"a": {"pattern": "("}}}"#, ""),
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
