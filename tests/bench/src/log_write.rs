//! What logging a decision costs whoever decided.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tollgate::judge::Decider;
use tollgate::plugins::Plugins;
use tollgate_decisions::{Context, DecisionLog, Settings, WhenFull};
use tollgate_engine::Engine;

use crate::fraud;
use crate::group::{Group, Row};
use crate::measure::Step;
use crate::places::Places;

/// From JSON to JSON in a fresh instance, as a server decides.
pub(crate) fn group(places: &Places) -> Result<Group> {
    let scratch = places.scratch("log-write")?;
    let document = scratch.join("policy.yaml");
    std::fs::write(&document, fraud::document()?)?;
    let plugins = Plugins::new(Engine::builder().build()?);
    let decider: &'static Decider = Box::leak(Box::new(Decider::open(&plugins, &document)?));
    let mut settings = Settings::new(scratch.join("decisions"), "tollgate-bench");
    settings.when_full = WhenFull::Block(Duration::from_secs(60));
    let log = DecisionLog::open(settings)?;
    let step = |log: Option<DecisionLog>| {
        let (bodies, mut text) = (fraud::bodies(), String::new());
        Step(move |turn: usize| {
            let body =
                bodies.get(turn % bodies.len().max(1)).ok_or_else(|| anyhow!("a request"))?;
            let answer = decider.decide(body.as_bytes());
            if let Some(log) = &log {
                log.write(&answer, &Context::default())?;
            }
            text.clear();
            answer.write_json(None, &mut text);
            Ok(text.len())
        })
    };
    Ok(Group {
        title: "A decision, JSON in and out, logged",
        unit: "decision",
        reference: "log-write/off",
        long: false,
        rows: vec![
            Row::new("log-write/off", "no log", step(None)),
            Row::new("log-write/on", "logged: what the caller pays", step(Some(log))),
        ],
    })
}
