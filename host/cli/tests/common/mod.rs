//! The binary, as its users call it.
#![allow(dead_code, reason = "each test program uses what it needs")]

mod environment;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `tollgate` in the repository's folder, with a home of its own.
pub(crate) fn command(arguments: &[&str]) -> Command {
    static CACHE: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let cache = CACHE.get_or_init(|| tempfile::tempdir().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    environment::only(&mut command, cache.path());
    command.args(arguments).current_dir(root());
    command
}

/// Runs that.
pub(crate) fn tollgate(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The report, checked against the schema that is documented.
pub(crate) fn report(output: &Output) -> Value {
    assert!(!output.stdout.is_empty(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&report)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {report:#}");
    report
}

/// A policy of the guest that fails, `guests/` beside the profile's folder that
/// this test runs from.
pub(crate) fn misbehaving(folder: &Path, name: &str, how: &str) {
    let test = std::env::current_exe().unwrap();
    let guest = test.ancestors().nth(3).unwrap().join("guests/misbehave-no-std.wasm");
    let read = std::fs::read(&guest);
    assert!(read.is_ok(), "{}: {read:?}; `cargo xtask plugins`", guest.display());
    let bytes = read.unwrap();
    std::fs::write(folder.join("misbehave.wasm"), &bytes).unwrap();
    let digest = tollgate_engine::Digest::of(&bytes);
    let document = format!(
        "name: {name}\nversion: 1.0.0\nowner: tests\nplugin: {{ file: misbehave.wasm, digest: \
         '{digest}' }}\nfallback: block\nsettings: {{ in: decide, how: {how} }}\n"
    );
    std::fs::write(folder.join(format!("{name}.yaml")), document).unwrap();
}
