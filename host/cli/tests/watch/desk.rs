//! A watch with all that it needs: a profile, live facts, a state, a receiver.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::common::{command, root, text};
use crate::receiver::Receiver;

/// Rules on two metrics; what is done about them is the test's.
pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) receiver: Receiver,
}

impl Desk {
    pub(crate) fn new(watch: &Value) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), receiver: Receiver::new() };
        desk.profile(watch);
        let gates = root().join("policies/gates");
        let target = json!({ "profiles": [gates.join("stages.yaml").display().to_string()] });
        let plan = json!({
            "aliases": { "champion": "Production", "challenger": "Staging" },
            "targets": { "Staging": target, "Production": target },
        });
        fs::write(desk.path("plan.yaml"), plan.to_string()).unwrap();
        desk.good();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn profile(&self, watch: &Value) {
        let mut profile = json!({
            "name": "guard", "version": "1.0.0", "plugin": "metric-gate@^0.1", "owner": "tests",
            "settings": { "rules": [
                { "id": "errors", "metric": "error_rate", "comparison": "<=", "threshold": 0.01 },
                { "id": "latency", "metric": "p99_ms", "comparison": "<=", "threshold": 50 },
            ] },
        });
        if !watch.is_null() {
            profile["watch"] = watch.clone();
        }
        fs::write(self.path("guard.yaml"), profile.to_string()).unwrap();
    }

    pub(crate) fn facts(&self, metrics: &Value) {
        // Whole or not at all, as a live file is written.
        let new = self.path("live.new");
        fs::write(&new, json!({ "metrics": metrics }).to_string()).unwrap();
        fs::rename(new, self.path("live.json")).unwrap();
    }

    pub(crate) fn good(&self) {
        self.facts(&json!({ "error_rate": 0.001, "p99_ms": 40 }));
    }

    pub(crate) fn bad(&self) {
        self.facts(&json!({ "error_rate": 0.04, "p99_ms": 40 }));
    }

    /// `tollgate watch`, without a model.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = command(&["watch"]);
        command
            .args(arguments)
            .arg("--profile")
            .arg(self.path("guard.yaml"))
            .arg("--facts")
            .arg(self.path("live.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The same with a state and a webhook.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.arg("--state").arg(self.path("state.json"));
        command.env("TOLLGATE_WEBHOOK_URL", &self.receiver.address);
        command
    }

    /// The same, of a model of a registry.
    pub(crate) fn of_model(&self, model: &str, registry: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.arg(model).arg("--registry").arg(registry);
        command.arg("--plan").arg(self.path("plan.yaml"));
        command
    }

    /// One round: the exit code, and what it printed.
    pub(crate) fn once(&self) -> (Option<i32>, Value) {
        round(self.command(&["--once", "--format", "json"]))
    }

    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("state.json")).unwrap()).unwrap()
    }

    /// What the webhook was told: the first lines.
    pub(crate) fn headlines(&self) -> Vec<String> {
        let told = self.receiver.told();
        told.iter().map(|told| told.text().lines().next().unwrap().to_owned()).collect()
    }
}

/// Runs a round and checks what it prints against the schema.
pub(crate) fn round(mut command: Command) -> (Option<i32>, Value) {
    let output = command.output().unwrap();
    let report = crate::common::report(&output);
    assert!(!said(&output).contains("SECRET"), "{}", said(&output));
    (output.status.code(), report)
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Runs what must be refused with these words, and tell nobody.
pub(crate) fn refused(desk: &Desk, mut command: Command, words: &[&str]) {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let error = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
    assert_eq!(desk.headlines(), Vec::<String>::new());
}
