//! A whole registry: each model by what its gates would say today.
//!
//! A version that is in a stage is judged by the profiles of that stage, as on
//! its way there: it passed them once, and evidence, champions and rules have
//! changed since. One that is in none stands before the first stage that the
//! plan has profiles for. What is out of use is told and not judged.

mod before;
mod pattern;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tollgate::facts::{CANDIDATE, Evidence, Instant};
use tollgate::judge::Gate;
use tollgate::model::fact;
use tollgate::plugins::Plugins;
use tollgate::report::{AuditedModel, AuditedProfile, AuditedVersion};
use tollgate_engine::types::{FactValue, Outcome};
use tollgate_sources::{Asked, Found, Mlflow, MlflowError, Named, Registered, Sources, Version};

use crate::moves::{Intent, history_of, stage_of};
use crate::plan::Plan;
use crate::{PromotionError, Stage};

pub use self::pattern::Pattern;

/// How many models each of those who work at once has before it in a batch: a
/// slow one keeps the others waiting once a batch.
const BATCH: usize = 8;

/// What a stage asks for.
struct Asks {
    /// Its profiles, and those of all versions behind them.
    gates: Vec<Gate>,
    /// Where the plan says that more evidence is.
    sources: Vec<Sources>,
}

/// Judges models, several at once.
pub struct Auditor<'a> {
    mlflow: &'a Mlflow,
    plan: &'a Plan,
    plugins: &'a Plugins,
    asks: BTreeMap<Stage, Asks>,
    as_of: Instant,
    all_versions: bool,
}

impl<'a> Auditor<'a> {
    /// Opens the plan's profiles. `all_versions` looks at those that are in no
    /// stage and have no alias, too.
    ///
    /// # Errors
    /// When a profile cannot be used.
    pub fn open(
        mlflow: &'a Mlflow,
        plan: &'a Plan,
        plugins: &'a Plugins,
        as_of: Instant,
        all_versions: bool,
    ) -> Result<Self, PromotionError> {
        let used = plan.targets().filter(|(stage, _)| *stage != Stage::Archived);
        let asks = used.map(|(stage, target)| {
            let profiles = target.profiles.iter().chain(&plan.audit);
            let gates = profiles.map(|path| Gate::open(plugins, path));
            let gates: Vec<Gate> = gates.collect::<Result<_, _>>()?;
            let mut sources = Vec::new();
            if let Some(path) = &target.sources {
                sources.push(Sources::read(path)?);
            }
            for gate in &gates {
                Sources::join(&mut sources, Sources::of_profile(gate.profile())?);
            }
            Ok((stage, Asks { gates, sources }))
        });
        let asks = asks.collect::<Result<_, PromotionError>>()?;
        Ok(Self { mlflow, plan, plugins, asks, as_of, all_versions })
    }

    /// The names of all models that a pattern takes, by name. The one that it
    /// spells out is not looked for.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn names(&self, wanted: Option<&Pattern>) -> Result<Vec<String>, PromotionError> {
        if let Some(name) = wanted.and_then(Pattern::only) {
            return Ok(vec![name]);
        }
        let mut names = Vec::new();
        self.mlflow.each_model(|model| {
            if wanted.is_none_or(|wanted| wanted.takes(&model.name)) {
                names.push(model.name);
            }
            true
        })?;
        // The list of a registry that changes meanwhile may say one twice.
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Judges models, so many at once, and tells of each in the order of
    /// `names`; `tell` says whether it wants more. `seen` is told how many are
    /// done. No more than a batch is kept.
    pub fn each(
        &self,
        names: &[String],
        at_once: usize,
        seen: &(dyn Fn(usize) + Sync),
        mut tell: impl FnMut(AuditedModel) -> bool,
    ) {
        let done = AtomicUsize::new(0);
        for batch in names.chunks(at_once.max(1) * BATCH) {
            let next = AtomicUsize::new(0);
            let found: Vec<Mutex<Option<AuditedModel>>> =
                batch.iter().map(|_| Mutex::new(None)).collect();
            thread::scope(|scope| {
                for _ in 0..at_once.clamp(1, batch.len()) {
                    scope.spawn(|| {
                        loop {
                            let index = next.fetch_add(1, Ordering::Relaxed);
                            let (Some(name), Some(place)) = (batch.get(index), found.get(index))
                            else {
                                break;
                            };
                            let model = self.model(name);
                            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(model);
                            seen(done.fetch_add(1, Ordering::Relaxed) + 1);
                        }
                    });
                }
            });
            for place in found {
                let model = place.into_inner().unwrap_or_else(PoisonError::into_inner);
                if !model.is_none_or(&mut tell) {
                    return;
                }
            }
        }
    }

    /// Judges one model. That it cannot be read is a result.
    #[must_use]
    pub fn model(&self, name: &str) -> AuditedModel {
        self.versions_of(name).unwrap_or_else(|error| AuditedModel {
            name: name.to_owned(),
            verdict: None,
            problem: Some(error.to_string()),
            versions: Vec::new(),
        })
    }

    fn versions_of(&self, name: &str) -> Result<AuditedModel, PromotionError> {
        let registered = self.mlflow.registered(name)?;
        let versions = self.mlflow.versions(name)?;
        let mut known = Known::default();
        let looked_at = self.looked_at(&registered, &versions);
        let audited: Vec<AuditedVersion> = looked_at
            .into_iter()
            .map(|version| self.version(&registered, &versions, version, &mut known))
            .collect();
        let has_error = audited.iter().any(|version| version.verdict.is_none());
        let judged = audited.iter().filter(|version| version.judged_for.is_some());
        let worst = judged.filter_map(|version| version.verdict).max();
        let problem = match (audited.is_empty(), worst) {
            (true, _) => Some("it has no versions, so nothing was judged".to_owned()),
            (false, None) if !has_error => {
                Some("all its versions are out of use, so nothing was judged".to_owned())
            }
            _ => None,
        };
        // What judged nothing has not passed.
        let verdict = worst.unwrap_or(Outcome::Inconclusive);
        Ok(AuditedModel {
            name: registered.name,
            verdict: (!has_error).then_some(verdict),
            problem,
            versions: audited,
        })
    }

    /// The versions that somebody may use: those in a stage or with an alias;
    /// where there are none, the newest.
    fn looked_at<'v>(&self, registered: &Registered, versions: &'v [Version]) -> Vec<&'v Version> {
        let is_used = |version: &&Version| {
            let stage = stage_of(self.plan, registered, version);
            let has_alias = registered.aliases.values().any(|it| *it == version.version);
            has_alias || matches!(stage, Stage::Staging | Stage::Production)
        };
        if self.all_versions {
            return versions.iter().collect();
        }
        let used: Vec<&Version> = versions.iter().filter(is_used).collect();
        if used.is_empty() { versions.iter().take(1).collect() } else { used }
    }

    fn version(
        &self,
        registered: &Registered,
        versions: &[Version],
        version: &Version,
        known: &mut Known,
    ) -> AuditedVersion {
        let stage = stage_of(self.plan, registered, version);
        let aliases = registered.aliases.iter().filter(|(_, of)| **of == version.version);
        let mut audited = AuditedVersion {
            version: version.version,
            stage: stage.to_string(),
            aliases: aliases.map(|(alias, _)| alias.clone()).collect(),
            judged_for: None,
            champion: None,
            verdict: Some(Outcome::Pass),
            problem: None,
            notes: Vec::new(),
            passed: 0,
            profiles: Vec::new(),
        };
        let target = match stage {
            Stage::Archived => return audited,
            Stage::None => self.asks.keys().next().copied(),
            stage => Some(stage),
        };
        let asks = target.and_then(|target| Some((target, self.asks.get(&target)?)));
        let Some((target, asks)) = asks else {
            let error = self.plan.target(target.unwrap_or(stage)).err();
            audited.verdict = None;
            audited.problem = error.map(|error| error.to_string());
            return audited;
        };
        audited.judged_for = Some(target.to_string());
        audited.champion = self.champion(registered, versions, version);
        let way = Way { from: came_from(version, stage, target), target, asks };
        match self.judged(registered, version, audited.champion, &way, known) {
            Ok(judged) => {
                audited.verdict = Some(judged.verdict);
                audited.passed = judged.passed;
                audited.notes = judged.notes;
                audited.profiles = judged.profiles;
            }
            Err(error) => {
                audited.verdict = None;
                audited.problem = Some(error.to_string());
            }
        }
        audited
    }

    /// What serves is compared with what served before it, and all else with
    /// what serves.
    fn champion(
        &self,
        registered: &Registered,
        versions: &[Version],
        version: &Version,
    ) -> Option<u64> {
        let serving = self.plan.serving(registered);
        if serving != Some(version.version) {
            return serving;
        }
        history_of(registered, versions).into_iter().find(|it| *it != version.version)
    }

    fn judged(
        &self,
        registered: &Registered,
        version: &Version,
        champion: Option<u64>,
        way: &Way<'_>,
        known: &mut Known,
    ) -> Result<Judged, PromotionError> {
        let mut found = known.describe(self.mlflow, registered, version.version)?.clone();
        before::without_stage(&mut found.description, self.plan)?;
        let champion = match champion {
            Some(champion) => Some(known.describe(self.mlflow, registered, champion)?.clone()),
            None => None,
        };
        let mut evidence = Evidence::new();
        let from = FactValue::Text(way.from.to_string());
        evidence.observe(fact("stage", CANDIDATE, from));
        let named = |version: u64| Named::new(&registered.name, &version.to_string());
        let asked = Asked {
            candidate: named(version.version),
            champion: champion.as_ref().map(|it| named(it.version.version)),
            registry: Some(self.mlflow.clone()),
            as_of: self.as_of,
        };
        let mut notes = Vec::new();
        for sources in &way.asks.sources {
            notes.extend(crate::collect::said(sources.collect(&asked), &mut evidence)?);
        }
        let champion = champion.map(|champion| champion.description);
        let mut case =
            crate::collect::case(self.plugins, found.description, champion, evidence, self.as_of)?;
        for note in &notes {
            case.state(note.to_fact());
        }
        case.state_of_run("action", "promote");
        case.state_of_run("target", way.target.name());
        let report = case.judge(&way.asks.gates)?;
        let is_pass = |outcome| outcome == Outcome::Pass;
        let findings = report.profiles.iter().flat_map(|profile| &profile.findings);
        let passed = findings.filter(|finding| is_pass(finding.outcome)).count() as u64;
        let wrong = report.profiles.into_iter().filter(|profile| !is_pass(profile.verdict));
        let profiles = wrong.map(AuditedProfile::from).collect();
        let notes = notes.iter().map(ToString::to_string).collect();
        Ok(Judged { verdict: report.verdict, passed, notes, profiles })
    }
}

/// The way that a version is judged on.
struct Way<'a> {
    from: Stage,
    target: Stage,
    asks: &'a Asks,
}

struct Judged {
    verdict: Outcome,
    passed: u64,
    notes: Vec<String>,
    profiles: Vec<AuditedProfile>,
}

/// Where a version came from: as its promotion wrote it down, else the stage
/// before.
fn came_from(version: &Version, stage: Stage, target: Stage) -> Stage {
    if stage == Stage::None {
        return Stage::None;
    }
    let moved = Intent::of(&version.tags);
    let moved = moved.filter(|it| it.action == "promote" && it.to == target.name());
    moved.and_then(|it| it.from.parse().ok()).unwrap_or(match target {
        Stage::Production => Stage::Staging,
        _ => Stage::None,
    })
}

/// What a registry said of the versions of a model, asked once each.
#[derive(Default)]
struct Known(BTreeMap<u64, Found>);

impl Known {
    fn describe(
        &mut self,
        mlflow: &Mlflow,
        registered: &Registered,
        version: u64,
    ) -> Result<&Found, MlflowError> {
        Ok(match self.0.entry(version) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(mlflow.describe(registered, version)?)
            }
        })
    }
}
