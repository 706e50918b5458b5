//! The built plugin `json-schema` in the host: the official test suite, and
//! schemas and payloads that mean it no good.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../plugins/json-schema/tests/support/suite.rs"]
mod suite;

use std::fs;
use std::path::PathBuf;

use tollgate_engine::types::{Cells, Column, Dictionary, Finding, TypedColumn};
use tollgate_engine::{Cause, ConfigureError, Engine, Plugin, Signature};

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
    checker_of(schema, 5)
}

/// One that tells at most so many findings.
fn checker_of(schema: &str, most: usize) -> Signature {
    let settings = format!(r#"{{"max_findings":{most},"schema":{schema}}}"#);
    plugin().signature(Some(&settings)).unwrap_or_else(|error| panic!("{error}"))
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
            Ok(findings.iter().all(|finding| suite::is_remark(&finding.rule)))
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
        (
            r##"{"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
            "1",
        ),
        (r##"{"if": {"$ref": "#"}, "then": {"$ref": "#"}}"##, r#"{"a": [1]}"#),
        (r##"{"$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]}"##, "[1]"),
        (
            r##"{"properties": {"a": {"$ref": "#"}}, "unevaluatedProperties": {"$ref": "#"}}"##,
            r#"{"a": {"b": 1}}"#,
        ),
    ] {
        match plugin().signature(Some(&format!(r#"{{"schema":{schema}}}"#))) {
            Ok(checker) => {
                let answer = checker.check(payload.as_bytes());
                assert!(answer.is_ok(), "{schema}: {}", answer.unwrap_err());
            }
            Err(ConfigureError::Refused { findings, .. }) => {
                assert!(!findings.is_empty(), "{schema} is refused without a word");
            }
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
    for hop in
        ["NEXT", r#"{"allOf":[NEXT]}"#, r#"{"not":NEXT}"#, r#"{"anyOf":[NEXT,{"type":"null"}]}"#]
    {
        for length in [10, 100, 1_000, 10_000] {
            let settings = format!(r#"{{"schema":{}}}"#, chain(length, hop));
            match plugin().signature(Some(&settings)) {
                Ok(checker) => {
                    for payload in ["1", r#"{"a": [1]}"#] {
                        // So long that the limit on the stack ends it, by name.
                        if let Err(fault) = checker.check(payload.as_bytes()) {
                            let named = matches!(fault.cause, Cause::Stack);
                            assert!(named && length >= 1_000, "{length} of {hop}: {fault}");
                        }
                    }
                }
                // So many that the limit on memory stops them, and says so.
                Err(ConfigureError::Fault(fault)) => {
                    assert!(
                        length == 10_000 && matches!(fault.cause, Cause::Memory(_)),
                        "{length} of {hop}: {fault}"
                    );
                }
                Err(error) => panic!("{length} of {hop}: {error}"),
            }
        }
    }
}

/// Nested as deep as payloads and schemas may, and deeper.
#[test]
fn depth_is_a_finding() {
    let nest = |open: &str, close: &str, depth: usize, inner: &str| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let tree = r##"{"type":["array","object"],"items":{"allOf":[{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}]},"additionalProperties":{"oneOf":[{"$ref":"#"},{"not":{"not":{"$ref":"#"}}}]},"unevaluatedItems":false}"##;
    for schema in [tree, r##"{"items":{"$ref":"#"},"additionalProperties":{"$ref":"#"}}"##, "{}"] {
        let checker = checker(schema);
        for (payload, deep) in [
            (nest("[", "]", 128, ""), false),
            (nest("[", "]", 129, ""), true),
            (nest("[", "]", 100_000, ""), true),
            (nest("{\"a\":", "}", 127, "{}"), false),
            (nest("{\"a\":", "}", 100_000, "1"), true),
            (nest("[", "", 10_000_000, ""), true),
        ] {
            let findings = checker.check(payload.as_bytes()).unwrap_or_else(|fault| {
                panic!("{schema} on {payload:.40}, {} bytes: {fault}", payload.len())
            });
            assert_eq!(rules(&findings).contains(&"too-deep"), deep, "{schema} and {payload:.20}");
        }
    }
    for (open, close) in [
        (r#"{"items":"#, "}"),
        (r#"{"not":"#, "}"),
        (r#"{"allOf":["#, "]}"),
        (r#"{"anyOf":[{"type":"null"},"#, "]}"),
        (r#"{"properties":{"a":"#, "}}"),
        (r#"{"unevaluatedItems":"#, "}"),
        (r#"{"if":true,"then":"#, "}"),
    ] {
        for depth in [20, 60, 125, 1_000, 30_000] {
            let schema = nest(open, close, depth, "{}");
            for schema in [schema.clone(), format!("{schema:?}")] {
                let settings = format!(r#"{{"schema":{schema}}}"#);
                match plugin().signature(Some(&settings)) {
                    Ok(checker) => {
                        let payload = nest("[", "]", 128, "");
                        checker
                            .check(payload.as_bytes())
                            .unwrap_or_else(|fault| panic!("{depth} of {open}: {fault}"));
                    }
                    Err(ConfigureError::Refused { findings, .. }) => {
                        assert!(depth > 60, "{depth} of {open}: {findings:?}");
                    }
                    Err(error) => panic!("{depth} of {open}: {error}"),
                }
            }
        }
    }
}

#[test]
fn large_payloads_end_in_words() {
    let columns: Vec<String> =
        (0..100).map(|at| format!(r#""p{at}":{{"type":"integer"}}"#)).collect();
    let schema = format!(
        r#"{{"type":["object","array"],"properties":{{{}}},"items":{{"type":"integer"}},"additionalProperties":{{"type":"integer"}}}}"#,
        columns.join(",")
    );
    let checker = checker(&schema);
    let members = |count: usize, value: &str| {
        let members: Vec<String> = (0..count).map(|at| format!("\"k{at}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let items = |count: usize, value: &str| format!("[{}]", vec![value; count].join(","));
    for (payload, wanted) in [
        (members(500_000, "1"), &[][..]),
        (members(200_000, "\"x\""), &["type", "type", "type", "type", "type", "more-findings"]),
        (items(1_000_000, "1"), &[]),
        (items(1_000_000, "null"), &["type", "type", "type", "type", "type", "more-findings"]),
        (format!("[{}]", "9".repeat(100_000)), &[]),
        (format!("[{}]", "9".repeat(10_000_000)), &["number-range"]),
        (format!("[0.{}]", "1".repeat(90_000)), &["type"]),
        (format!("[\"{}\"]", "x".repeat(20_000_000)), &["type"]),
    ] {
        let findings = checker
            .check(payload.as_bytes())
            .unwrap_or_else(|fault| panic!("{payload:.30}, {} bytes: {fault}", payload.len()));
        assert_eq!(rules(&findings), wanted, "{payload:.30}");
    }
    // Beyond the plugin's memory the host says so.
    for payload in [items(4_000_000, "1"), members(2_000_000, "1")] {
        let fault = checker.check(payload.as_bytes()).unwrap_err();
        assert!(matches!(fault.cause, Cause::Memory(_)), "{fault}");
    }
}

/// What the engine does by itself for a schema that is applied often.
#[test]
fn a_frozen_schema_answers_alike_and_at_once() {
    use std::time::Instant;
    let schema = r#"{"type":"object","required":["amount","country"],"additionalProperties":false,"properties":{"amount":{"type":"number","minimum":0},"country":{"type":"string","pattern":"^[A-Z]{2}$"},"age":{"type":"integer"},"channel":{"enum":["web","app"]},"zip":{"type":"string","maxLength":10}}}"#;
    let settings = format!(r#"{{"schema":{schema}}}"#);
    let good = br#"{"amount": 12.5, "country": "DE", "age": 3, "channel": "web", "zip": "10115"}"#;
    let bad = br#"{"ammount": 12.5, "country": "de", "age": 3.5, "channel": "tv"}"#;
    let start = Instant::now();
    let fresh = plugin().signature(Some(&settings)).unwrap();
    println!("configure {:?}", start.elapsed());
    let start = Instant::now();
    let bytes = plugin().bake(&settings, "").unwrap();
    println!("bake {:?}, {} bytes", start.elapsed(), bytes.len());
    let start = Instant::now();
    let frozen = Engine::builder().build().unwrap().load(&bytes).unwrap();
    println!("load {:?}", start.elapsed());
    let frozen = frozen.signature(None).unwrap();
    for payload in [good.as_slice(), bad] {
        assert_eq!(fresh.check(payload).unwrap(), frozen.check(payload).unwrap());
    }
    let a_call = |name: &str, signature: &Signature, calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            assert!(signature.check(good).unwrap().is_empty());
        }
        let time = start.elapsed() / calls;
        println!("fresh, {name}: {time:?} a call");
        time
    };
    let (configured, frozen_call) =
        (a_call("configured", &fresh, 20), a_call("frozen", &frozen, 2_000));
    // The schema is not compiled for each call, which is most of the work.
    assert!(frozen_call * 2 < configured, "{frozen_call:?} frozen, {configured:?} configured");
    let mut warm = frozen.warm();
    let start = Instant::now();
    for _ in 0..10_000 {
        assert!(warm.check(good).unwrap().is_empty());
    }
    println!("warm: {:?} a call", start.elapsed() / 10_000);
}

#[test]
fn columns_are_judged_row_by_row() {
    let column = |name: &str, dtype: &str, cells: Cells, validity: Option<Vec<u8>>| TypedColumn {
        name: Some(name.to_owned()),
        dtype: dtype.to_owned(),
        column: Column { cells, validity },
    };
    let texts = |cells: &[&str]| {
        let entries = cells.iter().collect();
        Cells::Texts(Dictionary { entries, indices: (0..cells.len() as u32).collect() })
    };
    let checker = checker_of(
        r#"{"type":"object","required":["amount","zip"],"properties":{
            "amount":{"type":"number","minimum":0},
            "age":{"type":["integer","null"],"maximum":18446744073709551615},
            "zip":{"type":"string","pattern":"^[0-9]+$"},
            "new":{"type":"boolean"},
            "at":{"type":"string","pattern":"Z$"},
            "tags":{"type":"array","items":{"type":"string"}}}}"#,
        100,
    );
    let columns = [
        column("amount", "float64", Cells::Numbers(vec![1.0, -1.0, -2.5, f64::NAN, 0.0]), None),
        column("age", "uint64", Cells::Unsigned(vec![1, u64::MAX, 0, 0, 5]), Some(vec![0b1_0011])),
        column("zip", "str", texts(&["10115", "x", "1", "2", "3"]), None),
        column("new", "bool", Cells::Booleans(vec![0, 1, 0, 1, 1]), None),
        column("at", "datetime64[ns]", Cells::Integers(vec![0; 5]), None),
        column("tags", "object", texts(&["[]", "[\"a\"]", "[1]", "[]", "[1,"]), None),
    ];
    let found: Vec<(String, String, u32)> = checker
        .check_columns(5, &columns)
        .unwrap()
        .into_iter()
        .map(|finding| {
            let Finding { rule, row, column, pointer, occurrences, .. } = finding;
            let (row, column) = (row.unwrap(), column.unwrap());
            (rule, format!("/{row}/{column}{}", pointer.unwrap_or_default()), occurrences)
        })
        .collect();
    let wanted = [
        ("minimum", "/1/amount", 1),
        ("pattern", "/1/zip", 1),
        ("minimum", "/2/amount", 1),
        ("type", "/2/tags/0", 1),
        ("bad-json", "/3/amount", 1),
        ("bad-json", "/4/tags/1", 1),
    ];
    let wanted: Vec<_> =
        wanted.into_iter().map(|(rule, at, count)| (rule.into(), at.into(), count)).collect();
    assert_eq!(found, wanted);

    // A column that is missing is missing from every row.
    let findings = checker.check_columns(5, &columns[..1]).unwrap();
    let of = |rule: &str| findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!([of("required"), of("minimum"), of("bad-json")], [4, 2, 1]);
    // Fewer cells than rows, and a name twice.
    assert_eq!(
        rules(&checker.check_columns(6, &columns[..1]).unwrap()).last(),
        Some(&"bad-column")
    );
    let twice = [columns[0].clone(), columns[0].clone()];
    assert_eq!(rules(&checker.check_columns(5, &twice).unwrap()), ["duplicate-key"]);
}
