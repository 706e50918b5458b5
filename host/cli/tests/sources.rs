//! Facts from where they are: a real Prometheus, what real tools wrote, and
//! for each way to pass the twin that must not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: an answer without the key is wrong")]

mod common;
#[path = "sources/prometheus.rs"]
mod prometheus;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{command, root, text};
use serde_json::{Value, json};

use prometheus::{Prometheus, pretender, programs, success};

const AS_OF: &str = "2026-11-21T12:00:00Z";

/// Folders of two versions, a profile and a document of sources.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.version("v8", "churn", "8");
        desk.version("v7", "churn", "7");
        desk
    }

    fn version(&self, folder: &str, name: &str, version: &str) {
        let said = json!({ "model_version": { "name": name, "version": version } });
        fs::create_dir_all(self.at(folder)).unwrap();
        fs::write(self.at(folder).join("model_version.json"), said.to_string()).unwrap();
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A profile of these rules.
    fn rules(&self, rules: Value) -> PathBuf {
        let path = self.at("profile.yaml");
        let profile = json!({
            "name": "test", "version": "1.0.0", "plugin": "metric-gate@^0.1", "owner": "tests",
            "settings": { "rules": rules },
        });
        fs::write(&path, profile.to_string()).unwrap();
        path
    }

    fn sources(&self, sources: &Value) {
        fs::write(self.at("sources.yaml"), json!({ "sources": sources }).to_string()).unwrap();
    }

    fn command(&self, candidate: &str, profile: &Path, as_of: &str) -> std::process::Command {
        let mut command = command(&["gate", "--verbose", "--as-of", as_of, "--candidate"]);
        command.arg(self.at(candidate)).arg("--champion").arg(self.at("v7"));
        command.arg("--sources").arg(self.at("sources.yaml")).arg("--profile").arg(profile);
        command
    }

    fn gate(&self, profile: &Path) -> Output {
        self.command("v8", profile, AS_OF).output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[track_caller]
fn ends(output: &Output, wanted: i32, says: &str) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(code(output), wanted, "{out}{err}");
    assert!(out.contains(says) || err.contains(says), "no `{says}` in {out}{err}");
}

fn fixture(name: &str) -> String {
    root().join("tests/fixtures/sources").join(name).canonicalize().unwrap().display().to_string()
}

fn at_most(metric: &str, threshold: f64, unit: &str) -> Value {
    let mut rule = json!({ "metric": metric, "comparison": "<=", "threshold": threshold });
    if !unit.is_empty() {
        rule["unit"] = json!(unit);
    }
    rule
}

const OF_MODEL: &str = r#"{model="$name",version="$version"}"#;

/// Latency and errors of one version over the last hour.
fn live(address: &str, subject: &str) -> Value {
    let rate = |name: &str| format!("sum(rate({name}{OF_MODEL}[$window]))");
    json!({
        "prometheus": address, "name": subject, "subject": subject, "queries": [
            {
                "metric": "p99_ms", "unit": "s", "window": "1h",
                "query": format!(
                    "histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket{OF_MODEL}[$window])))"
                ),
                "samples": format!("sum(increase(predictions{OF_MODEL}[$window]))"),
            },
            {
                "metric": "error_rate", "unit": "ratio", "window": "1h",
                "query": format!("{} / {}", rate("prediction_errors"), rate("predictions")),
            },
        ],
    })
}

#[test]
fn a_canary_passes_on_what_prometheus_counts() {
    let Some(programs) = programs() else { return };
    let server = Prometheus::start(&programs, "");
    let desk = Desk::new();
    let canary = root().join("policies/gates/canary-5.yaml");
    desk.sources(&json!([live(&server.address, "candidate"), live(&server.address, "champion")]));
    let kept = desk.at("seen.json");
    let online = desk.command("v8", &canary, AS_OF).arg("--facts-out").arg(&kept).output().unwrap();
    ends(&online, 0, "error_rate{window=1h} 0.005 is at most champion 0.01");
    ends(&online, 0, "p99_ms{window=1h} 0.0474");

    // What was kept says the same, from where and when included, without the server.
    let seen: Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    let facts = seen["facts"].as_array().unwrap();
    let p99 = facts.iter().find(|fact| fact["name"] == "p99_ms").unwrap();
    assert_eq!((&p99["unit"], &p99["samples"]), (&json!("s"), &json!(1200)));
    assert_eq!(p99["observed_at"], AS_OF);
    assert!(p99["source"].as_str().unwrap().starts_with(&format!("prometheus {}", server.address)));
    let offline = |format: &str| {
        let mut command = command(&["gate", "--format", format, "--offline"]);
        command.arg(&kept).arg("--profile").arg(&canary).output().unwrap()
    };
    let again = desk.command("v8", &canary, AS_OF).args(["--format", "json"]).output().unwrap();
    assert_eq!(text(&offline("json").stdout), text(&again.stdout));

    // An hour later nobody counts, and nothing is not zero.
    let later = desk.command("v8", &canary, "2026-11-21T14:00:00Z").output().unwrap();
    ends(&later, 1, "the answer is empty");
    // The other way round the candidate is the worse one.
    desk.version("v8", "churn", "7");
    desk.version("v7", "churn", "8");
    let worse = desk.gate(&desk.rules(json!([{
        "metric": "error_rate", "baseline": "champion", "max_regression": 0.1, "unit": "pp", "window": "1h",
    }])));
    ends(&worse, 1, "is above champion 0.005");
    // Nobody knows the version: an empty one would match what has none.
    fs::write(desk.at("v8/model_version.json"), r#"{"model_version":{"name":"churn"}}"#).unwrap();
    ends(&desk.gate(&canary), 1, "the model's version is not known");
    // A name that would be another query is a name.
    desk.version("v8", "x\"} or secret{model=\"another", "8");
    ends(&desk.gate(&canary), 1, "the answer is empty");
}

#[test]
fn what_prometheus_cannot_say_passes_nothing() {
    let Some(programs) = programs() else { return };
    let server = Prometheus::start(&programs, "");
    let desk = Desk::new();
    let all = at_most("psi", 0.2, "");
    let psi = desk.rules(json!([{
        "metric": "psi", "for_each": "feature", "comparison": "<=", "threshold": 0.2, "expect": ["amount", "age"],
    }]));
    let asks =
        |query: Value| desk.sources(&json!([{ "prometheus": server.address, "queries": [query] }]));
    let query = |version: u32| format!("feature_psi{{version=\"{version}\"}}");

    asks(json!({ "metric": "psi", "query": query(8), "unit": "none", "by": ["feature"] }));
    ends(&desk.gate(&psi), 0, "psi{feature=amount} 0.05 is at most 0.2");
    asks(json!({ "metric": "psi", "query": query(8), "unit": "none" }));
    ends(&desk.gate(&psi), 1, "the answer has 2 series, expected one");
    asks(json!({ "metric": "psi", "query": query(8), "unit": "none", "by": ["version"] }));
    ends(&desk.gate(&psi), 1, "several series have the same version=8");
    asks(json!({ "metric": "psi", "query": query(8), "unit": "none", "by": ["region"] }));
    ends(&desk.gate(&psi), 1, "a series has no label `region`");
    let profile = desk.rules(json!([all]));
    asks(json!({ "metric": "psi", "query": query(7), "unit": "none" }));
    ends(&desk.gate(&profile), 3, "it is NaN");
    asks(json!({ "metric": "psi", "query": "1/0", "unit": "none" }));
    ends(&desk.gate(&profile), 3, "is infinite");
    asks(json!({ "metric": "psi", "query": "rate(", "unit": "none" }));
    ends(&desk.gate(&profile), 1, "answers 400");
    asks(json!({ "metric": "psi", "query": query(8) + "[5m]", "unit": "none" }));
    ends(&desk.gate(&profile), 1, "is missing");

    // A window: the largest of its values, where nearly all of them are there.
    let queue = |most: u32| {
        desk.rules(
            json!([{ "metric": "queue", "comparison": "<=", "threshold": most, "window": "1h" }]),
        )
    };
    let range = |version: u32, reduce: Value| {
        json!({
            "metric": "queue", "query": format!("queue{{version=\"{version}\"}}"), "unit": "none",
            "window": "1h", "step": "30s", "reduce": reduce,
        })
    };
    asks(range(8, json!("max")));
    ends(&desk.gate(&queue(9)), 0, "queue{window=1h} 9 is at most 9");
    ends(&desk.gate(&queue(8)), 1, "is above 8");
    asks(range(8, json!({ "quantile": 0.5 })));
    ends(&desk.gate(&queue(4)), 0, "queue{window=1h} 4 is at most 4");
    asks(range(8, json!("last")));
    ends(&desk.gate(&queue(0)), 0, "queue{window=1h} 0 is at most 0");
    asks(range(7, json!("max")));
    ends(&desk.gate(&queue(9)), 1, "values at 40 of 121 steps");

    // Another unit is no latency, and seconds are not taken for milliseconds.
    let latency = desk.rules(json!([at_most("p99_ms", 50.0, "ms")]));
    let seconds = |unit: &str| json!({ "metric": "p99_ms", "query": "vector(0.06)", "unit": unit });
    asks(seconds("s"));
    ends(&desk.gate(&latency), 1, "is above 50 ms");
    asks(seconds("MB"));
    ends(&desk.gate(&latency), 3, "MB");

    let address = server.address.clone();
    drop(server);
    desk.sources(&json!([live(&address, "candidate")]));
    let down = desk.gate(&latency);
    ends(&down, 1, "source `candidate` gives nothing, and its facts are missing");
    ends(&down, 1, "does not answer");
}

#[test]
fn secrets_come_from_the_environment() {
    let Some(programs) = programs() else { return };
    // The password is `open sesame`.
    let web =
        "basic_auth_users:\n  dana: $2b$04$RXvjRnhZx2XjD.kP7GWz0.d0ZqJPERzhirRWW1mjKCmk7zmB0Vdk.\n";
    let server = Prometheus::start(&programs, web);
    let desk = Desk::new();
    let profile = desk.rules(json!([at_most("one", 1.0, "")]));
    let source = |auth: Value| {
        let mut source = json!({
            "prometheus": "$TOLLGATE_TEST_ADDRESS",
            "queries": [{ "metric": "one", "query": "vector(1)", "unit": "none" }],
        });
        if !auth.is_null() {
            source["auth"] = auth;
        }
        desk.sources(&json!([source]));
    };
    let run = |password: Option<&str>| {
        let mut command = desk.command("v8", &profile, AS_OF);
        command.env("TOLLGATE_TEST_ADDRESS", &server.address).env("PROM_USER", "dana");
        command.env("PROM_TOKEN", "token-of-nobody");
        if let Some(password) = password {
            command.env("PROM_PASSWORD", password);
        }
        let output = command.output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!said.contains("sesame") && !said.contains("token-of-nobody"), "{said}");
        output
    };
    let basic = json!({ "username_env": "PROM_USER", "password_env": "PROM_PASSWORD" });
    source(basic);
    ends(&run(Some("open sesame")), 0, "one 1 is at most 1");
    ends(&run(Some("closed sesame")), 1, "does not let us in (401)");
    ends(&run(None), 1, "`PROM_PASSWORD` is not set");
    source(Value::Null);
    ends(&run(None), 1, "does not let us in (401)");
    source(json!({ "bearer_env": "PROM_TOKEN" }));
    ends(&run(None), 1, "does not let us in (401)");
}

#[test]
fn what_is_no_prometheus_says_nothing() {
    let desk = Desk::new();
    let profile = desk.rules(json!([at_most("one", 1.0, "")]));
    let ask = |answer: &str, more: Value| {
        let mut query = json!({ "metric": "one", "query": "one", "unit": "none" });
        for (key, value) in more.as_object().unwrap() {
            query[key] = value.clone();
        }
        let address = pretender(answer);
        desk.sources(&json!([{ "prometheus": address, "timeout": "2s", "queries": [query] }]));
        desk.gate(&profile)
    };
    let at = |seconds: u64, more: &str| {
        success(&format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[{seconds},"1"]}}]}}{more}}}"#
        ))
    };
    const NOON: u64 = 1_795_262_400;
    ends(&ask(&at(NOON, ""), json!({})), 0, "one 1 is at most 1");
    ends(&ask(&at(NOON + 60, ""), json!({})), 1, "as of another time");
    let warned = at(NOON, r#","warnings":["one store did not answer"]"#);
    ends(&ask(&warned, json!({})), 1, "the server warns: one store did not answer");
    ends(
        &ask(&warned, json!({ "warnings": "keep" })),
        0,
        "the server warns: one store did not answer",
    );
    ends(
        &ask(&at(NOON, r#","infos":["no counter"]"#), json!({})),
        0,
        "the server says: no counter",
    );
    ends(
        &ask(&success("<html>sign in</html>"), json!({})),
        1,
        "answers a web page, expected Prometheus's JSON",
    );
    ends(&ask(&success("{\"status\":\"succ"), json!({})), 1, "expected Prometheus's JSON");
    let elsewhere = "HTTP/1.1 302 Found\r\nLocation: http://elsewhere\r\nContent-Length: 0\r\n\r\n";
    ends(&ask(elsewhere, json!({})), 1, "sends us to `http://elsewhere`");
    // A server that says escape sequences says nothing to the terminal.
    let hostile = at(NOON, r#","infos":["\u001b[2Jgone"]"#);
    let output = ask(&hostile, json!({}));
    assert!(!text(&output.stderr).contains('\u{1b}'), "{}", text(&output.stderr));
    let counted = json!({ "samples": "count" });
    ends(&ask(&at(NOON, ""), counted), 0, "one 1 is at most 1");
}

#[test]
fn a_load_test_passes_by_what_its_tool_wrote() {
    let desk = Desk::new();
    let profile = desk.rules(json!([
        at_most("p95_ms", 100.0, "ms"),
        at_most("p99_ms", 0.2, "s"),
        at_most("error_rate", 5.0, "%"),
        { "metric": "load_test_done", "threshold": true },
    ]));
    desk.sources(&json!([{ "locust": fixture("locust_stats.csv") }]));
    ends(&desk.gate(&profile), 0, "error_rate 0.0306");
    // Given twice, it is one thing said twice, and agrees with itself.
    let csv = fs::read_to_string(fixture("locust_stats.csv")).unwrap();
    fs::write(desk.at("cut.csv"), &csv[..csv.find(",Aggregated").unwrap()]).unwrap();
    desk.sources(&json!([{ "locust": "cut.csv" }]));
    ends(&desk.gate(&profile), 1, "the file may be cut off");
    fs::write(desk.at("none.csv"), "").unwrap();
    desk.sources(&json!([{ "locust": "none.csv" }]));
    ends(&desk.gate(&profile), 1, "is empty");
    fs::write(desk.at("other.csv"), csv.replace("GET,/health,77", "GET,/health,78")).unwrap();
    desk.sources(&json!([{ "locust": "other.csv" }]));
    ends(&desk.gate(&profile), 1, "was not whole");
    // Two load tests that differ: which one counts is nobody's guess.
    desk.sources(&json!([
        { "locust": fixture("locust_stats.csv") },
        { "k6": fixture("k6-handle-summary.json") },
    ]));
    ends(&desk.gate(&profile), 3, "inconclusive");

    let k6 = |rules: Value, name: &str| {
        desk.sources(&json!([{ "k6": fixture(name) }]));
        desk.gate(&desk.rules(rules))
    };
    let latency = json!([at_most("p95_ms", 25.0, "ms"), at_most("error_rate", 0.001, "ratio")]);
    for form in ["k6-handle-summary.json", "k6-summary-export.json", "k6-machine-readable.json"] {
        ends(&k6(latency.clone(), form), 0, "p95_ms 22.5 ms is at most 25 ms");
    }
    // A percentile that was not asked for is missing, and not the next one.
    let p99 = json!([at_most("p99_ms", 50.0, "ms")]);
    ends(&k6(p99, "k6-machine-readable.json"), 1, "`p99_ms` of `candidate` is missing");
    let held = json!([{ "metric": "thresholds_broken", "comparison": "==", "threshold": 0 }]);
    ends(&k6(held.clone(), "k6-handle-summary.json"), 1, "thresholds_broken 1");
    ends(&k6(held, "k6-summary-export.json"), 1, "thresholds_broken 1");
}

#[test]
fn results_of_tests_are_counted() {
    let desk = Desk::new();
    let profile = desk.rules(json!([{ "metric": "contract_tests_ok", "threshold": true }]));
    let ask = |path: &str| {
        desk.sources(&json!([{ "junit": path, "rename": { "tests_ok": "contract_tests_ok" } }]));
        desk.gate(&profile)
    };
    ends(&ask(&fixture("junit-passed.xml")), 0, "contract_tests_ok");
    ends(&ask(&fixture("junit-failed.xml")), 1, "contract_tests_ok");
    let passed = fs::read_to_string(fixture("junit-passed.xml")).unwrap();
    let half = |name: &str, text: &str| {
        fs::write(desk.at(name), text).unwrap();
        ask(name)
    };
    ends(&half("cut.xml", &passed[..passed.len() / 2]), 1, "it is no XML");
    let lost = passed.replacen(
        "<testcase classname=\"test_contract\" name=\"test_owner\" time=\"0.000\" />",
        "",
        1,
    );
    ends(&half("lost.xml", &lost), 1, "says that it has 3 tests, and holds 2");
    ends(&half("none.xml", "<testsuites tests=\"0\"></testsuites>"), 1, "no test was run");
    let doctype = "<!DOCTYPE x [<!ENTITY a \"b\">]><testsuites/>";
    ends(&half("dtd.xml", doctype), 1, "it is no XML");
}

#[test]
fn reports_and_cards_are_of_the_version_that_is_judged() {
    let desk = Desk::new();
    let accuracy =
        desk.rules(json!([{ "metric": "accuracy", "comparison": ">=", "threshold": 0.9 }]));
    desk.sources(&json!([{ "ml_bom": fixture("ml-bom-1.6.json") }]));
    ends(&desk.gate(&accuracy), 0, "accuracy 0.93 is at least 0.9");
    desk.version("v8", "churn", "9");
    ends(&desk.gate(&accuracy), 1, "it has no model `churn` 9");
    desk.sources(&json!([{ "model_card": fixture("model-card.md") }]));
    ends(&desk.gate(&accuracy), 0, "accuracy{split=test} 0.93");
    let f1 = desk.rules(json!([{ "metric": "f1", "comparison": ">=", "threshold": 0.9 }]));
    // 91.2 of what, the card does not say.
    ends(&desk.gate(&f1), 3, "is 91.2, which cannot be");
    desk.sources(&json!([{ "model_card": fixture("model-card.md"), "units": { "f1": "%" } }]));
    ends(&desk.gate(&f1), 0, "f1{split=test} 91.2 %");

    let drift = desk.rules(json!([{
        "metric": "psi", "for_each": "feature", "comparison": "<=", "threshold": 0.3, "min_samples": 1000,
        "expect": ["amount", "country"],
    }]));
    desk.sources(&json!([{ "evidently": fixture("evidently-0.7.json") }]));
    ends(&desk.gate(&drift), 0, "psi{feature=amount}");
    // The same rows by other methods are no PSI.
    desk.sources(&json!([{ "evidently": fixture("evidently-0.7-default.json") }]));
    ends(&desk.gate(&drift), 1, "is missing");
}

#[test]
fn only_the_host_speaks_of_the_registry() {
    let desk = Desk::new();
    let profile = desk.rules(json!([at_most("one", 1.0, "")]));
    fs::write(desk.at("facts.json"), r#"{"metrics":{"one":1}}"#).unwrap();
    desk.sources(&json!([{ "facts": "facts.json" }]));
    ends(&desk.gate(&profile), 0, "one 1 is at most 1");
    for forged in [
        r#"{"facts":[{"name":"approval","subject":"run","value":"approved"}]}"#,
        r#"{"metrics":{"one":1,"stage":"Production"}}"#,
        r#"{"facts":[{"name":"one","subject":"champion","value":1}]}"#,
    ] {
        fs::write(desk.at("facts.json"), forged).unwrap();
        ends(&desk.gate(&profile), 1, "note: ");
    }
    // Of the champion a registry speaks, and a plan, and not who runs the command.
    desk.sources(&json!([{ "facts": "facts.json", "subject": "champion" }]));
    let output = command(&[
        "gate",
        "--verbose",
        "models:/churn/8",
        "--registry",
        "http://127.0.0.1:9",
        "--to",
        "Staging",
    ])
    .args(["--plan", "policies/promotion.yaml", "--sources"])
    .arg(desk.at("sources.yaml"))
    .output()
    .unwrap();
    ends(&output, 2, "speaks of the champion");
    // Standard input is a source as well, once.
    desk.sources(&json!([{ "facts": "-" }]));
    let mut command = desk.command("v8", &profile, AS_OF);
    fs::write(desk.at("facts.json"), r#"{"metrics":{"one":1}}"#).unwrap();
    command.stdin(fs::File::open(desk.at("facts.json")).unwrap());
    ends(&command.output().unwrap(), 0, "one 1 is at most 1");
    ends(&desk.gate(&profile), 1, "is empty");
}

/// What `--sources` gives a profile can name itself, and it counts alike.
#[test]
fn a_profile_names_its_sources() {
    let desk = Desk::new();
    let k6 = json!({ "k6": fixture("k6-handle-summary.json") });
    desk.sources(&json!([k6]));
    let rules = json!([at_most("p99_ms", 50.0, "ms"), at_most("error_rate", 0.001, "")]);
    let profile = |name: &str, sources: Value| {
        let profile = json!({
            "name": "own", "version": "1.0.0", "plugin": "metric-gate@^0.1", "owner": "tests",
            "sources": sources, "settings": { "rules": rules },
        });
        fs::write(desk.at(name), serde_json::to_string_pretty(&profile).unwrap()).unwrap();
        desk.at(name)
    };
    let gate = |profile: &Path, more: &[&str]| {
        let mut gate = command(&["gate", "--as-of", AS_OF, "--format", "json", "--candidate"]);
        gate.arg(desk.at("v8")).arg("--profile").arg(profile).args(more).output().unwrap()
    };
    let report = |output: &Output| -> Value { common::report(output) };
    let by_path = profile("by-path.yaml", json!("sources.yaml"));
    let kept = desk.at("seen.json").display().to_string();
    let found = gate(&by_path, &["--facts-out", &kept]);
    assert_eq!(code(&found), 0, "{}", text(&found.stdout));
    let document = desk.at("sources.yaml");
    let digest = tollgate_engine::Digest::of(&fs::read(&document).unwrap()).to_string();
    let configuration = json!([
        { "kind": "sources", "document": document.display().to_string(), "digest": digest },
    ]);
    assert_eq!(report(&found)["configuration"], configuration);
    // Given and named it is asked once.
    let twice = gate(&by_path, &["--sources", document.to_str().unwrap()]);
    assert_eq!(report(&twice)["facts"], report(&found)["facts"]);
    // In the profile itself, whose digest covers it.
    let inline = gate(&profile("inline.yaml", json!([k6])), &[]);
    assert_eq!(code(&inline), 0, "{}", text(&inline.stdout));
    assert_eq!(report(&inline).get("configuration"), None);
    let findings = |output: &Output| report(output)["profiles"][0]["findings"].clone();
    assert_eq!(findings(&inline), findings(&found));
    // A record has it, and is replayed without it.
    let log = desk.at("records.jsonl").display().to_string();
    assert_eq!(code(&gate(&by_path, &["--record", &log])), 0);
    // What was kept needs no source any more, and asks none.
    fs::remove_file(&document).unwrap();
    let offline = command(&["gate", "--offline", &kept, "--format", "json", "--profile"])
        .arg(&by_path)
        .output()
        .unwrap();
    assert_eq!(text(&offline.stdout), text(&found.stdout));
    assert_eq!(code(&command(&["log", "replay", &log]).output().unwrap()), 0);

    // A list that is not there, a source that is down, and mistakes, each at its
    // place.
    ends(&gate(&by_path, &[]), 2, "sources.yaml` does not exist");
    let gone = profile("gone.yaml", json!([{ "k6": "nowhere.json" }]));
    assert_eq!(code(&gate(&gone, &[])), 1);
    let wrong = profile("wrong.yaml", json!([{ "k6x": fixture("k6-handle-summary.json") }]));
    let output = gate(&wrong, &[]);
    ends(&output, 2, "did you mean `k6`?");
    assert!(text(&output.stdout).contains("wrong.yaml:"), "{}", text(&output.stdout));
    for none in [json!([]), json!(""), json!({}), json!(7)] {
        assert_eq!(code(&gate(&profile("none.yaml", none.clone()), &[])), 2, "{none}");
    }
    // Lint knows them.
    let lint = |path: &Path| command(&["policy", "lint"]).arg(path).output().unwrap();
    ends(&lint(&by_path), 1, "sources.yaml` does not exist");
    ends(&lint(&wrong), 1, "did you mean");
    assert_eq!(code(&lint(&gone)), 0);
}

/// `policy lint --sources` asks nobody, and knows what there will be.
#[test]
fn a_metric_that_no_source_supplies_is_told() {
    let desk = Desk::new();
    let lint = |sources: Value, rules: Value| {
        desk.sources(&sources);
        let profile = desk.rules(rules);
        let mut lint = command(&["policy", "lint", "--format", "json", "--sources"]);
        let output = lint.arg(desk.at("sources.yaml")).arg(profile).output().unwrap();
        let findings = common::report(&output)["documents"][0]["findings"].clone();
        let findings = findings.as_array().unwrap().clone();
        findings.iter().map(|it| it["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let window = |metric: &str, window: &str| {
        let mut rule = at_most(metric, 0.5, "");
        rule["window"] = json!(window);
        rule
    };
    let sliced = json!({
        "metric": "accuracy", "comparison": ">=", "threshold": 0.5, "for_each": "group",
    });
    let query = |metric: &str, more: Value| {
        let mut query = json!({ "metric": metric, "query": "x", "unit": "none" });
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        query
    };
    let server = json!([
        { "prometheus": "http://127.0.0.1:9", "queries": [
            query("error_rate", json!({ "window": "1h" })),
            query("accuracy", json!({ "by": ["group"] })),
        ] },
        { "k6": fixture("k6-handle-summary.json") },
    ]);
    let all = json!([window("error_rate", "1h"), sliced, at_most("p99_ms", 50.0, "ms")]);
    assert_eq!(lint(server.clone(), all), Vec::<String>::new());
    let others = json!([window("error_rate", "1d"), at_most("memory_mb", 9.0, "MB")]);
    let told = lint(server, others);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("memory_mb"), "{told:?}");
    // What is not here yet may say it.
    let told = lint(json!([{ "k6": "later.json" }]), json!([at_most("p99_ms", 50.0, "ms")]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("`k6 later.json` says is not known beforehand"), "{told:?}");
}
