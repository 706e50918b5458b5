//! A real NGINX that asks before it passes a request on.

use std::net::TcpStream;
use std::process::{Command, Stdio};

use super::setup::{Model, Process, deploy, port, program, until};
use crate::client::{Client, get};
use crate::common;

const POLICY: &str = "\
name: by_header
version: 1.0.0
plugin: threshold-policy@^0.1
owner: tests
inputs: { score: { header: x-score } }
settings:
  actions: [allow, review, block]
  thresholds: { block: 0.7, review: 0.4, allow: 0.0 }
";

#[test]
fn nginx_passes_on_what_is_allowed_and_nothing_else() {
    let Some(program) = program("TOLLGATE_NGINX") else { return };
    let model = Model::start();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (http, clients) = (port(), port());
    std::fs::write(at("by_header.yaml"), POLICY).unwrap();
    let config = format!(
        "listen: {{ http: '127.0.0.1:{http}' }}\npolicies: {{ p: by_header.yaml }}\n\
         auth: {{ shop: {{ policy: p, allow: [allow], from: original }} }}\n"
    );
    std::fs::write(at("tollgate.yaml"), config).unwrap();
    let file = at("tollgate.yaml");
    let mut command = common::command(&["serve", "-c", file.to_str().unwrap()]);
    let tollgate = Process::start(command.stderr(Stdio::null()));
    let address = format!("127.0.0.1:{http}");
    until("Tollgate is not ready", || {
        TcpStream::connect(&address).is_ok() && get(&address, "/ready").status == 200
    });
    let config = std::fs::read_to_string(deploy("nginx/nginx.conf")).unwrap();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("  {name}_temp_path {}/{name};\n", folder.path().display()))
        .collect();
    let config = config
        .replace("127.0.0.1:8080", &address)
        .replace("127.0.0.1:5001", &format!("127.0.0.1:{}", model.port))
        .replace("127.0.0.1:10001", &format!("127.0.0.1:{clients}"))
        .replace("worker_processes auto;", "worker_processes 1;\ndaemon off;\nmaster_process off;")
        .replace("http {\n", &format!("http {{\n{temporary}"));
    std::fs::write(at("nginx.conf"), config).unwrap();
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).arg("-c").arg(at("nginx.conf"));
    let _nginx = Process::start(command.stderr(Stdio::null()));
    let front = format!("127.0.0.1:{clients}");
    until("NGINX is not ready", || TcpStream::connect(&front).is_ok());
    let ask = |headers: &[(&str, &str)]| {
        Client::connect(&front).send("POST", "/invocations", headers, b"{}")
    };
    let allowed = ask(&[("x-score", "0.1"), ("x-tollgate-action", "mine")]);
    assert_eq!(allowed.status, 200, "{allowed:?}");
    let head = model.head();
    assert!(head.contains("x-tollgate-action: allow\r\n"), "{head}");
    assert!(!head.contains("mine"), "{head}");
    assert_eq!(ask(&[("x-score", "0.5")]).status, 403);
    assert_eq!(ask(&[("x-score", "0.9")]).status, 403);
    assert_eq!(ask(&[]).status, 403);
    assert_eq!(model.count(), 1);
    drop(tollgate);
    assert_eq!(ask(&[("x-score", "0.1")]).status, 500);
    assert_eq!(model.count(), 1);
}
