//! The decision log of a server: whoever was answered is in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::beside::{as_admin, of};
use super::client::{Client, Response, get, post};
use super::running::{READER, Running, fraud, transaction};
use crate::common::{report, text, tollgate};

/// A policy with a log.
fn config(log: &str) -> String {
    format!("policies: {{ fraud: fraud.yaml }}\ndecision_log: {{ folder: decisions, {log} }}\n")
}

fn folder(server: &Running) -> PathBuf {
    server.folder.path().join("decisions")
}

/// `tollgate log`, with its exit code and report.
fn log(words: &[&str], folder: &Path) -> (i32, Value) {
    let words = [&["log"], words, &[folder.to_str().unwrap(), "--format", "json"]].concat();
    let output = tollgate(&words);
    (output.status.code().unwrap(), report(&output))
}

/// The decisions of a log.
fn decisions(folder: &Path) -> Vec<Value> {
    let folder = folder.to_str().unwrap();
    let output = tollgate(&["log", "query", folder, "--format", "json"]);
    let lines = text(&output.stdout);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Ends a server that has time to.
fn end(server: &mut Running) {
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
}

fn decide(server: &Running, body: &str) -> Response {
    post(&server.http, "/v1/decide/fraud", body.as_bytes())
}

#[test]
fn whatever_was_answered_is_logged_and_can_be_made_again() {
    let config = config("interval: 60s") + "auth: { shop: { policy: fraud, allow: [allow] } }\n";
    let mut server = Running::start(&config);
    let mut client = Client::connect(&server.http);
    let mut answers = Vec::new();
    for (number, request) in [
        transaction(0.1).as_str(),
        &transaction(0.93),
        &transaction(1.5),
        r#"{"score": 0.73}"#,
        "no json",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("request-{number}");
        let headers = [("content-type", "application/json"), ("x-request-id", id.as_str())];
        let response = client.send("POST", "/v1/decide/fraud", &headers, request.as_bytes());
        answers.push((response.json(), id));
    }
    let denied = client.send("POST", "/auth/shop", &[], transaction(0.93).as_bytes());
    assert_eq!(denied.status, 403);
    let header = |name: &str| denied.header(name).unwrap().to_owned();
    let (id, action) = (header("x-tollgate-decision-id"), header("x-tollgate-action"));
    answers.push((json!({ "decision_id": id, "action": action }), header("x-request-id")));
    let rows = (transaction(0.2) + "\n") + &transaction(0.8);
    let headers = [("content-type", "application/x-ndjson")];
    let told = client.send("POST", "/v1/decide/fraud/rows", &headers, rows.as_bytes());
    let id = told.header("x-request-id").unwrap().to_owned();
    for line in told.text().lines() {
        answers.push((serde_json::from_str(line).unwrap(), id.clone()));
    }
    assert_eq!(answers.len(), 8);
    // Nothing is written for a minute, and what was taken is written at the end.
    assert_eq!(server.metric("tollgate_decision_log_written_total"), 0);
    assert_eq!(server.metric("tollgate_decision_log_waiting"), 8);
    let lag = server.metrics();
    let lag = lag.lines().find_map(|it| it.strip_prefix("tollgate_decision_log_lag_seconds "));
    assert!(lag.unwrap().parse::<f64>().unwrap() > 0.0);
    end(&mut server);
    let log_folder = folder(&server);
    let logged = decisions(&log_folder);
    assert_eq!(logged.len(), answers.len());
    for (record, (answer, id)) in logged.iter().zip(&answers) {
        assert_eq!(record["decision_id"], answer["decision_id"], "{record} {answer}");
        assert_eq!(record["action"], answer["action"], "{record} {answer}");
        assert_eq!(record["trace"], **id, "{record}");
        assert_eq!(record["fallback"] == true, answer["fallback"] == true, "{record}");
    }
    let one = ["log", "query", log_folder.to_str().unwrap(), "--trace", "request-1", "--format"];
    let one = text(&tollgate(&[&one[..], &["json"]].concat()).stdout);
    assert_eq!(one.lines().count(), 1, "{one}");
    assert!(one.contains("\"action\":\"block\""), "{one}");
    assert_eq!(log(&["verify"], &log_folder).0, 0);
    // Of what could not be read there are no values to decide on.
    let (code, replayed) = log(&["replay"], &log_folder);
    assert_eq!((code, &replayed["same"], &replayed["different"]), (3, &json!(6), &json!(0)));
}

/// Asks until it is not answered any more, or as many were asked as there are;
/// `answered` has the ids of the requests that were.
fn ask(http: &str, next: &AtomicUsize, all: usize, answered: &Mutex<BTreeSet<String>>) {
    let mut client = Client::connect(http);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= all {
            return;
        }
        let (id, body) = (format!("r-{number}"), transaction((number % 100) as f64 / 100.0));
        let length = body.len();
        let head = format!(
            "POST /v1/decide/fraud HTTP/1.1\r\nhost: test\r\nx-request-id: {id}\r\n\
             content-length: {length}\r\n\r\n"
        );
        // Who is killed answers nobody.
        if client.write((head + &body).as_bytes()).is_err() {
            return;
        }
        let Some(response) = client.response().filter(|response| response.whole) else { return };
        assert_eq!(response.status, 200, "{}", response.text());
        answered.lock().unwrap().insert(id);
    }
}

/// Whoever was answered before a `kill -9` finds the decision in the log, which
/// is whole.
#[test]
fn what_was_answered_survives_a_kill() {
    const ALL: usize = 1000;
    let mut server = Running::start(&config("acknowledge: written, patience: 30s"));
    let (next, answered) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    for is_killed in [true, false] {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ask(&server.http, &next, ALL, &answered));
            }
            if is_killed {
                server.until(|| answered.lock().unwrap().len() >= ALL / 2);
                server.signal("KILL");
            }
        });
        if is_killed {
            assert!(!server.ended().success());
            assert!(next.load(Ordering::Relaxed) < ALL, "it was killed in the midst");
            server.restart();
        }
    }
    end(&mut server);
    let folder = folder(&server);
    assert_eq!(log(&["verify"], &folder).0, 0);
    let logged = decisions(&folder);
    let traces: Vec<&str> = logged.iter().map(|it| it["trace"].as_str().unwrap()).collect();
    let found: BTreeSet<String> = traces.iter().map(|&trace| trace.to_owned()).collect();
    assert_eq!(found.len(), traces.len(), "nothing is there twice");
    let answered = answered.into_inner().unwrap();
    let lost: Vec<_> = answered.difference(&found).collect();
    assert!(lost.is_empty(), "{lost:?} of {}", answered.len());
    let (code, replayed) = log(&["replay"], &folder);
    assert_eq!((code, &replayed["same"]), (0, &json!(logged.len())));
    let new = server.folder.path().join("new.yaml");
    let policy = fs::read_to_string(fraud()).unwrap();
    fs::write(&new, policy.replace("block: 0.7", "block: 0.5")).unwrap();
    let (code, diff) = log(&["diff", "--policy", new.to_str().unwrap()], &folder);
    assert_eq!((code, &diff["decisions"]["rows"]), (0, &json!(logged.len())), "{diff}");
    let stricter = diff["decisions"]["stricter"].as_u64().unwrap();
    let between = |it: &&Value| (0.5..0.7).contains(&it["score"].as_f64().unwrap());
    assert_eq!(stricter as usize, logged.iter().filter(between).count());
}

/// The file of a log that somebody holds: nothing can be written meanwhile.
fn held(server: &Running) -> File {
    assert_eq!(decide(server, &transaction(0.1)).status, 200);
    let written = "tollgate_decision_log_written_total";
    server.until(|| server.metric(written) == 1);
    let file = fs::read_dir(folder(server)).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        path.extension().is_some_and(|it| it == "jsonl").then_some(path)
    });
    let file = File::open(file.unwrap()).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn what_cannot_be_logged_is_given_to_nobody() {
    let config = config("interval: 1ms, patience: 50ms, queue: { records: 4 }")
        + "auth: { shop: { policy: fraud, allow: [allow] } }\n";
    let mut server = Running::start(&config);
    let file = held(&server);
    let request = transaction(0.1);
    let mut given = 1;
    let refused = loop {
        let response = decide(&server, &request);
        if response.status != 200 {
            break response;
        }
        given += 1;
        assert!(given <= 5, "as many as wait, and no more");
    };
    assert_eq!((refused.status, refused.problem().as_str()), (503, "unlogged"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(!refused.text().contains("allow") && !refused.text().contains("decisions-"));
    // Nor is a proxy told that a request may go on.
    let denied = post(&server.http, "/auth/shop", request.as_bytes());
    assert_eq!((denied.status, denied.header("x-tollgate-reason")), (403, Some("unlogged")));
    let headers = [("content-type", "application/x-ndjson")];
    let mut client = Client::connect(&server.http);
    let rows = client.send("POST", "/v1/decide/fraud/rows", &headers, request.as_bytes());
    assert!(!rows.text().contains("\"action\":\"allow\""), "{}", rows.text());
    assert!(!rows.whole && rows.text().contains("unlogged"), "{}", rows.text());
    assert_eq!(server.metric("tollgate_decision_log_refused_total"), 3);
    server.until(|| server.metric("tollgate_decision_log_failing") == 1);
    let state = get(&server.admin, "/admin/state").json()["decision_log"].clone();
    assert!(state["problem"].is_string() && state["lag_seconds"].as_f64() > Some(0.0), "{state}");
    assert!(!server.logged("decisions are refused").is_empty());
    drop(file);
    server.until(|| decide(&server, &request).status == 200);
    given += 1;
    server.until(|| server.metric("tollgate_decision_log_waiting") == 0);
    assert_eq!(server.metric("tollgate_decision_log_failing"), 0);
    end(&mut server);
    let folder = folder(&server);
    assert_eq!((log(&["verify"], &folder).0, decisions(&folder).len()), (0, given));
    assert_eq!(log(&["replay"], &folder).0, 0);
}

#[test]
fn where_it_may_drop_whoever_asks_waits_for_nothing_and_it_is_counted() {
    let config = config("interval: 1ms, when_full: drop, queue: { records: 4 }");
    let mut server = Running::start(&config);
    let file = held(&server);
    for _ in 0..10 {
        assert_eq!(decide(&server, &transaction(0.1)).status, 200);
    }
    assert_eq!(server.metric("tollgate_decision_log_dropped_total"), 6);
    assert_eq!(server.metric("tollgate_decision_log_refused_total"), 0);
    drop(file);
    end(&mut server);
    let folder = folder(&server);
    assert_eq!((log(&["verify"], &folder).0, decisions(&folder).len()), (0, 5));
    // That some are not there is told, and no pass.
    let policy = server.folder.path().join("fraud.yaml").display().to_string();
    let (code, diff) = log(&["diff", "--policy", &policy], &folder);
    assert_eq!(code, 3, "{diff}");
}

/// Files may be no longer than this disk has room for, and then they may.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_until_there_is_room() {
    use std::process::Command;

    let config = config("interval: 1ms, patience: 50ms, queue: { records: 4 }");
    let folder_ = tempfile::tempdir().unwrap();
    fs::copy(fraud(), folder_.path().join("fraud.yaml")).unwrap();
    let config = format!("{}{config}", super::running::LISTEN);
    fs::write(folder_.path().join("tollgate.yaml"), config).unwrap();
    let mut server = {
        let serve = super::running::command(folder_.path());
        let mut command = Command::new("sh");
        // What is written beyond the limit fails then, as on a full disk.
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
        command.arg(serve.get_program()).args(serve.get_args());
        for (name, value) in serve.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Running::run(folder_, command)
    };
    server.until(|| get(&server.http, "/ready").status == 200);
    server.until(|| decide(&server, &transaction(0.1)).status == 200);
    // The plugin is kept with the first.
    server.until(|| server.metric("tollgate_decision_log_written_total") == 1);
    let limit = |bytes: &str| {
        let limit = format!("--fsize={bytes}:unlimited");
        let set = Command::new("prlimit").args(["--pid", &server.pid(), &limit]).status();
        assert!(set.unwrap().success());
    };
    limit("65536");
    let (mut given, mut refused) = (1, 0);
    while refused < 3 {
        let response = decide(&server, &transaction(0.1));
        match response.status {
            200 => given += 1,
            _ => {
                assert_eq!((response.status, response.problem().as_str()), (503, "unlogged"));
                refused += 1;
            }
        }
        assert!(given < 1000, "the disk is not full");
    }
    server.until(|| server.metric("tollgate_decision_log_failing") == 1);
    let folder = folder(&server);
    // What is on the disk is whole meanwhile.
    assert_eq!(log(&["verify"], &folder).0, 0);
    limit("unlimited");
    server.until(|| decide(&server, &transaction(0.1)).status == 200);
    given += 1;
    end(&mut server);
    assert_eq!((log(&["verify"], &folder).0, decisions(&folder).len()), (0, given));
}

#[test]
fn a_version_that_goes_live_is_described_in_the_log() {
    let mut server = Running::start(&(config("interval: 1ms") + "watch: 100ms\n"));
    assert_eq!(decide(&server, &transaction(0.6)).json()["action"], "manual_review");
    let policy = fs::read_to_string(fraud()).unwrap();
    let newer = policy.replace("version: 2.1.0\n", "version: 2.2.0\n");
    server.write("fraud.yaml", &newer.replace("block: 0.7", "block: 0.5"));
    server.until(|| decide(&server, &transaction(0.6)).json()["action"] == "block");
    end(&mut server);
    let folder = folder(&server);
    let logged = decisions(&folder);
    let (first, last) = (logged.first().unwrap(), logged.last().unwrap());
    assert_eq!(
        (&first["policy"]["version"], &last["policy"]["version"]),
        (&json!("2.1.0"), &json!("2.2.0"))
    );
    assert_eq!((log(&["verify"], &folder).0, log(&["replay"], &folder).0), (0, 0));
}

/// Who was answered by which version, and what became of the rollout.
#[test]
fn a_rollout_is_in_the_log() {
    let folder_ = tempfile::tempdir().unwrap();
    let policy = fs::read_to_string(fraud()).unwrap();
    let candidate = policy.replace("version: 2.1.0\n", "version: 2.2.0\n");
    let candidate = candidate.replace("manual_review: 0.4\n", "manual_review: 0.05\n");
    fs::write(folder_.path().join("candidate.yaml"), candidate).unwrap();
    let gate = crate::common::root().canonicalize().unwrap().join("policies/gates/ramp.yaml");
    let gate = gate.display();
    let plan = format!(
        "name: half\nkey: customer_id\nsalt: t\ncheck_every: 1s\n\
         shadow: {{ for: 1s, guardrails: ['{gate}'] }}\n\
         steps: [{{ percent: 50, for: 1h, guardrails: ['{gate}'] }}]\n"
    );
    fs::write(folder_.path().join("rollout.yaml"), plan).unwrap();
    let config = "policies:
  fraud:
    document: fraud.yaml
    rollout: { candidate: candidate.yaml, plan: rollout.yaml, state: rollout.json }
decision_log: { folder: decisions, interval: 1ms }
admin: { tokens: [{ env: READER, role: read }, { env: CHANGER, role: rollback }] }
";
    let mut server = Running::start_in(folder_, config);
    server.until(|| get(&server.http, "/ready").status == 200);
    let stage = || {
        let overview = as_admin(&server, READER, ("GET", "/admin/overview", None)).json();
        overview["policies"]["fraud"]["rollout"].clone()
    };
    // Both agree, so the shadow holds, and the step begins.
    let everybody = |score| {
        for number in 0..40 {
            decide(&server, &of(&format!("c-{number}"), score));
        }
    };
    everybody(0.9);
    server.until(|| {
        everybody(0.9);
        std::thread::sleep(std::time::Duration::from_millis(100));
        stage()["stage"] == "step"
    });
    everybody(0.9);
    // And here they do not.
    server.until(|| {
        everybody(0.1);
        stage()["phase"]["is"] == "returned"
    });
    everybody(0.1);
    end(&mut server);
    let folder = folder(&server);
    let mut changes = Vec::new();
    for path in tollgate_records::log::files(&folder).unwrap() {
        for line in fs::read_to_string(path).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            if record["kind"] == "rollout" {
                changes.push(record["body"].clone());
            }
        }
    }
    let told: Vec<_> =
        changes.iter().map(|it| (it["change"].as_str().unwrap(), &it["stage"])).collect();
    assert_eq!(told[0], ("began", &json!("shadow")), "{changes:?}");
    assert!(told.contains(&("next", &json!("step"))), "{told:?}");
    assert_eq!(told.last().unwrap().0, "returned", "{told:?}");
    let last = changes.last().unwrap();
    assert_eq!(last["percent"], 0.0, "{last}");
    assert!(last["because"][0].as_str().unwrap().contains("agreement-rate"), "{last}");
    assert_eq!(last["candidate"], "fraud_detector@2.2.0");

    let logged = decisions(&folder);
    let of_arm = |arm: &str, shadow: bool| {
        let assigned = |it: &&Value| {
            it["assignment"]["arm"] == arm && (it["assignment"]["shadow"] == true) == shadow
        };
        logged.iter().filter(assigned).map(|it| it["policy"]["version"].clone()).collect::<Vec<_>>()
    };
    let (shadow, champion) = (of_arm("champion", true), of_arm("champion", false));
    assert!(shadow.len() >= 40 && shadow.iter().all(|version| *version == "2.1.0"));
    assert!(!champion.is_empty() && champion.iter().all(|version| *version == "2.1.0"));
    let candidate = of_arm("candidate", false);
    assert!(!candidate.is_empty() && candidate.iter().all(|version| *version == "2.2.0"));
    assert!(of_arm("candidate", true).is_empty());
    // Once it went back, nobody is assigned any more.
    assert!(logged.iter().rev().take(40).all(|it| it["assignment"].is_null()));
    assert_eq!((log(&["verify"], &folder).0, log(&["replay"], &folder).0), (0, 0));
}

#[test]
fn a_log_that_cannot_be_kept_serves_nobody() {
    let folder_ = tempfile::tempdir().unwrap();
    fs::copy(fraud(), folder_.path().join("fraud.yaml")).unwrap();
    let run = |config: &str| {
        let config = format!("{}{config}", super::running::LISTEN);
        fs::write(folder_.path().join("tollgate.yaml"), config).unwrap();
        let mut command = super::running::command(folder_.path());
        let output = command.env("LOG_KEY", "0123456789abcdef0123456789abcdef").output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    for (log, told) in [
        ("{ folder: fraud.yaml }", "is a file, and a decision log is a folder"),
        ("{ folder: none/decisions }", "cannot be kept in"),
        ("{ folder: a, when: drop }", "when"),
        ("{ folder: a, mask: { country: hash }, key: { env: NO_KEY } }", "there is no key for it"),
        ("{ folder: a, mask: { contry: hash }, key: { env: LOG_KEY } }", "did you mean `country`?"),
    ] {
        let (code, words) =
            run(&format!("policies: {{ fraud: fraud.yaml }}\ndecision_log: {log}\n"));
        assert_eq!(code, Some(2), "{log}: {words}");
        assert!(words.contains(told), "{log}: {words}");
    }
}
