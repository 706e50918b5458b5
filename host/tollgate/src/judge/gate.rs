//! May this model version move on?

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tollgate_engine::types::{Fact, FactValue, Label, Outcome};
use tollgate_engine::{CallOptions, CallStats, Digest, Fault, Plugin};

use super::kept::Kept;
use super::rule_places::RulePlaces;
use super::{JudgeError, Opened, located};
use crate::canonical;
use crate::document::PolicyDocument;
use crate::facts::{AS_OF, CANDIDATE, CHAMPION, Evidence, Instant, RUN, SCHEMA_VALID};
use crate::model::{self, Model, SignatureText};
use crate::plugins::{MLFLOW_SIGNATURE, Plugins};
use crate::report::{
    ConfigurationReport, FactReport, FindingReport, GateDigests, GateReport, PluginReport,
    ProfileReport, policy_digest, worst,
};
use crate::source::Source;

/// The facts of the run that say what an approval is bound to.
const DIGESTS: [&str; 3] = ["model_digest", "policy_digest", "report_digest"];

/// The facts of the run that say which documents it was configured by.
const CONFIGURATION: &str = "configuration_digest";

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
    file: String,
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
        let file = opened.file().to_owned();
        let (profile, plugin) = opened.into_parts();
        Ok(Self(Arc::new(Inner { profile, file, plugin, gate })))
    }

    /// The profile.
    #[must_use]
    pub fn profile(&self) -> &PolicyDocument {
        &self.0.profile
    }

    /// The file that it was opened from, as the user named it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.0.plugin
    }

    /// What a policy digest takes in of it.
    fn identity(&self) -> [String; 4] {
        let Inner { profile, plugin, .. } = &*self.0;
        [
            profile.name.clone(),
            profile.version.to_string(),
            profile.settings_digest().to_string(),
            plugin.digest().to_string(),
        ]
    }

    /// Whether a rule asks for what [`GateCase::look_at_signature`] states.
    #[must_use]
    pub fn asks_for_signature(&self) -> bool {
        self.profile().settings().contains(SCHEMA_VALID)
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
        let Inner { profile, file, plugin, gate } = &*self.0;
        let _span =
            tracing::debug_span!("gate", profile = %profile.name, version = %profile.version)
                .entered();
        let found = gate.evaluate_with(evidence.facts(), options, stats)?;
        // What was baked has no lines that a person wrote.
        let rules = plugin.baked().is_none().then(|| RulePlaces::new(profile));
        let found = found.into_iter().map(FindingReport::from).map(|finding| FindingReport {
            line: rules.as_ref().and_then(|rules| rules.line(&finding)),
            ..finding
        });
        let findings: Vec<FindingReport> = itself.into_iter().cloned().chain(found).collect();
        Ok(ProfileReport {
            name: profile.name.clone(),
            version: profile.version.to_string(),
            document: file.clone(),
            // A profile that finds nothing has judged nothing.
            verdict: if findings.is_empty() { Outcome::Inconclusive } else { worst(&findings) },
            findings,
            plugin: PluginReport::from(plugin),
            settings: profile.settings_digest(),
        })
    }
}

/// What a gate judges: a version, the one that it is compared with, and all
/// that is known of both.
#[derive(Debug, Clone)]
pub struct GateCase(Kept);

impl GateCase {
    /// Two versions and the evidence about them. `as_of` is what a rule's
    /// `max_age` counts from.
    #[must_use]
    pub fn new(
        candidate: Model,
        champion: Option<Model>,
        mut evidence: Evidence,
        as_of: Instant,
    ) -> Self {
        evidence.observe(fact_as_of(as_of));
        Self(Kept { candidate, champion, as_of, evidence, is_whole: true })
    }

    /// The versions of two folders, and what files of facts say.
    ///
    /// # Errors
    /// When a file cannot be read or is wrong.
    pub fn of_folders(
        candidate: &Path,
        champion: Option<&Path>,
        facts: &[PathBuf],
        as_of: Instant,
    ) -> Result<Self, JudgeError> {
        let mut evidence = Evidence::new();
        for path in facts {
            evidence.read(path, CANDIDATE)?;
        }
        Self::of_folders_with(candidate, champion, evidence, as_of)
    }

    /// The versions of two folders, and what is known of them already.
    ///
    /// # Errors
    /// When a file cannot be read or is wrong.
    pub fn of_folders_with(
        candidate: &Path,
        champion: Option<&Path>,
        mut evidence: Evidence,
        as_of: Instant,
    ) -> Result<Self, JudgeError> {
        let candidate = Model::read(candidate, CANDIDATE, &mut evidence)?;
        let champion =
            champion.map(|folder| Model::read(folder, CHAMPION, &mut evidence)).transpose()?;
        Ok(Self::new(candidate, champion, evidence, as_of))
    }

    /// What [`GateCase::to_json`] gave.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(source: &Source) -> Result<Self, JudgeError> {
        Ok(Self(Kept::parse(source)?))
    }

    /// All of it, to be judged again later and elsewhere. Judged by the same
    /// profiles it gives the same report.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.0.to_json()
    }

    /// The version that wants to move on.
    #[must_use]
    pub fn candidate(&self) -> &Model {
        &self.0.candidate
    }

    /// The version that it is compared with.
    #[must_use]
    pub fn champion(&self) -> Option<&Model> {
        self.0.champion.as_ref()
    }

    /// The evidence.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.0.evidence
    }

    /// As of when it is judged.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.0.as_of
    }

    /// States a fact that is nobody else's to state: of the run itself, or of
    /// a version (`policies/facts.md`).
    pub fn state(&mut self, fact: Fact) {
        self.0.evidence.observe(fact);
    }

    /// States something of the run itself: `target`, `action`, `actor`.
    pub fn state_of_run(&mut self, name: &str, value: &str) {
        self.state(model::fact(name, RUN, FactValue::Text(value.to_owned())));
    }

    /// States which document said where evidence comes from: `sources` or
    /// `approvals`.
    pub fn state_configuration(&mut self, kind: &str, document: &str, digest: Digest) {
        let label = |key: &str, value: &str| Label { key: key.to_owned(), value: value.to_owned() };
        self.state(Fact {
            labels: vec![label("document", document), label("kind", kind)],
            ..model::fact(CONFIGURATION, RUN, FactValue::Text(digest.to_string()))
        });
    }

    /// States whether the candidate's signature is there and can be used,
    /// where no file says it and the host has it at hand.
    ///
    /// # Errors
    /// When the plugin that reads signatures cannot be loaded.
    pub fn look_at_signature(&mut self, plugins: &Plugins) -> Result<(), JudgeError> {
        let Kept { candidate, evidence, is_whole, .. } = &mut self.0;
        // Of what was kept, no more can be found out.
        if *is_whole && !evidence.has(SCHEMA_VALID, CANDIDATE) {
            evidence.observe(schema_valid(plugins, candidate)?);
        }
        Ok(())
    }

    /// The digests that approvals were held against, where that was so when the
    /// case was kept: what it comes to now includes what approvals came to.
    fn stated_digests(&self) -> Option<GateDigests> {
        let digest = |name: &str| {
            let facts = self.evidence().facts().iter();
            let mut found = facts.filter(|fact| fact.name == name && fact.subject == RUN);
            match &found.next()?.value {
                FactValue::Text(text) => Digest::parse(text),
                _ => None,
            }
        };
        let [model, policy, report] = DIGESTS.map(digest);
        Some(GateDigests { model: model?, policy: policy?, report: report? })
    }

    /// Judges by all profiles.
    ///
    /// # Errors
    /// When a plugin fails. A rule that is broken is a finding, not an error.
    pub fn judge(&self, profiles: &[Gate]) -> Result<GateReport, JudgeError> {
        let Kept { candidate, champion, as_of, evidence, .. } = &self.0;
        let itself = champion
            .as_ref()
            .filter(|champion| candidate.is_same(champion) || same_run(evidence))
            .map(|champion| compared_with_itself(&champion.title, &candidate.title));
        let mut reports = Vec::with_capacity(profiles.len());
        for gate in profiles {
            reports.push(gate.judge(evidence, itself.as_ref(), &CallOptions::fresh(), None)?);
        }
        let verdict = reports.iter().map(|report| report.verdict).max();
        Ok(GateReport {
            verdict: verdict.unwrap_or(Outcome::Inconclusive),
            candidate: candidate.title.clone(),
            champion: champion.as_ref().map(|champion| champion.title.clone()),
            as_of: as_of.to_string(),
            digests: self
                .stated_digests()
                .unwrap_or_else(|| GateDigests::of(candidate.digest(), &reports)),
            configuration: configuration(evidence),
            profiles: reports,
            facts: evidence.facts().iter().map(FactReport::from).collect(),
        })
    }
}

impl GateCase {
    /// Judges the approvals of what was judged, which stand beside the report's
    /// digests as facts, and adds what comes of it to the report.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn judge_approvals(
        &mut self,
        mut report: GateReport,
        gate: &Gate,
        approvals: Vec<Fact>,
    ) -> Result<GateReport, JudgeError> {
        // Whoever makes the quorum smaller has changed the policy.
        report.digests.policy = policy_digest(
            report.profiles.iter().map(ProfileReport::identity).chain([gate.identity()]),
        );
        let GateDigests { model, policy, report: found } = &report.digests;
        for (name, digest) in DIGESTS.into_iter().zip([model, policy, found]) {
            self.state_of_run(name, &digest.to_string());
        }
        approvals.into_iter().for_each(|fact| self.state(fact));
        let judged = gate.judge(self.evidence(), None, &CallOptions::fresh(), None)?;
        let new = self.evidence().facts().iter().skip(report.facts.len());
        report.facts.extend(new.map(FactReport::from));
        report.verdict = report.verdict.max(judged.verdict);
        report.profiles.push(judged);
        Ok(report)
    }
}

/// Judges a candidate by all profiles, as of a point in time.
///
/// # Errors
/// When a file cannot be read or is wrong, or a plugin fails. A rule that is
/// broken is a finding, not an error.
pub fn gate(
    plugins: &Plugins,
    mut case: GateCase,
    profiles: &[PathBuf],
) -> Result<GateReport, JudgeError> {
    let profiles = open_gates(plugins, &mut case, profiles)?;
    case.judge(&profiles)
}

/// Opens all profiles, and states of the case what they ask the host for.
///
/// # Errors
/// When a profile or a plugin cannot be used.
pub fn open_gates(
    plugins: &Plugins,
    case: &mut GateCase,
    profiles: &[PathBuf],
) -> Result<Vec<Gate>, JudgeError> {
    let profiles =
        profiles.iter().map(|path| Gate::open(plugins, path)).collect::<Result<Vec<_>, _>>()?;
    // Looking at a signature means loading one more plugin, so only on demand.
    if profiles.iter().any(Gate::asks_for_signature) {
        case.look_at_signature(plugins)?;
    }
    Ok(profiles)
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

/// The documents that were stated to say where evidence comes from.
fn configuration(evidence: &Evidence) -> Vec<ConfigurationReport> {
    let is_one = |fact: &&Fact| fact.name == CONFIGURATION && fact.subject == RUN;
    let facts = evidence.facts().iter().filter(is_one);
    facts
        .filter_map(|fact| {
            let label = |key: &str| {
                let label = fact.labels.iter().find(|label| label.key == key)?;
                Some(label.value.clone())
            };
            let FactValue::Text(digest) = &fact.value else { return None };
            let (kind, document) = (label("kind")?, label("document")?);
            Some(ConfigurationReport { kind, document, digest: digest.clone() })
        })
        .collect()
}

fn fact_as_of(as_of: Instant) -> Fact {
    model::fact(AS_OF, RUN, FactValue::Text(as_of.to_string()))
}

fn schema_valid(plugins: &Plugins, model: &Model) -> Result<Fact, JudgeError> {
    let signature = model.mlmodel.clone().and_then(|text| SignatureText::parse(text).ok());
    let valid = match signature {
        None => false,
        Some(signature) => {
            let settings = canonical::to_text(&json!({ "signature": signature.value }));
            plugins.built_in(MLFLOW_SIGNATURE)?.signature(Some(&settings)).is_ok()
        }
    };
    Ok(Fact {
        source: Some(format!("signature of {}", model.title)),
        ..model::fact(SCHEMA_VALID, CANDIDATE, FactValue::Boolean(valid))
    })
}
