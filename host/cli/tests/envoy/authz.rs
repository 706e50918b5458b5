//! Requests, by ext_authz.

use serde_json::Value;

use super::setup::{Front, program, rows};
use crate::client::Response;

const ROUTES: &str = "    \
    - { path: /invocations, check: transaction }
    - { prefix: /v2/, decide: by_header, allow: [allow] }
    - { path: /both, check: transaction, decide: by_header, allow: [allow] }
    - { path: /exchange, decide: fraud, on: exchange, allow: [allow] }
    - { path: /ping, pass: true }
";

fn kind(response: &Response) -> String {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    response.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

fn json(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    let form = [("content-type", "application/json")];
    form.iter().chain(headers).map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn send(front: &Front, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = json(headers);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    front.client().send("POST", target, &headers, body)
}

#[test]
fn requests_go_on_or_do_not_and_the_model_sees_those_alone_that_do() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let front = Front::start(&program, "ext_authz", ROUTES, |config| config);
    let good = rows(2);

    let response = send(
        &front,
        "/invocations",
        &[("x-tollgate-action", "allow"), ("X-Tollgate-Policy", "mine@1.0.0")],
        good.as_bytes(),
    );
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(front.model.asked.lock().unwrap()[0].1, good.as_bytes());
    // What a client says in Tollgate's name reaches nobody.
    assert!(!front.model.head().contains("x-tollgate"), "{}", front.model.head());
    let verdict = front.logged(1)["tollgate"].clone();
    assert_eq!(verdict["verdict"], "allow", "{verdict}");

    let denied = send(&front, "/invocations", &[], good.replace("120.5", "\"much\"").as_bytes());
    assert_eq!((denied.status, kind(&denied).as_str()), (422, "signature"), "{denied:?}");
    let finding = denied.json()["findings"][0].clone();
    assert!(finding["message"].as_str().unwrap().contains("amount"), "{finding}");
    assert!(!denied.text().contains("signature.json"), "{}", denied.text());
    let logged = front.logged(2);
    assert_eq!(
        (&logged["tollgate"]["verdict"], &logged["tollgate"]["why"]),
        (&Value::from("deny"), &Value::from("signature"))
    );

    let decided = send(&front, "/v2/models/a/infer", &[("x-score", "0.2")], b"{}");
    assert_eq!(decided.status, 200, "{decided:?}");
    let head = front.model.head();
    assert!(head.contains("x-tollgate-action: allow\r\n"), "{head}");
    assert!(head.contains("x-tollgate-policy: by_header@1.0.0\r\n"), "{head}");
    assert!(head.contains("x-tollgate-decision-id: "), "{head}");
    let forged = [("x-score", "0.2"), ("x-tollgate-action", "mine")];
    assert_eq!(send(&front, "/v2/models/a/infer", &forged, b"{}").status, 200);
    let head = front.model.head();
    assert_eq!(head.matches("x-tollgate-action").count(), 1, "{head}");
    assert!(!head.contains("mine"), "{head}");

    let count = front.model.count();
    let blocked = send(&front, "/v2/models/a/infer", &[("x-score", "0.9")], b"{}");
    assert_eq!(blocked.status, 403, "{blocked:?}");
    assert_eq!(blocked.header("content-type"), Some("application/json"));
    assert_eq!(blocked.header("x-tollgate-action"), Some("block"));
    assert_eq!(blocked.json()["action"], "block");
    let logged = front.decisions(3);
    let actions: Vec<_> = logged.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["allow", "allow", "block"]);
    assert!(logged.iter().all(|it| it["trace"].is_string()), "{logged:?}");
    let logged = front.logged(5)["tollgate"].clone();
    assert_eq!((&logged["action"], &logged["why"]), (&"block".into(), &"decision".into()));

    let twice = [("x-score", "0.1"), ("x-score", "0.2")];
    let large = vec![b' '; 70_000];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);
    let cases: [Case<'_>; 17] = [
        ("/v2/models/a/infer", &[("x-score", "0.5")], b"{}", 403, "-"),
        ("/v2/models/a/infer", &[], b"{}", 403, "-"),
        ("/v2/models/a/infer", &twice, b"{}", 403, "-"),
        ("/v2/models/a/infer", &[("x-score", "NaN")], b"{}", 403, "-"),
        ("/both", &[("x-score", "0.1")], b"{\"inputs\": []}", 422, "signature"),
        ("/both", &[("x-score", "0.9")], good.as_bytes(), 403, "-"),
        ("/invocations", &[], b"not JSON", 400, "bad-request"),
        ("/invocations", &[], b"\xff\xfe", 400, "bad-request"),
        ("/invocations", &[], &good.as_bytes()[..30], 400, "bad-request"),
        ("/invocations", &[], b"", 400, "bad-request"),
        ("/invocations", &[], &large, 413, "too-large"),
        ("/invocations", &[("content-type", "text/csv")], good.as_bytes(), 415, "media-type"),
        ("/invocations", &[("content-encoding", "gzip")], good.as_bytes(), 415, "media-type"),
        ("/exchange", &[], good.as_bytes(), 500, "proxy"),
        ("/elsewhere", &[], good.as_bytes(), 403, "unrouted"),
        ("/%69nvocations", &[], b"not JSON", 400, "bad-request"),
        ("/invocations/", &[], b"not JSON", 403, "unrouted"),
    ];
    for (target, headers, body, status, problem) in cases {
        let response = send(&front, target, headers, body);
        assert_eq!(response.status, status, "{target} {response:?}");
        if problem != "-" {
            assert_eq!(kind(&response), problem, "{target} {response:?}");
        }
    }
    assert_eq!(front.model.count(), count, "the model saw none of these");
    assert_eq!(front.client().get("/ping").status, 200);
    assert_eq!(front.client().get("/ping/../invocations").status, 400);
    assert_eq!(front.model.count(), count + 1);
}

#[test]
fn bodies_over_envoys_limit_or_without_a_verdict_go_nowhere() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let mut front = Front::start(&program, "ext_authz", ROUTES, |config| {
        let smaller = config.replace("max_request_bytes: 8388608", "max_request_bytes: 1024");
        assert_ne!(smaller, config);
        smaller
    });
    assert_eq!(front.post("/invocations", rows(1).as_bytes()).status, 200);
    assert_eq!(front.post("/invocations", rows(100).as_bytes()).status, 413);
    // Chunks are put together, and are one body.
    let body = rows(1);
    let (first, second) = body.split_at(50);
    let chunked = |first: &str, second: &str| {
        let mut client = front.client();
        let request = format!(
            "POST /invocations HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        );
        client.write(request.as_bytes()).unwrap();
        client.response().unwrap().status
    };
    assert_eq!(chunked(first, second), 200);
    assert_eq!(front.model.count(), 2);
    assert_eq!(chunked(first, "]"), 400);
    front.kill();
    let refused = front.post("/invocations", rows(1).as_bytes());
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(front.client().get("/ping").status, 503);
    assert_eq!(front.model.count(), 2);
}

/// Envoy passes on half of a body, none, or another one, as it is told to.
#[test]
fn an_envoy_that_passes_on_something_else_passes_on_nothing() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let good = rows(1);
    let partial = Front::start(&program, "ext_authz", ROUTES, |config| {
        config
            .replace("max_request_bytes: 8388608", "max_request_bytes: 64")
            .replace("allow_partial_message: false", "allow_partial_message: true")
    });
    let response = partial.post("/invocations", good.as_bytes());
    assert_eq!((response.status, kind(&response).as_str()), (413, "too-large"));
    let text = Front::start(&program, "ext_authz", ROUTES, |config| {
        config.replace("pack_as_bytes: true", "pack_as_bytes: false")
    });
    assert_eq!(text.post("/invocations", good.as_bytes()).status, 200);
    let altered = [good.replace("US", "U").as_bytes(), b"\xff"].concat();
    let response = text.post("/invocations", &altered);
    assert_eq!((response.status, kind(&response).as_str()), (500, "proxy"));
    let none = Front::start(&program, "ext_authz", ROUTES, |config| {
        let start = config.find("              with_request_body:").unwrap();
        let end = config.find("          - name: envoy.filters.http.router").unwrap();
        config[..start].to_owned() + &config[end..]
    });
    let response = none.post("/invocations", good.as_bytes());
    assert_eq!((response.status, kind(&response).as_str()), (500, "proxy"));
    assert_eq!(partial.model.count() + text.model.count() + none.model.count(), 1);
}

#[test]
fn a_shadow_holds_nothing_back_and_says_what_it_would() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let mut front = Front::start(&program, "shadow", ROUTES, |config| config);
    for (score, action, verdict) in [("0.2", "allow", "allow"), ("0.9", "block", "deny")] {
        let response = send(&front, "/v2/models/a/infer", &[("x-score", score)], b"{}");
        assert_eq!(response.status, 200, "{response:?}");
        let logged = front.logged(front.model.count())["tollgate"].clone();
        assert_eq!((&logged["action"], &logged["verdict"]), (&action.into(), &verdict.into()));
    }
    assert_eq!(front.model.count(), 2);
    front.kill();
    assert_eq!(send(&front, "/v2/models/a/infer", &[], b"{}").status, 200);
}
