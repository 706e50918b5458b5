//! Nobody waits for the first use of a built-in plugin.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
// Kinds of machines for which plugins are compiled ahead of time.
#![cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]

mod common;

use std::fs;
use std::path::Path;

use common::{command, root, text};

const MODELS: &str = "tests/fixtures/mlflow";

/// Runs a command with nothing in any cache; gives how many components it
/// compiled, which are those that it leaves in the cache.
fn compiled(arguments: &[&str]) -> usize {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("cache");
    let output = command(arguments).env("XDG_CACHE_HOME", &cache).output().unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{arguments:?}: {}", text(&output.stderr));
    entries(&cache.join("tollgate/compiled"))
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| {
        entries.filter(|entry| entry.as_ref().unwrap().metadata().unwrap().len() > 0).count()
    })
}

#[test]
fn a_first_command_compiles_nothing() {
    let model = |name: &str| format!("{MODELS}/{name}");
    let (v1, v3) = (model("tumor_screening-v1"), model("tumor_screening-v3"));
    let payload = format!("{v1}/payloads/one-row.json");
    let transactions = format!("{MODELS}/fraud/transactions.jsonl");
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.json");
    fs::write(&schema, r#"{"type": "object", "required": ["id"]}"#).unwrap();
    let request = folder.path().join("request.json");
    fs::write(&request, r#"{"id": 1}"#).unwrap();
    let (schema, request) = (schema.display().to_string(), request.display().to_string());
    let gate = ["gate", "--candidate", &v3, "--champion", &v1, "--profile"];
    let gate = [&gate[..], &["policies/gates/offline.yaml"]].concat();
    let commands: [&[&str]; 6] = [
        &gate,
        &["check", "--signature", &v1, "--payload", &payload],
        &["check", "--schema", &schema, "--payload", &request],
        &["decide", "--policy", "policies/fraud.yaml", "--input", &transactions],
        &["plugin", "list"],
        &["plugin", "inspect", "json-schema"],
    ];
    for arguments in commands {
        assert_eq!(compiled(arguments), 0, "{arguments:?}");
    }

    // What did not come with the program is compiled, and that can be seen.
    let baked = folder.path().join("fraud.wasm").display().to_string();
    let policy = root().join("policies/fraud.yaml").display().to_string();
    compiled(&["bake", "--policy", &policy, "-o", &baked]);
    assert_eq!(compiled(&["decide", "--policy", &baked, "--input", &transactions]), 1);
}
