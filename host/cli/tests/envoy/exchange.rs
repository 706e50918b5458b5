//! Requests and their answers, by ext_proc and with the module inside of Envoy.

use super::module;
use super::setup::{Front, program, rows};

const ROUTES: &str = "    \
    - { path: /invocations, check: transaction, decide: fraud, on: exchange, allow: [allow, extra_verification], body: true }
    - { path: /quiet, decide: fraud, on: exchange, allow: [allow] }
    - { path: /named, decide: fraud, on: exchange, allow: [allow], output: fraud }
    - { path: /request, decide: by_header, allow: [allow] }
    - { path: /ping, pass: true }
";

/// Both come to the same.
fn by_either(test: impl Fn(Front)) {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    test(Front::start(&program, "ext_proc", ROUTES, |config| config));
    test(module::front(&program, ROUTES, |config| config));
}

fn kind(response: &crate::client::Response) -> String {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    response.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

#[test]
fn answers_go_back_or_do_not_by_the_score_in_them() {
    by_either(|front| {
        let one = rows(1);

        // The model never sees what its signature refuses.
        let refused = front.post("/invocations", one.replace("120.5", "\"much\"").as_bytes());
        assert_eq!((refused.status, kind(&refused).as_str()), (422, "signature"), "{refused:?}");
        assert!(!refused.json()["findings"].as_array().unwrap().is_empty());
        assert_eq!(front.model.count(), 0);

        let allowed = front.post("/invocations?scores=0.1", one.as_bytes());
        assert_eq!(allowed.status, 200, "{allowed:?}");
        assert_eq!(allowed.header("x-tollgate-action"), Some("allow"));
        assert_eq!(allowed.header("x-tollgate-policy"), Some("fraud_detector@2.1.0"));
        assert!(allowed.header("x-tollgate-decision-id").is_some());
        let body = allowed.json();
        assert_eq!(body["predictions"][0], 0.1);
        assert_eq!(body["tollgate"]["action"], "allow", "{body}");
        assert_eq!(body["tollgate"]["decisions"][0]["score"], 0.1, "{body}");
        let logged = front.logged(2)["tollgate"].clone();
        assert_eq!((&logged["verdict"], &logged["action"]), (&"allow".into(), &"allow".into()));
        assert_eq!(logged["rows"], 1.0);

        let blocked = front.post("/invocations?scores=0.9", one.as_bytes());
        assert_eq!(blocked.status, 403, "{blocked:?}");
        assert_eq!(blocked.header("x-tollgate-action"), Some("block"));
        assert_eq!(blocked.json()["action"], "block");
        assert!(!blocked.text().contains("predictions"), "{}", blocked.text());
        let logged = front.logged(3);
        assert_eq!(logged["tollgate"]["action"], "block", "{logged}");
        let reviewed = front.post("/invocations?scores=0.5", one.as_bytes());
        assert_eq!(
            (reviewed.status, reviewed.header("x-tollgate-action")),
            (403, Some("manual_review"))
        );

        // The strictest of all rows counts.
        for (scores, status, action) in [
            ("0.1,0.2,0.3", 200, "allow"),
            ("0.1,0.9,0.5", 403, "block"),
            ("0.5,0.1,0.1", 403, "manual_review"),
        ] {
            let target = format!("/invocations?scores={scores}");
            let response = front.post(&target, rows(3).as_bytes());
            assert_eq!(
                (response.status, response.header("x-tollgate-action")),
                (status, Some(action))
            );
        }
        let many = vec!["0.1"; 1000].join(",");
        let last = format!("/quiet?scores={}", many.replacen("0.1", "0.7", 1));
        assert_eq!(front.post(&format!("/quiet?scores={many}"), rows(1000).as_bytes()).status, 200);
        assert_eq!(front.post(&last, rows(1000).as_bytes()).status, 403);

        let quiet = front.post("/quiet?scores=0.1", one.as_bytes());
        assert_eq!(quiet.text(), "{\"predictions\": [0.1]}");
        let named = "/named?answer={%22predictions%22:[{%22fraud%22:0.9,%22other%22:0.1}]}";
        assert_eq!(front.post(named, one.as_bytes()).status, 403);
        assert_eq!(front.post("/named?scores=0.1", one.as_bytes()).status, 200);
    });
}

/// Each row that was decided on is in the decision log, and who asked.
#[test]
fn each_row_is_logged_once() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let front = Front::start(&program, "ext_proc", ROUTES, |config| config);
    for score in ["0.1", "0.9", "0.5"] {
        front.post(&format!("/invocations?scores={score}"), rows(1).as_bytes());
    }
    let decisions = front.decisions(3);
    let actions: Vec<_> = decisions.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["allow", "block", "manual_review"]);
    assert!(decisions.iter().all(|it| it["trace"].is_string()), "{decisions:?}");
    let many = vec!["0.1"; 1000].join(",");
    assert_eq!(front.post(&format!("/quiet?scores={many}"), rows(1000).as_bytes()).status, 200);
    // However often the workers took it up again.
    assert_eq!(front.decisions(3 + 1000).len(), 3 + 1000);
}

/// Every way to get an answer through on which nothing was decided.
#[test]
fn answers_that_cannot_be_decided_on_do_not_go_back() {
    by_either(|front| {
        let one = rows(1);
        for (target, status, expected) in [
            ("/quiet?scores=0.1,0.1", 502, "answer"),
            ("/quiet?scores=", 502, "answer"),
            ("/quiet?answer=", 502, "answer"),
            ("/quiet?answer={%22predictions%22:[0.1", 502, "answer"),
            ("/quiet?answer=ok", 502, "answer"),
            ("/quiet?answer={%22predictions%22:[0.1],%22predictions%22:[0.1]}", 502, "answer"),
            ("/invocations?answer={%22predictions%22:[0.1],%22tollgate%22:1}", 502, "answer"),
            ("/quiet?header=content-encoding:%20gzip", 502, "answer"),
            ("/quiet?status=302", 502, "answer"),
            ("/quiet?status=201", 502, "answer"),
            ("/quiet?scores=NaN", 502, "answer"),
            ("/quiet?scores=%22high%22", 403, "-"),
            ("/quiet?scores=null", 403, "-"),
            ("/quiet?scores=7", 403, "-"),
        ] {
            let response = front.post(target, one.as_bytes());
            assert_eq!(response.status, status, "{target} {response:?}");
            if expected != "-" {
                assert_eq!(kind(&response), expected, "{target} {response:?}");
            }
            assert!(!response.text().contains("predictions"), "{target}");
        }
        // A client's own score is none of the model's.
        let forged = one.replace("amount", "score");
        let response = front.post("/quiet?scores=0.1", forged.as_bytes());
        assert_eq!((response.status, kind(&response).as_str()), (422, "rows"), "{response:?}");
        // An error stays one, and says nothing in Tollgate's name.
        for status in ["400", "500", "503"] {
            let response = front.post(&format!("/quiet?status={status}"), one.as_bytes());
            assert_eq!(response.status.to_string(), status);
            assert_eq!(response.header("x-tollgate-action"), None);
        }
    });
}

/// Every way to get a request to the model of which nothing was checked.
#[test]
fn requests_that_cannot_be_judged_do_not_go_on() {
    by_either(|front| {
        let large = vec![b' '; 70_000];
        for (target, body, status, expected) in [
            ("/invocations", b"".as_slice(), 400, "bad-request"),
            ("/invocations", b"\xff\xff", 400, "bad-request"),
            ("/invocations", b"{\"dataframe_split\"", 400, "bad-request"),
            ("/quiet", &large, 413, "too-large"),
            ("/elsewhere", b"{}", 403, "unrouted"),
            // Envoy writes the path plainly before anybody reads it.
            ("/%69nvocations", b"{}", 422, "signature"),
        ] {
            let response = front.post(target, body);
            assert_eq!((response.status, kind(&response).as_str()), (status, expected), "{target}");
        }
        assert_eq!(front.client().get("/invocations").status, 400);
        assert_eq!(front.model.count(), 0);
        let asked = front.client().send("POST", "/request", &[("x-score", "0.1")], b"{}");
        assert_eq!(asked.status, 200, "{asked:?}");
        assert!(
            front.model.head().contains("x-tollgate-action: allow\r\n"),
            "{}",
            front.model.head()
        );
        // What a model says in Tollgate's name reaches nobody.
        assert_eq!(asked.header("x-tollgate-action"), None);
        assert_eq!(
            front.client().send("POST", "/request", &[("x-score", "0.9")], b"{}").status,
            403
        );
        assert_eq!(front.client().get("/ping").status, 200);
        assert_eq!(front.client().get("/ping").header("x-tollgate-action"), None);
    });
}

#[test]
fn without_a_verdict_nothing_goes_on_and_nothing_back() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let one = rows(1);
    let change = |from: &'static str, to: &'static str| {
        move |config: String| {
            assert!(config.contains(from), "{from}");
            config.replace(from, to)
        }
    };
    for (from, to) in [
        ("request_body_mode: BUFFERED", "request_body_mode: NONE"),
        ("request_body_mode: BUFFERED", "request_body_mode: STREAMED"),
        ("request_body_mode: BUFFERED", "request_body_mode: BUFFERED_PARTIAL"),
        ("response_body_mode: BUFFERED", "response_body_mode: NONE"),
        ("response_body_mode: BUFFERED", "response_body_mode: STREAMED"),
    ] {
        let front = Front::start(&program, "ext_proc", ROUTES, change(from, to));
        let response = front.post("/quiet?scores=0.1", one.as_bytes());
        assert_eq!((response.status, kind(&response).as_str()), (500, "proxy"), "{to}");
        assert_eq!(front.model.count(), 0, "{to}");
    }
    for (from, to) in [
        ("request_header_mode: SEND", "request_header_mode: SKIP"),
        ("response_header_mode: SEND", "response_header_mode: SKIP"),
    ] {
        let front = Front::start(&program, "ext_proc", ROUTES, change(from, to));
        let response = front.client();
        let mut client = response;
        let body = one.as_bytes();
        let head = format!(
            "POST /quiet?scores=0.1 HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        client.write(&[head.as_bytes(), body].concat()).unwrap();
        // Whatever the head said, the answer itself does not come.
        let came = client.response();
        let is_cut = came.is_none_or(|it| it.status >= 500 || !it.whole);
        assert!(is_cut, "{to}");
    }
    let mut front = Front::start(&program, "ext_proc", ROUTES, |config| config);
    assert_eq!(front.post("/quiet?scores=0.1", one.as_bytes()).status, 200);
    front.kill();
    assert_eq!(front.post("/quiet?scores=0.1", one.as_bytes()).status, 503);
    assert_eq!(front.model.count(), 1);
    assert!(front.stat("http.clients.ext_proc.streams_failed") > 0);
}
