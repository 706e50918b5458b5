//! A collector of traces, read by OpenTelemetry's own messages.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::common;

/// The trace of a caller, and its span.
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(crate) const SPAN: &str = "00f067aa0ba902b7";

/// How a collector answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Takes,
    Refuses,
    Never,
}

/// Head and body of each request.
type Taken = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A collector that keeps what it is sent.
pub(crate) struct Collector {
    pub(crate) address: String,
    taken: Taken,
}

impl Collector {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let taken = Taken::default();
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || take(stream, answer, &kept));
            }
        });
        Self { address, taken }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }

    /// The spans so far, read by OpenTelemetry's own messages; none where this
    /// run has them not.
    pub(crate) fn spans(&self) -> Option<Vec<Value>> {
        let Some(python) = std::env::var_os("TOLLGATE_OTLP_PYTHON") else {
            eprintln!("not run: no `TOLLGATE_OTLP_PYTHON`; `cargo xtask test` brings one");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut read = Command::new(python);
        read.arg(common::root().join("tests/telemetry/read.py"));
        for (number, (_, body)) in self.taken.lock().unwrap().iter().enumerate() {
            let file = folder.path().join(number.to_string());
            std::fs::write(&file, body).unwrap();
            read.arg(file);
        }
        let output = read.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn take(mut stream: TcpStream, answer: Answer, kept: &Mutex<Vec<(String, Vec<u8>)>>) -> Option<()> {
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head += &line(&mut stream)?.to_ascii_lowercase();
            head += "\r\n";
        }
        let mut body = Vec::new();
        if let Some(length) = head.split("content-length: ").nth(1) {
            body.resize(length.lines().next()?.parse().ok()?, 0);
            stream.read_exact(&mut body).ok()?;
        } else {
            // Envoy sends chunks.
            while let size @ 1.. = usize::from_str_radix(&line(&mut stream)?, 16).ok()? {
                let start = body.len();
                body.resize(start + size, 0);
                stream.read_exact(&mut body[start..]).ok()?;
                line(&mut stream)?;
            }
            line(&mut stream)?;
        }
        kept.lock().unwrap().push((head, body));
        let status = match answer {
            Answer::Takes => "200 OK",
            Answer::Refuses => "400 Bad Request",
            Answer::Never => return stream.read_exact(&mut [0]).ok(),
        };
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").ok()?;
    }
}

fn line(stream: &mut TcpStream) -> Option<String> {
    let mut line = String::new();
    while !line.ends_with("\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        line.push(char::from(byte[0]));
    }
    Some(line.trim_end().to_owned())
}

/// The one with this name.
pub(crate) fn named<'s>(spans: &'s [Value], name: &str) -> &'s Value {
    let mut found = spans.iter().filter(|span| span["name"] == name);
    let (Some(one), None) = (found.next(), found.next()) else { panic!("{name}: {spans:#?}") };
    one
}
