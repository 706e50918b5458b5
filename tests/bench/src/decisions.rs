//! One decision: Tollgate, the same by hand, and other engines.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value as Json, json};
use tollgate::input::Outside;
use tollgate::judge::{self, Answer, Decider};
use tollgate::plugins::Plugins;
use tollgate_engine::types::{Declaration, Value};
use tollgate_engine::{Engine, Policy};

use crate::fraud::{self, ACTIONS, Inputs, by_hand};
use crate::group::{Group, Row};
use crate::measure::{AheadStep, Step, Subject};
use crate::places::Places;
use crate::remote::{Remote, RemoteCase};

/// One decision. `peers` is the process of the other engines, or why there is
/// none.
pub(crate) fn group(places: &Places, peers: &Result<Rc<RefCell<Remote>>>) -> Result<Group> {
    let mut rows = by_tollgate(places)?;
    rows.extend(by_hand_rows()?);
    rows.extend(by_peers(peers)?);
    Ok(Group {
        title: "One decision (3 inputs; action and reasons)",
        unit: "decision",
        reference: "decision/tollgate-typed-warm",
        long: false,
        rows,
    })
}

/// Rows live as long as the process.
fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn by_tollgate(places: &Places) -> Result<Vec<Row>> {
    let document = places.scratch("document")?.join("policy.yaml");
    fs::write(&document, fraud::document()?)?;
    let plugins = Plugins::new(Engine::builder().build()?);
    let decider = forever(Decider::open(&plugins, &document)?);
    let policy = decider.policy();
    let component = document.with_file_name("policy.wasm");
    fs::write(&component, judge::bake(&plugins, &document)?.component)?;
    let decider_baked = forever(Decider::open(&plugins, &component)?);
    let baked = decider_baked.policy();

    let cases = forever(cases(policy.surface())?);
    check("Tollgate", policy, cases)?;
    check("Tollgate, baked", baked, cases)?;
    check_json("Tollgate, JSON in and out", decider)?;
    check_json("Tollgate, JSON in and out, baked", decider_baked)?;

    let mut typed_warm = policy.warm();
    let mut json_warm = decider.warm();
    let outside = forever(Outside::default());
    Ok(vec![
        Row::new(
            "decision/tollgate-typed-warm",
            "Tollgate, typed values, warm instance",
            Step(move |turn| Ok(typed_warm.decide(pick(cases, turn)?)?)),
        ),
        Row::new(
            "decision/tollgate-typed-fresh",
            "Tollgate, typed values, fresh instance",
            Step(move |turn| Ok(policy.decide(pick(cases, turn)?)?)),
        ),
        Row::new(
            "decision/tollgate-typed-fresh-baked",
            "Tollgate, typed values, fresh instance, baked settings",
            Step(move |turn| Ok(baked.decide(pick(cases, turn)?)?)),
        ),
        Row::new(
            "decision/tollgate-json-warm",
            "Tollgate, JSON in and out, warm instance",
            json_step(move |body, answer| written(&json_warm.decide(body, outside), answer)),
        ),
        Row::new(
            "decision/tollgate-json-fresh",
            "Tollgate, JSON in and out, fresh instance",
            json_step(move |body, answer| written(&decider.decide(body), answer)),
        ),
        Row::new(
            "decision/tollgate-json-fresh-baked",
            "Tollgate, JSON in and out, fresh instance, baked settings",
            json_step(move |body, answer| written(&decider_baked.decide(body), answer)),
        ),
        Row::new(
            "decision/tollgate-json-ahead-baked",
            "Tollgate, JSON in and out, fresh instance made ahead, baked settings",
            ahead(decider_baked),
        ),
    ])
}

/// Instances that are ready at a time, well above where more are asked for.
const READY: usize = 16;

/// Decides in fresh instances that were made before the request came: what the
/// caller pays. Making them takes another thread what the row of fresh
/// instances shows.
fn ahead(decider: &'static Decider) -> impl Subject + 'static {
    let bodies = fraud::bodies();
    let mut answer = String::new();
    AheadStep {
        ahead: move || {
            decider.prepare(READY)?;
            Ok(())
        },
        // Before half of them are taken nobody is woken to make more.
        portion: READY as u64 / 2 - 1,
        step: move |turn| {
            answer.clear();
            written(&decider.decide(pick(&bodies, turn)?.as_bytes()), &mut answer)?;
            Ok(answer.len())
        },
    }
}

/// An answer as JSON; no decision ends the benchmark.
fn written(answer: &Answer<'_>, json: &mut String) -> Result<()> {
    if let Err(problem) = answer.decision() {
        bail!("{problem}");
    }
    answer.write_json(None, json);
    Ok(())
}

/// Decides on the requests in turn, each answer in the same text.
fn json_step(
    mut decide: impl FnMut(&[u8], &mut String) -> Result<()> + 'static,
) -> impl Subject + 'static {
    let bodies = fraud::bodies();
    let mut answer = String::new();
    Step(move |turn| {
        answer.clear();
        decide(pick(&bodies, turn)?.as_bytes(), &mut answer)?;
        Ok(answer.len())
    })
}

/// The requests as the values that the policy asks for.
fn cases(surface: &Declaration) -> Result<Vec<Vec<Value>>> {
    let values = |inputs: Inputs| {
        let value = |name: &str| match name {
            "score" => Ok(Value::Number(inputs.score)),
            "amount" => Ok(Value::Number(inputs.amount)),
            "country" => Ok(Value::Text(inputs.country.clone())),
            _ => Err(anyhow!("no request has the input `{name}`")),
        };
        surface.inputs.iter().map(|input| value(&input.name)).collect()
    };
    Inputs::all()?.into_iter().map(values).collect()
}

fn pick<T>(cases: &[T], turn: usize) -> Result<&T> {
    cases.get(turn % 8).context("there are 8 requests")
}

fn check(who: &str, policy: &Policy, cases: &[Vec<Value>]) -> Result<()> {
    let Declaration { actions, reasons, .. } = policy.surface();
    let mut given = Vec::new();
    for case in cases {
        let decision = policy.decide(case)?;
        let action = actions.get(decision.action as usize);
        let reasons: Vec<_> = decision
            .reasons
            .iter()
            .filter_map(|reason| reasons.get(*reason as usize).map(String::as_str))
            .collect();
        given.push(json!([action, reasons.join("+")]));
    }
    fraud::check_answers(who, &given)
}

fn check_json(who: &str, decider: &Decider) -> Result<()> {
    let mut given = Vec::new();
    for body in fraud::bodies() {
        let mut answer = String::new();
        written(&decider.decide(body.as_bytes()), &mut answer)?;
        let answer: Json = serde_json::from_str(&answer)?;
        given.push(json!([answer.get("action"), answer.get("reason")]));
    }
    fraud::check_answers(who, &given)
}

fn by_hand_rows() -> Result<Vec<Row>> {
    let inputs = Inputs::all()?;
    let bodies = fraud::bodies();
    Ok(vec![
        Row::new(
            "decision/native-typed",
            "Rust by hand, typed values",
            Step(move |turn| {
                let Inputs { score, amount, country } = pick(&inputs, turn)?;
                Ok(by_hand(*score, *amount, country))
            }),
        ),
        Row::new(
            "decision/native-json",
            "Rust by hand, serde_json::Value in, JSON text out",
            Step(move |turn| {
                let body: Json = serde_json::from_str(pick(&bodies, turn)?)?;
                let Inputs { score, amount, country } =
                    Inputs::read(&body).context("the request lacks inputs")?;
                let (action, reasons) = by_hand(score, amount, &country);
                let action = ACTIONS.get(action).context("no such action")?;
                Ok(json!({ "action": action, "score": score, "reason": reasons.text() })
                    .to_string())
            }),
        ),
    ])
}

/// The rows of the process of peers: case, id, label.
const PEERS: [(&str, &str, &str); 14] = [
    (
        "native-plugin",
        "decision/native-plugin",
        "the plugin's code compiled natively, typed values",
    ),
    ("cel-action", "decision/cel-action", "CEL (cel 0.15), prepared variables, action only"),
    ("cel-decision", "decision/cel", "CEL (cel 0.15), prepared variables"),
    (
        "jsonlogic-action",
        "decision/jsonlogic-action",
        "JSONLogic (datalogic-rs 5.4), JSON in, JSON out: action",
    ),
    (
        "jsonlogic-decision",
        "decision/jsonlogic",
        "JSONLogic (datalogic-rs 5.4), JSON in, JSON out: action, reasons",
    ),
    (
        "jsonlogic-answer",
        "decision/jsonlogic-answer",
        "JSONLogic (datalogic-rs 5.4), JSON in, JSON out: as Tollgate's",
    ),
    (
        "cedar-decimal",
        "decision/cedar-prepared",
        "Cedar 4.14, prepared request, one action: yes or no",
    ),
    (
        "cedar-long",
        "decision/cedar-prepared-long",
        "Cedar 4.14, prepared request scaled to integers, one action",
    ),
    ("cedar-decimal-json", "decision/cedar-json", "Cedar 4.14, request from JSON, one action"),
    (
        "cedar-long-json",
        "decision/cedar-json-long",
        "Cedar 4.14, request from JSON scaled to integers, one action",
    ),
    ("rego-interpreter", "decision/rego-parsed", "Rego (regorus 0.14, interpreter), parsed input"),
    (
        "rego-interpreter-json",
        "decision/rego-json",
        "Rego (regorus 0.14, interpreter), JSON in and out",
    ),
    ("rego-vm", "decision/rego-vm-parsed", "Rego (regorus 0.14, RVM), parsed input"),
    ("rego-vm-json", "decision/rego-vm-json", "Rego (regorus 0.14, RVM), JSON in and out"),
];

fn by_peers(peers: &Result<Rc<RefCell<Remote>>>) -> Result<Vec<Row>> {
    let row = |&(name, id, label): &(&'static str, &'static str, &str)| match peers {
        Err(why) => Ok(Row::skipped(id, label, &format!("{why:#}"))),
        Ok(peers) => {
            fraud::check_answers(name, &peers.borrow_mut().answers(name)?)?;
            Ok(Row::new(id, label, RemoteCase { remote: Rc::clone(peers), name }))
        }
    };
    PEERS.iter().map(row).collect()
}
