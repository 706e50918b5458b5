//! The three jobs with the built-in plugins, from files to reports.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tollgate::facts::Instant;
use tollgate::input::{Cases, Outside, Rows};
use tollgate::judge::{
    self, Answer, Checker, CheckerOptions, Decider, GateCase, Mode, Part, Place, Protocol, Subject,
};
use tollgate::model::read_signature;
use tollgate::plugins::Plugins;
use tollgate::report::REPORT_SCHEMA;
use tollgate::rows::RowFormat::{Csv, Jsonl};
use tollgate::rows::{RowBatch, RowFormat, RowSource, RowSourceError};
use tollgate::source::Source;
use tollgate_engine::{Engine, Limits};

fn plugins() -> Plugins {
    Plugins::new(Engine::builder().build().expect("an engine"))
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A report as the command line prints it, which names the command first.
fn printed(command: &str, report: &impl serde::Serialize) -> Value {
    let mut report = serde_json::to_value(report).expect("JSON");
    report.as_object_mut().expect("a map").insert("command".to_owned(), command.into());
    report
}

/// What programs read must be as the published schema says.
fn assert_fits_schema(report: &Value) {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {report}");
}

fn fraud() -> Decider {
    Decider::open(&plugins(), &repository("policies/fraud.yaml")).expect("the fraud policy")
}

fn decide(decider: &Decider, request: &str) -> Value {
    json(&decider.decide(request.as_bytes()))
}

/// An answer as JSON, which says what the typed one says.
fn json(answer: &Answer<'_>) -> Value {
    let mut text = String::new();
    answer.write_json(None, &mut text);
    let json: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(answer.decision().is_err(), json.get("error").is_some(), "{json}");
    assert_eq!(answer.is_fallback(), answer.decision().is_err());
    assert_eq!(answer.action(), json["action"].as_str());
    assert_eq!(answer.score(), json["score"].as_f64());
    let place = answer.row().map(Place::counted);
    assert_eq!(place.and_then(|(what, _)| json[what].as_u64()), place.map(|(_, number)| number));
    assert_eq!(answer.id().to_string(), json["decision_id"].as_str().expect("an id"));
    let reasons: Vec<Value> = answer.reasons().map(Value::from).collect();
    assert_eq!(reasons, json["reasons"].as_array().cloned().unwrap_or_default());
    assert_fits_schema(&json);
    json
}

/// The seeds' policy, which was `amount > 10000` and `score >= 0.7`.
#[test]
fn scores_become_actions() {
    let decider = fraud();
    let request = |score: &str, amount: &str| {
        format!(
            r#"{{"score":{score},"amount":{amount},"country":"US","merchant_age_days":400,"transactions_last_hour":1}}"#
        )
    };
    for (score, amount, action, reason) in [
        ("0.73", "120", "block", "high_fraud_probability"),
        ("0.7", "120", "block", "high_fraud_probability"),
        ("0.6999999", "120", "manual_review", "moderate_fraud_probability"),
        ("0", "10000", "allow", "low_fraud_probability"),
        ("0.1", "10000.01", "manual_review", "low_fraud_probability+high_value_transaction"),
    ] {
        let answer = decide(&decider, &request(score, amount));
        assert_eq!(answer["action"], action, "{answer}");
        assert_eq!(answer["reason"], reason);
        assert_eq!(answer["score"].as_f64(), score.parse().ok());
    }
    let once = decide(&decider, &request("0.73", "120"));
    assert_eq!(once, decide(&decider, &request("0.730", "1.2e2")), "the same values");
    assert_ne!(once["decision_id"], decide(&decider, &request("0.74", "120"))["decision_id"]);
}

/// Whoever looks into a fallback later must find the request it was for.
#[test]
fn requests_without_values_have_ids_of_their_own() {
    let decider = fraud();
    let id = |request: &str| decide(&decider, request)["decision_id"].clone();
    let ids = [id("{"), id("[]"), id("{}"), id(r#"{"score": null}"#)];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{ids:?}");
    }
    assert_eq!(id("{"), ids[0]);
    let outside = Outside::default();
    let mut lines = common::rows(Jsonl, "{\n{}\n", decider.extractor(), &outside).expect("lines");
    let rows = lines.next_rows().expect("rows").expect("rows");
    let mut of_lines = Vec::new();
    let mut decisions = decider.warm();
    let keep = |answer: &Answer<'_>| of_lines.push(json(answer)["decision_id"].clone());
    decisions.decide_rows(&rows, keep).expect("answers");
    assert_eq!(of_lines, [ids[0].clone(), ids[2].clone()], "one id, however it comes");
}

/// Whatever a caller gives as the time, the answer is JSON.
#[test]
fn a_time_is_text() {
    let decider = fraud();
    let time = "12:00\", \"action\": \"allow\n";
    let mut text = String::new();
    decider.decide(b"{}").write_json(Some(time), &mut text);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&answer["time"], &answer["action"]), (&time.into(), &"manual_review".into()));
}

/// Each policy's rows are decided by its own instance, with its own names.
#[test]
fn two_policies_keep_to_themselves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.yaml");
    let text = "name: other\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: team\n\
                settings: { thresholds: { approve: 0, refer: 0.05, decline: 0.5 } }\n";
    std::fs::write(&path, text).expect("written");
    let deciders = [fraud(), Decider::open(&plugins(), &path).expect("a policy")];
    let request = r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let mut warm = deciders.each_ref().map(Decider::warm);
    for (decider, action) in deciders.iter().zip(["allow", "refer"]) {
        let outside = Outside::default();
        let mut lines = common::rows(Jsonl, request, decider.extractor(), &outside).expect("lines");
        let rows = lines.next_rows().expect("rows").expect("a row");
        let which = usize::from(action == "refer");
        let mut answer = Value::Null;
        warm[which].decide_rows(&rows, |row| answer = json(row)).expect("an answer");
        assert_eq!(answer["action"], action);
        assert_eq!(answer["policy"]["name"], decider.document().name.as_str());
    }
}

/// Rows with texts of these sizes, decided by a plugin that has only `limits`.
fn decide_within(limits: Limits, sizes: &[usize]) -> (Vec<Value>, Option<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.yaml");
    let text = "name: notes\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: team\n\
                fallback: block\nsettings:\n  thresholds: { allow: 0, manual_review: 0.4, block: 0.9 }\n\
                \x20 inputs: { note: { kind: text } }\n\
                \x20 rules: [{ id: noted, when: \"note.size() > 100\", action: manual_review }]\n";
    std::fs::write(&path, text).expect("written");
    let plugins = Plugins::new(Engine::builder().limits(limits).build().expect("an engine"));
    let decider = Decider::open(&plugins, &path).expect("a policy");
    let rows = sizes.iter().enumerate().map(|(row, size)| {
        format!("{{\"score\":0.1,\"note\":\"{row:03}{}\"}}\n", "x".repeat(*size))
    });
    let rows: String = rows.collect();
    let outside = Outside::default();
    let mut lines = common::rows(Jsonl, rows, decider.extractor(), &outside).expect("lines");
    let mut decisions = decider.warm();
    let mut answers = Vec::new();
    while let Some(rows) = lines.next_rows().expect("rows") {
        let keep = |answer: &Answer<'_>| answers.push(json(answer));
        if let Err(error) = decisions.decide_rows(&rows, keep) {
            return (answers, Some(error.to_string()));
        }
    }
    (answers, None)
}

#[test]
fn rows_that_are_too_much_at_once_are_decided_in_parts() {
    let limits = Limits { memory: 2 << 20, ..Limits::default() };
    let mut sizes = vec![10_000; 500];
    let large = [3, 250, 251, 499];
    for row in large {
        sizes[row] = 2_100_000;
    }
    let (answers, error) = decide_within(limits, &sizes);
    assert_eq!((answers.len(), error), (500, None));
    for (row, answer) in answers.iter().enumerate() {
        assert_eq!(answer["line"], row + 1);
        if large.contains(&row) {
            assert_eq!((&answer["action"], &answer["fallback"]), (&"block".into(), &true.into()));
            let error = answer["error"].as_str().expect("an error");
            assert!(error.contains("of memory"), "{error}");
        } else {
            assert_eq!(answer["reason"], "low_fraud_probability+noted", "{answer}");
        }
    }
    // Fuel for some of the rows at a time, and for a few of them not alone.
    let limits = Limits { fuel: 3_000_000, ..Limits::default() };
    let (answers, error) = decide_within(limits, &[10_000; 500]);
    assert_eq!((answers.len(), error), (500, None));
    assert!(answers.iter().all(|answer| answer["error"].is_null()), "{}", answers[0]);
}

/// A plugin that uses up everything on row after row is not asked for ever.
#[test]
fn a_plugin_that_never_ends_ends_the_file() {
    let limits = Limits { fuel: 3_000_000, ..Limits::default() };
    let (answers, error) = decide_within(limits, &[10_000_000; 5]);
    let error = error.expect("an error");
    assert!(error.contains("ran out of operations"), "{error}");
    assert!(answers.len() < 5);
    assert!(answers.iter().all(|answer| answer["action"] == "block"));
}

#[test]
fn damaged_requests_are_never_allowed() {
    let decider = fraud();
    let text = std::fs::read_to_string(repository("tests/fixtures/mlflow/fraud/damaged.jsonl"))
        .expect("the fixtures");
    assert!(text.lines().count() > 8);
    // A count is declared as a number, so a fraction of one is no damage.
    for line in text.lines().filter(|line| !line.contains("\"count-fraction\"")) {
        let answer = decide(&decider, line);
        assert!(answer["action"] != "allow", "{line}\n{answer}");
    }
}

fn answers(decider: &Decider, rows: &Rows) -> Vec<Value> {
    let mut answers = Vec::new();
    decider.warm().decide_rows(rows, |answer| answers.push(json(answer))).expect("decisions");
    answers
}

/// At most seven rows a batch, so that batches end within bytes of the bitmaps.
struct Few<S> {
    rows: S,
    /// Batches to come, the next one last.
    ahead: Vec<RowBatch>,
}

impl<S: RowSource> RowSource for Few<S> {
    fn format(&self) -> RowFormat {
        self.rows.format()
    }

    fn columns(&self) -> &[(String, String)] {
        self.rows.columns()
    }

    fn next_batch(&mut self) -> Result<Option<RowBatch>, RowSourceError> {
        let mut next = match self.ahead.pop() {
            Some(batch) => Some(batch),
            None => self.rows.next_batch()?,
        };
        while let Some([first, second]) =
            next.as_ref().filter(|batch| batch.rows.count > 7).and_then(RowBatch::halves)
        {
            self.ahead.push(second);
            next = Some(first);
        }
        Ok(next)
    }
}

/// One case, rows of JSON and rows of CSV give the same decision and id.
#[test]
fn rows_are_decided_as_single_cases_are() {
    let decider = fraud();
    let outside = Outside::default();
    let text =
        std::fs::read_to_string(repository("tests/fixtures/mlflow/fraud/transactions.jsonl"))
            .expect("the fixtures");
    let csv = std::fs::read(repository("tests/fixtures/mlflow/fraud/transactions.csv"))
        .expect("the fixtures");
    let few = |format, text: &[u8]| {
        let rows = common::frames(format, std::io::Cursor::new(text.to_vec()));
        Cases::new(Few { rows, ahead: Vec::new() }, decider.extractor(), &outside).expect("rows")
    };
    let (mut lines, mut csv) = (few(Jsonl, text.as_bytes()), few(Csv, &csv));
    let mut singles = text.lines();
    let mut count = 0;
    while let Some(rows) = lines.next_rows().expect("rows") {
        assert!(rows.rows <= 7, "{rows:?}");
        let same = csv.next_rows().expect("rows").expect("as many rows");
        assert_eq!(rows.columns, same.columns);
        for mut answer in answers(&decider, &rows) {
            let line = answer.as_object_mut().expect("a map").remove("line");
            count += 1;
            assert_eq!(line, Some(Value::from(count)));
            assert_eq!(answer, decide(&decider, singles.next().expect("a line")));
        }
    }
    assert!(count > 100 && singles.next().is_none());
}

#[test]
fn rows_with_faults_have_no_decision_and_leave_the_others_alone() {
    let decider = fraud();
    let outside = Outside::default();
    let good = r#"{"score":0.1,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let text =
        format!("{good}\n{{\"score\":true}}\nnot json\n{}\n{good}\n", good.replace("0.1", "7"));
    let mut lines = common::rows(Jsonl, text, decider.extractor(), &outside).expect("lines");
    let answers = answers(&decider, &lines.next_rows().expect("rows").expect("rows"));
    let review = Some("manual_review");
    let actions: Vec<_> = answers.iter().map(|answer| answer["action"].as_str()).collect();
    assert_eq!(actions, [Some("allow"), review, review, review, Some("allow")]);
    let fallback: Vec<_> = answers.iter().map(|answer| answer["fallback"] == true).collect();
    assert_eq!(fallback, [false, true, true, true, false]);
    assert!(answers[1]["error"].as_str().is_some_and(|error| error.contains("must be a number")));
    assert!(answers[2]["error"].as_str().is_some_and(|error| error.contains("not JSON")));
}

/// What only the plugin can find wrong has its place in the document, too.
#[test]
fn what_a_plugin_refuses_is_shown_in_the_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.yaml");
    let text = std::fs::read_to_string(repository("policies/fraud.yaml")).expect("a document");
    let wrong = text.replace("high_value_action: manual_review", "high_value_action: phone_call");
    assert_ne!(text, wrong);
    std::fs::write(&path, wrong).expect("written");
    let error = Decider::open(&plugins(), &path).err().expect("refused");
    let shown = common::shown(&error).replace(&folder.path().display().to_string(), "");
    assert!(shown.contains("/policy.yaml:") && shown.contains("phone_call"), "{shown}");

    std::fs::write(&path, text.replace("threshold-policy@^0.1", "treshold-policy@^0.1"))
        .expect("written");
    let error = Decider::open(&plugins(), &path).err().expect("refused");
    assert_eq!(
        common::shown(&error).trim(),
        "× there is no plugin `treshold-policy`\n  help: did you mean `threshold-policy`?"
    );
}

#[test]
fn a_baked_policy_answers_as_its_document() {
    let document = repository("policies/fraud.yaml");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fraud.wasm");
    let component = judge::bake(&plugins(), &document).expect("baked").component;
    std::fs::write(&path, component).expect("written");
    let baked = Decider::open(&plugins(), &path).expect("the baked policy");
    let request = r#"{"score":0.5,"amount":1,"country":"NG","merchant_age_days":4,"transactions_last_hour":1}"#;
    let (baked, fraud) = (decide(&baked, request), decide(&fraud(), request));
    // All but who decided: that is the component, and so is the id's plugin.
    for key in ["action", "reason", "reasons", "score", "policy", "settings"] {
        assert_eq!(baked[key], fraud[key], "{key}");
    }
    assert_eq!(baked["plugin"]["baked_from"]["digest"], fraud["plugin"]["digest"]);
    assert_ne!(baked["decision_id"], fraud["decision_id"]);
}

#[test]
fn checks_and_gates_report_as_the_schema_says() {
    let plugins = plugins();
    let model = |name: &str| repository("tests/fixtures/mlflow").join(name);
    for (payload, passes) in
        [("one-row.json", true), ("wrong-type.json", false), ("not-json.txt", false)]
    {
        let subject = Subject::Signature {
            signature: read_signature(&model("digit_reading-v1")).expect("a signature"),
            part: Part::Inputs,
            mode: Mode::Mlflow,
            protocol: Protocol::Mlflow,
        };
        let reporting =
            CheckerOptions { max_findings: 10, allow_empty: false, ..CheckerOptions::default() };
        let checker = Checker::new(&plugins, &subject, reporting).expect("a checker");
        let path = model("digit_reading-v1").join("payloads").join(payload);
        let checked =
            checker.check(&std::fs::read(&path).expect("the fixtures")).expect("findings");
        assert_eq!(checked.passes(), passes);
        let mut report = checker.report(Some(path.display().to_string()), checked);
        report.hide_values();
        let report = printed("check", &report);
        assert_fits_schema(&report);
        assert_eq!(report["verdict"] == "pass", passes, "{report}");
        assert!(!report.to_string().contains("\"actual\""));
    }
    let gate = |candidate: &str, profile: &str| {
        let champion = model("tumor_screening-v1");
        let case = GateCase::of_folders(&model(candidate), Some(&champion), &[], Instant::now())
            .expect("two versions");
        let report = judge::gate(&plugins, case, &[repository("policies/gates").join(profile)])
            .expect("a report");
        let report = printed("gate", &report);
        assert_fits_schema(&report);
        report
    };
    let report = gate("tumor_screening-v4", "offline.yaml");
    assert_eq!(report["candidate"], "tumor_screening v4");
    let findings = report["profiles"][0]["findings"].as_array().expect("findings");
    assert!(!findings.is_empty());
    for finding in findings {
        for index in finding["facts"].as_array().into_iter().flatten() {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            assert!(report["facts"].get(index.expect("an index")).is_some(), "{finding}");
        }
    }
    // No evidence of a canary at all: never a pass.
    let canary = gate("tumor_screening-v2", "canary-5.yaml");
    assert!(canary["verdict"] == "fail" || canary["verdict"] == "inconclusive", "{canary}");
}

/// A profile, and facts, judged by the built component.
fn gate_of(rules: &str, facts: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let profile = format!(
        "name: p\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: o\nsettings: {{ rules: {rules} }}\n"
    );
    let profile = write("profile.yaml", &profile);
    write("facts.json", facts);
    let as_of = "2026-11-21T12:00:00Z".parse().expect("a time");
    let case = GateCase::of_folders(folder.path(), None, &[], as_of).expect("a version");
    // What was kept is what is judged, byte for byte.
    let text = case.to_json().to_string();
    let kept = GateCase::parse(&Source::new("kept.json", &text)).expect("what was kept");
    let report = judge::gate(&plugins(), case, std::slice::from_ref(&profile)).expect("a report");
    let again = judge::gate(&plugins(), kept, &[profile]).expect("a report");
    assert_eq!(again, report);
    let report = printed("gate", &report);
    assert_fits_schema(&report);
    report
}

fn findings(report: &Value) -> &[Value] {
    report["profiles"][0]["findings"].as_array().expect("findings")
}

fn fact(name: &str, slice: usize, value: &str) -> String {
    format!(r#"{{"name":"{name}","labels":{{"group":"g{slice}"}},"value":{value},"samples":9}}"#)
}

/// A hundred thousand slices, in the fuel and the memory that every call has.
#[test]
fn slices_are_judged_in_linear_time() {
    let rules = r#"[{ metric: auc, for_each: group, comparison: ">=", threshold: 0.8 }]"#;
    for (count, bad) in [(2_500, 1_234), (100_000, 99_999)] {
        let facts: Vec<String> = (0..count)
            .map(|slice| fact("auc", slice, if slice == bad { "0.7" } else { "0.9" }))
            .collect();
        let report = gate_of(rules, &format!(r#"{{"facts":[{}]}}"#, facts.join(",")));
        assert_eq!(report["verdict"], "fail");
        let findings = findings(&report);
        let broken: Vec<&Value> =
            findings.iter().filter(|finding| finding["outcome"] == "fail").collect();
        let [broken] = broken.as_slice() else { panic!("{broken:?}") };
        let message = broken["message"].as_str().expect("a message");
        assert!(message.starts_with(&format!("auc{{group=g{bad}}} 0.7 is below 0.8")), "{message}");
        if count == 2_500 {
            assert_eq!(findings.len(), 2_500);
        } else {
            let last = findings.last().expect("a finding")["message"].as_str();
            assert_eq!(last, Some("94999 more slices of `auc` by `group` hold"));
        }
    }
}

/// All of them broken, missing of one side, or in doubt.
#[test]
fn slices_that_do_not_hold_take_no_longer() {
    let facts = |value: &str| {
        let facts: Vec<String> = (0..100_000).map(|slice| fact("auc", slice, value)).collect();
        format!(r#"{{"facts":[{}]}}"#, facts.join(","))
    };
    let each = r#"metric: auc, for_each: group"#;
    for (rule, value, verdict) in [
        (r#"comparison: ">=", threshold: 0.8"#, "0.7", "fail"),
        (r#"comparison: ">=", threshold: 0.8"#, "7", "inconclusive"),
        (r#"comparison: ">=", threshold: 0.8, min_samples: 10"#, "0.9", "inconclusive"),
        (r#"comparison: ">=", threshold: 0.8, max_age: 1d"#, "0.9", "inconclusive"),
        ("baseline: champion, max_regression: 0", "0.9", "fail"),
    ] {
        let report = gate_of(&format!("[{{ {each}, {rule} }}]"), &facts(value));
        assert_eq!(report["verdict"], verdict, "{rule}");
    }
}

#[test]
fn facts_that_no_rule_names_cost_little() {
    let facts: Vec<String> =
        (0..100_000).map(|index| format!(r#"{{"name":"metric_{index}","value":1}}"#)).collect();
    let rules = r#"[{ metric: auc, comparison: ">=", threshold: 0.8 }, { metric: f1, comparison: ">=", threshold: 0.8 }]"#;
    let report = gate_of(rules, &format!(r#"{{"facts":[{}]}}"#, facts.join(",")));
    assert_eq!(report["verdict"], "fail");
}

/// A comparison with itself holds whatever the candidate is worth.
#[test]
fn a_champion_that_is_the_candidate_is_no_champion() {
    let plugins = plugins();
    let model = repository("tests/fixtures/mlflow/tumor_screening-v1");
    let copy = tempfile::tempdir().expect("a folder");
    let profile = [repository("policies/gates/offline.yaml")];
    let verdict = |champion: &Path| {
        let case = GateCase::of_folders(&model, Some(champion), &[], Instant::now());
        let report =
            judge::gate(&plugins, case.expect("two versions"), &profile).expect("a report");
        let report = printed("gate", &report);
        assert_fits_schema(&report);
        (report["verdict"].clone(), findings(&report)[0]["rule"].clone())
    };
    let itself = (Value::from("inconclusive"), Value::from("champion-is-candidate"));
    assert_eq!(verdict(&model), itself);
    // A copy of all, of the version only, of the run only.
    for files in
        [&["run.json", "facts.json", "model_version.json"][..], &["facts.json", "run.json"]]
    {
        for file in files {
            std::fs::copy(model.join(file), copy.path().join(file)).expect("copied");
        }
        assert_eq!(verdict(copy.path()), itself, "{files:?}");
        for file in files {
            std::fs::remove_file(copy.path().join(file)).expect("removed");
        }
    }
    let other = repository("tests/fixtures/mlflow/tumor_screening-v2");
    assert_ne!(verdict(&other).1, itself.1);
}

/// Each profile is what its plugin takes, by the schema and by the plugin.
#[test]
fn every_profile_opens() {
    let plugins = plugins();
    let mut profiles = 0;
    for entry in std::fs::read_dir(repository("policies/gates")).expect("the profiles") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            if let Err(error) = judge::Gate::open(&plugins, &path) {
                panic!("{}: {error}", path.display());
            }
            profiles += 1;
        }
    }
    assert!(profiles > 20, "{profiles}");
}
