//! `tollgate serve`, asked by a real client over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]
#![cfg(unix)]

mod common;
mod serve {
    mod beside;
    pub(crate) mod certificates;
    pub(crate) mod client;
    pub(crate) mod collector;
    mod hostile;
    mod http2;
    mod live;
    mod logged;
    mod rows;
    pub(crate) mod running;
    mod scraped;
    mod secure;
    mod traced;
}

use common::{command, text};
use serde_json::{Value, json};
use serve::client::{Client, get, post};
use serve::running::{LISTEN, Running, fraud, transaction};
use std::io::Write as _;
use std::process::Stdio;

const POLICY: &str = "policies: { fraud: fraud.yaml }\n";

fn fixture(name: &str) -> String {
    common::root().canonicalize().unwrap().join("tests/fixtures").join(name).display().to_string()
}

/// What `tollgate decide` prints of this input.
fn decided(input: &str, format: &str) -> String {
    let policy = fraud();
    let arguments = ["decide", "--policy", policy.to_str().unwrap(), "--format", "json"];
    let mut decide = command(&arguments);
    decide.args(["--no-time", "--input-format", format]);
    decide.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = decide.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let fed = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    fed.join().unwrap().unwrap();
    text(&output.stdout)
}

#[test]
fn a_decision_is_the_line_that_the_command_prints() {
    let server = Running::start(POLICY);
    let mut client = Client::connect(&server.http);
    for request in [
        transaction(0.1).as_str(),
        &transaction(0.5),
        &transaction(0.93),
        &transaction(-0.0),
        &transaction(1.5),
        r#"{"score": 0.73}"#,
        r#"{"score": "NaN", "amount": 1, "amount": 2}"#,
        "[1, 2]",
        "{}",
    ] {
        let response = client.post("/v1/decide/fraud", request.as_bytes());
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.text(), decided(request, "json"), "{request}");
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
    // What is no JSON has the same answer, and its sender sees whose fault it is.
    for request in ["", "{", "\u{feff}", r#"{"score": 0.9"#, "no json", "{\"a\":\u{1}}"] {
        let response = client.post("/v1/decide/fraud", request.as_bytes());
        assert_eq!(response.status, 400, "{}", response.text());
        assert_eq!(response.json()["action"], "manual_review", "{request}");
    }
    let timed = client.post("/v1/decide/fraud?time=true", transaction(0.9).as_bytes());
    assert!(timed.json()["time"].is_string());
    assert_eq!(
        server.metric(
            "tollgate_decisions_total{policy=\"fraud\",version=\"2.1.0\",action=\"block\"}"
        ),
        2
    );
}

#[test]
fn a_policy_alone_is_served_under_its_name() {
    let policy = fraud();
    let mut child = command(&["serve", policy.to_str().unwrap(), "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("decides at") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut lines, &mut line).unwrap() > 0);
    }
    let url = line.trim().strip_prefix("decides at http://").unwrap();
    let (address, path) = url.split_once('/').unwrap();
    assert_eq!(path, "v1/decide/fraud_detector");
    // Before it is loaded it says so, and never that it allows.
    let mut response = post(address, &format!("/{path}"), transaction(0.9).as_bytes());
    while response.status == 503 {
        assert_eq!(response.problem(), "not-loaded");
        response = post(address, &format!("/{path}"), transaction(0.9).as_bytes());
    }
    assert_eq!(response.json()["action"], "block");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn checks_and_gates_are_200_only_when_they_pass() {
    let model = fixture("mlflow/tumor_screening-v1");
    let gate = common::root().canonicalize().unwrap().join("policies/gates/ramp.yaml");
    let config = format!(
        "checks: {{ tumor: {{ model: '{model}' }}, order: {{ schema: order.json }} }}\n\
         gates: {{ ramp: '{}' }}\n",
        gate.display()
    );
    let folder = tempfile::tempdir().unwrap();
    let schema = r#"{"type":"object","required":["id"]}"#;
    std::fs::write(folder.path().join("order.json"), schema).unwrap();
    let server = Running::start_in(folder, &config);
    server.until(|| get(&server.http, "/ready").status == 200);
    let mut client = Client::connect(&server.http);
    let payloads = fixture("mlflow/tumor_screening-v1/payloads");
    let payload = std::fs::read(format!("{payloads}/missing-column.json")).unwrap();
    let failed = client.post("/v1/check/tumor", &payload);
    assert_eq!((failed.status, &failed.json()["verdict"]), (422, &json!("fail")));
    assert_eq!(failed.json()["signature"], "tumor", "no path is told");
    let passed = client.post("/v1/check/order", br#"{"id": 1}"#);
    assert_eq!((passed.status, &passed.json()["verdict"]), (200, &json!("pass")));
    for wrong in [&b"{}"[..], b"", b"{", b"[]"] {
        let response = client.post("/v1/check/order", wrong);
        assert_eq!(response.status, 422, "{}", response.text());
    }
    // No facts are no evidence.
    let facts = client.post("/v1/gate/ramp", br#"{"facts": []}"#);
    assert_eq!(facts.status, 422, "{}", facts.text());
    assert_ne!(facts.json()["verdict"], "pass");
    let metrics = br#"{"metrics": {"error_rate": 0.001, "p99_ms": 80, "shadow_agreement": 0.97, "agreement": 0.97}}"#;
    let judged = client.post("/v1/gate/ramp?as_of=2026-11-30T00:00:00Z", metrics);
    assert_eq!(judged.json()["as_of"], "2026-11-30T00:00:00Z");
    assert!(!judged.text().contains(common::root().canonicalize().unwrap().to_str().unwrap()));
    let verdict = judged.json()["verdict"].as_str().unwrap().to_owned();
    assert_eq!(judged.status == 200, ["pass", "warn"].contains(&verdict.as_str()));
    let wrong = client.post("/v1/gate/ramp", b"{");
    assert_eq!((wrong.status, wrong.problem().as_str()), (400, "bad-request"));
    let wrong = client.post("/v1/gate/ramp?as_of=yesterday", metrics);
    assert_eq!(wrong.status, 400);
    for report in [failed, judged] {
        let schema: Value = serde_json::from_str(tollgate::report::REPORT_SCHEMA).unwrap();
        assert!(jsonschema::is_valid(&schema, &report.json()), "{}", report.text());
    }
}

#[test]
fn a_proxy_is_answered_by_200_401_and_403_alone() {
    let folder = tempfile::tempdir().unwrap();
    let policy = std::fs::read_to_string(fraud()).unwrap().replace(
        "  amount: { pointer: /amount }\n",
        "  amount: { header: x-amount }\n  score: { header: x-score }\n  \
         country: { header: x-country }\n  merchant_age_days: { header: x-age }\n  \
         transactions_last_hour: { header: x-hour }\n",
    );
    std::fs::write(folder.path().join("headers.yaml"), policy).unwrap();
    let server = Running::start_in(
        folder,
        "policies: { headers: headers.yaml }\n\
         auth:\n  shop: { policy: headers, allow: [allow], unauthorized: [extra_verification] }\n",
    );
    server.until(|| get(&server.http, "/ready").status == 200);
    let mut client = Client::connect(&server.http);
    let mut ask = |score: &str, age: &str, more: &[(&str, &str)]| {
        let mut headers =
            vec![("x-score", score), ("x-amount", "5"), ("x-country", "US"), ("x-hour", "1")];
        headers.push(("x-age", age));
        headers.extend(more);
        let response = client.send("GET", "/auth/shop", &headers, b"");
        let action = response.header("x-tollgate-action").unwrap_or("?").to_owned();
        (response.status, action, response.header("x-tollgate-decision-id").is_some())
    };
    let is = |status: u16, action: &str, id: bool| (status, action.to_owned(), id);
    assert_eq!(ask("0.1", "400", &[]), is(200, "allow", true));
    assert_eq!(ask("0.1", "3", &[]), is(401, "extra_verification", true));
    assert_eq!(ask("0.9", "400", &[]), is(403, "block", true));
    assert_eq!(ask("NaN", "400", &[]), is(403, "manual_review", true));
    assert_eq!(ask("0.1", "400", &[("x-score", "0.2")]), is(403, "manual_review", true));
    let nginx = [("x-original-method", "GET"), ("x-original-uri", "/a")];
    assert_eq!(ask("0.1", "400", &nginx).0, 200);
    // A caller that sends the other proxy's headers along.
    let both = [nginx[0], nginx[1], ("x-forwarded-method", "POST"), ("x-forwarded-uri", "/b")];
    assert_eq!(ask("0.1", "400", &both), is(403, "none", true));
    assert_eq!(ask("0.1", "400", &[nginx[0], nginx[0]]).0, 403);
    for (method, path, body) in [
        ("GET", "/auth/shpo", &b""[..]),
        ("POST", "/auth/shop", b"no json"),
        ("POST", "/auth/shop", b"{}"),
    ] {
        let response = client.send(method, path, &[], body);
        assert_eq!(response.status, 403, "{}", response.text());
    }
}

#[test]
fn every_route_that_is_described_is_there() {
    let server = Running::start(POLICY);
    let description = get(&server.http, "/openapi.json").json();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 10);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let is_admin = operation["tags"] == json!(["admin"]);
            let address = if is_admin { &server.admin } else { &server.http };
            let path = path.replace("{name}", "fraud").replace("{version}", "1");
            let response =
                Client::connect(address).send(&method.to_ascii_uppercase(), &path, &[], b"");
            let known = operation["responses"].as_object().unwrap();
            assert!(
                known.contains_key(&response.status.to_string()),
                "{method} {path}: {response:?}"
            );
            if response.status == 404 {
                assert!(response.text().contains("of that name"), "{path}: {}", response.text());
            }
            // And nowhere else.
            let other = if is_admin { &server.http } else { &server.admin };
            if !["/health", "/ready", "/openapi.json"].contains(&path.as_str()) {
                let response = Client::connect(other).send("GET", &path, &[], b"");
                assert_eq!(response.status, 404, "{path}");
            }
        }
    }
    let models = get(&server.http, "/models").json();
    assert_eq!(models["models"][0]["version"], "2.1.0");
    assert_eq!(get(&server.http, "/models/fraud/production").json()["name"], "fraud");
    // Whoever has no token promotes nothing.
    let promoted = post(&server.admin, "/models/fraud/versions/3/promote", b"{}");
    assert_eq!((promoted.status, promoted.problem().as_str()), (403, "forbidden"));
}

#[test]
fn what_cannot_be_served_is_told_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fraud(), folder.path().join("fraud.yaml")).unwrap();
    std::fs::write(folder.path().join("bad.yaml"), "name: bad\n").unwrap();
    let run = |config: &str, check: bool| {
        std::fs::write(folder.path().join("tollgate.yaml"), format!("{LISTEN}{config}")).unwrap();
        let mut command = serve::running::command(folder.path());
        command.env("SHORT", "0123");
        if check {
            command.arg("--check");
        }
        let output = command.output().unwrap();
        let told = text(&output.stderr).replace(folder.path().to_str().unwrap(), "<folder>");
        (output.status.code(), told)
    };
    assert_eq!(run(POLICY, true).0, Some(0));
    let mut told = String::new();
    for (config, check) in [
        ("policies: { bad: bad.yaml, fraud: fraud.yaml }\n", true),
        ("policies: { none: none.yaml }\n", true),
        ("policies: { fraud: fraud.yaml }\nauth: { a: { policy: fraud, allow: [alow] } }\n", true),
        (
            "policies: { fraud: fraud.yaml }\ntls: { certificate: fraud.yaml, key: none.pem }\n",
            true,
        ),
        ("policies: { fraud: fraud.yaml }\nlimits: { body: 8MB, queues: 3 }\n", false),
        (
            "policies: { fraud: fraud.yaml }\nlimits: { body: 65MiB, bodies: 1KiB, header_bytes: 1KiB, deadline: 11s }\n",
            true,
        ),
        ("polices: { fraud: fraud.yaml }\n", true),
        (
            "policies: { fraud: fraud.yaml }\nauth: { a: { policy: fruad, allow: [allow] }, b: { policy: fraud, allow: [] } }\n",
            true,
        ),
        (
            "policies: { fraud: fraud.yaml }\nauth: { a: { policy: fraud, allow: [allow], unauthorized: [allow] } }\n",
            true,
        ),
        ("checks: { a: { model: a, schema: b }, b: {}, c: { schema: b, mode: strict } }\n", true),
        (
            "policies: { fraud: fraud.yaml }\nadmin: { tokens: [{ env: SHORT, role: read }, { env: NONE, role: read }] }\n",
            true,
        ),
        ("policies: { none: none.yaml }\n", false),
    ] {
        let (code, words) = run(config, check);
        assert_eq!(code, Some(2), "{words}");
        let words: Vec<&str> = words.lines().filter(|line| !line.contains("\"level\"")).collect();
        told += &format!("{config}{}\n\n", words.join("\n"));
    }
    insta::assert_snapshot!(told);
    for listen in [
        "{ http: localhost }",
        "{ admin: '127.0.0.1:1' }",
        "{ http: '127.0.0.1:1', admin: '127.0.0.1:1' }",
        "{ http: '127.0.0.1:1', admin: '0.0.0.0:2' }",
    ] {
        let config = format!("listen: {listen}\npolicies: {{ fraud: fraud.yaml }}\n");
        std::fs::write(folder.path().join("tollgate.yaml"), config).unwrap();
        let output = serve::running::command(folder.path()).arg("--check").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{listen}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(&["serve", fraud().to_str().unwrap(), "--listen", &address]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be listened on"));
}
