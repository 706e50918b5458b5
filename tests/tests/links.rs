//! Nothing is named that is not there: no repository, no site of our own.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Hosts that exist, and those that are reserved for examples.
const HOSTS: [&str; 17] = [
    "crates.io",
    "docs.rs",
    "example.com",
    "example.org",
    "github.com/bytecodealliance/jco",
    "github.com/google/cel-spec",
    "github.com/paulmillr/noble-hashes",
    "json-schema.org",
    "keepachangelog.com",
    "localhost",
    "mlflow.org",
    "pypi.org",
    "semver.org",
    "static.rust-lang.org",
    "www.apache.org",
    "www.rfc-editor.org",
    "yaml.org",
];

/// Others' files, and what is built.
const OTHERS: [&str; 7] =
    ["target", ".git", "Cargo.lock", "package-lock.json", "suite", "fixtures", "node_modules"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if OTHERS.contains(&name.as_str()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The links of a text, without `https://`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let after = |scheme| text.split(scheme).skip(1);
    after("https://")
        .chain(after("http://"))
        .map(|rest| rest.split(|c: char| c.is_whitespace() || "\"'`<>(){}\\".contains(c)).next())
        .map(Option::unwrap_or_default)
}

#[test]
fn what_is_linked_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(found.len() > 300, "{} files", found.len());
    for path in found {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if path.file_name().is_some_and(|name| name == "Cargo.toml") {
            for key in ["repository", "homepage", "documentation"] {
                assert!(!text.contains(&format!("\n{key}")), "{key} in {path:?}");
            }
        }
        // Tests make up hosts that are never asked.
        let tests = path.components().any(|part| part.as_os_str() == "tests");
        for link in links(&text).filter(|link| !tests && link.contains('.')) {
            assert!(HOSTS.iter().any(|host| link.starts_with(host)), "{link} in {path:?}");
        }
    }
}
