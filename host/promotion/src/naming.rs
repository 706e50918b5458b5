//! Whether a model may have a name.

use serde_json::json;
use tollgate::facts::{CANDIDATE, Evidence, Instant};
use tollgate::judge::{Gate, GateCase};
use tollgate::model::{Description, Model};
use tollgate::plugins::Plugins;
use tollgate::report::GateReport;
use tollgate::source::Source;

use crate::PromotionError;
use crate::plan::Plan;

/// Judges a name before anything bears it, by the plan's profile for names.
///
/// # Errors
/// When the plan has none, or it cannot be used.
pub fn judge(
    plan: &Plan,
    plugins: &Plugins,
    name: &str,
    as_of: Instant,
) -> Result<GateReport, PromotionError> {
    let profile = plan
        .naming
        .as_deref()
        .ok_or_else(|| PromotionError::NoNaming { plan: plan.name.clone() })?;
    let gate = Gate::open(plugins, profile)?;
    let version = json!({ "model_version": { "name": name } }).to_string();
    let description = Description {
        from: name.to_owned(),
        version: Some(Source::new(name, &version)),
        ..Description::default()
    };
    let mut evidence = Evidence::new();
    let model = Model::described(description, CANDIDATE, &mut evidence)?;
    Ok(GateCase::new(model, None, evidence, as_of).judge(&[gate])?)
}
