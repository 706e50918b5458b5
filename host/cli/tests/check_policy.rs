//! `tollgate check --policy`: documents of signature plugins judge payloads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;

use std::fs;
use std::process::Output;

use common::{command, text};
use serde_json::Value;
use tempfile::TempDir;

const SCHEMA: &str = r#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "qty": {"type": "integer", "minimum": 1}}}"#;

const ORDERS: &str = "\
name: orders
version: 1.0.0
plugin: json-schema@^0.1
owner: shop
settings:
  schema: { type: object, required: [id], properties: { id: { type: integer }, qty: { type: integer, minimum: 1 } } }
";

const CHURN: &str = "\
name: churn-inputs
version: 1.0.0
plugin: mlflow-signature@^0.1
owner: growth
settings:
  signature: { inputs: [{ type: long, name: age }, { type: string, name: country }] }
";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write("orders.yaml", ORDERS);
        files.write("schema.json", SCHEMA);
        files.write("churn.yaml", CHURN);
        files
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Runs the binary; what begins with `@` is a file here.
    fn run(&self, arguments: &[&str]) -> Output {
        let arguments: Vec<String> = arguments
            .iter()
            .map(|word| word.strip_prefix('@').map_or((*word).to_owned(), |name| self.path(name)))
            .collect();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command(&words).output().unwrap()
    }

    /// The exit code and the findings: rule, outcome, first row.
    fn check(&self, arguments: &[&str]) -> (i32, Vec<String>) {
        let output = self.run(&[&["check", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let findings = findings.iter().map(|finding| {
            let row = finding["places"][0]["row"].as_u64().unwrap_or_default();
            format!("{} {} {row}", finding["rule"], finding["outcome"]).replace('"', "")
        });
        (output.status.code().unwrap(), findings.collect())
    }
}

/// As `--schema` does: the flag is short for a document.
#[test]
fn a_document_judges_as_the_flag_does() {
    let files = Files::new();
    files.write("good.json", r#"{"id": 1, "qty": 2}"#);
    files.write("bad.json", r#"{"qty": 0}"#);
    files.write("rows.jsonl", "{\"id\": 1}\n{\"id\": 2, \"qty\": 0}\n{\"qty\": 3}\n");
    files.write("rows.csv", "id,qty\n1,2\n2,0\n3,4\n");
    for (payload, code) in
        [("@good.json", 0), ("@bad.json", 1), ("@rows.jsonl", 1), ("@rows.csv", 1)]
    {
        let by_flag = files.check(&["--schema", "@schema.json", "--payload", payload]);
        let by_document = files.check(&["--policy", "@orders.yaml", "--payload", payload]);
        assert_eq!(by_flag.0, code, "{payload}: {by_flag:?}");
        assert_eq!(by_document, by_flag, "{payload}");
    }
}

#[test]
fn a_document_of_a_signature_judges_requests_and_files() {
    let files = Files::new();
    files.write(
        "signature.json",
        r#"{"inputs": [{"type": "long", "name": "age"}, {"type": "string", "name": "country"}]}"#,
    );
    files.write("good.json", r#"{"dataframe_records": [{"age": 41, "country": "DE"}]}"#);
    files.write("bad.json", r#"{"dataframe_records": [{"age": 41.5, "country": "DE"}]}"#);
    files.write("rows.csv", "age,country\n41,DE\nold,FR\n");
    files.write("rows.jsonl", "{\"age\": 41, \"country\": \"DE\"}\n{\"age\": 4.5}\n");
    for (payload, code) in
        [("@good.json", 0), ("@bad.json", 1), ("@rows.csv", 1), ("@rows.jsonl", 1)]
    {
        let by_flag = files.check(&["--signature", "@signature.json", "--payload", payload]);
        let by_document = files.check(&["--policy", "@churn.yaml", "--payload", payload]);
        assert_eq!(by_flag.0, code, "{payload}: {by_flag:?}");
        assert_eq!(by_document, by_flag, "{payload}");
    }
}

/// What is baked is the document.
#[test]
fn a_baked_document_judges_too() {
    let files = Files::new();
    files.write("bad.json", r#"{"qty": 0}"#);
    let output = files.run(&["bake", "--policy", "@orders.yaml", "-o", "@orders.wasm"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let baked = files.check(&["--policy", "@orders.wasm", "--payload", "@bad.json"]);
    assert_eq!(baked, files.check(&["--policy", "@orders.yaml", "--payload", "@bad.json"]));
    assert_eq!(baked.0, 1);
}

/// Without a payload only the document is looked at; what judges nothing does
/// not pass.
#[test]
fn what_judges_nothing_is_no_pass() {
    let files = Files::new();
    files.write("rows.csv", "id,qty\n");
    files.write("rows.jsonl", "");
    for payload in ["@rows.csv", "@rows.jsonl"] {
        let check = |more: &[&str]| {
            files.check(&[&["--policy", "@orders.yaml", "--payload", payload][..], more].concat())
        };
        assert_eq!(check(&[]).0, 3, "{payload}");
        assert_eq!(check(&["--allow-empty"]).0, 0, "{payload}");
    }
    let output = files.run(&["check", "--policy", "@orders.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("the document can be used"), "{}", text(&output.stdout));
}

/// What the flags refuse, a document that says the same does not get past.
#[test]
fn a_document_gets_past_nothing_that_a_flag_does_not() {
    let files = Files::new();
    files.write("hollow.yaml", &ORDERS.replace("{ type: object, required: [id], properties: { id: { type: integer }, qty: { type: integer, minimum: 1 } } }", "{}"));
    files.write("hollow.json", "{}");
    let by_flag = files.check(&["--schema", "@hollow.json"]);
    assert_eq!(by_flag.0, 3);
    assert_eq!(files.check(&["--policy", "@hollow.yaml"]), by_flag);

    files.write("rows.csv", "age,country\n41,DE\n");
    files.write("rows.jsonl", "{\"age\": 41, \"country\": \"DE\"}\n");
    files.write("oip.yaml", &CHURN.replace("mlflow-signature", "oip-signature"));
    let outputs = CHURN.replace("inputs:", "outputs:");
    files.write("outputs.yaml", &format!("{outputs}  part: outputs\n"));
    let output = files.run(&["check", "--policy", "@oip.yaml", "--payload", "@rows.csv"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    // Rows of what a model gives are rows.
    files.write("wrong.jsonl", "{\"age\": \"old\", \"country\": \"DE\"}\n");
    for (payload, exit) in [("@rows.jsonl", 0), ("@rows.csv", 0), ("@wrong.jsonl", 1)] {
        let output = files.run(&["check", "--policy", "@outputs.yaml", "--payload", payload]);
        assert_eq!(output.status.code(), Some(exit), "{payload}: {}", text(&output.stdout));
    }

    files.write("empty.csv", "age,country\n");
    files.write("empty.jsonl", "");
    for payload in ["@empty.csv", "@empty.jsonl"] {
        let check = |more: &[&str]| {
            files.check(&[&["--policy", "@churn.yaml", "--payload", payload][..], more].concat()).0
        };
        assert_eq!(check(&[]), 3, "{payload}");
        assert_eq!(check(&["--allow-empty"]), 0, "{payload}");
    }
}

/// Who bakes a document is told what its plugin has to say of the settings.
#[test]
fn baking_tells_what_is_remarked_on_the_settings() {
    let files = Files::new();
    let schema = "{ type: object, required: [id], properties: { id: { type: integer }, qty: { type: integer, minimum: 1 } } }";
    files.write("hollow.yaml", &ORDERS.replace(schema, "{ typ: object }"));
    let output = files.run(&["bake", "--policy", "@hollow.yaml", "-o", "@hollow.wasm"]);
    let said = text(&output.stdout);
    assert!(said.contains("\nwarn unknown-keyword at /schema/typ of the settings: "), "{said}");
    assert!(said.contains("\ninconclusive schema-judges-nothing: "), "{said}");
    let output = files.run(&["bake", "--policy", "@orders.yaml", "-o", "@orders.wasm"]);
    assert_eq!(text(&output.stdout).lines().count(), 3);
    // Baked, it is told as well, and passes no more than the document.
    assert_eq!(files.check(&["--policy", "@hollow.wasm"]).0, 3);
}

/// What a flag asks for is never left out without a word.
#[test]
fn flags_of_a_schema_are_for_schemas() {
    let files = Files::new();
    files.write("good.json", r#"{"id": 1}"#);
    files.write("signature.json", r#"{"inputs": [{"type": "long", "name": "id"}]}"#);
    for subject in [["--policy", "@orders.yaml"], ["--signature", "@signature.json"]] {
        for flag in [&["--strict-schema"][..], &["--formats"], &["--resource", "a=@schema.json"]] {
            let arguments = [&["check", "--payload", "@good.json"][..], &subject, flag].concat();
            let output = files.run(&arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
            assert!(text(&output.stderr).contains("cannot be used with"), "{arguments:?}");
        }
    }
}

/// Settings that another document baked in would judge under this one's name.
#[test]
fn a_document_of_a_baked_component_is_refused() {
    let files = Files::new();
    files.write("bad.json", r#"{"qty": 0}"#);
    let baked = files.run(&["bake", "--policy", "@orders.yaml", "-o", "@orders.wasm"]);
    let digest = text(&baked.stdout).lines().nth(1).unwrap().to_owned();
    let of = format!("{{ file: orders.wasm, digest: \"{digest}\" }}");
    files.write(
        "other.yaml",
        &ORDERS.replace("json-schema@^0.1", &of).replace("minimum: 1", "minimum: 0"),
    );
    for arguments in [
        &["check", "--policy", "@other.yaml", "--payload", "@bad.json"][..],
        &["bake", "--policy", "@other.yaml", "-o", "@again.wasm"],
        // A plugin that is added comes before a built-in one of its name.
        &[
            "check",
            "--policy",
            "@orders.yaml",
            "--plugin",
            "@orders.wasm",
            "--payload",
            "@bad.json",
        ],
    ] {
        let output = files.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
        let told = text(&output.stderr);
        assert!(told.contains("has its settings baked in"), "{told}");
    }
}

#[test]
fn what_cannot_judge_payloads_is_refused() {
    let files = Files::new();
    files.write("good.json", r#"{"id": 1}"#);
    files.write("broken.yaml", &ORDERS.replace("minimum: 1", "minimum: one"));
    let told: Vec<String> = [
        &["check", "--policy", "policies/fraud.yaml", "--payload", "@good.json"][..],
        &["check", "--policy", "@broken.yaml", "--payload", "@good.json"],
        &["check", "--policy", "@orders.yaml", "--schema", "@schema.json"],
        &["check", "--policy", "@orders.yaml", "--payload", "@good.json", "--mode", "mlflow"],
    ]
    .iter()
    .map(|arguments| {
        let output = files.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr).replace(&files.0.path().display().to_string(), "")
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}
