//! TLS: certificates of both sides, and their renewal.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::certificates::{Signed, signed};
use super::client::{Client, Response, get};
use super::running::{Running, fraud, transaction};
use crate::POLICY;

impl Signed {
    /// What a client that trusts this authority alone is told.
    pub(crate) fn ask(&self, address: &str, own: Option<&Self>) -> Option<Response> {
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(self.client(own)), name).unwrap();
        let mut client =
            Client::of(StreamOwned::new(connection, TcpStream::connect(address).unwrap()));
        let body = transaction(0.9);
        let head = format!(
            "POST /v1/decide/fraud HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        client.write(head.as_bytes()).ok()?;
        client.response()
    }
}

pub(crate) const TLS: &str = "tls: { certificate: cert.pem, key: key.pem }\n";

pub(crate) fn start(first: &Signed, config: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fraud(), folder.path().join("fraud.yaml")).unwrap();
    first.write(folder.path());
    let server = Running::start_in(folder, &format!("{POLICY}{config}"));
    server.until(|| get(&server.admin, "/ready").status == 200);
    server
}

#[test]
fn a_certificate_is_renewed_while_the_server_runs() {
    let (first, second) = (signed("first"), signed("second"));
    let server = start(&first, TLS);
    assert_eq!(first.ask(&server.http, None).unwrap().json()["action"], "block");
    assert!(second.ask(&server.http, None).is_none(), "another authority signed it");
    // Half of it is no certificate: what is live stays.
    std::fs::write(server.folder.path().join("key.pem"), second.key.serialize_pem()).unwrap();
    server.signal("HUP");
    server.until(|| !server.logged("the certificates stay as they were").is_empty());
    assert_eq!(first.ask(&server.http, None).unwrap().status, 200);
    second.write(server.folder.path());
    server.signal("HUP");
    server.until(|| !server.logged("new certificates are served").is_empty());
    assert_eq!(second.ask(&server.http, None).unwrap().status, 200);
    assert!(first.ask(&server.http, None).is_none());
    // Who speaks no TLS is no caller.
    let mut plain = Client::connect(&server.http);
    plain.write(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert!(plain.response().is_none());
    assert!(!server.log().contains("PRIVATE KEY"));
}

#[test]
fn clients_show_who_they_are_where_it_is_asked_for() {
    let (own, client, stranger) = (signed("own"), signed("client"), signed("stranger"));
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("clients.pem");
    std::fs::write(&authority, &client.authority_pem).unwrap();
    let config = format!(
        "tls: {{ certificate: cert.pem, key: key.pem, client_ca: '{}' }}\n",
        authority.display()
    );
    let server = start(&own, &config);
    assert_eq!(own.ask(&server.http, Some(&client)).unwrap().status, 200);
    assert!(own.ask(&server.http, None).is_none());
    assert!(own.ask(&server.http, Some(&stranger)).is_none());
}
