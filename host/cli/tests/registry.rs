//! Versions of a real MLflow: gated, promoted, rolled back, raced for, and
//! killed between any two writes. `cargo xtask test` starts the server and
//! names it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "registry/desk.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod desk;
#[path = "registry/server.rs"]
mod server;

use std::fs;
use std::process::Output;

use common::{command, root, text};
use serde_json::{Value, json};

use desk::{Desk, json_of};
use server::{Cut, Mlflow, Pretender, registry};

/// `tollgate` with the repository's own plan.
fn with_own_plan(address: &str, arguments: &[&str]) -> Output {
    let mut command = command(arguments);
    command.env("MLFLOW_TRACKING_URI", address).current_dir(root());
    command.output().unwrap()
}

#[test]
fn trained_models_are_judged_by_the_plan() {
    let Some(address) = registry() else { return };
    let gate = |version: &str, more: &[&str]| {
        let model = format!("models:/tumor_screening/{version}");
        let mut arguments = vec!["gate", &*model, "--to", "Staging", "--format", "json"];
        arguments.extend(more);
        with_own_plan(&address, &arguments)
    };
    // good, bare, worse, better, and one whose AUC is not a number
    for (version, exit) in [("1", 0), ("2", 1), ("3", 1), ("4", 0), ("5", 3)] {
        let output = gate(version, &[]);
        assert_eq!(output.status.code(), Some(exit), "version {version}: {}", text(&output.stdout));
    }
    let rules = |output: &Output, outcome: &str| -> Vec<String> {
        let report = json_of(output);
        let profiles = report["profiles"].as_array().unwrap().clone();
        let findings = profiles.iter().flat_map(|it| it["findings"].as_array().unwrap().clone());
        let found = findings.filter(|finding| finding["outcome"] == outcome);
        found.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules(&gate("5", &[]), "inconclusive"), ["test-auc-at-least"]);
    let bare = rules(&gate("2", &[]), "fail");
    assert_eq!(bare, ["dataset-version", "owner", "changelog", "bias"]);
    // The champion that is asked for must be there.
    let output = gate("4", &["--alias", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no alias `nobody`"), "{}", text(&output.stderr));
}

/// What was kept of a run is judged again without a registry, byte for byte.
#[test]
fn what_was_seen_is_judged_again_offline() {
    let Some(address) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("seen.json");
    let kept = kept.to_str().unwrap();
    for (version, exit) in [("4", 0), ("5", 3)] {
        let model = format!("models:/tumor_screening/{version}");
        let judged = ["gate", &*model, "--to", "Staging", "--format", "json", "--facts-out", kept];
        let online = with_own_plan(&address, &judged);
        assert_eq!(online.status.code(), Some(exit));
        let again = ["gate", "--offline", kept, "--to", "Staging", "--format", "json"];
        let offline = with_own_plan("http://127.0.0.1:9", &again);
        assert_eq!(offline.status.code(), Some(exit), "{}", text(&offline.stderr));
        assert!(offline.stdout == online.stdout, "version {version} is judged otherwise offline");
    }
    // Evidence is not kept of a registry that is not there.
    let gone = folder.path().join("gone.json");
    let model = "models:/tumor_screening/4";
    let judged = ["gate", model, "--to", "Staging", "--facts-out", gone.to_str().unwrap()];
    let output = with_own_plan("http://127.0.0.1:9", &judged);
    assert_eq!(output.status.code(), Some(2));
    assert!(!gone.exists());
}

/// Rows that the version's run logged, counted by group, and by whatever way
/// they are not there nothing passes.
#[test]
fn a_table_that_the_run_logged_is_evidence() {
    let Some(address) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let rule = json!({
        "metric": "accuracy", "comparison": ">=", "threshold": 0.7, "for_each": "half",
        "expect": ["large", "small"],
    });
    let source = |file: &str| {
        json!([{
            "scored": { "mlflow": file }, "prediction": "prediction", "outcome": "target",
            "score": "score", "groups": [{ "half": "size" }], "metrics": ["accuracy", "auc"],
        }])
    };
    let profile = |name: &str, file: &str| {
        let profile = json!({
            "name": "by-table", "version": "1.0.0", "plugin": "metric-gate@^0.1", "owner": "tests",
            "sources": source(file), "settings": { "rules": [rule] },
        });
        fs::write(at(name), profile.to_string()).unwrap();
        at(name)
    };
    let by_table = profile("by-table.yaml", "eval_results_table.json");
    let gate = |candidate: &[&str], profile: &str, more: &[&str]| {
        let arguments = [&["gate"], candidate, &["--profile", profile], more].concat();
        with_own_plan(&address, &arguments)
    };
    let kept = at("seen.json");
    let json = ["--format", "json"];
    let good = ["models:/tumor_screening/1"];
    let online = gate(&good, &by_table, &[&json[..], &["--facts-out", &kept]].concat());
    assert_eq!(online.status.code(), Some(0), "{}", text(&online.stdout));
    let findings = json_of(&online)["profiles"][0]["findings"].as_array().unwrap().clone();
    assert_eq!(findings.len(), 2, "{findings:#?}");
    let facts = json_of(&online)["facts"].as_array().unwrap().clone();
    let slice =
        facts.iter().find(|fact| fact["name"] == "accuracy" && fact["source"] != "run.json");
    let from = slice.unwrap()["source"].to_string();
    assert!(!from.contains("/tmp"), "where it lay meanwhile is nobody's business: {from}");
    let offline = ["gate", "--offline", &*kept, "--profile", &*by_table, "--format", "json"];
    let offline = with_own_plan("http://127.0.0.1:9", &offline);
    assert!(offline.stdout == online.stdout, "{}", text(&offline.stdout));
    // A run without it, a table of another name, and a version of no registry.
    let none = profile("none.yaml", "other_table.json");
    let card = profile("card.yaml", "model_card.md");
    let model = format!("{}/tests/fixtures/mlflow/tumor_screening-v2", root().display());
    for (candidate, profile, says) in [
        (&["models:/tumor_screening/2"][..], &by_table, "the run did not log"),
        (&good, &none, "the run did not log `other_table.json`"),
        (&good, &card, "model_card.md of models:/tumor_screening/1"),
        (&["--candidate", &model], &by_table, "name it as `models:/NAME/VERSION`"),
    ] {
        let output = gate(candidate, profile, &[]);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(says), "{says}: {told}");
        assert!(!told.contains("/tmp/.tmp"), "{told}");
    }
    // Nothing climbs out of a run's files.
    for file in ["../../mlflow.db", "/etc/passwd", "a//b", ""] {
        let output = gate(&good, &profile("climbs.yaml", file), &[]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", text(&output.stdout));
    }
}

#[test]
fn a_version_goes_its_way_and_comes_back() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("way", 3);
    let version = |number: u64| format!("models:/{model}/{number}");
    // Straight to Production is no legal move; not even in a dry run.
    let output =
        desk.run(&["promote", &version(1), "--to", "Production", "--by", "dana", "--dry-run"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert_eq!(mlflow.aliases(&model), json!({}));
    // A dry run writes nothing.
    desk.pass(&["promote", &version(1), "--to", "Staging", "--by", "dana", "--dry-run"]);
    assert_eq!((mlflow.aliases(&model), mlflow.tags(&model, 1)), (json!({}), json!({})));

    for number in [1, 2] {
        desk.pass(&["promote", &version(number), "--to", "Staging", "--by", "dana"]);
        assert_eq!(mlflow.aliases(&model)["challenger"], number);
        desk.pass(&["promote", &version(number), "--to", "Production", "--by", "lee"]);
        assert_eq!(mlflow.aliases(&model), json!({ "champion": number }));
    }
    let tags = mlflow.tags(&model, 2);
    assert_eq!((&tags["promoted_by"], &tags["promoted_from"]), (&json!("lee"), &json!("Staging")));
    assert_eq!(tags["validation_verdict"], "pass");
    assert_eq!(mlflow.tags(&model, 1)["replaced_by"], "2");
    assert_eq!(
        (mlflow.stage(&model, 1), mlflow.stage(&model, 2)),
        ("Archived".into(), "Production".into())
    );

    // What serves is neither archived nor rejected, and a rollback says why.
    for arguments in [
        &["archive", &*version(2), "--by", "dana"][..],
        &["reject", &version(2), "--by", "dana", "--reason", "no"],
        &["rollback", &model, "--by", "dana", "--reason", "bad", "--to-version", "2"],
        &["rollback", &model, "--by", "dana", "--reason", "bad", "--to-version", "9"],
        &["rollback", &model, "--by", "dana"],
    ] {
        assert_eq!(desk.run(arguments).status.code(), Some(2), "{arguments:?}");
        assert_eq!(mlflow.aliases(&model), json!({ "champion": 2 }));
    }
    desk.pass(&["rollback", &model, "--by", "dana", "--reason", "error rate 4 %"]);
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 1 }));
    let bad = mlflow.tags(&model, 2);
    assert_eq!(
        (&bad["rollback_reason"], &bad["rolled_back_by"]),
        (&json!("error rate 4 %"), &json!("dana"))
    );
    // The bad one is never gone back to, and there is no other.
    let output = desk.run(&["rollback", &model, "--by", "dana", "--reason", "again"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no version to go back to"), "{}", text(&output.stderr));

    desk.pass(&["promote", &version(3), "--to", "Staging", "--by", "dana"]);
    desk.pass(&["reject", &version(3), "--by", "dana", "--reason", "worse on small accounts"]);
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 1 }));
    assert_eq!(mlflow.tags(&model, 3)["rejection_reason"], "worse on small accounts");
    let status = json_of(&desk.run(&["status", &model, "--format", "json"]));
    assert_eq!((&status["serving"], &status["claims"]), (&json!(1), &json!([])));
    assert_eq!(status["versions"][1]["bad"], "error rate 4 %");
}

/// An override names a person and a reason, and is written down.
#[test]
fn what_its_gates_refuse_moves_only_by_name_and_reason() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("override", 1);
    let version = format!("models:/{model}/1");
    let promote = |more: &[&str]| {
        let mut arguments = vec!["promote", &*version, "--to", "Production"];
        arguments.extend(more);
        desk.run(&arguments).status.code()
    };
    // There is no way to end with 0 and promote nothing.
    assert_eq!(promote(&["--by", "dana"]), Some(1));
    for refused in [
        &["--by", "dana", "--exit-zero"][..],
        &["--override", "because"],
        &["--by", "dana", "--override", " "],
        &["--by", " ", "--override", "because"],
        &["--by", "dana", "--reason", "because", "--override", "because"],
    ] {
        assert_eq!(promote(refused), Some(2), "{refused:?}");
    }
    assert_eq!(mlflow.aliases(&model), json!({}));
    assert_eq!(promote(&["--by", "dana", "--override", "INC-4711"]), Some(0));
    let tags = mlflow.tags(&model, 1);
    assert_eq!(
        (&tags["override_by"], &tags["override_reason"]),
        (&json!("dana"), &json!("INC-4711"))
    );
    assert_eq!(tags["validation_verdict"], "fail");
}

/// At each write: the process is killed there, one version serves, and the same
/// command finishes what was begun.
#[test]
fn a_run_that_is_killed_between_any_two_writes_is_finished_by_the_next() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let cut = Cut::before(&address);
    let through = Desk::at(&cut.address);
    let mut writes = None;
    for after in 1_u64.. {
        let model = mlflow.model(&format!("killed{after}"), 2);
        let version = |number: u64| format!("models:/{model}/{number}");
        for number in [1, 2] {
            desk.pass(&["promote", &version(number), "--to", "Staging", "--by", "dana"]);
            if number == 1 {
                desk.pass(&["promote", &version(1), "--to", "Production", "--by", "dana"]);
            }
        }
        let second = version(2);
        let promote = ["promote", &*second, "--to", "Production", "--by", "lee"];
        let whole = cut.kill(through.start(&promote), after);
        let serving = mlflow.aliases(&model)["champion"].clone();
        assert!(serving == 1 || serving == 2, "after {after} writes {serving} serves");
        desk.pass(&promote);
        assert_promoted(&mlflow, &model, after);

        // And back, killed at the same place.
        let rollback = ["rollback", &*model, "--by", "dana", "--reason", "bad"];
        let whole_back = cut.kill(through.start(&rollback), after);
        let serving = mlflow.aliases(&model)["champion"].clone();
        assert!(serving == 1 || serving == 2, "after {after} writes {serving} serves");
        let was_done = intent_of(&mlflow, &model, 1)["done"] == true
            && intent_of(&mlflow, &model, 1)["action"] == "rollback";
        let finished = desk.run(&rollback).status.code();
        // One that was done has nothing left to go back to.
        assert_eq!(finished, Some(if was_done { 2 } else { 0 }), "rollback after {after}");
        assert_eq!(mlflow.aliases(&model)["champion"], 1, "after {after} writes");
        assert!(mlflow.tags(&model, 1)["tollgate.bad"].is_null(), "after {after} writes");
        assert!(mlflow.tags(&model, 2)["tollgate.bad"].is_string(), "after {after} writes");
        assert_eq!(mlflow.claims(&model), 0, "after {after} writes");
        if whole && whole_back {
            writes = Some(after);
            break;
        }
    }
    assert!(writes.is_some_and(|writes| writes > 15), "{writes:?}");
}

fn intent_of(mlflow: &Mlflow, model: &str, version: u64) -> Value {
    serde_json::from_str(mlflow.tags(model, version)["tollgate.move"].as_str().unwrap()).unwrap()
}

fn assert_promoted(mlflow: &Mlflow, model: &str, after: u64) {
    assert_eq!(mlflow.aliases(model), json!({ "champion": 2 }), "after {after} writes");
    assert_eq!(mlflow.stage(model, 1), "Archived", "after {after} writes");
    assert_eq!(mlflow.stage(model, 2), "Production", "after {after} writes");
    assert_eq!(mlflow.tags(model, 1)["replaced_by"], "2", "after {after} writes");
    assert_eq!(mlflow.tags(model, 2)["promoted_by"], "lee", "after {after} writes");
    let intent = intent_of(mlflow, model, 2);
    assert_eq!((&intent["done"], &intent["previous"]), (&json!(true), &json!(1)), "{intent}");
    let history: Value =
        serde_json::from_str(mlflow.model_tags(model)["tollgate.history"].as_str().unwrap())
            .unwrap();
    let served: Vec<&Value> = history.as_array().unwrap().iter().map(|it| &it["version"]).collect();
    assert_eq!(served, [&json!(2), &json!(1)], "after {after} writes");
    assert_eq!(mlflow.claims(model), 0, "after {after} writes");
}

/// Two who promote at once: at most one wins, and the other is told.
#[test]
fn of_two_at_once_one_wins() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let mut won = 0;
    for round in 0..6 {
        let model = mlflow.model(&format!("race{round}"), 3);
        let version = |number: u64| format!("models:/{model}/{number}");
        for number in [1, 2, 3] {
            desk.pass(&["promote", &version(number), "--to", "Staging", "--by", "dana"]);
        }
        desk.pass(&[
            "promote",
            &version(1),
            "--to",
            "Production",
            "--by",
            "dana",
            "--override",
            "x",
        ]);
        let start = |number: u64, by: &str| {
            desk.start(&[
                "promote",
                &version(number),
                "--to",
                "Production",
                "--by",
                by,
                "--override",
                "race",
            ])
        };
        let racers = [start(2, "lee"), start(3, "kim")].map(|it| it.wait_with_output().unwrap());
        let exits: Vec<Option<i32>> = racers.iter().map(|it| it.status.code()).collect();
        let serving = mlflow.aliases(&model)["champion"].as_u64().unwrap();
        for (output, number) in racers.iter().zip([2, 3]) {
            match output.status.code() {
                Some(0) => {}
                Some(2) => {
                    let said = text(&output.stderr);
                    assert!(
                        said.contains("at the same time") || said.contains("changed while"),
                        "{said}"
                    );
                    // Who lost serves nothing, whatever it had begun.
                    assert_ne!(serving, number, "{said}");
                }
                exit => panic!("{exit:?}: {}", text(&output.stderr)),
            }
        }
        // Both may win, one after the other: then the first is what was replaced.
        let winners = exits.iter().filter(|exit| **exit == Some(0)).count();
        won += usize::from(winners > 0);
        if winners == 0 {
            assert_eq!(serving, 1, "round {round}");
        }
        assert_eq!(mlflow.claims(&model), 0, "round {round}");
    }
    assert!(won > 3, "{won} of 6 races were won by anybody");
}

/// A claim of someone else stops a run, until it is taken over by name.
#[test]
fn the_claim_of_a_dead_run_is_taken_over_only_when_asked() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("claimed", 1);
    let claim = json!({ "version": 7, "to": "Staging", "by": "kim", "at": "2026-11-30T00:00:00Z" });
    mlflow.set_model_tag(&model, "tollgate.claim.7-Staging-1", &claim.to_string());
    let version = format!("models:/{model}/1");
    let output = desk.run(&["promote", &version, "--to", "Staging", "--by", "dana"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("kim moves"), "{}", text(&output.stderr));
    assert_eq!((mlflow.aliases(&model), mlflow.claims(&model)), (json!({}), 1));
    desk.pass(&["promote", &version, "--to", "Staging", "--by", "dana", "--take-over"]);
    assert_eq!(mlflow.claims(&model), 0);
}

/// A server that is no registry, or none today, is an error that says so.
#[test]
fn servers_that_are_no_registry_are_refused() {
    let cases = [
        ("HTTP/1.1 200 OK\r\n", "<html>log in</html>", "answers a web page"),
        ("HTTP/1.1 200 OK\r\n", "{\"models\": []}", "answers JSON of another form"),
        ("HTTP/1.1 200 OK\r\n", "", "answers nothing"),
        ("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\n", "", "sends us to"),
        ("HTTP/1.1 401 Unauthorized\r\n", "", "does not let us in"),
        (
            "HTTP/1.1 500 Oops\r\n",
            "{\"message\": \"out of\\u001b[31m order\"}",
            "answers 500: out of",
        ),
        ("HTTP/1.1 503 Busy\r\nRetry-After: 0\r\n", "<html>", "answers 503"),
        ("nonsense\r\n", "", "does not answer"),
    ];
    for (head, body, says) in cases {
        let server = Pretender::that_says(head, body);
        let desk = Desk::at(&server.address);
        for arguments in [
            &["gate", "models:/churn/8", "--to", "Staging"][..],
            &["promote", "models:/churn/8", "--to", "Staging", "--by", "dana"],
            &["status", "churn"],
        ] {
            let output = desk.run(arguments);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{head}: {said}");
            assert!(
                said.replace(['\n', '│'], " ")
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .contains(says),
                "{head}: {said}"
            );
            assert!(!said.contains('\u{1b}'), "{said:?}");
        }
    }
    let nobody = Desk::at("http://127.0.0.1:9").run(&["status", "churn"]);
    assert_eq!(nobody.status.code(), Some(2));
    let silent = Pretender::that_is_silent();
    let output = Desk::at(&silent.address).run(&["status", "churn", "--timeout", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("within 1 s"), "{}", text(&output.stderr));
}

/// What a version is described by takes no more requests than are stated.
#[test]
fn two_versions_take_no_more_requests_than_stated() {
    let Some(address) = registry() else { return };
    let cut = Cut::before(&address);
    let before = cut.requests();
    let gate = ["gate", "models:/tumor_screening/4", "--to", "Staging"];
    with_own_plan(&cut.address, &gate);
    // The model, and of the version: itself, its run, where it was logged, two
    // files, and the folders of run and model.
    let asked = cut.requests() - before;
    assert!((7..=20).contains(&asked), "{asked} requests");
}

/// MLflow lets anyone register the files of one model under the run of another,
/// whose metrics are better.
#[test]
fn the_metrics_of_another_run_are_not_taken() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let swapped = mlflow.with_files_and_run("swapped", 3, 4);
    let model = format!("models:/{swapped}/1");
    let output = with_own_plan(&address, &["gate", &model, "--to", "Staging"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("come from run"), "{}", text(&output.stderr));
    // Its own run is no fault.
    let own = mlflow.with_files_and_run("own_files", 4, 4);
    let model = format!("models:/{own}/1");
    let output = with_own_plan(&address, &["gate", &model, "--to", "Staging"]);
    assert_ne!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

/// What was rolled back, or never served, does not serve without its gates.
#[test]
fn no_way_back_leads_past_the_gates() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("back", 3);
    let version = |number: u64| format!("models:/{model}/{number}");
    for number in [1, 2] {
        for stage in ["Staging", "Production"] {
            desk.pass(&["promote", &version(number), "--to", stage, "--by", "dana"]);
        }
    }
    let exit = |arguments: &[&str]| desk.run(arguments).status.code();
    // A version that never served is none to go back to.
    let never = ["rollback", &*model, "--to-version", "3", "--reason", "x", "--by", "dana"];
    assert_eq!(exit(&never), Some(2));
    // A reason of blanks is none.
    assert_eq!(exit(&["rollback", &model, "--reason", " ", "--by", "dana"]), Some(2));
    desk.pass(&["rollback", &model, "--reason", "INC-1", "--by", "dana"]);
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 1 }));
    // The one that was rolled back is not promoted again.
    let second = version(2);
    let again = ["promote", &*second, "--to", "Production", "--by", "dana"];
    let output = desk.run(&again);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("was rolled back"), "{}", text(&output.stderr));
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 1 }));
    let overridden = [&again[..], &["--override", "mended in the feature store"]].concat();
    desk.pass(&overridden);
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 2 }));
}

/// What an earlier run began counts only where the alias has moved: MLflow's
/// stage anybody can set.
#[test]
fn a_stage_set_by_hand_is_no_promotion_to_finish() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::at(&address));
    let model = mlflow.model("by_hand", 1);
    for done in [false, true] {
        let intent = json!({
            "action": "promote", "from": "Staging", "to": "Production", "previous": null,
            "by": "dana", "at": "2026-11-30T00:00:00Z", "reason": null, "report": null,
            "done": done,
        });
        mlflow.set_version_tag(&model, 1, "tollgate.move", &intent.to_string());
        mlflow.set_stage(&model, 1, "Production");
        let version = format!("models:/{model}/1");
        let output = desk.run(&["promote", &version, "--to", "Production", "--by", "dana"]);
        // Its gates judged, and a move to where it is is none.
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert_eq!(mlflow.aliases(&model), json!({}));
    }
}

/// What was kept answers the question that it was collected for, and no other.
#[test]
fn what_was_kept_for_one_stage_is_not_judged_for_another() {
    let Some(address) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("seen.json");
    let kept = kept.to_str().unwrap();
    let model = "models:/tumor_screening/4";
    let seen = with_own_plan(&address, &["gate", model, "--to", "Staging", "--facts-out", kept]);
    assert_eq!(seen.status.code(), Some(0));
    let other = with_own_plan(&address, &["gate", "--offline", kept, "--to", "Production"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(text(&other.stderr).contains("collected for Staging"), "{}", text(&other.stderr));
}

/// A file of facts does not speak for the version that serves.
#[test]
fn the_champion_speaks_for_itself() {
    let Some(address) = registry() else { return };
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.yaml");
    fs::write(&facts, "facts: [{ name: accuracy, subject: champion, value: 0.1 }]\n").unwrap();
    let facts = facts.to_str().unwrap();
    let model = "models:/tumor_screening/4";
    let output = with_own_plan(&address, &["gate", model, "--to", "Staging", "--facts", facts]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("`accuracy` of the champion"),
        "{}",
        text(&output.stderr)
    );
}
