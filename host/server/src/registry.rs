//! Versions of a registry: where they stand, and how they are promoted, as
//! `tollgate promote` does it.

use serde::Serialize;
use thiserror::Error;
use tokio::sync::Semaphore;
use tollgate::judge::{Gate, JudgeError};
use tollgate::plugins::Plugins;
use tollgate::report::GateReport;
use tollgate::source::{Content, Source};
use tollgate_approvals::{Config as Approvals, ConfigError, RequestId, Store, StoreError};
use tollgate_engine::Digest;
use tollgate_engine::types::{Fact, Outcome};
use tollgate_promotion::ask::{Asked, ask};
use tollgate_promotion::collect::{Collected, Question};
use tollgate_promotion::gates::Gates;
use tollgate_promotion::moves::{Audit, Intent, Move, Planned as _, promote};
use tollgate_promotion::plan::Plan;
use tollgate_promotion::status::{Status, status};
use tollgate_promotion::{PromotionError, Stage};
use tollgate_sources::{Mlflow, ModelReference, Pick, Sources};

use crate::config::RegistryConfig;

/// Models that are looked up at a time; each asks the registry.
const LOOKS: usize = 4;

/// A registry, and the plan that versions are promoted by in it.
pub(crate) struct Registry {
    config: RegistryConfig,
    plugins: Plugins,
    /// One promotion at a time: they are rare, and two of one process would take
    /// each other for the same.
    pub(crate) promotions: Semaphore,
    pub(crate) looks: Semaphore,
}

/// Why a version was not promoted.
#[derive(Debug, Error)]
pub(crate) enum RegistryError {
    #[error("neither `registry`, nor its plan, nor `MLFLOW_TRACKING_URI` says where it is")]
    NoAddress,
    #[error("a version is promoted to Staging or to Production, not to {0}")]
    Stage(Stage),
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    #[error("approvals cannot be had: {0}")]
    Approvals(String),
}

impl From<JudgeError> for RegistryError {
    fn from(error: JudgeError) -> Self {
        Self::Promotion(error.into())
    }
}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> Self {
        Self::Approvals(error.to_string())
    }
}

impl From<ConfigError> for RegistryError {
    fn from(error: ConfigError) -> Self {
        Self::Approvals(error.to_string())
    }
}

/// What became of a promotion.
pub(crate) enum Promoted {
    /// Its gates do not let it pass.
    Refused(Box<GateReport>),
    /// It is there; the report where the gates judged now.
    Moved(Box<Move>, Option<Box<GateReport>>),
    /// An earlier one brought it there.
    Already(Box<Intent>),
}

/// The version that is to be promoted, where to, by whom and why.
pub(crate) struct Wanted {
    pub(crate) model: ModelReference,
    pub(crate) to: Stage,
    pub(crate) audit: Audit,
}

/// How a model stands in the registry.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Standing {
    Known(Box<Status>),
    /// It could not be found out, and why.
    Unknown {
        problem: &'static str,
    },
}

impl Registry {
    pub(crate) fn new(config: RegistryConfig, plugins: Plugins) -> Self {
        let (promotions, looks) = (Semaphore::new(1), Semaphore::new(LOOKS));
        Self { config, plugins, promotions, looks }
    }

    /// Whether plan, gates and address can be used; nothing is asked.
    ///
    /// # Errors
    /// What cannot be.
    pub(crate) fn check(&self) -> Result<(), RegistryError> {
        let plan = self.plan()?;
        for (_, target) in plan.targets() {
            let gates = Gates::open(&self.plugins, target)?;
            self.sources(target.sources.as_ref(), &gates)?;
        }
        if let Some(path) = &self.config.approvals {
            Approvals::read(path)?;
        }
        self.connect(&plan).map(drop)
    }

    fn plan(&self) -> Result<Plan, RegistryError> {
        Ok(Plan::read(&self.config.plan).map_err(PromotionError::from)?)
    }

    fn connect(&self, plan: &Plan) -> Result<Mlflow, RegistryError> {
        let address = self.config.url.clone().or_else(|| plan.registry.clone());
        let address = address.or_else(Mlflow::address_of_environment);
        let address = address.ok_or(RegistryError::NoAddress)?;
        let mlflow = Mlflow::by_environment(&address, self.config.timeout);
        Ok(mlflow.map_err(PromotionError::from)?)
    }

    fn sources(
        &self,
        named: Option<&std::path::PathBuf>,
        gates: &Gates,
    ) -> Result<Vec<Sources>, RegistryError> {
        let sources = Sources::gather(named, gates.all().iter().map(Gate::profile));
        Ok(sources.map_err(PromotionError::from)?)
    }

    /// How a model stands; none where the registry has none of that name.
    pub(crate) fn status(&self, model: &str) -> Result<Option<Status>, RegistryError> {
        let plan = self.plan()?;
        let mlflow = self.connect(&plan)?;
        let asked = mlflow
            .registered(model)
            .and_then(|registered| Ok((mlflow.versions(model)?, registered)));
        match asked {
            Ok((versions, registered)) => Ok(Some(status(&plan, &registered, &versions))),
            Err(tollgate_sources::MlflowError::NoModel(_)) => Ok(None),
            Err(error) => Err(PromotionError::from(error).into()),
        }
    }

    /// Judges by the gates of the stage, and moves what they let pass.
    pub(crate) fn promote(&self, wanted: &Wanted) -> Result<Promoted, RegistryError> {
        let Wanted { model, to, audit } = wanted;
        if ![Stage::Staging, Stage::Production].contains(to) {
            return Err(RegistryError::Stage(*to));
        }
        let plan = self.plan()?;
        let target = plan.target(*to)?;
        let gates = Gates::open(&self.plugins, target)?;
        let sources = self.sources(target.sources.as_ref(), &gates)?;
        let mlflow = self.connect(&plan)?;
        let question = Question {
            candidate: model,
            target: Some(*to),
            action: "promote",
            actor: Some(&audit.by),
            reason: audit.reason.as_deref(),
            champion: None,
            facts: &[],
            sources: &sources,
            // What is written is judged as of now, and of no other time.
            as_of: audit.at,
        };
        let collected = match ask(&mlflow, &plan, &self.plugins, *to, audit, &question)? {
            Asked::Open(collected) => *collected,
            Asked::Already(_, done) => return Ok(Promoted::Already(done)),
            Asked::Rest(rest) => {
                rest.make(&mlflow, false, &mut |_| ())?;
                return Ok(Promoted::Moved(rest, None));
            }
        };
        let Collected { mut case, registered, candidate, .. } = collected;
        if let Some(path) = self.config.approvals.as_ref().filter(|_| gates.has_approvals()) {
            let source = Source::read(path, Content::Document).map_err(ConfigError::from)?;
            let digest = Digest::of(source.text().as_bytes());
            case.state_configuration("approvals", source.name(), digest);
        }
        let report = gates.judge(&self.plugins, &mut case, |id| self.approvals(id))?;
        if report.verdict > Outcome::Warn {
            return Ok(Promoted::Refused(Box::new(report)));
        }
        let wanted = promote(&plan, &registered, &candidate, *to, &report, audit)?;
        wanted.make(&mlflow, false, &mut |_| ())?;
        Ok(Promoted::Moved(Box::new(wanted), Some(Box::new(report))))
    }

    /// What was said of a request; nothing where nobody says where that is, and
    /// a gate that asks for approvals is not passed then.
    fn approvals(&self, id: &str) -> Result<Vec<Fact>, RegistryError> {
        let Some(path) = &self.config.approvals else { return Ok(Vec::new()) };
        let location = Approvals::read(path)?.location().map_err(StoreError::from)?;
        Ok(Store::facts_at(&location, &RequestId::new(id))?)
    }
}

/// The version of a path.
pub(crate) fn reference(name: &str, version: u64) -> ModelReference {
    ModelReference { name: name.to_owned(), pick: Pick::Version(version) }
}
