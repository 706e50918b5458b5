//! Versions of a real MLflow, promoted over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]
#![cfg(unix)]

mod common;
#[path = "registry/desk.rs"]
#[allow(dead_code, reason = "each test program uses what it needs")]
mod desk;
#[path = "registry/server.rs"]
mod server;
mod serve {
    #[allow(dead_code, reason = "each test program uses what it needs")]
    pub(crate) mod client;
    #[allow(dead_code, reason = "each test program uses what it needs")]
    pub(crate) mod running;
}

use std::fs;

use desk::plan;
use serde_json::{Value, json};
use serve::client::{Client, Response, get};
use serve::running::{CHANGER, LISTEN, READER, Running, command, fraud};
use server::{Mlflow, registry};

const PROMOTER: &str = "a-token-to-promote-with";

/// A server with the registry at this address.
fn served(address: &str, profiles: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&folder, profiles).display().to_string();
    let config = format!(
        "policies: {{ fraud: fraud.yaml }}
registry: {{ plan: '{plan}', url: '{address}', timeout: 5s }}
admin:
  tokens:
    - {{ env: READER, role: read }}
    - {{ env: CHANGER, role: rollback }}
    - {{ env: PROMOTER, role: promote }}
"
    );
    let server = Running::start_with(folder, &config, &[("PROMOTER", PROMOTER)]);
    server.until(|| get(&server.http, "/ready").status == 200);
    server
}

fn promote(server: &Running, token: &str, path: &str, body: &Value) -> Response {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let path = format!("/models/{path}/promote");
    Client::connect(&server.admin).send("POST", &path, &headers, body.to_string().as_bytes())
}

#[test]
fn a_version_is_promoted_over_http_when_its_gates_let_it_pass() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let model = mlflow.model("over_http", 2);
    let server = served(&address, &["stages"]);
    let first = format!("{model}/versions/1");
    let to = |stage: &str| json!({ "stage": stage, "by": "dana", "reason": "a test" });
    for (token, body, status) in [
        ("no-token-at-all-here", to("Staging"), 401),
        (READER, to("Staging"), 403),
        (CHANGER, to("Staging"), 403),
        (PROMOTER, json!({}), 400),
        (PROMOTER, to("Stagin"), 400),
        (PROMOTER, to("Archived"), 400),
        (PROMOTER, json!({ "stage": "Staging", "by": " " }), 400),
        (PROMOTER, json!({ "stage": "Staging", "by": "dana", "override": true }), 400),
        // Straight to Production is no legal move.
        (PROMOTER, to("Production"), 422),
    ] {
        let response = promote(&server, token, &first, &body);
        assert_eq!(response.status, status, "{body}: {}", response.text());
        assert_eq!(mlflow.aliases(&model), json!({}), "{body}");
    }
    for missing in [format!("{model}/versions/9"), "no_such_model/versions/1".to_owned()] {
        let response = promote(&server, PROMOTER, &missing, &to("Staging"));
        assert_eq!((response.status, response.problem().as_str()), (404, "not-found"));
    }
    for number in ["0", "x", "-1"] {
        let path = format!("{model}/versions/{number}");
        assert_eq!(promote(&server, PROMOTER, &path, &to("Staging")).status, 400, "{number}");
    }
    let moved = promote(&server, PROMOTER, &first, &to("Staging"));
    assert_eq!(moved.status, 200, "{}", moved.text());
    let moved = moved.json();
    assert_eq!((&moved["command"], &moved["to"]), (&json!("promote"), &json!("Staging")));
    assert_eq!(moved["report"]["verdict"], "pass", "{moved}");
    assert_eq!(mlflow.aliases(&model), json!({ "challenger": 1 }));
    let tags = mlflow.tags(&model, 1);
    assert_eq!(
        (&tags["promoted_by"], &tags["promotion_reason"]),
        (&json!("dana"), &json!("a test"))
    );
    // Said twice, it is there, and nothing is judged or written.
    let again = promote(&server, PROMOTER, &first, &to("Staging"));
    assert_eq!((again.status, &again.json()["promoted"]["by"]), (200, &json!("dana")));
    assert_eq!(mlflow.tags(&model, 1), tags);

    // Where it stands, by whoever may look.
    let versions = get(&server.http, &format!("/models/{model}/versions")).json();
    let standing: Vec<_> = versions["registry"]["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["version"].as_u64().unwrap(), it["stage"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(standing, [(2, "None".to_owned()), (1, "Staging".to_owned())], "{versions}");
    let production = || get(&server.http, &format!("/models/{model}/production")).json();
    assert_eq!(production()["registry"], Value::Null);
    assert_eq!(promote(&server, PROMOTER, &first, &to("Production")).status, 200);
    assert_eq!(mlflow.aliases(&model), json!({ "champion": 1 }));
    assert_eq!(production()["registry"]["version"], 1);
    // What only the server serves says nothing of the registry.
    let fraud = get(&server.http, "/models/fraud/versions").json();
    assert_eq!(
        (&fraud["versions"][0]["role"], &fraud["registry"]),
        (&json!("current"), &Value::Null)
    );
    assert_eq!(get(&server.http, "/models/no_such_model/versions").status, 404);
    let log = server.log();
    assert!(log.contains("not promoted") && !log.contains(PROMOTER), "{log}");
}

/// What does not pass is refused with the report, and evidence that is missing
/// passes nothing.
#[test]
fn what_its_gates_refuse_is_not_promoted() {
    let Some(address) = registry() else { return };
    let mlflow = Mlflow::at(&address);
    let model = mlflow.model("refused_http", 1);
    let server = served(&address, &["stages", "offline-absolute"]);
    let body = json!({ "stage": "Staging", "by": "dana" });
    let refused = promote(&server, PROMOTER, &format!("{model}/versions/1"), &body);
    assert_eq!(refused.status, 422, "{}", refused.text());
    let report = refused.json();
    assert_eq!(report["command"], "gate");
    assert!(["fail", "inconclusive"].contains(&report["verdict"].as_str().unwrap()), "{report}");
    let schema: Value = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    assert_eq!((mlflow.aliases(&model), mlflow.tags(&model, 1)), (json!({}), json!({})));
}

/// A registry that is down is no pass, and the rest is served all the same.
#[test]
fn a_registry_that_is_down_moves_nothing() {
    let server = served("http://127.0.0.1:9", &["stages"]);
    let body = json!({ "stage": "Staging", "by": "dana" });
    let down = promote(&server, PROMOTER, "churn/versions/1", &body);
    assert_eq!((down.status, down.problem().as_str()), (502, "registry"), "{}", down.text());
    assert!(!down.text().contains("127.0.0.1"), "{}", down.text());
    assert_eq!(get(&server.http, "/models/churn/versions").problem(), "registry");
    let here = get(&server.http, "/models/fraud/production");
    assert_eq!(here.status, 200);
    assert!(here.json()["registry"]["problem"].is_string(), "{}", here.text());
    assert_eq!(get(&server.http, "/ready").status, 200);
    // And a plan that is none is told before anything is served.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.yaml"), "targets: {}\n").unwrap();
    fs::copy(fraud(), folder.path().join("fraud.yaml")).unwrap();
    let config =
        "policies: { fraud: fraud.yaml }\nregistry: { plan: plan.yaml, url: 'http://a' }\n";
    let config = format!("{}{config}", LISTEN);
    fs::write(folder.path().join("tollgate.yaml"), config).unwrap();
    let output = command(folder.path()).arg("--check").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
