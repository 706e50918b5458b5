//! May this model version move on?

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tollgate_engine::types::{Fact, FactValue, Outcome};
use tollgate_engine::{CallOptions, CallStats, Fault, Plugin};

use super::{JudgeError, Opened, located};
use crate::canonical;
use crate::document::PolicyDocument;
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

/// A gate profile with its plugin. Owned, for many threads, and cheap to clone.
///
/// ```no_run
/// # use tollgate::facts::{Evidence, Instant};
/// # use tollgate::{judge::Gate, plugins::Plugins};
/// # let plugins = Plugins::new(tollgate_engine::Engine::builder().build()?);
/// let gate = Gate::open(&plugins, "policies/gates/offline.yaml".as_ref())?;
/// let mut evidence = Evidence::new();
/// evidence.read("candidate/run.json".as_ref(), "candidate")?;
/// let report = gate.evaluate(&evidence, Instant::now())?;
/// println!("{}", report.verdict.name());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    profile: PolicyDocument,
    plugin: Plugin,
    gate: tollgate_engine::Gate,
}

impl Gate {
    /// Opens a gate profile, or a component that [`bake`](super::bake) made.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(plugins: &Plugins, path: &Path) -> Result<Self, JudgeError> {
        Self::new(Opened::open(plugins, path)?)
    }

    /// The judge of an opened profile.
    ///
    /// # Errors
    /// When its plugin is of another world, or does not take the settings.
    pub fn new(opened: Opened) -> Result<Self, JudgeError> {
        let gate = opened
            .plugin()
            .gate(opened.settings())
            .map_err(|error| located(opened.document(), error))?;
        let (profile, plugin) = opened.into_parts();
        Ok(Self(Arc::new(Inner { profile, plugin, gate })))
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &PolicyDocument {
        &self.0.profile
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.0.plugin
    }

    /// Judges all the evidence in a fresh instance. `as_of` is what a rule's
    /// `max_age` counts from, and nothing that was observed later counts.
    ///
    /// # Errors
    /// When the plugin fails: nothing has passed. A rule that is broken is a
    /// finding, not an error.
    pub fn evaluate(&self, evidence: &Evidence, as_of: Instant) -> Result<ProfileReport, Fault> {
        self.evaluate_with(evidence, as_of, &CallOptions::fresh(), None)
    }

    /// [`Gate::evaluate`], as the options say; what it took goes to `stats`.
    ///
    /// # Errors
    /// As there.
    pub fn evaluate_with(
        &self,
        evidence: &Evidence,
        as_of: Instant,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<ProfileReport, Fault> {
        let itself = same_run(evidence).then(|| compared_with_itself("", ""));
        let mut evidence = Cow::Borrowed(evidence);
        if !evidence.has(AS_OF, RUN) {
            evidence.to_mut().observe(fact_as_of(as_of));
        }
        self.judge(&evidence, itself.as_ref(), options, stats)
    }

    /// Judges evidence that says as of when, and that the champion may be the
    /// candidate itself.
    fn judge(
        &self,
        evidence: &Evidence,
        itself: Option<&FindingReport>,
        options: &CallOptions,
        stats: Option<&mut CallStats>,
    ) -> Result<ProfileReport, Fault> {
        let Inner { profile, plugin, gate } = &*self.0;
        let _span =
            tracing::debug_span!("gate", profile = %profile.name, version = %profile.version)
                .entered();
        let found = gate.evaluate_with(evidence.facts(), options, stats)?;
        let found = found.into_iter().map(FindingReport::from);
        let findings: Vec<FindingReport> = itself.into_iter().cloned().chain(found).collect();
        Ok(ProfileReport {
            name: profile.name.clone(),
            version: profile.version.to_string(),
            // A profile that finds nothing has judged nothing.
            verdict: if findings.is_empty() { Outcome::Inconclusive } else { worst(&findings) },
            findings,
            plugin: PluginReport::from(plugin),
            settings: profile.settings_digest(),
        })
    }
}

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
        profiles.iter().map(|path| Gate::open(plugins, path)).collect::<Result<Vec<_>, _>>()?;
    // Looking at a signature means loading one more plugin, so only on demand.
    if profiles.iter().any(|gate| gate.profile().settings().contains(SCHEMA_VALID))
        && !evidence.has(SCHEMA_VALID, CANDIDATE)
    {
        evidence.observe(schema_valid(plugins, &candidate)?);
    }
    evidence.observe(fact_as_of(as_of));
    let itself = champion
        .as_ref()
        .filter(|champion| candidate.is_same(champion) || same_run(&evidence))
        .map(|champion| compared_with_itself(&champion.title(), &candidate.title()));
    let mut reports = Vec::with_capacity(profiles.len());
    for gate in &profiles {
        reports.push(gate.judge(&evidence, itself.as_ref(), &CallOptions::fresh(), None)?);
    }
    Ok(GateReport {
        verdict: reports.iter().map(|report| report.verdict).max().unwrap_or(Outcome::Inconclusive),
        candidate: candidate.title(),
        champion: champion.as_ref().map(Model::title),
        as_of: as_of.to_string(),
        profiles: reports,
        facts: evidence.facts().iter().map(FactReport::from).collect(),
    })
}

/// A rule that compares the two would hold whatever the candidate is worth.
fn compared_with_itself(champion: &str, candidate: &str) -> FindingReport {
    let spaced = |title: &str| if title.is_empty() { String::new() } else { format!(" {title}") };
    let message = format!(
        "the champion{} is the candidate{} itself, and a comparison with itself says nothing: \
         give the version that serves now as champion, or none",
        spaced(champion),
        spaced(candidate)
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
