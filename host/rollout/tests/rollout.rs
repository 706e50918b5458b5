//! Rollouts from their first request to their last, judged by real profiles.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_engine::Engine;
use tollgate_engine::types::{Fact, FactValue};
use tollgate_rollout::state::Phase;
use tollgate_rollout::{Answered, Arm, Change, Plan, Rollout};

const EVERY: Duration = Duration::from_secs(30);

fn gates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/gates")
}

fn plan(text: &str) -> Plan {
    Plan::parse(&Source::new("rollout.yaml", text), &gates()).unwrap()
}

fn mistakes(text: &str) -> String {
    let error = Plan::parse(&Source::new("rollout.yaml", text), &gates()).unwrap_err();
    format!("{:?}", miette::Report::new(error))
}

fn plugins() -> Plugins {
    Plugins::new(Engine::builder().build().unwrap())
}

fn open(text: &str, state: Option<&Path>) -> Rollout {
    Rollout::open(plan(text), &plugins(), "fraud@42", "fraud@43", state).unwrap()
}

const RAMP: &str = "
name: fraud-ramp
key: customer_id
salt: fraud-2026-11
shadow: { for: 2m, at_least: 20, guardrails: [ramp.yaml] }
steps:
  - { percent: 1, for: 1m }
  - { percent: 50, for: 1m, at_least: 50 }
  - { percent: 100, for: 1m }
";

fn now() -> tollgate::facts::Instant {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

/// `alike` requests with one action, `unlike` with two, and `undecided` that the
/// candidate has no decision on.
fn see(rollout: &Rollout, alike: u64, unlike: u64, undecided: u64) {
    let took = Duration::from_micros(40);
    let answered = |action| Answered { action, score: Some(0.5) };
    let allow = answered(Some("allow"));
    for (count, candidate) in [(alike, Some("allow")), (unlike, Some("block")), (undecided, None)] {
        for _ in 0..count {
            rollout.compare((&allow, took), (&answered(candidate), took));
        }
    }
}

fn check(rollout: &Rollout) -> Change {
    rollout.check(EVERY, &[], now()).unwrap()
}

fn candidates(rollout: &Rollout) -> usize {
    (0..1000).filter(|key| rollout.arm(Some(&format!("c-{key}"))) == Arm::Candidate).count()
}

#[test]
fn a_ramp_goes_up_while_its_guardrails_hold() {
    let rollout = open(RAMP, None);
    let mut way = Vec::new();
    for _ in 0..12 {
        see(&rollout, 100, 0, 0);
        let change = check(&rollout);
        way.push((change, candidates(&rollout)));
    }
    let parts: Vec<usize> = way.iter().map(|(_, part)| *part).collect();
    assert_eq!(&parts[..3], [0, 0, 0], "the shadow");
    assert!((1..=30).contains(&parts[3]), "1 %: {parts:?}");
    assert!((400..=600).contains(&parts[5]), "50 %: {parts:?}");
    assert_eq!(&parts[7..], [1000; 5], "all: {parts:?}");
    assert_eq!(way[9].0, Change::Done, "{way:?}");
    assert_eq!(rollout.state().phase, Phase::Done);
    assert_eq!(rollout.arm(None), Arm::Champion, "a request without a key");
}

/// Each of these keeps the ramp where it is, however long it lasts.
#[test]
fn what_was_not_shown_takes_no_step() {
    for (name, see_each) in
        [("nobody asks", [0, 0, 0]), ("only the candidate's absence is seen", [0, 0, 0])]
    {
        let rollout = open(RAMP, None);
        for _ in 0..1000 {
            see(&rollout, see_each[0], see_each[1], see_each[2]);
            assert_eq!(check(&rollout), Change::Stays(None), "{name}");
        }
        assert_eq!(candidates(&rollout), 0, "{name}");
    }
    // Too few requests, for any time.
    let rollout = open(&RAMP.replace("at_least: 20", "at_least: 2000"), None);
    for _ in 0..100 {
        see(&rollout, 10, 0, 0);
        assert_eq!(check(&rollout), Change::Stays(None));
    }
    // Enough requests, and one long pause instead of the time.
    let rollout = open(RAMP, None);
    see(&rollout, 5000, 0, 0);
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(rollout.check(day, &[], now()).unwrap(), Change::Stays(None));
}

#[test]
fn a_broken_rule_returns_everybody_to_the_champion_and_for_good() {
    for (unlike, undecided, rule) in [(20, 0, "agreement-rate"), (0, 5, "error-rate")] {
        let rollout = open(RAMP, None);
        while candidates(&rollout) < 400 {
            see(&rollout, 100, 0, 0);
            check(&rollout);
        }
        see(&rollout, 100 - unlike - undecided, unlike, undecided);
        // What was seen before is still looked at, so a few checks may pass.
        let mut change = check(&rollout);
        for _ in 0..12 {
            if matches!(change, Change::Returned(_)) {
                break;
            }
            see(&rollout, 100 - unlike - undecided, unlike, undecided);
            change = check(&rollout);
        }
        let Change::Returned(because) = change else { panic!("{rule}: {change:?}") };
        assert!(because.iter().any(|it| it.contains(rule)), "{because:?}");
        assert_eq!(candidates(&rollout), 0);
        for _ in 0..100 {
            see(&rollout, 100, 0, 0);
            assert_eq!(check(&rollout), Change::Stays(None), "it never begins anew");
        }
        assert_eq!(candidates(&rollout), 0);
    }
}

/// Its rules ask for what nobody measures: that breaks nothing, and lets nobody
/// on.
#[test]
fn a_rule_that_nothing_was_measured_of_holds_the_step_and_breaks_nothing() {
    let text = RAMP.replace("[ramp.yaml]", "[canary-25.yaml]").replace("2m", "30s");
    let rollout = open(&text, None);
    for _ in 0..10 {
        see(&rollout, 100, 0, 0);
        let change = check(&rollout);
        assert!(
            matches!(&change, Change::Stays(Some(why)) if why.contains("accuracy")),
            "{change:?}"
        );
    }
    assert_eq!(candidates(&rollout), 0);
    // Labels arrive, from elsewhere.
    let accuracy = |subject: &str, value| Fact {
        name: "accuracy".to_owned(),
        subject: subject.to_owned(),
        labels: vec![tollgate_engine::types::Label {
            key: "window".to_owned(),
            value: "4h".to_owned(),
        }],
        value: FactValue::Number(value),
        unit: None,
        samples: Some(10_000),
        observed_at: None,
        source: None,
    };
    see(&rollout, 100, 0, 0);
    let more = [accuracy("candidate", 0.93), accuracy("champion", 0.93)];
    assert_eq!(rollout.check(EVERY, &more, now()).unwrap(), Change::Next);
    see(&rollout, 100, 0, 0);
    let more = [accuracy("candidate", 0.90), accuracy("champion", 0.93)];
    assert!(matches!(rollout.check(EVERY, &more, now()).unwrap(), Change::Returned(_)));
}

#[test]
fn a_restart_goes_on_where_it_was_and_another_plan_begins_anew() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("rollout.json");
    let rollout = open(RAMP, Some(&state));
    while candidates(&rollout) == 0 {
        see(&rollout, 100, 0, 0);
        check(&rollout);
    }
    let before = rollout.state();
    drop(rollout);
    let rollout = open(RAMP, Some(&state));
    assert_eq!(rollout.state(), before);
    assert!(candidates(&rollout) > 0);
    rollout.give_up("it feels wrong").unwrap();
    assert_eq!(candidates(&rollout), 0);
    drop(rollout);
    let rollout = open(RAMP, Some(&state));
    assert_eq!(candidates(&rollout), 0, "after a restart, too");
    let because = vec!["it feels wrong".to_owned()];
    assert_eq!(rollout.state().phase, Phase::Returned { because });
    let other = open(&RAMP.replace("for: 2m", "for: 3m"), Some(&state));
    assert_eq!(other.state().phase, Phase::Running);
    let other =
        Rollout::open(plan(RAMP), &plugins(), "fraud@42", "fraud@44", Some(&state)).unwrap();
    assert_eq!(other.state().phase, Phase::Running);
}

#[test]
fn a_damaged_state_lets_nobody_begin() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("rollout.json");
    let rollout = open(RAMP, Some(&state));
    see(&rollout, 100, 0, 0);
    check(&rollout);
    let whole = fs::read_to_string(&state).unwrap();
    for damaged in [
        String::new(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"stage\":0", "\"stage\":7"),
        whole.replace("\"form\":1", "\"form\":2"),
        whole.replace("\"seen\":", "\"more\":1,\"seen\":"),
        whole.replace("\"held_ms\":30000", "\"held_ms\":-1"),
    ] {
        assert_ne!(damaged, whole);
        fs::write(&state, &damaged).unwrap();
        let opened = Rollout::open(plan(RAMP), &plugins(), "fraud@42", "fraud@43", Some(&state));
        assert!(opened.is_err(), "{damaged}");
    }
}

/// The disk is full, or the folder is gone.
#[test]
fn what_cannot_be_written_goes_no_step_further() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("states");
    fs::create_dir(&place).unwrap();
    let rollout = open(RAMP, Some(&place.join("rollout.json")));
    while candidates(&rollout) < 400 {
        see(&rollout, 100, 0, 0);
        check(&rollout);
    }
    let part = candidates(&rollout);
    fs::remove_dir_all(&place).unwrap();
    for _ in 0..10 {
        see(&rollout, 100, 0, 0);
        assert!(rollout.check(EVERY, &[], now()).is_err());
        assert_eq!(candidates(&rollout), part);
    }
    for _ in 0..10 {
        see(&rollout, 0, 100, 0);
        assert!(rollout.check(EVERY, &[], now()).is_err());
    }
    assert_eq!(candidates(&rollout), 0, "back it goes all the same");
}

#[test]
fn a_split_ends_with_the_champion() {
    let text = "
name: ab
key: customer_id
salt: ab-2026-11
split: { percent: 50, for: 1m, guardrails: [ramp.yaml] }
";
    let rollout = open(text, None);
    assert!((400..=600).contains(&candidates(&rollout)));
    see(&rollout, 100, 0, 0);
    check(&rollout);
    see(&rollout, 100, 0, 0);
    assert_eq!(check(&rollout), Change::Done);
    assert_eq!(candidates(&rollout), 0);
}

#[test]
fn mistakes_of_a_plan_are_told_at_their_places() {
    let told = mistakes(
        "name: x\nkey: id\nsalt: s\nsteps:\n  - { percent: 5, for: 1h }\n  - { percent: 5, for: 1h, guardrails: [ramp.yaml] }\n",
    );
    assert!(told.contains("the first stage has no guardrails"), "{told}");
    for (text, part) in [
        ("name: x\nkey: id\nsalt: s\n", "the rollout has no stage"),
        (
            "name: x\nkey: id\nsalt: s\nsteps:\n  - { percent: 5, for: 1h, guardrails: [ramp.yaml] }\n  - { percent: 1, for: 1h }\n",
            "a step of 1 % comes after one of 5 %",
        ),
        (
            "name: x\nkey: id\nsalt: s\nsteps: [{ percent: 0.001, for: 1h, guardrails: [ramp.yaml] }]\n",
            "0.001",
        ),
        (
            "name: x\nkey: id\nsalt: s\nsteps: [{ percent: 1.005, for: 1h, guardrails: [ramp.yaml] }]\n",
            "a share has at most two decimals",
        ),
        ("name: x\nkey: id\nsalt: s\nstepps: []\n", "steps"),
        (
            "name: x\nkey: id\nsalt: s\nsplit: { percent: 50, for: 1h, guardrails: [a] }\nshadow: { for: 1h, guardrails: [a] }\n",
            "a split stands alone",
        ),
    ] {
        let told = mistakes(text);
        assert!(told.contains(part), "{part}: {told}");
    }
}
