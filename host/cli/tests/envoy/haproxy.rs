//! A real HAProxy that asks before it passes a request on.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use super::setup::{Model, Process, deploy, port, program, until};
use crate::client::{Client, get};
use crate::common;

const POLICY: &str = "\
name: by_body
version: 1.0.0
plugin: threshold-policy@^0.1
owner: tests
inputs: { score: { pointer: /score } }
settings:
  actions: [allow, review, block]
  thresholds: { block: 0.7, review: 0.4, allow: 0.0 }
";

/// The program, with the libraries that were unpacked beside it.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let libraries = program.ancestors().nth(2).unwrap().join("lib");
    let folders = std::fs::read_dir(libraries).into_iter().flatten().flatten();
    let mut named = folders.filter(|it| it.file_name().to_string_lossy().ends_with("-linux-gnu"));
    if let Some(folder) = named.next() {
        command.env("LD_LIBRARY_PATH", folder.path());
    }
    command
}

#[test]
fn haproxy_passes_on_what_is_allowed_and_nothing_else() {
    let Some(program) = program("TOLLGATE_HAPROXY") else { return };
    let model = Model::start();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (http, clients) = (port(), port());
    std::fs::write(at("by_body.yaml"), POLICY).unwrap();
    let config = format!(
        "listen: {{ http: '127.0.0.1:{http}' }}\npolicies: {{ p: by_body.yaml }}\n\
         auth: {{ shop: {{ policy: p, allow: [allow], unauthorized: [review], from: original }} }}\n"
    );
    std::fs::write(at("tollgate.yaml"), config).unwrap();
    let file = at("tollgate.yaml");
    let mut serve = common::command(&["serve", "-c", file.to_str().unwrap()]);
    let tollgate = Process::start(serve.stderr(Stdio::null()));
    let address = format!("127.0.0.1:{http}");
    until("Tollgate is not ready", || {
        TcpStream::connect(&address).is_ok() && get(&address, "/ready").status == 200
    });
    let config = std::fs::read_to_string(deploy("haproxy/haproxy.cfg")).unwrap();
    let config = config
        .replace("127.0.0.1:8080", &address)
        .replace("127.0.0.1:5001", &format!("127.0.0.1:{}", model.port))
        .replace("127.0.0.1:10002", &format!("127.0.0.1:{clients}"));
    std::fs::write(at("haproxy.cfg"), config).unwrap();
    std::fs::copy(deploy("haproxy/tollgate.lua"), at("tollgate.lua")).unwrap();
    let mut haproxy = command(&program);
    haproxy.current_dir(folder.path()).args(["-db", "-f", "haproxy.cfg"]);
    let _haproxy = Process::start(haproxy.stderr(Stdio::null()).stdout(Stdio::null()));
    let front = format!("127.0.0.1:{clients}");
    until("HAProxy is not ready", || TcpStream::connect(&front).is_ok());
    let ask = |headers: &[(&str, &str)], body: &str| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        Client::connect(&front).send("POST", "/invocations", &headers, body.as_bytes())
    };
    let forged = [("x-tollgate-action", "mine"), ("x-tollgate-anything", "mine")];
    let allowed = ask(&forged, r#"{"score": 0.1}"#);
    assert_eq!(allowed.status, 200, "{allowed:?}");
    assert_eq!(allowed.header("x-tollgate-action"), Some("allow"));
    let head = model.head();
    assert!(head.contains("x-tollgate-action: allow\r\n"), "{head}");
    assert!(!head.contains("mine"), "{head}");
    assert_eq!(ask(&[], r#"{"score": 0.5}"#).status, 401);
    assert_eq!(ask(&[], r#"{"score": 0.9}"#).status, 403);
    assert_eq!(ask(&[], "{}").status, 403);
    assert_eq!(ask(&[], "").status, 403);
    assert_eq!(ask(&[], "no json").status, 403);
    // Half a body would be another one.
    let long = format!(r#"{{"score": 0.1, "more": "{}"}}"#, "a".repeat(300_000));
    assert_eq!(ask(&[], &long).status, 413);
    let mut chunked = Client::connect(&front);
    let head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    chunked.write(format!("{head}e\r\n{{\"score\": 0.1}}\r\n0\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(chunked.response().unwrap().status, 400);
    assert_eq!(model.count(), 1);
    drop(tollgate);
    assert_eq!(ask(&[], r#"{"score": 0.1}"#).status, 503);
    assert_eq!(model.count(), 1);
}
