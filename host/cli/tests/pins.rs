//! `tollgate pin`, `rollback` and `history`: one write each, and nothing bad
//! comes back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{command, report, text, tollgate};
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

impl Place {
    /// A folder with documents of these versions.
    fn new(versions: &[&str]) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.at("policies")).unwrap();
        for version in versions {
            place.document(version, "");
        }
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn document(&self, version: &str, more: &str) {
        let fraud = fs::read_to_string(common::root().join("policies/fraud.yaml")).unwrap();
        let fraud = fraud.replace("version: 2.1.0", &format!("version: {version}"));
        fs::write(self.at(&format!("policies/{version}.yaml")), fraud + more).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        command(words).current_dir(self.folder.path()).output().unwrap()
    }

    fn pin(&self, version: &str, more: &[&str]) -> Output {
        let words = ["pin", "pins.yaml", "fraud_detector", version, "--by", "alice"];
        let rest = ["--documents", "policies", "--reason", "quarterly review"];
        self.run(&[&words[..], &rest, more].concat())
    }

    fn back(&self, more: &[&str]) -> Output {
        let words = ["rollback", "pins.yaml", "fraud_detector", "--by", "bob"];
        self.run(&[&words[..], &["--reason", "blocks everybody"], more].concat())
    }

    fn pins(&self) -> String {
        fs::read_to_string(self.at("pins.yaml")).unwrap()
    }
}

/// What a person sees, and the exit code; digests and times are left out.
fn shown(output: &Output) -> String {
    let text = text(&output.stdout) + &text(&output.stderr);
    let mut shown = format!("exit {}\n", output.status.code().unwrap());
    for line in text.lines() {
        let mut line = line.to_owned();
        while let Some(at) = line.find("sha256:").filter(|at| line.len() >= at + 71) {
            line.replace_range(at..at + 71, "<digest>");
        }
        if let Some(at) =
            line.find("T").filter(|at| line[at + 1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let end = line[at..].find('Z').map_or(line.len(), |end| at + end + 1);
            line.replace_range(at - 10..end, "<time>");
        }
        shown += &(line + "\n");
    }
    shown
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn pinned_rolled_back_and_told() {
    let place = Place::new(&["1.0.0", "1.1.0", "1.2.0"]);
    let mut page = String::new();
    let mut step = |output: Output| page += &shown(&output);
    step(place.pin("1.0.0", &[]));
    step(place.pin("1.1.0", &[]));
    step(place.pin("1.2.0", &[]));
    step(place.pin("1.2.0", &[]));
    step(place.back(&[]));
    step(place.back(&[]));
    step(place.back(&[]));
    step(place.pin("1.2.0", &[]));
    step(place.pin("1.2.0", &["--even-if-bad"]));
    step(place.run(&["history", "pins.yaml"]));
    insta::assert_snapshot!(page);
}

#[test]
fn what_is_refused_writes_nothing() {
    let place = Place::new(&["1.0.0", "1.1.0"]);
    place.document("1.2.0", "examples: [{ request: { score: 0.1 }, action: block }]\n");
    fs::write(place.at("policies/1.3.0.yaml"), "name: fraud_detector\nversion: 1.3.0\nplug")
        .unwrap();
    let mut page = String::new();
    let mut step = |output: Output| {
        assert_eq!(code(&output), 2);
        page += &shown(&output);
    };
    step(place.back(&[]));
    step(place.run(&["history", "pins.yaml"]));
    step(place.pin("1.2.0", &[]));
    assert!(!place.at("pins.yaml").exists());
    assert_eq!(code(&place.pin("1.0.0", &[])), 0);
    let before = place.pins();
    step(place.pin("1.2.0", &[]));
    step(place.pin("1.3.0", &[]));
    step(place.pin("7", &[]));
    step(place.pin("1.1", &[]));
    step(place.pin("1.1.0", &["--generation", "7"]));
    step(place.pin("1.1.0", &["--patch"]));
    step(place.pin("1.1.0", &["--reason", " "]));
    step(place.pin("1.1.0", &["--by", "a\u{202e}b"]));
    step(place.back(&["--to", "fallback"]));
    step(place.back(&["--to-version", "6"]));
    step(place.run(&["rollback", "pins.yaml", "--reason", "x", "--by", "bob"]));
    step(place.run(&["rollback", "churn", "--to", "fallback", "--reason", "x", "--by", "bob"]));
    step(place.run(&["rollback", "pins.yaml", "fraud", "--reason", "x", "--by", "bob"]));
    step(place.run(&["history", "pins.yaml", "fraud_detectr"]));
    place.document("1.0.0", "# changed\n");
    step(place.pin("1.0.0", &[]));
    assert_eq!(place.pins(), before);
    insta::assert_snapshot!(page);
}

#[test]
fn reports_for_a_program_are_as_described() {
    let place = Place::new(&["1.0.0", "1.1.0"]);
    let json = ["--format", "json"];
    let first = report(&place.pin("1.0.0", &json));
    assert_eq!((&first["written"], &first["current"]), (&true.into(), &"1.0.0".into()));
    assert!(first.get("from").is_none());
    let again = report(&place.pin("1.0.0", &json));
    assert_eq!((&again["written"], &again["generation"]), (&false.into(), &1.into()));
    assert_eq!(code(&place.pin("1.1.0", &[])), 0);
    let dry = report(&place.back(&["--format", "json", "--dry-run"]));
    assert_eq!((&dry["written"], &dry["current"]), (&false.into(), &"1.0.0".into()));
    let back = report(&place.back(&["--format", "json", "--documents", "policies"]));
    assert_eq!((&back["bad"][0], &back["from"]), (&"1.1.0".into(), &"1.1.0".into()));
    let error = report(&place.back(&json));
    assert_eq!((&error["verdict"], &error["command"]), (&"error".into(), &"rollback".into()));
    let history = report(&place.run(&["history", "pins.yaml", "--format", "json"]));
    assert_eq!(history["models"][0]["history"][0]["action"], "rollback");
    assert_eq!(history["models"][0]["history"].as_array().unwrap().len(), 3);
}

/// A rollback whose document was changed is refused where it is looked for.
#[test]
fn a_rollback_that_looks_finds_a_changed_document() {
    let place = Place::new(&["1.0.0", "1.1.0"]);
    for version in ["1.0.0", "1.1.0"] {
        assert_eq!(code(&place.pin(version, &[])), 0);
    }
    place.document("1.0.0", "# changed\n");
    let refused = place.back(&["--documents", "policies"]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("was pinned with"), "{}", text(&refused.stderr));
    assert_eq!(code(&place.back(&[])), 0, "who does not look goes back");
}

#[cfg(unix)]
#[test]
fn a_mounted_configmap_gets_a_patch_and_no_write() {
    let place = Place::new(&["1.0.0", "1.1.0"]);
    let real = place.at("mounted/..2026");
    fs::create_dir_all(&real).unwrap();
    fs::write(real.join("fraud_detector"), "1.0.0").unwrap();
    std::os::unix::fs::symlink("..2026", place.at("mounted/..data")).unwrap();
    std::os::unix::fs::symlink("..data/fraud_detector", place.at("mounted/fraud_detector"))
        .unwrap();
    let words = ["pin", "mounted", "fraud_detector", "1.1.0", "--documents", "policies"];
    let words = [&words[..], &["--by", "alice", "--reason", "review"]].concat();
    let refused = place.run(&words);
    assert_eq!(code(&refused), 2, "{}", text(&refused.stdout));
    assert!(text(&refused.stderr).contains("which only Kubernetes writes"));
    let patched = place.run(&[&words[..], &["--patch"]].concat());
    let patch: serde_json::Value = serde_json::from_slice(&patched.stdout).unwrap();
    assert_eq!((&patch[0]["op"], &patch[0]["value"]), (&"test".into(), &"1.0.0".into()));
    assert!(patch[1]["value"].as_str().unwrap().contains("\"previous\": \"1.0.0\""));
    assert_eq!(fs::read_to_string(real.join("fraud_detector")).unwrap(), "1.0.0");
    let as_json = report(&place.run(&[&words[..], &["--patch", "--format", "json"]].concat()));
    assert_eq!(
        (&as_json["written"], &as_json["patch"][1]["op"]),
        (&false.into(), &"replace".into())
    );
}

/// Whoever reads the report or not, what is written is written.
#[test]
fn a_closed_pipe_changes_nothing() {
    let place = Place::new(&["1.0.0"]);
    let words = ["pin", "pins.yaml", "fraud_detector", "1.0.0", "--documents", "policies"];
    let words = [&words[..], &["--by", "alice", "--reason", "review"]].concat();
    let mut child = command(&words)
        .current_dir(place.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.pins().contains("current: 1.0.0"));
}

#[test]
fn words_of_strangers_are_shown_and_do_nothing() {
    let place = Place::new(&[]);
    let pins = "models: { a: { current: 1, generation: 1, history: [{ generation: 1, at: \
                2026-11-21T12:00:00Z, by: \"\\e[2Jeve\", action: pin, to: 1, reason: \
                \"x\\n::error::y\" }] } }";
    fs::write(place.at("pins.yaml"), pins).unwrap();
    let page = text(&tollgate(&["history", &place.path("pins.yaml")]).stdout);
    assert!(!page.contains('\u{1b}') && !page.contains("\n::"), "{page}");
    assert!(Path::new(&place.path("pins.yaml")).exists());
}
