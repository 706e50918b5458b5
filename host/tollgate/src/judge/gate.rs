//! May this model version move on?

use std::path::{Path, PathBuf};

use serde_json::json;
use tollgate_engine::types::{Fact, FactValue, Outcome};

use super::{JudgeError, Opened, located};
use crate::canonical;
use crate::facts::{AS_OF, CANDIDATE, Evidence, Instant, RUN};
use crate::model::{self, Model};
use crate::plugins::{MLFLOW_SIGNATURE, Plugins};
use crate::report::{FactReport, FindingReport, GateReport, PluginReport, ProfileReport, worst};

/// The subject of the version that the candidate is compared with.
const CHAMPION: &str = "champion";

/// A fact that the host finds out itself: the candidate's signature is there
/// and can be used.
const SCHEMA_VALID: &str = "schema_valid";

/// The rule of the finding that a champion is the candidate itself.
const CHAMPION_IS_CANDIDATE: &str = "champion-is-candidate";

/// Judges a candidate by all profiles, as of now.
///
/// # Errors
/// As [`gate_as_of`].
pub fn gate(
    plugins: &Plugins,
    candidate: &Path,
    champion: Option<&Path>,
    facts: &[PathBuf],
    profiles: &[PathBuf],
) -> Result<GateReport, JudgeError> {
    gate_as_of(plugins, candidate, champion, facts, profiles, Instant::now())
}

/// Judges a candidate by all profiles, as of a point in time: what a rule's
/// `max_age` counts from.
///
/// # Errors
/// When a file cannot be read or is wrong, or a plugin fails. A rule that is
/// broken is a finding, not an error.
pub fn gate_as_of(
    plugins: &Plugins,
    candidate: &Path,
    champion: Option<&Path>,
    facts: &[PathBuf],
    profiles: &[PathBuf],
    as_of: Instant,
) -> Result<GateReport, JudgeError> {
    let mut evidence = Evidence::new();
    for path in facts {
        evidence.read(path, CANDIDATE)?;
    }
    let candidate = Model::read(candidate, CANDIDATE, &mut evidence)?;
    let champion =
        champion.map(|folder| Model::read(folder, CHAMPION, &mut evidence)).transpose()?;
    let profiles =
        profiles.iter().map(|path| Opened::open(plugins, path)).collect::<Result<Vec<_>, _>>()?;
    // Looking at a signature means loading one more plugin, so only on demand.
    if profiles.iter().any(|profile| profile.document.settings().contains(SCHEMA_VALID))
        && !evidence.has(SCHEMA_VALID, CANDIDATE)
    {
        evidence.observe(schema_valid(plugins, &candidate)?);
    }
    evidence.observe(fact_as_of(as_of));
    let itself = champion
        .as_ref()
        .filter(|champion| candidate.is_same(champion) || same_run(&evidence))
        .map(|champion| compared_with_itself(champion, &candidate));
    let mut reports = Vec::with_capacity(profiles.len());
    for opened in &profiles {
        let Opened { document: profile, plugin } = opened;
        let gate = plugin.gate(opened.settings()).map_err(|error| located(profile, error))?;
        let found = gate.evaluate(evidence.facts())?.into_iter().map(FindingReport::from);
        let findings: Vec<FindingReport> = itself.iter().cloned().chain(found).collect();
        reports.push(ProfileReport {
            name: profile.name.clone(),
            version: profile.version.to_string(),
            // A profile that finds nothing has judged nothing.
            verdict: if findings.is_empty() { Outcome::Inconclusive } else { worst(&findings) },
            findings,
            plugin: PluginReport::from(plugin),
            settings: profile.settings_digest(),
        });
    }
    Ok(GateReport {
        command: "gate",
        verdict: reports.iter().map(|report| report.verdict).max().unwrap_or(Outcome::Inconclusive),
        candidate: candidate.title(),
        champion: champion.as_ref().map(Model::title),
        as_of: as_of.to_string(),
        profiles: reports,
        facts: evidence.facts().iter().map(FactReport::from).collect(),
    })
}

/// A rule that compares the two would hold whatever the candidate is worth.
fn compared_with_itself(champion: &Model, candidate: &Model) -> FindingReport {
    let message = format!(
        "the champion {} is the candidate {} itself, and a comparison with itself says nothing: \
         give the version that serves now as champion, or none",
        champion.title(),
        candidate.title()
    );
    FindingReport::new(CHAMPION_IS_CANDIDATE, Outcome::Inconclusive, message)
}

fn same_run(evidence: &Evidence) -> bool {
    evidence.runs(CANDIDATE).any(|run| evidence.runs(CHAMPION).any(|other| other == run))
}

fn fact_as_of(as_of: Instant) -> Fact {
    Fact {
        name: AS_OF.to_owned(),
        subject: RUN.to_owned(),
        labels: Vec::new(),
        value: FactValue::Text(as_of.to_string()),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}

fn schema_valid(plugins: &Plugins, model: &Model) -> Result<Fact, JudgeError> {
    let valid = match model::read_signature(&model.folder) {
        Err(_) => false,
        Ok(signature) => {
            let settings = canonical::to_text(&json!({ "signature": signature.value }));
            plugins.built_in(MLFLOW_SIGNATURE)?.signature(Some(&settings)).is_ok()
        }
    };
    Ok(Fact {
        name: SCHEMA_VALID.to_owned(),
        subject: CANDIDATE.to_owned(),
        labels: Vec::new(),
        value: FactValue::Boolean(valid),
        unit: None,
        samples: None,
        observed_at: None,
        source: Some(format!("signature of {}", model.title())),
    })
}
