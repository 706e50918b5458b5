//! What `diff` calls compatible must be compatible: every payload that the old
//! signature accepts, the new one accepts, as the plugin answers for MLflow and
//! in strict mode; and a model gets what it could have got before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is a failed test"
)]
#![allow(clippy::indexing_slicing, reason = "as above")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use mlflow_signature::MlflowSignature;
use serde_json::Value;
use support::{Dice, checker, corpus, frames, mutants, payloads, seed};
use tollgate_sdk::Outcome;
use tollgate_sdk::signature::{Signature as _, TypedColumn};
use tollgate_signatures::diff::{ChangeKind, Diff, Exception, diff};
use tollgate_signatures::{Signature, mlflow};

const MODES: [&str; 2] = ["mlflow", "strict"];

fn accepts(checker: &MlflowSignature, body: &[u8]) -> bool {
    !checker.check(body).iter().any(|finding| finding.outcome > Outcome::Warn)
}

fn accepts_frame(checker: &MlflowSignature, columns: &[TypedColumn], rows: usize) -> bool {
    !checker.check_columns(rows, columns).iter().any(|finding| finding.outcome > Outcome::Warn)
}

/// Signatures with one change, and some with two or three.
fn changed(old: &Signature, dice: &mut Dice) -> Vec<Signature> {
    let mut all = mutants(old);
    for _ in 0..30 {
        let mut changed = dice.one(&all).clone();
        for _ in 0..=dice.roll(2) {
            let next = mutants(&changed);
            if !next.is_empty() {
                changed = dice.one(&next).clone();
            }
        }
        all.push(changed);
    }
    all
}

/// What a payload does that an exception names.
struct Habits {
    body: Value,
}

impl Habits {
    fn data(&self) -> Option<(&str, &Value)> {
        ["dataframe_split", "dataframe_records", "instances", "inputs"]
            .into_iter()
            .find_map(|key| Some((key, self.body.get(key)?)))
    }

    fn falls_under(&self, exception: Exception, diff: &Diff) -> bool {
        match exception {
            Exception::BeyondDouble => beyond(&self.body),
            Exception::Undeclared => {
                let mut names = BTreeSet::new();
                keys(&self.body, &mut names);
                diff.changes
                    .iter()
                    .filter(|change| change.kind == ChangeKind::Added)
                    .any(|change| names.iter().any(|name| change.what.contains(name.as_str())))
            }
            Exception::Bare => match self.data() {
                // Each row that is no object is a value without a name.
                Some(("inputs" | "instances", Value::Array(rows))) => {
                    rows.is_empty() || rows.iter().any(|row| !row.is_object())
                }
                Some(("inputs" | "instances", data)) => !data.is_object(),
                _ => false,
            },
            Exception::ObjectOfColumns => match self.data() {
                Some(("inputs", data)) => data.is_object(),
                // MLflow turns rows of `instances` into columns.
                Some(("instances", _)) => true,
                _ => false,
            },
            Exception::Ragged => match self.data() {
                Some(("inputs" | "instances", data)) => ragged(data),
                _ => false,
            },
            Exception::ParamsNoObject => {
                self.body.get("params").is_some_and(|params| !params.is_object())
            }
            Exception::Frame => {
                matches!(self.data(), Some(("dataframe_split" | "dataframe_records", _)))
            }
            Exception::StillSent => {
                let mut names = BTreeSet::new();
                keys(&self.body, &mut names);
                matches!(self.data(), Some(("inputs" | "instances", _)))
                    && diff
                        .changes
                        .iter()
                        .filter(|change| change.kind == ChangeKind::Removed)
                        .any(|change| names.iter().any(|name| change.what.contains(name.as_str())))
            }
        }
    }
}

fn beyond(value: &Value) -> bool {
    match value {
        Value::Number(number) if !number.is_f64() => {
            number.as_i64().is_none_or(|number| number.unsigned_abs() > 1 << 53)
        }
        // Beyond 64 bits serde_json has floats only.
        Value::Number(number) => number.as_f64().is_some_and(|number| number.abs() > 9e15),
        Value::Array(items) => items.iter().any(beyond),
        Value::Object(map) => map.values().any(beyond),
        _ => false,
    }
}

fn ragged(value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let length = |item: &Value| item.as_array().map(Vec::len);
            items.windows(2).any(|pair| length(&pair[0]) != length(&pair[1]))
                || items.iter().any(ragged)
        }
        Value::Object(map) => map.values().any(ragged),
        _ => false,
    }
}

fn keys(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| keys(item, out)),
        Value::Object(map) => {
            for (key, value) in map {
                out.insert(format!("`{key}`"));
                keys(value, out);
                if let (true, Value::Array(names)) = (key == "columns", value) {
                    out.extend(names.iter().filter_map(Value::as_str).map(|n| format!("`{n}`")));
                }
            }
        }
        _ => {}
    }
}

/// All payloads of one signature: recorded ones and drawn ones.
fn bodies(signature: &Signature, recorded: &[String], dice: &mut Dice) -> Vec<(Vec<u8>, Habits)> {
    let drawn = payloads(signature, dice);
    recorded
        .iter()
        .cloned()
        .chain(drawn)
        .map(|body| {
            // MLflow reads numbers that JSON does not have.
            let plain = body.replace("Infinity", "1e99").replace("NaN", "1e99");
            let value = serde_json::from_str(&plain).unwrap_or(Value::Null);
            (body.into_bytes(), Habits { body: value })
        })
        .collect()
}

/// One example of each change that is called compatible and is not.
fn show(holes: &[String]) {
    let mut kinds = BTreeMap::new();
    for hole in holes {
        let change = hole.lines().next().unwrap_or_default();
        let kind: String = change.chars().filter(|c| !c.is_ascii_digit()).collect();
        kinds.entry(kind).or_insert((0, hole)).0 += 1;
    }
    for (count, hole) in kinds.values().take(40) {
        println!("{count} such: {hole}\n");
    }
}

#[derive(Default)]
struct Tally {
    pairs: usize,
    payloads: usize,
    holes: Vec<String>,
    /// Breaking changes that a payload bears out, and all.
    witnessed: BTreeMap<String, (usize, usize)>,
}

/// Everything that is called compatible for callers is.
#[test]
fn callers_may_go_on_where_diff_says_so() {
    let mut dice = Dice::new(seed());
    let mut tally = Tally::default();
    for (texts, recorded) in corpus() {
        let old = mlflow::from_value(&texts).unwrap();
        let all = bodies(&old, &recorded, &mut dice);
        let typed = frames(&old, &mut dice);
        for mode in MODES {
            let old_checker = checker(&old, mode);
            let accepted: Vec<_> =
                all.iter().filter(|(body, _)| accepts(&old_checker, body)).collect();
            let framed: Vec<_> = typed
                .iter()
                .filter(|(columns, rows)| accepts_frame(&old_checker, columns, *rows))
                .collect();
            for new in changed(&old, &mut dice) {
                callers(&old, &new, mode, &accepted, &framed, &mut tally);
            }
        }
    }
    println!("{} pairs, {} payloads sent again", tally.pairs, tally.payloads);
    for (kind, (witnessed, all)) in &tally.witnessed {
        println!("breaking {kind:<12} {witnessed:>6} of {all:>6} seen");
    }
    show(&tally.holes);
    assert!(tally.holes.is_empty(), "{} payloads refused", tally.holes.len());
    assert!(tally.pairs > 20_000 && tally.payloads > 200_000);
}

fn callers(
    old: &Signature,
    new: &Signature,
    mode: &str,
    accepted: &[&(Vec<u8>, Habits)],
    framed: &[&(Vec<TypedColumn>, usize)],
    tally: &mut Tally,
) {
    let found = diff(old, new);
    let new_checker = checker(new, mode);
    let said = |found: &Diff| {
        found
            .changes
            .iter()
            .map(|c| format!("{:?} {} {:?} {:?}", c.kind, c.what, c.old, c.new))
            .collect::<Vec<_>>()
    };
    if found.breaks_callers() {
        let seen = accepted.iter().any(|(body, _)| !accepts(&new_checker, body))
            || framed.iter().any(|(columns, rows)| !accepts_frame(&new_checker, columns, *rows));
        let first = found.changes.iter().find(|change| change.callers.breaking).unwrap();
        let kind = format!("{:?}", first.kind);
        let entry = tally.witnessed.entry(kind).or_default();
        entry.0 += usize::from(seen);
        entry.1 += 1;
        return;
    }
    tally.pairs += 1;
    let exceptions: BTreeSet<Exception> =
        found.changes.iter().flat_map(|change| change.callers.unless.clone()).collect();
    for (body, habits) in accepted {
        if exceptions.iter().any(|exception| habits.falls_under(*exception, &found)) {
            continue;
        }
        tally.payloads += 1;
        if !accepts(&new_checker, body) {
            let finding = &new_checker.check(body)[0];
            tally.holes.push(format!(
                "{mode} {:?}\n  {}\n  {}",
                said(&found),
                String::from_utf8_lossy(body),
                finding.message
            ));
        }
    }
    for (columns, rows) in framed {
        if exceptions.iter().any(|e| matches!(e, Exception::Frame | Exception::Undeclared)) {
            continue;
        }
        tally.payloads += 1;
        if !accepts_frame(&new_checker, columns, *rows) {
            tally.holes.push(format!("{mode} {:?}\n  frame {columns:?}", said(&found)));
        }
    }
}

/// Everything that is called compatible for the model is: the old signature
/// would have handed it the same.
#[test]
fn models_get_what_they_could_have_got_before() {
    let mut dice = Dice::new(seed());
    let (mut pairs, mut compared, mut holes) = (0, 0, Vec::new());
    for (texts, recorded) in corpus() {
        let old = mlflow::from_value(&texts).unwrap();
        for new in changed(&old, &mut dice) {
            let found = diff(&old, &new);
            let default = |kind| kind == ChangeKind::Default;
            if found.breaks_model() || found.changes.iter().any(|change| default(change.kind)) {
                continue;
            }
            pairs += 1;
            let gone: Vec<String> = found
                .changes
                .iter()
                .filter(|change| change.kind == ChangeKind::Removed)
                .map(|change| change.what.clone())
                .collect();
            let exceptions: BTreeSet<Exception> =
                found.changes.iter().flat_map(|change| change.model.unless.clone()).collect();
            let all = bodies(&new, &recorded, &mut dice);
            for mode in MODES {
                let (old, new) = (checker(&old, mode), checker(&new, mode));
                for (body, habits) in &all {
                    let mut names = BTreeSet::new();
                    keys(&habits.body, &mut names);
                    let sends = |what: &String| names.iter().any(|name| what.contains(name));
                    // What is dropped now was handed on before.
                    let excepted = |exception: &Exception| habits.falls_under(*exception, &found);
                    if gone.iter().any(sends) || exceptions.iter().any(excepted) {
                        continue;
                    }
                    let Ok(now) = new.normalize(body) else { continue };
                    compared += 1;
                    let now: Value = serde_json::from_slice(&now).unwrap();
                    let before = old.normalize(body).ok();
                    let before = before.map(|text| serde_json::from_slice::<Value>(&text).unwrap());
                    if before.as_ref() != Some(&now) {
                        let whats: Vec<_> = found
                            .changes
                            .iter()
                            .map(|c| format!("{:?} {} {:?} {:?}", c.kind, c.what, c.old, c.new))
                            .collect();
                        holes.push(format!(
                            "{mode} {whats:?}\n  {}\n  now {now}\n  before {before:?}",
                            String::from_utf8_lossy(body)
                        ));
                    }
                }
            }
        }
    }
    println!("{pairs} pairs, {compared} payloads compared");
    show(&holes);
    assert!(holes.is_empty(), "{} payloads reach the model otherwise", holes.len());
    assert!(pairs > 500 && compared > 3_000, "{pairs} pairs, {compared} payloads");
}
