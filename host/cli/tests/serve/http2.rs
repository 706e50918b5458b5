//! HTTP/2, by TLS and without, within the limits that HTTP/1.1 has.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use h2::client::SendRequest;
use http::{HeaderMap, Request};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use super::certificates::{Signed, signed};
use super::client::post;
use super::running::{Running, transaction};
use super::secure::{TLS, start};
use crate::POLICY;

/// What opens a connection of HTTP/2, with empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let patience = Duration::from_secs(60);
    runtime.block_on(async { tokio::time::timeout(patience, work).await.unwrap() })
}

async fn open<S>(stream: S) -> SendRequest<bytes::Bytes>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move {
        // What becomes of it is seen by who asks.
        let _ = connection.await;
    });
    client
}

async fn connect(address: &str) -> SendRequest<bytes::Bytes> {
    open(tokio::net::TcpStream::connect(address).await.unwrap()).await
}

async fn ask(
    client: &SendRequest<bytes::Bytes>,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Answer, h2::Error> {
    let mut client = client.clone().ready().await?;
    let mut request = Request::post(format!("http://localhost{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (response, mut stream) = client.send_request(request.body(()).unwrap(), false)?;
    // A body that is refused unread may not be taken.
    let _ = stream.send_data(body.into(), true);
    whole(response).await
}

async fn whole(response: h2::client::ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut stream) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(part) = stream.data().await {
        let part = part?;
        stream.flow_control().release_capacity(part.len())?;
        body.extend_from_slice(&part);
    }
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

#[test]
fn without_tls_who_knows_it_is_answered_as_in_http_1() {
    let server = Running::start(POLICY);
    let body = transaction(0.93);
    let one = post(&server.http, "/v1/decide/fraud", body.as_bytes());
    run(async {
        let client = connect(&server.http).await;
        let two = ask(&client, "/v1/decide/fraud", &[], body.clone().into()).await.unwrap();
        assert_eq!((two.status, &two.body), (200, &one.body));
        assert!(two.headers.contains_key("x-request-id"));
        // Many at a time, on one connection.
        let all = (0..100).map(|number| {
            let (client, score) = (client.clone(), f64::from(number) / 100.0);
            tokio::spawn(async move {
                let body = transaction(score).into_bytes();
                let answer = ask(&client, "/v1/decide/fraud", &[], body).await.unwrap();
                let expected = if score >= 0.7 { "block" } else { "manual_review" };
                (score < 0.4) == (answer.json()["action"] == "allow")
                    && (score < 0.4 || answer.json()["action"] == expected)
            })
        });
        for asked in all.collect::<Vec<_>>() {
            assert!(asked.await.unwrap());
        }
        // Rows come as they are read.
        let rows = format!("{body}\n").repeat(500);
        let lines = [("content-type", "application/x-ndjson")];
        let rows = ask(&client, "/v1/decide/fraud/rows", &lines, rows.into_bytes()).await.unwrap();
        assert_eq!(rows.status, 200, "{rows:?}");
        assert_eq!(rows.body.iter().filter(|byte| **byte == b'\n').count(), 500);
    });
}

#[test]
fn the_limits_are_those_of_http_1() {
    let limits = "limits: { body: 64KiB, headers: 20, body_timeout: 1s }\n";
    let server = Running::start(&format!("{POLICY}{limits}"));
    let many: Vec<(String, String)> = (0..40).map(|it| (format!("x-{it}"), "1".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let long = "a".repeat(40 << 10);
    run(async {
        let client = connect(&server.http).await;
        let decide = "/v1/decide/fraud";
        let asked = |headers: Vec<(&'static str, String)>, body: Vec<u8>| {
            let client = &client;
            async move {
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                ask(client, decide, &headers, body).await.unwrap().status
            }
        };
        let answer = ask(&client, decide, &many, b"{}".to_vec()).await.unwrap();
        assert_eq!(answer.status, 431);
        assert_eq!(answer.json()["type"], "urn:tollgate:problem:head-too-large");
        assert_eq!(asked(vec![("x-long", long)], b"{}".to_vec()).await, 431);
        assert_eq!(asked(vec![], vec![b' '; 65 << 10]).await, 413);
        assert_eq!(asked(vec![("content-encoding", "gzip".into())], b"{}".to_vec()).await, 415);
        // A body that is announced to be too long, and one that does not end.
        for (length, status) in [("100000000", 413), ("100", 408)] {
            let mut ready = client.clone().ready().await.unwrap();
            let request = Request::post(format!("http://localhost{decide}"));
            let request = request.header("content-length", length).body(()).unwrap();
            let (response, mut stream) = ready.send_request(request, false).unwrap();
            stream.send_data(b"{"[..].into(), false).unwrap();
            assert_eq!(whole(response).await.unwrap().status, status);
        }
        // The connection is as good as before, and has so many requests at most.
        let good = ask(&client, decide, &[], transaction(0.1).into()).await.unwrap();
        assert_eq!((good.status, &good.json()["action"]), (200, &"allow".into()));
        assert_eq!(client.current_max_send_streams(), 128);
    });
}

/// How long a connection is kept on which this is said and nothing more.
fn kept(address: &str, said: &[u8]) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let start = Instant::now();
    stream.write_all(said).unwrap();
    // To its end, or until it is reset.
    let _ = stream.read_to_end(&mut Vec::new());
    start.elapsed()
}

#[test]
fn who_says_nothing_or_half_of_it_is_cut_off() {
    let server = Running::start(&format!("{POLICY}limits: {{ head_timeout: 1s }}\n"));
    // Headers of a request that do not end: a frame without its last flag.
    let head = [PREFACE, b"\0\0\x01\x01\0\0\0\0\x01\x82"].concat();
    let cases: [&[u8]; 5] = [b"", &PREFACE[..10], PREFACE, &head, b"GET / HTTP/1.1\r\n"];
    std::thread::scope(|scope| {
        for said in cases {
            let address = &server.http;
            scope.spawn(move || {
                let kept = kept(address, said);
                let is_time = Duration::from_millis(900)..Duration::from_secs(20);
                assert!(is_time.contains(&kept), "{said:?}: {kept:?}");
            });
        }
    });
    let cut = server.metric("tollgate_refused_connections_total{why=\"slow-head\"}");
    assert_eq!(cut, 5, "{}", server.metrics());
    // One that goes on asking is not.
    run(async {
        let client = connect(&server.http).await;
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let answer = ask(&client, "/v1/decide/fraud", &[], b"{}".to_vec()).await.unwrap();
            assert_eq!(answer.status, 200);
        }
    });
}

#[test]
fn requests_under_way_are_answered_at_the_end() {
    let mut server = Running::start(POLICY);
    run(async {
        let client = connect(&server.http).await;
        let mut ready = client.clone().ready().await.unwrap();
        let request = Request::post("http://localhost/v1/decide/fraud").body(()).unwrap();
        let (response, mut stream) = ready.send_request(request, false).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.signal("TERM");
        server.until(|| {
            !server
                .logged("told to end: requests under way are answered, and no more are taken")
                .is_empty()
        });
        stream.send_data(transaction(0.93).into(), true).unwrap();
        assert_eq!(whole(response).await.unwrap().json()["action"], "block");
    });
    assert!(server.ended().success());
}

/// What a client that offers these protocols is answered in, and what it is
/// answered.
fn spoken(first: &Signed, server: &Running, offered: &[&[u8]]) -> (Option<Vec<u8>>, Option<u16>) {
    let mut config = first.client(None);
    config.alpn_protocols = offered.iter().map(|it| it.to_vec()).collect();
    run(async {
        let stream = tokio::net::TcpStream::connect(&server.http).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.unwrap();
        let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        if protocol.as_deref() != Some(b"h2") {
            return (protocol, None);
        }
        let client = open(stream).await;
        let body = transaction(0.93).into_bytes();
        let answer = ask(&client, "/v1/decide/fraud", &[], body).await.unwrap();
        assert_eq!(answer.json()["action"], "block");
        (protocol, Some(answer.status))
    })
}

#[test]
fn with_tls_the_client_chooses() {
    let first = signed("first");
    let server = start(&first, TLS);
    let h2 = b"h2".as_slice();
    let one = b"http/1.1".as_slice();
    assert_eq!(spoken(&first, &server, &[h2, one]), (Some(h2.to_vec()), Some(200)));
    assert_eq!(spoken(&first, &server, &[one]), (Some(one.to_vec()), None));
    assert_eq!(spoken(&first, &server, &[]), (None, None));
    // Who offers nothing speaks HTTP/1.1.
    assert_eq!(first.ask(&server.http, None).unwrap().status, 200);
}
