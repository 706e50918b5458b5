//! A pipeline's gate: evidence of a model version against a profile.
//!
//! ```console
//! $ cargo run --release -p tollgate --example gate
//! ```

use std::error::Error;

use tollgate::document::PolicyDocument;
use tollgate::facts::{Evidence, Instant};
use tollgate::judge::{Gate, Opened};
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_engine::Engine;

const PROFILE: &str = "
name: accuracy
version: 1.0.0
plugin: metric-gate@^0.1
owner: example
settings:
  rules:
    - { id: accurate, metric: accuracy, comparison: '>=', threshold: 0.9 }
    - { id: fast, metric: latency_p95_ms, comparison: '<=', threshold: 50, unit: ms }
";

fn main() -> Result<(), Box<dyn Error>> {
    let plugins = Plugins::new(Engine::builder().build()?);
    let document = PolicyDocument::parse(Source::new("profile.yaml", PROFILE), Default::default())?;
    let gate = Gate::new(Opened::of_document(&plugins, document)?)?;

    let mut evidence = Evidence::new();
    let facts = "metrics: { accuracy: 0.93, latency_p95_ms: 61 }";
    evidence.parse(&Source::new("facts.yaml", facts), "candidate")?;
    let report = gate.evaluate(&evidence, Instant::now())?;
    println!("{} {}: {}", report.name, report.version, report.verdict.name());
    for finding in &report.findings {
        println!("    {} {}: {}", finding.outcome.name(), finding.rule, finding.message);
    }
    Ok(())
}
