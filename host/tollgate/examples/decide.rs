//! A policy in a service: opened once, asked by bytes, answered by types.
//!
//! ```console
//! $ cargo run --release -p tollgate --example decide
//! ```

use std::error::Error;
use std::path::Path;

use tollgate::input::Outside;
use tollgate::judge::Decider;
use tollgate::plugins::Plugins;
use tollgate_engine::{CallOptions, CallStats, Engine};

fn main() -> Result<(), Box<dyn Error>> {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let plugins = Plugins::new(Engine::builder().build()?);
    let decider = Decider::open(&plugins, &policies.join("fraud.yaml"))?;
    // Four instances wait for requests, each of which gets one of its own.
    decider.prepare(4)?;

    let request = br#"{"score": 0.73, "amount": 120, "country": "US",
        "merchant_age_days": 400, "transactions_last_hour": 1}"#;
    let mut stats = CallStats::default();
    let answer =
        decider.decide_with(request, &Outside::default(), &CallOptions::fresh(), Some(&mut stats));
    match answer.decision() {
        Ok(_) => {
            let reasons: Vec<&str> = answer.reasons().collect();
            println!("{} because of {reasons:?}", answer.action().unwrap_or_default());
        }
        // Never `allow`: it is the document's fallback, or nothing.
        Err(problem) => println!("{:?}, as {problem}", answer.action()),
    }
    println!(
        "{} operations, {} KiB, {} instance",
        stats.fuel,
        stats.memory >> 10,
        stats.instance.name()
    );

    let mut json = String::new();
    answer.write_json(None, &mut json);
    println!("{json}");
    Ok(())
}
