//! Servers: a real MLflow, a real one seen through a proxy that kills, and
//! some that are none.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The registry of this run of the tests; none where there is no MLflow.
pub(crate) fn registry() -> Option<String> {
    let address = std::env::var("TOLLGATE_TEST_MLFLOW").ok();
    if address.is_none() {
        eprintln!("not run: no `TOLLGATE_TEST_MLFLOW`; `cargo xtask test` starts a server");
    }
    address
}

/// One request over HTTP 1.0: status and body.
fn ask(address: &str, method: &str, path: &str, body: &Value) -> (u16, Vec<u8>) {
    let host = address.strip_prefix("http://").unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

/// A real MLflow, spoken to without the code under test.
pub(crate) struct Mlflow {
    address: String,
}

impl Mlflow {
    pub(crate) fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/2.0/mlflow/{path}");
        let (status, body) = ask(&self.address, method, &path, body);
        assert_eq!(status, 200, "{method} {path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// A new model of so many versions, under a name of its own.
    pub(crate) fn model(&self, name: &str, versions: u64) -> String {
        let name = format!("{name}_{}", std::process::id());
        self.call("POST", "registered-models/create", &json!({ "name": name }));
        for _ in 0..versions {
            self.one_more_version(&name);
        }
        name
    }

    /// A new model whose versions have these metrics, each of a run of its own;
    /// the runs of odd versions are of an experiment of their own.
    pub(crate) fn measured(&self, name: &str, versions: &[Value]) -> String {
        let name = self.model(name, 0);
        let other = self.call("POST", "experiments/create", &json!({ "name": name }));
        for (at, metrics) in versions.iter().enumerate() {
            let experiment = if at % 2 == 0 { &other["experiment_id"] } else { &json!("0") };
            let run = self.call("POST", "runs/create", &json!({ "experiment_id": experiment }));
            let run = run["run"]["info"]["run_id"].as_str().unwrap();
            let metrics: Vec<Value> = metrics
                .as_object()
                .unwrap()
                .iter()
                .map(
                    |(key, value)| json!({ "key": key, "value": value, "timestamp": 1, "step": 0 }),
                )
                .collect();
            self.call("POST", "runs/log-batch", &json!({ "run_id": run, "metrics": metrics }));
            let source = format!("runs:/{run}/model");
            let version = json!({ "name": name, "source": source, "run_id": run });
            self.call("POST", "model-versions/create", &version);
        }
        name
    }

    /// A new version of a run of its own: two of one run are one and the same.
    pub(crate) fn one_more_version(&self, model: &str) {
        let run = self.call("POST", "runs/create", &json!({ "experiment_id": "0" }));
        let run = run["run"]["info"]["run_id"].as_str().unwrap();
        let source = format!("runs:/{run}/model");
        let version = json!({ "name": model, "source": source, "run_id": run });
        self.call("POST", "model-versions/create", &version);
    }

    /// A model of one version, with the files of one version of the trained
    /// models and the run of another.
    pub(crate) fn with_files_and_run(&self, name: &str, files: u64, run: u64) -> String {
        let name = format!("{name}_{}", std::process::id());
        self.call("POST", "registered-models/create", &json!({ "name": name }));
        let files = self.version("tumor_screening", files)["source"].clone();
        let id = files.as_str().unwrap().strip_prefix("models:/").unwrap();
        let run = self.version("tumor_screening", run)["run_id"].clone();
        let version = json!({ "name": name, "source": files, "model_id": id, "run_id": run });
        self.call("POST", "model-versions/create", &version);
        name
    }

    pub(crate) fn set_version_tag(&self, model: &str, version: u64, key: &str, value: &str) {
        let version = version.to_string();
        let tag = json!({ "name": model, "version": version, "key": key, "value": value });
        self.call("POST", "model-versions/set-tag", &tag);
    }

    pub(crate) fn set_stage(&self, model: &str, version: u64, stage: &str) {
        let version = version.to_string();
        let stage = json!({
            "name": model, "version": version, "stage": stage, "archive_existing_versions": false,
        });
        self.call("POST", "model-versions/transition-stage", &stage);
    }

    pub(crate) fn registered(&self, model: &str) -> Value {
        let path = format!("registered-models/get?name={model}");
        self.call("GET", &path, &Value::Null)["registered_model"].clone()
    }

    pub(crate) fn version(&self, model: &str, version: u64) -> Value {
        let path = format!("model-versions/get?name={model}&version={version}");
        self.call("GET", &path, &Value::Null)["model_version"].clone()
    }

    /// The versions of a model, the oldest first; none where there is no model.
    pub(crate) fn versions(&self, model: &str) -> Vec<Value> {
        let path = format!("model-versions/search?max_results=100&filter=name%3D%27{model}%27");
        let found = self.call("GET", &path, &Value::Null);
        let mut found: Vec<Value> = found["model_versions"].as_array().cloned().unwrap_or_default();
        found.sort_by_key(|it| it["version"].as_str().unwrap().parse::<u64>().unwrap());
        found
    }

    pub(crate) fn aliases(&self, model: &str) -> Value {
        let mut aliases = json!({});
        for alias in self.registered(model)["aliases"].as_array().into_iter().flatten() {
            let version: u64 = alias["version"].as_str().unwrap().parse().unwrap();
            aliases[alias["alias"].as_str().unwrap()] = version.into();
        }
        aliases
    }

    pub(crate) fn tags(&self, model: &str, version: u64) -> Value {
        tags(&self.version(model, version))
    }

    pub(crate) fn model_tags(&self, model: &str) -> Value {
        tags(&self.registered(model))
    }

    pub(crate) fn set_model_tag(&self, model: &str, key: &str, value: &str) {
        let tag = json!({ "name": model, "key": key, "value": value });
        self.call("POST", "registered-models/set-tag", &tag);
    }

    #[allow(dead_code, reason = "each test program uses what it needs")]
    pub(crate) fn set_alias(&self, model: &str, alias: &str, version: u64) {
        let alias = json!({ "name": model, "alias": alias, "version": version.to_string() });
        self.call("POST", "registered-models/alias", &alias);
    }

    pub(crate) fn claims(&self, model: &str) -> usize {
        let tags = self.model_tags(model);
        tags.as_object().unwrap().keys().filter(|key| key.starts_with("tollgate.claim.")).count()
    }

    pub(crate) fn stage(&self, model: &str, version: u64) -> String {
        self.version(model, version)["current_stage"].as_str().unwrap().to_owned()
    }
}

fn tags(of: &Value) -> Value {
    let mut tags = json!({});
    for tag in of["tags"].as_array().into_iter().flatten() {
        tags[tag["key"].as_str().unwrap()] = tag["value"].clone();
    }
    tags
}

/// Stands before a server, and kills a process after so many of its writes.
pub(crate) struct Cut {
    pub(crate) address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    requests: AtomicU64,
    /// The process, what is left to it, and whether reading counts.
    victim: Mutex<Option<(u32, u64, bool)>>,
    /// A part of the paths that are not answered.
    refused: Mutex<Option<String>>,
}

impl Cut {
    pub(crate) fn before(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let (state, server) = (Arc::<State>::default(), address.to_owned());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, server) = (Arc::clone(&shared), server.clone());
                thread::spawn(move || pass_on(stream, &server, &state));
            }
        });
        Self { address: own, state }
    }

    pub(crate) fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// From now on, answers nothing that is asked of such a path.
    #[allow(dead_code, reason = "each test program uses what it needs")]
    pub(crate) fn refuse(&self, path: &str) {
        *self.state.refused.lock().unwrap() = Some(path.to_owned());
    }

    /// Lets the process write so often, and then kills it. Whether it came to
    /// its end before.
    pub(crate) fn kill(&self, child: Child, after: u64) -> bool {
        self.kill_after(child, after, false)
    }

    /// The same, where reading counts as well.
    #[allow(dead_code, reason = "each test program uses what it needs")]
    pub(crate) fn kill_at_request(&self, child: Child, after: u64) -> bool {
        self.kill_after(child, after, true)
    }

    fn kill_after(&self, mut child: Child, after: u64, reads: bool) -> bool {
        *self.state.victim.lock().unwrap() = Some((child.id(), after, reads));
        let status = child.wait().unwrap();
        *self.state.victim.lock().unwrap() = None;
        status.code().is_some()
    }
}

/// One connection, one request after another.
fn pass_on(mut stream: TcpStream, server: &str, state: &State) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
            let mut more = [0; 4096];
            match stream.read(&mut more) {
                Ok(count @ 1..) => buffer.extend(&more[..count]),
                _ => return,
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned))
            .map_or(0, |length| length.trim().parse().unwrap());
        while buffer.len() < end + length {
            let mut more = [0; 4096];
            match stream.read(&mut more) {
                Ok(count @ 1..) => buffer.extend(&more[..count]),
                _ => return,
            }
        }
        let body = buffer[end..end + length].to_vec();
        buffer.drain(..end + length);
        state.requests.fetch_add(1, Ordering::SeqCst);
        let mut words = head.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let refused = state.refused.lock().unwrap().clone();
        let (status, answer) = match refused.filter(|refused| path.contains(refused.as_str())) {
            Some(_) => (500, b"{}".to_vec()),
            None => ask(server, method, path, &body),
        };
        if kills(state, method == "GET") {
            return;
        }
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).is_err() {
            return;
        }
    }
}

/// Counts a request that was made, and kills who made it when it was the last.
fn kills(state: &State, is_read: bool) -> bool {
    let mut victim = state.victim.lock().unwrap();
    let Some((process, left, reads)) = victim.as_mut() else { return false };
    if is_read && !*reads {
        return false;
    }
    *left -= 1;
    if *left > 0 {
        return false;
    }
    let killed = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).status();
    assert!(killed.unwrap().success());
    *victim = None;
    true
}

/// A server that says the same to everybody.
pub(crate) struct Pretender {
    pub(crate) address: String,
}

impl Pretender {
    pub(crate) fn that_says(head: &str, body: &str) -> Self {
        let answer =
            format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        Self::of(move |mut stream| {
            let mut request = [0; 65536];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// It takes the request, and thinks.
    pub(crate) fn that_is_silent() -> Self {
        Self::of(|stream| {
            thread::sleep(Duration::from_secs(30));
            drop(stream);
        })
    }

    fn of(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(stream));
            }
        });
        Self { address }
    }
}
