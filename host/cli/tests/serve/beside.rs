//! What a policy has beside its document: counters, another version, and people
//! who look at it.

use serde_json::{Value, json};

use super::client::{Client, Response, get, post};
use super::running::{CHANGER, READER, Running, fraud, transaction};

/// A transaction of a customer.
pub(crate) fn of(customer: &str, score: f64) -> String {
    transaction(score).replacen('{', &format!("{{\"customer_id\": \"{customer}\", "), 1)
}

fn counters(store: &str) -> String {
    format!(
        "policies:
  fraud:
    document: fraud.yaml
    counters:
      key: customer_id
      store: '{store}'
      count:
        customer_blocks_today: {{ actions: [block], measure: today }}
        hours_since_block: {{ actions: [block], measure: hours_since }}
"
    )
}

fn decide(server: &Running, request: &str) -> Value {
    post(&server.http, "/v1/decide/fraud", request.as_bytes()).json()
}

#[test]
fn a_block_is_remembered_of_its_customer_and_nobody_else() {
    for store in ["memory", "sqlite:counters.db"] {
        let server = Running::start(&counters(store));
        assert_eq!(decide(&server, &of("c-17", 0.1))["action"], "allow");
        assert_eq!(decide(&server, &of("c-17", 0.93))["action"], "block");
        // The block is in force for a day, whatever the score.
        let held = decide(&server, &of("c-17", 0.1));
        assert_eq!(held["action"], "block", "{store}: {held}");
        assert_eq!(decide(&server, &of("c-18", 0.1))["action"], "allow");
    }
}

#[test]
fn counters_outlive_a_server_that_is_killed() {
    let server = Running::start(&counters("sqlite:counters.db"));
    assert_eq!(decide(&server, &of("c-17", 0.93))["action"], "block");
    let database = std::fs::read(server.folder.path().join("counters.db")).unwrap();
    let log = std::fs::read(server.folder.path().join("counters.db-wal")).unwrap();
    drop(server);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("counters.db"), database).unwrap();
    std::fs::write(folder.path().join("counters.db-wal"), log).unwrap();
    let server = Running::start_in(folder, &counters("sqlite:counters.db"));
    server.until(|| get(&server.http, "/ready").status == 200);
    assert_eq!(decide(&server, &of("c-17", 0.1))["action"], "block");
}

/// What cannot be known is not zero: none of these is `allow`.
#[test]
fn counters_that_cannot_be_known_are_no_decision() {
    let server = Running::start(&counters("memory"));
    for request in [
        transaction(0.1).as_str(),
        &of("", 0.1),
        &transaction(0.1).replacen('{', "{\"customer_id\": null, ", 1),
        &transaction(0.1).replacen('{', "{\"customer_id\": [\"c\"], ", 1),
        &of("c-1", 0.1).replacen('{', "{\"customer_id\": \"c-2\", ", 1),
    ] {
        let answer = decide(&server, request);
        assert_eq!(answer["action"], "manual_review", "{request}: {answer}");
        assert_eq!(answer["fallback"], true, "{request}");
    }
    let rows = post(&server.http, "/v1/decide/fraud/rows", of("c-17", 0.1).as_bytes());
    assert!(!rows.text().contains("\"action\":\"allow\""), "{}", rows.text());
    // Nobody is there.
    let server = Running::start(&counters("redis://127.0.0.1:1/0"));
    let answer = decide(&server, &of("c-17", 0.1));
    assert_eq!(answer["action"], "manual_review", "{answer}");
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains("`redis://127.0.0.1:1/0` does not answer"), "{error}");
    assert!(server.metric("tollgate_counters_failed_total{policy=\"fraud\"}") > 0);
}

const ROLLOUT: &str = "policies:
  fraud:
    document: fraud.yaml
    rollout: { candidate: candidate.yaml, plan: rollout.yaml, state: rollout.json }
watch: 100ms
admin: { tokens: [{ env: READER, role: read }, { env: CHANGER, role: rollback }] }
";

fn rollout(plan: &str, change: (&str, &str)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let policy = std::fs::read_to_string(fraud()).unwrap();
    let candidate = policy.replace("version: 2.1.0\n", "version: 2.2.0\n");
    let candidate = candidate.replace(change.0, change.1);
    assert_ne!(policy, candidate);
    std::fs::write(folder.path().join("candidate.yaml"), candidate).unwrap();
    let gate = crate::common::root().canonicalize().unwrap().join("policies/gates/ramp.yaml");
    let plan = plan.replace("GATE", gate.to_str().unwrap());
    std::fs::write(folder.path().join("rollout.yaml"), plan).unwrap();
    let server = Running::start_in(folder, ROLLOUT);
    server.until(|| get(&server.http, "/ready").status == 200);
    server
}

pub(crate) fn as_admin(
    server: &Running,
    token: &str,
    request: (&str, &str, Option<&str>),
) -> Response {
    let (method, path, body) = request;
    let mut client = Client::connect(&server.admin);
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    client.send(method, path, &headers, body.unwrap_or_default().as_bytes())
}

fn overview(server: &Running) -> Value {
    let response = as_admin(server, READER, ("GET", "/admin/overview", None));
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

#[test]
fn the_shadow_sees_everything_and_answers_nobody() {
    let plan = "name: tighter\nkey: customer_id\nsalt: t\n\
                shadow: { for: 1h, guardrails: ['GATE'] }\n";
    let server = rollout(plan, ("manual_review: 0.4\n", "manual_review: 0.3\n"));
    for number in 0..40 {
        let score = if number % 10 == 0 { 0.35 } else { 0.1 };
        let answer = decide(&server, &of(&format!("c-{number}"), score));
        assert_eq!(answer["action"], "allow", "{answer}");
        assert_eq!(answer["policy"]["version"], "2.1.0");
    }
    let seen = || overview(&server)["policies"]["fraud"]["rollout"].clone();
    // After the first ten it is as high as after all of them.
    server.until(|| seen()["transitions"][0]["count"] == json!(4));
    server.until(|| seen()["agreement_rate"] == json!(0.9));
    let transition = &seen()["transitions"][0];
    assert_eq!(
        transition,
        &json!({ "champion": "allow", "candidate": "manual_review", "count": 4 })
    );
    let metric = "tollgate_compared_total{policy=\"fraud\",agree=\"false\"}";
    let metrics = as_admin(&server, READER, ("GET", "/metrics", None)).text();
    assert!(metrics.contains(&format!("{metric} 4")), "{metrics}");
}

/// Half of the customers, always the same ones; and none any more once a
/// guardrail is broken, without a restart.
#[test]
fn a_step_is_sticky_and_goes_back_when_its_guardrail_breaks() {
    let plan = "name: half\nkey: customer_id\nsalt: t\ncheck_every: 1s\n\
                steps: [{ percent: 50, for: 1h, guardrails: ['GATE'] }]\n";
    let server = rollout(plan, ("manual_review: 0.4\n", "manual_review: 0.05\n"));
    let version = |customer: &str, score| {
        decide(&server, &of(customer, score))["policy"]["version"].as_str().unwrap().to_owned()
    };
    let customers: Vec<String> = (0..40).map(|number| format!("c-{number}")).collect();
    let once: Vec<String> = customers.iter().map(|it| version(it, 0.9)).collect();
    let again: Vec<String> = customers.iter().map(|it| version(it, 0.9)).collect();
    assert_eq!(once, again);
    let new = once.iter().filter(|version| *version == "2.2.0").count();
    assert!((8..=32).contains(&new), "{new} of 40");
    // A request without a key is the champion's.
    assert_eq!(decide(&server, &transaction(0.9))["policy"]["version"], "2.1.0");
    // Everything that was allowed is reviewed now: they do not agree any more.
    server.until(|| {
        for customer in &customers {
            version(customer, 0.1);
        }
        let rollout = overview(&server)["policies"]["fraud"]["rollout"].clone();
        rollout["phase"]["is"] == "returned"
    });
    assert!(customers.iter().all(|customer| version(customer, 0.1) == "2.1.0"));
    let state = std::fs::read_to_string(server.folder.path().join("rollout.json")).unwrap();
    assert!(state.contains("agreement-rate"), "{state}");
}

#[test]
fn the_console_is_one_page_of_the_servers_own() {
    let server = Running::start(
        "policies: { fraud: fraud.yaml }\n\
         admin: { tokens: [{ env: READER, role: read }] }\n",
    );
    for _ in 0..3 {
        decide(&server, &transaction(0.93));
    }
    let page = get(&server.admin, "/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    assert!(get(&server.admin, "/console.js").text().contains("\"use strict\""));
    assert_eq!(get(&server.http, "/").status, 404, "not where requests come in");
    assert_eq!(get(&server.admin, "/admin/overview").status, 401);
    let fraud = overview(&server)["policies"]["fraud"].clone();
    let minutes = fraud["minutes"].as_array().unwrap();
    let blocked: u64 =
        minutes.iter().filter_map(|minute| minute["actions"]["block"].as_u64()).sum();
    assert_eq!((minutes.len(), blocked), (60, 3));
    assert_eq!(fraud["reasons"]["high_fraud_probability"], 3);
}

#[test]
fn a_rollback_needs_the_role_the_generation_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    std::fs::create_dir(&documents).unwrap();
    let policy = std::fs::read_to_string(fraud()).unwrap();
    std::fs::write(documents.join("a.yaml"), &policy).unwrap();
    let newer = policy.replace("version: 2.1.0\n", "version: 2.2.0\n");
    std::fs::write(documents.join("b.yaml"), newer).unwrap();
    let pins = folder.path().join("pins.yaml").display().to_string();
    let documents = documents.display().to_string();
    for version in ["2.1.0", "2.2.0"] {
        let output = crate::common::tollgate(&[
            "pin",
            &pins,
            "fraud_detector",
            version,
            "--documents",
            &documents,
            "--by",
            "dana",
            "--reason",
            "a test",
        ]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let server = Running::start_in(
        folder,
        "policies: { fraud: { pins: pins.yaml, documents: documents, name: fraud_detector } }\n\
         admin: { tokens: [{ env: READER, role: read }, { env: CHANGER, role: rollback }] }\n",
    );
    server.until(|| get(&server.http, "/ready").status == 200);
    let seen = overview(&server)["policies"]["fraud"]["pins"].clone();
    assert_eq!((&seen["current"], &seen["previous"]), (&json!("2.2.0"), &json!("2.1.0")));
    let body = |generation: u64, reason: &str| {
        json!({ "policy": "fraud", "generation": generation, "by": "sam", "reason": reason })
            .to_string()
    };
    let generation = seen["generation"].as_u64().unwrap();
    let ask = |token, body: &str| {
        as_admin(&server, token, ("POST", "/admin/rollback", Some(body))).status
    };
    assert_eq!(ask("no-token-at-all-here", &body(generation, "bad")), 401);
    assert_eq!(ask(READER, &body(generation, "bad")), 403);
    assert_eq!(ask(CHANGER, &body(generation + 1, "bad")), 409);
    assert_eq!(ask(CHANGER, &body(generation, "  ")), 400);
    assert_eq!(ask(CHANGER, "{}"), 400);
    let answered = || decide(&server, &transaction(0.1))["policy"]["version"].clone();
    assert_eq!(answered(), "2.2.0", "nothing was changed");
    assert_eq!(ask(CHANGER, &body(generation, "it blocks too much")), 200);
    assert_eq!(answered(), "2.1.0");
    assert_eq!(ask(CHANGER, &body(generation, "it blocks too much")), 409, "said twice");
    let seen = overview(&server)["policies"]["fraud"]["pins"].clone();
    assert_eq!((&seen["current"], &seen["bad"]), (&json!("2.1.0"), &json!(["2.2.0"])));
    assert_eq!(seen["history"][0]["by"], "sam");
}
