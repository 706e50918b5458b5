//! Whether a model's old name is used no more.

use std::path::PathBuf;

use serde_json::json;
use tollgate::facts::{CANDIDATE, Evidence, Instant};
use tollgate::judge::{Gate, GateCase};
use tollgate::model::{Description, Model};
use tollgate::plugins::Plugins;
use tollgate::report::GateReport;
use tollgate::source::Source;
use tollgate_sources::{Asked, Named, Sources};

use crate::PromotionError;
use crate::plan::Plan;

/// Judges by the plan's profile whether nobody uses a name any more: how many
/// requests there were is what files of facts say, and sources, those of the
/// profile included. They are asked for the name, and for no version of it.
///
/// # Errors
/// When the plan has no such profile, or evidence cannot be used.
pub fn judge(
    plan: &Plan,
    plugins: &Plugins,
    name: &str,
    facts: &[PathBuf],
    sources: &[PathBuf],
    as_of: Instant,
) -> Result<GateReport, PromotionError> {
    let profile = plan.unused.as_deref();
    let profile = profile.ok_or_else(|| PromotionError::NoUnused { plan: plan.name.clone() })?;
    let gate = Gate::open(plugins, profile)?;
    let mut evidence = Evidence::new();
    for path in facts {
        evidence.read(path, CANDIDATE)?;
    }
    let mut all = Vec::new();
    for path in sources.iter().map(PathBuf::as_path) {
        Sources::join(&mut all, [Sources::read(path)?]);
    }
    Sources::join(&mut all, Sources::of_profile(gate.profile())?);
    let asked = Asked {
        candidate: Named { name: Some(name.to_owned()), version: None },
        champion: None,
        registry: None,
        as_of,
    };
    let mut notes = Vec::new();
    for sources in &all {
        notes.extend(crate::collect::said(sources.collect(&asked), &mut evidence)?);
    }
    let mut case = GateCase::new(model(name, &mut evidence)?, None, evidence, as_of);
    notes.iter().for_each(|note| case.state(note.to_fact()));
    all.iter().for_each(|sources| sources.state(&mut case));
    Ok(case.judge(&[gate])?)
}

fn model(name: &str, evidence: &mut Evidence) -> Result<Model, PromotionError> {
    let version = json!({ "model_version": { "name": name } }).to_string();
    let description = Description {
        from: name.to_owned(),
        version: Some(Source::new(name, &version)),
        ..Description::default()
    };
    Ok(Model::described(description, CANDIDATE, evidence)?)
}
