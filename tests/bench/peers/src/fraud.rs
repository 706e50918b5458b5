//! The requests that every engine decides on.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// How many requests there are; a power of two, so that taking turns is cheap.
pub(crate) const REQUESTS: usize = 8;

/// The bodies as they come over the wire.
pub(crate) fn bodies() -> Vec<&'static str> {
    let bodies: Vec<_> = include_str!("../../fraud/requests.jsonl").lines().collect();
    assert_eq!(bodies.len(), REQUESTS);
    bodies
}

/// What the policy reads of a request.
pub(crate) struct Inputs {
    pub(crate) score: f64,
    pub(crate) amount: f64,
    pub(crate) country: String,
}

/// The inputs, for engines that take them prepared.
pub(crate) fn inputs() -> Result<Vec<Inputs>> {
    bodies().into_iter().map(|body| read(&serde_json::from_str(body)?)).collect()
}

fn read(body: &Value) -> Result<Inputs> {
    let number =
        |name: &str| body.get(name).and_then(Value::as_f64).with_context(|| name.to_owned());
    Ok(Inputs {
        score: number("score")?,
        amount: number("amount")?,
        country: body.get("country").and_then(Value::as_str).context("country")?.to_owned(),
    })
}
