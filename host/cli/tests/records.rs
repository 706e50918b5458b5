//! `tollgate gate --record` and `tollgate log`: what is recorded can be proved
//! whole, and judged again years later.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{command, report, root, text, tollgate};
use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate::canonical;
use tollgate_engine::Digest;
use tollgate_records::record::Draft;

const CHAMPION: &str = "tests/fixtures/mlflow/tumor_screening-v1";
const GOOD: &str = "tests/fixtures/mlflow/tumor_screening-v2";
const BAD: &str = "tests/fixtures/mlflow/tumor_screening-v3";
const OFFLINE: &str = "policies/gates/offline.yaml";
const OLDER: &str = "tests/fixtures/contract-1.0.0/metric-gate.wasm";

/// A folder with a log that is not there yet.
fn place() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("records.jsonl").display().to_string();
    (folder, log)
}

fn gate(log: &str, candidate: &str, more: &[&str]) -> Output {
    let arguments =
        ["gate", "--candidate", candidate, "--champion", CHAMPION, "--profile", OFFLINE];
    tollgate(&[&arguments[..], &["--record", log], more].concat())
}

fn log(words: &[&str]) -> (i32, String) {
    let output = tollgate(&[&["log"][..], words].concat());
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn log_json(words: &[&str]) -> (i32, Value) {
    let output = tollgate(&[&["log"][..], words, &["--format", "json"]].concat());
    (output.status.code().unwrap(), report(&output))
}

/// Lines of a log, changed, under hashes that are right again.
fn forged(log: &str, change: impl Fn(&mut Value)) {
    let mut previous = Value::Null;
    let mut lines = String::new();
    for line in fs::read_to_string(log).unwrap().lines() {
        let mut record: Value = serde_json::from_str(line).unwrap();
        change(&mut record["body"]);
        record["previous"] = previous;
        record.as_object_mut().unwrap().remove("hash");
        let hash = Digest::of(canonical::to_text(&record).as_bytes()).to_string();
        record["hash"] = hash.clone().into();
        previous = hash.into();
        lines += &(canonical::to_text(&record) + "\n");
    }
    fs::write(log, lines).unwrap();
}

#[test]
fn a_run_is_recorded_and_replays_to_the_same_report() {
    let (folder, log_file) = place();
    for (candidate, code) in [(GOOD, 0), (BAD, 1)] {
        let shown = gate(&log_file, candidate, &["--verbose"]);
        assert_eq!(shown.status.code(), Some(code), "{}", text(&shown.stderr));
        // A person is told where it is, and its hash to keep.
        let told = text(&shown.stderr);
        assert!(told.starts_with("record ") && told.contains(": sha256:"), "{told}");
        let (replayed, page) = log(&["replay", &log_file]);
        assert_eq!(replayed, 0, "{page}");
        assert!(page.starts_with(&text(&shown.stdout)), "{page}");
        assert!(page.trim_end().ends_with("SAME"), "{page}");

        let as_json = gate(&log_file, candidate, &["--format", "json"]);
        let mut run = report(&as_json);
        run.as_object_mut().unwrap().remove("command");
        let (code, again) = log_json(&["replay", &log_file]);
        assert_eq!((code, &again["verdict"]), (0, &json!("pass")));
        assert_eq!(again["records"][0]["report"].to_string(), run.to_string());
    }
    let (code, verified) = log_json(&["verify", &log_file]);
    assert_eq!((code, &verified["records"]), (0, &json!(4)), "{verified}");
    let (code, all) = log_json(&["replay", &log_file, "--all"]);
    assert_eq!((code, all["records"].as_array().unwrap().len()), (0, 4));

    // The plugin that judged is beside it, under its digest.
    let record: Value =
        serde_json::from_str(fs::read_to_string(&log_file).unwrap().lines().next().unwrap())
            .unwrap();
    let profile = &record["body"]["profiles"][0];
    let digest = profile["plugin"]["digest"].as_str().unwrap();
    let kept = folder.path().join("plugins").join(digest.replace(':', "-") + ".wasm");
    assert_eq!(Digest::of(&fs::read(kept).unwrap()).to_string(), digest);
    // A policy has the digest of its file.
    let file = fs::read(root().join(OFFLINE)).unwrap();
    assert_eq!(profile["digest"], Digest::of(&file).to_string());
}

/// The model, the facts and the profile are gone; the record is enough.
#[test]
fn a_record_needs_nothing_but_itself() {
    let (folder, log_file) = place();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(at("model")).unwrap();
    // Whatever a fact can be: whole, NaN, negative zero, a list, a text that is
    // none, a name with braces.
    let facts = r#"{"facts": [
        {"name": "auc", "value": 1.0}, {"name": "f1", "value": 0.30000000000000004},
        {"name": "recall", "value": "NaN"}, {"name": "bias", "value": -0.0},
        {"name": "big", "value": 1e20}, {"name": "count", "value": 9007199254740993},
        {"name": "bins", "value": [1.0, 0, -0.0, 0.5]}, {"name": "auc{group=f}", "value": 1}
    ]}"#;
    fs::write(at("model/facts.json"), facts).unwrap();
    let run = r#"{"run": {"info": {"run_id": "r"}, "data": {
        "params": [{"key": "missing", "value": "nan"}, {"key": "depth", "value": ""}],
        "tags": [{"key": "odd{name", "value": "x"}, {"key": "a{b=c}", "value": "true"}]}}}"#;
    fs::write(at("model/run.json"), run).unwrap();
    let rules = r#"[{ metric: auc, comparison: ">=", threshold: 0.8 },
        { metric: recall, comparison: ">=", threshold: 0.8 },
        { metric: auc, comparison: ">=", threshold: 0.8, for_each: group }]"#;
    fs::write(
        at("profile.yaml"),
        format!("name: p\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings: {{ rules: {rules} }}\n"),
    )
    .unwrap();
    // The same folder by two names: only while it is there can that be seen.
    let twin = at("model") + "/../model";
    let run = tollgate(&[
        "gate",
        "--candidate",
        &at("model"),
        "--champion",
        &twin,
        "--profile",
        &at("profile.yaml"),
        "--record",
        &log_file,
        "--format",
        "json",
    ]);
    let told = text(&run.stderr);
    let mut run = report(&run);
    assert!(run.to_string().contains("champion-is-candidate"), "{run}");
    fs::remove_dir_all(at("model")).unwrap();
    fs::remove_file(at("profile.yaml")).unwrap();
    let (code, again) = log_json(&["replay", &log_file]);
    assert_eq!(code, 0, "{told} {again:#}");
    run.as_object_mut().unwrap().remove("command");
    assert_eq!(again["records"][0]["report"].to_string(), run.to_string());
}

#[test]
fn whoever_forges_a_verdict_is_found_by_judging_again() {
    let (_folder, log_file) = place();
    gate(&log_file, BAD, &[]);
    forged(&log_file, |body| body["report"]["verdict"] = "pass".into());
    assert_eq!(log(&["verify", &log_file]).0, 0, "the hashes are right again");
    let (code, told) = log(&["replay", &log_file]);
    assert_eq!(code, 1);
    assert!(told.contains("DIFFERENT"), "{told}");
    assert!(told.contains("/verdict: recorded \"pass\", now \"fail\""), "{told}");
    let (code, told) = log_json(&["replay", &log_file, "--seq", "1"]);
    assert_eq!((code, &told["verdict"]), (1, &json!("fail")));
    assert_eq!(told["records"][0]["differences"].as_array().unwrap().len(), 1);

    // Of the evidence, too.
    let (_folder, log_file) = place();
    gate(&log_file, GOOD, &[]);
    forged(&log_file, |body| {
        for fact in body["case"]["facts"].as_array_mut().unwrap() {
            if fact["name"] == "auc" {
                fact["value"] = json!(0.1);
            }
        }
    });
    assert_eq!(log(&["replay", &log_file]).0, 1);
}

#[test]
fn a_plugin_that_is_not_built_in_is_kept_or_given() {
    let (folder, log_file) = place();
    let older = ["--plugin", OLDER];
    let run = gate(&log_file, GOOD, &older);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let (code, again) = log_json(&["replay", &log_file]);
    assert_eq!(code, 0, "{again:#}");
    let older_digest = Digest::of(&fs::read(root().join(OLDER)).unwrap()).to_string();
    let judged =
        |report: &Value| report["records"][0]["report"]["profiles"][0]["plugin"]["digest"].clone();
    assert_eq!(judged(&again), older_digest);

    let kept = folder.path().join("plugins");
    let file = fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "another").unwrap();
    let (code, told) = log(&["replay", &log_file]);
    assert_eq!(code, 2);
    assert!(told.contains("it is not the plugin"), "{told}");
    fs::remove_dir_all(&kept).unwrap();
    let (code, told) = log(&["replay", &log_file]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("NOT REPLAYED") && told.contains("`--plugin FILE` gives it"), "{told}");
    let (code, told) = log_json(&["replay", &log_file, "--all"]);
    assert_eq!((code, &told["verdict"]), (3, &json!("inconclusive")));
    let given = log_json(&[&["replay", &log_file][..], &older].concat());
    assert_eq!((given.0, judged(&given.1)), (0, older_digest.into()));

    // Today's plugin, for what an upgrade changes; that it is another one is no
    // difference.
    let (code, today) = log_json(&["replay", &log_file, "--with-current"]);
    assert_eq!(today["plugins"], "current");
    assert!(code == 0 || !today["records"][0]["differences"].as_array().unwrap().is_empty());
    assert_ne!(judged(&today), given.1["records"][0]["report"]["profiles"][0]["plugin"]["digest"]);

    let (folder, log_file) = place();
    gate(&log_file, GOOD, &["--no-keep-plugins"]);
    assert!(!folder.path().join("plugins").exists());
    assert_eq!(log(&["replay", &log_file]).0, 0, "it is built in");
}

#[test]
fn a_baked_profile_is_recorded_with_its_component() {
    let (folder, log_file) = place();
    let baked = folder.path().join("offline.wasm").display().to_string();
    let bake = tollgate(&["bake", "--policy", OFFLINE, "-o", &baked]);
    assert_eq!(bake.status.code(), Some(0));
    let run = tollgate(&[
        "gate",
        "--candidate",
        GOOD,
        "--champion",
        CHAMPION,
        "--profile",
        &baked,
        "--record",
        &log_file,
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let digest = Digest::of(&fs::read(&baked).unwrap()).to_string();
    fs::remove_file(&baked).unwrap();
    let (code, again) = log_json(&["replay", &log_file]);
    assert_eq!(code, 0, "{again:#}");
    let (_, record) = log_show(&log_file, "1");
    assert_eq!(record["body"]["profiles"][0]["digest"], digest, "what was baked is the policy");
}

fn log_show(log_file: &str, seq: &str) -> (i32, Value) {
    let output = tollgate(&["log", "show", log_file, "--seq", seq, "--format", "json"]);
    let record = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), record)
}

#[test]
fn twenty_at_once_make_one_chain() {
    let (_folder, log_file) = place();
    let started: Vec<_> = (0..20)
        .map(|at| {
            let candidate = if at % 2 == 0 { GOOD } else { BAD };
            let arguments = ["gate", "--candidate", candidate, "--champion", CHAMPION];
            let more = ["--profile", OFFLINE, "--record", &log_file];
            let mut gate = command(&[&arguments[..], &more].concat());
            gate.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut told = Vec::new();
    for (at, child) in started.into_iter().enumerate() {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(i32::from(at % 2 == 1)), "{output:?}");
        told.push(text(&output.stderr).split(' ').nth(1).unwrap().parse::<u64>().unwrap());
    }
    told.sort_unstable();
    assert_eq!(told, (1..=20).collect::<Vec<_>>());
    let (code, verified) = log_json(&["verify", &log_file, "--expect-count", "20"]);
    assert_eq!(code, 0, "{verified}");
    assert_eq!(log(&["replay", &log_file, "--all"]).0, 0);
}

#[test]
fn a_variable_names_the_log_and_an_option_another() {
    let (folder, log_file) = place();
    let named = folder.path().join("named.jsonl");
    let run = |variable: &Path, more: &[&str]| {
        let arguments = ["gate", "--candidate", GOOD, "--champion", CHAMPION, "--profile", OFFLINE];
        let mut gate = command(&[&arguments[..], more].concat());
        gate.env("TOLLGATE_RECORDS", variable).output().unwrap().status.code()
    };
    assert_eq!(run(&named, &[]), Some(0));
    assert_eq!(log(&["verify", named.to_str().unwrap(), "--expect-count", "1"]).0, 0);
    assert_eq!(run(&named, &["--record", &log_file]), Some(0));
    assert_eq!(log(&["verify", named.to_str().unwrap(), "--expect-count", "1"]).0, 0);
    assert_eq!(log(&["verify", &log_file, "--expect-count", "1"]).0, 0);
    assert_eq!(run(Path::new(""), &[]), Some(0), "set to nothing is not set");
    assert_eq!(run(folder.path(), &[]), Some(2), "a folder");
}

/// What was to be recorded and is not is an error, whatever the verdict.
#[test]
fn evidence_that_cannot_be_written_is_an_error() {
    let (folder, log_file) = place();
    gate(&log_file, GOOD, &[]);
    let whole = fs::read(&log_file).unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::os::unix::fs::symlink(&log_file, at("link")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    fs::write(at("notes.txt"), "my notes\n").unwrap();
    fs::create_dir(at("blocked")).unwrap();
    fs::write(at("blocked/plugins"), "").unwrap();
    for (path, says) in [
        (at("link"), "is a link"),
        (at("fifo"), "is no regular file"),
        (at(""), "is a folder"),
        (at("none/records.jsonl"), "there is no folder"),
        (at("notes.txt"), "is no record"),
        (at("blocked/records.jsonl"), "the plugin cannot be kept"),
        ("-".to_owned(), "records are kept in a file"),
        ("/dev/stdout".to_owned(), "records are kept in a file"),
        ("/dev/full".to_owned(), "/dev/"),
    ] {
        for more in [&[][..], &["--exit-zero"]] {
            let run = gate(&path, GOOD, more);
            assert_eq!(run.status.code(), Some(2), "{path}");
            assert!(run.stdout.is_empty(), "{path}: no verdict that is not recorded");
            let told = text(&run.stderr).replace("\n  │ ", " ");
            assert!(told.contains(says), "{path}: {told}");
        }
    }
    let run = report(&gate(&at("link"), GOOD, &["--format", "json"]));
    assert_eq!(run["verdict"], "error");
    // Nor is anything else left behind.
    let refused = folder.path().join("refused");
    fs::create_dir_all(refused.join("log")).unwrap();
    fs::write(refused.join("notes"), "my notes\n").unwrap();
    for path in ["log", "notes", "log/", "new/"] {
        let path = refused.join(path).display().to_string();
        assert_eq!(gate(&path, GOOD, &[]).status.code(), Some(2), "{path}");
        assert!(!refused.join("plugins").exists(), "{path}");
        assert!(!refused.join("log/plugins").exists(), "{path}");
    }
    assert_eq!(fs::read_to_string(at("notes.txt")).unwrap(), "my notes\n");
    assert!(!root().join("-").exists());
    assert_eq!(fs::read(&log_file).unwrap(), whole);
}

/// Of a run that a plugin fails there is a record, and never a verdict.
#[test]
fn a_run_that_fails_is_recorded_and_replays_to_the_same_error() {
    let (folder, log_file) = place();
    // More findings than the plugin's memory can hold.
    let at = |name: &str| folder.path().join(name).display().to_string();
    let facts: Vec<Value> = (0..20_000)
        .map(|slice| json!({ "name": format!("auc{{group=g{slice}}}"), "value": 0.5 }))
        .collect();
    fs::write(at("facts.json"), json!({ "facts": facts }).to_string()).unwrap();
    let rule = r#"metric: auc, comparison: ">=", threshold: 0.8, for_each: group"#;
    let rules: Vec<String> = (0..500).map(|id| format!("{{ id: r{id}, {rule} }}")).collect();
    let rules = rules.join(", ");
    let rest = "version: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\n";
    let profile = format!("name: much\n{rest}settings: {{ rules: [{rules}] }}\n");
    fs::write(at("much.yaml"), profile).unwrap();
    let (much, facts) = (at("much.yaml"), at("facts.json"));
    let more = ["--facts", &facts, "--profile", &much];
    let run = gate(&log_file, GOOD, &more);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    assert!(text(&run.stderr).contains("record 1 in"), "{}", text(&run.stderr));
    let (_, record) = log_show(&log_file, "1");
    let body = &record["body"];
    assert!(body["error"].as_str().unwrap().contains("metric-gate"), "{body}");
    assert!(body["report"].is_null() && body["profiles"][1]["name"] == "much", "{body}");
    assert!(folder.path().join("plugins").exists(), "what it was judged by is kept");
    assert_eq!(log(&["verify", &log_file]).0, 0);
    for words in [&["show", &log_file][..], &["show", &log_file, "--seq", "1"]] {
        let (code, told) = log(words);
        assert_eq!(code, 0, "{told}");
        assert!(told.to_lowercase().contains("error") && told.contains("tumor_screening v2"));
        assert!(!told.contains("PASSED") && !told.contains("pass "), "{told}");
    }
    let (code, told) = log(&["replay", &log_file]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("SAME: the run failed"), "{told}");
    // There is nothing to sign.
    let (code, told) = log(&["attest", &log_file, "--key", &key("ed25519.pem"), "-o", "/dev/null"]);
    assert_eq!(code, 2, "{told}");
    // The next run goes on behind it.
    assert_eq!(gate(&log_file, GOOD, &[]).status.code(), Some(0));
    let (code, all) = log_json(&["replay", &log_file, "--all"]);
    assert_eq!((code, all["records"].as_array().unwrap().len()), (0, 2), "{all}");
    // Another error is another answer, and so is a report.
    forged(&log_file, |body| {
        if body["report"].is_null() {
            body["error"] = "something else".into();
        } else {
            body.as_object_mut().unwrap().remove("report");
            body["error"] = "it failed".into();
        }
    });
    let (code, all) = log_json(&["replay", &log_file, "--all"]);
    let outcomes = [&all["records"][0]["outcome"], &all["records"][1]["outcome"]];
    assert_eq!((code, outcomes), (1, [&json!("fail"), &json!("fail")]), "{all}");
}

/// A limit on the size of files stands for a disk that is full. It holds for
/// the sandbox's memory, too, which is a file in memory: the log is larger.
#[test]
fn a_full_disk_leaves_the_log_as_it_was() {
    let (_folder, log_file) = place();
    long(&log_file, 8, 8 << 20);
    gate(&log_file, GOOD, &[]);
    let length = fs::metadata(&log_file).unwrap().len();
    let whole = Digest::of(&fs::read(&log_file).unwrap());
    // Room for a part of the next record.
    let blocks = length.div_ceil(512) + 1;
    let arguments = ["gate", "--candidate", GOOD, "--champion", CHAMPION, "--profile", OFFLINE];
    let gate = command(&[&arguments[..], &["--record", &log_file]].concat());
    let mut shell = Command::new("sh");
    // The signal would end it; ignored, the write fails.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    shell.arg(gate.get_program()).args(gate.get_args()).current_dir(root());
    let output = shell.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("nothing is recorded"), "{output:?}");
    assert_eq!(Digest::of(&fs::read(&log_file).unwrap()), whole);
}

/// A log of so many records of so many bytes.
fn long(log_file: &str, records: usize, bytes: usize) {
    let mut file = fs::File::create(log_file).unwrap();
    let body = json!({ "text": "x".repeat(bytes) });
    let mut head = None;
    for _ in 0..records {
        let time = "2026-11-30T12:00:00Z".parse().unwrap();
        let draft = Draft { time, host: "test", kind: "test", body: body.clone() };
        let (next, line) = draft.sealed(head);
        file.write_all(line.as_bytes()).unwrap();
        head = Some(next);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_only_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, log_file) = place();
    gate(&log_file, GOOD, &[]);
    fs::set_permissions(&log_file, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().append(true).open(&log_file).is_ok() {
        println!("not run: this user writes to whatever there is");
        return;
    }
    assert_eq!(gate(&log_file, GOOD, &[]).status.code(), Some(2));
}

#[test]
fn a_torn_end_is_told_and_the_chain_goes_on() {
    let (folder, log_file) = place();
    gate(&log_file, GOOD, &[]);
    gate(&log_file, GOOD, &[]);
    let whole = fs::read(&log_file).unwrap();
    fs::write(&log_file, &whole[..whole.len() - 10]).unwrap();
    let (code, told) = log(&["verify", &log_file]);
    assert_eq!(code, 1);
    assert!(told.contains("line 2: it has no line break at its end"), "{told}");
    assert!(told.contains("BROKEN"), "{told}");
    let run = gate(&log_file, GOOD, &[]);
    assert_eq!(run.status.code(), Some(0));
    let told = text(&run.stderr);
    assert!(told.contains("was interrupted") && told.contains("record 2 in"), "{told}");
    assert!(folder.path().join("records.jsonl.torn-2").exists());
    assert_eq!(log(&["verify", &log_file]).0, 0);
}

#[test]
fn a_log_is_verified_against_what_was_kept_elsewhere() {
    let (_folder, log_file) = place();
    let mut heads = Vec::new();
    for _ in 0..3 {
        let told = text(&gate(&log_file, GOOD, &[]).stderr);
        heads.push(told.trim().rsplit(' ').next().unwrap().to_owned());
    }
    let verify = |more: &[&str]| log(&[&["verify", &log_file][..], more].concat());
    let (code, told) = verify(&["--contains", &heads[0], "--expect-head", &heads[2]]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("3 records") && told.contains("INTACT"), "{told}");
    let (code, told) = verify(&["--expect-head", &heads[0]]);
    assert_eq!(code, 1);
    assert!(told.contains("NOT AS EXPECTED"), "{told}");
    assert_eq!(verify(&["--expect-count", "2"]).0, 1);
    assert_eq!(verify(&["--expect-head", "sha256:1"]).0, 2);

    // Its end is cut off: whole, by itself.
    let lines: Vec<String> =
        fs::read_to_string(&log_file).unwrap().lines().map(|line| format!("{line}\n")).collect();
    fs::write(&log_file, lines[..2].concat()).unwrap();
    assert_eq!(verify(&[]).0, 0);
    assert_eq!(verify(&["--contains", &heads[1]]).0, 0);
    let (code, report) = log_json(&["verify", &log_file, "--contains", &heads[2]]);
    assert_eq!((code, &report["verdict"]), (1, &json!("fail")), "{report}");
    assert_eq!(report["unmet"].as_array().unwrap().len(), 1);

    fs::write(&log_file, lines[1..].concat()).unwrap();
    let (code, report) = log_json(&["verify", &log_file]);
    assert_eq!((code, &report["broken"]["line"]), (1, &json!(1)), "{report}");
    assert_eq!((&report["records"], &report["head"]), (&json!(0), &Value::Null));

    fs::write(&log_file, "").unwrap();
    assert_eq!(verify(&[]).0, 3, "nothing is verified");
    assert_eq!(verify(&["--expect-head", &heads[2]]).0, 1);
    fs::remove_file(&log_file).unwrap();
    assert_eq!(verify(&[]).0, 2);
    assert_eq!(log(&["replay", &log_file]).0, 2);
    assert_eq!(log(&["show", &log_file]).0, 2);
}

#[test]
fn records_are_shown() {
    let (_folder, log_file) = place();
    let as_of = ["--as-of", "2026-11-30T12:00:00Z"];
    gate(&log_file, GOOD, &as_of);
    let run = text(&gate(&log_file, BAD, &[&as_of[..], &["--verbose"]].concat()).stdout);
    let (code, told) = log(&["show", &log_file]);
    assert_eq!(code, 0);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].contains("pass") && lines[0].contains("tumor_screening v2"), "{told}");
    assert!(lines[1].contains("fail") && lines[1].contains("tumor_screening v3"), "{told}");

    // The page that the run gave, but for the plugin's digest.
    let (code, told) = log(&["show", &log_file, "--seq", "2"]);
    assert_eq!(code, 0);
    let findings = |page: &str| -> Vec<String> {
        let lines = page.lines().filter(|line| line.starts_with("  ") || line.contains("FAILED"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(findings(&told), findings(&run));
    let (code, record) = log_show(&log_file, "2");
    assert_eq!((code, &record["seq"]), (0, &json!(2)));
    let line = fs::read_to_string(&log_file).unwrap();
    assert_eq!(canonical::to_text(&record), line.lines().nth(1).unwrap());

    let output = tollgate(&["log", "show", &log_file, "--format", "json"]);
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["hash"]), (2, &record["hash"]));
    let (code, told) = log(&["show", &log_file, "--seq", "3"]);
    assert_eq!(code, 2);
    assert!(told.contains("has no record 3"), "{told}");
}

#[test]
fn wrong_arguments_name_the_command() {
    for (words, name) in [
        (&["log", "verify"][..], "log verify"),
        (&["log", "odd"], "tollgate"),
        (&["verify", "x"], "verify"),
    ] {
        let output = tollgate(&[words, &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(report(&output)["command"], name);
    }
}

/// A log far larger than the memory that there is.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_flat_over_a_long_log() {
    let (_folder, log_file) = place();
    long(&log_file, 200, 1 << 20);
    for verb in ["verify", "show"] {
        let tollgate = command(&["log", verb, &log_file]);
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 120000; exec \"$0\" \"$@\""]);
        shell.arg(tollgate.get_program()).args(tollgate.get_args());
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{verb}: {}", text(&output.stderr));
    }
}

/// Keys that everybody has.
fn key(name: &str) -> String {
    let keys = PathBuf::from("host/records/tests/keys");
    keys.join(name).display().to_string()
}

#[test]
fn an_attestation_passes_when_it_is_signed_and_the_gate_passed() {
    let (folder, log_file) = place();
    let at = |name: &str| folder.path().join(name).display().to_string();
    gate(&log_file, GOOD, &[]);
    gate(&log_file, BAD, &[]);
    tollgate(&["gate", "--candidate", GOOD, "--profile", OFFLINE, "--record", &log_file]);
    fs::write(
        at("none.yaml"),
        "name: none\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings: { rules: [] }\n",
    )
    .unwrap();
    tollgate(&["gate", "--candidate", GOOD, "--profile", &at("none.yaml"), "--record", &log_file]);
    let attest = |seq: &str, with: &str| {
        let out = at(&format!("{seq}-{with}.dsse.json"));
        let with = key(&format!("{with}.pem"));
        let (code, told) = log(&["attest", &log_file, "--seq", seq, "--key", &with, "-o", &out]);
        assert_eq!(code, 0, "{told}");
        out
    };
    let verify = |file: &str, with: &str, more: &[&str]| {
        let with = key(&format!("{with}.pub.pem"));
        let output = tollgate(&[&["verify", file, "--key", &with][..], more].concat());
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    for with in ["ed25519", "p256"] {
        let (passed, failed) = (attest("1", with), attest("2", with));
        let (code, told) = verify(&passed, with, &[]);
        assert_eq!(code, 0, "{told}");
        assert!(told.contains("VERIFIED") && told.contains("models:/tumor_screening/2"), "{told}");
        let (code, told) = verify(&failed, with, &[]);
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("result FAILED") && told.contains("failed  offline/auc"), "{told}");
        assert!(told.contains("SIGNED, and the result is FAILED"), "{told}");
        assert_eq!(verify(&failed, with, &["--any-result"]).0, 0);
        let (code, told) = verify(&passed, "other", &["--any-result"]);
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("NOT ACCEPTED") && !told.contains("signed by key"), "{told}");
        assert!(!told.contains("tumor"), "nothing is told of what nobody signed: {told}");
    }
    let inconclusive = attest("4", "ed25519");
    let (code, told) = verify(&inconclusive, "ed25519", &[]);
    assert_eq!(code, 3, "{told}");
    assert_eq!(verify(&inconclusive, "ed25519", &["--any-result"]).0, 0);

    // About this model, by this policy, and no other.
    let passed = attest("1", "ed25519");
    let policy = Digest::of(&fs::read(root().join(OFFLINE)).unwrap()).to_string();
    let (_, record) = log_show(&log_file, "1");
    let model = record["body"]["candidate"]["digest"].as_str().unwrap();
    let digests = ["--policy-digest", &policy, "--model-digest", model];
    assert_eq!(verify(&passed, "ed25519", &digests).0, 0);
    for wrong in [
        ["--policy-digest", model],
        ["--model-digest", &policy],
        ["--model-digest", &format!("sha256:{}", "0".repeat(64))],
    ] {
        let (code, told) = verify(&passed, "ed25519", &[&wrong[..], &["--any-result"]].concat());
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("NOT ACCEPTED"), "{told}");
    }

    // As JSON.
    let output =
        tollgate(&["verify", &passed, "--key", &key("ed25519.pub.pem"), "--format", "json"]);
    let report = report(&output);
    assert_eq!((&report["verdict"], &report["signed"]), (&json!("pass"), &json!(true)));

    // Broken files are errors, and never a pass.
    let envelope = fs::read_to_string(&passed).unwrap();
    for (wrong, code) in [
        (envelope.replace("PAYLOAD", "payload").replacen("\"payload\"", "\"pay\"", 1), 2),
        ("{}".to_owned(), 2),
        (envelope.replace("vnd.in-toto+json", "json"), 1),
    ] {
        fs::write(at("wrong.json"), &wrong).unwrap();
        for more in [&[][..], &["--any-result"]] {
            assert_eq!(verify(&at("wrong.json"), "ed25519", more).0, code, "{wrong}");
        }
    }
    assert_eq!(verify(&passed, "none", &[]).0, 2);
    let private = tollgate(&["verify", &passed, "--key", &key("ed25519.pem")]);
    assert_eq!(private.status.code(), Some(2));
    assert!(text(&private.stderr).contains("-pubout"), "{}", text(&private.stderr));
    let public = key("ed25519.pub.pem");
    let (code, told) = log(&["attest", &log_file, "--key", &public, "-o", &at("x")]);
    assert_eq!(code, 2);
    assert!(told.contains("openssl genpkey"), "{told}");
    assert!(!Path::new(&at("x")).exists());

    // Nothing of a chain that is broken is attested.
    fs::write(
        &log_file,
        fs::read_to_string(&log_file)
            .unwrap()
            .replacen("GOOD", "", 1)
            .replacen("\"pass\"", "\"fail\"", 1),
    )
    .unwrap();
    let (code, _) =
        log(&["attest", &log_file, "--seq", "2", "--key", &key("ed25519.pem"), "-o", &at("x")]);
    assert_eq!(code, 2);
}
