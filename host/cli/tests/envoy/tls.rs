//! Envoy and Tollgate show each other who they are.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::setup::{Front, deploy, program, rows, until};
use crate::certificates::{Signed, signed};

const ROUTES: &str = "    - { path: /invocations, check: transaction }\n";

/// Tollgate's side: the files of a folder.
fn tls(folder: &Path) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    format!(
        "tls: {{ certificate: '{}', key: '{}', client_ca: '{}' }}\n",
        at("cert.pem"),
        at("key.pem"),
        at("envoys.pem")
    )
}

/// Envoy's side, as the README has it, with the files of this folder.
fn socket(folder: &Path) -> String {
    let readme = std::fs::read_to_string(deploy("README.md")).unwrap();
    let block = readme.split("```yaml\n").find(|it| it.starts_with("transport_socket:")).unwrap();
    let block = block.split("```").next().unwrap();
    let block = block.replace("/etc/envoy", folder.to_str().unwrap());
    block.lines().map(|line| format!("    {line}\n")).collect()
}

/// Puts what is about TLS into the cluster that is Tollgate.
fn with_socket(config: String, socket: &str) -> String {
    let cluster = "  - name: tollgate\n    type: STATIC\n";
    assert!(config.contains(cluster), "{config}");
    config.replace(cluster, &format!("{cluster}{socket}"))
}

fn folders(
    own: &Signed,
    envoy: &Signed,
    trusted: &Signed,
) -> (tempfile::TempDir, tempfile::TempDir) {
    let (server, client) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    own.write(server.path());
    std::fs::write(server.path().join("envoys.pem"), &trusted.authority_pem).unwrap();
    envoy.write(client.path());
    std::fs::write(client.path().join("tollgate-ca.pem"), &own.authority_pem).unwrap();
    (server, client)
}

/// Whether somebody who trusts this authority, and shows `own`, is let in.
fn is_let_in(address: &str, authority: &Signed, own: &Signed) -> bool {
    let mut config = authority.client(Some(own));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").is_ok()
}

#[test]
fn an_envoy_that_shows_who_it_is_is_answered_and_certificates_are_renewed() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let (own, envoy) = (signed("own"), signed("envoy"));
    let (server, client) = folders(&own, &envoy, &envoy);
    let front = Front::start_with(&program, "ext_authz", ROUTES, &tls(server.path()), |config| {
        with_socket(config, &socket(client.path()))
    });
    let good = rows(1);
    until("Tollgate is not ready", || front.post("/invocations", good.as_bytes()).status == 200);
    let denied = front.post("/invocations", good.replace("120.5", "\"much\"").as_bytes());
    assert_eq!(denied.status, 422, "{denied:?}");
    let renewed = signed("renewed");
    assert!(is_let_in(&front.grpc, &own, &envoy));
    assert!(!is_let_in(&front.grpc, &renewed, &envoy));
    renewed.write(server.path());
    front.reload();
    until("the certificate is not renewed", || is_let_in(&front.grpc, &renewed, &envoy));
    assert!(!is_let_in(&front.grpc, &own, &envoy));
    // The connection that Envoy has goes on with what it was opened with.
    assert_eq!(front.post("/invocations", good.as_bytes()).status, 200);
}

#[test]
fn one_that_is_a_stranger_or_shows_nothing_lets_nothing_through() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let (own, envoy, other) = (signed("own"), signed("envoy"), signed("other"));
    let (server, client) = folders(&own, &envoy, &other);
    let plain = |config: String| config;
    let shown = |config: String| with_socket(config, &socket(client.path()));
    let changes: [&dyn Fn(String) -> String; 2] = [&shown, &plain];
    for change in changes {
        let front = Front::start_with(&program, "ext_authz", ROUTES, &tls(server.path()), change);
        for _ in 0..5 {
            let response = front.post("/invocations", rows(1).as_bytes());
            assert_eq!(response.status, 503, "{response:?}");
        }
        assert_eq!(front.model.count(), 0);
    }
}
