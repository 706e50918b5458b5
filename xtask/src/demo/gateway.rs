//! A policy in the request path: an Envoy before a served model, a threshold
//! tried in the shadow, made live, a bad policy refused, and the way back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{POLICY, Step, play, read, version, words};
use crate::places::Places;
use crate::served::{Answer, Served, free_ports, get, post, until};
use crate::{crosscheck, envoy, process};

const ENVOY: &str = "host/server/deploy/envoy/ext_proc.yaml";
/// The ports of that file: clients, Tollgate, the model, Envoy's own.
const PORTS: [&str; 4] = ["10000", "9001", "5001", "9902"];

/// Plays it, where a real Envoy and MLflow can be had. Returns how many
/// commands that were.
///
/// Errors: a step ended otherwise than it should.
pub(super) fn among_demo(places: &Places, tollgate: &Path) -> Result<usize> {
    let had = crosscheck::mlflow(places).and_then(|python| Ok((python, envoy::program(places)?)));
    let (python, envoy) = match had {
        Ok(had) => had,
        Err(error) => {
            println!("\nin front of a model: left out, it needs MLflow and Envoy: {error:#}");
            return Ok(0);
        }
    };
    println!(
        "\nxtask: a fraud model is trained and served by MLflow behind an Envoy, some 20 seconds"
    );
    let mut gate = Gateway::start(places, tollgate, &python, &envoy)?;
    gate.play()
}

/// The three servers, and the folder of what they read and write.
struct Gateway<'a> {
    places: &'a Places,
    tollgate: &'a Path,
    folder: PathBuf,
    clients: u16,
    admin: u16,
    server: Served,
    _others: [Served; 2],
    steps: usize,
}

impl<'a> Gateway<'a> {
    fn start(places: &'a Places, tollgate: &'a Path, python: &Path, envoy: &Path) -> Result<Self> {
        let folder = places.target.join("demo/gateway");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(folder.join("documents"))?;
        let mut train = Command::new(python);
        train.arg(places.root.join("tests/gateway/model.py")).arg(&folder);
        ensure!(process::answer(&mut train).is_some(), "tests/gateway/model.py failed");
        let [clients, grpc, model, own, admin] = free_ports()?;
        write_documents(places, &folder, grpc, admin)?;
        let ports = PORTS.into_iter().zip([clients, grpc, model, own]);
        let configuration = ports.fold(read(&places.root.join(ENVOY))?, |text, (from, to)| {
            text.replace(&format!("port_value: {from} "), &format!("port_value: {to} "))
        });
        fs::write(folder.join("envoy.yaml"), configuration)?;

        // What `mlflow models serve` runs.
        let mut serve = Command::new(python);
        serve
            .args(["-m", "uvicorn", "--host", "127.0.0.1", "--port", &model.to_string()])
            .arg("mlflow.pyfunc.scoring_server.app:app")
            .env("__pyfunc_model_path__", folder.join("model"))
            .env("MLFLOW_DISABLE_TELEMETRY", "true");
        let model_server = Served::start(&folder, "model.log", &mut serve)?;
        let mut serve = Command::new(tollgate);
        serve.args(["serve", "-c", "tollgate.yaml"]);
        let server = Served::start(&folder, "tollgate.log", &mut serve)?;
        let mut proxy = Command::new(envoy);
        // Two Envoys of one machine need numbers of their own.
        proxy.args(["-c", "envoy.yaml", "--log-level", "warning", "--base-id"]);
        proxy.arg((u32::from(clients) + 1).to_string());
        let proxy = Served::start(&folder, "envoy.log", &mut proxy)?;

        let gate = Self {
            places,
            tollgate,
            folder,
            clients,
            admin,
            server,
            _others: [model_server, proxy],
            steps: 0,
        };
        until("the model, Tollgate and Envoy answer", || {
            let answer = gate.ask("harmless.json");
            Ok(answer.is_ok_and(|answer| answer.status == 200))
        })
        .with_context(|| format!("their logs are in {}", gate.folder.display()))?;
        Ok(gate)
    }

    fn play(&mut self) -> Result<usize> {
        self.request(
            "A transaction that the model finds harmless goes through.",
            "harmless.json",
            200,
        )?;
        self.request(
            "One that it does not: Envoy gives the answer of the policy.",
            "fraud.json",
            403,
        )?;

        self.day()?;
        self.shadow()?;

        let pin = "pin pins.yaml fraud_detector 2.2.0 --documents documents --by dana --reason";
        self.command(
            "The lower threshold is made live, in one write; no request is dropped.",
            pin,
            &["the shadow blocks what we reviewed by hand"],
            0,
        )?;
        self.answered_by("2.2.0")?;
        self.request("A transaction between the two thresholds.", "doubtful.json", 403)?;

        let bad = pin.replace("2.2.0", "2.3.0");
        self.command("A policy that is broken is refused.", &bad, &["a slip of the pen"], 2)?;
        self.request("And the last good one goes on.", "harmless.json", 200)?;

        let back = "rollback pins.yaml fraud_detector --documents documents --by kim --reason";
        self.command("Back to the version before, in one write.", back, &["blocks too many"], 0)?;
        self.answered_by("2.1.0")?;
        self.command("Who changed what, and why.", "history pins.yaml", &[], 0)?;

        let status = self.server.end()?;
        ensure!(status.success(), "told to end, the server ended with {status}");
        self.command("Each decision is in a log of hashes.", "log verify decisions", &[], 0)?;
        self.command("Made again, each comes out the same.", "log replay decisions", &[], 0)?;
        self.command(
            "What the new version would have decided on this traffic.",
            "log diff decisions --policy documents/fraud-2.2.0.yaml",
            &[],
            0,
        )?;
        Ok(self.steps)
    }

    /// The model's day, a request each.
    fn day(&self) -> Result<()> {
        let requests = read(&self.folder.join("requests.jsonl"))?;
        let (mut passed, mut denied) = (0, 0);
        for body in requests.lines() {
            let answer = self.post(body)?;
            match answer.status {
                200 => passed += 1,
                403 => denied += 1,
                status => bail!("a request was answered with {status}: {}", answer.body),
            }
        }
        println!("\n# A hundred transactions: {passed} went through, {denied} did not.");
        Ok(())
    }

    /// What the candidate, which answers nobody, would have said.
    fn shadow(&mut self) -> Result<()> {
        println!(
            "\n# Version 2.2.0 saw them all in the shadow: `block: 0.5` in place of 0.7. The console at \
             http://127.0.0.1:{}/ draws this.\n$ curl -s http://127.0.0.1:{}/admin/overview",
            self.admin, self.admin
        );
        let mut seen = Value::Null;
        until("the shadow has compared all", || {
            let overview: Value = serde_json::from_str(&get(self.admin, "/admin/overview")?.body)?;
            seen = transitions(&overview);
            Ok(seen.as_array().is_some_and(|pairs| !pairs.is_empty()))
        })?;
        println!("{seen}");
        self.steps += 1;
        Ok(())
    }

    fn command(&mut self, title: &'static str, line: &str, more: &[&str], ends: i32) -> Result<()> {
        let mut arguments: Vec<String> = line.split(' ').map(|word| self.placed(word)).collect();
        arguments.extend(words(more));
        self.steps += 1;
        play(self.places, self.tollgate, &Step::new(title, arguments, ends), &[])
    }

    /// The files of this demo by their whole paths.
    fn placed(&self, word: &str) -> String {
        let path = self.folder.join(word);
        if path.exists() { path.to_string_lossy().into_owned() } else { word.to_owned() }
    }

    fn request(&mut self, title: &str, name: &str, expected: u16) -> Result<()> {
        println!(
            "\n# {title}\n$ curl -s -H 'content-type: application/json' -d @{} \
             http://127.0.0.1:{}/invocations",
            self.folder.join(name).display(),
            self.clients
        );
        let answer = self.ask(name)?;
        println!("{}", answer.body.trim_end());
        ensure!(
            answer.status == expected,
            "it was answered with {}, {expected} was expected",
            answer.status
        );
        println!("# {}", answer.status);
        self.steps += 1;
        Ok(())
    }

    fn answered_by(&self, expected: &str) -> Result<()> {
        until(&format!("version {expected} answers"), || {
            let state: Value = serde_json::from_str(&get(self.admin, "/admin/state")?.body)?;
            let judges = state.pointer("/judges").and_then(Value::as_array);
            Ok(judges.into_iter().flatten().any(|judge| {
                let is = |place: &str, what: &str| {
                    judge.pointer(place).and_then(Value::as_str) == Some(what)
                };
                is("/kind", "policy") && is("/live/version", expected)
            }))
        })
    }

    fn ask(&self, name: &str) -> Result<Answer> {
        self.post(&read(&self.folder.join(name))?)
    }

    fn post(&self, body: &str) -> Result<Answer> {
        post(self.clients, "/invocations", body)
    }
}

/// The policy, one with a lower threshold, one that is broken; pins, rollout
/// and the server's configuration.
fn write_documents(places: &Places, folder: &Path, grpc: u16, admin: u16) -> Result<()> {
    let documents = folder.join("documents");
    fs::copy(places.root.join(POLICY), documents.join("fraud-2.1.0.yaml"))?;
    fs::write(documents.join("fraud-2.2.0.yaml"), version(places, "2.2.0", "0.5")?)?;
    fs::write(documents.join("fraud-2.3.0.yaml"), version(places, "2.3.0", "50")?)?;
    fs::write(folder.join("pins.yaml"), "models:\n  fraud_detector: { current: 2.1.0 }\n")?;
    let guardrail = places.root.join("policies/gates/ramp.yaml");
    fs::write(
        folder.join("rollout.yaml"),
        format!(
            "name: lower-threshold\nkey: country\nsalt: demo\n\
             shadow: {{ for: 24h, at_least: 1000, guardrails: [{}] }}\n\
             steps: [{{ percent: 5, for: 1h }}]\n",
            guardrail.display()
        ),
    )?;
    let configuration = format!(
        "\
listen: {{ grpc: 127.0.0.1:{grpc}, admin: 127.0.0.1:{admin} }}
policies:
  fraud:
    pins: pins.yaml
    documents: documents
    name: fraud_detector
    rollout: {{ candidate: documents/fraud-2.2.0.yaml, plan: rollout.yaml, state: rollout.json }}
checks:
  transaction: {{ model: model }}
envoy:
  routes:
    - {{ path: /invocations, check: transaction, decide: fraud, on: exchange,
        allow: [allow, manual_review, extra_verification], body: true }}
decision_log: {{ folder: decisions }}
watch: 200ms
limits: {{ deadline: 1s, body: 8MiB }}
"
    );
    fs::write(folder.join("tollgate.yaml"), configuration)?;
    Ok(())
}

/// From what the console reads: what champion and candidate said, and how often.
fn transitions(overview: &Value) -> Value {
    let found = overview.pointer("/policies/fraud/rollout/transitions");
    found.cloned().unwrap_or_default()
}
