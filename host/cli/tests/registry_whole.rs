//! A whole registry, of a real MLflow: audited, versions on their way out, and
//! models that change their name, killed between any two writes and raced for.
//! `cargo xtask test` starts the server and names it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "registry/desk.rs"]
mod desk;
#[path = "registry/server.rs"]
mod server;

use std::fs;
use std::process::Output;

use common::{report, root, text};
use serde_json::{Value, json};

use desk::{Desk, json_of};
use server::{Cut, Mlflow, registry};

const SUNSET: &str = "2999-06-30";

/// A name that is nobody else's, and says neither a version nor a date.
fn own(name: &str) -> String {
    let digits = std::process::id().to_string();
    let letters = digits.bytes().map(|digit| char::from(digit + 49));
    format!("{name}_{}", letters.collect::<String>())
}

fn exit(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// A model whose one version has the files and the run of a trained one, and
/// what it must carry.
fn trained(mlflow: &Mlflow, name: &str) -> String {
    let model = mlflow.with_files_and_run(name, 4, 4);
    for (key, value) in [("owner", "risk"), ("dataset_version", "7"), ("changelog", "new")] {
        mlflow.set_version_tag(&model, 1, key, value);
    }
    model
}

#[test]
fn a_registry_is_as_good_as_the_worst_of_its_models() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let desk = Desk::by_profiles(&address, &["metadata-minimum"]);
    let audit = |name: &str, more: &[&str]| {
        let mut arguments = vec!["registry", "audit", "--name", name, "--format", "json"];
        arguments.extend(more);
        desk.run(&arguments)
    };
    let good = trained(&mlflow, "whole_a_good");
    let output = audit(&good, &[]);
    assert_eq!(exit(&output), Some(0), "{}", said(&output));
    let told = report(&output);
    assert_eq!(told["models"][0]["versions"][0]["judged_for"], "Staging");
    assert_eq!(told["counts"]["passed"], 1);

    // What is on its way out warns, and fails once its sunset has come.
    mlflow.set_version_tag(&good, 1, "sunset_on", "2027-06-30");
    mlflow.set_version_tag(&good, 1, "replacement_version", "2");
    for (as_of, more, wanted) in [
        ("2027-01-01T00:00:00Z", &[][..], 0),
        ("2027-06-10T00:00:00Z", &[], 0),
        ("2027-06-10T00:00:00Z", &["--fail-on", "warn"], 1),
        ("2027-07-01T00:00:00Z", &[], 1),
        ("2027-07-01T00:00:00Z", &["--exit-zero"], 0),
    ] {
        let mut arguments = vec!["--as-of", as_of];
        arguments.extend(more);
        let output = audit(&good, &arguments);
        assert_eq!(exit(&output), Some(wanted), "{as_of}: {}", said(&output));
    }

    // Something is left out: its owner, its version, its models.
    let bare = mlflow.with_files_and_run("whole_b_bare", 4, 4);
    let output = audit(&bare, &[]);
    assert_eq!(exit(&output), Some(1), "{}", said(&output));
    let rules: Vec<Value> = report(&output)["models"][0]["versions"][0]["profiles"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].clone())
        .collect();
    assert_eq!(rules, ["dataset-version", "owner", "changelog"]);
    let empty = mlflow.model("whole_c_empty", 0);
    let output = audit(&empty, &[]);
    assert_eq!(exit(&output), Some(3), "{}", said(&output));
    assert_eq!(report(&output)["models"][0]["verdict"], "inconclusive");
    assert_eq!(exit(&audit("no_such_model", &[])), Some(2));
    let output = audit("no_such_model_*", &[]);
    assert_eq!(exit(&output), Some(3), "{}", said(&output));
    // All out of use: nothing was judged, and it has not passed.
    let gone = mlflow.model("whole_e_gone", 1);
    mlflow.set_stage(&gone, 1, "Archived");
    assert_eq!(exit(&audit(&gone, &[])), Some(3));

    // What cannot be read is told, and the others are judged all the same.
    mlflow.with_files_and_run("whole_d_mixed", 3, 1);
    for more in [&[][..], &["--exit-zero"]] {
        let output = audit(&format!("whole_*_{}", std::process::id()), more);
        assert_eq!(exit(&output), Some(2), "{}", said(&output));
        let told = report(&output);
        let verdicts: Vec<&Value> =
            told["models"].as_array().unwrap().iter().map(|it| &it["verdict"]).collect();
        assert_eq!(verdicts, ["pass", "fail", "inconclusive", "error", "inconclusive"]);
        assert_eq!(told["verdict"], "error");
    }
}

/// The trained models stand before Staging, as `tollgate gate` judges them, and
/// every format tells of all of them.
#[test]
fn every_format_tells_of_every_model() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let desk = Desk::by_profiles(&address, &["metadata-minimum"]);
    let good = trained(&mlflow, "formats_good");
    let bare = mlflow.with_files_and_run("formats_bare", 4, 4);
    let name = format!("formats_*_{}", std::process::id());
    let folder = tempfile::tempdir().unwrap();
    let formats =
        ["human", "json", "markdown", "junit", "sarif", "github", "gitlab", "tap", "html"];
    let files = formats.map(|format| format!("{format}={}", folder.path().join(format).display()));
    let lines = folder.path().join("lines.jsonl");
    let mut arguments =
        vec!["registry", "audit", "--name", &name, "--as-of", "2027-01-01T00:00:00Z"];
    arguments.extend(["--jsonl", lines.to_str().unwrap()]);
    for file in &files {
        arguments.extend(["--format", file]);
    }
    let output = desk.run(&arguments);
    assert_eq!(exit(&output), Some(1), "{}", said(&output));
    assert!(output.stdout.is_empty());
    for format in formats {
        let told = fs::read_to_string(folder.path().join(format)).unwrap();
        let unescaped = told.replace('\\', "");
        assert!(unescaped.contains(&bare), "{format}: {told}");
        // Faults alone are told by what shows faults.
        let tells_good = !["sarif", "github", "gitlab"].contains(&format);
        assert_eq!(unescaped.contains(&good), tells_good, "{format}: {told}");
    }
    let lines = fs::read_to_string(&lines).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["name"], &lines[1]["name"]), (&json!(bare), &json!(good)));
    assert_eq!((&lines[2]["verdict"], lines.len()), (&json!("fail"), 3));

    let streamed = desk.run(&arguments[..6]);
    let human = text(&streamed.stdout).replace(&std::process::id().to_string(), "PID");
    assert_eq!(
        human,
        text(&fs::read(folder.path().join("human")).unwrap())
            .replace(&std::process::id().to_string(), "PID")
    );
    insta::assert_snapshot!("audit", human);
    let markdown = fs::read_to_string(folder.path().join("markdown")).unwrap();
    let markdown = markdown.replace(&std::process::id().to_string(), "PID");
    let markdown = markdown.replace(&root().join("policies").display().to_string(), "policies");
    insta::assert_snapshot!("audit-markdown", markdown);

    // A report that is lost is an error.
    arguments.truncate(6);
    arguments.extend(["--jsonl", "/dev/full"]);
    assert_eq!(exit(&desk.run(&arguments)), Some(2));
}

/// What is written of a run that was interrupted is right, and does not look
/// like the whole.
#[test]
fn an_audit_that_is_interrupted_leaves_whole_lines() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    for letter in 'a'..='t' {
        mlflow.model(&format!("cut_{letter}"), 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.jsonl");
    let name = format!("cut_*_{}", std::process::id());
    let mut child = desk.start(&[
        "registry",
        "audit",
        "--name",
        &name,
        "--parallel",
        "1",
        "--jsonl",
        lines.to_str().unwrap(),
    ]);
    let written = || fs::read_to_string(&lines).unwrap_or_default();
    while !written().contains('\n') {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it wrote a line");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let lines: Vec<Value> =
        written().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty() && lines.len() < 21, "{}", lines.len());
    assert!(lines.iter().all(|line| line["name"].is_string() && line["counts"].is_null()));
}

/// What serves is judged as on its way there, against what served before it.
#[test]
fn what_serves_is_judged_against_what_served_before() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("serves", 3);
    for number in [1, 2] {
        let version = format!("models:/{model}/{number}");
        for to in ["Staging", "Production"] {
            desk.pass(&["promote", &version, "--to", to, "--by", "dana"]);
        }
    }
    desk.pass(&["promote", &format!("models:/{model}/3"), "--to", "Staging", "--by", "dana"]);
    let output = desk.run(&["registry", "audit", "--name", &model, "--format", "json"]);
    assert_eq!(exit(&output), Some(0), "{}", said(&output));
    let versions = report(&output)["models"][0]["versions"].clone();
    let way = |at: usize| {
        let version = &versions[at];
        [&version["version"], &version["judged_for"], &version["champion"]].map(Clone::clone)
    };
    assert_eq!(way(0), [json!(3), json!("Staging"), json!(2)]);
    assert_eq!(way(1), [json!(2), json!("Production"), json!(1)]);
    // Three versions are asked for once each, whichever is compared with which.
    let cut = Cut::before(&address);
    let through = Desk::at(&cut.address);
    through.pass(&["registry", "audit", "--name", &model]);
    assert_eq!(cut.requests(), 2 + 3 * 5, "of the model; of each version, its run and its files");
    assert_eq!(versions.as_array().unwrap().len(), 2);
}

/// Versions served, and no alias says which does: nobody knows what to compare
/// with.
#[test]
fn a_champion_that_is_gone_is_missed() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("headless", 2);
    let history = json!([{ "version": 1, "since": "2026-11-30T00:00:00Z", "by": "dana" }]);
    mlflow.set_model_tag(&model, "tollgate.history", &history.to_string());
    let version = format!("models:/{model}/2");
    for arguments in [
        &["gate", &*version, "--to", "Staging"][..],
        &["promote", &version, "--to", "Staging", "--by", "dana"],
        &["promote", &version, "--to", "Staging", "--by", "dana", "--override", "x"],
    ] {
        let output = desk.run(arguments);
        assert_eq!(exit(&output), Some(2), "{}", said(&output));
        assert!(said(&output).contains("no version serves now"), "{}", said(&output));
    }
    assert_eq!(mlflow.aliases(&model), json!({}));
    // It is named, and all is well.
    mlflow.set_alias(&model, "champion", 1);
    desk.pass(&["gate", &version, "--to", "Staging"]);
}

/// There is no way out of Staging but to Production and to Archived.
#[test]
fn a_challenger_that_is_replaced_goes_out_of_use() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("challenged", 3);
    let promote = |number: u64, to: &str| {
        let version = format!("models:/{model}/{number}");
        desk.pass(&["promote", &version, "--to", to, "--by", "dana"]);
    };
    promote(1, "Staging");
    promote(2, "Staging");
    assert_eq!(mlflow.aliases(&model), json!({ "challenger": 2 }));
    assert_eq!(
        (mlflow.stage(&model, 1), mlflow.stage(&model, 2)),
        ("Archived".into(), "Staging".into())
    );
    let tags = mlflow.tags(&model, 1);
    assert_eq!((&tags["replaced_by"], &tags["demoted_by"]), (&json!("2"), &json!("dana")));
    // One that serves stays, whatever else names it.
    promote(2, "Production");
    mlflow.set_alias(&model, "challenger", 2);
    promote(3, "Staging");
    assert_eq!(mlflow.stage(&model, 2), "Production");
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 2, "challenger": 3 }));
}

#[test]
fn a_version_gets_its_sunset() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let (model, other) = (mlflow.model("sunset", 3), mlflow.model("sunset_other", 1));
    for number in [1, 2] {
        let version = format!("models:/{model}/{number}");
        for to in ["Staging", "Production"] {
            desk.pass(&["promote", &version, "--to", to, "--by", "dana"]);
        }
    }
    let deprecate = |version: u64, more: &[&str]| {
        let version = format!("models:/{model}/{version}");
        let mut arguments = vec!["registry", "deprecate", &*version, "--by", "dana"];
        arguments.extend(more);
        desk.run(&arguments)
    };
    let why = ["--reason", "worse on small accounts"];
    let refused = |version: u64, more: &[&str], says: &str| {
        let output = deprecate(version, more);
        assert_eq!(exit(&output), Some(2), "{more:?}: {}", said(&output));
        assert!(said(&output).contains(says), "{more:?}: {}", said(&output));
    };
    let elsewhere = format!("models:/{other}/1");
    let with = |more: &[&'static str]| -> Vec<&str> {
        why.iter().copied().chain(more.iter().copied()).collect()
    };
    refused(1, &["--sunset", SUNSET], "--reason");
    refused(1, &["--sunset", SUNSET, "--reason", " "], "the reason is empty");
    refused(1, &with(&["--sunset", "soon"]), "is no date");
    refused(1, &with(&["--sunset", "2020-01-01"]), "has passed");
    refused(1, &with(&["--sunset", SUNSET, "--replacement", "1"]), "would replace itself");
    refused(3, &with(&["--sunset", SUNSET, "--replacement", "1"]), "is out of use");
    refused(1, &with(&["--sunset", SUNSET, "--replacement", "9"]), "no version 9");
    // What serves, and nothing else does.
    refused(2, &with(&["--sunset", SUNSET]), "serves, and nothing");
    refused(2, &with(&["--sunset", SUNSET, "--replacement", "3"]), "serves, and nothing");
    let mut not_serving = with(&["--sunset", SUNSET, "--replacement"]);
    not_serving.push(&elsewhere);
    refused(2, &not_serving, "serves, and nothing");
    assert!(mlflow.tags(&model, 2)["deprecated"].is_null());

    let dry = deprecate(
        1,
        &with(&["--sunset", SUNSET, "--replacement", "2", "--dry-run", "--format", "json"]),
    );
    assert_eq!(exit(&dry), Some(0), "{}", said(&dry));
    assert_eq!(report(&dry)["dry_run"], true);
    assert!(mlflow.tags(&model, 1)["sunset_on"].is_null());
    let arguments = with(&["--sunset", SUNSET, "--replacement", "2"]);
    for _ in 0..2 {
        let output = deprecate(1, &arguments);
        assert_eq!(exit(&output), Some(0), "{}", said(&output));
    }
    assert!(said(&deprecate(1, &arguments)).contains("already"));
    let tags = mlflow.tags(&model, 1);
    let texts = ["deprecated", "sunset_on", "replacement_version", "deprecated_by"];
    assert_eq!(texts.map(|key| tags[key].as_str().unwrap()), ["true", SUNSET, "2", "dana"]);
    let described = mlflow.version(&model, 1)["description"].as_str().unwrap().to_owned();
    assert_eq!(described, format!("[DEPRECATED - sunset {SUNSET}]"));
    // What is on its way out replaces nothing.
    refused(3, &with(&["--sunset", SUNSET, "--replacement", "1"]), "deprecated itself");

    // By name and reason it goes all the same, or once another name serves.
    let output = deprecate(2, &["--sunset", SUNSET, "--override", "INC-4711"]);
    assert_eq!(exit(&output), Some(0), "{}", said(&output));
    assert_eq!(mlflow.tags(&model, 2)["deprecation_override_reason"], "INC-4711");
    mlflow.set_alias(&other, "champion", 1);
    let third = mlflow.model("sunset_third", 1);
    mlflow.set_alias(&third, "champion", 1);
    let version = format!("models:/{third}/1");
    let arguments = ["registry", "deprecate", &version, "--by", "dana", "--sunset", SUNSET];
    desk.pass(&[&arguments[..], &["--replacement", &elsewhere, "--reason", "a new name"]].concat());
    assert_eq!(mlflow.tags(&third, 1)["replacement_version"], elsewhere);
}

/// Two versions, the second of which serves and the first served before.
fn to_rename(mlflow: &Mlflow, desk: &Desk, name: &str) -> String {
    let model = mlflow.model(name, 2);
    for number in [1, 2] {
        let version = format!("models:/{model}/{number}");
        for to in ["Staging", "Production"] {
            desk.pass(&["promote", &version, "--to", to, "--by", "dana"]);
        }
    }
    model
}

fn assert_both_serve(mlflow: &Mlflow, old: &str, new: &str) {
    assert_eq!(mlflow.aliases(old), json!({ "champion": 2 }));
    assert_eq!(mlflow.aliases(new), json!({ "champion": 2 }));
    let (of_old, of_new) = (mlflow.versions(old), mlflow.versions(new));
    assert_eq!(of_new.len(), 2, "{of_new:?}");
    for (old_version, new_version) in of_old.iter().zip(&of_new) {
        for key in ["source", "run_id", "current_stage"] {
            assert_eq!(old_version[key], new_version[key], "{key}");
        }
    }
    for number in [1, 2] {
        assert_eq!(mlflow.tags(new, number)["migrated_from"], format!("models:/{old}/{number}"));
        assert_eq!(mlflow.tags(new, number)["promoted_by"], "dana");
    }
    assert_eq!((mlflow.claims(old), mlflow.claims(new)), (0, 0));
}

/// At each write: the process is killed there, the old name serves all the
/// while, no version is copied twice, and the same command finishes it.
#[test]
fn a_migration_that_is_killed_between_any_two_writes_is_finished_by_the_next() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let cut = Cut::before(&address);
    let through = Desk::at(&cut.address);
    let mut writes = None;
    for after in 1_u64.. {
        let old = to_rename(&mlflow, &desk, &format!("old_name{after}"));
        let letter = char::from(b'a' + u8::try_from(after).unwrap());
        let new = own(&format!("renamed_{letter}"));
        let migrate = ["registry", "migrate", &old, &new, "--by", "lee", "--reason", "a name"];
        let whole = cut.kill(through.start(&migrate), after);
        assert_eq!(mlflow.aliases(&old), json!({ "champion": 2 }), "after {after} writes");
        desk.pass(&[&migrate[..], &["--take-over"]].concat());
        assert_both_serve(&mlflow, &old, &new);
        // The new name remembers what served, so that a rollback goes back.
        let dry = ["rollback", &new, "--by", "lee", "--reason", "x", "--dry-run"];
        assert!(desk.pass(&dry).contains("v1 from Archived to Production"), "after {after}");
        let again = desk.pass(&migrate);
        assert!(again.contains("stands beside"), "{again}");

        let unused = desk.unused(0);
        let finish = [&migrate[..], &["--finish", "--sunset", SUNSET, "--facts", &unused]].concat();
        let whole_finish = cut.kill(through.start(&finish), after);
        assert_both_names(&mlflow, &old, &new);
        desk.pass(&[&finish[..], &["--take-over"]].concat());
        assert_both_names(&mlflow, &old, &new);
        for number in [1, 2] {
            let tags = mlflow.tags(&old, number);
            let out = tags["sunset_on"] == SUNSET;
            // The first is out of use already.
            assert_eq!(out, number == 2, "after {after} writes: {tags}");
        }
        assert_eq!(mlflow.model_tags(&old)["sunset_on"], SUNSET);
        assert_eq!(mlflow.tags(&old, 2)["replacement_version"], format!("models:/{new}/2"));
        assert!(mlflow.tags(&new, 2)["sunset_on"].is_null());
        assert_eq!((mlflow.claims(&old), mlflow.claims(&new)), (0, 0), "after {after} writes");
        if whole && whole_finish {
            writes = Some(after);
            break;
        }
    }
    assert!(writes.is_some_and(|writes| writes > 12), "{writes:?}");
}

fn assert_both_names(mlflow: &Mlflow, old: &str, new: &str) {
    assert_eq!(mlflow.aliases(old), json!({ "champion": 2 }));
    assert_eq!(mlflow.aliases(new), json!({ "champion": 2 }));
}

#[test]
fn a_deprecation_that_is_killed_between_any_two_writes_is_finished_by_the_next() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let cut = Cut::before(&address);
    let through = Desk::at(&cut.address);
    let model = mlflow.model("dies_deprecated", 20);
    for after in 1_u64..=20 {
        let version = format!("models:/{model}/{after}");
        let arguments = ["registry", "deprecate", &version, "--by", "dana"];
        let deprecate = [&arguments[..], &["--sunset", SUNSET, "--reason", "old"]].concat();
        let whole = cut.kill(through.start(&deprecate), after);
        desk.pass(&deprecate);
        let tags = mlflow.tags(&model, after);
        assert_eq!((&tags["deprecated"], &tags["sunset_on"]), (&json!("true"), &json!(SUNSET)));
        let intent: Value =
            serde_json::from_str(tags["tollgate.deprecation"].as_str().unwrap()).unwrap();
        assert_eq!((&intent["done"], mlflow.claims(&model)), (&json!(true), 0), "after {after}");
        if whole {
            assert!(after > 8, "{after}");
            return;
        }
    }
    panic!("it never came to its end");
}

/// Of two who rename one model, or give two the same name, one wins.
#[test]
fn a_name_is_given_once() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let letters = ['k', 'l', 'm', 'n'];
    for letter in letters {
        let old = to_rename(&mlflow, &desk, &format!("raced_{letter}"));
        let new = own(&format!("race_winner_{letter}"));
        let start = |by: &str| {
            desk.start(&["registry", "migrate", &old, &new, "--by", by, "--reason", "a race"])
        };
        // The same person twice, too: copies are not made twice.
        let racers = [start("lee"), start(if letter == 'k' { "lee" } else { "kim" })];
        let racers = racers.map(|it| it.wait_with_output().unwrap());
        let won = racers.iter().filter(|it| exit(it) == Some(0)).count();
        for lost in racers.iter().filter(|it| exit(it) != Some(0)) {
            assert_eq!(exit(lost), Some(2), "{}", said(lost));
        }
        assert!(won > 0, "{}{}", said(&racers[0]), said(&racers[1]));
        assert_both_serve(&mlflow, &old, &new);
    }
    for letter in letters {
        let old = ["a", "b"].map(|it| to_rename(&mlflow, &desk, &format!("pair_{it}_{letter}")));
        let new = own(&format!("pair_winner_{letter}"));
        let racers = [&old[0], &old[1]].map(|old| {
            desk.start(&["registry", "migrate", old, &new, "--by", "lee", "--reason", "a race"])
        });
        let racers = racers.map(|it| it.wait_with_output().unwrap());
        let won: Vec<usize> = (0..2).filter(|at| exit(&racers[*at]) == Some(0)).collect();
        assert_eq!(won.len(), 1, "{}{}", said(&racers[0]), said(&racers[1]));
        assert_both_serve(&mlflow, &old[won[0]], &new);
        let lost = mlflow.model_tags(&old[1 - won[0]]);
        assert!(lost["tollgate.migration"].is_null(), "{lost}");
        assert_eq!(mlflow.claims(&old[1 - won[0]]), 0);
    }
}

#[test]
fn what_cannot_be_renamed_keeps_its_name() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let (old, taken) = (to_rename(&mlflow, &desk, "keeps"), mlflow.model("keeps_taken", 1));
    let migrate = |new: &str, more: &[&str]| {
        let mut arguments = vec!["registry", "migrate", &*old, new, "--by", "lee", "--reason", "x"];
        arguments.extend(more);
        desk.run(&arguments)
    };
    // A name that its gate refuses: as the gate ends, before anything is asked.
    for (new, wanted) in [("keeps_v2", 1), ("model", 1), ("xgboost_churn", 1), ("Keeps", 1)] {
        for more in [&[][..], &["--dry-run"]] {
            let output = migrate(new, more);
            assert_eq!(exit(&output), Some(wanted), "{new}: {}", said(&output));
        }
    }
    let new = own("kept_name");
    let unused = desk.unused(0);
    for (new, more, says) in [
        (&*taken, &[][..], "already, which is no copy"),
        (&*old, &[], "the same"),
        (&*new, &["--finish"], "--sunset"),
        (&*new, &["--finish", "--sunset", SUNSET, "--facts", &unused], "no model"),
        (&*new, &["--facts", &unused], "--finish"),
        (&*new, &["--override", "x"], "--reason"),
        (&*new, &["--sunset", SUNSET], "--finish"),
    ] {
        let output = migrate(new, more);
        assert!(exit(&output) == Some(2) || new == taken || new == old, "{}", said(&output));
        // Numbers of processes in names may say a date to the gate.
        assert!(exit(&output) == Some(1) || said(&output).contains(says), "{}", said(&output));
    }
    assert!(mlflow.model_tags(&old)["tollgate.migration"].is_null());
    let dry = migrate(&new, &["--dry-run", "--format", "json"]);
    assert_eq!(exit(&dry), Some(0), "{}", said(&dry));
    assert_eq!(report(&dry)["versions"], json!({ "1": 1, "2": 2 }));
    assert!(mlflow.versions(&new).is_empty());

    // A version in the middle of a move is not copied.
    let intent = json!({ "action": "promote", "from": "None", "to": "Staging", "previous": null,
        "by": "dana", "at": "2026-11-30T00:00:00Z", "reason": null, "report": null, "done": false });
    let before = mlflow.tags(&old, 1)["tollgate.move"].as_str().unwrap().to_owned();
    mlflow.set_version_tag(&old, 1, "tollgate.move", &intent.to_string());
    let output = migrate(&new, &[]);
    assert_eq!(exit(&output), Some(2), "{}", said(&output));
    assert!(said(&output).contains("in the middle of a move"), "{}", said(&output));
    mlflow.set_version_tag(&old, 1, "tollgate.move", &before);

    let passed = migrate(&new, &[]);
    assert_eq!(exit(&passed), Some(0), "{}", said(&passed));
    // The old name goes only once the new one serves what it serves.
    let finish = ["--finish", "--sunset", SUNSET, "--facts", &unused];
    mlflow.set_version_tag(&new, 2, "tollgate.bad", "2026-11-30T00:00:00Z");
    assert!(said(&migrate(&new, &finish)).contains("rolled back"));
    let past = ["--finish", "--sunset", "2020-01-01", "--facts", &unused];
    assert!(said(&migrate(&new, &past)).contains("has passed"));
    mlflow.set_alias(&new, "champion", 1);
    let other = own("kept_other");
    assert!(said(&migrate(&other, &[])).contains("on its way to"));
    // Nor on anybody's word that nobody uses it: no evidence, requests, of too
    // short a time, of another day, a source that is down.
    let used = desk.unused(3);
    let hour = desk.write("hour.json", &fs::read_to_string(&unused).unwrap().replace("7d", "1h"));
    let old_day = r#"{"facts": [{"name": "requests{window=7d}", "value": 0, "observed_at": "2026-01-01T00:00:00Z"}]}"#;
    let old_day = desk.write("old-day.json", old_day);
    let down = "sources: [{ facts: nowhere.json }]\n";
    let down = desk.write("down.yaml", down);
    for (evidence, wanted) in [
        (&[][..], 1),
        (&["--facts", &*used][..], 1),
        (&["--facts", &*hour], 1),
        (&["--facts", &*old_day], 3),
        (&["--sources", &*down], 1),
    ] {
        let output = migrate(&new, &[&finish[..3], evidence].concat());
        assert_eq!(exit(&output), Some(wanted), "{evidence:?}: {}", said(&output));
        assert!(said(&output).contains("not finished"), "{}", said(&output));
    }
    assert!(mlflow.model_tags(&old)["sunset_on"].is_null());
    let mut overriding = vec!["registry", "migrate", &*old, &*new, "--override", " "];
    overriding.extend(&finish[..3]);
    assert_eq!(exit(&desk.run(&overriding)), Some(2), "nobody says who");
    overriding.extend(["--by", "lee"]);
    assert_eq!(exit(&desk.run(&overriding)), Some(2), "nor why");
    overriding[5] = "INC-4711: its callers are gone";
    let dry = desk.run(&[&overriding[..], &["--dry-run"]].concat());
    assert_eq!(exit(&dry), Some(0), "{}", said(&dry));
    for says in ["deprecation_override_by = lee", "deprecation_override_reason = INC-4711"] {
        assert!(said(&dry).contains(says), "{}", said(&dry));
    }
    // A source that says so is evidence, too.
    let requests = fs::read_to_string(&unused).unwrap();
    desk.write("requests.json", &requests);
    let sources = desk.write("requests.yaml", "sources: [{ facts: requests.json }]\n");
    let finish = ["--finish", "--sunset", SUNSET, "--sources", &sources];
    let output = migrate(&new, &[&finish[..], &["--format", "json"]].concat());
    assert_eq!(exit(&output), Some(0), "{}", said(&output));
    assert_eq!(json_of(&output)["reached"], "finished");
    // What came after the copies keeps the old name in use.
    let old = to_rename(&mlflow, &desk, "keeps_late");
    let late = own("kept_late");
    let rename = ["registry", "migrate", &*old, &*late, "--by", "lee", "--reason", "x"];
    desk.pass(&rename);
    mlflow.one_more_version(&old);
    mlflow.set_alias(&old, "champion", 3);
    let output = desk.run(&[&rename[..], &finish].concat());
    assert_eq!(exit(&output), Some(2), "{}", said(&output));
    assert!(said(&output).contains("came after the copies"), "{}", said(&output));
}
