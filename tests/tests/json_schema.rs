//! The built plugin `json-schema` in the host: the official test suite, and
//! schemas and payloads that mean it no good.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../plugins/json-schema/tests/support/suite.rs"]
mod suite;

use std::fs;
use std::path::PathBuf;

use tollgate_engine::types::{Cells, Column, Dictionary, Finding, Outcome, TypedColumn};
use tollgate_engine::{ConfigureError, Engine, Plugin, Signature};

/// Where the suite is, from this crate.
const SUITE: &str = "../plugins/json-schema/tests";

/// The plugin, compiled once.
fn plugin() -> &'static Plugin {
    static PLUGIN: std::sync::OnceLock<Plugin> = std::sync::OnceLock::new();
    PLUGIN.get_or_init(|| {
        // `plugins/` beside the profile's folder that this test runs from.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        let path: PathBuf =
            [target, "plugins".as_ref(), "json-schema.wasm".as_ref()].iter().collect();
        let bytes = fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo xtask plugins` builds it", path.display())
        });
        Engine::builder().build().unwrap().load(&bytes).unwrap()
    })
}

/// A checker for a schema, which may be any JSON text.
fn checker(schema: &str) -> Signature {
    let settings = format!(r#"{{"max_findings":5,"schema":{schema}}}"#);
    plugin().signature(Some(&settings)).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(schema: &str) -> Vec<Finding> {
    let settings = format!(r#"{{"schema":{schema}}}"#);
    match plugin().signature(Some(&settings)) {
        Err(ConfigureError::Refused { findings, .. }) => findings,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the schema is taken"),
    }
}

fn rules(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn the_suite_agrees_but_for_named_exceptions() {
    let outcome = suite::run(|settings| {
        let signature = plugin().signature(Some(settings)).map_err(|error| error.to_string())?;
        // For the life of the test; a fresh instance would compile the schema
        // for each payload.
        let mut warm = Box::leak(Box::new(signature)).warm();
        Ok(Box::new(move |payload| {
            let findings = warm.check(payload).map_err(|fault| fault.to_string())?;
            Ok(findings.is_empty())
        }))
    });
    suite::judge(&outcome, false);
}

/// The component's numbers are as exact as they are written, the schema's too.
#[test]
fn numbers_keep_their_digits() {
    let nines = "9".repeat(10_000);
    for (schema, payload, rule) in [
        (r#"{"maximum": 18446744073709551616}"#, "18446744073709551616", None),
        (r#"{"maximum": 18446744073709551616}"#, "18446744073709551617", Some("maximum")),
        (r#"{"maximum": 0.1}"#, "0.10000000000000000000000000000000000001", Some("maximum")),
        (r#"{"exclusiveMinimum": 1e400}"#, "1e400", Some("exclusive-minimum")),
        (r#"{"exclusiveMinimum": 1e400}"#, "1.0000000000000000000000001e400", None),
        (r#"{"const": 9007199254740993}"#, "9007199254740992", Some("const")),
        (r#"{"multipleOf": 0.01}"#, "123456789012345678901234567890.12", None),
        (r#"{"multipleOf": 0.01}"#, "123456789012345678901234567890.123", Some("multiple-of")),
        (r#"{"type": "integer", "minimum": 5}"#, nines.as_str(), None),
        (r#"{"multipleOf": 9}"#, nines.as_str(), None),
        (r#"{"multipleOf": 7}"#, "1e100000000", Some("multiple-of")),
    ] {
        for schema in [schema.to_owned(), format!("{schema:?}")] {
            let findings = checker(&schema).check(payload.as_bytes()).unwrap();
            assert_eq!(rules(&findings), Vec::from_iter(rule), "{schema} and {payload:.60}");
        }
    }
}

#[test]
fn a_schema_that_leads_nowhere_ends_in_words() {
    // Each refers to itself, at once or by way of others.
    for (schema, payload) in [
        (r##"{"$ref": "#"}"##, "1"),
        (r##"{"allOf": [{"$ref": "#"}]}"##, "1"),
        (r##"{"not": {"$ref": "#"}}"##, "1"),
        (r##"{"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##, "1"),
        (r##"{"if": {"$ref": "#"}, "then": {"$ref": "#"}}"##, r#"{"a": [1]}"#),
        (r##"{"$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]}"##, "[1]"),
        (r##"{"properties": {"a": {"$ref": "#"}}, "unevaluatedProperties": {"$ref": "#"}}"##, r#"{"a": {"b": 1}}"#),
    ] {
        match plugin().signature(Some(&format!(r#"{{"schema":{schema}}}"#))) {
            Ok(checker) => {
                let answer = checker.check(payload.as_bytes());
                assert!(answer.is_ok(), "{schema}: {}", answer.unwrap_err());
            }
            Err(ConfigureError::Refused { .. }) => {}
            Err(error) => panic!("{schema}: {error}"),
        }
    }
}

/// A chain of `length` definitions, each of which refers to the next by `hop`.
fn chain(length: usize, hop: &str) -> String {
    let definitions: Vec<String> = (0..length)
        .map(|at| {
            let next = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, at + 1);
            format!(r#""d{at}":{}"#, hop.replace("NEXT", &next))
        })
        .collect();
    format!(
        r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d{length}":{{"type":"string"}}}}}}"##,
        definitions.join(",")
    )
}

#[test]
fn chains_of_references_end_in_words() {
    for hop in ["NEXT", r#"{"allOf":[NEXT]}"#, r#"{"not":NEXT}"#, r#"{"anyOf":[NEXT,{"type":"null"}]}"#] {
        for length in [10, 100, 1_000, 10_000] {
            let settings = format!(r#"{{"schema":{}}}"#, chain(length, hop));
            match plugin().signature(Some(&settings)) {
                Ok(checker) => {
                    for payload in ["1", r#"{"a": [1]}"#] {
                        let answer = checker.check(payload.as_bytes());
                        assert!(answer.is_ok(), "{length} of {hop}: {}", answer.unwrap_err());
                    }
                }
                Err(ConfigureError::Refused { findings, .. }) => {
                    println!("{length} of {hop}: {}", findings[0].message);
                }
                Err(error) => panic!("{length} of {hop}: {error}"),
            }
        }
    }
}
