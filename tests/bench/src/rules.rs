//! A hundred rules over ten thousand facts, once the facts are there.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use tollgate::document::PolicyDocument;
use tollgate::facts::{CANDIDATE, Evidence, Instant};
use tollgate::judge::{Gate, Opened};
use tollgate::plugins::Plugins;
use tollgate::source::Source;
use tollgate_engine::Engine;

use crate::group::{Group, Row};
use crate::measure::Step;

const RULES: usize = 100;
const MANY: &str = "rules/10000-facts";
const FEW: &str = "rules/1000-facts";

/// The gate of a wide model: a rule a metric, each in as many slices.
pub(crate) fn group() -> Result<Group> {
    let plugins = Plugins::new(Engine::builder().build()?);
    let gate = Gate::new(Opened::of_document(&plugins, profile()?)?)?;
    let row = |id, label, facts| -> Result<Row> {
        let (gate, evidence) = (gate.clone(), evidence(facts)?);
        let findings = gate.evaluate(&evidence, Instant::now())?.findings.len();
        ensure!(findings == facts, "{findings} findings about {facts} facts");
        let judged = move |_| {
            gate.evaluate(&evidence, Instant::now())?;
            Ok(())
        };
        Ok(Row::new(id, label, Step(judged)))
    };
    Ok(Group {
        title: "A gate of 100 rules, the facts at hand",
        unit: "run",
        reference: MANY,
        long: true,
        rows: vec![
            row(MANY, "10,000 facts: 100 slices of each metric", 10_000)?,
            row(FEW, "1,000 facts: 10 slices of each metric", 1_000)?,
        ],
    })
}

fn profile() -> Result<PolicyDocument> {
    let mut text = "name: wide\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: bench\n\
                    settings:\n  rules:\n"
        .to_owned();
    for rule in 0..RULES {
        writeln!(
            text,
            "    - {{ metric: m{rule}, for_each: slice, comparison: \">=\", threshold: 0.5 }}"
        )?;
    }
    Ok(PolicyDocument::parse(Source::new("wide.yaml", &text), ".".into())?)
}

fn evidence(facts: usize) -> Result<Evidence> {
    let mut text = "facts:\n".to_owned();
    for fact in 0..facts {
        let (metric, slice) = (fact % RULES, fact / RULES);
        writeln!(
            text,
            "  - {{ name: m{metric}, labels: {{ slice: s{slice} }}, value: 0.{} }}",
            500 + fact % 499
        )?;
    }
    let mut evidence = Evidence::new();
    evidence.parse(&Source::new("facts.yaml", &text), CANDIDATE)?;
    Ok(evidence)
}
