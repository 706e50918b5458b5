//! Recorded answers of MLflow through the built component: what
//! `cargo xtask conformance` runs, on the committed cases.
// A failed expectation of a test's own is a failed test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use tollgate_test_support::{Dice, seed};
use tollgate_tests::cases::{self, Case, CaseMode, Tier};
use tollgate_tests::component::{Component, beside_this_program};
use tollgate_tests::report::{Mode, Report};

const CASES: &str = concat!(
    include_str!("../../plugins/mlflow-signature/tests/conformance/mlflow.jsonl"),
    include_str!("../../plugins/mlflow-signature/tests/conformance/crosscheck.jsonl"),
);

fn component() -> Component {
    Component::load(&beside_this_program().unwrap()).unwrap()
}

fn run(mode: Mode) -> (Report, String) {
    let component = component();
    let mut report = Report::new(mode);
    for case in cases::read(CASES).unwrap() {
        let answer = component.answer(&case, mode.name());
        report.add(case, answer);
    }
    let mut text = Vec::new();
    report.write(&mut text).unwrap();
    (report, String::from_utf8(text).unwrap())
}

#[test]
fn the_component_answers_as_mlflow_does() {
    let (report, text) = run(Mode::Mlflow);
    assert_eq!(report.failed, 0, "{text}");
    let core = cases::read(CASES).unwrap().iter().filter(|case| case.tier == Tier::Core).count();
    assert_eq!(report.passed, core);
    assert!(text.ends_with(&format!("\n{core} passed, 0 failed\n")), "{text}");
}

#[test]
fn in_strict_mode_it_refuses_all_that_mlflow_changes() {
    let (report, text) = run(Mode::Strict);
    assert_eq!(report.failed, 0, "{text}");
    let lossy = |case: &&Case| case.lossy == Some(true) && case.tier != Tier::Unstable;
    let lossy = cases::read(CASES).unwrap().iter().filter(lossy).count();
    assert!(lossy > 500);
    assert!(
        text.contains(&format!(
            "of {lossy} cases whose values MLflow changes, {lossy} are refused"
        ))
    );
}

/// Cases cut short, with bytes turned, doubled, dropped: whatever comes, the
/// component answers.
#[test]
fn damaged_cases_are_answered() {
    let component = component();
    let mut dice = Dice::new(seed());
    let mut next = |below| dice.roll(below);
    for (at, case) in cases::read(CASES).unwrap().iter().enumerate() {
        if case.mode == CaseMode::Signature || at % 3 > 0 {
            continue;
        }
        let mut payload = case.handed();
        for _ in 0..=next(3) {
            let place = next(payload.len());
            match next(5) {
                0 => payload.truncate(place),
                1 if place < payload.len() => {
                    payload.remove(place);
                }
                2 => payload.insert(place, b"{}[],:\"0-.eNtfn$\\ \xFF"[next(19)]),
                3 => {
                    let piece: Vec<u8> =
                        payload.iter().skip(place).take(next(12)).copied().collect();
                    payload.splice(place..place, piece);
                }
                _ => {
                    if let Some(byte) = payload.get_mut(place) {
                        *byte = b"{}[],:\"0-.eNtfn$\\ \xFF"[next(19)];
                    }
                }
            }
        }
        for settings in [case.settings("strict"), case.settings("mlflow")] {
            component.survives(&settings, &payload).unwrap_or_else(|error| {
                panic!("{}: {error}: {}", case.id, String::from_utf8_lossy(&payload))
            });
        }
    }
}
