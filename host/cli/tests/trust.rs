//! Whose code runs, and who is said to have judged: the cache of compiled
//! code, and baked components.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{command, report, root, text, tollgate};
use serde_json::Value;
use tollgate_engine::{Digest, Engine, Plugin};

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const MODEL: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const WORSE: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const FRAUD: &str = "policies/fraud.yaml";
const OFFLINE: &str = "policies/gates/offline.yaml";

/// Looks at a signature, in a home of its own.
fn check(home: &Path, more: &[&str]) -> Output {
    let arguments = [&["check", "--signature", MODEL, "--format", "json"], more].concat();
    let mut command = command(&arguments);
    command.env("HOME", home).env_remove("XDG_CACHE_HOME").env_remove("XDG_STATE_HOME");
    command.output().unwrap()
}

/// The command works without a cache, and its report is as ever.
fn assert_uncached(output: &Output, why: &str) {
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(report(output)["verdict"], "pass");
    assert_eq!(told.lines().count(), 1, "{told}");
    let line = told.trim();
    assert!(line.starts_with("warning: compiled plugins are not kept"), "{line}");
    assert!(line.contains(why) && line.contains("--no-cache"), "{line}");
}

#[test]
fn a_home_keeps_compiled_plugins() {
    let home = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = check(home.path(), &[]);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(report(&output)["verdict"], "pass");
    }
    assert_eq!(
        fs::metadata(home.path().join(".local/state/tollgate/cache.key")).unwrap().len(),
        32
    );
    assert!(home.path().join(".cache/tollgate/compiled").is_dir());
}

#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_trusted_is_told_of_and_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let home = tempfile::tempdir().unwrap();
    check(home.path(), &[]);
    let key = home.path().join(".local/state/tollgate/cache.key");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&key, 0o644);
    assert_uncached(&check(home.path(), &[]), "can be read by others");
    let silent = check(home.path(), &["--no-cache"]);
    assert_eq!(text(&silent.stderr), "", "whoever wants no cache hears nothing of it");
    fs::remove_file(&key).unwrap();
    symlink("/dev/zero", &key).unwrap();
    assert_uncached(&check(home.path(), &[]), "is a link");
    fs::remove_file(&key).unwrap();
    assert_eq!(text(&check(home.path(), &[]).stderr), "", "a new key is made");
    mode(&home.path().join(".cache/tollgate"), 0o777);
    assert_uncached(&check(home.path(), &[]), "can be written by others");
}

/// A folder from elsewhere brings `.cache` and `.local` with it, and a home of
/// `.` would take them for the user's.
#[test]
fn a_home_that_hangs_on_the_present_folder_is_no_cache() {
    for home in [".", "some/folder"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(&["plugin", "list"]);
        command
            .current_dir(folder.path())
            .env("HOME", home)
            .env("XDG_CACHE_HOME", "cache")
            .env("XDG_STATE_HOME", "state");
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "`{home}` brought files");
        assert!(told.contains("the home folder has no absolute path"), "{told}");
    }
}

/// `sudo` that keeps `HOME`: the key in there is another user's.
#[test]
#[cfg(unix)]
fn root_does_not_take_another_user_s_key() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let home = tempfile::tempdir().unwrap();
    check(home.path(), &[]);
    if fs::metadata(home.path()).unwrap().uid() != 0 {
        // Only root can make a file another user's; the engine's own tests
        // have what others can do.
        return;
    }
    let key = home.path().join(".local/state/tollgate/cache.key");
    chown(&key, Some(12345), None).unwrap();
    assert_uncached(&check(home.path(), &[]), "belongs to user 12345");
    chown(&key, Some(0), None).unwrap();
    assert_eq!(text(&check(home.path(), &[]).stderr), "");
    chown(home.path(), Some(12345), None).unwrap();
    assert_uncached(&check(home.path(), &[]), "belongs to user 12345");
}

/// Bakes a document into `folder`, and gives the component's path.
fn bake(folder: &Path, document: &str) -> String {
    let name = Path::new(document).with_extension("wasm");
    let path = folder.join(name.file_name().unwrap()).display().to_string();
    let output = tollgate(&["bake", "--policy", document, "-o", &path, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["digest"], digest(&path));
    assert_eq!(report["baked_from"]["verified"], true, "this very command has baked it");
    path
}

fn digest(path: &str) -> String {
    Digest::of(&fs::read(path).unwrap()).to_string()
}

fn built_in(name: &str) -> Plugin {
    let (_, built_in) =
        tollgate::plugins::BUILT_IN.iter().find(|(known, _)| *known == name).unwrap();
    Engine::builder().build().unwrap().load_built_in(built_in).unwrap()
}

fn decide(policy: &str) -> Output {
    let input = "tests/fixtures/mlflow/fraud/transactions.jsonl";
    let row = fs::read_to_string(root().join(input)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = folder.path().join("request.json");
    fs::write(&request, row.lines().next().unwrap()).unwrap();
    let request = request.display().to_string();
    let arguments = ["decide", "--policy", policy, "--input", &request, "--no-time"];
    tollgate(&[&arguments[..], &["--format", "json"]].concat())
}

fn inspect(path: &str, more: &[&str]) -> (Option<i32>, Value, String) {
    let arguments = ["plugin", "inspect", path, "--format", "json"];
    let output = tollgate(&[&arguments[..], more].concat());
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report, text(&output.stderr))
}

#[test]
fn what_ran_is_what_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let baked = bake(folder.path(), FRAUD);
    let original = built_in("threshold-policy").digest().to_string();
    let (answer, plain) = (report(&decide(&baked)), report(&decide(FRAUD)));
    assert_eq!(plain["plugin"]["digest"], original.as_str());
    assert_eq!(plain["plugin"].get("baked_from"), None);
    assert_eq!(answer["plugin"]["digest"], digest(&baked));
    let claim = serde_json::json!({ "digest": original, "verified": false });
    assert_eq!(answer["plugin"]["baked_from"], claim);
    assert_ne!(answer["decision_id"], plain["decision_id"], "an id hangs on what ran");
    let (code, inspected, _) = inspect(&baked, &[]);
    assert_eq!((code, &inspected["digest"]), (Some(0), &answer["plugin"]["digest"]));
    assert_eq!(inspected["baked_from"], claim);
}

/// A baked component and the section that says what it was baked from.
fn parts(component: &[u8]) -> (&[u8], &[u8]) {
    let name = b"tollgate:baked";
    let place = component.windows(name.len()).rposition(|window| window == name).unwrap();
    let content = component.len() - (place - 1);
    let length = (usize::BITS - content.leading_zeros()).div_ceil(7) as usize;
    component.split_at(place - 1 - length - 1)
}

/// Anyone can write the section; what ran is another matter.
#[test]
fn a_claim_is_verified_by_baking_again() {
    let folder = tempfile::tempdir().unwrap();
    let baked = bake(folder.path(), FRAUD);
    let (code, inspected, told) = inspect(&baked, &["--verify"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(inspected["baked_from"]["verified"], true);

    let document = fs::read_to_string(root().join(FRAUD)).unwrap();
    let milder = folder.path().join("milder.yaml");
    fs::write(&milder, document.replace("block: 0.7", "block: 0.95")).unwrap();
    let milder = fs::read(bake(folder.path(), &milder.display().to_string())).unwrap();
    let honest = fs::read(&baked).unwrap();
    // It decides as the milder policy, and says that it is the other one.
    let forged = folder.path().join("forged.wasm").display().to_string();
    fs::write(&forged, [parts(&milder).0, parts(&honest).1].concat()).unwrap();
    let answer = report(&decide(&forged));
    assert_eq!(answer["plugin"]["digest"], digest(&forged));
    assert_eq!(answer["plugin"]["baked_from"]["verified"], false);
    assert_ne!(answer["decision_id"], report(&decide(&baked))["decision_id"]);
    let (code, inspected, _) = inspect(&forged, &["--verify"]);
    assert_eq!((code, &inspected["baked_from"]["verified"]), (Some(1), &Value::Bool(false)));

    let change = |at: usize| {
        let place =
            honest.windows(14).rposition(|window| window == b"tollgate:baked").unwrap() + 14;
        let mut bytes = honest.clone();
        bytes[place + at] ^= 1;
        let path = folder.path().join(format!("changed-{at}.wasm")).display().to_string();
        fs::write(&path, bytes).unwrap();
        path
    };
    let refused = |output: Output| {
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        text(&output.stderr).replace(&*folder.path().to_string_lossy(), "<folder>")
    };
    let told = refused(tollgate(&["plugin", "inspect", &change(0), "--verify"]));
    assert!(told.contains("which is not at hand") && told.contains("--plugin"), "{told}");
    let told = refused(decide(&change(32)));
    assert!(told.contains("was not made by `tollgate bake`: the settings"), "{told}");
    let told = refused(tollgate(&["plugin", "inspect", "threshold-policy", "--verify"]));
    assert!(told.contains("is not baked"), "{told}");
}

#[test]
fn a_baked_profile_gates_as_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let baked = bake(folder.path(), OFFLINE);
    for (candidate, code) in [(MODEL, 0), (WORSE, 1)] {
        let gate = |profile: &str| {
            let output = tollgate(&[
                "gate",
                "--candidate",
                candidate,
                "--champion",
                CHAMPION,
                "--profile",
                profile,
                "--format",
                "json",
            ]);
            assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
            report(&output)["profiles"][0].clone()
        };
        let (of_baked, mut of_document) = (gate(&baked), gate(OFFLINE));
        // A component has no lines that someone wrote.
        for finding in of_document["findings"].as_array_mut().unwrap() {
            assert!(finding.as_object_mut().unwrap().remove("line").is_some());
        }
        for key in ["name", "version", "verdict", "findings", "settings"] {
            assert_eq!(of_baked[key], of_document[key], "{key}");
        }
        assert_eq!(of_baked["plugin"]["digest"], digest(&baked));
        let from = &of_baked["plugin"]["baked_from"]["digest"];
        assert_eq!(*from, of_document["plugin"]["digest"]);
    }
}

#[test]
fn what_is_no_baked_profile_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let policy = bake(folder.path(), FRAUD);
    let profile = bake(folder.path(), OFFLINE);
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let plugin = write("plugin.wasm", built_in("metric-gate").bytes());
    let text_file = write("text.wasm", b"name: offline");
    // The header of a component, and no section that there is.
    let damaged = write("damaged.wasm", b"\0asm\x0d\0\x01\0\x7f\x01\0");
    let gate = |profile: &str| {
        let mut command = command(&["gate", "--candidate", MODEL, "--profile", profile]);
        command.env("COLUMNS", "1000").output().unwrap()
    };
    let told: Vec<String> = [
        gate(&policy),
        gate(&plugin),
        gate(&text_file),
        gate(&damaged),
        gate("no/such.wasm"),
        decide(&profile),
    ]
    .iter()
    .map(|output| {
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        let told = text(&output.stderr).replace(&*folder.path().to_string_lossy(), "<folder>");
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}
