//! JSONLogic, by the crate `datalogic-rs`: compiled rule, JSON text in and
//! out, through a session that reuses its arena (its fastest such interface).

use anyhow::{Context as _, Result, anyhow};
use datalogic_rs::{Engine, Logic, Session};
use serde_json::{Value, json};

use crate::case::Case;
use crate::fraud;

pub(crate) fn cases() -> Result<Vec<Case>> {
    Ok(vec![
        case("jsonlogic-action", Engine::new(), include_str!("../../fraud/action.jsonlogic.json"))?,
        case(
            "jsonlogic-decision",
            Engine::new(),
            include_str!("../../fraud/decision.jsonlogic.json"),
        )?,
        // All that Tollgate's answer says, but for its id.
        case(
            "jsonlogic-answer",
            Engine::builder().with_templating(true).build(),
            include_str!("../../fraud/answer.jsonlogic.json"),
        )?,
    ])
}

fn case(name: &'static str, engine: Engine, rule: &str) -> Result<Case> {
    // Sessions borrow their engine; both live as long as the process.
    let engine: &'static Engine = Box::leak(Box::new(engine));
    let rule = engine.compile(rule).map_err(|error| anyhow!("{name}: {error}"))?;
    let rule: &'static Logic = Box::leak(Box::new(rule));
    let bodies = fraud::bodies();
    let session: &'static std::cell::RefCell<Session<'static>> =
        Box::leak(Box::new(std::cell::RefCell::new(engine.session())));
    let step = move |request: usize| {
        let body = *bodies.get(request).context("no such request")?;
        let mut session = session.borrow_mut();
        let decision = session.eval_str(rule, body).map_err(|error| anyhow!("{error}"))?;
        session.reset();
        Ok(decision)
    };
    Ok(Case::new(name, step, |text: String| {
        let answer: Value = serde_json::from_str(&text)?;
        Ok(match (answer.get("action"), answer.get("reason")) {
            (Some(action), Some(reason)) => json!([action, reason]),
            _ => answer,
        })
    }))
}
