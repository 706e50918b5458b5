//! What stands where a webhook leads: it keeps what it was told, fails on
//! demand, and kills who tells it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// What a receiver does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It says `ok`, as Slack does.
    Fine,
    /// It answers with this status.
    Status(u16),
    /// It takes the request, and thinks.
    Silent,
}

/// One thing that it was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) key: String,
    pub(crate) body: Value,
}

impl Told {
    pub(crate) fn text(&self) -> &str {
        self.body["text"].as_str().unwrap()
    }
}

#[derive(Debug)]
struct Inner {
    told: Vec<Told>,
    mood: Mood,
    /// The process, how often it may tell yet, and whether it gets its answer.
    victim: Option<(u32, usize, bool)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) address: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/services/T0/SECRET", listener.local_addr().unwrap());
        let inner = Inner { told: Vec::new(), mood: Mood::Fine, victim: None };
        let inner = Arc::new(Mutex::new(inner));
        let shared = Arc::clone(&inner);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || take(stream, &shared));
            }
        });
        Self { address, inner }
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.inner.lock().unwrap().mood = mood;
    }

    /// What it was told, and took.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.inner.lock().unwrap().told.clone()
    }

    /// Kills a process when it has told this often; before it has its answer, or
    /// just after.
    pub(crate) fn kill(&self, process: u32, after: usize, answers: bool) {
        self.inner.lock().unwrap().victim = Some((process, after, answers));
    }

    pub(crate) fn spare(&self) {
        self.inner.lock().unwrap().victim = None;
    }
}

fn take(mut stream: TcpStream, inner: &Mutex<Inner>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let (head, body) = loop {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => request.extend(&buffer[..count]),
            _ => return,
        }
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = header(head, "content-length").map_or(0, |it| it.parse().unwrap());
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (status, kills) = {
        let mut inner = inner.lock().unwrap();
        let status = match inner.mood {
            Mood::Fine => 200,
            Mood::Status(status) => status,
            Mood::Silent => 0,
        };
        if status == 200 {
            assert!(head.starts_with("POST /services/T0/SECRET "), "{head}");
            let key = header(&head, "idempotency-key").unwrap();
            inner.told.push(Told { key, body: serde_json::from_str(&body).unwrap() });
        }
        let mut kills = None;
        if let Some((process, left, answers)) = inner.victim.as_mut() {
            *left -= 1;
            if *left == 0 {
                kills = Some((*process, *answers));
                inner.victim = None;
            }
        }
        (status, kills)
    };
    if status == 0 {
        thread::sleep(Duration::from_secs(20));
        return;
    }
    if let Some((process, false)) = kills {
        kill(process);
    }
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    let _ = stream.write_all(answer.as_bytes());
    if let Some((process, true)) = kills {
        kill(process);
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned())
}

fn kill(process: u32) {
    let killed = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status();
    assert!(killed.is_ok());
}
