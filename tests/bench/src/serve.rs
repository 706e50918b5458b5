//! A decision over HTTP beside a constant answer of the same server.
//!
//! The client is in this process and shares the processors with the server:
//! what it costs is in both rows of a pair.

pub(crate) mod envoy;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::group::{Group, Row};
use crate::measure::Subject;
use crate::places::Places;

/// Requests on each connection a repetition, so that what it takes to start
/// threads is little of it.
const EACH: usize = 100;

/// Connections that keep the server busy.
const MANY: usize = 16;

const DECISION: &str = r#"{"score": 0.73, "amount": 120, "country": "US", "merchant_age_days": 400, "transactions_last_hour": 1}"#;

/// A server that ends with this program's measurements.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn group(places: &Places) -> Result<Group> {
    let mut child = Command::new(places.program("tollgate"))
        .args(["serve", "policies/fraud.yaml", "--listen", "127.0.0.1:0"])
        .current_dir(&places.root)
        .stderr(Stdio::piped())
        .spawn()
        .context("`tollgate` is not built")?;
    let mut told = BufReader::new(child.stderr.take().context("its words")?);
    let server = Arc::new(Server(child));
    let mut line = String::new();
    let address = loop {
        line.clear();
        ensure!(told.read_line(&mut line)? > 0, "the server {} did not start", server.0.id());
        if let Some(url) = line.trim().strip_prefix("decides at http://") {
            break url.split('/').next().unwrap_or_default().to_owned();
        }
    };
    // What is measured is what it serves once it has settled.
    while !line.contains("frozen judges are served") {
        line.clear();
        ensure!(told.read_line(&mut line)? > 0, "the server ended");
    }
    // Whatever it says from here on is taken off its hands.
    std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
    let constant = "GET /health HTTP/1.1\r\nhost: bench\r\n\r\n".to_owned();
    let decide = format!(
        "POST /v1/decide/fraud_detector HTTP/1.1\r\nhost: bench\r\ncontent-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{DECISION}",
        DECISION.len()
    );
    until_it_decides(&address, &decide)?;
    let mut rows = Vec::new();
    for (id, title, count, request) in [
        ("serve/constant", "a constant answer, one connection", 1, &constant),
        ("serve/decide", "a fresh decision, one connection", 1, &decide),
        ("serve/constant-many", "a constant answer, 16 connections", MANY, &constant),
        ("serve/decide-many", "a fresh decision, 16 connections", MANY, &decide),
    ] {
        let clients = (0..count).map(|_| Client::connect(&address)).collect::<Result<_>>()?;
        let (server, request) = (Arc::clone(&server), request.clone());
        let requests = Requests { _servers: vec![server], clients, request };
        rows.push(Row::of_parts(id, title, requests, (count * EACH) as f64));
    }
    Ok(Group {
        title: "A request over HTTP, kept alive",
        unit: "request",
        reference: "serve/constant",
        long: true,
        rows,
    })
}

/// It listens before it has loaded its policy.
fn until_it_decides(address: &str, request: &str) -> Result<()> {
    let start = Instant::now();
    while Client::connect(address)?.ask(request)? != 200 {
        ensure!(start.elapsed() < Duration::from_secs(60), "the policy was not loaded");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
    line: String,
}

impl Client {
    fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::with_capacity(16 << 10, stream);
        Ok(Self { stream, body: Vec::new(), line: String::new() })
    }

    /// Sends a request and gives the status of its answer, once all of it is
    /// there.
    fn ask(&mut self, request: &str) -> Result<u16> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut status = 0;
        let mut length = 0;
        loop {
            self.line.clear();
            ensure!(self.stream.read_line(&mut self.line)? > 0, "the connection is closed");
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("HTTP/1.1 ") {
                status = text.split(' ').next().unwrap_or_default().parse()?;
            } else if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse()?;
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        Ok(status)
    }
}

/// Requests, one after the other on each connection.
struct Requests {
    /// They run as long as somebody asks them.
    _servers: Vec<Arc<Server>>,
    clients: Vec<Client>,
    request: String,
}

impl Subject for Requests {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let request = &self.request;
        let asked = |client: &mut Client, times: u64| -> Result<()> {
            for _ in 0..times {
                let status = client.ask(request)?;
                ensure!(status == 200, "the server answered {status}");
            }
            Ok(())
        };
        let times = times * EACH as u64;
        let start = Instant::now();
        match self.clients.as_mut_slice() {
            [one] => asked(one, times)?,
            many => std::thread::scope(|scope| {
                let asking: Vec<_> = many
                    .iter_mut()
                    .map(|client| scope.spawn(move || asked(client, times)))
                    .collect();
                asking.into_iter().try_for_each(|thread| {
                    thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
                })
            })?,
        }
        Ok(start.elapsed())
    }
}
