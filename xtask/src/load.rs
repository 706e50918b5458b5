//! `cargo xtask load`: a server under load while everything happens to it.

mod callers;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use self::callers::{Callers, Told};
use crate::digest;
use crate::places::Places;
use crate::served::{Served, free_ports, get, until};
use crate::words::asked;
use crate::{demo, plugins, process};

const HELP: &str = "\
Keeps a server under load from many connections while its policy is swapped every second, and lets
happen to it what happens: a restart, a `kill -9`, a disk that is full, and a policy that hangs, again
and again. Each answer must be, byte for byte, what the command line answers by one of the two versions;
each decision that was answered must be in the log, which must be whole.

Usage: cargo xtask load [--minutes N] [--callers N] [--tollgate FILE]

  --minutes N      how long (default 20)
  --callers N      connections that ask (default 8), beside two that ask the policy that hangs
  --tollgate FILE  a binary that is at hand, instead of building it
";

const POLICY: &str = "policies/fraud.yaml";
const TRANSACTIONS: &str = "tests/fixtures/mlflow/fraud/transactions.jsonl";
/// A limit on the size of files stands for a full disk: what is written beyond it
/// fails, and with this the process is not ended by it.
const WITHOUT_SIGNAL: &str = "trap '' XFSZ; exec \"$@\"";

struct Asked {
    minutes: f64,
    callers: usize,
    tollgate: Option<PathBuf>,
}

fn parse(arguments: &[String]) -> Result<Asked, String> {
    let mut asked = Asked { minutes: 20.0, callers: 8, tollgate: None };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("`{word}` needs a value"))?;
        let wrong = |_| format!("`{word}` takes a number, not `{value}`");
        match word.as_str() {
            "--minutes" => asked.minutes = value.parse().map_err(|_| wrong(()))?,
            "--callers" => asked.callers = value.parse().map_err(|_| wrong(()))?,
            "--tollgate" => asked.tollgate = Some(value.into()),
            _ => return Err(format!("`load` takes no `{word}`")),
        }
    }
    Ok(asked)
}

/// Runs it. Exit code 1 when an answer was wrong or lost, 2 when this command is
/// wrong.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    let asked = match asked("load", HELP, arguments, parse) {
        Ok(asked) => asked,
        Err(ended) => return Ok(ended),
    };
    let tollgate = match &asked.tollgate {
        Some(tollgate) => std::path::absolute(tollgate)?,
        None => {
            plugins::ensure_with_test_guests(places)?;
            process::build_program(places, "tollgate")?
        }
    };
    let mut ground = Ground::lay(places, tollgate)?;
    let told = ground.play(&asked)?;
    let lost = ground.lost(&told)?;
    println!("\n{told}");
    println!("{} answered decisions are not in the log", lost.len());
    let whole = told.wrong.is_empty() && lost.is_empty();
    Ok(if whole && told.answered() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Something that happens to a server that is asked.
type Event = fn(&mut Ground, &Callers) -> Result<()>;

/// The folder of a server, and what each transaction comes to by each version.
struct Ground {
    tollgate: PathBuf,
    folder: PathBuf,
    port: u16,
    admin: u16,
    server: Option<Served>,
}

impl Ground {
    fn lay(places: &Places, tollgate: PathBuf) -> Result<Self> {
        let folder = places.target.join("load");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(folder.join("documents"))?;
        let [port, admin] = free_ports()?;
        let documents = folder.join("documents");
        fs::copy(places.root.join(POLICY), documents.join("fraud-2.1.0.yaml"))?;
        fs::write(documents.join("fraud-2.2.0.yaml"), demo::version(places, "2.2.0", "0.5")?)?;
        fs::write(folder.join("pins.yaml"), "models:\n  fraud_detector: { current: 2.1.0 }\n")?;
        let guest = fs::read(places.test_guests().join("misbehave-no-std.wasm"))
            .context("the guests of the tests are not built: `cargo xtask plugins`")?;
        fs::write(folder.join("misbehave.wasm"), &guest)?;
        let digest = digest::sha256(&guest);
        fs::write(
            folder.join("hanging.yaml"),
            format!(
                "name: hanging\nversion: 1.0.0\nowner: tests\nplugin: {{ file: misbehave.wasm, \
                 digest: 'sha256:{digest}' }}\nfallback: block\nsettings: {{ in: decide, how: loop }}\n"
            ),
        )?;
        fs::write(
            folder.join("tollgate.yaml"),
            format!(
                "\
listen: {{ http: 127.0.0.1:{port}, admin: 127.0.0.1:{admin} }}
policies:
  fraud: {{ pins: pins.yaml, documents: documents, name: fraud_detector }}
  hanging: hanging.yaml
decision_log: {{ folder: decisions, acknowledge: written, when_full: block, patience: 200ms }}
watch: 100ms
limits: {{ deadline: 500ms }}
"
            ),
        )?;
        fs::copy(places.root.join(TRANSACTIONS), folder.join("transactions.jsonl"))?;
        Ok(Self { tollgate, folder, port, admin, server: None })
    }

    /// Each transaction, with its answer by each version.
    fn cases(&self) -> Result<Vec<callers::Case>> {
        let transactions = fs::read_to_string(self.folder.join("transactions.jsonl"))?;
        let answers = ["2.1.0", "2.2.0"].map(|version| {
            let mut decide = Command::new(&self.tollgate);
            decide
                .args(["decide", "--format", "json", "--no-time", "--input"])
                .arg(self.folder.join("transactions.jsonl"))
                .arg("--policy")
                .arg(self.folder.join(format!("documents/fraud-{version}.yaml")));
            process::answer(&mut decide)
                .with_context(|| format!("version {version} decides nothing"))
        });
        let [first, second] = answers;
        let (first, second) = (first?, second?);
        let cases: Vec<_> = transactions
            .lines()
            .zip(first.lines().zip(second.lines()))
            .enumerate()
            .map(|(row, (request, answers))| {
                // Where it stands in a file is no part of a request's answer.
                let line = format!(",\"line\":{}", row + 1);
                let answers = [answers.0, answers.1].map(|answer| answer.replacen(&line, "", 1));
                callers::Case { request: request.to_owned(), answers }
            })
            .collect();
        ensure!(cases.len() == transactions.lines().count(), "a transaction without an answer");
        Ok(cases)
    }

    fn start(&mut self) -> Result<()> {
        let mut serve = Command::new("sh");
        serve.args(["-c", WITHOUT_SIGNAL, "sh"]).arg(&self.tollgate);
        serve.args(["serve", "-c", "tollgate.yaml"]);
        self.server = Some(Served::start(&self.folder, "tollgate.log", &mut serve)?);
        let admin = self.admin;
        until("the server is ready", || {
            Ok(get(admin, "/ready").is_ok_and(|answer| answer.status == 200))
        })
    }

    /// Everything that happens, in turn, until the time is over.
    fn play(&mut self, asked: &Asked) -> Result<Told> {
        let cases = self.cases()?;
        self.start()?;
        let end = Instant::now() + Duration::from_secs_f64(asked.minutes * 60.0);
        let callers = Callers::start(self.port, asked.callers, Arc::new(cases));
        let events: [(&str, Event); 4] = [
            ("a restart", Self::restart),
            ("kill -9", Self::kill),
            ("a full disk, for five seconds", Self::full_disk),
            ("a policy that hangs, asked for five seconds", Self::hang),
        ];
        let mut events = events.into_iter().cycle();
        let mut versions = ["2.2.0", "2.1.0"].into_iter().cycle();
        let mut reloads = 0_u32;
        let mut happened = 0_usize;
        // Each twice at least, however short it is.
        let between = Duration::from_secs_f64((asked.minutes * 60.0 / 10.0).min(30.0));
        let mut next = Instant::now() + between;
        while Instant::now() < end {
            self.pin(versions.next().unwrap_or("2.1.0"))?;
            reloads += 1;
            if Instant::now() >= next
                && let Some((name, event)) = events.next()
            {
                println!("{}: {name}", callers.so_far());
                event(self, &callers)?;
                happened += 1;
                next = Instant::now() + between;
            }
            thread::sleep(Duration::from_secs(1));
        }
        let mut told = callers.stop()?;
        let status = self.server.take().context("no server")?.end()?;
        if !status.success() {
            told.wrong.push(format!("told to end, the server ended with {status}"));
        }
        println!("{reloads} reloads, {happened} events");
        Ok(told)
    }

    fn pin(&self, version: &str) -> Result<()> {
        let output = Command::new(&self.tollgate)
            .current_dir(&self.folder)
            .args(["pin", "pins.yaml", "fraud_detector", version, "--documents", "documents"])
            .args(["--by", "load", "--reason", "load"])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "`{version}` is not pinned: {said}");
        Ok(())
    }

    fn restart(&mut self, callers: &Callers) -> Result<()> {
        callers.interrupted(|| {
            let status = self.server.take().context("no server")?.end()?;
            ensure!(status.success(), "told to end, the server ended with {status}");
            self.start()
        })
    }

    fn kill(&mut self, callers: &Callers) -> Result<()> {
        callers.interrupted(|| {
            self.server.take().context("no server")?.kill()?;
            self.start()
        })
    }

    fn full_disk(&mut self, _callers: &Callers) -> Result<()> {
        self.limit_files("0:unlimited")?;
        thread::sleep(Duration::from_secs(5));
        self.limit_files("unlimited:unlimited")?;
        // It goes on by itself.
        let admin = self.admin;
        until("the log is written again", || {
            let metrics = get(admin, "/metrics")?.body;
            Ok(metrics.lines().any(|line| line == "tollgate_decision_log_failing 0"))
        })
    }

    fn limit_files(&self, limit: &str) -> Result<()> {
        let id = self.server.as_ref().context("no server")?.id();
        let mut limiting = Command::new("prlimit");
        limiting.args(["--pid", &id, &format!("--fsize={limit}")]);
        process::answer(&mut limiting).context("`prlimit` of util-linux failed").map(drop)
    }

    fn hang(&mut self, callers: &Callers) -> Result<()> {
        callers.hang(Duration::from_secs(5));
        Ok(())
    }

    /// Whoever was answered and is not in the log.
    fn lost(&self, told: &Told) -> Result<BTreeSet<String>> {
        let decisions = self.folder.join("decisions");
        let log = |words: &[&str]| {
            let mut command = Command::new(&self.tollgate);
            command.arg("log").args(words).arg(&decisions);
            command
        };
        process::run("the log is whole", &mut log(&["verify"]))?;
        let lines = process::answer(log(&["query"]).args(["--format", "json"]))
            .context("the log cannot be read")?;
        let mut missing = told.ids.clone();
        for line in lines.lines() {
            let record: Value = serde_json::from_str(line)?;
            let Some(trace) = record.get("trace").and_then(Value::as_str) else {
                bail!("a record without `trace`")
            };
            missing.remove(trace);
        }
        missing.iter().take(3).for_each(|id| println!("not in the log: {id}"));
        Ok(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let asked = parse(&words("--minutes 0.5 --callers 3")).unwrap();
        assert_eq!((asked.minutes, asked.callers), (0.5, 3));
        assert!(parse(&words("--minutes x")).is_err());
        assert!(parse(&words("--minutes")).is_err());
    }
}
