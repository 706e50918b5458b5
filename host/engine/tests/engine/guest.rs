//! Builds components from WebAssembly text.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use tollgate_engine::types::{Cells, Column, Decision, Fact, FactValue, Outcome, Value};
use tollgate_engine::{Engine, Limits, Plugin};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// A world of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum World {
    Policy,
    Gate,
    Signature,
}

impl World {
    pub(crate) const ALL: [Self; 3] = [Self::Policy, Self::Gate, Self::Signature];

    fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Gate => "gate",
            Self::Signature => "signature",
        }
    }

    /// The core module's text.
    pub(crate) fn text(self) -> String {
        let parts: &[&str] = match self {
            Self::Policy => {
                &[include_str!("guests/lifecycle.wat"), include_str!("guests/policy.wat")]
            }
            Self::Gate => &[
                include_str!("guests/lifecycle.wat"),
                include_str!("guests/findings.wat"),
                include_str!("guests/gate.wat"),
            ],
            Self::Signature => &[
                include_str!("guests/lifecycle.wat"),
                include_str!("guests/findings.wat"),
                include_str!("guests/signature.wat"),
            ],
        };
        format!("(module ${}\n{})", self.name(), parts.concat())
    }
}

/// The parts of a guest that a test replaces, by name.
pub(crate) type Parts = BTreeMap<String, String>;

/// A well-behaved guest.
pub(crate) fn good(world: World) -> Vec<u8> {
    build(world, &Parts::new()).unwrap()
}

/// A policy with one part replaced.
pub(crate) fn policy_with(part: &str, text: &str) -> Vec<u8> {
    build(World::Policy, &Parts::from([(part.to_owned(), text.to_owned())])).unwrap()
}

/// A guest with some parts replaced, as a component.
pub(crate) fn build(world: World, parts: &Parts) -> Result<Vec<u8>> {
    let mut text = world.text();
    for (name, part) in parts {
        let start = format!(";;{{{name}\n");
        let start = text.find(&start).with_context(|| format!("no part `{name}`"))? + start.len();
        let end = start + text[start..].find(";;}").context("no end of a part")?;
        text.replace_range(start..end, &format!("{part}\n"));
    }
    component(world.name(), &text)
}

/// A core module's text as a component of a world.
pub(crate) fn component(world: &str, text: &str) -> Result<Vec<u8>> {
    let mut module = wat::parse_str(text)?;
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/1.0.0");
    let (package, _) = resolve.push_dir(contract)?;
    let world = resolve.select_world(&[package], Some(world))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(false).encode()
}

/// An engine for tests: less of everything, so that they are quick.
pub(crate) fn engine() -> Engine {
    engine_with(limits())
}

pub(crate) fn engine_with(limits: Limits) -> Engine {
    Engine::builder().limits(limits).build().unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits {
        fuel: 10_000_000,
        memory: 4 << 20,
        table_elements: 1000,
        output: 4 << 20,
        instances: 4,
        ..Limits::default()
    }
}

/// Numbers as the only column of a batch.
pub(crate) fn numbers(cells: &[f64]) -> Column {
    Column { cells: Cells::Numbers(cells.to_vec()), validity: None }
}

pub(crate) fn fact() -> Fact {
    Fact {
        name: "auc".to_owned(),
        subject: "candidate".to_owned(),
        labels: Vec::new(),
        value: FactValue::Number(0.9),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}

/// Judges with a well-behaved guest and asserts that it is right: the engine
/// has survived what was done to it.
pub(crate) fn assert_right(plugin: &Plugin) {
    match plugin.world() {
        tollgate_engine::World::Policy => {
            let policy = plugin.policy(Some("5")).unwrap();
            let allowed = policy.decide(&[Value::Number(0.5)]).unwrap();
            assert_eq!(allowed, Decision { action: 0, reasons: vec![] });
            let blocked = policy.decide(&[Value::Number(0.51)]).unwrap();
            assert_eq!(blocked, Decision { action: 1, reasons: vec![0] });
            let batch = policy.decide_batch(3, &[numbers(&[0.1, 0.9, f64::NAN])]).unwrap();
            assert_eq!(batch.rows, [0, 1, 2]);
        }
        tollgate_engine::World::Gate => {
            let gate = plugin.gate(Some("5")).unwrap();
            let [finding] = gate.evaluate(&[fact()]).unwrap().try_into().unwrap();
            assert_eq!((finding.outcome, finding.facts), (Outcome::Pass, vec![0]));
            let [finding] = gate.evaluate(&[]).unwrap().try_into().unwrap();
            assert_eq!((finding.outcome, finding.facts), (Outcome::Inconclusive, vec![]));
        }
        tollgate_engine::World::Signature => {
            let signature = plugin.signature(Some("5")).unwrap();
            assert_eq!(signature.check(b"{}").unwrap(), []);
            let [finding] = signature.check(b"[]").unwrap().try_into().unwrap();
            assert_eq!((finding.rule.as_str(), finding.outcome), ("rule", Outcome::Fail));
            assert_eq!(signature.normalize(b"{1}").unwrap().unwrap(), b"{1}");
            assert_eq!(signature.normalize(b"[]").unwrap().unwrap_err(), [finding]);
            assert_eq!(signature.check_columns(1, &[]).unwrap(), []);
        }
    }
}
