//! An Envoy, a Tollgate that it asks, and a model's server that counts what it
//! is asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Client, Response, get};
use crate::common;

/// Nothing here takes so long, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program; none where this run has none.
pub(crate) fn program(named: &str) -> Option<PathBuf> {
    let program = std::env::var_os(named).map(PathBuf::from);
    if program.is_none() {
        eprintln!("not run: no `{named}`; `cargo xtask test` brings one");
    }
    program
}

pub(crate) fn deploy(name: &str) -> PathBuf {
    common::root().join("host/server/deploy").join(name)
}

/// A process that ends with its test.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let output = BufReader::new(self.0.stderr.take().unwrap());
        output.lines().map_while(Result::ok)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A port that is free.
pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What the model's server was asked: head and body.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A model's server whose answer to each request is what the request has as
/// `"answer"`, else a score of 0.1 for each row that it says it has.
pub(crate) struct Model {
    pub(crate) port: u16,
    pub(crate) asked: Asked,
}

impl Model {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Asked::default();
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let asked = Arc::clone(&kept);
                std::thread::spawn(move || answer(stream, &asked));
            }
        });
        Self { port, asked }
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// The head of the last request.
    pub(crate) fn head(&self) -> String {
        self.asked.lock().unwrap().last().unwrap().0.to_ascii_lowercase()
    }
}

fn answer(stream: TcpStream, asked: &Asked) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let lower = head.to_ascii_lowercase();
        let mut body = Vec::new();
        if lower.contains("transfer-encoding: chunked") {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size).ok()?;
                let size = usize::from_str_radix(size.trim(), 16).ok()?;
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk).ok()?;
                if size == 0 {
                    break;
                }
                body.extend_from_slice(&chunk[..size]);
            }
        } else if let Some(rest) = lower.split("content-length: ").nth(1) {
            body = vec![0; rest.lines().next()?.trim().parse().ok()?];
            reader.read_exact(&mut body).ok()?;
        }
        // What a test asks for is in the query: `?status=500&answer=...`.
        let target = head.split(' ').nth(1)?.to_owned();
        let query = target.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        let told = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            pair.map(|value| value.replace("%22", "\"").replace("%20", " "))
        };
        asked.lock().unwrap().push((head, body));
        let status = told("status").unwrap_or_else(|| "200".to_owned());
        let scores = told("scores").unwrap_or_else(|| "0.1".to_owned());
        let answer = told("answer").unwrap_or_else(|| format!("{{\"predictions\": [{scores}]}}"));
        let extra = told("header").map(|it| format!("{it}\r\n")).unwrap_or_default();
        let answer = answer + &" ".repeat(told("pad").map_or(0, |it| it.parse().unwrap()));
        let length = answer.len();
        let (length, answer) = match told("trailer") {
            None => (format!("content-length: {length}"), answer),
            Some(trailer) => (
                "transfer-encoding: chunked".to_owned(),
                format!("{length:x}\r\n{answer}\r\n0\r\n{trailer}\r\n\r\n"),
            ),
        };
        let response = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{extra}\
             x-tollgate-action: from-the-model\r\n{length}\r\n\r\n{answer}"
        );
        writer.write_all(response.as_bytes()).ok()?;
    }
}

/// Tollgate, Envoy and the model.
pub(crate) struct Front {
    pub(crate) model: Model,
    pub(crate) address: String,
    pub(crate) admin: String,
    /// Where Envoy asks.
    pub(crate) grpc: String,
    tollgate: Option<Process>,
    _envoy: Process,
    folder: tempfile::TempDir,
}

/// The signature of what is asked in these tests.
const SIGNATURE: &str = r#"{"inputs": "[{\"type\": \"double\", \"name\": \"amount\", \"required\": true}, {\"type\": \"string\", \"name\": \"country\", \"required\": true}, {\"type\": \"long\", \"name\": \"merchant_age_days\", \"required\": true}, {\"type\": \"long\", \"name\": \"transactions_last_hour\", \"required\": true}]", "outputs": null, "params": null}"#;

/// A policy that reads what a request says its score is.
const BY_HEADER: &str = "\
name: by_header
version: 1.0.0
plugin: threshold-policy@^0.1
owner: tests
inputs: { score: { header: x-score } }
settings:
  actions: [allow, review, block]
  thresholds: { block: 0.7, review: 0.4, allow: 0.0 }
";

/// The rows of a request.
pub(crate) fn rows(count: usize) -> String {
    let row = "[120.5, \"US\", 400, 1]";
    format!(
        "{{\"dataframe_split\": {{\"columns\": [\"amount\", \"country\", \"merchant_age_days\", \
         \"transactions_last_hour\"], \"data\": [{}]}}}}",
        vec![row; count].join(", ")
    )
}

/// What is judged by, in a folder: with this beside the routes.
pub(crate) fn documents(rest: &str, routes: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::copy(common::root().join("policies/fraud.yaml"), at("fraud.yaml")).unwrap();
    std::fs::write(at("signature.json"), SIGNATURE).unwrap();
    std::fs::write(at("by_header.yaml"), BY_HEADER).unwrap();
    let config = format!(
        "{rest}log: {{ format: json }}\n\
         policies: {{ fraud: fraud.yaml, by_header: by_header.yaml }}\n\
         checks: {{ transaction: {{ model: signature.json }} }}\n\
         limits: {{ body: 64KiB }}\n\
         envoy:\n  routes:\n{routes}"
    );
    std::fs::write(at("tollgate.yaml"), config).unwrap();
    folder
}

impl Front {
    /// With a configuration of `deploy/envoy`, changed by `change`, and these
    /// routes.
    pub(crate) fn start(
        program: &Path,
        name: &str,
        routes: &str,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        Self::start_with(program, name, routes, "", change)
    }

    /// The same, with more in Tollgate's configuration.
    pub(crate) fn start_with(
        program: &Path,
        name: &str,
        routes: &str,
        more: &str,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let rest = format!(
            "listen: {{ http: '127.0.0.1:0', grpc: '127.0.0.1:0' }}\n\
             decision_log: {{ folder: decisions, interval: 1ms }}\n{more}"
        );
        let folder = documents(&rest, routes);
        let file = folder.path().join("tollgate.yaml");
        let mut command = common::command(&["serve", "-c", file.to_str().unwrap()]);
        let mut tollgate = Process::start(command.stderr(Stdio::piped()));
        let mut lines = tollgate.lines();
        let mut address = |port: &str| -> String {
            let mut told = String::new();
            for line in lines.by_ref() {
                told = told + &line + "\n";
                let json: Value = serde_json::from_str(&line).unwrap_or_default();
                if json["message"] == "listening" && json["port"] == port {
                    let address = json["address"].as_str().unwrap();
                    return address.split_once("://").unwrap().1.to_owned();
                }
            }
            panic!("{told}");
        };
        let (_, grpc) = (address("requests"), address("envoy"));
        assert!(lines.any(|line| line.contains(r#""message":"serving""#)), "it serves nothing");
        std::thread::spawn(move || lines.for_each(drop));
        let config = std::fs::read_to_string(deploy(&format!("envoy/{name}.yaml"))).unwrap();
        let port = format!("port_value: {}", grpc.split(':').nth(1).unwrap());
        let config = change(config.replace("port_value: 9001", &port));
        Self { grpc, ..Self::with(program, folder, Some(tollgate), config) }
    }

    /// An Envoy with this configuration in front of a model.
    pub(crate) fn with(
        program: &Path,
        folder: tempfile::TempDir,
        tollgate: Option<Process>,
        config: String,
    ) -> Self {
        let model = Model::start();
        let at = |name: &str| folder.path().join(name);
        let (clients, admin) = (port(), port());
        let config = config
            .replace("port_value: 10000", &format!("port_value: {clients}"))
            .replace("port_value: 9902", &format!("port_value: {admin}"))
            .replace("port_value: 5001", &format!("port_value: {}", model.port));
        std::fs::write(at("envoy.yaml"), config).unwrap();
        let log = std::fs::File::create(at("envoy.log")).unwrap();
        let access = std::fs::File::create(at("access.log")).unwrap();
        let mut command = Command::new(program);
        command.arg("-c").arg(at("envoy.yaml"));
        command.args(["--concurrency", "1", "--log-level", "warning"]);
        // Two Envoys of one machine share nothing.
        command.args(["--base-id", &clients.to_string()]).stderr(log).stdout(access);
        let envoy = Process::start(&mut command);
        let (address, admin) = (format!("127.0.0.1:{clients}"), format!("127.0.0.1:{admin}"));
        until("Envoy is not ready", || {
            TcpStream::connect(&admin).is_ok() && get(&admin, "/ready").status == 200
        });
        Self { model, address, admin, grpc: String::new(), tollgate, _envoy: envoy, folder }
    }

    pub(crate) fn client(&self) -> Client<TcpStream> {
        Client::connect(&self.address)
    }

    pub(crate) fn post(&self, target: &str, body: &[u8]) -> Response {
        self.client().post(target, body)
    }

    /// What Envoy's log says of the last request, once it says so of as many.
    pub(crate) fn logged(&self, count: usize) -> Value {
        let mut lines = Vec::new();
        until("Envoy logs nothing", || {
            let text = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap();
            lines = text.lines().map(str::to_owned).collect();
            lines.len() >= count
        });
        serde_json::from_str(&lines[count - 1]).unwrap()
    }

    /// What the decision log has, once it has so many.
    pub(crate) fn decisions(&self, count: usize) -> Vec<Value> {
        let folder = self.folder.path().join("decisions").display().to_string();
        let mut found = Vec::new();
        until("decisions are not logged", || {
            let output = common::tollgate(&["log", "query", &folder, "--format", "json"]);
            let lines = common::text(&output.stdout);
            found = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            found.len() >= count
        });
        found
    }

    /// Where its documents are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What Envoy has said.
    pub(crate) fn told(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("envoy.log")).unwrap()
    }

    /// A number of Envoy's.
    pub(crate) fn stat(&self, name: &str) -> u64 {
        let text = get(&self.admin, "/stats").text();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Tells Tollgate to look at its files.
    pub(crate) fn reload(&self) {
        let pid = self.tollgate.as_ref().unwrap().0.id().to_string();
        assert!(Command::new("kill").args(["-s", "HUP", &pid]).status().unwrap().success());
    }

    /// Ends Tollgate at once.
    pub(crate) fn kill(&mut self) {
        self.tollgate = None;
    }
}
