//! `--format json` when something goes wrong: one value, or one a line for
//! `decide`, always valid; and what is wrong in a file has its place.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs;

use common::{root, text, tollgate};
use serde_json::Value;

const MODEL: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const OFFLINE: &str = "policies/gates/offline.yaml";
const FRAUD: &str = "policies/fraud.yaml";
const HEADER: &str = "score,amount,country,merchant_age_days,transactions_last_hour";
const ROW: &str = r#"{"score": 0.1, "amount": 1, "country": "US", "merchant_age_days": 99, "transactions_last_hour": 1}"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The values that are printed, each by the documented schema.
fn values(arguments: &[&str]) -> Vec<Value> {
    let arguments = [arguments, &["--format", "json"]].concat();
    let output = tollgate(&arguments);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {shown}");
    let values: Vec<Value> = if arguments[0] == "decide" {
        let value = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        shown.lines().map(value).collect()
    } else {
        vec![serde_json::from_str(&shown).unwrap_or_else(|e| panic!("{e}: {shown}"))]
    };
    let schema = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for value in &values {
        assert!(schema.is_valid(value), "{arguments:?}: {value:#}");
    }
    values
}

#[test]
fn rows_and_what_ends_them_are_one_a_line() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let cells = "0.1,1,US,99,1";
    let inputs = [
        ("none.jsonl", b"nope\n".to_vec(), 1),
        ("cut.jsonl", format!("{ROW}\n{ROW}\n{{\"score\": 0.").into_bytes(), 3),
        ("bytes.jsonl", [ROW.as_bytes(), b"\n\xff\xfe\n"].concat(), 2),
        ("many.jsonl", (format!("{ROW}\n").repeat(9000) + "{").into_bytes(), 9001),
        ("cut.json", b"{\"score\": 0.".to_vec(), 1),
        ("list.json", b"[1, 2]".to_vec(), 1),
        ("column.csv", b"score\n1\n".to_vec(), 1),
        ("quote.csv", format!("{HEADER}\n{cells}\n\"{cells}\n").into_bytes(), 1),
        (
            "bytes.csv",
            [HEADER.as_bytes(), b"\n", cells.as_bytes(), b"\n\xff,1,US,1,1\n"].concat(),
            1,
        ),
    ];
    for (name, content, lines) in inputs {
        let input = folder.write(name, content);
        let values = values(&["decide", "--policy", FRAUD, "--input", &input, "--no-time"]);
        assert!(values.len() >= lines && values.len() <= lines + 1, "{name}: {:?}", values.last());
    }
}

#[test]
fn wrong_arguments_are_one_value() {
    for (arguments, command) in [
        (&["gate"][..], "gate"),
        (&["gate", "--wat"], "gate"),
        (&["decide", "--polcy", "x"], "decide"),
        (&["check", "--payload", "x"], "check"),
        (&["check", "--signature", "x", "--max-findings", "many"], "check"),
        (&["signature", "diff"], "signature diff"),
        (&["signature", "differ"], "tollgate"),
        (&["plugin", "inspect"], "plugin"),
        (&["chek"], "tollgate"),
        (&["bake"], "bake"),
        (&["bake", "--policy", FRAUD, "-o", "-"], "bake"),
    ] {
        let values = values(arguments);
        assert_eq!(values[0]["command"], command, "{values:?}");
        assert!(!values[0]["error"].as_str().unwrap().contains('\n'), "{values:?}");
    }
}

/// Whichever file it is: `details` has the place of each mistake.
#[test]
fn what_is_wrong_in_a_file_has_its_place() {
    let folder = Folder(tempfile::tempdir().unwrap());
    let broken = "{\n  \"a\": [1,\n}";
    let file = folder.write("broken.json", broken);
    let facts = folder.write("facts.json", "{\"facts\": [\n{\"metric\": 1},\n{\"value\": true}]}");
    let model = |name: &str| {
        folder.write(&format!("model-{name}/{name}"), broken);
        folder.0.path().join(format!("model-{name}")).to_str().unwrap().to_owned()
    };
    let (run, version, evidence) =
        (model("run.json"), model("model_version.json"), model("facts.json"));
    let profile = fs::read_to_string(root().join(OFFLINE)).unwrap();
    let profile =
        folder.write("profile.yaml", profile.replace("comparison:", "comparision:") + "\nx: 1\n");
    let gate = |candidate| ["gate", "--candidate", candidate, "--profile", OFFLINE];
    for (arguments, at_least) in [
        (&[&gate(MODEL)[..], &["--facts", &file]].concat()[..], 1),
        (&[&gate(MODEL)[..], &["--facts", &facts]].concat(), 2),
        (&gate(&run), 1),
        (&gate(&version), 1),
        (&gate(&evidence), 1),
        (&["gate", "--candidate", MODEL, "--profile", &file], 1),
        (&["gate", "--candidate", MODEL, "--profile", &profile], 1),
        (&["decide", "--policy", &file, "--input", &file], 1),
        (&["bake", "--policy", &file, "-o", &file], 1),
        (&["check", "--signature", &file], 1),
        (&["signature", "diff", &file, &file], 1),
        (&["signature", "convert", "--to", "oip", &file], 1),
    ] {
        let values = values(arguments);
        let details = values[0]["details"].as_array().cloned().unwrap_or_default();
        assert!(details.len() >= at_least, "{arguments:?}: {values:?}");
        for detail in details {
            let detail = detail.as_str().unwrap();
            let rest = detail.split_once(folder.0.path().to_str().unwrap()).unwrap().1;
            let mut parts = rest.splitn(4, ':').skip(1);
            let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
            assert!(number() >= 1 && number() >= 1, "{detail}");
        }
    }
}
