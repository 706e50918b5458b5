//! What a drawn decision table says of a case is what the policy decides on it.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

use std::fs;

use tollgate::judge::{Decider, Opened};
use tollgate::plugins::Plugins;
use tollgate_authoring::explain::Explanation;
use tollgate_authoring::explain::decisions::{Decisions, Row};
use tollgate_authoring::explain::explain;
use tollgate_engine::types::{Kind, Value};
use tollgate_engine::{Engine, WarmPolicy};
use tollgate_test_support::{Dice, fresh};

const ACTIONS: [&str; 4] = ["allow", "extra_verification", "manual_review", "block"];
const TEXTS: [&str; 10] = ["NG", "PK", "DE", "ng", "Nigeria", "NGX", "N", "xN", "other", "NG "];

fn pick<'a>(dice: &mut Dice, all: &[&'a str]) -> &'a str {
    all[dice.roll(all.len())]
}

fn comparison(dice: &mut Dice, computes: bool) -> String {
    let sign = pick(dice, &["<", "<=", ">", ">=", "==", "!="]);
    let number = pick(dice, &["0.0", "0.5", "10.0", "10.001", "99.5", "1000.0"]);
    let text = pick(dice, &TEXTS);
    let size = dice.roll(4);
    match dice.roll(if computes { 13 } else { 11 }) {
        0 | 1 => format!("amount {sign} {number}"),
        2 => format!("n {sign} {}", dice.roll(5)),
        3 => format!("home == \"{text}\""),
        4 => format!("home in [\"{text}\", \"{}\"]", pick(dice, &TEXTS)),
        5 => format!("home.startsWith(\"{}\")", pick(dice, &["N", "NG", "x"])),
        6 => format!("home.endsWith(\"{}\")", pick(dice, &["G", "x"])),
        7 => format!("size(home) {sign} {size}"),
        8 => "night".to_owned(),
        9 => format!("home.contains(\"{}\")", pick(dice, &["G", "th"])),
        10 => format!("amount * 2.0 > {number}"),
        11 => format!("amount > usual * {number}"),
        _ => format!("size(home) {sign} n"),
    }
}

fn condition(dice: &mut Dice, computes: bool) -> String {
    let one = comparison(dice, computes);
    match dice.roll(4) {
        0 => one,
        1 => format!("{one} && {}", comparison(dice, computes)),
        2 => format!("!({one}) || {}", comparison(dice, computes)),
        _ => format!("{one} && !({})", comparison(dice, computes)),
    }
}

fn document(dice: &mut Dice, computes: bool) -> String {
    let mut rules = String::new();
    for rule in 0..=dice.roll(3) {
        let when = condition(dice, computes).replace('\'', "''");
        let action = pick(dice, &ACTIONS);
        let set = if dice.roll(4) == 0 { ", effect: set" } else { "" };
        rules += &format!("    - {{ id: r{rule}, when: '{when}', action: {action}{set} }}\n");
    }
    let flags = match dice.roll(3) {
        0 => "  flags: { enable_geo_blocking: true, strict_mode_countries: [NG, Utopia] }\n",
        1 => "  flags: { enable_geo_blocking: true, strict_mode_countries: [NG, PK] }\n",
        _ => "",
    };
    format!(
        "name: drawn\nversion: 1.0.0\nplugin: threshold-policy@^0.1\nowner: o\nsettings:\n  \
         actions: [{}]\n  thresholds: {{ allow: 0, manual_review: 0.4, block: 0.7 }}\n  \
         inputs: {{ n: {{ kind: integer }}, night: {{ kind: boolean }}, home: {{ kind: text }}, \
         usual: {{ kind: number }} }}\n{flags}  rules:\n{rules}",
        ACTIONS.join(", ")
    )
}

/// A case of values that the document names, of their neighbours, and of others.
fn case(dice: &mut Dice, decider: &Decider) -> Vec<Value> {
    let inputs = decider.policy().surface().inputs.iter();
    inputs
        .map(|input| match input.kind {
            Kind::Boolean => Value::Boolean(dice.roll(2) == 0),
            Kind::Integer => Value::Integer(dice.roll(7) as i64 - 1),
            Kind::Text => Value::Text(pick(dice, &TEXTS).to_owned()),
            Kind::Number if input.name == "score" => {
                Value::Number([0.0, 0.39, 0.4, 0.55, 0.7, 1.0, 1.1][dice.roll(7)])
            }
            Kind::Number => {
                let near = [0.0, 0.5, 10.0, 10.0005, 10.001, 99.5, 1000.0, 1e9][dice.roll(8)];
                Value::Number(near * [1.0, 0.5, 1.0, 2.0][dice.roll(4)])
            }
        })
        .collect()
}

/// How texts are to be read in a table.
#[derive(Clone, Copy)]
struct Letters {
    any: bool,
}

/// Whether a value is what a condition says.
fn fits(is: &str, value: &Value, letters: Letters) -> bool {
    match value {
        Value::Text(text) => text_fits(is, text, letters),
        Value::Boolean(value) => is.split(", ").any(|one| one == value.to_string()),
        Value::Number(value) => number_fits(is, *value),
        Value::Integer(value) => number_fits(is, *value as f64),
        Value::Null => is.ends_with("missing"),
    }
}

fn number_fits(is: &str, value: f64) -> bool {
    let range = is.trim_end_matches(" or missing");
    range != "missing"
        && range.split(", ").all(|one| {
            let (sign, bound) = one.split_once(' ').unwrap();
            if one == "any number" {
                return true;
            }
            let bound: f64 = bound.parse().unwrap();
            match sign {
                ">=" => value >= bound,
                ">" => value > bound,
                "<=" => value <= bound,
                "<" => value < bound,
                "=" => value == bound,
                other => panic!("{other}"),
            }
        })
}

fn text_fits(is: &str, text: &str, letters: Letters) -> bool {
    if is == "anything" {
        return true;
    }
    let (is, but) = is.split_once(" but not ").map_or((is, None), |(is, but)| (is, Some(but)));
    let (is, more) = is.split_once(" or ").map_or((is, None), |(is, more)| (is, Some(more)));
    let named = |list: &str| named(list, text, letters);
    let any = |holds: &str| holds.split(" || ").any(|one| holds_of(one, text));
    let told = match (is.strip_prefix("not where "), is.strip_prefix("where ")) {
        (Some(not), _) => !any(not),
        (None, Some(holds)) => any(holds),
        (None, None) => is.strip_prefix("not ").map_or_else(|| named(is), |not| !named(not)),
    };
    (told || more.is_some_and(named)) && !but.is_some_and(named)
}

/// Whether a text is in a list.
fn named(list: &str, text: &str, letters: Letters) -> bool {
    let like = |other: &str| other.trim().eq_ignore_ascii_case(text.trim());
    list.split(", ").any(|one| {
        if let Some((other, rest)) = one.split_once(" in other letters") {
            let holds = rest.strip_prefix(" where ").is_none_or(|holds| holds_of(holds, text));
            return other != text && like(other) && holds;
        }
        match one.strip_suffix(" in any letters") {
            Some(other) => like(other),
            None => one == text || letters.any && like(one),
        }
    })
}

fn holds_of(holds: &str, text: &str) -> bool {
    holds.split(" && ").all(|one| match one.strip_prefix("!(") {
        Some(negated) => !test_holds(negated.strip_suffix(')').unwrap(), text),
        None => test_holds(one, text),
    })
}

fn test_holds(test: &str, text: &str) -> bool {
    let quoted = || test.split('"').nth(1).unwrap();
    if test.contains("startsWith") {
        return text.starts_with(quoted());
    }
    if test.contains("endsWith") {
        return text.ends_with(quoted());
    }
    if test.contains("contains") {
        return text.contains(quoted());
    }
    let rest = test.strip_prefix("size(home) ").unwrap();
    let (sign, size) = rest.split_once(' ').unwrap();
    let (length, size) = (text.chars().count(), size.parse::<usize>().unwrap());
    match sign {
        "<" => length < size,
        "<=" => length <= size,
        ">" => length > size,
        ">=" => length >= size,
        "==" => length == size,
        _ => length != size,
    }
}

/// The rows that a case is of.
fn rows<'t>(
    table: &'t Decisions,
    decider: &Decider,
    case: &[Value],
) -> impl Iterator<Item = &'t Row> {
    let names: Vec<String> =
        decider.policy().surface().inputs.iter().map(|it| it.name.clone()).collect();
    let case = case.to_vec();
    table.rows.iter().filter(move |row| {
        row.when.iter().all(|condition| {
            let at = names.iter().position(|name| *name == condition.input).unwrap();
            let any =
                table.inputs.iter().any(|it| it.input == condition.input && it.in_any_letters);
            fits(&condition.is, &case[at], Letters { any })
        })
    })
}

fn is_without(table: &Decisions, decider: &Decider, case: &[Value]) -> bool {
    let letters = Letters { any: false };
    let inputs = decider.policy().surface().inputs.iter();
    inputs.zip(case).any(|(input, value)| {
        table.without.iter().filter(|it| it.input == input.name).any(|it| {
            it.is.starts_with("such as") || it.is == "blank" || fits(&it.is, value, letters)
        })
    })
}

fn held(document: &str, explained: &Explanation, decider: &Decider, dice: &mut Dice) {
    let surface = decider.policy().surface();
    let mut policy: WarmPolicy = decider.policy().warm();
    let table = explained.decisions.as_ref().unwrap();
    for _ in 0..400 {
        let case = case(dice, decider);
        let shown = || format!("{case:?}\n{document}\n{:#?}\n{:#?}", table.rows, table.notes);
        let found: Vec<&Row> = rows(table, decider, &case).collect();
        match policy.decide(&case) {
            Ok(decision) => {
                let action = Some(surface.actions[decision.action as usize].clone());
                let reasons: Vec<&String> =
                    decision.reasons.iter().map(|it| &surface.reasons[*it as usize]).collect();
                assert!(!found.is_empty(), "no row: {}", shown());
                for row in found {
                    let is_told = row.action == action || row.or.contains(&action);
                    assert!(is_told, "{action:?} and not {row:?}: {}", shown());
                    for reason in &row.reasons {
                        assert!(reasons.contains(&reason), "{reason} of {row:?}: {}", shown());
                    }
                }
            }
            Err(_) => {
                let all = found.iter().all(|row| row.action.is_none() || row.or.contains(&None));
                assert!(all || is_without(table, decider, &case), "an error: {}", shown());
            }
        }
    }
}

#[test]
fn what_a_table_says_of_a_case_is_what_is_decided() {
    let plugins = Plugins::new(Engine::builder().build().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawn.yaml");
    // What conditions that compare inputs come to is tried and not known, so that
    // these are the same in every run.
    let (mut drawn, mut fixed) = (Dice::new(fresh()), Dice::new(7));
    for round in 0..40 {
        let computes = round % 4 == 3;
        let dice = if computes { &mut fixed } else { &mut drawn };
        let document = document(dice, computes);
        fs::write(&path, &document).unwrap();
        let Ok(opened) = Opened::open(&plugins, &path) else { panic!("{document}") };
        let decider = Decider::new(opened).unwrap_or_else(|error| panic!("{error}: {document}"));
        let explained = explain(&plugins, &path).unwrap();
        let table = explained.decisions.as_ref().unwrap();
        let says = |what: &str| table.notes.iter().any(|note| note.contains(what));
        assert!(computes || !says("came out otherwise"), "{document}\n{:#?}", table.notes);
        // It says itself what it does not say.
        if says("is cut") || says("came out otherwise") {
            continue;
        }
        held(&document, &explained, &decider, dice);
    }
}
