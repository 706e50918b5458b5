//! Conversions: what a schema accepts the plugin accepts, and what is not said
//! to be lost comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]
#![allow(clippy::indexing_slicing, clippy::panic, reason = "as above")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::{Dice, checker, corpus, payloads, seed};
use tollgate_sdk::Outcome;
use tollgate_sdk::signature::Signature as _;
use tollgate_signatures::convert::{Form, Given, Loss, read, write};
use tollgate_signatures::schema::{Columns, Kind, Schema};
use tollgate_signatures::{Signature, mlflow};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Given {
        read(&self.file("signature.json", text), None).unwrap_or_else(|e| panic!("{e:?}: {text}"))
    }
}

/// Numbers as they are written, which JSON Schema does not tell apart.
#[derive(Default)]
struct Numbers {
    /// 2
    whole: bool,
    /// 2.0
    whole_with_fraction: bool,
    beyond: bool,
    tiny: bool,
}

impl Numbers {
    fn see(&mut self, value: &Value) {
        match value {
            Value::Number(number) => {
                let float = number.as_f64().unwrap();
                self.whole |= !number.is_f64() && !matches!(number.as_i64(), Some(0 | 1));
                self.whole_with_fraction |= number.is_f64() && float.fract() == 0.0;
                self.beyond |= float.abs() > 9e15;
                self.tiny |= float != 0.0 && float.abs() < 1e-37;
            }
            Value::Array(items) => items.iter().for_each(|item| self.see(item)),
            Value::Object(map) => map.values().for_each(|value| self.see(value)),
            _ => {}
        }
    }

    /// Whether a loss says that this payload may pass wrongly.
    fn fall_under(&self, loss: &Loss) -> bool {
        let says = |words: &str| loss.message.contains(words);
        (says("only with a fraction") && self.whole)
            || (says("without a fraction") && self.whole_with_fraction)
            || (says("2^53") && self.beyond)
            || (says("large numbers") && self.beyond)
            || (says("rounds to zero") && self.tiny)
            || says("equal lengths")
            || says("anything")
            || says("not declared")
    }
}

#[test]
fn what_a_json_schema_accepts_strict_mode_accepts() {
    let mut dice = Dice::new(seed());
    let (mut both, mut narrower, mut refused) = (0, 0, 0);
    let mut holes: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (texts, recorded) in corpus() {
        let signature = mlflow::from_value(&texts).unwrap();
        let (document, losses) = write(&signature, Form::JsonSchema, "");
        let schema: Value = serde_json::from_str(&document.text()).unwrap();
        let validator = jsonschema::draft202012::new(&schema)
            .unwrap_or_else(|error| panic!("{error}: {schema:#}"));
        let strict = checker(&signature, "strict");
        let drawn = (0..4).flat_map(|_| payloads(&signature, &mut dice)).collect::<Vec<_>>();
        for body in recorded.iter().chain(&drawn) {
            let Ok(value) = serde_json::from_str::<Value>(body) else { continue };
            // Bodies of another form are refused, and may be fine.
            let form = schema["required"][0].as_str().unwrap_or("inputs");
            if value.get(form).is_none() {
                continue;
            }
            let findings = strict.check(body.as_bytes());
            let accepted = !findings.iter().any(|finding| finding.outcome > Outcome::Warn);
            match (validator.is_valid(&value), accepted) {
                (true, true) => both += 1,
                (false, true) => narrower += 1,
                (false, false) => refused += 1,
                (true, false) => {
                    let mut numbers = Numbers::default();
                    numbers.see(&value);
                    if !losses.iter().any(|loss| numbers.fall_under(loss)) {
                        let key =
                            findings[0].message.chars().filter(char::is_ascii_lowercase).collect();
                        let hole = format!("{texts}\n  {body}\n  {}", findings[0].message);
                        holes.entry(key).or_insert((0, hole)).0 += 1;
                    }
                }
            }
        }
    }
    println!("{both} accepted by both, {narrower} by strict mode only, {refused} by none");
    for (count, hole) in holes.values().take(40) {
        println!("{count} such: {hole}\n");
    }
    assert!(holes.is_empty(), "{} kinds of holes", holes.len());
    assert!(both > 10_000, "{both} accepted by both");
}

/// A schema is the signature: as long as nobody changed it, nothing is lost.
#[test]
fn json_schemas_come_back() {
    let folder = Folder::new();
    for (texts, _) in corpus() {
        let signature = mlflow::from_value(&texts).unwrap();
        let given = folder.read(&write(&signature, Form::JsonSchema, "").0.text());
        assert_eq!(given.form, Form::JsonSchema);
        assert_eq!((given.signature, given.losses), (signature, Vec::new()), "{texts}");
    }
}

/// Columns of primitives come back from the schema's own keywords, too.
#[test]
fn columns_are_read_from_keywords() {
    let folder = Folder::new();
    let mut read = 0;
    for (texts, _) in corpus() {
        let signature = mlflow::from_value(&texts).unwrap();
        let Some(Schema::Columns(Columns { named: true, columns })) = &signature.inputs else {
            continue;
        };
        let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let primitive = |kind: &Kind| matches!(kind, Kind::Data(_) | Kind::Any);
        if !columns.iter().all(|c| primitive(&c.kind)) || names.len() < columns.len() {
            continue;
        }
        let text = write(&signature, Form::JsonSchema, "").0.text();
        // Another title: the signature that is kept in it no longer counts.
        let given = folder.read(&text.replace("Request body", "Other"));
        assert!(given.losses[0].message.contains("changed since"), "{:?}", given.losses);
        assert_eq!(given.signature.inputs, signature.inputs, "{text}");
        read += 1;
    }
    assert!(read > 200, "{read}");
}

/// What metadata does not say to lose comes back.
#[test]
fn metadata_comes_back_when_nothing_is_lost() {
    let folder = Folder::new();
    let (mut exact, mut lossy) = (0, 0);
    for (texts, _) in corpus() {
        let signature = mlflow::from_value(&texts).unwrap();
        if signature.inputs.is_none() && signature.outputs.is_none() {
            continue;
        }
        let (document, losses) = write(&signature, Form::Oip, "model");
        let given = folder.read(&document.text());
        assert_eq!(given.form, Form::Oip);
        if losses.is_empty() {
            assert_eq!((given.signature, given.losses), (signature, Vec::new()), "{texts}");
            exact += 1;
        } else {
            lossy += 1;
        }
    }
    assert!(exact > 100 && lossy > 100, "{exact} exact, {lossy} lossy");
}

fn signature(value: &Value) -> Signature {
    mlflow::from_value(value).unwrap()
}

#[test]
fn metadata_names_types_as_the_protocol_does() {
    let tensor = |name: &str, dtype: &str, shape: &[i64]| json!({ "name": name, "type": "tensor", "tensor-spec": { "dtype": dtype, "shape": shape } });
    let signature = signature(&json!({
        "inputs": [tensor("image", "uint8", &[-1, 28, 28]), tensor("label", "str", &[-1])],
        "outputs": [tensor("scores", "float32", &[-1, 10])],
    }));
    let (document, losses) = write(&signature, Form::Oip, "digits");
    assert!(losses.is_empty(), "{losses:?}");
    let written: Value = serde_json::from_str(&document.text()).unwrap();
    let expected = json!({
        "name": "digits",
        "platform": "mlflow",
        "inputs": [
            { "name": "image", "datatype": "UINT8", "shape": [-1, 28, 28] },
            { "name": "label", "datatype": "BYTES", "shape": [-1], "parameters": { "content_type": "str" } },
        ],
        "outputs": [{ "name": "scores", "datatype": "FP32", "shape": [-1, 10] }],
    });
    assert_eq!(written, expected);
}

/// A schema that somebody wrote for one row.
#[test]
fn a_schema_of_a_row_becomes_columns_and_says_what_is_lost() {
    let given = Folder::new().read(
        r##"{
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          "required": ["amount", "country"],
          "properties": {
            "amount": {"type": "number", "exclusiveMinimum": 0},
            "country": {"$ref": "#/$defs/country"},
            "items": {"type": "array", "items": {"type": "integer", "format": "int32"}},
            "seen_at": {"type": "string", "format": "date-time"},
            "address": {"type": "object", "properties": {"zip": {"type": "string"}},
                        "additionalProperties": false},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "anything": {}
          },
          "$defs": {"country": {"type": "string", "enum": ["DE", "FR"]}}
        }"##,
    );
    let written: Value = serde_json::from_str(&given.signature.to_lists()).unwrap();
    let expected = json!([
        { "type": "double", "name": "amount", "required": true },
        { "type": "string", "name": "country", "required": true },
        { "type": "array", "items": { "type": "integer" }, "name": "items", "required": false },
        { "type": "datetime", "name": "seen_at", "required": false },
        { "type": "object", "properties": { "zip": { "type": "string", "required": false } },
          "name": "address", "required": false },
        { "type": "map", "values": { "type": "string" }, "name": "labels", "required": false },
        { "type": "any", "name": "anything", "required": false },
    ]);
    assert_eq!(written["inputs"], expected);
    let lost: Vec<&str> = given.losses.iter().map(|loss| loss.pointer.as_str()).collect();
    let expected = [
        "/properties/amount/exclusiveMinimum",
        "/properties/country/enum",
        "/properties/seen_at/format",
    ];
    assert_eq!(lost, expected);
}

#[test]
fn wrong_documents_are_told() {
    let folder = Folder::new();
    let refusal = |text: &str| {
        let path = folder.file("wrong.json", text);
        let error = read(&path, None).expect_err(text);
        error.to_string()
    };
    let tensor = |datatype: &str| {
        format!(r#"{{"inputs": [{{"name": "x", "datatype": "{datatype}", "shape": [-1]}}]}}"#)
    };
    assert_eq!(
        refusal(&tensor("FLOAT32")),
        "`FLOAT32` is no datatype of the protocol that MLflow knows"
    );
    assert_eq!(
        refusal(r#"{"inputs": [{"name": "x", "datatype": "FP32"}]}"#),
        "a tensor needs `shape`"
    );
    assert_eq!(
        refusal(r#"{"$schema": "x", "type": "string"}"#),
        "the schema describes no record: an object with `properties`"
    );
    let deep = r#"{"type": "array", "items": "#.repeat(30) + "{}" + &"}".repeat(30);
    let nested = format!(r#"{{"properties": {{"a": {deep}}}}}"#);
    let given = folder.read(&nested);
    assert!(given.losses[0].message.contains("deeper than"), "{:?}", given.losses);
    // A reference to itself ends.
    let endless =
        r##"{"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"b": {"$ref": "#/$defs/a"}}}"##;
    folder.read(endless);
    let tree = r##"{"$defs": {"t": {"type": "object", "properties": {"l": {"$ref": "#/$defs/t"}, "r": {"$ref": "#/$defs/t"}}}}, "properties": {"b": {"$ref": "#/$defs/t"}}}"##;
    assert!(!folder.read(tree).losses.is_empty());
}
