//! The workflows that the CI kit has to begin with, job by job.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "ci/repository.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod repository;
#[path = "ci/runner.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod runner;
#[path = "registry/server.rs"]
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use repository::{BINARY, commit, edit, git, repository, sha256};
use runner::{Ran, Runner, yaml};

/// The steps of a job of an example, run one after the other.
fn job(runner: &mut Runner, file: &str, name: &str) -> Vec<Ran> {
    let workflow = yaml(&format!("host/ci/examples/{file}.yml"));
    let steps = workflow["jobs"][name]["steps"].as_array().unwrap().clone();
    runner.failed = false;
    runner.context["steps"] = serde_json::json!({});
    runner.context["env"]["TOLLGATE_URL"] = format!("file://{BINARY}").into();
    runner.context["env"]["TOLLGATE_SHA256"] = sha256(Path::new(BINARY)).into();
    let ran: Vec<Ran> = steps.iter().filter_map(|step| runner.step(step)).collect();
    assert!(!ran.is_empty(), "{file}: {name}");
    ran
}

#[test]
fn the_example_of_a_pull_request_works() {
    let mut runner = repository();
    let base = git(&runner.workspace(), &["rev-parse", "main"]).trim().to_owned();
    edit(&runner, "policies/fraud.yaml", "block: 0.7", "block: 0.5");
    commit(&runner);
    let request = serde_json::json!({
        "base": { "sha": base },
        "head": { "repo": { "full_name": "acme/models" } },
        "number": 7,
    });
    runner.context["github"] =
        serde_json::json!({ "event": { "pull_request": request }, "repository": "acme/models" });
    // GitHub's own program, which is not here, is told what to comment.
    let gh = runner.file("gh");
    fs::write(&gh, "#!/bin/sh\nprintf '%s ' \"$@\"\nfor it; do :; done; cat \"$it\"\n").unwrap();
    fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).unwrap();
    runner.path.push(runner.file(""));
    let ran = job(&mut runner, "policies", "policies");
    let codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
    assert_eq!(codes, [0, 0, 0], "{ran:#?}");
    let comment = &ran[2].log;
    assert!(comment.starts_with("pr comment 7 --edit-last"), "{comment}");
    assert!(comment.contains("| manual\\_review | block | 11 |"), "{comment}");
}

/// Versions of a real registry move as the example says, and back when what
/// serves is not well.
#[test]
fn the_example_of_a_promotion_works() {
    let Some(address) = server::registry() else { return };
    let mlflow = server::Mlflow::at(&address);
    let model = mlflow.model("ci_kit", 2);
    let mut runner = Runner::new();
    runner.env.insert("MLFLOW_TRACKING_URI".into(), address);
    // Whatever is legal passes, so that the way is what is looked at.
    let target = serde_json::json!({ "profiles": ["gates/stages.yaml"] });
    let plan = serde_json::json!({
        "aliases": { "champion": "Production", "challenger": "Staging" },
        "targets": { "Staging": target, "Production": target },
    });
    fs::write(runner.workspace().join("policies/promotion.yaml"), plan.to_string()).unwrap();
    let run = |runner: &mut Runner, version: &str, name: &str| {
        runner.context["inputs"] = serde_json::json!({
            "model_name": model, "version": version, "reason": "it's $(touch pwned)\n--dry-run",
        });
        job(runner, "promote_model", name)
    };
    for version in ["1", "2"] {
        // Not before it is in Staging.
        let ran = run(&mut runner, version, "production");
        assert_eq!(ran[0].code, 1, "{}", ran[0].log);
        for name in ["staging", "production"] {
            let ran = run(&mut runner, version, name);
            assert_eq!(ran[0].code, 0, "{name}: {}", ran[0].log);
        }
        assert_eq!(mlflow.aliases(&model)["champion"].to_string(), version);
    }
    let tags = mlflow.tags(&model, 2);
    assert_eq!(tags["promotion_reason"], "it's $(touch pwned)\n--dry-run");
    assert_eq!(tags["promoted_by"], "dana");
    // The check of what serves fails: it goes back.
    let smoke = runner.workspace().join("scripts/smoke-test.sh");
    fs::create_dir(smoke.parent().unwrap()).unwrap();
    fs::write(&smoke, "#!/bin/sh\necho \"$1 $2\"; exit 1\n").unwrap();
    fs::set_permissions(&smoke, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run(&mut runner, "2", "verify");
    assert_eq!((ran[0].code, ran[0].log.trim()), (1, format!("{model} 2").as_str()));
    let ran = run(&mut runner, "2", "rollback");
    assert_eq!(ran[0].code, 0, "{}", ran[0].log);
    assert_eq!(mlflow.aliases(&model)["champion"], 1);
    // Nothing is left to go back to.
    assert_eq!(run(&mut runner, "1", "rollback")[0].code, 2);
    assert!(!runner.workspace().join("pwned").exists());
}

/// Nobody is asked to approve what fails, and nobody asks without a token.
#[test]
fn the_example_asks_for_approval_of_what_passes_alone() {
    let Some(address) = server::registry() else { return };
    if Command::new("jq").arg("--version").output().is_err() {
        eprintln!("not run: there is no `jq`, which GitHub's runners have");
        return;
    }
    let mut runner = Runner::new();
    runner.env.insert("MLFLOW_TRACKING_URI".into(), address);
    runner.context["inputs"] =
        serde_json::json!({ "model_name": "tumor_screening", "version": "3", "reason": "x" });
    let ran = job(&mut runner, "promote_model", "staging");
    assert_eq!(ran[0].code, 1, "{}", ran[0].log);
    let ran = job(&mut runner, "promote_model", "request");
    // The gate, and the step that stops.
    assert_eq!(ran.iter().map(|ran| ran.code).collect::<Vec<_>>(), [1, 1], "{ran:#?}");
    assert!(ran[1].log.contains("nobody is asked"), "{}", ran[1].log);
    // Where approvals alone are missing, somebody is asked for who asks.
    let profiles = serde_json::json!(["gates/naming-snake.yaml"]);
    let target = serde_json::json!({ "profiles": profiles, "approvals": "gates/approvals.yaml" });
    let plan = serde_json::json!({
        "aliases": { "champion": "Production" }, "targets": { "Production": target },
    });
    fs::write(runner.workspace().join("policies/promotion.yaml"), plan.to_string()).unwrap();
    let ran = job(&mut runner, "promote_model", "request");
    assert_eq!(ran.iter().map(|ran| ran.code).collect::<Vec<_>>(), [1, 0, 2], "{ran:#?}");
    assert!(
        ran[2].log.contains("token") || ran[2].log.contains("approvals.yaml"),
        "{}",
        ran[2].log
    );
}
