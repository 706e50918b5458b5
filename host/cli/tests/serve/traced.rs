//! Traces: the caller's goes on, a collector gets the spans, and one that does
//! not take them is nobody's trouble.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::collector::{Answer, Collector, SPAN, TRACE, named};
use super::running::{Running, transaction};
use crate::POLICY;

fn config(collector: &Collector, more: &str) -> String {
    format!("{POLICY}telemetry: {{ endpoint: 'http://{}'{more} }}\n", collector.address)
}

fn decide(server: &Running, headers: &[(&str, &str)]) -> u16 {
    let headers = [&[("content-type", "application/json")], headers].concat();
    let body = transaction(0.93).replace("120", "98765.4321");
    let mut client = Client::connect(&server.http);
    client.send("POST", "/v1/decide/fraud", &headers, body.as_bytes()).status
}

/// What the log says of decisions, once it says so of as many.
fn lines(server: &Running, count: usize) -> Vec<Value> {
    let decisions = || {
        let all = server.logged("request").into_iter();
        all.filter(|line| line["path"] == "/v1/decide/fraud").collect::<Vec<_>>()
    };
    server.until(|| decisions().len() >= count);
    decisions()
}

#[test]
fn the_trace_of_a_caller_goes_on_in_spans_and_in_the_log() {
    let collector = Collector::start(Answer::Takes);
    let server = Running::start(&config(&collector, ", service: front"));
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let secret = ("authorization", "Bearer a-secret-of-the-caller");
    let asked = [("traceparent", parent.as_str()), ("tracestate", "vendor=1"), secret];
    assert_eq!(decide(&server, &asked), 200);
    let line = &lines(&server, 1)[0];
    assert_eq!(line["trace_id"], TRACE, "{line}");
    server.until(|| server.metric("tollgate_spans_exported_total") == 2);
    for head in collector.heads() {
        assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    }
    // Probes and scrapes are in none.
    let Some(spans) = collector.spans() else { return };
    assert_eq!(spans.len(), 2, "{spans:#?}");
    assert!(spans.iter().all(|span| span["trace"] == TRACE), "{spans:#?}");
    let request = named(&spans, "POST /v1/decide/{name}");
    assert_eq!((&request["parent"], &request["state"]), (&SPAN.into(), &"vendor=1".into()));
    assert_eq!(request["kind"], 2, "a server's");
    assert_eq!(request["attributes"]["http.request.method"], "POST");
    assert_eq!(request["attributes"]["http.route"], "/v1/decide/{name}");
    assert_eq!(request["attributes"]["http.response.status_code"], 200);
    assert_eq!(request["attributes"]["id"], line["id"]);
    assert_eq!(request["span"], line["span_id"]);
    assert_eq!(request["resource"]["service.name"], "front");
    let decide = named(&spans, "decide");
    assert_eq!(decide["parent"], request["span"]);
    assert_eq!(decide["attributes"]["policy"], "fraud_detector");
    assert_eq!(decide["attributes"]["version"], "2.1.0");
    assert_eq!(decide["attributes"]["action"], "block");
    assert_eq!(decide["attributes"]["decision_id"].as_str().unwrap().len(), 16);
    assert!(decide["took"].as_u64() <= request["took"].as_u64(), "{spans:#?}");
    // Nothing of what was asked, and of who asked, is in them.
    let all = format!("{spans:?}");
    for secret in ["0.93", "98765.4321", "secret"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

#[test]
fn a_parent_that_cannot_be_read_is_ignored_and_one_that_is_not_sampled_is_heeded() {
    let collector = Collector::start(Answer::Takes);
    let server = Running::start(&config(&collector, ""));
    let exported = || server.metric("tollgate_spans_exported_total");
    let malformed = format!("00-{TRACE}-xyz-01");
    for parent in [malformed.as_str(), "00-0-0-01", "", &format!("00-{}-{SPAN}-01", "0".repeat(32))]
    {
        assert_eq!(decide(&server, &[("traceparent", parent)]), 200, "{parent}");
    }
    let twice = format!("00-{TRACE}-{SPAN}-01");
    assert_eq!(decide(&server, &[("traceparent", &twice), ("traceparent", &twice)]), 200);
    let unsampled = format!("00-{TRACE}-{SPAN}-00");
    assert_eq!(decide(&server, &[("traceparent", &unsampled)]), 200);
    let lines = lines(&server, 6);
    let mut traces: Vec<&str> =
        lines.iter().map(|line| line["trace_id"].as_str().unwrap()).collect();
    assert_eq!(traces.pop(), Some(TRACE), "it is named, and not exported");
    assert!(!traces.contains(&TRACE), "{traces:?}");
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), 5, "each is a trace of its own");
    assert!(traces.iter().all(|trace| trace.len() == 32 && trace.contains(|it| it != '0')));
    server.until(|| exported() == 10);
    if let Some(spans) = collector.spans() {
        assert_eq!(spans.len(), 10);
        assert!(spans.iter().all(|span| span["trace"] != TRACE), "{spans:#?}");
        let roots = spans.iter().filter(|span| span["name"] == "POST /v1/decide/{name}");
        assert!(roots.clone().all(|span| span["parent"] == ""), "{spans:#?}");
        assert_eq!(roots.count(), 5);
    }
}

/// Two spans a request, for more requests than may wait.
#[test]
fn a_collector_that_does_not_answer_slows_nobody_and_what_is_lost_is_counted() {
    let collector = Collector::start(Answer::Never);
    let mut server = Running::start(&config(&collector, ""));
    let mut client = Client::connect(&server.http);
    let body = transaction(0.93);
    assert_eq!(client.post("/v1/decide/fraud", body.as_bytes()).status, 200);
    server.until(|| !collector.heads().is_empty());
    let start = Instant::now();
    for _ in 0..6000 {
        assert_eq!(client.post("/v1/decide/fraud", body.as_bytes()).status, 200);
    }
    // One that was waited for would take ten seconds of each batch of 512.
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    let full = server.metric("tollgate_spans_lost_total{why=\"full\"}");
    assert!((1..=12_100).contains(&full), "{full}");
    assert_eq!(server.metric("tollgate_spans_exported_total"), 0);
    // Nor does the end wait for it.
    let start = Instant::now();
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

#[test]
fn a_collector_that_refuses_or_is_not_there_is_told_of_once() {
    let refusing = Collector::start(Answer::Refuses);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for address in [&refusing.address, &nobody] {
        let server = Running::start(&format!(
            "{POLICY}telemetry: {{ endpoint: 'http://{address}/base/' }}\n"
        ));
        let lost = || server.metric("tollgate_spans_lost_total{why=\"collector\"}");
        for _ in 0..3 {
            assert_eq!(decide(&server, &[]), 200);
            let before = lost();
            server.until(|| lost() > before);
        }
        assert_eq!(server.logged("the collector takes no spans").len(), 1);
        assert_eq!(server.metric("tollgate_spans_exported_total"), 0);
    }
    assert!(refusing.heads()[0].starts_with("post /base/v1/traces "), "{:?}", refusing.heads());
}

#[test]
fn the_share_that_is_sampled_is_what_is_said() {
    let collector = Collector::start(Answer::Takes);
    let mut server = Running::start(&config(&collector, ", sample: 0"));
    for _ in 0..20 {
        assert_eq!(decide(&server, &[]), 200);
    }
    let parent = format!("00-{TRACE}-{SPAN}-01");
    assert_eq!(decide(&server, &[("traceparent", &parent)]), 200);
    server.signal("TERM");
    assert!(server.ended().success());
    // What is left is exported at the end.
    let Some(spans) = collector.spans() else { return };
    assert_eq!(spans.len(), 2, "{spans:#?}");
    assert!(spans.iter().all(|span| span["trace"] == TRACE), "{spans:#?}");
}

#[test]
fn the_work_of_a_worker_is_in_the_trace_and_a_failure_in_the_span() {
    let collector = Collector::start(Answer::Takes);
    let late = "policies: { fraud: fraud.yaml, late: late.yaml }\n";
    let config = config(&collector, "").replace(POLICY, late);
    let server = Running::start_in(tempfile::tempdir().unwrap(), &config);
    server.until(|| !server.logged("serving").is_empty());
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let mut client = Client::connect(&server.http);
    let mut ask = |path: &str| {
        // Too long to be read by a thread that serves others.
        let body =
            transaction(0.93).replace('{', &format!("{{\"more\": \"{}\", ", "a".repeat(70_000)));
        client.send("POST", path, &[("traceparent", &parent)], body.as_bytes()).status
    };
    assert_eq!(ask("/v1/decide/fraud"), 200);
    server.until(|| server.metric("tollgate_spans_exported_total") == 2);
    assert_eq!(ask("/v1/decide/late"), 503);
    server.until(|| server.metric("tollgate_spans_exported_total") == 3);
    let Some(spans) = collector.spans() else { return };
    let (first, failed) = spans.split_at(2);
    assert_eq!(named(first, "decide")["parent"], named(first, "POST /v1/decide/{name}")["span"]);
    assert!(first.iter().all(|span| span["status"] == 0), "{spans:#?}");
    assert_eq!(failed[0]["attributes"]["http.response.status_code"], 503);
    assert_eq!(failed[0]["status"], 2, "an error");
}

#[test]
fn the_environment_alone_can_ask_for_traces_and_has_their_secrets() {
    let collector = Collector::start(Answer::Takes);
    let endpoint = format!("http://{}", collector.address);
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a-secret-key"),
        ("OTEL_SERVICE_NAME", "named"),
    ];
    let mut server = Running::start_told(POLICY, &variables);
    assert_eq!(decide(&server, &[]), 200);
    server.signal("TERM");
    assert!(server.ended().success());
    let heads = collector.heads();
    assert!(!heads.is_empty());
    assert!(heads.iter().all(|head| head.contains("x-key: a-secret-key\r\n")), "{heads:?}");
    assert!(!server.log().contains("a-secret-key"));
    if let Some(spans) = collector.spans() {
        assert!(spans.iter().all(|span| span["resource"]["service.name"] == "named"), "{spans:?}");
    }
    // The same variables, and one that says no.
    let quiet = Collector::start(Answer::Takes);
    let endpoint = format!("http://{}", quiet.address);
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_SDK_DISABLED", "true")];
    let mut server = Running::start_told(POLICY, &variables);
    assert_eq!(decide(&server, &[]), 200);
    let line = &lines(&server, 1)[0];
    assert!(line["trace_id"].is_null(), "{line}");
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(quiet.heads().is_empty());
}
