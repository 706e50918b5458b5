//! What changes while requests go on, and how the server ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::client::{Client, get, post};
use super::running::{CHANGER, READER, Running, fraud, transaction};
use crate::POLICY;

const TOKENS: &str =
    "admin: { tokens: [{ env: READER, role: read }, { env: CHANGER, role: rollback }] }\n";

fn version(server: &Running) -> String {
    let response = post(&server.http, "/v1/decide/fraud", transaction(0.9).as_bytes());
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()["policy"]["version"].as_str().unwrap().to_owned()
}

#[test]
fn a_document_that_changes_is_served_and_a_bad_one_never() {
    let server = Running::start(POLICY);
    let policy = std::fs::read_to_string(fraud()).unwrap();
    assert_eq!(version(&server), "2.1.0");
    server.write("fraud.yaml", &policy.replace("version: 2.1.0\n", "version: 2.2.0\n"));
    server.signal("HUP");
    server.until(|| version(&server) == "2.2.0");
    for bad in [policy.replace("block: 0.7", "block: 7"), policy[..900].to_owned(), String::new()] {
        let failed = server.logged("not loaded").len();
        server.write("fraud.yaml", &bad);
        server.signal("HUP");
        server.until(|| server.logged("not loaded").len() > failed);
        assert_eq!(version(&server), "2.2.0");
    }
    std::fs::remove_file(server.folder.path().join("fraud.yaml")).unwrap();
    server.signal("HUP");
    server.until(|| server.logged("not loaded").len() > 3);
    assert_eq!(version(&server), "2.2.0");
    let state = get(&server.admin, "/admin/state").json();
    assert_eq!(state["judges"][0]["live"]["version"], "2.2.0");
    assert!(state["judges"][0]["problem"].as_str().unwrap().contains("does not exist"), "{state}");
    let versions = get(&server.http, "/models/fraud/versions").json();
    assert_eq!(versions["versions"][0]["version"], "2.2.0");
    // What is served is served: the last good one answers.
    assert_eq!(get(&server.http, "/ready").status, 200);
}

#[test]
fn what_was_never_loaded_is_not_ready_and_answers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start_in(folder, "policies: { fraud: fraud.yaml, late: late.yaml }\n");
    server.until(|| server.logged("serving").len() == 1);
    let ready = get(&server.http, "/ready");
    assert_eq!((ready.status, &ready.json()["missing"][0]), (503, &"policy late".into()));
    assert_eq!(get(&server.http, "/health").status, 200);
    let response = post(&server.http, "/v1/decide/late", transaction(0.1).as_bytes());
    assert_eq!((response.status, response.problem().as_str()), (503, "not-loaded"));
    assert_eq!(version(&server), "2.1.0", "the others are served");
    server.write("late.yaml", &std::fs::read_to_string(fraud()).unwrap());
    server.signal("HUP");
    server.until(|| get(&server.http, "/ready").status == 200);
}

#[test]
fn tokens_say_who_may_read_and_who_may_change() {
    let server = Running::start(&format!("{POLICY}{TOKENS}"));
    let ask = |method: &str, path: &str, token: Option<&str>| {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|it| ("authorization", it.as_str())).collect();
        Client::connect(&server.admin).send(method, path, &headers, b"").status
    };
    for (path, method) in [("/metrics", "GET"), ("/admin/state", "GET"), ("/admin/reload", "POST")]
    {
        let may_read = if method == "GET" { 200 } else { 403 };
        assert_eq!(ask(method, path, None), 401, "{path}");
        assert_eq!(ask(method, path, Some("a-token-to-read-wit")), 401, "{path}");
        assert_eq!(ask(method, path, Some("")), 401, "{path}");
        assert_eq!(ask(method, path, Some(READER)), may_read, "{path}");
        assert_eq!(ask(method, path, Some(CHANGER)), 200, "{path}");
    }
    assert!(!server.log().contains(READER) && !server.log().contains(CHANGER));
    // Without tokens nobody changes anything.
    let open = Running::start(POLICY);
    assert_eq!(get(&open.admin, "/metrics").status, 200);
    let response = post(&open.admin, "/admin/reload", b"");
    assert_eq!((response.status, response.problem().as_str()), (403, "forbidden"));
}

/// Requests that are under way when the server is told to end are answered,
/// and it ends with 0.
#[test]
fn the_end_loses_no_request() {
    let mut server = Running::start(POLICY);
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, stop, sent) = (server.http.clone(), Arc::clone(&stop), Arc::clone(&sent));
            std::thread::spawn(move || {
                let mut client = Client::connect(&address);
                let body = transaction(0.9);
                let request = format!(
                    "POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-type: \
                     application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                while !stop.load(Ordering::Relaxed) {
                    // A connection that the server closed in time is nobody's
                    // loss; a response that begins is whole.
                    if client.write(request.as_bytes()).is_err() {
                        return;
                    }
                    let Some(response) = client.response() else { return };
                    assert!(response.whole);
                    assert_eq!(response.json()["action"], "block");
                    sent.fetch_add(1, Ordering::Relaxed);
                    if response.header("connection") == Some("close") {
                        return;
                    }
                }
            })
        })
        .collect();
    server.until(|| sent.load(Ordering::Relaxed) > 500);
    // A request whose body is still to come when the server is told to end.
    let body = transaction(0.9);
    let mut late = Client::connect(&server.http);
    let head = format!(
        "POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    late.write(head.as_bytes()).unwrap();
    late.write(&body.as_bytes()[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    server.until(|| {
        server.logged("told to end: requests under way are answered, and no more are taken").len()
            == 1
    });
    let ready = get(&server.admin, "/ready");
    assert_eq!((ready.status, &ready.json()["status"]), (503, &"draining".into()));
    late.write(&body.as_bytes()[10..]).unwrap();
    let response = late.response().unwrap();
    assert_eq!((response.status, &response.json()["action"]), (200, &"block".into()));
    assert_eq!(server.ended().code(), Some(0));
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
}

#[test]
fn who_does_not_come_to_an_end_is_cut_off() {
    let mut server = Running::start(&format!("{POLICY}limits: {{ drain: 300ms }}\n"));
    let mut never = Client::connect(&server.http);
    never
        .write(b"POST /v1/decide/fraud HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{")
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(server.logged("the time to drain is over, and connections are cut off").len(), 1);
}

#[test]
fn a_unix_socket_is_made_and_taken_away() {
    use std::os::unix::net::UnixStream;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fraud(), folder.path().join("fraud.yaml")).unwrap();
    let socket = folder.path().join("t.sock");
    let config =
        "listen: { unix: t.sock }\nlog: { format: json }\npolicies: { fraud: fraud.yaml }\n";
    std::fs::write(folder.path().join("tollgate.yaml"), config).unwrap();
    // One of a server that was killed.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let start =
        || super::running::command(folder.path()).stderr(std::process::Stdio::null()).spawn();
    let mut child = start().unwrap();
    let response = loop {
        let Ok(stream) = UnixStream::connect(&socket) else {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        let response = Client::of(stream).post("/v1/decide/fraud", transaction(0.9).as_bytes());
        if response.status == 200 {
            break response;
        }
    };
    assert_eq!(response.json()["action"], "block");
    // A second server leaves the first alone.
    assert_eq!(start().unwrap().wait().unwrap().code(), Some(2));
    let pid = child.id().to_string();
    std::process::Command::new("kill").arg(pid).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!socket.exists());
    std::fs::write(&socket, "a file").unwrap();
    assert_eq!(start().unwrap().wait().unwrap().code(), Some(2));
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "a file");
}

/// The pin says which version answers; a rollback is one command, and picked
/// up without a word to the server.
#[test]
fn a_rollback_is_live_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    std::fs::create_dir(&documents).unwrap();
    let policy = std::fs::read_to_string(fraud()).unwrap();
    let strict = policy
        .replace("version: 2.1.0\n", "version: 2.2.0\n")
        .replace("manual_review: 0.4\n", "manual_review: 0.3\n");
    std::fs::write(documents.join("a.yaml"), &policy).unwrap();
    std::fs::write(documents.join("b.yaml"), strict).unwrap();
    let pins = folder.path().join("pins.yaml").display().to_string();
    let documents = documents.display().to_string();
    let run = |arguments: &[&str]| {
        let output =
            crate::common::tollgate(&[arguments, &["--by", "dana", "--reason", "a test"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    for version in ["2.1.0", "2.2.0"] {
        run(&["pin", &pins, "fraud_detector", version, "--documents", &documents]);
    }
    let server = Running::start_in(
        folder,
        "policies: { fraud: { pins: pins.yaml, documents: documents, name: fraud_detector } }\n\
         watch: 100ms\n",
    );
    server.until(|| get(&server.http, "/ready").status == 200);
    assert_eq!(version(&server), "2.2.0");
    run(&["rollback", &pins, "fraud_detector"]);
    server.until(|| version(&server) == "2.1.0");
    let versions = get(&server.http, "/models/fraud/versions").json();
    assert_eq!(versions["versions"][0]["role"], "current");
    assert!(versions.to_string().contains(r#""role":"bad","version":"2.2.0""#), "{versions}");
}
