//! `tollgate watch` before a real MLflow: a champion decays and gives way, a
//! challenger goes, and a watch that is killed at any request takes back nothing
//! and does nothing twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "watch/desk.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod desk;
#[path = "watch/receiver.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod receiver;
#[path = "registry/server.rs"]
mod server;

use std::collections::BTreeMap;

use desk::{Desk, round};
use serde_json::{Value, json};
use server::{Cut, Mlflow, registry};

/// A broken rule rolls back at once, and what cannot be judged is told.
fn guards() -> Value {
    json!([
        { "rules": ["errors"], "do": ["rollback", "notify"] },
        { "when": "inconclusive", "rounds": 3, "do": ["notify"] },
    ])
}

/// A model of which so many versions have served, the last of which does.
fn served(mlflow: &Mlflow, name: &str, versions: u64) -> String {
    let model = mlflow.model(name, versions);
    let served =
        |version| json!({ "version": version, "since": "2026-11-01T00:00:00Z", "by": "dana" });
    let history: Vec<Value> = (1..=versions).rev().map(served).collect();
    mlflow.set_model_tag(&model, "tollgate.history", &json!(history).to_string());
    mlflow.set_alias(&model, "champion", versions);
    model
}

fn once(desk: &Desk, model: &str, address: &str, more: &[&str]) -> (Option<i32>, Value) {
    let mut arguments = vec!["--once", "--format", "json"];
    arguments.extend(more);
    round(desk.of_model(&format!("models:/{model}@champion"), address, &arguments))
}

#[test]
fn a_champion_that_decays_gives_way_once() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::new(&guards()));
    let model = served(&mlflow, "decays", 3);
    let (exit, report) = once(&desk, &model, &address, &[]);
    assert_eq!((exit, &report["version"]), (Some(0), &json!(3)));
    // What nobody measured rolls nothing back.
    desk.facts(&json!({ "p99_ms": 40 }));
    for _ in 0..3 {
        assert_eq!(once(&desk, &model, &address, &[]).0, Some(1));
    }
    assert_eq!(mlflow.aliases(&model)["champion"], 3);
    assert_eq!(desk.headlines(), [format!("{model} v3: 1 rule cannot be judged")]);

    desk.bad();
    // First as a dry run, which prints the writes and makes none.
    let tags = mlflow.tags(&model, 3);
    let (_, report) = once(&desk, &model, &address, &["--dry-run"]);
    let what = report["done"][0]["what"].as_str().unwrap();
    assert!(what.contains("would be rolled back to v2") && what.contains("champion"), "{what}");
    assert_eq!((&mlflow.aliases(&model)["champion"], mlflow.tags(&model, 3)), (&json!(3), tags));

    let (exit, report) = once(&desk, &model, &address, &[]);
    assert_eq!(exit, Some(1));
    assert_eq!(report["done"][0]["act"], "rollback", "{report}");
    assert_eq!(mlflow.aliases(&model)["champion"], 2);
    let tags = mlflow.tags(&model, 3);
    assert_eq!(tags["rolled_back_by"], "tollgate watch");
    let reason = tags["rollback_reason"].as_str().unwrap();
    assert!(reason.contains("guard: errors: error_rate 0.04 is above 0.01"), "{reason}");

    // What is seen may still be the old version: the one in its place is not
    // rolled back before it was seen good, and a person is told.
    for _ in 0..3 {
        let (_, report) = once(&desk, &model, &address, &[]);
        assert_eq!((&report["version"], &report["waiting"]), (&json!(2), &json!([])));
        assert_eq!(mlflow.aliases(&model)["champion"], 2);
    }
    let headlines = desk.headlines();
    let withheld = headlines.iter().filter(|it| it.contains("is not rolled back")).count();
    assert_eq!(withheld, 1, "{headlines:?}");
    assert!(headlines.contains(&format!("{model} v3: it was rolled back, v2 serves")));
    desk.good();
    once(&desk, &model, &address, &[]);
    // It was good, and breaks: that is its own.
    desk.bad();
    once(&desk, &model, &address, &[]);
    assert_eq!(mlflow.aliases(&model)["champion"], 1);
    // There is nothing left to go back to: people are told once, and it waits.
    desk.good();
    once(&desk, &model, &address, &[]);
    desk.bad();
    for _ in 0..3 {
        let (exit, report) = once(&desk, &model, &address, &[]);
        assert_eq!(exit, Some(2));
        let what = report["waiting"][0]["what"].as_str().unwrap();
        assert!(what.contains("no version to go back to"), "{what}");
    }
    let told = desk.headlines().iter().filter(|it| it.contains("could not be rolled back")).count();
    assert_eq!((told, &mlflow.aliases(&model)["champion"]), (1, &json!(1)));
    // It is well again before anything was written: it stays.
    desk.good();
    assert_eq!(once(&desk, &model, &address, &[]).0, Some(0));
    assert_eq!(desk.state()["tasks"], json!([]));
}

/// A challenger that breaks is rejected, and the champion stays what it is.
#[test]
fn a_challenger_that_breaks_is_rejected() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::new(&guards()));
    let other = mlflow.model("challenger", 2);
    mlflow.set_alias(&other, "champion", 1);
    mlflow.set_alias(&other, "challenger", 2);
    let watched = format!("models:/{other}@challenger");
    let run = || round(desk.of_model(&watched, &address, &["--once", "--format", "json"]));
    assert_eq!(run().0, Some(0));
    desk.bad();
    let (exit, report) = run();
    assert_eq!((exit, &report["done"][0]["act"]), (Some(1), &json!("rollback")));
    assert_eq!(mlflow.aliases(&other), json!({ "champion": 1 }));
    assert_eq!(mlflow.tags(&other, 2)["rejected_by"], "tollgate watch");
    // Nothing bears the alias now: that is no round that passes.
    let (exit, report) = run();
    assert_eq!((exit, &report["verdict"]), (Some(2), &json!("error")), "{report}");
    assert_eq!(mlflow.aliases(&other), json!({ "champion": 1 }));
}

/// What somebody else did meanwhile is respected.
#[test]
fn a_version_that_is_out_of_use_is_let_alone() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::new(&guards()));
    let model = served(&mlflow, "meanwhile", 2);
    // A version by number, which serves no more.
    let watched = format!("models:/{model}/1");
    desk.bad();
    let (_, report) = round(desk.of_model(&watched, &address, &["--once", "--format", "json"]));
    let what = report["done"][0]["what"].as_str().unwrap();
    assert!(what.contains("serves nobody"), "{report}");
    assert_eq!(mlflow.aliases(&model)["champion"], 2);
}

/// For an hour nobody answers: nothing is judged, nothing moves, nothing is
/// forgotten.
#[test]
fn a_registry_that_is_down_is_waited_for() {
    let Some(address) = registry() else { return };
    let (mlflow, desk) = (Mlflow::at(&address), Desk::new(&guards()));
    let model = served(&mlflow, "down", 2);
    assert_eq!(once(&desk, &model, &address, &[]).0, Some(0));
    desk.bad();
    for _ in 0..4 {
        let (exit, report) = once(&desk, &model, "http://127.0.0.1:9", &[]);
        assert_eq!((exit, &report["verdict"]), (Some(2), &json!("error")));
        assert!(report["error"].as_str().unwrap().contains("does not answer"), "{report}");
    }
    assert_eq!(mlflow.aliases(&model)["champion"], 2);
    assert_eq!(desk.headlines(), [format!("{model} v2: nothing can be judged")]);
    once(&desk, &model, &address, &[]);
    assert_eq!(mlflow.aliases(&model)["champion"], 1);
}

/// Killed at each request of the round that rolls back, reads and writes alike:
/// the next run finishes it, once, and the version in its place stays although
/// what is seen is as bad as before.
#[test]
fn a_watch_that_is_killed_at_any_request_rolls_back_once() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let cut = Cut::before(&address);
    let mut requests = None;
    for after in 1_u64.. {
        let desk = Desk::new(&guards());
        let model = served(&mlflow, &format!("cut{after}"), 3);
        let watched = format!("models:/{model}@champion");
        desk.bad();
        let child = desk.of_model(&watched, &cut.address, &["--once"]).spawn().unwrap();
        let whole = cut.kill_at_request(child, after);
        for _ in 0..3 {
            once(&desk, &model, &cut.address, &[]);
        }
        assert_eq!(mlflow.aliases(&model)["champion"], 2, "after {after} requests");
        assert!(mlflow.tags(&model, 3)["tollgate.bad"].is_string(), "after {after} requests");
        assert!(mlflow.tags(&model, 2)["tollgate.bad"].is_null(), "after {after} requests");
        assert_eq!(mlflow.claims(&model), 0, "after {after} requests");
        let history = mlflow.model_tags(&model)["tollgate.history"].clone();
        let history: Value = serde_json::from_str(history.as_str().unwrap()).unwrap();
        assert_eq!(history.as_array().unwrap().len(), 4, "after {after} requests: {history}");
        assert_told_once(&desk, &model, after);
        if whole {
            requests = Some(after);
            break;
        }
    }
    assert!(requests.is_some_and(|requests| requests > 15), "{requests:?}");
}

fn assert_told_once(desk: &Desk, model: &str, after: u64) {
    let mut keys: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for told in desk.receiver.told() {
        let entry = keys.entry(told.key.clone()).or_insert((0, told.text().to_owned()));
        entry.0 += 1;
    }
    assert!(keys.values().all(|(count, _)| *count == 1), "after {after} requests: {keys:?}");
    let count = |words: &str| keys.values().filter(|(_, text)| text.starts_with(words)).count();
    assert_eq!(
        count(&format!("{model} v3: it was rolled back, v2 serves")),
        1,
        "{after}: {keys:?}"
    );
    assert_eq!(count(&format!("{model} v3: 1 rule is broken")), 1, "{after}: {keys:?}");
    assert_eq!(count(&format!("{model} v2 is not rolled back")), 1, "{after}: {keys:?}");
    assert_eq!(desk.state()["tasks"], json!([]), "after {after} requests");
}
