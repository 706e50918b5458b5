//! Callers and plugins that mean no good.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::client::{Client, get, post};
use super::running::{Running, fraud, transaction};
use crate::common::{self, misbehaving};

const POLICY: &str = "policies: { fraud: fraud.yaml }\n";

#[test]
fn bad_requests_are_refused_each_by_its_own_problem() {
    let server = Running::start(&format!("{POLICY}limits: {{ body: 64KiB, headers: 20 }}\n"));
    let json = ("content-type", "application/json");
    let decide = "/v1/decide/fraud";
    let ask = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let response = Client::connect(&server.http).send(method, path, headers, body);
        (response.status, response.problem())
    };
    let is = |status: u16, kind: &str| (status, kind.to_owned());
    let long = vec![b' '; 65 << 10];
    assert_eq!(ask("POST", decide, &[json], &long), is(413, "too-large"));
    assert_eq!(ask("POST", decide, &[("content-type", "text/csv")], b"{}"), is(415, "media-type"));
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(ask("POST", decide, &[form], b"{}"), is(415, "media-type"));
    let packed = [json, ("content-encoding", "gzip")];
    assert_eq!(ask("POST", decide, &packed, b"{}"), is(415, "media-type"));
    assert_eq!(ask("GET", decide, &[], b""), is(405, "method"));
    assert_eq!(ask("POST", "/v1/decid/fraud", &[json], b"{}"), is(404, "not-found"));
    assert_eq!(ask("POST", "/v1/decide/fraud?tiem=true", &[json], b"{}"), is(400, "bad-request"));
    assert_eq!(ask("POST", "/v1/decide/fraud?time=x", &[json], b"{}"), is(400, "bad-request"));
    assert_eq!(ask("POST", "/v1/decide/fr%FFaud", &[json], b"{}"), is(400, "bad-request"));
    let near = post(&server.http, "/v1/decide/froud", b"{}");
    assert_eq!((near.status, near.problem().as_str()), (404, "not-found"));
    assert!(near.text().contains("did you mean `fraud`?"), "{}", near.text());
    let given =
        Client::connect(&server.http).send("GET", "/nowhere", &[("x-request-id", "a-7")], b"");
    assert_eq!(given.header("x-request-id"), Some("a-7"));
    let forged = [("x-request-id", "a b\"}")];
    let given = Client::connect(&server.http).send("GET", "/nowhere", &forged, b"");
    assert_ne!(given.header("x-request-id"), Some("a b\"}"));
    // Too many headers, and too long a head.
    let many: Vec<(String, String)> = (0..40).map(|it| (format!("x-{it}"), "1".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(Client::connect(&server.http).send("GET", "/health", &many, b"").status, 431);
    let long = "a".repeat(40 << 10);
    let long = Client::connect(&server.http).send("GET", "/health", &[("x-long", &long)], b"");
    assert_eq!(long.status, 431);
    // It is as good as before.
    assert_eq!(post(&server.http, decide, transaction(0.1).as_bytes()).status, 200);
}

/// A disk that is full under the server's own log takes nothing but the lines.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fraud(), folder.path().join("fraud.yaml")).unwrap();
    let config = format!("listen: {{ unix: socket }}\nlog: {{ level: debug }}\n{POLICY}");
    std::fs::write(folder.path().join("tollgate.yaml"), config).unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let file = folder.path().join("tollgate.yaml");
    let mut command = common::command(&["serve", "-c", file.to_str().unwrap()]);
    let mut server =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(full).spawn().unwrap();
    let start = Instant::now();
    let mut answered = 0;
    while answered < 20 {
        assert!(start.elapsed() < Duration::from_secs(60), "{answered} answered");
        assert!(server.try_wait().unwrap().is_none(), "it ended");
        let Ok(mut stream) = UnixStream::connect(folder.path().join("socket")) else { continue };
        let body = transaction(0.9);
        let request = format!(
            "POST /v1/decide/fraud HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        // Not loaded yet, at first.
        answered += u32::from(answer.contains(r#""action":"block""#));
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

/// What is announced is refused unread; what is not, once it is too much.
#[test]
fn a_hundred_megabytes_are_not_read() {
    let server = Running::start(POLICY);
    let before = server.memory();
    let mut client = Client::connect(&server.http);
    client
        .write(b"POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-length: 104857600\r\n\r\n")
        .unwrap();
    let response = client.response().unwrap();
    assert_eq!((response.status, response.problem().as_str()), (413, "too-large"));
    assert!(client.response().is_none(), "the connection is closed");
    let mut client = Client::connect(&server.http);
    client
        .write(b"POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = [format!("{:x}\r\n", 1 << 20).as_bytes(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    // Whoever is refused may not be able to send all of it.
    let sent = (0..100).take_while(|_| client.write(&chunk).is_ok()).count();
    assert!(sent < 100, "it was all taken");
    assert!(server.memory() < before + (64 << 20));
    assert_eq!(get(&server.http, "/health").status, 200);
}

#[test]
fn slow_clients_are_cut_off() {
    let server = Running::start(&format!(
        "{POLICY}limits: {{ head_timeout: 400ms, body_timeout: 400ms }}\n"
    ));
    let mut lorises: Vec<TcpStream> =
        (0..50).map(|_| TcpStream::connect(&server.http).unwrap()).collect();
    for loris in &mut lorises {
        loris.write_all(b"GET /health HTTP/1.1\r\nhost: a\r\n").unwrap();
    }
    let mut slow_body = Client::connect(&server.http);
    slow_body
        .write(b"POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{")
        .unwrap();
    // Others are served meanwhile.
    assert_eq!(post(&server.http, "/v1/decide/fraud", transaction(0.1).as_bytes()).status, 200);
    let response = slow_body.response().unwrap();
    assert_eq!((response.status, response.problem().as_str()), (408, "slow"));
    let start = Instant::now();
    while lorises.iter_mut().any(|loris| loris.write_all(b"a: b\r\n").is_ok()) {
        assert!(start.elapsed() < Duration::from_secs(30), "they hold on");
        std::thread::sleep(Duration::from_millis(20));
    }
    server.until(|| server.metric("tollgate_refused_connections_total{why=\"slow-head\"}") >= 50);
}

#[test]
fn a_body_that_breaks_off_harms_nobody() {
    let server = Running::start(POLICY);
    for _ in 0..20 {
        let mut stream = TcpStream::connect(&server.http).unwrap();
        stream
            .write_all(
                b"POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-length: 90\r\n\r\n{\"sc",
            )
            .unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    }
    assert_eq!(post(&server.http, "/v1/decide/fraud", transaction(0.9).as_bytes()).status, 200);
    assert_eq!(
        server.metric(
            "tollgate_decisions_total{policy=\"fraud\",version=\"2.1.0\",action=\"allow\"}"
        ),
        0
    );
}

/// A policy that hangs has its deadline, and costs the others next to nothing.
#[test]
fn a_policy_that_hangs_or_traps_leaves_the_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    misbehaving(folder.path(), "loop", "loop");
    misbehaving(folder.path(), "panic", "panic");
    misbehaving(folder.path(), "memory", "allocate");
    let server = Running::start_in(
        folder,
        "policies: { fraud: fraud.yaml, loop: loop.yaml, panic: panic.yaml, memory: memory.yaml }\n\
         auth: { loop: { policy: loop, allow: [allow] } }\n\
         limits: { deadline: 300ms, concurrency: 2, queue: 30 }\n",
    );
    server.until(|| get(&server.http, "/ready").status == 200);
    let hanging: Vec<_> = (0..20)
        .map(|_| {
            let address = server.http.clone();
            std::thread::spawn(move || post(&address, "/v1/decide/loop", br#"{"score": 0.1}"#))
        })
        .collect();
    for _ in 0..50 {
        let response = post(&server.http, "/v1/decide/fraud", transaction(0.9).as_bytes());
        // Where the queue is full it is said, and nothing is allowed.
        assert!([200, 503].contains(&response.status), "{}", response.text());
    }
    for response in hanging {
        let response = response.join().unwrap();
        match response.status {
            200 => {
                let json = response.json();
                assert_eq!((&json["action"], &json["fallback"]), (&"block".into(), &true.into()));
                assert!(json["error"].as_str().unwrap().contains("deadline"), "{json}");
            }
            503 => {
                assert_eq!(response.problem(), "busy");
                assert_eq!(response.header("retry-after"), Some("1"));
            }
            // On a machine that is too busy to end it in time.
            504 => assert_eq!(response.problem(), "deadline"),
            _ => panic!("{response:?}"),
        }
    }
    server.until(|| post(&server.http, "/v1/decide/loop", br#"{"score": 0.1}"#).status == 200);
    for name in ["panic", "memory"] {
        server.until(|| {
            let response = post(&server.http, &format!("/v1/decide/{name}"), br#"{"score": 0.1}"#);
            let decided = response.status == 200;
            assert!(!decided || response.json()["action"] == "block", "{response:?}");
            decided
        });
    }
    assert_eq!(get(&server.http, "/auth/loop").status, 403);
    let response = post(&server.http, "/v1/decide/fraud", transaction(0.9).as_bytes());
    assert_eq!(response.json()["action"], "block");
    let count = "tollgate_undecided_total{policy=\"panic\",version=\"1.0.0\",cause=\"trap\"}";
    assert!(server.metric(count) >= 1);
}

#[test]
fn a_thousand_connections_are_held_and_more_than_may_be_are_told() {
    let server = Running::start(&format!("{POLICY}limits: {{ connections: 1100 }}\n"));
    let mut held: Vec<Client<TcpStream>> =
        (0..1100).map(|_| Client::connect(&server.http)).collect();
    for client in held.iter_mut().step_by(10) {
        assert_eq!(client.post("/v1/decide/fraud", transaction(0.9).as_bytes()).status, 200);
    }
    server.until(|| server.metric("tollgate_connections") >= 1100);
    let mut one_more = Client::connect(&server.http);
    let response = one_more.response().unwrap();
    assert_eq!((response.status, response.header("retry-after")), (503, Some("1")));
    // The admin's port has room of its own.
    assert_eq!(get(&server.admin, "/health").status, 200);
    drop(held);
    server.until(|| {
        let mut client = Client::connect(&server.http);
        client.write(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").is_ok()
            && client.response().is_some_and(|response| response.status == 200)
    });
}
