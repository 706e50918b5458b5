//! A server that runs.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::get;
use crate::common;

/// Nothing here takes so long, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Running {
    child: Child,
    pub(crate) folder: tempfile::TempDir,
    /// The addresses of requests and of the admin.
    pub(crate) http: String,
    pub(crate) admin: String,
    log: Arc<Mutex<Vec<Value>>>,
}

/// Both addresses, and a log that a test can read.
pub(crate) const LISTEN: &str =
    "listen: { http: '127.0.0.1:0', admin: '127.0.0.1:0' }\nlog: { format: json, level: debug }\n";

pub(crate) const READER: &str = "a-token-to-read-with";
pub(crate) const CHANGER: &str = "a-token-to-change-with";

/// `tollgate serve` with a configuration in `folder`.
pub(crate) fn command(folder: &Path) -> Command {
    let file = folder.join("tollgate.yaml");
    let mut command = common::command(&["serve", "-c", file.to_str().unwrap()]);
    command.env("READER", READER).env("CHANGER", CHANGER);
    command
}

impl Running {
    /// Starts a server with this configuration, whose folder has the fraud
    /// policy in it, and waits until it is ready.
    pub(crate) fn start(config: &str) -> Self {
        let running = Self::start_in(tempfile::tempdir().unwrap(), config);
        running.until(|| get(&running.http, "/ready").status == 200);
        running
    }

    /// The same, with these variables in its environment.
    pub(crate) fn start_told(config: &str, variables: &[(&str, &str)]) -> Self {
        let running = Self::start_with(tempfile::tempdir().unwrap(), config, variables);
        running.until(|| get(&running.http, "/ready").status == 200);
        running
    }

    /// The same, in a folder that is set up, without waiting.
    pub(crate) fn start_in(folder: tempfile::TempDir, config: &str) -> Self {
        Self::start_with(folder, config, &[])
    }

    /// The same, with more variables.
    pub(crate) fn start_with(
        folder: tempfile::TempDir,
        config: &str,
        more: &[(&str, &str)],
    ) -> Self {
        let policy = folder.path().join("fraud.yaml");
        if !policy.exists() {
            std::fs::copy(fraud(), policy).unwrap();
        }
        std::fs::write(folder.path().join("tollgate.yaml"), format!("{LISTEN}{config}")).unwrap();
        let mut command = command(folder.path());
        command.envs(more.iter().copied());
        Self::run(folder, command)
    }

    /// What this command serves, which has its configuration in `folder`.
    pub(crate) fn run(folder: tempfile::TempDir, mut command: Command) -> Self {
        let (child, log) = spawned(&mut command);
        let mut running = Self { child, folder, http: String::new(), admin: String::new(), log };
        running.listens();
        running
    }

    /// Starts it anew in its folder, once it has ended, and waits until it is
    /// ready.
    pub(crate) fn restart(&mut self) {
        (self.child, self.log) = spawned(&mut command(self.folder.path()));
        self.listens();
        self.until(|| get(&self.http, "/ready").status == 200);
    }

    /// Finds out where it listens.
    fn listens(&mut self) {
        self.until(|| self.logged("listening").len() == 2);
        for line in self.logged("listening") {
            let address = line["address"].as_str().unwrap();
            let address = address.split_once("://").unwrap().1.to_owned();
            match line["port"].as_str() {
                Some("admin") => self.admin = address,
                _ => self.http = address,
            }
        }
    }

    /// The lines of the log that say this.
    pub(crate) fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line["message"] == message).cloned().collect()
    }

    /// All of the log as text.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn until(&self, mut is_so: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < PATIENCE, "{}", self.told());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it told a person.
    fn told(&self) -> String {
        let log = self.log();
        let lines = log.lines().filter(|line| !line.contains("\"level\":\"DEBUG\""));
        lines.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "{}", self.told());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The highest resident memory so far, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }

    /// Writes a file in its folder, whole.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let beside = self.folder.path().join("beside");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.folder.path().join(name)).unwrap();
    }

    pub(crate) fn metrics(&self) -> String {
        get(&self.admin, "/metrics").text()
    }

    /// The value of a line of the metrics; 0 where it is not there.
    pub(crate) fn metric(&self, line: &str) -> u64 {
        let metrics = self.metrics();
        let found = metrics.lines().find_map(|it| it.strip_prefix(line)?.trim().parse().ok());
        found.unwrap_or(0)
    }
}

/// The process of a command, and what it says.
fn spawned(command: &mut Command) -> (Child, Arc<Mutex<Vec<Value>>>) {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
    std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
            kept.lock().unwrap().push(line);
        }
    });
    (child, log)
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn fraud() -> PathBuf {
    common::root().join("policies/fraud.yaml")
}

/// A request that the fraud policy decides on.
pub(crate) fn transaction(score: f64) -> String {
    format!(
        r#"{{"score": {score}, "amount": 120, "country": "US", "merchant_age_days": 400, "transactions_last_hour": 1}}"#
    )
}
