//! The gates of a stage, opened, with that of approvals last.

use tollgate::facts::RUN;
use tollgate::judge::{Gate, GateCase, JudgeError};
use tollgate::plugins::Plugins;
use tollgate::report::GateReport;
use tollgate_engine::types::{Fact, FactValue};

use crate::plan::Target;

/// The opened profiles of a target, that of approvals last.
pub struct Gates {
    all: Vec<Gate>,
    has_approvals: bool,
}

impl Gates {
    /// Opens them.
    ///
    /// # Errors
    /// When one cannot be used.
    pub fn open(plugins: &Plugins, target: &Target) -> Result<Self, JudgeError> {
        let profiles = target.profiles.iter().chain(&target.approvals);
        let all = profiles.map(|path| Gate::open(plugins, path));
        Ok(Self { all: all.collect::<Result<_, _>>()?, has_approvals: target.approvals.is_some() })
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Gate] {
        &self.all
    }

    /// Whether approvals are judged.
    #[must_use]
    pub fn has_approvals(&self) -> bool {
        self.has_approvals
    }

    /// Judges by all profiles, then the approvals of what came of it, which
    /// `approvals` knows by the id of their request.
    ///
    /// # Errors
    /// When a plugin fails, or approvals cannot be had.
    pub fn judge<E: From<JudgeError>>(
        &self,
        plugins: &Plugins,
        case: &mut GateCase,
        approvals: impl FnOnce(&str) -> Result<Vec<Fact>, E>,
    ) -> Result<GateReport, E> {
        if self.all.iter().any(Gate::asks_for_signature) {
            case.look_at_signature(plugins)?;
        }
        match self.all.split_last().filter(|_| self.has_approvals) {
            None => Ok(case.judge(&self.all)?),
            Some((gate, profiles)) => {
                let report = case.judge(profiles)?;
                let facts = match request_id(case) {
                    Some(id) => approvals(&id)?,
                    None => Vec::new(),
                };
                Ok(case.judge_approvals(report, gate, facts)?)
            }
        }
    }
}

/// The request that approves the candidate's way to its target:
/// `churn-v8-Production`.
fn request_id(case: &GateCase) -> Option<String> {
    let candidate = case.candidate();
    let (name, version) = (candidate.name.as_ref()?, candidate.version.as_ref()?);
    Some(format!("{name}-v{version}-{}", target_of(case)?))
}

/// The stage that the candidate is to have.
#[must_use]
pub fn target_of(case: &GateCase) -> Option<String> {
    let facts = case.evidence().facts();
    let target = facts.iter().find(|fact| fact.subject == RUN && fact.name == "target")?;
    match &target.value {
        FactValue::Text(target) => Some(target.clone()),
        _ => None,
    }
}
