//! What is logged is enough to decide again, by the same policy and by another;
//! and what is masked is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tollgate::input::Outside;
use tollgate::judge::{Answer, Decider};
use tollgate_decisions::diff::{Asked, LogDifference, diff};
use tollgate_decisions::query::{Query, QueryError};
use tollgate_decisions::read::{Item, ReadError, Recorded, each};
use tollgate_decisions::replay::{Replayed, Replayer};
use tollgate_decisions::{Assignment, Context, DecisionLog, HowMasked, Sample, Settings};
use tollgate_engine::CallOptions;
use tollgate_engine::types::{Outcome, Value};
use tollgate_records::store::Store;
use tollgate_test_support::{Dice, seed};

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions");
    (folder, path)
}

fn logged<'a>(settings: Settings, answers: impl Iterator<Item = Answer<'a>>) {
    let log = DecisionLog::open(settings).unwrap();
    for answer in answers {
        log.write(&answer, &Context::default()).unwrap();
    }
    assert_eq!(log.close().lost, 0);
}

fn replayed(path: &Path) -> BTreeMap<String, u64> {
    let mut replayer = Replayer::new(common::plugins(), Store::beside(&path.join("file")));
    let mut found = BTreeMap::new();
    common::decisions(path, |decision| {
        let word = match replayer.replay(decision).unwrap() {
            Replayed::Same => "same".to_owned(),
            Replayed::Different(now) => panic!("{} and now {now}", decision.body),
            Replayed::NotReplayed(reason) => reason,
        };
        *found.entry(word).or_default() += 1;
    });
    found
}

fn compared(path: &Path, new: &Decider) -> LogDifference {
    diff(path, new, &Asked { examples: 2, ..Asked::default() }, &mut |_| {}).unwrap()
}

#[test]
fn decisions_replay_byte_for_byte() {
    let (_folder, path) = place();
    let (decider, shadow) = (common::decider(), common::changed(&[("block: 0.7", "block: 0.9")]));
    let other = common::changed(&[("name: fraud_detector", "name: other")]);
    let mut dice = Dice::new(seed());
    let log = DecisionLog::open(common::settings(&path)).unwrap();
    let model = Arc::from("models:/fraud/3");
    let (name, arm) = (Arc::from("ramp \"1\""), Arc::from("champion"));
    let assignment = Assignment { name, arm, shadow: true };
    let mut bad = 0;
    for number in 0..2000 {
        let request = common::request(&mut dice);
        let by = if number % 7 == 0 { &other } else { &decider };
        let answer = by.decide(request.as_bytes());
        bad += u64::from(answer.values().is_none());
        let shadowed = shadow.decide(request.as_bytes());
        let context = Context {
            model: (number % 2 == 0).then_some(&model),
            trace: (number % 3 == 0).then_some("4bf92f3577b34da6a3ce929d0e0e4736"),
            shadow: (number % 5 == 0).then_some(&shadowed),
            assignment: (number % 4 == 0).then_some(&assignment),
            ..Context::default()
        };
        log.write(&answer, &context).unwrap();
    }
    // Values that no request can give.
    let extremes = [f64::NAN, -f64::NAN, f64::INFINITY, -0.0, 5e-324, f64::MAX];
    for score in extremes {
        let inputs = &decider.policy().surface().inputs;
        let values: Vec<Value> = inputs
            .iter()
            .map(|input| match input.name.as_str() {
                "country" => Value::Text("NG".to_owned()),
                "merchant_age_days" | "transactions_last_hour" => Value::Integer(i64::MIN),
                _ => Value::Number(score),
            })
            .collect();
        let answer = decider.decide_values_with(&values, &CallOptions::fresh(), None);
        log.write(&answer, &Context::default()).unwrap();
    }
    assert_eq!(log.close().lost, 0);
    common::verified(&path);
    let found = replayed(&path);
    assert_eq!(found.get("same"), Some(&(2000 + extremes.len() as u64 - bad)), "{found:?}");
    assert_eq!(found.values().sum::<u64>(), 2000 + extremes.len() as u64);
    // The plugin is kept, and another one in its place is not taken for it.
    let kept = std::fs::read_dir(path.join("plugins")).unwrap().count();
    assert_eq!(kept, 1);
}

#[test]
fn a_record_that_was_made_up_does_not_replay() {
    let (_folder, path) = place();
    let decider = common::decider();
    let request = br#"{"score":0.9,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    logged(common::settings(&path), std::iter::once(decider.decide(request)));
    let file = common::files(&path).remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    // Under hashes that are right again.
    let mut sealer = tollgate_records::seal::Sealer::new(None, "test 1");
    let mut forged = String::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let body = tollgate::canonical::to_text(record.get("body").unwrap());
        let body = body.replace("\"action\":\"block\"", "\"action\":\"allow\"");
        let text = |key: &str| record.get(key).unwrap().as_str().unwrap().to_owned();
        sealer.seal(&text("kind"), &text("time"), &body, &mut forged);
    }
    assert_ne!(forged, text);
    std::fs::write(&file, forged).unwrap();
    common::verified(&path);
    let mut replayer = Replayer::new(common::plugins(), Store::beside(&file));
    let (count, _) = common::decisions(&path, |decision| {
        let replayed = replayer.replay(decision).unwrap();
        assert!(matches!(replayed, Replayed::Different(now) if now.contains("block")));
    });
    assert_eq!(count, 1);
}

/// The counts are those of deciding on each case by both.
#[test]
fn another_policy_decides_on_what_is_logged() {
    let (_folder, path) = place();
    let old = common::decider();
    let new =
        common::changed(&[("block: 0.7", "block: 0.5"), ("version: 2.1.0", "version: 2.2.0")]);
    let mut dice = Dice::new(seed());
    let requests: Vec<String> = (0..3000).map(|_| common::request(&mut dice)).collect();
    logged(common::settings(&path), requests.iter().map(|request| old.decide(request.as_bytes())));
    let (mut transitions, mut same, mut unjudged) = (BTreeMap::new(), 0, 0);
    for request in &requests {
        let (was, is) = (old.decide(request.as_bytes()), new.decide(request.as_bytes()));
        let taken =
            |answer: &Answer<'_>| (answer.action().map(str::to_owned), answer.is_fallback());
        let reasons = |answer: &Answer<'_>| answer.reasons().map(str::to_owned).collect::<Vec<_>>();
        match (was.values(), taken(&was) == taken(&is)) {
            (None, _) => unjudged += 1,
            (_, true) if was.is_fallback() => {}
            (_, true) if reasons(&was) == reasons(&is) => same += 1,
            _ => *transitions.entry((taken(&was), taken(&is))).or_insert(0_u64) += 1,
        }
    }
    let report = compared(&path, &new);
    let found: BTreeMap<_, _> = report
        .decisions
        .transitions
        .iter()
        .map(|it| {
            let taken = |it: &tollgate::difference::Taken| (it.action.clone(), it.fallback);
            ((taken(&it.from), taken(&it.to)), it.rows)
        })
        .collect();
    assert_eq!(found, transitions);
    assert!(!found.is_empty());
    assert_eq!((report.decisions.same, report.unjudged()), (same, unjudged));
    // What could not be decided on is not counted as unchanged.
    assert_eq!(report.verdict(), Outcome::Inconclusive);
    let example = report.decisions.transitions.first().unwrap().examples.first().unwrap();
    assert!(example.inputs.contains_key("score") && example.row.is_some());
    // The same policy decides the same.
    let same = compared(&path, &old);
    assert_eq!(same.decisions.different(), 0);
}

#[test]
fn what_the_log_does_not_hold_is_not_judged() {
    let good = r#"{"score":0.6,"amount":1,"country":"US","merchant_age_days":400,"transactions_last_hour":1}"#;
    let old = common::decider();
    let verdict = |settings: &dyn Fn(&Path) -> Settings, new: &Decider| {
        let (_folder, path) = place();
        logged(settings(&path), (0..50).map(|_| old.decide(good.as_bytes())));
        let report = compared(&path, new);
        let reason = report.not_judged.first().map(|it| it.reason.clone()).unwrap_or_default();
        (report.verdict(), report.decisions.rows, reason)
    };
    let plain = |path: &Path| common::settings(path);
    let changed = |from: &str, to: &str| common::changed(&[(from, to)]);
    assert_eq!(verdict(&plain, &old), (Outcome::Pass, 50, String::new()));
    // Its twin: something does come out differently.
    let stricter = changed("block: 0.7", "block: 0.5");
    assert_eq!(verdict(&plain, &stricter), (Outcome::Warn, 50, String::new()));
    let masked = |path: &Path| Settings {
        masks: common::masks(&[("country", HowMasked::Hash)]),
        ..common::settings(path)
    };
    let told = |reason: &str| (Outcome::Inconclusive, 0, reason.to_owned());
    assert_eq!(verdict(&masked, &old), told("input `country` is masked"));
    let moved = changed("{ pointer: /amount }", "{ pointer: /total }");
    assert_eq!(
        verdict(&plain, &moved),
        told("input `amount` is read from another place: `/amount` then, `/total` now")
    );
    let default = changed("hours_since_block, default: 87600", "hours_since_block, default: 1");
    let (outcome, rows, reason) = verdict(&plain, &default);
    assert_eq!((outcome, rows), (Outcome::Inconclusive, 0), "{reason}");
    assert!(reason.contains("`hours_since_block` has the value of a default"), "{reason}");
    let sampled =
        |path: &Path| Settings { sample: Sample::of(0.999_999).unwrap(), ..common::settings(path) };
    assert_eq!(verdict(&sampled, &old).0, Outcome::Inconclusive);
    let other = common::changed(&[("name: fraud_detector", "name: fraud_detector_2")]);
    assert_eq!(verdict(&plain, &other), told(""));
}

#[test]
fn what_is_masked_is_nowhere() {
    let (_folder, path) = place();
    let decider = common::decider();
    let settings = Settings {
        masks: common::masks(&[("country", HowMasked::Hash), ("amount", HowMasked::Remove)]),
        ..common::settings(&path)
    };
    let request = |country: &str, amount: &str| {
        format!(
            r#"{{"score":0.6,"amount":{amount},"country":"{country}","merchant_age_days":400,"transactions_last_hour":1}}"#
        )
    };
    // The second is refused by the plugin, whose words hold the value; the third
    // gives no values, and its error does.
    let requests =
        [request("PK", "31337.25"), request("Atlantis", "31337.25"), request("PK", "\"31337.25\"")];
    let answers: Vec<Answer<'_>> =
        requests.iter().map(|request| decider.decide(request.as_bytes())).collect();
    let ids: Vec<String> = answers.iter().map(|answer| answer.id().to_string()).collect();
    logged(settings, answers.into_iter());
    let text = std::fs::read_to_string(common::files(&path).remove(0)).unwrap();
    let decisions = text.split_once('\n').unwrap().1;
    for hidden in ["\"PK\"", "Atlantis", "31337"].into_iter().chain(ids.iter().map(String::as_str))
    {
        assert!(!decisions.contains(hidden), "{hidden} in {decisions}");
    }
    assert_eq!(replayed(&path).get("same"), None);
    let find = |query: &Query| -> Result<u64, QueryError> {
        let mut found = Ok(0);
        each(&path, |_, item| -> Result<bool, ReadError> {
            if let Item::Decision(decision) = item {
                match query.takes(&decision) {
                    Ok(takes) => found = found.clone().map(|count| count + u64::from(takes)),
                    Err(error) => found = Err(error),
                }
            }
            Ok(found.is_ok())
        })
        .unwrap();
        found
    };
    let asked = |condition: &str, key| Query {
        conditions: vec![condition.parse().unwrap()],
        key,
        ..Query::default()
    };
    assert_eq!(find(&asked("country=PK", Some(common::key()))), Ok(1));
    assert_eq!(find(&asked("country=NG", Some(common::key()))), Ok(0));
    assert_eq!(find(&asked("country=PK", None)), Err(QueryError::Masked("country".to_owned())));
    assert_eq!(
        find(&asked("amount>1", Some(common::key()))),
        Err(QueryError::Removed("amount".to_owned()))
    );
    let other = tollgate_decisions::Key::of("KEY", &"k".repeat(32)).unwrap();
    assert_eq!(
        find(&asked("country=PK", Some(other))),
        Err(QueryError::OtherKey("country".to_owned()))
    );
    // By the id that was answered, with the key.
    let id = decider.decide(requests[0].as_bytes()).id().as_u64();
    let by_id = |key| Query { id: Some(id), key, ..Query::default() };
    assert_eq!((find(&by_id(Some(common::key()))), find(&by_id(None))), (Ok(1), Ok(0)));
}

/// Rows of files reach the log as requests do.
#[test]
fn rows_are_logged_as_requests_are() {
    let (_folder, path) = place();
    let decider = common::decider();
    let mut dice = Dice::new(seed());
    let requests: Vec<String> = (0..200).map(|_| common::request(&mut dice)).collect();
    let log = DecisionLog::open(common::settings(&path)).unwrap();
    let mut warm = decider.warm();
    for request in &requests {
        log.write(&warm.decide(request.as_bytes(), &Outside::default()), &Context::default())
            .unwrap();
    }
    log.close();
    let mut requests = requests.iter();
    let (count, _) = common::decisions(&path, |decision| {
        let answer = decider.decide(requests.next().unwrap().as_bytes());
        assert_eq!(decision.said.id, answer.id().to_string());
        assert_eq!(decision.said.action.as_deref(), answer.action());
        assert_eq!(decision.said.score, answer.score());
        let recorded = decision.said.inputs.as_ref().map(|inputs| {
            let value = |input: &Option<Recorded>| match input {
                Some(Recorded::Value(value)) => value.clone(),
                other => panic!("{other:?}"),
            };
            inputs.iter().map(value).collect::<Vec<_>>()
        });
        assert_eq!(recorded, answer.values().map(std::borrow::Cow::into_owned));
    });
    assert_eq!(count, 200);
}
